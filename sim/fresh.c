/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int path_is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* ---- Opening ------------------------------------------------------------------------------- */

/* -1: the file system has no files without a name, or there is no way to give one. */
static int open_nameless(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy && access("/proc/self/fd", X_OK) == 0)
		fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(copy);
	return fd;
}

static int open_named(struct fresh *fresh)
{
	mode_t mask = umask(0);
	int fd, error;

	umask(mask);
	if (asprintf(&fresh->name, "%s.XXXXXX", fresh->path) < 0) {
		fresh->name = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(fresh->name, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		return fd;
	error = -errno;
	if (fd >= 0) {
		close(fd);
		unlink(fresh->name);
	}
	free(fresh->name);
	fresh->name = NULL;
	return error;
}

int fresh_open(struct fresh *fresh, const char *path)
{
	int fd = open_nameless(path), error;

	*fresh = (struct fresh){.path = path};
	if (fd < 0)
		fd = open_named(fresh);
	if (fd < 0)
		return fd;
	fresh->stream = fdopen(fd, "w");
	if (fresh->stream)
		return 0;
	error = -errno;
	close(fd);
	fresh_abort(fresh);
	return error;
}

/* ---- Completing ------------------------------------------------------------------------------ */

#define SUFFIX 6

static int suffix_draw(char *suffix)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char bytes[SUFFIX];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (unsigned i = 0; i < SUFFIX; i++)
		suffix[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	return 0;
}

/* A name that nothing has, so that it can be renamed to one that something may have. */
static int name_give(struct fresh *fresh)
{
	char from[64];
	int error;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fileno(fresh->stream));
	if (asprintf(&fresh->name, "%s.XXXXXX", fresh->path) < 0) {
		fresh->name = NULL;
		return -ENOMEM;
	}
	do {
		error = suffix_draw(fresh->name + strlen(fresh->path) + 1);
		if (!error && linkat(AT_FDCWD, from, AT_FDCWD, fresh->name, AT_SYMLINK_FOLLOW))
			error = -errno;
	} while (error == -EEXIST);
	if (error) {
		free(fresh->name);
		fresh->name = NULL;
	}
	return error;
}

static int stream_error(void)
{
	return errno ? -errno : -EIO;
}

static int stream_close(struct fresh *fresh)
{
	FILE *stream = fresh->stream;

	fresh->stream = NULL;
	errno = 0;
	return fclose(stream) ? stream_error() : 0;
}

int fresh_commit(struct fresh *fresh)
{
	int error = 0, closed;

	errno = 0;
	if (ferror(fresh->stream) || fflush(fresh->stream))
		error = stream_error();
	if (!error && !fresh->name)
		error = name_give(fresh);
	/* What an earlier write failed with is known no more, but shows again. */
	closed = stream_close(fresh);
	if (closed)
		error = closed;
	if (!error && rename(fresh->name, fresh->path))
		error = -errno;
	if (!error) {
		free(fresh->name);
		fresh->name = NULL;
	}
	fresh_abort(fresh);
	return error;
}

void fresh_abort(struct fresh *fresh)
{
	if (fresh->stream)
		fclose(fresh->stream);
	fresh->stream = NULL;
	if (fresh->name)
		unlink(fresh->name);
	free(fresh->name);
	fresh->name = NULL;
}
