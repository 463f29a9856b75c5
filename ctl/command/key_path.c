/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/key_path.h"

/* Symbolic links to the files, named after the fingerprint or the public key. */
const char *key_paths_dir = "/run/camexctl";

/* Build the path of the link. Returns false if nothing identifies the key. */
static bool link_of(const struct value *value, char *link)
{
	const struct secret *secret = &value->secret;
	bool is_private = value->keyword->type == &type_private_key_file;
	char hex[2 * CAMEX_KEY_LEN + 1];

	if (value->keyword->type == &type_preshared_key_file)
		return false;
	sodium_bin2hex(hex, sizeof(hex),
		       is_private ? secret->public_key : secret->fingerprint,
		       is_private ? sizeof(secret->public_key) :
				    sizeof(secret->fingerprint));
	snprintf(link, PATH_MAX, "%s/%s.%s", key_paths_dir, hex,
		 value->keyword->name);
	return true;
}

/* Is the key from a file, as opposed to standard input, a pipe or "none"? */
static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

void key_paths_note(const struct values *values)
{
	char link[PATH_MAX], *path;

	for (size_t i = 0; i < values->n; i++) {
		const struct value *value = &values->list[i];

		if (!value_is_secret(value) || value->secret.shared ||
		    !is_file(value->text) || !link_of(value, link))
			continue;
		path = realpath(value->text, NULL);
		if (!path)
			continue;
		/* nothing is remembered if the directory cannot be written */
		mkdir(key_paths_dir, 0700);
		unlink(link);
		if (symlink(path, link))
			*link = '\0';
		free(path);
	}
}

bool key_path_find(const struct value *value, char *path)
{
	struct value read = { .keyword = value->keyword, .text = path };
	char link[PATH_MAX];
	struct fault fault;
	ssize_t len = -1;
	bool same;

	if (link_of(value, link))
		len = readlink(link, path, PATH_MAX - 1);
	path[len < 0 ? 0 : len] = '\0';
	if (!*path)
		return false;
	same = !value_read(&read, &fault) && value_equal(&read, value);
	value_wipe(&read);
	return same;
}
