// SPDX-License-Identifier: GPL-2.0-only
/*
 * One timer for each peer, which runs when the next thing is due. Packets only
 * note when they came and went; the timer looks at that. The times are those of
 * the OpenIPC camex daemon.
 */
#include <linux/jiffies.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/timer.h"
#include "core/transport.h"
#include "protocol/camex/registration.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/session_rank.h"

#define REGISTER_EVERY	(10 * HZ)
/* While CONFIG has not come. Servers ignore a second one within 5 seconds. */
#define AUTO_EVERY	(5 * HZ + HZ / 10)
#define KEEPALIVE_EVERY	10		/* seconds, where nobody chose */
#define LOST_AFTER	(120 * HZ)
/* What we sent ought to have been answered in this time. */
#define ANSWER_WITHIN	(20 * HZ)
/* How often REGISTER is repeated with traffic until something is heard. */
#define HELLO_EVERY	HZ
/*
 * On 32-bit machines jiffies come round in weeks. A note of when something happened is
 * kept no older than this, and looked at as often, so that it never seems to be to come.
 */
#define LONGEST_AGO	((unsigned long)MAX_JIFFY_OFFSET / 2)

/**
 * camex_peer_registers() - do we register with a peer
 * @peer: the peer
 *
 * Return: what was chosen, else MANUAL where we know how to reach it.
 */
enum camex_register camex_peer_registers(const struct camex_peer *peer)
{
	int registers = READ_ONCE(peer->registers);

	if (registers != CAMEX_PEER_DEFAULT)
		return registers;
	return peer->cdev->protocol->registers && rcu_access_pointer(peer->configured) ?
	       CAMEX_REGISTER_MANUAL : CAMEX_REGISTER_OFF;
}

/**
 * camex_peer_keepalive() - after how much silence of ours KEEPALIVE is sent
 * @peer: the peer
 *
 * Return: seconds, 0 for never.
 */
unsigned int camex_peer_keepalive(const struct camex_peer *peer)
{
	int keepalive = READ_ONCE(peer->keepalive);

	if (keepalive != CAMEX_PEER_DEFAULT)
		return keepalive;
	return peer->cdev->protocol->registers &&
	       (rcu_access_pointer(peer->configured) || READ_ONCE(peer->automatic)) ?
	       KEEPALIVE_EVERY : 0;
}

/* Send REGISTER or KEEPALIVE. */
static void send_hello(struct camex_peer *peer, struct camex_endpoint *ep,
		       bool registers)
{
	struct sk_buff *skb;
	u8 type;

	if (!camex_catch_up_hello(peer))
		return;
	WRITE_ONCE(peer->introduced_at, jiffies);
	WRITE_ONCE(peer->introduced, true);
	skb = camex_control_body(peer, registers, &type);
	camex_control_send(peer, ep, skb, type);
}

/**
 * camex_peer_introduce() - say who we are before the first packet of a session
 * @peer: the peer, which was not heard since the session is used
 * @ep: its endpoint
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if nothing may be sealed, because the machine hibernates.
 */
bool camex_peer_introduce(struct camex_peer *peer, struct camex_endpoint *ep)
{
	unsigned long last = READ_ONCE(peer->introduced_at), now = jiffies;
	unsigned long every = READ_ONCE(peer->waiting) ? AUTO_EVERY : HELLO_EVERY;

	if (unlikely(camex_clock_hibernates()) && rcu_access_pointer(peer->tx))
		return false;
	if (!peer->cdev->protocol->hello)
		return true;
	if (READ_ONCE(peer->introduced) &&
	    time_before(now, last + every))
		return true;
	/* Of several CPUs that get here one does it. */
	if (cmpxchg(&peer->introduced_at, last, now) == last)
		send_hello(peer, ep, camex_peer_registers(peer) != CAMEX_REGISTER_OFF);
	return true;
}

/* What is due: bits of camex_due.what. */
#define DUE_REGISTER	BIT(0)
#define DUE_KEEPALIVE	BIT(1)

/* The time that is left until @when. */
static unsigned long time_left(unsigned long when, unsigned long now)
{
	return time_after(when, now) ? when - now : 0;
}

/* When something was heard last, or ought to have been. */
static unsigned long last_heard(const struct camex_peer *peer)
{
	unsigned long seen = READ_ONCE(peer->seen);

	return time_after(peer->since, seen) ? peer->since : seen;
}

/* Is the peer lost? Return jiffies until it could be. */
static unsigned long watch_peer(struct camex_peer *peer, unsigned long now)
{
	bool registers = camex_peer_registers(peer) != CAMEX_REGISTER_OFF;
	unsigned long heard = last_heard(peer), until;
	unsigned long unanswered_since = READ_ONCE(peer->unanswered_since);

	if (peer->lost || !rcu_access_pointer(peer->endpoint) ||
	    !(registers || camex_peer_keepalive(peer)))
		return MAX_JIFFY_OFFSET;
	until = time_left(heard + LOST_AFTER, now);
	if (registers && time_after(unanswered_since, heard))
		until = min(until, time_left(unanswered_since + ANSWER_WITHIN, now));
	if (until)
		return until;
	peer->lost = true;
	WRITE_ONCE(peer->alive, false);
	/* Who has forgotten us may have another address for us now. */
	if (camex_peer_registers(peer) == CAMEX_REGISTER_AUTO)
		camex_peer_reregister(peer);
	camex_peer_tell(peer, CAMEX_EVENT_PEER_LOST);
	return MAX_JIFFY_OFFSET;
}

