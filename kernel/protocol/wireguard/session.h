/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions of protocol wireguard: what a handshake makes, and their turns. */
#ifndef CAMEX_WG_SESSION_H
#define CAMEX_WG_SESSION_H

#include <linux/atomic.h>
#include <linux/ktime.h>

#include "core/peer.h"
#include "core/session.h"
#include "protocol/wireguard/index.h"
#include "protocol/wireguard/noise.h"

/* Ages of a session, nanoseconds: a new one is asked for, by who began it, when sending ... */
#define CAMEX_WG_REKEY_AFTER		(120 * NSEC_PER_SEC)
/* ... and when receiving; and it is not used any more. */
#define CAMEX_WG_REKEY_RECEIVING	(165 * NSEC_PER_SEC)
#define CAMEX_WG_REJECT_AFTER		(180 * NSEC_PER_SEC)
/* Counters: a new session is asked for, and this one is not used any more. */
#define CAMEX_WG_REKEY_COUNTER		BIT_ULL(60)
#define CAMEX_WG_REJECT_COUNTER		(U64_MAX - BIT_ULL(13))
/* The same of AES-256-GCM, of which a key is good for fewer bytes. */
#define CAMEX_WG_REKEY_COUNTER_AES	BIT_ULL(31)
#define CAMEX_WG_REJECT_COUNTER_AES	BIT_ULL(32)

/**
 * struct camex_wg_session - a pair of keys
 * @receiver: opens what the peer sends
 * @window: what of that was taken
 * @suite: how it is encrypted
 * @opens: the peer's key
 * @seals: our key
 * @next: counter of the next datagram that we send
 * @born: camex_wg_now() when it was made
 * @remote: the peer's index for it
 * @initiator: we began the handshake
 * @sends: we may still send under it
 * @index: our index for it
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
 * @sending: we send under this one (camex_dev.lock; RCU)
 * @previous: the one before; the peer may still send under it (camex_dev.lock; RCU)
 * @next: made as the responder; becomes @sending when the peer uses it (camex_dev.lock; RCU)
 */
struct camex_wg_sessions {
	struct camex_wg_session __rcu *sending;
	struct camex_wg_session __rcu *previous;
	struct camex_wg_session __rcu *next;
};

/**
 * camex_wg_now() - the time that sessions are measured by
 *
 * Return: nanoseconds, coarse; it goes on while the machine sleeps.
 */
static inline u64 camex_wg_now(void)
{
	return ktime_get_coarse_boottime_ns();
}

/**
 * camex_wg_older() - is it that long ago?
 * @since: camex_wg_now() of then
 * @age: nanoseconds
 * @now: camex_wg_now()
 */
static inline bool camex_wg_older(u64 since, u64 age, u64 now)
{
	return (s64)(since + age) <= (s64)now;
}

/**
 * camex_wg_session_usable() - may we send under a session?
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
