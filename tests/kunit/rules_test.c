// SPDX-License-Identifier: GPL-2.0-only
/* Who may open a session, and which one says where the peer is: scripts. */
#include <linux/delay.h>
#include <linux/in6.h>
#include <linux/rtnetlink.h>

#include "core/timer.h"
#include "protocol/camex/state.h"
#include "protocol/sealed/session_rank.h"
#include "test.h"

/* What our clock says, and what a peer's says that starts so much later. */
#define NOW		(CAMEX_CLOCK_MIN + 1000ULL * 3600 * NSEC_PER_SEC)
#define LATER(s)	(NOW + (s) * (s64)NSEC_PER_SEC)
#define DAY		(24 * 3600LL)

#define V4(last, p) {							\
	.family = AF_INET, .port = cpu_to_be16(p),			\
	.v4 = cpu_to_be32(0xc0000200 | (last)),				\
}

#define V6(last, p, s) {						\
	.family = AF_INET6, .port = cpu_to_be16(p), .scope = (s),	\
	.v6.s6_addr32 = { cpu_to_be32(0xfe800000), 0, 0, cpu_to_be32(last) }, \
}

/* X2 is X with another port; L and M differ in the interface alone. */
enum place { NOWHERE = -1, X, X2, Y, Y2, Z, L, L2, M };

static const struct camex_addr places[] = {
	[X] = V4(1, 7000), [X2] = V4(1, 7001), [Y] = V4(2, 7000),
	[Y2] = V4(2, 7001), [Z] = V4(3, 7000), [L] = V6(1, 7000, 2),
	[L2] = V6(1, 7001, 2), [M] = V6(1, 7000, 3),
};

static const struct camex_addr here = V4(99, 0);

static const u8 keys[][CAMEX_KEY_LEN] = { { 1 }, { 2 } };

/* --- the language --- */

enum verb {
	V_OPEN, V_REFUSED, V_DATA, V_AGAIN, V_WAIT, V_AT, V_NEXT, V_OPENS, V_RANK,
	V_CLOSES, V_CONFIGURE, V_RENEW, V_REKEY, V_OTHER_KEY, V_FORGET, V_CLOCK,
};

/**
 * struct step - one line of a script
 * @verb: what happens or is expected
 * @prefix: of the datagram
 * @seq: of the datagram
 * @from: where it comes from, or the endpoint is expected
 * @arg: more
 */
struct step {
	enum verb verb;
	u32 prefix;
	u64 seq;
	enum place from;
	long long arg;
};

#define STEP(v, ...)	{ .verb = (v), __VA_ARGS__ }

/* A datagram whose prefix is not open comes, and opens it; or does not. */
#define OPEN(p, s, f)	STEP(V_OPEN, .prefix = (p), .seq = (s), .from = (f))
#define REFUSED(p, s)	STEP(V_REFUSED, .prefix = (p), .seq = (s), \
			     .arg = CAMEX_A_STATS_REPLAYED)
/* A datagram of an open session comes, and is taken; or was taken before. */
#define DATA(p, s, f)	STEP(V_DATA, .prefix = (p), .seq = (s), .from = (f))
#define AGAIN(p, s, f)	STEP(V_AGAIN, .prefix = (p), .seq = (s), .from = (f))
/* Tenths of seconds go by; at their end the timer runs. */
#define WAIT(t)		STEP(V_WAIT, .arg = (t))
/* When the timer wants to run again: in tenths of seconds, or never. */
#define NEXT(t)		STEP(V_NEXT, .arg = (t))
#define NEVER		(-1)
/* Expected: where the peer is, how many sessions are open, and their order. */
#define AT(f)		STEP(V_AT, .from = (f))
#define OPENS(n)	STEP(V_OPENS, .arg = (n))
#define RANK(digits)	STEP(V_RANK, .arg = (digits))
/* What else can happen. */
#define CLOSES(p)	STEP(V_CLOSES, .prefix = (p))
#define CONFIGURE(f)	STEP(V_CONFIGURE, .from = (f))
#define RENEW		STEP(V_RENEW)
#define REKEY		STEP(V_REKEY)
#define OTHER_KEY	STEP(V_OTHER_KEY)
#define FORGET		STEP(V_FORGET)
#define CLOCK(c)	STEP(V_CLOCK, .seq = (c))

/* --- what runs it --- */

/**
 * struct play - a script that runs
 * @peer: the peer that it is about
 * @now: time in the script, tenths of seconds
 * @heard: when each session was heard, by prefix
 * @next: what the timer said last
 * @key: of the peer
 */
struct play {
	struct camex_peer *peer;
	long long now;
	long long heard[100];
	unsigned long next;
	int key;
};

/* Scripts have their own time: a guest that stands still for a while is no matter. */
static void set_heard(struct play *p)
{
	struct camex_session_rx *rx;

	list_for_each_entry(rx, &camex_sealed_of(p->peer)->open, base.peer_node)
		rx->heard = jiffies - (p->now - p->heard[rx->base.prefix]) * HZ / 10;
}

static struct camex_session_rx *find(struct play *p, u32 prefix)
{
	struct camex_session_rx *rx;

