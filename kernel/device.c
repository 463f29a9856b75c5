// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/random.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>

#include "clock.h"
#include "compat.h"
#include "ethtool.h"
#include "far.h"
#include "fdb.h"
#include "handoff.h"
#include "links.h"
#include "netlink.h"
#include "protocol.h"
#include "tap.h"
#include "timer.h"
#include "transport_udp.h"

#define MTU_UNDERLAY	1500
#define MTU_MIN		68	/* RFC 791 */
#define MTU_MAX		65000
#define HEADROOM_MAX	512

/* --- net_device --- */

static int init_dev(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	cdev->memcg = camex_memcg_get();
	err = camex_tstats_alloc(dev);
	if (err)
		goto err_memcg;
	err = -ENOMEM;
	cdev->stats = camex_stats_alloc();
	if (!cdev->stats)
		goto err_tstats;
	cdev->cells = camex_cells_alloc(dev);
	if (!cdev->cells)
		goto err_stats;
	err = camex_handoff_alloc(cdev);
	if (err)
		goto err_cells;
	err = camex_sessions_init(cdev);
	if (err)
		goto err_handoff;
	err = camex_is_tap(cdev) ? camex_fdb_init(cdev) : 0;
	if (err)
		goto err_sessions;
	err = camex_peers_init(cdev);
	if (err)
		goto err_fdb;
	if (cdev->transport->far) {
		err = camex_far_add(cdev);
		if (err)
			goto err_peers;
	}
	return 0;

err_peers:
	camex_peers_free(cdev);
err_fdb:
	if (camex_is_tap(cdev))
		camex_fdb_free(cdev);
err_sessions:
	camex_sessions_free(cdev);
err_handoff:
	camex_handoff_free(cdev);
err_cells:
	camex_cells_free(cdev->cells);
err_stats:
	free_percpu(cdev->stats);
err_tstats:
	camex_tstats_free(dev);
err_memcg:
	camex_memcg_put(cdev->memcg);
	return err;
}

/* No packet is on its way through the device any more, but through its peers' links. */
static void uninit_dev(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);

	camex_deferred_clear(cdev);
	camex_handoff_free(cdev);
	camex_links_clear(cdev);
	list_del_init(&cdev->net_node);
	cdev->transport->close(cdev);
	spin_lock_bh(&cdev->lock);
	cdev->dying = true;
	spin_unlock_bh(&cdev->lock);
	camex_trials_stop(cdev);
	cancel_delayed_work_sync(&cdev->event_work);
	camex_peers_clear(cdev);
	if (camex_is_tap(cdev))
		camex_fdb_free(cdev);
	camex_peers_free(cdev);
	camex_sessions_free(cdev);
	camex_cells_free(cdev->cells);
	free_percpu(cdev->stats);
	camex_tstats_free(dev);
	camex_memcg_put(cdev->memcg);
}

static int open_dev(struct net_device *dev)
{
	struct in_device *in = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);
	struct camex_dev *cdev = netdev_priv(dev);

	camex_links_carrier(cdev, true);
	if (camex_is_tap(cdev))
		return camex_timers_up(cdev);
	/* Peers on one link do not reach each other on it. */
	if (in && !cdev->far) {
		IN_DEV_CONF_SET(in, SEND_REDIRECTS, false);
		IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = false;
	}
	/* A link-local address would be nobody's route. */
	if (in6 && !cdev->far)
		in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return camex_timers_up(cdev);
}

static int stop_dev(struct net_device *dev)
{
	camex_handoff_stop(netdev_priv(dev));
	camex_trials_clear(netdev_priv(dev));
	camex_links_carrier(netdev_priv(dev), false);
	camex_timers_down(netdev_priv(dev));
	camex_fdb_flush_all(netdev_priv(dev));
	return 0;
}

