/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Runs a program when a link appears or disappears. The programs of one link run one
 * after the other, those of different links at the same time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output/output.h"
#include "text/clock.h"
#include "watch.h"

/* Maximum of programs at a time, not counting those that run longer than LONG_MS. */
#define AT_ONCE 16
#define LONG_MS 2000
/* A program that runs longer is killed. */
#define LIMIT_MS 60000

/* State of a link's program. */
enum todo {
	TODO_NOTHING,
	TODO_UP,
	TODO_DOWN,
};

/* A link and its program. */
struct hook {
	struct hook_link link;
	enum todo todo;
	bool seen;
	bool gone;
	bool killed;
	pid_t pid;
	const char *event;
	int64_t started;
	struct hook *next;
};

struct hooks {
	const char *const *program;
	bool json;
	struct hook *list;
	struct hook **end;
	size_t n_gone;
};

struct hooks *hooks_new(const char *const *program, bool json)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return NULL;
	hooks->program = program;
	hooks->json = json;
	hooks->end = &hooks->list;
	return hooks;
}

static void report_hook(const struct hooks *hooks, const struct hook *hook,
			const char *event, const char *what, int number)
{
	struct fault fault;

	if (hooks->json) {
		if (json_hook(stdout, &hook->link, event, what, number, &fault))
			complain("%s", fault.text);
	} else {
		print_hook(stdout, &hook->link, event, what, number);
	}
	fflush(stdout);
}

void hooks_begin(struct hooks *hooks)
{
	for (struct hook *hook = hooks->list; hook; hook = hook->next)
		hook->seen = false;
}

int hooks_seen(struct hooks *hooks, const struct hook_link *link)
{
	struct hook *hook;

	for (hook = hooks->list; hook; hook = hook->next)
		if (!hook->gone && hook->link.ifindex == link->ifindex &&
		    !strcmp(hook->link.peer, link->peer)) {
			hook->seen = true;
			return 0;
		}
	hook = calloc(1, sizeof(*hook));
	if (!hook)
		return -1;
	hook->link = *link;
	hook->seen = true;
	hook->todo = TODO_UP;
	*hooks->end = hook;
	hooks->end = &hook->next;
	return 0;
}

void hooks_end(struct hooks *hooks)
{
	for (struct hook *hook = hooks->list; hook; hook = hook->next) {
		if (hook->seen || hook->gone)
			continue;
		hook->gone = true;
		hooks->n_gone++;
		/* no "down" for a link whose "up" never ran */
		hook->todo = hook->todo == TODO_UP ? TODO_NOTHING : TODO_DOWN;
	}
}

/* Runs in the child process. */
static void run_program(const struct hooks *hooks, const struct hook *hook,
			const char *event)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	/* standard output is for camexctl's own lines */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setenv("TUN_DEV_NAME", hook->link.link, 1);
	setenv("TUN_CLIENT_ID", hook->link.id, 1);
	setenv("CAMEX_EVENT", event, 1);
	setenv("CAMEX_DEV", hook->link.dev, 1);
	setenv("CAMEX_PEER", hook->link.peer, 1);
	execvp(hooks->program[0], (char *const *)hooks->program);
	complain("cannot run %s: %s", hooks->program[0], strerror(errno));
	_exit(127);
}

static void start_hook(const struct hooks *hooks, struct hook *hook,
		       int64_t now)
{
	const char *event = hook->todo == TODO_UP ? "up" : "down";
	pid_t pid;

	if (!hooks->program) {
		hook->todo = TODO_NOTHING;
		report_hook(hooks, hook, event, NULL, 0);
		return;
	}
	pid = fork();
	if (!pid)
		run_program(hooks, hook, event);
	if (pid < 0)
		return; /* try again next time */
	hook->todo = TODO_NOTHING;
	hook->pid = pid;
	hook->event = event;
	hook->started = now;
	hook->killed = false;
}

/*
 * The "down" of the same peer or of the same interface name runs first. Programs of
 * other peers are not waited for, since they may hang.
 */
static bool must_wait(const struct hooks *hooks, const struct hook *hook,
		      int64_t now)
{
	if (!hooks->n_gone || hook->todo != TODO_UP)
		return false;
	for (struct hook *old = hooks->list; old != hook; old = old->next) {
		bool hangs = old->pid && now - old->started >= LONG_MS;

		if (old->gone &&
		    (!strcmp(old->link.peer, hook->link.peer) ||
		     (!hangs && !strcmp(old->link.link, hook->link.link))))
			return true;
	}
	return false;
}

static void remove_gone(struct hooks *hooks)
{
	struct hook **at = &hooks->list;

	while (*at) {
		struct hook *hook = *at;

		if (!hook->gone || hook->pid || hook->todo != TODO_NOTHING) {
			at = &hook->next;
			continue;
		}
		*at = hook->next;
		hooks->n_gone--;
		free(hook);
	}
	hooks->end = at;
}

/* Kill a program that hangs. Returns milliseconds until the next check. */
static int check_running(struct hook *hook, int64_t now, unsigned int *young)
{
	int64_t age = now - hook->started;

	if (age < LONG_MS) {
		*young += 1;
		return (int)(LONG_MS - age);
	}
	if (age < LIMIT_MS)
		return (int)(LIMIT_MS - age);
	if (!hook->killed)
		kill(-hook->pid, SIGKILL);
	hook->killed = true;
	return LONG_MS;
}

int hooks_run(struct hooks *hooks)
{
	int64_t now = clock_ms();
	unsigned int young = 0;
	int next = -1;

	if (hooks->n_gone)
		remove_gone(hooks);
	for (struct hook *hook = hooks->list; hook; hook = hook->next) {
		int wait = hook->pid ? check_running(hook, now, &young) : -1;

		if (wait >= 0 && (next < 0 || wait < next))
			next = wait;
	}
	for (struct hook *hook = hooks->list; hook; hook = hook->next) {
		if (hook->todo == TODO_NOTHING || hook->pid ||
		    must_wait(hooks, hook, now))
			continue;
		if (young == AT_ONCE)
			break;
		start_hook(hooks, hook, now);
		if (hook->pid)
			young++;
		/* retry programs that could not be started, check those that run */
		if ((hook->pid || hook->todo != TODO_NOTHING) &&
		    (next < 0 || next > LONG_MS))
			next = LONG_MS;
	}
	return next;
}

static struct hook *hook_of(const struct hooks *hooks, pid_t pid)
{
	struct hook *hook;

	for (hook = hooks->list; hook; hook = hook->next)
		if (hook->pid == pid)
			break;
	return hook;
}

void hooks_reap(struct hooks *hooks)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct hook *hook = hook_of(hooks, pid);

		if (!hook)
			continue;
		hook->pid = 0;
		if (WIFEXITED(status))
			report_hook(hooks, hook, hook->event, "status",
				    WEXITSTATUS(status));
		else
			report_hook(hooks, hook, hook->event, "signal",
				    WTERMSIG(status));
	}
}

bool hooks_busy(const struct hooks *hooks)
{
	for (const struct hook *hook = hooks->list; hook; hook = hook->next)
		if (hook->pid || hook->todo != TODO_NOTHING)
			return true;
	return false;
}
