/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SMMUv3 commands reach: TLB entries (4.4), configuration (4.3), device TLBs (4.5.1).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NSNH_ALL  UINT64_C(0x30)
#define VMID(n)   ((uint64_t)(n) << 32)
#define ASID(n)   ((uint64_t)(n) << 48)
#define SID(n)    ((uint64_t)(n) << 32)
#define NUM(n)    ((uint64_t)(n) << 12)
#define SCALE(n)  ((uint64_t)(n) << 20)
#define TTL(n)    ((uint64_t)(n) << 8)
#define TG(n)     ((uint64_t)(n) << 10)
#define SSV(ssid) (BIT(11) | (uint64_t)(ssid) << 12)
#define RESP(n)   ((uint64_t)(n) << 12)

static void open_with(struct srig *rig, const char *name, uint64_t value)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	if (name)
		assert_int_equal(ioasim_unit_config_set(&config, name, value), 0);
	srig_open(rig, &config);
	srig_queues(rig);
}

/* ---- What TLBI commands reach ---------------------------------------------------------------------- */

#define TOP     UINT64_MAX
#define PAGE_VA UINT64_C(0x123456789000)

static const struct {
	const char *rule;
	uint64_t w0, w1;
	uint32_t domain, ignored; /* VMID << 16 | ASID, and bits of it that do not count */
	uint64_t first, last;
} reaches[] = {
	{"4.4.2.1 NH_ALL: a VMID", 0x10 | VMID(7) | ASID(9), 0, 7u << 16, 0xffff, 0, TOP},
	{"4.4.2.2 NH_ASID: VMID and ASID", 0x11 | VMID(7) | ASID(9), 0, 7u << 16 | 9, 0, 0, TOP},
	{"4.4.2.4 NH_VA: one page", 0x12 | VMID(7) | ASID(9), PAGE_VA, 7u << 16 | 9, 0, PAGE_VA,
	 PAGE_VA + 0xfff},
	{"4.4.2.3 NH_VAA: all ASIDs", 0x13 | VMID(7) | ASID(9), PAGE_VA, 7u << 16, 0xffff, PAGE_VA,
	 PAGE_VA + 0xfff},
	{"4.4.3.2 S12_VMALL: a VMID", 0x28 | VMID(7), 0, 7u << 16, 0xffff, 0, TOP},
	{"4.4.4.1 NSNH_ALL", 0x30, 0, 0, 0xffffffff, 0, TOP},
	{"4.4.2.7 EL2_ALL: neither VMID nor ASID", 0x20 | VMID(7) | ASID(9), 0, 0, 0xffff, 0, TOP},
	{"4.4.2.8 EL2_VA without E2H: no ASID", 0x22 | ASID(9), PAGE_VA, 0, 0xffff, PAGE_VA,
	 PAGE_VA + 0xfff},
	{"4.4.1.1 (NUM + 1) pages of 4KB", 0x12 | VMID(7) | ASID(9) | NUM(4), PAGE_VA | TG(1),
	 7u << 16 | 9, 0, PAGE_VA, PAGE_VA + 0x4fff},
	{"4.4.1.1 times 2^SCALE", 0x12 | VMID(7) | ASID(9) | NUM(31) | SCALE(10),
	 UINT64_C(0x40000000) | TG(1), 7u << 16 | 9, 0, 0x40000000,
	 0x40000000 + (UINT64_C(32) << 22) - 1},
	{"4.4.1.1 pages of 16KB", 0x13 | VMID(7) | NUM(2), UINT64_C(0x40000000) | TG(2), 7u << 16,
	 0xffff, 0x40000000, 0x4000bfff},
	{"4.4.1.1 pages of 64KB", 0x13 | VMID(7) | NUM(2), UINT64_C(0x40000000) | TG(3), 7u << 16,
	 0xffff, 0x40000000, 0x4002ffff},
	{"4.4.1.1 TTL without a range: one granule", 0x12 | VMID(7) | ASID(9),
	 UINT64_C(0x40000000) | TG(1) | TTL(3), 7u << 16 | 9, 0, 0x40000000, 0x40000fff},
	{"4.4.1.1 TG 0: no range", 0x12 | VMID(7) | ASID(9) | NUM(31) | SCALE(31), PAGE_VA,
	 7u << 16 | 9, 0, PAGE_VA, PAGE_VA + 0xfff},
	{"4.4.1.1 the largest range", 0x12 | VMID(7) | ASID(9) | NUM(31) | SCALE(31), TG(3),
	 7u << 16 | 9, 0, 0, (UINT64_C(1) << 52) - 1},
	{"4.4.1.1 no wrap at the top", 0x12 | VMID(7) | ASID(9) | NUM(31) | SCALE(31),
	 BITS(63, 48) | TG(3), 7u << 16 | 9, 0, BITS(63, 48), TOP},
	{"4.4.1 Leaf", 0x12 | VMID(7) | ASID(9), PAGE_VA | 1, 7u << 16 | 9, 0, PAGE_VA,
	 PAGE_VA + 0xfff},
};

