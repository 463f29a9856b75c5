// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes of protocol wireguard: parse, check, apply and fill in. */
#include <linux/string.h>
#include <net/genetlink.h>

#include "core/attr.h"
#include "core/compat.h"
#include "core/peer.h"
#include "crypto/aes256gcm.h"
#include "protocol/wireguard/attributes.h"
#include "protocol/wireguard/config.h"

#define KEY	NLA_POLICY_EXACT_LEN(CAMEX_KEY_LEN)

const struct nla_policy camex_wg_dev_policy[CAMEX_A_WG_DEV_MAX + 1] = {
	[CAMEX_A_WG_DEV_PRIVATE_KEY]	= KEY,
};

const struct nla_policy camex_wg_peer_policy[CAMEX_A_WG_PEER_MAX + 1] = {
	[CAMEX_A_WG_PEER_PUBLIC_KEY]	= KEY,
	[CAMEX_A_WG_PEER_PRESHARED_KEY]	= KEY,
	[CAMEX_A_WG_PEER_CIPHER]	= NLA_POLICY_MAX(NLA_U32, CAMEX_CIPHER_AES_256_GCM),
};

/* A request without the nest has none of its attributes. */
static int parse_nest(struct nlattr **tb, int maxtype, const struct nlattr *nest,
		      const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	memset(tb, 0, (maxtype + 1) * sizeof(*tb));
	if (!nest)
		return 0;
	return camex_attr_once(nla_data(nest), nla_len(nest), maxtype, extack) ?:
	       nla_parse_nested(tb, maxtype, nest, policy, extack);
}

static int parse_dev(struct nlattr **own, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	return parse_nest(own, CAMEX_A_WG_DEV_MAX, tb[CAMEX_A_DEV_WIREGUARD], camex_wg_dev_policy,
			  extack);
}

static int parse_peer(struct nlattr **own, struct nlattr **tb,
		      struct netlink_ext_ack *extack)
{
	return parse_nest(own, CAMEX_A_WG_PEER_MAX, tb[CAMEX_A_PEER_WIREGUARD],
			  camex_wg_peer_policy, extack);
}

/**
 * camex_wg_dev_check() - camex_protocol_ops.dev_check
 * @cdev: the device, or NULL for a new one
 * @tb: CAMEX_A_DEV_*
 * @extack: receives the error text
 *
 * Return: 0 or -EINVAL.
 */
int camex_wg_dev_check(struct camex_dev *cdev, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *own[CAMEX_A_WG_DEV_MAX + 1];
	struct nlattr *check = tb[CAMEX_A_DEV_SOURCE_CHECK];
	bool shared = cdev ? cdev->conf.links == CAMEX_LINKS_SHARED :
		      !tb[CAMEX_A_DEV_LINKS] ||
		      nla_get_u32(tb[CAMEX_A_DEV_LINKS]) == CAMEX_LINKS_SHARED;

	if (check && shared && !nla_get_u8(check)) {
		camex_extack(extack, check,
			     "protocol wireguard always checks sources against routes");
		return -EINVAL;
	}
	return parse_dev(own, tb, extack);
}

/**
 * camex_wg_dev_set() - camex_protocol_ops.dev_set
 * @cdev: the device
 * @tb: CAMEX_A_DEV_*, checked by camex_wg_dev_check()
 * @extack: receives the error text
 *
 * Return: 0, or a negative errno with nothing changed.
 */
int camex_wg_dev_set(struct camex_dev *cdev, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *own[CAMEX_A_WG_DEV_MAX + 1], *key;
	int err = parse_dev(own, tb, extack);

	key = err ? NULL : own[CAMEX_A_WG_DEV_PRIVATE_KEY];
	if (!key)
		return err;
	return camex_wg_set_private_key(cdev, nla_data(key));
}

/**
 * camex_wg_dev_fill() - camex_protocol_ops.dev_fill
 * @cdev: the device
 * @msg: the message
 * @secrets: the receiver may change the device, so add what only such a receiver may see
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_wg_dev_fill(const struct camex_dev *cdev, struct sk_buff *msg, bool secrets)
{
	struct nlattr *nest;
	u8 key[CAMEX_KEY_LEN];

	if (!secrets || !camex_wg_public_key(cdev, key))
		return 0;
	nest = nla_nest_start(msg, CAMEX_A_DEV_WIREGUARD);
	if (!nest || nla_put(msg, CAMEX_A_WG_DEV_PUBLIC_KEY, sizeof(key), key))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * The public key and the cipher of an existing peer cannot change. The single peer of a transport
 * cannot be deleted, and gets both at once.
 */
static int check_fixed(const struct camex_dev *cdev, struct nlattr **own,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *attr = own[CAMEX_A_WG_PEER_PUBLIC_KEY] ?: own[CAMEX_A_WG_PEER_CIPHER];

	if (!attr)
		return 0;
	if (cdev->single_peer) {
		camex_extack(extack, attr,
			     "give public-key, too: a cipher is set together with it");
		return -EINVAL;
	}
	camex_extack(extack, attr, "%s of a peer cannot change: delete and add the peer",
		     attr == own[CAMEX_A_WG_PEER_CIPHER] ? "cipher" : "public-key");
	return -EINVAL;
}

