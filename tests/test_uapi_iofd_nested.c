/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's own tables under an iommufd on the three architectures (U7, U8, U11): what the
 * guest tells of them is put together from bytes here, by the layouts that Linux takes.
 */
#include "iofd_flow.h"

#include <string.h>

#define M    FLOW_MEMORY
#define PAGE UINT64_C(0x1000)
#define ATS  IOASIM_DEVICE_ATS

/* The guest's number of its device; not the host's. */
#define VIRT 0x77u

/* Where the process keeps what it points to. */
#define SCRATCH (M + 0x300000)

struct nest {
	struct iflow i;
	unsigned device;
	uint32_t ioas, parent;
	uint32_t viommu; /* 0: none */
};

static uint64_t scratch(const struct nest *n, const void *data, size_t bytes)
{
	assert_int_equal(ioasim_process_write(n->i.flow->system, n->i.flow->process, SCRATCH, data,
					      bytes),
			 0);
	return SCRATCH;
}

/* A parent of all memory, and a virtual IOMMU where tables want one. */
static struct nest nest_open_as(struct flow *flow, uint32_t flags)
{
	/* Where marks are looked at, each page is a leaf of its own. */
	const uint64_t step = flags ? PAGE : 0x400000;
	struct nest n = {.i = iflow_open(flow)};
	struct ioasim_iommufd_viommu_alloc viommu = {.size = sizeof(viommu), .type = 1};

	n.device = iflow_pdev(&n.i, 0x28, ATS, 8);
	n.ioas = iflow_ioas(&n.i);
	for (uint64_t at = 0; at < 0x400000; at += step)
		assert_int_equal(iflow_map(&n.i, n.ioas, at, M + at, step), 0);
	assert_int_equal(iflow_hwpt(&n.i, n.device, n.ioas, IOASIM_IOMMUFD_HWPT_NEST_PARENT | flags,
				    &n.parent),
			 0);
	viommu.dev_id = n.i.id[n.device];
	viommu.hwpt_id = n.parent;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_VIOMMU_ALLOC, &viommu),
			 flow_is(flow, "vtd") ? EOPNOTSUPP : 0);
	n.viommu = flow_is(flow, "vtd") ? 0 : viommu.out_viommu_id;
	return n;
}

static struct nest nest_open(struct flow *flow)
{
	return nest_open_as(flow, 0);
}

static void vdevice(const struct nest *n)
{
	struct ioasim_iommufd_vdevice_alloc arg = {.size = sizeof(arg),
						   .viommu_id = n->viommu,
						   .dev_id = n->i.id[n->device],
						   .virt_id = VIRT};

	assert_int_equal(iflow_call(&n->i, IOASIM_IOMMUFD_VDEVICE_ALLOC, &arg), 0);
}

/* The guest's description of the tables that uapi_flow.c builds: type, length, words. */
struct words {
	uint32_t type, length;
	uint64_t word[4];
};

static struct words words_of(const struct flow *flow)
{
	if (flow_is(flow, "vtd")) /* flags, root, width 48 */
		return (struct words){1, 24, {0, FLOW_TABLE, 48}};
	if (flow_is(flow, "amdvi")) /* V, TV, GV, GIoV; GCR3 root in three parts */
		return (struct words){
			3,
			32,
			{UINT64_C(3) | UINT64_C(3) << 54 | (FLOW_PASID_TABLE >> 12 & 7) << 58,
			 (FLOW_PASID_TABLE >> 15 & 0xffff) << 16 | FLOW_PASID_TABLE >> 31 << 43}};
	/* V, Config 101, S1ContextPtr, 64 CDs; S1DSS 10, write-back, inner shareable, EATS */
	return (struct words){2,
			      16,
			      {UINT64_C(1) | UINT64_C(5) << 1 | FLOW_PASID_TABLE |
				       UINT64_C(6) << 59,
			       UINT64_C(2) | 1u << 2 | 1u << 4 | 3u << 6 | UINT64_C(1) << 28}};
}

