// SPDX-License-Identifier: GPL-2.0-only
/*
 * WG_CMD_SET_DEVICE. As with wireguard.ko, a request that fails is not undone: the changes before
 * the first error stay.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "netlink/netlink.h"
#include "netlink/wireguard/wireguard.h"
#include "protocol/wireguard/config.h"

#define DEVICE_FLAGS	WGDEVICE_F_REPLACE_PEERS
#define PEER_FLAGS	(WGPEER_F_REMOVE_ME | WGPEER_F_REPLACE_ALLOWEDIPS | WGPEER_F_UPDATE_ONLY)

static const struct nla_policy peer_policy[WGPEER_A_MAX + 1] = {
	[WGPEER_A_PUBLIC_KEY]	 = NLA_POLICY_EXACT_LEN(WG_KEY_LEN),
	[WGPEER_A_PRESHARED_KEY] = NLA_POLICY_EXACT_LEN(WG_KEY_LEN),
	[WGPEER_A_FLAGS]	 = { .type = NLA_U32 },
	[WGPEER_A_ENDPOINT]	 = NLA_POLICY_MIN_LEN(sizeof(struct sockaddr)),
	[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL] = { .type = NLA_U16 },
	[WGPEER_A_LAST_HANDSHAKE_TIME] = NLA_POLICY_EXACT_LEN(sizeof(struct __kernel_timespec)),
	[WGPEER_A_RX_BYTES]	 = { .type = NLA_U64 },
	[WGPEER_A_TX_BYTES]	 = { .type = NLA_U64 },
	[WGPEER_A_ALLOWEDIPS]	 = { .type = NLA_NESTED },
	[WGPEER_A_PROTOCOL_VERSION] = { .type = NLA_U32 },
};

static const struct nla_policy allowed_ip_policy[CAMEX_WG_A_ALLOWEDIP_MAX + 1] = {
	[WGALLOWEDIP_A_FAMILY]	  = { .type = NLA_U16 },
	[WGALLOWEDIP_A_IPADDR]	  = NLA_POLICY_MIN_LEN(sizeof(struct in_addr)),
	[WGALLOWEDIP_A_CIDR_MASK] = { .type = NLA_U8 },
	[CAMEX_WG_A_ALLOWEDIP_FLAGS] = { .type = NLA_U32 },
};

/* --- the name of a new peer --- */

/* Characters of the public key in a name; more, up to NAME_LONG, if that name is in use. */
#define NAME_SHORT	8
#define NAME_LONG	20	/* a number of ten digits fits behind it */

/* Write the first NAME_LONG characters of the key in base64, with '_' instead of '/'. */
static void encode_key(char *text, const u8 *key)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_";
	u32 bits = 0;
	int i, have = 0;

	for (i = 0; i < NAME_LONG; i++) {
		if (have < 6) {
			bits = bits << 8 | *key++;
			have += 8;
		}
		have -= 6;
		text[i] = digits[bits >> have & 63];
	}
	text[i] = '\0';
}

/*
 * Choose a name. Names that differ only in case are equal, but keys may differ only in case: so a
 * number may have to follow.
 */
static void name_peer(char *name, struct camex_dev *cdev, const u8 *key)
{
	char text[NAME_LONG + 1];
	u32 number = cdev->next_peer;
	int length;

	encode_key(text, key);
	for (length = NAME_SHORT; length <= NAME_LONG; length++) {
		snprintf(name, CAMEX_NAME_MAX + 1, "%.*s", length, text);
		if (!camex_peer_find(cdev, name))
			return;
	}
	do {
		snprintf(name, CAMEX_NAME_MAX + 1, "%s~%u", text, number++);
	} while (camex_peer_find(cdev, name));
}

/* --- allowed IPs --- */

static bool read_prefix(struct camex_prefix *prefix, struct nlattr **tb)
{
	const struct nlattr *addr = tb[WGALLOWEDIP_A_IPADDR];
	struct in6_addr whole = {};

	if (!tb[WGALLOWEDIP_A_FAMILY] || !addr || !tb[WGALLOWEDIP_A_CIDR_MASK])
		return false;
	memset(prefix, 0, sizeof(*prefix));
	prefix->family = nla_get_u16(tb[WGALLOWEDIP_A_FAMILY]);
	prefix->len = nla_get_u8(tb[WGALLOWEDIP_A_CIDR_MASK]);
	switch (prefix->family) {
	case AF_INET:
		if (prefix->len > 32 || nla_len(addr) != sizeof(struct in_addr))
			return false;
		break;
	case AF_INET6:
		if (prefix->len > 128 || nla_len(addr) != sizeof(struct in6_addr))
			return false;
		break;
	default:
		return false;
	}
	memcpy(&whole, nla_data(addr), nla_len(addr));
	ipv6_addr_prefix(&prefix->addr, &whole, prefix->len);
	return true;
}

