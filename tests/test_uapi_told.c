/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What users see, and what it depends on (docs/uapi.md, A6, A12, C3, P7, P11, Q7, S12, S14,
 * S17): hidden numbers show nowhere, and calls that fail leave nothing.
 */
#include "uapi_flow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/uapi/calls.h"

#define RW (IOASIM_READ | IOASIM_WRITE)

static int mapped_space(struct flow *flow, uint64_t offset)
{
	int space = flow_kernel(flow);

	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY + offset, 0x1000), 0);
	return space;
}

/* A raw request: what the IOMMU alone makes of it. */
static bool on_the_wire(struct flow *flow, uint32_t rid, uint32_t pasid)
{
	const struct ioasim_dma dma = {.device = IOASIM_NO_DEVICE,
				       .requester_id = rid,
				       .has_pasid = true,
				       .pasid = pasid,
				       .address = 0x1000,
				       .length = 1,
				       .access = IOASIM_READ};
	struct ioasim_dma_result result;

	assert_int_equal(ioasim_dma(flow->system, &dma, &result), 0);
	return result.outcome == IOASIM_DMA_REACHES;
}

/* ---- Address spaces --------------------------------------------------------------------- */

static void a6_a_root_outside_the_parents_map_faults_at_the_walk_only(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 16);
	int parent = flow_nest_parent(flow), child;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x10000), 0);
	child = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_STAGE2);
	/* The table need not have been there when the space was made. */
	flow_guest_table(flow);
	flow_guest_pasid(flow, 0, true);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	assert_int_equal(flow_map(flow, parent, 0x100000, FLOW_MEMORY + 0x100000, 0x200000), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x2000);
}

/* REGISTER_MEMORY and UNREGISTER_MEMORY of the first proposal. */
static void a12_memory_is_not_registered(void **state)
{
	struct flow *flow = *state;
	const struct call_entry *call;
	uint64_t argument[32] = {sizeof(argument)};

	for (unsigned i = 0; (call = call_table(i)); i++)
		assert_null(strstr(call->name, "REGISTER"));
	for (uint32_t n = IOASIM_PAGE_RESPONSE + 1; n < 0x100; n++)
		assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, n, argument),
				 -ENOTTY);
}

/* ---- Hidden numbers --------------------------------------------------------------------- */

/* What a user got from the kernel, byte by byte. */
struct told {
	unsigned char byte[1024];
	size_t used;
};

static void note(struct told *told, const void *data, size_t length)
{
	assert_true(told->used + length <= sizeof(told->byte));
	memcpy(told->byte + told->used, data, length);
	told->used += length;
}

static void note_call(struct flow *flow, struct told *told, int fd, uint32_t number, void *argument,
		      size_t size)
{
	int status = ioasim_ioctl(flow->system, flow->process, fd, number, argument);

	note(told, &status, sizeof(status));
	note(told, argument, size);
}

static void note_dma(struct flow *flow, struct told *told, unsigned mdev, uint64_t address)
{
	const struct ioasim_dma_result result =
		flow_dma(flow, mdev, FLOW_NONE, IOASIM_WRITE, address);

	note(told, &result.outcome, sizeof(result.outcome));
	note(told, &result.class, sizeof(result.class));
}

/* An mdev's user does all that he can; before him others have taken so many numbers of
 * the parent. */
