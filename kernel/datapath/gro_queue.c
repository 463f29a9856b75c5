// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received packets on their way to the stack. A packet waits in a queue of this CPU until the
 * CPU's NAPI passes it to GRO, as in <net/gro_cells.h>. A small packet that GRO would hardly
 * ever merge bypasses the queue, if the queue is empty.
 *
 * A stream of UDP that nobody answers need not be fast, packet by packet: its datagrams wait up to
 * 150 us for more of them, so that a reader wakes for many at once. Whoever waits for an answer
 * sends less than that, or was sent something a moment ago. Drivers of NICs adapt their interrupts
 * to the traffic in the same way.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/memory.h"
#include "core/peer.h"
#include "datapath/gro_queue.h"

/* Packets that may wait on a CPU. */
#define QUEUE_MAX	1000
/* Datagrams of a stream that wait for more of them. */
#define STREAM_MAX	32
/* A stream has so many datagrams in a jiffy: 8,000 in a second. */
#define STREAM_LEAST	max(8000 / HZ, 4)
/* Bytes of an IP packet that is small. */
#define SMALL		256

/**
 * struct camex_gro_queue_cpu - a CPU's part
 * @queue: packets for @napi; its lock is for softirqs that interrupt each other (PREEMPT_RT)
 *	and for a @napi with a thread, which runs on any CPU
 * @napi: gives them to GRO; scheduled while there are any, but those of a stream. What GRO holds
 *	for longer (gro_flush_timeout) has its timer running
 * @rounds: how often queue and GRO became empty
 * @timer: schedules @napi when the datagrams of a stream have waited long enough
 * @tick: jiffies when the last of the @unanswered ones was received
 * @unanswered: datagrams of UDP in that jiffy, from peers to which nothing was sent then
 * @stream: they, in the jiffy before, were a stream
 */
struct camex_gro_queue_cpu {
	struct sk_buff_head queue;
	struct napi_struct napi;
	unsigned int rounds;
	struct hrtimer timer;
	unsigned long tick;
	unsigned int unanswered;
	bool stream;
};

/* A packet that bypassed the queue is in this CPU's stack: a nested one must use the queue. */
static DEFINE_PER_CPU(bool, busy);

/* The task, in process context, whose packets go directly to the stack. */
static DEFINE_PER_CPU(struct task_struct *, direct);

/* The CPU whose queue that task used last. */
static DEFINE_PER_CPU(int, direct_cpu);

/**
 * struct camex_gro_queue - the NAPIs of a link
 * @gro: one for each CPU
 * @rcu: frees it
 */
struct camex_gro_queue {
	struct camex_gro_queue_cpu __percpu *gro;
	struct rcu_head rcu;
};

static int poll_queue(struct napi_struct *napi, int budget)
{
	struct camex_gro_queue_cpu *cell = container_of(napi, struct camex_gro_queue_cpu, napi);
	struct sk_buff *skb;
	int done;

	for (done = 0; done < budget; done++) {
		skb = skb_dequeue(&cell->queue);
		if (!skb)
			break;
		/* A CPU that saw the link up may have queued it after camex_gro_queue_stop(). */
		if (unlikely(!netif_running(skb->dev)))
			kfree_skb(skb);
		else
			napi_gro_receive(napi, skb);
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    !hrtimer_active(&napi->timer))
		WRITE_ONCE(cell->rounds, cell->rounds + 1);
	return done;
}

static enum hrtimer_restart end_wait(struct hrtimer *timer)
{
	struct camex_gro_queue_cpu *cell = container_of(timer, struct camex_gro_queue_cpu, timer);

	if (!skb_queue_empty_lockless(&cell->queue))
		napi_schedule(&cell->napi);
	return HRTIMER_NORESTART;
}

/**
 * camex_gro_queue_alloc() - make the NAPIs of a link
 * @dev: the link
 *
 * Context: RTNL, may sleep.
 * Return: them, or NULL without memory.
 */
struct camex_gro_queue *camex_gro_queue_alloc(struct net_device *dev)
{
	struct camex_gro_queue *gro = kmalloc(sizeof(*gro), CAMEX_GFP_REQUEST);
	int cpu;

	if (!gro)
		return NULL;
	gro->gro = alloc_percpu_gfp(struct camex_gro_queue_cpu, CAMEX_GFP_REQUEST);
	if (!gro->gro) {
		kfree(gro);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);

		skb_queue_head_init(&cell->queue);
		set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
		camex_napi_add(dev, &cell->napi, poll_queue);
		napi_enable(&cell->napi);
		hrtimer_setup(&cell->timer, end_wait, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	}
	return gro;
}

