/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests, faults, events and answers (docs/uapi.md, F1 to F10, S11). */
#include "uapi_flow.h"

#define ATS_PRI (IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI)

struct guest {
	unsigned device;
	int parent, user;
};

/* A device on a user's table, whose page 0x7000 is at 0x2000. */
static struct guest guest_make(struct flow *flow, uint32_t capabilities, uint32_t flags)
{
	struct guest guest;

	guest.device = flow_pdev(flow, 0x28, capabilities, 8);
	assert_int_equal(flow_bind(flow, guest.device, 0x11), 0);
	guest.parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, guest.parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	guest.user = flow_user(flow, guest.parent, flags);
	assert_int_equal(flow_attach(flow, guest.device, guest.parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, guest.device, guest.user, FLOW_NONE), 0);
	return guest;
}

static int retry(struct flow *flow, uint32_t event, struct ioasim_dma_result *result)
{
	return ioasim_dma_retry(flow->system, event, result);
}

static void f2_f5_f6_a_page_is_asked_for_given_and_reached(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_dma_result result;
	struct ioasim_event event;
	uint32_t waiting;

	result = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_WRITE, 0x8010);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	waiting = result.event;
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.event, waiting);
	assert_int_equal(event.ioasid, guest.user);
	assert_int_equal(event.cookie, 0x11);
	assert_int_equal(event.address, 0x8000);
	assert_int_equal(event.access, IOASIM_WRITE);
	assert_int_equal(event.vpasid, FLOW_NONE);
	assert_true(event.last && event.recoverable);
	assert_false(flow_event(flow, &event));
	assert_int_equal(retry(flow, waiting, &result), -EAGAIN);
	assert_int_equal(retry(flow, waiting + 1, &result), -ENOENT);
	flow_guest_page(flow, 0x8000, 0x3000, true);
	assert_int_equal(flow_respond(flow, waiting, 2), -EINVAL);
	assert_int_equal(flow_respond(flow, waiting + 1, IOASIM_RESPONSE_SUCCESS), -EINVAL);
	assert_int_equal(flow_respond(flow, waiting, IOASIM_RESPONSE_SUCCESS), 0);
	assert_int_equal(flow_respond(flow, waiting, IOASIM_RESPONSE_SUCCESS), -EINVAL);
	assert_int_equal(retry(flow, waiting, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x3010);
	assert_int_equal(retry(flow, waiting, &result), -ENOENT);
	/* F6: invalid fails; and a retry may fault again. */
	result = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0xa000);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	waiting = result.event;
	assert_int_equal(flow_respond(flow, waiting, IOASIM_RESPONSE_SUCCESS), 0);
	assert_int_equal(retry(flow, waiting, &result), 0);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	waiting = result.event;
	assert_int_equal(flow_respond(flow, waiting, IOASIM_RESPONSE_INVALID), 0);
	assert_int_equal(retry(flow, waiting, &result), 0);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
	/* Faults that nobody has read hold the space, others do not. */
	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	assert_int_equal(flow_state(flow, guest.user), IOASIM_STATE_ACTIVE);
	assert_true(flow_event(flow, &event));
	assert_int_equal(flow_state(flow, guest.user), IOASIM_STATE_ACTIVE);
	assert_true(flow_event(flow, &event));
	assert_int_equal(flow_state(flow, guest.user), IOASIM_STATE_IDLE);
}

static void f5_f8_s9_another_descriptor_neither_reads_nor_answers(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	int own = flow->fd, other = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	struct ioasim_dma_result result =
		flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x8000);
	struct ioasim_event event;

	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	flow->fd = other;
	assert_false(flow_event(flow, &event));
	assert_int_equal(flow_respond(flow, result.event, IOASIM_RESPONSE_SUCCESS), -EINVAL);
	assert_int_equal(ioasim_close(flow->system, flow->process, other), 0);
	flow->fd = own;
	assert_true(flow_event(flow, &event));
	assert_int_equal(flow_respond(flow, result.event, IOASIM_RESPONSE_SUCCESS), 0);
	assert_int_equal(ioasim_event_read(flow->system, flow->process, 99, &event, 1), -EBADF);
	assert_int_equal(ioasim_event_read(flow->system, flow->process,
					   flow->device_fd[guest.device], &event, 1),
			 -EBADFD);
}

