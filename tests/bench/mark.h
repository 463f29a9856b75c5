/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The marker between mark.c and the plug-ins count.c and percpu.c: a nopl with a displacement of our own. */
#define MARKER		{ 0x0f, 0x1f, 0x80, 'c', 'm', 'x', '!' }
#define MARKER_ASM	".byte 0x0f, 0x1f, 0x80, 'c', 'm', 'x', '!'"
