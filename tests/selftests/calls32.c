/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * calls32 DEVICE: what DEVICE answers to a 32-bit program on a 64-bit kernel. Like calls.py:
 * a line for each call, and the same lines from /dev/net/tun and from /dev/camex mean that the
 * program does not see which it is. Made with -m32 -nostdlib -ffreestanding -static, so that
 * no 32-bit C library is needed.
 */
#include <linux/fcntl.h>
#include <linux/if_tun.h>
#include <linux/ioctl.h>
#include <linux/sockios.h>
#include <linux/uio.h>

enum { EXIT = 1, READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, IOCTL = 54, READV = 145, WRITEV = 146 };

/* linux/if.h wants a C library's headers. This is what a 32-bit program takes from there. */
struct ifreq {
	char ifr_name[16];
	union {
		short ifr_flags;
		struct {
			unsigned short family;
			char data[14];
		} ifr_hwaddr;
	};
};

_Static_assert(sizeof(struct ifreq) == 32, "as the 32-bit ABI has it");

static long sys(long nr, long a, long b, long c)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

static void print(const char *text)
{
	long n = 0;

	while (text[n])
		n++;
	sys(WRITE, 1, (long)text, n);
}

static void number(long n)
{
	char digits[12], *at = digits + sizeof(digits) - 1;
	unsigned long rest = n < 0 ? -(unsigned long)n : (unsigned long)n;

	*at = 0;
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (n < 0)
		*--at = '-';
	print(at);
}

static void say(const char *what, long got)
{
	print(what);
	print(": ");
	number(got);
	print("\n");
}

/* What is behind the structure must stay as it is: the kernel's own is longer. */
static struct {
	struct ifreq request;
	unsigned int behind[4];
} arg;

static void with_ifreq(int fd, const char *what, unsigned int cmd, const char *name, int flags)
{
	unsigned int i, changed = 0;
	char *at = (char *)&arg.request;

	for (i = 0; i < sizeof(arg.request); i++)
		at[i] = 0;
	for (i = 0; name[i]; i++)
		arg.request.ifr_name[i] = name[i];
	arg.request.ifr_flags = (short)flags;
	for (i = 0; i < 4; i++)
		arg.behind[i] = 0x5a5a5a5a;
	say(what, sys(IOCTL, fd, (long)cmd, (long)&arg.request));
	for (i = 0; i < 4; i++)
		changed |= arg.behind[i] ^ 0x5a5a5a5a;
	print(arg.request.ifr_name);
	say(" has flags", arg.request.ifr_flags & 0xffff);
	say("bits changed behind it", (long)changed);
}

static void with_number(int fd, const char *what, unsigned int cmd, long value)
{
	say(what, sys(IOCTL, fd, (long)cmd, value));
}

static void with_pointer(int fd, const char *what, unsigned int cmd, int value)
{
	say(what, sys(IOCTL, fd, (long)cmd, (long)&value));
	say("it is now", value);
}

static int attached(const char *path, const char *name, int flags)
{
	int fd = (int)sys(OPEN, (long)path, O_RDWR | O_NONBLOCK, 0);

	say("open", fd < 0 ? fd : 0);
	with_ifreq(fd, "TUNSETIFF", TUNSETIFF, name, flags);
	return fd;
}

static void link_of_packets(const char *path)
{
	int fd = attached(path, "c%d", IFF_TUN | IFF_NO_PI | IFF_VNET_HDR);
	char packet[40];
	struct iovec parts[2] = { { packet, 12 }, { packet + 12, 28 } };

	with_ifreq(fd, "TUNSETIFF again", TUNSETIFF, "c1", IFF_TUN);
	with_ifreq(fd, "TUNGETIFF", TUNGETIFF, "", 0);
	with_ifreq(fd, "TUNSETQUEUE", TUNSETQUEUE, "", IFF_DETACH_QUEUE);
	with_pointer(fd, "TUNSETVNETHDRSZ", TUNSETVNETHDRSZ, 12);
	with_pointer(fd, "TUNGETVNETHDRSZ", TUNGETVNETHDRSZ, 0);
	with_pointer(fd, "TUNSETSNDBUF", TUNSETSNDBUF, 70000);
	with_pointer(fd, "TUNGETSNDBUF", TUNGETSNDBUF, 0);
	with_pointer(fd, "TUNSETVNETLE", TUNSETVNETLE, 1);
	with_pointer(fd, "TUNGETVNETLE", TUNGETVNETLE, 0);
	with_pointer(fd, "TUNSETCARRIER", TUNSETCARRIER, 0);
	with_number(fd, "TUNSETOFFLOAD", TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4);
	with_number(fd, "TUNSETOFFLOAD of what there is not", TUNSETOFFLOAD, 0x8000);
	with_number(fd, "TUNSETOWNER", TUNSETOWNER, 1000);
	with_number(fd, "TUNSETOWNER of nobody", TUNSETOWNER, -1);
	with_number(fd, "TUNSETGROUP", TUNSETGROUP, 1000);
	with_number(fd, "TUNSETPERSIST", TUNSETPERSIST, 1);
	with_ifreq(fd, "TUNGETIFF", TUNGETIFF, "", 0);
	with_number(fd, "no TUNSETPERSIST", TUNSETPERSIST, 0);
	say("readv", sys(READV, fd, (long)parts, 2));
	say("writev", sys(WRITEV, fd, (long)parts, 2));
	say("read of an address that leads nowhere", sys(READ, fd, -8, 100));
	say("TUNGETIFF to one", sys(IOCTL, fd, (long)TUNGETIFF, 8));
	say("TUNSETSNDBUF from one", sys(IOCTL, fd, (long)TUNSETSNDBUF, 8));
	sys(CLOSE, fd, 0, 0);
}

static void link_of_frames(const char *path)
{
	int fd = attached(path, "e0", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE), i;

	for (i = 0; i < 6; i++)
		arg.request.ifr_hwaddr.data[i] = (char)(2 * i + 2);
	arg.request.ifr_hwaddr.family = 1;
	say("SIOCSIFHWADDR", sys(IOCTL, fd, SIOCSIFHWADDR, (long)&arg.request));
	with_ifreq(fd, "SIOCGIFHWADDR", SIOCGIFHWADDR, "e0", 0);
	for (i = 0; i < 6; i++)
		say("a byte of it", arg.request.ifr_hwaddr.data[i]);
	with_ifreq(fd, "TUNSETQUEUE", TUNSETQUEUE, "", IFF_DETACH_QUEUE);
	with_ifreq(fd, "TUNGETIFF", TUNGETIFF, "", 0);
	sys(CLOSE, fd, 0, 0);
}

__attribute__((used)) static void begin(const long *stack)
{
	const char *path = (const char *)stack[2];
	unsigned int features = 0;
	int fd = (int)sys(OPEN, (long)path, O_RDWR, 0);

	say("TUNGETFEATURES", sys(IOCTL, fd, (long)TUNGETFEATURES, (long)&features));
	say("has what we use", (features & (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
					    IFF_MULTI_QUEUE)) ==
			       (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE));
	with_ifreq(fd, "TUNGETIFF without a link", TUNGETIFF, "", 0);
	sys(CLOSE, fd, 0, 0);
	link_of_packets(path);
	link_of_frames(path);
	sys(EXIT, 0, 0, 0);
}

/* Where the stack begins are the number of arguments and they themselves. */
__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n"
	"\tpush %eax\n\tcall begin\n");
