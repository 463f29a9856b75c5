/* SPDX-License-Identifier: GPL-2.0-only */
/* Protocols: the layer between link and transport, which makes datagrams of packets. */
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
 * struct camex_source - source of a datagram
 * @addr: address and port of the sender
 * @local: our address to which it was sent, port 0
 * @dsfield: DSCP and ECN of the outer header
 */
struct camex_source {
	struct camex_addr addr;
	struct camex_addr local;
	u8 dsfield;
};

/**
 * struct camex_due - work that the timer of a peer found due, done without the lock
 * @what: bits, defined by the protocol
 * @ep: the peer's endpoint, valid under RCU; NULL: there is none
 * @configured: second destination for the same datagram, valid under RCU, or NULL
 */
struct camex_due {
	unsigned long what;
	struct camex_endpoint *ep;
	struct camex_endpoint *configured;
};

/**
 * struct camex_protocol_ops - a protocol
 * @peer_size: size of the protocol's own struct of a peer, zeroed memory behind struct
 *	camex_peer, see camex_peer_own()
 * @dev_size: size of the protocol's own struct of a device, zeroed, see camex_dev_own()
 * @bare: a datagram is the packet itself
 * @counts_datagrams: traffic counters include all headers below UDP, and the protocol counts
 *	datagrams without a packet
 * @come_by_themselves: a peer without an endpoint registers within seconds, so packets to a new
 *	peer wait for that (camex_stage_until_heard())
 * @no_keys: error text if there is no @key_set: what to use instead
 * @keeps_alive: peers have the setting keepalive
 * @knows_lost: the protocol decides which peers are lost; they may be silent for minutes
 * @hides_dscp: the outer header gets only the ECN bits of the inner DS field
 * @clears_mark: received packets do not keep the mark that the firewall gave to their datagram
 * @any_family: peers move between IPv4 and IPv6, so the MTU of the link must fit both
 * @overhead: maximum bytes that it adds to a packet, without @padding
 * @least_overhead: minimum bytes that it adds to an encrypted packet
 * @plain_overhead: as @overhead, for a peer without a key
 * @headroom: maximum bytes that @seal writes in front of the packet
 * @tailroom: bytes that @seal needs behind the packet
 * @dev_init: set up the protocol's own struct of a new device, before everything else of the
 *	device. Returns 0 or a negative errno. NULL: zeros are fine. Context: RTNL, may sleep
 * @dev_free: undo @dev_init. The device has no peers, but @peer_free of the last peers may still
 *	be called later. NULL: nothing to do. Context: RTNL, may sleep
 * @dev_check: validate a request for a device, before anything changes. @cdev: the device, NULL
 *	for a new one; @tb: CAMEX_A_DEV_*, validated by their policy. Returns 0, or a negative
 *	errno with a text. NULL: all is valid. Context: RTNL, may sleep
 * @dev_set: carry out a request that @dev_check has accepted, also for a new device. Returns 0,
 *	or a negative errno with nothing changed. NULL: the protocol has no attributes.
 *	Context: RTNL, may sleep
 * @dev_fill: write the protocol's CAMEX_A_DEV_*; @secrets: include those that only a requester
 *	that may change the device sees. Returns 0 or -EMSGSIZE. NULL: the protocol has none.
 *	Context: RTNL
 * @dev_fill_size: maximum bytes that @dev_fill writes without secrets
 * @dev_up: the link goes up, before the timers of the peers start. Returns 0, or a negative
 *	errno, and the link stays down. May be NULL. Context: RTNL, may sleep
 * @down: the device went down: drop everything that waits. May be NULL. Context: RTNL, may sleep
 * @stop: the same before the device is deleted. May be NULL. Context: RTNL, may sleep
 * @peer_init: set up the protocol's own struct of a new peer, which is in no table yet. Returns 0
 *	or a negative errno. NULL: zeros are fine. Context: RTNL, may sleep
 * @peer_check: validate a request for a peer, before anything changes. @peer: the peer, NULL for
 *	a new one; @tb: CAMEX_A_PEER_*, validated by their policy. Returns and context: as
 *	@dev_check
 * @peer_prepare: do the parts of @peer_set that can fail, and set a first key, so that no packet
 *	is sent plain under the new settings. Returns 0, or a negative errno with nothing
 *	changed. NULL: nothing to do. Context: RTNL, may sleep
 * @peer_abandon: undo @peer_prepare, if @peer_set is not called. Context: RTNL, may sleep
 * @peer_set: carry out a request that @peer_check has accepted. Returns 0, or a negative errno
 *	with nothing changed. NULL: the protocol has no attributes. Context: RTNL, may sleep
 * @peer_fill: write the protocol's CAMEX_A_PEER_*; @secrets: as for @dev_fill. Returns 0 or
 *	-EMSGSIZE. NULL: the protocol has none. Context: RTNL or RCU reader
 * @peer_forget: end the sessions of a peer, and forget what was learned about it; @dying: the
 *	peer is deleted, so forget its configuration, too. May be NULL. Context: RTNL and
 *	camex_dev.lock
 * @peer_stop: stop and wait for works and timers of a peer that was removed from all tables.
 *	May be NULL. Context: RTNL, may sleep
 * @peer_free: undo @peer_init after a grace period, when the device's own struct may be freed
 *	already. May be NULL. Context: RCU callback
 * @due: find out what is due for a peer. Returns jiffies until something is due again,
 *	MAX_JIFFY_OFFSET for never. NULL: never. Context: camex_dev.lock
 * @act: do what @due has found, if it found something. Context: RCU reader, bottom halves off
 * @begin: send something to a peer at once, because the link went up, or its settings changed.
 *	May be NULL. Context: camex_dev.lock
 * @peer_up: a peer was heard for the first time, or again after it was lost; it may wait for an
 *	answer. May be NULL. Context: camex_dev.lock
 * @peer_lost: a peer has been silent for too long. May be NULL. Context: camex_dev.lock
 * @peer_moved: the address of a peer, or our address in its datagrams, changed; it may wait for
 *	an answer. May be NULL. Context: camex_dev.lock
 * @expects_answer: is a peer lost if it does not answer within seconds? NULL: no
 * @keepalive: default of the setting keepalive, seconds; 0: never. NULL: never. Context: any
 * @registers: how we register with a peer. NULL: not at all. Context: any
 * @introduce: send a first datagram to @ep before the next packet to a peer, if
 *	camex_peer.live.unheard is set. Returns false if nothing may be sealed. NULL: the
 *	protocol never sets that
 * @hello: send a datagram without a packet to an endpoint of a peer, if there is a session; else
 *	begin one. NULL: the protocol has no such datagrams
 * @lacks_key: is a peer unusable because it has no key? NULL: never. Context: RTNL or RCU reader
 * @has_key: does a peer have a key, so that plain datagrams are not from it? NULL: never.
 *	Context: any
 * @key_set: set the key of a peer (CAMEX_KEY_LEN bytes) and its fingerprint, or delete the key
 *	(NULL). Returns 0, or -ENOMEM with nothing changed. NULL: the protocol has no such keys.
 *	Context: RTNL, may sleep
 * @receives_many: can datagrams of open sessions arrive, so that receiving aggregates pays?
 *	NULL: yes, if there is @locate. Context: RTNL
 * @state: a state of the protocol's own, of a peer with an endpoint. Returns false if the peer is
 *	in none. NULL: never. Context: RTNL or RCU reader
 * @endpoint_changed: the endpoint of a peer changed, because the peer moved, or by a request. May
 *	be NULL. Context: camex_dev.lock
 * @configured: a request set the endpoint of a peer; @endpoint_changed was called before. May be
 *	NULL. Context: RTNL and camex_dev.lock
 * @renew: begin a new session for sending, if the peer has one. Returns 0, or -ENOMEM with the old
 *	one still in use. NULL: the protocol has no sessions. Context: camex_dev.lock
 * @use_up: end all sessions for sending that began when camex_clock_offset() was below @since. The
 *	next packet begins a new one, unless camex_clock_hibernates(). NULL: the protocol has no
 *	sessions. Context: RTNL, may sleep
 * @hibernate: accept nothing under open sessions while memory is written to disk, until a call
 *	with @begins false; @use_up was called before. NULL: the protocol has no sessions.
 *	Context: RTNL, may sleep
 * @ready: can a packet be sent to the peer? Returns 0, or the counter for the reason
 *	(CAMEX_A_STATS_*), or CAMEX_READY_STAGED: the packet waits until the protocol calls
 *	camex_staged_send()
 * @want_session: a packet waits for a session: begin one, unless one is about to begin. NULL if
 *	@ready never returns CAMEX_READY_STAGED
 * @encrypts: are packets to the peer encrypted? If so, GSO packets are cut before @seal; else they
 *	stay whole. NULL: never
 * @seal: make a datagram of a packet. Returns it, in the same skb or another one; or NULL with
 *	*@why set to a counter and the packet freed
 * @open: open the datagram whose payload is at skb->data. Returns the peer that sent it, with the
 *	bare packet in the skb (skb->len is 0: there is no packet) and its checksum state set;
 *	or NULL with *@why set to a counter, or to 0 if the datagram is not counted as dropped.
 *	The caller frees the skb
 * @data: type of a datagram with a packet, for @begin_sealing
 * @padding: maximum bytes of zeros behind a packet, a power of two minus one. If there is padding,
 *	the length in the packet's IP header tells where the packet ends
 * @begin_sealing: get key, header length and the first of @n sequences for the next datagrams to a
 *	peer. Returns false with *@why set if there is no session. NULL: the protocol does not
 *	encrypt
 * @put_header: write header and nonce of the next datagram, whose ciphertext has @body bytes
 * @locate: find session, header, nonce and ciphertext of a datagram in an aggregate. @last is the
 *	session of the previous datagram, or NULL. Returns false if @open must take the
 *	datagram. NULL: @open takes all
 * @expects: does an aggregate claim to belong to an open session? Not authenticated
 * @heard: new and authentic datagrams of a session were received; @highest: they include its
 *	highest sequence so far
 * @sealed: operations for protocol/sealed. NULL: the protocol has another datagram format
 *
 * Unless noted otherwise, they run as RCU readers with bottom halves off. They know no transport.
 */
