// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * wiped COMMAND...: where are keys in the guest's physical memory?
 *
 *	wiped write N FILE	append key N, 1 to 9999, to FILE in base64
 *	wiped erase FILE...	overwrite files by zeros and delete them. They are in a tmpfs
 *	wiped keys [N...]	print "N:PLACES" for each of these keys (all) that is in memory, in order,
 *				and "N(text):PLACES" for its text
 *	wiped slabs [N...]	the same, but only of what the kernel allocates in slabs: quick
 *	wiped find HEX...	print the places of each key of 32 bytes; HEX has its bytes XOR 0xa5
 *	wiped findslabs HEX...	the same, in slabs alone, where programs leave nothing
 *	wiped fill		overwrite the memory that no program has, with zeros
 *	wiped reuse		overwrite what answers to netlink requests of programs left in slabs
 *	wiped hold FILE		keep most of the free memory until the end, so that a search is short:
 *				that memory is zeros all the time, and is left out. FILE: says which
 *
 * Memory is read from /proc/kcore: all of the System RAM, whoever has it, and free memory too, but
 * for files (the page cache) and what "wiped hold" says in the file of WIPED_HELD. With
 * WIPED_VERBOSE=1 the bytes around each place are printed on stderr, XOR 0xa5.
 *
 * Each half of a key has a mark of 8 bytes and the number, so that one search finds all keys. This
 * program has neither mark nor keys in its memory, except while it writes one. Half a key is not
 * counted: if a program is interrupted while it copies a key, the kernel saves its registers, the
 * lower and the upper halves of them in different places.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define KEY 32
#define HALF 12 /* bytes of a half that count: mark, number, its complement */
#define MARK 8
#define AT_A 6 /* both begin where a group of base64 does */
#define AT_B 18
#define TEXT_HALF 16
#define HIDDEN 0xa5
#define CHUNK (1UL << 20)
#define KEYS 10000
#define FINDS 8
#define PAGE 4096UL
/* what "wiped hold" leaves to others */
#define SPARE (64UL << 20)
/* what "wiped fill" leaves, so that nothing is killed: above vm.min_free_kbytes */
#define LEAST (12UL << 20)
/* of each size, for "wiped reuse" */
#define DATAGRAMS 256

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The marks, XOR HIDDEN. They begin with bytes that are rare, in binary and in base64. */
static const volatile uint8_t marks[2][MARK] = {
	{ 0xab ^ HIDDEN, 0x35 ^ HIDDEN, 0xd6 ^ HIDDEN, 0xee ^ HIDDEN,
	  0x42 ^ HIDDEN, 0x6f ^ HIDDEN, 0xf7 ^ HIDDEN, 0x91 ^ HIDDEN },
	{ 0xab ^ HIDDEN, 0x3d ^ HIDDEN, 0xc9 ^ HIDDEN, 0xb4 ^ HIDDEN,
	  0x13 ^ HIDDEN, 0x88 ^ HIDDEN, 0xe5 ^ HIDDEN, 0x7c ^ HIDDEN },
};

/* places of each key, in binary and as text */
static unsigned int places[2][KEYS];
static uint8_t wanted[FINDS][KEY]; /* XOR HIDDEN */
static unsigned int found[FINDS], finds;
static bool starts[1 << 16]; /* the first two bytes of each key */
static bool verbose, slabs;
static int kcore, flags;
static uint8_t *buffer;
static uint8_t *held; /* a bit for each page */
static uint64_t held_end;

/* bits of /proc/kpageflags */
#define LRU (1UL << 5)
#define SLAB (1UL << 7)
#define BUDDY (1UL << 10)
#define ANON (1UL << 12)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- keys --- */

