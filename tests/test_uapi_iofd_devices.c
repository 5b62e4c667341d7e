/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of an iommufd on the three architectures: binding, routes, page tables, faults
 * (U7, U9, U10, U12). The checker judges every DMA. */
#include "iofd_flow.h"

#include <string.h>

#define M    FLOW_MEMORY
#define PAGE UINT64_C(0x1000)
#define ATS  IOASIM_DEVICE_ATS
#define PRI  (IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI)

static const struct ioasim_device_config plain = {
	.requester_id = 0x28,
	.parent = IOASIM_NO_DEVICE,
	.pf = IOASIM_NO_DEVICE,
	.group = IOASIM_GROUP_OWN,
};

/* ---- Binding ------------------------------------------------------------------------------ */

static void u10_binding_checks_in_order(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow), other = iflow_open(flow);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);
	struct ioasim_device_config config = plain;
	struct ioasim_vfio_bind arg = {.argsz = 15, .iommufd = i.fd};
	unsigned d = iflow_add(&i, &config), incoherent, driven, twin;

	assert_int_equal(iflow_device_call(&i, d, IOASIM_VFIO_BIND_IOMMUFD, &arg), EINVAL);
	arg.argsz = 16;
	arg.flags = 2;
	assert_int_equal(iflow_device_call(&i, d, IOASIM_VFIO_BIND_IOMMUFD, &arg), EINVAL);
	assert_int_equal(iflow_device_call(&i, d, IOASIM_VFIO_BIND_IOMMUFD, NULL), EFAULT);
	assert_int_equal(iflow_device_call(&i, d, IOASIM_IOMMUFD_IOAS_ALLOC, &arg), ENOTTY);
	assert_int_equal(iflow_bind(&i, d, -1), EINVAL);
	assert_int_equal(iflow_bind(&i, d, 77), EBADF);
	assert_int_equal(iflow_bind(&i, d, kvm), EBADFD);
	assert_int_equal(iflow_bind(&i, d, flow->fd), EBADFD);
	config.requester_id = 0x30;
	config.capabilities = IOASIM_DEVICE_NOT_COHERENT;
	incoherent = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, incoherent, i.fd), EINVAL);
	config = plain;
	config.requester_id = 0x38;
	config.driver = IOASIM_DRIVER_KERNEL;
	driven = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, driven, i.fd), EPERM);
	config.driver = IOASIM_DRIVER_NONE;
	config.requester_id = 0x40;
	config.group = 7;
	d = iflow_add(&i, &config);
	config.requester_id = 0x41;
	twin = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, d, i.fd), 0);
	assert_int_equal(i.id[d], 1);
	assert_int_equal(iflow_bind(&i, d, i.fd), EINVAL);
	assert_int_equal(iflow_bind(&other, twin, other.fd), EPERM);
	assert_int_equal(iflow_bind(&i, twin, i.fd), 0);
}

static void u10_b3_a_bound_device_is_blocked_until_it_is_attached(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_add(&i, &plain);
	uint32_t ioas = iflow_ioas(&i);

	assert_int_equal(iflow_map(&i, ioas, 0, M, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, ioas, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_bind(&i, d, i.fd), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), 0);
	assert_int_equal(iflow_attach(&i, d, ioas, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x10, M + 0x10);
	/* The calls of the native interface do not touch it. */
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->device_fd[d],
				      IOASIM_DEVICE_UNBIND,
				      &(struct ioasim_device_unbind){.size = 8}),
			 -EINVAL);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[d]), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_STAGE1);
	assert_int_equal(iflow_destroy(&i, ioas), 0);
}

/* Linux: a bound device keeps its iommufd open, whoever closes the descriptor. */
static void u1_a_closed_iommufd_lives_as_long_as_its_devices(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, ATS, 0);
	uint32_t ioas = iflow_ioas(&i);

	assert_int_equal(iflow_map(&i, ioas, 0, M, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, ioas, IFLOW_NONE), 0);
	assert_int_equal(ioasim_close(flow->system, flow->process, i.fd), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0, M);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[d]), 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, PAGE), 0);
}

/* ---- Routes --------------------------------------------------------------------------------- */

