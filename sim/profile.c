/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include "model/arch.h"
#include "watched.h"

#include <errno.h>
#include <stdlib.h>

struct profile {
	struct replay_probe probe;
	struct result *result;
	struct watched cache[IOASIM_CACHES];
	bool no_memory;
};

/* ---- The replay ----------------------------------------------------------------------- */

static int start(struct replay_probe *probe, const struct machine *machine,
		 const struct ioasim_unit *unit)
{
	struct profile *profile = (struct profile *)probe;

	(void)machine;
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		struct watched *w = &profile->cache[i];
		bool pointers = i == IOASIM_CACHE_STAGE1_WALK || i == IOASIM_CACHE_STAGE2_WALK;
		struct cache *cache = unit_cache(unit, (enum ioasim_cache)i);

		if (!cache || cache_off(cache))
			continue;
		if (watched_init(w, cache, pointers))
			return -ENOMEM;
	}
	return 0;
}

static void step(struct profile *profile, bool request)
{
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (profile->cache[i].cache)
			profile_step(&profile->cache[i].analysis, request);
}

static void on_access(struct replay_probe *probe, const struct replay_access *access)
{
	(void)access;
	step((struct profile *)probe, true);
}

static void on_end(struct replay_probe *probe, const struct trace_record *record, int status)
{
	(void)record;
	(void)status;
	step((struct profile *)probe, false);
}

static void finish(struct replay_probe *probe, const struct ioasim_unit *unit)
{
	struct profile *profile = (struct profile *)probe;

	(void)unit;
	step(profile, false);
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		struct watched *w = &profile->cache[i];

		if (!w->cache)
			continue;
		watched_end(w);
		profile->result->profile[i] = w->analysis.result;
		profile->no_memory |= w->analysis.no_memory;
	}
	profile->result->profiled = !profile->no_memory;
}

struct profile *profile_create(struct result *result)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->result = result;
	profile->probe = (struct replay_probe){
		.start = start, .access = on_access, .end = on_end, .finish = finish};
	return profile;
}

void profile_destroy(struct profile *profile)
{
	for (unsigned i = 0; profile && i < IOASIM_CACHES; i++) {
		watched_fini(&profile->cache[i]);
	}
	free(profile);
}

struct replay_probe *profile_probe(struct profile *profile)
{
	return &profile->probe;
}

bool profile_complete(const struct profile *profile)
{
	return !profile->no_memory;
}
