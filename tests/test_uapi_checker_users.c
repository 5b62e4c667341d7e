/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker on users' tables, calls and lazy unmapping: each rule with something that
 * breaks it, and the nearest thing that does not (as test_uapi_checker.c).
 */
#include "uapi_judged.h"

#include "model/uapi/calls.h"
#include "model/uapi/checker.h"
#include "model/uapi/device.h"

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
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000), READ), 0);
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x801000), READ), 0);
	/* What does not cover it is not enough: another range; the device's TLB alone. */
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, IOVA + PAGE, PAGE),
			 0);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_ALL, IOASIM_INV_DEVTLB, FLOW_NONE,
					 0, 0),
			 0);
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000), READ), 0);
	judged_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, IOVA, PAGE),
			 0);
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x801000), READ), 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000),
				     READ),
			 1u << 4);
}

static void s4_an_entry_that_was_removed(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int user = guest_attached(flow, &device);

	flow_guest_page(flow, IOVA, UINT64_MAX, true);
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000), READ), 0);
	judged_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB, FLOW_NONE,
					 0, 0),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000),
				     READ),
			 1u << 4);
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
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000), READ), 0);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 1, 0, 0),
			 0);
	assert_int_equal(
		judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000), READ), 0);
	judged_kept(flow);
	assert_int_equal(flow_invalidate(flow, user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 0, 0, 0),
			 0);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0x800000),
				     READ),
			 1u << 4);
}

static void s2_a_right_that_the_user_does_not_give(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	guest_attached(flow, &device);
	flow_guest_page(flow, IOVA + PAGE, 0x801000, false);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE,
				     judged_page(flow, 0x801000), READ),
			 0);
	judged_kept(flow);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE,
				     judged_page(flow, 0x801000), IOASIM_WRITE),
			 1u << 2);
}

static void s5_a_page_that_the_parent_does_not_map(void **state)
{
	struct flow *flow = *state;
	unsigned device;

	guest_attached(flow, &device);
	flow_guest_page(flow, IOVA, 0xf00000, true);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA, judged_page(flow, 0xf00000),
				     READ),
			 1u << 5);
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
	judged_kept(flow);
	checker_call_begin(flow->system);
	checker_call_end(&call, &argument, ioasid);
	assert_int_equal(judged_broken(flow, 7), 1);
}

static void s9_a_call_that_works_on_another_fd(void **state)
{
	struct flow *flow = *state;
	struct call call = call_of(flow, IOASIM_UNMAP_DMA);
	struct ioasim_unmap_dma argument = {.size = sizeof(argument)};
	unsigned device;
	int ioasid = judged_attached(flow, &device), fd;

	call.ioasid = judged_object(flow, ioasid);
	checker_call_checked(&call);
	judged_kept(flow);
	fd = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	assert_true(fd >= 0);
	call.on.container = LIST_FIRST(&flow->system->containers);
	assert_ptr_not_equal(call.on.container, call.ioasid->container);
	call.arg.unmap = argument;
	checker_call_begin(flow->system);
	checker_call_checked(&call);
	assert_int_equal(judged_broken(flow, 9), 1);
	/* And a route of that FD that changes meanwhile. */
	checker_blocked(LIST_FIRST(&call.ioasid->attachments));
	assert_int_equal(judged_broken(flow, 9), 2);
	checker_call_end(&call, &argument, 0);
}

static void s9_s12_events_of_others(void **state)
{
	struct flow *flow = *state;
	struct ioasim_event event = {.vpasid = IOASIM_NO_VPASID};
	const struct container *container = LIST_FIRST(&flow->system->containers);

	event.ioasid = (uint32_t)flow_kernel(flow);
	checker_event(container, &event);
	judged_kept(flow);
	event.vpasid = 5;
	checker_event(container, &event);
	assert_int_equal(judged_broken(flow, 12), 1);
	event.ioasid = 9;
	checker_event(container, &event);
	assert_int_equal(judged_broken(flow, 9), 1);
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
	judged_kept(flow);
	checker_enqcmd(&kvm, of[1], 5, 5);
	assert_int_equal(judged_broken(flow, 10), 1);
	kvm.translate = true;
	LIST_INSERT_HEAD(&kvm.pasids, &entry, link);
	checker_enqcmd(&kvm, of[1], 5, 77);
	assert_int_equal(judged_broken(flow, 10), 1);
	checker_enqcmd(&kvm, of[1], 5, 5);
	checker_enqcmd(&kvm, of[1], 6, 77);
	assert_int_equal(judged_broken(flow, 10), 3);
}

