/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security rules on replays at driver level: each with an answer that breaks it, made
 * up here, and beside it the nearest one that does not.
 */
#include "rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RID    0x28
#define OTHER  0x30
#define NONE   DRIVER_NO_PASID
#define KERNEL 1
#define PARENT 2
#define USER   3
#define PAGE   UINT64_C(0x1000)

/* The kernel's domain maps 0x10000..0x11fff to 0x700000, read and write. */
#define IOVA UINT64_C(0x10000)
#define PA   UINT64_C(0x700000)

struct books {
	struct rules_result result;
	struct rules *rules;
	uint64_t record;
};

static void begin(struct books *b, const struct driver_config *config)
{
	memset(b, 0, sizeof(*b));
	b->rules = rules_create(config, &b->result);
	assert_non_null(b->rules);
	assert_int_equal(rules_domain(b->rules, KERNEL, DOMAIN_KERNEL, 0), 0);
	assert_int_equal(rules_domain(b->rules, PARENT, DOMAIN_NEST_PARENT, 0), 0);
	assert_int_equal(rules_domain(b->rules, USER, DOMAIN_NESTED_PASID, PARENT), 0);
}

static void at(struct books *b, uint64_t time_ns)
{
	rules_at(b->rules, ++b->record, time_ns);
}

static void map(struct books *b, uint32_t domain, uint64_t first, uint64_t pages, uint64_t pa,
		unsigned access)
{
	const struct rules_map map = {first, first + pages * PAGE - 1, pa, access};

	assert_int_equal(rules_mapped(b->rules, domain, &map), 0);
}

static void unmap(struct books *b, uint32_t domain, uint64_t first, uint64_t pages)
{
	assert_int_equal(rules_unmapped(b->rules, domain, first, first + pages * PAGE - 1), 0);
}

static int setup(void **state)
{
	static struct books books;
	const struct driver_config strict = {.policy = DRIVER_STRICT};

	begin(&books, &strict);
	at(&books, 0);
	map(&books, KERNEL, IOVA, 2, PA, IOASIM_READ | IOASIM_WRITE);
	assert_int_equal(rules_attached(books.rules, RID, NONE, KERNEL), 0);
	*state = &books;
	return 0;
}

static int teardown(void **state)
{
	struct books *b = *state;

	rules_destroy(b->rules);
	return 0;
}

/* The unit lets an access through, to `pa`. */
static void reached(struct books *b, uint32_t rid, uint32_t pasid, uint64_t address, uint64_t pa,
		    uint8_t access)
{
	const struct ioasim_request request = {
		.requester_id = rid,
		.has_pasid = pasid != NONE,
		.pasid = pasid == NONE ? 0 : pasid,
		.address = address,
		.length = 4,
		.access = access,
	};
	const struct ioasim_response response = {.outcome = IOASIM_OK, .pa = pa, .access = access};

	rules_judge(b->rules, &request, &response);
}

static void assert_broken(const struct books *b, unsigned rule, uint64_t times)
{
	assert_int_equal(b->result.broken[rule], times);
	assert_int_equal(rules_broken(&b->result), times);
}

static void assert_kept(const struct books *b)
{
	assert_int_equal(rules_broken(&b->result), 0);
}

static void s1_an_access_without_any_route(void **state)
{
	struct books *b = *state;

	reached(b, OTHER, NONE, IOVA, PA, IOASIM_READ);
	reached(b, RID, 7, IOVA, PA, IOASIM_READ);
	assert_broken(b, 1, 2);
	assert_int_equal(b->result.violation[0].rid, OTHER);
	assert_int_equal(b->result.violation[1].pasid, 7);
	assert_int_equal(b->result.violation[1].page, PA);
}

static void s1_not_an_access_that_faults(void **state)
{
	struct books *b = *state;
	const struct ioasim_request request = {.requester_id = OTHER, .access = IOASIM_READ};
	const struct ioasim_response response = {.outcome = IOASIM_FAULT};

	rules_judge(b->rules, &request, &response);
	assert_kept(b);
	assert_int_equal(b->result.checked, 0);
}

