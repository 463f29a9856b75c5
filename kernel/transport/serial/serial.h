/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tty of transport serial. Attaching and detaching a device happens under RTNL. Receiving takes
 * camex_serial.rx_lock, and sending camex_serial.lock, in this order.
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

/* Maximum length of a datagram. */
#define CAMEX_SERIAL_FRAME_MAX	65536
/* Number of bytes that are encoded at a time. */
#define CAMEX_SERIAL_CHUNK	512

/**
 * struct camex_serial - a tty with our line discipline, from its open to its close
 * @tty: the tty
 * @cdev: its device, or NULL (RTNL, @rx_lock and @lock to change it)
 * @lock: protects the members down to @work
 * @queue: waiting datagrams
 * @skb: the datagram that is being sent, or NULL
 * @at: bytes of it that are encoded
 * @chunk: encoded bytes
 * @begin: offset of the first byte that the tty has not taken
 * @end: offset behind the last byte
 * @written: bytes that the tty took since it last requested more
 * @work: sends more when the tty requests it
 * @rx_lock: protects the members below
 * @rx: the frame that is being received
 * @cslip: state of header decompression
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
