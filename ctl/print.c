/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Text for people. */
#include <inttypes.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keywords.h"
#include "output.h"
#include "parse.h"
#include "profile.h"
#include "secret.h"
#include "watch.h"

/* prefixes on one line of text */
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

static const char *choice_of(const struct nlattr *attr,
			     const struct choice *choices)
{
	return attr ? choice_name(choices, nla_get_u32(attr)) : "?";
}

static const char *switch_text(const struct nlattr *attr)
{
	return nla_get_u8(attr) ? "on" : "off";
}

static void print_id(FILE *out, int indent, const struct nlattr *id)
{
	char buf[ID_TEXT];

	if (!id)
		return;
	print_label(out, indent, "id");
	fprintf(out, "%s\n", id_text(nla_data(id), buf));
}

static void print_links(FILE *out, struct nlattr *const *tb)
{
	const struct nlattr *name = tb[CAMEX_A_DEV_LINK_NAME];
	const struct nlattr *timeout = tb[CAMEX_A_DEV_LINK_TIMEOUT];

	if (!timeout)
		return;
	print_label(out, 2, "links");
	if (name)
		fprintf(out, "link-name %s, ", nla_get_string(name));
	fprintf(out, "link-timeout %u s\n", nla_get_u16(timeout));
}

static void print_socket(FILE *out, struct nlattr *const *tb)
{
	const struct nlattr *bind = tb[CAMEX_A_DEV_BIND];
	const struct nlattr *bind_dev = tb[CAMEX_A_DEV_BIND_DEV];
	const struct nlattr *mark = tb[CAMEX_A_DEV_FWMARK];
	struct address addr;
	char buf[ADDRESS_TEXT];

	print_label(out, 2, "socket");
	fprintf(out, "port %u", nla_get_u16(tb[CAMEX_A_DEV_PORT]));
	if (bind && !address_set(&addr, nla_data(bind), (size_t)nla_len(bind)))
		fprintf(out, ", bind %s", address_text(&addr, buf));
	if (bind_dev && *nla_get_string(bind_dev))
		fprintf(out, ", bind-dev %s", nla_get_string(bind_dev));
	if (mark && nla_get_u32(mark))
		fprintf(out, ", fwmark 0x%x", nla_get_u32(mark));
	fputc('\n', out);
}

static void print_policy(FILE *out, struct nlattr *const *tb)
{
	const struct nlattr *relay = tb[CAMEX_A_DEV_RELAY];
	const struct nlattr *check = tb[CAMEX_A_DEV_SOURCE_CHECK];
	const struct nlattr *plain = tb[CAMEX_A_DEV_PLAINTEXT];
	const struct nlattr *ageing = tb[CAMEX_A_DEV_AGEING];

	if (!check)
		return;
	print_label(out, 2, "policy");
	if (relay && nla_get_u8(relay))
		fputs("relay on, ", out);
	if (ageing && tb[CAMEX_A_DEV_LINK] &&
	    nla_get_u32(tb[CAMEX_A_DEV_LINK]) == CAMEX_LINK_TAP)
		fprintf(out, "ageing %u", nla_get_u16(ageing));
	else
		fprintf(out, "source-check %s", switch_text(check));
	if (plain)
		fprintf(out, ", %splaintext %s%s",
			paint(nla_get_u8(plain) ? YELLOW : PLAIN),
			switch_text(plain), paint(PLAIN));
	fputc('\n', out);
}

void print_device(FILE *out, const struct model_device *device)
{
	struct nlattr *const *tb = device->tb;

	fprintf(out, "%s%s%s", paint(BOLD), device->name, paint(PLAIN));
	if (device->down)
		fprintf(out, " %sis down%s: ip link set %s up", paint(RED),
			paint(PLAIN), device->name);
	fputc('\n', out);
	print_label(out, 2, "carries");
	fprintf(out, "link %s, protocol %s, transport %s, links %s\n",
		choice_of(tb[CAMEX_A_DEV_LINK], link_choices),
		choice_of(tb[CAMEX_A_DEV_PROTOCOL], protocol_choices),
		choice_of(tb[CAMEX_A_DEV_TRANSPORT], transport_choices),
		choice_of(tb[CAMEX_A_DEV_LINKS], links_choices));
	if (tb[CAMEX_A_DEV_PORT])
		print_socket(out, tb);
	print_policy(out, tb);
	if (tb[CAMEX_A_DEV_CLIENT_ID]) {
		print_label(out, 2, "client-id");
		fprintf(out, "%s\n", nla_get_string(tb[CAMEX_A_DEV_CLIENT_ID]));
	}
	print_id(out, 2, tb[CAMEX_A_DEV_ID]);
	print_links(out, tb);
	if (tb[CAMEX_A_DEV_MTU]) {
		print_label(out, 2, "mtu");
		fprintf(out, "%u\n", nla_get_u32(tb[CAMEX_A_DEV_MTU]));
	}
}

