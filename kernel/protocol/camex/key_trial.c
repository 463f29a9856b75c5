// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the key of a datagram from an unknown sender by trying the keys of the device. That
 * takes time for each key, and anybody can cause it by a forged datagram. So the softirq that
 * receives the datagram tries only a few keys, and a work item tries the others in small steps.
 * One CPU at a time tries keys of a device. The CPU time for it is limited, and so is the rate
 * for each source.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "core/compat.h"
#include "core/drop.h"
#include "protocol/camex/control_text.h"
#include "protocol/camex/state.h"
#include "protocol/sealed/key.h"

/**
 * struct camex_trial - a datagram whose key is not found yet
 * @node: on camex_trials.waiting
 * @skb: a private copy of the datagram
 * @from: its source
 * @prefix: of its nonce
 * @kept: packets that came behind it, from the same source and under the same prefix
 * @next: the key that is tried next (a reference); NULL: the first one
 * @more: there are keys that were not tried
 */
struct camex_trial {
	struct list_head node;
	struct sk_buff *skb;
	struct camex_source from;
	u32 prefix;
	struct sk_buff_head kept;
	struct camex_key *next;
	bool more;
};

static void free_trial(struct camex_trial *trial)
{
	if (trial->next)
		camex_key_put(trial->next);
	__skb_queue_purge(&trial->kept);
	kfree_skb(trial->skb);
	kfree(trial);
}

/*
 * Try a few keys, from *@next on (a reference, which is given up). Returns the one that opens
 * the datagram; or NULL with *@next set to the key that is to be tried next (a reference), or
 * to NULL after the last one.
 */
static struct camex_key *try_keys(struct camex_dev *cdev, struct camex_opening *o,
				  struct camex_key **next)
{
	struct list_head *keys = &camex_sealed_of_dev(cdev)->keys;
	struct camex_key *first = *next, *key, *found = NULL;
	unsigned int n = 0;

	*next = NULL;
	/* The key was deleted meanwhile, so its successor in the list may be freed: start again. */
	if (first && !list_empty(&first->peers))
		key = first;
	else
		key = list_entry_rcu(keys->next, struct camex_key, node);
	list_for_each_entry_from_rcu(key, keys, node) {
		if (n++ == CAMEX_TRIAL_KEYS) {
			if (refcount_inc_not_zero(&key->users))
				*next = key;
			break;
		}
		if (camex_sealed_opens_under(o, key)) {
			found = key;
			break;
		}
	}
	if (first)
		camex_key_put(first);
	return found;
}

/* Copy a datagram, with the room that decryption needs. */
static struct sk_buff *copy_datagram(const struct camex_opening *o)
{
	unsigned int len = o->h.body + CAMEX_WIRE_TAG;
	struct sk_buff *skb = alloc_skb(CAMEX_AEAD_AD_MAX + len + CAMEX_AEAD_TAIL,
					GFP_ATOMIC | __GFP_NOWARN);

	if (!skb)
		return NULL;
	skb_reserve(skb, CAMEX_AEAD_AD_MAX - o->ad_len);
	skb_put_data(skb, o->ad, o->ad_len);
	skb_put_data(skb, o->body, len);
	return skb;
}

/* Are two sources one host? An IPv6 host has all addresses of its /64; ports do not count. */
static bool is_same_host(const struct camex_addr *a, const struct camex_addr *b)
{
	if (a->family != b->family)
		return false;
	return a->family == AF_INET6 ? ipv6_prefix_equal(&a->v6, &b->v6, 64) :
				       a->v4 == b->v4;
}

/*
 * Must a datagram be refused? Yes, if its source has one waiting already, which it can send again
 * later; or if its host has too many waiting.
 */
static bool is_refused(const struct camex_trials *trials, const struct camex_source *from)
{
	const struct camex_trial *trial;
	unsigned int host = 0;

	if (trials->stopped)
		return true;
	list_for_each_entry(trial, &trials->waiting, node) {
		if (!memcmp(&trial->from.addr, &from->addr, sizeof(from->addr)))
			return true;
		host += is_same_host(&trial->from.addr, &from->addr);
	}
	return host >= CAMEX_TRIALS_HOST;
}

/*
 * Queue a datagram for trying the keys from @next on (a reference, which is given up). Return 0,
 * or the counter for the reason why not.
 */
