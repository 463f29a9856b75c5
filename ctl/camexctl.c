/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The commands of camexctl. */
#include "command/command.h"

/* clang-format off */
const struct command commands[] = {
	{ "dev", "add", { WORD_DEV_NEW }, TAKES_DEV_ADD,
	  dev_add, .summary = "make a device" },
	{ "dev", "set", { WORD_DEV }, TAKES_DEV_SET,
	  request, "change a device",
	  .request = { .command = CAMEX_CMD_DEV_SET, .nest = CAMEX_A_DEV } },
	{ "dev", "del", { WORD_DEV }, 0,
	  dev_del, .summary = "delete a device and all that belongs to it" },
	{ "dev", "show", { WORD_DEV_MAYBE }, 0,
	  dev_show, .summary = "show devices" },

	{ "peer", "add", { WORD_DEV, WORD_PEER_NEW }, TAKES_PEER_ADD,
	  peer_add, "add a peer to a device",
	  .request = { .command = CAMEX_CMD_PEER_ADD, .nest = CAMEX_A_PEER } },
	{ "peer", "set", { WORD_DEV, WORD_PEER }, TAKES_PEER_SET,
	  peer_set, "change a peer; routes replaces its whole list",
	  .request = { .command = CAMEX_CMD_PEER_SET, .nest = CAMEX_A_PEER } },
	{ "peer", "del", { WORD_DEV, WORD_PEER }, 0,
	  request, "delete a peer and its routes",
	  .request = { .command = CAMEX_CMD_PEER_DEL, .nest = CAMEX_A_PEER } },
	{ "peer", "forget", { WORD_DEV, WORD_PEER }, 0,
	  request, "drop what a peer taught us: its sessions and learned endpoint",
	  .request = { .command = CAMEX_CMD_PEER_FORGET, .nest = CAMEX_A_PEER } },
	{ "peer", "show", { WORD_DEV, WORD_PEER_MAYBE }, 0,
	  peer_show, .summary = "show the peers of a device" },

	{ "key", "set", { WORD_DEV, WORD_PEER }, TAKES_KEY_SET,
	  request, "give a peer its key",
	  .request = { .command = CAMEX_CMD_KEY_SET, .nest = CAMEX_A_PEER } },
	{ "key", "del", { WORD_DEV, WORD_PEER }, 0,
	  request, "take a peer's key away",
	  .request = { .command = CAMEX_CMD_KEY_DEL, .nest = CAMEX_A_PEER } },
	{ "key", "gen", {}, 0,
	  key_gen, .summary = "print a new random key in base64" },
	{ "key", "derive", {}, 0,
	  key_derive, .summary = "turn the passphrase on standard input into a key" },

	{ "id", "gen", {}, 0,
	  id_gen, .summary = "print a new random identifier in hex" },

	{ "route", "add", { WORD_DEV, WORD_PREFIX_NEW }, TAKES_ROUTE_ADD,
	  request, "send a prefix to a peer",
	  .request = { .command = CAMEX_CMD_ROUTE_ADD, .nest = CAMEX_A_ROUTE } },
	{ "route", "replace", { WORD_DEV, WORD_PREFIX_NEW }, TAKES_ROUTE_ADD,
	  request, "send a prefix to a peer, whoever had it",
	  .request = { .command = CAMEX_CMD_ROUTE_ADD, .nest = CAMEX_A_ROUTE, .flag = CAMEX_A_ROUTE_REPLACE } },
	{ "route", "del", { WORD_DEV, WORD_PREFIX }, TAKES_ROUTE_DEL,
	  request, "take a prefix from its peer",
	  .request = { .command = CAMEX_CMD_ROUTE_DEL, .nest = CAMEX_A_ROUTE } },
	{ "route", "show", { WORD_DEV }, 0,
	  route_show, .summary = "show prefixes and the peers that have them" },

	{ "fdb", "add", { WORD_DEV, WORD_MAC }, TAKES_FDB_ADD,
	  request, "put a station behind a peer, for good",
	  .request = { .command = CAMEX_CMD_FDB_ADD, .nest = CAMEX_A_FDB } },
	{ "fdb", "del", { WORD_DEV, WORD_MAC }, TAKES_FDB_DEL,
	  request, "forget where a station is",
	  .request = { .command = CAMEX_CMD_FDB_DEL, .nest = CAMEX_A_FDB } },
	{ "fdb", "show", { WORD_DEV }, 0,
	  fdb_show, .summary = "show stations and the peers that they are behind" },

	{ "show", NULL, { WORD_DEV_MAYBE }, 0,
	  show, .summary = "show devices, peers and routes" },
	{ "stats", NULL, { WORD_DEV }, 0,
	  stats, .summary = "show what was dropped, and why" },
	{ "monitor", NULL, { WORD_DEV_MAYBE, WORD_APPLY_MAYBE }, 0,
	  monitor, .summary = "print events as they happen; apply: set what servers hand out" },

	{ "watch", NULL, { WORD_DEV }, TAKES_WATCH,
	  watch, .summary = "authorize the identifiers in a directory, and run a program for each link" },

	{ "up", NULL, { WORD_FILE }, 0,
	  up, .summary = "make a device as a file says, with peers, addresses and routes" },
	{ "down", NULL, { WORD_FILE }, 0,
	  down, .summary = "delete the device that a file names" },
	{ "reload", NULL, { WORD_FILE }, TAKES_RELOAD,
	  reload, .summary = "make the running device what a file says, and leave alone what is the same" },
	{ "load", NULL, { WORD_DEV, WORD_FILE }, TAKES_LOAD,
	  load, .summary = "make a device serve the clients in a camex.conf" },
	{ "serial", NULL, { WORD_DEV, WORD_TTY }, TAKES_SERIAL,
	  serial, .summary = "join a tty to a device of transport serial, and hold it" },
	{}
};
/* clang-format on */
