/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps in a report: axes, means, lines and maps, and lines that are refused. */
#include "report_rig.h"

#include "cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sweep {
	char *text;
	size_t size;
	FILE *stream;
	unsigned points;
};

static void begin(struct sweep *s)
{
	memset(s, 0, sizeof(*s));
	s->stream = open_memstream(&s->text, &s->size);
	assert_non_null(s->stream);
}

/* A point whose times and misses are `value`. */
static void add(struct sweep *s, const char *set, unsigned value)
{
	json_t *result = report_plain_result();
	char *line;

	json_object_set_new(json_object_get(result, "time"), "total_ns", json_integer(value));
	json_object_set_new(json_object_get(json_object_get(result, "caches"), "iotlb"), "misses",
			    json_integer(value));
	line = report_sweep_line(s->points++, set, result);
	fprintf(s->stream, "%s\n", line);
	free(line);
}

static void draw(struct sweep *s, struct report_trial *t, const struct view_axes *axes)
{
	struct report_choice choice = {.title = NULL};

	if (axes)
		choice.axes = *axes;
	fclose(s->stream);
	report_try(t, (const char *const[]){s->text}, 1, &choice);
	free(s->text);
}

/* ---- Axes ----------------------------------------------------------------------------------------- */

/* entries (3 values) by ways (2): 100 * entries + ways */
static void grid(struct sweep *s)
{
	static const unsigned entries[] = {64, 16, 256}, ways[] = {8, 1};
	char set[128];

	begin(s);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 0; k < 2; k++) {
			snprintf(set, sizeof(set), "{'entries': %u, 'ways': '%u', 'seed': 3}",
				 entries[i], ways[k]);
			add(s, set, 100 * entries[i] + ways[k]);
		}
	}
}

static void two_keys_make_a_map_with_values_in_order(void **state)
{
	struct report_trial t;
	struct sweep s;

	(void)state;
	grid(&s);
	draw(&s, &t, NULL);
	assert_int_equal(t.status, 0);
	assert_string_equal(report_cell(&t, "IOTLB misses", "8", "16"), "1,608");
	assert_string_equal(report_cell(&t, "IOTLB misses", "1", "256"), "25,601");
	assert_string_equal(report_cell(&t, "Keys of the plan", "entries", "Values"),
			    "16, 64, 256");
	assert_string_equal(report_cell(&t, "Keys of the plan", "entries", "In charts"), "x");
	assert_string_equal(report_cell(&t, "Keys of the plan", "ways", "In charts"), "y");
	assert_string_equal(report_cell(&t, "Keys of the plan", "seed", "In charts"),
			    "the same everywhere");
	assert_string_equal(report_cell(&t, "All points", "0", "entries"), "64");
	assert_string_equal(report_cell(&t, "All points", "5", "IOTLB misses"), "25,601");
	/* The least cell of each of the two maps has a frame. */
	assert_non_null(strstr(t.html, "class=\"q0 best\""));
	assert_non_null(strstr(t.html, "class=\"q8\""));
	report_trial_done(&t);
}

static void axes_can_be_chosen(void **state)
{
	struct view_axes axes = {.x = "ways", .value = 2, .values = 1};
	struct report_trial t;
	struct sweep s;

	(void)state;
	grid(&s);
	draw(&s, &t, &axes);
	assert_string_equal(report_cell(&t, "Keys of the plan", "ways", "In charts"), "x");
	assert_string_equal(report_cell(&t, "IOTLB misses", "16", "8"), "1,608");
	report_trial_done(&t);
}

static void one_key_makes_a_line(void **state)
{
	struct report_trial t;
	struct sweep s;

	(void)state;
	begin(&s);
	add(&s, "{'timing.memory_ns': '1us'}", 3000);
	add(&s, "{'timing.memory_ns': '50ns'}", 1000);
	add(&s, "{'timing.memory_ns': 100}", 2000);
	draw(&s, &t, NULL);
	assert_string_equal(report_cell(&t, "IOTLB misses", "100", "IOTLB misses"), "2,000");
	assert_string_equal(report_cell(&t, "IOTLB misses", "1,000", "IOTLB misses"), "3,000");
	assert_string_equal(report_cell(&t, "Keys of the plan", "timing", "Values"),
			    "50ns, 100, 1us");
	assert_non_null(strstr(t.html, "<path class=\"s0\""));
	assert_null(strstr(t.html, "class=\"q0"));
	report_trial_done(&t);
}

