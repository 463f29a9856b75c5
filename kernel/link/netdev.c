// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/random.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/memory.h"
#include "core/protocol.h"
#include "core/single_peer.h"
#include "core/timer.h"
#include "core/transport.h"
#include "datapath/gather.h"
#include "datapath/gro_queue.h"
#include "datapath/receive_worker.h"
#include "link/ethtool.h"
#include "link/fdb.h"
#include "link/netdev.h"
#include "link/tap.h"
#include "link/tun.h"

#define MTU_MIN		68	/* RFC 791 */
#define MTU_MAX		65000

/* --- net_device --- */

static int init_dev(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);
	int err = camex_tstats_alloc(dev);

	if (err)
		return err;
	err = -ENOMEM;
	cdev->stats = camex_stats_alloc();
	if (!cdev->stats)
		goto err_tstats;
	cdev->gro = camex_gro_queue_alloc(dev);
	if (!cdev->gro)
		goto err_stats;
	err = camex_gather_alloc(cdev);
	if (err)
		goto err_cells;
	err = camex_receive_workers_alloc(cdev);
	if (err)
		goto err_gather;
	err = cdev->link->init ? cdev->link->init(cdev) : 0;
	if (err)
		goto err_handoff;
	err = camex_peers_init(cdev);
	if (err)
		goto err_link;
	if (cdev->transport->single_peer) {
		err = camex_single_peer_add(cdev);
		if (err)
			goto err_peers;
	}
	return 0;

err_peers:
	camex_peers_free(cdev);
err_link:
	if (cdev->link->exit)
		cdev->link->exit(cdev);
err_handoff:
	camex_receive_workers_free(cdev);
err_gather:
	camex_gather_free(cdev);
err_cells:
	camex_gro_queue_free(cdev->gro);
err_stats:
	free_percpu(cdev->stats);
err_tstats:
	camex_tstats_free(dev);
	return err;
}

/* No packet uses this net_device any more, but packets may use the per-peer links. */
static void uninit_dev(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);

	camex_deferred_clear(cdev);
	camex_receive_workers_free(cdev);
	if (cdev->link->unregistering)
		cdev->link->unregistering(cdev);
	list_del_init(&cdev->net_node);
	cdev->transport->close(cdev);
	spin_lock_bh(&cdev->lock);
	cdev->dying = true;
	spin_unlock_bh(&cdev->lock);
	if (cdev->protocol->stop)
		cdev->protocol->stop(cdev);
	cancel_delayed_work_sync(&cdev->events.work);
	camex_peers_clear(cdev);
	if (cdev->link->exit)
		cdev->link->exit(cdev);
	camex_peers_free(cdev);
	camex_device_detach(cdev);
	camex_gather_free(cdev);
	camex_gro_queue_free(cdev->gro);
	free_percpu(cdev->stats);
	camex_tstats_free(dev);
}

static int open_late(struct camex_dev *cdev)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1];

	if (!cdev->kind.open_while_up)
		return 0;
	return camex_device_open(cdev, &cdev->conf, no_data, NULL);
}

static void close_early(struct camex_dev *cdev)
{
	if (cdev->kind.open_while_up)
		cdev->transport->close(cdev);
}

/* Start protocol and peers when the link goes up. */
static int start_peers(struct camex_dev *cdev)
{
	int err = cdev->protocol->dev_up ? cdev->protocol->dev_up(cdev) : 0;

	return err ?: camex_timers_up(cdev);
}

/* Stop what the link does while it is up. It is down, but a CPU may still see it up. */
static void stop_link(struct camex_dev *cdev)
{
	camex_gather_purge(cdev, cdev->dev);
	camex_receive_workers_stop(cdev);
	camex_gro_queue_stop(cdev->gro);
	if (cdev->protocol->down)
		cdev->protocol->down(cdev);
	if (cdev->link->carrier)
		cdev->link->carrier(cdev, false);
	camex_timers_down(cdev);
	if (cdev->link->down)
		cdev->link->down(cdev);
	close_early(cdev);
}

static int open_dev(struct net_device *dev)
{
	struct in_device *in = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);
	struct camex_dev *cdev = netdev_priv(dev);
	int err = open_late(cdev);

	if (err)
		return err;
	if (cdev->link->carrier)
		cdev->link->carrier(cdev, true);
	/* Peers of a shared link do not reach each other directly, so redirects make no sense. */
	if (in && !camex_is_tap(cdev) && !cdev->single_peer) {
		IN_DEV_CONF_SET(in, SEND_REDIRECTS, false);
		IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = false;
	}
	/* A link-local address would match the route of no peer. */
	if (in6 && !camex_is_tap(cdev) && !cdev->single_peer)
		in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	err = start_peers(cdev);
	if (!err)
		return 0;
	/* Since the kernel has set this, before the call, datagrams are received. */
	clear_bit(__LINK_STATE_START, &dev->state);
	synchronize_net();
	stop_link(cdev);
	return err;
}

