/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of a request: which stages, in which order, and the event and flags of
 * whatever stops them (2.5.3, 2.5.5).
 *
 * A fault of the guest part is told with the PASID and the GVA, one of the host part
 * with the DomainID and the host table's input (docs/choices.md).
 */
#include "amdvi/guest.h"
#include "amdvi/translate.h"

/* ---- Faults ------------------------------------------------------------------------ */

static void hardware_error(uint64_t pa, struct amdvi_fault_info *why)
{
	why->event = AMDVI_PAGE_TAB_HARDWARE_ERROR;
	why->address = pa;
}

/* PR, PE and RZ: was the entry present, and what was wrong with it. An address that the
 * table has no entry for is as one without an entry; bits of a skipped level are known
 * to be wrong from an entry that is present. */
static void page_fault(enum walk_stop stop, bool skipped, struct amdvi_fault_info *why)
{
	why->event = AMDVI_IO_PAGE_FAULT;
	why->present = skipped || stop == WALK_RESERVED || stop == WALK_PERMISSION;
	why->reserved = stop == WALK_RESERVED;
	why->permission = stop == WALK_PERMISSION;
}

static void stopped(enum walk_stop stop, uint64_t entry_pa, bool skipped,
		    struct amdvi_fault_info *why)
{
	if (stop == WALK_BUS_ERROR || stop == WALK_FLAG_BUS_ERROR)
		hardware_error(entry_pa, why);
	else
		page_fault(stop, skipped, why);
}

/* What a stop on the request's own way through a stage is; bus errors are nobody's. */
static uint8_t stage_cause(enum walk_stop stop, enum ioasim_fault_cause stage)
{
	if (stop == WALK_BUS_ERROR || stop == WALK_FLAG_BUS_ERROR)
		return IOASIM_CAUSE_OTHER;
	return (uint8_t)(stop == WALK_PERMISSION ? IOASIM_CAUSE_PERMISSION : stage);
}

void amdvi_host_stopped(enum walk_stop stop, const struct walk_other *other,
			struct amdvi_fault_info *why)
{
	why->address = other->input;
	stopped(stop, other->entry_pa, stop == WALK_INPUT_RANGE && other->rights, why);
	if (why->event == AMDVI_IO_PAGE_FAULT)
		why->cause = IOASIM_CAUSE_STAGE2;
}

/* ---- Host -------------------------------------------------------------------------- */

/* Step 11: what the device may do, the range of the table, its levels. */
static bool walk_host(const struct amdvi_paging *p, const struct walk_env *env, uint8_t rights,
		      struct amdvi_page_walk *walk, struct amdvi_fault_info *why)
{
	enum walk_stop stop = WALK_PERMISSION;
	struct walk w;

	why->address = walk->gpa;
	if (walk->access & AMDVI_HOST_ALL & ~(unsigned)rights) {
		page_fault(stop, false, why);
		why->cause = rights ? IOASIM_CAUSE_PERMISSION : IOASIM_CAUSE_BLOCKED;
		return false;
	}
	if (!p->host_levels) {
		walk->pa = walk->gpa;
		walk->page_lg2 = AMDVI_PASS_LG2;
		walk->host_rights = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
		walk->host_dirty = true;
		return true;
	}
	w.ask = (struct walk_ask){
		.input = walk->gpa,
		.kind = IOASIM_REF_STAGE2,
		.access = walk->access & AMDVI_HOST_ALL,
		.set_dirty = walk->set_dirty,
	};
	if (!amdvi_host_range(p, walk->gpa)) {
		page_fault(WALK_INPUT_RANGE, false, why);
		why->cause = IOASIM_CAUSE_STAGE2;
		return false;
	}
	amdvi_walk_host_start(p, env, &w);
	stop = amdvi_walk_host(p, env, &w);
	if (__builtin_expect(stop != WALK_DONE, 0)) {
		walk->absent = stop == WALK_EMPTY;
		stopped(stop, w.entry_pa, stop == WALK_INPUT_RANGE, why);
		why->cause = stage_cause(stop, IOASIM_CAUSE_STAGE2);
		return false;
	}
	walk->pa = w.output;
	walk->page_lg2 = w.size_lg2;
	/* Host tables know no execute right: what may be read may be executed. */
	walk->host_rights = (uint8_t)(w.rights | (w.rights & IOASIM_READ ? IOASIM_EXEC : 0u));
	walk->host_dirty = field_get(AMDVI_HOST_D, w.entry);
	return true;
}

/* ---- Guest ------------------------------------------------------------------------- */

/* Bits above the width equal its top bit; for PASID 0 they are zero, and the top bit is
 * one like the others. */
static bool canonical(uint64_t address, unsigned levels, uint32_t pasid)
{
	unsigned unused = 64 - (AMDVI_TABLE_LG2 + AMDVI_LEVEL_BITS * levels);

	if (pasid == 0)
		return address << unused >> unused == address;
	return (uint64_t)((int64_t)(address << unused) >> unused) == address;
}

static void guest_stopped(enum walk_stop stop, const struct walk *w, struct amdvi_fault_info *why)
{
	if (stop == WALK_OTHER_STAGE) {
		amdvi_host_stopped(w->other.stop, &w->other, why);
		return;
	}
	why->guest = true;
	stopped(stop, w->entry_pa, false, why);
	why->cause = stage_cause(stop, IOASIM_CAUSE_STAGE1);
}

