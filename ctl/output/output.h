/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Output of the model, for programs and for people. */
#ifndef CAMEXCTL_OUTPUT_H
#define CAMEXCTL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text/fault.h"
#include "netlink/model.h"

/*
 * Print JSON, with keys in a fixed order; values that the kernel did not send are null.
 * Each returns 0, or -1 with the reason (out of memory).
 */
int json_devices(FILE *out, const struct model_devices *devices,
		 bool with_peers, struct fault *fault);
int json_peers(FILE *out, const struct model_device *device,
	       struct fault *fault);
int json_routes(FILE *out, const struct model_routes *routes,
		struct fault *fault);
int json_stations(FILE *out, const struct model_stations *stations,
		  struct fault *fault);
int json_stats(FILE *out, const uint64_t *counters, const bool *given,
	       struct fault *fault);
/* Print an event on one line; the time is in milliseconds since 1970. */
int json_event(FILE *out, const struct model_event *event, int64_t now,
	       struct fault *fault);

/**
 * struct hook_link - a link for which the program runs
 * @dev: the camex device
 * @link: the interface: the peer's own one, or the device
 * @ifindex: its index
 * @peer: the peer's name
 * @id: the peer's identifier; "": none
 */
struct hook_link {
	char dev[IFNAMSIZ];
	char link[IFNAMSIZ];
	uint32_t ifindex;
	char peer[CAMEX_NAME_MAX + 1];
	char id[ID_TEXT];
};

/* Print the number of peers that load or reload changed, and each change as a text. */
int json_changes(FILE *out, unsigned int added, unsigned int changed,
		 unsigned int removed, char *const *changes, size_t n,
		 struct fault *fault);
/* Print a line: the host name of a peer's endpoint has another address. */
int json_resolved(FILE *out, const char *dev, const char *peer,
		  const char *name, const char *endpoint, struct fault *fault);

/* Print the result of a hook: exit status or signal; with what NULL only the link. */
int json_hook(FILE *out, const struct hook_link *link, const char *event,
	      const char *what, int number, struct fault *fault);
void print_hook(FILE *out, const struct hook_link *link, const char *event,
		const char *what, int number);

/* Print text, with colours if print_colours() has enabled them. */
void print_device(FILE *out, const struct model_device *device);
void print_peer(FILE *out, const struct model_device *device,
		const struct model_peer *peer);
void print_peer_table(FILE *out, const struct model_device *device);
void print_routes(FILE *out, const struct model_routes *routes);
void print_stations(FILE *out, const struct model_stations *stations);
void print_stats(FILE *out, const uint64_t *counters, const bool *given);
/* Print devices with counters and peers in the Prometheus text format or OpenMetrics. */
void print_prometheus(FILE *out, const struct model_devices *devices,
		      bool openmetrics);
void print_event(FILE *out, const struct model_event *event, int64_t now);

/* Get the escape sequence of a colour, or "". */
enum colour { PLAIN, BOLD, FAINT, RED, GREEN, YELLOW };
const char *paint(enum colour colour);

/* Enable colours if out is a terminal and NO_COLOR is not set. */
void print_colours(FILE *out);

/**
 * struct counter - a counter
 * @name: its name
 * @help: what it counts
 */
struct counter {
	const char *name;
	const char *help;
};

/* The counters, sorted by attribute. */
extern const struct counter counters_known[CAMEX_A_STATS_MAX + 1];

/* Pure functions that format parts of the text into buf. */
#define SIZE_TEXT 32
#define AGE_TEXT 32
/* 1536 -> "1.50 KiB" */
const char *print_size(uint64_t bytes, char *buf);
/* 12345 -> "12 s ago" */
const char *print_age(uint64_t ms, char *buf);

#endif /* CAMEXCTL_OUTPUT_H */