/* The time until the peer is looked for where it was configured to be, too. */
static unsigned long until_home(const struct camex_peer *peer,
				const struct camex_endpoint *ep, unsigned long now)
{
	if (!rcu_access_pointer(peer->configured) || rcu_access_pointer(peer->configured) == ep)
		return MAX_JIFFY_OFFSET;
	return time_left(last_heard(peer) + ANSWER_WITHIN, now);
}

/* What is to be sent? Return jiffies until something is again. */
static unsigned long plan_hello(struct camex_peer *peer, unsigned long now,
				struct camex_due *due)
{
	unsigned int keepalive = camex_peer_keepalive(peer);
	unsigned long next = MAX_JIFFY_OFFSET, until, configured;

	due->ep = rcu_dereference_protected(peer->endpoint,
					    lockdep_is_held(&peer->cdev->lock));
	if (!due->ep || !netif_carrier_ok(peer->cdev->dev) ||
	    !peer->cdev->protocol->hello || peer->cdev->protocol->ready(peer))
		return next;
	if (peer->announce)
		due->what |= DUE_KEEPALIVE;
	peer->announce = false;
	if (camex_peer_registers(peer) != CAMEX_REGISTER_OFF) {
		until = time_left(peer->next_register, now);
		if (!until) {
			due->what |= DUE_REGISTER;
			until = peer->waiting ? AUTO_EVERY : REGISTER_EVERY;
			/* Perhaps it is back where it was. */
			configured = until_home(peer, due->ep, now);
			if (configured)
				until = min(until, configured);
			else
				due->configured = camex_peer_home(peer);
			peer->next_register = now + until;
		}
		next = until;
	}
	if (keepalive) {
		until = time_left(READ_ONCE(peer->sent) + keepalive * HZ, now);
		if (due->what || !until) {
			due->what |= DUE_KEEPALIVE;
			until = keepalive * HZ;
		}
		next = min(next, until);
	}
	return next;
}

static void keep_past(unsigned long *when, unsigned long now)
{
	unsigned long old = READ_ONCE(*when);

	/* Only what is due soon may be to come; packets may write it meanwhile. */
	if (unlikely(now - old > LONGEST_AGO && old - now > LOST_AFTER))
		cmpxchg(when, old, now - LONGEST_AGO);
}

static void keep_all_past(struct camex_peer *peer, unsigned long now)
{
	struct camex_session_rx *rx;
	struct camex_peer_link *link;

	keep_past(&peer->seen, now);
	keep_past(&peer->sent, now);
	keep_past(&peer->unanswered_since, now);
	keep_past(&peer->answered_us, now);
	keep_past(&peer->caught_up, now);
	keep_past(&peer->refused_at, now);
	keep_past(&peer->since, now);
	keep_past(&peer->introduced_at, now);
	keep_past(&peer->next_register, now);
	keep_past(&peer->answered_at, now);
	list_for_each_entry(rx, &peer->open, base.peer_node)
		keep_past(&rx->heard, now);
	link = rcu_dereference_protected(peer->link,
					 lockdep_is_held(&peer->cdev->lock));
	if (link)
		keep_past(&link->made, now);
}

static void run_peer_timer(struct timer_list *timer)
{
	struct camex_peer *peer = container_of(timer, struct camex_peer, timer);
	struct camex_dev *cdev = peer->cdev;
	unsigned long now = jiffies, next;
	struct camex_due hello = {}, due = {};

	rcu_read_lock_bh();
	spin_lock(&cdev->lock);
	if (peer->dead || !netif_running(cdev->dev)) {
		spin_unlock(&cdev->lock);
		goto out;
	}
	keep_all_past(peer, now);
	next = min(LONGEST_AGO, camex_session_rank_due(peer, now));
	next = min(next, watch_peer(peer, now));
	next = min(next, camex_catch_up_look(peer, now));
	if (cdev->link->peer_due)
		next = min(next, cdev->link->peer_due(peer, now));
	next = min(next, plan_hello(peer, now, &hello));
	if (cdev->protocol->due)
		next = min(next, cdev->protocol->due(peer, now, &due));
	mod_timer(&peer->timer, now + max(next, 1UL));
	spin_unlock(&cdev->lock);

	if (hello.what)
		send_hello(peer, hello.ep, hello.what & DUE_REGISTER);
	if (hello.configured)
		send_hello(peer, hello.configured, true);
	if (due.what)
		cdev->protocol->act(peer, &due);
out:
	rcu_read_unlock_bh();
}