static int change_mtu(struct net_device *dev, int mtu)
{
	struct camex_dev *cdev = netdev_priv(dev);

	cdev->mtu_chosen = true;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static void get_stats(struct net_device *dev, struct rtnl_link_stats64 *link)
{
	struct camex_dev *cdev = netdev_priv(dev);
	u64 sum[CAMEX_STATS_COUNT];

	dev_fetch_sw_netstats(link, dev->tstats);
	camex_stats_sum(cdev->stats, sum);
	camex_stats_link(sum, link);
}

static const struct net_device_ops netdev_ops = {
	.ndo_init		= init_dev,
	.ndo_uninit		= uninit_dev,
	.ndo_open		= open_dev,
	.ndo_stop		= stop_dev,
	.ndo_start_xmit		= camex_xmit,
	.ndo_change_mtu		= change_mtu,
	.ndo_get_stats64	= get_stats,
};

/* All that peers send is taken; but without this nobody could ask for groups. */
static void set_rx_mode(struct net_device *dev)
{
}

CAMEX_NDO_FDB_ADD(camex_fdb_ndo_add)
CAMEX_NDO_FDB_DEL(camex_fdb_ndo_del)

static const struct net_device_ops tap_netdev_ops = {
	.ndo_init		= init_dev,
	.ndo_uninit		= uninit_dev,
	.ndo_open		= open_dev,
	.ndo_stop		= stop_dev,
	.ndo_start_xmit		= camex_tap_xmit,
	.ndo_set_rx_mode	= set_rx_mode,
	.ndo_fdb_add		= camex_fdb_ndo_add,
	.ndo_fdb_del		= camex_fdb_ndo_del,
	.ndo_fdb_dump		= camex_fdb_ndo_dump,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_change_mtu		= change_mtu,
	.ndo_get_stats64	= get_stats,
};

static const struct device_type device_type = { .name = "camex" };

/**
 * camex_device_setup_tun() - what all links of bare IP packets have in common
 * @dev: a new net_device
 */
void camex_device_setup_tun(struct net_device *dev)
{
	dev->header_ops = &ip_tunnel_header_ops;
	SET_NETDEV_DEVTYPE(dev, &device_type);
	dev->needs_free_netdev = true;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	/* what netpoll sends are Ethernet frames */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM |
			   NETIF_F_GSO_SOFTWARE;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA | NETIF_F_RXCSUM;
	dev->hw_enc_features = dev->hw_features;
	camex_set_lltx(dev, true);
	netif_keep_dst(dev);	/* ICMP errors need it */
	dev->min_mtu = MTU_MIN;
	dev->max_mtu = MTU_MAX;
}

/* What was set up as a tun link becomes an Ethernet. */
static int setup_tap(struct net_device *dev, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *mac = tb[IFLA_ADDRESS];
	unsigned int mtu = dev->mtu, queue = dev->tx_queue_len;

	if (mac && (nla_len(mac) != ETH_ALEN ||
		    !is_valid_ether_addr(nla_data(mac)))) {
		camex_extack(extack, mac, "this is not a unicast MAC address");
		return -EADDRNOTAVAIL;
	}
	ether_setup(dev);
	dev->mtu = mtu;
	if (tb[IFLA_TXQLEN])
		dev->tx_queue_len = queue;
	dev->min_mtu = MTU_MIN;
	dev->max_mtu = MTU_MAX;
	dev->netdev_ops = &tap_netdev_ops;
	dev->priv_flags &= ~(IFF_TX_SKB_SHARING | IFF_DISABLE_NETPOLL);
	/* Nobody is told of what is dropped, so no route is kept for that. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT |
			   IFF_XMIT_DST_RELEASE | IFF_XMIT_DST_RELEASE_PERM;
	dev->vlan_features = dev->features;
	if (!mac)
		eth_hw_addr_random(dev);
	return 0;
}

static void setup(struct net_device *dev)
{
	camex_device_setup_tun(dev);
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &camex_ethtool_ops;
}

/**
 * camex_is_device() - is it one of ours
 * @dev: any net_device
 */
bool camex_is_device(const struct net_device *dev)
{
	return dev->netdev_ops == &netdev_ops ||
	       dev->netdev_ops == &tap_netdev_ops;
}

/**
 * camex_device_headroom() - have packets come with so much room before them
 * @cdev: the device
 * @transport: bytes that its transport puts before a datagram
 *
 * What packets have more than they need is paid for: the kernel may clear all that
 * it allocates, and allocates in steps. So it only grows, by what is met.
 */
void camex_device_headroom(struct camex_dev *cdev, unsigned int transport)
{
	unsigned int room = transport + cdev->protocol->headroom;

	if (cdev->protocol->keyed)
		room = max_t(unsigned int, room, CAMEX_AEAD_HEAD);
	room = min_t(unsigned int, ALIGN(room, 4), HEADROOM_MAX);
	if (room > READ_ONCE(cdev->dev->needed_headroom))
		WRITE_ONCE(cdev->dev->needed_headroom, room);
}

/**
 * camex_device_mtu() - the MTU that fits an underlay of 1500 bytes
 * @cdev: the device
 * @family: of the far end's address
 */
unsigned int camex_device_mtu(const struct camex_dev *cdev, u16 family)
{
	return MTU_UNDERLAY - cdev->protocol->overhead -
	       cdev->transport->overhead(family) -
	       (camex_is_tap(cdev) ? ETH_HLEN : 0);
}

/**
 * camex_device_fit_mtu() - make the MTU fit a peer of this family
 * @cdev: the device
 * @family: of the peer's endpoint
 *
 * Does nothing where the user chose the MTU.
 *
 * Context: RTNL.
 */
void camex_device_fit_mtu(struct camex_dev *cdev, u16 family)
{
	unsigned int mtu = camex_device_mtu(cdev, family);

	if (cdev->mtu_chosen || cdev->dev->mtu <= mtu)
		return;
	if (!dev_set_mtu(cdev->dev, mtu))
		cdev->mtu_chosen = false;
}

static const struct camex_protocol_ops *const protocols[] = {
	[CAMEX_PROTOCOL_CAMEX] = &camex_protocol_camex,
	[CAMEX_PROTOCOL_RAW] = &camex_protocol_raw,
	[CAMEX_PROTOCOL_JTUNNEL] = &camex_protocol_jtunnel,
};

static const struct camex_transport_ops *const transports[] = {
	[CAMEX_TRANSPORT_UDP] = &camex_transport_udp,
	[CAMEX_TRANSPORT_SERIAL] = IS_ENABLED(CONFIG_TTY) ?
				   &camex_transport_serial : NULL,
	[CAMEX_TRANSPORT_CHAR] = &camex_transport_char,
};

/* --- rtnetlink --- */

/* A new link whose settings are there. The caller frees it on failure. */
static int register_link(struct net *net, struct net_device *dev,
			 struct nlattr **tb, struct nlattr **data,
			 struct netlink_ext_ack *extack)
{
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	cdev->dev = dev;
	cdev->net = net;
	cdev->limits = camex_namespace_limits(net);
	if (!cdev->limits)
		return -ENOMEM;
	INIT_LIST_HEAD(&cdev->net_node);
	INIT_LIST_HEAD(&cdev->keys);	/* asked for when sockets open */
	spin_lock_init(&cdev->lock);
	seqcount_spinlock_init(&cdev->id_count, &cdev->lock);
	INIT_DELAYED_WORK(&cdev->event_work, camex_netlink_events);
	camex_netpoll_init(cdev);
	camex_deferred_init(cdev);
	camex_ethtool_init(cdev);
	cdev->protocol = protocols[cdev->conf.protocol];
	cdev->transport = transports[cdev->conf.transport];
	if (!cdev->transport) {
		camex_extack(extack, data[CAMEX_A_DEV_TRANSPORT],
			     "this kernel has no TTY");
		return -EOPNOTSUPP;
	}
	cdev->as_is = cdev->transport->as_is && !cdev->protocol->overhead;
	camex_device_headroom(cdev, cdev->transport->headroom);
	dev->needed_tailroom = cdev->protocol->tailroom;
	if (camex_is_tap(cdev)) {
		err = setup_tap(dev, tb, extack);
		if (err)
			return err;
	}
	cdev->mtu_chosen = tb[IFLA_MTU];
	if (!cdev->mtu_chosen)
		dev->mtu = camex_device_mtu(cdev, cdev->conf.bind.family ?: AF_INET);
	if (cdev->transport->setup)
		cdev->transport->setup(dev);

	err = camex_device_open(cdev, &cdev->conf, data, extack);
	if (err)
		return err;
	err = register_netdevice(dev);
	if (err) {
		cdev->transport->close(cdev);
		/* A datagram may have found the socket, and @dev goes at once. */
		synchronize_net();
		return err;
	}
	camex_namespace_add(cdev);
	return 0;
}

static int newlink_in(struct net *net, struct net_device *dev,
		      struct nlattr **tb, struct nlattr **data,
		      struct netlink_ext_ack *extack)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1];
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	if (!data)
		data = no_data;
	if (!ns_capable(net->user_ns, CAP_NET_ADMIN)) {
		camex_extack(extack, NULL,
			     "not permitted: CAP_NET_ADMIN is needed in the transport's namespace too");
		return -EPERM;
	}
	get_random_bytes(cdev->conf.id, sizeof(cdev->conf.id));
	err = camex_conf_parse(&cdev->conf, data, true, extack);
	if (err)
		return err;
	return register_link(net, dev, tb, data, extack);
}

