/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "watch": authorizes peers, and runs a program when their links appear or disappear. */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command/command.h"
#include "netlink/model.h"
#include "config/authorized.h"
#include "watch.h"

/* Events within this time are handled together. */
#define TOGETHER_MS 50

enum { FD_EVENTS, FD_SIGNALS, FD_DIRECTORY, N_FDS };

/* State of "watch". */
struct watch {
	struct call *call;
	struct conn events;
	struct authorized *authorized;
	struct hooks *hooks;
	int signals;
	bool own_links;
	bool look;
	bool gone;
	bool end;
};

static int event_message(struct nlmsghdr *hdr, void *arg)
{
	struct watch *watch = arg;
	struct model_event event;

	if (model_event_read(&event, hdr, &watch->call->fault))
		return -1;
	if (!strcmp(event.name, watch->call->word[0]))
		watch->look = true;
	return 0;
}

static int read_events(struct watch *watch)
{
	const struct conn_sink sink = { .message = event_message,
					.arg = watch };
	int error = conn_listen(&watch->events, &sink);

	if (error == EAGAIN)
		return 0;
	if (!error)
		return -1;
	if (error != ENOBUFS)
		return fault_set(&watch->call->fault, "netlink: %s",
				 strerror(error));
	/* the event's content does not matter: all links are read again */
	watch->look = true;
	return 0;
}

static int read_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			hooks_reap(watch->hooks);
			break;
		case SIGHUP:
			if (authorized_scan(watch->authorized, watch->call))
				return -1;
			watch->look = true;
			break;
		default:
			watch->end = true;
			break;
		}
	}
	return 0;
}

/* Get a peer's link, if it has one and is authorized. */
static bool link_of(const struct watch *watch,
		    const struct model_device *device,
		    const struct model_peer *peer, struct hook_link *link)
{
	const struct nlattr *name = peer->tb[CAMEX_A_PEER_LINK];
	const struct nlattr *index = peer->tb[CAMEX_A_PEER_LINK_IFINDEX];
	const struct nlattr *id = peer->tb[CAMEX_A_PEER_ID];

	memset(link, 0, sizeof(*link));
	if (id)
		id_text(nla_data(id), link->id);
	if (!authorized_has(watch->authorized, link->id))
		return false;
	snprintf(link->dev, sizeof(link->dev), "%s", device->name);
	snprintf(link->peer, sizeof(link->peer), "%s", peer->name);
	if (watch->own_links) {
		if (!name || !index)
			return false;
		snprintf(link->link, sizeof(link->link), "%s",
			 nla_get_string(name));
		link->ifindex = nla_get_u32(index);
		return true;
	}
	snprintf(link->link, sizeof(link->link), "%s", device->name);
	link->ifindex = device->ifindex;
	return peer->tb[CAMEX_A_PEER_LAST_SEEN];
}

/* Read all links. */
static int look_for_links(struct watch *watch)
{
	struct model_device device = {};
	struct hook_link link;
	int status;

	watch->look = false;
	hooks_begin(watch->hooks);
	snprintf(device.name, sizeof(device.name), "%s", watch->call->word[0]);
	device.ifindex = if_nametoindex(device.name);
	status = query_peers(watch->call, &device, NULL);
	for (size_t i = 0; !status && i < device.n_peers; i++)
		if (link_of(watch, &device, &device.peers[i], &link) &&
		    hooks_seen(watch->hooks, &link))
			status =
				fault_set(&watch->call->fault, "out of memory");
	model_device_clear(&device);
	/* without the device all links are gone: run the program for them */
	if (!status || watch->call->gone)
		hooks_end(watch->hooks);
	return status;
}

static int wait_for_events(struct watch *watch, int timeout)
{
	struct pollfd fds[N_FDS] = {
		[FD_EVENTS] = { nl_socket_get_fd(watch->events.sock), POLLIN,
				0 },
		[FD_SIGNALS] = { watch->signals, POLLIN, 0 },
		[FD_DIRECTORY] = { authorized_fd(watch->authorized), POLLIN,
				   0 },
	};

	if (watch->gone)
		fds[FD_EVENTS].fd = fds[FD_DIRECTORY].fd = -1;
	if (poll(fds, N_FDS, timeout) < 0 && errno != EINTR)
		return fault_set(&watch->call->fault, "cannot wait: %s",
				 strerror(errno));
	if (fds[FD_SIGNALS].revents && read_signals(watch))
		return -1;
	if (fds[FD_DIRECTORY].revents) {
		watch->look = true;
		if (authorized_change(watch->authorized, watch->call))
			return -1;
	}
	return fds[FD_EVENTS].revents ? read_events(watch) : 0;
}

static int watch_loop(struct watch *watch)
{
	int status = authorized_scan(watch->authorized, watch->call);

	watch->look = true;
	while (!status && !watch->end) {
		if (watch->look)
			status = look_for_links(watch);
		if (!status)
			status =
				wait_for_events(watch, hooks_run(watch->hooks));
		if (!status && watch->look)
			poll(NULL, 0, TOGETHER_MS);
	}
	/* run "down" for the links of a deleted device before exiting */
	watch->gone = status;
	while (watch->call->gone && !watch->end && hooks_busy(watch->hooks)) {
		int next = hooks_run(watch->hooks);

		if (hooks_busy(watch->hooks) && wait_for_events(watch, next))
			break;
	}
	return status;
}

static int check_device(struct watch *watch)
{
	struct call *call = watch->call;
	const struct value *directory = values_get(&call->values, "authorized");
	struct model_devices devices = {};
	struct nlattr *const *tb;
	int status = query_devices(call, call->word[0], &devices);

	if (status)
		return -1;
	tb = devices.list[0].tb;
	watch->own_links =
		model_is(tb[CAMEX_A_DEV_LINKS], CAMEX_LINKS_PER_PEER);
	if (directory && !tb[CAMEX_A_DEV_ID])
		status = fault_set(
			&call->fault,
			"authorized is only for protocol jtunnel, where peers have identifiers");
	model_devices_clear(&devices);
	if (status)
		return -1;
	return authorized_open(&watch->authorized,
			       directory ? directory->text : NULL,
			       &call->fault);
}

static int listen_for(struct watch *watch)
{
	sigset_t signals;
	int error = conn_open_camex(&watch->events);

	if (!error)
		error = conn_join_events(&watch->events);
	if (error)
		return fault_set(&watch->call->fault,
				 "cannot listen to the events of camex: %s",
				 strerror(error));
	nl_socket_set_nonblocking(watch->events.sock);
	signals_ending(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* if the parent process ignored SIGCHLD, exits of children would not be seen */
	signal(SIGCHLD, SIG_DFL);
	watch->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (watch->signals < 0)
		return fault_set(&watch->call->fault, "cannot wait: %s",
				 strerror(errno));
	return 0;
}

int watch(struct call *call)
{
	struct watch watch = { .call = call };

	if (check_device(&watch))
		return -1;
	watch.hooks = hooks_new(call->exec, call->json);
	if (!watch.hooks)
		return fault_set(&call->fault, "out of memory");
	if (listen_for(&watch))
		return -1;
	return watch_loop(&watch);
}
