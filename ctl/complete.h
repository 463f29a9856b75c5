/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Completion of a command line, for shells. */
#ifndef CAMEXCTL_COMPLETE_H
#define CAMEXCTL_COMPLETE_H

/*
 * Print the possible completions of the last word, one on each line. A line
 * ":file" or ":netns" tells the shell to complete files or namespaces.
 */
void complete(const char *const *words);

#endif /* CAMEXCTL_COMPLETE_H */
