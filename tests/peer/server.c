// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The server of the OpenIPC camex daemon. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "inner.h"
#include "log.h"
#include "node.h"

#define MTU_DEFAULT	1500

enum {
	REGISTER_AGAIN = 5,	/* seconds */
	FORGET_AFTER = 120,
	LOOK_EVERY = 1,
};

/* The clients there are, and the keys there may be. */
static struct {
	struct far far[CLIENTS_MAX];
	uint8_t key[CLIENTS_MAX + 1][KEY_LEN];
	int keys;
} server;

/* The first client that is there, from this place on. */
static struct far *used(struct far *far)
{
	while (far < server.far + CLIENTS_MAX && !far->used)
		far++;
	return far < server.far + CLIENTS_MAX ? far : NULL;
}

static uint32_t address_of(const char *cidr)
{
	char text[VALUE_MAX + 1];
	struct in_addr ip;

	snprintf(text, sizeof(text), "%s", cidr);
	text[strcspn(text, "/")] = '\0';
	return inet_pton(AF_INET, text, &ip) == 1 ? ip.s_addr : 0;
}

static bool start(struct node *node)
{
	const struct conf *conf = node->o->conf;
	int i;

	if (!conf) {
		memcpy(server.key[server.keys++], node->o->key, KEY_LEN);
		return true;
	}
	for (i = 0; i < conf->clients; i++)
		key_derive(conf->client[i].psk, strlen(conf->client[i].psk),
			   server.key[i]);
	/* those who have no profile may register as MANUAL */
	key_derive(conf->psk, strlen(conf->psk), server.key[i]);
	server.keys = i + 1;
	return true;
}

static int tick(struct node *node, int64_t now)
{
	struct far *far;

	for (far = used(server.far); far; far = used(far + 1)) {
		if (now - far->heard < node_ms(node, FORGET_AFTER))
			continue;
		log_event("forgotten", far->id);
		if (node->far == far)
			node->far = NULL;
		memset(far, 0, sizeof(*far));
	}
	return (int)node_ms(node, LOOK_EVERY);
}

/* --- who is it --- */

/* The client at a place, whose key this is. */
static struct far *at_source(const struct endpoint *from, const uint8_t *key, bool port)
{
	struct far *far;

	for (far = used(server.far); far; far = used(far + 1))
		if (endpoint_is(&far->at, from, port) &&
		    (!key || !memcmp(far->key, key, KEY_LEN)))
			return far;
	return NULL;
}

static struct far *by_address(uint32_t address, const uint8_t *key)
{
	struct far *far;

	for (far = used(server.far); far; far = used(far + 1))
		if (address && far->address == address &&
		    (!key || !memcmp(far->key, key, KEY_LEN)))
			return far;
	return NULL;
}

static struct far *by_id(const char *id)
{
	struct far *far;

	for (far = used(server.far); far; far = used(far + 1))
		if (*id && !strcasecmp(far->id, id))
			return far;
	return NULL;
}

static struct far *unused(void)
{
	struct far *far;

	for (far = server.far; far < server.far + CLIENTS_MAX; far++)
		if (!far->used)
			return far;
	return NULL;
}

/* Open a datagram; return the key that fits, that of its source being tried first. */
static const uint8_t *open_any(struct node *node, struct received *r)
{
	enum mode mode = node->o->mode;
	struct far *known = at_source(&r->from, NULL, true);
	int i;

	if (known) {
		r->wrong = datagram_open(mode, known->key, r->buffer, r->len, &r->d, r->room);
		if (!r->wrong)
			return known->key;
	}
	for (i = 0; i < server.keys; i++) {
		r->wrong = datagram_open(mode, server.key[i], r->buffer, r->len, &r->d,
					 r->room);
		if (!r->wrong)
			return server.key[i];
	}
	return NULL;
}

/* --- REGISTER --- */

/* The profile that a text asks for, or whose address it has. */
static const struct conf_client *profile_of(const struct conf *conf, const char *id,
					    uint32_t address, int *number)
{
	int i;

	for (i = 0; conf && i < conf->clients; i++) {
		if (id ? strcasecmp(conf->client[i].id, id) :
			 address_of(conf->client[i].local_cidr) != address)
			continue;
		*number = i;
		return &conf->client[i];
	}
	return NULL;
}

static void send_config(struct node *node, struct far *far,
			const struct conf_client *profile)
{
	struct control c = { .config = true };
	char text[TEXT_MAX];
	size_t len;
	int i, mtu = profile->mtu ? profile->mtu : node->o->conf->mtu;

	if (!far->oldest)
		control_add(&c, "VER", "1");
	control_add(&c, "CLIENT_ID", "%s", profile->id);
	control_add(&c, "MTU", "%d", mtu ? mtu : MTU_DEFAULT);
	control_add(&c, "LOCAL_CIDR", "%s", profile->local_cidr);
	if (*profile->gateway_ip)
		control_add(&c, "GATEWAY_IP", "%s", profile->gateway_ip);
	for (i = 0; i < profile->routes; i++)
		control_add(&c, "ROUTE_CIDR", "%s", profile->route[i]);
	len = control_build(&c, text);
	if (len)
		node_send(node, far, CONFIG, text, len);
	else
		log_event("CONFIG is too long", profile->id);
}

