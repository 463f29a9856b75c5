/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/link.h"

#define MESSAGE_ROOM 4096

struct nl_msg *link_header_message(uint16_t type, int flags, const void *header,
				   size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_ROOM);

	if (!msg)
		return NULL;
	if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0,
		       flags | NLM_F_ACK) ||
	    nlmsg_append(msg, (void *)header, len, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

struct nl_msg *link_message(uint16_t type, int flags, int ifindex)
{
	const struct ifinfomsg info = { .ifi_index = ifindex };

	return link_header_message(type, flags, &info, sizeof(info));
}

struct nl_msg *link_get_message(const char *name)
{
	struct nl_msg *msg = link_message(RTM_GETLINK, 0, 0);

	int attr = strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME;

	if (msg && nla_put_string(msg, attr, name) < 0) {
		message_free(msg);
		return NULL;
	}
	return msg;
}

int link_found_message(struct nlmsghdr *hdr, void *arg)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct link_found *found = arg;
	const struct ifinfomsg *link = nlmsg_data(hdr);

	if (nlmsg_parse(hdr, sizeof(*link), tb, IFLA_MAX, NULL) < 0)
		return 0;
	found->ifindex = link->ifi_index;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(found->name, tb[IFLA_IFNAME], sizeof(found->name));
	if (tb[IFLA_ADDRESS] &&
	    nla_len(tb[IFLA_ADDRESS]) == sizeof(found->mac)) {
		memcpy(found->mac, nla_data(tb[IFLA_ADDRESS]),
		       sizeof(found->mac));
		found->has_mac = true;
	}
	if (tb[IFLA_LINKINFO] &&
	    !nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) &&
	    info[IFLA_INFO_KIND])
		snprintf(found->kind, sizeof(found->kind), "%.*s",
			 nla_len(info[IFLA_INFO_KIND]),
			 (const char *)nla_data(info[IFLA_INFO_KIND]));
	return 0;
}

/*
 * Send a request and free it, without explaining errors by arguments.
 * Returns 0 or an errno with the reason.
 */
int link_exchange(struct conn *conn, struct nl_msg *msg,
		  const struct conn_sink *sink, struct fault *fault)
{
	struct conn_error error;
	int status;

	if (!msg) {
		fault_set(fault, "out of memory");
		return ENOMEM;
	}
	status = conn_request(conn, msg, sink, &error);
	message_free(msg);
	if (!status && error.text[0])
		complain("warning: %s", error.text);
	if (!status)
		return 0;
	if (error.text[0])
		fault_set(fault, "%s", error.text);
	else if (error.number == EEXIST)
		fault_set(fault, "it exists already");
	else
		fault_set(fault, "%s", strerror(error.number));
	return error.number ? error.number : EIO;
}

int link_send(struct conn *conn, struct nl_msg *msg,
	      const struct conn_sink *sink, struct fault *fault)
{
	return link_exchange(conn, msg, sink, fault) ? -1 : 0;
}

int link_find(struct conn *conn, const char *name, struct link_found *found,
	      struct fault *fault)
{
	const struct conn_sink sink = {
		.message = link_found_message,
		.arg = found,
	};

	memset(found, 0, sizeof(*found));
	return link_send(conn, link_get_message(name), &sink, fault);
}

bool link_real_name(const char *any, char *name)
{
	struct link_found found = {};
	struct conn conn = {};
	struct fault fault;

	if (strlen(any) < IFNAMSIZ)
		return if_indextoname(if_nametoindex(any), name);
	if (!conn_open_route(&conn) && !link_find(&conn, any, &found, &fault))
		memcpy(name, found.name, sizeof(found.name));
	conn_close(&conn);
	return found.name[0];
}

int link_mac(struct conn *conn, int ifindex, uint8_t *mac)
{
	struct link_found found = {};
	const struct conn_sink sink = {
		.message = link_found_message,
		.arg = &found,
	};
	struct fault fault;

	if (link_send(conn, link_message(RTM_GETLINK, 0, ifindex), &sink,
		      &fault) ||
	    !found.has_mac)
		return -1;
	memcpy(mac, found.mac, sizeof(found.mac));
	return 0;
}

