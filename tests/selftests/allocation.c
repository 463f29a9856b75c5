// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loaded before the libraries of a program that asks something of the module: by a netlink request, by
 * a call on /dev/camex or on a tty, or by loading it. Of all allocations that
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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long left = -1;
static int nth;

static int is_netlink(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_NETLINK;
}

static int is_device(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode);
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

static void tell(void)
{
	int fd = syscall(SYS_openat, AT_FDCWD, getenv("FAIL_LEFT"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	put(fd, left);
	close(fd);
}

static void *real(const char *name)
{
	if (left < 0)
		left = atol(getenv("FAIL_NTH"));
	return dlsym(RTLD_NEXT, name);
}

/* From here to end() allocations are counted. */
static void begin(void)
{
	nth = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/fail-nth", O_RDWR);
	put(nth, left);
}

static long end(long result)
{
	char text[24] = "";
	int error = errno;

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		abort();
	left = atol(text);
	put(nth, 0);
	close(nth);
	tell();
	errno = error;
	return result;
}

#define COUNTED(is_one, call) do {	\
	if (!left || !(is_one))		\
		return call;		\
	begin();			\
	return end(call);		\
} while (0)

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*call)(int, const struct msghdr *, int) = real("sendmsg");

	COUNTED(is_netlink(fd), call(fd, message, flags));
}

/* libmnl, of wg */
ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t len)
{
	ssize_t (*call)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = real("sendto");

	COUNTED(is_netlink(fd), call(fd, data, size, flags, to, len));
}

ssize_t read(int fd, void *data, size_t size)
{
	ssize_t (*call)(int, void *, size_t) = real("read");

	COUNTED(is_device(fd), call(fd, data, size));
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*call)(int, const void *, size_t) = real("write");

	COUNTED(is_device(fd), call(fd, data, size));
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	ssize_t (*call)(int, const struct iovec *, int) = real("writev");

	COUNTED(is_device(fd), call(fd, parts, n));
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*call)(int, unsigned long, void *) = real("ioctl");
	va_list more;
	void *argument;

	va_start(more, request);
	argument = va_arg(more, void *);
	va_end(more);
	COUNTED(is_device(fd), call(fd, request, argument));
}

int open64(const char *path, int flags, ...)
{
	int (*call)(const char *, int, mode_t) = real("open64");
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = va_arg(more, int);
	va_end(more);
	COUNTED(!strcmp(path, "/dev/camex"), call(path, flags, mode));
}

/* finit_module() by kmod */
long syscall(long number, ...)
{
	long (*call)(long, ...) = real("syscall");
	long a[6];
	va_list more;
	int i;

	va_start(more, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(more, long);
	va_end(more);
	COUNTED(number == SYS_finit_module, call(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
