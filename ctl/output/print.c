/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Output in text, for people. */
#include <inttypes.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output/fields.h"
#include "output/output.h"
#include "netlink/profile.h"

/* maximum of prefixes on a line of text */
#define ROUTES_WIDTH 60

static bool colours;

void print_colours(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	colours = isatty(fileno(out)) && !(no && *no);
}

const char *paint(enum colour colour)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",  [BOLD] = "\033[1m",
		[FAINT] = "\033[2m",  [RED] = "\033[31m",
		[GREEN] = "\033[32m", [YELLOW] = "\033[33m",
	};

	return colours ? codes[colour] : "";
}

const char *print_size(uint64_t bytes, char *buf)
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	double size = (double)bytes;
	size_t unit = 0;

	/* 1023.995 and more would be printed as 1024.00 */
	while (size >= 1023.995) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, SIZE_TEXT, "%.*f %s", unit ? 2 : 0, size, units[unit]);
	return buf;
}

const char *print_age(uint64_t ms, char *buf)
{
	uint64_t s = ms / 1000;

	if (s < 1)
		snprintf(buf, AGE_TEXT, "just now");
	else if (s < 60)
		snprintf(buf, AGE_TEXT, "%" PRIu64 " s ago", s);
	else if (s < 3600)
		snprintf(buf, AGE_TEXT, "%" PRIu64 " min %" PRIu64 " s ago",
			 s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, AGE_TEXT, "%" PRIu64 " h %" PRIu64 " min ago",
			 s / 3600, s / 60 % 60);
	else
		snprintf(buf, AGE_TEXT, "%" PRIu64 " d %" PRIu64 " h ago",
			 s / 86400, s / 3600 % 24);
	return buf;
}

static void print_label(FILE *out, int indent, const char *label)
{
	fprintf(out, "%*s%s%-*s%s", indent, "", paint(FAINT), 15 - indent,
		label, paint(PLAIN));
}

/* Print the fields of this line in reverse order, which reads better. */
static const char reversed[] = "timers";

/* Does a field apply to such a link? */
static bool concerns_link(const struct field *field, struct nlattr *const *tb)
{
	bool tap = model_is(tb[CAMEX_A_DEV_LINK], CAMEX_LINK_TAP);

	if (field->within)
		return true;
	if (field->attr == CAMEX_A_DEV_AGEING)
		return tap;
	if (field->attr == CAMEX_A_DEV_SOURCE_CHECK)
		return !tap;
	/* "tx" and "rx" need a socket */
	if (!strcmp(field->line, "socket"))
		return tb[CAMEX_A_DEV_PORT];
	return true;
}

/* Does text omit this value? */
static bool is_hidden(const struct field *field, const char *text,
		      struct nlattr *const *tb)
{
	char *endpoint;
	bool same;

	if (field->hide)
		return !strcmp(field->hide, text);
	if (strcmp(field->key, "configured_endpoint") != 0)
		return false;
	endpoint = field_text(field_find(peer_fields, "endpoint"), tb, NULL);
	same = endpoint && !strcmp(endpoint, text);
	free(endpoint);
	return same;
}

/* Print the fields of a line, if there are any: "port 7000, bind 192.0.2.1". */
static void print_line(FILE *out, int indent, const char *line,
		       const struct field *fields, struct nlattr *const *tb,
		       const struct model_peer *peer)
{
	bool back = !strcmp(line, reversed), any = false;
	size_t n = 0;

	while (fields[n].key)
		n++;
	for (size_t i = 0; i < n; i++) {
		const struct field *field = &fields[back ? n - 1 - i : i];
		bool warns = field->attr == CAMEX_A_DEV_PLAINTEXT &&
			     !field->within && !peer;
		char *text;

		if (!field->line || strcmp(field->line, line) != 0 ||
		    (!peer && !concerns_link(field, tb)))
			continue;
		text = field_text(field, tb, peer);
		if (!text || is_hidden(field, text, tb)) {
			free(text);
			continue;
		}
		if (any)
			fputs(", ", out);
		else
			print_label(out, indent, line);
		any = true;
		if (warns && !strcmp(text, "on"))
			fputs(paint(YELLOW), out);
		fprintf(out, "%s%s%s", field->name, *field->name ? " " : "",
			text);
		if (warns)
			fputs(paint(PLAIN), out);
		free(text);
	}
	if (any)
		fputc('\n', out);
}

static void print_lines(FILE *out, int indent, const struct text_line *lines,
			const struct model_device *device,
			const struct model_peer *peer)
{
	for (; lines->name; lines++)
		if (lines->print)
			lines->print(out, device, peer);
		else
			print_line(out, indent, lines->name,
				   peer ? peer_fields : device_fields,
				   peer ? peer->tb : device->tb, peer);
}

const struct text_line device_lines[] = {
	{ "carries", NULL },   { "socket", NULL }, { "policy", NULL },
	{ "client-id", NULL }, { "id", NULL },	   { "key", NULL },
	{ "links", NULL },     { "mtu", NULL },	   {}
};

