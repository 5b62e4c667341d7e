/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program like any other, that opens /dev/iommu: what it meets with the preloaded library
 * in front of it. It is linked with nothing of the project.
 */
#include "test_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define PAGE UINT64_C(4096)
#define IOVA MOCK_FIRST
/* Of the mock IOMMU: preload/mock.h. */
#define MOCK_FIRST (UINT64_C(1) << 24)

static int open_iommu(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static uint32_t alloc_ioas(int fd)
{
	struct ioasim_iommufd_ioas_alloc call = {.size = sizeof(call)};

	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, &call), 0);
	return call.out_ioas_id;
}

static int destroy(int fd, uint32_t id)
{
	struct ioasim_iommufd_destroy call = {.size = sizeof(call), .id = id};

	return ioctl(fd, IOASIM_IOMMUFD_DESTROY, &call);
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

static int test_op(int fd, enum test_op op, struct test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	return ioctl(fd, TEST_CMD_NUMBER, cmd);
}

/* A mock device on the IOAS: its page table. */
static uint32_t mock_domain(int fd, uint32_t ioas, uint32_t *mock)
{
	struct test_cmd cmd = {.id = ioas};

	assert_int_equal(test_op(fd, TEST_MOCK_DOMAIN, &cmd), 0);
	if (mock)
		*mock = cmd.mock_domain.out_mock;
	return cmd.mock_domain.out_hwpt;
}

static int pins(int fd, void *memory, uint64_t length, uint32_t count)
{
	struct test_cmd cmd = {.check_refs = {length, (uint64_t)(uintptr_t)memory, count}};

	return test_op(fd, TEST_CHECK_REFS, &cmd);
}

static void *pages(uint64_t count, int protection)
{
	void *memory = mmap(NULL, count * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

#define assert_errno(call, number)               \
	do {                                     \
		errno = 0;                       \
		assert_int_equal(call, -1);      \
		assert_int_equal(errno, number); \
	} while (0)

/* ---- Descriptors ----------------------------------------------------------------------- */

static void each_open_has_objects_of_its_own(void **state)
{
	int a = open_iommu(), b = open_iommu();

	(void)state;
	assert_int_equal(alloc_ioas(a), 1);
	assert_int_equal(alloc_ioas(b), 1);
	assert_int_equal(alloc_ioas(a), 2);
	assert_errno(destroy(b, 2), ENOENT);
	assert_int_equal(close(a), 0);
	assert_int_equal(destroy(b, 1), 0);
	assert_int_equal(close(b), 0);
	assert_errno(close(b), EBADF);
}

static void a_copied_number_names_the_same(void **state)
{
	int fd = open_iommu(), copies[4];

	(void)state;
	assert_int_equal(alloc_ioas(fd), 1);
	copies[0] = dup(fd);
	copies[1] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	assert_true(copies[1] >= 100);
	copies[2] = dup2(fd, 200);
	copies[3] = dup3(fd, 201, O_CLOEXEC);
	assert_int_equal(close(fd), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(alloc_ioas(copies[i]), 2 + i);
	/* A number that is written over is closed. */
	fd = open_iommu();
	assert_int_equal(dup2(fd, copies[3]), copies[3]);
	assert_int_equal(alloc_ioas(copies[3]), 1);
	assert_int_equal(dup2(fd, fd), fd);
	assert_int_equal(alloc_ioas(fd), 2);
	assert_int_equal(close_range(100, 201, 0), 0);
	assert_errno(destroy(copies[1], 1), EBADF);
	assert_int_equal(destroy(copies[0], 5), 0);
	close(copies[0]);
	close(fd);
}

static void other_files_are_the_hosts(void **state)
{
	char name[] = "/tmp/ioasim-preload-XXXXXX", text[8] = "";
	int fd = mkstemp(name), left = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "seven\n", 6), 6);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(ioctl(fd, FIONREAD, &left), 0);
	assert_int_equal(left, 6);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_string_equal(text, "seven\n");
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, text), ENOTTY);
	close(fd);
	unlink(name);
	assert_errno(open("/dev/iommu-no", O_RDWR), ENOENT);
}

static void what_a_descriptor_cannot_do_is_refused(void **state)
{
	int fd = open_iommu();
	char byte;

	(void)state;
	assert_errno(read(fd, &byte, 1), EINVAL);
	assert_errno(write(fd, "x", 1), EINVAL);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_errno(ioctl(fd, 0x3b7f, &byte), ENOTTY);
	assert_errno(ioctl(fd, 0x3bff, &byte), ENOTTY);
	close(fd);
}

