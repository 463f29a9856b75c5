/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of peers: noted where they happen, and reported by a work item. */
#ifndef CAMEX_EVENTS_H
#define CAMEX_EVENTS_H

#include <linux/camex.h>

struct camex_dev;
struct camex_peer;

void camex_events_init(struct camex_dev *cdev);
void camex_events_to(void (*tell)(struct camex_peer *peer, enum camex_event event));
void camex_event_added(struct camex_peer *peer);
void camex_event_now(struct camex_peer *peer, enum camex_event event);
void camex_peer_tell(struct camex_peer *peer, enum camex_event event);
unsigned long camex_events_take(struct camex_dev *cdev, struct camex_peer **peer);

#endif /* CAMEX_EVENTS_H */
