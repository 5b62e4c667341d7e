/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's invalidations (struct driver_invalidation; H6 of the uAPI) on every architecture:
 * which commands, in which order, for which device; and what a device reaches before and
 * after. PASID tables of the user's own that need no words of the architecture.
 */
#include "guest_bench.h"

#define RID   0x0110u
#define RID2  0x0208u
#define NONE  RIG_NO_PASID
#define RW    (IOASIM_READ | IOASIM_WRITE)
#define ROOT  UINT64_C(0x40000)
#define ROOT2 UINT64_C(0x80000)
#define VA    UINT64_C(0x12345000)
#define PAGE  UINT64_C(0x300000)

static struct guest_bench bench;
static const struct ioasim_arch *arch;

static unsigned class_of(uint64_t word0)
{
	uint64_t words[4] = {word0};

	return arch->command_class(words, 4);
}

/* Letters of the commands' classes; those for a device TLB in lower case for RID, in
 * upper case for RID2. Runs of one kind count once. */
static const char *issued(void)
{
	static const char letter[] = "cptaqso";
	static char text[RIG_EVENTS + 1];
	unsigned length = 0;

	for (unsigned i = 0; i < bench.rig.events; i++) {
		const struct rig_event *event = &bench.rig.event[i];
		char c;

		if (event->kind == RIG_COMMAND && event->type == IOASIM_COMMAND_ATC)
			continue;
		c = letter[IOASIM_COMMAND_ATC];
		if (event->kind == RIG_COMMAND)
			c = letter[event->type];
		else if (event->kind != RIG_ATC)
			continue;
		else if (event->atc.requester_id == RID2)
			c = 'A';
		if (!length || text[length - 1] != c)
			text[length++] = c;
	}
	text[length] = '\0';
	return text;
}

static struct domain *domain;
static struct guest_table table;

/* Both devices walk the table under PASID 7, which on vtd is that of the routes. */
static void begin(unsigned which, bool caches)
{
	arch = ioasim_archs[which];
	guest_begin(&bench, arch->name, caches, class_of);
	assert_int_equal(guest_table_init(&table, bench.ops, &bench.memory, ROOT), 0);
	assert_int_equal(guest_table_map(&table, VA, PAGE, 0x2000, RW), 0);
	if (!bench.host_pasids)
		guest_set(&bench, 7, ROOT, 1);
	domain = guest_domain(&bench, ROOT);
	rig_device(&bench.rig, RID);
	rig_device(&bench.rig, RID2);
	rig_attach(&bench.rig, RID2, bench.host_pasids ? 7 : NONE, domain);
	rig_attach(&bench.rig, RID, bench.host_pasids ? 7 : NONE, domain);
	bench.rig.events = 0;
}

static int invalidate(enum driver_invalidation_cache cache, uint32_t requester_id, uint32_t pasid,
		      uint64_t first, uint64_t last)
{
	const struct driver_invalidation what = {cache, requester_id, pasid, first, last, false};

	bench.rig.events = 0;
	return bench.rig.ops->invalidate(bench.rig.driver, domain, &what);
}

/* ---- Commands ------------------------------------------------------------------------ */

struct expected {
	enum driver_invalidation_cache cache;
	uint32_t requester_id;
	bool all;
	const char *vtd, *amdvi, *smmuv3;
};

/* One wait closes what vtd's queue keeps in order by itself; amdvi waits before devices;
 * smmuv3 between all kinds. */
static const struct expected expected[] = {
	{DRIVER_INV_IOTLB, DRIVER_ALL_DEVICES, false, "taAs", "tsaAs", "tsaAs"},
	{DRIVER_INV_IOTLB, DRIVER_ALL_DEVICES, true, "taAs", "tsaAs", "tsaAs"},
	{DRIVER_INV_IOTLB, RID, false, "tas", "tsas", "tsas"},
	{DRIVER_INV_IOTLB, RID2, false, "tAs", "tsAs", "tsAs"},
	{DRIVER_INV_DEVTLB, DRIVER_ALL_DEVICES, false, "aAs", "aAs", "aAs"},
	{DRIVER_INV_DEVTLB, RID2, true, "As", "As", "As"},
	{DRIVER_INV_PASID, DRIVER_ALL_DEVICES, true, "ptaAs", "tsaAs", "pstsaAs"},
	{DRIVER_INV_PASID, RID, true, "ptas", "tsas", "pstsas"},
};

