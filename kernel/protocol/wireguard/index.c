// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>

#include "core/compat.h"
#include "protocol/wireguard/index.h"

#ifdef CAMEX_KUNIT
u32 camex_test_indices = U32_MAX;
EXPORT_SYMBOL_GPL(camex_test_indices);
#else
#define camex_test_indices	U32_MAX
#endif

/* Attempts to draw a free index. With a million in use one attempt fails once in 4,000. */
#define TRIES	64

static const struct rhashtable_params index_params = {
	.key_len = sizeof_field(struct camex_index, value),
	.key_offset = offsetof(struct camex_index, value),
	.head_offset = offsetof(struct camex_index, node),
	.automatic_shrinking = true,
};

/**
 * camex_index_table_init() - initialize an empty table
 * @table: the table, for camex_index_table_free()
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int camex_index_table_init(struct camex_index_table *table)
{
	return rhashtable_init(&table->hash, &index_params);
}

/**
 * camex_index_table_free() - free a table
 * @table: the table, empty and without readers
 *
 * Context: may sleep.
 */
void camex_index_table_free(struct camex_index_table *table)
{
	rhashtable_destroy(&table->hash);
}

/**
 * camex_index_insert() - draw an index and add it to the table
 * @table: the table
 * @index: the index, in no table, with its kind set
 *
 * Context: the owner's lock protects @index; softirqs may be off.
 * Return: 0, -EBUSY or -ENOMEM; a later attempt may succeed.
 */
int camex_index_insert(struct camex_index_table *table, struct camex_index *index)
{
	unsigned int tries;
	int err = -EBUSY;

	for (tries = 0; tries < TRIES; tries++) {
		WRITE_ONCE(index->value, get_random_u32() & camex_test_indices);
		err = rhashtable_lookup_insert_fast(&table->hash, &index->node, index_params);
		if (err != -EEXIST)
			break;
	}
	index->listed = !err;
	return err == -EEXIST ? -EBUSY : err;
}

/**
 * camex_index_replace() - pass the index of a handshake on to its session
 * @table: the table
 * @old: the handshake's; it has no index afterwards
 * @index: the session's, in no table; it has the index afterwards
 *
 * At each moment a reader finds one of the two.
 *
 * Context: as camex_index_insert().
 * Return: false if @old is not in the table.
 */
bool camex_index_replace(struct camex_index_table *table, struct camex_index *old,
			 struct camex_index *index)
{
	if (!old->listed)
		return false;
	index->value = old->value;
	if (rhashtable_replace_fast(&table->hash, &old->node, &index->node, index_params))
		return false;
	old->listed = false;
	index->listed = true;
	return true;
}

/**
 * camex_index_remove() - remove an index from the table
 * @table: the table
 * @index: the index; it need not be in the table
 *
 * Context: as camex_index_insert().
 */
void camex_index_remove(struct camex_index_table *table, struct camex_index *index)
{
	if (!index->listed)
		return;
	rhashtable_remove_fast(&table->hash, &index->node, index_params);
	index->listed = false;
}

/**
 * camex_index_find() - find the owner of an index
 * @table: the table
 * @value: the index, as received
 *
 * Context: RCU reader.
 * Return: the index, or NULL.
 */
struct camex_index *camex_index_find(struct camex_index_table *table, u32 value)
{
	return rhashtable_lookup(&table->hash, &value, index_params);
}
