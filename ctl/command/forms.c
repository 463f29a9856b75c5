/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Forms of values: to attributes, from attributes, and to text. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "command/keywords.h"
#include "netlink/model.h"
#include "netlink/profile.h"
#include "text/parse.h"

static void get_number(struct value *value, struct nlattr *const *tb)
{
	value->number = (uint32_t)model_number(tb[value->keyword->attr]);
}

static void write_number(FILE *out, const struct value *value)
{
	fprintf(out, "%u", value->number);
}

static void write_switch(FILE *out, const struct value *value)
{
	fputs(value->number ? "on" : "off", out);
}

static void write_choice(FILE *out, const struct value *value)
{
	fputs(choice_name(value->keyword->choices, value->number), out);
}

static void get_string(struct value *value, struct nlattr *const *tb)
{
	const struct nlattr *attr = tb[value->keyword->attr];

	if (attr && nla_len(attr) > 1)
		value->text = nla_data(attr);
}

static void write_string(FILE *out, const struct value *value)
{
	fputs(value->text, out);
}

static void get_address(struct value *value, struct nlattr *const *tb)
{
	model_address(tb[value->keyword->attr], &value->address);
}

static void write_address(FILE *out, const struct value *value)
{
	static const uint8_t any[sizeof(value->address.bytes)];
	const char *none = value->keyword->type == &type_gateway ? "none" :
								   "any";
	char text[ADDRESS_TEXT];

	/* 0.0.0.0 and :: are any, too */
	fputs(memcmp(value->address.bytes, any, sizeof(any)) ?
		      address_text(&value->address, text) :
		      none,
	      out);
}

static void get_endpoint(struct value *value, struct nlattr *const *tb)
{
	/* the learned endpoint is no setting */
	if (!model_endpoint(tb, CAMEX_A_PEER_CONFIGURED_ADDR, &value->endpoint))
		model_endpoint(tb, CAMEX_A_PEER_ENDPOINT_ADDR,
			       &value->endpoint);
}

static void write_endpoint(FILE *out, const struct value *value)
{
	char text[ENDPOINT_TEXT];

	fputs(endpoint_text(&value->endpoint, text), out);
}

static void get_prefix(struct value *value, struct nlattr *const *tb)
{
	if (tb[value->keyword->attr])
		prefix_read(tb[value->keyword->attr], &value->prefix);
}

static void write_prefix(FILE *out, const struct value *value)
{
	char text[PREFIX_TEXT];

	fputs(value->prefix.addr.family ? prefix_text(&value->prefix, text) :
					  "none",
	      out);
}

static void get_prefixes(struct value *value, struct nlattr *const *tb)
{
	struct nlattr *list = tb[value->keyword->attr], *item;
	struct prefixes *prefixes = &value->prefixes;
	int left;

	if (!list)
		return;
	prefixes->list = calloc((size_t)nla_len(list) / NLA_HDRLEN + 1,
				sizeof(*prefixes->list));
	if (!prefixes->list)
		return;
	nla_for_each_nested (item, list, left)
		if (prefix_read(item, &prefixes->list[prefixes->n]))
			prefixes->n++;
}

static void write_prefixes(FILE *out, const struct value *value)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < value->prefixes.n; i++)
		fprintf(out, "%s%s", i ? "," : "",
			prefix_text(&value->prefixes.list[i], text));
	if (!value->prefixes.n)
		fputs("none", out);
}

static void get_id(struct value *value, struct nlattr *const *tb)
{
	model_bytes(tb[value->keyword->attr], value->id, sizeof(value->id));
}

static void write_id(FILE *out, const struct value *value)
{
	char text[ID_TEXT];

	fputs(id_text(value->id, text), out);
}

/* The kernel does not return keys. */
static void get_secret(struct value *value, struct nlattr *const *tb)
{
	model_bytes(tb[CAMEX_A_PEER_FINGERPRINT], value->secret.fingerprint,
		    CAMEX_FINGERPRINT_LEN);
}

