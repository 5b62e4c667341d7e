/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of users, virtual IOMMUs and dirty tracking with an IOMMU that is none of the
 * architectures (U7, U8, U11 to U13). */
#include "iofd_rig.h"

#include <errno.h>
#include <string.h>

#define M UINT64_C(0x100000)

static struct iofd_rig rig;

static int open_rig(void **state)
{
	(void)state;
	iofd_rig_open(&rig);
	mock_bind(&rig, 2);
	mock_bind(&rig, 3);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	iofd_rig_close(&rig);
	return 0;
}

/* A word in the buffer's last page, to point to. */
static uint64_t word_at(unsigned n, uint64_t word)
{
	uint64_t address = mock_address(&rig, MOCK_PAGES - 1) + 8 * n;

	memcpy((void *)(uintptr_t)address, &word, sizeof(word));
	return address;
}

static uint32_t parent_of(uint32_t ioas)
{
	uint32_t parent;

	assert_int_equal(mock_hwpt(&rig, 2, ioas, IOASIM_IOMMUFD_HWPT_NEST_PARENT, &parent), 0);
	return parent;
}

static int nested(unsigned device, uint32_t pt, uint32_t flags, uint64_t word, uint32_t *number)
{
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dev_id = rig.device_id[device],
		.pt_id = pt,
		.data_type = MOCK_NESTED,
		.data_len = 8,
		.data = word_at(0, word),
	};
	int error = mock_call(&rig, IOASIM_IOMMUFD_HWPT_ALLOC, &arg);

	*number = arg.out_hwpt_id;
	return error;
}

static int viommu(uint32_t parent, uint32_t type, uint32_t *number)
{
	struct ioasim_iommufd_viommu_alloc arg = {
		.size = sizeof(arg), .type = type, .dev_id = rig.device_id[2], .hwpt_id = parent};
	int error = mock_call(&rig, IOASIM_IOMMUFD_VIOMMU_ALLOC, &arg);

	*number = arg.out_viommu_id;
	return error;
}

static int vdevice(uint32_t viommu_id, unsigned device, uint64_t virt_id, uint32_t *number)
{
	struct ioasim_iommufd_vdevice_alloc arg = {.size = sizeof(arg),
						   .viommu_id = viommu_id,
						   .dev_id = rig.device_id[device],
						   .virt_id = virt_id};
	int error = mock_call(&rig, IOASIM_IOMMUFD_VDEVICE_ALLOC, &arg);

	*number = arg.out_vdevice_id;
	return error;
}

/* ---- Tables of users ------------------------------------------------------------------------- */

static void u7_a_users_table_wants_data_and_a_parent(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent = parent_of(ioas), bare, number, automatic = ioas;
	struct ioasim_iommufd_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = rig.device_id[2], .pt_id = parent};

	(void)state;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &bare), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_HWPT_ALLOC, &arg), EOPNOTSUPP);
	assert_int_equal(nested(2, parent, IOASIM_IOMMUFD_HWPT_DIRTY, 5, &number), EOPNOTSUPP);
	assert_int_equal(nested(2, bare, 0, 5, &number), EINVAL);
	assert_int_equal(nested(3, parent, 0, 5, &number), EINVAL);
	assert_int_equal(iommufd_attach(rig.device[2], IOMMUFD_NO_PASID, &automatic), 0);
	assert_int_equal(nested(2, automatic, 0, 5, &number), EINVAL);
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(nested(2, parent, 0, 13, &number), EINVAL);
	rig.absent[MOCK_PAGES - 1] = true;
	assert_int_equal(nested(2, parent, 0, 5, &number), EFAULT);
	rig.absent[MOCK_PAGES - 1] = false;
	assert_int_equal(nested(2, parent, IOASIM_IOMMUFD_HWPT_FAULT_ID, 5, &number), ENOENT);
	assert_int_equal(rig.iommu[0].domains, 2);
	assert_int_equal(nested(2, parent, 0, 5, &number), 0);
	assert_int_equal(((struct mock_domain *)iommufd_domain(rig.fd, number))->word, 5);
	assert_int_equal(mock_destroy(&rig, parent), EBUSY);
	assert_int_equal(nested(2, number, 0, 5, &bare), EINVAL);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, number), 0);
	assert_int_equal(mock_attach(&rig, 3, IOMMUFD_NO_PASID, number), EINVAL);
	assert_int_equal(mock_destroy(&rig, number), EBUSY);
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(mock_destroy(&rig, number), 0);
	assert_int_equal(mock_destroy(&rig, parent), 0);
}

