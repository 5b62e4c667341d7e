/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-Vi registers (48882, 3.2 to 3.4): what can be written, run bits, capabilities. */
#include "amdvi_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONES  UINT64_C(0xffffffffffffffff)
#define FULL  AMD_FULL_EFR
#define FULL2 AMD_FULL_EFR2
#define BARE  UINT64_C(0x800) /* HATS alone */

/* ---- What software can write --------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t efr, efr2;
	uint32_t offset;
	unsigned size;
	uint64_t write, read;
} accesses[] = {
	{"Device Table Base: 51:12, 8:0", FULL, 0, 0x00, 8, ONES, 0xffffffffff1ff},
	{"Device Table Base, lower half alone", FULL, 0, 0x00, 4, ONES, 0xfffff1ff},
	{"Device Table Base, upper half alone", FULL, 0, 0x04, 4, ONES, 0xfffff},
	{"Command Buffer Base: 59:56, 51:12", FULL, 0, 0x08, 8, ONES, 0xf0ffffffffff000},
	{"Event Log Base: 59:56, 51:12", FULL, 0, 0x10, 8, ONES, 0xf0ffffffffff000},
	{"Exclusion Base: 51:12, Allow, ExEn", FULL, 0, 0x20, 8, ONES, 0xffffffffff003},
	{"Exclusion Limit: 51:12", FULL, 0, 0x28, 8, ONES, 0xffffffffff000},
	{"Extended Feature is read-only", FULL, 0, 0x30, 8, 0, FULL},
	{"PPR Log Base: 59:56, 51:12", FULL, 0, 0x38, 8, ONES, 0xf0ffffffffff000},
	{"PPR Log Base without PPRSup", BARE, 0, 0x38, 8, ONES, 0},
	{"Hardware Event Upper is read-only", FULL, 0, 0x40, 8, ONES, 0},
	{"Hardware Event Lower is read-only", FULL, 0, 0x48, 8, ONES, 0},
	{"Hardware Event Status has no writable bit", FULL, 0, 0x50, 8, ONES, 0},
	{"the SMI filter does not exist", FULL, 0, 0x60, 8, ONES, 0},
	{"GA Log Base without GASup", BARE, 0, 0xe0, 8, ONES, 0},
	{"GA Log Base is kept", FULL | 0x80, 0, 0xe0, 8, ONES, 0xf0ffffffffff000},
	{"a second PPR log does not exist", FULL, 0, 0xf0, 8, ONES, 0},
	{"segment 1: 51:12, 7:0", FULL, 0, 0x100, 8, ONES, 0xffffffffff0ff},
	{"segment 7: 51:12, 7:0", FULL, 0, 0x130, 8, ONES, 0xffffffffff0ff},
	{"segment 4 of a unit with four", 0x8000000800, 0, 0x118, 8, ONES, 0},
	{"segment 3 of a unit with four", 0x8000000800, 0, 0x110, 8, ONES, 0xffffffffff0ff},
	{"segment 1 of a unit with two", 0x4000000800, 0, 0x100, 8, ONES, 0xffffffffff0ff},
	{"segment 2 of a unit with two", 0x4000000800, 0, 0x108, 8, ONES, 0},
	{"segment 1 of a unit with one", BARE, 0, 0x100, 8, ONES, 0},
	/* GVAsize 011b, PAsize 52, VAsize 64, both message numbers 0 */
	{"MSI Vector 0 copies Misc Information 0", FULL, 0, 0x150, 4, 0, 0x203460},
	{"MSI Capability Header: MsiEn", FULL, 0, 0x158, 4, ONES, 0x810005},
	{"MSI Capability Header without MsiCapMmioSup", BARE, 0, 0x158, 4, ONES, 0},
	{"MSI Address Low: 31:2", FULL, 0, 0x15c, 4, ONES, 0xfffffffc},
	{"MSI Address High", FULL, 0, 0x160, 4, ONES, 0xffffffff},
	{"MSI Data: 15:0", FULL, 0, 0x164, 4, ONES, 0xffff},
	{"MSI Mapping Capability is read-only", FULL, 0, 0x168, 4, 0, 0xa8030008},
	{"XT General: 63:56, 40, 39:32, 31:8, 2", FULL, 0, 0x170, 8, ONES, 0xff0001ffffffff04},
	{"XT PPR", FULL, 0, 0x178, 8, ONES, 0xff0001ffffffff04},
	{"XT GA Log", FULL, 0, 0x180, 8, ONES, 0xff0001ffffffff04},
	{"XT General without XTSup", BARE, 0, 0x170, 8, ONES, 0},
	{"Extended Feature 2 is read-only", FULL, FULL2, 0x1a0, 8, 0, FULL2},
	{"Command Buffer Head: 18:4", FULL, 0, 0x2000, 8, ONES, 0x7fff0},
	{"Command Buffer Tail: 18:4", FULL, 0, 0x2008, 8, ONES, 0x7fff0},
	{"Event Log Head: 18:4", FULL, 0, 0x2010, 8, ONES, 0x7fff0},
	{"Event Log Tail: 18:4", FULL, 0, 0x2018, 8, ONES, 0x7fff0},
	{"Status has no writable bit", FULL, 0, 0x2020, 8, ONES, 0},
	{"PPR Log Head: 18:4", FULL, 0, 0x2030, 8, ONES, 0x7fff0},
	{"PPR Log Tail: 18:4", FULL, 0, 0x2038, 8, ONES, 0x7fff0},
	{"PPR Log Head without PPRSup", BARE, 0, 0x2030, 8, ONES, 0},
	{"PPR Log Auto Response: 4:0", FULL, 0, 0x2080, 8, ONES, 0x1f},
	{"PPR Log Auto Response without PprAutoRspSup", BARE, 0, 0x2080, 8, ONES, 0},
	{"the early warning does not exist", FULL, 0, 0x2088, 8, ONES, 0},
	{"a hole between registers", FULL, 0, 0x1a8, 8, ONES, 0},
	{"behind the last register", FULL, 0, 0x3ff8, 8, ONES, 0},
	{"behind the register space", FULL, 0, 0x4000, 8, ONES, 0},
	{"far behind the register space", FULL, 0, 0xfffffff8, 8, ONES, 0},
	/* Bits 1..12, CRW 21:18, SlfWBDis 23, PrivAbrtEn 38:37, DomainIDPNE 43 and
	 * IRTCacheDis 59 stand on every unit; IommuEn is left out, so that nothing runs. */
	{"Control of a bare unit", BARE, 0, 0x18, 8, ~UINT64_C(1), 0x800086000bc1ffe},
	/* And PPR 15:13, GTEn 16, DevTblSegEn 36:34, automatic responses 39 and 42, EPHEn 45,
	 * HADUpdate 47:46, GDUpdateDis 48, XT 51:50, GAUpdateDis 54, GCR3TRPMode 58. */
	{"Control of a full unit", FULL, FULL2, 0x18, 8, ~UINT64_C(1), 0xc4decfc00bdfffe},
	/* And GAEn 17, GAMEn 27:25, GALogEn 28, GAIntEn 29, GAPPIEn 55. */
	{"Control with GASup", FULL | 0x80, FULL2, 0x18, 8, ~UINT64_C(1), 0xccdecfc3ebffffe},
	{"Control without GCR3TRPMode", FULL, 0, 0x18, 8, UINT64_C(1) << 58, 0},
	{"BlkStopMrkEn with BlkStopMrkSup", FULL | UINT64_C(1) << 44, 0, 0x18, 8, UINT64_C(1) << 41,
	 UINT64_C(1) << 41},
};

