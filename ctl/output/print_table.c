/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Tables: a line for each peer, route, station or counter. */
#include <inttypes.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "output/fields.h"
#include "output/output.h"
#include "text/parse.h"

#define CELL_GAP 2

/**
 * struct table - rows of cells
 * @titles: a title for each column
 * @n_columns: number of columns
 * @cells: a text for each cell, row after row; NULL: "-"
 * @n_rows: number of rows
 */
struct table {
	const char *const *titles;
	size_t n_columns;
	char **cells;
	size_t n_rows;
};

/* Count characters, not bytes. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_cell(FILE *out, const char *text, int width)
{
	fprintf(out, "%s%*s", text, width + CELL_GAP - width_of(text), "");
}

static int widest_cell(const struct table *table, size_t column)
{
	int widest = width_of(table->titles[column]);

	for (size_t row = 0; row < table->n_rows; row++) {
		const char *cell =
			table->cells[row * table->n_columns + column];
		int width = cell ? width_of(cell) : 1;

		if (width > widest)
			widest = width;
	}
	return widest;
}

static void print_row(FILE *out, const struct table *table, const int *widths,
		      const char *const *cells)
{
	size_t last = table->n_columns - 1;

	for (size_t i = 0; i < last; i++)
		print_cell(out, cells[i] ? cells[i] : "-", widths[i]);
	fputs(cells[last] ? cells[last] : "-", out);
}

/* Print the table if it has rows, and free its cells. */
static void print_rows(FILE *out, struct table *table)
{
	size_t n = table->n_columns;
	int widths[8];

	for (size_t i = 0; i < n; i++)
		widths[i] = widest_cell(table, i);
	if (table->n_rows) {
		fputs(paint(FAINT), out);
		print_row(out, table, widths, table->titles);
		fprintf(out, "%s\n", paint(PLAIN));
	}
	for (size_t row = 0; row < table->n_rows; row++) {
		print_row(out, table, widths,
			  (const char *const *)&table->cells[row * n]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < table->n_rows * n; i++)
		free(table->cells[i]);
	free(table->cells);
}

/* Append a row. Returns its cells, or NULL without memory. */
static char **add_row(struct table *table, size_t n_rows)
{
	if (!table->cells)
		table->cells =
			calloc(n_rows * table->n_columns + 1, sizeof(char *));
	if (!table->cells)
		return NULL;
	return &table->cells[table->n_rows++ * table->n_columns];
}

/* The first route is enough to recognize the peer; "show" prints all. */
static char *last_cell(const struct model_peer *peer)
{
	const struct nlattr *link = peer->tb[CAMEX_A_PEER_LINK];
	char prefix[PREFIX_TEXT], *text;

	if (!link && !peer->n_routes)
		return NULL;
	if (peer->n_routes)
		prefix_text(&peer->routes[0], prefix);
	if (peer->n_routes < 2)
		return strdup(link ? nla_get_string(link) : prefix);
	return asprintf(&text, "%s and %zu more",
			link ? nla_get_string(link) : prefix,
			peer->n_routes - 1) < 0 ?
		       NULL :
		       text;
}

void print_peer_table(FILE *out, const struct model_device *device)
{
	static const char *const keys[] = { "name",	"state",
					    "endpoint", "last_seen_ms",
					    "rx_bytes", "tx_bytes" };
	const size_t n_keys = sizeof(keys) / sizeof(keys[0]);
	const char *titles[] = { "NAME",     "STATE", "ENDPOINT", "HEARD",
				 "RECEIVED", "SENT",  "ROUTES" };
	struct table table = { .titles = titles, .n_columns = n_keys + 1 };

	for (size_t p = 0; p < device->n_peers; p++) {
		const struct model_peer *peer = &device->peers[p];
		char **cells = add_row(&table, device->n_peers);

		/* peers with links of their own have no routes */
		if (peer->tb[CAMEX_A_PEER_LINK])
			titles[n_keys] = "LINK";
		for (size_t i = 0; cells && i < n_keys; i++) {
			const struct field *field =
				field_find(peer_fields, keys[i]);

			cells[i] = field_text(field, peer->tb, peer);
			if (!cells[i] && field->kind == FIELD_BYTES)
				cells[i] = strdup("0 B");
		}
		if (cells) {
			if (!cells[0])
				cells[0] = strdup(peer->name);
			cells[n_keys] = last_cell(peer);
		}
	}
	print_rows(out, &table);
}

void print_routes(FILE *out, const struct model_routes *routes)
{
	static const char *const titles[] = { "PREFIX", "PEER" };
	struct table table = { .titles = titles, .n_columns = 2 };
	char prefix[PREFIX_TEXT];

	for (size_t i = 0; i < routes->n; i++) {
		char **cells = add_row(&table, routes->n);

		if (!cells)
			break;
		cells[0] = strdup(prefix_text(&routes->list[i].prefix, prefix));
		cells[1] = strdup(routes->list[i].peer);
	}
	print_rows(out, &table);
}

void print_stations(FILE *out, const struct model_stations *stations)
{
	static const char *const titles[] = { "MAC", "VLAN", "HEARD", "PEER" };
	struct table table = { .titles = titles, .n_columns = 4 };
	char text[AGE_TEXT];

	for (size_t i = 0; i < stations->n; i++) {
		const struct model_station *station = &stations->list[i];
		char **cells = add_row(&table, stations->n);

		if (!cells)
			break;
		cells[0] = strdup(mac_text(station->mac, text));
		snprintf(text, sizeof(text), "%u", station->vlan);
		cells[1] = station->vlan ? strdup(text) : NULL;
		cells[2] =
			strdup(station->fixed ?
				       "static" :
				       print_age(station->age * 1000ULL, text));
		cells[3] = strdup(station->peer);
	}
	print_rows(out, &table);
}

/* clang-format off */
const struct counter counters_known[CAMEX_A_STATS_MAX + 1] = {
	[CAMEX_A_STATS_MALFORMED] = {
		"malformed", "datagrams that do not fit the format" },
	[CAMEX_A_STATS_NOT_IP] = {
		"not_ip", "packets that are neither IPv4 nor IPv6" },
	[CAMEX_A_STATS_UNKNOWN_PEER] = {
		"unknown_peer", "datagrams that no peer here can have sent" },
	[CAMEX_A_STATS_AUTH_FAILED] = {
		"auth_failed", "datagrams whose tag fits no key" },
	[CAMEX_A_STATS_REPLAYED] = {
		"replayed", "datagrams taken before, or too old" },
	[CAMEX_A_STATS_BAD_SOURCE] = {
		"bad_source", "packets whose source is not in their peer's routes" },
	[CAMEX_A_STATS_NO_ROUTE] = {
		"no_route", "packets whose destination belongs to no peer" },
	[CAMEX_A_STATS_NO_KEY] = {
		"no_key", "packets to a peer without a key, or while the machine hibernates" },
	[CAMEX_A_STATS_NO_ENDPOINT] = {
		"no_endpoint", "packets to a peer without an endpoint, or with an unreachable one" },
	[CAMEX_A_STATS_PLAINTEXT_REFUSED] = {
		"plaintext_refused", "plain datagrams where a key is needed" },
	[CAMEX_A_STATS_TOO_BIG] = {
		"too_big", "packets larger than the way to the peer takes" },
	[CAMEX_A_STATS_TTL_EXPIRED] = {
		"ttl_expired", "relayed packets at the end of their TTL" },
	[CAMEX_A_STATS_LOOP] = {
		"loop", "packets whose endpoint is behind the tunnel itself" },
	[CAMEX_A_STATS_LINK_PENDING] = {
		"link_pending", "datagrams whose peer's link is being made, or is down" },
	[CAMEX_A_STATS_NETPOLL_FALLBACK] = {
		"netpoll_fallback", "datagrams sent the usual way because netpoll could not" },
	[CAMEX_A_STATS_RX_NETFILTER] = {
		"rx_netfilter", "datagrams taken by the netfilter hook" },
	[CAMEX_A_STATS_FDB_FULL] = {
		"fdb_full", "addresses not learned: table full" },
	[CAMEX_A_STATS_QUEUE_FULL] = {
		"queue_full", "packets dropped: queue full" },
	[CAMEX_A_STATS_NO_MEMORY] = {
		"no_memory", "packets dropped: out of memory" },
	[CAMEX_A_STATS_RATE_LIMITED] = {
		"rate_limited", "datagrams dropped: over a limit" },
	[CAMEX_A_STATS_WRONG_CIPHER] = {
		"wrong_cipher", "handshakes by another cipher than the peer's" },
	[CAMEX_A_STATS_NO_DEVICE] = {
		"no_device", "packets while the interface of bind-dev, or of an endpoint, does not exist" },
	[CAMEX_A_STATS_TCP_REFUSED] = {
		"tcp_refused", "connections ended: too many of them" },
	[CAMEX_A_STATS_TCP_SILENT] = {
		"tcp_silent", "connections ended: no peer was heard on them" },
};
/* clang-format on */

static void print_counter(FILE *out, const struct counter *counter,
			  uint64_t number, int width, int digits)
{
	fputs(paint(number ? BOLD : FAINT), out);
	print_cell(out, counter->name, width);
	fprintf(out, "%*" PRIu64 "%s", digits, number,
		number ? paint(PLAIN) : "");
	fprintf(out, "  %s%s\n", counter->help, paint(PLAIN));
}

void print_stats(FILE *out, const uint64_t *counters, const bool *given)
{
	int widest = 0, digits = 0;

	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		int width;

		if (!counters_known[i].name || !given[i])
			continue;
		width = width_of(counters_known[i].name);
		if (width > widest)
			widest = width;
		width = snprintf(NULL, 0, "%" PRIu64, counters[i]);
		if (width > digits)
			digits = width;
	}
	/* counters above zero first */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 1; i <= CAMEX_A_STATS_MAX; i++)
			if (counters_known[i].name && given[i] &&
			    pass == !counters[i])
				print_counter(out, &counters_known[i],
					      counters[i], widest, digits);
}
