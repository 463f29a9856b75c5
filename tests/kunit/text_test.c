// SPDX-License-Identifier: GPL-2.0-only
/* The text of REGISTER, as strangers write it and as we do. */
#include <linux/slab.h>
#include <linux/string.h>

#include "protocol/camex/control_text.h"
#include "test.h"

#define BUFFER		2048

#define IP(a, b, c, d)	((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/**
 * struct good - a text that is taken
 * @text: the text
 * @automatic: what it says, and so on
 * @ip: LOCAL_IP
 * @has_ip: if there is one
 * @id: CLIENT_ID or ""
 */
struct good {
	const char *text;
	bool automatic;
	bool has_ip;
	u32 ip;
	const char *id;
};

#define MANUAL(t, i)	{ .text = (t), .has_ip = true, .ip = (i), .id = "" }
#define BOTH(t, a, i, n) { .text = (t), .automatic = (a), .has_ip = true, .ip = (i), .id = (n) }
#define AUTO(t, n)	{ .text = (t), .automatic = true, .id = (n) }

#define ID31	"0123456789abcdefghijklmnopqrstu"

static const struct good goods[] = {
	/* as the captures have them */
	MANUAL("CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2\n", IP(10, 88, 0, 2)),
	AUTO("CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01\n", "CAM01"),
	MANUAL("CX2P REGISTER 10.88.0.2\n", IP(10, 88, 0, 2)),
	/* without LF */
	MANUAL("CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2", IP(10, 88, 0, 2)),
	AUTO("CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01", "CAM01"),
	MANUAL("CX2P REGISTER 10.88.0.2", IP(10, 88, 0, 2)),
	/* without VER, and with an older one */
	MANUAL("CX2P REGISTER MODE=MANUAL LOCAL_IP=192.0.2.255\n", IP(192, 0, 2, 255)),
	AUTO("CX2P REGISTER MODE=AUTO CLIENT_ID=x\n", "x"),
	AUTO("CX2P REGISTER VER=0 MODE=AUTO CLIENT_ID=x\n", "x"),
	MANUAL("CX2P REGISTER VER=0 MODE=MANUAL LOCAL_IP=1.2.3.4\n", IP(1, 2, 3, 4)),
	/* in any order, with both of ID and address */
	MANUAL("CX2P REGISTER LOCAL_IP=1.2.3.4 MODE=MANUAL VER=1\n", IP(1, 2, 3, 4)),
	BOTH("CX2P REGISTER CLIENT_ID=c VER=1 LOCAL_IP=1.2.3.4 MODE=AUTO\n", true,
	     IP(1, 2, 3, 4), "c"),
	BOTH("CX2P REGISTER VER=1 MODE=MANUAL CLIENT_ID=c LOCAL_IP=1.2.3.4\n", false,
	     IP(1, 2, 3, 4), "c"),
	/* separators */
	AUTO(" \t\r\nCX2P\tREGISTER\rVER=1\nMODE=AUTO \t\r\n CLIENT_ID=CAM01\r\n\r\n", "CAM01"),
	MANUAL("CX2P  REGISTER\t10.88.0.2\r\n", IP(10, 88, 0, 2)),
	/* values at their limits */
	MANUAL("CX2P REGISTER MODE=MANUAL LOCAL_IP=0.0.0.0\n", 0),
	MANUAL("CX2P REGISTER MODE=MANUAL LOCAL_IP=255.255.255.255\n", U32_MAX),
	MANUAL("CX2P REGISTER 0.0.0.0\n", 0),
	MANUAL("CX2P REGISTER 255.255.255.255\n", U32_MAX),
	AUTO("CX2P REGISTER MODE=AUTO CLIENT_ID=" ID31 "\n", ID31),
	AUTO("CX2P REGISTER MODE=AUTO CLIENT_ID=A=B\n", "A=B"),
	AUTO("CX2P REGISTER MODE=AUTO CLIENT_ID=!\"#$%&'()*+,-./:;<=>?@\n",
	     "!\"#$%&'()*+,-./:;<=>?@"),
	AUTO("CX2P REGISTER MODE=AUTO CLIENT_ID=[\\]^_`{|}~\n", "[\\]^_`{|}~"),
};

