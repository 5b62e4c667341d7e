/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that run out of memory for tables change nothing (docs/uapi.md, G5, S14, S17):
 * the same calls with every size of the kernel's memory, until nothing fails any more.
 */
#include "uapi_rig.h"

#include "model/uapi/frames.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* Of a group, and of a device that stays on the parent. */
#define RID     0x28
#define OTHER   0x30
#define WATCHER 0x34
#define RW      (IOASIM_READ | IOASIM_WRITE)
#define NONE    IOASIM_NO_VPASID

/* Areas of two pages. They lie far apart, and each across a boundary of tables. */
#define AREAS 12u
#define PAGES 2u

static uint64_t iova(unsigned n, unsigned page)
{
	return (n + 1) * UINT64_C(0x20040200000) + page * RIG_PAGE - RIG_PAGE;
}

/* Where the child shows the same once more. */
#define ALIAS (UINT64_C(1) << 46)

/* The pages of an area are no neighbours on the bus. */
static uint64_t vaddr(unsigned n, unsigned page)
{
	return RIG_MEMORY + (n * 4 + page * 2) * RIG_PAGE;
}

/* The least memory with which a system can be made. */
static uint64_t least_memory(const char *arch)
{
	struct ioasim_system_config config;
	struct ioasim_system *system;

	assert_int_equal(ioasim_system_config_init(&config, arch), 0);
	for (config.kernel_memory = RIG_PAGE;; config.kernel_memory += RIG_PAGE) {
		int error = ioasim_system_create(&config, &system, NULL);

		if (!error)
			break;
		assert_int_equal(error, -ENOMEM);
	}
	ioasim_system_destroy(system);
	return config.kernel_memory;
}

/* What a run has got so far. The parent has a mapping for each page, the child one for
 * each area. */
struct run {
	struct uapi_rig *rig;
	int device, watcher, parent, child;
	bool bound, on_parent, on_child, watches;
	bool parent_has[AREAS][PAGES], child_has[AREAS], child_alias[AREAS];
	unsigned failures;
};

/* Whether the call was a success; no other errno than ENOMEM is one. */
static bool succeeded(struct run *run, int status)
{
	if (status < 0)
		assert_int_equal(status, -ENOMEM);
	run->failures += status < 0;
	return status >= 0;
}

/* What each device reaches of a page, and its pins, by what has succeeded. */
static void page_check(const struct run *run, unsigned n, unsigned page)
{
	struct uapi_rig *rig = run->rig;
	ioasim_pa_t pa = rig_page(rig, vaddr(n, page));
	bool parent = run->parent_has[n][page];
	bool shown = run->on_child ? parent && run->child_has[n] : parent && run->on_parent;
	bool again = run->on_child && parent && run->child_alias[n];

	assert_int_equal(rig_reach(rig, RID, iova(n, page), RW), shown ? pa : 0);
	assert_int_equal(rig_reach(rig, OTHER, iova(n, page), RW), shown ? pa : 0);
	assert_int_equal(rig_reach(rig, RID, iova(n, page) | ALIAS, RW), again ? pa : 0);
	assert_int_equal(rig_reach(rig, WATCHER, iova(n, page), RW),
			 parent && run->watches ? pa : 0);
	assert_int_equal(frame_at(&rig->system->frames, pa)->pins, parent);
}

static void run_check(const struct run *run)
{
	for (unsigned n = 0; n < AREAS; n++)
		for (unsigned page = 0; page < PAGES; page++)
			page_check(run, n, page);
}

static int opened(struct run *run, uint32_t requester_id, uint32_t group)
{
	struct ioasim_device_config config = rig_pdev(requester_id);
	int device;

	config.group = group;
	device = ioasim_device_add(run->rig->system, &config);
	if (!succeeded(run, device))
		return -1;
	return ioasim_open_device(run->rig->system, run->rig->vm, device);
}

static void attach_both(struct run *run)
{
	struct uapi_rig *rig = run->rig;

	if (run->watcher >= 0 && !run->watches) {
		run->watches = succeeded(run, rig_attach(rig, run->watcher, run->parent, NONE));
		run_check(run);
	}
	if (run->bound && !run->on_parent) {
		run->on_parent = succeeded(run, rig_attach(rig, run->device, run->parent, NONE));
		run_check(run);
	}
	if (run->on_parent && !run->on_child) {
		run->on_child = succeeded(run, rig_attach(rig, run->device, run->child, NONE));
		run_check(run);
	}
}

