/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Completion of a command line, for shells. */
#ifndef CAMEXCTL_COMPLETE_H
#define CAMEXCTL_COMPLETE_H

/*
 * Print what may come in the place of the last word, one on each line. A line
 * of ":file" or ":netns" stands for what the shell itself can find.
 */
void complete(const char *const *words);

#endif /* CAMEXCTL_COMPLETE_H */