static const char * const bads[] = {
	"", "\n", " ", "CX2P", "CX2P\n", "CX2P REGISTER", "CX2P REGISTER\n",
	"CX2P REGISTER \t\r\n", "REGISTER VER=1 MODE=AUTO CLIENT_ID=x\n",
	/* not quite the words */
	"CX2Q REGISTER 10.88.0.2\n", "cx2p REGISTER 10.88.0.2\n",
	"CX2P register 10.88.0.2\n", "CX2PREGISTER 10.88.0.2\n",
	"CX2P REGISTER10.88.0.2\n", "CX2P REGISTERS 10.88.0.2\n",
	"CX2P REGISTE 10.88.0.2\n", "XCX2P REGISTER 10.88.0.2\n",
	"CX2P CONFIG VER=1 CLIENT_ID=x MTU=1400 LOCAL_CIDR=1.2.3.4/24\n",
	"CX2P REGISTER CX2P REGISTER 10.88.0.2\n",
	"CX2P REGISTER mode=AUTO CLIENT_ID=x\n", "CX2P REGISTER MODE=auto CLIENT_ID=x\n",
	"CX2P REGISTER MODE=manual LOCAL_IP=1.2.3.4\n",
	"CX2P REGISTER MODE=AUTOX CLIENT_ID=x\n", "CX2P REGISTER MODE=AUT CLIENT_ID=x\n",
	"CX2P REGISTER MODE= CLIENT_ID=x\n", "CX2P REGISTER MODE CLIENT_ID=x\n",
	"CX2P REGISTER MODE = AUTO CLIENT_ID=x\n", "CX2P REGISTER MODE= AUTO CLIENT_ID=x\n",
	/* something is missing, or there is more */
	"CX2P REGISTER VER=1\n", "CX2P REGISTER MODE=AUTO\n", "CX2P REGISTER MODE=MANUAL\n",
	"CX2P REGISTER VER=1 CLIENT_ID=x\n", "CX2P REGISTER VER=1 LOCAL_IP=1.2.3.4\n",
	"CX2P REGISTER MODE=AUTO LOCAL_IP=1.2.3.4\n",
	"CX2P REGISTER MODE=MANUAL CLIENT_ID=x\n",
	"CX2P REGISTER 10.88.0.2 10.88.0.3\n", "CX2P REGISTER 10.88.0.2 VER=1\n",
	"CX2P REGISTER VER=1 10.88.0.2\n", "CX2P REGISTER MODE=AUTO 10.88.0.2\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x\nCX2P REGISTER MODE=AUTO CLIENT_ID=x\n",
	/* twice */
	"CX2P REGISTER VER=1 VER=1 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER MODE=AUTO MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER MODE=AUTO MODE=MANUAL CLIENT_ID=x LOCAL_IP=1.2.3.4\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x CLIENT_ID=x\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x CLIENT_ID=y\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3.4 LOCAL_IP=1.2.3.4\n",
	/* not known */
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x MTU=1400\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x WHAT=ever\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x what\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x =\n", "CX2P REGISTER MODE=AUTO CLIENT_ID=x =y\n",
	"CX2P REGISTER MODE=AUTO CLIENT_IDS=x\n", "CX2P REGISTER MODE=AUTO CLIENT_I=x\n",
	"CX2P REGISTER =MODE=AUTO CLIENT_ID=x\n",
	/* versions */
	"CX2P REGISTER VER=2 MODE=AUTO CLIENT_ID=x\n", "CX2P REGISTER VER= MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=01 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=00 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=-1 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=+1 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=1.0 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=0x1 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=10 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=4294967297 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER=18446744073709551617 MODE=AUTO CLIENT_ID=x\n",
	"CX2P REGISTER VER MODE=AUTO CLIENT_ID=x\n",
	/* names */
	"CX2P REGISTER MODE=AUTO CLIENT_ID=\n", "CX2P REGISTER MODE=AUTO CLIENT_ID\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=" ID31 "v\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=" ID31 ID31 "\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=" ID31 ID31 "vwx\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=a\177\n", "CX2P REGISTER MODE=AUTO CLIENT_ID=\001\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=caf\303\251\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=a\vb\n", "CX2P REGISTER MODE=AUTO\fCLIENT_ID=ab\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3.4 CLIENT_ID=" ID31 "v\n",
	/* addresses */
	"CX2P REGISTER 10.88.0\n", "CX2P REGISTER 10.88.0.\n", "CX2P REGISTER 10.88.0.2.\n",
	"CX2P REGISTER 10.88.0.2.1\n", "CX2P REGISTER .10.88.0.2\n", "CX2P REGISTER 10..0.2\n",
	"CX2P REGISTER 10.88.0.256\n", "CX2P REGISTER 10.88.0.1000\n",
	"CX2P REGISTER 10.88.0.02\n", "CX2P REGISTER 010.88.0.2\n", "CX2P REGISTER 10.88.0.00\n",
	"CX2P REGISTER 10.88.0.-2\n", "CX2P REGISTER 10.88.0.2/24\n",
	"CX2P REGISTER 10.88.0.0x2\n", "CX2P REGISTER 10.88.0.2a\n", "CX2P REGISTER 2\n",
	"CX2P REGISTER 10.88.0.4294967298\n", "CX2P REGISTER 10.88.0.18446744073709551618\n",
	"CX2P REGISTER ...\n", "CX2P REGISTER fe80::1\n", "CX2P REGISTER .\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=\n", "CX2P REGISTER MODE=MANUAL LOCAL_IP\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3.4.5\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3.4/24\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=1.2.3.456\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=01.2.3.4\n",
	"CX2P REGISTER MODE=AUTO CLIENT_ID=x LOCAL_IP=1.2.3\n",
	"CX2P REGISTER MODE=MANUAL LOCAL_IP=0000000000000000000000000000000000000000000001.2.3.4\n",
};