/* ---- Arguments -------------------------------------------------------------------------- */

static void arguments_that_are_not_there_are_an_error(void **state)
{
	char *memory = pages(2, PROT_READ | PROT_WRITE);
	struct ioasim_iommufd_ioas_alloc call = {.size = sizeof(call)};
	int fd = open_iommu();

	(void)state;
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, NULL), EFAULT);
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, (void *)8), EFAULT);
	/* The last bytes of a structure lie where nothing is. */
	assert_int_equal(munmap(memory + PAGE, PAGE), 0);
	memcpy(memory + PAGE - 8, &call, 8);
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, memory + PAGE - 8), EFAULT);
	memcpy(memory, &call, sizeof(call));
	assert_int_equal(mprotect(memory, PAGE, PROT_READ), 0);
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_IOAS_ALLOC, memory), EFAULT);
	munmap(memory, PAGE);
	close(fd);
}

static void test_commands_have_a_least_size(void **state)
{
	struct {
		struct test_cmd cmd;
		uint64_t more;
	} call = {.cmd = {.op = TEST_MEMORY_LIMIT, .memory_limit = {65536}}};
	int fd = open_iommu();

	(void)state;
	call.cmd.size = TEST_CMD_MINIMUM - 1;
	assert_errno(ioctl(fd, TEST_CMD_NUMBER, &call), EINVAL);
	call.cmd.size = TEST_CMD_MINIMUM;
	assert_int_equal(ioctl(fd, TEST_CMD_NUMBER, &call), 0);
	call.cmd.size = sizeof(call);
	assert_int_equal(ioctl(fd, TEST_CMD_NUMBER, &call), 0);
	call.more = 1;
	assert_errno(ioctl(fd, TEST_CMD_NUMBER, &call), E2BIG);
	call.more = 0;
	call.cmd.op = 99;
	assert_errno(ioctl(fd, TEST_CMD_NUMBER, &call), EOPNOTSUPP);
	close(fd);
}

/* ---- Memory ------------------------------------------------------------------------------- */

static void memory_is_judged_as_the_program_has_it(void **state)
{
	char *memory = pages(3, PROT_READ | PROT_WRITE);
	int fd = open_iommu();
	uint32_t ioas = alloc_ioas(fd);

	(void)state;
	mock_domain(fd, ioas, NULL);
	assert_int_equal(munmap(memory + 2 * PAGE, PAGE), 0);
	assert_errno(map(fd, ioas, memory, 3 * PAGE, true), EFAULT);
	assert_int_equal(pins(fd, memory, 2 * PAGE, 0), 0);
	assert_int_equal(mprotect(memory + PAGE, PAGE, PROT_READ), 0);
	assert_errno(map(fd, ioas, memory, 2 * PAGE, true), EFAULT);
	assert_int_equal(map(fd, ioas, memory, 2 * PAGE, false), 0);
	assert_int_equal(pins(fd, memory, 2 * PAGE, 1), 0);
	assert_errno(pins(fd, memory, 2 * PAGE, 0), EIO);
	assert_int_equal(close(fd), 0);
	fd = open_iommu();
	assert_int_equal(pins(fd, memory, 2 * PAGE, 0), 0);
	close(fd);
	munmap(memory, 2 * PAGE);
}

static void a_page_table_shows_the_programs_pages(void **state)
{
	char *memory = pages(4, PROT_READ | PROT_WRITE);
	struct test_cmd cmd = {0};
	int fd = open_iommu();
	uint32_t ioas = alloc_ioas(fd), mock, table = mock_domain(fd, ioas, &mock);

	(void)state;
	assert_int_equal(map(fd, ioas, memory, 4 * PAGE, true), 0);
	cmd.id = table;
	cmd.check_map.iova = IOVA;
	cmd.check_map.length = 4 * PAGE;
	cmd.check_map.user = (uint64_t)(uintptr_t)memory;
	assert_int_equal(test_op(fd, TEST_CHECK_MAP, &cmd), 0);
	cmd.check_map.length = PAGE;
	cmd.check_map.user += PAGE;
	assert_errno(test_op(fd, TEST_CHECK_MAP, &cmd), EINVAL);
	assert_errno(destroy(fd, ioas), EBUSY);
	assert_int_equal(destroy(fd, mock), 0);
	assert_int_equal(pins(fd, memory, 4 * PAGE, 0), 0);
	assert_int_equal(destroy(fd, ioas), 0);
	close(fd);
	munmap(memory, 4 * PAGE);
}

