/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * chardev DEVICE [SECONDS [SEED]]: calls of /dev/net/tun's kind with random flags, lengths
 * and headers that lie, for so long (5) and at least FEWEST, by threads that share the files and
 * close them under each other. Prints TAP: that enough calls were taken, so that what lies behind was
 * reached, that mmap and splice, which such a file does not have, were all refused, and so were
 * bad pointers, and that what was written was written whole. io_uring is called where the kernel
 * has it. What else is wrong is in the kernel's log.
 *
 * chardev DEVICE replay CORPUS, chardev DEVICE search CORPUS SECONDS: see chardev-guided.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>

#include "chardev.h"

#define THREADS	3
#define FEWEST	5000	/* calls, if they are so slow that SECONDS are not enough */

enum taken { IFF, WRITE, VNET, READ, IOCTL, URING, MMAP, SPLICE, POINTER, PART, KINDS };
static const char *const kinds[KINDS] = {
	"TUNSETIFF", "write", "write with a header", "read", "other ioctls", "io_uring", "mmap", "splice",
	"bad pointers", "writes in part",
};
static unsigned long taken[KINDS], tried[KINDS], calls;
static const char *device;
static time_t end;
static uint64_t first_seed;
static int fds[FILES], vnet[FILES], frames[FILES], inet, without_rings;
static uint8_t data[70000];
static void *volatile nowhere = (void *)8;

/* Each thread has chance of its own, and a step of a corpus its seed. */
static __thread uint64_t state = 1;

void chance_from(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 | 1;
}

static long chance(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (long)(state >> 16 & 0x7fffffff);
}

unsigned int below(unsigned int n)
{
	return (unsigned int)chance() % n;
}

static void count(enum taken kind, long result)
{
	calls++;
	tried[kind]++;
	if (result >= 0)
		taken[kind]++;
}

static void up(struct ifreq *request)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)&request->ifr_addr;

	memset(addr, 0, sizeof(*addr));
	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = htonl(0x0a090001);
	ioctl(inet, SIOCSIFADDR, request);
	addr->sin_addr.s_addr = htonl(0xffffff00);
	ioctl(inet, SIOCSIFNETMASK, request);
	request->ifr_flags = below(8) ? IFF_UP | IFF_RUNNING : 0;
	ioctl(inet, SIOCSIFFLAGS, request);
	request->ifr_mtu = 68 + (int)below(3000);
	if (!below(4))
		ioctl(inet, SIOCSIFMTU, request);
}

static void attach(int i)
{
	struct ifreq request = { 0 };
	int tap = (int)below(2), flags, err;

	snprintf(request.ifr_name, IFNAMSIZ, "%s%u", tap ? "fp" : "fn", below(3));
	request.ifr_flags = (short)((tap ? IFF_TAP : IFF_TUN) | (below(4) ? IFF_NO_PI : 0) |
				    (below(2) ? IFF_VNET_HDR : 0) |
				    (below(2) ? IFF_MULTI_QUEUE : 0));
	if (!below(8))
		request.ifr_flags = (short)chance();
	flags = request.ifr_flags;
	err = ioctl(fds[i], TUNSETIFF, &request);
	count(IFF, err);
	if (err)
		return;
	vnet[i] = flags & IFF_VNET_HDR;
	frames[i] = flags & IFF_TAP;
	up(&request);
}

static void change(int i)
{
	static const unsigned long pointed[] = {
		TUNSETSNDBUF, TUNSETVNETHDRSZ, TUNSETVNETLE, TUNGETVNETHDRSZ, TUNGETIFF,
		TUNGETFEATURES, TUNSETCARRIER, TUNGETSNDBUF, TUNSETQUEUE,
		SIOCGIFHWADDR, SIOCSIFHWADDR,
	};
	static const unsigned long numbers[] = {
		TUNSETOFFLOAD, TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, TUNSETDEBUG,
	};
	static const int sizes[] = { 10, 12, 20, 1, 100000, -1, 0, 0x7fffffff };
	struct ifreq request = { 0 };
	int number;

	request.ifr_flags = below(2) ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
	number = below(2) ? sizes[below(8)] : (int)chance();
	if (below(2)) {
		unsigned long cmd = pointed[below(11)];

		if (cmd != TUNSETQUEUE)
			memcpy(&request, &number, sizeof(number));
		if (below(30))
			count(IOCTL, ioctl(fds[i], cmd, &request));
		else
			count(POINTER, ioctl(fds[i], cmd, nowhere));
	} else {
		unsigned long cmd = numbers[below(5)];

		if (cmd == TUNSETPERSIST)
			number = !below(20);
		else if (cmd != TUNSETOFFLOAD || below(2))
			number &= 31;
		count(IOCTL, ioctl(fds[i], cmd, (long)number));
	}
	if (!below(50))
		ioctl(fds[i], (unsigned long)chance(), chance());
}

