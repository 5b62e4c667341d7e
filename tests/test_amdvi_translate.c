/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host page tables (2.2.3): modes, levels and levels skipped, page sizes, rights, flags,
 * and the event of whatever is wrong. Every walk is made with caches and without.
 */
#include "amdvi_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define R  IOASIM_READ
#define W  IOASIM_WRITE
#define RW (IOASIM_READ | IOASIM_WRITE)

#define LEVELS 6
#define INPUT  UINT64_C(0xb6db6db6db6db6db) /* every index of every level is not 0 */
#define DATA   UINT64_C(0x9876543210000)

enum { PAGE_FAULT = 2, PAGE_BUS_ERROR = 4 };

struct bench {
	struct amd_tables t;
	unsigned mode;
	uint64_t root;
};

static uint64_t low_bits(unsigned n)
{
	return n > 63 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

static unsigned span_lg2(unsigned level)
{
	return 12 + 9 * level;
}

/* The part of INPUT that a table of this mode takes. */
static uint64_t input_of(unsigned mode)
{
	return INPUT & low_bits(span_lg2(mode));
}

static void bench_open_had(struct bench *b, unsigned mode, bool caches, unsigned had)
{
	amd_tables_open(&b->t, caches);
	b->mode = mode;
	b->root = amd_page(&b->t);
	amd_dte(&b->t, AMD_ID, DTE_OK | DTE_MODE(mode) | DTE_HAD(had) | b->root, AMD_DOMAIN, 0);
	amd_start(&b->t.rig, AMD_ON);
}

static void bench_open(struct bench *b, unsigned mode, bool caches)
{
	bench_open_had(b, mode, caches, 0);
}

static void bench_close(struct bench *b)
{
	amd_tables_close(&b->t);
}

static struct ioasim_response ask(struct bench *b, uint64_t address, unsigned access)
{
	struct ioasim_request request = amd_request(address, access);

	return amd_ask(&b->t, &request);
}

/* ---- Modes, levels ------------------------------------------------------------------------ */

static void each_mode_maps_all_that_its_levels_index(void **state)
{
	(void)state;
	for (unsigned mode = 1; mode <= LEVELS; mode++) {
		uint64_t top = low_bits(span_lg2(mode));
		const uint64_t places[] = {0, input_of(mode), top};

		for (unsigned caches = 0; caches < 2; caches++) {
			for (size_t i = 0; i < COUNT(places); i++) {
				struct bench b;
				struct ioasim_response r;

				bench_open(&b, mode, caches);
				amd_host_map(&b.t, b.root, mode, places[i], 0, DATA | HOST_PAGE);
				r = ask(&b, places[i], RW);
				amd_expect_pa(&r, DATA | (places[i] & 0xfff), 12, RW);
				assert_int_equal(r.domain, AMD_DOMAIN);
				r = ask(&b, places[i] ^ 0x1000, R);
				amd_expect_event(&r, PAGE_FAULT, 0, places[i] ^ 0x1000);
				bench_close(&b);
			}
		}
	}
}

/* Bits above the top level's index are zero, or it is a page fault without a walk. */
static void an_address_beyond_the_mode_is_a_page_fault(void **state)
{
	(void)state;
	for (unsigned mode = 1; mode < LEVELS; mode++) {
		struct bench b;

		bench_open(&b, mode, true);
		amd_host_map(&b.t, b.root, mode, 0x5000, 0, DATA | HOST_PAGE);
		for (unsigned bit = span_lg2(mode); bit < 64; bit++) {
			uint64_t address = 0x5000 | UINT64_C(1) << bit;
			struct ioasim_response r = ask(&b, address, R);

			amd_expect_event(&r, PAGE_FAULT, 0, address);
			assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2), 0);
		}
		bench_close(&b);
	}
}

