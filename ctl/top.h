/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "top": rows of peers with their rates, and how they are shown. */
#ifndef CAMEXCTL_TOP_H
#define CAMEXCTL_TOP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "command/command.h"
#include "text/address.h"

/* rates that a row remembers */
#define TOP_HISTORY 64
#define TOP_FILTER 32

/* What the rows are sorted by. */
enum top_order {
	TOP_BY_RATE, /* both ways together */
	TOP_BY_NAME,
	TOP_BY_RECEIVED,
	TOP_BY_SENT,
	TOP_BY_PACKETS,
	TOP_BY_DROPS,
	TOP_BY_HEARD,
	TOP_BY_STATE,
	TOP_ORDERS,
};

/**
 * struct top_row - a peer, in two samples
 * @dev: its device's name
 * @ifindex: its device's index
 * @name: its name
 * @state: enum camex_peer_state
 * @has_endpoint: it has one that may be seen
 * @endpoint: that
 * @seen: milliseconds since it was heard, UINT64_MAX: never
 * @handshake: the same of the last handshake
 * @rx_bytes: counters of the newest sample
 * @tx_bytes: see @rx_bytes
 * @packets: see @rx_bytes, both ways
 * @drops: see @rx_bytes, both ways
 * @rx_rate: bytes a second since the sample before
 * @tx_rate: see @rx_rate
 * @packet_rate: packets a second
 * @drop_rate: packets a second
 * @history: @rx_rate + @tx_rate of the last samples, the newest last
 */
struct top_row {
	char dev[IFNAMSIZ];
	uint32_t ifindex;
	char name[CAMEX_NAME_MAX + 1];
	uint32_t state;
	bool has_endpoint;
	struct endpoint endpoint;
	uint64_t seen;
	uint64_t handshake;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	uint64_t packets;
	uint64_t drops;
	double rx_rate;
	double tx_rate;
	double packet_rate;
	double drop_rate;
	float history[TOP_HISTORY];
};

/**
 * struct top_rows - all peers at one time
 * @list: by device and name
 * @n: how many
 * @devices: how many devices there are
 * @when: milliseconds of the monotonic clock
 */
struct top_rows {
	struct top_row *list;
	size_t n;
	size_t devices;
	int64_t when;
};

/**
 * struct top_view - how they are shown
 * @order: what they are sorted by
 * @backwards: the other way round
 * @handshakes: the age of the last handshake, in the place of when a peer was heard
 * @filter: what has to be in a name, a state or an endpoint; "": nothing
 * @first: the first row that is shown
 * @typing: the filter is being typed
 * @paused: no new samples
 * @help: the keys are shown
 * @columns: of the terminal; 0: any number
 * @lines: of the terminal; 0: any number
 * @blocks: the terminal takes UTF-8
 * @colours: and colours
 */
struct top_view {
	enum top_order order;
	bool backwards;
	bool handshakes;
	char filter[TOP_FILTER];
	size_t first;
	bool typing;
	bool paused;
	bool help;
	unsigned int columns;
	unsigned int lines;
	bool blocks;
	bool colours;
};

/* Ask the kernel. Rates are those since @before, empty the first time. 0, or -1 with the fault. */
int top_sample(struct call *call, const struct top_rows *before,
	       struct top_rows *rows);
void top_clear(struct top_rows *rows);

/* The rows that the filter lets through, sorted; free() it. NULL: no memory. */
const struct top_row **top_select(const struct top_rows *rows,
				  const struct top_view *view, size_t *n);

/* Write one picture; view->first becomes one that there is. */
void top_print(FILE *out, const struct top_rows *rows, struct top_view *view);

const char *top_order_name(enum top_order order);

#endif /* CAMEXCTL_TOP_H */
