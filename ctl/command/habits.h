/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Words of other programs (ip, wg), and what they are called here. */
#ifndef CAMEXCTL_HABITS_H
#define CAMEXCTL_HABITS_H

/* The command that does what a word of another program does; NULL: none. */
const char *habit_command(const char *object, const char *word);

/*
 * The keyword of @takes that another program's word stands for, or a command, with blanks in
 * it, that does it; NULL: none.
 */
const char *habit_keyword(const char *word, unsigned int takes);

#endif /* CAMEXCTL_HABITS_H */
