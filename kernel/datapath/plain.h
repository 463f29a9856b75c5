/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams without encryption: making them, and finding the peer that sent one. */
#ifndef CAMEX_PLAIN_H
#define CAMEX_PLAIN_H

struct camex_dev;
struct camex_peer;
struct camex_source;
struct sk_buff;

struct sk_buff *camex_plain_seal(struct camex_peer *peer, struct sk_buff *skb,
				 int *why);
struct camex_peer *camex_plain_open(struct camex_dev *cdev, struct sk_buff *skb,
				    const struct camex_source *from, int *why);
struct camex_peer *camex_plain_heard(struct camex_peer *peer,
				     const struct camex_source *from, int *why);

#endif /* CAMEX_PLAIN_H */
