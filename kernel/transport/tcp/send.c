// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes out of a connection. Packets only queue their datagrams, since a socket may sleep; a
 * work sends as many as there are in one call. What a far end does not take waits in a queue
 * that is its own, and is dropped at its tail.
 */
#include <linux/highmem.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/stats.h"
#include "transport/tcp/stream.h"
#include "transport/tcp/tcp.h"

/* Bytes of memory that may wait; a datagram alone always may. */
#define WAITING_MAX	(1024 << 10)
/* Datagrams that are sent in one call. */
#define GATHER_MAX	32
/* Calls of a work: others want to send, too. */
#define CALLS_MAX	32

/* Bytes of each datagram of an skb, but the last. */
static unsigned int datagram_size(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : skb->len;
}

/* Bytes of the stream that an skb becomes. */
static unsigned int stream_bytes(const struct sk_buff *skb)
{
	return skb->len + DIV_ROUND_UP(skb->len, datagram_size(skb)) * CAMEX_STREAM_HEADER;
}

/* Where the bytes of an skb are, which are in one piece. */
static u8 *bytes_of(const struct sk_buff *skb)
{
	return skb_headlen(skb) ? skb->data : skb_frag_address(&skb_shinfo(skb)->frags[0]);
}

/* Have the bytes in one piece. What is encrypted many at a time already has them in a page. */
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
 * TCP inside sees from its charge what waits for it here. What other sockets sent is not charged
 * to them any longer: one that sends to many peers must not wait for the slowest.
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
 * Return: 0, or the counter that says why not.
 */
int camex_tcp_enqueue(struct camex_tcp_conn *conn, struct sk_buff *skb)
{
	int why;

	/* It was to stay whole for a peer that had no key a moment ago, or has none any more. */
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
 * struct gather - what is sent in one call
 * @vec: lengths and datagrams
 * @length: the lengths
 * @n: how many of @vec
 * @bytes: of all
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

/* The datagrams of an skb from byte @at of its stream on. False: there is no room for all. */
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
			/* The lengths stay beside their datagrams. */
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

/* So many bytes of the stream are the socket's now. */
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
 * camex_tcp_send() - send what waits
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
		/* The socket says when there is room again. */
		if (n != -EAGAIN)
			camex_tcp_lose(conn);
		return;
	}
	queue_work(camex_tcp_works, &conn->tx);
}

/**
 * camex_tcp_purge() - drop what waits
 * @conn: a connection whose @tx does not run
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
