// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which transport a peer is reached by. A peer without a configured endpoint is answered by the
 * transport that it was heard on last, as by any endpoint that it moves to. A peer with a
 * configured endpoint is tried by UDP. If it does not answer within 20 seconds, TCP is connected;
 * if the peer has not answered when the connection is established, TCP is used. From then on UDP is
 * tried from time to time. The first answer by UDP moves the peer back.
 *
 * The endpoint of the other transport stays as the standby for a while, since datagrams may still
 * be on their way by it. It keeps the connection open.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "transport/udp_tcp/udp_tcp.h"

/* A peer that has not answered for this long is asked for an answer. */
#define REMIND_AFTER	(10 * HZ)
/* How often time stamps of packets are evaluated. */
#define LOOK_EVERY	(2 * HZ)
/* How often UDP is tried while a peer answers by TCP. */
#define TRY_EVERY	(30 * HZ)
/*
 * The peer may have followed the trial, but its answers do not arrive: after this time it hears
 * from us by TCP again.
 */
#define TRY_FOR		HZ
/*
 * After a move to UDP, datagrams that are still under way by TCP do not move the peer back. The
 * standby is kept for that long, too.
 */
#define HOLD		(5 * HZ)
/* How long it is kept if the peer is the one that chooses. */
#define KEEP		(60 * HZ)

/* Reasons to send a datagram without a packet: to the current endpoint, to the configured one. */
#define DUE_HELLO	BIT(0)
#define DUE_TRY		BIT(1)

static struct camex_fallback *fallback_of(const struct camex_peer *peer)
{
	return camex_peer_transport_own(peer);
}

static struct camex_endpoint *current_endpoint(const struct camex_peer *peer)
{
	return rcu_dereference_protected(peer->endpoint, lockdep_is_held(&peer->cdev->lock));
}

static void set_standby(struct camex_peer *peer, struct camex_endpoint *ep)
{
	struct camex_fallback *f = fallback_of(peer);
	struct camex_endpoint *old = f->standby;

	f->standby = ep;
	camex_endpoint_free(old);
}

/* Restart waiting for an answer: the transport has changed, or the peer was given an endpoint. */
static void begin_waiting(struct camex_fallback *f)
{
	f->since = jiffies;
	f->tried = jiffies;
	f->asks = false;
	f->trying = false;
}

/**
 * camex_fallback_reset() - a peer is reached by its configured endpoint again
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_fallback_reset(struct camex_peer *peer)
{
	set_standby(peer, NULL);
	begin_waiting(fallback_of(peer));
	camex_peer_wake(peer, jiffies + LOOK_EVERY);
}

/**
 * camex_fallback_moved() - camex_transport_ops.moved
 * @peer: the peer
 * @old: its endpoint before
 *
 * Context: camex_dev.lock held.
 * Return: true if @old is the standby now.
 */
bool camex_fallback_moved(struct camex_peer *peer, struct camex_endpoint *old)
{
	const struct camex_endpoint *ep = current_endpoint(peer);

	if (!ep) {
		set_standby(peer, NULL);
		return false;
	}
	if (ep->to.carrier == old->to.carrier)
		return false;
	begin_waiting(fallback_of(peer));
	camex_peer_wake(peer, jiffies + LOOK_EVERY);
	if (old == camex_peer_configured(peer)) {
		set_standby(peer, NULL);
		return false;
	}
	set_standby(peer, old);
	return true;
}

/**
 * camex_fallback_may_move() - camex_transport_ops.may_move
 * @peer: the peer
 * @to: source of a datagram
 *
 * Context: camex_dev.lock held.
 */
bool camex_fallback_may_move(const struct camex_peer *peer, const struct camex_addr *to)
{
	const struct camex_endpoint *ep = current_endpoint(peer);

	return !ep || !camex_peer_configured(peer) || ep->to.carrier == CAMEX_CARRIER_TCP ||
	       to->carrier != CAMEX_CARRIER_TCP ||
	       !time_before(jiffies, fallback_of(peer)->since + HOLD);
}

/* --- a peer with a configured endpoint --- */

/* Does a peer owe an answer, and since when? */
static bool owes_answer(struct camex_peer *peer)
{
	unsigned long heard = camex_peer_last_heard(peer), sent = READ_ONCE(peer->live.sent);
	unsigned long unanswered_since = READ_ONCE(peer->live.unanswered_since);
	struct camex_fallback *f = fallback_of(peer);

	if (time_after(f->since, heard))
		heard = f->since;
	if (!time_after(sent, heard)) {
		f->asks = false;
	} else if (!f->asks || !time_after(f->asked, heard)) {
		f->asks = true;
		f->reminded = false;
		f->asked = time_after(unanswered_since, heard) ? unanswered_since : sent;
	}
	return f->asks;
}

/* Reach a peer by another endpoint from now on. */
static void use_endpoint(struct camex_peer *peer, struct camex_endpoint *ep)
{
	camex_endpoint_swap(peer, ep);
	camex_peer_tell(peer, CAMEX_EVENT_ENDPOINT);
}

