/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for batches of datagrams and packets, used again when all of it is free. */
#ifndef CAMEX_PAGE_RING_H
#define CAMEX_PAGE_RING_H

#include <linux/mm.h>
#include <linux/types.h>

/* Bytes of one buffer: as many as the largest IP packet has, or more. */
#define CAMEX_PAGE_RING_ORDER	(PAGE_SHIFT < 16 ? 16 - PAGE_SHIFT : 0)
#define CAMEX_PAGE_RING_SIZE	(PAGE_SIZE << CAMEX_PAGE_RING_ORDER)
/* The same of one for smaller parts, of which a packet that stays keeps less memory. */
#define CAMEX_SMALL_ORDER	(PAGE_SHIFT < 14 ? 14 - PAGE_SHIFT : 0)
#define CAMEX_PAGE_RING_SMALL	(PAGE_SIZE << CAMEX_SMALL_ORDER)

/**
 * struct camex_space - a part of a buffer
 * @page: the buffer (a reference)
 * @at: its bytes
 * @offset: of @at in the buffer
 * @buffer: bytes of the buffer
 */
struct camex_space {
	struct page *page;
	u8 *at;
	unsigned int offset;
	unsigned int buffer;
};

/**
 * camex_page_ring_charge() - what a packet that refers to a part of a buffer is charged for
 * @space: the part
 * @bytes: of it that the packet refers to
 *
 * The packet keeps the whole buffer, whatever becomes of the other parts: it is charged for half
 * of that at least.
 *
 * Return: bytes, for skb->truesize.
 */
static inline unsigned int camex_page_ring_charge(const struct camex_space *space,
						  unsigned int bytes)
{
	return max(bytes, space->buffer / 2);
}

bool camex_page_ring_get(struct camex_space *space, unsigned int size);
void camex_page_ring_put(const struct camex_space *space);
int camex_page_ring_init(void);
void camex_page_ring_exit(void);

#endif /* CAMEX_PAGE_RING_H */