/* Users' tables of groups are VT-d's alone (R4). */
static void r5_members_that_share_a_rid_have_the_first_ones_cookie(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_device_config config = {.requester_id = 0x300,
						    .parent = IOASIM_NO_DEVICE,
						    .pf = IOASIM_NO_DEVICE,
						    .group = 7};
	unsigned first = flow_add(flow, &config), second = flow_add(flow, &config);
	struct ioasim_event event;
	int parent, user;

	assert_int_equal(flow_bind(flow, second, 0x22), 0);
	assert_int_equal(flow_bind(flow, first, 0x11), 0);
	parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	user = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, second, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, second, user, FLOW_NONE), 0);
	FLOW_FAULTS(flow, second, FLOW_NONE, IOASIM_READ, 0x5000, IOASIM_CLASS_STAGE1);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.cookie, 0x11);
	assert_false(flow_event(flow, &event));
}

static void f2_a_members_fault_has_its_own_cookie(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_config config = {.requester_id = 0x300,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 7};
	unsigned a = flow_add(flow, &config), b;
	struct ioasim_event event;
	int parent, user;

	config.requester_id = 0x308;
	b = flow_add(flow, &config);
	assert_int_equal(flow_bind(flow, a, 0x11), 0);
	parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	user = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, a, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, a, user, FLOW_NONE), 0);
	FLOW_FAULTS(flow, b, FLOW_NONE, IOASIM_READ, 0x5000, IOASIM_CLASS_STAGE1);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.cookie, 0x11); /* b has none */
	assert_int_equal(flow_bind(flow, b, 0x22), 0);
	FLOW_FAULTS(flow, b, FLOW_NONE, IOASIM_READ, 0x5000, IOASIM_CLASS_STAGE1);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.cookie, 0x22);
}

/* P7: what is on the wire is the host's. */
static void f2_a_host_owned_pasid_is_not_named(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_dma_result result;
	struct ioasim_event event;

	assert_int_equal(flow_attach(flow, guest.device, guest.user, 5), 0);
	FLOW_REACHES(flow, guest.device, 5, 0x7000, FLOW_MEMORY + 0x2000);
	result = flow_dma(flow, guest.device, 5, IOASIM_READ, 0x8000);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.vpasid, FLOW_NONE);
	/* F7: only the faults of the route that ends. */
	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	assert_int_equal(retry(flow, result.event, &result), -EAGAIN);
	assert_int_equal(flow_detach(flow, guest.device, guest.user, 5), 0);
	assert_int_equal(retry(flow, event.event, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
}

static void f1_f4_what_is_not_the_users_is_not_reported(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_event event;

	flow_guest_page(flow, 0x1000, 0x8000000, true); /* beyond the parent */
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_STAGE2);
	assert_false(flow_event(flow, &event));
	/* A table of the guest that the parent does not map. */
	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x8000000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_detach(flow, guest.device, guest.parent, FLOW_NONE), 0);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_false(flow_event(flow, &event));
}

static void f2_f4_rights_of_the_user_are_asked_for_those_of_the_parent_are_not(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	unsigned plain = flow_pdev(flow, 0x30, 0, 0);
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)guest.parent,
				     .prot = IOASIM_READ,
				     .iova = 0x8000000,
				     .vaddr = FLOW_MEMORY,
				     .length = 0x1000};
	struct ioasim_dma_result result;
	struct ioasim_event event;

	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(flow_bind(flow, plain, 2), 0);
	assert_int_equal(flow_attach(flow, plain, guest.parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, plain, guest.user, FLOW_NONE), 0);
	flow_guest_page(flow, 0x8000, 0x8000000, true); /* the parent's is read-only */
	flow_guest_page(flow, 0x9000, 0x3000, false);
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x8000, FLOW_MEMORY);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_WRITE, 0x8000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, plain, FLOW_NONE, IOASIM_WRITE, 0x8000, IOASIM_CLASS_PERMISSION);
	assert_false(flow_event(flow, &event));
	result = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_WRITE, 0x9000);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.access, IOASIM_WRITE);
	assert_true(event.recoverable);
	flow_guest_page(flow, 0x9000, 0x3000, true);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0x9000, 0x1000),
			 0);
	assert_int_equal(flow_respond(flow, event.event, IOASIM_RESPONSE_SUCCESS), 0);
	assert_int_equal(retry(flow, event.event, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x3000);
	flow_guest_page(flow, 0xa000, 0x3000, false);
	FLOW_FAULTS(flow, plain, FLOW_NONE, IOASIM_WRITE, 0xa010, IOASIM_CLASS_PERMISSION);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.address, 0xa000);
	assert_int_equal(event.cookie, 2);
	assert_false(event.recoverable);
}

