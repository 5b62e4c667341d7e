/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory on the three architectures: mapped by descriptor (U5), by processes, and as
 * long as anybody has them; the mmap of an iommufd (U11). */
#include "iofd_flow.h"

#include "model/uapi/frames.h"

#define PAGE UINT64_C(0x1000)
#define IOVA UINT64_C(0x10000)
#define HERE UINT64_C(0x70000000) /* where processes map files */
#define READ IOASIM_READ
#define RW   (IOASIM_READ | IOASIM_WRITE)

static int open_pages(const struct iflow *i, unsigned pages)
{
	int fd = ioasim_open_file(i->flow->system, i->flow->process, pages * PAGE);

	assert_true(fd >= 0);
	return fd;
}

static int map_file(const struct iflow *i, uint32_t ioas, int fd, uint64_t start, uint64_t length,
		    uint64_t iova)
{
	struct ioasim_iommufd_map_file arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_READABLE |
			 IOASIM_IOMMUFD_MAP_WRITEABLE,
		.ioas_id = ioas,
		.fd = fd,
		.start = start,
		.length = length,
		.iova = iova,
	};

	return iflow_call(i, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg);
}

static int map_here(const struct iflow *i, int process, int fd, uint64_t pages, uint64_t offset)
{
	return -ioasim_process_mmap_file(i->flow->system, process, HERE, pages * PAGE, RW, fd,
					 offset);
}

static ioasim_pa_t where(const struct iflow *i, int process, uint64_t address)
{
	ioasim_pa_t pa = 0;

	assert_int_equal(ioasim_process_page(i->flow->system, process, address, &pa), 0);
	return pa;
}

static const struct frame *frame(const struct iflow *i, ioasim_pa_t pa)
{
	return frame_at(&i->flow->system->frames, pa);
}

static void reaches(const struct iflow *i, unsigned device, uint64_t iova, ioasim_pa_t pa)
{
	struct ioasim_dma_result got = flow_dma(i->flow, device, FLOW_NONE, READ, iova);

	assert_int_equal(got.outcome, IOASIM_DMA_REACHES);
	assert_int_equal(got.pa, pa);
	assert_int_equal(got.broken, 0);
}

/* ---- Pages --------------------------------------------------------------------------------- */

static void u5_pages_of_a_file_are_reached_by_dma(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);
	int fd = open_pages(&i, 4), other = ioasim_process_create(flow->system), passed;
	uint64_t value = 0, byte = 0x1122334455667788;

	assert_int_equal(map_here(&i, flow->process, fd, 4, 0), 0);
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), 0);
	assert_int_equal(map_file(&i, ioas, fd, PAGE, 2 * PAGE, IOVA), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA + 8, HERE + PAGE + 8);
	FLOW_REACHES(flow, device, FLOW_NONE, IOVA + PAGE, HERE + 2 * PAGE);
	FLOW_FAULTS(flow, device, FLOW_NONE, READ, IOVA + 2 * PAGE, IOASIM_CLASS_STAGE1);
	/* All who map a file share its pages, from the offset that each has chosen. */
	passed = ioasim_dup(flow->system, flow->process, fd, other);
	assert_int_equal(map_here(&i, other, passed, 2, 2 * PAGE), 0);
	assert_int_equal(where(&i, other, HERE), where(&i, flow->process, HERE + 2 * PAGE));
	assert_int_equal(ioasim_process_write(flow->system, flow->process, HERE + 2 * PAGE, &byte,
					      sizeof(byte)),
			 0);
	assert_int_equal(ioasim_process_read(flow->system, other, HERE, &value, sizeof(value)), 0);
	assert_int_equal(value, byte);
	/* Of no process's memory: what it does with its own mapping is its own affair. */
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, HERE, 4 * PAGE), 0);
	reaches(&i, device, IOVA + PAGE, where(&i, other, HERE));
}

static void u5_map_file_tells_what_it_does_not_take(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);
	int fd = ioasim_open_file(flow->system, flow->process, 2 * PAGE + 10);

	assert_int_equal(map_file(&i, ioas, -1, 0, PAGE, IOVA), EBADF);
	assert_int_equal(map_file(&i, ioas, 77, 0, PAGE, IOVA), EBADF);
	assert_int_equal(map_file(&i, ioas, i.fd, 0, PAGE, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, flow->fd, 0, PAGE, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, flow->device_fd[device], 0, PAGE, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, fd, 0, 0, IOVA), EINVAL);
	/* The last byte that it has. */
	assert_int_equal(map_file(&i, ioas, fd, PAGE, PAGE + 11, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, fd, 2 * PAGE + 11, 1, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, fd, UINT64_MAX, 2, IOVA), EINVAL);
	assert_int_equal(map_file(&i, ioas, fd, PAGE, PAGE + 10, IOVA), 0);
	assert_int_equal(map_file(&i, 99, 77, 0, 0, IOVA), ENOENT);
	assert_int_equal(ioasim_close(flow->system, flow->process, fd), 0);
	assert_int_equal(map_file(&i, ioas, fd, 0, PAGE, 2 * IOVA), EBADF);
}

