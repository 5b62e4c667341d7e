/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of results: making them, and reading those that nobody vouches for. */
#include "sweep_results.h"

#include "number.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static int fail(char why[SWEEP_WHY], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, SWEEP_WHY, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int read_count(const json_t *root, const char *key, uint64_t *value, char why[SWEEP_WHY])
{
	const json_t *member = json_object_get(root, key);

	if (!json_is_integer(member) || json_integer_value(member) < 0)
		return fail(why, "no '%s', expected a line of sweep results", key);
	*value = (uint64_t)json_integer_value(member);
	return 0;
}

static int read_text(const json_t *root, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(root, key));

	if (!value || strlen(value) >= size)
		return -EINVAL;
	memcpy(text, value, strlen(value) + 1);
	return 0;
}

/* Zero, or not there: a result has what its level has. */
static bool is_zero(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key)) == 0;
}

/* What result_good() says of the same result. */
static bool is_good(const json_t *result)
{
	static const char *const parts[] = {"commands", "stores", "faults"};
	const json_t *recorded = json_object_get(result, "recorded");
	json_t *broken = json_object_get(json_object_get(result, "rules"), "broken"), *count;
	bool good = is_zero(recorded, "mismatched") &&
		    is_zero(json_object_get(result, "registers"), "refused") &&
		    is_zero(json_object_get(result, "driver"), "refused");
	const char *rule;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		good = good && is_zero(json_object_get(recorded, parts[i]), "mismatched");
	json_object_foreach (broken, rule, count) {
		good = good && json_integer_value(count) == 0;
	}
	return good;
}

static int read_members(struct sweep_line *line, char why[SWEEP_WHY])
{
	const json_t *root = line->root, *result = json_object_get(root, "result");

	if (read_count(root, "point", &line->point, why) ||
	    read_count(root, "points", &line->points, why))
		return -EINVAL;
	if (line->point >= line->points)
		return fail(why, "point %llu of %llu, expected a smaller one",
			    (unsigned long long)line->point, (unsigned long long)line->points);
	if (read_text(root, "plan", line->plan, sizeof(line->plan)) ||
	    read_text(root, "identity", line->identity, sizeof(line->identity)))
		return fail(why, "no 'plan' or no 'identity', expected a line of sweep results");
	if (!json_is_object(json_object_get(root, "set")) || !json_is_object(result))
		return fail(why, "no 'set' or no 'result', expected a line of sweep results");
	line->good = is_good(result);
	return 0;
}

int sweep_line_read(const char *text, size_t length, struct sweep_line *line, char why[SWEEP_WHY])
{
	json_error_t error;

	memset(line, 0, sizeof(*line));
	line->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!line->root)
		return fail(why, "column %d: %s", error.column, error.text);
	if (read_members(line, why) == 0)
		return 0;
	json_decref(line->root);
	line->root = NULL;
	return -EINVAL;
}

/* ---- Making one --------------------------------------------------------------------- */

/* A decimal number and a truth are such in JSON too; all else is text. */
static json_t *json_of_value(const char *text)
{
	uint64_t value;

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return json_boolean(*text == 't');
	if (text[strspn(text, "0123456789")] == '\0' && parse_number(text, &value) == 0 &&
	    value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_string(text);
}

static json_t *json_of_settings(const struct sweep_plan *plan, size_t point)
{
	const struct sweep_setting *settings[SWEEP_KEYS];
	size_t count = sweep_plan_point(plan, point, settings);
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		if (json_object_set_new(object, settings[i]->key,
					json_of_value(settings[i]->value))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *sweep_line_make(const struct sweep_plan *plan, size_t point, const struct result *result,
			const char *identity)
{
	json_t *settings = json_of_settings(plan, point);
	json_t *whole = result_json(result);

	/* Takes its values also where it fails. */
	return json_pack("{s:s, s:I, s:o, s:o, s:I, s:s}", "plan", plan->name, "point",
			 (json_int_t)point, "set", settings, "result", whole, "points",
			 (json_int_t)plan->points, "identity", identity);
}
