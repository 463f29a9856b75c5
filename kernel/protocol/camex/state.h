/* SPDX-License-Identifier: GPL-2.0-only */
/* Structs of protocol camex for each peer and device. */
#ifndef CAMEX_CAMEX_STATE_H
#define CAMEX_CAMEX_STATE_H

#include "protocol/camex/hint.h"
#include "protocol/camex/key_trial.h"
#include "protocol/camex/profile.h"
#include "protocol/sealed/sealed.h"

/**
 * struct camex_camex_peer - state of a peer
 * @sealed: key and sessions
 * @profile: the profile that we hand out to the peer; or, if we register with AUTO, the profile
 *	from the peer (camex_dev.lock; RCU; the former changes under RTNL)
 * @next_profile: the profile that a request has prepared (RTNL)
 * @waiting: we register with AUTO, and wait for CONFIG (camex_dev.lock)
 * @automatic: the peer has registered with AUTO
 * @answered: the peer was sent a plain CONFIG, at @answered_at
 * @registers: enum camex_register, or CAMEX_PEER_DEFAULT (RTNL)
 * @next_register: jiffies when REGISTER is due (camex_dev.lock)
 * @answered_at: jiffies
 */
struct camex_camex_peer {
	struct camex_sealed_peer sealed;
	struct camex_profile __rcu *profile;
	struct camex_profile *next_profile;
	bool waiting;
	bool automatic;
	bool answered;
	int registers;
	unsigned long next_register;
	unsigned long answered_at;
};

/**
 * struct camex_camex_dev - state of a device
 * @sealed: keys and sessions; its budget is for trying all keys
 * @plaintext: peers without a key may talk (written under RTNL)
 * @client_id: our CLIENT_ID for AUTO, or "" (camex_dev.lock)
 * @known: CPU budget for trying the keys of peers at the source of a datagram
 * @spare: the same for sources within their rate limit, when @known is used up
 * @trials: datagrams whose keys are being tried
 * @hints: keys of sources that are no peer's endpoint yet
 */
struct camex_camex_dev {
	struct camex_sealed_dev sealed;
	bool plaintext;
	char client_id[CAMEX_NAME_MAX + 1];
	struct camex_budget known;
	struct camex_budget spare;
	struct camex_trials trials;
	struct camex_hints hints;
};

/**
 * camex_camex_of() - the state of a peer
 * @peer: a peer of protocol camex
 */
static inline struct camex_camex_peer *camex_camex_of(const struct camex_peer *peer)
{
	return camex_peer_own(peer);
}

/**
 * camex_camex_of_dev() - the state of a device
 * @cdev: a device of protocol camex
 */
static inline struct camex_camex_dev *camex_camex_of_dev(const struct camex_dev *cdev)
{
	return camex_dev_own(cdev);
}

#endif /* CAMEX_CAMEX_STATE_H */
