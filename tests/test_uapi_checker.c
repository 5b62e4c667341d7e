/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker on routes and maps: each rule with something that breaks it, made up here,
 * which has to be reported; and the nearest thing that is in order, which must not be. DMA
 * is not sent: the checker is told where it went.
 */
#include "uapi_judged.h"

#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"

#include <string.h>

/* ---- Routes ---------------------------------------------------------------------------- */

static void s1_a_requester_that_nobody_has(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_dma dma = {.device = IOASIM_NO_DEVICE, .requester_id = 0x99};
	const struct dma_wire wire = {.rid = 0x99, .pasid = DRIVER_NO_PASID};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_FAULTS};

	checker_judge(flow->system, &dma, &wire, &result);
	judged_kept(flow);
	result.outcome = IOASIM_DMA_REACHES;
	checker_judge(flow->system, &dma, &wire, &result);
	assert_int_equal(result.broken, 1u << 1);
	assert_int_equal(judged_last(flow)->requester_id, 0x99);
}

static void s2_a_page_that_the_map_never_gave(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	judged_attached(flow, &device);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE + 5,
				     judged_page(flow, PAGE + 5), READ),
			 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, PAGE), READ),
			 1u << 2);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, 0x1000, READ), 1u << 2);
	assert_int_equal(judged_last(flow)->page, 0x1000);
	assert_int_equal(judged_last(flow)->address, IOVA);
}

static void s2_a_right_that_the_map_does_not_give(void **state)
{
	struct flow *flow = *state;
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .prot = IOASIM_READ,
				     .iova = 0x40000,
				     .vaddr = FLOW_MEMORY,
				     .length = PAGE};
	unsigned device;

	map.ioasid = (uint32_t)judged_attached(flow, &device);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, judged_page(flow, 0), READ),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, judged_page(flow, 0),
				     IOASIM_WRITE),
			 1u << 2);
}

/* Second-stage and host tables have pages that can only be written; stage 1 has none:
 * SMMUv3's kernel tables, and those of AMD-Vi beside PASIDs. */
static void s2_reading_what_is_for_writing_is_right_only_where_formats_have_no_such_page(
	void **state)
{
	struct flow *flow = *state;
	bool smmu = flow_is(flow, "smmuv3"), vtd = flow_is(flow, "vtd");
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .prot = IOASIM_WRITE,
				     .iova = 0x40000,
				     .vaddr = FLOW_MEMORY,
				     .length = PAGE};
	ioasim_pa_t pa = judged_page(flow, 0);
	unsigned device;
	int parent;

	map.ioasid = (uint32_t)judged_attached(flow, &device);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, pa, IOASIM_WRITE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, pa, READ),
			 smmu ? 0 : 1u << 2);
	/* The hardware agrees. */
	assert_int_equal(flow_dma(flow, device, FLOW_NONE, READ, 0x40000).outcome,
			 smmu ? IOASIM_DMA_REACHES : IOASIM_DMA_FAULTS);
	assert_int_equal(flow_attach(flow, device, (int)map.ioasid, 3), 0);
	assert_int_equal(judged_went(flow, device, 3, 0x40000, pa, READ), vtd ? 1u << 2 : 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, pa, READ),
			 vtd ? 1u << 2 : 0);
	assert_int_equal(flow_dma(flow, device, FLOW_NONE, READ, 0x40000).outcome,
			 vtd ? IOASIM_DMA_FAULTS : IOASIM_DMA_REACHES);
	/* A parent of users' tables is a stage 2 on all of them. */
	device = flow_pdev(flow, 0x30, 0, 0);
	parent = flow_nest_parent(flow);
	map.ioasid = (uint32_t)parent;
	assert_int_equal(flow_bind(flow, device, 2), 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, pa, READ), 1u << 2);
	assert_int_equal(flow_dma(flow, device, FLOW_NONE, READ, 0x40000).outcome,
			 IOASIM_DMA_FAULTS);
}

static void s1_a_pasid_that_was_not_attached(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device);

	assert_int_equal(flow_attach(flow, device, ioasid, 3), 0);
	assert_int_equal(judged_went(flow, device, 3, IOVA, judged_page(flow, 0), READ), 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, 4, IOVA, judged_page(flow, 0), READ), 1u << 1);
	assert_true(judged_last(flow)->has_pasid);
	assert_int_equal(judged_last(flow)->pasid, 4);
}

