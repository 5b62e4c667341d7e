/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of lifting against the rule of docs/lifting.md applied page by page: the
 * same records in the same order; what is told of devices and domains; errors.
 */
#include "trace_rig.h"

#include "lift.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SPACES 3

static int put(void *opaque, const struct trace_record *record)
{
	struct rig_trace *trace = opaque;

	trace->records = realloc(trace->records, (trace->count + 1) * sizeof(*record));
	assert_non_null(trace->records);
	trace->records[trace->count++] = *record;
	return 0;
}

/* ---- Page by page --------------------------------------------------------------------- */

#define BOOK_PAGES 96
#define BOOK_SHIFT 12

/* What a domain maps at a page; 0 rights: nothing. `first` and `last` are the map's. */
struct shadow_page {
	uint64_t pa;
	uint32_t first, last;
	uint8_t access;
};

struct shadow {
	struct shadow_page page[SPACES][BOOK_PAGES];
	struct rig_trace expected;
	size_t maps;
};

static void expect(struct shadow *shadow, enum trace_kind kind, uint32_t domain,
		   const struct shadow_page *page)
{
	const bool is_map = kind == TRACE_MAP;
	const struct trace_record record = {.kind = (uint8_t)kind,
					    .pasid = TRACE_NO_PASID,
					    .domain = domain,
					    .address = (uint64_t)page->first << BOOK_SHIFT,
					    .length = (uint64_t)(page->last - page->first + 1)
						      << BOOK_SHIFT,
					    .value = is_map ? page->pa : 0,
					    .access = is_map ? page->access : 0};

	assert_int_equal(put(&shadow->expected, &record), 0);
	shadow->maps += is_map ? 1 : SIZE_MAX;
}

static void shadow_unmap(struct shadow *shadow, uint32_t domain, uint32_t first, uint32_t last)
{
	for (uint32_t at = first; at <= last; at++) {
		const struct shadow_page page = shadow->page[domain][at];

		if (!page.access)
			continue;
		expect(shadow, TRACE_UNMAP, domain, &page);
		for (uint32_t i = page.first; i <= page.last; i++)
			shadow->page[domain][i].access = 0;
	}
}

/* docs/lifting.md, 1. `answer` is a map as the answer shows it. */
static void shadow_answer(struct shadow *shadow, uint32_t domain, struct shadow_page answer)
{
	struct shadow_page *pages = shadow->page[domain];
	const struct shadow_page *there = &pages[answer.first];
	bool known = true;

	for (uint32_t at = answer.first; at <= answer.last; at++) {
		const uint64_t pa = answer.pa + ((uint64_t)(at - answer.first) << BOOK_SHIFT);
		const struct shadow_page *page = &pages[at];

		known &= (page->access & answer.access) == answer.access &&
			 page->pa + ((uint64_t)(at - page->first) << BOOK_SHIFT) == pa;
	}
	if (known)
		return;
	if (there->first == answer.first && there->last == answer.last && there->pa == answer.pa)
		answer.access |= there->access;
	shadow_unmap(shadow, domain, answer.first, answer.last);
	for (uint32_t at = answer.first; at <= answer.last; at++)
		pages[at] = answer;
	expect(shadow, TRACE_MAP, domain, &answer);
}

static void step_answer(struct lift *lift, struct shadow *shadow, uint32_t domain, uint64_t *random)
{
	static const uint8_t sizes[] = {0, 11, 12, 12, 12, 13, 14, 16};
	const uint8_t size = sizes[rig_random(random) % sizeof(sizes)];
	const uint32_t pages = size > 12 ? 1u << (size - 12) : 1;
	const uint32_t at = (uint32_t)(rig_random(random) % BOOK_PAGES);
	/* Two frames for each page, so that answers agree and contradict. */
	const uint64_t pa = ((rig_random(random) % 8 ? 0x100000u : 0x300000u) + at) << BOOK_SHIFT;
	const uint64_t offset = rig_random(random) & 0xfff;
	const struct lift_answer answer = {.domain = domain,
					   .iova = ((uint64_t)at << BOOK_SHIFT) + offset,
					   .pa = pa + offset,
					   .size_lg2 = size,
					   .access = (uint8_t)(1 + rig_random(random) % 3)};
	const uint32_t first = at & ~(pages - 1);

	shadow_answer(shadow, domain,
		      (struct shadow_page){.pa = pa - ((uint64_t)(at - first) << BOOK_SHIFT),
					   .first = first,
					   .last = first + pages - 1,
					   .access = answer.access});
	assert_int_equal(lift_answer(lift, &answer), 0);
}

