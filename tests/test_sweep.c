/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what they name, in which order, and what is wrong with them. */
#include "cmd.h"
#include "sweep_machine.h"
#include "trace_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ABOVE "trace: t.txt\n"

struct trial {
	struct sweep_plan plan;
	int status;
	char said[1024];
};

static void load(struct trial *t, const char *text)
{
	const char *path = rig_path("plan.yaml");
	FILE *stream = tmpfile();
	struct message message;

	assert_non_null(stream);
	rig_write_file(path, text, strlen(text));
	message_init(&message, stream);
	t->status = sweep_plan_load(path, &t->plan, &message);
	rewind(stream);
	t->said[fread(t->said, 1, sizeof(t->said) - 1, stream)] = '\0';
	fclose(stream);
}

static void assert_point(const struct trial *t, size_t point, const char *expected)
{
	char text[512];

	sweep_plan_describe(&t->plan, point, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void assert_points(const char *plan, const char *const *expected)
{
	struct trial t;
	size_t count = 0;

	load(&t, plan);
	assert_string_equal(t.said, "");
	assert_int_equal(t.status, 0);
	for (; expected[count]; count++)
		if (count < t.plan.points)
			assert_point(&t, count, expected[count]);
	assert_int_equal(t.plan.points, count);
	sweep_plan_free(&t.plan);
}

/* ---- Points --------------------------------------------------------------------------- */

static void parameters_make_a_product_whose_last_one_changes_fastest(void **state)
{
	static const char *const expected[] = {"a=1, b=x", "a=1, b=y", "a=2, b=x", "a=2, b=y",
					       "a=3, b=x", "a=3, b=y", NULL};

	(void)state;
	assert_points(ABOVE "parameters:\n  a: [1, 2, 3]\n  b: [x, y]\n", expected);
}

static void ranges_go_by_step_and_by_factor_up_to_the_end_that_they_reach(void **state)
{
	static const char *const steps[] = {"a=4", "a=7", "a=10", NULL};
	static const char *const factors[] = {"a=16", "a=32", "a=64", NULL};
	static const char *const sizes[] = {"a=4096", "a=8192", NULL};
	static const char *const times[] = {"a=1000", "a=2000", NULL};
	static const char *const one[] = {"a=5", NULL};
	static const char *const highest[] = {"a=18446744073709551614", "a=18446744073709551615",
					      NULL};

	(void)state;
	assert_points(ABOVE "parameters: {a: {from: 4, to: 12, step: 3}}\n", steps);
	assert_points(ABOVE "parameters: {a: {from: 16, to: 127, factor: 2}}\n", factors);
	assert_points(ABOVE "parameters: {a: {from: 4k, to: 8k, step: 4k}}\n", sizes);
	assert_points(ABOVE "parameters: {a: {from: 1us, to: 2us, step: 1us}}\n", times);
	assert_points(ABOVE "parameters: {a: {from: 5, to: 5}}\n", one);
	assert_points(ABOVE "parameters: {a: {from: 0xfffffffffffffffe, to: "
			    "0xffffffffffffffff}}\n",
		      highest);
}

static void keys_of_a_group_change_together(void **state)
{
	static const char *const expected[] = {"c=7, a=1, b=4", "c=7, a=2, b=8", "c=9, a=1, b=4",
					       "c=9, a=2, b=8", NULL};

	(void)state;
	assert_points(ABOVE "zip:\n- {a: [1, 2], b: {from: 4, to: 8, factor: 2}}\n"
			    "parameters: {c: [7, 9]}\n",
		      expected);
}

static void points_are_listed_each_with_keys_of_its_own(void **state)
{
	static const char *const expected[] = {"p=1, a=1",      "p=1, b=2, c=3", "p=1", "p=2, a=1",
					       "p=2, b=2, c=3", "p=2",           NULL};

	(void)state;
	assert_points(ABOVE "parameters: {p: [1, 2]}\npoints:\n- a: 1\n- {b: 2, c: 3}\n- {}\n",
		      expected);
}

static void what_is_excluded_has_no_number(void **state)
{
	static const char *const expected[] = {"a=1, b=x", "a=2, b=x", "a=2, b=y", NULL};

	(void)state;
	assert_points(ABOVE "parameters: {a: [1, 2], b: [x, y]}\nexclude: [{a: 1, b: y}]\n",
		      expected);
}

static void a_plan_without_parameters_is_one_point(void **state)
{
	static const char *const expected[] = {"", NULL};

	(void)state;
	assert_points(ABOVE, expected);
}

static void a_plan_is_named_by_its_file_and_finds_files_beside_it(void **state)
{
	struct trial t;
	char *beside;

	(void)state;
	load(&t, ABOVE);
	assert_string_equal(t.plan.name, "plan");
	assert_string_equal(t.plan.trace, "t.txt");
	assert_string_equal(t.plan.trace_path, rig_path("t.txt"));
	assert_true(t.plan.check);
	beside = sweep_plan_file(&t.plan, "/a/b");
	assert_string_equal(beside, "/a/b");
	free(beside);
	sweep_plan_free(&t.plan);
	load(&t, ABOVE "name: other\ncheck: false\nlevel: unit\n");
	assert_string_equal(t.plan.name, "other");
	assert_false(t.plan.check);
	assert_int_equal(t.plan.level, SWEEP_UNIT);
	sweep_plan_free(&t.plan);
}

/* ---- What is wrong ------------------------------------------------------------------------ */

struct wrong {
	const char *plan, *said; /* behind the name of the file */
};

static const struct wrong wrong_plans[] = {
	{"name: x\n", ":1:1: no key 'trace', expected one"},
	{"trace: '-'\n", ":1:8: trace: '-', expected a file: it is read more than once"},
	{ABOVE "parameter: {}\n", ":2:1: unknown key 'parameter' (did you mean 'parameters'?)"},
	{ABOVE "level: units\n", ":2:8: "},
	{ABOVE "parameters: {a: 4}\n",
	 ":2:17: a: '4', expected a list of values, or a map of from, to and step or factor"},
	{ABOVE "parameters: {a: []}\n", ":2:17: a: an empty list, expected values"},
	{ABOVE "parameters: {a: [[1]]}\n", ":2:18: a list, expected text"},
	{ABOVE "parameters: {a: {from: 1}}\n", ":2:17: no key 'to', expected one"},
	{ABOVE "parameters: {a: {from: 1, to: 2, stop: 1}}\n",
	 ":2:34: unknown key 'stop' (did you mean 'step'?)"},
	{ABOVE "parameters: {a: {from: 1, to: 2, step: 1, factor: 2}}\n",
	 ":2:51: step and factor, expected one of them"},
	{ABOVE "parameters: {a: {from: 1, to: 2, step: 0}}\n",
	 ":2:40: step: 0, expected at least 1"},
	{ABOVE "parameters: {a: {from: 0, to: 2, factor: 2}}\n",
	 ":2:17: from: 0 with a factor, expected at least 1"},
	{ABOVE "parameters: {a: {from: 3, to: 2}}\n", ":2:17: to lies below from"},
	{ABOVE "parameters: {a: {from: x, to: 2}}\n",
	 ":2:24: from: 'x', expected a number, a size or a time"},
	{ABOVE "parameters: {a: {from: 0, to: 0xffffffffff}}\n", ":2:17: more than 1048576 values"},
	{ABOVE "zip: [{a: [1, 2], b: [1]}]\n",
	 ":2:22: b: 1 values, expected 2 as the keys before it in the group have"},
	{ABOVE "zip: [{}]\n", ":2:7: an empty group, expected keys with values"},
	{ABOVE "points: []\n", ":2:9: points: an empty list, expected points"},
	{ABOVE "points: [a]\n", ":2:10: "},
	{ABOVE "parameters: {a: [1]}\nzip: [{a: [1]}]\n", ":3:8: a: a parameter twice"},
	{ABOVE "parameters: {a: [1]}\npoints: [{b: 1}, {a: 2}]\n", ":3:19: a: a parameter twice"},
	{ABOVE "set: {a: 1}\nparameters: {a: [1]}\n", ":3:14: a: already set for all points"},
	{ABOVE "arch: vtd\nparameters: {arch: [vtd]}\n", ":3:14: arch: already set for all points"},
	{ABOVE "parameters: {ab: [1]}\nexclude: [{aa: 1}]\n",
	 ":3:12: aa: no parameter of the plan (did you mean 'ab'?)"},
	{ABOVE "parameters: {a: [1]}\nexclude: [{a: 2}]\n",
	 ":3:11: exclude: no point has these values"},
	{ABOVE "parameters: {a: [1]}\nexclude: [{}]\n",
	 ":3:11: exclude: would leave out all points, expected keys and values"},
	{ABOVE "parameters: {a: [1]}\nexclude: [{a: 1}]\n", ": exclude: no point is left"},
	{ABOVE "parameters: {a: {from: 1, to: 2000}, b: {from: 1, to: 2000}}\n",
	 ": more than 1048576 points"},
};

static void mistakes_of_a_plan_are_told_with_their_place(void **state)
{
	size_t told = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong_plans) / sizeof(wrong_plans[0]); i++) {
		const struct wrong *wrong = &wrong_plans[i];
		char expected[512];
		struct trial t;

		load(&t, wrong->plan);
		snprintf(expected, sizeof(expected), "ioasim: %s%s", rig_path("plan.yaml"),
			 wrong->said);
		if (t.status != CMD_INPUT || strncmp(t.said, expected, strlen(expected)) != 0)
			print_error("%s\nsaid %s, expected %s\n", wrong->plan, t.said, expected);
		else
			told++;
		sweep_plan_free(&t.plan);
	}
	assert_int_equal(told, sizeof(wrong_plans) / sizeof(wrong_plans[0]));
}

