// SPDX-License-Identifier: GPL-2.0-only
/* ethtool operations of links: driver name, counters, speed, time stamps. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "core/compat.h"
#include "core/transport.h"
#include "datapath/gro_queue.h"
#include "link/ethtool.h"

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "camex", sizeof(info->driver));
	strscpy(info->version, CAMEX_VERSION, sizeof(info->version));
}

static int get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? CAMEX_STATS_COUNT : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	int i;

	if (set == ETH_SS_STATS)
		for (i = 0; i < CAMEX_STATS_COUNT; i++)
			strscpy_pad((char *)data + i * ETH_GSTRING_LEN,
				    camex_stats_names[i], ETH_GSTRING_LEN);
}

static void get_ethtool_stats(struct net_device *dev,
			      struct ethtool_stats *stats, u64 *data)
{
	struct camex_dev *cdev = netdev_priv(dev);

	camex_stats_sum(cdev->stats, data);
}

static int get_link_settings(struct net_device *dev,
			     struct ethtool_link_ksettings *settings)
{
	const struct camex_dev *cdev = netdev_priv(dev);

	*settings = cdev->link_settings;
	return 0;
}

/* Speed and duplex do not affect this link; bonds and spanning trees use them. */
static int set_link_settings(struct net_device *dev,
			     const struct ethtool_link_ksettings *settings)
{
	struct camex_dev *cdev = netdev_priv(dev);

	cdev->link_settings = *settings;
	return 0;
}

/* Received UDP may wait for more of it: gro_queue.c. */
static int get_coalesce(CAMEX_COALESCE_ARGS)
{
	const struct camex_dev *cdev = netdev_priv(dev);

	coal->rx_coalesce_usecs = cdev->rx_usecs;
	return 0;
}

static int set_coalesce(CAMEX_COALESCE_ARGS)
{
	struct camex_dev *cdev = netdev_priv(dev);

	if (coal->rx_coalesce_usecs > CAMEX_RX_USECS_MAX)
		return -EINVAL;
	WRITE_ONCE(cdev->rx_usecs, coal->rx_coalesce_usecs);
	return 0;
}

/* Operations of the link of a device. */
const struct ethtool_ops camex_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS,
	.get_coalesce		= get_coalesce,
	.set_coalesce		= set_coalesce,
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_ethtool_stats,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_link_ksettings	= get_link_settings,
	.set_link_ksettings	= set_link_settings,
};

/* Operations of a per-peer link. */
const struct ethtool_ops camex_link_ethtool_ops = {
	.get_link		= ethtool_op_get_link,
	.get_ts_info		= ethtool_op_get_ts_info,
};

/**
 * camex_ethtool_init() - set the initial speed of a new link
 * @cdev: the device, with its transport
 */
void camex_ethtool_init(struct camex_dev *cdev)
{
	struct ethtool_link_settings *base = &cdev->link_settings.base;

	cdev->rx_usecs = CAMEX_RX_USECS;
	memset(&cdev->link_settings, 0, sizeof(cdev->link_settings));
	base->autoneg = AUTONEG_DISABLE;
	if (cdev->transport->speed) {
		base->speed = cdev->transport->speed;
		base->duplex = DUPLEX_FULL;
		base->port = PORT_TP;
	} else {
		base->speed = SPEED_UNKNOWN;
		base->duplex = DUPLEX_UNKNOWN;
		base->port = PORT_OTHER;
	}
}
