/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of the SMMUv3 driver's large leaves: blocks and contiguous runs, any descriptor of
 * which may have the mark (Arm ARM D8.5.5), in both stages and all granules; what becomes of
 * them when a part is unmapped.
 */
#include "driver_dirty_smmu.h"

/* 16 GiB is the largest; the address is one that all of them can begin at. */
#define AT UINT64_C(0x400000000)
#define TO UINT64_C(0x1000000000)

/* D8.3.1.2 and D8.7.1, as logarithms of the size and of the descriptors. */
struct size_row {
	unsigned granule_lg2, size_lg2, items_lg2;
};

static const struct size_row sizes[] = {
	{12, 16, 4}, {12, 21, 0}, {12, 25, 4}, {12, 30, 0}, {12, 34, 4}, {14, 21, 7},
	{14, 25, 0}, {14, 30, 5}, {16, 21, 5}, {16, 29, 0}, {16, 34, 5},
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct large {
	struct rig rig;
	const struct form *form;
	const struct size_row *row;
	struct domain *domain;
	uint64_t page, size;
};

/* One leaf, tracked. */
static void large_begin(struct large *l, const struct form *form, const struct size_row *row,
			enum driver_policy policy)
{
	struct place place;

	l->form = form;
	l->row = row;
	l->page = UINT64_C(1) << row->granule_lg2;
	l->size = UINT64_C(1) << row->size_lg2;
	form_prepare(&l->rig, form);
	l->rig.config.policy = policy;
	rig_start(&l->rig);
	rig_device(&l->rig, RID);
	l->domain = dirty_domain(&l->rig, DOMAIN_KERNEL);
	rig_attach(&l->rig, RID, NONE, l->domain);
	rig_map(&l->rig, l->domain, AT, TO, l->size, RW);
	track(&l->rig, l->domain, true);
	place = place_of(&l->rig, l->domain, AT + l->size / 2);
	assert_int_equal(place.first, AT);
	assert_int_equal(place.last, AT + l->size - 1);
	assert_int_equal(place.items, 1u << row->items_lg2);
	assert_int_equal(marks_count(&l->rig, form, &place), 0);
}

static void for_each_leaf(enum driver_policy policy, void (*test)(struct large *l))
{
	static struct large l;

	for (unsigned f = 0; f < FORMS; f++)
		for (size_t i = 0; i < SIZES; i++) {
			if (sizes[i].granule_lg2 != forms[f].granule_lg2)
				continue;
			large_begin(&l, &forms[f], &sizes[i], policy);
			test(&l);
			rig_end(&l.rig);
		}
}

static void write_at(struct large *l, uint64_t offset)
{
	assert_reaches(&l->rig, RID, NONE, AT + offset, IOASIM_WRITE, TO + offset);
}

/* ---- Whole ---------------------------------------------------------------------------- */

static void told_whole(struct large *l)
{
	const uint64_t offsets[] = {0, l->size / 2 + 5, l->size - 1};
	struct place place = place_of(&l->rig, l->domain, AT);
	struct told told;

	assert_reaches(&l->rig, RID, NONE, AT + 9, IOASIM_READ, TO + 9);
	nothing_told(&l->rig, l->domain);
	for (unsigned i = 0; i < 3; i++) {
		write_at(l, offsets[i]);
		assert_true(marks_count(&l->rig, l->form, &place) > 0);
		/* A part is told as a part, and the rest is not forgotten with it. */
		told = tell(&l->rig, l->domain, AT + l->page, AT + 2 * l->page - 1, true);
		assert_int_equal(told.count, 1);
		assert_int_equal(told.first[0], AT + l->page);
		assert_int_equal(told.last[0], AT + 2 * l->page - 1);
		assert_true(marks_count(&l->rig, l->form, &place) > 0);
		told_once(&l->rig, l->domain, AT, l->size);
		assert_int_equal(marks_count(&l->rig, l->form, &place), 0);
		nothing_told(&l->rig, l->domain);
	}
	/* All that a TLB may have of it: of every descriptor a page. */
	for (unsigned i = 0; i < place.items; i++)
		write_at(l, l->size / place.items * i);
	told_once(&l->rig, l->domain, AT, l->size);
	for (unsigned i = 0; i < place.items; i++) {
		write_at(l, l->size / place.items * i + 1);
		told_once(&l->rig, l->domain, AT, l->size);
	}
}

static void u13_a_large_leaf_is_told_whole(void **state)
{
	(void)state;
	for_each_leaf(DRIVER_STRICT, told_whole);
}

/* ---- Runs ----------------------------------------------------------------------------- */

static void mark_set(struct large *l, const struct place *place, unsigned i)
{
	place_poke(&l->rig, place, i, place_word(&l->rig, place, i) ^ AP2_S2AP1);
	assert_true(marked(l->form, place_word(&l->rig, place, i)));
}

static void told_of_any(struct large *l)
{
	struct place place = place_of(&l->rig, l->domain, AT);
	ioasim_pa_t pa;
	unsigned access;

	for (unsigned i = 0; i < place.items; i++) {
		mark_set(l, &place, i);
		for (unsigned k = 0; k < place.items; k += place.items / 4 + 1) {
			uint64_t offset = l->size / place.items * k + 3;

			assert_int_equal(l->rig.ops->lookup(l->rig.driver, l->domain, AT + offset,
							    &pa, &access),
					 0);
			assert_int_equal(pa, TO + offset);
			assert_int_equal(access, RW);
		}
		told_once(&l->rig, l->domain, AT, l->size);
		assert_int_equal(marks_count(&l->rig, l->form, &place), 0);
	}
	for (unsigned i = 0; i < place.items; i++)
		mark_set(l, &place, i);
	told_once(&l->rig, l->domain, AT, l->size);
	assert_int_equal(marks_count(&l->rig, l->form, &place), 0);
}

static void u13_any_descriptor_of_a_run_has_the_mark(void **state)
{
	(void)state;
	for_each_leaf(DRIVER_STRICT, told_of_any);
}

/* A part of what is asked for may begin or end inside of a run. */
static void told_in_parts(struct large *l)
{
	struct place place = place_of(&l->rig, l->domain, AT);
	const uint64_t half = l->size / 2, before = AT - l->page, after = AT + l->size;
	struct told told;

	rig_map(&l->rig, l->domain, before, TARGET, l->page, RW);
	rig_map(&l->rig, l->domain, after, TARGET, l->page, RW);
	mark_set(l, &place, place.items - 1);
	assert_reaches(&l->rig, RID, NONE, before, IOASIM_WRITE, TARGET);
	assert_reaches(&l->rig, RID, NONE, after, IOASIM_WRITE, TARGET);
	/* The first half of the run, whose mark is in the other. */
	told = tell(&l->rig, l->domain, before, AT + half - 1, true);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.first[0], before);
	assert_int_equal(told.first[1], AT);
	assert_int_equal(told.last[1], AT + half - 1);
	told = tell(&l->rig, l->domain, AT + half, UINT64_MAX, true);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.first[0], AT + half);
	assert_int_equal(told.last[0], after - 1);
	assert_int_equal(told.first[1], after);
	/* The neighbours were told whole, and the run was not. */
	told_once(&l->rig, l->domain, AT, l->size);
	nothing_told(&l->rig, l->domain);
}

