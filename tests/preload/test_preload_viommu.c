/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual IOMMUs, their events, queues and pages, and PASIDs, as a program meets them
 * behind the mock IOMMU (U9, U11, U12). It is linked with nothing of the project.
 */
#include "test_cmd.h"

#include <errno.h>
#include <fcntl.h>
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

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define PAGE UINT64_C(4096)
#define IOVA (UINT64_C(1) << 24)
/* Of the mock IOMMU: preload/mock.h. */
#define MOCK_TYPE  0xdeadbeefu
#define MOCK_EVENT 0xbeefbeefu
#define MOCK_CACHE 0xbaddadu
#define MOCK_PASID 4u

#define assert_errno(call, number)               \
	do {                                     \
		errno = 0;                       \
		assert_int_equal(call, -1);      \
		assert_int_equal(errno, number); \
	} while (0)

struct vfio_like {
	int fd;
	uint32_t ioas, mock, device, parent, viommu;
};

static int test_op(int fd, enum test_op op, struct test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	return ioctl(fd, TEST_CMD_NUMBER, cmd);
}

static int destroy(int fd, uint32_t id)
{
	struct ioasim_iommufd_destroy call = {.size = sizeof(call), .id = id};

	return ioctl(fd, IOASIM_IOMMUFD_DESTROY, &call);
}

/* A mock device on an IOAS, and a page table that can be a parent. */
static struct vfio_like begin(uint32_t flags)
{
	struct vfio_like v = {.fd = open("/dev/iommu", O_RDWR)};
	struct ioasim_iommufd_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioasim_iommufd_hwpt_alloc hwpt = {.size = sizeof(hwpt),
						 .flags = IOASIM_IOMMUFD_HWPT_NEST_PARENT};
	struct test_cmd cmd = {.mock_domain = {.flags = flags}};

	assert_true(v.fd >= 0);
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_IOAS_ALLOC, &ioas), 0);
	v.ioas = cmd.id = hwpt.pt_id = ioas.out_ioas_id;
	assert_int_equal(test_op(v.fd, TEST_MOCK_DOMAIN_FLAGS, &cmd), 0);
	v.mock = cmd.mock_domain.out_mock;
	v.device = hwpt.dev_id = cmd.mock_domain.out_device;
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt), 0);
	v.parent = hwpt.out_hwpt_id;
	return v;
}

static int viommu_alloc(struct vfio_like *v, void *data, uint32_t length)
{
	struct ioasim_iommufd_viommu_alloc call = {.size = sizeof(call),
						   .type = MOCK_TYPE,
						   .dev_id = v->device,
						   .hwpt_id = v->parent,
						   .data = (uint64_t)(uintptr_t)data,
						   .data_len = length};
	int status = ioctl(v->fd, IOASIM_IOMMUFD_VIOMMU_ALLOC, &call);

	v->viommu = call.out_viommu_id;
	return status;
}

static int vdevice_alloc(const struct vfio_like *v, uint64_t number, uint32_t *id)
{
	struct ioasim_iommufd_vdevice_alloc call = {.size = sizeof(call),
						    .viommu_id = v->viommu,
						    .dev_id = v->device,
						    .virt_id = number};
	int status = ioctl(v->fd, IOASIM_IOMMUFD_VDEVICE_ALLOC, &call);

	*id = call.out_vdevice_id;
	return status;
}

static uint32_t nested(const struct vfio_like *v)
{
	const uint32_t word = 7;
	struct ioasim_iommufd_hwpt_alloc call = {.size = sizeof(call),
						 .dev_id = v->device,
						 .pt_id = v->viommu,
						 .data_type = 0xdead,
						 .data = (uint64_t)(uintptr_t)&word,
						 .data_len = sizeof(word)};

	assert_int_equal(ioctl(v->fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), 0);
	return call.out_hwpt_id;
}

static int replace(const struct vfio_like *v, uint32_t pt)
{
	struct test_cmd cmd = {.id = v->mock, .replace = {pt}};

	return test_op(v->fd, TEST_MOCK_DOMAIN_REPLACE, &cmd);
}

