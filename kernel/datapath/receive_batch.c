// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive an aggregate, made by the stack or the driver, in one go. Its datagrams are opened one
 * after the other into one buffer (receive_piece.c), so that the payloads of a TCP stream are
 * contiguous there, and become one large packet (receive_packet.c). The received skb is read-only,
 * because others may have a clone of it.
 */
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/memory.h"
#include "datapath/receive_batch.h"

static struct camex_batch __percpu *batches;

/* Receive one datagram of the aggregate by itself. */
static void rx_alone(struct camex_dev *cdev, const struct sk_buff *skb,
		     unsigned int offset, unsigned int len,
		     const struct camex_source *from)
{
	struct sk_buff *one;

	one = netdev_alloc_skb(cdev->dev, CAMEX_PIECE_HEADROOM + len + CAMEX_AEAD_TAIL);
	if (unlikely(!one)) {
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_NO_MEMORY, 1);
		return;
	}
	skb_reserve(one, CAMEX_PIECE_HEADROOM);
	one->mark = skb->mark;
	skb_copy_bits(skb, offset, skb_put(one, len), len);
	camex_rx(cdev, one, from);
}

static bool is_shared(const struct sk_buff *skb)
{
	const struct sk_buff *part;

	if (skb_has_shared_frag(skb))
		return true;
	skb_walk_frags(skb, part)
		if (skb_has_shared_frag(part))
			return true;
	return false;
}

/* Upper limit of the plaintext in @len bytes of datagrams, each of @size bytes. */
static unsigned int most_inside(const struct camex_dev *cdev, unsigned int len,
				unsigned int size)
{
	return len - min(len, len / size * cdev->protocol->least_overhead);
}

/*
 * Deliver all pieces of the batch. From then on others may read them, so they must not be
 * overwritten: the next piece needs room in front of its payload again, as the first one did.
 * Return false if the rest of the aggregate, @len bytes, then does not fit into the buffer.
 */
static bool deliver_so_far(struct camex_batch *batch, unsigned int len, unsigned int size)
{
	if (!batch->n)
		return true;
	camex_batch_flush(batch);
	batch->used += CAMEX_PIECE_LEAD;
	return batch->used + most_inside(batch->cdev, len, size) <= batch->room;
}

static bool begin_batch(struct camex_batch *batch, struct camex_dev *cdev,
			const struct sk_buff *skb, const struct camex_source *from)
{
	unsigned int size = skb_shinfo(skb)->gso_size;
	/* One lead for each delivery. */
	unsigned int leads = 1 + skb->len / size / CAMEX_BATCH_MAX;

	/* The data is read more than once, so memory that others may write is not for a batch. */
	if (!cdev->protocol->locate || is_shared(skb))
		return false;
	batch->room = leads * CAMEX_PIECE_LEAD + most_inside(cdev, skb->len, size);
	if (!camex_page_ring_get(&batch->space, batch->room))
		return false;
	batch->cdev = cdev;
	batch->from = from;
	batch->mark = skb->mark;
	batch->receiver = NULL;
	batch->n = 0;
	batch->used = CAMEX_PIECE_LEAD;
	return true;
}

/*
 * Open a datagram as the next piece. @data is read-only, and so are the @before bytes in front of
 * it. Return false, with nothing done, if the protocol must take the datagram, or if the batch
 * must be delivered first.
 */
static bool open_piece(struct camex_batch *batch, const u8 *data, unsigned int len,
		       unsigned int before)
{
	struct camex_receiver *last = batch->n ? batch->receiver : NULL;
	struct camex_aead_opening o camex_uninit;
	struct camex_located at camex_uninit;

	if (unlikely(!batch->cdev->protocol->locate(batch->cdev, data, len,
						    batch->from, last, &at)))
		return false;
	if (unlikely(last && at.receiver != last))
		return false;
	batch->seq[batch->n] = at.seq;
	if (likely((last && before + at.header >= CAMEX_AEAD_HEAD) ||
		   !at.receiver->key->cipher->open_first)) {
		if (unlikely(!camex_piece_next(batch, at.receiver->key, data + at.header,
					       at.body, at.ad, at.ad_len, at.nonce)))
			return false;
		batch->receiver = at.receiver;
		return true;
	}
	if (unlikely(!camex_aead_open_first(&o, at.receiver->key, data + at.header,
					    at.body, at.ad, at.ad_len, at.nonce,
					    camex_batch_head(batch))))
		return false;
	batch->receiver = at.receiver;
	camex_piece_open(batch, &o, data + at.header, at.body);
	return true;
}

/* Begin the batch of this CPU, unless a softirq that this one interrupted is using it. */
static bool begin_own_batch(struct camex_dev *cdev, const struct sk_buff *skb,
			    const struct camex_source *from)
{
	if (this_cpu_xchg(batches->busy, true))
		return false;
	if (likely(begin_batch(this_cpu_ptr(batches), cdev, skb, from)))
		return true;
	this_cpu_write(batches->busy, false);
	return false;
}

