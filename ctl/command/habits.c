/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Words of other programs (ip, wg) that users may type. */
#include <stddef.h>
#include <string.h>

#include "command/command.h"
#include "command/habits.h"
#include "command/keywords.h"

/**
 * struct habit - a word of another program
 * @word: the word
 * @here: the word or command of camexctl
 */
struct habit {
	const char *word;
	const char *here;
};

/* words in the place of an object */
static const struct habit objects[] = {
	{ "list", "show" },
	{ "ls", "show" },
	{ "status", "show" },
	{ "dump", "show" },
	{ "add", "dev add NAME" },
	{ "create", "dev add NAME" },
	{ "set", "dev set NAME" },
	{ "del", "dev del NAME" },
	{ "delete", "dev del NAME" },
	{ "remove", "dev del NAME" },
	{ "showconf", "save DEV" },
	{ "syncconf", "reload FILE" },
	{ "setconf", "reload FILE" },
	{ "addconf", "reload FILE" },
	{ "restart", "reload FILE" },
	{ "start", "up FILE" },
	{ "stop", "down FILE" },
	{ "genkey", "key gen" },
	{ "genpsk", "key gen" },
	{ "pubkey", "key public" },
	{ "device", "dev" },
	{ "link", "dev" },
	{ "neighbour", "fdb" },
	{ "neigh", "fdb" },
	{ "statistics", "stats DEV" },
	{ "counters", "stats DEV" },
	{ "events", "monitor" },
	{}
};

/* words in the place of a command */
static const struct habit commands_of[] = {
	{ "list", "show" },	  { "ls", "show" },    { "status", "show" },
	{ "get", "show" },	  { "delete", "del" }, { "remove", "del" },
	{ "rm", "del" },	  { "new", "add" },    { "create", "add" },
	{ "append", "add" },	  { "change", "set" }, { "modify", "set" },
	{ "change", "replace" },  { "update", "set" }, { "update", "replace" },
	{ "generate", "gen" },	  { "new", "gen" },    { "pub", "public" },
	{ "passphrase", "derive" }, {}
};

static const struct habit keywords_of[] = {
	{ "allowed-ips", "routes" },
	{ "AllowedIPs", "routes" },
	{ "route", "routes" },
	{ "listen-port", "port" },
	{ "ListenPort", "port" },
	{ "dstport", "port" },
	{ "private-key", "private-key-file" },
	{ "PrivateKey", "private-key-file" },
	{ "preshared-key", "preshared-key-file" },
	{ "PresharedKey", "preshared-key-file" },
	{ "PublicKey", "public-key" },
	{ "persistent-keepalive", "keepalive" },
	{ "PersistentKeepalive", "keepalive" },
	{ "key", "key-file" },
	{ "psk", "passphrase-file" },
	{ "passphrase", "passphrase-file" },
	{ "remote", "endpoint" },
	{ "local", "bind" },
	{ "mark", "fwmark" },
	{ "type", "protocol" },
	{}
};

/* ip does these to the link of a device */
static const struct habit link_settings[] = {
	{ "mtu", "ip link set NAME mtu N" },
	{ "name", "ip link set NAME name NEW" },
	{ "netns", "ip link set NAME netns NETNS" },
	{ "master", "ip link set NAME master BRIDGE" },
	{ "txqueuelen", "ip link set NAME txqueuelen N" },
	{ "up", "ip link set NAME up" },
	{ "down", "ip link set NAME down" },
	{ "address", "ip address add ADDRESS/LENGTH dev NAME" },
	{}
};

static const char *find(const struct habit *habit, const char *word)
{
	for (; habit->word; habit++)
		if (!strcmp(habit->word, word))
			return habit->here;
	return NULL;
}

const char *habit_command(const char *object, const char *word)
{
	if (!object)
		return find(objects, word);
	for (const struct habit *habit = commands_of; habit->word; habit++)
		if (!strcmp(habit->word, word) &&
		    command_find(object, habit->here))
			return habit->here;
	return NULL;
}

const char *habit_keyword(const char *word, unsigned int takes)
{
	const char *here = find(keywords_of, word);

	if (here)
		return keyword_find(here, takes) ? here : NULL;
	/* keywords in files */
	if ((takes & (TAKES_DEV_ADD | TAKES_DEV_SET)) && !(takes & TAKES_UP))
		return find(link_settings, word);
	return NULL;
}
