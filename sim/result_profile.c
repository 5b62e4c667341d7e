/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the profile, the object `profile`. */
#include "result_json.h"

static const char *const class_names[PROFILE_CLASSES] = {
	"cold", "capacity", "conflict", "invalidation", "unfilled", "insufficient",
};

static json_t *classes_object(struct building *b, const struct profile_result *profile)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < PROFILE_CLASSES; i++)
		put_count(b, object, class_names[i], profile->classes[i]);
	return object;
}

static json_t *reuse_object(struct building *b, const struct profile_result *profile)
{
	json_t *object = json_object();

	put_count(b, object, "cold", profile->classes[PROFILE_COLD]);
	put_count(b, object, "invalidated", profile->classes[PROFILE_INVALIDATION]);
	put_count(b, object, "unfilled", profile->classes[PROFILE_UNFILLED]);
	put(b, object, "histogram", result_buckets_list(b, &profile->depth, ""));
	return object;
}

static json_t *working_set_object(struct building *b, const struct profile_result *profile)
{
	json_t *object = json_object(), *list = json_array();

	put_count(b, object, "tags", profile->tags);
	for (unsigned i = 0; i < PROFILE_WINDOWS; i++) {
		const struct profile_window *window = &profile->window[i];
		json_t *entry = json_object();

		put_count(b, entry, "requests", profile_window_requests[i]);
		put_count(b, entry, "windows", window->windows);
		put_ratio(b, entry, "mean", window->tags, window->windows);
		put_count(b, entry, "max", window->max);
		put_append(b, list, entry);
	}
	put(b, object, "windows", list);
	return object;
}

/* Up to the first that more entries do not help. */
static json_t *sizes_list(struct building *b, const struct profile_result *profile)
{
	json_t *list = json_array();
	uint64_t least = profile_misses(profile, 32);

	for (unsigned lg2 = 0; lg2 <= 32; lg2++) {
		uint64_t misses = profile_misses(profile, lg2);
		json_t *entry = json_object();

		put_count(b, entry, "entries", UINT64_C(1) << lg2);
		put_count(b, entry, "misses", misses);
		put_append(b, list, entry);
		if (misses == least)
			break;
	}
	return list;
}

json_t *result_profile_object(struct building *b, const struct result *result)
{
	json_t *object = json_object(), *caches = json_object();

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct profile_result *profile = &result->profile[i];
		json_t *cache;

		if (!result->machine->arch->cache[i].present ||
		    !result->machine->unit.cache[i].entries)
			continue;
		cache = json_object();
		put(b, cache, "classes", classes_object(b, profile));
		put(b, cache, "reuse", reuse_object(b, profile));
		put(b, cache, "working_set", working_set_object(b, profile));
		put(b, cache, "sizes", sizes_list(b, profile));
		put(b, caches, ioasim_cache_name(i), cache);
	}
	put(b, object, "caches", caches);
	return object;
}
