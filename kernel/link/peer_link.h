/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-peer links: a net_device for each peer that was heard. */
#ifndef CAMEX_LINKS_H
#define CAMEX_LINKS_H

#include "core/peer.h"

int camex_peer_links_init(void);
void camex_peer_links_exit(void);
int camex_peer_links_setup(struct camex_dev *cdev);
void camex_peer_links_clear(struct camex_dev *cdev);
void camex_peer_links_carrier(struct camex_dev *cdev, bool on);
bool camex_peer_links_own(const struct camex_dev *cdev, const struct net_device *dev);
void camex_peer_link_request(struct camex_peer *peer);
struct camex_peer_link *camex_peer_link_get(struct camex_peer *peer);
struct camex_peer *camex_peer_link_choose(struct camex_dev *cdev, struct sk_buff *skb,
					  __be16 *protocol);
void camex_peer_link_delete(struct camex_peer *peer);
unsigned long camex_peer_link_due(struct camex_peer *peer, unsigned long now);
int camex_peer_links_parse(struct camex_settings *conf, struct nlattr **tb,
			   struct netlink_ext_ack *extack);

#endif /* CAMEX_LINKS_H */
