/* SPDX-License-Identifier: GPL-2.0-only */
/* AES-256-GCM: check that aesni_gcm.S is right on this CPU, and faster than the kernel's driver. */
#ifndef CAMEX_AES_TRIAL_H
#define CAMEX_AES_TRIAL_H

#include <linux/types.h>

bool camex_aes_trial(void);

#endif /* CAMEX_AES_TRIAL_H */
