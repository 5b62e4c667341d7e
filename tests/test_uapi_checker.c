/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker: each rule with something that breaks it, made up here, which has to be
 * reported; and the nearest thing that is in order, which must not be. DMA is not sent:
 * the checker is told where it went.
 */
#include "uapi_flow.h"

#include "model/uapi/aspace.h"
#include "model/uapi/attach_inside.h"
#include "model/uapi/calls.h"
#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"

#include <stdlib.h>
#include <string.h>

#define IOVA UINT64_C(0x10000)
#define PAGE UINT64_C(0x1000)
#define READ IOASIM_READ

static int teardown(void **state)
{
	struct flow *flow = *state;

	ioasim_system_destroy(flow->system);
	free(flow);
	return 0;
}

#define ON(test, arch)                                                                     \
	{                                                                                  \
#test " (" arch ")", test, flow_setup, teardown, (void *)(uintptr_t)(arch) \
	}
#define TESTS(test)       ON(test, "vtd"), ON(test, "amdvi"), ON(test, "smmuv3")
#define TESTS_GUEST(test) ON(test, "amdvi"), ON(test, "smmuv3")

/* ---- What the checker says ----------------------------------------------------------- */

static const struct ioasim_violation *last(const struct flow *flow)
{
	const struct ioasim_violation *found = NULL;

	for (unsigned n = 0; ioasim_system_violation(flow->system, n); n++)
		found = ioasim_system_violation(flow->system, n);
	return found;
}

static uint64_t broken(const struct flow *flow, unsigned rule)
{
	return ioasim_system_verdict(flow->system)->broken[rule];
}

static void assert_kept(const struct flow *flow)
{
	const struct ioasim_violation *v = ioasim_system_violation(flow->system, 0);

	if (v)
		print_error("S%u: %s\n", v->rule, v->text);
	assert_null(v);
}

/* A DMA of a device on the wire's (RID, PASID) went to `pa`: what it broke. */
static uint32_t went(struct flow *flow, unsigned device, uint32_t pasid, uint64_t address,
		     ioasim_pa_t pa, unsigned access)
{
	const struct ioasim_dma dma = {.device = flow->device[device],
				       .address = address,
				       .length = 1,
				       .access = (uint8_t)access};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES, .pa = pa};
	struct dma_wire wire;

	dma_wire_of_pasid(device_find(flow->system, flow->device[device]), pasid, &wire);
	flow->system->dmas++;
	checker_judge(flow->system, &dma, &wire, &result);
	return result.broken;
}

static ioasim_pa_t page(struct flow *flow, uint64_t offset)
{
	ioasim_pa_t pa;

	assert_int_equal(
		ioasim_process_page(flow->system, flow->process, FLOW_MEMORY + offset, &pa), 0);
	return pa;
}

/* A device on a space with two pages. */
static int attached(struct flow *flow, unsigned *device)
{
	int ioasid = flow_kernel(flow);

	*device = flow_pdev(flow, 0x28, 0, 8);
	assert_int_equal(flow_bind(flow, *device, 1), 0);
	assert_int_equal(flow_attach(flow, *device, ioasid, FLOW_NONE), 0);
	assert_int_equal(flow_map(flow, ioasid, IOVA, FLOW_MEMORY, 2 * PAGE), 0);
	return ioasid;
}

static struct ioasid *object(struct flow *flow, int ioasid)
{
	const struct container *container = LIST_FIRST(&flow->system->containers);

	return container->ioasid[ioasid];
}

/* ---- Routes ---------------------------------------------------------------------------- */

static void s1_a_requester_that_nobody_has(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_dma dma = {.device = IOASIM_NO_DEVICE, .requester_id = 0x99};
	const struct dma_wire wire = {.rid = 0x99, .pasid = DRIVER_NO_PASID};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_FAULTS};

	checker_judge(flow->system, &dma, &wire, &result);
	assert_kept(flow);
	result.outcome = IOASIM_DMA_REACHES;
	checker_judge(flow->system, &dma, &wire, &result);
	assert_int_equal(result.broken, 1u << 1);
	assert_int_equal(last(flow)->requester_id, 0x99);
}

