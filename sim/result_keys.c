/* SPDX-License-Identifier: Apache-2.0 */
#include "result_keys.h"

#include "amount.h"
#include "cmd.h"

#include <errno.h>
#include <string.h>

enum key_kind {
	KEY_OBJECT,
	KEY_LIST,
	KEY_TEXT,
	KEY_COUNT, /* an integer, 0 or more */
	KEY_DECIMAL, /* a number, 0 or more */
	KEY_ID, /* a count or null */
	KEY_SIZE, /* a count or text */
};

#define KEY_OPTIONAL 0x80 /* may be missing where its object is there */

struct key {
	const char *path; /* '*': each key of an object, '#': each element of a list */
	uint8_t kind; /* enum key_kind, KEY_OPTIONAL */
};

#define CACHE_KEYS "caches.*."
#define PROFILE    "profile.caches.*."
#define MATCHES(path)                                                     \
	{path, KEY_OBJECT | KEY_OPTIONAL}, {path ".compared", KEY_COUNT}, \
		{path ".matched", KEY_COUNT},                             \
	{                                                                 \
		path ".mismatched", KEY_COUNT                             \
	}
#define LATENCY(part)                                                                           \
	{part, KEY_OBJECT | KEY_OPTIONAL}, {part ".count", KEY_COUNT},                          \
		{part ".min_ns", KEY_DECIMAL}, {part ".mean_ns", KEY_DECIMAL},                  \
		{part ".p50_ns", KEY_DECIMAL}, {part ".p90_ns", KEY_DECIMAL},                   \
		{part ".p99_ns", KEY_DECIMAL}, {part ".p999_ns", KEY_DECIMAL},                  \
		{part ".max_ns", KEY_DECIMAL}, {part ".histogram", KEY_LIST},                   \
		{part ".histogram.#", KEY_OBJECT}, {part ".histogram.#.below_ns", KEY_DECIMAL}, \
	{                                                                                       \
		part ".histogram.#.count", KEY_COUNT                                            \
	}

