/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest stores (model/guest.h): as the specifications code it, and as the units
 * translate it, over a parent's table and through the drivers.
 */
#include "guest_bench.h"

#define RID  0x0110u
#define NONE RIG_NO_PASID
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define ROOT UINT64_C(0x40000)
#define VA   UINT64_C(0x7f0012345000)
#define PAGE UINT64_C(0x300000)

static struct guest_bench bench;

static unsigned no_type(uint64_t word0)
{
	(void)word0;
	return 0;
}

static uint64_t word_at(uint64_t gpa)
{
	uint64_t word = 0;

	assert_int_equal(guest_read(&bench, gpa, &word), 0);
	return word;
}

static void table_make(struct guest_table *table, uint64_t root)
{
	assert_int_equal(guest_table_init(table, bench.ops, &bench.memory, root), 0);
}

static void table_map(struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size,
		      unsigned access)
{
	assert_int_equal(guest_table_map(table, va, gpa, size, access), 0);
}

static void for_all(void (*check)(const char *arch, bool caches))
{
	for (unsigned i = 0; ioasim_archs[i]; i++)
		for (unsigned caches = 0; caches < 2; caches++)
			check(ioasim_archs[i]->name, caches);
}

/* ---- Words --------------------------------------------------------------------------- */

struct coded {
	const char *arch;
	uint64_t pointer, writable, readable; /* less the address */
	uint64_t block; /* writable */
};

/* P RW US A, and D in leaves, PS in blocks; 11b (blocks 01b), AF, nG, SH 3, AP[1], UXN and
 * PXN, and AP[2]. */
static const struct coded coded[] = {
	{"vtd", 0x27, 0x67, 0x65, 0xe7},
	{"amdvi", 0x27, 0x67, 0x65, 0xe7},
	{"smmuv3", 0x3, UINT64_C(0x60000000000f43), UINT64_C(0x60000000000fc3),
	 UINT64_C(0x60000000000f41)},
};

static void entries_are_coded_as_the_specifications_say(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct guest_table table;

		guest_begin(&bench, coded[i].arch, true, no_type);
		table_make(&table, ROOT);
		table_map(&table, VA, PAGE, 0x1000, RW);
		table_map(&table, VA + 0x1000, PAGE, 0x1000, IOASIM_READ);
		/* Indexes 254, 0, 0x91, 0x145 of 0x7f0012345000; tables upward from the root. */
		assert_int_equal(word_at(ROOT + 254 * 8), (ROOT + 0x1000) | coded[i].pointer);
		assert_int_equal(word_at(ROOT + 0x1000), (ROOT + 0x2000) | coded[i].pointer);
		assert_int_equal(word_at(ROOT + 0x2000 + 0x91 * 8),
				 (ROOT + 0x3000) | coded[i].pointer);
		assert_int_equal(word_at(ROOT + 0x3000 + 0x145 * 8), PAGE | coded[i].writable);
		assert_int_equal(word_at(ROOT + 0x3000 + 0x146 * 8), PAGE | coded[i].readable);
		assert_int_equal(guest_table_unmap(&table, VA, 0x1000), 0);
		assert_int_equal(word_at(ROOT + 0x3000 + 0x145 * 8), 0);
		assert_int_equal(word_at(ROOT + 0x3000 + 0x146 * 8), PAGE | coded[i].readable);
		rig_end(&bench.rig);
	}
}

