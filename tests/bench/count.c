// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A plug-in for QEMU that counts how often each block of a guest's code is executed between two
 * executions of the marker, an otherwise useless instruction (mark.c). Then it writes a line
 * "ADDRESS INSTRUCTIONS TIMES" for each block to out=FILE. The guest must have one CPU.
 */
#include <stdlib.h>

#include "plugin.h"

struct block {
	struct block *next;
	uint64_t address;
	uint64_t instructions;
	uint64_t times;
};

static struct block *blocks;
static const char *path;
static bool counting;

static void write_counts(void)
{
	FILE *file = fopen(path, "w");
	struct block *b;

	for (b = blocks; file && b; b = b->next) {
		if (b->times)
			fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", b->address,
				b->instructions, b->times);
	}
	if (!file || fclose(file))
		perror(path);
}

static void marked(unsigned int vcpu, void *userdata)
{
	struct block *b;

	(void)vcpu;
	(void)userdata;
	if (counting)
		write_counts();
	for (b = blocks; b; b = b->next)
		b->times = 0;
	counting = !counting;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		abort();
	b->address = qemu_plugin_tb_vaddr(tb);
	b->instructions = qemu_plugin_tb_n_insns(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->times, 1);
	watch_marker(tb, marked);
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "count: one argument is wanted, out=FILE\n");
		return -1;
	}
	path = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return path ? 0 : -1;
}
