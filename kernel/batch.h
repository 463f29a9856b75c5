/* SPDX-License-Identifier: GPL-2.0-only */
/* An aggregate of datagrams that is opened in one go. */
#ifndef CAMEX_BATCH_H
#define CAMEX_BATCH_H

#include "aead.h"
#include "buffer.h"
#include "protocol.h"

/* Datagrams that are opened before anything of them is delivered. */
#define CAMEX_BATCH_MAX		64
/* IPv6 without extensions, and TCP with options. */
#define CAMEX_PIECE_HEAD	(40 + 60)

/**
 * struct camex_piece - a packet out of a batch
 * @head: its first bytes: CAMEX_AEAD_FIRST, or all of its headers if that is more
 * @head_len: bytes of IP and TCP header, where it may become part of a larger
 *	packet, else 0
 * @len: bytes of the packet
 * @at: where the rest is: what follows the headers, or CAMEX_AEAD_FIRST bytes;
 *	offset in the batch's space
 */
struct camex_piece {
	u8 head[CAMEX_PIECE_HEAD] __aligned(8);
	u16 head_len;
	u16 len;
	u32 at;
};

/**
 * struct camex_batch - packets of one session that were opened together
 * @cdev: the device
 * @from: where they came from
 * @mark: what the datagrams were marked with on their way in
 * @rx: the session, while there are any
 * @space: where they are
 * @used: bytes of it
 * @busy: this CPU is at it already
 * @n: how many
 * @seq: their sequences
 * @piece: the packets
 */
struct camex_batch {
	struct camex_dev *cdev;
	const struct camex_source *from;
	u32 mark;
	struct camex_session_rx *rx;
	struct camex_space space;
	unsigned int used;
	bool busy;
	unsigned int n;
	u64 seq[CAMEX_BATCH_MAX];
	struct camex_piece piece[CAMEX_BATCH_MAX];
};

void camex_batch_rx(struct camex_dev *cdev, struct sk_buff *skb,
		    const struct camex_source *from);
void camex_piece_open(struct camex_batch *batch, struct camex_aead_opening *o,
		      const u8 *body, unsigned int len);
int camex_batch_init(void);
void camex_batch_exit(void);

#endif /* CAMEX_BATCH_H */
