/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* JSON: a table of keys for each kind of object. */
#include <json-c/json.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keywords.h"
#include "output.h"
#include "parse.h"
#include "profile.h"
#include "secret.h"
#include "watch.h"

struct field;
typedef struct json_object *make_fn(struct nlattr *const *tb,
				    const struct field *field);

/**
 * struct field - a key and where its value comes from
 * @key: the key
 * @make: makes the value; NULL: the kernel has none, it is null
 * @attr: the attribute; null if it did not come
 * @choices: its names, if it is an enumeration
 */
struct field {
	const char *key;
	make_fn *make;
	uint16_t attr;
	const struct choice *choices;
};

/* A name may come from a program that does not know UTF-8; JSON is UTF-8. */
static struct json_object *make_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct json_object *object;
	char *clean, *to;

	/* each byte may become three */
	clean = malloc(strlen(text) * 3 + 1);
	if (!clean)
		return NULL;
	for (to = clean; *text;) {
		unsigned int len = parse_utf8(text);

		memcpy(to, len ? text : replacement, len ? len : 3);
		to += len ? len : 3;
		text += len ? len : 1;
	}
	*to = '\0';
	object = json_object_new_string(clean);
	free(clean);
	return object;
}

static struct json_object *make_string(struct nlattr *const *tb,
				       const struct field *field)
{
	return make_text(nla_get_string(tb[field->attr]));
}

/* "" means none */
static struct json_object *make_name(struct nlattr *const *tb,
				     const struct field *field)
{
	const char *name = nla_get_string(tb[field->attr]);

	return *name ? make_text(name) : NULL;
}

static struct json_object *make_u16(struct nlattr *const *tb,
				    const struct field *field)
{
	return json_object_new_int(nla_get_u16(tb[field->attr]));
}

static struct json_object *make_u32(struct nlattr *const *tb,
				    const struct field *field)
{
	return json_object_new_int64(nla_get_u32(tb[field->attr]));
}

static struct json_object *make_u64(struct nlattr *const *tb,
				    const struct field *field)
{
	return json_object_new_uint64(nla_get_u64(tb[field->attr]));
}

static struct json_object *make_switch(struct nlattr *const *tb,
				       const struct field *field)
{
	return json_object_new_boolean(nla_get_u8(tb[field->attr]));
}

static struct json_object *make_choice(struct nlattr *const *tb,
				       const struct field *field)
{
	return json_object_new_string(
		choice_name(field->choices, nla_get_u32(tb[field->attr])));
}

static struct json_object *make_address(struct nlattr *const *tb,
					const struct field *field)
{
	const struct nlattr *attr = tb[field->attr];
	struct address addr;
	char buf[ADDRESS_TEXT];

	/* of no length: any */
	if (address_set(&addr, nla_data(attr), (size_t)nla_len(attr)))
		return NULL;
	return json_object_new_string(address_text(&addr, buf));
}

static struct json_object *make_endpoint(struct nlattr *const *tb,
					 const struct field *field)
{
	struct endpoint endpoint;
	char buf[ENDPOINT_TEXT];

	(void)field;
	if (!model_endpoint(tb, &endpoint))
		return NULL;
	return json_object_new_string(endpoint_text(&endpoint, buf));
}

static struct json_object *make_id(struct nlattr *const *tb,
				   const struct field *field)
{
	char buf[ID_TEXT];

	return json_object_new_string(id_text(nla_data(tb[field->attr]), buf));
}

static struct json_object *make_fingerprint(struct nlattr *const *tb,
					    const struct field *field)
{
	char buf[SECRET_HEX];

	return json_object_new_string(
		secret_hex(nla_data(tb[field->attr]), buf));
}

static const struct field device_fields[] = {
	{ "link", make_choice, CAMEX_A_DEV_LINK, link_choices },
	{ "protocol", make_choice, CAMEX_A_DEV_PROTOCOL, protocol_choices },
	{ "transport", make_choice, CAMEX_A_DEV_TRANSPORT, transport_choices },
	{ "port", make_u16, CAMEX_A_DEV_PORT, NULL },
	{ "bind", make_address, CAMEX_A_DEV_BIND, NULL },
	{ "bind_dev", make_name, CAMEX_A_DEV_BIND_DEV, NULL },
	{ "fwmark", make_u32, CAMEX_A_DEV_FWMARK, NULL },
	{ "tx", make_choice, CAMEX_A_DEV_TX, tx_choices },
	{ "rx", make_choice, CAMEX_A_DEV_RX, rx_choices },
	{ "links", make_choice, CAMEX_A_DEV_LINKS, links_choices },
	{ "link_name", make_name, CAMEX_A_DEV_LINK_NAME, NULL },
	{ "link_timeout", make_u16, CAMEX_A_DEV_LINK_TIMEOUT, NULL },
	{ "id", make_id, CAMEX_A_DEV_ID, NULL },
	{ "client_id", make_string, CAMEX_A_DEV_CLIENT_ID, NULL },
	{ "relay", make_switch, CAMEX_A_DEV_RELAY, NULL },
	{ "source_check", make_switch, CAMEX_A_DEV_SOURCE_CHECK, NULL },
	{ "plaintext", make_switch, CAMEX_A_DEV_PLAINTEXT, NULL },
	{ "ageing", make_u16, CAMEX_A_DEV_AGEING, NULL },
	{ "mtu", make_u32, CAMEX_A_DEV_MTU, NULL },
	{}
};

