/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Whom a device registers as, where nobody has said. */
#ifndef CAMEXCTL_CLIENT_ID_H
#define CAMEXCTL_CLIENT_ID_H

struct call;

/*
 * See to it that the device that the call's first word names has a client-id:
 * else it becomes the MAC of the default route's interface, in 12 upper-case
 * hexadecimal digits. 0, or -1 with the call's fault.
 */
int client_id_ensure(struct call *call);

#endif /* CAMEXCTL_CLIENT_ID_H */
