/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * Generic netlink interface of the camex tunnel. Documentation/netlink/specs/camex.yaml describes
 * the same interface for generic clients. The tests compare this header, that file and the running
 * module.
 *
 * Integers are in host byte order, addresses in network byte order. Every error is reported with an
 * extended acknowledgment: a text and, if one attribute is wrong, that attribute.
 */
#ifndef _UAPI_LINUX_CAMEX_H
#define _UAPI_LINUX_CAMEX_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CAMEX_FAMILY_NAME	"camex"
#define CAMEX_FAMILY_VERSION	1
#define CAMEX_MCGRP_EVENTS	"events"

#define CAMEX_KEY_LEN		32	/* bytes of a key, of any kind */
#define CAMEX_FINGERPRINT_LEN	16	/* bytes: BLAKE2b-128 of the key */
#define CAMEX_NAME_MAX		31	/* bytes of a peer's name, without NUL */
#define CAMEX_ID_LEN		8	/* bytes of an identifier of protocol jtunnel */

/* Kind of the link: the packets that the host sees. */
enum camex_link {
	CAMEX_LINK_TUN,			/* bare IPv4 and IPv6 packets */
	CAMEX_LINK_TAP,			/* Ethernet frames */
};

/* Protocol: how a packet becomes a datagram. */
enum camex_protocol {
	CAMEX_PROTOCOL_CAMEX,		/* OpenIPC camex, plain or encrypted */
	CAMEX_PROTOCOL_RAW,		/* the packet without anything added */
	CAMEX_PROTOCOL_JTUNNEL,		/* the sender's identifier, plain or encrypted */
	CAMEX_PROTOCOL_WIREGUARD,	/* WireGuard's handshake and datagrams */
};

/* Transport: what carries the datagrams. */
enum camex_transport {
	CAMEX_TRANSPORT_UDP,
	CAMEX_TRANSPORT_SERIAL,		/* SLIP on a tty; a single peer */
	CAMEX_TRANSPORT_CHAR,		/* files of /dev/camex; a single peer */
	CAMEX_TRANSPORT_TCP,		/* datagrams in connections, each after its length */
	CAMEX_TRANSPORT_UDP_TCP,	/* both on one port; each peer uses one of them */
};

/* One net_device for all peers, or one for each peer. */
enum camex_links {
	CAMEX_LINKS_SHARED,
	CAMEX_LINKS_PER_PEER,		/* made when a peer is first heard */
};

/* How transport udp sends. */
enum camex_tx {
	CAMEX_TX_UDP,			/* through the IP output path */
	CAMEX_TX_NETPOLL,		/* directly to the device of the route */
};

/* How transport udp receives. */
enum camex_rx {
	CAMEX_RX_UDP,			/* from the socket */
	CAMEX_RX_NETFILTER,		/* by a netfilter hook after the rules for local input */
};

/* State of a peer: the first that fits. */
enum camex_peer_state {
	CAMEX_PEER_STATE_NO_KEY,	/* protocol camex, plaintext off, no key */
	CAMEX_PEER_STATE_NO_ENDPOINT,	/* its endpoint is not known yet */
	CAMEX_PEER_STATE_REGISTERING,	/* waits for CONFIG */
	CAMEX_PEER_STATE_LOST,		/* silent for too long */
	CAMEX_PEER_STATE_UP,
	CAMEX_PEER_STATE_NO_DEVICE,	/* a needed interface is missing; checked after NO_KEY */
	CAMEX_PEER_STATE_WAITING,	/* never heard; checked after REGISTERING */
};

/* Cipher of the packets of a peer (protocol wireguard). */
enum camex_peer_cipher {
	CAMEX_CIPHER_CHACHA20_POLY1305,	/* WireGuard's own */
	CAMEX_CIPHER_AES_256_GCM,	/* between two camex ends */
};

/* Whether and how we register with a peer. */
enum camex_register {
	CAMEX_REGISTER_OFF,
	CAMEX_REGISTER_MANUAL,		/* announce our address */
	CAMEX_REGISTER_AUTO,		/* request an address */
};

