// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes out of a connection. A work reads as much as there is into a buffer, and hands
 * datagrams of one length on as an aggregate, to be opened in one go. So what is received under
 * the lock of a socket is only copied; all that comes of a datagram happens outside.
 */
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "datapath/gro_queue.h"
#include "datapath/page_ring.h"
#include "transport/tcp/stream.h"
#include "transport/tcp/tcp.h"

/* Bytes that are read at a time. */
#define BUFFER		(64 << 10)
/* Bytes of an aggregate. */
#define AGGREGATE_MAX	60000
/* Reads of a work: others have something, too. */
#define READS_MAX	16

/*
 * The buffer that the last work of a CPU had: many kernels clear what they allocate, which costs
 * more than to receive a few datagrams. It holds nothing but bytes from the network.
 */
static DEFINE_PER_CPU(u8 *, spare);

static u8 *get_buffer(void)
{
	u8 *buffer = this_cpu_xchg(spare, NULL);

	return buffer ?: kvmalloc(BUFFER, GFP_KERNEL);
}

static void put_buffer(u8 *buffer)
{
	kvfree(this_cpu_xchg(spare, buffer));
}

/**
 * camex_tcp_free_buffers() - free what works left
 *
 * Context: process; no work runs.
 */
void camex_tcp_free_buffers(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(spare, cpu));
		per_cpu(spare, cpu) = NULL;
	}
}

/* Can many datagrams be opened at a time? */
static bool takes_many(const struct camex_dev *cdev)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;

	return protocol->locate && (!protocol->receives_many || protocol->receives_many(cdev));
}

static void take_one(struct camex_dev *cdev, const u8 *data, unsigned int len,
		     const struct camex_source *from)
{
	unsigned int headroom = READ_ONCE(cdev->dev->needed_headroom);
	struct sk_buff *skb;

	skb = alloc_skb(headroom + len + cdev->dev->needed_tailroom, GFP_ATOMIC);
	if (unlikely(!skb)) {
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_NO_MEMORY, 1);
		return;
	}
	skb_reserve(skb, headroom);
	skb_put_data(skb, data, len);
	skb->dev = cdev->dev;
	camex_rx(cdev, skb, from);
}

/* Datagrams as one aggregate, without the lengths between them. Without memory: false. */
static bool take_aggregate(struct camex_dev *cdev, const u8 *data,
			   const struct camex_stream_run *run, const struct camex_source *from)
{
	unsigned int bytes = (run->count - 1) * run->size + run->last, i;
	struct camex_space space;
	struct sk_buff *skb;
	u8 *to;

	if (unlikely(!camex_page_ring_get(&space, bytes)))
		return false;
	skb = alloc_skb(LL_MAX_HEADER, GFP_ATOMIC);
	if (unlikely(!skb)) {
		camex_page_ring_put(&space);
		return false;
	}
	to = space.at;
	for (i = 0; i < run->count; i++) {
		unsigned int len = i + 1 < run->count ? run->size : run->last;

		memcpy(to, data + CAMEX_STREAM_HEADER, len);
		to += len;
		data += CAMEX_STREAM_HEADER + len;
	}
	/* The reference of @space is the packet's from now on. */
	skb_add_rx_frag(skb, 0, space.page, space.offset, bytes,
			camex_page_ring_charge(&space, bytes));
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(skb)->gso_size = run->size;
	skb_shinfo(skb)->gso_segs = run->count;
	skb->dev = cdev->dev;
	camex_gro_queue_direct(true);
	camex_rx(cdev, skb, from);
	camex_gro_queue_direct(false);
	return true;
}

static void take_run(struct camex_tcp_conn *conn, const u8 *data,
		     const struct camex_stream_run *run)
{
	struct camex_source from = { .addr = conn->addr, .local = conn->local };
	struct camex_dev *cdev = conn->tcp->cdev;
	unsigned int i;

	rcu_read_lock();
	local_bh_disable();
	/* Its counters may not be there yet, or any more. */
	if (unlikely(!netif_running(cdev->dev)))
		goto out;
	if (run->count > 1 && takes_many(cdev) && take_aggregate(cdev, data, run, &from))
		goto out;
	for (i = 0; i < run->count; i++) {
		unsigned int len = i + 1 < run->count ? run->size : run->last;

		take_one(cdev, data + CAMEX_STREAM_HEADER, len, &from);
		data += CAMEX_STREAM_HEADER + len;
	}
out:
	local_bh_enable();
	rcu_read_unlock();
}

/* Take all whole datagrams. Return the bytes that they were, or -1: what follows is none. */
static int take_stream(struct camex_tcp_conn *conn, const u8 *data, unsigned int len)
{
	struct camex_stream_run run;
	unsigned int at = 0;
	int n;

	while ((n = camex_stream_next(data + at, len - at, AGGREGATE_MAX, &run)) > 0) {
		take_run(conn, data + at, &run);
		at += n;
		cond_resched();
	}
	if (n < 0) {
		camex_tcp_dropped(conn->tcp, CAMEX_A_STATS_MALFORMED, 1, true);
		return -1;
	}
	if (at && !conn->heard)
		conn->heard = true;
	return at;
}

/* Keep what is no whole datagram yet. */
static bool keep_partial(struct camex_tcp_conn *conn, const u8 *data, unsigned int len)
{
	if (len && !conn->partial)
		conn->partial = kmalloc(CAMEX_STREAM_HEADER + CAMEX_STREAM_MAX,
					GFP_KERNEL_ACCOUNT);
	if (len && !conn->partial)
		return false;
	if (len) {
		memcpy(conn->partial, data, len);
	} else {
		kfree(conn->partial);
		conn->partial = NULL;
	}
	conn->partial_len = len;
	return true;
}

/* Read and take what there is. False: the connection ends. */
static bool read_stream(struct camex_tcp_conn *conn, u8 *buffer)
{
	unsigned int len = conn->partial_len;
	int reads, n;

	if (len)
		memcpy(buffer, conn->partial, len);
	for (reads = 0; reads < READS_MAX; reads++) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
		struct kvec vec = { .iov_base = buffer + len, .iov_len = BUFFER - len };

		n = kernel_recvmsg(conn->sock, &msg, &vec, 1, BUFFER - len,
				   MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -EAGAIN)
			return keep_partial(conn, buffer, len);
		if (n <= 0)
			return false;
		len += n;
		n = take_stream(conn, buffer, len);
		if (n < 0)
			return false;
		len -= n;
		memmove(buffer, buffer + n, len);
	}
	queue_work(camex_tcp_works, &conn->rx);
	return keep_partial(conn, buffer, len);
}

/**
 * camex_tcp_receive() - take what a connection has received
 * @work: camex_tcp_conn.rx
 *
 * Context: process.
 */
void camex_tcp_receive(struct work_struct *work)
{
	struct camex_tcp_conn *conn = container_of(work, struct camex_tcp_conn, rx);
	u8 *buffer;

	/* Behind a length that is none there are no datagrams. */
	if (READ_ONCE(conn->lost))
		return;
	buffer = get_buffer();
	if (!buffer || !read_stream(conn, buffer))
		camex_tcp_lose(conn);
	if (buffer)
		put_buffer(buffer);
	camex_tcp_check_bound(conn);
}