static void s2_a_page_that_the_map_never_gave(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	attached(flow, &device);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE + 5, page(flow, PAGE + 5), READ),
			 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, PAGE), READ), 1u << 2);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, 0x1000, READ), 1u << 2);
	assert_int_equal(last(flow)->page, 0x1000);
	assert_int_equal(last(flow)->address, IOVA);
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

	map.ioasid = (uint32_t)attached(flow, &device);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x40000, page(flow, 0), READ), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x40000, page(flow, 0), IOASIM_WRITE),
			 1u << 2);
}

static void s1_a_pasid_that_was_not_attached(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device);

	assert_int_equal(flow_attach(flow, device, ioasid, 3), 0);
	assert_int_equal(went(flow, device, 3, IOVA, page(flow, 0), READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, 4, IOVA, page(flow, 0), READ), 1u << 1);
	assert_true(last(flow)->has_pasid);
	assert_int_equal(last(flow)->pasid, 4);
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
	assert_int_equal(went(flow, a, pasid[0], IOVA, page(flow, 0), READ), 0);
	assert_int_equal(went(flow, b, pasid[1], IOVA, page(flow, 0), READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, a, pasid[1], IOVA, page(flow, 0), READ), 1u << 3);
	assert_int_equal(went(flow, b, pasid[1] + 1, IOVA, page(flow, 0), READ), 1u << 1);
}

static void s8_a_route_that_has_ended(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device);
	uint64_t call;

	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	call = flow->system->calls;
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 8);
	assert_int_equal(last(flow)->since, call);
	assert_int_equal(flow_attach(flow, device, ioasid, FLOW_NONE), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 0);
}

static void s8_a_closed_device(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	attached(flow, &device);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[device]), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 8);
}

static void s13_an_address_space_that_was_freed(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device);

	assert_int_equal(flow_free(flow, ioasid), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 13);
	assert_int_equal(last(flow)->since, flow->system->calls);
}

static void s13_an_end_while_something_is_attached(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device), idle = flow_kernel(flow);

	assert_int_equal(flow_free(flow, idle), 0);
	assert_kept(flow);
	checker_ioasid_gone(object(flow, ioasid));
	assert_int_equal(broken(flow, 13), 1);
}

static void s15_the_hosts_space_while_a_device_is_bound(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 0);

	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 15);
	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 15);
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
	assert_kept(flow);
	first = LIST_FIRST(&device_find(flow->system, flow->device[a])->attachments);
	second = *first;
	second.device = device_find(flow->system, flow->device[b]);
	checker_attached(&second);
	assert_int_equal(broken(flow, 16), 1);
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
	assert_int_equal(went(flow, b, FLOW_NONE, IOVA, page(flow, 0), READ), 0);
	assert_int_equal(flow_attach(flow, a, child, FLOW_NONE), 0);
	assert_kept(flow);
	/* The child's map is empty. */
	assert_int_equal(went(flow, b, FLOW_NONE, IOVA, page(flow, 0), READ), 1u << 2);
}

/* ---- Maps -------------------------------------------------------------------------------- */

static void s4_s6_a_page_after_its_unmap(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device);
	ioasim_pa_t pa = page(flow, PAGE);
	uint64_t call;

	assert_int_equal(flow_map(flow, ioasid, 0x40000, FLOW_MEMORY + 4 * PAGE, PAGE), 0);
	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	call = flow->system->calls;
	assert_int_equal(went(flow, device, FLOW_NONE, 0x40000, page(flow, 4 * PAGE), READ), 0);
	assert_kept(flow);
	/* The process still has the page. */
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4);
	assert_int_equal(last(flow)->since, call);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4 | 1u << 6);
}

static void s6_a_page_that_is_somebody_elses_by_now(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device), other;
	ioasim_pa_t pa = page(flow, PAGE), now;

	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	other = ioasim_process_create(flow->system);
	assert_int_equal(ioasim_process_mmap(flow->system, other, 0x1000, PAGE, IOASIM_READ), 0);
	assert_int_equal(ioasim_process_page(flow->system, other, 0x1000, &now), 0);
	assert_int_equal(now, pa);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4 | 1u << 6);
	assert_non_null(strstr(last(flow)->text, "process 1"));
}

