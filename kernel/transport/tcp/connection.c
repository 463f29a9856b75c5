// SPDX-License-Identifier: GPL-2.0-only
/* Connections: their tables, their beginning and their end. Locks and lifetimes: see tcp.h. */
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/protocol.h"
#include "transport/tcp/tcp.h"

/* TCP keepalive: seconds of silence, seconds between probes, number of probes. */
#define KEEPALIVE_IDLE	30
#define KEEPALIVE_EVERY	10
#define KEEPALIVE_TRIES	3
/* Milliseconds after which unacknowledged data ends the connection. */
#define USER_TIMEOUT	60000
/* Bytes in a socket that are not sent yet. More waits in our queue, where it can be dropped. */
#define NOTSENT_MAX	(128 << 10)

/* --- tables --- */

static struct hlist_head *addr_bucket(struct camex_tcp *tcp, const struct camex_addr *addr)
{
	return &tcp->table[jhash(addr, sizeof(*addr), tcp->seed) % CAMEX_TCP_BUCKETS];
}

/**
 * camex_tcp_host() - the list of connections from a host
 * @tcp: the connections of a device
 * @addr: address of the host; of an IPv6 address only the first 64 bits count
 */
struct hlist_head *camex_tcp_host(struct camex_tcp *tcp, const struct camex_addr *addr)
{
	u32 hash = jhash_2words((__force u32)addr->v6.s6_addr32[0],
				(__force u32)addr->v6.s6_addr32[1], tcp->seed);

	return &tcp->hosts[hash % CAMEX_TCP_BUCKETS];
}

/**
 * camex_tcp_find() - find the connection to an address
 * @tcp: the connections of a device
 * @addr: the far end
 *
 * Context: RCU reader.
 * Return: the connection, preferably one that is up; or NULL.
 */
struct camex_tcp_conn *camex_tcp_find(struct camex_tcp *tcp, const struct camex_addr *addr)
{
	struct camex_tcp_conn *conn, *found = NULL;

	hlist_for_each_entry_rcu(conn, addr_bucket(tcp, addr), node) {
		if (memcmp(&conn->addr, addr, sizeof(*addr)))
			continue;
		found = conn;
		if (READ_ONCE(conn->state) == CAMEX_TCP_UP)
			break;
	}
	return found;
}

/* --- the work of a connection --- */

/**
 * camex_tcp_wake() - schedule @life, unless the connection ends
 * @conn: the connection
 * @delay: jiffies until then
 *
 * Context: any but hard interrupts.
 */
void camex_tcp_wake(struct camex_tcp_conn *conn, unsigned long delay)
{
	struct camex_tcp *tcp = conn->tcp;

	spin_lock_bh(&tcp->lock);
	if (!conn->dead)
		mod_delayed_work(camex_tcp_works, &conn->life, delay);
	spin_unlock_bh(&tcp->lock);
}

/**
 * camex_tcp_lose() - note that the socket of a connection cannot be used any more
 * @conn: the connection; it is repeated if we began it, else it ends
 *
 * Context: any but hard interrupts.
 */
void camex_tcp_lose(struct camex_tcp_conn *conn)
{
	WRITE_ONCE(conn->lost, true);
	camex_tcp_wake(conn, 0);
}

/**
 * camex_tcp_set_state() - change the state of a connection
 * @conn: the connection
 * @state: the new state
 *
 * Context: @life or @end of the connection.
 */
void camex_tcp_set_state(struct camex_tcp_conn *conn, enum camex_tcp_state state)
{
	spin_lock_bh(&conn->queue.lock);
	WRITE_ONCE(conn->state, state);
	spin_unlock_bh(&conn->queue.lock);
}

static void on_data(struct sock *sk)
{
	struct camex_tcp_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn)
		queue_work(camex_tcp_works, &conn->rx);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void on_state(struct sock *sk)
{
	struct camex_tcp_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn) {
		/* Data may have arrived before the end: @rx processes it, and then sees the end. */
		if (sk->sk_state == TCP_CLOSE_WAIT)
			queue_work(camex_tcp_works, &conn->rx);
		else
			camex_tcp_wake(conn, 0);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void on_space(struct sock *sk)
{
	struct camex_tcp_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &conn->sock->flags);
		queue_work(camex_tcp_works, &conn->tx);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void set_options(struct sock *sk)
{
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_keepidle(sk, KEEPALIVE_IDLE);
	tcp_sock_set_keepintvl(sk, KEEPALIVE_EVERY);
	tcp_sock_set_keepcnt(sk, KEEPALIVE_TRIES);
	tcp_sock_set_user_timeout(sk, USER_TIMEOUT);
	sock_set_keepalive(sk);
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat, NOTSENT_MAX);
}

/**
 * camex_tcp_attach() - set the callbacks of a socket, which schedule the works of its connection
 * @conn: the connection, with the socket
 *
 * Context: @life of the connection.
 */
