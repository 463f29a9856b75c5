/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The engine against a kernel of a few lines, which answers in libnl's place: what
 * load, reload, save, watch and monitor apply make of a device, and that a refusal of any request
 * leaves all as it was.
 */
#include <errno.h>
#include <glob.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sodium.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"
#include "command/key_path.h"
#include "config/apply.h"
#include "config/authorized.h"
#include "netlink/model.h"
#include "tap.h"

#define FAMILY 0x1d
#define PEERS 8

/* --- the kernel --- */

/* Attributes of a peer, each a copy of what was set last. */
struct fake_peer {
	char name[CAMEX_NAME_MAX + 1];
	struct nlattr *attr[CAMEX_A_PEER_MAX + 1];
	struct prefix routes[16];
	size_t n_routes;
	/* of protocol wireguard */
	uint8_t public_key[CAMEX_KEY_LEN];
	bool preshared;
};

static struct nlattr *device[CAMEX_A_DEV_MAX + 1];
static struct fake_peer peers[PEERS];
static size_t n_peers;
static char answer[65536];
static size_t answer_len;
static uint32_t seq;
static int requests, fails_at;

static void set_attr(struct nlattr **at, const struct nlattr *attr)
{
	size_t len = (size_t)NLA_HDRLEN + (size_t)nla_len(attr);
	struct nlattr *copy = malloc(len);

	memcpy(copy, attr, len);
	free(*at);
	*at = copy;
}

static void set_number(struct nlattr **at, int type, uint32_t number, int len)
{
	struct {
		struct nlattr attr;
		uint32_t number;
	} a = { { (uint16_t)(NLA_HDRLEN + len), (uint16_t)type }, number };

	set_attr(at, &a.attr);
}

static void add_message(struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	hdr->nlmsg_seq = seq;
	memcpy(answer + answer_len, hdr, hdr->nlmsg_len);
	answer_len += NLMSG_ALIGN(hdr->nlmsg_len);
	nlmsg_free(msg);
}

static void add_end(int type, int error)
{
	struct nlmsgerr body = { .error = -error };
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO);
	add_message(msg);
}

static struct nl_msg *new_item(int nest, struct nlattr **start)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, FAMILY, 0, 0, 0, 1);
	nla_put_u32(msg, CAMEX_A_IFINDEX, 7);
	nla_put_string(msg, CAMEX_A_IFNAME, "camex0");
	*start = nla_nest_start(msg, nest);
	return msg;
}

static void put_attrs(struct nl_msg *msg, struct nlattr *const *attrs, int max)
{
	for (int i = 1; i <= max; i++)
		if (attrs[i] && nla_len(attrs[i]))
			nla_put(msg, i, nla_len(attrs[i]), nla_data(attrs[i]));
}

static bool is_wireguard(void)
{
	return nla_get_u32(device[CAMEX_A_DEV_PROTOCOL]) ==
	       CAMEX_PROTOCOL_WIREGUARD;
}

static void tell_peer(struct fake_peer *peer)
{
	struct nlattr *nest, *inner;
	struct nl_msg *msg = new_item(CAMEX_A_PEER, &nest);

	nla_put_string(msg, CAMEX_A_PEER_NAME, peer->name);
	put_attrs(msg, peer->attr, CAMEX_A_PEER_MAX);
	if (is_wireguard()) {
		inner = nla_nest_start(msg, CAMEX_A_PEER_WIREGUARD);
		nla_put(msg, CAMEX_A_WG_PEER_PUBLIC_KEY, CAMEX_KEY_LEN,
			peer->public_key);
		nla_put_u8(msg, CAMEX_A_WG_PEER_PRESHARED, peer->preshared);
		nla_put_u32(msg, CAMEX_A_WG_PEER_CIPHER, 0);
		nla_nest_end(msg, inner);
	}
	nla_nest_end(msg, nest);
	add_message(msg);
}

static void tell_routes(const struct fake_peer *peer)
{
	for (size_t i = 0; i < peer->n_routes; i++) {
		const struct prefix *prefix = &peer->routes[i];
		struct nlattr *nest;
		struct nl_msg *msg = new_item(CAMEX_A_ROUTE, &nest);

		nla_put(msg, CAMEX_A_ROUTE_ADDR,
			(int)address_len(&prefix->addr), prefix->addr.bytes);
		nla_put_u8(msg, CAMEX_A_ROUTE_LEN, prefix->len);
		nla_put_string(msg, CAMEX_A_ROUTE_PEER, peer->name);
		nla_nest_end(msg, nest);
		add_message(msg);
	}
}

