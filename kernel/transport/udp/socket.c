// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of transport udp: one for each family, bound to one port. */
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/udp.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "transport/udp/udp.h"

/* Number of attempts to find a port that is free in both families. */
#define PORT_TRIES	100
/*
 * Size of the receive queue, bytes. The CPU that fills it also empties it, at once. If the queue
 * were half full, the stack would hold a lock that delivering a packet may need.
 */
#define RECEIVE_QUEUE	(1024 << 20)

static int bind_one(struct socket *sock, const struct camex_addr *bind,
		    u16 family, __be16 port)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr = {};
	int len;

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
		len = sizeof(addr.v6);
	}
	return kernel_bind(sock, camex_bind_addr(&addr), len);
}

static void close_one(struct socket *sock)
{
	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	rcu_assign_sk_user_data(sock->sk, NULL);
	write_unlock_bh(&sock->sk->sk_callback_lock);
	sock_release(sock);
}

static int set_option(struct socket *sock, int option, int value)
{
	return sock->ops->setsockopt(sock, SOL_UDP, option,
				     KERNEL_SOCKPTR(&value), sizeof(value));
}

/*
 * Choose how datagrams are received: without keys, each directly by encap_rcv; with keys through
 * the queue, and consecutive datagrams as one aggregate (UDP_GRO of udp(7)), to be opened in one
 * go.
 */
static void choose_way(struct socket *sock, const struct camex_dev *cdev)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	bool many = protocol->locate &&
		    (!protocol->receives_many || protocol->receives_many(cdev));

	if (!sock)
		return;
	WRITE_ONCE(udp_sk(sock->sk)->encap_rcv,
		   many ? NULL : camex_udp_encap_rcv);
	set_option(sock, UDP_GRO, many);
}

/**
 * camex_udp_rekeyed() - camex_transport_ops.rekeyed of transport udp
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 */
void camex_udp_rekeyed(struct camex_dev *cdev)
{
	const struct camex_udp *udp = rtnl_dereference(cdev->udp);

	if (!udp)
		return;
	choose_way(udp->v4, cdev);
	choose_way(udp->v6, cdev);
}

static struct socket *open_one(const struct camex_dev *cdev, u16 family,
			       int ifindex)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(cdev->net, family, SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (err)
		return ERR_PTR(err);
	/* The encapsulation type with which UDP calls encap_rcv and nothing else. */
	err = set_option(sock, UDP_ENCAP, UDP_ENCAP_L2TPINUDP);
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	sock->sk->sk_allocation = GFP_ATOMIC;
	sock->sk->sk_rcvbuf = RECEIVE_QUEUE;
	sock->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	sock->sk->sk_bound_dev_if = ifindex;
#ifdef CONFIG_NET_RX_BUSY_POLL
	/* The queue is emptied in softirq, where busy polling is not possible. */
	WRITE_ONCE(sock->sk->sk_ll_usec, 0);
#endif
	if (family == AF_INET6)
		sock->sk->sk_ipv6only = 1;
	return sock;
}

static void start_socket(struct socket *sock, struct camex_udp *udp)
{
	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	rcu_assign_sk_user_data(sock->sk, udp);
	if (udp->cdev->protocol->locate)
		sock->sk->sk_data_ready = camex_udp_data_ready;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	choose_way(sock, udp->cdev);
	if (udp->cdev->protocol->bare)
		camex_udp_gro(sock->sk);
}

/* Make the sockets, not bound yet. */
static int bind_both(struct camex_udp *udp, const struct camex_settings *conf,
		     const struct camex_udp *kept)
{
	int err, tries;

	for (tries = 0; ; tries++) {
		__be16 port = htons(conf->port);

		err = 0;
		if (udp->v4 && !kept->v4) {
			err = bind_one(udp->v4, &conf->bind, AF_INET, port);
			if (err)
				return err;
			port = inet_sk(udp->v4->sk)->inet_sport;
		}
		if (udp->v6 && !kept->v6)
			err = bind_one(udp->v6, &conf->bind, AF_INET6, port);
		if (!err) {
			udp->port = udp->v4 ? port :
				    inet_sk(udp->v6->sk)->inet_sport;
			return 0;
		}
		/* The port that the kernel chose for IPv4 is in use for IPv6: try again. */
		if (err != -EADDRINUSE || !udp->v4 || conf->port ||
		    tries == PORT_TRIES)
			return err;
		sock_release(udp->v4);
		udp->v4 = open_one(udp->cdev, AF_INET, udp->ifindex);
		if (IS_ERR(udp->v4)) {
			err = PTR_ERR(udp->v4);
			udp->v4 = NULL;
			return err;
		}
	}
}

/**
 * camex_udp_close() - close the sockets
 * @udp: the sockets; freed
 *
 * Context: RTNL, may sleep.
 */
void camex_udp_close(struct camex_udp *udp)
{
	close_one(udp->v4);
	close_one(udp->v6);
	kfree_rcu(udp, rcu);
}

/* The sockets that a configuration can keep: those with the same port. */
static void find_kept(const struct camex_udp *old, const struct camex_settings *conf,
		      struct camex_udp *kept)
{
	memset(kept, 0, sizeof(*kept));
	if (!old || conf->port != ntohs(old->port))
		return;
	*kept = *old;
	if (conf->bind.family == AF_INET6)
		kept->v4 = NULL;
	if (conf->bind.family == AF_INET)
		kept->v6 = NULL;
}