static int nested(const struct nest *n, const struct words *words, uint32_t pt, uint32_t *hwpt)
{
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg),
		.dev_id = n->i.id[n->device],
		.pt_id = pt,
		.data_type = words->type,
		.data_len = words->length,
		.data = scratch(n, words->word, sizeof(words->word)),
	};
	int error = iflow_call(&n->i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg);

	*hwpt = arg.out_hwpt_id;
	return error;
}

static uint32_t nested_on(const struct nest *n)
{
	const struct words words = words_of(n->i.flow);
	uint32_t hwpt;

	assert_int_equal(nested(n, &words, n->viommu ? n->viommu : n->parent, &hwpt), 0);
	return hwpt;
}

static void tables(struct flow *flow)
{
	flow_guest_table(flow);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static void u7_s5_a_guests_tables_are_walked_over_the_parent(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt;

	tables(flow);
	flow_guest_page(flow, 0x8000, 0x2000000, true); /* outside of the parent */
	hwpt = nested_on(&n);
	if (n.viommu) {
		assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), ENOENT);
		vdevice(&n);
	}
	assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7010, M + 0x2010);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x8000, IOASIM_CLASS_STAGE2);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x9000, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_destroy(&n.i, n.parent), EBUSY);
	/* What the parent loses is lost at once. */
	assert_int_equal(iflow_unmap(&n.i, n.ioas, 0, 0x400000), 0);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x7010, IOASIM_CLASS_STAGE2);
	assert_int_equal(iflow_detach(&n.i, n.device, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x7010, IOASIM_CLASS_BLOCKED);
}

/* The page itself is mapped all the time; that the guest's tables are not any more shows where
 * they are walked again. */
static void s2_what_tables_gave_is_good_after_they_are_unmapped_in_the_parent(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	struct ioasim_dma_result result;

	assert_int_equal(iflow_unmap(&n.i, n.ioas, 0, 0x400000), 0);
	assert_int_equal(iflow_map(&n.i, n.ioas, 0, M, FLOW_TABLE), 0);
	/* Aligned, so that commands for them cover no more. */
	assert_int_equal(iflow_map(&n.i, n.ioas, FLOW_TABLE, M + FLOW_TABLE, 0x100000), 0);
	assert_int_equal(iflow_map(&n.i, n.ioas, FLOW_PASID_TABLE, M + FLOW_PASID_TABLE, 0x100000),
			 0);
	tables(flow);
	if (n.viommu)
		vdevice(&n);
	assert_int_equal(iflow_attach(&n.i, n.device, nested_on(&n), IFLOW_NONE), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7010, M + 0x2010);
	assert_int_equal(iflow_unmap(&n.i, n.ioas, FLOW_TABLE, 0x100000), 0);
	assert_int_equal(iflow_unmap(&n.i, n.ioas, FLOW_PASID_TABLE, 0x100000), 0);
	result = flow_dma(flow, n.device, FLOW_NONE, IOASIM_READ, 0x7010);
	assert_int_equal(result.broken, 0);
	if (flow_is(flow, "amdvi")) /* by the address behind the tables (2.4) */
		flow_reaches(flow, &result, M + 0x2010);
	else
		assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x8010, IOASIM_CLASS_STAGE2);
}

