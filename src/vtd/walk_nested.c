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
	struct walk page;
	enum walk_stop stop;

	if (writing && !p->route->ssade && w->other.input == address)
		return w->other.rights & IOASIM_WRITE ? WALK_DONE
						      : refuse(w, WALK_PERMISSION, true);
	w->other.input = address;
	w->other.first_table = false;
	w->other.rights = 0;
	if (address >> p->second_bits)
		return refuse(w, WALK_INPUT_RANGE, writing);

	page.ask = (struct walk_ask){
		.input = address,
		.kind = IOASIM_REF_STAGE2_FOR_STAGE1,
		.access = IOASIM_READ,
		.set_dirty = writing,
	};
	vtd_walk_second_start(p, env, &page);
	stop = walk_table_page(p, env, &page);
	*pa = page.output;
	w->other.level = (uint8_t)page.level;
	w->other.rights = (uint8_t)page.rights;
	w->other.first_table = page.first_table;
	if (stop != WALK_DONE)
		return refuse(w, stop, false);
	if ((writing || p->route->ssade) && !(page.rights & IOASIM_WRITE))
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