static void s1_an_access_through_a_domain_that_blocks(void **state)
{
	struct books *b = *state;

	assert_int_equal(rules_domain(b->rules, 9, DOMAIN_BLOCKED, 0), 0);
	assert_int_equal(rules_attached(b->rules, OTHER, NONE, 9), 0);
	reached(b, OTHER, NONE, IOVA, IOVA, IOASIM_READ);
	assert_broken(b, 1, 1);
}

static void s2_another_page_than_the_map_gives(void **state)
{
	struct books *b = *state;

	reached(b, RID, NONE, IOVA + PAGE, PA, IOASIM_READ);
	reached(b, RID, NONE, IOVA + 2 * PAGE, PA + 2 * PAGE, IOASIM_READ);
	assert_broken(b, 2, 2);
}

static void s2_a_right_that_the_map_does_not_give(void **state)
{
	struct books *b = *state;

	map(b, KERNEL, IOVA + 2 * PAGE, 1, PA + 2 * PAGE, IOASIM_READ);
	reached(b, RID, NONE, IOVA + 2 * PAGE, PA + 2 * PAGE, IOASIM_READ);
	assert_kept(b);
	reached(b, RID, NONE, IOVA + 2 * PAGE, PA + 2 * PAGE, IOASIM_WRITE);
	assert_broken(b, 2, 1);
}

/* As first-stage formats have it. */
static void s2_what_can_be_written_may_be_read(void **state)
{
	struct books *b = *state;

	map(b, KERNEL, IOVA + 2 * PAGE, 1, PA + 2 * PAGE, IOASIM_WRITE);
	reached(b, RID, NONE, IOVA + 2 * PAGE, PA + 2 * PAGE, IOASIM_READ | IOASIM_WRITE);
	assert_kept(b);
}

static void s2_not_the_page_that_the_map_gives(void **state)
{
	struct books *b = *state;

	reached(b, RID, NONE, IOVA + 8, PA + 8, IOASIM_READ);
	reached(b, RID, NONE, IOVA + PAGE, PA + PAGE, IOASIM_WRITE);
	assert_kept(b);
	assert_int_equal(b->result.checked, 2);
}

static void s2_identity_passes_addresses_unchanged(void **state)
{
	struct books *b = *state;

	assert_int_equal(rules_domain(b->rules, 9, DOMAIN_IDENTITY, 0), 0);
	assert_int_equal(rules_attached(b->rules, OTHER, NONE, 9), 0);
	reached(b, OTHER, NONE, IOVA, IOVA, IOASIM_READ);
	assert_kept(b);
	reached(b, OTHER, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 2, 1);
}

static void s4_a_page_after_its_unmap(void **state)
{
	struct books *b = *state;

	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	at(b, 10);
	unmap(b, KERNEL, IOVA, 1);
	reached(b, RID, NONE, IOVA + PAGE, PA + PAGE, IOASIM_READ);
	assert_kept(b);
	at(b, 20);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 4, 1);
	assert_int_equal(b->result.violation[0].record, 3);
	assert_int_equal(b->result.violation[0].since, 2);
}

static void s4_the_old_page_after_a_new_map(void **state)
{
	struct books *b = *state;

	at(b, 10);
	unmap(b, KERNEL, IOVA, 2);
	map(b, KERNEL, IOVA, 1, PA + 0x10000, IOASIM_READ | IOASIM_WRITE);
	reached(b, RID, NONE, IOVA, PA + 0x10000, IOASIM_READ);
	assert_kept(b);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 4, 1);
}

static void s4_a_translation_that_a_device_is_given(void **state)
{
	struct books *b = *state;
	const struct ioasim_request request = {.requester_id = RID,
					       .kind = IOASIM_TRANSLATION_REQUEST,
					       .address = IOVA,
					       .access = IOASIM_READ | IOASIM_WRITE};
	const struct ioasim_response response = {
		.outcome = IOASIM_OK, .pa = PA, .access = IOASIM_READ};

	rules_judge(b->rules, &request, &response);
	assert_kept(b);
	at(b, 10);
	unmap(b, KERNEL, IOVA, 2);
	rules_judge(b->rules, &request, &response);
	assert_broken(b, 4, 1);
}

