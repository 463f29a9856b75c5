/* SPDX-License-Identifier: GPL-2.0-only */
/* What is put around each packet: the layer between link and transport. */
#ifndef CAMEX_PROTOCOL_H
#define CAMEX_PROTOCOL_H

#include "core/peer.h"
#include "core/session.h"

struct camex_sealed_ops;
struct genl_info;
struct netlink_ext_ack;
struct nlattr;

/* What camex_protocol_ops.ready returns for a packet that has to wait for a session. */
#define CAMEX_READY_STAGED	(-1)

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
 * struct camex_due - what a peer's timer has found to be due, to be done without the lock
 * @what: the protocol's: bits by what it is
 * @ep: the peer's endpoint, valid under RCU; NULL: there is none
 * @configured: another endpoint that it is sent to as well, valid under RCU, or NULL
 */
struct camex_due {
	unsigned long what;
	struct camex_endpoint *ep;
	struct camex_endpoint *configured;
};

/**
 * struct camex_protocol_ops - a protocol
 * @peer_size: bytes of its own part of a peer: zeros behind struct camex_peer, see
 *	camex_peer_own()
 * @dev_size: bytes of its own part of a device: zeros, see camex_dev_own()
 * @bare: a datagram is a packet and nothing else
 * @counts_datagrams: traffic is counted with all that is put around packets, up to UDP, and
 *	the protocol counts what carries none
 * @no_keys: for people, where there is no @key_set: what there is instead
 * @keeps_alive: its peers can be told to send a sign of life after some silence
 * @knows_lost: it finds out by itself which peers are lost; they may be silent for minutes
 * @hides_dscp: of the DS field of a packet only ECN shows outside
 * @clears_mark: packets from peers do not keep the mark that their datagram had on the way
 *	through the firewall
 * @any_family: peers come and go between IPv4 and IPv6: the link's MTU suits both
 * @overhead: most bytes that it adds to a packet, without @padding
 * @least_overhead: fewest bytes that it adds to one that is encrypted
 * @plain_overhead: as @overhead, towards a peer without a key
 * @headroom: most bytes that @seal puts before the packet
 * @tailroom: bytes that @seal wants behind it
 * @dev_init: set up its part of a new device, before anything else of the device is there.
 *	Returns 0 or a negative errno. NULL: zeros will do. Context: RTNL, may sleep
 * @dev_free: undo @dev_init. The device has no peers; @peer_free of the last ones may still
 *	have to be called. NULL: there is nothing to do. Context: RTNL, may sleep
 * @dev_check: refuse what a request says of a device, before anything changes. @cdev: the
 *	device, NULL for one that is to be made; @tb: CAMEX_A_DEV_*, validated by their policy.
 *	Returns 0 or a negative errno, with a text. NULL: there is nothing to refuse.
 *	Context: RTNL, may sleep
 * @dev_set: do what @dev_check has let pass, for a new device as well. Returns 0, or a
 *	negative errno with nothing changed. NULL: nothing is the protocol's. Context: RTNL,
 *	may sleep
 * @dev_fill: write its CAMEX_A_DEV_*; @secrets: those as well that only somebody who may
 *	change the device is told. Returns 0 or -EMSGSIZE. NULL: there are none. Context: RTNL
 * @dev_fill_size: most bytes that @dev_fill writes without secrets
 * @dev_up: the link goes up, before the timers of the peers start. Returns 0 or a negative
 *	errno: the link stays down. NULL: no matter. Context: RTNL, may sleep
 * @down: the device has gone down: nothing that waits is taken any more. NULL: nothing
 *	waits. Context: RTNL, may sleep
 * @stop: the same, for good. NULL: as before. Context: RTNL, may sleep
 * @peer_init: set up its part of a new peer, which is in no table yet. Returns 0 or a
 *	negative errno. NULL: zeros will do. Context: RTNL, may sleep
 * @peer_check: refuse what a request says of a peer, before anything changes. @peer: the
 *	peer, NULL for one that is to be added; @tb: CAMEX_A_PEER_*, validated by their policy.
 *	Returns and context: as @dev_check
 * @peer_prepare: get ready for @peer_set: what can fail, and a first key, without which what
 *	follows could be plain. Returns 0, or a negative errno with nothing changed. NULL: there
 *	is nothing to do. Context: RTNL, may sleep
 * @peer_abandon: undo @peer_prepare; there is no @peer_set. Context: RTNL, may sleep
 * @peer_set: do what @peer_check has let pass. Returns 0, or a negative errno with nothing
 *	changed. NULL: nothing is the protocol's. Context: RTNL, may sleep
 * @peer_fill: write its CAMEX_A_PEER_*; @secrets: as for @dev_fill. Returns 0 or -EMSGSIZE.
 *	NULL: there are none. Context: RTNL or RCU reader
 * @peer_forget: drop what was learned about a peer: its sessions end; @dying: the peer goes,
 *	so what was configured is dropped, too. NULL: nothing is learned. Context: RTNL and
 *	camex_dev.lock
 * @peer_stop: a peer goes, and has left all tables: wait for works and timers, and stop
 *	them. NULL: there are none. Context: RTNL, may sleep
 * @peer_free: undo @peer_init, after a grace period; the device's own part may be gone.
 *	NULL: there is nothing to do. Context: RCU callback
 * @due: what is due for a peer? Returns jiffies until the next thing is,
 *	MAX_JIFFY_OFFSET for never. NULL: nothing ever. Context: camex_dev.lock
 * @act: do what @due has found, where it has found something. Context: RCU reader, bottom
 *	halves off
 * @begin: a peer hears from us at once, because the link went up, or somebody chose its
 *	settings. NULL: no matter. Context: camex_dev.lock
 * @peer_up: a peer was heard for the first time, or again: it may wait for a sign of us.
 *	NULL: no matter. Context: camex_dev.lock
 * @peer_lost: a peer has been silent for too long. NULL: no matter. Context: camex_dev.lock
 * @peer_moved: a peer, or our address that it talks to, has moved: it may wait for a sign of
 *	us. NULL: no matter. Context: camex_dev.lock
 * @expects_answer: does a peer answer within seconds, or else is lost? NULL: never
 * @keepalive: after how many seconds of our silence a peer is sent a sign of life where nobody
 *	chose; 0: never. NULL: never. Context: any
 * @registers: how we register with a peer. NULL: not at all. Context: any
 * @introduce: say who we are before the next packet to a peer, where camex_peer.live.unheard says
 *	so; @ep: where that goes. Returns false if nothing may be sealed. NULL where none has to
 * @lacks_key: can a peer not talk, because it has no key? NULL: never. Context: RTNL or RCU
 *	reader
 * @has_key: does a peer have a key, so that nothing plain is from it? NULL: never.
 *	Context: any
 * @key_set: give a peer a key of CAMEX_KEY_LEN bytes with its fingerprint, or none (NULL).
 *	Returns 0, or -ENOMEM with nothing changed. NULL: there are no such keys. Context: RTNL,
 *	may sleep
 * @receives_many: can there be datagrams of open sessions, so that it is worth while to receive
 *	many at a time? NULL: always, where there is @locate. Context: RTNL
 * @state: a state of a peer with an endpoint that is not what all protocols have. Returns
 *	false when it has none. NULL: never. Context: RTNL or RCU reader
 * @endpoint_changed: the endpoint of a peer is another one, because it moved or somebody
 *	chose it. NULL: no matter. Context: camex_dev.lock
 * @configured: somebody chose the endpoint of a peer; @endpoint_changed was called before.
 *	NULL: no matter. Context: RTNL and camex_dev.lock
 * @renew: send under a new session from now on, if there is one. Returns 0, or -ENOMEM with
 *	the old one still in use. NULL: there are none. Context: camex_dev.lock
 * @use_up: end the sessions for sending of all peers that began when the clock's offset was
 *	below @since (camex_clock_offset()). The next packet begins another, but for
 *	camex_clock_hibernates(). NULL: there are none. Context: RTNL, may sleep
 * @hibernate: memory is written to disk, so take nothing under open sessions until that is over
 *	(@begins is false); @use_up was called before. NULL: there are none. Context: RTNL, may
 *	sleep
 * @ready: can a packet be sent to the peer? 0, or the counter that says why not
 *	(CAMEX_A_STATS_*), or CAMEX_READY_STAGED: it waits until the protocol calls
 *	camex_staged_send()
 * @want_session: a packet waits for a session: begin one, if none is about to begin. NULL
 *	where @ready lets none wait
 * @encrypts: does it encrypt what goes to the peer? Then GSO packets are cut
 *	before @seal; else they are kept whole. NULL: never
 * @seal: make a datagram out of a packet. Returns it, the same skb or another; or
 *	NULL with *@why set to a counter and the packet freed
 * @open: take the datagram's payload at skb->data apart. Returns the peer that
 *	it is from, with the bare packet in the skb (none: skb->len is 0) and
 *	its checksum state right; or NULL with *@why set to a counter, or to 0
 *	when it has served its purpose. The skb stays the caller's
 * @data: the kind of datagram that a packet becomes, for @begin_sealing
 * @padding: most bytes of zeros behind a packet, one less than a power of two; where there
 *	are any, the length in the IP header of a packet says where it ends
 * @begin_sealing: the key, the header's length and the first of @n sequences for the
 *	next datagrams to a peer. Returns false with *@why set: there is no session.
 *	NULL: the protocol encrypts nothing
 * @put_header: write header and nonce of the next of them, whose ciphertext has
 *	@body bytes
 * @locate: where everything is in a datagram that is opened as one of many. @last is
 *	the session of the one before, if any. Returns false where @open has to take
 *	it. NULL: always
 * @expects: does an aggregate claim to be of an open session? Not authenticated
 * @heard: datagrams of a session were authentic and new; @highest: its highest
 *	sequence so far was among them
 * @sealed: what protocol/sealed asks of it. NULL: its datagrams are of another form
 *
 * Where nothing else is said they run as RCU readers with bottom halves off. They know no
 * transport.
 */
