/* SPDX-License-Identifier: GPL-2.0-only */
/* REGISTER, CONFIG and KEEPALIVE of protocol camex. */
#ifndef CAMEX_CONTROL_H
#define CAMEX_CONTROL_H

#include "protocol/camex/control_text.h"
#include "protocol/camex/state.h"

enum camex_register camex_registers(const struct camex_peer *peer);
bool camex_registers_auto(const struct camex_peer *peer);
bool camex_registers_at_all(const struct camex_peer *peer);
unsigned int camex_register_keepalive(const struct camex_peer *peer);
bool camex_register_awaits(const struct camex_peer *peer);
unsigned long camex_register_every(const struct camex_peer *peer);
unsigned long camex_register_due(struct camex_peer *peer, unsigned long now,
				 struct camex_due *due);
void camex_register_begin(struct camex_peer *peer);
void camex_register_again(struct camex_peer *peer);
void camex_register_choose(struct camex_peer *peer, int registers);
struct sk_buff *camex_control_body(struct camex_peer *peer, bool registers,
				   u8 *type);
struct camex_peer *camex_control_registrant(struct camex_dev *cdev,
					    const struct camex_key *key,
					    const struct camex_text_register *r);
bool camex_control_awaits(const struct camex_peer *peer,
			  const struct camex_addr *from);
int camex_control_config(struct camex_peer *peer, const void *text, size_t len,
			 const struct camex_source *from);
int camex_control_take(struct camex_peer *peer, u8 type, const void *text,
		       size_t len, const struct camex_source *from);
int camex_control_answer(struct camex_peer *peer,
			 const struct camex_text_register *r,
			 const struct camex_source *from);

#endif /* CAMEX_CONTROL_H */
