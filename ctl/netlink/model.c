/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netlink/model.h"
#include "text/list.h"

static struct nla_policy top_policy[CAMEX_A_MAX + 1] = {
	[CAMEX_A_IFINDEX] = { .type = NLA_U32 },
	[CAMEX_A_IFNAME] = { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[CAMEX_A_EVENT] = { .type = NLA_U32 },
};

static struct nla_policy wg_dev_policy[CAMEX_A_WG_DEV_MAX + 1] = {
	[CAMEX_A_WG_DEV_PUBLIC_KEY] = { .minlen = CAMEX_KEY_LEN,
					.maxlen = CAMEX_KEY_LEN },
};

static struct nla_policy wg_peer_policy[CAMEX_A_WG_PEER_MAX + 1] = {
	[CAMEX_A_WG_PEER_PUBLIC_KEY] = { .minlen = CAMEX_KEY_LEN,
					 .maxlen = CAMEX_KEY_LEN },
	[CAMEX_A_WG_PEER_CIPHER] = { .type = NLA_U32 },
	[CAMEX_A_WG_PEER_PRESHARED] = { .type = NLA_U8 },
	[CAMEX_A_WG_PEER_LAST_HANDSHAKE] = { .type = NLA_U64 },
};

static struct nla_policy dev_policy[CAMEX_A_DEV_MAX + 1] = {
	[CAMEX_A_DEV_LINK] = { .type = NLA_U32 },
	[CAMEX_A_DEV_PROTOCOL] = { .type = NLA_U32 },
	[CAMEX_A_DEV_TRANSPORT] = { .type = NLA_U32 },
	[CAMEX_A_DEV_LINKS] = { .type = NLA_U32 },
	[CAMEX_A_DEV_TX] = { .type = NLA_U32 },
	[CAMEX_A_DEV_RX] = { .type = NLA_U32 },
	[CAMEX_A_DEV_PORT] = { .type = NLA_U16 },
	[CAMEX_A_DEV_BIND] = { .maxlen = 16 },
	[CAMEX_A_DEV_BIND_DEV] = { .type = NLA_STRING },
	[CAMEX_A_DEV_FWMARK] = { .type = NLA_U32 },
	[CAMEX_A_DEV_SOURCE_CHECK] = { .type = NLA_U8 },
	[CAMEX_A_DEV_PLAINTEXT] = { .type = NLA_U8 },
	[CAMEX_A_DEV_MTU] = { .type = NLA_U32 },
	[CAMEX_A_DEV_RELAY] = { .type = NLA_U8 },
	[CAMEX_A_DEV_LINK_NAME] = { .type = NLA_STRING },
	[CAMEX_A_DEV_LINK_TIMEOUT] = { .type = NLA_U16 },
	[CAMEX_A_DEV_ID] = { .minlen = CAMEX_ID_LEN, .maxlen = CAMEX_ID_LEN },
	[CAMEX_A_DEV_AGEING] = { .type = NLA_U16 },
	[CAMEX_A_DEV_CLIENT_ID] = { .type = NLA_STRING,
				    .maxlen = CAMEX_NAME_MAX + 1 },
	[CAMEX_A_DEV_WIREGUARD] = { .type = NLA_NESTED },
};

static struct nla_policy peer_policy[CAMEX_A_PEER_MAX + 1] = {
	[CAMEX_A_PEER_NAME] = { .type = NLA_STRING,
				.maxlen = CAMEX_NAME_MAX + 1 },
	[CAMEX_A_PEER_ENDPOINT_ADDR] = { .minlen = 4, .maxlen = 16 },
	[CAMEX_A_PEER_ENDPOINT_PORT] = { .type = NLA_U16 },
	[CAMEX_A_PEER_ENDPOINT_SCOPE] = { .type = NLA_U32 },
	[CAMEX_A_PEER_CONFIGURED_ADDR] = { .minlen = 4, .maxlen = 16 },
	[CAMEX_A_PEER_CONFIGURED_PORT] = { .type = NLA_U16 },
	[CAMEX_A_PEER_CONFIGURED_SCOPE] = { .type = NLA_U32 },
	[CAMEX_A_PEER_LINK] = { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[CAMEX_A_PEER_LINK_IFINDEX] = { .type = NLA_U32 },
	[CAMEX_A_PEER_UNANSWERED] = { .type = NLA_U64 },
	[CAMEX_A_PEER_REFUSED] = { .type = NLA_U64 },
	[CAMEX_A_PEER_TRANSPORT] = { .type = NLA_U32 },
	[CAMEX_A_PEER_ID] = { .minlen = CAMEX_ID_LEN, .maxlen = CAMEX_ID_LEN },
	[CAMEX_A_PEER_FINGERPRINT] = { .minlen = CAMEX_FINGERPRINT_LEN },
	[CAMEX_A_PEER_STATE] = { .type = NLA_U32 },
	[CAMEX_A_PEER_LAST_SEEN] = { .type = NLA_U64 },
	[CAMEX_A_PEER_RX_PACKETS] = { .type = NLA_U64 },
	[CAMEX_A_PEER_RX_BYTES] = { .type = NLA_U64 },
	[CAMEX_A_PEER_TX_PACKETS] = { .type = NLA_U64 },
	[CAMEX_A_PEER_TX_BYTES] = { .type = NLA_U64 },
	[CAMEX_A_PEER_KEEPALIVE] = { .type = NLA_U16 },
	[CAMEX_A_PEER_REGISTER] = { .type = NLA_U32 },
	[CAMEX_A_PEER_PROFILE_ADDRESS] = { .type = NLA_NESTED },
	[CAMEX_A_PEER_PROFILE_GATEWAY] = { .minlen = 4, .maxlen = 16 },
	[CAMEX_A_PEER_PROFILE_MTU] = { .type = NLA_U16 },
	[CAMEX_A_PEER_PROFILE_ROUTES] = { .type = NLA_NESTED },
	[CAMEX_A_PEER_WIREGUARD] = { .type = NLA_NESTED },
};

static struct nla_policy route_policy[CAMEX_A_ROUTE_MAX + 1] = {
	[CAMEX_A_ROUTE_ADDR] = { .minlen = 4, .maxlen = 16 },
	[CAMEX_A_ROUTE_LEN] = { .type = NLA_U8 },
	[CAMEX_A_ROUTE_PEER] = { .type = NLA_STRING,
				 .maxlen = CAMEX_NAME_MAX + 1 },
};

static struct nla_policy fdb_policy[CAMEX_A_FDB_MAX + 1] = {
	[CAMEX_A_FDB_MAC] = { .minlen = MAC_LEN, .maxlen = MAC_LEN },
	[CAMEX_A_FDB_VLAN] = { .type = NLA_U16 },
	[CAMEX_A_FDB_PEER] = { .type = NLA_STRING,
			       .maxlen = CAMEX_NAME_MAX + 1 },
	[CAMEX_A_FDB_AGE] = { .type = NLA_U32 },
};

static int fault_malformed(struct fault *fault)
{
	return fault_set(fault, "the kernel's answer is malformed");
}

static int fault_memory(struct fault *fault)
{
	return fault_set(fault, "out of memory");
}

static int top_read(struct nlattr **tb, struct nlmsghdr *hdr,
		    struct fault *fault)
{
	if (nlmsg_parse(hdr, GENL_HDRLEN, tb, CAMEX_A_MAX, top_policy) < 0)
		return fault_malformed(fault);
	return 0;
}

/* Copy a nest, and parse the copy. NULL if it is malformed, or without memory. */
static void *nest_copy(struct nlattr *nest, struct nlattr **tb, int max,
		       struct nla_policy *policy)
{
	size_t len = (size_t)nla_len(nest);
	void *copy = malloc(len ? len : 1);

