// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "core/memory.h"
#include "protocol/jtunnel/identifier.h"

static const struct rhashtable_params by_id = {
	.key_len = CAMEX_ID_LEN,
	.key_offset = offsetof(struct camex_identifier, id),
	.head_offset = offsetof(struct camex_identifier, node),
	.automatic_shrinking = true,
};

/**
 * camex_identifiers_init() - set up the table of identifiers
 * @cdev: a new device
 *
 * Return: 0 or a negative errno.
 */
int camex_identifiers_init(struct camex_dev *cdev)
{
	return rhashtable_init(&camex_jtunnel_of_dev(cdev)->identifiers, &by_id);
}

/**
 * camex_identifiers_free() - free the empty table
 * @cdev: a device without peers
 */
void camex_identifiers_free(struct camex_dev *cdev)
{
	rhashtable_destroy(&camex_jtunnel_of_dev(cdev)->identifiers);
}

/**
 * camex_identifier_find() - the peer that has an identifier
 * @cdev: the device
 * @id: CAMEX_ID_LEN bytes
 *
 * Context: RTNL or RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_identifier_find(struct camex_dev *cdev, const u8 *id)
{
	const struct camex_identifier *ident;

	ident = rhashtable_lookup_fast(&camex_jtunnel_of_dev(cdev)->identifiers, id, by_id);
	return ident ? ident->peer : NULL;
}

/**
 * camex_identifier_new() - make an identifier for a peer and put it into the table
 * @peer: the peer
 * @id: CAMEX_ID_LEN bytes that no peer of the device has
 *
 * Context: RTNL, may sleep.
 * Return: the identifier, or NULL without memory.
 */
struct camex_identifier *camex_identifier_new(struct camex_peer *peer, const u8 *id)
{
	struct camex_identifier *ident = kzalloc(sizeof(*ident), CAMEX_GFP_REQUEST);

	if (!ident)
		return NULL;
	memcpy(ident->id, id, sizeof(ident->id));
	ident->peer = peer;
	if (rhashtable_insert_fast(&camex_jtunnel_of_dev(peer->cdev)->identifiers,
				   &ident->node, by_id)) {
		kfree(ident);
		return NULL;
	}
	return ident;
}

/**
 * camex_identifier_free() - remove an identifier from the table and free it
 * @ident: the identifier; freed after a grace period; may be NULL
 *
 * Context: RTNL.
 */
void camex_identifier_free(struct camex_identifier *ident)
{
	if (!ident)
		return;
	rhashtable_remove_fast(&camex_jtunnel_of_dev(ident->peer->cdev)->identifiers,
			       &ident->node, by_id);
	kfree_rcu(ident, rcu);
}

/**
 * camex_identifier_set() - replace the identifier of a peer
 * @peer: the peer
 * @ident: from camex_identifier_new(), or NULL
 *
 * Context: RTNL.
 */
void camex_identifier_set(struct camex_peer *peer, struct camex_identifier *ident)
{
	struct camex_jtunnel_peer *own = camex_jtunnel_of(peer);
	struct camex_identifier *old = rtnl_dereference(own->ident);

	rcu_assign_pointer(own->ident, ident);
	camex_identifier_free(old);
}
