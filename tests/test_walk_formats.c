/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite that every page-table format passes, through the public interface:
 * every level and page size, lowest, highest and random addresses, every bit of
 * every entry alone, random maps against a shadow list, references counted.
 *
 * What bits mean is written down here from the specification: VT-d 9.7 and 9.8.
 */
#include "vtd_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HAW        46u
#define LEVELS_MAX 5
#define SHADOW     96

#define BITS(high, low) ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))

/* Bits that an entry may have: reserved, or with a meaning for address and rights. */
struct format {
	const char *name;
	unsigned levels;
	unsigned address_bits; /* of the input; sign-extended for the first stage */
	bool first;
	uint64_t pointer, leaf; /* entries that grant everything */
	uint64_t meaning; /* bits other than the address that translation looks at */
	uint64_t pointer_reserved[LEVELS_MAX], leaf_reserved[LEVELS_MAX];
	uint32_t reserved_reason, empty_reason;
	unsigned kind; /* of references */
};

/* 9.8, SC = 1, HAW = 46: bit 62, 51:46; bit 11 of pointers; PS where no page may be. */
#define SS_LEAF_RESERVED    (BITS(62, 62) | BITS(51, HAW))
#define SS_POINTER_RESERVED (SS_LEAF_RESERVED | BITS(11, 11))
#define SECOND(n)                                                                         \
	{                                                                                 \
		.name = "VT-d second stage, " #n " levels", .levels = n,                  \
		.address_bits = 12 + 9 * (n), .pointer = SS_RW, .leaf = SS_RW,            \
		.meaning = SS_RW | PS,                                                    \
		.pointer_reserved = {0, SS_POINTER_RESERVED, SS_POINTER_RESERVED,         \
				     SS_POINTER_RESERVED | PS, SS_POINTER_RESERVED | PS}, \
		.leaf_reserved = {SS_LEAF_RESERVED, SS_LEAF_RESERVED | BITS(20, 12),      \
				  SS_LEAF_RESERVED | BITS(29, 12)},                       \
		.reserved_reason = 0x0c, .empty_reason = 0x06, .kind = IOASIM_REF_STAGE2, \
	}

/* 9.7: 51:46; bits below the page but for PAT; PS where no page may be. */
#define FIRST(n)                                                                          \
	{                                                                                 \
		.name = "VT-d first stage, " #n " levels", .levels = n,                   \
		.address_bits = 12 + 9 * (n), .first = true, .pointer = FS_ALL,           \
		.leaf = FS_ALL | FS_D, .meaning = FS_ALL | FS_D | PS,                     \
		.pointer_reserved = {0, BITS(51, HAW), BITS(51, HAW), BITS(51, HAW) | PS, \
				     BITS(51, HAW) | PS},                                 \
		.leaf_reserved = {BITS(51, HAW), BITS(51, HAW) | BITS(20, 13),            \
				  BITS(51, HAW) | BITS(29, 13)},                          \
		.reserved_reason = 0x72, .empty_reason = 0x71, .kind = IOASIM_REF_STAGE1, \
	}

static const struct format formats[] = {SECOND(3), SECOND(4), SECOND(5), FIRST(4), FIRST(5)};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

struct suite {
	struct tables t;
	const struct format *format;
	uint64_t root;
};

static void suite_open(struct suite *s, const struct format *format)
{
	struct ioasim_unit_config config;
	unsigned levels = format->levels;

	rig_config(&config, RIG_FULL_CAP, RIG_FULL_ECAP);
	assert_int_equal(ioasim_unit_config_set(&config, "haw", HAW), 0);
	ioasim_unit_config_no_caches(&config);
	tables_open_with(&s->t, &config);
	s->format = format;
	s->root = tables_page(&s->t);
	if (format->first) {
		tables_scalable(&s->t, TABLES_SID, CONTEXT_SCALABLE, RID_PASID);
		tables_pasid(&s->t, 0, PGTT_FIRST, TABLES_DID | PASID_PWSNP,
			     s->root | (levels == 5 ? PASID_FSPM5 : 0));
		tables_start(&s->t, TABLES_SCALABLE);
	} else {
		tables_legacy(&s->t, TABLES_SID, s->root | CONTEXT_TT(0),
			      TABLES_DID << 8 | (levels - 2));
		tables_start(&s->t, TABLES_LEGACY);
	}
}

static void suite_close(struct suite *s)
{
	tables_close(&s->t);
}

static uint64_t page_size(unsigned level)
{
	return UINT64_C(1) << (12 + 9 * level);
}

