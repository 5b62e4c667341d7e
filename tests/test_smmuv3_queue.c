/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue of SMMUv3: the ring (3.5, 7.1), what is illegal (4.1.3), what each
 * command reaches (4.3 to 4.5) and how CMD_SYNC completes (4.7.3).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CMDQ_BASE 0x90u
#define CMDQ_PROD 0x98u
#define CMDQ_CONS 0x9cu
#define GERROR    0x60u
#define GERRORN   0x64u

#define ILL 1u
#define ABT 2u

#define SYNC      UINT64_C(0x46)
#define NSNH_ALL  UINT64_C(0x30)
#define VMID(n)   ((uint64_t)(n) << 32)
#define ASID(n)   ((uint64_t)(n) << 48)
#define SID(n)    ((uint64_t)(n) << 32)
#define NUM(n)    ((uint64_t)(n) << 12)
#define SCALE(n)  ((uint64_t)(n) << 20)
#define TTL(n)    ((uint64_t)(n) << 8)
#define TG(n)     ((uint64_t)(n) << 10)
#define SSEC      BIT(10)
#define SSV(ssid) (BIT(11) | (uint64_t)(ssid) << 12)
#define RESP(n)   ((uint64_t)(n) << 12)
#define CS(n)     ((uint64_t)(n) << 12)

static void open_with(struct srig *rig, const char *name, uint64_t value)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	if (name)
		assert_int_equal(ioasim_unit_config_set(&config, name, value), 0);
	srig_open(rig, &config);
	srig_queues(rig);
}

/* Puts commands into the ring without telling the unit. */
static void put(struct srig *rig, unsigned index, uint64_t w0, uint64_t w1)
{
	srig_poke(rig, SRIG_CMDQ + index % 256 * 16, w0);
	srig_poke(rig, SRIG_CMDQ + index % 256 * 16 + 8, w1);
}

static unsigned error_of(struct srig *rig)
{
	return srig_read32(rig, CMDQ_CONS) >> 24;
}

static bool stopped(struct srig *rig)
{
	return (srig_read32(rig, GERROR) ^ srig_read32(rig, GERRORN)) & 1;
}

/* ---- The ring ----------------------------------------------------------------------------------- */

static void runs_to_the_producer_and_turns_the_wrap_bit(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	/* Three turns of 2^2 entries, one to four commands at once. */
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, SRIG_CMDQ | 2);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	for (unsigned done = 0, batch = 1; done < 24; done += batch, batch = batch % 4 + 1) {
		for (unsigned i = done; i < done + batch; i++) {
			srig_poke(&rig, SRIG_CMDQ + i % 4 * 16, SYNC | (uint64_t)i << 32);
			srig_poke(&rig, SRIG_CMDQ + i % 4 * 16 + 8, 0);
		}
		srig_forget(&rig);
		srig_write32(&rig, CMDQ_PROD, (done + batch) % 8);
		assert_int_equal(srig_read32(&rig, CMDQ_CONS), (done + batch) % 8);
		assert_int_equal(rig.commands, batch);
		for (unsigned i = 0; i < batch; i++)
			assert_int_equal(rig.command[i][0] >> 32, done + i);
	}
	srig_close(&rig);
}

/* 6.3.26: one entry, whose only index bit is the wrap bit, aligned to 32 bytes. */
static void a_ring_may_have_one_entry(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, SRIG_CMDQ | 0);
	srig_poke(&rig, SRIG_CMDQ, SYNC);
	srig_poke(&rig, SRIG_CMDQ + 16, 0xff);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	for (uint32_t i = 1; i < 6; i++) {
		srig_write32(&rig, CMDQ_PROD, i % 2);
		assert_int_equal(srig_read32(&rig, CMDQ_CONS), i % 2);
		assert_int_equal(rig.commands, i);
	}
	srig_close(&rig);
}

/* 6.3.26: bits of ADDR below the size of the ring do not count. */
static void the_base_is_aligned_to_the_size(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, (SRIG_CMDQ + 0xfe0) | 8);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	srig_command(&rig, SYNC, 0);
	assert_int_equal(rig.commands, 1);
	srig_close(&rig);
}

static void nothing_runs_while_the_queue_is_disabled(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_int_equal(rig.commands, 0);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), 0);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	assert_int_equal(rig.commands, 2);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), 2);
	srig_close(&rig);
}

