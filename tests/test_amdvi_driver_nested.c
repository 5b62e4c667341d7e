/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's GCR3 table over a parent's host table, through the AMD-Vi driver: what of
 * his device table entry is taken over, his invalidations, DomainIDs.
 */
#include "amdvi_driver_rig.h"

#define GUEST_RAM   (6 * G) /* where the parent puts guest address 0 */
#define GUEST_GCR3  UINT64_C(0x8000)
#define GUEST_TABLE UINT64_C(0x10000)

static void guest_store(struct rig *rig, uint64_t gpa, uint64_t word)
{
	rig_poke(rig, GUEST_RAM + gpa, word);
}

/* The guest's 4-level table for one 4 KiB page, in guest memory, in plain bits:
 * P, R/W, U/S, A and D (5.2). */
static void guest_map(struct rig *rig, uint64_t table, uint64_t iova, uint64_t gpa)
{
	for (unsigned level = 4; level-- > 0;) {
		uint64_t slot = table + (iova >> (12 + 9 * level) & 511) * 8;
		uint64_t next = level ? table + 0x1000 : gpa;

		guest_store(rig, slot, next | 0x67);
		table = next;
	}
}

static void guest_unmap(struct rig *rig, uint64_t table, uint64_t iova)
{
	guest_store(rig, table + 0x3000 + (iova >> 12 & 511) * 8, 0);
}

static struct domain *user_domain(struct rig *rig, struct domain *parent, uint64_t root)
{
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .parent = parent, .root = root};
	struct domain *nested = NULL;

	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &nested), 0);
	return nested;
}

/* A parent over 16 MiB of guest memory, and a GCR3 table with two PASIDs in it. */
static struct domain *guest_start(struct rig *rig)
{
	struct domain *parent;

	rig_begin(rig, false, DRIVER_STRICT);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, GUEST_RAM, 16 * M), 0);
	rig_device(rig, RID);
	rig_device(rig, RID2);
	parent = rig_domain(rig, DOMAIN_NEST_PARENT, 0);
	rig_map(rig, parent, 0, GUEST_RAM, 16 * M, RW);
	guest_store(rig, GUEST_GCR3, GUEST_TABLE | 1);
	guest_store(rig, GUEST_GCR3 + 8 * 7, (GUEST_TABLE + 0x4000) | 1);
	guest_map(rig, GUEST_TABLE, IOVA, 4 * M);
	guest_map(rig, GUEST_TABLE + 0x4000, IOVA, 5 * M);
	return parent;
}

static void a_users_gcr3_table_is_walked_over_its_parent(void **state)
{
	static struct rig rig;
	struct domain *parent = guest_start(&rig);
	struct domain *nested = user_domain(&rig, parent, GUEST_GCR3);
	struct domain *second = user_domain(&rig, parent, GUEST_GCR3);
	uint64_t dte[4];

	(void)state;
	assert_int_not_equal(rig.ops->domain_tag(nested), rig.ops->domain_tag(second));
	assert_int_not_equal(rig.ops->domain_tag(nested), rig.ops->domain_tag(parent));
	rig_attach(&rig, RID, NONE, nested);
	rig_attach(&rig, RID2, NONE, second);
	/* Section 10: V, TV, IR, IW, the parent's mode and root, a DomainID of its own,
	 * GV; GLX 0, GIoV, the root, 4 levels. */
	rig_dte(&rig, RID, dte);
	assert_int_equal(dte[0] & UINT64_C(0x63f0000000000fff), V_TV_RW | GV | GIOV | PPR | 4 << 9);
	assert_int_equal(rig_gcr3_root(dte), GUEST_GCR3);
	assert_int_equal(dte[1] & 0xffff, rig.ops->domain_tag(nested));
	assert_int_equal(dte[1] & I, I);
	assert_true(!dte[2] && !dte[3]);
	assert_reaches(&rig, RID, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID, 7, IOVA + 9, RW, GUEST_RAM + 5 * M + 9);
	assert_reaches(&rig, RID2, 7, IOVA + 9, RW, GUEST_RAM + 5 * M + 9);
	assert_refused(&rig, RID, 8, IOVA);
	/* T6: it has all PASIDs. */
	assert_int_equal(rig.ops->attach(rig.driver, RID, 9, rig_domain(&rig, DOMAIN_KERNEL, 0)),
			 -EINVAL);

	/* The user's own change, of one PASID and of all. */
	guest_unmap(&rig, GUEST_TABLE + 0x4000, IOVA);
	assert_int_equal(rig_invalidate(&rig, nested, 7, IOVA, IOVA + 4095, true), 0);
	assert_refused(&rig, RID, 7, IOVA);
	assert_reaches(&rig, RID2, 7, IOVA, RW, GUEST_RAM + 5 * M);
	assert_int_equal(rig_invalidate(&rig, second, NONE, 0, UINT64_MAX, false), 0);
	assert_refused(&rig, RID2, 7, IOVA);
	guest_map(&rig, GUEST_TABLE + 0x4000, IOVA, 5 * M);
	/* A GCR3 entry that went: all of that PASID. */
	assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 5 * M);
	guest_store(&rig, GUEST_GCR3 + 8 * 7, 0);
	assert_int_equal(rig_invalidate(&rig, nested, 7, 0, UINT64_MAX, false), 0);
	assert_refused(&rig, RID, 7, IOVA);
	guest_store(&rig, GUEST_GCR3 + 8 * 7, (GUEST_TABLE + 0x4000) | 1);
	assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 5 * M);

	/* H5: a change of the parent reaches every DomainID under which it is walked. */
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, GUEST_RAM + 4 * M);
	rig_unmap(&rig, parent, 4 * M, 4096);
	assert_refused(&rig, RID, NONE, IOVA);
	assert_refused(&rig, RID2, NONE, IOVA);
	assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 5 * M);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, parent), -EBUSY);
	rig_detach(&rig, RID, NONE);
	assert_refused(&rig, RID, 7, IOVA);
	assert_refused(&rig, RID, NONE, IOVA);
	rig_end(&rig);
}

