/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernels for which camex builds, and nothing else. Where possible, a
 * definition has the name and the meaning that it has in the newest kernel; otherwise its name
 * begins with camex_. A version in a comment is the kernel from which on the described behaviour
 * applies.
 */
#ifndef CAMEX_COMPAT_H
#define CAMEX_COMPAT_H

#include <crypto/aes.h>
#include <crypto/blake2s.h>
#include <crypto/chacha.h>
#include <crypto/poly1305.h>
#include <linux/camex.h>
#include <linux/ethtool.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/if_tun.h>
#include <linux/local_lock.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/netpoll.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/sched/mm.h>
#include <linux/suspend.h>
#include <linux/tty.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/ip6_route.h>
#include <net/rtnetlink.h>
#include <net/udp.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#include <net/gro.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#include <net/udp_tunnel.h>
#endif
#if IS_ENABLED(CONFIG_IPV6) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define CAMEX_IPV6_STUB
#include <net/ipv6_stubs.h>
#endif

/*
 * Kernels may be built to clear all local variables. For a large variable that is overwritten
 * anyway, and is used for each packet, that costs too much time.
 */
#if defined(__has_attribute) && !defined(__CHECKER__)
#if __has_attribute(__uninitialized__)
#define camex_uninit __attribute__((__uninitialized__))
#endif
#endif
#ifndef camex_uninit
#define camex_uninit
#endif

/* 6.0: references to a device are tracked by their holder. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
typedef struct {} netdevice_tracker;
#endif

static inline void netdev_hold(struct net_device *dev, netdevice_tracker *tracker, gfp_t gfp)
{
	dev_hold(dev);
}

static inline void netdev_put(struct net_device *dev, netdevice_tracker *tracker)
{
	dev_put(dev);
}
#endif

/* 5.14: modules can charge allocations of softirqs and workers to a memory cgroup. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
static inline struct mem_cgroup *camex_memcg_get(void)
{
	return get_mem_cgroup_from_mm(current->mm);
}

static inline void camex_memcg_put(struct mem_cgroup *memcg)
{
	mem_cgroup_put(memcg);
}

static inline struct mem_cgroup *camex_memcg_enter(struct mem_cgroup *memcg)
{
	return set_active_memcg(memcg);
}

static inline void camex_memcg_leave(struct mem_cgroup *before)
{
	set_active_memcg(before);
}
#else
static inline struct mem_cgroup *camex_memcg_get(void)
{
	return NULL;
}

static inline void camex_memcg_put(struct mem_cgroup *memcg)
{
}

static inline struct mem_cgroup *camex_memcg_enter(struct mem_cgroup *memcg)
{
	return NULL;
}

static inline void camex_memcg_leave(struct mem_cgroup *before)
{
}
#endif

/* NL_SET_ERR_MSG_FMT: before 6.2 an extack holds a pointer, not a text. */
#ifdef NL_SET_ERR_MSG_FMT
#define camex_extack(extack, attr, fmt, ...) do {			\
	struct netlink_ext_ack *__x = (extack);				\
									\
	NL_SET_ERR_MSG_FMT(__x, fmt, ##__VA_ARGS__);			\
	NL_SET_BAD_ATTR(__x, attr);					\
} while (0)
#else
#define CAMEX_COMPAT_EXTACK_TEXTS
__printf(3, 4)
void camex_extack_text(struct netlink_ext_ack *extack,
		       const struct nlattr *attr, const char *fmt, ...);
