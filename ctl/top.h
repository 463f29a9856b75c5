/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "top": rows of peers with their rates, and their display. */
#ifndef CAMEXCTL_TOP_H
#define CAMEXCTL_TOP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "command/command.h"
#include "text/address.h"

/* number of rates in the history of a row */
#define TOP_HISTORY 64
#define TOP_FILTER 32

/* Sort order of the rows. */
enum top_order {
	TOP_BY_RATE, /* sum of both directions */
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
 * struct top_row - a peer, from two samples
 * @dev: its device's name
 * @ifindex: its device's index
 * @name: its name
 * @state: enum camex_peer_state
 * @has_endpoint: @endpoint is valid: the peer has one, and the user may see it
 * @endpoint: its endpoint
 * @seen: milliseconds since the peer was heard; UINT64_MAX: never
 * @handshake: milliseconds since the last handshake; UINT64_MAX: none
 * @rx_bytes: counters of the newest sample
 * @tx_bytes: see @rx_bytes
 * @packets: see @rx_bytes, both directions
 * @drops: see @rx_bytes, both directions
 * @rx_rate: bytes a second since the previous sample
 * @tx_rate: see @rx_rate
 * @packet_rate: packets a second
 * @drop_rate: packets a second
 * @history: @rx_rate + @tx_rate of the last samples, oldest first
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
 * struct top_rows - a sample of all peers
 * @list: rows, sorted by device and name
 * @n: how many
 * @devices: number of devices
 * @when: time of the sample, milliseconds of the monotonic clock
 */
struct top_rows {
	struct top_row *list;
	size_t n;
	size_t devices;
	int64_t when;
};

/* The part of an escape sequence that was read. */
enum top_escape {
	TOP_NO_ESCAPE,
	TOP_ESCAPE, /* ESC */
	TOP_SEQUENCE, /* ESC [ or ESC O, and more may follow */
};

/**
 * struct top_view - how rows are shown
 * @order: sort order
 * @backwards: reverse the order
 * @handshakes: show the age of the last handshake instead of the time since a peer was heard
 * @filter: text that a name, state or endpoint must contain; "": no filter
 * @first: index of the first row on the screen
 * @typing: the filter is being typed
 * @escape: state of the escape sequence that is read
 * @escaped_at: milliseconds of the monotonic clock at its first byte
 * @number: the last number in it
 * @paused: take no new samples
 * @help: show the keys
 * @columns: width of the terminal; 0: unlimited
 * @lines: height of the terminal; 0: unlimited
 * @blocks: the terminal supports UTF-8
 * @colours: the terminal supports colours
 */
struct top_view {
	enum top_order order;
	bool backwards;
	bool handshakes;
	char filter[TOP_FILTER];
	size_t first;
	bool typing;
	enum top_escape escape;
	int64_t escaped_at;
	unsigned int number;
	bool paused;
	bool help;
	unsigned int columns;
	unsigned int lines;
	bool blocks;
	bool colours;
};

/* Take a sample, with rates since @before (empty the first time). 0, or -1 with the fault. */
int top_sample(struct call *call, const struct top_rows *before,
	       struct top_rows *rows);
void top_clear(struct top_rows *rows);

/* Returns the rows that match the filter, sorted, for free(); NULL without memory. */
const struct top_row **top_select(const struct top_rows *rows,
				  const struct top_view *view, size_t *n);

/* Print a screen. Limits view->first to existing rows. */
void top_print(FILE *out, const struct top_rows *rows, struct top_view *view);

const char *top_order_name(enum top_order order);

#endif /* CAMEXCTL_TOP_H */