static void s11_a_fault_is_answered_once(void **state)
{
	struct flow *flow = *state;
	struct fault fault = {.event = {.event = 1, .recoverable = true}};

	checker_raised(flow->system, &fault);
	checker_answer(flow->system, &fault);
	judged_kept(flow);
	checker_answer(flow->system, &fault);
	assert_int_equal(judged_broken(flow, 11), 1);
	checker_fault_gone(flow->system, &fault);
	fault.answered = true;
	checker_answer(flow->system, &fault);
	assert_int_equal(judged_broken(flow, 11), 2);
}

static void s11_a_route_ends_and_a_fault_is_not_answered(void **state)
{
	struct flow *flow = *state;
	unsigned device;
	int ioasid = judged_attached(flow, &device);
	struct fault fault = {.event = {.event = 1},
			      .attachment = LIST_FIRST(&judged_object(flow, ioasid)->attachments)};

	checker_raised(flow->system, &fault);
	checker_answer(flow->system, &fault);
	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	judged_kept(flow);
	checker_fault_gone(flow->system, &fault);
	assert_int_equal(flow_attach(flow, device, ioasid, FLOW_NONE), 0);
	fault.attachment = LIST_FIRST(&judged_object(flow, ioasid)->attachments);
	checker_raised(flow->system, &fault);
	assert_int_equal(flow_detach(flow, device, ioasid, FLOW_NONE), 0);
	assert_int_equal(judged_broken(flow, 11), 1);
	checker_fault_gone(flow->system, &fault);
}

static void s12_a_call_returns_what_it_does_not_name(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_attach argument = {.size = sizeof(argument), .vpasid = 5};
	struct call call = call_of(flow, IOASIM_DEVICE_ATTACH);

	call.arg.attach = argument;
	checker_call_end(&call, &argument, 0);
	judged_kept(flow);
	checker_call_end(&call, &argument, 77);
	assert_int_equal(judged_broken(flow, 12), 1);
	call.arg.attach.vpasid = 77;
	checker_call_end(&call, &argument, 0);
	assert_int_equal(judged_broken(flow, 12), 2);
}

/* Whatever a call fills in, it is not what the host has. */
static void s12_a_call_tells_what_is_not_the_callers(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_unmap_dma unmap = {.size = sizeof(unmap), .length = 0x2000};
	struct ioasim_iova_range range = {0, (UINT64_C(1) << 48) - 1};
	struct ioasim_device_info device = {
		.size = sizeof(device), .range_count = 1, .ranges = &range};
	struct ioasim_ioasid_info info = {.size = sizeof(info)};
	struct call call = call_of(flow, IOASIM_UNMAP_DMA);
	unsigned number;
	int ioasid = judged_attached(flow, &number);

	call.arg.unmap = unmap;
	call.arg.unmap.unmapped = 0x2000;
	checker_call_end(&call, &unmap, 0);
	judged_kept(flow);
	call.arg.unmap.unmapped = judged_page(flow, 0);
	checker_call_end(&call, &unmap, 0);
	assert_int_equal(judged_broken(flow, 12), 1);
	call = call_of(flow, IOASIM_IOASID_GET_INFO);
	call.ioasid = judged_object(flow, ioasid);
	call.arg.info = info;
	call.arg.info.attachments = 1;
	checker_call_end(&call, &info, 0);
	assert_int_equal(judged_broken(flow, 12), 1);
	call.arg.info.attachments = 0x41;
	call.arg.info.parent = 7;
	checker_call_end(&call, &info, 0);
	assert_int_equal(judged_broken(flow, 12), 3);
	call = call_of(flow, IOASIM_DEVICE_GET_INFO);
	call.device = device_find(flow->system, flow->device[number]);
	call.arg.device_info = device;
	range.last = (UINT64_C(1) << 48) - 1;
	call.arg.device_info.pasid_width = 20;
	checker_call_end(&call, &device, 0);
	assert_int_equal(judged_broken(flow, 12), 3);
	call.arg.device_info.pasid_width = 0x1000;
	range.last = judged_page(flow, 0);
	checker_call_end(&call, &device, 0);
	assert_int_equal(judged_broken(flow, 12), 5);
}

