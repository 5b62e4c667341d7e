/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nested walk (2.2.6): the guest walk whose entries lie at guest physical addresses,
 * each placed by the host table. The final address is left to the caller, who has it
 * translated with the rights of the request.
 */
#include "amdvi/format_guest.h"
#include "amdvi/format_host.h"
#include "amdvi/tlb.h"

#define WALK_FUNCTION     walk_table_page
#define WALK_FORMAT(name) host_##name
#define WALK_PARAMS       struct amdvi_paging
#define WALK_FILL         amdvi_host_fill
#include "model/walk_template.h"

static enum walk_stop refuse(struct walk_other *other, enum walk_stop stop, bool for_flags)
{
	other->stop = stop;
	other->for_flags = for_flags;
	return stop;
}

/* The host walk of a table's page, for reading or writing it. */
static enum walk_stop walk_page(const struct amdvi_paging *p, const struct walk_env *env,
				const struct amdvi_table_access *access, struct walk_other *other,
				struct amdvi_table_page *page)
{
	enum walk_stop stop = WALK_PERMISSION;
	struct walk host;

	host.ask = (struct walk_ask){
		.input = access->address,
		.kind = access->kind,
		.access = IOASIM_READ,
		.set_dirty = access->writing,
	};
	amdvi_walk_host_start(p, env, &host);
	if (host.rights & IOASIM_READ)
		stop = walk_table_page(p, env, &host);
	other->level = (uint8_t)host.level;
	other->rights = (uint8_t)host.rights;
	other->first_table = host.first_table;
	if (stop != WALK_DONE) {
		other->entry_pa = host.entry_pa;
		return stop;
	}
	page->pa = field_bits(AMDVI_TABLE_BASE, host.output);
	page->rights = (uint8_t)host.rights;
	page->dirty = field_get(AMDVI_HOST_D, host.entry);
	if (p->tables_cached)
		amdvi_table_add(p, access->address, page);
	return WALK_DONE;
}

/*
 * Reading an entry needs IR of the host table, setting flags in it IW, and that makes its
 * page dirty (docs/choices.md).
 */
enum walk_stop amdvi_walk_table(const struct amdvi_paging *p, const struct walk_env *env,
				const struct amdvi_table_access *access, struct walk_other *other,
				uint64_t *pa)
{
	const struct amdvi_table_page *known = NULL;
	struct amdvi_table_page page;
	enum walk_stop stop;

	/* What was found for reading, just before. */
	if (access->writing && !p->host_dirty && other->input == access->address)
		return other->rights & IOASIM_WRITE ? WALK_DONE
						    : refuse(other, WALK_PERMISSION, true);
	other->input = access->address;
	other->first_table = false;
	other->rights = 0;
	if (!amdvi_host_range(p, access->address))
		return refuse(other, WALK_INPUT_RANGE, access->writing);

	if (p->tables_cached)
		known = amdvi_table_find(p, env->cost, access->address);
	if (!known ||
	    (access->writing && p->host_dirty && (known->rights & IOASIM_WRITE) && !known->dirty)) {
		stop = walk_page(p, env, access, other, &page);
		if (stop != WALK_DONE)
			return refuse(other, stop, false);
		known = &page;
	}
	other->rights = known->rights;
	*pa = known->pa | (access->address & ~FIELD_MASK(AMDVI_TABLE_BASE));
	if (access->writing && !(known->rights & IOASIM_WRITE))
		return refuse(other, WALK_PERMISSION, true);
	return WALK_DONE;
}

static __attribute__((noinline)) enum walk_stop place_entry(const struct amdvi_paging *p,
							    const struct walk_env *env,
							    struct walk *w, uint64_t address,
							    bool writing, uint64_t *pa)
{
	const struct amdvi_table_access access = {
		.address = address,
		.kind = IOASIM_REF_STAGE2_FOR_STAGE1,
		.writing = writing,
	};

	return amdvi_walk_table(p, env, &access, &w->other, pa);
}

#define WALK_FUNCTION     walk_nested
#define WALK_FORMAT(name) guest_##name
#define WALK_PARAMS       struct amdvi_paging
#define WALK_OTHER        place_entry
#define WALK_FILL         amdvi_guest_fill
#include "model/walk_template.h"

enum walk_stop amdvi_walk_nested(const struct amdvi_paging *p, const struct walk_env *env,
				 struct walk *w)
{
	return walk_nested(p, env, w);
}
