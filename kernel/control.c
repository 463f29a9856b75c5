// SPDX-License-Identifier: GPL-2.0-only
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/siphash.h>

#include "compat.h"
#include "control.h"

/* How long a KEEPALIVE lets its source use the key that opened it. */
#define HINT_LASTS	(30 * HZ)

/* --- what we send --- */

/* The link's first IPv4 address in host byte order. */
static bool local_ip(const struct net_device *dev, u32 *ip)
{
	const struct in_ifaddr *ifa;
	const struct in_device *in;

	rcu_read_lock();
	in = __in_dev_get_rcu(dev);
	ifa = in ? rcu_dereference(in->ifa_list) : NULL;
	if (ifa)
		*ip = ntohl(ifa->ifa_local);
	rcu_read_unlock();
	return ifa;
}

/**
 * camex_control_body() - the text of a REGISTER, or the nothing of a KEEPALIVE
 * @peer: whom it is for
 * @registers: REGISTER, if the link has an IPv4 address
 * @type: result: enum camex_wire_type
 *
 * Context: RCU reader, bottom halves off.
 * Return: the body, with room for everything around it; or NULL without memory.
 */
struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type)
{
	struct net_device *dev = peer->cdev->dev;
	unsigned int size = dev->needed_headroom + CAMEX_TEXT_REGISTER_MAX +
			    dev->needed_tailroom;
	struct sk_buff *skb = alloc_skb(size, GFP_ATOMIC);
	u32 ip;

	if (!skb)
		return NULL;
	skb_reserve(skb, dev->needed_headroom);
	*type = CAMEX_WIRE_KEEPALIVE;
	if (registers && local_ip(dev, &ip)) {
		*type = CAMEX_WIRE_REGISTER;
		skb_put(skb, camex_text_manual(skb->data, ip,
					       READ_ONCE(peer->old_header)));
	}
	return skb;
}

/* --- what we take --- */

/**
 * camex_control_registrant() - whom a REGISTER is from
 * @cdev: the device
 * @key: the key that opened it, NULL for a plain one
 * @r: what it says
 *
 * Context: RCU reader.
 * Return: the peer with that key that CLIENT_ID names, else the one with that
 * key whose route LOCAL_IP is; or NULL.
 */
struct camex_peer *camex_control_registrant(struct camex_dev *cdev,
					    const struct camex_key *key,
					    const struct camex_text_register *r)
{
	struct camex_peer *peer;

	peer = r->id[0] ? camex_peer_find(cdev, r->id) :
			  camex_route_lookup4(&cdev->routes, htonl(r->ip));
	return peer && rcu_access_pointer(peer->key) == key ? peer : NULL;
}

/* --- hints --- */

static struct camex_hint *hint_of(struct camex_dev *cdev,
				  const struct camex_addr *from)
{
	static siphash_key_t secret;

	net_get_random_once(&secret, sizeof(secret));
	return &cdev->hints[siphash(from, sizeof(*from), &secret) % CAMEX_HINTS];
}

/**
 * camex_hint_add() - a KEEPALIVE has come under a key of several peers
 * @cdev: the device
 * @from: its source
 * @key: the key
 *
 * The table does not grow: a source may take another's place.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_hint_add(struct camex_dev *cdev, const struct camex_addr *from,
		    struct camex_key *key)
{
	struct camex_hint *hint = hint_of(cdev, from);

	spin_lock(&cdev->lock);
	if (!list_empty(&key->peers)) {
		hint->from = *from;
		hint->key = key;
		hint->until = jiffies + HINT_LASTS;
		WRITE_ONCE(cdev->hints_until, hint->until);
	}
	spin_unlock(&cdev->lock);
}

/**
 * camex_hint_find() - the key that a source has used of late
 * @cdev: the device
 * @from: the source
 *
 * Context: RCU reader, bottom halves off.
 * Return: the key, valid under RCU, or NULL.
 */
struct camex_key *camex_hint_find(struct camex_dev *cdev,
				  const struct camex_addr *from)
{
	struct camex_key *key = NULL;
	struct camex_hint *hint;

	/* Strangers get no further while there are none. */
	if (time_after(jiffies, READ_ONCE(cdev->hints_until)))
		return NULL;
	hint = hint_of(cdev, from);
	spin_lock(&cdev->lock);
	if (!memcmp(&hint->from, from, sizeof(*from)) &&
	    time_before(jiffies, hint->until))
		key = hint->key;
	spin_unlock(&cdev->lock);
	return key;
}

/**
 * camex_hints_purge() - no peer has this key any more
 * @cdev: the device
 * @key: the key
 *
 * Context: RTNL.
 */
void camex_hints_purge(struct camex_dev *cdev, const struct camex_key *key)
{
	int i;

	spin_lock_bh(&cdev->lock);
	for (i = 0; i < CAMEX_HINTS; i++)
		if (cdev->hints[i].key == key)
			memset(&cdev->hints[i], 0, sizeof(cdev->hints[i]));
	spin_unlock_bh(&cdev->lock);
}