static void each_kind_has_its_commands_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		for (unsigned j = 0; j < sizeof(expected) / sizeof(expected[0]); j++) {
			const struct expected *e = &expected[j];
			const char *want = i == 0 ? e->vtd : i == 1 ? e->amdvi : e->smmuv3;

			for (unsigned pasid = 0; pasid < 2; pasid++) {
				begin(i, true);
				assert_int_equal(invalidate(e->cache, e->requester_id,
							    pasid ? 7 : NONE, e->all ? 0 : VA,
							    e->all ? UINT64_MAX : VA + 0xfff),
						 0);
				if (strcmp(issued(), want))
					fail_msg("%s, line %u: %s", arch->name, j, issued());
				rig_end(&bench.rig);
			}
		}
	}
}

static void nothing_is_issued_for_what_is_not_attached(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		begin(i, true);
		for (unsigned cache = 0; cache <= DRIVER_INV_PASID; cache++)
			assert_int_equal(invalidate(cache, 0x0300, NONE, 0, UINT64_MAX), -ENOENT);
		rig_detach(&bench.rig, RID, bench.host_pasids ? 7 : NONE);
		rig_detach(&bench.rig, RID2, bench.host_pasids ? 7 : NONE);
		for (unsigned cache = 0; cache <= DRIVER_INV_PASID; cache++) {
			assert_int_equal(invalidate(cache, DRIVER_ALL_DEVICES, NONE, 0, UINT64_MAX),
					 0);
			assert_string_equal(issued(), "");
			assert_int_equal(invalidate(cache, RID, NONE, 0, UINT64_MAX), -ENOENT);
		}
		assert_int_equal(invalidate(DRIVER_INV_PASID + 1, DRIVER_ALL_DEVICES, NONE, 0, 1),
				 -EINVAL);
		assert_int_equal(invalidate(DRIVER_INV_IOTLB, DRIVER_ALL_DEVICES, NONE, 1, 0),
				 -EINVAL);
		domain = bench.parent;
		assert_int_equal(invalidate(DRIVER_INV_IOTLB, DRIVER_ALL_DEVICES, NONE, 0, 1),
				 -EINVAL);
		rig_end(&bench.rig);
	}
}

/* ---- Effects ----------------------------------------------------------------------------- */

static void reaches(uint64_t va, uint64_t gpa)
{
	assert_reaches(&bench.rig, RID, 7, va, RW, GUEST_RAM + gpa);
	assert_reaches(&bench.rig, RID2, 7, va, RW, GUEST_RAM + gpa);
}

static void faults(uint64_t va, enum ioasim_fault_cause cause)
{
	assert_int_equal(rig_dma(&bench.rig, RID, 7, va, IOASIM_READ).fault.cause, cause);
	assert_int_equal(rig_dma(&bench.rig, RID2, 7, va, IOASIM_READ).fault.cause, cause);
}

/* N2: with caches the old page may be met until the invalidation returns, and is. */
static void a_page_goes_with_its_invalidation(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		for (unsigned pasid = 0; pasid < 2; pasid++) {
			begin(i, true);
			reaches(VA, PAGE);
			reaches(VA + 0x1000, PAGE + 0x1000);
			assert_int_equal(guest_table_unmap(&table, VA, 0x1000), 0);
			reaches(VA, PAGE);
			assert_int_equal(invalidate(DRIVER_INV_DEVTLB, DRIVER_ALL_DEVICES,
						    pasid ? 7 : NONE, VA, VA + 0xfff),
					 0);
			reaches(VA, PAGE); /* that was not its own cache */
			assert_int_equal(invalidate(DRIVER_INV_IOTLB, DRIVER_ALL_DEVICES,
						    pasid ? 7 : NONE, VA, VA + 0xfff),
					 0);
			faults(VA, IOASIM_CAUSE_STAGE1);
			reaches(VA + 0x1000, PAGE + 0x1000);
			rig_end(&bench.rig);
		}
	}
}

