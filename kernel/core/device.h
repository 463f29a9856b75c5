/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device: one link, one protocol, one transport, many peers.
 *
 * Locks, in the order in which they are taken:
 *
 * - RTNL: everything that configuration changes (peers, keys, routes, struct
 *   camex_settings, sockets) and who may free it.
 * - camex_dev.lock (spinlock, bottom halves off): everything that received datagrams change, too:
 *   endpoints, sessions and stations of all peers of the device, their tables, the list of
 *   pending events, and members of protocols' own structs that name this lock.
 * - camex_window.lock (spinlock, innermost): one replay window.
 * - camex_peer.staged.lock (spinlock, innermost): packets that wait for a session.
 *
 * Some files have locks of their own, and hold none of them when they take one of the above. They
 * describe them: protocol/camex/key_trial.h, protocol/wireguard/ (queue.h, cookie.h,
 * source_limit.h), transport/serial/serial.h, transport/udp/small_queue.c, datapath/page_ring.c,
 * datapath/receive_queue.h (held while a worker is queued), crypto/aes256gcm.c. Those of
 * transport/tcp/tcp.h have an order of their own: its mutex comes after RTNL and before
 * camex_dev.lock, its spinlocks come after camex_dev.lock.
 *
 * Packets take neither of the first two. They find peers, keys, endpoints, sessions and routes
 * under RCU, and these are freed after a grace period.
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
#include "core/compat.h"
#include "core/rate_limit.h"
#include "core/stats.h"

struct camex_link_ops;
struct mem_cgroup;
struct camex_protocol_ops;
struct camex_transport_ops;
struct camex_gather;
struct camex_gro_queue;
struct camex_receive_source;
struct camex_netfilter;
struct camex_peer;
struct camex_serial;
struct camex_tcp;
struct camex_udp;
struct camex_char;

/* Number of lists of endpoints with a scope; an interface event searches one of them. */
#define CAMEX_SCOPE_BUCKETS	64

/* camex_addr.carrier: datagrams in TCP connections. */
#define CAMEX_CARRIER_TCP	1

/**
 * struct camex_addr - address and port of an endpoint, or only an address
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for none
 * @carrier: CAMEX_CARRIER_TCP, else 0
 * @port: UDP or TCP port, network byte order
 * @scope: interface index of an IPv6 link-local address, else 0
 * @v6: IPv6 address
 * @v4: IPv4 address; the rest of @v6 is zero then
 *
 * Compared and hashed as bytes, so it has no holes.
 */
struct camex_addr {
	u8 family;
	u8 carrier;
	__be16 port;
	u32 scope;
	union {
		struct in6_addr v6;
		__be32 v4;
	};
};

/* Default ageing time of stations, seconds (tap). */
#define CAMEX_AGEING_DEFAULT	300

/**
 * struct camex_settings - settings of "dev add" and "dev set"
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
 * @relay: pass packets of one peer to another directly
 * @source_check: drop packets whose inner source is not in the routes of their peer
 * @ageing: seconds after which learned stations expire, 0 for never (tap)
 * @link_name: name of per-peer links, with one %d, or ""
 * @link_timeout: seconds of silence after which a per-peer link is deleted, 0 for never
 *
 * @link, @protocol, @transport and @links never change. Packets read the other numbers and
 * switches (READ_ONCE()); they are written under RTNL (WRITE_ONCE()). All other members are read
 * and written under RTNL.
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
 * struct camex_deferred - waiting frames of netpoll, which sends with interrupts off
 * @frames: linked by their skb->cb, the last one first
 * @waiting: number of frames
 * @dropped: number of dropped frames, not yet in the counters
 * @task: sends the frames
 */
struct camex_deferred {
	struct llist_head frames;
	atomic_t waiting;
	atomic_t dropped;
	struct tasklet_struct task;
};

/**
 * struct camex_egress_devices - devices through which tx netpoll sends
 * @devices: struct camex_egress (RTNL; RCU)
 * @work: sets netpoll up on another device
 * @wanted: index of that device
 */
struct camex_egress_devices {
	struct list_head devices;
	struct delayed_work work;
	int wanted;
};

/**
 * struct camex_stations - the forwarding table of a tap device. Lock: camex_dev.lock
 * @table: struct camex_fdb_entry
 * @all: all entries, in the order of their numbers
 * @last: number of the entry that was made last
 * @n: number of entries
 * @work: deletes old entries
 */
struct camex_stations {
	struct rhashtable table;
	struct list_head all;
	u64 last;
	unsigned int n;
	struct delayed_work work;
};

/**
 * struct camex_events - peers with pending events. Lock: camex_dev.lock
 * @list: by camex_peer.events.node
 * @work: sends the events
 */
struct camex_events {
	struct list_head list;
	struct delayed_work work;
};

