// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family "wireguard": permissions, and the devices that it can name. */
#include <linux/moduleparam.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/device.h"
#include "netlink/wireguard/wireguard.h"

static bool enabled;
module_param_named(wireguard, enabled, bool, 0444);
MODULE_PARM_DESC(wireguard, "Take wireguard.ko's place under wg and all that uses its interface (N)");

static const struct nla_policy device_policy[WGDEVICE_A_MAX + 1] = {
	[WGDEVICE_A_IFINDEX]	 = { .type = NLA_U32 },
	[WGDEVICE_A_IFNAME]	 = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[WGDEVICE_A_PRIVATE_KEY] = NLA_POLICY_EXACT_LEN(WG_KEY_LEN),
	[WGDEVICE_A_PUBLIC_KEY]	 = NLA_POLICY_EXACT_LEN(WG_KEY_LEN),
	[WGDEVICE_A_FLAGS]	 = { .type = NLA_U32 },
	[WGDEVICE_A_LISTEN_PORT] = { .type = NLA_U16 },
	[WGDEVICE_A_FWMARK]	 = { .type = NLA_U32 },
	[WGDEVICE_A_PEERS]	 = { .type = NLA_NESTED },
};

static const struct genl_ops ops[] = {
	{
		.cmd	= WG_CMD_GET_DEVICE,
		.flags	= GENL_UNS_ADMIN_PERM,
		.start	= camex_wgtools_get_start,
		.dumpit	= camex_wgtools_get,
	},
	{
		.cmd	= WG_CMD_SET_DEVICE,
		.flags	= GENL_UNS_ADMIN_PERM,
		.doit	= camex_wgtools_set,
	},
};

struct genl_family camex_wgtools_family __ro_after_init = {
	.name		= WG_GENL_NAME,
	.version	= WG_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.policy		= device_policy,
	.maxattr	= WGDEVICE_A_MAX,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	CAMEX_GENL_STRICT_FROM(WG_CMD_SET_DEVICE + 1)
};

/**
 * camex_wgtools_find() - find the device that a request names
 * @request: the request
 * @attrs: attributes of the request: WGDEVICE_A_IFINDEX or WGDEVICE_A_IFNAME
 *
 * Links of kind camex do not reveal their private key, so this family does not find them. The
 * family itself requires CAP_NET_ADMIN in the namespace of the link; this function also requires it
 * in the namespace of the transport.
 *
 * Context: RTNL.
 * Return: the device, or an ERR_PTR with the error numbers of wireguard.ko.
 */
struct camex_dev *camex_wgtools_find(struct sk_buff *request, struct nlattr **attrs)
{
	struct nlattr *index = attrs[WGDEVICE_A_IFINDEX], *name = attrs[WGDEVICE_A_IFNAME];
	struct net *net = sock_net(request->sk);
	struct net_device *dev;
	struct camex_dev *cdev;

	ASSERT_RTNL();
	if (!index == !name)
		return ERR_PTR(-EBADR);
	dev = index ? __dev_get_by_index(net, nla_get_u32(index)) :
		      __dev_get_by_name(net, nla_data(name));
	if (!dev)
		return ERR_PTR(-ENODEV);
	cdev = netdev_priv(dev);
	if (!camex_is_device(dev) || !camex_wgtools_owns(cdev))
		return ERR_PTR(-EOPNOTSUPP);
	if (!netlink_ns_capable(request, cdev->net->user_ns, CAP_NET_ADMIN))
		return ERR_PTR(-EPERM);
	return cdev;
}

/* modprobe treats EEXIST as success: for modprobe it means that the module is loaded. */
static int explain_taken(int err)
{
	if (err != -EEXIST)
		return err;
	pr_err("camex: wireguard=1: link kind and netlink family \"wireguard\" are wireguard.ko's: unload it (modprobe -r wireguard), and keep it from being loaded as camex-wireguard.conf does\n");
	return -EBUSY;
}

/**
 * camex_wgtools_init() - register in the place of wireguard.ko, if the module parameter wireguard
 *	is set
 *
 * Return: 0 or a negative errno; -EBUSY if wireguard.ko is loaded.
 */
int __init camex_wgtools_init(void)
{
	int err;

	if (!enabled)
		return 0;
	err = camex_wgtools_link_init();
	if (err)
		return explain_taken(err);
	err = genl_register_family(&camex_wgtools_family);
	if (!err)
		return 0;
	camex_wgtools_link_exit();
	return explain_taken(err);
}

/**
 * camex_wgtools_exit() - undo camex_wgtools_init(), and delete the links of kind wireguard
 */
void camex_wgtools_exit(void)
{
	if (!enabled)
		return;
	genl_unregister_family(&camex_wgtools_family);
	camex_wgtools_link_exit();
}
