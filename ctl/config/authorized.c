/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A directory in which each file's name is an authorized identifier. A file is empty if
 * the peer has no key, and otherwise has the key in base64.
 */
#include <dirent.h>
#include <errno.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"
#include "config/authorized.h"
#include "config/engine.h"
#include "netlink/model.h"
#include "text/list.h"
#include "text/parse.h"

/* Events of files that were written, created, renamed or deleted. */
#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)

/* Maximum of changes that are handled together. */
#define MAX_AT_ONCE 256

struct authorized {
	const char *path;
	int fd;
};

int authorized_open(struct authorized **authorized, const char *path,
		    struct fault *fault)
{
	struct authorized *a = calloc(1, sizeof(*a));

	*authorized = a;
	if (!a)
		return fault_set(fault, "out of memory");
	a->path = path;
	a->fd = -1;
	if (!path)
		return 0;
	a->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (a->fd < 0 ||
	    inotify_add_watch(a->fd, path,
			      CHANGES | IN_DELETE_SELF | IN_MOVE_SELF |
				      IN_ONLYDIR) < 0)
		return fault_set(fault, "authorized: cannot watch %s: %s", path,
				 strerror(errno));
	return 0;
}

int authorized_fd(const struct authorized *authorized)
{
	return authorized->fd;
}

/* Build the path of an identifier's file, in a buffer of PATH_MAX bytes. */
static const char *path_of(const struct authorized *a, const char *id,
			   char *path)
{
	snprintf(path, PATH_MAX, "%s/%s", a->path, id);
	return path;
}

/* An identifier is authorized if its file exists, even with wrong content. */
static bool has_file(const struct authorized *a, const char *id)
{
	char path[PATH_MAX];

	return !access(path_of(a, id, path), F_OK) || errno != ENOENT;
}

bool authorized_has(const struct authorized *authorized, const char *id)
{
	return !authorized->path || (*id && has_file(authorized, id));
}

/* Only one spelling of an identifier is accepted. */
static bool is_id(const char *name)
{
	return strlen(name) == ID_TEXT - 1 &&
	       strspn(name, "0123456789abcdef") == ID_TEXT - 1;
}

/* Find the device's peer with that identifier, or NULL. */
static const struct model_peer *peer_of(const struct model_device *device,
					const char *id)
{
	char text[ID_TEXT];

	for (size_t i = 0; i < device->n_peers; i++) {
		const struct nlattr *attr =
			device->peers[i].tb[CAMEX_A_PEER_ID];

		if (attr && !strcmp(id_text(nla_data(attr), text), id))
			return &device->peers[i];
	}
	return NULL;
}

/* Read the key of a file. Returns 0, 1 if the file is empty, or -1 with the reason. */
static int read_key(const char *path, struct secret *secret,
		    struct fault *fault)
{
	struct stat st;

	if (stat(path, &st))
		return fault_set(fault, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, "%s is not a file", path);
	return st.st_size ? secret_read_key(path, secret, fault) : 1;
}

/**
 * struct wanted - the peers that the files ask for
 * @authorized: the directory
 * @call: the command
 * @device: the device with its peers
 * @config: the wanted peers
 */
struct wanted {
	const struct authorized *authorized;
	struct call *call;
	struct model_device device;
	struct config config;
};

