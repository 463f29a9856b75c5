/* SPDX-License-Identifier: GPL-2.0-only */
/* Hints: the key of the last KEEPALIVE from a source that is no peer's endpoint yet. */
#ifndef CAMEX_HINT_H
#define CAMEX_HINT_H

#include "core/device.h"

struct camex_key;

/* Maximum number of hints of a device. */
#define CAMEX_HINTS	512

/**
 * struct camex_hint - source and key of a KEEPALIVE under a shared key
 * @from: the source
 * @key: the key; removed when no peer has it any more
 * @until: jiffies when the hint expires
 */
struct camex_hint {
	struct camex_addr from;
	struct camex_key *key;
	unsigned long until;
};

/**
 * struct camex_hints - the hints of a device
 * @table: by source (camex_dev.lock)
 * @until: jiffies when the last hint expires (camex_dev.lock)
 */
struct camex_hints {
	struct camex_hint *table;
	unsigned long until;
};

int camex_hints_init(struct camex_dev *cdev);
void camex_hints_free(struct camex_dev *cdev);
void camex_hint_add(struct camex_dev *cdev, const struct camex_addr *from,
		    struct camex_key *key);
struct camex_key *camex_hint_find(struct camex_dev *cdev,
				  const struct camex_addr *from);
void camex_hints_purge(struct camex_dev *cdev, const struct camex_key *key);

#endif /* CAMEX_HINT_H */
