/* SPDX-License-Identifier: GPL-2.0-only */
/* Transports with exactly one peer. */
#ifndef CAMEX_FAR_H
#define CAMEX_FAR_H

#include <linux/types.h>

struct camex_dev;
struct netlink_ext_ack;
struct nlattr;

int camex_single_peer_add(struct camex_dev *cdev);
int camex_single_peer_keep(const struct camex_dev *cdev, const struct nlattr *attr,
			   struct netlink_ext_ack *extack);
void camex_single_peer_connected(struct camex_dev *cdev);
void camex_single_peer_gone(struct camex_dev *cdev);

#endif /* CAMEX_FAR_H */