	list_for_each_entry(rx, &camex_sealed_of(p->peer)->open, base.peer_node)
		if (rx->base.prefix == prefix)
			return rx;
	return NULL;
}

/* A datagram goes the way that protocol_camex.c sends it; NULL if all is well. */
static const char *datagram(struct play *p, const struct step *s, int *why)
{
	struct camex_session_rx *rx = find(p, s->prefix), *opened;
	const char *wrong = NULL;
	bool highest;

	if (s->verb == V_OPEN || s->verb == V_REFUSED) {
		if (rx)
			return "it is open";
		opened = camex_session_rank_open(p->peer, key_bh(p->peer),
						 s->prefix, s->seq, false, why);
		rx = find(p, s->prefix);
		if (rx != opened)
			return "what is returned is not open";
		if (s->verb == V_REFUSED)
			return rx ? "it is not refused" : NULL;
	}
	if (!rx)
		return "it is not open";
	if (!camex_session_take(rx, &s->seq, 1, &highest))
		wrong = s->verb == V_AGAIN ? NULL : "it is not taken";
	else if (s->verb == V_AGAIN)
		wrong = "it is taken";
	else
		p->heard[s->prefix] = p->now;
	if (!wrong && s->verb != V_AGAIN && highest)
		camex_session_rank_highest(rx, &places[s->from], &here);
	return wrong;
}

static const char *look(struct play *p)
{
	set_heard(p);
	p->next = camex_session_rank_due(p->peer, jiffies);
	return NULL;
}

static const char *check_at(struct play *p, enum place place)
{
	struct camex_endpoint *ep = rcu_dereference_bh(p->peer->endpoint);

	if (!ep)
		return place == NOWHERE ? NULL : "it is nowhere";
	if (place == NOWHERE || memcmp(&ep->to, &places[place], sizeof(ep->to)))
		return "it is elsewhere";
	return NULL;
}

static const char *check_next(struct play *p, long long tenths)
{
	unsigned long want = tenths * HZ / 10;

	if (tenths == NEVER)
		return p->next == MAX_JIFFY_OFFSET ? NULL : "it wants to run again";
	return p->next + HZ / 2 >= want && p->next <= want ? NULL : "another time";
}

static const char *check_rank(struct play *p, long long digits)
{
	struct camex_session_rx *rx;
	long long got = 0;

	list_for_each_entry(rx, &camex_sealed_of(p->peer)->open, base.peer_node)
		got = got * 10 + rx->base.prefix;
	return got == digits ? NULL : "another order";
}

static const char *rekey(struct play *p, int key)
{
	p->key = key;
	return fake_set_key(p->peer, keys[key]) ? "no memory" : NULL;
}

static const char *configure(struct play *p, enum place place)
{
	struct camex_endpoint *ep;

	rtnl_lock();
	spin_lock_bh(&p->peer->cdev->lock);
	ep = camex_endpoint_new(p->peer, &places[place], NULL);
	if (ep)
		camex_peer_configure_endpoint(p->peer, ep);
	spin_unlock_bh(&p->peer->cdev->lock);
	rtnl_unlock();
	return ep ? NULL : "no memory";
}

/* What happens under the lock. */
static const char *locked(struct play *p, const struct step *s)
{
	struct camex_session_rx *rx = find(p, s->prefix);

	switch (s->verb) {
	case V_WAIT:
		p->now += s->arg;
		return look(p);
	case V_CLOSES:
		if (!rx)
			return "it is not open";
		camex_session_retire(&rx->base);
		return NULL;
	default:
		return camex_peer_renew(p->peer) ? "no memory" : NULL;
	}
}

static const char *act(struct play *p, const struct step *s, int *why)
{
	const char *wrong;

	switch (s->verb) {
	case V_OPEN:
	case V_REFUSED:
	case V_DATA:
	case V_AGAIN:
		rcu_read_lock();
		local_bh_disable();
		set_heard(p);
		wrong = datagram(p, s, why);
		local_bh_enable();
		rcu_read_unlock();
		if (!wrong && s->verb == V_REFUSED && *why != s->arg)
			wrong = "another counter";
		return wrong;
	case V_AT:
		rcu_read_lock();
		local_bh_disable();
		wrong = check_at(p, s->from);
		local_bh_enable();
		rcu_read_unlock();
		return wrong;
	case V_NEXT:
		return check_next(p, s->arg);
	case V_OPENS:
		return camex_sealed_of(p->peer)->nopen == s->arg ? NULL : "another number";
	case V_RANK:
		return check_rank(p, s->arg);
	case V_CONFIGURE:
		return configure(p, s->from);
	case V_REKEY:
		return rekey(p, p->key);
	case V_OTHER_KEY:
		return rekey(p, !p->key);
	case V_FORGET:
		rtnl_lock();
		camex_peer_forget(p->peer);
		rtnl_unlock();
		return NULL;
	case V_CLOCK:
		camex_test_clock = s->seq;
		return NULL;
	default:
		spin_lock_bh(&p->peer->cdev->lock);
		wrong = locked(p, s);
		spin_unlock_bh(&p->peer->cdev->lock);
		return wrong;
	}
}