static bool is_taken(const struct fake_peer *by, const struct prefix *prefix)
{
	for (size_t p = 0; p < n_peers; p++)
		for (size_t i = 0; i < peers[p].n_routes; i++)
			if (&peers[p] != by &&
			    !prefix_compare(&peers[p].routes[i], prefix))
				return true;
	return false;
}

static int set_routes(struct fake_peer *peer, struct nlattr *list)
{
	struct prefix routes[16];
	struct nlattr *item;
	size_t n = 0;
	int left;

	nla_for_each_nested (item, list, left) {
		struct nlattr *tb[CAMEX_A_PREFIX_MAX + 1];

		nla_parse_nested(tb, CAMEX_A_PREFIX_MAX, item, NULL);
		address_set(&routes[n].addr, nla_data(tb[CAMEX_A_PREFIX_ADDR]),
			    (size_t)nla_len(tb[CAMEX_A_PREFIX_ADDR]));
		routes[n].len = nla_get_u8(tb[CAMEX_A_PREFIX_LEN]);
		if (is_taken(peer, &routes[n++]))
			return EEXIST;
	}
	memcpy(peer->routes, routes, n * sizeof(*routes));
	peer->n_routes = n;
	return 0;
}

/* What the kernel makes of the keys of a peer. */
static void set_keys(struct fake_peer *peer, struct nlattr *nest)
{
	static const uint8_t none[CAMEX_KEY_LEN];
	struct nlattr *tb[CAMEX_A_WG_PEER_MAX + 1];

	nla_parse_nested(tb, CAMEX_A_WG_PEER_MAX, nest, NULL);
	if (tb[CAMEX_A_WG_PEER_PUBLIC_KEY])
		memcpy(peer->public_key,
		       nla_data(tb[CAMEX_A_WG_PEER_PUBLIC_KEY]), CAMEX_KEY_LEN);
	if (tb[CAMEX_A_WG_PEER_PRESHARED_KEY])
		peer->preshared =
			memcmp(nla_data(tb[CAMEX_A_WG_PEER_PRESHARED_KEY]),
			       none, CAMEX_KEY_LEN) != 0;
}

static bool is_key_taken(const struct fake_peer *by)
{
	for (size_t p = 0; p < n_peers; p++)
		if (&peers[p] != by && !memcmp(peers[p].public_key,
					       by->public_key, CAMEX_KEY_LEN))
			return true;
	return false;
}

static int set_peer(struct fake_peer *peer, struct nlattr **tb)
{
	if (tb[CAMEX_A_PEER_WIREGUARD]) {
		set_keys(peer, tb[CAMEX_A_PEER_WIREGUARD]);
		tb[CAMEX_A_PEER_WIREGUARD] = NULL;
		if (is_key_taken(peer))
			return EEXIST;
	}
	if (tb[CAMEX_A_PEER_ROUTES] &&
	    set_routes(peer, tb[CAMEX_A_PEER_ROUTES]))
		return EEXIST;
	for (int i = 1; i <= CAMEX_A_PEER_MAX; i++)
		if (tb[i] && i != CAMEX_A_PEER_NAME && i != CAMEX_A_PEER_KEY &&
		    i != CAMEX_A_PEER_ROUTES)
			set_attr(&peer->attr[i], tb[i]);
	return 0;
}

static struct fake_peer *find_peer(struct nlattr **tb)
{
	for (size_t i = 0; i < n_peers; i++)
		if (!strcasecmp(peers[i].name,
				nla_get_string(tb[CAMEX_A_PEER_NAME])))
			return &peers[i];
	return NULL;
}

static int add_peer(struct nlattr **tb)
{
	struct fake_peer *peer = &peers[n_peers];

	if (find_peer(tb) || n_peers == PEERS)
		return EEXIST;
	memset(peer, 0, sizeof(*peer));
	snprintf(peer->name, sizeof(peer->name), "%s",
		 nla_get_string(tb[CAMEX_A_PEER_NAME]));
	set_number(&peer->attr[CAMEX_A_PEER_KEEPALIVE], CAMEX_A_PEER_KEEPALIVE,
		   tb[CAMEX_A_PEER_ENDPOINT_ADDR] ? 10 : 0, 2);
	set_number(&peer->attr[CAMEX_A_PEER_REGISTER], CAMEX_A_PEER_REGISTER,
		   tb[CAMEX_A_PEER_ENDPOINT_ADDR] ? CAMEX_REGISTER_MANUAL :
						    CAMEX_REGISTER_OFF,
		   4);
	if (set_peer(peer, tb))
		return EEXIST;
	n_peers++;
	return 0;
}

