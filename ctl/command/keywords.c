/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The tables: keywords, and the names that enumerations have. */
#include <linux/camex.h>

#include "command/keywords.h"

/* clang-format off */

const struct choice link_choices[] = {
	{ "tun", CAMEX_LINK_TUN, "bare IPv4 and IPv6 packets" },
	{ "tap", CAMEX_LINK_TAP, "Ethernet frames" },
	{}
};

const struct choice protocol_choices[] = {
	{ "camex", CAMEX_PROTOCOL_CAMEX, "OpenIPC camex, encrypted" },
	{ "raw", CAMEX_PROTOCOL_RAW, "the packet alone, not encrypted" },
	{ "jtunnel", CAMEX_PROTOCOL_JTUNNEL,
	  "the sender's identifier first, encrypted for peers with a key" },
	{ "wireguard", CAMEX_PROTOCOL_WIREGUARD,
	  "WireGuard's handshake and datagrams, forward secrecy" },
	{}
};

const struct choice transport_choices[] = {
	{ "udp", CAMEX_TRANSPORT_UDP, "UDP datagrams over IPv4 and IPv6" },
	{ "tcp", CAMEX_TRANSPORT_TCP, "datagrams in TCP connections, where networks let nothing else out" },
	{ "serial", CAMEX_TRANSPORT_SERIAL, "SLIP on a serial line, see camexctl serial; its one peer is far" },
	{ "char", CAMEX_TRANSPORT_CHAR, "programs that hold /dev/camex; its one peer is far" },
	{}
};

const struct choice links_choices[] = {
	{ "shared", CAMEX_LINKS_SHARED, "one interface for all peers" },
	{ "per-peer", CAMEX_LINKS_PER_PEER,
	  "one for each peer, made when it is first heard" },
	{}
};

const struct choice tx_choices[] = {
	{ "udp", CAMEX_TX_UDP, "through the kernel's IP output" },
	{ "netpoll", CAMEX_TX_NETPOLL, "straight to the device that the route leads to" },
	{}
};

const struct choice rx_choices[] = {
	{ "udp", CAMEX_RX_UDP, "from the socket" },
	{ "netfilter", CAMEX_RX_NETFILTER, "by a hook behind the rules for local input" },
	{}
};

const struct choice state_choices[] = {
	{ "no_key", CAMEX_PEER_STATE_NO_KEY, "no key" },
	{ "no_endpoint", CAMEX_PEER_STATE_NO_ENDPOINT, "no endpoint" },
	{ "registering", CAMEX_PEER_STATE_REGISTERING, "registering" },
	{ "waiting", CAMEX_PEER_STATE_WAITING, "waiting" },
	{ "lost", CAMEX_PEER_STATE_LOST, "lost" },
	{ "up", CAMEX_PEER_STATE_UP, "up" },
	{ "no_device", CAMEX_PEER_STATE_NO_DEVICE, "no device" },
	{}
};

const struct choice register_choices[] = {
	{ "off", CAMEX_REGISTER_OFF, "do not" },
	{ "manual", CAMEX_REGISTER_MANUAL, "say which address this host has" },
	{ "auto", CAMEX_REGISTER_AUTO, "ask which address this host has" },
	{}
};

const struct choice cipher_choices[] = {
	{ "chacha20-poly1305", CAMEX_CIPHER_CHACHA20_POLY1305, "WireGuard's own" },
	{ "aes-256-gcm", CAMEX_CIPHER_AES_256_GCM,
	  "between two camex ends whose CPUs have AES instructions" },
	{}
};

const struct choice event_choices[] = {
	{ "peer_up", CAMEX_EVENT_PEER_UP, "is up" },
	{ "peer_lost", CAMEX_EVENT_PEER_LOST, "is lost" },
	{ "endpoint", CAMEX_EVENT_ENDPOINT, "has moved" },
	{ "link_add", CAMEX_EVENT_LINK_ADD, "has got its link" },
	{ "link_del", CAMEX_EVENT_LINK_DEL, "has lost its link" },
	{ "register", CAMEX_EVENT_REGISTER, "has registered" },
	{ "config", CAMEX_EVENT_CONFIG, "has sent our configuration" },
	{ "handshake", CAMEX_EVENT_HANDSHAKE, "has completed a handshake" },
	{ "wrong_cipher", CAMEX_EVENT_WRONG_CIPHER, "uses another cipher than is configured here" },
	{ "dev_add", CAMEX_EVENT_DEV_ADD, "is there" },
	{ "dev_del", CAMEX_EVENT_DEV_DEL, "is deleted" },
	{ "dev_set", CAMEX_EVENT_DEV_SET, "is changed" },
	{ "peer_add", CAMEX_EVENT_PEER_ADD, "is added" },
	{ "peer_del", CAMEX_EVENT_PEER_DEL, "is deleted" },
	{ "peer_set", CAMEX_EVENT_PEER_SET, "is changed" },
	{ "routes", CAMEX_EVENT_ROUTES, "has other routes" },
	{}
};

