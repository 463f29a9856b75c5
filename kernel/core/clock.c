// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends sessions for sending before their time. Nonces come from the wall clock: a
 * session that began while the clock was behind may be refused as a recording, so it is
 * replaced when the clock steps forward. Nonces must not come twice: memory that is written
 * to disk, or copied, and goes on later must not go on with the sessions in it.
 */
#include <linux/hrtimer.h>
#include <linux/rtnetlink.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/protocol.h"

/* A clock that is set forward by more than this begins new sessions, nanoseconds. */
#define STEP		((s64)NSEC_PER_SEC)
/* How often to compare the clocks, nanoseconds; the timer may be late by the second figure. */
#define WATCH_EVERY	(8 * (s64)NSEC_PER_SEC)
#define WATCH_SLACK	(2 * (s64)NSEC_PER_SEC)

/* Sessions for sending that there are. */
static atomic_t sessions;
/* The lowest camex_clock_offset() that a session began at since the sessions were last replaced. */
static atomic64_t lowest = ATOMIC64_INIT(S64_MAX);
static struct hrtimer watch_timer;
static bool exiting;
static bool hibernates;

#ifdef CAMEX_KUNIT
/* What the tests make of the clock. */
u64 camex_test_clock;
EXPORT_SYMBOL_GPL(camex_test_clock);
#else
#define camex_test_clock	0
#endif

/**
 * camex_clock_wall() - what the wall clock says, set or not
 *
 * Return: nanoseconds since 1970.
 */
u64 camex_clock_wall(void)
{
	return camex_test_clock ?: ktime_get_real_ns();
}

/**
 * camex_clock_offset() - how far the wall clock is ahead of the monotonic one
 *
 * Return: nanoseconds; it changes only when somebody sets the clock, or the machine slept.
 */
s64 camex_clock_offset(void)
{
	return (s64)camex_clock_wall() - ktime_get_ns();
}

CAMEX_EXPORT_FOR_KUNIT(camex_clock_offset);

/*
 * The timer runs on the wall clock: a clock that is set forward beyond the time when it
 * expires makes it expire at once, so that large steps are noticed without delay.
 */
static void start_timer(void)
{
	hrtimer_start_range_ns(&watch_timer,
			       ktime_add_ns(ktime_get_real(), WATCH_EVERY),
			       WATCH_SLACK, HRTIMER_MODE_ABS_SOFT);
}

/* End the sessions for sending that began when the clock's offset was below @since. */
static void use_up_sessions(struct camex_dev *cdev, s64 since)
{
	if (cdev->protocol->use_up)
		cdev->protocol->use_up(cdev, since);
}

static void tell_hibernation(struct camex_dev *cdev, s64 begins)
{
	if (cdev->protocol->hibernate)
		cdev->protocol->hibernate(cdev, begins);
}

/* The clock was set forward: the sessions that began before that are used up. */
static void replace_sessions(struct work_struct *work)
{
	s64 offset;

	rtnl_lock();
	offset = camex_clock_offset();
	/* Before looking: a session that begins meanwhile lowers it again. */
	atomic64_set(&lowest, offset);
	camex_namespace_each(use_up_sessions, offset - STEP);
	rtnl_unlock();
}

static DECLARE_WORK(replace_work, replace_sessions);

static enum hrtimer_restart compare_clocks(struct hrtimer *timer)
{
	if (READ_ONCE(exiting))
		return HRTIMER_NORESTART;
	if (camex_clock_offset() - atomic64_read(&lowest) > STEP)
		schedule_work(&replace_work);
	/* Pairs with camex_clock_watch(). */
	smp_mb();
	if (atomic_read(&sessions))
		start_timer();
	return HRTIMER_NORESTART;
}

/**
 * camex_clock_watch() - a session for sending begins
 * @offset: camex_clock_offset() at that time
 *
 * Context: camex_dev.lock held, so that the session is there when the lock can be taken next.
 */
void camex_clock_watch(s64 offset)
{
	s64 old = atomic64_read(&lowest);

	atomic_inc(&sessions);
	/* Pairs with compare_clocks(): one of the two sees the other, and starts the timer. */
	smp_mb__after_atomic();
	while (offset < old && !atomic64_try_cmpxchg(&lowest, &old, offset))
		;
	/* After a clock was set back the timer would expire too late. */
	if (!hrtimer_is_queued(&watch_timer) ||
	    ktime_to_ns(hrtimer_get_remaining(&watch_timer)) >
	    WATCH_EVERY + WATCH_SLACK)
		start_timer();
}

/**
 * camex_clock_unwatch() - a session for sending is freed
 */
void camex_clock_unwatch(void)
{
	atomic_dec(&sessions);
}

/**
 * camex_clock_hibernates() - is the machine about to hibernate, or to go on from an image
 *
 * Return: true while nothing may be sealed: memory may be written to disk at any time, and
 * what is sent after that is not known to whom goes on with it.
 */
bool camex_clock_hibernates(void)
{
	return READ_ONCE(hibernates);
}

/**
 * camex_clock_pause() - seal nothing, and take nothing that is sealed, until it is called again
 * @pause: true before memory is written to disk, false after it was read again, or was not
 *
 * A session that begins meanwhile is in the image as well, and is used up from the start. What
 * were taken after the image is made could be taken again when that goes on.
 *
 * Context: may sleep.
 */
void camex_clock_pause(bool pause)
{
	rtnl_lock();
	WRITE_ONCE(hibernates, pause);
	if (pause)
		camex_namespace_each(use_up_sessions, S64_MAX);
	camex_namespace_each(tell_hibernation, pause);
	rtnl_unlock();
	/* Wait for packets that are being sealed. */
	synchronize_net();
}

CAMEX_EXPORT_FOR_KUNIT(camex_clock_pause);

static int change_power(struct notifier_block *nb, unsigned long action, void *data)
{
	switch (action) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		camex_clock_pause(true);
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		camex_clock_pause(false);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block power_notifier = {
	.notifier_call = change_power,
};

/*
 * This virtual machine is one again that it was before, or a copy of one: nonces that it
 * knows to be next may have been used by then.
 */
static int vm_copied(struct notifier_block *nb, unsigned long action, void *data)
{
	rtnl_lock();
	camex_namespace_each(use_up_sessions, S64_MAX);
	rtnl_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block vm_notifier = {
	.notifier_call = vm_copied,
};

/**
 * camex_clock_init() - be told of hibernation and copied machines
 *
 * Return: 0 or a negative errno.
 */
int camex_clock_init(void)
{
	int err;

	hrtimer_setup(&watch_timer, compare_clocks, CLOCK_REALTIME,
		      HRTIMER_MODE_ABS_SOFT);
	err = register_pm_notifier(&power_notifier);
	if (err)
		return err;
	err = register_random_vmfork_notifier(&vm_notifier);
	if (err)
		unregister_pm_notifier(&power_notifier);
	return err;
}

/**
 * camex_clock_exit() - undo camex_clock_init(); there is no device any more
 */
void camex_clock_exit(void)
{
	unregister_random_vmfork_notifier(&vm_notifier);
	unregister_pm_notifier(&power_notifier);
	WRITE_ONCE(exiting, true);
	hrtimer_cancel(&watch_timer);
	cancel_work_sync(&replace_work);
}