static int change_peer(int command, struct nlattr **tb)
{
	struct fake_peer *peer = find_peer(tb);

	if (!peer)
		return ENOENT;
	switch (command) {
	case CAMEX_CMD_PEER_DEL:
		for (int i = 0; i <= CAMEX_A_PEER_MAX; i++)
			free(peer->attr[i]);
		*peer = peers[--n_peers];
		return 0;
	case CAMEX_CMD_KEY_DEL:
		free(peer->attr[CAMEX_A_PEER_FINGERPRINT]);
		peer->attr[CAMEX_A_PEER_FINGERPRINT] = NULL;
		return 0;
	default:
		return set_peer(peer, tb);
	}
}

static void set_private_key(struct nlattr *nest)
{
	const struct nlattr *key = nla_find(nla_data(nest), nla_len(nest),
					    CAMEX_A_WG_DEV_PRIVATE_KEY);
	struct {
		struct nlattr nest, attr;
		uint8_t key[CAMEX_KEY_LEN];
	} out = { { sizeof(out), CAMEX_A_DEV_WIREGUARD },
		  { NLA_HDRLEN + CAMEX_KEY_LEN, CAMEX_A_WG_DEV_PUBLIC_KEY },
		  {} };

	crypto_scalarmult_base(out.key, nla_data(key));
	set_attr(&device[CAMEX_A_DEV_WIREGUARD], &out.nest);
}

static int change_device(struct nlattr *nest)
{
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1];

	nla_parse_nested(tb, CAMEX_A_DEV_MAX, nest, NULL);
	if (tb[CAMEX_A_DEV_PORT] && nla_get_u16(tb[CAMEX_A_DEV_PORT]) == 9)
		return EADDRINUSE;
	if (tb[CAMEX_A_DEV_WIREGUARD]) {
		set_private_key(tb[CAMEX_A_DEV_WIREGUARD]);
		tb[CAMEX_A_DEV_WIREGUARD] = NULL;
	}
	for (int i = 1; i <= CAMEX_A_DEV_MAX; i++)
		if (tb[i])
			set_attr(&device[i], tb[i]);
	return 0;
}

/* Fill the answer to a request of the camex family, and return its error. */
static int answer_camex(struct nlmsghdr *hdr)
{
	struct nlattr *tb[CAMEX_A_MAX + 1], *peer[CAMEX_A_PEER_MAX + 1] = {};
	int command = ((struct genlmsghdr *)nlmsg_data(hdr))->cmd;
	struct nlattr *nest;
	struct nl_msg *msg;

	nlmsg_parse(hdr, GENL_HDRLEN, tb, CAMEX_A_MAX, NULL);
	if (tb[CAMEX_A_IFNAME] &&
	    strcmp(nla_get_string(tb[CAMEX_A_IFNAME]), "camex0") != 0)
		return ENODEV;
	if (tb[CAMEX_A_PEER])
		nla_parse_nested(peer, CAMEX_A_PEER_MAX, tb[CAMEX_A_PEER],
				 NULL);
	switch (command) {
	case CAMEX_CMD_DEV_GET:
		msg = new_item(CAMEX_A_DEV, &nest);
		put_attrs(msg, device, CAMEX_A_DEV_MAX);
		nla_nest_end(msg, nest);
		add_message(msg);
		return 0;
	case CAMEX_CMD_PEER_GET:
		for (size_t i = 0; i < n_peers; i++)
			tell_peer(&peers[i]);
		return 0;
	case CAMEX_CMD_ROUTE_GET:
		for (size_t i = 0; i < n_peers; i++)
			tell_routes(&peers[i]);
		return 0;
	case CAMEX_CMD_DEV_SET:
		return change_device(tb[CAMEX_A_DEV]);
	case CAMEX_CMD_PEER_ADD:
		return add_peer(peer);
	default:
		return change_peer(command, peer);
	}
}

/* What is asked of routing netlink, as text. */
static char route_log[1024];

static void note_route(struct nlmsghdr *hdr)
{
	static const char *const names[] = {
		[RTM_NEWLINK] = "link",	    [RTM_NEWADDR] = "address",
		[RTM_DELADDR] = "-address", [RTM_NEWROUTE] = "route",
		[RTM_DELROUTE] = "-route",  [RTM_GETADDR] = NULL,
	};
	const char *name =
		hdr->nlmsg_type < RTM_GETROUTE ? names[hdr->nlmsg_type] : NULL;
	size_t len = strlen(route_log);
	struct nlattr *tb[RTA_MAX + 1];
	char text[ADDRESS_TEXT] = "";
	struct address address;
	int dst = hdr->nlmsg_type >= RTM_NEWROUTE ? RTA_DST : IFA_LOCAL;

	if (!name)
		return;
	/* headers of addresses and routes differ in length */
	nlmsg_parse(hdr,
		    (int)(hdr->nlmsg_type >= RTM_NEWROUTE ?
				  sizeof(struct rtmsg) :
			  hdr->nlmsg_type >= RTM_NEWADDR ?
				  sizeof(struct ifaddrmsg) :
				  sizeof(struct ifinfomsg)),
		    tb, RTA_MAX, NULL);
	if (hdr->nlmsg_type >= RTM_NEWADDR && tb[dst] &&
	    !address_set(&address, nla_data(tb[dst]), (size_t)nla_len(tb[dst])))
		address_text(&address, text);
	snprintf(route_log + len, sizeof(route_log) - len, "%s%s%s%s%s",
		 len ? ", " : "", name, *text ? " " : "", text,
		 hdr->nlmsg_type == RTM_NEWROUTE && tb[RTA_GATEWAY] ? " via" :
								      "");
}

