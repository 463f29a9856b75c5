/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transport tcp: a device listens, and connects to the endpoints that its peers were given. One
 * connection is one endpoint; each datagram in it stands behind its length (stream.h).
 *
 * Locks, from the outermost to the innermost:
 *
 * - RTNL: listeners and settings of struct camex_tcp.
 * - camex_tcp.accepting (mutex): the listeners, while something is accepted from them. Works do
 *   not take RTNL, so whoever has it may wait for them.
 * - the lock of a socket, then its sk_callback_lock: sk_user_data and the callbacks.
 * - camex_dev.lock, beside the two before.
 * - camex_tcp.lock (spinlock, bottom halves off): tables, lists and numbers of connections,
 *   camex_tcp_conn.sock, .dead and .bound; who has the work @life done.
 * - camex_tcp_conn.queue.lock (spinlock, bottom halves off): what waits, and .state.
 *
 * No lock of a socket is taken under a spinlock of ours. Callbacks of sockets and packets do no
 * more than to queue a work.
 *
 * Lifetimes. A connection is made dead once, by camex_tcp_kill(), which takes it out of the tables
 * and queues the work @end. From then on nobody queues @life. @end waits for @life, detaches
 * the socket's callbacks, so that nobody queues @rx, and changes the state, so that nobody queues
 * @tx; waits for both; closes the socket, and frees the connection after a grace period: packets
 * may have found it in the table. Only @life and @end give a connection a socket or take it,
 * and they never run at the same time. camex_tcp_close() waits until all @end are through. The
 * socket is reset, not shut down: nothing of it, no timer and no port, is left then. So sockets
 * need not hold the namespace: they end before it does.
 *
 * A connection that is accepted inherits the listener's callbacks: until it has its own, that of
 * the listener sees from the state that it is called for another socket.
 */
#ifndef CAMEX_TRANSPORT_TCP_H
#define CAMEX_TRANSPORT_TCP_H

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core/drop.h"
#include "core/transport.h"

/* Lists of connections by address, and by host. */
#define CAMEX_TCP_BUCKETS	1024

/**
 * enum camex_tcp_state - how a connection is
 * @CAMEX_TCP_IDLE: it was accepted just now, or waits until it is tried again: packets are dropped
 * @CAMEX_TCP_CONNECTING: it is being made: packets wait
 * @CAMEX_TCP_UP: packets go
 */
enum camex_tcp_state {
	CAMEX_TCP_IDLE,
	CAMEX_TCP_CONNECTING,
	CAMEX_TCP_UP,
};

/**
 * struct camex_tcp_conn - a connection
 * @tcp: whose it is
 * @addr: the far end: where datagrams come from and go to
 * @local: our address, port 0; AF_UNSPEC before there is a socket
 * @accepted: the far end connected; else we do, again and again
 * @bound: a peer is here (@tcp->lock)
 * @dead: it ends (@tcp->lock)
 * @lost: its socket is to be closed (WRITE_ONCE)
 * @heard: datagrams came since it is up
 * @at_once: the next try does not wait (WRITE_ONCE)
 * @since: jiffies when it was accepted, or begun
 * @backoff: seconds until it is tried again (@life)
 * @connects: how often it was there (@life)
 * @node: in camex_tcp.table (@tcp->lock; RCU)
 * @host_node: in camex_tcp.hosts (@tcp->lock)
 * @list: on camex_tcp.conns or .strangers (@tcp->lock)
 * @sock: its socket, or NULL: see the top of this file
 * @data_ready: the socket's own callback
 * @state_change: the same
 * @write_space: the same
 * @life: connects, starts, closes
 * @end: see the top of this file
 * @rx: takes what was received
 * @tx: sends what waits
 * @queue: what waits
 * @queued: bytes of memory of @queue and @sending (@queue.lock)
 * @state: enum camex_tcp_state (@queue.lock; READ_ONCE)
 * @sending: what is being sent (@tx)
 * @at: how much of the first of them was sent, in bytes of the stream (@tx)
 * @partial: bytes of a datagram that is not there as a whole, or NULL (@rx)
 * @partial_len: how many (@rx)
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
 * @port: what both are bound to, network byte order
 */
struct camex_listeners {
	struct socket *v4;
	struct socket *v6;
	__be16 port;
};

/**
 * struct camex_tcp - the connections of a device
 * @cdev: the device
 * @listeners: see there (RTNL and @accepting)
 * @bind: local address of all sockets, or AF_UNSPEC (RTNL and @lock)
 * @ifindex: interface that all are bound to, 0, or CAMEX_NO_DEVICE (RTNL and @lock;
 *	READ_ONCE)
 * @data_ready: the listeners' own callback
 * @accepting: see the top of this file
 * @accept: accepts
 * @sweep: ends connections that nobody has said who they are on
 * @lock: see the top of this file
 * @closing: no connection is begun any more (@lock)
 * @seed: of the hash
 * @table: connections by address (@lock; RCU)
 * @hosts: those that were accepted, by host (@lock)
 * @conns: those with a peer, and those that we begin (@lock)
 * @strangers: those that were accepted and have no peer yet, the oldest first (@lock)
 * @n: connections, with those that end (@lock)
 * @naccepted: those that were accepted and are not dead (@lock)
 * @nstrangers: on @strangers (@lock)
 * @gone: who waits until @n is 0
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
 * camex_tcp_count() - count something, if the link is up
 * @tcp: whose
 * @attr: CAMEX_A_STATS_*
 * @n: how many
 *
 * A device that is being made, or that goes, has no counters.
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
 * camex_tcp_dropped() - the same of datagrams that are dropped
 * @tcp: whose
 * @why: CAMEX_A_STATS_*
 * @n: how many
 * @received: they came, else they were to be sent
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
