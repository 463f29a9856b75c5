/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kinds of values: how each is read, and put into a message. */
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "keywords.h"
#include "parse.h"
#include "profile.h"
#include "text.h"

/*
 * A nest's length is 16 bits, and the routes are inside the peer's nest, next
 * to its name, key and endpoint.
 */
#define ROUTES_MAX (UINT16_MAX - 512)

static int number_parse(const struct keyword *keyword, struct value *value,
			struct fault *fault)
{
	return parse_number(value->text, keyword->max, &value->number, fault);
}

static int u16_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u16(msg, value->keyword->attr, (uint16_t)value->number);
}

static int u32_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u32(msg, value->keyword->attr, value->number);
}

const struct value_type type_u16 = {
	.parse = number_parse,
	.put = u16_put,
};

static int vlan_parse(const struct keyword *keyword, struct value *value,
		      struct fault *fault)
{
	if (number_parse(keyword, value, fault))
		return -1;
	if (!value->number)
		return fault_set(fault, "\"%s\" is not a number from 1 to %u",
				 value->text, keyword->max);
	return 0;
}

const struct value_type type_vlan = {
	.parse = vlan_parse,
	.put = u16_put,
};

const struct value_type type_u32 = {
	.parse = number_parse,
	.put = u32_put,
};

static int switch_parse(const struct keyword *keyword, struct value *value,
			struct fault *fault)
{
	bool on = false;

	(void)keyword;
	if (parse_switch(value->text, &on, fault))
		return -1;
	value->number = on;
	return 0;
}

static int switch_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put_u8(msg, value->keyword->attr, (uint8_t)value->number);
}

const struct value_type type_switch = {
	.parse = switch_parse,
	.put = switch_put,
	.propose = PROPOSE_SWITCH,
};

static int flag_parse(const struct keyword *keyword, struct value *value,
		      struct fault *fault)
{
	(void)keyword;
	(void)fault;
	value->number = true;
	return 0;
}

const struct value_type type_flag = {
	.parse = flag_parse,
};

static int choice_parse(const struct keyword *keyword, struct value *value,
			struct fault *fault)
{
	const struct choice *choice;
	char text[FAULT_TEXT / 2] = "";

	for (choice = keyword->choices; choice->name; choice++)
		if (!strcmp(choice->name, value->text)) {
			value->number = choice->number;
			return 0;
		}
	for (choice = keyword->choices; choice->name; choice++) {
		const char *before = choice[1].name ? ", " : " or ";

		text_add(text, sizeof(text), "%s%s",
			 choice != keyword->choices ? before : "",
			 choice->name);
	}
	return fault_set(fault, "\"%s\" is unknown, it can be %s", value->text,
			 text);
}

const struct value_type type_choice = {
	.parse = choice_parse,
	.put = u32_put,
	.propose = PROPOSE_CHOICES,
};

static int any_address_parse(const struct keyword *keyword, struct value *value,
			     struct fault *fault)
{
	(void)keyword;
	if (!strcmp(value->text, "any")) {
		memset(&value->address, 0, sizeof(value->address));
		return 0;
	}
	return address_parse(value->text, &value->address, fault);
}

static int address_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr,
		       (int)address_len(&value->address), value->address.bytes);
}

const struct value_type type_address = {
	.parse = any_address_parse,
	.put = address_put,
};

static int interface_parse(const struct keyword *keyword, struct value *value,
			   struct fault *fault)
{
	(void)keyword;
	return parse_interface_name(value->text, fault);
}

static int interface_put(struct nl_msg *msg, const struct value *value)
{
	const char *name = value->text;

	return nla_put_string(msg, value->keyword->attr,
			      strcmp(name, "none") != 0 ? name : "");
}

const struct value_type type_interface = {
	.parse = interface_parse,
	.put = interface_put,
	.propose = PROPOSE_INTERFACE,
};

static int string_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put_string(msg, value->keyword->attr, value->text);
}

static int endpoint_value_parse(const struct keyword *keyword,
				struct value *value, struct fault *fault)
{
	(void)keyword;
	return endpoint_parse(value->text, &value->endpoint, fault);
}

static int endpoint_put(struct nl_msg *msg, const struct value *value)
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

const struct value_type type_endpoint = {
	.parse = endpoint_value_parse,
	.put = endpoint_put,
};

