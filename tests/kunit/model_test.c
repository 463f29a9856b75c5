// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer that sends, restarts and roams, a network that loses and reorders, and
 * somebody who has recorded all of it and sends it again, against a model that
 * says which datagrams are taken and where the peer is.
 */
#include <linux/in6.h>
#include <linux/rtnetlink.h>

#include "protocol/sealed/session_rank.h"
#include "test.h"

#define NOW		(CAMEX_CLOCK_MIN + 1000ULL * 3600 * NSEC_PER_SEC)
#define START		(NOW - 100ULL * 24 * 3600 * NSEC_PER_SEC)

#define SEEDS		12
#define OPS		4000
/* What is recorded, and sessions that there can be in a run. */
#define RECORDED	2048
#define SESSIONS	2048
#define HOSTS		4
/* Milliseconds: how long one step takes, and silence. */
#define TICK		250
#define SILENT		5000

static const u8 keys[][CAMEX_KEY_LEN] = { { 1 }, { 2 } };
static const struct camex_addr here = {
	.family = AF_INET, .v4 = cpu_to_be32(0xc0000263),
};

enum fate { UNKNOWN, OPEN, CLOSED };

/**
 * struct told - a session, as the model has it
 * @key: index of its key
 * @next: the sequence that is sent next
 * @first: the sequence that opened it last
 * @top: the highest taken
 * @floor: where it had got to when it was opened again
 * @fate: what the receiver knows of it
 * @floored: @floor counts
 * @heard: time in milliseconds
 * @there: the endpoint has been where all of its highest came from ever since
 * @claims: it waits for its turn to be at @host and @port
 * @host: where its highest came from
 * @port: likewise
 * @last: the endpoint was taken back from it
 * @closed: number in the order of closings
 */
struct told {
	int key;
	u64 next;
	u64 first;
	u64 top;
	u64 floor;
	enum fate fate;
	bool floored;
	long heard;
	bool there;
	bool claims;
	int host;
	int port;
	bool last;
	unsigned int closed;
};

/**
 * struct recorded - a datagram
 * @session: index, which is its prefix too
 * @seq: its sequence
 * @host: where it was sent from
 * @port: likewise
 * @taken: how often, since the receiver last forgot its session
 */
struct recorded {
	int session;
	u64 seq;
	int host;
	int port;
	unsigned int taken;
};

/**
 * struct model - the world
 * @test: for messages
 * @peer: the peer, as the module has it
 * @rnd: chance
 * @seed: where that started
 * @op: which step this is
 * @what: and what it does
 * @now: milliseconds
 * @told: sessions
 * @sessions: how many; the last one is the sender's
 * @key: index of the key on both sides
 * @host: where the sender is
 * @port: likewise
 * @recorded: what it has sent, a ring
 * @sent: how much that was
 * @rank: open sessions
 * @open: how many
 * @closings: there were so many
 * @reached: by sessions with a clock
 * @at_host: where the receiver thinks that the sender is, -1 for nowhere
 * @at_port: likewise
 * @endpoint_session: session that says so, or -1
 * @took: datagrams taken
 * @refused: datagrams refused
 * @moves: changes of the endpoint
 * @reopened: sessions that were opened again
 */
struct model {
	struct kunit *test;
	struct camex_peer *peer;
	struct rnd_state rnd;
	u64 seed;
	unsigned int op;
	const char *what;
	long now;
	struct told told[SESSIONS];
	int sessions;
	int key;
	int host;
	int port;
	struct recorded recorded[RECORDED];
	unsigned int sent;
	int rank[CAMEX_SESSIONS_OPEN + 1];
	int open;
	unsigned int closings;
	u64 reached;
	int at_host;
	int at_port;
	int endpoint_session;
	unsigned int took;
	unsigned int refused;
	unsigned int moves;
	unsigned int reopened;
};

