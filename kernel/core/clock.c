// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that end sessions for sending early. Nonces come from the wall clock: a peer may refuse a
 * session that began while the clock was behind as a replay, so the session is replaced when the
 * clock steps forward. Nonces must not be used twice: a system that continues from an image of its
 * memory, on disk or as a copy of a virtual machine, must not use the sessions in the image.
 */
#include <linux/hrtimer.h>
#include <linux/rtnetlink.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/protocol.h"

/* If the clock is set forward by more than this, new sessions begin, nanoseconds. */
#define STEP		((s64)NSEC_PER_SEC)
/* How often to compare the clocks, nanoseconds; the timer may be late by the second figure. */
#define WATCH_EVERY	(8 * (s64)NSEC_PER_SEC)
#define WATCH_SLACK	(2 * (s64)NSEC_PER_SEC)

/* Number of sessions for sending. */
static atomic_t sessions;
/* Lowest camex_clock_offset() at the start of a session since sessions were last replaced. */
static atomic64_t lowest = ATOMIC64_INIT(S64_MAX);
static struct hrtimer watch_timer;
static bool exiting;
static bool hibernates;

#ifdef CAMEX_KUNIT
/* Clock values that the tests set. */
u64 camex_test_clock;
EXPORT_SYMBOL_GPL(camex_test_clock);
#else
#define camex_test_clock	0
#endif

/**
 * camex_clock_wall() - read the wall clock, whether it is set or not
 *
 * Return: nanoseconds since 1970.
 */
u64 camex_clock_wall(void)
{
	return camex_test_clock ?: ktime_get_real_ns();
}

/**
 * camex_clock_offset() - the wall clock minus the monotonic clock
 *
 * Return: nanoseconds; it changes only when the clock is set, or after suspend.
 */
s64 camex_clock_offset(void)
{
	return (s64)camex_clock_wall() - ktime_get_ns();
}

/*
 * The timer runs on the wall clock. If the clock is set forward beyond the expiry time, the timer
 * expires at once, so that large steps are noticed without delay.
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

/* The clock was set forward: replace the sessions that began before. */
static void replace_sessions(struct work_struct *work)
{
	s64 offset;

	rtnl_lock();
	offset = camex_clock_offset();
	/* Reset it before the search: a session that begins meanwhile lowers it again. */
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
 * camex_clock_watch() - register the start of a session for sending
 * @offset: camex_clock_offset() at its start
 *
 * Context: camex_dev.lock held, until the session is visible to others.
 */
void camex_clock_watch(s64 offset)
{
	s64 old = atomic64_read(&lowest);

	atomic_inc(&sessions);
	/* Pairs with compare_clocks(): one of the two sees the other and starts the timer. */
	smp_mb__after_atomic();
	while (offset < old && !atomic64_try_cmpxchg(&lowest, &old, offset))
		;
	/* After the clock was set back the timer would expire too late. */
	if (!hrtimer_is_queued(&watch_timer) ||
	    ktime_to_ns(hrtimer_get_remaining(&watch_timer)) >
	    WATCH_EVERY + WATCH_SLACK)
		start_timer();
}

/**
 * camex_clock_unwatch() - undo camex_clock_watch(), when the session is freed
 */
void camex_clock_unwatch(void)
{
	atomic_dec(&sessions);
}

/**
 * camex_clock_hibernates() - is the machine hibernating, or resuming from an image
 *
 * Return: true while nothing may be sealed. Memory may be written to disk at any time, and the
 * system that resumes from it would not know which nonces were used after that.
 */
bool camex_clock_hibernates(void)
{
	return READ_ONCE(hibernates);
}

/**
 * camex_clock_pause() - begin or end a time in which nothing is sealed and nothing is opened
 * @pause: true before memory is written to disk; false after the resume, or if that was given up
 *
 * A session that begins meanwhile is in the image as well, so it is used up from the start. One
 * that began in a module that was loaded meanwhile is used up at the end.
 * Datagrams accepted after the image was made could be accepted again after the resume.
 *
 * Context: may sleep.
 */
void camex_clock_pause(bool pause)
{
	rtnl_lock();
	WRITE_ONCE(hibernates, pause);
	camex_namespace_each(use_up_sessions, S64_MAX);
	camex_namespace_each(tell_hibernation, pause);
	rtnl_unlock();
	/* Wait for packets that are being sealed. */
	synchronize_net();
}

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
 * This virtual machine was set back to a snapshot, or is a copy: its next nonces may have been used
 * already.
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
 * camex_clock_init() - register for hibernation and copies of the machine
 *
 * Return: 0 or a negative errno.
 */
int camex_clock_init(void)
{
	unsigned int flags;
	int err;

	hrtimer_setup(&watch_timer, compare_clocks, CLOCK_REALTIME,
		      HRTIMER_MODE_ABS_SOFT);
	/* Nobody would tell this module of a hibernation that has begun: wait until it is over. */
	flags = lock_system_sleep();
	err = register_pm_notifier(&power_notifier);
	unlock_system_sleep(flags);
	if (err)
		return err;
	err = register_random_vmfork_notifier(&vm_notifier);
	if (err)
		unregister_pm_notifier(&power_notifier);
	return err;
}

/**
 * camex_clock_exit() - undo camex_clock_init(), after the last device
 */
void camex_clock_exit(void)
{
	unregister_random_vmfork_notifier(&vm_notifier);
	unregister_pm_notifier(&power_notifier);
	WRITE_ONCE(exiting, true);
	hrtimer_cancel(&watch_timer);
	cancel_work_sync(&replace_work);
}