#define camex_extack(extack, attr, fmt, ...) do {			\
	struct netlink_ext_ack *__x = (extack);				\
	const struct nlattr *__a = (attr);				\
									\
	if (sizeof(#__VA_ARGS__) > 1) {					\
		camex_extack_text(__x, __a, fmt, ##__VA_ARGS__);	\
	} else if (__x) {						\
		__x->_msg = fmt;					\
		NL_SET_BAD_ATTR(__x, __a);				\
	}								\
} while (0)
#endif

/* NL_SET_ERR_ATTR_MISS came with 6.1. */
#ifdef NL_SET_ERR_ATTR_MISS
#define camex_extack_miss(extack, nest, type) \
	NL_SET_ERR_ATTR_MISS(extack, nest, type)
#else
#define camex_extack_miss(extack, nest, type) \
	NL_SET_BAD_ATTR(extack, nest)
#endif

/* 6.15: rtnl_link_ops.newlink takes its arguments in one structure. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define CAMEX_NEWLINK(name)						\
static int name(struct net_device *dev,					\
		struct rtnl_newlink_params *params,			\
		struct netlink_ext_ack *extack)				\
{									\
	return name##_in(rtnl_newlink_link_net(params), dev, params->tb,	\
			 params->data, extack);				\
}
#else
#define CAMEX_NEWLINK(name)						\
static int name(struct net *src_net, struct net_device *dev,		\
		struct nlattr *tb[], struct nlattr *data[],		\
		struct netlink_ext_ack *extack)				\
{									\
	return name##_in(src_net, dev, tb, data, extack);		\
}
#endif

/* 6.12: the owner of a file (F_SETOWN) is stored in memory of its own. Returns 0 or -ENOMEM. */
static inline int camex_file_can_be_owned(struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return file_f_owner_allocate(file);
#else
	return 0;
#endif
}

/* 6.12: the lockless transmit flag left the feature bits. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
static inline void camex_set_lltx(struct net_device *dev, bool lockless)
{
	dev->lltx = lockless;
}
#else
static inline void camex_set_lltx(struct net_device *dev, bool lockless)
{
	if (lockless)
		dev->features |= NETIF_F_LLTX;
	else
		dev->features &= ~NETIF_F_LLTX;
}
#endif

/* 6.7: the core allocates the per-CPU statistics. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static inline int camex_tstats_alloc(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	return 0;
}

static inline void camex_tstats_free(struct net_device *dev)
{
}
#else
static inline int camex_tstats_alloc(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static inline void camex_tstats_free(struct net_device *dev)
{
	free_percpu(dev->tstats);
}
#endif

/* 6.0: the per-CPU statistics of links are counters that 32-bit readers can read. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
#define camex_tstats_add(counter, n)	u64_stats_add(counter, n)
#else
#define camex_tstats_add(counter, n)	(*(counter) += (n))
#endif

/* 6.1: readers on 32-bit machines with one CPU also notice that a softirq wrote meanwhile. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define u64_stats_fetch_begin(syncp)	u64_stats_fetch_begin_irq(syncp)
#define u64_stats_fetch_retry(syncp, start) \
	u64_stats_fetch_retry_irq(syncp, start)
#endif

/* 6.1: the caller keeps the flags of its task meanwhile. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
static inline unsigned int camex_lock_system_sleep(void)
{
	lock_system_sleep();
	return 0;
}

static inline void camex_unlock_system_sleep(unsigned int flags)
{
	unlock_system_sleep();
}

#define lock_system_sleep()		camex_lock_system_sleep()
#define unlock_system_sleep(flags)	camex_unlock_system_sleep(flags)
#endif

/* 6.11: earlier, code with bottom halves off is the only user of the CPU's data. */
#ifndef local_lock_nested_bh
#define local_lock_nested_bh(lock)
#define local_unlock_nested_bh(lock)
#endif

/* 5.11: there is a function that counts sent packets, like that for received ones. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
static inline void dev_sw_netstats_tx_add(struct net_device *dev,
					  unsigned int packets,
					  unsigned int len)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	stats->tx_bytes += len;
	stats->tx_packets += packets;
	u64_stats_update_end(&stats->syncp);
}
#endif

/* 5.19: __skb_recv_udp() takes MSG_DONTWAIT instead of an argument of its own. */
static inline struct sk_buff *camex_recv_udp(struct sock *sk)
{
	int off = 0, err;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0)
	return __skb_recv_udp(sk, MSG_DONTWAIT, &off, &err);
#else
	return __skb_recv_udp(sk, 0, 1, &off, &err);
#endif
}

