/* SPDX-License-Identifier: Apache-2.0 */
#include "iofd_flow.h"

struct iflow iflow_open(struct flow *flow)
{
	struct iflow i = {.flow = flow, .fd = ioasim_iommufd_open(flow->system, flow->process)};

	assert_true(i.fd >= 0);
	return i;
}

int iflow_call(const struct iflow *i, uint32_t request, void *argument)
{
	return -ioasim_iommufd_ioctl(i->flow->system, i->flow->process, i->fd, request, argument);
}

int iflow_device_call(const struct iflow *i, unsigned device, uint32_t request, void *argument)
{
	return -ioasim_iommufd_ioctl(i->flow->system, i->flow->process, i->flow->device_fd[device],
				     request, argument);
}

unsigned iflow_add(struct iflow *i, const struct ioasim_device_config *config)
{
	struct flow *flow = i->flow;
	unsigned n = flow->devices++;

	assert_true(n < FLOW_DEVICES);
	flow->device[n] = ioasim_device_add(flow->system, config);
	assert_true(flow->device[n] >= 0);
	flow->device_fd[n] = ioasim_open_device(flow->system, flow->process, flow->device[n]);
	assert_true(flow->device_fd[n] >= 0);
	return n;
}

int iflow_bind(struct iflow *i, unsigned device, int fd)
{
	struct ioasim_vfio_bind arg = {.argsz = sizeof(arg), .iommufd = fd};
	int error = iflow_device_call(i, device, IOASIM_VFIO_BIND_IOMMUFD, &arg);

	if (!error)
		i->id[device] = arg.out_devid;
	return error;
}

unsigned iflow_pdev(struct iflow *i, uint32_t rid, uint32_t capabilities, unsigned pasid_bits)
{
	const struct ioasim_device_config config = {
		.requester_id = rid,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
		.capabilities = capabilities,
		.pasid_bits = pasid_bits,
	};
	unsigned n = iflow_add(i, &config);

	assert_int_equal(iflow_bind(i, n, i->fd), 0);
	return n;
}

uint32_t iflow_ioas(const struct iflow *i)
{
	struct ioasim_iommufd_ioas_alloc arg = {.size = sizeof(arg)};

	assert_int_equal(iflow_call(i, IOASIM_IOMMUFD_IOAS_ALLOC, &arg), 0);
	return arg.out_ioas_id;
}

int iflow_map_flags(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t vaddr,
		    uint64_t length, uint32_t flags)
{
	struct ioasim_iommufd_map arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | flags,
		.ioas_id = ioas,
		.user_va = vaddr,
		.length = length,
		.iova = iova,
	};

	return iflow_call(i, IOASIM_IOMMUFD_IOAS_MAP, &arg);
}

int iflow_map(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t vaddr, uint64_t length)
{
	return iflow_map_flags(i, ioas, iova, vaddr, length,
			       IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_WRITEABLE);
}

int iflow_unmap(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t length)
{
	struct ioasim_iommufd_unmap arg = {
		.size = sizeof(arg), .ioas_id = ioas, .iova = iova, .length = length};

	return iflow_call(i, IOASIM_IOMMUFD_IOAS_UNMAP, &arg);
}

int iflow_hwpt(const struct iflow *i, unsigned device, uint32_t pt, uint32_t flags, uint32_t *hwpt)
{
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg), .flags = flags, .dev_id = i->id[device], .pt_id = pt};
	int error = iflow_call(i, IOASIM_IOMMUFD_HWPT_ALLOC, &arg);

	if (hwpt)
		*hwpt = arg.out_hwpt_id;
	return error;
}

int iflow_destroy(const struct iflow *i, uint32_t number)
{
	struct ioasim_iommufd_destroy arg = {.size = sizeof(arg), .id = number};

	return iflow_call(i, IOASIM_IOMMUFD_DESTROY, &arg);
}

int iflow_attach(const struct iflow *i, unsigned device, uint32_t pt, uint32_t pasid)
{
	struct ioasim_vfio_attach arg = {.argsz = sizeof(arg), .pt_id = pt};

	if (pasid != IFLOW_NONE) {
		arg.flags = IOASIM_VFIO_ATTACH_PASID;
		arg.pasid = pasid;
	}
	return iflow_device_call(i, device, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &arg);
}

int iflow_detach(const struct iflow *i, unsigned device, uint32_t pasid)
{
	struct ioasim_vfio_detach arg = {.argsz = sizeof(arg)};

	if (pasid != IFLOW_NONE) {
		arg.flags = IOASIM_VFIO_ATTACH_PASID;
		arg.pasid = pasid;
	}
	return iflow_device_call(i, device, IOASIM_VFIO_DETACH_IOMMUFD_PT, &arg);
}

