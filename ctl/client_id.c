/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include <linux/camex.h>

#include "client_id.h"
#include "command/command.h"
#include "netlink/link.h"
#include "netlink/model.h"

/* The default route with the lowest metric. */
struct best {
	uint32_t metric;
	int ifindex;
};

static void keep_best_route(const struct link_route *route, void *arg)
{
	struct best *best = arg;

	if (route->prefix.len || !route->ifindex ||
	    (best->ifindex && route->metric >= best->metric))
		return;
	best->metric = route->metric;
	best->ifindex = route->ifindex;
}

/* Returns 0 if found, 1 if there is none, -1 if netlink fails. */
static int default_mac(uint8_t *mac)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct conn conn = {};
	int status = 1;

	if (conn_open_route(&conn))
		return -1;
	for (size_t i = 0; i < sizeof(families) && status > 0; i++) {
		struct best best = {};

		if (link_each_route(&conn, families[i], RT_TABLE_MAIN,
				    keep_best_route, &best))
			status = -1;
		else if (best.ifindex && !link_mac(&conn, best.ifindex, mac))
			status = 0;
	}
	conn_close(&conn);
	return status;
}

int client_id_ensure(struct call *call)
{
	struct model_devices devices = {};
	struct values values = {};
	const struct step step = {
		.object = "dev",
		.name = "set",
		.word = { call->word[0] },
		.values = &values,
	};
	char text[CAMEX_NAME_MAX + 1];
	unsigned int line;
	uint8_t mac[6];
	bool given;
	int status;

	status = query_devices(call, call->word[0], &devices);
	given = !status && devices.n &&
		(devices.list[0].tb[CAMEX_A_DEV_CLIENT_ID] ||
		 !devices.list[0].tb[CAMEX_A_DEV_PLAINTEXT]);
	model_devices_clear(&devices);
	/* for other protocols the kernel's error text is better */
	if (status || given)
		return status;
	if (default_mac(mac))
		return fault_set(
			&call->fault,
			"register auto: there is no client-id, and no default route whose interface has a MAC address to make one of: camexctl dev set %s client-id TEXT",
			call->word[0]);
	snprintf(text, sizeof(text), "%02X%02X%02X%02X%02X%02X", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	values.list[values.n++] = (struct value){
		.keyword = keyword_find("client-id", TAKES_DEV_SET),
		.text = text,
	};
	return step_run(&step, &call->conn, &line, &call->fault);
}
