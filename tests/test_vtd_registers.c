/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d registers: chapter 11 of the specification, 6.5.1 for what registers invalidate. */
#include "vtd_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONES  UINT64_C(0xffffffffffffffff)
#define NO_IR (RIG_PLAIN_ECAP & ~UINT64_C(0xf00008))
#define NO_QI (RIG_PLAIN_ECAP & ~UINT64_C(0xf0000a))

/* ---- What software can write --------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t cap, ecap;
	uint32_t offset;
	unsigned size;
	uint64_t write, read;
} accesses[] = {
	{"11.4.1 VER is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0x00, 4, 0, 0x10},
	{"11.4.2 CAP is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0x08, 8, 0, RIG_FULL_CAP},
	{"11.4.3 ECAP is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0x10, 8, 0, RIG_FULL_ECAP},
	{"11.4.4.2 GSTS is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0x1c, 4, ONES, 0},
	{"11.4.5 RTADDR: RTA, TTM", RIG_FULL_CAP, RIG_FULL_ECAP, 0x20, 8, ONES, ~UINT64_C(0x3ff)},
	{"11.4.5 RTADDR, lower half alone", RIG_FULL_CAP, RIG_FULL_ECAP, 0x20, 4, ONES, 0xfffffc00},
	{"11.4.5 RTADDR, upper half alone", RIG_FULL_CAP, RIG_FULL_ECAP, 0x24, 4, ONES, 0xffffffff},
	{"11.4.7.1 FSTS has no writable bit", RIG_FULL_CAP, RIG_FULL_ECAP, 0x34, 4, ONES, 0},
	{"11.4.7.2 FECTL: IM", RIG_FULL_CAP, RIG_FULL_ECAP, 0x38, 4, ONES, 0x80000000},
	{"11.4.7.2 FECTL: IM to 0", RIG_FULL_CAP, RIG_FULL_ECAP, 0x38, 4, 0, 0},
	{"11.4.7.3 FEDATA: 15:0", RIG_FULL_CAP, RIG_FULL_ECAP, 0x3c, 4, ONES, 0xffff},
	{"11.4.7.4 FEADDR: 31:2", RIG_FULL_CAP, RIG_FULL_ECAP, 0x40, 4, ONES, 0xfffffffc},
	{"11.4.7.5 FEUADDR", RIG_FULL_CAP, RIG_FULL_ECAP, 0x44, 4, ONES, 0xffffffff},
	{"58h is reserved", RIG_FULL_CAP, RIG_FULL_ECAP, 0x58, 8, ONES, 0},
	{"11.4.8.1 PMEN without PLMR and PHMR", RIG_FULL_CAP, RIG_FULL_ECAP, 0x64, 4, ONES, 0},
	{"11.4.9.1 IQH is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0x80, 8, ONES, 0},
	{"11.4.9.2 IQT: 18:4", RIG_FULL_CAP, RIG_FULL_ECAP, 0x88, 8, ONES, 0x7fff0},
	{"11.4.9.3 IQA: IQA, DW, QS", RIG_FULL_CAP, RIG_FULL_ECAP, 0x90, 8, ONES, ~UINT64_C(0x7f8)},
	{"11.4.9.4 ICS has no writable bit", RIG_FULL_CAP, RIG_FULL_ECAP, 0x9c, 4, ONES, 0},
	{"11.4.9.5 IECTL: IM", RIG_FULL_CAP, RIG_FULL_ECAP, 0xa0, 4, ONES, 0x80000000},
	{"11.4.9.6 IEDATA", RIG_FULL_CAP, RIG_FULL_ECAP, 0xa4, 4, ONES, 0xffff},
	{"11.4.9.7 IEADDR", RIG_FULL_CAP, RIG_FULL_ECAP, 0xa8, 4, ONES, 0xfffffffc},
	{"11.4.9.8 IEUADDR", RIG_FULL_CAP, RIG_FULL_ECAP, 0xac, 4, ONES, 0xffffffff},
	{"11.4.9.9 IQERCD is read-only", RIG_FULL_CAP, RIG_FULL_ECAP, 0xb0, 8, ONES, 0},
	{"11.4.10 IRTA: IRTA, EIME, S", RIG_FULL_CAP, RIG_FULL_ECAP, 0xb8, 8, ONES,
	 ~UINT64_C(0x7f0)},
	{"11.4.10 IRTA without IR", RIG_PLAIN_CAP, NO_IR, 0xb8, 8, ONES, 0},
	{"11.4.11.1 PQH: 18:5", RIG_FULL_CAP, RIG_FULL_ECAP, 0xc0, 8, ONES, 0x7ffe0},
	{"11.4.11.2 PQT: 18:5", RIG_FULL_CAP, RIG_FULL_ECAP, 0xc8, 8, ONES, 0x7ffe0},
	{"11.4.11.3 PQA: PQA, PQS", RIG_FULL_CAP, RIG_FULL_ECAP, 0xd0, 8, ONES, ~UINT64_C(0xff8)},
	{"11.4.11.4 PRS has no writable bit", RIG_FULL_CAP, RIG_FULL_ECAP, 0xdc, 4, ONES, 0},
	{"11.4.11.5 PECTL: IM", RIG_FULL_CAP, RIG_FULL_ECAP, 0xe0, 4, ONES, 0x80000000},
	{"11.4.11.5 PECTL without PRS", RIG_PLAIN_CAP, RIG_PLAIN_ECAP, 0xe0, 4, ONES, 0},
	{"11.4.11.3 PQA without PRS", RIG_PLAIN_CAP, RIG_PLAIN_ECAP, 0xd0, 8, ONES, 0},
	{"11.4.9.2 IQT without QI", RIG_PLAIN_CAP, NO_QI, 0x88, 8, ONES, 0},
	{"11.4.9.5 IECTL without QI", RIG_PLAIN_CAP, NO_QI, 0xa0, 4, ONES, 0},
	{"11.4.7.6 FRCD is read-only but F", RIG_FULL_CAP, RIG_FULL_ECAP, 0x408, 8, ONES, 0},
	{"behind the last FRCD", RIG_FULL_CAP, RIG_FULL_ECAP, 0x480, 8, ONES, 0},
	{"behind IOTLB", RIG_FULL_CAP, RIG_FULL_ECAP, 0x510, 8, ONES, 0},
	{"behind the register space", RIG_FULL_CAP, RIG_FULL_ECAP, 0xfffffff8, 8, ONES, 0},
};

static void a_register_takes_the_bits_that_its_section_names(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		uint64_t value = 0;

		rig_open(&rig, accesses[i].cap, accesses[i].ecap);
		assert_int_equal(ioasim_mmio_write(rig.unit, accesses[i].offset, accesses[i].size,
						   accesses[i].write),
				 0);
		assert_int_equal(ioasim_mmio_read(rig.unit, accesses[i].offset, accesses[i].size,
						  &value),
				 0);
		if (value != accesses[i].read)
			fail_msg("%s: reads %llx", accesses[i].rule, (unsigned long long)value);
		rig_close(&rig);
	}
}

static void masks_of_events_are_set_after_reset(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	assert_int_equal(rig_read32(&rig, 0x38), 0x80000000); /* 11.4.7.2 */
	assert_int_equal(rig_read32(&rig, 0xa0), 0x80000000); /* 11.4.9.5 */
	assert_int_equal(rig_read32(&rig, 0xe0), 0x80000000); /* 11.4.11.5 */
	rig_write32(&rig, 0x38, 0);
	rig_write64(&rig, 0x20, 0x5000);
	rig_command(&rig, 30, true);
	ioasim_unit_reset(rig.unit);
	assert_int_equal(rig_read32(&rig, 0x38), 0x80000000);
	assert_int_equal(rig_read64(&rig, 0x20), 0);
	assert_int_equal(rig_read32(&rig, 0x1c), 0);
	assert_int_equal(rig_read64(&rig, 0x08), RIG_FULL_CAP);
	rig_close(&rig);
}