static void a_register_takes_the_bits_that_its_section_names(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		uint64_t value = 0;

		amd_open(&rig, accesses[i].efr, accesses[i].efr2);
		assert_int_equal(ioasim_mmio_write(rig.unit, accesses[i].offset, accesses[i].size,
						   accesses[i].write),
				 0);
		assert_int_equal(ioasim_mmio_read(rig.unit, accesses[i].offset, accesses[i].size,
						  &value),
				 0);
		if (value != accesses[i].read)
			fail_msg("%s: reads %llx", accesses[i].rule, (unsigned long long)value);
		amd_close(&rig);
	}
}

static void an_access_is_aligned_and_of_four_or_eight_bytes(void **state)
{
	struct amd_rig rig;
	uint64_t value;

	(void)state;
	amd_open(&rig, FULL, FULL2);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x2c, 8, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x32, 4, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_read(rig.unit, 0x30, 2, &value), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x1c, 8, 0), -EINVAL);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x18, 1, 0), -EINVAL);
	amd_close(&rig);
}

static void reset_brings_back_what_a_cold_start_has(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, FULL2);
	amd_start(&rig, AMD_ON);
	amd_submit(&rig, 0, 0); /* no opcode: an event, and the command buffer stops */
	assert_int_equal(amd_read64(&rig, 0x2020), 0xa);
	ioasim_unit_reset(rig.unit);
	for (uint32_t offset = 0; offset < 0x4000; offset += 8)
		switch (offset) {
		case 0x30:
			assert_int_equal(amd_read64(&rig, offset), FULL);
			break;
		case 0x1a0:
			assert_int_equal(amd_read64(&rig, offset), FULL2);
			break;
		case 0x150:
			assert_int_equal(amd_read64(&rig, offset), 0x203460);
			break;
		case 0x158:
			assert_int_equal(amd_read64(&rig, offset), 0x800005);
			break;
		case 0x168:
			assert_int_equal(amd_read64(&rig, offset), 0xa8030008);
			break;
		default:
			assert_int_equal(amd_read64(&rig, offset), 0);
		}
	/* The stop of before is forgotten. */
	amd_start(&rig, AMD_ON);
	assert_int_equal(amd_read64(&rig, 0x2020), 0x18);
	amd_close(&rig);
}

