/* SPDX-License-Identifier: Apache-2.0 */
/* GCR3 tables of one to three levels, and the cache of their last entries. */
#include "amdvi/guest.h"
#include "model/counters.h"

/* Levels of the device's GCR3 table less 1. */
static unsigned glx_of(const struct amdvi_device *device)
{
	return (unsigned)field_get(AMDVI_DTE_0_GLX, device->dte[0]);
}

/* 2.2.6.3: GLX levels of nine bits each, and PASmax. */
static bool pasid_in_range(const struct amdvi_unit *u, const struct amdvi_device *device,
			   uint32_t pasid)
{
	return pasid >> u->features.pasid_bits == 0 &&
	       pasid >> (AMDVI_LEVEL_BITS * (glx_of(device) + 1)) == 0;
}

static void entry_unreadable(uint64_t pa, struct amdvi_fault_info *why)
{
	why->event = AMDVI_PAGE_TAB_HARDWARE_ERROR;
	why->guest = true;
	why->address = pa;
}

/* There is no entry for the PASID. */
static void entry_missing(struct amdvi_fault_info *why)
{
	why->event = AMDVI_IO_PAGE_FAULT;
	why->cause = IOASIM_CAUSE_PASID;
	why->guest = true;
}

/* The place of an entry: an SPA, or a GPA that the host table has to place. */
static bool place(const struct amdvi_unit *u, const struct walk_env *env,
		  const struct amdvi_paging *p, uint64_t address, uint64_t *pa,
		  struct amdvi_fault_info *why)
{
	const struct amdvi_table_access access = {
		.address = address,
		.kind = IOASIM_REF_STAGE2_FOR_PASID_TABLE,
	};
	struct walk_other other = {0};
	enum walk_stop stop;

	*pa = address;
	if (!u->gcr3_gpa || !p->host_levels)
		return true;
	stop = amdvi_walk_table(p, env, &access, &other, pa);
	if (stop == WALK_DONE)
		return true;
	amdvi_host_stopped(stop, &other, why);
	return false;
}

static bool read_tables(const struct amdvi_unit *u, const struct amdvi_device *device,
			const struct walk_env *env, const struct amdvi_paging *p, uint64_t *root,
			struct amdvi_fault_info *why)
{
	uint64_t table = amdvi_dte_gcr3_root(device->dte);

	for (int level = (int)glx_of(device); level >= 0; level--) {
		struct walk_reference what = {
			.input = p->pasid,
			.kind = IOASIM_REF_PASID_TABLE,
			.level = (uint8_t)level,
			.words = 1,
		};
		uint64_t address = table + amdvi_gcr3_offset(p->pasid, (unsigned)level), entry;

		what.address = address;
		what.low = (uint8_t)(AMDVI_LEVEL_BITS * level);
		what.high = (uint8_t)(what.low + AMDVI_LEVEL_BITS - 1);
		if (!place(u, env, p, address, &what.pa, why))
			return false;
		if (!walk_read_words(env, &what, &entry)) {
			entry_unreadable(what.pa, why);
			return false;
		}
		if (!field_get(AMDVI_GCR3_V, entry)) {
			entry_missing(why);
			return false;
		}
		table = field_bits(AMDVI_GCR3_ADDR, entry);
	}
	*root = table;
	return true;
}

bool amdvi_gcr3_find(struct amdvi_unit *u, const struct amdvi_device *device,
		     const struct walk_env *env, struct amdvi_paging *p,
		     struct amdvi_fault_info *why)
{
	struct amdvi_tables *t = u->tables;
	uint64_t index = amdvi_gcr3_index(p->domain, p->pasid);
	uint32_t slot;

	if (!pasid_in_range(u, device, p->pasid)) {
		entry_missing(why);
		return false;
	}
	if (!cache_off(&t->gcr3_cache)) {
		slot = cache_find(&t->gcr3_cache, index, 0, 0);
		counters_lookup(t->counters, env->cost, IOASIM_CACHE_PASID, slot != CACHE_NONE);
		if (slot != CACHE_NONE) {
			cache_touch(&t->gcr3_cache, slot);
			p->guest_root = t->gcr3[slot];
			return true;
		}
	}
	if (!read_tables(u, device, env, p, &p->guest_root, why))
		return false;
	if (!cache_off(&t->gcr3_cache))
		t->gcr3[cache_fill(&t->gcr3_cache, index, 0, 0, 0)] = p->guest_root;
	return true;
}
