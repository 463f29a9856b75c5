/* SPDX-License-Identifier: GPL-2.0-only */
/* Transports: the layer below the protocols, which carries datagrams. */
#ifndef CAMEX_TRANSPORT_H
#define CAMEX_TRANSPORT_H

#include "core/device.h"

struct camex_endpoint;
struct camex_path;
struct camex_source;

/* Sockets are bound to this index, which no interface has, while theirs does not exist. */
#define CAMEX_NO_DEVICE		(-1)

int camex_find_bind_dev(const struct camex_dev *cdev, const struct camex_settings *conf,
			bool had, struct nlattr **tb, struct netlink_ext_ack *extack,
			int *ifindex);

/**
 * struct camex_way - route to an endpoint, for the packets of one call
 * @path: found by the transport, valid under RCU; NULL: the transport needs none
 * @room: maximum length of a datagram that is not fragmented
 * @batch: maximum length of an outer GSO packet of datagrams; 0: not possible
 * @dsfield: DSCP and ECN of the inner packets
 * @df: the datagrams must not be fragmented
 * @cut: software cuts outer GSO packets before a device gets them
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
 * @single_peer: a device has exactly one peer, "far", from the start. All datagrams come from and
 *	go to an endpoint of zeros
 * @sockets: it has sockets with a port, an address, an interface and a mark, for any number of
 *	peers
 * @udp_socket: one of them is for UDP, with settings of its own
 * @alternates: a peer is reached by one of two carriers
 * @single: packets arrive one by one, so GRO would find nothing to merge
 * @as_is: @send accepts packets and GSO packets of a protocol with @bare unchanged, without an
 *	endpoint or a way
 * @carrier: camex_addr.carrier of the endpoints that peers are given
 * @protocol: default protocol of its devices, enum camex_protocol; 0: that of all devices
 * @speed: speed of its links for ethtool, Mbit/s; 0: unknown, as is the path below them
 * @peer_size: size of its own struct of a peer, zeroed memory, see camex_peer_transport_own()
 * @overhead: bytes that it adds to a datagram for a family (AF_INET, AF_INET6; AF_UNSPEC: for
 *	the one peer)
 * @headroom: bytes that it needs in front of a datagram; camex_device_headroom() can raise it
 * @setup: adapt a new link, not registered yet. May be NULL. Context: RTNL
 * @init: set up the transport's part of a new device. May be NULL. Context: RTNL
 * @configured: settings have changed. May be NULL. Context: RTNL, may sleep
 * @link_up: the device went up. May be NULL. Context: RTNL
 * @follow: an interface of the transport's namespace was added or renamed; @gone: removed. May be
 *	NULL. Context: RTNL
 * @netdev_event: an interface, or (@upper) a device above it, changed. Called once, not for each
 *	device. May be NULL. Context: RTNL
 * @open: apply a configuration, open sockets for example. On failure the old state stays, but a
 *	datagram may have found something new, and @cdev must exist for a grace period more. May be
 *	NULL. Context: RTNL, may sleep
 * @close: undo @open; harmless if nothing is open. Context: RTNL, may sleep
 * @rekeyed: the result of camex_protocol_ops.receives_many changed. May be NULL. Context: RTNL,
 *	may sleep
 * @source: get the source of a received datagram or aggregate, whose payload is at skb->data. NULL:
 *	the transport does not use workers. Context: any
 * @lacks_device: does an interface not exist that the route to an endpoint (NULL: to any) needs?
 *	NULL: it needs none. Context: RCU reader
 * @connect: connect to an endpoint that a peer was given. NULL: the transport has no connections.
 *	Context: RCU reader
 * @connected: a connection to an endpoint of a peer was made. NULL: nothing depends on that.
 *	Context: RCU reader, camex_dev.lock
 * @moved: a peer has another endpoint, or none, in the place of @old. Returns true if @old is kept,
 *	to be freed by the transport. NULL: it is not. Context: camex_dev.lock
 * @may_move: may a datagram from an address move the endpoint of its peer? NULL: it may.
 *	Context: camex_dev.lock
 * @due: find out what is due for a peer: camex_protocol_ops.due, called before it. NULL: never.
 *	Context: camex_dev.lock
 * @act: do what @due has found. Context: RCU reader, bottom halves off
 * @asked: a datagram without a packet came from a peer, which may wait for an answer. May be NULL.
 *	Context: RCU reader, bottom halves off
 * @leave: the last endpoint with an address was removed. May be NULL. Context: camex_dev.lock
 * @route: find the route to an endpoint: @path and @room. Returns 0, or the counter for the reason
 *	(CAMEX_A_STATS_*). Context: RCU reader, bottom halves off
 * @send: send a datagram, a GSO packet of datagrams (SKB_GSO_UDP_L4, gso_size is the length of
 *	each), or a datagram that contains a GSO packet, over a way that @route has just found;
 *	consumed. Returns and context: as @route
 */
struct camex_transport_ops {
	bool single_peer;
	bool sockets;
	bool udp_socket;
	bool alternates;
	bool single;
	bool as_is;
	u8 carrier;
	u32 protocol;
	u32 speed;
	size_t peer_size;
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
	void (*source)(const struct camex_dev *cdev, const struct sk_buff *skb,
		       struct camex_source *from);
	bool (*lacks_device)(const struct camex_dev *cdev,
			     const struct camex_endpoint *ep);
	void (*connect)(struct camex_dev *cdev, const struct camex_endpoint *ep);
	void (*connected)(struct camex_peer *peer, struct camex_endpoint *ep);
	bool (*moved)(struct camex_peer *peer, struct camex_endpoint *old);
	bool (*may_move)(const struct camex_peer *peer, const struct camex_addr *to);
	unsigned long (*due)(struct camex_peer *peer, unsigned long now, unsigned long *what);
	void (*act)(struct camex_peer *peer, unsigned long what);
	void (*asked)(struct camex_peer *peer, const struct camex_addr *from);
	void (*leave)(struct camex_dev *cdev, const struct camex_addr *addr);
	int (*route)(struct camex_dev *cdev, struct camex_endpoint *ep,
		     struct camex_way *way);
	int (*send)(struct camex_dev *cdev, struct camex_endpoint *ep,
		    const struct camex_way *way, struct sk_buff *skb);
};

/* By enum camex_transport; NULL: not in this kernel. */
#define CAMEX_TRANSPORTS	(CAMEX_TRANSPORT_UDP_TCP + 1)
extern const struct camex_transport_ops *const camex_transports[CAMEX_TRANSPORTS];

extern const struct camex_transport_ops camex_transport_udp;
extern const struct camex_transport_ops camex_transport_serial;
extern const struct camex_transport_ops camex_transport_char;
extern const struct camex_transport_ops camex_transport_tcp;
extern const struct camex_transport_ops camex_transport_udp_tcp;

void camex_small_queue_init(void);
void camex_small_queue_exit(void);
int camex_tcp_init(void);
void camex_tcp_exit(void);

#endif /* CAMEX_TRANSPORT_H */
