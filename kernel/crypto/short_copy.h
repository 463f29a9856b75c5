/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies of a few bytes, without a call. */
#ifndef CAMEX_COPY_H
#define CAMEX_COPY_H

#include <linux/compiler.h>
#include <linux/string.h>

/* Bytes of nearly all headers of packets: IPv4, and TCP with timestamps. */
#define CAMEX_HEADERS_USUAL	(20 + 32)

/**
 * camex_copy_short() - memcpy() of a length that is nearly always the same
 * @to: destination
 * @from: source
 * @len: bytes
 * @usual: the usual length, a constant, for which the compiler makes a few instructions
 */
static __always_inline void camex_copy_short(void *to, const void *from, size_t len,
					     size_t usual)
{
	if (likely(len == usual))
		memcpy(to, from, usual);
	else
		memcpy(to, from, len);
}

#endif /* CAMEX_COPY_H */