static void u7_what_a_guest_may_not_say_is_refused(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	const struct words good = words_of(flow);
	uint32_t on = n.viommu ? n.viommu : n.parent, bare, hwpt;
	struct words words = good;

	words.type = 9;
	assert_int_equal(nested(&n, &words, on, &hwpt),
			 flow_is(flow, "smmuv3") ? EINVAL : EOPNOTSUPP);
	words = good;
	words.length -= 8;
	assert_int_equal(nested(&n, &words, on, &hwpt), EINVAL);
	words = good;
	/* A flag, or a word's bit, that is the host's: WPE + 1; Mode; S2 of Config. */
	words.word[0] |= flow_is(flow, "vtd") ? 8 : flow_is(flow, "amdvi") ? 1u << 9 : 4;
	assert_int_equal(nested(&n, &words, on, &hwpt), flow_is(flow, "smmuv3") ? EIO : EINVAL);
	/* Where guests own PASID tables, a virtual IOMMU is between, whatever is below. */
	assert_int_equal(iflow_hwpt(&n.i, n.device, n.ioas, 0, &bare), 0);
	assert_int_equal(nested(&n, &good, bare, &hwpt), n.viommu ? EOPNOTSUPP : EINVAL);
	assert_int_equal(nested(&n, &good, n.parent, &hwpt), n.viommu ? EOPNOTSUPP : 0);
	/* A longer one is none that is known, whatever is behind. */
	words = good;
	words.length += 8;
	assert_int_equal(nested(&n, &words, on, &hwpt), EINVAL);
}

/* Where more than one is wrong: type, length, memory. */
static void u7_u8_types_are_judged_before_anything_is_read(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	const struct words good = words_of(flow);
	uint32_t on = n.viommu ? n.viommu : n.parent, hwpt;
	struct ioasim_iommufd_hwpt_alloc alloc = {.size = sizeof(alloc),
						  .dev_id = n.i.id[n.device],
						  .pt_id = on,
						  .data_type = 9,
						  .data_len = 7,
						  .data = 0x1000};
	struct ioasim_iommufd_invalidate inv = {.size = sizeof(inv),
						.data = 0x1000,
						.data_type = 9,
						.entry_len = 8,
						.entry_num = 2};

	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_ALLOC, &alloc),
			 flow_is(flow, "smmuv3") ? EINVAL : EOPNOTSUPP);
	alloc.data_type = good.type;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_ALLOC, &alloc), EINVAL);
	alloc.data_len = good.length;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_ALLOC, &alloc), EFAULT);
	assert_int_equal(nested(&n, &good, on, &hwpt), 0);
	inv.hwpt_id = n.viommu ? n.viommu : hwpt;
	if (flow_is(flow, "amdvi")) {
		assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_INVALIDATE, &inv),
				 EOPNOTSUPP);
		return;
	}
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_INVALIDATE, &inv), EINVAL);
	assert_int_equal(inv.entry_num, 0);
	inv.entry_num = 2;
	inv.data_type = flow_is(flow, "vtd") ? (uint32_t)IOASIM_IOMMUFD_INVALIDATE_VTD_S1
					     : (uint32_t)IOASIM_IOMMUFD_INVALIDATE_SMMUV3;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_INVALIDATE, &inv), EFAULT);
	assert_int_equal(inv.entry_num, 0);
}

static void u7_an_smmuv3s_table_has_its_own_pasids(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	const struct words words = words_of(flow);
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_HWPT_PASID,
		.dev_id = n.i.id[n.device],
		.pt_id = n.viommu,
		.data_type = words.type,
		.data_len = words.length,
		.data = scratch(&n, words.word, sizeof(words.word)),
	};

	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), EOPNOTSUPP);
	arg.flags = 0;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), 0);
}

static void u9_t6_a_guests_pasid_table_has_all_pasids(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt = nested_on(&n), other;

	tables(flow);
	vdevice(&n);
	assert_int_equal(iflow_hwpt(&n.i, n.device, n.ioas, IOASIM_IOMMUFD_HWPT_PASID, &other), 0);
	assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), 0);
	flow_guest_pasid(flow, 5, true);
	FLOW_REACHES(flow, n.device, 5, 0x7000, M + 0x2000);
	FLOW_NO_ROUTE(flow, n.device, 6, 0x7000);
	assert_int_equal(iflow_attach(&n.i, n.device, other, 5), EINVAL);
	assert_int_equal(iflow_detach(&n.i, n.device, IFLOW_NONE), 0);
	FLOW_NO_ROUTE(flow, n.device, 5, 0x7000);
}

