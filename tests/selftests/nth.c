/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * With LD_PRELOAD: the request to the kernel whose number is in $NTH, from 1 on,
 * is not sent and fails for lack of memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

struct nl_sock;
struct nl_msg;

int nl_send_auto(struct nl_sock *sock, struct nl_msg *msg);

int nl_send_auto(struct nl_sock *sock, struct nl_msg *msg)
{
	static int n;
	const char *nth = getenv("NTH");
	int (*send)(struct nl_sock *sock, struct nl_msg *msg);

	if (nth && ++n == atoi(nth)) {
		errno = ENOMEM;
		return -5; /* NLE_NOMEM */
	}
	*(void **)&send = dlsym(RTLD_NEXT, "nl_send_auto");
	return send(sock, msg);
}
