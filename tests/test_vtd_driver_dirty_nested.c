/* SPDX-License-Identifier: Apache-2.0 */
/* What was written by routes whose first stage is a guest's, over the VT-d driver's table. */
#include "driver_dirty.h"
#include "driver_rig.h"

#define RID  0x0110u
#define RID2 0x80ffu
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE RIG_NO_PASID
#define G    (UINT64_C(1) << 30)
#define M    (UINT64_C(1) << 20)
#define PAGE POOL_PAGE_SIZE
#define IOVA (5 * G)

/* Reasons of Table 30. */
#define SFS_8 0x77

#define GUEST_ROOT UINT64_C(0x10000)
#define GUEST_RAM  (6 * G) /* where the parent puts guest address 0 */
#define GUEST_DATA (4 * M)

#define FS_PRESENT 0x7u /* P, R/W, U/S (9.7) */
#define FS_FLAGS   0x60u /* A, D */

/* The guest's four tables for one page, one behind the other. */
static void guest_map(struct rig *rig, uint64_t iova, uint64_t gpa, unsigned bits)
{
	uint64_t table = GUEST_ROOT;

	for (unsigned level = 4; level-- > 0;) {
		uint64_t slot = GUEST_RAM + table + (iova >> (12 + 9 * level) & 511) * 8;
		uint64_t next = level ? table + PAGE : gpa;

		assert_int_equal(ioasim_memory_write64(rig->memory, slot, next | bits), 0);
		table = next;
	}
}

/* The first 8 MiB of the guest in pages of 4 KiB, its first stage on PASID 7 of a device and
 * without PASID on another. */
static struct domain *nested_begin(struct rig *rig, unsigned bits)
{
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = GUEST_ROOT};
	struct domain *nested, *second;

	rig_prepare(rig);
	rig->config.no_large_pages = true;
	rig_start(rig);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, GUEST_RAM, 8 * M), 0);
	rig_device(rig, RID);
	rig_device(rig, RID2);
	config.parent = dirty_domain(rig, DOMAIN_NEST_PARENT);
	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &nested), 0);
	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &second), 0);
	rig_map(rig, config.parent, 0, GUEST_RAM, 8 * M, RW);
	guest_map(rig, IOVA, GUEST_DATA, bits);
	rig_attach(rig, RID, 7, nested);
	rig_attach(rig, RID2, NONE, second);
	return config.parent;
}

static void u13_writes_of_nested_routes_are_told_of_the_parent(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig, FS_PRESENT | FS_FLAGS);
	static const struct {
		uint32_t rid, pasid;
	} route[] = {{RID, 7}, {RID2, NONE}, {RID, 7}};

	(void)state;
	/* All that can be is cached before. */
	for (unsigned i = 0; i < 2; i++)
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA, RW,
			       GUEST_RAM + GUEST_DATA);
	track(&rig, parent, true);
	for (unsigned i = 0; i < 3; i++) {
		/* Tables are read; nothing is to be stored there. */
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA, IOASIM_READ,
			       GUEST_RAM + GUEST_DATA);
		nothing_told(&rig, parent);
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA + 8, IOASIM_WRITE,
			       GUEST_RAM + GUEST_DATA + 8);
		told_once(&rig, parent, GUEST_DATA, PAGE);
	}
	/* What devices keep goes too: they know it by other addresses. */
	assert_int_equal(rig_ask(&rig, RID, 7, IOVA, RW, IOASIM_TRANSLATION_REQUEST).access, RW);
	rig.events = 0;
	told_once(&rig, parent, GUEST_DATA, PAGE);
	assert_int_equal(rig_count(&rig, RIG_ATC, 0), 2);
	for (unsigned at = 0; at < rig.events; at++)
		if (rig.event[at].kind == RIG_ATC)
			assert_true(rig.event[at].atc.first == 0 &&
				    rig.event[at].atc.last == UINT64_MAX);
	track(&rig, parent, false);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rig_dma(&rig, route[i].rid, route[i].pasid, IOVA, IOASIM_WRITE)
					 .cost.flag_updates,
				 0);
	rig_end(&rig);
}

/* 3.8: the flags that the unit stores in the guest's tables are writes to the guest's memory:
 * a guest that moves takes them along. */
static void u13_flags_in_a_guests_tables_are_writes(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig, FS_PRESENT);
	struct told told;

	(void)state;
	track(&rig, parent, true);
	assert_reaches(&rig, RID, 7, IOVA, IOASIM_READ, GUEST_RAM + GUEST_DATA);
	told = tell(&rig, parent, 0, UINT64_MAX, true);
	assert_int_equal(told.count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(told.first[i], GUEST_ROOT + i * PAGE);
	/* A stands now; D of the leaf and the page are what a write adds. */
	assert_reaches(&rig, RID, 7, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
	told = tell(&rig, parent, 0, UINT64_MAX, true);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.first[0], GUEST_ROOT + 3 * PAGE);
	assert_int_equal(told.first[1], GUEST_DATA);
	assert_reaches(&rig, RID2, NONE, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
	told_once(&rig, parent, GUEST_DATA, PAGE);
	rig_end(&rig);
}

/* Made while the parent is tracked. */
static void u13_a_later_nested_route_marks_too(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig, FS_PRESENT | FS_FLAGS), *third;
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = GUEST_ROOT, .parent = parent};

	(void)state;
	track(&rig, parent, true);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &third), 0);
	rig_attach(&rig, RID, 8, third);
	rig_attach(&rig, RID, NONE, parent);
	assert_reaches(&rig, RID, 8, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
	told_once(&rig, parent, GUEST_DATA, PAGE);
	assert_reaches(&rig, RID, NONE, 3 * M, IOASIM_WRITE, GUEST_RAM + 3 * M);
	told_once(&rig, parent, 3 * M, PAGE);
	rig_end(&rig);
}

/* 3.8.1: with SSADE reading a first-stage table takes the right to write its page. */
static void u13_guest_tables_in_read_only_pages_fault_while_tracked(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig, FS_PRESENT | FS_FLAGS);

	(void)state;
	rig_unmap(&rig, parent, GUEST_ROOT, PAGE);
	rig_map(&rig, parent, GUEST_ROOT, GUEST_RAM + GUEST_ROOT, PAGE, IOASIM_READ);
	assert_reaches(&rig, RID, 7, IOVA, IOASIM_READ, GUEST_RAM + GUEST_DATA);
	track(&rig, parent, true);
	assert_faults(&rig, RID, 7, IOVA, IOASIM_READ, SFS_8);
	track(&rig, parent, false);
	assert_reaches(&rig, RID, 7, IOVA, IOASIM_READ, GUEST_RAM + GUEST_DATA);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_writes_of_nested_routes_are_told_of_the_parent),
		cmocka_unit_test(u13_flags_in_a_guests_tables_are_writes),
		cmocka_unit_test(u13_a_later_nested_route_marks_too),
		cmocka_unit_test(u13_guest_tables_in_read_only_pages_fault_while_tracked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