static void story(struct flow *flow, unsigned taken, bool enqcmd, struct told *told)
{
	struct ioasim_ioasid_info info = {.size = sizeof(info)};
	struct ioasim_device_info device = {.size = sizeof(device), .cookie = 1};
	struct ioasim_pasid_info pasid = {.size = sizeof(pasid)};
	struct ioasim_event event;
	uint32_t capabilities = enqcmd ? IOASIM_DEVICE_ENQCMD : 0;
	unsigned parent = flow_pdev(flow, 0x48, capabilities, 16);
	unsigned other = flow_mdev(flow, parent, capabilities, 16);
	unsigned mdev = flow_mdev(flow, parent, capabilities, 16);
	int space = mapped_space(flow, 0x1000), spaces[8], status;

	memset(told, 0, sizeof(*told));
	assert_true(taken <= 8);
	assert_int_equal(flow_bind(flow, other, 2), 0);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	for (unsigned i = 0; i < 8; i++)
		spaces[i] = flow_kernel(flow);
	for (unsigned i = 0; i < taken; i++)
		assert_int_equal(flow_attach(flow, other, spaces[i], 100 + i), 0);
	status = flow_attach(flow, mdev, space, FLOW_NONE);
	note(told, &status, sizeof(status));
	status = flow_attach(flow, mdev, space, 5);
	note(told, &status, sizeof(status));
	status = flow_attach(flow, mdev, space, 5); /* EBUSY tells no number either */
	note(told, &status, sizeof(status));
	status = ioasim_queue_write(flow->system, flow->device[mdev], 0, 5);
	note(told, &status, sizeof(status));
	info.ioasid = (uint32_t)space;
	note_call(flow, told, flow->fd, IOASIM_IOASID_GET_INFO, &info, sizeof(info));
	note_call(flow, told, flow->fd, IOASIM_DEVICE_GET_INFO, &device, sizeof(device));
	note_call(flow, told, flow->device_fd[mdev], IOASIM_DEVICE_PASID_INFO, &pasid,
		  sizeof(pasid));
	note_dma(flow, told, mdev, 0x1000);
	note_dma(flow, told, mdev, 0x5000);
	memset(&event, 0, sizeof(event));
	status = flow_event(flow, &event);
	note(told, &status, sizeof(status));
	note(told, &event, sizeof(event));
	status = flow_detach(flow, mdev, space, 5);
	note(told, &status, sizeof(status));
}

static void stories(struct flow *flow, bool enqcmd)
{
	struct ioasim_system_config config;
	struct told first, second;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	story(flow, 0, enqcmd, &first);
	assert_true(on_the_wire(flow, 0x48, 1)); /* his default route has 1 */
	flow_restart(flow, &config);
	story(flow, 8, enqcmd, &second);
	assert_true(on_the_wire(flow, 0x48, 9)); /* and 9 here */
	assert_int_equal(first.used, second.used);
	assert_memory_equal(first.byte, second.byte, first.used);
}

static void p7_p11_s12_a_user_cannot_tell_which_numbers_he_has(void **state)
{
	stories(*state, false);
}

static void p7_p11_s12_nor_can_he_tell_global_ones(void **state)
{
	stories(*state, true);
}

/* ---- ENQCMD --------------------------------------------------------------------------------- */

static int kvm_map(struct flow *flow, int kvm, uint32_t vpasid, int space)
{
	struct ioasim_kvm_enable enable = {.size = sizeof(enable)};
	struct ioasim_kvm_pasid arg = {.size = sizeof(arg),
				       .vpasid = vpasid,
				       .ioasid_fd = flow->fd,
				       .ioasid = (uint32_t)space};

	assert_int_equal(ioasim_ioctl(flow->system, flow->process, kvm,
				      IOASIM_ENABLE_PASID_TRANSLATION, &enable),
			 0);
	return ioasim_ioctl(flow->system, flow->process, kvm, IOASIM_KVM_MAP_PASID, &arg);
}

static struct ioasim_dma_result enqcmd(struct flow *flow, int kvm, unsigned device, uint32_t vpasid)
{
	const struct ioasim_dma dma = {.device = flow->device[device],
				       .address = 0x1000,
				       .length = 1,
				       .access = IOASIM_READ};
	struct ioasim_dma_result result;

	assert_int_equal(ioasim_enqcmd(flow->system, flow->process, kvm, vpasid, &dma, &result), 0);
	return result;
}

/* Number 2 is on the wire, since 1 is taken; what the IOMMU says of (RID, 2) is what the
 * queue meets. */
