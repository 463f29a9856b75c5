/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Numbers, names, addresses, prefixes, endpoints, and what is said of bad ones. */
#include <limits.h>
#include <stdlib.h>

#include "text/address.h"
#include "text/nearest.h"
#include "text/parse.h"
#include "tap.h"
#include "text/text.h"

static struct fault fault;

static void number(const char *text, uint32_t max, int64_t wanted)
{
	uint32_t got = 0;
	int status = parse_number(text, max, &got, &fault);

	if (wanted < 0)
		tap_ok(status, "number \"%s\" up to %u is refused", text, max);
	else
		tap_ok(!status && got == wanted, "number \"%s\" is %u", text,
		       (uint32_t)wanted);
}

static void test_numbers(void)
{
	number("0", 65535, 0);
	number("65535", 65535, 65535);
	number("65536", 65535, -1);
	number("4294967295", UINT32_MAX, UINT32_MAX);
	number("4294967296", UINT32_MAX, -1);
	number("18446744073709551617", UINT32_MAX, -1);
	number("0x10", UINT32_MAX, 16);
	number("0XfF", UINT32_MAX, 255);
	number("0xffffffff", UINT32_MAX, UINT32_MAX);
	number("010", UINT32_MAX, 10);
	number("", 10, -1);
	number("0x", 10, -1);
	number("-1", 10, -1);
	number("+1", 10, -1);
	number(" 1", 10, -1);
	number("1 ", 10, -1);
	number("1k", 10, -1);
	number("0xg", 10, -1);
	parse_number("x", 7, &(uint32_t){ 0 }, &fault);
	tap_is(fault.text, "\"x\" is not a number from 0 to 7",
	       "a bad number is shown with its range");
}

static void test_switches(void)
{
	bool on = false;

	tap_ok(!parse_switch("on", &on, &fault) && on, "on");
	tap_ok(!parse_switch("off", &on, &fault) && !on, "off");
	tap_ok(parse_switch("On", &on, &fault), "On is refused");
	tap_ok(parse_switch("", &on, &fault), "an empty switch is refused");
	parse_switch("yes", &on, &fault);
	tap_is(fault.text, "\"yes\" is neither on nor off", "a bad switch");
}

static void name(const char *text, bool good, const char *what)
{
	tap_ok(!parse_peer_name(text, &fault) == good, "peer's name: %s", what);
}

static void test_names(void)
{
	name("a", true, "one byte");
	name("0123456789012345678901234567890", true, "31 bytes");
	name("01234567890123456789012345678901", false, "32 bytes");
	name("", false, "empty");
	name("a b", false, "blank");
	name("a\tb", false, "tab");
	name("a/b", false, "slash");
	name("a\nb", false, "newline");
	name("a\x7f", false, "delete");
	name("caf\xc3\xa9", true, "UTF-8");
	name("\xf0\x9f\x93\xb7", true, "four bytes of UTF-8");
	name("\xc3", false, "cut UTF-8");
	name("\xff", false, "not UTF-8");
	name("\xc0\xaf", false, "overlong slash");
	name("\xe0\x80\xaf", false, "overlong slash, three bytes");
	name("\xed\xa0\x80", false, "surrogate");
	name("\xf4\x90\x80\x80", false, "past the last code point");
	name("-j", true, "dash");

	tap_ok(!parse_interface_name("camex0", &fault), "interface's name");
	tap_ok(!parse_interface_name("012345678901234", &fault),
	       "interface's name of 15 bytes");
	tap_ok(parse_interface_name("0123456789012345", &fault),
	       "interface's name of 16 bytes is refused");
	tap_ok(parse_interface_name("", &fault), "an empty one is refused");
	tap_ok(parse_interface_name(".", &fault), ". is refused");
	tap_ok(parse_interface_name("..", &fault), ".. is refused");
	tap_ok(parse_interface_name("a/b", &fault), "a/b is refused");
	tap_ok(parse_interface_name("a:b", &fault), "a:b is refused");
}

static void mac(const char *text, const char *wanted)
{
	uint8_t got[MAC_LEN];
	char buf[MAC_TEXT];
	int status = parse_mac(text, got, &fault);

	tap_is(status ? "" : mac_text(got, buf), wanted, text);
}

