/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of sources that are not known yet: what a KEEPALIVE from there was under. */
#ifndef CAMEX_HINT_H
#define CAMEX_HINT_H

#include "core/device.h"

struct camex_key;

/* Sources of KEEPALIVE that are remembered. */
#define CAMEX_HINTS	512

/**
 * struct camex_hint - a key that opened a KEEPALIVE of several peers' key
 * @from: its source
 * @key: the key; forgotten when no peer has it any more
 * @until: jiffies until when it counts
 */
struct camex_hint {
	struct camex_addr from;
	struct camex_key *key;
	unsigned long until;
};

/**
 * struct camex_hints - the hints of a device
 * @table: by source (camex_dev.lock)
 * @until: jiffies when the last of them ends (camex_dev.lock)
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
