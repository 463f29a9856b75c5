// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/memory.h"

/**
 * camex_zalloc() - allocate what a device keeps because of what it has received
 * @cdev: the device: it is charged to whoever made that
 * @size: bytes
 *
 * Return: zeros, for kfree(); or NULL without memory.
 */
void *camex_zalloc(struct camex_dev *cdev, size_t size)
{
	struct mem_cgroup *before = camex_memcg_enter(cdev->memcg);
	/* not atomic: that is charged whatever the cgroup's limit */
	void *made = kzalloc(size, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);

	camex_memcg_leave(before);
	return made;
}
