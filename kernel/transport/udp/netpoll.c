// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport udp, sent by netpoll: finished frames go directly to the driver of the route's device.
 * They bypass LOCAL_OUT, POSTROUTING, connection tracking, queueing disciplines and packet sockets.
 * Packets that must be fragmented or transformed, or whose neighbour is not known yet, take the
 * output path of IP. When the first packet needs a device, a work item sets up netpoll on it.
 * Netpoll is removed from the device when the device goes down, is deleted, or becomes a port of a
 * bridge or bond, and when a device below it changes.
 */
#ifdef CONFIG_NETPOLL
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/neighbour.h>
#include <net/pkt_sched.h>
#include <net/xfrm.h>

#include "core/compat.h"
#include "transport/udp/udp.h"

/* Maximum number of devices with netpoll. */
#define EGRESS_MAX	32
/* Maximum number of frames that wait for a device. */
#define WAITING_MAX	256
/* Delay of the set-up. */
#define SOON		(HZ / 50)

/**
 * struct camex_egress - a device through which frames are sent
 * @node: on camex_dev.egress.devices (RTNL; RCU)
 * @all: on all_egress (RTNL)
 * @dev: the device
 * @able: netpoll can use it
 * @np: its netpoll, if @able
 * @rcu: frees it
 */
struct camex_egress {
	struct list_head node;
	struct list_head all;
	struct net_device *dev;
	bool able;
	struct netpoll np;
	struct rcu_head rcu;
};

/* Of all camex devices, because a lower device may be in another namespace. */
static LIST_HEAD(all_egress);

/* --- devices --- */

static void forget_egress(struct camex_egress *egress)
{
	list_del_rcu(&egress->node);
	list_del(&egress->all);
	if (egress->able) {
		/* Packets may be using it. */
		synchronize_net();
		camex_netpoll_cleanup(&egress->np);
	}
	kfree_rcu(egress, rcu);
}

static bool is_known(const struct camex_dev *cdev, const struct net_device *dev)
{
	const struct camex_egress *egress;
	unsigned int n = 0;

	list_for_each_entry(egress, &cdev->egress.devices, node) {
		if (egress->dev == dev)
			return true;
		n++;
	}
	return n >= EGRESS_MAX;
}

/*
 * Can a device send with interrupts off, as netpoll does? A stacked device can if it supports
 * netpoll, which it then passes on (VLAN, bridge, bond, macvlan). A device at the bottom can if it
 * is hardware with a driver, or one of the few others that only copy. Devices that send by IP,
 * resolve neighbours, encrypt or take locks of their own cannot (tunnels, MACsec, ipvlan, Open
 * vSwitch, batman-adv, wireless). Nor can our tap links: they defer frames until interrupts are
 * enabled, and a tunnel inside of itself would not be detected then.
 */
static int is_unfit(struct net_device *dev, struct netdev_nested_priv *unused)
{
	static const char *const kinds[] = { "veth", "dummy" };

	if (dev->type != ARPHRD_ETHER || dev->priv_flags & IFF_DISABLE_NETPOLL)
		return true;
	if (dev->dev.type && dev->dev.type->name && !strcmp(dev->dev.type->name, "wlan"))
		return true;
	if (camex_is_device(dev))
		return true;
	if (dev->netdev_ops->ndo_netpoll_setup)
		return false;
	if (!list_empty(&dev->adj_list.lower))
		return true;
	return !dev->dev.parent &&
	       !(dev->rtnl_link_ops &&
		 match_string(kinds, ARRAY_SIZE(kinds), dev->rtnl_link_ops->kind) >= 0);
}

/* And all devices below it. */
static bool can_netpoll(struct net_device *dev)
{
	return !is_unfit(dev, NULL) && !netdev_walk_all_lower_dev(dev, is_unfit, NULL);
}

