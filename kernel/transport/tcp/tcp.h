/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transport tcp: a device listens, and connects to the configured endpoints of its peers. Each
 * connection belongs to one endpoint. Each datagram in it is preceded by its length (stream.h).
 *
 * Locks, from the outermost to the innermost:
 *
 * - RTNL: listeners and settings of struct camex_tcp.
 * - camex_tcp.accepting (mutex): the listeners, while connections are accepted. Works do not take
 *   RTNL, so the holder of RTNL may wait for them.
 * - the lock of a socket, then its sk_callback_lock: sk_user_data and the callbacks.
 * - camex_dev.lock, which is not nested with the two above.
 * - camex_tcp.lock (spinlock, bottom halves off): tables, lists and numbers of connections,
 *   camex_tcp_conn.sock, .dead and .bound, and scheduling the work @life.
 * - camex_tcp_conn.queue.lock (spinlock, bottom halves off): waiting datagrams, and .state.
 *
 * No lock of a socket is taken under our spinlocks. Callbacks of sockets, and packets, only queue
 * works.
 *
 * Lifetimes. camex_tcp_kill() marks a connection as dead, removes it from the tables and queues the
 * work @end. From then on nothing queues @life. @end waits for @life. It detaches the callbacks of
 * the socket, so that nothing queues @rx, and changes the state, so that nothing queues @tx. It
 * waits for both, closes the socket, and frees the connection after a grace period, because packets
 * may have found it in the table. Only @life and @end set the socket of a connection, and they
 * never run at the same time. camex_tcp_close() waits until all @end have finished. The socket is
 * reset, not shut down, so no timer and no port of it remain. Sockets need no reference to the
 * namespace, because they are closed before it is deleted.
 *
 * An accepted connection inherits the listener's callbacks until it gets its own. The callback
 * recognizes by the state of the socket that it was not called for the listener.
 */
#ifndef CAMEX_TRANSPORT_TCP_H
#define CAMEX_TRANSPORT_TCP_H

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core/drop.h"
#include "core/transport.h"

/* Number of lists of connections by address, and by host. */
#define CAMEX_TCP_BUCKETS	1024

/**
 * enum camex_tcp_state - state of a connection
 * @CAMEX_TCP_IDLE: it was just accepted, or waits for the next attempt: packets are dropped
 * @CAMEX_TCP_CONNECTING: it is being established: packets wait
 * @CAMEX_TCP_UP: it is established: packets are sent
 */
enum camex_tcp_state {
	CAMEX_TCP_IDLE,
	CAMEX_TCP_CONNECTING,
	CAMEX_TCP_UP,
};

/**
 * struct camex_tcp_conn - a connection
 * @tcp: the connections of its device
 * @addr: the far end: source and destination of datagrams
 * @local: our address, port 0; AF_UNSPEC before there is a socket
 * @accepted: the far end has begun the connection; else we do, and repeat it when it ends
 * @bound: it has a peer, or was begun by us (@tcp->lock)
 * @dead: it ends (@tcp->lock)
 * @lost: its socket must be closed (WRITE_ONCE)
 * @heard: datagrams were received since it was established
 * @at_once: the next attempt begins at once (WRITE_ONCE)
 * @since: jiffies when it was accepted, or when the attempt began
 * @backoff: seconds until the next attempt (@life)
 * @connects: how often it was established (@life)
 * @node: in camex_tcp.table (@tcp->lock; RCU)
 * @host_node: in camex_tcp.hosts (@tcp->lock)
 * @list: on camex_tcp.conns or .strangers (@tcp->lock)
 * @sock: its socket, or NULL: see the top of this file
 * @data_ready: the socket's own callback
 * @state_change: the same
 * @write_space: the same
 * @life: connects, starts, closes
 * @end: see the top of this file
 * @rx: receives datagrams
 * @tx: sends waiting datagrams
 * @queue: waiting datagrams
 * @queued: bytes of memory of @queue and @sending (@queue.lock)
 * @state: enum camex_tcp_state (@queue.lock; READ_ONCE)
 * @sending: datagrams that are being sent (@tx)
 * @at: bytes of the stream that were sent of the first of @sending (@tx)
 * @partial: the beginning of an incomplete datagram, or NULL (@rx)
 * @partial_len: bytes of @partial (@rx)
 * @rcu: frees it
 */
struct camex_tcp_conn {
	struct camex_tcp *tcp;
	struct camex_addr addr;
	struct camex_addr local;
	bool accepted;
	bool bound;
	bool dead;
	bool lost;
	bool heard;
	bool at_once;
	unsigned long since;
	unsigned int backoff;
	unsigned int connects;
	struct hlist_node node;
	struct hlist_node host_node;
	struct list_head list;

	struct socket *sock;
	void (*data_ready)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	struct delayed_work life;
	struct work_struct end;
	struct work_struct rx;
	struct work_struct tx;

	struct sk_buff_head queue;
	unsigned int queued;
	u8 state;
	struct sk_buff_head sending;
	unsigned int at;
	u8 *partial;
	unsigned int partial_len;
	struct rcu_head rcu;
};

/**
 * struct camex_listeners - the sockets that listen
 * @v4: socket for IPv4, or NULL
 * @v6: socket for IPv6, or NULL
 * @port: port of both, network byte order
 */
struct camex_listeners {
	struct socket *v4;
	struct socket *v6;
	__be16 port;
};

