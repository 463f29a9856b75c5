// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * wgflood SERVER PORT FILE SOURCES BURST PAUSE: a flood of handshake messages.
 *
 * Sends what FILE has, messages of 148 bytes (responses are 92 of these), to SERVER over IPv4,
 * each from another source address of SOURCES in 198.18.0.0/15. BURST go at once, then it waits
 * PAUSE milliseconds. It goes on until it gets SIGTERM, or sends one burst if PAUSE is 0. It
 * prints, as JSON, what it sent and what came back to these sources on eth0.
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
#include <unistd.h>

#define MESSAGE		148
#define RESPONSE	92
#define COOKIE		64
#define MESSAGES	4096	/* most in a file */
#define BATCH		64	/* datagrams of one system call */
#define FIRST_SOURCE	0xc6120001U	/* 198.18.0.1 */
#define ROOM		(64 << 20)	/* bytes that may wait on a socket */

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t message[MESSAGE];
} __attribute__((packed));

static struct {
	unsigned long sent, sent_bytes, replies, reply_bytes, others;
} count;
static uint8_t messages[MESSAGES][MESSAGE];
static unsigned int nmessages, nsources;
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
		    ntohl(d.ip.daddr) - FIRST_SOURCE >= nsources)
			continue;
		count.replies++;
		count.reply_bytes += (unsigned long)len;
		if (len != sizeof(d.ip) + sizeof(d.udp) + COOKIE || d.message[0] != 3)
			count.others++;
	}
}

static void fill_datagram(struct datagram *d, in_addr_t server, in_port_t port)
{
	const uint8_t *message = messages[count.sent % nmessages];
	size_t len = message[0] == 2 ? RESPONSE : MESSAGE;

	*d = (struct datagram){
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .daddr = server,
			.saddr = htonl(FIRST_SOURCE + (uint32_t)(count.sent % nsources)) },
		/* IPv4 needs no checksum of UDP */
		.udp = { .source = htons((uint16_t)(1024 + count.sent % 60000)), .dest = port,
			 .len = htons((uint16_t)(sizeof(d->udp) + len)) },
	};
	memcpy(d->message, message, len);
	count.sent++;
	count.sent_bytes += sizeof(d->ip) + sizeof(d->udp) + len;
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

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end_flood };
	struct sched_param first = { .sched_priority = 1 };
	unsigned int burst, n, pause;
	int out, capture, room = ROOM;
	in_addr_t server;
	in_port_t port;
	FILE *file;

	if (argc != 7)
		errx(2, "SERVER PORT FILE SOURCES BURST PAUSE");
	server = inet_addr(argv[1]);
	port = htons((uint16_t)atoi(argv[2]));
	file = fopen(argv[3], "r");
	if (!file)
		err(1, "%s", argv[3]);
	nmessages = (unsigned int)fread(messages, MESSAGE, MESSAGES, file);
	nsources = (unsigned int)atoi(argv[4]);
	burst = (unsigned int)atoi(argv[5]);
	pause = (unsigned int)atoi(argv[6]);
	if (!nmessages || !nsources || server == INADDR_NONE)
		errx(2, "nothing to send, or nowhere");
	sigaction(SIGTERM, &action, NULL);
	capture = open_capture();
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (out < 0 || setsockopt(out, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		err(1, "raw socket");
	/* A burst waits for nobody: workers of the same CPU do not thin it out. */
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		err(1, "real-time priority");
	do {
		for (n = 0; n < burst; n += BATCH)
			send_batch(out, burst - n < BATCH ? burst - n : BATCH, server, port);
		if (pause)
			usleep(pause * 1000);
		read_replies(capture, server, port, 0);
	} while (pause && !over);
	read_replies(capture, server, port, 2000);
	printf("{\"sent\":%lu,\"sent_bytes\":%lu,\"sources\":%lu,", count.sent, count.sent_bytes,
	       count.sent < nsources ? count.sent : nsources);
	printf("\"replies\":%lu,\"reply_bytes\":%lu,\"others\":%lu}\n", count.replies,
	       count.reply_bytes, count.others);
	return 0;
}