static void free_cells(struct rcu_head *rcu)
{
	struct camex_gro_queue *gro = container_of(rcu, struct camex_gro_queue, rcu);

	free_percpu(gro->gro);
	kfree(gro);
}

/**
 * camex_gro_queue_stop() - drop the packets that wait for more
 * @gro: the queue of a link that is down
 *
 * Context: process, may sleep.
 */
void camex_gro_queue_stop(struct camex_gro_queue *gro)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);

		if (hrtimer_cancel(&cell->timer))
			skb_queue_purge(&cell->queue);
	}
}

/**
 * camex_gro_queue_free() - free what camex_gro_queue_alloc() made
 * @gro: the queue, which gets no more packets
 *
 * Context: process, may sleep.
 */
void camex_gro_queue_free(struct camex_gro_queue *gro)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);

		hrtimer_cancel(&cell->timer);
		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
		skb_queue_purge(&cell->queue);
	}
	/* By RCU: readers may use the link's NAPI list, and a thousand links may be deleted. */
	call_rcu(&gro->rcu, free_cells);
}

/* The protocol behind an IP header without options, and its offset @l4; 0: no such header. */
static u8 protocol_of(const struct sk_buff *skb, unsigned int *l4)
{
	if (skb->protocol == htons(ETH_P_IP)) {
		*l4 = sizeof(struct iphdr);
		if (skb_headlen(skb) < *l4 || skb->data[0] != 0x45)
			return 0;
		return ((struct iphdr *)skb->data)->protocol;
	}
	*l4 = sizeof(struct ipv6hdr);
	if (skb->protocol != htons(ETH_P_IPV6) || skb_headlen(skb) < *l4)
		return 0;
	return ((struct ipv6hdr *)skb->data)->nexthdr;
}

/* TCP segments were merged already. GRO may still merge datagrams (QUIC, tunnels inside ours). */
static bool is_merged(const struct sk_buff *skb)
{
	unsigned int l4;

	return protocol_of(skb, &l4) == IPPROTO_TCP;
}

/*
 * Would GRO pass the packet on at once if it holds nothing? True for a UDP datagram, unless its
 * socket has UDP_GRO, and for a TCP segment without data or at the end of a push.
 */
static bool is_small_and_alone(const struct sk_buff *skb, bool tcp)
{
	const struct tcphdr *th;
	unsigned int l4;
	u8 proto;

	if (skb->len > SMALL)
		return false;
	proto = protocol_of(skb, &l4);
	if (proto != IPPROTO_TCP || !tcp || skb_headlen(skb) < l4 + sizeof(*th))
		return proto == IPPROTO_UDP;
	th = (struct tcphdr *)(skb->data + l4);
	return th->psh || skb->len == l4 + th->doff * 4;
}

/* Are queue and GRO empty? A threaded NAPI may be about to start the timer of GRO. */
static bool is_idle(const struct camex_gro_queue_cpu *cell)
{
	return skb_queue_empty_lockless(&cell->queue) &&
	       !test_bit(NAPI_STATE_SCHED, &cell->napi.state) &&
	       !camex_napi_is_threaded(&cell->napi) &&
	       !hrtimer_active(&cell->napi.timer);
}

/**
 * camex_gro_queue_direct() - deliver this CPU's TCP packets directly to the stack, or stop that
 * @on: true: directly; false: through the queue again
 *
 * A packet that cannot go directly waits in a queue, which may be another CPU's: see find_queue().
 *
 * Context: process, with bottom halves off from the call with true to the call with false.
 * Return: with false the other CPU whose queue was used last since the call with true; this CPU if
 * none was.
 */
int camex_gro_queue_direct(bool on)
{
	struct task_struct *who = on ? current : NULL;

	if (on)
		this_cpu_write(direct_cpu, smp_processor_id());
	this_cpu_write(direct, who);
	return this_cpu_read(direct_cpu);
}

/**
 * camex_gro_queue_settle() - wait until the stack has all packets that a CPU's queue has now
 * @gro: the queue of a link
 * @cpu: the CPU; packets that are queued meanwhile are not waited for
 *
 * Context: process, may sleep; for 10 ms at most.
 */
