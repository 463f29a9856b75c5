/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * Generic netlink interface of the camex tunnel. Documentation/netlink/specs/
 * camex.yaml describes the same interface for generic clients; the two are
 * compared, with the running module, by the test suite.
 *
 * Integers are in host byte order, addresses in network byte order. Every
 * refusal carries an extended acknowledgment: a text and, where one is to
 * blame, the offending attribute.
 */
#ifndef _UAPI_LINUX_CAMEX_H
#define _UAPI_LINUX_CAMEX_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CAMEX_FAMILY_NAME	"camex"
#define CAMEX_FAMILY_VERSION	1
#define CAMEX_MCGRP_EVENTS	"events"

#define CAMEX_KEY_LEN		32	/* bytes of a key, of whatever kind */
#define CAMEX_FINGERPRINT_LEN	16	/* bytes: BLAKE2b-128 of the key */
#define CAMEX_NAME_MAX		31	/* bytes of a peer's name, without NUL */
#define CAMEX_ID_LEN		8	/* bytes of an identifier of protocol jtunnel */

/* What the host sees. */
enum camex_link {
	CAMEX_LINK_TUN,			/* bare IPv4 and IPv6 packets */
	CAMEX_LINK_TAP,			/* Ethernet frames */
};

/* What is put around each packet. */
enum camex_protocol {
	CAMEX_PROTOCOL_CAMEX,		/* OpenIPC camex, plain or encrypted */
	CAMEX_PROTOCOL_RAW,		/* the packet alone */
	CAMEX_PROTOCOL_JTUNNEL,		/* the sender's identifier, plain or encrypted */
	CAMEX_PROTOCOL_WIREGUARD,	/* WireGuard's handshake and datagrams */
};

/* What carries the result. */
enum camex_transport {
	CAMEX_TRANSPORT_UDP,
	CAMEX_TRANSPORT_SERIAL,		/* SLIP on a tty; one far end */
	CAMEX_TRANSPORT_CHAR,		/* files of /dev/camex; one far end */
	CAMEX_TRANSPORT_TCP,		/* datagrams in connections, each behind its length */
	CAMEX_TRANSPORT_UDP_TCP,	/* both on one port; each peer by one of them */
};

/* One net_device for all peers, or one for each. */
enum camex_links {
	CAMEX_LINKS_SHARED,
	CAMEX_LINKS_PER_PEER,		/* made when a peer is first heard */
};

/* How the udp transport sends. */
enum camex_tx {
	CAMEX_TX_UDP,			/* through the IP output path */
	CAMEX_TX_NETPOLL,		/* straight to the device that the route leads to */
};

/* How the udp transport receives. */
enum camex_rx {
	CAMEX_RX_UDP,			/* from the socket */
	CAMEX_RX_NETFILTER,		/* by a netfilter hook, behind the rules for local input */
};

/* State of a peer, first match. */
enum camex_peer_state {
	CAMEX_PEER_STATE_NO_KEY,	/* protocol camex, plaintext off, no key */
	CAMEX_PEER_STATE_NO_ENDPOINT,	/* nowhere to send to yet */
	CAMEX_PEER_STATE_REGISTERING,	/* waits for CONFIG */
	CAMEX_PEER_STATE_LOST,		/* silent where it should not be */
	CAMEX_PEER_STATE_UP,
	CAMEX_PEER_STATE_NO_DEVICE,	/* an interface on the way is not there; behind NO_KEY */
	CAMEX_PEER_STATE_WAITING,	/* never heard yet; behind REGISTERING */
};

/* What encrypts the packets of a peer (protocol wireguard). */
enum camex_peer_cipher {
	CAMEX_CIPHER_CHACHA20_POLY1305,	/* WireGuard's own */
	CAMEX_CIPHER_AES_256_GCM,	/* between two camex ends */
};

