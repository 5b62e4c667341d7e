/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_standard(const struct output *output)
{
	return strcmp(output->path, "-") == 0;
}

static const char *output_name(const struct output *output)
{
	return is_standard(output) ? "standard output" : output->path;
}

bool output_replaces(const char *path, const char *other)
{
	struct stat one, two;

	if (!path || !other || strcmp(path, "-") == 0 || path_is_special(path))
		return false;
	if (strcmp(path, other) == 0)
		return true;
	return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

static FILE *open_fresh(struct output *output)
{
	int error = fresh_open(&output->fresh, output->path);

	errno = -error;
	return output->fresh.stream;
}

int output_open(struct output *output, const char *path, struct message *message)
{
	memset(output, 0, sizeof(*output));
	output->path = path ? path : "-";
	if (is_standard(output))
		output->stream = stdout;
	else if (path_is_special(output->path))
		output->stream = fopen(output->path, "w");
	else
		output->stream = open_fresh(output);
	if (output->stream)
		return 0;
	message_error(message, NULL, "%s: cannot be written: %s", output_name(output),
		      strerror(errno));
	return CMD_OUTPUT;
}

/* Standard output stays open. 0, or -errno. */
static int in_place_commit(struct output *output)
{
	int error = 0;

	errno = 0;
	if (ferror(output->stream) || fflush(output->stream) != 0)
		error = errno ? -errno : -EIO;
	errno = 0;
	/* What an earlier write failed with is known no more, but shows again. */
	if (!is_standard(output) && fclose(output->stream) != 0)
		error = errno ? -errno : -EIO;
	return error;
}

int output_commit(struct output *output, struct message *message)
{
	int error = output->fresh.stream ? fresh_commit(&output->fresh) : in_place_commit(output);

	output->stream = NULL;
	if (!error)
		return 0;
	message_error(message, NULL, "%s: cannot be written: %s", output_name(output),
		      strerror(-error));
	return CMD_OUTPUT;
}

void output_abort(struct output *output)
{
	if (output->stream && !output->fresh.stream && output->stream != stdout)
		fclose(output->stream);
	output->stream = NULL;
	fresh_abort(&output->fresh);
}
