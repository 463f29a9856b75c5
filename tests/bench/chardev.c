/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * chardev DEVICE: measures the cost of a packet for a program that reads or writes it through
 * DEVICE: /dev/net/tun or /dev/camex. In a guest whose clock counts instructions, nanoseconds are
 * instructions. Each line has the name of the measurement, and nanoseconds for each packet (for
 * GSO, for each 1,400 bytes): the best of several rounds.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>

#define PACKET	1400
#define GSO	(46 * (PACKET - 40) + 40)
#define ROUNDS	7
#define TIMES	200
/* Number of waiting packets: few, so that the memory allocator has recycled memory for each. */
#define BURST	8
#define QUEUES	4

static const char *device;
static uint8_t out[12 + GSO], in[70000];
static int index_of_link;
static uint8_t *ports;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int attach(int flags)
{
	struct ifreq request = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | flags) };
	int fd = open(device, O_RDWR | O_NONBLOCK);

	strcpy(request.ifr_name, "bench0");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die(device);
	return fd;
}

static void up(void)
{
	if (system("sysctl -qw net.ipv6.conf.bench0.disable_ipv6=1 && "
		   "ip address replace 10.9.0.1/24 dev bench0 && "
		   "ip link set bench0 up txqueuelen 500 && "
		   "tc qdisc replace dev bench0 root pfifo"))
		die("ip");
	index_of_link = (int)if_nametoindex("bench0");
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Make a packet for an unused address, which the stack drops early. */
static void fill(size_t before, size_t len, int protocol)
{
	uint8_t *p = out + before;
	unsigned int sum = 0, i;

	memset(out, 0, sizeof(out));
	memcpy(p, (uint8_t []){ 0x45, 0, len >> 8, (uint8_t)len, 0, 0, 0, 0, 64, protocol,
				0, 0, 10, 9, 0, 2, 127, 9, 9, 9 }, 20);
	for (i = 0; i < 20; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
	p[32] = 0x50;
	ports = p + 20;
}

static void gso_header(struct virtio_net_hdr *header)
{
	*header = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 40, .gso_size = PACKET - 40, .csum_start = 20, .csum_offset = 16,
	};
}

static int sender(int vnet)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, size = 4 << 20;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ||
	    (vnet && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one))))
		die("packet socket");
	return fd;
}

static void send_one(int fd, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = index_of_link,
	};

	if (sendto(fd, out, len, 0, (void *)&to, sizeof(to)) != (ssize_t)len)
		die("sendto");
}

static void report(const char *what, uint64_t best, unsigned int packets)
{
	printf("%-24s %8.0f\n", what, (double)best / packets);
	fflush(stdout);
}

/* Measure many writes in several rounds; the best round counts. */
static void writes(const char *what, int fd, size_t len, unsigned int packets)
{
	uint64_t best = UINT64_MAX, start;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		start = now();
		for (i = 0; i < TIMES; i++)
			if (write(fd, out, len) != (ssize_t)len)
				die("write");
		start = now() - start;
		if (start < best)
			best = start;
	}
	report(what, best, TIMES * packets);
}

/* Returns the nanoseconds of all reads but the last one, which finds no packet. */
static uint64_t send_and_read(int fd, const int *fds, int nfds, size_t len)
{
	int i, n = 0, file = 0;
	uint64_t start;

	for (i = 0; i < BURST; i++) {
		ports[1] = (uint8_t)i;
		send_one(fd, len);
	}
	start = now();
	while (n < BURST && file < nfds) {
		if (read(fds[file], in, sizeof(in)) > 0)
			n++;
		else
			file++;
	}
	start = now() - start;
	if (n != BURST) {
		fprintf(stderr, "%d of %d were read\n", n, BURST);
		exit(1);
	}
	return start;
}

/*
 * Measure packets that are sent through the stack and read from the files: all, and reading alone.
 */
static void reads(const char *what, const int *fds, int nfds, int vnet, size_t len,
		  unsigned int packets)
{
	uint64_t best = UINT64_MAX, all = UINT64_MAX, start, reading;
	int fd = sender(vnet), round, burst;
	char name[40];

	while (read(fds[0], in, sizeof(in)) >= 0)
		;
	for (round = 0; round < ROUNDS; round++) {
		reading = 0;
		start = now();
		for (burst = 0; burst < TIMES / BURST; burst++)
			reading += send_and_read(fd, fds, nfds, len);
		start = now() - start;
		if (reading < best)
			best = reading;
		if (start < all)
			all = start;
	}
	close(fd);
	report(what, best, TIMES * packets);
	snprintf(name, sizeof(name), "%s and send", what);
	report(name, all, TIMES * packets);
}

int main(int argc, char **argv)
{
	int fds[QUEUES], i, size = 10;

	if (argc != 2)
		return 2;
	device = argv[1];

	fds[0] = attach(0);
	up();
	fill(0, PACKET, 17);
	writes("write", fds[0], PACKET, 1);
	reads("read", fds, 1, 0, PACKET, 1);
	close(fds[0]);

	fds[0] = attach(IFF_VNET_HDR);
	up();
	if (ioctl(fds[0], TUNSETVNETHDRSZ, &size) ||
	    ioctl(fds[0], TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
		die("TUNSETOFFLOAD");
	fill(10, PACKET, 17);
	writes("vnet write", fds[0], 10 + PACKET, 1);
	reads("vnet read", fds, 1, 1, 10 + PACKET, 1);
	fill(10, GSO, 6);
	gso_header((struct virtio_net_hdr *)out);
	writes("GSO write", fds[0], 10 + GSO, 46);
	reads("GSO read", fds, 1, 1, 10 + GSO, 46);
	close(fds[0]);

	for (i = 0; i < QUEUES; i++)
		fds[i] = attach(IFF_MULTI_QUEUE);
	up();
	if (system("tc qdisc replace dev bench0 root mq"))
		die("tc");
	fill(0, PACKET, 17);
	writes("four queues write", fds[QUEUES - 1], PACKET, 1);
	reads("four queues read", fds, QUEUES, 0, PACKET, 1);
	return 0;
}