	if (!copy)
		return NULL;
	memcpy(copy, nla_data(nest), len);
	if (nla_parse(tb, max, copy, (int)len, policy) < 0) {
		free(copy);
		return NULL;
	}
	return copy;
}

/* Is a protocol's nest well-formed? NULL, no nest, is. */
static bool nest_is_valid(struct nlattr *nest, int max,
			  struct nla_policy *policy)
{
	return !nest ||
	       !nla_validate(nla_data(nest), nla_len(nest), max, policy);
}

void model_nest(struct nlattr *nest, struct nlattr **inner)
{
	for (int i = 0; i <= MODEL_NEST_MAX; i++)
		inner[i] = NULL;
	if (nest)
		nla_parse_nested(inner, MODEL_NEST_MAX, nest, NULL);
}

int model_device_read(void *arg, struct nlmsghdr *hdr, struct fault *fault)
{
	struct model_devices *devices = arg;
	struct nlattr *tb[CAMEX_A_MAX + 1];
	struct model_device *device;

	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_IFINDEX] || !tb[CAMEX_A_IFNAME] || !tb[CAMEX_A_DEV])
		return fault_malformed(fault);
	device = list_add(&devices->list, &devices->n, sizeof(*device));
	if (!device)
		return fault_memory(fault);
	device->ifindex = nla_get_u32(tb[CAMEX_A_IFINDEX]);
	nla_strlcpy(device->name, tb[CAMEX_A_IFNAME], sizeof(device->name));
	device->copy = nest_copy(tb[CAMEX_A_DEV], device->tb, CAMEX_A_DEV_MAX,
				 dev_policy);
	if (!device->copy || !nest_is_valid(device->tb[CAMEX_A_DEV_WIREGUARD],
					    CAMEX_A_WG_DEV_MAX, wg_dev_policy))
		return fault_malformed(fault);
	return 0;
}

