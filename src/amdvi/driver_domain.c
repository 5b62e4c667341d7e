/* SPDX-License-Identifier: Apache-2.0 */
/* Domains: kinds, tables, DomainIDs, a user's device table entry and invalidations. */
#include "amdvi/driver.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Kernel kinds ------------------------------------------------------------------ */

/* The driver's own host table under a user's GCR3 table, whose root and pointers are
 * guest addresses: only so does nothing of the host's memory show (2.2.6.3). */
static bool nesting(const struct amdvi_driver *driver)
{
	return driver->host_levels && driver->guest_levels &&
	       field_get(AMDVI_EFR2_GCR3_TRP_MODE, driver->efr2);
}

static int kernel_create(struct amdvi_driver *driver, struct amdvi_domain *domain)
{
	struct page_table *table = &domain->space.table;
	bool guest = driver->guest_levels && (driver->config.stage1 || !driver->host_levels);
	int error;

	if (domain->kind == DOMAIN_NEST_PARENT) {
		if (!nesting(driver))
			return -ENOTSUP;
		guest = false;
	}
	if (domain->kind == DOMAIN_SVA) {
		if (!driver->guest_levels)
			return -ENOTSUP;
		guest = domain->space.strict = true;
	}
	if (domain->space.dirty) {
		if (!amdvi_dirty_supported(driver))
			return -ENOTSUP;
		guest = false;
	}
	domain->walk = guest ? AMDVI_WALKS_GUEST : AMDVI_WALKS_HOST;
	error = guest ? amdvi_guest_table(driver, domain->wanted_bits, table)
		      : amdvi_host_table(driver, domain->wanted_bits, table);
	return error ? error : space_init(&domain->space, &driver->spaces);
}

/* ---- Users' tables ------------------------------------------------------------------ */

/* Width of a guest address: 48 or 57 bits. */
#define USER_BITS_4_LEVEL 48
#define USER_BITS_5_LEVEL 57

/* What domain_config.arch_data of zeros stands for: a GCR3 table of one level that
 * requests without PASID use too, page requests of the guest's own. */
static void user_default(const struct domain_config *config, uint64_t *dte)
{
	dte[0] = FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV) |
		 FIELD_MASK(AMDVI_DTE_0_GV) | FIELD_MASK(AMDVI_DTE_0_GIOV) |
		 FIELD_MASK(AMDVI_DTE_0_PPR);
	if (config->pasid_levels)
		field_set(&dte[0], AMDVI_DTE_0_GLX, config->pasid_levels - 1);
	dte[1] = 0;
	dte[2] = field_prep(AMDVI_DTE_2_GUESTPAGINGMODE, config->address_bits == USER_BITS_5_LEVEL
								 ? AMDVI_GUESTPAGINGMODE_5
								 : AMDVI_GUESTPAGINGMODE_4);
	dte[3] = 0;
}

static bool words_given(const struct domain_config *config)
{
	for (unsigned i = 0; i < AMDVI_DTE_WORDS; i++)
		if (config->arch_data[i])
			return true;
	return false;
}

/* The root stands in the words or beside them. */
static int user_root(const struct domain_config *config, const uint64_t *dte, uint64_t *root)
{
	*root = amdvi_dte_gcr3_root(dte);
	if (config->root && *root && config->root != *root)
		return -EINVAL;
	if (config->root)
		*root = config->root;
	if (*root != field_bits(AMDVI_GCR3_ADDR, *root))
		return -EINVAL;
	/* A user's entry without a root has no table; a root beside it may be page 0. */
	if (!*root && words_given(config) && field_get(AMDVI_DTE_0_V, dte[0]) &&
	    field_get(AMDVI_DTE_0_GV, dte[0]))
		return -EINVAL;
	return 0;
}

/* What Linux checks of a guest's device table entry. */
static int user_check(const struct amdvi_driver *driver, const uint64_t *dte)
{
	uint64_t glx = field_get(AMDVI_DTE_0_GLX, dte[0]);
	uint64_t paging = field_get(AMDVI_DTE_2_GUESTPAGINGMODE, dte[2]);

	if (field_get(AMDVI_DTE_0_MODE, dte[0]) || field_get(AMDVI_DTE_0_HOST_ROOT, dte[0]))
		return -EINVAL;
	if (glx > AMDVI_GLX_MAX || paging > AMDVI_GUESTPAGINGMODE_5)
		return -EINVAL;
	if (glx > field_get(AMDVI_EFR_GLX_SUP, driver->efr) ||
	    (paging == AMDVI_GUESTPAGINGMODE_5 && driver->guest_levels < AMDVI_GUEST_LEVELS))
		return -ENOTSUP;
	return 0;
}

/* Nothing else of the user's entry is taken over. */
static void user_take(const struct amdvi_driver *driver, const uint64_t *dte, uint64_t root,
		      struct amdvi_domain *domain)
{
	bool eph = field_get(AMDVI_EFR_EPH_SUP, driver->efr);

	domain->user[0] = field_bits(AMDVI_DTE_0_GIOV, dte[0]) |
			  field_bits(AMDVI_DTE_0_GLX, dte[0]) |
			  (eph ? field_bits(AMDVI_DTE_0_PPR, dte[0]) : 0);
	domain->user[2] = field_bits(AMDVI_DTE_2_GUESTPAGINGMODE, dte[2]);
	amdvi_dte_gcr3_root_set(domain->user, root);
}

