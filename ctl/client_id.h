/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The default client-id of a device. */
#ifndef CAMEXCTL_CLIENT_ID_H
#define CAMEXCTL_CLIENT_ID_H

struct call;

/*
 * If the device that the call's first word names has no client-id, set it to the
 * MAC of the default route's interface, in 12 upper-case hexadecimal digits.
 * Returns 0, or -1 with the call's fault.
 */
int client_id_ensure(struct call *call);

#endif /* CAMEXCTL_CLIENT_ID_H */
