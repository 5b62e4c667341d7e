/* SPDX-License-Identifier: Apache-2.0 */
/* The results of a sweep: what survives, what is done again, what is refused. */
#include "cmd.h"
#include "sweep_results.h"
#include "trace_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define POINTS 4

static const struct sweep_of sweep = {"plan", "0123456789abcdef", POINTS};

struct trial {
	struct sweep_results results;
	struct message message;
	FILE *stream;
	int status;
	char said[1024];
};

static void open_results(struct trial *t, const struct sweep_of *of)
{
	t->stream = tmpfile();
	assert_non_null(t->stream);
	message_init(&t->message, t->stream);
	t->status = sweep_results_open(&t->results, rig_path("r.jsonl"), of, &t->message);
	rewind(t->stream);
	t->said[fread(t->said, 1, sizeof(t->said) - 1, t->stream)] = '\0';
}

static void close_results(struct trial *t)
{
	sweep_results_close(&t->results);
	fclose(t->stream);
}

/* A line as sweeps write it; `broken`: how often a rule is broken in it. */
static json_t *line_of(const struct sweep_of *of, size_t point, int broken)
{
	json_t *line = json_pack("{s:s, s:I, s:{s:I}, s:{s:{s:i}, s:{s:{s:i}}}, s:I, s:s}", "plan",
				 of->plan, "point", (json_int_t)point, "set", "k",
				 (json_int_t)(point * point), "result", "recorded", "mismatched", 0,
				 "rules", "broken", "S1", broken, "points", (json_int_t)of->points,
				 "identity", of->identity);

	assert_non_null(line);
	return line;
}

static void add(struct trial *t, size_t point, int broken)
{
	json_t *line = line_of(&sweep, point, broken);

	assert_int_equal(sweep_results_add(&t->results, point, line, !broken), 0);
	json_decref(line);
}

/* A file with the lines of these points, in this order. */
static void make(const size_t *points, size_t count)
{
	struct trial t;

	remove(rig_path("r.jsonl"));
	open_results(&t, &sweep);
	assert_string_equal(t.said, "");
	assert_int_equal(t.status, 0);
	for (size_t i = 0; i < count; i++)
		add(&t, points[i], points[i] == 2);
	assert_int_equal(sweep_results_sync(&t.results), 0);
	close_results(&t);
}

/* ---- What survives ------------------------------------------------------------------------ */

static void lines_in_any_order_end_in_the_order_of_the_points(void **state)
{
	static const size_t mixed[] = {2, 0, 3, 1}, ordered[] = {0, 1, 2, 3};
	void *first, *second;
	size_t size, same;
	struct trial t;

	(void)state;
	make(ordered, POINTS);
	first = rig_read_file(rig_path("r.jsonl"), &size);
	make(mixed, POINTS);
	open_results(&t, &sweep);
	assert_int_equal(t.results.done, POINTS);
	assert_int_equal(sweep_results_finish(&t.results), 0);
	close_results(&t);
	second = rig_read_file(rig_path("r.jsonl"), &same);
	assert_int_equal(size, same);
	assert_memory_equal(first, second, size);
	assert_int_equal(rig_files(), 1);
	free(first);
	free(second);
}

static void a_file_that_is_opened_again_tells_what_is_there_and_what_is_good(void **state)
{
	static const size_t some[] = {2, 0};
	struct trial t;
	json_t *line;

	(void)state;
	make(some, 2);
	open_results(&t, &sweep);
	assert_int_equal(t.status, 0);
	assert_int_equal(t.results.done, 2);
	assert_true(t.results.spot[0].length && t.results.spot[2].length);
	assert_false(t.results.spot[1].length || t.results.spot[3].length);
	assert_true(t.results.bad[2]);
	assert_false(t.results.bad[0]);
	line = sweep_results_get(&t.results, 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "set"), "k")), 4);
	json_decref(line);
	close_results(&t);
}

/* Whatever a crash leaves of the last line, the sweep ends with the same file. */
static void a_line_that_is_cut_anywhere_is_cut_off_and_done_again(void **state)
{
	static const size_t ordered[] = {0, 1, 2, 3};
	size_t size, now, whole;
	char *bytes, *again;
	struct trial t;

	(void)state;
	make(ordered, POINTS - 1);
	free(rig_read_file(rig_path("r.jsonl"), &whole));
	make(ordered, POINTS);
	bytes = rig_read_file(rig_path("r.jsonl"), &size);
	for (size_t length = whole; length < size; length++) {
		rig_write_file(rig_path("r.jsonl"), bytes, length);
		open_results(&t, &sweep);
		assert_int_equal(t.status, 0);
		assert_int_equal(strstr(t.said, "of an incomplete line cut off") != NULL,
				 length > whole);
		assert_int_equal(t.results.done, POINTS - 1);
		assert_int_equal(t.results.end, whole);
		add(&t, 3, 0);
		close_results(&t);
		again = rig_read_file(rig_path("r.jsonl"), &now);
		assert_int_equal(now, size);
		assert_memory_equal(again, bytes, size);
		free(again);
	}
	free(bytes);
}