static int cache_word(const struct vfio_like *v, uint32_t word, uint32_t value)
{
	struct test_cmd cmd = {.id = v->device, .check_tlb = {word, value}};

	return test_op(v->fd, TEST_CHECK_CACHE, &cmd);
}

/* ---- Caches and events -------------------------------------------------------------------- */

static void u8_a_guests_commands_reach_the_devices_cache(void **state)
{
	const uint32_t commands[3][3] = {{0, 0x99, 2}, {0, 0x98, 1}, {1, 0x99, 0}};
	struct vfio_like v = begin(0);
	struct ioasim_iommufd_invalidate call = {.size = sizeof(call),
						 .data = (uint64_t)(uintptr_t)commands,
						 .data_type = MOCK_TYPE,
						 .entry_len = sizeof(commands[0]),
						 .entry_num = 3};
	uint32_t vdevice;

	(void)state;
	assert_int_equal(viommu_alloc(&v, NULL, 0), 0);
	assert_int_equal(vdevice_alloc(&v, 0x99, &vdevice), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(cache_word(&v, i, MOCK_CACHE), 0);
	assert_errno(cache_word(&v, 4, MOCK_CACHE), EINVAL);
	/* The second names a device that the guest has not. */
	call.hwpt_id = v.viommu;
	assert_errno(ioctl(v.fd, IOASIM_IOMMUFD_HWPT_INVALIDATE, &call), EINVAL);
	assert_int_equal(call.entry_num, 1);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(cache_word(&v, i, i == 2 ? 0 : MOCK_CACHE), 0);
	call.data = (uint64_t)(uintptr_t)commands[2];
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_HWPT_INVALIDATE, &call), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(cache_word(&v, i, 0), 0);
	call.entry_len = 8;
	assert_errno(ioctl(v.fd, IOASIM_IOMMUFD_HWPT_INVALIDATE, &call), EINVAL);
	assert_int_equal(call.entry_num, 0);
	close(v.fd);
}

static void u11_u12_events_carry_the_guests_number(void **state)
{
	struct vfio_like v = begin(0);
	struct ioasim_iommufd_veventq_alloc queue = {
		.size = sizeof(queue), .type = MOCK_EVENT, .depth = 2};
	struct {
		struct ioasim_iommufd_vevent_header header;
		uint32_t number;
	} event = {.number = 0};
	struct test_cmd cmd = {.event = {v.device}};
	uint32_t vdevice;

	(void)state;
	assert_int_equal(viommu_alloc(&v, NULL, 0), 0);
	queue.viommu_id = v.viommu;
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_VEVENTQ_ALLOC, &queue), 0);
	assert_errno(ioctl(v.fd, IOASIM_IOMMUFD_VEVENTQ_ALLOC, &queue), EEXIST);
	/* Its requests do not go through the vIOMMU yet; and cannot without a vDEVICE. */
	assert_errno(test_op(v.fd, TEST_TRIGGER_EVENT, &cmd), ENOENT);
	assert_errno(replace(&v, nested(&v)), ENOENT);
	assert_int_equal(vdevice_alloc(&v, 0x1234, &vdevice), 0);
	assert_int_equal(replace(&v, nested(&v)), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(test_op(v.fd, TEST_TRIGGER_EVENT, &cmd), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(read((int)queue.out_veventq_fd, &event, sizeof(event)),
				 sizeof(event));
		assert_int_equal(event.header.flags, 0);
		assert_int_equal(event.header.sequence, i);
		assert_int_equal(event.number, 0x1234);
	}
	/* The third did not fit. */
	assert_int_equal(read((int)queue.out_veventq_fd, &event, sizeof(event)),
			 sizeof(event.header));
	assert_int_equal(event.header.flags, IOASIM_IOMMUFD_VEVENT_LOST);
	/* Off the vIOMMU there are none. */
	assert_int_equal(replace(&v, v.ioas), 0);
	assert_errno(test_op(v.fd, TEST_TRIGGER_EVENT, &cmd), ENOENT);
	close((int)queue.out_veventq_fd);
	close(v.fd);
}

