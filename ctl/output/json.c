/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Output in JSON. */
#include <string.h>
#include <unistd.h>

#include "output/fields.h"
#include "output/output.h"
#include "text/parse.h"

static void add(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_text(struct json_object *object, const char *key,
		     const char *text)
{
	add(object, key, text_json(text));
}

static void add_fields(struct json_object *object, const struct field *field,
		       struct nlattr *const *tb, const struct model_peer *peer)
{
	for (; field->key; field++)
		add(object, field->key, field_json(field, tb, peer));
}

static struct json_object *peers_array(const struct model_device *device)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < device->n_peers; i++) {
		struct json_object *object = json_object_new_object();

		add_fields(object, peer_fields, device->peers[i].tb,
			   &device->peers[i]);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *device_object(const struct model_device *device,
					 bool with_peers)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", device->name);
	add(object, "ifindex", json_object_new_int64(device->ifindex));
	add_fields(object, device_fields, device->tb, NULL);
	if (with_peers)
		add(object, "peers", peers_array(device));
	return object;
}

/* Print and free an object: on one line, or indented for a terminal. */
static int print_json(FILE *out, struct json_object *object, bool line,
		      struct fault *fault)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (!line && isatty(fileno(out)))
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_ext(object, flags);
	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(object);
	return text ? 0 : fault_set(fault, "out of memory");
}

int json_devices(FILE *out, const struct model_devices *devices,
		 bool with_peers, struct fault *fault)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < devices->n; i++)
		json_object_array_add(list, device_object(&devices->list[i],
							  with_peers));
	return print_json(out, list, false, fault);
}

int json_peers(FILE *out, const struct model_device *device,
	       struct fault *fault)
{
	return print_json(out, peers_array(device), false, fault);
}

int json_routes(FILE *out, const struct model_routes *routes,
		struct fault *fault)
{
	struct json_object *list = json_object_new_array();
	char prefix[PREFIX_TEXT];

	for (size_t i = 0; i < routes->n; i++) {
		const struct model_route *route = &routes->list[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "prefix", prefix_text(&route->prefix, prefix));
		add_text(object, "peer", route->peer);
		json_object_array_add(list, object);
	}
	return print_json(out, list, false, fault);
}

int json_stations(FILE *out, const struct model_stations *stations,
		  struct fault *fault)
{
	struct json_object *list = json_object_new_array();
	char mac[MAC_TEXT];

	for (size_t i = 0; i < stations->n; i++) {
		const struct model_station *station = &stations->list[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "mac", mac_text(station->mac, mac));
		add(object, "vlan",
		    station->vlan ? json_object_new_int(station->vlan) : NULL);
		add_text(object, "peer", station->peer);
		add(object, "static", json_object_new_boolean(station->fixed));
		add(object, "age",
		    station->fixed ? NULL :
				     json_object_new_int64(station->age));
		json_object_array_add(list, object);
	}
	return print_json(out, list, false, fault);
}

int json_stats(FILE *out, const uint64_t *counters, const bool *given,
	       struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	for (int i = 1; i <= CAMEX_A_STATS_MAX; i++) {
		struct json_object *value = NULL;

		if (!counters_known[i].name)
			continue;
		if (given[i])
			value = json_object_new_uint64(counters[i]);
		add(object, counters_known[i].name, value);
	}
	return print_json(out, object, false, fault);
}

int json_event(FILE *out, const struct model_event *event, int64_t now,
	       struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	add(object, "event",
	    json_object_new_string(choice_name(event_choices, event->event)));
	add_text(object, "dev", event->name);
	add_fields(object, event_fields, event->peer, NULL);
	if (event->event == CAMEX_EVENT_CONFIG)
		add(object, "profile",
		    field_json(field_find(peer_fields, "profile"), event->peer,
			       NULL));
	add(object, "time_ms", json_object_new_int64(now));
	return print_json(out, object, true, fault);
}

int json_hook(FILE *out, const struct hook_link *link, const char *event,
	      const char *what, int number, struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "event", "hook");
	add_text(object, "dev", link->dev);
	add_text(object, "peer", link->peer);
	add(object, "id", *link->id ? text_json(link->id) : NULL);
	add_text(object, "link", link->link);
	add_text(object, "hook", event);
	add(object, "status",
	    what && !strcmp(what, "status") ? json_object_new_int(number) :
					      NULL);
	add(object, "signal",
	    what && !strcmp(what, "signal") ? json_object_new_int(number) :
					      NULL);
	return print_json(out, object, true, fault);
}

int json_changes(FILE *out, unsigned int added, unsigned int changed,
		 unsigned int removed, char *const *changes, size_t n,
		 struct fault *fault)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	add(object, "added", json_object_new_int64(added));
	add(object, "changed", json_object_new_int64(changed));
	add(object, "removed", json_object_new_int64(removed));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, text_json(changes[i]));
	add(object, "changes", list);
	return print_json(out, object, false, fault);
}

int json_resolved(FILE *out, const char *dev, const char *peer,
		  const char *name, const char *endpoint, struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "dev", dev);
	add_text(object, "peer", peer);
	add_text(object, "name", name);
	add_text(object, "endpoint", endpoint);
	return print_json(out, object, true, fault);
}
