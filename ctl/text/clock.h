/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The clock that never steps. */
#ifndef CAMEXCTL_CLOCK_H
#define CAMEXCTL_CLOCK_H

#include <stdint.h>

/**
 * clock_ms() - milliseconds since some moment, the same for all calls
 */
int64_t clock_ms(void);

#endif /* CAMEXCTL_CLOCK_H */
