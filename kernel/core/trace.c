// SPDX-License-Identifier: GPL-2.0-only
/* Defines the tracepoints of core/trace.h; exactly one file must do that. */
#include "core/peer.h"

#ifndef __CHECKER__
#define CREATE_TRACE_POINTS
#include "core/trace.h"
#endif
