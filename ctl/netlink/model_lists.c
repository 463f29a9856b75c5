/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The lists of the model: sorting and freeing. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netlink/model.h"

static int device_compare(const void *a, const void *b)
{
	const struct model_device *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

static int peer_compare(const void *a, const void *b)
{
	const struct model_peer *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

static int route_compare(const void *a, const void *b)
{
	const struct model_route *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

void model_sort_devices(struct model_devices *devices)
{
	if (devices->n)
		qsort(devices->list, devices->n, sizeof(*devices->list),
		      device_compare);
}

void model_sort_peers(struct model_device *device)
{
	if (device->n_peers)
		qsort(device->peers, device->n_peers, sizeof(*device->peers),
		      peer_compare);
}

void model_sort_routes(struct model_routes *routes)
{
	if (routes->n)
		qsort(routes->list, routes->n, sizeof(*routes->list),
		      route_compare);
}

static int station_compare(const void *a, const void *b)
{
	const struct model_station *x = a, *y = b;

	if (x->vlan != y->vlan)
		return x->vlan < y->vlan ? -1 : 1;
	return memcmp(x->mac, y->mac, MAC_LEN);
}

void model_sort_stations(struct model_stations *stations)
{
	if (stations->n)
		qsort(stations->list, stations->n, sizeof(*stations->list),
		      station_compare);
}

void model_stations_clear(void *arg)
{
	struct model_stations *stations = arg;

	free(stations->list);
	memset(stations, 0, sizeof(*stations));
}

void model_peers_clear(void *arg)
{
	struct model_device *device = arg;

	for (size_t i = 0; i < device->n_peers; i++) {
		free(device->peers[i].copy);
		free(device->peers[i].routes);
	}
	free(device->peers);
	free(device->buckets);
	device->peers = NULL;
	device->buckets = NULL;
	device->n_peers = device->n_buckets = 0;
}

void model_device_clear(struct model_device *device)
{
	model_peers_clear(device);
	free(device->copy);
	memset(device, 0, sizeof(*device));
}

void model_devices_drop(struct model_devices *devices, size_t nth)
{
	model_device_clear(&devices->list[nth]);
	devices->n--;
	memmove(&devices->list[nth], &devices->list[nth + 1],
		(devices->n - nth) * sizeof(*devices->list));
}

void model_devices_clear(void *arg)
{
	struct model_devices *devices = arg;

	for (size_t i = 0; i < devices->n; i++)
		model_device_clear(&devices->list[i]);
	free(devices->list);
	memset(devices, 0, sizeof(*devices));
}

void model_routes_clear(void *arg)
{
	struct model_routes *routes = arg;

	free(routes->list);
	memset(routes, 0, sizeof(*routes));
}