static void u5_a_file_and_its_mappings_are_checked(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_system *system = flow->system;
	int p = flow->process, fd = ioasim_open_file(system, p, 2 * PAGE + 10);

	assert_int_equal(ioasim_open_file(system, 9, PAGE), -ESRCH);
	assert_int_equal(ioasim_open_file(system, p, 0), -EINVAL);
	assert_int_equal(ioasim_open_file(system, p, UINT64_MAX), -ENOMEM);
	/* Nearly all that there is: what could be had is given back. */
	assert_int_equal(ioasim_open_file(system, p, system->frames.count * PAGE), -ENOMEM);
	assert_int_equal(ioasim_process_mmap_file(system, 9, HERE, PAGE, RW, fd, 0), -ESRCH);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, PAGE, RW, 77, 0), -EBADF);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, PAGE, RW, i.fd, 0), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE + 1, PAGE, RW, fd, 0), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, 0, RW, fd, 0), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, PAGE, 0x80, fd, 0), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, PAGE, RW, fd, 1), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, 4 * PAGE, RW, fd, 0), -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, PAGE, RW, fd, 3 * PAGE),
			 -EINVAL);
	assert_int_equal(ioasim_process_mmap_file(system, p, FLOW_MEMORY, PAGE, RW, fd, 0),
			 -EEXIST);
	/* The last page is there as a whole. */
	assert_int_equal(ioasim_process_mmap_file(system, p, HERE, 3 * PAGE, RW, fd, 0), 0);
	assert_int_equal(frame(&i, where(&i, p, HERE + 2 * PAGE))->mapped, 2);
}

static void m7_s6_mapped_pages_outlive_descriptor_and_process(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);
	int owner = flow->process, fd = open_pages(&i, 2);
	int other = ioasim_process_create(flow->system);
	uint64_t value = 7, at = HERE;
	ioasim_pa_t pa;

	assert_int_equal(map_here(&i, owner, fd, 2, 0), 0);
	pa = where(&i, owner, HERE);
	assert_int_equal(ioasim_process_write(flow->system, owner, HERE, &value, sizeof(value)), 0);
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), 0);
	assert_int_equal(map_file(&i, ioas, fd, 0, 2 * PAGE, IOVA), 0);
	i.fd = ioasim_dup(flow->system, owner, i.fd, other);
	flow->device_fd[device] = ioasim_dup(flow->system, owner, flow->device_fd[device], other);
	assert_int_equal(ioasim_close(flow->system, owner, fd), 0);
	assert_int_equal(ioasim_process_exit(flow->system, owner), 0);
	flow->process = other;
	reaches(&i, device, IOVA, pa);
	/* Nobody is given the pages before they are unmapped, nor what was in them then. */
	assert_int_not_equal(frame(&i, pa)->pins, 0);
	assert_int_equal(iflow_unmap(&i, ioas, IOVA, 2 * PAGE), 0);
	assert_int_equal(frame(&i, pa)->pins, 0);
	assert_int_equal(frame(&i, pa)->mapped, 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, READ, IOVA, IOASIM_CLASS_STAGE1);
	while (!frame(&i, pa)->mapped) {
		assert_true(at < HERE + 2 * FLOW_MEMORY_SIZE);
		at += PAGE;
		assert_int_equal(ioasim_process_mmap(flow->system, other, at, PAGE, RW), 0);
	}
	assert_int_equal(where(&i, other, at), pa);
	assert_int_equal(ioasim_process_read(flow->system, other, at, &value, sizeof(value)), 0);
	assert_int_equal(value, 0);
}

static void u5_what_no_table_shows_keeps_the_file_too(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0);
	uint32_t ioas = iflow_ioas(&i);
	int fd = open_pages(&i, 1);
	ioasim_pa_t pa;

	assert_int_equal(map_here(&i, flow->process, fd, 1, 0), 0);
	pa = where(&i, flow->process, HERE);
	assert_int_equal(map_file(&i, ioas, fd, 0, PAGE, IOVA), 0);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, HERE, PAGE), 0);
	assert_int_equal(ioasim_close(flow->system, flow->process, fd), 0);
	assert_int_equal(frame(&i, pa)->pins, 0);
	assert_int_equal(frame(&i, pa)->mapped, 1);
	assert_int_equal(iflow_attach(&i, device, ioas, IFLOW_NONE), 0);
	reaches(&i, device, IOVA, pa);
	assert_int_equal(iflow_detach(&i, device, IFLOW_NONE), 0);
	assert_int_equal(iflow_destroy(&i, ioas), 0);
	assert_int_equal(frame(&i, pa)->mapped, 0);
}