/* Add or remove one allowed IP. @before: result: the peer that loses the prefix, or NULL */
static int set_allowed_ip(struct camex_peer *peer, const struct nlattr *attr,
			  struct camex_peer **before, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[CAMEX_WG_A_ALLOWEDIP_MAX + 1];
	struct camex_dev *cdev = peer->cdev;
	struct camex_prefix prefix;
	struct camex_peer *owner;
	struct camex_route *route;
	u32 flags = 0;
	int err;

	*before = NULL;
	err = nla_parse_nested(tb, CAMEX_WG_A_ALLOWEDIP_MAX, attr, allowed_ip_policy, extack);
	if (err)
		return err;
	if (tb[CAMEX_WG_A_ALLOWEDIP_FLAGS])
		flags = nla_get_u32(tb[CAMEX_WG_A_ALLOWEDIP_FLAGS]);
	if (flags & ~CAMEX_WG_F_ALLOWEDIP_REMOVE)
		return -EOPNOTSUPP;
	if (!read_prefix(&prefix, tb))
		return -EINVAL;
	route = camex_route_find(&cdev->routes, &prefix);
	owner = route ? rtnl_dereference(route->peer) : NULL;
	if (flags & CAMEX_WG_F_ALLOWEDIP_REMOVE) {
		if (owner == peer)
			camex_route_remove(&cdev->routes, route);
		return 0;
	}
	err = camex_nl_check_routes(cdev, &prefix, 1, attr, extack) ?:
	      camex_route_insert(&cdev->routes, &prefix, peer, &peer->routes);
	if (!err && owner != peer)
		*before = owner;
	return err;
}

static int add_allowed_ips(struct camex_peer *peer, const struct nlattr *list,
			   struct netlink_ext_ack *extack)
{
	struct camex_peer *before, *last = NULL;
	const struct nlattr *attr;
	int err = 0, left;

	nla_for_each_nested(attr, list, left) {
		err = set_allowed_ip(peer, attr, &before, extack);
		if (err)
			break;
		if (!before || before == last)
			continue;
		/* Send one event for consecutive prefixes that the same peer loses. */
		if (last)
			camex_event_now(last, CAMEX_EVENT_ROUTES);
		last = before;
	}
	if (last)
		camex_event_now(last, CAMEX_EVENT_ROUTES);
	return err;
}

/*
 * A prefix that is both in the old and the new list is routed all the time: camex_route_insert()
 * moves it to the new list, and the rest of the old list is removed afterwards. A program splits a
 * long list into several messages, and only the first one replaces the old list. Prefixes of later
 * messages are not routed until their message arrives.
 */
static int set_allowed_ips(struct camex_peer *peer, const struct nlattr *list, bool replace,
			   struct netlink_ext_ack *extack)
{
	struct camex_route *route, *next;
	LIST_HEAD(old);
	int err = 0;

	if (replace)
		list_splice_init(&peer->routes, &old);
	if (list)
		err = add_allowed_ips(peer, list, extack);
	if (err) {
		/* Without memory for a new prefix the peer keeps the old ones. */
		list_splice(&old, &peer->routes);
		return err;
	}
	list_for_each_entry_safe(route, next, &old, peer_node)
		camex_route_remove(&peer->cdev->routes, route);
	return 0;
}

/* --- peers --- */

/* Read an endpoint. Addresses that are neither IPv4 nor IPv6 are ignored. */
static bool read_endpoint(struct camex_addr *to, const struct nlattr *attr)
{
	const struct sockaddr *any = nla_data(attr);
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	memset(to, 0, sizeof(*to));
	if (any->sa_family == AF_INET && nla_len(attr) == sizeof(v4)) {
		memcpy(&v4, any, sizeof(v4));
		to->family = AF_INET;
		to->port = v4.sin_port;
		to->v4 = v4.sin_addr.s_addr;
		return true;
	}
	if (any->sa_family == AF_INET6 && nla_len(attr) == sizeof(v6)) {
		memcpy(&v6, any, sizeof(v6));
		to->family = AF_INET6;
		to->port = v6.sin6_port;
		to->v6 = v6.sin6_addr;
		if (ipv6_addr_type(&to->v6) & IPV6_ADDR_LINKLOCAL)
			to->scope = v6.sin6_scope_id;
		return true;
	}
	return false;
}

