/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUv3 registers (Arm IHI 0070, chapter 6): what software can write and when, what the
 * acknowledgements say, and which units do not exist.
 */
#include "smmu_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONES     UINT64_C(0xffffffffffffffff)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Less MSI, less PRI, less both; with VMW; without HYP and ATSRECERR. */
#define NO_MSI     (SRIG_IDR0 & ~UINT32_C(0x2000))
#define NO_PRI     (SRIG_IDR0 & ~UINT32_C(0x10000))
#define NEITHER    (NO_MSI & NO_PRI)
#define NO_ATS     (SRIG_IDR0 & ~UINT32_C(0x810400))
#define WITH_VMW   (SRIG_IDR0 | UINT32_C(0x20000))
#define NO_OPTIONS (SRIG_IDR0 & ~UINT32_C(0x800200))

static void open_with(struct srig *rig, uint32_t idr0)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr0", idr0), 0);
	srig_open(rig, &config);
}

static uint64_t read_of(struct srig *rig, uint32_t offset, unsigned size)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, size, &value), 0);
	return value;
}

/* ---- What software can write --------------------------------------------------------------- */

static const struct {
	const char *rule;
	uint32_t idr0;
	uint32_t offset;
	unsigned size;
	uint64_t write, read;
} accesses[] = {
	{"6.3.1 IDR0 is read-only", SRIG_IDR0, 0x00, 4, 0, SRIG_IDR0},
	{"6.3.2 IDR1 is read-only", SRIG_IDR0, 0x04, 4, 0, SRIG_IDR1},
	{"6.3.1, 6.3.2 both at once", SRIG_IDR0, 0x00, 8, 0, (uint64_t)SRIG_IDR1 << 32 | SRIG_IDR0},
	{"6.3.3 IDR2 is 0 without VATOS", SRIG_IDR0, 0x08, 4, ONES, 0},
	{"6.3.4 IDR3 is read-only", SRIG_IDR0, 0x0c, 4, 0, SRIG_IDR3},
	{"6.3.5 IDR4", SRIG_IDR0, 0x10, 4, ONES, 0},
	{"6.3.6 IDR5 is read-only", SRIG_IDR0, 0x14, 4, 0, SRIG_IDR5},
	{"6.3.7 IIDR", SRIG_IDR0, 0x18, 4, ONES, 0},
	{"6.3.8 AIDR is read-only", SRIG_IDR0, 0x1c, 4, 0, 1},
	{"6.3.9 CR0: SMMUEN, PRIQEN, EVENTQEN, CMDQEN, ATSCHK", SRIG_IDR0, 0x20, 4, ONES, 0x1f},
	{"6.3.9 CR0.VMW", WITH_VMW, 0x20, 4, ONES, 0x1df},
	{"6.3.9 CR0 without PRI", NO_PRI, 0x20, 4, ONES, 0x1d},
	{"6.3.9 CR0 without ATS", NO_ATS, 0x20, 4, ONES, 0xd},
	{"6.3.10 CR0ACK is read-only", SRIG_IDR0, 0x24, 4, ONES, 0},
	{"6.3.11 CR1: six attributes", SRIG_IDR0, 0x28, 4, ONES, 0xfff},
	{"6.3.12 CR2: E2H, RECINVSID, REC_CFG_ATS", SRIG_IDR0, 0x2c, 4, ONES, 0xb},
	{"6.3.12 CR2 without HYP and ATSRECERR", NO_OPTIONS, 0x2c, 4, ONES, 0x2},
	{"6.3.13 STATUSR is read-only", SRIG_IDR0, 0x40, 4, ONES, 0},
	{"6.3.14 GBPA: all fields with Update", SRIG_IDR0, 0x44, 4, ONES, 0x1f3f1f},
	{"6.3.14 GBPA: nothing without Update", SRIG_IDR0, 0x44, 4, 0x7fffffff, 0x1000},
	{"6.3.15 AGBPA", SRIG_IDR0, 0x48, 4, ONES, 0},
	{"6.3.16 IRQ_CTRL: three sources", SRIG_IDR0, 0x50, 4, ONES, 7},
	{"6.3.16 IRQ_CTRL without PRI", NO_PRI, 0x50, 4, ONES, 5},
	{"6.3.17 IRQ_CTRLACK is read-only", SRIG_IDR0, 0x54, 4, ONES, 0},
	{"6.3.18 GERROR is read-only", SRIG_IDR0, 0x60, 4, ONES, 0},
	{"6.3.19 GERRORN: the errors that can be", SRIG_IDR0, 0x64, 4, ONES, 0xfd},
	{"6.3.19 GERRORN without PRI and MSI", NEITHER, 0x64, 4, ONES, 0x05},
	{"6.3.20 GERROR_IRQ_CFG0: ADDR", SRIG_IDR0, 0x68, 8, ONES, 0xffffffffffffc},
	{"6.3.20 GERROR_IRQ_CFG0 without MSI", NO_MSI, 0x68, 8, ONES, 0},
	{"6.3.21 GERROR_IRQ_CFG1", SRIG_IDR0, 0x70, 4, ONES, 0xffffffff},
	{"6.3.22 GERROR_IRQ_CFG2: SH, MemAttr", SRIG_IDR0, 0x74, 4, ONES, 0x3f},
	{"6.3.24 STRTAB_BASE: ADDR, RA", SRIG_IDR0, 0x80, 8, ONES, 0x400fffffffffffc0},
	{"6.3.24 STRTAB_BASE, lower half alone", SRIG_IDR0, 0x80, 4, ONES, 0xffffffc0},
	{"6.3.24 STRTAB_BASE, upper half alone", SRIG_IDR0, 0x84, 4, ONES, 0x400fffff},
	{"6.3.25 STRTAB_BASE_CFG: LOG2SIZE, SPLIT, FMT", SRIG_IDR0, 0x88, 4, ONES, 0x307ff},
	{"6.3.26 CMDQ_BASE: LOG2SIZE, ADDR, RA", SRIG_IDR0, 0x90, 8, ONES, 0x400fffffffffffff},
	{"6.3.27 CMDQ_PROD: WR", SRIG_IDR0, 0x98, 4, ONES, 0xfffff},
	{"6.3.28 CMDQ_CONS: RD by the size, 0 here, and ERR", SRIG_IDR0, 0x9c, 4, ONES, 0x7f000001},
	{"6.3.29 EVENTQ_BASE", SRIG_IDR0, 0xa0, 8, ONES, 0x400fffffffffffff},
	{"6.2 EVENTQ_PROD has no alias in page 0", SRIG_IDR0, 0xa8, 8, ONES, 0},
	{"6.3.30 EVENTQ_IRQ_CFG0", SRIG_IDR0, 0xb0, 8, ONES, 0xffffffffffffc},
	{"6.3.30 EVENTQ_IRQ_CFG0 without MSI", NO_MSI, 0xb0, 8, ONES, 0},
	{"6.3.31 EVENTQ_IRQ_CFG1", SRIG_IDR0, 0xb8, 4, ONES, 0xffffffff},
	{"6.3.32 EVENTQ_IRQ_CFG2", SRIG_IDR0, 0xbc, 4, ONES, 0x3f},
	{"6.3.33 PRIQ_BASE", SRIG_IDR0, 0xc0, 8, ONES, 0x400fffffffffffff},
	{"6.3.33 PRIQ_BASE without PRI", NO_PRI, 0xc0, 8, ONES, 0},
	{"6.3.34 PRIQ_IRQ_CFG0", SRIG_IDR0, 0xd0, 8, ONES, 0xffffffffffffc},
	{"6.3.34 PRIQ_IRQ_CFG0 without PRI", NO_PRI, 0xd0, 8, ONES, 0},
	{"6.3.34 PRIQ_IRQ_CFG0 without MSI", NO_MSI, 0xd0, 8, ONES, 0},
	{"6.3.36 PRIQ_IRQ_CFG2: LO, SH, MemAttr", SRIG_IDR0, 0xdc, 4, ONES, 0x8000003f},
	{"6.3.36 PRIQ_IRQ_CFG2 without MSI", NO_MSI, 0xdc, 4, ONES, 0},
	{"6.3.37 GATOS_CTRL without ATOS", SRIG_IDR0, 0x100, 4, ONES, 0},
	{"EVENTQ_PROD: WR by the size, 0 here, and OVFLG", SRIG_IDR0, 0x100a8, 4, ONES, 0x80000001},
	{"EVENTQ_CONS: RD, OVACKFLG", SRIG_IDR0, 0x100ac, 4, ONES, 0x800fffff},
	{"PRIQ_PROD: WR by the size, 0 here, and OVFLG", SRIG_IDR0, 0x100c8, 4, ONES, 0x80000001},
	{"PRIQ_CONS: RD, OVACKFLG", SRIG_IDR0, 0x100cc, 4, ONES, 0x800fffff},
	{"PRIQ_PROD without PRI", NO_PRI, 0x100c8, 4, ONES, 0},
	{"PRIQ_CONS without PRI", NO_PRI, 0x100cc, 4, ONES, 0},
	{"page 1 has nothing else", SRIG_IDR0, 0x10020, 8, ONES, 0},
	{"between the registers", SRIG_IDR0, 0x30, 8, ONES, 0},
	{"behind both pages", SRIG_IDR0, 0x20000, 8, ONES, 0},
	{"far behind", SRIG_IDR0, 0xfffffff8, 8, ONES, 0},
};

