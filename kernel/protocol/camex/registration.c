// SPDX-License-Identifier: GPL-2.0-only
#include <linux/inetdevice.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/timer.h"
#include "protocol/camex/registration.h"
#include "protocol/sealed/key.h"

/* How often REGISTER is sent. */
#define REGISTER_EVERY	(10 * HZ)
/* The same while CONFIG is awaited. Servers ignore a second REGISTER within 5 seconds. */
#define AUTO_EVERY	(5 * HZ + HZ / 10)
/* The same until the peer is heard, at first and later. */
#define UNHEARD_EVERY	HZ
#define UNHEARD_EVERY_LATER	(5 * HZ)
/* The same with traffic, until something is heard. */
#define HELLO_EVERY	HZ
#define KEEPALIVE_EVERY	10		/* seconds, the default */
/* Minimum time between two plain CONFIGs to a peer. */
#define ANSWER_EVERY	(5 * HZ)

/* --- how we register, and when --- */

/**
 * camex_registers() - camex_protocol_ops.registers: do we register with a peer
 * @peer: the peer
 *
 * Return: the setting; by default MANUAL for a peer with a configured endpoint, else off.
 */
enum camex_register camex_registers(const struct camex_peer *peer)
{
	int registers = READ_ONCE(camex_camex_of(peer)->registers);

	if (registers != CAMEX_PEER_DEFAULT)
		return registers;
	return rcu_access_pointer(peer->configured) ? CAMEX_REGISTER_MANUAL :
						      CAMEX_REGISTER_OFF;
}

/**
 * camex_registers_auto() - does a peer hand out our profile
 * @peer: the peer
 */
bool camex_registers_auto(const struct camex_peer *peer)
{
	return camex_registers(peer) == CAMEX_REGISTER_AUTO;
}

/**
 * camex_registers_at_all() - camex_protocol_ops.expects_answer: a peer with which we register
 *	has to answer
 * @peer: the peer
 */
bool camex_registers_at_all(const struct camex_peer *peer)
{
	return camex_registers(peer) != CAMEX_REGISTER_OFF;
}

/**
 * camex_register_keepalive() - camex_protocol_ops.keepalive
 * @peer: the peer
 *
 * Return: seconds for a peer with a configured endpoint, or that has registered with AUTO; else 0.
 */
unsigned int camex_register_keepalive(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->configured) ||
	       READ_ONCE(camex_camex_of(peer)->automatic) ? KEEPALIVE_EVERY : 0;
}

/**
 * camex_register_awaits() - camex_sealed_ops.awaits: is CONFIG awaited
 * @peer: the peer
 */
bool camex_register_awaits(const struct camex_peer *peer)
{
	return READ_ONCE(camex_camex_of(peer)->waiting);
}

/**
 * camex_register_every() - camex_sealed_ops.introduce_every
 * @peer: the peer
 */
unsigned long camex_register_every(const struct camex_peer *peer)
{
	return camex_register_awaits(peer) ? AUTO_EVERY : HELLO_EVERY;
}

/* Jiffies until REGISTER is sent to the configured endpoint, too. */
static unsigned long until_configured(const struct camex_peer *peer,
				      const struct camex_endpoint *ep, unsigned long now)
{
	if (!rcu_access_pointer(peer->configured) || rcu_access_pointer(peer->configured) == ep)
		return MAX_JIFFY_OFFSET;
	return camex_time_left(camex_peer_last_heard(peer) + CAMEX_ANSWER_WITHIN, now);
}

/*
 * How often to register. The peer may be configured at any moment, and cannot send us anything
 * before it has heard where we are.
 */
static unsigned long register_every(const struct camex_peer *peer, unsigned long now)
{
	if (!READ_ONCE(peer->live.unheard))
		return REGISTER_EVERY;
	return clamp((now - peer->live.since) / 10, (unsigned long)UNHEARD_EVERY,
		     (unsigned long)UNHEARD_EVERY_LATER);
}

/**
 * camex_register_due() - camex_sealed_ops.register_due
 * @peer: the peer
 * @now: jiffies
 * @due: result, if REGISTER is due
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until REGISTER is due again, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_register_due(struct camex_peer *peer, unsigned long now,
				 struct camex_due *due)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	unsigned long until, configured;

	if (!camex_registers_at_all(peer))
		return MAX_JIFFY_OFFSET;
	until = camex_time_left(own->next_register, now);
	if (until)
		return until;
	due->what |= CAMEX_DUE_REGISTER;
	until = own->waiting ? AUTO_EVERY : register_every(peer, now);
	/* The peer may be at its configured endpoint again. */
	configured = until_configured(peer, due->ep, now);
	if (configured)
		until = min(until, configured);
	else
		due->configured = camex_peer_configured(peer);
	own->next_register = now + until;
	return until;
}

