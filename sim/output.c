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

/* A device or pipe has no old contents to protect and cannot be renamed over. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool output_replaces(const char *path, const char *other)
{
	struct stat one, two;

	if (!path || !other || strcmp(path, "-") == 0 || is_special(path))
		return false;
	if (strcmp(path, other) == 0)
		return true;
	return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

static FILE *open_temporary(struct output *output)
{
	mode_t mask = umask(0);
	FILE *stream;
	int fd;

	umask(mask);
	if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
		output->temporary = NULL;
		errno = ENOMEM;
		return NULL;
	}
	fd = mkstemp(output->temporary);
	if (fd < 0)
		goto fail;
	stream = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
	if (stream)
		return stream;
	close(fd);
	unlink(output->temporary);
fail:
	free(output->temporary);
	output->temporary = NULL;
	return NULL;
}

int output_open(struct output *output, const char *path, struct message *message)
{
	memset(output, 0, sizeof(*output));
	output->path = path ? path : "-";
	if (is_standard(output))
		output->stream = stdout;
	else if (is_special(output->path))
		output->stream = fopen(output->path, "w");
	else
		output->stream = open_temporary(output);
	if (output->stream)
		return 0;
	message_error(message, NULL, "%s: cannot be written: %s", output_name(output),
		      strerror(errno));
	return CMD_OUTPUT;
}

int output_commit(struct output *output, struct message *message)
{
	bool bad;
	int err;

	errno = 0;
	bad = ferror(output->stream) || fflush(output->stream) != 0;
	err = errno;
	if (!is_standard(output) && fclose(output->stream) != 0) {
		bad = true;
		err = errno;
	}
	output->stream = NULL;
	if (!bad && output->temporary && rename(output->temporary, output->path) != 0) {
		bad = true;
		err = errno;
	}
	if (bad) {
		message_error(message, NULL, "%s: cannot be written: %s", output_name(output),
			      err ? strerror(err) : "an earlier write failed");
		output_abort(output);
		return CMD_OUTPUT;
	}
	free(output->temporary);
	output->temporary = NULL;
	return 0;
}

void output_abort(struct output *output)
{
	if (output->stream && output->stream != stdout)
		fclose(output->stream);
	output->stream = NULL;
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	output->temporary = NULL;
}
