/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Words of other programs (ip, wg), and camexctl's words for them. */
#ifndef CAMEXCTL_HABITS_H
#define CAMEXCTL_HABITS_H

/* Returns the command that does what another program's word does; NULL: none. */
const char *habit_command(const char *object, const char *word);

/*
 * Returns the keyword of @takes for another program's word, or a command (with blanks in
 * it) that does it; NULL: none.
 */
const char *habit_keyword(const char *word, unsigned int takes);

#endif /* CAMEXCTL_HABITS_H */