static void a_register_takes_the_bits_that_its_section_names(void **state)
{
	struct srig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(accesses); i++) {
		uint64_t value;

		open_with(&rig, accesses[i].idr0);
		assert_int_equal(ioasim_mmio_write(rig.unit, accesses[i].offset, accesses[i].size,
						   accesses[i].write),
				 0);
		value = read_of(&rig, accesses[i].offset, accesses[i].size);
		if (value != accesses[i].read)
			fail_msg("%s: reads %#llx", accesses[i].rule, (unsigned long long)value);
		srig_close(&rig);
	}
}

static void an_access_is_aligned_and_of_four_or_eight_bytes(void **state)
{
	struct srig rig;
	uint64_t value;

	(void)state;
	open_with(&rig, SRIG_IDR0);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x0c, 8, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x02, 4, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x00, 2, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x24, 8, 0), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x20, 1, 0), -EINVAL);
	srig_close(&rig);
}

/* ---- Guards: what is enabled does not change ------------------------------------------------- */

/* `at` and `bit`: the enable bit, in CR0 (20h) or IRQ_CTRL (50h). */
static const struct {
	const char *rule;
	uint32_t at, bit;
	uint32_t offset;
	uint32_t before, write, after;
} guards[] = {
	{"6.3.24 STRTAB_BASE by SMMUEN", 0x20, 1, 0x80, 0x40000, 0x80000, 0x40000},
	{"6.3.24 its upper half", 0x20, 1, 0x84, 3, 5, 3},
	{"6.3.25 STRTAB_BASE_CFG by SMMUEN", 0x20, 1, 0x88, 4, 5, 4},
	{"6.3.12 CR2 by SMMUEN", 0x20, 1, 0x2c, 2, 0, 2},
	{"6.3.11 CR1.TABLE_* by SMMUEN", 0x20, 1, 0x28, 0x555, 0xaaa, 0x56a},
	{"6.3.11 CR1.QUEUE_* by CMDQEN", 0x20, 8, 0x28, 0x555, 0xaaa, 0xa95},
	{"6.3.11 CR1.QUEUE_* by EVENTQEN", 0x20, 4, 0x28, 0x555, 0xaaa, 0xa95},
	{"6.3.11 CR1.QUEUE_* by PRIQEN", 0x20, 2, 0x28, 0x555, 0xaaa, 0xa95},
	{"6.3.26 CMDQ_BASE by CMDQEN", 0x20, 8, 0x90, 0x40003, 0x80004, 0x40003},
	{"6.3.28 CMDQ_CONS by CMDQEN", 0x20, 8, 0x9c, 0, 1, 0},
	{"6.3.29 EVENTQ_BASE by EVENTQEN", 0x20, 4, 0xa0, 0x40003, 0x80004, 0x40003},
	{"EVENTQ_PROD by EVENTQEN", 0x20, 4, 0x100a8, 1, 0, 1},
	{"EVENTQ_CONS by nothing", 0x20, 4, 0x100ac, 1, 0, 0},
	{"6.3.33 PRIQ_BASE by the actual PRIQEN", 0x20, 2, 0xc0, 0x40003, 0x80004, 0x40003},
	{"PRIQ_PROD by PRIQEN", 0x20, 2, 0x100c8, 1, 0, 1},
	{"PRIQ_CONS by nothing", 0x20, 2, 0x100cc, 1, 0, 0},
	{"6.3.26 CMDQ_BASE not by SMMUEN", 0x20, 1, 0x90, 0x40003, 0x80004, 0x80004},
	{"6.3.24 STRTAB_BASE not by queues", 0x20, 14, 0x80, 0x40000, 0x80000, 0x80000},
	{"6.3.20 GERROR_IRQ_CFG0 by GERROR_IRQEN", 0x50, 1, 0x68, 0x1000, 0x2000, 0x1000},
	{"6.3.20 its upper half", 0x50, 1, 0x6c, 3, 5, 3},
	{"6.3.21 GERROR_IRQ_CFG1", 0x50, 1, 0x70, 7, 8, 7},
	{"6.3.22 GERROR_IRQ_CFG2", 0x50, 1, 0x74, 7, 8, 7},
	{"6.3.30 EVENTQ_IRQ_CFG0 by EVENTQ_IRQEN", 0x50, 4, 0xb0, 0x1000, 0x2000, 0x1000},
	{"6.3.31 EVENTQ_IRQ_CFG1", 0x50, 4, 0xb8, 7, 8, 7},
	{"6.3.34 PRIQ_IRQ_CFG0 by PRIQ_IRQEN", 0x50, 2, 0xd0, 0x1000, 0x2000, 0x1000},
	{"6.3.36 PRIQ_IRQ_CFG2 by PRIQ_IRQEN", 0x50, 2, 0xdc, 0x80000000, 0, 0x80000000},
	{"6.3.20 GERROR_IRQ_CFG0 not by the others", 0x50, 6, 0x68, 0x1000, 0x2000, 0x2000},
	{"6.3.14 GBPA by nothing", 0x20, 15, 0x44, 0x80001000, 0x80002000, 0x2000},
};