/* An input address as devices send it. */
static uint64_t input(const struct format *format, uint64_t address)
{
	unsigned unused = 64 - format->address_bits;

	address = address << unused >> unused;
	return format->first ? (uint64_t)((int64_t)(address << unused) >> unused) : address;
}

/* A frame that is not in the interrupt range. */
static uint64_t frame(uint64_t random, unsigned level)
{
	return (random & BITS(HAW - 1, 0) & ~(page_size(level) - 1)) | UINT64_C(1) << (HAW - 1);
}

static struct ioasim_response ask(struct suite *s, uint64_t address)
{
	struct ioasim_request request = tables_request(address, IOASIM_READ);

	return tables_ask(&s->t, &request);
}

static void expect_page(struct suite *s, uint64_t address, uint64_t base, unsigned level)
{
	struct ioasim_response r = ask(s, address);

	if (r.outcome != IOASIM_OK || r.pa != (base | (address & (page_size(level) - 1))) ||
	    r.size_lg2 != 12 + 9 * level)
		fail_msg("%s: %#" PRIx64 " at level %u: outcome %u, reason %#x, pa %#" PRIx64
			 " instead of %#" PRIx64 " + offset",
			 s->format->name, address, level, r.outcome, r.fault.code, r.pa, base);
}

static void expect_reason(struct suite *s, uint64_t address, uint32_t reason, const char *what)
{
	struct ioasim_response r = ask(s, address);

	if (r.outcome != IOASIM_FAULT || r.fault.code != reason)
		fail_msg("%s: %s, %#" PRIx64 ": outcome %u, reason %#x instead of %#x",
			 s->format->name, what, address, r.outcome, r.fault.code, reason);
}

/* ---- The suite ---------------------------------------------------------------------- */

static void maps_every_size_at_every_address(void **state)
{
	uint64_t seed = tables_seed();

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (unsigned level = 0; level <= 2; level++) {
			uint64_t size = page_size(level);
			uint64_t top = (UINT64_C(1) << formats[f].address_bits) - size;
			uint64_t cases[] = {0,
					    top,
					    top / 2 & ~(size - 1),
					    top / 2 + size / 2,
					    tables_random(&seed),
					    tables_random(&seed)};

			for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
				struct suite s;
				uint64_t at = input(&formats[f], cases[i] & ~(size - 1));
				uint64_t base = frame(tables_random(&seed), level);

				suite_open(&s, &formats[f]);
				tables_map(&s.t, s.root, formats[f].levels, at, level,
					   base | formats[f].leaf);
				expect_page(&s, at, base, level);
				expect_page(&s, at + size - 1, base, level);
				expect_page(&s, at + tables_random(&seed) % size, base, level);
				expect_reason(&s, input(&formats[f], at ^ size),
					      formats[f].empty_reason, "neighbour");
				suite_close(&s);
			}
		}
	}
}

/* Each bit of the pointer or leaf at `level` alone. */
static void check_bits(struct suite *s, uint64_t entry, unsigned level, bool leaf, uint64_t at,
		       unsigned leaf_level, uint64_t base)
{
	const struct format *f = s->format;
	uint64_t reserved = leaf ? f->leaf_reserved[level] : f->pointer_reserved[level];
	uint64_t word = rig_peek(&s->t.rig, entry);
	uint64_t meaning = f->meaning;

	/* Bit 7 of the smallest page's entry is no page size. */
	if (leaf && level == 0)
		meaning &= ~PS;
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t mask = UINT64_C(1) << bit;
		bool address = bit >= 12 && bit < HAW && !(reserved & mask);

		if (address && leaf && level && f->first && bit == 12)
			address = false; /* PAT */
		if (reserved & mask) {
			rig_poke(&s->t.rig, entry, word | mask);
			expect_reason(s, at, f->reserved_reason, "reserved bit");
		} else if (!(meaning & mask) && !address) {
			rig_poke(&s->t.rig, entry, word ^ mask);
			expect_page(s, at, base, leaf_level);
		}
	}
	rig_poke(&s->t.rig, entry, word);
}

static void refuses_each_reserved_bit_and_ignores_each_ignored_one(void **state)
{
	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (unsigned leaf_level = 0; leaf_level <= 2; leaf_level++) {
			unsigned levels = formats[f].levels;
			uint64_t at = input(&formats[f], UINT64_C(0x5a5a5a5a5a5a5));
			uint64_t base = frame(0, leaf_level);
			struct suite s;

			suite_open(&s, &formats[f]);
			tables_map(&s.t, s.root, levels, at, leaf_level, base | formats[f].leaf);
			expect_page(&s, at, base, leaf_level);
			for (unsigned level = leaf_level; level < levels; level++) {
				uint64_t entry = tables_entry(&s.t, s.root, levels, at, level, 0);

				check_bits(&s, entry, level, level == leaf_level, at, leaf_level,
					   base);
			}
			suite_close(&s);
		}
	}
}