static int defer_trial(struct camex_dev *cdev, const struct camex_opening *o,
		       const struct camex_source *from, struct camex_key *next)
{
	struct camex_trials *trials = &camex_camex_of_dev(cdev)->trials;
	int why = CAMEX_A_STATS_NO_MEMORY;
	struct camex_trial *trial;
	bool refused;

	/* Most datagrams of a flood end here, before any allocation. */
	spin_lock(&trials->lock);
	refused = trials->n == CAMEX_TRIALS_MAX || is_refused(trials, from);
	trials->n += !refused;
	spin_unlock(&trials->lock);
	if (refused) {
		if (next)
			camex_key_put(next);
		return CAMEX_A_STATS_RATE_LIMITED;
	}

	trial = kzalloc(sizeof(*trial), GFP_ATOMIC | __GFP_NOWARN);
	if (trial) {
		trial->next = next;
		trial->from = *from;
		trial->prefix = o->h.prefix;
		__skb_queue_head_init(&trial->kept);
		trial->skb = copy_datagram(o);
	} else if (next) {
		camex_key_put(next);
	}
	spin_lock(&trials->lock);
	/* Another CPU may have queued a datagram of the host meanwhile. */
	if (trial && trial->skb && is_refused(trials, from)) {
		why = CAMEX_A_STATS_RATE_LIMITED;
		trials->n--;
	} else if (trial && trial->skb) {
		list_add_tail(&trial->node, &trials->waiting);
		queue_delayed_work(system_dfl_wq, &trials->work, 0);
		trial = NULL;
		why = 0;
	} else {
		trials->n--;
	}
	spin_unlock(&trials->lock);
	if (trial)
		free_trial(trial);
	return why;
}

/**
 * camex_trial_find() - find the key of a datagram by trying
 * @cdev: the device
 * @o: the datagram
 * @from: where it came from
 * @why: counter for the reason, on failure; or 0: other keys are tried later
 *
 * Context: RCU reader, bottom halves off.
 * Return: the key, and the datagram is decrypted; or NULL.
 */
struct camex_key *camex_trial_find(struct camex_dev *cdev, struct camex_opening *o,
				   const struct camex_source *from, int *why)
{
	struct camex_camex_dev *own = camex_camex_of_dev(cdev);
	struct camex_trials *trials = &own->trials;
	struct camex_key *key, *next = NULL;
	u64 start = ktime_get_ns();

	*why = CAMEX_A_STATS_AUTH_FAILED;
	if (list_empty(&own->sealed.keys))
		return NULL;
	/* REGISTER and KEEPALIVE are not longer than this. */
	if (o->h.body > CAMEX_TEXT_MAX) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	if (o->trial) {
		next = o->trial->next;
		spin_lock(&trials->busy);
	} else if (!camex_rate_limit_source(cdev->limits, &from->addr, start)) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return NULL;
	} else if (!camex_budget_begin(&own->sealed.budget, start) ||
		   !spin_trylock(&trials->busy)) {
		*why = defer_trial(cdev, o, from, NULL);
		return NULL;
	}
	start = ktime_get_ns();
	key = try_keys(cdev, o, &next);
	camex_budget_end(&own->sealed.budget, start, ktime_get_ns());
	spin_unlock(&trials->busy);

	if (o->trial) {
		o->trial->next = next;
		o->trial->more = next;
	}
	if (!next)
		return key;
	*why = o->trial ? 0 : defer_trial(cdev, o, from, next);
	return NULL;
}

/**
 * camex_trial_keep() - keep a packet whose sender cannot be known before a REGISTER or KEEPALIVE in
 *	front of it has been tried
 * @cdev: the device
 * @o: the packet's datagram, which no known key opens
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if it is not kept.
 */
bool camex_trial_keep(struct camex_dev *cdev, const struct camex_opening *o,
		      const struct camex_source *from)
{
	struct camex_trials *trials = &camex_camex_of_dev(cdev)->trials;
	struct sk_buff *skb = NULL;
	struct camex_trial *trial;

	/* Strangers get no further while nothing is tried. */
	if (likely(!READ_ONCE(trials->n)) || o->h.body > CAMEX_TRIAL_KEPT_MAX)
		return false;
	spin_lock(&trials->lock);
	list_for_each_entry(trial, &trials->waiting, node) {
		if (trial->prefix != o->h.prefix ||
		    memcmp(&trial->from.addr, &from->addr, sizeof(from->addr)))
			continue;
		if (skb_queue_len(&trial->kept) < CAMEX_TRIAL_KEPT)
			skb = copy_datagram(o);
		if (skb)
			__skb_queue_tail(&trial->kept, skb);
		break;
	}
	spin_unlock(&trials->lock);
	return skb;
}