static void step_refusal(struct lift *lift, struct shadow *shadow, uint32_t domain,
			 uint64_t *random)
{
	const uint64_t iova = rig_random(random) % ((uint64_t)BOOK_PAGES << BOOK_SHIFT);
	const uint32_t at = (uint32_t)(iova >> BOOK_SHIFT);
	const uint8_t access = (uint8_t)(1 + rig_random(random) % 3);

	if ((shadow->page[domain][at].access & access) == access)
		shadow_unmap(shadow, domain, at, at);
	assert_int_equal(lift_refusal(lift, domain, iova, access), 0);
}

/* Ranges begin and end anywhere in a page: what is touched goes whole. */
static void step_invalidate(struct lift *lift, struct shadow *shadow, uint32_t domain,
			    uint64_t *random)
{
	const uint64_t bytes = (uint64_t)BOOK_PAGES << BOOK_SHIFT;
	const uint64_t first = rig_random(random) % bytes;
	uint64_t last = first + rig_random(random) % 0x6000;

	last = last < bytes ? last : bytes - 1;
	switch (rig_random(random) % 40) {
	case 0:
		for (uint32_t d = 0; d < SPACES; d++)
			shadow_unmap(shadow, d, 0, BOOK_PAGES - 1);
		assert_int_equal(lift_invalidate_all(lift), 0);
		break;
	case 1:
	case 2:
		shadow_unmap(shadow, domain, 0, BOOK_PAGES - 1);
		assert_int_equal(lift_invalidate_domain(lift, domain), 0);
		break;
	default:
		shadow_unmap(shadow, domain, (uint32_t)(first >> BOOK_SHIFT),
			     (uint32_t)(last >> BOOK_SHIFT));
		assert_int_equal(lift_invalidate(lift, domain, first, last), 0);
	}
}

static void check_page_lg2(const struct lift *lift, const struct shadow *shadow, uint64_t *random)
{
	const uint32_t domain = (uint32_t)(rig_random(random) % SPACES);
	const uint32_t at = (uint32_t)(rig_random(random) % BOOK_PAGES);
	const struct shadow_page *page = &shadow->page[domain][at];
	unsigned expected = 0;

	if (page->access)
		for (uint32_t n = page->last - page->first + 1; n; n >>= 1)
			expected++;
	expected += expected ? BOOK_SHIFT - 1 : 0;
	assert_int_equal(lift_page_lg2(lift, domain, ((uint64_t)at << BOOK_SHIFT) + 0xfff),
			 expected);
}

static void the_book_is_what_a_page_by_page_shadow_holds(void **state)
{
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	struct rig_trace trace = {0};
	uint64_t random = rig_seed();
	struct lift *lift;

	(void)state;
	assert_non_null(shadow);
	assert_int_equal(lift_new(put, &trace, &lift), 0);
	for (uint32_t domain = 0; domain < SPACES; domain++)
		assert_int_equal(lift_attach(lift, &(const struct lift_target){.domain = domain}),
				 0);
	trace.count = 0; /* domains, the device, attachments */
	for (unsigned i = 0; i < 20000; i++) {
		const uint32_t domain = (uint32_t)(rig_random(&random) % SPACES);

		switch (rig_random(&random) % 8) {
		case 0:
			step_refusal(lift, shadow, domain, &random);
			break;
		case 1:
			step_invalidate(lift, shadow, domain, &random);
			break;
		default:
			step_answer(lift, shadow, domain, &random);
		}
		assert_true(rig_same_all(shadow->expected.records, shadow->expected.count,
					 trace.records, trace.count));
		assert_int_equal(lift_count(lift), shadow->maps);
		check_page_lg2(lift, shadow, &random);
		shadow->expected.count = trace.count = 0;
	}
	lift_free(lift);
	rig_free(&trace);
	rig_free(&shadow->expected);
	free(shadow);
}