static void run(struct kunit *test, const struct step *steps, unsigned int n)
{
	struct play *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->peer = fake_peer(test, "a");
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(p->peer, keys[0]));
	for (i = 0; i < n; i++) {
		int why = 0;
		const char *wrong = act(p, &steps[i], &why);

		if (wrong) {
			KUNIT_FAIL(test, "step %u, verb %d, prefix %u: %s (counter %d)",
				   i, steps[i].verb, steps[i].prefix, wrong, why);
			return;
		}
	}
}

/* --- rule 4: where the peer is --- */

static void rule4_first(struct kunit *test)
{
	static const struct step script[] = {
		AT(NOWHERE),
		OPEN(1, 0, X), AT(X), OPENS(1),
		WAIT(1), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* One session alone goes wherever it wants, at once. */
static void rule4_alone(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), DATA(1, 1, Y), AT(Y), DATA(1, 2, L), AT(L),
		DATA(1, 3, M), AT(M), DATA(1, 4, X2), AT(X2),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* What is not the highest says nothing about the place. */
static void rule4_old(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 10, X), DATA(1, 9, Y), AT(X), AGAIN(1, 10, Y), AT(X),
		DATA(1, 12, X), DATA(1, 11, Y), AT(X), WAIT(100), DATA(1, 8, Y), AT(X),
		DATA(1, 13, Y), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_configured(struct kunit *test)
{
	static const struct step script[] = {
		CONFIGURE(X), AT(X), OPEN(1, 0, Y), AT(Y), CONFIGURE(Z), AT(Z),
		DATA(1, 1, Y), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_same_host(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, X2), AT(X2), RANK(12),
		DATA(2, 1, X), AT(X), DATA(2, 2, X2), AT(X2), WAIT(1), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_same_host_v6(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, L), OPEN(2, 0, L2), AT(L2), DATA(2, 1, M), AT(L2),
		WAIT(1), NEXT(49), WAIT(49), AT(M),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_other_host(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), AT(X), OPENS(2), RANK(12),
		WAIT(1), NEXT(49), AT(X), WAIT(44), NEXT(5), AT(X),
		WAIT(5), AT(Y), NEXT(NEVER), RANK(12),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* It is the last place of the one that waits that counts. */
static void rule4_other_host_moves(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 5, Y), WAIT(20), DATA(2, 6, Z), DATA(2, 4, Y),
		AT(X), WAIT(24), AT(X), WAIT(6), AT(Z),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* With a datagram after the silence nobody has to wait. */
static void rule4_silent_already(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), WAIT(45), OPEN(2, 0, Y), AT(X), NEXT(NEVER),
		WAIT(1), NEXT(4), WAIT(4), AT(Y),
		WAIT(50), OPEN(3, 0, Z), AT(Z),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_back_before_its_turn(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(10), DATA(2, 1, X2), AT(X2),
		WAIT(100), AT(X2), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* It is back where the peer is: there is nothing to wait for any more. */
static void rule4_claim_withdrawn(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, X), DATA(2, 1, Y), AT(X), DATA(2, 2, X),
		WAIT(100), AT(X), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_claim_void(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(10), DATA(1, 1, X), AT(X),
		WAIT(10), NEXT(NEVER), WAIT(100), AT(X), NEXT(NEVER),
		DATA(2, 1, Y), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Also by one that is heard but says nothing about the place. */
static void rule4_claim_void_by_old(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 9, X), OPEN(2, 0, Y), WAIT(10), DATA(1, 1, X),
		WAIT(100), AT(X), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_claim_renewed(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(10), DATA(1, 1, X), WAIT(10),
		DATA(2, 1, Y), WAIT(10), NEXT(30), WAIT(29), AT(X), WAIT(1), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_claim_at_once(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(40), DATA(1, 1, X), WAIT(40),
		DATA(2, 1, Y), AT(X), WAIT(5), NEXT(5), WAIT(5), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_taken_back(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(50), AT(Y), RANK(12),
		DATA(1, 1, X), AT(X), RANK(12),
		/* it is last for good */
		OPEN(3, 0, Z), AT(X), RANK(132),
		WAIT(10), DATA(2, 1, Y), WAIT(10), DATA(3, 1, Z),
		WAIT(29), AT(X), WAIT(1), AT(Z), RANK(132),
		WAIT(100), AT(Z), DATA(2, 2, Y), AT(Y), RANK(132),
		DATA(3, 2, Z), AT(Z), RANK(132), DATA(1, 2, X), AT(X), RANK(123),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Two whose turn comes at once: the last of them is the one that stays. */
static void rule4_turns_at_once(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), OPEN(3, 0, Z), WAIT(49), AT(X), WAIT(1), AT(Z),
		NEXT(NEVER), RANK(123),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_taken_back_other(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(20), DATA(2, 1, Y), OPEN(3, 0, Z), RANK(123),
		WAIT(30), AT(Y), WAIT(20), AT(Z),
		DATA(1, 1, X), AT(X), RANK(123),
		WAIT(50), DATA(2, 2, Y), AT(Y), DATA(1, 2, X), AT(X), RANK(132),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* All that rank before have to be silent. */
static void rule4_every_older(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), WAIT(10), OPEN(2, 0, X), WAIT(10), OPEN(3, 0, Y), AT(X),
		WAIT(10), NEXT(30), AT(X), WAIT(20), NEXT(10), AT(X), WAIT(10), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* A younger one is not asked. */
static void rule4_younger(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, X), OPEN(3, 0, X), DATA(1, 1, Y), AT(Y), RANK(123),
		DATA(3, 1, X), AT(Y), WAIT(1), DATA(1, 2, Z), AT(Z),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_clock_ranks(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(0), X), OPEN(2, LATER(10), Y), AT(Y), RANK(21),
		/* the one that started lower no longer has a say */
		DATA(1, LATER(20), X), AT(Y), WAIT(10), DATA(1, LATER(21), X), AT(Y),
		DATA(2, LATER(11), Z), AT(Z), RANK(21),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_clock_among_others(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, LATER(0), X), OPEN(3, LATER(10), Y), AT(X), RANK(132),
		OPEN(4, 0, X), RANK(1324),
		WAIT(50), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* What starts at 0 does not come before, however high it gets. */
static void rule4_clock_by_its_start(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(0), X), OPEN(2, 0, X), DATA(2, LATER(100), Y), AT(X), RANK(12),
		OPEN(3, CAMEX_SEQ_CLOCK, X), RANK(123),
		OPEN(4, CAMEX_SEQ_CLOCK - 1, X), RANK(1234),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule4_fifth(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), WAIT(1), OPEN(2, 0, X), WAIT(1), OPEN(3, 0, X), WAIT(1),
		OPEN(4, 0, X), WAIT(1), OPENS(4), RANK(1234),
		DATA(1, 1, X), WAIT(1), OPEN(5, 0, X), OPENS(4), RANK(1345),
		WAIT(1), OPEN(6, 0, X), RANK(1456),
		/* old ones count as well as new ones, what is refused does not */
		WAIT(1), DATA(4, 1, X), AGAIN(1, 1, X), WAIT(1), OPEN(7, 0, X), RANK(4567),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* The one that has the endpoint can be that: it is still where the peer is. */
static void rule4_fifth_holds(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), WAIT(1), OPEN(2, 0, Y), WAIT(1), OPEN(3, 0, Y), WAIT(1),
		OPEN(4, 0, Y), WAIT(1), OPEN(5, 0, Z), RANK(2345), AT(X),
		WAIT(1), AT(Y), WAIT(46), AT(Y), NEXT(2), WAIT(2), AT(Z),
		DATA(2, 1, Y), AT(Y), RANK(2345), WAIT(10), DATA(5, 1, Z), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* A session that waits can be the one that goes. */
static void rule4_fifth_waits(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), WAIT(10), DATA(1, 1, X), OPEN(3, 0, X),
		OPEN(4, 0, X), OPEN(5, 0, X), RANK(1345), WAIT(100), AT(X), NEXT(NEVER),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Data of each is taken, wherever the peer is. */
static void rule4_all_taken(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y), OPEN(3, 0, Z), OPEN(4, 0, L), AT(X),
		DATA(4, 1, L), DATA(3, 1, Z), DATA(2, 1, Y), DATA(1, 1, X),
		AGAIN(4, 1, L), AGAIN(3, 1, Z), AGAIN(2, 1, Y), AGAIN(1, 1, X),
		AGAIN(4, 0, L), AGAIN(3, 0, Z), AGAIN(2, 0, Y), AGAIN(1, 0, X), AT(X),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Two that are both there do not make it flap. */
static void rule4_both_active(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, Y),
		WAIT(10), DATA(1, 1, X), DATA(2, 1, Y), AT(X),
		WAIT(10), DATA(2, 2, Y), AT(X), WAIT(10), DATA(1, 2, X), AT(X),
		WAIT(40), DATA(2, 3, Y), AT(X), WAIT(5), DATA(1, 3, X), AT(X),
		WAIT(30), DATA(2, 4, Y), AT(X), WAIT(19), AT(X), WAIT(1), AT(Y),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* --- rule 5: what is remembered --- */

static void rule5_closed(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 10, X), DATA(1, 20, X), CLOSES(1), OPENS(0), AT(X),
		REFUSED(1, 0), REFUSED(1, 10), REFUSED(1, 15), REFUSED(1, 20), OPENS(0),
		OPEN(1, 1000, Y), OPENS(1), AT(Y),
		AGAIN(1, 20, X), AGAIN(1, 15, X), AGAIN(1, 0, X), AGAIN(1, 1000, X),
		DATA(1, 999, X), AT(Y),
		CLOSES(1), REFUSED(1, 998), REFUSED(1, 1000), OPEN(1, 1001, X),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Above is above, by one as well. */
static void rule5_closed_next(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 10, X), DATA(1, 20, X), CLOSES(1), REFUSED(1, 20), OPEN(1, 21, X),
		AGAIN(1, 19, X), DATA(1, 22, X), DATA(1, 24, X), DATA(1, 23, X), AT(X),
		CLOSES(1), OPEN(1, 63, X), CLOSES(1), OPEN(1, 64, X), DATA(1, 65, X),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_closed_last(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, U64_MAX - 1, X), CLOSES(1), REFUSED(1, U64_MAX - 1),
		OPEN(1, U64_MAX, X), CLOSES(1), REFUSED(1, U64_MAX),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* It opens as a new one: last. */
static void rule5_closed_rank(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), OPEN(2, 0, X), CLOSES(1), OPEN(1, 100, Y), RANK(21), AT(X),
		WAIT(50), AT(Y), DATA(2, 1, X), AT(X), CLOSES(1), OPEN(3, 0, Z),
		OPEN(1, 200, Y), RANK(231),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Opened again it can push out another one, which is remembered too. */
static void rule5_closed_fifth(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 0, X), WAIT(1), OPEN(2, 5, X), WAIT(1), OPEN(3, 0, X), WAIT(1),
		OPEN(4, 0, X), WAIT(1), OPEN(5, 0, X), RANK(2345), REFUSED(1, 0),
		WAIT(1), OPEN(1, 100, X), RANK(3451), REFUSED(2, 5), REFUSED(2, 0),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_clock(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(0), X), DATA(1, LATER(5), X),
		REFUSED(2, LATER(-1)), REFUSED(2, LATER(0)), REFUSED(2, LATER(4)),
		REFUSED(2, LATER(5) - 1), OPENS(1),
		OPEN(2, LATER(6), X), OPENS(2), REFUSED(3, LATER(5)),
		/* those without a clock go on as ever */
		OPEN(4, 0, X), OPEN(5, CAMEX_SEQ_CLOCK, X), OPENS(4),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* As long as its session is open it may be late, and no longer. */
static void rule5_clock_closed(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(0), X), OPEN(2, LATER(10), X), DATA(1, LATER(1), X),
		CLOSES(1), REFUSED(1, LATER(2)), REFUSED(1, LATER(9)), OPEN(1, LATER(11), X),
		CLOSES(1), CLOSES(2), REFUSED(3, LATER(10)), OPEN(3, LATER(12), X),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_clock_forget(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(10), X), CLOSES(1), REFUSED(2, LATER(0)), FORGET,
		OPEN(2, LATER(0), X), OPEN(1, LATER(1), X), FORGET, OPEN(1, 0, X),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* What began without a clock says nothing about one. */
static void rule5_clock_by_its_start(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 5, X), DATA(1, LATER(10), X), OPEN(2, LATER(0), X), CLOSES(1),
		REFUSED(3, LATER(-1)), OPEN(3, LATER(1), X),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_clock_ahead(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(DAY + 1), X), OPEN(2, LATER(0), X), REFUSED(3, LATER(-1)),
		CLOSES(1), OPEN(3, LATER(1), X), CLOSES(2), CLOSES(3),
		REFUSED(4, LATER(0)), OPEN(4, LATER(DAY), X), REFUSED(5, LATER(DAY - 1)),
		CLOSES(4), REFUSED(5, LATER(DAY - 1)),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* A session that leaps ahead takes nobody with it. */
static void rule5_clock_leaps(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(0), X), DATA(1, U64_MAX, X), OPEN(2, LATER(1), X),
		CLOSES(1), OPEN(3, LATER(2), X), REFUSED(4, LATER(1)),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Before our clock is set everything is ahead of it. */
static void rule5_clock_unset(struct kunit *test)
{
	static const struct step script[] = {
		CLOCK(1), OPEN(1, LATER(10), X), OPEN(2, LATER(0), X),
		CLOCK(NOW), REFUSED(3, LATER(5)), CLOSES(1), REFUSED(3, LATER(5)),
		CLOCK(1), REFUSED(3, LATER(5)), OPEN(3, LATER(11), X),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Nor does a clock that is set back make anything unreached. */
static void rule5_clock_back(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, LATER(10), X), CLOSES(1), CLOCK(LATER(-2 * DAY)), REFUSED(2, LATER(5)),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_survives(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 10, X), OPEN(2, LATER(10), X), CLOSES(2), OPEN(3, 10, X), CLOSES(3),
		RENEW, OPENS(1), DATA(1, 11, X), REFUSED(3, 10), REFUSED(4, LATER(5)),
		REKEY, OPENS(1), DATA(1, 12, X), REFUSED(3, 10), REFUSED(4, LATER(5)),
		CONFIGURE(Z), OPENS(1), DATA(1, 13, X), REFUSED(3, 10), REFUSED(4, LATER(5)),
		REFUSED(2, LATER(10)),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_goes_with_key(struct kunit *test)
{
	static const struct step script[] = {
		OPEN(1, 10, X), OPEN(2, LATER(10), X), CLOSES(2), OPEN(3, 10, X), CLOSES(3),
		OTHER_KEY, OPENS(0), AT(X),
		OPEN(3, 10, X), OPEN(1, 10, X), OPEN(4, LATER(5), X), OPEN(2, LATER(10), X),
		OTHER_KEY, OPENS(0), OPEN(1, 10, X), OPEN(3, 10, X), OPEN(4, LATER(5), X),
	};

	run(test, script, ARRAY_SIZE(script));
}

static void rule5_forget(struct kunit *test)
{
	static const struct step script[] = {
		CONFIGURE(Z), OPEN(1, 10, X), OPEN(2, 10, Y), AT(X), CLOSES(1), FORGET,
		OPENS(0), AT(Z), WAIT(100), NEXT(NEVER), AT(Z),
		OPEN(2, 0, Y), AT(Y), OPEN(1, 0, X), AT(Y), RANK(21),
	};

	run(test, script, ARRAY_SIZE(script));
}

/* Of many closed ones the last 64 are remembered, in the order of their ends. */
static void rule5_many(struct kunit *test)
{
	struct step steps[] = {
		OPEN(1, 10, X), CLOSES(1), STEP(V_OPEN), STEP(V_CLOSES), REFUSED(1, 10),
	};
	struct play *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	const char *wrong = NULL;
	int i, why = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->peer = fake_peer(test, "a");
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(p->peer, keys[0]));
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_NULL(test, act(p, &steps[i], &why));
	for (i = 0; i < CAMEX_SESSIONS_CLOSED && !wrong; i++) {
		KUNIT_EXPECT_NULL(test, act(p, &steps[4], &why));
		steps[2].prefix = 2 + i;
		steps[3].prefix = 2 + i;
		wrong = act(p, &steps[2], &why) ?: act(p, &steps[3], &why);
	}
	KUNIT_EXPECT_NULL(test, wrong);
	KUNIT_EXPECT_NULL(test, act(p, &steps[0], &why));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(p->peer)->closed[0].n, CAMEX_SESSIONS_CLOSED);
}

/* A peer without this key opens nothing. */
static void rule5_other_key(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx;
	int why = 0;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	rcu_read_lock();
	local_bh_disable();
	rx = camex_session_rank_open(a, key_bh(b), 1, 0, true, &why);
	local_bh_enable();
	rcu_read_unlock();
	KUNIT_EXPECT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, why, CAMEX_A_STATS_UNKNOWN_PEER);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 0);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(b)->nopen, 0);
}

/* Only REGISTER is told. */
static void rule5_event(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *who;
	struct camex_session_rx *rx;
	unsigned long events;
	int why, registers;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	for (registers = 0; registers < 2; registers++) {
		rcu_read_lock();
		local_bh_disable();
		rx = camex_session_rank_open(a, key_bh(a), registers, 0,
					     registers, &why);
		local_bh_enable();
		events = camex_events_take(test->priv, &who);
		rcu_read_unlock();
		KUNIT_EXPECT_NOT_NULL(test, rx);
		KUNIT_EXPECT_EQ(test, events, registers ? BIT(CAMEX_EVENT_REGISTER) : 0);
	}
}

/* --- rule 6: what we have sent ourselves --- */

static void renew(struct kunit *test, struct camex_peer *peer)
{
	int err;

	spin_lock_bh(&peer->cdev->lock);
	err = camex_peer_renew(peer);
	spin_unlock_bh(&peer->cdev->lock);
	KUNIT_ASSERT_EQ(test, 0, err);
}

/* Is a datagram ours that comes back from wherever? */
static bool reflected(struct camex_peer *peer, u32 prefix, u64 seq)
{
	bool ours;

	rcu_read_lock();
	ours = camex_session_is_ours(peer->cdev, rcu_dereference(camex_sealed_of(peer)->key),
				     prefix, seq);
	rcu_read_unlock();
	return ours;
}

static void rule6_reflection(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_tx *tx;
	u32 prefixes[CAMEX_SESSIONS_CLOSED + 2];
	u64 seqs[CAMEX_SESSIONS_CLOSED + 2], seq;
	unsigned int i, j;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	for (i = 0; i < ARRAY_SIZE(seqs); i++) {
		if (i)
			renew(test, a);
		tx = tx_of(a);
		prefixes[i] = tx->base.prefix;
		KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[i], tx->base.first));
		for (j = 0; j <= i % 3; j++)
			KUNIT_ASSERT_TRUE(test, camex_session_next(tx, 1, &seqs[i]));
		KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[i], seqs[i] + 1));
		KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[i], tx->base.first - 1));
	}
	/* the current one, 64 before it, whichever peer of the key they come from */
	for (i = 0; i < ARRAY_SIZE(seqs); i++) {
		KUNIT_EXPECT_EQ_MSG(test, i > 0, reflected(a, prefixes[i], seqs[i]),
				    "session %u", i);
		KUNIT_EXPECT_EQ_MSG(test, i > 0, reflected(b, prefixes[i], seqs[i]),
				    "session %u", i);
		KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[i], seqs[i] + 1));
		KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[i] ^ 1, seqs[i]));
	}
	/* forgetting is about what was received */
	rtnl_lock();
	camex_peer_forget(a);
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, reflected(a, prefixes[5], seqs[5]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_TRUE(test, reflected(a, prefixes[5], seqs[5]));
	/* a prefix of ours that somebody else has drawn as well is no reflection */
	seq = seqs[5] + 1000;
	KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[5], seq));
	/* and under another key nothing is */
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[1]));
	KUNIT_EXPECT_FALSE(test, reflected(a, prefixes[5], seqs[5]));
}

