/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets for the suites: of TCP and UDP, in every layout that an skb can have. */
#ifndef CAMEX_KUNIT_PACKETS_H
#define CAMEX_KUNIT_PACKETS_H

#include <linux/prandom.h>
#include <linux/skbuff.h>

/* Where the bytes of an skb are that are not in its linear part. */
enum layout { LINEAR, ONE_FRAG, FRAGS, LIST, LAYOUTS };

/**
 * struct inner - a TCP or UDP packet
 * @v4: IPv4, else IPv6
 * @tcp: TCP, else UDP
 * @ip_options: bytes of IPv4 options, a multiple of 4
 * @tcp_options: bytes of TCP options, a multiple of 4
 * @flags: TCP flags, as tcp_flag_word() has them
 * @port: of the sender; says which flow it is
 * @seq: TCP sequence
 * @ack: TCP acknowledgment
 * @id: IPv4 ID
 * @df: IPv4 "don't fragment"
 */
struct inner {
	bool v4;
	bool tcp;
	u8 ip_options;
	u8 tcp_options;
	__be32 flags;
	u16 port;
	u32 seq;
	u32 ack;
	u16 id;
	bool df;
};

unsigned int inner_l4(const struct inner *in);
unsigned int inner_head(const struct inner *in);
void inner_build(const struct inner *in, u8 *packet, unsigned int len);
void inner_sum(const struct inner *in, u8 *packet, unsigned int len, bool partial);
struct sk_buff *packet_skb(struct rnd_state *rnd, const u8 *data, unsigned int len,
			   unsigned int linear, unsigned int unit,
			   enum layout layout);
const char *packet_same(struct sk_buff *a, struct sk_buff *b);
const char *packet_same_cut(struct sk_buff *skb, struct sk_buff_head *want,
			    unsigned int *merged);

#endif /* CAMEX_KUNIT_PACKETS_H */