CAMEX_NEWLINK(newlink)

static size_t get_size(const struct net_device *dev)
{
	return camex_nl_dev_size();
}

static int fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	return camex_nl_put_dev(skb, netdev_priv(dev));
}

static struct net *get_link_net(const struct net_device *dev)
{
	const struct camex_dev *cdev = netdev_priv(dev);

	return cdev->net;
}

struct rtnl_link_ops camex_link_ops = {
	.kind		= "camex",
	.priv_size	= sizeof(struct camex_dev),
	.maxtype	= CAMEX_A_DEV_MAX,
	.policy		= camex_dev_policy,
	.setup		= setup,
	.newlink	= newlink,
	.get_size	= get_size,
	.fill_info	= fill_info,
	.get_link_net	= get_link_net,
};

/**
 * camex_device_create() - make a device that nobody has asked netlink for
 * @net: namespace of the link and of the transport
 * @name: name of the link; it may have a %d
 * @conf: settings
 * @queues: how many transmit queues it can have
 *
 * Context: RTNL, may sleep.
 * Return: the link, or an ERR_PTR.
 */
struct net_device *camex_device_create(struct net *net, const char *name,
				       const struct camex_conf *conf,
				       unsigned int queues)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1], *no_tb[IFLA_MAX + 1];
	struct net_device *dev;
	struct camex_dev *cdev;
	int err;

	dev = alloc_netdev_mqs(sizeof(*cdev), name, NET_NAME_UNKNOWN, setup,
			       queues, queues);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev_net_set(dev, net);
	dev->rtnl_link_ops = &camex_link_ops;
	cdev = netdev_priv(dev);
	cdev->conf = *conf;
	err = register_link(net, dev, no_tb, no_data, NULL);
	if (err) {
		free_netdev(dev);
		return ERR_PTR(err);
	}
	return dev;
}

