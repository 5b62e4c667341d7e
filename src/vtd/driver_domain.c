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

/* Bits of page_table.sizes. */
#define PAGE_4K (UINT64_C(1) << 12)
#define PAGE_2M (UINT64_C(1) << 21)
#define PAGE_1G (UINT64_C(1) << 30)

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
			       struct page_table *table)
{
	unsigned bits = wanted ? wanted : smaller(DEFAULT_BITS, driver->mgaw);
	uint64_t sslps = field_get(VTD_CAP_SSLPS, driver->cap);
	unsigned levels = 3;

	if (wanted > driver->mgaw)
		return -ENOTSUP;
	while (levels < driver->levels_largest &&
	       (!vtd_driver_levels(driver, levels) || level_bits(levels) < bits))
		levels++;
	if (wanted > level_bits(levels))
		return -ENOTSUP;
	table->format = &vtd_driver_second;
	table->levels = (uint8_t)levels;
	table->input_bits = smaller(wanted ? wanted : level_bits(levels), driver->mgaw);
	/* SSLPS: bit 0 for 2 MiB pages, bit 1 for 1 GiB. */
	if (!driver->config.no_large_pages)
		table->sizes = (sslps & 1 ? PAGE_2M : 0) | (sslps & 2 ? PAGE_1G : 0);
	return 0;
}

/*
 * Addresses of the first stage are canonical; only the lower half is given out, so
 * a 4-level table that is called 48 bits wide takes 47.
 */
static int first_stage_choose(const struct vtd_driver *driver, unsigned wanted,
			      struct page_table *table)
{
	unsigned levels = wanted > level_bits(4) ? 5 : 4;

	if (wanted > driver->mgaw)
		return -ENOTSUP;
	if (wanted > level_bits(levels) || (levels == 5 && !field_get(VTD_CAP_FS5LP, driver->cap)))
		return -ENOTSUP;
	table->format = &vtd_driver_first;
	table->levels = (uint8_t)levels;
	table->input_bits = smaller(level_bits(levels) - 1, driver->mgaw);
	if (wanted)
		table->input_bits = smaller(table->input_bits, wanted);
	if (!driver->config.no_large_pages)
		table->sizes = PAGE_2M | (field_get(VTD_CAP_FS1GP, driver->cap) ? PAGE_1G : 0);
	return 0;
}

/* Whose tables a kernel kind has. */
static int stage_choose(const struct vtd_driver *driver, const struct domain_config *config,
			bool *first)
{
	*first = has_first(driver) && (driver->config.stage1 || !has_second(driver));
	if (config->kind == DOMAIN_SVA) {
		*first = true;
		return has_first(driver) ? 0 : -ENOTSUP;
	}
	if (config->kind == DOMAIN_NEST_PARENT) {
		if (!driver->scalable || !field_get(VTD_ECAP_NEST, driver->ecap))
			return -ENOTSUP;
		*first = false;
	}
	/* In first-stage tables D is set beforehand, and SSADE is not for them. */
	if (config->dirty) {
		if (!vtd_driver_marks(driver))
			return -ENOTSUP;
		*first = false;
	}
	return *first || has_second(driver) ? 0 : -ENOTSUP;
}

static int kernel_create(struct vtd_driver *driver, struct vtd_domain *domain,
			 const struct domain_config *config)
{
	struct page_table *table = &domain->space.table;
	unsigned wanted = config->address_bits;
	bool first;
	int error = stage_choose(driver, config, &first);

	if (error)
		return error;
	if (wanted && wanted <= POOL_PAGE_LG2)
		return -EINVAL;
	domain->pgtt = first ? VTD_PGTT_FIRST : VTD_PGTT_SECOND;
	error = first ? first_stage_choose(driver, wanted, table)
		      : second_stage_choose(driver, wanted, table);
	table->sizes |= PAGE_4K;
	table->page_lg2 = POOL_PAGE_LG2;
	table->root_lg2 = POOL_PAGE_LG2 - PAGE_ITEM_LG2;
	table->bits = config->dirty ? FIELD_MASK(VTD_SS_A) : 0;
	domain->space.dirty = config->dirty;
	domain->space.strict = config->kind == DOMAIN_SVA;
	return error ? error : space_init(&domain->space, &driver->spaces);
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
	    config->root >> smaller(level_bits(parent->space.table.levels), driver->mgaw) ||
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
	if (config->dirty && config->kind != DOMAIN_KERNEL && config->kind != DOMAIN_NEST_PARENT)
		return -ENOTSUP;
	switch (config->kind) {
	case DOMAIN_KERNEL:
	case DOMAIN_NEST_PARENT:
	case DOMAIN_SVA:
		return kernel_create(driver, domain, config);
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

	if (vtd_domain_live(domain) || !LIST_EMPTY(&domain->nested))
		return -EBUSY;
	space_fini(&domain->space);
	if (domain->did >= VTD_DRIVER_DID_FIRST)
		ids_free(&driver->dids, domain->did);
	if (domain->parent)
		LIST_REMOVE(domain, nested_link);
	LIST_REMOVE(domain, link);
	free(domain);
	return 0;
}

/* ---- The contract ------------------------------------------------------------------- */

int vtd_invalidate(struct driver *driver, struct domain *which,
		   const struct driver_invalidation *what)
{
	struct vtd_domain *domain = vtd_domain(which);

	if (domain->pgtt != VTD_PGTT_NESTED || what->first > what->last ||
	    what->cache > DRIVER_INV_PASID)
		return -EINVAL;
	return vtd_nested_invalidate(vtd_driver(driver), domain, what);
}

uint32_t vtd_domain_tag(const struct domain *opaque)
{
	const struct vtd_domain *domain = (const struct vtd_domain *)(const void *)opaque;

	return domain->pgtt == VTD_PGTT_NONE ? UINT32_MAX : domain->did;
}
