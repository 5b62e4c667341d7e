/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_results.h"

#include "cmd.h"
#include "output.h"
#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name_of(const struct sweep_results *results)
{
	return results->path ? results->path : "temporary file";
}

/* Complains of a line of the file; 0: of the file. */
__attribute__((format(printf, 3, 4))) static int refuse(struct sweep_results *results,
							unsigned line, const char *format, ...)
{
	const struct position at = {.file = name_of(results), .line = line};
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_error(results->message, &at, "%s", text);
	return CMD_INPUT;
}

static int cannot_write(struct sweep_results *results)
{
	message_error(results->message, NULL, "%s: cannot be written: %s", name_of(results),
		      strerror(errno));
	return CMD_OUTPUT;
}

/* ---- What is there ----------------------------------------------------------------------- */

static int take_line(struct sweep_results *results, const char *text, const struct sweep_spot *spot,
		     unsigned number)
{
	struct sweep_line line;
	char why[SWEEP_WHY];

	if (sweep_line_read(text, spot->length - 1, &line, why))
		return refuse(results, number, "%s", why);
	json_decref(line.root);
	if (strcmp(line.plan, results->of.plan) != 0)
		return refuse(results, number,
			      "results of the plan '%s', expected '%s'; give another file with -o",
			      line.plan, results->of.plan);
	if (strcmp(line.identity, results->of.identity) != 0 || line.points != results->of.points)
		return refuse(
			results, number,
			"results of plan '%s' as it was with another trace, other machines or "
			"another version; remove the file or give another one with -o",
			line.plan);
	if (results->spot[line.point].length)
		return refuse(results, number, "point %" PRIu64 " once more", line.point);
	results->spot[line.point] = *spot;
	results->bad[line.point] = !line.good;
	results->done++;
	return 0;
}

/* A line without its end is what an interrupted write left, if it begins as a line does. */
static int cut(struct sweep_results *results, const char *text, size_t length, unsigned number)
{
	static const char begin[] = "{\"plan\":";
	const size_t same = length < sizeof(begin) - 1 ? length : sizeof(begin) - 1;

	if (memcmp(text, begin, same) != 0)
		return refuse(results, number, "no line of sweep results");
	message_note(results->message, "%s: %zu bytes of an incomplete line cut off",
		     name_of(results), length);
	return ftruncate(results->fd, results->end) ? cannot_write(results) : 0;
}

static int read_all(struct sweep_results *results)
{
	int copy = dup(results->fd);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t length;
	unsigned number = 0;
	int status = 0;

	if (!file) {
		if (copy >= 0)
			close(copy);
		return refuse(results, 0, "%s", strerror(errno));
	}
	rewind(file);
	while (status == 0 && (length = getline(&text, &room, file)) > 0) {
		const struct sweep_spot spot = {results->end, (size_t)length};

		number++;
		if (text[length - 1] != '\n') {
			status = cut(results, text, spot.length, number);
			break;
		}
		status = take_line(results, text, &spot, number);
		results->end += length;
	}
	if (status == 0 && ferror(file))
		status = refuse(results, 0, "%s", strerror(errno));
	free(text);
	fclose(file);
	return status;
}

