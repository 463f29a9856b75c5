// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loaded before the libraries of a program that makes netlink requests. Of all allocations that
 * the kernel makes within them, counted from 1, the one that FAIL_NTH says fails. The file
 * FAIL_LEFT says how many were wanting to that one: 0, or the program has not come to it.
 *
 * How a task is made to fail: the kernel's Documentation/fault-injection/fault-injection.rst,
 * /proc/<pid>/task/<tid>/fail-nth.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int is_netlink(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_NETLINK;
}

/* Writes a number to a file that is open; what is behind it there stays. */
static void put(int fd, long n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", n);

	if (pwrite(fd, text, len, 0) != len) {
		perror("allocation");
		abort();
	}
}

static void tell(long left)
{
	int fd = open(getenv("FAIL_LEFT"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	put(fd, left);
	close(fd);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);
	static long left = -1;
	char text[24] = "";
	ssize_t sent;
	int nth, error;

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
		left = atol(getenv("FAIL_NTH"));
	}
	if (!left || !is_netlink(fd))
		return real(fd, message, flags);
	nth = open("/proc/thread-self/fail-nth", O_RDWR);
	put(nth, left);
	sent = real(fd, message, flags);
	error = errno;
	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		abort();
	left = atol(text);
	put(nth, 0);
	close(nth);
	tell(left);
	errno = error;
	return sent;
}
