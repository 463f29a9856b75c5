// SPDX-License-Identifier: GPL-2.0-only
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/siphash.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/timer.h"
#include "core/transport.h"
#include "protocol/camex/registration.h"

/* How long a KEEPALIVE lets its source use the key that opened it. */
#define HINT_LASTS	(30 * HZ)
/* How often a peer is sent a plain CONFIG at most. */
#define ANSWER_EVERY	(5 * HZ)

/* --- what we send --- */

/* Our address in host byte order: from CONFIG, else the link's first IPv4 one. */
static bool get_local_ip(const struct camex_peer *peer, u32 *ip)
{
	const struct camex_profile *profile;
	const struct in_ifaddr *ifa;
	const struct in_device *in;
	bool found = false;

	rcu_read_lock();
	profile = rcu_dereference(peer->profile);
	in = __in_dev_get_rcu(camex_peer_dev(peer));
	ifa = in ? rcu_dereference(in->ifa_list) : NULL;
	if (camex_peer_registers(peer) == CAMEX_REGISTER_AUTO && profile) {
		*ip = profile->text.address.ip;
		found = true;
	} else if (ifa) {
		*ip = ntohl(ifa->ifa_local);
		found = true;
	}
	rcu_read_unlock();
	return found;
}

/* A new datagram's body of up to @size bytes, with room around it. */
static struct sk_buff *new_body(const struct camex_peer *peer, unsigned int size)
{
	const struct net_device *dev = peer->cdev->dev;
	unsigned int headroom = READ_ONCE(dev->needed_headroom);
	struct sk_buff *skb = alloc_skb(headroom + size + dev->needed_tailroom,
					GFP_ATOMIC);

	if (skb)
		skb_reserve(skb, headroom);
	return skb;
}

static void client_id(struct camex_dev *cdev, char *id)
{
	spin_lock(&cdev->lock);
	memcpy(id, cdev->conf.client_id, sizeof(cdev->conf.client_id));
	spin_unlock(&cdev->lock);
}

/**
 * camex_control_send() - send control text
 * @peer: whom it is for
 * @ep: where it goes
 * @skb: the text, consumed; NULL: there was no memory for it
 * @type: enum camex_wire_type
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_control_send(struct camex_peer *peer, struct camex_endpoint *ep,
			struct sk_buff *skb, u8 type)
{
	int why = CAMEX_A_STATS_NO_MEMORY;
	struct camex_dev *cdev = peer->cdev;
	struct camex_way way = {};

	camex_note_now(&peer->sent);
	if (!skb)
		goto out;
	why = cdev->transport->route(cdev, ep, &way);
	if (why) {
		kfree_skb(skb);
		goto out;
	}
	skb = cdev->protocol->hello(peer, skb, type, &why);
	if (skb)
		why = cdev->transport->send(cdev, ep, &way, skb);
out:
	if (why)
		camex_count(cdev->stats, why, 1);
}

/**
 * camex_control_body() - the text of a REGISTER, or the nothing of a KEEPALIVE
 * @peer: whom it is for
 * @registers: REGISTER, if there is an address or CONFIG is to bring one
 * @type: result: enum camex_wire_type
 *
 * Context: RCU reader, bottom halves off.
 * Return: the body, with room for everything around it; or NULL without memory.
 */
struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type)
{
	struct sk_buff *skb = new_body(peer, CAMEX_TEXT_REGISTER_MAX);
	bool oldest = READ_ONCE(peer->old_header);
	char id[CAMEX_NAME_MAX + 1];
	size_t len;
	u32 ip;

	*type = CAMEX_WIRE_KEEPALIVE;
	if (!skb || !registers)
		return skb;
	if (READ_ONCE(peer->waiting)) {
		client_id(peer->cdev, id);
		len = camex_text_auto(skb->data, id, oldest);
	} else if (get_local_ip(peer, &ip)) {
		len = camex_text_manual(skb->data, ip, oldest);
	} else {
		return skb;
	}
	*type = CAMEX_WIRE_REGISTER;
	skb_put(skb, len);
	return skb;
}

/* The text of a CONFIG in answer to a REGISTER. */
static struct sk_buff *config_body(struct camex_peer *peer,
				   const struct camex_text_register *r,
				   const struct camex_profile *profile)
{
	struct sk_buff *skb = new_body(peer, CAMEX_TEXT_CONFIG_MAX);
	struct camex_text_profile text = profile->text;

	if (!skb)
		return NULL;
	if (!text.mtu)
		text.mtu = clamp_t(unsigned int, peer->cdev->dev->mtu,
				   CAMEX_TEXT_MTU_MIN, CAMEX_TEXT_MTU_MAX);
	skb_put(skb, camex_text_config(skb->data, r->id, &text,
				       !r->has_version));
	return skb;
}

/* Nothing proves whom a plain REGISTER is from: few answers go out. */
static bool may_answer_plain(struct camex_peer *peer,
			     const struct camex_addr *to)
{
	unsigned long now = jiffies;

	if (READ_ONCE(peer->answered) &&
	    time_before(now, READ_ONCE(peer->answered_at) + ANSWER_EVERY))
		return false;
	if (!camex_rate_limit_config(peer->cdev->limits, to, ktime_get_ns()))
		return false;
	WRITE_ONCE(peer->answered_at, now);
	WRITE_ONCE(peer->answered, true);
	return true;
}

/* Its keepalive may begin with that. */
static void note_automatic(struct camex_peer *peer)
{
	if (READ_ONCE(peer->automatic))
		return;
	spin_lock(&peer->cdev->lock);
	WRITE_ONCE(peer->automatic, true);
	camex_peer_wake(peer, jiffies + 1);
	spin_unlock(&peer->cdev->lock);
}

