// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forwarding table of a tap link: station (MAC address and VLAN) to peer. Entries are learned
 * from the source addresses of frames whose peer is known, and expire. Static entries stay.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/peer.h"
#include "link/fdb.h"

/* Shortest and longest time between two searches for old entries. */
#define LOOK_MIN	HZ
#define LOOK_MAX	(30 * HZ)

static int is_other_station(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct camex_fdb_entry *entry = object;
	const struct camex_fdb_key *key = arg->key;

	return !ether_addr_equal(entry->key.mac, key->mac) ||
	       entry->key.vlan != key->vlan;
}

static const struct rhashtable_params by_station = {
	.key_len = sizeof(struct camex_fdb_key),
	.key_offset = offsetof(struct camex_fdb_entry, key),
	.head_offset = offsetof(struct camex_fdb_entry, node),
	.obj_cmpfn = is_other_station,
	.automatic_shrinking = true,
};

/**
 * camex_fdb_key_set() - fill in the key of a station
 * @key: result
 * @mac: ETH_ALEN bytes
 * @vlan: VLAN ID, 0 for none
 */
void camex_fdb_key_set(struct camex_fdb_key *key, const u8 *mac, u16 vlan)
{
	ether_addr_copy(key->mac, mac);
	key->vlan = vlan;
}

static bool is_old(const struct camex_dev *cdev,
		   const struct camex_fdb_entry *entry)
{
	unsigned long ageing = READ_ONCE(cdev->conf.ageing);

	return !READ_ONCE(entry->fixed) && ageing &&
	       time_after(jiffies, READ_ONCE(entry->seen) + ageing * HZ);
}

/* Number of entries of all devices that were removed. */
static atomic_t removals = ATOMIC_INIT(0);

/**
 * camex_fdb_removals() - get a number that differs when any entry of any device was removed
 *
 * Return: not 0.
 */
unsigned int camex_fdb_removals(void)
{
	return (unsigned int)atomic_read(&removals) ?: 1;
}

static void drop_entry(struct camex_dev *cdev, struct camex_fdb_entry *entry)
{
	rhashtable_remove_fast(&cdev->stations.table, &entry->node, by_station);
	list_del(&entry->peer_node);
	list_del(&entry->all_node);
	atomic_inc(&removals);
	rcu_dereference_protected(entry->peer,
				  lockdep_is_held(&cdev->lock))->stations.n--;
	cdev->stations.n--;
	kfree_rcu(entry, rcu);
}

/* --- ageing --- */

static void look_again(struct camex_dev *cdev)
{
	unsigned long every = READ_ONCE(cdev->conf.ageing) * (HZ / 4);

	if (every)
		schedule_delayed_work(&cdev->stations.work,
				      clamp_t(unsigned long, every, LOOK_MIN,
					      LOOK_MAX));
}

static void age_entries(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, stations.work);
	struct camex_fdb_entry *entry, *next;
	struct camex_peer *peer;
	unsigned long number;

	rcu_read_lock();
	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		list_for_each_entry_safe(entry, next, &peer->stations.list, peer_node)
			if (is_old(cdev, entry))
				drop_entry(cdev, entry);
		spin_unlock_bh(&cdev->lock);
	}
	rcu_read_unlock();
	if (READ_ONCE(cdev->stations.n))
		look_again(cdev);
}

/**
 * camex_fdb_init() - set up the table
 * @cdev: a new device with a tap link
 *
 * Return: 0 or a negative errno.
 */
int camex_fdb_init(struct camex_dev *cdev)
{
	INIT_LIST_HEAD(&cdev->stations.all);
	INIT_DELAYED_WORK(&cdev->stations.work, age_entries);
	return rhashtable_init(&cdev->stations.table, &by_station);
}

/**
 * camex_fdb_free() - free the empty table
 * @cdev: a device without peers
 *
 * Context: may sleep.
 */
void camex_fdb_free(struct camex_dev *cdev)
{
	cancel_delayed_work_sync(&cdev->stations.work);
	rhashtable_destroy(&cdev->stations.table);
}

/* --- packets --- */

/**
 * camex_fdb_lookup() - find the peer of a station
 * @cdev: the device
 * @mac: its address
 * @vlan: its VLAN ID, 0 for none
 *
 * Context: RCU reader.
 * Return: the peer, or NULL if the station is unknown.
 */
struct camex_peer *camex_fdb_lookup(struct camex_dev *cdev, const u8 *mac,
				    u16 vlan)
{
	struct camex_fdb_entry *entry;
	struct camex_fdb_key key;

	camex_fdb_key_set(&key, mac, vlan);
	/* A qdisc only disables bottom halves; rhashtable_lookup() wants rcu_read_lock(). */
	entry = rhashtable_lookup_fast(&cdev->stations.table, &key, by_station);
	return entry && !is_old(cdev, entry) ?
	       rcu_dereference_check(entry->peer, rcu_read_lock_bh_held()) : NULL;
}

