// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-peer links. A received datagram requests a link for its peer, and a work item makes the link,
 * because that needs RTNL. A link that has been silent for too long is deleted in the same way. A
 * peer has at most one link, and strangers get none.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "core/compat.h"
#include "core/events.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "datapath/gather.h"
#include "datapath/gro_queue.h"
#include "link/ethtool.h"
#include "link/netdev.h"
#include "link/peer_link.h"

/* Number of links that are made or deleted before RTNL is released. */
#define AT_ONCE		16
/* Time until the next attempt, if a link could not be made or deleted. */
#define AGAIN_AFTER	HZ

static struct workqueue_struct *links_queue;

/* --- net_device --- */

static int init_link(struct net_device *dev)
{
	struct camex_peer_link *link = netdev_priv(dev);
	int err = camex_tstats_alloc(dev);

	if (err)
		return err;
	link->gro = camex_gro_queue_alloc(dev);
	if (!link->gro) {
		camex_tstats_free(dev);
		return -ENOMEM;
	}
	return 0;
}

/* No packet has used the link for a grace period. */
static void free_link(struct net_device *dev)
{
	struct camex_peer_link *link = netdev_priv(dev);

	camex_gro_queue_free(link->gro);
	camex_tstats_free(dev);
}

static void uninit_link(struct net_device *dev)
{
	struct camex_peer_link *link = netdev_priv(dev);
	struct camex_peer *peer = link->peer;

	camex_gather_purge(link->cdev, dev);
	if (!peer || rtnl_dereference(peer->link.own) != link)
		return;
	camex_event_now(peer, CAMEX_EVENT_LINK_DEL);
	/* The next datagram requests a new link. */
	spin_lock_bh(&link->cdev->lock);
	RCU_INIT_POINTER(peer->link.own, NULL);
	WRITE_ONCE(peer->live.alive, false);
	spin_unlock_bh(&link->cdev->lock);
}

static netdev_tx_t xmit_link(struct sk_buff *skb, struct net_device *dev)
{
	const struct camex_peer_link *link = netdev_priv(dev);
	unsigned int headroom = READ_ONCE(link->cdev->dev->needed_headroom);

	if (unlikely(dev->needed_headroom != headroom))
		WRITE_ONCE(dev->needed_headroom, headroom);
	return camex_xmit_to(link->cdev, link->peer, skb);
}

/**
 * camex_peer_link_choose() - camex_link_ops.choose: the peer of the link of the packet
 * @cdev: the device
 * @skb: the packet
 * @protocol: result
 */
struct camex_peer *camex_peer_link_choose(struct camex_dev *cdev, struct sk_buff *skb,
					  __be16 *protocol)
{
	*protocol = skb->protocol;
	if (unlikely(skb->dev == cdev->dev))
		return camex_route_lookup_dst(&cdev->routes, skb);
	return ((const struct camex_peer_link *)netdev_priv(skb->dev))->peer;
}

static int stop_link(struct net_device *dev)
{
	const struct camex_peer_link *link = netdev_priv(dev);

	camex_gather_purge(link->cdev, dev);
	camex_gro_queue_stop(link->gro);
	return 0;
}

static void get_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	dev_fetch_sw_netstats(stats, dev->tstats);
}

static int get_iflink(const struct net_device *dev)
{
	const struct camex_peer_link *link = netdev_priv(dev);

	return link->cdev->dev->ifindex;
}

static const struct net_device_ops netdev_ops = {
	.ndo_init		= init_link,
	.ndo_uninit		= uninit_link,
	.ndo_stop		= stop_link,
	.ndo_start_xmit		= xmit_link,
	.ndo_get_stats64	= get_stats,
	.ndo_get_iflink		= get_iflink,
};

static struct net *get_link_net(const struct net_device *dev)
{
	const struct camex_peer_link *link = netdev_priv(dev);

	return dev_net(link->cdev->dev);
}

/* Never registered, and without dellink: users can neither make nor delete such links. */
static struct rtnl_link_ops link_ops = {
	.kind		= "camex",
	.get_link_net	= get_link_net,
};

static void setup_link(struct net_device *dev)
{
	camex_netdev_setup_tun(dev);
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &camex_link_ethtool_ops;
	dev->rtnl_link_ops = &link_ops;
	dev->priv_destructor = free_link;
	dev->flags |= IFF_MULTICAST;
}

/**
 * camex_peer_links_own() - is a net_device a per-peer link of a device
 * @cdev: the device
 * @dev: any net_device
 */
bool camex_peer_links_own(const struct camex_dev *cdev, const struct net_device *dev)
{
	const struct camex_peer_link *link = netdev_priv(dev);

	return dev->netdev_ops == &netdev_ops && link->cdev == cdev;
}

