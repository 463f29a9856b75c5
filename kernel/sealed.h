/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted datagrams: the form of protocol camex, which others build upon. */
#ifndef CAMEX_SEALED_H
#define CAMEX_SEALED_H

#include "protocol.h"
#include "wire.h"

/* Most bytes that encryption adds to a packet, without a protocol's lead. */
#define CAMEX_SEALED_OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)

/**
 * struct camex_opening - a datagram as it came, its header taken apart and as bytes
 * @h: the header
 * @ad: the associated data: the lead, then the header
 * @ad_len: its bytes
 * @nonce: where in @ad the nonce is
 * @body: what is decrypted in place
 * @peer: whom the lead says that it is from; NULL: there is none
 * @trial: the trial of keys that it waits in; NULL: it has just come (protocol camex)
 */
struct camex_opening {
	struct camex_wire_header h;
	u8 ad[CAMEX_LEAD_MAX + CAMEX_WIRE_HEADER];
	unsigned int ad_len;
	const u8 *nonce;
	u8 *body;
	struct camex_peer *peer;
	struct camex_trial *trial;
};

struct sock *camex_payer_of(const struct sk_buff *skb);
struct sk_buff *camex_seal(struct camex_peer *peer, struct sk_buff *skb,
			   u8 type, int *why);
struct sk_buff *camex_seal_many(struct camex_peer *peer, struct camex_cut *cut,
				unsigned int most, int *why);
bool camex_opens(struct camex_opening *o, const struct camex_key *key);
struct camex_peer *camex_unseal(struct camex_dev *cdev, struct sk_buff *skb,
				struct camex_opening *o,
				const struct camex_source *from, int *why);
bool camex_unseal_expects(struct camex_dev *cdev, const struct sk_buff *skb);
bool camex_unseal_into(struct camex_batch *batch, const u8 *data,
		       unsigned int len, unsigned int before);
u64 camex_unseal_accept(struct camex_batch *batch, struct camex_peer **peer);

#endif /* CAMEX_SEALED_H */
