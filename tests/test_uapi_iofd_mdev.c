/* SPDX-License-Identifier: Apache-2.0 */
/* Software mdevs of an iommufd on the three architectures: accesses instead of tables (U14,
 * D5), pins and copies of their drivers, and what the checker says of wrong ones. */
#include "iofd_flow.h"
#include "uapi_judged.h"

#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"
#include "model/uapi/frames.h"
#include "model/uapi/iommufd_mdev.h"

#include <string.h>

#define M FLOW_MEMORY
#define B IOASIM_CLASS_BLOCKED

/* ---- Binding ---------------------------------------------------------------------------- */

static void u14_u10_a_software_mdev_is_bound_by_an_access(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned parent = iflow_parent(&i), mdev = iflow_mdev(&i, parent, true);
	unsigned hardware = iflow_mdev(&i, parent, false);
	struct ioasim_iommufd_hw_info info = {.size = sizeof(info)};
	uint32_t ioas = iflow_ioas(&i);

	assert_int_equal(iflow_bind(&i, mdev, -1), EINVAL);
	assert_int_equal(iflow_bind(&i, mdev, 77), EBADF);
	assert_int_equal(iflow_bind(&i, mdev, flow->fd), EBADFD);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_detach(&i, mdev, IFLOW_NONE), EINVAL);
	/* PASIDs that the kernel picks have no counterpart there. */
	assert_int_equal(iflow_bind(&i, hardware, i.fd), EOPNOTSUPP);
	assert_int_equal(iflow_bind(&i, mdev, i.fd), 0);
	assert_int_equal(i.id[mdev], ioas + 1);
	assert_int_equal(iflow_bind(&i, mdev, i.fd), EINVAL);
	/* It is no device of the iommufd. */
	assert_int_equal(iflow_hwpt(&i, mdev, ioas, 0, NULL), ENOENT);
	info.dev_id = i.id[mdev];
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_GET_HW_INFO, &info), ENOENT);
	assert_int_equal(iflow_destroy(&i, i.id[mdev]), EBUSY);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->device_fd[mdev],
				      IOASIM_DEVICE_UNBIND,
				      &(struct ioasim_device_unbind){.size = 8}),
			 -EINVAL);
}

static void b4_u14_the_parent_of_a_bound_software_mdev_stays_the_hosts(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned parent = iflow_parent(&i), mdev = iflow_mdev(&i, parent, true);

	assert_int_equal(iflow_bind(&i, mdev, i.fd), 0);
	assert_int_equal(ioasim_device_driver(flow->system, flow->device[parent],
					      IOASIM_DRIVER_NONE),
			 -EBUSY);
	assert_int_equal(iflow_bind(&i, parent, i.fd), EPERM);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[mdev]), 0);
	assert_int_equal(
		ioasim_device_driver(flow->system, flow->device[parent], IOASIM_DRIVER_NONE), 0);
	assert_int_equal(iflow_bind(&i, parent, i.fd), 0);
	flow->device_fd[mdev] = ioasim_open_device(flow->system, flow->process, flow->device[mdev]);
	assert_int_equal(iflow_bind(&i, mdev, i.fd), EPERM);
}

/* ---- Attaching -------------------------------------------------------------------------- */

static void u14_u9_attaching_checks_in_order(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev = iflow_mdev_bound(&i), pdev = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i), bytes = iflow_ioas(&i), hwpt;

	assert_int_equal(iflow_hwpt(&i, pdev, ioas, 0, &hwpt), 0);
	assert_int_equal(iflow_attach(&i, mdev, 99, 3), EOPNOTSUPP);
	assert_int_equal(iflow_attach(&i, mdev, 99, IFLOW_NONE), ENOENT);
	assert_int_equal(iflow_attach(&i, mdev, hwpt, IFLOW_NONE), ENOENT);
	assert_int_equal(iflow_attach(&i, mdev, i.id[mdev], IFLOW_NONE), ENOENT);
	assert_int_equal(iflow_detach(&i, mdev, 3), EOPNOTSUPP);
	assert_int_equal(iflow_detach(&i, mdev, IFLOW_NONE), 0);
	/* It will pin whole pages. */
	assert_int_equal(iflow_map(&i, bytes, 0, M, 100), 0);
	assert_int_equal(iflow_attach(&i, mdev, bytes, IFLOW_NONE), EADDRINUSE);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, 0, B);
	assert_int_equal(iflow_destroy(&i, bytes), 0);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&i, ioas, 0, M, 100), EINVAL);
}