/* ---- Rings (3.3) ------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t base, head, tail;
	unsigned enable, run; /* bits of Control and Status */
} rings[] = {
	{"command buffer", 0x08, 0x2000, 0x2008, 12, 4},
	{"event log", 0x10, 0x2010, 0x2018, 2, 3},
	{"PPR log", 0x38, 0x2030, 0x2038, 13, 7},
};

#define EACH_RING(i) for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
#define LEN(n)       ((uint64_t)(n) << 56)

static void a_base_write_zeroes_head_and_tail(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_RING(i)
	{
		amd_open(&rig, FULL, FULL2);
		for (unsigned half = 0; half < 3; half++) {
			amd_write64(&rig, rings[i].head, 0x40);
			amd_write64(&rig, rings[i].tail, 0x80);
			if (half == 2)
				amd_write64(&rig, rings[i].base, 0x100000 | LEN(8));
			else
				amd_write32(&rig, rings[i].base + 4 * half, 0);
			if (amd_read64(&rig, rings[i].head) || amd_read64(&rig, rings[i].tail))
				fail_msg("%s, write %u", rings[i].name, half);
		}
		/* Other rings keep theirs. */
		EACH_RING(k)
		{
			amd_write64(&rig, rings[k].tail, 0x80);
		}
		amd_write64(&rig, rings[i].base, 0x100000 | LEN(8));
		EACH_RING(k)
		{
			assert_int_equal(amd_read64(&rig, rings[k].tail), k == i ? 0 : 0x80);
		}
		amd_close(&rig);
	}
}

