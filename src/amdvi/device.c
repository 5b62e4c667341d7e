/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device table entries (2.2.2): found by device-id through segments and cache, checked
 * and taken apart.
 */
#include "amdvi/device.h"
#include "amdvi/registers.h"
#include "model/counters.h"

/* ---- The entry ---------------------------------------------------------------------- */

static uint8_t access_of(uint64_t ir, uint64_t iw)
{
	return (uint8_t)((ir ? IOASIM_READ | IOASIM_EXEC : 0) | (iw ? IOASIM_WRITE : 0));
}

/* Words 2 and 3 count for interrupts, while IV is set. */
static void decode_interrupts(const struct amdvi_reserved *reserved, const uint64_t *dte,
			      struct amdvi_device *device)
{
	device->iv = field_get(AMDVI_DTE_2_IV, dte[2]);
	device->int_ctl = (uint8_t)field_get(AMDVI_DTE_2_INTCTL, dte[2]);
	device->int_illegal = (dte[2] & reserved->dte_interrupt[0]) ||
			      (dte[3] & reserved->dte_interrupt[1]) ||
			      field_get(AMDVI_DTE_2_INTTABLEN, dte[2]) > AMDVI_INTTABLEN_MAX ||
			      device->int_ctl > AMDVI_INTCTL_REMAP;
}

static void decode_guest(const struct amdvi_features *f, const uint64_t *dte,
			 struct amdvi_device *device)
{
	uint64_t paging = field_get(AMDVI_DTE_2_GUESTPAGINGMODE, dte[2]);

	device->guest = f->gt && field_get(AMDVI_DTE_0_GV, dte[0]);
	if (!device->guest)
		return;
	device->giov = field_get(AMDVI_DTE_0_GIOV, dte[0]);
	device->glx = (uint8_t)field_get(AMDVI_DTE_0_GLX, dte[0]);
	device->gcr3_root = amdvi_dte_gcr3_root(dte);
	device->guest_levels = paging == AMDVI_GUESTPAGINGMODE_5 ? 5 : 4;
	if (device->glx > f->glx_max || device->glx >= AMDVI_GCR3_LEVELS ||
	    paging > AMDVI_GUESTPAGINGMODE_5 || device->guest_levels > f->guest_levels)
		device->illegal = true;
}

static void decode_host(const struct amdvi_features *f, const uint64_t *dte,
			struct amdvi_device *device)
{
	uint64_t had = field_get(AMDVI_DTE_0_HAD, dte[0]);

	device->mode = (uint8_t)field_get(AMDVI_DTE_0_MODE, dte[0]);
	device->mode_reserved = device->mode > f->host_levels;
	device->host_root = field_bits(AMDVI_DTE_0_HOST_ROOT, dte[0]);
	device->accessed = had != AMDVI_HAD_NONE;
	device->dirty = had == AMDVI_HAD_BOTH;
	if (had == AMDVI_HAD_RESERVED || (device->dirty && !f->hd) || (device->accessed && !f->ha))
		device->illegal = true;
}

/* With V=0 bits 127:1 are ignored; with TV=0 what tells of translation is. */
static void decode(const struct amdvi_unit *u, const uint64_t *dte, struct amdvi_device *device)
{
	const struct amdvi_reserved *reserved = &u->tables->reserved;

	*device = (struct amdvi_device){0};
	decode_interrupts(reserved, dte, device);
	device->valid = field_get(AMDVI_DTE_0_V, dte[0]);
	if (!device->valid)
		return;
	device->illegal = (dte[0] & reserved->dte[0]) || (dte[1] & reserved->dte[1]);
	device->tv = field_get(AMDVI_DTE_0_TV, dte[0]);
	device->domain = (uint16_t)field_get(AMDVI_DTE_1_DOMAINID, dte[1]);
	device->rights =
		access_of(field_get(AMDVI_DTE_0_IR, dte[0]), field_get(AMDVI_DTE_0_IW, dte[0]));
	device->ppr = field_get(AMDVI_DTE_0_PPR, dte[0]);
	device->gprp = field_get(AMDVI_DTE_0_GPRP, dte[0]);
	device->iotlb = u->features.iotlb && field_get(AMDVI_DTE_1_I, dte[1]);
	device->se = field_get(AMDVI_DTE_1_SE, dte[1]);
	device->sa = field_get(AMDVI_DTE_1_SA, dte[1]);
	device->exclusion = field_get(AMDVI_DTE_1_EX, dte[1]);
	if (!device->tv)
		return;
	decode_host(&u->features, dte, device);
	decode_guest(&u->features, dte, device);
	device->translates = !device->illegal && !device->mode_reserved;
}

/* ---- Its place --------------------------------------------------------------------------- */

/* false: an id beyond the table of its segment, an I/O page fault (2.5.3). */
static bool locate(const struct amdvi_unit *u, uint16_t device_id, uint64_t *pa)
{
	unsigned bits = AMDVI_DEVICE_ID_BITS - u->segment_lg2;
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
	struct walk_reference what = {
		.input = device_id,
		.kind = IOASIM_REF_DEVICE_TABLE,
		.words = AMDVI_DTE_WORDS,
	};

	if (!locate(u, device_id, &what.pa)) {
		why->event = AMDVI_IO_PAGE_FAULT;
		return false;
	}
	if (!walk_read_words(&env, &what, dte)) {
		why->event = AMDVI_DEV_TAB_HARDWARE_ERROR;
		why->type = AMDVI_HW_TARGET_ABORT;
		why->address = what.pa;
		return false;
	}
	return true;
}

bool amdvi_device_find(struct amdvi_unit *u, uint16_t device_id, struct ioasim_cost *cost,
		       struct amdvi_device *device, struct amdvi_fault_info *why)
{
	struct amdvi_tables *t = u->tables;
	uint64_t dte[AMDVI_DTE_WORDS];

	if (!cache_off(&t->device_cache)) {
		const struct amdvi_device *cached = amdvi_device_cached(t, device_id);

		counters_lookup(t->counters, cost, IOASIM_CACHE_DEVICE, cached != NULL);
		if (cached) {
			*device = *cached;
			return true;
		}
	}
	if (!read_entry(u, device_id, cost, dte, why))
		return false;
	decode(u, dte, device);
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