static void an_enable_bit_holds_what_it_guards(void **state)
{
	struct srig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(guards); i++) {
		open_with(&rig, SRIG_IDR0);
		srig_write32(&rig, guards[i].offset, guards[i].before);
		srig_write32(&rig, guards[i].at, guards[i].bit);
		srig_write32(&rig, guards[i].offset, guards[i].write);
		if (srig_read32(&rig, guards[i].offset) != guards[i].after)
			fail_msg("%s: reads %#x", guards[i].rule,
				 srig_read32(&rig, guards[i].offset));
		/* Once it is off again, it can be written. */
		srig_write32(&rig, guards[i].at, 0);
		srig_write32(&rig, guards[i].offset, guards[i].before);
		srig_write32(&rig, guards[i].offset, guards[i].write);
		if (guards[i].offset != 0x44 &&
		    srig_read32(&rig, guards[i].offset) != guards[i].write)
			fail_msg("%s: stays %#x", guards[i].rule,
				 srig_read32(&rig, guards[i].offset));
		srig_close(&rig);
	}
}

/* ---- Acknowledgements, errors, reset ---------------------------------------------------------- */

static void control_bits_are_acknowledged_at_once(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, WITH_VMW);
	for (uint32_t value = 0; value < 0x200; value++) {
		srig_write32(&rig, 0x20, value | 0xfffffe20);
		assert_int_equal(srig_read32(&rig, 0x24), value & 0x1df);
	}
	srig_write32(&rig, 0x50, 0xfffffffd);
	assert_int_equal(srig_read32(&rig, 0x54), 5);
	srig_close(&rig);
}