/* ---- Invalidations -------------------------------------------------------------------------- */

static int invalidate(const struct nest *n, uint32_t on, uint32_t type, const void *entries,
		      uint32_t length, uint32_t *count)
{
	struct ioasim_iommufd_invalidate arg = {
		.size = sizeof(arg),
		.hwpt_id = on,
		.data = scratch(n, entries, (size_t)length * *count),
		.data_type = type,
		.entry_len = length,
		.entry_num = *count,
	};
	int error = iflow_call(&n->i, IOASIM_IOMMUFD_HWPT_INVALIDATE, &arg);

	*count = arg.entry_num;
	return error;
}

static void u8_s4_a_guests_invalidation_of_vtd_is_complete(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt = nested_on(&n), count = 2;
	struct ioasim_iommufd_vtd_inv entry[2] = {{.addr = 0x7000, .npages = 1},
						  {.addr = 0x8001, .npages = 1}};

	tables(flow);
	assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x2000);
	flow_guest_page(flow, 0x7000, 0x5000, true);
	assert_int_equal(invalidate(&n, hwpt, 1, entry, sizeof(entry[0]), &count), EINVAL);
	assert_int_equal(count, 0);
	count = 2;
	assert_int_equal(invalidate(&n, hwpt, 0, entry, sizeof(entry[0]), &count), EINVAL);
	assert_int_equal(count, 1);
	/* The first was done all the same. */
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x5000);
	flow_guest_page(flow, 0x7000, 0x6000, true);
	entry[0] = (struct ioasim_iommufd_vtd_inv){.npages = UINT64_MAX};
	entry[1] = (struct ioasim_iommufd_vtd_inv){.npages = 1, .flags = 2};
	count = 2;
	assert_int_equal(invalidate(&n, hwpt, 0, entry, sizeof(entry[0]), &count), EOPNOTSUPP);
	assert_int_equal(count, 1);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x6000);
	entry[0].addr = PAGE;
	count = 1;
	assert_int_equal(invalidate(&n, hwpt, 0, entry, sizeof(entry[0]), &count), EINVAL);
}

/* Raw commands: TLBI_NH_VAA of an address, ATC_INV of everything, CFGI_CD_ALL. */
static void u8_u11_a_guests_commands_get_the_hosts_stream(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt = nested_on(&n), count = 3;
	uint64_t command[4][2] = {
		{0x06 | (uint64_t)VIRT << 32, 31},
		{0x13, 0x7000 | 1},
		{0x40 | (uint64_t)VIRT << 32, 52},
		{0x46, 0},
	};

	tables(flow);
	vdevice(&n);
	assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x2000);
	flow_guest_page(flow, 0x7000, 0x5000, true);
	flow_forget(flow);
	assert_int_equal(invalidate(&n, hwpt, 1, command, 16, &count), EOPNOTSUPP);
	count = 3;
	assert_int_equal(invalidate(&n, n.viommu, 0, command, 16, &count), EINVAL);
	count = 3;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 16, &count), 0);
	assert_int_equal(count, 3);
	assert_true(FLOW_SAW(flow, IOASIM_COMMAND_PASID, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC,
			     IOASIM_COMMAND_SYNC));
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x5000);
	/* A guest waits by itself: SYNC is not for the host. */
	count = 4;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 16, &count), EIO);
	assert_int_equal(count, 3);
	/* The host's own number is nobody there. */
	command[0][0] = 0x06 | UINT64_C(0x28) << 32;
	count = 2;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 16, &count), EIO);
	assert_int_equal(count, 0);
	/* Of a short entry the rest is zero: nobody again, and TLBI_NH_ALL. */
	count = 1;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 8, &count), EIO);
	flow_guest_page(flow, 0x7000, 0x6000, true);
	command[0][0] = 0x10;
	count = 1;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 8, &count), 0);
	command[0][0] = 0x40 | (uint64_t)VIRT << 32;
	command[0][1] = 52;
	count = 1;
	assert_int_equal(invalidate(&n, n.viommu, 1, command, 16, &count), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, M + 0x6000);
}

