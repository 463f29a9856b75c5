// SPDX-License-Identifier: GPL-2.0-only
/* Events of the generic netlink family. */
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/peer.h"
#include "netlink/netlink.h"

/**
 * camex_nl_send_event() - tell an event to those who listen
 * @peer: the peer that something happened to
 * @event: what
 *
 * Everybody may listen, so nothing that is secret is in it: who may know asks for the peer.
 *
 * Context: RTNL or RCU reader.
 */
void camex_nl_send_event(struct camex_peer *peer, enum camex_event event)
{
	const struct camex_dev *cdev = peer->cdev;
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	void *header;

	if (!msg)
		return;
	header = genlmsg_put(msg, 0, 0, &camex_family, 0, CAMEX_CMD_EVENT);
	if (!header || nla_put_u32(msg, CAMEX_A_EVENT, event) ||
	    camex_nl_put_dev_name(msg, cdev->dev) || camex_nl_put_peer(msg, peer, false)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&camex_family, dev_net(cdev->dev), msg, 0, 0,
				GFP_ATOMIC);
}
