// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Any bytes as the kernel's answers to camexctl: a sequence of messages, each behind a byte that says what
 * it answers and two of its length. What the model takes can be sorted, merged and printed: for people, in
 * JSON that is JSON, and for Prometheus.
 */
#include <json-c/json.h>
#include <linux/genetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/model.h"
#include "output/output.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

struct all {
	struct model_devices devices;
	struct model_routes routes;
	struct model_stations stations;
	uint64_t counters[CAMEX_A_STATS_MAX + 1];
	bool given[CAMEX_A_STATS_MAX + 1];
};

/* What was printed is one JSON value on each line, or in all. */
static void check_json(FILE *out, char **text, size_t *size, int status)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	const char *at = *text;

	HOLDS(!fflush(out) && !status);
	at = *text;
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, at, (int)*size);
	HOLDS(json_tokener_get_error(tokener) == json_tokener_success);
	json_object_put(object);
	json_tokener_free(tokener);
	rewind(out);
}

/* camexctl gives up at the first message that is malformed; then it prints nothing. */
static int read_one(struct all *all, uint8_t kind, struct nlmsghdr *hdr)
{
	struct model_event event;
	struct fault fault = {};
	size_t size = 0;
	char *text = NULL;
	FILE *out;

	switch (kind % 6) {
	case 0:
		return model_device_read(&all->devices, hdr, &fault);
	case 1:
		return all->devices.n ?
			model_peer_read(&all->devices.list[all->devices.n - 1], hdr, &fault) : 0;
	case 2:
		return model_route_read(&all->routes, hdr, &fault);
	case 3:
		return model_station_read(&all->stations, hdr, &fault);
	case 4:
		return model_stats_read(all->counters, all->given, hdr, &fault);
	}
	if (model_event_read(&event, hdr, &fault))
		return -1;
	out = open_memstream(&text, &size);
	print_event(out, &event, 0);
	rewind(out);
	check_json(out, &text, &size, json_event(out, &event, 0, &fault));
	fclose(out);
	free(text);
	return 0;
}

static void print_all(struct all *all)
{
	struct fault fault = {};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	model_sort_devices(&all->devices);
	model_sort_routes(&all->routes);
	model_sort_stations(&all->stations);
	for (size_t i = 0; i < all->devices.n; i++) {
		struct model_device *device = &all->devices.list[i];

		model_sort_peers(device);
		if (model_merge_routes(device, &all->routes, &fault))
			continue;
		memcpy(device->counters, all->counters, sizeof(device->counters));
		memcpy(device->given, all->given, sizeof(device->given));
		print_device(out, device);
		print_peer_table(out, device);
		for (size_t j = 0; j < device->n_peers; j++) {
			print_peer(out, device, &device->peers[j]);
			HOLDS(model_find_peer(device, device->peers[j].name));
		}
		rewind(out);
		check_json(out, &text, &size, json_peers(out, device, &fault));
	}
	print_routes(out, &all->routes);
	print_stations(out, &all->stations);
	print_stats(out, all->counters, all->given);
	print_prometheus(out, &all->devices, false);
	print_prometheus(out, &all->devices, true);
	rewind(out);
	check_json(out, &text, &size, json_devices(out, &all->devices, true, &fault));
	check_json(out, &text, &size, json_routes(out, &all->routes, &fault));
	check_json(out, &text, &size, json_stations(out, &all->stations, &fault));
	check_json(out, &text, &size, json_stats(out, all->counters, all->given, &fault));
	fclose(out);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct all all = {};
	int status = 0;

	while (!status && len >= 3) {
		size_t size = (data[1] | (size_t)data[2] << 8) % 1024;
		struct nlmsghdr *hdr;

		if (size > len - 3)
			size = len - 3;
		/* exactly as long as the message */
		hdr = calloc(1, NLMSG_HDRLEN + GENL_HDRLEN + size);
		hdr->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + GENL_HDRLEN + size);
		memcpy((char *)hdr + NLMSG_HDRLEN + GENL_HDRLEN, data + 3, size);
		status = read_one(&all, data[0], hdr);
		free(hdr);
		data += 3 + size;
		len -= 3 + size;
	}
	if (!status)
		print_all(&all);
	model_devices_clear(&all.devices);
	model_routes_clear(&all.routes);
	model_stations_clear(&all.stations);
	return 0;
}