static int set_endpoint(struct camex_peer *peer, const struct nlattr *attr)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_endpoint *ep;
	struct camex_addr to;

	if (!read_endpoint(&to, attr))
		return 0;
	spin_lock_bh(&cdev->lock);
	ep = camex_endpoint_new(peer, &to, NULL);
	if (ep)
		camex_peer_configure_endpoint(peer, ep);
	spin_unlock_bh(&cdev->lock);
	return ep ? 0 : -ENOMEM;
}

static struct camex_peer *add_peer(struct camex_dev *cdev, struct nlattr *attr,
				   struct netlink_ext_ack *extack)
{
	char name[CAMEX_NAME_MAX + 1];
	int err = camex_nl_check_peers(cdev, attr, extack);

	if (err)
		return ERR_PTR(err);
	name_peer(name, cdev, nla_data(attr));
	return camex_wg_peer_new(cdev, name, nla_data(attr),
				 camex_wg_cipher_kept(cdev, nla_data(attr)));
}

static bool is_own_key(const struct camex_dev *cdev, const u8 *public_key)
{
	u8 own[WG_KEY_LEN];

	return camex_wg_public_key(cdev, own) && !memcmp(own, public_key, sizeof(own));
}

static void set_keepalive(struct camex_peer *peer, u16 seconds)
{
	struct camex_dev *cdev = peer->cdev;

	WRITE_ONCE(peer->live.keepalive, seconds);
	spin_lock_bh(&cdev->lock);
	camex_peer_begin(peer);
	spin_unlock_bh(&cdev->lock);
}

static int change_peer(struct camex_peer *peer, struct nlattr **tb, u32 flags,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *keepalive = tb[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL];
	int err;

	if (tb[WGPEER_A_PRESHARED_KEY])
		camex_wg_peer_set_preshared(peer, nla_data(tb[WGPEER_A_PRESHARED_KEY]));
	err = tb[WGPEER_A_ENDPOINT] ? set_endpoint(peer, tb[WGPEER_A_ENDPOINT]) : 0;
	if (err)
		return err;
	err = set_allowed_ips(peer, tb[WGPEER_A_ALLOWEDIPS], flags & WGPEER_F_REPLACE_ALLOWEDIPS,
			      extack);
	if (err)
		return err;
	if (keepalive)
		set_keepalive(peer, nla_get_u16(keepalive));
	if (netif_running(peer->cdev->dev))
		camex_wg_peer_flush(peer);
	return 0;
}

/*
 * Add, change or delete a peer. A peer with the device's own key is ignored, so that all hosts can
 * use the same list of peers.
 */
static int set_parsed_peer(struct camex_dev *cdev, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *key = tb[WGPEER_A_PUBLIC_KEY];
	struct camex_peer *peer;
	u32 flags = 0;
	int err;

	if (!key)
		return -EINVAL;
	if (tb[WGPEER_A_FLAGS])
		flags = nla_get_u32(tb[WGPEER_A_FLAGS]);
	if (flags & ~PEER_FLAGS)
		return -EOPNOTSUPP;
	if (tb[WGPEER_A_PROTOCOL_VERSION] && nla_get_u32(tb[WGPEER_A_PROTOCOL_VERSION]) != 1)
		return -EPFNOSUPPORT;
	peer = camex_wg_peer_find(cdev, nla_data(key));
	if (!peer) {
		if (flags & (WGPEER_F_REMOVE_ME | WGPEER_F_UPDATE_ONLY) ||
		    is_own_key(cdev, nla_data(key)))
			return 0;
		peer = add_peer(cdev, key, extack);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
	}
	if (flags & WGPEER_F_REMOVE_ME) {
		camex_peer_del(peer);
		return 0;
	}
	err = change_peer(peer, tb, flags, extack);
	/* A new peer stays, even if a part of its request was refused. */
	if (!peer->told) {
		camex_event_added(peer);
		return err;
	}
	camex_event_now(peer, CAMEX_EVENT_PEER_SET);
	if (tb[WGPEER_A_ALLOWEDIPS] || flags & WGPEER_F_REPLACE_ALLOWEDIPS)
		camex_event_now(peer, CAMEX_EVENT_ROUTES);
	return err;
}

static int set_peer(struct camex_dev *cdev, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[WGPEER_A_MAX + 1];

	return nla_parse_nested(tb, WGPEER_A_MAX, attr, peer_policy, extack) ?:
	       set_parsed_peer(cdev, tb, extack);
}