static void an_access_is_aligned_and_of_four_or_eight_bytes(void **state)
{
	struct rig rig;
	uint64_t value;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x0c, 8, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x02, 4, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x00, 2, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x24, 8, 0), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x20, 1, 0), -EINVAL);
	rig_close(&rig);
}

/* ---- GCMD and GSTS (11.4.4) ------------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t ecap;
	uint32_t commands[4]; /* written one after the other; 0 ends */
	uint32_t status;
} globals[] = {
	{"SRTP sets RTPS", RIG_FULL_ECAP, {0x40000000}, 0x40000000},
	{"RTPS stays when SRTP is written as 0",
	 RIG_FULL_ECAP,
	 {0x40000000, 0x00800000},
	 0x40800000},
	{"TE is a level: set", RIG_FULL_ECAP, {0x80000000}, 0x80000000},
	{"TE is a level: cleared", RIG_FULL_ECAP, {0x80000000, 0x04000000}, 0x04000000},
	{"WBF is done at once", RIG_FULL_ECAP, {0x08000000}, 0},
	{"SIRTP sets IRTPS", RIG_FULL_ECAP, {0x01000000}, 0x01000000},
	{"IRE is a level", RIG_FULL_ECAP, {0x01000000, 0x02000000}, 0x03000000},
	{"CFI is a level: set", RIG_FULL_ECAP, {0x00800000}, 0x00800000},
	{"CFI is a level: cleared", RIG_FULL_ECAP, {0x00800000, 0x04000000}, 0x04000000},
	{"IRE, SIRTP, CFI without IR", NO_IR, {0x01000000, 0x02000000, 0x00800000}, 0},
	{"QIE without QI", NO_QI, {0x04000000}, 0},
	{"reserved bits", RIG_FULL_ECAP, {0x307fffff}, 0},
	{"a driver's start: QIE, SIRTP, IRE, SRTP",
	 RIG_PLAIN_ECAP,
	 {0x04000000, 0x05000000, 0x06000000, 0x46000000},
	 0x47000000},
};