/* A key stands behind the object that it is in. */
static const struct key keys[] = {
	{"version", KEY_TEXT | KEY_OPTIONAL},
	{"trace", KEY_OBJECT},
	{"trace.file", KEY_TEXT},
	{"trace.records", KEY_COUNT},
	{"trace.arch", KEY_TEXT},
	{"trace.level", KEY_TEXT | KEY_OPTIONAL},
	{"machine", KEY_OBJECT},
	{"machine.arch", KEY_TEXT},
	{"machine.caches", KEY_OBJECT | KEY_OPTIONAL},
	{"machine.caches.*", KEY_OBJECT},
	{"machine.caches.*.entries", KEY_COUNT},
	{"machine.timing", KEY_OBJECT | KEY_OPTIONAL},
	{"dma", KEY_OBJECT},
	{"dma.count", KEY_COUNT},
	{"dma.ok", KEY_COUNT},
	{"dma.faulted", KEY_COUNT},
	{"dma.bytes", KEY_COUNT},
	{"dma.by_page_size", KEY_OBJECT | KEY_OPTIONAL},
	{"dma.by_page_size.*", KEY_COUNT},
	{"dma.pages", KEY_LIST | KEY_OPTIONAL},
	{"dma.pages.#", KEY_OBJECT},
	{"dma.pages.#.size", KEY_SIZE},
	{"dma.pages.#.accesses", KEY_COUNT},
	{"dma.pages.#.references", KEY_COUNT},
	{"dma.pages.#.iotlb_misses", KEY_COUNT},
	{"dma.ats_requests", KEY_COUNT | KEY_OPTIONAL},
	{"dma.ats_answered", KEY_COUNT | KEY_OPTIONAL},
	{"faults", KEY_OBJECT | KEY_OPTIONAL},
	{"faults.*", KEY_COUNT},
	{"references", KEY_OBJECT | KEY_OPTIONAL},
	{"references.total", KEY_COUNT},
	{"references.by_kind", KEY_OBJECT},
	{"references.by_kind.*", KEY_COUNT},
	{"references.by_level", KEY_OBJECT | KEY_OPTIONAL},
	{"references.by_level.*", KEY_LIST},
	{"references.by_level.*.#", KEY_COUNT},
	{"references.flag_updates", KEY_COUNT | KEY_OPTIONAL},
	{"caches", KEY_OBJECT | KEY_OPTIONAL},
	{"caches.*", KEY_OBJECT},
	{CACHE_KEYS "lookups", KEY_COUNT},
	{CACHE_KEYS "hits", KEY_COUNT},
	{CACHE_KEYS "misses", KEY_COUNT},
	{CACHE_KEYS "fills", KEY_COUNT},
	{CACHE_KEYS "evictions", KEY_COUNT},
	{CACHE_KEYS "invalidated", KEY_COUNT},
	{"commands", KEY_OBJECT | KEY_OPTIONAL},
	{"commands.total", KEY_COUNT},
	{"commands.by_type", KEY_OBJECT},
	{"commands.by_type.*", KEY_COUNT},
	{"commands.waits", KEY_COUNT},
	{"commands.fetches", KEY_COUNT | KEY_OPTIONAL},
	{"commands.removed_otherwise", KEY_COUNT | KEY_OPTIONAL},
	{"commands.removed", KEY_OBJECT | KEY_OPTIONAL},
	{"commands.removed.*", KEY_OBJECT},
	{"commands.removed.*.commands", KEY_COUNT},
	{"commands.removed.*.entries", KEY_COUNT},
	{"commands.removed.*.none", KEY_COUNT},
	{"commands.removed.*.max", KEY_COUNT},
	{"profile", KEY_OBJECT | KEY_OPTIONAL},
	{"profile.caches", KEY_OBJECT},
	{"profile.caches.*", KEY_OBJECT},
	{PROFILE "classes", KEY_OBJECT},
	{PROFILE "classes.*", KEY_COUNT},
	{PROFILE "reuse", KEY_OBJECT},
	{PROFILE "reuse.cold", KEY_COUNT},
	{PROFILE "reuse.histogram", KEY_LIST},
	{PROFILE "reuse.histogram.#", KEY_OBJECT},
	{PROFILE "reuse.histogram.#.below", KEY_COUNT},
	{PROFILE "reuse.histogram.#.count", KEY_COUNT},
	{PROFILE "working_set", KEY_OBJECT},
	{PROFILE "working_set.tags", KEY_COUNT},
	{PROFILE "working_set.windows", KEY_LIST},
	{PROFILE "working_set.windows.#", KEY_OBJECT},
	{PROFILE "working_set.windows.#.requests", KEY_COUNT},
	{PROFILE "working_set.windows.#.mean", KEY_DECIMAL},
	{PROFILE "working_set.windows.#.max", KEY_COUNT},
	{PROFILE "sizes", KEY_LIST},
	{PROFILE "sizes.#", KEY_OBJECT},
	{PROFILE "sizes.#.entries", KEY_COUNT},
	{PROFILE "sizes.#.misses", KEY_COUNT},
	{"time", KEY_OBJECT | KEY_OPTIONAL},
	{"time.walk_ns", KEY_DECIMAL},
	{"time.invalidate_ns", KEY_DECIMAL},
	{"time.total_ns", KEY_DECIMAL},
	{"time.model", KEY_TEXT | KEY_OPTIONAL},
	{"time.requests", KEY_OBJECT | KEY_OPTIONAL},
	{"time.requests.count", KEY_COUNT},
	{"time.requests.throughput_mps", KEY_DECIMAL},
	{"time.latency", KEY_OBJECT | KEY_OPTIONAL},
	LATENCY("time.latency.*"),
	{"time.by_part", KEY_OBJECT | KEY_OPTIONAL},
	{"time.by_part.*", KEY_DECIMAL},
	{"time.walkers", KEY_OBJECT | KEY_OPTIONAL},
	{"time.walkers.*", KEY_DECIMAL},
	{"time.memory", KEY_OBJECT | KEY_OPTIONAL},
	{"time.memory.*", KEY_DECIMAL},
	{"time.series", KEY_LIST | KEY_OPTIONAL},
	{"time.series.#", KEY_OBJECT},
	{"time.series.#.start_ns", KEY_DECIMAL},
	{"time.series.#.requests", KEY_COUNT},
	{"time.series.#.iotlb_misses", KEY_COUNT},
	{"time.series.#.references", KEY_COUNT},
	{"time.series.#.commands", KEY_COUNT},
	{"time.series.#.removed", KEY_COUNT},
	{"time.series.#.stale_accesses", KEY_COUNT},
	MATCHES("recorded"),
	MATCHES("recorded.commands"),
	MATCHES("recorded.stores"),
	MATCHES("recorded.faults"),
	{"recorded.stale", KEY_OBJECT | KEY_OPTIONAL},
	{"recorded.stale.reproduced", KEY_COUNT},
	{"recorded.stale.not_reproduced", KEY_COUNT},
	{"recorded.stale.beyond_record", KEY_COUNT},
	{"recorded.stale.lazy_window", KEY_COUNT},
	{"recorded.stale.answers", KEY_LIST | KEY_OPTIONAL},
	{"recorded.stale.answers.#", KEY_OBJECT},
	{"recorded.stale.answers.#.record", KEY_COUNT},
	{"recorded.stale.answers.#.requester", KEY_TEXT},
	{"recorded.stale.answers.#.address", KEY_TEXT},
	{"recorded.stale.answers.#.pa", KEY_TEXT},
	{"recorded.stale.answers.#.staleness", KEY_TEXT},
	{"recorded.mismatches", KEY_LIST | KEY_OPTIONAL},
	{"recorded.mismatches.#", KEY_OBJECT},
	{"recorded.mismatches.#.record", KEY_COUNT},
	{"recorded.mismatches.#.what", KEY_TEXT},
	{"recorded.mismatches.#.requester", KEY_TEXT},
	{"recorded.mismatches.#.address", KEY_TEXT},
	{"recorded.mismatches.#.recorded", KEY_TEXT},
	{"recorded.mismatches.#.found", KEY_TEXT},
	{"rules", KEY_OBJECT | KEY_OPTIONAL},
	{"rules.checked", KEY_COUNT},
	{"rules.broken", KEY_OBJECT},
	{"rules.broken.*", KEY_COUNT},
	{"rules.unjudged", KEY_COUNT | KEY_OPTIONAL},
	{"rules.stale_window", KEY_OBJECT | KEY_OPTIONAL},
	{"rules.stale_window.count", KEY_COUNT},
	{"rules.stale_window.accesses", KEY_COUNT},
	{"rules.stale_window.longest_ns", KEY_COUNT},
	{"rules.stale_window.total_ns", KEY_COUNT},
	{"rules.violations", KEY_LIST | KEY_OPTIONAL},
	{"rules.violations.#", KEY_OBJECT},
	{"rules.violations.#.rule", KEY_TEXT},
	{"rules.violations.#.record", KEY_COUNT},
	{"rules.violations.#.requester", KEY_TEXT},
	{"rules.violations.#.pasid", KEY_TEXT | KEY_OPTIONAL},
	{"rules.violations.#.address", KEY_TEXT},
	{"rules.violations.#.page", KEY_TEXT},
	{"rules.violations.#.since", KEY_COUNT},
	{"requesters", KEY_OBJECT | KEY_OPTIONAL},
	{"requesters.*", KEY_OBJECT},
	{"requesters.*.count", KEY_COUNT},
	{"requesters.*.ok", KEY_COUNT},
	{"requesters.*.faulted", KEY_COUNT},
	{"requesters.*.bytes", KEY_COUNT},
	{"requesters.*.references", KEY_COUNT},
	{"requesters.*.iotlb_misses", KEY_COUNT},
	{"requesters.*.by_pasid", KEY_LIST | KEY_OPTIONAL},
	{"requesters.*.by_pasid.#", KEY_OBJECT},
	{"requesters.*.by_pasid.#.pasid", KEY_ID},
	{"requesters.*.by_pasid.#.count", KEY_COUNT},
	{"requesters.*.by_pasid.#.ok", KEY_COUNT},
	{"requesters.*.by_pasid.#.faulted", KEY_COUNT},
	{"requesters.*.by_pasid.#.bytes", KEY_COUNT},
	{"requesters.*.by_pasid.#.references", KEY_COUNT},
	{"requesters.*.by_pasid.#.iotlb_misses", KEY_COUNT},
	{"driver", KEY_OBJECT | KEY_OPTIONAL},
	{"driver.windows", KEY_OBJECT | KEY_OPTIONAL},
	{"driver.windows.count", KEY_COUNT},
	{"driver.windows.open", KEY_COUNT},
	{"driver.windows.length", KEY_OBJECT},
	{"driver.windows.length.mean_ns", KEY_DECIMAL},
	{"driver.windows.length.max_ns", KEY_DECIMAL},
	{"driver.windows.length.total_ns", KEY_DECIMAL},
	{"driver.windows.length.histogram", KEY_LIST},
	{"driver.windows.length.histogram.#", KEY_OBJECT},
	{"driver.windows.length.histogram.#.below_ns", KEY_DECIMAL},
	{"driver.windows.length.histogram.#.count", KEY_COUNT},
	{"driver.windows.accesses", KEY_OBJECT},
	{"driver.windows.accesses.mean", KEY_DECIMAL},
	{"driver.windows.accesses.max", KEY_COUNT},
	{"driver.windows.accesses.total", KEY_COUNT},
	{"driver.windows.accesses.histogram", KEY_LIST},
	{"driver.windows.accesses.histogram.#", KEY_OBJECT},
	{"driver.windows.accesses.histogram.#.below", KEY_DECIMAL},
	{"driver.windows.accesses.histogram.#.count", KEY_COUNT},
	{"registers", KEY_OBJECT | KEY_OPTIONAL},
	{"registers.*", KEY_COUNT},
	{"counters", KEY_OBJECT | KEY_OPTIONAL},
	{"counters.*", KEY_COUNT},
};