/* Next Level n - 1 skips nothing, less skips; n and more is no level below (RZ). */
static void a_pointer_leads_to_any_lower_level(void **state)
{
	(void)state;
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned next = 1; next <= 6; next++) {
			for (unsigned caches = 0; caches < 2; caches++) {
				uint64_t kept = input_of(LEVELS) & ~(low_bits(span_lg2(level)) &
								     ~low_bits(span_lg2(next)));
				struct bench b;
				struct ioasim_response r;
				uint64_t entry, table;

				bench_open(&b, LEVELS, caches);
				table = amd_page(&b.t);
				entry = amd_host_entry(&b.t, b.root, LEVELS, kept, level);
				amd_poke(&b.t.rig, entry, table | HOST_PAGE | HOST_NEXT(next));
				if (next <= level)
					amd_host_map(&b.t, table, next,
						     kept & low_bits(span_lg2(next)), 0,
						     DATA | HOST_PAGE);
				for (unsigned round = 0; round < 2; round++) {
					r = ask(&b, kept, W);
					if (next <= level)
						amd_expect_pa(&r, DATA | (kept & 0xfff), 12, RW);
					else
						amd_expect_event(&r, PAGE_FAULT,
								 EVENT_PR | EVENT_RZ | EVENT_RW,
								 kept);
				}
				if (!caches && next <= level)
					assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2),
							 LEVELS - level + next);
				bench_close(&b);
			}
		}
	}
}

static void address_bits_of_skipped_levels_are_zero(void **state)
{
	(void)state;
	for (unsigned level = 2; level < LEVELS; level++) {
		for (unsigned next = 1; next < level; next++) {
			uint64_t skipped = low_bits(span_lg2(level)) & ~low_bits(span_lg2(next));
			struct bench b;
			uint64_t table;

			bench_open(&b, LEVELS, true);
			table = amd_page(&b.t);
			amd_poke(&b.t.rig, amd_host_entry(&b.t, b.root, LEVELS, 0, level),
				 table | HOST_PAGE | HOST_NEXT(next));
			amd_host_map(&b.t, table, next, 0, 0, DATA | HOST_PAGE);
			for (unsigned round = 0; round < 2; round++) {
				struct ioasim_response r = ask(&b, 0x10, R);

				amd_expect_pa(&r, DATA | 0x10, 12, RW);
				for (unsigned bit = 0; bit < 64; bit++) {
					uint64_t address = UINT64_C(1) << bit;

					if (!(skipped & address))
						continue;
					r = ask(&b, address, R);
					amd_expect_event(&r, PAGE_FAULT, EVENT_PR, address);
				}
			}
			bench_close(&b);
		}
	}
}

/* ---- Page sizes ------------------------------------------------------------------------------- */

static void next_level_0_is_a_page_of_the_levels_size(void **state)
{
	(void)state;
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned caches = 0; caches < 2; caches++) {
			uint64_t size_bits = low_bits(span_lg2(level)), address = input_of(LEVELS);
			struct bench b;

			bench_open(&b, LEVELS, caches);
			/* Address bits inside the page do not count. */
			amd_host_map(&b.t, b.root, LEVELS, address, level, DATA | HOST_PAGE);
			for (unsigned round = 0; round < 2; round++) {
				struct ioasim_response r = ask(&b, address, R);

				if (level < 5)
					amd_expect_pa(&r,
						      (DATA & ~size_bits) | (address & size_bits),
						      span_lg2(level), RW);
				else
					amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_RZ,
							 address);
			}
			bench_close(&b);
		}
	}
}

/* Between the level's own size and that of the level above. */
static bool size_fits(unsigned lg2, unsigned level)
{
	return level < 5 && lg2 > span_lg2(level) && lg2 < span_lg2(level + 1);
}

static void next_level_7_codes_the_size_in_the_address(void **state)
{
	(void)state;
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned lg2 = 13; lg2 <= 52; lg2++) {
			uint64_t address = input_of(LEVELS), size_bits = low_bits(lg2);
			struct bench b;
			uint64_t entry;

			bench_open(&b, LEVELS, true);
			entry = amd_host_map(&b.t, b.root, LEVELS, address, level,
					     amd_host_coded(DATA, lg2));
			for (unsigned round = 0; round < 2; round++) {
				struct ioasim_response r = ask(&b, address, R);

				if (size_fits(lg2, level))
					amd_expect_pa(&r,
						      (DATA & ~size_bits) | (address & size_bits),
						      lg2, RW);
				else
					amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_RZ,
							 address);
			}
			/* All ones: no page of 52 bits has that size. */
			amd_poke(&b.t.rig, entry, HOST_PAGE | HOST_NEXT(7) | 0xffffffffff000);
			amd_invalidate_all(&b.t);
			struct ioasim_response r = ask(&b, address, R);

			amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_RZ, address);
			bench_close(&b);
		}
	}
}

