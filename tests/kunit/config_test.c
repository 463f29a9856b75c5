// SPDX-License-Identifier: GPL-2.0-only
/* The text of CONFIG, as servers write it and as we do; REGISTER in the form AUTO. */
#include <linux/slab.h>
#include <linux/string.h>

#include "protocol/camex/control_text.h"
#include "test.h"

#define BUFFER		2048
#define IP(a, b, c, d)	((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define ID31		"0123456789abcdefghijklmnopqrstu"
#define LOCAL		"LOCAL_CIDR=10.88.0.2/24"
#define ROUTE		" ROUTE_CIDR=10.77.0.0/24"
#define VIA		" GATEWAY_IP=10.88.0.1"

/**
 * struct good - a text that is taken, and what it says
 * @text: the text
 * @id: CLIENT_ID or ""
 * @mtu: MTU, and so on
 * @ip: LOCAL_CIDR
 * @len: its length
 * @gateway: GATEWAY_IP
 * @nroutes: how many ROUTE_CIDR
 * @route: the last of them
 * @route_len: its length
 */
struct good {
	const char *text;
	const char *id;
	u16 mtu;
	u32 ip;
	u8 len;
	u32 gateway;
	u8 nroutes;
	u32 route;
	u8 route_len;
};

#define FULL(t)		{ (t), "CAM01", 1400, IP(10, 88, 0, 2), 24, IP(10, 88, 0, 1) }
#define ROUTED(t, n)	{ (t), "CAM01", 1400, IP(10, 88, 0, 2), 24, IP(10, 88, 0, 1), \
			  (n), IP(10, 77, 0, 0), 24 }
#define BARE(t)		{ (t), "", 0, IP(10, 88, 0, 2), 24 }

static const struct good goods[] = {
	/* as the daemon has it */
	ROUTED("CX2P CONFIG VER=1 CLIENT_ID=CAM01 MTU=1400 " LOCAL VIA ROUTE "\n", 1),
	FULL("CX2P CONFIG VER=1 CLIENT_ID=CAM01 MTU=1400 " LOCAL VIA "\n"),
	/* in another order */
	ROUTED("CX2P CONFIG" ROUTE VIA " " LOCAL ROUTE " MTU=1400 CLIENT_ID=CAM01 VER=0\n", 2),
	/* separators, and no LF */
	FULL(" CX2P\tCONFIG\r\nMTU=1400\t" LOCAL "\nCLIENT_ID=CAM01 \r" VIA),
	/* nothing but the address */
	BARE("CX2P CONFIG " LOCAL "\n"), BARE("CX2P CONFIG VER=1 " LOCAL),
	/* a server may be newer */
	BARE("CX2P CONFIG VER=2 " LOCAL),
	/* values at their limits */
	{ "CX2P CONFIG LOCAL_CIDR=1.0.0.0/1 MTU=576\n", "", 576, IP(1, 0, 0, 0), 1 },
	{ "CX2P CONFIG LOCAL_CIDR=223.255.255.255/32 MTU=9000\n", "", 9000,
	  IP(223, 255, 255, 255), 32 },
	{ "CX2P CONFIG LOCAL_CIDR=10.88.0.2/24 CLIENT_ID=" ID31 "\n", ID31, 0,
	  IP(10, 88, 0, 2), 24 },
	{ "CX2P CONFIG " LOCAL " ROUTE_CIDR=0.0.0.0/0\n", "", 0, IP(10, 88, 0, 2), 24, 0, 1, 0, 0 },
	{ "CX2P CONFIG " LOCAL " ROUTE_CIDR=128.0.0.0/1\n", "", 0, IP(10, 88, 0, 2), 24, 0, 1,
	  IP(128, 0, 0, 0), 1 },
	{ "CX2P CONFIG " LOCAL " ROUTE_CIDR=192.0.2.1/32\n", "", 0, IP(10, 88, 0, 2), 24, 0, 1,
	  IP(192, 0, 2, 1), 32 },
	/* bits past the length of a route do not count */
	{ "CX2P CONFIG " LOCAL " ROUTE_CIDR=10.77.200.9/17\n", "", 0, IP(10, 88, 0, 2), 24, 0, 1,
	  IP(10, 77, 128, 0), 17 },
};

