/* SPDX-License-Identifier: Apache-2.0 */
/* The command buffer and its commands (48882, 2.4). */
#include "amdvi_rig.h"

#include "model/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FULL  AMD_FULL_EFR
#define FULL2 AMD_FULL_EFR2

/* Opcodes in bits 63:60. */
#define OP(n) ((uint64_t)(n) << 60)

/* Status: CmdBufRun, ComWaitInt, EventLogInt. */
#define CMD_BUF_RUN   0x10u
#define COM_WAIT_INT  0x4u
#define EVENT_LOG_INT 0x2u

#define EVERYTHING UINT64_C(0x7ffffffffffff000)

static void open_running(struct amd_rig *rig, uint64_t efr)
{
	amd_open(rig, efr, FULL2);
	amd_start(rig, AMD_ON);
}

static bool running(struct amd_rig *rig)
{
	return amd_read32(rig, 0x2020) & CMD_BUF_RUN;
}

/* The event at a place of the log. */
static void assert_event(struct amd_rig *rig, unsigned n, uint64_t w0, uint64_t w1)
{
	assert_int_equal(amd_peek(rig, AMD_EVENTS + 16 * n), w0);
	assert_int_equal(amd_peek(rig, AMD_EVENTS + 16 * n + 8), w1);
}

/* ---- Every command ----------------------------------------------------------------- */

/* A legal form of each and the bits that may change and leave it legal: all others are
 * reserved. */
static const struct {
	const char *name;
	uint64_t words[2];
	uint64_t fields[2];
} commands[] = {
	{"wait", {OP(1) | AMD_STORE | 1, 5}, {0xfffffffffffff, ~UINT64_C(0)}},
	{"devtab", {OP(2) | 0x18, 0}, {0xffff, 0}},
	{"pages", {OP(3), 0}, {0xffff000fffff, 0xfffffffffffff007}},
	{"iotlb", {OP(4) | 0x18, 0}, {0xfffffffffffffff, 0xfffffffffffff005}},
	{"interrupt-table", {OP(5) | 0x18, 0}, {0xffff, 0}},
	{"prefetch", {OP(6) | 0x18, 0}, {0xfffffff00ffff, 0xfffffffffffff015}},
	{"page-response", {OP(7) | 0x18, 0}, {0xfffff0000ffff, 0xffff00000004}},
	{"all", {OP(8), 0}, {0, 0}},
};

#define EACH_COMMAND(i) for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)

/* True if the unit took the command; false if it stopped as it should. */
static bool taken(uint64_t efr, const uint64_t words[2])
{
	struct amd_rig rig;
	bool result;

	open_running(&rig, efr);
	amd_submit(&rig, words[0], words[1]);
	result = running(&rig);
	assert_int_equal(amd_read64(&rig, 0x2000), 0x10);
	if (result) {
		assert_int_equal(rig.commands, 1);
		assert_memory_equal(rig.command[0], words, 16);
		assert_int_equal(rig.faults, 0);
		assert_int_equal(amd_read64(&rig, 0x2018), 0);
	} else {
		assert_int_equal(rig.commands, 0);
		assert_int_equal(rig.faults, 1);
		assert_int_equal(amd_read64(&rig, 0x2018), 0x10);
		assert_event(&rig, 0, 0x5000000000000000, AMD_CMD);
	}
	amd_close(&rig);
	return result;
}

static void each_reserved_bit_alone_is_an_illegal_command(void **state)
{
	(void)state;
	EACH_COMMAND(i)
	{
		for (unsigned n = 0; n < 2 * 64; n++) {
			uint64_t words[2] = {commands[i].words[0], commands[i].words[1]};
			uint64_t flip = UINT64_C(1) << (n % 64);

			/* The opcode, and addresses beyond memory, are others' business. */
			if (n >= 60 && n < 64)
				continue;
			if (i == 0 && n >= 28 && n < 52)
				continue;
			words[n / 64] ^= flip;
			if (taken(FULL, words) != ((commands[i].fields[n / 64] & flip) != 0))
				fail_msg("%s: bit %u of word %u", commands[i].name, n % 64, n / 64);
		}
	}
}