/* ---- What is refused ---------------------------------------------------------------------- */

static void assert_refused(const struct sweep_of *of, const char *expected)
{
	size_t before, after;
	char *bytes = rig_read_file(rig_path("r.jsonl"), &before), *now;
	struct trial t;

	open_results(&t, of);
	if (t.status != CMD_INPUT || !strstr(t.said, expected))
		fail_msg("status %d, said %s, expected %s", t.status, t.said, expected);
	close_results(&t);
	now = rig_read_file(rig_path("r.jsonl"), &after);
	assert_int_equal(before, after);
	assert_memory_equal(now, bytes, before);
	free(bytes);
	free(now);
}

static void a_file_of_another_sweep_is_refused_and_stays(void **state)
{
	static const size_t some[] = {2, 0};
	const struct sweep_of name = {"other", sweep.identity, POINTS};
	const struct sweep_of identity = {sweep.plan, "0123456789abcdee", POINTS};
	const struct sweep_of points = {sweep.plan, sweep.identity, POINTS + 1};

	(void)state;
	make(some, 2);
	assert_refused(&name, ":1: results of the plan 'plan', expected 'other'");
	assert_refused(&identity, ":1: results of plan 'plan' as it was with another trace");
	assert_refused(&points, ":1: results of plan 'plan' as it was with another trace");
}

struct strange {
	const char *file, *said;
};

#define HEAD "{\"plan\":\"plan\",\"point\":"
#define TAIL ",\"set\":{},\"result\":{},\"points\":4,\"identity\":\"0123456789abcdef\"}\n"

static void a_file_that_is_no_results_is_refused_and_stays(void **state)
{
	static const struct strange rows[] = {
		{"int main(void)", ":1: no line of sweep results"},
		{"int main(void)\n", ":1: column 3: "},
		{"\n", ":1: column "},
		{"{}\n", ":1: no 'point', expected a line of sweep results"},
		{HEAD "0" TAIL HEAD "4" TAIL, ":2: point 4 of 4, expected a smaller one"},
		{HEAD "-1" TAIL, ":1: no 'point', expected a line of sweep results"},
		{HEAD "1.5" TAIL, ":1: no 'point', expected a line of sweep results"},
		{HEAD "1" TAIL HEAD "1" TAIL, ":2: point 1 once more"},
		{HEAD "1,\"point\":2" TAIL, ":1: column "},
		{HEAD "1,\"set\":{},\"result\":{},\"points\":4}\n",
		 ":1: no 'plan' or no 'identity'"},
		{HEAD "1,\"set\":{},\"points\":4,\"identity\":\"a\"}\n",
		 ":1: no 'set' or no 'result'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_write_file(rig_path("r.jsonl"), rows[i].file, strlen(rows[i].file));
		assert_refused(&sweep, rows[i].said);
	}
}

static void two_sweeps_do_not_write_one_file(void **state)
{
	struct trial first, second;

	(void)state;
	remove(rig_path("r.jsonl"));
	open_results(&first, &sweep);
	assert_int_equal(first.status, 0);
	open_results(&second, &sweep);
	assert_int_equal(second.status, CMD_OUTPUT);
	assert_non_null(strstr(second.said, "r.jsonl: another sweep is writing it"));
	close_results(&second);
	close_results(&first);
}

/* One byte anywhere is changed: the file is refused, or what it tells of each point that it
 * has is of that point and of this sweep. */
static void damage_is_refused_or_does_no_harm(void **state)
{
	static const size_t ordered[] = {0, 1, 2, 3};
	uint64_t seed = rig_seed(), refused = 0;
	size_t size;
	char *bytes;

	(void)state;
	make(ordered, POINTS);
	bytes = rig_read_file(rig_path("r.jsonl"), &size);
	for (unsigned round = 0; round < 3000; round++) {
		size_t at = rig_random(&seed) % size;
		char old = bytes[at];
		struct trial t;

		bytes[at] = (char)rig_random(&seed);
		rig_write_file(rig_path("r.jsonl"), bytes, size);
		open_results(&t, &sweep);
		refused += t.status != 0;
		for (size_t i = 0; t.status == 0 && i < POINTS; i++) {
			json_t *line =
				t.results.spot[i].length ? sweep_results_get(&t.results, i) : NULL;

			assert_true(!line || json_integer_value(json_object_get(line, "point")) ==
						     (json_int_t)i);
			json_decref(line);
		}
		close_results(&t);
		bytes[at] = old;
	}
	assert_in_range(refused, 1000, 2999);
	free(bytes);
}

static int clean(void **state)
{
	(void)state;
	rig_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_in_any_order_end_in_the_order_of_the_points),
		cmocka_unit_test(a_file_that_is_opened_again_tells_what_is_there_and_what_is_good),
		cmocka_unit_test(a_line_that_is_cut_anywhere_is_cut_off_and_done_again),
		cmocka_unit_test(a_file_of_another_sweep_is_refused_and_stays),
		cmocka_unit_test(a_file_that_is_no_results_is_refused_and_stays),
		cmocka_unit_test(two_sweeps_do_not_write_one_file),
		cmocka_unit_test(damage_is_refused_or_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