static void write_secret(FILE *out, const struct value *value)
{
	char text[SECRET_HEX];

	fputs(secret_hex(value->secret.fingerprint, text), out);
}

static int put_u16(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u16(msg, value->keyword->attr, (uint16_t)value->number);
}

static int put_u32(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u32(msg, value->keyword->attr, value->number);
}

static int put_switch(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u8(msg, value->keyword->attr, (uint8_t)value->number);
}

static int put_address(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr,
		       (int)address_len(&value->address), value->address.bytes);
}

static int put_interface(struct nl_msg *msg, const struct value *value)
{
	const char *name = value->name[0] ? value->name : value->text;

	return nla_put_string(msg, value->keyword->attr,
			      strcmp(name, "none") != 0 ? name : "");
}

static void write_interface(FILE *out, const struct value *value)
{
	fputs(value->name[0] ? value->name : value->text, out);
}

static int put_string(struct nl_msg *msg, const struct value *value)
{
	return nla_put_string(msg, value->keyword->attr, value->text);
}

static int put_endpoint(struct nl_msg *msg, const struct value *value)
{
	const struct endpoint *endpoint = &value->endpoint;
	int status;

	status = nla_put(msg, CAMEX_A_PEER_ENDPOINT_ADDR,
			 (int)address_len(&endpoint->addr),
			 endpoint->addr.bytes);
	if (status < 0)
		return status;
	status = nla_put_u16(msg, CAMEX_A_PEER_ENDPOINT_PORT, endpoint->port);
	if (status < 0 || !endpoint->scope)
		return status;
	return nla_put_u32(msg, CAMEX_A_PEER_ENDPOINT_SCOPE, endpoint->scope);
}

static int put_prefix(struct nl_msg *msg, const struct prefix *prefix)
{
	int len = (int)address_len(&prefix->addr);

	if (!len)
		return 0;
	if (nla_put(msg, CAMEX_A_PREFIX_ADDR, len, prefix->addr.bytes) < 0)
		return -1;
	return nla_put_u8(msg, CAMEX_A_PREFIX_LEN, prefix->len);
}

static int put_prefixes(struct nl_msg *msg, const struct value *value)
{
	struct nlattr *list, *item;

	list = nla_nest_start(msg, value->keyword->attr | NLA_F_NESTED);
	if (!list)
		return -1;
	for (size_t i = 0; i < value->prefixes.n; i++) {
		item = nla_nest_start(msg,
				      CAMEX_A_ROUTES_PREFIX | NLA_F_NESTED);
		if (!item || put_prefix(msg, &value->prefixes.list[i]) < 0 ||
		    nla_nest_end(msg, item) < 0)
			return -1;
	}
	/* an empty list means "none", not "unchanged" */
	return nla_nest_end_keep_empty(msg, list);
}

static void wipe_prefixes(struct value *value)
{
	free(value->prefixes.list);
	value->prefixes.list = NULL;
}

static int put_id(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr, sizeof(value->id), value->id);
}

static int put_one_prefix(struct nl_msg *msg, const struct value *value)
{
	struct nlattr *nest =
		nla_nest_start(msg, value->keyword->attr | NLA_F_NESTED);

	if (!nest || put_prefix(msg, &value->prefix) < 0)
		return -1;
	return nla_nest_end_keep_empty(msg, nest);
}

static int put_secret(struct nl_msg *msg, const struct value *value)
{
	const struct secret *secret = &value->secret;
	int status;

	status = nla_put(msg, CAMEX_A_PEER_KEY, sizeof(secret->key),
			 secret->key);
	if (status < 0)
		return status;
	return nla_put(msg, CAMEX_A_PEER_FINGERPRINT,
		       sizeof(secret->fingerprint), secret->fingerprint);
}

static int put_key(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr, sizeof(value->key),
		       value->key);
}

static void get_key(struct value *value, struct nlattr *const *tb)
{
	model_bytes(tb[value->keyword->attr], value->key, sizeof(value->key));
}

static void write_key(FILE *out, const struct value *value)
{
	char text[SECRET_BASE64];

	fputs(key_base64(value->key, text), out);
}