static void u14_t18_attaching_again_replaces(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	uint32_t a, b = iflow_ioas(&i), bytes = iflow_ioas(&i);
	unsigned mdev;

	a = iflow_mdev_attached(&i, &mdev);
	assert_int_equal(iflow_map(&i, b, IOVA, M + 8 * PAGE, PAGE), 0);
	assert_int_equal(iflow_map(&i, bytes, 0, M, 100), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + 8, M + 8);
	assert_int_equal(iflow_destroy(&i, a), EBUSY);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), 0);
	/* What fails leaves the old one, with its pins. */
	assert_int_equal(iflow_attach(&i, mdev, 99, IFLOW_NONE), ENOENT);
	assert_int_equal(iflow_attach(&i, mdev, bytes, IFLOW_NONE), EADDRINUSE);
	assert_int_equal(iflow_attach(&i, mdev, a, IFLOW_NONE), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + 8, M + 8);
	assert_int_equal(iflow_attach(&i, mdev, b, IFLOW_NONE), 0);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, PAGE), ENOENT);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + 8, M + 8 * PAGE + 8);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA + PAGE, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_destroy(&i, a), 0);
	assert_int_equal(iflow_destroy(&i, b), EBUSY);
	assert_int_equal(iflow_detach(&i, mdev, IFLOW_NONE), 0);
	assert_int_equal(iflow_detach(&i, mdev, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, B);
	assert_int_equal(iflow_destroy(&i, b), 0);
}

/* ---- DMA -------------------------------------------------------------------------------- */

static void d5_u14_dma_goes_through_the_ioas_and_no_table(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev = iflow_mdev_bound(&i);
	uint32_t ioas = iflow_ioas(&i);

	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, B);
	flow_forget(flow);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&i, ioas, IOVA, M, PAGE), 0);
	assert_int_equal(
		iflow_map_flags(&i, ioas, 0x20000, M + PAGE, PAGE, IOASIM_IOMMUFD_MAP_READABLE), 0);
	assert_int_equal(iflow_map_flags(&i, ioas, 0x30000, M + PAGE, PAGE,
					 IOASIM_IOMMUFD_MAP_WRITEABLE),
			 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + 0x123, M + 0x123);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x20000, M + PAGE);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_WRITE, 0x20000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, 0x30000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ | IOASIM_WRITE, 0x20000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ | IOASIM_EXEC, IOVA, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA - 1, IOASIM_CLASS_STAGE1);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, UINT64_MAX, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow->seen.count, 0);
	/* D1: it has no vPASIDs. */
	assert_int_equal(ioasim_queue_write(flow->system, flow->device[mdev], 0, 5), -EPERM);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, 0x20000, B);
}

/* As in Linux: no table, no pins, so that a mapping is looked at when it is used. */
static void u14_what_the_process_has_not_is_mapped_and_does_not_reach(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);
	uint64_t nowhere = M + FLOW_MEMORY_SIZE;
	char byte;

	assert_int_equal(iflow_map(&i, ioas, 0x80000, nowhere, PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, 0x80000, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_pin(&i, mdev, 0x80000, PAGE, false), EFAULT);
	assert_int_equal(iflow_rw(&i, mdev, 0x80000, &byte, 1, false), EFAULT);
	assert_int_equal(ioasim_process_mmap(flow->system, flow->process, nowhere, PAGE,
					     IOASIM_READ | IOASIM_WRITE),
			 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x80000, nowhere);
	/* One that a table shows is pinned, for the access too. */
	assert_int_equal(iflow_attach(&i, iflow_pdev(&i, 0x28, 0, 0), ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&i, ioas, 0x90000, nowhere + PAGE, PAGE), EFAULT);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x80000, nowhere);
}

/* ---- Pins --------------------------------------------------------------------------------- */