/* Events. */
enum camex_event {
	CAMEX_EVENT_PEER_UP,		/* first valid datagram, or first after a loss */
	CAMEX_EVENT_PEER_LOST,
	CAMEX_EVENT_ENDPOINT,		/* the endpoint has changed */
	CAMEX_EVENT_LINK_ADD,
	CAMEX_EVENT_LINK_DEL,
	CAMEX_EVENT_REGISTER,
	CAMEX_EVENT_CONFIG,
	CAMEX_EVENT_HANDSHAKE,		/* a handshake is complete (protocol wireguard) */
	CAMEX_EVENT_WRONG_CIPHER,	/* the peer uses another cipher (protocol wireguard) */
	CAMEX_EVENT_DEV_ADD,		/* a device was added, or moved here; no peer */
	CAMEX_EVENT_DEV_DEL,		/* a device was deleted or moved away; no peer */
	CAMEX_EVENT_DEV_SET,		/* a device was changed or renamed; no peer */
	CAMEX_EVENT_PEER_ADD,
	CAMEX_EVENT_PEER_DEL,		/* a peer was deleted, with its routes */
	CAMEX_EVENT_PEER_SET,		/* a peer, or its key, was changed or forgotten */
	CAMEX_EVENT_ROUTES,		/* the routes of a peer were changed */
	CAMEX_EVENT_FDB,		/* a user has added or deleted stations of a peer */
};

/*
 * Attributes of a device. They are used in two places: as IFLA_INFO_DATA of RTM_NEWLINK, which
 * accepts those marked [new], and in the nest CAMEX_A_DEV, which accepts those marked [set]. ID and
 * CLIENT_ID are secret: CAMEX_CMD_DEV_GET returns them only to callers with CAP_NET_ADMIN in the
 * namespaces of the link and of the transport, and RTM_NEWLINK never returns them. BIND_DEV is an
 * interface in the namespace of the transport. TX and RX exist only for transports udp and udp,tcp;
 * PORT, BIND, BIND_DEV and FWMARK also for tcp.
 */
enum {
	CAMEX_A_DEV_LINK = 1,		/* u32, enum camex_link [new] */
	CAMEX_A_DEV_PROTOCOL,		/* u32, enum camex_protocol [new] */
	CAMEX_A_DEV_TRANSPORT,		/* u32, enum camex_transport [new] */
	CAMEX_A_DEV_LINKS,		/* u32, enum camex_links [new] */
	CAMEX_A_DEV_TX,			/* u32, enum camex_tx [new, set] */
	CAMEX_A_DEV_RX,			/* u32, enum camex_rx [new, set] */
	CAMEX_A_DEV_PORT,		/* u16, port, 0: the kernel chooses [new, set] */
	CAMEX_A_DEV_BIND,		/* 4 or 16 bytes, local address; 0 bytes: any [new, set] */
	CAMEX_A_DEV_BIND_DEV,		/* string, interface; "": any [new, set] */
	CAMEX_A_DEV_FWMARK,		/* u32, 0: none [new, set] */
	CAMEX_A_DEV_SOURCE_CHECK,	/* u8, 0 or 1, only link tun [new, set] */
	CAMEX_A_DEV_PLAINTEXT,		/* u8, 0 or 1, only protocol camex [new, set] */
	CAMEX_A_DEV_MTU,		/* u32, bytes, read only */
	CAMEX_A_DEV_RELAY,		/* u8, 0 or 1 [new, set] */
	CAMEX_A_DEV_CLIENT_ID,		/* string, 1 to 31 bytes of printable ASCII [new, set] */
	CAMEX_A_DEV_AGEING,		/* u16, seconds, 0: never; used by link tap [new, set] */
	CAMEX_A_DEV_ID,			/* 8 bytes, ours, only protocol jtunnel [new, set] */
	CAMEX_A_DEV_LINK_NAME,		/* string with one %d, only per-peer links [new, set] */
	CAMEX_A_DEV_LINK_TIMEOUT,	/* u16, seconds, 0: never, only per-peer links [new, set] */
	CAMEX_A_DEV_WIREGUARD,		/* nest CAMEX_A_WG_DEV_* [new, set] */

