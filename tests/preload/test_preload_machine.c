/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with devices: nodes of the machine that IOASIM_MACHINE names, whose DMA goes
 * through tables and caches of its IOMMU to this program's own memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <ioasim/iommufd.h>
#include <ioasim/preload.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define PAGE 4096u
#define IOVA UINT64_C(0x100000)

#define NET   "/dev/vfio/devices/vfio0"
#define ACCEL "/dev/vfio/devices/vfio1"

#define assert_errno(call, number)               \
	do {                                     \
		errno = 0;                       \
		assert_int_equal(call, -1);      \
		assert_int_equal(errno, number); \
	} while (0)

static int opened(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int bind_to(int device, int iommufd, uint32_t *id)
{
	struct ioasim_vfio_bind call = {.argsz = sizeof(call), .iommufd = iommufd};
	int result = ioctl(device, IOASIM_VFIO_BIND_IOMMUFD, &call);

	assert_int_equal(call.iommufd, iommufd);
	if (id)
		*id = call.out_devid;
	return result;
}

static uint32_t alloc_ioas(int fd)
{
	struct ioasim_iommufd_ioas_alloc call = {.size = sizeof(call)};

	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, &call), 0);
	return call.out_ioas_id;
}

static int attach(int device, uint32_t pt, uint32_t pasid)
{
	struct ioasim_vfio_attach call = {
		.argsz = sizeof(call),
		.flags = pasid ? IOASIM_VFIO_ATTACH_PASID : 0u,
		.pt_id = pt,
		.pasid = pasid,
	};

	return ioctl(device, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &call);
}

static int map(int fd, uint32_t ioas, void *memory, uint64_t length, bool write)
{
	struct ioasim_iommufd_map call = {
		.size = sizeof(call),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE |
			 (write ? IOASIM_IOMMUFD_MAP_WRITEABLE : 0u),
		.ioas_id = ioas,
		.user_va = (uint64_t)(uintptr_t)memory,
		.length = length,
		.iova = IOVA,
	};

	return ioctl(fd, IOASIM_IOMMUFD_IOAS_MAP, &call);
}

static int unmap(int fd, uint32_t ioas, uint64_t length)
{
	struct ioasim_iommufd_unmap call = {
		.size = sizeof(call), .ioas_id = ioas, .iova = IOVA, .length = length};

	return ioctl(fd, IOASIM_IOMMUFD_IOAS_UNMAP, &call);
}

/* What a DMA of the device came to; `data` goes to memory, or comes from it. */
static struct ioasim_preload_dma dma(int device, uint32_t flags, uint32_t pasid, uint64_t address,
				     char data[8])
{
	struct ioasim_preload_dma call = {
		.size = sizeof(call),
		.flags = flags | (pasid ? IOASIM_PRELOAD_PASID : 0u),
		.pasid = pasid,
		.length = 8,
		.address = address,
		.buffer = (uint64_t)(uintptr_t)data,
	};

	assert_int_equal(ioctl(device, IOASIM_PRELOAD_DMA, &call), 0);
	assert_int_equal(call.out_broken, 0);
	return call;
}

