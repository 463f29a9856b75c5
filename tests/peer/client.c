// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The client of the OpenIPC camex daemon. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "log.h"

#define CONFIG_MAX	1024	/* bytes into which the first CONFIG is received */

enum {
	REGISTER_EVERY = 10,	/* seconds */
	ASK_EVERY = 5,
};

static const int backoff[] = { 5, 10, 20, 40, 60 };

/*
 * server: the far end
 * waiting: for a CONFIG
 * losses: how often in a row the connection was lost
 * next_register, next_keepalive: when they are due, in milliseconds
 */
static struct {
	struct far server;
	bool waiting;
	unsigned int losses;
	int64_t next_register;
	int64_t next_keepalive;
} client;

/* Have a connection, where there is to be one. */
static bool connect_server(struct node *node)
{
	const struct endpoint *at = &client.server.at;

	if (!at->stream || streams_has(node->streams, at))
		return true;
	if (streams_connect(node->streams, &node->o->bind, at)) {
		log_event("connected", NULL);
		if (node->o->registers != REGISTER_AUTO)
			client.losses = 0;
		return true;
	}
	log_event("cannot connect", strerror(errno));
	return false;
}

static bool start(struct node *node)
{
	const struct options *o = node->o;
	struct far *server = &client.server;

	server->at = o->endpoint;
	server->at.stream = o->tcp;
	memcpy(server->key, o->key, KEY_LEN);
	server->oldest = o->oldest;
	server->seq = o->seq;
	node_new_session(server);
	if (o->has_prefix)
		memcpy(server->prefix, o->prefix, PREFIX_LEN);
	client.waiting = o->registers == REGISTER_AUTO;
	snprintf(server->id, sizeof(server->id), "%s", o->client_id);
	node->far = server;
	connect_server(node);
	return true;
}

void client_register(struct node *node)
{
	struct far *server = &client.server;
	struct control c = { .oldest = server->oldest && !client.waiting };
	char address[INET_ADDRSTRLEN], text[TEXT_MAX];
	size_t len;

	inet_ntop(AF_INET, &node->address, address, sizeof(address));
	if (!c.oldest) {
		if (!server->oldest)
			control_add(&c, "VER", "1");
		control_add(&c, "MODE", client.waiting ? "AUTO" : "MANUAL");
	}
	if (client.waiting)
		control_add(&c, "CLIENT_ID", "%s", server->id);
	else
		control_add(&c, "LOCAL_IP", "%s", address);
	len = control_build(&c, text);
	server->window.begun = false;
	node_send(node, server, REGISTER, text, len);
}

/* A new socket and a new prefix; REGISTER once the time for it has come. */
static void reconnect(struct node *node, int64_t now)
{
	unsigned int last = sizeof(backoff) / sizeof(*backoff) - 1;

	log_event("lost", NULL);
	streams_close(node->streams, &client.server.at);
	close(node->sock);
	node->sock = net_socket(&node->o->bind, node->o->endpoint.any.sa_family);
	if (node->sock < 0)
		log_event("no socket", strerror(errno));
	node_new_session(&client.server);
	client.waiting = node->o->registers == REGISTER_AUTO;
	client.next_register = now + node_ms(node, backoff[client.losses]);
	client.next_keepalive = client.next_register + node_ms(node, REGISTER_EVERY);
	client.server.heard = client.next_register;
	if (client.losses < last)
		client.losses++;
}

