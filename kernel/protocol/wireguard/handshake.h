/* SPDX-License-Identifier: GPL-2.0-only */
/* Handshakes, which workers compute. */
#ifndef CAMEX_WG_HANDSHAKE_H
#define CAMEX_WG_HANDSHAKE_H

#include "core/protocol.h"
#include "protocol/wireguard/wireguard.h"

/**
 * struct camex_wg_keys - a copy of the static keys of both ends
 * @local: ours
 * @remote: the peer's
 * @changes: camex_wg_dev.changes when the copy was made
 * @complete: the shared secret of both is computed too
 */
struct camex_wg_keys {
	struct camex_noise_local local;
	struct camex_noise_remote remote;
	u32 changes;
	bool complete;
};

bool camex_wg_is_alive(const struct camex_wg_peer *own);
bool camex_wg_keys_copy(const struct camex_wg_peer *own, struct camex_wg_keys *keys);
bool camex_wg_keys_hold(const struct camex_wg_peer *own, const struct camex_wg_keys *keys);
void camex_wg_keys_complete(struct camex_wg_peer *own, struct camex_wg_keys *keys);
bool camex_wg_session_finish(struct camex_wg_session *session,
			     struct camex_noise_handshake *hs, bool initiator);
void camex_wg_session_join(struct camex_wg_peer *own, struct camex_wg_session *session);
void camex_wg_note_message(struct camex_wg_peer *own, const struct camex_wg_message *message);
void camex_wg_handshake_confirm(struct camex_peer *peer, struct camex_wg_session *session);
void camex_wg_handshake_forget(struct camex_peer *peer);

/* initiator.c */
void camex_wg_handshake_request(struct camex_peer *peer);
void camex_wg_handshake_retry(struct camex_peer *peer);
void camex_wg_handshake_prepare(struct camex_peer *peer);
void camex_wg_forget_source(struct camex_peer *peer);
void camex_wg_handshake_initiate(struct work_struct *work);
int camex_wg_take_response(struct camex_wg_dev *dev, const struct camex_wg_message *message);

/* responder.c */
int camex_wg_take_initiation(struct camex_wg_dev *dev,
			     const struct camex_wg_message *message);

/* message.c */
void camex_wg_send_to_peer(struct camex_wg_peer *own, void *message, unsigned int len);
int camex_wg_handshake_take(struct camex_dev *cdev, const struct sk_buff *skb,
			    const struct camex_source *from);
void camex_wg_handshake_work(struct work_struct *work);

#endif /* CAMEX_WG_HANDSHAKE_H */
