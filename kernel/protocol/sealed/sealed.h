/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted datagrams: the form of protocol camex, which others build upon. */
#ifndef CAMEX_SEALED_H
#define CAMEX_SEALED_H

#include "core/protocol.h"
#include "protocol/sealed/state.h"
#include "protocol/sealed/wire.h"

/* Most bytes that encryption adds to a packet, without a protocol's lead. */
#define CAMEX_SEALED_OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)

/* What is due: bits of camex_due.what. */
#define CAMEX_DUE_REGISTER	BIT(0)
#define CAMEX_DUE_KEEPALIVE	BIT(1)

/**
 * struct camex_opening - a datagram as it came, its header taken apart and as bytes
 * @h: the header
 * @ad: the associated data: the lead, then the header
 * @ad_len: its bytes
 * @nonce: where in @ad the nonce is
 * @body: what is decrypted in place
 * @peer: whom the lead says that it is from; NULL: there is none
 * @trial: the trial of keys that it waits in; NULL: it has just come (protocol camex)
 */
struct camex_opening {
	struct camex_wire_header h;
	u8 ad[CAMEX_LEAD_MAX + CAMEX_WIRE_HEADER];
	unsigned int ad_len;
	const u8 *nonce;
	u8 *body;
	struct camex_peer *peer;
	struct camex_trial *trial;
};

/**
 * struct camex_sealed_ops - what differs between the protocols with sealed datagrams
 * @lead: bytes that stand before the header of a datagram: camex_sealed_dev.lead
 * @speaks_for: may a datagram with that lead, from there, be the peer's? NULL where there is
 *	no lead
 * @new_session: the session that a datagram with a prefix that is not open begins,
 *	decrypted; or NULL with *@why set
 * @take_control: take what is no DATA and has opened. Returns 0, or a counter
 *	(CAMEX_A_STATS_*): it counts for nothing. NULL: a KEEPALIVE says nothing more
 * @hello: make a datagram out of control text (none: skb->len is 0) of an enum
 *	camex_wire_type. As camex_protocol_ops.seal
 * @introduction: what says who we are, @type an enum camex_wire_type; @registers: REGISTER,
 *	where that can be. Returns NULL without memory. NULL: KEEPALIVE
 * @introduce_every: how often at most a packet is preceded by that, jiffies. NULL: once a second
 * @register_due: is REGISTER due? Then @due is told. Returns jiffies until it is again,
 *	MAX_JIFFY_OFFSET for never. NULL: never. Context: camex_dev.lock
 * @awaits: is an answer to REGISTER awaited? NULL: never. Context: any
 * @rekeyed: a peer has another key, or none any more. NULL: no matter. Context: RTNL and
 *	camex_dev.lock
 * @key_gone: no peer has a key any more. NULL: no matter. Context: RTNL
 *
 * Where nothing else is said they run as RCU readers with bottom halves off.
 */
struct camex_sealed_ops {
	unsigned int lead;
	bool (*speaks_for)(const struct camex_peer *peer, const u8 *lead,
			   const struct camex_source *from);
	struct camex_session_rx *(*new_session)(struct camex_dev *cdev,
						struct camex_opening *o,
						const struct camex_source *from,
						int *why);
	int (*take_control)(struct camex_peer *peer, u8 type, const void *text,
			    size_t len, const struct camex_source *from);
	struct sk_buff *(*hello)(struct camex_peer *peer, struct sk_buff *skb,
				 u8 type, int *why);
	struct sk_buff *(*introduction)(struct camex_peer *peer, bool registers, u8 *type);
	unsigned long (*introduce_every)(const struct camex_peer *peer);
	unsigned long (*register_due)(struct camex_peer *peer, unsigned long now,
				      struct camex_due *due);
	bool (*awaits)(const struct camex_peer *peer);
	void (*rekeyed)(struct camex_peer *peer);
	void (*key_gone)(struct camex_dev *cdev, const struct camex_key *key);
};

int camex_sealed_dev_init(struct camex_dev *cdev);
void camex_sealed_dev_free(struct camex_dev *cdev);
int camex_sealed_peer_init(struct camex_peer *peer);
void camex_sealed_peer_forget(struct camex_peer *peer, bool dying);
void camex_sealed_peer_stop(struct camex_peer *peer);
unsigned long camex_sealed_due(struct camex_peer *peer, unsigned long now,
			       struct camex_due *due);
void camex_sealed_peer_moved(struct camex_peer *peer);
void camex_sealed_hibernate(struct camex_dev *cdev, bool begins);
bool camex_sealed_encrypts(const struct camex_peer *peer);
bool camex_sealed_has_key(const struct camex_peer *peer);
bool camex_sealed_receives_many(const struct camex_dev *cdev);
void camex_sealed_lead(const struct camex_dev *cdev, u8 *lead);
void camex_sealed_set_lead(struct camex_dev *cdev, const u8 *lead);

int camex_sealed_prepare(struct camex_peer *peer, struct nlattr **tb,
			 struct genl_info *info);
void camex_sealed_abandon(struct camex_peer *peer);
void camex_sealed_commit(struct camex_peer *peer, struct nlattr **tb);
int camex_sealed_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets);

struct sk_buff *camex_hello_body(const struct camex_peer *peer, unsigned int size);
void camex_hello_send(struct camex_peer *peer, struct camex_endpoint *ep,
		      struct sk_buff *skb, u8 type);
bool camex_hello_introduce(struct camex_peer *peer, struct camex_endpoint *ep);
unsigned long camex_hello_due(struct camex_peer *peer, unsigned long now,
			      struct camex_due *due);
void camex_hello_act(struct camex_peer *peer, const struct camex_due *due);

bool camex_sealed_opens_under(struct camex_opening *o, const struct camex_key *key);
struct camex_peer *camex_sealed_open(struct camex_dev *cdev, struct sk_buff *skb,
				     struct camex_opening *o,
				     const struct camex_source *from, int *why);

bool camex_sealed_begin(struct camex_peer *peer, struct camex_sealing *s,
			unsigned int n, u8 type, int *why);
void camex_sealed_put_header(struct camex_sealing *s, unsigned int body);
bool camex_sealed_locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
			 const struct camex_source *from,
			 struct camex_receiver *last, struct camex_located *at);
bool camex_sealed_expects(struct camex_dev *cdev, const struct sk_buff *skb);
void camex_sealed_heard(struct camex_receiver *receiver,
			const struct camex_source *from, bool highest);

#endif /* CAMEX_SEALED_H */
