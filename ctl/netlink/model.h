/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The model of the kernel's objects: devices, peers, routes. Attributes are kept as received,
 * in tables by type; an attribute that the kernel did not send is NULL.
 */
#ifndef CAMEXCTL_MODEL_H
#define CAMEXCTL_MODEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/camex.h>

#include "text/address.h"
#include "text/fault.h"
#include "text/parse.h"

struct call;
struct nlattr;
struct nlmsghdr;

/**
 * struct model_peer - a peer
 * @name: its name
 * @tb: its attributes, CAMEX_A_PEER_*
 * @copy: the bytes that @tb points into
 * @routes: its prefixes, sorted
 * @n_routes: number of prefixes
 * @next: index of the next peer in its bucket, plus one; 0: the last
 * @withheld: the user may not see its routes
 */
struct model_peer {
	const char *name;
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	void *copy;
	struct prefix *routes;
	size_t n_routes;
	size_t next;
	bool withheld;
};

/**
 * struct model_device - a device
 * @name: its name
 * @ifindex: its index
 * @down: its link is not up; set only by query_links()
 * @tb: its attributes, CAMEX_A_DEV_*
 * @copy: the bytes that @tb points into
 * @peers: its peers, sorted by name
 * @n_peers: number of peers
 * @buckets: peers by the hash of their names: index plus one
 * @n_buckets: number of buckets, a power of two; 0: not hashed
 * @withheld: the user may not see its routes
 * @counters: by CAMEX_A_STATS_*, after query_counters()
 * @given: which of them the kernel has
 */
struct model_device {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	bool down;
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1];
	void *copy;
	struct model_peer *peers;
	size_t n_peers;
	size_t *buckets;
	size_t n_buckets;
	bool withheld;
	uint64_t counters[CAMEX_A_STATS_MAX + 1];
	bool given[CAMEX_A_STATS_MAX + 1];
};

/**
 * struct model_devices - a list of devices
 * @list: sorted by name
 * @n: number of devices
 */
struct model_devices {
	struct model_device *list;
	size_t n;
};

/**
 * struct model_route - a prefix and the peer that owns it
 * @prefix: the prefix
 * @peer: the peer's name
 */
struct model_route {
	struct prefix prefix;
	char peer[CAMEX_NAME_MAX + 1];
};

/**
 * struct model_routes - the routes of a device
 * @list: sorted by prefix
 * @n: number of routes
 */
struct model_routes {
	struct model_route *list;
	size_t n;
};

/**
 * struct model_station - a station and the peer that it is behind
 * @mac: its MAC address
 * @vlan: its VLAN ID, 0: none
 * @peer: the peer's name
 * @fixed: it was added by a user
 * @age: seconds since it was heard, unless @fixed
 */
struct model_station {
	uint8_t mac[MAC_LEN];
	uint16_t vlan;
	char peer[CAMEX_NAME_MAX + 1];
	bool fixed;
	uint32_t age;
};

/**
 * struct model_stations - the forwarding table of a device
 * @list: sorted by VLAN and MAC address
 * @n: number of stations
 */
struct model_stations {
	struct model_station *list;
	size_t n;
};

/**
 * struct model_event - an event
 * @name: the device's name
 * @ifindex: its index
 * @event: enum camex_event
 * @peer: the peer's attributes; all NULL without a peer
 */
struct model_event {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t event;
	struct nlattr *peer[CAMEX_A_PEER_MAX + 1];
};

/*
 * Parse one message, and add it to the list @arg: devices, a device's peers, routes,
 * stations. Each returns 0, or -1 with the reason. The attributes of an event point
 * into the message.
 */
int model_device_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_peer_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_route_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_station_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_event_read(struct model_event *event, struct nlmsghdr *hdr,
		     struct fault *fault);
int model_stats_read(uint64_t *counters, bool *given, struct nlmsghdr *hdr,
		     struct fault *fault);

/* Sort peers and assign routes to them, after all have been read. */
void model_sort_devices(struct model_devices *devices);
void model_sort_peers(struct model_device *device);
void model_sort_routes(struct model_routes *routes);
void model_sort_stations(struct model_stations *stations);
int model_merge_routes(struct model_device *device,
		       const struct model_routes *routes, struct fault *fault);

/* Find a peer by its name (in any case of letters), after model_merge_routes(). NULL if none. */
struct model_peer *model_find_peer(const struct model_device *device,
				   const char *name);

/* Remove a device from the list. */
void model_devices_drop(struct model_devices *devices, size_t nth);
void model_devices_clear(void *arg);
void model_peers_clear(void *arg);
void model_device_clear(struct model_device *device);
void model_routes_clear(void *arg);
void model_stations_clear(void *arg);

/* The highest attribute of a protocol's nest. */
#define MODEL_NEST_MAX 16

/* Get the attributes of such a nest by type; all NULL if the nest is NULL. */
void model_nest(struct nlattr *nest, struct nlattr **inner);

/*
 * Get an endpoint of a peer from the attributes that begin with @attr:
 * CAMEX_A_PEER_ENDPOINT_ADDR or CAMEX_A_PEER_CONFIGURED_ADDR. False if there is none.
 */
bool model_endpoint(struct nlattr *const *tb, int attr,
		    struct endpoint *endpoint);

/*
 * Read from the kernel, in query.c. The device is the call's first word; without it all
 * devices are read. Each returns 0, or -1 with the call's fault.
 */
int query_devices(struct call *call, const char *name,
		  struct model_devices *devices);
int query_peers(struct call *call, struct model_device *device,
		const char *name);
int query_counters(struct call *call, struct model_device *device);
int query_routes(struct call *call, const struct model_device *device,
		 struct model_routes *routes);
int query_stations(struct call *call, struct model_stations *stations);
/* Set model_device.down of each device. */
void query_links(struct model_devices *devices);
/* Read peers with routes. Fails with device->withheld set if the user may not see the routes. */
int query_device_peers(struct call *call, struct model_device *device,
		       const char *name);
/* Read one device with its peers and routes, and whether its link is down. */
int query_device(struct call *call, const char *name,
		 struct model_devices *devices);

/* Get the number in an attribute of 1, 2, 4 or 8 bytes; 0 if there is none. */
uint64_t model_number(const struct nlattr *attr);

/* Does an attribute exist, with that number? */
bool model_is(const struct nlattr *attr, uint32_t number);

/* Copy an attribute of exactly that length. False if there is none; then nothing is copied. */
bool model_bytes(const struct nlattr *attr, void *to, size_t len);

/* Get the address in an attribute. False if there is none. */
bool model_address(const struct nlattr *attr, struct address *address);

#endif /* CAMEXCTL_MODEL_H */