/* 6.3.28 and the like: indices are cut to the size, also when it shrinks. */
static void index_bits_above_the_wrap_bit_are_zero(void **state)
{
	static const struct {
		uint32_t base, index;
	} queues[] = {{0x90, 0x9c}, {0xa0, 0x100a8}, {0xc0, 0x100c8}};
	struct srig rig;

	(void)state;
	for (size_t i = 0; i < COUNT(queues); i++) {
		open_with(&rig, SRIG_IDR0);
		srig_write64(&rig, queues[i].base, 0x400000 | 7);
		srig_write32(&rig, queues[i].index, 0xfffff);
		assert_int_equal(srig_read32(&rig, queues[i].index), 0xff);
		srig_write64(&rig, queues[i].base, 0x400000 | 3);
		assert_int_equal(srig_read32(&rig, queues[i].index), 0xf);
		srig_close(&rig);
	}
}

/* 6.3.26: LOG2SIZE is used up to the unit's largest, and read as written. */
static void a_size_above_the_largest_counts_as_that(void **state)
{
	struct ioasim_unit_config config;
	struct srig rig;

	(void)state;
	srig_config(&config);
	/* CMDQS 5, EVENTQS 4, PRIQS 3 */
	assert_int_equal(ioasim_unit_config_set(&config, "idr1", 0x00a41c10), 0);
	srig_open(&rig, &config);
	srig_write64(&rig, 0x90, 0x400000 | 19);
	srig_write64(&rig, 0xa0, 0x500000 | 19);
	srig_write64(&rig, 0xc0, 0x600000 | 19);
	srig_write32(&rig, 0x9c, 0xfffff);
	srig_write32(&rig, 0x100a8, 0xfffff);
	srig_write32(&rig, 0x100c8, 0xfffff);
	assert_int_equal(read_of(&rig, 0x90, 8), 0x400013);
	assert_int_equal(srig_read32(&rig, 0x9c), 0x3f);
	assert_int_equal(srig_read32(&rig, 0x100a8), 0x1f);
	assert_int_equal(srig_read32(&rig, 0x100c8), 0x0f);
	srig_close(&rig);
}

