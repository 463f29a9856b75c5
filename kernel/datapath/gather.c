// SPDX-License-Identifier: GPL-2.0-only
/*
 * A gateway gets the packets of other hosts one by one, unless its NIC or GRO merged them. The poll
 * of a NIC (NAPI) passes on up to 64 of them, one after the other. They wait here until that poll
 * has ended, because ours is queued behind it. Then those that follow one another to the same peer,
 * of the same length, leave in one outer GSO packet. It has the hash of what is inside, by which
 * queues below choose, so flows with different hashes do not share one. So a packet waits only for
 * those that the CPU has received already. All others, as those of the host's own sockets, do not
 * wait.
 */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/dsfield.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/link.h"
#include "core/memory.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "datapath/gather.h"

/* Packets that may wait on a CPU: two polls of NICs. */
#define QUEUE_MAX	128

/**
 * struct camex_gather_cpu - a CPU's part
 * @queue: packets; its lock is for softirqs that interrupt each other (PREEMPT_RT), and for
 *	camex_gather_purge()
 * @napi: sends them; scheduled while there are any
 * @cdev: the device
 */
struct camex_gather_cpu {
	struct sk_buff_head queue;
	struct napi_struct napi;
	struct camex_dev *cdev;
};

/**
 * struct camex_gather - the queues of a device
 * @cpu: one for each CPU
 * @rcu: frees them
 */
struct camex_gather {
	struct camex_gather_cpu __percpu *cpu;
	struct rcu_head rcu;
};

/**
 * struct run - packets that can leave together
 * @packets: the packets
 * @peer: their receiver, or NULL
 * @protocol: ETH_P_IP, ETH_P_IPV6 or 0
 * @more: another one may follow
 */
struct run {
	struct sk_buff_head packets;
	struct camex_peer *peer;
	__be16 protocol;
	bool more;
};

/* The fields of an IP header that the outer one depends on. */
static u32 outer_of(const struct sk_buff *skb, __be16 protocol)
{
	switch (protocol) {
	case htons(ETH_P_IP):
		return ipv4_get_dsfield(ip_hdr(skb)) |
		       (ip_hdr(skb)->frag_off & htons(IP_DF) ? BIT(8) : 0);
	case htons(ETH_P_IPV6):
		return ipv6_get_dsfield(ipv6_hdr(skb));
	default:
		return 0;
	}
}

static void end_run(struct camex_dev *cdev, struct run *run)
{
	struct sk_buff *skb;

	if (skb_queue_len(&run->packets) > 1 &&
	    likely(camex_tx_many(run->peer, &run->packets, run->protocol)))
		return;
	while ((skb = __skb_dequeue(&run->packets)))
		cdev->link->send(cdev, run->peer, skb, run->protocol);
}

static bool continues_run(const struct run *run, const struct sk_buff *skb,
			  const struct camex_peer *peer, __be16 protocol)
{
	const struct sk_buff *first = skb_peek(&run->packets);

	return run->more && peer && peer == run->peer && protocol == run->protocol &&
	       skb->dev == first->dev && skb->len <= first->len &&
	       skb->priority == first->priority && skb->hash == first->hash &&
	       outer_of(skb, protocol) == outer_of(first, protocol);
}

/* Send a packet, or add it to the run. */
static void add_to_run(struct camex_dev *cdev, struct run *run, struct sk_buff *skb)
{
	struct camex_peer *peer;
	__be16 protocol = 0;

	if (unlikely(!netif_running(skb->dev))) {
		kfree_skb(skb);
		return;
	}
	peer = cdev->link->choose(cdev, skb, &protocol);
	if (!continues_run(run, skb, peer, protocol)) {
		end_run(cdev, run);
		run->peer = peer;
		run->protocol = protocol;
		run->more = true;
	}
	if (!skb_queue_empty(&run->packets) && skb->len < skb_peek(&run->packets)->len)
		run->more = false;
	__skb_queue_tail(&run->packets, skb);
}

/* Send up to @budget packets of a queue. Return their number. */
static int send_queued(struct camex_gather_cpu *cell, int budget)
{
	struct run run = {};
	struct sk_buff *skb;
	int done;

	__skb_queue_head_init(&run.packets);
	rcu_read_lock();
	for (done = 0; done < budget; done++) {
		skb = skb_dequeue(&cell->queue);
		if (!skb)
			break;
		add_to_run(cell->cdev, &run, skb);
	}
	end_run(cell->cdev, &run);
	rcu_read_unlock();
	return done;
}