static void prepare_egress(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, egress.work);
	struct camex_egress *egress;
	struct net_device *dev;

	/* The holder of RTNL may be waiting for this work item. */
	if (!rtnl_trylock()) {
		schedule_delayed_work(&cdev->egress.work, SOON);
		return;
	}
	dev = __dev_get_by_index(cdev->net, READ_ONCE(cdev->egress.wanted));
	if (!dev || cdev->conf.tx != CAMEX_TX_NETPOLL || is_known(cdev, dev))
		goto out;
	egress = kzalloc(sizeof(*egress), GFP_KERNEL_ACCOUNT);
	if (!egress)
		goto out;
	egress->dev = dev;
	egress->np.name = "camex";
	/* Devices that cannot are remembered, too, so that they are not checked for each packet. */
	egress->able = netif_running(dev) && !netdev_master_upper_dev_get(dev) &&
		       !(dev->flags & IFF_LOOPBACK) && can_netpoll(dev) &&
		       !camex_netpoll_setup(&egress->np, dev);
	list_add_tail(&egress->all, &all_egress);
	list_add_tail_rcu(&egress->node, &cdev->egress.devices);
out:
	rtnl_unlock();
}

/**
 * camex_netpoll_init() - set up, before the transport is opened
 * @cdev: a new device
 */
void camex_netpoll_init(struct camex_dev *cdev)
{
	INIT_LIST_HEAD(&cdev->egress.devices);
	INIT_DELAYED_WORK(&cdev->egress.work, prepare_egress);
}

/**
 * camex_netpoll_off() - stop sending by netpoll
 * @cdev: the device, whose setting says so, or which is being deleted
 *
 * Context: RTNL, may sleep.
 */
void camex_netpoll_off(struct camex_dev *cdev)
{
	struct camex_egress *egress, *next;

	cancel_delayed_work_sync(&cdev->egress.work);
	list_for_each_entry_safe(egress, next, &cdev->egress.devices, node)
		forget_egress(egress);
}

/**
 * camex_netpoll_event() - remove netpoll from a device that changes
 * @dev: the device, which goes down, is deleted, or gets or loses an upper device
 * @upper: that upper device, or NULL
 *
 * The device is checked again when the next packet needs it.
 *
 * Context: RTNL, may sleep.
 */
void camex_netpoll_event(const struct net_device *dev, struct net_device *upper)
{
	struct camex_egress *egress, *next;

	ASSERT_RTNL();
	list_for_each_entry_safe(egress, next, &all_egress, all)
		if (egress->dev == dev || egress->dev == upper ||
		    (upper && netdev_has_upper_dev(upper, egress->dev)))
			forget_egress(egress);
}

/* --- packets --- */

static struct camex_egress *egress_of(struct camex_dev *cdev,
				      const struct net_device *dev)
{
	struct camex_egress *egress;

	list_for_each_entry_rcu(egress, &cdev->egress.devices, node,
				rcu_read_lock_bh_held())
		if (egress->dev == dev)
			return egress->able ? egress : NULL;
	WRITE_ONCE(cdev->egress.wanted, dev->ifindex);
	schedule_delayed_work(&cdev->egress.work, SOON);
	return NULL;
}

static bool can_take(const struct camex_egress *egress, const struct sk_buff *skb,
		     const struct dst_entry *dst, unsigned int mtu)
{
	const struct netpoll_info *info = rcu_dereference_bh(egress->dev->npinfo);

	if (!info || skb_queue_len(&info->txq) >= WAITING_MAX ||
	    dst_xfrm(dst) || dst->lwtstate)
		return false;
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
				 skb->len <= mtu;
}

/* Write the frame's header. Return false if the neighbour is not known yet. */
static bool push_header(struct sk_buff *skb, struct net_device *dev,
			const struct dst_entry *dst, const void *to)
{
	char ha[ALIGN(MAX_ADDR_LEN, sizeof(unsigned long))];
	struct neighbour *neigh;
	bool ready;

	neigh = dst_neigh_lookup(dst, to);
	if (IS_ERR_OR_NULL(neigh))
		return false;
	/* This starts the resolution, and so does the packet on the output path of IP. */
	ready = !neigh_event_send(neigh, NULL);
	if (ready)
		neigh_ha_snapshot(ha, neigh, dev);
	neigh_release(neigh);
	return ready && !skb_cow_head(skb, LL_RESERVED_SPACE(dev)) &&
	       dev_hard_header(skb, dev, ntohs(skb->protocol), ha, NULL,
			       skb->len) >= 0;
}

