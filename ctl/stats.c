/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Counters of a device. */
#include "command.h"
#include "output.h"

/* clang-format off */
const struct counter counters_known[CAMEX_A_STATS_MAX + 1] = {
	[CAMEX_A_STATS_MALFORMED] = {
		"malformed", "datagrams that no format fits" },
	[CAMEX_A_STATS_NOT_IP] = {
		"not_ip", "packets that are neither IPv4 nor IPv6" },
	[CAMEX_A_STATS_UNKNOWN_PEER] = {
		"unknown_peer", "datagrams from nobody known here" },
	[CAMEX_A_STATS_AUTH_FAILED] = {
		"auth_failed", "datagrams that no key opens" },
	[CAMEX_A_STATS_REPLAYED] = {
		"replayed", "datagrams seen before, or too old" },
	[CAMEX_A_STATS_BAD_SOURCE] = {
		"bad_source", "inner sources outside of their peer's routes" },
	[CAMEX_A_STATS_NO_ROUTE] = {
		"no_route", "packets to where no peer is" },
	[CAMEX_A_STATS_NO_KEY] = {
		"no_key", "packets to a peer without a key, or while the machine hibernates" },
	[CAMEX_A_STATS_NO_ENDPOINT] = {
		"no_endpoint", "packets to a peer without an endpoint, or no way to it" },
	[CAMEX_A_STATS_PLAINTEXT_REFUSED] = {
		"plaintext_refused", "plain datagrams where a key is needed" },
	[CAMEX_A_STATS_TOO_BIG] = {
		"too_big", "packets larger than fits" },
	[CAMEX_A_STATS_TTL_EXPIRED] = {
		"ttl_expired", "relayed packets at the end of their TTL" },
	[CAMEX_A_STATS_LOOP] = {
		"loop", "packets whose way to the peer leads into the tunnel" },
	[CAMEX_A_STATS_LINK_PENDING] = {
		"link_pending", "datagrams whose peer's link is not made yet" },
	[CAMEX_A_STATS_NETPOLL_FALLBACK] = {
		"netpoll_fallback", "datagrams sent by udp because netpoll could not" },
	[CAMEX_A_STATS_RX_NETFILTER] = {
		"rx_netfilter", "datagrams taken by the netfilter hook" },
	[CAMEX_A_STATS_FDB_FULL] = {
		"fdb_full", "addresses not learned: table full" },
	[CAMEX_A_STATS_QUEUE_FULL] = {
		"queue_full", "packets dropped: queue full" },
	[CAMEX_A_STATS_NO_MEMORY] = {
		"no_memory", "packets dropped: out of memory" },
	[CAMEX_A_STATS_RATE_LIMITED] = {
		"rate_limited", "datagrams dropped: over a limit" },
	[CAMEX_A_STATS_NO_DEVICE] = {
		"no_device", "packets while the interface of bind-dev, or of an endpoint, is not there" },
};
/* clang-format on */

struct stats_sink {
	struct call *call;
	uint64_t counters[CAMEX_A_STATS_MAX + 1];
	bool given[CAMEX_A_STATS_MAX + 1];
};

static int stats_message(struct nlmsghdr *hdr, void *arg)
{
	struct stats_sink *s = arg;

	return model_stats_read(s->counters, s->given, hdr, &s->call->fault);
}

int stats(struct call *call)
{
	struct stats_sink s = { .call = call };
	const struct conn_sink sink = { .message = stats_message, .arg = &s };
	struct nl_msg *msg = call_message(call, CAMEX_CMD_STATS_GET, 0);

	if (!msg || call_send(call, msg, &sink))
		return -1;
	if (call->json)
		return json_stats(stdout, s.counters, s.given, &call->fault);
	print_colours(stdout);
	print_stats(stdout, s.counters, s.given);
	return 0;
}