/* UDP is not answered: begin to connect by TCP. */
static void prepare_tcp(struct camex_peer *peer, const struct camex_endpoint *configured)
{
	struct camex_fallback *f = fallback_of(peer);
	struct camex_addr to = configured->to;

	to.carrier = CAMEX_CARRIER_TCP;
	/* An established connection would not report again that it was made. */
	set_standby(peer, NULL);
	/* Without memory the next check tries again. */
	set_standby(peer, camex_endpoint_new(peer, &to, NULL));
	if (!f->standby)
		return;
	f->trying = true;
	camex_transport_tcp.connect(peer->cdev, f->standby);
}

/**
 * camex_fallback_connected() - camex_transport_ops.connected
 * @peer: the peer
 * @ep: an endpoint of it
 *
 * Context: RCU reader, camex_dev.lock held.
 */
void camex_fallback_connected(struct camex_peer *peer, struct camex_endpoint *ep)
{
	const struct camex_endpoint *now = current_endpoint(peer);
	struct camex_fallback *f = fallback_of(peer);

	if (f->standby != ep || !f->trying || !now || now->to.carrier == CAMEX_CARRIER_TCP ||
	    !owes_answer(peer))
		return;
	f->standby = NULL;
	use_endpoint(peer, ep);
	/* The next check sends a datagram by it. */
	f->trying = true;
	f->tried = jiffies - TRY_FOR;
}

static unsigned long wait_for_answer(struct camex_peer *peer, unsigned long now,
				     unsigned long *what)
{
	struct camex_endpoint *configured = camex_peer_configured(peer);
	struct camex_fallback *f = fallback_of(peer);
	unsigned long left;

	left = camex_time_left(f->asked + REMIND_AFTER, now);
	if (left)
		return left;
	if (!f->reminded)
		*what |= DUE_HELLO;
	f->reminded = true;
	left = camex_time_left(f->asked + CAMEX_ANSWER_WITHIN, now);
	if (left)
		return left;
	if (current_endpoint(peer)->to.carrier == CAMEX_CARRIER_TCP) {
		use_endpoint(peer, configured);
		*what |= DUE_HELLO;
	} else if (!f->trying) {
		prepare_tcp(peer, configured);
	}
	return LOOK_EVERY;
}

/*
 * For a peer that is reached by TCP: try UDP from time to time, and send by TCP again after each
 * trial.
 */
static unsigned long try_udp(struct camex_fallback *f, unsigned long now, unsigned long *what)
{
	unsigned long left;

	left = camex_time_left(f->tried + (f->trying ? TRY_FOR : TRY_EVERY), now);
	if (left)
		return left;
	*what |= f->trying ? DUE_HELLO : DUE_TRY;
	f->trying = !f->trying;
	f->tried = now;
	return f->trying ? TRY_FOR : TRY_EVERY;
}

/**
 * camex_fallback_due() - camex_transport_ops.due
 * @peer: the peer
 * @now: jiffies
 * @what: result: DUE_*
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until the next check, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_fallback_due(struct camex_peer *peer, unsigned long now,
				 unsigned long *what)
{
	const struct camex_endpoint *configured = camex_peer_configured(peer);
	const struct camex_endpoint *ep = current_endpoint(peer);
	struct camex_fallback *f = fallback_of(peer);
	unsigned long next = MAX_JIFFY_OFFSET;
	bool owes;

	camex_keep_past(&f->since, now);
	camex_keep_past(&f->asked, now);
	camex_keep_past(&f->tried, now);
	owes = configured && ep && owes_answer(peer);
	if (f->standby && !(owes && f->trying && ep->to.carrier != CAMEX_CARRIER_TCP)) {
		next = camex_time_left(f->since + (configured ? HOLD : KEEP), now);
		if (!next) {
			set_standby(peer, NULL);
			f->trying &= ep && ep->to.carrier == CAMEX_CARRIER_TCP;
			next = MAX_JIFFY_OFFSET;
		}
	}
	if (!configured || !ep)
		return next;
	next = min_t(unsigned long, next, LOOK_EVERY);
	if (owes)
		next = min(next, wait_for_answer(peer, now, what));
	ep = current_endpoint(peer);
	if (ep->to.carrier == CAMEX_CARRIER_TCP &&
	    (f->trying || time_after(READ_ONCE(peer->live.seen), f->since)))
		next = min(next, try_udp(f, now, what));
	return next;
}

/**
 * camex_fallback_act() - camex_transport_ops.act
 * @peer: the peer
 * @what: DUE_*
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_fallback_act(struct camex_peer *peer, unsigned long what)
{
	struct camex_endpoint *ep;

	ep = rcu_dereference_bh(peer->endpoint);
	if (ep && (what & DUE_HELLO))
		peer->cdev->protocol->hello(peer, ep);
	ep = rcu_dereference_bh(peer->configured);
	if (ep && (what & DUE_TRY))
		peer->cdev->protocol->hello(peer, ep);
}

/**
 * camex_fallback_asked() - camex_transport_ops.asked: answer a peer, so that it knows by which
 *	transport it gets through
 * @peer: the peer
 * @from: source of its datagram
 *
 * Only a peer that chooses the transport is answered, so two ends never answer each other.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_fallback_asked(struct camex_peer *peer, const struct camex_addr *from)
{
	struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);

	if (ep && !rcu_access_pointer(peer->configured) && !memcmp(&ep->to, from, sizeof(*from)))
		peer->cdev->protocol->hello(peer, ep);
}
