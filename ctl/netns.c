/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"

static int netns_open(const char *fmt, const char *netns)
{
	char path[PATH_MAX];

	/* fmt is one of the two below */
	if (snprintf(path, sizeof(path), fmt, netns) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

int netns_enter(const char *netns, struct fault *fault)
{
	int fd, error;

	if (!*netns)
		return fault_usage(fault, "-n: NETNS is empty");
	if (strchr(netns, '/'))
		fd = open(netns, O_RDONLY | O_CLOEXEC);
	else
		fd = netns_open("/run/netns/%s", netns);
	if (fd < 0 && !netns[strspn(netns, "0123456789")])
		fd = netns_open("/proc/%s/ns/net", netns);
	if (fd < 0)
		return fault_set(fault, "-n %s: no such network namespace: %s",
				 netns, strerror(errno));
	error = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (error == EINVAL)
		return fault_set(fault, "-n %s: it is not a network namespace",
				 netns);
	if (error == EPERM)
		return fault_set(
			fault, "-n %s: not permitted: CAP_SYS_ADMIN is needed",
			netns);
	if (error)
		return fault_set(fault, "-n %s: %s", netns, strerror(error));
	return 0;
}