/* before and after a peer's list of routes */
static const struct field peer_fields_1[] = {
	{ "name", make_string, CAMEX_A_PEER_NAME, NULL },
	{ "id", make_id, CAMEX_A_PEER_ID, NULL },
	{ "endpoint", make_endpoint, CAMEX_A_PEER_ENDPOINT_ADDR, NULL },
	{ "fingerprint", make_fingerprint, CAMEX_A_PEER_FINGERPRINT, NULL },
	{}
};

static const struct field peer_fields_2[] = {
	{ "keepalive", make_u16, CAMEX_A_PEER_KEEPALIVE, NULL },
	{ "register", make_choice, CAMEX_A_PEER_REGISTER, register_choices },
	{ "state", make_choice, CAMEX_A_PEER_STATE, state_choices },
	{ "last_seen_ms", make_u64, CAMEX_A_PEER_LAST_SEEN, NULL },
	{ "unanswered_ms", make_u64, CAMEX_A_PEER_UNANSWERED, NULL },
	{ "refused_ms", make_u64, CAMEX_A_PEER_REFUSED, NULL },
	{ "link", make_string, CAMEX_A_PEER_LINK, NULL },
	{ "rx_packets", make_u64, CAMEX_A_PEER_RX_PACKETS, NULL },
	{ "rx_bytes", make_u64, CAMEX_A_PEER_RX_BYTES, NULL },
	{ "tx_packets", make_u64, CAMEX_A_PEER_TX_PACKETS, NULL },
	{ "tx_bytes", make_u64, CAMEX_A_PEER_TX_BYTES, NULL },
	{}
};

static const struct field event_peer_fields[] = {
	{ "peer", make_string, CAMEX_A_PEER_NAME, NULL },
	{ "endpoint", make_endpoint, CAMEX_A_PEER_ENDPOINT_ADDR, NULL },
	{ "state", make_choice, CAMEX_A_PEER_STATE, state_choices },
	{ "link", make_string, CAMEX_A_PEER_LINK, NULL },
	{}
};

static void add_fields(struct json_object *object, const struct field *field,
		       struct nlattr *const *tb)
{
	for (; field->key; field++) {
		struct json_object *value = NULL;

		if (field->make && tb[field->attr])
			value = field->make(tb, field);
		json_object_object_add(object, field->key, value);
	}
}

static struct json_object *prefix_object(const struct prefix *prefix)
{
	char buf[PREFIX_TEXT];

	return json_object_new_string(prefix_text(prefix, buf));
}

static struct json_object *address_object(const struct address *address)
{
	char buf[ADDRESS_TEXT];

	if (!address->family)
		return NULL;
	return json_object_new_string(address_text(address, buf));
}

/* NULL, which is null: there is none. */
static struct json_object *profile_object(struct nlattr *const *tb)
{
	struct json_object *object, *routes;
	struct profile profile;

	if (!profile_read(tb, &profile))
		return NULL;
	object = json_object_new_object();
	routes = json_object_new_array();
	json_object_object_add(object, "address",
			       profile.address.addr.family ?
				       prefix_object(&profile.address) :
				       NULL);
	json_object_object_add(object, "gateway",
			       address_object(&profile.gateway));
	json_object_object_add(
		object, "mtu",
		profile.mtu ? json_object_new_int64(profile.mtu) : NULL);
	for (size_t i = 0; i < profile.n_routes; i++)
		json_object_array_add(routes,
				      prefix_object(&profile.routes[i]));
	json_object_object_add(object, "routes", routes);
	return object;
}

