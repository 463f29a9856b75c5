// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving from connections. A work reads all available bytes into a buffer, and passes on
 * datagrams of equal length as one aggregate, so that they are opened in one go. While the socket
 * is locked, bytes are only copied. Datagrams are processed without that lock.
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

/* Maximum bytes that are read at a time. */
#define BUFFER		(64 << 10)
/* Maximum bytes of an aggregate. */
#define AGGREGATE_MAX	60000
/* Number of reads before other works can run. */
#define READS_MAX	16

/*
 * The buffer of the last work on each CPU. Many kernels clear memory that is allocated, which costs
 * more than receiving a few datagrams. The buffer contains only bytes from the network.
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
 * camex_tcp_free_buffers() - free the spare buffers
 *
 * Context: process. No work is running.
 */
void camex_tcp_free_buffers(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(spare, cpu));
		per_cpu(spare, cpu) = NULL;
	}
}

/* Can the protocol open an aggregate? */
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

/* Deliver datagrams as one aggregate, without the lengths between them. False without memory. */
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
	/* The packet takes over the reference of @space. */
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
	/* Its counters may not exist yet, or may be freed already. */
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

/* Deliver all complete datagrams. Return their bytes, or -1 if an invalid length follows. */
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

/* Keep the beginning of an incomplete datagram. */
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

/* Read and deliver all available datagrams. Return false if the connection must end. */
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
 * camex_tcp_receive() - receive datagrams of a connection
 * @work: camex_tcp_conn.rx
 *
 * Context: process.
 */
void camex_tcp_receive(struct work_struct *work)
{
	struct camex_tcp_conn *conn = container_of(work, struct camex_tcp_conn, rx);
	u8 *buffer;

	/* After an invalid length the boundaries of datagrams are unknown. */
	if (READ_ONCE(conn->lost))
		return;
	buffer = get_buffer();
	if (!buffer || !read_stream(conn, buffer))
		camex_tcp_lose(conn);
	if (buffer)
		put_buffer(buffer);
	camex_tcp_check_bound(conn);
}
