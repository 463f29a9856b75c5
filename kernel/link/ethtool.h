/* SPDX-License-Identifier: GPL-2.0-only */
/* ethtool operations of links. */
#ifndef CAMEX_ETHTOOL_H
#define CAMEX_ETHTOOL_H

#include "core/device.h"

extern const struct ethtool_ops camex_ethtool_ops;
extern const struct ethtool_ops camex_link_ethtool_ops;

void camex_ethtool_init(struct camex_dev *cdev);

#endif /* CAMEX_ETHTOOL_H */