static void u9_attaching_checks_in_order(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_iova_range hole = {0x10000, 0x10fff};
	struct ioasim_device_config config = plain;
	unsigned d = iflow_pdev(&i, 0x28, 0, 0), r;
	uint32_t ioas = iflow_ioas(&i);

	assert_int_equal(iflow_attach(&i, d, 44, IFLOW_NONE), ENOENT);
	assert_int_equal(iflow_attach(&i, d, i.id[d], IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_attach(&i, d, ioas, 3), EOPNOTSUPP);
	config.requester_id = 0x30;
	config.reserved = &hole;
	config.reserved_count = 1;
	r = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, r, i.fd), 0);
	assert_int_equal(iflow_map(&i, ioas, 0x10000, M, PAGE), 0);
	assert_int_equal(iflow_attach(&i, r, ioas, IFLOW_NONE), EADDRINUSE);
	FLOW_FAULTS(flow, r, FLOW_NONE, IOASIM_READ, 0x10000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(iflow_unmap(&i, ioas, 0x10000, PAGE), 0);
	assert_int_equal(iflow_attach(&i, r, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_map(&i, ioas, 0x10000, M, PAGE), EINVAL);
	assert_int_equal(iflow_map(&i, ioas, 0x11000, M + 0x5000, PAGE), 0);
	FLOW_REACHES(flow, r, FLOW_NONE, 0x11000, M + 0x5000);
}

static void u9_t18_attaching_again_replaces_in_one_step(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, ATS, 0);
	uint32_t a = iflow_ioas(&i), b = iflow_ioas(&i), c = iflow_ioas(&i);

	assert_int_equal(iflow_map(&i, a, 0x1000, M, PAGE), 0);
	assert_int_equal(iflow_map(&i, b, 0x1000, M + 0x8000, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, a, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M);
	assert_int_equal(iflow_destroy(&i, a), EBUSY);
	assert_int_equal(iflow_attach(&i, d, b, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M + 0x8000);
	/* The automatic page table of the old one has gone. */
	assert_int_equal(iflow_destroy(&i, a), 0);
	/* What fails leaves the old one. */
	assert_int_equal(iflow_map(&i, c, 0x1000, M + FLOW_MEMORY_SIZE, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, c, IFLOW_NONE), EFAULT);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M + 0x8000);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(iflow_destroy(&i, b), 0);
}

static void u9_r2_r3_a_group_walks_one_table(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_device_config config = plain;
	uint32_t a = iflow_ioas(&i), b = iflow_ioas(&i), hwpt;
	unsigned d, e;

	config.group = 3;
	config.pasid_bits = 8;
	d = iflow_add(&i, &config);
	config.requester_id = 0x29;
	e = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, d, i.fd), 0);
	assert_int_equal(iflow_bind(&i, e, i.fd), 0);
	assert_int_equal(iflow_map(&i, a, 0, M, PAGE), 0);
	assert_int_equal(iflow_map(&i, b, 0, M + 0x4000, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, a, IFLOW_NONE), 0);
	FLOW_REACHES(flow, e, FLOW_NONE, 0, M);
	assert_int_equal(iflow_attach(&i, e, b, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_attach(&i, e, a, IFLOW_NONE), 0);
	/* One member's replacing is all members'. */
	assert_int_equal(iflow_attach(&i, e, b, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0, M + 0x4000);
	FLOW_REACHES(flow, e, FLOW_NONE, 0, M + 0x4000);
	assert_int_equal(iflow_destroy(&i, a), 0);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0, M + 0x4000);
	assert_int_equal(iflow_detach(&i, e, IFLOW_NONE), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	/* R4. */
	assert_int_equal(iflow_hwpt(&i, d, b, IOASIM_IOMMUFD_HWPT_PASID, &hwpt), 0);
	assert_int_equal(iflow_attach(&i, d, hwpt, 3), EINVAL);
}

static void u9_pasids_need_page_tables_made_for_them(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, ATS, 8);
	uint32_t a = iflow_ioas(&i), b = iflow_ioas(&i), for_pasid, other, bare;

	assert_int_equal(iflow_map(&i, a, 0x1000, M, PAGE), 0);
	assert_int_equal(iflow_map(&i, b, 0x1000, M + 0x9000, PAGE), 0);
	assert_int_equal(iflow_hwpt(&i, d, a, IOASIM_IOMMUFD_HWPT_PASID, &for_pasid), 0);
	assert_int_equal(iflow_hwpt(&i, d, b, IOASIM_IOMMUFD_HWPT_PASID, &other), 0);
	assert_int_equal(iflow_hwpt(&i, d, a, 0, &bare), 0);
	assert_int_equal(iflow_attach(&i, d, for_pasid, 256), EINVAL);
	assert_int_equal(iflow_attach(&i, d, for_pasid, 0), EINVAL);
	assert_int_equal(iflow_attach(&i, d, 99, 0), EINVAL); /* T1: before the page table */
	assert_int_equal(iflow_attach(&i, d, bare, 3), EINVAL);
	assert_int_equal(iflow_attach(&i, d, a, 3), EINVAL);
	assert_int_equal(iflow_attach(&i, d, for_pasid, 3), 0);
	assert_int_equal(iflow_attach(&i, d, bare, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_attach(&i, d, other, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, 3, 0x1000, M);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M + 0x9000);
	FLOW_NO_ROUTE(flow, d, 4, 0x1000);
	/* Replacing one route leaves the other. */
	assert_int_equal(iflow_attach(&i, d, other, 3), 0);
	FLOW_REACHES(flow, d, 3, 0x1000, M + 0x9000);
	assert_int_equal(iflow_attach(&i, d, for_pasid, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M);
	assert_int_equal(iflow_attach(&i, d, bare, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_detach(&i, d, 3), 0);
	FLOW_NO_ROUTE(flow, d, 3, 0x1000);
	assert_int_equal(iflow_detach(&i, d, 3), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x1000, M);
	assert_int_equal(iflow_attach(&i, d, bare, IFLOW_NONE), 0);
}

/* ---- Page tables ------------------------------------------------------------------------------- */

static void u7_allocating_checks_in_order(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, 0, 8);
	struct ioasim_iommufd_hwpt_alloc arg = {.size = sizeof(arg), .reserved = 1};
	uint32_t ioas = iflow_ioas(&i), parent, plain_one;

	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), EOPNOTSUPP);
	arg.reserved = 0;
	arg.data_len = 8;
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), EINVAL);
	arg.data_len = 0;
	arg.data_type = 1;
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), EINVAL);
	arg.data_type = 0;
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), ENOENT);
	assert_int_equal(iflow_hwpt(&i, d, 55, 0, NULL), EINVAL);
	assert_int_equal(iflow_hwpt(&i, d, i.id[d], 0, NULL), EINVAL);
	assert_int_equal(iflow_hwpt(&i, d, ioas, 16, NULL), EOPNOTSUPP);
	assert_int_equal(iflow_hwpt(&i, d, ioas,
				    IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_FAULT_ID,
				    NULL),
			 EOPNOTSUPP);
	assert_int_equal(iflow_hwpt(&i, d, ioas, IOASIM_IOMMUFD_HWPT_FAULT_ID, NULL), ENOENT);
	/* T10: where both cannot stand on one RID. */
	assert_int_equal(iflow_hwpt(&i, d, ioas,
				    IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_PASID,
				    &parent),
			 flow_is(flow, "vtd") ? 0 : EOPNOTSUPP);
	assert_int_equal(iflow_hwpt(&i, d, ioas, IOASIM_IOMMUFD_HWPT_NEST_PARENT, &parent), 0);
	assert_int_equal(iflow_hwpt(&i, d, ioas, 0, &plain_one), 0);
	assert_int_equal(iflow_hwpt(&i, d, plain_one, 0, NULL), EOPNOTSUPP);
	assert_int_equal(iflow_map(&i, ioas, 0x3000, M, PAGE), 0);
	assert_int_equal(iflow_attach(&i, d, parent, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x3000, M);
	assert_int_equal(iflow_attach(&i, d, plain_one, IFLOW_NONE), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x3000, M);
	assert_int_equal(iflow_unmap(&i, ioas, 0x3000, PAGE), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_STAGE1);
}

