/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Devices: routing netlink creates and deletes them, the camex family does the rest. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"
#include "command/key_path.h"
#include "dev.h"
#include "netlink/link.h"

#define KIND "camex"

struct nl_msg *dev_add_message(const char *name, const struct values *values,
			       struct fault *fault)
{
	struct nlattr *linkinfo, *data;
	struct nl_msg *msg;

	msg = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	if (!msg || nla_put_string(msg, IFLA_IFNAME, name) < 0)
		goto no_room;
	linkinfo = nla_nest_start(msg, IFLA_LINKINFO | NLA_F_NESTED);
	if (!linkinfo || nla_put_string(msg, IFLA_INFO_KIND, KIND) < 0)
		goto no_room;
	data = nla_nest_start(msg, IFLA_INFO_DATA | NLA_F_NESTED);
	if (!data)
		goto no_room;
	if (values_put(msg, values, CAMEX_A_DEV, fault))
		goto fail;
	if (nla_nest_end_keep_empty(msg, data) < 0 ||
	    nla_nest_end(msg, linkinfo) < 0)
		goto no_room;
	return msg;

no_room:
	fault_set(fault, "out of memory");
fail:
	message_free(msg);
	return NULL;
}

static int link_open(struct call *call)
{
	int error = conn_open_route(&call->conn);

	if (error)
		return fault_set(&call->fault, "netlink: %s", strerror(error));
	return 0;
}

/* After an interface of kind camex was refused: is the module loaded? */
static bool module_is_missing(void)
{
	struct conn conn = {};
	int error = conn_open_camex(&conn);

	conn_close(&conn);
	return error == ENOENT;
}

int dev_add(struct call *call)
{
	const struct value *protocol = values_get(&call->values, "protocol");
	const struct value *plaintext = values_get(&call->values, "plaintext");
	struct conn_error error = {};
	struct nl_msg *msg;
	int status;

	if (plaintext && protocol && protocol->number != CAMEX_PROTOCOL_CAMEX) {
		call->blamed = plaintext;
		return fault_set(
			&call->fault,
			"plaintext: it is only for protocol camex, not for %s",
			protocol->text);
	}
	/* the kernel refuses this without camex, which wipes the keys in requests */
	if (values_get(&call->values, "private-key-file") &&
	    if_nametoindex(call->word[0])) {
		error.number = EEXIST;
		return explain(call, NULL, &error);
	}
	msg = dev_add_message(call->word[0], &call->values, &call->fault);
	if (!msg)
		return -1;
	status = link_open(call);
	if (status)
		goto out;
	status = conn_request(&call->conn, msg, NULL, &error);
	if (status && error.number == EOPNOTSUPP && module_is_missing())
		fault_no_module(&call->fault);
	else if (status)
		explain(call, msg, &error);
	else if (error.text[0])
		complain("warning: %s", error.text);
	if (!status)
		key_paths_note(&call->values);
out:
	message_free(msg);
	return status;
}

static int link_request(struct call *call, struct nl_msg *msg,
			const struct conn_sink *sink)
{
	if (!msg)
		return fault_set(&call->fault, "out of memory");
	return call_send(call, msg, sink);
}

int dev_del(struct call *call)
{
	struct link_found found = {};
	const struct conn_sink sink = {
		.message = link_found_message,
		.arg = &found,
	};
	struct nl_msg *msg;

	if (link_open(call))
		return -1;
	if (link_request(call, link_get_message(call->word[0]), &sink))
		return -1;
	if (strcmp(found.kind, KIND) != 0)
		return fault_set(
			&call->fault, "%s is not a camex device%s%s%s",
			call->word[0], found.kind[0] ? " but " : "", found.kind,
			found.kind[0] ? ": ip link del deletes it" : "");
	/* by the camex family, whose refusals have a text */
	conn_close(&call->conn);
	msg = call_message(call, CAMEX_CMD_DEV_DEL, 0);
	return msg ? call_send(call, msg, NULL) : -1;
}