struct camex_protocol_ops {
	bool bare;
	bool come_by_themselves;
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
	void (*hello)(struct camex_peer *peer, struct camex_endpoint *ep);
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

/* Maximum number of nested tunnels of a packet on this host. */
#define CAMEX_RECURSION_MAX	4

/**
 * camex_nested_too_deep() - would another tunnel around this overflow the stack
 */
static inline bool camex_nested_too_deep(void)
{
	return dev_recursion_level() > CAMEX_RECURSION_MAX;
}

bool camex_icmp_for(int why, bool v4, unsigned int room, struct camex_icmp *icmp);
void camex_tell_sender(struct sk_buff *skb, int why, unsigned int room);
int camex_tx(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol,
	     unsigned int *room);
bool camex_tx_many(struct camex_peer *peer, struct sk_buff_head *packets, __be16 protocol);
netdev_tx_t camex_xmit_now(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb);
/**
 * camex_is_aggregate() - is this an aggregate of datagrams, not a GSO packet in one datagram
 * @skb: the received skb
 */
static inline bool camex_is_aggregate(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb_shinfo(skb)->gso_type & (SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL |
					     SKB_GSO_UDP_TUNNEL_CSUM)) ==
	       SKB_GSO_UDP_L4;
}

/**
 * camex_datagrams() - number of datagrams on the wire
 * @skb: the received skb
 */
static inline unsigned int camex_datagrams(const struct sk_buff *skb)
{
	return camex_is_aggregate(skb) ? skb_shinfo(skb)->gso_segs ?: 1 : 1;
}

/**
 * camex_tx_stamped() - the sender of a packet has its transmit time stamp
 * @skb: the packet, whose header is not shared; skb_tx_timestamp() was called
 *
 * The device below must not report a second time stamp for the datagram.
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
