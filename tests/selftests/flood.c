// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * flood [-s FIRST] [-n SOURCES] [-p SOURCE_PORT] [-b BURST] [-w PAUSE] [-t TOTAL] SERVER PORT FILE:
 * datagrams from many sources.
 *
 * Sends the messages of FILE, each behind its length (2 bytes, big-endian), one after the other, to
 * SERVER over IPv4, each from the next source address of SOURCES (1) from FIRST (198.18.0.1) on, and
 * from SOURCE_PORT, or from ports that change. BURST (64) go at once, then it waits PAUSE
 * milliseconds. It ends after TOTAL messages, or with SIGTERM. It prints, as JSON, what it sent in
 * how many microseconds, and what came back to these sources on eth0: "others" are those replies
 * that are no cookie of protocol wireguard.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX	2048	/* bytes */
#define COOKIE		64
#define BATCH		64	/* datagrams of one system call */
#define ROOM		(64 << 20)	/* bytes that may wait on a socket */

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t message[MESSAGE_MAX];
} __attribute__((packed));

struct message {
	size_t len;
	uint8_t *data;
};

static struct {
	unsigned long sent, sent_bytes, replies, reply_bytes, others;
} count;
static struct message *messages;
static size_t nmessages;
static uint32_t first_source = 0xc6120001U, nsources = 1;
static uint16_t source_port;
static volatile sig_atomic_t over;

static void end_flood(int signal)
{
	(void)signal;
	over = 1;
}

/* A socket that sees what comes in on eth0. */
static int open_capture(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex("eth0"),
	};
	int capture = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), room = ROOM, yes = 1;

	if (capture < 0 || setsockopt(capture, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(capture, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) ||
	    bind(capture, (struct sockaddr *)&address, sizeof(address)))
		err(1, "packet socket on eth0");
	return capture;
}

/* Count what came back to our sources, until nothing comes for @wait milliseconds. */
static void read_replies(int capture, in_addr_t server, in_port_t port, int wait)
{
	struct pollfd ready = { .fd = capture, .events = POLLIN };
	struct datagram d;
	ssize_t len;

	while (poll(&ready, 1, wait) > 0) {
		len = recv(capture, &d, sizeof(d), MSG_DONTWAIT | MSG_TRUNC);
		if (len < (ssize_t)(sizeof(d.ip) + sizeof(d.udp)) || d.ip.saddr != server ||
		    d.ip.protocol != IPPROTO_UDP || d.udp.source != port ||
		    ntohl(d.ip.daddr) - first_source >= nsources)
			continue;
		count.replies++;
		count.reply_bytes += (unsigned long)len;
		if (len != sizeof(d.ip) + sizeof(d.udp) + COOKIE || d.message[0] != 3)
			count.others++;
	}
}

static void fill_datagram(struct datagram *d, in_addr_t server, in_port_t port)
{
	const struct message *message = &messages[count.sent % nmessages];

	d->ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .daddr = server,
		.saddr = htonl(first_source + (uint32_t)(count.sent % nsources)),
	};
	/* IPv4 needs no checksum of UDP */
	d->udp = (struct udphdr){
		.source = source_port ? source_port : htons((uint16_t)(1024 + count.sent % 60000)),
		.dest = port, .len = htons((uint16_t)(sizeof(d->udp) + message->len)),
	};
	memcpy(d->message, message->data, message->len);
	count.sent++;
	count.sent_bytes += sizeof(d->ip) + sizeof(d->udp) + message->len;
}

static void send_batch(int out, unsigned int n, in_addr_t server, in_port_t port)
{
	static struct datagram datagrams[BATCH];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = server };
	struct mmsghdr vector[BATCH] = {};
	struct iovec parts[BATCH];
	unsigned int i;
	int sent;

	for (i = 0; i < n; i++) {
		fill_datagram(&datagrams[i], server, port);
		parts[i].iov_base = &datagrams[i];
		parts[i].iov_len = sizeof(datagrams[i].ip) + ntohs(datagrams[i].udp.len);
		vector[i].msg_hdr.msg_name = &to;
		vector[i].msg_hdr.msg_namelen = sizeof(to);
		vector[i].msg_hdr.msg_iov = &parts[i];
		vector[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n; i += (unsigned int)sent) {
		sent = sendmmsg(out, vector + i, n - i, 0);
		if (sent < 0)
			err(1, "sendmmsg");
	}
}

static void read_messages(const char *path)
{
	FILE *file = fopen(path, "r");
	uint8_t prefix[2];
	struct message m;

	if (!file)
		err(1, "%s", path);
	while (fread(prefix, sizeof(prefix), 1, file) == 1) {
		m.len = (size_t)prefix[0] << 8 | prefix[1];
		m.data = malloc(m.len);
		if (m.len > MESSAGE_MAX || !m.data || fread(m.data, 1, m.len, file) != m.len)
			errx(1, "%s: no message %zu", path, nmessages);
		if (nmessages % 1024 == 0) {
			messages = realloc(messages, (nmessages + 1024) * sizeof(*messages));
			if (!messages)
				err(1, "no memory");
		}
		messages[nmessages++] = m;
	}
	fclose(file);
	if (!nmessages)
		errx(1, "%s is empty", path);
}

static unsigned long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * 1000000 + (unsigned long)now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	unsigned long burst = BATCH, pause = 0, total = 0, left, n, start, took;
	struct sigaction action = { .sa_handler = end_flood };
	struct sched_param first = { .sched_priority = 1 };
	int out, capture, option, room = ROOM;
	in_addr_t server;
	in_port_t port;

	while ((option = getopt(argc, argv, "s:n:p:b:w:t:")) != -1) {
		switch (option) {
		case 's':
			first_source = ntohl(inet_addr(optarg));
			break;
		case 'n':
			nsources = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			source_port = htons((uint16_t)atoi(optarg));
			break;
		case 'b':
			burst = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			pause = strtoul(optarg, NULL, 10);
			break;
		case 't':
			total = strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	}
	if (argc != optind + 3)
		errx(2, "SERVER PORT FILE");
	server = inet_addr(argv[optind]);
	port = htons((uint16_t)atoi(argv[optind + 1]));
	if (!nsources || !burst || server == INADDR_NONE || first_source == INADDR_NONE)
		errx(2, "nothing to send, or nowhere");
	read_messages(argv[optind + 2]);
	sigaction(SIGTERM, &action, NULL);
	capture = open_capture();
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (out < 0 || setsockopt(out, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		err(1, "raw socket");
	/* A burst waits for nobody: workers of the same CPU do not thin it out. */
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		err(1, "real-time priority");
	start = microseconds();
	while (!over && (!total || count.sent < total)) {
		left = total && total - count.sent < burst ? total - count.sent : burst;
		for (; left; left -= n) {
			n = left < BATCH ? left : BATCH;
			send_batch(out, (unsigned int)n, server, port);
		}
		if (pause)
			usleep((useconds_t)pause * 1000);
		read_replies(capture, server, port, 0);
	}
	took = microseconds() - start;
	read_replies(capture, server, port, 2000);
	printf("{\"sent\":%lu,\"sent_bytes\":%lu,\"sources\":%lu,\"us\":%lu,", count.sent,
	       count.sent_bytes, count.sent < nsources ? count.sent : nsources, took);
	printf("\"replies\":%lu,\"reply_bytes\":%lu,\"others\":%lu}\n", count.replies,
	       count.reply_bytes, count.others);
	return 0;
}