static void a_global_command_shows_in_the_global_status(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		uint64_t cap = globals[i].ecap == RIG_FULL_ECAP ? RIG_FULL_CAP : RIG_PLAIN_CAP;

		rig_open(&rig, cap, globals[i].ecap);
		for (unsigned n = 0; n < 4 && globals[i].commands[n]; n++)
			rig_write32(&rig, 0x18, globals[i].commands[n]);
		if (rig_read32(&rig, 0x1c) != globals[i].status)
			fail_msg("%s: GSTS is %x", globals[i].rule, rig_read32(&rig, 0x1c));
		assert_int_equal(rig_read32(&rig, 0x18), 0);
		rig_close(&rig);
	}
}

/* ---- RTADDR and SRTP, caches (6.6) --------------------------------------------------- */

#define ROOT    UINT64_C(0x1000)
#define CONTEXT UINT64_C(0x2000)

/* Legacy tables: 00:01.0 passes through, as domain 7. */
static void pass_through(struct rig *rig, uint64_t root, uint64_t context)
{
	rig_poke(rig, root, context | 1);
	rig_poke(rig, context + 16 * 8, 0x9);
	rig_poke(rig, context + 16 * 8 + 8, 0x702);
}

static uint8_t read_outcome(struct rig *rig)
{
	struct ioasim_request request = {
		.requester_id = 0x8, .address = 0x5000, .length = 4, .access = IOASIM_READ};
	struct ioasim_response response;

	ioasim_translate(rig->unit, &request, &response);
	return response.outcome;
}

static void rtaddr_takes_effect_with_srtp(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_PLAIN_CAP, RIG_PLAIN_ECAP);
	pass_through(&rig, ROOT, CONTEXT);
	rig_root(&rig, ROOT);
	rig_command(&rig, 31, true);
	rig_write64(&rig, 0x20, 0x8000);
	assert_int_equal(read_outcome(&rig), IOASIM_OK);
	/* ESRTPS (CAP bit 63): SRTP drops what was cached of the old tables. */
	rig_command(&rig, 30, true);
	assert_int_equal(read_outcome(&rig), IOASIM_FAULT);
	rig_close(&rig);
}

