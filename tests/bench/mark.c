// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* mark: executes the marker, for the plug-ins. */
#include "mark.h"

int main(void)
{
	__asm__ volatile(MARKER_ASM);
	return 0;
}
