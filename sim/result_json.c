/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as JSON: the documented keys in their order, then further ones. Counts
 * are decimal integers; addresses and register values, which may have all 64 bits,
 * are strings in hexadecimal.
 */
#include "result_json.h"

#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <ioasim/version.h>
#include <string.h>

/* ---- The machine: dotted keys become objects, numbers in them arrays -------- */

struct machine_building {
	struct building *b;
	json_t *root;
};

static json_t *inner(struct building *b, json_t *parent, const char *name)
{
	bool list = strcmp(name, "memory") == 0;
	json_t *child = NULL;

	if (json_is_array(parent)) {
		/* Windows that are not used are left out, so each first key opens a new one. */
		child = json_array_get(parent, json_array_size(parent) - 1);
		if (!child || json_object_get(child, "size")) {
			child = json_object();
			b->bad |= json_array_append_new(parent, child) != 0;
		}
		return child;
	}
	child = json_object_get(parent, name);
	if (!child) {
		child = list ? json_array() : json_object();
		put(b, parent, name, child);
	}
	return child;
}

static void machine_key(void *opaque, const char *key, const char *text, enum machine_value kind)
{
	struct machine_building *building = opaque;
	json_t *at = building->root;
	char part[64];
	size_t length;

	for (; key[length = strcspn(key, ".")] != '\0'; key += length + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)length, key);
		at = inner(building->b, at, part);
	}
	if (kind == MACHINE_NUMBER) {
		uint64_t value = 0;

		sscanf(text, "%" SCNu64, &value);
		put_count(building->b, at, key, value);
	} else if (kind == MACHINE_TIME) {
		uint64_t value = 0;

		(void)parse_picoseconds(text, &value);
		put_ratio(building->b, at, key, value, 1000);
	} else if (kind == MACHINE_TRUTH) {
		put(building->b, at, key, json_boolean(strcmp(text, "true") == 0));
	} else {
		put_text(building->b, at, key, text);
	}
}

static json_t *machine_object(struct building *b, const struct result *result)
{
	struct machine_building building = {.b = b, .root = json_object()};

	machine_visit(result->machine, machine_key, &building);
	return building.root;
}

/* ---- The documented objects --------------------------------------------------- */

static json_t *trace_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();

	put_text(b, object, "file", result->file);
	put_count(b, object, "records", result->records);
	put_text(b, object, "arch", result->arch);
	put_text(b, object, "level", result->level == TRACE_LEVEL_UNIT ? "unit" : "driver");
	return object;
}

static json_t *dma_object(struct building *b, const struct result *result)
{
	struct result_requester total = result_total(result);
	json_t *object = json_object(), *sizes = json_object();
	char key[24];

	put_count(b, object, "count", total.count);
	put_count(b, object, "ok", total.ok);
	put_count(b, object, "faulted", total.faulted);
	put_count(b, object, "bytes", total.bytes);
	for (unsigned i = 0; i < RESULT_SIZES; i++) {
		snprintf(key, sizeof(key), "%" PRIu64, (uint64_t)1 << (i % 64));
		if (result->sizes[i])
			put_count(b, sizes, i < 64 ? key : "unlimited", result->sizes[i]);
	}
	put(b, object, "by_page_size", sizes);
	put(b, object, "pages", result_pages_list(b, result));
	if (result->ats_requests) {
		put_count(b, object, "ats_requests", result->ats_requests);
		put_count(b, object, "ats_answered", result->ats_answered);
	}
	return object;
}

static json_t *faults_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();
	char key[16];

	for (unsigned code = 0; code < IOASIM_FAULT_CODES; code++) {
		snprintf(key, sizeof(key), "0x%x", code);
		if (result->counters.faults[code])
			put_count(b, object, key, result->counters.faults[code]);
	}
	return object;
}

static json_t *references_object(struct building *b, const struct result *result)
{
	json_t *object = json_object(), *by_kind = json_object(), *by_level = json_object();
	uint64_t total = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		const char *name = ioasim_reference_name(kind);
		uint64_t count = result_references(result, kind);
		json_t *levels = json_array();

		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			b->bad |= json_array_append_new(
					  levels, json_integer((json_int_t)result->counters
								       .refs[kind][level])) != 0;
		put_count(b, by_kind, name, count);
		put(b, by_level, name, levels);
		total += count;
	}
	put_count(b, object, "total", total);
	put(b, object, "by_kind", by_kind);
	put(b, object, "by_level", by_level);
	put(b, object, "by_stage", result_stages_object(b, result));
	put_count(b, object, "flag_updates", result->counters.flag_updates);
	return object;
}

