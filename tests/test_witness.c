/* SPDX-License-Identifier: Apache-2.0 */
/* The witness of the IOTLB: it holds what was filled until a command covers it. */
#include "witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define NO_PASID UINT32_MAX

static const struct witness_access device = {.rid = 0x28, .pasid = NO_PASID, .address = 0x12345678};

static struct ioasim_response answer(uint64_t pa, uint8_t size_lg2, uint32_t domain)
{
	return (struct ioasim_response){.pa = pa, .size_lg2 = size_lg2, .domain = domain};
}

static struct witness *filled(void)
{
	struct ioasim_response a = answer(0x77777678, 12, 3);
	struct witness *witness = witness_create(64);

	assert_non_null(witness);
	witness_fill(witness, &device, &a);
	return witness;
}

static void it_holds_what_was_filled_and_nothing_else(void **state)
{
	struct ioasim_response same = answer(0x77777678, 12, 3);
	struct ioasim_response elsewhere = answer(0x77778678, 12, 3);
	struct ioasim_response larger = answer(0x77777678, 21, 3);
	struct witness_access other = device;
	struct witness *witness = filled();

	(void)state;
	assert_true(witness_holds(witness, &device, &same));
	assert_false(witness_holds(witness, &device, &elsewhere));
	assert_false(witness_holds(witness, &device, &larger));
	/* Devices of one domain may share an entry, those of two may not. */
	other.rid = 0x30;
	assert_true(witness_holds(witness, &other, &same));
	same.domain = 4;
	assert_false(witness_holds(witness, &other, &same));
	same.domain = 3;
	other = device;
	other.pasid = 1;
	assert_false(witness_holds(witness, &other, &same));
	other = device;
	other.address += 0x1000;
	assert_false(witness_holds(witness, &other, &same));
	witness_destroy(witness);
}

static void a_later_fill_replaces(void **state)
{
	struct ioasim_response first = answer(0x77777678, 12, 3);
	struct ioasim_response second = answer(0x88888678, 12, 3);
	struct witness *witness = filled();

	(void)state;
	witness_fill(witness, &device, &second);
	assert_true(witness_holds(witness, &device, &second));
	assert_false(witness_holds(witness, &device, &first));
	witness_destroy(witness);
}

struct reach {
	struct ioasim_invalidation what;
	bool covers;
};

static void what_a_command_covers_is_not_held_any_more(void **state)
{
	static const struct reach reaches[] = {
		{{.all_domains = true, .last = UINT64_MAX}, true},
		{{.all_domains = true, .final_input = true, .last = 0xfff}, false},
		{{.all_domains = true,
		  .final_input = true,
		  .first = 0x12345000,
		  .last = 0x12345fff},
		 true},
		{{.domain = 3, .final_input = true, .last = UINT64_MAX}, true},
		{{.domain = 4, .final_input = true, .last = UINT64_MAX}, false},
		{{.domain = 3, .final_input = true, .first = 0x12345000, .last = 0x12345fff}, true},
		{{.domain = 3, .final_input = true, .first = 0x12345fff, .last = 0x12345fff}, true},
		{{.domain = 3, .final_input = true, .first = 0x12346000, .last = 0x12346fff},
		 false},
		{{.domain = 3, .final_input = true, .first = 0x12344000, .last = 0x12344fff},
		 false},
		{{.domain = 3, .final_input = true, .first = 0x10000000, .last = 0x1fffffff}, true},
		{{.domain = 3, .final_input = true, .first = 0x20000000, .last = 0x2fffffff},
		 false},
		/* some bits of the tag do not count */
		{{.domain = 0, .domain_ignored = 3, .final_input = true, .last = UINT64_MAX}, true},
		{{.domain = 4, .domain_ignored = 3, .final_input = true, .last = UINT64_MAX},
		 false},
		{{.domain = 0, .domain_ignored = 3, .final_input = true, .last = 0xfff}, false},
		/* between the stages: any page of the domain */
		{{.domain = 3, .first = 0x20000000, .last = 0x20000fff}, true},
	};
	struct ioasim_response same = answer(0x77777678, 12, 3);

	(void)state;
	for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
		struct witness *witness = filled();

		witness_invalidate(witness, &reaches[i].what);
		if (witness_holds(witness, &device, &same) == reaches[i].covers)
			fail_msg("reach %zu", i);
		witness_destroy(witness);
	}
}

/* A command for 4 KiB inside a large page covers the page. */
static void a_large_page_is_covered_by_any_part_of_it(void **state)
{
	struct ioasim_response large = answer(0x40145678, 21, 3);
	struct witness *witness = witness_create(64);

	(void)state;
	witness_fill(witness, &device, &large);
	assert_true(witness_holds(witness, &device, &large));
	witness_invalidate(witness, &(struct ioasim_invalidation){.domain = 3,
								  .final_input = true,
								  .first = 0x123ff000,
								  .last = 0x123fffff});
	assert_false(witness_holds(witness, &device, &large));
	witness_destroy(witness);
}

/* Forgetting excuses too little; it must never hold what was not filled. */
static void a_full_witness_forgets_and_stays_right(void **state)
{
	struct witness *witness = witness_create(1);
	unsigned held = 0;

	(void)state;
	for (uint64_t page = 0; page < 100000; page++) {
		struct witness_access access = {.rid = 1, .address = page << 12};
		struct ioasim_response a = answer((page + 7) << 12, 12, 1);

		witness_fill(witness, &access, &a);
	}
	for (uint64_t page = 0; page < 100000; page++) {
		struct witness_access access = {.rid = 1, .address = page << 12};
		struct ioasim_response right = answer((page + 7) << 12, 12, 1);
		struct ioasim_response wrong = answer((page + 8) << 12, 12, 1);

		held += witness_holds(witness, &access, &right);
		assert_false(witness_holds(witness, &access, &wrong));
	}
	assert_true(held > 0 && held < 100000);
	witness_destroy(witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_what_was_filled_and_nothing_else),
		cmocka_unit_test(a_later_fill_replaces),
		cmocka_unit_test(what_a_command_covers_is_not_held_any_more),
		cmocka_unit_test(a_large_page_is_covered_by_any_part_of_it),
		cmocka_unit_test(a_full_witness_forgets_and_stays_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
