/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who watches a replay is told everything once and in order, and changes nothing; several
 * replays fed by one reader give what each gives alone.
 */
#include "replay_rig.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Two maps, accesses, an unmap and an access after it, which faults. */
static const char trace_text[] =
	"ioasim-trace 1\n"
	"arch vtd\n"
	"levels driver\n"
	"domain domain=1 kind=kernel\n"
	"device rid=00:05.0\n"
	"attach rid=00:05.0 domain=1\n"
	"map domain=1 iova=0x40000000 length=0x2000 pa=0x5000000 access=rw\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r\n"
	"dma rid=00:05.0 iova=0x40001000 length=16 access=w\n"
	"unmap domain=1 iova=0x40000000 length=0x1000\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r\n"
	"detach rid=00:05.0\n";

/* Calls and accesses of the trace by number of the record. */
#define ACCESSES "568"

struct watcher {
	struct replay_probe probe;
	unsigned starts, finishes, commands, invalidations, fetches, open, nested;
	unsigned commands_of_unmap;
	char calls[32], accesses[32];
	bool in_unmap;
	unsigned faulted;
};

static struct watcher *watcher_of(struct replay_probe *probe)
{
	return (struct watcher *)probe;
}

static int on_start(struct replay_probe *probe, const struct machine *machine,
		    const struct ioasim_unit *unit)
{
	(void)machine;
	assert_non_null(unit);
	watcher_of(probe)->starts++;
	return 0;
}

static void on_begin(struct replay_probe *probe, const struct trace_record *record, uint64_t number)
{
	struct watcher *w = watcher_of(probe);

	w->calls[strlen(w->calls)] = (char)('0' + number);
	w->nested += w->open++;
	w->in_unmap = record->kind == TRACE_UNMAP;
}

static void on_end(struct replay_probe *probe, const struct trace_record *record, int status)
{
	(void)record;
	assert_int_equal(status, 0);
	watcher_of(probe)->open--;
	watcher_of(probe)->in_unmap = false;
}

static void on_access(struct replay_probe *probe, const struct replay_access *access)
{
	struct watcher *w = watcher_of(probe);

	w->accesses[strlen(w->accesses)] = (char)('0' + access->number);
	assert_int_equal(access->request->address, access->record->address);
	w->faulted += !replay_answered(access->response);
}

static void on_command(struct replay_probe *probe, const uint64_t *words, unsigned count)
{
	struct watcher *w = watcher_of(probe);

	assert_non_null(words);
	assert_in_range(count, 2, 4);
	w->commands++;
	w->commands_of_unmap += w->in_unmap;
}

static void on_invalidated(struct replay_probe *probe, const struct ioasim_invalidation *what)
{
	(void)what;
	watcher_of(probe)->invalidations++;
}

static void on_fetch(struct replay_probe *probe, const struct ioasim_fetch *fetch)
{
	(void)fetch;
	watcher_of(probe)->fetches++;
}

static void on_finish(struct replay_probe *probe, const struct ioasim_unit *unit)
{
	assert_non_null(unit);
	watcher_of(probe)->finishes++;
}

static const struct replay_probe everything = {
	.start = on_start,
	.begin = on_begin,
	.end = on_end,
	.access = on_access,
	.command = on_command,
	.invalidated = on_invalidated,
	.fetch = on_fetch,
	.finish = on_finish,
};

static void who_watches_is_told_everything_once(void **state)
{
	struct watcher w = {.probe = everything};
	struct replay_probe *const probes[] = {&w.probe, NULL};
	uint64_t references = 0;
	struct trial t;

	(void)state;
	trial_replay(&t, trace_text, &(struct trial_options){.driver = true, .probe = probes});
	assert_int_equal(t.status, 0);
	assert_int_equal(w.starts, 1);
	assert_int_equal(w.finishes, 1);
	assert_string_equal(w.calls, "12347"
				     "9");
	assert_string_equal(w.accesses, ACCESSES);
	assert_int_equal(w.nested, 0);
	assert_int_equal(w.open, 0);
	assert_int_equal(w.faulted, 1);
	assert_int_equal(w.commands, result_commands(&t.result));
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		references += result_references(&t.result, kind);
	assert_int_equal(w.fetches, references);
	/* The page, and the wait for it (H4). */
	assert_int_equal(w.commands_of_unmap, 2);
	assert_in_range(w.invalidations, 1, w.commands);
	trial_done(&t);
}

