/* SPDX-License-Identifier: Apache-2.0 */
#include "replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct trace_reader *trial_open(const char *text)
{
	char path[] = "/tmp/ioasim-replay-XXXXXX";
	struct trace_error error = {""};
	struct trace_reader *reader = NULL;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	if (trace_open(path, TRACE_FORMAT_AUTO, &reader, &error))
		fail_msg("%s", error.text);
	unlink(path);
	return reader;
}

void trial_replay(struct trial *t, const char *text, const struct trial_options *options)
{
	struct trace_reader *reader = trial_open(text);
	FILE *stream = tmpfile();
	struct message message;
	struct replay replay;
	size_t count = 0;

	memset(t, 0, sizeof(*t));
	assert_non_null(stream);
	message_init(&message, stream);
	while (options->sets && options->sets[count])
		count++;
	assert_int_equal(machine_load(&t->machine,
				      &(struct machine_source){
					      .arch = options->arch,
					      .set = options->sets,
					      .sets = count,
					      .meta = trace_reader_meta(reader),
				      },
				      &message),
			 0);
	result_init(&t->result, &t->machine, "text");
	t->result.level = options->driver ? TRACE_LEVEL_DRIVER : TRACE_LEVEL_UNIT;
	replay = (struct replay){
		.machine = &t->machine,
		.meta = trace_reader_meta(reader),
		.message = &message,
		.result = &t->result,
		.check = true,
		.probe = options->probe,
		.timeline = options->timeline,
	};
	t->status = replay_trace(&replay, reader);
	if (t->status == 0)
		assert_null(result_check(&t->result));
	rewind(stream);
	t->said[fread(t->said, 1, sizeof(t->said) - 1, stream)] = '\0';
	fclose(stream);
	trace_close(reader);
}

void trial_run(struct trial *t, const char *text, const char *const *sets, bool driver)
{
	trial_replay(t, text, &(struct trial_options){.sets = sets, .driver = driver});
}

void trial_done(struct trial *t)
{
	result_fini(&t->result);
}

void assert_match(const struct result_match *match, uint64_t matched, uint64_t mismatched)
{
	assert_int_equal(match->matched, matched);
	assert_int_equal(match->mismatched, mismatched);
}