/* Receive the datagrams from @offset on. */
static void receive_from(struct camex_dev *cdev, struct sk_buff *skb, unsigned int offset,
			 const struct camex_source *from)
{
	struct camex_batch *batch = this_cpu_ptr(batches);
	unsigned int size = skb_shinfo(skb)->gso_size, len;
	bool batched = begin_own_batch(cdev, skb, from), fits = batched;
	struct skb_seq_state state;
	const u8 *data;

	skb_prepare_seq_read(skb, 0, skb->len, &state);
	for (; offset < skb->len; offset += len) {
		len = min(size, skb->len - offset);
		if (fits && skb_seq_read(offset, &data, &state) >= len &&
		    open_piece(batch, data, len, offset - state.stepped_offset)) {
			if (batch->n == CAMEX_BATCH_MAX)
				fits = deliver_so_far(batch, skb->len - offset - len, size);
			continue;
		}
		if (fits)
			fits = deliver_so_far(batch, skb->len - offset - len, size);
		rx_alone(cdev, skb, offset, len, from);
	}
	if (batched) {
		skb_abort_seq_read(&state);
		camex_batch_flush(batch);
		camex_page_ring_put(&batch->space);
		batch->busy = false;
	}
	consume_skb(skb);
}

/**
 * camex_batch_rx() - receive an aggregate of datagrams
 * @cdev: the device
 * @skb: as for camex_rx(); each gso_size bytes are a datagram, and the rest is the last
 *	one; consumed
 * @from: source of the datagrams
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_batch_rx(struct camex_dev *cdev, struct sk_buff *skb,
		    const struct camex_source *from)
{
	receive_from(cdev, skb, 0, from);
}

/**
 * camex_batch_open() - open an aggregate that is delivered later, perhaps by another CPU
 * @batch: from camex_batch_alloc(), used for nothing else until camex_batch_finish()
 * @cdev: the device
 * @skb: as for camex_batch_rx(); not consumed, not changed
 * @from: source of the datagrams, valid until camex_batch_finish()
 *
 * Nothing but the batch is changed, so aggregates of one session can be opened at the same time.
 * Opens the datagrams up to the first one that must be opened otherwise.
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if there is none before that, so that neither camex_batch_finish() nor
 * camex_batch_abandon() may be called.
 */
bool camex_batch_open(struct camex_batch *batch, struct camex_dev *cdev, struct sk_buff *skb,
		      const struct camex_source *from)
{
	unsigned int size = skb_shinfo(skb)->gso_size, offset, len;
	struct skb_seq_state state;
	const u8 *data;

	if (unlikely(!begin_batch(batch, cdev, skb, from)))
		return false;
	skb_prepare_seq_read(skb, 0, skb->len, &state);
	for (offset = 0; offset < skb->len && batch->n < CAMEX_BATCH_MAX; offset += len) {
		len = min(size, skb->len - offset);
		if (skb_seq_read(offset, &data, &state) < len ||
		    !open_piece(batch, data, len, offset - state.stepped_offset))
			break;
	}
	skb_abort_seq_read(&state);
	batch->opened = offset;
	if (unlikely(!batch->n)) {
		camex_page_ring_put(&batch->space);
		return false;
	}
	batch->id = batch->receiver->id;
	return true;
}

/*
 * Does the session that opened the batch still exist? It may have been freed since, and its memory
 * may be another session, so do not read it before the protocol has found it again.
 */
static bool is_still_open(const struct camex_batch *batch, struct sk_buff *skb)
{
	struct camex_located at camex_uninit;
	struct skb_seq_state state;
	const u8 *data;
	bool found;

	skb_prepare_seq_read(skb, 0, skb->len, &state);
	if (WARN_ON_ONCE(!skb_seq_read(0, &data, &state)))
		return false;
	found = batch->cdev->protocol->locate(batch->cdev, data,
					      min_t(unsigned int, skb_shinfo(skb)->gso_size,
						    skb->len),
					      batch->from, NULL, &at);
	skb_abort_seq_read(&state);
	return found && at.receiver == batch->receiver && at.receiver->id == batch->id;
}

/**
 * camex_batch_finish() - deliver an aggregate
 * @batch: filled by camex_batch_open(), which returned true; can be used again afterwards
 * @skb: the same aggregate; consumed
 *
 * If the session ended meanwhile, or if some datagrams were not opened, they are received as if
 * they arrived now.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_batch_finish(struct camex_batch *batch, struct sk_buff *skb)
{
	struct camex_dev *cdev = batch->cdev;
	unsigned int offset = 0;

	if (likely(is_still_open(batch, skb))) {
		offset = batch->opened;
		camex_batch_flush(batch);
	}
	batch->n = 0;
	camex_page_ring_put(&batch->space);
	if (likely(offset == skb->len))
		consume_skb(skb);
	else
		receive_from(cdev, skb, offset, batch->from);
}

/**
 * camex_batch_abandon() - drop what was opened
 * @batch: filled by camex_batch_open(), which returned true
 */
void camex_batch_abandon(struct camex_batch *batch)
{
	batch->n = 0;
	camex_page_ring_put(&batch->space);
}

/**
 * camex_batch_alloc() - make a batch for camex_batch_open()
 * @cdev: the device, whose memory cgroup is charged
 *
 * Does not wait for memory, because the caller holds up the datagrams behind its own.
 *
 * Context: process or bottom half.
 * Return: NULL without memory.
 */
struct camex_batch *camex_batch_alloc(struct camex_dev *cdev)
{
	return camex_zalloc(cdev, sizeof(struct camex_batch));
}

/**
 * camex_batch_free() - undo camex_batch_alloc()
 * @batch: the batch, which nobody uses
 */
void camex_batch_free(struct camex_batch *batch)
{
	kfree(batch);
}

/**
 * camex_batch_init() - allocate the batch of each CPU, before the first camex_batch_rx()
 *
 * Return: 0 or -ENOMEM.
 */
int camex_batch_init(void)
{
	batches = alloc_percpu(struct camex_batch);
	return batches ? 0 : -ENOMEM;
}

/**
 * camex_batch_exit() - free the batches, after the last camex_batch_rx()
 */
void camex_batch_exit(void)
{
	free_percpu(batches);
}
