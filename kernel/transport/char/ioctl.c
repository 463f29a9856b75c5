// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of /dev/net/tun. */
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <linux/virtio_net.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "transport/char/char.h"

/* Flags of TUNSETIFF, besides the kind of link. */
#define FEATURES	(IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE)
/* Offloads that TUNSETOFFLOAD sets. */
#define USER_FEATURES	(NETIF_F_HW_CSUM | NETIF_F_ALL_TSO | CAMEX_USO_FEATURES)

static bool is_at_home(const struct camex_dev *cdev)
{
	return dev_net(cdev->dev)->user_ns == cdev->net->user_ns;
}

/**
 * camex_char_permitted() - may the current credentials attach to a link
 * @cdev: the link's device, of transport char
 *
 * The owner and the group may, as with tun.ko. If a link has neither, every process that may open
 * the node may attach, unless the link was moved to the namespace of another user namespace.
 *
 * Context: RTNL.
 */
bool camex_char_permitted(const struct camex_dev *cdev)
{
	const struct camex_char *chr = rtnl_dereference(cdev->chr);

	if (!uid_valid(chr->owner) && !gid_valid(chr->group)) {
		if (is_at_home(cdev))
			return true;
	} else if ((!uid_valid(chr->owner) ||
		    uid_eq(current_euid(), chr->owner)) &&
		   (!gid_valid(chr->group) || in_egroup_p(chr->group))) {
		return true;
	}
	return ns_capable(dev_net(cdev->dev)->user_ns, CAP_NET_ADMIN) &&
	       ns_capable(cdev->net->user_ns, CAP_NET_ADMIN);
}

/* May the caller change the link through its attached file? */
static bool may_change(const struct camex_dev *cdev, unsigned int cmd)
{
	switch (cmd) {
	case TUNSETPERSIST:
	case TUNSETOWNER:
	case TUNSETGROUP:
	case TUNSETOFFLOAD:
	case TUNSETSNDBUF:
	case TUNSETVNETHDRSZ:
	case TUNSETVNETLE:
	case TUNSETCARRIER:
	case SIOCSIFHWADDR:
		return is_at_home(cdev) || camex_char_permitted(cdev);
	default:
		return true;
	}
}

/**
 * camex_char_join() - attach a file to an existing link
 * @cdev: the link's device, of transport char
 * @q: the file; it has no link
 * @flags: flags of TUNGETIFF; those of the first file hold for all files of the link
 *
 * Context: RTNL, may sleep.
 * Return: 0, -EPERM, -EBUSY, -E2BIG.
 */
int camex_char_join(struct camex_dev *cdev, struct camex_queue *q,
		    unsigned int flags)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	int err;

	if (!camex_char_permitted(cdev))
		return -EPERM;
	err = camex_char_attach(cdev, q);
	if (err)
		return err;
	if (chr->nqueues + chr->ndisabled == 1) {
		chr->flags = flags;
		camex_char_spread(chr);
	}
	return 0;
}

/**
 * camex_char_create() - make a link that is deleted with its last file
 * @net: its namespace
 * @name: its name; it may have a %d
 * @link: enum camex_link
 * @queues: maximum number of files
 *
 * Context: RTNL, may sleep.
 * Return: its device, or an ERR_PTR.
 */
struct camex_dev *camex_char_create(struct net *net, const char *name,
				    u32 link, unsigned int queues)
{
	const struct camex_settings conf = {
		.link = link,
		.protocol = CAMEX_PROTOCOL_RAW,
		.transport = CAMEX_TRANSPORT_CHAR,
	};
	struct net_device *dev = camex_device_create(net, name, &conf, queues);
	struct camex_dev *cdev;

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	cdev = netdev_priv(dev);
	rtnl_dereference(cdev->chr)->persist = false;
	return cdev;
}

/* --- TUNSETIFF, TUNGETIFF, TUNSETQUEUE --- */

static unsigned int kind_of(const struct camex_dev *cdev)
{
	return cdev->conf.link == CAMEX_LINK_TUN ? IFF_TUN : IFF_TAP;
}

