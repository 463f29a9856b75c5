/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 32-bit local indices to which received messages are addressed: random, so that they reveal
 * nothing, and unique in their table. A session takes over the index of its handshake.
 */
#ifndef CAMEX_WG_INDEX_H
#define CAMEX_WG_INDEX_H

#include <linux/rhashtable.h>
#include <linux/types.h>

/* Kind of an index's owner. */
enum camex_index_kind {
	CAMEX_INDEX_HANDSHAKE,
	CAMEX_INDEX_SESSION,
};

/**
 * struct camex_index - an index, embedded in its owner
 * @node: in the table's hash
 * @value: the index
 * @kind: enum camex_index_kind of the owner
 * @listed: it is in a table
 *
 * The owner is freed after a grace period, but may be inserted again earlier. So a reader that
 * found it by an old value must compare @value again under the owner's lock.
 */
struct camex_index {
	struct rhash_head node;
	u32 value;
	u8 kind;
	bool listed;
};

/**
 * struct camex_index_table - the indices of a device
 * @hash: of struct camex_index, with its own seed
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
