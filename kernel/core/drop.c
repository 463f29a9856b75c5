// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dropped packets: one function for each direction, so that the counters of the device, those of
 * the peer, the tracepoint, the kernel's drop reason and dynamic debug always agree.
 */
#include <linux/net.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/peer.h"
#include "core/trace.h"

/* Log a drop, if dynamic debug is on: by default 10 messages in 5 s (net.core.message_cost). */
static void log_drop(const struct camex_dev *cdev, const struct camex_peer *peer, int why,
		     unsigned int packets, const char *which)
{
	net_dbg_ratelimited("%s: peer %s: %u %s packets dropped: %s\n", cdev->dev->name,
			    peer ? peer->name : "unknown", packets, which,
			    camex_stats_names[camex_stats_slot(why)]);
}

/**
 * camex_peer_dropped_received() - count datagrams of a peer that are dropped
 * @peer: the peer; NULL: unknown
 * @packets: number of them
 *
 * The caller counts them for the device.
 *
 * Context: bottom halves disabled.
 */
void camex_peer_dropped_received(struct camex_peer *peer, unsigned int packets)
{
	struct camex_traffic *t;

	if (!peer)
		return;
	t = this_cpu_ptr(peer->traffic);
	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->rx_dropped, packets);
	u64_stats_update_end(&t->syncp);
}

/**
 * camex_drop_received() - count received datagrams or packets that are dropped
 * @cdev: the device
 * @peer: the sender; NULL: unknown
 * @why: CAMEX_A_STATS_*
 * @packets: number of them
 *
 * Context: bottom halves disabled.
 */
void camex_drop_received(struct camex_dev *cdev, struct camex_peer *peer, int why,
			 unsigned int packets)
{
	camex_count(cdev->stats, why, packets);
	camex_peer_dropped_received(peer, packets);
	trace_camex_drop(cdev, peer, why, packets, true);
	log_drop(cdev, peer, why, packets, "received");
}

/**
 * camex_drop_sent() - count outgoing packets that are dropped
 * @cdev: the device
 * @peer: the receiver; NULL: none
 * @why: CAMEX_A_STATS_*
 * @packets: number of them
 *
 * Context: bottom halves disabled.
 */
void camex_drop_sent(struct camex_dev *cdev, struct camex_peer *peer, int why,
		     unsigned int packets)
{
	struct camex_traffic *t;

	camex_count(cdev->stats, why, packets);
	if (peer) {
		t = this_cpu_ptr(peer->traffic);
		u64_stats_update_begin(&t->syncp);
		u64_stats_add(&t->tx_dropped, packets);
		u64_stats_update_end(&t->syncp);
	}
	trace_camex_drop(cdev, peer, why, packets, false);
	log_drop(cdev, peer, why, packets, "sent");
}

/**
 * camex_free_received() - drop a received packet
 * @cdev: the device
 * @peer: the sender; NULL: unknown
 * @skb: the packet or GSO packet; consumed
 * @why: CAMEX_A_STATS_*
 *
 * Context: bottom halves disabled.
 */
void camex_free_received(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
			 int why)
{
	unsigned int bytes;

	camex_drop_received(cdev, peer, why, camex_packets(skb, &bytes));
	camex_kfree_skb_why(skb, why);
}

/**
 * camex_free_sent() - drop an outgoing packet
 * @cdev: the device
 * @peer: the receiver; NULL: none
 * @skb: the packet or GSO packet; consumed
 * @why: CAMEX_A_STATS_*
 *
 * Context: bottom halves disabled.
 */
void camex_free_sent(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
		     int why)
{
	unsigned int bytes;

	camex_drop_sent(cdev, peer, why, camex_packets(skb, &bytes));
	camex_kfree_skb_why(skb, why);
}
