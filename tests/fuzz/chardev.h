/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What chardev.c, which makes the calls, and chardev-guided.c, which chooses them, have in common. */
#ifndef CHARDEV_H
#define CHARDEV_H

#include <stdint.h>

#define FILES	8

enum op { OPEN, ATTACH, CHANGE, GET, PUT, RING, MAP, SPLICES, SEND, DELETE, OPS };

void chance_from(uint64_t seed);
unsigned int below(unsigned int n);
void run_alone(enum op op, int i, uint64_t seed);
void forget(void);
int broken(void);
unsigned long all_calls(void);
void guided(const char *corpus, long seconds);

#endif
