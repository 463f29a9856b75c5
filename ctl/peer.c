/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include <linux/camex.h>

#include "command.h"
#include "output.h"
#include "peer.h"

int peer_put(struct nl_msg *msg, const char *name, const struct values *values,
	     struct fault *fault)
{
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_PEER | NLA_F_NESTED);

	if (!nest || nla_put_string(msg, CAMEX_A_PEER_NAME, name) < 0)
		return fault_set(fault, "out of memory");
	if (values_put(msg, values, CAMEX_A_PEER, fault))
		return -1;
	if (nla_nest_end(msg, nest) < 0)
		return fault_set(fault, "too much for one message");
	return 0;
}

int peer_request(struct call *call, uint8_t command)
{
	struct nl_msg *msg = call_message(call, command, 0);

	if (!msg)
		return -1;
	if (peer_put(msg, call->word[1], &call->values, &call->fault)) {
		message_free(msg);
		return -1;
	}
	return call_send(call, msg, NULL);
}

int peer_add(struct call *call)
{
	return peer_request(call, CAMEX_CMD_PEER_ADD);
}

/* Whether a key would be refused, whatever it is. */
static int check_takes_keys(struct call *call)
{
	struct model_devices devices = {};
	const struct nlattr *protocol;
	int status = query_devices(call, call->word[0], &devices);

	if (!status && devices.n) {
		protocol = devices.list[0].tb[CAMEX_A_DEV_PROTOCOL];
		if (protocol && nla_get_u32(protocol) == CAMEX_PROTOCOL_RAW)
			status = fault_set(
				&call->fault,
				"protocol raw carries no keys: use protocol camex");
	}
	model_devices_clear(&devices);
	return status;
}

/*
 * A key goes by a command of its own, after the rest: of the two the rest is
 * likelier to be refused, and then nothing has changed.
 */
int peer_set(struct call *call)
{
	bool key = false, rest = false;

	for (size_t i = 0; i < call->values.n; i++) {
		struct value *value = &call->values.list[i];

		value->left_out = value->keyword->attr == CAMEX_A_PEER_KEY;
		key |= value->left_out;
		rest |= !value->left_out;
	}
	if (rest && key && check_takes_keys(call))
		return -1;
	if (rest && peer_request(call, CAMEX_CMD_PEER_SET))
		return -1;
	if (!key)
		return 0;
	for (size_t i = 0; i < call->values.n; i++)
		call->values.list[i].left_out = !call->values.list[i].left_out;
	return peer_request(call, CAMEX_CMD_KEY_SET);
}

int peer_del(struct call *call)
{
	return peer_request(call, CAMEX_CMD_PEER_DEL);
}

int peer_forget(struct call *call)
{
	return peer_request(call, CAMEX_CMD_PEER_FORGET);
}

int peer_show(struct call *call)
{
	struct model_device device = {};
	int status;

	snprintf(device.name, sizeof(device.name), "%s", call->word[0]);
	status = query_device_peers(call, &device, call->word[1]);
	if (!status && call->json) {
		status = json_peers(stdout, &device, &call->fault);
	} else if (!status) {
		print_colours(stdout);
		if (call->word[1] && device.n_peers)
			print_peer(stdout, &device, &device.peers[0]);
		else
			print_peer_table(stdout, &device);
	}
	model_device_clear(&device);
	return status;
}
