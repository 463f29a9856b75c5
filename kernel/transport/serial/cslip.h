/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The receiving half of compressed SLIP (RFC 1144, Van Jacobson) as pure functions
 * on bytes: no allocation, no kernel type beyond integers. The module, the KUnit
 * suites and the fuzzers compile this file unchanged.
 *
 * A compressor replaces the headers of a TCP segment by their differences from the previous segment
 * in the same slot. The first segment of a slot is sent as a whole packet, with the number of the
 * slot in place of the IPv4 protocol. A receiver of compressed SLIP also accepts whole packets, so
 * this module never compresses.
 */
#ifndef CAMEX_CSLIP_H
#define CAMEX_CSLIP_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
#endif

/* Number of slots, as in RFC 1144 and its implementations. */
#define CAMEX_CSLIP_SLOTS	16
/* Longest headers: 60 bytes of IPv4 and 60 of TCP. */
#define CAMEX_CSLIP_HEAD_MAX	120

/* The first byte of a frame. */
#define CAMEX_CSLIP_COMPRESSED	0x80	/* in this bit */
#define CAMEX_CSLIP_WHOLE	0x70	/* in the upper four bits */

/* Other bits in the first byte of compressed headers. */
#define CAMEX_CSLIP_NEW_SLOT	0x40
#define CAMEX_CSLIP_NEW_ID	0x20
#define CAMEX_CSLIP_PUSH	0x10
#define CAMEX_CSLIP_SEQ		0x08
#define CAMEX_CSLIP_ACK		0x04
#define CAMEX_CSLIP_WINDOW	0x02
#define CAMEX_CSLIP_URGENT	0x01
#define CAMEX_CSLIP_CHANGES	0x0f
/* Two combinations of bits that no segment needs mean the most frequent changes instead. */
#define CAMEX_CSLIP_ECHOED	(CAMEX_CSLIP_SEQ | CAMEX_CSLIP_WINDOW | CAMEX_CSLIP_URGENT)
#define CAMEX_CSLIP_BULK	CAMEX_CSLIP_CHANGES

/* Offsets and values of IPv4 and TCP. */
#define CAMEX_CSLIP_IP_LEN	2
#define CAMEX_CSLIP_IP_ID	4
#define CAMEX_CSLIP_IP_PROTO	9
#define CAMEX_CSLIP_IP_CHECK	10
#define CAMEX_CSLIP_IP_MIN	20
#define CAMEX_CSLIP_TCP		6
#define CAMEX_CSLIP_TCP_SEQ	4
#define CAMEX_CSLIP_TCP_ACK	8
#define CAMEX_CSLIP_TCP_OFFSET	12
#define CAMEX_CSLIP_TCP_FLAGS	13
#define CAMEX_CSLIP_TCP_WINDOW	14
#define CAMEX_CSLIP_TCP_CHECK	16
#define CAMEX_CSLIP_TCP_URGENT	18
#define CAMEX_CSLIP_TCP_MIN	20
#define CAMEX_CSLIP_FLAG_PUSH	0x08
#define CAMEX_CSLIP_FLAG_URGENT	0x20

/**
 * struct camex_cslip_slot - the headers of the last segment of a connection
 * @head: IPv4 and TCP
 * @ip: bytes of the IPv4 header
 * @len: bytes of both; 0: the slot has none yet
 */
struct camex_cslip_slot {
	u8 head[CAMEX_CSLIP_HEAD_MAX];
	u8 ip;
	u8 len;
};

/**
 * struct camex_cslip - the state of a decompressor; all zero at first
 * @slots: the connections
 * @last: the slot of the last frame, for frames that do not name a slot
 * @synced: no frame was lost since @last was set
 */
struct camex_cslip {
	struct camex_cslip_slot slots[CAMEX_CSLIP_SLOTS];
	u8 last;
	bool synced;
};

/**
 * struct camex_cslip_packet - a decompressed packet
 * @head: its first bytes, valid until the next frame
 * @head_len: bytes of @head; 0 unless the frame was compressed
 * @body: the other bytes, part of the frame
 * @body_len: bytes of @body
 */
struct camex_cslip_packet {
	const u8 *head;
	size_t head_len;
	const u8 *body;
	size_t body_len;
};

/**
 * struct camex_cslip_reader - the part of a compressed frame that is not read yet
 * @at: the next byte
 * @left: bytes that are left
 * @bad: the frame was too short
 */