int link_set_mtu(struct conn *conn, int ifindex, uint32_t mtu,
		 struct fault *fault)
{
	struct nl_msg *msg = link_message(RTM_NEWLINK, 0, ifindex);

	if (msg && nla_put_u32(msg, IFLA_MTU, mtu) < 0) {
		message_free(msg);
		msg = NULL;
	}
	return link_send(conn, msg, NULL, fault);
}

int link_set_up(struct conn *conn, int ifindex, struct fault *fault)
{
	const struct ifinfomsg info = {
		.ifi_index = ifindex,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};

	return link_send(
		conn, link_header_message(RTM_NEWLINK, 0, &info, sizeof(info)),
		NULL, fault);
}

int link_delete(struct conn *conn, int ifindex, struct fault *fault)
{
	return link_send(conn, link_message(RTM_DELLINK, 0, ifindex), NULL,
			 fault);
}

static struct nl_msg *address_message(uint16_t type, int flags, int ifindex,
				      const struct prefix *address)
{
	const struct ifaddrmsg header = {
		.ifa_family = address->addr.family,
		.ifa_prefixlen = address->len,
		.ifa_index = (unsigned int)ifindex,
	};
	int len = (int)address_len(&address->addr);
	struct nl_msg *msg;

	msg = link_header_message(type, flags, &header, sizeof(header));
	if (msg && (nla_put(msg, IFA_LOCAL, len, address->addr.bytes) < 0 ||
		    nla_put(msg, IFA_ADDRESS, len, address->addr.bytes) < 0)) {
		message_free(msg);
		return NULL;
	}
	return msg;
}

int link_add_address(struct conn *conn, int ifindex,
		     const struct prefix *address, struct fault *fault)
{
	return link_send(conn,
			 address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
					 ifindex, address),
			 NULL, fault);
}

int link_del_address(struct conn *conn, int ifindex,
		     const struct prefix *address, struct fault *fault)
{
	return link_send(conn,
			 address_message(RTM_DELADDR, 0, ifindex, address),
			 NULL, fault);
}

/* Request a list. No acknowledgment is needed: the list has an end. */
int link_request_list(struct conn *conn, uint16_t type, const void *header,
		      size_t len,
		      int (*message)(struct nlmsghdr *hdr, void *arg),
		      void *arg)
{
	const struct conn_sink sink = { message, NULL, arg };
	struct nl_msg *msg = link_header_message(type, NLM_F_DUMP, header, len);
	struct conn_error error;
	int status = ENOMEM;

	if (msg) {
		nlmsg_hdr(msg)->nlmsg_flags &= ~NLM_F_ACK;
		status = conn_request(conn, msg, &sink, &error) ?
				 (error.number ? error.number : EIO) :
				 0;
	}
	message_free(msg);
	return status;
}

/* A list of prefixes while it is read. */
struct collection {
	struct prefixes *list;
	int ifindex;
	bool all;
	bool failed;
};

static int address_found(struct nlmsghdr *hdr, void *arg)
{
	const struct ifaddrmsg *header = nlmsg_data(hdr);
	struct nlattr *tb[IFA_MAX + 1], *addr;
	struct collection *to = arg;
	struct prefix found = { .len = header->ifa_prefixlen };

	if (nlmsg_parse(hdr, sizeof(*header), tb, IFA_MAX, NULL) < 0 ||
	    (int)header->ifa_index != to->ifindex ||
	    (!to->all && (header->ifa_scope != RT_SCOPE_UNIVERSE ||
			  !(header->ifa_flags & IFA_F_PERMANENT))))
		return 0;
	addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (addr &&
	    !address_set(&found.addr, nla_data(addr), (size_t)nla_len(addr)) &&
	    prefixes_add(to->list, &found))
		to->failed = true;
	return 0;
}

int link_addresses(struct conn *conn, int ifindex, bool all,
		   struct prefixes *addresses)
{
	const struct ifaddrmsg header = { .ifa_index = (unsigned int)ifindex };
	struct collection to = { addresses, ifindex, all, false };

	*addresses = (struct prefixes){};
	if (link_request_list(conn, RTM_GETADDR, &header, sizeof(header),
			      address_found, &to))
		return -1;
	return to.failed ? -1 : 0;
}