void camex_tcp_attach(struct camex_tcp_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	sk->sk_allocation = GFP_NOIO;
	set_options(sk);

	write_lock_bh(&sk->sk_callback_lock);
	/* An accepted socket has inherited the listener's callback. */
	conn->data_ready = conn->accepted ? conn->tcp->data_ready : sk->sk_data_ready;
	conn->state_change = sk->sk_state_change;
	conn->write_space = sk->sk_write_space;
	sk->sk_user_data = conn;
	sk->sk_data_ready = on_data;
	sk->sk_state_change = on_state;
	sk->sk_write_space = on_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void detach_callbacks(struct camex_tcp_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data == conn) {
		sk->sk_data_ready = conn->data_ready;
		sk->sk_state_change = conn->state_change;
		sk->sk_write_space = conn->write_space;
	} else {
		/* The callback is still the listener's, see the end of the comment in tcp.h. */
		sk->sk_data_ready = conn->tcp->data_ready;
	}
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * camex_tcp_set_sock() - set the socket of a connection
 * @conn: the connection
 * @sock: the socket, or NULL
 *
 * Context: @life or @end of the connection.
 */
void camex_tcp_set_sock(struct camex_tcp_conn *conn, struct socket *sock)
{
	spin_lock_bh(&conn->tcp->lock);
	conn->sock = sock;
	spin_unlock_bh(&conn->tcp->lock);
}

/**
 * camex_tcp_drop() - close the socket of a connection, if it has one, and drop waiting datagrams
 * @conn: the connection
 *
 * Context: @life or @end of the connection.
 */
void camex_tcp_drop(struct camex_tcp_conn *conn)
{
	struct socket *sock = conn->sock;

	camex_tcp_set_state(conn, CAMEX_TCP_IDLE);
	if (sock)
		detach_callbacks(conn);
	cancel_work_sync(&conn->tx);
	cancel_work_sync(&conn->rx);
	camex_tcp_purge(conn);
	kfree(conn->partial);
	conn->partial = NULL;
	conn->partial_len = 0;
	if (!sock)
		return;
	camex_tcp_set_sock(conn, NULL);
	sock_no_linger(sock->sk);
	sock_release(sock);
}

static void learn_local(struct camex_tcp_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	memset(&conn->local, 0, sizeof(conn->local));
	conn->local.family = sk->sk_family;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		conn->local.v6 = sk->sk_v6_rcv_saddr;
		return;
	}
#endif
	conn->local.v4 = inet_sk(sk)->inet_saddr;
}

/* --- life and end --- */

/**
 * camex_tcp_start() - begin to send and receive through a connection
 * @conn: the connection, whose socket is connected
 *
 * Context: @life of the connection.
 */
void camex_tcp_start(struct camex_tcp_conn *conn)
{
	learn_local(conn);
	camex_tcp_set_state(conn, CAMEX_TCP_UP);
	/* Datagrams may have been queued or received before. */
	queue_work(camex_tcp_works, &conn->rx);
	queue_work(camex_tcp_works, &conn->tx);
}

static void start_accepted(struct camex_tcp_conn *conn)
{
	camex_tcp_attach(conn);
	camex_tcp_start(conn);
	/* It may have ended before its callbacks were set. */
	if (READ_ONCE(conn->sock->sk->sk_state) == TCP_CLOSE)
		camex_tcp_kill(conn);
}

static void go_on(struct camex_tcp_conn *conn)
{
	int state = READ_ONCE(conn->sock->sk->sk_state);

	if (!READ_ONCE(conn->lost) && (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT))
		return;
	if (conn->accepted)
		camex_tcp_kill(conn);
	else
		camex_tcp_again(conn);
}

static void run_life(struct work_struct *work)
{
	struct camex_tcp_conn *conn = container_of(to_delayed_work(work),
						   struct camex_tcp_conn, life);

	if (READ_ONCE(conn->dead))
		return;
	if (!conn->sock)
		camex_tcp_connect(conn);
	else if (conn->state == CAMEX_TCP_IDLE)
		start_accepted(conn);
	else if (conn->state == CAMEX_TCP_CONNECTING)
		camex_tcp_connecting(conn);
	else
		go_on(conn);
}

static void run_end(struct work_struct *work)
{
	struct camex_tcp_conn *conn = container_of(work, struct camex_tcp_conn, end);
	struct camex_tcp *tcp = conn->tcp;

	cancel_delayed_work_sync(&conn->life);
	camex_tcp_drop(conn);
	spin_lock_bh(&tcp->lock);
	if (!--tcp->n)
		wake_up(&tcp->gone);
	spin_unlock_bh(&tcp->lock);
	kfree_rcu(conn, rcu);
}

/* --- begin and end --- */

/**
 * camex_tcp_conn_new() - allocate a connection, which is in no table yet
 * @tcp: the connections of a device
 * @addr: the far end
 *
 * Context: any but hard interrupts.
 * Return: the connection, or NULL without memory.
 */
