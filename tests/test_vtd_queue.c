/* SPDX-License-Identifier: Apache-2.0 */
/* The invalidation queue: 6.5.2 of the specification, 7.6.1 for page group responses. */
#include "vtd_rig.h"

#include "model/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LEGACY   UINT64_C(0)
#define SCALABLE UINT64_C(0x400)
#define RESERVED UINT64_C(0x800)
#define ABORT    UINT64_C(0xc00)

#define DT     (UINT64_C(1) << 2)
#define IQE    UINT32_C(0x10)
#define STATUS UINT64_C(0x40000)

static uint64_t without_dt(void)
{
	/* DT, PRS, NWFS, DIT, PDS */
	return RIG_FULL_ECAP & ~UINT64_C(0x60220000004);
}

static unsigned iqei(struct rig *rig)
{
	return rig_read64(rig, 0xb0) & 0xf;
}

/* ---- Every type ------------------------------------------------------------------- */

/* What each descriptor may have set, from its figure: everything else is reserved. */
static const struct {
	const char *rule;
	bool wide;
	uint64_t words[2]; /* a valid one */
	uint64_t fields[2]; /* bits that may change and leave it valid */
	const char *name;
} types[] = {
	{"6.5.2.1 global", false, {0x11}, {0x3ffffffff0000}, "context-global"},
	{"6.5.2.1 domain", false, {0x21}, {0x3ffffffff0000}, "context-domain"},
	{"6.5.2.1 device", false, {0x31}, {0x3ffffffff0000}, "context-device"},
	{"6.5.2.3 global", false, {0x12}, {0xffff00c0, 0xfffffffffffff07f}, "iotlb-global"},
	{"6.5.2.3 domain", false, {0x22}, {0xffff00c0, 0xfffffffffffff07f}, "iotlb-domain"},
	{"6.5.2.3 page", false, {0x32}, {0xffff00c0, 0xfffffffffffff05f}, "iotlb-page"},
	{"6.5.2.5", false, {0x3}, {0xfff0ffff001ff000, 0xfffffffffffff001}, "device-tlb"},
	{"6.5.2.8 global", false, {0x4}, {0xfffff8000000}, "iec-global"},
	{"6.5.2.8 index", false, {0x14}, {0xfffff8000000}, "iec-index"},
	{"6.5.2.9", false, {0x25, STATUS}, {0xffffffff000000f0, 0xfffffffffffffffc}, "wait"},
	{"6.5.2.4 PASID", true, {0x26}, {0xfffffffff0000, 0xfffffffffffff07f}, "piotlb-pasid"},
	{"6.5.2.4 page", true, {0x36}, {0xfffffffff0000, 0xfffffffffffff07f}, "piotlb-page"},
	{"6.5.2.2 domain", true, {0x7}, {0xfffffffff0000}, "pasid-cache-domain"},
	{"6.5.2.2 PASID", true, {0x17}, {0xfffffffff0000}, "pasid-cache-pasid"},
	{"6.5.2.2 global", true, {0x37}, {0xfffffffff0000}, "pasid-cache-global"},
	{"6.5.2.6", true, {0x8}, {0xfffffffffffff1f0, 0xfffffffffffff801}, "pdevice-tlb"},
	{"7.6.1", true, {0x9}, {0xffffffffff010, 0xffc}, "page-response"},
};

/* The type field and the granularity are judged by other tests. */
#define TYPE_BITS UINT64_C(0xe0f)

