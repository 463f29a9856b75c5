// SPDX-License-Identifier: GPL-2.0-only
/* Transport serial: SLIP on a tty with our line discipline (line_discipline.c). */
#include <linux/if_vlan.h>
#include <linux/tty.h>
#include <net/pkt_sched.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "transport/serial/serial.h"

/* Frames for this MTU are always accepted. */
#define FRAME_MTU	1500
/* Bytes that a frame may have beyond the MTU and the protocol's overhead. */
#define FRAME_MORE	(ETH_HLEN + 2 * VLAN_HLEN)
/* No frame is begun while the driver has this many bytes queued, so that the qdisc decides late. */
#define LITTLE		256
/* Maximum number of waiting datagrams: control messages are sent even if the queue is stopped. */
#define QUEUE_MAX	16
/* A line takes one packet after the other. */
#define NO_FEATURES	(NETIF_F_GSO_SOFTWARE | CAMEX_TUNNEL_FEATURES | NETIF_F_SG | \
			 NETIF_F_FRAGLIST)
/* As in slip.ko: with the default qdisc only a few packets wait for the slow line. */
#define TX_QUEUE_LEN	10

/* --- sending --- */

/*
 * Has the driver so little queued that another frame can begin? A pty cannot tell; for it the
 * bytes count that were written since it last requested more.
 */
static bool wants_frame(const struct camex_serial *s)
{
	return s->written < LITTLE ||
	       (s->tty->driver->type != TTY_DRIVER_TYPE_PTY &&
		tty_chars_in_buffer(s->tty) < LITTLE);
}

/* Fill the empty chunk. Return false if there is nothing to send. */
static bool fill_output(struct camex_serial *s)
{
	const u8 *from;
	size_t left;

	s->begin = 0;
	s->end = 0;
	if (!s->skb) {
		if (!wants_frame(s))
			return false;
		s->skb = __skb_dequeue(&s->queue);
		if (!s->skb)
			return false;
		s->at = 0;
		s->chunk[s->end++] = CAMEX_SLIP_END;	/* an END that flushes noise */
	}
	from = s->skb->data + s->at;
	left = s->skb->len - s->at;
	/* the last byte is reserved for the END */
	s->end += camex_slip_encode(s->chunk + s->end, sizeof(s->chunk) - 1 - s->end, &from,
				    &left);
	s->at = s->skb->len - left;
	if (!left) {
		s->chunk[s->end++] = CAMEX_SLIP_END;
		consume_skb(s->skb);
		s->skb = NULL;
	}
	return true;
}

/* Write as much as the tty takes, and stop or wake the transmit queue. */
static void pump_output(struct camex_serial *s)
{
	struct tty_struct *tty = s->tty;
	int n;

	lockdep_assert_held(&s->lock);
	if (!s->cdev)
		return;
	while (s->begin < s->end || fill_output(s)) {
		/* Set this before the write: the tty may be ready again when the write returns. */
		set_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
		n = tty->ops->write(tty, s->chunk + s->begin, s->end - s->begin);
		if (n > 0) {
			s->begin += n;
			s->written += n;
		}
		if (s->begin < s->end)
			break;
	}
	if (s->begin < s->end || !skb_queue_empty(&s->queue) || !wants_frame(s)) {
		netif_stop_queue(s->cdev->dev);
	} else {
		clear_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
		netif_wake_queue(s->cdev->dev);
	}
}

/**
 * camex_serial_work() - send more, because the tty has room
 * @work: camex_serial.work
 */
void camex_serial_work(struct work_struct *work)
{
	struct camex_serial *s = container_of(work, struct camex_serial, work);

	spin_lock_bh(&s->lock);
	s->written = 0;
	pump_output(s);
	spin_unlock_bh(&s->lock);
}

static int route_serial(struct camex_dev *cdev, struct camex_endpoint *ep,
			struct camex_way *way)
{
	if (unlikely(!rcu_access_pointer(cdev->serial)))
		return CAMEX_A_STATS_NO_ENDPOINT;
	way->room = CAMEX_SERIAL_FRAME_MAX - 1;
	way->batch = 0;
	return 0;
}

static int enqueue_frame(struct camex_dev *cdev, struct camex_serial *s,
			 struct sk_buff *skb)
{
	/* The tty may have been detached since it was looked up. */
	if (unlikely(s->cdev != cdev))
		return CAMEX_A_STATS_NO_ENDPOINT;
	if (unlikely(skb_queue_len(&s->queue) >= QUEUE_MAX))
		return CAMEX_A_STATS_QUEUE_FULL;
	__skb_queue_tail(&s->queue, skb);
	pump_output(s);
	return 0;
}

static int send_serial(struct camex_dev *cdev, struct camex_endpoint *ep,
		       const struct camex_way *way, struct sk_buff *skb)
{
	struct camex_serial *s = rcu_dereference_bh(cdev->serial);
	int why = CAMEX_A_STATS_NO_ENDPOINT;

	if (unlikely(!s))
		goto drop;
	why = CAMEX_A_STATS_NO_MEMORY;
	if (unlikely((skb->ip_summed == CHECKSUM_PARTIAL &&
		      skb_checksum_help(skb)) || skb_linearize(skb)))
		goto drop;
	skb_dst_drop(skb);
	spin_lock(&s->lock);
	why = enqueue_frame(cdev, s, skb);
	spin_unlock(&s->lock);
	if (likely(!why))
		return 0;
drop:
	kfree_skb(skb);
	return why;
}

/* --- receiving --- */