static void srtp_leaves_the_caches_alone_without_esrtps(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_PLAIN_CAP & ~(UINT64_C(1) << 63), RIG_PLAIN_ECAP);
	pass_through(&rig, ROOT, CONTEXT);
	rig_root(&rig, ROOT);
	rig_command(&rig, 31, true);
	assert_int_equal(read_outcome(&rig), IOASIM_OK);
	rig_root(&rig, 0x8000);
	assert_int_equal(read_outcome(&rig), IOASIM_OK);
	/* 11.4.6: context cache, then IOTLB, global. */
	rig_write64(&rig, 0x28, UINT64_C(0xa000000000000000));
	rig_write64(&rig, 0xf8, UINT64_C(0x9000000000000000));
	assert_int_equal(read_outcome(&rig), IOASIM_FAULT);
	rig_close(&rig);
}

/* 11.4.4.1, TE: a unit with scalable mode empties its caches when switched off. */
static void switching_off_drops_the_caches_with_smts(void **state)
{
	const struct {
		uint64_t cap, ecap;
		uint8_t outcome;
	} rows[] = {
		{RIG_FULL_CAP, RIG_FULL_ECAP, IOASIM_FAULT},
		{RIG_PLAIN_CAP, RIG_PLAIN_ECAP, IOASIM_OK},
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_open(&rig, rows[i].cap, rows[i].ecap);
		pass_through(&rig, ROOT, CONTEXT);
		rig_root(&rig, ROOT);
		rig_command(&rig, 31, true);
		assert_int_equal(read_outcome(&rig), IOASIM_OK);
		rig_command(&rig, 31, false);
		rig_poke(&rig, ROOT, 0);
		rig_command(&rig, 31, true);
		assert_int_equal(read_outcome(&rig), rows[i].outcome);
		rig_close(&rig);
	}
}

/* ---- Invalidation by registers (6.5.1, 11.4.6) ------------------------------------------ */

#define GLOBAL UINT64_C(1)
#define DOMAIN UINT64_C(2)
#define ENTITY UINT64_C(3)

static const struct {
	const char *rule;
	uint64_t clear_cap; /* bits taken from the capabilities */
	uint64_t rtaddr;
	bool queue;
	uint64_t iva;
	uint64_t asked; /* CIRG, IIRG */
	uint64_t context, iotlb; /* CAIG, IAIG */
} actual[] = {
	{"global", 0, 0, false, 0, GLOBAL, GLOBAL, GLOBAL},
	{"domain", 0, 0, false, 0, DOMAIN, DOMAIN, DOMAIN},
	{"device, page", 0, 0, false, 0x5000, ENTITY, ENTITY, ENTITY},
	{"AM = MAMV", 0, 0, false, 0x12, ENTITY, ENTITY, ENTITY},
	{"11.4.6.3: AM > MAMV is an error", 0, 0, false, 0x13, ENTITY, ENTITY, 0},
	{"granularity 0 is reserved", 0, 0, false, 0, 0, 0, 0},
	{"without PSI a page is done as a domain", UINT64_C(1) << 39, 0, false, 0x13, ENTITY,
	 ENTITY, DOMAIN},
	{"scalable mode", 0, 0x400, false, 0, GLOBAL, 0, 0},
	{"abort-DMA mode", 0, 0xc00, false, 0, GLOBAL, 0, 0},
	{"while the queue is on", 0, 0, true, 0, GLOBAL, 0, 0},
};