/* --- making and deleting --- */

static unsigned int mtu_of(const struct camex_peer *peer)
{
	const struct camex_endpoint *ep;
	u16 family = AF_INET;

	if (peer->cdev->mtu_chosen)
		return peer->cdev->dev->mtu;
	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep)
		family = ep->to.family;
	rcu_read_unlock();
	return camex_device_mtu(peer->cdev, family);
}

/* "%d" in the result will be replaced by a free number. */
static void name_of(const struct camex_dev *cdev, char *name)
{
	if (cdev->conf.link_name[0])
		strscpy(name, cdev->conf.link_name, IFNAMSIZ);
	else
		snprintf(name, IFNAMSIZ, "%.*s-%%d",
			 (int)(IFNAMSIZ - sizeof("-12345")), cdev->dev->name);
}

static int register_link(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_peer_link *link;
	struct net_device *dev;
	char name[IFNAMSIZ];
	int err;

	name_of(cdev, name);
	dev = alloc_netdev(sizeof(*link), name, NET_NAME_ENUM, setup_link);
	if (!dev)
		return -ENOMEM;
	dev_net_set(dev, dev_net(cdev->dev));
	dev->mtu = mtu_of(peer);
	dev->needed_headroom = READ_ONCE(cdev->dev->needed_headroom);
	dev->needed_tailroom = cdev->dev->needed_tailroom;
	link = netdev_priv(dev);
	link->dev = dev;
	link->cdev = cdev;
	link->peer = peer;
	link->made = jiffies;
	err = register_netdevice(dev);
	if (err) {
		free_netdev(dev);
		return err;
	}
	spin_lock_bh(&cdev->lock);
	rcu_assign_pointer(peer->link.own, link);
	camex_peer_wake(peer, jiffies);
	spin_unlock_bh(&cdev->lock);
	camex_event_now(peer, CAMEX_EVENT_LINK_ADD);
	return 0;
}

/* The memory is charged to the cgroup that made the device. */
static int make_link(struct camex_peer *peer)
{
	struct mem_cgroup *before = camex_memcg_enter(peer->cdev->memcg);
	int err = register_link(peer);

	camex_memcg_leave(before);
	return err;
}

/* Jiffies until link-timeout expires, MAX_JIFFY_OFFSET for never. */
static unsigned long time_left(const struct camex_peer *peer,
			       const struct camex_peer_link *link, unsigned long now)
{
	u16 timeout = READ_ONCE(peer->cdev->conf.link_timeout);
	unsigned long since = READ_ONCE(peer->live.seen), until;

	if (!timeout)
		return MAX_JIFFY_OFFSET;
	if (time_after(link->made, since))
		since = link->made;
	until = since + (unsigned long)timeout * HZ;
	return time_after(until, now) ? until - now : 0;
}

/* Make or delete the link of a peer, as its state requires. */
static void settle_link(struct camex_peer *peer, struct list_head *gone)
{
	struct camex_peer_link *link = rtnl_dereference(peer->link.own);

	if (link) {
		if (!time_left(peer, link, jiffies))
			unregister_netdevice_queue(link->dev, gone);
	} else if (READ_ONCE(peer->live.alive) && netif_running(peer->cdev->dev) &&
		   make_link(peer)) {
		spin_lock_bh(&peer->cdev->lock);
		camex_count(peer->cdev->stats, CAMEX_A_STATS_NO_MEMORY, 1);
		WRITE_ONCE(peer->link.failed, true);
		camex_peer_wake(peer, jiffies + AGAIN_AFTER);
		spin_unlock_bh(&peer->cdev->lock);
	}
}

/* The next peer; or NULL, and the work item, whose reference to the net_device is @held, ends. */
static struct camex_peer *next_due(struct camex_dev *cdev, netdevice_tracker *held)
{
	struct camex_links_due *links = &cdev->links;
	struct camex_peer *peer;

	spin_lock_bh(&cdev->lock);
	peer = list_first_entry_or_null(&links->due, struct camex_peer, link.node);
	if (peer) {
		list_del_init(&peer->link.node);
	} else {
		links->working = false;
		*held = links->tracker;
	}
	spin_unlock_bh(&cdev->lock);
	return peer;
}

static void run_links_work(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(work, struct camex_dev, links.work);
	struct camex_peer *peer = NULL;
	netdevice_tracker held;
	LIST_HEAD(gone);
	int i;

	rtnl_lock();
	for (i = 0; i < AT_ONCE; i++) {
		peer = next_due(cdev, &held);
		if (!peer)
			break;
		settle_link(peer, &gone);
	}
	unregister_netdevice_many(&gone);
	rtnl_unlock();
	if (peer)
		queue_work(links_queue, &cdev->links.work);
	else
		netdev_put(cdev->dev, &held);
}