/* T7, T16: the child goes over its parent, and leaves it again. */
static void a_child_goes_over_its_parent_and_back(void **state)
{
	static struct rig rig;
	struct domain *parent = guest_start(&rig), *nested;

	(void)state;
	nested = user_domain(&rig, parent, GUEST_GCR3);
	rig_attach(&rig, RID, NONE, parent);
	assert_reaches(&rig, RID, NONE, 0x1000, RW, GUEST_RAM + 0x1000);
	rig_attach(&rig, RID, NONE, nested);
	assert_refused(&rig, RID, NONE, 0x1000);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);
	rig_attach(&rig, RID, NONE, parent);
	assert_refused(&rig, RID, NONE, IOVA);
	assert_reaches(&rig, RID, NONE, 0x1000, RW, GUEST_RAM + 0x1000);
	rig_end(&rig);
}

/* H8: a user's GCR3 entries do not outlive the last route, neither for the same domain
 * nor for the next one that gets the DomainID. */
static void a_users_tag_is_clean_before_it_is_used_again(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		struct domain *parent = guest_start(&rig), *nested;
		uint32_t tag;

		nested = user_domain(&rig, parent, GUEST_GCR3);
		rig_attach(&rig, RID, NONE, nested);
		assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 5 * M);
		rig_detach(&rig, RID, NONE);
		/* The guest's table for PASID 7 is another one now. */
		guest_store(&rig, GUEST_GCR3 + 8 * 7, GUEST_TABLE | 1);
		tag = rig.ops->domain_tag(nested);
		if (again) {
			assert_int_equal(rig.ops->domain_destroy(rig.driver, nested), 0);
			nested = user_domain(&rig, parent, GUEST_GCR3);
		}
		assert_int_equal(rig.ops->domain_tag(nested), tag);
		rig_attach(&rig, RID, NONE, nested);
		assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 4 * M);
		rig_end(&rig);
	}
}

