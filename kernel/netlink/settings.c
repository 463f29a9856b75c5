// SPDX-License-Identifier: GPL-2.0-only
/* The settings of a device: parse, check and change them. */
#include <linux/string.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/transport.h"
#include "core/protocol.h"
#include "core/single_peer.h"
#include "core/timer.h"
#include "link/peer_link.h"
#include "netlink/netlink.h"

/* Refuse settings that only transports with sockets have, or only udp. */
static int check_sockets(const struct camex_settings *conf, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	static const struct {
		int attr;
		const char *name;
		bool udp;
	} only[] = {
		{ CAMEX_A_DEV_TX, "tx", true },
		{ CAMEX_A_DEV_RX, "rx", true },
		{ CAMEX_A_DEV_PORT, "port" },
		{ CAMEX_A_DEV_BIND, "bind" },
		{ CAMEX_A_DEV_BIND_DEV, "bind-dev" },
		{ CAMEX_A_DEV_FWMARK, "fwmark" },
	};
	const struct camex_transport_ops *transport = camex_transports[conf->transport];
	int i;

	if (transport->udp_socket)
		return 0;
	for (i = 0; i < ARRAY_SIZE(only); i++) {
		if (!tb[only[i].attr] || (transport->sockets && !only[i].udp))
			continue;
		if (only[i].udp)
			camex_extack(extack, tb[only[i].attr],
				     "%s is only for transport udp", only[i].name);
		else
			camex_extack(extack, tb[only[i].attr],
				     "%s is only for transports udp and tcp",
				     only[i].name);
		return -EINVAL;
	}
	return 0;
}

/**
 * camex_settings_parse() - read CAMEX_A_DEV_*
 * @cdev: the device, or NULL for a new one
 * @conf: the current settings, which receive the new ones; unchanged on failure
 * @tb: attributes, validated by their policy
 * @extack: text on failure
 *
 * Return: 0 or a negative errno.
 */
int camex_settings_parse(struct camex_dev *cdev, struct camex_settings *conf,
			 struct nlattr **tb, struct netlink_ext_ack *extack)
{
	bool creating = !cdev;
	struct camex_settings new = *conf;
	const struct camex_transport_ops *transport;
	const struct camex_protocol_ops *protocol;
	int err;

	if (creating) {
		if (tb[CAMEX_A_DEV_LINK])
			new.link = nla_get_u32(tb[CAMEX_A_DEV_LINK]);
		if (tb[CAMEX_A_DEV_TRANSPORT])
			new.transport = nla_get_u32(tb[CAMEX_A_DEV_TRANSPORT]);
	}
	transport = camex_transports[new.transport];
	if (!transport) {
		camex_extack(extack, tb[CAMEX_A_DEV_TRANSPORT], "this kernel has no TTY");
		return -EOPNOTSUPP;
	}
	if (creating) {
		if (transport->protocol)
			new.protocol = transport->protocol;
		if (tb[CAMEX_A_DEV_PROTOCOL])
			new.protocol = nla_get_u32(tb[CAMEX_A_DEV_PROTOCOL]);
		if (tb[CAMEX_A_DEV_LINKS])
			new.links = nla_get_u32(tb[CAMEX_A_DEV_LINKS]);
	}
	protocol = camex_protocols[new.protocol];
	if (creating && transport->alternates && !protocol->hello) {
		camex_extack(extack, tb[CAMEX_A_DEV_TRANSPORT],
			     "transport udp,tcp needs a protocol that can ask for an answer: not raw");
		return -EINVAL;
	}
	err = check_sockets(&new, tb, extack) ?: camex_owned_dev_check(&new, tb, extack);
	if (err)
		return err;
	if (tb[CAMEX_A_DEV_TX])
		new.tx = nla_get_u32(tb[CAMEX_A_DEV_TX]);
	if (tb[CAMEX_A_DEV_RX])
		new.rx = nla_get_u32(tb[CAMEX_A_DEV_RX]);
	if (tb[CAMEX_A_DEV_PORT])
		new.port = nla_get_u16(tb[CAMEX_A_DEV_PORT]);
	if (tb[CAMEX_A_DEV_BIND]) {
		memset(&new.bind, 0, sizeof(new.bind));
		if (nla_len(tb[CAMEX_A_DEV_BIND])) {
			err = camex_attr_addr(&new.bind, tb[CAMEX_A_DEV_BIND],
					      extack);
			if (err)
				return err;
		}
	}
	if (tb[CAMEX_A_DEV_BIND_DEV])
		strscpy_pad(new.bind_dev, nla_data(tb[CAMEX_A_DEV_BIND_DEV]),
			    sizeof(new.bind_dev));
	if (tb[CAMEX_A_DEV_FWMARK])
		new.fwmark = nla_get_u32(tb[CAMEX_A_DEV_FWMARK]);
	if (tb[CAMEX_A_DEV_RELAY])
		new.relay = nla_get_u8(tb[CAMEX_A_DEV_RELAY]);
	if (creating) {
		new.source_check = new.link == CAMEX_LINK_TUN &&
				   new.links == CAMEX_LINKS_SHARED;
		new.ageing = CAMEX_AGEING_DEFAULT;
	}
	if (tb[CAMEX_A_DEV_SOURCE_CHECK] && new.link != CAMEX_LINK_TUN) {
		camex_extack(extack, tb[CAMEX_A_DEV_SOURCE_CHECK],
			     "source-check is only for link tun");
		return -EINVAL;
	}
	if (tb[CAMEX_A_DEV_SOURCE_CHECK])
		new.source_check = nla_get_u8(tb[CAMEX_A_DEV_SOURCE_CHECK]);
	if (tb[CAMEX_A_DEV_AGEING])
		new.ageing = nla_get_u16(tb[CAMEX_A_DEV_AGEING]);
	err = camex_peer_links_parse(&new, tb, extack);
	if (err)
		return err;
	err = protocol->dev_check ? protocol->dev_check(cdev, tb, extack) : 0;
	if (!err)
		*conf = new;
	return err;
}