static void test_macs(void)
{
	mac("02:00:00:00:0a:FF", "02:00:00:00:0a:ff");
	mac("", "");
	mac("02:00:00:00:00", "");
	mac("02:00:00:00:00:1", "");
	mac("02:00:00:00:00:1 ", "");
	mac("2:00:00:00:00:01\n", "");
	mac("02-00-00-00-00-01", "");
	mac("02:00:00:00:00:0g", "");
	mac("02:00:00:00:00:01 ", "");
}

static void prefix(const char *text, const char *wanted)
{
	struct prefix got;
	char buf[PREFIX_TEXT];
	int status = prefix_parse(text, &got, &fault);

	tap_is(status ? fault.text : prefix_text(&got, buf), wanted, text);
}

static void test_prefixes(void)
{
	prefix("10.0.0.0/8", "10.0.0.0/8");
	prefix("10.1.2.3", "10.1.2.3/32");
	prefix("0.0.0.0/0", "0.0.0.0/0");
	prefix("192.168.128.0/17", "192.168.128.0/17");
	prefix("2001:db8::/32", "2001:db8::/32");
	prefix("2001:DB8:0::1", "2001:db8::1/128");
	prefix("::/0", "::/0");
	prefix("fd00:0:0:8000::/49", "fd00:0:0:8000::/49");
	prefix("10.0.0.1/8",
	       "\"10.0.0.1/8\" has bits set past its length: the prefix is 10.0.0.0/8");
	prefix("192.168.129.0/17",
	       "\"192.168.129.0/17\" has bits set past its length: the prefix is 192.168.128.0/17");
	prefix("1.2.3.4/0",
	       "\"1.2.3.4/0\" has bits set past its length: the prefix is 0.0.0.0/0");
	prefix("2001:db8::1/64",
	       "\"2001:db8::1/64\" has bits set past its length: the prefix is 2001:db8::/64");
	prefix("10.0.0.0/33",
	       "\"10.0.0.0/33\" is not a prefix: the length goes from 0 to 32");
	prefix("::/129",
	       "\"::/129\" is not a prefix: the length goes from 0 to 128");
	prefix("10.0.0.0/",
	       "\"10.0.0.0/\" is not a prefix: the length goes from 0 to 32");
	prefix("10.0.0.0/8/8",
	       "\"10.0.0.0/8/8\" is not a prefix: the length goes from 0 to 32");
	prefix("10/8", "\"10/8\" is not an IPv4 or IPv6 prefix");
	prefix("010.0.0.1", "\"010.0.0.1\" is not an IPv4 or IPv6 prefix");
	prefix("default", "0.0.0.0/0");
	prefix("any",
	       "any is two prefixes, 0.0.0.0/0 and ::/0: give one of them");
	prefix("", "\"\" is not an IPv4 or IPv6 prefix");
	prefix("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64",
	       "\"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64\" is not an IPv4 or IPv6 prefix");
}

static void list(const char *text, const char *wanted)
{
	struct prefixes got;
	char joined[256] = "", buf[PREFIX_TEXT];

	if (prefixes_parse(text, &got, &fault)) {
		tap_is(fault.text, wanted, text);
		return;
	}
	for (size_t i = 0; i < got.n; i++) {
		text_add(joined, sizeof(joined), "%s%s", i ? " " : "",
			 prefix_text(&got.list[i], buf));
	}
	tap_is(joined, wanted, text);
	free(got.list);
}

static void test_lists(void)
{
	list("10.0.0.0/8", "10.0.0.0/8");
	list("10.0.0.0/8,::/0,10.1.0.0/16", "10.0.0.0/8 ::/0 10.1.0.0/16");
	list("any", "0.0.0.0/0 ::/0");
	list("none", "");
	list("10.0.0.0/8,10.0.0.0/9,10.0.0.0/8", "10.0.0.0/8 is given twice");
	list("10.1.2.3,10.1.2.3/32", "10.1.2.3/32 is given twice");
	list("10.0.0.0/8,",
	     "\"10.0.0.0/8,\": an empty prefix; PREFIX[,PREFIX...], any or none is expected");
	list("",
	     "\"\": an empty prefix; PREFIX[,PREFIX...], any or none is expected");
	list("10.0.0.0/8,any",
	     "any is two prefixes, 0.0.0.0/0 and ::/0: give one of them");
	list("10.0.0.0/8,10.0.0.1/9",
	     "\"10.0.0.1/9\" has bits set past its length: the prefix is 10.0.0.0/9");
}

static void endpoint(const char *text, const char *wanted)
{
	struct endpoint got;
	char buf[ENDPOINT_TEXT];
	int status = endpoint_parse(text, &got, &fault);

	tap_is(status ? fault.text : endpoint_text(&got, buf), wanted, text);
}

