// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "inner.h"
#include "log.h"
#include "mischief.h"

#define KEPT	64	/* datagrams that can be sent again */

struct kept {
	struct endpoint to;
	uint8_t *data;
	size_t len;
};

/*
 * fd: the FIFO
 * line, have: what has come of a command
 * fault: of the next datagram, an index of faults, or -1
 * sent: the last datagrams; that number n is at n % KEPT
 * count: how many there were
 * held: from which one on they are held back, if holding
 */
struct mischief {
	int fd;
	char line[4096];
	size_t have;
	int fault;
	struct kept sent[KEPT];
	unsigned int count;
	unsigned int held;
	bool holding;
};

struct mischief *mischief_new(const char *fifo)
{
	struct mischief *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fault = -1;
	/* for writing as well: so it never ends */
	m->fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (m->fd >= 0)
		return m;
	free(m);
	return NULL;
}

void mischief_free(struct mischief *m)
{
	int i;

	for (i = 0; m && i < KEPT; i++)
		free(m->sent[i].data);
	free(m);
}

int mischief_fd(const struct mischief *m)
{
	return m->fd;
}

/* --- faults --- */

enum { CUT = -1 };

/* Which byte is changed, and how; what is cut off is at the end. */
static const struct fault {
	const char *name;
	int at;
	uint8_t flip;
} faults[] = {
	{ "magic", 3, 1 },
	{ "type", 4, 8 },
	{ "prefix", 5, 1 },
	{ "length", 18, 4 },
	{ "sequence", 26, 1 },
	{ "version", 27, 2 },
	{ "body", 28, 1 },
	{ "cut", CUT, 0 },
	{ "tag", 0, 1 },
};

const char *mischief_spoil(struct mischief *m, uint8_t *data, size_t *len)
{
	const struct fault *f;

	if (m->fault < 0)
		return NULL;
	f = &faults[m->fault];
	m->fault = -1;
	if (f->at == CUT)
		(*len)--;
	else if (!f->at)
		data[*len - 1] ^= f->flip;
	else if ((size_t)f->at < *len)
		data[f->at] ^= f->flip;
	return f->name;
}

static bool set_fault(struct node *node, char *words)
{
	int i;

	for (i = 0; i < (int)(sizeof(faults) / sizeof(*faults)); i++) {
		if (strcmp(faults[i].name, words))
			continue;
		node->m->fault = i;
		return true;
	}
	return false;
}

/* --- again, and in another order --- */

bool mischief_keep(struct mischief *m, const struct endpoint *to, const uint8_t *data,
		   size_t len)
{
	struct kept *k = &m->sent[m->count % KEPT];
	uint8_t *copy = malloc(len);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	free(k->data);
	*k = (struct kept){ .to = *to, .data = copy, .len = len };
	m->count++;
	return m->holding;
}

static void send_again(struct node *node, unsigned int number)
{
	const struct kept *k = &node->m->sent[number % KEPT];

	log_begin("out");
	log_text("event", "again");
	log_number("length", k->len);
	log_end();
	node_transmit(node, &k->to, k->data, k->len);
}

static bool replay(struct node *node, char *words)
{
	unsigned int n = (unsigned int)atoi(words), i;

	if (!n || n > KEPT || n > node->m->count)
		return false;
	for (i = node->m->count - n; i < node->m->count; i++)
		send_again(node, i);
	return true;
}

static bool hold(struct node *node, char *words)
{
	(void)words;
	node->m->holding = true;
	node->m->held = node->m->count;
	return true;
}

static bool release(struct node *node, char *words)
{
	unsigned int i;

	(void)words;
	if (!node->m->holding || node->m->count - node->m->held > KEPT)
		return false;
	node->m->holding = false;
	for (i = node->m->count; i > node->m->held; i--)
		send_again(node, i - 1);
	return true;
}

/* --- what is sent --- */

static bool ping(struct node *node, char *words)
{
	static uint8_t packet[DATAGRAM_MAX];
	char *destination = strtok(words, " ");
	char *count = strtok(NULL, " "), *size = strtok(NULL, " ");
	int n = count ? atoi(count) : 1;
	size_t bytes = size ? (size_t)atoi(size) : 56, len;
	struct in_addr to;

	if (!node->far || !destination || inet_pton(AF_INET, destination, &to) != 1 ||
	    n < 1 || bytes > 60000)
		return false;
	while (n--) {
		len = inner_request(node->address, to.s_addr, ++node->pinged, bytes, packet);
		node_send(node, node->far, DATA, packet, len);
	}
	return true;
}

static bool say_register(struct node *node, char *words)
{
	(void)words;
	if (!node->o->endpoint.len)
		return false;
	client_register(node);
	return true;
}

static bool say_keepalive(struct node *node, char *words)
{
	(void)words;
	if (!node->far)
		return false;
	node_send(node, node->far, KEEPALIVE, NULL, 0);
	return true;
}

static bool say_text(struct node *node, char *words)
{
	size_t len = strlen(words);

	if (!node->far)
		return false;
	words[len++] = '\n';
	node_send(node, node->far, control_is_config((uint8_t *)words, len) ?
				   CONFIG : REGISTER, words, len);
	return true;
}

