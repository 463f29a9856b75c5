/* SPDX-License-Identifier: GPL-2.0-only */
/* The forwarding table of a tap link: MAC address and VLAN to peer. */
#ifndef CAMEX_FDB_H
#define CAMEX_FDB_H

#include <linux/if_ether.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>

struct camex_dev;
struct camex_peer;
struct ndmsg;
struct net_device;
struct netlink_callback;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

/* Maximum number of entries of one peer, and of a device. */
#define CAMEX_FDB_PEER_MAX	16384
#define CAMEX_FDB_MAX		65536

/**
 * struct camex_fdb_key - a station
 * @mac: its MAC address
 * @vlan: ID of the VLAN that it is in, 0 for none
 *
 * Compared and hashed as bytes, so it has no holes.
 */
struct camex_fdb_key {
	u8 mac[ETH_ALEN];
	u16 vlan;
};

/**
 * struct camex_fdb_entry - a station and its peer
 * @node: in camex_dev.stations.table (camex_dev.lock)
 * @key: the station; never changes
 * @peer: the peer (camex_dev.lock; RCU)
 * @peer_node: on camex_peer.stations.list (camex_dev.lock)
 * @all_node: on camex_dev.stations.all (camex_dev.lock)
 * @number: rises with each new entry of the device, from 1; never changes
 * @seen: jiffies when it was heard
 * @fixed: static entry: it neither moves nor expires
 * @rcu: frees it
 */
struct camex_fdb_entry {
	struct rhash_head node;
	struct camex_fdb_key key;
	struct camex_peer __rcu *peer;
	struct list_head peer_node;
	struct list_head all_node;
	u64 number;
	unsigned long seen;
	bool fixed;
	struct rcu_head rcu;
};

int camex_fdb_init(struct camex_dev *cdev);
void camex_fdb_free(struct camex_dev *cdev);
void camex_fdb_key_set(struct camex_fdb_key *key, const u8 *mac, u16 vlan);
struct camex_peer *camex_fdb_lookup(struct camex_dev *cdev, const u8 *mac,
				    u16 vlan);
bool camex_fdb_learn(struct camex_peer *peer, const u8 *mac, u16 vlan);
int camex_fdb_add(struct camex_peer *peer, const struct camex_fdb_key *key,
		  bool fixed);
int camex_fdb_add_told(struct camex_peer *peer, const struct camex_fdb_key *key,
		       bool fixed, struct netlink_ext_ack *extack);
int camex_fdb_del(struct camex_dev *cdev, const struct camex_fdb_key *key,
		  const struct camex_peer *peer);
void camex_fdb_flush(struct camex_peer *peer, bool fixed);
void camex_fdb_flush_all(struct camex_dev *cdev);
struct camex_peer *camex_fdb_peer(const struct camex_fdb_entry *entry);
struct camex_fdb_entry *camex_fdb_next(struct camex_dev *cdev,
				       struct camex_fdb_entry *entry);
struct camex_fdb_entry *camex_fdb_after(struct camex_dev *cdev, const struct camex_fdb_key *key,
					u64 number);
unsigned int camex_fdb_removals(void);
void camex_fdb_configured(struct camex_dev *cdev);

int camex_fdb_ndo_add_in(struct ndmsg *ndm, struct nlattr **tb,
			 struct net_device *dev, const unsigned char *addr,
			 u16 vid, u16 flags, struct netlink_ext_ack *extack);
int camex_fdb_ndo_del_in(struct ndmsg *ndm, struct nlattr **tb,
			 struct net_device *dev, const unsigned char *addr,
			 u16 vid, struct netlink_ext_ack *extack);
int camex_fdb_ndo_dump(struct sk_buff *skb, struct netlink_callback *cb,
		       struct net_device *dev, struct net_device *filter_dev,
		       int *idx);

#endif /* CAMEX_FDB_H */