static void u14_pinning_checks_in_order(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned parent = iflow_parent(&i), mdev = iflow_mdev(&i, parent, true);
	uint32_t ioas = iflow_ioas(&i);
	char byte = 0;

	assert_int_equal(ioasim_iommufd_pin(flow->system, 99, IOVA, PAGE, false, NULL), -ENODEV);
	assert_int_equal(ioasim_iommufd_unpin(flow->system, 99, IOVA, PAGE), -ENODEV);
	assert_int_equal(ioasim_iommufd_rw(flow->system, 99, IOVA, &byte, 1, false), -ENODEV);
	assert_int_equal(ioasim_iommufd_on_unmap(flow->system, 99, NULL, NULL), -ENODEV);
	assert_int_equal(ioasim_iommufd_on_unmap(flow->system, flow->device[parent], NULL, NULL),
			 -EINVAL);
	assert_int_equal(iflow_pin(&i, parent, IOVA, PAGE, false), EINVAL);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), EINVAL);
	assert_int_equal(iflow_bind(&i, mdev, i.fd), 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, 0, false), EINVAL);
	assert_int_equal(iflow_rw(&i, mdev, IOVA, &byte, 0, false), EINVAL);
	assert_int_equal(iflow_pin(&i, mdev, UINT64_MAX - 0xfff, 2 * PAGE, false), EOVERFLOW);
	assert_int_equal(iflow_rw(&i, mdev, UINT64_MAX, &byte, 2, false), EOVERFLOW);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), ENOENT);
	assert_int_equal(iflow_rw(&i, mdev, IOVA, &byte, 1, false), ENOENT);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map_flags(&i, ioas, IOVA, M, 2 * PAGE, IOASIM_IOMMUFD_MAP_READABLE),
			 0);
	assert_int_equal(iflow_map_flags(&i, ioas, IOVA + 2 * PAGE, M, PAGE,
					 IOASIM_IOMMUFD_MAP_WRITEABLE),
			 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA + 8, PAGE, false), EINVAL);
	assert_int_equal(iflow_pin(&i, mdev, IOVA + 2 * PAGE, 2 * PAGE, true), ENOENT);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, 3 * PAGE, false), EPERM);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, true), EPERM);
	assert_int_equal(iflow_rw(&i, mdev, IOVA, &byte, 1, true), EPERM);
	assert_int_equal(iflow_rw(&i, mdev, IOVA + 2 * PAGE, &byte, 1, false), EPERM);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, 2 * PAGE, false), 0);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, PAGE), ENOENT);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, 2 * PAGE), 0);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, 2 * PAGE), ENOENT);
}

static struct frame *frame_of(const struct flow *flow, ioasim_pa_t pa)
{
	return frame_at(&flow->system->frames, pa);
}

static void u14_m7_pinned_pages_stay_what_they_are(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	ioasim_pa_t pages[3], now;
	struct ioasim_dma_result result;
	unsigned mdev;

	(void)iflow_mdev_attached(&i, &mdev);
	assert_int_equal(ioasim_iommufd_pin(flow->system, flow->device[mdev], IOVA + PAGE,
					    2 * PAGE + 1, true, pages),
			 0);
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(pages[n], judged_page(flow, (1 + n) * PAGE));
		assert_int_equal(frame_of(flow, pages[n])->pins, 1);
	}
	/* The process has other pages there meanwhile. */
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, 4 * PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	assert_int_equal(ioasim_process_mmap(flow->system, flow->process, M, 4 * PAGE,
					     IOASIM_READ | IOASIM_WRITE),
			 0);
	now = judged_page(flow, PAGE);
	assert_true(now != pages[0]);
	for (unsigned access = IOASIM_READ; access <= IOASIM_WRITE; access++) {
		result = flow_dma(flow, mdev, FLOW_NONE, access, IOVA + PAGE + 4);
		assert_int_equal(result.outcome, IOASIM_DMA_REACHES);
		assert_int_equal(result.pa, pages[0] + 4);
	}
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA, M);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA + PAGE, 2 * PAGE + 1), 0);
	assert_int_equal(frame_of(flow, pages[0])->pins, 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + PAGE, M + PAGE);
}

