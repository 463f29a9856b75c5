/* SPDX-License-Identifier: GPL-2.0-only */
/* Transport udp: declarations that its send and receive paths share. */
#ifndef CAMEX_TRANSPORT_UDP_H
#define CAMEX_TRANSPORT_UDP_H

#include <linux/net.h>

#include "core/transport.h"

struct camex_netfilter;
struct dst_entry;
struct netpoll;

/**
 * struct camex_udp - the sockets of a device
 * @cdev: the device
 * @v4: socket for IPv4, or NULL
 * @v6: socket for IPv6, or NULL
 * @port: port of both, network byte order
 * @ifindex: interface that both are bound to, 0, or CAMEX_NO_DEVICE (RTNL; packets
 *	read it)
 * @bind: local address that both are bound to, or AF_UNSPEC; constant once packets can
 *	see it
 * @rcu: frees it
 */
struct camex_udp {
	struct camex_dev *cdev;
	struct socket *v4;
	struct socket *v6;
	__be16 port;
	int ifindex;
	struct camex_addr bind;
	struct rcu_head rcu;
};

int camex_udp_open(struct camex_dev *cdev, struct camex_settings *conf,
		   struct nlattr **tb, struct netlink_ext_ack *extack);
void camex_udp_close(struct camex_udp *udp);
void camex_udp_rekeyed(struct camex_dev *cdev);
int camex_udp_rebind(struct camex_udp *udp, const struct camex_addr *bind, int ifindex);
bool camex_udp_has_devices(const struct camex_udp *udp, const struct camex_endpoint *ep);
bool camex_udp_lacks_device(const struct camex_dev *cdev, const struct camex_endpoint *ep);
void camex_udp_follow(struct camex_dev *cdev, const struct net_device *gone);
void camex_small_queue(struct sk_buff *skb);
void camex_udp_data_ready(struct sock *sk);
void camex_udp_gro(struct sock *sk);
int camex_udp_encap_rcv(struct sock *sk, struct sk_buff *skb);
void camex_udp_source(const struct camex_dev *cdev, const struct sk_buff *skb,
		      struct camex_source *from);
void camex_udp_receive(struct camex_dev *cdev, struct sk_buff *skb);

#ifdef CONFIG_NETFILTER
int camex_netfilter_on(struct camex_dev *cdev);
void camex_netfilter_off(struct camex_dev *cdev);
#else
static inline int camex_netfilter_on(struct camex_dev *cdev)
{
	return -EOPNOTSUPP;
}

static inline void camex_netfilter_off(struct camex_dev *cdev)
{
}
#endif

#ifdef CONFIG_NETPOLL
void camex_netpoll_init(struct camex_dev *cdev);
void camex_netpoll_off(struct camex_dev *cdev);
void camex_netpoll_event(const struct net_device *dev, struct net_device *upper);
bool camex_netpoll_send(struct camex_dev *cdev, const struct dst_entry *dst,
			unsigned int mtu, const void *to, struct sk_buff *skb);
void camex_netpoll_frame(struct camex_stats __percpu *stats, struct netpoll *np,
			 struct sk_buff *skb);
#else
static inline void camex_netpoll_init(struct camex_dev *cdev)
{
}

static inline void camex_netpoll_off(struct camex_dev *cdev)
{
}

static inline void camex_netpoll_event(const struct net_device *dev,
				       struct net_device *upper)
{
}

static inline bool camex_netpoll_send(struct camex_dev *cdev,
				      const struct dst_entry *dst,
				      unsigned int mtu, const void *to,
				      struct sk_buff *skb)
{
	return false;
}
#endif

#endif /* CAMEX_TRANSPORT_UDP_H */
