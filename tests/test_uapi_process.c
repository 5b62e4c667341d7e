/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of processes (docs/uapi.md, section 1, S6) and the frames behind it. */
#include "uapi_rig.h"

#include "model/uapi/frames.h"

#define RW   (IOASIM_READ | IOASIM_WRITE)
#define HERE UINT64_C(0x70000000)
#define MIB  (UINT64_C(1) << 20)

static int map(struct uapi_rig *rig, uint64_t address, uint64_t length)
{
	return ioasim_process_mmap(rig->system, rig->vm, address, length, RW);
}

static int unmap(struct uapi_rig *rig, uint64_t address, uint64_t length)
{
	return ioasim_process_munmap(rig->system, rig->vm, address, length);
}

static void memory_is_whole_pages_and_only_where_none_is(void **state)
{
	struct uapi_rig *rig = *state;

	assert_int_equal(map(rig, HERE, 0), -EINVAL);
	assert_int_equal(map(rig, HERE + 1, RIG_PAGE), -EINVAL);
	assert_int_equal(map(rig, HERE, RIG_PAGE / 2), -EINVAL);
	assert_int_equal(map(rig, UINT64_MAX - 0xfff, 2 * RIG_PAGE), -EINVAL);
	assert_int_equal(ioasim_process_mmap(rig->system, rig->vm, HERE, RIG_PAGE, 8), -EINVAL);
	assert_int_equal(ioasim_process_mmap(rig->system, 7, HERE, RIG_PAGE, RW), -ESRCH);
	assert_int_equal(map(rig, HERE, 3 * RIG_PAGE), 0);
	assert_int_equal(map(rig, HERE + 2 * RIG_PAGE, 2 * RIG_PAGE), -EEXIST);
	assert_int_equal(unmap(rig, HERE, 4 * RIG_PAGE), -ENOENT);
	assert_int_equal(unmap(rig, HERE + RIG_PAGE, RIG_PAGE), 0);
	assert_int_equal(unmap(rig, HERE, 3 * RIG_PAGE), -ENOENT);
	assert_int_equal(map(rig, 0, RIG_PAGE), 0);
	assert_int_equal(map(rig, UINT64_MAX - 0xfff, RIG_PAGE), 0);
	assert_int_equal(unmap(rig, UINT64_MAX - 0xfff, RIG_PAGE), 0);
}

static void loads_and_stores_cross_areas_and_keep_what_was_written(void **state)
{
	struct uapi_rig *rig = *state;
	char data[16] = "across the seam", back[16];

	assert_int_equal(map(rig, HERE, RIG_PAGE), 0);
	assert_int_equal(map(rig, HERE + RIG_PAGE, RIG_PAGE), 0);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE + RIG_PAGE - 5, data, 16),
			 0);
	assert_int_equal(unmap(rig, HERE, RIG_PAGE - RIG_PAGE), -EINVAL);
	assert_int_equal(ioasim_process_read(rig->system, rig->vm, HERE + RIG_PAGE - 5, back, 16),
			 0);
	assert_memory_equal(data, back, 16);
	assert_int_equal(ioasim_process_read(rig->system, rig->vm, HERE + 2 * RIG_PAGE - 5, back,
					     16),
			 -EFAULT);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, RIG_READ_ONLY, data, 1),
			 -EFAULT);
	assert_int_equal(ioasim_process_read(rig->system, rig->vm, UINT64_MAX - 4, back, 16),
			 -EFAULT);
}

static void protection_changes_parts_of_an_area(void **state)
{
	struct uapi_rig *rig = *state;
	char byte = 1;

	assert_int_equal(map(rig, HERE, 3 * RIG_PAGE), 0);
	assert_int_equal(ioasim_process_mprotect(rig->system, rig->vm, HERE + RIG_PAGE, RIG_PAGE,
						 IOASIM_READ),
			 0);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE, &byte, 1), 0);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE + RIG_PAGE, &byte, 1),
			 -EFAULT);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE + 2 * RIG_PAGE, &byte, 1),
			 0);
	assert_int_equal(ioasim_process_mprotect(rig->system, rig->vm, HERE + 2 * RIG_PAGE,
						 2 * RIG_PAGE, IOASIM_READ),
			 -ENOENT);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE + 2 * RIG_PAGE, &byte, 1),
			 0);
}

static void runs_of_frames_agree_with_addresses_in_their_low_bits(void **state)
{
	struct uapi_rig *rig = *state;

	assert_int_equal(map(rig, HERE + RIG_PAGE, RIG_PAGE), 0);
	assert_int_equal(map(rig, HERE + 4 * MIB, 8 * MIB), 0);
	assert_int_equal(rig_page(rig, HERE + 4 * MIB) % (2 * MIB), 0);
	assert_int_equal(rig_page(rig, HERE + 12 * MIB - 1),
			 rig_page(rig, HERE + 4 * MIB) + 8 * MIB - 1);
}