/* A pin is for reading or for writing; the rest is asked of the map. */
static void u14_a_pin_gives_the_right_that_it_was_made_for(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);

	assert_int_equal(iflow_map_flags(&i, ioas, 0x20000, M, PAGE, IOASIM_IOMMUFD_MAP_READABLE),
			 0);
	assert_int_equal(iflow_map_flags(&i, ioas, 0x30000, M, PAGE, IOASIM_IOMMUFD_MAP_WRITEABLE),
			 0);
	assert_int_equal(iflow_pin(&i, mdev, 0x20000, PAGE, false), 0);
	assert_int_equal(iflow_pin(&i, mdev, 0x30000, PAGE, true), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x20000, M);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_WRITE, 0x20000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, 0x30000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ | IOASIM_WRITE, 0x30000, IOASIM_CLASS_PERMISSION);
}

struct asked {
	struct flow *flow;
	unsigned mdev;
	bool keeps;
	unsigned count;
	uint64_t iova, bytes; /* the last */
};

static bool on_unmap(void *opaque, int device, uint64_t iova, uint64_t bytes)
{
	struct asked *asked = opaque;

	assert_int_equal(device, asked->flow->device[asked->mdev]);
	asked->count++;
	asked->iova = iova;
	asked->bytes = bytes;
	return !asked->keeps;
}

static void listen(struct asked *asked)
{
	struct flow *flow = asked->flow;

	assert_int_equal(ioasim_iommufd_on_unmap(flow->system, flow->device[asked->mdev], on_unmap,
						 asked),
			 0);
}

static void unlisten(const struct asked *asked)
{
	struct flow *flow = asked->flow;

	assert_int_equal(
		ioasim_iommufd_on_unmap(flow->system, flow->device[asked->mdev], NULL, NULL), 0);
}

static void u4_u14_unmap_asks_for_pins_and_waits(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct asked asked = {.flow = flow};
	uint32_t ioas = iflow_mdev_attached(&i, &asked.mdev);
	ioasim_pa_t pa = judged_page(flow, PAGE);

	listen(&asked);
	assert_int_equal(iflow_map(&i, ioas, IOVA - PAGE, M + 8 * PAGE, PAGE), 0);
	assert_int_equal(iflow_pin(&i, asked.mdev, IOVA + PAGE, PAGE, false), 0);
	/* Nothing that is pinned is unmapped. */
	assert_int_equal(iflow_unmap(&i, ioas, IOVA - PAGE, PAGE), 0);
	assert_int_equal(asked.count, 0);
	assert_int_equal(iflow_map(&i, ioas, IOVA - PAGE, M + 8 * PAGE, PAGE), 0);
	asked.keeps = true;
	assert_int_equal(iflow_unmap(&i, ioas, IOVA - PAGE, 5 * PAGE), EDEADLK);
	assert_true(asked.count > 1 && asked.iova == IOVA && asked.bytes == 4 * PAGE);
	/* S17: nothing of it has gone, and all can be used. */
	FLOW_REACHES(flow, asked.mdev, FLOW_NONE, IOVA - PAGE, M + 8 * PAGE);
	FLOW_REACHES(flow, asked.mdev, FLOW_NONE, IOVA + PAGE, M + PAGE);
	FLOW_REACHES(flow, asked.mdev, FLOW_NONE, IOVA, M);
	assert_int_equal(frame_of(flow, pa)->pins, 1);
	asked.keeps = false;
	asked.count = 0;
	assert_int_equal(iflow_unmap(&i, ioas, IOVA - PAGE, 5 * PAGE), 0);
	assert_int_equal(asked.count, 1);
	assert_int_equal(frame_of(flow, pa)->pins, 0);
	FLOW_FAULTS(flow, asked.mdev, FLOW_NONE, READ, IOVA + PAGE, IOASIM_CLASS_STAGE1);
	unlisten(&asked);
}

static void u14_the_models_driver_lets_go_at_once(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev);

	assert_int_equal(iflow_map(&i, ioas, 0x80000, M, PAGE), 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, 4 * PAGE, true), 0);
	assert_int_equal(iflow_pin(&i, mdev, 0x80000, PAGE, true), 0);
	assert_int_equal(frame_of(flow, judged_page(flow, 0))->pins, 2);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, PAGE), ENOENT);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_unpin(&i, mdev, 0x80000, PAGE), 0);
	assert_int_equal(frame_of(flow, judged_page(flow, 0))->pins, 0);
	assert_int_equal(frame_of(flow, judged_page(flow, 3 * PAGE))->pins, 0);
}