/* Whether we register with a peer, and how. */
enum camex_register {
	CAMEX_REGISTER_OFF,
	CAMEX_REGISTER_MANUAL,		/* say which address is ours */
	CAMEX_REGISTER_AUTO,		/* ask which address is ours */
};

/* What an event tells. */
enum camex_event {
	CAMEX_EVENT_PEER_UP,		/* first valid datagram (again) */
	CAMEX_EVENT_PEER_LOST,
	CAMEX_EVENT_ENDPOINT,		/* the learned endpoint moved */
	CAMEX_EVENT_LINK_ADD,
	CAMEX_EVENT_LINK_DEL,
	CAMEX_EVENT_REGISTER,
	CAMEX_EVENT_CONFIG,
	CAMEX_EVENT_HANDSHAKE,		/* a handshake is done (protocol wireguard) */
	CAMEX_EVENT_WRONG_CIPHER,	/* the peer uses another cipher (protocol wireguard) */
	CAMEX_EVENT_DEV_ADD,		/* a device came, or came into this namespace; no peer */
	CAMEX_EVENT_DEV_DEL,		/* it went, with all that belonged to it; no peer */
	CAMEX_EVENT_DEV_SET,		/* it was changed, or renamed; no peer */
	CAMEX_EVENT_PEER_ADD,
	CAMEX_EVENT_PEER_DEL,		/* with its routes */
	CAMEX_EVENT_PEER_SET,		/* it, or its key, was changed, or it was forgotten */
	CAMEX_EVENT_ROUTES,		/* the list of its routes was changed */
	CAMEX_EVENT_FDB,		/* stations behind it were added or deleted by hand */
};

/*
 * Attributes of a device. The same set is the IFLA_INFO_DATA of RTM_NEWLINK,
 * where the attributes marked [new] can be given, and the nest CAMEX_A_DEV,
 * where those marked [set] can. ID and CLIENT_ID are secret: CAMEX_CMD_DEV_GET returns
 * them only to callers with CAP_NET_ADMIN over the link's and the transport's
 * namespace, and RTM_NEWLINK never. BIND_DEV is in the transport's namespace. TX and RX
 * are for transports udp and udp,tcp, PORT to FWMARK for these and tcp, and absent with another.
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
	CAMEX_A_DEV_BIND_DEV,		/* string, interface there; "": any [new, set] */
	CAMEX_A_DEV_FWMARK,		/* u32, 0: none [new, set] */
	CAMEX_A_DEV_SOURCE_CHECK,	/* u8, 0 or 1, link tun alone [new, set] */
	CAMEX_A_DEV_PLAINTEXT,		/* u8, 0 or 1, protocol camex alone [new, set] */
	CAMEX_A_DEV_MTU,		/* u32, bytes, read only */
	CAMEX_A_DEV_RELAY,		/* u8, 0 or 1 [new, set] */
	CAMEX_A_DEV_CLIENT_ID,		/* string, 1 to 31 bytes of printing ASCII [new, set] */
	CAMEX_A_DEV_AGEING,		/* u16, seconds, 0: never; used by link tap [new, set] */
	CAMEX_A_DEV_ID,			/* 8 bytes, ours, protocol jtunnel alone [new, set] */
	CAMEX_A_DEV_LINK_NAME,		/* string, one %d in it, links per-peer alone [new, set] */
	CAMEX_A_DEV_LINK_TIMEOUT,	/* u16, seconds, 0: never, the same [new, set] */
	CAMEX_A_DEV_WIREGUARD,		/* nest CAMEX_A_WG_DEV_* [new, set] */

	__CAMEX_A_DEV_MAX,
	CAMEX_A_DEV_MAX = (__CAMEX_A_DEV_MAX - 1)
};

/*
 * Attributes of a device of protocol wireguard, inside CAMEX_A_DEV_WIREGUARD. PRIVATE_KEY is
 * never returned. PUBLIC_KEY is secret, as ID is.
 */