static bool fail(struct model *m, const char *wrong, const struct recorded *d)
{
	if (d)
		KUNIT_FAIL(m->test,
			   "seed %llu, op %u, %s: %s (session %d, seq %llu, from %d:%d)",
			   m->seed, m->op, m->what, wrong, d->session, d->seq,
			   d->host, d->port);
	else
		KUNIT_FAIL(m->test, "seed %llu, op %u, %s: %s", m->seed, m->op,
			   m->what, wrong);
	return false;
}

/* --- the model --- */

static bool clocked(u64 seq)
{
	return seq > 1ULL << 60;
}

/* The receiver's clock stands at NOW; a day more is plausible. */
static void model_reach(struct model *m, const struct told *s)
{
	if (clocked(s->first) && s->top <= NOW + 86400ULL * 1000000000 &&
	    s->top > m->reached)
		m->reached = s->top;
}

static int position(struct model *m, int session)
{
	int i;

	for (i = 0; i < m->open && m->rank[i] != session; i++)
		;
	return i;
}

static void take_out(struct model *m, int session)
{
	int i = position(m, session);

	m->open--;
	for (; i < m->open; i++)
		m->rank[i] = m->rank[i + 1];
}

static void put_in(struct model *m, int session, int at)
{
	int i;

	for (i = m->open; i > at; i--)
		m->rank[i] = m->rank[i - 1];
	m->rank[at] = session;
	m->open++;
}

/* What was taken of a session can be taken again from now on. */
static void unknown(struct model *m, int session)
{
	unsigned int i;

	m->told[session].fate = UNKNOWN;
	m->told[session].floored = false;
	for (i = 0; i < RECORDED; i++)
		if (m->recorded[i].session == session)
			m->recorded[i].taken = 0;
}

static void model_close(struct model *m, int session)
{
	int i, remembered = 0, oldest = -1;

	model_reach(m, &m->told[session]);
	take_out(m, session);
	m->told[session].fate = CLOSED;
	m->told[session].closed = ++m->closings;
	if (m->endpoint_session == session)
		m->endpoint_session = -1;
	for (i = 0; i < m->sessions; i++) {
		if (m->told[i].fate != CLOSED)
			continue;
		remembered++;
		if (oldest < 0 || m->told[i].closed < m->told[oldest].closed)
			oldest = i;
	}
	if (remembered > 64)
		unknown(m, oldest);
}

static void model_open(struct model *m, int session, u64 seq)
{
	struct told *s = &m->told[session];
	int at, i, silent = 0;

	s->floored = s->fate == CLOSED;
	s->floor = s->top;
	m->reopened += s->floored;
	s->fate = OPEN;	/* so that it is not one of the closed ones now */
	if (m->open == 4) {
		for (i = 1; i < 4; i++)
			if (m->told[m->rank[i]].heard < m->told[m->rank[silent]].heard)
				silent = i;
		model_close(m, m->rank[silent]);
	}
	s->first = seq;
	s->top = seq;
	s->there = false;
	s->claims = false;
	s->last = false;
	for (at = 0; at < m->open; at++) {
		const struct told *other = &m->told[m->rank[at]];

		if (other->last || (clocked(seq) && clocked(other->first) &&
				    seq > other->first))
			break;
	}
	put_in(m, session, at);
}

static void model_move(struct model *m, int session)
{
	struct told *s = &m->told[session];
	int i;

	if (m->at_host != s->host || m->at_port != s->port) {
		m->moves++;
		m->at_host = s->host;
		m->at_port = s->port;
		for (i = 0; i < m->open; i++)
			m->told[m->rank[i]].there = false;
	}
	s->there = true;
	s->claims = false;
	if (m->endpoint_session >= 0 && position(m, session) < position(m, m->endpoint_session)) {
		m->told[m->endpoint_session].last = true;
		take_out(m, m->endpoint_session);
		put_in(m, m->endpoint_session, m->open);
	}
	m->endpoint_session = session;
}