static void opcodes_without_a_command_are_illegal(void **state)
{
	(void)state;
	for (uint64_t op = 0; op < 16; op++) {
		const uint64_t words[2] = {OP(op), 0};

		assert_int_equal(taken(FULL, words), op >= 1 && op <= 8);
	}
}

/* Which feature a command needs: EFR with it and without. */
static const struct {
	uint64_t words[2];
	uint64_t with, without;
} needs[] = {
	{{OP(6), 0}, 0x801, 0x800}, /* PreFSup */
	{{OP(7), 0}, 0x802, 0x800}, /* PPRSup */
	{{OP(8), 0}, 0x840, 0x800}, /* IASup */
	{{OP(3), 4}, 0x810, 0x800}, /* GN: GTSup */
	{{OP(4), 4}, 0x810, 0x800},
	{{OP(6), 4}, 0x811, 0x801},
	{{OP(4), 0x10}, 0x40000000000800, 0x800}, /* Type: InvIotlbTypeSup */
	{{OP(4), 0x20}, 0x40000000000800, 0x800},
};

static void a_command_needs_its_feature(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!taken(needs[i].with, needs[i].words) ||
		    taken(needs[i].without, needs[i].words))
			fail_msg("row %zu", i);
}

static void iotlb_commands_need_the_capability_headers_bit(void **state)
{
	struct ioasim_unit_config config;
	struct amd_rig rig;

	(void)state;
	amd_config(&config, FULL, 0);
	assert_int_equal(ioasim_unit_config_set(&config, "iotlb", 0), 0);
	amd_open_with(&rig, &config);
	amd_start(&rig, AMD_ON);
	amd_submit(&rig, OP(4) | 0x18, 0);
	assert_false(running(&rig));
	assert_int_equal(rig.atcs, 0);
	amd_close(&rig);
}

static const struct {
	const char *name;
	uint64_t words[2];
} classes[] = {
	{"wait", {OP(1), 0}},
	{"devtab", {OP(2), 0}},
	{"pages", {OP(3), 0x1000}},
	{"pages", {OP(3), 0x0007fffffffff002}}, /* no S: one page */
	{"pages", {OP(3), 0x0003fffffffff003}}, /* zero bit 50: 2^51 bytes */
	{"pages-all", {OP(3), 0x0007fffffffff003}}, /* zero bit 51 */
	{"pages-all", {OP(3), EVERYTHING | 3}},
	{"pages-all", {OP(3), 0xfffffffffffff003}},
	{"guest-pages", {OP(3), 0x1004}},
	{"guest-pages-all", {OP(3), EVERYTHING | 7}},
	{"iotlb", {OP(4), 0}},
	{"interrupt-table", {OP(5), 0}},
	{"prefetch", {OP(6), 0}},
	{"page-response", {OP(7), 0}},
	{"all", {OP(8), 0}},
};

static void a_command_is_counted_under_its_name(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const struct ioasim_counters *c = ioasim_unit_counters(rig.unit);
		unsigned type = arch_find("amdvi")->command_type(classes[i].words, 2);

		ioasim_unit_counters_reset(rig.unit);
		amd_submit(&rig, classes[i].words[0], classes[i].words[1]);
		assert_string_equal(ioasim_command_name("amdvi", type), classes[i].name);
		assert_int_equal(c->commands[type], 1);
		assert_int_equal(c->command_fetches, 1);
		assert_int_equal(c->waits, i == 0);
	}
	amd_close(&rig);
}