static void blocks_are_entries_of_the_second_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct guest_table table;
		struct guest_walk walk;

		guest_begin(&bench, coded[i].arch, true, no_type);
		table_make(&table, ROOT);
		/* Index 0x91 is 0x7f0012200000. */
		assert_int_equal(guest_table_map_blocks(&table, 0x7f0012200000, 0x40000000,
							0x400000, RW),
				 0);
		assert_int_equal(word_at(ROOT + 0x2000 + 0x91 * 8), 0x40000000 | coded[i].block);
		assert_int_equal(word_at(ROOT + 0x2000 + 0x92 * 8), 0x40200000 | coded[i].block);
		guest_walk(bench.ops, &bench.memory, ROOT, 0x7f0012512345, &walk);
		assert_int_equal(walk.outcome, GUEST_MAPPED);
		assert_int_equal(walk.page_lg2, 21);
		assert_int_equal(walk.gpa, 0x40312345);
		/* Unmaps leave blocks alone; a table of small pages is not put away. */
		assert_int_equal(guest_table_unmap(&table, 0x7f0012200000, 0x200000), 0);
		assert_int_equal(word_at(ROOT + 0x2000 + 0x91 * 8), 0x40000000 | coded[i].block);
		table_map(&table, 0x7f0013000000, PAGE, 0x1000, RW);
		assert_int_equal(guest_table_map_blocks(&table, 0x7f0013000000, 0, 0x200000, RW),
				 -EEXIST);
		assert_int_equal(guest_table_map_blocks(&table, 0x7f0012200000, 0x1000, 0x200000,
							RW),
				 -EINVAL);
		assert_int_equal(guest_table_map_blocks(&table, 0x7f0012200000, 0, 0x200000, 0),
				 -EINVAL);
		rig_end(&bench.rig);
	}
}

/* 2.2.6.3: V and the address; 5.4: T0SZ 16, IR0, OR0, SH0, EPD1, V, IPS 5, AA64, R, A,
 * ASET, ASID; TTB0; MAIR. */
static void entries_of_pasids_are_coded_as_the_specifications_say(void **state)
{
	uint64_t root;

	(void)state;
	guest_begin(&bench, "amdvi", true, no_type);
	guest_set(&bench, 5, ROOT, 9);
	assert_int_equal(word_at(GUEST_PASID_TABLE + 5 * 8), ROOT | 1);
	assert_int_equal(guest_pasid_bytes(bench.ops, 9), 4096);
	rig_end(&bench.rig);
	guest_begin(&bench, "smmuv3", true, no_type);
	guest_set(&bench, 5, ROOT, 9);
	assert_int_equal(word_at(GUEST_PASID_TABLE + 5 * 64), UINT64_C(0x0009e205c0003510));
	assert_int_equal(word_at(GUEST_PASID_TABLE + 5 * 64 + 8), ROOT);
	assert_int_equal(word_at(GUEST_PASID_TABLE + 5 * 64 + 24), 0xff);
	assert_int_equal(guest_pasid_bytes(bench.ops, 6), 4096);
	assert_int_equal(guest_pasid_get(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5, &root), 0);
	assert_int_equal(root, ROOT);
	assert_int_equal(guest_pasid_clear(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5), 0);
	assert_int_equal(guest_pasid_get(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5, &root),
			 -ENOENT);
	rig_end(&bench.rig);
	guest_begin(&bench, "vtd", true, no_type);
	assert_int_equal(guest_pasid_set(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5, ROOT, 9),
			 -ENOTSUP);
	assert_int_equal(guest_pasid_clear(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5),
			 -ENOTSUP);
	assert_int_equal(guest_pasid_get(bench.ops, &bench.memory, GUEST_PASID_TABLE, 5, &root),
			 -ENOTSUP);
	rig_end(&bench.rig);
}

/* The range may be all that there is: what has no table takes no time. */
static void a_guest_unmaps_everything_at_once(void **state)
{
	struct guest_table table;
	struct guest_walk walk;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		guest_begin(&bench, coded[i].arch, true, no_type);
		table_make(&table, ROOT);
		table_map(&table, 0, PAGE, 0x1000, RW);
		table_map(&table, VA, PAGE, 0x2000, RW);
		table_map(&table, (UINT64_C(1) << 47) - 0x1000, PAGE, 0x1000, RW);
		/* All but the last page of it. */
		assert_int_equal(guest_table_unmap(&table, 0x1000, VA), 0);
		guest_walk(bench.ops, &bench.memory, ROOT, 0, &walk);
		assert_int_equal(walk.outcome, GUEST_MAPPED);
		guest_walk(bench.ops, &bench.memory, ROOT, VA, &walk);
		assert_int_equal(walk.outcome, GUEST_UNMAPPED);
		guest_walk(bench.ops, &bench.memory, ROOT, VA + 0x1000, &walk);
		assert_int_equal(walk.outcome, GUEST_MAPPED);
		assert_int_equal(guest_table_unmap(&table, 0, UINT64_C(1) << 47), 0);
		guest_walk(bench.ops, &bench.memory, ROOT, 0, &walk);
		assert_int_equal(walk.outcome, GUEST_UNMAPPED);
		guest_walk(bench.ops, &bench.memory, ROOT, (UINT64_C(1) << 47) - 1, &walk);
		assert_int_equal(walk.outcome, GUEST_UNMAPPED);
		rig_end(&bench.rig);
	}
}