/* The size of a GCR3 table is the caller's where its words are not. */
static bool user_size_fits(const struct domain_config *config)
{
	unsigned levels = config->pasid_levels ? config->pasid_levels : 1;

	if (words_given(config))
		return !config->table_lg2 && !config->pasid_levels;
	return levels <= AMDVI_GCR3_LEVELS && config->table_lg2 <= AMDVI_LEVEL_BITS * levels;
}

static int nested_create(struct amdvi_driver *driver, struct amdvi_domain *domain,
			 const struct domain_config *config)
{
	struct amdvi_domain *parent = amdvi_domain(config->parent);
	uint64_t dte[AMDVI_DTE_WORDS], root;
	int error;

	if (!nesting(driver))
		return -ENOTSUP;
	if (!parent || parent->kind != DOMAIN_NEST_PARENT)
		return -EINVAL;
	if (config->address_bits && config->address_bits != USER_BITS_4_LEVEL &&
	    config->address_bits != USER_BITS_5_LEVEL)
		return -EINVAL;
	if (!user_size_fits(config))
		return -EINVAL;
	if (words_given(config))
		for (unsigned i = 0; i < AMDVI_DTE_WORDS; i++)
			dte[i] = config->arch_data[i];
	else
		user_default(config, dte);
	error = user_check(driver, dte);
	if (!error)
		error = user_root(config, dte, &root);
	if (error)
		return error;
	user_take(driver, dte, root, domain);
	domain->walk = AMDVI_WALKS_NESTED;
	domain->parent = parent;
	LIST_INSERT_HEAD(&parent->nested, domain, nested_link);
	return 0;
}

/* ---- Domains ------------------------------------------------------------------------- */

static int kind_create(struct amdvi_driver *driver, struct amdvi_domain *domain,
		       const struct domain_config *config)
{
	if (config->dirty && config->kind != DOMAIN_KERNEL && config->kind != DOMAIN_NEST_PARENT)
		return -ENOTSUP;
	switch (config->kind) {
	case DOMAIN_KERNEL:
	case DOMAIN_NEST_PARENT:
	case DOMAIN_SVA:
		return kernel_create(driver, domain);
	case DOMAIN_IDENTITY:
		domain->id = AMDVI_DRIVER_ID_IDENTITY;
		return 0;
	case DOMAIN_BLOCKED:
		domain->silent = config->silent;
		return 0;
	case DOMAIN_NESTED_PASID:
		return nested_create(driver, domain, config);
	case DOMAIN_NESTED: /* one guest table needs a GCR3 table in guest memory (2.2.6.3) */
		return -ENOTSUP;
	}
	return -EINVAL;
}

/* H8: a DomainID for each host table, and one for each GCR3 table. */
static bool own_id(const struct amdvi_domain *domain)
{
	return domain->walk == AMDVI_WALKS_HOST || domain->walk == AMDVI_WALKS_NESTED;
}

int amdvi_domain_create(struct driver *opaque, const struct domain_config *config,
			struct domain **out)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_domain *domain = calloc(1, sizeof(*domain));
	int error;

	if (!domain)
		return -ENOMEM;
	domain->kind = config->kind;
	domain->wanted_bits = config->address_bits;
	domain->space.dirty = config->dirty;
	LIST_INIT(&domain->routes);
	LIST_INIT(&domain->nested);
	LIST_INSERT_HEAD(&driver->domains, domain, link);
	error = kind_create(driver, domain, config);
	if (!error && own_id(domain))
		error = ids_alloc(&driver->ids, &domain->id);
	if (error) {
		(void)amdvi_domain_destroy(opaque, (struct domain *)(void *)domain);
		return error;
	}
	*out = (struct domain *)(void *)domain;
	return 0;
}

/* Takes a half-built one too. Without routes nothing is cached under its tags, so that
 * the tables and the DomainID may be used again at once; unless the unit is dead. */
int amdvi_domain_destroy(struct driver *opaque, struct domain *gone)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_domain *domain = amdvi_domain(gone);

	if (amdvi_domain_live(domain) || !LIST_EMPTY(&domain->nested))
		return -EBUSY;
	space_fini(&domain->space);
	if (domain->id >= AMDVI_DRIVER_ID_FIRST && !driver->spaces.broken)
		ids_free(&driver->ids, domain->id);
	if (domain->parent)
		LIST_REMOVE(domain, nested_link);
	LIST_REMOVE(domain, link);
	free(domain);
	return 0;
}

int amdvi_domain_invalidate(struct driver *driver, struct domain *which,
			    const struct driver_invalidation *what)
{
	struct amdvi_domain *domain = amdvi_domain(which);

	if (domain->walk != AMDVI_WALKS_NESTED || what->first > what->last ||
	    what->cache > DRIVER_INV_PASID)
		return -EINVAL;
	if (what->pasid != DRIVER_NO_PASID && what->pasid >> AMDVI_PASID_BITS)
		return -EINVAL;
	return amdvi_nested_invalidate(amdvi_driver(driver), domain, what);
}

/* Under a guest table the tag is the endpoint's: that of the route made last. */
uint32_t amdvi_domain_tag(const struct domain *opaque)
{
	const struct amdvi_domain *domain = (const struct amdvi_domain *)(const void *)opaque;

	if (domain->kind == DOMAIN_BLOCKED)
		return UINT32_MAX;
	if (domain->walk != AMDVI_WALKS_GUEST)
		return domain->id;
	return amdvi_domain_live(domain) ? LIST_FIRST(&domain->routes)->endpoint->gcr3_id
					 : UINT32_MAX;
}
