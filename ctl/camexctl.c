/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The commands of camexctl. */
#include "command.h"

/* clang-format off */
const struct command commands[] = {
	{ "dev", "add", { WORD_DEV_NEW }, TAKES_DEV_ADD,
	  dev_add, "make a device" },
	{ "dev", "set", { WORD_DEV }, TAKES_DEV_SET,
	  dev_set, "change a device" },
	{ "dev", "del", { WORD_DEV }, 0,
	  dev_del, "delete a device and all that belongs to it" },
	{ "dev", "show", { WORD_DEV_MAYBE }, 0,
	  dev_show, "show devices" },

	{ "peer", "add", { WORD_DEV, WORD_PEER_NEW }, TAKES_PEER_ADD,
	  peer_add, "add a peer to a device" },
	{ "peer", "set", { WORD_DEV, WORD_PEER }, TAKES_PEER_SET,
	  peer_set, "change a peer; routes replaces its whole list" },
	{ "peer", "del", { WORD_DEV, WORD_PEER }, 0,
	  peer_del, "delete a peer and its routes" },
	{ "peer", "forget", { WORD_DEV, WORD_PEER }, 0,
	  peer_forget, "drop what a peer taught us: its sessions and learned endpoint" },
	{ "peer", "show", { WORD_DEV, WORD_PEER_MAYBE }, 0,
	  peer_show, "show the peers of a device" },

	{ "key", "set", { WORD_DEV, WORD_PEER }, TAKES_KEY_SET,
	  key_set, "give a peer its key" },
	{ "key", "del", { WORD_DEV, WORD_PEER }, 0,
	  key_del, "take a peer's key away" },
	{ "key", "gen", {}, 0,
	  key_gen, "print a new random key in base64" },
	{ "key", "derive", {}, 0,
	  key_derive, "turn the passphrase on standard input into a key" },

	{ "id", "gen", {}, 0,
	  id_gen, "print a new random identifier in hex" },

	{ "route", "add", { WORD_DEV, WORD_PREFIX_NEW }, TAKES_ROUTE_ADD,
	  route_add, "send a prefix to a peer" },
	{ "route", "replace", { WORD_DEV, WORD_PREFIX_NEW }, TAKES_ROUTE_ADD,
	  route_replace, "send a prefix to a peer, whoever had it" },
	{ "route", "del", { WORD_DEV, WORD_PREFIX }, TAKES_ROUTE_DEL,
	  route_del, "take a prefix from its peer" },
	{ "route", "show", { WORD_DEV }, 0,
	  route_show, "show prefixes and the peers that have them" },

	{ "fdb", "add", { WORD_DEV, WORD_MAC }, TAKES_FDB_ADD,
	  fdb_add, "put a station behind a peer, for good" },
	{ "fdb", "del", { WORD_DEV, WORD_MAC }, TAKES_FDB_DEL,
	  fdb_del, "forget where a station is" },
	{ "fdb", "show", { WORD_DEV }, 0,
	  fdb_show, "show stations and the peers that they are behind" },

	{ "show", NULL, { WORD_DEV_MAYBE }, 0,
	  show, "show devices, peers and routes" },
	{ "stats", NULL, { WORD_DEV }, 0,
	  stats, "show what was dropped, and why" },
	{ "monitor", NULL, { WORD_DEV_MAYBE, WORD_APPLY_MAYBE }, 0,
	  monitor, "print events as they happen; apply: set what servers hand out" },

	{ "watch", NULL, { WORD_DEV }, TAKES_WATCH,
	  watch, "authorize the identifiers in a directory, and run a program for each link" },

	{ "up", NULL, { WORD_FILE }, 0,
	  up, "make a device as a file says, with peers, addresses and routes" },
	{ "down", NULL, { WORD_FILE }, 0,
	  down, "delete the device that a file names" },
	{ "load", NULL, { WORD_DEV, WORD_FILE }, 0,
	  load, "make a device serve the clients in a camex.conf" },
	{ "serial", NULL, { WORD_DEV, WORD_TTY }, TAKES_SERIAL,
	  serial, "join a tty to a device of transport serial, and hold it" },
	{}
};
/* clang-format on */
