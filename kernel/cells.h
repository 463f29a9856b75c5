/* SPDX-License-Identifier: GPL-2.0-only */
/* Where received packets wait for GRO: a NAPI of the link's for each CPU. */
#ifndef CAMEX_CELLS_H
#define CAMEX_CELLS_H

#include <linux/types.h>

struct camex_cells;
struct net_device;
struct sk_buff;

struct camex_cells *camex_cells_alloc(struct net_device *dev);
void camex_cells_free(struct camex_cells *cells);
void camex_cells_direct(bool on);
void camex_cells_settle(struct camex_cells *cells, int cpu);
bool camex_cells_receive(struct camex_cells *cells, struct sk_buff *skb, bool tcp);

#endif /* CAMEX_CELLS_H */