/* The parser sees a buffer of just that length, so that KASAN sees the parser. */
static bool parse(const void *text, size_t len, struct camex_text_register *r)
{
	void *copy = kmemdup(text, len, GFP_KERNEL);
	bool good;

	memset(r, 0xa5, sizeof(*r));
	good = !ZERO_OR_NULL_PTR(copy) || !len ?
		camex_text_parse_register(copy, len, r) : false;
	kfree(copy);
	return good;
}

/* --- the same once more, with the kernel's means --- */

static bool model_ip(const char *word, u32 *ip)
{
	unsigned int a, b, c, d;
	char again[16];

	if (sscanf(word, "%u.%u.%u.%u", &a, &b, &c, &d) != 4 ||
	    a > 255 || b > 255 || c > 255 || d > 255)
		return false;
	*ip = IP(a, b, c, d);
	snprintf(again, sizeof(again), "%u.%u.%u.%u", a, b, c, d);
	return !strcmp(again, word);
}

static char *model_word(char **rest)
{
	char *word;

	do {
		word = strsep(rest, " \t\r\n");
	} while (word && !*word);
	return word;
}

static bool model_field(char *word, struct camex_text_register *r, char *seen)
{
	const char *c, *value;
	char *equals = strchr(word, '=');

	if (!equals)
		return false;
	*equals = '\0';
	value = equals + 1;
	/* each has its letter */
	if (strlen(value) > 63 || strchr(seen, word[0]))
		return false;
	seen[strlen(seen)] = word[0];
	if (!strcmp(word, "VER"))
		return !strcmp(value, "0") || !strcmp(value, "1");
	if (!strcmp(word, "MODE")) {
		r->automatic = !strcmp(value, "AUTO");
		return r->automatic || !strcmp(value, "MANUAL");
	}
	if (!strcmp(word, "LOCAL_IP")) {
		r->has_ip = true;
		return model_ip(value, &r->ip);
	}
	if (strcmp(word, "CLIENT_ID") || !*value || strlen(value) > 31)
		return false;
	for (c = value; *c; c++)
		if (*c < '!' || *c > '~')
			return false;
	strscpy(r->id, value, sizeof(r->id));
	return true;
}

