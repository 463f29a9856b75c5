// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport char: packets wait in the queue of an open file until the program reads them. A full
 * queue stops the link's transmit queue, so that packets wait in the qdisc, which decides which of
 * them are dropped.
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/single_peer.h"
#include "core/transport.h"
#include "transport/char/char.h"

/* Default length of a file's queue, packets. */
#define QUEUE		500
#define MTU_MAX		65535
/* Offloads that a reader must request. */
#define USER_FEATURES	(NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE)

/* --- the queue --- */

/**
 * camex_queue_wake() - wake the users of a file
 * @q: the file
 * @events: EPOLL*
 */
void camex_queue_wake(struct camex_queue *q, __poll_t events)
{
	/* Pairs with the barrier of a task that goes to sleep. */
	if (wq_has_sleeper(&q->wait))
		wake_up_interruptible_poll(&q->wait, events);
	if (unlikely(READ_ONCE(q->fasync)))
		kill_fasync(&q->fasync, SIGIO,
			    events & EPOLLIN ? POLL_IN : POLL_OUT);
}

/* Does a packet without room in the queue wait in a qdisc? */
static bool can_stop(const struct netdev_queue *txq)
{
	return rcu_dereference_bh(txq->qdisc)->enqueue;
}

static bool enqueue_packet(struct camex_queue *q, struct net_device *dev,
			   unsigned int index, struct sk_buff *skb)
{
	unsigned int limit = max(READ_ONCE(dev->tx_queue_len), 1U);
	struct sk_buff_head *list = &q->sk.sk_receive_queue;
	struct netdev_queue *txq;
	bool done = false;

	spin_lock(&list->lock);
	if (likely(q->enabled && skb_queue_len(list) < limit)) {
		__skb_queue_tail(list, skb);
		done = true;
		txq = netdev_get_tx_queue(dev, index);
		if (unlikely(skb_queue_len(list) >= limit && can_stop(txq))) {
			q->stopped = true;
			netif_tx_stop_queue(txq);
		}
	}
	spin_unlock(&list->lock);
	return done;
}

/* Restart the transmit queue, if there is room again. */
static void restart_queue(struct camex_queue *q)
{
	struct camex_dev *cdev;
	struct net_device *dev;

	rcu_read_lock();
	cdev = rcu_dereference(q->cdev);
	dev = cdev ? cdev->dev : NULL;
	if (dev && skb_queue_len(&q->sk.sk_receive_queue) <=
		   READ_ONCE(dev->tx_queue_len) / 2) {
		q->stopped = false;
		netif_tx_wake_queue(netdev_get_tx_queue(dev, READ_ONCE(q->index)));
	}
	rcu_read_unlock();
}

/**
 * camex_queue_take() - take the next packet from a queue
 * @q: the file
 *
 * Return: a packet, or NULL.
 */
struct sk_buff *camex_queue_take(struct camex_queue *q)
{
	struct sk_buff_head *list = &q->sk.sk_receive_queue;
	struct sk_buff *skb;

	spin_lock_bh(&list->lock);
	skb = __skb_dequeue(list);
	if (unlikely(q->stopped))
		restart_queue(q);
	spin_unlock_bh(&list->lock);
	return skb;
}

/**
 * camex_queue_untake() - put a packet back that could not be read
 * @q: the file
 * @skb: from camex_queue_take()
 */
void camex_queue_untake(struct camex_queue *q, struct sk_buff *skb)
{
	struct sk_buff_head *list = &q->sk.sk_receive_queue;
	bool kept;

	spin_lock_bh(&list->lock);
	kept = q->enabled;
	if (kept)
		__skb_queue_head(list, skb);
	spin_unlock_bh(&list->lock);
	if (!kept)
		kfree_skb(skb);
}

static void enable_queue(struct camex_queue *q, bool enabled)
{
	struct sk_buff_head *list = &q->sk.sk_receive_queue;
	struct sk_buff_head dropped;

	__skb_queue_head_init(&dropped);
	spin_lock_bh(&list->lock);
	q->enabled = enabled;
	q->stopped = false;
	skb_queue_splice_init(list, &dropped);
	spin_unlock_bh(&list->lock);
	__skb_queue_purge(&dropped);
}

/* --- attaching and detaching files --- */

/* Set the number of transmit queues to that of files, none of them stopped. */
static void fit_queues(struct camex_dev *cdev)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	struct net_device *dev = cdev->dev;

	if (chr->nqueues && dev->reg_state == NETREG_REGISTERED) {
		netif_set_real_num_tx_queues(dev, chr->nqueues);
		netif_set_real_num_rx_queues(dev, chr->nqueues);
	}
	if (netif_running(dev))
		netif_tx_wake_all_queues(dev);
}