/* Is there no room for a station of this peer? @known: the table has the station already. */
static bool is_full(const struct camex_peer *peer, bool known)
{
	return READ_ONCE(peer->stations.n) >= CAMEX_FDB_PEER_MAX ||
	       (!known && READ_ONCE(peer->cdev->stations.n) >= CAMEX_FDB_MAX);
}

static int insert_entry(struct camex_peer *peer, const struct camex_fdb_key *key,
			bool fixed)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_fdb_entry *entry;
	int err;

	if (is_full(peer, false))
		return -ENOSPC;
	entry = camex_zalloc(cdev, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = *key;
	entry->fixed = fixed;
	entry->seen = jiffies;
	RCU_INIT_POINTER(entry->peer, peer);
	err = rhashtable_insert_fast(&cdev->stations.table, &entry->node, by_station);
	if (err) {
		kfree(entry);
		return err;
	}
	entry->number = ++cdev->stations.last;
	list_add_tail(&entry->peer_node, &peer->stations.list);
	list_add_tail(&entry->all_node, &cdev->stations.all);
	WRITE_ONCE(peer->stations.n, peer->stations.n + 1);
	WRITE_ONCE(cdev->stations.n, cdev->stations.n + 1);
	look_again(cdev);
	return 0;
}

static int move_entry(struct camex_peer *peer, struct camex_fdb_entry *entry)
{
	struct camex_peer *old;

	old = rcu_dereference_protected(entry->peer,
					lockdep_is_held(&peer->cdev->lock));
	if (old != peer && is_full(peer, true))
		return -ENOSPC;
	WRITE_ONCE(entry->seen, jiffies);
	if (old == peer)
		return 0;
	list_move_tail(&entry->peer_node, &peer->stations.list);
	WRITE_ONCE(old->stations.n, old->stations.n - 1);
	WRITE_ONCE(peer->stations.n, peer->stations.n + 1);
	rcu_assign_pointer(entry->peer, peer);
	return 0;
}

/**
 * camex_fdb_learn() - learn a station from a frame of a peer
 * @peer: the peer
 * @mac: source of the frame, a unicast address
 * @vlan: VLAN ID, 0 for none
 *
 * Context: RCU reader, bottom halves off.
 * Return: false if another peer has a static entry for the station.
 */
bool camex_fdb_learn(struct camex_peer *peer, const u8 *mac, u16 vlan)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_fdb_entry *entry;
	struct camex_fdb_key key;
	bool fixed = false;
	int err = 0;

	camex_fdb_key_set(&key, mac, vlan);
	entry = rhashtable_lookup(&cdev->stations.table, &key, by_station);
	if (likely(entry && rcu_access_pointer(entry->peer) == peer)) {
		camex_note_now(&entry->seen);
		return true;
	}
	if (entry && READ_ONCE(entry->fixed))
		return false;
	if (is_full(peer, entry)) {
		camex_count(cdev->stats, CAMEX_A_STATS_FDB_FULL, 1);
		return true;
	}
	spin_lock(&cdev->lock);
	entry = rhashtable_lookup(&cdev->stations.table, &key, by_station);
	if (entry)
		fixed = entry->fixed && rcu_access_pointer(entry->peer) != peer;
	if (!peer->dead && !fixed)
		err = entry ? move_entry(peer, entry) : insert_entry(peer, &key, false);
	spin_unlock(&cdev->lock);
	if (unlikely(err))
		camex_count(cdev->stats, CAMEX_A_STATS_FDB_FULL, 1);
	return !fixed;
}

/* --- lists --- */

/**
 * camex_fdb_peer() - get the peer of an entry
 * @entry: the entry
 *
 * Context: camex_dev.lock held.
 */
struct camex_peer *camex_fdb_peer(const struct camex_fdb_entry *entry)
{
	struct camex_peer *peer = rcu_dereference_protected(entry->peer, true);

	lockdep_assert_held(&peer->cdev->lock);
	return peer;
}

/**
 * camex_fdb_next() - get the next entry of a device
 * @cdev: the device
 * @entry: an entry of it
 *
 * An entry keeps its place when its station moves to another peer.
 *
 * Context: camex_dev.lock held.
 * Return: the entry, or NULL after the last one.
 */
struct camex_fdb_entry *camex_fdb_next(struct camex_dev *cdev,
				       struct camex_fdb_entry *entry)
{
	lockdep_assert_held(&cdev->lock);
	return list_is_last(&entry->all_node, &cdev->stations.all) ?
	       NULL : list_next_entry(entry, all_node);
}

/**
 * camex_fdb_after() - find the entry behind a number
 * @cdev: a device with a tap link
 * @key: the station that had the number, if it still exists
 * @number: the number, 0 for the first entry
 *
 * Context: camex_dev.lock held.
 * Return: the first entry with a higher number, or NULL.
 */
