/* SPDX-License-Identifier: Apache-2.0 */
/* What devices write through an iommufd's tables, told page by page (U13). */
#include "iofd_flow.h"

#define M    FLOW_MEMORY
#define MIB  UINT64_C(0x100000)
#define PAGE UINT64_C(0x1000)
#define IOVA UINT64_C(0x400000)

#define DIRTY    IOASIM_IOMMUFD_HWPT_DIRTY
#define NO_CLEAR IOASIM_IOMMUFD_BITMAP_NO_CLEAR

/* A device with its table of 64 pages. */
struct marks {
	struct iflow i;
	unsigned device;
	uint32_t ioas, hwpt;
};

static struct marks marks_open(struct flow *flow, uint32_t capabilities)
{
	struct marks marks = {.i = iflow_open(flow)};

	marks.device = iflow_pdev(&marks.i, 0x28, capabilities, 8);
	marks.ioas = iflow_ioas(&marks.i);
	/* One by one, so that each is a leaf of its own. */
	for (unsigned page = 0; page < 64; page++)
		assert_int_equal(iflow_map(&marks.i, marks.ioas, IOVA + page * PAGE,
					   M + page * PAGE, PAGE),
				 0);
	assert_int_equal(iflow_hwpt(&marks.i, marks.device, marks.ioas, DIRTY, &marks.hwpt), 0);
	return marks;
}

static void dma(struct marks *marks, uint32_t pasid, unsigned access, unsigned page)
{
	struct ioasim_dma_result result =
		flow_dma(marks->i.flow, marks->device, pasid, access, IOVA + page * PAGE + 8);

	flow_reaches(marks->i.flow, &result, M + page * PAGE + 8);
}

static uint64_t written(const struct marks *marks, uint32_t flags)
{
	uint64_t bits;

	assert_int_equal(iflow_written(&marks->i, marks->hwpt, flags, IOVA, 64, &bits), 0);
	return bits;
}

static int refused(const struct marks *marks)
{
	uint64_t bits;
	int error = iflow_written(&marks->i, marks->hwpt, 0, IOVA, 64, &bits);

	assert_int_equal(bits, 0);
	return error;
}

static void written_once(struct marks *marks, uint32_t pasid)
{
	assert_int_equal(written(marks, 0), 0);
	for (unsigned page = 0; page < 64; page++)
		dma(marks, pasid, IOASIM_READ, page);
	dma(marks, pasid, IOASIM_WRITE, 3);
	dma(marks, pasid, IOASIM_READ | IOASIM_WRITE, 63);
	assert_int_equal(written(marks, NO_CLEAR), UINT64_C(1) << 3 | UINT64_C(1) << 63);
	assert_int_equal(written(marks, 0), UINT64_C(1) << 3 | UINT64_C(1) << 63);
	assert_int_equal(written(marks, 0), 0);
	/* Whatever the unit and the device have kept of it. */
	dma(marks, pasid, IOASIM_WRITE, 63);
	dma(marks, pasid, IOASIM_WRITE, 4);
	assert_int_equal(written(marks, 0), UINT64_C(1) << 4 | UINT64_C(1) << 63);
	assert_int_equal(written(marks, 0), 0);
}

static void u13_what_a_device_writes_is_told_once(void **state)
{
	struct marks marks = marks_open(*state, 0);

	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, IFLOW_NONE), 0);
	dma(&marks, FLOW_NONE, IOASIM_WRITE, 5);
	assert_int_equal(refused(&marks), EINVAL);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	written_once(&marks, FLOW_NONE);
	/* Off and on again: what was left is not told. */
	dma(&marks, FLOW_NONE, IOASIM_WRITE, 7);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, false), 0);
	assert_int_equal(refused(&marks), EINVAL);
	dma(&marks, FLOW_NONE, IOASIM_WRITE, 8);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	written_once(&marks, FLOW_NONE);
}

static void u13_a_device_with_a_tlb_is_told_of_too(void **state)
{
	struct marks marks = marks_open(*state, IOASIM_DEVICE_ATS);

	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	/* A route that comes later follows. */
	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, IFLOW_NONE), 0);
	written_once(&marks, FLOW_NONE);
}

