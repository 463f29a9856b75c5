// SPDX-License-Identifier: GPL-2.0-only
/* The forwarding table for bridge(8): ndo_fdb_add, ndo_fdb_del, ndo_fdb_dump. */
#include <linux/etherdevice.h>
#include <linux/neighbour.h>
#include <net/rtnetlink.h>

#include "core/attr.h"
#include "core/compat.h"
#include "core/peer.h"
#include "core/timer.h"
#include "link/fdb.h"

static bool is_at(const struct camex_peer *peer, const struct nlattr *dst,
		  __be16 port)
{
	const struct camex_endpoint *ep;
	bool found = false;

	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep && (!port || ep->to.port == port) &&
	    nla_len(dst) == (ep->to.family == AF_INET ?
			     sizeof(struct in_addr) : sizeof(struct in6_addr)))
		found = !memcmp(nla_data(dst), &ep->to.v6, nla_len(dst));
	rcu_read_unlock();
	return found;
}

/* Find the peer whose endpoint is "dst ADDR [port N]". */
static struct camex_peer *peer_at(struct camex_dev *cdev, struct nlattr **tb,
				  struct netlink_ext_ack *extack)
{
	struct camex_peer *peer, *found = NULL;
	unsigned long number;
	__be16 port = 0;

	if (tb[NDA_PORT]) {
		if (nla_len(tb[NDA_PORT]) != sizeof(port)) {
			camex_extack(extack, tb[NDA_PORT], "a port has 2 bytes");
			return ERR_PTR(-EINVAL);
		}
		port = nla_get_be16(tb[NDA_PORT]);
	}
	if (!tb[NDA_DST]) {
		camex_extack(extack, NULL,
			     "dst is missing: give the address of the peer's endpoint");
		return ERR_PTR(-EINVAL);
	}
	xa_for_each(&cdev->peers, number, peer) {
		if (!is_at(peer, tb[NDA_DST], port))
			continue;
		if (found) {
			camex_extack(extack, tb[NDA_DST],
				     "peers %.20s and %.20s both have that address: give port, or use camexctl fdb",
				     found->name, peer->name);
			return ERR_PTR(-EINVAL);
		}
		found = peer;
	}
	if (found)
		return found;
	camex_extack(extack, tb[NDA_DST], "no peer of %s has that address",
		     cdev->dev->name);
	return ERR_PTR(-ENOENT);
}

static int may_change(const struct camex_dev *cdev,
		      struct netlink_ext_ack *extack)
{
	if (ns_capable(cdev->net->user_ns, CAP_NET_ADMIN))
		return 0;
	camex_extack(extack, NULL,
		     "not permitted: CAP_NET_ADMIN is needed in the transport's namespace too");
	return -EPERM;
}