static void numbers_without_a_command_have_no_name(void **state)
{
	const uint64_t unknown[2] = {OP(15), 0};

	(void)state;
	assert_null(ioasim_command_name("amdvi", arch_find("amdvi")->command_type(unknown, 2)));
	assert_null(ioasim_command_name("amdvi", arch_find("amdvi")->command_type(unknown, 0)));
	assert_null(ioasim_command_name("amdvi", 1000));
}

/* ---- Counters under the names of the amd_iommu PMU ------------------------------------ */

static uint64_t perf(const struct ioasim_unit *unit, const char *name)
{
	const struct ioasim_arch *arch = arch_find("amdvi");
	const char *found, *about = NULL;
	uint64_t value = 0;

	for (unsigned n = 0; (found = arch->perf_counter(unit, n, &value, &about)); n++) {
		assert_non_null(about);
		if (strcmp(found, name) == 0)
			return value;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static void commands_are_counted_as_the_machine_counts_them(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		amd_submit(&rig, classes[i].words[0], classes[i].words[1]);
	assert_int_equal(perf(rig.unit, "cmd_processed"), 15);
	/* Of translations: eight of command 3 and one of command 8. */
	assert_int_equal(perf(rig.unit, "tlb_inv"), 9);
	/* Those, and commands 2, 4 and 5. */
	assert_int_equal(perf(rig.unit, "cmd_processed_inv"), 12);
	amd_close(&rig);
}

static void requests_are_counted_as_the_machine_counts_them(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	amd_device(&rig, 0x20, 0x6000000000300203, 0); /* Mode 1 */
	amd_poke(&rig, 0x300000, 0x6000000000400001);
	amd_dma(&rig, 0x20, 0, IOASIM_READ); /* walks */
	amd_dma(&rig, 0x20, 8, IOASIM_READ); /* hits */
	amd_dma(&rig, 0x20, 0x1000, IOASIM_READ); /* faults */
	assert_int_equal(perf(rig.unit, "mem_trans_total"), 3);
	assert_int_equal(perf(rig.unit, "mem_target_abort"), 1);
	assert_int_equal(perf(rig.unit, "mem_pass_pretrans"), 0);
	assert_int_equal(perf(rig.unit, "mem_dte_mis"), 1);
	assert_int_equal(perf(rig.unit, "mem_dte_hit"), 2);
	assert_int_equal(perf(rig.unit, "mem_iommu_tlb_pte_hit"), 1);
	assert_int_equal(perf(rig.unit, "mem_iommu_tlb_pte_mis"), 2);
	assert_int_equal(perf(rig.unit, "page_tbl_read_tot"), 2);
	assert_int_equal(perf(rig.unit, "page_tbl_read_nst"), 2);
	assert_int_equal(perf(rig.unit, "page_tbl_read_gst"), 0);
	amd_close(&rig);
}

/* ---- COMPLETION_WAIT --------------------------------------------------------------- */

static void a_wait_stores_eight_bytes_and_sets_the_bit_as_asked(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	/* Neither: the address is not looked at. */
	amd_submit(&rig, OP(1) | AMD_STORE, 0x1111);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0);
	assert_int_equal(amd_read32(&rig, 0x2020) & COM_WAIT_INT, 0);
	/* I alone, beside F. */
	amd_submit(&rig, OP(1) | AMD_STORE | 6, 0x2222);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0);
	assert_int_equal(amd_read32(&rig, 0x2020) & COM_WAIT_INT, COM_WAIT_INT);
	amd_write32(&rig, 0x2020, COM_WAIT_INT);
	/* S alone: bits 2:0 of the address are 0. */
	amd_submit(&rig, OP(1) | (AMD_STORE + 8) | 1, 0x3333444455556666);
	assert_int_equal(amd_peek(&rig, AMD_STORE + 8), 0x3333444455556666);
	assert_int_equal(amd_peek(&rig, AMD_STORE + 16), 0);
	assert_int_equal(amd_read32(&rig, 0x2020) & COM_WAIT_INT, 0);
	assert_int_equal(rig.stores, 1);
	assert_int_equal(rig.stored[0].address, AMD_STORE + 8);
	assert_int_equal(rig.stored[0].length, 8);
	assert_int_equal(rig.stored[0].data[0], 0x3333444455556666);
	assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 3);
	amd_close(&rig);
}

