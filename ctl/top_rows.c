/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Samples of all peers, rates between two samples, filter and sort order. */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/fields.h"
#include "text/clock.h"
#include "top.h"

static uint64_t number_of_field(const struct model_peer *peer, const char *key,
				uint64_t otherwise)
{
	uint64_t number;

	if (!field_number(field_find(peer_fields, key), peer->tb, &number))
		return otherwise;
	return number;
}

static int compare_places(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void fill_row(struct top_row *row, const struct model_device *device,
		     const struct model_peer *peer)
{
	memset(row, 0, sizeof(*row));
	memcpy(row->dev, device->name, sizeof(row->dev));
	row->ifindex = device->ifindex;
	snprintf(row->name, sizeof(row->name), "%s", peer->name);
	row->state = (uint32_t)number_of_field(peer, "state", UINT32_MAX);
	row->has_endpoint = model_endpoint(peer->tb, CAMEX_A_PEER_ENDPOINT_ADDR,
					   &row->endpoint);
	row->seen = number_of_field(peer, "last_seen_ms", UINT64_MAX);
	row->handshake = number_of_field(peer, "last_handshake_ms", UINT64_MAX);
	row->rx_bytes = number_of_field(peer, "rx_bytes", 0);
	row->tx_bytes = number_of_field(peer, "tx_bytes", 0);
	row->packets = number_of_field(peer, "rx_packets", 0) +
		       number_of_field(peer, "tx_packets", 0);
	row->drops = number_of_field(peer, "rx_dropped", 0) +
		     number_of_field(peer, "tx_dropped", 0);
}

/* A counter that went down belongs to a new peer of the same name. */
static double rate_of(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

static void compare_samples(struct top_row *row, const struct top_rows *before,
			    int64_t when)
{
	const struct top_row *old = NULL;
	double seconds = (double)(when - before->when) / 1000;

	if (before->n)
		old = bsearch(row, before->list, before->n, sizeof(*row),
			      compare_places);
	if (!old || seconds <= 0)
		return;
	row->rx_rate = rate_of(row->rx_bytes, old->rx_bytes, seconds);
	row->tx_rate = rate_of(row->tx_bytes, old->tx_bytes, seconds);
	row->packet_rate = rate_of(row->packets, old->packets, seconds);
	row->drop_rate = rate_of(row->drops, old->drops, seconds);
	memcpy(row->history, old->history + 1,
	       (TOP_HISTORY - 1) * sizeof(row->history[0]));
	row->history[TOP_HISTORY - 1] = (float)(row->rx_rate + row->tx_rate);
}

static int add_device(struct top_rows *rows, const struct model_device *device,
		      struct fault *fault)
{
	struct top_row *list;

	if (!device->n_peers)
		return 0;
	list = reallocarray(rows->list, rows->n + device->n_peers,
			    sizeof(*list));
	if (!list)
		return fault_set(fault, "out of memory");
	rows->list = list;
	for (size_t i = 0; i < device->n_peers; i++)
		fill_row(&list[rows->n++], device, &device->peers[i]);
	return 0;
}

int top_sample(struct call *call, const struct top_rows *before,
	       struct top_rows *rows)
{
	struct model_devices devices = {};
	int status = query_devices(call, call->word[0], &devices);

	memset(rows, 0, sizeof(*rows));
	rows->when = clock_ms();
	for (size_t i = 0; i < devices.n && !status; i++) {
		status = query_peers(call, &devices.list[i], NULL);
		/* skip a device deleted meanwhile */
		if (status && call->gone && !call->word[0]) {
			status = 0;
			continue;
		}
		if (!status)
			status = add_device(rows, &devices.list[i],
					    &call->fault);
		rows->devices++;
	}
	model_devices_clear(&devices);
	if (status)
		return -1;
	if (rows->n)
		qsort(rows->list, rows->n, sizeof(*rows->list), compare_places);
	for (size_t i = 0; i < rows->n; i++)
		compare_samples(&rows->list[i], before, rows->when);
	return 0;
}

void top_clear(struct top_rows *rows)
{
	free(rows->list);
	memset(rows, 0, sizeof(*rows));
}

static bool is_selected(const struct top_row *row, const struct top_view *view)
{
	char text[ENDPOINT_TEXT];

	if (!view->filter[0] || strcasestr(row->name, view->filter) ||
	    strcasestr(row->dev, view->filter) ||
	    strcasestr(choice_name(state_choices, row->state), view->filter))
		return true;
	return row->has_endpoint &&
	       strcasestr(endpoint_text(&row->endpoint, text), view->filter);
}

/* Compare for descending order. */
static int larger(double a, double b)
{
	return a > b ? -1 : a < b;
}

static const struct top_view *sorted_by;

static int compare_rows(const void *a, const void *b)
{
	const struct top_row *x = *(const struct top_row *const *)a;
	const struct top_row *y = *(const struct top_row *const *)b;
	int order = 0;

	switch (sorted_by->order) {
	case TOP_BY_RATE:
		order = larger(x->rx_rate + x->tx_rate,
			       y->rx_rate + y->tx_rate);
		break;
	case TOP_BY_RECEIVED:
		order = larger(x->rx_rate, y->rx_rate);
		break;
	case TOP_BY_SENT:
		order = larger(x->tx_rate, y->tx_rate);
		break;
	case TOP_BY_PACKETS:
		order = larger(x->packet_rate, y->packet_rate);
		break;
	case TOP_BY_DROPS:
		order = larger(x->drop_rate, y->drop_rate);
		break;
	case TOP_BY_HEARD:
		order = sorted_by->handshakes ?
				larger((double)y->handshake,
				       (double)x->handshake) :
				larger((double)y->seen, (double)x->seen);
		break;
	case TOP_BY_STATE:
		order = strcmp(choice_name(state_choices, x->state),
			       choice_name(state_choices, y->state));
		break;
	default:
		break;
	}
	if (!order)
		order = strcmp(x->dev, y->dev);
	if (!order)
		order = strcmp(x->name, y->name);
	return sorted_by->backwards ? -order : order;
}

const struct top_row **top_select(const struct top_rows *rows,
				  const struct top_view *view, size_t *n)
{
	const struct top_row **list = calloc(rows->n + 1, sizeof(void *));

	*n = 0;
	if (!list)
		return NULL;
	for (size_t i = 0; i < rows->n; i++)
		if (is_selected(&rows->list[i], view))
			list[(*n)++] = &rows->list[i];
	sorted_by = view;
	qsort(list, *n, sizeof(void *), compare_rows);
	return list;
}

const char *top_order_name(enum top_order order)
{
	static const char *const names[TOP_ORDERS] = {
		[TOP_BY_RATE] = "rate",		[TOP_BY_NAME] = "name",
		[TOP_BY_RECEIVED] = "received", [TOP_BY_SENT] = "sent",
		[TOP_BY_PACKETS] = "packets",	[TOP_BY_DROPS] = "drops",
		[TOP_BY_HEARD] = "heard",	[TOP_BY_STATE] = "state",
	};

	return names[order];
}
