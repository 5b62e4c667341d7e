/* SPDX-License-Identifier: Apache-2.0 */
/* IOASIDs: kinds, states, references, freeing (docs/uapi.md, A1 to A12, G8, G9, S8, S13). */
#include "uapi_rig.h"

#include "model/numbers.h"

#include "model/uapi/frames.h"
#include "model/uapi/ioasid.h"

#define RID  0x28
#define SIZE (UINT64_C(1) << 21)
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

static bool vtd(const struct uapi_rig *rig)
{
	return strcmp(rig->arch, "vtd") == 0;
}

/* The kind of user's table that the architecture has. */
static uint32_t user_kind(const struct uapi_rig *rig)
{
	return vtd(rig) ? IOASIM_IOASID_USER : IOASIM_IOASID_PASID_TABLE;
}

static int device(struct uapi_rig *rig)
{
	struct ioasim_device_config config = rig_pdev(RID);

	config.pasid_bits = 8;
	return rig_bound(rig, &config, 1);
}

static int alloc(struct uapi_rig *rig, struct ioasim_ioasid_alloc argument)
{
	argument.size = sizeof(argument);
	return ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_IOASID_ALLOC, &argument);
}

/* ---- A1 to A6 ------------------------------------------------------------------------------ */

static void a1_failures_of_alloc(void **state)
{
	struct uapi_rig *rig = *state;
	int other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);
	struct ioasim_ioasid_alloc elsewhere = {.size = sizeof(elsewhere)};
	int gpa, plain, user;

	assert_int_equal(rig_alloc_kind(rig, 9, 0, 0), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, (struct ioasim_ioasid_alloc){.flags = 8}), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, (struct ioasim_ioasid_alloc){.snoop = 3}), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, (struct ioasim_ioasid_alloc){.reserved = 1}), -EOPNOTSUPP);
	assert_int_equal(rig_alloc_kind(rig, IOASIM_IOASID_USER, 0, 0x1000), -EINVAL);
	assert_int_equal(rig_alloc_kind(rig, IOASIM_IOASID_PASID_TABLE, 0, 0x1000), -EINVAL);
	gpa = rig_alloc(rig, 0, IOASIM_IOASID_NEST_PARENT);
	plain = rig_alloc(rig, 0, 0);
	assert_int_equal(rig_alloc_kind(rig, IOASIM_IOASID_SVA, (uint32_t)gpa, 0), -EINVAL);
	assert_int_equal(rig_alloc(rig, 99, 0), -ENOENT);
	elsewhere.parent = (uint32_t)gpa;
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, other, IOASIM_IOASID_ALLOC, &elsewhere),
			 -ENOENT);
	assert_int_equal(rig_alloc_kind(rig, IOASIM_IOASID_SVA, 0, 0), -ENODEV);
	assert_int_equal(rig_alloc_kind(rig, user_kind(rig), (uint32_t)gpa, 0x100000), -ENODEV);
	(void)device(rig);
	assert_int_equal(rig_alloc_kind(rig, user_kind(rig), (uint32_t)gpa, 0x100010), -EINVAL);
	assert_int_equal(rig_alloc_kind(rig, user_kind(rig), (uint32_t)plain, 0x100000), -EINVAL);
	assert_int_equal(rig_alloc_kind(rig,
					vtd(rig) ? IOASIM_IOASID_PASID_TABLE : IOASIM_IOASID_USER,
					(uint32_t)gpa, 0x100000),
			 -EOPNOTSUPP);
	user = rig_alloc_kind(rig, user_kind(rig), (uint32_t)gpa, 0x100000);
	assert_true(user > 0);
	assert_int_equal(rig_alloc(rig, (uint32_t)user, 0), -EINVAL);
	assert_int_equal(rig_alloc_kind(rig, user_kind(rig), (uint32_t)user, 0x100000), -EINVAL);
	assert_true(rig_alloc_kind(rig, IOASIM_IOASID_SVA, 0, 0) > 0);
}