static int poll_gathered(struct napi_struct *napi, int budget)
{
	int done = send_queued(container_of(napi, struct camex_gather_cpu, napi), budget);

	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

/**
 * camex_gather_alloc() - make the queues of a device
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM. Without outer GSO packets there are none.
 */
int camex_gather_alloc(struct camex_dev *cdev)
{
	struct camex_gather *gather;
	int cpu;

	if (!cdev->protocol->begin_sealing || !cdev->transport->source)
		return 0;
	gather = kmalloc(sizeof(*gather), CAMEX_GFP_REQUEST);
	if (!gather)
		return -ENOMEM;
	gather->cpu = alloc_percpu_gfp(struct camex_gather_cpu, CAMEX_GFP_REQUEST);
	if (!gather->cpu) {
		kfree(gather);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct camex_gather_cpu *cell = per_cpu_ptr(gather->cpu, cpu);

		skb_queue_head_init(&cell->queue);
		cell->cdev = cdev;
		set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
		camex_napi_add(cdev->dev, &cell->napi, poll_gathered);
		napi_enable(&cell->napi);
	}
	cdev->gather = gather;
	return 0;
}

/**
 * camex_gather_purge() - drop the packets of a link
 * @cdev: the device
 * @dev: the link, which is down. What a CPU that saw it up adds later is dropped by add_to_run()
 *
 * Context: RTNL.
 */
void camex_gather_purge(struct camex_dev *cdev, const struct net_device *dev)
{
	int cpu;

	if (!cdev->gather)
		return;
	for_each_possible_cpu(cpu) {
		struct sk_buff_head *queue = &per_cpu_ptr(cdev->gather->cpu, cpu)->queue;
		struct sk_buff_head gone;
		struct sk_buff *skb, *next;

		__skb_queue_head_init(&gone);
		spin_lock_bh(&queue->lock);
		skb_queue_walk_safe(queue, skb, next) {
			if (skb->dev == dev) {
				__skb_unlink(skb, queue);
				__skb_queue_tail(&gone, skb);
			}
		}
		spin_unlock_bh(&queue->lock);
		__skb_queue_purge(&gone);
	}
}

static void free_cells(struct rcu_head *rcu)
{
	struct camex_gather *gather = container_of(rcu, struct camex_gather, rcu);

	free_percpu(gather->cpu);
	kfree(gather);
}

/**
 * camex_gather_free() - undo camex_gather_alloc()
 * @cdev: the device, which has no links any more
 *
 * Context: process, may sleep.
 */
void camex_gather_free(struct camex_dev *cdev)
{
	struct camex_gather *gather = cdev->gather;
	int cpu;

	if (!gather)
		return;
	for_each_possible_cpu(cpu) {
		struct camex_gather_cpu *cell = per_cpu_ptr(gather->cpu, cpu);

		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
		skb_queue_purge(&cell->queue);
	}
	cdev->gather = NULL;
	/* By RCU: readers may use the link's NAPI list. */
	call_rcu(&gather->rcu, free_cells);
}

/*
 * Can the packet be copied into an outer GSO packet? A redirected one (tc) may be our own, which
 * came back.
 */
static bool can_wait(struct sk_buff *skb)
{
	if (skb_is_gso(skb) || skb->sk || camex_is_redirected(skb) ||
	    skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP)
		return false;
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    unlikely(skb_checksum_start_offset(skb) > skb_headlen(skb)))
		return false;
	/* The caller's reference to the route may end before. */
	skb_dst_force(skb);
	return true;
}

/**
 * camex_gather_forwarded() - the rest of camex_gather()
 * @cdev: the device, with queues
 * @skb: a packet that came from an interface
 *
 * A packet that cannot wait is sent behind those that wait on this CPU. A NAPI with a thread may be
 * sending some of them on another CPU, so nothing waits for it.
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if it is kept.
 */
bool camex_gather_forwarded(struct camex_dev *cdev, struct sk_buff *skb)
{
	struct camex_gather_cpu *cell = this_cpu_ptr(cdev->gather->cpu);
	unsigned int waiting = skb_queue_len_lockless(&cell->queue);
	bool waits = !camex_napi_is_threaded(&cell->napi) && can_wait(skb);

	if (unlikely(waiting >= (waits ? QUEUE_MAX : 1)))
		send_queued(cell, QUEUE_MAX);
	if (!waits)
		return false;
	skb_queue_tail(&cell->queue, skb);
	napi_schedule(&cell->napi);
	return true;
}
