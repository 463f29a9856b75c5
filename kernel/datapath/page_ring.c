// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each CPU has two rings of buffers: one of large buffers, and one of small buffers for small
 * requests. Parts of the current buffer are handed out from its start to its end. Then the next
 * buffer becomes the current one: an unused buffer (reference count 1) if there is one among the
 * next few, else a new buffer, which replaces the next one. So the number of buffers follows the
 * amount of data in flight, up to the size of the ring, and no buffer is zeroed or returned to the
 * page allocator while traffic flows. A packet that refers to a part keeps the whole buffer
 * allocated, so small packets must not use large buffers.
 */
#include <linux/gfp.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>

#include "core/compat.h"
#include "datapath/page_ring.h"

/* Maximum number of buffers in a ring. */
#define RING_MAX	32

/**
 * struct kind - kind of buffers in a ring
 * @order: allocation order of a buffer
 * @bytes: size of a buffer
 * @count: number of buffers
 * @look: how many buffers are checked for an unused one before a new one is allocated
 */
struct kind {
	unsigned int order;
	unsigned int bytes;
	unsigned int count;
	unsigned int look;
};

enum { SMALL, LARGE, KINDS };

static const struct kind kinds[KINDS] = {
	[SMALL] = { CAMEX_SMALL_ORDER, CAMEX_PAGE_RING_SMALL, RING_MAX, 8 },
	[LARGE] = { CAMEX_PAGE_RING_ORDER, CAMEX_PAGE_RING_SIZE, 16, 4 },
};

/**
 * struct ring - one CPU's buffers of one kind
 * @page: the buffers, a reference to each; NULL: not made yet
 * @now: index of the current buffer
 * @offset: where the next part begins
 */
struct ring {
	struct page *page[RING_MAX];
	unsigned int now;
	unsigned int offset;
};

/**
 * struct rings - one CPU's buffers
 * @lock: needed with PREEMPT_RT, where bottom halves of one CPU can preempt each other
 * @ring: one of each kind
 */
struct rings {
	local_lock_t lock;	/* protects the member below */
	struct ring ring[KINDS];
};

static struct rings __percpu *rings;

/* Make the next unused buffer the current one, or a new buffer. */
static bool next_buffer(struct ring *ring, const struct kind *kind)
{
	struct page *page;
	unsigned int i;

	for (i = 1; i <= kind->look; i++) {
		unsigned int at = (ring->now + i) % kind->count;

		if (!ring->page[at])
			break;
		if (page_ref_count(ring->page[at]) == 1) {
			ring->now = at;
			ring->offset = 0;
			return true;
		}
	}
	page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN |
			   __GFP_NORETRY | __GFP_NOMEMALLOC, kind->order);
	if (!page)
		return false;
	ring->now = (ring->now + 1) % kind->count;
	if (ring->page[ring->now])
		put_page(ring->page[ring->now]);
	ring->page[ring->now] = page;
	ring->offset = 0;
	return true;
}

static bool get_pages(struct rings *all, struct camex_space *space, unsigned int size)
{
	unsigned int which = size > CAMEX_PAGE_RING_SMALL ? LARGE : SMALL;
	const struct kind *kind = &kinds[which];
	struct ring *ring = &all->ring[which];
	struct page *page = ring->page[ring->now];

	if (page && page_ref_count(page) == 1)
		ring->offset = 0;
	if (!page || ring->offset + size > kind->bytes) {
		if (size > kind->bytes || !next_buffer(ring, kind))
			return false;
		page = ring->page[ring->now];
	}
	get_page(page);
	space->page = page;
	space->offset = ring->offset;
	space->buffer = kind->bytes;
	space->at = (u8 *)page_address(page) + ring->offset;
	ring->offset += ALIGN(size, SMP_CACHE_BYTES);
	return true;
}

/**
 * camex_page_ring_get() - take a part of a buffer
 * @space: result
 * @size: bytes, at most CAMEX_PAGE_RING_SIZE
 *
 * Context: bottom halves off.
 * Return: false when there is no memory.
 */
bool camex_page_ring_get(struct camex_space *space, unsigned int size)
{
	bool got;

	local_lock_nested_bh(&rings->lock);
	got = get_pages(this_cpu_ptr(rings), space, size);
	local_unlock_nested_bh(&rings->lock);
	return got;
}

/**
 * camex_page_ring_put() - give up a part of a buffer
 * @space: the part; packets that refer to it hold references of their own
 */
void camex_page_ring_put(const struct camex_space *space)
{
	put_page(space->page);
}

/**
 * camex_page_ring_init() - set up the rings, before the first camex_page_ring_get()
 *
 * Return: 0 or -ENOMEM.
 */
int camex_page_ring_init(void)
{
	int cpu;

	rings = alloc_percpu(struct rings);
	if (!rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_lock_init(&per_cpu_ptr(rings, cpu)->lock);
	return 0;
}

/**
 * camex_page_ring_exit() - free the rings, after the last camex_page_ring_put()
 */
void camex_page_ring_exit(void)
{
	int cpu, i, j;

	for_each_possible_cpu(cpu) {
		struct rings *all = per_cpu_ptr(rings, cpu);

		for (i = 0; i < KINDS; i++)
			for (j = 0; j < RING_MAX; j++)
				if (all->ring[i].page[j])
					put_page(all->ring[i].page[j]);
	}
	free_percpu(rings);
}