/* One ring's run bit with these lengths and bits of Control. */
static uint64_t run_bit(size_t i, unsigned length, bool unit_on, bool ring_on)
{
	struct amd_rig rig;
	uint64_t run;

	amd_open(&rig, FULL, FULL2);
	amd_write64(&rig, rings[i].base, 0x100000 | LEN(length));
	amd_write64(&rig, 0x18, (uint64_t)ring_on << rings[i].enable | unit_on);
	run = amd_read64(&rig, 0x2020);
	amd_close(&rig);
	return run;
}

static void a_ring_runs_with_its_enable_and_iommu_en_and_a_legal_length(void **state)
{
	(void)state;
	EACH_RING(i)
	{
		uint64_t run = UINT64_C(1) << rings[i].run;

		assert_int_equal(run_bit(i, 8, true, true), run);
		assert_int_equal(run_bit(i, 15, true, true), run);
		assert_int_equal(run_bit(i, 7, true, true), 0);
		assert_int_equal(run_bit(i, 0, true, true), 0);
		assert_int_equal(run_bit(i, 8, false, true), 0);
		assert_int_equal(run_bit(i, 8, true, false), 0);
	}
}

static void run_bits_follow_iommu_en_and_a_length_that_becomes_legal(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, FULL2);
	amd_start(&rig, AMD_ON | AMD_PPR_ON);
	assert_int_equal(amd_read64(&rig, 0x2020), 0x98);
	amd_write64(&rig, 0x18, (AMD_ON | AMD_PPR_ON) & ~UINT64_C(1));
	assert_int_equal(amd_read64(&rig, 0x2020), 0);
	amd_write64(&rig, 0x18, AMD_ON | AMD_PPR_ON);
	assert_int_equal(amd_read64(&rig, 0x2020), 0x98);
	amd_write64(&rig, 0x10, AMD_EVENTS | LEN(7));
	assert_int_equal(amd_read64(&rig, 0x2020), 0x90);
	amd_write64(&rig, 0x10, AMD_EVENTS | LEN(8));
	assert_int_equal(amd_read64(&rig, 0x2020), 0x98);
	amd_close(&rig);
}

static void control_by_halves_does_what_the_whole_does(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, FULL2);
	amd_start(&rig, 0);
	amd_write32(&rig, 0x18, 0x1b005);
	amd_write32(&rig, 0x1c, 0x2000);
	assert_int_equal(amd_read64(&rig, 0x18), 0x20000001b005);
	assert_int_equal(amd_read64(&rig, 0x2020), 0x98);
	amd_close(&rig);
}

/* Status bits that stand fall one by one, and only where a 1 is written. */
static void status_is_cleared_by_ones(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, FULL2);
	amd_start(&rig, AMD_ON);
	amd_submit(&rig, 0x1000000000000002, 0); /* COMPLETION_WAIT, I */
	amd_submit(&rig, 0, 0); /* illegal: EventLogInt */
	assert_int_equal(amd_read64(&rig, 0x2020), 0xe);
	amd_write64(&rig, 0x2020, 0);
	assert_int_equal(amd_read64(&rig, 0x2020), 0xe);
	amd_write32(&rig, 0x2020, 0x2);
	assert_int_equal(amd_read64(&rig, 0x2020), 0xc);
	amd_write64(&rig, 0x2020, ONES);
	assert_int_equal(amd_read64(&rig, 0x2020), 0x8);
	amd_close(&rig);
}

/* ---- Capabilities (3.2, 3.4) -------------------------------------------------------- */

