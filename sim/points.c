/* SPDX-License-Identifier: Apache-2.0 */
#include "points.h"

#include "number.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void points_init(struct points *points, const char *const *path, size_t paths)
{
	memset(points, 0, sizeof(*points));
	points->path = path;
	points->paths = paths;
}

void points_fini(struct points *points)
{
	for (size_t i = 0; i < points->keys; i++) {
		struct points_key *key = &points->key[i];

		for (uint32_t v = 0; v < key->values; v++)
			free(key->value[v]);
		free(key->value);
		free(key->name);
		idmap_fini(&key->places);
	}
	for (size_t i = 0; i < points->points; i++)
		free(points->point[i].number);
	free(points->point);
	free(points->plan);
	free(points->identity);
}

const json_t *points_path(const json_t *json, const char *path)
{
	char part[128];

	while (json && *path) {
		size_t length = strcspn(path, ".");

		if (length >= sizeof(part))
			return NULL;
		memcpy(part, path, length);
		part[length] = '\0';
		json = json_object_get(json, part);
		path += length + (path[length] == '.');
	}
	return json;
}

struct amount points_value_number(const char *text)
{
	uint64_t value;

	if (parse_number(text, &value) && parse_size(text, &value) && parse_time(text, &value))
		return (struct amount){.given = false};
	return amount_of(value);
}

/* ---- Keys and their values ---------------------------------------------------------------- */

static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

/* The place of a value, a new one at the end; POINTS_NONE: no memory. */
static uint32_t value_place(struct points_key *key, const char *text)
{
	uint64_t hash = hash_of(text);
	uintptr_t place;

	for (; (place = (uintptr_t)idmap_get(&key->places, hash)); hash++)
		if (strcmp(key->value[place - 1], text) == 0)
			return (uint32_t)(place - 1);
	if (key->values == key->room) {
		uint32_t room = key->room ? key->room * 2 : 16;
		char **value = reallocarray(key->value, room, sizeof(*value));

		if (!value)
			return POINTS_NONE;
		key->value = value;
		key->room = room;
	}
	key->value[key->values] = strdup(text);
	if (!key->value[key->values])
		return POINTS_NONE;
	if (idmap_put(&key->places, hash, (void *)((uintptr_t)key->values + 1))) {
		free(key->value[key->values]);
		return POINTS_NONE;
	}
	return key->values++;
}

static struct points_key *key_of(struct points *points, const char *name)
{
	struct points_key *key;

	for (size_t i = 0; i < points->keys; i++)
		if (strcmp(points->key[i].name, name) == 0)
			return &points->key[i];
	if (points->keys == POINTS_KEYS)
		return NULL;
	key = &points->key[points->keys];
	key->name = strdup(name);
	if (!key->name)
		return NULL;
	points->keys++;
	return key;
}

