/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Commands that consist of one request, which the table defines. */
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <linux/camex.h>

#include "command/command.h"
#include "command/key_path.h"
#include "text/parse.h"

/* Add the object that the second word names; the word is already checked. */
static int put_word(struct nl_msg *msg, enum word word, const char *text,
		    struct fault *fault)
{
	struct prefix prefix;
	uint8_t mac[MAC_LEN];
	int status = 0;

	switch (word) {
	case WORD_PEER:
	case WORD_PEER_NEW:
	case WORD_PEER_MAYBE:
		status = nla_put_string(msg, CAMEX_A_PEER_NAME, text);
		break;
	case WORD_PREFIX:
	case WORD_PREFIX_NEW:
		if (prefix_parse(text, &prefix, fault))
			return -1;
		status = nla_put(msg, CAMEX_A_ROUTE_ADDR,
				 (int)address_len(&prefix.addr),
				 prefix.addr.bytes);
		if (!status)
			status = nla_put_u8(msg, CAMEX_A_ROUTE_LEN, prefix.len);
		break;
	case WORD_MAC:
		if (parse_mac(text, mac, fault))
			return -1;
		status = nla_put(msg, CAMEX_A_FDB_MAC, MAC_LEN, mac);
		break;
	default:
		break;
	}
	return status < 0 ? fault_set(fault, "out of memory") : 0;
}

int request_put(struct nl_msg *msg, const struct command *command,
		const char *word, const struct values *values,
		struct fault *fault)
{
	const struct request *request = &command->request;
	struct nlattr *nest = nla_nest_start(msg, request->nest | NLA_F_NESTED);

	if (!nest)
		return fault_set(fault, "out of memory");
	if (put_word(msg, command->words[1], word, fault) ||
	    values_put(msg, values, request->nest, fault))
		return -1;
	if (request->flag && nla_put_flag(msg, request->flag) < 0)
		return fault_set(fault, "out of memory");
	if (nla_nest_end(msg, nest) < 0)
		return fault_set(fault, "too much for one message");
	return 0;
}

int request(struct call *call)
{
	const struct command *command = call->command;
	struct nl_msg *msg = call_message(call, command->request.command, 0);

	if (!msg)
		return -1;
	if (request_put(msg, command, call->word[1], &call->values,
			&call->fault)) {
		message_free(msg);
		return -1;
	}
	if (call_send(call, msg, NULL))
		return -1;
	key_paths_note(&call->values);
	return 0;
}