/* ---- Pages and queues of hardware ------------------------------------------------------------ */

static void u11_a_page_of_the_viommu_is_mapped_and_holds_it(void **state)
{
	struct {
		uint32_t in, out;
		uint64_t offset, length;
	} data = {.in = 0x5eed};
	struct vfio_like v = begin(0);
	volatile uint32_t *page, *again;
	off_t offset;

	(void)state;
	/* It knows no mremap() of length 0, by which the library makes a view of a page. */
	if (RUNNING_ON_VALGRIND)
		skip();
	assert_errno(viommu_alloc(&v, &data, 7), EINVAL);
	assert_int_equal(viommu_alloc(&v, &data, sizeof(data)), 0);
	assert_int_equal(data.out, 0x5eed);
	offset = (off_t)data.offset;
	assert_ptr_equal(mmap(NULL, data.length, PROT_READ, MAP_PRIVATE, v.fd, offset), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, data.length, PROT_EXEC, MAP_SHARED, v.fd, offset), MAP_FAILED);
	assert_int_equal(errno, EPERM);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, offset), MAP_FAILED);
	assert_int_equal(errno, ENXIO);
	assert_ptr_equal(mmap(NULL, data.length, PROT_READ, MAP_SHARED, v.fd, offset + 4096),
			 MAP_FAILED);
	assert_int_equal(errno, ENXIO);
	page = mmap(NULL, data.length, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, offset);
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(page[0], 0x5eed);
	again = mmap(NULL, data.length, PROT_READ, MAP_SHARED, v.fd, offset);
	assert_ptr_not_equal(again, MAP_FAILED);
	page[1] = 99; /* both show one page */
	assert_int_equal(again[1], 99);
	assert_errno(destroy(v.fd, v.viommu), EBUSY);
	assert_int_equal(munmap((void *)page, data.length), 0);
	assert_errno(destroy(v.fd, v.viommu), EBUSY);
	assert_int_equal(again[1], 99);
	assert_int_equal(munmap((void *)again, data.length), 0);
	assert_int_equal(destroy(v.fd, v.viommu), 0);
	close(v.fd);
}

static int queue_alloc(const struct vfio_like *v, uint32_t index, uint64_t iova, uint32_t *id)
{
	struct ioasim_iommufd_hw_queue_alloc call = {.size = sizeof(call),
						     .viommu_id = v->viommu,
						     .type = MOCK_TYPE,
						     .index = index,
						     .nesting_parent_iova = iova,
						     .length = PAGE};
	int status = ioctl(v->fd, IOASIM_IOMMUFD_HW_QUEUE_ALLOC, &call);

	*id = call.out_hw_queue_id;
	return status;
}

static void u11_u4_queues_of_hardware_come_and_go_in_order(void **state)
{
	struct vfio_like v = begin(0);
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ioasim_iommufd_map map = {.size = sizeof(map),
					 .flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA |
						  IOASIM_IOMMUFD_MAP_READABLE |
						  IOASIM_IOMMUFD_MAP_WRITEABLE,
					 .ioas_id = v.ioas,
					 .user_va = (uint64_t)(uintptr_t)memory,
					 .length = PAGE,
					 .iova = IOVA};
	struct ioasim_iommufd_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = v.ioas, .iova = IOVA, .length = PAGE};
	uint32_t first, second, none;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(viommu_alloc(&v, NULL, 0), 0);
	assert_errno(queue_alloc(&v, 0, IOVA, &none), ENOENT);
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_IOAS_MAP, &map), 0);
	assert_errno(queue_alloc(&v, 1, IOVA, &none), EIO);
	assert_errno(queue_alloc(&v, 2, IOVA, &none), EINVAL);
	assert_int_equal(queue_alloc(&v, 0, IOVA, &first), 0);
	assert_errno(queue_alloc(&v, 0, IOVA, &none), EEXIST);
	assert_int_equal(queue_alloc(&v, 1, IOVA, &second), 0);
	assert_errno(ioctl(v.fd, IOASIM_IOMMUFD_IOAS_UNMAP, &unmap), EBUSY);
	assert_errno(destroy(v.fd, first), EBUSY);
	assert_int_equal(destroy(v.fd, second), 0);
	assert_int_equal(destroy(v.fd, first), 0);
	assert_int_equal(ioctl(v.fd, IOASIM_IOMMUFD_IOAS_UNMAP, &unmap), 0);
	munmap(memory, PAGE);
	close(v.fd);
}