/* An Ethernet header, IP, TCP or UDP, right but for what is wrong. */
static size_t packet(int i, uint8_t *at, size_t most)
{
	size_t len = below(3) ? below(1500) : below(66000), start = 0, n;

	if (len > most)
		len = most;
	for (n = 0; n < len && n < 2000; n++)
		at[n] = (uint8_t)chance();
	if (frames[i] && len > 14) {
		memset(at, below(2) ? 0xff : 2, 6);
		at[6] = 2;
		at[12] = below(2) ? 8 : 0x86;
		at[13] = at[12] == 8 ? 0 : 0xdd;
		start = 14;
	}
	if (len < start + 40 || !below(10))
		return len;
	at += start;
	if (below(2)) {
		memcpy(at, (uint8_t []){ 0x45, 0, (len - start) >> 8, (uint8_t)(len - start),
			0, 0, 0, 0, 64, below(2) ? 6 : 17, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1 }, 20);
		at[32] = 0x50;
	} else {
		memcpy(at, (uint8_t []){ 0x60, 0, 0, 0, (len - start - 40) >> 8,
			(uint8_t)(len - start - 40), below(2) ? 6 : 17, 64 }, 8);
	}
	return len;
}

static void put(int i)
{
	static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0x84, 77 };
	struct virtio_net_hdr *header = (struct virtio_net_hdr *)data;
	int start = frames[i] ? 34 : 20;
	ssize_t result;
	size_t len = 0;

	memset(data, 0, 20);
	if (vnet[i]) {
		header->flags = below(4) ? VIRTIO_NET_HDR_F_NEEDS_CSUM : (uint8_t)chance();
		header->gso_type = types[below(8)];
		header->hdr_len = (uint16_t)(below(3) ? start + 20 : (int)chance());
		header->gso_size = (uint16_t)(below(3) ? 1 + below(1500) : below(65536));
		header->csum_start = (uint16_t)(below(3) ? start : (int)below(3000));
		header->csum_offset = (uint16_t)(below(3) ? 16 : below(3000));
		len = below(4) ? 10 : 12;
	}
	len += packet(i, data + len, sizeof(data) - 64 - len);
	if (!below(40))
		len = below(30);
	if (!below(60) && len) {
		count(POINTER, write(fds[i], nowhere, len));
		return;
	}
	result = write(fds[i], data, len);
	count(vnet[i] ? VNET : WRITE, result);
	count(PART, result < 0 || (size_t)result == len ? -1 : 0);
}

/* Something for the reader. */
static void send_through(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	to.sin_addr.s_addr = htonl(0x0a090002 + below(2));
	sendto(inet, data, below(3) ? below(1400) : below(60000), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
}

static void get(int i)
{
	static uint8_t sink[70000];
	struct iovec parts[2] = { { sink, below(40) }, { sink + 100, below(2) ? 69000 : below(200) } };
	struct pollfd event = { .fd = fds[i], .events = POLLIN | POLLOUT };
	int n;

	poll(&event, 1, 0);
	for (n = (int)below(20); n >= 0; n--) {
		if (below(40))
			count(READ, readv(fds[i], parts, 2));
		else
			count(POINTER, read(fds[i], nowhere, 100));
	}
}

/* --- io_uring, without a library --- */

/* A ring of a thread. fd is -1 where the kernel has none. */
struct ring {
	int fd;
	struct io_uring_params p;
	uint8_t *sq, *cq;
	struct io_uring_sqe *sqes;
	struct iovec vec[2];
};

static int pipes[THREADS][2];

static unsigned int *word(uint8_t *ring, uint32_t offset)
{
	return (unsigned int *)(ring + offset);
}

static void ring_open(struct ring *r)
{
	size_t size;

	memset(&r->p, 0, sizeof(r->p));
	r->fd = (int)syscall(SYS_io_uring_setup, 8, &r->p);
	if (r->fd < 0) {
		without_rings = errno == ENOSYS || errno == EPERM;
		return;
	}
	size = r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned int);
	r->sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	size = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->cq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_CQ_RING);
	size = r->p.sq_entries * sizeof(struct io_uring_sqe);
	r->sqes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	if (r->sq == MAP_FAILED || r->cq == MAP_FAILED || r->sqes == MAP_FAILED)
		abort();
}

