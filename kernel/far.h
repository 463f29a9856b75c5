/* SPDX-License-Identifier: GPL-2.0-only */
/* Transports with one far end, whose peer is there from the start. */
#ifndef CAMEX_FAR_H
#define CAMEX_FAR_H

#include <linux/types.h>

struct camex_dev;
struct netlink_ext_ack;
struct nlattr;

int camex_far_add(struct camex_dev *cdev);
int camex_far_keep(const struct camex_dev *cdev, const struct nlattr *attr,
		   struct netlink_ext_ack *extack);
void camex_far_connected(struct camex_dev *cdev);
void camex_far_gone(struct camex_dev *cdev);

#endif /* CAMEX_FAR_H */
