/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel's own termios, which knows any speed; libc's would be in the way. */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tty.h"

/* There, struct termios has speeds. */
#ifndef TCGETS2
#define termios2 termios
#define TCGETS2 TCGETS
#define TCSETSF2 TCSETSF
#endif

/* Receivers take so much difference, in percent. */
#define BAUD_TOLERANCE 2

static bool is_near(uint32_t got, uint32_t wanted)
{
	uint64_t off = got > wanted ? got - wanted : wanted - got;

	return off * 100 <= (uint64_t)wanted * BAUD_TOLERANCE;
}

static int tty_set(int fd, uint32_t baud, bool rtscts, struct fault *fault)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t))
		return fault_set(fault, "it is no tty");
	/* breaks and framing errors are told to the discipline */
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
		return fault_set(fault, "it cannot do %u baud, but %u", baud,
				 (unsigned int)t.c_ospeed);
	return 0;
}

int tty_open(const char *path, uint32_t baud, bool rtscts, struct fault *fault)
{
	/* what hangs on the line need not be there yet */
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fault_set(fault, "cannot open the tty: %s",
				 strerror(errno));
	if (tty_set(fd, baud, rtscts, fault)) {
		close(fd);
		return -1;
	}
	return fd;
}