/* Have those before it been silent for long enough, and none come after it? */
static bool model_turn(struct model *m, int session, bool *void_now)
{
	int i, end = position(m, session);
	bool turn = true;

	*void_now = false;
	for (i = 0; i < end; i++) {
		const struct told *other = &m->told[m->rank[i]];

		if (other->heard > m->told[session].heard)
			*void_now = true;
		if (m->now - other->heard < SILENT)
			turn = false;
	}
	return turn;
}

static void model_look(struct model *m)
{
	int i;

	for (i = 0; i < m->open; i++) {
		struct told *s = &m->told[m->rank[i]];
		bool void_now, turn;

		if (!s->claims)
			continue;
		turn = model_turn(m, m->rank[i], &void_now);
		if (void_now) {
			s->claims = false;
		} else if (turn) {
			model_move(m, m->rank[i]);
			i = -1;
		}
	}
}

/* Is it taken? */
static bool model_take(struct model *m, const struct recorded *d)
{
	struct told *s = &m->told[d->session];
	bool opens, void_now;
	u64 reached;
	int i;

	if (s->key != m->key)
		return false;
	opens = s->fate != OPEN;
	if (s->fate == CLOSED && d->seq <= s->top)
		return false;
	if (opens && clocked(d->seq)) {
		for (i = 0; i < m->open; i++)
			model_reach(m, &m->told[m->rank[i]]);
		reached = m->reached;
		if (d->seq < reached)
			return false;
	}
	if (opens) {
		model_open(m, d->session, d->seq);
	} else {
		if (d->taken || (s->floored && d->seq <= s->floor) ||
		    (d->seq < s->top && s->top - d->seq >= CAMEX_REPLAY_WINDOW))
			return false;
	}
	s->heard = m->now;
	if (!opens && d->seq < s->top)
		return true;
	s->top = d->seq;
	s->host = d->host;
	s->port = d->port;
	if (s->there && m->at_host == d->host && m->at_port == d->port) {
		s->claims = false;
		return true;
	}
	if (m->at_host < 0 || m->at_host == d->host || model_turn(m, d->session, &void_now)) {
		model_move(m, d->session);
	} else {
		s->claims = true;
		s->there = false;
	}
	return true;
}

static void model_forget(struct model *m)
{
	int i;

	for (i = 0; i < m->sessions; i++)
		unknown(m, i);
	m->open = 0;
	m->reached = 0;
	m->endpoint_session = -1;
}

/* --- the module --- */

static struct camex_addr place(int host, int port)
{
	struct camex_addr at = {
		.family = AF_INET,
		.port = cpu_to_be16(7000 + port),
		.v4 = cpu_to_be32(0xc0000200 + host),
	};

	return at;
}

/* Time is the model's. */
static void set_heard(struct model *m)
{
	struct camex_session_rx *rx;

	list_for_each_entry(rx, &camex_sealed_of(m->peer)->open, base.peer_node)
		rx->heard = jiffies -
			msecs_to_jiffies(m->now - m->told[rx->base.prefix].heard);
}

static bool module_take(struct model *m, const struct recorded *d)
{
	const struct camex_addr from = place(d->host, d->port);
	bool taken = false, highest;
	struct camex_session_rx *rx;
	struct camex_key *key;
	int why;

	rcu_read_lock();
	local_bh_disable();
	set_heard(m);
	key = key_bh(m->peer);
	if (m->told[d->session].key == m->key) {
		rx = camex_session_rank_open(m->peer, key, d->session, d->seq, false, &why);
		taken = rx && camex_session_take(rx, &d->seq, 1, &highest);
		if (taken && highest)
			camex_session_rank_highest(rx, &from, &here);
	}
	local_bh_enable();
	rcu_read_unlock();
	return taken;
}

