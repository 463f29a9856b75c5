// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport udp, sent by netpoll: finished frames go straight to the device that the
 * route leads to, past LOCAL_OUT, POSTROUTING, connection tracking, queueing
 * disciplines and packet sockets. Whatever cannot go that way, or not yet, takes the
 * ordinary one: what must be fragmented or transformed, and what has no neighbour.
 *
 * Each such device is got ready once, by a work item, when the first packet wants it,
 * and is left alone again when it goes down, away, or below a bridge or bond.
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

#include "compat.h"
#include "transport_udp.h"

/* Devices that are kept ready. */
#define EGRESS_MAX	32
/* Frames that may wait for a device. */
#define WAITING_MAX	256
/* How soon one is got ready. */
#define SOON		(HZ / 50)

/**
 * struct camex_egress - a device that frames leave by
 * @node: on camex_dev.egress (RTNL; RCU)
 * @dev: the device
 * @able: netpoll can use it
 * @np: its netpoll, if so
 * @rcu: frees it
 */
struct camex_egress {
	struct list_head node;
	struct net_device *dev;
	bool able;
	struct netpoll np;
	struct rcu_head rcu;
};

/* --- devices --- */

static void forget(struct camex_egress *egress)
{
	list_del_rcu(&egress->node);
	if (egress->able) {
		/* Packets are on their way through it. */
		synchronize_net();
		camex_netpoll_cleanup(&egress->np);
	}
	kfree_rcu(egress, rcu);
}

static bool is_known(const struct camex_dev *cdev, const struct net_device *dev)
{
	const struct camex_egress *egress;
	unsigned int n = 0;

	list_for_each_entry(egress, &cdev->egress, node) {
		if (egress->dev == dev)
			return true;
		n++;
	}
	return n >= EGRESS_MAX;
}

/*
 * What sends by IP again what it gets, and Ethernet there is of that kind, too: that cannot
 * be with interrupts off.
 */
static int is_tunnel(struct net_device *dev, struct netdev_nested_priv *unused)
{
	static const char *const kinds[] = {
		"vxlan", "geneve", "gretap", "ip6gretap", "erspan", "ip6erspan", "ipvlan",
	};

	if (dev->type != ARPHRD_ETHER)
		return true;
	/* L2TP's have no kind. */
	if (dev->dev.type && dev->dev.type->name && !strcmp(dev->dev.type->name, "l2tpeth"))
		return true;
	return dev->rtnl_link_ops &&
	       match_string(kinds, ARRAY_SIZE(kinds), dev->rtnl_link_ops->kind) >= 0;
}

/* Or hands it to one that does. */
static bool is_above_tunnel(struct net_device *dev)
{
	return is_tunnel(dev, NULL) || netdev_walk_all_lower_dev(dev, is_tunnel, NULL);
}

static void prepare(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, egress_work);
	struct camex_egress *egress;
	struct net_device *dev;

	/* Who holds RTNL may be waiting for us. */
	if (!rtnl_trylock()) {
		schedule_delayed_work(&cdev->egress_work, SOON);
		return;
	}
	dev = __dev_get_by_index(cdev->net, READ_ONCE(cdev->egress_wanted));
	if (!dev || cdev->conf.tx != CAMEX_TX_NETPOLL || is_known(cdev, dev))
		goto out;
	egress = kzalloc(sizeof(*egress), GFP_KERNEL);
	if (!egress)
		goto out;
	egress->dev = dev;
	egress->np.name = "camex";
	/* Those that cannot are remembered, so that this is not tried each time. */
	egress->able = netif_running(dev) && !netdev_master_upper_dev_get(dev) &&
		       !(dev->priv_flags & IFF_DISABLE_NETPOLL) &&
		       !(dev->flags & IFF_LOOPBACK) && !is_above_tunnel(dev) &&
		       !camex_netpoll_setup(&egress->np, dev);
	list_add_tail_rcu(&egress->node, &cdev->egress);
out:
	rtnl_unlock();
}

/**
 * camex_netpoll_init() - before the transport is opened
 * @cdev: a new device
 */
void camex_netpoll_init(struct camex_dev *cdev)
{
	INIT_LIST_HEAD(&cdev->egress);
	INIT_DELAYED_WORK(&cdev->egress_work, prepare);
}

/**
 * camex_netpoll_off() - send nothing by netpoll any more
 * @cdev: the device, whose setting says so, or which is being deleted
 *
 * Context: RTNL, may sleep.
 */
void camex_netpoll_off(struct camex_dev *cdev)
{
	struct camex_egress *egress, *next;

	cancel_delayed_work_sync(&cdev->egress_work);
	list_for_each_entry_safe(egress, next, &cdev->egress, node)
		forget(egress);
}

/**
 * camex_netpoll_event() - leave a device alone
 * @cdev: whose frames leave by it, perhaps
 * @dev: what goes down or away, or gets or loses a master
 *
 * Context: RTNL, may sleep.
 */
void camex_netpoll_event(struct camex_dev *cdev, const struct net_device *dev)
{
	struct camex_egress *egress, *next;

	list_for_each_entry_safe(egress, next, &cdev->egress, node)
		if (egress->dev == dev)
			forget(egress);
}

/* --- packets --- */

static struct camex_egress *egress_of(struct camex_dev *cdev,
				      const struct net_device *dev)
{
	struct camex_egress *egress;

	list_for_each_entry_rcu(egress, &cdev->egress, node,
				rcu_read_lock_bh_held())
		if (egress->dev == dev)
			return egress->able ? egress : NULL;
	WRITE_ONCE(cdev->egress_wanted, dev->ifindex);
	schedule_delayed_work(&cdev->egress_work, SOON);
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

/* The frame's header; false where the neighbour is not known yet. */
static bool push_header(struct sk_buff *skb, struct net_device *dev,
			const struct dst_entry *dst, const void *to)
{
	char ha[ALIGN(MAX_ADDR_LEN, sizeof(unsigned long))];
	struct neighbour *neigh;
	bool ready;

	neigh = dst_neigh_lookup(dst, to);
	if (IS_ERR_OR_NULL(neigh))
		return false;
	/* It is asked for here, and by the packet that goes the other way. */
	ready = !neigh_event_send(neigh, NULL);
	if (ready)
		neigh_ha_snapshot(ha, neigh, dev);
	neigh_release(neigh);
	return ready && !skb_cow_head(skb, LL_RESERVED_SPACE(dev)) &&
	       dev_hard_header(skb, dev, ntohs(skb->protocol), ha, NULL,
			       skb->len) >= 0;
}

/* Can the driver take it as it is? What this does not know of is asked of the stack. */
static bool is_finished(const struct sk_buff *skb, const struct net_device *dev)
{
	return !skb_is_gso(skb) && !skb_is_nonlinear(skb) &&
	       (skb->ip_summed != CHECKSUM_PARTIAL ||
		dev->features & NETIF_F_HW_CSUM) &&
	       !dev->netdev_ops->ndo_features_check;
}

/**
 * camex_netpoll_send() - send a finished IP packet by netpoll
 * @cdev: the device
 * @dst: route to where it goes
 * @mtu: of that route, bytes
 * @to: address of that, as the packet's header has it
 * @skb: the packet, or GSO packet, at its IP header; consumed on success
 *
 * Context: RCU reader, bottom halves off.
 * Return: false when the packet must go the ordinary way.
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
		netpoll_send_skb(&egress->np, skb);
	}
	return true;
}
#endif /* CONFIG_NETPOLL */