static void a1_a_format_of_another_architecture_is_eopnotsupp(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_ioasid_alloc argument = {.kind = user_kind(rig), .root = 0x100000};
	unsigned taken = 0;

	(void)device(rig);
	argument.parent = (uint32_t)rig_alloc(rig, 0, IOASIM_IOASID_NEST_PARENT);
	for (uint32_t format = 1; format <= IOASIM_FORMAT_SMMUV3_CD; format++) {
		int status;

		argument.format = format;
		status = alloc(rig, argument);
		assert_true(status > 0 || status == -EOPNOTSUPP);
		taken += status > 0;
	}
	assert_int_equal(taken, vtd(rig) ? 2 : 1);
	argument.format = 5;
	assert_int_equal(alloc(rig, argument), -EOPNOTSUPP);
}

static void a2_a_new_ioasid_lets_nothing_through(void **state)
{
	struct uapi_rig *rig = *state;
	int fd = device(rig), a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_reach(rig, RID, 0, IOASIM_READ), 0);
	assert_int_equal(rig_attach(rig, fd, a, NONE), 0);
	assert_int_equal(rig_reach(rig, RID, 0, IOASIM_READ), 0);
}

static void g9_numbers_are_the_lowest_free_from_1(void **state)
{
	struct uapi_rig *rig = *state;

	for (int i = 1; i <= 100; i++)
		assert_int_equal(rig_alloc(rig, 0, 0), i);
	assert_int_equal(rig_ioasid_free(rig, 57), 0);
	assert_int_equal(rig_ioasid_free(rig, 3), 0);
	assert_int_equal(rig_alloc(rig, 0, 0), 3);
	assert_int_equal(rig_alloc(rig, 0, 0), 57);
	assert_int_equal(rig_alloc(rig, 0, 0), 101);
}

/* ---- A8 to A11 --------------------------------------------------------------------------------- */

static void a8_an_idle_one_goes_at_once_and_one_with_children_does_not(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0), child = rig_alloc(rig, (uint32_t)a, 0);

	assert_int_equal(rig_ioasid_free(rig, 99), -ENOENT);
	assert_int_equal(rig_ioasid_free(rig, a), -EBUSY);
	assert_int_equal(rig_info(rig, a).state, IOASIM_STATE_ACTIVE);
	assert_int_equal(rig_ioasid_free(rig, child), 0);
	assert_int_equal(rig_info(rig, a).state, IOASIM_STATE_IDLE);
	assert_int_equal(rig_ioasid_free(rig, a), 0);
	assert_int_equal(rig_ioasid_free(rig, a), -ENOENT);
	assert_int_equal(rig_alloc(rig, 0, 0), a);
}

static void a9_freeing_an_active_one_blocks_at_once_and_parks_the_number(void **state)
{
	struct uapi_rig *rig = *state;
	int fd = device(rig), a = rig_alloc(rig, 0, 0), b;
	ioasim_pa_t pa = rig_page(rig, RIG_MEMORY);

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, fd, a, NONE), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), pa);
	rig_commands_clear(rig);
	assert_int_equal(rig_ioasid_free(rig, a), 0);
	assert_true(rig_commands_in_order(rig, vtd(rig) ? "ts" : "cs"));
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(frame_at(&rig->system->frames, pa)->pins, 0);
	assert_int_equal(rig_ioasid_free(rig, a), 0);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), -EBUSY);
	assert_int_equal(rig_unmap(rig, a, 0, RIG_PAGE), -EBUSY);
	assert_int_equal(rig_alloc(rig, (uint32_t)a, 0), -EBUSY);
	assert_int_equal(rig_info(rig, a).state, IOASIM_STATE_FREE_PENDING);
	assert_int_equal(rig_info(rig, a).attachments, 1);
	b = rig_alloc(rig, 0, 0);
	assert_int_not_equal(a, b);
	assert_int_equal(rig_attach(rig, fd, b, NONE), -EBUSY);
	assert_int_equal(rig_detach(rig, fd, a, NONE), 0);
	assert_int_equal(rig_ioasid_free(rig, a), -ENOENT);
	assert_int_equal(rig_alloc(rig, 0, 0), a);
	assert_int_equal(rig_attach(rig, fd, a, NONE), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
}

