/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 32-bit indices that what we receive is addressed to: random, so that they say nothing, and
 * unique in their table. A handshake's index becomes that of its session.
 */
#ifndef CAMEX_WG_INDEX_H
#define CAMEX_WG_INDEX_H

#include <linux/rhashtable.h>
#include <linux/types.h>

/* What an index belongs to. */
enum camex_index_kind {
	CAMEX_INDEX_HANDSHAKE,
	CAMEX_INDEX_SESSION,
};

/**
 * struct camex_index - an index, in whatever it belongs to
 * @node: in the table's hash
 * @value: the index
 * @kind: enum camex_index_kind: what it lies in
 * @listed: it is in a table
 *
 * What it lies in is freed after a grace period. It may be inserted again before: a reader that
 * found it by its old value has to look at @value again, under the lock that its owner has.
 */
struct camex_index {
	struct rhash_head node;
	u32 value;
	u8 kind;
	bool listed;
};

/**
 * struct camex_index_table - the indices of a device
 * @hash: of struct camex_index, with a seed of its own
 */
struct camex_index_table {
	struct rhashtable hash;
};

int camex_index_table_init(struct camex_index_table *table);
void camex_index_table_free(struct camex_index_table *table);
int camex_index_insert(struct camex_index_table *table, struct camex_index *index);
bool camex_index_replace(struct camex_index_table *table, struct camex_index *old,
			 struct camex_index *index);
void camex_index_remove(struct camex_index_table *table, struct camex_index *index);
struct camex_index *camex_index_find(struct camex_index_table *table, u32 value);

#ifdef CAMEX_KUNIT
/* Which bits of indices are random. */
extern u32 camex_test_indices;
#endif

#endif /* CAMEX_WG_INDEX_H */