static char *pages(unsigned count)
{
	void *memory = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

/* ---- Nodes ------------------------------------------------------------------------------ */

static void nodes_are_the_machines_devices(void **state)
{
	int net = opened(NET), accel = opened(ACCEL);

	(void)state;
	assert_errno(open("/dev/vfio/devices/vfio2", O_RDWR), ENOENT);
	assert_errno(open(NET, O_RDWR), EBUSY);
	assert_int_equal(close(net), 0);
	net = opened(NET);
	close(net);
	close(accel);
}

static void binding_names_a_descriptor_of_the_program(void **state)
{
	int net = opened(NET), iommufd = opened("/dev/iommu"), other = open("/dev/null", O_RDWR);
	int copy = fcntl(iommufd, F_DUPFD, 300);

	(void)state;
	assert_errno(bind_to(net, -1, NULL), EINVAL);
	assert_errno(bind_to(net, 299, NULL), EBADF);
	assert_errno(bind_to(net, other, NULL), EBADFD);
	assert_errno(bind_to(net, net, NULL), EBADFD);
	assert_int_equal(bind_to(net, copy, NULL), 0);
	assert_errno(bind_to(net, iommufd, NULL), EINVAL);
	close(copy);
	close(other);
	close(net);
	close(iommufd);
}

/* ---- DMA -------------------------------------------------------------------------------- */

static void dma_reaches_the_programs_memory(void **state)
{
	char *memory = pages(2), data[8] = "seven";
	int net = opened(NET), iommufd = opened("/dev/iommu");
	struct ioasim_preload_dma done;
	uint32_t ioas;

	(void)state;
	assert_int_equal(bind_to(net, iommufd, NULL), 0);
	ioas = alloc_ioas(iommufd);
	assert_int_equal(map(iommufd, ioas, memory, 2 * PAGE, true), 0);
	done = dma(net, IOASIM_PRELOAD_WRITE, 0, IOVA, data);
	assert_int_equal(done.out_outcome, IOASIM_PRELOAD_FAULT);
	assert_int_equal(done.out_class, IOASIM_CLASS_BLOCKED);
	assert_int_equal(attach(net, ioas, 0), 0);

	done = dma(net, IOASIM_PRELOAD_WRITE, 0, IOVA + PAGE + 16, data);
	assert_int_equal(done.out_outcome, IOASIM_PRELOAD_DONE);
	assert_int_equal(done.out_page, (uint64_t)(uintptr_t)(memory + PAGE + 16));
	assert_string_equal(memory + PAGE + 16, "seven");
	strcpy(memory, "eight");
	assert_int_equal(dma(net, 0, 0, IOVA, data).out_outcome, IOASIM_PRELOAD_DONE);
	assert_string_equal(data, "eight");

	assert_int_equal(unmap(iommufd, ioas, 2 * PAGE), 0);
	done = dma(net, IOASIM_PRELOAD_WRITE, 0, IOVA, data);
	assert_int_equal(done.out_outcome, IOASIM_PRELOAD_FAULT);
	assert_int_equal(done.out_class, IOASIM_CLASS_STAGE1);
	close(net);
	close(iommufd);
	munmap(memory, 2 * PAGE);
}

static void dma_writes_only_what_is_mapped_for_it(void **state)
{
	char *memory = pages(1), data[8] = "";
	int net = opened(NET), iommufd = opened("/dev/iommu");
	struct ioasim_preload_dma done, bad = {.size = sizeof(bad), .length = 8};
	uint32_t ioas;

	(void)state;
	assert_int_equal(bind_to(net, iommufd, NULL), 0);
	ioas = alloc_ioas(iommufd);
	assert_int_equal(attach(net, ioas, 0), 0);
	assert_int_equal(mprotect(memory, PAGE, PROT_READ), 0);
	assert_errno(map(iommufd, ioas, memory, PAGE, true), EFAULT);
	assert_int_equal(map(iommufd, ioas, memory, PAGE, false), 0);
	assert_int_equal(dma(net, 0, 0, IOVA, data).out_outcome, IOASIM_PRELOAD_DONE);
	done = dma(net, IOASIM_PRELOAD_WRITE, 0, IOVA, data);
	assert_int_equal(done.out_outcome, IOASIM_PRELOAD_FAULT);
	assert_int_equal(done.out_class, IOASIM_CLASS_PERMISSION);

	bad.address = IOVA + PAGE - 4;
	assert_errno(ioctl(net, IOASIM_PRELOAD_DMA, &bad), EINVAL);
	bad.address = IOVA;
	assert_errno(ioctl(net, IOASIM_PRELOAD_DMA, &bad), EFAULT);
	assert_errno(ioctl(iommufd, IOASIM_PRELOAD_DMA, &bad), ENOTTY);
	close(net);
	close(iommufd);
	munmap(memory, PAGE);
}

static void a_pasid_has_a_route_of_its_own(void **state)
{
	char *memory = pages(1), data[8] = "nine";
	int accel = opened(ACCEL), iommufd = opened("/dev/iommu");
	struct ioasim_iommufd_hwpt_alloc hwpt = {.size = sizeof(hwpt),
						 .flags = IOASIM_IOMMUFD_HWPT_PASID};
	uint32_t ioas;

	(void)state;
	assert_int_equal(bind_to(accel, iommufd, &hwpt.dev_id), 0);
	hwpt.pt_id = ioas = alloc_ioas(iommufd);
	assert_int_equal(map(iommufd, ioas, memory, PAGE, true), 0);
	assert_int_equal(ioctl(iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt), 0);
	assert_int_equal(attach(accel, hwpt.out_hwpt_id, 7), 0);
	assert_int_equal(dma(accel, IOASIM_PRELOAD_WRITE, 7, IOVA, data).out_outcome,
			 IOASIM_PRELOAD_DONE);
	assert_string_equal(memory, "nine");
	assert_int_equal(dma(accel, 0, 8, IOVA, data).out_outcome, IOASIM_PRELOAD_FAULT);
	assert_int_equal(dma(accel, 0, 0, IOVA, data).out_outcome, IOASIM_PRELOAD_FAULT);
	close(accel);
	close(iommufd);
	munmap(memory, PAGE);
}

/* ---- Queues ------------------------------------------------------------------------------ */

static void a_fault_queue_is_a_descriptor(void **state)
{
	struct ioasim_iommufd_fault_alloc call = {.size = sizeof(call)};
	struct ioasim_iommufd_pgfault fault;
	int iommufd = opened("/dev/iommu");
	struct pollfd ready = {.events = POLLIN};

	(void)state;
	assert_int_equal(ioctl(iommufd, IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC, &call), 0);
	ready.fd = (int)call.out_fault_fd;
	assert_int_equal(poll(&ready, 1, 0), 0);
	assert_int_equal(read(ready.fd, &fault, sizeof(fault)), 0);
	assert_errno(read(ready.fd, &fault, 39), ESPIPE);
	assert_errno(write(ready.fd, &fault, 7), ESPIPE);
	assert_int_equal(close(ready.fd), 0);
	close(iommufd);
}

static void the_machine_tells_its_iommu(void **state)
{
	struct ioasim_iommufd_hw_info call = {.size = sizeof(call)};
	int net = opened(NET), iommufd = opened("/dev/iommu");

	(void)state;
	assert_int_equal(bind_to(net, iommufd, &call.dev_id), 0);
	assert_int_equal(ioctl(iommufd, IOASIM_IOMMUFD_GET_HW_INFO, &call), 0);
	if (strstr(getenv("IOASIM_MACHINE"), "vtd"))
		assert_int_equal(call.data_type, IOASIM_IOMMUFD_HW_INFO_VTD);
	else if (strstr(getenv("IOASIM_MACHINE"), "smmuv3"))
		assert_int_equal(call.data_type, IOASIM_IOMMUFD_HW_INFO_SMMUV3);
	else
		assert_int_equal(call.data_type, IOASIM_IOMMUFD_HW_INFO_AMD);
	close(net);
	close(iommufd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_are_the_machines_devices),
		cmocka_unit_test(binding_names_a_descriptor_of_the_program),
		cmocka_unit_test(dma_reaches_the_programs_memory),
		cmocka_unit_test(dma_writes_only_what_is_mapped_for_it),
		cmocka_unit_test(a_pasid_has_a_route_of_its_own),
		cmocka_unit_test(a_fault_queue_is_a_descriptor),
		cmocka_unit_test(the_machine_tells_its_iommu),
	};

	return cmocka_run_group_tests_name("preload_machine", tests, NULL, NULL);
}