static void a_tlbi_reaches_the_tags_and_addresses_that_it_names(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	for (size_t i = 0; i < COUNT(reaches); i++) {
		const struct ioasim_invalidation *reach = &rig.reach[0];

		srig_forget(&rig);
		srig_command(&rig, reaches[i].w0, reaches[i].w1);
		if (rig.reaches != 1 ||
		    ((reach->domain ^ reaches[i].domain) & ~reaches[i].ignored) ||
		    reach->domain_ignored != reaches[i].ignored ||
		    reach->first != reaches[i].first || reach->last != reaches[i].last ||
		    !reach->final_input || reach->all_domains != (reaches[i].ignored == UINT32_MAX))
			fail_msg("%s: %u reaches, %#x ignoring %#x, %#" PRIx64 " to %#" PRIx64,
				 reaches[i].rule, rig.reaches, reach->domain, reach->domain_ignored,
				 reach->first, reach->last);
	}
	srig_close(&rig);
}

/* 4.4.3.1: IPAs of a unit with stage 1 need not be what devices send; 51:12 count. */
static void s2_ipa_reaches_ipas(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_command(&rig, 0x2a | VMID(7), BITS(63, 52) | 0x45000);
	assert_int_equal(rig.reaches, 1);
	assert_int_equal(rig.reach[0].first, 0x45000);
	assert_int_equal(rig.reach[0].last, 0x45fff);
	assert_false(rig.reach[0].final_input);
	srig_close(&rig);
}

/* 6.3.9.1: VMW takes low bits of the VMID out of the comparison. */
static void vmid_wildcards_widen_the_reach(void **state)
{
	static const uint32_t ignored[8] = {0, 1, 3, 7, 15, 0, 0, 0};

	(void)state;
	for (uint32_t vmw = 0; vmw < 8; vmw++) {
		struct srig rig;

		open_with(&rig, "idr0", SRIG_IDR0 | 0x20000);
		srig_cr0(&rig, vmw << 6, 0);
		srig_command(&rig, 0x11 | VMID(0x35) | ASID(9), 0);
		assert_int_equal(rig.reach[0].domain_ignored, ignored[vmw] << 16);
		srig_close(&rig);
	}
}

/* What is left of TLB entries under two ASIDs, and of a global one. */
static void by_asid_spares_global_entries_and_by_address_does_not(void **state)
{
	static const struct {
		uint64_t w0, w1;
		bool plain_goes, global_goes;
	} cases[] = {
		{0x11 | VMID(STAB_VMID) | ASID(STAB_ASID), 0, true, false},
		{0x11 | VMID(STAB_VMID) | ASID(1), 0, false, false},
		{0x12 | VMID(STAB_VMID) | ASID(STAB_ASID), STAB_IOVA, true, true},
		{0x12 | VMID(STAB_VMID) | ASID(1), STAB_IOVA, false, true},
		{0x12 | VMID(STAB_VMID) | ASID(STAB_ASID), STAB_IOVA + 0x1000, false, false},
		{0x12 | VMID(STAB_VMID) | ASID(STAB_ASID), STAB_IOVA | TG(1) | TTL(3), true, true},
		{0x12 | VMID(STAB_VMID) | ASID(STAB_ASID), STAB_IOVA | TG(1) | TTL(2), false,
		 false},
		{0x12 | VMID(STAB_VMID) | ASID(STAB_ASID), STAB_IOVA | TG(3) | TTL(3), false,
		 false},
		{0x13 | VMID(STAB_VMID), STAB_IOVA, true, true},
		{0x10 | VMID(STAB_VMID), 0, true, true},
		{0x10 | VMID(STAB_VMID + 1), 0, false, false},
		{0x28 | VMID(STAB_VMID), 0, true, true},
		{0x30, 0, true, true},
		{0x20, 0, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases) * 2; i++) {
		bool global = i % 2;
		bool goes = global ? cases[i / 2].global_goes : cases[i / 2].plain_goes;
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		if (global)
			stab_change(&t, S1_LEVEL_0, S1_NG, 0);
		stab_start(&t);
		stab_read(&t, STAB_IOVA);
		assert_int_equal(ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_IOTLB), 1);
		srig_command(&t.rig, cases[i / 2].w0, cases[i / 2].w1);
		if (ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_IOTLB) != !goes)
			fail_msg("case %zu, %s entry: %s", i / 2, global ? "global" : "plain",
				 goes ? "stays" : "goes");
		stab_close(&t);
	}
}