static void test_endpoints(void)
{
	struct endpoint got;

	endpoint("192.0.2.1:7000", "192.0.2.1:7000");
	endpoint("[2001:db8::1]:7000", "[2001:db8::1]:7000");
	endpoint("[fe80::1%lo]:7", "[fe80::1%lo]:7");
	endpoint(
		"192.0.2.1",
		"\"192.0.2.1\" has no port: give HOST:PORT, such as 192.0.2.1:7000");
	endpoint(
		"192.0.2.1:",
		"\"192.0.2.1:\" has no port: give HOST:PORT, such as 192.0.2.1:7000");
	endpoint(
		":7000",
		"\":7000\" has no host: give HOST:PORT, such as 192.0.2.1:7000");
	endpoint("192.0.2.1:0",
		 "\"192.0.2.1:0\": the port goes from 1 to 65535");
	endpoint("192.0.2.1:65536",
		 "\"192.0.2.1:65536\": the port goes from 1 to 65535");
	endpoint("192.0.2.1:http",
		 "\"192.0.2.1:http\": the port goes from 1 to 65535");
	endpoint(
		"2001:db8::1:7000",
		"\"2001:db8::1:7000\": put an IPv6 address into brackets: [2001:db8::1]:7000");
	endpoint(
		"[2001:db8::1]",
		"\"[2001:db8::1]\" has no port: give HOST:PORT, such as 192.0.2.1:7000");
	endpoint("[2001:db8::1:7000", "\"[2001:db8::1:7000\" lacks a ]");
	endpoint(
		"[2001:db8::1]7000",
		"\"[2001:db8::1]7000\" has no port: give HOST:PORT, such as 192.0.2.1:7000");
	endpoint("[192.0.2.1]:7000", "\"192.0.2.1\" is not an IPv6 address");
	endpoint("[fe80::1%nosuchif]:7",
		 "\"fe80::1%nosuchif\": there is no interface nosuchif");
	tap_ok(!endpoint_parse("[fe80::1%77]:7", &got, &fault) &&
		       got.scope == 77 && got.port == 7,
	       "a scope by number");
	tap_ok(endpoint_parse("no.such.host.invalid:7", &got, &fault),
	       "a name that does not resolve is refused");
	tap_has(fault.text,
		"cannot resolve host \"no.such.host.invalid\": ", "and named");
	tap_ok(!endpoint_parse("localhost:7", &got, &fault) && got.port == 7 &&
		       address_len(&got.addr),
	       "a host name is resolved");
}

static void near(const char *typed, const char *wanted)
{
	static const char *const names[] = { "endpoint", "key-file", "port",
					     "bind",	 "bind-dev", "tx",
					     "rx",	 NULL };
	struct nearest nearest = { .word = typed };

	for (size_t i = 0; names[i]; i++)
		nearest_see(&nearest, names[i]);
	tap_is(nearest.name ? nearest.name : "(none)", wanted, typed);
}

static void test_nearest(void)
{
	near("enpoint", "endpoint");
	near("endpiont", "endpoint");
	near("prot", "port");
	near("keyfile", "key-file");
	near("bind_dev", "bind-dev");
	near("key", "key-file");
	near("t", "(none)");
	near("zzz", "(none)");
	near("", "(none)");
	near("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	     "(none)");
}

static void shown(const char *text, const char *wanted)
{
	char line[40];

	tap_is(fault_shown(text, line, sizeof(line)), wanted,
	       "shown on a terminal");
}

static void test_shown(void)
{
	shown("plain \xc3\xa4 \xe2\x82\xac \xc2\xa0", "plain \xc3\xa4 \xe2\x82\xac \xc2\xa0");
	shown("a\nb\x1b[1m\x7f", "a\\x0ab\\x1b[1m\\x7f");
	shown("\xc2\x9b" "1m", "\\xc2\\x9b1m");
	shown("\x9b\xff\xc3", "\\x9b\\xff\\xc3");
	/* as much as fits, but no half of an escape */
	shown("0123456789012345678901234567890123\1\1",
	      "0123456789012345678901234567890123\\x01");
	shown("01234567890123456789012345678901234567890123456789",
	      "012345678901234567890123456789012345");
}

int main(void)
{
	test_shown();
	test_numbers();
	test_switches();
	test_names();
	test_macs();
	test_prefixes();
	test_lists();
	test_endpoints();
	test_nearest();
	return tap_end();
}