	__CAMEX_A_DEV_MAX,
	CAMEX_A_DEV_MAX = (__CAMEX_A_DEV_MAX - 1)
};

/*
 * Attributes of a device of protocol wireguard, inside CAMEX_A_DEV_WIREGUARD. PRIVATE_KEY is never
 * returned. PUBLIC_KEY is secret, like ID.
 */
enum {
	CAMEX_A_WG_DEV_PRIVATE_KEY = 1,	/* 32 bytes, Curve25519; all 0: none [new, set] */
	CAMEX_A_WG_DEV_PUBLIC_KEY,	/* 32 bytes, public key of PRIVATE_KEY [out] */

	__CAMEX_A_WG_DEV_MAX,
	CAMEX_A_WG_DEV_MAX = (__CAMEX_A_WG_DEV_MAX - 1)
};

/* A prefix, inside CAMEX_A_ROUTES. */
enum {
	CAMEX_A_PREFIX_ADDR = 1,	/* 4 or 16 bytes, no bits set past LEN */
	CAMEX_A_PREFIX_LEN,		/* u8, bits */

	__CAMEX_A_PREFIX_MAX,
	CAMEX_A_PREFIX_MAX = (__CAMEX_A_PREFIX_MAX - 1)
};

/* A list of prefixes. */
enum {
	CAMEX_A_ROUTES_PREFIX = 1,	/* nest CAMEX_A_PREFIX_*, repeats */

	__CAMEX_A_ROUTES_MAX,
	CAMEX_A_ROUTES_MAX = (__CAMEX_A_ROUTES_MAX - 1)
};

/*
 * Attributes of a peer. Every command needs NAME. CAMEX_CMD_PEER_ADD accepts the attributes marked
 * [add], CAMEX_CMD_PEER_SET those marked [set], and CAMEX_CMD_PEER_GET returns those marked [out].
 * KEY is never returned. ENDPOINT_*, CONFIGURED_*, FINGERPRINT, PROFILE_* and ID are secret: they
 * are returned only to callers with CAP_NET_ADMIN in the namespaces of the link and of the
 * transport, and events never contain them. PROFILE_* is the profile that we hand out to a peer
 * that registers with AUTO. For a peer with CAMEX_REGISTER_AUTO it is the profile that the peer has
 * handed out to us, and requests cannot set it. A profile contains only IPv4 addresses. Its address
 * may have bits set past its length.
 */