static int attach_existing(struct camex_queue *q, struct net_device *dev,
			   unsigned int flags)
{
	struct camex_dev *cdev = netdev_priv(dev);
	struct camex_char *chr;
	int err;

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (!camex_is_device(dev))
		return -EINVAL;
	chr = rtnl_dereference(cdev->chr);
	if (!chr || !(flags & kind_of(cdev)) ||
	    (flags ^ chr->flags) & IFF_MULTI_QUEUE)
		return -EINVAL;
	/* A datagram of another protocol has no such headers. */
	if (flags & IFF_VNET_HDR && !cdev->protocol->bare)
		return -EINVAL;
	err = camex_char_join(cdev, q, flags & FEATURES);
	if (!err)
		netdev_state_change(dev);
	return err;
}

static int attach_new(struct camex_queue *q, struct ifreq *ifr,
		      unsigned int flags)
{
	struct net *net = sock_net(&q->sk);
	const char *name = ifr->ifr_name;
	struct camex_dev *cdev;
	struct camex_char *chr;
	int err;

	if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (!(flags & (IFF_TUN | IFF_TAP)))
		return -EINVAL;
	if (!*name)
		name = flags & IFF_TUN ? "tun%d" : "tap%d";
	cdev = camex_char_create(net, name, flags & IFF_TUN ? CAMEX_LINK_TUN :
						CAMEX_LINK_TAP,
				 flags & IFF_MULTI_QUEUE ? CAMEX_QUEUES_MAX : 1);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);
	chr = rtnl_dereference(cdev->chr);
	chr->flags = flags & FEATURES;
	chr->sndbuf = q->sk.sk_sndbuf;
	err = camex_char_attach(cdev, q);
	if (err) {
		unregister_netdevice(cdev->dev);
		return err;
	}
	strscpy(ifr->ifr_name, cdev->dev->name, IFNAMSIZ);
	return 0;
}

static int set_iff(struct camex_queue *q, struct ifreq *ifr)
{
	unsigned int flags = (unsigned short)ifr->ifr_flags;
	struct net_device *dev;
	int err;

	if (rtnl_dereference(q->cdev)) {
		if (!q->plain || q->used)
			return -EEXIST;
		camex_char_detach(q, true);
		synchronize_net();	/* a packet may be on its way to it */
	}
	q->plain = false;
	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	dev = __dev_get_by_name(sock_net(&q->sk), ifr->ifr_name);
	err = dev ? attach_existing(q, dev, flags) : attach_new(q, ifr, flags);
	if (err)
		return err;
	/* Reads and writes need not attach the file. */
	WRITE_ONCE(q->used, true);
	if (flags & IFF_NO_CARRIER)
		netif_carrier_off(rtnl_dereference(q->cdev)->dev);
	return 0;
}

static void get_iff(struct camex_queue *q, struct camex_dev *cdev,
		    struct ifreq *ifr)
{
	const struct camex_char *chr = rtnl_dereference(cdev->chr);
	unsigned int flags = camex_char_flags(cdev, chr) | IFF_NOFILTER;

	if (q->disabled)
		flags |= IFF_DETACH_QUEUE;
	strscpy(ifr->ifr_name, cdev->dev->name, IFNAMSIZ);
	ifr->ifr_flags = flags;
}

static int set_queue(struct camex_queue *q, unsigned int flags)
{
	struct camex_dev *cdev = rtnl_dereference(q->cdev);
	int err;

	if (flags & IFF_ATTACH_QUEUE) {
		if (!cdev || !q->disabled)
			return -EINVAL;
		err = camex_char_attach(cdev, q);
		if (err)
			return err;
	} else {
		if (!(flags & IFF_DETACH_QUEUE) || !cdev || q->disabled ||
		    !(rtnl_dereference(cdev->chr)->flags & IFF_MULTI_QUEUE))
			return -EINVAL;
		camex_char_detach(q, false);
		synchronize_net();	/* a packet may be on its way to it */
	}
	netdev_state_change(cdev->dev);
	return 0;
}