/* A pinned page stays the mapping's, whatever its process does (M7). */
static void s6_not_a_pinned_page(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	ioasim_pa_t pa = page(flow, PAGE);

	attached(flow, &device);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	assert_kept(flow);
}

static void s2_s7_a_translation_of_another_space(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = flow_kernel(flow);

	attached(flow, &device);
	assert_int_equal(flow_map(flow, ioasid, 0x80000, FLOW_MEMORY + 4 * PAGE, PAGE), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x80000, page(flow, 4 * PAGE), READ),
			 1u << 2);
	assert_non_null(strstr(last(flow)->text, "IOASID 1"));
	/* That space is gone, and its tag may be used again. */
	assert_int_equal(flow_free(flow, ioasid), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x80000, page(flow, 4 * PAGE), READ),
			 1u << 2 | 1u << 7);
	assert_int_equal(last(flow)->since, flow->system->calls);
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
	assert_int_equal(went(flow, device, FLOW_NONE, 0x50000, page(flow, 0), READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x50000, page(flow, 0), IOASIM_WRITE),
			 1u << 5);
	/* M5: what the parent unmaps, the child has no more. */
	assert_int_equal(flow_unmap(flow, parent, IOVA, PAGE), PAGE);
	assert_int_equal(went(flow, device, FLOW_NONE, 0x50000, page(flow, 0), READ), 1u << 4);
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
	ioasim_pa_t pa = page(flow, PAGE);

	assert_int_equal(went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_WRITE), 0);
	assert_kept(flow);
	assert_int_equal(
		ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY + PAGE, PAGE), 0);
	assert_int_equal(went(flow, device, 3, FLOW_MEMORY + PAGE, pa, READ), 1u << 4 | 1u << 6);
	assert_int_equal(went(flow, device, 3, FLOW_MEMORY, page(flow, 0), READ), 0);
}

static void s4_a_right_that_the_process_has_taken_away(void **state)
{
	struct flow *flow = *state;
	unsigned device = process_attached(flow);
	ioasim_pa_t pa = page(flow, PAGE);

	assert_int_equal(ioasim_process_mprotect(flow->system, flow->process, FLOW_MEMORY + PAGE,
						 PAGE, IOASIM_READ),
			 0);
	assert_int_equal(went(flow, device, 3, FLOW_MEMORY + PAGE, pa, READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_WRITE), 1u << 4);
	assert_int_equal(went(flow, device, 3, FLOW_MEMORY + PAGE, pa, IOASIM_EXEC), 1u << 2);
}

/* ---- Users' tables --------------------------------------------------------------------------- */

/* A device over a user's table that maps 0x10000 to the guest's page 0x800000. */
static int guest_attached(struct flow *flow, unsigned *device)
{
	int parent = flow_nest_parent(flow), user;

	*device = flow_pdev(flow, 0x28, 0, 0);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0xa00000), 0);
	assert_int_equal(flow_bind(flow, *device, 1), 0);
	assert_int_equal(flow_attach(flow, *device, parent, FLOW_NONE), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, IOVA, 0x800000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	user = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, *device, user, FLOW_NONE), 0);
	return user;
}

static void s4_an_old_entry_after_the_invalidation(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int user = guest_attached(flow, &device);

	flow_guest_page(flow, IOVA, 0x801000, true);
	/* N2: either value, until it is told. */
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x801000), READ), 0);
	/* What does not cover it is not enough: another range; the device's TLB alone. */
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, IOVA + PAGE, PAGE),
			 0);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_ALL, IOASIM_INV_DEVTLB, FLOW_NONE,
					 0, 0),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 0);
	assert_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, IOVA, PAGE),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x801000), READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 1u << 4);
}

