// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A plug-in for QEMU that counts how often each block of a guest's code is executed between two
 * executions of the marker, an otherwise useless instruction (mark.c). Then it writes a line
 * "ADDRESS INSTRUCTIONS TIMES" for each block to out=FILE. The guest must have one CPU.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/* The used part of QEMU's plug-in interface, because no Debian package has its header. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

typedef void (*translated_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned int vcpu, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_fn cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_fn cb,
					    int flags, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

struct block {
	struct block *next;
	uint64_t address;
	uint64_t instructions;
	uint64_t times;
};

static const unsigned char marker[] = MARKER;
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
	size_t i;

	(void)id;
	if (!b)
		abort();
	b->address = qemu_plugin_tb_vaddr(tb);
	b->instructions = qemu_plugin_tb_n_insns(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->times, 1);
	for (i = 0; i < b->instructions; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_size(insn) == sizeof(marker) &&
		    !memcmp(qemu_plugin_insn_data(insn), marker, sizeof(marker)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
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
