// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes of protocol jtunnel: identifiers and keys. */
#include <net/genetlink.h>

#include "core/compat.h"
#include "protocol/jtunnel/attributes.h"
#include "protocol/jtunnel/identifier.h"

/**
 * camex_jtunnel_dev_set() - camex_protocol_ops.dev_set
 * @cdev: the device
 * @tb: CAMEX_A_DEV_*, validated by their policy
 * @extack: not needed
 *
 * Context: RTNL.
 * Return: 0.
 */
int camex_jtunnel_dev_set(struct camex_dev *cdev, struct nlattr **tb,
			  struct netlink_ext_ack *extack)
{
	if (tb[CAMEX_A_DEV_ID])
		camex_sealed_set_preamble(cdev, nla_data(tb[CAMEX_A_DEV_ID]));
	return 0;
}

/**
 * camex_jtunnel_dev_fill() - camex_protocol_ops.dev_fill
 * @cdev: the device
 * @msg: the message
 * @secrets: our identifier; else nothing
 *
 * Context: RTNL.
 * Return: 0 or -EMSGSIZE.
 */
int camex_jtunnel_dev_fill(const struct camex_dev *cdev, struct sk_buff *msg, bool secrets)
{
	u8 id[CAMEX_ID_LEN];

	if (!secrets)
		return 0;
	camex_sealed_preamble(cdev, id);
	return nla_put(msg, CAMEX_A_DEV_ID, sizeof(id), id);
}

/**
 * camex_jtunnel_peer_check() - camex_protocol_ops.peer_check
 * @cdev: the device
 * @peer: the peer, or NULL for a new one
 * @tb: CAMEX_A_PEER_*, validated by their policy
 * @info: the request
 *
 * Context: RTNL.
 * Return: 0 or -EEXIST.
 */
int camex_jtunnel_peer_check(struct camex_dev *cdev, struct camex_peer *peer,
			     struct nlattr **tb, struct genl_info *info)
{
	struct nlattr *id = tb[CAMEX_A_PEER_ID];
	struct camex_peer *other;

	if (!id)
		return 0;
	other = camex_identifier_find(cdev, nla_data(id));
	if (!other || other == peer)
		return 0;
	camex_extack(info->extack, id, "the id belongs to peer %s", other->name);
	return -EEXIST;
}

/**
 * camex_jtunnel_peer_prepare() - camex_protocol_ops.peer_prepare
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, checked
 * @info: the request
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_jtunnel_peer_prepare(struct camex_peer *peer, struct nlattr **tb,
			       struct genl_info *info)
{
	struct camex_jtunnel_peer *own = camex_jtunnel_of(peer);
	struct nlattr *id = tb[CAMEX_A_PEER_ID];
	int err;

	if (id && camex_identifier_find(peer->cdev, nla_data(id)) != peer) {
		own->next = camex_identifier_new(peer, nla_data(id));
		if (!own->next)
			return -ENOMEM;
	}
	err = camex_sealed_prepare(peer, tb, info);
	if (err) {
		camex_identifier_free(own->next);
		own->next = NULL;
	}
	return err;
}

/**
 * camex_jtunnel_peer_abandon() - camex_protocol_ops.peer_abandon
 * @peer: the peer
 *
 * Context: RTNL, may sleep.
 */
void camex_jtunnel_peer_abandon(struct camex_peer *peer)
{
	struct camex_jtunnel_peer *own = camex_jtunnel_of(peer);

	camex_sealed_abandon(peer);
	camex_identifier_free(own->next);
	own->next = NULL;
}

/**
 * camex_jtunnel_peer_set() - camex_protocol_ops.peer_set
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, checked
 * @extack: not needed
 *
 * Context: RTNL, may sleep.
 * Return: 0.
 */
int camex_jtunnel_peer_set(struct camex_peer *peer, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	struct camex_jtunnel_peer *own = camex_jtunnel_of(peer);

	camex_sealed_commit(peer, tb);
	if (own->next)
		camex_identifier_set(peer, own->next);
	own->next = NULL;
	return 0;
}

/**
 * camex_jtunnel_peer_fill() - camex_protocol_ops.peer_fill
 * @peer: the peer
 * @msg: the message
 * @secrets: fingerprint and identifier, too
 *
 * Context: RTNL or RCU reader.
 * Return: 0 or -EMSGSIZE.
 */
int camex_jtunnel_peer_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets)
{
	const struct camex_identifier *ident;
	int err = camex_sealed_fill(peer, msg, secrets);

	if (err || !secrets)
		return err;
	rcu_read_lock();
	ident = rcu_dereference(camex_jtunnel_of(peer)->ident);
	if (ident)
		err = nla_put(msg, CAMEX_A_PEER_ID, sizeof(ident->id), ident->id);
	rcu_read_unlock();
	return err;
}
