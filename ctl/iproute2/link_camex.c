/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The plug-in for ip: options of links of kind camex. */
#include <dlfcn.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "command/keywords.h"
#include "iproute2/layout.h"

/* Size of ip's buffer for a request, bytes. Our attributes follow ip's own. */
#define REQUEST_ROOM 1024

/* ip's JSON writer. */
struct json_writer;
bool is_json_context(void) __attribute__((weak));
struct json_writer *get_json_writer(void) __attribute__((weak));
void jsonw_string_field(struct json_writer *json, const char *name,
			const char *value) __attribute__((weak));
void jsonw_bool_field(struct json_writer *json, const char *name, bool value)
	__attribute__((weak));
void jsonw_lluint_field(struct json_writer *json, const char *name,
			unsigned long long value) __attribute__((weak));

/* The symbol that ip looks up: a struct link_util, in the layout of the running ip. */
__attribute__((visibility("default"))) void *camex_link_util[LAYOUT_WORDS];

static void print_help(void *util, int argc, char **argv, FILE *out)
{
	(void)util;
	(void)argc;
	(void)argv;
	fputs("Usage: ip link add [ NAME ] type camex [ KEYWORD VALUE ]...\n"
	      "       ip link set NAME type camex [ KEYWORD VALUE ]...\n\n",
	      out);
	for (const struct keyword *k = keywords; k->name; k++) {
		if (!(k->takes & TAKES_DEV_ADD))
			continue;
		fprintf(out, "  %s ", k->name);
		for (const struct choice *c = k->choices; c && c->name; c++)
			fprintf(out, "%s%s", c == k->choices ? "" : "|",
				c->name);
		fprintf(out, "%s\n      %s%s\n", k->choices ? "" : k->placeholder,
			k->help,
			k->takes & TAKES_DEV_SET ? "" : "; with add alone");
	}
	fputs("\nPeers and all else: camexctl help\n", out);
}

/* Append all attributes of a message to ip's message. */
static int append_all(struct nlmsghdr *to, struct nl_msg *from,
		      struct fault *fault)
{
	struct nlmsghdr *hdr = nlmsg_hdr(from);
	size_t len = (size_t)nlmsg_attrlen(hdr, 0);

	if (NLMSG_ALIGN(to->nlmsg_len) + len > REQUEST_ROOM)
		return fault_set(fault, "too much for one request");
	memcpy((char *)to + NLMSG_ALIGN(to->nlmsg_len), nlmsg_attrdata(hdr, 0),
	       len);
	to->nlmsg_len = (uint32_t)(NLMSG_ALIGN(to->nlmsg_len) + len);
	return 0;
}

static int parse_words(int argc, char **argv, struct nlmsghdr *to,
		       struct values *values, struct fault *fault)
{
	unsigned int takes = to->nlmsg_flags & NLM_F_CREATE ? TAKES_DEV_ADD :
							     TAKES_DEV_SET;
	const char *words[2 * VALUES_MAX + 2] = {};
	struct nl_msg *msg;
	int status;

	if (argc > 2 * VALUES_MAX + 1)
		return fault_set(fault, "too many keywords");
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	if (values_parse(values, takes, words, fault))
		return -1;
	values_warn(values);
	msg = nlmsg_alloc();
	if (!msg)
		return fault_set(fault, "out of memory");
	if (!nlmsg_put(msg, 0, 0, NLMSG_MIN_TYPE, 0, 0))
		status = fault_set(fault, "out of memory");
	else
		status = values_put(msg, values, CAMEX_A_DEV, fault) ?:
			 append_all(to, msg, fault);
	/* the message may contain a key */
	explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	return status;
}

static int parse_options(void *util, int argc, char **argv, struct nlmsghdr *to)
{
	struct values values = {};
	struct fault fault = {};
	int status;

	if (argc > 0 && !strcmp(argv[0], "help")) {
		print_help(util, 0, NULL, stdout);
		exit(0);
	}
	status = parse_words(argc, argv, to, &values, &fault);
	values_wipe(&values);
	if (status)
		fprintf(stderr, "camex: %s\n", fault.text);
	return status;
}

static void print_json(const struct value *value, const char *text)
{
	const struct value_form *form = value->keyword->type->form;
	char name[KEY_TEXT];

	if (!get_json_writer || !jsonw_string_field || !jsonw_bool_field ||
	    !jsonw_lluint_field)
		return;
	keyword_key(value->keyword, name);
	if (form == &form_switch)
		jsonw_bool_field(get_json_writer(), name, value->number);
	else if (form == &form_u16 || form == &form_u32)
		jsonw_lluint_field(get_json_writer(), name, value->number);
	else
		jsonw_string_field(get_json_writer(), name, text);
}

static void print_options(void *util, FILE *out, struct rtattr *tb[])
{
	/* another name for the same attributes */
	struct nlattr *const *attrs = (struct nlattr *const *)tb;

	(void)util;
	if (!tb)
		return;
	for (const struct keyword *k = keywords; k->name; k++) {
		struct value value = {};
		char *text;

		if (!(k->takes & TAKES_DEV_ADD) || k->nest != CAMEX_A_DEV ||
		    k->within || !tb[k->attr])
			continue;
		value_get(&value, k, attrs);
		text = value_text(&value);
		if (text && is_json_context && is_json_context())
			print_json(&value, text);
		/* leave out defaults, except link, protocol and transport */
		else if (text && (!(k->takes & TAKES_DEV_SET) || !k->initial ||
				  strcmp(text, k->initial) != 0))
			fprintf(out, "%s %s ", k->name, text);
		free(text);
		value_wipe(&value);
	}
}

/* A function as a word: the layout decides its place. */
static void put_function(size_t at, void (*function)(void))
{
	memcpy(&camex_link_util[at], &function, sizeof(function));
}

/*
 * Runs when ip loads the plug-in. If the layout is unknown, the struct gets only the name, in each
 * possible place: then ip lists links, and refuses options.
 */
__attribute__((constructor)) static void fill_link_util(void)
{
	static char kind[] = "camex";
	int attributes = CAMEX_A_DEV_MAX;
	void *const *vxlan = dlsym(RTLD_DEFAULT, "vxlan_link_util");
	size_t at;

	if (!vxlan || !layout_find(vxlan, "vxlan", &at)) {
		fputs("link_camex.so: this ip is not known: use camexctl\n",
		      stderr);
		camex_link_util[0] = kind;
		camex_link_util[1] = kind;
		return;
	}
	camex_link_util[at] = kind;
	memcpy(&camex_link_util[at + 1], &attributes, sizeof(attributes));
	put_function(at + 2, (void (*)(void))parse_options);
	put_function(at + 3, (void (*)(void))print_options);
	put_function(at + 5, (void (*)(void))print_help);
}