/* A value of a machine as it would be typed. False: it is a list or an object. */
static bool value_text(const json_t *value, char *buffer, size_t size)
{
	if (json_is_string(value))
		snprintf(buffer, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(buffer, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(buffer, size, "%s", json_is_true(value) ? "true" : "false");
	else
		return false;
	return true;
}

/* ---- Points ------------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static const char *say(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, POINTS_WHY, format, args);
	va_end(args);
	return why;
}

static struct point *new_point(struct points *points)
{
	struct point *point;

	if (points->points == points->room) {
		size_t room = points->room ? points->room * 2 : 64;

		point = reallocarray(points->point, room, sizeof(*point));
		if (!point)
			return NULL;
		points->point = point;
		points->room = room;
	}
	point = &points->point[points->points];
	point->number = calloc(points->paths + 1, sizeof(*point->number));
	if (!point->number)
		return NULL;
	for (size_t i = 0; i < POINTS_KEYS; i++)
		point->value[i] = POINTS_NONE;
	points->points++;
	return point;
}

static const char *take_set(struct points *points, struct point *point, const json_t *set,
			    char *why)
{
	char text[128];
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)set, name, value) {
		struct points_key *key;
		uint32_t place;

		if (!value_text(value, text, sizeof(text)))
			return say(why, "set.%.80s: expected a number, text or truth", name);
		key = key_of(points, name);
		if (!key)
			return say(why, "set.%.80s: one key more than the %d that a report takes",
				   name, POINTS_KEYS);
		place = value_place(key, text);
		if (place == POINTS_NONE)
			return "there is no memory";
		point->value[key - points->key] = place;
	}
	return NULL;
}

/* The first line says what sweep it is; `identity` and `points` may be missing. */
static const char *check_identity(struct points *points, const json_t *line, char *why)
{
	const char *identity = json_string_value(json_object_get(line, "identity"));
	const json_t *all = json_object_get(line, "points");

	identity = identity ? identity : "";
	if (!points->plan) {
		points->plan = strdup(json_string_value(json_object_get(line, "plan")));
		points->identity = strdup(identity);
		if (json_is_integer(all) && json_integer_value(all) > 0)
			points->all = (uint64_t)json_integer_value(all);
	}
	if (!points->plan || !points->identity)
		return "there is no memory";
	if (strcmp(points->identity, identity) != 0)
		return say(
			why,
			"identity: found '%.40s', expected '%.40s' as before: the plan has changed",
			identity, points->identity);
	return NULL;
}

static const char *check_line(struct points *points, const json_t *line, char *why)
{
	const json_t *plan = json_object_get(line, "plan"), *index = json_object_get(line, "point");

	if (!json_is_string(plan))
		return "plan: expected text, the name of the plan";
	if (!json_is_integer(index) || json_integer_value(index) < 0)
		return "point: expected a count, the point's number";
	if (!json_is_object(json_object_get(line, "set")))
		return "set: expected an object of keys and values";
	if (points->plan && strcmp(points->plan, json_string_value(plan)) != 0)
		return say(why,
			   "plan: found '%.40s', expected '%.40s' as before: a page shows one plan",
			   json_string_value(plan), points->plan);
	if (points->points >= POINTS_MOST)
		return say(why, "one point more than the %d that a report takes", POINTS_MOST);
	return check_identity(points, line, why);
}

const char *points_add(struct points *points, const json_t *line, char why[POINTS_WHY])
{
	const char *wrong = check_line(points, line, why);
	const json_t *result = json_object_get(line, "result");
	struct point *point;

	if (wrong)
		return wrong;
	point = new_point(points);
	if (!point)
		return "there is no memory";
	point->index = (uint64_t)json_integer_value(json_object_get(line, "point"));
	/* What is no number is not given. */
	for (size_t i = 0; i < points->paths; i++)
		(void)amount_read(points_path(result, points->path[i]), &point->number[i]);
	return take_set(points, point, json_object_get(line, "set"), why);
}

/* ---- Order ---------------------------------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

struct ranked {
	struct amount number;
	uint32_t place;
};

static int by_number(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = amount_compare(x->number, y->number);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* Values that are all numbers stand by size; `moved` gets the new place of each. */
static bool rank(struct points_key *key, uint32_t *moved)
{
	struct ranked *ranked = calloc(key->values + 1, sizeof(*ranked));
	char **value = calloc(key->values + 1, sizeof(*value));

	if (!ranked || !value) {
		free(ranked);
		free(value);
		return false;
	}
	key->numeric = true;
	for (uint32_t v = 0; v < key->values; v++) {
		ranked[v] = (struct ranked){points_value_number(key->value[v]), v};
		key->numeric &= ranked[v].number.given;
	}
	if (key->numeric)
		qsort(ranked, key->values, sizeof(*ranked), by_number);
	for (uint32_t v = 0; v < key->values; v++) {
		value[v] = key->value[ranked[v].place];
		moved[ranked[v].place] = v;
	}
	free(key->value);
	free(ranked);
	key->value = value;
	key->room = key->values + 1;
	return true;
}

static bool sort_values(struct points *points, size_t k)
{
	uint32_t *moved = calloc(points->key[k].values + 1, sizeof(*moved));

	if (!moved || !rank(&points->key[k], moved)) {
		free(moved);
		return false;
	}
	for (size_t i = 0; i < points->points; i++) {
		uint32_t *value = &points->point[i].value[k];

		if (*value != POINTS_NONE)
			*value = moved[*value];
	}
	free(moved);
	return true;
}

const char *points_sort(struct points *points, char why[POINTS_WHY])
{
	for (size_t k = 0; k < points->keys; k++)
		if (!sort_values(points, k))
			return "there is no memory";
	if (points->points)
		qsort(points->point, points->points, sizeof(*points->point), by_index);
	for (size_t i = 1; i < points->points; i++)
		if (points->point[i].index == points->point[i - 1].index)
			return say(why, "point %" PRIu64 " stands there twice, expected once",
				   points->point[i].index);
	return NULL;
}