static void a_plan_that_is_cut_anywhere_is_refused_or_read(void **state)
{
	static const char whole[] = ABOVE "set: {x: 1}\nparameters: {a: [1, 2], b: {from: 1, to: "
					  "4}}\nzip: [{c: [1], d: [2]}]\npoints: [{e: 1}]\n"
					  "exclude: [{a: 1, b: 2}]\n";
	char text[sizeof(whole)];

	(void)state;
	for (size_t length = 0; length < sizeof(whole); length++) {
		struct trial t;

		snprintf(text, sizeof(text), "%.*s", (int)length, whole);
		load(&t, text);
		assert_true(t.status == 0 ? t.plan.points > 0 && !*t.said : *t.said != '\0');
		sweep_plan_free(&t.plan);
	}
}

/* ---- Machines ------------------------------------------------------------------------------- */

struct built {
	struct trial trial;
	struct trace_meta meta;
	struct sweep_machines *machines;
	FILE *stream;
	struct message message;
};

static void build(struct built *b, const char *plan)
{
	memset(b, 0, sizeof(*b));
	rig_write_file(rig_path("t.txt"), "x", 1);
	load(&b->trial, plan);
	assert_string_equal(b->trial.said, "");
	b->stream = tmpfile();
	assert_non_null(b->stream);
	message_init(&b->message, b->stream);
	b->meta = (struct trace_meta){.arch = "vtd", .levels = TRACE_LEVEL_UNIT};
	b->machines = sweep_machines_new(&b->trial.plan, &b->meta, &b->message);
	assert_non_null(b->machines);
}

