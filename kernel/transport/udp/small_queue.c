// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP's small queues, where software cuts what TCP sends into datagrams. UDP segmentation
 * leaves the datagrams charged to their socket only if sock_wfree() takes the charge off;
 * with TCP's own destructor TCP would see an empty device at once, send all that its window
 * allows, and fill the ring of a device. But sock_wfree() does not tell TCP that it can go on.
 * So each socket of TCP's that has datagrams on their way has a waker, too: an empty packet
 * with TCP's destructor, which a timer calls.
 *
 * All datagrams of a socket get the same destructor meanwhile, single ones as well: what a
 * veth receives, GRO merges only where the socket is the same, and would change its order.
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

/* Lists of wakers, a power of two. */
#define LISTS		16
/* How often TCP is told; it keeps what a device sends in a millisecond, or more. */
#define PERIOD		(500 * NSEC_PER_USEC)

/**
 * struct waker - in the skb->cb of an empty packet, which is charged to its socket
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

/* Has the device all that was charged to the socket, but for the waker itself? */
static bool is_sent(const struct sk_buff *skb)
{
	return refcount_read(&skb->sk->sk_wmem_alloc) <= skb->truesize + 1;
}

/* TCP's destructor takes a charge off, and wakes TCP if it waits for that. */
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

/* A waker for the socket of a packet that is charged to it. */
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
 * camex_small_queue_init() - before anything is sent
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
 * camex_small_queue_exit() - nothing is sent any more
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
