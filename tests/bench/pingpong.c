// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pingpong serve: answers each byte received on TCP connections to port 5300. pingpong ADDRESS
 * COUNT: sends one byte and waits for the answer, COUNT times after a tenth of that unmeasured;
 * prints {"round_trip_ns": N}, the mean.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5300 };

static int open_socket(void)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err(1, "socket");
	return fd;
}

static void answer(int fd)
{
	char byte;

	while (read(fd, &byte, 1) == 1) {
		if (write(fd, &byte, 1) != 1)
			break;
	}
	close(fd);
}

static void serve(struct sockaddr_in *any)
{
	int fd = open_socket();

	if (bind(fd, (struct sockaddr *)any, sizeof(*any)) || listen(fd, 5))
		err(1, "port %d", PORT);
	if (daemon(0, 0))
		err(1, "daemon");
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			err(1, "accept");
		answer(client);
	}
}

static void trips(int fd, long count)
{
	char byte = 'x';

	while (count-- > 0) {
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			err(1, "the answer did not come");
	}
}

static long long now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	long long start;
	long count;
	int fd;

	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve(&to);
	if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(2, "usage: pingpong serve | pingpong ADDRESS COUNT");
	count = strtol(argv[2], NULL, 10);
	if (count < 1)
		errx(2, "%s: a number of round trips is wanted", argv[2]);

	fd = open_socket();
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s", argv[1]);
	trips(fd, count / 10);
	start = now();
	trips(fd, count);
	printf("{\"round_trip_ns\": %lld}\n", (now() - start) / count);
	return 0;
}