/**
 * camex_control_answer() - answer a REGISTER in the form AUTO by CONFIG
 * @peer: whom it is from
 * @r: what it says
 * @from: where it came from, and where the answer goes
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or a counter (CAMEX_A_STATS_*).
 */
int camex_control_answer(struct camex_peer *peer,
			 const struct camex_text_register *r,
			 const struct camex_source *from)
{
	const struct camex_profile *profile = rcu_dereference_bh(peer->profile);
	struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	struct camex_endpoint there = {
		.to = from->addr,
		.from = from->local,
		.peer = peer,
	};

	note_automatic(peer);
	if (!profile || !profile->text.address.ip)
		return 0;
	if (!rcu_access_pointer(peer->key) &&
	    !may_answer_plain(peer, &from->addr))
		return CAMEX_A_STATS_RATE_LIMITED;
	if (!ep || !camex_endpoint_is(ep, &from->addr, &from->local))
		ep = &there;
	camex_control_send(peer, ep, config_body(peer, r, profile),
			   CAMEX_WIRE_CONFIG);
	camex_path_set(&there, NULL);
	return 0;
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

/* A REGISTER that opened under a key, or came from a peer without one. */
static int take_register(struct camex_peer *peer, const void *text, size_t len,
			 const struct camex_source *from)
{
	struct camex_text_register r;

	if (!camex_text_parse_register(text, len, &r))
		return CAMEX_A_STATS_MALFORMED;
	/* Who registers with us cannot be whom we register with. */
	if (camex_peer_registers(peer) == CAMEX_REGISTER_AUTO ||
	    (r.id[0] && strcasecmp(r.id, peer->name)))
		return CAMEX_A_STATS_UNKNOWN_PEER;
	return r.automatic ? camex_control_answer(peer, &r, from) : 0;
}

/**
 * camex_control_awaits() - do we wait for CONFIG from there
 * @peer: the peer
 * @from: the source of one
 *
 * Context: RCU reader, bottom halves off.
 */
bool camex_control_awaits(const struct camex_peer *peer,
			  const struct camex_addr *from)
{
	const struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	const struct camex_endpoint *configured = rcu_dereference_bh(peer->configured);

	return READ_ONCE(peer->waiting) &&
	       ((ep && !memcmp(&ep->to, from, sizeof(*from))) ||
		(configured && !memcmp(&configured->to, from, sizeof(*from))));
}

/* The first CONFIG of a registration counts. */
static int accept_profile(struct camex_peer *peer, struct camex_profile *profile)
{
	struct camex_dev *cdev = peer->cdev;
	bool taken;

	spin_lock(&cdev->lock);
	taken = peer->waiting && !peer->dead;
	if (taken) {
		WRITE_ONCE(peer->waiting, false);
		camex_profile_set(peer, profile);
		camex_peer_tell(peer, CAMEX_EVENT_CONFIG);
	}
	spin_unlock(&cdev->lock);
	return taken ? 0 : CAMEX_A_STATS_UNKNOWN_PEER;
}

/**
 * camex_control_config() - take a CONFIG, if we wait for one
 * @peer: whom it is from
 * @text: what it says
 * @len: its bytes
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or a counter (CAMEX_A_STATS_*).
 */
int camex_control_config(struct camex_peer *peer, const void *text, size_t len,
			 const struct camex_source *from)
{
	char id[CAMEX_TEXT_ID_MAX + 1], ours[CAMEX_NAME_MAX + 1];
	struct camex_profile *profile;
	int why;

	if (!camex_control_awaits(peer, &from->addr))
		return CAMEX_A_STATS_UNKNOWN_PEER;
	profile = camex_zalloc(peer->cdev, sizeof(*profile));
	if (!profile)
		return CAMEX_A_STATS_NO_MEMORY;
	client_id(peer->cdev, ours);
	if (!camex_text_parse_config(text, len, id, &profile->text))
		why = CAMEX_A_STATS_MALFORMED;
	else if (id[0] && strcasecmp(id, ours))
		why = CAMEX_A_STATS_UNKNOWN_PEER;
	else
		why = accept_profile(peer, profile);
	if (why)
		kfree(profile);
	return why;
}

/**
 * camex_control_take() - take control text that opened under a peer's key
 * @peer: the peer
 * @type: enum camex_wire_type
 * @text: the text
 * @len: its bytes
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or a counter (CAMEX_A_STATS_*): the datagram counts for nothing.
 */
int camex_control_take(struct camex_peer *peer, u8 type, const void *text,
		       size_t len, const struct camex_source *from)
{
	if (type == CAMEX_WIRE_REGISTER)
		return take_register(peer, text, len, from);
	if (type == CAMEX_WIRE_CONFIG)
		return camex_control_config(peer, text, len, from);
	return 0;
}

/* --- hints --- */

static struct camex_hint *hint_of(struct camex_dev *cdev,
				  const struct camex_addr *from)
{
	return &cdev->hints[siphash(from, sizeof(*from), &cdev->limits->secret) %
			    CAMEX_HINTS];
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

/* Is it not yet past? What is long past has not begun, where jiffies come round. */
static bool is_hint_valid(unsigned long until)
{
	return time_in_range_open(jiffies, until - HINT_LASTS, until);
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
	if (!is_hint_valid(READ_ONCE(cdev->hints_until)))
		return NULL;
	hint = hint_of(cdev, from);
	spin_lock(&cdev->lock);
	if (!memcmp(&hint->from, from, sizeof(*from)) && is_hint_valid(hint->until))
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