static void s4_an_entry_that_was_removed(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int user = guest_attached(flow, &device);

	flow_guest_page(flow, IOVA, UINT64_MAX, true);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 0);
	assert_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB, FLOW_NONE,
					 0, 0),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 1u << 4);
}

/* N3: an entry of the PASID table is over with cache `pasid`, and not before. */
static void s4_an_old_entry_of_the_pasid_table(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int user = guest_attached(flow, &device);

	flow_guest_pasid(flow, 0, false);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB, FLOW_NONE,
					 0, 0),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 0);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 1, 0, 0),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 0);
	assert_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 0, 0, 0),
			 0);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0x800000), READ), 1u << 4);
}

static void s2_a_right_that_the_user_does_not_give(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	guest_attached(flow, &device);
	flow_guest_page(flow, IOVA + PAGE, 0x801000, false);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, page(flow, 0x801000), READ), 0);
	assert_kept(flow);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, page(flow, 0x801000),
			      IOASIM_WRITE),
			 1u << 2);
}

static void s5_a_page_that_the_parent_does_not_map(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	guest_attached(flow, &device);
	flow_guest_page(flow, IOVA, 0xf00000, true);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA, page(flow, 0xf00000), READ), 1u << 5);
}

/* ---- Calls -------------------------------------------------------------------------------------- */

static struct call call_of(struct flow *flow, uint32_t number)
{
	struct call call = {.system = flow->system};

	for (unsigned n = 0; call_table(n); n++)
		if (call_table(n)->number == number)
			call.entry = call_table(n);
	call.on.container = LIST_FIRST(&flow->system->containers);
	return call;
}

static void s7_a_number_that_is_given_out_twice(void **state)
{
	struct flow *flow = *state;
	struct ioasim_ioasid_alloc argument = {.size = sizeof(argument)};
	struct call call = call_of(flow, IOASIM_IOASID_ALLOC);
	int ioasid = flow_kernel(flow);

	call.arg.alloc = argument;
	checker_call_begin(flow->system);
	checker_call_end(&call, &argument, ioasid + 1);
	assert_kept(flow);
	checker_call_begin(flow->system);
	checker_call_end(&call, &argument, ioasid);
	assert_int_equal(broken(flow, 7), 1);
}

static void s9_a_call_that_works_on_another_fd(void **state)
{
	struct flow *flow = *state;
	struct call call = call_of(flow, IOASIM_UNMAP_DMA);
	struct ioasim_unmap_dma argument = {.size = sizeof(argument)};
	unsigned device;
	int ioasid = attached(flow, &device), fd;

	call.ioasid = object(flow, ioasid);
	checker_call_checked(&call);
	assert_kept(flow);
	fd = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	assert_true(fd >= 0);
	call.on.container = LIST_FIRST(&flow->system->containers);
	assert_ptr_not_equal(call.on.container, call.ioasid->container);
	call.arg.unmap = argument;
	checker_call_begin(flow->system);
	checker_call_checked(&call);
	assert_int_equal(broken(flow, 9), 1);
	/* And a route of that FD that changes meanwhile. */
	checker_blocked(LIST_FIRST(&call.ioasid->attachments));
	assert_int_equal(broken(flow, 9), 2);
	checker_call_end(&call, &argument, 0);
}

static void s9_s12_events_of_others(void **state)
{
	struct flow *flow = *state;
	struct ioasim_event event = {.vpasid = IOASIM_NO_VPASID};
	const struct container *container = LIST_FIRST(&flow->system->containers);

	event.ioasid = (uint32_t)flow_kernel(flow);
	checker_event(container, &event);
	assert_kept(flow);
	event.vpasid = 5;
	checker_event(container, &event);
	assert_int_equal(broken(flow, 12), 1);
	event.ioasid = 9;
	checker_event(container, &event);
	assert_int_equal(broken(flow, 9), 1);
}