/* 4.4.2.8: EL2 without E2H has no ASIDs, so that the one of EL2_VA does not count. */
static void el2_va_goes_by_asid_with_e2h_only(void **state)
{
	static const struct {
		uint32_t cr2;
		uint64_t w0, w1;
		bool goes;
	} cases[] = {
		{0, 0x22 | ASID(1), STAB_IOVA, true},
		{0, 0x22 | ASID(STAB_ASID), STAB_IOVA, true},
		{0, 0x22 | ASID(STAB_ASID), STAB_IOVA + 0x1000, false},
		{0, 0x23, STAB_IOVA, true},
		{0, 0x20, 0, true},
		{0, 0x10 | VMID(STAB_VMID), 0, false},
		{0, 0x30, 0, false},
		{CR2_E2H, 0x22 | ASID(1), STAB_IOVA, false},
		{CR2_E2H, 0x22 | ASID(STAB_ASID), STAB_IOVA, true},
		{CR2_E2H, 0x23, STAB_IOVA, true},
		{CR2_E2H, 0x21 | ASID(STAB_ASID), 0, true},
		{CR2_E2H, 0x21 | ASID(1), 0, false},
		{CR2_E2H, 0x20, 0, true},
		{CR2_E2H, 0x30, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		stab_change(&t, STE_1, 0, STE_STRW(2));
		srig_start(&t.rig, t.strtab, 8, CR2_RECINVSID | cases[i].cr2);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		srig_command(&t.rig, cases[i].w0, cases[i].w1);
		if (ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_IOTLB) != !cases[i].goes)
			fail_msg("case %zu: %s", i, cases[i].goes ? "stays" : "goes");
		stab_close(&t);
	}
}

/* ---- Configuration (4.3) ------------------------------------------------------------------------------ */

#define STREAMS 8u

static void cfgi_removes_the_streams_of_its_range(void **state)
{
	static const struct {
		uint64_t w0, w1;
		unsigned left; /* bit n: stream n */
	} cases[] = {
		{0x03 | SID(3), 0, 0xf7},
		{0x03 | SID(3), 1, 0xf7},
		{0x03 | SID(9), 1, 0xff},
		{0x04 | SID(3), 0, 0xf3}, /* 2^1, aligned */
		{0x04 | SID(6), 1, 0x0f},
		{0x04 | SID(6), 2, 0x00},
		{0x04 | SID(0xffffffff), 31, 0x00}, /* CFGI_ALL */
		{0x04 | SID(0xffffffff), 2, 0xff},
		{0x05 | SID(3), 0, 0xff}, /* CDs, of which there are none */
		{0x06 | SID(3), 0, 0xff},
		{0x30, 0, 0xff},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static const uint64_t bypass[4] = {STE_BYPASS, 0, 0, 0};
		struct stab t;

		stab_open(&t, true);
		for (uint32_t sid = 0; sid < STREAMS; sid++)
			stab_ste(&t, sid, bypass);
		stab_start(&t);
		for (uint32_t sid = 0; sid < STREAMS; sid++) {
			struct ioasim_request request = stab_request(0x1000, IOASIM_READ);

			request.requester_id = sid;
			stab_ask(&t, &request);
		}
		assert_int_equal(ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_DEVICE), STREAMS);
		srig_command(&t.rig, cases[i].w0, cases[i].w1);
		if (ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_DEVICE) !=
		    (unsigned)__builtin_popcount(cases[i].left))
			fail_msg("case %zu leaves %u", i,
				 ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_DEVICE));
		/* Which ones: those that are read anew cost a reference. */
		for (uint32_t sid = 0; sid < STREAMS; sid++) {
			struct ioasim_request request = stab_request(0x1000, IOASIM_READ);
			struct ioasim_response r;

			request.requester_id = sid;
			r = stab_ask(&t, &request);
			if (stab_refs(&r.cost, IOASIM_REF_DEVICE_TABLE) ==
			    (cases[i].left >> sid & 1))
				fail_msg("case %zu, stream %u", i, sid);
		}
		stab_close(&t);
	}
}

