// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending to connections. Packets only queue their datagrams, because sending to a socket may
 * sleep. A work sends many datagrams in one call. Each connection has a queue of its own for
 * datagrams that the far end does not take yet. When it is full, new datagrams are dropped.
 */
#include <linux/highmem.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/stats.h"
#include "transport/tcp/stream.h"
#include "transport/tcp/tcp.h"

/* Maximum bytes of memory in the queue. A single datagram is always accepted. */
#define WAITING_MAX	(1024 << 10)
/* Maximum number of datagrams that are sent in one call. */
#define GATHER_MAX	32
/* Number of calls before other works can run. */
#define CALLS_MAX	32

/* Length of the datagrams of an skb; the last one may be shorter. */
static unsigned int datagram_size(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : skb->len;
}

/* Bytes of the stream for an skb: its datagrams and their lengths. */
static unsigned int stream_bytes(const struct sk_buff *skb)
{
	return skb->len + DIV_ROUND_UP(skb->len, datagram_size(skb)) * CAMEX_STREAM_HEADER;
}

/* Address of the bytes of an skb, after make_one_piece(). */
static u8 *bytes_of(const struct sk_buff *skb)
{
	return skb_headlen(skb) ? skb->data : skb_frag_address(&skb_shinfo(skb)->frags[0]);
}

/* Make the bytes of an skb contiguous. A batch of encrypted datagrams is already, in a page. */
static bool make_one_piece(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return false;
	if (!skb_headlen(skb) && skb_shinfo(skb)->nr_frags == 1 && !skb_has_frag_list(skb) &&
	    !PageHighMem(skb_frag_page(&skb_shinfo(skb)->frags[0])))
		return true;
	return !skb_linearize(skb);
}

/*
 * Inner TCP limits its waiting data by the charge to its socket. Other sockets are no longer
 * charged: a socket that sends to many peers must not wait for the slowest one.
 */
static void release_charge(struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (!sk || !sk_fullsock(sk) || sk->sk_protocol != IPPROTO_TCP)
		skb_orphan(skb);
}

/**
 * camex_tcp_enqueue() - send a datagram, or an aggregate of them
 * @conn: the connection
 * @skb: as for camex_transport_ops.send; consumed
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or the counter for the reason (CAMEX_A_STATS_*).
 */
int camex_tcp_enqueue(struct camex_tcp_conn *conn, struct sk_buff *skb)
{
	int why;

	/* A GSO packet that was not encrypted, because the key of the peer has just changed. */
	why = CAMEX_A_STATS_NO_KEY;
	if (unlikely(skb_is_gso(skb) && skb->encapsulation))
		goto drop;
	why = CAMEX_A_STATS_TOO_BIG;
	if (unlikely(!skb->len || datagram_size(skb) > CAMEX_STREAM_MAX))
		goto drop;
	why = CAMEX_A_STATS_NO_MEMORY;
	if (unlikely(!make_one_piece(skb)))
		goto drop;
	skb_dst_drop(skb);
	release_charge(skb);

	spin_lock(&conn->queue.lock);
	if (unlikely(conn->state == CAMEX_TCP_IDLE)) {
		why = CAMEX_A_STATS_NO_ENDPOINT;
	} else if (unlikely(conn->queued && conn->queued + skb->truesize > WAITING_MAX)) {
		why = CAMEX_A_STATS_QUEUE_FULL;
	} else {
		__skb_queue_tail(&conn->queue, skb);
		conn->queued += skb->truesize;
		if (conn->state == CAMEX_TCP_UP)
			queue_work(camex_tcp_works, &conn->tx);
		why = 0;
	}
	spin_unlock(&conn->queue.lock);
	if (likely(!why))
		return 0;
drop:
	kfree_skb(skb);
	return why;
}

/**
 * struct gather - the data that is sent in one call
 * @vec: lengths and datagrams, alternating
 * @length: the lengths, big-endian
 * @n: number of entries of @vec
 * @bytes: total number of bytes
 * @more: there is more to send
 */
struct gather {
	struct kvec vec[2 * GATHER_MAX];
	__be16 length[GATHER_MAX];
	unsigned int n;
	size_t bytes;
	bool more;
};

static void add_bytes(struct gather *g, void *base, size_t len)
{
	g->vec[g->n].iov_base = base;
	g->vec[g->n++].iov_len = len;
	g->bytes += len;
}