/* One bit of one word flipped; true if the queue took the descriptor. */
static bool taken(const uint64_t words[2], unsigned word, uint64_t flip)
{
	uint64_t w[4] = {words[0], words[1]};
	struct rig rig;
	bool result;

	w[word] ^= flip;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_root(&rig, SCALABLE);
	rig_queue(&rig, true);
	rig_submit4(&rig, w);
	result = rig_read64(&rig, 0x80) == 0x20 && !(rig_read32(&rig, 0x34) & IQE) &&
		 rig.commands == 1 && memcmp(rig.command[0], w, sizeof(w)) == 0;
	if (!result) {
		assert_int_equal(rig_read64(&rig, 0x80), 0);
		assert_true(rig_read32(&rig, 0x34) & IQE);
		assert_int_equal(iqei(&rig), 4);
		assert_int_equal(rig.commands, 0);
	}
	rig_close(&rig);
	return result;
}

static bool granularity_bit(unsigned type, unsigned word, unsigned bit)
{
	uint64_t t = types[type].words[0] & 0xf;

	return word == 0 && (bit == 4 || bit == 5) && (t == 1 || t == 2 || t == 6 || t == 7);
}

static void each_reserved_bit_alone_stops_the_queue(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (unsigned n = 0; n < 4 * 64; n++) {
			unsigned word = n / 64, bit = n % 64;
			uint64_t flip = UINT64_C(1) << bit;
			uint64_t fields = word < 2 ? types[i].fields[word] : 0;

			if (word == 0 && ((flip & TYPE_BITS) || granularity_bit(i, word, bit)))
				continue;
			/* Type 4: bit 4 is G. */
			if (word == 0 && bit == 4 && (types[i].words[0] & 0xf) == 4)
				continue;
			if (taken(types[i].words, word, flip) != ((fields & flip) != 0))
				fail_msg("%s: bit %u of word %u", types[i].rule, bit, word);
		}
	}
}

static void a_command_is_counted_under_its_name(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct ioasim_counters *counters;
		unsigned found = 0;

		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_root(&rig, SCALABLE);
		rig_queue(&rig, true);
		rig_submit(&rig, types[i].words[0], types[i].words[1]);
		counters = ioasim_unit_counters(rig.unit);
		assert_int_equal(counters->command_fetches, 1);
		for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
			const char *name = ioasim_command_name("vtd", type);

			if (!counters->commands[type])
				continue;
			found++;
			assert_int_equal(arch_find("vtd")->command_type(types[i].words, 4), type);
			assert_int_equal(counters->commands[type], 1);
			assert_non_null(name);
			assert_string_equal(name, types[i].name);
		}
		assert_int_equal(found, 1);
		rig_close(&rig);
	}
}

/* ---- What is accepted: Table 26, capabilities, granularities ------------------------ */

