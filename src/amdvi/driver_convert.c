/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel domain is made with a host table, which every endpoint can use. The first
 * time one of its endpoints has or gets a PASID, the domain needs a guest table: one
 * with the same contents is built, endpoints are switched to it, and the host table
 * goes. Requests meet the same translations all the time.
 */
#include "amdvi/driver.h"

#include <errno.h>

/* Leaves that lie one behind the other in IOVA and PA, with the same rights. */
static int run_map(struct page_table *table, struct page_map *run)
{
	int error;

	if (run->last > page_table_last(table))
		return -EINVAL;
	error = page_table_check(table, run);
	return error ? error : page_table_map(table, run);
}

static bool run_extend(struct page_map *run, const struct page_leaf *leaf, uint64_t first)
{
	if (run->last + 1 != first || run->pa + (first - run->first) != leaf->pa ||
	    run->access != leaf->access)
		return false;
	run->last = first | field_mask(leaf->size_lg2 - 1, 0);
	return true;
}

static int table_copy(const struct page_table *from, struct page_table *to)
{
	struct page_map run = {.first = 1}; /* none: it ends in front of its start */
	struct page_leaf leaf;
	uint64_t first;
	int error = page_table_next(from, 0, &first, &leaf);

	while (!error) {
		if (!run_extend(&run, &leaf, first)) {
			if (run.first <= run.last)
				error = run_map(to, &run);
			if (error)
				return error;
			run = (struct page_map){
				.first = first,
				.last = first | field_mask(leaf.size_lg2 - 1, 0),
				.pa = leaf.pa,
				.access = leaf.access,
			};
		}
		if (run.last == page_table_last(from))
			break;
		error = page_table_next(from, run.last + 1, &first, &leaf);
	}
	if (error && error != -ENOENT)
		return error;
	return run.first <= run.last ? run_map(to, &run) : 0;
}

static void table_free(struct amdvi_driver *driver, struct page_table *table, int error)
{
	struct pool_list pages;

	pool_list_init(&pages);
	page_table_take(table, &pages);
	spaces_free(&driver->spaces, &pages, error);
}

static int guest_build(struct amdvi_driver *driver, const struct amdvi_domain *domain,
		       struct page_table *table)
{
	const struct amdvi_route *route;
	int error = amdvi_guest_table(driver, domain->wanted_bits, table);

	if (error)
		return -EINVAL;
	table->pool = &driver->pool;
	table->stats = &driver->stats;
	error = page_table_init(table);
	if (error)
		return error;
	error = table_copy(&domain->space.table, table);
	LIST_FOREACH (route, &domain->routes, link)
		if (!error)
			error = amdvi_endpoint_guest_prepare(driver, route->endpoint,
							     AMDVI_DRIVER_RID_PASID, table);
	if (error)
		table_free(driver, table, 0);
	return error;
}

int amdvi_domain_convert(struct amdvi_driver *driver, struct amdvi_domain *domain)
{
	struct page_table guest = {0}, host = domain->space.table;
	const struct amdvi_route *route;
	int error = domain->space.dirty ? -EINVAL : guest_build(driver, domain, &guest), switched;

	if (error)
		return error;
	domain->space.table = guest;
	domain->walk = AMDVI_WALKS_GUEST;
	LIST_FOREACH (route, &domain->routes, link) {
		route->endpoint->guests++;
		route->endpoint->guest_levels = guest.levels;
		switched = amdvi_endpoint_rid_apply(driver, route->endpoint);
		error = error ? error : switched;
	}
	/* Nothing is left of the host table, nor of what was unmapped from it. */
	if (!error)
		space_forget(&domain->space);
	table_free(driver, &host, error);
	if (!error)
		ids_free(&driver->ids, domain->id);
	domain->id = AMDVI_DRIVER_ID_BLOCKED;
	return error;
}
