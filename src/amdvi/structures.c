/* SPDX-License-Identifier: Apache-2.0 */
/* Reserved bits of the structures in memory, worked out once per unit. */
#include "amdvi/structures.h"
#include "amdvi/device.h"

/* 2.2.2.1: bits reserved on every unit that is modelled. */
#define DTE_0_RESERVED (FIELD_MASK(6, 2) | FIELD_MASK(63, 63))
#define DTE_1_RESERVED FIELD_MASK(AMDVI_DTE_1_SATS)
#define DTE_2_RESERVED FIELD_MASK(53, 52)
/* Bit 245 of the entry is left to software. */
#define DTE_3_RESERVED (FIELD_MASK(14, 0) | FIELD_MASK(52, 48))

/* 2.2.3: of pointers; in pages U and FC have a meaning, PMC with TMPMSup, which is
 * not modelled. */
#define HOST_POINTER_RESERVED FIELD_MASK(60, 52)
#define HOST_LEAF_RESERVED    FIELD_MASK(58, 52)

/* Fields and values of the entry that a feature brings. */
static void reserve_device(struct amdvi_reserved *r, const struct amdvi_features *f)
{
	r->dte[0] = DTE_0_RESERVED;
	r->dte[1] = DTE_1_RESERVED;
	if (!f->eph)
		r->dte[0] |= FIELD_MASK(AMDVI_DTE_0_PPR) | FIELD_MASK(AMDVI_DTE_0_GPRP);
	if (!f->giov)
		r->dte[0] |= FIELD_MASK(AMDVI_DTE_0_GIOV);
	if (!f->gt)
		r->dte[0] |= FIELD_MASK(AMDVI_DTE_0_GV);
	r->had = 1u << AMDVI_HAD_RESERVED;
	if (!f->ha)
		r->had |= 1u << AMDVI_HAD_ACCESSED;
	if (!f->ha || !f->hd)
		r->had |= 1u << AMDVI_HAD_BOTH;
	r->dte[2] = DTE_2_RESERVED;
	r->dte[3] = DTE_3_RESERVED;
}

/* 2.2.6.5: PS where no page may be; address bits inside a large page but for PAT. */
static void reserve_guest(struct amdvi_reserved *r, const struct amdvi_features *f)
{
	uint64_t nx = f->nx ? 0 : FIELD_MASK(AMDVI_GUEST_NX);

	for (unsigned level = 0; level < AMDVI_GUEST_LEVELS; level++) {
		r->guest[0][level] = nx;
		r->guest[1][level] = nx;
		if (level > AMDVI_GUEST_LARGE_MAX)
			r->guest[0][level] |= FIELD_MASK(AMDVI_GUEST_PS);
	}
	r->guest[1][1] |= FIELD_MASK(20, 13);
	r->guest[1][2] |= FIELD_MASK(29, 13);
}

void amdvi_reserved_init(struct amdvi_reserved *reserved, const struct amdvi_features *features)
{
	reserve_device(reserved, features);
	reserved->host[0] = HOST_POINTER_RESERVED;
	reserved->host[1] = HOST_LEAF_RESERVED;
	reserve_guest(reserved, features);
}