static bool model_parse(char *buffer, const void *text, size_t len,
			struct camex_text_register *r)
{
	char *rest = buffer, *word, seen[8] = "";

	memset(r, 0, sizeof(*r));
	if (len > 1023 || memchr(text, 0, len))
		return false;
	memcpy(buffer, text, len);
	buffer[len] = '\0';
	word = model_word(&rest);
	if (!word || strcmp(word, "CX2P"))
		return false;
	word = model_word(&rest);
	if (!word || strcmp(word, "REGISTER"))
		return false;
	word = model_word(&rest);
	if (!word)
		return false;
	if (model_ip(word, &r->ip)) {
		r->has_ip = true;
		return !model_word(&rest);
	}
	for (; word; word = model_word(&rest))
		if (!model_field(word, r, seen))
			return false;
	return strchr(seen, 'M') && strchr(seen, r->automatic ? 'C' : 'L');
}

/* Do both say the same about a text? Returns whether they take it. */
static bool agree(struct kunit *test, char *buffer, const void *text, size_t len,
		  const char *about)
{
	struct camex_text_register got, want;
	/* at the end of it, where KASAN looks as well: allocations are slow */
	void *copy = memcpy(buffer + BUFFER - len, text, len);
	bool is = camex_text_parse_register(copy, len, &got);
	bool should = model_parse(buffer, text, len, &want);

	if (is != should) {
		KUNIT_FAIL(test, "%s: taken %d, want %d: '%*pE'", about, is, should,
			   (int)len, text);
		return is;
	}
	if (is && (got.automatic != want.automatic || got.has_ip != want.has_ip ||
		   (got.has_ip && got.ip != want.ip) || strcmp(got.id, want.id)))
		KUNIT_FAIL(test, "%s: says another thing: '%*pE'", about, (int)len, text);
	return is;
}

static char *buffer_of(struct kunit *test)
{
	char *buffer = kunit_kzalloc(test, BUFFER, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	return buffer;
}

/* --- cases --- */

static void text_good(struct kunit *test)
{
	struct camex_text_register r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		const struct good *g = &goods[i];

		if (!parse(g->text, strlen(g->text), &r)) {
			KUNIT_FAIL(test, "refused: %s", g->text);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, g->automatic, r.automatic, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->has_ip, r.has_ip, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->ip, r.ip, "%s", g->text);
		KUNIT_EXPECT_STREQ_MSG(test, g->id, r.id, "%s", g->text);
	}
}

static void text_bad(struct kunit *test)
{
	struct camex_text_register r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bads); i++)
		KUNIT_EXPECT_FALSE_MSG(test, parse(bads[i], strlen(bads[i]), &r),
				       "taken: %s", bads[i]);
}

/* What is cut off is refused, or a shorter text that is good by itself. */
static void text_truncated(struct kunit *test)
{
	char *buffer = buffer_of(test);
	unsigned int i, taken = 0;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(goods); i++)
		for (len = 0; len <= strlen(goods[i].text); len++) {
			struct camex_text_register r;
			bool good = agree(test, buffer, goods[i].text, len, "truncated");

			KUNIT_EXPECT_EQ(test, good, parse(goods[i].text, len, &r));
			taken += good;
		}
	for (i = 0; i < ARRAY_SIZE(bads); i++)
		for (len = 0; len <= strlen(bads[i]); len++)
			agree(test, buffer, bads[i], len, "truncated");
	KUNIT_EXPECT_GT(test, taken, ARRAY_SIZE(goods));
}

