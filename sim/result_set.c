/* SPDX-License-Identifier: Apache-2.0 */
#include "result_set.h"

#include "cmd.h"
#include "result_keys.h"
#include "trace_input.h"
#include "trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A result, and so a line of a sweep, may not be longer. */
#define DOCUMENT_MAX (UINT64_C(64) << 20)

/* One input while it is read: the bytes of a line, or of the whole. */
struct reading {
	struct result_set *set;
	struct message *message;
	struct trace_input *input;
	struct position at;
	char *bytes;
	size_t size, room;
	bool ended;
};

void result_set_init(struct result_set *set, const char *const *path, size_t paths)
{
	memset(set, 0, sizeof(*set));
	points_init(&set->points, path, paths);
}

void result_set_fini(struct result_set *set)
{
	for (size_t i = 0; i < set->files; i++)
		json_decref(set->file[i].json);
	points_fini(&set->points);
}

static int refuse(struct reading *r, const char *text)
{
	message_error(r->message, &r->at, "%s", text);
	return CMD_INPUT;
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

static int append(struct reading *r, const unsigned char *bytes, size_t count)
{
	char text[96];

	if (r->size + count > DOCUMENT_MAX) {
		snprintf(text, sizeof(text), "longer than %u MiB, expected a result",
			 (unsigned)(DOCUMENT_MAX >> 20));
		return refuse(r, text);
	}
	if (r->size + count + 1 > r->room) {
		size_t room = 2 * (r->size + count + 1);
		char *larger = realloc(r->bytes, room);

		if (!larger)
			return refuse(r, "there is no memory");
		r->bytes = larger;
		r->room = room;
	}
	memcpy(r->bytes + r->size, bytes, count);
	r->size += count;
	r->bytes[r->size] = '\0';
	return 0;
}

/* Appends what comes next, to the end of the line or of the input. */
static int read_on(struct reading *r, bool line)
{
	struct trace_error error = {""};
	const unsigned char *bytes, *end = NULL;

	while (!end) {
		ssize_t have = input_peek(r->input, 1, &bytes, &error);
		size_t count;

		if (have < 0) {
			message_error(r->message, NULL, "%s", error.text);
			return CMD_INPUT;
		}
		if (have == 0) {
			r->ended = true;
			return 0;
		}
		end = line ? memchr(bytes, '\n', (size_t)have) : NULL;
		count = end ? (size_t)(end - bytes) + 1 : (size_t)have;
		if (append(r, bytes, count))
			return CMD_INPUT;
		input_consume(r->input, count);
	}
	return 0;
}

static bool is_blank(const struct reading *r)
{
	for (size_t i = 0; i < r->size; i++)
		if (!isspace((unsigned char)r->bytes[i]))
			return false;
	return true;
}

/* NULL after a message, if it is no JSON. */
static json_t *parse(struct reading *r)
{
	json_error_t error;
	json_t *json = json_loadb(r->bytes, r->size, JSON_REJECT_DUPLICATES, &error);
	struct position at = r->at;

	if (json)
		return json;
	if (at.line)
		at.column = error.column > 0 ? (unsigned)error.column : 0;
	else if (error.line > 0) {
		at.line = (unsigned)error.line;
		at.column = error.column > 0 ? (unsigned)error.column : 0;
	}
	message_error(r->message, &at, "%s, expected JSON", error.text);
	return NULL;
}

/* ---- Points of a sweep ------------------------------------------------------------------------- */

static int take_point(struct reading *r, const json_t *line)
{
	const json_t *result = json_object_get(line, "result");
	char why[POINTS_WHY];
	const char *wrong;

	if (!json_is_object(line))
		return refuse(r, "expected an object, a point of a sweep");
	if (result_keys_check(result, &r->at, r->message))
		return CMD_INPUT;
	wrong = points_add(&r->set->points, line, why);
	return wrong ? refuse(r, wrong) : 0;
}

static int take_points(struct reading *r)
{
	for (r->at.line = 1; !r->ended || r->size; r->at.line++) {
		if (!is_blank(r)) {
			json_t *line = parse(r);
			int status = line ? take_point(r, line) : CMD_INPUT;

			json_decref(line);
			if (status)
				return status;
		}
		r->size = 0;
		if (!r->ended && read_on(r, true))
			return CMD_INPUT;
	}
	return 0;
}

/* ---- Results ------------------------------------------------------------------------------------ */

static void name_file(struct result_file *file, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length;

	path = slash && slash[1] ? slash + 1 : path;
	snprintf(file->name, sizeof(file->name), "%s", path);
	length = strlen(file->name);
	if (length > 5 && strcmp(file->name + length - 5, ".json") == 0)
		file->name[length - 5] = '\0';
}

static int take_result(struct reading *r, json_t *json)
{
	struct result_set *set = r->set;

	if (result_keys_check(json, &r->at, r->message))
		return CMD_INPUT;
	if (set->files == RESULT_SET_MOST)
		return refuse(r, "one result more than the 26 that a report compares; "
				 "`ioasim sweep` is for more");
	set->file[set->files].path = r->at.file;
	name_file(&set->file[set->files], r->at.file);
	set->file[set->files++].json = json_incref(json);
	return 0;
}

static bool is_point(const char *bytes, size_t size)
{
	json_t *line = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
	bool point = json_object_get(line, "result") && json_object_get(line, "set");

	json_decref(line);
	return point;
}

/* The first line decides: a point of a sweep is whole on it. */
static int take(struct reading *r)
{
	json_t *json;
	int status;

	if (read_on(r, true))
		return CMD_INPUT;
	if (is_point(r->bytes, r->size))
		return take_points(r);
	if (!r->ended && read_on(r, false))
		return CMD_INPUT;
	if (is_blank(r))
		return refuse(r, "is empty, expected a result of `ioasim replay --format json` or "
				 "`ioasim sweep`");
	json = parse(r);
	status = json ? take_result(r, json) : CMD_INPUT;
	json_decref(json);
	return status;
}

int result_set_read(struct result_set *set, const char *path, struct message *message)
{
	struct reading r = {.set = set, .message = message, .at = {.file = path}};
	struct trace_error error = {""};
	int status;

	if (input_open(path, &r.input, &error)) {
		message_error(message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	status = take(&r);
	input_close(r.input);
	free(r.bytes);
	return status;
}

int result_set_complete(struct result_set *set, struct message *message)
{
	char why[POINTS_WHY];
	const char *wrong = points_sort(&set->points, why);

	if (!wrong)
		return 0;
	message_error(message, NULL, "plan '%.40s': %s", set->points.plan, wrong);
	return CMD_INPUT;
}
