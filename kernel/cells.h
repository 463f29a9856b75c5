/* SPDX-License-Identifier: GPL-2.0-only */
/* Where received packets wait for GRO: a NAPI of the link's for each CPU. */
#ifndef CAMEX_CELLS_H
#define CAMEX_CELLS_H

#include <linux/percpu.h>

struct camex_cell;
struct net_device;
struct sk_buff;

/**
 * struct camex_cells - the NAPIs of a link
 * @cells: one for each CPU, or NULL
 */
struct camex_cells {
	struct camex_cell __percpu *cells;
};

int camex_cells_init(struct camex_cells *cells, struct net_device *dev);
void camex_cells_free(struct camex_cells *cells);
bool camex_cells_receive(struct camex_cells *cells, struct sk_buff *skb);

#endif /* CAMEX_CELLS_H */
