/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include <linux/camex.h>

#include "client_id.h"
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

static bool is_auto(struct call *call)
{
	const struct value *value = values_get(&call->values, "register");

	return value && value->number == CAMEX_REGISTER_AUTO;
}

/* Whoever hands out our address is the way to all the rest. */
static int add_server(struct call *call)
{
	struct values *values = &call->values;
	struct value *routes;
	int status;

	if (values_get(values, "routes"))
		return peer_request(call, CAMEX_CMD_PEER_ADD);
	if (values_take(values, TAKES_PEER_ADD, "", "routes", "any",
			&call->fault))
		return -1;
	routes = &values->list[values->n - 1];
	status = value_read(routes, &call->fault);
	if (!status)
		status = peer_request(call, CAMEX_CMD_PEER_ADD);
	/* the list may be another one's copy */
	routes->keyword->type->wipe(routes);
	values->n--;
	return status;
}

int peer_add(struct call *call)
{
	if (!is_auto(call))
		return peer_request(call, CAMEX_CMD_PEER_ADD);
	return client_id_ensure(call) ? -1 : add_server(call);
}

int peer_set(struct call *call)
{
	if (is_auto(call) && client_id_ensure(call))
		return -1;
	return peer_request(call, CAMEX_CMD_PEER_SET);
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
	if (device.withheld)
		status = 0;
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
