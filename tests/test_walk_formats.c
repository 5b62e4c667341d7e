/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite that every page-table format passes, through the public interface: every
 * level and page size, lowest, highest and random addresses, every bit of every entry
 * alone, random maps against a shadow list, references counted.
 */
#include "walk_formats.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SHADOW 96

static const struct {
	unsigned (*count)(void);
	void (*format)(unsigned n, struct format *format);
} architectures[] = {
	{formats_vtd, format_vtd},
	{formats_amdvi, format_amdvi},
	{formats_smmu, format_smmu},
};

struct suite {
	const struct format *format;
	void *unit;
};

/* Runs one check on every format. */
static void each_format(void (*check)(const struct format *format, uint64_t *seed), uint64_t *seed)
{
	for (size_t a = 0; a < sizeof(architectures) / sizeof(architectures[0]); a++) {
		for (unsigned n = 0; n < architectures[a].count(); n++) {
			struct format format;

			architectures[a].format(n, &format);
			check(&format, seed);
		}
	}
}

static uint64_t seed_from_environment(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

/* splitmix64 */
static uint64_t next(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static struct suite suite_open(const struct format *format)
{
	return (struct suite){format, format->kit->open(format)};
}

static void suite_close(struct suite *s)
{
	s->format->kit->close(s->unit);
}

static uint64_t page_size(const struct format *format, unsigned level)
{
	return UINT64_C(1) << format->shift[level];
}

static unsigned top_leaf(const struct format *format)
{
	return 31u - (unsigned)__builtin_clz(format->leaves);
}

/* An input address as devices send it. */
static uint64_t input(const struct format *format, uint64_t address)
{
	unsigned unused = 64 - format->input_bits;

	address = address << unused >> unused;
	switch (format->above) {
	case ABOVE_ONES:
		return address | ~UINT64_C(0) << format->input_bits;
	case ABOVE_SIGN:
		return (uint64_t)((int64_t)(address << unused) >> unused);
	case ABOVE_ZERO:
		break;
	}
	return address;
}

/* A frame with the top bit of addresses set, so that it is no special range. */
static uint64_t frame(const struct format *format, uint64_t random, unsigned level)
{
	return (random & FORMAT_BITS(format->output_bits - 1, 0) &
		~(page_size(format, level) - 1)) |
	       UINT64_C(1) << (format->output_bits - 1);
}

static void map(struct suite *s, uint64_t address, unsigned level, uint64_t base)
{
	const struct format_kit *kit = s->format->kit;

	kit->poke(s->unit, kit->entry(s->unit, address, level),
		  base | (level ? s->format->block : s->format->page));
}

static struct ioasim_response ask(struct suite *s, uint64_t address)
{
	return s->format->kit->read(s->unit, address);
}

static void expect_page(struct suite *s, uint64_t address, uint64_t base, unsigned level)
{
	struct ioasim_response r = ask(s, address);

	if (r.outcome != IOASIM_OK ||
	    r.pa != (base | (address & (page_size(s->format, level) - 1))) ||
	    r.size_lg2 != s->format->shift[level])
		fail_msg("%s: %#" PRIx64 " at level %u: outcome %u, fault %#x, pa %#" PRIx64
			 " instead of %#" PRIx64 " + offset",
			 s->format->name, address, level, r.outcome, r.fault.code, r.pa, base);
}

static void expect_fault(struct suite *s, uint64_t address, uint32_t code, const char *what)
{
	struct ioasim_response r = ask(s, address);

	if (r.outcome != IOASIM_FAULT || r.fault.code != code)
		fail_msg("%s: %s, %#" PRIx64 ": outcome %u, fault %#x instead of %#x",
			 s->format->name, what, address, r.outcome, r.fault.code, code);
}

/* ---- The suite ---------------------------------------------------------------------- */

static void check_address(const struct format *format, uint64_t address, unsigned level,
			  uint64_t *seed)
{
	uint64_t size = page_size(format, level);
	uint64_t at = input(format, address & ~(size - 1));
	uint64_t base = frame(format, next(seed), level);
	struct suite s = suite_open(format);

	map(&s, at, level, base);
	expect_page(&s, at, base, level);
	expect_page(&s, at + size - 1, base, level);
	expect_page(&s, at + next(seed) % size, base, level);
	expect_fault(&s, input(format, at ^ size), format->empty_code, "neighbour");
	suite_close(&s);
}

static void check_sizes(const struct format *format, uint64_t *seed)
{
	for (unsigned level = 0; level < format->levels; level++) {
		uint64_t size = page_size(format, level);
		uint64_t top = (UINT64_C(1) << format->input_bits) - size;
		uint64_t cases[] = {
			0, top, top / 2 & ~(size - 1), top / 2 + size / 2, next(seed), next(seed)};

		/* One entry alone has no neighbour. */
		if (!(format->leaves & 1u << level) || format->shift[level] == format->input_bits)
			continue;
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			check_address(format, cases[i], level, seed);
	}
}

static void maps_every_size_at_every_address(void **state)
{
	uint64_t seed = seed_from_environment();

	(void)state;
	each_format(check_sizes, &seed);
}

/* Each bit of the pointer or leaf at `level` alone. */
static void check_bits(struct suite *s, uint64_t at, unsigned level, unsigned leaf_level,
		       uint64_t base)
{
	const struct format *f = s->format;
	const struct format_kit *kit = f->kit;
	bool leaf = level == leaf_level;
	uint64_t entry = kit->entry(s->unit, at, level);
	uint64_t word = kit->peek(s->unit, entry);

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t mask = UINT64_C(1) << bit;

		if (f->refused[leaf][level] & mask) {
			kit->poke(s->unit, entry, word | mask);
			expect_fault(s, at, f->refused_code, "refused bit");
		} else if (!(f->effective[leaf][level] & mask)) {
			kit->poke(s->unit, entry, word ^ mask);
			expect_page(s, at, base, leaf_level);
		}
	}
	kit->poke(s->unit, entry, word);
}

static void check_all_bits(const struct format *format, uint64_t *seed)
{
	(void)seed;
	for (unsigned leaf_level = 0; leaf_level < format->levels; leaf_level++) {
		uint64_t at = input(format, UINT64_C(0x5a5a5a5a5a5a5));
		uint64_t base = frame(format, 0, leaf_level);
		struct suite s;

		if (!(format->leaves & 1u << leaf_level))
			continue;
		s = suite_open(format);
		map(&s, at, leaf_level, base);
		expect_page(&s, at, base, leaf_level);
		for (unsigned level = leaf_level; level < format->levels; level++)
			check_bits(&s, at, level, leaf_level, base);
		suite_close(&s);
	}
}

static void refuses_each_reserved_bit_and_ignores_each_ignored_one(void **state)
{
	(void)state;
	each_format(check_all_bits, NULL);
}

static void check_absent(const struct format *format, uint64_t *seed)
{
	uint64_t at = input(format, UINT64_C(0x123456789000));
	struct suite s = suite_open(format);

	(void)seed;
	map(&s, at, 0, frame(format, 0, 0));
	for (unsigned level = 0; level < format->levels; level++) {
		uint64_t entry = format->kit->entry(s.unit, at, level);
		uint64_t word = format->kit->peek(s.unit, entry);

		format->kit->poke(s.unit, entry, ~format->present);
		expect_fault(&s, at, format->empty_code, "not present");
		format->kit->poke(s.unit, entry, word);
	}
	suite_close(&s);
}

static void ignores_every_bit_of_an_entry_that_is_not_present(void **state)
{
	(void)state;
	each_format(check_absent, NULL);
}

static void check_references(const struct format *format, uint64_t *seed)
{
	(void)seed;
	for (unsigned leaf_level = 0; leaf_level < format->levels; leaf_level++) {
		uint64_t at = input(format, UINT64_C(0x123456789000));
		struct ioasim_response r;
		struct suite s;

		if (!(format->leaves & 1u << leaf_level))
			continue;
		s = suite_open(format);
		map(&s, at, leaf_level, frame(format, 0, leaf_level));
		r = ask(&s, at);
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			assert_int_equal(r.cost.refs[format->kind][level],
					 level >= leaf_level && level < format->levels);
		suite_close(&s);
	}
}

static void counts_one_reference_for_each_level(void **state)
{
	(void)state;
	each_format(check_references, NULL);
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
	uint64_t place = next(seed) % 3 << (format->input_bits - 2);

	return input(format, place + next(seed) % (page_size(format, top_leaf(format)) * 3));
}

static unsigned some_leaf_level(const struct format *format, uint64_t *seed)
{
	unsigned level;

	do
		level = (unsigned)(next(seed) % format->levels);
	while (!(format->leaves & 1u << level));
	return level;
}

static void check_random(const struct format *format, uint64_t *seed)
{
	struct suite s = suite_open(format);
	struct mapping shadow[SHADOW];
	unsigned count = 0;

	for (unsigned i = 0; i < SHADOW; i++) {
		unsigned level = some_leaf_level(format, seed);
		uint64_t size = page_size(format, level);
		uint64_t first = crowded(format, seed) & ~(size - 1);
		uint64_t base = frame(format, next(seed), level);

		if (shadow_overlaps(shadow, count, first, first + size - 1))
			continue;
		map(&s, first, level, base);
		shadow[count++] = (struct mapping){first, first + size - 1, base, level};
	}
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t at = i % 2 ? crowded(format, seed)
				    : shadow[i / 2 % count].first + next(seed) % 4096;
		const struct mapping *mapping = shadow_find(shadow, count, at);

		if (mapping)
			expect_page(&s, at, mapping->base, mapping->level);
		else
			expect_fault(&s, at, format->empty_code, "unmapped");
	}
	suite_close(&s);
}

static void agrees_with_a_list_of_random_mappings(void **state)
{
	uint64_t seed = seed_from_environment();

	(void)state;
	each_format(check_random, &seed);
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