/* Where a client is kept: found by its ID, its address or its source, or a new one. */
static struct far *place(struct node *node, const char *id, uint32_t address,
			 const struct received *r, const uint8_t *key)
{
	struct far *far = by_id(id);

	if (!far)
		far = by_address(address, key);
	if (!far)
		far = at_source(&r->from, key, true);
	if (!far) {
		far = unused();
		if (far)
			far->seq = node->o->seq;
	}
	return far;
}

static void enter(struct node *node, struct far *far, const struct received *r,
		  const uint8_t *key, uint32_t address, const char *id, int64_t now)
{
	/* It has come by a new connection, or none. */
	if (far->used && far->at.stream && !endpoint_is(&far->at, &r->from, true))
		streams_close(node->streams, &far->at);
	far->used = true;
	far->at = r->from;
	memmove(far->key, key, KEY_LEN);
	if (!far->told)
		far->oldest = r->d.oldest;
	far->address = address;
	snprintf(far->id, sizeof(far->id), "%s", id);
	far->window.begun = false;
	far->heard = now;
	far->registered = now;
	node_new_session(far);
}

/* Take a REGISTER; return why not, or NULL. @answer: result, what to answer with. */
static const char *take_register(struct node *node, const struct received *r,
				 const uint8_t *key, int64_t now,
				 const struct conf_client **answer)
{
	const struct conf_client *profile;
	const char *id, *wrong;
	struct control c;
	uint32_t address;
	struct far *far;
	int number = 0;

	wrong = control_parse(r->d.body, r->d.len, &c);
	if (wrong)
		return wrong;
	if (c.config)
		return "CONFIG is for clients";
	far = at_source(&r->from, key, true);
	if (far && now - far->registered < node_ms(node, REGISTER_AGAIN))
		return "again within 5 s";
	id = control_get(&c, "CLIENT_ID");
	address = address_of(control_get(&c, "LOCAL_IP") ? control_get(&c, "LOCAL_IP") : "");
	profile = profile_of(node->o->conf, id, address, &number);
	if (id && !profile)
		return "unknown CLIENT_ID";
	if (profile && node->o->mode == ENCRYPTED &&
	    memcmp(server.key[number], key, KEY_LEN))
		return "not the key of that client";
	far = place(node, profile ? profile->id : "", address, r, key);
	if (!far)
		return "too many clients";
	if (profile)
		address = address_of(profile->local_cidr);
	enter(node, far, r, key, address, profile ? profile->id : "", now);
	node->far = far;
	if (id)
		*answer = profile;
	return NULL;
}

/* --- DATA and KEEPALIVE --- */

/* Who sent it: whoever is there, has its inner address, or is on that host. */
static struct far *sender(const struct received *r, const uint8_t *key)
{
	struct far *far = at_source(&r->from, key, true);
	struct inner i;

	if (!far && r->d.type == DATA) {
		inner_describe(r->d.body, r->d.len, &i);
		far = by_address(i.source4, key);
	}
	return far ? far : at_source(&r->from, key, false);
}

static const char *hear(struct node *node, const struct received *r,
			const uint8_t *key, int64_t now)
{
	struct far *far = sender(r, key);

	if (!far)
		return "unknown client";
	if (node->o->mode == ENCRYPTED && r->d.type == DATA &&
	    !node_fresh(&far->window, r->d.seq))
		return "replayed";
	far->at = r->from;
	if (!far->told)
		far->oldest = r->d.oldest;
	far->heard = now;
	node->far = far;
	return NULL;
}

static void relay_or_deliver(struct node *node, uint8_t *packet, size_t len)
{
	struct far *from = node->far, *to;
	struct inner i;

	inner_describe(packet, len, &i);
	to = by_address(i.destination4, NULL);
	if (to && to != from)
		node_send(node, to, DATA, packet, len);
	else
		node_deliver(node, from, packet, len);
}

static void take(struct node *node, struct received *r, int64_t now)
{
	const struct conf_client *answer = NULL;
	const char *ignored = NULL;
	const uint8_t *key;

	key = open_any(node, r);
	if (!key)
		;
	else if (r->d.type == REGISTER)
		ignored = take_register(node, r, key, now, &answer);
	else if (r->d.type == CONFIG)
		ignored = "CONFIG is for clients";
	else
		ignored = hear(node, r, key, now);
	trace_in(node->o->mode, r, ignored);
	if (!key || ignored)
		return;
	if (answer)
		send_config(node, node->far, answer);
	if (r->d.type == DATA)
		relay_or_deliver(node, (uint8_t *)r->d.body, r->d.len);
}

static void forward(struct node *node, uint8_t *packet, size_t len)
{
	struct inner i;
	struct far *far;

	if (inner_check(packet, len))
		return;
	inner_describe(packet, len, &i);
	far = by_address(i.destination4, NULL);
	if (far)
		node_send(node, far, DATA, packet, len);
}

/* The client may come again; until then nothing can be sent to it. */
static void lost(struct node *node, const struct endpoint *at, int64_t now)
{
	char text[ENDPOINT_TEXT];

	(void)node;
	(void)now;
	log_event("disconnected", endpoint_text(at, text));
}

const struct role server_role = {
	.start = start,
	.tick = tick,
	.take = take,
	.forward = forward,
	.lost = lost,
};