/* Only the entry of the address is read: the others of the page may say anything. */
static void one_of_a_pages_entries_is_enough(void **state)
{
	struct bench b;
	struct ioasim_response r;

	(void)state;
	bench_open(&b, 3, true);
	amd_host_map(&b.t, b.root, 3, 0x47000, 0, amd_host_coded(DATA, 16));
	r = ask(&b, 0x47123, R);
	amd_expect_pa(&r, (DATA & ~low_bits(16)) | 0x7123, 16, RW);
	amd_invalidate_all(&b.t);
	r = ask(&b, 0x46123, R);
	amd_expect_event(&r, PAGE_FAULT, 0, 0x46123);
	bench_close(&b);
}

/* ---- What is wrong with an entry ---------------------------------------------------------------- */

static void each_reserved_bit_of_an_entry_is_refused_at_every_level(void **state)
{
	(void)state;
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned leaf = 0; leaf < 2; leaf++) {
			unsigned last_reserved = leaf ? 58 : 60;
			struct bench b;
			uint64_t entry, word;

			if (leaf ? level == 5 : level == 0)
				continue;
			bench_open(&b, LEVELS, false);
			amd_host_map(&b.t, b.root, LEVELS, INPUT, leaf ? level : 0,
				     DATA | HOST_PAGE);
			entry = amd_host_entry(&b.t, b.root, LEVELS, INPUT, level);
			word = amd_peek(&b.t.rig, entry);
			for (unsigned bit = 0; bit < 64; bit++) {
				bool reserved = bit >= 52 && bit <= last_reserved;
				bool ignored = (bit >= 1 && bit <= 8) || bit > last_reserved;
				struct ioasim_response r;

				if (bit == 61 || bit == 62 || (!reserved && !ignored))
					continue;
				amd_poke(&b.t.rig, entry, word | UINT64_C(1) << bit);
				r = ask(&b, INPUT, R);
				if (reserved && r.outcome == IOASIM_OK)
					fail_msg("level %u, leaf %u, bit %u passes", level, leaf,
						 bit);
				if (reserved)
					amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_RZ,
							 INPUT);
				else
					assert_int_equal(r.outcome, IOASIM_OK);
			}
			bench_close(&b);
		}
	}
}

/* Present is judged first, then what is reserved, then rights. */
static void faults_of_one_entry_come_in_their_order(void **state)
{
	static const struct {
		uint64_t entry;
		uint64_t flags;
	} rows[] = {
		{~UINT64_C(1), 0},
		{UINT64_C(1) << 52 | HOST_PR, EVENT_PR | EVENT_RZ},
		{HOST_NEXT(3) | HOST_PR, EVENT_PR | EVENT_RZ},
		{HOST_NEXT(7) | HOST_PR | UINT64_C(0xfffff) << 12, EVENT_PR | EVENT_RZ},
		{HOST_PR, EVENT_PR | EVENT_PE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bench b;
		struct ioasim_response r;

		bench_open(&b, 2, true);
		amd_host_map(&b.t, b.root, 2, 0x5000, 0, rows[i].entry);
		r = ask(&b, 0x5000, R);
		amd_expect_event(&r, PAGE_FAULT, rows[i].flags, 0x5000);
		assert_int_equal(r.fault.record[0] & 0xffff, AMD_ID);
		assert_int_equal(r.fault.record[0] >> 32 & 0xffff, AMD_DOMAIN);
		r = ask(&b, 0x5000, W);
		amd_expect_event(&r, PAGE_FAULT, rows[i].flags | EVENT_RW, 0x5000);
		bench_close(&b);
	}
}

static void an_entry_that_cannot_be_read_is_told_by_its_address(void **state)
{
	(void)state;
	for (unsigned level = 0; level < LEVELS; level++) {
		struct bench b;
		struct ioasim_response r;
		uint64_t entry;

		bench_open(&b, LEVELS, false);
		amd_host_map(&b.t, b.root, LEVELS, INPUT, 0, DATA | HOST_PAGE);
		entry = amd_host_entry(&b.t, b.root, LEVELS, INPUT, level);
		assert_int_equal(ioasim_memory_abort(b.t.rig.memory, entry, entry + 7), 0);
		r = ask(&b, INPUT, W);
		amd_expect_event(&r, PAGE_BUS_ERROR, EVENT_RW | EVENT_TYPE(2),
				 entry & ~UINT64_C(15));
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2), LEVELS - level);
		bench_close(&b);
	}
}

