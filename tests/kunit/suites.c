// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suites' module. Each file beside this one registers its own suite; all of
 * them run when the module is loaded.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of the camex tunnel");
MODULE_LICENSE("GPL");
