/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <ctype.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include <linux/camex.h>

#include "text/parse.h"

int parse_number(const char *text, uint32_t max, uint32_t *number,
		 struct fault *fault)
{
	const char *digit = text;
	unsigned int base = 10;
	uint64_t value = 0;

	if (digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X')) {
		base = 16;
		digit += 2;
	}
	if (!*digit)
		goto bad;
	for (; *digit; digit++) {
		unsigned char c = (unsigned char)*digit;
		unsigned int d;

		if (isdigit(c))
			d = c - '0';
		else if (base == 16 && isxdigit(c))
			d = (unsigned int)tolower(c) - 'a' + 10;
		else
			goto bad;
		value = value * base + d;
		if (value > max)
			goto bad;
	}
	*number = (uint32_t)value;
	return 0;
bad:
	return fault_set(fault, "\"%s\" is not a number from 0 to %u", text,
			 max);
}

int parse_switch(const char *text, bool *on, struct fault *fault)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return fault_set(fault, "\"%s\" is neither on nor off", text);
	*on = text[1] == 'n';
	return 0;
}

unsigned int parse_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int len;
	uint32_t code;

	if (s[0] == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	code = s[0] & (0x7fU >> len);
	for (unsigned int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && code < 0x800) || (len == 4 && code < 0x10000) ||
	    code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

int parse_peer_name(const char *text, struct fault *fault)
{
	if (!*text)
		return fault_set(fault, "a peer's name cannot be empty");
	if (strlen(text) > CAMEX_NAME_MAX)
		return fault_set(
			fault,
			"\"%s\" is too long for a peer's name: %zu bytes, at most %d",
			text, strlen(text), CAMEX_NAME_MAX);
	for (const char *c = text; *c;) {
		unsigned int len = parse_utf8(c);

		if (len == 0)
			return fault_set(
				fault,
				"\"%s\" is not a peer's name: it is not UTF-8",
				text);
		if (len == 1 && (isspace((unsigned char)*c) || *c == '/' ||
				 iscntrl((unsigned char)*c)))
			return fault_set(
				fault,
				"\"%s\" is not a peer's name: blanks, '/' and control characters are not allowed",
				text);
		c += len;
	}
	return 0;
}

size_t peer_name_hash(const char *name)
{
	size_t hash = 5381;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		hash = hash * 33 + (c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return hash;
}

int parse_interface_name(const char *text, struct fault *fault)
{
	if (!*text)
		return fault_set(fault, "an interface's name cannot be empty");
	if (strlen(text) >= IFNAMSIZ)
		return fault_set(
			fault,
			"\"%s\" is too long for an interface's name: %zu bytes, at most %d",
			text, strlen(text), IFNAMSIZ - 1);
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return fault_set(fault, "\"%s\" is not an interface's name",
				 text);
	for (const char *c = text; *c; c++)
		if (strchr("/:%", *c) || isspace((unsigned char)*c) ||
		    iscntrl((unsigned char)*c))
			return fault_set(
				fault,
				"\"%s\" is not an interface's name: blanks, '/', ':', '%%' and control characters are not allowed",
				text);
	return 0;
}

int parse_id(const char *text, uint8_t *id, struct fault *fault)
{
	size_t len = 0;

	if (strlen(text) != ID_TEXT - 1 ||
	    sodium_hex2bin(id, CAMEX_ID_LEN, text, ID_TEXT - 1, NULL, &len,
			   NULL) ||
	    len != CAMEX_ID_LEN)
		return fault_set(fault, "\"%s\" is not %d hexadecimal digits",
				 text, ID_TEXT - 1);
	return 0;
}

const char *id_text(const uint8_t *id, char *buf)
{
	return sodium_bin2hex(buf, ID_TEXT, id, CAMEX_ID_LEN);
}

int parse_mac(const char *text, uint8_t *mac, struct fault *fault)
{
	struct ether_addr addr;

	/* ether_aton_r() would take a digit less and a blank at the end */
	if (strlen(text) != MAC_TEXT - 1 ||
	    text[strspn(text, "0123456789abcdefABCDEF:")] ||
	    !ether_aton_r(text, &addr))
		return fault_set(
			fault,
			"\"%s\" is not a MAC address such as 02:00:00:00:00:01",
			text);
	memcpy(mac, &addr, sizeof(addr));
	return 0;
}

char *mac_text(const uint8_t *mac, char *buf)
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return buf;
}