/* A part of what was pinned can be unmapped by type1, and by nobody else. */
static void u15_type1_cuts_what_the_hardware_walks(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, ATS, 0);
	uint32_t ioas = iflow_ioas(&i);
	struct ioasim_iommufd_vfio_ioas set = {
		.size = sizeof(set), .ioas_id = ioas, .op = IOASIM_IOMMUFD_VFIO_IOAS_SET};
	struct ioasim_vfio_map map = {
		.argsz = sizeof(map), .flags = 3, .vaddr = M, .iova = 0x200000, .size = 0x400000};
	struct ioasim_vfio_unmap unmap = {.argsz = sizeof(unmap), .iova = 0x201000, .size = 0x2000};

	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_VFIO_IOAS, &set), 0);
	assert_int_equal(iflow_call(&i, IOASIM_VFIO_SET_IOMMU, (void *)IOASIM_VFIO_TYPE1), 0);
	assert_int_equal(iflow_attach(&i, d, ioas, IFLOW_NONE), 0);
	assert_int_equal(iflow_call(&i, IOASIM_VFIO_IOMMU_MAP_DMA, &map), 0);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x201000, M + 0x1000);
	assert_int_equal(iflow_call(&i, IOASIM_VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	assert_int_equal(unmap.size, 0x2000);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0x201000, IOASIM_CLASS_STAGE1);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0x202fff, IOASIM_CLASS_STAGE1);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x200fff, M + 0xfff);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x203000, M + 0x3000);
	FLOW_REACHES(flow, d, FLOW_NONE, 0x5ff000, M + 0x3ff000);
}