static void ring_add(struct ring *r)
{
	static const uint8_t ops[] = {
		IORING_OP_READ, IORING_OP_WRITE, IORING_OP_WRITE, IORING_OP_READV, IORING_OP_WRITEV,
		IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_OP_ASYNC_CANCEL,
	};
	static uint8_t sink[70000];
	unsigned int mask = *word(r->sq, r->p.sq_off.ring_mask);
	unsigned int tail = *word(r->sq, r->p.sq_off.tail);
	struct io_uring_sqe *sqe = &r->sqes[tail & mask];
	uint8_t op = ops[below(sizeof(ops))];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fds[below(FILES)];
	/* IOSQE_ASYNC: by a worker, IOSQE_IO_LINK: after the one before */
	sqe->flags = (uint8_t)((below(3) ? 0 : IOSQE_ASYNC) | (below(6) ? 0 : IOSQE_IO_LINK));
	sqe->user_data = below(32);
	switch (op) {
	case IORING_OP_READ:
	case IORING_OP_WRITE:
		sqe->addr = (uintptr_t)(!below(30) ? nowhere : op == IORING_OP_WRITE ? data : sink);
		sqe->len = below(4) ? below(1500) : below(69000);
		sqe->off = below(8) ? (uint64_t)-1 : below(100);
		break;
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
		r->vec[0] = (struct iovec){ op == IORING_OP_WRITEV ? data : sink, below(40) };
		r->vec[1] = (struct iovec){ op == IORING_OP_WRITEV ? data + 40 : sink + 40, below(60000) };
		sqe->addr = (uintptr_t)r->vec;
		sqe->len = 1 + below(2);
		sqe->off = (uint64_t)-1;
		break;
	case IORING_OP_POLL_ADD:
		sqe->poll_events = below(2) ? POLLIN : POLLOUT;
		break;
	default:
		sqe->fd = -1;
		sqe->addr = below(32);
	}
	word(r->sq, r->p.sq_off.array)[tail & mask] = tail & mask;
	__atomic_store_n(word(r->sq, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
}

static void ring_use(struct ring *r)
{
	unsigned int head, mask, n = 1 + below(8), i;
	struct io_uring_cqe *cqes;

	if (r->fd < 0)
		return;
	for (i = 0; i < n; i++)
		ring_add(r);
	/* with GETEVENTS, completions that found no room are not lost */
	syscall(SYS_io_uring_enter, r->fd, n, 0, IORING_ENTER_GETEVENTS, NULL, 0);
	/* whatever was not submitted is not there the next time */
	*word(r->sq, r->p.sq_off.tail) = __atomic_load_n(word(r->sq, r->p.sq_off.head), __ATOMIC_ACQUIRE);
	mask = *word(r->cq, r->p.cq_off.ring_mask);
	cqes = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes);
	head = *word(r->cq, r->p.cq_off.head);
	while (head != __atomic_load_n(word(r->cq, r->p.cq_off.tail), __ATOMIC_ACQUIRE))
		count(URING, cqes[head++ & mask].res);
	__atomic_store_n(word(r->cq, r->p.cq_off.head), head, __ATOMIC_RELEASE);
}

/* --- what such a file does not have --- */

static void map_file(int i)
{
	void *at = mmap(NULL, 4096 << below(3), below(2) ? PROT_READ : PROT_READ | PROT_WRITE,
			below(2) ? MAP_SHARED : MAP_PRIVATE, fds[i], below(2) ? 0 : 4096);

	count(MMAP, at == MAP_FAILED ? -1 : 0);
	if (at != MAP_FAILED)
		munmap(at, 4096);
}

static void splice_file(int i, int *ends)
{
	static const uint8_t packet[40] = { 0x45, 0, 0, 40 };
	static uint8_t sink[65536];

	if (below(2)) {
		count(SPLICE, splice(fds[i], NULL, ends[1], NULL, 1 + below(70000), SPLICE_F_NONBLOCK));
	} else if (write(ends[1], packet, sizeof(packet)) == sizeof(packet)) {
		count(SPLICE, splice(ends[0], NULL, fds[i], NULL, 1 + below(60), SPLICE_F_NONBLOCK));
	}
	while (read(ends[0], sink, sizeof(sink)) > 0)
		;
}

static void reopen(int i)
{
	if (fds[i] >= 0)
		close(fds[i]);
	fds[i] = open(device, O_RDWR | O_NONBLOCK);
	attach(i);
}

/* By a message of rtnetlink: a program would take longer to start than all else. */
static void delete_link(const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_DELLINK, .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = (int)if_nametoindex(name) },
	};
	int line;

	if (!request.link.ifi_index)
		return;
	line = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	/* the kernel has done it, or refused, when this returns */
	if (line < 0 || send(line, &request, sizeof(request), 0) < 0)
		abort();
	close(line);
}