/* Whoever has the key remembers what others have sent under it. */
static void rule6_bequeathed(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_peer *c = fake_peer(test, "c");
	u32 prefixes[2];
	u64 seqs[2];

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(c, keys[0]));
	prefixes[0] = tx_of(a)->base.prefix;
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx_of(a), 1, &seqs[0]));
	prefixes[1] = tx_of(b)->base.prefix;
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx_of(b), 1, &seqs[1]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[1]));
	KUNIT_EXPECT_TRUE(test, reflected(c, prefixes[0], seqs[0]));
	fake_peer_del(b);
	KUNIT_EXPECT_TRUE(test, reflected(c, prefixes[0], seqs[0]));
	KUNIT_EXPECT_TRUE(test, reflected(c, prefixes[1], seqs[1]));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(c)->closed[1].n, 2);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(c, NULL));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(c)->closed[1].n, 0);
}

/* --- rule 7: our own nonces --- */

static void rule7_clock(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	u32 last;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_EQ(test, NOW, tx_of(a)->base.first);
	last = tx_of(a)->base.prefix;
	camex_test_clock = LATER(1);
	renew(test, a);
	KUNIT_EXPECT_EQ(test, LATER(1), tx_of(a)->base.first);
	KUNIT_EXPECT_NE(test, last, tx_of(a)->base.prefix);
	last = tx_of(a)->base.prefix;
	camex_test_clock = LATER(2);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_EQ(test, LATER(2), tx_of(a)->base.first);
	KUNIT_EXPECT_NE(test, last, tx_of(a)->base.prefix);
	camex_test_clock = LATER(3);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[1]));
	KUNIT_EXPECT_EQ(test, LATER(3), tx_of(a)->base.first);
}