/* --- the device --- */

/* Set the private key. After the first one, send the packets that waited for it. */
static int set_private_key(struct camex_dev *cdev, const u8 *key)
{
	u8 public[WG_KEY_LEN];
	bool first = !camex_wg_public_key(cdev, public);
	int err = camex_wg_set_private_key(cdev, key);
	struct camex_peer *peer;
	unsigned long number;

	if (err || !first || !netif_running(cdev->dev))
		return err;
	xa_for_each(&cdev->peers, number, peer)
		camex_wg_peer_flush(peer);
	return 0;
}

static int set_socket(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1] = {};

	tb[CAMEX_A_DEV_PORT] = info->attrs[WGDEVICE_A_LISTEN_PORT];
	tb[CAMEX_A_DEV_FWMARK] = info->attrs[WGDEVICE_A_FWMARK];
	if (!tb[CAMEX_A_DEV_PORT] && !tb[CAMEX_A_DEV_FWMARK])
		return 0;
	return camex_device_set(cdev, tb, info->extack);
}

static int set_peers(struct camex_dev *cdev, const struct nlattr *list,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int err, left;

	nla_for_each_nested(attr, list, left) {
		err = set_peer(cdev, attr, extack);
		if (err)
			return err;
	}
	return 0;
}

/* Apply keys and peers of a request, after port and mark. */
static int set_keys_and_peers(struct camex_dev *cdev, struct genl_info *info, u32 flags)
{
	struct nlattr **attrs = info->attrs;
	int err = 0;

	camex_wg_ciphers_forget(cdev, info->snd_portid);
	if (flags & WGDEVICE_F_REPLACE_PEERS) {
		err = camex_wg_ciphers_keep(cdev, info->snd_portid);
		if (!err)
			camex_peers_clear(cdev);
	}
	if (!err && attrs[WGDEVICE_A_PRIVATE_KEY])
		err = set_private_key(cdev, nla_data(attrs[WGDEVICE_A_PRIVATE_KEY]));
	/*
	 * Send the event here: a listener that requests the device now gets all its new settings.
	 */
	if (attrs[WGDEVICE_A_LISTEN_PORT] || attrs[WGDEVICE_A_FWMARK] ||
	    attrs[WGDEVICE_A_PRIVATE_KEY])
		camex_nl_tell_dev(cdev->dev, CAMEX_EVENT_DEV_SET);
	if (!err && attrs[WGDEVICE_A_PEERS])
		err = set_peers(cdev, attrs[WGDEVICE_A_PEERS], info->extack);
	return err;
}

static int set_device(struct camex_dev *cdev, struct genl_info *info)
{
	u32 flags = 0;
	int err;

	if (info->attrs[WGDEVICE_A_FLAGS])
		flags = nla_get_u32(info->attrs[WGDEVICE_A_FLAGS]);
	if (flags & ~DEVICE_FLAGS)
		return -EOPNOTSUPP;
	camex_note_change(cdev);
	err = set_socket(cdev, info);
	if (err)
		return err;
	err = set_keys_and_peers(cdev, info, flags);
	if (err)
		camex_wg_ciphers_retain(cdev);
	return err;
}

static void wipe_secret(struct nlattr *secret)
{
	if (secret)
		memzero_explicit(nla_data(secret), nla_len(secret));
}

/* Wipe the keys in a request, which also removes them from the echo of a refused one. */
static void wipe_keys(struct nlattr **attrs)
{
	const struct nlattr *attr;
	int left;

	wipe_secret(attrs[WGDEVICE_A_PRIVATE_KEY]);
	if (!attrs[WGDEVICE_A_PEERS])
		return;
	nla_for_each_nested(attr, attrs[WGDEVICE_A_PEERS], left)
		wipe_secret(nla_find_nested(attr, WGPEER_A_PRESHARED_KEY));
}

/**
 * camex_wgtools_set() - genl_ops.doit of WG_CMD_SET_DEVICE
 * @skb: the request
 * @info: the parsed request; keys in it are wiped
 *
 * Return: 0 or a negative errno.
 */
int camex_wgtools_set(struct sk_buff *skb, struct genl_info *info)
{
	struct camex_dev *cdev;
	int err;

	rtnl_lock();
	cdev = camex_wgtools_find(skb, info->attrs);
	err = IS_ERR(cdev) ? PTR_ERR(cdev) : set_device(cdev, info);
	rtnl_unlock();
	wipe_keys(info->attrs);
	return err;
}