/* PASID 0 is no user's (T1). AMD-Vi takes it for the requests without one, where there are
 * PASIDs: these may come either way, and end either way. */
static void s1_s8_pasid_0_is_no_route_of_its_own(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 8);
	int plain = flow_kernel(flow), other = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_map(flow, plain, IOVA, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_attach(flow, device, plain, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, plain, 0), -EINVAL);
	FLOW_NO_ROUTE(flow, device, 0, IOVA);
	assert_int_equal(flow_attach(flow, device, other, 3), 0);
	if (flow_is(flow, "amdvi"))
		FLOW_REACHES(flow, device, 0, IOVA, FLOW_MEMORY);
	else
		FLOW_NO_ROUTE(flow, device, 0, IOVA);
	assert_int_equal(flow_detach(flow, device, plain, FLOW_NONE), 0);
	assert_int_equal(flow_dma(flow, device, 0, READ, IOVA).outcome, IOASIM_DMA_FAULTS);
	judged_kept(flow);
}

/* Two mdevs of one parent, each with a vPASID of its own. */
static void s3_the_pasid_of_another_mdev(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x28, 0, 8);
	unsigned a = flow_mdev(flow, parent, 0, 8), b = flow_mdev(flow, parent, 0, 8);
	int ioasid = flow_kernel(flow);
	uint32_t pasid[2];

	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_bind(flow, b, 2), 0);
	assert_int_equal(flow_map(flow, ioasid, IOVA, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_attach(flow, a, ioasid, 7), 0);
	assert_int_equal(flow_attach(flow, b, ioasid, 8), 0);
	pasid[0] = LIST_FIRST(&device_find(flow->system, flow->device[a])->attachments)->pasid;
	pasid[1] = LIST_FIRST(&device_find(flow->system, flow->device[b])->attachments)->pasid;
	assert_int_equal(judged_went(flow, a, pasid[0], IOVA, judged_page(flow, 0), READ), 0);
	assert_int_equal(judged_went(flow, b, pasid[1], IOVA, judged_page(flow, 0), READ), 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, a, pasid[1], IOVA, judged_page(flow, 0), READ), 1u << 3);
	assert_int_equal(judged_went(flow, b, pasid[1] + 1, IOVA, judged_page(flow, 0), READ),
			 1u << 1);
}

/* The number has gone to another space since the VM was shown it. */
static void s3_enqcmd_that_uses_what_the_vm_was_not_shown(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 8);
	unsigned mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 8);
	int ioasid = flow_kernel(flow), other = flow_kernel(flow);
	const struct ioasim_dma dma = {
		.device = flow->device[mdev], .address = IOVA, .length = 1, .access = READ};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES,
					   .pa = judged_page(flow, 0)};
	const struct device *device = device_find(flow->system, flow->device[mdev]);
	struct dma_wire wire;

	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_map(flow, ioasid, IOVA, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_attach(flow, mdev, ioasid, 7), 0);
	dma_wire_of_pasid(device, LIST_FIRST(&device->attachments)->pasid, &wire);
	wire.enqcmd = true;
	wire.shown = judged_object(flow, ioasid);
	checker_judge(flow->system, &dma, &wire, &result);
	assert_int_equal(result.broken, 0);
	wire.shown = judged_object(flow, other);
	checker_judge(flow->system, &dma, &wire, &result);
	assert_int_equal(result.broken, 1u << 3);
}

static void s8_a_route_that_has_ended(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device);
	uint64_t call;

	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	call = flow->system->calls;
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 8);
	assert_int_equal(judged_last(flow)->since, call);
	assert_int_equal(flow_attach(flow, device, ioasid, FLOW_NONE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ), 0);
}

static void s8_a_closed_device(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	judged_attached(flow, &device);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[device]), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 8);
}

static void s13_an_address_space_that_was_freed(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device);

	assert_int_equal(flow_free(flow, ioasid), 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 13);
	assert_int_equal(judged_last(flow)->since, flow->system->calls);
}

