/* SPDX-License-Identifier: GPL-2.0-only */
/* Data messages: camex_protocol_ops of the data path. */
#ifndef CAMEX_WG_DATA_H
#define CAMEX_WG_DATA_H

#include "core/protocol.h"

/* Kinds of datagrams for camex_protocol_ops.begin_sealing: both are of message type 4. */
#define CAMEX_WG_PACKET		4
#define CAMEX_WG_KEEPALIVE	5

/* Packets are padded to a multiple of this, bytes. */
#define CAMEX_WG_PAD		16

bool camex_wg_begin_sealing(struct camex_peer *peer, struct camex_sealing *s,
			    unsigned int n, u8 type, int *why);
void camex_wg_put_header(struct camex_sealing *s, unsigned int body);
bool camex_wg_locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
		     const struct camex_source *from, struct camex_receiver *last,
		     struct camex_located *at);
bool camex_wg_expects(struct camex_dev *cdev, const struct sk_buff *skb);
void camex_wg_heard(struct camex_receiver *receiver, const struct camex_source *from,
		    bool highest);
struct camex_peer *camex_wg_open_data(struct camex_dev *cdev, struct sk_buff *skb,
				      const struct camex_source *from, int *why);
void camex_wg_follow_peer(struct camex_peer *peer, const struct camex_source *from);
void camex_wg_send_keepalive_to(struct camex_peer *peer, struct camex_endpoint *ep);
void camex_wg_send_keepalive(struct camex_peer *peer);

#endif /* CAMEX_WG_DATA_H */