static json_t *caches_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *c = &result->counters.cache[i];
		json_t *cache;

		if (!result->machine->arch->cache[i].present)
			continue;
		cache = json_object();
		put_count(b, cache, "lookups", c->lookups);
		put_count(b, cache, "hits", c->hits);
		put_count(b, cache, "misses", c->misses);
		put_count(b, cache, "fills", c->fills);
		put_count(b, cache, "evictions", c->evictions);
		put_count(b, cache, "invalidated", c->invalidated);
		put(b, object, ioasim_cache_name(i), cache);
	}
	return object;
}

static json_t *commands_object(struct building *b, const struct result *result)
{
	json_t *object = json_object(), *by_type = json_object();
	char number[16];

	put_count(b, object, "total", result_commands(result));
	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const char *name = ioasim_command_name(result->machine->arch->name, type);

		snprintf(number, sizeof(number), "type-%u", type);
		if (result->counters.commands[type])
			put_count(b, by_type, name ? name : number,
				  result->counters.commands[type]);
	}
	put(b, object, "by_type", by_type);
	put_count(b, object, "waits", result->counters.waits);
	put_count(b, object, "fetches", result->counters.command_fetches);
	put(b, object, "removed", result_removed_object(b, result));
	put_count(b, object, "removed_otherwise", result->counters.removed_otherwise);
	return object;
}

/* ---- What was compared ---------------------------------------------------------- */

static json_t *match_object(struct building *b, const struct result_match *match)
{
	json_t *object = json_object();

	put_count(b, object, "compared", match->compared);
	put_count(b, object, "matched", match->matched);
	put_count(b, object, "mismatched", match->mismatched);
	return object;
}

static json_t *mismatch_list(struct building *b, const struct result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->mismatches; i++) {
		const struct result_mismatch *m = &result->mismatch[i];
		json_t *object = json_object();

		put_count(b, object, "record", m->record);
		put_text(b, object, "what", m->what);
		put_hex(b, object, "requester", m->rid);
		put_hex(b, object, "address", m->address);
		put_hex(b, object, "recorded", m->recorded);
		put_hex(b, object, "found", m->found);
		b->bad |= json_array_append_new(list, object) != 0;
	}
	return list;
}

static json_t *stale_object(struct building *b, const struct result *result)
{
	static const char *const names[] = {"reproduced", "not_reproduced", "beyond_record"};
	json_t *object = json_object(), *list = json_array();

	for (unsigned i = 0; i <= RESULT_BEYOND_RECORD; i++)
		put_count(b, object, names[i], result->staleness[i]);
	put_count(b, object, "lazy_window", result->stale_window);
	for (size_t i = 0; i < result->stales; i++) {
		const struct result_stale *s = &result->stale[i];
		json_t *entry = json_object();

		put_count(b, entry, "record", s->record);
		put_hex(b, entry, "requester", s->rid);
		put_hex(b, entry, "address", s->address);
		put_hex(b, entry, "pa", s->pa);
		put_text(b, entry, "staleness", names[s->staleness]);
		b->bad |= json_array_append_new(list, entry) != 0;
	}
	put(b, object, "answers", list);
	return object;
}

static json_t *recorded_object(struct building *b, const struct result *result)
{
	static const char *const names[RESULT_DIFFERENCES] = {"outcome", "pa", "size", "access"};
	json_t *object = match_object(b, &result->recorded);
	json_t *differences = json_object(), *part;

	for (unsigned i = 0; i < RESULT_DIFFERENCES; i++)
		put_count(b, differences, names[i], result->difference[i]);
	put(b, object, "differences", differences);
	put(b, object, "stale", stale_object(b, result));
	if (result->level == TRACE_LEVEL_UNIT) {
		put(b, object, "commands", match_object(b, &result->commands));
		part = match_object(b, &result->stores);
		put_count(b, part, "not_compared", result->stores_skipped);
		put(b, object, "stores", part);
		part = match_object(b, &result->faults);
		put_count(b, part, "other_reason", result->faults_other_reason);
		put_count(b, part, "not_recorded", result->faults_unrecorded);
		put_count(b, part, "of_stale_answers", result->faults_of_stale);
		put(b, object, "faults", part);
	}
	put(b, object, "mismatches", mismatch_list(b, result));
	return object;
}

static json_t *violations_list(struct building *b, const struct rules_result *rules)
{
	json_t *list = json_array();
	char name[8];

	for (size_t i = 0; i < rules->violations; i++) {
		const struct rules_violation *v = &rules->violation[i];
		json_t *entry = json_object();

		snprintf(name, sizeof(name), "S%u", v->rule);
		put_text(b, entry, "rule", name);
		put_count(b, entry, "record", v->record);
		put_hex(b, entry, "requester", v->rid);
		if (v->pasid != DRIVER_NO_PASID)
			put_hex(b, entry, "pasid", v->pasid);
		put_hex(b, entry, "address", v->address);
		put_hex(b, entry, "page", v->page);
		put_count(b, entry, "since", v->since);
		b->bad |= json_array_append_new(list, entry) != 0;
	}
	return list;
}

