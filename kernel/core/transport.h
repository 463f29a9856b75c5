/* SPDX-License-Identifier: GPL-2.0-only */
/* What carries datagrams: the layer below the protocols. */
#ifndef CAMEX_TRANSPORT_H
#define CAMEX_TRANSPORT_H

#include "core/device.h"

struct camex_endpoint;
struct camex_path;

/* The interface that sockets are bound to while theirs is not there: no interface's index. */
#define CAMEX_NO_DEVICE		(-1)

int camex_find_bind_dev(const struct camex_dev *cdev, const struct camex_settings *conf,
			bool had, struct nlattr **tb, struct netlink_ext_ack *extack,
			int *ifindex);

/**
 * struct camex_way - a way to an endpoint, for the packets of one call
 * @path: what the transport has found, valid under RCU; NULL: nothing to find
 * @room: most bytes of a datagram that get there in one piece
 * @batch: most bytes of an outer GSO packet of datagrams; 0: none can be sent
 * @dsfield: DSCP and ECN of the inner packets
 * @df: the datagrams must not be fragmented on the way
 * @cut: software cuts an outer GSO packet of datagrams before a device has it
 */
struct camex_way {
	struct camex_path *path;
	unsigned int room;
	unsigned int batch;
	u8 dsfield;
	bool df;
	bool cut;
};

/**
 * struct camex_transport_ops - a transport
 * @single_peer: it has one far end: the peer "far", which is there from the start. All
 *	datagrams come from and go to an endpoint of zeros
 * @single: packets come one by one, so that GRO finds nothing to merge
 * @as_is: it takes packets and GSO packets of a protocol that puts nothing around
 *	them as they are, by @send without an endpoint or a way
 * @overhead: bytes that it adds to a datagram towards a family (AF_INET,
 *	AF_INET6; AF_UNSPEC: towards the one far end)
 * @headroom: bytes that it wants before a datagram, unless it learns better
 *	(camex_device_headroom())
 * @setup: make a new link fit, which is not registered yet; NULL: it does.
 *	Context: RTNL
 * @init: set up a new device's part. NULL: there is nothing to do. Context: RTNL
 * @configured: other settings are in force. NULL: no matter. Context: RTNL, may sleep
 * @link_up: the device has gone up. NULL: no matter. Context: RTNL
 * @follow: an interface of the transport's namespace comes or gets another name; @gone:
 *	it goes. NULL: no matter. Context: RTNL
 * @netdev_event: something changes with any interface, or (@upper) above it. Called once,
 *	not for each device. NULL: no matter. Context: RTNL
 * @open: get ready for a configuration; on failure what was there stays.
 *	NULL: there is nothing to do. Context: RTNL, may sleep
 * @close: undo it; harmless when nothing is open. Context: RTNL, may sleep
 * @rekeyed: camex_protocol_ops.receives_many has another answer; NULL: no
 *	matter. Context: RTNL, may sleep
 * @take: take a datagram, or an aggregate of them, here and now: its payload at
 *	skb->data, checksum verified, no socket's; consumed. NULL: the transport hands
 *	nothing to workers. Context: RCU reader, bottom halves off
 * @lacks_device: an interface that the way to an endpoint (NULL: to any) needs is not
 *	there; NULL: it needs none. Context: RCU reader
 * @connect: a peer was given an endpoint: begin to get there, if that is needed. NULL: it
 *	is not. Context: RCU reader
 * @leave: no peer has an endpoint at an address any more. NULL: no matter. Context:
 *	camex_dev.lock
 * @route: find a way to an endpoint: @path and @room of it. Returns 0, or the
 *	counter that says why there is none (CAMEX_A_STATS_*). Context: RCU
 *	reader, bottom halves off
 * @send: send a datagram, a GSO packet of them (SKB_GSO_UDP_L4, gso_size the
 *	bytes of each), or a datagram that holds a GSO packet, which is consumed,
 *	on a way that @route has just found. Returns and context: as @route
 */
struct camex_transport_ops {
	bool single_peer;
	bool single;
	bool as_is;
	unsigned int (*overhead)(u16 family);
	unsigned int headroom;
	void (*setup)(struct net_device *dev);
	void (*init)(struct camex_dev *cdev);
	void (*configured)(struct camex_dev *cdev);
	void (*link_up)(struct camex_dev *cdev);
	void (*follow)(struct camex_dev *cdev, const struct net_device *gone);
	void (*netdev_event)(const struct net_device *dev,
			     struct net_device *upper);
	int (*open)(struct camex_dev *cdev, struct camex_settings *conf,
		    struct nlattr **tb, struct netlink_ext_ack *extack);
	void (*close)(struct camex_dev *cdev);
	void (*rekeyed)(struct camex_dev *cdev);
	void (*take)(struct camex_dev *cdev, struct sk_buff *skb);
	bool (*lacks_device)(const struct camex_dev *cdev,
			     const struct camex_endpoint *ep);
	void (*connect)(struct camex_dev *cdev, const struct camex_endpoint *ep);
	void (*leave)(struct camex_dev *cdev, const struct camex_addr *addr);
	int (*route)(struct camex_dev *cdev, struct camex_endpoint *ep,
		     struct camex_way *way);
	int (*send)(struct camex_dev *cdev, struct camex_endpoint *ep,
		    const struct camex_way *way, struct sk_buff *skb);
};

/* By enum camex_transport; NULL: this kernel has it not. */
#define CAMEX_TRANSPORTS	(CAMEX_TRANSPORT_TCP + 1)
extern const struct camex_transport_ops *const camex_transports[CAMEX_TRANSPORTS];

extern const struct camex_transport_ops camex_transport_udp;
extern const struct camex_transport_ops camex_transport_serial;
extern const struct camex_transport_ops camex_transport_char;
extern const struct camex_transport_ops camex_transport_tcp;

void camex_small_queue_init(void);
void camex_small_queue_exit(void);
int camex_tcp_init(void);
void camex_tcp_exit(void);

#endif /* CAMEX_TRANSPORT_H */
