/* SPDX-License-Identifier: Apache-2.0 */
/* The page-table formats of VT-d: 9.7 and 9.8 of its specification. */
#include "vtd_tables.h"
#include "walk_formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HAW 46u

struct vtd_unit_of_format {
	struct tables t;
	uint64_t root;
	unsigned levels;
};

static const struct {
	bool first;
	unsigned levels;
} kinds[] = {{false, 3}, {false, 4}, {false, 5}, {true, 4}, {true, 5}};

static void *vtd_open(const struct format *format)
{
	struct vtd_unit_of_format *u = calloc(1, sizeof(*u));
	struct ioasim_unit_config config;
	unsigned levels = format->levels;

	assert_non_null(u);
	u->levels = levels;
	rig_config(&config, RIG_FULL_CAP, RIG_FULL_ECAP);
	assert_int_equal(ioasim_unit_config_set(&config, "haw", HAW), 0);
	ioasim_unit_config_no_caches(&config);
	tables_open_with(&u->t, &config);
	u->root = tables_page(&u->t);
	if (kinds[format->variant].first) {
		tables_scalable(&u->t, TABLES_SID, CONTEXT_SCALABLE, RID_PASID);
		tables_pasid(&u->t, 0, PGTT_FIRST, TABLES_DID | PASID_PWSNP,
			     u->root | (levels == 5 ? PASID_FSPM5 : 0));
		tables_start(&u->t, TABLES_SCALABLE);
	} else {
		tables_legacy(&u->t, TABLES_SID, u->root | CONTEXT_TT(0),
			      TABLES_DID << 8 | (levels - 2));
		tables_start(&u->t, TABLES_LEGACY);
	}
	return u;
}

static void vtd_close(void *unit)
{
	struct vtd_unit_of_format *u = unit;

	tables_close(&u->t);
	free(u);
}

static uint64_t vtd_entry(void *unit, uint64_t address, unsigned level)
{
	struct vtd_unit_of_format *u = unit;

	/* What grants everything in one stage does so in the other. */
	return tables_entry(&u->t, u->root, u->levels, address, level, FS_ALL);
}

static uint64_t vtd_peek(void *unit, uint64_t address)
{
	return rig_peek(&((struct vtd_unit_of_format *)unit)->t.rig, address);
}

static void vtd_poke(void *unit, uint64_t address, uint64_t word)
{
	rig_poke(&((struct vtd_unit_of_format *)unit)->t.rig, address, word);
}

static struct ioasim_response vtd_read(void *unit, uint64_t address)
{
	struct ioasim_request request = tables_request(address, IOASIM_READ);

	return tables_ask(&((struct vtd_unit_of_format *)unit)->t, &request);
}

static const struct format_kit kit = {vtd_open, vtd_close, vtd_entry, vtd_peek, vtd_poke, vtd_read};

unsigned formats_vtd(void)
{
	return sizeof(kinds) / sizeof(kinds[0]);
}

/* 9.7, HAW = 46: 51:46; bits below the page but for PAT; PS where no page may be. 9.8,
 * SC = 1: bit 62 too, and bit 11 of pointers. */
static void reserve(struct format *f, bool first)
{
	uint64_t high = FORMAT_BITS(51, HAW) | (first ? 0 : FORMAT_BITS(62, 62));
	uint64_t rights = first ? FS_P | FS_W | FS_U : SS_RW;

	for (unsigned level = 0; level < f->levels; level++) {
		uint64_t below = FORMAT_BITS(f->shift[level], 12) >> 1 & ~UINT64_C(0xfff);

		f->refused[0][level] =
			high | (first ? 0 : FORMAT_BITS(11, 11)) | (level > 2 ? PS : 0);
		f->effective[0][level] = rights | FORMAT_BITS(HAW - 1, 12) | PS;
		f->refused[1][level] = high | (level ? below : 0);
		f->effective[1][level] =
			rights | FORMAT_BITS(HAW - 1, f->shift[level]) | (level ? PS : 0);
		if (first && level)
			f->refused[1][level] &= ~UINT64_C(0x1000); /* PAT */
	}
}

void format_vtd(unsigned n, struct format *format)
{
	bool first = kinds[n].first;
	unsigned levels = kinds[n].levels;

	*format = (struct format){
		.levels = levels,
		.leaves = 7,
		.input_bits = 12 + 9 * levels,
		.above = first ? ABOVE_SIGN : ABOVE_ZERO,
		.output_bits = HAW,
		.pointer = FS_ALL,
		.page = first ? FS_ALL | FS_D : SS_RW,
		.block = (first ? FS_ALL | FS_D : SS_RW) | PS,
		.present = first ? FS_P : SS_RW,
		.refused_code = first ? 0x72 : 0x0c,
		.empty_code = first ? 0x71 : 0x06,
		.kind = first ? IOASIM_REF_STAGE1 : IOASIM_REF_STAGE2,
		.kit = &kit,
		.variant = n,
	};
	snprintf(format->name, sizeof(format->name), "VT-d %s stage, %u levels",
		 first ? "first" : "second", levels);
	for (unsigned level = 0; level < levels; level++)
		format->shift[level] = (uint8_t)(12 + 9 * level);
	reserve(format, first);
}
