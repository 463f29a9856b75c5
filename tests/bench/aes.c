// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* AES-256-GCM as camex.ko has it, for cipher.c. */
#include "../../kernel/crypto/aes256gcm.c"
#include "../../kernel/crypto/plain_gcm.c"
#ifdef CAMEX_OWN_GCM
#include "../../kernel/crypto/aes_trial.c"
#endif
