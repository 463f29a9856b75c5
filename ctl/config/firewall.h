/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The nft table that a default route through the device needs. */
#ifndef CAMEXCTL_FIREWALL_H
#define CAMEXCTL_FIREWALL_H

#include <stdint.h>

#include "config/config.h"

/**
 * firewall_set() - add the table of a mark, or replace it
 * @config: has the addresses of the link
 * @ifindex: the link
 * @mark: the mark of the device's datagrams
 * @port: the UDP port of the device; 0: none
 * @keeps_mark: received packets keep the mark of their datagram
 *
 * Datagrams for the device get its mark, so that rp_filter looks up the route that the device's
 * own datagrams take. If inner packets would keep the mark, it is removed before the device gets
 * the datagram. Packets for an address of the link that arrive elsewhere are dropped, so that hosts
 * of the same network cannot find out this address.
 * If nft is missing or fails, and rp_filter is strict, a warning says so.
 */
void firewall_set(const struct config *config, int ifindex, uint32_t mark,
		  uint16_t port, bool keeps_mark);

/* Delete the table of a mark, if there is one. */
void firewall_clear(uint32_t mark);

#endif /* CAMEXCTL_FIREWALL_H */
