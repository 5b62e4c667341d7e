/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The n-th allocation fails, for n = 1, 2.. until none fails any more: what is
 * being made is then refused with -ENOMEM, and nothing is left behind.
 *
 * Linked with --wrap for the functions below (see the Makefile).
 */
#include "model/arch.h"
#include "model/cache.h"
#include "model/driver.h"
#include "model/mem.h"
#include "model/timing.h"

#include <ioasim/iommufd.h>
#include <ioasim/unit.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#define SWEEP_MAX 500

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *p);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *p);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *p, size_t size);

static struct {
	unsigned until; /* this many more succeed, then one fails; 0: none does */
	bool failed;
	long live; /* blocks and mappings */
} host;

static bool fails(void)
{
	if (host.until == 0 || --host.until != 0)
		return false;
	host.failed = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *p)
{
	host.live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *p = fails() ? NULL : __real_realloc(old, size);

	host.live += p && !old;
	return p;
}

void __wrap_free(void *p)
{
	host.live -= p != NULL;
	__real_free(p);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *p = fails() ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);

	host.live += p != MAP_FAILED && !at;
	return p;
}

int __wrap_munmap(void *p, size_t size)
{
	host.live--;
	return __real_munmap(p, size);
}

/* `make` makes and ends something; it returns what making it returned. */
static void sweep(const char *what, int (*make)(const void *arg), const void *arg, bool must_fail)
{
	for (unsigned n = 1; n < SWEEP_MAX; n++) {
		long live = host.live;
		int error;

		host.until = n;
		host.failed = false;
		error = make(arg);
		host.until = 0;
		if (host.live != live)
			fail_msg("%s: allocation %u failed, %ld left behind", what, n,
				 host.live - live);
		if (!host.failed) {
			assert_int_equal(error, 0);
			assert_true(n > 1);
			return;
		}
		if (error != -ENOMEM && (must_fail || error != 0))
			fail_msg("%s: allocation %u failed, result %d", what, n, error);
	}
	fail_msg("%s: more than %d allocations", what, SWEEP_MAX);
}

static int make_cache(const void *arg)
{
	struct ioasim_cache_counters counters = {0};
	struct cache cache;
	int error = cache_init(&cache, arg, 16, &counters);

	assert_int_equal(cache_off(&cache), error != 0);
	cache_fini(&cache);
	return error;
}

static void a_cache_is_made_or_refused_as_a_whole(void **state)
{
	static const uint32_t ways[] = {1, 4, 0};

	(void)state;
	for (uint8_t policy = 0; policy <= IOASIM_POLICY_RANDOM; policy++) {
		for (unsigned i = 0; i < 3; i++) {
			const struct ioasim_cache_geometry geometry = {64, ways[i], policy, 0};

			sweep("cache", make_cache, &geometry, true);
		}
	}
}

/* The reservation alone may be refused: the tree stands in for it. */
static int make_memory(const void *arg)
{
	struct ioasim_memory *m = ioasim_memory_create();
	_Alignas(8) static unsigned char buffer[0x1000];
	uint64_t value = 0;
	int error = -ENOMEM;

	(void)arg;
	if (!m)
		return error;
	for (uint64_t i = 0; i < 6; i++) {
		error = i % 2 ? ioasim_memory_add_buffer(m, i << 41, 0x1000, buffer)
			      : ioasim_memory_add_ram(m, i << 41, UINT64_C(1) << 41);
		if (error)
			goto out;
	}
	error = ioasim_memory_abort(m, 8, 8);
	if (error)
		goto out;
	assert_int_equal(ioasim_memory_write64(m, (UINT64_C(2) << 41) - 8, 5), -EFAULT);
	error = ioasim_memory_write64(m, (UINT64_C(5) << 41) - 8, 5);
	if (error)
		goto out;
	assert_int_equal(ioasim_memory_read64(m, (UINT64_C(5) << 41) - 8, &value), 0);
	assert_true(value == 5);
	ioasim_memory_clear(m);
	assert_int_equal(ioasim_memory_read64(m, (UINT64_C(5) << 41) - 8, &value), 0);
	assert_true(value == 0);
out:
	ioasim_memory_destroy(m);
	return error;
}

