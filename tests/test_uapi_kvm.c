/* SPDX-License-Identifier: Apache-2.0 */
/* VMs and the translation of PASIDs in ENQCMD (docs/uapi.md, Q1 to Q7, O5, P8). */
#include "uapi_flow.h"

static int kvm_call(struct flow *flow, int kvm, uint32_t call, uint32_t vpasid, int fd, int ioasid)
{
	struct ioasim_kvm_pasid arg = {
		.size = sizeof(arg), .vpasid = vpasid, .ioasid_fd = fd, .ioasid = (uint32_t)ioasid};

	return ioasim_ioctl(flow->system, flow->process, kvm, call, &arg);
}

static int kvm_map(struct flow *flow, int kvm, uint32_t vpasid, int ioasid)
{
	return kvm_call(flow, kvm, IOASIM_KVM_MAP_PASID, vpasid, flow->fd, ioasid);
}

static int kvm_unmap(struct flow *flow, int kvm, uint32_t vpasid)
{
	return kvm_call(flow, kvm, IOASIM_KVM_UNMAP_PASID, vpasid, -1, 0);
}

static int kvm_enable(struct flow *flow, int kvm)
{
	struct ioasim_kvm_enable arg = {.size = sizeof(arg)};

	return ioasim_ioctl(flow->system, flow->process, kvm, IOASIM_ENABLE_PASID_TRANSLATION,
			    &arg);
}

static int enqcmd(struct flow *flow, int kvm, unsigned device, uint32_t vpasid,
		  struct ioasim_dma_result *result)
{
	const struct ioasim_dma dma = {.device = flow->device[device],
				       .address = 0x1000,
				       .length = 1,
				       .access = IOASIM_READ};

	return ioasim_enqcmd(flow->system, flow->process, kvm, vpasid, &dma, result);
}

struct vm {
	unsigned one, two, m1, m2;
	int kvm, space;
};

/* Two parents with an ENQCMD mdev each, and a space that maps 0x1000. */
static struct vm vm_make(struct flow *flow)
{
	struct vm vm;

	vm.one = flow_pdev(flow, 0x48, IOASIM_DEVICE_ENQCMD, 16);
	vm.two = flow_pdev(flow, 0x50, IOASIM_DEVICE_ENQCMD, 16);
	vm.m1 = flow_mdev(flow, vm.one, IOASIM_DEVICE_ENQCMD, 16);
	vm.m2 = flow_mdev(flow, vm.two, IOASIM_DEVICE_ENQCMD, 16);
	vm.kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);
	assert_true(vm.kvm >= 0);
	assert_int_equal(flow_bind(flow, vm.m1, 1), 0);
	assert_int_equal(flow_bind(flow, vm.m2, 2), 0);
	vm.space = flow_kernel(flow);
	assert_int_equal(flow_map(flow, vm.space, 0x1000, FLOW_MEMORY + 0x1000, 0x1000), 0);
	return vm;
}

static void q1_q5_q4_a_guests_enqcmd_is_translated_for_an_mdev(void **state)
{
	struct flow *flow = *state;
	struct vm vm = vm_make(flow);
	struct ioasim_dma_result result;

	assert_int_equal(flow_attach(flow, vm.m1, vm.space, 5), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 5, &result), -EPERM); /* Q5 */
	assert_int_equal(kvm_map(flow, vm.kvm, 5, vm.space), -EINVAL); /* Q1 */
	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 5, &result), 0);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(result.class, IOASIM_CLASS_CPU);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, vm.space), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 5, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x1000);
	/* Q7: the number alone opens nothing on another parent. */
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m2, 5, &result), 0);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(result.class, IOASIM_CLASS_PASID);
	assert_int_equal(flow_attach(flow, vm.m2, vm.space, 5), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m2, 5, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x1000);
	assert_int_equal(kvm_unmap(flow, vm.kvm, 5), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m2, 5, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_CPU);
	assert_int_equal(kvm_unmap(flow, vm.kvm, 5), -ENOENT); /* Q3 */
}

