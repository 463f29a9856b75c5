/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Settings of a tty for SLIP. */
#ifndef CAMEXCTL_TTY_H
#define CAMEXCTL_TTY_H

#include <stdbool.h>
#include <stdint.h>

#include "text/fault.h"

/**
 * tty_set() - set a tty to raw mode, 8 data bits, no parity, 1 stop bit
 * @fd: the tty
 * @baud: bits per second, any that the driver can do
 * @rtscts: use flow control by RTS and CTS
 * @fault: the reason
 *
 * Return: 0 or -1.
 */
int tty_set(int fd, uint32_t baud, bool rtscts, struct fault *fault);

#endif /* CAMEXCTL_TTY_H */
