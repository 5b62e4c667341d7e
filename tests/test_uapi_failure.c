/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that run out of memory for tables change nothing (docs/uapi.md, G5, S14, S17):
 * the same calls with every size of the kernel's memory, until nothing fails any more.
 */
#include "uapi_rig.h"

#include "model/uapi/frames.h"

#define RID  0x28
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* Far apart, so that each area needs tables of its own at all levels. */
#define AREAS 16u

static uint64_t iova(unsigned n)
{
	return (n + 1) * UINT64_C(0x20040201000);
}

static uint64_t vaddr(unsigned n)
{
	return RIG_MEMORY + n * RIG_PAGE;
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

/* What a run has got so far. */
struct run {
	struct uapi_rig *rig;
	int device, parent, child;
	bool bound, on_parent, on_child;
	bool parent_has[AREAS], child_has[AREAS];
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

/* Everything that DMA can reach, and the pins, by what has succeeded. */
static void run_check(const struct run *run)
{
	struct uapi_rig *rig = run->rig;

	for (unsigned n = 0; n < AREAS; n++) {
		ioasim_pa_t pa = rig_page(rig, vaddr(n)), expected = 0;

		if (run->on_child)
			expected = run->child_has[n] && run->parent_has[n] ? pa : 0;
		else if (run->on_parent)
			expected = run->parent_has[n] ? pa : 0;
		assert_int_equal(rig_reach(rig, RID, iova(n), RW), expected);
		assert_int_equal(frame_at(&rig->system->frames, pa)->pins, run->parent_has[n]);
	}
}

static void attach_both(struct run *run)
{
	struct uapi_rig *rig = run->rig;

	if (run->bound && run->parent > 0 && !run->on_parent) {
		run->on_parent = succeeded(run, rig_attach(rig, run->device, run->parent, NONE));
		run_check(run);
	}
	if (run->on_parent && run->child > 0 && !run->on_child) {
		run->on_child = succeeded(run, rig_attach(rig, run->device, run->child, NONE));
		run_check(run);
	}
}

/* Maps of the parent and the child, each n-th alternately; the parent's first areas
 * come before attachment. */
static void map_all(struct run *run)
{
	struct uapi_rig *rig = run->rig;

	for (unsigned n = 0; n < AREAS; n++) {
		if (n == AREAS / 2)
			attach_both(run);
		run->parent_has[n] =
			succeeded(run, rig_map(rig, run->parent, iova(n), vaddr(n), RIG_PAGE));
		run_check(run);
		if (!run->parent_has[n])
			continue;
		run->child_has[n] =
			succeeded(run, rig_map(rig, run->child, iova(n), iova(n), RIG_PAGE));
		run_check(run);
	}
}

/* A parent's area goes, which hides the child's, and comes back if there is memory. */
static void turn_all(struct run *run)
{
	struct uapi_rig *rig = run->rig;

	for (unsigned n = 0; n < AREAS; n++) {
		if (!run->parent_has[n])
			continue;
		assert_int_equal(rig_unmap(rig, run->parent, iova(n), RIG_PAGE), RIG_PAGE);
		run->parent_has[n] = false;
		run_check(run);
		run->parent_has[n] =
			succeeded(run, rig_map(rig, run->parent, iova(n), vaddr(n), RIG_PAGE));
		run_check(run);
	}
}

static unsigned run_with(const char *arch, uint64_t kernel_memory)
{
	struct run run = {.rig = uapi_rig_create(arch, kernel_memory)};
	struct ioasim_device_config config = rig_pdev(RID);
	int device = ioasim_device_add(run.rig->system, &config);
	void *rig = run.rig;

	if (succeeded(&run, device)) {
		run.device = ioasim_open_device(run.rig->system, run.rig->vm, device);
		run.bound = succeeded(&run, rig_bind(run.rig, run.device, run.rig->fd, 1));
	}
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
	unsigned failing = 0;

	while (run_with(arch, memory)) {
		memory += RIG_PAGE;
		failing++;
	}
	print_message("%u sizes fail\n", failing);
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