static void q2_checks_stand_in_their_order(void **state)
{
	struct flow *flow = *state;
	struct vm vm = vm_make(flow);
	int plain = flow_kernel(flow), gone = flow_kernel(flow);
	unsigned pdev = flow_pdev(flow, 0x28, 0, 16);

	assert_int_equal(flow_bind(flow, pdev, 3), 0);
	assert_int_equal(flow_attach(flow, pdev, plain, 5), 0);
	assert_int_equal(flow_attach(flow, vm.m1, gone, 6), 0);
	assert_int_equal(flow_free(flow, gone), 0);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, 5), 0);
	assert_int_equal(kvm_call(flow, vm.kvm, IOASIM_KVM_MAP_PASID, 0, 77, 99), -EINVAL);
	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(kvm_call(flow, vm.kvm, IOASIM_KVM_MAP_PASID, 0, 77, 99), -EINVAL);
	assert_int_equal(kvm_call(flow, vm.kvm, IOASIM_KVM_MAP_PASID, 1u << 20, 77, 99), -EINVAL);
	assert_int_equal(kvm_call(flow, vm.kvm, IOASIM_KVM_MAP_PASID, 5, 77, 99), -EBADF);
	assert_int_equal(kvm_call(flow, vm.kvm, IOASIM_KVM_MAP_PASID, 5, vm.kvm, 99), -EBADFD);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, 99), -ENOENT);
	assert_int_equal(kvm_map(flow, vm.kvm, 6, gone), -EBUSY);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, plain), -EINVAL);
	assert_int_equal(kvm_map(flow, vm.kvm, 6, vm.space), -EPERM);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, vm.space), 0);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, vm.space), -EEXIST);
}

static void q4_without_translation_only_a_pdev_takes_the_number_as_it_is(void **state)
{
	struct flow *flow = *state;
	unsigned pdev = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	unsigned plain = flow_pdev(flow, 0x30, 0, 16);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);
	int space = flow_kernel(flow);
	struct ioasim_dma_result result;

	assert_int_equal(enqcmd(flow, kvm, pdev, 5, &result), -EPERM); /* B2 */
	assert_int_equal(flow_bind(flow, pdev, 1), 0);
	assert_int_equal(flow_bind(flow, plain, 2), 0);
	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, pdev, space, 5), 0);
	assert_int_equal(enqcmd(flow, kvm, pdev, 5, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY);
	assert_int_equal(enqcmd(flow, kvm, pdev, 6, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_PASID);
	assert_int_equal(enqcmd(flow, kvm, plain, 5, &result), -EOPNOTSUPP);
}

/* Q7: queue and RID are the parent's. What the VM's table gives is what its VMM has shown
 * to it, whichever mdev of the VM it was attached by. */
static void q7_s3_a_shared_queue_serves_what_the_vm_was_shown(void **state)
{
	struct flow *flow = *state;
	struct vm vm = vm_make(flow);
	unsigned sibling = flow_mdev(flow, vm.one, IOASIM_DEVICE_ENQCMD, 16);
	struct ioasim_dma_result result;
	int other;

	assert_int_equal(flow_bind(flow, sibling, 3), 0);
	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, 5), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, sibling, 5, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_CPU);
	assert_int_equal(kvm_map(flow, vm.kvm, 5, vm.space), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, sibling, 5, &result), 0);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x1000);
	/* Not by its own queues (D1). */
	assert_int_equal(ioasim_queue_write(flow->system, flow->device[sibling], 0, 5), -EPERM);
	/* Another process's guest has no portal of these devices. */
	other = ioasim_process_create(flow->system);
	flow->process = other;
	vm.kvm = ioasim_open(flow->system, other, IOASIM_FD_KVM);
	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, sibling, 5, &result), -EPERM);
}

