/* SPDX-License-Identifier: GPL-2.0-only */
/* Which sessions a peer may open, and which of them determines its endpoint. */
#ifndef CAMEX_RULES_H
#define CAMEX_RULES_H

#include "protocol/sealed/state.h"

/* Maximum number of open sessions of a peer ... */
#define CAMEX_SESSIONS_OPEN	4
/* ... and of closed ones that are remembered, in each direction. */
#define CAMEX_SESSIONS_CLOSED	64
/* After this much silence of a session a younger one may move the endpoint, jiffies. */
#define CAMEX_SESSION_SILENT	(5 * HZ)
/* A sequence further ahead of our clock does not count as reached, nanoseconds. */
#define CAMEX_SESSION_AHEAD	(24ULL * 3600 * NSEC_PER_SEC)

struct camex_session_rx *camex_session_rank_open(struct camex_peer *peer,
						 struct camex_key *key, u32 prefix,
						 u64 seq, bool registers, int *why);
void camex_session_rank_highest(struct camex_session_rx *rx,
				const struct camex_addr *to,
				const struct camex_addr *from);
void camex_session_rank_endpoint_changed(struct camex_peer *peer);
unsigned long camex_session_rank_due(struct camex_peer *peer, unsigned long now);
void camex_session_retire(struct camex_session *session);
void camex_sessions_pause(struct camex_dev *cdev, s64 pause);
void camex_sessions_forget(struct camex_peer *peer, bool sends);

#endif /* CAMEX_RULES_H */