enum {
	CAMEX_A_WG_DEV_PRIVATE_KEY = 1,	/* 32 bytes, Curve25519; all 0: none [new, set] */
	CAMEX_A_WG_DEV_PUBLIC_KEY,	/* 32 bytes, of that key [out] */

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
 * Attributes of a peer. NAME goes with every command; [add] and [set] mark
 * what CAMEX_CMD_PEER_ADD and CAMEX_CMD_PEER_SET take, [out] what
 * CAMEX_CMD_PEER_GET returns. KEY is never returned; ENDPOINT_*, CONFIGURED_*, FINGERPRINT,
 * PROFILE_* and ID are secret: they are returned only to callers with CAP_NET_ADMIN
 * over the link's and the transport's namespace, and no event has them. PROFILE_* is
 * what we hand out to a peer that registers with AUTO; of one with
 * CAMEX_REGISTER_AUTO it is what the peer has handed out to us, and cannot be
 * given. It is IPv4; its address may have bits set past its length.
 */
enum {
	CAMEX_A_PEER_NAME = 1,		/* string, 1 to 31 bytes, no blank, no '/' [out] */
	CAMEX_A_PEER_ENDPOINT_ADDR,	/* 4 or 16 bytes [add, set, out] */
	CAMEX_A_PEER_ENDPOINT_PORT,	/* u16, host byte order, not 0 [add, set, out] */
	CAMEX_A_PEER_ENDPOINT_SCOPE,	/* u32, IPv6 scope: interface index [add, set, out] */
	CAMEX_A_PEER_KEY,		/* 32 bytes [add, set; KEY_SET] */
	CAMEX_A_PEER_FINGERPRINT,	/* 16 bytes, goes with KEY [add, set, out; KEY_SET] */
	CAMEX_A_PEER_ROUTES,		/* nest CAMEX_A_ROUTES_*, all of them [add, set] */
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
	CAMEX_A_PEER_ID,		/* 8 bytes, protocol jtunnel alone [add, set, out] */
	CAMEX_A_PEER_LINK,		/* string, its own link [out] */
	CAMEX_A_PEER_LINK_IFINDEX,	/* u32, the same, in the namespace where that is [out] */
	CAMEX_A_PEER_UNANSWERED,	/* u64, ms without an answer, above 5 or 10 s [out] */
	CAMEX_A_PEER_REFUSED,		/* u64, milliseconds since refused as a replay [out] */
	CAMEX_A_PEER_WIREGUARD,		/* nest CAMEX_A_WG_PEER_* [add, set, out] */
	CAMEX_A_PEER_CONFIGURED_ADDR,	/* the endpoint that it was given, as ENDPOINT_ADDR [out] */
	CAMEX_A_PEER_CONFIGURED_PORT,	/* the same, as ENDPOINT_PORT [out] */
	CAMEX_A_PEER_CONFIGURED_SCOPE,	/* the same, as ENDPOINT_SCOPE [out] */
	CAMEX_A_PEER_RX_DROPPED,	/* u64, what came from it and was dropped [out] */
	CAMEX_A_PEER_TX_DROPPED,	/* u64, what was for it and was dropped [out] */
	CAMEX_A_PEER_TRANSPORT,		/* u32, UDP or TCP, of a device of UDP_TCP [out] */

	__CAMEX_A_PEER_MAX,
	CAMEX_A_PEER_MAX = (__CAMEX_A_PEER_MAX - 1)
};

/*
 * Attributes of a peer of protocol wireguard, inside CAMEX_A_PEER_WIREGUARD. PUBLIC_KEY has
 * to be there when a peer is added, and no other peer of the device may have it (EEXIST).
 * PRESHARED_KEY is never returned. PUBLIC_KEY, PRESHARED and CIPHER are secret, as
 * ENDPOINT_* are.
 */
enum {
	CAMEX_A_WG_PEER_PUBLIC_KEY = 1,	/* 32 bytes, Curve25519 [add, out] */
	CAMEX_A_WG_PEER_PRESHARED_KEY,	/* 32 bytes; all 0: none [add, set] */
	CAMEX_A_WG_PEER_CIPHER,		/* u32, enum camex_peer_cipher [add, out] */
	CAMEX_A_WG_PEER_PRESHARED,	/* u8, 0 or 1: is there a preshared key [out] */
	CAMEX_A_WG_PEER_LAST_HANDSHAKE,	/* u64, milliseconds since the last one [out] */
	CAMEX_A_WG_PEER_PAD,

