// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

#include "batch.h"
#include "buffer.h"
#include "char.h"
#include "compat.h"
#include "device.h"
#include "handoff.h"
#include "links.h"
#include "netlink.h"
#include "serial.h"

#ifdef CAMEX_COMPAT_EXTACK_TEXTS
/*
 * An extack of this kernel points to its text, which must outlive the request.
 * The last texts are kept: the next few requests do not disturb one that is
 * about to be sent. A reader that is very late sees another text, but never
 * another length, which the kernel would warn of: all are filled up with blanks
 * and end in a NUL that is not written.
 */
void camex_extack_text(struct netlink_ext_ack *extack,
		       const struct nlattr *attr, const char *fmt, ...)
{
	static char texts[64][96];
	static atomic_t next;
	char *text = texts[(unsigned int)atomic_inc_return(&next) %
			   ARRAY_SIZE(texts)];
	va_list args;
	int len;

	if (!extack)
		return;
	va_start(args, fmt);
	len = vscnprintf(text, sizeof(texts[0]), fmt, args);
	va_end(args);
	memset(text + len, ' ', sizeof(texts[0]) - 1 - len);
	extack->_msg = text;
	NL_SET_BAD_ATTR(extack, attr);
}
#endif

static int __init camex_init(void)
{
	int err = camex_buffer_init();

	if (err)
		return err;
	err = camex_batch_init();
	if (err)
		goto err_buffer;
	err = camex_handoff_init();
	if (err)
		goto err_batch;
	err = camex_links_init();
	if (err)
		goto err_handoff;
	err = camex_netlink_init();
	if (err)
		goto err_links;
	err = camex_device_init();
	if (err)
		goto err_netlink;
	err = camex_serial_init();
	if (err)
		goto err_device;
	err = camex_char_init();
	if (err)
		goto err_serial;
	return 0;

err_serial:
	camex_serial_exit();
err_device:
	camex_device_exit();
err_netlink:
	camex_netlink_exit();
err_links:
	camex_links_exit();
	rcu_barrier();	/* the link of char_link may have been there */
err_handoff:
	camex_handoff_exit();
err_batch:
	camex_batch_exit();
err_buffer:
	camex_buffer_exit();
	return err;
}

static void __exit camex_exit(void)
{
	camex_char_exit();
	camex_serial_exit();
	camex_device_exit();
	camex_netlink_exit();
	camex_links_exit();
	rcu_barrier();
	camex_handoff_exit();
	camex_batch_exit();
	camex_buffer_exit();
}

module_init(camex_init);
module_exit(camex_exit);

MODULE_DESCRIPTION("Tunnel of IP packets or Ethernet frames, encrypted, for many peers");
MODULE_AUTHOR("The camex developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(CAMEX_VERSION);
MODULE_ALIAS_RTNL_LINK("camex");
MODULE_ALIAS_GENL_FAMILY(CAMEX_FAMILY_NAME);
