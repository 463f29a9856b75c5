/* SPDX-License-Identifier: GPL-2.0-only */
/* AES-256-GCM for packets: where it can be had. */
#ifndef CAMEX_AES256GCM_H
#define CAMEX_AES256GCM_H

#include "crypto/packet_aead.h"

extern const struct camex_cipher camex_aes256gcm;

const char *camex_aes256gcm_refusal(void);
void camex_aes256gcm_exit(void);

#endif /* CAMEX_AES256GCM_H */