static void s7_q6_a_parked_number_is_not_given_to_the_parent_itself(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_device_config config = {.requester_id = 0x28,
						    .parent = IOASIM_NO_DEVICE,
						    .pf = IOASIM_NO_DEVICE,
						    .group = IOASIM_GROUP_OWN,
						    .pasid_bits = 8,
						    .driver = IOASIM_DRIVER_KERNEL_SAFE};
	unsigned parent = flow_add(flow, &config);
	unsigned mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 8);
	int space = flow_kernel(flow), own = flow_kernel(flow);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);

	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_bind(flow, parent, 2), 0);
	assert_int_equal(kvm_enable(flow, kvm), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 5), 0);
	assert_int_equal(kvm_map(flow, kvm, 5, space), 0);
	assert_int_equal(flow_detach(flow, mdev, space, 5), 0);
	/* The lowest free number was 1 (G9). */
	assert_int_equal(flow_attach(flow, parent, own, 1), -EBUSY);
	assert_int_equal(flow_attach(flow, parent, own, 2), 0);
	assert_int_equal(kvm_unmap(flow, kvm, 5), 0);
	assert_int_equal(flow_attach(flow, parent, own, 1), 0);
}

static void q6_p8_the_number_is_parked_until_the_vm_gives_it_up(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	struct ioasim_dma_result result;
	struct vm vm;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.fd_quota = 1;
	flow_restart(flow, &config);
	vm = vm_make(flow);
	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, 3), 0);
	assert_int_equal(kvm_map(flow, vm.kvm, 3, vm.space), 0);
	assert_int_equal(flow_detach(flow, vm.m1, vm.space, 3), 0);
	assert_int_equal(flow_state(flow, vm.space), IOASIM_STATE_ACTIVE);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 3, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_PASID);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, FLOW_NONE), -ENOSPC);
	assert_int_equal(ioasim_close(flow->system, flow->process, vm.kvm), 0); /* O5 */
	assert_int_equal(flow_state(flow, vm.space), IOASIM_STATE_IDLE);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, FLOW_NONE), 0);
}

static void q6_a9_free_first_leaves_only_a_number_that_leads_nowhere(void **state)
{
	struct flow *flow = *state;
	struct vm vm = vm_make(flow);
	struct ioasim_dma_result result;

	assert_int_equal(kvm_enable(flow, vm.kvm), 0);
	assert_int_equal(flow_attach(flow, vm.m1, vm.space, 3), 0);
	assert_int_equal(kvm_map(flow, vm.kvm, 3, vm.space), 0);
	assert_int_equal(flow_free(flow, vm.space), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 3, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_PASID);
	assert_int_equal(flow_detach(flow, vm.m1, vm.space, 3), 0);
	assert_int_equal(flow_state(flow, vm.space), IOASIM_STATE_FREE_PENDING);
	/* The descriptor may go before the VM. */
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->fd), 0);
	assert_int_equal(enqcmd(flow, vm.kvm, vm.m1, 3, &result), 0);
	assert_int_equal(result.class, IOASIM_CLASS_PASID);
	assert_int_equal(kvm_unmap(flow, vm.kvm, 3), 0);
}

static void q_other_machines_have_neither_calls_nor_instruction(void **state)
{
	struct flow *flow = *state;
	unsigned pdev = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);
	struct ioasim_dma_result result;

	assert_int_equal(flow_bind(flow, pdev, 1), 0);
	assert_int_equal(kvm_enable(flow, kvm), -ENOTTY);
	assert_int_equal(kvm_map(flow, kvm, 1, 1), -ENOTTY);
	assert_int_equal(kvm_unmap(flow, kvm, 1), -ENOTTY);
	assert_int_equal(enqcmd(flow, kvm, pdev, 5, &result), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST_VTD(q1_q5_q4_a_guests_enqcmd_is_translated_for_an_mdev),
		FLOW_TEST_VTD(q2_checks_stand_in_their_order),
		FLOW_TEST_VTD(q4_without_translation_only_a_pdev_takes_the_number_as_it_is),
		FLOW_TEST_VTD(q7_s3_a_shared_queue_serves_what_the_vm_was_shown),
		FLOW_TEST_VTD(s7_q6_a_parked_number_is_not_given_to_the_parent_itself),
		FLOW_TEST_VTD(q6_p8_the_number_is_parked_until_the_vm_gives_it_up),
		FLOW_TEST_VTD(q6_a9_free_first_leaves_only_a_number_that_leads_nowhere),
		FLOW_TESTS_GUEST(q_other_machines_have_neither_calls_nor_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