struct camex_fdb_entry *camex_fdb_after(struct camex_dev *cdev, const struct camex_fdb_key *key,
					u64 number)
{
	struct camex_fdb_entry *entry;

	lockdep_assert_held(&cdev->lock);
	entry = number ? rhashtable_lookup_fast(&cdev->stations.table, key, by_station) : NULL;
	if (entry && entry->number == number)
		return camex_fdb_next(cdev, entry);
	list_for_each_entry(entry, &cdev->stations.all, all_node)
		if (entry->number > number)
			return entry;
	return NULL;
}

/* --- configuration --- */

/**
 * camex_fdb_add() - put a station behind a peer
 * @peer: the peer
 * @key: the station, which may have been behind another peer
 * @fixed: static entry; else it expires, and may move
 *
 * Context: RTNL.
 * Return: 0, -ENOSPC, -ENOMEM.
 */
int camex_fdb_add(struct camex_peer *peer, const struct camex_fdb_key *key,
		  bool fixed)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_peer *before = NULL;
	struct camex_fdb_entry *entry;
	bool same = false;
	int err;

	rcu_read_lock();
	spin_lock_bh(&cdev->lock);
	entry = rhashtable_lookup(&cdev->stations.table, key, by_station);
	if (entry) {
		before = rcu_dereference_protected(entry->peer, lockdep_is_held(&cdev->lock));
		same = before == peer && entry->fixed == fixed;
	}
	err = entry ? move_entry(peer, entry) : insert_entry(peer, key, fixed);
	if (entry && !err)
		WRITE_ONCE(entry->fixed, fixed);
	spin_unlock_bh(&cdev->lock);
	rcu_read_unlock();
	if (err)
		return err == -EBUSY || err == -E2BIG ? -ENOMEM : err;
	if (before && before != peer)
		camex_event_now(before, CAMEX_EVENT_FDB);
	if (!same)
		camex_event_now(peer, CAMEX_EVENT_FDB);
	return 0;
}

/**
 * camex_fdb_del() - delete the entry of a station
 * @cdev: the device
 * @key: the station
 * @peer: delete it only if it is behind this peer; NULL: any
 *
 * Context: RTNL.
 * Return: 0 or -ENOENT.
 */
int camex_fdb_del(struct camex_dev *cdev, const struct camex_fdb_key *key,
		  const struct camex_peer *peer)
{
	struct camex_peer *before = NULL;
	struct camex_fdb_entry *entry;

	rcu_read_lock();
	spin_lock_bh(&cdev->lock);
	entry = rhashtable_lookup(&cdev->stations.table, key, by_station);
	if (entry && (!peer || rcu_access_pointer(entry->peer) == peer)) {
		before = rcu_dereference_protected(entry->peer, lockdep_is_held(&cdev->lock));
		drop_entry(cdev, entry);
	}
	spin_unlock_bh(&cdev->lock);
	rcu_read_unlock();
	if (!before)
		return -ENOENT;
	camex_event_now(before, CAMEX_EVENT_FDB);
	return 0;
}

/**
 * camex_fdb_flush() - delete the entries of a peer
 * @peer: the peer
 * @fixed: static entries, too
 *
 * Context: camex_dev.lock held.
 */
void camex_fdb_flush(struct camex_peer *peer, bool fixed)
{
	struct camex_fdb_entry *entry, *next;

	lockdep_assert_held(&peer->cdev->lock);
	list_for_each_entry_safe(entry, next, &peer->stations.list, peer_node)
		if (fixed || !entry->fixed)
			drop_entry(peer->cdev, entry);
}

/**
 * camex_fdb_flush_all() - delete all learned entries
 * @cdev: the device
 *
 * Context: RTNL.
 */
void camex_fdb_flush_all(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		camex_fdb_flush(peer, false);
		spin_unlock_bh(&cdev->lock);
	}
}

/**
 * camex_fdb_configured() - search for old entries soon, because the ageing time may have changed
 * @cdev: the device
 *
 * Context: RTNL.
 */
void camex_fdb_configured(struct camex_dev *cdev)
{
	mod_delayed_work(system_percpu_wq, &cdev->stations.work, HZ);
}

/**
 * camex_fdb_add_told() - as camex_fdb_add(), with a text for a request
 * @peer: the peer
 * @key: the station
 * @fixed: static entry
 * @extack: text if the table is full
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int camex_fdb_add_told(struct camex_peer *peer, const struct camex_fdb_key *key,
		       bool fixed, struct netlink_ext_ack *extack)
{
	int err = camex_fdb_add(peer, key, fixed);

	if (err == -ENOSPC)
		camex_extack(extack, NULL, "the forwarding table of %s is full",
			     peer->cdev->dev->name);
	return err;
}
