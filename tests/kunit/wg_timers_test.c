// SPDX-License-Identifier: GPL-2.0-only
/* What is due between us and a WireGuard peer, as a table of what happens and what follows. */
#include "protocol/wireguard/timers.h"
#include "test.h"

/* What happens at a moment; ASK is nothing but the question what is due. */
enum happening {
	ASK,
	SEND_DATA,
	SEND_EMPTY,
	RECEIVE_DATA,
	RECEIVE_EMPTY,
	INITIATE,
	DONE,
	END,
};

/**
 * struct step - something happens, and what is due after that
 * @at: milliseconds since the beginning
 * @what: what happens
 * @due: CAMEX_WG_DUE_*
 */
struct step {
	unsigned int at;
	enum happening what;
	unsigned long due;
};

/**
 * struct scenario - steps, and for how long keepalives are persistent
 * @name: for people
 * @interval: seconds, 0: they are not
 * @step: the steps
 */
struct scenario {
	const char *name;
	unsigned int interval;
	struct step step[24];
};

#define RETRY		CAMEX_WG_DUE_RETRY
#define GIVE_UP		CAMEX_WG_DUE_GIVE_UP
#define HANDSHAKE	CAMEX_WG_DUE_HANDSHAKE
#define KEEPALIVE	CAMEX_WG_DUE_KEEPALIVE
#define PERSISTENT	CAMEX_WG_DUE_PERSISTENT
#define ERASE		CAMEX_WG_DUE_ERASE

static const struct scenario scenarios[] = {
	{ "nothing", 0, { { 0, ASK, 0 }, { 1000000, ASK, 0 }, { 0, END } } },
	{ "data that is answered", 0, {
		{ 0, SEND_DATA, 0 }, { 14000, RECEIVE_EMPTY, 0 }, { 16000, ASK, 0 },
		{ 40000, ASK, 0 }, { 0, END } } },
	{ "data without an answer", 0, {
		{ 0, SEND_DATA, 0 }, { 14000, SEND_DATA, 0 }, { 15300, ASK, HANDSHAKE },
		{ 15400, ASK, 0 }, { 20000, SEND_DATA, 0 }, { 34900, ASK, 0 },
		{ 35300, ASK, HANDSHAKE }, { 0, END } } },
	{ "an empty datagram asks for no answer", 0, {
		{ 0, SEND_EMPTY, 0 }, { 60000, ASK, 0 }, { 0, END } } },
	{ "a keepalive for data", 0, {
		{ 0, RECEIVE_DATA, 0 }, { 9900, ASK, 0 }, { 10000, ASK, KEEPALIVE },
		{ 10100, ASK, 0 }, { 30000, ASK, 0 }, { 0, END } } },
	{ "what we send takes its place", 0, {
		{ 0, RECEIVE_DATA, 0 }, { 9000, SEND_DATA, 0 }, { 9500, RECEIVE_EMPTY, 0 },
		{ 11000, ASK, 0 }, { 30000, ASK, 0 }, { 0, END } } },
	{ "more data, and another keepalive", 0, {
		{ 0, RECEIVE_DATA, 0 }, { 5000, RECEIVE_DATA, 0 }, { 10000, ASK, KEEPALIVE },
		{ 19900, ASK, 0 }, { 20000, ASK, KEEPALIVE }, { 40000, ASK, 0 },
		{ 0, END } } },
	{ "an empty datagram is not answered", 0, {
		{ 0, RECEIVE_EMPTY, 0 }, { 60000, ASK, 0 }, { 0, END } } },
	{ "a persistent keepalive", 25, {
		{ 0, ASK, PERSISTENT }, { 100, ASK, 0 }, { 24900, ASK, 0 },
		{ 25000, ASK, PERSISTENT }, { 30000, RECEIVE_EMPTY, 0 }, { 50000, ASK, 0 },
		{ 55000, ASK, PERSISTENT }, { 60000, SEND_EMPTY, 0 }, { 80000, ASK, 0 },
		{ 85000, ASK, PERSISTENT }, { 0, END } } },
	{ "keys are erased", 0, {
		{ 0, DONE, 0 }, { 539900, ASK, 0 }, { 540000, ASK, ERASE }, { 540100, ASK, 0 },
		{ 2000000, ASK, 0 }, { 0, END } } },
	{ "new keys are erased later", 0, {
		{ 0, DONE, 0 }, { 120000, DONE, 0 }, { 540000, ASK, 0 }, { 660000, ASK, ERASE },
		{ 0, END } } },
	{ "an initiation that is answered", 0, {
		{ 0, INITIATE, 0 }, { 4900, ASK, 0 }, { 5000, DONE, 0 }, { 6000, ASK, 0 },
		{ 0, END } } },
	{ "jitter", 0, {
		{ 0, INITIATE, 0 }, { 5000, ASK, 0 }, { 5200, ASK, RETRY }, { 5400, ASK, 0 },
		{ 0, END } } },
};