static void u5_no_descriptor_of_the_machine_is_a_file(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_iommufd_map_file arg = {.size = sizeof(arg),
					      .flags = IOASIM_IOMMUFD_MAP_READABLE,
					      .ioas_id = iflow_ioas(&i),
					      .fd = 77,
					      .length = PAGE};

	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EBADF);
	arg.fd = i.fd;
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EINVAL);
}

static void u5_s6_copies_keep_pages_that_their_process_gives_up(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned d = iflow_pdev(&i, 0x28, ATS, 0);
	uint32_t a = iflow_ioas(&i), b = iflow_ioas(&i), hwpt;
	struct ioasim_iommufd_copy copy = {
		.size = sizeof(copy),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE,
		.dst_ioas_id = b,
		.src_ioas_id = a,
		.length = PAGE,
		.dst_iova = 0x7000,
		.src_iova = 0x2000,
	};
	ioasim_pa_t page;

	assert_int_equal(iflow_map(&i, a, 0x1000, M, 4 * PAGE), 0);
	assert_int_equal(iflow_hwpt(&i, d, a, 0, &hwpt), 0);
	assert_int_equal(ioasim_process_page(flow->system, flow->process, M + PAGE, &page), 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, M, 4 * PAGE), 0);
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_IOAS_COPY, &copy), 0);
	assert_int_equal(iflow_attach(&i, d, b, IFLOW_NONE), 0);
	assert_int_equal(flow_dma(flow, d, FLOW_NONE, IOASIM_READ, 0x7000).pa, page);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_WRITE, 0x7000, IOASIM_CLASS_PERMISSION);
	assert_int_equal(iflow_unmap(&i, a, 0x1000, 4 * PAGE), 0);
	assert_int_equal(flow_dma(flow, d, FLOW_NONE, IOASIM_READ, 0x7000).pa, page);
	assert_int_equal(iflow_unmap(&i, b, 0x7000, PAGE), 0);
	FLOW_FAULTS(flow, d, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_STAGE1);
}

/* ---- Faults ------------------------------------------------------------------------------------ */

static uint32_t fault_queue(const struct iflow *i, int *fd)
{
	struct ioasim_iommufd_fault_alloc arg = {.size = sizeof(arg)};

	assert_int_equal(iflow_call(i, IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC, &arg), 0);
	*fd = (int)arg.out_fault_fd;
	return arg.out_fault_id;
}

