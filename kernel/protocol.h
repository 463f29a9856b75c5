/* SPDX-License-Identifier: GPL-2.0-only */
/* What is put around each packet: the layer between link and transport. */
#ifndef CAMEX_PROTOCOL_H
#define CAMEX_PROTOCOL_H

#include "peer.h"

struct camex_batch;
struct camex_cut;
struct camex_opening;

/* Most bytes that a protocol puts before the header of an encrypted datagram. */
#define CAMEX_LEAD_MAX	CAMEX_ID_LEN

/**
 * struct camex_source - where a datagram came from
 * @addr: its sender
 * @local: our address that it went to, port 0
 * @dsfield: DSCP and ECN of the outer header
 */
struct camex_source {
	struct camex_addr addr;
	struct camex_addr local;
	u8 dsfield;
};

/**
 * struct camex_protocol_ops - a protocol
 * @keyed: its peers can have keys
 * @asks_plaintext: without a key they can talk only where camex_conf.plaintext
 *	says so
 * @registers: it has REGISTER and CONFIG
 * @bare: a datagram is a packet and nothing else
 * @lead: bytes that it puts before the header of an encrypted datagram:
 *	camex_conf.id
 * @overhead: most bytes that it adds to a packet
 * @plain_overhead: the same towards a peer without a key
 * @headroom: most bytes that @seal puts before the packet
 * @tailroom: bytes that @seal wants behind it
 * @ready: can a packet be sent to the peer? 0, or the counter that says why not
 *	(CAMEX_A_STATS_*)
 * @encrypts: does it encrypt what goes to the peer? Then GSO packets are cut
 *	before @seal; else they are kept whole. NULL: never
 * @seal: make a datagram out of a packet. Returns it, the same skb or another; or
 *	NULL with *@why set to a counter and the packet freed
 * @seal_many: make datagrams out of what is left of a GSO packet, as many as have
 *	room in one outer GSO packet of @most bytes, which is returned; or NULL
 *	with *@why set to a counter and nothing done. NULL: cannot do that
 * @hello: make a datagram out of control text (none: skb->len is 0) of an enum
 *	camex_wire_type. As @seal; NULL: the protocol has no such thing
 * @open: take the datagram's payload at skb->data apart. Returns the peer that
 *	it is from, with the bare packet in the skb (none: skb->len is 0) and
 *	its checksum state right; or NULL with *@why set to a counter, or to 0
 *	when it has served its purpose. The skb stays the caller's
 * @new_session: the session that a datagram with a prefix that is not open begins,
 *	decrypted; or NULL with *@why set. NULL: it has no sessions
 * @speaks_for: may a datagram with that lead, from there, be the peer's? NULL: there
 *	is no lead
 * @open_into: open a datagram, which is only read like so many bytes before it, as
 *	the next piece of a batch.
 *	Returns false with nothing done where @open has to do it, or the
 *	batch must be delivered first. NULL: never
 * @accept: all pieces of a batch are there. Returns which of them are to be
 *	delivered, a bit for each, and the peer that they are from
 *
 * All run as RCU readers with bottom halves off, and know no transport.
 */
struct camex_protocol_ops {
	bool keyed;
	bool asks_plaintext;
	bool registers;
	bool bare;
	unsigned int lead;
	unsigned int overhead;
	unsigned int plain_overhead;
	unsigned int headroom;
	unsigned int tailroom;
	int (*ready)(const struct camex_peer *peer);
	bool (*encrypts)(const struct camex_peer *peer);
	struct sk_buff *(*seal)(struct camex_peer *peer, struct sk_buff *skb,
				int *why);
	struct sk_buff *(*seal_many)(struct camex_peer *peer,
				     struct camex_cut *cut, unsigned int most,
				     int *why);
	struct sk_buff *(*hello)(struct camex_peer *peer, struct sk_buff *skb,
				 u8 type, int *why);
	struct camex_peer *(*open)(struct camex_dev *cdev, struct sk_buff *skb,
				   const struct camex_source *from, int *why);
	struct camex_session_rx *(*new_session)(struct camex_dev *cdev,
						struct camex_opening *o,
						const struct camex_source *from,
						int *why);
	bool (*speaks_for)(const struct camex_peer *peer, const u8 *lead,
			   const struct camex_source *from);
	bool (*open_into)(struct camex_batch *batch, const u8 *data,
			  unsigned int len, unsigned int before);
	u64 (*accept)(struct camex_batch *batch, struct camex_peer **peer);
};

extern const struct camex_protocol_ops camex_protocol_camex;
extern const struct camex_protocol_ops camex_protocol_raw;
extern const struct camex_protocol_ops camex_protocol_jtunnel;

struct sk_buff *camex_raw_seal(struct camex_peer *peer, struct sk_buff *skb,
			       int *why);
struct camex_peer *camex_raw_open(struct camex_dev *cdev, struct sk_buff *skb,
				  const struct camex_source *from, int *why);
struct camex_peer *camex_raw_heard(struct camex_peer *peer,
				   const struct camex_source *from, int *why);

/**
 * struct camex_icmp - an ICMP or ICMPv6 message
 * @type: its type
 * @code: its code
 * @info: MTU in bytes, or 0; host byte order
 */
struct camex_icmp {
	u8 type;
	u8 code;
	u32 info;
};

/* Tunnels that a packet may be inside of, on this host. */
#define CAMEX_RECURSION_MAX	4

/**
 * camex_nested_too_deep() - would another tunnel around this overflow the stack
 */
static inline bool camex_nested_too_deep(void)
{
	return dev_recursion_level() > CAMEX_RECURSION_MAX;
}

bool camex_icmp_for(int why, bool v4, unsigned int room, struct camex_icmp *icmp);
int camex_tx(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol,
	     unsigned int *room);
bool camex_relay(struct camex_dev *cdev, const struct camex_peer *from,
		 struct sk_buff *skb);
/**
 * camex_is_aggregate() - are these many datagrams, not a GSO packet in a datagram
 * @skb: what was received
 */
static inline bool camex_is_aggregate(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb_shinfo(skb)->gso_type & (SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL |
					     SKB_GSO_UDP_TUNNEL_CSUM)) ==
	       SKB_GSO_UDP_L4;
}

/**
 * camex_datagrams() - how many datagrams was it on the way?
 * @skb: what was received
 */
static inline unsigned int camex_datagrams(const struct sk_buff *skb)
{
	return camex_is_aggregate(skb) ? skb_shinfo(skb)->gso_segs ?: 1 : 1;
}

/**
 * camex_tx_stamped() - the sender of a packet was told when it was sent
 * @skb: the packet, whose header is not shared; skb_tx_timestamp() was called
 *
 * The device that the datagram leaves by must not tell it again.
 */
static inline void camex_tx_stamped(struct sk_buff *skb)
{
	if (unlikely(skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP))
		skb_shinfo(skb)->tx_flags &= ~SKBTX_SW_TSTAMP;
}

netdev_tx_t camex_xmit(struct sk_buff *skb, struct net_device *dev);
netdev_tx_t camex_xmit_to(struct camex_dev *cdev, struct camex_peer *peer,
			  struct sk_buff *skb);
void camex_rx(struct camex_dev *cdev, struct sk_buff *skb,
	      const struct camex_source *from);
void camex_deliver(struct camex_dev *cdev, struct camex_peer *peer,
		   struct sk_buff *skb, const struct camex_source *from);

#endif /* CAMEX_PROTOCOL_H */
