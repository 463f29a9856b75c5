/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <inttypes.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/profile.h"
#include "output/fields.h"
#include "output/output.h"
#include "text/parse.h"
#include "text/secret.h"

#define DEV(name) CAMEX_A_DEV_##name
#define PEER(name) CAMEX_A_PEER_##name
#define WG_DEV(name) CAMEX_A_WG_DEV_##name
#define WG_PEER(name) CAMEX_A_WG_PEER_##name

/* Fields without a name here are settings: the table of keywords has the rest. */
/* clang-format off */
static struct field of_devices[] = {
	{ "link", .line = "carries" },
	{ "protocol", .line = "carries" },
	{ "transport", .line = "carries" },
	{ "port", .line = "socket" },
	{ "bind", .line = "socket" },
	{ "bind_dev", .line = "socket" },
	{ "fwmark", FIELD_MARK, .line = "socket", .hide = "0x0" },
	{ "tx", .line = "socket", .hide = "udp" },
	{ "rx", .line = "socket", .hide = "udp" },
	{ "links", .line = "carries" },
	{ "link_name", .line = "links" },
	{ "link_timeout", FIELD_SECONDS, .line = "links" },
	{ "id", .line = "id" },
	{ "client_id", .line = "client-id" },
	{ "public_key", FIELD_KEY, WG_DEV(PUBLIC_KEY), NULL, "key", "public", NULL, DEV(WIREGUARD) },
	{ "relay", .line = "policy", .hide = "off" },
	{ "source_check", .line = "policy" },
	{ "plaintext", .line = "policy" },
	{ "ageing", .line = "policy" },
	{ "mtu", FIELD_NUMBER, DEV(MTU), NULL, "mtu", "", NULL, 0 },
	{}
};

static struct field of_peers[] = {
	{ "name", FIELD_STRING, PEER(NAME), NULL, "peer", "", NULL, 0 },
	{ "id", .line = "id" },
	{ "endpoint", .line = "endpoint" },
	{ "configured_endpoint", FIELD_ENDPOINT, PEER(CONFIGURED_ADDR), NULL, "endpoint", "configured", NULL, 0 },
	{ "transport", FIELD_CHOICE, PEER(TRANSPORT), transport_choices, "endpoint", "by", NULL, 0 },
	{ "fingerprint", FIELD_FINGERPRINT, PEER(FINGERPRINT), NULL, "key", "fingerprint", NULL, 0 },
	{ "public_key", FIELD_KEY, WG_PEER(PUBLIC_KEY), NULL, "key", "public", NULL, PEER(WIREGUARD) },
	{ "preshared", FIELD_SWITCH, WG_PEER(PRESHARED), NULL, "key", "preshared", "off", PEER(WIREGUARD) },
	{ "cipher", .line = "key", .hide = "chacha20-poly1305" },
	{ "routes", FIELD_ROUTES, 0, NULL, "routes", "", NULL, 0 },
	{ "keepalive", FIELD_SECONDS, .line = "timers", .hide = "0 s" },
	{ "register", .line = "timers", .hide = "off" },
	{ "state", FIELD_CHOICE, PEER(STATE), state_choices, "state", "", NULL, 0 },
	{ "last_seen_ms", FIELD_AGE, PEER(LAST_SEEN), NULL, "state", "", NULL, 0 },
	{ "last_handshake_ms", FIELD_AGE, WG_PEER(LAST_HANDSHAKE), NULL, "handshake", "", NULL, PEER(WIREGUARD) },
	{ "unanswered_ms", FIELD_AGE, PEER(UNANSWERED), NULL, "state", "", NULL, 0 },
	{ "refused_ms", FIELD_AGE, PEER(REFUSED), NULL, "state", "", NULL, 0 },
	{ "link", FIELD_STRING, PEER(LINK), NULL, "link", "", NULL, 0 },
	{ "rx_packets", FIELD_NUMBER, PEER(RX_PACKETS), NULL, "received", "", NULL, 0 },
	{ "rx_bytes", FIELD_BYTES, PEER(RX_BYTES), NULL, "received", "", NULL, 0 },
	{ "tx_packets", FIELD_NUMBER, PEER(TX_PACKETS), NULL, "sent", "", NULL, 0 },
	{ "tx_bytes", FIELD_BYTES, PEER(TX_BYTES), NULL, "sent", "", NULL, 0 },
	{ "rx_dropped", FIELD_NUMBER, PEER(RX_DROPPED), NULL, "dropped", "received", "0", 0 },
	{ "tx_dropped", FIELD_NUMBER, PEER(TX_DROPPED), NULL, "dropped", "sent", "0", 0 },
	{ "profile", FIELD_PROFILE, 0, NULL, "profile", "", NULL, 0 },
	{}
};

