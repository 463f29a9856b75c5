// SPDX-License-Identifier: GPL-2.0-only
/* A device that has peers, keys and sessions, but no link, and a transport that sends nothing. */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "core/link.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "protocol/sealed/key.h"
#include "test.h"

/* The link is not registered, so that GRO cannot poll it. */
static const struct camex_transport_ops transport = { .single = true };

static void no_events(struct work_struct *work)
{
}

/**
 * fake_dev_init_protocol() - make a device; a suite's init
 * @test: its priv becomes the struct camex_dev
 * @protocol: its protocol
 *
 * Return: 0 or a negative errno.
 */
int fake_dev_init_protocol(struct kunit *test, const struct camex_protocol_ops *protocol)
{
	struct camex_dev *cdev = kunit_kzalloc(test, sizeof(*cdev), GFP_KERNEL);
	int err;

	if (!cdev)
		return -ENOMEM;
	/* it is down for ever: no timer runs */
	cdev->dev = kunit_kzalloc(test, sizeof(*cdev->dev), GFP_KERNEL);
	if (!cdev->dev)
		return -ENOMEM;
	/* events look there for listeners */
	dev_net_set(cdev->dev, &init_net);
	cdev->limits = camex_rate_limits_alloc();
	if (!cdev->limits)
		return -ENOMEM;
	spin_lock_init(&cdev->lock);
	cdev->link = &camex_link_tun;
	cdev->protocol = protocol;
	cdev->transport = &transport;
	cdev->net = &init_net;
	err = camex_device_attach(cdev);
	if (err)
		goto err_limits;
	err = camex_peers_init(cdev);
	if (err)
		goto err_attached;
	/* nobody is told */
	INIT_DELAYED_WORK(&cdev->events.work, no_events);
	test->priv = cdev;
	return 0;

err_attached:
	camex_device_detach(cdev);
err_limits:
	camex_rate_limits_free(cdev->limits);
	return err;
}

/**
 * fake_dev_init() - make a device of protocol camex; a suite's init
 * @test: as fake_dev_init_protocol()
 *
 * Return: 0 or a negative errno.
 */
int fake_dev_init(struct kunit *test)
{
	return fake_dev_init_protocol(test, &camex_protocol_camex);
}

/* Nothing of protocol camex is left. */
static void expect_no_keys(struct kunit *test, const struct camex_dev *cdev)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);

	KUNIT_EXPECT_TRUE(test, list_empty(&own->keys));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&own->key_table.nelems));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&own->sessions.ht.nelems));
}

/**
 * fake_dev_exit() - delete the device with its peers; a suite's exit
 * @test: of which nothing may be left in the tables
 */
void fake_dev_exit(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;

	if (!cdev)
		return;
	rtnl_lock();
	camex_peers_clear(cdev);
	rtnl_unlock();
	if (cdev->protocol->stop)
		cdev->protocol->stop(cdev);
	cancel_delayed_work_sync(&cdev->events.work);
	KUNIT_EXPECT_TRUE(test, xa_empty(&cdev->peers));
	KUNIT_EXPECT_TRUE(test, list_empty(&cdev->events.list));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&cdev->names.nelems));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&cdev->endpoints.ht.nelems));
	if (cdev->protocol == &camex_protocol_camex)
		expect_no_keys(test, cdev);
	KUNIT_EXPECT_EQ(test, 0, cdev->routes.n);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(cdev->routes.v4));
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(cdev->routes.v6));
	/* what is freed late must not meet freed tables, nor a freed module */
	rcu_barrier();
	rcu_barrier();
	camex_peers_free(cdev);
	camex_device_detach(cdev);
	camex_rate_limits_free(cdev->limits);
}

/**
 * fake_peer() - add a peer to the device
 * @test: made by fake_dev_init(); ends when there is no memory
 * @name: a new name
 */
struct camex_peer *fake_peer(struct kunit *test, const char *name)
{
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_new(test->priv, name, NULL, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(peer), "peer %s", name);
	return peer;
}

/**
 * fake_peer_del() - delete a peer
 * @peer: the peer
 */
void fake_peer_del(struct camex_peer *peer)
{
	rtnl_lock();
	camex_peer_del(peer);
	rtnl_unlock();
}

/**
 * fake_set_key() - give a peer a key
 * @peer: the peer
 * @bytes: of the key, or NULL for none
 *
 * Return: 0 or a negative errno.
 */
int fake_set_key(struct camex_peer *peer, const u8 *bytes)
{
	u8 fingerprint[CAMEX_FINGERPRINT_LEN] = { bytes ? bytes[0] : 0 };
	int err;

	rtnl_lock();
	err = camex_peer_set_key(peer, bytes, bytes ? fingerprint : NULL);
	rtnl_unlock();
	return err;
}
