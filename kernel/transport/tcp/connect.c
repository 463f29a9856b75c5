// SPDX-License-Identifier: GPL-2.0-only
/* Connections that we begin: one to each configured endpoint, repeated when it fails or ends. */
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "transport/tcp/tcp.h"

/* Minimum and maximum time between attempts to connect, seconds. */
#define BACKOFF_MIN	1
#define BACKOFF_MAX	60
/* Time within which an attempt must succeed. */
#define CONNECT_WITHIN	(10 * HZ)

/* Would the connection be routed through the tunnel itself? */
static bool is_own_way(const struct camex_tcp_conn *conn)
{
	const struct camex_dev *cdev = conn->tcp->cdev;
	struct dst_entry *dst = sk_dst_get(conn->sock->sk);
	bool own;

	if (!dst)
		return false;
	rcu_read_lock();
	own = dst->dev == cdev->dev || (cdev->link->owns && cdev->link->owns(cdev, dst->dev));
	rcu_read_unlock();
	dst_release(dst);
	return own;
}

/**
 * camex_tcp_again() - schedule the next attempt, because a connection was lost or could not be made
 * @conn: the connection
 *
 * Context: @life of the connection.
 */
void camex_tcp_again(struct camex_tcp_conn *conn)
{
	unsigned long delay;

	camex_tcp_drop(conn);
	if (conn->heard)
		conn->backoff = 0;
	conn->heard = false;
	conn->backoff = conn->backoff ? min(2 * conn->backoff, (unsigned int)BACKOFF_MAX) :
					BACKOFF_MIN;
	/* Spread the attempts of many clients, whose server may have been down. */
	delay = conn->backoff * HZ;
	delay -= get_random_u32() % (delay / 4);
	if (READ_ONCE(conn->at_once)) {
		WRITE_ONCE(conn->at_once, false);
		conn->backoff = 0;
		delay = 0;
	}
	camex_tcp_wake(conn, delay);
}

/* Send a first datagram to each peer with this configured endpoint. @again: under a new session. */
static void introduce_peers(struct camex_tcp_conn *conn, bool again)
{
	struct camex_dev *cdev = conn->tcp->cdev;
	struct rhlist_head *list, *pos;
	struct camex_endpoint *ep;

	rcu_read_lock();
	if (!netif_running(cdev->dev))
		goto out;
	list = camex_endpoints_at(cdev, &conn->addr);
	rhl_for_each_entry_rcu(ep, pos, list, node) {
		struct camex_peer *peer = ep->peer;

		if (!camex_endpoint_is_configured(ep))
			continue;
		spin_lock_bh(&cdev->lock);
		if (!peer->dead && cdev->transport->connected)
			cdev->transport->connected(peer, ep);
		if (!peer->dead && (rcu_access_pointer(peer->configured) == ep ||
				    rcu_access_pointer(peer->endpoint) == ep)) {
			/* Without memory the old session stays in use. */
			if (again && cdev->protocol->renew)
				cdev->protocol->renew(peer);
			camex_peer_begin(peer);
		}
		spin_unlock_bh(&cdev->lock);
	}
out:
	rcu_read_unlock();
}

static void finish_connecting(struct camex_tcp_conn *conn)
{
	bool waits = !skb_queue_empty_lockless(&conn->queue), again = conn->connects++;

	camex_tcp_start(conn);
	/* The packet that caused the first connection is queued, and introduces us. */
	if (again || !waits || conn->tcp->cdev->transport->connected)
		introduce_peers(conn, again);
}

static int bind_socket(struct camex_tcp_conn *conn, struct socket *sock)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr = {};
	struct camex_tcp *tcp = conn->tcp;
	struct camex_addr bind;
	int ifindex;

	spin_lock_bh(&tcp->lock);
	bind = tcp->bind;
	ifindex = tcp->ifindex;
	spin_unlock_bh(&tcp->lock);
	if (ifindex == CAMEX_NO_DEVICE)
		return -ENODEV;
	camex_tcp_set_device(sock->sk, conn->addr.scope ?: ifindex);
	if (!bind.family)
		return 0;
	if (bind.family != conn->addr.family)
		return -EAFNOSUPPORT;
	if (bind.family == AF_INET) {
		addr.v4.sin_family = AF_INET;
		addr.v4.sin_addr.s_addr = bind.v4;
		return kernel_bind(sock, camex_bind_addr(&addr), sizeof(addr.v4));
	}
	addr.v6.sin6_family = AF_INET6;
	addr.v6.sin6_addr = bind.v6;
	addr.v6.sin6_scope_id = conn->addr.scope ?: ifindex;
	return kernel_bind(sock, camex_bind_addr(&addr), sizeof(addr.v6));
}

static int begin_handshake(struct camex_tcp_conn *conn)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = {};
	int len = sizeof(to.v6);

	if (conn->addr.family == AF_INET) {
		to.v4.sin_family = AF_INET;
		to.v4.sin_port = conn->addr.port;
		to.v4.sin_addr.s_addr = conn->addr.v4;
		len = sizeof(to.v4);
	} else {
		to.v6.sin6_family = AF_INET6;
		to.v6.sin6_port = conn->addr.port;
		to.v6.sin6_addr = conn->addr.v6;
		to.v6.sin6_scope_id = conn->addr.scope;
	}
	return kernel_connect(conn->sock, camex_bind_addr(&to), len, O_NONBLOCK);
}

/**
 * camex_tcp_connecting() - check the progress of an attempt
 * @conn: a connection that is being made
 *
 * Context: @life of the connection.
 */
void camex_tcp_connecting(struct camex_tcp_conn *conn)
{
	unsigned long until = conn->since + CONNECT_WITHIN;
	int state;

	if (READ_ONCE(conn->lost) || time_after_eq(jiffies, until)) {
		camex_tcp_again(conn);
		return;
	}
	/* Do this before reading the state: a later change of the state runs the work earlier. */
	camex_tcp_wake(conn, until - jiffies);
	state = READ_ONCE(conn->sock->sk->sk_state);
	if (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)
		finish_connecting(conn);
	else if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		camex_tcp_again(conn);
}

/**
 * camex_tcp_connect() - begin an attempt to connect
 * @conn: a connection without a socket
 *
 * Context: @life of the connection.
 */
void camex_tcp_connect(struct camex_tcp_conn *conn)
{
	struct camex_dev *cdev = conn->tcp->cdev;
	struct socket *sock;
	int err;

	/* The link is down. It connects again when it goes up. */
	if (!netif_running(cdev->dev)) {
		camex_tcp_drop(conn);
		return;
	}
	err = sock_create_kern(cdev->net, conn->addr.family, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err) {
		camex_tcp_again(conn);
		return;
	}
	WRITE_ONCE(sock->sk->sk_mark, READ_ONCE(cdev->conf.fwmark));
	camex_tcp_set_sock(conn, sock);
	WRITE_ONCE(conn->lost, false);
	camex_tcp_attach(conn);
	conn->since = jiffies;
	camex_tcp_set_state(conn, CAMEX_TCP_CONNECTING);
	err = bind_socket(conn, sock) ?: begin_handshake(conn);
	if (err && err != -EINPROGRESS) {
		camex_tcp_again(conn);
		return;
	}
	if (is_own_way(conn)) {
		camex_tcp_count(conn->tcp, CAMEX_A_STATS_LOOP, 1);
		camex_tcp_again(conn);
		return;
	}
	camex_tcp_connecting(conn);
}
