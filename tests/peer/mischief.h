/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a peer does, right or wrong, because somebody tells it to. */
#ifndef PEER_MISCHIEF_H
#define PEER_MISCHIEF_H

#include "node.h"

/**
 * mischief_new() - take commands
 * @fifo: where they come from
 *
 * Return: NULL with errno set if it cannot be opened.
 */
struct mischief *mischief_new(const char *fifo);

/**
 * mischief_free() - the end
 * @m: may be NULL
 */
void mischief_free(struct mischief *m);

/**
 * mischief_fd() - what to wait for
 * @m: the commands
 */
int mischief_fd(const struct mischief *m);

/**
 * mischief_command() - do what has been told
 * @node: this end; main.c tells the commands
 */
void mischief_command(struct node *node);

/**
 * mischief_spoil() - give a finished datagram the fault that it was to have
 * @m: the commands
 * @data: the datagram
 * @len: its bytes
 *
 * Return: the fault, NULL for none.
 */
const char *mischief_spoil(struct mischief *m, uint8_t *data, size_t *len);

/**
 * mischief_keep() - remember a datagram that is sent
 * @m: the commands
 * @to: where it goes
 * @data: the datagram
 * @len: its bytes
 *
 * Return: true if it is to be held back.
 */
bool mischief_keep(struct mischief *m, const struct endpoint *to, const uint8_t *data,
		   size_t len);

#endif /* PEER_MISCHIEF_H */