static const struct {
	uint32_t offset, after_reset;
} registers[] = {
	{0x00, SRIG_IDR0}, {0x04, SRIG_IDR1}, {0x0c, SRIG_IDR3}, {0x14, SRIG_IDR5}, {0x1c, 1},
	{0x20, 0},         {0x24, 0},         {0x28, 0},         {0x2c, 0},         {0x44, 0x1000},
	{0x50, 0},         {0x54, 0},         {0x60, 0},         {0x64, 0},         {0x68, 0},
	{0x6c, 0},         {0x70, 0},         {0x74, 0},         {0x80, 0},         {0x84, 0},
	{0x88, 0},         {0x90, 0},         {0x94, 0},         {0x98, 0},         {0x9c, 0},
	{0xa0, 0},         {0xa4, 0},         {0xb0, 0},         {0xb4, 0},         {0xb8, 0},
	{0xbc, 0},         {0xc0, 0},         {0xc4, 0},         {0xd0, 0},         {0xd4, 0},
	{0xd8, 0},         {0xdc, 0},         {0x100a8, 0},      {0x100ac, 0},      {0x100c8, 0},
	{0x100cc, 0},
};

static void reset_brings_everything_back(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, SRIG_IDR0);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < COUNT(registers); i++)
			if (srig_read32(&rig, registers[i].offset) != registers[i].after_reset)
				fail_msg("%#x reads %#x", registers[i].offset,
					 srig_read32(&rig, registers[i].offset));
		/* An error, then ones everywhere; enable bits last. */
		srig_write64(&rig, 0x90, SRIG_RAM + 0x1000);
		srig_write32(&rig, 0x98, 1);
		srig_write32(&rig, 0x20, 8);
		assert_int_equal(srig_read32(&rig, 0x60), 1);
		srig_write32(&rig, 0x20, 0);
		for (size_t i = COUNT(registers); i-- > 0;)
			srig_write32(&rig, registers[i].offset, UINT32_MAX);
		ioasim_unit_reset(rig.unit);
	}
	srig_close(&rig);
}

