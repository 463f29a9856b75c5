// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of core/trace.h, once. */
#include "core/peer.h"

#ifndef __CHECKER__
#define CREATE_TRACE_POINTS
#include "core/trace.h"
#endif