static void a_failing_store_is_a_hardware_error_and_stops_the_buffer(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	assert_int_equal(ioasim_memory_abort(rig.memory, AMD_STORE + 8, AMD_STORE + 15), 0);
	amd_put(&rig, OP(1) | (AMD_STORE + 8) | 3, 0x77);
	amd_submit(&rig, OP(1) | AMD_STORE | 1, 0x88);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0);
	assert_int_equal(amd_peek(&rig, AMD_STORE + 8), 0);
	assert_false(running(&rig));
	assert_int_equal(amd_read32(&rig, 0x2020) & COM_WAIT_INT, 0);
	assert_int_equal(amd_read64(&rig, 0x2000), 0x10);
	assert_int_equal(amd_read64(&rig, 0x2018), 0x10);
	/* Target abort; bit 3 of the address is not kept. */
	assert_event(&rig, 0, 0x6400000000000000, AMD_STORE);
	amd_close(&rig);
}

/* ---- Ranges ------------------------------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t word; /* 1 */
	uint64_t first, last; /* of an INVALIDATE_IOTLB_PAGES */
	uint64_t pages_first, pages_last; /* of an INVALIDATE_IOMMU_PAGES */
} ranges[] = {
	{"S=0: 4 KiB", 0x5000, 0x5000, 0x5fff, 0x5000, 0x5fff},
	{"S=0 does not look at the address", 0x7000, 0x7000, 0x7fff, 0x7000, 0x7fff},
	{"bit 12 clear: 8 KiB", 0x4001, 0x4000, 0x5fff, 0x4000, 0x5fff},
	{"bit 13 clear: 16 KiB", 0x9001, 0x8000, 0xbfff, 0x8000, 0xbfff},
	{"bit 20 clear: 2 MiB", 0x6ff001, 0x600000, 0x7fffff, 0x600000, 0x7fffff},
	{"highest address", 0xffffffffffffe001, 0xffffffffffffe000, ~UINT64_C(0),
	 0xffffffffffffe000, ~UINT64_C(0)},
	{"bit 50 clear: 2^51", 0x8003fffffffff001, 0x8000000000000000, 0x8007ffffffffffff,
	 0x8000000000000000, 0x8007ffffffffffff},
	{"bit 51 clear: everything of the IOMMU", 0x8007fffffffff001, 0x8000000000000000,
	 0x800fffffffffffff, 0, ~UINT64_C(0)},
	{"bit 63 clear: everything", EVERYTHING | 1, 0, ~UINT64_C(0), 0, ~UINT64_C(0)},
	{"no clear bit: everything", 0xfffffffffffff001, 0, ~UINT64_C(0), 0, ~UINT64_C(0)},
};

/* The reach that the unit tells of. */
static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct ioasim_invalidation *seen = opaque;

	*seen = *what;
}

static void ranges_are_coded_in_the_address(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		open_running(&rig, FULL);
		amd_submit(&rig, OP(4) | 0x1234, ranges[i].word);
		assert_int_equal(rig.atcs, 1);
		assert_int_equal(rig.atc[0].requester_id, 0x1234);
		assert_false(rig.atc[0].has_pasid);
		if (rig.atc[0].first != ranges[i].first || rig.atc[0].last != ranges[i].last)
			fail_msg("%s", ranges[i].rule);
		amd_close(&rig);
	}
}

static struct ioasim_invalidation reach_of(uint64_t w0, uint64_t w1)
{
	struct ioasim_invalidation seen = {.domain = 0xdead};
	struct ioasim_unit_config config;
	struct ioasim_unit *unit = NULL;
	struct ioasim_memory *memory = ioasim_memory_create();