static void rule7_no_clock(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	u64 first;

	camex_test_clock = CAMEX_CLOCK_MIN - 1;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	first = tx_of(a)->base.first;
	KUNIT_EXPECT_GE(test, first, CAMEX_SEQ_RANDOM);
	KUNIT_EXPECT_LT(test, first, CAMEX_SEQ_CLOCK);
	/* the next one is not below, whatever chance says */
	renew(test, a);
	KUNIT_EXPECT_GT(test, tx_of(a)->base.first, first);
	camex_test_clock = CAMEX_CLOCK_MIN;
	renew(test, a);
	KUNIT_EXPECT_EQ(test, CAMEX_CLOCK_MIN, tx_of(a)->base.first);
}

/*
 * Two devices, one sends to the other: whatever our clock does, what we begin is
 * not refused by a peer that follows these rules.
 */
static void rule7_clock_back(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	static const s64 clocks[] = { 0, 1, 1, -3600, -3601, 0, 2, -DAY, 3 };
	struct camex_session_rx *rx;
	u64 seq, end = 0;
	unsigned int i;
	bool highest;
	int n, why;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct camex_session_tx *tx;

		camex_test_clock = LATER(clocks[i]);
		renew(test, a);
		tx = tx_of(a);
		KUNIT_EXPECT_GE_MSG(test, tx->base.first, end, "session %u", i);
		rx = NULL;
		for (n = 0; n < 1000; n++) {
			KUNIT_ASSERT_TRUE(test, camex_session_next(tx, 1, &seq));
			rcu_read_lock();
			local_bh_disable();
			/* b stands for the far end: only sequences matter to it */
			if (!rx)
				rx = camex_session_rank_open(b, key_bh(b),
							     tx->base.prefix, seq, true, &why);
			if (rx && !camex_session_take(rx, &seq, 1, &highest))
				rx = NULL;
			local_bh_enable();
			rcu_read_unlock();
			if (!rx) {
				KUNIT_FAIL(test, "session %u is refused at %d", i, n);
				break;
			}
		}
		end = seq + 1;
	}
}