static void a_register_invalidation_reports_what_was_done(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(actual) / sizeof(actual[0]); i++) {
		uint64_t context, iotlb;

		rig_open(&rig, RIG_FULL_CAP & ~actual[i].clear_cap, RIG_FULL_ECAP);
		rig_root(&rig, actual[i].rtaddr);
		if (actual[i].queue)
			rig_queue(&rig, false);
		/* By halves: the upper one starts the command. */
		rig_write32(&rig, 0x28, 0x80007);
		rig_write32(&rig, 0x2c, (uint32_t)(0x80000000 | actual[i].asked << 29));
		context = rig_read64(&rig, 0x28);
		rig_write64(&rig, 0x500, actual[i].iva);
		rig_write64(&rig, 0x508,
			    UINT64_C(1) << 63 | actual[i].asked << 60 | UINT64_C(7) << 32);
		iotlb = rig_read64(&rig, 0x508);
		if (context >> 63 || iotlb >> 63 || (context >> 59 & 3) != actual[i].context ||
		    (iotlb >> 57 & 3) != actual[i].iotlb)
			fail_msg("%s: CCMD %llx, IOTLB %llx", actual[i].rule,
				 (unsigned long long)context, (unsigned long long)iotlb);
		rig_close(&rig);
	}
}

static void registers_do_not_invalidate_from_version_6_on(void **state)
{
	struct ioasim_unit_config config;
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit *unit;
	uint64_t value;

	(void)state;
	assert_int_equal(ioasim_unit_config_init(&config, "vtd"), 0);
	assert_int_equal(ioasim_unit_config_set(&config, "ver", 0x60), 0);
	assert_int_equal(ioasim_unit_create(&config, memory, &unit, NULL), 0);
	assert_int_equal(ioasim_mmio_read(unit, 0, 4, &value), 0);
	assert_int_equal(value, 0x60);
	assert_int_equal(ioasim_mmio_write(unit, 0x28, 8, UINT64_C(0xa000000000000000)), 0);
	assert_int_equal(ioasim_mmio_read(unit, 0x28, 8, &value), 0);
	assert_int_equal(value, UINT64_C(0x2000000000000000));
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
}

/* ---- Capabilities that no unit has (11.4.2, 11.4.3) ---------------------------------------- */

static const struct {
	const char *word; /* of the sentence; NULL: the unit is made */
	uint64_t cap, ecap, haw, ver;
} units[] = {
	{NULL, RIG_FULL_CAP, RIG_FULL_ECAP, 0, 0x10},
	{NULL, RIG_PLAIN_CAP, RIG_PLAIN_ECAP, 0, 0x10},
	{NULL, 0x80d20080222f0406, 0x499800000f02, 0, 0x10},
	{NULL, 0x80d2008c22260206, 0xf00f4a, 52, 0x10},
	{NULL, 0x81d2008c222f0606, 0x880000f00f4a, 0, 0x10},
	{NULL, RIG_FULL_CAP, RIG_FULL_ECAP, 0, 0x70},
	{"ND", RIG_FULL_CAP | 7, RIG_FULL_ECAP, 0, 0x10},
	{"SSLPS", RIG_FULL_CAP & ~UINT64_C(0x400000000), RIG_FULL_ECAP, 0, 0x10},
	{"SAGAW", RIG_FULL_CAP | 0x100, RIG_FULL_ECAP, 0, 0x10},
	{"reserved", RIG_FULL_CAP | 0x2000, RIG_FULL_ECAP, 0, 0x10},
	{"reserved", RIG_FULL_CAP, RIG_FULL_ECAP | 0x20, 0, 0x10},
	{"RWBF", RIG_FULL_CAP | 0x10, RIG_FULL_ECAP, 0, 0x10},
	{"FRO", (RIG_FULL_CAP & ~UINT64_C(0x3ff000000)) | 0x5000000, RIG_FULL_ECAP, 0, 0x10},
	{"overlap", RIG_FULL_CAP + 0x10000000, RIG_FULL_ECAP, 0, 0x10},
	{"IRO", RIG_FULL_CAP, RIG_FULL_ECAP & ~UINT64_C(0x3ff00), 0, 0x10},
	{"DT needs QI", RIG_PLAIN_CAP, 0xf04, 0, 0x10},
	{"SMTS needs QI", RIG_PLAIN_CAP, 0x80000000f00, 0, 0x10},
	{"NEST", RIG_FULL_CAP & ~(UINT64_C(1) << 60), RIG_FULL_ECAP & ~(UINT64_C(1) << 46), 0,
	 0x10},
	{"PRS needs DT", RIG_PLAIN_CAP, 0x80020000f02, 0, 0x10},
	{"EAFS", RIG_FULL_CAP, RIG_FULL_ECAP & ~UINT64_C(0x1200000000000), 0, 0x10},
	{"SSADS", RIG_FULL_CAP, RIG_FULL_ECAP & ~UINT64_C(0x1000400000000), 0, 0x10},
	{"RPRIVS", RIG_FULL_CAP, RIG_FULL_ECAP & ~UINT64_C(0x80000000), 0, 0x10},
	{"HPTS", RIG_FULL_CAP, RIG_FULL_ECAP | UINT64_C(1) << 55, 0, 0x10},
	{"SSIRWS", RIG_FULL_CAP, RIG_FULL_ECAP | UINT64_C(1) << 57, 0, 0x10},
	{"VCS", RIG_FULL_CAP, RIG_FULL_ECAP | UINT64_C(1) << 44, 0, 0x10},
	{"PMS", RIG_FULL_CAP, RIG_FULL_ECAP | UINT64_C(1) << 51, 0, 0x10},
	{"PI", RIG_FULL_CAP | UINT64_C(1) << 59, RIG_FULL_ECAP, 0, 0x10},
	{"ECMDS", RIG_FULL_CAP | UINT64_C(1) << 61, RIG_FULL_ECAP, 0, 0x10},
	{"PLMR", RIG_FULL_CAP | 0x20, RIG_FULL_ECAP, 0, 0x10},
	{"PSS", RIG_FULL_CAP, RIG_FULL_ECAP | UINT64_C(0xf800000000), 0, 0x10},
	{"haw", RIG_FULL_CAP, RIG_FULL_ECAP, 31, 0x10},
	{"haw", RIG_FULL_CAP, RIG_FULL_ECAP, 53, 0x10},
	{"haw", RIG_FULL_CAP, RIG_FULL_ECAP, ONES, 0x10},
	{"ver", RIG_FULL_CAP, RIG_FULL_ECAP, 0, 0x80},
	{"ver", RIG_FULL_CAP, RIG_FULL_ECAP, 0, 0x110},
};