/* Step 10 behind the GCR3 table. Leaves where the address lies in walk->gpa. */
static bool walk_guest(const struct amdvi_paging *p, const struct walk_env *env,
		       struct amdvi_page_walk *walk, struct amdvi_fault_info *why)
{
	enum walk_stop stop;
	struct walk w;

	if (!canonical(walk->address, p->guest_levels, p->pasid)) {
		why->guest = true;
		page_fault(WALK_INPUT_RANGE, false, why);
		why->cause = IOASIM_CAUSE_STAGE1;
		return false;
	}
	w.ask = (struct walk_ask){
		.input = walk->address,
		.kind = IOASIM_REF_STAGE1,
		.access = walk->access,
		.privileged = walk->privileged,
		.set_dirty = walk->set_dirty,
	};
	amdvi_walk_guest_start(p, env, &w);
	stop = p->host_levels ? amdvi_walk_nested(p, env, &w) : amdvi_walk_guest(p, env, &w);
	if (__builtin_expect(stop != WALK_DONE, 0)) {
		walk->absent = stop == WALK_EMPTY;
		guest_stopped(stop, &w, why);
		return false;
	}
	walk->gpa = w.output;
	walk->page_lg2 = w.size_lg2;
	walk->guest_rights[0] = amdvi_guest_access(p, false, w.rights);
	walk->guest_rights[1] = amdvi_guest_access(p, true, w.rights);
	walk->guest_dirty = field_get(AMDVI_GUEST_D, w.entry);
	return true;
}

/* Both stages: the smaller page; the rights are kept apart. */
static bool walk_both(const struct amdvi_paging *p, const struct walk_env *env, uint8_t rights,
		      struct amdvi_page_walk *walk, struct amdvi_fault_info *why)
{
	uint8_t guest_lg2;

	if (!walk_guest(p, env, walk, why))
		return false;
	guest_lg2 = walk->page_lg2;
	if (!walk_host(p, env, rights, walk, why))
		return false;
	if (guest_lg2 < walk->page_lg2)
		walk->page_lg2 = guest_lg2;
	return true;
}

/*
 * A translation request learns its rights from the walk, and dirty flags are due in both
 * stages only if both let it write. So it asks first, then sets.
 */
static bool walk_nested(const struct amdvi_paging *p, const struct walk_env *env, uint8_t rights,
			struct amdvi_page_walk *walk, struct amdvi_fault_info *why)
{
	bool set_dirty = walk->set_dirty;
	unsigned granted;

	if (walk->access || !set_dirty)
		return walk_both(p, env, rights, walk, why);
	walk->set_dirty = false;
	if (!walk_both(p, env, rights, walk, why))
		return false;
	walk->set_dirty = true;
	granted = walk->guest_rights[walk->privileged] & (unsigned)walk->host_rights;
	if (!(granted & IOASIM_WRITE) ||
	    ((walk->guest_dirty || !p->guest_dirty) && (walk->host_dirty || !p->host_dirty)))
		return true;
	return walk_both(p, env, rights, walk, why);
}

/* ---- The whole ----------------------------------------------------------------------- */

static struct amdvi_paging host_paging(const struct amdvi_unit *u,
				       const struct amdvi_device *device)
{
	unsigned bits = AMDVI_TABLE_LG2 + AMDVI_LEVEL_BITS * (unsigned)device->mode;

	return (struct amdvi_paging){
		.tlb = u->tlb,
		.reserved = &u->tables->reserved,
		.host_root = field_bits(AMDVI_DTE_0_HOST_ROOT, device->dte[0]),
		.domain = device->domain,
		.host_levels = device->mode,
		.host_bits = (uint8_t)(bits < 64 ? bits : 64),
		.host_accessed = device->accessed,
		.host_dirty = device->dirty,
		.host_cached = !cache_off(&u->tlb->host.cache),
	};
}

static void guest_paging(const struct amdvi_unit *u, const struct amdvi_device *device,
			 uint32_t pasid, struct amdvi_paging *p)
{
	p->pasid = pasid;
	p->guest_levels = device->guest_levels;
	p->guest_accessed = !u->ga_update_off;
	p->guest_dirty = !u->gd_update_off;
	p->user = u->features.us;
	p->guest_cached = !cache_off(&u->tlb->guest.cache);
	p->tables_cached = !cache_off(&u->tlb->tables.cache);
}

bool amdvi_page_walk(struct amdvi_unit *u, const struct amdvi_device *device,
		     struct ioasim_cost *cost, struct amdvi_page_walk *walk,
		     struct amdvi_fault_info *why)
{
	const struct walk_env env = {
		.memory = u->unit.memory,
		.cost = cost,
		.callbacks = &u->unit.config.callbacks,
		.opaque = u->unit.config.opaque,
	};
	struct amdvi_paging p = host_paging(u, device);

	/* What the device may not write is not made dirty. */
	if (!(device->rights & IOASIM_WRITE))
		walk->set_dirty = false;
	if (walk->guest) {
		guest_paging(u, device, walk->pasid, &p);
		if (!amdvi_gcr3_find(u, device, &env, &p, why))
			return false;
		return walk_nested(&p, &env, device->rights, walk, why);
	}
	walk->gpa = walk->address;
	walk->guest_rights[0] = walk->guest_rights[1] = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
	walk->guest_dirty = true;
	return walk_host(&p, &env, device->rights, walk, why);
}
