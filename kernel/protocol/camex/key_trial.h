/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding the key of a datagram from an unknown sender: a few keys at once, the others later. */
#ifndef CAMEX_TRIAL_H
#define CAMEX_TRIAL_H

#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct camex_dev;
struct camex_key;
struct camex_opening;
struct camex_source;

/* Number of keys that are tried without a break. */
#define CAMEX_TRIAL_KEYS	64
/* Maximum number of waiting datagrams of a device. */
#define CAMEX_TRIALS_MAX	64
/* Maximum number of them from one host (IPv4 address or IPv6 /64). */
#define CAMEX_TRIALS_HOST	16
/* Datagrams that are kept behind one of those: how many, and how long each may be. */
#define CAMEX_TRIAL_KEPT	4
#define CAMEX_TRIAL_KEPT_MAX	SZ_2K

/**
 * struct camex_trials - datagrams of a device whose keys are being tried
 * @cdev: the device
 * @busy: held while keys are tried: one CPU at a time does that
 * @lock: protects the members below
 * @waiting: struct camex_trial; the work item may be using the first one
 * @n: number of waiting datagrams
 * @stopped: no more datagrams are accepted
 * @work: tries the next keys for the first of them
 *
 * Neither lock is held when another one is taken.
 */
struct camex_trials {
	struct camex_dev *cdev;
	spinlock_t busy;	/* see above */
	spinlock_t lock;	/* see above */
	struct list_head waiting;
	unsigned int n;
	bool stopped;
	struct delayed_work work;
};

void camex_trials_init(struct camex_dev *cdev);
void camex_trials_clear(struct camex_dev *cdev);
void camex_trials_stop(struct camex_dev *cdev);
struct camex_key *camex_trial_find(struct camex_dev *cdev, struct camex_opening *o,
				   const struct camex_source *from, int *why);
bool camex_trial_keep(struct camex_dev *cdev, const struct camex_opening *o,
		      const struct camex_source *from);

#endif /* CAMEX_TRIAL_H */
