/* SPDX-License-Identifier: Apache-2.0 */
/* What the checker says of software mdevs of an iommufd that reach what their IOAS does not
 * give: as if their drivers were broken. */
#include "iofd_flow.h"
#include "uapi_judged.h"

#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"
#include "model/uapi/iommufd_mdev.h"

#define M FLOW_MEMORY

/* The mdev's driver went to `pa`: what that breaks. */
static uint32_t went(struct flow *flow, unsigned mdev, uint64_t iova, ioasim_pa_t pa,
		     unsigned access)
{
	const struct ioasim_dma dma = {.device = flow->device[mdev],
				       .address = iova,
				       .length = 1,
				       .access = (uint8_t)access};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES, .pa = pa};
	const struct device *device = device_find(flow->system, flow->device[mdev]);
	struct dma_wire wire;

	dma_wire_of_pasid(device, DRIVER_NO_PASID, &wire);
	wire.attachment = attachment_default(device);
	flow->system->dmas++;
	checker_judge(flow->system, &dma, &wire, &result);
	return result.broken;
}

#define S(n) (1u << (n))

static void s2_another_page_or_right_than_the_ioas_gives(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);
	ioasim_pa_t pa = judged_page(flow, 0), other = judged_page(flow, 0x9000);

	assert_int_equal(iflow_map_flags(&i, ioas, 0x80000, M, PAGE, IOASIM_IOMMUFD_MAP_READABLE),
			 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), 0);
	assert_int_equal(went(flow, mdev, IOVA + 3, pa + 3, IOASIM_WRITE), 0);
	judged_kept(flow);
	assert_int_equal(went(flow, mdev, IOVA, pa + 1, READ), S(2));
	assert_int_equal(went(flow, mdev, IOVA, other, READ), S(2));
	assert_int_equal(went(flow, mdev, 0x80000, pa, IOASIM_WRITE), S(2));
	assert_int_equal(went(flow, mdev, 0x70000, pa, READ), S(2));
	assert_int_equal(went(flow, mdev, IOVA, 0x1000, READ), S(2));
}

static void s4_s6_what_was_unmapped_is_used_no_more(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);
	ioasim_pa_t pa = judged_page(flow, 0);

	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), 0);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), S(4));
	assert_int_equal(judged_last(flow)->since, flow->system->calls);
	/* What was never used, but could have been. */
	assert_int_equal(went(flow, mdev, IOVA + 3 * PAGE, judged_page(flow, 3 * PAGE), READ),
			 S(4));
	assert_int_equal(iflow_map(&i, ioas, IOVA, M + 8 * PAGE, PAGE), 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), S(4));
	assert_int_equal(went(flow, mdev, IOVA, judged_page(flow, 8 * PAGE), READ), 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, PAGE), 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), S(4) | S(6));
	/* The same IOAS again is no change. */
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(went(flow, mdev, IOVA + 3 * PAGE, judged_page(flow, 3 * PAGE), READ),
			 S(4));
	/* Another one has another past. */
	assert_int_equal(iflow_attach(&i, mdev, iflow_ioas(&i), IFLOW_NONE), 0);
	assert_int_equal(went(flow, mdev, IOVA + 3 * PAGE, judged_page(flow, 3 * PAGE), READ),
			 S(2) | S(7));
}

/* Pages of one mapping that do not lie in a row, some of them pinned. */
static void s4_every_part_of_a_mapping_is_remembered(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	ioasim_pa_t hole, kept;
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);

	hole = judged_page(flow, PAGE);
	kept = judged_page(flow, 2 * PAGE);
	assert_int_equal(iflow_pin(&i, mdev, IOVA + 2 * PAGE, PAGE, false), 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M + PAGE, 2 * PAGE), 0);
	assert_int_equal(ioasim_process_mmap(flow->system, flow->process, M + 2 * PAGE, PAGE,
					     IOASIM_READ | IOASIM_WRITE),
			 0);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(went(flow, mdev, IOVA, judged_page(flow, 0), READ), S(4));
	assert_int_equal(went(flow, mdev, IOVA + 2 * PAGE, judged_page(flow, 2 * PAGE), READ),
			 S(4));
	assert_int_equal(went(flow, mdev, IOVA + 3 * PAGE, judged_page(flow, 3 * PAGE), READ),
			 S(4));
	/* Pages that were not the process's any more when the mapping went: one has been given
	 * out again, one is nobody's since it is not pinned. */
	assert_true(hole == judged_page(flow, 2 * PAGE));
	assert_int_equal(went(flow, mdev, IOVA + PAGE, hole, READ), S(2));
	assert_int_equal(went(flow, mdev, IOVA + 2 * PAGE, kept, READ), S(6));
}

/* A driver that forgets to let go of one of its pins. */
static void s4_s6_a_stale_pin_is_found(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_dma_result result;
	struct iommufd_mdev *book;
	struct mdev_pin *stale;
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);

	book = device_find(flow->system, flow->device[mdev])->mdev;
	stale = calloc(1, sizeof(*stale));
	assert_non_null(stale);
	*stale = (struct mdev_pin){.iova = IOVA, .bytes = PAGE, .count = 1};
	stale->runs = calloc(1, sizeof(*stale->runs));
	assert_non_null(stale->runs);
	stale->runs[0] = (struct iommufd_run){judged_page(flow, 0), PAGE};
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	LIST_INSERT_HEAD(&book->pins, stale, link);
	result = flow_dma(flow, mdev, FLOW_NONE, READ, IOVA);
	assert_int_equal(result.outcome, IOASIM_DMA_REACHES);
	assert_int_equal(result.broken, S(4));
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, PAGE), 0);
	result = flow_dma(flow, mdev, FLOW_NONE, READ, IOVA);
	assert_int_equal(result.broken, S(4) | S(6));
	LIST_REMOVE(stale, link);
	free(stale->runs);
	free(stale);
}

/* Nothing is pinned: the process's memory changes under the mapping. */
static void s4_the_pages_of_an_unpinned_mapping_are_the_processs(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	ioasim_pa_t pa;

	(void)iflow_mdev_attached(&i, &mdev);
	pa = judged_page(flow, 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, PAGE), 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), S(4) | S(6));
	assert_int_equal(ioasim_process_mmap(flow->system, flow->process, M, PAGE,
					     IOASIM_READ | IOASIM_WRITE),
			 0);
	assert_int_equal(went(flow, mdev, IOVA, judged_page(flow, 0), READ), 0);
}

static void s1_s8_an_mdev_that_is_not_attached_reaches_nothing(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev, other;
	ioasim_pa_t pa;

	(void)iflow_mdev_attached(&i, &mdev);
	other = iflow_mdev(&i, mdev - 1, true); /* of the same parent */
	pa = judged_page(flow, 0);
	assert_int_equal(iflow_detach(&i, mdev, IFLOW_NONE), 0);
	assert_int_equal(went(flow, mdev, IOVA, pa, READ), S(8));
	assert_int_equal(judged_last(flow)->since, flow->system->calls);
	assert_int_equal(went(flow, other, IOVA, pa, READ), S(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(s2_another_page_or_right_than_the_ioas_gives),
		TESTS(s4_s6_what_was_unmapped_is_used_no_more),
		TESTS(s4_every_part_of_a_mapping_is_remembered),
		TESTS(s4_s6_a_stale_pin_is_found),
		TESTS(s4_the_pages_of_an_unpinned_mapping_are_the_processs),
		TESTS(s1_s8_an_mdev_that_is_not_attached_reaches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