int nl_connect(struct nl_sock *sock, int protocol)
{
	(void)sock;
	(void)protocol;
	return 0;
}

int genl_ctrl_resolve(struct nl_sock *sock, const char *name)
{
	(void)sock;
	(void)name;
	return FAMILY;
}

int nl_send_auto(struct nl_sock *sock, struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	int error = 0;

	(void)sock;
	hdr->nlmsg_seq = ++seq;
	answer_len = 0;
	if (++requests == fails_at)
		error = ENOMEM;
	else if (hdr->nlmsg_type == FAMILY)
		error = answer_camex(hdr);
	else
		note_route(hdr);
	/* routing netlink has no addresses and routes, and takes all */
	if (!error && hdr->nlmsg_flags & NLM_F_DUMP)
		add_end(NLMSG_DONE, 0);
	else
		add_end(NLMSG_ERROR, error);
	return 0;
}

int nl_recv(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf,
	    struct ucred **creds)
{
	(void)sock;
	(void)creds;
	memset(from, 0, sizeof(*from));
	*buf = malloc(answer_len);
	memcpy(*buf, answer, answer_len);
	return (int)answer_len;
}

/* --- what is tested --- */

static int peer_order(const void *a, const void *b)
{
	const struct fake_peer *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The whole state, as text. */
static const char *state(void)
{
	static char text[4096];
	char prefix[PREFIX_TEXT];
	FILE *out = fmemopen(text, sizeof(text), "w");

	qsort(peers, n_peers, sizeof(*peers), peer_order);
	fprintf(out, "port %u", nla_get_u16(device[CAMEX_A_DEV_PORT]));
	for (size_t p = 0; p < n_peers; p++) {
		struct nlattr **attr = peers[p].attr;

		fprintf(out, "; %s %u %u", peers[p].name,
			nla_get_u16(attr[CAMEX_A_PEER_KEEPALIVE]),
			nla_get_u32(attr[CAMEX_A_PEER_REGISTER]));
		if (attr[CAMEX_A_PEER_FINGERPRINT])
			fprintf(out, " key %02x",
				*(uint8_t *)nla_data(
					attr[CAMEX_A_PEER_FINGERPRINT]));
		if (attr[CAMEX_A_PEER_PROFILE_MTU])
			fprintf(out, " mtu %u",
				nla_get_u16(attr[CAMEX_A_PEER_PROFILE_MTU]));
		if (is_wireguard())
			fprintf(out, " key %02x%s", peers[p].public_key[0],
				peers[p].preshared ? " preshared" : "");
		for (size_t i = 0; i < peers[p].n_routes; i++)
			fprintf(out, " %s",
				prefix_text(&peers[p].routes[i], prefix));
	}
	fclose(out);
	return text;
}

static char path[] = "/tmp/camexctl-engine-XXXXXX";
static struct fault fault;

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

/* Run load or reload with the file; its status. */
static int run(const char *name, const char *word)
{
	const char *words[] = { word, NULL };
	struct call *call = calloc(1, sizeof(*call));
	int status;

	call->command = command_find(name, NULL);
	call->word[0] = !strcmp(name, "load") || !strcmp(name, "save") ?
				"camex0" :
				path;
	call->word[1] = strcmp(name, "load") ? NULL : path;
	if (call->command->takes)
		values_parse(&call->values, call->command->takes, words,
			     &fault);
	requests = 0;
	fflush(stdout);
	status = call->command->run(call);
	fault = call->fault;
	conn_close(&call->conn);
	free(call);
	return status;
}

static void becomes(const char *name, const char *text, const char *wanted,
		    const char *what)
{
	write_file(text);
	tap_ok(!run(name, NULL), "%s", what);
	tap_is(state(), wanted, what);
}

/*
 * Each request fails in turn: all stays as it was, or what could not be undone is
 * told, and is undone by the file from before.
 */
static void fails_each(const char *name, const char *before, const char *after)
{
	char was[4096];
	int nth, partly = 0;

	snprintf(was, sizeof(was), "%s", state());
	for (nth = 1; nth < 100; nth++) {
		int status;

		write_file(after);
		fails_at = nth;
		status = run(name, NULL);
		fails_at = 0;
		if (!status)
			break;
		if (strstr(fault.text, "new keys already") ||
		    strstr(fault.text, "these are left")) {
			partly++;
			write_file(before);
			run(name, NULL);
		}
		tap_ok(!strstr(fault.text, "not undone") || partly,
		       "request %d fails, and all is undone", nth);
		tap_is(state(), was, "nothing has changed");
	}
	tap_ok(nth > 6 && nth < 100 && partly, "%s has %d requests", name,
	       nth - 1);
	write_file(before);
	run(name, NULL);
	tap_is(state(), was, "and back");
}

static const char first[] =
	"[server]\nport = 7000\npsk = a\n"
	"[client one]\nlocal_cidr = 10.0.0.2/24\n"
	"[client two]\nlocal_cidr = 10.0.0.3/24\nmtu = 1400\n"
	"[client gone]\nlocal_cidr = 10.0.0.9/24\n";
static const char second[] = "[server]\nport = 7001\npsk = a\n"
			     "[client ONE]\nlocal_cidr = 10.0.0.3/24\npsk = b\n"
			     "[client two]\nlocal_cidr = 10.0.0.2/24\npsk = c\n"
			     "[client new]\nlocal_cidr = 10.0.0.9/24\n";

static void test_load(void)
{
	becomes("load", first,
		"port 7000; gone 0 0 key 6d mtu 0 10.0.0.9/32; "
		"one 0 0 key 6d mtu 0 10.0.0.2/32; two 0 0 key 6d mtu 1400 10.0.0.3/32",
		"load adds peers");
	fails_each("load", first, second);
	becomes("load", second,
		"port 7001; new 0 0 key 6d mtu 0 10.0.0.9/32; "
		"one 0 0 key 61 mtu 0 10.0.0.3/32; two 0 0 key 49 mtu 0 10.0.0.2/32",
		"load exchanges keys and addresses");
	run("load", NULL);
	tap_ok(requests == 3, "once more: it only looks (%d)", requests);
	write_file("[server]\nport = 9\npsk = a\n[client a]\n");
	tap_ok(run("load", NULL), "a port in use");
	tap_ok(n_peers == 3, "changes nothing");
	write_file("[server]\npsk = a\n");
	tap_ok(run("load", NULL), "no clients");
	tap_has(fault.text, "force loads it", "are refused");
	tap_ok(!run("load", "force") && !n_peers, "but by force");
}

static const char file[] = "[device]\nname = camex0\nport = 7000\n"
			   "[peer a]\nendpoint = 192.0.2.1:7000\n"
			   "routes = 10.1.0.0/16, 10.2.0.0/16\nkeepalive = 25\n"
			   "[peer b]\nroutes = 10.3.0.0/16\n";
static const char other[] = "[device]\nname = camex0\nport = 7001\n"
			    "[peer a]\nendpoint = 192.0.2.1:7000\n"
			    "routes = 10.1.0.0/16, 10.3.0.0/16\n"
			    "[peer c]\nroutes = 10.2.0.0/16\n";

static void test_reload(void)
{
	becomes("reload", file,
		"port 7000; a 25 1 10.1.0.0/16 10.2.0.0/16; b 0 0 10.3.0.0/16",
		"reload adds peers");
	fails_each("reload", file, other);
	write_file(other);
	tap_ok(!run("reload", "dry-run"), "a dry run");
	tap_is(state(),
	       "port 7000; a 25 1 10.1.0.0/16 10.2.0.0/16; b 0 0 10.3.0.0/16",
	       "changes nothing");
	becomes("reload", other,
		"port 7001; a 10 1 10.1.0.0/16 10.3.0.0/16; c 0 0 10.2.0.0/16",
		"routes change hands, and what is not given has its default");
	write_file("[device]\nname = camex0\nlink = tap\n");
	tap_ok(run("reload", NULL), "another link");
	tap_has(fault.text, "a running device keeps its link", "is refused");
	write_file("[device]\nname = camex1\n[peer a]\n");
	tap_ok(run("reload", NULL), "another name");
	tap_has(fault.text, "the running device camex0", "is refused");
}

/* --- save --- */

static char key_path[] = "/tmp/camexctl-key-XXXXXX";
static char paths[] = "/tmp/camexctl-paths-XXXXXX";
static const char key[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

/* What a command prints. */
static const char *printed(const char *name, const char *word)
{
	static char text[4096];
	int out = dup(STDOUT_FILENO), status;
	FILE *file = tmpfile();
	size_t n;

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	status = run(name, word);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	tap_ok(!status, "%s", name);
	return text;
}

static void test_save(void)
{
	static const char saved[] =
		"# camexctl save camex0\n[device]\nname = camex0\n"
		"protocol = camex\nport = 7001\nrelay = on\nmtu = 1400\ntable = off\n"
		"\n[peer a]\nendpoint = 192.0.2.1:7000\nkeepalive = 25\n"
		"key-file = %s\nroutes = 10.1.0.0/16,10.3.0.0/16\n"
		"\n[peer b]\nregister = manual\naddress = 10.9.0.2/24\n"
		"routes = any\n";
	char wanted[1024], text[1024], name[128];
	glob_t links = {};
	FILE *out;
	int fd;

	/* files are made private */
	umask(077);
	fd = mkstemp(key_path);
	if (write(fd, key, strlen(key)) < 0 || !mkdtemp(paths))
		tap_ok(false, "a directory");
	close(fd);
	key_paths_dir = paths;
	set_number(&device[CAMEX_A_DEV_MTU], 0, 1400, 4);
	snprintf(
		text, sizeof(text),
		"[device]\nname = camex0\nport = 7001\nrelay = on\ntable = off\n"
		"[peer b]\nroutes = any\naddress = 10.9.0.2/24\nregister = manual\n"
		"[peer a]\nendpoint = 192.0.2.1:7000\nkeepalive = 25\n"
		"routes = 10.1.0.0/16, 10.3.0.0/16\nkey-file = %s\n",
		key_path);
	write_file(text);
	tap_ok(!run("reload", NULL), "a device");
	for (size_t i = 0; i < n_peers; i++)
		if (peers[i].attr[CAMEX_A_PEER_ENDPOINT_ADDR]) {
			set_attr(&peers[i].attr[CAMEX_A_PEER_CONFIGURED_ADDR],
				 peers[i].attr[CAMEX_A_PEER_ENDPOINT_ADDR]);
			set_attr(&peers[i].attr[CAMEX_A_PEER_CONFIGURED_PORT],
				 peers[i].attr[CAMEX_A_PEER_ENDPOINT_PORT]);
		}
	snprintf(wanted, sizeof(wanted), saved, key_path);
	tap_is(printed("save", NULL), wanted, "save");
	write_file(wanted);
	tap_is(printed("reload", NULL), "", "the device is what was saved");
	/* another key in its file, and none */
	out = fopen(key_path, "w");
	fprintf(out, "B%s", key + 1);
	fclose(out);
	snprintf(name, sizeof(name), "which %s has no more", key_path);
	tap_has(printed("save", NULL), name, "the file has another key by now");
	unlink(key_path);
	tap_has(printed("save", NULL), name, "it is gone");
	key_paths_dir = "/proc/camexctl";
	tap_has(printed("save", NULL), "\n# key-file: f3",
		"the fingerprint stands for the key");
	tap_has(printed("save", NULL), ", of no file that is known", "and why");
	snprintf(name, sizeof(name), "%s/*", paths);
	tap_ok(!glob(name, 0, NULL, &links) && links.gl_pathc == 1,
	       "one link was made");
	for (size_t i = 0; i < links.gl_pathc; i++)
		unlink(links.gl_pathv[i]);
	globfree(&links);
	rmdir(paths);
}

/* --- watch: a directory of identifiers --- */

static char directory[] = "/tmp/camexctl-ids-XXXXXX";

/* A file of the directory, or with NULL none. */
static void set_id(const char *id, const char *text)
{
	char name[64];
	FILE *out;

	snprintf(name, sizeof(name), "%s/%s", directory, id);
	if (!text) {
		unlink(name);
		return;
	}
	out = fopen(name, "w");
	fputs(text, out);
	fclose(out);
	chmod(name, 0600);
}

static void scan(struct authorized *authorized, const char *wanted,
		 const char *what)
{
	struct call *call = calloc(1, sizeof(*call));

	call->command = command_find("watch", NULL);
	call->word[0] = "camex0";
	tap_ok(!authorized_scan(authorized, call), "%s", what);
	tap_is(state(), wanted, what);
	conn_close(&call->conn);
	free(call);
}

static void test_watch(void)
{
	static struct authorized *authorized;

	write_file("[device]\nname = camex0\nport = 7001\n");
	tap_ok(!run("reload", NULL) && !n_peers, "no peers are left");
	if (!mkdtemp(directory) ||
	    authorized_open(&authorized, directory, &fault)) {
		tap_ok(false, "a directory");
		return;
	}
	set_id("0000000000000001", "");
	set_id("0000000000000002", key);
	set_id("README", "");
	scan(authorized,
	     "port 7001; 0000000000000001 0 0; 0000000000000002 0 0 key f3",
	     "a peer for each identifier");
	requests = 0;
	scan(authorized,
	     "port 7001; 0000000000000001 0 0; 0000000000000002 0 0 key f3",
	     "once more");
	tap_ok(requests == 1, "it only looks (%d)", requests);
	set_id("0000000000000001", key);
	set_id("0000000000000002", "");
	scan(authorized,
	     "port 7001; 0000000000000001 0 0 key f3; 0000000000000002 0 0",
	     "keys come and go");
	set_id("0000000000000001", "no key");
	set_id("0000000000000002", NULL);
	set_id("0000000000000003", "");
	/* the first change: the one for peer 3 */
	requests = 0;
	fails_at = 2;
	scan(authorized, "port 7001; 0000000000000001 0 0 key f3",
	     "a refused peer keeps nobody; one that has a bad file stays");
	fails_at = 0;
	scan(authorized,
	     "port 7001; 0000000000000001 0 0 key f3; 0000000000000003 0 0",
	     "and is tried again");
	tap_ok(authorized_has(authorized, "0000000000000001") &&
		       !authorized_has(authorized, "0000000000000002") &&
		       !authorized_has(authorized, ""),
	       "who is authorized");
	for (const char *id = "123"; *id; id++) {
		char name[] = "000000000000000x";

		name[15] = *id;
		set_id(name, NULL);
	}
	set_id("README", NULL);
	rmdir(directory);
}

/* --- monitor apply: what a server hands out --- */

static void put_prefix(struct nl_msg *msg, int type, const char *text)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	struct prefixes list;

	addresses_parse(text, &list, &fault);
	nla_put(msg, CAMEX_A_PREFIX_ADDR, 4, list.list[0].addr.bytes);
	nla_put_u8(msg, CAMEX_A_PREFIX_LEN, list.list[0].len);
	nla_nest_end(msg, nest);
	free(list.list);
}

/* A server hands that out, and so it is set. */
static void hands_out(struct applied_profiles *applied, const char *address,
		      const uint8_t *gateway, const char *route,
		      const char *wanted, const char *what)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1], *nest;

	nla_put_string(msg, CAMEX_A_PEER_NAME, "server");
	put_prefix(msg, CAMEX_A_PEER_PROFILE_ADDRESS, address);
	if (gateway)
		nla_put(msg, CAMEX_A_PEER_PROFILE_GATEWAY, 4, gateway);
	nla_put_u16(msg, CAMEX_A_PEER_PROFILE_MTU, 1400);
	nest = nla_nest_start(msg, CAMEX_A_PEER_PROFILE_ROUTES);
	put_prefix(msg, CAMEX_A_ROUTES_PREFIX, route);
	nla_nest_end(msg, nest);
	nlmsg_parse(nlmsg_hdr(msg), 0, tb, CAMEX_A_PEER_MAX, NULL);
	*route_log = '\0';
	profiles_apply_peer(applied, 7, "camex0", tb);
	tap_is(route_log, wanted, what);
	nlmsg_free(msg);
}

