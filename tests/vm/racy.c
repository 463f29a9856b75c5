// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A module with a data race, which the kernel "kcsan" has to notice, for tests/vm/test-run. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>

static unsigned long counter;

static int race(void *unused)
{
	unsigned long until = jiffies + 5 * HZ;

	while (time_before(jiffies, until) && !kthread_should_stop()) {
		counter++;
		barrier();
	}
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

static struct task_struct *tasks[2];

static int __init racy_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		tasks[i] = kthread_run(race, NULL, "race/%d", i);
	return 0;
}

static void __exit racy_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		if (!IS_ERR(tasks[i]))
			kthread_stop(tasks[i]);
}

module_init(racy_init);
module_exit(racy_exit);
MODULE_DESCRIPTION("a data race");
MODULE_LICENSE("Dual MIT/GPL");
