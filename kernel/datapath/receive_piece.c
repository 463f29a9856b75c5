// SPDX-License-Identifier: GPL-2.0-only
/* The datagrams of an aggregate, opened into a batch's buffer one after the other. */
#include <linux/if_vlan.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "core/compat.h"
#include "core/ip_packet.h"
#include "crypto/short_copy.h"
#include "datapath/receive_piece.h"

/* Bytes in front of nearly every payload that are overwritten while it is opened. */
#define LEAD_USUAL	(CAMEX_AEAD_HEAD + CAMEX_HEADERS_USUAL)
/* TCP flags that allow merging a segment. */
#define TCP_PLAIN	(TCP_FLAG_ACK | TCP_FLAG_PSH | TCP_FLAG_FIN | TCP_FLAG_ECE)

/* Does IPv4 without options, or IPv6, begin at @l3? */
static bool find_ip(const struct camex_batch *batch, struct camex_piece *p)
{
	const struct vlan_ethhdr *eth = (const void *)p->head;
	__be16 proto;

	p->l3 = 0;
	if (!camex_is_tap(batch->cdev))
		return p->len >= sizeof(struct ipv6hdr) &&
		       (p->head[0] == 0x45 || p->head[0] >> 4 == 6);
	if (p->len < VLAN_ETH_HLEN + sizeof(struct ipv6hdr))
		return false;
	p->l3 = ETH_HLEN;
	proto = eth->h_vlan_proto;
	if (proto == htons(ETH_P_8021Q)) {
		p->l3 = VLAN_ETH_HLEN;
		proto = eth->h_vlan_encapsulated_proto;
	}
	return (proto == htons(ETH_P_IP) && p->head[p->l3] == 0x45) ||
	       (proto == htons(ETH_P_IPV6) && p->head[p->l3] >> 4 == 6);
}

/* Is this the start of a TCP segment, as far as its IP header tells? */
static bool is_tcp(const struct camex_batch *batch, struct camex_piece *p)
{
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;

	if (!find_ip(batch, p))
		return false;
	p->l4 = p->l3 + (is_v4(p) ? sizeof(*iph) : sizeof(*ip6h));
	if (p->len <= p->l4 + sizeof(struct tcphdr))
		return false;
	if (is_v4(p)) {
		iph = ip4_of(p);
		return iph->protocol == IPPROTO_TCP &&
		       !(iph->frag_off & ~htons(IP_DF)) &&
		       ntohs(iph->tot_len) == p->len - p->l3 &&
		       !ip_fast_csum(iph, sizeof(*iph) / 4);
	}
	ip6h = ip6_of(p);
	return ip6h->nexthdr == IPPROTO_TCP &&
	       ntohs(ip6h->payload_len) == p->len - p->l4;
}

/*
 * Length of all headers, if the TCP header allows merging the segment; else 0.
 */
static unsigned int headers_of(const struct camex_piece *p)
{
	unsigned int len = tcp_of(p)->doff * 4;
	__be32 flags = flags_of(p);

	if (len < sizeof(struct tcphdr) || p->len <= p->l4 + len ||
	    !(flags & TCP_FLAG_ACK) || flags & ~TCP_PLAIN)
		return 0;
	return p->l4 + len;
}

/* The headers are longer than the first bytes: guess the length of the last ones. */
static unsigned int guess_headers(const struct camex_batch *batch,
				  const struct camex_piece *p)
{
	unsigned int len = batch->tcp_len ?: sizeof(struct tcphdr) +
					     TCPOLEN_TSTAMP_ALIGNED;

	return min_t(unsigned int, p->len, p->l4 + len);
}

/* Was the guess right? If not, the piece is not merged. */
static void check_guess(struct camex_batch *batch, struct camex_piece *p)
{
	unsigned int len = headers_of(p);

	if (len)
		batch->tcp_len = len - p->l4;
	p->tcp = len == p->head_len;
}

/* Length of a packet without its padding; all of @len if its header has no length. */
static unsigned int without_padding(const struct camex_batch *batch, const u8 *head,
				    unsigned int len)
{
	if (likely(!batch->cdev->protocol->padding || camex_is_tap(batch->cdev)))
		return len;
	return camex_ip_len(head, len) ?: len;
}

