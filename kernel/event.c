// SPDX-License-Identifier: GPL-2.0-only
/* Events of the generic netlink family. */
#include <net/genetlink.h>

#include "compat.h"
#include "netlink.h"
#include "peer.h"

/* Everybody may listen, so nothing that is secret is in them: who may know asks for the peer. */
static void send_event(struct camex_dev *cdev, struct camex_peer *peer,
		       enum camex_event event)
{
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

/**
 * camex_netlink_events() - tell what happened to peers
 * @work: camex_dev.event_work
 */
void camex_netlink_events(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, event_work);
	struct camex_peer *peer;
	unsigned long events;
	int event;

	rcu_read_lock();
	while ((events = camex_peer_take_events(cdev, &peer)))
		for_each_set_bit(event, &events, BITS_PER_LONG)
			send_event(cdev, peer, event);
	rcu_read_unlock();
}

/**
 * camex_netlink_link() - tell that a peer has a link of its own, or loses it
 * @peer: the peer, which has it at the moment
 * @event: CAMEX_EVENT_LINK_ADD or CAMEX_EVENT_LINK_DEL
 *
 * Context: RTNL.
 */
void camex_netlink_link(struct camex_peer *peer, enum camex_event event)
{
	send_event(peer->cdev, peer, event);
}