static void u13_a_run_is_told_in_parts(void **state)
{
	(void)state;
	for_each_leaf(DRIVER_STRICT, told_in_parts);
}

/* ---- Pieces --------------------------------------------------------------------------- */

struct sum {
	uint64_t bytes, behind;
};

static void sum_add(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	struct sum *sum = to;

	assert_true(first >= sum->behind && last >= first);
	sum->behind = last + 1;
	sum->bytes += last - first + 1;
}

static uint64_t told_bytes(struct large *l, uint64_t offset, uint64_t size, bool clear)
{
	struct sum sum = {.bytes = 0};

	if (!size)
		return 0;
	assert_int_equal(l->rig.ops->dirty_read(l->rig.driver, l->domain, AT + offset,
						AT + offset + size - 1, clear, sum_add, &sum),
			 0);
	return sum.bytes;
}

/* A piece is marked by itself: its own leaf is told and nothing of the others. */
static void piece_written(struct large *l, uint64_t offset)
{
	struct place place;

	write_at(l, offset);
	place = place_of(&l->rig, l->domain, AT + offset);
	assert_true(place.last - place.first < l->size - 1);
	told_once(&l->rig, l->domain, place.first, place.last - place.first + 1);
}

/* A page in the middle goes. What was written stays so in all pieces, although few of
 * them, or one, hold what the device has written. */
static void pieces_keep_marks(struct large *l)
{
	const uint64_t hole = l->size / 2, behind = hole + l->page;

	write_at(l, 0);
	rig_unmap(&l->rig, l->domain, AT + hole, l->page);
	assert_int_equal(told_bytes(l, 0, l->size, false), l->size - l->page);
	assert_int_equal(told_bytes(l, 0, hole, false), hole);
	assert_int_equal(told_bytes(l, behind, l->size - behind, false), l->size - behind);
	assert_int_equal(told_bytes(l, 0, l->size, true), l->size - l->page);
	nothing_told(&l->rig, l->domain);
	/* Nobody has kept the leaf that it was. */
	piece_written(l, 0);
	piece_written(l, hole - 1);
	if (behind < l->size)
		piece_written(l, l->size - 1);
	rig_map(&l->rig, l->domain, AT + hole, TO + hole, l->page, RW);
	nothing_told(&l->rig, l->domain);
	piece_written(l, hole);
}

static void pieces_stay_clean(struct large *l)
{
	const uint64_t hole = l->size / 2, behind = hole + l->page;

	assert_reaches(&l->rig, RID, NONE, AT, IOASIM_READ, TO);
	rig_unmap(&l->rig, l->domain, AT + hole, l->page);
	nothing_told(&l->rig, l->domain);
	for (unsigned i = 0; i < 2; i++) {
		piece_written(l, 0);
		piece_written(l, hole - 1);
		if (behind < l->size)
			piece_written(l, behind);
	}
}

static void u13_pieces_of_a_written_leaf_were_written(void **state)
{
	(void)state;
	for_each_leaf(DRIVER_STRICT, pieces_keep_marks);
	for_each_leaf(DRIVER_LAZY, pieces_keep_marks);
}

static void u13_pieces_of_a_clean_leaf_are_clean(void **state)
{
	(void)state;
	for_each_leaf(DRIVER_STRICT, pieces_stay_clean);
	for_each_leaf(DRIVER_LAZY, pieces_stay_clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_a_large_leaf_is_told_whole),
		cmocka_unit_test(u13_any_descriptor_of_a_run_has_the_mark),
		cmocka_unit_test(u13_a_run_is_told_in_parts),
		cmocka_unit_test(u13_pieces_of_a_written_leaf_were_written),
		cmocka_unit_test(u13_pieces_of_a_clean_leaf_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
