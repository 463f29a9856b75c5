/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Sequences of calls that one thread makes: those of a corpus, and with a number of seconds
 * others, which are kept if they reach basic blocks of the module that no other one has
 * reached (KCOV, below $CAMEX_DEBUGFS). An entry is a line of steps such as
 *
 *	open0:1f put0:2a3 get0:7
 *
 * the name of what is done, the number of the file, and a seed that decides its arguments. The
 * corpus that a search ends with goes to $CAMEX_OUT/chardev.corpus, and what is new in it is printed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "chardev.h"

#define MOST	16
#define ENTRIES	2000
#define WORDS	(1UL << 18)

struct call {
	enum op op;
	int file;
	unsigned int seed;
};

struct entry {
	struct call calls[MOST];
	int count, old;
	/* offsets that it reaches */
	unsigned int *reached, n;
};

static const char *const names[OPS] = {
	"open", "attach", "change", "get", "put", "ring", "map", "splice", "send", "delete",
};
static struct entry *entries[ENTRIES];
static int n_entries;
static unsigned long *words, text, size, runs;
static uint8_t *known, *seen;

/* --- KCOV --- */

static unsigned long number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[40] = "";

	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	fclose(file);
	return strtoul(line, NULL, 0);
}

static int trace(void)
{
	const char *debugfs = getenv("CAMEX_DEBUGFS");
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/kcov", debugfs ? debugfs : "/sys/kernel/debug");
	fd = open(path, O_RDWR);
	text = number_in("/sys/module/camex/sections/.text");
	size = number_in("/sys/module/camex/coresize");
	if (fd < 0 || !text || ioctl(fd, _IOR('c', 1, unsigned long), WORDS))
		return -1;
	words = mmap(NULL, WORDS * sizeof(*words), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED || ioctl(fd, _IO('c', 100), 0))
		return -1;
	known = calloc(size, 1);
	seen = calloc(size, 1);
	return known && seen ? 0 : -1;
}

/* --- entries --- */

static void print(FILE *out, const char *before, const struct entry *e)
{
	int i;

	fputs(before, out);
	for (i = 0; i < e->count; i++)
		fprintf(out, "%s%s%d:%x", i ? " " : "", names[e->calls[i].op], e->calls[i].file, e->calls[i].seed);
	fputc('\n', out);
}

static int parse(char *line, struct entry *e)
{
	char *save = NULL, *word, name[20];
	int op;

	e->count = 0;
	for (word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		struct call *call = &e->calls[e->count];

		if (e->count == MOST || sscanf(word, "%19[a-z]%d:%x", name, &call->file, &call->seed) != 3)
			return -1;
		for (op = 0; op < OPS && strcmp(name, names[op]); op++)
			;
		if (op == OPS || call->file < 0 || call->file >= FILES)
			return -1;
		call->op = (enum op)op;
		e->count++;
	}
	return e->count ? 0 : -1;
}

/* Runs the calls. With KCOV, reached becomes the offsets. */
static void run(struct entry *e)
{
	unsigned long i, n;
	int at;

	runs++;
	if (words)
		words[0] = 0;
	for (at = 0; at < e->count; at++)
		run_alone(e->calls[at].op, e->calls[at].file, e->calls[at].seed);
	forget();
	if (!words)
		return;
	n = words[0];
	memset(seen, 0, size);
	free(e->reached);
	e->reached = malloc((n + 1) * sizeof(*e->reached));
	e->n = 0;
	if (!e->reached)
		abort();
	for (i = 1; i <= n; i++) {
		unsigned long offset = words[i] - text;

		if (offset < size && !seen[offset]) {
			seen[offset] = 1;
			e->reached[e->n++] = (unsigned int)offset;
		}
	}
}

static unsigned int novel(const struct entry *e)
{
	unsigned int i, n = 0;

	for (i = 0; i < e->n; i++)
		n += !known[e->reached[i]];
	return n;
}

static void learn(const struct entry *e)
{
	unsigned int i;

	for (i = 0; i < e->n; i++)
		known[e->reached[i]] = 1;
}

static struct entry *copy(const struct entry *e)
{
	struct entry *other = malloc(sizeof(*other));

	if (!other)
		abort();
	*other = *e;
	other->reached = NULL;
	other->n = 0;
	other->old = 0;
	return other;
}

static void cut(struct entry *e, int at, int n)
{
	e->count -= n;
	memmove(&e->calls[at], &e->calls[at + n], (size_t)(e->count - at) * sizeof(e->calls[0]));
}