/* The event of the guest's own stage, under the guest's number; the host's stage 2 is not
 * its business. */
static void u12_a_guest_is_told_of_its_own_faults(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt = nested_on(&n);
	struct ioasim_iommufd_veventq_alloc queue = {
		.size = sizeof(queue), .viommu_id = n.viommu, .type = 1, .depth = 4};
	struct {
		struct ioasim_iommufd_vevent_header header;
		uint64_t event[4];
	} told[3];

	tables(flow);
	flow_guest_page(flow, 0x8000, 0x2000000, true);
	vdevice(&n);
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_VEVENTQ_ALLOC, &queue), 0);
	assert_int_equal(iflow_attach(&n.i, n.device, hwpt, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x8000, IOASIM_CLASS_STAGE2);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_WRITE, 0x9123, IOASIM_CLASS_STAGE1);
	assert_int_equal(ioasim_iommufd_read(flow->system, flow->process, (int)queue.out_veventq_fd,
					     told, sizeof(told)),
			 sizeof(told[0]));
	/* F_TRANSLATION, the stream, the address (7.3.12). */
	assert_int_equal(told[0].header.sequence, 0);
	assert_int_equal(told[0].event[0] & 0xff, 0x10);
	assert_int_equal(told[0].event[0] >> 32, VIRT);
	assert_int_equal(told[0].event[2], 0x9123);
}

static void u8_amd_has_no_invalidation_yet(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	uint32_t hwpt = nested_on(&n), count = 0;

	assert_int_equal(invalidate(&n, hwpt, 0, "", 0, &count), EOPNOTSUPP);
	assert_int_equal(invalidate(&n, n.viommu, 1, "", 0, &count), EOPNOTSUPP);
}

/* ---- What was written ----------------------------------------------------------------------- */

/* The guest's memory begins at 0 of its parent: what its device writes, by addresses that the
 * guest alone knows, is told by those of the parent. */
static void u13_a_guests_writes_are_told_of_the_parent(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open_as(flow, IOASIM_IOMMUFD_HWPT_DIRTY);
	uint64_t bits;

	tables(flow);
	flow_guest_page(flow, 0x8000, 0x5000, true);
	if (n.viommu)
		vdevice(&n);
	assert_int_equal(iflow_attach(&n.i, n.device, nested_on(&n), IFLOW_NONE), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7010, M + 0x2010);
	assert_int_equal(flow_dma(flow, n.device, FLOW_NONE, IOASIM_WRITE, 0x8000).outcome,
			 IOASIM_DMA_REACHES);
	assert_int_equal(iflow_track(&n.i, n.parent, true), 0);
	assert_int_equal(iflow_written(&n.i, n.parent, 0, 0, 64, &bits), 0);
	assert_int_equal(bits, 0);
	for (unsigned round = 0; round < 2; round++) {
		FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7010, M + 0x2010);
		assert_int_equal(flow_dma(flow, n.device, FLOW_NONE, IOASIM_WRITE, 0x8000).outcome,
				 IOASIM_DMA_REACHES);
		assert_int_equal(iflow_written(&n.i, n.parent, 0, 0, 64, &bits), 0);
		assert_int_equal(bits, 1 << 5);
	}
	assert_int_equal(iflow_track(&n.i, n.parent, false), 0);
	assert_int_equal(iflow_written(&n.i, n.parent, 0, 0, 64, &bits), EINVAL);
}

/* ---- What the IOMMU is ------------------------------------------------------------------------ */