static void a10_information_of_an_ioasid(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0), child = rig_alloc(rig, (uint32_t)a, 0);
	struct ioasim_ioasid_info info = {.size = sizeof(info), .ioasid = 77};

	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_IOASID_GET_INFO, &info),
			 -ENOENT);
	info = rig_info(rig, child);
	assert_int_equal(info.kind, IOASIM_IOASID_KERNEL);
	assert_int_equal(info.parent, a);
	assert_int_equal(info.attachments, 0);
	assert_int_equal(rig_info(rig, a).parent, 0);
}

static int extension(struct uapi_rig *rig, uint32_t number)
{
	struct ioasim_check_extension check = {.size = sizeof(check), .extension = number};

	return ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_CHECK_EXTENSION, &check);
}

static void a11_extensions_are_1_or_0_and_never_an_error(void **state)
{
	struct uapi_rig *rig = *state;

	assert_int_equal(extension(rig, IOASIM_EXT_MAP_TYPE1V2), 1);
	assert_int_equal(extension(rig, IOASIM_EXT_NESTING), 1);
	assert_int_equal(extension(rig, IOASIM_EXT_USER_PGTABLE), vtd(rig));
	assert_int_equal(extension(rig, IOASIM_EXT_USER_PASID_TABLE), !vtd(rig));
	assert_int_equal(extension(rig, IOASIM_EXT_MULTIDEV_GROUP), 1);
	assert_int_equal(extension(rig, IOASIM_EXT_NO_SNOOP), 1);
	assert_int_equal(extension(rig, IOASIM_EXT_DIRTY_TRACKING), 1);
	assert_int_equal(extension(rig, 0), 0);
	assert_int_equal(extension(rig, 8), 0);
	assert_int_equal(extension(rig, UINT32_MAX), 0);
}

/* ---- A7 -------------------------------------------------------------------------------------- */

static int create_nesting(struct uapi_rig *rig, int parent)
{
	struct ioasim_create_nesting create = {.size = sizeof(create), .parent = (uint32_t)parent};

	return ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_CREATE_NESTING, &create);
}

static int bind_pgtable(struct uapi_rig *rig, int ioasid, uint64_t root)
{
	struct ioasim_bind_pgtable bind = {
		.size = sizeof(bind), .ioasid = (uint32_t)ioasid, .root = root};

	return ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_BIND_PGTABLE, &bind);
}

static int unbind_pgtable(struct uapi_rig *rig, int ioasid)
{
	struct ioasim_ioasid_id id = {.size = sizeof(id), .ioasid = (uint32_t)ioasid};

	return ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_UNBIND_PGTABLE, &id);
}