/* A NUL is no separator and no end. */
static void text_nul(struct kunit *test)
{
	struct camex_text_register r;
	unsigned int i;
	char text[128];
	size_t at;

	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		size_t len = strlen(goods[i].text);

		/* in the place of each byte, and behind the last */
		for (at = 0; at <= len; at++) {
			memcpy(text, goods[i].text, len);
			text[at] = '\0';
			KUNIT_EXPECT_FALSE_MSG(test, parse(text, max(len, at + 1), &r),
					       "NUL at %zu: %s", at, goods[i].text);
		}
	}
}

static void text_length(struct kunit *test)
{
	char *text = buffer_of(test);
	struct camex_text_register r;
	unsigned int i, len, where;

	for (i = 0; i < 3; i++) {
		size_t size = strlen(goods[i].text);

		/* blanks before or behind it */
		for (where = 0; where < 2; where++) {
			for (len = 1020; len < 1030; len++) {
				memset(text, ' ', BUFFER);
				memcpy(where ? text : text + len - size,
				       goods[i].text, size);
				KUNIT_EXPECT_EQ(test, len <= 1023, parse(text, len, &r));
			}
			KUNIT_EXPECT_FALSE(test, parse(text, 2048, &r));
		}
	}
	memset(text, ' ', BUFFER);
	KUNIT_EXPECT_FALSE(test, parse(text, 1023, &r));
	memset(text, 'A', BUFFER);
	KUNIT_EXPECT_FALSE(test, parse(text, 1023, &r));
	memcpy(text, "CX2P REGISTER ", 14);
	KUNIT_EXPECT_FALSE(test, parse(text, 1023, &r));
	memcpy(text, "CX2P REGISTER MODE=AUTO CLIENT_ID=", 34);
	for (len = 34; len < 1024; len++)
		KUNIT_EXPECT_EQ(test, len > 34 && len <= 34 + 31, parse(text, len, &r));
}

/* Each byte in the places where it could mean something. */
static void text_bytes(struct kunit *test)
{
	static const char text[] = "CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=xyz LOCAL_IP=1.2.3.4\n";
	char *buffer = buffer_of(test), *copy = buffer_of(test);
	const size_t len = sizeof(text) - 1;
	unsigned int byte;
	size_t at;

	for (at = 0; at < len; at++) {
		memcpy(copy, text, len);
		for (byte = 0; byte < 256; byte++) {
			copy[at] = byte;
			agree(test, buffer, copy, len, "byte");
			if (has_failed(test))
				return;
		}
	}
}

static size_t mutate(struct rnd_state *rnd, char *text, size_t len)
{
	static const char bytes[] = " \t\r\n=.0129AMVCLDU\0\377_";
	const struct good *other = &goods[below(rnd, ARRAY_SIZE(goods))];
	size_t at = below(rnd, len + 1), n;

	switch (below(rnd, 6)) {
	case 0:		/* a byte changes */
		if (at < len)
			text[at] = bytes[below(rnd, sizeof(bytes) - 1)];
		break;
	case 1:		/* a bit does */
		if (at < len)
			text[at] ^= 1 << below(rnd, 8);
		break;
	case 2:		/* something is gone */
		n = min_t(size_t, below(rnd, 8), len - at);
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 3:		/* something is new */
		memmove(text + at + 1, text + at, len - at);
		text[at] = bytes[below(rnd, sizeof(bytes) - 1)];
		return len + 1;
	case 4:		/* a piece of another one is put in */
		n = below(rnd, strlen(other->text) + 1);
		memmove(text + at + n, text + at, len - at);
		memcpy(text + at, other->text + strlen(other->text) - n, n);
		return len + n;
	default:	/* the rest is cut off */
		return at;
	}
	return len;
}

static void text_random(struct kunit *test)
{
	char *buffer = buffer_of(test), *text = buffer_of(test);
	unsigned int op, taken = 0, changes;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 20000; op++) {
		const struct good *g = &goods[below(&rnd, ARRAY_SIZE(goods))];
		size_t len = strlen(g->text);
		char about[32];

		memcpy(text, g->text, len);
		for (changes = below(&rnd, 4) + 1; changes; changes--)
			len = mutate(&rnd, text, len);
		snprintf(about, sizeof(about), "seed 1, op %u", op);
		taken += agree(test, buffer, text, len, about);
		if (has_failed(test))
			return;
	}
	KUNIT_EXPECT_GT(test, taken, 500);
	KUNIT_EXPECT_LT(test, taken, 15000);
}