static const char * const bads[] = {
	"", "\n", "CX2P", "CX2P CONFIG", "CX2P CONFIG\n", "CX2P CONFIG VER=1\n",
	"CX2P CONFIG VER=1 CLIENT_ID=CAM01 MTU=1400 GATEWAY_IP=10.88.0.1\n",
	"CONFIG " LOCAL "\n", "CX2P REGISTER " LOCAL "\n", "CX2P CONFIGS " LOCAL "\n",
	"CX2P config " LOCAL "\n", "CX2P CONFIG" LOCAL "\n", "XCX2P CONFIG " LOCAL "\n",
	"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01\n",
	/* not known */
	"CX2P CONFIG " LOCAL " WHAT=ever\n", "CX2P CONFIG " LOCAL " DNS=10.88.0.1\n",
	"CX2P CONFIG " LOCAL " MODE=AUTO\n", "CX2P CONFIG " LOCAL " LOCAL_IP=10.88.0.2\n",
	"CX2P CONFIG " LOCAL " what\n", "CX2P CONFIG " LOCAL " =\n",
	"CX2P CONFIG local_cidr=10.88.0.2/24\n",
	/* twice */
	"CX2P CONFIG " LOCAL " " LOCAL "\n", "CX2P CONFIG VER=1 VER=1 " LOCAL "\n",
	"CX2P CONFIG MTU=1400 MTU=1400 " LOCAL "\n",
	"CX2P CONFIG CLIENT_ID=a CLIENT_ID=a " LOCAL "\n",
	"CX2P CONFIG GATEWAY_IP=10.88.0.1 GATEWAY_IP=10.88.0.1 " LOCAL "\n",
	/* values */
	"CX2P CONFIG VER=x " LOCAL "\n", "CX2P CONFIG VER=01 " LOCAL "\n",
	"CX2P CONFIG VER= " LOCAL "\n",
	"CX2P CONFIG MTU=575 " LOCAL "\n", "CX2P CONFIG MTU=9001 " LOCAL "\n",
	"CX2P CONFIG MTU=0 " LOCAL "\n",
	"CX2P CONFIG MTU=01400 " LOCAL "\n", "CX2P CONFIG MTU=-1400 " LOCAL "\n",
	"CX2P CONFIG MTU=66936 " LOCAL "\n", "CX2P CONFIG MTU=4294968696 " LOCAL "\n",
	"CX2P CONFIG MTU= " LOCAL "\n", "CX2P CONFIG MTU=1400x " LOCAL "\n",
	"CX2P CONFIG CLIENT_ID= " LOCAL "\n", "CX2P CONFIG CLIENT_ID=" ID31 "v " LOCAL "\n",
	"CX2P CONFIG CLIENT_ID=caf\303\251 " LOCAL "\n",
	"CX2P CONFIG CLIENT_ID=a\001 " LOCAL "\n",
	"CX2P CONFIG LOCAL_CIDR=10.88.0.2\n", "CX2P CONFIG LOCAL_CIDR=10.88.0.2/\n",
	"CX2P CONFIG LOCAL_CIDR=10.88.0.2/0\n", "CX2P CONFIG LOCAL_CIDR=10.88.0.2/33\n",
	"CX2P CONFIG LOCAL_CIDR=10.88.0.2/024\n", "CX2P CONFIG LOCAL_CIDR=10.88.0.2/24/24\n",
	"CX2P CONFIG LOCAL_CIDR=10.88.0.2/-1\n", "CX2P CONFIG LOCAL_CIDR=/24\n",
	"CX2P CONFIG LOCAL_CIDR=10.88.0/24\n", "CX2P CONFIG LOCAL_CIDR=10.88.0.256/24\n",
	"CX2P CONFIG LOCAL_CIDR=0.0.0.0/24\n", "CX2P CONFIG LOCAL_CIDR=0.88.0.2/24\n",
	"CX2P CONFIG LOCAL_CIDR=127.0.0.1/8\n", "CX2P CONFIG LOCAL_CIDR=224.0.0.1/24\n",
	"CX2P CONFIG LOCAL_CIDR=255.255.255.255/32\n", "CX2P CONFIG LOCAL_CIDR=fd00::1/64\n",
	"CX2P CONFIG GATEWAY_IP=0.0.0.0 " LOCAL "\n",
	"CX2P CONFIG GATEWAY_IP=127.0.0.1 " LOCAL "\n",
	"CX2P CONFIG GATEWAY_IP=239.1.1.1 " LOCAL "\n",
	"CX2P CONFIG GATEWAY_IP=10.88.0.1/24 " LOCAL "\n",
	"CX2P CONFIG GATEWAY_IP= " LOCAL "\n", "CX2P CONFIG GATEWAY_IP=10.88.0 " LOCAL "\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=10.77.0.0\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=10.77.0.0/33\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=/0\n", "CX2P CONFIG " LOCAL " ROUTE_CIDR=\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=127.0.0.0/8\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=127.1.2.3/32\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=224.0.0.0/4\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=224.0.0.0/3\n",
	"CX2P CONFIG " LOCAL " ROUTE_CIDR=255.255.255.255/32\n",
	"CX2P CONFIG LOCAL_CIDR=00000000000000000000000000000000000000000000000000010.88.0.2/24\n",
};

