/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Routes through an interface. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/link.h"
#include "text/list.h"

/* Protocol of our routes in other tables than main. "ip route" uses "boot" for its own. */
#define OWN_PROTOCOL RTPROT_STATIC

/* Add a route like "ip route add PREFIX dev DEV" or "via GATEWAY dev DEV onlink". */
static struct nl_msg *prefix_message(uint16_t type, int flags, int ifindex,
				     uint32_t table,
				     const struct prefix *prefix,
				     const struct address *gateway)
{
	const struct rtmsg header = {
		.rtm_family = prefix->addr.family,
		.rtm_dst_len = prefix->len,
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_protocol = table == RT_TABLE_MAIN ? RTPROT_BOOT :
							 OWN_PROTOCOL,
		.rtm_scope = prefix->addr.family == AF_INET && !gateway ?
				     RT_SCOPE_LINK :
				     RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = gateway ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *msg;

	msg = link_header_message(type, flags, &header, sizeof(header));
	if (msg &&
	    (nla_put(msg, RTA_DST, (int)address_len(&prefix->addr),
		     prefix->addr.bytes) < 0 ||
	     nla_put_u32(msg, RTA_OIF, (uint32_t)ifindex) < 0 ||
	     nla_put_u32(msg, RTA_TABLE, table) < 0 ||
	     (gateway && nla_put(msg, RTA_GATEWAY, (int)address_len(gateway),
				 gateway->bytes) < 0))) {
		message_free(msg);
		msg = NULL;
	}
	return msg;
}

int link_add_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault)
{
	return link_send(conn,
			 prefix_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
					ifindex, table, prefix, NULL),
			 NULL, fault);
}

/* A route that is searched for, and whether it was found. */
struct route_search {
	const struct prefix *prefix;
	int ifindex;
	bool found;
};

static void search_route(const struct link_route *route, void *arg)
{
	struct route_search *search = arg;

	if (route->ifindex == search->ifindex &&
	    !prefix_compare(&route->prefix, search->prefix))
		search->found = true;
}

/* Does the route exist already? */
static int add_or_find(struct conn *conn, int ifindex, uint32_t table,
		       const struct prefix *prefix,
		       const struct address *gateway, bool *there,
		       struct fault *fault)
{
	struct route_search search = { prefix, ifindex, false };
	struct nl_msg *msg;
	int error;

	*there = false;
	if (gateway && !gateway->family)
		gateway = NULL;
	msg = prefix_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex,
			     table, prefix, gateway);
	error = link_exchange(conn, msg, NULL, fault);
	if (error != EEXIST)
		return error ? -1 : 0;
	if (link_each_route(conn, prefix->addr.family, table, search_route,
			    &search))
		return -1;
	*there = !search.found;
	return 0;
}

int link_add_route_via(struct conn *conn, int ifindex,
		       const struct prefix *prefix,
		       const struct address *gateway, bool *there,
		       struct fault *fault)
{
	return add_or_find(conn, ifindex, RT_TABLE_MAIN, prefix, gateway, there,
			   fault);
}

int link_keep_route(struct conn *conn, int ifindex, uint32_t table,
		    const struct prefix *prefix, struct fault *fault)
{
	bool there;

	return add_or_find(conn, ifindex, table, prefix, NULL, &there, fault);
}

int link_del_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault)
{
	/* whatever its scope and gateway */
	const struct rtmsg header = {
		.rtm_family = prefix->addr.family,
		.rtm_dst_len = prefix->len,
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_scope = RT_SCOPE_NOWHERE,
	};
	struct nl_msg *msg;

	msg = link_header_message(RTM_DELROUTE, 0, &header, sizeof(header));
	if (msg && (nla_put(msg, RTA_DST, (int)address_len(&prefix->addr),
			    prefix->addr.bytes) < 0 ||
		    nla_put_u32(msg, RTA_TABLE, table) < 0 ||
		    nla_put_u32(msg, RTA_OIF, (uint32_t)ifindex) < 0)) {
		message_free(msg);
		msg = NULL;
	}
	return link_send(conn, msg, NULL, fault);
}

/* The receiver of the routes. */
struct route_walk {
	void (*each)(const struct link_route *route, void *arg);
	void *arg;
	uint32_t table;
};

static int walk_message(struct nlmsghdr *hdr, void *arg)
{
	const struct rtmsg *route = nlmsg_data(hdr);
	const struct route_walk *walk = arg;
	struct nlattr *tb[RTA_MAX + 1];
	struct link_route found = {};

	if (nlmsg_parse(hdr, sizeof(*route), tb, RTA_MAX, NULL) < 0 ||
	    route->rtm_type != RTN_UNICAST)
		return 0;
	found.table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) :
				      route->rtm_table;
	if (walk->table && found.table != walk->table)
		return 0;
	found.prefix.addr.family = route->rtm_family;
	found.prefix.len = route->rtm_dst_len;
	if (tb[RTA_DST])
		address_set(&found.prefix.addr, nla_data(tb[RTA_DST]),
			    (size_t)nla_len(tb[RTA_DST]));
	if (tb[RTA_OIF])
		found.ifindex = (int)nla_get_u32(tb[RTA_OIF]);
	if (tb[RTA_PRIORITY])
		found.metric = nla_get_u32(tb[RTA_PRIORITY]);
	found.own = route->rtm_protocol == OWN_PROTOCOL;
	found.direct = !tb[RTA_GATEWAY] && route->rtm_protocol != RTPROT_KERNEL;
	walk->each(&found, walk->arg);
	return 0;
}

int link_each_route(struct conn *conn, uint8_t family, uint32_t table,
		    void (*each)(const struct link_route *route, void *arg),
		    void *arg)
{
	const struct rtmsg header = { .rtm_family = family };
	struct route_walk walk = { each, arg, table };

	return link_request_list(conn, RTM_GETROUTE, &header, sizeof(header),
				 walk_message, &walk);
}

/* A list of routes while it is read. */
struct route_collection {
	struct link_routes *routes;
	int ifindex;
	bool failed;
};

static void collect_route(const struct link_route *route, void *arg)
{
	struct route_collection *to = arg;
	struct link_route *item;

	if (route->ifindex != to->ifindex || !route->direct)
		return;
	item = list_add(&to->routes->list, &to->routes->n, sizeof(*item));
	to->failed |= !item;
	if (item)
		*item = *route;
}

int link_routes(struct conn *conn, int ifindex, struct link_routes *routes)
{
	struct route_collection to = { routes, ifindex, false };

	*routes = (struct link_routes){};
	if (link_each_route(conn, AF_INET, 0, collect_route, &to) ||
	    link_each_route(conn, AF_INET6, 0, collect_route, &to))
		return -1;
	return to.failed ? -1 : 0;
}
