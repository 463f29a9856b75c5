// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A plug-in for QEMU that counts how many instructions each CPU of a guest executes between one
 * execution of the marker, an otherwise useless instruction (mark.c), and the next. Then it adds
 * a line to out=FILE: a number for each CPU. A CPU that is idle executes nothing.
 */
#include "plugin.h"

#define CPUS	16

/* Each is written by the thread of its CPU alone, and has a cache line to itself. */
static struct {
	_Alignas(64) volatile uint64_t instructions;
} cpu[CPUS];

static uint64_t before[CPUS];
static unsigned int cpus;
static char path[4096];
static bool counting;

static void write_line(void)
{
	FILE *file = fopen(path, "a");
	unsigned int i;

	for (i = 0; file && i < cpus; i++)
		fprintf(file, "%" PRIu64 "%c", cpu[i].instructions - before[i],
			i + 1 < cpus ? ' ' : '\n');
	if (!file || fclose(file))
		perror(path);
}

static void marked(unsigned int vcpu, void *userdata)
{
	unsigned int i;

	(void)vcpu;
	(void)userdata;
	if (counting)
		write_line();
	for (i = 0; i < cpus; i++)
		before[i] = cpu[i].instructions;
	counting = !counting;
}

static void executed(unsigned int vcpu, void *userdata)
{
	if (vcpu < CPUS)
		cpu[vcpu].instructions += (uintptr_t)userdata;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS,
					     (void *)qemu_plugin_tb_n_insns(tb));
	watch_marker(tb, marked);
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 2 || sscanf(argv[0], "out=%4095s", path) != 1 ||
	    sscanf(argv[1], "cpus=%u", &cpus) != 1 || cpus > CPUS) {
		fprintf(stderr, "percpu: two arguments are wanted, out=FILE and cpus=N\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