/* --- settings of a link --- */

static void set_persist(struct camex_dev *cdev, bool persist)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);

	if (chr->persist == persist)
		return;
	chr->persist = persist;
	if (persist)
		__module_get(THIS_MODULE);
	else if (chr->held)
		module_put(THIS_MODULE);
	chr->held = persist;
	netdev_state_change(cdev->dev);
}

static int set_owner(struct camex_dev *cdev, unsigned long id, bool group)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);
	kuid_t uid = make_kuid(current_user_ns(), id);
	kgid_t gid = make_kgid(current_user_ns(), id);

	if (group ? !gid_valid(gid) : !uid_valid(uid))
		return -EINVAL;
	if (group)
		chr->group = gid;
	else
		chr->owner = uid;
	netdev_state_change(cdev->dev);
	return 0;
}

static int set_offload(struct camex_dev *cdev, unsigned long arg)
{
	struct net_device *dev = cdev->dev;
	netdev_features_t features = 0;

	if (arg & TUN_F_CSUM) {
		features |= NETIF_F_HW_CSUM;
		if (arg & TUN_F_TSO4)
			features |= NETIF_F_TSO;
		if (arg & TUN_F_TSO6)
			features |= NETIF_F_TSO6;
		if (features & NETIF_F_ALL_TSO) {
			if (arg & TUN_F_TSO_ECN)
				features |= NETIF_F_TSO_ECN;
			arg &= ~TUN_F_TSO_ECN;
		}
		if ((arg & CAMEX_TUN_F_USO) == CAMEX_TUN_F_USO) {
			features |= CAMEX_USO_FEATURES;
			arg &= ~CAMEX_TUN_F_USO;
		}
		arg &= ~(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_UFO);
	}
	if (arg)
		return -EINVAL;
	/* A protocol with a header must not get GSO packets. */
	if (!cdev->as_is)
		return 0;
	/* A user can switch these offloads with ethtool, and no others. */
	dev->hw_features |= USER_FEATURES;
	dev->wanted_features &= ~USER_FEATURES;
	dev->wanted_features |= features;
	netdev_update_features(dev);
	dev->hw_features = (dev->hw_features & ~USER_FEATURES) | features;
	return 0;
}

static int set_number(struct camex_dev *cdev, unsigned int cmd, int number)
{
	struct camex_char *chr = rtnl_dereference(cdev->chr);

	switch (cmd) {
	case TUNSETSNDBUF:
		if (number <= 0)
			return -EINVAL;
		chr->sndbuf = number;
		break;
	case TUNSETVNETHDRSZ:
		if (number < (int)sizeof(struct virtio_net_hdr))
			return -EINVAL;
		chr->vnet_size = number;
		break;
	case TUNSETVNETLE:
		chr->vnet_le = number;
		break;
	}
	camex_char_spread(chr);
	return 0;
}

static int get_number(const struct camex_queue *q, unsigned int cmd)
{
	switch (cmd) {
	case TUNGETSNDBUF:
		return q->sk.sk_sndbuf;
	case TUNGETVNETHDRSZ:
		return q->vnet_size;
	default:
		return q->vnet_le;
	}
}

/* As for any link; the size of struct ifreq depends on the caller. */
static int ioctl_hwaddr(struct camex_dev *cdev, unsigned int cmd, void __user *argp,
			size_t ifreq_len)
{
	struct net_device *dev = cdev->dev;
	struct ifreq ifr;

	if (copy_from_user(&ifr, argp, ifreq_len))
		return -EFAULT;
	if (cmd == SIOCSIFHWADDR)
		return camex_set_mac_address(dev, &ifr.ifr_hwaddr);
	memset(&ifr.ifr_hwaddr, 0, sizeof(ifr.ifr_hwaddr));
	memcpy(ifr.ifr_hwaddr.sa_data, dev->dev_addr, dev->addr_len);
	ifr.ifr_hwaddr.sa_family = dev->type;
	return copy_to_user(argp, &ifr, ifreq_len) ? -EFAULT : 0;
}