/* A text, filled up with blanks. */
static bool say_padded(struct node *node, char *words)
{
	char text[4096], *rest;
	size_t len = strtoul(words, &rest, 10);

	if (*rest != ' ' || len > sizeof(text) || strlen(++rest) > len || !node->far)
		return false;
	memset(text, ' ', len);
	memcpy(text, rest, strlen(rest));
	node_send(node, node->far, control_is_config((uint8_t *)text, len) ?
				   CONFIG : REGISTER, text, len);
	return true;
}

static bool say_body(struct node *node, char *words)
{
	uint8_t body[2048];
	size_t len;

	if (!node->far || sodium_hex2bin(body, sizeof(body), words, strlen(words), NULL,
					 &len, NULL))
		return false;
	node_send(node, node->far, DATA, body, len);
	return true;
}

/* --- how it is sent --- */

static bool set_seq(struct node *node, char *words)
{
	char *end;
	uint64_t n = strtoull(words + (*words == '-'), &end, 0);

	if (!node->far || *end || end == words)
		return false;
	node->far->seq = *words == '-' ? node->far->seq - n : n;
	return true;
}

static bool set_prefix(struct node *node, char *words)
{
	size_t len;

	return node->far && !sodium_hex2bin(node->far->prefix, PREFIX_LEN, words,
					    strlen(words), NULL, &len, NULL) &&
	       len == PREFIX_LEN;
}

static bool set_form(struct node *node, char *words)
{
	if (!node->far || (strcmp(words, "27") && strcmp(words, "28")))
		return false;
	node->far->oldest = !strcmp(words, "27");
	node->far->told = true;
	return true;
}

static bool set_id(struct node *node, char *words)
{
	if (!node->far || strlen(words) > ID_MAX)
		return false;
	strcpy(node->far->id, words);
	return true;
}

/* Send from somewhere else from now on. */
static bool set_socket(struct node *node, char *words)
{
	struct endpoint ep;
	int sock;

	if (!endpoint_parse(words, &ep))
		return false;
	sock = net_socket(&ep, 0);
	if (sock < 0)
		return false;
	close(node->sock);
	node->sock = sock;
	return true;
}

/* Each write of a connection has so many bytes from now on. */
static bool set_pieces(struct node *node, char *words)
{
	char *end;
	unsigned long n = strtoul(words, &end, 10);

	if (*end || end == words || n > 65535)
		return false;
	node->streams->piece = n;
	return true;
}

/* The connection to the far end breaks. */
static bool cut_off(struct node *node, char *words)
{
	(void)words;
	if (!node->far || !streams_has(node->streams, &node->far->at))
		return false;
	streams_close(node->streams, &node->far->at);
	return true;
}

static bool be_silent(struct node *node, char *words)
{
	(void)words;
	node->silent = true;
	return true;
}

static bool speak(struct node *node, char *words)
{
	(void)words;
	node->silent = false;
	return true;
}

/* --- time --- */

static bool pass(struct node *node, char *words)
{
	char *end;
	unsigned long seconds = strtoul(words, &end, 10);

	if (!node->o->stopped || *end || end == words || seconds > 1000000)
		return false;
	node_pass(node, (int64_t)seconds * 1000);
	return true;
}

/* --- commands --- */

static const struct command {
	const char *name;
	bool (*run)(struct node *node, char *words);
} commands[] = {
	{ "body", say_body },
	{ "cut", cut_off },
	{ "fault", set_fault },
	{ "form", set_form },
	{ "hold", hold },
	{ "id", set_id },
	{ "keepalive", say_keepalive },
	{ "padded", say_padded },
	{ "pass", pass },
	{ "pieces", set_pieces },
	{ "ping", ping },
	{ "prefix", set_prefix },
	{ "register", say_register },
	{ "release", release },
	{ "replay", replay },
	{ "seq", set_seq },
	{ "silent", be_silent },
	{ "socket", set_socket },
	{ "speak", speak },
	{ "text", say_text },
};

static void run(struct node *node, char *line)
{
	size_t len = strcspn(line, " "), i;
	char *words = line + len + (line[len] == ' ');
	char copy[64];

	/* what the log says of it; the words do not survive */
	snprintf(copy, sizeof(copy), "%.63s", line);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strlen(commands[i].name) == len && !memcmp(commands[i].name, line, len))
			break;
	if (i < sizeof(commands) / sizeof(*commands) && commands[i].run(node, words))
		log_event("done", copy);
	else
		log_event("cannot do", copy);
}

void mischief_command(struct node *node)
{
	struct mischief *m = node->m;
	ssize_t got;
	char *end;

	got = read(m->fd, m->line + m->have, sizeof(m->line) - 1 - m->have);
	if (got <= 0)
		return;
	m->have += (size_t)got;
	while ((end = memchr(m->line, '\n', m->have))) {
		*end++ = '\0';
		run(node, m->line);
		m->have -= (size_t)(end - m->line);
		memmove(m->line, end, m->have);
	}
	if (m->have == sizeof(m->line) - 1) {
		log_event("cannot do", "a command that long");
		m->have = 0;
	}
}