struct camex_tcp_conn *camex_tcp_conn_new(struct camex_tcp *tcp, const struct camex_addr *addr)
{
	struct camex_tcp_conn *conn = camex_zalloc(tcp->cdev, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->tcp = tcp;
	conn->addr = *addr;
	conn->since = jiffies;
	INIT_HLIST_NODE(&conn->host_node);
	INIT_LIST_HEAD(&conn->list);
	INIT_DELAYED_WORK(&conn->life, run_life);
	INIT_WORK(&conn->end, run_end);
	INIT_WORK(&conn->rx, camex_tcp_receive);
	INIT_WORK(&conn->tx, camex_tcp_send);
	skb_queue_head_init(&conn->queue);
	__skb_queue_head_init(&conn->sending);
	return conn;
}

/**
 * camex_tcp_insert() - add a connection to the tables, and start its works
 * @conn: from camex_tcp_conn_new()
 *
 * Context: camex_tcp.lock held.
 */
void camex_tcp_insert(struct camex_tcp_conn *conn)
{
	struct camex_tcp *tcp = conn->tcp;

	lockdep_assert_held(&tcp->lock);
	hlist_add_head_rcu(&conn->node, addr_bucket(tcp, &conn->addr));
	tcp->n++;
	if (conn->accepted) {
		hlist_add_head(&conn->host_node, camex_tcp_host(tcp, &conn->addr));
		list_add_tail(&conn->list, &tcp->strangers);
		tcp->naccepted++;
		tcp->nstrangers++;
	} else {
		conn->bound = true;
		list_add_tail(&conn->list, &tcp->conns);
	}
	mod_delayed_work(camex_tcp_works, &conn->life, 0);
}

/**
 * camex_tcp_begin() - connect to an address, unless there is a connection
 * @tcp: the connections of a device
 * @addr: the far end: a configured endpoint
 *
 * Context: RCU reader, bottom halves off.
 * Return: the connection, or NULL.
 */
struct camex_tcp_conn *camex_tcp_begin(struct camex_tcp *tcp, const struct camex_addr *addr)
{
	struct camex_tcp_conn *conn, *there;

	conn = camex_tcp_conn_new(tcp, addr);
	if (!conn)
		return NULL;
	/* From now on packets may wait. */
	conn->state = CAMEX_TCP_CONNECTING;
	spin_lock(&tcp->lock);
	there = camex_tcp_find(tcp, addr);
	if (there || tcp->closing) {
		kfree(conn);
		conn = there;
	} else {
		camex_tcp_insert(conn);
	}
	spin_unlock(&tcp->lock);
	return conn;
}

/**
 * camex_tcp_kill_locked() - as camex_tcp_kill()
 * @conn: the connection
 *
 * Context: camex_tcp.lock held.
 */
void camex_tcp_kill_locked(struct camex_tcp_conn *conn)
{
	struct camex_tcp *tcp = conn->tcp;

	lockdep_assert_held(&tcp->lock);
	if (conn->dead)
		return;
	WRITE_ONCE(conn->dead, true);
	hlist_del_rcu(&conn->node);
	list_del_init(&conn->list);
	if (conn->accepted) {
		hlist_del_init(&conn->host_node);
		tcp->naccepted--;
		if (!conn->bound)
			tcp->nstrangers--;
	}
	queue_work(camex_tcp_works, &conn->end);
}

/**
 * camex_tcp_kill() - end a connection
 * @conn: the connection; nothing happens if it ends already
 *
 * Context: RCU reader, or a work of the connection.
 */
void camex_tcp_kill(struct camex_tcp_conn *conn)
{
	struct camex_tcp *tcp = conn->tcp;

	spin_lock_bh(&tcp->lock);
	camex_tcp_kill_locked(conn);
	spin_unlock_bh(&tcp->lock);
}

/**
 * camex_tcp_is_stranger() - check that a connection has no peer
 * @conn: a connection that was accepted
 *
 * Handshakes and trials of keys take longer than the work that received their datagram, so the peer
 * is looked up again.
 *
 * Context: RCU reader, camex_tcp.lock held.
 */
bool camex_tcp_is_stranger(struct camex_tcp_conn *conn)
{
	struct camex_tcp *tcp = conn->tcp;

	lockdep_assert_held(&tcp->lock);
	if (conn->bound)
		return false;
	if (!netif_running(tcp->cdev->dev) || !camex_peer_by_endpoint(tcp->cdev, &conn->addr))
		return true;
	WRITE_ONCE(conn->bound, true);
	tcp->nstrangers--;
	list_move_tail(&conn->list, &tcp->conns);
	return false;
}

/**
 * camex_tcp_check_bound() - note it if a connection has a peer now
 * @conn: the connection
 *
 * Context: process, a work of the connection.
 */
void camex_tcp_check_bound(struct camex_tcp_conn *conn)
{
	struct camex_tcp *tcp = conn->tcp;

	if (READ_ONCE(conn->bound))
		return;
	rcu_read_lock();
	spin_lock_bh(&tcp->lock);
	if (!conn->dead)
		camex_tcp_is_stranger(conn);
	spin_unlock_bh(&tcp->lock);
	rcu_read_unlock();
}
