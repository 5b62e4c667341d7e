/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that make a result's JSON share: putting values into objects, and the
 * objects that lie in files of their own.
 */
#ifndef SIM_RESULT_JSON_H
#define SIM_RESULT_JSON_H

#include "result.h"

#include <inttypes.h>

/* jansson's functions take NULL values and fail; what fails is noted in `bad`, so
 * that no call needs a check of its own. */
struct building {
	bool bad;
};

static inline void put(struct building *b, json_t *object, const char *key, json_t *value)
{
	b->bad |= json_object_set_new(object, key, value) != 0;
}

static inline void put_count(struct building *b, json_t *object, const char *key, uint64_t value)
{
	put(b, object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static inline void put_hex(struct building *b, json_t *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	put(b, object, key, json_string(text));
}

static inline void put_text(struct building *b, json_t *object, const char *key, const char *text)
{
	json_t *value = json_string(text);

	/* A name need not be UTF-8; JSON must be. */
	put(b, object, key, value ? value : json_string("(not UTF-8)"));
}

/* At most three digits behind the point: result_print_json() prints such numbers so. */
static inline void put_ratio(struct building *b, json_t *object, const char *key, uint64_t value,
			     uint64_t unit)
{
	uint64_t thousandths =
		unit ? (uint64_t)(((unsigned __int128)value * 1000 + unit / 2) / unit) : 0;

	if (thousandths % 1000 == 0)
		put_count(b, object, key, thousandths / 1000);
	else
		put(b, object, key, json_real((double)thousandths / 1000));
}

static inline void put_append(struct building *b, json_t *list, json_t *value)
{
	b->bad |= json_array_append_new(list, value) != 0;
}

/* ---- result_counts.c -------------------------------------------------------------- */

/* Of dma: by page answered. */
json_t *result_pages_list(struct building *b, const struct result *result);
/* Of the requester that the route at *at belongs to, which is then that of the next one.
 * NULL if it sent nothing with a PASID. */
json_t *result_pasids_list(struct building *b, const struct result *result, size_t *at);
/* Of commands: by type. */
json_t *result_removed_object(struct building *b, const struct result *result);
/* Of references. */
json_t *result_stages_object(struct building *b, const struct result *result);
/* Of driver. */
json_t *result_windows_object(struct building *b, const struct result *result);

/* ---- result_profile.c ------------------------------------------------------------- */

json_t *result_profile_object(struct building *b, const struct result *result);

/* ---- Distributions ------------------------------------------------------------------ */

/* [{"below", "count"}], without empty ones, the first key with this suffix. */
json_t *result_buckets_list(struct building *b, const struct histogram *histogram,
			    const char *suffix);

/* {"mean", "max", "total", "histogram": [{"below", "count"}]}, keys with this suffix. */
json_t *result_histogram_object(struct building *b, const struct histogram *histogram,
				const char *suffix);

/* ---- result_time.c ---------------------------------------------------------------- */

json_t *result_time_object(struct building *b, const struct result *result);

#endif
