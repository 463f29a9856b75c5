/* SPDX-License-Identifier: GPL-2.0-only */
/* Received datagrams that workers open, perhaps on other CPUs. */
#ifndef CAMEX_RECEIVE_WORKER_H
#define CAMEX_RECEIVE_WORKER_H

#include "core/device.h"

struct sk_buff;

/**
 * camex_receive_workers_usable() - can workers open datagrams of a device
 * @cdev: the device
 */
static inline bool camex_receive_workers_usable(const struct camex_dev *cdev)
{
	return cdev->receive_queues;
}

int camex_receive_workers_alloc(struct camex_dev *cdev);
void camex_receive_workers_stop(struct camex_dev *cdev);
void camex_receive_workers_free(struct camex_dev *cdev);
bool camex_receive_worker_take(struct camex_dev *cdev, struct sk_buff *skb, u32 source);
int camex_receive_workers_init(void);
void camex_receive_workers_exit(void);

#endif /* CAMEX_RECEIVE_WORKER_H */