static int make_timing(const void *arg)
{
	const struct timing_config *config = arg;
	struct timing *timing;
	const char *why;
	int status = timing_create(config, &timing, &why);

	for (unsigned i = 0; i < 3 && status >= 0; i++)
		status = timing_source(timing);
	timing_destroy(timing);
	return status < 0 ? status : 0;
}

static void a_timing_model_is_made_or_refused_as_a_whole(void **state)
{
	const struct timing_config config = {
		.walkers = 4,
		.pending = 16,
		.processors = 2,
		.outstanding = 8,
		.lines = {.entries = 64, .ways = 4},
	};

	(void)state;
	sweep("timing", make_timing, &config, true);
}

static void memory_grows_or_says_that_it_cannot(void **state)
{
	(void)state;
	sweep("memory", make_memory, NULL, false);
}

/* A unit's store where the host has nothing left is a bus error, and no crash. */
static void a_store_without_host_memory_is_a_bus_error(void **state)
{
	struct ioasim_memory *m = ioasim_memory_create();
	uint64_t value = 1, expected = 0;

	(void)state;
	assert_int_equal(ioasim_memory_add_ram(m, 0, UINT64_C(1) << 42), 0);
	host.until = 1;
	assert_false(mem_store(m, UINT64_C(1) << 41, &value, 8));
	host.until = 2;
	assert_int_equal(mem_compare_swap64(m, UINT64_C(1) << 41, &expected, 1), MEM_SWAP_ERROR);
	host.until = 0;
	assert_true(mem_load64(m, UINT64_C(1) << 41, &value) && value == 0);
	assert_true(mem_store(m, UINT64_C(1) << 41, &value, 8));
	ioasim_memory_destroy(m);
}

static struct ioasim_memory *units_memory;

static int make_unit(const void *arg)
{
	struct ioasim_unit *unit = NULL;
	const char *why = NULL;
	int error = ioasim_unit_create(arg, units_memory, &unit, &why);

	assert_int_equal(unit == NULL, error != 0);
	assert_int_equal(why == NULL, error == 0);
	ioasim_unit_destroy(unit);
	return error;
}

static void a_unit_is_made_or_refused_as_a_whole(void **state)
{
	(void)state;
	units_memory = ioasim_memory_create();
	assert_non_null(units_memory);
	for (unsigned i = 0; ioasim_arch_name(i); i++) {
		for (uint8_t policy = 0; policy <= IOASIM_POLICY_RANDOM; policy++) {
			struct ioasim_unit_config config;

			assert_int_equal(ioasim_unit_config_init(&config, ioasim_arch_name(i)), 0);
			for (unsigned c = 0; c < IOASIM_CACHES; c++)
				config.cache[c].policy = policy;
			sweep(config.arch, make_unit, &config, true);
		}
	}
	ioasim_memory_destroy(units_memory);
}

#define RAM_SIZE (UINT64_C(8) << 20)
#define RID      0x110u

/* One of each thing that a driver keeps books of. -ENOMEM at the first that fails. */
static int drive(const struct driver_ops *ops, struct driver *driver)
{
	const struct driver_device device = {RID, 12, true, true};
	const struct domain_config config = {.kind = DOMAIN_KERNEL};
	struct domain *domain;
	uint64_t unmapped;
	int error = ops->device_add(driver, &device);

	for (unsigned i = 0; i < 2 && !error; i++) {
		error = ops->domain_create(driver, &config, &domain);
		if (!error)
			error = ops->map(driver, domain, UINT64_C(2) << 30, 0, 8192, IOASIM_READ);
		if (!error)
			error = ops->attach(driver, RID, i ? 9 : DRIVER_NO_PASID, domain);
	}
	if (!error)
		error = ops->unmap(driver, domain, UINT64_C(2) << 30, 4096, &unmapped);
	if (!error)
		error = ops->detach(driver, RID, 9);
	return error;
}