static bool unpins_by_itself(void *opaque, int device, uint64_t iova, uint64_t bytes)
{
	struct asked *asked = opaque;

	(void)bytes;
	asked->count++;
	assert_int_equal(ioasim_iommufd_unpin(asked->flow->system, device, iova, PAGE), 0);
	return false;
}

static void u14_a_driver_may_unpin_by_itself_when_it_is_asked(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct asked asked = {.flow = flow};
	uint32_t ioas = iflow_mdev_attached(&i, &asked.mdev);

	assert_int_equal(ioasim_iommufd_on_unmap(flow->system, flow->device[asked.mdev],
						 unpins_by_itself, &asked),
			 0);
	/* The same page twice: it is asked twice. */
	assert_int_equal(iflow_pin(&i, asked.mdev, IOVA, PAGE, false), 0);
	assert_int_equal(iflow_pin(&i, asked.mdev, IOVA, PAGE, false), 0);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(asked.count, 2);
	unlisten(&asked);
}

/* ---- Ends --------------------------------------------------------------------------------- */

/* Whatever the driver says: what a detached IOAS has mapped is nobody's. */
static void u14_detaching_and_replacing_ask_for_everything(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct asked asked = {.flow = flow, .keeps = true};
	uint32_t ioas = iflow_mdev_attached(&i, &asked.mdev), other = iflow_ioas(&i);
	ioasim_pa_t pa = judged_page(flow, 0);

	listen(&asked);
	assert_int_equal(iflow_pin(&i, asked.mdev, IOVA, PAGE, true), 0);
	assert_int_equal(iflow_attach(&i, asked.mdev, other, IFLOW_NONE), 0);
	assert_true(asked.count == 1 && asked.iova == 0 && asked.bytes == UINT64_MAX);
	assert_int_equal(frame_of(flow, pa)->pins, 0);
	assert_int_equal(iflow_attach(&i, asked.mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_pin(&i, asked.mdev, IOVA, PAGE, true), 0);
	assert_int_equal(iflow_detach(&i, asked.mdev, IFLOW_NONE), 0);
	assert_int_equal(frame_of(flow, pa)->pins, 0);
	assert_int_equal(asked.count, 3);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(asked.count, 3);
	assert_int_equal(iflow_destroy(&i, ioas), 0);
	unlisten(&asked);
}

static void u14_o4_closing_the_device_lets_go_of_all(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	uint32_t ioas = iflow_mdev_attached(&i, &mdev), number = i.id[mdev];
	ioasim_pa_t pa = judged_page(flow, 0);

	assert_int_equal(iflow_pin(&i, mdev, IOVA, 4 * PAGE, true), 0);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[mdev]), 0);
	assert_int_equal(frame_of(flow, pa)->pins, 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, B);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, true), EINVAL);
	assert_int_equal(iflow_destroy(&i, number), ENOENT);
	assert_int_equal(iflow_destroy(&i, ioas), 0);
	/* The next user binds it anew. */
	flow->device_fd[mdev] = ioasim_open_device(flow->system, flow->process, flow->device[mdev]);
	assert_int_equal(iflow_bind(&i, mdev, i.fd), 0);
	assert_int_equal(iflow_attach(&i, mdev, iflow_ioas(&i), IFLOW_NONE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
}

static void u1_u14_a_bound_access_keeps_a_closed_iommufd(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;

	(void)iflow_mdev_attached(&i, &mdev);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), 0);
	assert_int_equal(ioasim_close(flow->system, flow->process, i.fd), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, IOVA + PAGE, M + PAGE);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[mdev]), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, B);
	assert_int_equal(frame_of(flow, judged_page(flow, 0))->pins, 0);
	/* The descriptor of /dev/ioasid is left. */
	assert_null(LIST_NEXT(LIST_FIRST(&flow->system->containers), link));
}

