/* SPDX-License-Identifier: GPL-2.0-only */
/* Time stamps of initiations, by which the responder detects replayed initiations. */
#ifndef CAMEX_WG_TIMESTAMP_H
#define CAMEX_WG_TIMESTAMP_H

#include <linux/bits.h>
#include <linux/types.h>

#include "protocol/wireguard/wire.h"

/* WireGuard rounds the nanoseconds of a time stamp, so as not to reveal the exact clock. */
#define CAMEX_TIMESTAMP_ROUND_NS	BIT(24)

void camex_timestamp_next(u8 stamp[CAMEX_WG_TIMESTAMP], u64 wall_ns);
bool camex_timestamp_after(const u8 stamp[CAMEX_WG_TIMESTAMP],
			   const u8 before[CAMEX_WG_TIMESTAMP]);

#endif /* CAMEX_WG_TIMESTAMP_H */
