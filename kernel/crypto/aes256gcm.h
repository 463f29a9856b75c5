/* SPDX-License-Identifier: GPL-2.0-only */
/* AES-256-GCM for packets, on CPUs and kernels that support it. */
#ifndef CAMEX_AES256GCM_H
#define CAMEX_AES256GCM_H

#include "crypto/packet_aead.h"

#if defined(CAMEX_FAST_GCM) && defined(CONFIG_X86_64)
/* aesni_gcm.S is built. */
#define CAMEX_OWN_GCM
#endif

extern const struct camex_cipher camex_aes256gcm;

const char *camex_aes256gcm_refusal(void);
void camex_aes256gcm_exit(void);
bool camex_aes256gcm_has_own(void);
void camex_aes256gcm_set_key(struct camex_aead_key *key, const u8 *bytes, bool own);

#endif /* CAMEX_AES256GCM_H */