/* The parser sees a buffer of just that length, so that KASAN sees the parser. */
static bool parse(const void *text, size_t len, char *id,
		  struct camex_text_profile *profile)
{
	void *copy = kmemdup(text, len, GFP_KERNEL);
	bool good;

	memset(profile, 0xa5, sizeof(*profile));
	memset(id, 0xa5, CAMEX_TEXT_ID_MAX + 1);
	good = (!ZERO_OR_NULL_PTR(copy) || !len) &&
	       camex_text_parse_config(copy, len, id, profile);
	kfree(copy);
	return good;
}

static void config_good(struct kunit *test)
{
	struct camex_text_profile p;
	char id[CAMEX_TEXT_ID_MAX + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		const struct good *g = &goods[i];

		if (!parse(g->text, strlen(g->text), id, &p)) {
			KUNIT_FAIL(test, "refused: %s", g->text);
			continue;
		}
		KUNIT_EXPECT_STREQ_MSG(test, g->id, id, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->mtu, p.mtu, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->ip, p.address.ip, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->len, p.address.len, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->gateway, p.gateway, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->nroutes, p.nroutes, "%s", g->text);
		if (!g->nroutes)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, g->route, p.routes[g->nroutes - 1].ip, "%s", g->text);
		KUNIT_EXPECT_EQ_MSG(test, g->route_len, p.routes[g->nroutes - 1].len, "%s",
				    g->text);
	}
}

static void config_bad(struct kunit *test)
{
	struct camex_text_profile p;
	char id[CAMEX_TEXT_ID_MAX + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bads); i++)
		KUNIT_EXPECT_FALSE_MSG(test, parse(bads[i], strlen(bads[i]), id, &p),
				       "taken: %s", bads[i]);
}

/* A text that ends anywhere is refused, or says less. A NUL is refused anywhere. */
static void config_truncated(struct kunit *test)
{
	char *text = kunit_kzalloc(test, BUFFER, GFP_KERNEL);
	struct camex_text_profile whole, part;
	char id[CAMEX_TEXT_ID_MAX + 1];
	unsigned int i, taken = 0;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		size_t size = strlen(goods[i].text);

		KUNIT_ASSERT_TRUE(test, parse(goods[i].text, size, id, &whole));
		for (len = 0; len <= size; len++) {
			if (parse(goods[i].text, len, id, &part)) {
				taken++;
				KUNIT_EXPECT_LE(test, part.nroutes, whole.nroutes);
				KUNIT_EXPECT_LE(test, part.mtu, whole.mtu);
			}
			memcpy(text, goods[i].text, size);
			text[len] = '\0';
			KUNIT_EXPECT_FALSE_MSG(test, parse(text, max(size, len + 1), id, &part),
					       "NUL at %zu: %s", len, goods[i].text);
		}
	}
	KUNIT_EXPECT_GT(test, taken, ARRAY_SIZE(goods));
}

