// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * timing COMMAND...: how long does the kernel take for a datagram? Where the clock counts instructions,
 * in instructions.
 *
 *	timing record LINK PORT LENGTH FILE
 *		write the first UDP payload of LENGTH bytes to PORT, as it arrives on LINK, to FILE
 *	timing send ADDRESS PORT FROM ROUNDS FILE COPIES VARIANT...
 *		send the datagram in FILE from port FROM, ROUNDS times for each variant in turn, and print
 *		the least for each of them: nothing interrupted it. VARIANT: offsets of bytes in which a bit is flipped, with
 *		commas between them; negative ones from the end. COPIES: so many in one aggregate
 *
 * The sender gives way to every other task, so what it measures includes the work of workers.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VARIANTS 64
#define BYTES 65536
/* virtual time between two datagrams, which nothing limits to a rate then */
#define GAP_US 25000
/* rounds that are not counted: caches of routes, of neighbours and of memory */
#define WARM_UP 5

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int record(char **arguments)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(arguments[0]),
	};
	unsigned int port = (unsigned int)atoi(arguments[1]);
	ssize_t length = atoi(arguments[2]), got;
	static uint8_t packet[BYTES];
	int sock = socket(AF_PACKET, SOCK_DGRAM, 0);
	FILE *file;

	if (sock < 0 || bind(sock, (struct sockaddr *)&at, sizeof(at)))
		die("AF_PACKET");
	puts("ready");
	fflush(stdout);
	do {
		got = recv(sock, packet, sizeof(packet), 0);
		if (got < 0)
			die("recv");
	} while (got != 28 + length || packet[9] != IPPROTO_UDP || (packet[22] << 8 | packet[23]) != (int)port);
	file = fopen(arguments[3], "wb");
	if (!file || fwrite(packet + 28, 1, (size_t)length, file) != (size_t)length || fclose(file))
		die(arguments[3]);
	return 0;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void flip(uint8_t *bytes, size_t length, const char *offsets)
{
	while (*offsets) {
		char *end;
		long at = strtol(offsets, &end, 10);

		bytes[at < 0 ? (long)length + at : at] ^= 0x10;
		offsets = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			exit(fprintf(stderr, "timing: not an offset: %s\n", end) > 0);
	}
}

static int connected(char **arguments)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1])) };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[2])) };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, arguments[0], &to.sin_addr) != 1 || sock < 0 ||
	    bind(sock, (struct sockaddr *)&from, sizeof(from)) || connect(sock, (struct sockaddr *)&to, sizeof(to)))
		die(arguments[0]);
	return sock;
}

static int measure(char **arguments, int variants)
{
	int rounds = atoi(arguments[3]), copies = atoi(arguments[5]), sock = connected(arguments);
	static uint8_t bytes[VARIANTS][BYTES];
	struct sched_param none = { 0 };
	uint64_t *took[VARIANTS];
	FILE *file = fopen(arguments[4], "rb");
	size_t length;
	int size;

	if (!file || variants > VARIANTS)
		die(arguments[4]);
	length = fread(bytes[0], 1, BYTES, file);
	size = (int)length;
	fclose(file);
	for (int v = variants - 1; v >= 0; v--) {
		took[v] = calloc((size_t)rounds, sizeof(took[v][0]));
		for (int i = 0; i < copies; i++)
			memmove(bytes[v] + (size_t)i * length, bytes[0], length);
	}
	for (int v = 0; v < variants; v++)
		for (int i = 0; i < copies; i++)
			flip(bytes[v] + (size_t)i * length, length, arguments[6 + v]);
	if (copies > 1 && setsockopt(sock, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)))
		die("UDP_SEGMENT");
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		die("SCHED_IDLE");
	for (int round = -WARM_UP; round < rounds; round++)
		for (int i = 0; i < variants; i++) {
			int v = (i + round + WARM_UP) % variants;
			uint64_t before;

			usleep(GAP_US);
			before = now();
			if (send(sock, bytes[v], length * (size_t)copies, 0) < 0)
				die("send");
			if (round >= 0)
				took[v][round] = now() - before;
		}
	for (int v = 0; v < variants; v++) {
		uint64_t least = took[v][0];

		for (int i = 1; i < rounds; i++)
			if (took[v][i] < least)
				least = took[v][i];
		printf("%llu%s", (unsigned long long)least, v + 1 < variants ? " " : "\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "record"))
		return record(argv + 2);
	if (argc > 8 && !strcmp(argv[1], "send"))
		return measure(argv + 2, argc - 8);
	fputs("usage: timing record LINK PORT LENGTH FILE | send ADDRESS PORT FROM ROUNDS FILE COPIES VARIANT...\n", stderr);
	return 2;
}
