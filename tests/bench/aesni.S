/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include "../../kernel/crypto/aesni_gcm.S"