static const struct {
	const char *rule;
	uint64_t cap, ecap;
	uint64_t ttm;
	bool wide;
	uint64_t words[2];
	unsigned iqei; /* 0: taken */
} accepted[] = {
	{"legacy, 128 bits", RIG_FULL_CAP, RIG_FULL_ECAP, LEGACY, false, {0x11}, 0},
	{"legacy, 256 bits", RIG_FULL_CAP, RIG_FULL_ECAP, LEGACY, true, {0x11}, 0},
	{"legacy, type 6", RIG_FULL_CAP, RIG_FULL_ECAP, LEGACY, true, {0x26}, 3},
	{"legacy, type 6 in 128 bits", RIG_FULL_CAP, RIG_FULL_ECAP, LEGACY, false, {0x26}, 3},
	{"legacy, type 9", RIG_FULL_CAP, RIG_FULL_ECAP, LEGACY, true, {0x9}, 3},
	{"scalable, 128 bits", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, false, {0x11}, 5},
	{"scalable, type 7", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x37}, 0},
	{"abort-DMA, type 7", RIG_FULL_CAP, RIG_FULL_ECAP, ABORT, true, {0x37}, 0},
	{"abort-DMA, 128 bits", RIG_FULL_CAP, RIG_FULL_ECAP, ABORT, false, {0x11}, 5},
	{"reserved mode, 128 bits", RIG_FULL_CAP, RIG_FULL_ECAP, RESERVED, false, {0x11}, 7},
	{"reserved mode, 256 bits", RIG_FULL_CAP, RIG_FULL_ECAP, RESERVED, true, {0x11}, 7},
	{"256 bits without SMTS and ADMS", RIG_PLAIN_CAP, RIG_PLAIN_ECAP, LEGACY, true, {0x11}, 5},
	{"type 0", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x0}, 3},
	{"type Ah without HPTS", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x1a}, 3},
	{"type Fh", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0xf}, 3},
	{"type 11h, by bits 11:9", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x211}, 3},
	{"type 7Fh", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0xe0f}, 3},
	{"type 3 without DT", RIG_FULL_CAP, 0, SCALABLE, true, {0x3}, 3},
	{"type 8 without DT", RIG_FULL_CAP, 0, SCALABLE, true, {0x8}, 3},
	{"type 9 without PRS", RIG_FULL_CAP, 0, SCALABLE, true, {0x9}, 3},
	{"PD without PDS", RIG_FULL_CAP, 0, SCALABLE, true, {0xa5, STATUS}, 4},
	{"PFSID without DIT, type 3",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP & ~(UINT64_C(1) << 41),
	 SCALABLE,
	 true,
	 {0x1003},
	 4},
	{"PFSID without DIT, type 8",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP & ~(UINT64_C(1) << 41),
	 SCALABLE,
	 true,
	 {UINT64_C(1) << 63 | 0x8},
	 4},
	{"type 1, granularity 0", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x1}, 4},
	{"type 2, granularity 0", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x2}, 4},
	{"type 6, granularity 0", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x6}, 4},
	{"type 6, granularity 1", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x16}, 4},
	{"type 7, granularity 2", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x27}, 4},
	{"type 2, page without PSI",
	 RIG_FULL_CAP & ~(UINT64_C(1) << 39),
	 RIG_FULL_ECAP,
	 SCALABLE,
	 true,
	 {0x32},
	 4},
	{"type 6, page without PSI",
	 RIG_FULL_CAP & ~(UINT64_C(1) << 39),
	 RIG_FULL_ECAP,
	 SCALABLE,
	 true,
	 {0x36},
	 0},
	{"type 2, AM = MAMV", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x32, 0x12}, 0},
	{"type 2, AM > MAMV", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x32, 0x13}, 4},
	{"type 2, AM > MAMV, domain", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x22, 0x13}, 0},
	{"type 6 knows no MAMV", RIG_FULL_CAP, RIG_FULL_ECAP, SCALABLE, true, {0x36, 0x3f}, 0},
};

static void a_descriptor_is_judged_by_mode_width_and_capabilities(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		uint64_t ecap = accepted[i].ecap ? accepted[i].ecap : without_dt();
		uint64_t head;

		rig_open(&rig, accepted[i].cap, ecap);
		rig_root(&rig, accepted[i].ttm);
		rig_queue(&rig, accepted[i].wide);
		rig_submit(&rig, accepted[i].words[0], accepted[i].words[1]);
		head = accepted[i].iqei ? 0 : accepted[i].wide ? 0x20 : 0x10;
		if (iqei(&rig) != accepted[i].iqei || rig_read64(&rig, 0x80) != head ||
		    !(rig_read32(&rig, 0x34) & IQE) != !accepted[i].iqei)
			fail_msg("%s: IQEI %u, IQH %llx", accepted[i].rule, iqei(&rig),
				 (unsigned long long)rig_read64(&rig, 0x80));
		rig_close(&rig);
	}
}

/* ---- The ring ------------------------------------------------------------------------ */

static void nothing_is_fetched_while_the_queue_is_off(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_queue(&rig, false);
	rig_submit(&rig, 0x11, 0);
	rig_command(&rig, 26, false);
	/* 11.4.4.1, 6.5.2: switching off resets the head. */
	assert_int_equal(rig_read64(&rig, 0x80), 0);
	assert_int_equal(rig_read32(&rig, 0x1c) & 0x4000000, 0);
	rig_forget(&rig);
	rig_write32(&rig, 0x88, 0x20);
	assert_int_equal(rig.commands, 0);
	assert_int_equal(rig_read64(&rig, 0x88), 0x20);
	rig_close(&rig);
}

