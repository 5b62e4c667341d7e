/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains: kinds, tables, ids, and what the contract does with one: map, unmap,
 * look-up, a user's invalidation.
 */
#include "vtd/driver.h"
#include "vtd/unit.h"

#include <errno.h>
#include <stdlib.h>

/* Input width of a domain for which none is asked. */
#define DEFAULT_BITS 48

static bool has_first(const struct vtd_driver *driver)
{
	return driver->scalable && field_get(VTD_ECAP_FSTS, driver->ecap);
}

static bool has_second(const struct vtd_driver *driver)
{
	return driver->levels_largest > 2 &&
	       (!driver->scalable || field_get(VTD_ECAP_SSTS, driver->ecap));
}

static unsigned level_bits(unsigned levels)
{
	return POOL_PAGE_LG2 + 9 * levels;
}

static uint8_t smaller(unsigned a, unsigned b)
{
	return (uint8_t)(a < b ? a : b);
}

/* The fewest levels that reach the width, or the most there are for the default. */
static int second_stage_choose(const struct vtd_driver *driver, unsigned wanted,
			       struct vtd_page_table *table)
{
	unsigned bits = wanted ? wanted : smaller(DEFAULT_BITS, driver->mgaw);
	unsigned levels = 3;

	if (wanted > driver->mgaw)
		return -ENOTSUP;
	while (levels < driver->levels_largest &&
	       (!vtd_driver_levels(driver, levels) || level_bits(levels) < bits))
		levels++;
	if (wanted > level_bits(levels))
		return -ENOTSUP;
	table->levels = (uint8_t)levels;
	table->input_bits = smaller(wanted ? wanted : level_bits(levels), driver->mgaw);
	table->leaf_levels = 1;
	/* SSLPS: 2 MiB pages at level 1, 1 GiB at level 2. */
	if (!driver->config.no_large_pages)
		table->leaf_levels |= (uint8_t)(field_get(VTD_CAP_SSLPS, driver->cap) << 1);
	return 0;
}

/*
 * Addresses of the first stage are canonical; only the lower half is given out, so
 * a 4-level table that is called 48 bits wide takes 47.
 */
static int first_stage_choose(const struct vtd_driver *driver, unsigned wanted,
			      struct vtd_page_table *table)
{
	unsigned levels = wanted > level_bits(4) ? 5 : 4;

	if (wanted > driver->mgaw)
		return -ENOTSUP;
	if (wanted > level_bits(levels) || (levels == 5 && !field_get(VTD_CAP_FS5LP, driver->cap)))
		return -ENOTSUP;
	table->first = true;
	table->levels = (uint8_t)levels;
	table->input_bits = smaller(level_bits(levels) - 1, driver->mgaw);
	if (wanted)
		table->input_bits = smaller(table->input_bits, wanted);
	table->leaf_levels = 1;
	if (!driver->config.no_large_pages)
		table->leaf_levels |= field_get(VTD_CAP_FS1GP, driver->cap) ? 6 : 2;
	return 0;
}

static int kernel_create(struct vtd_driver *driver, struct vtd_domain *domain, unsigned wanted)
{
	bool first = has_first(driver) && (driver->config.stage1 || !has_second(driver));
	int error;

	if (domain->kind == DOMAIN_NEST_PARENT) {
		if (!driver->scalable || !field_get(VTD_ECAP_NEST, driver->ecap))
			return -ENOTSUP;
		first = false;
	}
	if (!first && !has_second(driver))
		return -ENOTSUP;
	if (wanted && wanted <= POOL_PAGE_LG2)
		return -EINVAL;
	domain->pgtt = first ? VTD_PGTT_FIRST : VTD_PGTT_SECOND;
	error = first ? first_stage_choose(driver, wanted, &domain->table)
		      : second_stage_choose(driver, wanted, &domain->table);
	return error ? error : vtd_table_init(driver, &domain->table);
}

static int nested_create(struct vtd_driver *driver, struct vtd_domain *domain,
			 const struct domain_config *config)
{
	struct vtd_domain *parent = vtd_domain(config->parent);
	uint64_t known = VTD_USER_SRE | VTD_USER_EAFE | VTD_USER_WPE;

	if (!driver->scalable || !field_get(VTD_ECAP_NEST, driver->ecap))
		return -ENOTSUP;
	if (!parent || parent->kind != DOMAIN_NEST_PARENT)
		return -EINVAL;
	if (config->address_bits && config->address_bits != level_bits(4) &&
	    config->address_bits != level_bits(5))
		return -EINVAL;
	domain->user_levels = config->address_bits == level_bits(5) ? 5 : 4;
	domain->user_flags = config->arch_data[0];
	if (domain->user_flags & ~known)
		return -EINVAL;
	/* SPT.4: the root lies inside the second stage. */
	if (config->root % POOL_PAGE_SIZE ||
	    config->root >> smaller(level_bits(parent->table.levels), driver->mgaw) ||
	    config->root >> driver->haw)
		return -EINVAL;
	if ((domain->user_levels == 5 && !field_get(VTD_CAP_FS5LP, driver->cap)) ||
	    (domain->user_flags & VTD_USER_SRE && !field_get(VTD_ECAP_SRS, driver->ecap)) ||
	    (domain->user_flags & VTD_USER_EAFE && !field_get(VTD_ECAP_EAFS, driver->ecap)))
		return -ENOTSUP;
	domain->pgtt = VTD_PGTT_NESTED;
	domain->user_root = config->root;
	domain->parent = parent;
	LIST_INSERT_HEAD(&parent->nested, domain, nested_link);
	return 0;
}