static int addresses_value_parse(const struct keyword *keyword,
				 struct value *value, struct fault *fault)
{
	(void)keyword;
	return addresses_parse(value->text, &value->prefixes, fault);
}

static int prefixes_value_parse(const struct keyword *keyword,
				struct value *value, struct fault *fault)
{
	size_t room = 0;

	(void)keyword;
	if (prefixes_parse(value->text, &value->prefixes, fault))
		return -1;
	for (size_t i = 0; i < value->prefixes.n; i++) {
		int len = (int)address_len(&value->prefixes.list[i].addr);

		room += (size_t)(NLA_HDRLEN + nla_total_size(len) +
				 nla_total_size(1));
	}
	if (room > ROUTES_MAX)
		return fault_set(
			fault,
			"%zu prefixes do not fit one message: give up to about 3000 IPv4 or 2000 IPv6 prefixes here, the others with camexctl route add",
			value->prefixes.n);
	return 0;
}

static int prefix_put(struct nl_msg *msg, const struct prefix *prefix)
{
	int len = (int)address_len(&prefix->addr);

	if (!len)
		return 0;
	if (nla_put(msg, CAMEX_A_PREFIX_ADDR, len, prefix->addr.bytes) < 0)
		return -1;
	return nla_put_u8(msg, CAMEX_A_PREFIX_LEN, prefix->len);
}

static int prefixes_put(struct nl_msg *msg, const struct value *value)
{
	struct nlattr *list, *item;

	list = nla_nest_start(msg, value->keyword->attr | NLA_F_NESTED);
	if (!list)
		return -1;
	for (size_t i = 0; i < value->prefixes.n; i++) {
		item = nla_nest_start(msg,
				      CAMEX_A_ROUTES_PREFIX | NLA_F_NESTED);
		if (!item || prefix_put(msg, &value->prefixes.list[i]) < 0 ||
		    nla_nest_end(msg, item) < 0)
			return -1;
	}
	/* empty means "none", not "as it was" */
	return nla_nest_end_keep_empty(msg, list);
}

static void prefixes_wipe(struct value *value)
{
	free(value->prefixes.list);
	value->prefixes.list = NULL;
}

/* routing netlink takes them, one by one */
const struct value_type type_addresses = {
	.parse = addresses_value_parse,
	.wipe = prefixes_wipe,
};

static int client_id_parse(const struct keyword *keyword, struct value *value,
			   struct fault *fault)
{
	size_t len = strlen(value->text);

	(void)keyword;
	for (size_t i = 0; i < len; i++)
		if (value->text[i] <= ' ' || value->text[i] > '~')
			return fault_set(fault,
					 "\"%s\" is not ASCII without blanks",
					 value->text);
	if (!len || len > CAMEX_NAME_MAX)
		return fault_set(fault, "\"%s\" has not 1 to %d characters",
				 value->text, CAMEX_NAME_MAX);
	return 0;
}

const struct value_type type_client_id = {
	.parse = client_id_parse,
	.put = string_put,
};

/* Where the number goes a name has one; the kernel knows the rest. */
static int link_name_parse(const struct keyword *keyword, struct value *value,
			   struct fault *fault)
{
	(void)keyword;
	if (strlen(value->text) >= IFNAMSIZ)
		return fault_set(
			fault,
			"\"%s\" is too long for an interface's name: %zu bytes, at most %d",
			value->text, strlen(value->text), IFNAMSIZ - 1);
	return 0;
}

const struct value_type type_link_name = {
	.parse = link_name_parse,
	.put = string_put,
};

static int directory_parse(const struct keyword *keyword, struct value *value,
			   struct fault *fault)
{
	(void)keyword;
	return *value->text ? 0 : fault_set(fault, "a directory is expected");
}

const struct value_type type_directory = {
	.parse = directory_parse,
	.propose = PROPOSE_FILE,
};

static int id_parse(const struct keyword *keyword, struct value *value,
		    struct fault *fault)
{
	(void)keyword;
	return parse_id(value->text, value->id, fault);
}

static int id_put(struct nl_msg *msg, const struct value *value)
{
	return nla_put(msg, value->keyword->attr, sizeof(value->id), value->id);
}

const struct value_type type_id = {
	.parse = id_parse,
	.put = id_put,
};