static void config_routes(struct kunit *test)
{
	char *text = kunit_kzalloc(test, BUFFER, GFP_KERNEL);
	struct camex_text_profile p;
	char id[CAMEX_TEXT_ID_MAX + 1];
	unsigned int n;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memcpy(text, "CX2P CONFIG " LOCAL, strlen("CX2P CONFIG " LOCAL));
	len = strlen(text);
	for (n = 0; n < 20; n++) {
		KUNIT_EXPECT_EQ(test, n <= 16, parse(text, len, id, &p));
		if (n <= 16)
			KUNIT_EXPECT_EQ(test, n, p.nroutes);
		memcpy(text + len, ROUTE, strlen(ROUTE));
		len += strlen(ROUTE);
	}
}

static void config_length(struct kunit *test)
{
	char *text = kunit_kzalloc(test, BUFFER, GFP_KERNEL);
	size_t size = strlen(goods[0].text), len;
	struct camex_text_profile p;
	char id[CAMEX_TEXT_ID_MAX + 1];

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (len = 1020; len < 1030; len++) {
		memset(text, ' ', BUFFER);
		memcpy(text + len - size, goods[0].text, size);
		KUNIT_EXPECT_EQ(test, len <= CAMEX_TEXT_MAX, parse(text, len, id, &p));
	}
}

/* Whatever bytes change, what is taken keeps to the limits. */
static void config_random(struct kunit *test)
{
	char *text = kunit_kzalloc(test, BUFFER, GFP_KERNEL);
	static const char bytes[] = " \t\r\n=./0129CEGILMORTU\0\377_";
	unsigned int op, taken = 0, changes, i;
	struct camex_text_profile p;
	char id[CAMEX_TEXT_ID_MAX + 1];
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, text);
	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 20000; op++) {
		const struct good *g = &goods[below(&rnd, ARRAY_SIZE(goods))];
		size_t len = strlen(g->text);

		memcpy(text, g->text, len);
		for (changes = below(&rnd, 3) + 1; changes; changes--)
			text[below(&rnd, len)] = bytes[below(&rnd, sizeof(bytes) - 1)];
		if (!parse(text, len, id, &p))
			continue;
		taken++;
		KUNIT_EXPECT_LE(test, strnlen(id, sizeof(id)), (size_t)CAMEX_TEXT_ID_MAX);
		KUNIT_EXPECT_LE(test, p.nroutes, CAMEX_TEXT_ROUTES_MAX);
		KUNIT_EXPECT_TRUE(test, !p.mtu || (p.mtu >= 576 && p.mtu <= 9000));
		KUNIT_EXPECT_TRUE(test, camex_text_is_host(p.address.ip) && p.address.len &&
				  p.address.len <= 32);
		KUNIT_EXPECT_TRUE(test, !p.gateway || camex_text_is_host(p.gateway));
		for (i = 0; i < p.nroutes; i++)
			KUNIT_EXPECT_EQ(test, 0, p.routes[i].ip &
					~camex_text_mask(p.routes[i].len));
		if (has_failed(test))
			return;
	}
	KUNIT_EXPECT_GT(test, taken, 500);
	KUNIT_EXPECT_LT(test, taken, 15000);
}

static void random_profile(struct rnd_state *rnd, struct camex_text_profile *p)
{
	unsigned int i;

	memset(p, 0, sizeof(*p));
	do {
		p->address.ip = prandom_u32_state(rnd);
	} while (!camex_text_is_host(p->address.ip));
	p->address.len = below(rnd, 32) + 1;
	if (below(rnd, 2))
		p->gateway = IP(10, below(rnd, 256), below(rnd, 256), below(rnd, 256));
	if (below(rnd, 2))
		p->mtu = 576 + below(rnd, 9001 - 576);
	p->nroutes = below(rnd, CAMEX_TEXT_ROUTES_MAX + 1);
	for (i = 0; i < p->nroutes; i++) {
		p->routes[i].len = below(rnd, 33);
		do {
			p->routes[i].ip = prandom_u32_state(rnd);
		} while (!camex_text_is_route(&p->routes[i]));
		p->routes[i].ip &= camex_text_mask(p->routes[i].len);
	}
}