static uint32_t hwpt_with_faults(const struct iflow *i, unsigned device, uint32_t ioas,
				 uint32_t queue)
{
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_HWPT_FAULT_ID,
		.dev_id = i->id[device],
		.pt_id = ioas,
		.fault_id = queue,
	};

	assert_int_equal(iflow_call(i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), 0);
	return arg.out_hwpt_id;
}

static void u12_faults_are_read_and_answered(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_system *system = flow->system;
	unsigned d = iflow_pdev(&i, 0x28, PRI, 0);
	uint32_t ioas = iflow_ioas(&i);
	struct ioasim_iommufd_pgfault fault[2];
	struct ioasim_iommufd_page_response response[2] = {{.code = 2}};
	struct ioasim_dma_result result;
	int fd;
	uint32_t queue = fault_queue(&i, &fd), hwpt;
	int process = flow->process;

	hwpt = hwpt_with_faults(&i, d, ioas, queue);
	assert_int_equal(iflow_destroy(&i, queue), EBUSY);
	assert_int_equal(iflow_attach(&i, d, hwpt, IFLOW_NONE), 0);
	assert_int_equal(ioasim_iommufd_poll(system, process, fd), IOASIM_IOMMUFD_POLL_OUT);
	assert_int_equal(ioasim_iommufd_read(system, process, fd, fault, sizeof(fault[0])), 0);
	result = flow_dma(flow, d, FLOW_NONE, IOASIM_WRITE, 0x5008);
	assert_int_equal(result.outcome, IOASIM_DMA_PENDING);
	assert_int_equal(ioasim_iommufd_poll(system, process, fd),
			 IOASIM_IOMMUFD_POLL_OUT | IOASIM_IOMMUFD_POLL_IN);
	assert_int_equal(ioasim_iommufd_read(system, process, fd, fault, 41), -ESPIPE);
	assert_int_equal(ioasim_iommufd_read(system, process, fd, fault, 0), -EINVAL);
	/* What was not read cannot be answered. */
	response[0] = (struct ioasim_iommufd_page_response){.cookie = 1};
	assert_int_equal(ioasim_iommufd_write(system, process, fd, response, 8), -EINVAL);
	assert_int_equal(ioasim_iommufd_read(system, process, fd, fault, sizeof(fault)), 40);
	assert_int_equal(fault[0].flags, IOASIM_IOMMUFD_PGFAULT_LAST_PAGE);
	assert_int_equal(fault[0].dev_id, i.id[d]);
	assert_int_equal(fault[0].addr, 0x5000);
	assert_true(fault[0].perm & IOASIM_IOMMUFD_PGFAULT_WRITE);
	assert_int_equal(fault[0].cookie, 1);
	assert_int_equal(ioasim_iommufd_write(system, process, fd, response, 7), -ESPIPE);
	response[0].code = 2;
	assert_int_equal(ioasim_iommufd_write(system, process, fd, response, 8), -EINVAL);
	assert_int_equal(iflow_map(&i, ioas, 0x5000, M, PAGE), 0);
	/* One is done before the other is found to be unknown. */
	response[0].code = IOASIM_IOMMUFD_RESPONSE_SUCCESS;
	response[1] = (struct ioasim_iommufd_page_response){.cookie = 9};
	assert_int_equal(ioasim_iommufd_write(system, process, fd, response, 16), 8);
	assert_int_equal(ioasim_iommufd_write(system, process, fd, response, 8), -EINVAL);
	assert_int_equal(ioasim_dma_retry(system, result.event, &result), 0);
	flow_reaches(flow, &result, M + 8);
	assert_int_equal(iflow_detach(&i, d, IFLOW_NONE), 0);
	assert_int_equal(iflow_destroy(&i, hwpt), 0);
	assert_int_equal(iflow_destroy(&i, queue), EBUSY);
	assert_int_equal(ioasim_close(system, process, fd), 0);
	assert_int_equal(iflow_destroy(&i, queue), 0);
}