/* The middle of a mapping goes, its ends stay. */
static void s4_only_the_part_that_was_unmapped(void **state)
{
	struct books *b = *state;

	map(b, KERNEL, 0x40000, 8, PA + 0x40000, IOASIM_READ);
	at(b, 10);
	unmap(b, KERNEL, 0x42000, 2);
	reached(b, RID, NONE, 0x41fff, PA + 0x41fff, IOASIM_READ);
	reached(b, RID, NONE, 0x44000, PA + 0x44000, IOASIM_READ);
	assert_kept(b);
	reached(b, RID, NONE, 0x42000, PA + 0x42000, IOASIM_READ);
	reached(b, RID, NONE, 0x43fff, PA + 0x43fff, IOASIM_READ);
	assert_broken(b, 4, 2);
}

static void s5_a_users_table_reaches_what_the_parent_does_not_map(void **state)
{
	struct books *b = *state;

	map(b, PARENT, 0x0, 4, PA, IOASIM_READ | IOASIM_WRITE);
	map(b, PARENT, 0x8000, 1, PA + 0x8000, IOASIM_READ);
	/* The same page at two addresses, with different rights. */
	map(b, PARENT, 0x9000, 1, PA, IOASIM_READ);
	assert_int_equal(rules_attached(b->rules, OTHER, NONE, USER), 0);
	reached(b, OTHER, NONE, 0x123000, PA + 3 * PAGE, IOASIM_WRITE);
	reached(b, OTHER, 5, 0x7000, PA, IOASIM_WRITE);
	reached(b, OTHER, 5, 0x7000, PA + 0x8000, IOASIM_READ);
	assert_kept(b);
	reached(b, OTHER, NONE, 0x0, PA + 4 * PAGE, IOASIM_READ);
	reached(b, OTHER, 5, 0x0, PA + 0x8000, IOASIM_WRITE);
	assert_broken(b, 5, 2);
	at(b, 10);
	unmap(b, PARENT, 0x0, 4);
	reached(b, OTHER, NONE, 0x0, PA, IOASIM_READ); /* still at 0x9000 */
	assert_broken(b, 5, 2);
	reached(b, OTHER, NONE, 0x0, PA, IOASIM_WRITE);
	assert_broken(b, 5, 3);
}

static void s8_an_access_after_the_route_has_ended(void **state)
{
	struct books *b = *state;

	at(b, 10);
	rules_detached(b->rules, RID, NONE);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 8, 1);
	assert_int_equal(b->result.violation[0].since, 2);
	assert_int_equal(rules_attached(b->rules, RID, NONE, KERNEL), 0);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 8, 1);
}

static void s8_routes_with_and_without_pasid_end_apart(void **state)
{
	struct books *b = *state;

	assert_int_equal(rules_attached(b->rules, RID, 3, KERNEL), 0);
	at(b, 10);
	rules_detached(b->rules, RID, 3);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_kept(b);
	reached(b, RID, 3, IOVA, PA, IOASIM_READ);
	assert_broken(b, 8, 1);
}

static void s8_a_translated_request_without_any_route(void **state)
{
	struct books *b = *state;
	const struct ioasim_request request = {.requester_id = RID,
					       .kind = IOASIM_TRANSLATED,
					       .address = PA,
					       .access = IOASIM_READ};
	const struct ioasim_response response = {.outcome = IOASIM_OK, .pa = PA};

	assert_int_equal(rules_attached(b->rules, RID, 3, KERNEL), 0);
	rules_detached(b->rules, RID, NONE);
	rules_judge(b->rules, &request, &response);
	assert_kept(b);
	rules_detached(b->rules, RID, 3);
	rules_judge(b->rules, &request, &response);
	assert_broken(b, 8, 1);
}

/* ---- Lazy unmapping ------------------------------------------------------------------- */

