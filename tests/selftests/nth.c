/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * With LD_PRELOAD: the request to the kernel whose number is in $NTH, from 1 on,
 * is not sent and fails for lack of memory. With $LOST, not empty, it is sent, and its answer
 * is lost, as when the kernel has no memory for the answer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#define NLE_NOMEM	5

struct nl_sock;
struct nl_msg;
struct sockaddr_nl;
struct ucred;

int nl_send_auto(struct nl_sock *sock, struct nl_msg *msg);
int nl_recv(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf, struct ucred **creds);

static int lost;

int nl_send_auto(struct nl_sock *sock, struct nl_msg *msg)
{
	static int n;
	const char *nth = getenv("NTH"), *answer = getenv("LOST");
	int (*send)(struct nl_sock *sock, struct nl_msg *msg);

	*(void **)&send = dlsym(RTLD_NEXT, "nl_send_auto");
	if (nth && ++n == atoi(nth)) {
		if (answer && *answer) {
			lost = 1;
			return send(sock, msg);
		}
		errno = ENOMEM;
		return -NLE_NOMEM;
	}
	return send(sock, msg);
}

int nl_recv(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf, struct ucred **creds)
{
	int (*receive)(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf,
		       struct ucred **creds);
	int len;

	*(void **)&receive = dlsym(RTLD_NEXT, "nl_recv");
	len = receive(sock, from, buf, creds);
	if (lost && len > 0) {
		lost = 0;
		free(*buf);
		errno = ENOBUFS;
		return -NLE_NOMEM;
	}
	return len;
}
