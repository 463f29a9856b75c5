// SPDX-License-Identifier: GPL-2.0-only
/* /dev/camex: its files, and the link of files without TUNSETIFF. */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/rtnetlink.h>
#include <linux/uio.h>
#include <net/net_namespace.h>

#include "core/compat.h"
#include "transport/char/char.h"

static bool char_link;
module_param(char_link, bool, 0444);
MODULE_PARM_DESC(char_link, "Make the link camex at load; opening /dev/camex attaches to it (N)");

static unsigned int char_mode = 0600;
module_param(char_mode, uint, 0444);
MODULE_PARM_DESC(char_mode, "Permissions of /dev/camex (0600)");

bool camex_char_ipv4only;
module_param_named(char_ipv4only, camex_char_ipv4only, bool, 0644);
MODULE_PARM_DESC(char_ipv4only, "Refuse IPv6 from files that attached without TUNSETIFF (N)");

static struct proto camex_proto = {
	.name		= "camex",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct camex_queue),
};

/* --- the link of files without TUNSETIFF --- */

static struct camex_dev *make_plain_link(struct net *net)
{
	struct camex_dev *cdev;

	cdev = camex_char_create(net, CAMEX_CHAR_NAME, CAMEX_LINK_TUN, 1);
	if (!IS_ERR(cdev))
		cdev->dev->tx_queue_len = CAMEX_CHAR_QUEUE;
	return cdev;
}

static int attach_plain(struct camex_queue *q, struct camex_dev *cdev)
{
	const struct camex_char *chr = rtnl_dereference(cdev->chr);
	int err;

	if (!chr || cdev->conf.link != CAMEX_LINK_TUN)
		return -EINVAL;
	err = camex_char_join(cdev, q,
			      IFF_NO_PI | (chr->flags & IFF_MULTI_QUEUE));
	if (!err)
		q->plain = true;
	return err;
}

/*
 * A process can pass a file to another one, and a set-uid program writes to a file without knowing
 * what it is. So the process that opened the file needs the permission as well.
 */
static bool both_may_attach(const struct file *file, const struct camex_dev *cdev)
{
	const struct cred *caller;
	bool may;

	if (!camex_char_permitted(cdev))
		return false;
	caller = override_creds(file->f_cred);
	may = camex_char_permitted(cdev);
	revert_creds(caller);
	return may;
}

static bool both_may_create(const struct file *file, const struct net *net)
{
	return ns_capable(net->user_ns, CAP_NET_ADMIN) &&
	       file_ns_capable(file, net->user_ns, CAP_NET_ADMIN);
}

/* Attach a file without TUNSETIFF to the link camex; make the link if it does not exist. */
static int attach_unasked(const struct file *file, struct camex_queue *q)
{
	struct net *net = sock_net(&q->sk);
	struct camex_dev *cdev;
	struct net_device *dev;

	dev = __dev_get_by_name(net, CAMEX_CHAR_NAME);
	if (!dev) {
		if (!both_may_create(file, net))
			return -EPERM;
		cdev = make_plain_link(net);
		return PTR_ERR_OR_ZERO(cdev) ?: attach_plain(q, cdev);
	}
	if (!camex_is_device(dev))
		return -EINVAL;
	cdev = netdev_priv(dev);
	if (rtnl_dereference(cdev->chr) && !both_may_attach(file, cdev))
		return -EPERM;
	return attach_plain(q, cdev);
}

/*
 * Attach a file that is read or written before it has a link. That needs RTNL and memory, so a
 * caller that may not sleep (IOCB_NOWAIT) gets -EAGAIN and tries again from where it may sleep. If
 * the file has a link already, it gets -EAGAIN only if RTNL is taken.
 */
static int begin_call(struct kiocb *iocb, struct camex_queue *q)
{
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	int err;

	if (likely(READ_ONCE(q->used)))
		return 0;
	if (!nowait)
		rtnl_lock();
	else if (!rtnl_trylock())
		return -EAGAIN;
	err = 0;
	if (!q->used && !rtnl_dereference(q->cdev)) {
		if (q->gone)
			err = -EBADFD;
		else
			err = nowait ? -EAGAIN : attach_unasked(iocb->ki_filp, q);
	}
	if (!err)
		WRITE_ONCE(q->used, true);
	rtnl_unlock();
	return err;
}

/* With char_link, opening the file attaches it. */
static int attach_at_open(struct camex_queue *q)
{
	struct net_device *dev;
	int err = 0;

	rtnl_lock();
	dev = __dev_get_by_name(sock_net(&q->sk), CAMEX_CHAR_NAME);
	if (dev && camex_is_device(dev) &&
	    rcu_access_pointer(((struct camex_dev *)netdev_priv(dev))->chr))
		err = attach_plain(q, netdev_priv(dev));
	rtnl_unlock();
	return err;
}

/* --- file operations --- */

static void write_space(struct sock *sk)
{
	camex_queue_wake(container_of(sk, struct camex_queue, sk),
			 EPOLLOUT | EPOLLWRNORM);
}