static void make_key(uint8_t *key, unsigned int n)
{
	for (int i = 0; i < KEY; i++)
		key[i] = (uint8_t)(n * 73 + (unsigned int)i * 29 + 11);
	/* as a private key is clamped */
	key[0] &= 248;
	key[31] = (key[31] & 127) | 64;
	for (int half = 0; half < 2; half++) {
		uint8_t *at = key + (half ? AT_B : AT_A);

		for (int i = 0; i < MARK; i++)
			at[i] = marks[half][i] ^ HIDDEN;
		at[MARK] = (uint8_t)(n >> 8);
		at[MARK + 1] = (uint8_t)n;
		at[MARK + 2] = (uint8_t)~(n >> 8);
		at[MARK + 3] = (uint8_t)~n;
	}
}

static int write_key(const char *number, const char *path)
{
	char text[(KEY + 2) / 3 * 4 + 1];
	uint8_t key[KEY + 1] = { 0 };
	unsigned int n = (unsigned int)atoi(number), at = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0)
		die(path);
	make_key(key, n);
	for (int i = 0; i < KEY; i += 3) {
		uint32_t bits = (uint32_t)key[i] << 16 | (uint32_t)key[i + 1] << 8 | (i + 2 < KEY ? key[i + 2] : 0);

		for (int shift = 18; shift >= 0; shift -= 6)
			text[at++] = digits[bits >> shift & 63];
	}
	text[at - 1] = '=';
	text[at++] = '\n';
	if (write(fd, text, at) != (ssize_t)at)
		die(path);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return close(fd);
}

static void erase(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	/* all of a tmpfs's page */
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), at) < 0)
			die(path);
	close(fd);
	unlink(path);
}

/* --- what is at a place --- */

/* 0 or 1: half A or B begins here, of key *n; -1: neither */
static int half_of(const uint8_t *at, unsigned int *n)
{
	for (int half = 0; half < 2; half++) {
		int i;

		for (i = 0; i < MARK && (at[i] ^ HIDDEN) == marks[half][i]; i++)
			;
		if (i < MARK)
			continue;
		*n = (unsigned int)at[MARK] << 8 | at[MARK + 1];
		if (*n < KEYS && (at[MARK] ^ at[MARK + 2]) == 0xff && (at[MARK + 1] ^ at[MARK + 3]) == 0xff)
			return half;
	}
	return -1;
}

static int half_of_text(const uint8_t *at, unsigned int *n)
{
	uint8_t bytes[HALF];
	int half;

	for (int i = 0; i < TEXT_HALF / 4; i++) {
		uint32_t bits = 0;

		for (int j = 0; j < 4; j++) {
			const char *digit = at[4 * i + j] ? strchr(digits, at[4 * i + j]) : NULL;

			if (!digit)
				return -1;
			bits = bits << 6 | (uint32_t)(digit - digits);
		}
		bytes[3 * i] = (uint8_t)(bits >> 16);
		bytes[3 * i + 1] = (uint8_t)(bits >> 8);
		bytes[3 * i + 2] = (uint8_t)bits;
	}
	half = half_of(bytes, n);
	explicit_bzero(bytes, sizeof(bytes));
	return half;
}

static uint64_t flags_of(uint64_t address)
{
	static uint64_t some[4096], first = UINT64_MAX / 2;
	uint64_t page = address / PAGE;

	if (page - first >= 4096) {
		first = page & ~4095UL;
		memset(some, 0, sizeof(some));
		if (pread(flags, some, sizeof(some), (off_t)(first * sizeof(some[0]))) < 0)
			die("/proc/kpageflags");
	}
	return some[page - first];
}

/* Only with WIPED_VERBOSE there are the bytes around, XOR HIDDEN, so that what is printed is not found. */
static void describe(const char *what, unsigned int n, uint64_t address, const uint8_t *at)
{
	uint64_t page = flags_of(address);

	fprintf(stderr, "%s %u at %#" PRIx64 ":%s%s%s%s, page flags %#" PRIx64 "\n", what, n, address,
		page & SLAB ? " slab" : "", page & ANON ? " anon" : "", page & LRU ? " lru" : "",
		page & BUDDY ? " free" : "", page);
	for (int i = -64; verbose && i < 64; i++)
		fprintf(stderr, "%02x%s", at[i] ^ HIDDEN, i % 16 == -1 || i % 16 == 15 ? "\n" : " ");
}