static void the_queue_runs_while_remapping_is_off(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_queue(&rig, false);
	rig_submit(&rig, UINT64_C(0x500000025), STATUS);
	assert_int_equal(rig_peek(&rig, STATUS), 5);
	rig_close(&rig);
}

static void head_and_tail_wrap_at_the_size_of_the_ring(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		unsigned slots = wide ? 128 : 256;

		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_queue(&rig, wide);
		for (unsigned i = 0; i < 3 * slots + 1; i++) {
			rig_submit(&rig, (uint64_t)i << 32 | 0x25, STATUS);
			assert_int_equal(rig_peek(&rig, STATUS), i);
			assert_int_equal(rig_read64(&rig, 0x80), rig.tail);
		}
		assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 3 * slots + 1);
		rig_close(&rig);
	}
}

/* A full ring, one slot short of its size, is executed by one write of the tail. */
static void one_tail_write_executes_all_up_to_it(void **state)
{
	const uint64_t command[4] = {0x11};
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_queue(&rig, false);
	for (unsigned i = 0; i < 255; i++)
		rig_put(&rig, command);
	rig_write32(&rig, 0x88, 0xff0);
	assert_int_equal(rig.commands, 255);
	assert_int_equal(rig_read64(&rig, 0x80), 0xff0);
	rig_close(&rig);
}

static void a_ring_of_128_pages_holds_32768_descriptors(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_write64(&rig, 0x88, 0);
	rig_write64(&rig, 0x90, RIG_QUEUE | 7);
	rig_command(&rig, 26, true);
	for (unsigned i = 0; i < 32767; i++)
		rig_poke(&rig, RIG_QUEUE + 16 * i, 0x11);
	rig_write32(&rig, 0x88, 0x7fff0);
	assert_int_equal(rig.commands, 32767);
	assert_int_equal(rig_read64(&rig, 0x80), 0x7fff0);
	rig_close(&rig);
}

static const struct {
	const char *rule;
	bool wide;
	uint32_t tail;
	unsigned iqei;
} tails[] = {
	{"11.4.9.9, IQEI 1: tail at the end of the ring", false, 0x1000, 1},
	{"11.4.9.9, IQEI 1: tail beyond the ring", true, 0x7ffe0, 1},
	{"11.4.9.9, IQEI 6: bit 4 in a 256-bit queue", true, 0x30, 6},
};

static void a_bad_tail_is_an_error_and_its_repair_goes_on(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_queue(&rig, tails[i].wide);
		rig_poke(&rig, RIG_QUEUE, 0x11);
		rig_write32(&rig, 0x88, tails[i].tail);
		if (iqei(&rig) != tails[i].iqei || rig.commands)
			fail_msg("%s: IQEI %u", tails[i].rule, iqei(&rig));
		rig_write32(&rig, 0x88, tails[i].wide ? 0x20 : 0x10);
		assert_int_equal(rig.commands, 0);
		rig_write32(&rig, 0x34, IQE);
		assert_int_equal(rig.commands, 1);
		assert_int_equal(iqei(&rig), 0);
		assert_int_equal(rig_read32(&rig, 0x34), 0);
		rig_close(&rig);
	}
}