/* Add a wanted peer. NULL without memory. */
static struct config_peer *want_peer(struct wanted *wanted, const char *name,
				     bool gone)
{
	struct config *config = &wanted->config;
	struct config_peer *peer =
		list_add(&config->peers, &config->n_peers, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->name = name;
	peer->gone = gone;
	return peer;
}

/* Delete the peer of a deleted file, but only if "watch" has named it. */
static int expel_peer(struct wanted *wanted, const struct model_peer *peer,
		      const char *id)
{
	const struct step step = {
		.object = "peer",
		.name = "forget",
		.word = { wanted->config.name, peer->name },
	};
	unsigned int line;
	struct fault fault;

	if (!strcmp(peer->name, id))
		return want_peer(wanted, peer->name, true) ? 0 : -1;
	if (step_run(&step, &wanted->call->conn, &line, &fault))
		complain("peer forget %s %s: %s", wanted->config.name,
			 peer->name, fault.text);
	return 0;
}

/* Add the peer of a file, with its identifier and key. */
static int admit_peer(struct wanted *wanted, const struct model_peer *running,
		      const char *id, const struct secret *secret)
{
	struct config *config = &wanted->config;
	const char *name = config_keep(config, strdup(id));
	struct config_peer *peer =
		name ? want_peer(wanted, running ? running->name : name,
				 false) :
		       NULL;
	char path[PATH_MAX];

	if (!peer)
		return -1;
	parse_id(id, config_put(&peer->values, TAKES_PEER_ADD, "id", name)->id,
		 &wanted->call->fault);
	if (!secret)
		return 0;
	name = config_keep(config,
			   strdup(path_of(wanted->authorized, id, path)));
	config_put(&peer->values, TAKES_PEER_ADD, "key-file", name)->secret =
		*secret;
	return name ? 0 : -1;
}

/* Add or delete the peer of a file that may exist or not. */
static int take_file(struct wanted *wanted, const char *name)
{
	const struct authorized *a = wanted->authorized;
	const struct model_peer *running;
	struct secret secret = {};
	struct fault fault;
	char path[PATH_MAX];
	int status;

	if (!is_id(name)) {
		complain("%s/%s: not 16 lower-case hexadecimal digits, skipped",
			 a->path, name);
		return 0;
	}
	running = peer_of(&wanted->device, name);
	if (!has_file(a, name))
		return running ? expel_peer(wanted, running, name) : 0;
	status = read_key(path_of(a, name, path), &secret, &fault);
	if (status < 0) {
		/* an existing peer is not changed */
		complain("%s: skipped", fault.text);
		return 0;
	}
	status = admit_peer(wanted, running, name, status ? NULL : &secret);
	secret_wipe(&secret);
	return status;
}

/* Add all files, and delete our peers (known by name) whose files no longer exist. */
static int take_directory(struct wanted *wanted)
{
	const struct authorized *a = wanted->authorized;
	const struct model_device *device = &wanted->device;
	DIR *dir = opendir(a->path);
	const struct dirent *entry;
	char id[ID_TEXT];
	int status = 0;

	if (!dir)
		return fault_set(&wanted->call->fault,
				 "authorized: cannot read %s: %s", a->path,
				 strerror(errno));
	while (!status && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			status = take_file(wanted, entry->d_name);
	closedir(dir);
	for (size_t i = 0; i < device->n_peers && !status; i++) {
		const struct model_peer *peer = &device->peers[i];
		const struct nlattr *attr = peer->tb[CAMEX_A_PEER_ID];

		if (attr && !strcmp(id_text(nla_data(attr), id), peer->name) &&
		    !has_file(a, id))
			status = expel_peer(wanted, peer, id);
	}
	return status ? fault_set(&wanted->call->fault, "out of memory") : 0;
}

/* Collect the changed names of one read of events. */
struct changes {
	const char *names[MAX_AT_ONCE];
	size_t n;
	bool all;
};

static int take_changes(struct wanted *wanted, const struct changes *changes)
{
	if (changes->all)
		return take_directory(wanted);
	for (size_t i = 0; i < changes->n; i++)
		if (take_file(wanted, changes->names[i]))
			return fault_set(&wanted->call->fault, "out of memory");
	return 0;
}

/* Report a change that fails, and make the others. */
static int make_peers(struct authorized *a, struct call *call,
		      const struct changes *changes)
{
	struct wanted wanted = {
		.authorized = a,
		.call = call,
		.config = { .name = call->word[0], .ini.name = a->path },
	};
	struct model_devices devices = { .list = &wanted.device, .n = 1 };
	int status;

	status = query_peers(call, &wanted.device, NULL);
	if (!status)
		status = take_changes(&wanted, changes);
	if (!status)
		status = engine_run(call, &wanted.config, &devices,
				    ENGINE_SOME | ENGINE_EACH |
					    ENGINE_NAME_PEERS);
	if (!status)
		config_warn(&wanted.config);
	config_wipe(&wanted.config);
	model_device_clear(&wanted.device);
	return status;
}

int authorized_scan(struct authorized *authorized, struct call *call)
{
	const struct changes all = { .all = true };

	return authorized->path ? make_peers(authorized, call, &all) : 0;
}

/* Handle each name once: the file is read then, so older events do not matter. */
static void note_change(struct changes *changes, const char *name)
{
	for (size_t i = 0; i < changes->n; i++)
		if (!strcmp(changes->names[i], name))
			return;
	if (changes->n < MAX_AT_ONCE)
		changes->names[changes->n++] = name;
	else
		changes->all = true;
}

int authorized_change(struct authorized *authorized, struct call *call)
{
	char buf[MAX_AT_ONCE * (sizeof(struct inotify_event) + ID_TEXT)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	ssize_t len;

	while ((len = read(authorized->fd, buf, sizeof(buf))) > 0) {
		struct changes changes = {};

		for (char *at = buf; at < buf + len;
		     at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			if (event->mask & GONE)
				return fault_set(&call->fault,
						 "authorized: %s is gone",
						 authorized->path);
			if (event->mask & IN_Q_OVERFLOW)
				changes.all = true;
			else if (event->len)
				note_change(&changes, event->name);
		}
		if (make_peers(authorized, call, &changes))
			return -1;
	}
	return 0;
}