/**
 * camex_char_spread() - copy changed settings of a link to its files
 * @chr: the files of the link
 *
 * Context: RTNL.
 */
void camex_char_spread(struct camex_char *chr)
{
	struct camex_queue *q;

	list_for_each_entry(q, &chr->files, node) {
		WRITE_ONCE(q->flags, chr->flags);
		WRITE_ONCE(q->vnet_size, chr->vnet_size);
		WRITE_ONCE(q->vnet_le, chr->vnet_le);
		WRITE_ONCE(q->sk.sk_sndbuf, chr->sndbuf);
	}
}

/**
 * camex_char_attach() - make a file a queue of a link
 * @cdev: the link's device
 * @q: the file; it has no link, or is disabled
 *
 * Context: RTNL, may sleep.
 * Return: 0, -EBUSY, -E2BIG.
 */
int camex_char_attach(struct camex_dev *cdev, struct camex_queue *q)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);

	if (!(chr->flags & IFF_MULTI_QUEUE) && chr->nqueues)
		return -EBUSY;
	if (!q->disabled &&
	    chr->nqueues + chr->ndisabled == cdev->dev->num_tx_queues)
		return -E2BIG;
	if (q->disabled) {
		q->disabled = false;
		chr->ndisabled--;
	} else {
		q->gone = false;
		q->frames = cdev->protocol->bare && camex_is_tap(cdev);
		q->packets = cdev->protocol->bare && !q->frames;
		list_add_tail(&q->node, &chr->files);
		camex_char_spread(chr);
		rcu_assign_pointer(q->cdev, cdev);
	}
	WRITE_ONCE(q->index, chr->nqueues);
	enable_queue(q, true);
	rcu_assign_pointer(chr->queues[chr->nqueues], q);
	WRITE_ONCE(chr->nqueues, chr->nqueues + 1);
	fit_queues(cdev);
	if (!netif_carrier_ok(cdev->dev))
		camex_single_peer_connected(cdev);
	return 0;
}

static void disable_queue(struct camex_dev *cdev, struct camex_queue *q)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	struct camex_queue *last;

	/* The last queue takes its index. */
	last = rtnl_dereference(chr->queues[chr->nqueues - 1]);
	WRITE_ONCE(last->index, q->index);
	rcu_assign_pointer(chr->queues[q->index], last);
	WRITE_ONCE(chr->nqueues, chr->nqueues - 1);
	RCU_INIT_POINTER(chr->queues[chr->nqueues], NULL);
	enable_queue(q, false);
	fit_queues(cdev);
}

/**
 * camex_char_detach() - remove a file from the queues of its link
 * @q: the file; nothing happens if it has no link
 * @forever: detach it from the link, which is deleted with its last file unless it is persistent;
 *	else it stays attached, and can become a queue again
 *
 * Context: RTNL, may sleep.
 */
void camex_char_detach(struct camex_queue *q, bool forever)
{
	struct camex_dev *cdev = rtnl_dereference(q->cdev);
	struct camex_char *chr;

	if (!cdev)
		return;
	chr = rtnl_dereference(cdev->chr);
	if (!q->disabled) {
		disable_queue(cdev, q);
		if (!forever) {
			q->disabled = true;
			chr->ndisabled++;
		}
	} else if (forever) {
		q->disabled = false;
		chr->ndisabled--;
	}
	if (!forever)
		return;
	RCU_INIT_POINTER(q->cdev, NULL);
	list_del_init(&q->node);
	if (!list_empty(&chr->files))
		return;
	camex_single_peer_gone(cdev);
	if (!chr->persist && cdev->dev->reg_state == NETREG_REGISTERED)
		unregister_netdevice(cdev->dev);
}

/**
 * camex_char_up() - wake files when the link of a device goes up
 * @cdev: the device, of any transport
 *
 * Context: RTNL.
 */
void camex_char_up(struct camex_dev *cdev)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	struct camex_queue *q;

	if (!chr)
		return;
	list_for_each_entry(q, &chr->files, node)
		camex_queue_wake(q, EPOLLOUT | EPOLLWRNORM);
}

/* --- the transport --- */

static unsigned int char_overhead(u16 family)
{
	return 0;
}

