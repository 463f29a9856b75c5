/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that end sessions for sending early: clocks, hibernation, copies of the machine. */
#ifndef CAMEX_CLOCK_H
#define CAMEX_CLOCK_H

#include <linux/types.h>

int camex_clock_init(void);
void camex_clock_exit(void);
u64 camex_clock_wall(void);
s64 camex_clock_offset(void);
void camex_clock_watch(s64 offset);
void camex_clock_unwatch(void);
bool camex_clock_hibernates(void);
void camex_clock_pause(bool pause);

#endif /* CAMEX_CLOCK_H */
