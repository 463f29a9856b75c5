// SPDX-License-Identifier: GPL-2.0-only
/* Settings of per-peer links in a request. */
#include <linux/netdevice.h>
#include <net/netlink.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/transport.h"
#include "link/peer_link.h"

static int refuse_attr(struct netlink_ext_ack *extack, const struct nlattr *attr,
		       const char *name, const char *other)
{
	camex_extack(extack, attr, "%s is only for links %s", name, other);
	return -EINVAL;
}

static int check_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr), *percent = strchr(name, '%');

	if (!*name)
		return 0;
	if (percent && percent[1] == 'd' && !strchr(percent + 1, '%') &&
	    dev_valid_name(name))
		return 0;
	camex_extack(extack, attr,
		     "link-name must be an interface's name with one %s in it", "%d");
	return -EINVAL;
}

/**
 * camex_peer_links_parse() - read the settings of per-peer links
 * @conf: result; its other members are filled in already
 * @tb: CAMEX_A_DEV_*, validated by their policy
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_peer_links_parse(struct camex_settings *conf, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *name = tb[CAMEX_A_DEV_LINK_NAME];
	struct nlattr *timeout = tb[CAMEX_A_DEV_LINK_TIMEOUT];
	const struct camex_transport_ops *transport = camex_transports[conf->transport];
	int err;

	if (conf->links != CAMEX_LINKS_PER_PEER) {
		if (name)
			return refuse_attr(extack, name, "link-name", "per-peer");
		if (timeout)
			return refuse_attr(extack, timeout, "link-timeout", "per-peer");
		return 0;
	}
	if (conf->link != CAMEX_LINK_TUN || !transport->sockets) {
		camex_extack(extack, tb[CAMEX_A_DEV_LINKS],
			     "links per-peer is only for link tun and transports udp and tcp");
		return -EINVAL;
	}
	if (conf->relay)
		return refuse_attr(extack, tb[CAMEX_A_DEV_RELAY], "relay", "shared");
	if (conf->source_check)
		return refuse_attr(extack, tb[CAMEX_A_DEV_SOURCE_CHECK],
				   "source-check", "shared");
	if (name) {
		err = check_name(name, extack);
		if (err)
			return err;
		strscpy_pad(conf->link_name, nla_data(name),
			    sizeof(conf->link_name));
	}
	if (timeout)
		conf->link_timeout = nla_get_u16(timeout);
	return 0;
}
