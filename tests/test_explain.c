/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of a translation, held against the conformance vectors: every read
 * lies where the entry before it has pointed, at the number that its input has there; reads
 * and cache look-ups add up to the response's cost. The vectors' tables are another
 * implementation's, with all granules, sizes and two-stage combinations.
 */
#include "explain.h"
#include "vectors.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct tally {
	unsigned walks, reads, chained, placed, hits;
};

/* Reads of one table after the other: of a stage for one purpose, or of devices, PASIDs. */
static bool same_chain(const struct ioasim_fetch *a, const struct ioasim_fetch *b)
{
	return a->kind == b->kind && (a->input == b->input || a->kind == IOASIM_REF_DEVICE_TABLE);
}

/* The read of the same chain before the n-th. */
static int before(const struct explain_notes *notes, uint32_t n)
{
	for (int i = (int)n - 1; i >= 0; i--)
		if (same_chain(&notes->read[i].fetch, &notes->read[n].fetch))
			return i;
	return -1;
}

static void check_read(const struct explain_notes *notes, uint32_t n, const char *name,
		       struct tally *tally)
{
	struct explain_step step = explain_step(notes, n), pointer;
	const struct ioasim_fetch *fetch = step.fetch;
	int above = before(notes, n);

	tally->reads++;
	tally->placed += step.behind;
	if (fetch->kind >= IOASIM_REF_STAGE2 && step.behind)
		fail_msg("%s, read %u: an entry of stage 2 behind a stage", name, n + 1);
	if (above < 0)
		return;
	pointer = explain_step(notes, (uint32_t)above);
	if (pointer.fetch->bus_error || pointer.entry.content != ARCH_POINTER)
		return;
	tally->chained++;
	/* The first entry of a large granule's table may lie anywhere above a 4 KiB one. */
	if (step.table != pointer.entry.next)
		fail_msg("%s, read %u: table 0x%llx, but read %d leads to 0x%llx", name, n + 1,
			 (unsigned long long)step.table, above + 1,
			 (unsigned long long)pointer.entry.next);
	if (fetch->level >= pointer.fetch->level)
		fail_msg("%s, read %u: level %u below %u", name, n + 1, fetch->level,
			 pointer.fetch->level);
}

static void check_caches(const struct explain_notes *notes, const struct ioasim_cost *cost,
			 const char *name, struct tally *tally)
{
	for (unsigned cache = 0; cache < IOASIM_CACHES; cache++) {
		unsigned hits = notes->after.of[cache].hits, misses = notes->after.of[cache].misses;

		for (uint32_t i = 0; i < notes->count; i++) {
			hits += notes->read[i].before.of[cache].hits;
			misses += notes->read[i].before.of[cache].misses;
		}
		tally->hits += hits;
		if ((hits != 0) != (cost->hits >> cache & 1) ||
		    (misses != 0) != (cost->misses >> cache & 1))
			fail_msg("%s: cache %u told as %u hits and %u misses", name, cache, hits,
				 misses);
	}
}

static void check_walk(const struct explain_notes *notes, const struct ioasim_response *response,
		       const char *name, struct tally *tally)
{
	const struct explain_case what = {.notes = notes, .response = response};
	struct explain_sums sums = explain_sums(&what);

	if (sums.all != notes->count)
		fail_msg("%s: %u reads told, %u counted", name, notes->count, sums.all);
	for (uint32_t i = 0; i < notes->count; i++)
		check_read(notes, i, name, tally);
	check_caches(notes, &response->cost, name, tally);
	tally->walks++;
}

static void check_vector(struct vec_runner *runner, const struct vector *vector,
			 struct tally *tally)
{
	struct explain_notes *notes = runner->opaque;
	struct vec_failure failure;
	struct vec_run run;

	assert_true(vec_run_begin(&run, runner, vector, &failure));
	for (uint32_t n = 0; n < vector->n_steps; n++) {
		bool walks = vector->steps[n].kind == VEC_DMA || vector->steps[n].kind == VEC_ATS;

		if (walks)
			explain_begin(notes, run.unit);
		if (!vec_run_step(&run, n, &failure))
			fail_msg("%s: step %u does not hold", vector->name, n + 1);
		if (!walks)
			continue;
		explain_end(notes);
		check_walk(notes, &run.response, vector->name, tally);
	}
	vec_run_end(&run);
}

static void check_file(struct vec_runner *runner, const char *path, unsigned most,
		       struct tally *tally)
{
	const struct ytree_node *document;
	struct ytree_error error;
	struct arena arena = {0};
	struct vector vector;
	struct ytree *tree;

	assert_int_equal(ytree_open(path, &tree, &error), 0);
	for (unsigned n = 0; n < most; n++) {
		assert_int_equal(ytree_next(tree, &document), 0);
		if (!document)
			break;
		assert_int_equal(vec_parse(tree, document, &arena, &vector), 0);
		check_vector(runner, &vector, tally);
		arena_clear(&arena);
	}
	arena_free(&arena);
	ytree_close(tree);
}

/* Enough of each file for all of its classes in turn, and not for minutes. */
#define VECTORS_OF_A_FILE 400

static struct tally check_files(const char *pattern, enum caches caches)
{
	struct explain_notes notes = {0};
	struct tally tally = {0};
	struct vec_runner runner;
	glob_t files;

	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	assert_int_equal(vec_runner_init(&runner, caches), 0);
	runner.fetch = explain_note;
	runner.opaque = &notes;
	for (size_t i = 0; i < files.gl_pathc; i++)
		check_file(&runner, files.gl_pathv[i], VECTORS_OF_A_FILE, &tally);
	vec_runner_fini(&runner);
	explain_notes_fini(&notes);
	globfree(&files);
	return tally;
}

static void check_arch(const char *pattern)
{
	struct tally off = check_files(pattern, CACHES_OFF);
	struct tally on = check_files(pattern, CACHES_DEFAULT);

	/* Each of the checks above has had something to say. */
	assert_true(off.chained > 1000 && off.placed > 100 && off.walks == on.walks);
	assert_true(off.hits == 0 && on.hits > 1000 && on.reads < off.reads);
}

static void reads_of_vtd_lie_where_the_entries_above_have_pointed(void **state)
{
	(void)state;
	check_arch("tests/vectors/vtd-*.vec.yaml.gz");
}

static void reads_of_amdvi_lie_where_the_entries_above_have_pointed(void **state)
{
	(void)state;
	check_arch("tests/vectors/amdvi-*.vec.yaml.gz");
}

static void reads_of_smmuv3_lie_where_the_entries_above_have_pointed(void **state)
{
	(void)state;
	check_arch("tests/vectors/smmuv3-*.vec.yaml.gz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_of_vtd_lie_where_the_entries_above_have_pointed),
		cmocka_unit_test(reads_of_amdvi_lie_where_the_entries_above_have_pointed),
		cmocka_unit_test(reads_of_smmuv3_lie_where_the_entries_above_have_pointed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