static void f3_a_fault_that_needs_no_answer_is_told(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, 0, IOASIM_IOASID_FAULT);
	struct ioasim_event event;

	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x2040, IOASIM_CLASS_STAGE1);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.ioasid, guest.user);
	assert_int_equal(event.cookie, 0x11);
	assert_int_equal(event.address, 0x2000);
	assert_false(event.recoverable);
	assert_false(flow_event(flow, &event));
	flow_guest_page(flow, 0x1000, 0x8000000, true);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_STAGE2);
	assert_false(flow_event(flow, &event));
}

static void f1_without_the_flag_a_page_request_fails_at_once(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, 0);
	struct ioasim_event event;

	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x2000, IOASIM_CLASS_STAGE1);
	assert_true(flow_event(flow, &event));
	assert_false(event.recoverable);
	assert_false(flow_event(flow, &event));
}

static void f7_teardown_answers_every_fault_once(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_dma_result read, unread, result;
	struct ioasim_event event;

	read = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x8000);
	assert_true(flow_event(flow, &event));
	unread = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x9000);
	assert_int_equal(unread.outcome, IOASIM_DMA_PENDING);
	flow_forget(flow);
	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	assert_true(FLOW_SAW(flow, IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC, IOASIM_COMMAND_PRQ,
			     IOASIM_COMMAND_PRQ));
	assert_int_equal(flow_respond(flow, read.event, IOASIM_RESPONSE_SUCCESS), -EINVAL);
	assert_int_equal(flow_respond(flow, unread.event, IOASIM_RESPONSE_SUCCESS), -EINVAL);
	assert_false(flow_event(flow, &event)); /* nobody can answer it any more */
	assert_int_equal(retry(flow, read.event, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
	assert_int_equal(retry(flow, unread.event, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
	assert_int_equal(flow_state(flow, guest.user), IOASIM_STATE_IDLE);
}

static void f7_free_and_close_answer_too(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_dma_result pending, result;

	pending = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x8000);
	assert_int_equal(pending.outcome, IOASIM_DMA_PENDING);
	assert_int_equal(flow_free(flow, guest.user), 0);
	assert_int_equal(retry(flow, pending.event, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	guest.user = flow_user(flow, guest.parent, IOASIM_IOASID_FAULT);
	assert_int_equal(flow_attach(flow, guest.device, guest.user, FLOW_NONE), 0);
	pending = flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x8000);
	assert_int_equal(pending.outcome, IOASIM_DMA_PENDING);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->fd), 0);
	assert_int_equal(retry(flow, pending.event, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_INVALID);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_BLOCKED);
}

static void f10_a_full_queue_answers_invalid_and_keeps_the_order(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_event event;
	unsigned count = 0;

	for (uint64_t i = 0; i < 128; i++)
		assert_int_equal(flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ,
					  0x10000 + i * 0x1000)
					 .outcome,
				 IOASIM_DMA_PENDING);
	FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x9000, IOASIM_CLASS_INVALID);
	while (flow_event(flow, &event))
		assert_int_equal(event.address, 0x10000 + count++ * 0x1000);
	assert_int_equal(count, 128);
	assert_int_equal(flow_dma(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x9000).outcome,
			 IOASIM_DMA_PENDING);
}