/* 7.1: RD stays at the command, later ones have no effect, GERRORN restarts. */
static void an_error_stops_the_queue_until_it_is_acknowledged(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, 0xff, 0);
	put(&rig, 2, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 3);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ILL << 24 | 1);
	assert_int_equal(srig_read32(&rig, GERROR), 1);
	assert_int_equal(rig.commands, 1);
	/* Neither more commands nor the enable bit restart it. */
	put(&rig, 3, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 4);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	assert_int_equal(rig.commands, 1);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS) & 0xfffff, 1);
	/* Nor does its repair. */
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 4);
	assert_int_equal(rig.commands, 1);
	put(&rig, 1, 0xff, 0);
	/* Acknowledged without repair: fetched again, and in error again. */
	srig_write32(&rig, GERRORN, 1);
	assert_int_equal(srig_read32(&rig, GERROR), 0);
	assert_true(stopped(&rig));
	assert_int_equal(rig.commands, 1);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, GERRORN, 0);
	assert_false(stopped(&rig));
	assert_int_equal(rig.commands, 4);
	/* ERR means nothing then; it stays. */
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ILL << 24 | 4);
	srig_close(&rig);
}

/* 7.1: PROD may go back to CONS while the error is active. */
static void commands_can_be_taken_back_after_an_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, 0xff, 0);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_true(stopped(&rig));
	srig_write32(&rig, CMDQ_PROD, 0);
	srig_write32(&rig, GERRORN, 1);
	assert_false(stopped(&rig));
	assert_int_equal(rig.commands, 0);
	put(&rig, 0, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 1);
	assert_int_equal(rig.commands, 1);
	srig_close(&rig);
}

static void an_abort_on_the_fetch_is_an_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, SYNC, 0);
	assert_int_equal(ioasim_memory_abort(rig.memory, SRIG_CMDQ + 24, SRIG_CMDQ + 24), 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ABT << 24 | 1);
	assert_true(stopped(&rig));
	assert_int_equal(rig.commands, 1);
	ioasim_memory_clear_aborts(rig.memory);
	srig_write32(&rig, GERRORN, 1);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS) & 0xfffff, 2);
	assert_int_equal(rig.commands, 2);
	srig_close(&rig);
}

/* ---- What is illegal ---------------------------------------------------------------------------- */

/* Units that lack something: bits of IDR0 or IDR3 that are cleared and set. */
enum kind { FULL, NO_S1, NO_S2, NO_HYP, NO_ATS, NO_PRI, NO_STALL, NO_RIL, KINDS };

static void config_of(enum kind kind, struct ioasim_unit_config *config)
{
	static const struct {
		uint32_t idr0_clear, idr0_set, idr3_clear;
	} changes[KINDS] = {
		[NO_S1] = {0x202, 0, 0},    [NO_S2] = {0x201, 0, 0},
		[NO_HYP] = {0x200, 0, 0},   [NO_ATS] = {0x810400, 0, 0},
		[NO_PRI] = {0x10000, 0, 0}, [NO_STALL] = {0, 0x1000000, 0},
		[NO_RIL] = {0, 0, 0x400},
	};

	srig_config(config);
	ioasim_unit_config_set(config, "idr0",
			       (SRIG_IDR0 & ~changes[kind].idr0_clear) | changes[kind].idr0_set);
	ioasim_unit_config_set(config, "idr3", SRIG_IDR3 & ~changes[kind].idr3_clear);
}