static void s12_an_event_tells_what_nobody_asked_for(void **state)
{
	struct flow *flow = *state;
	struct fault fault = {.event = {.address = 0x5000}};

	checker_event_made(flow->system, &fault, 0x5678);
	judged_kept(flow);
	fault.event.address = judged_page(flow, 0);
	checker_event_made(flow->system, &fault, 0x5678);
	assert_int_equal(judged_broken(flow, 12), 1);
}

static void s14_a_failed_call_takes_hardware_ids(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_attach argument = {.size = sizeof(argument)};
	struct call call = call_of(flow, IOASIM_DEVICE_ATTACH);

	call.arg.attach = argument;
	checker_call_begin(flow->system);
	checker_call_end(&call, &argument, -ENOSPC);
	judged_kept(flow);
	checker_call_begin(flow->system);
	assert_true(ioasim_hwid_reserve(flow->system->hwids, 1) > 0);
	checker_call_end(&call, &argument, -ENOSPC);
	assert_int_equal(judged_broken(flow, 14), 1);
}

static void s17_a_failed_call_changes_what_is_reached(void **state)
{
	struct flow *flow = *state;
	struct ioasim_unmap_dma argument = {.size = sizeof(argument)};
	struct call call = call_of(flow, IOASIM_UNMAP_DMA);
	unsigned device;
	int ioasid = judged_attached(flow, &device);
	struct aspace *aspace = judged_object(flow, ioasid)->aspace;

	call.arg.unmap = argument;
	/* Undone again, as a call does that fails half way. */
	checker_call_begin(flow->system);
	checker_unmapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_mapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_call_end(&call, &argument, -ENOMEM);
	judged_kept(flow);
	checker_call_begin(flow->system);
	checker_unmapped(aspace, IOVA, IOVA + 2 * PAGE - 1);
	checker_call_end(&call, &argument, -ENOMEM);
	assert_int_equal(judged_broken(flow, 17), 1);
	checker_call_begin(flow->system);
	checker_blocked(LIST_FIRST(&judged_object(flow, ioasid)->attachments));
	checker_call_end(&call, &argument, -ENOMEM);
	assert_int_equal(judged_broken(flow, 17), 2);
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
	ioasid = judged_attached(flow, &device);
	*pa = judged_page(flow, PAGE);
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
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	ioasim_system_time(flow->system, 800);
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 0);
	judged_kept(flow);
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
	assert_int_equal(judged_went(flow, device, FLOW_NONE, IOVA + PAGE, pa, READ), 1u << 4);
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
	ioasid = judged_attached(flow, &device);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA, FLOW_MEMORY);
	assert_int_equal(flow_unmap(flow, ioasid, IOVA, 2 * PAGE), 2 * PAGE);
	ioasim_system_time(flow->system, 400);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA, FLOW_MEMORY);
	ioasim_system_time(flow->system, 1000);
	FLOW_FAULTS(flow, device, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	judged_kept(flow);
	assert_int_equal(ioasim_system_verdict(flow->system)->windows.dmas, 1);
	assert_int_equal(ioasim_system_verdict(flow->system)->windows.longest_ns, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		ON(s12_a_call_tells_what_is_not_the_callers, "vtd"),
		ON(s12_an_event_tells_what_nobody_asked_for, "vtd"),
		ON(s14_a_failed_call_takes_hardware_ids, "vtd"),
		ON(s17_a_failed_call_changes_what_is_reached, "vtd"),
		TESTS(lazy_windows_are_measured),
		TESTS(s4_after_the_deadline_of_a_lazy_unmap),
		TESTS(a_real_window_is_measured),
	};

	return cmocka_run_group_tests_name("uapi_checker_users", tests, NULL, NULL);
}
