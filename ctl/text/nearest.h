/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a mistyped word was meant to be. */
#ifndef CAMEXCTL_NEAREST_H
#define CAMEXCTL_NEAREST_H

/**
 * nearest() - the name that a word resembles most
 * @word: what was typed
 * @next: gives one name per call, then NULL
 * @arg: for @next
 *
 * Return: one of the names, or NULL if none resembles it.
 */
const char *nearest(const char *word, const char *(*next)(void *arg),
		    void *arg);

#endif /* CAMEXCTL_NEAREST_H */