static void one_key_of_words_makes_bars(void **state)
{
	struct report_trial t;
	struct sweep s;

	(void)state;
	begin(&s);
	add(&s, "{'driver.policy': 'strict'}", 3000);
	add(&s, "{'driver.policy': 'lazy'}", 1000);
	draw(&s, &t, NULL);
	assert_string_equal(report_cell(&t, "IOTLB misses", "lazy", "IOTLB misses"), "1,000");
	assert_null(strstr(t.html, "<path class=\"s0\""));
	assert_non_null(strstr(t.html, "<rect class=\"f0\""));
	report_trial_done(&t);
}

static void a_third_key_makes_charts_of_its_own(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[128];

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 12; i++) {
		snprintf(set, sizeof(set), "{'a': %u, 'b': %u, 'policy': '%s'}", i % 3, i / 3 % 2,
			 i < 6 ? "strict" : "lazy");
		add(&s, set, i);
	}
	draw(&s, &t, NULL);
	assert_string_equal(report_cell(&t, "IOTLB misses, policy = strict", "1", "2"), "5");
	assert_string_equal(report_cell(&t, "IOTLB misses, policy = lazy", "1", "2"), "11");
	assert_string_equal(report_cell(&t, "Keys of the plan", "policy", "In charts"),
			    "a chart each");
	report_trial_done(&t);
}

/* Half of the points could be spared: b goes with a, and seed does nothing. */
static void keys_without_an_effect_of_their_own_are_no_axes(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[128];

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 4 * 2 * 3; i++) {
		snprintf(set, sizeof(set), "{'seed': %u, 'a': %u, 'b': 'n%u', 'policy': '%s'}",
			 i % 4, i / 8, 7 - i / 8, i / 4 % 2 ? "strict" : "lazy");
		add(&s, set, 1000 * (i / 8) + 10 * (i / 4 % 2));
	}
	draw(&s, &t, NULL);
	assert_string_equal(report_cell(&t, "Keys of the plan", "a", "In charts"), "x");
	assert_string_equal(report_cell(&t, "Keys of the plan", "b", "In charts"),
			    "changes with a");
	assert_string_equal(report_cell(&t, "Keys of the plan", "policy", "In charts"), "y");
	assert_string_equal(report_cell(&t, "Keys of the plan", "seed", "In charts"),
			    "changes nothing that is drawn");
	assert_string_equal(report_cell(&t, "IOTLB misses", "strict", "2"), "2,010");
	assert_null(strstr(t.html, "means of points"));
	report_trial_done(&t);
}

/* a and b matter together only: neither does in the mean. */
static void an_effect_that_means_would_hide_is_found(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[64];

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(set, sizeof(set), "{'a': %u, 'b': %u}", i % 2, i / 2);
		add(&s, set, 10 + (i % 2 ^ i / 2));
	}
	draw(&s, &t, NULL);
	assert_string_equal(report_cell(&t, "IOTLB misses", "1", "0"), "11");
	assert_string_equal(report_cell(&t, "IOTLB misses", "1", "1"), "10");
	report_trial_done(&t);
}

static void what_is_no_axis_is_averaged_and_told(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[128];

	(void)state;
	begin(&s);
	/* seven seeds are too many for charts of their own */
	for (unsigned i = 0; i < 8 * 2 * 7; i++) {
		snprintf(set, sizeof(set), "{'a': %u, 'b': 'n%u', 'seed': 'n%u'}", i % 8, i / 8 % 2,
			 i / 16);
		add(&s, set, 1000 * (i % 8) + 10 * (i / 16));
	}
	draw(&s, &t, &(struct view_axes){.x = "a", .y = "b", .value = 2, .values = 1});
	assert_non_null(strstr(t.html, "means of points that differ in seed"));
	/* 2000 + the mean of 0, 10 .. 60 */
	assert_string_equal(report_cell(&t, "IOTLB misses", "n1", "2"), "2,030");
	report_trial_done(&t);
}

