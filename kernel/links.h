/* SPDX-License-Identifier: GPL-2.0-only */
/* Links of the peers' own: one net_device for each peer that was heard. */
#ifndef CAMEX_LINKS_H
#define CAMEX_LINKS_H

#include "peer.h"

/**
 * struct camex_peer_link - private part of a link's net_device
 * @dev: the net_device
 * @cdev: the device whose peer it is of
 * @peer: the peer; NULL when it goes before the link does (RTNL)
 * @cells: delivers received packets to the stack
 * @made: jiffies
 */
struct camex_peer_link {
	struct net_device *dev;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_cells *cells;
	unsigned long made;
};

/**
 * camex_peer_dev() - the net_device that a peer's packets come and go through
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 * Return: its own one, if it has one, else the device's.
 */
static inline struct net_device *camex_peer_dev(const struct camex_peer *peer)
{
	const struct camex_peer_link *link = rcu_dereference_bh(peer->link);

	return link ? link->dev : peer->cdev->dev;
}

int camex_links_init(void);
void camex_links_exit(void);
void camex_links_setup(struct camex_dev *cdev);
void camex_links_clear(struct camex_dev *cdev);
void camex_links_carrier(struct camex_dev *cdev, bool on);
bool camex_links_has(const struct camex_dev *cdev, const struct net_device *dev);
void camex_link_want(struct camex_peer *peer);
struct camex_peer_link *camex_link_of(struct camex_peer *peer);
void camex_link_del(struct camex_peer *peer);
unsigned long camex_link_look(struct camex_peer *peer, unsigned long now);
int camex_links_parse(struct camex_conf *conf, struct nlattr **tb,
		      struct netlink_ext_ack *extack);

#endif /* CAMEX_LINKS_H */
