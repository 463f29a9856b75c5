/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Commands that show something. */
#include <stdio.h>

#include "command/command.h"
#include "output/output.h"

/* Counters may explain why a peer is silent. Without permission do without them. */
static void count_unanswered(struct call *call, struct model_device *device)
{
	struct fault fault = call->fault;

	for (size_t i = 0; i < device->n_peers; i++) {
		if (!device->peers[i].tb[CAMEX_A_PEER_UNANSWERED])
			continue;
		if (query_counters(call, device))
			call->fault = fault;
		return;
	}
}

/* Read devices, and their peers if wanted. */
static int print_devices(struct call *call, struct model_devices *devices,
			 bool with_peers)
{
	if (call->json)
		return json_devices(stdout, devices, with_peers, &call->fault);
	query_links(devices);
	print_colours(stdout);
	for (size_t i = 0; i < devices->n; i++) {
		struct model_device *device = &devices->list[i];

		if (i)
			putchar('\n');
		count_unanswered(call, device);
		print_device(stdout, device);
		for (size_t p = 0; p < device->n_peers; p++) {
			putchar('\n');
			print_peer(stdout, device, &device->peers[p]);
		}
	}
	return 0;
}

/* Query each device. Devices deleted meanwhile are left out. */
static int query_each(struct call *call, struct model_devices *devices,
		      int (*query)(struct call *call,
				   struct model_device *device))
{
	size_t i = 0;

	while (i < devices->n) {
		if (!query(call, &devices->list[i])) {
			i++;
			continue;
		}
		if (call->word[0] || !call->gone)
			return -1;
		model_devices_drop(devices, i);
	}
	return 0;
}

/* A caller who may not see routes gets the rest. */
static int query_what_is_told(struct call *call, struct model_device *device)
{
	return query_device_peers(call, device, NULL) && !device->withheld ?
		       -1 :
		       0;
}

int show(struct call *call)
{
	struct model_devices devices = {};
	int status = query_devices(call, call->word[0], &devices);

	if (!status)
		status = query_each(call, &devices, query_what_is_told);
	if (!status)
		status = print_devices(call, &devices, true);
	model_devices_clear(&devices);
	return status;
}

int dev_show(struct call *call)
{
	struct model_devices devices = {};
	int status = query_devices(call, call->word[0], &devices);

	if (!status)
		status = print_devices(call, &devices, false);
	model_devices_clear(&devices);
	return status;
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

static int query_counted(struct call *call, struct model_device *device)
{
	return query_counters(call, device) || query_peers(call, device, NULL) ?
		       -1 :
		       0;
}

static int stats_prometheus(struct call *call)
{
	struct model_devices devices = {};
	int status = query_devices(call, call->word[0], &devices);

	if (!status)
		status = query_each(call, &devices, query_counted);
	if (!status) {
		query_links(&devices);
		print_prometheus(stdout, &devices,
				 values_get(&call->values, "openmetrics"));
	}
	model_devices_clear(&devices);
	return status;
}

int stats(struct call *call)
{
	struct model_device device = {};

	if (call->word[1])
		return stats_prometheus(call);
	if (values_get(&call->values, "openmetrics"))
		return fault_usage(&call->fault,
				   "openmetrics goes after prometheus");
	if (!call->word[0])
		return fault_usage(&call->fault, "DEV is missing");
	if (query_counters(call, &device))
		return -1;
	if (call->json)
		return json_stats(stdout, device.counters, device.given,
				  &call->fault);
	print_colours(stdout);
	print_stats(stdout, device.counters, device.given);
	return 0;
}
