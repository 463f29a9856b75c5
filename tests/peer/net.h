/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets, endpoints and the tun device. */
#ifndef PEER_NET_H
#define PEER_NET_H

#include <netinet/in.h>
#include <stdbool.h>

#define ENDPOINT_TEXT	80	/* bytes of an endpoint in text, with its NUL */

/**
 * struct endpoint - an IPv4 or IPv6 address and a port
 * @len: bytes of the address, 0 for none
 * @stream: reached by TCP, not by UDP
 */
struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
	bool stream;
};

/**
 * endpoint_parse() - read an endpoint
 * @text: 192.0.2.1:7000 or [2001:db8::1]:7000
 * @ep: result
 *
 * Return: true if it is one.
 */
bool endpoint_parse(const char *text, struct endpoint *ep);

/**
 * endpoint_text() - write an endpoint
 * @ep: the endpoint
 * @text: result, of ENDPOINT_TEXT bytes
 *
 * Return: @text.
 */
const char *endpoint_text(const struct endpoint *ep, char *text);

/**
 * endpoint_is() - are two the same
 * @a: one
 * @b: the other
 * @port: the ports and transports have to be, too
 */
bool endpoint_is(const struct endpoint *a, const struct endpoint *b, bool port);

/**
 * net_socket() - open a UDP socket that does not block
 * @bind_to: where, or one with @len 0
 * @family: AF_INET or AF_INET6, if @bind_to does not say
 *
 * Return: the socket, or -1 with errno set.
 */
int net_socket(const struct endpoint *bind_to, int family);

/**
 * net_tun() - make a tun device
 * @node: /dev/net/tun, or what is like it
 * @name: its name
 *
 * Return: its file, or -1 with errno set.
 */
int net_tun(const char *node, const char *name);

/**
 * net_ip() - run ip(8)
 * @words: its arguments, NULL after the last
 *
 * Return: true if it succeeded.
 */
bool net_ip(const char *const *words);

#endif /* PEER_NET_H */
