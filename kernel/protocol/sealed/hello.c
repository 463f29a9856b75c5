// SPDX-License-Identifier: GPL-2.0-only
/* Sending control messages: REGISTER, KEEPALIVE and CONFIG. */
#include <linux/skbuff.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/drop.h"
#include "core/timer.h"
#include "core/transport.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/sealed.h"

/* How often a hello is repeated with traffic until something is heard. */
#define HELLO_EVERY	HZ
/* The same for the first packet after a pause. */
#define HELLO_PAUSE	(HZ / 10)

/**
 * camex_hello_body() - allocate the body of a control message, with room for the headers
 * @peer: the receiver
 * @size: maximum bytes of the body
 *
 * Return: an empty body, or NULL without memory.
 */
struct sk_buff *camex_hello_body(const struct camex_peer *peer, unsigned int size)
{
	const struct net_device *dev = peer->cdev->dev;
	unsigned int headroom = READ_ONCE(dev->needed_headroom);
	struct sk_buff *skb = alloc_skb(headroom + size + dev->needed_tailroom,
					GFP_ATOMIC);

	if (skb)
		skb_reserve(skb, headroom);
	return skb;
}

/**
 * camex_hello_send() - send a control message
 * @peer: the receiver
 * @ep: destination
 * @skb: the text, consumed; NULL: its allocation failed
 * @type: enum camex_wire_type
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_hello_send(struct camex_peer *peer, struct camex_endpoint *ep,
		      struct sk_buff *skb, u8 type)
{
	int why = CAMEX_A_STATS_NO_MEMORY;
	struct camex_dev *cdev = peer->cdev;
	struct camex_way way = {};

	camex_note_now(&peer->live.sent);
	if (!skb)
		goto out;
	why = cdev->transport->route(cdev, ep, &way);
	if (why) {
		kfree_skb(skb);
		goto out;
	}
	skb = cdev->protocol->sealed->hello(peer, skb, type, &why);
	if (skb)
		why = cdev->transport->send(cdev, ep, &way, skb);
out:
	if (why)
		camex_drop_sent(cdev, peer, why, 1);
}

/* Send REGISTER or KEEPALIVE. */
static void send_hello(struct camex_peer *peer, struct camex_endpoint *ep,
		       bool registers)
{
	const struct camex_sealed_ops *sealed = peer->cdev->protocol->sealed;
	u8 type = CAMEX_WIRE_KEEPALIVE;
	struct sk_buff *skb;

	if (!camex_catch_up_hello(peer))
		return;
	WRITE_ONCE(camex_sealed_of(peer)->introduced_at, jiffies);
	WRITE_ONCE(peer->live.introduced, true);
	skb = sealed->introduction ? sealed->introduction(peer, registers, &type) :
				     camex_hello_body(peer, 0);
	camex_hello_send(peer, ep, skb, type);
}

/*
 * Is it time for a hello before a packet? The peer may have started since the last hello, and it
 * drops packets of an unknown session. So the first packet after a pause is always preceded by a
 * hello.
 */
static bool is_hello_due(struct camex_peer *peer, unsigned long last, unsigned long now)
{
	const struct camex_sealed_ops *sealed = peer->cdev->protocol->sealed;
	unsigned long every = sealed->introduce_every ? sealed->introduce_every(peer) : HELLO_EVERY;
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long asked = READ_ONCE(own->asked_at);

	camex_note_now(&own->asked_at);
	if (!READ_ONCE(peer->live.introduced) || !time_before(now, last + every))
		return true;
	return every == HELLO_EVERY && last != now && !time_before(now, asked + HELLO_PAUSE);
}

/**
 * camex_hello_introduce() - camex_protocol_ops.introduce: send REGISTER or KEEPALIVE before the
 *	first packet of a session
 * @peer: the peer, which was not heard since the session began
 * @ep: its endpoint
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if nothing may be sealed, because the machine hibernates.
 */
bool camex_hello_introduce(struct camex_peer *peer, struct camex_endpoint *ep)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long last = READ_ONCE(own->introduced_at), now = jiffies;
	bool registers;

	if (unlikely(camex_clock_hibernates()) && rcu_access_pointer(own->tx))
		return false;
	if (!is_hello_due(peer, last, now))
		return true;
	/* If several CPUs get here, one of them sends it. */
	if (cmpxchg(&own->introduced_at, last, now) != last)
		return true;
	registers = protocol->registers && protocol->registers(peer) != CAMEX_REGISTER_OFF;
	send_hello(peer, ep, registers);
	return true;
}

/**
 * camex_hello_now() - camex_protocol_ops.hello
 * @peer: the peer
 * @ep: an endpoint of it
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_hello_now(struct camex_peer *peer, struct camex_endpoint *ep)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	bool registers = protocol->registers && protocol->registers(peer) != CAMEX_REGISTER_OFF;

	if (!protocol->ready(peer))
		send_hello(peer, ep, registers);
}

/**
 * camex_hello_due() - which control message is due for a peer
 * @peer: the peer
 * @now: jiffies
 * @due: result
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until the next one is due, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_hello_due(struct camex_peer *peer, unsigned long now,
			      struct camex_due *due)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	unsigned int keepalive = camex_peer_keepalive(peer);
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long next = MAX_JIFFY_OFFSET, until;

	due->ep = rcu_dereference_protected(peer->endpoint,
					    lockdep_is_held(&peer->cdev->lock));
	if (!due->ep || !netif_carrier_ok(peer->cdev->dev) || protocol->ready(peer))
		return next;
	if (own->announce)
		due->what |= CAMEX_DUE_KEEPALIVE;
	own->announce = false;
	if (protocol->sealed->register_due)
		next = protocol->sealed->register_due(peer, now, due);
	if (keepalive) {
		until = camex_time_left(READ_ONCE(peer->live.sent) + keepalive * HZ, now);
		if (due->what || !until) {
			due->what |= CAMEX_DUE_KEEPALIVE;
			until = keepalive * HZ;
		}
		next = min(next, until);
	}
	return next;
}

/**
 * camex_hello_act() - camex_protocol_ops.act: send the control message that is due
 * @peer: the peer
 * @due: result of camex_hello_due()
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_hello_act(struct camex_peer *peer, const struct camex_due *due)
{
	send_hello(peer, due->ep, due->what & CAMEX_DUE_REGISTER);
	if (due->configured)
		send_hello(peer, due->configured, true);
}
