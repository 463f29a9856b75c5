// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that other hosts begin. A connection costs memory before its peer is known. So the
 * number of connections is limited, in total and for each host. A connection without a peer (a
 * stranger's) is closed after a short time, or at once if there are too many of them and another
 * one arrives.
 */
#include <linux/jiffies.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "transport/tcp/tcp.h"

/* Maximum number of accepted connections of a device, and of those from one host (IPv6: /64). */
#define ACCEPTED_MAX	16384
#define HOST_MAX	1024
/* The same for connections without a peer. */
#define STRANGERS_MAX	1024
#define HOST_STRANGERS_MAX	128
/* Lifetime of a connection without a peer. */
#define STRANGER_MAX	(10 * HZ)
/* Number of connections that are accepted before other works can run. */
#define BATCH		64

/* Get the address of the far end of a connected socket. */
static void far_end(const struct sock *sk, struct camex_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = sk->sk_family;
	addr->carrier = CAMEX_CARRIER_TCP;
	addr->port = inet_sk(sk)->inet_dport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		addr->v6 = sk->sk_v6_daddr;
		if (ipv6_addr_type(&addr->v6) & IPV6_ADDR_LINKLOCAL)
			addr->scope = sk->sk_bound_dev_if;
		return;
	}
#endif
	addr->v4 = inet_sk(sk)->inet_daddr;
}

/*
 * If datagrams do not name their sender, the peer is the one with a configured endpoint on that
 * host: a client connects from any port.
 */
static void name_by_host(struct camex_dev *cdev, struct camex_addr *addr)
{
	const struct camex_endpoint *ep;
	struct camex_peer *peer;
	unsigned long number;

	if (!cdev->protocol->bare || !netif_running(cdev->dev))
		return;
	rcu_read_lock();
	xa_for_each(&cdev->peers, number, peer) {
		ep = rcu_dereference(peer->configured);
		if (ep && camex_addr_same_host(&ep->to, addr)) {
			*addr = ep->to;
			break;
		}
	}
	rcu_read_unlock();
}

static bool same_net(const struct camex_addr *a, const struct camex_addr *b)
{
	if (a->family != b->family)
		return false;
	return a->family == AF_INET ? a->v4 == b->v4 :
				      ipv6_prefix_equal(&a->v6, &b->v6, 64);
}

/* May another connection be accepted? @oldest: result: the one to close for it, or NULL. */
static bool is_room(struct camex_tcp *tcp, const struct camex_addr *addr,
		    struct camex_tcp_conn **oldest)
{
	struct camex_tcp_conn *conn, *first = NULL;
	unsigned int n = 0, strangers = 0;

	lockdep_assert_held(&tcp->lock);
	*oldest = NULL;
	if (tcp->closing || tcp->naccepted >= ACCEPTED_MAX)
		return false;
	hlist_for_each_entry(conn, camex_tcp_host(tcp, addr), host_node) {
		if (!same_net(&conn->addr, addr))
			continue;
		n++;
		if (conn->bound)
			continue;
		strangers++;
		first = conn;	/* the newest connection is first in the list */
	}
	if (n >= HOST_MAX)
		return false;
	if (strangers >= HOST_STRANGERS_MAX)
		*oldest = first;
	else if (tcp->nstrangers >= STRANGERS_MAX)
		*oldest = list_first_entry(&tcp->strangers, struct camex_tcp_conn, list);
	return true;
}

/* Close a refused connection. Its socket has inherited the listener's callback. */
static void refuse_socket(struct camex_tcp *tcp, struct socket *sock)
{
	struct sock *sk = sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = tcp->data_ready;
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	sock_no_linger(sk);
	sock_release(sock);
}

static void take_socket(struct camex_tcp *tcp, struct socket *sock)
{
	struct camex_tcp_conn *conn, *oldest = NULL;
	struct camex_addr addr;
	bool room = false;

	far_end(sock->sk, &addr);
	name_by_host(tcp->cdev, &addr);
	conn = camex_tcp_conn_new(tcp, &addr);
	if (!conn) {
		refuse_socket(tcp, sock);
		camex_tcp_count(tcp, CAMEX_A_STATS_NO_MEMORY, 1);
		return;
	}
	conn->accepted = true;
	conn->sock = sock;
	rcu_read_lock();
	spin_lock_bh(&tcp->lock);
	room = is_room(tcp, &addr, &oldest);
	if (oldest && !camex_tcp_is_stranger(oldest))
		oldest = NULL;
	if (oldest)
		camex_tcp_kill_locked(oldest);
	if (room)
		camex_tcp_insert(conn);
	spin_unlock_bh(&tcp->lock);
	rcu_read_unlock();
	if (room) {
		queue_delayed_work(camex_tcp_works, &tcp->sweep, HZ);
	} else {
		refuse_socket(tcp, sock);
		kfree(conn);
	}
	if (!room || oldest)
		camex_tcp_count(tcp, CAMEX_A_STATS_TCP_REFUSED, 1);
}

/* Accept a batch. Returns true if more connections may be waiting. */
static bool accept_from(struct camex_tcp *tcp, struct socket *listener)
{
	struct socket *sock;
	int n;

	for (n = 0; listener && n < BATCH; n++) {
		if (kernel_accept(listener, &sock, O_NONBLOCK))
			return false;
		take_socket(tcp, sock);
	}
	return listener;
}

/**
 * camex_tcp_accept() - accept waiting connections
 * @work: camex_tcp.accept
 *
 * Context: process.
 */
void camex_tcp_accept(struct work_struct *work)
{
	struct camex_tcp *tcp = container_of(work, struct camex_tcp, accept);
	bool more;

	mutex_lock(&tcp->accepting);
	more = accept_from(tcp, tcp->listeners.v4);
	more |= accept_from(tcp, tcp->listeners.v6);
	mutex_unlock(&tcp->accepting);
	if (more)
		queue_work(camex_tcp_works, &tcp->accept);
}

/**
 * camex_tcp_sweep() - close connections whose time to name a peer is over
 * @work: camex_tcp.sweep
 *
 * Context: process.
 */
void camex_tcp_sweep(struct work_struct *work)
{
	struct camex_tcp *tcp = container_of(to_delayed_work(work), struct camex_tcp, sweep);
	struct camex_tcp_conn *conn, *next;
	unsigned int ended = 0;
	bool more;

	rcu_read_lock();
	spin_lock_bh(&tcp->lock);
	list_for_each_entry_safe(conn, next, &tcp->strangers, list) {
		if (time_before(jiffies, conn->since + STRANGER_MAX))
			break;
		if (!camex_tcp_is_stranger(conn))
			continue;
		camex_tcp_kill_locked(conn);
		ended++;
	}
	more = tcp->nstrangers;
	spin_unlock_bh(&tcp->lock);
	rcu_read_unlock();
	camex_tcp_count(tcp, CAMEX_A_STATS_TCP_SILENT, ended);
	if (more)
		queue_delayed_work(camex_tcp_works, &tcp->sweep, HZ);
}
