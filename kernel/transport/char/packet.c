// SPDX-License-Identifier: GPL-2.0-only
/* Packets between a file and its link, and the headers of the file's interface. */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <linux/virtio_byteorder.h>
#include <linux/virtio_net.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "datapath/page_ring.h"
#include "transport/char/char.h"

/* Limits of a written packet, without the headers of the interface. */
#define PLAIN_MIN	20
#define LENGTH_MAX	65535
/* Headroom for a device that forwards the packet. */
#define HEADROOM	SKB_DATA_ALIGN(NET_SKB_PAD + NET_IP_ALIGN)
/* Linear part of larger packets, unless the writer requests more. */
#define LINEAR		2048U

static bool little_endian(const struct camex_queue *q)
{
	return READ_ONCE(q->vnet_le) || virtio_legacy_is_little_endian();
}

/* --- reading --- */

static int put_vnet(struct camex_queue *q, struct sk_buff *skb,
		    struct iov_iter *to, unsigned int size)
{
	struct virtio_net_hdr header;

	if (iov_iter_count(to) < size)
		return -EINVAL;
	if (virtio_net_hdr_from_skb(skb, &header, little_endian(q), true, 0))
		return -EIO;
	if (copy_to_iter(&header, sizeof(header), to) != sizeof(header))
		return -EFAULT;
	iov_iter_advance(to, size - sizeof(header));
	return 0;
}

/**
 * camex_queue_put() - copy a packet to the reader
 * @q: the file
 * @skb: the packet, not consumed
 * @to: destination; a packet that is too long is truncated, unless the file is plain
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t camex_queue_put(struct camex_queue *q, struct sk_buff *skb,
			struct iov_iter *to)
{
	unsigned int flags = READ_ONCE(q->flags), vnet = 0;
	size_t room = iov_iter_count(to), total = skb->len, len;
	int err;

	if (flags & IFF_VNET_HDR)
		vnet = READ_ONCE(q->vnet_size);
	total += vnet;
	if (unlikely(q->plain && total > room))
		return -EMSGSIZE;
	if (!(flags & IFF_NO_PI)) {
		struct tun_pi pi = { .proto = skb->protocol };

		if (room < sizeof(pi))
			return -EINVAL;
		total += sizeof(pi);
		if (total > room)
			pi.flags |= TUN_PKT_STRIP;
		if (copy_to_iter(&pi, sizeof(pi), to) != sizeof(pi))
			return -EFAULT;
	}
	if (vnet) {
		err = put_vnet(q, skb, to, vnet);
		if (err)
			return err;
	}
	len = min_t(size_t, skb->len, iov_iter_count(to));
	if (likely(!skb_is_nonlinear(skb))) {
		if (copy_to_iter(skb->data, len, to) != len)
			return -EFAULT;
	} else if (skb_copy_datagram_iter(skb, 0, to, len)) {
		return -EFAULT;
	}
	return min(total, room);
}

/* --- writing --- */

/* Make a packet in a recycled buffer, with @linear bytes in the linear part. */
static struct sk_buff *fill_buffer(struct iov_iter *from, unsigned int len,
				   unsigned int linear)
{
	unsigned int size = HEADROOM + SKB_DATA_ALIGN(linear) +
			    SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct camex_space head, rest;
	struct sk_buff *skb;
	bool got;

	local_bh_disable();
	got = camex_page_ring_get(&head, size);
	if (got && linear < len && !camex_page_ring_get(&rest, len - linear)) {
		camex_page_ring_put(&head);
		got = false;
	}
	local_bh_enable();
	if (unlikely(!got))
		return ERR_PTR(-ENOMEM);
	if (unlikely(!copy_from_iter_full(head.at + HEADROOM, linear, from) ||
		     (linear < len &&
		      !copy_from_iter_full(rest.at, len - linear, from)))) {
		skb = ERR_PTR(-EFAULT);
		goto put;
	}
	skb = build_skb(head.at, size);
	if (unlikely(!skb)) {
		skb = ERR_PTR(-ENOMEM);
		goto put;
	}
	skb_reserve(skb, HEADROOM);
	__skb_put(skb, linear);
	if (linear < len)
		skb_add_rx_frag(skb, 0, rest.page, rest.offset, len - linear,
				camex_page_ring_charge(&rest, len - linear));
	return skb;

put:
	camex_page_ring_put(&head);
	if (linear < len)
		camex_page_ring_put(&rest);
	return skb;
}

