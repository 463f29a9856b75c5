/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transport char: programs that have /dev/camex open are the far end. Each open file is a queue
 * of a link, or has no link.
 */
#ifndef CAMEX_CHAR_H
#define CAMEX_CHAR_H

#include <linux/if_tun.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <net/sock.h>

#include "core/device.h"

/* Maximum number of queues of a link. */
#define CAMEX_QUEUES_MAX	256
/* The link of files without TUNSETIFF, and the length of their queue. */
#define CAMEX_CHAR_NAME		"camex"
#define CAMEX_CHAR_QUEUE	64

/**
 * struct camex_queue - an open file
 * @sk: written packets are charged to it until they are consumed. Its receive queue contains the
 *	packets to read; the lock of that queue protects @enabled and @stopped
 * @wait: tasks that wait for a packet, for room to write, or for the end
 * @fasync: tasks that get SIGIO
 * @cdev: the link's device, or NULL (RTNL; RCU)
 * @node: on camex_char.files (RTNL)
 * @index: in camex_char.queues, while @enabled (RTNL)
 * @flags: IFF_NO_PI, IFF_VNET_HDR of the link, and @type
 * @vnet_size: bytes before a packet with IFF_VNET_HDR
 * @vnet_le: the header is little-endian on every machine
 * @packets: written data must be an IP packet
 * @frames: written data must be an Ethernet frame
 * @plain: attached without TUNSETIFF: bare packets without a header
 * @used: it was read or written, or attached by TUNSETIFF (RTNL)
 * @disabled: it has a link, but gets no packets (RTNL)
 * @gone: it had a link that was deleted
 * @enabled: packets may be queued
 * @stopped: the link's transmit queue waits for room here
 */
struct camex_queue {
	struct sock sk;		/* first, for sk_alloc() */
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
	struct camex_dev __rcu *cdev;
	struct list_head node;
	unsigned int index;
	unsigned int flags;
	unsigned int vnet_size;
	bool vnet_le;
	bool packets;
	bool frames;
	bool plain;
	bool used;
	bool disabled;
	bool gone;
	bool enabled;
	bool stopped;
};

/**
 * struct camex_char - the files of a device
 * @files: all of them, by camex_queue.node (RTNL)
 * @flags: flags of TUNGETIFF, without the kind of link (RTNL)
 * @owner: who may attach, or INVALID_UID (RTNL)
 * @group: who may attach, or INVALID_GID (RTNL)
 * @sndbuf: limit of the bytes in flight of a file (RTNL)
 * @vnet_size: see struct camex_queue (RTNL)
 * @vnet_le: see struct camex_queue (RTNL)
 * @persist: the link stays when the last file is closed (RTNL)
 * @held: @persist holds a reference to the module (RTNL)
 * @ndisabled: number of disabled files (RTNL)
 * @rcu: frees it
 * @nqueues: length of @queues (RTNL; RCU)
 * @queues: files by transmit queue (RTNL; RCU)
 */
struct camex_char {
	struct list_head files;
	unsigned int flags;
	kuid_t owner;
	kgid_t group;
	int sndbuf;
	unsigned int vnet_size;
	bool vnet_le;
	bool persist;
	bool held;
	unsigned int ndisabled;
	struct rcu_head rcu;
	unsigned int nqueues;
	struct camex_queue __rcu *queues[];
};

extern bool camex_char_ipv4only;
extern const struct attribute_group camex_char_attributes;

/**
 * camex_char_flags() - the flags of a link, as TUNGETIFF and sysfs report them
 * @cdev: the link's device
 * @chr: its part of transport char
 *
 * Context: RTNL or RCU reader.
 */
static inline unsigned int camex_char_flags(const struct camex_dev *cdev,
					    const struct camex_char *chr)
{
	return chr->flags | (camex_is_tap(cdev) ? IFF_TAP : IFF_TUN) |
	       (chr->persist ? IFF_PERSIST : 0);
}

int camex_char_init(void);
void camex_char_exit(void);
void camex_char_up(struct camex_dev *cdev);

int camex_char_attach(struct camex_dev *cdev, struct camex_queue *q);
void camex_char_detach(struct camex_queue *q, bool forever);
void camex_char_spread(struct camex_char *chr);
struct camex_dev *camex_char_create(struct net *net, const char *name,
				    u32 link, unsigned int queues);
bool camex_char_permitted(const struct camex_dev *cdev);
int camex_char_join(struct camex_dev *cdev, struct camex_queue *q,
		    unsigned int flags);

void camex_queue_wake(struct camex_queue *q, __poll_t events);
struct sk_buff *camex_queue_take(struct camex_queue *q);
void camex_queue_untake(struct camex_queue *q, struct sk_buff *skb);
long camex_queue_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long camex_queue_compat_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg);
ssize_t camex_queue_put(struct camex_queue *q, struct sk_buff *skb,
			struct iov_iter *to);
ssize_t camex_queue_get(struct camex_queue *q, struct iov_iter *from,
			bool wait);

#endif /* CAMEX_CHAR_H */