/* The timers' jitter in these scenarios: 200 ms. */
#define JITTER	(HZ / 5)

static void let_happen(struct camex_wg_timers *t, enum happening what,
		       unsigned long *exchanged, unsigned long now)
{
	switch (what) {
	case SEND_DATA:
	case SEND_EMPTY:
		camex_wg_timers_sent(t, what == SEND_DATA, now);
		*exchanged = now;
		break;
	case RECEIVE_DATA:
	case RECEIVE_EMPTY:
		camex_wg_timers_received(t, what == RECEIVE_DATA, now);
		*exchanged = now;
		break;
	case INITIATE:
		t->initiated.is = true;
		t->initiated.at = now;
		break;
	case DONE:
		t->initiated.is = false;
		t->tries = 0;
		t->keys.is = true;
		t->keys.at = now;
		break;
	case ASK:
	case END:
		break;
	}
}

static void run_scenario(struct kunit *test, const struct scenario *s, unsigned long start)
{
	struct camex_wg_timers t = { .jitter = JITTER, .persistent = start };
	unsigned long exchanged = start, due;
	const struct step *step;

	for (step = s->step; step->what != END; step++) {
		unsigned long now = start + msecs_to_jiffies(step->at);

		let_happen(&t, step->what, &exchanged, now);
		camex_wg_timers_look(&t, now, s->interval, exchanged, &due);
		KUNIT_EXPECT_EQ_MSG(test, due, step->due, "%s, at %u ms", s->name, step->at);
	}
}

/* The numbers come round anywhere. */
static void timers_table(struct kunit *test)
{
	static const unsigned long starts[] = { 1000, -100UL * HZ, -7UL, LONG_MAX - 20 * HZ };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(scenarios); i++)
		for (j = 0; j < ARRAY_SIZE(starts); j++)
			run_scenario(test, &scenarios[i], starts[j]);
}

/* Who asks again when it was told to misses nothing, and is not late. */
static void timers_told_when(struct kunit *test)
{
	unsigned long start = -50UL * HZ, now = start, next, due, exchanged = start;
	struct camex_wg_timers t = {};
	bool answered = false;

	let_happen(&t, DONE, &exchanged, now);
	next = camex_wg_timers_look(&t, now, 0, exchanged, &due);
	KUNIT_EXPECT_EQ(test, next, (unsigned long)CAMEX_WG_KEEPALIVE_AFTER);
	/* A note that is left just after that. */
	now += 1;
	let_happen(&t, RECEIVE_DATA, &exchanged, now);
	now = start + next;
	next = camex_wg_timers_look(&t, now, 0, exchanged, &due);
	KUNIT_EXPECT_EQ(test, due, 0UL);
	KUNIT_EXPECT_EQ(test, next, 1UL);
	now += next;
	next = camex_wg_timers_look(&t, now, 0, exchanged, &due);
	KUNIT_EXPECT_EQ(test, due, (unsigned long)KEEPALIVE);
	/* To the end of the keys. */
	while (!(due & ERASE) && !has_failed(test)) {
		KUNIT_ASSERT_LE(test, next, (unsigned long)CAMEX_WG_KEEPALIVE_AFTER);
		now += next;
		next = camex_wg_timers_look(&t, now, 0, exchanged, &due);
		answered |= due & KEEPALIVE;
	}
	KUNIT_EXPECT_EQ(test, now - start, (unsigned long)CAMEX_WG_ERASE_AFTER);
	KUNIT_EXPECT_EQ(test, next, (unsigned long)MAX_JIFFY_OFFSET);
	KUNIT_EXPECT_FALSE(test, answered);
}