enum {
	CAMEX_A_PEER_NAME = 1,		/* string, 1 to 31 bytes, no blank, no '/' [out] */
	CAMEX_A_PEER_ENDPOINT_ADDR,	/* 4 or 16 bytes [add, set, out] */
	CAMEX_A_PEER_ENDPOINT_PORT,	/* u16, host byte order, not 0 [add, set, out] */
	CAMEX_A_PEER_ENDPOINT_SCOPE,	/* u32, IPv6 scope: interface index [add, set, out] */
	CAMEX_A_PEER_KEY,		/* 32 bytes [add, set; KEY_SET] */
	CAMEX_A_PEER_FINGERPRINT,	/* 16 bytes, required with KEY [add, set, out; KEY_SET] */
	CAMEX_A_PEER_ROUTES,		/* nest CAMEX_A_ROUTES_*, the whole list [add, set] */
	CAMEX_A_PEER_STATE,		/* u32, enum camex_peer_state [out] */
	CAMEX_A_PEER_LAST_SEEN,		/* u64, milliseconds since the last valid datagram [out] */
	CAMEX_A_PEER_RX_PACKETS,	/* u64, inner packets [out] */
	CAMEX_A_PEER_RX_BYTES,		/* u64, inner bytes [out] */
	CAMEX_A_PEER_TX_PACKETS,	/* u64, inner packets [out] */
	CAMEX_A_PEER_TX_BYTES,		/* u64, inner bytes [out] */
	CAMEX_A_PEER_PAD,
	CAMEX_A_PEER_KEEPALIVE,		/* u16, seconds, 0: off [add, set, out] */
	CAMEX_A_PEER_REGISTER,		/* u32, enum camex_register [add, set, out] */
	CAMEX_A_PEER_PROFILE_ADDRESS,	/* nest CAMEX_A_PREFIX_*; empty: none [add, set, out] */
	CAMEX_A_PEER_PROFILE_GATEWAY,	/* 4 bytes; 0 bytes: none [add, set, out] */
	CAMEX_A_PEER_PROFILE_MTU,	/* u16, bytes, 576 to 9000; 0: none [add, set, out] */
	CAMEX_A_PEER_PROFILE_ROUTES,	/* nest CAMEX_A_ROUTES_*, at most 16 [add, set, out] */
	CAMEX_A_PEER_ID,		/* 8 bytes, only protocol jtunnel [add, set, out] */
	CAMEX_A_PEER_LINK,		/* string, per-peer link [out] */
	CAMEX_A_PEER_LINK_IFINDEX,	/* u32, index of that link in its namespace [out] */
	CAMEX_A_PEER_UNANSWERED,	/* u64, ms without an answer, if over 5 or 10 s [out] */
	CAMEX_A_PEER_REFUSED,		/* u64, ms since a session was refused as a replay [out] */
	CAMEX_A_PEER_WIREGUARD,		/* nest CAMEX_A_WG_PEER_* [add, set, out] */
	CAMEX_A_PEER_CONFIGURED_ADDR,	/* configured endpoint, like ENDPOINT_ADDR [out] */
	CAMEX_A_PEER_CONFIGURED_PORT,	/* configured endpoint, like ENDPOINT_PORT [out] */
	CAMEX_A_PEER_CONFIGURED_SCOPE,	/* configured endpoint, like ENDPOINT_SCOPE [out] */
	CAMEX_A_PEER_RX_DROPPED,	/* u64, dropped datagrams and packets from it [out] */
	CAMEX_A_PEER_TX_DROPPED,	/* u64, dropped packets to it [out] */
	CAMEX_A_PEER_TRANSPORT,		/* u32, UDP or TCP, only with transport UDP_TCP [out] */

	__CAMEX_A_PEER_MAX,
	CAMEX_A_PEER_MAX = (__CAMEX_A_PEER_MAX - 1)
};

/*
 * Attributes of a peer of protocol wireguard, inside CAMEX_A_PEER_WIREGUARD. PUBLIC_KEY is required
 * to add a peer, and no other peer of the device may have it (EEXIST). PRESHARED_KEY is never
 * returned. PUBLIC_KEY, PRESHARED and CIPHER are secret, like ENDPOINT_*.
 */
enum {
	CAMEX_A_WG_PEER_PUBLIC_KEY = 1,	/* 32 bytes, Curve25519 [add, out] */
	CAMEX_A_WG_PEER_PRESHARED_KEY,	/* 32 bytes; all 0: none [add, set] */
	CAMEX_A_WG_PEER_CIPHER,		/* u32, enum camex_peer_cipher [add, out] */
	CAMEX_A_WG_PEER_PRESHARED,	/* u8, 1 if there is a preshared key, else 0 [out] */
	CAMEX_A_WG_PEER_LAST_HANDSHAKE,	/* u64, milliseconds since the last handshake [out] */
	CAMEX_A_WG_PEER_PAD,

	__CAMEX_A_WG_PEER_MAX,
	CAMEX_A_WG_PEER_MAX = (__CAMEX_A_WG_PEER_MAX - 1)
};

/* Attributes of a route: a prefix, and the peer that owns it. */
enum {
	CAMEX_A_ROUTE_ADDR = 1,		/* 4 or 16 bytes, no bits set past LEN */
	CAMEX_A_ROUTE_LEN,		/* u8, bits */
	CAMEX_A_ROUTE_PEER,		/* string, the peer's name */
	CAMEX_A_ROUTE_REPLACE,		/* flag: take the prefix from the peer that has it */

