/* SPDX-License-Identifier: Apache-2.0 */
/* Software nesting (docs/uapi.md, N6, N7, M5, M6, A5, T7): maps over maps. */
#include "uapi_rig.h"

#include <inttypes.h>

#include "model/uapi/aspace.h"

#define RID  0x28
#define SIZE (UINT64_C(1) << 21)
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* A parent with 4 MiB at 0, a child, and a device on the child. */
struct family {
	int device, parent, child;
};

static struct family family(struct uapi_rig *rig)
{
	struct ioasim_device_config config = rig_pdev(RID);
	struct family f;

	f.device = rig_bound(rig, &config, 1);
	f.parent = rig_alloc(rig, 0, 0);
	f.child = rig_alloc(rig, (uint32_t)f.parent, 0);
	assert_int_equal(rig_attach(rig, f.device, f.parent, NONE), 0);
	assert_int_equal(rig_attach(rig, f.device, f.child, NONE), 0);
	assert_int_equal(rig_map(rig, f.parent, 0, RIG_MEMORY, 2 * SIZE), 0);
	return f;
}

static void n6_a_child_leads_through_its_parent(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	assert_int_equal(rig_reach(rig, RID, 0x1000, RW), 0);
	assert_int_equal(rig_map(rig, f.child, 0x2000, 0x1000, RIG_PAGE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x2004, RW), rig_page(rig, RIG_MEMORY + 0x1004));
	assert_int_equal(rig_reach(rig, RID, 0x1004, RW), 0);
	assert_int_equal(rig_unmap(rig, f.child, 0x2000, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_reach(rig, RID, 0x2004, RW), 0);
}

static void m1_a_child_maps_only_what_its_parent_maps_and_with_its_rights(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	assert_int_equal(rig_map(rig, f.child, 0x8000, 2 * SIZE, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_map(rig, f.child, 0x8000, 2 * SIZE - RIG_PAGE, 2 * RIG_PAGE), -ENOENT);
	assert_int_equal(rig_map_prot(rig, f.parent, 4 * SIZE, RIG_READ_ONLY, IOASIM_READ), 0);
	assert_int_equal(rig_map_prot(rig, f.child, 0x8000, 4 * SIZE, RW), -EPERM);
	assert_int_equal(rig_map_prot(rig, f.child, 0x8000, 4 * SIZE, IOASIM_READ), 0);
	assert_int_equal(rig_reach(rig, RID, 0x8000, IOASIM_READ), rig_page(rig, RIG_READ_ONLY));
	assert_int_equal(rig_reach(rig, RID, 0x8000, IOASIM_WRITE), 0);
	/* A caller's address means nothing to a child. */
	assert_int_equal(rig_map(rig, f.child, 0x9000, RIG_MEMORY, RIG_PAGE), -ENOENT);
}

static void m5_what_a_parent_unmaps_is_hidden_until_it_is_mapped_again(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	assert_int_equal(rig_map(rig, f.parent, 8 * SIZE, RIG_MEMORY + 3 * SIZE, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, f.parent, 8 * SIZE + RIG_PAGE, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, f.child, 0, 8 * SIZE, 2 * RIG_PAGE), 0);
	assert_int_not_equal(rig_reach(rig, RID, 0, RW), 0);
	rig_commands_clear(rig);
	assert_int_equal(rig_unmap(rig, f.parent, 8 * SIZE, RIG_PAGE), RIG_PAGE);
	assert_true(rig_commands_in_order(rig, "ts"));
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(rig_reach(rig, RID, RIG_PAGE, RW), rig_page(rig, RIG_MEMORY));
	/* The child's mapping is in the books, and is whole. */
	assert_int_equal(rig_map(rig, f.child, 0, 0, RIG_PAGE), -EEXIST);
	assert_int_equal(rig_unmap(rig, f.child, 0, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_map(rig, f.parent, 8 * SIZE, RIG_MEMORY + SIZE, RIG_PAGE), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), rig_page(rig, RIG_MEMORY + SIZE));
	assert_int_equal(rig_unmap(rig, f.child, 0, 2 * RIG_PAGE), 2 * RIG_PAGE);
}

static void m5_a_part_of_a_childs_large_page_goes_and_comes_back(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	/* Two halves of a parent that lie side by side; the child shows them as one. */
	assert_int_equal(rig_unmap(rig, f.parent, 0, 2 * SIZE), 2 * SIZE);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rig_map(rig, f.parent, i * SIZE, RIG_MEMORY + i * SIZE, SIZE), 0);
	assert_int_equal(rig_map(rig, f.child, 4 * SIZE, SIZE / 2, SIZE), 0);
	assert_int_equal(rig_unmap(rig, f.parent, SIZE, SIZE), SIZE);
	assert_int_equal(rig_reach(rig, RID, 4 * SIZE + SIZE / 2, RW), 0);
	assert_int_equal(rig_reach(rig, RID, 4 * SIZE + SIZE / 2 - 4, RW),
			 rig_page(rig, RIG_MEMORY + SIZE - 4));
	assert_int_equal(rig_map(rig, f.parent, SIZE, RIG_MEMORY + 4 * SIZE, SIZE), 0);
	assert_int_equal(rig_reach(rig, RID, 4 * SIZE + SIZE / 2, RW),
			 rig_page(rig, RIG_MEMORY + 4 * SIZE));
}

static void m6_rights_of_a_remapped_parent_count(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	assert_int_equal(rig_map_prot(rig, f.parent, 4 * SIZE, RIG_MEMORY, RW), 0);
	assert_int_equal(rig_map(rig, f.child, 0x5000, 4 * SIZE, RIG_PAGE), 0);
	assert_int_not_equal(rig_reach(rig, RID, 0x5000, IOASIM_WRITE), 0);
	assert_int_equal(rig_unmap(rig, f.parent, 4 * SIZE, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_map_prot(rig, f.parent, 4 * SIZE, RIG_MEMORY, IOASIM_READ), 0);
	assert_int_equal(rig_reach(rig, RID, 0x5000, IOASIM_WRITE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x5000, IOASIM_READ), rig_page(rig, RIG_MEMORY));
}

static void m5_several_areas_of_a_child_may_show_the_same_pages(void **state)
{
	struct uapi_rig *rig = *state;
	struct family f = family(rig);

	assert_int_equal(rig_map(rig, f.parent, 4 * SIZE, RIG_MEMORY, RIG_PAGE), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(rig_map(rig, f.child, i * SIZE, 4 * SIZE, RIG_PAGE), 0);
	assert_int_equal(rig_unmap(rig, f.child, 2 * SIZE, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_unmap(rig, f.parent, 4 * SIZE, RIG_PAGE), RIG_PAGE);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(rig_reach(rig, RID, i * SIZE, RW), 0);
	assert_int_equal(rig_map(rig, f.parent, 4 * SIZE, RIG_MEMORY + SIZE, RIG_PAGE), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(rig_reach(rig, RID, i * SIZE, RW),
				 i == 2 ? 0 : rig_page(rig, RIG_MEMORY + SIZE));
}

static void a5_spaces_nest_to_a_depth_of_15_and_changes_reach_the_top(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	int device = rig_bound(rig, &config, 1), space[ASPACE_DEPTH_MAX + 1];

	space[0] = rig_alloc(rig, 0, 0);
	assert_int_equal(rig_map(rig, space[0], 0, RIG_MEMORY, SIZE), 0);
	for (unsigned i = 1; i <= ASPACE_DEPTH_MAX; i++) {
		space[i] = rig_alloc(rig, (uint32_t)space[i - 1], 0);
		assert_true(space[i] > 0);
		/* Each shifts by a page. */
		assert_int_equal(rig_map(rig, space[i], i * RIG_PAGE, (i - 1) * RIG_PAGE,
					 SIZE - ASPACE_DEPTH_MAX * RIG_PAGE),
				 0);
	}
	assert_int_equal(rig_alloc(rig, (uint32_t)space[ASPACE_DEPTH_MAX], 0), -EINVAL);
	for (unsigned i = 0; i <= ASPACE_DEPTH_MAX; i++)
		assert_int_equal(rig_attach(rig, device, space[i], NONE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x20008, RW),
			 rig_page(rig, RIG_MEMORY + 0x20008 - ASPACE_DEPTH_MAX * RIG_PAGE));
	assert_int_equal(rig_unmap(rig, space[0], 0, SIZE), SIZE);
	assert_int_equal(rig_reach(rig, RID, 0x20008, RW), 0);
	assert_int_equal(rig_map(rig, space[0], 0, RIG_MEMORY + SIZE, SIZE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x20008, RW),
			 rig_page(rig, RIG_MEMORY + SIZE + 0x20008 - ASPACE_DEPTH_MAX * RIG_PAGE));
	assert_int_equal(rig_ioasid_free(rig, space[3]), -EBUSY);
}

/* ---- A second, obvious implementation ---------------------------------------------------- */

#define PAGES  64u
#define SPACES 4u

/* Of each space: what a page leads to in the space below plus 1, 0: nothing; and whether
 * a mapping begins there. */
struct shadow {
	unsigned page[SPACES][PAGES];
	bool head[SPACES][PAGES];
	unsigned rights[SPACES][PAGES];
};

static uint32_t dice(uint64_t *seed, uint32_t sides)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % sides;
}

/* The bus address of a page of the uppermost space, 0: nothing, and the rights. */
static uint64_t shadow_find(struct uapi_rig *rig, const struct shadow *shadow, unsigned page,
			    unsigned *rights)
{
	*rights = RW;
	for (unsigned space = SPACES; space--;) {
		if (!shadow->page[space][page])
			return 0;
		*rights &= shadow->rights[space][page];
		page = shadow->page[space][page] - 1;
	}
	return rig_page(rig, RIG_MEMORY + page * RIG_PAGE);
}

static void shadow_compare(struct uapi_rig *rig, const struct shadow *shadow)
{
	for (unsigned page = 0; page < PAGES; page++) {
		unsigned rights;
		uint64_t pa = shadow_find(rig, shadow, page, &rights);

		assert_int_equal(rig_reach(rig, RID, page * RIG_PAGE, IOASIM_READ), pa);
		assert_int_equal(rig_reach(rig, RID, page * RIG_PAGE, RW),
				 rights & IOASIM_WRITE ? pa : 0);
	}
}

static int expected_map(const struct shadow *shadow, unsigned space, unsigned at, unsigned to,
			unsigned count, unsigned rights)
{
	for (unsigned i = 0; i < count; i++)
		if (shadow->page[space][at + i])
			return -EEXIST;
	for (unsigned i = 0; space && i < count; i++)
		if (!shadow->page[space - 1][to + i])
			return -ENOENT;
	for (unsigned i = 0; space && i < count; i++)
		if (rights & ~shadow->rights[space - 1][to + i])
			return -EPERM;
	return 0;
}

static void random_map(struct uapi_rig *rig, struct shadow *shadow, const int *space,
		       uint64_t *seed)
{
	unsigned which = dice(seed, SPACES), count = 1 + dice(seed, 8);
	unsigned at = dice(seed, PAGES - 8), to = dice(seed, PAGES - 8);
	unsigned rights = dice(seed, 3) ? RW : IOASIM_READ;
	uint64_t base = which ? 0 : RIG_MEMORY;
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)space[which],
				     .prot = rights,
				     .iova = at * RIG_PAGE,
				     .vaddr = base + to * RIG_PAGE,
				     .length = count * RIG_PAGE};
	int expected = expected_map(shadow, which, at, to, count, rights);

	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_MAP_DMA, &map),
			 expected);
	for (unsigned i = 0; !expected && i < count; i++) {
		shadow->page[which][at + i] = to + i + 1;
		shadow->rights[which][at + i] = rights;
		shadow->head[which][at + i] = i == 0;
	}
}

