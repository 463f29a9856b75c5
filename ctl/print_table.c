/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Text in columns: a line for each peer, route or counter. */
#include <inttypes.h>
#include <netlink/attr.h>
#include <string.h>

#include "keywords.h"
#include "output.h"

/* an endpoint is the longest */
#define CELL_TEXT ENDPOINT_TEXT
#define CELL_GAP 2

/* The columns of the table of peers. */
enum column { NAME, STATE, ENDPOINT, HEARD, RECEIVED, SENT, ROUTES, COLUMNS };

static const char *const titles[COLUMNS] = {
	[NAME] = "NAME",     [STATE] = "STATE",	      [ENDPOINT] = "ENDPOINT",
	[HEARD] = "HEARD",   [RECEIVED] = "RECEIVED", [SENT] = "SENT",
	[ROUTES] = "ROUTES",
};

/* Characters, as opposed to bytes. */
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

static const char *state_of(const struct model_peer *peer)
{
	const struct nlattr *state = peer->tb[CAMEX_A_PEER_STATE];

	return state ? choice_name(state_choices, nla_get_u32(state)) : "-";
}

static void size_of(const struct nlattr *bytes, char *buf)
{
	print_size(bytes ? nla_get_u64(bytes) : 0, buf);
}

static void fill_cell(enum column column, const struct model_peer *peer,
		      char *buf)
{
	const struct nlattr *seen = peer->tb[CAMEX_A_PEER_LAST_SEEN];
	struct endpoint endpoint;

	snprintf(buf, CELL_TEXT, "-");
	switch (column) {
	case NAME:
		snprintf(buf, CELL_TEXT, "%s", peer->name);
		break;
	case STATE:
		snprintf(buf, CELL_TEXT, "%s", state_of(peer));
		break;
	case ENDPOINT:
		if (model_endpoint(peer->tb, &endpoint))
			endpoint_text(&endpoint, buf);
		break;
	case HEARD:
		if (seen)
			print_age(nla_get_u64(seen), buf);
		break;
	case RECEIVED:
		size_of(peer->tb[CAMEX_A_PEER_RX_BYTES], buf);
		break;
	case SENT:
		size_of(peer->tb[CAMEX_A_PEER_TX_BYTES], buf);
		break;
	case ROUTES:
	case COLUMNS:
		break;
	}
}

static void print_peer_line(FILE *out, const struct model_peer *peer,
			    const int *widths)
{
	const struct nlattr *link = peer->tb[CAMEX_A_PEER_LINK];
	char cell[CELL_TEXT], prefix[PREFIX_TEXT];

	for (int i = 0; i < ROUTES; i++) {
		fill_cell(i, peer, cell);
		print_cell(out, cell, widths[i]);
	}
	/* the first route tells which peer it is; show has them all */
	if (link)
		fputs(nla_get_string(link), out);
	else if (peer->n_routes)
		fputs(prefix_text(&peer->routes[0], prefix), out);
	else
		fputc('-', out);
	if (peer->n_routes > 1)
		fprintf(out, " and %zu more", peer->n_routes - 1);
	fputc('\n', out);
}

void print_peer_table(FILE *out, const struct model_device *device)
{
	int widths[COLUMNS];
	char cell[CELL_TEXT];
	bool own_links = false;

	if (!device->n_peers)
		return;
	for (int i = 0; i < COLUMNS; i++)
		widths[i] = width_of(titles[i]);
	for (size_t p = 0; p < device->n_peers; p++) {
		own_links |= device->peers[p].tb[CAMEX_A_PEER_LINK] != NULL;
		for (int i = 0; i < ROUTES; i++) {
			int width;

			fill_cell(i, &device->peers[p], cell);
			width = width_of(cell);
			if (width > widths[i])
				widths[i] = width;
		}
	}
	fputs(paint(FAINT), out);
	for (int i = 0; i < ROUTES; i++)
		print_cell(out, titles[i], widths[i]);
	/* peers with links of their own have no routes */
	fprintf(out, "%s%s\n", own_links ? "LINK" : titles[ROUTES],
		paint(PLAIN));
	for (size_t p = 0; p < device->n_peers; p++)
		print_peer_line(out, &device->peers[p], widths);
}

void print_routes(FILE *out, const struct model_routes *routes)
{
	char prefix[PREFIX_TEXT];
	int widest = width_of("PREFIX");

	if (!routes->n)
		return;
	for (size_t i = 0; i < routes->n; i++) {
		int width =
			width_of(prefix_text(&routes->list[i].prefix, prefix));

		if (width > widest)
			widest = width;
	}
	fputs(paint(FAINT), out);
	print_cell(out, "PREFIX", widest);
	fprintf(out, "PEER%s\n", paint(PLAIN));
	for (size_t i = 0; i < routes->n; i++) {
		prefix_text(&routes->list[i].prefix, prefix);
		print_cell(out, prefix, widest);
		fprintf(out, "%s\n", routes->list[i].peer);
	}
}

static const char *heard_text(const struct model_station *station, char *buf)
{
	return station->fixed ? "static" : print_age(station->age * 1000ULL, buf);
}

void print_stations(FILE *out, const struct model_stations *stations)
{
	int widest = width_of("static");
	char cell[CELL_TEXT];

	if (!stations->n)
		return;
	for (size_t i = 0; i < stations->n; i++) {
		int width = width_of(heard_text(&stations->list[i], cell));

		if (width > widest)
			widest = width;
	}
	fputs(paint(FAINT), out);
	print_cell(out, "MAC", MAC_TEXT - 1);
	print_cell(out, "VLAN", 4);
	print_cell(out, "HEARD", widest);
	fprintf(out, "PEER%s\n", paint(PLAIN));
	for (size_t i = 0; i < stations->n; i++) {
		const struct model_station *station = &stations->list[i];

		print_cell(out, mac_text(station->mac, cell), MAC_TEXT - 1);
		if (station->vlan)
			snprintf(cell, sizeof(cell), "%u", station->vlan);
		else
			snprintf(cell, sizeof(cell), "-");
		print_cell(out, cell, 4);
		print_cell(out, heard_text(station, cell), widest);
		fprintf(out, "%s\n", station->peer);
	}
}

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
	char number[CELL_TEXT];
	int widest = 0, digits = 0;

	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		int width;

		if (!counters_known[i].name || !given[i])
			continue;
		width = width_of(counters_known[i].name);
		if (width > widest)
			widest = width;
		snprintf(number, sizeof(number), "%" PRIu64, counters[i]);
		width = width_of(number);
		if (width > digits)
			digits = width;
	}
	/* what happened before what did not */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
			bool wanted = pass ? !counters[i] : counters[i];

			if (counters_known[i].name && given[i] && wanted)
				print_counter(out, &counters_known[i],
					      counters[i], widest, digits);
		}
}
