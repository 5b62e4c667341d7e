/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_pair.h"

#include "vtd/registers.h"
#include "vtd/structures.h"
#include "vtd/unit.h"

/* Units of real and full make: 39, 48, 57 bits; legacy, second stage, first stage
 * only; one and eight fault records; narrow domain-ids. */
static const struct pair_config configs[PAIR_CONFIGS] = {
	{{UINT64_C(0x80d2008c222f0606), 0xf00f4a}, 16, 4, IOASIM_POLICY_LRU},
	{{UINT64_C(0x80d2008c22260206), 0xf00f4a}, 7, 0, IOASIM_POLICY_FIFO},
	{{UINT64_C(0x91d2078c40380e06), UINT64_C(0x33ef9ee4f050df)}, 64, 8, IOASIM_POLICY_PLRU},
	{{UINT64_C(0x81d2078c402f0606), UINT64_C(0x33ef9ee4f050df)}, 8, 2, IOASIM_POLICY_RANDOM},
	{{UINT64_C(0x81d2008c222f0606), UINT64_C(0x1893800f00f4a)}, 32, 0, IOASIM_POLICY_LRU},
	{{UINT64_C(0x80d20080222f0406), UINT64_C(0x499800000f02)}, 4, 1, IOASIM_POLICY_LRU},
	{{UINT64_C(0x81d2008c402f0606), UINT64_C(0x33ef9ee4f050df)}, 256, 4, IOASIM_POLICY_LRU},
	{{UINT64_C(0x91d2078c40380e06), UINT64_C(0x33ef9ee4f050df)}, 12, 3, IOASIM_POLICY_FIFO},
};

static void preset_tables(struct pair *pair)
{
	const uint64_t fs = FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
			    FIELD_MASK(VTD_FS_A);

	for (unsigned level = 0; level < 3; level++) {
		for (unsigned i = 0; i < 2; i++) {
			pair_store(pair, PAGE_OF(PAGE_SECOND + level) + 8 * i,
				   PAGE_OF(PAGE_SECOND + level + 1) | FIELD_MASK(VTD_SS_RW));
			pair_store(pair, PAGE_OF(PAGE_FIRST + level) + 8 * i,
				   PAGE_OF(PAGE_FIRST + level + 1) | fs);
		}
	}
	/* The second stage maps the sixteen pages to themselves, also for the first. */
	for (unsigned i = 0; i < PAIR_PAGES; i++)
		pair_store(pair, PAGE_OF(PAGE_SECOND + 3) + 8 * i,
			   PAGE_OF(i) | FIELD_MASK(VTD_SS_RW));
	for (unsigned i = 0; i < 4; i++)
		pair_store(pair, PAGE_OF(PAGE_FIRST + 3) + 8 * i,
			   PAGE_OF(PAGE_QUEUE + i) | fs | (i & 1 ? FIELD_MASK(VTD_FS_D) : 0));
}

#define PRESET_RID 0x18u

static void preset_legacy(struct pair *pair)
{
	for (unsigned rid = PRESET_RID; rid < PRESET_RID + 2; rid++) {
		uint64_t entry = PAGE_OF(PAGE_CONTEXT) + VTD_CONTEXT_SIZE * rid;

		/* Tables of their own: from the next level's table on, all means another. */
		pair_store(pair, entry,
			   PAGE_OF(PAGE_SECOND + rid - PRESET_RID) | FIELD_MASK(VTD_CONTEXT_0_P));
		pair_store(pair, entry + 8,
			   FIELD_VALUE(VTD_CONTEXT_1_AW, 2) | FIELD_VALUE(VTD_CONTEXT_1_DID, rid));
	}
	pair_store(pair, 0, PAGE_OF(PAGE_CONTEXT) | FIELD_MASK(VTD_ROOT_P));
}

