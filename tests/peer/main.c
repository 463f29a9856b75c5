// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "node.h"
#include "pcap.h"

static const char help[] =
	"usage: camex-peer client|server [OPTION]...\n"
	"       camex-peer decode [OPTION]... FILE\n"
	"\n"
	"An independent peer of the protocols camex and raw, for tests. The roles behave\n"
	"like the OpenIPC camex daemon. The log has one JSON object a line.\n"
	"decode takes the datagrams of a pcap file apart and builds them again.\n"
	"\n"
	"What is around each packet, one of:\n"
	"  --passphrase TEXT     encrypted\n"
	"  --key-file FILE       encrypted, with this key in base64\n"
	"  --plain               protocol camex without encryption\n"
	"  --raw                 protocol raw (client)\n"
	"  --conf FILE           what a camex.conf says (server), with its clients\n"
	"\n"
	"  --endpoint ADDR:PORT  the server (client)\n"
	"  --bind ADDR:PORT      where to receive\n"
	"  --tun NAME            carry the packets of a tun device; without one pings are\n"
	"                        answered and the rest is dropped\n"
	"  --tun-node FILE       what makes it (/dev/net/tun)\n"
	"  --address ADDR/LEN    inner address\n"
	"  --mtu N               of the tun device\n"
	"  --register off|manual|auto   manual, but off for --raw\n"
	"  --client-id TEXT      for auto\n"
	"  --keepalive SECONDS   10; 0 is never\n"
	"  --lost-after SECONDS  20; for auto: without a word from the server it is lost\n"
	"  --oldest              the oldest header and texts (client)\n"
	"  --prefix HEX8         nonce prefix to begin with (random)\n"
	"  --seq N               sequence to begin with (0)\n"
	"  --pace N              the daemon's times are N times shorter\n"
	"  --tcp                 connect to the server by TCP (client), listen on it beside UDP (server)\n"
	"  --stopped             time passes by command alone; the log's times are of that clock\n"
	"  --log FILE            instead of standard output\n"
	"  --quiet               no line for good DATA\n"
	"  --commands FIFO       take commands from there, one on a line:\n"
	"      ping ADDR [COUNT [SIZE]], register, keepalive   send that, now\n"
	"      text TEXT, padded N TEXT    this control text, filled up with blanks to N bytes\n"
	"      body HEX                    DATA with this body\n"
	"      fault NAME                  of the next datagram: magic type prefix length\n"
	"                                  sequence version body cut tag\n"
	"      replay N                    the last N datagrams, again\n"
	"      hold, release               hold all back; send them backwards\n"
	"      seq N|-N, prefix HEX8, form 27|28, id TEXT      of what is sent from now on\n"
	"      socket ADDR:PORT            send from there from now on\n"
	"      pieces N                    write N bytes at a time to connections, 0: all at once\n"
	"      cut                         end the connection to the far end\n"
	"      silent, speak               send nothing without a command, or again\n"
	"      pass SECONDS                let time pass that is stopped\n";

static void __attribute__((noreturn)) fail(const char *what, const char *about)
{
	fprintf(stderr, "camex-peer: %s: %s\n", about, what);
	exit(2);
}

static void read_key(const char *path, uint8_t *key)
{
	FILE *file = fopen(path, "re");
	char text[128];
	size_t len;

	if (!file)
		fail(strerror(errno), path);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (sodium_base642bin(key, KEY_LEN, text, len, "\r\n", &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) || len != KEY_LEN)
		fail("no key of 32 bytes", path);
	sodium_memzero(text, sizeof(text));
}

static struct endpoint read_endpoint(const char *text)
{
	struct endpoint ep;

	if (!endpoint_parse(text, &ep))
		fail("no endpoint", text);
	return ep;
}

static uint64_t read_number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (*end || end == text)
		fail("no number", text);
	return n;
}

static enum registers read_registers(const char *text)
{
	if (!strcmp(text, "off"))
		return REGISTER_OFF;
	if (!strcmp(text, "manual"))
		return REGISTER_MANUAL;
	if (strcmp(text, "auto"))
		fail("neither off, manual nor auto", text);
	return REGISTER_AUTO;
}