/* 6.2: a namespace may have a table of UDP sockets of its own. */
static inline struct udp_table *camex_udp_table(const struct net *net)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return net->ipv4.udp_table;
#else
	return &udp_table;
#endif
}

/* 6.1: one function returns a header, whether it is in the linear part or not. */
static inline void *camex_gro_header(struct sk_buff *skb, unsigned int hlen,
				     unsigned int offset)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	return skb_gro_header(skb, hlen, offset);
#else
	if (skb_gro_header_hard(skb, hlen))
		return skb_gro_header_slow(skb, hlen, offset);
	return skb_gro_header_fast(skb, offset);
#endif
}

/* 5.12: does a NAPI run in a thread of its own, which may be on any CPU? */
static inline bool camex_napi_is_threaded(const struct napi_struct *napi)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	return test_bit(NAPI_STATE_THREADED, &napi->state);
#else
	return false;
#endif
}

/* 6.1: netif_napi_add() uses the default weight. */
static inline void camex_napi_add(struct net_device *dev, struct napi_struct *napi,
				  int (*poll)(struct napi_struct *napi, int budget))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	netif_napi_add(dev, napi, poll);
#else
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT);
#endif
}

/*
 * 6.16: the stack must be told of a socket with gro_receive; otherwise it calls the gro_receive of
 * another tunnel. The registration ends with the socket.
 */
static inline void camex_gro_announce(struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	udp_tunnel_update_gro_rcv(sk, true);
#endif
}

/* 6.16: the ChaCha state became a structure. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
typedef struct chacha_state camex_chacha_state;
#else
typedef struct {
	u32 x[16];
} camex_chacha_state;
#endif

/* The constants, which are the first four words of the state. */
static inline void camex_chacha_constants(camex_chacha_state *state)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	chacha_init_consts(state);
#else
	chacha_init_consts(state->x);
#endif
}

static inline void camex_chacha20(camex_chacha_state *state, u8 *dst,
				  const u8 *src, unsigned int bytes)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	chacha20_crypt(state, dst, src, bytes);
#else
	chacha20_crypt(state->x, dst, src, bytes);
#endif
}

/* 7.2: IPv6 is built in or absent, and its stub is gone. */
#if IS_ENABLED(CONFIG_IPV6)
static inline struct dst_entry *camex_ip6_route(struct net *net,
						const struct sock *sk,
						struct flowi6 *fl6)
{
#ifdef CAMEX_IPV6_STUB
	return ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, NULL);
#else
	return ip6_dst_lookup_flow(net, sk, fl6, NULL);
#endif
}

static inline bool camex_ip6_is_local(struct net *net,
				      const struct in6_addr *addr)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 13, 0)
	/* the stub has no function to look up a local address, but one to look up a route */
	struct flowi6 fl6 = { .daddr = *addr };
	struct dst_entry *dst;
	bool local;

	dst = ipv6_stub->ipv6_dst_lookup_flow(net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return false;
	local = ((struct rt6_info *)dst)->rt6i_flags & RTF_LOCAL;
	dst_release(dst);
	return local;
#elif defined(CAMEX_IPV6_STUB)
	return ipv6_stub->ipv6_dev_find(net, addr, NULL);
#else
	return ipv6_dev_find(net, addr, NULL);
#endif
}
#else
static inline bool camex_ip6_is_local(struct net *net,
				      const struct in6_addr *addr)
{
	return false;
}
#endif