static void test_apply(void)
{
	static const uint8_t near[] = { 10, 88, 0, 1 }, far[] = { 10, 9, 9, 9 };
	static struct applied_profiles *applied;

	set_number(&device[CAMEX_A_DEV_MTU], 0, 1300, 4);
	tap_ok(!profiles_apply_all(&applied, "camex0", &fault),
	       "no server has handed out anything");
	hands_out(applied, "10.88.0.2/24", near, "10.1.0.0/16",
		  "link, address 10.88.0.2, route 10.1.0.0 via",
		  "MTU, address and route are set");
	set_number(&device[CAMEX_A_DEV_MTU], 0, 1400, 4);
	hands_out(
		applied, "10.88.0.3/24", near, "10.2.0.0/16",
		"-address 10.88.0.2, address 10.88.0.3, -route 10.1.0.0, route 10.2.0.0 via",
		"others take their place");
	hands_out(
		applied, "10.88.0.3/24", far, "10.2.0.0/16",
		"address 10.88.0.3, -route 10.2.0.0, route 10.9.9.9, route 10.2.0.0 via",
		"by way of another gateway");
	requests = 0;
	fails_at = 4;
	hands_out(
		applied, "10.99.0.3/24", NULL, "10.2.0.0/16",
		"-address 10.88.0.3, address 10.88.0.3",
		"an address that is refused: what was there before comes back");
	fails_at = 0;
}