static void run_op(enum op op, int i, struct ring *ring, int *ends)
{
	static const char *const names[] = { "fn0", "fn1", "fn2", "fp0", "fp1", "fp2" };

	switch (op) {
	case OPEN:
		reopen(i);
		break;
	case ATTACH:
		attach(i);
		break;
	case CHANGE:
		change(i);
		break;
	case GET:
		get(i);
		break;
	case PUT:
		put(i);
		break;
	case RING:
		ring_use(ring);
		break;
	case MAP:
		map_file(i);
		break;
	case SPLICES:
		splice_file(i, ends);
		break;
	case SEND:
		send_through();
		break;
	default:
		delete_link(names[below(6)]);
	}
}

static void step(struct ring *ring, int *ends)
{
	static const uint8_t often[] = {
		ATTACH, CHANGE, CHANGE, CHANGE, GET, GET, GET, PUT, PUT, PUT, PUT, PUT, PUT, PUT, PUT,
		PUT, RING, MAP, SEND, SEND,
	};
	int i = (int)below(FILES);
	enum op op = often[below(sizeof(often))];

	if (fds[i] < 0 || !below(200))
		op = OPEN;
	else if (op == MAP && below(2))
		op = SPLICES;
	run_op(op, i, ring, ends);
	if (!below(3000))
		run_op(DELETE, 0, ring, ends);
}

/* A step of an entry, by the only thread. */
void run_alone(enum op op, int i, uint64_t seed)
{
	static struct ring ring;
	static int ends[2];

	if (!ends[1]) {
		ring_open(&ring);
		if (pipe2(ends, O_NONBLOCK))
			abort();
	}
	chance_from(seed);
	run_op(op, i, &ring, ends);
}

static void *work(void *ends)
{
	struct ring ring;

	chance_from(first_seed * THREADS + (uint64_t)((int (*)[2])ends - pipes));
	ring_open(&ring);
	while (time(NULL) < end || *(volatile unsigned long *)&calls < FEWEST)
		step(&ring, ends);
	if (ring.fd >= 0)
		close(ring.fd);
	return NULL;
}

void forget(void)
{
	char name[4];
	int i;

	for (i = 0; i < FILES; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
		vnet[i] = 0;
		frames[i] = 0;
	}
	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "f%c%d", i < 3 ? 'p' : 'n', i % 3);
		delete_link(name);
	}
}

static int report(int guided)
{
	int i, failed = 0, tests = 0;

	for (i = 0; i < KINDS; i++) {
		int good = i < MMAP ? taken[i] > 0 || guided : !taken[i] && (tried[i] || guided);

		if (i == URING && without_rings) {
			printf("# this kernel has no io_uring\n");
			continue;
		}
		failed |= !good;
		printf("%sok %d - %s: %lu of %lu were taken\n", good ? "" : "not ", ++tests, kinds[i],
		       taken[i], tried[i]);
	}
	printf("1..%d\n", tests);
	return failed;
}

/* Has a call been taken that had to be refused? */
int broken(void)
{
	int i;

	for (i = MMAP; i < KINDS; i++)
		if (taken[i])
			return 1;
	return 0;
}

unsigned long all_calls(void)
{
	return calls;
}

int main(int argc, char **argv)
{
	long seconds = argc > 2 && *argv[2] ? atol(argv[2]) : 5;
	unsigned int seed = argc > 3 ? (unsigned int)atol(argv[3]) : (unsigned int)time(NULL);
	pthread_t threads[THREADS];
	int i;

	if (argc < 2)
		return 2;
	device = argv[1];
	inet = socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < FILES; i++)
		fds[i] = -1;
	if (argc > 3 && (!strcmp(argv[2], "replay") || !strcmp(argv[2], "search"))) {
		guided(argv[3], argc > 4 ? atol(argv[4]) : 0);
		forget();
		return report(1);
	}
	first_seed = seed;
	end = time(NULL) + seconds;
	for (i = 0; i < THREADS; i++)
		if (pipe2(pipes[i], O_NONBLOCK) || pthread_create(&threads[i], NULL, work, pipes[i]))
			abort();
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	forget();
	printf("# seed %u: %lu calls in %ld s\n", seed, calls, (long)(time(NULL) - end + seconds));
	return report(0);
}
