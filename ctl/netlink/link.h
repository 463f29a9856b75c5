/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What routing netlink does to interfaces: addresses, routes, up and away. */
#ifndef CAMEXCTL_LINK_H
#define CAMEXCTL_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/address.h"
#include "text/fault.h"
#include "netlink/nl.h"

/**
 * struct link_found - an interface
 * @ifindex: its index
 * @name: its name
 * @kind: what made it; "": nothing says
 * @mac: its MAC
 * @has_mac: it has one
 */
struct link_found {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[32];
	uint8_t mac[6];
	bool has_mac;
};

/*
 * The name of an interface by any of its names: alternative ones may be longer than
 * 15 bytes. name has room for IFNAMSIZ. False: there is no such interface.
 */
bool link_real_name(const char *any, char *name);

/* A request about an interface, 0: which one is told later; NULL: no memory. */
struct nl_msg *link_message(uint16_t type, int flags, int ifindex);

/* Takes the answer to RTM_GETLINK: the sink's argument is a link_found. */
int link_found_message(struct nlmsghdr *hdr, void *arg);

/* The same with any header. */
struct nl_msg *link_header_message(uint16_t type, int flags, const void *header,
				   size_t len);

/* Send a request and free it, NULL: no memory. 0, or an errno with what the kernel says. */
int link_exchange(struct conn *conn, struct nl_msg *msg,
		  const struct conn_sink *sink, struct fault *fault);

/* The same. 0, or -1 with what the kernel says. */
int link_send(struct conn *conn, struct nl_msg *msg,
	      const struct conn_sink *sink, struct fault *fault);

/* Ask for a whole list, one message each. 0 or an errno. */
int link_request_list(struct conn *conn, uint16_t type, const void *header,
		      size_t len,
		      int (*message)(struct nlmsghdr *hdr, void *arg),
		      void *arg);

/* The request for the interface of that name. */
struct nl_msg *link_get_message(const char *name);

/*
 * Over a connection of conn_open_route(), to one interface. Each returns 0, or
 * -1 with what the kernel says.
 */
int link_find(struct conn *conn, const char *name, struct link_found *found,
	      struct fault *fault);
/* The MAC of an interface, 6 bytes. 0, or -1: it has none. */
int link_mac(struct conn *conn, int ifindex, uint8_t *mac);
int link_set_mtu(struct conn *conn, int ifindex, uint32_t mtu,
		 struct fault *fault);
int link_set_up(struct conn *conn, int ifindex, struct fault *fault);
int link_delete(struct conn *conn, int ifindex, struct fault *fault);
/* An address and the network around it. */
int link_add_address(struct conn *conn, int ifindex,
		     const struct prefix *address, struct fault *fault);
int link_del_address(struct conn *conn, int ifindex,
		     const struct prefix *address, struct fault *fault);
/* A route through it, in a table. */
int link_add_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault);
int link_keep_route(struct conn *conn, int ifindex, uint32_t table,
		    const struct prefix *prefix, struct fault *fault);
int link_del_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault);

/*
 * The same in the main table by way of a gateway on the link, NULL: none. It may be
 * there already; there says whether one is that is not through this interface.
 */
int link_add_route_via(struct conn *conn, int ifindex,
		       const struct prefix *prefix,
		       const struct address *gateway, bool *there,
		       struct fault *fault);

/**
 * struct link_route - a route
 * @prefix: where to
 * @table: the table that it is in
 * @ifindex: through which interface, 0: through several
 * @metric: its metric
 * @direct: no gateway is in between, and the kernel did not add it by itself
 * @own: camexctl has added it, to another table than main
 */
struct link_route {
	struct prefix prefix;
	uint32_t table;
	int ifindex;
	uint32_t metric;
	bool direct;
	bool own;
};

/**
 * struct link_routes - a list of them; free its @list
 * @list: in no order
 * @n: how many
 */
struct link_routes {
	struct link_route *list;
	size_t n;
};

/* All unicast routes of a table, 0: of all tables, one by one. 0 or -1. */
int link_each_route(struct conn *conn, uint8_t family, uint32_t table,
		    void (*each)(const struct link_route *route, void *arg),
		    void *arg);

/*
 * The addresses of an interface, all or those of global scope that somebody has set;
 * the direct routes through it. Free the list. 0 or -1.
 */
int link_addresses(struct conn *conn, int ifindex, bool all,
		   struct prefixes *addresses);
int link_routes(struct conn *conn, int ifindex, struct link_routes *routes);

#endif /* CAMEXCTL_LINK_H */