static void o6_u14_a_process_that_exits_leaves_no_pins(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned mdev;
	ioasim_pa_t pa;

	(void)iflow_mdev_attached(&i, &mdev);
	pa = judged_page(flow, 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, 4 * PAGE, false), 0);
	assert_int_equal(ioasim_process_exit(flow->system, flow->process), 0);
	assert_int_equal(frame_of(flow, pa)->pins, 0);
	assert_int_equal(frame_of(flow, pa)->mapped, 0);
	assert_null(device_find(flow->system, flow->device[mdev])->bound);
	assert_true(LIST_EMPTY(&flow->system->containers));
}

/* Others have the descriptors: pinned pages outlive the process, the rest does not reach. */
static void o6_u14_what_is_mapped_ends_with_its_process(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	int heir = ioasim_process_create(flow->system);
	struct ioasim_dma_result result;
	unsigned mdev;
	ioasim_pa_t pa;

	(void)iflow_mdev_attached(&i, &mdev);
	pa = judged_page(flow, 0);
	assert_true(ioasim_dup(flow->system, flow->process, i.fd, heir) >= 0);
	assert_true(ioasim_dup(flow->system, flow->process, flow->device_fd[mdev], heir) >= 0);
	assert_int_equal(iflow_pin(&i, mdev, IOVA, PAGE, false), 0);
	assert_int_equal(ioasim_process_exit(flow->system, flow->process), 0);
	result = flow_dma(flow, mdev, FLOW_NONE, READ, IOVA);
	assert_true(result.outcome == IOASIM_DMA_REACHES && result.pa == pa);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA + PAGE, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	/* The machine goes with the mdev bound, and attached. */
}

/* ---- Copies ------------------------------------------------------------------------------- */

static void u14_copies_go_by_iova_and_are_judged(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned char data[3 * 4096], back[sizeof(data)];
	const uint64_t before = M + 6 * PAGE;
	uint64_t dmas;
	uint32_t ioas;
	unsigned mdev;

	ioas = iflow_mdev_attached(&i, &mdev);
	assert_int_equal(iflow_map(&i, ioas, IOVA - PAGE, before, PAGE), 0);
	for (size_t n = 0; n < sizeof(data); n++)
		data[n] = (unsigned char)(n * 7 + n / 256);
	dmas = ioasim_system_verdict(flow->system)->dmas;
	assert_int_equal(iflow_rw(&i, mdev, IOVA - 100, data, 100 + 2 * PAGE, true), 0);
	assert_int_equal(ioasim_system_verdict(flow->system)->dmas, dmas + 3);
	assert_int_equal(ioasim_process_read(flow->system, flow->process, before + PAGE - 100, back,
					     100),
			 0);
	assert_memory_equal(back, data, 100);
	assert_int_equal(ioasim_process_read(flow->system, flow->process, M, back, 2 * PAGE), 0);
	assert_memory_equal(back, data + 100, 2 * PAGE);
	memset(back, 0, sizeof(back));
	assert_int_equal(iflow_rw(&i, mdev, IOVA - 100, back, 100 + 2 * PAGE, false), 0);
	assert_memory_equal(back, data, 100 + 2 * PAGE);
	/* What comes before a hole is there. */
	memset(back, 0, sizeof(back));
	assert_int_equal(iflow_rw(&i, mdev, IOVA + 3 * PAGE, back, 2 * PAGE, false), ENOENT);
	assert_int_equal(
		ioasim_process_write(flow->system, flow->process, M + 3 * PAGE, data, PAGE), 0);
	assert_int_equal(iflow_rw(&i, mdev, IOVA + 3 * PAGE, back, 2 * PAGE, false), ENOENT);
	assert_memory_equal(back, data, PAGE);
	assert_int_equal(frame_of(flow, judged_page(flow, 0))->pins, 0);
}

/* ---- A real process ------------------------------------------------------------------------ */

/* Two pages of this program, the second of which can be taken away. */
struct host {
	unsigned char *pages;
	bool one;
};

static bool has(const struct host *host, uint64_t address, uint64_t length)
{
	uint64_t first = (uintptr_t)host->pages, size = host->one ? PAGE : 2 * PAGE;

	return address >= first && length <= size && address - first <= size - length;
}

static int host_hold(void *opaque, uint64_t address, uint64_t length, bool write)
{
	(void)write;
	return has(opaque, address, length) ? 0 : -EFAULT;
}