static void read_conf(const char *path, struct options *o)
{
	char text[ENDPOINT_TEXT + VALUE_MAX];
	struct conf *conf = calloc(1, sizeof(*conf));

	if (!conf || !conf_read(path, conf))
		exit(2);
	o->conf = conf;
	o->mode = conf->encrypt ? ENCRYPTED : PLAIN;
	snprintf(text, sizeof(text), "%s:%d", *conf->bind_ip && strcmp(conf->bind_ip, "any") ?
					      conf->bind_ip : "0.0.0.0", conf->port);
	o->bind = read_endpoint(text);
	if (*conf->local_cidr)
		o->address = conf->local_cidr;
	o->mtu = conf->mtu;
}

enum option_letter {
	OPT_PASSPHRASE = 256, OPT_KEY_FILE, OPT_PLAIN, OPT_RAW, OPT_CONF, OPT_ENDPOINT,
	OPT_BIND, OPT_TUN, OPT_TUN_NODE, OPT_ADDRESS, OPT_MTU, OPT_REGISTER, OPT_CLIENT_ID,
	OPT_KEEPALIVE, OPT_OLDEST, OPT_PREFIX, OPT_SEQ, OPT_PACE, OPT_LOG, OPT_QUIET,
	OPT_COMMANDS, OPT_HELP, OPT_STOPPED, OPT_TCP, OPT_LOST_AFTER,
};

static const struct option long_options[] = {
	{ "passphrase", 1, NULL, OPT_PASSPHRASE }, { "key-file", 1, NULL, OPT_KEY_FILE },
	{ "plain", 0, NULL, OPT_PLAIN }, { "raw", 0, NULL, OPT_RAW },
	{ "conf", 1, NULL, OPT_CONF }, { "endpoint", 1, NULL, OPT_ENDPOINT },
	{ "bind", 1, NULL, OPT_BIND }, { "tun", 1, NULL, OPT_TUN },
	{ "tun-node", 1, NULL, OPT_TUN_NODE },
	{ "address", 1, NULL, OPT_ADDRESS }, { "mtu", 1, NULL, OPT_MTU },
	{ "register", 1, NULL, OPT_REGISTER }, { "client-id", 1, NULL, OPT_CLIENT_ID },
	{ "keepalive", 1, NULL, OPT_KEEPALIVE }, { "oldest", 0, NULL, OPT_OLDEST },
	{ "lost-after", 1, NULL, OPT_LOST_AFTER },
	{ "prefix", 1, NULL, OPT_PREFIX }, { "seq", 1, NULL, OPT_SEQ },
	{ "pace", 1, NULL, OPT_PACE }, { "stopped", 0, NULL, OPT_STOPPED },
	{ "log", 1, NULL, OPT_LOG },
	{ "quiet", 0, NULL, OPT_QUIET }, { "commands", 1, NULL, OPT_COMMANDS },
	{ "tcp", 0, NULL, OPT_TCP }, { "help", 0, NULL, OPT_HELP }, { 0 },
};

struct chosen {
	bool mode;
	const char *log;
	bool quiet;
};

static void choose_mode(struct options *o, struct chosen *chosen, enum mode mode)
{
	if (chosen->mode)
		fail("only one of them", "--passphrase --key-file --plain --raw --conf");
	chosen->mode = true;
	o->mode = mode;
	if (mode == RAW)
		o->registers = REGISTER_OFF;
}

/* Options that choose what is around a packet; false for the others. */
static bool take_mode(struct options *o, struct chosen *chosen, int letter)
{
	switch (letter) {
	case OPT_PASSPHRASE:
		choose_mode(o, chosen, ENCRYPTED);
		key_derive(optarg, strlen(optarg), o->key);
		return true;
	case OPT_KEY_FILE:
		choose_mode(o, chosen, ENCRYPTED);
		read_key(optarg, o->key);
		return true;
	case OPT_PLAIN:
		choose_mode(o, chosen, PLAIN);
		return true;
	case OPT_RAW:
		choose_mode(o, chosen, RAW);
		return true;
	case OPT_CONF:
		choose_mode(o, chosen, ENCRYPTED);
		read_conf(optarg, o);
		return true;
	default:
		return false;
	}
}