struct camex_protocol_ops {
	bool bare;
	const char *no_keys;
	bool keeps_alive;
	bool knows_lost;
	bool hides_dscp;
	bool clears_mark;
	bool any_family;
	bool counts_datagrams;
	unsigned int overhead;
	unsigned int least_overhead;
	unsigned int plain_overhead;
	unsigned int headroom;
	unsigned int tailroom;
	size_t peer_size;
	size_t dev_size;
	int (*dev_init)(struct camex_dev *cdev);
	void (*dev_free)(struct camex_dev *cdev);
	int (*dev_check)(struct camex_dev *cdev, struct nlattr **tb,
			 struct netlink_ext_ack *extack);
	int (*dev_set)(struct camex_dev *cdev, struct nlattr **tb,
		       struct netlink_ext_ack *extack);
	int (*dev_fill)(const struct camex_dev *cdev, struct sk_buff *msg,
			bool secrets);
	size_t dev_fill_size;
	int (*dev_up)(struct camex_dev *cdev);
	void (*down)(struct camex_dev *cdev);
	void (*stop)(struct camex_dev *cdev);
	int (*peer_init)(struct camex_peer *peer);
	int (*peer_check)(struct camex_dev *cdev, struct camex_peer *peer,
			  struct nlattr **tb, struct genl_info *info);
	int (*peer_prepare)(struct camex_peer *peer, struct nlattr **tb,
			    struct genl_info *info);
	void (*peer_abandon)(struct camex_peer *peer);
	int (*peer_set)(struct camex_peer *peer, struct nlattr **tb,
			struct netlink_ext_ack *extack);
	int (*peer_fill)(const struct camex_peer *peer, struct sk_buff *msg,
			 bool secrets);
	void (*peer_forget)(struct camex_peer *peer, bool dying);
	void (*peer_stop)(struct camex_peer *peer);
	void (*peer_free)(struct camex_peer *peer);
	unsigned long (*due)(struct camex_peer *peer, unsigned long now,
			     struct camex_due *due);
	void (*act)(struct camex_peer *peer, const struct camex_due *due);
	void (*begin)(struct camex_peer *peer);
	void (*peer_up)(struct camex_peer *peer);
	void (*peer_lost)(struct camex_peer *peer);
	void (*peer_moved)(struct camex_peer *peer);
	bool (*expects_answer)(const struct camex_peer *peer);
	unsigned int (*keepalive)(const struct camex_peer *peer);
	enum camex_register (*registers)(const struct camex_peer *peer);
	bool (*introduce)(struct camex_peer *peer, struct camex_endpoint *ep);
	bool (*lacks_key)(const struct camex_peer *peer);
	bool (*has_key)(const struct camex_peer *peer);
	int (*key_set)(struct camex_peer *peer, const u8 *key, const u8 *fingerprint);
	bool (*receives_many)(const struct camex_dev *cdev);
	bool (*state)(const struct camex_peer *peer, enum camex_peer_state *state);
	void (*endpoint_changed)(struct camex_peer *peer);
	void (*configured)(struct camex_peer *peer);
	int (*renew)(struct camex_peer *peer);
	void (*use_up)(struct camex_dev *cdev, s64 since);
	void (*hibernate)(struct camex_dev *cdev, bool begins);
	int (*ready)(const struct camex_peer *peer);
	void (*want_session)(struct camex_peer *peer);
	bool (*encrypts)(const struct camex_peer *peer);
	struct sk_buff *(*seal)(struct camex_peer *peer, struct sk_buff *skb,
				int *why);
	struct camex_peer *(*open)(struct camex_dev *cdev, struct sk_buff *skb,
				   const struct camex_source *from, int *why);
	u8 data;
	unsigned int padding;
	bool (*begin_sealing)(struct camex_peer *peer, struct camex_sealing *s,
			      unsigned int n, u8 type, int *why);
	void (*put_header)(struct camex_sealing *s, unsigned int body);
	bool (*locate)(struct camex_dev *cdev, const u8 *data, unsigned int len,
		       const struct camex_source *from,
		       struct camex_receiver *last, struct camex_located *at);
	bool (*expects)(struct camex_dev *cdev, const struct sk_buff *skb);
	void (*heard)(struct camex_receiver *receiver,
		      const struct camex_source *from, bool highest);
	const struct camex_sealed_ops *sealed;
};

extern const struct camex_protocol_ops camex_protocol_camex;
extern const struct camex_protocol_ops camex_protocol_raw;
extern const struct camex_protocol_ops camex_protocol_jtunnel;
extern const struct camex_protocol_ops camex_protocol_wireguard;

int camex_wireguard_init(void);
void camex_wireguard_exit(void);

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

netdev_tx_t camex_xmit_to(struct camex_dev *cdev, struct camex_peer *peer,
			  struct sk_buff *skb);
void camex_rx(struct camex_dev *cdev, struct sk_buff *skb,
	      const struct camex_source *from);
void camex_deliver(struct camex_dev *cdev, struct camex_peer *peer,
		   struct sk_buff *skb, const struct camex_source *from);

#endif /* CAMEX_PROTOCOL_H */