/**
 * camex_register_begin() - camex_protocol_ops.begin: send REGISTER at once
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_register_begin(struct camex_peer *peer)
{
	camex_camex_of(peer)->next_register = jiffies;
}

/**
 * camex_register_again() - with AUTO, ask a server for CONFIG again
 * @peer: the peer: it may be another server now, or has forgotten us
 *
 * Context: camex_dev.lock held.
 */
void camex_register_again(struct camex_peer *peer)
{
	struct camex_camex_peer *own = camex_camex_of(peer);

	if (!camex_registers_auto(peer))
		return;
	WRITE_ONCE(own->waiting, true);
	own->next_register = jiffies;
	camex_peer_wake(peer, jiffies);
}

/**
 * camex_register_choose() - set how we register with a peer
 * @peer: the peer
 * @registers: enum camex_register
 *
 * A profile is either received or handed out, so the change deletes it.
 *
 * Context: camex_dev.lock held.
 */
void camex_register_choose(struct camex_peer *peer, int registers)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	bool was = camex_registers_auto(peer);
	bool is = registers == CAMEX_REGISTER_AUTO;

	WRITE_ONCE(own->registers, registers);
	WRITE_ONCE(own->waiting, is);
	if (is != was)
		camex_profile_set(peer, NULL);
}

/* --- sending --- */

/* Our address in host byte order: from CONFIG, else the first IPv4 address of the link. */
static bool get_local_ip(const struct camex_peer *peer, u32 *ip)
{
	const struct camex_profile *profile;
	const struct in_ifaddr *ifa;
	const struct in_device *in;
	bool found = false;

	rcu_read_lock();
	profile = rcu_dereference(camex_camex_of(peer)->profile);
	in = __in_dev_get_rcu(camex_peer_dev(peer));
	ifa = in ? rcu_dereference(in->ifa_list) : NULL;
	if (camex_registers_auto(peer) && profile) {
		*ip = profile->text.address.ip;
		found = true;
	} else if (ifa) {
		*ip = ntohl(ifa->ifa_local);
		found = true;
	}
	rcu_read_unlock();
	return found;
}

static void copy_client_id(struct camex_dev *cdev, char *id)
{
	const struct camex_camex_dev *own = camex_camex_of_dev(cdev);

	spin_lock(&cdev->lock);
	memcpy(id, own->client_id, sizeof(own->client_id));
	spin_unlock(&cdev->lock);
}

/**
 * camex_control_body() - camex_sealed_ops.introduction: the text of a REGISTER, or an empty
 *	KEEPALIVE
 * @peer: the receiver
 * @registers: REGISTER, if we have an address or ask for one
 * @type: result: enum camex_wire_type
 *
 * Context: RCU reader, bottom halves off.
 * Return: the body, with room for everything around it; or NULL without memory.
 */
struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type)
{
	struct sk_buff *skb = camex_hello_body(peer, CAMEX_TEXT_REGISTER_MAX);
	bool oldest = READ_ONCE(camex_sealed_of(peer)->old_header);
	char id[CAMEX_NAME_MAX + 1];
	size_t len;
	u32 ip;

	*type = CAMEX_WIRE_KEEPALIVE;
	if (!skb || !registers)
		return skb;
	if (READ_ONCE(camex_camex_of(peer)->waiting)) {
		copy_client_id(peer->cdev, id);
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
	struct sk_buff *skb = camex_hello_body(peer, CAMEX_TEXT_CONFIG_MAX);
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

/* The sender of a plain REGISTER is not proved, so few answers are sent. */
static bool may_answer_plain(struct camex_peer *peer,
			     const struct camex_addr *to)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	unsigned long now = jiffies;

	if (READ_ONCE(own->answered) &&
	    time_before(now, READ_ONCE(own->answered_at) + ANSWER_EVERY))
		return false;
	if (!camex_rate_limit_config(peer->cdev->limits, to, ktime_get_ns()))
		return false;
	WRITE_ONCE(own->answered_at, now);
	WRITE_ONCE(own->answered, true);
	return true;
}

/* The default keepalive may change with that. */
static void note_automatic(struct camex_peer *peer)
{
	struct camex_camex_peer *own = camex_camex_of(peer);

	if (READ_ONCE(own->automatic))
		return;
	spin_lock(&peer->cdev->lock);
	WRITE_ONCE(own->automatic, true);
	camex_peer_wake(peer, jiffies + 1);
	spin_unlock(&peer->cdev->lock);
}

/**
 * camex_control_answer() - answer a REGISTER in the form AUTO by CONFIG
 * @peer: the sender
 * @r: the parsed REGISTER
 * @from: its source, to which the answer is sent
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or a counter (CAMEX_A_STATS_*).
 */
int camex_control_answer(struct camex_peer *peer,
			 const struct camex_text_register *r,
			 const struct camex_source *from)
{
	const struct camex_profile *profile = rcu_dereference_bh(camex_camex_of(peer)->profile);
	struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	struct camex_endpoint there = {
		.to = from->addr,
		.from = from->local,
		.peer = peer,
	};

	note_automatic(peer);
	if (!profile || !profile->text.address.ip)
		return 0;
	if (!camex_sealed_has_key(peer) &&
	    !may_answer_plain(peer, &from->addr))
		return CAMEX_A_STATS_RATE_LIMITED;
	if (!ep || !camex_endpoint_is(ep, &from->addr, &from->local))
		ep = &there;
	camex_hello_send(peer, ep, config_body(peer, r, profile), CAMEX_WIRE_CONFIG);
	camex_path_set(&there, NULL);
	return 0;
}

/* --- receiving --- */

/**
 * camex_control_registrant() - the peer that sent a REGISTER
 * @cdev: the device
 * @key: the key that opened it, NULL for a plain one
 * @r: the parsed REGISTER
 *
 * Context: RCU reader.
 * Return: the peer with that key and the CLIENT_ID as its name, else the peer with that key and
 * LOCAL_IP in its routes; or NULL.
 */
struct camex_peer *camex_control_registrant(struct camex_dev *cdev,
					    const struct camex_key *key,
					    const struct camex_text_register *r)
{
	struct camex_peer *peer;

	peer = r->id[0] ? camex_peer_find(cdev, r->id) :
			  camex_route_lookup4(&cdev->routes, htonl(r->ip));
	return peer && rcu_access_pointer(camex_sealed_of(peer)->key) == key ? peer : NULL;
}

/* Take a REGISTER: encrypted, or plain of a peer without a key. */
static int take_register(struct camex_peer *peer, const void *text, size_t len,
			 const struct camex_source *from)
{
	struct camex_text_register r;

	if (!camex_text_parse_register(text, len, &r))
		return CAMEX_A_STATS_MALFORMED;
	/* A peer with which we register by AUTO cannot register with us. */
	if (camex_registers_auto(peer) ||
	    (r.id[0] && strcasecmp(r.id, peer->name)))
		return CAMEX_A_STATS_UNKNOWN_PEER;
	return r.automatic ? camex_control_answer(peer, &r, from) : 0;
}

/**
 * camex_control_awaits() - do we wait for CONFIG from this source
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

	return READ_ONCE(camex_camex_of(peer)->waiting) &&
	       ((ep && !memcmp(&ep->to, from, sizeof(*from))) ||
		(configured && !memcmp(&configured->to, from, sizeof(*from))));
}

/* Only the first CONFIG after a REGISTER is accepted. */
static int accept_profile(struct camex_peer *peer, struct camex_profile *profile)
{
	struct camex_camex_peer *own = camex_camex_of(peer);
	struct camex_dev *cdev = peer->cdev;
	bool taken;

	spin_lock(&cdev->lock);
	taken = own->waiting && !peer->dead;
	if (taken) {
		WRITE_ONCE(own->waiting, false);
		camex_profile_set(peer, profile);
		camex_peer_tell(peer, CAMEX_EVENT_CONFIG);
	}
	spin_unlock(&cdev->lock);
	return taken ? 0 : CAMEX_A_STATS_UNKNOWN_PEER;
}

/**
 * camex_control_config() - take a CONFIG, if we wait for one
 * @peer: the sender
 * @text: its text
 * @len: bytes of @text
 * @from: its source
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
	copy_client_id(peer->cdev, ours);
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
 * camex_control_take() - camex_sealed_ops.take_control: take control text that opened under a
 *	peer's key
 * @peer: the peer
 * @type: enum camex_wire_type
 * @text: the text
 * @len: its bytes
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or the counter (CAMEX_A_STATS_*) under which the datagram is dropped.
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