	amd_config(&config, FULL, FULL2);
	config.callbacks.invalidated = on_invalidated;
	config.opaque = &seen;
	assert_int_equal(ioasim_memory_add_ram(memory, 0, AMD_RAM), 0);
	assert_int_equal(ioasim_unit_create(&config, memory, &unit, NULL), 0);
	assert_int_equal(ioasim_memory_write64(memory, AMD_CMD, w0), 0);
	assert_int_equal(ioasim_memory_write64(memory, AMD_CMD + 8, w1), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x8, 8, AMD_CMD | UINT64_C(8) << 56), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x18, 8, 0x1001), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x2008, 8, 0x10), 0);
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
	return seen;
}

static void a_page_invalidation_names_domain_pasid_and_range(void **state)
{
	struct ioasim_invalidation what;

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		what = reach_of(OP(3) | UINT64_C(0xabcd) << 32 | 0x12345, ranges[i].word);
		assert_int_equal(what.domain, 0xabcd);
		assert_false(what.has_pasid || what.all_domains);
		if (what.first != ranges[i].pages_first || what.last != ranges[i].pages_last)
			fail_msg("%s", ranges[i].rule);
	}
	what = reach_of(OP(3) | UINT64_C(0xabcd) << 32 | 0xfedcb, EVERYTHING | 7);
	assert_true(what.has_pasid);
	assert_int_equal(what.pasid, 0xfedcb);
	assert_int_equal(what.first, 0);
	assert_int_equal(what.last, ~UINT64_C(0));
	what = reach_of(OP(8), 0);
	assert_true(what.all_domains);
	/* What drops no translation tells of nothing. */
	what = reach_of(OP(2) | 0x18, 0);
	assert_int_equal(what.domain, 0xdead);
}

static void an_iotlb_invalidation_with_gn_puts_the_pasid_together(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	/* PASID 0xabcde: 59:56 a, 23:16 bc, 55:48 de. */
	amd_submit(&rig, OP(4) | UINT64_C(0xade) << 48 | 0x00bc0018 | UINT64_C(0x20) << 24, 0x1004);
	assert_int_equal(rig.atcs, 1);
	assert_true(rig.atc[0].has_pasid);
	assert_int_equal(rig.atc[0].pasid, 0xabcde);
	assert_int_equal(rig.atc[0].requester_id, 0x18);
	assert_int_equal(rig.atc[0].first, 0x1000);
	assert_int_equal(rig.atc[0].last, 0x1fff);
	amd_close(&rig);
}

/* ---- Caches that commands reach, from outside ------------------------------------------ */

/* Device 0x20: host table of one level at 0x300000. */
static void map_page(struct amd_rig *rig, uint64_t page, uint16_t domain)
{
	amd_device(rig, 0x20, 0x6000000000300203, domain);
	amd_poke(rig, 0x300000 + 8 * page, 0x6000000000400001 + (page << 12));
}

static void prefetch_with_inval_drops_its_range_and_nothing_else(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	for (uint64_t page = 0; page < 4; page++) {
		map_page(&rig, page, 0);
		assert_int_equal(amd_dma(&rig, 0x20, page << 12, IOASIM_READ).outcome, IOASIM_OK);
	}
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 4);
	amd_submit(&rig, OP(6) | 0x20, 0x1000);
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 4);
	amd_submit(&rig, OP(6) | 0x20, 0x1010);
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 3);
	/* PFCount: one more page. */
	amd_submit(&rig, OP(6) | UINT64_C(1) << 24 | 0x20, 0x2010);
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 1);
	/* A device without an entry has no domain. */
	amd_submit(&rig, OP(6) | 0x21, EVERYTHING | 0x11);
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 1);
	assert_true(running(&rig));
	amd_submit(&rig, OP(6) | UINT64_C(0xff) << 24 | 0x20, EVERYTHING | 0x11);
	assert_int_equal(ioasim_unit_cache_live(rig.unit, IOASIM_CACHE_IOTLB), 0);
	amd_close(&rig);
}