/* The kernel takes no fingerprint of a private or preshared key. */
static int put_secret_alone(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr, sizeof(value->secret.key),
		       value->secret.key);
}

/* A private key is identified by its public key. */
static void get_private_key(struct value *value, struct nlattr *const *tb)
{
	model_bytes(tb[CAMEX_A_WG_DEV_PUBLIC_KEY], value->secret.public_key,
		    CAMEX_KEY_LEN);
}

static void write_private_key(FILE *out, const struct value *value)
{
	static const uint8_t none[CAMEX_KEY_LEN];
	char text[SECRET_BASE64];

	if (memcmp(value->secret.public_key, none, sizeof(none)) != 0)
		fputs(key_base64(value->secret.public_key, text), out);
	else
		fputs("none", out);
}

/* The kernel only tells that there is a preshared key. */
static void get_preshared_key(struct value *value, struct nlattr *const *tb)
{
	value->secret.given = model_number(tb[CAMEX_A_WG_PEER_PRESHARED]);
}

static void write_preshared_key(FILE *out, const struct value *value)
{
	fputs(value->secret.given ? "set" : "none", out);
}

static void wipe_secret(struct value *value)
{
	secret_wipe(&value->secret);
}

/* clang-format off */
const struct value_form form_none = {};
const struct value_form form_u16 = { put_u16, get_number, write_number, NULL };
const struct value_form form_u32 = { put_u32, get_number, write_number, NULL };
const struct value_form form_switch = { put_switch, get_number, write_switch, NULL };
const struct value_form form_choice = { put_u32, get_number, write_choice, NULL };
const struct value_form form_address = { put_address, get_address, write_address, NULL };
const struct value_form form_interface = { put_interface, get_string, write_interface, NULL };
const struct value_form form_endpoint = { put_endpoint, get_endpoint, write_endpoint, NULL };
const struct value_form form_addresses = { NULL, NULL, write_prefixes, wipe_prefixes };
const struct value_form form_string = { put_string, get_string, write_string, NULL };
const struct value_form form_id = { put_id, get_id, write_id, NULL };
const struct value_form form_prefix = { put_one_prefix, get_prefix, write_prefix, NULL };
const struct value_form form_prefixes = { put_prefixes, get_prefixes, write_prefixes, wipe_prefixes };
const struct value_form form_secret = { put_secret, get_secret, write_secret, wipe_secret };
const struct value_form form_key = { put_key, get_key, write_key, NULL };
const struct value_form form_private_key = { put_secret_alone, get_private_key, write_private_key, wipe_secret };
const struct value_form form_preshared_key = { put_secret_alone, get_preshared_key, write_preshared_key, wipe_secret };
/* clang-format on */

void value_get(struct value *value, const struct keyword *keyword,
	       struct nlattr *const *tb)
{
	struct nlattr *inner[MODEL_NEST_MAX + 1];

	*value = (struct value){ .keyword = keyword, .text = "none" };
	if (keyword->within) {
		model_nest(tb[keyword->within], inner);
		tb = inner;
	}
	keyword->type->form->get(value, tb);
}

char *value_text(const struct value *value)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	value->keyword->type->form->write(out, value);
	fclose(out);
	return text;
}

bool value_equal(const struct value *a, const struct value *b)
{
	char *x = value_text(a), *y = value_text(b);
	bool equal = x && y && !strcmp(x, y);

	free(x);
	free(y);
	return equal;
}

int value_copy(struct value *copy, const struct value *value)
{
	size_t size = value->prefixes.n * sizeof(*value->prefixes.list);

	*copy = *value;
	if (value->keyword->type->form->wipe != wipe_prefixes)
		return 0;
	copy->prefixes.list = malloc(size + 1);
	if (!copy->prefixes.list)
		return -1;
	if (size)
		memcpy(copy->prefixes.list, value->prefixes.list, size);
	return 0;
}

void value_wipe(struct value *value)
{
	if (value->keyword->type->form->wipe)
		value->keyword->type->form->wipe(value);
}