/* 2: SMMUEN, GBPA and ATSCHK act on requests as soon as they are written. */
static void gbpa_changes_by_update_only(void **state)
{
	struct ioasim_request request = {
		.requester_id = 1, .address = 0x1000, .length = 4, .access = IOASIM_READ};
	struct ioasim_response r;
	struct srig rig;

	(void)state;
	open_with(&rig, SRIG_IDR0);
	srig_write32(&rig, 0x44, 0x00100000);
	ioasim_translate(rig.unit, &request, &r);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, 0x1000);
	srig_write32(&rig, 0x44, 0x80100000);
	assert_int_equal(srig_read32(&rig, 0x44), 0x00100000);
	ioasim_translate(rig.unit, &request, &r);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0);
	srig_write32(&rig, 0x44, 0);
	ioasim_translate(rig.unit, &request, &r);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	ioasim_unit_reset(rig.unit);
	ioasim_translate(rig.unit, &request, &r);
	assert_int_equal(r.outcome, IOASIM_OK);
	srig_close(&rig);
}

/* ---- Units that are, and are not --------------------------------------------------------------- */

struct unit_case {
	const char *register_name;
	uint64_t set, clear;
	const char *why; /* part of the sentence; NULL: there is such a unit */
};

static const struct unit_case units[] = {
	{"idr0", 0, 0, NULL},
	{"idr0", UINT64_C(1) << 31, 0, "reserved"},
	{"idr0", UINT64_C(1) << 29, 0, "reserved"},
	{"idr0", UINT64_C(1) << 40, 0, "reserved"},
	{"idr0", UINT64_C(1) << 30, 0, "RME_IMPL"},
	{"idr0", UINT64_C(1) << 5, 0, "BTM"},
	{"idr0", UINT64_C(1) << 15, 0, "ATOS"},
	{"idr0", UINT64_C(1) << 20, 0, "ATOS"},
	{"idr0", 0, 0x203, "stage 1 or stage 2"},
	{"idr0", 0, 0x202, NULL}, /* stage 2 alone */
	{"idr0", 0, 0x201, NULL}, /* stage 1 alone */
	{"idr0", 0, 2, "HYP"},
	{"idr0", 0, 1, "HYP"},
	{"idr0", 0x20000, 0x201, "VMW"},
	{"idr0", 4, 8, "TTF"},
	{"idr0", 0xc, 0, "TTF"},
	{"idr0", 0, 0xc, "TTF"},
	{"idr0", 0, 3u << 21, "TTENDIAN"},
	{"idr0", 3u << 21, 0, "TTENDIAN"},
	{"idr0", 0xc0, 0, NULL}, /* HTTU 3 */
	{"idr0", 0x100, 0, NULL}, /* DORMHINT */
	{"idr0", 0, 0x400, "PRI needs ATS"},
	{"idr0", 0, 0x10400, "ATSRECERR needs ATS"},
	{"idr0", 0, 0x810400, NULL},
	{"idr0", 1u << 24, 0, NULL}, /* STALL_MODEL */
	{"idr0", 2u << 24, 0, NULL},
	{"idr0", 3u << 24, 0, "STALL_MODEL"},
	{"idr0", 1u << 26, 0, NULL}, /* TERM_MODEL */
	{"idr0", 2u << 27, 1u << 27, "ST_LEVEL"},
	{"idr0", 0, 3u << 27, "SIDSIZE"},
	{"idr1", UINT64_C(1) << 31, 0, "ECMDQ"},
	{"idr1", 1u << 30, 0, "PRESET"},
	{"idr1", 1u << 29, 0, "PRESET"},
	{"idr1", 1u << 28, 0, "REL"},
	{"idr1", UINT64_C(1) << 32, 0, "32 bits"},
	{"idr1", 32, 0x3f, NULL},
	{"idr1", 33, 0x3f, "SIDSIZE"},
	{"idr1", 20u << 6, 31u << 6, NULL},
	{"idr1", 21u << 6, 31u << 6, "SSIDSIZE"},
	{"idr1", 20u << 11, 31u << 11, "PRIQS"},
	{"idr1", 20u << 16, 31u << 16, "EVENTQS"},
	{"idr1", 20u << 21, 31u << 21, "CMDQS"},
	{"idr1", 0, 0x3fff800, NULL}, /* queues of one entry */
	{"idr3", 1, 0, "reserved"},
	{"idr3", 0x40, 0, "reserved"},
	{"idr3", 1u << 24, 0, "reserved"},
	{"idr3", 0x80, 0, "MPAM"},
	{"idr3", 0x8000, 0, "DPT"},
	{"idr3", 0x10000, 0, "PASIDTT"},
	{"idr3", 0x20000, 0, "3.4"},
	{"idr3", 0x800000, 0, "3.4"},
	{"idr3", 0x1800, 0, "BBML"},
	{"idr3", 0x1000, 0x1800, NULL},
	{"idr3", 0x4308, 0, NULL}, /* PBHA, FWB, STT, PTWNNC */
	{"idr5", 6, 7, "OAS"},
	{"idr5", 7, 7, "OAS"},
	{"idr5", 0, 7, NULL},
	{"idr5", 0, 0x70, "granule"},
	{"idr5", 0, 0x60, NULL},
	{"idr5", 8, 0, "reserved"},
	{"idr5", 0x200, 0, "reserved"},
	{"idr5", 0x1000, 0, "reserved"},
	{"idr5", 0x80, 0, "DS"},
	{"idr5", 0x100, 0, "D128"},
	{"idr5", 0x400, 0, NULL}, /* VAX */
	{"idr5", 0x400, 0x40, "VAX"},
	{"idr5", 0x800, 0, "VAX"},
	{"idr5", UINT64_C(0xffff0000), 0, NULL}, /* STALL_MAX */
	{"aidr", 0, UINT64_MAX, NULL},
	{"aidr", 3, 0, NULL},
	{"aidr", 4, UINT64_MAX, "aidr"},
	{"aidr", UINT64_C(1) << 32, 0, "aidr"},
};

