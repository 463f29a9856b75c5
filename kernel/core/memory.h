/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is charged to a cgroup. */
#ifndef CAMEX_MEMORY_H
#define CAMEX_MEMORY_H

#include <linux/gfp.h>
#include <linux/types.h>

struct camex_dev;

/*
 * Flags for allocations of a request: they are charged to the requester's cgroup, and fail at its
 * limit, instead of letting the OOM killer make room.
 */
#define CAMEX_GFP_REQUEST	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | \
				 __GFP_NOWARN)

void *camex_zalloc(struct camex_dev *cdev, size_t size);

#endif /* CAMEX_MEMORY_H */