static const struct {
	enum kind kind;
	uint64_t w0, w1;
	bool legal;
} legality[] = {
	/* 4.1.3: opcodes that this queue has not */
	{FULL, 0x00, 0, false},
	{FULL, 0x07, 0, false}, /* CFGI_VMS_PIDM without MPAM */
	{FULL, 0x08, 0, false},
	{FULL, 0x0f, 0, false},
	{FULL, 0x14, 0, false},
	{FULL, 0x18, 0, false}, /* EL3 */
	{FULL, 0x1a, 0, false},
	{FULL, 0x24, 0, false},
	{FULL, 0x29, 0, false},
	{FULL, 0x31, 0, false},
	{FULL, 0x42, 0, false},
	{FULL, 0x47, 0, false},
	{FULL, 0x50, 0, false}, /* secure */
	{FULL, 0x60, 0, false},
	{FULL, 0x70, 0, false}, /* DPT */
	{FULL, 0x73, 0, false},
	{FULL, 0x80, 0, false}, /* of implementations */
	{FULL, 0xff, 0, false},
	/* The others, with nothing but the opcode */
	{FULL, 0x01, 0, true},
	{FULL, 0x02, 0, true},
	{FULL, 0x03, 0, true},
	{FULL, 0x04, 0, true},
	{FULL, 0x05, 0, true},
	{FULL, 0x06, 0, true},
	{FULL, 0x10, 0, true},
	{FULL, 0x11, 0, true},
	{FULL, 0x12, 0, true},
	{FULL, 0x13, 0, true},
	{FULL, 0x20, 0, true},
	{FULL, 0x21, 0, true},
	{FULL, 0x22, 0, true},
	{FULL, 0x23, 0, true},
	{FULL, 0x28, 0, true},
	{FULL, 0x2a, 0, true},
	{FULL, 0x30, 0, true},
	{FULL, 0x40, 0, true},
	{FULL, 0x41, 0, true},
	{FULL, 0x44, 0, true},
	{FULL, 0x45, 0, true},
	{FULL, 0x46, 0, true},
	/* 4.1.6: SSec where there is one */
	{FULL, 0x01 | SSEC, 0, false},
	{FULL, 0x02 | SSEC, 0, false},
	{FULL, 0x03 | SSEC, 0, false},
	{FULL, 0x04 | SSEC, 31, false},
	{FULL, 0x05 | SSEC, 0, false},
	{FULL, 0x06 | SSEC, 0, false},
	{FULL, 0x44 | SSEC, 0, false},
	{FULL, 0x45 | SSEC, 0, false},
	/* 4.3, 4.4: stages */
	{NO_S1, 0x05, 0, false},
	{NO_S1, 0x06, 0, false},
	{NO_S1, 0x10, 0, false},
	{NO_S1, 0x11, 0, false},
	{NO_S1, 0x12, 0, false},
	{NO_S1, 0x13, 0, false},
	{NO_S1, 0x20, 0, false},
	{NO_S1, 0x21, 0, false},
	{NO_S1, 0x22, 0, false},
	{NO_S1, 0x23, 0, false},
	{NO_S1, 0x28, 0, true},
	{NO_S1, 0x2a, 0, true},
	{NO_S1, 0x30, 0, true},
	{NO_S2, 0x10, 0, true},
	{NO_S2, 0x28, 0, false},
	{NO_S2, 0x2a, 0, false},
	{NO_S2, 0x30, 0, true},
	{NO_HYP, 0x20, 0, false},
	{NO_HYP, 0x21, 0, false},
	{NO_HYP, 0x22, 0, false},
	{NO_HYP, 0x23, 0, false},
	/* 4.5 to 4.7 */
	{NO_ATS, 0x40, 0, false},
	{NO_ATS, 0x41, 0, false},
	{NO_PRI, 0x40, 0, true},
	{NO_PRI, 0x41, 0, false},
	{FULL, 0x41, RESP(2), true},
	{FULL, 0x41, RESP(3), false},
	{FULL, 0x40, 52, true},
	{FULL, 0x40, 53, false},
	{NO_STALL, 0x44, 0, false},
	{NO_STALL, 0x45, 0, false},
	{FULL, SYNC | CS(1), 0, true},
	{FULL, SYNC | CS(2), 0, true},
	{FULL, SYNC | CS(3), 0, false},
	/* 4.4.1.1: TG without NUM, SCALE and TTL */
	{FULL, 0x12, TG(1), false},
	{FULL, 0x13, TG(2), false},
	{FULL, 0x22, TG(3), false},
	{FULL, 0x23, TG(1), false},
	{FULL, 0x2a, TG(1), false},
	{FULL, 0x12, TG(1) | TTL(1), true},
	{FULL, 0x12 | NUM(1), TG(1), true},
	{FULL, 0x12 | SCALE(1), TG(1), true},
	{FULL, 0x12, TG(2) | TTL(1), false}, /* level 1 of 16KB: as TTL 0 */
	{FULL, 0x12 | NUM(1), TG(2) | TTL(1), true},
	{FULL, 0x12, TTL(2), true}, /* TG 0: TTL is not looked at */
	{NO_RIL, 0x12, TG(1), true}, /* reserved fields are ignored */
	/* 4.1.5: reserved bits are ignored */
	{FULL, NSNH_ALL | BITS(63, 12), BITS(63, 0), true},
};

