/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device table entries (2.2.2): found by device-id through segments and cache, checked
 * and taken apart.
 */
#include "amdvi/device.h"
#include "model/counters.h"

/* ---- The entry ---------------------------------------------------------------------- */

_Static_assert(FIELD_MASK(AMDVI_DTE_0_IR) << 1 == FIELD_MASK(AMDVI_DTE_0_IW) &&
		       IOASIM_READ << 1 == IOASIM_WRITE,
	       "rights of entries are used as rights of accesses");

bool amdvi_device_interrupts_illegal(const struct amdvi_tables *tables,
				     const struct amdvi_device *device)
{
	return (device->dte[2] & tables->reserved.dte[2]) ||
	       (device->dte[3] & tables->reserved.dte[3]) ||
	       field_get(AMDVI_DTE_2_INTTABLEN, device->dte[2]) > AMDVI_INTTABLEN_MAX ||
	       field_get(AMDVI_DTE_2_INTCTL, device->dte[2]) > AMDVI_INTCTL_REMAP;
}

static void decode_guest(const struct amdvi_features *f, struct amdvi_device *device)
{
	uint64_t glx = field_get(AMDVI_DTE_0_GLX, device->dte[0]);
	uint64_t paging = field_get(AMDVI_DTE_2_GUESTPAGINGMODE, device->dte[2]);

	device->guest = true;
	device->giov = field_get(AMDVI_DTE_0_GIOV, device->dte[0]);
	device->guest_levels = paging == AMDVI_GUESTPAGINGMODE_5 ? 5 : 4;
	if (glx > f->glx_max || glx >= AMDVI_GCR3_LEVELS || paging > AMDVI_GUESTPAGINGMODE_5 ||
	    device->guest_levels > f->guest_levels)
		device->illegal = true;
}

/* With V=0 bits 127:1 are ignored; with TV=0 what tells of translation is. */
static void decode(const struct amdvi_unit *u, struct amdvi_device *device)
{
	const struct amdvi_reserved *reserved = &u->tables->reserved;
	const uint64_t *dte = device->dte;
	uint64_t had = field_get(AMDVI_DTE_0_HAD, dte[0]);

	device->illegal = (dte[0] & reserved->dte[0]) || (dte[1] & reserved->dte[1]);
	device->domain = (uint16_t)field_get(AMDVI_DTE_1_DOMAINID, dte[1]);
	device->rights = (uint8_t)(field_get(AMDVI_DTE_0_IR_IW, dte[0]) * IOASIM_READ);
	if (device->rights & IOASIM_READ)
		device->rights |= IOASIM_EXEC;
	if (!field_get(AMDVI_DTE_0_TV, dte[0]))
		return;
	device->mode = (uint8_t)field_get(AMDVI_DTE_0_MODE, dte[0]);
	device->mode_reserved = device->mode > u->features.host_levels;
	device->accessed = had != AMDVI_HAD_NONE;
	device->dirty = had == AMDVI_HAD_BOTH;
	if (reserved->had >> had & 1)
		device->illegal = true;
	if (field_get(AMDVI_DTE_0_GV, dte[0]) && u->features.gt)
		decode_guest(&u->features, device);
	device->translates = !device->illegal && !device->mode_reserved;
}

/* ---- Its place --------------------------------------------------------------------------- */

/* Bits of a device-id that choose an entry within its segment. */
static unsigned index_bits(const struct amdvi_unit *u)
{
	return AMDVI_DEVICE_ID_BITS - u->segment_lg2;
}

/* false: an id beyond the table of its segment, an I/O page fault (2.5.3). */
static bool locate(const struct amdvi_unit *u, uint16_t device_id, uint64_t *pa)
{
	unsigned bits = index_bits(u);
	uint32_t index = device_id & (uint32_t)field_mask(bits - 1, 0);
	unsigned segment = (unsigned)device_id >> bits;

	*pa = u->segment[segment].base + (uint64_t)index * AMDVI_DTE_SIZE;
	return index < u->segment[segment].entries;
}

static bool read_entry(struct amdvi_unit *u, uint16_t device_id, struct ioasim_cost *cost,
		       uint64_t *dte, struct amdvi_fault_info *why)
{
	const struct walk_env env = {
		.memory = u->unit.memory,
		.cost = cost,
		.callbacks = &u->unit.config.callbacks,
		.opaque = u->unit.config.opaque,
	};
	uint64_t pa;

	if (!locate(u, device_id, &pa)) {
		why->event = AMDVI_IO_PAGE_FAULT;
		why->cause = IOASIM_CAUSE_BLOCKED;
		return false;
	}

	const struct walk_reference what = {
		.pa = pa,
		.input = device_id,
		.address = pa,
		.kind = IOASIM_REF_DEVICE_TABLE,
		.words = AMDVI_DTE_WORDS,
		.high = (uint8_t)(index_bits(u) - 1),
	};

	if (!walk_read_words(&env, &what, dte)) {
		why->event = AMDVI_DEV_TAB_HARDWARE_ERROR;
		why->address = pa;
		return false;
	}
	return true;
}

bool amdvi_device_find(struct amdvi_unit *u, uint16_t device_id, struct ioasim_cost *cost,
		       struct amdvi_device *device, struct amdvi_fault_info *why)
{
	struct amdvi_tables *t = u->tables;

	if (!cache_off(&t->device_cache)) {
		const struct amdvi_device *cached = amdvi_device_cached(t, device_id);

		counters_lookup(t->counters, cost, IOASIM_CACHE_DEVICE, cached != NULL);
		if (cached) {
			*device = *cached;
			return true;
		}
	}
	*device = (struct amdvi_device){0};
	if (!read_entry(u, device_id, cost, device->dte, why))
		return false;
	if (amdvi_device_valid(device))
		decode(u, device);
	if (!cache_off(&t->device_cache))
		t->device[cache_fill(&t->device_cache, device_id, 0, 0, 0)] = *device;
	return true;
}

void amdvi_device_fault_logged(struct amdvi_tables *tables, uint16_t device_id)
{
	uint32_t slot = cache_find(&tables->device_cache, device_id, 0, 0);

	if (slot != CACHE_NONE)
		tables->device[slot].fault_logged = true;
}