/* So many initiations, then no more; keys are erased a while after that. */
static void timers_tries(struct kunit *test)
{
	unsigned long now = -3UL, due = 0, exchanged = now, gave_up, next = 0;
	struct camex_wg_timers t = { .jitter = JITTER };
	unsigned int sent = 0;

	do {
		if (!sent || due & RETRY) {
			sent++;
			let_happen(&t, INITIATE, &exchanged, now);
		}
		now += camex_wg_timers_look(&t, now, 0, exchanged, &due) ?: 1;
		camex_wg_timers_look(&t, now, 0, exchanged, &due);
	} while (!(due & GIVE_UP) && sent < 100);
	KUNIT_EXPECT_EQ(test, sent, (unsigned int)CAMEX_WG_TRIES);
	KUNIT_EXPECT_EQ(test, now - exchanged,
			(unsigned long)CAMEX_WG_TRIES * (CAMEX_WG_RETRY_AFTER + JITTER));
	gave_up = now;
	while (!(due & ERASE) && now - gave_up < 10UL * CAMEX_WG_ERASE_AFTER) {
		now += next;
		next = camex_wg_timers_look(&t, now, 0, exchanged, &due) ?: 1;
	}
	KUNIT_EXPECT_LE(test, now - gave_up, CAMEX_WG_ERASE_AFTER + 2UL);
	KUNIT_EXPECT_GE(test, now - gave_up, (unsigned long)CAMEX_WG_ERASE_AFTER);
}

/* Traffic for more than half of the time that jiffies take to come round, and then silence. */
static void timers_persistent(struct kunit *test)
{
	struct camex_wg_timers t = { .jitter = JITTER };
	unsigned long now = 0, due, step = MAX_JIFFY_OFFSET / 8;
	int i;

	camex_wg_timers_look(&t, now, 25, now, &due);
	KUNIT_EXPECT_EQ(test, due, PERSISTENT);
	for (i = 0; i < 20; i++) {
		now += step;
		camex_wg_timers_look(&t, now, 25, now, &due);
		KUNIT_EXPECT_EQ(test, due, 0UL);
	}
	camex_wg_timers_look(&t, now + 25 * HZ, 25, now, &due);
	KUNIT_EXPECT_EQ(test, due, PERSISTENT);
}

/* Packets begin the initiations anew, and the peer does not answer. */
static void timers_lost(struct kunit *test)
{
	unsigned long start = -50UL * HZ, now = start, due = 0;
	struct camex_wg_timers t = { .jitter = JITTER };

	camex_wg_note_set(&t.unanswered, now);
	while (now - start < CAMEX_WG_LOST_AFTER && !has_failed(test)) {
		camex_wg_timers_look(&t, now, 0, start, &due);
		KUNIT_EXPECT_EQ(test, due & ~RETRY, 0UL);
		t.tries = 0;
		t.initiated.is = true;
		t.initiated.at = now;
		now += CAMEX_WG_RETRY_AFTER;
	}
	camex_wg_timers_look(&t, now, 0, start, &due);
	KUNIT_EXPECT_EQ(test, due & ~RETRY, (unsigned long)CAMEX_WG_DUE_LOST);
	/* Something comes before it is so long again. */
	camex_wg_note_set(&t.unanswered, now);
	camex_wg_timers_received(&t, false, now);
	camex_wg_timers_look(&t, now + CAMEX_WG_LOST_AFTER, 0, start, &due);
	KUNIT_EXPECT_EQ(test, due & CAMEX_WG_DUE_LOST, 0UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(timers_table),
	KUNIT_CASE(timers_told_when),
	KUNIT_CASE(timers_tries),
	KUNIT_CASE(timers_persistent),
	KUNIT_CASE(timers_lost),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_wg_timers",
	.test_cases = cases,
};

kunit_test_suite(suite);