/**
 * struct camex_links_due - peers whose per-peer link may have to be made or deleted. Lock:
 *	camex_dev.lock
 * @due: by camex_peer.link.node
 * @work: makes and deletes links
 * @working: @work is queued, or runs and will look at @due again
 * @tracker: of the reference to the net_device that @work has meanwhile
 */
struct camex_links_due {
	struct list_head due;
	struct work_struct work;
	bool working;
	netdevice_tracker tracker;
};

/**
 * struct camex_unheard - packets that are kept for peers without an endpoint. Lock: camex_dev.lock
 * @since: jiffies when counting began, anew every CAMEX_STAGED_UNTIL_HEARD
 * @bytes: of memory that was kept since then
 */
struct camex_unheard {
	unsigned long since;
	unsigned int bytes;
};

/**
 * struct camex_link_kind - how links of an rtnetlink kind differ from those of kind camex. Set
 *	before the link is registered, and never changed
 * @open_while_up: the transport is open only while the link is up
 * @returns_errors: senders get an errno for packets without a peer or an endpoint, and the link
 *	counts such packets, and those with a wrong source, as errors instead of drops
 * @nests: datagrams may be sent through the link itself, because one peer may be behind another
 * @notes_interface: our address of an endpoint includes the interface that received its datagrams
 */
struct camex_link_kind {
	bool open_while_up;
	bool returns_errors;
	bool nests;
	bool notes_interface;
};

/**
 * struct camex_dev - private part of the net_device
 * @dev: the net_device
 * @net: namespace of the transport. The device is on its list and is deleted with it, so no
 *	reference is held
 * @net_node: on that list (RTNL)
 * @link: kind of link
 * @protocol: the protocol
 * @transport: the transport
 * @as_is: packets go to the transport unchanged, see camex_transport_ops.as_is
 * @own: the protocol's own struct, camex_protocol_ops.dev_size bytes; see camex_dev_own()
 * @conf: settings
 * @udp: the UDP transport's part (RTNL; RCU)
 * @tcp: the TCP transport's part (RTNL; RCU)
 * @netfilter: hooks of the UDP transport, or NULL (RTNL)
 * @egress: devices through which tx netpoll sends
 * @serial: the tty of transport serial, or NULL (RTNL; RCU)
 * @chr: the char transport's part (RTNL; RCU)
 * @deferred: waiting frames of netpoll (only tap)
 * @link_ops: rtnl_link_ops of the link
 * @kept_link_ops: the same, for a namespace whose owner must not delete the link; NULL: those of
 *	kind camex
 * @kind: how the link differs from one of kind camex
 * @link_settings: speed and duplex for ethtool (RTNL)
 * @path_generation: incremented when cached paths may be wrong (RTNL)
 * @memcg: memory cgroup that is charged for allocations: that of the process which made the
 *	device (a reference)
 * @stats: counters
 * @gro: delivers received packets to the stack
 * @gather: packets of other hosts that wait for those behind them, or NULL
 * @rx_usecs: how long received UDP that nobody answers may wait for more of it, us; 0: not at all
 * @receive_queues: queues for receive workers, or NULL
 * @routes: prefix to peer
 * @stations: the forwarding table (only tap)
 * @single_peer: the peer of a transport with exactly one, else NULL (RTNL)
 * @peers: peers by number, so that a dump can continue where it stopped (RTNL)
 * @next_peer: where the search for the next free number begins (RTNL)
 * @names: peers by folded name (RTNL; RCU)
 * @endpoints: struct camex_endpoint by address (@lock; RCU)
 * @scoped: endpoints with a scope, by the name of its interface (@lock)
 * @limits: rate limits for strangers, shared by the devices of @net
 * @lock: see the top of this file
 * @events: peers with pending events
 * @links: peers whose links may have to be made or deleted
 * @unheard: how much is kept for peers without an endpoint
 * @changes: number of the last request that changed something: see camex_note_change() (RTNL)
 * @mtu_chosen: a user set the MTU, so it does not follow the endpoints (RTNL)
 * @dying: the device is being deleted: no more events (@lock)
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
	struct camex_link_kind kind;
	struct ethtool_link_ksettings link_settings;
	u32 path_generation;

	struct mem_cgroup *memcg;
	struct camex_stats __percpu *stats;
	struct camex_gro_queue *gro;
	struct camex_gather *gather;
	u32 rx_usecs;
	struct camex_receive_source *receive_queues;
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
	struct camex_unheard unheard;
	u32 changes;
	bool mtu_chosen;
	bool dying;
};

/* By enum camex_protocol. */
#define CAMEX_PROTOCOLS		(CAMEX_PROTOCOL_WIREGUARD + 1)
extern const struct camex_protocol_ops *const camex_protocols[CAMEX_PROTOCOLS];
extern struct rtnl_link_ops camex_rtnl_link_ops;

/**
 * camex_dev_own() - the protocol's own struct of a device
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
void camex_note_change(struct camex_dev *cdev);
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