static void illegal_commands_are_told_and_legal_ones_are_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(legality); i++) {
		struct ioasim_unit_config config;
		struct srig rig;

		config_of(legality[i].kind, &config);
		srig_open(&rig, &config);
		srig_queues(&rig);
		put(&rig, 0, legality[i].w0, legality[i].w1);
		srig_write32(&rig, CMDQ_PROD, 1);
		if (legality[i].legal == stopped(&rig) ||
		    (stopped(&rig) && error_of(&rig) != ILL) || rig.commands != legality[i].legal)
			fail_msg("row %zu: %#" PRIx64 " %#" PRIx64 ": CONS %#x, %u commands", i,
				 legality[i].w0, legality[i].w1, srig_read32(&rig, CMDQ_CONS),
				 rig.commands);
		srig_close(&rig);
	}
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

/* ---- CMD_SYNC (4.7.3) -------------------------------------------------------------------------------------- */

#define MESSAGE UINT64_C(0x180000)

static void sync_sends_a_message_if_it_asks_for_one(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_command(&rig, SYNC | CS(0) | UINT64_C(0x11223344) << 32, MESSAGE);
	srig_command(&rig, SYNC | CS(2) | UINT64_C(0x11223344) << 32, MESSAGE);
	srig_command(&rig, SYNC | CS(1) | UINT64_C(0x11223344) << 32, 0);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0);
	/* IRQ_CTRL has no part in it; bits 1:0 and 63:52 are not of the address. */
	srig_command(&rig, SYNC | CS(1) | UINT64_C(0x11223344) << 32, MESSAGE | 3 | BITS(63, 52));
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, MESSAGE);
	assert_int_equal(rig.message[0].data, 0x11223344);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0x11223344);
	assert_int_equal(rig.stores, 1);
	assert_int_equal(rig.store[0].address, MESSAGE);
	assert_int_equal(rig.store[0].length, 4);
	assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 4);
	assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 1);
	srig_close(&rig);
}

/* Linux aims the message at the command itself. */
static void a_message_can_overwrite_its_own_command(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_command(&rig, SYNC | CS(1), SRIG_CMDQ);
	assert_int_equal(srig_peek(&rig, SRIG_CMDQ), 0);
	assert_false(stopped(&rig));
	srig_close(&rig);
}

static void without_msi_no_message_is_sent(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, "idr0", SRIG_IDR0 & ~0x2000u);
	srig_command(&rig, SYNC | CS(1) | UINT64_C(5) << 32, MESSAGE);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0);
	srig_close(&rig);
}

/* 7.5: MSI_CMDQ_ABT_ERR; the SYNC is consumed all the same. */
static void a_refused_message_is_a_global_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	assert_int_equal(ioasim_memory_abort(rig.memory, MESSAGE, MESSAGE + 3), 0);
	srig_command(&rig, SYNC | CS(1), MESSAGE);
	assert_int_equal(srig_read32(&rig, GERROR), 0x10);
	assert_int_equal(rig.messages, 0);
	/* The queue goes on, and sends again. */
	srig_command(&rig, SYNC | CS(1), MESSAGE + 8);
	assert_int_equal(rig.messages, 1);
	srig_close(&rig);
}

/* ---- Names and counts -------------------------------------------------------------------------------------- */

static const struct {
	uint64_t w0, w1;
	const char *name;
} commands[] = {
	{0x01, 0, "prefetch-config"}, {0x02, 0, "prefetch-addr"}, {0x03, 0, "cfgi-ste"},
	{0x04, 30, "cfgi-ste-range"}, {0x04, 31, "cfgi-all"},     {0x05, 0, "cfgi-cd"},
	{0x06, 0, "cfgi-cd-all"},     {0x10, 0, "tlbi-nh-all"},   {0x11, 0, "tlbi-nh-asid"},
	{0x12, 0, "tlbi-nh-va"},      {0x13, 0, "tlbi-nh-vaa"},   {0x20, 0, "tlbi-el2-all"},
	{0x21, 0, "tlbi-el2-asid"},   {0x22, 0, "tlbi-el2-va"},   {0x23, 0, "tlbi-el2-vaa"},
	{0x28, 0, "tlbi-s12-vmall"},  {0x2a, 0, "tlbi-s2-ipa"},   {0x30, 0, "tlbi-nsnh-all"},
	{0x40, 0, "atc-inv"},         {0x41, 0, "pri-resp"},      {0x44, 0, "resume"},
	{0x45, 0, "stall-term"},      {0x46, 0, "sync"},
};