static int set_carrier(struct camex_dev *cdev, int carrier)
{
	if (carrier)
		netif_carrier_on(cdev->dev);
	else
		netif_carrier_off(cdev->dev);
	return 0;
}

/* --- ioctls --- */

/* The ioctls of a file with a link. */
static long link_ioctl(struct camex_queue *q, unsigned int cmd,
		       unsigned long arg, void __user *argp, size_t ifreq_len)
{
	struct camex_dev *cdev = rtnl_dereference(q->cdev);
	struct ifreq ifr = {};
	int number;

	if (!cdev)
		return -EBADFD;
	if (!may_change(cdev, cmd))
		return -EPERM;
	switch (cmd) {
	case TUNGETIFF:
		get_iff(q, cdev, &ifr);
		return copy_to_user(argp, &ifr, ifreq_len) ? -EFAULT : 0;
	case TUNSETPERSIST:
		set_persist(cdev, arg);
		return 0;
	case TUNSETOWNER:
	case TUNSETGROUP:
		return set_owner(cdev, arg, cmd == TUNSETGROUP);
	case TUNSETOFFLOAD:
		return set_offload(cdev, arg);
	case TUNSETNOCSUM:
	case TUNSETDEBUG:
		return 0;
	case TUNSETSNDBUF:
	case TUNSETVNETHDRSZ:
	case TUNSETVNETLE:
		if (get_user(number, (int __user *)argp))
			return -EFAULT;
		return set_number(cdev, cmd, number);
	case TUNGETSNDBUF:
	case TUNGETVNETHDRSZ:
	case TUNGETVNETLE:
		return put_user(get_number(q, cmd), (int __user *)argp);
	case SIOCGIFHWADDR:
	case SIOCSIFHWADDR:
		return ioctl_hwaddr(cdev, cmd, argp, ifreq_len);
	case TUNSETCARRIER:
		if (get_user(number, (int __user *)argp))
			return -EFAULT;
		return set_carrier(cdev, number);
	default:
		return -EINVAL;
	}
}

static long queue_ioctl(struct camex_queue *q, unsigned int cmd,
			unsigned long arg, void __user *argp, size_t ifreq_len)
{
	struct ifreq ifr = {};
	long err;

	if (cmd == TUNGETFEATURES)
		return put_user(IFF_TUN | IFF_TAP | IFF_NO_CARRIER | FEATURES,
				(unsigned int __user *)argp);
	if ((cmd == TUNSETIFF || cmd == TUNSETQUEUE) &&
	    copy_from_user(&ifr, argp, ifreq_len))
		return -EFAULT;
	rtnl_lock();
	switch (cmd) {
	case TUNSETIFF:
		err = set_iff(q, &ifr);
		if (!err && copy_to_user(argp, &ifr, ifreq_len))
			err = -EFAULT;
		break;
	case TUNSETQUEUE:
		err = set_queue(q, (unsigned short)ifr.ifr_flags);
		break;
	default:
		err = link_ioctl(q, cmd, arg, argp, ifreq_len);
	}
	rtnl_unlock();
	return err;
}

/**
 * camex_queue_ioctl() - an ioctl of a file
 * @file: the file
 * @cmd: TUN*
 * @arg: a number or an address, depending on @cmd
 *
 * Return: 0 or a negative errno.
 */
long camex_queue_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return queue_ioctl(file->private_data, cmd, arg, (void __user *)arg,
			   sizeof(struct ifreq));
}

#ifdef CONFIG_COMPAT
/**
 * camex_queue_compat_ioctl() - an ioctl of a 32-bit process
 * @file: the file
 * @cmd: TUN*
 * @arg: a number or an address, depending on @cmd
 *
 * Only the first two members of struct ifreq are used. They are the same for 32-bit processes, but
 * the struct is shorter.
 *
 * Return: 0 or a negative errno.
 */
long camex_queue_compat_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	return queue_ioctl(file->private_data, cmd, (u32)arg, compat_ptr(arg),
			   sizeof(struct compat_ifreq));
}
#endif