void camex_gro_queue_settle(struct camex_gro_queue *gro, int cpu)
{
	struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);
	unsigned int rounds = READ_ONCE(cell->rounds);
	int tries;

	/* A stream does not wait any longer. */
	if (!skb_queue_empty_lockless(&cell->queue)) {
		local_bh_disable();
		napi_schedule(&cell->napi);
		local_bh_enable();
	}
	for (tries = 0; tries < 200; tries++) {
		if (READ_ONCE(cell->rounds) != rounds ||
		    (skb_queue_empty_lockless(&cell->queue) &&
		     !test_bit(NAPI_STATE_SCHED, &cell->napi.state) &&
		     !hrtimer_active(&cell->napi.timer)))
			break;
		usleep_range(20, 50);
	}
}

/**
 * camex_gro_queue_is_long() - should a CPU's queue become shorter before it gets more packets
 * @gro: of a link
 * @cpu: the CPU, from camex_gro_queue_direct()
 */
bool camex_gro_queue_is_long(struct camex_gro_queue *gro, int cpu)
{
	return skb_queue_len_lockless(&per_cpu_ptr(gro->gro, cpu)->queue) > QUEUE_MAX / 4;
}

/*
 * The queue for a packet: this CPU's, or that of the CPU which received the peer's datagrams
 * before, while packets wait there. So packets keep their order when a peer's datagrams move to
 * another CPU. Any CPU can poll a queue.
 */
static struct camex_gro_queue_cpu *find_queue(struct camex_gro_queue *gro,
					      struct camex_peer *peer)
{
	int here = smp_processor_id(), cpu = READ_ONCE(peer->rx_cpu);

	if (unlikely(cpu != here)) {
		if (is_idle(per_cpu_ptr(gro->gro, cpu))) {
			cpu = here;
			WRITE_ONCE(peer->rx_cpu, cpu);
		}
		if (this_cpu_read(direct) == current)
			this_cpu_write(direct_cpu, cpu);
	}
	return per_cpu_ptr(gro->gro, cpu);
}

/* Is a datagram of UDP from a peer one of many that nobody answers? */
static bool is_of_stream(struct camex_gro_queue_cpu *cell, const struct camex_peer *peer)
{
	/* before jiffies: another CPU may send in between, and no age is below zero */
	unsigned long sent = READ_ONCE(peer->live.sent), now = jiffies, since = now - cell->tick;

	if (now - sent <= 1)
		return false;
	if (since) {
		cell->stream = since == 1 && cell->unanswered >= STREAM_LEAST;
		cell->unanswered = 0;
		cell->tick = now;
	}
	cell->unanswered++;
	return cell->stream;
}

/* Schedule the NAPI, unless the queue of a stream may grow for a while. */
static void let_wait(struct camex_gro_queue_cpu *cell, unsigned int usecs)
{
	if (skb_queue_len_lockless(&cell->queue) >= STREAM_MAX)
		napi_schedule(&cell->napi);
	else if (!hrtimer_is_queued(&cell->timer))
		hrtimer_start(&cell->timer, ns_to_ktime(usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED);
}

/**
 * camex_gro_queue_receive() - deliver a packet to the stack
 * @gro: the queue of its link
 * @skb: the packet, or GSO packet, with its protocol set; consumed if there is room
 * @peer: its sender
 * @tcp: TCP may send its answer from this context, which may be inside another device's NAPI
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if there was room.
 */
bool camex_gro_queue_receive(struct camex_gro_queue *gro, struct sk_buff *skb,
			     struct camex_peer *peer, bool tcp)
{
	struct camex_gro_queue_cpu *cell = find_queue(gro, peer);
	bool here = cell == this_cpu_ptr(gro->gro), waits = false;
	unsigned int usecs = READ_ONCE(peer->cdev->rx_usecs), l4;

	/* Without GRO, or if the packet cannot be made writable for GRO: the CPU's backlog. */
	if (unlikely(!(skb->dev->features & NETIF_F_GRO) ||
		     skb_unclone(skb, GFP_ATOMIC))) {
		netif_rx(skb);
		return true;
	}
	if (here && usecs && protocol_of(skb, &l4) == IPPROTO_UDP)
		waits = is_of_stream(cell, peer);
	if (here && !waits && ((unlikely(this_cpu_read(direct) == current) && is_merged(skb)) ||
			       is_small_and_alone(skb, tcp)) &&
	    is_idle(cell) && !this_cpu_xchg(busy, true)) {
		netif_receive_skb(skb);
		this_cpu_write(busy, false);
		return true;
	}
	if (unlikely(skb_queue_len_lockless(&cell->queue) >= QUEUE_MAX))
		return false;
	skb_queue_tail(&cell->queue, skb);
	if (waits)
		let_wait(cell, usecs);
	else
		napi_schedule(&cell->napi);
	return true;
}