static void s10_enqcmd_reaches_a_device_untranslated(void **state)
{
	struct flow *flow = *state;
	struct kvm kvm = {.system = flow->system};
	struct kvm_pasid entry = {.vpasid = 5, .pasid = 77};
	unsigned parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 8);
	unsigned mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 8);
	const struct device *of[2] = {device_find(flow->system, flow->device[parent]),
				      device_find(flow->system, flow->device[mdev])};

	LIST_INIT(&kvm.pasids);
	checker_enqcmd(&kvm, of[0], 5, 5);
	assert_kept(flow);
	checker_enqcmd(&kvm, of[1], 5, 5);
	assert_int_equal(broken(flow, 10), 1);
	kvm.translate = true;
	LIST_INSERT_HEAD(&kvm.pasids, &entry, link);
	checker_enqcmd(&kvm, of[1], 5, 77);
	assert_int_equal(broken(flow, 10), 1);
	checker_enqcmd(&kvm, of[1], 5, 5);
	checker_enqcmd(&kvm, of[1], 6, 77);
	assert_int_equal(broken(flow, 10), 3);
}

static void s11_a_fault_is_answered_once(void **state)
{
	struct flow *flow = *state;
	struct fault fault = {.event = {.event = 1, .recoverable = true}};

	checker_raised(flow->system, &fault);
	checker_answer(flow->system, &fault);
	assert_kept(flow);
	checker_answer(flow->system, &fault);
	assert_int_equal(broken(flow, 11), 1);
	checker_fault_gone(flow->system, &fault);
	fault.answered = true;
	checker_answer(flow->system, &fault);
	assert_int_equal(broken(flow, 11), 2);
}

static void s11_a_route_ends_and_a_fault_is_not_answered(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = attached(flow, &device);
	struct fault fault = {.event = {.event = 1},
			      .attachment = LIST_FIRST(&object(flow, ioasid)->attachments)};

	checker_raised(flow->system, &fault);
	checker_answer(flow->system, &fault);
	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	assert_kept(flow);
	checker_fault_gone(flow->system, &fault);
	assert_int_equal(flow_attach(flow, device, ioasid, FLOW_NONE), 0);
	fault.attachment = LIST_FIRST(&object(flow, ioasid)->attachments);
	checker_raised(flow->system, &fault);
	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	assert_int_equal(broken(flow, 11), 1);
	checker_fault_gone(flow->system, &fault);
}

static void s12_a_call_returns_what_it_does_not_name(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_attach argument = {.size = sizeof(argument), .vpasid = 5};
	struct call call = call_of(flow, IOASIM_DEVICE_ATTACH);

	call.arg.attach = argument;
	checker_call_end(&call, &argument, 0);
	assert_kept(flow);
	checker_call_end(&call, &argument, 77);
	assert_int_equal(broken(flow, 12), 1);
	call.arg.attach.vpasid = 77;
	checker_call_end(&call, &argument, 0);
	assert_int_equal(broken(flow, 12), 2);
}

static void s14_a_failed_call_takes_hardware_ids(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_attach argument = {.size = sizeof(argument)};
	struct call call = call_of(flow, IOASIM_DEVICE_ATTACH);

	call.arg.attach = argument;
	checker_call_begin(flow->system);
	checker_call_end(&call, &argument, -ENOSPC);
	assert_kept(flow);
	checker_call_begin(flow->system);
	assert_true(ioasim_hwid_reserve(flow->system->hwids, 1) > 0);
	checker_call_end(&call, &argument, -ENOSPC);
	assert_int_equal(broken(flow, 14), 1);
}

static void s17_a_failed_call_changes_what_is_reached(void **state)
{
	struct flow *flow = *state;
	struct ioasim_unmap_dma argument = {.size = sizeof(argument)};
	struct call call = call_of(flow, IOASIM_UNMAP_DMA);
	unsigned device;
	int ioasid = attached(flow, &device);
	struct aspace *aspace = object(flow, ioasid)->aspace;

	call.arg.unmap = argument;
	/* Undone again, as a call does that fails half way. */
	checker_call_begin(flow->system);
	checker_unmapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_mapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_call_end(&call, &argument, -ENOMEM);
	assert_kept(flow);
	checker_call_begin(flow->system);
	checker_unmapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_call_end(&call, &argument, -ENOMEM);
	assert_int_equal(broken(flow, 17), 1);
	checker_call_begin(flow->system);
	checker_blocked(LIST_FIRST(&object(flow, ioasid)->attachments));
	checker_call_end(&call, &argument, -ENOMEM);
	assert_int_equal(broken(flow, 17), 2);
}