static void cfgi_cd_removes_cds_and_cfgi_ste_those_behind_it(void **state)
{
	static const struct {
		uint64_t w0, w1;
		bool cd_goes, ste_goes;
	} cases[] = {
		{0x05 | SID(STAB_SID), 1, true, false},
		{0x05 | SID(STAB_SID), 0, true, false},
		{0x05 | SID(STAB_SID) | UINT64_C(1) << 12, 1, false, false},
		{0x05 | SID(STAB_SID + 1), 0, false, false},
		{0x06 | SID(STAB_SID), 0, true, false},
		{0x06 | SID(STAB_SID + 1), 0, false, false},
		{0x03 | SID(STAB_SID), 1, true, true},
		{0x04, 31, true, true},
		{0x30, 0, false, false},
		{0x01 | SID(STAB_SID), 0, false, false},
		{0x02 | SID(STAB_SID), STAB_IOVA, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		stab_start(&t);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		srig_command(&t.rig, cases[i].w0, cases[i].w1);
		if (ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_PASID) != !cases[i].cd_goes ||
		    ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_DEVICE) != !cases[i].ste_goes)
			fail_msg("case %zu: %u STEs, %u CDs", i,
				 ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_DEVICE),
				 ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_PASID));
		stab_close(&t);
	}
}

/* ---- ATC invalidation (4.5.1) -------------------------------------------------------------------------- */

static const struct {
	uint64_t w0, w1;
	bool has_pasid, global;
	uint64_t first, last;
} atcs[] = {
	{0x40 | SID(5), PAGE_VA, false, false, PAGE_VA, PAGE_VA + 0xfff},
	{0x40 | SID(5), PAGE_VA | 4, false, false, UINT64_C(0x123456780000),
	 UINT64_C(0x12345678ffff)},
	{0x40 | SID(5), PAGE_VA | 52, false, false, 0, UINT64_MAX},
	{0x40 | SID(5), BITS(63, 12) | 51, false, false, BIT(63), UINT64_MAX},
	{0x40 | SID(5) | SSV(0x123), PAGE_VA, true, false, PAGE_VA, PAGE_VA + 0xfff},
	{0x40 | SID(5) | SSV(0x123) | BIT(9), PAGE_VA, true, true, PAGE_VA, PAGE_VA + 0xfff},
	/* Global counts only with a PASID. */
	{0x40 | SID(5) | BIT(9), PAGE_VA, false, false, PAGE_VA, PAGE_VA + 0xfff},
};

static void atc_inv_is_handed_to_the_device(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	/* 6.3.9.6: ignored while SMMUEN is 0. */
	srig_command(&rig, atcs[0].w0, atcs[0].w1);
	assert_int_equal(rig.commands, 1);
	assert_int_equal(rig.atcs, 0);
	srig_start(&rig, 0x200000, 8, 0);
	for (size_t i = 0; i < COUNT(atcs); i++) {
		const struct ioasim_atc_invalidation *atc = &rig.atc[0];

		srig_forget(&rig);
		srig_command(&rig, atcs[i].w0, atcs[i].w1);
		assert_int_equal(rig.atcs, 1);
		if (atc->requester_id != 5 || atc->has_pasid != atcs[i].has_pasid ||
		    atc->pasid != (atcs[i].has_pasid ? 0x123 : 0) ||
		    atc->global != atcs[i].global || atc->first != atcs[i].first ||
		    atc->last != atcs[i].last)
			fail_msg("row %zu: %#" PRIx64 " to %#" PRIx64, i, (uint64_t)atc->first,
				 (uint64_t)atc->last);
	}
	srig_close(&rig);
}

/* 4.5.1: SSV on a unit without PASIDs behaves as 0. */
static void a_unit_without_pasids_sends_none(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, "idr1", SRIG_IDR1 & ~0x7c0u);
	srig_start(&rig, 0x200000, 8, 0);
	srig_command(&rig, 0x40 | SID(5) | SSV(0x123) | BIT(9), 0);
	assert_false(rig.atc[0].has_pasid);
	assert_int_equal(rig.atc[0].pasid, 0);
	assert_false(rig.atc[0].global);
	srig_command(&rig, 0x41 | SID(5) | SSV(0x123), RESP(2) | 7);
	assert_int_equal(rig.responses, 1);
	assert_false(rig.response[0].has_pasid);
	srig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tlbi_reaches_the_tags_and_addresses_that_it_names),
		cmocka_unit_test(s2_ipa_reaches_ipas),
		cmocka_unit_test(vmid_wildcards_widen_the_reach),
		cmocka_unit_test(by_asid_spares_global_entries_and_by_address_does_not),
		cmocka_unit_test(el2_va_goes_by_asid_with_e2h_only),
		cmocka_unit_test(cfgi_removes_the_streams_of_its_range),
		cmocka_unit_test(cfgi_cd_removes_cds_and_cfgi_ste_those_behind_it),
		cmocka_unit_test(atc_inv_is_handed_to_the_device),
		cmocka_unit_test(a_unit_without_pasids_sends_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
