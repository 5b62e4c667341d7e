/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nested walk (3.8): the first-stage walk whose entries lie at guest physical
 * addresses, each translated by the second stage. The final address is left to the
 * caller, who has it translated with the rights of the request.
 */
#include "vtd/format_first.h"
#include "vtd/format_second.h"
#include "vtd/tlb.h"

#define WALK_FUNCTION     walk_table_page
#define WALK_FORMAT(name) second_##name
#define WALK_PARAMS       struct vtd_paging
#define WALK_FILL         vtd_second_fill
#include "model/walk_template.h"

static enum walk_stop refuse(struct walk *w, enum walk_stop stop, bool for_flags)
{
	w->other.stop = stop;
	w->other.for_flags = for_flags;
	return stop;
}

/* The second-stage walk of a first-stage table's page, for reading or writing it. */
static enum walk_stop walk_page(const struct vtd_paging *p, const struct walk_env *env,
				struct walk *w, bool writing, struct vtd_table_page *page)
{
	struct walk second;
	enum walk_stop stop;

	second.ask = (struct walk_ask){
		.input = w->other.input,
		.kind = IOASIM_REF_STAGE2_FOR_STAGE1,
		.access = IOASIM_READ,
		.set_dirty = writing,
	};
	vtd_walk_second_start(p, env, &second);
	stop = walk_table_page(p, env, &second);
	w->other.level = (uint8_t)second.level;
	w->other.rights = (uint8_t)second.rights;
	w->other.first_table = second.first_table;
	if (stop != WALK_DONE)
		return stop;
	page->pa = field_bits(VTD_TABLE_BASE, second.output);
	page->did = p->route->did;
	page->rights = (uint8_t)second.rights;
	page->dirty = !p->route->ssade || field_get(VTD_SS_D, second.entry);
	if (p->tables_cached)
		vtd_table_add(p, w->other.input, page);
	return WALK_DONE;
}

/*
 * Second-stage translation of the address of a first-stage entry. With SSADE the
 * page needs write permission even if only read (3.8.1). Setting flags there
 * writes the page, so that its second-stage dirty flag is due.
 */
static __attribute__((noinline)) enum walk_stop translate_entry(const struct vtd_paging *p,
								const struct walk_env *env,
								struct walk *w, uint64_t address,
								bool writing, uint64_t *pa)
{
	const struct vtd_table_page *known = NULL;
	struct vtd_table_page page;
	enum walk_stop stop;

	if (writing && !p->route->ssade && w->other.input == address)
		return w->other.rights & IOASIM_WRITE ? WALK_DONE
						      : refuse(w, WALK_PERMISSION, true);
	w->other.input = address;
	w->other.first_table = false;
	w->other.rights = 0;
	if (address >> p->second_bits)
		return refuse(w, WALK_INPUT_RANGE, writing);

	if (p->tables_cached)
		known = vtd_table_find(p, env->cost, address);
	if (!known || (writing && (known->rights & IOASIM_WRITE) && !known->dirty)) {
		stop = walk_page(p, env, w, writing, &page);
		if (stop != WALK_DONE)
			return refuse(w, stop, false);
		known = &page;
	}
	w->other.rights = known->rights;
	*pa = known->pa | (address & ~FIELD_MASK(VTD_TABLE_BASE));
	if ((writing || p->route->ssade) && !(known->rights & IOASIM_WRITE))
		return refuse(w, WALK_PERMISSION, true);
	return WALK_DONE;
}

#define WALK_FUNCTION     walk_nested
#define WALK_FORMAT(name) first_##name
#define WALK_PARAMS       struct vtd_paging
#define WALK_OTHER        translate_entry
#define WALK_FILL         vtd_first_fill
#include "model/walk_template.h"

enum walk_stop vtd_walk_nested(const struct vtd_paging *p, const struct walk_env *env,
			       struct walk *w)
{
	return walk_nested(p, env, w);
}
