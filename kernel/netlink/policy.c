// SPDX-License-Identifier: GPL-2.0-only
/* The attributes that each command accepts. All others are refused. */
#include <linux/if_vlan.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "netlink/netlink.h"

/* An enum, by its highest value. */
#define ENUM(last)	NLA_POLICY_MAX(NLA_U32, last)
#define SWITCH		NLA_POLICY_MAX(NLA_U8, 1)
#define NAME		{ .type = NLA_NUL_STRING, .len = CAMEX_NAME_MAX }
#define IFNAME		{ .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 }
#define ID		NLA_POLICY_EXACT_LEN(CAMEX_ID_LEN)
#define ADDRESS		NLA_POLICY_RANGE(NLA_BINARY, 4, 16)

#define DEV_SET_ATTRS							\
	[CAMEX_A_DEV_TX]		= ENUM(CAMEX_TX_NETPOLL),		\
	[CAMEX_A_DEV_RX]		= ENUM(CAMEX_RX_NETFILTER),		\
	[CAMEX_A_DEV_PORT]		= { .type = NLA_U16 },		\
	[CAMEX_A_DEV_BIND]		= { .type = NLA_BINARY, .len = 16 }, \
	[CAMEX_A_DEV_BIND_DEV]		= IFNAME,			\
	[CAMEX_A_DEV_FWMARK]		= { .type = NLA_U32 },		\
	[CAMEX_A_DEV_SOURCE_CHECK]	= SWITCH,			\
	[CAMEX_A_DEV_PLAINTEXT]		= SWITCH,			\
	[CAMEX_A_DEV_RELAY]		= SWITCH,			\
	[CAMEX_A_DEV_CLIENT_ID]		= NAME,				\
	[CAMEX_A_DEV_AGEING]		= { .type = NLA_U16 },		\
	[CAMEX_A_DEV_ID]		= ID,				\
	[CAMEX_A_DEV_LINK_NAME]		= IFNAME,			\
	[CAMEX_A_DEV_LINK_TIMEOUT]	= { .type = NLA_U16 },		\
	[CAMEX_A_DEV_WIREGUARD]		= NLA_POLICY_NESTED(camex_wg_dev_policy)

const struct nla_policy camex_dev_policy[CAMEX_A_DEV_MAX + 1] = {
	/* rtnetlink validates strictly only from this type on */
	[0]				= { .strict_start_type = CAMEX_A_DEV_LINK },
	[CAMEX_A_DEV_LINK]		= ENUM(CAMEX_LINK_TAP),
	[CAMEX_A_DEV_PROTOCOL]		= ENUM(CAMEX_PROTOCOLS - 1),
	[CAMEX_A_DEV_TRANSPORT]		= ENUM(CAMEX_TRANSPORTS - 1),
	[CAMEX_A_DEV_LINKS]		= ENUM(CAMEX_LINKS_PER_PEER),
	DEV_SET_ATTRS,
};

const struct nla_policy camex_dev_set_policy[CAMEX_A_DEV_MAX + 1] = {
	DEV_SET_ATTRS,
};

static const struct nla_policy routes[CAMEX_A_ROUTES_MAX + 1] = {
	[CAMEX_A_ROUTES_PREFIX]		= NLA_POLICY_NESTED(camex_prefix_policy),
};

#define KEY_ATTRS							\
	[CAMEX_A_PEER_KEY]		= NLA_POLICY_EXACT_LEN(CAMEX_KEY_LEN), \
	[CAMEX_A_PEER_FINGERPRINT] = NLA_POLICY_EXACT_LEN(CAMEX_FINGERPRINT_LEN)