static void parent_map(struct run *run, unsigned n, unsigned page)
{
	run->parent_has[n][page] = succeeded(run, rig_map(run->rig, run->parent, iova(n, page),
							  vaddr(n, page), RIG_PAGE));
	run_check(run);
}

static void parent_unmap(struct run *run, unsigned n, unsigned page)
{
	if (!run->parent_has[n][page])
		return;
	assert_int_equal(rig_unmap(run->rig, run->parent, iova(n, page), RIG_PAGE), RIG_PAGE);
	run->parent_has[n][page] = false;
	run_check(run);
}

/* The child shows an area in two places. */
static void child_map(struct run *run, unsigned n)
{
	struct uapi_rig *rig = run->rig;

	if (!run->parent_has[n][0] || !run->parent_has[n][1])
		return;
	run->child_has[n] =
		succeeded(run, rig_map(rig, run->child, iova(n, 0), iova(n, 0), PAGES * RIG_PAGE));
	run_check(run);
	run->child_alias[n] = succeeded(run, rig_map(rig, run->child, iova(n, 0) | ALIAS,
						     iova(n, 0), PAGES * RIG_PAGE));
	run_check(run);
}

/*
 * Half of the maps come before there are tables. Of these, half go from the parent again,
 * and come back when its tables and the child's are there and have nothing of them.
 */
static void map_all(struct run *run)
{
	for (unsigned n = 0; n < AREAS / 2; n++) {
		parent_map(run, n, 0);
		parent_map(run, n, 1);
		child_map(run, n);
	}
	for (unsigned n = 0; n < AREAS / 4; n++) {
		parent_unmap(run, n, 0);
		parent_unmap(run, n, 1);
	}
	attach_both(run);
	for (unsigned n = 0; n < AREAS / 4; n++) {
		parent_map(run, n, 0);
		parent_map(run, n, 1);
	}
	for (unsigned n = AREAS / 2; n < AREAS; n++) {
		parent_map(run, n, 0);
		parent_map(run, n, 1);
		child_map(run, n);
	}
}

/* A parent's pages go, which hides the child's, and come back if there is memory. */
static void turn_all(struct run *run)
{
	for (unsigned n = 0; n < AREAS; n++) {
		for (unsigned page = 0; page < PAGES; page++) {
			parent_unmap(run, n, page);
			parent_map(run, n, page);
		}
	}
}

static unsigned run_with(const char *arch, uint64_t kernel_memory)
{
	struct run run = {.rig = uapi_rig_create(arch, kernel_memory)};
	void *rig = run.rig;

	run.watcher = opened(&run, WATCHER, IOASIM_GROUP_OWN);
	if (run.watcher >= 0 && !succeeded(&run, rig_bind(run.rig, run.watcher, run.rig->fd, 3)))
		run.watcher = -1;
	run.device = opened(&run, RID, 7);
	run.bound = opened(&run, OTHER, 7) >= 0 && run.device >= 0 &&
		    succeeded(&run, rig_bind(run.rig, run.device, run.rig->fd, 1));
	run.parent = rig_alloc(run.rig, 0, 0);
	run.child = rig_alloc(run.rig, (uint32_t)run.parent, 0);
	map_all(&run);
	attach_both(&run);
	turn_all(&run);
	assert_int_equal(uapi_rig_teardown(&rig), 0);
	return run.failures;
}

static void g5_a_call_that_runs_out_of_tables_changes_nothing(void **state)
{
	const char *arch = *state;
	uint64_t memory = least_memory(arch);
	unsigned failing = 0, step = RUNNING_ON_VALGRIND ? 17 : 1;

	while (run_with(arch, memory)) {
		memory += step * RIG_PAGE;
		failing += step;
	}
	/* Areas that far apart need more than a dozen tables. */
	assert_true(failing > 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(g5_a_call_that_runs_out_of_tables_changes_nothing,
					  (void *)(uintptr_t) "vtd"),
		cmocka_unit_test_prestate(g5_a_call_that_runs_out_of_tables_changes_nothing,
					  (void *)(uintptr_t) "amdvi"),
		cmocka_unit_test_prestate(g5_a_call_that_runs_out_of_tables_changes_nothing,
					  (void *)(uintptr_t) "smmuv3"),
	};

	return cmocka_run_group_tests_name("uapi failure", tests, NULL, NULL);
}