static int host_read(void *opaque, uint64_t address, void *data, size_t length)
{
	if (!has(opaque, address, length))
		return -EFAULT;
	memcpy(data, (void *)(uintptr_t)address, length);
	return 0;
}

static int host_write(void *opaque, uint64_t address, const void *data, size_t length)
{
	if (!has(opaque, address, length))
		return -EFAULT;
	memcpy((void *)(uintptr_t)address, data, length);
	return 0;
}

/* The fixture's machine is another one, whose process is the program. */
static void host_restart(struct flow *flow, const struct ioasim_host_memory *memory)
{
	struct ioasim_system_config config;

	ioasim_system_destroy(flow->system);
	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.host = memory;
	assert_int_equal(ioasim_system_create(&config, &flow->system, NULL), 0);
	flow->process = ioasim_process_create(flow->system);
	assert_true(flow->process >= 0);
}

static void u14_a_real_processs_pages_are_reached_where_they_are(void **state)
{
	struct flow *flow = *state;
	struct host host = {.pages = aligned_alloc(PAGE, 2 * PAGE)};
	const struct ioasim_host_memory memory = {host_hold, host_read, host_write, &host};
	uint64_t address = (uintptr_t)host.pages;
	struct ioasim_dma_result result;
	ioasim_pa_t pages[2];
	struct iflow i;
	uint32_t ioas;
	unsigned mdev;

	assert_non_null(host.pages);
	memset(host.pages, 0, 2 * PAGE);
	host_restart(flow, &memory);
	i = iflow_open(flow);
	mdev = iflow_mdev_bound(&i);
	ioas = iflow_ioas(&i);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&i, ioas, IOVA, address, 2 * PAGE), 0);
	assert_int_equal(iflow_rw(&i, mdev, IOVA + 0xffd, "across", 6, true), 0);
	assert_memory_equal(host.pages + 0xffd, "across", 6);
	assert_int_equal(ioasim_iommufd_pin(flow->system, flow->device[mdev], IOVA, 2 * PAGE, true,
					    pages),
			 0);
	assert_true(pages[0] == address && pages[1] == address + PAGE);
	assert_int_equal(iflow_unpin(&i, mdev, IOVA, 2 * PAGE), 0);
	host.one = true;
	result = flow_dma(flow, mdev, FLOW_NONE, IOASIM_WRITE, IOVA + 5);
	assert_true(result.outcome == IOASIM_DMA_REACHES && result.pa == address + 5);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA + PAGE, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 2 * PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	free(host.pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u14_u10_a_software_mdev_is_bound_by_an_access),
		FLOW_TESTS(b4_u14_the_parent_of_a_bound_software_mdev_stays_the_hosts),
		FLOW_TESTS(u14_u9_attaching_checks_in_order),
		FLOW_TESTS(u14_t18_attaching_again_replaces),
		FLOW_TESTS(d5_u14_dma_goes_through_the_ioas_and_no_table),
		FLOW_TESTS(u14_what_the_process_has_not_is_mapped_and_does_not_reach),
		FLOW_TESTS(u14_pinning_checks_in_order),
		FLOW_TESTS(u14_m7_pinned_pages_stay_what_they_are),
		FLOW_TESTS(u14_a_pin_gives_the_right_that_it_was_made_for),
		FLOW_TESTS(u4_u14_unmap_asks_for_pins_and_waits),
		FLOW_TESTS(u14_the_models_driver_lets_go_at_once),
		FLOW_TESTS(u14_a_driver_may_unpin_by_itself_when_it_is_asked),
		FLOW_TESTS(u14_detaching_and_replacing_ask_for_everything),
		FLOW_TESTS(u14_o4_closing_the_device_lets_go_of_all),
		FLOW_TESTS(u1_u14_a_bound_access_keeps_a_closed_iommufd),
		FLOW_TESTS(o6_u14_a_process_that_exits_leaves_no_pins),
		FLOW_TESTS(o6_u14_what_is_mapped_ends_with_its_process),
		FLOW_TESTS(u14_copies_go_by_iova_and_are_judged),
		FLOW_TESTS(u14_a_real_processs_pages_are_reached_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
