// SPDX-License-Identifier: GPL-2.0-only
/* Profiles of peers: from attributes and to attributes. */
#include <linux/slab.h>
#include <net/genetlink.h>

#include "core/attr.h"
#include "core/compat.h"
#include "protocol/camex/registration.h"

/* IPv4 address and length of a nest CAMEX_A_PREFIX_*. */
static int read_prefix(struct camex_text_prefix *prefix,
		       const struct nlattr *nest, struct genl_info *info)
{
	struct camex_prefix read;
	int err = camex_attr_prefix_nest(&read, info, nest, true);

	if (err)
		return err;
	prefix->ip = ntohl(read.addr.s6_addr32[0]);
	prefix->len = read.len;
	return 0;
}

static int read_address(struct camex_text_profile *profile,
			const struct nlattr *nest, struct genl_info *info)
{
	struct camex_text_prefix *address = &profile->address;
	int err;

	memset(address, 0, sizeof(*address));
	if (!nla_len(nest))
		return 0;
	err = read_prefix(address, nest, info);
	if (err)
		return err;
	if (!address->len || !camex_text_is_host(address->ip)) {
		camex_extack(info->extack, nest,
			     "the profile's address is not a host address in its network");
		return -EINVAL;
	}
	return 0;
}

static int read_gateway(struct camex_text_profile *profile,
			const struct nlattr *attr, struct genl_info *info)
{
	profile->gateway = 0;
	if (!nla_len(attr))
		return 0;
	if (nla_len(attr) != sizeof(struct in_addr) ||
	    !camex_text_is_host(ntohl(nla_get_in_addr(attr)))) {
		camex_extack(info->extack, attr,
			     "the profile's gateway is not the address of an IPv4 host");
		return -EINVAL;
	}
	profile->gateway = ntohl(nla_get_in_addr(attr));
	return 0;
}

static int read_mtu(struct camex_text_profile *profile, const struct nlattr *attr,
		    struct genl_info *info)
{
	profile->mtu = nla_get_u16(attr);
	if (profile->mtu && (profile->mtu < CAMEX_TEXT_MTU_MIN ||
			     profile->mtu > CAMEX_TEXT_MTU_MAX)) {
		camex_extack(info->extack, attr,
			     "the profile's MTU is not from %d to %d",
			     CAMEX_TEXT_MTU_MIN, CAMEX_TEXT_MTU_MAX);
		return -ERANGE;
	}
	return 0;
}

static int read_routes(struct camex_text_profile *profile,
		       const struct nlattr *nest, struct genl_info *info)
{
	struct camex_text_prefix *route;
	const struct nlattr *attr;
	int rem, err;

	profile->nroutes = 0;
	nla_for_each_nested(attr, nest, rem) {
		if (profile->nroutes == CAMEX_TEXT_ROUTES_MAX) {
			camex_extack(info->extack, attr,
				     "a profile has at most %d routes",
				     CAMEX_TEXT_ROUTES_MAX);
			return -ERANGE;
		}
		route = &profile->routes[profile->nroutes];
		err = read_prefix(route, attr, info);
		if (err)
			return err;
		if (route->ip & ~camex_text_mask(route->len) ||
		    !camex_text_is_route(route)) {
			camex_extack(info->extack, attr,
				     "the profile's route is not a unicast network");
			return -EINVAL;
		}
		profile->nroutes++;
	}
	return 0;
}

/* A server from which we take CONFIG hands out the profile itself. */
static int check_giver(const struct camex_peer *peer, struct genl_info *info,
		       struct nlattr **tb, const struct nlattr *any)
{
	struct nlattr *given = tb[CAMEX_A_PEER_REGISTER];
	enum camex_register registers = CAMEX_REGISTER_OFF;

	if (given)
		registers = nla_get_u32(given);
	else if (peer)
		registers = camex_registers(peer);
	if (registers != CAMEX_REGISTER_AUTO)
		return 0;
	camex_extack(info->extack, any,
		     "with register auto the peer hands out the profile, not this device");
	return -EINVAL;
}