	__CAMEX_A_WG_PEER_MAX,
	CAMEX_A_WG_PEER_MAX = (__CAMEX_A_WG_PEER_MAX - 1)
};

/* Attributes of a route: a prefix, and the peer that owns it. */
enum {
	CAMEX_A_ROUTE_ADDR = 1,		/* 4 or 16 bytes, no bits set past LEN */
	CAMEX_A_ROUTE_LEN,		/* u8, bits */
	CAMEX_A_ROUTE_PEER,		/* string, the peer's name */
	CAMEX_A_ROUTE_REPLACE,		/* flag: take it from the peer that has it */

	__CAMEX_A_ROUTE_MAX,
	CAMEX_A_ROUTE_MAX = (__CAMEX_A_ROUTE_MAX - 1)
};

/*
 * Attributes of an entry of the forwarding table of a tap link: a station, and the
 * peer that it is behind.
 */
enum {
	CAMEX_A_FDB_MAC = 1,		/* 6 bytes, a unicast address */
	CAMEX_A_FDB_VLAN,		/* u16, ID from 1 to 4094; absent: none */
	CAMEX_A_FDB_PEER,		/* string, the peer's name */
	CAMEX_A_FDB_AGE,		/* u32, seconds since it was heard; none: static [out] */

	__CAMEX_A_FDB_MAX,
	CAMEX_A_FDB_MAX = (__CAMEX_A_FDB_MAX - 1)
};

/* Counters of a device: u64 each, packets or datagrams. */
enum {
	CAMEX_A_STATS_MALFORMED = 1,	/* datagram that no format fits */
	CAMEX_A_STATS_NOT_IP,		/* packet that is neither IPv4 nor IPv6 */
	CAMEX_A_STATS_UNKNOWN_PEER,	/* datagram from nobody we know */
	CAMEX_A_STATS_AUTH_FAILED,	/* tag does not fit any key */
	CAMEX_A_STATS_REPLAYED,		/* sequence seen before, or too old */
	CAMEX_A_STATS_BAD_SOURCE,	/* inner source is not the peer's */
	CAMEX_A_STATS_NO_ROUTE,		/* no peer for the destination */
	CAMEX_A_STATS_NO_KEY,		/* peer without a key, or the machine hibernates */
	CAMEX_A_STATS_NO_ENDPOINT,	/* peer without an endpoint, or no way to it */
	CAMEX_A_STATS_PLAINTEXT_REFUSED,/* plain datagram where a key is needed */
	CAMEX_A_STATS_TOO_BIG,		/* packet larger than fits */
	CAMEX_A_STATS_TTL_EXPIRED,	/* relayed packet at the end of its TTL */
	CAMEX_A_STATS_LOOP,		/* the way to the peer leads into the tunnel */
	CAMEX_A_STATS_LINK_PENDING,	/* the peer's own link is not made yet, or is down */
	CAMEX_A_STATS_NETPOLL_FALLBACK,	/* sent by udp where netpoll could not */
	CAMEX_A_STATS_RX_NETFILTER,	/* datagrams taken by the hook */
	CAMEX_A_STATS_FDB_FULL,		/* address not learned: table full */
	CAMEX_A_STATS_QUEUE_FULL,	/* packet dropped: queue full */
	CAMEX_A_STATS_NO_MEMORY,	/* packet dropped: allocation failed */
	CAMEX_A_STATS_RATE_LIMITED,	/* datagram dropped: over a limit */
	CAMEX_A_STATS_PAD,
	CAMEX_A_STATS_NO_DEVICE,	/* the interface of bind-dev, or of a scope, is not there */
	CAMEX_A_STATS_TCP_REFUSED,	/* connection ended: there are too many */
	CAMEX_A_STATS_TCP_SILENT,	/* connection ended: no peer was heard on it in 10 s */
	CAMEX_A_STATS_WRONG_CIPHER,	/* handshake by another cipher than the peer's */