/**
 * camex_device_open() - prepare the transport for a configuration
 * @cdev: the device
 * @conf: the configuration; a port that the kernel chooses is filled in
 * @tb: CAMEX_A_DEV_*, for the bad attribute
 * @extack: text on failure
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with the old state unchanged.
 */
int camex_device_open(struct camex_dev *cdev, struct camex_settings *conf,
		      struct nlattr **tb, struct netlink_ext_ack *extack)
{
	if (!cdev->transport->open)
		return 0;
	if (cdev->kind.open_while_up && !netif_running(cdev->dev))
		return 0;
	return cdev->transport->open(cdev, conf, tb, extack);
}

/*
 * Packets read settings at any time, so each one is written atomically. Link, protocol, transport
 * and links never change. Packets read bind and bind_dev from the sockets, not from here.
 */
static void change_conf(struct camex_dev *cdev, const struct camex_settings *from)
{
	struct camex_settings *to = &cdev->conf;

	spin_lock_bh(&cdev->lock);
	WRITE_ONCE(to->tx, from->tx);
	WRITE_ONCE(to->rx, from->rx);
	WRITE_ONCE(to->fwmark, from->fwmark);
	WRITE_ONCE(to->relay, from->relay);
	WRITE_ONCE(to->source_check, from->source_check);
	WRITE_ONCE(to->ageing, from->ageing);
	WRITE_ONCE(to->link_timeout, from->link_timeout);
	to->port = from->port;
	to->bind = from->bind;
	memcpy(to->bind_dev, from->bind_dev, sizeof(to->bind_dev));
	memcpy(to->link_name, from->link_name, sizeof(to->link_name));
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_device_set() - change the settings of a device
 * @cdev: the device
 * @tb: CAMEX_A_DEV_*, validated by their policy
 * @extack: text on failure
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with nothing changed.
 */
int camex_device_set(struct camex_dev *cdev, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	struct camex_settings conf = cdev->conf, before = conf;
	bool changed;
	int err;

	err = camex_settings_parse(cdev, &conf, tb, extack);
	if (err)
		return err;
	err = camex_device_open(cdev, &conf, tb, extack);
	if (err)
		return err;
	err = cdev->protocol->dev_set ? cdev->protocol->dev_set(cdev, tb, extack) : 0;
	if (err) {
		camex_device_open(cdev, &before, tb, NULL);
		return err;
	}
	changed = conf.link_timeout != cdev->conf.link_timeout;
	change_conf(cdev, &conf);
	if (cdev->transport->configured)
		cdev->transport->configured(cdev);
	if (changed)
		camex_timers_changed(cdev);
	if (cdev->link->configured)
		cdev->link->configured(cdev);
	/* Pairs with the acquire in find_path() of transport udp. */
	smp_store_release(&cdev->path_generation, cdev->path_generation + 1);
	return 0;
}
