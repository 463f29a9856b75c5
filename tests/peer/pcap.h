/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Captures. */
#ifndef PEER_PCAP_H
#define PEER_PCAP_H

#include "datagram.h"

/**
 * pcap_decode() - take all UDP datagrams of a capture apart and build them again
 * @path: a pcap file of Ethernet frames
 * @mode: what is around each packet
 * @key: KEY_LEN bytes, for ENCRYPTED alone
 *
 * Each datagram is logged like one that has come; it is "ignored" when other
 * bytes came out. Says on standard error what else is wrong.
 *
 * Return: true if each was good, and was rebuilt.
 */
bool pcap_decode(const char *path, enum mode mode, const uint8_t *key);

#endif /* PEER_PCAP_H */
