/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of a trace that the architecture of its replay reserves: which parts of a
 * range are moved, and that a replay answers as recorded.
 */
#include "relocate.h"
#include "replay_rig.h"
#include "trace_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct ioasim_arch two_ranges = {
	.name = "two",
	.reserved = {{0x10000, 0x1ffff, "one"}, {0x40000, 0x4ffff, "other"}},
};

static void what_a_trace_of_no_other_architecture_uses_stays(void **state)
{
	struct relocation same = relocation_between("vtd", arch_find("vtd"));
	struct relocation none = relocation_between("", arch_find("vtd"));
	struct relocation other = relocation_between("smmuv3", arch_find("vtd"));

	(void)state;
	assert_int_equal(same.ranges, 0);
	assert_int_equal(none.ranges, 0);
	assert_false(relocate_moves(&same, 0xfee00000));
	/* VT-d 3.15: FEEx_xxxxh */
	assert_false(relocate_moves(&other, 0xfedfffff));
	assert_true(relocate_moves(&other, 0xfee00000));
	assert_true(relocate_moves(&other, 0xfeefffff));
	assert_false(relocate_moves(&other, 0xfef00000));
}

/* Both x86 architectures have the interrupt range, so that neither moves it. */
static void a_range_that_both_reserve_stays(void **state)
{
	struct relocation r = relocation_between("vtd", arch_find("amdvi"));

	(void)state;
	assert_false(relocate_moves(&r, 0xfee00000));
	assert_true(relocate_moves(&r, 0xfd00000000));
}

/* Every byte of a random range lies in one part, and is moved if it is reserved. */
static void parts_cover_a_range_in_order(void **state)
{
	uint64_t random = rig_seed();
	struct relocation relocation = relocation_between("other", &two_ranges);

	(void)state;
	assert_int_equal(relocation.ranges, 2);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t address = rig_random(&random) % 0x60 << 12;
		uint64_t length = (rig_random(&random) % 0x60 + 1) << 12;

		for (uint64_t at = 0; at < length;) {
			struct relocated part = relocate_part(&relocation, address, length, at);

			assert_int_equal(part.offset, at);
			assert_in_range(part.length, 1, length - at);
			for (uint64_t byte = 0; byte < part.length; byte += 0x1000) {
				uint64_t page = address + at + byte;
				bool reserved = (page >= 0x10000 && page < 0x20000) ||
						(page >= 0x40000 && page < 0x50000);

				assert_int_equal(reserved, part.moved);
				assert_true(part.address + byte ==
					    page + (reserved ? UINT64_C(1) << 46 : 0));
			}
			at += part.length;
		}
	}
}

static void a_range_to_the_top_ends_there(void **state)
{
	struct relocation relocation = relocation_between("other", &two_ranges);
	struct relocated part = relocate_part(&relocation, ~UINT64_C(0) - 0xfff, 0x1000, 0);

	(void)state;
	assert_true(part.length == 0x1000 && !part.moved);
}

/* ---- Replays ---------------------------------------------------------------------- */

/* Two megabytes around the border of the range, and a page within. */
#define TRACE(arch)                                                            \
	"ioasim-trace 1\narch " arch "\nlevels driver\n"                       \
	"domain domain=1 kind=kernel\n"                                        \
	"device rid=00:05.0\n"                                                 \
	"attach rid=00:05.0 domain=1\n"                                        \
	"map domain=1 iova=0xfee00000 pa=0x200000 length=0x200000 access=rw\n" \
	"dma rid=00:05.0 iova=0xfee00010 length=16 access=w pa=0x200010\n"     \
	"dma rid=00:05.0 iova=0xfeefffff length=1 access=r pa=0x2fffff\n"      \
	"dma rid=00:05.0 iova=0xfef00000 length=16 access=w pa=0x300000\n"     \
	"unmap domain=1 iova=0xfee00000 length=0x200000\n"                     \
	"dma rid=00:05.0 iova=0xfee00010 length=16 access=w refused\n"         \
	"dma rid=00:05.0 iova=0xfef00000 length=16 access=w refused\n"

static void a_trace_of_another_architecture_answers_as_recorded(void **state)
{
	struct trial t;

	(void)state;
	trial_replay(&t, TRACE("smmuv3"), &(struct trial_options){.arch = "vtd", .driver = true});
	assert_int_equal(t.result.recorded.matched, 5);
	assert_int_equal(t.result.recorded.mismatched, 0);
	assert_int_equal(t.result.driver_refused, 0);
	/* One part of the map, three accesses. */
	assert_int_equal(t.result.driver_relocated, 4);
	trial_done(&t);
}

/* On its own architecture the addresses are what they are: a write is a message that
 * leaves at its own address, a read is refused. */
static void on_its_own_architecture_nothing_is_moved(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, TRACE("vtd"), NULL, true);
	assert_int_equal(t.result.driver_relocated, 0);
	assert_int_equal(t.result.recorded.mismatched, 3);
	trial_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_trace_of_no_other_architecture_uses_stays),
		cmocka_unit_test(a_range_that_both_reserve_stays),
		cmocka_unit_test(parts_cover_a_range_in_order),
		cmocka_unit_test(a_range_to_the_top_ends_there),
		cmocka_unit_test(a_trace_of_another_architecture_answers_as_recorded),
		cmocka_unit_test(on_its_own_architecture_nothing_is_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
