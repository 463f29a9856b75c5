/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Forwarding tables of tap links: which station is behind which peer. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>

#include <linux/camex.h>

#include "command.h"
#include "output.h"
#include "parse.h"

static int fdb_put(struct nl_msg *msg, const uint8_t *mac,
		   const struct values *values, struct fault *fault)
{
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_FDB | NLA_F_NESTED);

	if (!nest || nla_put(msg, CAMEX_A_FDB_MAC, MAC_LEN, mac) < 0)
		return fault_set(fault, "out of memory");
	if (values_put(msg, values, CAMEX_A_FDB, fault))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

static int fdb_request(struct call *call, uint8_t command)
{
	uint8_t mac[MAC_LEN];
	struct nl_msg *msg;

	if (parse_mac(call->word[1], mac, &call->fault))
		return -1;
	msg = call_message(call, command, 0);
	if (!msg)
		return -1;
	if (fdb_put(msg, mac, &call->values, &call->fault)) {
		message_free(msg);
		return -1;
	}
	return call_send(call, msg, NULL);
}

int fdb_add(struct call *call)
{
	return fdb_request(call, CAMEX_CMD_FDB_ADD);
}

int fdb_del(struct call *call)
{
	return fdb_request(call, CAMEX_CMD_FDB_DEL);
}

int fdb_show(struct call *call)
{
	struct model_stations stations = {};
	int status;

	status = query_stations(call, &stations);
	if (!status && call->json) {
		status = json_stations(stdout, &stations, &call->fault);
	} else if (!status) {
		print_colours(stdout);
		print_stations(stdout, &stations);
	}
	model_stations_clear(&stations);
	return status;
}
