/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted datagrams: the form of protocol camex, which others build upon. */
#ifndef CAMEX_SEALED_H
#define CAMEX_SEALED_H

#include "core/protocol.h"
#include "protocol/sealed/wire.h"

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

bool camex_sealed_opens_under(struct camex_opening *o, const struct camex_key *key);
struct camex_peer *camex_sealed_open(struct camex_dev *cdev, struct sk_buff *skb,
				     struct camex_opening *o,
				     const struct camex_source *from, int *why);

bool camex_sealed_begin(struct camex_peer *peer, struct camex_sealing *s,
			unsigned int n, u8 type, int *why);
void camex_sealed_put_header(struct camex_sealing *s, unsigned int body);
bool camex_sealed_locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
			 const struct camex_source *from,
			 struct camex_receiver *last, struct camex_located *at);
bool camex_sealed_expects(struct camex_dev *cdev, const struct sk_buff *skb);
void camex_sealed_heard(struct camex_receiver *receiver,
			const struct camex_source *from, bool highest);

#endif /* CAMEX_SEALED_H */
