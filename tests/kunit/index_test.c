// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kthread.h>

#include "protocol/wireguard/index.h"
#include "test.h"

#define ENTRIES	100
#define VALUES	256	/* indices that are drawn, so that some are drawn twice */
#define ROUNDS	20000

/* A table, what may be in it, and the model: who has which index. */
struct scene {
	struct camex_index_table table;
	struct camex_index entries[ENTRIES];
	struct camex_index *model[VALUES];
};

static int index_init(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	test->priv = s;
	return camex_index_table_init(&s->table);
}

static void index_exit(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	camex_test_indices = U32_MAX;
	for (i = 0; i < ENTRIES; i++)
		camex_index_remove(&s->table, &s->entries[i]);
	camex_index_table_free(&s->table);
}

/* Find an index; what it lies in stays as long as the test. */
static struct camex_index *find_index(struct scene *s, u32 value)
{
	struct camex_index *found;

	rcu_read_lock();
	found = camex_index_find(&s->table, value);
	rcu_read_unlock();
	return found;
}

static void expect_as_model(struct kunit *test, struct scene *s)
{
	unsigned int value;

	for (value = 0; value < VALUES; value++)
		KUNIT_EXPECT_PTR_EQ(test, find_index(s, value), s->model[value]);
}

/* One random change of the table and of the model. */
static void change_index(struct kunit *test, struct scene *s, struct rnd_state *rnd)
{
	struct camex_index *entry = &s->entries[below(rnd, ENTRIES)];
	struct camex_index *other = &s->entries[below(rnd, ENTRIES)];
	int err;

	if (!entry->listed) {
		KUNIT_EXPECT_FALSE(test, camex_index_replace(&s->table, entry, other));
		err = camex_index_insert(&s->table, entry);
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_ASSERT_LT(test, entry->value, VALUES);
		/* nobody else had it */
		KUNIT_EXPECT_PTR_EQ(test, s->model[entry->value], (struct camex_index *)NULL);
		s->model[entry->value] = entry;
	} else if (!other->listed) {
		KUNIT_EXPECT_TRUE(test, camex_index_replace(&s->table, entry, other));
		KUNIT_EXPECT_EQ(test, entry->value, other->value);
		s->model[entry->value] = other;
	} else {
		s->model[entry->value] = NULL;
		camex_index_remove(&s->table, entry);
		camex_index_remove(&s->table, entry);
	}
}

static void index_against_model(struct kunit *test)
{
	struct scene *s = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 20);
	camex_test_indices = VALUES - 1;
	for (i = 0; i < ROUNDS && !has_failed(test); i++) {
		change_index(test, s, &rnd);
		if (i % 50 == 0)
			expect_as_model(test, s);
	}
	expect_as_model(test, s);
}

/* Indices differ, say nothing, and run out only when all are taken. */
static void index_draws(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i, high = 0;

	for (i = 0; i < ENTRIES; i++) {
		KUNIT_ASSERT_EQ(test, camex_index_insert(&s->table, &s->entries[i]), 0);
		KUNIT_EXPECT_PTR_EQ(test, find_index(s, s->entries[i].value), &s->entries[i]);
		high += s->entries[i].value >> 31;
	}
	KUNIT_EXPECT_GT(test, high, 10);
	KUNIT_EXPECT_LT(test, high, 90);
	for (i = 0; i < ENTRIES; i++)
		camex_index_remove(&s->table, &s->entries[i]);

	camex_test_indices = 3;
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, camex_index_insert(&s->table, &s->entries[i]), 0);
	KUNIT_EXPECT_EQ(test, camex_index_insert(&s->table, &s->entries[4]), -EBUSY);
	KUNIT_EXPECT_FALSE(test, s->entries[4].listed);
	camex_index_remove(&s->table, &s->entries[4]);
	camex_index_remove(&s->table, &s->entries[2]);
	KUNIT_EXPECT_EQ(test, camex_index_insert(&s->table, &s->entries[4]), 0);
	KUNIT_EXPECT_EQ(test, s->entries[4].value, s->entries[2].value);
}

/* A reader beside a writer. */
struct reader {
	struct scene *s;
	u32 value;
	unsigned long found;
	unsigned long missed;
};

static int read_on(void *arg)
{
	struct reader *r = arg;

	while (!kthread_should_stop()) {
		if (find_index(r->s, r->value))
			r->found++;
		else
			r->missed++;
		cond_resched();
	}
	return 0;
}

/* While a session takes the place of a handshake, and others come and go, it is always found. */
static void index_is_always_found(struct kunit *test)
{
	struct scene *s = test->priv;
	struct reader r = { .s = s };
	struct task_struct *thread;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, camex_index_insert(&s->table, &s->entries[0]), 0);
	r.value = s->entries[0].value;
	thread = kthread_run(read_on, &r, "camex-kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	for (i = 0; i < ROUNDS; i++) {
		struct camex_index *entry = &s->entries[2 + i % (ENTRIES - 2)];

		KUNIT_EXPECT_TRUE(test, camex_index_replace(&s->table, &s->entries[i % 2],
							    &s->entries[!(i % 2)]));
		camex_index_remove(&s->table, entry);
		KUNIT_EXPECT_EQ(test, camex_index_insert(&s->table, entry), 0);
		if (i % 64 == 0)
			cond_resched();
	}
	while (!READ_ONCE(r.found))
		schedule_timeout_uninterruptible(1);
	kthread_stop(thread);
	KUNIT_EXPECT_EQ(test, r.missed, 0);
}

static struct kunit_case index_cases[] = {
	KUNIT_CASE(index_against_model),
	KUNIT_CASE(index_draws),
	KUNIT_CASE(index_is_always_found),
	{}
};

static struct kunit_suite index_suite = {
	.name = "camex_index",
	.init = index_init,
	.exit = index_exit,
	.test_cases = index_cases,
};

kunit_test_suite(index_suite);