/* ---- Rights -------------------------------------------------------------------------------------- */

static uint64_t right_bits(unsigned rights)
{
	return (rights & R ? HOST_IR : 0) | (rights & W ? HOST_IW : 0);
}

/* `limited` is one level, or the device table entry. */
static void check_rights(unsigned limited, unsigned rights, unsigned access, bool caches)
{
	unsigned other = access ^ RW;
	struct bench b;
	struct ioasim_response r;
	uint64_t entry;

	bench_open(&b, LEVELS, caches);
	amd_host_map(&b.t, b.root, LEVELS, INPUT, 0, DATA | HOST_PAGE);
	if (limited < LEVELS) {
		entry = amd_host_entry(&b.t, b.root, LEVELS, INPUT, limited);
		amd_poke(&b.t.rig, entry,
			 (amd_peek(&b.t.rig, entry) & ~HOST_RW) | right_bits(rights));
	} else {
		amd_dte(&b.t, AMD_ID,
			DTE_V | DTE_TV | DTE_MODE(LEVELS) | right_bits(rights) | b.root, AMD_DOMAIN,
			0);
	}
	/* The other kind of access first, so that caches know the page. */
	if (other)
		(void)ask(&b, INPUT, other);
	for (unsigned round = 0; round < 2; round++) {
		r = ask(&b, INPUT, access);
		if ((access & rights) == access)
			amd_expect_pa(&r, DATA | (INPUT & 0xfff), 12, rights);
		else
			amd_expect_event(&r, PAGE_FAULT,
					 EVENT_PR | EVENT_PE | (access & W ? EVENT_RW : 0), INPUT);
	}
	bench_close(&b);
}

static void rights_are_anded_over_the_entry_and_all_levels(void **state)
{
	(void)state;
	for (unsigned limited = 0; limited <= LEVELS; limited++)
		for (unsigned rights = 0; rights <= RW; rights++)
			for (unsigned access = R; access <= RW; access++)
				for (unsigned caches = 0; caches < 2; caches++)
					check_rights(limited, rights, access, caches);
}

/* A request for nothing is a read, cached or not. */
static void a_zero_length_read_needs_ir(void **state)
{
	struct bench b;
	struct ioasim_response r;

	(void)state;
	bench_open(&b, 3, true);
	amd_host_map(&b.t, b.root, 3, 0x5000, 0, DATA | HOST_PR | HOST_IW);
	(void)ask(&b, 0x5000, W);
	r = ask(&b, 0x5000, 0);
	amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE, 0x5000);
	amd_host_map(&b.t, b.root, 3, 0x6000, 0, DATA | HOST_PAGE);
	for (unsigned round = 0; round < 2; round++) {
		r = ask(&b, 0x6000, 0);
		amd_expect_pa(&r, DATA, 12, RW);
	}
	bench_close(&b);
}