/* ---- PASIDs ----------------------------------------------------------------------------------- */

static int pasid_op(const struct vfio_like *v, enum test_op op, uint32_t pasid, uint32_t pt)
{
	struct test_cmd cmd = {.id = v->mock, .pasid = {pasid, pt}};

	return test_op(v->fd, op, &cmd);
}

static uint32_t pasid_table(const struct vfio_like *v)
{
	struct ioasim_iommufd_hwpt_alloc call = {.size = sizeof(call),
						 .flags = IOASIM_IOMMUFD_HWPT_PASID,
						 .dev_id = v->device,
						 .pt_id = v->ioas};

	assert_int_equal(ioctl(v->fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), 0);
	return call.out_hwpt_id;
}

static void u9_pasids_are_attached_replaced_and_detached(void **state)
{
	struct vfio_like v = begin(MOCK_PASID);
	uint32_t one = pasid_table(&v), two = pasid_table(&v);

	(void)state;
	/* On and beside tables for PASIDs only. */
	assert_errno(pasid_op(&v, TEST_PASID_ATTACH, 5, v.parent), EINVAL);
	assert_errno(pasid_op(&v, TEST_PASID_ATTACH, 5, one), EINVAL);
	assert_int_equal(replace(&v, one), 0);
	assert_errno(pasid_op(&v, TEST_PASID_REPLACE, 5, one), EINVAL);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 5, 0), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_ATTACH, 5, one), 0);
	assert_errno(pasid_op(&v, TEST_PASID_ATTACH, 5, two), EBUSY);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 5, one), 0);
	assert_errno(pasid_op(&v, TEST_PASID_CHECK, 5, 0), EINVAL);
	assert_int_equal(pasid_op(&v, TEST_PASID_REPLACE, 5, two), 0);
	assert_errno(pasid_op(&v, TEST_PASID_CHECK, 5, one), EINVAL);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 5, two), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_DETACH, 5, 0), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 5, 0), 0);
	assert_errno(pasid_op(&v, TEST_PASID_CHECK, 5, 99), ENOENT);
	assert_errno(pasid_op(&v, TEST_PASID_ATTACH, 1u << 20, one), EINVAL);
	close(v.fd);
}

/* A replacement that fails leaves what there was (S17); the next one succeeds. */
static void u9_s17_a_replacement_that_fails_changes_nothing(void **state)
{
	struct vfio_like v = begin(MOCK_PASID);
	uint32_t one = pasid_table(&v), two = pasid_table(&v);

	(void)state;
	assert_int_equal(replace(&v, one), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_ATTACH, 1024, one), 0);
	assert_errno(pasid_op(&v, TEST_PASID_REPLACE, 1024, two), ENOMEM);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 1024, one), 0);
	assert_int_equal(destroy(v.fd, two), 0); /* nothing holds it */
	two = pasid_table(&v);
	assert_int_equal(pasid_op(&v, TEST_PASID_REPLACE, 1024, two), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_CHECK, 1024, two), 0);
	assert_int_equal(pasid_op(&v, TEST_PASID_DETACH, 1024, 0), 0);
	close(v.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u8_a_guests_commands_reach_the_devices_cache),
		cmocka_unit_test(u11_u12_events_carry_the_guests_number),
		cmocka_unit_test(u11_a_page_of_the_viommu_is_mapped_and_holds_it),
		cmocka_unit_test(u11_u4_queues_of_hardware_come_and_go_in_order),
		cmocka_unit_test(u9_pasids_are_attached_replaced_and_detached),
		cmocka_unit_test(u9_s17_a_replacement_that_fails_changes_nothing),
	};

	return cmocka_run_group_tests_name("preload_viommu", tests, NULL, NULL);
}
