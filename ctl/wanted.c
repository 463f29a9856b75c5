/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "wanted.h"

void client_route(const struct client *client, struct prefix *route)
{
	*route = client->profile.address;
	route->len = 32;
}

static bool routes_differ(const struct client *client,
			  const struct model_peer *peer)
{
	struct prefix route;

	if (!client->address_line)
		return peer->n_routes;
	client_route(client, &route);
	return peer->n_routes != 1 || prefix_compare(&peer->routes[0], &route);
}

static bool profile_differs(const struct client *client,
			    const struct model_peer *peer)
{
	struct profile profile;

	profile_read(peer->tb, &profile);
	return !profile_equal(&client->profile, &profile);
}

static bool key_differs(const struct client *client,
			const struct model_peer *peer)
{
	const struct nlattr *has = peer->tb[CAMEX_A_PEER_FINGERPRINT];

	if (!has || !client->has_key)
		return has || client->has_key;
	return nla_len(has) != CAMEX_FINGERPRINT_LEN ||
	       memcmp(nla_data(has), client->secret.fingerprint,
		      CAMEX_FINGERPRINT_LEN) != 0;
}

static int wanted_compare(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int order = strcasecmp(x->name, y->name);

	if (!order)
		order = !x->client - !y->client;
	return order;
}

int wanted_peers(const struct database *db, const struct model_device *device,
		 struct wanted **peers, size_t *n_peers, struct fault *fault)
{
	struct wanted *list;
	size_t n = 0, all;

	list = calloc(db->n_clients + device->n_peers + 1, sizeof(*list));
	if (!list)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < db->n_clients; i++)
		list[n++] = (struct wanted){
			.name = db->clients[i].name,
			.client = &db->clients[i],
		};
	for (size_t i = 0; i < device->n_peers; i++)
		list[n++] = (struct wanted){
			.name = device->peers[i].name,
			.peer = &device->peers[i],
		};
	qsort(list, n, sizeof(*list), wanted_compare);
	all = n;
	n = 0;
	for (size_t i = 0; i < all; i++) {
		struct wanted *wanted = &list[n++];

		*wanted = list[i];
		if (i + 1 == all || !wanted->client || list[i + 1].client ||
		    strcasecmp(wanted->name, list[i + 1].name) != 0)
			continue;
		wanted->peer = list[++i].peer;
		wanted->other_routes =
			routes_differ(wanted->client, wanted->peer);
		wanted->other_profile =
			profile_differs(wanted->client, wanted->peer);
		wanted->other_key = key_differs(wanted->client, wanted->peer);
	}
	*peers = list;
	*n_peers = n;
	return 0;
}

uint32_t device_number(const struct model_device *device, uint16_t attr)
{
	const struct nlattr *nla = device->tb[attr];
	uint32_t number = 0;

	if (!nla)
		return 0;
	switch (nla_len(nla)) {
	case 1:
		number = nla_get_u8(nla);
		break;
	case 2:
		number = nla_get_u16(nla);
		break;
	case 4:
		number = nla_get_u32(nla);
		break;
	}
	return number;
}

/* The same keyword with what the device has now. */
static void value_before(const struct model_device *device,
			 const struct value *value, struct value *before)
{
	const struct nlattr *nla = device->tb[value->keyword->attr];

	*before = (struct value){ .keyword = value->keyword, .text = "none" };
	if (value->keyword->type == &type_address) {
		if (nla)
			address_set(&before->address, nla_data(nla),
				    (size_t)nla_len(nla));
	} else if (value->keyword->type == &type_interface) {
		if (nla && nla_len(nla) > 1)
			before->text = nla_data(nla);
	} else {
		before->number = device_number(device, value->keyword->attr);
	}
}

static bool value_differs(const struct value *a, const struct value *b)
{
	if (a->keyword->type == &type_address)
		return a->address.family != b->address.family ||
		       memcmp(a->address.bytes, b->address.bytes,
			      sizeof(a->address.bytes)) != 0;
	if (a->keyword->type == &type_interface)
		return strcmp(a->text, b->text) != 0;
	return a->number != b->number;
}

void wanted_device(const struct model_device *device, struct values *values,
		   struct values *before)
{
	size_t n = 0;

	for (size_t i = 0; i < values->n; i++) {
		struct value value;

		value_before(device, &values->list[i], &value);
		if (!value_differs(&values->list[i], &value))
			continue;
		values->list[n] = values->list[i];
		before->list[n++] = value;
	}
	values->n = n;
	before->n = n;
}