static int kind_create(struct vtd_driver *driver, struct vtd_domain *domain,
		       const struct domain_config *config)
{
	switch (config->kind) {
	case DOMAIN_KERNEL:
	case DOMAIN_NEST_PARENT:
		return kernel_create(driver, domain, config->address_bits);
	case DOMAIN_IDENTITY:
		if (!field_get(VTD_ECAP_PT, driver->ecap) ||
		    (!driver->scalable && !has_second(driver)))
			return -ENOTSUP;
		domain->pgtt = VTD_PGTT_PASS;
		return 0;
	case DOMAIN_BLOCKED:
		domain->silent = config->silent;
		return 0;
	case DOMAIN_NESTED:
		return nested_create(driver, domain, config);
	case DOMAIN_NESTED_PASID: /* the PASID table is the host's (3.2) */
		return -ENOTSUP;
	}
	return -EINVAL;
}

/* Whether the domain has an id of its own. */
static bool own_did(const struct vtd_domain *domain)
{
	return domain->pgtt != VTD_PGTT_NONE && domain->pgtt != VTD_PGTT_PASS;
}

int vtd_domain_create(struct driver *opaque, const struct domain_config *config,
		      struct domain **out)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain = calloc(1, sizeof(*domain));
	int error;

	if (!domain)
		return -ENOMEM;
	domain->kind = config->kind;
	domain->epoch = 1;
	pool_list_init(&domain->queued_pages);
	LIST_INIT(&domain->attachments);
	LIST_INIT(&domain->nested);
	LIST_INSERT_HEAD(&driver->domains, domain, link);
	error = kind_create(driver, domain, config);
	if (!error && domain->pgtt == VTD_PGTT_PASS)
		domain->did = VTD_DRIVER_DID_IDENTITY;
	if (!error && own_did(domain))
		error = ids_alloc(&driver->dids, &domain->did);
	if (error) {
		(void)vtd_domain_destroy(opaque, (struct domain *)(void *)domain);
		return error;
	}
	*out = (struct domain *)(void *)domain;
	return 0;
}

/* Takes a half-built one too. Without routes nothing is cached under its tags, so
 * that the tables and the id may be used again at once. */
int vtd_domain_destroy(struct driver *opaque, struct domain *gone)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain = vtd_domain(gone);
	struct pool_list pages;

	if (vtd_domain_live(domain) || !LIST_EMPTY(&domain->nested))
		return -EBUSY;
	vtd_lazy_forget(driver, domain);
	pool_list_init(&pages);
	vtd_table_take(driver, &domain->table, &pages);
	vtd_driver_free_pages(driver, &pages, 0);
	if (domain->did >= VTD_DRIVER_DID_FIRST)
		ids_free(&driver->dids, domain->did);
	if (domain->parent)
		LIST_REMOVE(domain, nested_link);
	LIST_REMOVE(domain, link);
	free(domain);
	return 0;
}

/* ---- Maps ------------------------------------------------------------------------- */

static int map_arguments(const struct vtd_driver *driver, const struct vtd_domain *domain,
			 const struct vtd_map *map, uint64_t size)
{
	uint64_t offsets = POOL_PAGE_SIZE - 1;

	if (!domain->table.levels || !size || ((map->first | map->pa | size) & offsets))
		return -EINVAL;
	if (!(map->access & (IOASIM_READ | IOASIM_WRITE)))
		return -EINVAL;
	if (map->last < map->first || map->last >> domain->table.input_bits)
		return -ERANGE;
	if (map->pa + size - 1 < map->pa || (map->pa + size - 1) >> driver->haw)
		return -EINVAL;
	return 0;
}

/* Makes sure that nothing waits for a flush in the range, and that the tables can be
 * had: after this a map cannot fail half done. */