static void ignores_every_bit_of_an_entry_that_is_not_present(void **state)
{
	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		uint64_t present = formats[f].first ? FS_P : SS_RW;
		uint64_t at = input(&formats[f], UINT64_C(0x123456789000));
		struct suite s;

		suite_open(&s, &formats[f]);
		tables_map(&s.t, s.root, formats[f].levels, at, 0, formats[f].leaf);
		for (unsigned level = 0; level < formats[f].levels; level++) {
			uint64_t entry =
				tables_entry(&s.t, s.root, formats[f].levels, at, level, 0);
			uint64_t word = rig_peek(&s.t.rig, entry);

			rig_poke(&s.t.rig, entry, ~present);
			expect_reason(&s, at, formats[f].empty_reason, "not present");
			rig_poke(&s.t.rig, entry, word);
		}
		suite_close(&s);
	}
}

static void counts_one_reference_for_each_level(void **state)
{
	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (unsigned leaf_level = 0; leaf_level <= 2; leaf_level++) {
			uint64_t at = input(&formats[f], UINT64_C(0x123456789000));
			struct ioasim_response r;
			struct suite s;

			suite_open(&s, &formats[f]);
			tables_map(&s.t, s.root, formats[f].levels, at, leaf_level,
				   frame(0, leaf_level) | formats[f].leaf);
			r = ask(&s, at);
			for (unsigned level = 0; level < IOASIM_LEVELS; level++)
				assert_int_equal(r.cost.refs[formats[f].kind][level],
						 level >= leaf_level && level < formats[f].levels);
			suite_close(&s);
		}
	}
}

/* ---- Random maps against a list ------------------------------------------------------ */

struct mapping {
	uint64_t first, last, base;
	unsigned level;
};

static const struct mapping *shadow_find(const struct mapping *shadow, unsigned count,
					 uint64_t address)
{
	for (unsigned i = 0; i < count; i++)
		if (address >= shadow[i].first && address <= shadow[i].last)
			return &shadow[i];
	return NULL;
}

static bool shadow_overlaps(const struct mapping *shadow, unsigned count, uint64_t first,
			    uint64_t last)
{
	for (unsigned i = 0; i < count; i++)
		if (first <= shadow[i].last && last >= shadow[i].first)
			return true;
	return false;
}

/* Addresses in a few crowded places, so that mappings meet. */
static uint64_t crowded(const struct format *format, uint64_t *seed)
{
	uint64_t place = tables_random(seed) % 3 << (format->address_bits - 2);

	return input(format, place + tables_random(seed) % (page_size(2) * 3));
}

static void agrees_with_a_list_of_random_mappings(void **state)
{
	uint64_t seed = tables_seed();

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		struct mapping shadow[SHADOW];
		unsigned count = 0;
		struct suite s;

		suite_open(&s, &formats[f]);
		for (unsigned i = 0; i < SHADOW; i++) {
			unsigned level = (unsigned)(tables_random(&seed) % 3);
			uint64_t first = crowded(&formats[f], &seed) & ~(page_size(level) - 1);
			uint64_t base = frame(tables_random(&seed), level);

			if (shadow_overlaps(shadow, count, first, first + page_size(level) - 1))
				continue;
			tables_map(&s.t, s.root, formats[f].levels, first, level,
				   base | formats[f].leaf);
			shadow[count++] =
				(struct mapping){first, first + page_size(level) - 1, base, level};
		}
		for (unsigned i = 0; i < 2000; i++) {
			uint64_t at =
				i % 2 ? crowded(&formats[f], &seed)
				      : shadow[i / 2 % count].first + tables_random(&seed) % 4096;
			const struct mapping *mapping = shadow_find(shadow, count, at);

			if (mapping)
				expect_page(&s, at, mapping->base, mapping->level);
			else
				expect_reason(&s, at, formats[f].empty_reason, "unmapped");
		}
		suite_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_every_size_at_every_address),
		cmocka_unit_test(refuses_each_reserved_bit_and_ignores_each_ignored_one),
		cmocka_unit_test(ignores_every_bit_of_an_entry_that_is_not_present),
		cmocka_unit_test(counts_one_reference_for_each_level),
		cmocka_unit_test(agrees_with_a_list_of_random_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
