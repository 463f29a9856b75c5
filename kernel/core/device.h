/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device: one link, one protocol, one transport, many peers.
 *
 * Locks, in the order in which they are taken:
 *
 * - RTNL: everything that configuration changes (peers, keys, routes, struct
 *   camex_settings, sockets) and who may free it.
 * - camex_dev.lock (spinlock, bottom halves off): what received datagrams
 *   change as well: endpoints, sessions and stations of all peers of the device,
 *   their tables, the list of pending events, and what protocols say of their own parts.
 * - camex_window.lock (spinlock, innermost): one replay window.
 * - camex_peer.staged.lock (spinlock, innermost): packets that wait for a session.
 *
 * Packets take none of the first two. They find peers, keys, endpoints,
 * sessions and routes under RCU, and these are freed after a grace period.
 */
#ifndef CAMEX_DEVICE_H
#define CAMEX_DEVICE_H

#include <linux/camex.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "core/allowed_ips.h"
#include "core/rate_limit.h"
#include "core/stats.h"

struct camex_link_ops;
struct mem_cgroup;
struct camex_protocol_ops;
struct camex_transport_ops;
struct camex_gro_queue;
struct camex_receive_queue;
struct camex_netfilter;
struct camex_peer;
struct camex_serial;
struct camex_tcp;
struct camex_udp;
struct camex_char;

/* Lists of endpoints with a scope: an event of an interface looks through one of them. */
#define CAMEX_SCOPE_BUCKETS	64

/**
 * struct camex_addr - address and port of a far end, or the former alone
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for none
 * @port: UDP or TCP port, network byte order
 * @scope: interface index of an IPv6 link-local address, else 0
 * @v6: IPv6 address
 * @v4: IPv4 address; the rest of @v6 is zero then
 *
 * Compared and hashed as bytes, so it has no holes.
 */
struct camex_addr {
	u16 family;
	__be16 port;
	u32 scope;
	union {
		struct in6_addr v6;
		__be32 v4;
	};
};

/* Seconds after which a station that was not heard is forgotten, by default (tap). */
#define CAMEX_AGEING_DEFAULT	300

/**
 * struct camex_settings - what "dev add" and "dev set" choose
 * @link: enum camex_link
 * @protocol: enum camex_protocol
 * @transport: enum camex_transport
 * @links: enum camex_links
 * @tx: enum camex_tx
 * @rx: enum camex_rx
 * @port: UDP or TCP port, host byte order; 0: the kernel chooses
 * @bind: local address, or AF_UNSPEC
 * @bind_dev: interface that the sockets are bound to, or ""
 * @fwmark: mark of outgoing datagrams, 0 for none
 * @relay: send what one peer sends to another straight on
 * @source_check: drop inner sources that are not the peer's
 * @ageing: seconds after which learned stations are forgotten, 0 for never (tap)
 * @link_name: what links of the peers' own are called, with one %d, or ""
 * @link_timeout: seconds of silence after which such a link goes, 0 for never
 *
 * @link, @protocol, @transport and @links never change. The single numbers and switches are
 * read by packets (READ_ONCE()), and written under RTNL (WRITE_ONCE()). The others are read
 * and written under RTNL, but for what is said above.
 */
struct camex_settings {
	u32 link;
	u32 protocol;
	u32 transport;
	u32 links;
	u32 tx;
	u32 rx;
	u16 port;
	struct camex_addr bind;
	char bind_dev[IFNAMSIZ];
	u32 fwmark;
	bool relay;
	bool source_check;
	u16 ageing;
	char link_name[IFNAMSIZ];
	u16 link_timeout;
};

/**
 * struct camex_deferred - frames of netpoll's, which sends with interrupts off
 * @frames: by their skb->cb, the last one first
 * @waiting: how many
 * @dropped: how many there was no room for, not counted yet
 * @task: sends them
 */
struct camex_deferred {
	struct llist_head frames;
	atomic_t waiting;
	atomic_t dropped;
	struct tasklet_struct task;
};

/**
 * struct camex_egress_devices - devices that netpoll's frames leave by
 * @devices: struct camex_egress (RTNL; RCU)
 * @work: gets another one ready
 * @wanted: index of that
 */
struct camex_egress_devices {
	struct list_head devices;
	struct delayed_work work;
	int wanted;
};

/**
 * struct camex_stations - the forwarding table of a tap device. Lock: camex_dev.lock
 * @table: struct camex_fdb_entry
 * @n: how many
 * @work: forgets old ones
 */
struct camex_stations {
	struct rhashtable table;
	unsigned int n;
	struct delayed_work work;
};

/**
 * struct camex_events - peers with something to tell. Lock: camex_dev.lock
 * @list: by camex_peer.events.node
 * @work: tells it
 */
struct camex_events {
	struct list_head list;
	struct delayed_work work;
};

/**
 * struct camex_links_due - peers that may need a link of their own, or none any more. Lock:
 *	camex_dev.lock
 * @due: by camex_peer.link.node
 * @work: sees to it
 */
struct camex_links_due {
	struct list_head due;
	struct work_struct work;
};

