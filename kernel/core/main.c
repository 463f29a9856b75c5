// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/device.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "datapath/page_ring.h"
#include "datapath/receive_batch.h"
#include "datapath/receive_worker.h"
#include "link/peer_link.h"
#include "netlink/netlink.h"
#include "netlink/wireguard/wireguard.h"
#include "transport/char/char.h"
#include "transport/serial/serial.h"

#ifdef CAMEX_COMPAT_EXTACK_TEXTS
/*
 * In this kernel an extack has only a pointer to its text, so the text must outlive the request.
 * The last few texts are kept in a ring. A very late reader sees another text, but never another
 * length, about which the kernel would warn: all texts are padded with blanks to the same length,
 * and the NUL at the end is never written.
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

const struct camex_protocol_ops *const camex_protocols[CAMEX_PROTOCOLS] = {
	[CAMEX_PROTOCOL_CAMEX] = &camex_protocol_camex,
	[CAMEX_PROTOCOL_RAW] = &camex_protocol_raw,
	[CAMEX_PROTOCOL_JTUNNEL] = &camex_protocol_jtunnel,
	[CAMEX_PROTOCOL_WIREGUARD] = &camex_protocol_wireguard,
};

const struct camex_transport_ops *const camex_transports[CAMEX_TRANSPORTS] = {
	[CAMEX_TRANSPORT_UDP] = &camex_transport_udp,
	[CAMEX_TRANSPORT_SERIAL] = IS_ENABLED(CONFIG_TTY) ?
				   &camex_transport_serial : NULL,
	[CAMEX_TRANSPORT_CHAR] = &camex_transport_char,
	[CAMEX_TRANSPORT_TCP] = &camex_transport_tcp,
	[CAMEX_TRANSPORT_UDP_TCP] = &camex_transport_udp_tcp,
};

static int __init camex_init(void)
{
	int err;

	err = camex_page_ring_init();
	if (err)
		return err;
	err = camex_batch_init();
	if (err)
		goto err_buffer;
	err = camex_receive_workers_init();
	if (err)
		goto err_batch;
	camex_small_queue_init();
	err = camex_tcp_init();
	if (err)
		goto err_handoff;
	err = camex_wireguard_init();
	if (err)
		goto err_tcp;
	err = camex_peer_links_init();
	if (err)
		goto err_wireguard;
	err = camex_netlink_init();
	if (err)
		goto err_links;
	err = camex_clock_init();
	if (err)
		goto err_netlink;
	err = camex_namespace_init();
	if (err)
		goto err_clock;
	err = camex_rtnl_link_init();
	if (err)
		goto err_namespace;
	err = camex_wgtools_init();
	if (err)
		goto err_rtnl_link;
	err = camex_serial_init();
	if (err)
		goto err_wgtools;
	err = camex_char_init();
	if (err)
		goto err_serial;
	return 0;

err_serial:
	camex_serial_exit();
err_wgtools:
	camex_wgtools_exit();
err_rtnl_link:
	camex_rtnl_link_exit();
err_namespace:
	camex_namespace_exit();
err_clock:
	camex_clock_exit();
err_netlink:
	camex_netlink_exit();
err_links:
	camex_peer_links_exit();
	rcu_barrier();	/* the link of char_link may exist */
err_wireguard:
	camex_wireguard_exit();
err_tcp:
	camex_tcp_exit();
err_handoff:
	camex_small_queue_exit();
	camex_receive_workers_exit();
err_batch:
	camex_batch_exit();
err_buffer:
	camex_page_ring_exit();
	return err;
}

static void __exit camex_exit(void)
{
	camex_char_exit();
	camex_serial_exit();
	camex_wgtools_exit();
	camex_rtnl_link_exit();
	camex_namespace_exit();
	camex_clock_exit();
	camex_netlink_exit();
	camex_peer_links_exit();
	rcu_barrier();
	camex_wireguard_exit();
	camex_tcp_exit();
	camex_small_queue_exit();
	camex_receive_workers_exit();
	camex_batch_exit();
	camex_page_ring_exit();
}

module_init(camex_init);
module_exit(camex_exit);

MODULE_DESCRIPTION("Tunnel of IP packets or Ethernet frames, encrypted, for many peers");
MODULE_AUTHOR("The camex developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(CAMEX_VERSION);
MODULE_ALIAS_RTNL_LINK("camex");
MODULE_ALIAS_GENL_FAMILY(CAMEX_FAMILY_NAME);
