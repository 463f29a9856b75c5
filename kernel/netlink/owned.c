// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol that an attribute belongs to. The attributes of the first protocols are members of
 * the common nests; a later protocol has a nest of its own. Only the protocol itself reads its
 * attributes. The functions here refuse them for all other protocols.
 */
#include "core/compat.h"
#include "core/protocol.h"
#include "netlink/netlink.h"

/**
 * struct owned - an attribute of one protocol
 * @attr: CAMEX_A_DEV_* or CAMEX_A_PEER_*
 * @protocol: enum camex_protocol
 * @text: error text for another protocol
 */
struct owned {
	int attr;
	u32 protocol;
	const char *text;
};

static const struct owned dev_attrs[] = {
	{ CAMEX_A_DEV_PLAINTEXT, CAMEX_PROTOCOL_CAMEX, "plaintext is only for protocol camex" },
	{ CAMEX_A_DEV_ID, CAMEX_PROTOCOL_JTUNNEL, "id is only for protocol jtunnel" },
	{ CAMEX_A_DEV_CLIENT_ID, CAMEX_PROTOCOL_CAMEX, "client-id is only for protocol camex" },
	{ CAMEX_A_DEV_WIREGUARD, CAMEX_PROTOCOL_WIREGUARD,
	  "private-key-file is only for protocol wireguard" },
};

static const struct owned peer_attrs[] = {
	{ CAMEX_A_PEER_PROFILE_ADDRESS, CAMEX_PROTOCOL_CAMEX, "a profile needs protocol camex" },
	{ CAMEX_A_PEER_PROFILE_GATEWAY, CAMEX_PROTOCOL_CAMEX, "a profile needs protocol camex" },
	{ CAMEX_A_PEER_PROFILE_MTU, CAMEX_PROTOCOL_CAMEX, "a profile needs protocol camex" },
	{ CAMEX_A_PEER_PROFILE_ROUTES, CAMEX_PROTOCOL_CAMEX, "a profile needs protocol camex" },
	{ CAMEX_A_PEER_ID, CAMEX_PROTOCOL_JTUNNEL, "id is only for protocol jtunnel" },
	{ CAMEX_A_PEER_WIREGUARD, CAMEX_PROTOCOL_WIREGUARD,
	  "public-key, preshared-key-file and cipher are only for protocol wireguard" },
};

static int check_owned(const struct owned *owned, unsigned int n, u32 protocol,
		       struct nlattr **tb, struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!tb[owned[i].attr] || owned[i].protocol == protocol)
			continue;
		camex_extack(extack, tb[owned[i].attr], "%s", owned[i].text);
		return -EINVAL;
	}
	return 0;
}

/**
 * camex_owned_dev_check() - refuse attributes of other protocols
 * @conf: the settings of the device
 * @tb: CAMEX_A_DEV_*
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_owned_dev_check(const struct camex_settings *conf, struct nlattr **tb,
			  struct netlink_ext_ack *extack)
{
	return check_owned(dev_attrs, ARRAY_SIZE(dev_attrs), conf->protocol, tb, extack);
}

/**
 * camex_owned_peer_check() - refuse attributes of other protocols, for a peer. A feature that the
 *	protocol does not have may be switched off
 * @cdev: the device
 * @tb: CAMEX_A_PEER_*, validated by their policy
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_owned_peer_check(const struct camex_dev *cdev, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	struct nlattr *keepalive = tb[CAMEX_A_PEER_KEEPALIVE];
	struct nlattr *registers = tb[CAMEX_A_PEER_REGISTER];

	if (!protocol->keeps_alive && keepalive && nla_get_u16(keepalive)) {
		camex_extack(extack, keepalive,
			     "keepalive needs protocol camex, jtunnel or wireguard");
		return -EINVAL;
	}
	if (!protocol->registers && registers && nla_get_u32(registers)) {
		camex_extack(extack, registers, "register needs protocol camex");
		return -EINVAL;
	}
	return check_owned(peer_attrs, ARRAY_SIZE(peer_attrs), cdev->conf.protocol, tb, extack);
}
