/* SPDX-License-Identifier: Apache-2.0 */
/* Locked memory on the three architectures: what counts for whom (U3, U6), limits, which are
 * kept whole or not at all, and a process that takes over (U5). */
#include "iofd_flow.h"

#define PAGE UINT64_C(0x1000)
#define M    FLOW_MEMORY
#define NONE UINT64_MAX

/* ---- Calls --------------------------------------------------------------------------------- */

static void limit(const struct iflow *i, int process, uint32_t user, uint64_t locked,
		  uint32_t capabilities)
{
	const struct ioasim_process_limit limit = {user, capabilities, locked};

	assert_int_equal(ioasim_process_limit(i->flow->system, process, &limit), 0);
}

/* In pages. */
static uint64_t own(const struct iflow *i, int process)
{
	uint64_t own, of_user;

	assert_int_equal(ioasim_process_locked(i->flow->system, process, &own, &of_user), 0);
	return own / PAGE;
}

static uint64_t of_user(const struct iflow *i, int process)
{
	uint64_t own, of_user;

	assert_int_equal(ioasim_process_locked(i->flow->system, process, &own, &of_user), 0);
	return of_user / PAGE;
}

static int rlimit_mode(const struct iflow *i, uint64_t value)
{
	struct ioasim_iommufd_option arg = {
		.size = sizeof(arg),
		.option_id = IOASIM_IOMMUFD_OPTION_RLIMIT_MODE,
		.op = IOASIM_IOMMUFD_OPTION_SET,
		.val64 = value,
	};

	return iflow_call(i, IOASIM_IOMMUFD_OPTION, &arg);
}

static int copy(const struct iflow *i, uint32_t ioas, uint64_t from, uint64_t length, uint64_t to)
{
	struct ioasim_iommufd_copy arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE,
		.dst_ioas_id = ioas,
		.src_ioas_id = ioas,
		.length = length,
		.dst_iova = to,
		.src_iova = from,
	};

	return iflow_call(i, IOASIM_IOMMUFD_IOAS_COPY, &arg);
}

static int map_file(const struct iflow *i, uint32_t ioas, unsigned pages, uint64_t iova)
{
	struct ioasim_iommufd_map_file arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE,
		.ioas_id = ioas,
		.fd = ioasim_open_file(i->flow->system, i->flow->process, pages * PAGE),
		.length = pages * PAGE,
		.iova = iova,
	};

	return iflow_call(i, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg);
}

/* An IOAS that a device is attached to. */
static uint32_t attached(struct iflow *i, unsigned *device)
{
	uint32_t ioas = iflow_ioas(i);

	*device = iflow_pdev(i, 0x28, 0, 0);
	assert_int_equal(iflow_attach(i, *device, ioas, IFLOW_NONE), 0);
	return ioas;
}

/* The same iommufd as another process has it, of `user`. */
static struct iflow taker(const struct iflow *i, uint32_t user, uint64_t locked)
{
	struct iflow other = *i;
	int process = ioasim_process_create(i->flow->system);

	limit(i, process, user, locked, 0);
	other.fd = ioasim_dup(i->flow->system, i->flow->process, i->fd, process);
	assert_true(process > 0 && other.fd >= 0);
	return other;
}

static int change_process(const struct iflow *i, int process)
{
	struct ioasim_iommufd_change_process arg = {.size = sizeof(arg)};

	return -ioasim_iommufd_ioctl(i->flow->system, process, i->fd,
				     IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, &arg);
}

/* ---- Limits --------------------------------------------------------------------------------- */

static void u3_a_limit_is_kept_to_the_page(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device;
	uint32_t ioas = attached(&i, &device);

	limit(&i, flow->process, 0, 5 * PAGE - 1, 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 5 * PAGE), ENOMEM);
	assert_int_equal(iflow_unmap(&i, ioas, 0, 5 * PAGE), ENOENT);
	assert_int_equal(of_user(&i, flow->process), 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 4);
	assert_int_equal(iflow_map(&i, ioas, 4 * PAGE, M, PAGE), ENOMEM);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 4 * PAGE, IOASIM_CLASS_STAGE1);
	FLOW_REACHES(flow, device, FLOW_NONE, 3 * PAGE, M + 3 * PAGE);
	/* What is missing is told before what is too much. */
	assert_int_equal(iflow_map(&i, ioas, 8 * PAGE, 0, 5 * PAGE), EFAULT);
	/* Unmapping gives back, and a lower limit takes nothing. */
	limit(&i, flow->process, 0, PAGE, 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0, M);
	assert_int_equal(iflow_unmap(&i, ioas, 0, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 2 * PAGE), ENOMEM);
	assert_int_equal(iflow_map(&i, ioas, 0, M, PAGE), 0);
}