/* A domain's translations serve all of its devices, each with its own IR and IW. */
static void each_device_has_its_own_rights_to_a_shared_table(void **state)
{
	struct bench b;
	struct ioasim_request second = amd_request(0x5000, W);
	struct ioasim_response r;

	(void)state;
	bench_open(&b, 3, true);
	amd_host_map(&b.t, b.root, 3, 0x5000, 0, DATA | HOST_PAGE);
	amd_dte(&b.t, AMD_ID + 1, DTE_V | DTE_TV | DTE_IR | DTE_MODE(3) | b.root, AMD_DOMAIN, 0);
	second.requester_id = AMD_ID + 1;
	r = ask(&b, 0x5000, W);
	amd_expect_pa(&r, DATA, 12, RW);
	r = amd_ask(&b.t, &second);
	amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE | EVENT_RW, 0x5000);
	second.access = R;
	r = amd_ask(&b.t, &second);
	amd_expect_pa(&r, DATA, 12, R);
	assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2), 0);
	r = ask(&b, 0x5000, W);
	amd_expect_pa(&r, DATA, 12, RW);
	bench_close(&b);
}

/* ---- Accessed and dirty ------------------------------------------------------------------------------ */

static void flags_are_set_as_had_says(void **state)
{
	static const struct {
		unsigned had, access;
		uint64_t pointer, leaf;
	} rows[] = {
		{0, R, 0, 0},
		{0, W, 0, 0},
		{1, R, HOST_A, HOST_A},
		{1, W, HOST_A, HOST_A},
		{3, R, HOST_A, HOST_A},
		{3, W, HOST_A, HOST_A | HOST_D},
		{3, RW, HOST_A, HOST_A | HOST_D},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned caches = 0; caches < 2; caches++) {
			struct bench b;
			struct ioasim_response r;

			bench_open_had(&b, 4, caches, rows[i].had);
			amd_host_map(&b.t, b.root, 4, 0x5000, 0, DATA | HOST_PAGE);
			r = ask(&b, 0x5000, rows[i].access);
			amd_expect_pa(&r, DATA, 12, RW);
			for (unsigned level = 0; level < 4; level++) {
				uint64_t entry = amd_host_entry(&b.t, b.root, 4, 0x5000, level);

				assert_int_equal(amd_peek(&b.t.rig, entry) & (HOST_A | HOST_D),
						 level ? rows[i].pointer : rows[i].leaf);
			}
			assert_int_equal(r.cost.flag_updates, rows[i].had ? 4 : 0);
			/* What is set is not written again. */
			r = ask(&b, 0x5000, rows[i].access);
			assert_int_equal(r.cost.flag_updates, 0);
			bench_close(&b);
		}
	}
}

static void a_cached_page_still_becomes_dirty(void **state)
{
	struct bench b;
	struct ioasim_response r;
	uint64_t entry;

	(void)state;
	bench_open_had(&b, 3, true, 3);
	entry = amd_host_map(&b.t, b.root, 3, 0x5000, 0, DATA | HOST_PAGE);
	(void)ask(&b, 0x5000, R);
	assert_int_equal(amd_peek(&b.t.rig, entry) & HOST_D, 0);
	r = ask(&b, 0x5000, W);
	amd_expect_pa(&r, DATA, 12, RW);
	assert_int_equal(amd_peek(&b.t.rig, entry) & HOST_D, HOST_D);
	/* Software has taken the dirty bit away; the cached one may still be used. */
	r = ask(&b, 0x5000, W);
	assert_int_equal(amd_refs_all(&r.cost), 0);
	bench_close(&b);
}

/* 2.2.3: a write that is refused leaves no dirty bit, and nothing below its entry. */
static void a_refused_write_is_not_dirty(void **state)
{
	(void)state;
	for (unsigned limited = 0; limited <= 4; limited++) {
		struct bench b;
		struct ioasim_response r;
		uint64_t entry;

		bench_open_had(&b, 4, false, 3);
		amd_host_map(&b.t, b.root, 4, 0x5000, 0, DATA | HOST_PAGE);
		if (limited < 4) {
			entry = amd_host_entry(&b.t, b.root, 4, 0x5000, limited);
			amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) & ~HOST_IW);
		} else {
			amd_dte(&b.t, AMD_ID,
				DTE_V | DTE_TV | DTE_IR | DTE_MODE(4) | DTE_HAD(3) | b.root,
				AMD_DOMAIN, 0);
		}
		r = ask(&b, 0x5000, W);
		amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE | EVENT_RW, 0x5000);
		for (unsigned level = 0; level <= limited && level < 4; level++) {
			entry = amd_host_entry(&b.t, b.root, 4, 0x5000, level);
			assert_int_equal(amd_peek(&b.t.rig, entry) & (HOST_A | HOST_D), 0);
		}
		bench_close(&b);
	}
}

