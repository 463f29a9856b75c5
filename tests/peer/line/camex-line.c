// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A serial line, or a null modem cable: two ptys, joined at so many bytes per second
 * each way. A byte of the line's time that nobody uses is gone.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
	"usage: camex-line RATE A B [FAULT=N]...\n"
	"\n"
	"Joins two ptys, to which it makes the symbolic links A and B, at RATE bytes per\n"
	"second each way, until SIGTERM; then it prints how many bytes went from A to B, and\n"
	"from B to A. What goes wrong, about once in N bytes:\n"
	"  lose=N    a byte is lost\n"
	"  change=N  a byte becomes another\n"
	"  noise=N   1 to 64 bytes come from nowhere\n"
	"  cut=N     1 to 64 bytes are lost\n";

#define TICK_NS 1000000		/* how often bytes move */
#define LATE_NS 50000000	/* most time that is made up for */
#define SECOND_NS 1000000000ULL
#define RUN_MAX 64

enum fault { LOSE, CHANGE, NOISE, CUT, FAULTS };
static const char *const names[FAULTS] = { "lose", "change", "noise", "cut" };

/**
 * struct way - one direction
 * @from: the pty that is read
 * @to: the pty that is written
 * @credit: what may go now, in bytes times SECOND_NS
 * @bytes: how many were taken from @from
 * @cut: how many more are lost
 */
struct way {
	int from;
	int to;
	uint64_t credit;
	uint64_t bytes;
	unsigned int cut;
};

static uint64_t rate;
static unsigned int every[FAULTS];
static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* The same numbers in each run (xorshift64). */
static uint32_t draw(uint32_t below)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static bool happens(enum fault fault)
{
	return every[fault] && !draw(every[fault]);
}

/* The master of a new raw pty, whose slave is open, so that it stays. */
static int new_pty(const char *path)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), slave;
	struct termios t;

	if (master < 0 || grantpt(master) || unlockpt(master))
		err(1, "pty");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &t))
		err(1, "%s", ptsname(master));
	cfmakeraw(&t);
	if (tcsetattr(slave, TCSANOW, &t))
		err(1, "%s", ptsname(master));
	if (symlink(ptsname(master), path))
		err(1, "%s", path);
	return master;
}

/* What arrives of some bytes; room for RUN_MAX more after each. */
static size_t spoil(struct way *way, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t made = 0;

	for (size_t i = 0; i < n; i++) {
		if (happens(CUT))
			way->cut = 1 + draw(RUN_MAX);
		if (way->cut) {
			way->cut--;
			continue;
		}
		if (happens(NOISE))
			for (uint32_t more = 1 + draw(RUN_MAX); more; more--)
				out[made++] = (uint8_t)draw(256);
		if (happens(LOSE))
			continue;
		out[made] = in[i];
		if (happens(CHANGE))
			out[made] ^= (uint8_t)(1 + draw(255));
		made++;
	}
	return made;
}

/* Move what may go. False: there was less than that. */
static bool move(struct way *way, uint64_t passed)
{
	static uint8_t in[65536], out[sizeof(in) * (RUN_MAX + 1)];
	size_t may, n;
	ssize_t got;

	way->credit += rate * passed;
	may = way->credit / SECOND_NS;
	way->credit %= SECOND_NS;
	if (!may)
		return true;
	got = read(way->from, in, may < sizeof(in) ? may : sizeof(in));
	if (got <= 0)
		return false;
	way->bytes += (uint64_t)got;
	n = spoil(way, in, (size_t)got, out);
	/* who does not take what arrives loses it */
	if (n && write(way->to, out, n) < 0 && errno != EAGAIN)
		err(1, "write");
	return (size_t)got == may;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static void run(struct way *ways)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	struct pollfd fds[2] = {
		{ .fd = ways[0].from, .events = POLLIN },
		{ .fd = ways[1].from, .events = POLLIN },
	};
	uint64_t last = now(), passed;
	bool busy[2];

	while (!ended) {
		nanosleep(&tick, NULL);
		passed = now() - last;
		last += passed;
		if (passed > LATE_NS)
			passed = LATE_NS;
		for (int i = 0; i < 2; i++)
			busy[i] = move(&ways[i], passed);
		if (busy[0] || busy[1])
			continue;
		poll(fds, 2, -1);
		last = now();
	}
}

static void read_fault(const char *text)
{
	for (int i = 0; i < FAULTS; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(text, names[i], len) || text[len] != '=')
			continue;
		every[i] = (unsigned int)strtoul(text + len + 1, NULL, 10);
		return;
	}
	errx(2, "\"%s\" is no fault\n\n%s", text, help);
}

int main(int argc, char **argv)
{
	const struct sigaction act = { .sa_handler = end };
	struct way ways[2] = {};

	rate = argc < 4 ? 0 : strtoull(argv[1], NULL, 10);
	if (!rate)
		errx(2, "%s", help);
	for (int i = 4; i < argc; i++)
		read_fault(argv[i]);
	sigaction(SIGTERM, &act, NULL);
	ways[0].from = new_pty(argv[2]);
	ways[0].to = new_pty(argv[3]);
	ways[1].from = ways[0].to;
	ways[1].to = ways[0].from;
	run(ways);
	printf("%llu %llu\n", (unsigned long long)ways[0].bytes,
	       (unsigned long long)ways[1].bytes);
	unlink(argv[2]);
	unlink(argv[3]);
	return 0;
}