/* Jiffies come round on 32-bit machines: what was long ago must not seem to be to come. */
static void rule4_long_ago(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	unsigned long ago = jiffies - MAX_JIFFY_OFFSET;
	/* while the link was down, perhaps */
	unsigned long ahead = jiffies + MAX_JIFFY_OFFSET;
	unsigned long *notes[] = {
		&a->live.seen, &a->live.sent, &a->live.unanswered_since, &a->live.since,
		&camex_sealed_of(a)->introduced_at, &camex_camex_of(a)->next_register,
		&camex_camex_of(a)->answered_at, NULL,
	};
	struct camex_session_rx *rx;
	int tries, why, i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	rcu_read_lock();
	local_bh_disable();
	rx = camex_session_rank_open(a, key_bh(a), 1, 10, false, &why);
	local_bh_enable();
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, rx);
	notes[ARRAY_SIZE(notes) - 1] = &rx->heard;
	for (i = 0; i < ARRAY_SIZE(notes); i++)
		*notes[i] = i % 2 ? ago : ahead;

	set_bit(__LINK_STATE_START, &a->cdev->dev->state);
	spin_lock_bh(&a->cdev->lock);
	camex_peer_wake(a, jiffies);
	spin_unlock_bh(&a->cdev->lock);
	for (tries = 0; tries < 100 && READ_ONCE(rx->heard) == ago; tries++)
		msleep(50);
	spin_lock_bh(&a->cdev->lock);
	KUNIT_EXPECT_TRUE(test, timer_pending(&a->live.timer));
	KUNIT_EXPECT_TRUE(test, time_before(a->live.timer.expires,
					    jiffies + MAX_JIFFY_OFFSET));
	clear_bit(__LINK_STATE_START, &a->cdev->dev->state);
	spin_unlock_bh(&a->cdev->lock);
	for (i = 0; i < ARRAY_SIZE(notes); i++)
		KUNIT_EXPECT_TRUE_MSG(test, time_after(*notes[i], ago + HZ) &&
				      time_before_eq(*notes[i], jiffies),
				      "note %d", i);
}