static int map_prepare(struct vtd_driver *driver, struct vtd_domain *domain, struct vtd_map *map)
{
	int error = vtd_table_check(driver, &domain->table, map);

	if (!error && map->queued)
		error = vtd_lazy_flush(driver, domain);
	if (!error && map->tables > pool_available(&driver->pool))
		error = vtd_lazy_flush_all(driver);
	if (!error && map->tables > pool_available(&driver->pool))
		error = -ENOMEM;
	return error;
}

int vtd_map(struct driver *opaque, struct domain *to, ioasim_iova_t iova, ioasim_pa_t pa,
	    uint64_t size, unsigned access)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain = vtd_domain(to);
	struct vtd_map map = {
		.first = iova,
		.last = iova + size - 1,
		.pa = pa,
		.access = access,
		.epoch = domain->queued ? domain->epoch : 0,
	};
	struct vtd_range range = {.first = map.first, .last = map.last};
	int error = map_arguments(driver, domain, &map, size);

	if (!error)
		error = map_prepare(driver, domain, &map);
	if (error)
		return error;
	error = vtd_table_map(driver, &domain->table, &map);
	if (error)
		return error;
	driver->stats.maps++;
	/* A cached pointer to a table that a large page replaced would hide that page. */
	if (map.replaced.count)
		error = vtd_domain_invalidate(driver, domain, &range);
	vtd_driver_free_pages(driver, &map.replaced, error);
	if (!error) {
		range.leaves_only = !map.tables;
		error = vtd_domain_mapped(driver, domain, &range);
	}
	return error;
}

/*
 * The invalidation of an unmap, now or later, and the pages that wait for it. Where
 * the tables were found damaged the pages may still hang in them: they are parked.
 */
static int unmap_finish(struct vtd_driver *driver, struct vtd_domain *domain,
			struct vtd_unmap *unmap, int error)
{
	int result;

	if (unmap->cleared && error != -EIO)
		return vtd_lazy_queue(driver, domain, &unmap->pages);
	result = vtd_domain_invalidate(driver, domain, &unmap->range);
	vtd_driver_free_pages(driver, &unmap->pages, error ? error : result);
	return result;
}

static bool routes_exist(const struct vtd_domain *domain)
{
	const struct vtd_domain *nested;

	if (vtd_domain_live(domain))
		return true;
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (vtd_domain_live(nested))
			return true;
	return false;
}

int vtd_unmap(struct driver *opaque, struct domain *from, ioasim_iova_t iova, uint64_t size,
	      uint64_t *unmapped)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_domain *domain = vtd_domain(from);
	struct vtd_unmap unmap = {.first = iova, .last = iova + size - 1};
	uint64_t top;
	int error, finish;

	*unmapped = 0;
	if (!domain->table.levels || !size || ((iova | size) & (POOL_PAGE_SIZE - 1)) ||
	    unmap.last < unmap.first)
		return -EINVAL;
	top = field_mask(domain->table.input_bits - 1u, 0);
	if (unmap.first > top)
		return 0;
	if (unmap.last > top)
		unmap.last = top;
	if (driver->config.policy == DRIVER_LAZY && routes_exist(domain))
		unmap.cleared = vtd_table_cleared(domain->epoch);
	unmap.range.leaves_only = true;
	pool_list_init(&unmap.pages);

	error = vtd_table_unmap(driver, &domain->table, &unmap);
	if (error == -ENOMEM && !TAILQ_EMPTY(&driver->queued)) {
		error = vtd_lazy_flush_all(driver);
		if (!error)
			error = vtd_table_unmap(driver, &domain->table, &unmap);
	}
	*unmapped = unmap.bytes;
	if (!unmap.changed)
		return error;
	driver->stats.unmaps += !error;
	finish = unmap_finish(driver, domain, &unmap, error);
	return error ? error : finish;
}

int vtd_lookup(struct driver *driver, struct domain *in, ioasim_iova_t iova, ioasim_pa_t *pa,
	       unsigned *access)
{
	const struct vtd_domain *domain = vtd_domain(in);

	if (!domain->table.levels || iova >> domain->table.input_bits)
		return -ENOENT;
	return vtd_table_lookup(vtd_driver(driver), &domain->table, iova, pa, access);
}

int vtd_invalidate(struct driver *driver, struct domain *which, uint32_t pasid, ioasim_iova_t first,
		   ioasim_iova_t last, bool leaf)
{
	struct vtd_domain *domain = vtd_domain(which);
	struct vtd_range range = {.first = first, .last = last, .leaves_only = leaf};

	if (domain->pgtt != VTD_PGTT_NESTED || first > last)
		return -EINVAL;
	return vtd_nested_invalidate(vtd_driver(driver), domain, pasid, &range);
}

uint32_t vtd_domain_tag(const struct domain *opaque)
{
	const struct vtd_domain *domain = (const struct vtd_domain *)(const void *)opaque;

	return domain->pgtt == VTD_PGTT_NONE ? UINT32_MAX : domain->did;
}
