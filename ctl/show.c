/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Everything: devices, their peers, their routes. */
#include <stdio.h>

#include "command.h"
#include "output.h"

static void show_text(struct model_devices *devices)
{
	query_links(devices);
	print_colours(stdout);
	for (size_t i = 0; i < devices->n; i++) {
		const struct model_device *device = &devices->list[i];

		if (i)
			putchar('\n');
		print_device(stdout, device);
		for (size_t p = 0; p < device->n_peers; p++) {
			putchar('\n');
			print_peer(stdout, device, &device->peers[p]);
		}
	}
}

/* Peers of all devices but those that are gone meanwhile. */
static int show_peers(struct call *call, struct model_devices *devices)
{
	size_t i = 0;

	while (i < devices->n) {
		if (!query_device_peers(call, &devices->list[i], NULL) ||
		    devices->list[i].withheld) {
			i++;
			continue;
		}
		if (call->word[0] || !call->gone)
			return -1;
		model_devices_drop(devices, i);
	}
	return 0;
}

int show(struct call *call)
{
	struct model_devices devices = {};
	int status;

	status = query_devices(call, call->word[0], &devices);
	if (!status)
		status = show_peers(call, &devices);
	if (!status && call->json)
		status = json_devices(stdout, &devices, true, &call->fault);
	else if (!status)
		show_text(&devices);
	model_devices_clear(&devices);
	return status;
}
