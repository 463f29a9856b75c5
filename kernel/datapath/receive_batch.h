/* SPDX-License-Identifier: GPL-2.0-only */
/* An aggregate of datagrams that is opened in one go. */
#ifndef CAMEX_BATCH_H
#define CAMEX_BATCH_H

#include "core/protocol.h"
#include "crypto/packet_aead.h"
#include "datapath/page_ring.h"

/* Datagrams that are opened before anything of them is delivered. */
#define CAMEX_BATCH_MAX		64
/* Ethernet with a VLAN tag, IPv6 without extensions, and TCP with options. */
#define CAMEX_PIECE_HEAD	(14 + 4 + 40 + 60)
/* Bytes before a payload that are used while it is opened, and then put back. */
#define CAMEX_PIECE_LEAD	(CAMEX_AEAD_HEAD + round_up(CAMEX_PIECE_HEAD, 8))
/* What moves an Ethernet header so that the IP header behind it is aligned. */
#define CAMEX_PIECE_PAD		2

/**
 * struct camex_piece - a packet out of a batch
 * @room: where @head is
 * @head: its first bytes: CAMEX_AEAD_FIRST, or all of its headers if that is more
 * @head_len: bytes of it that count
 * @l3: bytes before the IP header
 * @l4: bytes before the TCP header
 * @tcp: it may become part of a larger packet; @head_len is the length of its
 *	headers then
 * @len: bytes of the packet
 * @at: where what follows the first @head_len bytes is: offset in the batch's
 *	space
 */
struct camex_piece {
	u8 room[CAMEX_PIECE_PAD + CAMEX_PIECE_HEAD] __aligned(8);
	u8 *head;
	u16 head_len;
	u8 l3;
	u8 l4;
	bool tcp;
	u16 len;
	u32 at;
};

/**
 * struct camex_batch - packets of one session that were opened together
 * @cdev: the device
 * @from: where they came from
 * @mark: what the datagrams were marked with on their way in
 * @receiver: the session, while there are any
 * @space: where they are
 * @room: bytes of it
 * @used: bytes of it that are taken: behind them is a piece's payload, before them what may be
 *	overwritten for a while, CAMEX_PIECE_LEAD bytes
 * @busy: this CPU is at it already
 * @tcp_len: bytes that the last TCP header had that was seen late, or 0
 * @head_len: camex_piece.head_len of the last piece that was opened whole, at most
 *	CAMEX_PIECE_HEAD
 * @n: how many
 * @seq: their sequences
 * @piece: the packets
 */
struct camex_batch {
	struct camex_dev *cdev;
	const struct camex_source *from;
	u32 mark;
	struct camex_receiver *receiver;
	struct camex_space space;
	unsigned int room;
	unsigned int used;
	bool busy;
	u8 tcp_len;
	u8 head_len;
	unsigned int n;
	u64 seq[CAMEX_BATCH_MAX];
	struct camex_piece piece[CAMEX_BATCH_MAX];
};

/**
 * camex_batch_head() - where the first bytes of the next piece go to
 * @batch: with room for a piece
 */
static inline u8 *camex_batch_head(struct camex_batch *batch)
{
	struct camex_piece *p = &batch->piece[batch->n];

	p->head = p->room + (camex_is_tap(batch->cdev) ? CAMEX_PIECE_PAD : 0);
	return p->head;
}

void camex_batch_rx(struct camex_dev *cdev, struct sk_buff *skb,
		    const struct camex_source *from);
void camex_piece_open(struct camex_batch *batch, struct camex_aead_opening *o,
		      const u8 *body, unsigned int len);
bool camex_piece_next(struct camex_batch *batch, const struct camex_aead_key *key,
		      const u8 *body, unsigned int len, const u8 *ad,
		      unsigned int ad_len, const u8 *nonce);
int camex_batch_init(void);
void camex_batch_exit(void);

#endif /* CAMEX_BATCH_H */