	__CAMEX_A_STATS_MAX,
	CAMEX_A_STATS_MAX = (__CAMEX_A_STATS_MAX - 1)
};

/* Top level of every message. A request names its device by one of the first two. */
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
 * Commands. All that change something need CAP_NET_ADMIN over the namespace of
 * the link and over that of the transport (EPERM); so do ROUTE_GET and FDB_GET.
 * ENODEV: no such device; EOPNOTSUPP: it is no camex device, or lacks the
 * feature; ENOENT: no such peer or route; EEXIST: it is there already; ENOSPC:
 * there are too many; EINVAL, ERANGE: a bad attribute;
 * ENOMEM. Devices are made by rtnetlink, kind "camex", and deleted by it or by
 * DEV_DEL; by the latter alone where the link's namespace and the transport's
 * belong to different user namespaces.
 */
enum {
	CAMEX_CMD_DEV_GET = 1,		/* do, dump: IFINDEX, IFNAME, DEV */
	CAMEX_CMD_DEV_SET,		/* DEV; EADDRINUSE: the port is taken */
	CAMEX_CMD_PEER_GET,		/* do: PEER{NAME}; dump: of one device */
	CAMEX_CMD_PEER_ADD,		/* PEER */
	CAMEX_CMD_PEER_SET,		/* PEER */
	CAMEX_CMD_PEER_DEL,		/* PEER{NAME} */
	CAMEX_CMD_PEER_FORGET,		/* PEER{NAME}: drop its sessions and learned endpoint */
	CAMEX_CMD_KEY_SET,		/* PEER{NAME, KEY, FINGERPRINT} */
	CAMEX_CMD_KEY_DEL,		/* PEER{NAME} */
	CAMEX_CMD_ROUTE_GET,		/* dump: of one device */
	CAMEX_CMD_ROUTE_ADD,		/* ROUTE{ADDR, LEN, PEER, REPLACE} */
	CAMEX_CMD_ROUTE_DEL,		/* ROUTE{ADDR, LEN, PEER: must be its owner} */
	CAMEX_CMD_STATS_GET,		/* do: STATS */
	CAMEX_CMD_EVENT,		/* multicast: EVENT, IFINDEX, IFNAME, PEER */
	CAMEX_CMD_DEV_DEL,		/* with its peers and routes */
	CAMEX_CMD_FDB_GET,		/* dump: of one device */
	CAMEX_CMD_FDB_ADD,		/* FDB{MAC, VLAN, PEER}; ENOSPC: the table is full */
	CAMEX_CMD_FDB_DEL,		/* FDB{MAC, VLAN, PEER: must be the one it is behind} */

	__CAMEX_CMD_MAX,
	CAMEX_CMD_MAX = (__CAMEX_CMD_MAX - 1)
};

/*
 * Transport serial is a line discipline; its number is the module parameter
 * ldisc. TIOCSETD to it needs CAP_NET_ADMIN over the caller's network namespace.
 * Then this joins the tty and the device of that interface index there, which gets
 * its carrier. ENODEV: no such device; EOPNOTSUPP: it is no camex device, or its
 * transport is another; EPERM: CAP_NET_ADMIN is needed over the namespaces of the
 * link and of the transport; EBUSY: the tty or the device has another already.
 * They part when the tty is closed, hung up, or gets another discipline, and when
 * the device is deleted; poll() tells POLLHUP then.
 */
#define CAMEX_IOC_ATTACH	_IOW(0xca, 0x40, __u32)

#endif /* _UAPI_LINUX_CAMEX_H */