static const struct nla_policy peer[CAMEX_A_PEER_MAX + 1] = {
	[CAMEX_A_PEER_NAME]		= NAME,
	[CAMEX_A_PEER_ENDPOINT_ADDR]	= ADDRESS,
	[CAMEX_A_PEER_ENDPOINT_PORT]	= NLA_POLICY_MIN(NLA_U16, 1),
	[CAMEX_A_PEER_ENDPOINT_SCOPE]	= { .type = NLA_U32 },
	KEY_ATTRS,
	[CAMEX_A_PEER_ROUTES]		= NLA_POLICY_NESTED(routes),
	[CAMEX_A_PEER_KEEPALIVE]	= { .type = NLA_U16 },
	[CAMEX_A_PEER_REGISTER]		= ENUM(CAMEX_REGISTER_AUTO),
	[CAMEX_A_PEER_PROFILE_ADDRESS]	= NLA_POLICY_NESTED(camex_prefix_policy),
	[CAMEX_A_PEER_PROFILE_GATEWAY]	= { .type = NLA_BINARY, .len = 4 },
	[CAMEX_A_PEER_PROFILE_MTU]	= { .type = NLA_U16 },
	[CAMEX_A_PEER_PROFILE_ROUTES]	= NLA_POLICY_NESTED(routes),
	[CAMEX_A_PEER_ID]		= ID,
	[CAMEX_A_PEER_WIREGUARD]	= NLA_POLICY_NESTED(camex_wg_peer_policy),
};

static const struct nla_policy peer_name[CAMEX_A_PEER_NAME + 1] = {
	[CAMEX_A_PEER_NAME]		= NAME,
};

static const struct nla_policy key_set[CAMEX_A_PEER_FINGERPRINT + 1] = {
	[CAMEX_A_PEER_NAME]		= NAME,
	KEY_ATTRS,
};

static const struct nla_policy route_add[CAMEX_A_ROUTE_MAX + 1] = {
	[CAMEX_A_ROUTE_ADDR]		= ADDRESS,
	[CAMEX_A_ROUTE_LEN]		= { .type = NLA_U8 },
	[CAMEX_A_ROUTE_PEER]		= NAME,
	[CAMEX_A_ROUTE_REPLACE]		= { .type = NLA_FLAG },
};

static const struct nla_policy route_del[CAMEX_A_ROUTE_PEER + 1] = {
	[CAMEX_A_ROUTE_ADDR]		= ADDRESS,
	[CAMEX_A_ROUTE_LEN]		= { .type = NLA_U8 },
	[CAMEX_A_ROUTE_PEER]		= NAME,
};

static const struct nla_policy fdb[CAMEX_A_FDB_PEER + 1] = {
	[CAMEX_A_FDB_MAC]		= NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[CAMEX_A_FDB_VLAN]		= NLA_POLICY_RANGE(NLA_U16, 1, VLAN_VID_MASK - 1),
	[CAMEX_A_FDB_PEER]		= NAME,
};

#define DEVICE_ATTRS							\
	[CAMEX_A_IFINDEX]		= NLA_POLICY_MIN(NLA_U32, 1),	\
	[CAMEX_A_IFNAME]		= IFNAME

const struct nla_policy camex_op_device[CAMEX_A_IFNAME + 1] = {
	DEVICE_ATTRS,
};

const struct nla_policy camex_op_dev_set[CAMEX_A_DEV + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_DEV]			= NLA_POLICY_NESTED(camex_dev_set_policy),
};

const struct nla_policy camex_op_peer[CAMEX_A_PEER + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_PEER]			= NLA_POLICY_NESTED(peer),
};

const struct nla_policy camex_op_peer_name[CAMEX_A_PEER + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_PEER]			= NLA_POLICY_NESTED(peer_name),
};

const struct nla_policy camex_op_key_set[CAMEX_A_PEER + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_PEER]			= NLA_POLICY_NESTED(key_set),
};

const struct nla_policy camex_op_route_add[CAMEX_A_ROUTE + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_ROUTE]			= NLA_POLICY_NESTED(route_add),
};

const struct nla_policy camex_op_route_del[CAMEX_A_ROUTE + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_ROUTE]			= NLA_POLICY_NESTED(route_del),
};

const struct nla_policy camex_op_fdb[CAMEX_A_FDB + 1] = {
	DEVICE_ATTRS,
	[CAMEX_A_FDB]			= NLA_POLICY_NESTED(fdb),
};

