// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP small queues, if software cuts TCP's outer GSO packets into datagrams. UDP segmentation
 * keeps the datagrams charged to their socket only if sock_wfree() is their destructor. With
 * TCP's own destructor TCP would see an empty device at once, send everything that its window
 * permits, and fill the ring of a device. But sock_wfree() does not wake TCP. So each TCP socket
 * with datagrams in flight also has a waker: an empty packet with TCP's destructor, which a
 * timer calls.
 *
 * Meanwhile all datagrams of the socket get sock_wfree(), single ones as well. GRO merges
 * datagrams from a veth only if their socket is the same; with different destructors their order
 * would change.
 */
#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "core/compat.h"
#include "datapath/seal.h"
#include "transport/udp/udp.h"

/* Number of lists of wakers, a power of two. */
#define LISTS		16
/* How often TCP is woken; it queues what a device sends in a millisecond, or more. */
#define PERIOD		(500 * NSEC_PER_USEC)

/**
 * struct waker - in the skb->cb of an empty packet that is charged to its socket
 * @node: on waker_list.wakers
 */
struct waker {
	struct hlist_node node;
};

/**
 * struct waker_list - wakers of some sockets
 * @lock: protects @wakers
 * @wakers: struct waker, one for each socket
 * @timer: runs while there are any
 */
struct waker_list {
	spinlock_t lock;	/* see above */
	struct hlist_head wakers;
	struct hrtimer timer;
};

static struct waker_list lists[LISTS];

static struct sk_buff *skb_of(struct waker *waker)
{
	return container_of((char (*)[sizeof_field(struct sk_buff, cb)])waker,
			    struct sk_buff, cb);
}

/* Has the device got everything that was charged to the socket, except the waker? */
static bool is_sent(const struct sk_buff *skb)
{
	return refcount_read(&skb->sk->sk_wmem_alloc) <= skb->truesize + 1;
}

/* TCP's destructor returns the charge, and wakes TCP if TCP waits for that. */
static void wake_socket(struct sk_buff *skb)
{
	if (!test_bit(TSQ_THROTTLED, &skb->sk->sk_tsq_flags))
		return;
	refcount_add(skb->truesize, &skb->sk->sk_wmem_alloc);
	skb->destructor(skb);
}

static enum hrtimer_restart run_wakers(struct hrtimer *timer)
{
	struct waker_list *list = container_of(timer, struct waker_list, timer);
	enum hrtimer_restart again = HRTIMER_NORESTART;
	struct hlist_node *next;
	struct waker *waker;
	HLIST_HEAD(done);

	spin_lock_bh(&list->lock);
	hlist_for_each_entry_safe(waker, next, &list->wakers, node) {
		if (is_sent(skb_of(waker))) {
			hlist_del(&waker->node);
			hlist_add_head(&waker->node, &done);
		} else {
			wake_socket(skb_of(waker));
		}
	}
	if (!hlist_empty(&list->wakers)) {
		hrtimer_forward_now(timer, ns_to_ktime(PERIOD));
		again = HRTIMER_RESTART;
	}
	spin_unlock_bh(&list->lock);
	hlist_for_each_entry_safe(waker, next, &done, node)
		kfree_skb(skb_of(waker));
	return again;
}

static bool has_waker(const struct waker_list *list, const struct sock *sk)
{
	struct waker *waker;

	hlist_for_each_entry(waker, &list->wakers, node)
		if (skb_of(waker)->sk == sk)
			return true;
	return false;
}

/* Make a waker for the socket of a packet. */
static bool add_waker(struct waker_list *list, const struct sk_buff *charged)
{
	struct sk_buff *skb = alloc_skb(0, GFP_ATOMIC | __GFP_NOWARN);
	struct waker *waker;

	if (!skb)
		return false;
	BUILD_BUG_ON(sizeof(*waker) > sizeof(skb->cb));
	waker = (struct waker *)skb->cb;
	skb->sk = charged->sk;
	skb->destructor = charged->destructor;
	refcount_add(skb->truesize, &skb->sk->sk_wmem_alloc);
	if (hlist_empty(&list->wakers))
		hrtimer_start(&list->timer, ns_to_ktime(PERIOD), HRTIMER_MODE_REL_SOFT);
	hlist_add_head(&waker->node, &list->wakers);
	return true;
}

/**
 * camex_small_queue() - keep a packet charged to its socket until a device has it
 * @skb: a datagram, or an outer GSO packet that software cuts
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_small_queue(struct sk_buff *skb)
{
	struct sock *sk = camex_payer_of(skb);
	struct waker_list *list;
	bool charged;

	if (!sk || skb->destructor == sock_wfree)
		return;
	list = &lists[hash_ptr(sk, ilog2(LISTS))];
	spin_lock(&list->lock);
	charged = has_waker(list, sk) || add_waker(list, skb);
	spin_unlock(&list->lock);
	if (charged)
		skb->destructor = sock_wfree;
}

/**
 * camex_small_queue_init() - set up, before the first packet
 */
void camex_small_queue_init(void)
{
	int i;

	for (i = 0; i < LISTS; i++) {
		spin_lock_init(&lists[i].lock);
		hrtimer_setup(&lists[i].timer, run_wakers, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_SOFT);
	}
}

/**
 * camex_small_queue_exit() - clean up, after the last packet
 *
 * Context: may sleep.
 */
void camex_small_queue_exit(void)
{
	struct hlist_node *next;
	struct waker *waker;
	int i;

	for (i = 0; i < LISTS; i++) {
		hrtimer_cancel(&lists[i].timer);
		hlist_for_each_entry_safe(waker, next, &lists[i].wakers, node)
			kfree_skb(skb_of(waker));
	}
}
