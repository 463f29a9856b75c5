/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Parsers of numbers and names: pure functions that return 0, or -1 with the reason. */
#ifndef CAMEXCTL_PARSE_H
#define CAMEXCTL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/camex.h>

#include "text/fault.h"

/* 16 digits and NUL */
#define ID_TEXT (2 * CAMEX_ID_LEN + 1)

/**
 * parse_number() - parse a whole number, decimal or, after 0x, hexadecimal
 * @text: the word; no blanks, no sign
 * @max: the largest number that is allowed
 * @number: the result
 * @fault: the reason of a failure
 */
int parse_number(const char *text, uint32_t max, uint32_t *number,
		 struct fault *fault);

/* on or off */
int parse_switch(const char *text, bool *on, struct fault *fault);

/* The name of a peer: 1 to 31 bytes of UTF-8, no blank, no '/', no control. */
int parse_peer_name(const char *text, struct fault *fault);

/* Hash a name, ignoring the case of ASCII letters, as the kernel does with names of peers. */
size_t peer_name_hash(const char *name);

/* The name of an interface, by the kernel's rules. */
int parse_interface_name(const char *text, struct fault *fault);

/* An identifier of protocol jtunnel, CAMEX_ID_LEN bytes: 16 hexadecimal digits. */
int parse_id(const char *text, uint8_t *id, struct fault *fault);

/* Format an identifier into a buffer of ID_TEXT bytes, which is returned. */
const char *id_text(const uint8_t *id, char *buf);

#define MAC_LEN 6
#define MAC_TEXT 18

/* A MAC address, such as 02:00:00:00:00:01. */
int parse_mac(const char *text, uint8_t *mac, struct fault *fault);
char *mac_text(const uint8_t *mac, char *buf);

/* Get the length of the valid UTF-8 sequence at the start of text; 0 if there is none. */
unsigned int parse_utf8(const char *text);

#endif /* CAMEXCTL_PARSE_H */