static uint64_t counter_of(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

/* Whether one end may take the other for a recording; nothing where that does not seem so. */
static void print_doubt(FILE *out, const struct model_device *device,
			const struct model_peer *peer)
{
	const struct nlattr *unanswered = peer->tb[CAMEX_A_PEER_UNANSWERED];
	const struct nlattr *refused = peer->tb[CAMEX_A_PEER_REFUSED];
	char age[AGE_TEXT];

	if (unanswered)
		fprintf(out,
			", %sunanswered%s for %" PRIu64 " s: refused as a replay? our clock may be behind",
			paint(YELLOW), paint(PLAIN),
			(uint64_t)nla_get_u64(unanswered) / 1000);
	if (refused)
		fprintf(out,
			", %srefused%s as a replay %s: its clock may be behind; camexctl peer forget %s %s takes it",
			paint(YELLOW), paint(PLAIN),
			print_age(nla_get_u64(refused), age), device->name,
			peer->name);
}

static void print_state(FILE *out, const struct model_device *device,
			const struct model_peer *peer)
{
	const struct nlattr *state = peer->tb[CAMEX_A_PEER_STATE];
	const struct nlattr *seen = peer->tb[CAMEX_A_PEER_LAST_SEEN];
	char age[AGE_TEXT];

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
		fprintf(out, ", heard %s", print_age(nla_get_u64(seen), age));
	else if (state && nla_get_u32(state) == CAMEX_PEER_STATE_UP)
		fputs(", not heard yet", out);
	print_doubt(out, device, peer);
}

static void print_traffic(FILE *out, const char *label,
			  const struct nlattr *bytes,
			  const struct nlattr *packets)
{
	char size[SIZE_TEXT];

	print_label(out, 4, label);
	fprintf(out, "%s in %" PRIu64 " packet%s\n",
		print_size(counter_of(bytes), size), counter_of(packets),
		counter_of(packets) == 1 ? "" : "s");
}

/* What is sent by itself; nothing where nothing is. */
static void print_timers(FILE *out, struct nlattr *const *tb)
{
	const struct nlattr *keepalive = tb[CAMEX_A_PEER_KEEPALIVE];
	const struct nlattr *registers = tb[CAMEX_A_PEER_REGISTER];
	bool alive = keepalive && nla_get_u16(keepalive);
	bool reg = registers && nla_get_u32(registers) != CAMEX_REGISTER_OFF;

	if (!alive && !reg)
		return;
	print_label(out, 4, "timers");
	if (reg)
		fprintf(out, "register %s%s",
			choice_name(register_choices, nla_get_u32(registers)),
			alive ? ", " : "");
	if (alive)
		fprintf(out, "keepalive %u s", nla_get_u16(keepalive));
	fputc('\n', out);
}

/* Prefixes, comma after comma, on as many lines as it takes. */
static void print_prefixes(FILE *out, const struct model_peer *peer)
{
	size_t column = 0;
	char buf[PREFIX_TEXT];

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

void print_peer(FILE *out, const struct model_device *device,
		const struct model_peer *peer)
{
	const struct nlattr *print = peer->tb[CAMEX_A_PEER_FINGERPRINT];
	const struct nlattr *link = peer->tb[CAMEX_A_PEER_LINK];
	struct endpoint endpoint;
	char buf[ENDPOINT_TEXT], hex[SECRET_HEX], text[PROFILE_TEXT];
	struct profile profile;

	fprintf(out, "  %speer%s %s%s%s\n", paint(FAINT), paint(PLAIN),
		paint(BOLD), peer->name, paint(PLAIN));
	print_label(out, 4, "state");
	print_state(out, device, peer);
	fputc('\n', out);
	print_id(out, 4, peer->tb[CAMEX_A_PEER_ID]);
	if (model_endpoint(peer->tb, &endpoint)) {
		print_label(out, 4, "endpoint");
		fprintf(out, "%s\n", endpoint_text(&endpoint, buf));
	}
	if (print) {
		print_label(out, 4, "key");
		fprintf(out, "fingerprint %s\n",
			secret_hex(nla_data(print), hex));
	}
	print_timers(out, peer->tb);
	if (profile_read(peer->tb, &profile)) {
		print_label(out, 4, "profile");
		fprintf(out, "%s\n", profile_text(&profile, text));
	}
	if (link) {
		print_label(out, 4, "link");
		fprintf(out, "%s\n", nla_get_string(link));
	} else if (!device->tb[CAMEX_A_DEV_LINK_TIMEOUT] && !device->withheld) {
		print_label(out, 4, "routes");
		print_prefixes(out, peer);
	}
	print_traffic(out, "received", peer->tb[CAMEX_A_PEER_RX_BYTES],
		      peer->tb[CAMEX_A_PEER_RX_PACKETS]);
	print_traffic(out, "sent", peer->tb[CAMEX_A_PEER_TX_BYTES],
		      peer->tb[CAMEX_A_PEER_TX_PACKETS]);
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
	if (model_endpoint(event->peer, &endpoint))
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