static int make_driver(const void *arg)
{
	static _Alignas(8) unsigned char ram[RAM_SIZE];
	const struct driver_config config = {.pool_size = RAM_SIZE, .stage1 = true};
	const struct ioasim_arch *arch = arg;
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit_config unit_config;
	struct ioasim_unit *unit = NULL;
	struct driver *driver = NULL;
	int error = -ENOMEM;

	if (!memory)
		return error;
	assert_int_equal(ioasim_unit_config_init(&unit_config, arch->name), 0);
	/* Memory of the test's own: the machine's stores cannot fail. */
	error = ioasim_memory_add_buffer(memory, 0, RAM_SIZE, ram);
	if (!error)
		error = ioasim_unit_create(&unit_config, memory, &unit, NULL);
	if (!error)
		error = arch->driver->create(unit, memory, &config, &driver);
	assert_int_equal(driver == NULL, error != 0);
	if (!error)
		error = drive(arch->driver, driver);
	arch->driver->destroy(driver);
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
	return error;
}

static void a_driver_is_made_or_refused_as_a_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++)
		if (ioasim_archs[i]->driver)
			sweep(ioasim_archs[i]->name, make_driver, ioasim_archs[i], true);
}

/* ---- iommufd ------------------------------------------------------------------------------ */

#define VM_MEMORY UINT64_C(0x40000000)

struct vm {
	struct ioasim_system *system;
	int process, fd, device_fd;
};

static int call(const struct vm *vm, int fd, uint32_t request, void *argument)
{
	return ioasim_iommufd_ioctl(vm->system, vm->process, fd, request, argument);
}

/* A page table with faults, a copy, an attachment that is replaced. */
static int iommufd_calls(const struct vm *vm)
{
	struct ioasim_vfio_bind bind = {.argsz = sizeof(bind), .iommufd = vm->fd};
	struct ioasim_iommufd_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioasim_iommufd_fault_alloc queue = {.size = sizeof(queue)};
	struct ioasim_iommufd_map map = {
		.size = sizeof(map), .flags = 6, .user_va = VM_MEMORY, .length = 0x3000};
	struct ioasim_iommufd_copy copy = {
		.size = sizeof(copy), .flags = 7, .dst_iova = 0x100000, .length = 0x2000};
	struct ioasim_iommufd_hwpt_alloc hwpt = {.size = sizeof(hwpt), .flags = 4};
	struct ioasim_vfio_attach attach = {.argsz = sizeof(attach)};
	int error = call(vm, vm->device_fd, IOASIM_VFIO_BIND_IOMMUFD, &bind);

	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_ALLOC, &ioas);
	map.ioas_id = copy.src_ioas_id = copy.dst_ioas_id = hwpt.pt_id = ioas.out_ioas_id;
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_MAP, &map);
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC, &queue);
	hwpt.dev_id = bind.out_devid;
	hwpt.fault_id = queue.out_fault_id;
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt);
	copy.src_iova = map.iova;
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_COPY, &copy);
	attach.pt_id = hwpt.out_hwpt_id;
	if (!error)
		error = call(vm, vm->device_fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
	attach.pt_id = ioas.out_ioas_id;
	return error ? error : call(vm, vm->device_fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
}

static int open_vm(struct vm *vm)
{
	const struct ioasim_device_config device = {.requester_id = 0x28,
						    .parent = IOASIM_NO_DEVICE,
						    .pf = IOASIM_NO_DEVICE,
						    .group = IOASIM_GROUP_OWN};
	int number = ioasim_process_create(vm->system);

	vm->process = number;
	if (number >= 0)
		number = ioasim_process_mmap(vm->system, vm->process, VM_MEMORY, 0x10000,
					     IOASIM_READ | IOASIM_WRITE);
	if (number >= 0)
		number = ioasim_device_add(vm->system, &device);
	if (number >= 0)
		vm->device_fd = number = ioasim_open_device(vm->system, vm->process, number);
	if (number >= 0)
		vm->fd = number = ioasim_iommufd_open(vm->system, vm->process);
	return number < 0 ? number : 0;
}

/* An access, its pins, another IOAS. */
static int mdev_calls(const struct vm *vm)
{
	const struct ioasim_device_config config = {
		.pf = IOASIM_NO_DEVICE, .software = true, .group = IOASIM_GROUP_OWN};
	struct ioasim_vfio_bind bind = {.argsz = sizeof(bind), .iommufd = vm->fd};
	struct ioasim_iommufd_ioas_alloc ioas = {.size = sizeof(ioas)}, other = ioas;
	struct ioasim_iommufd_map map = {
		.size = sizeof(map), .flags = 7, .user_va = VM_MEMORY, .length = 0x3000};
	struct ioasim_iommufd_unmap unmap = {.size = sizeof(unmap), .length = 0x3000};
	struct ioasim_vfio_attach attach = {.argsz = sizeof(attach)};
	int mdev = ioasim_device_add(vm->system, &config);
	int fd = mdev < 0 ? mdev : ioasim_open_device(vm->system, vm->process, mdev);
	int error = fd < 0 ? fd : call(vm, fd, IOASIM_VFIO_BIND_IOMMUFD, &bind);
	uint64_t word = 0;

	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_ALLOC, &ioas);
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_ALLOC, &other);
	attach.pt_id = map.ioas_id = unmap.ioas_id = ioas.out_ioas_id;
	if (!error)
		error = call(vm, fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_MAP, &map);
	if (!error)
		error = ioasim_iommufd_pin(vm->system, mdev, 0x1000, 0x2000, true, NULL);
	if (!error)
		error = ioasim_iommufd_rw(vm->system, mdev, 0xffc, &word, sizeof(word), true);
	if (!error)
		error = call(vm, vm->fd, IOASIM_IOMMUFD_IOAS_UNMAP, &unmap);
	attach.pt_id = other.out_ioas_id;
	return error ? error : call(vm, fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
}