uint64_t iflow_capabilities(const struct iflow *i, unsigned device)
{
	struct ioasim_iommufd_hw_info arg = {.size = sizeof(arg), .dev_id = i->id[device]};

	assert_int_equal(iflow_call(i, IOASIM_IOMMUFD_GET_HW_INFO, &arg), 0);
	return arg.out_capabilities;
}

/* ---- What was written --------------------------------------------------------------------- */

#define PAGE UINT64_C(0x1000)
/* A word at the end of the process's memory. */
#define BITMAP (FLOW_MEMORY + FLOW_MEMORY_SIZE - 8)

int iflow_track(const struct iflow *i, uint32_t hwpt, bool enable)
{
	struct ioasim_iommufd_set_dirty arg = {
		.size = sizeof(arg), .flags = enable, .hwpt_id = hwpt};

	return iflow_call(i, IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, &arg);
}

int iflow_written(const struct iflow *i, uint32_t hwpt, uint32_t flags, uint64_t iova,
		  unsigned pages, uint64_t *bits)
{
	struct ioasim_iommufd_get_dirty arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.flags = flags,
		.iova = iova,
		.length = pages * PAGE,
		.page_size = PAGE,
		.data = BITMAP,
	};
	unsigned char bytes[8] = {0};
	int error;

	assert_true(pages <= 64);
	assert_int_equal(ioasim_process_write(i->flow->system, i->flow->process, BITMAP, bytes,
					      sizeof(bytes)),
			 0);
	error = iflow_call(i, IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, &arg);
	assert_int_equal(ioasim_process_read(i->flow->system, i->flow->process, BITMAP, bytes,
					     sizeof(bytes)),
			 0);
	/* Bit n is bit n % 8 of byte n / 8. */
	*bits = 0;
	for (unsigned n = 0; n < 64; n++)
		*bits |= (uint64_t)(bytes[n / 8] >> n % 8 & 1) << n;
	return error;
}

/* ---- Software mdevs ------------------------------------------------------------------------ */

/* A parent that its driver has, not bound. */
unsigned iflow_parent(struct iflow *i)
{
	const struct ioasim_device_config config = {
		.requester_id = 0x48,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
		.pasid_bits = 16,
	};

	return iflow_add(i, &config);
}

unsigned iflow_mdev(struct iflow *i, unsigned parent, bool software)
{
	const struct ioasim_device_config config = {
		.parent = i->flow->device[parent],
		.pf = IOASIM_NO_DEVICE,
		.software = software,
		.group = IOASIM_GROUP_OWN,
		/* No IOMMU is asked about a software one. */
		.capabilities = IOASIM_DEVICE_NO_SNOOP | IOASIM_DEVICE_NOT_COHERENT,
		.pasid_bits = 8,
	};

	return iflow_add(i, &config);
}

/* A bound one. */
unsigned iflow_mdev_bound(struct iflow *i)
{
	unsigned mdev = iflow_mdev(i, iflow_parent(i), true);

	assert_int_equal(iflow_bind(i, mdev, i->fd), 0);
	return mdev;
}

/* A bound one, on an IOAS with pages 0 to 3 of the process at IOVA. */
uint32_t iflow_mdev_attached(struct iflow *i, unsigned *mdev)
{
	uint32_t ioas = iflow_ioas(i);

	*mdev = iflow_mdev_bound(i);
	assert_int_equal(iflow_map(i, ioas, IFLOW_IOVA, FLOW_MEMORY, 4 * UINT64_C(4096)), 0);
	assert_int_equal(iflow_attach(i, *mdev, ioas, IFLOW_NONE), 0);
	return ioas;
}

int iflow_pin(const struct iflow *i, unsigned mdev, uint64_t iova, uint64_t bytes, bool write)
{
	return -ioasim_iommufd_pin(i->flow->system, i->flow->device[mdev], iova, bytes, write,
				   NULL);
}

int iflow_unpin(const struct iflow *i, unsigned mdev, uint64_t iova, uint64_t bytes)
{
	return -ioasim_iommufd_unpin(i->flow->system, i->flow->device[mdev], iova, bytes);
}

int iflow_rw(const struct iflow *i, unsigned mdev, uint64_t iova, void *data, size_t bytes,
	     bool write)
{
	return -ioasim_iommufd_rw(i->flow->system, i->flow->device[mdev], iova, data, bytes, write);
}