struct camex_cslip_reader {
	const u8 *at;
	size_t left;
	bool bad;
};

static inline u32 camex_cslip_get16(const u8 *at)
{
	return (u32)at[0] << 8 | at[1];
}

static inline void camex_cslip_put16(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

static inline void camex_cslip_add16(u8 *at, u32 value)
{
	camex_cslip_put16(at, camex_cslip_get16(at) + value);
}

static inline void camex_cslip_add32(u8 *at, u32 value)
{
	value += camex_cslip_get16(at) << 16 | camex_cslip_get16(at + 2);
	camex_cslip_put16(at, value >> 16);
	camex_cslip_put16(at + 2, value);
}

static inline u32 camex_cslip_read8(struct camex_cslip_reader *r)
{
	if (!r->left) {
		r->bad = true;
		return 0;
	}
	r->left--;
	return *r->at++;
}

static inline u32 camex_cslip_read16(struct camex_cslip_reader *r)
{
	u32 high = camex_cslip_read8(r);

	return high << 8 | camex_cslip_read8(r);
}

/* A difference: one byte, or 0 and two bytes. */
static inline u32 camex_cslip_read_delta(struct camex_cslip_reader *r)
{
	u32 value = camex_cslip_read8(r);

	return value ? value : camex_cslip_read16(r);
}

/* The checksum of a header of IPv4, as if its own field were 0. */
static inline u32 camex_cslip_checksum(const u8 *ip, size_t len)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		if (i != CAMEX_CSLIP_IP_CHECK)
			sum += camex_cslip_get16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum & 0xffff;
}

/**
 * camex_cslip_lose() - note that a frame was lost, which may have named another slot
 * @c: the decompressor
 */
static inline void camex_cslip_lose(struct camex_cslip *c)
{
	c->synced = false;
}

/* Remember the headers of a whole segment, and restore the IPv4 protocol. */
static inline bool camex_cslip_remember(struct camex_cslip *c, u8 *data, size_t len)
{
	struct camex_cslip_slot *slot;
	size_t ip, head;
	u8 number;

	if (len < CAMEX_CSLIP_IP_MIN + CAMEX_CSLIP_TCP_MIN)
		return false;
	ip = (data[0] & 0x0f) * 4;
	if (ip < CAMEX_CSLIP_IP_MIN || len < ip + CAMEX_CSLIP_TCP_MIN)
		return false;
	head = ip + (data[ip + CAMEX_CSLIP_TCP_OFFSET] >> 4) * 4;
	if (head < ip + CAMEX_CSLIP_TCP_MIN || len < head ||
	    camex_cslip_get16(data + CAMEX_CSLIP_IP_LEN) != len)
		return false;
	number = data[CAMEX_CSLIP_IP_PROTO];
	if (number >= CAMEX_CSLIP_SLOTS)
		return false;
	data[0] = 0x40 | (data[0] & 0x0f);
	data[CAMEX_CSLIP_IP_PROTO] = CAMEX_CSLIP_TCP;
	/* Do not remember headers with a wrong byte, which would be in each later packet. */
	if (camex_cslip_checksum(data, ip) != camex_cslip_get16(data + CAMEX_CSLIP_IP_CHECK))
		return false;
	slot = &c->slots[number];
	memcpy(slot->head, data, head);
	slot->ip = (u8)ip;
	slot->len = (u8)head;
	c->last = number;
	c->synced = true;
	return true;
}

/* Apply the changes of all fields of the TCP header but the checksum. */
static inline void camex_cslip_apply(u8 *tcp, u32 changes, u32 last_body,
				     struct camex_cslip_reader *r)
{
	/* A compressor sends this flag with each urgent segment. */
	tcp[CAMEX_CSLIP_TCP_FLAGS] &= ~CAMEX_CSLIP_FLAG_URGENT;
	if (changes == CAMEX_CSLIP_BULK || changes == CAMEX_CSLIP_ECHOED) {
		camex_cslip_add32(tcp + CAMEX_CSLIP_TCP_SEQ, last_body);
		if (changes == CAMEX_CSLIP_ECHOED)
			camex_cslip_add32(tcp + CAMEX_CSLIP_TCP_ACK, last_body);
		return;
	}
	if (changes & CAMEX_CSLIP_URGENT) {
		tcp[CAMEX_CSLIP_TCP_FLAGS] |= CAMEX_CSLIP_FLAG_URGENT;
		camex_cslip_put16(tcp + CAMEX_CSLIP_TCP_URGENT, camex_cslip_read_delta(r));
	}
	if (changes & CAMEX_CSLIP_WINDOW)
		camex_cslip_add16(tcp + CAMEX_CSLIP_TCP_WINDOW, camex_cslip_read_delta(r));
	if (changes & CAMEX_CSLIP_ACK)
		camex_cslip_add32(tcp + CAMEX_CSLIP_TCP_ACK, camex_cslip_read_delta(r));
	if (changes & CAMEX_CSLIP_SEQ)
		camex_cslip_add32(tcp + CAMEX_CSLIP_TCP_SEQ, camex_cslip_read_delta(r));
}