static int invalidate(uint32_t number, uint32_t type, uint32_t length, uint32_t *count)
{
	struct ioasim_iommufd_invalidate arg = {
		.size = sizeof(arg),
		.hwpt_id = number,
		.data = mock_address(&rig, MOCK_PAGES - 1),
		.data_type = type,
		.entry_len = length,
		.entry_num = *count,
	};
	int error = mock_call(&rig, IOASIM_IOMMUFD_HWPT_INVALIDATE, &arg);

	*count = arg.entry_num;
	return error;
}

static void u8_how_many_were_done_is_always_told(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent = parent_of(ioas), number, count = 3;
	struct ioasim_iommufd_invalidate arg = {.size = sizeof(arg), .reserved = 1, .entry_num = 4};

	(void)state;
	assert_int_equal(nested(2, parent, 0, 5, &number), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_HWPT_INVALIDATE, &arg), EOPNOTSUPP);
	assert_int_equal(arg.entry_num, 0);
	arg.reserved = 0;
	arg.entry_num = 4;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_HWPT_INVALIDATE, &arg), EINVAL);
	assert_int_equal(arg.entry_num, 0);
	assert_int_equal(invalidate(number, MOCK_INV, 4097, &count), EINVAL);
	count = (1u << 19) + 1;
	assert_int_equal(invalidate(number, MOCK_INV, 8, &count), EINVAL);
	count = 3;
	assert_int_equal(invalidate(99, MOCK_INV, 8, &count), ENOENT);
	count = 3;
	assert_int_equal(invalidate(parent, MOCK_INV, 8, &count), EINVAL);
	/* Kernels without vIOMMUs look for users' tables only. */
	rig.env.before_viommu = true;
	count = 3;
	assert_int_equal(invalidate(parent, MOCK_INV, 8, &count), ENOENT);
	assert_int_equal(count, 0);
	rig.env.before_viommu = false;
	/* Nothing: only the type is looked at. */
	count = 0;
	assert_int_equal(invalidate(number, MOCK_INV + 1, 0, &count), EINVAL);
	assert_int_equal(invalidate(number, MOCK_INV, 0, &count), 0);
	for (unsigned i = 0; i < 3; i++)
		word_at(i, 10 + i);
	word_at(3, 100);
	word_at(4, 14);
	count = 3;
	assert_int_equal(invalidate(number, MOCK_INV, 8, &count), 0);
	assert_int_equal(count, 3);
	count = 5;
	assert_int_equal(invalidate(number, MOCK_INV, 8, &count), EOPNOTSUPP);
	assert_int_equal(count, 3);
	assert_int_equal(rig.iommu[0].invalidations, 6);
	assert_int_equal(rig.iommu[0].invalidated[5], 12);
	/* More than a page of them; behind the 512th there is no memory. */
	for (unsigned i = 0; i < 512; i++)
		word_at(i, 1);
	count = 600;
	assert_int_equal(invalidate(number, MOCK_INV, 8, &count), EFAULT);
	assert_int_equal(count, 512);
}

/* ---- Virtual IOMMUs ---------------------------------------------------------------------------- */