static int check_new(struct camex_dev *cdev, const struct camex_peer *peer,
		     struct nlattr **own, const struct nlattr *nest,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *public_key = own[CAMEX_A_WG_PEER_PUBLIC_KEY];
	u8 ours[CAMEX_KEY_LEN];
	struct camex_peer *other;

	if (!public_key) {
		camex_extack(extack, nest, "a peer of protocol wireguard needs public-key");
		return -EINVAL;
	}
	if (own[CAMEX_A_WG_PEER_CIPHER] &&
	    nla_get_u32(own[CAMEX_A_WG_PEER_CIPHER]) == CAMEX_CIPHER_AES_256_GCM) {
		const char *why = camex_aes256gcm_refusal();

		if (why) {
			camex_extack(extack, own[CAMEX_A_WG_PEER_CIPHER], "%s", why);
			return -EOPNOTSUPP;
		}
	}
	other = camex_wg_peer_find(cdev, nla_data(public_key));
	if (other && other != peer) {
		camex_extack(extack, public_key, "the public key belongs to peer %s", other->name);
		return -EEXIST;
	}
	if (camex_wg_public_key(cdev, ours) &&
	    !memcmp(ours, nla_data(public_key), sizeof(ours))) {
		camex_extack(extack, public_key, "this is the public key of %s itself",
			     cdev->dev->name);
		return -EINVAL;
	}
	return 0;
}

/**
 * camex_wg_peer_check() - camex_protocol_ops.peer_check
 * @cdev: the device
 * @peer: the peer, or NULL for a new one
 * @tb: CAMEX_A_PEER_*
 * @info: the request
 *
 * Return: 0, -EINVAL, -EEXIST or -EOPNOTSUPP.
 */
int camex_wg_peer_check(struct camex_dev *cdev, struct camex_peer *peer,
			struct nlattr **tb, struct genl_info *info)
{
	struct nlattr *own[CAMEX_A_WG_PEER_MAX + 1];
	int err = parse_peer(own, tb, info->extack);

	/* The single peer of such a transport exists before it is given a key. */
	if (!err && peer && cdev->single_peer && own[CAMEX_A_WG_PEER_PUBLIC_KEY])
		return check_new(cdev, peer, own, tb[CAMEX_A_PEER_WIREGUARD], info->extack);
	if (!err)
		err = peer ? check_fixed(cdev, own, info->extack) :
		      check_new(cdev, NULL, own, tb[CAMEX_A_PEER_WIREGUARD], info->extack);
	return err;
}

/**
 * camex_wg_peer_set() - camex_protocol_ops.peer_set
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, checked by camex_wg_peer_check()
 * @extack: receives the error text
 *
 * Return: 0, or a negative errno with nothing changed.
 */
int camex_wg_peer_set(struct camex_peer *peer, struct nlattr **tb,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *own[CAMEX_A_WG_PEER_MAX + 1];
	int err = parse_peer(own, tb, extack);

	/* A request that changes the cipher contains the public key too. */
	if (!err && own[CAMEX_A_WG_PEER_CIPHER])
		camex_wg_peer_set_cipher(peer, nla_get_u32(own[CAMEX_A_WG_PEER_CIPHER]));
	if (!err && own[CAMEX_A_WG_PEER_PUBLIC_KEY])
		err = camex_wg_peer_set_public(peer,
					       nla_data(own[CAMEX_A_WG_PEER_PUBLIC_KEY]));
	if (!err && own[CAMEX_A_WG_PEER_PRESHARED_KEY])
		camex_wg_peer_set_preshared(peer,
					    nla_data(own[CAMEX_A_WG_PEER_PRESHARED_KEY]));
	return err;
}

/* Attributes for those who may change the peer, and nobody else. */
static int put_secrets(const struct camex_peer *peer, struct sk_buff *msg)
{
	u8 key[CAMEX_KEY_LEN];
	bool preshared;

	camex_wg_peer_public_key(peer, key);
	if (memchr_inv(key, 0, sizeof(key)) &&
	    nla_put(msg, CAMEX_A_WG_PEER_PUBLIC_KEY, sizeof(key), key))
		return -EMSGSIZE;
	preshared = camex_wg_peer_preshared(peer, key);
	memzero_explicit(key, sizeof(key));
	if (nla_put_u8(msg, CAMEX_A_WG_PEER_PRESHARED, preshared) ||
	    nla_put_u32(msg, CAMEX_A_WG_PEER_CIPHER, camex_wg_peer_cipher(peer)))
		return -EMSGSIZE;
	return 0;
}

/**
 * camex_wg_peer_fill() - camex_protocol_ops.peer_fill
 * @peer: the peer
 * @msg: the message
 * @secrets: the receiver may change the peer, so add what only such a receiver may see
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_wg_peer_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets)
{
	struct nlattr *nest;
	u64 age;

	nest = nla_nest_start(msg, CAMEX_A_PEER_WIREGUARD);
	if (!nest || (secrets && put_secrets(peer, msg)) ||
	    (camex_wg_peer_handshake_age(peer, &age) &&
	     nla_put_u64_64bit(msg, CAMEX_A_WG_PEER_LAST_HANDSHAKE, age,
			       CAMEX_A_WG_PEER_PAD)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
