/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Types of values: parsers. */
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "command/keywords.h"
#include "netlink/link.h"
#include "netlink/model.h"
#include "text/parse.h"
#include "netlink/profile.h"
#include "text/text.h"

/*
 * A nest's length is 16 bits, and the routes are inside the peer's nest, next
 * to its name, key and endpoint.
 */
#define ROUTES_MAX (UINT16_MAX - 512)

static int read_number(struct value *value, struct fault *fault)
{
	return parse_number(value->text, value->keyword->max, &value->number,
			    fault);
}

static int read_vlan(struct value *value, struct fault *fault)
{
	if (read_number(value, fault))
		return -1;
	if (!value->number)
		return fault_set(fault, "\"%s\" is not a number from 1 to %u",
				 value->text, value->keyword->max);
	return 0;
}

static int read_switch(struct value *value, struct fault *fault)
{
	bool on = false;

	if (parse_switch(value->text, &on, fault))
		return -1;
	value->number = on;
	return 0;
}

static int read_flag(struct value *value, struct fault *fault)
{
	(void)fault;
	value->number = true;
	return 0;
}

static int read_choice(struct value *value, struct fault *fault)
{
	const struct choice *choice;
	char text[FAULT_TEXT / 2] = "";

	for (choice = value->keyword->choices; choice->name; choice++)
		if (!strcmp(choice->name, value->text)) {
			value->number = choice->number;
			return 0;
		}
	for (choice = value->keyword->choices; choice->name; choice++) {
		const char *before = choice[1].name ? ", " : " or ";

		text_add(text, sizeof(text), "%s%s",
			 choice != value->keyword->choices ? before : "",
			 choice->name);
	}
	return fault_set(fault, "\"%s\" is unknown, it can be %s", value->text,
			 text);
}

static int read_address(struct value *value, struct fault *fault)
{
	if (!strcmp(value->text, "any")) {
		memset(&value->address, 0, sizeof(value->address));
		return 0;
	}
	return address_parse(value->text, &value->address, fault);
}

static int read_interface(struct value *value, struct fault *fault)
{
	/* only for an existing interface, not for a new one */
	if (value->keyword->nest && strlen(value->text) >= IFNAMSIZ &&
	    link_real_name(value->text, value->name))
		return 0;
	value->name[0] = '\0';
	return parse_interface_name(value->text, fault);
}

static int read_endpoint(struct value *value, struct fault *fault)
{
	return endpoint_parse(value->text, &value->endpoint, fault);
}

static int read_addresses(struct value *value, struct fault *fault)
{
	return addresses_parse(value->text, &value->prefixes, fault);
}

