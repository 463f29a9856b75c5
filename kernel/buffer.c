// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each CPU has a ring of buffers. Parts of the current one are handed out from
 * its start to its end, then the next one's: one that nobody uses any more if
 * there is one close by, else a new one in its place. So what is in flight
 * decides how many there are, up to the size of the ring, and none is zeroed or
 * given back to the page allocator while traffic flows.
 */
#include <linux/gfp.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>

#include "buffer.h"
#include "compat.h"

/* Buffers of a CPU. */
#define RING	16
/* Of them, those that are looked at before a new one is made. */
#define LOOK	4

/**
 * struct ring - one CPU's buffers
 * @lock: with PREEMPT_RT, bottom halves of one CPU may get in each other's way
 * @page: the buffers, a reference to each; NULL: not made yet
 * @now: the one that parts are taken from
 * @offset: where the next part begins
 */
struct ring {
	local_lock_t lock;	/* protects the members below */
	struct page *page[RING];
	unsigned int now;
	unsigned int offset;
};

static struct ring __percpu *rings;

/* The next buffer that is all ours becomes the current one. */
static bool next_buffer(struct ring *ring)
{
	struct page *page;
	unsigned int i;

	for (i = 1; i <= LOOK; i++) {
		unsigned int at = (ring->now + i) % RING;

		if (!ring->page[at])
			break;
		if (page_ref_count(ring->page[at]) == 1) {
			ring->now = at;
			ring->offset = 0;
			return true;
		}
	}
	page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN |
			   __GFP_NORETRY | __GFP_NOMEMALLOC, CAMEX_BUFFER_ORDER);
	if (!page)
		return false;
	ring->now = (ring->now + 1) % RING;
	if (ring->page[ring->now])
		put_page(ring->page[ring->now]);
	ring->page[ring->now] = page;
	ring->offset = 0;
	return true;
}

static bool get(struct ring *ring, struct camex_space *space, unsigned int size)
{
	struct page *page = ring->page[ring->now];

	if (page && page_ref_count(page) == 1)
		ring->offset = 0;
	if (!page || ring->offset + size > CAMEX_BUFFER_SIZE) {
		if (size > CAMEX_BUFFER_SIZE || !next_buffer(ring))
			return false;
		page = ring->page[ring->now];
	}
	get_page(page);
	space->page = page;
	space->offset = ring->offset;
	space->at = (u8 *)page_address(page) + ring->offset;
	ring->offset += ALIGN(size, SMP_CACHE_BYTES);
	return true;
}

/**
 * camex_buffer_get() - take a part of a buffer
 * @space: result
 * @size: bytes, at most CAMEX_BUFFER_SIZE
 *
 * Context: bottom halves off.
 * Return: false when there is no memory.
 */
bool camex_buffer_get(struct camex_space *space, unsigned int size)
{
	bool got;

	local_lock_nested_bh(&rings->lock);
	got = get(this_cpu_ptr(rings), space, size);
	local_unlock_nested_bh(&rings->lock);
	return got;
}

/**
 * camex_buffer_put() - a part is not used any more
 * @space: it; packets that have something of it hold references of their own
 */
void camex_buffer_put(const struct camex_space *space)
{
	put_page(space->page);
}

/**
 * camex_buffer_init() - before anything is reserved
 *
 * Return: 0 or -ENOMEM.
 */
int camex_buffer_init(void)
{
	int cpu;

	rings = alloc_percpu(struct ring);
	if (!rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_lock_init(&per_cpu_ptr(rings, cpu)->lock);
	return 0;
}

/**
 * camex_buffer_exit() - nothing is reserved any more
 */
void camex_buffer_exit(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(rings, cpu);

		for (i = 0; i < RING; i++)
			if (ring->page[i])
				put_page(ring->page[i]);
	}
	free_percpu(rings);
}
