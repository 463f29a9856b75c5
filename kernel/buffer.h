/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for batches of datagrams and packets, used again when all of it is free. */
#ifndef CAMEX_BUFFER_H
#define CAMEX_BUFFER_H

#include <linux/mm.h>
#include <linux/types.h>

/* Bytes of one buffer: as many as the largest IP packet has, or more. */
#define CAMEX_BUFFER_ORDER	get_order(65536)
#define CAMEX_BUFFER_SIZE	(PAGE_SIZE << CAMEX_BUFFER_ORDER)

/**
 * struct camex_space - a part of a buffer
 * @page: the buffer (a reference)
 * @at: its bytes
 * @offset: of @at in the buffer
 */
struct camex_space {
	struct page *page;
	u8 *at;
	unsigned int offset;
};

bool camex_buffer_get(struct camex_space *space, unsigned int size);
void camex_buffer_put(const struct camex_space *space);
int camex_buffer_init(void);
void camex_buffer_exit(void);

#endif /* CAMEX_BUFFER_H */
