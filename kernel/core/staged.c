// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that wait until the protocol has a session with their peer, or until a new peer without
 * an endpoint is heard. They stay charged to their socket, so that a sender with a full buffer
 * waits, too.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/timer.h"

/**
 * struct staged - data of a waiting packet, in skb->cb
 * @protocol: as for camex_tx()
 */
struct staged {
	__be16 protocol;
};

static struct staged *staged_of(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct staged) > sizeof(skb->cb));
	return (struct staged *)skb->cb;
}

static void drop_packet(struct camex_peer *peer, struct sk_buff *skb, int why)
{
	camex_free_sent(peer->cdev, peer, skb, why);
}

/* Remove the oldest packets until the rest is within the limits. */
static void take_surplus(struct camex_peer *peer, struct sk_buff_head *surplus)
{
	struct sk_buff *oldest;

	lockdep_assert_held(&peer->staged.lock);
	while (skb_queue_len(&peer->staged) > CAMEX_STAGED_MAX ||
	       (skb_queue_len(&peer->staged) > 1 &&
		peer->staged_memory > CAMEX_STAGED_MEMORY)) {
		oldest = __skb_dequeue(&peer->staged);
		peer->staged_memory -= oldest->truesize;
		__skb_queue_tail(surplus, oldest);
	}
}

/**
 * camex_stage() - queue a packet until there is a session; the oldest ones are dropped
 * @peer: the receiver
 * @skb: the packet or GSO packet, as for camex_tx(); consumed on success
 * @protocol: as for camex_tx()
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or why it was not queued (CAMEX_A_STATS_*): the link is down, or the peer deleted.
 */
int camex_stage(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol)
{
	struct net_device *dev = peer->cdev->dev;
	struct sk_buff_head surplus;
	struct sk_buff *oldest;
	bool closed;

	__skb_queue_head_init(&surplus);
	spin_lock(&peer->staged.lock);
	/* The final purge runs after these flags are set, so no packet is queued after it. */
	closed = !netif_running(dev) || READ_ONCE(peer->dead);
	if (!closed) {
		/* Its input device and route may not exist any more when it is sent. */
		skb->dev = dev;
		skb_dst_drop(skb);
		nf_reset_ct(skb);
		staged_of(skb)->protocol = protocol;
		__skb_queue_tail(&peer->staged, skb);
		peer->staged_memory += skb->truesize;
		take_surplus(peer, &surplus);
	}
	spin_unlock(&peer->staged.lock);
	if (closed)
		return CAMEX_A_STATS_QUEUE_FULL;
	while ((oldest = __skb_dequeue(&surplus)))
		drop_packet(peer, oldest, CAMEX_A_STATS_QUEUE_FULL);
	return 0;
}

/* Take all waiting packets, the oldest one first. */
static void take_staged(struct camex_peer *peer, struct sk_buff_head *packets)
{
	__skb_queue_head_init(packets);
	spin_lock_bh(&peer->staged.lock);
	skb_queue_splice_init(&peer->staged, packets);
	peer->staged_memory = 0;
	spin_unlock_bh(&peer->staged.lock);
}

/**
 * camex_staged_send() - send the waiting packets
 * @peer: a peer that has a session now
 *
 * If the session has ended again, the packets continue to wait.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_staged_send(struct camex_peer *peer)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	if (!camex_staged_any(peer))
		return;
	take_staged(peer, &packets);
	while ((skb = __skb_dequeue(&packets))) {
		__be16 protocol = staged_of(skb)->protocol;
		unsigned int room;
		int why;

		memset(skb->cb, 0, sizeof(struct staged));
		why = camex_tx(peer, skb, protocol, &room);
		if (why)
			drop_packet(peer, skb, why);
	}
}

/* Until when packets wait for a peer without an endpoint to be heard. */
static unsigned long heard_until(const struct camex_peer *peer)
{
	return READ_ONCE(peer->live.since) + CAMEX_STAGED_UNTIL_HEARD;
}

/*
 * May a packet wait for a peer without an endpoint? Forwarded packets are charged to no socket, so
 * the memory for all peers of a device is limited.
 */
static bool may_wait_unheard(struct camex_dev *cdev, const struct sk_buff *skb)
{
	struct camex_unheard *unheard = &cdev->unheard;
	bool fits;

	spin_lock(&cdev->lock);
	if (!time_in_range(jiffies, unheard->since, unheard->since + CAMEX_STAGED_UNTIL_HEARD)) {
		unheard->since = jiffies;
		unheard->bytes = 0;
	}
	fits = skb->truesize <= CAMEX_STAGED_UNHEARD_MEMORY - unheard->bytes;
	if (fits)
		unheard->bytes += skb->truesize;
	spin_unlock(&cdev->lock);
	return fits;
}

/**
 * camex_stage_until_heard() - keep a packet for a peer that has no endpoint yet, if it was
 *	configured or the link went up only a moment ago
 * @peer: the receiver
 * @skb: as for camex_stage()
 * @protocol: as for camex_tx()
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or the counter for the reason why it is not kept (CAMEX_A_STATS_*).
 */
int camex_stage_until_heard(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol)
{
	struct camex_dev *cdev = peer->cdev;
	unsigned long until = heard_until(peer);
	int why;

	if (!cdev->protocol->come_by_themselves || !time_before(jiffies, until) ||
	    !may_wait_unheard(cdev, skb))
		return CAMEX_A_STATS_NO_ENDPOINT;
	why = camex_stage(peer, skb, protocol);
	if (why)
		return why;
	spin_lock(&cdev->lock);
	/* The peer may have got an endpoint meanwhile. */
	camex_peer_wake(peer, rcu_access_pointer(peer->endpoint) ? jiffies : until);
	spin_unlock(&cdev->lock);
	return 0;
}

/**
 * camex_staged_due() - when does the wait of packets for an endpoint end
 * @peer: the peer
 * @now: jiffies
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until camex_staged_act() has something to do, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_staged_due(struct camex_peer *peer, unsigned long now)
{
	if (!peer->cdev->protocol->come_by_themselves || !camex_staged_any(peer))
		return MAX_JIFFY_OFFSET;
	return rcu_access_pointer(peer->endpoint) ? 0 : camex_time_left(heard_until(peer), now);
}

/**
 * camex_staged_act() - send the packets that waited for an endpoint, or drop them if they have
 *	waited too long
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_staged_act(struct camex_peer *peer)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	if (rcu_access_pointer(peer->endpoint)) {
		camex_staged_send(peer);
		return;
	}
	take_staged(peer, &packets);
	while ((skb = __skb_dequeue(&packets)))
		drop_packet(peer, skb, CAMEX_A_STATS_NO_ENDPOINT);
}

/**
 * camex_staged_purge() - drop the waiting packets
 * @peer: the peer
 *
 * Context: any but with interrupts off.
 */
void camex_staged_purge(struct camex_peer *peer)
{
	struct sk_buff_head packets;

	take_staged(peer, &packets);
	__skb_queue_purge(&packets);
}