/* ---- The ring ---------------------------------------------------------------------------- */

static void commands_wait_until_the_buffer_runs(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, 0);
	amd_start(&rig, AMD_ON & ~UINT64_C(0x1000)); /* CmdBufEn=0 */
	amd_submit(&rig, OP(1) | AMD_STORE | 1, 0x5a);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0);
	assert_int_equal(amd_read64(&rig, 0x2000), 0);
	amd_write64(&rig, 0x18, AMD_ON & ~UINT64_C(1)); /* IommuEn=0 */
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0);
	amd_write64(&rig, 0x18, AMD_ON);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 0x5a);
	assert_int_equal(amd_read64(&rig, 0x2000), 0x10);
	amd_close(&rig);
}

static void the_head_wraps_at_the_rings_end(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 0; i < 255; i++)
			amd_put(&rig, OP(1) | AMD_STORE | 1, 255 * turn + i);
		amd_write32(&rig, 0x2008, rig.tail);
		assert_int_equal(amd_peek(&rig, AMD_STORE), 255 * turn + 254);
		assert_int_equal(amd_read64(&rig, 0x2000), rig.tail);
	}
	assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 3 * 255);
	amd_close(&rig);
}

static void a_ring_of_any_legal_length_holds_all_its_entries_but_one(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (unsigned length = 8; length <= 15; length++) {
		uint32_t bytes = 16u << length;

		amd_open(&rig, FULL, 0);
		for (uint64_t at = 0; at < bytes; at += 16) {
			amd_poke(&rig, 0x1000000 + at, OP(1) | AMD_STORE | 1);
			amd_poke(&rig, 0x1000000 + at + 8, at);
		}
		amd_write64(&rig, 0x08, 0x1000000 | (uint64_t)length << 56);
		amd_write64(&rig, 0x2000, 0x30);
		amd_write64(&rig, 0x2008, 0x20);
		amd_write64(&rig, 0x18, AMD_ON);
		assert_int_equal(ioasim_unit_counters(rig.unit)->waits, (1u << length) - 1);
		assert_int_equal(amd_peek(&rig, AMD_STORE), 0x10);
		assert_int_equal(amd_read64(&rig, 0x2000), 0x20);
		amd_close(&rig);
	}
}

/* Undefined for software; here a tail beyond the ring is cut to it, so that it is met. */
static void a_tail_beyond_the_ring_is_cut_to_it(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	amd_put(&rig, OP(1) | AMD_STORE | 1, 0x11);
	amd_write32(&rig, 0x2008, 0x41010);
	assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 1);
	assert_int_equal(amd_read64(&rig, 0x2000), 0x10);
	amd_close(&rig);
}

static void an_illegal_command_stops_the_buffer_until_it_is_enabled_anew(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	amd_put(&rig, OP(1) | AMD_STORE | 1, 1);
	amd_put(&rig, OP(8) | 1, 0);
	amd_put(&rig, OP(1) | AMD_STORE | 1, 3);
	amd_write32(&rig, 0x2008, rig.tail);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 1);
	assert_false(running(&rig));
	assert_int_equal(amd_read64(&rig, 0x2000), 0x20);
	assert_event(&rig, 0, 0x5000000000000000, AMD_CMD + 0x10);
	/* Neither a tail nor Control with the bit still set, nor IommuEn, helps. */
	amd_write32(&rig, 0x2008, rig.tail);
	amd_write64(&rig, 0x18, AMD_ON);
	amd_write64(&rig, 0x18, AMD_ON & ~UINT64_C(1));
	amd_write64(&rig, 0x18, AMD_ON);
	assert_false(running(&rig));
	assert_int_equal(amd_peek(&rig, AMD_STORE), 1);
	/* CmdBufEn 1->0->1: what stands behind the illegal command runs. */
	amd_write64(&rig, 0x18, AMD_ON & ~UINT64_C(0x1000));
	amd_write64(&rig, 0x18, AMD_ON);
	assert_true(running(&rig));
	assert_int_equal(amd_peek(&rig, AMD_STORE), 3);
	assert_int_equal(rig.faults, 1);
	amd_close(&rig);
}