static void u11_viommus_and_vdevices_check_in_order(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent = parent_of(ioas), bare, v, number, again;

	(void)state;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &bare), 0);
	assert_int_equal(viommu(parent, 0, &v), EOPNOTSUPP);
	assert_int_equal(viommu(parent, 6, &v), EOPNOTSUPP);
	assert_int_equal(viommu(99, MOCK_VIOMMU, &v), ENOENT);
	assert_int_equal(viommu(ioas, MOCK_VIOMMU, &v), ENOENT);
	assert_int_equal(viommu(bare, MOCK_VIOMMU, &v), EINVAL);
	assert_int_equal(viommu(parent, MOCK_VIOMMU, &v), 0);
	assert_int_equal(mock_destroy(&rig, parent), EBUSY);
	assert_int_equal(vdevice(99, 2, 0x10, &number), ENOENT);
	assert_int_equal(vdevice(v, 3, 0x10, &number), EINVAL);
	assert_int_equal(vdevice(v, 2, 0x10, &number), 0);
	assert_int_equal(rig.iommu[0].viommu.vdevice, 0x10);
	assert_int_equal(vdevice(v, 2, 0x11, &again), EEXIST);
	mock_bind(&rig, 0);
	assert_int_equal(vdevice(v, 0, 0x10, &again), EEXIST);
	assert_int_equal(vdevice(v, 0, 0x20, &again), 0);
	assert_int_equal(mock_destroy(&rig, v), EBUSY);
	/* A device that goes takes its vDEVICE along; the number is nobody's. */
	iommufd_unbind(rig.device[0]);
	rig.device[0] = NULL;
	assert_int_equal(rig.iommu[0].viommu.vdevices, 1);
	assert_int_equal(mock_destroy(&rig, again), ENOENT);
	assert_int_equal(mock_ioas(&rig), again - 1); /* the device's own is free again */
	assert_int_equal(mock_ioas(&rig), again + 1);
	assert_int_equal(mock_destroy(&rig, number), 0);
	assert_int_equal(mock_destroy(&rig, v), 0);
}

static void u9_u11_a_table_on_a_viommu_wants_a_vdevice(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent = parent_of(ioas), v, number, table, count = 1;

	(void)state;
	assert_int_equal(viommu(parent, MOCK_VIOMMU, &v), 0);
	assert_int_equal(nested(3, v, 0, 5, &table), EINVAL);
	assert_int_equal(nested(2, v, 0, 5, &table), 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, table), ENOENT);
	assert_int_equal(vdevice(v, 2, 0x10, &number), 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, table), 0);
	word_at(0, 42);
	assert_int_equal(invalidate(v, MOCK_INV, 8, &count), 0);
	assert_int_equal(rig.iommu[0].viommu.words[0], 42);
	assert_int_equal(mock_destroy(&rig, v), EBUSY);
	/* Attaching what is attached asks for nothing; anew it asks again. */
	assert_int_equal(mock_destroy(&rig, number), 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, table), 0);
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, table), ENOENT);
}

/* ---- Events ------------------------------------------------------------------------------------ */

static int veventq(uint32_t v, uint32_t type, uint32_t depth, uint32_t *fd)
{
	struct ioasim_iommufd_veventq_alloc arg = {
		.size = sizeof(arg), .viommu_id = v, .type = type, .depth = depth};
	int error = mock_call(&rig, IOASIM_IOMMUFD_VEVENTQ_ALLOC, &arg);

	*fd = arg.out_veventq_fd;
	return error;
}

struct event {
	struct ioasim_iommufd_vevent_header header;
	uint64_t data;
};

