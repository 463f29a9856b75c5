// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Sends and receives datagrams as QUIC does: many in one call, at both ends.
 *
 * datagrams PORT serve: receives UDP on that port with UDP_GRO (Linux 5.0), and reports the result
 * over a TCP connection to the same port. datagrams PORT ADDRESS SIZE BYTES: sends BYTES bytes in
 * datagrams of SIZE bytes, 44 in each call (UDP_SEGMENT, Linux 4.18). Prints {"datagrams": N,
 * "sent": N, "reads": N, "ns": N}: received datagrams, sent datagrams, calls to receive, and the
 * time from the first send to the last received datagram. Both ends must have the same clock.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* SILENCE: milliseconds without a datagram that end a measurement */
enum { AT_ONCE = 44, LARGEST = 65535, SILENCE = 50 };

/**
 * struct result - result of receiving
 * @datagrams: number of received datagrams
 * @reads: number of calls that returned datagrams
 * @last: time of the last one, nanoseconds of CLOCK_MONOTONIC
 */
struct result {
	long long datagrams;
	long long reads;
	long long last;
};

static char buffer[LARGEST];

static long long now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int open_socket(int type)
{
	int one = 1, large = 8 << 20, fd = socket(AF_INET, type, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err(1, "socket");
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof(large)))
		err(1, "SO_RCVBUFFORCE");
	return fd;
}

/* Receive once. Returns the number of datagrams, or 0 after a silence. */
static int receive(int fd, int timeout)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec to = { buffer, sizeof(buffer) };
	struct msghdr msg = { .msg_iov = &to, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	ssize_t bytes;
	int size;

	if (poll(&ready, 1, timeout) != 1)
		return 0;
	bytes = recvmsg(fd, &msg, 0);
	if (bytes <= 0)
		err(1, "recvmsg");
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_UDP && cmsg->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(cmsg), sizeof(size));
			return (bytes + size - 1) / size;
		}
	}
	return 1;
}

/* Wait for the first datagram, then receive until a silence. */
static void take(int fd, struct result *result)
{
	int n, timeout = 5000;

	memset(result, 0, sizeof(*result));
	while ((n = receive(fd, timeout))) {
		result->datagrams += n;
		result->reads++;
		result->last = now();
		timeout = SILENCE;
	}
}

static void serve(struct sockaddr_in *any)
{
	int one = 1, udp = open_socket(SOCK_DGRAM), tcp = open_socket(SOCK_STREAM);

	if (bind(udp, (struct sockaddr *)any, sizeof(*any)) || bind(tcp, (struct sockaddr *)any, sizeof(*any)) ||
	    listen(tcp, 5))
		err(1, "port %d", ntohs(any->sin_port));
	if (setsockopt(udp, SOL_UDP, UDP_GRO, &one, sizeof(one)))
		err(1, "UDP_GRO");
	if (daemon(0, 0))
		err(1, "daemon");
	for (;;) {
		int client = accept(tcp, NULL, NULL);
		struct result result;

		if (client < 0)
			err(1, "accept");
		take(udp, &result);
		if (write(client, &result, sizeof(result)) != sizeof(result))
			warn("answer");
		close(client);
	}
}

static long long send_all(int fd, int size, long long bytes)
{
	long long sent;

	for (sent = 0; sent * size < bytes; sent += AT_ONCE) {
		if (send(fd, buffer, (size_t)AT_ONCE * size, 0) != (ssize_t)AT_ONCE * size)
			err(1, "send");
	}
	return sent;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct result result;
	long long start, sent;
	int udp, tcp, size;

	if (argc > 1)
		to.sin_port = htons(atoi(argv[1]));
	if (argc == 3 && !strcmp(argv[2], "serve"))
		serve(&to);
	if (argc != 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "usage: datagrams PORT serve | datagrams PORT ADDRESS SIZE BYTES");
	size = atoi(argv[3]);
	if (size < 1 || size * AT_ONCE > LARGEST - 28)
		errx(2, "%s: 1 to %d bytes are wanted", argv[3], (LARGEST - 28) / AT_ONCE);
	tcp = open_socket(SOCK_STREAM);
	udp = open_socket(SOCK_DGRAM);
	if (connect(tcp, (struct sockaddr *)&to, sizeof(to)) || connect(udp, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s", argv[2]);
	if (setsockopt(udp, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)))
		err(1, "UDP_SEGMENT");
	start = now();
	sent = send_all(udp, size, atoll(argv[4]));
	if (read(tcp, &result, sizeof(result)) != sizeof(result))
		err(1, "no answer");
	if (!result.datagrams)
		errx(1, "nothing arrived");
	printf("{\"datagrams\": %lld, \"sent\": %lld, \"reads\": %lld, \"ns\": %lld}\n",
	       result.datagrams, sent, result.reads, result.last - start);
	return 0;
}