/* --- the search --- */

/* Does a key begin here? */
static bool look_for_keys(const uint8_t *at, uint64_t address, bool text, bool count)
{
	unsigned int n = 0, same = KEYS;
	bool whole = text ? half_of_text(at, &n) == 0 && half_of_text(at + TEXT_HALF, &same) == 1 :
			    half_of(at, &n) == 0 && half_of(at + HALF, &same) == 1;

	if (!whole || n != same)
		return false;
	if (count) {
		places[text][n]++;
		describe(text ? "text of key" : "key", n, address, at);
	}
	return true;
}

static bool look_for_wanted(const uint8_t *at, uint64_t address, bool count)
{
	for (unsigned int n = 0; n < finds; n++) {
		int i;

		for (i = 0; i < KEY && (at[i] ^ HIDDEN) == wanted[n][i]; i++)
			;
		if (i < KEY)
			continue;
		if (count) {
			found[n]++;
			describe("key", n, address, at);
		}
		return true;
	}
	return false;
}

static bool look(const uint8_t *at, uint64_t address, int kind, bool count)
{
	return kind == 2 ? look_for_wanted(at, address, count) : look_for_keys(at, address, kind, count);
}

struct range {
	uint64_t start, end;
	off_t offset; /* in /proc/kcore */
};

static void load(const struct range *range, uint64_t at, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = pread(kcore, buffer + 64 + done, len - done, range->offset + (off_t)(at - range->start + done));

		if (got <= 0)
			die("/proc/kcore");
		done += (size_t)got;
	}
}

/*
 * What was found may be a copy that reading made: the kernel's, of the page before. So both copies
 * are overwritten, and the place is read once more.
 */
static void confirm(const struct range *range, uint64_t address, int kind)
{
	uint64_t page = address & ~(PAGE - 1), len = range->end - page < 2 * PAGE ? range->end - page : 2 * PAGE;

	explicit_bzero(buffer, CHUNK + PAGE);
	load(range, range->start, PAGE);
	explicit_bzero(buffer, CHUNK + PAGE);
	load(range, page, len);
	look(buffer + 64 + (address - page), address, kind, true);
	explicit_bzero(buffer, CHUNK + PAGE);
	load(range, range->start, PAGE);
}

#define HITS 4096
static uint64_t hits[HITS];
static uint8_t kinds[HITS];
static unsigned int n_hits;

static void note(const uint8_t *at, uint64_t address, int kind)
{
	if (!look(at, address, kind, false))
		return;
	if (n_hits == HITS)
		exit(fprintf(stderr, "wiped: too many places\n") > 0);
	hits[n_hits] = address;
	kinds[n_hits++] = (uint8_t)kind;
}

static void search(const struct range *range, uint64_t at, size_t len, size_t more)
{
	const uint8_t *first = buffer + 64, *p;
	static const uint8_t begins[2] = { 0xab, 'q' };
	unsigned int before = n_hits;

	load(range, at, len + more);
	memset(buffer + 64 + len + more, 0, 64);
	if (finds) {
		for (p = first; p < first + len; p++)
			if (starts[*(const uint16_t *)p])
				note(p, at + (uint64_t)(p - first), 2);
	} else {
		for (int text = 0; text < 2; text++)
			for (p = first; (p = memchr(p, begins[text], (size_t)(first + len - p))); p++)
				note(p, at + (uint64_t)(p - first), text);
	}
	for (unsigned int i = before; i < n_hits; i++)
		confirm(range, hits[i], kinds[i]);
	n_hits = before;
}

static bool is_left_out(uint64_t at)
{
	uint64_t page;

	if (at / PAGE < held_end && held[at / PAGE / 8] >> at / PAGE % 8 & 1)
		return true;
	page = flags_of(at);
	return slabs ? !(page & SLAB) : (page & (LRU | ANON)) == LRU;
}

