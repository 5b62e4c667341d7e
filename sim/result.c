/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

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
	free(result->requester);
	result->requester = NULL;
	idmap_fini(&result->requester_places);
}

static bool requesters_grow(struct result *result)
{
	size_t room = result->requesters_room ? result->requesters_room * 2 : 16;
	struct result_requester *bigger = reallocarray(result->requester, room, sizeof(*bigger));

	if (!bigger)
		return false;
	result->requester = bigger;
	result->requesters_room = room;
	return true;
}

struct result_requester *result_requester(struct result *result, uint32_t rid)
{
	/* A place is stored as a pointer that is never followed. */
	size_t place = (size_t)(uintptr_t)idmap_get(&result->requester_places, rid);

	if (place)
		return &result->requester[place - 1];
	place = result->requesters + 1;
	if (result->requesters == result->requesters_room && !requesters_grow(result))
		return NULL;
	if (idmap_put(&result->requester_places, rid, (void *)(uintptr_t)place))
		return NULL;
	result->requester[place - 1] = (struct result_requester){.rid = rid};
	return &result->requester[result->requesters++];
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

static int by_rid(const void *a, const void *b)
{
	const struct result_requester *x = a, *y = b;

	return x->rid < y->rid ? -1 : x->rid > y->rid;
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
		result->perf[result->perfs++] = (struct result_perf){name, value};
	}
	if (result->requesters)
		qsort(result->requester, result->requesters, sizeof(*result->requester), by_rid);
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

	for (size_t i = 0; i < result->requesters; i++) {
		const struct result_requester *r = &result->requester[i];

		total.count += r->count;
		total.ok += r->ok;
		total.faulted += r->faulted;
		total.bytes += r->bytes;
		total.references += r->references;
		total.iotlb_misses += r->iotlb_misses;
	}
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

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX
	       : product > INT64_MAX                  ? INT64_MAX
						      : product;
}

struct result_time result_time(const struct result *result)
{
	const struct machine_timing *timing = &result->machine->timing;
	struct result_time time = {0};
	uint64_t references = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		references += result_references(result, kind);
	time.walk_ns = times(references, timing->memory_ns);
	time.invalidate_ns = times(result_commands(result), timing->command_ns);
	time.total_ns = time.walk_ns + time.invalidate_ns;
	if (time.total_ns > INT64_MAX)
		time.total_ns = INT64_MAX;
	return time;
}
