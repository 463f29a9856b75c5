/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Everything: devices, their peers, their routes. */
#include <stdio.h>
#include <string.h>

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

/* Peers of all devices; of those that are gone meanwhile, none. */
static int show_peers(struct call *call, struct model_devices *devices)
{
	size_t kept = 0;

	for (size_t i = 0; i < devices->n; i++) {
		struct model_device device = devices->list[i];

		if (!query_device_peers(call, &device, NULL)) {
			devices->list[kept++] = device;
			continue;
		}
		model_device_clear(&device);
		if (call->word[0] || !call->gone) {
			/* what follows is still the list's to free */
			memmove(&devices->list[kept], &devices->list[i + 1],
				(devices->n - i - 1) * sizeof(*devices->list));
			devices->n -= i + 1 - kept;
			return -1;
		}
	}
	devices->n = kept;
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
