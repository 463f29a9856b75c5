// SPDX-License-Identifier: GPL-2.0-only
/* Hints: the key of the last KEEPALIVE from a source that is no peer's endpoint yet. */
#include <linux/mm.h>
#include <linux/siphash.h>

#include "core/compat.h"
#include "protocol/camex/state.h"
#include "protocol/sealed/key.h"

/* How long a hint is valid. */
#define HINT_LASTS	(30 * HZ)

/**
 * camex_hints_init() - make the table of a new device
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_hints_init(struct camex_dev *cdev)
{
	struct camex_hints *hints = &camex_camex_of_dev(cdev)->hints;

	hints->until = jiffies - 1;
	hints->table = kvcalloc(CAMEX_HINTS, sizeof(*hints->table), GFP_KERNEL_ACCOUNT);
	return hints->table ? 0 : -ENOMEM;
}

/**
 * camex_hints_free() - free the table
 * @cdev: the device
 */
void camex_hints_free(struct camex_dev *cdev)
{
	kvfree(camex_camex_of_dev(cdev)->hints.table);
}

static struct camex_hint *hint_of(struct camex_dev *cdev,
				  const struct camex_addr *from)
{
	u64 hash = siphash(from, sizeof(*from), &cdev->limits->secret);

	return &camex_camex_of_dev(cdev)->hints.table[hash % CAMEX_HINTS];
}

/**
 * camex_hint_add() - note a KEEPALIVE under a key that several peers share
 * @cdev: the device
 * @from: its source
 * @key: the key
 *
 * The table has a fixed size: a new source may replace another one.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_hint_add(struct camex_dev *cdev, const struct camex_addr *from,
		    struct camex_key *key)
{
	struct camex_hint *hint = hint_of(cdev, from);

	spin_lock(&cdev->lock);
	if (!list_empty(&key->peers)) {
		hint->from = *from;
		hint->key = key;
		hint->until = jiffies + HINT_LASTS;
		WRITE_ONCE(camex_camex_of_dev(cdev)->hints.until, hint->until);
	}
	spin_unlock(&cdev->lock);
}

/* Is the hint valid? A very old one looks like the future once jiffies wrap. */
static bool is_hint_valid(unsigned long until)
{
	return time_in_range_open(jiffies, until - HINT_LASTS, until);
}

/**
 * camex_hint_find() - the key that a source has used recently
 * @cdev: the device
 * @from: the source
 *
 * Context: RCU reader, bottom halves off.
 * Return: the key, valid under RCU, or NULL.
 */
struct camex_key *camex_hint_find(struct camex_dev *cdev,
				  const struct camex_addr *from)
{
	struct camex_key *key = NULL;
	struct camex_hint *hint;

	/* Strangers get no further while there are none. */
	if (!is_hint_valid(READ_ONCE(camex_camex_of_dev(cdev)->hints.until)))
		return NULL;
	hint = hint_of(cdev, from);
	spin_lock(&cdev->lock);
	if (!memcmp(&hint->from, from, sizeof(*from)) && is_hint_valid(hint->until))
		key = hint->key;
	spin_unlock(&cdev->lock);
	return key;
}

/**
 * camex_hints_purge() - remove the hints with a key that no peer has any more
 * @cdev: the device
 * @key: the key
 *
 * Context: RTNL.
 */
void camex_hints_purge(struct camex_dev *cdev, const struct camex_key *key)
{
	struct camex_hint *table = camex_camex_of_dev(cdev)->hints.table;
	int i;

	spin_lock_bh(&cdev->lock);
	for (i = 0; i < CAMEX_HINTS; i++)
		if (table[i].key == key)
			memset(&table[i], 0, sizeof(table[i]));
	spin_unlock_bh(&cdev->lock);
}
