/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Remembers the files of keys: the kernel does not return keys, and "save" needs the paths.
 * Stored is only what "show" tells of a key: its fingerprint or public key.
 */
#ifndef CAMEXCTL_KEY_PATH_H
#define CAMEXCTL_KEY_PATH_H

#include <limits.h>

#include "command/keywords.h"

/* The directory of these notes; only root can write to it. */
extern const char *key_paths_dir;

/* Remember the files of the keys among values that the kernel has accepted. */
void key_paths_note(const struct values *values);

/**
 * key_path_find() - find the file of a key that the kernel has
 * @value: a value of the keyword, filled in by value_get()
 * @path: result, PATH_MAX bytes; "": no file is known
 *
 * Return: true if the file still contains this key.
 */
bool key_path_find(const struct value *value, char *path);

#endif /* CAMEXCTL_KEY_PATH_H */
