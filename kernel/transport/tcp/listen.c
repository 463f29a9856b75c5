// SPDX-License-Identifier: GPL-2.0-only
/* The sockets that listen, one for each family, and the device's part of transport tcp. */
#include <linux/inet.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "core/compat.h"
#include "transport/tcp/tcp.h"

/* Number of attempts to find a port that is free in both families. */
#define PORT_TRIES	100
/* Maximum number of connections that wait to be accepted. */
#define BACKLOG		256

/* --- one socket --- */

/**
 * camex_tcp_set_device() - bind a socket to an interface
 * @sk: the socket
 * @ifindex: interface, 0 for any, or CAMEX_NO_DEVICE
 *
 * Context: process.
 */
void camex_tcp_set_device(struct sock *sk, int ifindex)
{
	if (ifindex != CAMEX_NO_DEVICE) {
		sock_bindtoindex(sk, ifindex, true);
		return;
	}
	lock_sock(sk);
	WRITE_ONCE(sk->sk_bound_dev_if, ifindex);
	release_sock(sk);
}

/* Also called for connections that are not accepted yet: they inherit the listener's callback. */
static void on_connection(struct sock *sk)
{
	struct camex_tcp *tcp;

	if (sk->sk_state != TCP_LISTEN)
		return;
	read_lock_bh(&sk->sk_callback_lock);
	tcp = sk->sk_user_data;
	if (tcp)
		queue_work(camex_tcp_works, &tcp->accept);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void close_one(struct camex_tcp *tcp, struct socket *sock)
{
	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_data_ready = tcp->data_ready;
	sock->sk->sk_user_data = NULL;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	sock_release(sock);
}

static int bind_one(struct socket *sock, const struct camex_addr *bind, u16 family,
		    __be16 port)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr = {};
	int len = sizeof(addr.v6);

	if (family == AF_INET) {
		addr.v4.sin_family = AF_INET;
		addr.v4.sin_port = port;
		addr.v4.sin_addr.s_addr = bind->v4;
		len = sizeof(addr.v4);
	} else {
		addr.v6.sin6_family = AF_INET6;
		addr.v6.sin6_port = port;
		addr.v6.sin6_addr = bind->v6;
		addr.v6.sin6_scope_id = sock->sk->sk_bound_dev_if;
	}
	return kernel_bind(sock, camex_bind_addr(&addr), len);
}