/* Leaves out the calls without which it reaches as many new blocks, first many at once, and keeps the rest. */
static void admit(struct entry *e)
{
	unsigned int wanted;
	int at, n;

	run(e); /* again: what other tasks do may have been part of it */
	wanted = novel(e);
	if (!wanted || n_entries == ENTRIES)
		return;
	for (n = e->count / 2; n; n /= 2) {
		for (at = e->count - n; at >= 0 && e->count > n; at -= n) {
			struct entry *less = copy(e);

			cut(less, at, n);
			run(less);
			if (novel(less) >= wanted)
				cut(e, at, n);
			free(less->reached);
			free(less);
		}
	}
	run(e);
	learn(e);
	entries[n_entries] = copy(e);
	entries[n_entries]->reached = e->reached;
	entries[n_entries]->n = e->n;
	e->reached = NULL;
	n_entries++;
}

static struct call any_call(void)
{
	static const uint8_t often[] = {
		OPEN, ATTACH, CHANGE, CHANGE, CHANGE, GET, GET, PUT, PUT, PUT, PUT,
		RING, MAP, SPLICES, SEND, SEND,
	};
	struct call call = { below(40) ? often[below(sizeof(often))] : DELETE, (int)below(3), below(1 << 16) };

	return call;
}

static void make(struct entry *e, uint64_t seed)
{
	int i, n;

	chance_from(seed);
	e->count = 0;
	if (n_entries && below(4)) {
		const struct entry *old = entries[below((unsigned int)n_entries)];

		memcpy(e->calls, old->calls, sizeof(e->calls));
		e->count = old->count;
	} else {
		e->calls[e->count++] = (struct call){ OPEN, (int)below(3), below(1 << 16) };
	}
	for (n = 1 + (int)below(MOST); n > 0; n--) {
		i = (int)below((unsigned int)e->count);
		switch (below(5)) {
		case 0:
			e->calls[i].seed = below(1 << 16);
			break;
		case 1:
			if (e->count > 1)
				cut(e, i, 1);
			break;
		default:
			if (e->count < MOST)
				e->calls[e->count++] = any_call();
		}
	}
}

/* As few entries as reach all of it. */
static void keep(FILE *out)
{
	int kept = 0, i, best;

	memset(known, 0, size);
	for (;;) {
		best = -1;
		for (i = 0; i < n_entries; i++)
			if (novel(entries[i]) && (best < 0 || novel(entries[i]) > novel(entries[best])))
				best = i;
		if (best < 0)
			break;
		learn(entries[best]);
		kept++;
		if (out)
			print(out, "", entries[best]);
		if (!entries[best]->old)
			print(stdout, "# new: ", entries[best]);
	}
	printf("# %d entries reach something, and %d reach all of it\n", n_entries, kept);
}

void guided(const char *corpus, long seconds)
{
	const char *directory = getenv("CAMEX_OUT");
	struct entry *e = calloc(1, sizeof(*e));
	time_t began = time(NULL);
	FILE *file = fopen(corpus, "r");
	char line[1000], path[200], comment[1000] = "";
	unsigned long i, reached = 0;
	int told = 0;
	long spent;

	if (!e)
		abort();
	if (trace()) {
		printf("# this kernel has no KCOV: nothing guides the calls\n");
		seconds = 0;
	}
	while (file && fgets(line, sizeof(line), file)) {
		if (*line == '#') {
			strcpy(comment, line);
			continue;
		}
		if (parse(line, e)) {
			printf("not ok - the corpus has a line that is no entry\n");
			exit(1);
		}
		run(e);
		if (broken() && !told++)
			print(stdout, "# broken by: ", e);
		if (!words || n_entries == ENTRIES)
			continue;
		learn(e);
		entries[n_entries] = copy(e);
		entries[n_entries]->reached = e->reached;
		entries[n_entries]->n = e->n;
		entries[n_entries++]->old = 1;
		e->reached = NULL;
	}
	if (file)
		fclose(file);
	while (time(NULL) < began + seconds) {
		make(e, runs + (uint64_t)began);
		run(e);
		if (broken() && !told++)
			print(stdout, "# broken by: ", e);
		if (novel(e))
			admit(e);
	}
	spent = (long)(time(NULL) - began);
	printf("# %lu sequences, %lu calls in %ld s: %ld a second\n", runs, all_calls(), spent,
	       (long)all_calls() / (spent ? spent : 1));
	if (!words)
		return;
	for (i = 0; i < size; i++)
		reached += known[i];
	printf("# %lu basic blocks of the module are reached\n", reached);
	file = NULL;
	if (directory) {
		snprintf(path, sizeof(path), "%s/chardev.corpus", directory);
		file = fopen(path, "w");
		if (file)
			fputs(comment, file);
	}
	keep(file);
	if (file)
		fclose(file);
}
