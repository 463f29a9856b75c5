/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening the packets of a batch, and their headers. */
#ifndef CAMEX_PIECE_H
#define CAMEX_PIECE_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "datapath/receive_batch.h"

/* 16 bits of TCP: data offset, reserved bits and flags. */
#define TCP_FLAGS	htonl(0x0fff0000)

static inline const struct iphdr *ip4_of(const struct camex_piece *p)
{
	return (const void *)p->head + p->l3;
}

static inline const struct ipv6hdr *ip6_of(const struct camex_piece *p)
{
	return (const void *)p->head + p->l3;
}

static inline bool is_v4(const struct camex_piece *p)
{
	return p->head[p->l3] == 0x45;
}

static inline const struct tcphdr *tcp_of(const struct camex_piece *p)
{
	return (const void *)p->head + p->l4;
}

static inline __be32 flags_of(const struct camex_piece *p)
{
	return tcp_flag_word(tcp_of(p)) & TCP_FLAGS;
}

#endif /* CAMEX_PIECE_H */
