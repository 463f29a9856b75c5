/* SPDX-License-Identifier: GPL-2.0-only */
/* Where received packets wait for GRO: a NAPI of the link's for each CPU. */
#ifndef CAMEX_CELLS_H
#define CAMEX_CELLS_H

#include <linux/types.h>

/* How long received datagrams wait for more of them, if nobody answers: default and limit, us. */
#define CAMEX_RX_USECS		150
#define CAMEX_RX_USECS_MAX	10000

struct camex_gro_queue;
struct camex_peer;
struct net_device;
struct sk_buff;

struct camex_gro_queue *camex_gro_queue_alloc(struct net_device *dev);
void camex_gro_queue_stop(struct camex_gro_queue *gro);
void camex_gro_queue_free(struct camex_gro_queue *gro);
int camex_gro_queue_direct(bool on);
bool camex_gro_queue_is_long(struct camex_gro_queue *gro, int cpu);
void camex_gro_queue_settle(struct camex_gro_queue *gro, int cpu);
bool camex_gro_queue_receive(struct camex_gro_queue *gro, struct sk_buff *skb,
			     struct camex_peer *peer, bool tcp);

#endif /* CAMEX_CELLS_H */
