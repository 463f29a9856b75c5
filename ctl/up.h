/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A device in a file, apart from what is done with it. */
#ifndef CAMEXCTL_UP_H
#define CAMEXCTL_UP_H

#include <stddef.h>

#include "fault.h"
#include "ini.h"
#include "keywords.h"

/**
 * struct up_peer - a section [peer NAME]
 * @name: its NAME
 * @line: where it begins
 * @values: its keywords
 */
struct up_peer {
	const char *name;
	unsigned int line;
	struct values values;
};

/**
 * struct up - a file
 * @path: where it is
 * @ini: what it has
 * @name: the device's name
 * @line: where that is
 * @values: its keywords, with those that only files have
 * @peers: the peers, in their order
 * @n_peers: how many
 * @paths: of files, made from those that are relative to the file
 * @n_paths: how many
 */
struct up {
	const char *path;
	struct ini ini;
	const char *name;
	unsigned int line;
	struct values values;
	struct up_peer *peers;
	size_t n_peers;
	char **paths;
	size_t n_paths;
};

/*
 * Find out what a file has to say. 0, or -1 with the reason, the file and the
 * line; up_wipe() is called either way.
 */
int up_take(struct up *up, const char *path, struct fault *fault);

/* Read the values too, with the keys and hosts that they name. 0 or -1. */
int up_read(struct up *up, struct fault *fault);

void up_wipe(struct up *up);

#endif /* CAMEXCTL_UP_H */