static void preset_scalable(struct pair *pair, unsigned pgtt)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t page = PAGE_OF(half ? PAGE_CONTEXT_UPPER : PAGE_CONTEXT);

		pair_store(pair, 8 * half, page | FIELD_MASK(VTD_ROOT_P));
		pair_store(pair, page + VTD_SCALABLE_CONTEXT_SIZE * PRESET_RID,
			   PAGE_OF(PAGE_DIRECTORY) | FIELD_MASK(VTD_SCALABLE_CONTEXT_0_P) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_PASIDE) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_DTE) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_PRE));
	}
	pair_store(pair, PAGE_OF(PAGE_DIRECTORY),
		   PAGE_OF(PAGE_PASID) | FIELD_MASK(VTD_PASID_DIRECTORY_P));
	for (unsigned pasid = 0; pasid < 4; pasid++) {
		uint64_t entry = PAGE_OF(PAGE_PASID) + VTD_PASID_SIZE * pasid;

		pair_store(pair, entry,
			   PAGE_OF(PAGE_SECOND + (pasid & 1)) | FIELD_MASK(VTD_PASID_0_P) |
				   FIELD_VALUE(VTD_PASID_0_AW, 2) |
				   FIELD_VALUE(VTD_PASID_0_PGTT, pgtt));
		pair_store(pair, entry + 8,
			   FIELD_VALUE(VTD_PASID_1_DID, 1 + pasid) |
				   (pasid != 1 ? FIELD_MASK(VTD_PASID_1_PWSNP) : 0));
		pair_store(pair, entry + 16, PAGE_OF(PAGE_FIRST + pasid / 2));
	}
}

static void preset_make(struct pair *pair, unsigned preset)
{
	static const uint8_t pgtt[PRESETS] = {0, 2, 1, 3, 4};
	bool scalable = preset != PRESET_LEGACY;
	uint32_t command = FIELD_MASK(VTD_GCMD_QIE);

	preset_tables(pair);
	if (scalable)
		preset_scalable(pair, pgtt[preset]);
	else
		preset_legacy(pair);
	pair->tail = 0;
	pair->wide = scalable;
	pair_write(pair, VTD_GCMD, 4, 0);
	pair_write(pair, VTD_IQT, 8, 0);
	pair_write(pair, VTD_IQA, 8, PAGE_OF(PAGE_QUEUE) | (scalable ? FIELD_MASK(VTD_IQA_DW) : 0));
	pair_write(pair, VTD_PQA, 8, PAGE_OF(PAGE_REQUESTS));
	pair_write(pair, VTD_RTADDR, 8, FIELD_VALUE(VTD_RTADDR_TTM, scalable));
	pair_write(pair, VTD_GCMD, 4, FIELD_MASK(VTD_GCMD_SRTP));
	pair_write(pair, VTD_GCMD, 4, command);
	pair_write(pair, VTD_FECTL, 4, 0);
	pair_write(pair, VTD_IECTL, 4, 0);
	pair_write(pair, VTD_GCMD, 4, command | FIELD_MASK(VTD_GCMD_TE));
}

void vtd_submit(struct pair *pair, const uint64_t words[4])
{
	unsigned count = pair->wide ? 4 : 2;

	for (unsigned i = 0; i < count; i++)
		pair_store(pair, PAGE_OF(PAGE_QUEUE) + pair->tail + 8 * i, words[i]);
	pair->tail = (pair->tail + 8 * count) % PAIR_PAGE;
	pair_write(pair, VTD_IQT, 8, pair->tail);
}

static void flush(struct ioasim_unit *unit)
{
	vtd_invalidate_all(vtd_unit(unit));
}

const struct pair_arch vtd_pair = {
	.name = "vtd",
	.capability = {"cap", "ecap"},
	.config = configs,
	.registers = {{0, 0x400}},
	.logs = 1u << PAGE_REQUESTS | 1u << PAGE_STATUS,
	.flush = flush,
	.preset = preset_make,
	.presets = PRESETS,
};