/* --- protocol wireguard: files of wg-quick --- */

#define PRIVATE_A "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PRIVATE_B "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
/* keys that begin with 11, 22 and 33 */
#define KEY_1 "EQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_2 "IgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_3 "MwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

#define QUICK(private) "[Interface]\nListenPort=51820\nPrivateKey=" private "\n"
#define QUICK_PEER(name, key, rest) \
	"# " name "\n[Peer]\nPublicKey=" key "\n" rest "\n"

static void reloads(const char *text, const char *said, const char *wanted,
		    const char *what)
{
	write_file(text);
	tap_is(printed("reload", NULL), said, what);
	tap_is(state(), wanted, what);
}

static void test_quick(void)
{
	static const char one[] = QUICK(PRIVATE_A)
		QUICK_PEER("a", KEY_1, "PresharedKey=" KEY_3 "\nAllowedIPs=10.1.0.0/16")
			QUICK_PEER("b", KEY_2, "AllowedIPs=10.2.0.0/16");
	static const char swapped[] = QUICK(PRIVATE_B)
		QUICK_PEER("a", KEY_2, "AllowedIPs=10.1.0.0/16")
			QUICK_PEER("c", KEY_1, "AllowedIPs=10.2.0.0/16");
	char before[4096], folder[] = "/tmp/ctl-XXXXXX";
	int nth, told = 0;

	unlink(path);
	if (!mkdtemp(folder))
		tap_ok(false, "a directory");
	snprintf(path, sizeof(path), "%s/camex0.conf", folder);
	for (; n_peers; n_peers--)
		for (int i = 0; i <= CAMEX_A_PEER_MAX; i++)
			free(peers[n_peers - 1].attr[i]);
	set_number(&device[CAMEX_A_DEV_PROTOCOL], 0, CAMEX_PROTOCOL_WIREGUARD,
		   4);
	reloads(one,
		"device: port 51820 (was 7001)\npeer a added\npeer b added\n"
		"kernel route 10.1.0.0/16 added\nkernel route 10.2.0.0/16 added\n"
		"device: private-key-file L+V9o0fNYkMVKNqsX7spBzD/9oSvxM/C7ZCZX1jLO3Q= (was none)\n",
		"port 51820; a 0 0 key 11 preshared 10.1.0.0/16; b 0 0 key 22 10.2.0.0/16",
		"peers and keys");
	reloads(one, "kernel route 10.1.0.0/16 added\nkernel route 10.2.0.0/16 added\n",
		state(), "once more, without routes of this kernel");
	snprintf(before, sizeof(before), "%s", state());
	for (nth = 1; nth < 40; nth++) {
		int status;

		write_file(swapped);
		fails_at = nth;
		status = run("reload", NULL);
		fails_at = 0;
		if (!status)
			break;
		tap_ok(!strstr(fault.text, "not undone"), "request %d fails",
		       nth);
		if (strstr(fault.text, "these are left") ||
		    strstr(fault.text, "these are missing") ||
		    strstr(fault.text, "new keys already"))
			told++;
		else
			tap_is(state(), before, "nothing has changed");
		write_file(one);
		run("reload", NULL);
		tap_is(state(), before, "and back");
	}
	tap_ok(nth > 10 && nth < 40 && told == 4,
	       "of %d requests 4 cannot be undone, which is told", nth - 1);
	tap_is(state(),
	       "port 51820; a 0 0 key 22 10.1.0.0/16; c 0 0 key 11 10.2.0.0/16",
	       "keys change hands");
}