static void search_range(const struct range *range)
{
	uint64_t at = range->start, end;

	for (; at < range->end; at = end) {
		bool skip = is_left_out(at);

		for (end = at; end < range->end && end < at + CHUNK && is_left_out(end) == skip; end += PAGE)
			;
		if (!skip)
			search(range, at, end - at, end < range->end && !is_left_out(end) ? 64 : 0);
	}
}

/* Read which pages "wiped hold" has. */
static void read_held(const char *path)
{
	unsigned long address, pages;
	char name[64];
	int pid, map;
	FILE *file;

	file = path ? fopen(path, "r") : NULL;
	if (!file)
		return;
	if (fscanf(file, "%d %lx %lu", &pid, &address, &pages) != 3)
		die(path);
	fclose(file);
	snprintf(name, sizeof(name), "/proc/%d/pagemap", pid);
	map = open(name, O_RDONLY);
	if (map < 0)
		die(name);
	for (unsigned long i = 0; i < pages; i++) {
		static uint64_t entries[4096];
		uint64_t number;

		if (i % 4096 == 0 && pread(map, entries, sizeof(entries), (off_t)((address / PAGE + i) * 8)) <= 0)
			die(name);
		number = entries[i % 4096] & ((1ULL << 55) - 1);
		if (!(entries[i % 4096] >> 63) || !number)
			continue;
		if (number >= held_end) {
			uint64_t more = number + (1 << 18);

			held = realloc(held, more / 8 + 1);
			if (!held)
				die("memory");
			memset(held + (held_end + 7) / 8, 0, more / 8 + 1 - (held_end + 7) / 8);
			held_end = more;
		}
		held[number / 8] |= (uint8_t)(1 << number % 8);
	}
	close(map);
}

/* Where in /proc/kcore is this range of physical addresses? */
static void locate(struct range *range, const ElfW(Phdr) *segments, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const ElfW(Phdr) *s = segments + i;

		if (s->p_type != PT_LOAD || s->p_paddr == (ElfW(Addr))-1 || range->start < s->p_paddr ||
		    range->start >= s->p_paddr + s->p_memsz)
			continue;
		if (range->end > s->p_paddr + s->p_memsz)
			continue;
		range->offset = (off_t)(s->p_offset + (range->start - s->p_paddr));
		return;
	}
	fprintf(stderr, "wiped: %#" PRIx64 " is not in /proc/kcore\n", range->start);
	exit(1);
}

static void search_memory(void)
{
	ElfW(Phdr) segments[64];
	ElfW(Ehdr) header;
	uint64_t total = 0;
	char line[256];
	FILE *file;

	verbose = getenv("WIPED_VERBOSE");
	buffer = calloc(1, CHUNK + PAGE);
	kcore = open("/proc/kcore", O_RDONLY);
	flags = open("/proc/kpageflags", O_RDONLY);
	if (flags < 0)
		die("/proc/kpageflags");
	if (!buffer || kcore < 0 || pread(kcore, &header, sizeof(header), 0) != sizeof(header))
		die("/proc/kcore");
	if (header.e_phnum > 64 ||
	    pread(kcore, segments, header.e_phnum * sizeof(*segments), (off_t)header.e_phoff) < 0)
		die("/proc/kcore");
	read_held(getenv("WIPED_HELD"));
	file = fopen("/proc/iomem", "r");
	while (file && fgets(line, sizeof(line), file)) {
		struct range range;

		if (line[0] == ' ' || !strstr(line, " : System RAM") ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &range.start, &range.end) != 2)
			continue;
		range.start = (range.start + PAGE - 1) & ~(PAGE - 1);
		range.end = (range.end + 1) & ~(PAGE - 1);
		/* the first page has the BIOS's data, and is not the kernel's */
		if (!range.start)
			range.start = PAGE;
		locate(&range, segments, header.e_phnum);
		search_range(&range);
		total += range.end - range.start;
	}
	if (total < 64UL << 20)
		exit(fprintf(stderr, "wiped: only %" PRIu64 " bytes of System RAM\n", total) > 0);
}

static bool is_listed(unsigned int n, char **list)
{
	bool any = *list;

	for (; *list; list++)
		if ((unsigned int)atoi(*list) == n)
			return true;
	return !any;
}