static void a_command_that_cannot_be_fetched_stays_at_the_head(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_running(&rig, FULL);
	assert_int_equal(ioasim_memory_abort(rig.memory, AMD_CMD + 0x10, AMD_CMD + 0x1f), 0);
	amd_put(&rig, OP(1) | AMD_STORE | 1, 1);
	amd_put(&rig, OP(1) | AMD_STORE | 1, 2);
	amd_write32(&rig, 0x2008, rig.tail);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 1);
	assert_false(running(&rig));
	assert_int_equal(amd_read64(&rig, 0x2000), 0x10);
	assert_event(&rig, 0, 0x6400000000000000, AMD_CMD + 0x10);
	/* The hardware event registers have it too. */
	assert_int_equal(amd_read64(&rig, 0x50), 1);
	assert_int_equal(amd_read64(&rig, 0x40), 0x6400000000000000);
	assert_int_equal(amd_read64(&rig, 0x48), AMD_CMD + 0x10);
	ioasim_memory_clear_aborts(rig.memory);
	amd_write64(&rig, 0x18, AMD_ON & ~UINT64_C(0x1000));
	amd_write64(&rig, 0x18, AMD_ON);
	assert_int_equal(amd_peek(&rig, AMD_STORE), 2);
	amd_close(&rig);
}

/* Commands stop though nothing is logged. */
static void an_illegal_command_stops_the_buffer_without_a_log_too(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL, 0);
	amd_start(&rig, 0x1001);
	amd_submit(&rig, OP(15), 0);
	assert_false(running(&rig));
	assert_int_equal(rig.faults, 1);
	assert_int_equal(rig.fault[0].code, 5);
	assert_false(rig.fault[0].recorded);
	assert_int_equal(amd_read32(&rig, 0x2020) & EVENT_LOG_INT, 0);
	amd_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reserved_bit_alone_is_an_illegal_command),
		cmocka_unit_test(opcodes_without_a_command_are_illegal),
		cmocka_unit_test(a_command_needs_its_feature),
		cmocka_unit_test(iotlb_commands_need_the_capability_headers_bit),
		cmocka_unit_test(a_command_is_counted_under_its_name),
		cmocka_unit_test(numbers_without_a_command_have_no_name),
		cmocka_unit_test(commands_are_counted_as_the_machine_counts_them),
		cmocka_unit_test(requests_are_counted_as_the_machine_counts_them),
		cmocka_unit_test(a_wait_stores_eight_bytes_and_sets_the_bit_as_asked),
		cmocka_unit_test(a_failing_store_is_a_hardware_error_and_stops_the_buffer),
		cmocka_unit_test(ranges_are_coded_in_the_address),
		cmocka_unit_test(a_page_invalidation_names_domain_pasid_and_range),
		cmocka_unit_test(an_iotlb_invalidation_with_gn_puts_the_pasid_together),
		cmocka_unit_test(prefetch_with_inval_drops_its_range_and_nothing_else),
		cmocka_unit_test(commands_wait_until_the_buffer_runs),
		cmocka_unit_test(the_head_wraps_at_the_rings_end),
		cmocka_unit_test(a_ring_of_any_legal_length_holds_all_its_entries_but_one),
		cmocka_unit_test(a_tail_beyond_the_ring_is_cut_to_it),
		cmocka_unit_test(an_illegal_command_stops_the_buffer_until_it_is_enabled_anew),
		cmocka_unit_test(a_command_that_cannot_be_fetched_stays_at_the_head),
		cmocka_unit_test(an_illegal_command_stops_the_buffer_without_a_log_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