static void setup_char_link(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);

	dev->priv_flags &= ~IFF_NO_QUEUE;
	if (!camex_is_tap(cdev) && dev->tx_queue_len == DEFAULT_TX_QUEUE_LEN)
		dev->tx_queue_len = QUEUE;
	dev->flags |= IFF_MULTICAST;
	dev->sysfs_groups[0] = &camex_char_attributes;
	/* No network limits the MTU. */
	dev->max_mtu = camex_is_tap(cdev) ? MTU_MAX - ETH_HLEN : MTU_MAX;
	if (!cdev->mtu_chosen)
		dev->mtu = ETH_DATA_LEN - cdev->protocol->overhead;
	dev->hw_features &= ~(USER_FEATURES | CAMEX_TUNNEL_FEATURES);
	dev->features &= ~(USER_FEATURES | CAMEX_TUNNEL_FEATURES);
	dev->hw_enc_features &= ~(USER_FEATURES | CAMEX_TUNNEL_FEATURES);
	dev->vlan_features &= ~(USER_FEATURES | CAMEX_TUNNEL_FEATURES);
}

static int open_char(struct camex_dev *cdev, struct camex_settings *conf,
		     struct nlattr **tb, struct netlink_ext_ack *extack)
{
	unsigned int queues = cdev->dev->num_tx_queues;
	struct camex_char *chr;

	if (rtnl_dereference(cdev->chr))
		return 0;
	chr = kzalloc(struct_size(chr, queues, queues), GFP_KERNEL_ACCOUNT);
	if (!chr)
		return -ENOMEM;
	INIT_LIST_HEAD(&chr->files);
	chr->flags = IFF_NO_PI;
	if (queues > 1)
		chr->flags |= IFF_MULTI_QUEUE;
	chr->owner = INVALID_UID;
	chr->group = INVALID_GID;
	chr->sndbuf = INT_MAX;
	chr->vnet_size = sizeof(struct virtio_net_hdr);
	chr->persist = true;
	rcu_assign_pointer(cdev->chr, chr);
	return 0;
}

static void close_char(struct camex_dev *cdev)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	struct camex_queue *q, *next;

	if (!chr)
		return;
	RCU_INIT_POINTER(cdev->chr, NULL);
	list_for_each_entry_safe(q, next, &chr->files, node) {
		list_del_init(&q->node);
		q->disabled = false;
		enable_queue(q, false);
		WRITE_ONCE(q->gone, true);
		RCU_INIT_POINTER(q->cdev, NULL);
		wake_up_interruptible_all(&q->wait);
		camex_queue_wake(q, EPOLLERR | EPOLLHUP);
	}
	if (chr->held)
		module_put(THIS_MODULE);
	kfree_rcu(chr, rcu);
}

static int route_char(struct camex_dev *cdev, struct camex_endpoint *ep,
		      struct camex_way *way)
{
	way->path = NULL;
	way->room = READ_ONCE(cdev->dev->mtu) + cdev->protocol->overhead;
	if (camex_is_tap(cdev))
		way->room += VLAN_ETH_HLEN + VLAN_HLEN;
	/* A reader could not tell where one datagram ends and the next begins. */
	way->batch = 0;
	return 0;
}

static int send_char(struct camex_dev *cdev, struct camex_endpoint *ep,
		     const struct camex_way *way, struct sk_buff *skb)
{
	const struct camex_char *chr = rcu_dereference_bh(cdev->chr);
	unsigned int n, index = skb_get_queue_mapping(skb);
	struct camex_queue *q;
	int why;

	why = CAMEX_A_STATS_NO_ENDPOINT;
	n = likely(chr) ? READ_ONCE(chr->nqueues) : 0;
	if (unlikely(!n))
		goto drop;
	if (unlikely(index >= n))
		index %= n;
	q = rcu_dereference_bh(chr->queues[index]);
	if (unlikely(!q))
		goto drop;
	/* Copy data of zero-copy senders: the time until it is read is not limited. */
	why = CAMEX_A_STATS_NO_MEMORY;
	if (unlikely(skb_orphan_frags_rx(skb, GFP_ATOMIC)))
		goto drop;
	skb_orphan(skb);
	why = CAMEX_A_STATS_QUEUE_FULL;
	if (unlikely(!enqueue_packet(q, cdev->dev, index, skb)))
		goto drop;
	camex_queue_wake(q, EPOLLIN | EPOLLRDNORM);
	return 0;

drop:
	kfree_skb(skb);
	return why;
}

const struct camex_transport_ops camex_transport_char = {
	.link_up = camex_char_up,
	.single_peer = true,
	.single = true,
	.as_is = true,
	/* Programs read packets, unless they ask for more. */
	.protocol = CAMEX_PROTOCOL_RAW,
	/* as newer tun.ko's links */
	.speed = SPEED_10000,
	.overhead = char_overhead,
	.setup = setup_char_link,
	.open = open_char,
	.close = close_char,
	.route = route_char,
	.send = send_char,
};
