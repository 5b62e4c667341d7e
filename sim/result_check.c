/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the counts of a result obey, whatever was replayed: a result that does not is a
 * mistake of this program, never of its input.
 */
#include "result.h"

static const char *check_requesters(const struct result *result)
{
	struct result_requester total = result_total(result), routes = {0};
	uint64_t answers = 0, references = 0, misses = 0;

	for (size_t i = 0; i < result->routes; i++) {
		routes.count += result->route[i].count;
		routes.bytes += result->route[i].bytes;
		routes.references += result->route[i].references;
		routes.iotlb_misses += result->route[i].iotlb_misses;
	}
	for (unsigned lg2 = 0; lg2 < RESULT_SIZES; lg2++) {
		answers += result->sizes[lg2];
		references += result->size_references[lg2];
		misses += result->size_misses[lg2];
		if (result->size_misses[lg2] > result->sizes[lg2])
			return "more misses than answers of a page size";
	}
	if (total.count != total.ok + total.faulted)
		return "accesses differ from those answered and refused";
	if (total.count != routes.count || total.bytes != routes.bytes ||
	    total.references != routes.references || total.iotlb_misses != routes.iotlb_misses)
		return "requesters differ from their PASIDs";
	if (answers != total.ok)
		return "answers by page differ from answers";
	if (references > total.references || misses > total.iotlb_misses)
		return "more by page than in all";
	return NULL;
}

/* Translation requests, page requests and commands that look at tables read too. */
static const char *check_unit(const struct result *result)
{
	struct result_requester total = result_total(result);
	uint64_t references = 0, requests = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		references += result_references(result, kind);
	for (unsigned kind = 0; kind < 3; kind++)
		requests += result->counters.requests[kind];
	if (requests != total.count + result->ats_requests)
		return "requests of the unit differ from those of the trace";
	if (total.references > references)
		return "requesters have more references than the unit";
	if (total.iotlb_misses > result->counters.cache[IOASIM_CACHE_IOTLB].misses)
		return "requesters have more IOTLB misses than the unit";
	if (result->ats_answered > result->ats_requests)
		return "more translations than requests for them";
	return NULL;
}

static const char *check_caches(const struct result *result)
{
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *c = &result->counters.cache[i];
		uint32_t entries = result->machine->unit.cache[i].entries;

		if (c->fills < c->evictions + c->invalidated ||
		    c->fills - c->evictions - c->invalidated > entries)
			return "a cache holds more entries than it has, or less than none";
		if (!entries && (c->lookups || c->fills))
			return "a cache that is off was used";
	}
	return NULL;
}

/* A cache that is what the profile compares with misses as that says. */
static const char *check_profile(const struct result *result)
{
	for (unsigned i = 0; result->profiled && i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *c = &result->counters.cache[i];
		const struct ioasim_cache_geometry *geometry = &result->machine->unit.cache[i];
		const struct profile_result *profile = &result->profile[i];
		bool ideal = geometry->policy == IOASIM_POLICY_LRU &&
			     (!geometry->ways || geometry->ways == geometry->entries);
		bool pointers = i == IOASIM_CACHE_STAGE1_WALK || i == IOASIM_CACHE_STAGE2_WALK;

		if (profile->lookups != c->lookups || profile->hits != c->hits ||
		    profile->misses != c->misses)
			return "the profile of a cache differs from its counts";
		if (c->lookups != profile->classes[PROFILE_COLD] +
					  profile->classes[PROFILE_INVALIDATION] +
					  profile->classes[PROFILE_UNFILLED] + profile->depth.count)
			return "look-ups of a profile differ from those with a depth and without";
		if (!geometry->entries || !ideal)
			continue;
		if (profile->classes[PROFILE_CONFLICT])
			return "conflicts in a cache that is fully associative";
		if (!pointers && (geometry->entries & (geometry->entries - 1)) == 0 &&
		    profile_misses(profile, (unsigned)__builtin_ctz(geometry->entries)) !=
			    c->misses)
			return "misses differ from those that the depths tell";
	}
	return NULL;
}

static const char *check_commands(const struct result *result)
{
	uint64_t commands = result_commands(result);

	if (result->counters.waits > commands)
		return "more waits than commands";
	if (commands > result->counters.command_fetches)
		return "more commands than were fetched";
	if (result->level != TRACE_LEVEL_DRIVER)
		return NULL;
	if (commands > result->driver.commands)
		return "the unit executed more commands than the driver submitted";
	if (result->windows.length.count != result->windows.accesses.count)
		return "windows have not as many lengths as numbers of accesses";
	if (result->machine->driver.policy == DRIVER_STRICT &&
	    (result->windows.open || result->windows.length.max || result->windows.accesses.max))
		return "a window is open under the strict policy";
	return NULL;
}

static const char *check_recorded(const struct result *result)
{
	const struct result_match *const parts[] = {&result->commands, &result->stores,
						    &result->faults};
	const struct result_match *r = &result->recorded;

	if (r->compared != r->matched + r->mismatched + result->staleness[RESULT_NOT_REPRODUCED] +
				   result->stale_window)
		return "answers compared differ from matched, mismatched and excused ones";
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i]->compared != parts[i]->matched + parts[i]->mismatched)
			return "what was compared differs from matched + mismatched";
	if (result->rules.unjudged > result->rules.checked)
		return "more accesses were left unjudged than judged";
	return NULL;
}

const char *result_check(const struct result *result)
{
	static const char *(*const checks[])(const struct result *) = {
		check_requesters, check_unit,     check_caches,
		check_profile,    check_commands, check_recorded,
	};
	const char *wrong = result->contradiction;

	for (unsigned i = 0; !wrong && i < sizeof(checks) / sizeof(checks[0]); i++)
		wrong = checks[i](result);
	return wrong;
}