static void a_table_has_its_room_and_takes_whole_pages(void **state)
{
	struct guest_table table;
	unsigned maps = 0;

	(void)state;
	guest_begin(&bench, "vtd", true, no_type);
	assert_int_equal(guest_table_init(&table, bench.ops, &bench.memory, ROOT + 8), -EINVAL);
	table_make(&table, ROOT);
	assert_int_equal(guest_table_map(&table, VA + 1, PAGE, 0x1000, RW), -EINVAL);
	assert_int_equal(guest_table_map(&table, VA, PAGE + 1, 0x1000, RW), -EINVAL);
	assert_int_equal(guest_table_map(&table, VA, PAGE, 0, RW), -EINVAL);
	assert_int_equal(guest_table_map(&table, VA, PAGE, 0x1000, 0), -EINVAL);
	assert_int_equal(guest_table_map(&table, UINT64_C(1) << 47, PAGE, 0x1000, RW), -EINVAL);
	assert_int_equal(guest_table_unmap(&table, VA, 0x1000), 0);
	while (guest_table_map(&table, (uint64_t)maps << 39, PAGE, 0x1000, RW) == 0)
		maps++;
	/* Ten times three tables and the root are 31 pages of 32; a pointer to the last
	 * one stands, and two more are missing. */
	assert_int_equal(maps, 10);
	assert_int_equal(guest_table_map(&table, (uint64_t)maps << 39, PAGE, 0x1000, RW), -ENOSPC);
	rig_end(&bench.rig);
}

/* ---- Translation ------------------------------------------------------------------------ */

static struct domain *attach(uint32_t pasid, uint64_t root)
{
	struct domain *domain;

	if (!bench.host_pasids)
		guest_set(&bench, pasid == NONE ? 0 : pasid, root, 3);
	domain = guest_domain(&bench, root);
	rig_device(&bench.rig, RID);
	rig_attach(&bench.rig, RID, bench.host_pasids ? pasid : NONE, domain);
	return domain;
}

static void check_translates(const char *arch, bool caches)
{
	for (unsigned with = 0; with < 2; with++) {
		uint32_t pasid = with ? 7 : NONE;
		struct guest_table table;
		struct guest_walk walk;
		struct domain *domain;

		guest_begin(&bench, arch, caches, no_type);
		table_make(&table, ROOT);
		table_map(&table, VA, PAGE, 0x3000, RW);
		table_map(&table, VA + 0x3000, PAGE + 0x5000, 0x1000, IOASIM_READ);
		domain = attach(pasid, ROOT);
		for (unsigned i = 0; i < 2; i++) {
			assert_reaches(&bench.rig, RID, pasid, VA + 0x2123, RW,
				       GUEST_RAM + PAGE + 0x2123);
			assert_reaches(&bench.rig, RID, pasid, VA + 0x3008, IOASIM_READ,
				       GUEST_RAM + PAGE + 0x5008);
		}
		guest_walk(bench.ops, &bench.memory, ROOT, VA + 0x2123, &walk);
		assert_int_equal(walk.outcome, GUEST_MAPPED);
		assert_int_equal(walk.gpa, PAGE + 0x2123);
		assert_int_equal(walk.access[0] & RW, RW);
		assert_int_equal(walk.entries, 4);
		assert_int_equal(walk.entry[0], ROOT + 254 * 8);
		assert_int_equal(walk.entry[3], ROOT + 0x3000 + 0x147 * 8);
		guest_walk(bench.ops, &bench.memory, ROOT, VA + 0x3000, &walk);
		assert_int_equal(walk.access[0] & RW, IOASIM_READ);

		/* What is mapped already changes; then it goes. */
		table_map(&table, VA, PAGE + 0x8000, 0x1000, RW);
		assert_int_equal(rig_invalidate(&bench.rig, domain, with ? 7 : NONE, VA, VA + 4095,
						true),
				 0);
		assert_reaches(&bench.rig, RID, pasid, VA, RW, GUEST_RAM + PAGE + 0x8000);
		assert_int_equal(guest_table_unmap(&table, VA, 0x1000), 0);
		assert_int_equal(rig_invalidate(&bench.rig, domain, with ? 7 : NONE, VA, VA + 4095,
						true),
				 0);
		assert_int_equal(rig_dma(&bench.rig, RID, pasid, VA, IOASIM_READ).fault.cause,
				 IOASIM_CAUSE_STAGE1);
		guest_walk(bench.ops, &bench.memory, ROOT, VA, &walk);
		assert_int_equal(walk.outcome, GUEST_UNMAPPED);
		rig_end(&bench.rig);
	}
}

