/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints camex:*. Names are arrays, not pointers, so that filters can compare them ("dev ==
 * \"camex0\"") and all kernels print them in the same way. Tracepoints contain endpoints, but no
 * key, no identifier and no payload. Only root can trace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM camex

#if !defined(CAMEX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CAMEX_TRACE_H

#include <linux/tracepoint.h>

#include "core/peer.h"

/* Bytes of the longest name of a counter, with the NUL. */
#define CAMEX_TRACE_COUNTER	24

DECLARE_EVENT_CLASS(camex_packets,
	TP_PROTO(const struct camex_peer *peer, unsigned int packets, unsigned int bytes),
	TP_ARGS(peer, packets, bytes),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(int, ifindex)
		__array(char, peer, CAMEX_NAME_MAX + 1)
		__field(unsigned int, packets)
		__field(unsigned int, bytes)
	),
	TP_fast_assign(
		memcpy(__entry->dev, peer->cdev->dev->name, IFNAMSIZ);
		__entry->ifindex = peer->cdev->dev->ifindex;
		memcpy(__entry->peer, peer->name, CAMEX_NAME_MAX + 1);
		__entry->packets = packets;
		__entry->bytes = bytes;
	),
	TP_printk("dev=%s ifindex=%d peer=%s packets=%u bytes=%u", __entry->dev,
		  __entry->ifindex, __entry->peer, __entry->packets, __entry->bytes)
);

/* A datagram or a batch was made of packets, encrypted or plain, and goes to the transport. */
DEFINE_EVENT(camex_packets, camex_seal,
	TP_PROTO(const struct camex_peer *peer, unsigned int packets, unsigned int bytes),
	TP_ARGS(peer, packets, bytes)
);

/* Packets of a peer were opened and accepted, and go to the stack or to another peer. */
DEFINE_EVENT(camex_packets, camex_open,
	TP_PROTO(const struct camex_peer *peer, unsigned int packets, unsigned int bytes),
	TP_ARGS(peer, packets, bytes)
);

TRACE_EVENT(camex_drop,
	TP_PROTO(const struct camex_dev *cdev, const struct camex_peer *peer, int why,
		 unsigned int packets, bool received),
	TP_ARGS(cdev, peer, why, packets, received),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(int, ifindex)
		__array(char, peer, CAMEX_NAME_MAX + 1)
		__array(char, counter, CAMEX_TRACE_COUNTER)
		__field(unsigned int, packets)
		/* before Linux 5.11 modules have no BTF, and bpftrace does not know bool */
		__field(unsigned char, received)
	),
	TP_fast_assign(
		memcpy(__entry->dev, cdev->dev->name, IFNAMSIZ);
		__entry->ifindex = cdev->dev->ifindex;
		memset(__entry->peer, 0, CAMEX_NAME_MAX + 1);
		if (peer)
			memcpy(__entry->peer, peer->name, CAMEX_NAME_MAX + 1);
		strscpy(__entry->counter, camex_stats_names[camex_stats_slot(why)],
			CAMEX_TRACE_COUNTER);
		__entry->packets = packets;
		__entry->received = received;
	),
	TP_printk("dev=%s ifindex=%d peer=%s counter=%s packets=%u %s", __entry->dev,
		  __entry->ifindex, __entry->peer, __entry->counter, __entry->packets,
		  __entry->received ? "received" : "sent")
);

DECLARE_EVENT_CLASS(camex_peer_only,
	TP_PROTO(const struct camex_peer *peer),
	TP_ARGS(peer),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(int, ifindex)
		__array(char, peer, CAMEX_NAME_MAX + 1)
	),
	TP_fast_assign(
		memcpy(__entry->dev, peer->cdev->dev->name, IFNAMSIZ);
		__entry->ifindex = peer->cdev->dev->ifindex;
		memcpy(__entry->peer, peer->name, CAMEX_NAME_MAX + 1);
	),
	TP_printk("dev=%s ifindex=%d peer=%s", __entry->dev, __entry->ifindex, __entry->peer)
);

/* A session for receiving from a peer is opened, or closed. */
DEFINE_EVENT(camex_peer_only, camex_session_open,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
DEFINE_EVENT(camex_peer_only, camex_session_close,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
/* A handshake of protocol wireguard is complete. */
DEFINE_EVENT(camex_peer_only, camex_handshake,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
/* A REGISTER of a peer was accepted. */
DEFINE_EVENT(camex_peer_only, camex_register,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
/* A per-peer link was made. */
DEFINE_EVENT(camex_peer_only, camex_link,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
DEFINE_EVENT(camex_peer_only, camex_peer_up,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));
DEFINE_EVENT(camex_peer_only, camex_peer_lost,
	TP_PROTO(const struct camex_peer *peer), TP_ARGS(peer));

TRACE_EVENT(camex_endpoint,
	TP_PROTO(const struct camex_peer *peer, const struct camex_addr *to),
	TP_ARGS(peer, to),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(int, ifindex)
		__array(char, peer, CAMEX_NAME_MAX + 1)
		__field(u16, family)
		__array(u8, addr, 16)
		__field(u16, port)
	),
	TP_fast_assign(
		memcpy(__entry->dev, peer->cdev->dev->name, IFNAMSIZ);
		__entry->ifindex = peer->cdev->dev->ifindex;
		memcpy(__entry->peer, peer->name, CAMEX_NAME_MAX + 1);
		__entry->family = to->family;
		/* an IPv4 address as an IPv4-mapped IPv6 address */
		if (to->family == AF_INET)
			ipv6_addr_set_v4mapped(to->v4, (struct in6_addr *)__entry->addr);
		else
			memcpy(__entry->addr, &to->v6, 16);
		__entry->port = ntohs(to->port);
	),
	TP_printk("dev=%s ifindex=%d peer=%s addr=%pI6c port=%u", __entry->dev,
		  __entry->ifindex, __entry->peer, __entry->addr, __entry->port)
);

#endif /* CAMEX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH core
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
