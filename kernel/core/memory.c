// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/memory.h"

/**
 * camex_zalloc() - allocate memory for data that a device keeps about received datagrams
 * @cdev: the device; the memory is charged to the cgroup that made it
 * @size: bytes
 *
 * Return: zeroed memory, for kfree(); or NULL without memory.
 */
void *camex_zalloc(struct camex_dev *cdev, size_t size)
{
	struct mem_cgroup *before = camex_memcg_enter(cdev->memcg);
	/* not GFP_ATOMIC, which ignores the limit of the cgroup */
	void *made = kzalloc(size, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);

	camex_memcg_leave(before);
	return made;
}