/* 6.19: kernel_bind takes a sockaddr_unsized. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define camex_bind_addr(addr) ((struct sockaddr_unsized *)(addr))
#else
#define camex_bind_addr(addr) ((struct sockaddr *)(addr))
#endif

/* 6.1: a family names the first command that refuses unknown attributes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define CAMEX_GENL_STRICT_FROM(cmd) .resv_start_op = (cmd),
#else
#define CAMEX_GENL_STRICT_FROM(cmd)
#endif

/* 6.6: the attributes of a dump's request moved. */
static inline struct nlattr **camex_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* 6.12: netpoll exports another cleanup function; 6.0: netpoll has a reference tracker. */
#ifdef CONFIG_NETPOLL
static inline void camex_netpoll_cleanup(struct netpoll *np)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	do_netpoll_cleanup(np);
#else
	struct net_device *dev = np->dev;

	__netpoll_cleanup(np);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	netdev_put(dev, &np->dev_tracker);
#else
	dev_put(dev);
#endif
#endif
}

static inline int camex_netpoll_setup(struct netpoll *np, struct net_device *dev)
{
	int err = __netpoll_setup(np, dev);

	if (err)
		return err;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	netdev_hold(dev, &np->dev_tracker, GFP_KERNEL);
#else
	dev_hold(dev);
#endif
	return 0;
}
#endif

/* 5.13: skb_is_redirected(). */
static inline bool camex_is_redirected(const struct sk_buff *skb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
	return skb_is_redirected(skb);
#elif defined(CONFIG_NET_REDIRECT)
	return skb->redirected;
#else
	return false;
#endif
}

/* 5.15: get_coalesce and set_coalesce have two more arguments. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define CAMEX_COALESCE_ARGS	struct net_device *dev, struct ethtool_coalesce *coal,	\
				struct kernel_ethtool_coalesce *kernel_coal,		\
				struct netlink_ext_ack *extack
#else
#define CAMEX_COALESCE_ARGS	struct net_device *dev, struct ethtool_coalesce *coal
#endif

/*
 * 6.13: ndo_fdb_add and ndo_fdb_del report whether they notified. Before 6.0 ndo_fdb_del has no
 * extack.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define CAMEX_NDO_FDB_ADD(name)						\
static int name(struct ndmsg *ndm, struct nlattr *tb[],			\
		struct net_device *dev, const unsigned char *addr,	\
		u16 vid, u16 flags, bool *notified,			\
		struct netlink_ext_ack *extack)				\
{									\
	return name##_in(ndm, tb, dev, addr, vid, flags, extack);	\
}

#define CAMEX_NDO_FDB_DEL(name)						\
static int name(struct ndmsg *ndm, struct nlattr *tb[],			\
		struct net_device *dev, const unsigned char *addr,	\
		u16 vid, bool *notified,				\
		struct netlink_ext_ack *extack)				\
{									\
	return name##_in(ndm, tb, dev, addr, vid, extack);		\
}
#else
#define CAMEX_NDO_FDB_ADD(name)						\
static int name(struct ndmsg *ndm, struct nlattr *tb[],			\
		struct net_device *dev, const unsigned char *addr,	\
		u16 vid, u16 flags, struct netlink_ext_ack *extack)	\
{									\
	return name##_in(ndm, tb, dev, addr, vid, flags, extack);	\
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
#define CAMEX_NDO_FDB_DEL(name)						\
static int name(struct ndmsg *ndm, struct nlattr *tb[],			\
		struct net_device *dev, const unsigned char *addr,	\
		u16 vid, struct netlink_ext_ack *extack)		\
{									\
	return name##_in(ndm, tb, dev, addr, vid, extack);		\
}
#else
#define CAMEX_NDO_FDB_DEL(name)						\
static int name(struct ndmsg *ndm, struct nlattr *tb[],			\
		struct net_device *dev, const unsigned char *addr,	\
		u16 vid)						\
{									\
	return name##_in(ndm, tb, dev, addr, vid, NULL);		\
}
#endif
#endif

/* 6.14: the position at which a dump of forwarding tables continues has a name. */
static inline int camex_fdb_dumped(const struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
	return ((const struct ndo_fdb_dump_context *)cb->ctx)->fdb_idx;
#else
	return cb->args[2];
#endif
}

