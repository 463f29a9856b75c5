// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received packets on their way to the stack. They wait in a queue of this CPU's until
 * its NAPI gives them to GRO, as in <net/gro_cells.h>; but small packets that are hardly
 * ever merged do not wait where nothing is before them.
 */
#include <linux/delay.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "core/compat.h"
#include "core/memory.h"
#include "datapath/gro_queue.h"

/* Packets that may wait on a CPU. */
#define QUEUE_MAX	1000
/* Bytes of an IP packet that is small. */
#define SMALL		256

/**
 * struct camex_gro_queue_cpu - a CPU's part
 * @queue: packets for @napi; its lock is for softirqs that interrupt each other (PREEMPT_RT)
 *	and for a @napi with a thread, which runs on any CPU
 * @napi: gives them to GRO; scheduled while there are any. What GRO holds for longer
 *	(gro_flush_timeout) has its timer running
 * @rounds: how often nothing was left, in GRO neither
 */
struct camex_gro_queue_cpu {
	struct sk_buff_head queue;
	struct napi_struct napi;
	unsigned int rounds;
};

/* A packet is on its way up this CPU's stack, past a queue: another on top of it must wait. */
static DEFINE_PER_CPU(bool, busy);

/* Who has the time to take packets up the stack, and is done when that is. */
static DEFINE_PER_CPU(struct task_struct *, direct);

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
		napi_gro_receive(napi, skb);
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    !hrtimer_active(&napi->timer))
		WRITE_ONCE(cell->rounds, cell->rounds + 1);
	return done;
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
 * camex_gro_queue_free() - free what camex_gro_queue_alloc() made
 * @gro: through which no packet comes any more
 *
 * Context: process, may sleep.
 */
void camex_gro_queue_free(struct camex_gro_queue *gro)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);

		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
		skb_queue_purge(&cell->queue);
	}
	/* There may be readers of the link's list of NAPIs, and a thousand links to go. */
	call_rcu(&gro->rcu, free_cells);
}

/*
 * With nothing before it GRO would hand it on at once: a datagram, unless its socket has
 * UDP_GRO, or a segment of TCP without data or at the end of a push.
 */
static bool is_small_and_alone(const struct sk_buff *skb, bool tcp)
{
	const struct tcphdr *th;
	unsigned int l4;
	u8 proto;

	if (skb->len > SMALL)
		return false;
	if (skb->protocol == htons(ETH_P_IP)) {
		l4 = sizeof(struct iphdr);
		if (skb_headlen(skb) < l4 || skb->data[0] != 0x45)
			return false;
		proto = ((struct iphdr *)skb->data)->protocol;
	} else {
		l4 = sizeof(struct ipv6hdr);
		if (skb->protocol != htons(ETH_P_IPV6) || skb_headlen(skb) < l4)
			return false;
		proto = ((struct ipv6hdr *)skb->data)->nexthdr;
	}
	if (proto != IPPROTO_TCP || !tcp || skb_headlen(skb) < l4 + sizeof(*th))
		return proto == IPPROTO_UDP;
	th = (struct tcphdr *)(skb->data + l4);
	return th->psh || skb->len == l4 + th->doff * 4;
}

/* Is nothing before it, in the queue or in GRO? A thread may be about to start the timer. */
static bool is_idle(const struct camex_gro_queue_cpu *cell)
{
	return !test_bit(NAPI_STATE_SCHED, &cell->napi.state) &&
	       !camex_napi_is_threaded(&cell->napi) &&
	       !hrtimer_active(&cell->napi.timer);
}

/**
 * camex_gro_queue_direct() - from now on packets go to the stack at once
 * @on: or as they did
 *
 * Context: process, with bottom halves off until they go as they did.
 */
void camex_gro_queue_direct(bool on)
{
	struct task_struct *who = on ? current : NULL;

	this_cpu_write(direct, who);
}

/**
 * camex_gro_queue_settle() - wait until a CPU has given to the stack what it got before
 * @gro: of a link
 * @cpu: the CPU; what it gets meanwhile is not waited for
 *
 * Context: process, may sleep; for 10 ms at most.
 */
void camex_gro_queue_settle(struct camex_gro_queue *gro, int cpu)
{
	struct camex_gro_queue_cpu *cell = per_cpu_ptr(gro->gro, cpu);
	unsigned int rounds = READ_ONCE(cell->rounds);
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (READ_ONCE(cell->rounds) != rounds ||
		    (!test_bit(NAPI_STATE_SCHED, &cell->napi.state) &&
		     !hrtimer_active(&cell->napi.timer)))
			break;
		usleep_range(20, 50);
	}
}

/*
 * This CPU's queue; or the one before, while that has packets: what receives a peer's
 * datagrams has moved here meanwhile, and nothing shall be overtaken. Any CPU can poll it.
 */
static struct camex_gro_queue_cpu *find_queue(struct camex_gro_queue *gro, int *last)
{
	int cpu = smp_processor_id(), before = READ_ONCE(*last);
	struct camex_gro_queue_cpu *cell;

	if (unlikely(before != cpu)) {
		cell = per_cpu_ptr(gro->gro, before);
		if (!is_idle(cell))
			return cell;
		WRITE_ONCE(*last, cpu);
	}
	return per_cpu_ptr(gro->gro, cpu);
}

/**
 * camex_gro_queue_receive() - a packet goes to the stack
 * @gro: of its link
 * @skb: the packet, or GSO packet, with its protocol set; consumed if there is room
 * @tcp: what TCP sends in answer may be sent from here, which may be inside another
 *	device's NAPI
 * @last: the CPU whose queue the peer's packets went to before
 *
 * Context: RCU reader, bottom halves off.
 * Return: is there room?
 */
bool camex_gro_queue_receive(struct camex_gro_queue *gro, struct sk_buff *skb, bool tcp,
			     int *last)
{
	struct camex_gro_queue_cpu *cell = find_queue(gro, last);
	bool here = cell == this_cpu_ptr(gro->gro);

	/* Without GRO, which writes to what it gets, all wait elsewhere. */
	if (unlikely(!(skb->dev->features & NETIF_F_GRO) ||
		     skb_unclone(skb, GFP_ATOMIC))) {
		netif_rx(skb);
		return true;
	}
	if (here && (unlikely(this_cpu_read(direct) == current) ||
		     is_small_and_alone(skb, tcp)) &&
	    is_idle(cell) && !this_cpu_xchg(busy, true)) {
		netif_receive_skb(skb);
		this_cpu_write(busy, false);
		return true;
	}
	if (unlikely(skb_queue_len(&cell->queue) >= QUEUE_MAX))
		return false;
	skb_queue_tail(&cell->queue, skb);
	napi_schedule(&cell->napi);
	return true;
}