/* Fields that are good or bad by themselves, in any number and order. */
static void text_random_fields(struct kunit *test)
{
	static const char * const fields[] = {
		"VER=0", "VER=1", "VER=1", "VER=2", "MODE=AUTO", "MODE=AUTO", "MODE=MANUAL",
		"MODE=MANUAL", "CLIENT_ID=CAM01", "CLIENT_ID=" ID31, "CLIENT_ID=" ID31 "v",
		"LOCAL_IP=1.2.3.4", "LOCAL_IP=10.20.30.40", "LOCAL_IP=1.2.3", "10.88.0.2", "MTU=1",
	};
	static const char * const blanks[] = { " ", "\t", "\r", "\n", "  ", "\r\n" };
	char *buffer = buffer_of(test), *text = buffer_of(test);
	unsigned int op, n, taken = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 2);
	for (op = 0; op < 20000; op++) {
		char about[32];

		strscpy(text, "CX2P REGISTER", BUFFER);
		for (n = below(&rnd, 5) + 1; n; n--) {
			strlcat(text, blanks[below(&rnd, ARRAY_SIZE(blanks))], BUFFER);
			strlcat(text, fields[below(&rnd, ARRAY_SIZE(fields))], BUFFER);
		}
		snprintf(about, sizeof(about), "seed 2, op %u", op);
		taken += agree(test, buffer, text, strlen(text), about);
		if (has_failed(test))
			return;
	}
	KUNIT_EXPECT_GT(test, taken, 200);
}

/* --- what we write --- */

static bool check_manual(struct kunit *test, char *out, u32 ip, bool oldest)
{
	size_t len = camex_text_manual(out, ip, oldest);
	struct camex_text_register r;
	char want[80];

	snprintf(want, sizeof(want), "CX2P REGISTER %s%u.%u.%u.%u\n",
		 oldest ? "" : "VER=1 MODE=MANUAL LOCAL_IP=",
		 ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	if (len != strlen(want) || memcmp(out, want, len)) {
		KUNIT_FAIL(test, "%#x: '%.*s', want '%s'", ip, (int)len, out, want);
		return false;
	}
	if (!parse(out, len, &r) || r.automatic || !r.has_ip || r.ip != ip || r.id[0]) {
		KUNIT_FAIL(test, "what we write is not taken: '%s'", want);
		return false;
	}
	return true;
}

static void text_manual(struct kunit *test)
{
	static const u8 edges[] = { 0, 1, 9, 10, 11, 99, 100, 101, 199, 200, 249, 250, 255 };
	char *out = kunit_kzalloc(test, CAMEX_TEXT_REGISTER_MAX, GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int op;

	KUNIT_ASSERT_NOT_NULL(test, out);
	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 3000; op++) {
		u32 ip = prandom_u32_state(&rnd);

		if (op % 2)
			ip = IP(edges[below(&rnd, 13)], edges[below(&rnd, 13)],
				edges[below(&rnd, 13)], edges[below(&rnd, 13)]);
		if (!check_manual(test, out, ip, op / 2 % 2))
			return;
	}
	check_manual(test, out, 0, false);
	check_manual(test, out, 0, true);
	check_manual(test, out, U32_MAX, false);
	check_manual(test, out, U32_MAX, true);
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(text_good),
	KUNIT_CASE(text_bad),
	KUNIT_CASE(text_truncated),
	KUNIT_CASE(text_nul),
	KUNIT_CASE(text_length),
	KUNIT_CASE(text_bytes),
	KUNIT_CASE(text_random),
	KUNIT_CASE(text_random_fields),
	KUNIT_CASE(text_manual),
	{}
};

static struct kunit_suite text_suite = {
	.name = "camex_text",
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