static void take_prefix(struct options *o)
{
	size_t len;

	if (sodium_hex2bin(o->prefix, PREFIX_LEN, optarg, strlen(optarg), NULL, &len, NULL) ||
	    len != PREFIX_LEN)
		fail("not 4 bytes in hex", optarg);
	o->has_prefix = true;
}

static void take_option(struct options *o, struct chosen *chosen, int letter)
{
	switch (letter) {
	case OPT_ENDPOINT:
		o->endpoint = read_endpoint(optarg);
		break;
	case OPT_BIND:
		o->bind = read_endpoint(optarg);
		break;
	case OPT_TUN:
		o->tun = optarg;
		break;
	case OPT_TUN_NODE:
		o->tun_node = optarg;
		break;
	case OPT_ADDRESS:
		o->address = optarg;
		break;
	case OPT_MTU:
		o->mtu = (int)read_number(optarg);
		break;
	case OPT_REGISTER:
		o->registers = read_registers(optarg);
		break;
	case OPT_CLIENT_ID:
		o->client_id = optarg;
		break;
	case OPT_KEEPALIVE:
		o->keepalive = (int)read_number(optarg);
		break;
	case OPT_LOST_AFTER:
		o->lost_after = (int)read_number(optarg);
		break;
	case OPT_OLDEST:
		o->oldest = true;
		break;
	case OPT_PREFIX:
		take_prefix(o);
		break;
	case OPT_SEQ:
		o->seq = read_number(optarg);
		break;
	case OPT_PACE:
		o->pace = (int)read_number(optarg);
		break;
	case OPT_STOPPED:
		o->stopped = true;
		break;
	case OPT_TCP:
		o->tcp = true;
		break;
	case OPT_LOG:
		chosen->log = optarg;
		break;
	case OPT_QUIET:
		chosen->quiet = true;
		break;
	case OPT_COMMANDS:
		o->commands = optarg;
		break;
	case OPT_HELP:
		fputs(help, stdout);
		exit(0);
	default:
		fputs(help, stderr);
		exit(2);
	}
}

/* What does not go together. */
static void check(const struct options *o, const char *role, bool client)
{
	if (o->pace < 1 || o->keepalive < 0 || o->lost_after < 1)
		fail("a number that cannot be", role);
	if (o->stopped && !o->commands)
		fail("--commands is missing", role);
	if (o->address && (strlen(o->address) > VALUE_MAX || !control_is_prefix(o->address)))
		fail("no address with its length", o->address);
	if (client && !o->endpoint.len)
		fail("--endpoint is missing", role);
	if (client && o->registers == REGISTER_AUTO &&
	    (!*o->client_id || strlen(o->client_id) > ID_MAX))
		fail("--client-id of 1 to 31 bytes is missing", role);
	if (client && o->registers == REGISTER_MANUAL && !o->address)
		fail("--address is missing", role);
	if (!client && (o->mode == RAW || !o->bind.len))
		fail("protocol camex and --bind, or --conf", role);
}

int main(int argc, char **argv)
{
	struct options o = { .registers = REGISTER_MANUAL, .client_id = "",
			     .keepalive = 10, .lost_after = 20, .pace = 1,
			     .tun_node = "/dev/net/tun" };
	struct chosen chosen = { 0 };
	const char *role = argc > 1 ? argv[1] : "";
	bool client = !strcmp(role, "client"), decode = !strcmp(role, "decode");
	int letter, status;

	if (sodium_init() < 0)
		fail("does not start", "libsodium");
	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!take_mode(&o, &chosen, letter))
			take_option(&o, &chosen, letter);
	if (argc - optind != 1 + decode || (!client && !decode && strcmp(role, "server"))) {
		fputs(help, stderr);
		return 2;
	}
	if (!chosen.mode)
		fail("one of --passphrase --key-file --plain --raw --conf is missing", role);
	if (!log_open(chosen.log, chosen.quiet))
		fail(strerror(errno), chosen.log);
	if (decode)
		return !pcap_decode(argv[optind + 1], o.mode, o.key);
	check(&o, role, client);
	status = node_run(&o, client ? &client_role : &server_role);
	sodium_memzero(o.key, sizeof(o.key));
	free(o.conf);
	return status;
}