static void a7_nesting_in_two_steps_and_its_errors(void **state)
{
	struct uapi_rig *rig = *state;
	int fd, gpa = rig_alloc(rig, 0, IOASIM_IOASID_NEST_PARENT), plain = rig_alloc(rig, 0, 0);
	int child;

	assert_int_equal(create_nesting(rig, gpa), -ENODEV);
	fd = device(rig);
	assert_int_equal(create_nesting(rig, 99), -ENOENT);
	assert_int_equal(create_nesting(rig, plain), -EINVAL);
	assert_int_equal(rig_map(rig, gpa, 0, RIG_MEMORY, RIG_SIZE), 0);
	assert_int_equal(rig_attach(rig, fd, gpa, NONE), 0);
	child = create_nesting(rig, gpa);
	assert_true(child > 0);
	assert_int_equal(rig_info(rig, child).parent, gpa);
	assert_int_equal(rig_info(rig, child).kind, user_kind(rig));
	assert_int_equal(unbind_pgtable(rig, child), -EINVAL);
	assert_int_equal(unbind_pgtable(rig, plain), -EINVAL);
	assert_int_equal(unbind_pgtable(rig, 99), -ENOENT);
	assert_int_equal(bind_pgtable(rig, 99, 0x100000), -ENOENT);
	assert_int_equal(bind_pgtable(rig, gpa, 0x100000), -EINVAL);
	assert_int_equal(bind_pgtable(rig, child, 0x100010), -EINVAL);
	/* Attached without a table: the parent is hidden, and nothing shows. */
	assert_int_not_equal(rig_reach(rig, RID, 0x7000, RW), 0);
	assert_int_equal(rig_attach(rig, fd, child, NONE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x7000, RW), 0);
	assert_int_equal(bind_pgtable(rig, child, 0x100000), 0);
	assert_int_equal(bind_pgtable(rig, child, 0x100000), -EBUSY);
	/* An empty table of a guest: memory of zeros. */
	assert_int_equal(rig_reach(rig, RID, 0x7000, RW), 0);
	assert_int_equal(unbind_pgtable(rig, child), 0);
	assert_int_equal(rig_reach(rig, RID, 0x7000, RW), 0);
	assert_int_equal(rig_detach(rig, fd, child, NONE), 0);
	assert_int_not_equal(rig_reach(rig, RID, 0x7000, RW), 0);
	assert_int_equal(rig_attach(rig, fd, child, NONE), 0);
	assert_int_equal(rig_ioasid_free(rig, child), 0);
	assert_int_equal(bind_pgtable(rig, child, 0x100000), -EBUSY);
	assert_int_equal(unbind_pgtable(rig, child), -EBUSY);
}

/* ---- Many -------------------------------------------------------------------------------------- */

/* As if all numbers below were taken. */
static void g9_numbers_end_at_2_to_31(void **state)
{
	struct ids numbers;
	uint32_t number;

	(void)state;
	assert_int_equal(ids_init(&numbers, 1u << 24, 1u << 24), 0);
	assert_int_equal(number_take(&numbers, &number), 0);
	assert_int_equal(number, 1u << 24);
	ids_fini(&numbers);
	assert_int_equal(ids_init(&numbers, INT32_MAX, UINT32_C(1) << 31), 0);
	assert_int_equal(number_take(&numbers, &number), 0);
	assert_int_equal(number, INT32_MAX);
	assert_int_equal(number_take(&numbers, &number), -ENOSPC);
	ids_fini(&numbers);
}

static void g9_a_hundred_thousand_ioasids_live_in_one_fd(void **state)
{
	struct uapi_rig *rig = *state;
	const int many = 100000;

	for (int i = 1; i <= many; i++)
		assert_int_equal(rig_alloc(rig, 0, 0), i);
	for (int i = 1; i <= many; i += 2)
		assert_int_equal(rig_ioasid_free(rig, i), 0);
	for (int i = 1; i <= 1000; i += 2)
		assert_int_equal(rig_alloc(rig, 0, 0), i);
	assert_int_equal(ioasim_close(rig->system, rig->vm, rig->fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(a1_failures_of_alloc),
		UAPI_TEST(a1_a_format_of_another_architecture_is_eopnotsupp),
		UAPI_TEST(a2_a_new_ioasid_lets_nothing_through),
		UAPI_TEST_ON(g9_numbers_are_the_lowest_free_from_1, "vtd"),
		UAPI_TEST(a8_an_idle_one_goes_at_once_and_one_with_children_does_not),
		UAPI_TEST(a9_freeing_an_active_one_blocks_at_once_and_parks_the_number),
		UAPI_TEST(a10_information_of_an_ioasid),
		UAPI_TEST(a11_extensions_are_1_or_0_and_never_an_error),
		UAPI_TEST(a7_nesting_in_two_steps_and_its_errors),
		UAPI_TEST_ON(g9_numbers_end_at_2_to_31, "vtd"),
		UAPI_TEST_ON(g9_a_hundred_thousand_ioasids_live_in_one_fd, "vtd"),
	};

	return cmocka_run_group_tests_name("uapi ioasid", tests, NULL, NULL);
}