const struct field event_fields[] = {
	{ "peer", FIELD_STRING, PEER(NAME), NULL, NULL, "", NULL, 0 },
	{ "endpoint", FIELD_ENDPOINT, PEER(ENDPOINT_ADDR), NULL, NULL, "", NULL, 0 },
	{ "state", FIELD_CHOICE, PEER(STATE), state_choices, NULL, "", NULL, 0 },
	{ "link", FIELD_STRING, PEER(LINK), NULL, NULL, "", NULL, 0 },
	{}
};
/* clang-format on */

const struct field *const device_fields = of_devices;
const struct field *const peer_fields = of_peers;

static enum field_kind kind_of_form(const struct value_form *form)
{
	static const struct {
		const struct value_form *form;
		enum field_kind kind;
	} kinds[] = {
		{ &form_u16, FIELD_NUMBER },
		{ &form_u32, FIELD_NUMBER },
		{ &form_switch, FIELD_SWITCH },
		{ &form_choice, FIELD_CHOICE },
		{ &form_address, FIELD_ADDRESS },
		{ &form_id, FIELD_ID },
		{ &form_endpoint, FIELD_ENDPOINT },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].form == form)
			return kinds[i].kind;
	return FIELD_STRING;
}

static void fill_setting(struct field *field, const struct keyword *keyword)
{
	char key[KEY_TEXT];

	if (field->name || strcmp(keyword_key(keyword, key), field->key) != 0)
		return;
	field->attr = keyword->attr;
	field->within = keyword->within;
	field->choices = keyword->choices;
	field->name = strcmp(keyword->name, field->line) ? keyword->name : "";
	if (!field->kind)
		field->kind = kind_of_form(keyword->type->form);
}

__attribute__((constructor)) static void fill_fields(void)
{
	for (const struct keyword *k = keywords; k->name; k++) {
		for (struct field *f = of_devices; f->key; f++)
			if (k->takes & TAKES_DEV_ADD)
				fill_setting(f, k);
		for (struct field *f = of_peers; f->key; f++)
			if (k->takes & TAKES_PEER_ADD)
				fill_setting(f, k);
	}
}

const struct field *field_find(const struct field *fields, const char *key)
{
	while (strcmp(fields->key, key) != 0)
		fields++;
	return fields;
}

static void write_routes(FILE *out, const struct model_peer *peer)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < peer->n_routes; i++)
		fprintf(out, "%s%s", i ? ", " : "",
			prefix_text(&peer->routes[i], text));
}

/* Find the attribute of a field, in a nest or not. NULL if there is none. */
static const struct nlattr *find_attr(const struct field *field,
				      struct nlattr *const *tb)
{
	struct nlattr *inner[MODEL_NEST_MAX + 1];

	if (!field->attr)
		return NULL;
	if (!field->within)
		return tb[field->attr];
	model_nest(tb[field->within], inner);
	return inner[field->attr];
}

bool field_number(const struct field *field, struct nlattr *const *tb,
		  uint64_t *number)
{
	const struct nlattr *attr = find_attr(field, tb);

	if (attr)
		*number = model_number(attr);
	return attr;
}

/* An empty text for an empty list. */
static void write_field(FILE *out, const struct field *field,
			struct nlattr *const *tb, const struct model_peer *peer)
{
	const struct nlattr *attr = find_attr(field, tb);
	struct address address;
	struct endpoint endpoint;
	struct profile profile;
	char text[PROFILE_TEXT] = "";

