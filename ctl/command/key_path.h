/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Where keys came from: the kernel returns none, so that whoever saves a configuration has
 * to know their files. Nothing of a key is kept but what "show" tells of it.
 */
#ifndef CAMEXCTL_KEY_PATH_H
#define CAMEXCTL_KEY_PATH_H

#include <limits.h>

#include "command/keywords.h"

/* The directory in which that is noted: one that root alone can write. */
extern const char *key_paths_dir;

/* The kernel has taken these values: remember the files of the keys among them. */
void key_paths_note(const struct values *values);

/**
 * key_path_find() - the file of a key that the kernel has
 * @value: a value of the keyword, with what value_get() knows of the key
 * @path: result, PATH_MAX bytes; "": no file is known
 *
 * Return: whether the file has this key still.
 */
bool key_path_find(const struct value *value, char *path);

#endif /* CAMEXCTL_KEY_PATH_H */
