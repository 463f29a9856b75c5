// SPDX-License-Identifier: GPL-2.0-only
/* Protocol raw: a bare IP packet or Ethernet frame is the whole datagram. */
#include "core/protocol.h"
#include "datapath/plain.h"

static int is_ready(const struct camex_peer *peer)
{
	return 0;
}

const struct camex_protocol_ops camex_protocol_raw = {
	.bare = true,
	.no_keys = "this protocol carries no keys: use protocol camex",
	.ready = is_ready,
	.seal = camex_plain_seal,
	.open = camex_plain_open,
};