/* Words of a guest's device table entry, section 10. */
static void a_users_words_are_checked(void **state)
{
	static const struct {
		uint64_t word[4], root;
		unsigned bits;
		int error;
	} rows[] = {
		{{0}, 0x8000, 0, 0},
		{{0}, 0x8000, 48, 0},
		{{0}, 0x8000, 39, -EINVAL},
		{{0}, 0x8000, 57, -ENOTSUP}, /* GATS */
		{{0}, 0, 0, 0}, /* a table may begin at page 0 */
		{{0}, 0x8008, 0, -EINVAL},
		{{0}, UINT64_C(1) << 52, 0, -EINVAL},
		{{V_TV_RW | GV | GIOV}, 0x8000, 0, 0},
		{{V_TV_RW | GV | GIOV}, 0, 0, -EINVAL}, /* no root */
		{{V_TV_RW | GIOV}, 0, 0, 0}, /* GV is the host's */
		{{V_TV_RW | GV, 1 << 16}, 0, 0, 0}, /* root bit 15 in the words */
		{{V_TV_RW | GV, 1 << 16}, 0x8000, 0, 0},
		{{V_TV_RW | GV, 1 << 16}, 0x9000, 0, -EINVAL},
		{{V_TV_RW | GV | 1 << 9}, 0x8000, 0, -EINVAL}, /* Mode */
		{{V_TV_RW | GV | 1 << 12}, 0x8000, 0, -EINVAL}, /* host root */
		{{V_TV_RW | GV | UINT64_C(1) << 56}, 0x8000, 0, 0}, /* GLX */
		{{V_TV_RW | GV | UINT64_C(2) << 56}, 0x8000, 0, -ENOTSUP}, /* GLXSup */
		{{V_TV_RW | GV | UINT64_C(3) << 56}, 0x8000, 0, -EINVAL},
		{{V_TV_RW | GV, 0, UINT64_C(1) << 54}, 0x8000, 0, -ENOTSUP},
		{{V_TV_RW | GV, 0, UINT64_C(2) << 54}, 0x8000, 0, -EINVAL},
		{{V_TV_RW | GV, 0, UINT64_C(3) << 54}, 0x8000, 0, -EINVAL},
	};
	static struct rig rig;
	struct domain *parent, *nested;

	(void)state;
	rig_prepare(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_GATS, 0);
	field_set(rig_efr(&rig), AMDVI_EFR_GLX_SUP, 1);
	rig_start(&rig);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 48);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct domain_config config = {
			.kind = DOMAIN_NESTED_PASID,
			.parent = parent,
			.root = rows[i].root,
			.address_bits = rows[i].bits,
		};

		memcpy(config.arch_data, rows[i].word, sizeof(config.arch_data));
		if (rig.ops->domain_create(rig.driver, &config, &nested) != rows[i].error)
			fail_msg("row %zu", i);
		config.parent = NULL;
		if (rig.ops->domain_create(rig.driver, &config, &nested) != -EINVAL)
			fail_msg("row %zu without a parent", i);
		config.parent = rig_domain(&rig, DOMAIN_KERNEL, 48);
		if (rig.ops->domain_create(rig.driver, &config, &nested) != -EINVAL)
			fail_msg("row %zu over a kernel domain", i);
	}
	nested = user_domain(&rig, parent, 0x8000);
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 5, 4, true), -EINVAL);
	assert_int_equal(rig_invalidate(&rig, nested, 1 << 20, 0, 4095, true), -EINVAL);
	assert_int_equal(rig_invalidate(&rig, parent, NONE, 0, 4095, true), -EINVAL);
	rig.events = 0;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 0, 4095, true), 0);
	assert_int_equal(rig.events, 0); /* I6: no route */
	rig_end(&rig);
}

/* Only PPR, GLX, GIoV, root and GuestPagingMode of the user's entry are taken over. */
static void nothing_else_of_a_users_words_reaches_the_entry(void **state)
{
	static struct rig rig;
	struct domain *parent = guest_start(&rig), *nested;
	struct domain_config config = {
		.kind = DOMAIN_NESTED_PASID,
		.parent = parent,
		/* All bits but Mode, host root, GLX[1] and GuestPagingMode[1]. */
		.arch_data = {UINT64_C(0xfdf00000000001ff), UINT64_MAX,
			      UINT64_C(0xff7fffffffffffff), UINT64_MAX},
	};
	uint64_t dte[4];

	(void)state;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	rig_attach(&rig, RID, NONE, nested);
	rig_dte(&rig, RID, dte);
	assert_int_equal(dte[0] & UINT64_C(0xfff0000000000fff), V_TV_RW | GV | GIOV | PPR |
									UINT64_C(1) << 56 |
									UINT64_C(7) << 58 | 4 << 9);
	assert_int_equal(dte[1], UINT64_C(0xfffff800ffff0000) | I | rig.ops->domain_tag(nested));
	assert_int_equal(dte[2], UINT64_C(1) << 54);
	assert_int_equal(dte[3], 0);
	rig_end(&rig);
}

/* 65534 DomainIDs; 0 and 1 have no domain. A GCR3 table of a device needs one too. */
static void ids_run_out_and_come_back(void **state)
{
	static struct rig rig;
	struct domain *parent, *kernel, *nested = NULL, *last = NULL;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = GUEST_GCR3};
	unsigned count = 0;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	parent = config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	while (!rig.ops->domain_create(rig.driver, &config, &nested)) {
		assert_in_range(rig.ops->domain_tag(nested), 2, 65535);
		last = nested;
		count++;
	}
	assert_int_equal(count, 65534 - 1);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOSPC);
	rig_attach(&rig, RID, NONE, parent);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, kernel), -ENOSPC);
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, kernel), -ENOSPC);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, last), 0);
	rig_attach(&rig, RID, 1, kernel);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOSPC);
	rig_detach(&rig, RID, 1);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_users_gcr3_table_is_walked_over_its_parent),
		cmocka_unit_test(a_child_goes_over_its_parent_and_back),
		cmocka_unit_test(a_users_tag_is_clean_before_it_is_used_again),
		cmocka_unit_test(a_users_words_are_checked),
		cmocka_unit_test(nothing_else_of_a_users_words_reaches_the_entry),
		cmocka_unit_test(ids_run_out_and_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
