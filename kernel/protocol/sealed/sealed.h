/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted datagrams: the format of protocol camex, which protocol jtunnel uses, too. */
#ifndef CAMEX_SEALED_H
#define CAMEX_SEALED_H

#include "core/protocol.h"
#include "protocol/sealed/state.h"
#include "protocol/sealed/wire.h"

/* Maximum bytes that encryption adds to a packet, without the preamble of a protocol. */
#define CAMEX_SEALED_OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)

/* What is due: bits of camex_due.what. */
#define CAMEX_DUE_REGISTER	BIT(0)
#define CAMEX_DUE_KEEPALIVE	BIT(1)

/**
 * struct camex_opening - a received datagram and its parsed header
 * @h: the parsed header
 * @ad: the associated data: the preamble, then the header
 * @ad_len: bytes of @ad
 * @nonce: the nonce, in @ad
 * @body: the ciphertext, decrypted in place
 * @peer: the peer that the preamble names; NULL: there is no preamble
 * @trial: the trial of keys in which it waited; NULL: it was just received (protocol camex)
 */
struct camex_opening {
	struct camex_wire_header h;
	u8 ad[CAMEX_PREAMBLE_MAX + CAMEX_WIRE_HEADER];
	unsigned int ad_len;
	const u8 *nonce;
	u8 *body;
	struct camex_peer *peer;
	struct camex_trial *trial;
};

/**
 * struct camex_sealed_ops - what differs between the protocols with sealed datagrams
 * @preamble: bytes in front of the header of a datagram: camex_sealed_dev.preamble
 * @speaks_for: may a datagram with that preamble, from that source, belong to the peer? NULL if
 *	there is no preamble
 * @new_session: decrypt a datagram whose prefix is of no open session, and open a session for it.
 *	Returns NULL with *@why set if it cannot
 * @take_control: take an opened datagram that is not DATA. Returns 0, or the counter
 *	(CAMEX_A_STATS_*) under which it is dropped. NULL: only KEEPALIVE, without content
 * @hello: make a datagram of control text (skb->len is 0: without text), of an enum
 *	camex_wire_type. As camex_protocol_ops.seal
 * @introduction: make the first control message of a session, @type an enum camex_wire_type;
 *	@registers: REGISTER, if possible. Returns NULL without memory. NULL: KEEPALIVE
 * @introduce_every: minimum time between such messages in front of packets, jiffies. NULL: a
 *	second
 * @register_due: is REGISTER due? Sets @due. Returns jiffies until it is due again,
 *	MAX_JIFFY_OFFSET for never. NULL: never. Context: camex_dev.lock
 * @awaits: is an answer to REGISTER awaited? NULL: never. Context: any
 * @rekeyed: the key of a peer was replaced or deleted. May be NULL. Context: RTNL and
 *	camex_dev.lock
 * @key_gone: the last peer with a key gave it up. May be NULL. Context: RTNL
 *
 * Unless noted otherwise, they run as RCU readers with bottom halves off.
 */
struct camex_sealed_ops {
	unsigned int preamble;
	bool (*speaks_for)(const struct camex_peer *peer, const u8 *preamble,
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
void camex_sealed_preamble(const struct camex_dev *cdev, u8 *preamble);
void camex_sealed_set_preamble(struct camex_dev *cdev, const u8 *preamble);

int camex_sealed_prepare(struct camex_peer *peer, struct nlattr **tb,
			 struct genl_info *info);
void camex_sealed_abandon(struct camex_peer *peer);
void camex_sealed_commit(struct camex_peer *peer, struct nlattr **tb);
int camex_sealed_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets);

struct sk_buff *camex_hello_body(const struct camex_peer *peer, unsigned int size);
void camex_hello_send(struct camex_peer *peer, struct camex_endpoint *ep,
		      struct sk_buff *skb, u8 type);
void camex_hello_now(struct camex_peer *peer, struct camex_endpoint *ep);
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
