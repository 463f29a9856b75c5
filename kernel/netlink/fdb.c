// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the generic netlink family for the forwarding table of a tap link. */
#include <linux/etherdevice.h>
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/peer.h"
#include "core/timer.h"
#include "link/fdb.h"
#include "netlink/netlink.h"

static int read_station(struct camex_dev *cdev, struct genl_info *info,
			struct nlattr **tb, struct camex_fdb_key *key)
{
	int err;

	if (!camex_is_tap(cdev)) {
		camex_extack(info->extack, NULL,
			     "%s is a tun link: it has routes, and no forwarding table",
			     cdev->dev->name);
		return -EOPNOTSUPP;
	}
	err = camex_nl_nest(tb, CAMEX_A_FDB_MAX, info, CAMEX_A_FDB) ?:
	      camex_attr_require(info, CAMEX_A_FDB, tb, CAMEX_A_FDB_MAC,
				 "the MAC address");
	if (err)
		return err;
	if (!is_valid_ether_addr(nla_data(tb[CAMEX_A_FDB_MAC]))) {
		camex_extack(info->extack, tb[CAMEX_A_FDB_MAC],
			     "this is not a unicast MAC address");
		return -EINVAL;
	}
	camex_fdb_key_set(key, nla_data(tb[CAMEX_A_FDB_MAC]),
			  tb[CAMEX_A_FDB_VLAN] ?
			  nla_get_u16(tb[CAMEX_A_FDB_VLAN]) : 0);
	return 0;
}

/**
 * camex_nl_fdb_add() - CAMEX_CMD_FDB_ADD
 * @cdev: the device
 * @info: the request
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int camex_nl_fdb_add(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_FDB_MAX + 1];
	struct camex_fdb_key key;
	struct camex_peer *peer;
	int err;

	err = read_station(cdev, info, tb, &key) ?:
	      camex_attr_require(info, CAMEX_A_FDB, tb, CAMEX_A_FDB_PEER,
				 "the entry's peer");
	if (err)
		return err;
	peer = camex_nl_find_peer(cdev, tb[CAMEX_A_FDB_PEER], info->extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	return camex_fdb_add_told(peer, &key, true, info->extack);
}

/**
 * camex_nl_fdb_del() - CAMEX_CMD_FDB_DEL
 * @cdev: the device
 * @info: the request
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int camex_nl_fdb_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_FDB_MAX + 1];
	struct camex_peer *peer = NULL;
	struct camex_fdb_key key;
	int err;

	err = read_station(cdev, info, tb, &key);
	if (err)
		return err;
	if (tb[CAMEX_A_FDB_PEER]) {
		peer = camex_nl_find_peer(cdev, tb[CAMEX_A_FDB_PEER],
					  info->extack);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
	}
	err = camex_fdb_del(cdev, &key, peer);
	if (err && peer)
		camex_extack(info->extack, tb[CAMEX_A_FDB_MAC],
			     "%pM is not behind peer %s", key.mac, peer->name);
	else if (err)
		camex_extack(info->extack, tb[CAMEX_A_FDB_MAC],
			     "no entry for %pM on %s", key.mac, cdev->dev->name);
	return err;
}

/**
 * camex_nl_put_fdb() - write an entry
 * @msg: the message
 * @entry: the entry
 *
 * Context: camex_dev.lock held.
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_fdb(struct sk_buff *msg, const struct camex_fdb_entry *entry)
{
	const struct camex_peer *peer = camex_fdb_peer(entry);
	struct nlattr *nested = nla_nest_start(msg, CAMEX_A_FDB);

	if (!nested ||
	    nla_put(msg, CAMEX_A_FDB_MAC, ETH_ALEN, entry->key.mac) ||
	    (entry->key.vlan &&
	     nla_put_u16(msg, CAMEX_A_FDB_VLAN, entry->key.vlan)) ||
	    nla_put_string(msg, CAMEX_A_FDB_PEER, peer->name) ||
	    (!entry->fixed &&
	     nla_put_u32(msg, CAMEX_A_FDB_AGE, camex_time_since(&entry->seen) / HZ)))
		return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}