static const struct {
	const char *name;
	uint64_t value;
	const char *says; /* what the sentence has to name */
} refusals[] = {
	{"efr", 0x20, "reserved"},
	{"efr", UINT64_C(1) << 26, "reserved"},
	{"efr", UINT64_C(1) << 30, "reserved"},
	{"efr", UINT64_C(1) << 9, "PCSup"},
	{"efr", UINT64_C(1) << 16, "SmiFSup"},
	{"efr", UINT64_C(1) << 20, "SmiFRC"},
	{"efr", UINT64_C(1) << 24, "DualPprLogSup"},
	{"efr", UINT64_C(1) << 29, "DualEventLogSup"},
	{"efr", UINT64_C(1) << 31, "SATSSup"},
	{"efr", UINT64_C(1) << 40, "PprOvrflwEarlySup"},
	{"efr", UINT64_C(1) << 43, "MarcSup"},
	{"efr", UINT64_C(1) << 53, "V2HDDisSup"},
	{"efr", UINT64_C(1) << 55, "vIOMMU"},
	{"efr", UINT64_C(1) << 56, "VmGuardIOSup"},
	{"efr", UINT64_C(1) << 60, "VmTableSize"},
	{"efr", UINT64_C(1) << 63, "SNPSup"},
	{"efr", 0x3000, "GATS"},
	{"efr", 0xc000, "GLXSup"},
	{"efr", UINT64_C(20) << 32, "PASmax"},
	{"efr2", 0x1, "reserved"},
	{"efr2", 0x2, "SEVSNPIOSup"},
	{"efr2", 0x4, "TMPMSup"},
	{"efr2", 0x80, "SNPAVICSup"},
	{"efr2", 0x400, "reserved"},
	{"efr2", UINT64_C(1) << 63, "reserved"},
	{"iotlb", 2, "iotlb"},
	{"npcache", 2, "npcache"},
	{"pa_bits", 31, "pa_bits"},
	{"pa_bits", 53, "pa_bits"},
};

static void what_is_not_modelled_is_refused_with_a_sentence(void **state)
{
	struct ioasim_memory *memory = ioasim_memory_create();

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct ioasim_unit_config config;
		struct ioasim_unit *unit = NULL;
		const char *why = NULL;

		amd_config(&config, BARE, 0);
		assert_int_equal(
			ioasim_unit_config_set(&config, refusals[i].name, refusals[i].value), 0);
		assert_int_equal(ioasim_unit_create(&config, memory, &unit, &why), -EINVAL);
		if (!why || !strstr(why, refusals[i].says))
			fail_msg("%s %llx: %s", refusals[i].name,
				 (unsigned long long)refusals[i].value, why ? why : "no sentence");
	}
	ioasim_memory_destroy(memory);
}

/* Those of the recorded machines, of the vectors, and of announcements that mean
 * nothing to memory accesses. */
static const struct {
	uint64_t efr, efr2;
} units[] = {
	{0x29d3, 0},
	{0x201700f30000995b, 8},
	{0x201742f3000099df, 0},
	{0x201700ef0000995b, 0},
	{0, 0},
	{UINT64_C(1) << 45 | UINT64_C(1) << 47 | UINT64_C(1) << 51 | UINT64_C(1) << 62, 0},
	{0x800080, 0x310 | 1 << 11},
	{UINT64_C(1) << 54, 0},
};

static void units_that_exist_can_be_made(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		amd_open(&rig, units[i].efr, units[i].efr2);
		assert_int_equal(amd_read64(&rig, 0x30), units[i].efr);
		assert_int_equal(amd_read64(&rig, 0x1a0), units[i].efr2);
		amd_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_register_takes_the_bits_that_its_section_names),
		cmocka_unit_test(an_access_is_aligned_and_of_four_or_eight_bytes),
		cmocka_unit_test(reset_brings_back_what_a_cold_start_has),
		cmocka_unit_test(a_base_write_zeroes_head_and_tail),
		cmocka_unit_test(a_ring_runs_with_its_enable_and_iommu_en_and_a_legal_length),
		cmocka_unit_test(run_bits_follow_iommu_en_and_a_length_that_becomes_legal),
		cmocka_unit_test(control_by_halves_does_what_the_whole_does),
		cmocka_unit_test(status_is_cleared_by_ones),
		cmocka_unit_test(what_is_not_modelled_is_refused_with_a_sentence),
		cmocka_unit_test(units_that_exist_can_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
