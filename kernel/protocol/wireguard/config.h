/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration of protocol wireguard, for its netlink attributes and for WireGuard's own
 * netlink interface. All functions need RTNL, and may sleep.
 */
#ifndef CAMEX_WG_CONFIG_H
#define CAMEX_WG_CONFIG_H

#include <linux/types.h>

struct camex_dev;
struct camex_peer;

int camex_wg_set_private_key(struct camex_dev *cdev, const u8 *key);
bool camex_wg_private_key(const struct camex_dev *cdev, u8 *key);
bool camex_wg_public_key(const struct camex_dev *cdev, u8 *key);
struct camex_peer *camex_wg_peer_find(struct camex_dev *cdev, const u8 *public_key);
struct camex_peer *camex_wg_peer_new(struct camex_dev *cdev, const char *name,
				     const u8 *public_key, u32 cipher);
int camex_wg_peer_set_public(struct camex_peer *peer, const u8 *public_key);
void camex_wg_peer_set_cipher(struct camex_peer *peer, u32 cipher);
u32 camex_wg_peer_cipher(const struct camex_peer *peer);
void camex_wg_peer_public_key(const struct camex_peer *peer, u8 *key);
void camex_wg_peer_set_preshared(struct camex_peer *peer, const u8 *key);
bool camex_wg_peer_preshared(const struct camex_peer *peer, u8 *key);
u64 camex_wg_peer_last_handshake(const struct camex_peer *peer);
bool camex_wg_peer_handshake_age(const struct camex_peer *peer, u64 *msecs);
void camex_wg_peer_flush(struct camex_peer *peer);

/* kept_cipher.c */
int camex_wg_ciphers_keep(struct camex_dev *cdev, u32 portid);
void camex_wg_ciphers_retain(struct camex_dev *cdev);
void camex_wg_ciphers_forget(struct camex_dev *cdev, u32 portid);
u32 camex_wg_cipher_kept(const struct camex_dev *cdev, const u8 *public_key);

#endif /* CAMEX_WG_CONFIG_H */