static void what_a_guest_builds_the_units_translate(void **state)
{
	(void)state;
	for_all(check_translates);
}

/* The stage that stops a nested request, its tables' fetches included. */
static void check_causes(const char *arch, bool caches)
{
	struct guest_table table;
	struct ioasim_response r;

	guest_begin(&bench, arch, caches, no_type);
	table_make(&table, ROOT);
	table_map(&table, VA, PAGE, 0x1000, IOASIM_READ);
	table_map(&table, VA + 0x1000, GUEST_BYTES + 0x1000, 0x1000, RW);
	table_map(&table, VA + 0x2000, PAGE + 0x2000, 0x1000, RW);
	attach(7, ROOT);
	r = rig_dma(&bench.rig, RID, 7, VA, IOASIM_WRITE);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_PERMISSION);
	r = rig_dma(&bench.rig, RID, 7, VA + 0x1000, IOASIM_WRITE);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_STAGE2);
	r = rig_dma(&bench.rig, RID, 7, VA + 0x5000, IOASIM_WRITE);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_STAGE1);
	r = rig_dma(&bench.rig, RID, 8, VA, IOASIM_READ);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_PASID);
	r = rig_dma(&bench.rig, RID, NONE, VA, IOASIM_READ);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_PASID);
	/* The parent takes the page of the last table away, then gives it read-only. */
	assert_reaches(&bench.rig, RID, 7, VA, IOASIM_READ, GUEST_RAM + PAGE);
	rig_unmap(&bench.rig, bench.parent, ROOT + 0x3000, 0x1000);
	r = rig_dma(&bench.rig, RID, 7, VA, IOASIM_READ);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_STAGE2);
	rig_map(&bench.rig, bench.parent, ROOT + 0x3000, GUEST_RAM + ROOT + 0x3000, 0x1000, RW);
	rig_unmap(&bench.rig, bench.parent, PAGE + 0x2000, 0x1000);
	r = rig_dma(&bench.rig, RID, 7, VA + 0x2000, IOASIM_WRITE);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_STAGE2);
	rig_map(&bench.rig, bench.parent, PAGE + 0x2000, GUEST_RAM, 0x1000, IOASIM_READ);
	r = rig_dma(&bench.rig, RID, 7, VA + 0x2000, IOASIM_WRITE);
	assert_int_equal(r.fault.cause, IOASIM_CAUSE_PERMISSION);
	if (!bench.host_pasids) {
		rig_unmap(&bench.rig, bench.parent, GUEST_PASID_TABLE, 0x1000);
		r = rig_dma(&bench.rig, RID, 9, VA, IOASIM_READ);
		assert_int_equal(r.fault.cause, IOASIM_CAUSE_STAGE2);
	}
	rig_end(&bench.rig);
}

