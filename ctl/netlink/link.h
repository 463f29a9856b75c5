/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Interfaces by routing netlink: addresses, routes, state, deletion. */
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
 * @kind: its kind; "": none
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
 * Get the name of an interface from any of its names; alternative names may be longer than
 * 15 bytes. name has room for IFNAMSIZ. False if there is no such interface.
 */
bool link_real_name(const char *any, char *name);

/* Begin a request about an interface (0: named by a later attribute). NULL without memory. */
struct nl_msg *link_message(uint16_t type, int flags, int ifindex);

/* Parse the answer to RTM_GETLINK; the sink's argument is a link_found. */
int link_found_message(struct nlmsghdr *hdr, void *arg);

/* Begin a request with any header. */
struct nl_msg *link_header_message(uint16_t type, int flags, const void *header,
				   size_t len);

/* Send a request and free it; NULL means out of memory. Returns 0, or an errno with the reason. */
int link_exchange(struct conn *conn, struct nl_msg *msg,
		  const struct conn_sink *sink, struct fault *fault);

/* The same. Returns 0, or -1 with the reason. */
int link_send(struct conn *conn, struct nl_msg *msg,
	      const struct conn_sink *sink, struct fault *fault);

/* Request a list, one message for each item. Returns 0 or an errno. */
int link_request_list(struct conn *conn, uint16_t type, const void *header,
		      size_t len,
		      int (*message)(struct nlmsghdr *hdr, void *arg),
		      void *arg);

/* Begin the request for the interface of that name. */
struct nl_msg *link_get_message(const char *name);

/*
 * Requests about one interface, over a connection of conn_open_route(). Each returns 0, or
 * -1 with the reason.
 */
int link_find(struct conn *conn, const char *name, struct link_found *found,
	      struct fault *fault);
/* Get the MAC of an interface, 6 bytes. Returns 0, or -1 if it has none. */
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
/* A route through the interface, in a table. */
int link_add_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault);
int link_keep_route(struct conn *conn, int ifindex, uint32_t table,
		    const struct prefix *prefix, struct fault *fault);
int link_del_route(struct conn *conn, int ifindex, uint32_t table,
		   const struct prefix *prefix, struct fault *fault);

/*
 * The same in the main table, by a gateway on the link (NULL: none). The route may exist
 * already; @there is set if it exists through another interface.
 */
int link_add_route_via(struct conn *conn, int ifindex,
		       const struct prefix *prefix,
		       const struct address *gateway, bool *there,
		       struct fault *fault);

/**
 * struct link_route - a route
 * @prefix: destination
 * @table: its table
 * @ifindex: its interface; 0: several
 * @metric: its metric
 * @direct: it has no gateway, and the kernel did not add it by itself
 * @own: camexctl has added it, to a table other than main
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
 * @list: unsorted
 * @n: number of routes
 */
struct link_routes {
	struct link_route *list;
	size_t n;
};

/* Read all unicast routes of a table (0: of all tables). Returns 0 or -1. */
int link_each_route(struct conn *conn, uint8_t family, uint32_t table,
		    void (*each)(const struct link_route *route, void *arg),
		    void *arg);

/*
 * Read the addresses of an interface (all, or those of global scope that a user has set), or
 * the direct routes through it. The caller frees the list. Returns 0 or -1.
 */
int link_addresses(struct conn *conn, int ifindex, bool all,
		   struct prefixes *addresses);
int link_routes(struct conn *conn, int ifindex, struct link_routes *routes);

#endif /* CAMEXCTL_LINK_H */
