/* SPDX-License-Identifier: GPL-2.0-only */
/* What a server hands out to a client: address, gateway, MTU, routes. */
#ifndef CAMEX_PROFILE_H
#define CAMEX_PROFILE_H

#include <linux/rcupdate.h>

#include "protocol/camex/control_text.h"

struct camex_peer;
struct genl_info;
struct nlattr;
struct sk_buff;

/**
 * struct camex_profile - a profile; never changes once a peer has it
 * @text: its content
 * @rcu: frees it
 */
struct camex_profile {
	struct camex_text_profile text;
	struct rcu_head rcu;
};

int camex_attr_profile(const struct camex_peer *peer, struct genl_info *info,
		       struct nlattr **tb, struct camex_profile **profile);
void camex_profile_set(struct camex_peer *peer, struct camex_profile *profile);
int camex_profile_put(struct sk_buff *msg, const struct camex_peer *peer);

#endif /* CAMEX_PROFILE_H */
