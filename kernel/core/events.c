// SPDX-License-Identifier: GPL-2.0-only
/* Events of peers. They are noted where they happen, also in softirq; a work item reports them. */
#include <linux/netdevice.h>
#include <linux/rcupdate.h>

#include "core/compat.h"
#include "core/events.h"
#include "core/peer.h"
#include "core/trace.h"

static void (*sink)(struct camex_peer *peer, enum camex_event event);

/**
 * camex_events_to() - set the function that reports events
 * @tell: called for each event, as RCU reader or under RTNL; NULL: events are not reported
 *
 * Context: there are no devices.
 */
void camex_events_to(void (*tell)(struct camex_peer *peer, enum camex_event event))
{
	sink = tell;
}

/* Messages for the kernel log, if dynamic debug is on. */
static const char * const messages[] = {
	[CAMEX_EVENT_PEER_UP] = "is heard",
	[CAMEX_EVENT_PEER_LOST] = "is lost",
	[CAMEX_EVENT_ENDPOINT] = "has another endpoint",
	[CAMEX_EVENT_LINK_ADD] = "has a link of its own",
	[CAMEX_EVENT_LINK_DEL] = "has no link of its own any more",
	[CAMEX_EVENT_REGISTER] = "has registered",
	[CAMEX_EVENT_CONFIG] = "has sent a configuration",
	[CAMEX_EVENT_HANDSHAKE] = "has a new session by a handshake",
	[CAMEX_EVENT_WRONG_CIPHER] = "uses another cipher",
};

static void log_event(const struct camex_peer *peer, enum camex_event event)
{
	if (event < ARRAY_SIZE(messages) && messages[event])
		netdev_dbg(peer->cdev->dev, "peer %s %s\n", peer->name, messages[event]);
}

/* Call the tracepoint of an event. camex_peer_move() traces a new endpoint, which it knows. */
static void trace_event(const struct camex_peer *peer, enum camex_event event)
{
	log_event(peer, event);
	switch (event) {
	case CAMEX_EVENT_PEER_UP:
		trace_camex_peer_up(peer);
		break;
	case CAMEX_EVENT_PEER_LOST:
		trace_camex_peer_lost(peer);
		break;
	case CAMEX_EVENT_LINK_ADD:
		trace_camex_link(peer);
		break;
	case CAMEX_EVENT_REGISTER:
		trace_camex_register(peer);
		break;
	case CAMEX_EVENT_HANDSHAKE:
		trace_camex_handshake(peer);
		break;
	default:
		break;
	}
}

/**
 * camex_event_now() - report an event at once
 * @peer: the peer
 * @event: what happened to it
 *
 * Context: RTNL.
 */
void camex_event_now(struct camex_peer *peer, enum camex_event event)
{
	trace_event(peer, event);
	if (sink)
		sink(peer, event);
}

/**
 * camex_event_added() - report a new peer, once its configuration is complete
 * @peer: the peer
 *
 * Context: RTNL.
 */
void camex_event_added(struct camex_peer *peer)
{
	peer->told = true;
	camex_event_now(peer, CAMEX_EVENT_PEER_ADD);
}

/**
 * camex_peer_tell() - note an event of a peer; the work item reports it
 * @peer: the peer
 * @event: the event
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_tell(struct camex_peer *peer, enum camex_event event)
{
	struct camex_dev *cdev = peer->cdev;

	lockdep_assert_held(&cdev->lock);
	if (peer->dead || cdev->dying)
		return;
	trace_event(peer, event);
	__set_bit(event, &peer->events.pending);
	if (list_empty(&peer->events.node)) {
		list_add_tail(&peer->events.node, &cdev->events.list);
		schedule_delayed_work(&cdev->events.work, HZ / 50);
	}
}

/**
 * camex_events_take() - take the pending events of the next peer
 * @cdev: the device
 * @peer: result: the peer
 *
 * Context: RCU reader.
 * Return: bits by enum camex_event, 0 if no events are pending.
 */
unsigned long camex_events_take(struct camex_dev *cdev,
				struct camex_peer **peer)
{
	unsigned long events = 0;

	spin_lock_bh(&cdev->lock);
	*peer = list_first_entry_or_null(&cdev->events.list, struct camex_peer,
					 events.node);
	if (*peer) {
		swap(events, (*peer)->events.pending);
		list_del_init(&(*peer)->events.node);
	}
	spin_unlock_bh(&cdev->lock);
	return events;
}

static void tell_events(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, events.work);
	struct camex_peer *peer;
	unsigned long events;
	int event;

	rcu_read_lock();
	while ((events = camex_events_take(cdev, &peer)))
		for_each_set_bit(event, &events, BITS_PER_LONG)
			if (sink)
				sink(peer, event);
	rcu_read_unlock();
}

/**
 * camex_events_init() - set up the events of a new device
 * @cdev: the device
 */
void camex_events_init(struct camex_dev *cdev)
{
	INIT_LIST_HEAD(&cdev->events.list);
	INIT_DELAYED_WORK(&cdev->events.work, tell_events);
}
