/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef PEER_CLIENT_H
#define PEER_CLIENT_H

#include "node.h"

/**
 * client_register() - send a REGISTER now
 * @node: this end, a client
 */
void client_register(struct node *node);

#endif /* PEER_CLIENT_H */
