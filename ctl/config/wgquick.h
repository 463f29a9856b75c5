/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files of wg-quick(8), the bytes of which are in @config->ini. */
#ifndef CAMEXCTL_WGQUICK_H
#define CAMEXCTL_WGQUICK_H

#include "config/config.h"

/*
 * Take the device's name, hooks and name servers, and check the keys; the second reads
 * all else, keys and hosts too. 0, or -1 with the reason, the file and the line.
 */
int quick_take(struct config *config, struct fault *fault);
int quick_read(struct config *config, struct fault *fault);

/* Give the peers their names, by the comments before their sections or by their public keys. */
int quick_name_peers(struct config *config, struct fault *fault);

/* Refuse a public key that two peers have. */
int quick_check_keys(const struct config *config, struct fault *fault);

/* Leave each prefix to the last peer that claims it, as WireGuard does. */
int quick_settle_claims(struct config *config, struct fault *fault);

#endif /* CAMEXCTL_WGQUICK_H */