/* 6.14: the input route takes a dscp_t. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define camex_ip_tos(iph) ip4h_dscp(iph)
#else
#define camex_ip_tos(iph) ((iph)->tos)
#endif

/* 6.13: a high-resolution timer is set up together with its function. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.2: timers are deleted under another name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

/*
 * 5.18: a packet's time stamp may be its transmit time, which forwarding keeps. Before 5.18 a
 * module is not notified that the virtual machine was copied.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
static inline void skb_clear_tstamp(struct sk_buff *skb)
{
	skb->tstamp = 0;
}

static inline int register_random_vmfork_notifier(struct notifier_block *nb)
{
	return 0;
}

static inline void unregister_random_vmfork_notifier(struct notifier_block *nb)
{
}
#endif

/* 5.17: the ioctl functions of line disciplines have no file argument. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#define CAMEX_LDISC_IOCTL(name)						\
static int name(struct tty_struct *tty, unsigned int cmd, unsigned long arg) \
{									\
	return name##_in(tty, NULL, cmd, arg);				\
}

#define camex_tty_ioctl(tty, file, cmd, arg) n_tty_ioctl_helper(tty, cmd, arg)
#else
#define CAMEX_LDISC_IOCTL(name)						\
static int name(struct tty_struct *tty, struct file *file,		\
		unsigned int cmd, unsigned long arg)			\
{									\
	return name##_in(tty, file, cmd, arg);				\
}

#define camex_tty_ioctl(tty, file, cmd, arg) \
	n_tty_ioctl_helper(tty, file, cmd, arg)
#endif

/* 5.14, 6.6: the functions with which line disciplines receive have other argument types. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define CAMEX_LDISC_RECEIVE(name)					\
static void name(struct tty_struct *tty, const u8 *data, const u8 *flags, \
		 size_t len)						\
{									\
	name##_in(tty, data, flags, len);				\
}
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#define CAMEX_LDISC_RECEIVE(name)					\
static void name(struct tty_struct *tty, const unsigned char *data,	\
		 const char *flags, int len)				\
{									\
	name##_in(tty, data, (const u8 *)flags, len);			\
}
#else
#define CAMEX_LDISC_RECEIVE(name)					\
static void name(struct tty_struct *tty, const unsigned char *data,	\
		 char *flags, int len)					\
{									\
	name##_in(tty, data, (const u8 *)flags, len);			\
}
#endif

/* 5.14: struct tty_ldisc_ops contains the number of the line discipline. */
static inline int camex_register_ldisc(struct tty_ldisc_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
	return tty_register_ldisc(ops);
#else
	ops->magic = TTY_LDISC_MAGIC;
	return tty_register_ldisc(ops->num, ops);
#endif
}

static inline void camex_unregister_ldisc(struct tty_ldisc_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
	tty_unregister_ldisc(ops);
#else
	tty_unregister_ldisc(ops->num);
#endif
}

/* 5.12: there is a function to set a MAC address for a user, beside that for drivers. */
static inline int camex_set_mac_address(struct net_device *dev,
					struct sockaddr *addr)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	struct sockaddr_storage ss = {};

	memcpy(&ss, addr, sizeof(*addr));
	return dev_set_mac_address_user(dev, &ss, NULL);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	return dev_set_mac_address_user(dev, addr, NULL);
#else
	return dev_set_mac_address(dev, addr, NULL);
#endif
}

/* 6.1: flag of /dev/net/tun: the link starts without a carrier. */
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER		0x0040
#endif

/* 6.2: readers of /dev/net/tun can take UDP segmentation. */
#ifdef TUN_F_USO4
#define CAMEX_TUN_F_USO		(TUN_F_USO4 | TUN_F_USO6)
#define CAMEX_USO_FEATURES	NETIF_F_GSO_UDP_L4
#else
#define CAMEX_TUN_F_USO		0UL
#define CAMEX_USO_FEATURES	0
#endif