static void done(struct built *b)
{
	sweep_machines_free(b->machines);
	sweep_plan_free(&b->trial.plan);
	fclose(b->stream);
}

static void identity_of(const char *plan, char identity[SWEEP_IDENTITY])
{
	struct built b;

	build(&b, plan);
	assert_int_equal(sweep_identity(b.machines, identity), 0);
	done(&b);
}

static void settings_come_behind_the_file_and_what_all_points_have(void **state)
{
	static const char machine[] = "arch: amdvi\ncaches: {iotlb: {entries: 96, ways: 3}}\n";
	struct sweep_point point;
	struct built b;

	(void)state;
	rig_write_file(rig_path("m.yaml"), machine, sizeof(machine) - 1);
	build(&b, ABOVE "machine: m.yaml\nset: {caches.device.entries: 8}\n"
			"points: [{}, {caches.iotlb.entries: 30}]\n");
	assert_int_equal(sweep_machine(b.machines, 0, &point), 0);
	assert_string_equal(point.machine.arch->name, "amdvi");
	assert_int_equal(point.machine.unit.cache[IOASIM_CACHE_IOTLB].entries, 96);
	assert_int_equal(point.machine.unit.cache[IOASIM_CACHE_DEVICE].entries, 8);
	assert_int_equal(point.level, TRACE_LEVEL_DRIVER);
	assert_true(point.lifted);
	assert_int_equal(sweep_machine(b.machines, 1, &point), 0);
	assert_int_equal(point.machine.unit.cache[IOASIM_CACHE_IOTLB].entries, 30);
	assert_int_equal(point.machine.unit.cache[IOASIM_CACHE_IOTLB].ways, 3);
	done(&b);
}

static void digests_tell_what_points_have_in_common(void **state)
{
	struct sweep_point p[5];
	struct built b;

	(void)state;
	build(&b, ABOVE "level: driver\npoints:\n- {}\n- {timing.memory_ns: 3}\n"
			"- {caches.iotlb.entries: 8}\n- {driver.policy: lazy}\n- {arch: smmuv3}\n");
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(sweep_machine(b.machines, i, &p[i]), 0);
	assert_true(sweep_same(p[0].replay, p[1].replay));
	for (size_t i = 2; i < 5; i++)
		assert_false(sweep_same(p[0].replay, p[i].replay));
	assert_true(sweep_same(p[0].driver, p[2].driver));
	assert_false(sweep_same(p[0].driver, p[3].driver));
	assert_false(sweep_same(p[0].driver, p[4].driver));
	done(&b);

	/* Events know their times while they happen; a unit knows no driver. */
	build(&b,
	      ABOVE "level: unit\npoints:\n- {}\n- {driver.policy: lazy}\n"
		    "- {timing.model: events}\n- {timing.model: events, timing.memory_ns: 3}\n");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sweep_machine(b.machines, i, &p[i]), 0);
	assert_true(sweep_same(p[0].replay, p[1].replay));
	assert_false(sweep_same(p[0].replay, p[2].replay));
	assert_false(sweep_same(p[2].replay, p[3].replay));
	done(&b);
}