static json_t *windows_object(struct building *b, const struct rules_windows *windows)
{
	json_t *object = json_object();

	put_count(b, object, "count", windows->count);
	put_count(b, object, "accesses", windows->accesses);
	put_count(b, object, "longest_ns", windows->longest_ns);
	put_count(b, object, "total_ns", windows->total_ns);
	return object;
}

static json_t *rules_object(struct building *b, const struct result *result)
{
	const struct rules_result *rules = &result->rules;
	json_t *object = json_object(), *broken = json_object();
	bool judged = result->level == TRACE_LEVEL_DRIVER && result->checked;
	char name[8];

	put_count(b, object, "checked", rules->checked);
	for (unsigned rule = 0; judged && rule < RULES; rule++) {
		if (!rules_has(rule))
			continue;
		snprintf(name, sizeof(name), "S%u", rule);
		put_count(b, broken, name, rules->broken[rule]);
	}
	put(b, object, "broken", broken);
	if (!judged)
		return object;
	put_count(b, object, "unjudged", rules->unjudged);
	put(b, object, "stale_window", windows_object(b, &rules->windows));
	put(b, object, "violations", violations_list(b, rules));
	return object;
}

/* ---- Beside the documented ones --------------------------------------------------- */

static json_t *requesters_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();
	size_t route = 0;
	char key[16];

	for (size_t i = 0; i < result->requesters; i++) {
		const struct result_requester *r = &result->requester[i];
		json_t *entry = json_object(), *pasids;

		put_count(b, entry, "count", r->count);
		put_count(b, entry, "ok", r->ok);
		put_count(b, entry, "faulted", r->faulted);
		put_count(b, entry, "bytes", r->bytes);
		put_count(b, entry, "references", r->references);
		put_count(b, entry, "iotlb_misses", r->iotlb_misses);
		pasids = result_pasids_list(b, result, &route);
		if (pasids)
			put(b, entry, "by_pasid", pasids);
		snprintf(key, sizeof(key), "0x%x", r->rid);
		put(b, object, key, entry);
	}
	return object;
}

static json_t *driver_object(struct building *b, const struct result *result)
{
	const struct driver_stats *s = &result->driver;
	json_t *object = json_object();

	put_count(b, object, "calls", result->driver_calls);
	put_count(b, object, "refused", result->driver_refused);
	put_count(b, object, "maps", s->maps);
	put_count(b, object, "unmaps", s->unmaps);
	put_count(b, object, "tables_made", s->tables_made);
	put_count(b, object, "tables_freed", s->tables_freed);
	put_count(b, object, "commands", s->commands);
	put_count(b, object, "waits", s->waits);
	put_count(b, object, "flushes", s->flushes);
	put_count(b, object, "relocated", result->driver_relocated);
	put(b, object, "windows", result_windows_object(b, result));
	return object;
}

static json_t *perf_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();

	for (size_t i = 0; i < result->perfs; i++)
		put_count(b, object, result->perf[i].name, result->perf[i].value);
	return object;
}

json_t *result_json(const struct result *result)
{
	struct building b = {false};
	json_t *root = json_object(), *registers;

	put_text(&b, root, "version", ioasim_version());
	put(&b, root, "trace", trace_object(&b, result));
	put(&b, root, "machine", machine_object(&b, result));
	put(&b, root, "dma", dma_object(&b, result));
	put(&b, root, "faults", faults_object(&b, result));
	put(&b, root, "references", references_object(&b, result));
	put(&b, root, "caches", caches_object(&b, result));
	put(&b, root, "commands", commands_object(&b, result));
	put(&b, root, "time", result_time_object(&b, result));
	put(&b, root, "recorded", recorded_object(&b, result));
	put(&b, root, "rules", rules_object(&b, result));
	put(&b, root, "requesters", requesters_object(&b, result));
	if (result->level == TRACE_LEVEL_DRIVER) {
		put(&b, root, "driver", driver_object(&b, result));
	} else {
		registers = json_object();
		put_count(&b, registers, "writes", result->register_writes);
		put_count(&b, registers, "refused", result->register_refused);
		put(&b, root, "registers", registers);
	}
	put(&b, root, "counters", perf_object(&b, result));
	if (result->profiled)
		put(&b, root, "profile", result_profile_object(&b, result));
	if (!b.bad)
		return root;
	json_decref(root);
	return NULL;
}

int result_print_json(const json_t *json, FILE *stream)
{
	if (json_dumpf(json, stream, JSON_INDENT(2) | RESULT_JSON_FLAGS) && !ferror(stream))
		return -ENOMEM;
	fputc('\n', stream);
	return 0;
}