/* 6.17: the names of the workqueues of the system say what they are; 7.2 warns of the old ones. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq	system_wq
#define system_dfl_wq		system_unbound_wq
#endif

/* 6.19: the state of BLAKE2s has another name, and blake2s() another order of arguments. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define blake2s_ctx		blake2s_state
#endif

/*
 * AES of the kernel's library, and AES-GCM by its drivers for CPUs with AES instructions. 7.0: a
 * key that is used only for encryption has a type of its own.
 */
#if IS_REACHABLE(CONFIG_CRYPTO_LIB_AES)
#define CAMEX_HAS_GCM
#if IS_REACHABLE(CONFIG_CRYPTO_AEAD) && (defined(CONFIG_X86_64) || defined(CONFIG_ARM64))
#define CAMEX_FAST_GCM
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
typedef struct aes_enckey camex_aes_key;

static inline void camex_aes_set_key(camex_aes_key *key, const u8 *bytes)
{
	aes_prepareenckey(key, bytes, AES_KEYSIZE_256);
}
#else
typedef struct crypto_aes_ctx camex_aes_key;

static inline void camex_aes_set_key(camex_aes_key *key, const u8 *bytes)
{
	aes_expandkey(key, bytes, AES_KEYSIZE_256);
}
#endif

static inline void camex_aes_encrypt(const camex_aes_key *key, u8 *out, const u8 *in)
{
	aes_encrypt(key, out, in);
}
#endif

/* The number reserved for line disciplines outside the kernel tree. 5.10 has no name for it. */
#ifndef N_DEVELOPMENT
#define N_DEVELOPMENT	29
#endif

/*
 * 6.1: the kernel's drop reason for a counter, for dropwatch, perf and ss. A counter for which the
 * kernel has no reason gets the unspecific one; the tracepoint camex:camex_drop names the counter.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
static inline enum skb_drop_reason camex_drop_reason(int why)
{
	switch (why) {
	case CAMEX_A_STATS_MALFORMED:
		return SKB_DROP_REASON_HDR_TRUNC;
	case CAMEX_A_STATS_NOT_IP:
		return SKB_DROP_REASON_UNHANDLED_PROTO;
	case CAMEX_A_STATS_UNKNOWN_PEER:
		return SKB_DROP_REASON_NO_SOCKET;
	case CAMEX_A_STATS_AUTH_FAILED:
		return SKB_DROP_REASON_SKB_CSUM;
	case CAMEX_A_STATS_BAD_SOURCE:
		return SKB_DROP_REASON_IP_RPFILTER;
	case CAMEX_A_STATS_NO_ROUTE:
		return SKB_DROP_REASON_IP_OUTNOROUTES;
	case CAMEX_A_STATS_NO_KEY:
	case CAMEX_A_STATS_PLAINTEXT_REFUSED:
		return SKB_DROP_REASON_XFRM_POLICY;
	case CAMEX_A_STATS_NO_ENDPOINT:
		return SKB_DROP_REASON_NEIGH_FAILED;
	case CAMEX_A_STATS_TOO_BIG:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	case CAMEX_A_STATS_LINK_PENDING:
	case CAMEX_A_STATS_NO_DEVICE:
		return SKB_DROP_REASON_DEV_READY;
	case CAMEX_A_STATS_QUEUE_FULL:
		return SKB_DROP_REASON_FULL_RING;
	case CAMEX_A_STATS_NO_MEMORY:
		return SKB_DROP_REASON_NOMEM;
	default:
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
}

static inline void camex_kfree_skb_why(struct sk_buff *skb, int why)
{
	kfree_skb_reason(skb, camex_drop_reason(why));
}
#else
static inline void camex_kfree_skb_why(struct sk_buff *skb, int why)
{
	kfree_skb(skb);
}
#endif

#endif /* CAMEX_COMPAT_H */
