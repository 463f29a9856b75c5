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
	{ "raw", CAMEX_PROTOCOL_RAW, "nothing is added: the packet itself, not encrypted" },
	{ "jtunnel", CAMEX_PROTOCOL_JTUNNEL,
	  "an identifier before each packet; encrypted for peers with a key" },
	{ "wireguard", CAMEX_PROTOCOL_WIREGUARD,
	  "WireGuard's handshake and datagrams, forward secrecy" },
	{}
};

const struct choice transport_choices[] = {
	{ "udp", CAMEX_TRANSPORT_UDP, "UDP datagrams over IPv4 and IPv6" },
	{ "tcp", CAMEX_TRANSPORT_TCP, "datagrams in TCP connections, for networks that block UDP" },
	{ "udp,tcp", CAMEX_TRANSPORT_UDP_TCP, "both on one port: TCP where UDP gets no answer" },
	{ "serial", CAMEX_TRANSPORT_SERIAL, "SLIP on a serial line, see camexctl serial; its only peer is far" },
	{ "char", CAMEX_TRANSPORT_CHAR, "a program that has /dev/camex open; its only peer is far" },
	{}
};

const struct choice links_choices[] = {
	{ "shared", CAMEX_LINKS_SHARED, "one interface for all peers" },
	{ "per-peer", CAMEX_LINKS_PER_PEER,
	  "one for each peer, made when the peer is first heard" },
	{}
};

const struct choice tx_choices[] = {
	{ "udp", CAMEX_TX_UDP, "through the kernel's IP output" },
	{ "netpoll", CAMEX_TX_NETPOLL, "directly to the driver of the route's device, past firewall and qdisc" },
	{}
};

const struct choice rx_choices[] = {
	{ "udp", CAMEX_RX_UDP, "from the socket" },
	{ "netfilter", CAMEX_RX_NETFILTER, "by a netfilter hook after the input rules" },
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
	{ "off", CAMEX_REGISTER_OFF, "do not register" },
	{ "manual", CAMEX_REGISTER_MANUAL, "tell the server the address of this host" },
	{ "auto", CAMEX_REGISTER_AUTO, "ask the server for an address" },
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
	{ "fdb", CAMEX_EVENT_FDB, "has other stations in the forwarding table" },
	{}
};

/* The commands that take a keyword; "set" commands need at least one. */
#define DEV_ADD		.takes = TAKES_DEV_ADD
#define DEV_BOTH	.takes = TAKES_DEV_ADD | TAKES_DEV_SET, \
			.needs = TAKES_DEV_SET
#define PEER_ADD	.takes = TAKES_PEER_ADD
#define PEER_BOTH	.takes = TAKES_PEER_ADD | TAKES_PEER_SET, \
			.needs = TAKES_PEER_SET
#define PEER_AND_KEY	.takes = TAKES_PEER_ADD | TAKES_PEER_SET | TAKES_KEY_SET, \
			.needs = TAKES_PEER_SET | TAKES_KEY_SET

/* Numbers of keywords that only files have, which need no attributes. */
#define UP(nth)		.attr = (nth), .takes = TAKES_UP

/* The same for "camexctl serial". */
#define SERIAL(nth)	.attr = (nth), .takes = TAKES_SERIAL

