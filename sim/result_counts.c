/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of what is counted finer: by PASID, page size, stage, command and window. */
#include "result_json.h"

#include <string.h>

static json_t *page_object(struct building *b, const struct result *result, unsigned lg2)
{
	json_t *object = json_object();

	if (lg2 < RESULT_SIZES - 1 && lg2 < 63)
		put_count(b, object, "size", UINT64_C(1) << lg2);
	else
		put_text(b, object, "size", "unlimited");
	put_count(b, object, "accesses", result->sizes[lg2]);
	put_count(b, object, "references", result->size_references[lg2]);
	put_count(b, object, "iotlb_misses", result->size_misses[lg2]);
	return object;
}

json_t *result_pages_list(struct building *b, const struct result *result)
{
	json_t *list = json_array();

	for (unsigned lg2 = 0; lg2 < RESULT_SIZES; lg2++)
		if (result->sizes[lg2])
			put_append(b, list, page_object(b, result, lg2));
	return list;
}

static json_t *pasid_object(struct building *b, const struct result_requester *route)
{
	json_t *object = json_object();

	if (route->pasid == TRACE_NO_PASID)
		put(b, object, "pasid", json_null());
	else
		put_count(b, object, "pasid", route->pasid);
	put_count(b, object, "count", route->count);
	put_count(b, object, "ok", route->ok);
	put_count(b, object, "faulted", route->faulted);
	put_count(b, object, "bytes", route->bytes);
	put_count(b, object, "references", route->references);
	put_count(b, object, "iotlb_misses", route->iotlb_misses);
	return object;
}

json_t *result_pasids_list(struct building *b, const struct result *result, size_t *at)
{
	const struct result_requester *route = &result->route[*at];
	json_t *list = json_array();
	bool any = false;

	for (; *at < result->routes && result->route[*at].rid == route->rid; ++*at) {
		any |= result->route[*at].pasid != TRACE_NO_PASID;
		put_append(b, list, pasid_object(b, &result->route[*at]));
	}
	if (any)
		return list;
	json_decref(list);
	return NULL;
}

json_t *result_removed_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();
	char number[16];

	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const struct ioasim_command_removal *r = &result->counters.removed[type];
		const char *name = ioasim_command_name(result->machine->arch->name, type);
		json_t *entry;

		if (!result->counters.commands[type])
			continue;
		entry = json_object();
		put_count(b, entry, "commands", result->counters.commands[type]);
		put_count(b, entry, "entries", r->entries);
		put_count(b, entry, "none", r->none);
		put_count(b, entry, "max", r->max);
		snprintf(number, sizeof(number), "type-%u", type);
		put(b, object, name ? name : number, entry);
	}
	return object;
}

json_t *result_stages_object(struct building *b, const struct result *result)
{
	json_t *object = json_object();

	put_count(b, object, "tables_of_devices",
		  result_references(result, IOASIM_REF_DEVICE_TABLE) +
			  result_references(result, IOASIM_REF_PASID_TABLE));
	put_count(b, object, "stage1", result_references(result, IOASIM_REF_STAGE1));
	put_count(b, object, "stage2",
		  result_references(result, IOASIM_REF_STAGE2) +
			  result_references(result, IOASIM_REF_STAGE2_FOR_STAGE1) +
			  result_references(result, IOASIM_REF_STAGE2_FOR_PASID_TABLE));
	return object;
}

json_t *result_buckets_list(struct building *b, const struct histogram *histogram,
			    const char *suffix)
{
	json_t *list = json_array();
	char key[32];

	snprintf(key, sizeof(key), "below%s", suffix);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		json_t *bucket;

		if (!histogram->bucket[i])
			continue;
		bucket = json_object();
		put_count(b, bucket, key, i < 63 ? UINT64_C(1) << i : INT64_MAX);
		put_count(b, bucket, "count", histogram->bucket[i]);
		put_append(b, list, bucket);
	}
	return list;
}

json_t *result_histogram_object(struct building *b, const struct histogram *histogram,
				const char *suffix)
{
	json_t *object = json_object();
	char key[32];

	snprintf(key, sizeof(key), "mean%s", suffix);
	put_ratio(b, object, key, histogram->total, histogram->count);
	snprintf(key, sizeof(key), "max%s", suffix);
	put_count(b, object, key, histogram->max);
	snprintf(key, sizeof(key), "total%s", suffix);
	put_count(b, object, key, histogram->total);
	put(b, object, "histogram", result_buckets_list(b, histogram, suffix));
	return object;
}

json_t *result_windows_object(struct building *b, const struct result *result)
{
	const struct result_windows *windows = &result->windows;
	json_t *object = json_object();

	put_count(b, object, "count", windows->length.count);
	put_count(b, object, "open", windows->open);
	put(b, object, "length", result_histogram_object(b, &windows->length, "_ns"));
	put(b, object, "accesses", result_histogram_object(b, &windows->accesses, ""));
	return object;
}