static void random_unmap(struct uapi_rig *rig, struct shadow *shadow, const int *space,
			 uint64_t *seed)
{
	unsigned which = dice(seed, SPACES), count = 1 + dice(seed, 16), mapped = 0;
	unsigned at = dice(seed, PAGES - 16);
	int64_t expected;

	for (unsigned i = 0; i < count; i++)
		mapped += shadow->page[which][at + i] != 0;
	expected = mapped ? (int64_t)(mapped * RIG_PAGE) : -ENOENT;
	if ((shadow->page[which][at] && !shadow->head[which][at]) ||
	    (shadow->page[which][at + count] && !shadow->head[which][at + count]))
		expected = -ENOENT;
	assert_int_equal(rig_unmap(rig, space[which], at * RIG_PAGE, count * RIG_PAGE), expected);
	for (unsigned i = 0; expected > 0 && i < count; i++)
		shadow->page[which][at + i] = 0;
}

static void n6_random_maps_of_four_spaces_agree_with_arrays(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	int device = rig_bound(rig, &config, 1), space[SPACES];
	uint64_t seed = 20210401;

	print_message("seed %" PRIu64 "\n", seed);
	for (unsigned i = 0; i < SPACES; i++) {
		space[i] = rig_alloc(rig, i ? (uint32_t)space[i - 1] : 0, 0);
		assert_int_equal(rig_attach(rig, device, space[i], NONE), 0);
	}
	for (unsigned step = 0; step < 3000; step++) {
		if (dice(&seed, 3))
			random_map(rig, shadow, space, &seed);
		else
			random_unmap(rig, shadow, space, &seed);
		if (step % 10 == 0)
			shadow_compare(rig, shadow);
	}
	free(shadow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(n6_a_child_leads_through_its_parent),
		UAPI_TEST(m1_a_child_maps_only_what_its_parent_maps_and_with_its_rights),
		UAPI_TEST(m5_what_a_parent_unmaps_is_hidden_until_it_is_mapped_again),
		UAPI_TEST(m5_a_part_of_a_childs_large_page_goes_and_comes_back),
		UAPI_TEST(m6_rights_of_a_remapped_parent_count),
		UAPI_TEST(m5_several_areas_of_a_child_may_show_the_same_pages),
		UAPI_TEST(a5_spaces_nest_to_a_depth_of_15_and_changes_reach_the_top),
		UAPI_TEST(n6_random_maps_of_four_spaces_agree_with_arrays),
	};

	return cmocka_run_group_tests_name("uapi nesting", tests, NULL, NULL);
}
