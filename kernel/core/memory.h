/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is charged to whoever has it allocated. */
#ifndef CAMEX_MEMORY_H
#define CAMEX_MEMORY_H

#include <linux/gfp.h>
#include <linux/types.h>

struct camex_dev;

/*
 * How to allocate what a request asks for: it is charged to whoever asks, and where that is too
 * much the request is refused, rather than something killed to make room for it.
 */
#define CAMEX_GFP_REQUEST	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | \
				 __GFP_NOWARN)

void *camex_zalloc(struct camex_dev *cdev, size_t size);

#endif /* CAMEX_MEMORY_H */