int model_peer_read(void *arg, struct nlmsghdr *hdr, struct fault *fault)
{
	struct model_device *device = arg;
	struct nlattr *tb[CAMEX_A_MAX + 1];
	struct model_peer *peer;

	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_PEER])
		return fault_malformed(fault);
	peer = list_add(&device->peers, &device->n_peers, sizeof(*peer));
	if (!peer)
		return fault_memory(fault);
	peer->copy = nest_copy(tb[CAMEX_A_PEER], peer->tb, CAMEX_A_PEER_MAX,
			       peer_policy);
	if (!peer->copy || !peer->tb[CAMEX_A_PEER_NAME] ||
	    !nest_is_valid(peer->tb[CAMEX_A_PEER_WIREGUARD],
			   CAMEX_A_WG_PEER_MAX, wg_peer_policy))
		return fault_malformed(fault);
	peer->name = nla_get_string(peer->tb[CAMEX_A_PEER_NAME]);
	return 0;
}

int model_route_read(void *arg, struct nlmsghdr *hdr, struct fault *fault)
{
	struct model_routes *routes = arg;
	struct nlattr *tb[CAMEX_A_MAX + 1], *at[CAMEX_A_ROUTE_MAX + 1];
	struct model_route *route;

	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_ROUTE] ||
	    nla_parse_nested(at, CAMEX_A_ROUTE_MAX, tb[CAMEX_A_ROUTE],
			     route_policy) < 0 ||
	    !at[CAMEX_A_ROUTE_ADDR] || !at[CAMEX_A_ROUTE_LEN] ||
	    !at[CAMEX_A_ROUTE_PEER])
		return fault_malformed(fault);
	route = list_add(&routes->list, &routes->n, sizeof(*route));
	if (!route)
		return fault_memory(fault);
	if (!model_address(at[CAMEX_A_ROUTE_ADDR], &route->prefix.addr))
		return fault_malformed(fault);
	route->prefix.len = nla_get_u8(at[CAMEX_A_ROUTE_LEN]);
	nla_strlcpy(route->peer, at[CAMEX_A_ROUTE_PEER], sizeof(route->peer));
	return 0;
}

int model_station_read(void *arg, struct nlmsghdr *hdr, struct fault *fault)
{
	struct model_stations *stations = arg;
	struct nlattr *tb[CAMEX_A_MAX + 1], *at[CAMEX_A_FDB_MAX + 1];
	struct model_station *station;

	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_FDB] ||
	    nla_parse_nested(at, CAMEX_A_FDB_MAX, tb[CAMEX_A_FDB], fdb_policy) <
		    0 ||
	    !at[CAMEX_A_FDB_MAC] || !at[CAMEX_A_FDB_PEER])
		return fault_malformed(fault);
	station = list_add(&stations->list, &stations->n, sizeof(*station));
	if (!station)
		return fault_memory(fault);
	memcpy(station->mac, nla_data(at[CAMEX_A_FDB_MAC]), MAC_LEN);
	station->vlan = (uint16_t)model_number(at[CAMEX_A_FDB_VLAN]);
	nla_strlcpy(station->peer, at[CAMEX_A_FDB_PEER], sizeof(station->peer));
	station->fixed = !at[CAMEX_A_FDB_AGE];
	station->age = (uint32_t)model_number(at[CAMEX_A_FDB_AGE]);
	return 0;
}

int model_event_read(struct model_event *event, struct nlmsghdr *hdr,
		     struct fault *fault)
{
	struct nlattr *tb[CAMEX_A_MAX + 1];