/**
 * struct camex_tcp - the connections of a device
 * @cdev: the device
 * @listeners: the sockets that listen (RTNL and @accepting)
 * @bind: local address of all sockets, or AF_UNSPEC (RTNL and @lock)
 * @ifindex: interface that all sockets are bound to, 0, or CAMEX_NO_DEVICE (RTNL and @lock;
 *	READ_ONCE)
 * @data_ready: the listeners' own callback
 * @accepting: see the top of this file
 * @accept: accepts connections
 * @sweep: ends connections that have had no peer for too long
 * @lock: see the top of this file
 * @closing: no new connections (@lock)
 * @seed: seed of the hash
 * @table: connections by address (@lock; RCU)
 * @hosts: accepted connections, by host (@lock)
 * @conns: connections with a peer, and those that we begin (@lock)
 * @strangers: accepted connections without a peer, the oldest first (@lock)
 * @n: number of connections, including those that end (@lock)
 * @naccepted: number of accepted connections that are not dead (@lock)
 * @nstrangers: number of connections on @strangers (@lock)
 * @gone: camex_tcp_close() waits here until @n is 0
 * @rcu: frees it
 */
struct camex_tcp {
	struct camex_dev *cdev;
	struct camex_listeners listeners;
	struct camex_addr bind;
	int ifindex;
	void (*data_ready)(struct sock *sk);
	struct mutex accepting;		/* see the top of this file */
	struct work_struct accept;
	struct delayed_work sweep;

	spinlock_t lock;		/* see the top of this file */
	bool closing;
	u32 seed;
	struct hlist_head table[CAMEX_TCP_BUCKETS];
	struct hlist_head hosts[CAMEX_TCP_BUCKETS];
	struct list_head conns;
	struct list_head strangers;
	unsigned int n;
	unsigned int naccepted;
	unsigned int nstrangers;
	wait_queue_head_t gone;
	struct rcu_head rcu;
};

extern struct workqueue_struct *camex_tcp_works;

/**
 * camex_tcp_count() - add to a counter of the device, if the link is up
 * @tcp: the connections of the device
 * @attr: CAMEX_A_STATS_*
 * @n: number to add
 *
 * A device that is being made or deleted has no counters.
 *
 * Context: any but hard interrupts.
 */
static inline void camex_tcp_count(const struct camex_tcp *tcp, int attr, unsigned int n)
{
	local_bh_disable();
	if (n && netif_running(tcp->cdev->dev))
		camex_count(tcp->cdev->stats, attr, n);
	local_bh_enable();
}

/**
 * camex_tcp_dropped() - count dropped datagrams, if the link is up
 * @tcp: the connections of the device
 * @why: CAMEX_A_STATS_*
 * @n: number to add
 * @received: they were received; else they were to be sent
 *
 * Context: any but hard interrupts.
 */
static inline void camex_tcp_dropped(const struct camex_tcp *tcp, int why, unsigned int n,
				     bool received)
{
	local_bh_disable();
	if (n && netif_running(tcp->cdev->dev)) {
		if (received)
			camex_drop_received(tcp->cdev, NULL, why, n);
		else
			camex_drop_sent(tcp->cdev, NULL, why, n);
	}
	local_bh_enable();
}

/* accept.c */
void camex_tcp_accept(struct work_struct *work);
void camex_tcp_sweep(struct work_struct *work);

/* connect.c */
void camex_tcp_again(struct camex_tcp_conn *conn);
void camex_tcp_connect(struct camex_tcp_conn *conn);
void camex_tcp_connecting(struct camex_tcp_conn *conn);

/* connection.c */
void camex_tcp_wake(struct camex_tcp_conn *conn, unsigned long delay);
void camex_tcp_set_state(struct camex_tcp_conn *conn, enum camex_tcp_state state);
void camex_tcp_set_sock(struct camex_tcp_conn *conn, struct socket *sock);
void camex_tcp_attach(struct camex_tcp_conn *conn);
void camex_tcp_start(struct camex_tcp_conn *conn);
void camex_tcp_drop(struct camex_tcp_conn *conn);
void camex_tcp_kill_locked(struct camex_tcp_conn *conn);
struct camex_tcp_conn *camex_tcp_find(struct camex_tcp *tcp, const struct camex_addr *addr);
struct camex_tcp_conn *camex_tcp_begin(struct camex_tcp *tcp, const struct camex_addr *addr);
struct camex_tcp_conn *camex_tcp_conn_new(struct camex_tcp *tcp, const struct camex_addr *addr);
void camex_tcp_insert(struct camex_tcp_conn *conn);
struct hlist_head *camex_tcp_host(struct camex_tcp *tcp, const struct camex_addr *addr);
void camex_tcp_kill(struct camex_tcp_conn *conn);
void camex_tcp_lose(struct camex_tcp_conn *conn);
bool camex_tcp_is_stranger(struct camex_tcp_conn *conn);
void camex_tcp_check_bound(struct camex_tcp_conn *conn);

/* listen.c */
int camex_tcp_open(struct camex_dev *cdev, struct camex_settings *conf, struct nlattr **tb,
		   struct netlink_ext_ack *extack);
void camex_tcp_close(struct camex_dev *cdev);
void camex_tcp_follow(struct camex_dev *cdev, const struct net_device *gone);
void camex_tcp_restart(struct camex_tcp *tcp);
void camex_tcp_set_device(struct sock *sk, int ifindex);

/* receive.c */
void camex_tcp_receive(struct work_struct *work);
void camex_tcp_free_buffers(void);

/* send.c */
int camex_tcp_enqueue(struct camex_tcp_conn *conn, struct sk_buff *skb);
void camex_tcp_send(struct work_struct *work);
void camex_tcp_purge(struct camex_tcp_conn *conn);

#endif /* CAMEX_TRANSPORT_TCP_H */