static int stop_dev(struct net_device *dev)
{
	stop_link(netdev_priv(dev));
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
	camex_stats_link(sum, cdev->kind.returns_errors, link);
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

/* All multicast is accepted; without this function groups could not be joined. */
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
 * camex_netdev_setup_tun() - set up a link of bare IP packets
 * @dev: a new net_device
 */
void camex_netdev_setup_tun(struct net_device *dev)
{
	dev->header_ops = &ip_tunnel_header_ops;
	SET_NETDEV_DEVTYPE(dev, &device_type);
	dev->needs_free_netdev = true;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	/* netpoll sends Ethernet frames */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM |
			   NETIF_F_GSO_SOFTWARE | CAMEX_TUNNEL_FEATURES;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA | NETIF_F_RXCSUM;
	dev->hw_enc_features = dev->hw_features;
	camex_set_lltx(dev, true);
	netif_keep_dst(dev);	/* ICMP errors need it */
	dev->min_mtu = MTU_MIN;
	dev->max_mtu = MTU_MAX;
}

/* Turn a link that was set up as tun into an Ethernet. */
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
	/* A tap link sends no ICMP errors, so packets need no dst. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT |
			   IFF_XMIT_DST_RELEASE | IFF_XMIT_DST_RELEASE_PERM;
	dev->vlan_features = dev->features;
	if (!mac)
		eth_hw_addr_random(dev);
	return 0;
}

/**
 * camex_netdev_setup() - rtnl_link_ops.setup
 * @dev: a new net_device
 */
void camex_netdev_setup(struct net_device *dev)
{
	camex_netdev_setup_tun(dev);
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &camex_ethtool_ops;
}

/**
 * camex_is_device() - is a net_device the link of a camex device
 * @dev: any net_device
 */
bool camex_is_device(const struct net_device *dev)
{
	return dev->netdev_ops == &netdev_ops ||
	       dev->netdev_ops == &tap_netdev_ops;
}

/**
 * camex_netdev_register() - register a new link, whose settings are filled in
 * @net: namespace of the transport
 * @dev: the link; the caller frees it on failure
 * @tb: IFLA_*
 * @data: CAMEX_A_DEV_*, for the bad attribute
 * @extack: text on failure
 *
 * Context: RTNL, may sleep.
 * Return: 0 or a negative errno.
 */
int camex_netdev_register(struct net *net, struct net_device *dev,
			  struct nlattr **tb, struct nlattr **data,
			  struct netlink_ext_ack *extack)
{
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	cdev->dev = dev;
	cdev->net = net;
	cdev->link_ops = dev->rtnl_link_ops;
	cdev->limits = camex_namespace_rate_limits(net);
	if (!cdev->limits)
		return -ENOMEM;
	INIT_LIST_HEAD(&cdev->net_node);
	spin_lock_init(&cdev->lock);
	camex_deferred_init(cdev);
	cdev->link = camex_is_tap(cdev) ? &camex_link_tap :
		     cdev->conf.links == CAMEX_LINKS_PER_PEER ?
		     &camex_link_tun_per_peer : &camex_link_tun;
	cdev->protocol = camex_protocols[cdev->conf.protocol];
	cdev->transport = camex_transports[cdev->conf.transport];
	camex_ethtool_init(cdev);
	if (cdev->transport->init)
		cdev->transport->init(cdev);
	cdev->as_is = cdev->transport->as_is && !cdev->protocol->overhead;
	camex_device_headroom(cdev, cdev->transport->headroom);
	dev->needed_tailroom = cdev->protocol->tailroom;
	if (camex_is_tap(cdev)) {
		err = setup_tap(dev, tb, extack);
		if (err)
			return err;
	}
	cdev->mtu_chosen |= !!tb[IFLA_MTU];
	if (!cdev->mtu_chosen)
		dev->mtu = camex_device_mtu(cdev, cdev->conf.bind.family ?: AF_INET);
	if (cdev->transport->setup)
		cdev->transport->setup(dev);

	err = camex_device_attach(cdev);
	if (err)
		return err;
	err = cdev->protocol->dev_set ? cdev->protocol->dev_set(cdev, data, extack) : 0;
	if (err)
		goto err_attached;
	err = camex_device_open(cdev, &cdev->conf, data, extack);
	if (err)
		goto err_opened;
	err = register_netdevice(dev);
	if (!err) {
		camex_namespace_add(cdev);
		return 0;
	}
	cdev->transport->close(cdev);
	/* Peers that existed for a moment are freed as well. */
	rcu_barrier();
err_opened:
	/*
	 * A datagram may have found the socket, or a hook or socket that was closed again because a
	 * port is in use. The caller frees @dev at once.
	 */
	synchronize_net();
err_attached:
	camex_device_detach(cdev);
	return err;
}