static int open_file(struct sweep_results *results)
{
	struct stat about;
	FILE *file;

	if (!results->path) {
		file = tmpfile();
		results->fd = file ? dup(fileno(file)) : -1;
		if (file)
			fclose(file);
		return results->fd < 0 ? cannot_write(results) : 0;
	}
	results->fd = open(results->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (results->fd < 0 || fstat(results->fd, &about))
		return cannot_write(results);
	if (!S_ISREG(about.st_mode)) {
		message_error(results->message, NULL,
			      "%s: not a file, which a sweep can go on with; expected one, or -",
			      results->path);
		return CMD_OUTPUT;
	}
	if (flock(results->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	message_error(results->message, NULL, "%s: another sweep is writing it", results->path);
	return CMD_OUTPUT;
}

int sweep_results_open(struct sweep_results *results, const char *path, const struct sweep_of *of,
		       struct message *message)
{
	int status;

	*results = (struct sweep_results){
		.path = strcmp(path, "-") == 0 ? NULL : path,
		.fd = -1,
		.of = *of,
		.spot = calloc(of->points, sizeof(*results->spot)),
		.bad = calloc(of->points, sizeof(*results->bad)),
		.message = message,
	};
	if (!results->spot || !results->bad) {
		message_error(message, NULL, "%s", strerror(ENOMEM));
		return CMD_OUTPUT;
	}
	status = open_file(results);
	return status ? status : read_all(results);
}

void sweep_results_close(struct sweep_results *results)
{
	if (results->spot && results->fd >= 0)
		close(results->fd);
	free(results->spot);
	free(results->bad);
	*results = (struct sweep_results){.fd = -1};
}

/* ---- What comes ---------------------------------------------------------------------------- */

static int write_whole(struct sweep_results *results, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		ssize_t n = pwrite(results->fd, text + at, length - at, results->end + (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int status = cannot_write(results);

			/* Half a line would be one more thing to repair. */
			(void)!ftruncate(results->fd, results->end);
			return status;
		}
		at += (size_t)n;
	}
	return 0;
}

int sweep_results_add(struct sweep_results *results, size_t point, const json_t *line, bool good)
{
	char *text = json_dumps(line, JSON_COMPACT | RESULT_JSON_FLAGS);
	size_t length = text ? strlen(text) : 0;
	int status;

	if (!text) {
		errno = ENOMEM;
		return cannot_write(results);
	}
	text[length++] = '\n';
	status = write_whole(results, text, length);
	free(text);
	if (status)
		return status;
	results->spot[point] = (struct sweep_spot){results->end, length};
	results->bad[point] = !good;
	results->end += (off_t)length;
	results->done++;
	return 0;
}

int sweep_results_sync(struct sweep_results *results)
{
	return results->path && fdatasync(results->fd) ? cannot_write(results) : 0;
}

/* ---- In order --------------------------------------------------------------------------------- */

static bool in_order(const struct sweep_results *results)
{
	off_t at = 0;

	for (size_t i = 0; i < results->of.points; i++) {
		if (!results->spot[i].length)
			continue;
		if (results->spot[i].offset != at)
			return false;
		at += (off_t)results->spot[i].length;
	}
	return true;
}

static char *read_spot(struct sweep_results *results, const struct sweep_spot *spot)
{
	char *text = malloc(spot->length);
	size_t at = 0;

	while (text && at < spot->length) {
		ssize_t n =
			pread(results->fd, text + at, spot->length - at, spot->offset + (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(text);
			text = NULL;
			errno = n < 0 ? errno : EIO;
			break;
		}
		at += (size_t)n;
	}
	if (!text)
		refuse(results, 0, "%s", strerror(errno));
	return text;
}

static int copy_lines(struct sweep_results *results, FILE *stream)
{
	for (size_t i = 0; i < results->of.points; i++) {
		char *text;

		if (!results->spot[i].length)
			continue;
		text = read_spot(results, &results->spot[i]);
		if (!text)
			return CMD_OUTPUT;
		fwrite(text, 1, results->spot[i].length, stream);
		free(text);
	}
	return 0;
}

int sweep_results_finish(struct sweep_results *results)
{
	struct output output = {0};
	int status;

	if (results->path && in_order(results))
		return 0;
	if (output_open(&output, results->path ? results->path : "-", results->message))
		return CMD_OUTPUT;
	status = copy_lines(results, output.stream);
	/* Before the new file takes the place of the old one, which is on the disk. */
	if (status == 0 && results->path &&
	    (fflush(output.stream) != 0 || fsync(fileno(output.stream)) != 0))
		status = cannot_write(results);
	if (status) {
		output_abort(&output);
		return status;
	}
	return output_commit(&output, results->message);
}

json_t *sweep_results_get(struct sweep_results *results, size_t point)
{
	const struct sweep_spot *spot = &results->spot[point];
	char *text = read_spot(results, spot);
	json_t *root;

	if (!text)
		return NULL;
	root = json_loadb(text, spot->length, 0, NULL);
	free(text);
	if (!root)
		refuse(results, 0, "point %zu cannot be read again", point);
	return root;
}