/* Who takes a keyword; those that set want at least one. */
#define DEV_ADD		.takes = TAKES_DEV_ADD
#define DEV_BOTH	.takes = TAKES_DEV_ADD | TAKES_DEV_SET, \
			.needs = TAKES_DEV_SET
#define PEER_ADD	.takes = TAKES_PEER_ADD
#define PEER_BOTH	.takes = TAKES_PEER_ADD | TAKES_PEER_SET, \
			.needs = TAKES_PEER_SET
#define PEER_AND_KEY	.takes = TAKES_PEER_ADD | TAKES_PEER_SET | TAKES_KEY_SET, \
			.needs = TAKES_PEER_SET | TAKES_KEY_SET

/* What only a file has; the attributes keep them apart. */
#define UP(nth)		.attr = (nth), .takes = TAKES_UP

/* The same for camexctl serial. */
#define SERIAL(nth)	.attr = (nth), .takes = TAKES_SERIAL

/* Which attribute it becomes, or which ones from first to last. */
#define DEV(name)	.nest = CAMEX_A_DEV, .attr = CAMEX_A_DEV_##name
#define PEER(name)	.nest = CAMEX_A_PEER, .attr = CAMEX_A_PEER_##name
#define WG_DEV(name)	.nest = CAMEX_A_DEV, .within = CAMEX_A_DEV_WIREGUARD, \
			.attr = CAMEX_A_WG_DEV_##name
#define WG_PEER(name)	.nest = CAMEX_A_PEER, .within = CAMEX_A_PEER_WIREGUARD, \
			.attr = CAMEX_A_WG_PEER_##name
#define FDB(name)	.nest = CAMEX_A_FDB, .attr = CAMEX_A_FDB_##name
#define ROUTE(name)	.nest = CAMEX_A_ROUTE, .attr = CAMEX_A_ROUTE_##name
#define TO_PEER(name)	.attr_last = CAMEX_A_PEER_##name

#define ONE_OF(list)	.type = &type_choice, .choices = list

