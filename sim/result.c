/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include "model/counters.h"

#include <stdlib.h>
#include <string.h>

void result_init(struct result *result, const struct machine *machine, const char *file)
{
	memset(result, 0, sizeof(*result));
	result->machine = machine;
	result->file = file;
}

void result_fini(struct result *result)
{
	if (result->time)
		timing_destroy(result->time->timing);
	free(result->time);
	result->time = NULL;
	free(result->requester);
	free(result->route);
	result->requester = result->route = NULL;
	idmap_fini(&result->route_places);
}

/* There are at most as many requesters as routes. */
static bool routes_grow(struct result *result)
{
	size_t room = result->routes_room ? result->routes_room * 2 : 16;
	struct result_requester *bigger = reallocarray(result->route, room, sizeof(*bigger));

	if (!bigger)
		return false;
	result->route = bigger;
	bigger = reallocarray(result->requester, room, sizeof(*bigger));
	if (!bigger)
		return false;
	result->requester = bigger;
	result->routes_room = room;
	return true;
}

struct result_requester *result_route(struct result *result, uint32_t rid, uint32_t pasid)
{
	uint64_t key = (uint64_t)rid << 32 | pasid;
	/* A place is stored as a pointer that is never followed. */
	size_t place = (size_t)(uintptr_t)idmap_get(&result->route_places, key);

	if (place)
		return &result->route[place - 1];
	place = result->routes + 1;
	if (result->routes == result->routes_room && !routes_grow(result))
		return NULL;
	if (idmap_put(&result->route_places, key, (void *)(uintptr_t)place))
		return NULL;
	result->route[place - 1] = (struct result_requester){.rid = rid, .pasid = pasid};
	return &result->route[result->routes++];
}

void result_differs(struct result *result, const struct result_mismatch *mismatch)
{
	if (result->mismatches < RESULT_LISTED)
		result->mismatch[result->mismatches++] = *mismatch;
}

void result_stale(struct result *result, const struct result_stale *stale)
{
	result->staleness[stale->staleness]++;
	if (result->stales < RESULT_LISTED)
		result->stale[result->stales++] = *stale;
}

/* Requests without PASID come first. */
static int by_route(const void *a, const void *b)
{
	const struct result_requester *x = a, *y = b;
	uint32_t p = x->pasid + 1, q = y->pasid + 1;

	_Static_assert(TRACE_NO_PASID == UINT32_MAX, "the next one is 0");
	if (x->rid != y->rid)
		return x->rid < y->rid ? -1 : 1;
	return p < q ? -1 : p > q;
}

static void add(struct result_requester *sum, const struct result_requester *part)
{
	sum->count += part->count;
	sum->ok += part->ok;
	sum->faulted += part->faulted;
	sum->bytes += part->bytes;
	sum->references += part->references;
	sum->iotlb_misses += part->iotlb_misses;
}

static void sum_up(struct result *result)
{
	if (result->routes)
		qsort(result->route, result->routes, sizeof(*result->route), by_route);
	idmap_fini(&result->route_places);
	for (size_t i = 0; i < result->routes; i++) {
		const struct result_requester *route = &result->route[i];
		size_t n = result->requesters;

		if (!n || result->requester[n - 1].rid != route->rid)
			result->requester[result->requesters++] = (struct result_requester){
				.rid = route->rid, .pasid = TRACE_NO_PASID};
		add(&result->requester[result->requesters - 1], route);
	}
}

void result_finish(struct result *result, const struct ioasim_unit *unit)
{
	const struct ioasim_arch *arch = result->machine->arch;
	const char *name, *about;
	uint64_t value;

	result->counters = *ioasim_unit_counters(unit);
	for (unsigned n = 0; arch->perf_counter && n < RESULT_PERF; n++) {
		name = arch->perf_counter(unit, n, &value, &about);
		if (!name)
			break;
		result->perf[result->perfs++] = (struct result_perf){name, about, value};
	}
	result->contradiction = counters_check(unit);
	sum_up(result);
}

void result_adopt(struct result *result, const struct result *other)
{
	result->recorded = other->recorded;
	memcpy(result->difference, other->difference, sizeof(result->difference));
	result->commands = other->commands;
	result->stores = other->stores;
	result->faults = other->faults;
	result->faults_other_reason = other->faults_other_reason;
	result->faults_unrecorded = other->faults_unrecorded;
	result->faults_of_stale = other->faults_of_stale;
	result->stores_skipped = other->stores_skipped;
	result->register_writes = other->register_writes;
	result->register_refused = other->register_refused;
	memcpy(result->staleness, other->staleness, sizeof(result->staleness));
	result->stale_window = other->stale_window;
	memcpy(result->mismatch, other->mismatch, sizeof(result->mismatch));
	result->mismatches = other->mismatches;
	memcpy(result->stale, other->stale, sizeof(result->stale));
	result->stales = other->stales;
	result->rules = other->rules;
	result->driver = other->driver;
	result->windows = other->windows;
	result->driver_calls = other->driver_calls;
	result->driver_refused = other->driver_refused;
	result->driver_relocated = other->driver_relocated;
}

bool result_good(const struct result *result)
{
	return !result->recorded.mismatched && !result->commands.mismatched &&
	       !result->stores.mismatched && !result->faults.mismatched &&
	       !result->register_refused && !result->driver_refused &&
	       !rules_broken(&result->rules);
}

struct result_requester result_total(const struct result *result)
{
	struct result_requester total = {0};

	for (size_t i = 0; i < result->requesters; i++)
		add(&total, &result->requester[i]);
	return total;
}

uint64_t result_references(const struct result *result, unsigned kind)
{
	uint64_t sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += result->counters.refs[kind][level];
	return sum;
}

uint64_t result_commands(const struct result *result)
{
	uint64_t sum = 0;

	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++)
		sum += result->counters.commands[type];
	return sum;
}

/* In nanoseconds, rounded down. */
static uint64_t times(uint64_t count, uint64_t each_ps)
{
	unsigned __int128 product = (unsigned __int128)count * each_ps / 1000;

	return product > INT64_MAX ? INT64_MAX : (uint64_t)product;
}

struct result_time result_time(const struct result *result)
{
	const struct machine_timing *timing = &result->machine->timing;
	struct result_time time = {0};
	uint64_t references = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		references += result_references(result, kind);
	time.walk_ns = times(references, timing->events.reference_ps);
	time.invalidate_ns = times(result_commands(result), timing->command_ps);
	time.total_ns = time.walk_ns + time.invalidate_ns;
	if (time.total_ns > INT64_MAX)
		time.total_ns = INT64_MAX;
	return time;
}