static void u13_routes_with_pasid_are_told_of_too(void **state)
{
	struct marks marks = marks_open(*state, IOASIM_DEVICE_ATS);
	int error = iflow_hwpt(&marks.i, marks.device, marks.ioas,
			       DIRTY | IOASIM_IOMMUFD_HWPT_PASID, &marks.hwpt);

	/* A host table marks, and PASIDs have guest tables there. */
	assert_int_equal(error, flow_is(marks.i.flow, "amdvi") ? EOPNOTSUPP : 0);
	if (error)
		return;
	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, IFLOW_NONE), 0);
	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, 5), 0);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	written_once(&marks, 5);
	written_once(&marks, FLOW_NONE);
}

/* A mark is one of a mapping: a page that was mapped anew is clean. Large pages are told as
 * what they are, so that more is told than was written, and never less. */
static void u13_what_is_mapped_anew_is_clean(void **state)
{
	const uint64_t area = 64 * MIB;
	struct marks marks = marks_open(*state, 0);
	uint64_t bits;

	assert_int_equal(iflow_map(&marks.i, marks.ioas, area, M + 2 * MIB, 2 * MIB), 0);
	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, IFLOW_NONE), 0);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	assert_int_equal(flow_dma(marks.i.flow, marks.device, FLOW_NONE, IOASIM_WRITE,
				  area + 9 * PAGE)
				 .outcome,
			 IOASIM_DMA_REACHES);
	assert_int_equal(iflow_written(&marks.i, marks.hwpt, NO_CLEAR, area, 64, &bits), 0);
	assert_true(bits & 1 << 9);
	assert_int_equal(iflow_unmap(&marks.i, marks.ioas, area, 2 * MIB), 0);
	assert_int_equal(iflow_map(&marks.i, marks.ioas, area, M + 2 * MIB, 2 * MIB), 0);
	assert_int_equal(iflow_written(&marks.i, marks.hwpt, 0, area, 64, &bits), 0);
	assert_int_equal(bits, 0);
}

static void s17_what_could_not_be_told_is_not_forgotten(void **state)
{
	struct ioasim_iommufd_get_dirty arg = {
		.size = sizeof(arg), .iova = IOVA, .length = 64 * PAGE, .page_size = PAGE};
	struct marks marks = marks_open(*state, 0);

	assert_int_equal(iflow_attach(&marks.i, marks.device, marks.hwpt, IFLOW_NONE), 0);
	assert_int_equal(iflow_track(&marks.i, marks.hwpt, true), 0);
	dma(&marks, FLOW_NONE, IOASIM_WRITE, 3);
	dma(&marks, FLOW_NONE, IOASIM_WRITE, 40);
	arg.hwpt_id = marks.hwpt;
	arg.data = 0x1000; /* nothing is there */
	assert_int_equal(iflow_call(&marks.i, IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, &arg), EFAULT);
	assert_int_equal(written(&marks, 0), UINT64_C(1) << 3 | UINT64_C(1) << 40);
}

/* ECAP_REG.SSADS, EFR.HDSup, SMMU_IDR0.HTTU below 2: accessed flags at most. */
static void u7_u13_a_unit_without_marks_offers_none(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	struct iflow i;
	uint32_t ioas;
	unsigned d;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	if (flow_is(flow, "vtd"))
		config.unit.capability[1] &= ~(UINT64_C(1) << 45);
	else if (flow_is(flow, "amdvi"))
		config.unit.capability[0] &= ~(UINT64_C(1) << 52);
	else
		config.unit.capability[0] = (config.unit.capability[0] & ~UINT64_C(0xc0)) | 1 << 6;
	flow_restart(flow, &config);
	i = iflow_open(flow);
	d = iflow_pdev(&i, 0x28, IOASIM_DEVICE_ATS, 8);
	ioas = iflow_ioas(&i);
	assert_int_equal(iflow_capabilities(&i, d), 0);
	assert_int_equal(iflow_hwpt(&i, d, ioas, DIRTY, NULL), EOPNOTSUPP);
	assert_int_equal(iflow_hwpt(&i, d, ioas, DIRTY | IOASIM_IOMMUFD_HWPT_NEST_PARENT, NULL),
			 EOPNOTSUPP);
	assert_int_equal(iflow_hwpt(&i, d, ioas, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u13_what_a_device_writes_is_told_once),
		FLOW_TESTS(u13_a_device_with_a_tlb_is_told_of_too),
		FLOW_TESTS(u13_routes_with_pasid_are_told_of_too),
		FLOW_TESTS(u13_what_is_mapped_anew_is_clean),
		FLOW_TESTS(u7_u13_a_unit_without_marks_offers_none),
		FLOW_TESTS(s17_what_could_not_be_told_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
