/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <string.h>

#include <linux/camex.h>

#include "netlink/model.h"
#include "netlink/profile.h"
#include "text/text.h"

bool prefix_read(struct nlattr *nest, struct prefix *prefix)
{
	struct nlattr *tb[CAMEX_A_PREFIX_MAX + 1];

	if (nla_parse_nested(tb, CAMEX_A_PREFIX_MAX, nest, NULL) < 0 ||
	    !tb[CAMEX_A_PREFIX_ADDR] || !tb[CAMEX_A_PREFIX_LEN] ||
	    nla_len(tb[CAMEX_A_PREFIX_LEN]) < 1)
		return false;
	if (address_set(&prefix->addr, nla_data(tb[CAMEX_A_PREFIX_ADDR]),
			(size_t)nla_len(tb[CAMEX_A_PREFIX_ADDR])))
		return false;
	prefix->len = nla_get_u8(tb[CAMEX_A_PREFIX_LEN]);
	return true;
}

bool profile_read(struct nlattr *const *tb, struct profile *profile)
{
	struct nlattr *address = tb[CAMEX_A_PEER_PROFILE_ADDRESS];
	struct nlattr *gateway = tb[CAMEX_A_PEER_PROFILE_GATEWAY];
	struct nlattr *mtu = tb[CAMEX_A_PEER_PROFILE_MTU];
	struct nlattr *routes = tb[CAMEX_A_PEER_PROFILE_ROUTES], *route;
	int left;

	memset(profile, 0, sizeof(*profile));
	if (address)
		prefix_read(address, &profile->address);
	model_address(gateway, &profile->gateway);
	profile->mtu = (uint32_t)model_number(mtu);
	if (routes)
		nla_for_each_nested (route, routes, left)
			if (profile->n_routes < PROFILE_ROUTES_MAX &&
			    prefix_read(route,
					&profile->routes[profile->n_routes]))
				profile->n_routes++;
	return address || gateway || mtu || routes;
}

const char *profile_text(const struct profile *profile, char *buf)
{
	char text[PREFIX_TEXT];

	buf[0] = '\0';
	if (profile->address.addr.family)
		text_add(buf, PROFILE_TEXT, "address %s",
			 prefix_text(&profile->address, text));
	if (profile->gateway.family)
		text_add(buf, PROFILE_TEXT, "%sgateway %s", *buf ? ", " : "",
			 address_text(&profile->gateway, text));
	if (profile->mtu)
		text_add(buf, PROFILE_TEXT, "%smtu %u", *buf ? ", " : "",
			 profile->mtu);
	for (size_t i = 0; i < profile->n_routes; i++)
		text_add(buf, PROFILE_TEXT, "%s%s",
			 i    ? ", " :
			 *buf ? ", routes " :
				"routes ",
			 prefix_text(&profile->routes[i], text));
	return buf;
}
