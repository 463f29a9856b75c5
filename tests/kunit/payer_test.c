// SPDX-License-Identifier: GPL-2.0-only
/* Which packets take their socket's charge along to the datagram that they become. */
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "datapath/seal.h"
#include "test.h"

/* Somebody's, who counts in a way of his own; and one whose name is not enough. */
static void other_wfree(struct sk_buff *skb)
{
}

static noinline void tcp_wfree(struct sk_buff *skb)
{
}

/**
 * struct scene - a packet and its socket
 * @skb: the packet
 * @sk: the socket
 */
struct scene {
	struct sk_buff skb;
	struct sock sk;
};

static int payer_init(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->skb.sk = &s->sk;
	s->skb.truesize = 1000;
	s->skb.destructor = sock_wfree;
	s->sk.sk_state = TCP_ESTABLISHED;
	s->sk.sk_family = AF_INET;
	s->sk.sk_protocol = IPPROTO_UDP;
	s->sk.sk_type = SOCK_DGRAM;
	test->priv = s;
	return 0;
}

static bool pays(const struct scene *s)
{
	return camex_payer_of(&s->skb) == &s->sk;
}

static void payer_is_a_socket_of_ip(struct kunit *test)
{
	struct scene *s = test->priv;

	KUNIT_EXPECT_TRUE(test, pays(s));
	s->sk.sk_family = AF_INET6;
	KUNIT_EXPECT_TRUE(test, pays(s));
	s->sk.sk_family = AF_PACKET;
	KUNIT_EXPECT_FALSE(test, pays(s));
	s->sk.sk_family = AF_INET;
	s->sk.sk_state = TCP_TIME_WAIT;
	KUNIT_EXPECT_FALSE(test, pays(s));
	s->sk.sk_state = TCP_ESTABLISHED;
	s->skb.sk = NULL;
	KUNIT_EXPECT_NULL(test, camex_payer_of(&s->skb));
}

static void payer_has_a_known_destructor(struct kunit *test)
{
	void (*const others[])(struct sk_buff *skb) = {
		NULL, sock_edemux, sock_efree, sock_pfree, sock_rfree, other_wfree,
		tcp_wfree,
	};
	struct scene *s = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		s->skb.destructor = others[i];
		s->sk.sk_protocol = IPPROTO_SCTP;
		s->sk.sk_type = SOCK_STREAM;
		KUNIT_EXPECT_FALSE_MSG(test, pays(s), "%ps, SCTP", others[i]);
		s->sk.sk_protocol = IPPROTO_TCP;
		KUNIT_EXPECT_FALSE_MSG(test, pays(s), "%ps, TCP", others[i]);
	}
}

static void payer_is_not_asked_for_an_ack(struct kunit *test)
{
	struct scene *s = test->priv;

	s->skb.truesize = 2;
	KUNIT_EXPECT_FALSE(test, pays(s));
}

static struct kunit_case payer_cases[] = {
	KUNIT_CASE(payer_is_a_socket_of_ip),
	KUNIT_CASE(payer_has_a_known_destructor),
	KUNIT_CASE(payer_is_not_asked_for_an_ack),
	{}
};

static struct kunit_suite payer_suite = {
	.name = "camex_payer",
	.init = payer_init,
	.test_cases = payer_cases,
};

kunit_test_suite(payer_suite);