static int queue_open(struct inode *inode, struct file *file)
{
	struct camex_queue *q;
	int err;

	q = (struct camex_queue *)sk_alloc(current->nsproxy->net_ns, AF_UNSPEC,
					   GFP_KERNEL_ACCOUNT, &camex_proto, 0);
	if (!q)
		return -ENOMEM;
	sock_init_data(NULL, &q->sk);
	q->sk.sk_write_space = write_space;
	q->sk.sk_sndbuf = INT_MAX;
	q->flags = IFF_NO_PI;
	init_waitqueue_head(&q->wait);
	INIT_LIST_HEAD(&q->node);
	if (char_link) {
		err = attach_at_open(q);
		if (err) {
			sock_put(&q->sk);
			return err;
		}
	}
	file->private_data = q;
	/* Packets have no position, but reads and writes need not wait. */
	file->f_mode &= ~FMODE_LSEEK;
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static int queue_release(struct inode *inode, struct file *file)
{
	struct camex_queue *q = file->private_data;

	rtnl_lock();
	camex_char_detach(q, true);
	rtnl_unlock();
	synchronize_net();	/* a packet may be using it */
	sock_put(&q->sk);
	return 0;
}

static bool may_wait(const struct kiocb *iocb)
{
	return !(iocb->ki_filp->f_flags & O_NONBLOCK) &&
	       !(iocb->ki_flags & IOCB_NOWAIT);
}

static bool is_readable(const struct camex_queue *q)
{
	return !skb_queue_empty_lockless(&q->sk.sk_receive_queue) ||
	       READ_ONCE(q->gone);
}

/* Return the next packet, or why there is none. */
static struct sk_buff *next_packet(struct camex_queue *q, bool wait)
{
	struct sk_buff *skb;
	int err;

	if (unlikely(!rcu_access_pointer(q->cdev)))
		return ERR_PTR(q->plain ? -ENODEV : -EBADFD);
	while (!(skb = camex_queue_take(q))) {
		if (READ_ONCE(q->gone))
			return ERR_PTR(q->plain ? -ENODEV : -EFAULT);
		if (!wait)
			return ERR_PTR(-EAGAIN);
		err = wait_event_interruptible_exclusive(q->wait, is_readable(q));
		if (err)
			return ERR_PTR(err);
	}
	return skb;
}

static ssize_t queue_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct camex_queue *q = iocb->ki_filp->private_data;
	struct sk_buff *skb;
	ssize_t len;

	len = begin_call(iocb, q);
	if (unlikely(len))
		return len;
	if (!iov_iter_count(to) && !q->plain)
		return rcu_access_pointer(q->cdev) ? 0 : -EBADFD;
	skb = next_packet(q, may_wait(iocb));
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	len = camex_queue_put(q, skb, to);
	if (unlikely(len == -EFAULT))
		camex_queue_untake(q, skb);
	else if (unlikely(len < 0))
		kfree_skb(skb);
	else
		consume_skb(skb);
	return len;
}

static ssize_t queue_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct camex_queue *q = iocb->ki_filp->private_data;
	int err;

	err = begin_call(iocb, q);
	if (unlikely(err))
		return err;
	if (unlikely(!rcu_access_pointer(q->cdev)))
		return q->plain ? -ENODEV : -EBADFD;
	return camex_queue_get(q, from, may_wait(iocb));
}

static bool link_up(struct camex_queue *q)
{
	const struct camex_dev *cdev;
	bool up;

	rcu_read_lock();
	cdev = rcu_dereference(q->cdev);
	up = cdev && netif_running(cdev->dev);
	rcu_read_unlock();
	return up;
}

static __poll_t queue_poll(struct file *file, poll_table *wait)
{
	struct camex_queue *q = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &q->wait, wait);
	if (READ_ONCE(q->gone))
		return EPOLLERR | EPOLLHUP;
	if (!rcu_access_pointer(q->cdev))
		return EPOLLERR;
	if (is_readable(q))
		events |= EPOLLIN | EPOLLRDNORM;
	if (sock_writeable(&q->sk) && link_up(q))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static int queue_fasync(int fd, struct file *file, int on)
{
	struct camex_queue *q = file->private_data;
	int err = on ? camex_file_can_be_owned(file) : 0;

	if (err)
		return err;
	err = fasync_helper(fd, file, on, &q->fasync);
	if (err < 0)
		return err;
	if (on)
		__f_setown(file, task_pid(current), PIDTYPE_TGID, 0);
	return 0;
}

static const struct file_operations queue_fops = {
	.owner		= THIS_MODULE,
	.open		= queue_open,
	.release	= queue_release,
	.read_iter	= queue_read,
	.write_iter	= queue_write,
	.poll		= queue_poll,
	.fasync		= queue_fasync,
	.unlocked_ioctl	= camex_queue_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= camex_queue_compat_ioctl,
#endif
};

static struct miscdevice misc = {
	.minor		= MISC_DYNAMIC_MINOR,
	.name		= "camex",
	.fops		= &queue_fops,
};

/**
 * camex_char_init() - make /dev/camex, and the link of char_link
 *
 * Return: 0 or a negative errno.
 */
int camex_char_init(void)
{
	struct camex_dev *cdev;

	if (char_mode & ~0777) {
		pr_err("camex: char_mode=0%o: permissions are 0 to 0777\n",
		       char_mode);
		return -EINVAL;
	}
	if (char_link) {
		rtnl_lock();
		cdev = make_plain_link(&init_net);
		if (!IS_ERR(cdev))
			rtnl_dereference(cdev->chr)->persist = true;
		rtnl_unlock();
		if (IS_ERR(cdev)) {
			pr_err("camex: char_link: cannot make the link %s: error %ld\n",
			       CAMEX_CHAR_NAME, PTR_ERR(cdev));
			return PTR_ERR(cdev);
		}
	}
	misc.mode = char_mode;
	return misc_register(&misc);
}

/**
 * camex_char_exit() - remove /dev/camex; no file of it is open
 */
void camex_char_exit(void)
{
	misc_deregister(&misc);
}
