/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tty of transport serial. RTNL joins and parts it and a device; what receives
 * takes camex_serial.rx_lock, what sends camex_serial.lock, in this order.
 */
#ifndef CAMEX_SERIAL_H
#define CAMEX_SERIAL_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "transport/serial/cslip.h"
#include "transport/serial/slip.h"

struct camex_dev;
struct tty_struct;

/* Most bytes of a datagram. */
#define CAMEX_SERIAL_FRAME_MAX	65536
/* Bytes that are encoded at a time. */
#define CAMEX_SERIAL_CHUNK	512

/**
 * struct camex_serial - a tty with our discipline, from its open to its close
 * @tty: the tty
 * @cdev: its device, or NULL (RTNL, @rx_lock and @lock to change it)
 * @lock: protects all up to @work
 * @queue: datagrams that wait
 * @skb: the datagram that is being sent, or NULL
 * @at: how much of it is encoded, bytes
 * @chunk: encoded bytes
 * @begin: of those, the first that the tty has not taken
 * @end: behind the last
 * @written: bytes that the tty took since it last asked for more
 * @work: goes on when it asks for more
 * @rx_lock: protects what follows
 * @rx: the frame that is being received
 * @cslip: the headers that compressed ones are differences from
 */
struct camex_serial {
	struct tty_struct *tty;
	struct camex_dev *cdev;

	spinlock_t lock;	/* see above */
	struct sk_buff_head queue;
	struct sk_buff *skb;
	unsigned int at;
	u8 chunk[CAMEX_SERIAL_CHUNK];
	unsigned int begin;
	unsigned int end;
	unsigned int written;
	struct work_struct work;

	spinlock_t rx_lock;	/* see above */
	struct camex_slip rx;
	struct camex_cslip cslip;
};

void camex_serial_work(struct work_struct *work);
void camex_serial_receive(struct camex_serial *s, const u8 *data,
			  const u8 *flags, size_t len);
void camex_serial_part(struct camex_serial *s);

#if IS_ENABLED(CONFIG_TTY)
int camex_serial_init(void);
void camex_serial_exit(void);
#else
static inline int camex_serial_init(void)
{
	return 0;
}

static inline void camex_serial_exit(void)
{
}
#endif

#endif /* CAMEX_SERIAL_H */
