/* SPDX-License-Identifier: Apache-2.0 */
/* Files that take a name when they are complete: the old one stays until then, and nothing
 * is left of one that was never completed. */
#include "fresh.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/test_fresh.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/result", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static unsigned entries(void)
{
	DIR *directory = opendir(folder);
	unsigned count = 0;

	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void contents(const char *expected)
{
	char found[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found) - 1, file), strlen(expected));
	fclose(file);
	assert_string_equal(found, expected);
}

static void write_whole(const char *text)
{
	struct fresh fresh;

	assert_int_equal(fresh_open(&fresh, path), 0);
	fputs(text, fresh.stream);
	assert_int_equal(fresh_commit(&fresh), 0);
}

static void a_file_takes_its_name_when_it_is_complete(void **state)
{
	mode_t mask = umask(027);
	struct fresh fresh;
	struct stat status;

	(void)state;
	write_whole("old");
	assert_int_equal(fresh_open(&fresh, path), 0);
	fputs("new", fresh.stream);
	fflush(fresh.stream);
	contents("old");
	assert_int_equal(fresh_commit(&fresh), 0);
	contents("new");
	assert_int_equal(entries(), 1);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	umask(mask);
	fresh_abort(&fresh); /* does nothing any more */
	contents("new");
}

static void what_is_dropped_leaves_the_old_one(void **state)
{
	struct fresh fresh;

	(void)state;
	write_whole("old");
	assert_int_equal(fresh_open(&fresh, path), 0);
	fputs("half", fresh.stream);
	fresh_abort(&fresh);
	contents("old");
	assert_int_equal(entries(), 1);
}

/* Are there files without a name here? */
static bool nameless(void)
{
	int fd = open(folder, O_TMPFILE | O_WRONLY, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && access("/proc/self/fd", X_OK) == 0;
}

static void nothing_is_left_of_what_is_killed(void **state)
{
	struct fresh fresh;
	int status;
	pid_t child;

	(void)state;
	if (!nameless())
		skip();
	write_whole("old");
	child = fork();
	if (child == 0) {
		if (fresh_open(&fresh, path) == 0 && fputs("half", fresh.stream) >= 0 &&
		    fflush(fresh.stream) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	contents("old");
	assert_int_equal(entries(), 1);
}

static void errors_are_told(void **state)
{
	struct fresh fresh;
	char none[80];

	(void)state;
	snprintf(none, sizeof(none), "%s/none/result", folder);
	assert_int_equal(fresh_open(&fresh, none), -ENOENT);
	/* The name cannot be taken: it is a folder that has something in it. */
	assert_int_equal(fresh_open(&fresh, folder), 0);
	write_whole("old");
	fputs("new", fresh.stream);
	assert_true(fresh_commit(&fresh) < 0);
	assert_int_equal(entries(), 1);
	assert_true(path_is_special("/dev/null"));
	assert_false(path_is_special(path));
	assert_false(path_is_special(folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_takes_its_name_when_it_is_complete),
		cmocka_unit_test(what_is_dropped_leaves_the_old_one),
		cmocka_unit_test(nothing_is_left_of_what_is_killed),
		cmocka_unit_test(errors_are_told),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