static void f2_a_guests_pasid_is_named_for_pasid_tables_only(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow, ATS_PRI, IOASIM_IOASID_FAULT);
	struct ioasim_dma_result result;
	struct ioasim_event event;

	/* N3: a PASID whose entry the guest never made is no page fault. */
	FLOW_FAULTS(flow, guest.device, 5, IOASIM_READ, 0x8000, IOASIM_CLASS_PASID);
	assert_false(flow_event(flow, &event));
	flow_guest_pasid(flow, 5, true);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 5,
					 0, 0),
			 0);
	FLOW_REACHES(flow, guest.device, 5, 0x7000, FLOW_MEMORY + 0x2000);
	result = flow_dma(flow, guest.device, 5, IOASIM_READ, 0x8000);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	assert_true(flow_event(flow, &event));
	assert_int_equal(event.vpasid, 5);
	flow_guest_page(flow, 0x8000, 0x4000, true);
	assert_int_equal(flow_respond(flow, event.event, IOASIM_RESPONSE_SUCCESS), 0);
	assert_int_equal(retry(flow, result.event, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x4000);
}

static void f9_v5_the_kernel_faults_the_pages_of_a_process_in(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, ATS_PRI, 16);
	unsigned plain = flow_pdev(flow, 0x30, IOASIM_DEVICE_ATS, 16);
	struct ioasim_event event;
	int space;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_bind(flow, plain, 2), 0);
	space = flow_alloc(flow, IOASIM_IOASID_SVA, 0, 0, 0);
	assert_true(space > 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), -EINVAL); /* V3 */
	assert_int_equal(flow_attach(flow, plain, space, 9), -EOPNOTSUPP);
	assert_int_equal(flow_attach(flow, device, space, 9), 0);
	FLOW_REACHES(flow, device, 9, FLOW_MEMORY + 0x40, FLOW_MEMORY + 0x40);
	FLOW_FAULTS(flow, device, 9, IOASIM_WRITE, 0x20000000, IOASIM_CLASS_STAGE1);
	assert_false(flow_event(flow, &event));
	assert_int_equal(ioasim_process_mprotect(flow->system, flow->process, FLOW_MEMORY, 0x1000,
						 IOASIM_READ),
			 0);
	FLOW_FAULTS(flow, device, 9, IOASIM_WRITE, FLOW_MEMORY + 0x40, IOASIM_CLASS_PERMISSION);
	FLOW_REACHES(flow, device, 9, FLOW_MEMORY + 0x40, FLOW_MEMORY + 0x40);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, FLOW_MEMORY, 0x1000),
			 0);
	FLOW_FAULTS(flow, device, 9, IOASIM_READ, FLOW_MEMORY, IOASIM_CLASS_STAGE1);
	assert_false(flow_event(flow, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(f2_f5_f6_a_page_is_asked_for_given_and_reached),
		FLOW_TESTS(f5_f8_s9_another_descriptor_neither_reads_nor_answers),
		FLOW_TEST_VTD(r5_members_that_share_a_rid_have_the_first_ones_cookie),
		FLOW_TEST_VTD(f2_a_members_fault_has_its_own_cookie),
		FLOW_TEST_VTD(f2_a_host_owned_pasid_is_not_named),
		FLOW_TESTS(f1_f4_what_is_not_the_users_is_not_reported),
		FLOW_TESTS(f2_f4_rights_of_the_user_are_asked_for_those_of_the_parent_are_not),
		FLOW_TESTS(f3_a_fault_that_needs_no_answer_is_told),
		FLOW_TESTS(f1_without_the_flag_a_page_request_fails_at_once),
		FLOW_TESTS(f7_teardown_answers_every_fault_once),
		FLOW_TESTS(f7_free_and_close_answer_too),
		FLOW_TESTS(f10_a_full_queue_answers_invalid_and_keeps_the_order),
		FLOW_TESTS_GUEST(f2_a_guests_pasid_is_named_for_pasid_tables_only),
		FLOW_TESTS(f9_v5_the_kernel_faults_the_pages_of_a_process_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