void print_device(FILE *out, const struct model_device *device)
{
	fprintf(out, "%s%s%s", paint(BOLD), device->name, paint(PLAIN));
	if (device->down)
		fprintf(out, " %sis down%s: ip link set %s up", paint(RED),
			paint(PLAIN), device->name);
	fputc('\n', out);
	print_lines(out, 2, device_lines, device, NULL);
}

/* Counters of dropped datagrams that may have been the peer's answers. */
static void print_refusals(FILE *out, const struct model_device *device)
{
	static const uint16_t counters[] = {
		CAMEX_A_STATS_AUTH_FAILED, CAMEX_A_STATS_UNKNOWN_PEER,
		CAMEX_A_STATS_MALFORMED,   CAMEX_A_STATS_PLAINTEXT_REFUSED,
		CAMEX_A_STATS_NO_DEVICE,   CAMEX_A_STATS_RATE_LIMITED,
	};
	const char *before = "; dropped here: ";

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (!device->counters[counters[i]])
			continue;
		fprintf(out, "%s%s %" PRIu64, before,
			counters_known[counters[i]].name,
			device->counters[counters[i]]);
		before = ", ";
	}
}

/* Print why a peer that was never heard may not answer. */
static void print_no_answer(FILE *out, const struct model_device *device,
			    const struct model_peer *peer, uint64_t ms)
{
	bool plain =
		model_is(device->tb[CAMEX_A_DEV_PROTOCOL], CAMEX_PROTOCOL_RAW);
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT];

	fprintf(out, "; %sno answer%s", paint(YELLOW), paint(PLAIN));
	if (model_endpoint(peer->tb, CAMEX_A_PEER_ENDPOINT_ADDR, &endpoint))
		fprintf(out, " from %s", endpoint_text(&endpoint, text));
	fprintf(out, " for %" PRIu64 " s: not listening,%s or a firewall",
		ms / 1000, plain ? "" : " another key,");
	print_refusals(out, device);
}

/* Print a hint if one end may refuse the other's sessions as replays. */
static void print_doubt(FILE *out, const struct model_device *device,
			const struct model_peer *peer)
{
	const struct nlattr *unanswered = peer->tb[CAMEX_A_PEER_UNANSWERED];
	const struct nlattr *refused = peer->tb[CAMEX_A_PEER_REFUSED];
	char age[AGE_TEXT];

	if (unanswered &&
	    model_is(peer->tb[CAMEX_A_PEER_STATE], CAMEX_PEER_STATE_WAITING))
		print_no_answer(out, device, peer, model_number(unanswered));
	else if (unanswered)
		fprintf(out,
			", %sunanswered%s for %" PRIu64
			" s: refused as a replay? our clock may be behind",
			paint(YELLOW), paint(PLAIN),
			model_number(unanswered) / 1000);
	if (refused)
		fprintf(out,
			", %srefused%s as a replay %s: its clock may be behind; camexctl peer forget %s %s takes it",
			paint(YELLOW), paint(PLAIN),
			print_age(model_number(refused), age), device->name,
			peer->name);
}

static void print_state(FILE *out, const struct model_device *device,
			const struct model_peer *peer)
{
	const struct nlattr *state = peer->tb[CAMEX_A_PEER_STATE];
	const struct nlattr *seen = peer->tb[CAMEX_A_PEER_LAST_SEEN];
	char age[AGE_TEXT];

	print_label(out, 4, "state");
	switch (state ? nla_get_u32(state) : UINT32_MAX) {
	case CAMEX_PEER_STATE_NO_KEY:
		fprintf(out,
			"%sno key%s: set one with camexctl key set %s %s key-file F",
			paint(RED), paint(PLAIN), device->name, peer->name);
		break;
	case CAMEX_PEER_STATE_NO_ENDPOINT:
		if (!device->tb[CAMEX_A_DEV_PORT]) {
			fprintf(out, "%sno endpoint%s: nothing is connected",
				paint(YELLOW), paint(PLAIN));
			break;
		}
		fprintf(out,
			"%sno endpoint%s: not heard yet; camexctl peer set %s %s endpoint HOST:PORT sets one",
			paint(YELLOW), paint(PLAIN), device->name, peer->name);
		break;
	case CAMEX_PEER_STATE_NO_DEVICE:
		fprintf(out,
			"%sno device%s: the interface that it is reached by is not there",
			paint(RED), paint(PLAIN));
		break;
	case CAMEX_PEER_STATE_REGISTERING:
		fprintf(out,
			"%sregistering%s: waits for its configuration from the server",
			paint(YELLOW), paint(PLAIN));
		break;
	case CAMEX_PEER_STATE_WAITING:
		fprintf(out, "%swaiting%s: not heard yet", paint(YELLOW),
			paint(PLAIN));
		break;
	case CAMEX_PEER_STATE_LOST:
		fprintf(out, "%slost%s: silent though it should not be",
			paint(RED), paint(PLAIN));
		break;
	case CAMEX_PEER_STATE_UP:
		fprintf(out, "%sup%s", paint(GREEN), paint(PLAIN));
		break;
	default:
		fputs("unknown", out);
		break;
	}
	if (seen)
		fprintf(out, ", heard %s", print_age(model_number(seen), age));
	print_doubt(out, device, peer);
	fputc('\n', out);
}