/* @withheld: the user may not see the peer's routes */
static struct json_object *peer_object(const struct model_peer *peer,
				       bool withheld)
{
	struct json_object *object = json_object_new_object();
	struct json_object *routes = withheld ? NULL : json_object_new_array();

	add_fields(object, peer_fields_1, peer->tb);
	for (size_t i = 0; i < peer->n_routes; i++)
		json_object_array_add(routes, prefix_object(&peer->routes[i]));
	json_object_object_add(object, "routes", routes);
	add_fields(object, peer_fields_2, peer->tb);
	json_object_object_add(object, "profile", profile_object(peer->tb));
	return object;
}

static struct json_object *peers_array(const struct model_device *device)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < device->n_peers; i++)
		json_object_array_add(list, peer_object(&device->peers[i],
							device->withheld));
	return list;
}

static struct json_object *device_object(const struct model_device *device,
					 bool with_peers)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", make_text(device->name));
	json_object_object_add(object, "ifindex",
			       json_object_new_int64(device->ifindex));
	add_fields(object, device_fields, device->tb);
	if (with_peers)
		json_object_object_add(object, "peers", peers_array(device));
	return object;
}

/* Print and free: on one line, or for a terminal on many. */
static int print_json(FILE *out, struct json_object *object, bool line,
		      struct fault *fault)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (!line && isatty(fileno(out)))
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_ext(object, flags);
	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(object);
	return text ? 0 : fault_set(fault, "out of memory");
}

int json_devices(FILE *out, const struct model_devices *devices,
		 bool with_peers, struct fault *fault)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < devices->n; i++)
		json_object_array_add(list, device_object(&devices->list[i],
							  with_peers));
	return print_json(out, list, false, fault);
}

int json_peers(FILE *out, const struct model_device *device,
	       struct fault *fault)
{
	return print_json(out, peers_array(device), false, fault);
}

int json_routes(FILE *out, const struct model_routes *routes,
		struct fault *fault)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < routes->n; i++) {
		const struct model_route *route = &routes->list[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "prefix",
				       prefix_object(&route->prefix));
		json_object_object_add(object, "peer", make_text(route->peer));
		json_object_array_add(list, object);
	}
	return print_json(out, list, false, fault);
}

int json_stations(FILE *out, const struct model_stations *stations,
		  struct fault *fault)
{
	struct json_object *list = json_object_new_array();
	char mac[MAC_TEXT];

	for (size_t i = 0; i < stations->n; i++) {
		const struct model_station *station = &stations->list[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "mac",
				       make_text(mac_text(station->mac, mac)));
		json_object_object_add(
			object, "vlan",
			station->vlan ? json_object_new_int(station->vlan) :
					NULL);
		json_object_object_add(object, "peer",
				       make_text(station->peer));
		json_object_object_add(object, "static",
				       json_object_new_boolean(station->fixed));
		json_object_object_add(
			object, "age",
			station->fixed ? NULL :
					 json_object_new_int64(station->age));
		json_object_array_add(list, object);
	}
	return print_json(out, list, false, fault);
}

int json_stats(FILE *out, const uint64_t *counters, const bool *given,
	       struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		struct json_object *value = NULL;

		if (!counters_known[i].name)
			continue;
		if (given[i])
			value = json_object_new_uint64(counters[i]);
		json_object_object_add(object, counters_known[i].name, value);
	}
	return print_json(out, object, false, fault);
}

int json_event(FILE *out, const struct model_event *event, int64_t now,
	       struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "event",
			       json_object_new_string(choice_name(
				       event_choices, event->event)));
	json_object_object_add(object, "dev", make_text(event->name));
	add_fields(object, event_peer_fields, event->peer);
	if (event->event == CAMEX_EVENT_CONFIG)
		json_object_object_add(object, "profile",
				       profile_object(event->peer));
	json_object_object_add(object, "time_ms", json_object_new_int64(now));
	return print_json(out, object, true, fault);
}

int json_hook(FILE *out, const struct hook_link *link, const char *event,
	      const char *what, int number, struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "event", make_text("hook"));
	json_object_object_add(object, "dev", make_text(link->dev));
	json_object_object_add(object, "peer", make_text(link->peer));
	json_object_object_add(object, "id",
			       *link->id ? make_text(link->id) : NULL);
	json_object_object_add(object, "link", make_text(link->link));
	json_object_object_add(object, "hook", make_text(event));
	json_object_object_add(object, "status",
			       what && !strcmp(what, "status") ?
				       json_object_new_int(number) :
				       NULL);
	json_object_object_add(object, "signal",
			       what && !strcmp(what, "signal") ?
				       json_object_new_int(number) :
				       NULL);
	return print_json(out, object, true, fault);
}