static void an_identity_is_of_what_is_swept_and_not_of_how_it_is_written(void **state)
{
	static const char *const others[] = {
		"trace: ./t.txt\nparameters: {caches.iotlb.entries: [8, 16]}\nname: plan\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 24]}\n",
		ABOVE "parameters: {caches.iotlb.entries: [16, 8]}\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 0x10]}\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\ncheck: false\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\nlevel: driver\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\nname: q\n",
		ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\nset: {timing.memory_ns: 1}\n",
	};
	char first[SWEEP_IDENTITY], other[SWEEP_IDENTITY];
	struct built b;

	(void)state;
	identity_of(ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\n", first);
	identity_of(ABOVE
		    "# a comment\nlevel: auto\nparameters:\n  caches.iotlb.entries: {from: 8, "
		    "to: 16, factor: 2}\n",
		    other);
	assert_string_equal(first, other);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		identity_of(others[i], other);
		assert_string_not_equal(first, other);
	}
	build(&b, ABOVE "parameters: {caches.iotlb.entries: [8, 16]}\n");
	rig_write_file(rig_path("t.txt"), "y", 1);
	assert_int_equal(sweep_identity(b.machines, other), 0);
	assert_string_not_equal(first, other);
	done(&b);
}

struct unbuilt {
	const char *plan, *said;
};

static void a_machine_that_cannot_be_is_told_before_the_first_replay(void **state)
{
	static const struct unbuilt rows[] = {
		{ABOVE "parameters: {caches.iotlb.entris: [8]}\n",
		 ":2:14: unknown key 'caches.iotlb.entris' (did you mean 'caches.iotlb.entries'?) "
		 "on "
		 "vtd"},
		{ABOVE "parameters: {caches.iotlb.entries: [8, x]}\n",
		 ":2:40: caches.iotlb.entries: 'x' is not what was expected: a number"},
		{ABOVE "parameters: {arch: [vtd, amdv]}\n",
		 ":2:26: 'amdv' is no architecture of this version (did you mean 'amdvi'?)"},
		{ABOVE "level: unit\nparameters: {arch: [vtd, amdvi]}\n",
		 ": point 1 (arch=amdvi): level: unit, but the trace was recorded on vtd"},
		{ABOVE "parameters: {caches.iotlb.ways: [3]}\n",
		 ": point 0 (caches.iotlb.ways=3): caches.iotlb: 64 entries are not a multiple of "
		 "3 "
		 "ways"},
		{ABOVE "parameters: {capabilities.cap: [0]}\n",
		 ": point 0 (capabilities.cap=0): the unit cannot be built: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char identity[SWEEP_IDENTITY], said[1024], expected[512];
		struct built b;

		build(&b, rows[i].plan);
		assert_int_equal(sweep_identity(b.machines, identity), CMD_INPUT);
		rewind(b.stream);
		said[fread(said, 1, sizeof(said) - 1, b.stream)] = '\0';
		snprintf(expected, sizeof(expected), "ioasim: %s%s", rig_path("plan.yaml"),
			 rows[i].said);
		if (strncmp(said, expected, strlen(expected)) != 0)
			fail_msg("said %s, expected %s", said, expected);
		done(&b);
	}
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
		cmocka_unit_test(parameters_make_a_product_whose_last_one_changes_fastest),
		cmocka_unit_test(ranges_go_by_step_and_by_factor_up_to_the_end_that_they_reach),
		cmocka_unit_test(keys_of_a_group_change_together),
		cmocka_unit_test(points_are_listed_each_with_keys_of_its_own),
		cmocka_unit_test(what_is_excluded_has_no_number),
		cmocka_unit_test(a_plan_without_parameters_is_one_point),
		cmocka_unit_test(a_plan_is_named_by_its_file_and_finds_files_beside_it),
		cmocka_unit_test(mistakes_of_a_plan_are_told_with_their_place),
		cmocka_unit_test(a_plan_that_is_cut_anywhere_is_refused_or_read),
		cmocka_unit_test(settings_come_behind_the_file_and_what_all_points_have),
		cmocka_unit_test(digests_tell_what_points_have_in_common),
		cmocka_unit_test(an_identity_is_of_what_is_swept_and_not_of_how_it_is_written),
		cmocka_unit_test(a_machine_that_cannot_be_is_told_before_the_first_replay),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