static void u11_u12_events_are_numbered_and_lost_ones_told(void **state)
{
	uint32_t parent = parent_of(mock_ioas(&rig)), v, fd, other;
	struct event event[4];
	struct iommufd_viommu *of;
	struct iommufd_stream *stream;

	(void)state;
	assert_int_equal(viommu(parent, MOCK_VIOMMU, &v), 0);
	assert_int_equal(veventq(v, 0, 2, &fd), EOPNOTSUPP);
	assert_int_equal(veventq(v, 1, 0, &fd), EINVAL);
	assert_int_equal(veventq(v, 1, (1u << 19) + 1, &fd), EINVAL);
	assert_int_equal(veventq(99, 1, 2, &fd), ENOENT);
	assert_int_equal(veventq(v, 1, 2, &fd), 0);
	assert_int_equal(veventq(v, 1, 2, &other), EEXIST);
	assert_int_equal(veventq(v, 77, 2, &other), 0); /* the type is the user's */
	of = (struct iommufd_viommu *)iofd_find(rig.fd, v, IOFD_VIOMMU);
	stream = rig.queue[fd];
	assert_int_equal(iommufd_vevent(of, 5, "x", 1), -ENOENT);
	assert_int_equal(iommufd_stream_poll(stream), 0);
	assert_int_equal(iommufd_stream_write(stream, event, 8), -EINVAL);
	assert_int_equal(iommufd_stream_read(stream, event, 7), -EINVAL);
	assert_int_equal(iommufd_stream_read(stream, event, 8), 0);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(iommufd_vevent(of, 1, &i, sizeof(i)), 0);
	assert_int_equal(iommufd_stream_poll(stream), IOASIM_IOMMUFD_POLL_IN);
	/* Events 0 and 1, and behind them that 2 to 4 were lost: sequence 4. */
	assert_int_equal(iommufd_stream_read(stream, event, 8), -EINVAL);
	assert_int_equal(iommufd_stream_read(stream, event, sizeof(event[0])), 16);
	assert_int_equal(event[0].header.sequence, 0);
	assert_int_equal(event[0].data, 0);
	assert_int_equal(iommufd_stream_read(stream, event, sizeof(event)), 24);
	assert_int_equal(event[0].header.sequence, 1);
	assert_int_equal(event[0].header.flags, 0);
	assert_int_equal(event[0].data, 1);
	assert_int_equal(event[1].header.flags, IOASIM_IOMMUFD_VEVENT_LOST);
	assert_int_equal(event[1].header.sequence, 4);
	assert_int_equal(iommufd_vevent(of, 1, "abcdefgh", 8), 0);
	assert_int_equal(iommufd_stream_read(stream, event, sizeof(event)), 16);
	assert_int_equal(event[0].header.sequence, 5);
	assert_int_equal(mock_destroy(&rig, v), EBUSY);
}

/* The header is of losses that nothing follows. */
static void u12_an_event_behind_lost_ones_tells_of_them_by_its_number(void **state)
{
	uint32_t v, fd;
	struct event event[4];
	struct iommufd_viommu *of;

	(void)state;
	assert_int_equal(viommu(parent_of(mock_ioas(&rig)), MOCK_VIOMMU, &v), 0);
	assert_int_equal(veventq(v, 1, 2, &fd), 0);
	of = (struct iommufd_viommu *)iofd_find(rig.fd, v, IOFD_VIOMMU);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(iommufd_vevent(of, 1, &i, sizeof(i)), 0);
	assert_int_equal(iommufd_stream_read(rig.queue[fd], event, sizeof(event[0])), 16);
	/* 2 and 3 were lost; there is room for 4. */
	assert_int_equal(iommufd_vevent(of, 1, "abcdefgh", 8), 0);
	assert_int_equal(iommufd_stream_read(rig.queue[fd], event, sizeof(event)), 32);
	assert_int_equal(event[0].header.sequence, 1);
	assert_int_equal(event[1].header.sequence, 4);
	assert_int_equal(event[1].header.flags, 0);
	assert_memory_equal(&event[1].data, "abcdefgh", 8);
	/* A loss behind that is one of its own. */
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(iommufd_vevent(of, 1, &i, sizeof(i)), 0);
	assert_int_equal(iommufd_stream_read(rig.queue[fd], event, sizeof(event)), 40);
	assert_int_equal(event[1].header.sequence, 6);
	assert_int_equal(iommufd_stream_poll(rig.queue[fd]), 0);
}

/* ---- Queues of hardware, pages ---------------------------------------------------------------------- */

static int hw_queue(struct ioasim_iommufd_hw_queue_alloc *arg)
{
	arg->size = sizeof(*arg);
	return mock_call(&rig, IOASIM_IOMMUFD_HW_QUEUE_ALLOC, arg);
}