/**
 * camex_piece_open() - decrypt the rest of a packet whose first bytes are decrypted
 * @batch: the packet becomes its next piece; camex_batch_head() has the first bytes
 * @o: state of the cipher
 * @body: the whole ciphertext
 * @len: bytes of @body
 */
void camex_piece_open(struct camex_batch *batch, struct camex_aead_opening *o,
		      const u8 *body, unsigned int len)
{
	struct camex_piece *p = &batch->piece[batch->n++];
	unsigned int first;
	u8 *to = batch->space.at + batch->used;
	unsigned int here, beyond;
	u8 before[CAMEX_PIECE_HEAD - CAMEX_AEAD_FIRST] camex_uninit;
	bool guessed = false;

	len = without_padding(batch, p->head, len);
	first = min_t(unsigned int, len, CAMEX_AEAD_FIRST);
	p->len = len;
	p->head_len = 0;
	p->tcp = is_tcp(batch, p);
	if (p->tcp) {
		guessed = p->l4 + offsetofend(struct tcphdr, window) > first;
		p->head_len = guessed ? guess_headers(batch, p) : headers_of(p);
		p->tcp = p->head_len;
	}
	if (!p->tcp)
		p->head_len = first;
	p->at = batch->used;
	batch->used += len - p->head_len;
	if (p->head_len <= first) {
		/* Some of the payload is among the first bytes. */
		here = first - p->head_len;
		memcpy(to, p->head + p->head_len, here);
		camex_aead_open_rest(o, to + here, body + first, len - first);
		return;
	}
	/* Some headers are in the rest, which is decrypted over the end of the last payload. */
	beyond = p->head_len - first;
	memcpy(before, to - beyond, beyond);
	camex_aead_open_rest(o, to - beyond, body + first, len - first);
	memcpy(p->head + first, to - beyond, beyond);
	memcpy(to - beyond, before, beyond);
	if (guessed)
		check_guess(batch, p);
}

/**
 * camex_piece_next() - open a datagram that probably continues the last one
 * @batch: with room for one more
 * @key: the key; if the batch has no piece yet, of a cipher that opens packets whole
 * @body: the ciphertext; CAMEX_AEAD_HEAD bytes in front of it must be readable, unless the
 *	cipher opens packets whole
 * @len: bytes of @body
 * @ad: associated data
 * @ad_len: bytes of @ad
 * @nonce: 12 bytes
 *
 * The guess is that the headers are as long as those of the last piece. The packet is decrypted so
 * that its headers overwrite the end of the last payload, and its payload directly follows it. The
 * overwritten bytes are restored. For the first piece the guess comes from the last batch.
 *
 * Return: true if the batch has one piece more, false with nothing done.
 */
bool camex_piece_next(struct camex_batch *batch, const struct camex_aead_key *key,
		      const u8 *body, unsigned int len, const u8 *ad,
		      unsigned int ad_len, const u8 *nonce)
{
	struct camex_piece *p = &batch->piece[batch->n];
	unsigned int guess = batch->n ? (p - 1)->head_len : batch->head_len;
	u8 before[CAMEX_PIECE_LEAD] camex_uninit;
	u8 *payload = batch->space.at + batch->used;
	u8 *to = payload - guess;
	u8 *lead = payload - CAMEX_AEAD_HEAD - guess;
	bool ok;

	camex_copy_short(before, lead, CAMEX_AEAD_HEAD + guess, LEAD_USUAL);
	ok = camex_aead_open_to(to, key, body, len, ad, ad_len, nonce);
	if (likely(ok)) {
		if (likely(len >= CAMEX_PIECE_HEAD))
			memcpy(camex_batch_head(batch), to, CAMEX_PIECE_HEAD);
		else
			memcpy(camex_batch_head(batch), to, len);
		len = without_padding(batch, p->head, len);
		p->len = len;
		p->head_len = is_tcp(batch, p) ? headers_of(p) : 0;
		p->tcp = p->head_len;
		if (!p->tcp)
			p->head_len = min_t(unsigned int, len, CAMEX_AEAD_FIRST);
		if (unlikely(p->head_len != guess))
			memmove(payload, to + p->head_len, len - p->head_len);
		batch->head_len = p->head_len;
		p->at = batch->used;
		batch->used += len - p->head_len;
		batch->n++;
	}
	camex_copy_short(lead, before, CAMEX_AEAD_HEAD + guess, LEAD_USUAL);
	return ok;
}