/* Receive the packets that were kept behind a datagram whose keys have been tried. */
static void receive_kept(struct camex_dev *cdev, struct camex_trial *trial)
{
	struct sk_buff *skb;

	local_bh_disable();
	rcu_read_lock();
	while ((skb = __skb_dequeue(&trial->kept))) {
		skb->dev = cdev->dev;
		camex_rx(cdev, skb, &trial->from);
	}
	rcu_read_unlock();
	local_bh_enable();
}

/* Try the next keys for a datagram. Return false if more keys are left. */
static bool go_on_trying(struct camex_dev *cdev, struct camex_trial *trial)
{
	struct camex_opening o camex_uninit;
	int why = 0;

	if (WARN_ON_ONCE(!camex_wire_parse(trial->skb->data, trial->skb->len, &o.h)))
		return true;
	o.peer = NULL;
	o.trial = trial;
	/* Without a trial, if a session was opened or the keys were deleted meanwhile. */
	trial->more = false;
	local_bh_disable();
	rcu_read_lock();
	/* REGISTER and KEEPALIVE contain no packet to deliver. */
	if (!camex_sealed_open(cdev, trial->skb, &o, &trial->from, &why) && why)
		camex_drop_received(cdev, NULL, why, 1);
	rcu_read_unlock();
	local_bh_enable();
	if (!trial->more)
		return true;
	/* The header was overwritten by what is authenticated with the body. */
	memcpy(trial->skb->data, o.ad, o.ad_len);
	return false;
}

static void try_waiting(struct work_struct *work)
{
	struct camex_trials *trials = container_of(to_delayed_work(work),
						   struct camex_trials, work);
	struct camex_dev *cdev = trials->cdev;
	struct camex_trial *trial;
	u64 wait;

	for (;;) {
		spin_lock_bh(&trials->lock);
		trial = trials->stopped ? NULL :
			list_first_entry_or_null(&trials->waiting,
						 struct camex_trial, node);
		wait = camex_budget_wait(&camex_sealed_of_dev(cdev)->budget,
					 ktime_get_ns());
		if (trial && wait)
			queue_delayed_work(system_dfl_wq, &trials->work,
					   nsecs_to_jiffies(wait) + 1);
		spin_unlock_bh(&trials->lock);
		if (!trial || wait)
			return;
		if (go_on_trying(cdev, trial)) {
			spin_lock_bh(&trials->lock);
			list_del(&trial->node);
			trials->n--;
			spin_unlock_bh(&trials->lock);
			receive_kept(cdev, trial);
			free_trial(trial);
		}
		cond_resched();
	}
}

/**
 * camex_trials_init() - set up the trials of a new device
 * @cdev: the device
 */
void camex_trials_init(struct camex_dev *cdev)
{
	struct camex_trials *trials = &camex_camex_of_dev(cdev)->trials;

	trials->cdev = cdev;
	spin_lock_init(&trials->busy);
	spin_lock_init(&trials->lock);
	INIT_LIST_HEAD(&trials->waiting);
	INIT_DELAYED_WORK(&trials->work, try_waiting);
}

/**
 * camex_trials_clear() - drop the waiting datagrams
 * @cdev: the device, which receives nothing at the moment
 *
 * Context: RTNL, may sleep.
 */
void camex_trials_clear(struct camex_dev *cdev)
{
	struct camex_trials *trials = &camex_camex_of_dev(cdev)->trials;
	struct camex_trial *trial, *next;
	LIST_HEAD(gone);
	bool stopped;

	spin_lock_bh(&trials->lock);
	stopped = trials->stopped;
	trials->stopped = true;
	spin_unlock_bh(&trials->lock);
	/* The work item may be using the first one. */
	cancel_delayed_work_sync(&trials->work);
	spin_lock_bh(&trials->lock);
	list_splice_init(&trials->waiting, &gone);
	list_for_each_entry(trial, &gone, node)
		trials->n--;
	trials->stopped = stopped;
	spin_unlock_bh(&trials->lock);
	list_for_each_entry_safe(trial, next, &gone, node)
		free_trial(trial);
}

/**
 * camex_trials_stop() - accept no more datagrams, and drop the waiting ones
 * @cdev: the device, which is being deleted
 *
 * Context: RTNL, may sleep.
 */
void camex_trials_stop(struct camex_dev *cdev)
{
	struct camex_trials *trials = &camex_camex_of_dev(cdev)->trials;

	spin_lock_bh(&trials->lock);
	trials->stopped = true;
	spin_unlock_bh(&trials->lock);
	camex_trials_clear(cdev);
}