static void u11_u4_a_hardware_queue_holds_its_memory(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent = parent_of(ioas), v, first;
	struct ioasim_iommufd_hw_queue_alloc arg = {.nesting_parent_iova = M + 0x40};

	(void)state;
	assert_int_equal(viommu(parent, MOCK_VIOMMU, &v), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 4), 2 * MOCK_PAGE, M), 0);
	assert_int_equal(
		mock_map_fixed(&rig, ioas, mock_address(&rig, 9), MOCK_PAGE, M + 2 * MOCK_PAGE), 0);
	assert_int_equal(hw_queue(&arg), EOPNOTSUPP);
	arg.type = 4;
	assert_int_equal(hw_queue(&arg), EINVAL);
	arg.length = UINT64_MAX;
	assert_int_equal(hw_queue(&arg), EOVERFLOW);
	arg.length = 0x100;
	assert_int_equal(hw_queue(&arg), ENOENT);
	arg.viommu_id = v;
	assert_int_equal(hw_queue(&arg), EOPNOTSUPP);
	arg.type = MOCK_QUEUE;
	arg.nesting_parent_iova = UINT64_MAX - 0x200;
	assert_int_equal(hw_queue(&arg), ENOENT);
	arg.nesting_parent_iova = 0x10;
	arg.length = UINT64_MAX - 0x10;
	assert_int_equal(hw_queue(&arg), ERANGE); /* of the length, with what is in front */
	arg.length = 0x100;
	arg.nesting_parent_iova = M + 0x8000;
	assert_int_equal(hw_queue(&arg), ENOENT);
	arg.nesting_parent_iova = M + 2 * MOCK_PAGE - 0x40;
	assert_int_equal(hw_queue(&arg), EFAULT); /* pages 5 and 9 */
	assert_int_equal(mock_pins(&rig, 5), 1);
	/* That all is there is known before that it is in a row. */
	arg.length = 2 * MOCK_PAGE;
	assert_int_equal(hw_queue(&arg), ENOENT);
	arg.length = 0x100;
	arg.nesting_parent_iova = M + 0x40;
	arg.index = MOCK_QUEUES;
	assert_int_equal(hw_queue(&arg), EINVAL);
	assert_int_equal(mock_unmap(&rig, ioas, M + 2 * MOCK_PAGE, MOCK_PAGE, NULL), 0);
	arg.index = 0;
	assert_int_equal(hw_queue(&arg), 0);
	first = arg.out_hw_queue_id;
	assert_int_equal(rig.iommu[0].viommu.queue_pa[0], mock_address(&rig, 4) + 0x40);
	assert_int_equal(hw_queue(&arg), EEXIST);
	arg.index = 1;
	assert_int_equal(hw_queue(&arg), 0);
	assert_int_equal(mock_unmap(&rig, ioas, M, 2 * MOCK_PAGE, NULL), EBUSY);
	assert_int_equal(mock_unmap(&rig, ioas, M, MOCK_PAGE, NULL), EBUSY);
	assert_int_equal(mock_destroy(&rig, first), EBUSY);
	assert_int_equal(mock_destroy(&rig, arg.out_hw_queue_id), 0);
	assert_int_equal(mock_destroy(&rig, first), 0);
	assert_int_equal(mock_unmap(&rig, ioas, M, 2 * MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_pins(&rig, 4), 0);
}

/* Hardware reads it: as with an access, whole pages, and mapped to be read. */
static void u11_a_hardware_queue_is_whole_readable_pages(void **state)
{
	uint32_t ioas = mock_ioas(&rig), parent, v;
	struct ioasim_iommufd_hw_queue_alloc arg = {
		.type = MOCK_QUEUE, .nesting_parent_iova = M, .length = 0x100};
	struct ioasim_iommufd_map map = {
		.size = sizeof(map),
		.flags = IOASIM_IOMMUFD_MAP_WRITEABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = ioas,
		.user_va = mock_address(&rig, 4),
		.length = MOCK_PAGE,
		.iova = M,
	};

	(void)state;
	rig.iommu[0].page_sizes = 2048 | 4096;
	parent = parent_of(ioas);
	assert_int_equal(viommu(parent, MOCK_VIOMMU, &v), 0);
	arg.viommu_id = v;
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 2), 2048, 2 * M), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &map), 0);
	assert_int_equal(hw_queue(&arg), EADDRINUSE);
	assert_int_equal(mock_unmap(&rig, ioas, 2 * M, 2048, NULL), 0);
	assert_int_equal(hw_queue(&arg), EPERM);
	assert_int_equal(mock_pins(&rig, 4), 1);
	assert_int_equal(mock_unmap(&rig, ioas, M, MOCK_PAGE, NULL), 0);
	map.flags |= IOASIM_IOMMUFD_MAP_READABLE;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &map), 0);
	assert_int_equal(hw_queue(&arg), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 2), 2048, 2 * M), EINVAL);
	assert_int_equal(mock_destroy(&rig, arg.out_hw_queue_id), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 2), 2048, 2 * M), 0);
}