static void released_frames_come_back_first_and_zeroed(void **state)
{
	struct uapi_rig *rig = *state;
	uint64_t word = UINT64_C(0x5ec5e7), back;
	ioasim_pa_t pa;

	assert_int_equal(map(rig, HERE, RIG_PAGE), 0);
	pa = rig_page(rig, HERE);
	assert_int_equal(ioasim_process_write(rig->system, rig->vm, HERE, &word, 8), 0);
	assert_int_equal(frame_at(&rig->system->frames, pa)->mapped, 1);
	assert_int_equal(unmap(rig, HERE, RIG_PAGE), 0);
	assert_int_equal(frame_at(&rig->system->frames, pa)->mapped, 0);
	assert_int_not_equal(frame_at(&rig->system->frames, pa)->released_at, 0);
	assert_int_equal(map(rig, HERE + RIG_PAGE, RIG_PAGE), 0);
	assert_int_equal(rig_page(rig, HERE + RIG_PAGE), pa);
	assert_int_equal(frame_at(&rig->system->frames, pa)->released_at, 0);
	assert_int_equal(ioasim_process_read(rig->system, rig->vm, HERE + RIG_PAGE, &back, 8), 0);
	assert_int_equal(back, 0);
	assert_null(frame_at(&rig->system->frames, 0));
}

static void memory_ends_with_enomem_and_nothing_is_lost(void **state)
{
	const uint64_t all = 64 * MIB;
	struct ioasim_system_config config;
	struct ioasim_system *system;
	const char *why;
	int one, two;

	(void)state;
	assert_int_equal(ioasim_system_config_init(&config, "vtd"), 0);
	config.user_memory = RIG_PAGE / 2;
	assert_int_equal(ioasim_system_create(&config, &system, &why), -EINVAL);
	assert_non_null(strstr(why, "whole pages"));
	config.user_memory = all;
	assert_int_equal(ioasim_system_create(&config, &system, &why), 0);
	one = ioasim_process_create(system);
	two = ioasim_process_create(system);
	assert_int_equal(ioasim_process_mmap(system, one, HERE, all + RIG_PAGE, RW), -ENOMEM);
	assert_int_equal(ioasim_process_mmap(system, one, HERE, all - RIG_PAGE, RW), 0);
	assert_int_equal(ioasim_process_mmap(system, two, HERE, 2 * RIG_PAGE, RW), -ENOMEM);
	assert_int_equal(ioasim_process_mmap(system, two, HERE, RIG_PAGE, RW), 0);
	assert_int_equal(ioasim_process_exit(system, one), 0);
	assert_int_equal(ioasim_process_exit(system, one), -ESRCH);
	assert_int_equal(ioasim_process_mmap(system, one, HERE, RIG_PAGE, RW), -ESRCH);
	assert_int_equal(ioasim_process_mmap(system, two, 0, all - RIG_PAGE, RW), 0);
	ioasim_system_destroy(system);
}

/* Every other page goes: what comes next is in many pieces, and every byte is there. */
static void memory_in_pieces_is_whole_for_its_process(void **state)
{
	struct ioasim_system_config config;
	struct ioasim_system *system;
	uint32_t word;
	int one, two;

	(void)state;
	assert_int_equal(ioasim_system_config_init(&config, "vtd"), 0);
	config.user_memory = 256 * RIG_PAGE;
	assert_int_equal(ioasim_system_create(&config, &system, NULL), 0);
	one = ioasim_process_create(system);
	two = ioasim_process_create(system);
	assert_int_equal(ioasim_process_mmap(system, one, HERE, 256 * RIG_PAGE, RW), 0);
	for (unsigned i = 0; i < 256; i += 2)
		assert_int_equal(ioasim_process_munmap(system, one, HERE + i * RIG_PAGE, RIG_PAGE),
				 0);
	assert_int_equal(ioasim_process_mmap(system, two, HERE, 128 * RIG_PAGE, RW), 0);
	for (word = 0; word < 128; word++)
		assert_int_equal(ioasim_process_write(system, two, HERE + word * RIG_PAGE, &word,
						      sizeof(word)),
				 0);
	for (uint32_t i = 0; i < 128; i++) {
		assert_int_equal(ioasim_process_read(system, two, HERE + i * RIG_PAGE, &word,
						     sizeof(word)),
				 0);
		assert_int_equal(word, i);
		assert_int_equal(ioasim_process_read(system, one, HERE + (2 * i + 1) * RIG_PAGE,
						     &word, sizeof(word)),
				 0);
		assert_int_equal(word, 0);
	}
	ioasim_system_destroy(system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST_ON(memory_is_whole_pages_and_only_where_none_is, "vtd"),
		UAPI_TEST_ON(loads_and_stores_cross_areas_and_keep_what_was_written, "vtd"),
		UAPI_TEST_ON(protection_changes_parts_of_an_area, "vtd"),
		UAPI_TEST_ON(runs_of_frames_agree_with_addresses_in_their_low_bits, "vtd"),
		UAPI_TEST_ON(released_frames_come_back_first_and_zeroed, "vtd"),
		cmocka_unit_test(memory_ends_with_enomem_and_nothing_is_lost),
		cmocka_unit_test(memory_in_pieces_is_whole_for_its_process),
	};

	return cmocka_run_group_tests_name("uapi process", tests, NULL, NULL);
}
