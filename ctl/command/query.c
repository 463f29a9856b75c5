/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Fills the model from the kernel's answers. */
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command/command.h"
#include "netlink/model.h"

/**
 * struct query - receiver of the messages of one answer
 * @call: the command
 * @read: adds a message to the list
 * @clear: empties the list, which is read again
 * @list: the list
 */
struct query {
	struct call *call;
	int (*read)(void *list, struct nlmsghdr *hdr, struct fault *fault);
	void (*clear)(void *list);
	void *list;
};

static int read_message(struct nlmsghdr *hdr, void *arg)
{
	struct query *q = arg;

	return q->read(q->list, hdr, &q->call->fault);
}

static void clear_list(void *arg)
{
	struct query *q = arg;

	q->clear(q->list);
}

static int send_query(struct query *q, struct nl_msg *msg)
{
	const struct conn_sink sink = { read_message, clear_list, q };

	return msg ? call_send(q->call, msg, &sink) : -1;
}

/*
 * Once the index of a device is known, requests use it, so that a device that is
 * renamed meanwhile is still found.
 */
static struct nl_msg *query_message(struct call *call, uint8_t command,
				    int flags, uint32_t ifindex)
{
	struct nl_msg *msg;

	if (!ifindex)
		return call_message(call, command, flags);
	if (call_open(call))
		return NULL;
	msg = message_new(&call->conn, command, flags, 256);
	if (msg && !nla_put_u32(msg, CAMEX_A_IFINDEX, ifindex))
		return msg;
	message_free(msg);
	fault_set(&call->fault, "out of memory");
	return NULL;
}

int query_devices(struct call *call, const char *name,
		  struct model_devices *devices)
{
	struct query q = { call, model_device_read, model_devices_clear,
			   devices };
	struct nl_msg *msg;

	msg = call_message(call, CAMEX_CMD_DEV_GET, name ? 0 : NLM_F_DUMP);
	if (send_query(&q, msg))
		return -1;
	model_sort_devices(devices);
	return 0;
}

void query_links(struct model_devices *devices)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	for (size_t i = 0; i < devices->n; i++) {
		struct model_device *device = &devices->list[i];
		struct ifreq request = {};

		memcpy(request.ifr_name, device->name, sizeof(device->name));
		if (!ioctl(fd, SIOCGIFFLAGS, &request))
			device->down = !(request.ifr_flags & IFF_UP);
	}
	close(fd);
}

int query_peers(struct call *call, struct model_device *device,
		const char *name)
{
	struct query q = { call, model_peer_read, model_peers_clear, device };
	struct nl_msg *msg;

	msg = query_message(call, CAMEX_CMD_PEER_GET, name ? 0 : NLM_F_DUMP,
			    device->ifindex);
	if (!msg)
		return -1;
	if (name) {
		struct nlattr *nest =
			nla_nest_start(msg, CAMEX_A_PEER | NLA_F_NESTED);

		if (!nest || nla_put_string(msg, CAMEX_A_PEER_NAME, name) < 0 ||
		    nla_nest_end(msg, nest) < 0) {
			message_free(msg);
			return fault_set(&call->fault, "out of memory");
		}
	}
	if (send_query(&q, msg))
		return -1;
	model_sort_peers(device);
	return 0;
}

static int read_counters(struct nlmsghdr *hdr, void *arg)
{
	struct query *q = arg;
	struct model_device *device = q->list;

	return model_stats_read(device->counters, device->given, hdr,
				&q->call->fault);
}

int query_counters(struct call *call, struct model_device *device)
{
	struct query q = { .call = call, .list = device };
	const struct conn_sink sink = { .message = read_counters, .arg = &q };
	struct nl_msg *msg = query_message(call, CAMEX_CMD_STATS_GET, 0,
					   device->ifindex);

	return msg ? call_send(call, msg, &sink) : -1;
}

int query_routes(struct call *call, const struct model_device *device,
		 struct model_routes *routes)
{
	struct query q = { call, model_route_read, model_routes_clear, routes };
	struct nl_msg *msg;

	msg = query_message(call, CAMEX_CMD_ROUTE_GET, NLM_F_DUMP,
			    device->ifindex);
	if (send_query(&q, msg))
		return -1;
	model_sort_routes(routes);
	return 0;
}

int query_stations(struct call *call, struct model_stations *stations)
{
	struct query q = { call, model_station_read, model_stations_clear,
			   stations };
	struct nl_msg *msg;

	msg = query_message(call, CAMEX_CMD_FDB_GET, NLM_F_DUMP, 0);
	if (send_query(&q, msg))
		return -1;
	model_sort_stations(stations);
	return 0;
}

int query_device_peers(struct call *call, struct model_device *device,
		       const char *name)
{
	struct model_routes routes = {};
	int status;

	status = query_peers(call, device, name);
	if (!status) {
		status = query_routes(call, device, &routes);
		device->withheld = status && call->refused;
		for (size_t i = 0; i < device->n_peers; i++)
			device->peers[i].withheld = device->withheld;
	}
	if (!status)
		status = model_merge_routes(device, &routes, &call->fault);
	model_routes_clear(&routes);
	return status;
}

int query_device(struct call *call, const char *name,
		 struct model_devices *devices)
{
	const char *word = call->word[0];
	int status;

	call->word[0] = name;
	status = query_devices(call, name, devices);
	if (!status && devices->n != 1)
		status = fault_set(&call->fault, "no camex device named %s",
				   name);
	if (!status)
		status = query_device_peers(call, &devices->list[0], NULL);
	query_links(devices);
	call->word[0] = word;
	return status;
}
