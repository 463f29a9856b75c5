// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inner.h"
#include "log.h"
#include "mischief.h"
#include "node.h"
#include "trace.h"

#define BATCH		64	/* datagrams or packets taken in one go */
#define BEGINNING	1000000	/* milliseconds of a stopped clock: 0 means never */

static int64_t now_ms(const struct node *node)
{
	struct timespec now;

	if (node->o->stopped)
		return node->now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void node_pass(struct node *node, int64_t ms)
{
	int64_t until = node->now + ms;
	int wait;

	while ((wait = node->role->tick(node, node->now)) <= until - node->now)
		node->now += wait ? wait : 1;
	node->now = until;
}

int64_t node_ms(const struct node *node, int seconds)
{
	return seconds * 1000LL / node->o->pace;
}

/* --- sending --- */

void node_transmit(struct node *node, const struct endpoint *to, const uint8_t *data, size_t len)
{
	bool sent;

	if (to->stream)
		sent = streams_send(node->streams, to, data, len);
	else
		sent = sendto(node->sock, data, len, 0, &to->any, to->len) >= 0;
	if (!sent)
		log_event("cannot send", strerror(errno));
}

void node_send(struct node *node, struct far *far, enum type type,
	       const void *body, size_t len)
{
	static uint8_t out[DATAGRAM_MAX];
	struct datagram d = { .type = type, .oldest = far->oldest, .body = body,
			      .len = len, .seq = far->seq };
	const char *spoilt = NULL;
	size_t size;

	if (!far->at.len)
		return;
	memcpy(d.prefix, far->prefix, PREFIX_LEN);
	size = datagram_build(node->o->mode, far->key, &d, out);
	if (!size) {
		log_event("too long to send", NULL);
		return;
	}
	far->seq++;
	if (node->m)
		spoilt = mischief_spoil(node->m, out, &size);
	trace_out(node->o->mode, &far->at, &d, size, spoilt);
	if (node->m && mischief_keep(node->m, &far->at, out, size))
		return;
	node_transmit(node, &far->at, out, size);
}

void node_new_session(struct far *far)
{
	randombytes_buf(far->prefix, PREFIX_LEN);
}

/* --- receiving --- */

bool node_fresh(struct window *w, uint64_t seq)
{
	uint64_t ahead = seq - w->top, behind = w->top - seq;

	if (!w->begun || seq > w->top) {
		w->seen = !w->begun || ahead > 63 ? 1 : w->seen << ahead | 1;
		w->top = seq;
		w->begun = true;
		return true;
	}
	if (behind > 63 || w->seen >> behind & 1)
		return false;
	w->seen |= 1ULL << behind;
	return true;
}

void node_deliver(struct node *node, struct far *far, uint8_t *packet, size_t len)
{
	if (node->tun >= 0) {
		if (write(node->tun, packet, len) < 0)
			log_event("the tun device does not take a packet", strerror(errno));
	} else if (!node->silent && inner_reply(packet, len)) {
		node_send(node, far, DATA, packet, len);
	}
}

void node_configure(struct node *node, const char *cidr, int mtu)
{
	const char *const flush[] = { "-4", "address", "flush", "dev", node->o->tun, NULL };
	const char *const address[] = { "address", "add", cidr, "dev", node->o->tun,
					NULL };
	const char *const up[] = { "link", "set", node->o->tun, "up", NULL };
	char text[VALUE_MAX + 1], number[16];
	const char *const size[] = { "link", "set", node->o->tun, "mtu", number, NULL };
	struct in_addr ip;

	snprintf(text, sizeof(text), "%s", cidr);
	text[strcspn(text, "/")] = '\0';
	if (inet_pton(AF_INET, text, &ip) == 1)
		node->address = ip.s_addr;
	if (node->tun < 0)
		return;
	snprintf(number, sizeof(number), "%d", mtu);
	if ((mtu && !net_ip(size)) || !net_ip(flush) || !net_ip(address) || !net_ip(up))
		log_event("the tun device cannot be set up", cidr);
}

/* --- the loop --- */

static void read_socket(struct node *node, const struct role *role, int64_t now)
{
	static struct received r;
	ssize_t got;
	int i;

	for (i = 0; i < BATCH; i++) {
		r.from.len = sizeof(r.from.v6);
		got = recvfrom(node->sock, r.buffer, sizeof(r.buffer), 0, &r.from.any,
			       &r.from.len);
		if (got < 0) {
			if (errno != EAGAIN)
				log_event("cannot receive", strerror(errno));
			return;
		}
		r.from.stream = false;
		r.len = (size_t)got;
		role->take(node, &r, now);
	}
}

/* What is read of a stream is for whom, and when it is. */
struct reading {
	struct node *node;
	const struct role *role;
	int64_t now;
};

static void take_from_stream(void *about, const struct endpoint *from, const uint8_t *data,
			     size_t len)
{
	static struct received r;
	struct reading *reading = about;

	r.from = *from;
	memcpy(r.buffer, data, len);
	r.len = len;
	reading->role->take(reading->node, &r, reading->now);
}

static void read_streams(struct node *node, const struct role *role, const struct pollfd *fds,
			 int n, int64_t now)
{
	struct reading reading = { .node = node, .role = role, .now = now };
	struct endpoint lost;
	int i;

	if (fds[0].revents)
		streams_accept(node->streams);
	for (i = 1; i < n; i++) {
		if (!fds[i].revents)
			continue;
		streams_read(node->streams, fds[i].fd, take_from_stream, &reading, &lost);
		if (lost.len)
			role->lost(node, &lost, now);
	}
}

static void read_tun(struct node *node, const struct role *role)
{
	static uint8_t packet[DATAGRAM_MAX];
	ssize_t got;
	int i;

	for (i = 0; i < BATCH; i++) {
		got = read(node->tun, packet, sizeof(packet));
		if (got <= 0)
			return;
		if (!node->silent)
			role->forward(node, packet, (size_t)got);
	}
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static bool begin(struct node *node, const struct role *role)
{
	const struct options *o = node->o;

	if (o->tun) {
		node->tun = net_tun(o->tun_node, o->tun);
		if (node->tun < 0) {
			fprintf(stderr, "camex-peer: tun device %s: %s\n", o->tun,
				strerror(errno));
			return false;
		}
	}
	if (o->commands) {
		node->m = mischief_new(o->commands);
		if (!node->m) {
			fprintf(stderr, "camex-peer: %s: %s\n", o->commands, strerror(errno));
			return false;
		}
	}
	node->sock = net_socket(&o->bind, o->endpoint.any.sa_family);
	if (node->sock < 0) {
		perror("camex-peer: socket");
		return false;
	}
	node->streams = streams_new();
	if (o->tcp && role == &server_role && !streams_listen(node->streams, &o->bind)) {
		perror("camex-peer: TCP socket");
		return false;
	}
	if (o->address)
		node_configure(node, o->address, o->mtu);
	return role->start(node);
}

int node_run(const struct options *o, const struct role *role)
{
	const struct sigaction action = { .sa_handler = stop };
	struct node node = { .o = o, .sock = -1, .tun = -1, .role = role,
			     .now = BEGINNING };
	struct pollfd fds[3 + 1 + STREAMS_MAX];
	int wait, n;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (o->stopped)
		log_stop_clock(&node.now);
	if (!begin(&node, role))
		return 1;
	log_event("ready", NULL);
	while (!stopped) {
		wait = role->tick(&node, now_ms(&node));
		if (o->stopped)
			wait = -1;
		fds[0] = (struct pollfd){ .fd = node.sock, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = node.tun, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = node.m ? mischief_fd(node.m) : -1,
					  .events = POLLIN };
		n = streams_poll(node.streams, fds + 3);
		if (poll(fds, 3 + (nfds_t)n, wait) < 0)
			continue;
		read_streams(&node, role, fds + 3, n, now_ms(&node));
		if (fds[0].revents)
			read_socket(&node, role, now_ms(&node));
		if (fds[1].revents)
			read_tun(&node, role);
		if (fds[2].revents)
			mischief_command(&node);
	}
	log_stop_clock(NULL);
	mischief_free(node.m);
	free(node.streams);
	return 0;
}