static int setup_lazy(void **state)
{
	static struct books books;
	const struct driver_config lazy = {
		.policy = DRIVER_LAZY, .lazy_deadline_ns = 1000, .lazy_threshold = 3};

	begin(&books, &lazy);
	at(&books, 0);
	map(&books, KERNEL, IOVA, 8, PA, IOASIM_READ | IOASIM_WRITE);
	assert_int_equal(rules_attached(books.rules, RID, NONE, KERNEL), 0);
	*state = &books;
	return 0;
}

static void lazy_windows_are_measured(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 2);
	at(b, 300);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	at(b, 700);
	reached(b, RID, NONE, IOVA + PAGE, PA + PAGE, IOASIM_WRITE);
	assert_kept(b);
	assert_int_equal(b->result.windows.count, 1);
	assert_int_equal(b->result.windows.accesses, 2);
	assert_int_equal(b->result.windows.longest_ns, 600);
	assert_int_equal(b->result.windows.total_ns, 600);
}

static void s4_after_the_deadline_of_a_lazy_unmap(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 2);
	at(b, 1099);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_kept(b);
	at(b, 1100);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 4, 1);
}

static void s4_after_as_many_lazy_unmaps_as_are_flushed_together(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 1);
	unmap(b, KERNEL, IOVA + PAGE, 1);
	unmap(b, KERNEL, IOVA + 64 * PAGE, 1); /* nothing is there */
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_kept(b);
	unmap(b, KERNEL, IOVA + 2 * PAGE, 1);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 4, 1);
}

static void s4_after_a_flush_that_was_asked_for(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 1);
	at(b, 100);
	rules_synced(b->rules);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_broken(b, 4, 1);
}

static void s2_a_window_gives_the_old_page_only(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 2);
	reached(b, RID, NONE, IOVA, PA + PAGE, IOASIM_READ);
	assert_broken(b, 2, 1);
	assert_int_equal(b->result.windows.accesses, 0);
}

/* What was forgotten is not judged: it may have been in a window. */
static void more_lazy_unmaps_than_are_remembered_are_not_judged(void **state)
{
	struct books *b = *state;

	at(b, 100);
	unmap(b, KERNEL, IOVA, 1);
	for (uint32_t domain = 100; domain < 5000; domain++) {
		assert_int_equal(rules_domain(b->rules, domain, DOMAIN_KERNEL, 0), 0);
		map(b, domain, IOVA, 1, PA + 0x100000, IOASIM_READ);
		unmap(b, domain, IOVA, 1);
	}
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_kept(b);
	assert_int_equal(b->result.unjudged, 1);
	at(b, 2000);
	reached(b, RID, NONE, IOVA, PA, IOASIM_READ);
	assert_int_equal(rules_broken(&b->result), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define LAZY(test) cmocka_unit_test_setup_teardown(test, setup_lazy, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(s1_an_access_without_any_route),
		TEST(s1_not_an_access_that_faults),
		TEST(s1_an_access_through_a_domain_that_blocks),
		TEST(s2_another_page_than_the_map_gives),
		TEST(s2_a_right_that_the_map_does_not_give),
		TEST(s2_what_can_be_written_may_be_read),
		TEST(s2_not_the_page_that_the_map_gives),
		TEST(s2_identity_passes_addresses_unchanged),
		TEST(s4_a_page_after_its_unmap),
		TEST(s4_the_old_page_after_a_new_map),
		TEST(s4_a_translation_that_a_device_is_given),
		TEST(s4_only_the_part_that_was_unmapped),
		TEST(s5_a_users_table_reaches_what_the_parent_does_not_map),
		TEST(s8_an_access_after_the_route_has_ended),
		TEST(s8_routes_with_and_without_pasid_end_apart),
		TEST(s8_a_translated_request_without_any_route),
		LAZY(lazy_windows_are_measured),
		LAZY(s4_after_the_deadline_of_a_lazy_unmap),
		LAZY(s4_after_as_many_lazy_unmaps_as_are_flushed_together),
		LAZY(s4_after_a_flush_that_was_asked_for),
		LAZY(s2_a_window_gives_the_old_page_only),
		LAZY(more_lazy_unmaps_than_are_remembered_are_not_judged),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