/* The timer looks for the clock: here, and in rule4_long_ago, it runs. */
static void rule7_clock_is_set(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_tx *tx;
	int tries;

	set_bit(__LINK_STATE_START, &a->cdev->dev->state);
	camex_test_clock = 1;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	msleep(1500);
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));
	camex_test_clock = NOW;
	for (tries = 0; tries < 100 && tx_of(a) == tx; tries++)
		msleep(50);
	clear_bit(__LINK_STATE_START, &a->cdev->dev->state);
	KUNIT_EXPECT_EQ(test, tx_of(a)->base.first, NOW);
}

static void rule7_used_up(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_tx *tx;
	u32 prefix;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	prefix = tx->base.prefix;
	atomic64_set(&tx->next, CAMEX_SEQ_LIMIT - 2);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, CAMEX_SEQ_LIMIT - 1);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	rcu_read_lock();
	local_bh_disable();
	camex_peer_renew_used(a);
	local_bh_enable();
	rcu_read_unlock();
	KUNIT_EXPECT_NE(test, prefix, tx_of(a)->base.prefix);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx_of(a), 1, &seq));
	KUNIT_EXPECT_TRUE(test, reflected(a, prefix, CAMEX_SEQ_LIMIT - 1));
}

static int rules_init(struct kunit *test)
{
	camex_test_clock = NOW;
	return fake_dev_init(test);
}

