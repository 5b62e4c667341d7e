/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stopped a request, whatever the architecture's code (enum ioasim_fault_cause):
 * the same story on every architecture, with caches and without, through the drivers.
 */
#include "driver_bench.h"

#define RID    0x0110u
#define PASID  7u
#define NONE   RIG_NO_PASID
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define G      (UINT64_C(1) << 30)
#define IOVA   (5 * G)
#define TARGET (9 * G)

static unsigned no_type(uint64_t word0)
{
	(void)word0;
	return 0;
}

static struct rig rig;

static void begin(const char *arch, bool caches, bool stage1)
{
	rig_prepare_arch(&rig, arch, no_type);
	if (!caches)
		ioasim_unit_config_no_caches(&rig.unit_config);
	rig.config.stage1 = stage1;
	rig_start(&rig);
	rig_device(&rig, RID);
}

/* Twice: what was found in tables, and what the caches then say. */
#define assert_cause(pasid, address, rights, expected)                                          \
	do {                                                                                    \
		for (unsigned i_ = 0; i_ < 2; i_++) {                                           \
			struct ioasim_response r_ = rig_dma(&rig, RID, pasid, address, rights); \
			assert_int_equal(r_.outcome, IOASIM_FAULT);                             \
			assert_int_equal(r_.fault.cause, expected);                             \
		}                                                                               \
	} while (0)

static void for_all(void (*check)(const char *arch, bool caches))
{
	for (unsigned i = 0; ioasim_archs[i]; i++)
		for (unsigned caches = 0; caches < 2; caches++)
			check(ioasim_archs[i]->name, caches);
}

/* The requests without PASID of a device that is in nobody's hands stop at PASID entry 0
 * on vtd, where that entry is the host's. */
static enum ioasim_fault_cause no_route(const char *arch)
{
	return strcmp(arch, "vtd") == 0 ? IOASIM_CAUSE_PASID : IOASIM_CAUSE_BLOCKED;
}

static void check_blocked(const char *arch, bool caches)
{
	struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};
	struct domain *quiet, *blocked;

	begin(arch, caches, false);
	assert_int_equal(rig_dma(&rig, 0x80ff, NONE, IOVA, IOASIM_READ).fault.cause,
			 IOASIM_CAUSE_BLOCKED);
	assert_cause(NONE, IOVA, IOASIM_READ, no_route(arch));
	blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
	rig_attach(&rig, RID, NONE, blocked);
	assert_cause(NONE, IOVA, IOASIM_READ, no_route(arch));
	assert_int_equal(rig.ops->domain_create(rig.driver, &silent, &quiet), 0);
	rig_attach(&rig, RID, NONE, quiet);
	assert_cause(NONE, IOVA, IOASIM_READ, no_route(arch));
	rig_end(&rig);
}

static void an_entry_that_blocks_is_told_from_a_table_without_translation(void **state)
{
	(void)state;
	for_all(check_blocked);
}

static void check_maps(const char *arch, bool caches)
{
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct domain *domain;

		begin(arch, caches, stage1);
		domain = rig_domain(&rig, stage1 ? DOMAIN_KERNEL : DOMAIN_NEST_PARENT, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 0x1000, IOASIM_READ);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_READ, TARGET);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).fault.cause,
				 IOASIM_CAUSE_OTHER);
		assert_cause(NONE, IOVA, IOASIM_WRITE, IOASIM_CAUSE_PERMISSION);
		assert_cause(NONE, IOVA + 0x1000, IOASIM_READ,
			     stage1 ? IOASIM_CAUSE_STAGE1 : IOASIM_CAUSE_STAGE2);
		assert_cause(NONE, UINT64_C(1) << 60, IOASIM_READ,
			     stage1 ? IOASIM_CAUSE_STAGE1 : IOASIM_CAUSE_STAGE2);
		rig_end(&rig);
	}
}

static void what_is_not_mapped_is_the_stages_and_rights_are_of_their_own(void **state)
{
	(void)state;
	for_all(check_maps);
}

