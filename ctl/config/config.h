/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The wanted state of a device, from any kind of file. */
#ifndef CAMEXCTL_CONFIG_H
#define CAMEXCTL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "command/keywords.h"
#include "config/ini.h"
#include "text/fault.h"

/**
 * struct config_peer - a peer of the file
 * @name: its name
 * @line: the line where its section begins
 * @values: its keywords, those of "peer add"
 * @gone: the peer is to be deleted
 */
struct config_peer {
	const char *name;
	unsigned int line;
	struct values values;
	bool gone;
};

/* When a hook runs. */
enum hook_when {
	HOOK_PRE_UP,
	HOOK_POST_UP,
	HOOK_PRE_DOWN,
	HOOK_POST_DOWN,
};

/**
 * struct config_hook - a command line of the file, run by a shell
 * @when: when it runs
 * @command: the command line
 * @line: its line
 */
struct config_hook {
	enum hook_when when;
	const char *command;
	unsigned int line;
};

/**
 * struct config - the wanted state of a device, from a file or another source
 * @path: the file's path
 * @ini: its sections and lines
 * @name: the device's name; NULL: the command names the device
 * @line: the line of @name
 * @values: keywords of the device: those of "dev add" and those that only files have
 * @peers: the peers, in the file's order
 * @n_peers: their number
 * @texts: texts that it owns, such as paths of key files that were relative to the file
 * @n_texts: their number
 * @gateway: gateway of the kernel's routes; AF_UNSPEC: none
 * @quick: the file is one of wg-quick(8)
 * @hooks: its hooks
 * @n_hooks: their number
 * @dns: addresses of name servers, and domains to search
 * @n_dns: their number
 * @dns_line: the line of the last one
 * @saves: the line with SaveConfig; 0: none
 * @was: the previous profile of the link, if this one is a server's profile; or NULL
 */
struct config {
	const char *path;
	struct ini ini;
	const char *name;
	unsigned int line;
	struct values values;
	struct config_peer *peers;
	size_t n_peers;
	char **texts;
	size_t n_texts;
	struct address gateway;
	bool quick;
	struct config_hook *hooks;
	size_t n_hooks;
	char **dns;
	size_t n_dns;
	unsigned int dns_line;
	unsigned int saves;
	const struct config *was;
};

/*
 * Read a file of camex-up(5) or, with a section [Interface], of wg-quick(8): the first function
 * without the keys and hosts that it names, the second with them. Returns 0, or -1 with file,
 * line and reason. The caller calls config_wipe() in both cases.
 */
int config_take(struct config *config, const char *path, struct fault *fault);
int config_read(struct config *config, const char *path, struct fault *fault);

/* The same for camex.conf, the server database of the OpenIPC camex daemon. */
int database_read(struct config *config, const char *path, struct fault *fault);

struct model_device;

/*
 * Give clients of camex.conf without an address one of 10.200.0.0/24, which they keep while the
 * device has them. When the pool is empty, clients get none. Returns 0, or -1 without memory.
 */
int pool_assign(struct config *config, const struct model_device *device,
		struct fault *fault);

/* Hand over a text from malloc(); NULL means out of memory. Returns the text, or NULL. */
char *config_keep(struct config *config, char *text);

/* Add a keyword whose value the caller fills in, instead of reading it from @text. */
struct value *config_put(struct values *values, unsigned int takes,
			 const char *keyword, const char *text);

/* Make a list of one prefix; an empty list without memory. */
struct prefixes config_prefix(const struct prefix *prefix);

/* Warn of key files that other users can read. */
void config_warn(const struct config *config);

/* Warn of settings of the kernel that stop what the file asks for. */
void config_hint(struct config *config);

/* Warn of lines without effect, and of passphrases that other users can read. */
void database_warn(const struct config *config);

void config_wipe(struct config *config);

/* Get the nth address of the link, over all lines, and its line. NULL: no more. */
const struct prefix *config_address(const struct config *config, size_t nth,
				    unsigned int *line);

/* Read a setting of one digit in /proc/sys; -1 if it does not exist. */
int config_setting(const char *path);

#endif /* CAMEXCTL_CONFIG_H */