static void print_keys(char **list)
{
	const char *space = "";

	for (unsigned int n = 0; n < KEYS; n++)
		for (int text = 0; text < 2; text++) {
			if (!places[text][n] || !is_listed(n, list))
				continue;
			printf("%s%u%s:%u", space, n, text ? "(text)" : "", places[text][n]);
			space = " ";
		}
	puts("");
}

static void want(const char *hex)
{
	uint16_t first;

	for (int i = 0; i < KEY; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			exit(fprintf(stderr, "wiped: not 32 bytes: %s\n", hex) > 0);
		wanted[finds][i] = (uint8_t)byte;
	}
	memcpy(&first, wanted[finds], sizeof(first));
	starts[first ^ (HIDDEN << 8 | HIDDEN)] = true;
	finds++;
}

static size_t free_memory(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		die("sysinfo");
	return info.freeram * info.mem_unit;
}

/* Take free memory until only some is left. The kernel gives it out as zeros. */
static char *take(size_t spare, size_t *size)
{
	size_t most = free_memory() & ~(PAGE - 1), at;
	char *memory = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	for (at = 0; at < most && (at % (1UL << 20) || free_memory() > spare); at += PAGE)
		*(volatile char *)(memory + at) = 0;
	*size = at;
	return memory;
}

/*
 * The kernel allocates a socket's datagrams where it allocates the messages of netlink, and zeroes
 * what it allocates: as many datagrams of each size as there may be free places for.
 */
static void reuse(void)
{
	static const char zeros[7000];
	static const size_t sizes[] = { 3000, sizeof(zeros) }; /* of 4 KiB and 8 KiB with what comes on top */
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int room = 16 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0), queued = 0;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, len) || getsockname(fd, (struct sockaddr *)&to, &len) ||
	    connect(fd, (struct sockaddr *)&to, len) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("socket");
	for (unsigned int i = 0; i < 2 * DATAGRAMS; i++)
		if (send(fd, zeros, sizes[i % 2], 0) != (ssize_t)sizes[i % 2])
			die("send");
	/* they were all there at the same time */
	while (recv(fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		queued++;
	if (queued != 2 * DATAGRAMS)
		exit(fprintf(stderr, "wiped: %d datagrams were queued\n", queued) > 0);
}

static void hold(const char *path)
{
	size_t size;
	char *memory = take(SPARE, &size);
	FILE *file = fopen(path, "w");

	if (!file || mlock(memory, size))
		die("mlock");
	fprintf(file, "%d %lx %lu\n", getpid(), (unsigned long)memory, (unsigned long)(size / PAGE));
	if (fclose(file))
		die(path);
	pause();
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	size_t size;

	if (!strcmp(command, "write") && argc == 4)
		return write_key(argv[2], argv[3]);
	if (!strcmp(command, "erase")) {
		for (int i = 2; i < argc; i++)
			erase(argv[i]);
	} else if (!strcmp(command, "keys") || !strcmp(command, "slabs")) {
		slabs = *command == 's';
		search_memory();
		print_keys(argv + 2);
	} else if ((!strcmp(command, "find") || !strcmp(command, "findslabs")) && argc > 2 &&
		   argc <= 2 + FINDS) {
		slabs = command[strlen("find")];
		for (int i = 2; i < argc; i++)
			want(argv[i]);
		search_memory();
		for (unsigned int n = 0; n < finds; n++)
			printf("%u%s", found[n], n + 1 < finds ? " " : "\n");
	} else if (!strcmp(command, "fill")) {
		take(LEAST, &size);
	} else if (!strcmp(command, "reuse")) {
		reuse();
	} else if (!strcmp(command, "hold") && argc == 3) {
		hold(argv[2]);
	} else {
		fputs("usage: wiped write N FILE | erase FILE... | keys [N...] | slabs [N...] | "
		      "find HEX... | findslabs HEX... | fill | reuse | hold FILE\n", stderr);
		return 2;
	}
	return 0;
}
