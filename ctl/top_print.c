/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A screen of "top": as many columns as fit, rows, and a history drawn in blocks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top.h"

#define NAME_LEAST 12
#define NAME_MOST 31
#define GRAPH_LEAST 8
#define ENDPOINT_WIDTH 22
/* width of the columns between the name and the graph, with their blanks */
#define NUMBERS_WIDTH 54
#define HEAD_LINES 3

/**
 * struct layout - widths, in characters
 * @name: width of the name
 * @endpoint: width of the endpoint; 0: not shown
 * @graph: width of the history
 * @with_dev: show the device before the name
 */
struct layout {
	unsigned int name;
	unsigned int endpoint;
	unsigned int graph;
	bool with_dev;
};

/* Format a number with at least two digits and a unit: "1.2M". */
static const char *short_number(double number, char *buf, size_t size)
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	while (number >= 999.5 && unit + 2 < sizeof(units)) {
		number /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(buf, size, "%.0f", number);
	else
		snprintf(buf, size, "%.*f%c", number < 9.95 ? 1 : 0, number,
			 units[unit]);
	return buf;
}

static const char *short_age(uint64_t ms, char *buf, size_t size)
{
	uint64_t s = ms / 1000;

	if (ms == UINT64_MAX)
		snprintf(buf, size, "never");
	else if (s < 100)
		snprintf(buf, size, "%" PRIu64 "s", s);
	else if (s < 6000)
		snprintf(buf, size, "%" PRIu64 "m", s / 60);
	else if (s < 360000)
		snprintf(buf, size, "%" PRIu64 "h", s / 3600);
	else
		snprintf(buf, size, "%" PRIu64 "d", s / 86400);
	return buf;
}

/* Print a UTF-8 text in a column of that width: cut, or filled up with blanks. */
static void write_text(FILE *out, const char *text, unsigned int width)
{
	unsigned int used = 0;

	while (*text) {
		size_t bytes = 1;

		while (((unsigned char)text[bytes] & 0xc0) == 0x80)
			bytes++;
		if (used == width)
			break;
		fwrite(text, 1, bytes, out);
		text += bytes;
		used++;
	}
	fprintf(out, "%*s", (int)(width - used), "");
}

/* Scale each row by its own highest rate, so that a quiet peer has a graph too. */
static void write_graph(FILE *out, const struct top_row *row,
			unsigned int width, bool blocks)
{
	static const char *const block[] = { " ", "▁", "▂", "▃", "▄",
					     "▅", "▆", "▇", "█" };
	static const char ascii[] = " .:-=+*%#";
	const float *history = row->history + TOP_HISTORY - width;
	float most = 0;

	for (unsigned int i = 0; i < width; i++)
		if (history[i] > most)
			most = history[i];
	for (unsigned int i = 0; i < width; i++) {
		int level = 0;

		if (history[i] > 0)
			level = 1 + (int)(history[i] / most * 7.99F);
		if (level > 8)
			level = 8;
		if (blocks)
			fputs(block[level], out);
		else
			fputc(ascii[level], out);
	}
}

static struct layout lay_out(const struct top_rows *rows,
			     const struct top_view *view)
{
	struct layout layout = { NAME_MOST, ENDPOINT_WIDTH, GRAPH_LEAST,
				 rows->devices > 1 };
	unsigned int left, longest = NAME_LEAST;

	for (size_t i = 0; i < rows->n; i++) {
		const struct top_row *row = &rows->list[i];
		size_t len = strlen(row->name);

		if (layout.with_dev)
			len += strlen(row->dev) + 1;
		if (len > longest)
			longest = (unsigned int)len;
	}
	if (!view->columns) {
		layout.name = longest;
		return layout;
	}
	left = NAME_LEAST + NUMBERS_WIDTH + 1 + GRAPH_LEAST;
	left = view->columns > left ? view->columns - left : 0;
	layout.name = NAME_LEAST;
	if (longest > layout.name) {
		unsigned int more = longest - layout.name;

		if (more > left)
			more = left;
		layout.name += more;
		left -= more;
	}
	layout.endpoint = left > ENDPOINT_WIDTH ? ENDPOINT_WIDTH : 0;
	if (layout.endpoint)
		left -= ENDPOINT_WIDTH + 1;
	layout.graph += left;
	if (layout.graph > TOP_HISTORY)
		layout.graph = TOP_HISTORY;
	return layout;
}

static void end_line(FILE *out, const struct top_view *view)
{
	fputs(view->columns ? "\033[K\r\n" : "\n", out);
}

static const char *code(const struct top_view *view, const char *sequence)
{
	return view->colours ? sequence : "";
}

