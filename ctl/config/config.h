/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The wanted state of a device, whichever kind of file it comes from. */
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
 * @gone: there is to be no such peer
 */
struct config_peer {
	const char *name;
	unsigned int line;
	struct values values;
	bool gone;
};

/* When a command of the file runs. */
enum hook_when {
	HOOK_PRE_UP,
	HOOK_POST_UP,
	HOOK_PRE_DOWN,
	HOOK_POST_DOWN,
};

/**
 * struct config_hook - a command of the file, for a shell
 * @when: when it runs
 * @command: the command
 * @line: its line
 */
struct config_hook {
	enum hook_when when;
	const char *command;
	unsigned int line;
};

/**
 * struct config - a file, or what else says how a device is to be
 * @path: the file's path
 * @ini: its sections and lines
 * @name: the device's name; NULL: the command names the device
 * @line: the line of @name
 * @values: keywords of the device: those of "dev add" and those that only files have
 * @peers: the peers, in the file's order
 * @n_peers: their number
 * @texts: texts that it owns, such as paths of key files that were relative to the file
 * @n_texts: their number
 * @gateway: the kernel's routes go by way of it; AF_UNSPEC: by none
 * @quick: the file is one of wg-quick(8)
 * @hooks: its commands
 * @n_hooks: their number
 * @dns: addresses of name servers, and domains to search
 * @n_dns: their number
 * @dns_line: the line of the last one
 * @saves: the line that wants the file to be written, 0: none
 * @was: what the link was given in the same way before, of what a server hands out; or NULL
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
 * Read a file of camex-up(5) or, with a section [Interface], of wg-quick(8), without the keys and hosts that it names; the second
 * reads those too. 0, or -1 with the reason, the file and the line. config_wipe() is
 * called either way.
 */
int config_take(struct config *config, const char *path, struct fault *fault);
int config_read(struct config *config, const char *path, struct fault *fault);

/* The same for camex.conf, the server database of the OpenIPC camex daemon. */
int database_read(struct config *config, const char *path, struct fault *fault);

struct model_device;

/*
 * Clients of camex.conf without an address get one of 10.200.0.0/24, which they keep while the device has
 * them; those that come too late for one get none. 0, or -1 without memory.
 */
int pool_assign(struct config *config, const struct model_device *device,
		struct fault *fault);

/* Own a text from malloc(), NULL being none: no memory. Returns it, or NULL. */
char *config_keep(struct config *config, char *text);

/* A keyword whose value is not read from @text, but put into it by the caller. */
struct value *config_put(struct values *values, unsigned int takes,
			 const char *keyword, const char *text);

/* A list of one prefix; no prefixes: no memory. */
struct prefixes config_prefix(const struct prefix *prefix);

/* Warn of key files that other users can read. */
void config_warn(const struct config *config);

/* Warn of settings of the kernel that stop what the file asks for. */
void config_hint(struct config *config);

/* Warn of lines without effect, and of passphrases that other users can read. */
void database_warn(const struct config *config);

void config_wipe(struct config *config);

/* The nth address of the link, over all lines that give one, and the line; NULL: no more. */
const struct prefix *config_address(const struct config *config, size_t nth,
				    unsigned int *line);

/* A setting in /proc/sys that is a digit; -1: it is not there. */
int config_setting(const char *path);

#endif /* CAMEXCTL_CONFIG_H */
