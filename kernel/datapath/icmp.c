// SPDX-License-Identifier: GPL-2.0-only
/* ICMP errors for packets that cannot be sent. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netdevice.h>
#include <net/icmp.h>

#include "core/protocol.h"

/**
 * camex_icmp_for() - the ICMP error for a packet that was dropped
 * @why: CAMEX_A_STATS_*
 * @v4: the packet is IPv4, else IPv6
 * @room: the size that fits, bytes, or 0
 * @icmp: result
 *
 * Return: false if no error is sent.
 */
bool camex_icmp_for(int why, bool v4, unsigned int room, struct camex_icmp *icmp)
{
	icmp->info = 0;
	switch (why) {
	case CAMEX_A_STATS_NO_ROUTE:
	case CAMEX_A_STATS_NO_KEY:
	case CAMEX_A_STATS_NO_ENDPOINT:
	case CAMEX_A_STATS_NO_DEVICE:
	case CAMEX_A_STATS_LOOP:
		icmp->type = v4 ? ICMP_DEST_UNREACH : ICMPV6_DEST_UNREACH;
		icmp->code = v4 ? ICMP_HOST_UNREACH : ICMPV6_ADDR_UNREACH;
		return true;
	case CAMEX_A_STATS_TTL_EXPIRED:
		icmp->type = v4 ? ICMP_TIME_EXCEEDED : ICMPV6_TIME_EXCEED;
		icmp->code = v4 ? ICMP_EXC_TTL : ICMPV6_EXC_HOPLIMIT;
		return true;
	case CAMEX_A_STATS_TOO_BIG:
		icmp->type = v4 ? ICMP_DEST_UNREACH : ICMPV6_PKT_TOOBIG;
		icmp->code = v4 ? ICMP_FRAG_NEEDED : 0;
		icmp->info = room;
		return room;
	}
	return false;
}

/**
 * camex_tell_sender() - send an ICMP error to the sender of a packet, if the reason has one
 * @skb: the packet, which will be dropped
 * @why: CAMEX_A_STATS_*
 * @room: the size that fits, bytes, or 0
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_tell_sender(struct sk_buff *skb, int why, unsigned int room)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	struct camex_icmp icmp;

	if (!camex_icmp_for(why, v4, room, &icmp))
		return;
	if (icmp.info)
		skb_dst_update_pmtu_no_confirm(skb, icmp.info);
	if (v4)
		icmp_ndo_send(skb, icmp.type, icmp.code, htonl(icmp.info));
	else
		icmpv6_ndo_send(skb, icmp.type, icmp.code, icmp.info);
}