/**
 * struct camex_dev - private part of the net_device
 * @dev: the net_device
 * @net: namespace of the transport; the device is on its list and goes with
 *	it, so no reference is held
 * @net_node: on that list (RTNL)
 * @link: what the host sees
 * @protocol: what seals and opens
 * @transport: what carries
 * @as_is: packets go to the transport as they are: see there
 * @own: the protocol's own part, camex_protocol_ops.dev_size bytes; see camex_dev_own()
 * @conf: settings: see there
 * @udp: the UDP transport's part (RTNL; RCU)
 * @tcp: the TCP transport's part (RTNL; RCU)
 * @netfilter: hooks of the UDP transport, or NULL (RTNL)
 * @egress: devices that netpoll's frames leave by
 * @serial: the tty of transport serial, or NULL (RTNL; RCU)
 * @chr: the char transport's part (RTNL; RCU)
 * @deferred: frames of netpoll's (tap alone)
 * @link_ops: what rtnetlink knows the link by
 * @kept_link_ops: the same for a namespace whose owner must not delete the link; NULL: those
 *	of kind camex
 * @wireguard_kind: a link of kind wireguard, with the manners of wireguard.ko: the transport
 *	is open while the link is up, and senders get error numbers
 * @link_settings: speed and whatever else ethtool is told (RTNL)
 * @path_generation: counts what makes cached paths wrong (RTNL)
 * @memcg: what is allocated for the device is charged to it: the memory cgroup of whoever
 *	made the device (a reference)
 * @stats: counters
 * @gro: delivers received packets to the stack
 * @receive_queues: queues of what workers are to open, or NULL
 * @routes: prefix to peer
 * @stations: the forwarding table (tap alone)
 * @single_peer: the peer of a transport with one far end, else NULL (RTNL)
 * @peers: by number, for dumps that go on where they stopped (RTNL)
 * @next_peer: where the next number is looked for (RTNL)
 * @names: peers by folded name (RTNL; RCU)
 * @endpoints: struct camex_endpoint by address (@lock; RCU)
 * @scoped: those that have a scope, by the name of its interface (@lock)
 * @limits: what strangers may cost, shared by the devices of @net
 * @lock: see above
 * @events: peers with something to tell
 * @links: peers whose own links are to be seen to
 * @changes: counts requests that changed something (RTNL)
 * @mtu_chosen: the user set the MTU; it is left alone then (RTNL)
 * @dying: being taken down for good: no more events (@lock)
 */
struct camex_dev {
	struct net_device *dev;
	struct net *net;
	struct list_head net_node;
	const struct camex_link_ops *link;
	const struct camex_protocol_ops *protocol;
	const struct camex_transport_ops *transport;
	bool as_is;
	void *own;
	struct camex_settings conf;

	struct camex_udp __rcu *udp;
	struct camex_tcp __rcu *tcp;
	struct camex_netfilter *netfilter;
	struct camex_egress_devices egress;
	struct camex_serial __rcu *serial;
	struct camex_char __rcu *chr;
	struct camex_deferred deferred;
	const struct rtnl_link_ops *link_ops;
	const struct rtnl_link_ops *kept_link_ops;
	bool wireguard_kind;
	struct ethtool_link_ksettings link_settings;
	u32 path_generation;

	struct mem_cgroup *memcg;
	struct camex_stats __percpu *stats;
	struct camex_gro_queue *gro;
	struct camex_receive_queue *receive_queues;
	struct camex_routes routes;
	struct camex_stations stations;

	struct camex_peer *single_peer;
	struct xarray peers;
	u32 next_peer;
	struct rhashtable names;
	struct rhltable endpoints;
	struct hlist_head scoped[CAMEX_SCOPE_BUCKETS];
	struct camex_rate_limits *limits;

	spinlock_t lock;	/* see the top of this file */
	struct camex_events events;
	struct camex_links_due links;
	u32 changes;
	bool mtu_chosen;
	bool dying;
};

/* By enum camex_protocol. */
#define CAMEX_PROTOCOLS		(CAMEX_PROTOCOL_WIREGUARD + 1)
extern const struct camex_protocol_ops *const camex_protocols[CAMEX_PROTOCOLS];
extern struct rtnl_link_ops camex_rtnl_link_ops;

/**
 * camex_dev_own() - the protocol's own part of a device
 * @cdev: the device
 *
 * Return: camex_protocol_ops.dev_size bytes.
 */
static inline void *camex_dev_own(const struct camex_dev *cdev)
{
	return cdev->own;
}

/**
 * camex_is_tap() - is the link an Ethernet
 * @cdev: the device
 */
static inline bool camex_is_tap(const struct camex_dev *cdev)
{
	return cdev->conf.link == CAMEX_LINK_TAP;
}

struct net_device *camex_device_create(struct net *net, const char *name,
				       const struct camex_settings *conf,
				       unsigned int queues);
void camex_device_placed(struct net_device *dev);
int camex_namespace_init(void);
void camex_namespace_exit(void);
struct camex_rate_limits *camex_namespace_rate_limits(struct net *net);
void camex_namespace_add(struct camex_dev *cdev);
void camex_namespace_each(void (*action)(struct camex_dev *cdev, s64 argument),
			  s64 argument);
bool camex_is_device(const struct net_device *dev);
int camex_settings_parse(struct camex_dev *cdev, struct camex_settings *conf,
			 struct nlattr **tb, struct netlink_ext_ack *extack);
int camex_device_open(struct camex_dev *cdev, struct camex_settings *conf,
		      struct nlattr **tb, struct netlink_ext_ack *extack);
int camex_device_set(struct camex_dev *cdev, struct nlattr **tb,
		     struct netlink_ext_ack *extack);
int camex_device_attach(struct camex_dev *cdev);
void camex_device_detach(struct camex_dev *cdev);
unsigned int camex_device_mtu(const struct camex_dev *cdev, u16 family);
void camex_device_headroom(struct camex_dev *cdev, unsigned int transport);
void camex_device_fit_mtu(struct camex_dev *cdev, u16 family);

#endif /* CAMEX_DEVICE_H */
