/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <time.h>

#include "text/clock.h"

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