static void u12_s11_the_end_of_a_route_answers_its_faults(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_system *system = flow->system;
	unsigned d = iflow_pdev(&i, 0x28, PRI, 0);
	uint32_t ioas = iflow_ioas(&i), other = iflow_ioas(&i), hwpt;
	struct ioasim_iommufd_page_response response = {.cookie = 1};
	struct ioasim_iommufd_pgfault fault;
	struct ioasim_dma_result first, second;
	int fd;
	uint32_t queue = fault_queue(&i, &fd);

	hwpt = hwpt_with_faults(&i, d, ioas, queue);
	assert_int_equal(iflow_attach(&i, d, hwpt, IFLOW_NONE), 0);
	first = flow_dma(flow, d, FLOW_NONE, IOASIM_READ, 0x1000);
	assert_int_equal(first.outcome, IOASIM_DMA_PENDING);
	assert_int_equal(ioasim_iommufd_read(system, flow->process, fd, &fault, 40), 40);
	second = flow_dma(flow, d, FLOW_NONE, IOASIM_READ, 0x2000);
	assert_int_equal(second.outcome, IOASIM_DMA_PENDING);
	/* Read and not, replaced and detached. */
	assert_int_equal(iflow_attach(&i, d, other, IFLOW_NONE), 0);
	assert_int_equal(ioasim_iommufd_write(system, flow->process, fd, &response, 8), -EINVAL);
	assert_int_equal(ioasim_iommufd_read(system, flow->process, fd, &fault, 40), 0);
	assert_int_equal(ioasim_dma_retry(system, first.event, &first), 0);
	assert_int_equal(first.class, IOASIM_CLASS_INVALID);
	assert_int_equal(ioasim_dma_retry(system, second.event, &second), 0);
	assert_int_equal(second.class, IOASIM_CLASS_INVALID);
	assert_int_equal(iflow_attach(&i, d, hwpt, IFLOW_NONE), 0);
	first = flow_dma(flow, d, FLOW_NONE, IOASIM_READ, 0x1000);
	assert_int_equal(first.outcome, IOASIM_DMA_PENDING);
	assert_int_equal(ioasim_close(system, flow->process, flow->device_fd[d]), 0);
	assert_int_equal(ioasim_iommufd_poll(system, flow->process, fd), IOASIM_IOMMUFD_POLL_OUT);
	assert_int_equal(ioasim_dma_retry(system, first.event, &first), 0);
	assert_int_equal(first.class, IOASIM_CLASS_INVALID);
}

static void u9_a_vf_that_asks_for_pages_cannot_have_faults(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_device_config config = plain;
	uint32_t ioas = iflow_ioas(&i), queue, hwpt;
	unsigned pf = iflow_pdev(&i, 0x50, 0, 0), vf;
	int fd;

	config.pf = flow->device[pf];
	config.capabilities = PRI;
	vf = iflow_add(&i, &config);
	assert_int_equal(iflow_bind(&i, vf, i.fd), 0);
	queue = fault_queue(&i, &fd);
	hwpt = hwpt_with_faults(&i, vf, ioas, queue);
	assert_int_equal(iflow_attach(&i, vf, hwpt, IFLOW_NONE), EINVAL);
	assert_int_equal(iflow_attach(&i, pf, hwpt, IFLOW_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u10_binding_checks_in_order),
		FLOW_TESTS(u10_b3_a_bound_device_is_blocked_until_it_is_attached),
		FLOW_TESTS(u1_a_closed_iommufd_lives_as_long_as_its_devices),
		FLOW_TESTS(u9_attaching_checks_in_order),
		FLOW_TESTS(u9_t18_attaching_again_replaces_in_one_step),
		FLOW_TESTS(u9_r2_r3_a_group_walks_one_table),
		FLOW_TESTS(u9_pasids_need_page_tables_made_for_them),
		FLOW_TESTS(u7_allocating_checks_in_order),
		FLOW_TESTS(u15_type1_cuts_what_the_hardware_walks),
		FLOW_TEST_VTD(u5_no_descriptor_of_the_machine_is_a_file),
		FLOW_TESTS(u5_s6_copies_keep_pages_that_their_process_gives_up),
		FLOW_TESTS(u12_faults_are_read_and_answered),
		FLOW_TESTS(u12_s11_the_end_of_a_route_answers_its_faults),
		FLOW_TESTS(u9_a_vf_that_asks_for_pages_cannot_have_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
