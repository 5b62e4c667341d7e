/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an iommufd is told of writes (U13) where that is AMD-Vi's own: large pages of all
 * powers of two, and PASIDs.
 */
#include "iofd_flow.h"

#define M     FLOW_MEMORY
#define PAGE  UINT64_C(0x1000)
#define IOVA  UINT64_C(0x800000)
#define PAGES 32u
#define BITS  64u

#define TEST_AMD(test)                                                                         \
	{                                                                                      \
#test " (amdvi)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "amdvi" \
	}

struct tracked {
	struct iflow i;
	uint32_t ioas, hwpt;
	unsigned device;
};

static uint64_t told_of(const struct tracked *t, uint64_t iova, unsigned pages)
{
	uint64_t bits;

	assert_int_equal(iflow_written(&t->i, t->hwpt, 0, iova, pages, &bits), 0);
	return bits;
}

static uint64_t told(const struct tracked *t)
{
	return told_of(t, IOVA, PAGES);
}

static void touch(const struct tracked *t, unsigned access, uint64_t iova)
{
	struct ioasim_dma_result got = flow_dma(t->i.flow, t->device, FLOW_NONE, access, iova);

	assert_int_equal(got.outcome, IOASIM_DMA_REACHES);
}

/* Pages that are mapped one by one are leaves of their own. */
static struct tracked tracked_open(struct flow *flow)
{
	struct tracked t = {
		.i = iflow_open(flow),
	};

	t.device = iflow_pdev(&t.i, 0x28, 0, 8);
	t.ioas = iflow_ioas(&t.i);
	for (unsigned page = 0; page < PAGES; page++)
		assert_int_equal(iflow_map(&t.i, t.ioas, IOVA + page * PAGE, M + page * PAGE, PAGE),
				 0);
	assert_true(iflow_capabilities(&t.i, t.device) & IOASIM_IOMMUFD_CAP_DIRTY);
	assert_int_equal(iflow_hwpt(&t.i, t.device, t.ioas, IOASIM_IOMMUFD_HWPT_DIRTY, &t.hwpt), 0);
	return t;
}

/* However large the pages of the table are: what was written is told, and then forgotten. */
static void u13_large_pages_are_told_and_forgotten(void **state)
{
	struct tracked t = tracked_open(*state);
	const uint64_t large = UINT64_C(0x40000000);

	assert_int_equal(iflow_map(&t.i, t.ioas, large, M + 0x800000, BITS * PAGE), 0);
	assert_int_equal(iflow_attach(&t.i, t.device, t.hwpt, IFLOW_NONE), 0);
	assert_int_equal(iflow_track(&t.i, t.hwpt, true), 0);
	for (unsigned page = 0; page < BITS; page += 7) {
		touch(&t, IOASIM_READ, large + page * PAGE);
		assert_true(told_of(&t, large, BITS) == 0);
		touch(&t, IOASIM_WRITE, large + page * PAGE);
		assert_true(told_of(&t, large, BITS) >> page & 1);
	}
	assert_true(told_of(&t, large, BITS) == 0);
}

/* A host table has marks, PASIDs want a guest table (amdvi). */
static void u13_marks_and_pasids_are_not_of_one_table(void **state)
{
	struct tracked t = tracked_open(*state);
	uint32_t with_pasids;

	assert_int_equal(iflow_hwpt(&t.i, t.device, t.ioas,
				    IOASIM_IOMMUFD_HWPT_DIRTY | IOASIM_IOMMUFD_HWPT_PASID, NULL),
			 EOPNOTSUPP);
	assert_int_equal(
		iflow_hwpt(&t.i, t.device, t.ioas, IOASIM_IOMMUFD_HWPT_PASID, &with_pasids), 0);
	assert_int_equal(iflow_attach(&t.i, t.device, t.hwpt, 3), EINVAL);
	assert_int_equal(iflow_attach(&t.i, t.device, with_pasids, 3), 0);
	assert_int_equal(iflow_attach(&t.i, t.device, t.hwpt, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_detach(&t.i, t.device, 3), 0);
	assert_int_equal(iflow_attach(&t.i, t.device, t.hwpt, IFLOW_NONE), 0);
	assert_int_equal(iflow_track(&t.i, t.hwpt, true), 0);
	assert_int_equal(iflow_attach(&t.i, t.device, with_pasids, 3), EINVAL);
	touch(&t, IOASIM_WRITE, IOVA + PAGE);
	assert_int_equal(told(&t), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_AMD(u13_large_pages_are_told_and_forgotten),
		TEST_AMD(u13_marks_and_pasids_are_not_of_one_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