static void capabilities_that_contradict_each_other_are_refused(void **state)
{
	struct ioasim_memory *memory = ioasim_memory_create();

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct ioasim_unit_config config;
		struct ioasim_unit *unit = NULL;
		const char *why = NULL;
		int error;

		assert_int_equal(ioasim_unit_config_init(&config, "vtd"), 0);
		config.capability[0] = units[i].cap;
		config.capability[1] = units[i].ecap;
		config.capability[2] = units[i].haw;
		config.capability[3] = units[i].ver;
		error = ioasim_unit_create(&config, memory, &unit, &why);
		if (units[i].word && (error != -EINVAL || !why || !strstr(why, units[i].word)))
			fail_msg("row %zu (%s): %d, %s", i, units[i].word, error, why ? why : "-");
		if (!units[i].word && error)
			fail_msg("row %zu: refused, %s", i, why ? why : "-");
		ioasim_unit_destroy(unit);
	}
	ioasim_memory_destroy(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_register_takes_the_bits_that_its_section_names),
		cmocka_unit_test(masks_of_events_are_set_after_reset),
		cmocka_unit_test(an_access_is_aligned_and_of_four_or_eight_bytes),
		cmocka_unit_test(a_global_command_shows_in_the_global_status),
		cmocka_unit_test(rtaddr_takes_effect_with_srtp),
		cmocka_unit_test(srtp_leaves_the_caches_alone_without_esrtps),
		cmocka_unit_test(switching_off_drops_the_caches_with_smts),
		cmocka_unit_test(a_register_invalidation_reports_what_was_done),
		cmocka_unit_test(registers_do_not_invalidate_from_version_6_on),
		cmocka_unit_test(capabilities_that_contradict_each_other_are_refused),
	};

	return cmocka_run_group_tests_name("vtd_registers", tests, NULL, NULL);
}
