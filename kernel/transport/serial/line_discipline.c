// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line discipline of transport serial, and the ioctl that attaches a tty to a device
 * (include/uapi/linux/camex.h).
 */
#include <linux/compat.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/tty.h>

#include "core/compat.h"
#include "core/single_peer.h"
#include "core/transport.h"
#include "transport/serial/serial.h"

static int ldisc = N_DEVELOPMENT;
module_param(ldisc, int, 0444);
MODULE_PARM_DESC(ldisc, "Number of the line discipline of transport serial (29)");

/* --- the tty and the device --- */

static void set_cdev(struct camex_serial *s, struct camex_dev *cdev)
{
	/* in the order that serial.h defines */
	spin_lock_bh(&s->rx_lock);
	spin_lock(&s->lock);
	s->cdev = cdev;
	s->rx = (struct camex_slip){ .data = s->rx.data };
	memset(&s->cslip, 0, sizeof(s->cslip));
	s->begin = 0;
	s->end = 0;
	s->written = 0;
	kfree_skb(s->skb);
	s->skb = NULL;
	__skb_queue_purge(&s->queue);
	spin_unlock(&s->lock);
	spin_unlock_bh(&s->rx_lock);
}

/**
 * camex_serial_part() - detach a tty from its device
 * @s: the tty; nothing happens if it has no device
 *
 * Context: RTNL, may sleep.
 */
void camex_serial_part(struct camex_serial *s)
{
	struct camex_dev *cdev = s->cdev;

	ASSERT_RTNL();
	if (!cdev)
		return;
	RCU_INIT_POINTER(cdev->serial, NULL);
	camex_single_peer_gone(cdev);
	set_cdev(s, NULL);
	synchronize_net();	/* packets may be using the tty */
	wake_up_interruptible(&s->tty->read_wait);
}

static int join_device(struct camex_serial *s, u32 ifindex)
{
	struct net_device *dev;
	struct camex_dev *cdev;

	ASSERT_RTNL();
	dev = __dev_get_by_index(current->nsproxy->net_ns, ifindex);
	if (!dev)
		return -ENODEV;
	if (!camex_is_device(dev))
		return -EOPNOTSUPP;
	cdev = netdev_priv(dev);
	if (cdev->transport != &camex_transport_serial)
		return -EOPNOTSUPP;
	if (!ns_capable(dev_net(dev)->user_ns, CAP_NET_ADMIN) ||
	    !ns_capable(cdev->net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (s->cdev || rcu_access_pointer(cdev->serial))
		return -EBUSY;
	set_cdev(s, cdev);
	rcu_assign_pointer(cdev->serial, s);
	netif_wake_queue(dev);
	camex_single_peer_connected(cdev);
	return 0;
}

/* --- the discipline --- */

static int open_tty(struct tty_struct *tty)
{
	struct camex_serial *s;

	if (!ns_capable(current->nsproxy->net_ns->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (!tty->ops->write)
		return -EOPNOTSUPP;
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	s->rx.data = kvmalloc(CAMEX_SERIAL_FRAME_MAX, GFP_KERNEL_ACCOUNT);
	if (!s->rx.data) {
		kfree(s);
		return -ENOMEM;
	}
	s->tty = tty;
	spin_lock_init(&s->lock);
	spin_lock_init(&s->rx_lock);
	__skb_queue_head_init(&s->queue);
	INIT_WORK(&s->work, camex_serial_work);
	tty->disc_data = s;
	tty->receive_room = CAMEX_SERIAL_FRAME_MAX;
	tty_driver_flush_buffer(tty);
	return 0;
}

/* The kernel calls this after all other functions of the discipline have returned. */
static void close_tty(struct tty_struct *tty)
{
	struct camex_serial *s = tty->disc_data;

	rtnl_lock();
	camex_serial_part(s);
	rtnl_unlock();
	clear_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
	cancel_work_sync(&s->work);
	tty->disc_data = NULL;
	kvfree(s->rx.data);
	kfree(s);
}

static int attach_tty(struct tty_struct *tty, const u32 __user *arg)
{
	u32 ifindex;
	int err;

	if (get_user(ifindex, arg))
		return -EFAULT;
	rtnl_lock();
	err = join_device(tty->disc_data, ifindex);
	rtnl_unlock();
	return err;
}

static int ioctl_in(struct tty_struct *tty, struct file *file, unsigned int cmd,
		    unsigned long arg)
{
	if (cmd == CAMEX_IOC_ATTACH)
		return attach_tty(tty, (u32 __user *)arg);
	return camex_tty_ioctl(tty, file, cmd, arg);
}

CAMEX_LDISC_IOCTL(ioctl)

#ifdef CONFIG_COMPAT
static int compat_ioctl_in(struct tty_struct *tty, struct file *file,
			   unsigned int cmd, unsigned long arg)
{
	if (cmd == CAMEX_IOC_ATTACH)
		return attach_tty(tty, compat_ptr(arg));
	return -ENOIOCTLCMD;
}

CAMEX_LDISC_IOCTL(compat_ioctl)
#endif

/* Report a hang-up to a waiting process if the tty was hung up or the device was removed. */
static __poll_t poll_tty(struct tty_struct *tty, struct file *file,
			 struct poll_table_struct *wait)
{
	struct camex_serial *s = tty->disc_data;

	poll_wait(file, &tty->read_wait, wait);
	if (tty_hung_up_p(file) || test_bit(TTY_OTHER_CLOSED, &tty->flags) ||
	    !READ_ONCE(s->cdev))
		return EPOLLHUP;
	return 0;
}

static void receive_buf_in(struct tty_struct *tty, const u8 *data,
			   const u8 *flags, size_t len)
{
	camex_serial_receive(tty->disc_data, data, flags, len);
}

CAMEX_LDISC_RECEIVE(receive_buf)

/* May be called in hard interrupt context, with locks of the driver held. */
static void write_wakeup(struct tty_struct *tty)
{
	struct camex_serial *s = tty->disc_data;

	schedule_work(&s->work);
}

static struct tty_ldisc_ops ldisc_ops = {
	.owner		= THIS_MODULE,
	.name		= "camex",
	.open		= open_tty,
	.close		= close_tty,
	.ioctl		= ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= compat_ioctl,
#endif
	.poll		= poll_tty,
	.receive_buf	= receive_buf,
	.write_wakeup	= write_wakeup,
};

/**
 * camex_serial_init() - register the line discipline
 *
 * Return: 0 or a negative errno.
 */
int __init camex_serial_init(void)
{
	int err;

	ldisc_ops.num = ldisc;
	/* The kernel would let us replace its own line discipline. */
	err = ldisc == N_TTY ? -EINVAL : camex_register_ldisc(&ldisc_ops);
	if (err)
		pr_err("camex: parameter ldisc: no line discipline can be number %d\n",
		       ldisc);
	return err;
}

/**
 * camex_serial_exit() - unregister the line discipline, which no tty uses
 */
void camex_serial_exit(void)
{
	camex_unregister_ldisc(&ldisc_ops);
}
