/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypting packets: one, or as many as fit an outer GSO packet. */
#ifndef CAMEX_SEAL_H
#define CAMEX_SEAL_H

#include <linux/types.h>

struct camex_segmenter;
struct camex_peer;
struct sk_buff;
struct sock;

struct sock *camex_payer_of(const struct sk_buff *skb);
struct sk_buff *camex_seal(struct camex_peer *peer, struct sk_buff *skb,
			   u8 type, int *why);
struct sk_buff *camex_seal_many(struct camex_peer *peer, struct camex_segmenter *cut,
				unsigned int most, int *why);

#endif /* CAMEX_SEAL_H */
