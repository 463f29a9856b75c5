/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The monotonic clock. */
#ifndef CAMEXCTL_CLOCK_H
#define CAMEXCTL_CLOCK_H

#include <stdint.h>

/**
 * clock_ms() - get milliseconds since a fixed, unspecified moment
 */
int64_t clock_ms(void);

#endif /* CAMEXCTL_CLOCK_H */
