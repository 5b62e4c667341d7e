/* SPDX-License-Identifier: Apache-2.0 */
/* Results against goldens: two trees of JSON, and where they differ. */
#include "result.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_PATH  512
#define GOLDEN_SHOWN 100
#define GOLDEN_DEPTH 32

struct comparison {
	const char *file;
	struct message *message;
	uint64_t differences;
	char path[GOLDEN_PATH];
};

static void compare(struct comparison *c, const json_t *golden, const json_t *now, unsigned depth);

/* A value as it stands in the file, cut to what fits a line. */
static char *shown(const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : strdup("nothing");
	const size_t longest = 80;

	if (text && strlen(text) > longest)
		memcpy(text + longest - 3, "...", 4);
	return text;
}

static void differ(struct comparison *c, const json_t *golden, const json_t *now)
{
	char *expected, *found;

	if (c->differences++ >= GOLDEN_SHOWN)
		return;
	expected = shown(golden);
	found = shown(now);
	message_error(c->message, &(struct position){.file = c->file}, "%s: expected %s, found %s",
		      c->path[0] ? c->path : "result", expected ? expected : "?",
		      found ? found : "?");
	free(expected);
	free(found);
}

/* Appends to the path; returns the length to go back to. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct comparison *c, const char *format,
							  ...)
{
	size_t length = strlen(c->path);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(c->path + length, sizeof(c->path) - length, format, arguments);
	va_end(arguments);
	return length;
}

static void leave(struct comparison *c, size_t length)
{
	c->path[length] = '\0';
}

static bool exempt(const struct comparison *c)
{
	return strcmp(c->path, "version") == 0 || strcmp(c->path, "trace.file") == 0;
}

static void compare_objects(struct comparison *c, const json_t *golden, const json_t *now,
			    unsigned depth)
{
	const char *key;
	json_t *value;
	size_t length;

	/* jansson's iteration takes no const, and changes nothing. */
	json_object_foreach ((json_t *)golden, key, value) {
		length = enter(c, "%s%s", c->path[0] ? "." : "", key);
		if (!exempt(c))
			compare(c, value, json_object_get(now, key), depth + 1);
		leave(c, length);
	}
	json_object_foreach ((json_t *)now, key, value) {
		if (json_object_get(golden, key))
			continue;
		length = enter(c, "%s%s", c->path[0] ? "." : "", key);
		if (!exempt(c))
			differ(c, NULL, value);
		leave(c, length);
	}
}

static void compare_arrays(struct comparison *c, const json_t *golden, const json_t *now,
			   unsigned depth)
{
	size_t expected = json_array_size(golden), found = json_array_size(now);

	for (size_t i = 0; i < expected || i < found; i++) {
		size_t length = enter(c, "[%zu]", i);

		compare(c, json_array_get(golden, i), json_array_get(now, i), depth + 1);
		leave(c, length);
	}
}

static void compare(struct comparison *c, const json_t *golden, const json_t *now, unsigned depth)
{
	if (!golden || !now || depth > GOLDEN_DEPTH)
		differ(c, golden, now);
	else if (json_is_object(golden) && json_is_object(now))
		compare_objects(c, golden, now, depth);
	else if (json_is_array(golden) && json_is_array(now))
		compare_arrays(c, golden, now, depth);
	else if (!json_equal(golden, now))
		differ(c, golden, now);
}

uint64_t golden_compare(const json_t *golden, const json_t *now, const char *path,
			struct message *message)
{
	struct comparison c = {.file = path, .message = message};

	compare(&c, golden, now, 0);
	if (c.differences > GOLDEN_SHOWN)
		message_error(message, &(struct position){.file = path},
			      "and %" PRIu64 " more differences", c.differences - GOLDEN_SHOWN);
	return c.differences;
}