	__CAMEX_A_ROUTE_MAX,
	CAMEX_A_ROUTE_MAX = (__CAMEX_A_ROUTE_MAX - 1)
};

/*
 * Attributes of an entry of the forwarding table of a tap link: a station, and the peer behind
 * which it is.
 */
enum {
	CAMEX_A_FDB_MAC = 1,		/* 6 bytes, a unicast address */
	CAMEX_A_FDB_VLAN,		/* u16, ID from 1 to 4094; absent: none */
	CAMEX_A_FDB_PEER,		/* string, the peer's name */
	CAMEX_A_FDB_AGE,		/* u32, seconds since it was heard; absent: static [out] */

	__CAMEX_A_FDB_MAX,
	CAMEX_A_FDB_MAX = (__CAMEX_A_FDB_MAX - 1)
};

/* Counters of a device: u64 each, packets or datagrams. */
enum {
	CAMEX_A_STATS_MALFORMED = 1,	/* datagram in no known format */
	CAMEX_A_STATS_NOT_IP,		/* packet that is neither IPv4 nor IPv6 */
	CAMEX_A_STATS_UNKNOWN_PEER,	/* datagram from an unknown sender */
	CAMEX_A_STATS_AUTH_FAILED,	/* datagram whose tag fits no key */
	CAMEX_A_STATS_REPLAYED,		/* datagram received before, or too old */
	CAMEX_A_STATS_BAD_SOURCE,	/* packet whose inner source is not the peer's */
	CAMEX_A_STATS_NO_ROUTE,		/* packet without a peer for its destination */
	CAMEX_A_STATS_NO_KEY,		/* packet to a peer without a key, or during hibernation */
	CAMEX_A_STATS_NO_ENDPOINT,	/* packet to a peer without an endpoint or a route to it */
	CAMEX_A_STATS_PLAINTEXT_REFUSED,/* plain datagram, but the peer must encrypt */
	CAMEX_A_STATS_TOO_BIG,		/* packet that does not fit into a datagram */
	CAMEX_A_STATS_TTL_EXPIRED,	/* relayed packet whose TTL has expired */
	CAMEX_A_STATS_LOOP,		/* packet whose route leads into the tunnel itself */
	CAMEX_A_STATS_LINK_PENDING,	/* per-peer link that is not made yet, or is down */
	CAMEX_A_STATS_NETPOLL_FALLBACK,	/* packet that netpoll could not send, sent by udp */
	CAMEX_A_STATS_RX_NETFILTER,	/* datagram received by the netfilter hook */
	CAMEX_A_STATS_FDB_FULL,		/* station not learned: the table is full */
	CAMEX_A_STATS_QUEUE_FULL,	/* packet dropped: a queue is full */
	CAMEX_A_STATS_NO_MEMORY,	/* packet dropped: allocation failed */
	CAMEX_A_STATS_RATE_LIMITED,	/* datagram dropped: over a limit */
	CAMEX_A_STATS_PAD,
	CAMEX_A_STATS_NO_DEVICE,	/* packet whose bind-dev or scope does not exist */
	CAMEX_A_STATS_TCP_REFUSED,	/* connection closed: too many of them */
	CAMEX_A_STATS_TCP_SILENT,	/* connection closed: no peer was heard within 10 s */
	CAMEX_A_STATS_WRONG_CIPHER,	/* handshake with another cipher than the peer's */

	__CAMEX_A_STATS_MAX,
	CAMEX_A_STATS_MAX = (__CAMEX_A_STATS_MAX - 1)
};