static void u3_what_no_table_shows_is_not_locked(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);

	limit(&i, flow->process, 0, 4 * PAGE, 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 3 * PAGE), 0);
	assert_int_equal(iflow_map(&i, ioas, 8 * PAGE, M + 8 * PAGE, 2 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
	/* All of it is shown, or the device is not attached. */
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), ENOMEM);
	assert_int_equal(of_user(&i, flow->process), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	limit(&i, flow->process, 0, 5 * PAGE, 0);
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), 0);
	assert_int_equal(of_user(&i, flow->process), 5);
	FLOW_REACHES(flow, device, FLOW_NONE, 8 * PAGE, M + 8 * PAGE);
	assert_int_equal(iflow_detach(&i, device, IFLOW_NONE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
}

static void u3_u5_copies_count_once_and_mappings_each(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device;
	uint32_t ioas = attached(&i, &device);

	limit(&i, flow->process, 0, 4 * PAGE, 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 4 * PAGE), 0);
	assert_int_equal(copy(&i, ioas, 0, 4 * PAGE, 8 * PAGE), 0);
	assert_int_equal(copy(&i, ioas, PAGE, 2 * PAGE, 16 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 4);
	assert_int_equal(iflow_map(&i, ioas, 32 * PAGE, M, PAGE), ENOMEM);
	/* The last that shows a page gives it back. */
	assert_int_equal(iflow_unmap(&i, ioas, 0, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 4);
	assert_int_equal(iflow_unmap(&i, ioas, 8 * PAGE, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 2);
	assert_int_equal(iflow_map(&i, ioas, 32 * PAGE, M + PAGE, 2 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 4);
	assert_int_equal(iflow_unmap(&i, ioas, 16 * PAGE, 2 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 2);
}

static void u3_one_who_may_lock_all_is_not_counted(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device;
	uint32_t ioas = attached(&i, &device);

	limit(&i, flow->process, 0, 0, IOASIM_PROCESS_IPC_LOCK);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
	/* That is decided when it is mapped. */
	limit(&i, flow->process, 0, 0, 0);
	assert_int_equal(copy(&i, ioas, 0, 4 * PAGE, 8 * PAGE), 0);
	assert_int_equal(iflow_map(&i, ioas, 16 * PAGE, M, PAGE), ENOMEM);
	assert_int_equal(iflow_unmap(&i, ioas, 0, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
}

static void u3_limits_are_checked(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_process_limit wrong = {0, 4, 0};
	uint64_t own, of_user;

	assert_int_equal(ioasim_process_limit(flow->system, 9, &wrong), -ESRCH);
	assert_int_equal(ioasim_process_limit(flow->system, flow->process, &wrong), -EINVAL);
	assert_int_equal(ioasim_process_locked(flow->system, 9, &own, &of_user), -ESRCH);
}

/* ---- Software mdevs ---------------------------------------------------------------------------- */

static void u14_pins_of_a_driver_are_locked_and_copies_are_not(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint64_t value;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);

	limit(&i, flow->process, 0, 0, 0);
	assert_int_equal(iflow_rw(&i, mdev, IFLOW_IOVA, &value, sizeof(value), true), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IFLOW_IOVA, M);
	assert_int_equal(iflow_pin(&i, mdev, IFLOW_IOVA, PAGE, true), ENOMEM);
	limit(&i, flow->process, 0, 2 * PAGE, 0);
	assert_int_equal(iflow_pin(&i, mdev, IFLOW_IOVA, 3 * PAGE, true), ENOMEM);
	assert_int_equal(of_user(&i, flow->process), 0);
	assert_int_equal(iflow_pin(&i, mdev, IFLOW_IOVA, 2 * PAGE, true), 0);
	assert_int_equal(iflow_pin(&i, mdev, IFLOW_IOVA + PAGE, PAGE, true), 0);
	assert_int_equal(iflow_rw(&i, mdev, IFLOW_IOVA + 2 * PAGE, &value, sizeof(value), true), 0);
	assert_int_equal(of_user(&i, flow->process), 2);
	assert_int_equal(iflow_unpin(&i, mdev, IFLOW_IOVA, 2 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 1);
	assert_int_equal(iflow_unmap(&i, ioas, IFLOW_IOVA, 4 * PAGE), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
}

/* ---- Whose ----------------------------------------------------------------------------------------- */

static void u6_rlimit_mode_wants_the_privilege(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);

	assert_int_equal(rlimit_mode(&i, 1), EPERM);
	limit(&i, flow->process, 0, NONE, IOASIM_PROCESS_IPC_LOCK);
	assert_int_equal(rlimit_mode(&i, 1), EPERM);
	limit(&i, flow->process, 0, NONE, IOASIM_PROCESS_SYS_RESOURCE);
	assert_int_equal(rlimit_mode(&i, 2), EINVAL);
	assert_int_equal(rlimit_mode(&i, 1), 0);
	iflow_ioas(&i);
	assert_int_equal(rlimit_mode(&i, 0), EBUSY);
}

/* Mode 0: what processes of one user have locked is held against each of them. Mode 1: only
 * its own. */
static void u6_rlimit_mode_tells_whose_pages_count(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), by_process = iflow_open(flow);
	unsigned device, second;
	uint32_t ioas, other;
	int same = ioasim_process_create(flow->system);

	limit(&i, flow->process, 7, NONE, IOASIM_PROCESS_SYS_RESOURCE);
	limit(&i, same, 7, 3 * PAGE, 0);
	assert_int_equal(rlimit_mode(&by_process, 1), 0);
	ioas = attached(&i, &device);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 3 * PAGE), 0);
	assert_int_equal(own(&i, flow->process), 0);
	assert_int_equal(of_user(&i, flow->process), 3);
	assert_int_equal(of_user(&i, same), 3);
	/* The other process maps with the first one's descriptor: too much for its user. */
	assert_int_equal(ioasim_process_mmap(flow->system, same, M, PAGE, IOASIM_READ), 0);
	i.fd = ioasim_dup(flow->system, flow->process, i.fd, same);
	flow->process = same;
	assert_int_equal(iflow_map_flags(&i, ioas, 8 * PAGE, M, PAGE, IOASIM_IOMMUFD_MAP_READABLE),
			 ENOMEM);
	limit(&i, same, 8, 3 * PAGE, 0);
	assert_int_equal(iflow_map_flags(&i, ioas, 8 * PAGE, M, PAGE, IOASIM_IOMMUFD_MAP_READABLE),
			 0);
	assert_int_equal(of_user(&i, same), 1);
	flow->process = 0;
	assert_int_equal(of_user(&i, 0), 3);
	/* Not counted together with the user's. */
	limit(&i, 0, 7, 2 * PAGE, 0);
	by_process.flow->devices = i.flow->devices;
	second = iflow_add(&by_process, &(struct ioasim_device_config){.requester_id = 0x30,
								       .parent = -1,
								       .pf = -1,
								       .group = IOASIM_GROUP_OWN});
	assert_int_equal(iflow_bind(&by_process, second, by_process.fd), 0);
	other = iflow_ioas(&by_process);
	assert_int_equal(iflow_attach(&by_process, second, other, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&by_process, other, 0, M, 3 * PAGE), ENOMEM);
	assert_int_equal(iflow_map(&by_process, other, 0, M, 2 * PAGE), 0);
	assert_int_equal(own(&i, 0), 2);
	assert_int_equal(of_user(&i, 0), 3);
}

/* ---- Another process ------------------------------------------------------------------------------- */

static void u5_change_process_moves_what_is_locked(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), other;
	unsigned device;
	uint32_t ioas = attached(&i, &device);
	const int heir = flow->process + 1;

	assert_int_equal(map_file(&i, ioas, 3, 0), 0);
	assert_int_equal(map_file(&i, ioas, 2, 8 * PAGE), 0);
	assert_int_equal(copy(&i, ioas, 0, 3 * PAGE, 16 * PAGE), 0);
	other = taker(&i, 1, 5 * PAGE - 1);
	/* Not a part of it. */
	assert_int_equal(change_process(&other, heir), ENOMEM);
	assert_int_equal(of_user(&i, flow->process), 5);
	assert_int_equal(of_user(&i, heir), 0);
	/* A copy is not counted again. */
	limit(&i, heir, 1, 5 * PAGE, 0);
	assert_int_equal(change_process(&other, heir), 0);
	assert_int_equal(of_user(&i, flow->process), 0);
	assert_int_equal(of_user(&i, heir), 5);
	/* What it has, it need not take; nor is it asked for more. */
	assert_int_equal(change_process(&other, heir), 0);
	assert_int_equal(of_user(&i, heir), 5);
	/* Given back by whoever has it, also when the first process has gone, while the device
	 * stays attached. */
	assert_true(ioasim_dup(flow->system, flow->process, flow->device_fd[device], heir) >= 0);
	assert_int_equal(ioasim_process_exit(flow->system, flow->process), 0);
	flow->process = heir;
	assert_int_equal(iflow_unmap(&other, ioas, 16 * PAGE, 3 * PAGE), 0);
	assert_int_equal(of_user(&i, heir), 5);
	assert_int_equal(iflow_unmap(&other, ioas, 0, 3 * PAGE), 0);
	assert_int_equal(of_user(&i, heir), 2);
	assert_int_equal(iflow_unmap(&other, ioas, 0, UINT64_MAX), 0);
	assert_int_equal(of_user(&i, heir), 0);
}

static void u5_change_process_takes_what_is_pinned_later(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), other;
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);
	const int heir = flow->process + 1;

	limit(&i, flow->process, 0, 0, 0);
	assert_int_equal(map_file(&i, ioas, 2, 0), 0);
	other = taker(&i, 1, 2 * PAGE);
	/* No page is pinned, so that there is nothing to be too much. */
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), ENOMEM);
	assert_int_equal(change_process(&other, heir), 0);
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), 0);
	assert_int_equal(of_user(&i, heir), 2);
	assert_int_equal(of_user(&i, flow->process), 0);
}