/* The attribute of a keyword, or the first and the last of several. */
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
	{ "protocol", NULL, "format of the datagrams (default camex; with transport char raw)",
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
	{ "links", NULL, "interfaces on this host (default shared)",
	  ONE_OF(links_choices), DEV(LINKS), DEV_ADD,
	  .initial = "shared" },
	{ "link-name", "PATTERN",
	  "names of per-peer links, with %d for a number (default: the device's name, -, a number)",
	  &type_link_name, DEV(LINK_NAME), DEV_BOTH },
	{ "link-timeout", "SECONDS",
	  "remove a per-peer link when its peer was silent for this long, 0 to 65535, 0: never (default 0)",
	  &type_u16, .max = UINT16_MAX, DEV(LINK_TIMEOUT), DEV_BOTH,
	  .initial = "0" },
	{ "relay", "on|off",
	  "pass packets from peer to peer directly, without this host's routes and firewall (default off)",
	  &type_switch, DEV(RELAY), DEV_BOTH,
	  .initial = "off" },
	{ "source-check", "on|off",
	  "drop packets whose source is not in the routes of their peer; only with link tun and links shared (default on)",
	  &type_switch, DEV(SOURCE_CHECK), DEV_BOTH },
	{ "plaintext", "on|off",
	  "let peers without a key send and receive, unprotected; only with protocol camex (default off)",
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
	  "our identifier, 16 hexadecimal digits; only with protocol jtunnel (default: random)",
	  &type_id, DEV(ID), DEV_BOTH },
	{ "private-key-file", "F|none",
	  "file with our private key, 32 bytes in base64; -: standard input; only with protocol wireguard (default none)",
	  &type_private_key_file, WG_DEV(PRIVATE_KEY), DEV_BOTH },

	/* peers */
	{ "endpoint", "HOST:PORT",
	  "address of the peer, IPv6 in brackets (default: learned from its datagrams)",
	  &type_endpoint, PEER(ENDPOINT_ADDR), TO_PEER(ENDPOINT_SCOPE), PEER_BOTH },
	{ "id", "HEX16",
	  "the peer's identifier, 16 hexadecimal digits; only with protocol jtunnel (default: all datagrams from the endpoint belong to the peer)",
	  &type_id, PEER(ID), PEER_BOTH },
	{ "key-file", "F", "file with the key, 32 bytes in base64; -: standard input",
	  &type_key_file, PEER(KEY), TO_PEER(FINGERPRINT), PEER_AND_KEY },
	{ "passphrase-file", "F", "file with a passphrase to make the key of; -: standard input",
	  &type_passphrase_file, PEER(KEY), TO_PEER(FINGERPRINT), PEER_AND_KEY },
	{ "public-key", "BASE64",
	  "the peer's public key, 32 bytes in base64; required by protocol wireguard, and only for it",
	  &type_public_key, WG_PEER(PUBLIC_KEY), PEER_BOTH },
	{ "preshared-key-file", "F|none",
	  "file with a second secret that both ends share, 32 bytes in base64; -: standard input; only with protocol wireguard (default none)",
	  &type_preshared_key_file, WG_PEER(PRESHARED_KEY), PEER_BOTH },
	{ "cipher", NULL,
	  "cipher of the packets, the same at both ends; only with protocol wireguard; set it together with public-key (default chacha20-poly1305)",
	  ONE_OF(cipher_choices), WG_PEER(CIPHER), PEER_BOTH,
	  .initial = "chacha20-poly1305" },
	{ "routes", "PREFIX[,PREFIX...]|any|none",
	  "destinations that are sent to the peer, and sources that the peer may use; any is 0.0.0.0/0,::/0 (default any with register auto, else none)",
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
	{ "peer", "NAME", "the peer to which the prefix is sent",
	  &type_peer, ROUTE(PEER), .takes = TAKES_ROUTE_ADD | TAKES_ROUTE_DEL,
	  .needs = TAKES_ROUTE_ADD },

	/* stations */
	{ "vlan", "N", "the VLAN that the station is in, 1 to 4094 (default: none)",
	  &type_vlan, .max = 4094, FDB(VLAN), .takes = TAKES_FDB_ADD | TAKES_FDB_DEL },
	{ "peer", "NAME", "the peer that the station is behind",
	  &type_peer, FDB(PEER), .takes = TAKES_FDB_ADD | TAKES_FDB_DEL,
	  .needs = TAKES_FDB_ADD },

	/* authorization */
	{ "authorized", "DIR",
	  "directory with a file for each authorized identifier: its name is the identifier, its content the key in base64, or empty for no key (default: the peers stay as they are)",
	  &type_directory, .attr = 1, .takes = TAKES_WATCH },

	/* devices in files */
	{ "name", "NAME", "name of the device", &type_interface, UP(1) },
	{ "address", "ADDRESS[/LENGTH][,...]", "addresses of the link",
	  &type_addresses, UP(2), .repeats = true },
	{ "mtu", "N", "largest packet of the link (default: what fits the path to the peer)",
	  &type_u32, .max = INT32_MAX, UP(3) },
	{ "table", "auto|off|N",
	  "table for the kernel's routes; off: add none; auto: main, or for a default route a table that packets with fwmark do not use (default auto)",
	  &type_table, UP(4) },

	/* files loaded into existing devices */
	{ "dry-run", "", "print what would change, and change nothing",
	  &type_flag, .attr = 1, .takes = TAKES_LOAD | TAKES_RELOAD },
	{ "openmetrics", "", "with prometheus: in the format of OpenMetrics",
	  &type_flag, .attr = 1, .takes = TAKES_STATS },
	{ "force", "", "load a file without clients too, and remove all peers",
	  &type_flag, .attr = 2, .takes = TAKES_LOAD },

	/* the live table */
	{ "-b", "", "print one table after the other, as text, for scripts",
	  &type_flag, .attr = 1, .takes = TAKES_TOP },
	{ "-n", "N", "end after so many tables (default: never)",
	  &type_u32, .max = UINT32_MAX, .attr = 2, .takes = TAKES_TOP },
	{ "-d", "SECONDS", "time between two tables (default 1)",
	  &type_u32, .max = 86400, .attr = 3, .takes = TAKES_TOP },

	/* names of endpoints */
	{ "every", "SECONDS",
	  "how often this is called, 0 to 900: the longer a peer does not answer, the more rarely its name is looked up (default 0: at once)",
	  &type_u32, .max = 900, .attr = 1, .takes = TAKES_RESOLVE },

	/* serial lines */
	{ "baud", "N", "speed in bits per second, any that the driver can do",
	  &type_u32, .max = UINT32_MAX, SERIAL(1), .needs = TAKES_SERIAL },
	{ "rtscts", "on|off", "flow control by RTS and CTS (default off)",
	  &type_switch, SERIAL(2) },
	{ "reopen", "on|off",
	  "after a hangup or unplugging, open the tty again as soon as it exists (default off)",
	  &type_switch, SERIAL(3) },
	{ "foreground", "", "stay in the foreground", &type_flag, SERIAL(4) },
	{}
};

/* clang-format on */