static void write_summary(FILE *out, const struct top_rows *rows,
			  const struct top_view *view, size_t shown)
{
	size_t up = 0, waiting = 0, lost = 0;
	double rx = 0, tx = 0, drops = 0;
	char line[256], buf[3][16], when[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	for (size_t i = 0; i < rows->n; i++) {
		const struct top_row *row = &rows->list[i];

		up += row->state == CAMEX_PEER_STATE_UP;
		lost += row->state == CAMEX_PEER_STATE_LOST;
		waiting += row->state == CAMEX_PEER_STATE_WAITING;
		rx += row->rx_rate;
		tx += row->tx_rate;
		drops += row->drop_rate;
	}
	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	snprintf(
		line, sizeof(line),
		"%s  %zu peers: %zu up, %zu waiting, %zu lost  in %sB/s out %sB/s drops %s/s",
		when, rows->n, up, waiting, lost,
		short_number(rx, buf[0], sizeof(buf[0])),
		short_number(tx, buf[1], sizeof(buf[1])),
		short_number(drops, buf[2], sizeof(buf[2])));
	write_text(out, line, view->columns ? view->columns : 200);
	end_line(out, view);
	if (view->typing)
		snprintf(line, sizeof(line), "filter: %s_", view->filter);
	else if (view->help)
		snprintf(
			line, sizeof(line),
			"sort: b rate n name r in t out p packets d drops h heard s state  v reverse  / filter  k handshake  space pause  q quit");
	else
		snprintf(line, sizeof(line),
			 "by %s%s%s%s%s  %zu of %zu%s",
			 top_order_name(view->order),
			 view->backwards ? ", reversed" : "",
			 view->filter[0] ? ", filter " : "", view->filter,
			 view->paused ? ", paused" : "",
			 shown ? view->first + 1 : 0, shown,
			 view->columns ? "  ? help" : "");
	write_text(out, line, view->columns ? view->columns : 120);
	end_line(out, view);
}

static void write_head(FILE *out, const struct layout *layout,
		       const struct top_view *view)
{
	fputs(code(view, "\033[7m"), out);
	write_text(out, "PEER", layout->name);
	fprintf(out, " %-11s %7s %7s %7s %7s %9s ", "STATE", "IN/s", "OUT/s",
		"PKT/s", "DROP/s", view->handshakes ? "HANDSHAKE" : "HEARD");
	if (layout->endpoint) {
		write_text(out, "ENDPOINT", layout->endpoint);
		fputc(' ', out);
	}
	write_text(out, "HISTORY", layout->graph);
	fputs(code(view, "\033[0m"), out);
	end_line(out, view);
}

static void write_row(FILE *out, const struct top_row *row,
		      const struct layout *layout, const struct top_view *view)
{
	char name[IFNAMSIZ + CAMEX_NAME_MAX + 2], buf[5][16];
	char endpoint[ENDPOINT_TEXT] = "-";
	const char *colour = "\033[33m";

	snprintf(name, sizeof(name), "%s%s%s", layout->with_dev ? row->dev : "",
		 layout->with_dev ? "/" : "", row->name);
	write_text(out, name, layout->name);
	if (row->state == CAMEX_PEER_STATE_UP)
		colour = "\033[32m";
	else if (row->state == CAMEX_PEER_STATE_LOST)
		colour = "\033[31m";
	fprintf(out, " %s%-11s%s %7s %7s %7s %s%7s%s %9s ", code(view, colour),
		choice_name(state_choices, row->state), code(view, "\033[0m"),
		short_number(row->rx_rate, buf[0], sizeof(buf[0])),
		short_number(row->tx_rate, buf[1], sizeof(buf[1])),
		short_number(row->packet_rate, buf[2], sizeof(buf[2])),
		code(view, row->drop_rate > 0 ? "\033[31m" : ""),
		short_number(row->drop_rate, buf[3], sizeof(buf[3])),
		code(view, "\033[0m"),
		short_age(view->handshakes ? row->handshake : row->seen, buf[4],
			  sizeof(buf[4])));
	if (layout->endpoint) {
		if (row->has_endpoint)
			endpoint_text(&row->endpoint, endpoint);
		write_text(out, endpoint, layout->endpoint);
		fputc(' ', out);
	}
	write_graph(out, row, layout->graph, view->blocks);
	end_line(out, view);
}

static void print_picture(FILE *out, const struct top_rows *rows,
			  struct top_view *view)
{
	struct layout layout = lay_out(rows, view);
	const struct top_row **list;
	size_t n, room;

	list = top_select(rows, view, &n);
	if (!list)
		return;
	room = n;
	if (view->lines)
		room = view->lines > HEAD_LINES + 1 ?
			       view->lines - HEAD_LINES - 1 :
			       1;
	if (view->first + room > n)
		view->first = n > room ? n - room : 0;
	if (view->columns)
		fputs("\033[H", out);
	write_summary(out, rows, view, n);
	write_head(out, &layout, view);
	for (size_t i = view->first; i < n && i < view->first + room; i++)
		write_row(out, list[i], &layout, view);
	if (view->columns)
		fputs("\033[J", out);
	free(list);
}

/* Scripts get no blanks at the ends of lines. */
static void print_trimmed(FILE *out, const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n"), len = line;

		while (len && text[len - 1] == ' ')
			len--;
		fwrite(text, 1, len, out);
		text += line;
		if (*text) {
			fputc('\n', out);
			text++;
		}
	}
}

void top_print(FILE *out, const struct top_rows *rows, struct top_view *view)
{
	char *text = NULL;
	size_t size;
	FILE *picture;

	if (view->columns) {
		print_picture(out, rows, view);
		return;
	}
	picture = open_memstream(&text, &size);
	if (!picture)
		return;
	print_picture(picture, rows, view);
	if (!fclose(picture))
		print_trimmed(out, text);
	free(text);
}