/* What another agent does to an entry between the unit's read and its update. */
struct meddler {
	struct ioasim_memory *memory;
	uint64_t entry, word;
	unsigned times;
};

static void meddle(void *opaque, const struct ioasim_fetch *fetch)
{
	struct meddler *m = opaque;

	if (fetch->pa != m->entry || !m->times)
		return;
	m->times--;
	assert_int_equal(ioasim_memory_write64(m->memory, m->entry, m->word), 0);
}

static void flags_are_set_by_compare_and_swap(void **state)
{
	static const struct {
		uint64_t word;
		uint64_t flags; /* of the event; 0: the new page is used */
		uint64_t after;
	} rows[] = {
		{0, EVENT_RW, 0},
		{(DATA + 0x1000) | (HOST_PAGE & ~HOST_IW), EVENT_RW | EVENT_PR | EVENT_PE,
		 (DATA + 0x1000) | (HOST_PAGE & ~HOST_IW)},
		{(DATA + 0x1000) | HOST_PAGE, 0, (DATA + 0x1000) | HOST_PAGE | HOST_A | HOST_D},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ioasim_unit_config config;
		struct meddler meddler = {.word = rows[i].word, .times = 1};
		struct ioasim_request request = amd_request(0x5000, W);
		struct ioasim_response r;
		struct ioasim_unit *unit;
		struct bench b;

		bench_open_had(&b, 3, false, 3);
		meddler.entry = amd_host_map(&b.t, b.root, 3, 0x5000, 0, DATA | HOST_PAGE);
		meddler.memory = b.t.rig.memory;
		amd_config(&config, AMD_FULL_EFR, 0);
		ioasim_unit_config_no_caches(&config);
		config.callbacks.fetch = meddle;
		config.opaque = &meddler;
		assert_int_equal(ioasim_unit_create(&config, b.t.rig.memory, &unit, NULL), 0);
		assert_int_equal(ioasim_mmio_write(unit, 0, 8, AMD_DEVTAB | 0x1ff), 0);
		assert_int_equal(ioasim_mmio_write(unit, 0x18, 8, 1), 0);
		memset(&r, 0, sizeof(r));
		ioasim_translate(unit, &request, &r);
		if (rows[i].flags)
			amd_expect_event(&r, PAGE_FAULT, rows[i].flags, 0x5000);
		else
			amd_expect_pa(&r, DATA + 0x1000, 12, RW);
		assert_int_equal(amd_peek(&b.t.rig, meddler.entry), rows[i].after);
		ioasim_unit_destroy(unit);
		bench_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_maps_all_that_its_levels_index),
		cmocka_unit_test(an_address_beyond_the_mode_is_a_page_fault),
		cmocka_unit_test(a_pointer_leads_to_any_lower_level),
		cmocka_unit_test(address_bits_of_skipped_levels_are_zero),
		cmocka_unit_test(next_level_0_is_a_page_of_the_levels_size),
		cmocka_unit_test(next_level_7_codes_the_size_in_the_address),
		cmocka_unit_test(one_of_a_pages_entries_is_enough),
		cmocka_unit_test(each_reserved_bit_of_an_entry_is_refused_at_every_level),
		cmocka_unit_test(faults_of_one_entry_come_in_their_order),
		cmocka_unit_test(an_entry_that_cannot_be_read_is_told_by_its_address),
		cmocka_unit_test(rights_are_anded_over_the_entry_and_all_levels),
		cmocka_unit_test(a_zero_length_read_needs_ir),
		cmocka_unit_test(each_device_has_its_own_rights_to_a_shared_table),
		cmocka_unit_test(flags_are_set_as_had_says),
		cmocka_unit_test(a_cached_page_still_becomes_dirty),
		cmocka_unit_test(a_refused_write_is_not_dirty),
		cmocka_unit_test(flags_are_set_by_compare_and_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
