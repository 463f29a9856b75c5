/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Turns an error of the kernel into a sentence that names the argument. */
#include <ctype.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"
#include "netlink/profile.h"

#define PATH_MAX_DEPTH 6
#define ARGUMENT_TEXT 256

/**
 * struct path - the place of an attribute in a request
 * @type: the types of the nests that contain it, and last its own
 * @depth: number of types
 * @attr: the attribute itself
 * @parent: the nest that contains it, or NULL
 */
struct path {
	uint16_t type[PATH_MAX_DEPTH];
	size_t depth;
	struct nlattr *attr;
	struct nlattr *parent;
};

/* Find the attribute at an offset: at each level the one that contains it. */
static bool path_find(struct path *path, struct nlmsghdr *hdr, int skip,
		      uint32_t offset)
{
	struct nlattr *at = nlmsg_attrdata(hdr, skip);
	int left = nlmsg_attrlen(hdr, skip);
	const char *target = (const char *)hdr + offset;

	memset(path, 0, sizeof(*path));
	while (nla_ok(at, left)) {
		const char *start = (const char *)at;

		if (target < start)
			return false;
		if (target >= start + nla_total_size(nla_len(at))) {
			at = nla_next(at, &left);
			continue;
		}
		if (path->depth == PATH_MAX_DEPTH)
			return false;
		path->type[path->depth++] = (uint16_t)nla_type(at);
		path->parent = path->attr;
		path->attr = at;
		if (target == start)
			return true;
		left = nla_len(at);
		at = nla_data(at);
	}
	return false;
}

/* Device attributes have the same place in requests of both families. */
static bool path_of(struct path *path, const struct call *call,
		    struct nl_msg *msg, uint32_t offset)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	size_t last;

	if (!offset || offset >= hdr->nlmsg_len)
		return false;
	if (hdr->nlmsg_type == call->conn.family)
		return path_find(path, hdr, GENL_HDRLEN, offset);
	if (!path_find(path, hdr, sizeof(struct ifinfomsg), offset))
		return false;
	last = path->depth - 1;
	if (path->depth == 1 && path->type[0] == IFLA_IFNAME) {
		path->type[0] = CAMEX_A_IFNAME;
		return true;
	}
	if (path->depth < 3 || path->type[0] != IFLA_LINKINFO ||
	    path->type[1] != IFLA_INFO_DATA)
		return false;
	path->type[0] = CAMEX_A_DEV;
	for (size_t i = 1; i < last; i++)
		path->type[i] = path->type[i + 1];
	path->depth = last;
	return true;
}

/* Write the prefix of a nest with address and length. */
static void prefix_of(struct nlattr *nest, char *buf, size_t len)
{
	struct prefix prefix = {};
	char text[PREFIX_TEXT];

	if (nest && prefix_read(nest, &prefix))
		snprintf(buf, len, "%s", prefix_text(&prefix, text));
}

/* Find the argument that became an attribute: its keyword and value. */
static void argument_of(struct call *call, const struct path *path,
			const char **keyword, char *value, size_t len)
{
	uint16_t nest = path->type[0];
	const struct value *given;

	*keyword = NULL;
	value[0] = '\0';
	if (path->depth < 2)
		return;
	if (nest == CAMEX_A_PEER && path->type[1] == CAMEX_A_PEER_NAME) {
		*keyword = "name";
		snprintf(value, len, "%s", call->word[1]);
		return;
	}
	if (nest == CAMEX_A_ROUTE && (path->type[1] == CAMEX_A_ROUTE_ADDR ||
				      path->type[1] == CAMEX_A_ROUTE_LEN)) {
		*keyword = "prefix";
		snprintf(value, len, "%s", call->word[1]);
		return;
	}
	given = values_by_attr(&call->values, nest, 0, path->type[1]);
	if (!given && path->depth > 2)
		given = values_by_attr(&call->values, nest, path->type[1],
				       path->type[2]);
	if (!given)
		return;
	call->blamed = given;
	*keyword = given->keyword->name;
	if ((given->keyword->type == &type_prefixes ||
	     given->keyword->type == &type_push_routes) &&
	    path->depth >= 3)
		prefix_of(path->depth == 3 ? path->attr : path->parent, value,
			  len);
	else
		snprintf(value, len, "%s", given->text);
}

/* Does a text contain a whole word? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; len && (at = strstr(at, word)); at++) {
		bool starts = at == text || !isalnum((unsigned char)at[-1]);

		if (starts && !isalnum((unsigned char)at[len]))
			return true;
	}
	return false;
}

static int explain_text(struct call *call, struct nl_msg *msg,
			const struct conn_error *error)
{
	char value[ARGUMENT_TEXT];
	const char *keyword;
	struct path path;

	if (!path_of(&path, call, msg, error->offset))
		return fault_set(&call->fault, "%s", error->text);
	argument_of(call, &path, &keyword, value, sizeof(value));
	if (!keyword || (has_word(error->text, value) && value[0]))
		return fault_set(&call->fault, "%s", error->text);
	return fault_set(&call->fault, "%s (%s %s)", error->text, keyword,
			 value);
}

/* Is the device itself wrong, not one of the arguments? */
static bool blames_device(const struct call *call, struct nl_msg *msg,
			  const struct conn_error *error)
{
	struct path path;

	return !path_of(&path, call, msg, error->offset) || path.depth < 2;
}

int explain(struct call *call, struct nl_msg *msg,
	    const struct conn_error *error)
{
	struct fault *fault = &call->fault;
	const char *dev = call->word[0] ? call->word[0] : "?";
	bool making = call->command->words[0] == WORD_DEV_NEW;

	/* the sink has set the reason */
	if (!error->number)
		return -1;
	if (error->inconsistent && error->number == EAGAIN)
		return fault_set(
			fault,
			"the list kept changing while it was read: try again");
	if (error->number == ENODEV && blames_device(call, msg, error) &&
	    !making)
		return fault_set(fault, "no camex device named %s", dev);
	if (error->text[0])
		return explain_text(call, msg, error);

	switch (error->number) {
	case EPERM:
	case EACCES:
		return fault_set(
			fault,
			"not permitted: CAP_NET_ADMIN is needed, root has it");
	case EEXIST:
		if (making)
			return fault_set(
				fault, "an interface named %s exists already",
				dev);
		break;
	case EOPNOTSUPP:
		if (!making)
			return fault_set(fault, "%s is not a camex device",
					 dev);
		break;
	case ENOENT:
		if (call->command->words[1] == WORD_PEER ||
		    call->command->words[1] == WORD_PEER_MAYBE)
			return fault_set(fault, "%s has no peer named %s", dev,
					 call->word[1]);
		break;
	default:
		break;
	}
	return fault_set(fault, "%s", strerror(error->number));
}