/* N3: another table, or none, in the entry of a PASID. */
static void an_entry_of_a_pasid_goes_with_its_invalidation(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		for (unsigned named = 0; named < 2; named++) {
			struct guest_table other;

			begin(i, true);
			if (bench.host_pasids) {
				rig_end(&bench.rig);
				continue;
			}
			reaches(VA, PAGE);
			assert_int_equal(guest_table_init(&other, bench.ops, &bench.memory, ROOT2),
					 0);
			assert_int_equal(guest_table_map(&other, VA, PAGE + 0x8000, 0x1000, RW), 0);
			guest_set(&bench, 7, ROOT2, 2);
			assert_int_equal(invalidate(DRIVER_INV_PASID, DRIVER_ALL_DEVICES,
						    named ? 7 : NONE, 0, UINT64_MAX),
					 0);
			reaches(VA, PAGE + 0x8000);
			assert_int_equal(guest_pasid_clear(bench.ops, &bench.memory,
							   GUEST_PASID_TABLE, 7),
					 0);
			assert_int_equal(invalidate(DRIVER_INV_PASID, DRIVER_ALL_DEVICES,
						    named ? 7 : NONE, 0, UINT64_MAX),
					 0);
			faults(VA, IOASIM_CAUSE_PASID);
			rig_end(&bench.rig);
		}
	}
}

/* ---- PASID tables without words ------------------------------------------------------------ */

static void a_linear_pasid_table_has_the_size_that_is_asked_for(void **state)
{
	(void)state;
	for (unsigned lg2 = 0; lg2 <= 9; lg2++) {
		for (unsigned i = 1; i < 3; i++) {
			/* 64 CDs, or a page of GCR3 entries, whatever is asked. */
			uint32_t count = i == 1 ? 512 : lg2 ? 1u << lg2 : 64;
			struct domain_config config = {.kind = DOMAIN_NESTED_PASID,
						       .root = GUEST_PASID_TABLE,
						       .table_lg2 = lg2};

			arch = ioasim_archs[i];
			guest_begin(&bench, arch->name, true, class_of);
			config.parent = bench.parent;
			assert_int_equal(guest_table_init(&table, bench.ops, &bench.memory, ROOT),
					 0);
			assert_int_equal(guest_table_map(&table, VA, PAGE, 0x1000, RW), 0);
			assert_int_equal(bench.rig.ops->domain_create(bench.rig.driver, &config,
								      &domain),
					 0);
			rig_device(&bench.rig, RID);
			rig_attach(&bench.rig, RID, NONE, domain);
			guest_set(&bench, 0, ROOT, 1);
			guest_set(&bench, count - 1, ROOT, 1);
			guest_set(&bench, count, ROOT, 1);
			assert_reaches(&bench.rig, RID, NONE, VA, RW, GUEST_RAM + PAGE);
			assert_reaches(&bench.rig, RID, count - 1, VA, RW, GUEST_RAM + PAGE);
			assert_int_equal(rig_dma(&bench.rig, RID, count, VA, RW).fault.cause,
					 IOASIM_CAUSE_PASID);
			/* ATS is on. */
			assert_int_equal(rig_ask(&bench.rig, RID, NONE, VA, IOASIM_READ,
						 IOASIM_TRANSLATION_REQUEST)
						 .outcome,
					 IOASIM_OK);
			rig_end(&bench.rig);
		}
	}
}

static void a_size_does_not_go_with_words_or_beyond_the_unit(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 3; i++) {
		struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .table_lg2 = 21};
		struct domain *made;

		arch = ioasim_archs[i];
		guest_begin(&bench, arch->name, true, class_of);
		config.parent = bench.parent;
		config.root = UINT64_C(0x100000);
		assert_int_equal(bench.rig.ops->domain_create(bench.rig.driver, &config, &made),
				 -EINVAL);
		config.table_lg2 = 6;
		config.arch_data[0] = i == 1 ? 3 : 0xb; /* V, TV; V, Config */
		assert_int_equal(bench.rig.ops->domain_create(bench.rig.driver, &config, &made),
				 -EINVAL);
		rig_end(&bench.rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_commands_in_order),
		cmocka_unit_test(nothing_is_issued_for_what_is_not_attached),
		cmocka_unit_test(a_page_goes_with_its_invalidation),
		cmocka_unit_test(an_entry_of_a_pasid_goes_with_its_invalidation),
		cmocka_unit_test(a_linear_pasid_table_has_the_size_that_is_asked_for),
		cmocka_unit_test(a_size_does_not_go_with_words_or_beyond_the_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
