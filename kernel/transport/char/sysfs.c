// SPDX-License-Identifier: GPL-2.0-only
/* sysfs attributes of links of /dev/camex, as those of /dev/net/tun have. */
#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/uidgid.h>

#include "transport/char/char.h"

static ssize_t tun_flags_show(struct device *device,
			      struct device_attribute *attribute, char *to)
{
	const struct camex_dev *cdev = netdev_priv(to_net_dev(device));
	const struct camex_char *chr;
	unsigned int flags = 0;

	rcu_read_lock();
	chr = rcu_dereference(cdev->chr);
	if (chr)
		flags = camex_char_flags(cdev, chr);
	rcu_read_unlock();
	return sysfs_emit(to, "0x%x\n", flags);
}

static ssize_t owner_show(struct device *device,
			  struct device_attribute *attribute, char *to)
{
	const struct camex_dev *cdev = netdev_priv(to_net_dev(device));
	const struct camex_char *chr;
	kuid_t owner = INVALID_UID;

	rcu_read_lock();
	chr = rcu_dereference(cdev->chr);
	if (chr)
		owner = chr->owner;
	rcu_read_unlock();
	if (!uid_valid(owner))
		return sysfs_emit(to, "-1\n");
	return sysfs_emit(to, "%u\n", from_kuid_munged(current_user_ns(), owner));
}

static ssize_t group_show(struct device *device,
			  struct device_attribute *attribute, char *to)
{
	const struct camex_dev *cdev = netdev_priv(to_net_dev(device));
	const struct camex_char *chr;
	kgid_t group = INVALID_GID;

	rcu_read_lock();
	chr = rcu_dereference(cdev->chr);
	if (chr)
		group = chr->group;
	rcu_read_unlock();
	if (!gid_valid(group))
		return sysfs_emit(to, "-1\n");
	return sysfs_emit(to, "%u\n", from_kgid_munged(current_user_ns(), group));
}

static DEVICE_ATTR_RO(tun_flags);
static DEVICE_ATTR_RO(owner);
static DEVICE_ATTR_RO(group);

static struct attribute *attributes[] = {
	&dev_attr_tun_flags.attr,
	&dev_attr_owner.attr,
	&dev_attr_group.attr,
	NULL
};

/* Of all links of transport char. */
const struct attribute_group camex_char_attributes = {
	.attrs = attributes,
};
