/* SPDX-License-Identifier: GPL-2.0-only */
/* A peer with two sessions, aggregates of datagrams under these, and what becomes of them. */
#ifndef CAMEX_KUNIT_SCENE_H
#define CAMEX_KUNIT_SCENE_H

#include "core/protocol.h"
#include "protocol/sealed/wire.h"
#include "packets.h"
#include "test.h"

#define TOTAL_MAX	65400
#define DATAGRAMS	150
#define FLOWS		3
#define SEQ		1000
#define OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)
#define PACKET_MAX	9000
/* Rows of prefixes: what comes in aggregates, and what comes alone. */
enum way { MANY, ONE, WAYS };

/**
 * struct scene - a peer with two sessions, and what they bring
 * @rnd: where packets come from
 * @cdev: the device
 * @peer: the peer
 * @key: its key
 * @next: the next sequence
 * @flows: streams that go on from packet to packet
 * @data: an aggregate's bytes
 * @scratch: room to seal one datagram
 * @plain: an inner packet, aligned
 * @old: headers have no version byte
 * @batch: every other aggregate is opened there, and delivered afterwards
 * @apart: the next one
 * @came: skbs that the last aggregate became
 * @altered: packets that were seen altered after they had been delivered
 */
struct scene {
	struct rnd_state rnd;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_aead_key key;
	u64 next;
	struct inner flows[FLOWS];
	u8 *data;
	u8 *scratch;
	u8 *plain;
	bool old;
	struct camex_batch *batch;
	bool apart;
	unsigned int came;
	unsigned int altered;
};

/**
 * struct arrival - what comes in one aggregate
 * @n: datagrams
 * @len: bytes of the inner packet in each of them
 * @last: the same of the last one
 * @good: nothing is wrong with any, and they are all of one stream
 * @forged: so many-th datagrams of it are forged all the same, from the second on; 0: none
 */
struct arrival {
	unsigned int n;
	unsigned int len;
	unsigned int last;
	bool good;
	unsigned int forged;
};

/* What the stack got. */
extern struct sk_buff_head scene_arrived;

int scene_init(struct kunit *test);
void scene_exit(struct kunit *test);
bool scene_open_sessions(struct scene *s);
void scene_new_flow(struct scene *s, struct inner *in);
void scene_make(struct scene *s, const struct arrival *a, u8 *ones);
void scene_receive(struct scene *s, struct sk_buff *skb);
struct sk_buff *scene_aggregate(struct scene *s, const struct arrival *a,
				unsigned int linear, unsigned int unit,
				enum layout layout);

#endif /* CAMEX_KUNIT_SCENE_H */