static void check_pasids(const char *arch, bool caches)
{
	struct domain *domain;

	begin(arch, caches, true);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_map(&rig, domain, IOVA, TARGET, 0x1000, RW);
	assert_int_equal(rig_dma(&rig, RID, PASID, IOVA, IOASIM_READ).fault.cause ==
				 IOASIM_CAUSE_PASID,
			 strcmp(arch, "smmuv3") != 0);
	rig_attach(&rig, RID, PASID, domain);
	assert_reaches(&rig, RID, PASID, IOVA, RW, TARGET);
	assert_cause(PASID, IOVA + 0x1000, IOASIM_READ, IOASIM_CAUSE_STAGE1);
	/* An entry that is there and not valid, none at all, and beyond the table. */
	assert_cause(PASID + 1, IOVA, IOASIM_READ, IOASIM_CAUSE_PASID);
	assert_cause(0x54321, IOVA, IOASIM_READ, IOASIM_CAUSE_PASID);
	rig_detach(&rig, RID, PASID);
	assert_int_not_equal(rig_dma(&rig, RID, PASID, IOVA, IOASIM_READ).fault.cause,
			     IOASIM_CAUSE_STAGE1);
	rig_end(&rig);
}

static void a_pasid_without_a_valid_entry_is_a_cause(void **state)
{
	(void)state;
	for_all(check_pasids);
}

/* Legacy mode has one reason for an entry that is empty and one that lacks the right. */
static void legacy_tables_of_vtd_tell_what_is_absent_from_what_is_denied(void **state)
{
	struct domain *domain;

	(void)state;
	for (unsigned caches = 0; caches < 2; caches++) {
		rig_prepare_arch(&rig, "vtd", no_type);
		if (!caches)
			ioasim_unit_config_no_caches(&rig.unit_config);
		rig.config.legacy = true;
		rig_start(&rig);
		rig_device(&rig, RID);
		assert_cause(NONE, IOVA, IOASIM_READ, IOASIM_CAUSE_BLOCKED);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 0x1000, IOASIM_WRITE);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).fault.code, 6);
		assert_cause(NONE, IOVA, IOASIM_READ, IOASIM_CAUSE_PERMISSION);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 0x1000, IOASIM_READ).fault.code,
				 6);
		assert_cause(NONE, IOVA + 0x1000, IOASIM_READ, IOASIM_CAUSE_STAGE2);
		rig_end(&rig);
	}
}

/* A translation request that is answered without rights has a cause as well. */
static void check_ats(const char *arch, bool caches)
{
	struct domain *domain;

	begin(arch, caches, true);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	assert_int_equal(
		rig_ask(&rig, RID, NONE, IOVA, IOASIM_READ, IOASIM_TRANSLATION_REQUEST).fault.cause,
		IOASIM_CAUSE_STAGE1);
	rig_detach(&rig, RID, NONE);
	assert_int_equal(
		rig_ask(&rig, RID, NONE, IOVA, IOASIM_READ, IOASIM_TRANSLATION_REQUEST).fault.cause,
		no_route(arch));
	rig_end(&rig);
}

static void translation_requests_have_causes(void **state)
{
	(void)state;
	for_all(check_ats);
}

/* The interrupt range, and addresses beyond the machine where no table is, are nobody's. */
static void what_no_entry_decides_has_no_cause(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(i ? "amdvi" : "vtd", true, false);
		rig_attach(&rig, RID, NONE, rig_domain(&rig, DOMAIN_KERNEL, 0));
		assert_cause(NONE, 0xfee00000, IOASIM_READ, IOASIM_CAUSE_OTHER);
		rig_end(&rig);
	}
	/* smmuv3 3.4: the output of a stream that bypasses is too large. */
	begin("smmuv3", true, false);
	rig_attach(&rig, RID, NONE, rig_domain(&rig, DOMAIN_IDENTITY, 0));
	assert_cause(NONE, UINT64_C(1) << 60, IOASIM_READ, IOASIM_CAUSE_OTHER);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_that_blocks_is_told_from_a_table_without_translation),
		cmocka_unit_test(what_is_not_mapped_is_the_stages_and_rights_are_of_their_own),
		cmocka_unit_test(a_pasid_without_a_valid_entry_is_a_cause),
		cmocka_unit_test(legacy_tables_of_vtd_tell_what_is_absent_from_what_is_denied),
		cmocka_unit_test(translation_requests_have_causes),
		cmocka_unit_test(what_no_entry_decides_has_no_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