/* A requester or domain is told once, an attachment when it changes. */
static void devices_and_domains_are_told_once(void **state)
{
	static const struct {
		struct lift_target target;
		const char *kinds; /* Domain, deVice, Attach */
	} steps[] = {
		{{.rid = 8, .pasid = TRACE_NO_PASID, .domain = 1}, "DVA"},
		{{.rid = 8, .pasid = TRACE_NO_PASID, .domain = 1}, ""},
		{{.rid = 8, .pasid = 0, .domain = 1}, "A"},
		{{.rid = 8, .pasid = 0, .domain = UINT32_MAX}, "DA"},
		{{.rid = 9, .pasid = TRACE_NO_PASID, .domain = UINT32_MAX}, "VA"},
		{{.rid = 8, .pasid = TRACE_NO_PASID, .domain = 0}, "DA"},
		{{.rid = 8, .pasid = 0, .domain = UINT32_MAX}, ""},
		{{.rid = 8, .pasid = TRACE_NO_PASID, .domain = 1}, "A"},
	};
	struct rig_trace trace = {0};
	struct lift *lift;
	uint32_t domain;

	(void)state;
	assert_int_equal(lift_new(put, &trace, &lift), 0);
	assert_false(lift_attached(lift, 8, TRACE_NO_PASID, &domain));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct lift_target *target = &steps[i].target;

		trace.count = 0;
		assert_int_equal(lift_attach(lift, target), 0);
		assert_int_equal(trace.count, strlen(steps[i].kinds));
		for (size_t n = 0; n < trace.count; n++)
			assert_int_equal(trace.records[n].kind,
					 steps[i].kinds[n] == 'D'   ? TRACE_DOMAIN
					 : steps[i].kinds[n] == 'V' ? TRACE_DEVICE
								    : TRACE_ATTACH);
		assert_true(lift_attached(lift, target->rid, target->pasid, &domain));
		assert_int_equal(domain, target->domain);
	}
	lift_free(lift);
	rig_free(&trace);
}

static int put_some(void *opaque, const struct trace_record *record)
{
	unsigned *left = opaque;

	(void)record;
	if (*left == 0)
		return -ENOSPC;
	--*left;
	return 0;
}

/* Whichever record is not taken, its error comes back and nothing is lost to free. */
static void an_error_of_the_taker_comes_back(void **state)
{
	const struct lift_target target = {.rid = 8, .pasid = 3, .domain = 1};
	struct lift_answer page = {
		.domain = 1, .iova = 0x5000, .pa = 0x9000, .size_lg2 = 12, .access = IOASIM_READ};

	(void)state;
	for (unsigned left = 0; left <= 8; left++) {
		unsigned room = left;
		struct lift *lift;
		int status;

		assert_int_equal(lift_new(put_some, &room, &lift), 0);
		page.pa = 0x9000;
		status = lift_attach(lift, &target); /* 3 */
		if (status == 0)
			status = lift_answer(lift, &page); /* 1 */
		page.pa = 0xa000;
		if (status == 0)
			status = lift_answer(lift, &page); /* 2 */
		if (status == 0)
			status = lift_refusal(lift, 1, 0x5123, IOASIM_READ); /* 1 */
		if (status == 0)
			status = lift_device(lift, 99); /* 1 */
		assert_int_equal(status, left < 8 ? -ENOSPC : 0);
		lift_free(lift);
	}
	lift_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_book_is_what_a_page_by_page_shadow_holds),
		cmocka_unit_test(devices_and_domains_are_told_once),
		cmocka_unit_test(an_error_of_the_taker_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