/* More values than a map has columns: neighbours share one. */
static void many_values_share_cells(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[128];

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 96; i++) {
		snprintf(set, sizeof(set), "{'a': %u, 'b': %u}", i / 2, i % 2);
		add(&s, set, 10 * (i / 2) + i % 2);
	}
	draw(&s, &t, NULL);
	/* 48 values, two a column: 0 and 10 beside each other */
	assert_string_equal(report_cell(&t, "IOTLB misses", "0", "0 to 1"), "5");
	assert_string_equal(report_cell(&t, "IOTLB misses", "1", "46 to 47"), "466");
	report_trial_done(&t);
}

static void shards_in_any_order_give_the_same_page(void **state)
{
	struct report_trial whole, parts;
	char *middle, *reversed, *second;
	struct sweep s;

	(void)state;
	grid(&s);
	fclose(s.stream);
	report_try(&whole, (const char *const[]){s.text}, 1, NULL);
	middle = strchr(strchr(s.text, '\n') + 1, '\n') + 1;
	second = strdup(middle);
	*middle = '\0';
	reversed = s.text;
	report_try(&parts, (const char *const[]){second, reversed}, 2, NULL);
	assert_int_equal(parts.status, 0);
	/* Words stand in the order of the input, and so would maps of them. */
	assert_string_equal(whole.html, parts.html);
	free(second);
	free(s.text);
	report_trial_done(&whole);
	report_trial_done(&parts);
}

static void the_points_of_least_time_are_listed(void **state)
{
	struct report_trial t;
	struct sweep s;
	char set[64];

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 12; i++) {
		snprintf(set, sizeof(set), "{'a': %u}", i);
		add(&s, set, (i * 7) % 12 + 1);
	}
	draw(&s, &t, NULL);
	/* 7 i = 0, 1, 2 modulo 12 */
	assert_string_equal(report_cell(&t, "Points of least Time", "0", "Time ("), "1");
	assert_string_equal(report_cell(&t, "Points of least Time", "7", "Time ("), "2");
	assert_string_equal(report_cell(&t, "Points of least Time", "2", "Time ("), "3");
	report_trial_done(&t);
}

static void a_sweep_and_results_share_a_page(void **state)
{
	json_t *result = report_plain_result();
	char *plain = json_dumps(result, 0);
	struct report_trial t;
	struct sweep s;

	(void)state;
	grid(&s);
	fclose(s.stream);
	report_try(&t, (const char *const[]){plain, s.text}, 2, NULL);
	assert_int_equal(t.status, 0);
	assert_non_null(strstr(t.html, "Sweep geometry"));
	assert_non_null(strstr(t.html, "At a glance"));
	free(plain);
	free(s.text);
	json_decref(result);
	report_trial_done(&t);
}

/* ---- Refusals ---------------------------------------------------------------------------------------- */

static void refuse_line(const char *set, unsigned point, const char *said)
{
	struct report_trial t;
	struct sweep s;
	char *line;

	begin(&s);
	add(&s, "{'a': 1}", 1);
	line = report_sweep_line(point, set, report_plain_result());
	fprintf(s.stream, "\n%s\n", line);
	free(line);
	draw(&s, &t, NULL);
	if (t.status != CMD_INPUT || !strstr(t.said, said))
		fail_msg("status %d, said '%s', expected '%s'", t.status, t.said, said);
	report_trial_done(&t);
}