static void print_traffic(FILE *out, const char *label,
			  const struct nlattr *bytes,
			  const struct nlattr *packets)
{
	char size[SIZE_TEXT];

	print_label(out, 4, label);
	fprintf(out, "%s in %" PRIu64 " packet%s\n",
		print_size(model_number(bytes), size), model_number(packets),
		model_number(packets) == 1 ? "" : "s");
}

static void print_received(FILE *out, const struct model_device *device,
			   const struct model_peer *peer)
{
	(void)device;
	print_traffic(out, "received", peer->tb[CAMEX_A_PEER_RX_BYTES],
		      peer->tb[CAMEX_A_PEER_RX_PACKETS]);
}

static void print_sent(FILE *out, const struct model_device *device,
		       const struct model_peer *peer)
{
	(void)device;
	print_traffic(out, "sent", peer->tb[CAMEX_A_PEER_TX_BYTES],
		      peer->tb[CAMEX_A_PEER_TX_PACKETS]);
}

static void print_name(FILE *out, const struct model_device *device,
		       const struct model_peer *peer)
{
	(void)device;
	fprintf(out, "  %speer%s %s%s%s\n", paint(FAINT), paint(PLAIN),
		paint(BOLD), peer->name, paint(PLAIN));
}

/*
 * Print prefixes, separated by commas, on as many lines as needed. Peers with links of
 * their own have none.
 */
static void print_prefixes(FILE *out, const struct model_device *device,
			   const struct model_peer *peer)
{
	size_t column = 0;
	char buf[PREFIX_TEXT];

	if (peer->tb[CAMEX_A_PEER_LINK] ||
	    device->tb[CAMEX_A_DEV_LINK_TIMEOUT] || device->withheld)
		return;
	print_label(out, 4, "routes");
	for (size_t i = 0; i < peer->n_routes; i++) {
		const char *text = prefix_text(&peer->routes[i], buf);

		if (column + strlen(text) > ROUTES_WIDTH && column) {
			fprintf(out, "\n%*s", 15, "");
			column = 0;
		}
		fprintf(out, "%s%s", text, i + 1 < peer->n_routes ? ", " : "");
		column += strlen(text) + 2;
	}
	if (!peer->n_routes)
		fprintf(out, "%snone%s", paint(FAINT), paint(PLAIN));
	fputc('\n', out);
}

const struct text_line peer_lines[] = { { "peer", print_name },
					{ "state", print_state },
					{ "id", NULL },
					{ "endpoint", NULL },
					{ "key", NULL },
					{ "handshake", NULL },
					{ "timers", NULL },
					{ "profile", NULL },
					{ "link", NULL },
					{ "routes", print_prefixes },
					{ "received", print_received },
					{ "sent", print_sent },
					{ "dropped", NULL },
					{} };

void print_peer(FILE *out, const struct model_device *device,
		const struct model_peer *peer)
{
	print_lines(out, 4, peer_lines, device, peer);
}

void print_event(FILE *out, const struct model_event *event, int64_t now)
{
	const struct choice *choice = event_choices;
	time_t seconds = (time_t)(now / 1000);
	struct endpoint endpoint;
	char when[32] = "", buf[ENDPOINT_TEXT], text[PROFILE_TEXT];
	struct profile profile;
	struct tm tm;

	while (choice->name && choice->number != event->event)
		choice++;
	if (localtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s%s.%03d%s %s%s%s", paint(FAINT), when,
		(int)(now % 1000), paint(PLAIN), paint(BOLD), event->name,
		paint(PLAIN));
	if (event->peer[CAMEX_A_PEER_NAME])
		fprintf(out, " %s",
			nla_get_string(event->peer[CAMEX_A_PEER_NAME]));
	if (choice->name)
		fprintf(out, " %s", choice->help);
	else
		fprintf(out, " event %u", event->event);
	if (event->peer[CAMEX_A_PEER_LINK])
		fprintf(out, ", link %s",
			nla_get_string(event->peer[CAMEX_A_PEER_LINK]));
	if (model_endpoint(event->peer, CAMEX_A_PEER_ENDPOINT_ADDR, &endpoint))
		fprintf(out, ", endpoint %s", endpoint_text(&endpoint, buf));
	if (event->event == CAMEX_EVENT_CONFIG &&
	    profile_read(event->peer, &profile))
		fprintf(out, ", %s", profile_text(&profile, text));
	fputc('\n', out);
}

void print_hook(FILE *out, const struct hook_link *link, const char *event,
		const char *what, int number)
{
	fprintf(out, "%s %s %s %s", link->dev, link->peer, link->link, event);
	if (what)
		fprintf(out, ": the program ended with %s %d", what, number);
	fputc('\n', out);
}