static int read_prefixes(struct value *value, struct fault *fault)
{
	size_t room = 0;

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

static int read_client_id(struct value *value, struct fault *fault)
{
	size_t len = strlen(value->text);

	for (size_t i = 0; i < len; i++)
		if (value->text[i] <= ' ' || value->text[i] > '~')
			return fault_set(fault,
					 "\"%s\" is not ASCII without blanks",
					 value->text);
	if (!len || len > CAMEX_NAME_MAX)
		return fault_set(fault, "\"%s\" must have 1 to %d characters",
				 value->text, CAMEX_NAME_MAX);
	return 0;
}

/* A name has a number if that is what is sent; otherwise the kernel checks the name. */
static int read_link_name(struct value *value, struct fault *fault)
{
	if (strlen(value->text) >= IFNAMSIZ)
		return fault_set(
			fault,
			"\"%s\" is too long for an interface's name: %zu bytes, at most %d",
			value->text, strlen(value->text), IFNAMSIZ - 1);
	return 0;
}

static int read_directory(struct value *value, struct fault *fault)
{
	return *value->text ? 0 : fault_set(fault, "a directory is expected");
}

static int read_id(struct value *value, struct fault *fault)
{
	return parse_id(value->text, value->id, fault);
}

/* Profiles have only IPv4 addresses, as their format on the wire. */
static int not_ipv4(const char *text, struct fault *fault)
{
	return fault_set(fault,
			 "\"%s\" is not IPv4: a server hands out IPv4 only",
			 text);
}

static int read_own_address(struct value *value, struct fault *fault)
{
	struct prefixes list;

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

static int read_gateway(struct value *value, struct fault *fault)
{
	memset(&value->address, 0, sizeof(value->address));
	if (!strcmp(value->text, "none"))
		return 0;
	if (address_parse(value->text, &value->address, fault))
		return -1;
	return value->address.family == AF_INET ? 0 :
						  not_ipv4(value->text, fault);
}

static int read_mtu(struct value *value, struct fault *fault)
{
	if (parse_number(value->text, value->keyword->max, &value->number,
			 fault))
		return -1;
	if (value->number && (value->number < 576 || value->number > 9000))
		return fault_set(fault, "\"%s\" is not from 576 to 9000",
				 value->text);
	return 0;
}

static int read_table(struct value *value, struct fault *fault)
{
	struct fault no_number;

	value->number = TABLE_AUTO;
	if (!strcasecmp(value->text, "auto"))
		return 0;
	value->number = 0;
	if (!strcasecmp(value->text, "off"))
		return 0;
	if (parse_number(value->text, UINT32_MAX - 1, &value->number,
			 &no_number) ||
	    !value->number)
		return fault_set(
			fault,
			"\"%s\" is neither auto nor off nor a number from 1 to %u",
			value->text, UINT32_MAX - 1);
	return 0;
}

static int read_push_routes(struct value *value, struct fault *fault)
{
	if (read_prefixes(value, fault))
		return -1;
	if (value->prefixes.n > PROFILE_ROUTES_MAX)
		return fault_set(fault, "%zu prefixes are more than %d",
				 value->prefixes.n, PROFILE_ROUTES_MAX);
	for (size_t i = 0; i < value->prefixes.n; i++)
		if (value->prefixes.list[i].addr.family != AF_INET)
			return not_ipv4(value->text, fault);
	return 0;
}

static int read_peer(struct value *value, struct fault *fault)
{
	return parse_peer_name(value->text, fault);
}

static int read_key_file(struct value *value, struct fault *fault)
{
	return secret_read_key(value->text, &value->secret, fault);
}

static int read_passphrase_file(struct value *value, struct fault *fault)
{
	return secret_read_passphrase(value->text, &value->secret, fault);
}

static int read_public_key(struct value *value, struct fault *fault)
{
	return key_of_base64("it", value->text, strlen(value->text), value->key,
			     fault);
}

/* "none" deletes a key: a key of zeros. */
static int read_key_or_none(struct value *value, struct fault *fault)
{
	memset(&value->secret, 0, sizeof(value->secret));
	return strcmp(value->text, "none") != 0 ?
		       secret_read_key(value->text, &value->secret, fault) :
		       0;
}

static int read_private_key_file(struct value *value, struct fault *fault)
{
	if (read_key_or_none(value, fault))
		return -1;
	if (value->secret.given)
		secret_derive_public(&value->secret);
	return 0;
}

/* clang-format off */
const struct value_type type_u16 = { read_number, &form_u16, PROPOSE_NOTHING };
const struct value_type type_vlan = { read_vlan, &form_u16, PROPOSE_NOTHING };
const struct value_type type_u32 = { read_number, &form_u32, PROPOSE_NOTHING };
const struct value_type type_switch = { read_switch, &form_switch, PROPOSE_SWITCH };
const struct value_type type_flag = { read_flag, &form_none, PROPOSE_NOTHING };
const struct value_type type_choice = { read_choice, &form_choice, PROPOSE_CHOICES };
const struct value_type type_address = { read_address, &form_address, PROPOSE_NOTHING };
const struct value_type type_interface = { read_interface, &form_interface, PROPOSE_INTERFACE };
const struct value_type type_endpoint = { read_endpoint, &form_endpoint, PROPOSE_NOTHING };
const struct value_type type_addresses = { read_addresses, &form_addresses, PROPOSE_NOTHING };
const struct value_type type_client_id = { read_client_id, &form_string, PROPOSE_NOTHING };
const struct value_type type_link_name = { read_link_name, &form_string, PROPOSE_NOTHING };
const struct value_type type_directory = { read_directory, &form_none, PROPOSE_FILE };
const struct value_type type_id = { read_id, &form_id, PROPOSE_NOTHING };
const struct value_type type_own_address = { read_own_address, &form_prefix, PROPOSE_NOTHING };
const struct value_type type_gateway = { read_gateway, &form_address, PROPOSE_NOTHING };
const struct value_type type_mtu = { read_mtu, &form_u16, PROPOSE_NOTHING };
const struct value_type type_table = { read_table, &form_none, PROPOSE_NOTHING };
const struct value_type type_push_routes = { read_push_routes, &form_prefixes, PROPOSE_NOTHING };
const struct value_type type_prefixes = { read_prefixes, &form_prefixes, PROPOSE_NOTHING };
const struct value_type type_peer = { read_peer, &form_string, PROPOSE_PEER };
const struct value_type type_key_file = { read_key_file, &form_secret, PROPOSE_FILE };
const struct value_type type_passphrase_file = { read_passphrase_file, &form_secret, PROPOSE_FILE };
const struct value_type type_public_key = { read_public_key, &form_key, PROPOSE_NOTHING };
const struct value_type type_private_key_file = { read_private_key_file, &form_private_key, PROPOSE_FILE };
const struct value_type type_preshared_key_file = { read_key_or_none, &form_preshared_key, PROPOSE_FILE };
/* clang-format on */