/* Pages are charged to the new process before they are given back by the old one, so that one
 * user has them twice for a moment. */
static void u5_within_a_user_both_have_to_fit(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), other;
	unsigned device;
	uint32_t ioas = attached(&i, &device);
	const int heir = flow->process + 1;

	assert_int_equal(map_file(&i, ioas, 2, 0), 0);
	other = taker(&i, 0, 4 * PAGE - 1);
	assert_int_equal(change_process(&other, heir), ENOMEM);
	assert_int_equal(of_user(&i, heir), 2);
	limit(&i, heir, 0, 4 * PAGE, 0);
	assert_int_equal(change_process(&other, heir), 0);
	assert_int_equal(of_user(&i, heir), 2);
}

static void u5_u6_change_process_keeps_the_mode(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), other;
	unsigned device;
	const int heir = flow->process + 1;
	uint32_t ioas;

	limit(&i, flow->process, 0, NONE, IOASIM_PROCESS_SYS_RESOURCE);
	assert_int_equal(rlimit_mode(&i, 1), 0);
	ioas = attached(&i, &device);
	assert_int_equal(map_file(&i, ioas, 2, 0), 0);
	assert_int_equal(own(&i, flow->process), 2);
	/* Of the same user, but each has its own. */
	other = taker(&i, 0, PAGE);
	assert_int_equal(change_process(&other, heir), ENOMEM);
	assert_int_equal(own(&i, flow->process), 2);
	limit(&i, heir, 0, 2 * PAGE, 0);
	assert_int_equal(change_process(&other, heir), 0);
	assert_int_equal(own(&i, flow->process), 0);
	assert_int_equal(own(&i, heir), 2);
	assert_int_equal(of_user(&i, heir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u3_a_limit_is_kept_to_the_page),
		FLOW_TESTS(u3_what_no_table_shows_is_not_locked),
		FLOW_TESTS(u3_u5_copies_count_once_and_mappings_each),
		FLOW_TESTS(u3_one_who_may_lock_all_is_not_counted),
		FLOW_TESTS(u3_limits_are_checked),
		FLOW_TESTS(u14_pins_of_a_driver_are_locked_and_copies_are_not),
		FLOW_TESTS(u6_rlimit_mode_wants_the_privilege),
		FLOW_TESTS(u6_rlimit_mode_tells_whose_pages_count),
		FLOW_TESTS(u5_change_process_moves_what_is_locked),
		FLOW_TESTS(u5_change_process_takes_what_is_pinned_later),
		FLOW_TESTS(u5_within_a_user_both_have_to_fit),
		FLOW_TESTS(u5_u6_change_process_keeps_the_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