static void s13_an_end_while_something_is_attached(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device), idle = flow_kernel(flow);

	assert_int_equal(flow_free(flow, idle), 0);
	judged_kept(flow);
	checker_ioasid_gone(judged_object(flow, ioasid));
	assert_int_equal(judged_broken(flow, 13), 1);
}

static void s15_the_hosts_space_while_a_device_is_bound(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 0);

	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 15);
	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 15);
}

static void s16_two_devices_on_one_pasid(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x28, 0, 8);
	unsigned a = flow_mdev(flow, parent, 0, 8), b = flow_mdev(flow, parent, 0, 8);
	int ioasid = flow_kernel(flow);
	struct attachment *first, second;

	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_bind(flow, b, 2), 0);
	assert_int_equal(flow_attach(flow, a, ioasid, 7), 0);
	assert_int_equal(flow_attach(flow, b, ioasid, 7), 0);
	judged_kept(flow);
	first = LIST_FIRST(&device_find(flow->system, flow->device[a])->attachments);
	second = *first;
	second.device = device_find(flow->system, flow->device[b]);
	checker_attached(&second);
	assert_int_equal(judged_broken(flow, 16), 1);
	checker_detached(&second);
}

/* Members of a group share one route, and a child lies on its parent's. */
static void s16_not_members_of_a_group(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_config config = {.requester_id = 0x28,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 5};
	unsigned a = flow_add(flow, &config), b;
	int ioasid = flow_kernel(flow), child;

	config.requester_id = 0x30;
	b = flow_add(flow, &config);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, ioasid, 0, 0);
	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_bind(flow, b, 2), 0);
	assert_int_equal(flow_map(flow, ioasid, IOVA, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_attach(flow, a, ioasid, FLOW_NONE), 0);
	/* By the other's attachment, which opens the route of all (R3). */
	assert_int_equal(judged_went(flow, b, FLOW_NONE, IOVA, judged_page(flow, 0), READ), 0);
	assert_int_equal(flow_attach(flow, a, child, FLOW_NONE), 0);
	judged_kept(flow);
	/* The child's map is empty. */
	assert_int_equal(judged_went(flow, b, FLOW_NONE, IOVA, judged_page(flow, 0), READ),
			 1u << 2);
}

/* ---- Maps -------------------------------------------------------------------------------- */

static void s4_s6_a_page_after_its_unmap(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device);
	ioasim_pa_t pa = judged_page(flow, PAGE);
	uint64_t call;

	assert_int_equal(flow_map(flow, ioasid, 0x40000, FLOW_MEMORY + 4 * PAGE, PAGE), 0);
	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	call = flow->system->calls;
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x40000, judged_page(flow, 4 * PAGE),
				     READ),
			 0);
	judged_kept(flow);
	/* The process still has the page. */
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4);
	assert_int_equal(judged_last(flow)->since, call);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ),
			 1u << 4 | 1u << 6);
}

static void s6_a_page_that_is_somebody_elses_by_now(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device), other;
	ioasim_pa_t pa = judged_page(flow, PAGE), now;

	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	other = ioasim_process_create(flow->system);
	assert_int_equal(ioasim_process_mmap(flow->system, other, 0x1000, PAGE, IOASIM_READ), 0);
	assert_int_equal(ioasim_process_page(flow->system, other, 0x1000, &now), 0);
	assert_int_equal(now, pa);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ),
			 1u << 4 | 1u << 6);
	assert_non_null(strstr(judged_last(flow)->text, "process 1"));
}

/* A pinned page stays the mapping's, whatever its process does (M7). */
static void s6_not_a_pinned_page(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	ioasim_pa_t pa = judged_page(flow, PAGE);

	judged_attached(flow, &device);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	judged_kept(flow);
}

static void s2_s7_a_translation_of_another_space(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = flow_kernel(flow);

	judged_attached(flow, &device);
	assert_int_equal(flow_map(flow, ioasid, 0x80000, FLOW_MEMORY + 4 * PAGE, PAGE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x80000, judged_page(flow, 4 * PAGE),
				     READ),
			 1u << 2);
	assert_non_null(strstr(judged_last(flow)->text, "IOASID 1"));
	/* That space is gone, and its tag may be used again. */
	assert_int_equal(flow_free(flow, ioasid), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x80000, judged_page(flow, 4 * PAGE),
				     READ),
			 1u << 2 | 1u << 7);
	assert_int_equal(judged_last(flow)->since, flow->system->calls);
}

