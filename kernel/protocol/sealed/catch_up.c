// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer may refuse a session as a replay if the session began while our clock was behind. The
 * only sign of that is a peer that does not answer. While it does not answer, the sequence is set
 * forward to the clock, which may be right by now.
 */
#include "core/clock.h"
#include "core/compat.h"
#include "core/timer.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"

/* How often to check whether the clock was set. */
#define CLOCK_EVERY	HZ
/* How often the sequence is set to the clock while the peer does not answer. */
#define CATCH_UP_EVERY	(10 * HZ)

/**
 * camex_session_catch_up() - set the sequence forward to the clock
 * @tx: the session; nothing happens if it began without a clock, or is used up
 *
 * For a peer that refuses the session as a replay this has the effect of a new session, and no
 * closed session has to be remembered.
 *
 * Context: RCU reader or camex_dev.lock held.
 */
void camex_session_catch_up(struct camex_session_tx *tx)
{
	s64 now = camex_session_clock(), next = atomic64_read(&tx->next);

	if (tx->base.first <= CAMEX_SEQ_CLOCK)
		return;
	/* A session that is used up has a negative sequence. */
	while (next >= 0 && next < now &&
	       !atomic64_try_cmpxchg(&tx->next, &next, now))
		;
}

static void catch_up(struct camex_peer *peer, struct camex_session_tx *tx,
		     unsigned long now)
{
	WRITE_ONCE(camex_sealed_of(peer)->caught_up, now);
	camex_session_catch_up(tx);
}

/**
 * camex_catch_up_hello() - prepare the session of a peer for REGISTER or KEEPALIVE
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if nothing may be sealed, because the machine hibernates.
 */
bool camex_catch_up_hello(struct camex_peer *peer)
{
	struct camex_session_tx *tx = rcu_dereference_bh(camex_sealed_of(peer)->tx);
	unsigned long now = jiffies;

	if (!tx)
		return true;
	if (unlikely(camex_clock_hibernates()))
		return false;
	if (unlikely(camex_session_is_used_up(tx)))
		camex_peer_renew_used(peer);
	else if (READ_ONCE(peer->live.unheard) &&
		 !time_before(now, READ_ONCE(camex_sealed_of(peer)->caught_up) + CATCH_UP_EVERY))
		catch_up(peer, tx, now);
	return true;
}

/* A session that began without a clock is replaced once the clock is set. */
static unsigned long mind_clock(struct camex_peer *peer)
{
	struct camex_session_tx *tx;

	tx = rcu_dereference_protected(camex_sealed_of(peer)->tx,
				       lockdep_is_held(&peer->cdev->lock));
	if (likely(!tx || tx->base.first > CAMEX_SEQ_CLOCK))
		return MAX_JIFFY_OFFSET;
	if (camex_session_clock() && !camex_clock_hibernates() &&
	    !camex_peer_renew(peer))
		return MAX_JIFFY_OFFSET;
	return CLOCK_EVERY;
}

/**
 * camex_peer_is_unanswered() - does a peer not answer: a packet was sent to it, or CONFIG is
 *	awaited, and since then nothing but REGISTER and KEEPALIVE was heard
 * @peer: the peer
 * @since: result: jiffies of the last datagram that may have been an answer
 *
 * Context: any.
 */
bool camex_peer_is_unanswered(const struct camex_peer *peer, unsigned long *since)
{
	const struct camex_sealed_ops *sealed = peer->cdev->protocol->sealed;
	const struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long seen = READ_ONCE(peer->live.seen);

	*since = seen == READ_ONCE(own->told) ? READ_ONCE(own->answered_us) : seen;
	return (sealed->awaits && sealed->awaits(peer)) ||
	       time_after(READ_ONCE(peer->live.unanswered_since), *since);
}

/* Set the sequence to the clock if it is time. Return jiffies until the next check. */
static unsigned long mind_answers(struct camex_peer *peer, unsigned long now)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_session_tx *tx;
	unsigned long since;
	bool unanswered;

	tx = rcu_dereference_protected(own->tx,
				       lockdep_is_held(&peer->cdev->lock));
	unanswered = camex_peer_is_unanswered(peer, &since);
	if (!tx || !rcu_access_pointer(peer->endpoint) ||
	    !(unanswered || peer->live.lost || READ_ONCE(peer->live.unheard)) ||
	    !((protocol->expects_answer && protocol->expects_answer(peer)) ||
	      camex_peer_keepalive(peer)))
		return MAX_JIFFY_OFFSET;
	if (time_before(since, READ_ONCE(own->caught_up)))
		since = own->caught_up;
	if (!time_before(now, since + CATCH_UP_EVERY)) {
		catch_up(peer, tx, now);
		since = now;
	}
	/* If nothing is sent, it is enough to do so before the next REGISTER or KEEPALIVE. */
	return unanswered && time_after(READ_ONCE(peer->live.sent), own->caught_up) ?
	       since + CATCH_UP_EVERY - now : MAX_JIFFY_OFFSET;
}

/**
 * camex_catch_up_look() - replace the session of a peer, or set its sequence to the clock, if it
 *	is time
 * @peer: the peer
 * @now: jiffies
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until the next check, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_catch_up_look(struct camex_peer *peer, unsigned long now)
{
	return min(mind_clock(peer), mind_answers(peer, now));
}
