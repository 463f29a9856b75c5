/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files of wg-quick(8), whose bytes are in @config->ini. */
#ifndef CAMEXCTL_WGQUICK_H
#define CAMEXCTL_WGQUICK_H

#include "config/config.h"

/*
 * The first function reads the device's name, hooks and name servers, and checks the form of all
 * lines; the second reads the rest, including keys and hosts. Returns 0, or -1 with the reason.
 */
int quick_take(struct config *config, struct fault *fault);
int quick_read(struct config *config, struct fault *fault);

/* Name the peers after the comments before their sections, or after their public keys. */
int quick_name_peers(struct config *config, struct fault *fault);

/* Refuse a public key that two peers have. */
int quick_check_keys(const struct config *config, struct fault *fault);

/* Give each prefix to the last peer that lists it, as WireGuard does. */
int quick_settle_claims(struct config *config, struct fault *fault);

#endif /* CAMEXCTL_WGQUICK_H */
