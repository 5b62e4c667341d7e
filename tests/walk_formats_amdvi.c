/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page-table formats of AMD-Vi: host tables of mode 1 to 5 and guest tables of 4 and 5
 * levels (48882, 2.2.3, 2.2.6). What the suite has no words for is tested by itself: mode
 * 6, pages whose size is coded in the address, levels skipped.
 */
#include "amdvi_tables.h"
#include "walk_formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct amdvi_unit_of_format {
	struct amd_tables t;
	uint64_t root;
	unsigned levels;
	bool guest;
	uint32_t pasid;
};

/* Guest addresses are sign-extended but for PASID 0. */
static const struct {
	bool guest;
	unsigned levels;
	uint32_t pasid;
} kinds[] = {
	{false, 1, 0}, {false, 2, 0}, {false, 3, 0},        {false, 4, 0},        {false, 5, 0},
	{true, 4, 0},  {true, 5, 0},  {true, 4, AMD_PASID}, {true, 5, AMD_PASID},
};

static void *amdvi_open(const struct format *format)
{
	struct amdvi_unit_of_format *u = calloc(1, sizeof(*u));
	uint64_t w[3] = {DTE_OK, AMD_DOMAIN, format->levels == 5 ? DTE_2_LEVEL5 : 0}, gcr3;

	assert_non_null(u);
	amd_tables_open(&u->t, false);
	u->guest = kinds[format->variant].guest;
	u->pasid = kinds[format->variant].pasid;
	u->levels = format->levels;
	u->root = amd_page(&u->t);
	gcr3 = amd_page(&u->t);
	w[0] |= u->guest ? DTE_GV : DTE_MODE(format->levels) | u->root;
	amd_dte_guest(&u->t, AMD_ID, w, u->guest ? gcr3 : 0);
	amd_gcr3_set(&u->t, gcr3, 1, u->pasid, u->root | 1);
	amd_start(&u->t.rig, AMD_ON | AMD_GT_EN);
	return u;
}

static void amdvi_close(void *unit)
{
	struct amdvi_unit_of_format *u = unit;

	amd_tables_close(&u->t);
	free(u);
}

static uint64_t amdvi_entry(void *unit, uint64_t address, unsigned level)
{
	struct amdvi_unit_of_format *u = unit;

	return u->guest ? amd_guest_entry(&u->t, u->root, u->levels, address, level)
			: amd_host_entry(&u->t, u->root, u->levels, address, level);
}

static uint64_t amdvi_peek(void *unit, uint64_t address)
{
	return amd_peek(&((struct amdvi_unit_of_format *)unit)->t.rig, address);
}

static void amdvi_poke(void *unit, uint64_t address, uint64_t word)
{
	amd_poke(&((struct amdvi_unit_of_format *)unit)->t.rig, address, word);
}

static struct ioasim_response amdvi_read(void *unit, uint64_t address)
{
	struct amdvi_unit_of_format *u = unit;
	struct ioasim_request request = amd_request(address, IOASIM_READ);

	request.has_pasid = u->guest;
	request.pasid = u->pasid;
	return amd_ask(&u->t, &request);
}

static const struct format_kit kit = {amdvi_open, amdvi_close, amdvi_entry,
				      amdvi_peek, amdvi_poke,  amdvi_read};

unsigned formats_amdvi(void)
{
	return sizeof(kinds) / sizeof(kinds[0]);
}

/* 2.2.3: 58:52 of a page, U and FC of a pointer besides. Address bits inside a page of
 * the level's size are ignored. */
static void host_bits(struct format *f)
{
	uint64_t decides = HOST_PR | HOST_NEXT(7) | HOST_IR;

	for (unsigned level = 0; level < f->levels; level++) {
		f->refused[0][level] = FORMAT_BITS(60, 52);
		f->effective[0][level] = decides | FORMAT_BITS(51, 12);
		f->refused[1][level] = FORMAT_BITS(58, 52);
		f->effective[1][level] = decides | FORMAT_BITS(51, f->shift[level]);
	}
}

/* 2.2.6.5: PS above level 2; bits inside a large page, but for PAT. A user's read. */
static void guest_bits(struct format *f)
{
	for (unsigned level = 0; level < f->levels; level++) {
		f->refused[0][level] = level > 2 ? GUEST_PS : 0;
		f->effective[0][level] = GUEST_P | GUEST_U | GUEST_PS | FORMAT_BITS(51, 12);
		f->refused[1][level] = level ? FORMAT_BITS(f->shift[level] - 1, 13) : 0;
		f->effective[1][level] = GUEST_P | GUEST_U | (level ? GUEST_PS : 0) |
					 FORMAT_BITS(51, f->shift[level]);
	}
}

void format_amdvi(unsigned n, struct format *format)
{
	bool guest = kinds[n].guest;
	unsigned levels = kinds[n].levels;

	*format = (struct format){
		.levels = levels,
		.leaves = guest ? 7 : (1u << levels) - 1,
		.input_bits = 12 + 9 * levels,
		.above = guest && kinds[n].pasid ? ABOVE_SIGN : ABOVE_ZERO,
		.output_bits = 52,
		.pointer = guest ? GUEST_ALL : HOST_PAGE,
		.page = guest ? GUEST_PAGE : HOST_PAGE,
		.block = guest ? GUEST_PAGE | GUEST_PS : HOST_PAGE,
		.present = 1,
		.refused_code = 2,
		.empty_code = 2,
		.kind = guest ? IOASIM_REF_STAGE1 : IOASIM_REF_STAGE2,
		.kit = &kit,
		.variant = n,
	};
	snprintf(format->name, sizeof(format->name), "AMD-Vi %s, %u levels%s",
		 guest ? "guest table" : "host table", levels,
		 guest && !kinds[n].pasid ? ", PASID 0" : "");
	for (unsigned level = 0; level < levels; level++)
		format->shift[level] = (uint8_t)(12 + 9 * level);
	if (guest)
		guest_bits(format);
	else
		host_bits(format);
}
