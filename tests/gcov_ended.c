// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Linked to camexctl by tests/coverage: a program that a signal ends writes its counters first. */
#include <signal.h>
#include <stddef.h>

void __gcov_dump(void);

static void write_counters(int number)
{
	__gcov_dump();
	/* the handler is reset, and the signal is not blocked */
	raise(number);
}

static __attribute__((constructor)) void watch_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
	struct sigaction action = { .sa_handler = write_counters, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		if (!sigaction(ending[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
}