static void huge_pages_need_no_reserve(void **state)
{
	const size_t size = 2u << 20;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	memset(memory, 1, size);
	assert_int_equal(munmap(memory, size), 0);
}

/* ---- Accesses ------------------------------------------------------------------------------- */

static void an_access_copies_and_pins(void **state)
{
	char *memory = pages(2, PROT_READ | PROT_WRITE), text[16] = "";
	struct test_cmd cmd = {0};
	int fd = open_iommu(), access;
	uint32_t ioas = alloc_ioas(fd);

	(void)state;
	assert_int_equal(map(fd, ioas, memory, 2 * PAGE, true), 0);
	strcpy(memory + PAGE - 4, "across");
	cmd.id = ioas;
	cmd.create_access.flags = 1;
	assert_int_equal(test_op(fd, TEST_CREATE_ACCESS, &cmd), 0);
	access = (int)cmd.create_access.out_fd;
	cmd = (struct test_cmd){.id = (uint32_t)access,
				.access_rw = {IOVA + PAGE - 4, 7, (uint64_t)(uintptr_t)text, 0}};
	assert_int_equal(test_op(fd, TEST_ACCESS_RW, &cmd), 0);
	assert_string_equal(text, "across");
	cmd = (struct test_cmd){
		.id = (uint32_t)access,
		.access_pages = {1, 0, IOVA, PAGE, (uint64_t)(uintptr_t)memory},
	};
	assert_int_equal(test_op(fd, TEST_ACCESS_PAGES, &cmd), 0);
	assert_int_equal(pins(fd, memory, PAGE, 1), 0);
	assert_int_equal(pins(fd, memory + PAGE, PAGE, 0), 0);
	assert_int_equal(close(access), 0);
	assert_int_equal(pins(fd, memory, 2 * PAGE, 0), 0);
	assert_errno(test_op(fd, TEST_ACCESS_PAGES, &cmd), EBADFD);
	close(fd);
	munmap(memory, 2 * PAGE);
}

/* ---- Nested tables ---------------------------------------------------------------------------- */

static int invalidate(int fd, uint32_t id, const uint32_t *words, uint32_t length, uint32_t *count)
{
	struct ioasim_iommufd_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = id,
		.data = (uint64_t)(uintptr_t)words,
		.data_type = 0xdeadbeef,
		.entry_len = length,
		.entry_num = *count,
	};
	int result = ioctl(fd, IOASIM_IOMMUFD_HWPT_INVALIDATE, &call);

	*count = call.entry_num;
	return result;
}

static int tlb_word(int fd, uint32_t id, uint32_t word, uint32_t value)
{
	struct test_cmd cmd = {.id = id, .check_tlb = {word, value}};

	return test_op(fd, TEST_CHECK_TLB, &cmd);
}

static void a_nested_mock_table_has_a_tlb(void **state)
{
	const uint32_t data = 77, entries[2][2] = {{0, 1}, {0, 9}}, all[2] = {1, 0};
	struct ioasim_iommufd_hwpt_alloc call = {
		.size = sizeof(call),
		.flags = IOASIM_IOMMUFD_HWPT_NEST_PARENT,
	};
	struct test_cmd mock = {0};
	int fd = open_iommu();
	uint32_t nested, count = 2;

	(void)state;
	mock.id = call.pt_id = alloc_ioas(fd);
	assert_int_equal(test_op(fd, TEST_MOCK_DOMAIN, &mock), 0);
	call.dev_id = mock.mock_domain.out_device;
	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), 0);
	call.flags = 0;
	call.pt_id = call.out_hwpt_id;
	call.data_type = 0xdead;
	call.data = (uint64_t)(uintptr_t)&data;
	call.data_len = sizeof(data) + 1;
	assert_errno(ioctl(fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), EINVAL);
	call.data_len = sizeof(data);
	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), 0);
	nested = call.out_hwpt_id;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(tlb_word(fd, nested, i, 77), 0);
	assert_errno(invalidate(fd, nested, entries[0], 8, &count), EINVAL);
	assert_int_equal(count, 1);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(tlb_word(fd, nested, i, i == 1 ? 0 : 77), 0);
	assert_int_equal(invalidate(fd, nested, all, 8, &count), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(tlb_word(fd, nested, i, 0), 0);
	assert_errno(tlb_word(fd, nested, 4, 0), EINVAL);
	close(fd);
}