static void u11_pages_are_mapped_as_they_were_announced(void **state)
{
	uint32_t parent = parent_of(mock_ioas(&rig));
	struct ioasim_iommufd_viommu_alloc arg = {.size = sizeof(arg),
						  .type = MOCK_VIOMMU,
						  .dev_id = rig.device_id[2],
						  .hwpt_id = parent,
						  .data_len = 8,
						  .data = word_at(1, 77)};
	uint64_t offset;
	void *page;

	(void)state;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_VIOMMU_ALLOC, &arg), 0);
	memcpy(&offset, (void *)(uintptr_t)arg.data, sizeof(offset));
	assert_int_equal(offset, MOCK_PAGE); /* 0 is none */
	assert_int_equal(iommufd_mmap(rig.fd, offset, 100, true, false, &page), -EINVAL);
	assert_int_equal(iommufd_mmap(rig.fd, offset, MOCK_PAGE, false, false, &page), -EINVAL);
	assert_int_equal(iommufd_mmap(rig.fd, offset, MOCK_PAGE, true, true, &page), -EPERM);
	assert_int_equal(iommufd_mmap(rig.fd, offset + MOCK_PAGE, MOCK_PAGE, true, false, &page),
			 -ENXIO);
	assert_int_equal(iommufd_mmap(rig.fd, offset, 2 * MOCK_PAGE, true, false, &page), -ENXIO);
	assert_int_equal(iommufd_mmap(rig.fd, offset, MOCK_PAGE, true, false, &page), 0);
	assert_ptr_equal(page, rig.iommu[0].viommu.page);
	assert_int_equal(mock_destroy(&rig, arg.out_viommu_id), EBUSY);
	iommufd_munmap(rig.fd, offset);
	assert_int_equal(mock_destroy(&rig, arg.out_viommu_id), 0);
	assert_int_equal(iommufd_mmap(rig.fd, offset, MOCK_PAGE, true, false, &page), -ENXIO);
}

/* ---- Dirty pages ---------------------------------------------------------------------------------- */

static int bitmap(struct ioasim_iommufd_get_dirty *arg)
{
	arg->size = sizeof(*arg);
	return mock_call(&rig, IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, arg);
}

static int track(uint32_t hwpt, uint32_t flags)
{
	struct ioasim_iommufd_set_dirty arg = {
		.size = sizeof(arg), .flags = flags, .hwpt_id = hwpt};

	return mock_call(&rig, IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, &arg);
}

