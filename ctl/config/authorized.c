/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A directory in which each file's name is an authorized identifier. An empty file
 * stands for a peer without a key, another one has the key in base64.
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
#include "netlink/model.h"
#include "text/parse.h"
#include "config/authorized.h"

/* What can have changed: what was written, and what came and went by its name. */
#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)

/* Changes that are looked at together. */
#define MAX_AT_ONCE 256

struct authorized {
	const char *path;
	int fd;
	char (*ids)[ID_TEXT];
	size_t n;
	size_t room;
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

static size_t find_id(const struct authorized *a, const char *id)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!strcmp(a->ids[i], id))
			break;
	return i;
}

bool authorized_has(const struct authorized *authorized, const char *id)
{
	return !authorized->path || find_id(authorized, id) < authorized->n;
}

static void forget_id(struct authorized *a, const char *id)
{
	size_t i = find_id(a, id);

	if (i == a->n)
		return;
	a->n--;
	memmove(a->ids[i], a->ids[a->n], sizeof(a->ids[i]));
}

static int add_id(struct authorized *a, const char *id)
{
	if (find_id(a, id) < a->n)
		return 0;
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 16;
		void *ids = reallocarray(a->ids, room, sizeof(*a->ids));

		if (!ids)
			return -1;
		a->ids = ids;
		a->room = room;
	}
	snprintf(a->ids[a->n++], sizeof(*a->ids), "%s", id);
	return 0;
}

/* A name is an identifier in one way only. */
static bool is_id(const char *name)
{
	return strlen(name) == ID_TEXT - 1 &&
	       strspn(name, "0123456789abcdef") == ID_TEXT - 1;
}

/* The device's peer of that identifier, or NULL. */
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

/* One command of the table about one peer. What fails is said, and the rest goes on. */
static int run_command(struct call *call, const char *object, const char *name,
		       const char *peer, const struct values *values)
{
	const struct step step = {
		.object = object,
		.name = name,
		.word = { call->word[0], peer },
		.values = values,
	};
	unsigned int line;
	struct fault fault;

	if (!step_run(&step, &call->conn, &line, &fault))
		return 0;
	complain("%s %s %s %s: %s", object, name, call->word[0], peer,
		 fault.text);
	return -1;
}

/* Reads the file's key. 1: it is empty; 0: there is one; -1: the reason. */
static int read_key(const char *path, struct secret *secret,
		    struct fault *fault)
{
	struct stat st;

	if (stat(path, &st))
		return fault_set(fault, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, "%s is no file", path);
	return st.st_size ? secret_read_key(path, secret, fault) : 1;
}

static bool has_key(const struct model_peer *peer, const struct secret *secret)
{
	const struct nlattr *print = peer->tb[CAMEX_A_PEER_FINGERPRINT];

	return print && !memcmp(nla_data(print), secret->fingerprint,
				sizeof(secret->fingerprint));
}

/* The peer of a file: added, or given the file's key. */
static int admit_peer(struct call *call, const struct model_device *device,
		      const char *id, const struct secret *secret)
{
	const struct model_peer *peer = peer_of(device, id);
	struct values values = {};
	struct value *value;
	int status;

	if (peer && (secret ? has_key(peer, secret) :
			      !peer->tb[CAMEX_A_PEER_FINGERPRINT]))
		return 0;
	if (peer && !secret)
		return run_command(call, "key", "del", peer->name, NULL);
	if (secret) {
		value = &values.list[values.n++];
		value->keyword = keyword_find("key-file", TAKES_PEER_ADD);
		value->text = id;
		value->secret = *secret;
	}
	if (!peer) {
		value = &values.list[values.n++];
		value->keyword = keyword_find("id", TAKES_PEER_ADD);
		value->text = id;
		parse_id(id, value->id, &call->fault);
	}
	status = peer ? run_command(call, "key", "set", peer->name, &values) :
			run_command(call, "peer", "add", id, &values);
	values_wipe(&values);
	return status;
}

/* The peer of a file that is gone. One of another name is somebody else's to delete. */
static void expel_peer(struct call *call, const struct model_device *device,
		       const char *id)
{
	const struct model_peer *peer = peer_of(device, id);

	if (peer)
		run_command(call, "peer",
			    strcmp(peer->name, id) ? "forget" : "del",
			    peer->name, NULL);
}

/* A file, which may be there or not. */
static void take_file(struct authorized *a, struct call *call,
		      const struct model_device *device, const char *name)
{
	struct secret secret = {};
	struct fault fault;
	char path[PATH_MAX];
	int status;

	if (!is_id(name)) {
		complain("%s/%s: not 16 lower-case hexadecimal digits, skipped",
			 a->path, name);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", a->path, name);
	if (access(path, F_OK) && errno == ENOENT) {
		forget_id(a, name);
		expel_peer(call, device, name);
		return;
	}
	status = read_key(path, &secret, &fault);
	/* a peer that is there stays as it was, whatever has become of its file */
	if ((status >= 0 || peer_of(device, name)) && add_id(a, name))
		complain("out of memory");
	if (status < 0) {
		complain("%s: skipped", fault.text);
		return;
	}
	if (!status && secret.exposed)
		complain("warning: other users can read %s: chmod 600 it",
			 path);
	admit_peer(call, device, name, status ? NULL : &secret);
	secret_wipe(&secret);
}

static int read_directory(struct authorized *a, struct call *call,
			  const struct model_device *device)
{
	DIR *dir = opendir(a->path);
	const struct dirent *entry;

	if (!dir)
		return fault_set(&call->fault, "authorized: cannot read %s: %s",
				 a->path, strerror(errno));
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			take_file(a, call, device, entry->d_name);
	closedir(dir);
	return 0;
}

static int scan_directory(struct authorized *a, struct call *call,
			  const struct model_device *device)
{
	char text[ID_TEXT];

	a->n = 0;
	if (read_directory(a, call, device))
		return -1;
	/* what was taken out of it while nobody looked; ours are named so */
	for (size_t i = 0; i < device->n_peers; i++) {
		const struct model_peer *peer = &device->peers[i];
		const struct nlattr *attr = peer->tb[CAMEX_A_PEER_ID];

		if (attr &&
		    !strcmp(id_text(nla_data(attr), text), peer->name) &&
		    !authorized_has(a, text))
			run_command(call, "peer", "del", peer->name, NULL);
	}
	return 0;
}

/* Names that changed, out of one read of the directory's events. */
struct changes {
	const char *names[MAX_AT_ONCE];
	size_t n;
	bool all;
};

static int take_changes(struct authorized *a, struct call *call,
			const struct model_device *device,
			const struct changes *changes)
{
	if (changes->all)
		return scan_directory(a, call, device);
	for (size_t i = 0; i < changes->n; i++)
		take_file(a, call, device, changes->names[i]);
	return 0;
}

static int with_peers(struct authorized *a, struct call *call,
		      const struct changes *changes)
{
	struct model_device device = {};
	int status;

	snprintf(device.name, sizeof(device.name), "%s", call->word[0]);
	status = query_peers(call, &device, NULL);
	if (!status)
		status = take_changes(a, call, &device, changes);
	model_device_clear(&device);
	return status;
}

int authorized_scan(struct authorized *authorized, struct call *call)
{
	const struct changes all = { .all = true };

	return authorized->path ? with_peers(authorized, call, &all) : 0;
}

/* Each name once: what it stands for is looked up when its turn comes. */
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
		if (with_peers(authorized, call, &changes))
			return -1;
	}
	return 0;
}