static int open_sockets(struct camex_udp *udp, const struct camex_settings *conf,
			const struct camex_udp *kept, struct nlattr **tb,
			struct netlink_ext_ack *extack)
{
	int ifindex = udp->ifindex;

	udp->v4 = kept->v4;
	udp->v6 = kept->v6;
	if (!udp->v4 && conf->bind.family != AF_INET6) {
		udp->v4 = open_one(udp->cdev, AF_INET, ifindex);
		if (IS_ERR(udp->v4)) {
			int err = PTR_ERR(udp->v4);

			udp->v4 = NULL;
			camex_extack(extack, NULL, "cannot make a UDP socket");
			return err;
		}
	}
	if (!udp->v6 && conf->bind.family != AF_INET && IS_ENABLED(CONFIG_IPV6)) {
		udp->v6 = open_one(udp->cdev, AF_INET6, ifindex);
		if (IS_ERR(udp->v6)) {
			int err = PTR_ERR(udp->v6);

			udp->v6 = NULL;
			/* The kernel was booted without IPv6. */
			if (err == -EAFNOSUPPORT && udp->v4)
				return 0;
			camex_extack(extack, NULL, "cannot make a UDP socket");
			return err;
		}
	}
	if (!udp->v4 && !udp->v6) {
		camex_extack(extack, tb[CAMEX_A_DEV_BIND],
			     "this kernel has no IPv6");
		return -EAFNOSUPPORT;
	}
	return 0;
}

/* Can the kept sockets be bound to that address? Try it with bind() and any port. */
static int check_address(const struct camex_udp *udp, const struct camex_udp *kept)
{
	u16 family = udp->bind.family;
	struct socket *sock;
	int err;

	if (!family || !(family == AF_INET ? kept->v4 : kept->v6))
		return 0;
	sock = open_one(udp->cdev, family, udp->ifindex);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	err = bind_one(sock, &udp->bind, family, 0);
	sock_release(sock);
	return err;
}

/*
 * Make new sockets first, because they can be closed again on failure. Bind the kept sockets last.
 */
static int bind_sockets(struct camex_udp *udp, const struct camex_settings *conf,
			struct camex_udp *kept, struct nlattr **tb,
			struct netlink_ext_ack *extack)
{
	int err;

	err = check_address(udp, kept) ?: bind_both(udp, conf, kept);
	if (!err && (kept->v4 || kept->v6))
		err = camex_udp_rebind(kept, &udp->bind, udp->ifindex);
	if (err == -EADDRINUSE)
		camex_extack(extack, tb[CAMEX_A_DEV_PORT],
			     "UDP port %u is in use", conf->port);
	else if (err == -EADDRNOTAVAIL)
		camex_extack(extack, tb[CAMEX_A_DEV_BIND],
			     "the bind address is not an address of this host");
	else if (err)
		camex_extack(extack, NULL, "cannot bind a UDP socket");
	return err;
}

/* The kept sockets belong to the new struct now. */
static void forget_kept(struct camex_udp *udp, const struct camex_udp *kept)
{
	if (kept->v4)
		udp->v4 = NULL;
	if (kept->v6)
		udp->v6 = NULL;
}

static void pass_on(struct socket *sock, struct camex_udp *udp)
{
	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	rcu_assign_sk_user_data(sock->sk, udp);
	write_unlock_bh(&sock->sk->sk_callback_lock);
}

/**
 * camex_udp_open() - open sockets for a configuration, or bind the existing ones to it
 * @cdev: the device
 * @conf: the configuration; a port of 0 is replaced by the chosen port
 * @tb: CAMEX_A_DEV_*, for the bad attribute
 * @extack: text on failure
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with the old sockets as they were.
 */
int camex_udp_open(struct camex_dev *cdev, struct camex_settings *conf,
		   struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct camex_udp *old = rtnl_dereference(cdev->udp), *udp, kept;
	int err, ifindex;

	err = camex_find_bind_dev(cdev, conf, rcu_access_pointer(cdev->udp), tb, extack,
				  &ifindex);
	if (err)
		return err;
	if (old && conf->port == ntohs(old->port) && ifindex == old->ifindex &&
	    !memcmp(&conf->bind, &old->bind, sizeof(conf->bind)))
		return 0;

	udp = kzalloc(sizeof(*udp), GFP_KERNEL_ACCOUNT);
	if (!udp)
		return -ENOMEM;
	udp->cdev = cdev;
	udp->ifindex = ifindex;
	udp->bind = conf->bind;
	find_kept(old, conf, &kept);
	err = open_sockets(udp, conf, &kept, tb, extack) ?:
	      bind_sockets(udp, conf, &kept, tb, extack);
	if (err) {
		forget_kept(udp, &kept);
		camex_udp_close(udp);
		return err;
	}
	conf->port = ntohs(udp->port);
	pass_on(kept.v4, udp);
	pass_on(kept.v6, udp);
	if (!kept.v4)
		start_socket(udp->v4, udp);
	if (!kept.v6)
		start_socket(udp->v6, udp);
	rcu_assign_pointer(cdev->udp, udp);
	if (old) {
		synchronize_net();	/* packets may be using it */
		forget_kept(old, &kept);
		camex_udp_close(old);
	}
	return 0;
}