/* The slot of a compressed frame, or NULL. */
static inline struct camex_cslip_slot *
camex_cslip_find(struct camex_cslip *c, u32 first, struct camex_cslip_reader *r)
{
	u32 number = c->last;

	if (first & CAMEX_CSLIP_NEW_SLOT)
		number = camex_cslip_read8(r);
	else if (!c->synced)
		return NULL;
	if (r->bad || number >= CAMEX_CSLIP_SLOTS || !c->slots[number].len)
		return NULL;
	c->last = (u8)number;
	c->synced = true;
	return &c->slots[number];
}

static inline bool camex_cslip_expand(struct camex_cslip *c, const u8 *data, size_t len,
				      struct camex_cslip_packet *packet)
{
	struct camex_cslip_reader r = { .at = data, .left = len };
	u32 first = camex_cslip_read8(&r), check, last_body;
	struct camex_cslip_slot *slot = camex_cslip_find(c, first, &r);
	u8 *ip, *tcp;

	if (!slot)
		return false;
	ip = slot->head;
	tcp = ip + slot->ip;
	check = camex_cslip_read16(&r);
	last_body = camex_cslip_get16(ip + CAMEX_CSLIP_IP_LEN) - slot->len;
	tcp[CAMEX_CSLIP_TCP_FLAGS] &= ~CAMEX_CSLIP_FLAG_PUSH;
	if (first & CAMEX_CSLIP_PUSH)
		tcp[CAMEX_CSLIP_TCP_FLAGS] |= CAMEX_CSLIP_FLAG_PUSH;
	camex_cslip_put16(tcp + CAMEX_CSLIP_TCP_CHECK, check);
	camex_cslip_apply(tcp, first & CAMEX_CSLIP_CHANGES, last_body, &r);
	camex_cslip_add16(ip + CAMEX_CSLIP_IP_ID,
			  first & CAMEX_CSLIP_NEW_ID ? camex_cslip_read_delta(&r) : 1);
	if (r.bad || r.left > (size_t)0xffff - slot->len) {
		/*
		 * The headers are changed only in part, so the sender must send a whole packet
		 * first.
		 */
		slot->len = 0;
		return false;
	}
	camex_cslip_put16(ip + CAMEX_CSLIP_IP_LEN, slot->len + (u32)r.left);
	camex_cslip_put16(ip + CAMEX_CSLIP_IP_CHECK, camex_cslip_checksum(ip, slot->ip));
	packet->head = ip;
	packet->head_len = slot->len;
	packet->body = r.at;
	packet->body_len = r.left;
	return true;
}

/**
 * camex_cslip_receive() - restore the packet of a frame
 * @c: the decompressor
 * @data: the frame, not empty; changed
 * @len: bytes of it
 * @packet: result
 *
 * Packets other than TCP are not changed. If the line changed a frame, the destination of the
 * packet detects that by the TCP checksum.
 *
 * Return: false if there is no packet; from now on frames that do not name a slot are dropped.
 */
static inline bool camex_cslip_receive(struct camex_cslip *c, u8 *data, size_t len,
				       struct camex_cslip_packet *packet)
{
	bool good = true;

	packet->head = NULL;
	packet->head_len = 0;
	packet->body = data;
	packet->body_len = len;
	if (data[0] & CAMEX_CSLIP_COMPRESSED)
		good = camex_cslip_expand(c, data, len, packet);
	else if ((data[0] & 0xf0) == CAMEX_CSLIP_WHOLE)
		good = camex_cslip_remember(c, data, len);
	if (!good)
		camex_cslip_lose(c);
	return good;
}

#endif /* CAMEX_CSLIP_H */
