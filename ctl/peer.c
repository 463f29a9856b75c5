/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <linux/camex.h>

#include "client_id.h"
#include "command/command.h"

static bool is_auto(struct call *call)
{
	const struct value *value = values_get(&call->values, "register");

	return value && value->number == CAMEX_REGISTER_AUTO;
}

/* A server that hands out our address gets all routes. */
static int add_server(struct call *call)
{
	struct values *values = &call->values;
	struct value *routes;
	int status;

	if (values_get(values, "routes"))
		return request(call);
	if (values_take(values, TAKES_PEER_ADD, "", "routes", "any",
			&call->fault))
		return -1;
	routes = &values->list[values->n - 1];
	status = value_read(routes, &call->fault);
	if (!status)
		status = request(call);
	/* the list may be shared with other values */
	value_wipe(routes);
	values->n--;
	return status;
}

int peer_add(struct call *call)
{
	if (!is_auto(call))
		return request(call);
	return client_id_ensure(call) ? -1 : add_server(call);
}

int peer_set(struct call *call)
{
	if (is_auto(call) && client_id_ensure(call))
		return -1;
	return request(call);
}