/* Profiles are of IPv4, as their text on the wire is. */
static int not_ipv4(const char *text, struct fault *fault)
{
	return fault_set(fault,
			 "\"%s\" is not IPv4: clients are told nothing else",
			 text);
}

static int own_address_parse(const struct keyword *keyword, struct value *value,
			     struct fault *fault)
{
	struct prefixes list;

	(void)keyword;
	memset(&value->prefix, 0, sizeof(value->prefix));
	if (!strcmp(value->text, "none"))
		return 0;
	if (addresses_parse(value->text, &list, fault))
		return -1;
	value->prefix = list.list[0];
	free(list.list);
	if (list.n != 1)
		return fault_set(fault, "\"%s\" is not one address",
				 value->text);
	if (value->prefix.addr.family != AF_INET)
		return not_ipv4(value->text, fault);
	return 0;
}

static int own_address_put(struct nl_msg *msg, const struct value *value)
{
	struct nlattr *nest =
		nla_nest_start(msg, value->keyword->attr | NLA_F_NESTED);

	if (!nest || prefix_put(msg, &value->prefix) < 0)
		return -1;
	return nla_nest_end_keep_empty(msg, nest);
}

const struct value_type type_own_address = {
	.parse = own_address_parse,
	.put = own_address_put,
};

static int gateway_parse(const struct keyword *keyword, struct value *value,
			 struct fault *fault)
{
	(void)keyword;
	memset(&value->address, 0, sizeof(value->address));
	if (!strcmp(value->text, "none"))
		return 0;
	if (address_parse(value->text, &value->address, fault))
		return -1;
	return value->address.family == AF_INET ? 0 :
						  not_ipv4(value->text, fault);
}

const struct value_type type_gateway = {
	.parse = gateway_parse,
	.put = address_put,
};

static int mtu_parse(const struct keyword *keyword, struct value *value,
		     struct fault *fault)
{
	if (parse_number(value->text, keyword->max, &value->number, fault))
		return -1;
	if (value->number && (value->number < 576 || value->number > 9000))
		return fault_set(fault, "\"%s\" is not from 576 to 9000",
				 value->text);
	return 0;
}

const struct value_type type_mtu = {
	.parse = mtu_parse,
	.put = u16_put,
};

static int push_routes_parse(const struct keyword *keyword, struct value *value,
			     struct fault *fault)
{
	if (prefixes_value_parse(keyword, value, fault))
		return -1;
	if (value->prefixes.n > PROFILE_ROUTES_MAX)
		return fault_set(fault, "%zu prefixes are more than %d",
				 value->prefixes.n, PROFILE_ROUTES_MAX);
	for (size_t i = 0; i < value->prefixes.n; i++)
		if (value->prefixes.list[i].addr.family != AF_INET)
			return not_ipv4(value->text, fault);
	return 0;
}

const struct value_type type_push_routes = {
	.parse = push_routes_parse,
	.put = prefixes_put,
	.wipe = prefixes_wipe,
};

const struct value_type type_prefixes = {
	.parse = prefixes_value_parse,
	.put = prefixes_put,
	.wipe = prefixes_wipe,
};

static int peer_parse(const struct keyword *keyword, struct value *value,
		      struct fault *fault)
{
	(void)keyword;
	return parse_peer_name(value->text, fault);
}

const struct value_type type_peer = {
	.parse = peer_parse,
	.put = string_put,
	.propose = PROPOSE_PEER,
};

static int key_file_parse(const struct keyword *keyword, struct value *value,
			  struct fault *fault)
{
	(void)keyword;
	return secret_read_key(value->text, &value->secret, fault);
}

static int passphrase_file_parse(const struct keyword *keyword,
				 struct value *value, struct fault *fault)
{
	(void)keyword;
	return secret_read_passphrase(value->text, &value->secret, fault);
}

static int secret_put(struct nl_msg *msg, const struct value *value)
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

static void secret_value_wipe(struct value *value)
{
	secret_wipe(&value->secret);
}

const struct value_type type_key_file = {
	.parse = key_file_parse,
	.put = secret_put,
	.wipe = secret_value_wipe,
	.propose = PROPOSE_FILE,
};

const struct value_type type_passphrase_file = {
	.parse = passphrase_file_parse,
	.put = secret_put,
	.wipe = secret_value_wipe,
	.propose = PROPOSE_FILE,
};