/* Can the driver take the frame unchanged? If unsure, the stack validates it. */
static bool is_finished(const struct sk_buff *skb, const struct net_device *dev)
{
	return !skb_is_gso(skb) && !skb_is_nonlinear(skb) &&
	       (skb->ip_summed != CHECKSUM_PARTIAL ||
		dev->features & NETIF_F_HW_CSUM) &&
	       !dev->netdev_ops->ndo_features_check;
}

/* The transmit queue that netpoll will choose. */
static const struct netdev_queue *queue_of(struct net_device *dev, struct sk_buff *skb)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	u16 queue = 0;

	if (dev->real_num_tx_queues > 1)
		queue = ops->ndo_select_queue ? ops->ndo_select_queue(dev, skb, NULL) :
						netdev_pick_tx(dev, skb, NULL);
	return netdev_get_tx_queue(dev, netdev_cap_txqueue(dev, queue));
}

/* Would netpoll have to wait, for the driver or for another CPU? */
static bool is_busy(struct net_device *dev, struct sk_buff *skb)
{
	const struct netdev_queue *queue;

	if (!netif_running(dev) || !netif_carrier_ok(dev))
		return false;
	queue = queue_of(dev, skb);
	return netif_xmit_frozen_or_stopped(queue) ||
	       READ_ONCE(queue->xmit_lock_owner) != -1;
}

static int is_lower_busy(struct net_device *dev, struct netdev_nested_priv *skb)
{
	return is_busy(dev, skb->data);
}

/**
 * camex_netpoll_frame() - send a frame by netpoll
 * @stats: the counters of its camex device
 * @np: netpoll of the device through which it is sent
 * @skb: the frame, which the driver may still have to segment or checksum; consumed
 *
 * Netpoll would wait with interrupts off until the driver takes the frame. A frame that would have
 * to wait goes to the qdisc instead.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_netpoll_frame(struct camex_stats __percpu *stats, struct netpoll *np,
			 struct sk_buff *skb)
{
	struct netdev_nested_priv priv = { .data = skb };
	struct net_device *dev = np->dev;

	if (likely(!is_busy(dev, skb) &&
		   (list_empty(&dev->adj_list.lower) ||
		    !netdev_walk_all_lower_dev_rcu(dev, is_lower_busy, &priv)))) {
		netpoll_send_skb(np, skb);
		return;
	}
	camex_count(stats, CAMEX_A_STATS_NETPOLL_FALLBACK, 1);
	dev_queue_xmit(skb);
}

/**
 * camex_netpoll_send() - send a finished IP packet by netpoll
 * @cdev: the device
 * @dst: route to its destination
 * @mtu: MTU of that route, bytes
 * @to: destination address, as in the packet's header
 * @skb: the packet, or GSO packet, at its IP header; consumed on success
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if the packet must take the output path of IP.
 */
bool camex_netpoll_send(struct camex_dev *cdev, const struct dst_entry *dst,
			unsigned int mtu, const void *to, struct sk_buff *skb)
{
	struct net_device *dev = dst->dev;
	struct camex_egress *egress = egress_of(cdev, dev);
	bool again = false;
	struct sk_buff *next;

	if (unlikely(!egress || !can_take(egress, skb, dst, mtu) ||
		     !push_header(skb, dev, dst, to))) {
		camex_count(cdev->stats, CAMEX_A_STATS_NETPOLL_FALLBACK,
			    skb_shinfo(skb)->gso_segs ?: 1);
		return false;
	}
	skb_reset_mac_header(skb);
	skb_dst_drop(skb);
	skb_orphan(skb);	/* sockets do not expect this with interrupts off */
	skb->dev = dev;
	if (!is_finished(skb, dev))
		skb = validate_xmit_skb_list(skb, dev, &again);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		camex_netpoll_frame(cdev->stats, &egress->np, skb);
	}
	return true;
}
#endif /* CONFIG_NETPOLL */