/* What we write is what we read, and a daemon has room for it. */
static void config_round_trip(struct kunit *test)
{
	struct camex_text_profile *in = kunit_kzalloc(test, sizeof(*in), GFP_KERNEL);
	struct camex_text_profile *out = kunit_kzalloc(test, sizeof(*out), GFP_KERNEL);
	char *text = kunit_kzalloc(test, CAMEX_TEXT_CONFIG_MAX, GFP_KERNEL);
	char id[CAMEX_TEXT_ID_MAX + 1];
	struct rnd_state rnd;
	unsigned int op, i;
	size_t len;

	KUNIT_ASSERT_TRUE(test, in && out && text);
	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 2000; op++) {
		const char *name = op % 2 ? ID31 : "x";

		random_profile(&rnd, in);
		len = camex_text_config(text, name, in, op % 3 == 0);
		KUNIT_ASSERT_LE(test, len, (size_t)CAMEX_TEXT_CONFIG_MAX);
		KUNIT_EXPECT_EQ(test, '\n', text[len - 1]);
		KUNIT_EXPECT_EQ(test, op % 3 != 0, !!strnstr(text, "VER=1 ", len));
		KUNIT_ASSERT_TRUE(test, parse(text, len, id, out));
		KUNIT_EXPECT_STREQ(test, name, id);
		KUNIT_EXPECT_EQ(test, in->mtu, out->mtu);
		KUNIT_EXPECT_EQ(test, in->gateway, out->gateway);
		KUNIT_EXPECT_EQ(test, in->address.ip, out->address.ip);
		KUNIT_EXPECT_EQ(test, in->address.len, out->address.len);
		KUNIT_EXPECT_EQ(test, in->nroutes, out->nroutes);
		for (i = 0; i < in->nroutes && i < out->nroutes; i++)
			KUNIT_EXPECT_TRUE(test, in->routes[i].ip == out->routes[i].ip &&
					  in->routes[i].len == out->routes[i].len);
		if (has_failed(test))
			return;
	}
}

/* The longest of all fits the room, and 980 bytes of a daemon. */
static void config_longest(struct kunit *test)
{
	char *text = kunit_kzalloc(test, CAMEX_TEXT_CONFIG_MAX, GFP_KERNEL);
	struct camex_text_profile p = {
		.address = { IP(222, 222, 222, 222), 32 },
		.gateway = IP(222, 222, 222, 222),
		.mtu = 9000,
		.nroutes = CAMEX_TEXT_ROUTES_MAX,
	};
	unsigned int i;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < CAMEX_TEXT_ROUTES_MAX; i++)
		p.routes[i] = p.address;
	len = camex_text_config(text, ID31, &p, false);
	KUNIT_EXPECT_LE(test, len, (size_t)CAMEX_TEXT_CONFIG_MAX);
	KUNIT_EXPECT_LE(test, len, (size_t)980);
}

static void register_auto(struct kunit *test)
{
	static const char * const ids[] = { "x", "CAM01", ID31 };
	char *text = kunit_kzalloc(test, CAMEX_TEXT_REGISTER_MAX, GFP_KERNEL);
	struct camex_text_register r;
	unsigned int i;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < 2 * ARRAY_SIZE(ids); i++) {
		bool oldest = i % 2;

		len = camex_text_auto(text, ids[i / 2], oldest);
		KUNIT_ASSERT_TRUE(test, camex_text_parse_register(text, len, &r));
		KUNIT_EXPECT_TRUE(test, r.automatic);
		KUNIT_EXPECT_FALSE(test, r.has_ip);
		KUNIT_EXPECT_EQ(test, !oldest, r.has_version);
		KUNIT_EXPECT_STREQ(test, ids[i / 2], r.id);
		KUNIT_EXPECT_EQ(test, '\n', text[len - 1]);
	}
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(config_good),
	KUNIT_CASE(config_bad),
	KUNIT_CASE(config_truncated),
	KUNIT_CASE(config_routes),
	KUNIT_CASE(config_length),
	KUNIT_CASE(config_random),
	KUNIT_CASE(config_round_trip),
	KUNIT_CASE(config_longest),
	KUNIT_CASE(register_auto),
	{}
};

static struct kunit_suite config_suite = {
	.name = "camex_config",
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);