static bool check(struct model *m)
{
	struct camex_session_rx *rx;
	struct camex_endpoint *ep;
	struct camex_addr at = {};
	int i = 0;

	rcu_read_lock();
	ep = rcu_dereference(m->peer->endpoint);
	if (ep)
		at = ep->to;
	rcu_read_unlock();
	if (m->at_host >= 0) {
		const struct camex_addr want = place(m->at_host, m->at_port);

		if (memcmp(&at, &want, sizeof(at))) {
			KUNIT_FAIL(m->test, "seed %llu, op %u, %s: it is at %pI4:%u, want %pI4:%u",
				   m->seed, m->op, m->what, &at.v4, ntohs(at.port),
				   &want.v4, ntohs(want.port));
			return false;
		}
	} else if (ep) {
		return fail(m, "it ought to be nowhere", NULL);
	}
	list_for_each_entry(rx, &camex_sealed_of(m->peer)->open, base.peer_node) {
		if (i == m->open || m->rank[i] != rx->base.prefix)
			return fail(m, "another order", NULL);
		if (m->told[m->rank[i]].claims != rx->waiting)
			return fail(m, "waits, or does not", NULL);
		i++;
	}
	if (i != m->open || camex_sealed_of(m->peer)->nopen != i)
		return fail(m, "another number is open", NULL);
	if (camex_sealed_of(m->peer)->closed[0].n > CAMEX_SESSIONS_CLOSED)
		return fail(m, "too many are remembered", NULL);
	return true;
}

/* --- what happens --- */

static bool deliver(struct model *m, struct recorded *d)
{
	bool got, want;

	m->now += TICK;
	got = module_take(m, d);
	want = model_take(m, d);
	if (got != want)
		return fail(m, got ? "it is taken" : "it is not taken", d);
	if (got)
		m->took++;
	else
		m->refused++;
	d->taken += got;
	/* whatever the model says */
	if (d->taken > 1)
		return fail(m, "it is taken twice", d);
	return true;
}

static struct recorded *make(struct model *m, int session)
{
	struct recorded *d = &m->recorded[m->sent++ % RECORDED];

	d->session = session;
	d->seq = m->told[session].next++;
	d->host = m->host;
	d->port = m->port;
	d->taken = 0;
	return d;
}

/* The sender starts anew: at 0, or at its clock. */
static void restart(struct model *m, bool clock)
{
	struct told *s = &m->told[m->sessions++];

	memset(s, 0, sizeof(*s));
	s->key = m->key;
	s->next = clock ? START + m->now * 1000000ULL : below(&m->rnd, 2);
}

static bool look(struct model *m, long ms)
{
	m->now += ms;
	spin_lock_bh(&m->peer->cdev->lock);
	set_heard(m);
	camex_session_rank_due(m->peer, jiffies);
	spin_unlock_bh(&m->peer->cdev->lock);
	model_look(m);
	return true;
}

static bool rekey(struct model *m, int key)
{
	if (fake_set_key(m->peer, keys[key]))
		return fail(m, "no memory", NULL);
	if (key != m->key) {
		model_forget(m);
		m->key = key;
		restart(m, below(&m->rnd, 2));
	}
	return true;
}

static bool forget(struct model *m)
{
	rtnl_lock();
	camex_peer_forget(m->peer);
	rtnl_unlock();
	model_forget(m);
	m->at_host = -1;
	return true;
}

static bool replay(struct model *m)
{
	unsigned int n = min_t(unsigned int, m->sent, RECORDED), back = below(&m->rnd, n);
	struct recorded *d;

	/* what is new more often than what is old */
	if (below(&m->rnd, 2))
		back = below(&m->rnd, min(n, 20U));
	d = &m->recorded[(m->sent - 1 - back) % RECORDED];
	if (below(&m->rnd, 3)) {
		/* from where the sender never is */
		d->host = HOSTS + below(&m->rnd, 2);
		d->port = 0;
	}
	return deliver(m, d);
}

