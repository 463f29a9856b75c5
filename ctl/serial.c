/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "serial": opens a tty, attaches it to a device of transport serial, and keeps it open. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include <linux/camex.h>

#include "command/command.h"
#include "tty.h"

#define LDISC "/sys/module/camex/parameters/ldisc"
/* The default line discipline, see <linux/tty.h>. */
#define LDISC_TTY 0
/* Time between attempts to open the tty, milliseconds. */
#define REOPEN_EVERY 1000

/**
 * struct line - a serial line
 * @dev: the device
 * @ifindex: its index
 * @path: path of the tty
 * @baud: its speed
 * @rtscts: use flow control by RTS and CTS
 * @reopen: open the tty again after a hangup
 * @discipline: number of camex's line discipline
 * @tty: descriptor of the open tty
 * @signals: signalfd for signals that end the program
 */
struct line {
	const char *dev;
	unsigned int ifindex;
	const char *path;
	uint32_t baud;
	bool rtscts;
	bool reopen;
	int discipline;
	int tty;
	int signals;
};

static bool is_on(struct call *call, const char *name)
{
	const struct value *value = values_get(&call->values, name);

	return value && value->number;
}

static int find_discipline(struct line *line, struct fault *fault)
{
	FILE *file = fopen(LDISC, "re");
	char text[16] = "";
	bool read;

	if (!file)
		return access("/sys/module/camex", F_OK) ?
			       fault_no_module(fault) :
			       fault_set(fault, "this kernel has no TTY");
	read = fgets(text, sizeof(text), file);
	fclose(file);
	if (!read)
		return fault_set(fault, "%s cannot be read", LDISC);
	line->discipline = (int)strtol(text, NULL, 10);
	return 0;
}

/* Open the tty, unless another process has attached it to camex. */
static int open_tty(struct line *line, struct fault *fault)
{
	int discipline;

	/* do not wait for the carrier of the far end */
	line->tty =
		open(line->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line->tty < 0)
		return fault_set(fault, "cannot open the tty: %s",
				 strerror(errno));
	if (ioctl(line->tty, TIOCGETD, &discipline))
		fault_set(fault, "it is not a tty");
	else if (discipline == line->discipline)
		fault_set(fault, "another device has this tty");
	else
		return 0;
	close(line->tty);
	line->tty = -1;
	return -1;
}

static int set_discipline(struct line *line, struct fault *fault)
{
	if (!ioctl(line->tty, TIOCSETD, &line->discipline))
		return 0;
	if (errno == EPERM)
		return fault_set(fault,
				 "not permitted: CAP_NET_ADMIN is needed");
	return fault_set(fault, "line discipline %d: %s", line->discipline,
			 strerror(errno));
}

static int attach_tty(struct line *line, struct fault *fault)
{
	if (!ioctl(line->tty, CAMEX_IOC_ATTACH, &line->ifindex))
		return 0;
	switch (errno) {
	case ENODEV:
		return fault_set(fault, "no device %s", line->dev);
	case EOPNOTSUPP:
		return fault_set(fault,
				 "%s is not a camex device of transport serial",
				 line->dev);
	case EPERM:
		return fault_set(
			fault,
			"not permitted: CAP_NET_ADMIN is needed in the transport's namespace too");
	case EBUSY:
		return fault_set(fault, "%s has a tty already", line->dev);
	}
	return fault_set(fault, "%s", strerror(errno));
}

/* Restore the default line discipline: other processes may have the tty open. */
static void release_tty(struct line *line)
{
	const int discipline = LDISC_TTY;

	if (line->tty < 0)
		return;
	ioctl(line->tty, TIOCSETD, &discipline);
	ioctl(line->tty, TIOCNXCL);
	close(line->tty);
	line->tty = -1;
}

static int join_tty(struct line *line, struct fault *fault)
{
	if (open_tty(line, fault))
		return -1;
	/* keep other processes from opening it */
	ioctl(line->tty, TIOCEXCL);
	if (tty_set(line->tty, line->baud, line->rtscts, fault) ||
	    set_discipline(line, fault) || attach_tty(line, fault)) {
		release_tty(line);
		return -1;
	}
	return 0;
}

/* Wait for a hangup, or for a time. Returns true if a signal has arrived. */
static bool wait_for_hangup(struct line *line, int timeout)
{
	struct pollfd fds[] = {
		{ .fd = line->signals, .events = POLLIN },
		{ .fd = line->tty },
	};

	while (poll(fds, 2, timeout) < 0 && errno == EINTR)
		;
	return fds[0].revents;
}

static void log_line(const struct line *line, int priority, const char *what)
{
	/* write to the log, and to the terminal while there is one */
	syslog(priority, "%s: %s %s", line->dev, line->path, what);
}

static bool has_device(struct line *line, struct fault *fault)
{
	if (if_nametoindex(line->dev) == line->ifindex)
		return true;
	log_line(line, LOG_WARNING, "has lost its device");
	fault_set(fault, "the device has gone");
	return false;
}

/* Returns 0 after a signal. */
static int hold_tty(struct line *line, struct fault *fault)
{
	struct fault why;

	while (!wait_for_hangup(line, -1)) {
		release_tty(line);
		if (!has_device(line, fault))
			return -1;
		log_line(line, LOG_WARNING, "was hung up");
		if (!line->reopen)
			return fault_set(fault, "the tty was hung up");
		while (join_tty(line, &why)) {
			if (wait_for_hangup(line, REOPEN_EVERY))
				return 0;
			if (!has_device(line, fault))
				return -1;
		}
		log_line(line, LOG_NOTICE, "is back");
	}
	release_tty(line);
	return 0;
}

static void catch_signals(struct line *line)
{
	sigset_t ends;

	signals_ending(&ends);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	line->signals = signalfd(-1, &ends, SFD_CLOEXEC);
}

int serial(struct call *call)
{
	struct line line = {
		.dev = call->word[0],
		.path = call->word[1],
		.baud = values_get(&call->values, "baud")->number,
		.rtscts = is_on(call, "rtscts"),
		.reopen = is_on(call, "reopen"),
		.tty = -1,
	};
	bool foreground = values_get(&call->values, "foreground");

	line.ifindex = if_nametoindex(line.dev);
	if (!line.ifindex)
		return fault_set(&call->fault, "no device %s", line.dev);
	if (!line.baud)
		return fault_set(&call->fault, "baud: 0 is not a speed");
	if (find_discipline(&line, &call->fault))
		return -1;
	catch_signals(&line);
	if (line.signals < 0)
		return fault_set(&call->fault, "signalfd: %s", strerror(errno));
	if (join_tty(&line, &call->fault))
		return -1;
	/* keep the working directory: the path may be relative */
	if (!foreground && daemon(line.path[0] != '/', 0)) {
		release_tty(&line);
		return fault_set(&call->fault, "cannot go to the background: %s",
				 strerror(errno));
	}
	openlog("camexctl", LOG_PID | (foreground ? LOG_PERROR : 0),
		LOG_DAEMON);
	return hold_tty(&line, &call->fault);
}
