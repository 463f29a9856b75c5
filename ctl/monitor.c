/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "monitor": prints events, one on each line. */
#include <errno.h>
#include <fcntl.h>
#include <netlink/attr.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/apply.h"
#include "command/command.h"
#include "output/output.h"

/* The connection that receives events, and another one to request peers. */
struct monitor {
	struct call *call;
	struct call ask;
	struct applied_profiles *applied;
};

/*
 * Events are sent to all users, so they contain no secrets. Request the peer to get what the
 * user may see. Of a peer that has been deleted only the event's content is printed.
 */
static void complete_event(struct monitor *monitor, struct model_event *event,
			   struct model_device *device)
{
	static const int secrets[] = {
		CAMEX_A_PEER_ENDPOINT_ADDR,   CAMEX_A_PEER_ENDPOINT_PORT,
		CAMEX_A_PEER_ENDPOINT_SCOPE,  CAMEX_A_PEER_PROFILE_ADDRESS,
		CAMEX_A_PEER_PROFILE_GATEWAY, CAMEX_A_PEER_PROFILE_MTU,
		CAMEX_A_PEER_PROFILE_ROUTES,
	};
	const struct nlattr *name = event->peer[CAMEX_A_PEER_NAME];

	device->ifindex = event->ifindex;
	if (!name || query_peers(&monitor->ask, device, nla_get_string(name)) ||
	    !device->n_peers)
		return;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		event->peer[secrets[i]] = device->peers[0].tb[secrets[i]];
}

static int report_event(struct monitor *monitor,
			const struct model_event *event)
{
	struct call *call = monitor->call;
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!call->json)
		print_event(stdout, event, ms);
	else if (json_event(stdout, event, ms, &call->fault))
		return -1;
	if (fflush(stdout))
		return fault_set(&call->fault, "cannot write: %s",
				 strerror(errno));
	if (monitor->applied && event->event == CAMEX_EVENT_CONFIG)
		profiles_apply_peer(monitor->applied, (int)event->ifindex,
				    event->name, event->peer);
	return 0;
}

static int monitor_message(struct nlmsghdr *hdr, void *arg)
{
	struct monitor *monitor = arg;
	struct call *call = monitor->call;
	struct model_device device = {};
	struct model_event event;
	int status;

	if (model_event_read(&event, hdr, &call->fault))
		return -1;
	if (call->word[0] && strcmp(call->word[0], event.name) != 0)
		return 0;
	complete_event(monitor, &event, &device);
	status = report_event(monitor, &event);
	model_device_clear(&device);
	return status;
}

/*
 * Events were lost, and more may be lost until the queue is empty. Then read the state of all
 * peers instead.
 */
static int look_again(struct monitor *monitor, const struct conn_sink *sink)
{
	struct conn *conn = &monitor->call->conn;
	struct applied_profiles *applied = monitor->applied;
	struct fault fault = {};
	int error, fd = nl_socket_get_fd(conn->sock);

	if (!applied)
		return ENOBUFS;
	monitor->applied = NULL;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	do
		error = conn_listen(conn, sink);
	while (error == ENOBUFS);
	fcntl(fd, F_SETFL, 0);
	monitor->applied = applied;
	if (error == EAGAIN &&
	    profiles_apply_all(&monitor->applied, monitor->call->word[0],
			       &fault))
		complain("warning: %s", fault.text);
	return error == EAGAIN ? ENOBUFS : error;
}

int monitor(struct call *call)
{
	struct monitor monitor = { .call = call, .ask.command = call->command };
	const struct conn_sink sink = { .message = monitor_message,
					.arg = &monitor };
	int error;

	if (call_open(call))
		return -1;
	if (call->word[0]) {
		struct model_devices devices = {};
		int status = query_devices(call, call->word[0], &devices);

		model_devices_clear(&devices);
		if (status)
			return -1;
	}
	error = conn_join_events(&call->conn);
	if (error)
		return fault_set(&call->fault,
				 "cannot listen to the events of camex: %s",
				 strerror(error));
	/* events that arrive meanwhile stay in the queue */
	if (call->word[1] &&
	    profiles_apply_all(&monitor.applied, call->word[0], &call->fault))
		return -1;
	print_colours(stdout);
	for (;;) {
		error = conn_listen(&call->conn, &sink);
		if (error == ENOBUFS) {
			complain(
				"warning: events came too fast, some are lost");
			error = look_again(&monitor, &sink);
		}
		if (!error)
			return -1;
		if (error != ENOBUFS)
			return fault_set(&call->fault, "netlink: %s",
					 strerror(error));
	}
}
