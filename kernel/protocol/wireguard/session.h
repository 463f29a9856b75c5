/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions of protocol wireguard, which handshakes make and replace. */
#ifndef CAMEX_WG_SESSION_H
#define CAMEX_WG_SESSION_H

#include <linux/atomic.h>
#include <linux/ktime.h>

#include "core/peer.h"
#include "core/session.h"
#include "protocol/wireguard/index.h"
#include "protocol/wireguard/noise.h"

/* Ages of a session, nanoseconds: the initiator requests a new one when it sends ... */
#define CAMEX_WG_REKEY_AFTER		(120 * (u64)NSEC_PER_SEC)
/* ... and when it receives; and the session is no longer used. */
#define CAMEX_WG_REKEY_RECEIVING	(165 * (u64)NSEC_PER_SEC)
#define CAMEX_WG_REJECT_AFTER		(180 * (u64)NSEC_PER_SEC)
/* Counters at which a new session is requested, and at which this one is no longer used. */
#define CAMEX_WG_REKEY_COUNTER		BIT_ULL(60)
#define CAMEX_WG_REJECT_COUNTER		(U64_MAX - BIT_ULL(13))
/* The same for AES-256-GCM, under one key of which fewer bytes may be encrypted. */
#define CAMEX_WG_REKEY_COUNTER_AES	BIT_ULL(31)
#define CAMEX_WG_REJECT_COUNTER_AES	BIT_ULL(32)

/**
 * struct camex_wg_session - a pair of keys
 * @receiver: opens what the peer sends
 * @window: replay window of the receiver
 * @suite: its suite
 * @opens: key of received datagrams
 * @seals: key of sent datagrams
 * @next: counter of the next datagram to send
 * @born: camex_wg_now() when it was made
 * @remote: the peer's index of the session
 * @initiator: this end began the handshake
 * @sends: it may still be used for sending
 * @index: local index of the session
 * @rcu: frees it
 */
struct camex_wg_session {
	struct camex_receiver receiver;
	struct camex_window window;
	const struct camex_noise_suite *suite;
	struct camex_aead_key opens;
	struct camex_aead_key seals;
	atomic64_t next;
	u64 born;
	u32 remote;
	bool initiator;
	bool sends;
	struct camex_index index;
	struct rcu_head rcu;
};

/**
 * struct camex_wg_sessions - the sessions of a peer
 * @sending: the session used for sending (camex_dev.lock; RCU)
 * @previous: the one before; the peer may still send under it (camex_dev.lock; RCU)
 * @next: made as responder; becomes @sending when the peer uses it (camex_dev.lock; RCU)
 */
struct camex_wg_sessions {
	struct camex_wg_session __rcu *sending;
	struct camex_wg_session __rcu *previous;
	struct camex_wg_session __rcu *next;
};

/**
 * camex_wg_now() - the clock of sessions
 *
 * Return: nanoseconds, coarse, including time that the machine was suspended.
 */
static inline u64 camex_wg_now(void)
{
	return ktime_get_coarse_boottime_ns();
}

/**
 * camex_wg_older() - check that something happened at least so long ago
 * @since: camex_wg_now() when it happened
 * @age: nanoseconds
 * @now: camex_wg_now()
 */
static inline bool camex_wg_older(u64 since, u64 age, u64 now)
{
	return (s64)(since + age) <= (s64)now;
}

/**
 * camex_wg_session_usable() - check that a session can be used for sending
 * @session: the session, or NULL
 * @now: camex_wg_now()
 */
static inline bool camex_wg_session_usable(const struct camex_wg_session *session, u64 now)
{
	return session && READ_ONCE(session->sends) &&
	       !camex_wg_older(session->born, CAMEX_WG_REJECT_AFTER, now) &&
	       (u64)atomic64_read(&session->next) < session->suite->reject_counter;
}

struct camex_wg_session *camex_wg_session_new(struct camex_peer *peer,
					      const struct camex_noise_suite *suite,
					      struct camex_aead_key *spare);
void camex_wg_session_drop(struct camex_wg_session *session);
void camex_wg_sessions_add(struct camex_wg_sessions *sessions,
			   struct camex_wg_session *session);
bool camex_wg_sessions_confirm(struct camex_wg_sessions *sessions,
			       struct camex_wg_session *session);
void camex_wg_sessions_stop(struct camex_wg_sessions *sessions);
void camex_wg_sessions_clear(struct camex_wg_sessions *sessions);

#endif /* CAMEX_WG_SESSION_H */