/* Make a packet of a frame, for a link that is up. */
static struct sk_buff *make_packet(struct camex_dev *cdev,
				   const struct camex_cslip_packet *packet)
{
	struct net_device *dev = cdev->dev;
	unsigned int headroom = READ_ONCE(dev->needed_headroom);
	struct sk_buff *skb;

	skb = alloc_skb(headroom + packet->head_len + packet->body_len +
			dev->needed_tailroom, GFP_ATOMIC);
	if (!skb) {
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_NO_MEMORY, 1);
		return NULL;
	}
	skb_reserve(skb, headroom);
	skb_put_data(skb, packet->head, packet->head_len);
	skb_put_data(skb, packet->body, packet->body_len);
	skb->dev = dev;
	return skb;
}

/**
 * struct bytes - bytes that a tty has received
 * @data: the bytes
 * @flags: one for each, TTY_NORMAL where it is right; NULL: all are
 * @len: how many
 * @right: number of first bytes that are known to be right
 */
struct bytes {
	const u8 *data;
	const u8 *flags;
	size_t len;
	size_t right;
};

static void skip_bytes(struct bytes *in, size_t n)
{
	in->data += n;
	if (in->flags)
		in->flags += n;
	in->len -= n;
	in->right -= min(n, in->right);
}

/* Number of bytes in front of the first wrong one. */
static size_t right_bytes(const struct bytes *in)
{
	size_t n = 0;

	if (!in->flags)
		return in->len;
	while (n < in->len && in->flags[n] == TTY_NORMAL)
		n++;
	return n;
}

/* May the far end send compressed headers? Only if frames are IP packets. */
static bool may_be_compressed(const struct camex_dev *cdev)
{
	return cdev->protocol->bare && !camex_is_tap(cdev);
}

/* Make the packet of a whole frame; NULL if there is none. */
static struct sk_buff *take_frame(struct camex_dev *cdev, struct camex_serial *s, bool up)
{
	struct camex_cslip_packet packet = { .body = s->rx.data, .body_len = s->rx.len };
	bool good = true;

	/* Also while the link is down, because the next headers are differences from these. */
	if (may_be_compressed(cdev))
		good = camex_cslip_receive(&s->cslip, s->rx.data, s->rx.len, &packet);
	if (!up)
		return NULL;
	if (likely(good))
		return make_packet(cdev, &packet);
	camex_drop_received(cdev, NULL, CAMEX_A_STATS_MALFORMED, 1);
	return NULL;
}

/* Decode the next packet; NULL when all bytes are decoded. */
static struct sk_buff *decode_packet(struct camex_dev *cdev, struct camex_serial *s,
				     struct bytes *in)
{
	bool up = netif_running(cdev->dev);
	struct camex_slip *rx = &s->rx;
	enum camex_slip_event event;
	size_t n;

	rx->room = min_t(unsigned int, CAMEX_SERIAL_FRAME_MAX,
			 max_t(unsigned int, READ_ONCE(cdev->dev->mtu), FRAME_MTU) +
			 FRAME_MORE + cdev->protocol->overhead);
	while (in->len) {
		if (!in->right)
			in->right = right_bytes(in);
		if (!in->right) {
			camex_slip_spoil(rx);
			skip_bytes(in, 1);
			continue;
		}
		n = camex_slip_decode(rx, in->data, in->right, &event);
		skip_bytes(in, n);
		if (event == CAMEX_SLIP_PACKET) {
			struct sk_buff *skb = take_frame(cdev, s, up);

			if (skb)
				return skb;
		} else if (event == CAMEX_SLIP_BAD) {
			camex_cslip_lose(&s->cslip);
			if (up)
				camex_drop_received(cdev, NULL, CAMEX_A_STATS_MALFORMED, 1);
		}
	}
	return NULL;
}

/**
 * camex_serial_receive() - receive bytes of a tty
 * @s: the tty
 * @data: the bytes
 * @flags: one for each, TTY_NORMAL where it is right; NULL: all are
 * @len: how many
 *
 * The lock is held while a frame is decoded, not while its packet is delivered. The device exists
 * until the RCU section ends.
 *
 * Context: process.
 */
void camex_serial_receive(struct camex_serial *s, const u8 *data,
			  const u8 *flags, size_t len)
{
	struct bytes in = { .data = data, .flags = flags, .len = len };
	struct camex_source from = {};
	struct camex_dev *cdev;
	struct sk_buff *skb;

	while (in.len) {
		rcu_read_lock();
		local_bh_disable();
		spin_lock(&s->rx_lock);
		cdev = s->cdev;
		skb = cdev ? decode_packet(cdev, s, &in) : NULL;
		spin_unlock(&s->rx_lock);
		if (skb)
			camex_rx(cdev, skb, &from);
		local_bh_enable();
		rcu_read_unlock();
		if (!cdev)
			break;
	}
}

/* --- the transport --- */

static unsigned int serial_overhead(u16 family)
{
	return 0;
}

/*
 * The line is slow. So the qdisc gets packets as small as they are sent, and a stopped queue lets
 * the qdisc choose the next one.
 */
static void setup_serial_link(struct net_device *dev)
{
	camex_set_lltx(dev, false);
	dev->priv_flags &= ~IFF_NO_QUEUE;
	if (dev->tx_queue_len == DEFAULT_TX_QUEUE_LEN)
		dev->tx_queue_len = TX_QUEUE_LEN;
	dev->hw_features &= ~NO_FEATURES;
	dev->features &= ~NO_FEATURES;
	WRITE_ONCE(dev->gso_max_segs, 1);
}

static void close_serial(struct camex_dev *cdev)
{
	struct camex_serial *s = rtnl_dereference(cdev->serial);

	if (s)
		camex_serial_part(s);
}

const struct camex_transport_ops camex_transport_serial = {
	.single_peer = true,
	.overhead = serial_overhead,
	.setup = setup_serial_link,
	.close = close_serial,
	.route = route_serial,
	.send = send_serial,
};