/* Top level of every message. A request names its device by IFINDEX or IFNAME. */
enum {
	CAMEX_A_IFINDEX = 1,		/* u32, in the caller's namespace */
	CAMEX_A_IFNAME,			/* string, in the caller's namespace */
	CAMEX_A_DEV,			/* nest CAMEX_A_DEV_* */
	CAMEX_A_PEER,			/* nest CAMEX_A_PEER_* */
	CAMEX_A_ROUTE,			/* nest CAMEX_A_ROUTE_* */
	CAMEX_A_STATS,			/* nest CAMEX_A_STATS_* */
	CAMEX_A_EVENT,			/* u32, enum camex_event */
	CAMEX_A_FDB,			/* nest CAMEX_A_FDB_* */

	__CAMEX_A_MAX,
	CAMEX_A_MAX = (__CAMEX_A_MAX - 1)
};

/*
 * Commands. All that change something, and ROUTE_GET and FDB_GET, need CAP_NET_ADMIN in the
 * namespaces of the link and of the transport (EPERM). ENODEV: no such device; EOPNOTSUPP: it is no
 * camex device, or lacks the feature; ENOENT: no such peer or route; EEXIST: the object exists;
 * ENOSPC: too many objects; EINVAL, ERANGE: a bad attribute; ENOMEM: no memory. RTM_NEWLINK makes
 * devices of kind "camex". RTM_DELLINK and DEV_DEL delete them; only DEV_DEL if the namespaces of
 * link and transport belong to different user namespaces.
 */
enum {
	CAMEX_CMD_DEV_GET = 1,		/* do, dump: IFINDEX, IFNAME, DEV */
	CAMEX_CMD_DEV_SET,		/* DEV; EADDRINUSE: the port is in use */
	CAMEX_CMD_PEER_GET,		/* do: PEER{NAME}; dump: of one device */
	CAMEX_CMD_PEER_ADD,		/* PEER */
	CAMEX_CMD_PEER_SET,		/* PEER */
	CAMEX_CMD_PEER_DEL,		/* PEER{NAME} */
	CAMEX_CMD_PEER_FORGET,		/* PEER{NAME}: forget its sessions and learned endpoint */
	CAMEX_CMD_KEY_SET,		/* PEER{NAME, KEY, FINGERPRINT} */
	CAMEX_CMD_KEY_DEL,		/* PEER{NAME} */
	CAMEX_CMD_ROUTE_GET,		/* dump: of one device */
	CAMEX_CMD_ROUTE_ADD,		/* ROUTE{ADDR, LEN, PEER, REPLACE} */
	CAMEX_CMD_ROUTE_DEL,		/* ROUTE{ADDR, LEN, PEER: must be its owner} */
	CAMEX_CMD_STATS_GET,		/* do: STATS */
	CAMEX_CMD_EVENT,		/* multicast: EVENT, IFINDEX, IFNAME, PEER */
	CAMEX_CMD_DEV_DEL,		/* the device with its peers and routes */
	CAMEX_CMD_FDB_GET,		/* dump: of one device */
	CAMEX_CMD_FDB_ADD,		/* FDB{MAC, VLAN, PEER}; ENOSPC: the table is full */
	CAMEX_CMD_FDB_DEL,		/* FDB{MAC, VLAN, PEER: the station must be behind it} */

	__CAMEX_CMD_MAX,
	CAMEX_CMD_MAX = (__CAMEX_CMD_MAX - 1)
};

/*
 * Transport serial is a line discipline, whose number is the module parameter ldisc. TIOCSETD to it
 * needs CAP_NET_ADMIN in the caller's network namespace. This ioctl then attaches the tty to the
 * device with that interface index in the caller's namespace, and the device gets its carrier.
 * ENODEV: no such device; EOPNOTSUPP: it is no camex device, or has another transport; EPERM:
 * CAP_NET_ADMIN is needed in the namespaces of the link and of the transport; EBUSY: the tty or the
 * device is already attached. The tty is detached when it is closed, is hung up or gets another
 * line discipline, and when the device is deleted; poll() then reports POLLHUP.
 */
#define CAMEX_IOC_ATTACH	_IOW(0xca, 0x40, __u32)

#endif /* _UAPI_LINUX_CAMEX_H */