static uint64_t *capability(struct ioasim_unit_config *config, const char *name)
{
	for (unsigned i = 0; ioasim_capability_name("smmuv3", i); i++)
		if (strcmp(ioasim_capability_name("smmuv3", i), name) == 0)
			return &config->capability[i];
	fail_msg("no capability %s", name);
	return NULL;
}

static void a_unit_that_cannot_be_is_refused_with_a_sentence(void **state)
{
	struct ioasim_memory *memory = ioasim_memory_create();

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < COUNT(units); i++) {
		const struct unit_case *c = &units[i];
		struct ioasim_unit_config config;
		struct ioasim_unit *unit = NULL;
		const char *why = NULL;
		uint64_t *value;
		int error;

		srig_config(&config);
		value = capability(&config, c->register_name);
		*value = (*value & ~c->clear) | c->set;
		error = ioasim_unit_create(&config, memory, &unit, &why);
		if (error != (c->why ? -EINVAL : 0))
			fail_msg("row %zu, %s %#llx: %d, %s", i, c->register_name,
				 (unsigned long long)*value, error, why ? why : "");
		if (c->why && (!why || !strstr(why, c->why)))
			fail_msg("row %zu: %s", i, why ? why : "no sentence");
		ioasim_unit_destroy(unit);
	}
	ioasim_memory_destroy(memory);
}

/* The defaults are a unit; AIDR is that of recorded ones. */
static void the_default_unit_announces_what_is_modelled(void **state)
{
	static const struct {
		uint32_t offset, value;
	} defaults[] = {
		{0x00, 0x08cf769b}, {0x04, 0x0e739d10}, {0x0c, 0x00007734},
		{0x14, 0x04000475}, {0x1c, 1},
	};
	struct ioasim_unit_config config;
	struct srig rig;

	(void)state;
	assert_int_equal(ioasim_unit_config_init(&config, "smmuv3"), 0);
	srig_open(&rig, &config);
	for (size_t i = 0; i < COUNT(defaults); i++)
		assert_int_equal(srig_read32(&rig, defaults[i].offset), defaults[i].value);
	srig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_register_takes_the_bits_that_its_section_names),
		cmocka_unit_test(an_access_is_aligned_and_of_four_or_eight_bytes),
		cmocka_unit_test(an_enable_bit_holds_what_it_guards),
		cmocka_unit_test(control_bits_are_acknowledged_at_once),
		cmocka_unit_test(index_bits_above_the_wrap_bit_are_zero),
		cmocka_unit_test(a_size_above_the_largest_counts_as_that),
		cmocka_unit_test(reset_brings_everything_back),
		cmocka_unit_test(gbpa_changes_by_update_only),
		cmocka_unit_test(a_unit_that_cannot_be_is_refused_with_a_sentence),
		cmocka_unit_test(the_default_unit_announces_what_is_modelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