int main(void)
{
	int fd = mkstemp(path);

	close(fd);
	set_number(&device[CAMEX_A_DEV_LINK], 0, CAMEX_LINK_TUN, 4);
	set_number(&device[CAMEX_A_DEV_PROTOCOL], 0, CAMEX_PROTOCOL_CAMEX, 4);
	set_number(&device[CAMEX_A_DEV_TRANSPORT], 0, CAMEX_TRANSPORT_UDP, 4);
	set_number(&device[CAMEX_A_DEV_LINKS], 0, CAMEX_LINKS_SHARED, 4);
	set_number(&device[CAMEX_A_DEV_TX], 0, CAMEX_TX_UDP, 4);
	set_number(&device[CAMEX_A_DEV_RX], 0, CAMEX_RX_UDP, 4);
	set_number(&device[CAMEX_A_DEV_PORT], 0, 7000, 2);
	set_number(&device[CAMEX_A_DEV_SOURCE_CHECK], 0, 1, 1);
	set_number(&device[CAMEX_A_DEV_AGEING], 0, 300, 2);
	/* what load and reload print is no TAP */
	if (!freopen("/dev/null", "a", stderr))
		return 1;
	test_load();
	test_reload();
	test_save();
	test_watch();
	test_apply();
	test_quick();
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return tap_end();
}
