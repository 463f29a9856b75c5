/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The nft table that a default route through the device needs. */
#ifndef CAMEXCTL_FIREWALL_H
#define CAMEXCTL_FIREWALL_H

#include <stdint.h>

#include "config/config.h"

/**
 * firewall_set() - add the table of a mark, in the place of the one that there may be
 * @config: for the addresses of the link
 * @ifindex: the link
 * @mark: the mark of the device's datagrams
 * @port: the UDP port that the device has, 0: none
 * @keeps_mark: what the device receives keeps the mark of its datagram
 *
 * Datagrams for the device get its mark, so that rp_filter looks for the way back where
 * those of the device go; where what they carry would have it too, it is taken off before the
 * device sees them. What comes from elsewhere for an address of the link is dropped:
 * who shares a network with this host cannot find out that address.
 * Where nft is not there or refuses, that is told, if rp_filter is strict.
 */
void firewall_set(const struct config *config, int ifindex, uint32_t mark,
		  uint16_t port, bool keeps_mark);

/* Delete the table of a mark, if there is one. */
void firewall_clear(uint32_t mark);

#endif /* CAMEXCTL_FIREWALL_H */