/* Add the datagrams of an skb, from byte @at of its stream on. False if not all fit. */
static bool gather_skb(struct gather *g, const struct sk_buff *skb, unsigned int at)
{
	unsigned int size = datagram_size(skb), each = size + CAMEX_STREAM_HEADER;
	unsigned int offset = at / each * size, skip = at % each, len, body;
	u8 *data = bytes_of(skb);

	for (; offset < skb->len; offset += len) {
		if (g->n + 2 > ARRAY_SIZE(g->vec))
			return false;
		len = min(size, skb->len - offset);
		body = 0;
		if (skip < CAMEX_STREAM_HEADER) {
			__be16 *length = &g->length[g->n / 2];

			*length = htons(len);
			add_bytes(g, (u8 *)length + skip, CAMEX_STREAM_HEADER - skip);
		} else {
			/* An empty entry in place of the length, which was already sent. */
			add_bytes(g, data, 0);
			body = skip - CAMEX_STREAM_HEADER;
		}
		add_bytes(g, data + offset + body, len - body);
		skip = 0;
	}
	return true;
}

static void gather_datagrams(struct camex_tcp_conn *conn, struct gather *g)
{
	unsigned int at = conn->at;
	struct sk_buff *skb;

	g->n = 0;
	g->bytes = 0;
	skb_queue_walk(&conn->sending, skb) {
		if (!gather_skb(g, skb, at)) {
			g->more = true;
			return;
		}
		at = 0;
	}
	g->more = false;
}

static void take_waiting(struct camex_tcp_conn *conn)
{
	spin_lock_bh(&conn->queue.lock);
	skb_queue_splice_tail_init(&conn->queue, &conn->sending);
	spin_unlock_bh(&conn->queue.lock);
}

/* Note that the socket has accepted this many bytes of the stream. */
static void note_sent(struct camex_tcp_conn *conn, unsigned int sent)
{
	unsigned int freed = 0, left;
	struct sk_buff *skb;

	while ((skb = skb_peek(&conn->sending))) {
		left = stream_bytes(skb) - conn->at;
		if (sent < left) {
			conn->at += sent;
			break;
		}
		sent -= left;
		conn->at = 0;
		freed += skb->truesize;
		__skb_unlink(skb, &conn->sending);
		consume_skb(skb);
	}
	spin_lock_bh(&conn->queue.lock);
	conn->queued -= freed;
	spin_unlock_bh(&conn->queue.lock);
}

/**
 * camex_tcp_send() - send waiting datagrams
 * @work: camex_tcp_conn.tx
 *
 * Context: process.
 */
void camex_tcp_send(struct work_struct *work)
{
	struct camex_tcp_conn *conn = container_of(work, struct camex_tcp_conn, tx);
	struct gather g;
	int calls, n;

	for (calls = 0; calls < CALLS_MAX; calls++) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };

		if (skb_queue_len(&conn->sending) < GATHER_MAX)
			take_waiting(conn);
		gather_datagrams(conn, &g);
		if (!g.n)
			return;
		if (g.more)
			msg.msg_flags |= MSG_MORE;
		n = kernel_sendmsg(conn->sock, &msg, g.vec, g.n, g.bytes);
		if (n > 0) {
			note_sent(conn, n);
			continue;
		}
		/* The callback on_space() schedules the work again. */
		if (n != -EAGAIN)
			camex_tcp_lose(conn);
		return;
	}
	queue_work(camex_tcp_works, &conn->tx);
}

/**
 * camex_tcp_purge() - drop waiting datagrams
 * @conn: a connection whose @tx is not running
 *
 * Context: process.
 */
void camex_tcp_purge(struct camex_tcp_conn *conn)
{
	unsigned int lost = 0;
	struct sk_buff *skb;

	take_waiting(conn);
	while ((skb = __skb_dequeue(&conn->sending))) {
		lost += DIV_ROUND_UP(skb->len, datagram_size(skb));
		kfree_skb(skb);
	}
	spin_lock_bh(&conn->queue.lock);
	conn->queued = 0;
	spin_unlock_bh(&conn->queue.lock);
	conn->at = 0;
	camex_tcp_dropped(conn->tcp, CAMEX_A_STATS_NO_ENDPOINT, lost, false);
}