static void u7_hardware_tells_its_registers(void **state)
{
	struct flow *flow = *state;
	struct nest n = nest_open(flow);
	const struct ioasim_unit *unit = ioasim_system_unit(flow->system);
	uint64_t data[6], value;
	struct ioasim_iommufd_hw_info arg = {.size = sizeof(arg),
					     .dev_id = n.i.id[n.device],
					     .data_len = sizeof(data),
					     .data = SCRATCH};

	memset(data, 0xff, sizeof(data));
	(void)scratch(&n, data, sizeof(data));
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_GET_HW_INFO, &arg), 0);
	assert_int_equal(
		ioasim_process_read(flow->system, flow->process, SCRATCH, data, sizeof(data)), 0);
	assert_int_equal(arg.data_type, flow_is(flow, "vtd") ? 1 : flow_is(flow, "amdvi") ? 4 : 2);
	assert_int_equal(arg.data_len, flow_is(flow, "vtd")     ? 24
				       : flow_is(flow, "amdvi") ? 16
								: 40);
	assert_int_equal(arg.out_max_pasid_log2, 8);
	assert_int_equal(arg.out_capabilities, IOASIM_IOMMUFD_CAP_DIRTY);
	assert_true(data[5] == 0); /* behind what there is */
	/* CAP_REG at 8, EFR at 0x30, SMMU_IDR1 at 4 as the unit itself reads. */
	if (flow_is(flow, "vtd")) {
		assert_int_equal(
			ioasim_mmio_read((struct ioasim_unit *)(uintptr_t)unit, 8, 8, &value), 0);
		assert_true(data[1] == value);
	} else if (flow_is(flow, "amdvi")) {
		assert_int_equal(ioasim_mmio_read((struct ioasim_unit *)(uintptr_t)unit, 0x30, 8,
						  &value),
				 0);
		assert_true(data[0] == value);
	} else {
		assert_int_equal(
			ioasim_mmio_read((struct ioasim_unit *)(uintptr_t)unit, 4, 4, &value), 0);
		assert_true(data[1] >> 32 == value);
	}
	arg.flags = IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_GET_HW_INFO, &arg), 0);
	arg.data_type = IOASIM_IOMMUFD_HW_INFO_TEGRA;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_GET_HW_INFO, &arg), EOPNOTSUPP);
	arg.dev_id = n.ioas;
	assert_int_equal(iflow_call(&n.i, IOASIM_IOMMUFD_GET_HW_INFO, &arg), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u7_s5_a_guests_tables_are_walked_over_the_parent),
		FLOW_TESTS(s2_what_tables_gave_is_good_after_they_are_unmapped_in_the_parent),
		FLOW_TESTS(u7_what_a_guest_may_not_say_is_refused),
		FLOW_TESTS(u7_u8_types_are_judged_before_anything_is_read),
		{"u7_an_smmuv3s_table_has_its_own_pasids (smmuv3)",
		 u7_an_smmuv3s_table_has_its_own_pasids, flow_setup, flow_teardown,
		 (void *)(uintptr_t) "smmuv3"},
		FLOW_TESTS_GUEST(u9_t6_a_guests_pasid_table_has_all_pasids),
		FLOW_TEST_VTD(u8_s4_a_guests_invalidation_of_vtd_is_complete),
		{"u8_u11_a_guests_commands_get_the_hosts_stream (smmuv3)",
		 u8_u11_a_guests_commands_get_the_hosts_stream, flow_setup, flow_teardown,
		 (void *)(uintptr_t) "smmuv3"},
		{"u12_a_guest_is_told_of_its_own_faults (smmuv3)",
		 u12_a_guest_is_told_of_its_own_faults, flow_setup, flow_teardown,
		 (void *)(uintptr_t) "smmuv3"},
		{"u8_amd_has_no_invalidation_yet (amdvi)", u8_amd_has_no_invalidation_yet,
		 flow_setup, flow_teardown, (void *)(uintptr_t) "amdvi"},
		FLOW_TESTS(u13_a_guests_writes_are_told_of_the_parent),
		FLOW_TESTS(u7_hardware_tells_its_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
