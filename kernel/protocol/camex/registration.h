/* SPDX-License-Identifier: GPL-2.0-only */
/* REGISTER, CONFIG and KEEPALIVE of protocol camex: what they say, and about whom. */
#ifndef CAMEX_CONTROL_H
#define CAMEX_CONTROL_H

#include "core/protocol.h"
#include "protocol/camex/control_text.h"

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

void camex_control_send(struct camex_peer *peer, struct camex_endpoint *ep,
			struct sk_buff *skb, u8 type);
struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type);
struct camex_peer *camex_control_registrant(struct camex_dev *cdev,
					    const struct camex_key *key,
					    const struct camex_text_register *r);
bool camex_control_awaits(const struct camex_peer *peer,
			  const struct camex_addr *from);
int camex_control_config(struct camex_peer *peer, const void *text, size_t len,
			 const struct camex_source *from);
int camex_control_take(struct camex_peer *peer, u8 type, const void *text,
		       size_t len, const struct camex_source *from);
int camex_control_answer(struct camex_peer *peer,
			 const struct camex_text_register *r,
			 const struct camex_source *from);
void camex_hint_add(struct camex_dev *cdev, const struct camex_addr *from,
		    struct camex_key *key);
struct camex_key *camex_hint_find(struct camex_dev *cdev,
				  const struct camex_addr *from);
void camex_hints_purge(struct camex_dev *cdev, const struct camex_key *key);

#endif /* CAMEX_CONTROL_H */