/**
 * camex_fdb_ndo_add_in() - ndo_fdb_add
 * @ndm: the request
 * @tb: its attributes, NDA_*
 * @dev: a tap link
 * @addr: MAC address
 * @vid: VLAN ID, 0 for none
 * @flags: NLM_F_*
 * @extack: text on failure
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int camex_fdb_ndo_add_in(struct ndmsg *ndm, struct nlattr **tb,
			 struct net_device *dev, const unsigned char *addr,
			 u16 vid, u16 flags, struct netlink_ext_ack *extack)
{
	struct camex_dev *cdev = netdev_priv(dev);
	struct camex_fdb_key key;
	struct camex_peer *peer;
	bool fixed = ndm->ndm_state & (NUD_PERMANENT | NUD_NOARP);
	int err = may_change(cdev, extack);

	if (err)
		return err;
	if (!is_valid_ether_addr(addr)) {
		camex_extack(extack, tb[NDA_LLADDR],
			     "this is not a unicast MAC address");
		return -EINVAL;
	}
	peer = peer_at(cdev, tb, extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	camex_fdb_key_set(&key, addr, vid);
	if (flags & NLM_F_EXCL) {
		struct camex_peer *other;

		rcu_read_lock();
		other = camex_fdb_lookup(cdev, addr, vid);
		rcu_read_unlock();
		if (other) {
			camex_extack(extack, tb[NDA_LLADDR],
				     "%pM is behind peer %s", addr, other->name);
			return -EEXIST;
		}
	}
	camex_note_change(cdev);
	return camex_fdb_add_told(peer, &key, fixed, extack);
}

/**
 * camex_fdb_ndo_del_in() - ndo_fdb_del
 * @ndm: the request
 * @tb: its attributes, NDA_*
 * @dev: a tap link
 * @addr: MAC address
 * @vid: VLAN ID, 0 for none
 * @extack: text on failure
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int camex_fdb_ndo_del_in(struct ndmsg *ndm, struct nlattr **tb,
			 struct net_device *dev, const unsigned char *addr,
			 u16 vid, struct netlink_ext_ack *extack)
{
	struct camex_dev *cdev = netdev_priv(dev);
	struct camex_peer *peer = NULL;
	struct camex_fdb_key key;
	int err = may_change(cdev, extack);

	if (err)
		return err;
	if (tb[NDA_DST]) {
		peer = peer_at(cdev, tb, extack);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
	}
	camex_fdb_key_set(&key, addr, vid);
	err = camex_fdb_del(cdev, &key, peer);
	if (err)
		camex_extack(extack, tb[NDA_LLADDR], "no entry for %pM on %s",
			     addr, dev->name);
	camex_note_change(cdev);
	return err;
}

static int put_neighbour(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct camex_fdb_entry *entry)
{
	const struct camex_peer *peer = camex_fdb_peer(entry);
	const struct camex_endpoint *ep = rcu_dereference(peer->endpoint);
	u32 age = jiffies_to_clock_t(camex_time_since(&entry->seen));
	struct nda_cacheinfo info = { .ndm_used = age, .ndm_updated = age };
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;

	nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			RTM_NEWNEIGH, sizeof(*ndm), NLM_F_MULTI);
	if (!nlh)
		return -EMSGSIZE;
	nl_dump_check_consistent(cb, nlh);
	ndm = nlmsg_data(nlh);
	memset(ndm, 0, sizeof(*ndm));
	ndm->ndm_family = AF_BRIDGE;
	ndm->ndm_flags = NTF_SELF;
	ndm->ndm_state = entry->fixed ? NUD_PERMANENT : NUD_REACHABLE;
	ndm->ndm_ifindex = peer->cdev->dev->ifindex;
	if (nla_put(skb, NDA_LLADDR, ETH_ALEN, entry->key.mac) ||
	    (entry->key.vlan && nla_put_u16(skb, NDA_VLAN, entry->key.vlan)) ||
	    (ep && ep->to.family &&
	     (camex_attr_put_addr(skb, NDA_DST, &ep->to) ||
	      nla_put_be16(skb, NDA_PORT, ep->to.port))) ||
	    nla_put(skb, NDA_CACHEINFO, sizeof(info), &info)) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(skb, nlh);
	return 0;
}

/**
 * camex_fdb_ndo_dump() - ndo_fdb_dump
 * @skb: the message
 * @cb: how far the dump is
 * @dev: a tap link
 * @filter_dev: not used
 * @idx: number of entries of all devices so far
 *
 * Only requesters that may change entries see them. The kernel counts entries, of several devices
 * in one dump. So the next part has NLM_F_DUMP_INTR if any entry was removed, which would make an
 * entry behind it be left out.
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_fdb_ndo_dump(struct sk_buff *skb, struct netlink_callback *cb,
		       struct net_device *dev, struct net_device *filter_dev,
		       int *idx)
{
	struct camex_dev *cdev = netdev_priv(dev);
	struct camex_fdb_entry *entry;
	int err = 0;

	if (!camex_nl_privileged(cb->skb, cdev))
		return 0;
	rcu_read_lock();
	spin_lock_bh(&cdev->lock);
	cb->seq = camex_fdb_removals();
	list_for_each_entry(entry, &cdev->stations.all, all_node) {
		if (*idx >= camex_fdb_dumped(cb))
			err = put_neighbour(skb, cb, entry);
		if (err)
			break;
		*idx += 1;
	}
	spin_unlock_bh(&cdev->lock);
	rcu_read_unlock();
	return err;
}
