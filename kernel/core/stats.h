/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of a device, by CPU. */
#ifndef CAMEX_STATS_H
#define CAMEX_STATS_H

#include <linux/camex.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <linux/u64_stats_sync.h>
#include <linux/udp.h>

#include "core/compat.h"

/* A counter is named by its netlink attribute: CAMEX_A_STATS_MALFORMED … */
#define CAMEX_STATS_COUNT	(CAMEX_A_STATS_MAX - 1)

/**
 * camex_stats_slot() - index of a counter in camex_stats.count
 * @attr: CAMEX_A_STATS_*, but not the padding
 *
 * Return: 0 to CAMEX_STATS_COUNT - 1.
 */
static inline int camex_stats_slot(int attr)
{
	return attr - 1 - (attr > CAMEX_A_STATS_PAD);
}

/**
 * camex_stats_attr() - the attribute of a counter
 * @slot: from camex_stats_slot()
 *
 * Return: CAMEX_A_STATS_*.
 */
static inline int camex_stats_attr(int slot)
{
	return slot + 1 + (slot + 1 >= CAMEX_A_STATS_PAD);
}

/**
 * struct camex_stats - one CPU's counters
 * @count: by camex_stats_slot()
 * @syncp: lets a 32-bit reader see whole numbers
 */
struct camex_stats {
	u64_stats_t count[CAMEX_STATS_COUNT];
	struct u64_stats_sync syncp;
};

/**
 * struct camex_traffic - packets and bytes of one peer on one CPU
 * @rx_packets: inner packets delivered
 * @rx_bytes: their bytes
 * @tx_packets: inner packets sent
 * @tx_bytes: their bytes
 * @rx_dropped: datagrams and packets of the peer that were dropped
 * @tx_dropped: packets to the peer that were dropped
 * @syncp: lets a 32-bit reader see whole numbers
 */
struct camex_traffic {
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t rx_dropped;
	u64_stats_t tx_dropped;
	struct u64_stats_sync syncp;
};

extern const char * const camex_stats_names[CAMEX_STATS_COUNT];

struct camex_stats __percpu *camex_stats_alloc(void);
struct camex_traffic __percpu *camex_traffic_alloc(void);
void camex_stats_sum(struct camex_stats __percpu *stats, u64 *sum);
void camex_traffic_sum(struct camex_traffic __percpu *traffic,
		       struct rtnl_link_stats64 *sum);
void camex_stats_link(const u64 *sum, bool returns_errors, struct rtnl_link_stats64 *link);

/**
 * camex_count() - add to a counter
 * @stats: the device's counters
 * @attr: CAMEX_A_STATS_*
 * @n: how many
 *
 * Context: bottom halves disabled.
 */
static inline void camex_count(struct camex_stats __percpu *stats, int attr,
			       unsigned int n)
{
	struct camex_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->count[camex_stats_slot(attr)], n);
	u64_stats_update_end(&s->syncp);
}

/**
 * camex_traffic_rx() - count packets received from a peer
 * @traffic: counters of the peer
 * @packets: inner packets
 * @bytes: their bytes
 *
 * Context: bottom halves disabled.
 */
static inline void camex_traffic_rx(struct camex_traffic __percpu *traffic,
				    unsigned int packets, unsigned int bytes)
{
	struct camex_traffic *t = this_cpu_ptr(traffic);

	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->rx_packets, packets);
	u64_stats_add(&t->rx_bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

/**
 * camex_traffic_tx() - count packets sent to a peer
 * @traffic: counters of the peer
 * @packets: inner packets
 * @bytes: their bytes
 *
 * Context: bottom halves disabled.
 */
static inline void camex_traffic_tx(struct camex_traffic __percpu *traffic,
				    unsigned int packets, unsigned int bytes)
{
	struct camex_traffic *t = this_cpu_ptr(traffic);

	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->tx_packets, packets);
	u64_stats_add(&t->tx_bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

/**
 * camex_packets() - number of packets that a GSO packet stands for
 * @skb: a packet or GSO packet, IP header at skb->data
 * @bytes: result: bytes of all these packets, with their headers
 */
static inline unsigned int camex_packets(const struct sk_buff *skb,
					 unsigned int *bytes)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int head, n;

	*bytes = skb->len;
	if (likely(!skb_is_gso(skb)))
		return 1;
	/* The end of the headers is known only with a partial checksum. */
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return info->gso_segs ?: 1;
	head = skb_checksum_start_offset(skb);
	if (info->gso_type & SKB_GSO_UDP_L4)
		head += sizeof(struct udphdr);
	else if (head + sizeof(struct tcphdr) <= skb_headlen(skb))
		head += __tcp_hdrlen((struct tcphdr *)(skb->data + head));
	if (head >= skb->len)
		return info->gso_segs ?: 1;
	n = DIV_ROUND_UP(skb->len - head, info->gso_size);
	*bytes += (n - 1) * head;
	return n;
}

/**
 * camex_sw_netstats_rx() - count packets that a link received
 * @dev: the link
 * @packets: packets
 * @bytes: their bytes
 *
 * Context: bottom halves disabled.
 */
static inline void camex_sw_netstats_rx(struct net_device *dev,
					unsigned int packets, unsigned int bytes)
{
	struct pcpu_sw_netstats *t = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&t->syncp);
	camex_tstats_add(&t->rx_packets, packets);
	camex_tstats_add(&t->rx_bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

#endif /* CAMEX_STATS_H */