static void lines_that_are_no_points_are_refused(void **state)
{
	static const struct {
		const char *find, *replace, *said;
	} rows[] = {
		{"\"plan\"", "\"plam\"", ":2: plan: expected text"},
		{"\"plan\":\"geometry\"", "\"plan\":\"other\"",
		 ":2: plan: found 'other', expected 'geom"},
		{"\"point\":1", "\"point\":-1", ":2: point: expected a count"},
		{"\"set\":{", "\"sat\":{", ":2: set: expected an object"},
		{"\"result\"", "\"resalt\"", ":2: found nothing, expected an object"},
		{"\"ok\":1990", "\"ok\":\"\"", ":2: dma.ok: found text '', expected a count"},
		{"{\"plan\"", "{\"plan", ":2:"},
	};
	struct report_trial t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *first = report_sweep_line(0, "{'a': 1}", report_plain_result());
		char *line = report_sweep_line(1, "{'a': 2}", report_plain_result());
		char *at = strstr(line, rows[i].find), *text = NULL;

		assert_non_null(at);
		assert_true(asprintf(&text, "%s\n%.*s%s%s\n", first, (int)(at - line), line,
				     rows[i].replace, at + strlen(rows[i].find)) > 0);
		report_try(&t, (const char *const[]){text}, 1, NULL);
		if (t.status != CMD_INPUT || !strstr(t.said, rows[i].said))
			fail_msg("status %d, said '%s', expected '%s'", t.status, t.said,
				 rows[i].said);
		report_trial_done(&t);
		free(first);
		free(line);
		free(text);
	}
	refuse_line("{'a': [1]}", 1, ":3: set.a: expected a number, text or truth");
	refuse_line("{'a': 2}", 0, "plan 'geometry': point 0 stands there twice");
}

/* What `ioasim sweep` writes besides: the same sweep, and how many points it has. */
static void lines_tell_of_which_sweep_they_are(void **state)
{
	static const char *const identities[] = {"x", "y"};
	char *line[2], *text = NULL;
	struct report_trial t;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		json_t *json = json_pack("{s:s,s:s,s:i,s:i,s:{s:i},s:o}", "plan", "p", "identity",
					 identities[i], "point", (int)i, "points", 5, "set", "a",
					 (int)i, "result", report_plain_result());

		line[i] = json_dumps(json, JSON_COMPACT);
		assert_non_null(line[i]);
		json_decref(json);
	}
	report_try(&t, (const char *const[]){line[0]}, 1, NULL);
	assert_int_equal(t.status, 0);
	assert_non_null(strstr(t.html, "1 of 5 points"));
	report_trial_done(&t);
	assert_true(asprintf(&text, "%s\n%s", line[0], line[1]) > 0);
	report_try(&t, (const char *const[]){text}, 1, NULL);
	assert_int_equal(t.status, CMD_INPUT);
	assert_non_null(strstr(t.said, ":2: identity: found 'y', expected 'x' as before"));
	report_trial_done(&t);
	free(text);
	free(line[0]);
	free(line[1]);
}

static void more_keys_than_a_report_takes_are_refused(void **state)
{
	char set[1024] = "{'k0': 0";

	(void)state;
	for (unsigned i = 1; i < POINTS_KEYS + 1; i++)
		snprintf(set + strlen(set), sizeof(set) - strlen(set), ", 'k%u': 0", i);
	strcat(set, "}");
	refuse_line(set, 1, "one key more than the 64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_keys_make_a_map_with_values_in_order),
		cmocka_unit_test(axes_can_be_chosen),
		cmocka_unit_test(one_key_makes_a_line),
		cmocka_unit_test(one_key_of_words_makes_bars),
		cmocka_unit_test(a_third_key_makes_charts_of_its_own),
		cmocka_unit_test(keys_without_an_effect_of_their_own_are_no_axes),
		cmocka_unit_test(an_effect_that_means_would_hide_is_found),
		cmocka_unit_test(what_is_no_axis_is_averaged_and_told),
		cmocka_unit_test(many_values_share_cells),
		cmocka_unit_test(shards_in_any_order_give_the_same_page),
		cmocka_unit_test(the_points_of_least_time_are_listed),
		cmocka_unit_test(a_sweep_and_results_share_a_page),
		cmocka_unit_test(lines_that_are_no_points_are_refused),
		cmocka_unit_test(lines_tell_of_which_sweep_they_are),
		cmocka_unit_test(more_keys_than_a_report_takes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