	memset(event, 0, sizeof(*event));
	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_EVENT] || !tb[CAMEX_A_IFINDEX] || !tb[CAMEX_A_IFNAME])
		return fault_malformed(fault);
	event->event = nla_get_u32(tb[CAMEX_A_EVENT]);
	event->ifindex = nla_get_u32(tb[CAMEX_A_IFINDEX]);
	nla_strlcpy(event->name, tb[CAMEX_A_IFNAME], sizeof(event->name));
	if (tb[CAMEX_A_PEER] &&
	    nla_parse_nested(event->peer, CAMEX_A_PEER_MAX, tb[CAMEX_A_PEER],
			     peer_policy) < 0)
		return fault_malformed(fault);
	return 0;
}

int model_stats_read(uint64_t *counters, bool *given, struct nlmsghdr *hdr,
		     struct fault *fault)
{
	struct nlattr *tb[CAMEX_A_MAX + 1], *at[CAMEX_A_STATS_MAX + 1];

	if (top_read(tb, hdr, fault))
		return -1;
	if (!tb[CAMEX_A_STATS] || nla_parse_nested(at, CAMEX_A_STATS_MAX,
						   tb[CAMEX_A_STATS], NULL) < 0)
		return fault_malformed(fault);
	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		counters[i] = 0;
		given[i] = model_bytes(at[i], &counters[i], sizeof(*counters));
	}
	return 0;
}

static int hash_peers(struct model_device *device, struct fault *fault)
{
	size_t n = 16;

	while (n < device->n_peers)
		n *= 2;
	free(device->buckets);
	device->n_buckets = 0;
	device->buckets = calloc(n, sizeof(*device->buckets));
	if (!device->buckets)
		return fault_memory(fault);
	device->n_buckets = n;
	for (size_t i = 0; i < device->n_peers; i++) {
		struct model_peer *peer = &device->peers[i];
		size_t *bucket =
			&device->buckets[peer_name_hash(peer->name) & (n - 1)];

		peer->next = *bucket;
		*bucket = i + 1;
	}
	return 0;
}

struct model_peer *model_find_peer(const struct model_device *device,
				   const char *name)
{
	size_t at;

	if (!device->n_buckets)
		return NULL;
	at = device->buckets[peer_name_hash(name) & (device->n_buckets - 1)];
	for (; at; at = device->peers[at - 1].next)
		if (!strcasecmp(device->peers[at - 1].name, name))
			return &device->peers[at - 1];
	return NULL;
}

int model_merge_routes(struct model_device *device,
		       const struct model_routes *routes, struct fault *fault)
{
	if (hash_peers(device, fault))
		return -1;
	for (size_t i = 0; i < routes->n; i++) {
		const struct model_route *route = &routes->list[i];
		struct model_peer *peer = model_find_peer(device, route->peer);
		struct prefix *prefix;

		/* a peer that was requested alone, or added meanwhile */
		if (!peer)
			continue;
		prefix = list_add(&peer->routes, &peer->n_routes,
				  sizeof(*prefix));
		if (!prefix)
			return fault_memory(fault);
		*prefix = route->prefix;
	}
	return 0;
}

uint64_t model_number(const struct nlattr *attr)
{
	switch (attr ? nla_len(attr) : 0) {
	case 1:
		return nla_get_u8(attr);
	case 2:
		return nla_get_u16(attr);
	case 4:
		return nla_get_u32(attr);
	case 8:
		return nla_get_u64(attr);
	default:
		return 0;
	}
}

bool model_is(const struct nlattr *attr, uint32_t number)
{
	return attr && model_number(attr) == number;
}

bool model_bytes(const struct nlattr *attr, void *to, size_t len)
{
	bool fits = attr && (size_t)nla_len(attr) == len;

	if (fits)
		memcpy(to, nla_data(attr), len);
	return fits;
}

bool model_address(const struct nlattr *attr, struct address *address)
{
	return attr &&
	       !address_set(address, nla_data(attr), (size_t)nla_len(attr));
}

bool model_endpoint(struct nlattr *const *tb, int attr,
		    struct endpoint *endpoint)
{
	memset(endpoint, 0, sizeof(*endpoint));
	if (!tb[attr + 1] || !model_address(tb[attr], &endpoint->addr))
		return false;
	endpoint->port = (uint16_t)model_number(tb[attr + 1]);
	endpoint->scope = (uint32_t)model_number(tb[attr + 2]);
	return true;
}