static void the_stage_that_stops_a_nested_request_is_told(void **state)
{
	(void)state;
	for_all(check_causes);
}

/* ---- Whatever memory contains ------------------------------------------------------------ */

/* Words that look like entries of both kinds, pointing around in 16 pages, and any. */
static uint64_t garbage(uint64_t *draw)
{
	uint64_t page = ROOT + (rig_draw(draw) % 16) * 0x1000, bits = rig_draw(draw);

	switch (rig_draw(draw) % 8) {
	case 0:
		return 0;
	case 1:
		return bits;
	case 2:
		return bench.ops->leaf(page, RW) ^ UINT64_C(1) << (bits % 64);
	case 3:
		return (bits & UINT64_C(0xfff0000000000fff)) | page;
	case 4:
		return (bits & 0xfff) | (page & ~UINT64_C(0x1fffff)) | 1;
	case 5:
		return bench.ops->leaf(page, bits & 1 ? RW : IOASIM_READ);
	default:
		return bench.ops->pointer(page);
	}
}

/* S5, from the side of the walker: where a unit gets through, so does the walk. */
static void check_garbage(const char *arch, bool caches)
{
	uint64_t draw = rig_seed();
	unsigned reached = 0;

	if (caches)
		return;
	guest_begin(&bench, arch, false, no_type);
	attach(7, ROOT);
	for (unsigned i = 0; i < 16 * 512; i++)
		assert_int_equal(guest_write(&bench, ROOT + i * 8, garbage(&draw)), 0);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t va = rig_draw(&draw) & UINT64_C(0xffffffffffff);
		unsigned access = rig_draw(&draw) % 2 ? IOASIM_READ : IOASIM_WRITE;
		struct ioasim_response r;
		struct guest_walk walk;

		if (rig_draw(&draw) % 4 == 0)
			va |= UINT64_C(0xffff000000000000);
		guest_walk(bench.ops, &bench.memory, ROOT, va, &walk);
		r = rig_dma(&bench.rig, RID, 7, va, access);
		if (r.outcome != IOASIM_OK)
			continue;
		reached++;
		assert_int_equal(walk.outcome, GUEST_MAPPED);
		assert_int_equal(r.pa, GUEST_RAM + walk.gpa);
		assert_int_equal(access & ~walk.access[0], 0);
	}
	print_message("%s: %u of 20000\n", arch, reached);
	assert_true(reached > 100);
	rig_end(&bench.rig);
}

static void where_a_unit_gets_through_the_walk_does(void **state)
{
	(void)state;
	for_all(check_garbage);
}

static void a_walk_ends_where_memory_does(void **state)
{
	struct guest_walk walk;

	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		guest_begin(&bench, ioasim_archs[i]->name, true, no_type);
		assert_int_equal(guest_write(&bench, ROOT, bench.ops->pointer(GUEST_BYTES)), 0);
		guest_walk(bench.ops, &bench.memory, ROOT, 0x1000, &walk);
		assert_int_equal(walk.outcome, GUEST_UNREADABLE);
		assert_int_equal(walk.entries, 2);
		assert_int_equal(walk.entry[1], GUEST_BYTES);
		guest_walk(bench.ops, &bench.memory, ROOT, UINT64_C(1) << 52, &walk);
		assert_int_equal(walk.outcome, GUEST_UNMAPPED);
		assert_int_equal(walk.entries, 0);
		rig_end(&bench.rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_coded_as_the_specifications_say),
		cmocka_unit_test(blocks_are_entries_of_the_second_table),
		cmocka_unit_test(entries_of_pasids_are_coded_as_the_specifications_say),
		cmocka_unit_test(a_guest_unmaps_everything_at_once),
		cmocka_unit_test(a_table_has_its_room_and_takes_whole_pages),
		cmocka_unit_test(what_a_guest_builds_the_units_translate),
		cmocka_unit_test(the_stage_that_stops_a_nested_request_is_told),
		cmocka_unit_test(where_a_unit_gets_through_the_walk_does),
		cmocka_unit_test(a_walk_ends_where_memory_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