/**
 * camex_peer_link_request() - queue a peer whose link may have to be made or deleted
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_link_request(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_links_due *links = &cdev->links;

	lockdep_assert_held(&cdev->lock);
	if (peer->dead || cdev->dying || !list_empty(&peer->link.node))
		return;
	list_add_tail(&peer->link.node, &links->due);
	if (links->working)
		return;
	/* The deletion of the net_device waits for the work item. */
	links->working = true;
	netdev_hold(cdev->dev, &links->tracker, GFP_ATOMIC);
	queue_work(links_queue, &links->work);
}

/**
 * camex_peer_link_get() - the link that receives packets of a peer
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 * Return: the link, or NULL if it does not exist yet; the function has requested it then.
 */
struct camex_peer_link *camex_peer_link_get(struct camex_peer *peer)
{
	struct camex_peer_link *link = rcu_dereference_bh(peer->link.own);

	if (likely(link))
		return link;
	if (READ_ONCE(peer->link.failed) || !list_empty_careful(&peer->link.node))
		return NULL;
	spin_lock(&peer->cdev->lock);
	camex_peer_link_request(peer);
	spin_unlock(&peer->cdev->lock);
	return NULL;
}

/**
 * camex_peer_link_delete() - delete the link of a peer, if there is one
 * @peer: the peer
 *
 * Context: RTNL, may sleep.
 */
void camex_peer_link_delete(struct camex_peer *peer)
{
	struct camex_peer_link *link = rtnl_dereference(peer->link.own);

	if (!link)
		return;
	if (link->dev->reg_state == NETREG_REGISTERED) {
		unregister_netdevice(link->dev);
		return;
	}
	/* The link is deleted together with the device. */
	uninit_link(link->dev);
	link->peer = NULL;
}

/**
 * camex_peer_link_due() - request the deletion of a silent link, or a missing link
 * @peer: the peer
 * @now: jiffies
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until the next check, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_peer_link_due(struct camex_peer *peer, unsigned long now)
{
	const struct camex_peer_link *link;
	unsigned long left;

	link = rcu_dereference_protected(peer->link.own,
					 lockdep_is_held(&peer->cdev->lock));
	if (!link) {
		WRITE_ONCE(peer->link.failed, false);
		if (peer->live.alive)
			camex_peer_link_request(peer);
		return MAX_JIFFY_OFFSET;
	}
	left = time_left(peer, link, now);
	if (left)
		return left;
	camex_peer_link_request(peer);
	/* The link stays if the peer is heard before the work item runs. */
	return AGAIN_AFTER;
}

/**
 * camex_peer_links_clear() - delete all links of a device
 * @cdev: the device, which is being unregistered
 *
 * Context: RTNL, may sleep.
 */
void camex_peer_links_clear(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	struct camex_peer_link *link;
	unsigned long number;
	LIST_HEAD(gone);

	xa_for_each(&cdev->peers, number, peer) {
		link = rtnl_dereference(peer->link.own);
		if (link && link->dev->reg_state == NETREG_REGISTERED)
			unregister_netdevice_queue(link->dev, &gone);
	}
	unregister_netdevice_many(&gone);
}

/**
 * camex_peer_links_carrier() - set the carrier of all per-peer links of a device
 * @cdev: the device
 * @on: the device is up
 *
 * Context: RTNL.
 */
void camex_peer_links_carrier(struct camex_dev *cdev, bool on)
{
	struct camex_peer_link *link;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		link = rtnl_dereference(peer->link.own);
		if (!link)
			continue;
		if (on)
			netif_carrier_on(link->dev);
		else
			netif_carrier_off(link->dev);
	}
}

/**
 * camex_peer_links_setup() - camex_link_ops.init
 * @cdev: the device
 *
 * Return: 0.
 */
int camex_peer_links_setup(struct camex_dev *cdev)
{
	INIT_LIST_HEAD(&cdev->links.due);
	INIT_WORK(&cdev->links.work, run_links_work);
	return 0;
}

/**
 * camex_peer_links_init() - set up, before the first device
 *
 * Return: 0 or -ENOMEM.
 */
int camex_peer_links_init(void)
{
	links_queue = alloc_workqueue("camex", WQ_UNBOUND, 0);
	return links_queue ? 0 : -ENOMEM;
}

/**
 * camex_peer_links_exit() - clean up, after the last device
 */
void camex_peer_links_exit(void)
{
	destroy_workqueue(links_queue);
}