static void u13_dirty_tracking_checks_in_order(void **state)
{
	uint32_t ioas = mock_ioas(&rig), bare, hwpt;
	struct ioasim_iommufd_get_dirty arg = {.flags = 2, .data = word_at(0, 0)};

	(void)state;
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &bare), 0);
	assert_int_equal(mock_hwpt(&rig, 3, ioas, IOASIM_IOMMUFD_HWPT_DIRTY, NULL), EOPNOTSUPP);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, IOASIM_IOMMUFD_HWPT_DIRTY, &hwpt), 0);
	assert_int_equal(track(hwpt, 2), EOPNOTSUPP);
	assert_int_equal(track(ioas, 1), ENOENT);
	assert_int_equal(track(bare, 1), EOPNOTSUPP);
	assert_int_equal(bitmap(&arg), EOPNOTSUPP);
	arg.flags = 0;
	arg.hwpt_id = ioas;
	assert_int_equal(bitmap(&arg), ENOENT);
	arg.hwpt_id = hwpt;
	assert_int_equal(bitmap(&arg), EINVAL);
	arg.length = UINT64_MAX;
	arg.iova = M;
	assert_int_equal(bitmap(&arg), EOVERFLOW);
	arg.length = 4 * MOCK_PAGE;
	assert_int_equal(bitmap(&arg), EINVAL); /* page_size 0 */
	arg.page_size = 8 * MOCK_PAGE;
	assert_int_equal(bitmap(&arg), EINVAL);
	arg.page_size = MOCK_PAGE;
	arg.iova = M + 0x800;
	assert_int_equal(bitmap(&arg), EINVAL);
	arg.iova = M + MOCK_PAGE;
	assert_int_equal(bitmap(&arg), EINVAL); /* a hole at the end */
	arg.iova = M;
	assert_int_equal(bitmap(&arg), EINVAL); /* not enabled */
	arg.hwpt_id = bare;
	assert_int_equal(bitmap(&arg), EOPNOTSUPP);
	arg.hwpt_id = hwpt;
	assert_int_equal(track(hwpt, 1), 0);
	assert_int_equal(bitmap(&arg), 0);
	mock_write(&rig, hwpt, M);
	rig.absent[MOCK_PAGES - 1] = true;
	assert_int_equal(bitmap(&arg), EFAULT);
}

static void u13_written_pages_are_told_and_forgotten(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt;
	struct ioasim_iommufd_get_dirty arg = {
		.iova = M, .length = 16 * MOCK_PAGE, .page_size = MOCK_PAGE, .data = word_at(0, 0)};
	const unsigned char *bits = (const unsigned char *)(uintptr_t)arg.data;

	(void)state;
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 10 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 20), 6 * MOCK_PAGE,
					M + 10 * MOCK_PAGE),
			 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, IOASIM_IOMMUFD_HWPT_DIRTY, &hwpt), 0);
	arg.hwpt_id = hwpt;
	mock_write(&rig, hwpt, M + 3 * MOCK_PAGE);
	assert_int_equal(track(hwpt, 1), 0);
	/* What was written before does not count. */
	assert_int_equal(bitmap(&arg), 0);
	assert_int_equal(bits[0], 0);
	mock_write(&rig, hwpt, M);
	mock_write(&rig, hwpt, M + 9 * MOCK_PAGE);
	mock_write(&rig, hwpt, M + 15 * MOCK_PAGE);
	arg.flags = IOASIM_IOMMUFD_BITMAP_NO_CLEAR;
	assert_int_equal(bitmap(&arg), 0);
	assert_true(bits[0] == 0x01 && bits[1] == 0x82);
	/* Bits of others stay; two pages stand for one bit. */
	word_at(0, 0x100);
	arg.page_size = 2 * MOCK_PAGE;
	arg.flags = 0;
	assert_int_equal(bitmap(&arg), 0);
	assert_true(bits[0] == 0x91 && bits[1] == 0x01);
	word_at(0, 0);
	assert_int_equal(bitmap(&arg), 0);
	assert_int_equal(bits[0], 0);
	assert_int_equal(track(hwpt, 0), 0);
	assert_int_equal(bitmap(&arg), EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		TEST(u7_a_users_table_wants_data_and_a_parent),
		TEST(u8_how_many_were_done_is_always_told),
		TEST(u11_viommus_and_vdevices_check_in_order),
		TEST(u9_u11_a_table_on_a_viommu_wants_a_vdevice),
		TEST(u11_u12_events_are_numbered_and_lost_ones_told),
		TEST(u12_an_event_behind_lost_ones_tells_of_them_by_its_number),
		TEST(u11_u4_a_hardware_queue_holds_its_memory),
		TEST(u11_a_hardware_queue_is_whole_readable_pages),
		TEST(u11_pages_are_mapped_as_they_were_announced),
		TEST(u13_dirty_tracking_checks_in_order),
		TEST(u13_written_pages_are_told_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
