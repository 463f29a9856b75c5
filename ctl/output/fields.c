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

/* clang-format off */
const struct field device_fields[] = {
	{ "link", FIELD_CHOICE, DEV(LINK), link_choices, "carries", "link", NULL, 0 },
	{ "protocol", FIELD_CHOICE, DEV(PROTOCOL), protocol_choices, "carries", "protocol", NULL, 0 },
	{ "transport", FIELD_CHOICE, DEV(TRANSPORT), transport_choices, "carries", "transport", NULL, 0 },
	{ "port", FIELD_NUMBER, DEV(PORT), NULL, "socket", "port", NULL, 0 },
	{ "bind", FIELD_ADDRESS, DEV(BIND), NULL, "socket", "bind", NULL, 0 },
	{ "bind_dev", FIELD_STRING, DEV(BIND_DEV), NULL, "socket", "bind-dev", NULL, 0 },
	{ "fwmark", FIELD_MARK, DEV(FWMARK), NULL, "socket", "fwmark", "0x0", 0 },
	{ "tx", FIELD_CHOICE, DEV(TX), tx_choices, "socket", "tx", "udp", 0 },
	{ "rx", FIELD_CHOICE, DEV(RX), rx_choices, "socket", "rx", "udp", 0 },
	{ "links", FIELD_CHOICE, DEV(LINKS), links_choices, "carries", "links", NULL, 0 },
	{ "link_name", FIELD_STRING, DEV(LINK_NAME), NULL, "links", "link-name", NULL, 0 },
	{ "link_timeout", FIELD_SECONDS, DEV(LINK_TIMEOUT), NULL, "links", "link-timeout", NULL, 0 },
	{ "id", FIELD_ID, DEV(ID), NULL, "id", "", NULL, 0 },
	{ "client_id", FIELD_STRING, DEV(CLIENT_ID), NULL, "client-id", "", NULL, 0 },
	{ "public_key", FIELD_KEY, WG_DEV(PUBLIC_KEY), NULL, "key", "public", NULL, DEV(WIREGUARD) },
	{ "relay", FIELD_SWITCH, DEV(RELAY), NULL, "policy", "relay", "off", 0 },
	{ "source_check", FIELD_SWITCH, DEV(SOURCE_CHECK), NULL, "policy", "source-check", NULL, 0 },
	{ "plaintext", FIELD_SWITCH, DEV(PLAINTEXT), NULL, "policy", "plaintext", NULL, 0 },
	{ "ageing", FIELD_NUMBER, DEV(AGEING), NULL, "policy", "ageing", NULL, 0 },
	{ "mtu", FIELD_NUMBER, DEV(MTU), NULL, "mtu", "", NULL, 0 },
	{}
};

const struct field peer_fields[] = {
	{ "name", FIELD_STRING, PEER(NAME), NULL, "peer", "", NULL, 0 },
	{ "id", FIELD_ID, PEER(ID), NULL, "id", "", NULL, 0 },
	{ "endpoint", FIELD_ENDPOINT, PEER(ENDPOINT_ADDR), NULL, "endpoint", "", NULL, 0 },
	{ "configured_endpoint", FIELD_ENDPOINT, PEER(CONFIGURED_ADDR), NULL, "endpoint", "configured", NULL, 0 },
	{ "transport", FIELD_CHOICE, PEER(TRANSPORT), transport_choices, "endpoint", "by", NULL, 0 },
	{ "fingerprint", FIELD_FINGERPRINT, PEER(FINGERPRINT), NULL, "key", "fingerprint", NULL, 0 },
	{ "public_key", FIELD_KEY, WG_PEER(PUBLIC_KEY), NULL, "key", "public", NULL, PEER(WIREGUARD) },
	{ "preshared", FIELD_SWITCH, WG_PEER(PRESHARED), NULL, "key", "preshared", "off", PEER(WIREGUARD) },
	{ "cipher", FIELD_CHOICE, WG_PEER(CIPHER), cipher_choices, "key", "cipher", "chacha20-poly1305", PEER(WIREGUARD) },
	{ "routes", FIELD_ROUTES, 0, NULL, "routes", "", NULL, 0 },
	{ "keepalive", FIELD_SECONDS, PEER(KEEPALIVE), NULL, "timers", "keepalive", "0 s", 0 },
	{ "register", FIELD_CHOICE, PEER(REGISTER), register_choices, "timers", "register", "off", 0 },
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