static void rules_exit(struct kunit *test)
{
	fake_dev_exit(test);
	camex_test_clock = 0;
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE(rule4_first),
	KUNIT_CASE(rule4_alone),
	KUNIT_CASE(rule4_old),
	KUNIT_CASE(rule4_configured),
	KUNIT_CASE(rule4_same_host),
	KUNIT_CASE(rule4_same_host_v6),
	KUNIT_CASE(rule4_other_host),
	KUNIT_CASE(rule4_other_host_moves),
	KUNIT_CASE(rule4_silent_already),
	KUNIT_CASE(rule4_back_before_its_turn),
	KUNIT_CASE(rule4_claim_withdrawn),
	KUNIT_CASE(rule4_claim_void),
	KUNIT_CASE(rule4_claim_void_by_old),
	KUNIT_CASE(rule4_claim_renewed),
	KUNIT_CASE(rule4_claim_at_once),
	KUNIT_CASE(rule4_taken_back),
	KUNIT_CASE(rule4_turns_at_once),
	KUNIT_CASE(rule4_taken_back_other),
	KUNIT_CASE(rule4_every_older),
	KUNIT_CASE(rule4_younger),
	KUNIT_CASE(rule4_clock_ranks),
	KUNIT_CASE(rule4_clock_among_others),
	KUNIT_CASE(rule4_clock_by_its_start),
	KUNIT_CASE(rule4_fifth),
	KUNIT_CASE(rule4_fifth_holds),
	KUNIT_CASE(rule4_fifth_waits),
	KUNIT_CASE(rule4_all_taken),
	KUNIT_CASE(rule4_both_active),
	KUNIT_CASE(rule4_long_ago),
	KUNIT_CASE(rule5_closed),
	KUNIT_CASE(rule5_closed_next),
	KUNIT_CASE(rule5_closed_last),
	KUNIT_CASE(rule5_closed_rank),
	KUNIT_CASE(rule5_closed_fifth),
	KUNIT_CASE(rule5_clock),
	KUNIT_CASE(rule5_clock_closed),
	KUNIT_CASE(rule5_clock_forget),
	KUNIT_CASE(rule5_clock_by_its_start),
	KUNIT_CASE(rule5_clock_ahead),
	KUNIT_CASE(rule5_clock_leaps),
	KUNIT_CASE(rule5_clock_unset),
	KUNIT_CASE(rule5_clock_back),
	KUNIT_CASE(rule5_survives),
	KUNIT_CASE(rule5_goes_with_key),
	KUNIT_CASE(rule5_forget),
	KUNIT_CASE(rule5_many),
	KUNIT_CASE(rule5_other_key),
	KUNIT_CASE(rule5_event),
	KUNIT_CASE(rule6_reflection),
	KUNIT_CASE(rule6_bequeathed),
	KUNIT_CASE(rule7_clock),
	KUNIT_CASE(rule7_no_clock),
	KUNIT_CASE(rule7_clock_back),
	KUNIT_CASE(rule7_clock_is_set),
	KUNIT_CASE(rule7_used_up),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "camex_rules",
	.init = rules_init,
	.exit = rules_exit,
	.test_cases = rules_cases,
};

kunit_test_suite(rules_suite);