/**
 * camex_peer_wake() - look after a peer no later than then
 * @peer: the peer
 * @when: jiffies
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_wake(struct camex_peer *peer, unsigned long when)
{
	lockdep_assert_held(&peer->cdev->lock);
	if (!peer->dead && netif_running(peer->cdev->dev))
		timer_reduce(&peer->timer, when);
}

CAMEX_EXPORT_FOR_KUNIT(camex_peer_wake);

/**
 * camex_peer_reregister() - register with AUTO, from the beginning
 * @peer: a peer of CAMEX_REGISTER_AUTO
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_reregister(struct camex_peer *peer)
{
	WRITE_ONCE(peer->waiting, true);
	peer->next_register = jiffies;
	camex_peer_wake(peer, jiffies);
}

/**
 * camex_timer_init() - get the timer of a new peer ready
 * @peer: the peer
 */
void camex_timer_init(struct camex_peer *peer)
{
	timer_setup(&peer->timer, run_peer_timer, 0);
	peer->registers = CAMEX_PEER_DEFAULT;
	peer->keepalive = CAMEX_PEER_DEFAULT;
	peer->since = jiffies;
	peer->seen = jiffies;
	peer->sent = jiffies;
	peer->unanswered_since = jiffies;
	peer->answered_us = jiffies;
	peer->told = jiffies - 1;
	peer->caught_up = jiffies;
	peer->refused_at = jiffies;
	peer->introduced_at = jiffies;
	peer->next_register = jiffies;
}

/* A profile is the peer's or ours, and does not outlive the change. */
static void set_register(struct camex_peer *peer, int registers)
{
	bool was = camex_peer_registers(peer) == CAMEX_REGISTER_AUTO;
	bool is = registers == CAMEX_REGISTER_AUTO;

	WRITE_ONCE(peer->registers, registers);
	WRITE_ONCE(peer->waiting, is);
	if (is != was)
		camex_profile_set(peer, NULL);
}

/* The peer hears from us at once; who registers says so with that. */
static void begin_hello(struct camex_peer *peer)
{
	peer->next_register = jiffies;
	if (!peer->cdev->protocol->registers && camex_peer_keepalive(peer))
		peer->announce = true;
	camex_peer_wake(peer, jiffies);
}

/**
 * camex_timer_set() - somebody chooses what is sent when
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, of which the timers' are taken
 *
 * Context: RTNL.
 */
void camex_timer_set(struct camex_peer *peer, struct nlattr **tb)
{
	struct camex_dev *cdev = peer->cdev;

	if (tb[CAMEX_A_PEER_KEEPALIVE])
		WRITE_ONCE(peer->keepalive,
			   nla_get_u16(tb[CAMEX_A_PEER_KEEPALIVE]));
	spin_lock_bh(&cdev->lock);
	if (tb[CAMEX_A_PEER_REGISTER])
		set_register(peer, nla_get_u32(tb[CAMEX_A_PEER_REGISTER]));
	begin_hello(peer);
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_timer_stop() - wait for the timer of a peer, and stop it for good
 * @peer: a peer that is dead, or whose link is down
 *
 * Context: RTNL, may sleep.
 */
void camex_timer_stop(struct camex_peer *peer)
{
	timer_delete_sync(&peer->timer);
}

/**
 * camex_timers_up() - the link goes up: begin anew with all peers
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_timers_up(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;
	int err = 0;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		err = camex_peer_renew(peer);
		if (!err && cdev->protocol->renew)
			err = cdev->protocol->renew(peer);
		peer->since = jiffies;
		if (camex_peer_registers(peer) == CAMEX_REGISTER_AUTO)
			WRITE_ONCE(peer->waiting, true);
		begin_hello(peer);
		spin_unlock_bh(&cdev->lock);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

/**
 * camex_timers_down() - the link goes down: nothing is sent any more
 * @cdev: the device, no longer running
 *
 * Context: RTNL, may sleep.
 */
void camex_timers_down(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	/* Who has not seen that the link is down has started its timer by then. */
	spin_lock_bh(&cdev->lock);
	spin_unlock_bh(&cdev->lock);
	xa_for_each(&cdev->peers, number, peer) {
		camex_timer_stop(peer);
		camex_staged_purge(peer);
		cond_resched();
	}
}

/**
 * camex_timers_resume() - peers hear from us at once where nothing could be sent for a while
 * @cdev: the device
 * @unused: for camex_namespace_each()
 *
 * Context: RTNL, may sleep.
 */
void camex_timers_resume(struct camex_dev *cdev, s64 unused)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		if (rcu_access_pointer(peer->tx))
			begin_hello(peer);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/**
 * camex_timers_changed() - the settings of the device are others
 * @cdev: the device
 * @renamed: its CLIENT_ID too; a session is one client's, so there is a new one
 *
 * Context: RTNL, may sleep.
 */
void camex_timers_changed(struct camex_dev *cdev, bool renamed)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		if (renamed &&
		    camex_peer_registers(peer) == CAMEX_REGISTER_AUTO) {
			/* Without memory the old ID stays until it is lost. */
			camex_peer_renew(peer);
			camex_peer_reregister(peer);
		}
		camex_peer_wake(peer, jiffies);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}