static void q7_a_shared_queue_sends_its_parents_rid_and_the_payloads_number(void **state)
{
	struct flow *flow = *state;
	unsigned one = flow_pdev(flow, 0x48, IOASIM_DEVICE_ENQCMD, 16);
	unsigned two = flow_pdev(flow, 0x50, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m1 = flow_mdev(flow, one, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m2 = flow_mdev(flow, two, IOASIM_DEVICE_ENQCMD, 16);
	int other = mapped_space(flow, 0x2000), space = mapped_space(flow, 0x3000);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);
	struct ioasim_dma_result result;

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	assert_int_equal(flow_attach(flow, m1, other, 6), 0);
	assert_int_equal(flow_attach(flow, m1, space, 5), 0);
	assert_int_equal(kvm_map(flow, kvm, 5, space), 0);
	assert_true(on_the_wire(flow, 0x48, 2));
	assert_false(on_the_wire(flow, 0x50, 2));
	assert_false(on_the_wire(flow, 0x48, 5));
	result = enqcmd(flow, kvm, m1, 5);
	flow_reaches(flow, &result, FLOW_MEMORY + 0x3000);
	result = enqcmd(flow, kvm, m2, 5);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(flow_detach(flow, m1, space, 5), 0);
	assert_false(on_the_wire(flow, 0x48, 2));
	result = enqcmd(flow, kvm, m1, 5);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
}

/* ---- Snooping --------------------------------------------------------------------------------- */

static int snoop_space(struct flow *flow, uint32_t snoop)
{
	struct ioasim_ioasid_alloc arg = {.size = sizeof(arg), .snoop = snoop};

	return ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_IOASID_ALLOC, &arg);
}

static void c3_the_vm_is_told_while_dma_may_not_snoop(void **state)
{
	struct flow *flow = *state;
	unsigned gpu = flow_pdev(flow, 0x28, IOASIM_DEVICE_NO_SNOOP, 16);
	unsigned plain = flow_pdev(flow, 0x30, 0, 16);
	int enforced = snoop_space(flow, IOASIM_SNOOP_ENFORCE);
	int open = snoop_space(flow, IOASIM_SNOOP_NONE);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);

#define TOLD(expected) \
	assert_int_equal(ioasim_kvm_no_snoop(flow->system, flow->process, kvm), expected)
	assert_int_equal(flow_bind(flow, gpu, 1), 0);
	assert_int_equal(flow_bind(flow, plain, 2), 0);
	TOLD(0);
	assert_int_equal(flow_attach(flow, plain, open, FLOW_NONE), 0);
	TOLD(0); /* it always snoops */
	assert_int_equal(flow_attach(flow, gpu, enforced, FLOW_NONE), 0);
	TOLD(0);
	assert_int_equal(flow_attach(flow, gpu, open, 5), 0);
	TOLD(1);
	assert_int_equal(flow_detach(flow, gpu, open, 5), 0);
	TOLD(0);
	assert_int_equal(flow_detach(flow, gpu, enforced, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, gpu, open, FLOW_NONE), 0);
	TOLD(1);
	assert_int_equal(flow_free(flow, open), 0);
	TOLD(0); /* nothing gets through */
#undef TOLD
	assert_int_equal(ioasim_kvm_no_snoop(flow->system, flow->process, 99), -EBADF);
	assert_int_equal(ioasim_kvm_no_snoop(flow->system, flow->process, flow->fd), -EBADFD);
	assert_int_equal(ioasim_kvm_no_snoop(flow->system, 99, kvm), -ESRCH);
}

/* ---- Failures --------------------------------------------------------------------------------- */

static void s14_failures_leave_a_quota_as_it_was(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned parent, mdev;
	int a, b;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.fd_quota = 2;
	flow_restart(flow, &config);
	parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 16);
	a = mapped_space(flow, 0);
	b = mapped_space(flow, 0x1000);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	for (unsigned round = 0; round < 20; round++) {
		assert_int_equal(flow_attach(flow, mdev, a, FLOW_NONE), 0);
		assert_int_equal(flow_attach(flow, mdev, a, 3), 0);
		assert_int_equal(flow_attach(flow, mdev, a, 3), -EBUSY);
		assert_int_equal(flow_attach(flow, mdev, 99, 4), -ENOENT);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(flow_attach(flow, mdev, b, 4), -ENOSPC);
		assert_true(on_the_wire(flow, 0x28, 1));
		assert_true(on_the_wire(flow, 0x28, 2));
		assert_false(on_the_wire(flow, 0x28, 3));
		assert_int_equal(flow_detach(flow, mdev, a, 3), 0);
		assert_int_equal(flow_detach(flow, mdev, a, FLOW_NONE), 0);
	}
}

/* What devices reach: every page that the test has to do with, on each route. */
struct reach {
	uint64_t at[2][3][8];
};

static struct reach reach(struct flow *flow)
{
	static const uint32_t routes[] = {FLOW_NONE, 5, 6};
	struct reach now;

