/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Output in the Prometheus text format or in OpenMetrics: all samples of a family in one place.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/fields.h"
#include "output/output.h"

/* Print a label's value in quotes. */
static void write_label(FILE *out, const char *value)
{
	fputc('"', out);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

/* In OpenMetrics the name of a family of counters lacks the _total of its samples. */
static void begin_family(FILE *out, const char *name, const char *type,
			 const char *help, bool openmetrics)
{
	static const char total[] = "_total";
	size_t len = strlen(name), end = sizeof(total) - 1;

	if (openmetrics && len > end && !strcmp(name + len - end, total))
		len -= end;
	fprintf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, name, help,
		(int)len, name, type);
}

/* Print NAME{device="camex0", peer="bob" without the closing brace. */
static void begin_sample(FILE *out, const char *name, const char *device,
			 const char *peer)
{
	fprintf(out, "%s{device=", name);
	write_label(out, device);
	if (!peer)
		return;
	fputs(",peer=", out);
	write_label(out, peer);
}

/* ,link="tun",protocol="camex",transport="udp" */
static void write_info(FILE *out, const struct model_device *device)
{
	static const char *const keys[] = { "link", "protocol", "transport" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *text = field_text(field_find(device_fields, keys[i]),
					device->tb, NULL);

		fprintf(out, ",%s=", keys[i]);
		write_label(out, text ? text : "unknown");
		free(text);
	}
}

static void write_devices(FILE *out, const struct model_devices *devices,
			  bool openmetrics)
{
	static const char *const families[][2] = {
		{ "camex_device_info", "What a device is made of; always 1." },
		{ "camex_device_up", "Whether the link of a device is up." },
		{ "camex_device_peers", "How many peers a device has." },
	};

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		begin_family(out, families[f][0], "gauge", families[f][1],
			     openmetrics);
		for (size_t i = 0; i < devices->n; i++) {
			const struct model_device *device = &devices->list[i];
			const size_t values[] = { 1, !device->down,
						  device->n_peers };

			begin_sample(out, families[f][0], device->name, NULL);
			if (!f)
				write_info(out, device);
			fprintf(out, "} %zu\n", values[f]);
		}
	}
}

/* Counters of packets that are not dropped have their own families. */
static const char *family_of(int counter)
{
	switch (counter) {
	case CAMEX_A_STATS_NETPOLL_FALLBACK:
		return "camex_netpoll_fallback_datagrams_total";
	case CAMEX_A_STATS_RX_NETFILTER:
		return "camex_netfilter_received_datagrams_total";
	case CAMEX_A_STATS_FDB_FULL:
		return "camex_stations_not_learned_total";
	default:
		return NULL;
	}
}

static void write_counter(FILE *out, const struct model_devices *devices,
			  int counter, const char *name, bool reason)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct model_device *device = &devices->list[i];

		if (!device->given[counter])
			continue;
		begin_sample(out, name, device->name, NULL);
		if (reason)
			fprintf(out, ",reason=\"%s\"",
				counters_known[counter].name);
		fprintf(out, "} %" PRIu64 "\n", device->counters[counter]);
	}
}

static void write_counters(FILE *out, const struct model_devices *devices,
			   bool openmetrics)
{
	static const char dropped[] = "camex_dropped_packets_total";

	begin_family(
		out, dropped, "counter",
		"Packets and datagrams dropped, by the counter of camexctl stats.",
		openmetrics);
	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++)
		if (counters_known[i].name && !family_of(i))
			write_counter(out, devices, i, dropped, true);
	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		if (!counters_known[i].name || !family_of(i))
			continue;
		begin_family(out, family_of(i), "counter",
			     counters_known[i].help, openmetrics);
		write_counter(out, devices, i, family_of(i), false);
	}
}

/**
 * struct family - a family of samples about peers
 * @name: the family
 * @type: its type
 * @help: its description
 * @key: the field with the number
 * @ms: the field is in milliseconds, the sample in seconds
 * @choices: the field is a name, which becomes a label; NULL: it is a number
 */
struct family {
	const char *name;
	const char *type;
	const char *help;
	const char *key;
	bool ms;
	const struct choice *choices;
};

/* clang-format off */
static const struct family families[] = {
	{ "camex_peer_state", "gauge", "The state that a peer is in; 1, and no sample for the others.", "state", false, state_choices },
	{ "camex_peer_receive_bytes_total", "counter", "Bytes received from a peer, inside the tunnel.", "rx_bytes", false, NULL },
	{ "camex_peer_receive_packets_total", "counter", "Packets received from a peer.", "rx_packets", false, NULL },
	{ "camex_peer_receive_dropped_packets_total", "counter", "What came from a peer and was dropped.", "rx_dropped", false, NULL },
	{ "camex_peer_transmit_bytes_total", "counter", "Bytes sent to a peer, inside the tunnel.", "tx_bytes", false, NULL },
	{ "camex_peer_transmit_packets_total", "counter", "Packets sent to a peer.", "tx_packets", false, NULL },
	{ "camex_peer_transmit_dropped_packets_total", "counter", "What was for a peer and was dropped.", "tx_dropped", false, NULL },
	{ "camex_peer_last_seen_age_seconds", "gauge", "Time since a valid datagram of a peer.", "last_seen_ms", true, NULL },
	{ "camex_peer_last_handshake_age_seconds", "gauge", "Time since the last handshake with a peer.", "last_handshake_ms", true, NULL },
	{ "camex_peer_unanswered_seconds", "gauge", "For how long a peer has answered nothing.", "unanswered_ms", true, NULL },
	{}
};
/* clang-format on */

static void write_number(FILE *out, const struct family *family,
			 uint64_t number)
{
	if (family->ms)
		fprintf(out, "} %" PRIu64 ".%03u\n", number / 1000,
			(unsigned int)(number % 1000));
	else if (family->choices)
		fprintf(out, ",state=\"%s\"} 1\n",
			choice_name(family->choices, (uint32_t)number));
	else
		fprintf(out, "} %" PRIu64 "\n", number);
}

static void write_peer_family(FILE *out, const struct model_devices *devices,
			      const struct family *family, bool openmetrics)
{
	const struct field *field = field_find(peer_fields, family->key);

	begin_family(out, family->name, family->type, family->help, openmetrics);
	for (size_t d = 0; d < devices->n; d++) {
		const struct model_device *device = &devices->list[d];

		for (size_t p = 0; p < device->n_peers; p++) {
			const struct model_peer *peer = &device->peers[p];
			uint64_t number;

			if (!field_number(field, peer->tb, &number))
				continue;
			begin_sample(out, family->name, device->name,
				     peer->name);
			write_number(out, family, number);
		}
	}
}

void print_prometheus(FILE *out, const struct model_devices *devices,
		      bool openmetrics)
{
	write_devices(out, devices, openmetrics);
	write_counters(out, devices, openmetrics);
	for (const struct family *family = families; family->name; family++)
		write_peer_family(out, devices, family, openmetrics);
	if (openmetrics)
		fputs("# EOF\n", out);
}
