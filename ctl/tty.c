/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Uses the kernel's termios2, which supports any speed and conflicts with libc's headers. */
#include <asm/termbits.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tty.h"

/* On these machines struct termios has the speeds. */
#ifndef TCGETS2
#define termios2 termios
#define TCGETS2 TCGETS
#define TCSETSF2 TCSETSF
#endif

/* Difference of speed that receivers tolerate, in percent. */
#define BAUD_TOLERANCE 2

static bool is_near(uint32_t got, uint32_t wanted)
{
	uint64_t off = got > wanted ? got - wanted : wanted - got;

	return off * 100 <= (uint64_t)wanted * BAUD_TOLERANCE;
}

int tty_set(int fd, uint32_t baud, bool rtscts, struct fault *fault)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t))
		return fault_set(fault, "%s", strerror(errno));
	/* report breaks and framing errors to the line discipline */
	t.c_iflag = BRKINT | INPCK;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag &= HUPCL;
	t.c_cflag |= CS8 | CREAD | CLOCAL | BOTHER;
	if (rtscts)
		t.c_cflag |= CRTSCTS;
	t.c_ispeed = baud;
	t.c_ospeed = baud;
	if (ioctl(fd, TCSETSF2, &t) || ioctl(fd, TCGETS2, &t))
		return fault_set(fault, "%s", strerror(errno));
	if (!is_near(t.c_ospeed, baud))
		return fault_set(fault, "the tty cannot do %u baud: the nearest speed is %u", baud,
				 (unsigned int)t.c_ospeed);
	return 0;
}
