/* SPDX-License-Identifier: GPL-2.0-only */
/* Received datagrams that another CPU opens. */
#ifndef CAMEX_HANDOFF_H
#define CAMEX_HANDOFF_H

#include <linux/types.h>

struct camex_dev;
struct sk_buff;

int camex_handoff_alloc(struct camex_dev *cdev);
void camex_handoff_stop(struct camex_dev *cdev);
void camex_handoff_free(struct camex_dev *cdev);
bool camex_handoff(struct camex_dev *cdev, struct sk_buff *skb);
int camex_handoff_init(void);
void camex_handoff_exit(void);

#endif /* CAMEX_HANDOFF_H */