/* The same in new memory, if there is no large piece. */
static struct sk_buff *fill_pages(struct iov_iter *from, unsigned int len,
				  unsigned int linear)
{
	struct sk_buff *skb;
	int err;

	linear = min_t(unsigned int, linear, SKB_MAX_HEAD(HEADROOM));
	skb = alloc_skb_with_frags(HEADROOM + linear, len - linear, 0, &err,
				   GFP_KERNEL);
	if (!skb)
		return ERR_PTR(err == -ENOBUFS ? -ENOMEM : err);
	skb_reserve(skb, HEADROOM);
	__skb_put(skb, linear);
	skb->len += len - linear;
	skb->data_len = len - linear;
	if (skb_copy_datagram_from_iter(skb, 0, from, len)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

static struct sk_buff *fill_packet(struct iov_iter *from, unsigned int len,
				   unsigned int header)
{
	unsigned int linear = len;
	struct sk_buff *skb;
	size_t before = iov_iter_count(from);

	if (len > LINEAR)
		linear = clamp(header, 128U, LINEAR);
	skb = fill_buffer(from, len, linear);
	if (!IS_ERR(skb) || PTR_ERR(skb) == -EFAULT)
		return skb;
	iov_iter_revert(from, before - iov_iter_count(from));
	return fill_pages(from, len, linear);
}

static int get_vnet(struct camex_queue *q, struct iov_iter *from,
		    struct virtio_net_hdr *header, unsigned int *linear)
{
	unsigned int size = READ_ONCE(q->vnet_size), needed;
	bool le = little_endian(q);

	if (iov_iter_count(from) < size)
		return -EINVAL;
	if (!copy_from_iter_full(header, sizeof(*header), from))
		return -EFAULT;
	iov_iter_advance(from, size - sizeof(*header));
	*linear = __virtio16_to_cpu(le, header->hdr_len);
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		needed = __virtio16_to_cpu(le, header->csum_start) +
			 __virtio16_to_cpu(le, header->csum_offset) + 2;
		if (needed > *linear)
			*linear = needed;
	}
	return *linear > iov_iter_count(from) ? -EINVAL : 0;
}

/* May a packet of this length be written? */
static int check_length(const struct camex_queue *q, size_t len,
			unsigned int header)
{
	if (q->frames && (len < ETH_HLEN || (header && header < ETH_HLEN)))
		return -EINVAL;
	if (q->plain)
		return len < PLAIN_MIN || len > LENGTH_MAX ? -EINVAL : 0;
	return len > LENGTH_MAX ? -EMSGSIZE : 0;
}

static int check_packet(const struct camex_queue *q, struct sk_buff *skb)
{
	u8 version;

	if (!q->packets)
		return 0;
	version = skb->len ? skb->data[0] >> 4 : 0;
	if (version == 6)
		return q->plain && camex_char_ipv4only ? -EINVAL : 0;
	return version == 4 ? 0 : -EINVAL;
}

/* Charge a packet to the file. Wait until there is room, if the caller may wait. */
static int charge_packet(struct camex_queue *q, bool wait)
{
	struct sock *sk = &q->sk;
	int err;

	while (sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf)) {
		if (!wait)
			return -EAGAIN;
		err = wait_event_interruptible(q->wait,
					       sk_wmem_alloc_get(sk) <
					       READ_ONCE(sk->sk_sndbuf) ||
					       READ_ONCE(q->gone));
		if (err)
			return err;
		if (READ_ONCE(q->gone))
			return -EFAULT;
	}
	return 0;
}

/*
 * Apply the virtio-net header to the packet. If the header says little, the packet is parsed, for
 * which newer kernels need the device.
 */
static int apply_vnet(struct camex_queue *q, struct sk_buff *skb,
		      const struct virtio_net_hdr *header)
{
	struct camex_dev *cdev;
	int err = 0;

	skb_reset_mac_header(skb);
	skb_set_network_header(skb, q->frames ? ETH_HLEN : 0);
	rcu_read_lock();
	cdev = rcu_dereference(q->cdev);
	/* else deliver_packet() returns the error */
	if (likely(cdev)) {
		skb->dev = cdev->dev;
		err = virtio_net_hdr_to_skb(skb, header, little_endian(q));
	}
	rcu_read_unlock();
	return err;
}

/* Deliver a packet to the link; consumed. */
static int deliver_packet(struct camex_queue *q, struct sk_buff *skb)
{
	static const struct camex_source nowhere;
	struct camex_dev *cdev;
	int err = 0;

	rcu_read_lock();
	local_bh_disable();
	cdev = rcu_dereference(q->cdev);
	if (unlikely(!cdev)) {
		err = q->plain ? -ENODEV : -EBADFD;
	} else if (unlikely(!netif_running(cdev->dev))) {
		err = -EIO;
	} else if (unlikely(q->plain && skb->len > READ_ONCE(cdev->dev->mtu))) {
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_TOO_BIG, 1);
		err = -EMSGSIZE;
	} else {
		skb->dev = cdev->dev;
		camex_rx(cdev, skb, &nowhere);
		skb = NULL;
	}
	local_bh_enable();
	rcu_read_unlock();
	kfree_skb(skb);
	return err;
}

/**
 * camex_queue_get() - take a packet from the writer
 * @q: the file
 * @from: the packet with its headers
 * @wait: wait until there is room
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t camex_queue_get(struct camex_queue *q, struct iov_iter *from, bool wait)
{
	size_t total = iov_iter_count(from), len;
	unsigned int flags = READ_ONCE(q->flags), linear = 0;
	struct virtio_net_hdr header = {};
	struct sk_buff *skb;
	struct tun_pi pi;
	int err;

	if (!(flags & IFF_NO_PI)) {
		if (total < sizeof(pi))
			return -EINVAL;
		if (!copy_from_iter_full(&pi, sizeof(pi), from))
			return -EFAULT;
	}
	if (flags & IFF_VNET_HDR) {
		err = get_vnet(q, from, &header, &linear);
		if (err)
			return err;
	}
	len = iov_iter_count(from);
	err = check_length(q, len, linear);
	if (err)
		return err;
	if (READ_ONCE(q->sk.sk_sndbuf) != INT_MAX) {
		err = charge_packet(q, wait);
		if (err)
			return err;
	}
	skb = fill_packet(from, len, linear);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	if (READ_ONCE(q->sk.sk_sndbuf) != INT_MAX)
		skb_set_owner_w(skb, &q->sk);
	err = check_packet(q, skb);
	if (!err && (flags & IFF_VNET_HDR))
		err = apply_vnet(q, skb, &header);
	if (err) {
		kfree_skb(skb);
		return -EINVAL;
	}
	/*
	 * Mark it as a packet that must be cut with its outer headers, not as a batch of datagrams.
	 */
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
	return deliver_packet(q, skb) ?: total;
}