static int make_vm(const struct ioasim_arch *arch, int (*calls)(const struct vm *vm))
{
	struct ioasim_system_config config;
	struct vm vm = {NULL, 0, 0, 0};
	int error;

	assert_int_equal(ioasim_system_config_init(&config, arch->name), 0);
	config.user_memory = 0x100000;
	config.kernel_memory = 0x400000;
	error = ioasim_system_create(&config, &vm.system, NULL);
	if (!error)
		error = open_vm(&vm);
	if (!error)
		error = calls(&vm);
	ioasim_system_destroy(vm.system);
	return error;
}

static int make_iommufd(const void *arg)
{
	return make_vm(arg, iommufd_calls);
}

static int make_mdev(const void *arg)
{
	return make_vm(arg, mdev_calls);
}

/* Without memory for its books the checker judges nothing, so that not all fails. */
static void an_iommufd_is_made_or_refused_as_a_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++)
		sweep(ioasim_archs[i]->name, make_iommufd, ioasim_archs[i], false);
}

static void a_software_mdev_is_bound_or_refused_as_a_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++)
		sweep(ioasim_archs[i]->name, make_mdev, ioasim_archs[i], false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_software_mdev_is_bound_or_refused_as_a_whole),
		cmocka_unit_test(an_iommufd_is_made_or_refused_as_a_whole),
		cmocka_unit_test(a_cache_is_made_or_refused_as_a_whole),
		cmocka_unit_test(a_timing_model_is_made_or_refused_as_a_whole),
		cmocka_unit_test(memory_grows_or_says_that_it_cannot),
		cmocka_unit_test(a_store_without_host_memory_is_a_bus_error),
		cmocka_unit_test(a_unit_is_made_or_refused_as_a_whole),
		cmocka_unit_test(a_driver_is_made_or_refused_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