	for (unsigned device = 0; device < 2; device++)
		for (unsigned route = 0; route < 3; route++)
			for (unsigned page = 0; page < 8; page++) {
				const struct ioasim_dma_result result = flow_dma(
					flow, device, routes[route], IOASIM_WRITE, page * 0x1000);

				now.at[device][route][page] =
					result.outcome == IOASIM_DMA_REACHES ? result.pa : 0;
			}
	return now;
}

/* Something for a member: mostly what hits what there is, sometimes anything. */
static uint64_t something(unsigned short seed[3], const struct flow *flow,
			  const struct call_member *member)
{
	uint64_t small = (uint64_t)nrand48(seed) % 4;

	if (member->kind == MEMBER_POINTER)
		return 0;
	switch (nrand48(seed) % 12) {
	case 0:
		return (uint64_t)jrand48(seed);
	case 1:
		return FLOW_NONE;
	case 2:
	case 3:
		return small;
	}
	if (member->kind == MEMBER_RESERVED || member->kind == MEMBER_FLAGS)
		return 0;
	if (strcmp(member->name, "ioasid_fd") == 0)
		return (uint64_t)flow->fd;
	if (strcmp(member->name, "vaddr") == 0)
		return FLOW_MEMORY + (small << 12);
	return member->bytes == 8 && strcmp(member->name, "cookie") ? small << 12 : small;
}

/* Two devices, each with its space by default and the other's as PASID 5. */
static struct reach world(struct flow *flow)
{
	struct ioasim_system_config config;
	int space[2];

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	flow_restart(flow, &config);
	(void)flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 16);
	(void)flow_pdev(flow, 0x30, 0, 16);
	for (unsigned i = 0; i < 2; i++)
		space[i] = mapped_space(flow, (i + 1) * 0x1000);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(flow_bind(flow, i, 1 + i), 0);
		assert_int_equal(flow_attach(flow, i, space[i], FLOW_NONE), 0);
		assert_int_equal(flow_attach(flow, i, space[1 - i], 5), 0);
	}
	return reach(flow);
}

static int random_call(struct flow *flow, unsigned short seed[3])
{
	unsigned calls = 0;
	const struct call_entry *call;
	unsigned char argument[256] = {0};
	int fd = flow->fd;

	while (call_table(calls))
		calls++;
	call = call_table((unsigned)nrand48(seed) % calls);
	memcpy(argument, &(uint32_t){call->size}, sizeof(uint32_t));
	for (const struct call_member *member = call->members; member->name; member++) {
		uint64_t value = something(seed, flow, member);

		memcpy(argument + member->offset, &value, member->bytes);
	}
	if (call_fd_kind(call) == IOASIM_FD_DEVICE)
		fd = flow->device_fd[nrand48(seed) % 2];
	return ioasim_ioctl(flow->system, flow->process, fd, call->number, argument);
}

/* The world is made anew after a success, so that there is always something to lose. */
static void s17_g5_calls_of_random_arguments_that_fail_change_nothing(void **state)
{
	struct flow *flow = *state;
	const char *given = getenv("SEED");
	unsigned short seed[3] = {given ? (unsigned short)atoi(given) : 1, 7, 9};
	struct reach before = world(flow);
	unsigned failed = 0;

	print_message("seed %u\n", seed[0]);
	assert_int_not_equal(before.at[0][0][1], 0);
	assert_int_not_equal(before.at[1][1][1], 0);
	for (unsigned round = 0; round < 400; round++) {
		struct reach after;

		if (random_call(flow, seed) >= 0) {
			before = world(flow);
			continue;
		}
		failed++;
		after = reach(flow);
		assert_memory_equal(&before, &after, sizeof(before));
	}
	assert_true(failed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(a6_a_root_outside_the_parents_map_faults_at_the_walk_only),
		FLOW_TESTS(a12_memory_is_not_registered),
		FLOW_TESTS(p7_p11_s12_a_user_cannot_tell_which_numbers_he_has),
		FLOW_TESTS(p7_p11_s12_nor_can_he_tell_global_ones),
		FLOW_TEST_VTD(q7_a_shared_queue_sends_its_parents_rid_and_the_payloads_number),
		FLOW_TESTS(c3_the_vm_is_told_while_dma_may_not_snoop),
		FLOW_TESTS(s14_failures_leave_a_quota_as_it_was),
		FLOW_TESTS(s17_g5_calls_of_random_arguments_that_fail_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
