// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport udp,tcp: a device has the sockets of transport udp and those of transport tcp, on one
 * port. The carrier of an endpoint says which of the two it belongs to; neither calls the other.
 * Endpoints that peers are given belong to udp. fallback.c decides when a peer is reached by tcp.
 */
#include <linux/netdevice.h>

#include "core/compat.h"
#include "core/peer.h"
#include "transport/udp_tcp/udp_tcp.h"

/* Number of attempts to find a port that is free in both. */
#define PORT_TRIES	100

static const struct camex_transport_ops *transport_of(const struct camex_addr *addr)
{
	return addr->carrier == CAMEX_CARRIER_TCP ? &camex_transport_tcp : &camex_transport_udp;
}

/* TCP cuts its stream where it likes, so a datagram of UDP's length is no worse there. */
static unsigned int overhead_of(u16 family)
{
	return camex_transport_udp.overhead(family);
}

static void init_both(struct camex_dev *cdev)
{
	camex_transport_udp.init(cdev);
	camex_device_headroom(cdev, camex_transport_udp.headroom);
}

static void configure_both(struct camex_dev *cdev)
{
	camex_transport_udp.configured(cdev);
	camex_transport_tcp.configured(cdev);
}

/* A peer is tried by udp first. */
static void begin_with_udp(struct camex_dev *cdev)
{
	struct camex_endpoint *configured;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		configured = camex_peer_configured(peer);
		if (configured) {
			if (rcu_access_pointer(peer->endpoint) != configured)
				camex_endpoint_swap(peer, configured);
			camex_fallback_reset(peer);
		}
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

static void follow_both(struct camex_dev *cdev, const struct net_device *gone)
{
	camex_transport_udp.follow(cdev, gone);
	camex_transport_tcp.follow(cdev, gone);
}

static void close_both(struct camex_dev *cdev)
{
	camex_transport_udp.close(cdev);
	camex_transport_tcp.close(cdev);
}

/*
 * Open both on one port. If a port that the kernel chose for udp is in use for tcp, another is
 * tried.
 */
static int open_both(struct camex_dev *cdev, struct camex_settings *conf, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	struct camex_settings before = cdev->conf;
	bool had = rcu_access_pointer(cdev->udp);
	u16 port = conf->port;
	int err, tries;

	for (tries = 0; ; tries++) {
		conf->port = port;
		err = camex_transport_udp.open(cdev, conf, tb, extack);
		if (err)
			break;
		err = camex_transport_tcp.open(cdev, conf, tb, extack);
		if (!err)
			return 0;
		if (err != -EADDRINUSE || port || tries == PORT_TRIES)
			break;
	}
	if (had)
		camex_transport_udp.open(cdev, &before, tb, NULL);
	else
		camex_transport_udp.close(cdev);
	return err;
}

static bool lacks_device(const struct camex_dev *cdev, const struct camex_endpoint *ep)
{
	return (ep ? transport_of(&ep->to) : &camex_transport_udp)->lacks_device(cdev, ep);
}

static void forget_fallback(struct camex_dev *cdev, const struct camex_endpoint *ep)
{
	camex_fallback_reset(ep->peer);
}

static void leave_endpoint(struct camex_dev *cdev, const struct camex_addr *addr)
{
	const struct camex_transport_ops *transport = transport_of(addr);

	if (transport->leave)
		transport->leave(cdev, addr);
}

static int find_route(struct camex_dev *cdev, struct camex_endpoint *ep, struct camex_way *way)
{
	return transport_of(&ep->to)->route(cdev, ep, way);
}

static int send_by_one(struct camex_dev *cdev, struct camex_endpoint *ep,
		       const struct camex_way *way, struct sk_buff *skb)
{
	return transport_of(&ep->to)->send(cdev, ep, way, skb);
}

static void rekey_udp(struct camex_dev *cdev)
{
	camex_transport_udp.rekeyed(cdev);
}

static void source_of_udp(const struct camex_dev *cdev, const struct sk_buff *skb,
			  struct camex_source *from)
{
	camex_transport_udp.source(cdev, skb, from);
}

const struct camex_transport_ops camex_transport_udp_tcp = {
	.sockets = true,
	.udp_socket = true,
	.alternates = true,
	.peer_size = sizeof(struct camex_fallback),
	.overhead = overhead_of,
	.init = init_both,
	.configured = configure_both,
	.link_up = begin_with_udp,
	.follow = follow_both,
	.open = open_both,
	.close = close_both,
	.rekeyed = rekey_udp,
	.source = source_of_udp,
	.lacks_device = lacks_device,
	.connect = forget_fallback,
	.connected = camex_fallback_connected,
	.moved = camex_fallback_moved,
	.may_move = camex_fallback_may_move,
	.due = camex_fallback_due,
	.act = camex_fallback_act,
	.asked = camex_fallback_asked,
	.leave = leave_endpoint,
	.route = find_route,
	.send = send_by_one,
};
