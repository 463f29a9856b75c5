/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The server database of the OpenIPC camex daemon, camex.conf. */
#ifndef PEER_CONF_H
#define PEER_CONF_H

#include <stdbool.h>

#include "control.h"

#define CLIENTS_MAX	256

/**
 * struct conf_client - a client, or the defaults of all
 * @id: its CLIENT_ID
 * @local_cidr: its address, "" if it has none
 * @gateway_ip: its gateway, or ""
 * @mtu: its MTU, 0 for the daemon's default
 * @psk: its passphrase, or ""
 * @route: networks behind the server
 * @routes: number of them
 */
struct conf_client {
	char id[ID_MAX + 1];
	char local_cidr[VALUE_MAX + 1];
	char gateway_ip[VALUE_MAX + 1];
	int mtu;
	char psk[128];
	char route[ROUTES_MAX][VALUE_MAX + 1];
	int routes;
};

/**
 * struct conf - a database
 * @port: UDP port
 * @bind_ip: local address, or ""
 * @local_cidr: the address of the tunnel here, or ""
 * @mtu: of the tunnel here, 0 for the default
 * @encrypt: clients are encrypted
 * @psk: passphrase of those that have none of their own, or ""
 * @defaults: what a client has that says nothing else
 * @client: the clients
 * @clients: number of them
 */
struct conf {
	int port;
	char bind_ip[VALUE_MAX + 1];
	char local_cidr[VALUE_MAX + 1];
	int mtu;
	bool encrypt;
	char psk[128];
	struct conf_client defaults;
	struct conf_client client[CLIENTS_MAX];
	int clients;
};

/**
 * conf_read() - read a database
 * @path: the file
 * @conf: result
 *
 * Each client's values are complete: the defaults and the server's passphrase are
 * in them. Says on standard error what is wrong, and of which line.
 *
 * Return: true if nothing is.
 */
bool conf_read(const char *path, struct conf *conf);

#endif /* PEER_CONF_H */