static void a_page_fault_reaches_the_queue_and_poll(void **state)
{
	struct ioasim_iommufd_fault_alloc queue = {.size = sizeof(queue)};
	struct ioasim_iommufd_hwpt_alloc call = {
		.size = sizeof(call),
		.flags = IOASIM_IOMMUFD_HWPT_FAULT_ID,
	};
	struct ioasim_iommufd_pgfault fault = {0};
	volatile uintptr_t nowhere = 8;
	struct ioasim_iommufd_page_response response = {0};
	struct test_cmd cmd = {0};
	struct pollfd ready = {.events = POLLIN};
	int fd = open_iommu();

	(void)state;
	cmd.id = call.pt_id = alloc_ioas(fd);
	assert_int_equal(test_op(fd, TEST_MOCK_DOMAIN, &cmd), 0);
	call.dev_id = cmd.mock_domain.out_device;
	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC, &queue), 0);
	call.fault_id = queue.out_fault_id;
	assert_int_equal(ioctl(fd, IOASIM_IOMMUFD_HWPT_ALLOC, &call), 0);
	cmd.id = cmd.mock_domain.out_mock;
	cmd.replace.pt_id = call.out_hwpt_id;
	assert_int_equal(test_op(fd, TEST_MOCK_DOMAIN_REPLACE, &cmd), 0);
	ready.fd = (int)queue.out_fault_fd;
	assert_int_equal(poll(&ready, 1, 0), 0);
	cmd = (struct test_cmd){.fault = {call.dev_id, 0, 3, 1, 0x5000}};
	assert_int_equal(test_op(fd, TEST_TRIGGER_FAULT, &cmd), 0);
	assert_int_equal(poll(&ready, 1, 0), 1);
	assert_errno(read(ready.fd, (void *)nowhere, sizeof(fault)), EFAULT);
	assert_int_equal(read(ready.fd, &fault, sizeof(fault)), sizeof(fault));
	assert_int_equal(fault.dev_id, call.dev_id);
	assert_int_equal(fault.grpid, 3);
	assert_int_equal(fault.addr, 0x5000);
	assert_int_equal(poll(&ready, 1, 0), 0);
	response.cookie = fault.cookie;
	assert_int_equal(write(ready.fd, &response, sizeof(response)), sizeof(response));
	assert_errno(write(ready.fd, &response, sizeof(response)), EINVAL);
	close(ready.fd);
	close(fd);
}

/* ---- Threads and children ---------------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS  2000

static void *make_and_destroy(void *opaque)
{
	const int fd = *(int *)opaque;
	uintptr_t failed = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ioasim_iommufd_ioas_alloc call = {.size = sizeof(call)};
		int copy = dup(fd);

		failed += ioctl(copy, IOASIM_IOMMUFD_IOAS_ALLOC, &call) != 0;
		failed += call.out_ioas_id == 0 || call.out_ioas_id > THREADS;
		failed += close(copy) != 0;
		failed += destroy(fd, call.out_ioas_id) != 0;
	}
	return (void *)failed;
}

static void threads_share_a_descriptor(void **state)
{
	pthread_t thread[THREADS];
	int fd = open_iommu();

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, make_and_destroy, &fd), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(alloc_ioas(fd), 1);
	close(fd);
}

static void a_child_has_a_copy_of_the_model(void **state)
{
	int fd = open_iommu(), status;
	pid_t child;

	(void)state;
	assert_int_equal(alloc_ioas(fd), 1);
	child = fork();
	if (child == 0)
		_exit(alloc_ioas(fd) == 2 && destroy(fd, 1) == 0 && close(fd) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(alloc_ioas(fd), 2);
	assert_int_equal(destroy(fd, 1), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_open_has_objects_of_its_own),
		cmocka_unit_test(a_copied_number_names_the_same),
		cmocka_unit_test(other_files_are_the_hosts),
		cmocka_unit_test(what_a_descriptor_cannot_do_is_refused),
		cmocka_unit_test(arguments_that_are_not_there_are_an_error),
		cmocka_unit_test(test_commands_have_a_least_size),
		cmocka_unit_test(memory_is_judged_as_the_program_has_it),
		cmocka_unit_test(a_page_table_shows_the_programs_pages),
		cmocka_unit_test(huge_pages_need_no_reserve),
		cmocka_unit_test(an_access_copies_and_pins),
		cmocka_unit_test(a_nested_mock_table_has_a_tlb),
		cmocka_unit_test(a_page_fault_reaches_the_queue_and_poll),
		cmocka_unit_test(threads_share_a_descriptor),
		cmocka_unit_test(a_child_has_a_copy_of_the_model),
	};

	return cmocka_run_group_tests_name("preload", tests, NULL, NULL);
}