static bool step(struct model *m)
{
	int session = m->sessions - 1;
	bool clock;

	switch (below(&m->rnd, 100)) {
	case 0 ... 34:
		m->what = "send";
		return deliver(m, make(m, session));
	case 35 ... 44:
		m->what = "lose";
		make(m, session);
		return true;
	case 45 ... 46:
		m->what = "lose many";
		m->told[session].next += below(&m->rnd, 3 * CAMEX_REPLAY_WINDOW / 2);
		return true;
	case 47 ... 51:
		/* there are two of it */
		m->what = "send as before";
		session -= min_t(int, below(&m->rnd, 12), session);
		return deliver(m, make(m, session));
	case 52 ... 76:
		m->what = "replay";
		return m->sent ? replay(m) : true;
	case 77 ... 81:
		m->what = "restart";
		clock = below(&m->rnd, 2);
		restart(m, clock);
		return true;
	case 82 ... 84:
		m->what = "another port";
		m->port = below(&m->rnd, 4);
		return true;
	case 85 ... 87:
		m->what = "another host";
		m->host = below(&m->rnd, HOSTS);
		return true;
	case 88:
		m->what = "the same key";
		return rekey(m, m->key);
	case 89:
		if (below(&m->rnd, 20))
			return true;
		m->what = "another key";
		return rekey(m, !m->key);
	case 90:
		if (below(&m->rnd, 20))
			return true;
		m->what = "forget";
		return forget(m);
	case 91 ... 94:
		m->what = "the timer";
		return look(m, TICK);
	default:
		m->what = "silence";
		return look(m, TICK * below(&m->rnd, 40));
	}
}

/* However it goes on, a sender that is left in peace is heard, and found. */
static bool settle(struct model *m)
{
	struct recorded *d;
	int i;

	m->what = "peace";
	m->now += TICK;
	restart(m, true);
	for (i = 0; i < 30; i++) {
		d = make(m, m->sessions - 1);
		if (!deliver(m, d) || !look(m, TICK) || !check(m))
			return false;
		if (!d->taken)
			return fail(m, "it is not heard", d);
	}
	if (m->at_host != m->host || m->at_port != m->port)
		return fail(m, "it is not found", NULL);
	return true;
}

static bool run_seed(struct model *m, u64 seed)
{
	struct kunit *test = m->test;
	char name[16];

	memset(m, 0, sizeof(*m));
	m->test = test;
	m->seed = seed;
	m->at_host = -1;
	m->endpoint_session = -1;
	prandom_seed_state(&m->rnd, seed);
	snprintf(name, sizeof(name), "seed%llu", seed);
	m->peer = fake_peer(test, name);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(m->peer, keys[0]));
	restart(m, false);
	for (m->op = 0; m->op < OPS && m->sessions < SESSIONS - 2; m->op++) {
		if (!step(m) || !check(m))
			return false;
		/* now and then, so that it does not get boring */
		if (m->op % 500 == 499 && !settle(m))
			return false;
	}
	KUNIT_EXPECT_EQ(test, OPS, m->op);
	fake_peer_del(m->peer);
	return true;
}

static void model_random(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int took = 0, refused = 0, moves = 0, reopened = 0;
	u64 seed;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	for (seed = 1; seed <= SEEDS && run_seed(m, seed); seed++) {
		took += m->took;
		refused += m->refused;
		moves += m->moves;
		reopened += m->reopened;
		cond_resched();
	}
	kunit_info(test, "%u taken, %u refused, %u moves, %u opened again", took,
		   refused, moves, reopened);
	if (has_failed(test))
		return;
	/* or else it was about nothing */
	KUNIT_EXPECT_GT(test, took, SEEDS * OPS / 4);
	KUNIT_EXPECT_GT(test, refused, SEEDS * OPS / 20);
	KUNIT_EXPECT_GT(test, moves, SEEDS * OPS / 50);
	KUNIT_EXPECT_GT(test, reopened, SEEDS * OPS / 200);
}

static int model_init(struct kunit *test)
{
	camex_test_clock = NOW;
	return fake_dev_init(test);
}

static void model_exit(struct kunit *test)
{
	fake_dev_exit(test);
	camex_test_clock = 0;
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(model_random),
	{}
};

static struct kunit_suite model_suite = {
	.name = "camex_model",
	.init = model_init,
	.exit = model_exit,
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);
