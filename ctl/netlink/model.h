/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the kernel has: devices, peers, routes. Attributes stay as they came,
 * in tables by type, so that what the kernel did not send is NULL.
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
 * @routes: its prefixes, in order
 * @n_routes: how many
 * @next: in its bucket, plus one; 0: the last
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
 * @down: its link is not up; filled by query_links() alone
 * @tb: its attributes, CAMEX_A_DEV_*
 * @copy: the bytes that @tb points into
 * @peers: its peers, by name
 * @n_peers: how many
 * @buckets: peers by the hash of their names: index plus one
 * @n_buckets: a power of two; 0: not hashed
 * @withheld: the user may not see its routes
 * @counters: by CAMEX_A_STATS_*, once query_counters() was called
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
 * @list: by name
 * @n: how many
 */
struct model_devices {
	struct model_device *list;
	size_t n;
};

/**
 * struct model_route - a prefix and who has it
 * @prefix: the prefix
 * @peer: the peer's name
 */
struct model_route {
	struct prefix prefix;
	char peer[CAMEX_NAME_MAX + 1];
};

/**
 * struct model_routes - the routes of a device
 * @list: by prefix
 * @n: how many
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
 * @fixed: it was added by hand
 * @age: else seconds since it was heard
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
 * @list: by VLAN and MAC address
 * @n: how many
 */
struct model_stations {
	struct model_station *list;
	size_t n;
};

/**
 * struct model_event - something that happened
 * @name: the device's name
 * @ifindex: its index
 * @event: enum camex_event
 * @peer: the peer's attributes; all NULL: none
 */
struct model_event {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t event;
	struct nlattr *peer[CAMEX_A_PEER_MAX + 1];
};

/*
 * One message each, added to the list @arg: devices, a device's peers, routes,
 * stations; 0, or -1 with the reason. The
 * attributes of an event point into the message.
 */
int model_device_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_peer_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_route_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_station_read(void *arg, struct nlmsghdr *hdr, struct fault *fault);
int model_event_read(struct model_event *event, struct nlmsghdr *hdr,
		     struct fault *fault);
int model_stats_read(uint64_t *counters, bool *given, struct nlmsghdr *hdr,
		     struct fault *fault);

/* Put peers into order and hand out routes, once all have been read. */
void model_sort_devices(struct model_devices *devices);
void model_sort_peers(struct model_device *device);
void model_sort_routes(struct model_routes *routes);
void model_sort_stations(struct model_stations *stations);
int model_merge_routes(struct model_device *device,
		       const struct model_routes *routes, struct fault *fault);

/* The peer of that name in any case, or NULL; after model_merge_routes(). */
struct model_peer *model_find_peer(const struct model_device *device,
				   const char *name);

/* Take one device out of the list. */
void model_devices_drop(struct model_devices *devices, size_t nth);
void model_devices_clear(void *arg);
void model_peers_clear(void *arg);
void model_device_clear(struct model_device *device);
void model_routes_clear(void *arg);
void model_stations_clear(void *arg);

/* The highest attribute of a protocol's own nest. */
#define MODEL_NEST_MAX 16

/* The attributes of such a nest by type, each NULL if the nest is NULL. */
void model_nest(struct nlattr *nest, struct nlattr **inner);

/*
 * The endpoint among a peer's attributes, in those from @attr on: CAMEX_A_PEER_ENDPOINT_ADDR,
 * CAMEX_A_PEER_CONFIGURED_ADDR. False: there is none.
 */
bool model_endpoint(struct nlattr *const *tb, int attr,
		    struct endpoint *endpoint);

/*
 * Read from the kernel, in query.c. The device is the call's first word; a
 * name that is NULL means all of them. 0, or -1 with the call's fault.
 */
int query_devices(struct call *call, const char *name,
		  struct model_devices *devices);
int query_peers(struct call *call, struct model_device *device,
		const char *name);
int query_counters(struct call *call, struct model_device *device);
int query_routes(struct call *call, const struct model_device *device,
		 struct model_routes *routes);
int query_stations(struct call *call, struct model_stations *stations);
/* See which links are down. */
void query_links(struct model_devices *devices);
/* Peers with their routes. Where the user may not see these it fails with device->withheld set. */
int query_device_peers(struct call *call, struct model_device *device,
		       const char *name);
/* One device as it is, with its peers and their routes, and whether its link is down. */
int query_device(struct call *call, const char *name,
		 struct model_devices *devices);

/* The number in an attribute of 1, 2, 4 or 8 bytes; 0: there is none. */
uint64_t model_number(const struct nlattr *attr);

/* Copy an attribute of just that many bytes; false: there is none, and nothing is copied. */
bool model_bytes(const struct nlattr *attr, void *to, size_t len);

/* The address in an attribute; false: there is none. */
bool model_address(const struct nlattr *attr, struct address *address);

#endif /* CAMEXCTL_MODEL_H */