/**
 * camex_attr_profile() - read CAMEX_A_PEER_PROFILE_*
 * @peer: the peer, or NULL for a new one; settings that are not given keep their values
 * @info: the request
 * @tb: CAMEX_A_PEER_*, validated by their policy
 * @profile: result, for camex_profile_set() or kfree(); NULL: the request has no such attribute
 *
 * Context: RTNL.
 * Return: 0, -EINVAL, -ERANGE, -ENOMEM.
 */
int camex_attr_profile(const struct camex_peer *peer, struct genl_info *info,
		       struct nlattr **tb, struct camex_profile **profile)
{
	struct nlattr *address = tb[CAMEX_A_PEER_PROFILE_ADDRESS];
	struct nlattr *gateway = tb[CAMEX_A_PEER_PROFILE_GATEWAY];
	struct nlattr *mtu = tb[CAMEX_A_PEER_PROFILE_MTU];
	struct nlattr *routes = tb[CAMEX_A_PEER_PROFILE_ROUTES];
	struct nlattr *any = address ?: gateway ?: mtu ?: routes;
	struct camex_profile *new, *old;
	int err;

	*profile = NULL;
	if (!any)
		return 0;
	err = check_giver(peer, info, tb, any);
	if (err)
		return err;
	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	/* A profile from a server is not a profile that we hand out. */
	old = peer && !camex_registers_auto(peer) ?
	      rtnl_dereference(camex_camex_of(peer)->profile) : NULL;
	if (old)
		new->text = old->text;
	if (address)
		err = read_address(&new->text, address, info);
	if (!err && gateway)
		err = read_gateway(&new->text, gateway, info);
	if (!err && mtu)
		err = read_mtu(&new->text, mtu, info);
	if (!err && routes)
		err = read_routes(&new->text, routes, info);
	if (err)
		kfree(new);
	else
		*profile = new;
	return err;
}

/**
 * camex_profile_set() - replace the profile of a peer
 * @peer: the peer
 * @profile: the new one, or NULL; the old one is freed after a grace period
 *
 * Context: camex_dev.lock held.
 */
void camex_profile_set(struct camex_peer *peer, struct camex_profile *profile)
{
	profile = rcu_replace_pointer(camex_camex_of(peer)->profile, profile,
				      lockdep_is_held(&peer->cdev->lock));
	if (profile)
		kfree_rcu(profile, rcu);
}

static int put_prefix(struct sk_buff *msg, int type,
		      const struct camex_text_prefix *prefix)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest ||
	    nla_put_in_addr(msg, CAMEX_A_PREFIX_ADDR, htonl(prefix->ip)) ||
	    nla_put_u8(msg, CAMEX_A_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_routes(struct sk_buff *msg,
		      const struct camex_text_profile *profile)
{
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_PEER_PROFILE_ROUTES);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < profile->nroutes; i++)
		if (put_prefix(msg, CAMEX_A_ROUTES_PREFIX, &profile->routes[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * camex_profile_put() - write CAMEX_A_PEER_PROFILE_*
 * @msg: the message
 * @peer: the peer
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_profile_put(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_text_profile *text;
	const struct camex_profile *profile;
	int err = 0;

	rcu_read_lock();
	profile = rcu_dereference(camex_camex_of(peer)->profile);
	if (!profile)
		goto out;
	text = &profile->text;
	if ((text->address.ip &&
	     put_prefix(msg, CAMEX_A_PEER_PROFILE_ADDRESS, &text->address)) ||
	    (text->gateway &&
	     nla_put_in_addr(msg, CAMEX_A_PEER_PROFILE_GATEWAY,
			     htonl(text->gateway))) ||
	    (text->mtu &&
	     nla_put_u16(msg, CAMEX_A_PEER_PROFILE_MTU, text->mtu)) ||
	    (text->nroutes && put_routes(msg, text)))
		err = -EMSGSIZE;
out:
	rcu_read_unlock();
	return err;
}
