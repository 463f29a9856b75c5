/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The server database of the OpenIPC camex daemon, camex.conf, as it reads it. */
#ifndef CAMEXCTL_DATABASE_H
#define CAMEXCTL_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "fault.h"
#include "ini.h"
#include "keywords.h"
#include "profile.h"
#include "secret.h"

/**
 * struct client - a section [client ID], with the defaults
 * @name: its ID
 * @line: where it begins
 * @address_line: where its address is, 0: it has none
 * @profile: what it is handed out; @profile.address is its own
 * @secret: its key, its own or the server's
 * @has_key: there is one
 */
struct client {
	const char *name;
	unsigned int line;
	unsigned int address_line;
	struct profile profile;
	struct secret secret;
	bool has_key;
};

/**
 * struct database - a file
 * @ini: what it has
 * @device: of [server], what are keywords of dev set
 * @plain: nothing is encrypted
 * @link: the link's address; AF_UNSPEC: none
 * @link_line: where that is
 * @mtu: the link's, 0: none
 * @mtu_line: where that is
 * @clients: with defaults and keys, in their order
 * @n_clients: how many
 */
struct database {
	struct ini ini;
	struct values device;
	bool plain;
	struct prefix link;
	unsigned int link_line;
	uint32_t mtu;
	unsigned int mtu_line;
	struct client *clients;
	size_t n_clients;
};

/*
 * Read and check a file. 0, or -1 with the reason, the file and the line;
 * database_wipe() is called either way.
 */
int database_read(struct database *db, const char *path, struct fault *fault);

/* Tell which lines of it have no effect, and who can read its passphrases. */
void database_warn(const struct database *db);

void database_wipe(struct database *db);

#endif /* CAMEXCTL_DATABASE_H */