/* A process that has a file mapped keeps its pages, and not the file. */
static void u5_a_process_keeps_the_pages_that_it_has_mapped(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	int fd = open_pages(&i, 3);
	ioasim_pa_t pa[3];

	assert_int_equal(map_here(&i, flow->process, fd, 3, 0), 0);
	for (unsigned n = 0; n < 3; n++)
		pa[n] = where(&i, flow->process, HERE + n * PAGE);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, HERE, PAGE), 0);
	assert_int_equal(frame(&i, pa[0])->mapped, 1);
	assert_int_equal(ioasim_close(flow->system, flow->process, fd), 0);
	assert_int_equal(frame(&i, pa[0])->mapped, 0);
	assert_int_equal(frame(&i, pa[1])->mapped, 1);
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, HERE + PAGE, 2 * PAGE),
			 0);
	assert_int_equal(frame(&i, pa[2])->mapped, 0);
}

/* ---- Software mdevs --------------------------------------------------------------------------- */

static void u14_a_software_mdev_uses_pages_of_files(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	uint32_t ioas = iflow_ioas(&i);
	unsigned mdev = iflow_mdev_bound(&i);
	int fd = open_pages(&i, 2);
	struct ioasim_iommufd_change_process change = {.size = sizeof(change)};
	uint64_t value = 0x55aa, back = 0;
	ioasim_pa_t pa;

	assert_int_equal(map_here(&i, flow->process, fd, 2, 0), 0);
	pa = where(&i, flow->process, HERE + PAGE);
	assert_int_equal(map_file(&i, ioas, fd, PAGE, PAGE, IFLOW_IOVA), 0);
	assert_int_equal(iflow_attach(&i, mdev, ioas, IFLOW_NONE), 0);
	reaches(&i, mdev, IFLOW_IOVA, pa);
	assert_int_equal(iflow_rw(&i, mdev, IFLOW_IOVA, &value, sizeof(value), true), 0);
	assert_int_equal(ioasim_process_read(flow->system, flow->process, HERE + PAGE, &back,
					     sizeof(back)),
			 0);
	assert_int_equal(back, value);
	assert_int_equal(iflow_pin(&i, mdev, IFLOW_IOVA, PAGE, true), 0);
	/* Neither its memory nor the descriptor is asked again. */
	assert_int_equal(ioasim_process_munmap(flow->system, flow->process, HERE, 2 * PAGE), 0);
	assert_int_equal(ioasim_close(flow->system, flow->process, fd), 0);
	assert_int_equal(iflow_call(&i, IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, &change), 0);
	reaches(&i, mdev, IFLOW_IOVA, pa);
	assert_int_equal(iflow_unpin(&i, mdev, IFLOW_IOVA, PAGE), 0);
	reaches(&i, mdev, IFLOW_IOVA, pa);
	assert_int_equal(iflow_unmap(&i, ioas, IFLOW_IOVA, PAGE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, READ, IFLOW_IOVA, IOASIM_CLASS_STAGE1);
}

/* ---- mmap of an iommufd ------------------------------------------------------------------------- */

static void u11_nothing_is_announced_for_mmap(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_system *system = flow->system;
	int p = flow->process;

	assert_int_equal(ioasim_iommufd_mmap(system, 9, i.fd, 0, 1, RW, false), -ESRCH);
	assert_int_equal(ioasim_iommufd_mmap(system, p, 77, 0, 1, RW, false), -EBADF);
	assert_int_equal(ioasim_iommufd_mmap(system, p, flow->fd, 0, PAGE, RW, true), -ENODEV);
	assert_int_equal(ioasim_iommufd_mmap(system, p, i.fd, 0, 1, IOASIM_EXEC, true), -EINVAL);
	assert_int_equal(ioasim_iommufd_mmap(system, p, i.fd, 0, PAGE, IOASIM_EXEC, false),
			 -EINVAL);
	assert_int_equal(ioasim_iommufd_mmap(system, p, i.fd, 0, PAGE, IOASIM_EXEC, true), -EPERM);
	assert_int_equal(ioasim_iommufd_mmap(system, p, i.fd, 0, PAGE, RW, true), -ENXIO);
	assert_int_equal(ioasim_iommufd_mmap(system, p, i.fd, PAGE, PAGE, READ, true), -ENXIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(u5_pages_of_a_file_are_reached_by_dma),
		FLOW_TESTS(u5_map_file_tells_what_it_does_not_take),
		FLOW_TESTS(u5_a_file_and_its_mappings_are_checked),
		FLOW_TESTS(m7_s6_mapped_pages_outlive_descriptor_and_process),
		FLOW_TESTS(u5_what_no_table_shows_keeps_the_file_too),
		FLOW_TESTS(u5_a_process_keeps_the_pages_that_it_has_mapped),
		FLOW_TESTS(u14_a_software_mdev_uses_pages_of_files),
		FLOW_TESTS(u11_nothing_is_announced_for_mmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