static int put_links(struct sk_buff *msg, const struct camex_settings *conf)
{
	if (conf->links != CAMEX_LINKS_PER_PEER)
		return 0;
	if (conf->link_name[0] &&
	    nla_put_string(msg, CAMEX_A_DEV_LINK_NAME, conf->link_name))
		return -EMSGSIZE;
	return nla_put_u16(msg, CAMEX_A_DEV_LINK_TIMEOUT, conf->link_timeout);
}

/* Write the settings of transports with sockets, and those that only udp has. */
static int put_sockets(struct sk_buff *msg, const struct camex_settings *conf)
{
	const struct camex_transport_ops *transport = camex_transports[conf->transport];

	if (!transport->sockets)
		return 0;
	if ((transport->udp_socket &&
	     (nla_put_u32(msg, CAMEX_A_DEV_TX, conf->tx) ||
	      nla_put_u32(msg, CAMEX_A_DEV_RX, conf->rx))) ||
	    nla_put_u16(msg, CAMEX_A_DEV_PORT, conf->port) ||
	    (conf->bind.family &&
	     camex_attr_put_addr(msg, CAMEX_A_DEV_BIND, &conf->bind)) ||
	    (conf->bind_dev[0] &&
	     nla_put_string(msg, CAMEX_A_DEV_BIND_DEV, conf->bind_dev)) ||
	    nla_put_u32(msg, CAMEX_A_DEV_FWMARK, conf->fwmark))
		return -EMSGSIZE;
	return 0;
}

/**
 * camex_nl_put_dev() - write CAMEX_A_DEV_*
 * @msg: the message
 * @cdev: the device
 * @secrets: include attributes that only a requester sees that may change the device
 *
 * Context: RTNL.
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_dev(struct sk_buff *msg, const struct camex_dev *cdev, bool secrets)
{
	const struct camex_settings *conf = &cdev->conf;

	if (nla_put_u32(msg, CAMEX_A_DEV_LINK, conf->link) ||
	    nla_put_u32(msg, CAMEX_A_DEV_PROTOCOL, conf->protocol) ||
	    nla_put_u32(msg, CAMEX_A_DEV_TRANSPORT, conf->transport) ||
	    nla_put_u32(msg, CAMEX_A_DEV_LINKS, conf->links) ||
	    put_sockets(msg, conf) ||
	    nla_put_u8(msg, CAMEX_A_DEV_RELAY, conf->relay) ||
	    nla_put_u8(msg, CAMEX_A_DEV_SOURCE_CHECK, conf->source_check) ||
	    nla_put_u16(msg, CAMEX_A_DEV_AGEING, conf->ageing) ||
	    put_links(msg, conf) ||
	    nla_put_u32(msg, CAMEX_A_DEV_MTU, cdev->dev->mtu))
		return -EMSGSIZE;
	return cdev->protocol->dev_fill ? cdev->protocol->dev_fill(cdev, msg, secrets) : 0;
}

/**
 * camex_nl_put_transport() - write CAMEX_A_PEER_TRANSPORT, if there are two transports
 * @msg: the message
 * @peer: the peer
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_transport(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_endpoint *ep;
	int err = 0;

	if (!peer->cdev->transport->alternates)
		return 0;
	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep)
		err = nla_put_u32(msg, CAMEX_A_PEER_TRANSPORT,
				  ep->to.carrier == CAMEX_CARRIER_TCP ?
				  CAMEX_TRANSPORT_TCP : CAMEX_TRANSPORT_UDP);
	rcu_read_unlock();
	return err;
}

/**
 * camex_nl_dev_size() - maximum bytes that camex_nl_put_dev() writes without secrets
 * @cdev: the device
 */
size_t camex_nl_dev_size(const struct camex_dev *cdev)
{
	return cdev->protocol->dev_fill_size +
	       8 * nla_total_size(sizeof(u32)) +
	       3 * nla_total_size(sizeof(u16)) +
	       nla_total_size(sizeof(struct in6_addr)) +
	       2 * nla_total_size(IFNAMSIZ) +
	       2 * nla_total_size(sizeof(u8));
}
