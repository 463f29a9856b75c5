/* SPDX-License-Identifier: GPL-2.0-only */
/* REGISTER and KEEPALIVE of protocol camex: what they say, and about whom. */
#ifndef CAMEX_CONTROL_H
#define CAMEX_CONTROL_H

#include "protocol.h"
#include "text.h"

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

struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type);
struct camex_peer *camex_control_registrant(struct camex_dev *cdev,
					    const struct camex_key *key,
					    const struct camex_text_register *r);
void camex_hint_add(struct camex_dev *cdev, const struct camex_addr *from,
		    struct camex_key *key);
struct camex_key *camex_hint_find(struct camex_dev *cdev,
				  const struct camex_addr *from);
void camex_hints_purge(struct camex_dev *cdev, const struct camex_key *key);

#endif /* CAMEX_CONTROL_H */
