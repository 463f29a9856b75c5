/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers for batches of datagrams and packets. A buffer is used again when it is unused. */
#ifndef CAMEX_PAGE_RING_H
#define CAMEX_PAGE_RING_H

#include <linux/mm.h>
#include <linux/types.h>

/* Size of a large buffer: holds the largest IP packet. */
#define CAMEX_PAGE_RING_ORDER	(PAGE_SHIFT < 16 ? 16 - PAGE_SHIFT : 0)
#define CAMEX_PAGE_RING_SIZE	(PAGE_SIZE << CAMEX_PAGE_RING_ORDER)
/* Size of a small buffer, of which a queued packet keeps less memory allocated. */
#define CAMEX_SMALL_ORDER	(PAGE_SHIFT < 14 ? 14 - PAGE_SHIFT : 0)
#define CAMEX_PAGE_RING_SMALL	(PAGE_SIZE << CAMEX_SMALL_ORDER)

/**
 * struct camex_space - a part of a buffer
 * @page: the buffer (a reference)
 * @at: address of the part
 * @offset: offset of @at in the buffer
 * @buffer: size of the buffer
 */
struct camex_space {
	struct page *page;
	u8 *at;
	unsigned int offset;
	unsigned int buffer;
};

/**
 * camex_page_ring_charge() - charge of a packet that refers to a part of a buffer
 * @space: the part
 * @bytes: bytes of the part that the packet refers to
 *
 * The packet keeps the whole buffer allocated, even if all other parts are unused. So the charge
 * is at least half of the buffer.
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