const struct keyword keywords[] = {
	/* devices */
	{ "link", NULL, "kind of interface (default tun)",
	  ONE_OF(link_choices), DEV(LINK), DEV_ADD,
	  .initial = "tun" },
	{ "protocol", NULL, "what is put around each packet (default camex, of transport char raw)",
	  ONE_OF(protocol_choices), DEV(PROTOCOL), DEV_ADD },
	{ "transport", NULL, "what carries the datagrams (default udp)",
	  ONE_OF(transport_choices), DEV(TRANSPORT), DEV_ADD,
	  .initial = "udp" },
	{ "port", "N", "local UDP or TCP port, 0 to 65535 (default 0: the kernel chooses)",
	  &type_u16, .max = UINT16_MAX, DEV(PORT), DEV_BOTH },
	{ "bind", "ADDR", "local address, or any (default any)",
	  &type_address, DEV(BIND), DEV_BOTH,
	  .initial = "any" },
	{ "bind-dev", "IF", "interface that datagrams go through, or none (default none)",
	  &type_interface, DEV(BIND_DEV), DEV_BOTH,
	  .initial = "none" },
	{ "fwmark", "N", "mark of the datagrams sent, decimal or 0x hexadecimal (default 0: none)",
	  &type_u32, .max = UINT32_MAX, DEV(FWMARK), DEV_BOTH,
	  .initial = "0" },
	{ "tx", NULL, "how datagrams are sent (default udp)",
	  ONE_OF(tx_choices), DEV(TX), DEV_BOTH,
	  .initial = "udp" },
	{ "rx", NULL, "how datagrams are received (default udp)",
	  ONE_OF(rx_choices), DEV(RX), DEV_BOTH,
	  .initial = "udp" },
	{ "links", NULL, "interfaces that this host gets (default shared)",
	  ONE_OF(links_choices), DEV(LINKS), DEV_ADD,
	  .initial = "shared" },
	{ "link-name", "PATTERN",
	  "name of the peers' own links, %d for a number (default: the device's name, -, a number)",
	  &type_link_name, DEV(LINK_NAME), DEV_BOTH },
	{ "link-timeout", "SECONDS",
	  "remove such a link when its peer was silent for this long, 0 to 65535, 0: never (default 0)",
	  &type_u16, .max = UINT16_MAX, DEV(LINK_TIMEOUT), DEV_BOTH,
	  .initial = "0" },
	{ "relay", "on|off",
	  "send what one peer sends to another straight on, past this host's routes and filters (default off)",
	  &type_switch, DEV(RELAY), DEV_BOTH,
	  .initial = "off" },
	{ "source-check", "on|off",
	  "drop packets whose source is not in their peer's routes; link tun and links shared alone (default on)",
	  &type_switch, DEV(SOURCE_CHECK), DEV_BOTH },
	{ "plaintext", "on|off",
	  "let peers without a key send and receive, unprotected; protocol camex alone (default off)",
	  &type_switch, DEV(PLAINTEXT), DEV_BOTH,
	  .initial = "off" },
	{ "ageing", "SECONDS",
	  "remove a learned station of a tap link after this much silence, 0 to 65535, 0: never (default 300)",
	  &type_u16, .max = UINT16_MAX, DEV(AGEING), DEV_BOTH,
	  .initial = "300" },
	{ "client-id", "TEXT",
	  "identifier for register auto, 1 to 31 characters (default: the MAC of the default route's interface)",
	  &type_client_id, DEV(CLIENT_ID), DEV_BOTH },
	{ "id", "HEX16",
	  "our identifier, 16 hexadecimal digits; protocol jtunnel alone (default: the kernel draws one)",
	  &type_id, DEV(ID), DEV_BOTH },
	{ "private-key-file", "F|none",
	  "file with our private key, 32 bytes in base64; -: standard input; protocol wireguard alone (default none)",
	  &type_private_key_file, WG_DEV(PRIVATE_KEY), DEV_BOTH },

	/* peers */
	{ "endpoint", "HOST:PORT",
	  "address of the peer, IPv6 in brackets (default: learned from its datagrams)",
	  &type_endpoint, PEER(ENDPOINT_ADDR), TO_PEER(ENDPOINT_SCOPE), PEER_BOTH },
	{ "id", "HEX16",
	  "the peer's identifier, 16 hexadecimal digits; protocol jtunnel alone (default: with an endpoint, all datagrams from there are the peer's)",
	  &type_id, PEER(ID), PEER_BOTH },
	{ "key-file", "F", "file with the key, 32 bytes in base64; -: standard input",
	  &type_key_file, PEER(KEY), TO_PEER(FINGERPRINT), PEER_AND_KEY },
	{ "passphrase-file", "F", "file with a passphrase to make the key of; -: standard input",
	  &type_passphrase_file, PEER(KEY), TO_PEER(FINGERPRINT), PEER_AND_KEY },
	{ "public-key", "BASE64",
	  "the peer's public key, 32 bytes in base64; protocol wireguard, which needs it, alone",
	  &type_public_key, WG_PEER(PUBLIC_KEY), PEER_BOTH },
	{ "preshared-key-file", "F|none",
	  "file with a key that both ends mix in, 32 bytes in base64; -: standard input; protocol wireguard alone (default none)",
	  &type_preshared_key_file, WG_PEER(PRESHARED_KEY), PEER_BOTH },
	{ "cipher", NULL,
	  "what encrypts its packets, the same at both ends; protocol wireguard alone (default chacha20-poly1305)",
	  ONE_OF(cipher_choices), WG_PEER(CIPHER), PEER_ADD,
	  .initial = "chacha20-poly1305" },
	{ "routes", "PREFIX[,PREFIX...]|any|none",
	  "destinations behind the peer, and the sources that it may use; any is 0.0.0.0/0,::/0 (default any with register auto, else none)",
	  &type_prefixes, PEER(ROUTES), PEER_BOTH,
	  .initial = "none" },
	{ "keepalive", "SECONDS",
	  "send a keepalive after sending nothing for this long, 0 to 65535, 0: never (default 10 with an endpoint and protocol camex, and for a peer that has registered with auto; else 0)",
	  &type_u16, .max = UINT16_MAX, PEER(KEEPALIVE), PEER_BOTH },
	{ "register", NULL,
	  "register with the peer, every 10 seconds (default manual with an endpoint and protocol camex, else off)",
	  ONE_OF(register_choices), PEER(REGISTER), PEER_BOTH },
	{ "address", "ADDRESS/LENGTH|none",
	  "address handed out to a peer that registers with auto (default none: it gets no answer)",
	  &type_own_address, PEER(PROFILE_ADDRESS), PEER_BOTH,
	  .initial = "none" },
	{ "gateway", "ADDR|none", "gateway handed out (default none)",
	  &type_gateway, PEER(PROFILE_GATEWAY), PEER_BOTH,
	  .initial = "none" },
	{ "mtu", "N", "MTU handed out, 576 to 9000 (default 0: that of our link)",
	  &type_mtu, .max = UINT16_MAX, PEER(PROFILE_MTU), PEER_BOTH,
	  .initial = "0" },
	{ "push-routes", "PREFIX[,PREFIX...]|none",
	  "destinations handed out, at most 16 (default none)",
	  &type_push_routes, PEER(PROFILE_ROUTES), PEER_BOTH,
	  .initial = "none" },

	/* routes */
	{ "peer", "NAME", "the peer that the prefix is behind",
	  &type_peer, ROUTE(PEER), .takes = TAKES_ROUTE_ADD | TAKES_ROUTE_DEL,
	  .needs = TAKES_ROUTE_ADD },

	/* stations */
	{ "vlan", "N", "the VLAN that the station is in, 1 to 4094 (default: none)",
	  &type_vlan, .max = 4094, FDB(VLAN), .takes = TAKES_FDB_ADD | TAKES_FDB_DEL },
	{ "peer", "NAME", "the peer that the station is behind",
	  &type_peer, FDB(PEER), .takes = TAKES_FDB_ADD | TAKES_FDB_DEL,
	  .needs = TAKES_FDB_ADD },

	/* who is authorized */
	{ "authorized", "DIR",
	  "directory whose files' names are the authorized identifiers, empty or with a key in base64 (default: the peers stay as they are)",
	  &type_directory, .attr = 1, .takes = TAKES_WATCH },

	/* devices in files */
	{ "name", "NAME", "what the device is called", &type_interface, UP(1) },
	{ "address", "ADDRESS[/LENGTH][,...]", "addresses of the link",
	  &type_addresses, UP(2), .repeats = true },
	{ "mtu", "N", "largest packet of the link (default: what fits the way out)",
	  &type_u32, .max = INT32_MAX, UP(3) },
	{ "table", "auto|off|N",
	  "table of the kernel's routes; off: none; auto: main, and for a default route one that packets with fwmark do not see (default auto)",
	  &type_table, UP(4) },

	/* files into devices that exist */
	{ "dry-run", "", "say what would change, and change nothing",
	  &type_flag, .attr = 1, .takes = TAKES_LOAD | TAKES_RELOAD },
	{ "force", "", "even if there is no client in the file: all peers are removed",
	  &type_flag, .attr = 2, .takes = TAKES_LOAD },

	/* the live table */
	{ "-b", "", "print one table after the other, as text, for scripts",
	  &type_flag, .attr = 1, .takes = TAKES_TOP },
	{ "-n", "N", "end after so many tables (default: never)",
	  &type_u32, .max = UINT32_MAX, .attr = 2, .takes = TAKES_TOP },
	{ "-d", "SECONDS", "time between two of them (default 1)",
	  &type_u32, .max = 86400, .attr = 3, .takes = TAKES_TOP },

	/* endpoints by name */
	{ "every", "SECONDS",
	  "how often this is called, 0 to 900: the longer a peer does not answer, the more rarely its name is looked up (default 0: at once)",
	  &type_u32, .max = 900, .attr = 1, .takes = TAKES_RESOLVE },

	/* serial lines */
	{ "baud", "N", "speed in bits per second, any that the driver can do",
	  &type_u32, .max = UINT32_MAX, SERIAL(1), .needs = TAKES_SERIAL },
	{ "rtscts", "on|off", "flow control by RTS and CTS (default off)",
	  &type_switch, SERIAL(2) },
	{ "reopen", "on|off",
	  "when the tty was hung up or unplugged, open it again as soon as it is there (default off)",
	  &type_switch, SERIAL(3) },
	{ "foreground", "", "stay in the foreground", &type_flag, SERIAL(4) },
	{}
};

/* clang-format on */