static int tick(struct node *node, int64_t now)
{
	const struct options *o = node->o;
	int64_t next = now + 60000;

	if (node->silent)
		return 1000;
	if (!client.server.heard)
		client.server.heard = now;
	if (o->registers == REGISTER_AUTO &&
	    now - client.server.heard >= node_ms(node, o->lost_after))
		reconnect(node, now);
	if (o->keepalive && now >= client.next_keepalive) {
		if (client.next_keepalive && !client.waiting)
			node_send(node, &client.server, KEEPALIVE, NULL, 0);
		client.next_keepalive = now + node_ms(node, o->keepalive);
	}
	if (now >= client.next_register && !connect_server(node))
		reconnect(node, now);
	if (o->registers != REGISTER_OFF && now >= client.next_register) {
		client_register(node);
		client.next_register = now + node_ms(node, client.waiting ?
						     ASK_EVERY : REGISTER_EVERY);
	}
	if (o->keepalive && client.next_keepalive < next)
		next = client.next_keepalive;
	if ((o->registers != REGISTER_OFF ||
	     (o->tcp && !streams_has(node->streams, &client.server.at))) &&
	    client.next_register < next)
		next = client.next_register;
	if (o->registers == REGISTER_AUTO &&
	    client.server.heard + node_ms(node, o->lost_after) < next)
		next = client.server.heard + node_ms(node, o->lost_after);
	return next > now ? (int)(next - now) : 0;
}

static void add_route(const struct node *node, const char *prefix, const char *gateway)
{
	const char *const words[] = { "route", "replace", prefix, "via", gateway, "dev",
				      node->o->tun, NULL };

	if (node->tun >= 0 && (!gateway || !net_ip(words)))
		log_event("a route cannot be set", prefix);
}

/* Take a CONFIG that is good so far; return why not, or NULL. */
static const char *configure(struct node *node, const struct control *c, int64_t now)
{
	const char *mtu = control_get(c, "MTU"), *id = control_get(c, "CLIENT_ID");
	int i;

	if (id && strcasecmp(id, client.server.id))
		return "CONFIG for another CLIENT_ID";
	node_configure(node, control_get(c, "LOCAL_CIDR"), mtu ? atoi(mtu) : 0);
	for (i = 0; i < c->n; i++)
		if (!strcmp(c->field[i].name, "ROUTE_CIDR"))
			add_route(node, c->field[i].value, control_get(c, "GATEWAY_IP"));
	client.waiting = false;
	client.losses = 0;
	client.next_register = now;
	client.next_keepalive = now + node_ms(node, node->o->keepalive);
	return NULL;
}

static const char *take_config(struct node *node, const struct received *r, int64_t now)
{
	const char *wrong;
	struct control c;

	if (!client.waiting)
		return "CONFIG that nobody waits for";
	if (r->len > CONFIG_MAX)
		return "CONFIG of more than 1,024 bytes";
	wrong = control_parse(r->d.body, r->d.len, &c);
	return wrong ? wrong : configure(node, &c, now);
}

static const char *consider(struct node *node, const struct received *r, int64_t now)
{
	const struct datagram *d = &r->d;
	const char *wrong;
	struct control c;

	if (d->type == REGISTER) {
		wrong = control_parse(d->body, d->len, &c);
		return wrong ? wrong : "REGISTER is for servers";
	}
	if (node->o->mode == ENCRYPTED && d->type != KEEPALIVE &&
	    !node_fresh(&client.server.window, d->seq))
		return "replayed";
	client.server.heard = now;
	if (d->type == CONFIG)
		return take_config(node, r, now);
	return NULL;
}

static void take(struct node *node, struct received *r, int64_t now)
{
	const char *ignored = NULL;

	r->wrong = datagram_open(node->o->mode, client.server.key, r->buffer, r->len,
				 &r->d, r->room);
	if (!endpoint_is(&r->from, &client.server.at, true))
		ignored = "not from the server";
	else if (!r->wrong)
		ignored = consider(node, r, now);
	trace_in(node->o->mode, r, ignored);
	if (!r->wrong && !ignored && r->d.type == DATA)
		node_deliver(node, &client.server, (uint8_t *)r->d.body, r->d.len);
}

static void forward(struct node *node, uint8_t *packet, size_t len)
{
	if (!client.waiting)
		node_send(node, &client.server, DATA, packet, len);
}

static void lost(struct node *node, const struct endpoint *at, int64_t now)
{
	if (endpoint_is(at, &client.server.at, true))
		reconnect(node, now);
}

const struct role client_role = {
	.start = start,
	.tick = tick,
	.take = take,
	.forward = forward,
	.lost = lost,
};
