// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netdb.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

extern char **environ;

bool endpoint_parse(const char *text, struct endpoint *ep)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_DGRAM };
	char host[ENDPOINT_TEXT], *colon, *end;
	struct addrinfo *found;

	if (strlen(text) >= sizeof(host))
		return false;
	strcpy(host, text);
	colon = strrchr(host, ':');
	if (!colon)
		return false;
	*colon = '\0';
	text = host;
	end = colon - 1;
	if (*host == '[' && *end == ']') {
		text++;
		*end = '\0';
	}
	if (getaddrinfo(text, colon + 1, &hints, &found))
		return false;
	memset(ep, 0, sizeof(*ep));
	memcpy(&ep->any, found->ai_addr, found->ai_addrlen);
	ep->len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

const char *endpoint_text(const struct endpoint *ep, char *text)
{
	char host[64], port[8];

	if (!ep->len || getnameinfo(&ep->any, ep->len, host, sizeof(host), port,
				    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		strcpy(text, "none");
	else
		snprintf(text, ENDPOINT_TEXT,
			 ep->any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
			 port);
	return text;
}

bool endpoint_is(const struct endpoint *a, const struct endpoint *b, bool port)
{
	if (!a->len || !b->len || a->any.sa_family != b->any.sa_family)
		return false;
	if (port && (a->v4.sin_port != b->v4.sin_port || a->stream != b->stream))
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
}

int net_socket(const struct endpoint *bind_to, int family)
{
	int size = 4 << 20, fd;

	if (bind_to->len)
		family = bind_to->any.sa_family;
	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* As much as the host allows will do. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind_to->len && bind(fd, &bind_to->any, bind_to->len)) {
		close(fd);
		return -1;
	}
	return fd;
}

int net_tun(const char *node, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd;

	fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool net_ip(const char *const *words)
{
	const char *argv[16] = { "ip" };
	int status, n = 1;
	pid_t child;

	while (*words && n < 15)
		argv[n++] = *words++;
	if (posix_spawnp(&child, "ip", NULL, NULL, (char **)argv, environ) ||
	    waitpid(child, &status, 0) != child)
		return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