	if (field->attr && !attr)
		return;
	switch (field->kind) {
	case FIELD_STRING:
		fputs(nla_get_string(attr), out);
		break;
	case FIELD_NUMBER:
		fprintf(out, "%" PRIu64, model_number(attr));
		break;
	case FIELD_MARK:
		fprintf(out, "0x%" PRIx64, model_number(attr));
		break;
	case FIELD_SECONDS:
		fprintf(out, "%" PRIu64 " s", model_number(attr));
		break;
	case FIELD_BYTES:
		fputs(print_size(model_number(attr), text), out);
		break;
	case FIELD_AGE:
		fputs(print_age(model_number(attr), text), out);
		break;
	case FIELD_SWITCH:
		fputs(model_number(attr) ? "on" : "off", out);
		break;
	case FIELD_CHOICE:
		fputs(choice_name(field->choices, nla_get_u32(attr)), out);
		break;
	case FIELD_ADDRESS:
		if (model_address(attr, &address))
			fputs(address_text(&address, text), out);
		break;
	case FIELD_ENDPOINT:
		if (model_endpoint(tb, field->attr, &endpoint))
			fputs(endpoint_text(&endpoint, text), out);
		break;
	case FIELD_ID:
		fputs(id_text(nla_data(attr), text), out);
		break;
	case FIELD_FINGERPRINT:
		fputs(secret_hex(nla_data(attr), text), out);
		break;
	case FIELD_KEY:
		fputs(key_base64(nla_data(attr), text), out);
		break;
	case FIELD_PROFILE:
		if (profile_read(tb, &profile))
			fputs(profile_text(&profile, text), out);
		break;
	case FIELD_ROUTES:
		write_routes(out, peer);
		break;
	}
}

char *field_text(const struct field *field, struct nlattr *const *tb,
		 const struct model_peer *peer)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	write_field(out, field, tb, peer);
	fclose(out);
	if (len)
		return text;
	free(text);
	return NULL;
}

struct json_object *text_json(const char *text)
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

static struct json_object *prefixes_json(const struct prefix *list, size_t n)
{
	struct json_object *array = json_object_new_array();
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, json_object_new_string(prefix_text(
						     &list[i], text)));
	return array;
}

static struct json_object *profile_json(struct nlattr *const *tb)
{
	struct json_object *object, *address = NULL, *gateway = NULL;
	struct profile profile;
	char text[PREFIX_TEXT];

	if (!profile_read(tb, &profile))
		return NULL;
	object = json_object_new_object();
	if (profile.address.addr.family)
		address = text_json(prefix_text(&profile.address, text));
	if (profile.gateway.family)
		gateway = text_json(address_text(&profile.gateway, text));
	json_object_object_add(object, "address", address);
	json_object_object_add(object, "gateway", gateway);
	json_object_object_add(
		object, "mtu",
		profile.mtu ? json_object_new_int64(profile.mtu) : NULL);
	json_object_object_add(object, "routes",
			       prefixes_json(profile.routes, profile.n_routes));
	return object;
}

struct json_object *field_json(const struct field *field,
			       struct nlattr *const *tb,
			       const struct model_peer *peer)
{
	const struct nlattr *attr = find_attr(field, tb);
	struct json_object *object = NULL;
	char *text;

	if (field->kind == FIELD_ROUTES && peer->withheld)
		return NULL;
	if (field->kind == FIELD_ROUTES)
		return prefixes_json(peer->routes, peer->n_routes);
	if (field->kind == FIELD_PROFILE)
		return profile_json(tb);
	if (!attr)
		return NULL;
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_MARK:
	case FIELD_SECONDS:
	case FIELD_BYTES:
	case FIELD_AGE:
		return json_object_new_uint64(model_number(attr));
	case FIELD_SWITCH:
		return json_object_new_boolean(!!model_number(attr));
	default:
		text = field_text(field, tb, peer);
		if (text)
			object = text_json(text);
		free(text);
		return object;
	}
}