static struct socket *open_one(struct camex_tcp *tcp, const struct camex_settings *conf,
			       u16 family, int ifindex, __be16 port)
{
	struct socket *sock;
	struct sock *sk;
	int err;

	err = sock_create_kern(tcp->cdev->net, family, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return ERR_PTR(err);
	sk = sock->sk;
	WRITE_ONCE(sk->sk_mark, conf->fwmark);
	sock_set_reuseaddr(sk);
	if (family == AF_INET6)
		sk->sk_ipv6only = 1;
	camex_tcp_set_device(sk, ifindex);
	err = bind_one(sock, &conf->bind, family, port);
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	write_lock_bh(&sk->sk_callback_lock);
	tcp->data_ready = sk->sk_data_ready;
	sk->sk_user_data = tcp;
	sk->sk_data_ready = on_connection;
	write_unlock_bh(&sk->sk_callback_lock);
	err = kernel_listen(sock, BACKLOG);
	if (err) {
		close_one(tcp, sock);
		return ERR_PTR(err);
	}
	return sock;
}

/* --- both sockets --- */

static void close_listeners(struct camex_tcp *tcp, const struct camex_listeners *l)
{
	close_one(tcp, l->v4);
	close_one(tcp, l->v6);
}

static int open_both(struct camex_tcp *tcp, const struct camex_settings *conf, int ifindex,
		     struct camex_listeners *l)
{
	bool v6 = conf->bind.family != AF_INET && IS_ENABLED(CONFIG_IPV6);
	int err;

	memset(l, 0, sizeof(*l));
	l->port = htons(conf->port);
	if (conf->bind.family != AF_INET6) {
		l->v4 = open_one(tcp, conf, AF_INET, ifindex, l->port);
		if (IS_ERR(l->v4))
			return PTR_ERR(l->v4);
		l->port = inet_sk(l->v4->sk)->inet_sport;
	}
	if (!v6)
		return l->v4 ? 0 : -EAFNOSUPPORT;
	l->v6 = open_one(tcp, conf, AF_INET6, ifindex, l->port);
	if (!IS_ERR(l->v6)) {
		l->port = inet_sk(l->v6->sk)->inet_sport;
		return 0;
	}
	err = PTR_ERR(l->v6);
	l->v6 = NULL;
	/* The kernel was booted without IPv6. */
	if (err == -EAFNOSUPPORT && l->v4)
		return 0;
	close_one(tcp, l->v4);
	return err;
}

static int open_listeners(struct camex_tcp *tcp, const struct camex_settings *conf,
			  int ifindex, struct camex_listeners *l)
{
	int err, tries;

	for (tries = 0; ; tries++) {
		err = open_both(tcp, conf, ifindex, l);
		/* The port that the kernel chose for IPv4 is in use for IPv6: try again. */
		if (err != -EADDRINUSE || conf->port || tries == PORT_TRIES)
			return err;
	}
}

/* Replace the listeners. */
static void change_listeners(struct camex_tcp *tcp, const struct camex_listeners *l)
{
	struct camex_listeners old;

	mutex_lock(&tcp->accepting);
	old = tcp->listeners;
	tcp->listeners = *l;
	mutex_unlock(&tcp->accepting);
	close_listeners(tcp, &old);
	/* Connections may have arrived before the new listeners were set. */
	queue_work(camex_tcp_works, &tcp->accept);
}

/**
 * camex_tcp_restart() - replace the sockets of all connections
 * @tcp: the connections of a device; accepted ones end, those that we began are repeated at once
 *
 * Context: RTNL.
 */
void camex_tcp_restart(struct camex_tcp *tcp)
{
	struct camex_tcp_conn *conn, *next;

	spin_lock_bh(&tcp->lock);
	list_for_each_entry_safe(conn, next, &tcp->strangers, list)
		camex_tcp_kill_locked(conn);
	list_for_each_entry_safe(conn, next, &tcp->conns, list) {
		if (conn->accepted) {
			camex_tcp_kill_locked(conn);
			continue;
		}
		WRITE_ONCE(conn->at_once, true);
		WRITE_ONCE(conn->lost, true);
		mod_delayed_work(camex_tcp_works, &conn->life, 0);
	}
	spin_unlock_bh(&tcp->lock);
}

/* --- the transport's part of a device --- */

static struct camex_tcp *new_part(struct camex_dev *cdev)
{
	struct camex_tcp *tcp = kvzalloc(sizeof(*tcp), GFP_KERNEL_ACCOUNT);

	if (!tcp)
		return NULL;
	tcp->cdev = cdev;
	mutex_init(&tcp->accepting);
	INIT_WORK(&tcp->accept, camex_tcp_accept);
	INIT_DELAYED_WORK(&tcp->sweep, camex_tcp_sweep);
	spin_lock_init(&tcp->lock);
	tcp->seed = get_random_u32();
	INIT_LIST_HEAD(&tcp->conns);
	INIT_LIST_HEAD(&tcp->strangers);
	init_waitqueue_head(&tcp->gone);
	return tcp;
}

static void tell_why(int err, const struct camex_settings *conf, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	if (err == -EADDRINUSE)
		camex_extack(extack, tb[CAMEX_A_DEV_PORT], "TCP port %u is in use",
			     conf->port);
	else if (err == -EADDRNOTAVAIL)
		camex_extack(extack, tb[CAMEX_A_DEV_BIND],
			     "the bind address is not an address of this host");
	else if (err == -EAFNOSUPPORT)
		camex_extack(extack, tb[CAMEX_A_DEV_BIND], "this kernel has no IPv6");
	else
		camex_extack(extack, NULL, "cannot listen on a TCP socket");
}

/*
 * Listen on the same port with another address. The old listeners must be closed first, because
 * only one socket can have the port. They are opened again on failure.
 */
static int reopen_listeners(struct camex_tcp *tcp, const struct camex_settings *conf,
			    int ifindex, struct camex_listeners *l)
{
	static const struct camex_listeners none;
	const struct camex_settings *before = &tcp->cdev->conf;
	int err;

	change_listeners(tcp, &none);
	err = open_listeners(tcp, conf, ifindex, l);
	if (!err)
		return 0;
	if (!open_listeners(tcp, before, tcp->ifindex, l))
		change_listeners(tcp, l);
	return err;
}

static void free_part(struct camex_tcp *tcp)
{
	kvfree(tcp);
}

static void free_part_rcu(struct rcu_head *rcu)
{
	free_part(container_of(rcu, struct camex_tcp, rcu));
}

/**
 * camex_tcp_open() - camex_transport_ops.open: open listeners for a configuration
 * @cdev: the device
 * @conf: the configuration; a port of 0 is replaced by the chosen port
 * @tb: CAMEX_A_DEV_*, for the bad attribute
 * @extack: text on failure
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with the old listeners as they were.
 */
int camex_tcp_open(struct camex_dev *cdev, struct camex_settings *conf, struct nlattr **tb,
		   struct netlink_ext_ack *extack)
{
	struct camex_tcp *old = rtnl_dereference(cdev->tcp), *tcp = old;
	bool same_port = old && htons(conf->port) == old->listeners.port;
	bool same_bind = old && !memcmp(&conf->bind, &old->bind, sizeof(conf->bind));
	struct camex_listeners l;
	int err, ifindex;

	err = camex_find_bind_dev(cdev, conf, old, tb, extack, &ifindex);
	if (err)
		return err;
	if (same_port && same_bind && ifindex == old->ifindex)
		return 0;
	if (!tcp) {
		tcp = new_part(cdev);
		if (!tcp)
			return -ENOMEM;
	}
	err = same_port ? reopen_listeners(tcp, conf, ifindex, &l) :
			  open_listeners(tcp, conf, ifindex, &l);
	if (err) {
		tell_why(err, conf, tb, extack);
		if (!old) {
			/* A connection may have arrived at the listener of the other family. */
			cancel_work_sync(&tcp->accept);
			free_part(tcp);
		}
		return err;
	}
	same_bind &= ifindex == tcp->ifindex;
	spin_lock_bh(&tcp->lock);
	tcp->bind = conf->bind;
	WRITE_ONCE(tcp->ifindex, ifindex);
	spin_unlock_bh(&tcp->lock);
	change_listeners(tcp, &l);
	conf->port = ntohs(l.port);
	if (!old)
		rcu_assign_pointer(cdev->tcp, tcp);
	else if (!same_bind)
		camex_tcp_restart(tcp);
	return 0;
}

static bool all_gone(struct camex_tcp *tcp)
{
	bool gone;

	spin_lock_bh(&tcp->lock);
	gone = !tcp->n;
	spin_unlock_bh(&tcp->lock);
	return gone;
}

/**
 * camex_tcp_close() - camex_transport_ops.close: end all connections
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 */
void camex_tcp_close(struct camex_dev *cdev)
{
	static const struct camex_listeners none;
	struct camex_tcp *tcp = rtnl_dereference(cdev->tcp);
	struct camex_tcp_conn *conn, *next;

	if (!tcp)
		return;
	RCU_INIT_POINTER(cdev->tcp, NULL);
	change_listeners(tcp, &none);
	spin_lock_bh(&tcp->lock);
	tcp->closing = true;
	spin_unlock_bh(&tcp->lock);
	cancel_work_sync(&tcp->accept);
	cancel_delayed_work_sync(&tcp->sweep);
	spin_lock_bh(&tcp->lock);
	list_for_each_entry_safe(conn, next, &tcp->strangers, list)
		camex_tcp_kill_locked(conn);
	list_for_each_entry_safe(conn, next, &tcp->conns, list)
		camex_tcp_kill_locked(conn);
	spin_unlock_bh(&tcp->lock);
	wait_event(tcp->gone, all_gone(tcp));
	call_rcu(&tcp->rcu, free_part_rcu);
}

/**
 * camex_tcp_follow() - camex_transport_ops.follow: an interface was added, removed or renamed
 * @cdev: a device
 * @gone: the interface that is removed, or NULL
 *
 * Context: RTNL, may sleep.
 */
void camex_tcp_follow(struct camex_dev *cdev, const struct net_device *gone)
{
	struct camex_tcp *tcp = rtnl_dereference(cdev->tcp);
	const struct net_device *dev;
	int ifindex;

	if (!tcp || !cdev->conf.bind_dev[0])
		return;
	dev = __dev_get_by_name(cdev->net, cdev->conf.bind_dev);
	ifindex = dev && dev != gone ? dev->ifindex : CAMEX_NO_DEVICE;
	if (ifindex == tcp->ifindex)
		return;
	if (tcp->listeners.v4)
		camex_tcp_set_device(tcp->listeners.v4->sk, ifindex);
	if (tcp->listeners.v6)
		camex_tcp_set_device(tcp->listeners.v6->sk, ifindex);
	spin_lock_bh(&tcp->lock);
	WRITE_ONCE(tcp->ifindex, ifindex);
	spin_unlock_bh(&tcp->lock);
	camex_tcp_restart(tcp);
}
