// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets calls of the kernel fail that the module makes. This file is a part of camex.ko in builds
 * for KUnit alone, where the linker leads each call of the functions below here (ld --wrap).
 * Parameter "fail" of the module:
 *
 *	NAME:N	call N of NAME fails, counted from 1; N 0: each call
 *	-	none does; calls are counted
 *	(empty)	end
 *
 * Reading it prints "NAME CALLS" for each function that was called since it was written.
 */
#include <crypto/aead.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <asm/fpu/api.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>
#include <net/sock.h>

#define NAME_MAX_LEN 40

struct call {
	struct list_head list;
	const char *name;
	unsigned int calls;
};

static DEFINE_RAW_SPINLOCK(lock);
static LIST_HEAD(called);
static bool armed;
static char failing[NAME_MAX_LEN];
static unsigned int failing_at;

static bool fails(struct call *call)
{
	unsigned long flags;
	bool hit = false;

	if (likely(!READ_ONCE(armed)))
		return false;
	raw_spin_lock_irqsave(&lock, flags);
	if (armed) {
		if (list_empty(&call->list))
			list_add_tail(&call->list, &called);
		call->calls++;
		hit = !strcmp(call->name, failing) &&
		      (!failing_at || call->calls == failing_at);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return hit;
}

static void begin_calls(const char *name, unsigned int at)
{
	struct call *call, *next;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(call, next, &called, list) {
		list_del_init(&call->list);
		call->calls = 0;
	}
	strscpy(failing, name ?: "", sizeof(failing));
	failing_at = at;
	WRITE_ONCE(armed, name);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static int set_failing(const char *text, const struct kernel_param *parameter)
{
	char name[NAME_MAX_LEN + 12];
	unsigned int at = 0;
	char *colon;
	int err;

	if (strscpy(name, text, sizeof(name)) < 0)
		return -EINVAL;
	strim(name);
	colon = strchr(name, ':');
	if (colon) {
		*colon = '\0';
		err = kstrtouint(colon + 1, 10, &at);
		if (err)
			return err;
	}
	begin_calls(*name ? name : NULL, at);
	return 0;
}

static int get_failing(char *text, const struct kernel_param *parameter)
{
	unsigned long flags;
	struct call *call;
	int len = 0;

	raw_spin_lock_irqsave(&lock, flags);
	list_for_each_entry(call, &called, list)
		len += scnprintf(text + len, PAGE_SIZE - len, "%s %u\n", call->name, call->calls);
	raw_spin_unlock_irqrestore(&lock, flags);
	return len;
}

static const struct kernel_param_ops failing_ops = { .set = set_failing, .get = get_failing };
module_param_cb(fail, &failing_ops, NULL, 0600);
MODULE_PARM_DESC(fail, "NAME:N, a call of the kernel that fails");

/* Kbuild reads the names from these lines. */
#define FAILING(type, name, failure, parameters, arguments)				\
type __real_##name parameters;								\
type __wrap_##name parameters;								\
type __wrap_##name parameters								\
{											\
	static struct call call = { LIST_HEAD_INIT(call.list), #name };			\
											\
	return fails(&call) ? (failure) : __real_##name arguments;			\
}

/* memory */
FAILING(void __percpu *, __alloc_percpu, NULL, (size_t size, size_t align), (size, align))
FAILING(void __percpu *, __alloc_percpu_gfp, NULL, (size_t size, size_t align, gfp_t gfp),
	(size, align, gfp))
FAILING(void *, kvmalloc_node, NULL, (size_t size, gfp_t gfp, int node), (size, gfp, node))
FAILING(void *, kmalloc_trace, NULL, (struct kmem_cache *cache, gfp_t gfp, size_t size),
	(cache, gfp, size))
FAILING(void *, __kmalloc, NULL, (size_t size, gfp_t gfp), (size, gfp))
FAILING(struct page *, __alloc_pages, NULL,
	(gfp_t gfp, unsigned int order, int node, nodemask_t *nodes), (gfp, order, node, nodes))
FAILING(int, rhashtable_init, -ENOMEM,
	(struct rhashtable *table, const struct rhashtable_params *params), (table, params))
FAILING(int, rhltable_init, -ENOMEM,
	(struct rhltable *table, const struct rhashtable_params *params), (table, params))
FAILING(void *, rhashtable_insert_slow, ERR_PTR(-ENOMEM),
	(struct rhashtable *table, const void *key, struct rhash_head *entry),
	(table, key, entry))
FAILING(int, __xa_alloc_cyclic, -ENOMEM,
	(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp),
	(xa, id, entry, limit, next, gfp))

/* packets */
FAILING(struct sk_buff *, __alloc_skb, NULL,
	(unsigned int size, gfp_t gfp, int flags, int node), (size, gfp, flags, node))
FAILING(struct sk_buff *, __netdev_alloc_skb, NULL,
	(struct net_device *dev, unsigned int size, gfp_t gfp), (dev, size, gfp))
FAILING(struct sk_buff *, build_skb, NULL, (void *data, unsigned int size), (data, size))
FAILING(struct sk_buff *, skb_clone, NULL, (struct sk_buff *skb, gfp_t gfp), (skb, gfp))
FAILING(int, skb_copy_ubufs, -ENOMEM, (struct sk_buff *skb, gfp_t gfp), (skb, gfp))
FAILING(int, pskb_expand_head, -ENOMEM,
	(struct sk_buff *skb, int head, int tail, gfp_t gfp), (skb, head, tail, gfp))
FAILING(void *, __pskb_pull_tail, NULL, (struct sk_buff *skb, int delta), (skb, delta))
FAILING(int, skb_ensure_writable, -ENOMEM, (struct sk_buff *skb, unsigned int len), (skb, len))
FAILING(int, skb_checksum_help, -EINVAL, (struct sk_buff *skb), (skb))
FAILING(int, skb_copy_bits, -EFAULT,
	(const struct sk_buff *skb, int offset, void *to, int len), (skb, offset, to, len))
FAILING(struct sk_buff *, __skb_gso_segment, ERR_PTR(-ENOMEM),
	(struct sk_buff *skb, netdev_features_t features, bool tx_path), (skb, features, tx_path))

/* ciphers */
FAILING(struct crypto_aead *, crypto_alloc_aead, ERR_PTR(-ENOMEM),
	(const char *name, u32 type, u32 mask), (name, type, mask))
FAILING(int, crypto_aead_setkey, -ENOMEM,
	(struct crypto_aead *aead, const u8 *key, unsigned int len), (aead, key, len))
FAILING(int, crypto_aead_setauthsize, -EINVAL,
	(struct crypto_aead *aead, unsigned int size), (aead, size))
FAILING(int, crypto_aead_encrypt, -ENOMEM, (struct aead_request *request), (request))
FAILING(int, crypto_aead_decrypt, -ENOMEM, (struct aead_request *request), (request))
FAILING(bool, irq_fpu_usable, false, (void), ())

/* sockets and links */
FAILING(int, sock_create_kern, -ENOMEM,
	(struct net *net, int family, int type, int protocol, struct socket **sock),
	(net, family, type, protocol, sock))
FAILING(int, kernel_bind, -EADDRINUSE,
	(struct socket *sock, struct sockaddr *addr, int len), (sock, addr, len))
FAILING(int, kernel_listen, -EADDRINUSE, (struct socket *sock, int backlog), (sock, backlog))
FAILING(int, kernel_accept, -ENOMEM,
	(struct socket *sock, struct socket **made, int flags), (sock, made, flags))
FAILING(int, kernel_connect, -ENETUNREACH,
	(struct socket *sock, struct sockaddr *addr, int len, int flags), (sock, addr, len, flags))
FAILING(int, sock_bindtoindex, -ENODEV, (struct sock *sk, int index, bool held),
	(sk, index, held))
FAILING(int, __netpoll_setup, -ENOMEM, (struct netpoll *np, struct net_device *dev), (np, dev))
FAILING(struct net_device *, alloc_netdev_mqs, NULL,
	(int size, const char *name, unsigned char assigned, void (*setup)(struct net_device *),
	 unsigned int tx, unsigned int rx), (size, name, assigned, setup, tx, rx))
FAILING(int, register_netdevice, -ENOMEM, (struct net_device *dev), (dev))
FAILING(int, netif_set_real_num_tx_queues, -ENOMEM,
	(struct net_device *dev, unsigned int count), (dev, count))
FAILING(int, netif_set_real_num_rx_queues, -ENOMEM,
	(struct net_device *dev, unsigned int count), (dev, count))
FAILING(int, rtnl_trylock, 0, (void), ())

/* what netlink messages are made of */
FAILING(int, nla_put, -EMSGSIZE, (struct sk_buff *skb, int type, int len, const void *data),
	(skb, type, len, data))
FAILING(int, nla_put_64bit, -EMSGSIZE,
	(struct sk_buff *skb, int type, int len, const void *data, int pad),
	(skb, type, len, data, pad))
FAILING(void *, genlmsg_put, NULL,
	(struct sk_buff *skb, u32 port, u32 seq, const struct genl_family *family, int flags,
	 u8 cmd), (skb, port, seq, family, flags, cmd))

/* what is registered when the module is loaded */
FAILING(struct workqueue_struct *, alloc_workqueue, NULL,
	(const char *name, unsigned int flags, int active, ...), (name, flags, active))
FAILING(int, register_netdevice_notifier, -ENOMEM, (struct notifier_block *block), (block))
FAILING(int, register_pernet_device, -ENOMEM, (struct pernet_operations *ops), (ops))
FAILING(int, rtnl_link_register, -ENOMEM, (struct rtnl_link_ops *ops), (ops))
FAILING(int, genl_register_family, -ENOMEM, (struct genl_family *family), (family))
FAILING(int, misc_register, -ENOMEM, (struct miscdevice *misc), (misc))
FAILING(int, tty_register_ldisc, -ENOMEM, (struct tty_ldisc_ops *ops), (ops))