/* 6.5.2.11: what stands before the bad descriptor is done, the head stays at it. */
static void an_error_stops_at_the_descriptor_until_iqe_is_cleared(void **state)
{
	const uint64_t good[4] = {UINT64_C(0x100000025), STATUS};
	const uint64_t bad[4] = {0xe0f};
	const uint64_t last[4] = {UINT64_C(0x200000025), STATUS + 8};
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_write32(&rig, 0x3c, 0x41);
	rig_write32(&rig, 0x40, 0xfee00000);
	rig_write32(&rig, 0x38, 0);
	rig_queue(&rig, false);
	rig_put(&rig, good);
	rig_put(&rig, bad);
	rig_submit4(&rig, last);
	assert_int_equal(rig_peek(&rig, STATUS), 1);
	assert_int_equal(rig_peek(&rig, STATUS + 8), 0);
	assert_int_equal(rig_read64(&rig, 0x80), 0x10);
	assert_int_equal(rig_read32(&rig, 0x34), IQE);
	assert_int_equal(rig.messages, 1);

	/* Cleared without a repair: the same error, and an event of its own. */
	rig_write32(&rig, 0x34, IQE);
	assert_int_equal(rig_read32(&rig, 0x34), IQE);
	assert_int_equal(rig.messages, 2);

	/* Repaired in place, as drivers do; the clearing itself goes on. */
	rig_poke(&rig, RIG_QUEUE + 16, 0x11);
	rig_write32(&rig, 0x34, IQE);
	assert_int_equal(rig_peek(&rig, STATUS + 8), 2);
	assert_int_equal(rig_read64(&rig, 0x80), 0x30);
	assert_int_equal(rig_read32(&rig, 0x34), 0);
	rig_close(&rig);
}

static void a_descriptor_that_cannot_be_read_is_an_error(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_queue(&rig, false);
	assert_int_equal(ioasim_memory_abort(rig.memory, RIG_QUEUE + 16, RIG_QUEUE + 31), 0);
	rig_poke(&rig, RIG_QUEUE, 0x11);
	rig_poke(&rig, RIG_QUEUE + 16, 0x11);
	rig_write32(&rig, 0x88, 0x20);
	assert_int_equal(rig.commands, 1);
	assert_int_equal(iqei(&rig), 2);
	assert_int_equal(rig_read64(&rig, 0x80), 0x10);
	ioasim_memory_clear_aborts(rig.memory);
	rig_write32(&rig, 0x34, IQE);
	assert_int_equal(rig.commands, 2);
	rig_close(&rig);
}

/* ---- Wait (6.5.2.9) --------------------------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t words[2];
	uint64_t before, after; /* the word at STATUS */
	uint32_t ics;
} waits[] = {
	{"SW stores the lower half",
	 {UINT64_C(0xabcd00000025), STATUS},
	 ~UINT64_C(0),
	 UINT64_C(0xffffffff0000abcd),
	 0},
	{"SW stores the upper half",
	 {UINT64_C(0xabcd00000025), STATUS + 4},
	 ~UINT64_C(0),
	 UINT64_C(0xabcdffffffff),
	 0},
	{"IF alone", {0x15, STATUS}, 7, 7, 1},
	{"SW and IF", {UINT64_C(0x900000035), STATUS}, 7, 9, 1},
	{"FN alone", {0x45, STATUS}, 7, 7, 0},
	{"no flag", {0x5, STATUS}, 7, 7, 0},
	{"PD with SW", {UINT64_C(0x9000000a5), STATUS}, 7, 9, 0},
	{"bits from HAW up are ignored",
	 {UINT64_C(0x900000025), STATUS | UINT64_C(0xfff) << 52},
	 7,
	 9,
	 0},
	{"an address without memory is lost",
	 {UINT64_C(0x900000025), UINT64_C(0xf00000000000)},
	 7,
	 7,
	 0},
};

static void a_wait_descriptor_reports_as_its_flags_say(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_queue(&rig, false);
		rig_poke(&rig, STATUS, waits[i].before);
		rig_submit(&rig, waits[i].words[0], waits[i].words[1]);
		if (rig_peek(&rig, STATUS) != waits[i].after ||
		    rig_read32(&rig, 0x9c) != waits[i].ics || rig_read64(&rig, 0x80) != 0x10)
			fail_msg("%s: %llx, ICS %x", waits[i].rule,
				 (unsigned long long)rig_peek(&rig, STATUS),
				 rig_read32(&rig, 0x9c));
		if (waits[i].before != waits[i].after) {
			assert_int_equal(rig.stores, 1);
			assert_int_equal(rig.stored[0].length, 4);
		}
		rig_close(&rig);
	}
}

