// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes of protocol camex. */
#include <linux/slab.h>
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/timer.h"
#include "protocol/camex/attributes.h"
#include "protocol/camex/registration.h"
#include "protocol/sealed/key.h"

/* --- of a device --- */

static bool read_client_id(const struct nlattr *attr, char *id)
{
	struct camex_text_word word = {
		.data = nla_data(attr),
		.len = strlen(nla_data(attr)),
	};

	return camex_text_id(&word, id);
}

/**
 * camex_camex_dev_check() - camex_protocol_ops.dev_check
 * @cdev: the device, or NULL for a new one
 * @tb: CAMEX_A_DEV_*, validated by their policy
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_camex_dev_check(struct camex_dev *cdev, struct nlattr **tb,
			  struct netlink_ext_ack *extack)
{
	char id[CAMEX_TEXT_ID_MAX + 1];

	if (!tb[CAMEX_A_DEV_CLIENT_ID] || read_client_id(tb[CAMEX_A_DEV_CLIENT_ID], id))
		return 0;
	camex_extack(extack, tb[CAMEX_A_DEV_CLIENT_ID],
		     "a client-id has 1 to %d printing ASCII bytes", CAMEX_TEXT_ID_MAX);
	return -EINVAL;
}

/* A session belongs to one client, so a new CLIENT_ID needs new sessions. */
static void register_renamed(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		if (camex_registers_auto(peer)) {
			/* Without memory the old session stays until it ends. */
			camex_peer_renew(peer);
			camex_register_again(peer);
		}
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

static bool set_client_id(struct camex_dev *cdev, const struct nlattr *attr)
{
	struct camex_camex_dev *own = camex_camex_of_dev(cdev);
	char id[sizeof(own->client_id)] = {};
	bool renamed;

	read_client_id(attr, id);
	spin_lock_bh(&cdev->lock);
	renamed = strcmp(id, own->client_id);
	strscpy_pad(own->client_id, id, sizeof(own->client_id));
	spin_unlock_bh(&cdev->lock);
	return renamed;
}

/**
 * camex_camex_dev_set() - camex_protocol_ops.dev_set
 * @cdev: the device
 * @tb: CAMEX_A_DEV_*, checked
 * @extack: not needed
 *
 * Context: RTNL, may sleep.
 * Return: 0.
 */
int camex_camex_dev_set(struct camex_dev *cdev, struct nlattr **tb,
			struct netlink_ext_ack *extack)
{
	struct camex_camex_dev *own = camex_camex_of_dev(cdev);
	bool changed = false;

	if (tb[CAMEX_A_DEV_PLAINTEXT]) {
		bool plaintext = nla_get_u8(tb[CAMEX_A_DEV_PLAINTEXT]);

		changed = plaintext != own->plaintext;
		WRITE_ONCE(own->plaintext, plaintext);
	}
	if (tb[CAMEX_A_DEV_CLIENT_ID] && set_client_id(cdev, tb[CAMEX_A_DEV_CLIENT_ID])) {
		register_renamed(cdev);
		changed = true;
	}
	if (changed)
		camex_timers_changed(cdev);
	return 0;
}

/**
 * camex_camex_dev_fill() - camex_protocol_ops.dev_fill
 * @cdev: the device
 * @msg: the message
 * @secrets: the CLIENT_ID, too
 *
 * Context: RTNL.
 * Return: 0 or -EMSGSIZE.
 */
int camex_camex_dev_fill(const struct camex_dev *cdev, struct sk_buff *msg, bool secrets)
{
	const struct camex_camex_dev *own = camex_camex_of_dev(cdev);

	if (nla_put_u8(msg, CAMEX_A_DEV_PLAINTEXT, own->plaintext))
		return -EMSGSIZE;
	if (!secrets || !own->client_id[0])
		return 0;
	return nla_put_string(msg, CAMEX_A_DEV_CLIENT_ID, own->client_id);
}

/* --- of a peer --- */

/**
 * camex_camex_peer_check() - camex_protocol_ops.peer_check
 * @cdev: the device
 * @peer: the peer, or NULL for a new one
 * @tb: CAMEX_A_PEER_*, validated by their policy
 * @info: the request
 *
 * Context: RTNL.
 * Return: 0, -EINVAL, -ERANGE, -ENOMEM.
 */
int camex_camex_peer_check(struct camex_dev *cdev, struct camex_peer *peer,
			   struct nlattr **tb, struct genl_info *info)
{
	struct nlattr *registers = tb[CAMEX_A_PEER_REGISTER];
	struct camex_profile *profile;
	int err;

	if (registers && nla_get_u32(registers) == CAMEX_REGISTER_AUTO &&
	    !camex_camex_of_dev(cdev)->client_id[0]) {
		camex_extack(info->extack, registers,
			     "register auto needs a client-id of the device");
		return -EINVAL;
	}
	err = camex_attr_profile(peer, info, tb, &profile);
	if (!err)
		kfree(profile);
	return err;
}

/**
 * camex_camex_peer_prepare() - camex_protocol_ops.peer_prepare
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, checked
 * @info: the request
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_camex_peer_prepare(struct camex_peer *peer, struct nlattr **tb,
			     struct genl_info *info)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	int err = camex_attr_profile(peer, info, tb, &own->next_profile);

	if (err)
		return err;
	err = camex_sealed_prepare(peer, tb, info);
	if (err) {
		kfree(own->next_profile);
		own->next_profile = NULL;
	}
	return err;
}

/**
 * camex_camex_peer_abandon() - camex_protocol_ops.peer_abandon
 * @peer: the peer
 *
 * Context: RTNL, may sleep.
 */
void camex_camex_peer_abandon(struct camex_peer *peer)
{
	struct camex_camex_peer *own = camex_camex_of(peer);

	camex_sealed_abandon(peer);
	kfree(own->next_profile);
	own->next_profile = NULL;
}

/**
 * camex_camex_peer_set() - camex_protocol_ops.peer_set
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*, checked
 * @extack: not needed
 *
 * Context: RTNL, may sleep.
 * Return: 0.
 */
int camex_camex_peer_set(struct camex_peer *peer, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	struct camex_dev *cdev = peer->cdev;

	camex_sealed_commit(peer, tb);
	spin_lock_bh(&cdev->lock);
	if (tb[CAMEX_A_PEER_REGISTER])
		camex_register_choose(peer, nla_get_u32(tb[CAMEX_A_PEER_REGISTER]));
	if (own->next_profile)
		camex_profile_set(peer, own->next_profile);
	own->next_profile = NULL;
	spin_unlock_bh(&cdev->lock);
	return 0;
}

/**
 * camex_camex_peer_fill() - camex_protocol_ops.peer_fill
 * @peer: the peer
 * @msg: the message
 * @secrets: fingerprint and profile, too
 *
 * Context: RTNL or RCU reader.
 * Return: 0 or -EMSGSIZE.
 */
int camex_camex_peer_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets)
{
	return camex_sealed_fill(peer, msg, secrets) ?:
	       (secrets ? camex_profile_put(msg, peer) : 0);
}
