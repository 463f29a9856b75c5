/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening an aggregate of datagrams in one go. */
#ifndef CAMEX_BATCH_H
#define CAMEX_BATCH_H

#include "core/protocol.h"
#include "crypto/packet_aead.h"
#include "datapath/page_ring.h"

/* Maximum number of datagrams that are opened before a delivery. */
#define CAMEX_BATCH_MAX		64
/* Ethernet with a VLAN tag, IPv6 without extensions, and TCP with options. */
#define CAMEX_PIECE_HEAD	(14 + 4 + 40 + 60)
/* Bytes in front of a payload that are overwritten while it is opened, and then restored. */
#define CAMEX_PIECE_LEAD	(CAMEX_AEAD_HEAD + round_up(CAMEX_PIECE_HEAD, 8))
/* Headroom of packets that are made of datagrams. */
#define CAMEX_PIECE_HEADROOM	(LL_MAX_HEADER + CAMEX_AEAD_HEAD + 48)
/* Offset of an Ethernet header, so that the IP header behind it is aligned. */
#define CAMEX_PIECE_PAD		2

/**
 * struct camex_piece - one opened packet of a batch
 * @room: memory of @head
 * @head: the first bytes of the packet: CAMEX_AEAD_FIRST, or all headers if they are longer
 * @head_len: number of valid bytes in @head
 * @l3: offset of the IP header
 * @l4: offset of the TCP header
 * @tcp: it can become part of a larger packet; @head_len is then the length of its headers
 * @len: bytes of the packet
 * @at: offset of the bytes after the first @head_len ones, in the batch's space
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
 * @from: source of the datagrams
 * @mark: mark of the datagrams
 * @receiver: the session, if @n is not 0
 * @space: buffer for the payloads
 * @room: bytes of @space
 * @used: bytes of @space in use. The next payload goes there; the last CAMEX_PIECE_LEAD bytes in
 *	front of it may be overwritten for a moment
 * @busy: this CPU is using the batch
 * @opened: bytes of the aggregate whose datagrams were opened (camex_batch_open())
 * @id: camex_receiver.id of @receiver (camex_batch_open())
 * @tcp_len: length of the last TCP header that did not lie in the first bytes, or 0
 * @head_len: camex_piece.head_len of the last piece that was opened whole, at most
 *	CAMEX_PIECE_HEAD
 * @n: number of packets
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
	unsigned int opened;
	u64 id;
	bool busy;
	u8 tcp_len;
	u8 head_len;
	unsigned int n;
	u64 seq[CAMEX_BATCH_MAX];
	struct camex_piece piece[CAMEX_BATCH_MAX];
};

/**
 * camex_batch_head() - memory for the first bytes of the next piece
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
struct camex_batch *camex_batch_alloc(struct camex_dev *cdev);
void camex_batch_free(struct camex_batch *batch);
bool camex_batch_open(struct camex_batch *batch, struct camex_dev *cdev, struct sk_buff *skb,
		      const struct camex_source *from);
void camex_batch_finish(struct camex_batch *batch, struct sk_buff *skb);
void camex_batch_abandon(struct camex_batch *batch);
void camex_batch_flush(struct camex_batch *batch);
void camex_piece_open(struct camex_batch *batch, struct camex_aead_opening *o,
		      const u8 *body, unsigned int len);
bool camex_piece_next(struct camex_batch *batch, const struct camex_aead_key *key,
		      const u8 *body, unsigned int len, const u8 *ad,
		      unsigned int ad_len, const u8 *nonce);
int camex_batch_init(void);
void camex_batch_exit(void);

#endif /* CAMEX_BATCH_H */