/* 6.5.2.10 */
static void the_invalidation_event_obeys_iwc_im_and_ip(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_write32(&rig, 0xa4, 0x4321);
	rig_write32(&rig, 0xa8, 0xfee01000);
	rig_write32(&rig, 0xac, 0x12);
	rig_queue(&rig, false);

	/* Masked: pending, sent when unmasked. */
	rig_submit(&rig, 0x15, 0);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(rig_read32(&rig, 0xa0), 0xc0000000);
	rig_write32(&rig, 0xa0, 0);
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, UINT64_C(0x12fee01000));
	assert_int_equal(rig.message[0].data, 0x4321);
	assert_int_equal(rig_read32(&rig, 0xa0), 0);

	/* IWC stands: no new event. */
	rig_submit(&rig, 0x15, 0);
	assert_int_equal(rig.messages, 1);
	rig_write32(&rig, 0x9c, 1);
	assert_int_equal(rig_read32(&rig, 0x9c), 0);
	rig_submit(&rig, 0x15, 0);
	assert_int_equal(rig.messages, 2);

	/* Masked, and served before it was unmasked: dropped. */
	rig_write32(&rig, 0x9c, 1);
	rig_write32(&rig, 0xa0, 0x80000000);
	rig_submit(&rig, 0x15, 0);
	assert_int_equal(rig_read32(&rig, 0xa0), 0xc0000000);
	rig_write32(&rig, 0x9c, 1);
	assert_int_equal(rig_read32(&rig, 0xa0), 0x80000000);
	rig_write32(&rig, 0xa0, 0);
	assert_int_equal(rig.messages, 2);
	assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 2);
	rig_close(&rig);
}

/* ---- Messages to devices (6.5.2.5, 6.5.2.6, 7.6.1) ------------------------------------------ */

static const struct {
	const char *rule;
	uint64_t words[2];
	struct ioasim_atc_invalidation what;
} atcs[] = {
	{"one page",
	 {UINT64_C(0x123400000003), 0x5000},
	 {.requester_id = 0x1234, .first = 0x5000, .last = 0x5fff}},
	{"8 KiB",
	 {UINT64_C(0x123400000003), 0x4001},
	 {.requester_id = 0x1234, .first = 0x4000, .last = 0x5fff}},
	{"16 KiB",
	 {UINT64_C(0x123400000003), 0x5001},
	 {.requester_id = 0x1234, .first = 0x4000, .last = 0x7fff}},
	{"2 MiB",
	 {UINT64_C(0x123400000003), 0xfffff001 | 0x40000000},
	 {.requester_id = 0x1234, .first = 0, .last = UINT64_C(0x1ffffffff)}},
	{"everything",
	 {UINT64_C(0x123400000003), UINT64_C(0x7ffffffffffff001)},
	 {.requester_id = 0x1234, .first = 0, .last = ~UINT64_C(0)}},
	{"everything, no clear bit",
	 {UINT64_C(0x123400000003), UINT64_C(0xfffffffffffff001)},
	 {.requester_id = 0x1234, .first = 0, .last = ~UINT64_C(0)}},
	{"with PASID",
	 {UINT64_C(0xabcde56780008), 0x7000},
	 {.requester_id = 0x5678,
	  .has_pasid = true,
	  .pasid = 0xabcde,
	  .first = 0x7000,
	  .last = 0x7fff}},
	{"with PASID, 8 KiB",
	 {UINT64_C(0x156780008), 0x6800},
	 {.requester_id = 0x5678, .has_pasid = true, .pasid = 1, .first = 0x6000, .last = 0x7fff}},
	{"with PASID, global",
	 {UINT64_C(0x156780008), 0x7001},
	 {.requester_id = 0x5678,
	  .has_pasid = true,
	  .pasid = 1,
	  .global = true,
	  .first = 0x7000,
	  .last = 0x7fff}},
};