/* The same but for dellink, whose absence is how RTM_DELLINK is refused. */
static struct rtnl_link_ops kept_link_ops = {
	.kind		= "camex",
	.get_size	= get_size,
	.fill_info	= fill_info,
	.get_link_net	= get_link_net,
};

/**
 * camex_device_placed() - a link has come into a namespace
 * @dev: a camex device
 *
 * Who owns that namespace but not the transport's must not delete the device.
 *
 * Context: RTNL.
 */
void camex_device_placed(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);

	dev->rtnl_link_ops = dev_net(dev)->user_ns == cdev->net->user_ns ?
			     &camex_link_ops : &kept_link_ops;
}

/**
 * camex_device_init() - register the kind of link
 *
 * Return: 0 or a negative errno.
 */
int camex_device_init(void)
{
	int err = camex_clock_init();

	if (err)
		return err;
	err = camex_namespace_init();
	if (err)
		goto err_clock;
	err = rtnl_link_register(&camex_link_ops);
	if (err)
		goto err_namespace;
	return 0;

err_namespace:
	camex_namespace_exit();
err_clock:
	camex_clock_exit();
	return err;
}

/**
 * camex_device_exit() - delete all devices, and the kind of link
 */
void camex_device_exit(void)
{
	rtnl_link_unregister(&camex_link_ops);
	camex_namespace_exit();
	camex_clock_exit();
}
