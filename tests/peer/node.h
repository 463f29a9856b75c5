/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What client and server have in common: datagrams out and in, and the log of them. */
#ifndef PEER_NODE_H
#define PEER_NODE_H

#include "conf.h"
#include "net.h"
#include "stream.h"
#include "trace.h"

struct mischief;
struct role;

enum registers { REGISTER_OFF, REGISTER_MANUAL, REGISTER_AUTO };

/**
 * struct options - what the command line says
 * @mode: what is put around each packet
 * @key: the key of ENCRYPTED
 * @oldest: send the oldest header and the oldest REGISTER
 * @prefix: nonce prefix to begin with; random unless @has_prefix
 * @has_prefix: it was given
 * @seq: sequence to begin with
 * @bind: where to receive
 * @endpoint: the server
 * @tun: name of a tun device, or NULL: pings are answered, and the rest is dropped
 * @address: inner address with its length, or NULL
 * @tun_node: what makes it
 * @mtu: of the tun device, 0 for its default
 * @registers: how the client registers
 * @client_id: CLIENT_ID for AUTO
 * @keepalive: seconds between KEEPALIVEs, 0 for none
 * @lost_after: seconds of silence after which a client with AUTO connects anew
 * @conf: the server's database, or NULL
 * @commands: a FIFO with commands, or NULL
 * @pace: all the daemon's times are so many times shorter
 * @stopped: time passes by node_pass() alone
 * @tcp: connect to the server by TCP; as a server, listen on TCP beside UDP
 */
struct options {
	enum mode mode;
	uint8_t key[KEY_LEN];
	bool oldest;
	uint8_t prefix[PREFIX_LEN];
	bool has_prefix;
	uint64_t seq;
	struct endpoint bind;
	struct endpoint endpoint;
	const char *tun;
	const char *tun_node;
	const char *address;
	int mtu;
	enum registers registers;
	const char *client_id;
	int keepalive;
	int lost_after;
	struct conf *conf;
	const char *commands;
	int pace;
	bool stopped;
	bool tcp;
};

/**
 * struct window - which sequences of a sender have come
 * @begun: @top and @seen mean something
 * @top: the highest one
 * @seen: bit n is set when @top - n has come
 */
struct window {
	bool begun;
	uint64_t top;
	uint64_t seen;
};

/**
 * struct far - a far end
 * @used: somebody is there
 * @at: where
 * @key: key of both directions
 * @oldest: it uses the oldest header
 * @told: whatever it uses, @oldest is what we were told to use
 * @prefix: nonce prefix of what we send
 * @seq: next sequence that we send
 * @window: what has come
 * @heard: when, in milliseconds
 * @registered: when its last REGISTER was taken, likewise
 * @id: its CLIENT_ID, or ""
 * @address: its inner IPv4 address in network byte order, 0 for none
 */
struct far {
	bool used;
	struct endpoint at;
	uint8_t key[KEY_LEN];
	bool oldest;
	bool told;
	uint8_t prefix[PREFIX_LEN];
	uint64_t seq;
	struct window window;
	int64_t heard;
	int64_t registered;
	char id[ID_MAX + 1];
	uint32_t address;
};

/**
 * struct node - this end
 * @o: what the command line says
 * @sock: UDP socket
 * @streams: TCP connections
 * @tun: tun device, or -1
 * @address: inner IPv4 address in network byte order, 0 for none
 * @far: whom commands are about: the server, or the client that was heard last
 * @silent: send nothing without a command
 * @m: what it was told to do wrong
 * @pinged: sequence of the last echo request
 * @role: whether it is a client or a server
 * @now: in milliseconds, where time passes by node_pass() alone
 */
struct node {
	const struct options *o;
	int sock;
	struct streams *streams;
	int tun;
	uint32_t address;
	struct far *far;
	bool silent;
	struct mischief *m;
	uint16_t pinged;
	const struct role *role;
	int64_t now;
};

/**
 * struct role - what makes a client or a server of a node
 * @start: before anything else; false if it cannot be
 * @tick: what is due; returns milliseconds until something is again
 * @take: a datagram has come; it has to log it
 * @forward: a packet has come out of the tun device; it may be changed
 * @lost: a connection to a far end has ended
 */
struct role {
	bool (*start)(struct node *node);
	int (*tick)(struct node *node, int64_t now);
	void (*take)(struct node *node, struct received *r, int64_t now);
	void (*forward)(struct node *node, uint8_t *packet, size_t len);
	void (*lost)(struct node *node, const struct endpoint *at, int64_t now);
};

extern const struct role client_role, server_role;

/**
 * node_run() - be a client or a server until SIGTERM
 * @o: how
 * @role: which
 *
 * Return: exit status.
 */
int node_run(const struct options *o, const struct role *role);

/**
 * node_ms() - one of the daemon's times
 * @node: this end
 * @seconds: as the daemon has it
 *
 * Return: milliseconds.
 */
int64_t node_ms(const struct node *node, int seconds);

/**
 * node_pass() - let time pass, and do what is due meanwhile
 * @node: this end, with time stopped
 * @ms: milliseconds
 */
void node_pass(struct node *node, int64_t ms);

/**
 * node_send() - send a datagram to a far end
 * @node: this end
 * @far: the far end
 * @type: what the body is
 * @body: the body
 * @len: its bytes
 */
void node_send(struct node *node, struct far *far, enum type type,
	       const void *body, size_t len);

/**
 * node_transmit() - send a finished datagram
 * @node: this end
 * @to: where
 * @data: the datagram
 * @len: its bytes
 */
void node_transmit(struct node *node, const struct endpoint *to, const uint8_t *data, size_t len);

/**
 * node_new_session() - what is sent to a far end gets another prefix
 * @far: the far end
 */
void node_new_session(struct far *far);

/**
 * node_fresh() - look at a datagram's sequence, as the daemon does
 * @w: what came before
 * @seq: its sequence
 *
 * Return: false if it came before, or is too old to tell.
 */
bool node_fresh(struct window *w, uint64_t seq);

/**
 * node_deliver() - a packet is for this end
 * @node: this end
 * @far: whom it came from
 * @packet: the packet, which may be changed
 * @len: its bytes
 *
 * It goes into the tun device; without one a ping is answered.
 */
void node_deliver(struct node *node, struct far *far, uint8_t *packet, size_t len);

/**
 * node_configure() - give the tun device its address and set it up
 * @node: this end
 * @cidr: inner address with its length
 * @mtu: its MTU, 0 to leave it as it is
 */
void node_configure(struct node *node, const char *cidr, int mtu);

#endif /* PEER_NODE_H */