static void a_device_tlb_descriptor_tells_the_device_its_range(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(atcs) / sizeof(atcs[0]); i++) {
		const struct ioasim_atc_invalidation *want = &atcs[i].what, *have = &rig.atc[0];
		uint64_t words[2] = {atcs[i].words[0], atcs[i].words[1]};

		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_root(&rig, SCALABLE);
		rig_queue(&rig, true);
		rig_submit(&rig, words[0], words[1]);
		assert_int_equal(rig.atcs, 1);
		if (have->requester_id != want->requester_id || have->first != want->first ||
		    have->last != want->last || have->has_pasid != want->has_pasid ||
		    have->pasid != want->pasid || have->global != want->global)
			fail_msg("%s: %llx..%llx", atcs[i].rule, (unsigned long long)have->first,
				 (unsigned long long)have->last);
		rig_close(&rig);
	}
}

static void a_page_group_response_is_passed_on_as_it_is(void **state)
{
	const struct {
		uint64_t words[2];
		struct ioasim_page_response want;
	} rows[] = {
		{{UINT64_C(0xabcde00080019), 0xff8},
		 {.requester_id = 8, .has_pasid = true, .pasid = 0xabcde, .group = 0x1ff}},
		{{UINT64_C(0xabcde00081009), 0x18},
		 {.requester_id = 8, .group = 3, .code = IOASIM_PAGE_INVALID}},
		{{0x12340000 | 0xf009, 0x4}, {.requester_id = 0x1234, .code = IOASIM_PAGE_FAILURE}},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_root(&rig, SCALABLE);
	rig_queue(&rig, true);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ioasim_page_response *have = &rig.response[i];

		rig_submit(&rig, rows[i].words[0], rows[i].words[1]);
		assert_int_equal(rig.responses, i + 1);
		assert_int_equal(have->requester_id, rows[i].want.requester_id);
		assert_int_equal(have->has_pasid, rows[i].want.has_pasid);
		assert_int_equal(have->pasid, rows[i].want.pasid);
		assert_int_equal(have->group, rows[i].want.group);
		assert_int_equal(have->code, rows[i].want.code);
	}
	assert_int_equal(ioasim_unit_counters(rig.unit)->page_responses, 3);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reserved_bit_alone_stops_the_queue),
		cmocka_unit_test(a_command_is_counted_under_its_name),
		cmocka_unit_test(a_descriptor_is_judged_by_mode_width_and_capabilities),
		cmocka_unit_test(nothing_is_fetched_while_the_queue_is_off),
		cmocka_unit_test(the_queue_runs_while_remapping_is_off),
		cmocka_unit_test(head_and_tail_wrap_at_the_size_of_the_ring),
		cmocka_unit_test(one_tail_write_executes_all_up_to_it),
		cmocka_unit_test(a_ring_of_128_pages_holds_32768_descriptors),
		cmocka_unit_test(a_bad_tail_is_an_error_and_its_repair_goes_on),
		cmocka_unit_test(an_error_stops_at_the_descriptor_until_iqe_is_cleared),
		cmocka_unit_test(a_descriptor_that_cannot_be_read_is_an_error),
		cmocka_unit_test(a_wait_descriptor_reports_as_its_flags_say),
		cmocka_unit_test(the_invalidation_event_obeys_iwc_im_and_ip),
		cmocka_unit_test(a_device_tlb_descriptor_tells_the_device_its_range),
		cmocka_unit_test(a_page_group_response_is_passed_on_as_it_is),
	};

	return cmocka_run_group_tests_name("vtd_queue", tests, NULL, NULL);
}