/* ---- Lazy unmapping ------------------------------------------------------------------------------ */

static unsigned lazily_unmapped(struct flow *flow, ioasim_pa_t *pa)
{
	struct ioasim_system_config config;
	unsigned device;
	int ioasid;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.lazy = true;
	config.lazy_deadline_ns = 1000;
	flow_restart(flow, &config);
	ioasid = attached(flow, &device);
	*pa = page(flow, PAGE);
	ioasim_system_time(flow->system, 100);
	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	return device;
}

static void lazy_windows_are_measured(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_windows *windows;
	ioasim_pa_t pa;
	unsigned device = lazily_unmapped(flow, &pa);

	ioasim_system_time(flow->system, 300);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	ioasim_system_time(flow->system, 800);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	assert_kept(flow);
	windows = &ioasim_system_verdict(flow->system)->windows;
	assert_int_equal(windows->count, 1);
	assert_int_equal(windows->dmas, 2);
	assert_int_equal(windows->longest_ns, 700);
	assert_int_equal(windows->total_ns, 700);
}

static void s4_after_the_deadline_of_a_lazy_unmap(void **state)
{
	struct flow *flow = *state;
	ioasim_pa_t pa;
	unsigned device = lazily_unmapped(flow, &pa);

	ioasim_system_time(flow->system, 1100);
	assert_int_equal(went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4);
	assert_int_equal(ioasim_system_verdict(flow->system)->windows.dmas, 0);
}

/* By DMA that is really sent: what the hardware does in a window is what is measured. */
static void a_real_window_is_measured(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned device;
	int ioasid;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.lazy = true;
	config.lazy_deadline_ns = 1000;
	flow_restart(flow, &config);
	ioasid = attached(flow, &device);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA, FLOW_MEMORY);
	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	ioasim_system_time(flow->system, 400);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA, FLOW_MEMORY);
	ioasim_system_time(flow->system, 1000);
	FLOW_FAULTS(flow, device, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	assert_kept(flow);
	assert_int_equal(ioasim_system_verdict(flow->system)->windows.dmas, 1);
	assert_int_equal(ioasim_system_verdict(flow->system)->windows.longest_ns, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(s1_a_requester_that_nobody_has, "vtd"),
		TESTS(s2_a_page_that_the_map_never_gave),
		ON(s2_a_right_that_the_map_does_not_give, "vtd"),
		TESTS(s1_a_pasid_that_was_not_attached),
		TESTS(s3_the_pasid_of_another_mdev),
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
		TESTS(s4_an_old_entry_after_the_invalidation),
		TESTS(s4_an_entry_that_was_removed),
		TESTS_GUEST(s4_an_old_entry_of_the_pasid_table),
		TESTS(s2_a_right_that_the_user_does_not_give),
		TESTS(s5_a_page_that_the_parent_does_not_map),
		ON(s7_a_number_that_is_given_out_twice, "vtd"),
		ON(s9_a_call_that_works_on_another_fd, "vtd"),
		ON(s9_s12_events_of_others, "vtd"),
		ON(s10_enqcmd_reaches_a_device_untranslated, "vtd"),
		ON(s11_a_fault_is_answered_once, "vtd"),
		ON(s11_a_route_ends_and_a_fault_is_not_answered, "vtd"),
		ON(s12_a_call_returns_what_it_does_not_name, "vtd"),
		ON(s14_a_failed_call_takes_hardware_ids, "vtd"),
		ON(s17_a_failed_call_changes_what_is_reached, "vtd"),
		TESTS(lazy_windows_are_measured),
		TESTS(s4_after_the_deadline_of_a_lazy_unmap),
		TESTS(a_real_window_is_measured),
	};

	return cmocka_run_group_tests_name("uapi_checker", tests, NULL, NULL);
}