static void each_command_is_counted_under_its_name(void **state)
{
	const struct ioasim_counters *c;
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	c = ioasim_unit_counters(rig.unit);
	for (size_t i = 0; i < COUNT(commands); i++) {
		ioasim_unit_counters_reset(rig.unit);
		srig_forget(&rig);
		srig_command(&rig, commands[i].w0, commands[i].w1);
		assert_int_equal(rig.commands, 1);
		assert_int_equal(rig.command[0][0], commands[i].w0);
		assert_int_equal(rig.command[0][1], commands[i].w1);
		assert_int_equal(c->command_fetches, 1);
		for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
			const char *name = ioasim_command_name("smmuv3", type);

			if (c->commands[type] != (name && strcmp(name, commands[i].name) == 0))
				fail_msg("%s counts as type %u, %s", commands[i].name, type,
					 name ? name : "no name");
		}
	}
	srig_close(&rig);
}

/* Any words: the queue goes on or stops with an error, and nothing else happens. */
static void random_commands_do_no_harm(void **state)
{
	uint64_t seed = stab_seed();
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_start(&t);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t w0 = stab_random(&seed), w1 = stab_random(&seed);
		uint32_t index = srig_read32(&t.rig, CMDQ_CONS) & 0x1ff;

		/* Mostly opcodes that exist. */
		if (i % 8)
			w0 = (w0 & ~UINT64_C(0xff)) | commands[i % COUNT(commands)].w0;
		put(&t.rig, index, w0, w1);
		srig_write32(&t.rig, CMDQ_PROD, (index + 1) & 0x1ff);
		if (stopped(&t.rig)) {
			assert_int_equal(error_of(&t.rig), ILL);
			put(&t.rig, index, SYNC, 0);
			srig_write32(&t.rig, GERRORN, srig_read32(&t.rig, GERROR));
		}
		assert_int_equal(srig_read32(&t.rig, CMDQ_CONS) & 0x1ff, (index + 1) & 0x1ff);
		if (i % 64 == 0)
			assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
	}
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_to_the_producer_and_turns_the_wrap_bit),
		cmocka_unit_test(a_ring_may_have_one_entry),
		cmocka_unit_test(the_base_is_aligned_to_the_size),
		cmocka_unit_test(nothing_runs_while_the_queue_is_disabled),
		cmocka_unit_test(an_error_stops_the_queue_until_it_is_acknowledged),
		cmocka_unit_test(commands_can_be_taken_back_after_an_error),
		cmocka_unit_test(an_abort_on_the_fetch_is_an_error),
		cmocka_unit_test(illegal_commands_are_told_and_legal_ones_are_done),
		cmocka_unit_test(a_tlbi_reaches_the_tags_and_addresses_that_it_names),
		cmocka_unit_test(s2_ipa_reaches_ipas),
		cmocka_unit_test(vmid_wildcards_widen_the_reach),
		cmocka_unit_test(by_asid_spares_global_entries_and_by_address_does_not),
		cmocka_unit_test(el2_va_goes_by_asid_with_e2h_only),
		cmocka_unit_test(cfgi_removes_the_streams_of_its_range),
		cmocka_unit_test(cfgi_cd_removes_cds_and_cfgi_ste_those_behind_it),
		cmocka_unit_test(atc_inv_is_handed_to_the_device),
		cmocka_unit_test(a_unit_without_pasids_sends_none),
		cmocka_unit_test(sync_sends_a_message_if_it_asks_for_one),
		cmocka_unit_test(a_message_can_overwrite_its_own_command),
		cmocka_unit_test(without_msi_no_message_is_sent),
		cmocka_unit_test(a_refused_message_is_a_global_error),
		cmocka_unit_test(each_command_is_counted_under_its_name),
		cmocka_unit_test(random_commands_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
