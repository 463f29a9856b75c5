// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A module that makes every mistake that the kernel "debug" has to notice, for
 * tests/vm/test-run.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static int __rcu *shared;
static int bits = 40;
static void *lost[20];

static int __init faulty_init(void)
{
	volatile char *page = kmalloc(100, GFP_KERNEL);
	int i;

	if (!page)
		return -ENOMEM;

	pr_info("faulty: dereferenced %p\n", rcu_dereference(shared));

	preempt_disable();
	might_sleep();
	preempt_enable();

	/* lockdep ends with its first report, and with one by KASAN */
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);

	page[100] = 1;
	kfree((void *)page);

	for (i = 0; i < ARRAY_SIZE(lost); i++)
		lost[i] = kmalloc(100, GFP_KERNEL);

	pr_info("faulty: shifted %d\n", 1 << READ_ONCE(bits));
	return 0;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("mistakes");
MODULE_LICENSE("Dual MIT/GPL");
