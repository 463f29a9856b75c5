/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>

#include <linux/camex.h>

#include "command.h"
#include "output.h"

static int route_put(struct nl_msg *msg, const struct prefix *prefix,
		     bool replace, const struct values *values,
		     struct fault *fault)
{
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_ROUTE | NLA_F_NESTED);

	if (!nest ||
	    nla_put(msg, CAMEX_A_ROUTE_ADDR, (int)address_len(&prefix->addr),
		    prefix->addr.bytes) < 0 ||
	    nla_put_u8(msg, CAMEX_A_ROUTE_LEN, prefix->len) < 0 ||
	    (replace && nla_put_flag(msg, CAMEX_A_ROUTE_REPLACE) < 0))
		return fault_set(fault, "out of memory");
	if (values_put(msg, values, CAMEX_A_ROUTE, fault))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

static int route_request(struct call *call, uint8_t command, bool replace)
{
	struct prefix prefix;
	struct nl_msg *msg;

	if (prefix_parse(call->word[1], &prefix, &call->fault))
		return -1;
	msg = call_message(call, command, 0);
	if (!msg)
		return -1;
	if (route_put(msg, &prefix, replace, &call->values, &call->fault)) {
		message_free(msg);
		return -1;
	}
	return call_send(call, msg, NULL);
}

int route_add(struct call *call)
{
	return route_request(call, CAMEX_CMD_ROUTE_ADD, false);
}

int route_replace(struct call *call)
{
	return route_request(call, CAMEX_CMD_ROUTE_ADD, true);
}

int route_del(struct call *call)
{
	return route_request(call, CAMEX_CMD_ROUTE_DEL, false);
}

int route_show(struct call *call)
{
	struct model_routes routes = {};
	struct model_device device = {};
	int status;

	status = query_routes(call, &device, &routes);
	if (!status && call->json) {
		status = json_routes(stdout, &routes, &call->fault);
	} else if (!status) {
		print_colours(stdout);
		print_routes(stdout, &routes);
	}
	model_routes_clear(&routes);
	return status;
}
