// SPDX-License-Identifier: GPL-2.0-only
/* Transport tcp: camex_transport_ops. */
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include <net/ip.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "transport/tcp/stream.h"
#include "transport/tcp/tcp.h"

/* Bytes of TCP options in each segment: the time stamp. */
#define TCP_OPTIONS	12
/* Maximum bytes of a batch that is encrypted in one go. */
#define BATCH_MAX	65535

struct workqueue_struct *camex_tcp_works;

/* With this overhead a packet of the MTU's size fills one segment of an underlay of 1500 bytes. */
static unsigned int tcp_overhead(u16 family)
{
	return CAMEX_STREAM_HEADER + sizeof(struct tcphdr) + TCP_OPTIONS +
	       (family == AF_INET6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

static bool has_devices(const struct camex_tcp *tcp, const struct camex_endpoint *ep)
{
	return READ_ONCE(tcp->ifindex) != CAMEX_NO_DEVICE &&
	       (!ep || !ep->to.scope || dev_get_by_index_rcu(tcp->cdev->net, ep->to.scope));
}

static bool lacks_device(const struct camex_dev *cdev, const struct camex_endpoint *ep)
{
	const struct camex_tcp *tcp = rcu_dereference(cdev->tcp);

	return tcp && !has_devices(tcp, ep);
}

static int route_tcp(struct camex_dev *cdev, struct camex_endpoint *ep, struct camex_way *way)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	struct camex_tcp *tcp = rcu_dereference_bh(cdev->tcp);
	struct camex_tcp_conn *conn;

	if (unlikely(!tcp))
		return CAMEX_A_STATS_NO_ENDPOINT;
	conn = camex_tcp_find(tcp, &ep->to);
	if (unlikely(!conn)) {
		if (!has_devices(tcp, ep))
			return CAMEX_A_STATS_NO_DEVICE;
		if (camex_endpoint_is_configured(ep) && netif_running(cdev->dev))
			conn = camex_tcp_begin(tcp, &ep->to);
	}
	if (unlikely(!conn || READ_ONCE(conn->state) == CAMEX_TCP_IDLE))
		return CAMEX_A_STATS_NO_ENDPOINT;
	way->room = CAMEX_STREAM_MAX;
	/* GSO packets that are not encrypted would stay whole, and nothing would cut them later. */
	way->batch = ep->peer && protocol->encrypts && protocol->encrypts(ep->peer) ?
		     BATCH_MAX : 0;
	return 0;
}

static int send_tcp(struct camex_dev *cdev, struct camex_endpoint *ep,
		    const struct camex_way *way, struct sk_buff *skb)
{
	struct camex_tcp *tcp = rcu_dereference_bh(cdev->tcp);
	struct camex_tcp_conn *conn = tcp ? camex_tcp_find(tcp, &ep->to) : NULL;

	if (likely(conn))
		return camex_tcp_enqueue(conn, skb);
	kfree_skb(skb);
	return CAMEX_A_STATS_NO_ENDPOINT;
}

/* Connect to a configured endpoint at once, because the peer may never send first. */
static void connect_endpoint(struct camex_dev *cdev, const struct camex_endpoint *ep)
{
	struct camex_tcp_conn *conn;
	struct camex_tcp *tcp;

	rcu_read_lock_bh();
	tcp = rcu_dereference_bh(cdev->tcp);
	if (!tcp || !netif_running(cdev->dev))
		goto out;
	conn = camex_tcp_find(tcp, &ep->to);
	if (!conn) {
		camex_tcp_begin(tcp, &ep->to);
	} else if (!conn->accepted && READ_ONCE(conn->state) == CAMEX_TCP_IDLE) {
		WRITE_ONCE(conn->at_once, true);
		camex_tcp_wake(conn, 0);
	}
out:
	rcu_read_unlock_bh();
}

/* The last endpoint with this address was removed: end its connections. */
static void leave_endpoint(struct camex_dev *cdev, const struct camex_addr *addr)
{
	struct camex_tcp_conn *conn;
	struct camex_tcp *tcp;

	rcu_read_lock();
	tcp = rcu_dereference(cdev->tcp);
	while (tcp && !camex_endpoints_at(cdev, addr)) {
		conn = camex_tcp_find(tcp, addr);
		if (!conn)
			break;
		camex_tcp_kill(conn);
	}
	rcu_read_unlock();
}

static void connect_all(struct camex_dev *cdev)
{
	const struct camex_endpoint *ep;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		rcu_read_lock();
		ep = rcu_dereference(peer->configured);
		if (ep)
			connect_endpoint(cdev, ep);
		rcu_read_unlock();
		cond_resched();
	}
}

static void mark_socket(struct socket *sock, u32 mark)
{
	if (!sock || READ_ONCE(sock->sk->sk_mark) == mark)
		return;
	WRITE_ONCE(sock->sk->sk_mark, mark);
	sk_dst_reset(sock->sk);
}

/* Apply a new mark to existing connections, too. */
static void apply_settings(struct camex_dev *cdev)
{
	struct camex_tcp *tcp = rtnl_dereference(cdev->tcp);
	struct camex_tcp_conn *conn;

	if (!tcp)
		return;
	mark_socket(tcp->listeners.v4, cdev->conf.fwmark);
	mark_socket(tcp->listeners.v6, cdev->conf.fwmark);
	spin_lock_bh(&tcp->lock);
	list_for_each_entry(conn, &tcp->strangers, list)
		mark_socket(conn->sock, cdev->conf.fwmark);
	list_for_each_entry(conn, &tcp->conns, list)
		mark_socket(conn->sock, cdev->conf.fwmark);
	spin_unlock_bh(&tcp->lock);
}

/**
 * camex_tcp_init() - set up, before the first device
 *
 * Return: 0 or -ENOMEM.
 */
int camex_tcp_init(void)
{
	camex_tcp_works = alloc_workqueue("camex-tcp", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM |
					  WQ_SYSFS, 0);
	return camex_tcp_works ? 0 : -ENOMEM;
}

/**
 * camex_tcp_exit() - clean up, after the last device
 */
void camex_tcp_exit(void)
{
	destroy_workqueue(camex_tcp_works);
	camex_tcp_free_buffers();
}

const struct camex_transport_ops camex_transport_tcp = {
	.sockets = true,
	.carrier = CAMEX_CARRIER_TCP,
	.overhead = tcp_overhead,
	.configured = apply_settings,
	.link_up = connect_all,
	.follow = camex_tcp_follow,
	.open = camex_tcp_open,
	.close = camex_tcp_close,
	.lacks_device = lacks_device,
	.connect = connect_endpoint,
	.leave = leave_endpoint,
	.route = route_tcp,
	.send = send_tcp,
};