/* ---- Kinds ---------------------------------------------------------------------------------- */

static bool is_count(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool is_decimal(const json_t *value)
{
	struct amount amount;

	return amount_read(value, &amount) == 0 && amount.milli >= 0;
}

static bool is_kind(const json_t *value, unsigned kind)
{
	switch (kind & ~(unsigned)KEY_OPTIONAL) {
	case KEY_OBJECT:
		return json_is_object(value);
	case KEY_LIST:
		return json_is_array(value);
	case KEY_TEXT:
		return json_is_string(value);
	case KEY_COUNT:
		return is_count(value);
	case KEY_DECIMAL:
		return is_decimal(value);
	case KEY_ID:
		return json_is_null(value) || is_count(value);
	case KEY_SIZE:
		return json_is_string(value) || is_count(value);
	default:
		return true;
	}
}

static const char *kind_expected(unsigned kind)
{
	static const char *const texts[] = {
		[KEY_OBJECT] = "an object",
		[KEY_LIST] = "a list",
		[KEY_TEXT] = "text",
		[KEY_COUNT] = "a count, an integer of 0 or more",
		[KEY_DECIMAL] = "a number from 0 to 2^63 - 1",
		[KEY_ID] = "a count or null",
		[KEY_SIZE] = "a count or text",
	};

	return texts[kind & ~(unsigned)KEY_OPTIONAL];
}

static const char *found_text(const json_t *found, char *buffer, size_t size)
{
	if (!found)
		return "nothing";
	switch (json_typeof(found)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		snprintf(buffer, size, "text '%.40s'", json_string_value(found));
		return buffer;
	case JSON_INTEGER:
		snprintf(buffer, size, "%" JSON_INTEGER_FORMAT, json_integer_value(found));
		return buffer;
	case JSON_REAL:
		snprintf(buffer, size, "%g", json_real_value(found));
		return buffer;
	default:
		return json_is_null(found) ? "null" : json_is_true(found) ? "true" : "false";
	}
}

void result_keys_refuse(const struct position *at, const char *key, const json_t *found,
			const char *expected, struct message *message)
{
	char buffer[64];

	message_error(message, at, "%s%sfound %s, expected %s", key, *key ? ": " : "",
		      found_text(found, buffer, sizeof(buffer)), expected);
}

/* ---- Walking a path ---------------------------------------------------------------------------- */

struct checking {
	const struct key *key;
	const struct position *at;
	struct message *message;
	char place[256]; /* the path so far, without stars */
};

/* Appends ".name" to the place; returns its length before. */
static size_t enter(struct checking *c, const char *name)
{
	size_t length = strlen(c->place);

	snprintf(c->place + length, sizeof(c->place) - length, "%s%.80s", length ? "." : "", name);
	return length;
}

static bool check_at(struct checking *c, const json_t *value, const char *path);

static bool check_members(struct checking *c, const json_t *object, const char *path)
{
	const char *name;
	json_t *member;

	json_object_foreach ((json_t *)object, name, member) {
		size_t length = enter(c, name);

		if (!check_at(c, member, path))
			return false;
		c->place[length] = '\0';
	}
	return true;
}

static bool check_elements(struct checking *c, const json_t *list, const char *path)
{
	char number[24];
	json_t *element;
	size_t i;

	json_array_foreach (list, i, element) {
		size_t length;

		snprintf(number, sizeof(number), "%zu", i);
		length = enter(c, number);
		if (!check_at(c, element, path))
			return false;
		c->place[length] = '\0';
	}
	return true;
}

/* One key of an object: at the end of the path it has to be there, before it need not. */
static bool check_member(struct checking *c, const json_t *object, const char *path)
{
	size_t part = strcspn(path, "."), length;
	char name[64];
	json_t *member;
	bool well;

	snprintf(name, sizeof(name), "%.*s", (int)part, path);
	member = json_object_get(object, name);
	if (!member && (path[part] || c->key->kind & KEY_OPTIONAL))
		return true;
	length = enter(c, name);
	well = check_at(c, member, path + part);
	c->place[length] = '\0';
	return well;
}

/* `path` is what is left of it, with its dot. What is of another kind in the middle of a
 * path was refused when its own key was checked. */
static bool check_at(struct checking *c, const json_t *value, const char *path)
{
	if (!*path) {
		if (value && is_kind(value, c->key->kind))
			return true;
		result_keys_refuse(c->at, c->place, value, kind_expected(c->key->kind), c->message);
		return false;
	}
	path += *path == '.';
	if (*path == '*')
		return check_members(c, value, path + 1);
	if (*path == '#')
		return check_elements(c, value, path + 1);
	return check_member(c, value, path);
}

int result_keys_check(const json_t *result, const struct position *at, struct message *message)
{
	struct checking c = {.at = at, .message = message};

	if (!json_is_object(result)) {
		result_keys_refuse(at, "", result,
				   "an object, as `ioasim replay --format json` gives", message);
		return CMD_INPUT;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		c.key = &keys[i];
		c.place[0] = '\0';
		if (!check_at(&c, result, keys[i].path))
			return CMD_INPUT;
	}
	return 0;
}