/* Levels' own callbacks go on being called: commands and faults are still compared. */
static void watching_changes_nothing(void **state)
{
	static const char text[] = "ioasim-trace 1\n"
				   "arch vtd\n"
				   "levels unit\n"
				   "key cap.cap 0x80d2008c222f0606\n"
				   "key cap.ecap 0xf00f4a\n"
				   "reg offset=0x88 size=4 value=0\n"
				   "reg offset=0x90 size=8 value=0x20000\n"
				   "reg offset=0x18 size=4 value=0x4000000\n"
				   "mem address=0x20000 value=0x12\n"
				   "mem address=0x20008 value=0x0\n"
				   "reg offset=0x88 size=4 value=0x10\n"
				   "cmd words=0x12,0x0\n"
				   "dma rid=00:05.0 iova=0x40000010 length=16 access=r\n";
	struct watcher w[2] = {{.probe = everything}, {.probe = everything}};
	struct replay_probe *const probes[] = {&w[0].probe, &w[1].probe, NULL};
	struct trial plain, watched;
	json_t *a, *b;

	(void)state;
	trial_replay(&plain, text, &(struct trial_options){.driver = false});
	w[0].probe.end = w[1].probe.end = NULL;
	trial_replay(&watched, text, &(struct trial_options){.probe = probes});
	a = result_json(&plain.result);
	b = result_json(&watched.result);
	assert_true(json_equal(a, b));
	assert_int_equal(plain.result.commands.compared, 1);
	assert_int_equal(w[0].commands, w[1].commands);
	assert_int_equal(w[1].commands, 1);
	json_decref(a);
	json_decref(b);
	trial_done(&plain);
	trial_done(&watched);
}

static void one_reader_drives_several_replays(void **state)
{
	static const char *const sizes[] = {"caches=off", "caches.iotlb.entries=64"};
	struct machine machine[2];
	struct result result[2];
	struct replay replay[2];
	struct replay_run *run[2];
	struct message message;
	struct trace_reader *reader = trial_open(trace_text);
	const struct trace_record *records;
	size_t count = 1;

	(void)state;
	message_init(&message, stderr);
	for (unsigned i = 0; i < 2; i++) {
		const struct machine_source source = {
			.set = &sizes[i], .sets = 1, .meta = trace_reader_meta(reader)};

		assert_int_equal(machine_load(&machine[i], &source, &message), 0);
		result_init(&result[i], &machine[i], "text");
		result[i].level = TRACE_LEVEL_DRIVER;
		replay[i] = (struct replay){.machine = &machine[i],
					    .meta = trace_reader_meta(reader),
					    .message = &message,
					    .result = &result[i],
					    .check = true};
		assert_int_equal(replay_start(&replay[i], &run[i]), 0);
	}
	while (count) {
		assert_int_equal(replay_next(&replay[0], reader, &records, &count), 0);
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(replay_feed(run[i], records, count), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct trial alone;
		json_t *a, *b;

		replay_end(run[i]);
		trial_replay(
			&alone, trace_text,
			&(struct trial_options){.driver = true,
						.sets = (const char *const[]){sizes[i], NULL}});
		a = result_json(&alone.result);
		b = result_json(&result[i]);
		assert_true(json_equal(a, b));
		json_decref(a);
		json_decref(b);
		trial_done(&alone);
		result_fini(&result[i]);
	}
	trace_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_watches_is_told_everything_once),
		cmocka_unit_test(watching_changes_nothing),
		cmocka_unit_test(one_reader_drives_several_replays),
	};

	return cmocka_run_group_tests_name("probes of a replay", tests, NULL, NULL);
}
