// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ovpn DEV LOCAL REMOTE PORT NUMBER [tcp]: makes DEV, of type ovpn, one end of a tunnel between the
 * IPv4 addresses LOCAL and REMOTE, both at UDP PORT; NUMBER is 1 at one end and 2 at the other.
 * With tcp the first one listens on TCP PORT and the second one connects. It prints a line when
 * everything is set up, and keeps running, because the kernel gives up the socket when it ends. The
 * numbers are those of linux/ovpn.h (Linux 6.16), which Debian 12 does not have.
 */
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CMD_PEER_NEW = 1, CMD_KEY_NEW = 6 };
enum { A_IFINDEX = 1, A_PEER, A_KEYCONF };
enum { PEER_ID = 1, PEER_REMOTE_IPV4, PEER_REMOTE_PORT = 5, PEER_SOCKET };
enum { KEY_PEER_ID = 1, KEY_SLOT, KEY_ID, KEY_CIPHER, KEY_ENCRYPT, KEY_DECRYPT };
enum { DIR_KEY = 1, DIR_NONCE_TAIL };
enum { SLOT_PRIMARY = 0, CHACHA20_POLY1305 = 2 };

static struct nl_sock *netlink;
static int family;
static unsigned int ifindex;

static struct nl_msg *request(int command)
{
	struct nl_msg *message = nlmsg_alloc();

	if (!message || !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, command, 1))
		errx(1, "no memory");
	nla_put_u32(message, A_IFINDEX, ifindex);
	return message;
}

static void send_request(struct nl_msg *message, const char *what)
{
	int error = nl_send_sync(netlink, message);

	if (error < 0)
		errx(1, "%s: %s", what, nl_geterror(error));
}

static int udp_socket(struct in_addr local, in_port_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = local, .sin_port = port };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "UDP socket");
	return fd;
}

/* Make a TCP connection, which is handed over to the kernel, as OpenVPN does. */
static int tcp_socket(struct in_addr local, struct in_addr remote, in_port_t port, bool listens)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = local };
	struct sockaddr_in far = { .sin_family = AF_INET, .sin_addr = remote, .sin_port = port };
	int fd = socket(AF_INET, SOCK_STREAM, 0), tries, on = 1;

	if (listens)
		address.sin_port = port;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "TCP socket");
	if (listens) {
		int listener = fd;

		if (listen(listener, 1))
			err(1, "listen");
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			err(1, "accept");
	} else {
		for (tries = 0; connect(fd, (struct sockaddr *)&far, sizeof(far)); tries++) {
			if (tries == 100)
				err(1, "connect");
			usleep(100000);
		}
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Add the key for one direction. Any key will do, but each direction needs its own. */
static void put_direction(struct nl_msg *message, int type, int sender)
{
	struct nlattr *nest = nla_nest_start(message, type);
	unsigned char key[32], tail[8];

	memset(key, sender, sizeof(key));
	memset(tail, sender, sizeof(tail));
	nla_put(message, DIR_KEY, sizeof(key), key);
	nla_put(message, DIR_NONCE_TAIL, sizeof(tail), tail);
	nla_nest_end(message, nest);
}

int main(int argc, char **argv)
{
	struct in_addr local, remote;
	struct nl_msg *message;
	struct nlattr *nest;
	in_port_t port;
	int number;
	bool tcp = argc == 7 && !strcmp(argv[6], "tcp");

	if ((argc != 6 && !tcp) || !inet_aton(argv[2], &local) || !inet_aton(argv[3], &remote))
		errx(2, "usage: ovpn DEV LOCAL REMOTE PORT NUMBER [tcp]");
	ifindex = if_nametoindex(argv[1]);
	port = htons(atoi(argv[4]));
	number = atoi(argv[5]);
	netlink = nl_socket_alloc();
	if (!ifindex || !netlink || genl_connect(netlink))
		errx(1, "no link %s, or no netlink", argv[1]);
	family = genl_ctrl_resolve(netlink, "ovpn");
	if (family < 0)
		errx(1, "this kernel has no ovpn");

	message = request(CMD_PEER_NEW);
	nest = nla_nest_start(message, A_PEER);
	nla_put_u32(message, PEER_ID, 1);
	if (tcp) {
		nla_put_u32(message, PEER_SOCKET, tcp_socket(local, remote, port, number == 1));
	} else {
		nla_put(message, PEER_REMOTE_IPV4, sizeof(remote), &remote);
		nla_put_u16(message, PEER_REMOTE_PORT, port);
		nla_put_u32(message, PEER_SOCKET, udp_socket(local, port));
	}
	nla_nest_end(message, nest);
	send_request(message, "peer");

	message = request(CMD_KEY_NEW);
	nest = nla_nest_start(message, A_KEYCONF);
	nla_put_u32(message, KEY_PEER_ID, 1);
	nla_put_u32(message, KEY_SLOT, SLOT_PRIMARY);
	nla_put_u32(message, KEY_ID, 0);
	nla_put_u32(message, KEY_CIPHER, CHACHA20_POLY1305);
	put_direction(message, KEY_ENCRYPT, number);
	put_direction(message, KEY_DECRYPT, 3 - number);
	nla_nest_end(message, nest);
	send_request(message, "key");

	puts("ready");
	fclose(stdout);
	pause();
	return 0;
}