static void s5_a_child_has_the_rights_of_both(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 0);
	int parent = flow_kernel(flow), child;
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)parent,
				     .prot = IOASIM_READ,
				     .iova = IOVA,
				     .vaddr = FLOW_MEMORY,
				     .length = PAGE};

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, parent, 0, 0);
	map = (struct ioasim_map_dma){.size = sizeof(map),
				      .ioasid = (uint32_t)child,
				      .prot = IOASIM_READ,
				      .iova = 0x50000,
				      .vaddr = IOVA,
				      .length = PAGE};
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x50000, judged_page(flow, 0), READ),
			 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x50000, judged_page(flow, 0),
				     IOASIM_WRITE),
			 1u << 5);
	/* M5: what the parent unmaps, the child has no more. */
	assert_int_equal(flow_unmap(flow, parent, IOVA, PAGE), PAGE);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, 0x50000, judged_page(flow, 0), READ),
			 1u << 4);
}

/* A process's memory, attached with PASID 3. */
static unsigned process_attached(struct flow *flow)
{
	unsigned device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI, 8);
	int sva;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	sva = flow_alloc(flow, IOASIM_IOASID_SVA, 0, 0, 0);
	assert_true(sva > 0);
	assert_int_equal(flow_attach(flow, device, sva, 3), 0);
	return device;
}

static void s4_s6_a_page_that_the_process_has_unmapped(void **state)
{
	struct flow *flow = *state;
	unsigned device = process_attached(flow);
	ioasim_pa_t pa = judged_page(flow, PAGE);

	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_WRITE), 0);
	judged_kept(flow);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY + PAGE, pa, READ),
			 1u << 4 | 1u << 6);
	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY, judged_page(flow, 0), READ), 0);
}

static void s4_a_right_that_the_process_has_taken_away(void **state)
{
	struct flow *flow = *state;
	unsigned device = process_attached(flow);
	ioasim_pa_t pa = judged_page(flow, PAGE);

	assert_int_equal(ioasim_process_mprotect(flow->system, flow->process, FLOW_MEMORY + PAGE,
						 PAGE, IOASIM_READ),
			 0);
	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY + PAGE, pa, READ), 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_WRITE),
			 1u << 4);
	assert_int_equal(judged_went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_EXEC),
			 1u << 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(s1_a_requester_that_nobody_has, "vtd"),
		TESTS(s2_a_page_that_the_map_never_gave),
		ON(s2_a_right_that_the_map_does_not_give, "vtd"),
		TESTS(s2_reading_what_is_for_writing_is_right_only_where_formats_have_no_such_page),
		TESTS(s1_a_pasid_that_was_not_attached),
		TESTS(s1_s8_pasid_0_is_no_route_of_its_own),
		TESTS(s3_the_pasid_of_another_mdev),
		ON(s3_enqcmd_that_uses_what_the_vm_was_not_shown, "vtd"),
		TESTS(s8_a_route_that_has_ended),
		ON(s8_a_closed_device, "amdvi"),
		TESTS(s13_an_address_space_that_was_freed),
		ON(s13_an_end_while_something_is_attached, "vtd"),
		TESTS(s15_the_hosts_space_while_a_device_is_bound),
		TESTS(s16_two_devices_on_one_pasid),
		TESTS(s16_not_members_of_a_group),
		TESTS(s4_s6_a_page_after_its_unmap),
		ON(s6_a_page_that_is_somebody_elses_by_now, "vtd"),
		ON(s6_not_a_pinned_page, "vtd"),
		TESTS(s2_s7_a_translation_of_another_space),
		TESTS(s5_a_child_has_the_rights_of_both),
		TESTS(s4_s6_a_page_that_the_process_has_unmapped),
		TESTS(s4_a_right_that_the_process_has_taken_away),
	};

	return cmocka_run_group_tests_name("uapi_checker", tests, NULL, NULL);
}
