/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains: kinds, tables, ASIDs and VMIDs, the words of a user's STE; and what the
 * contract does with one.
 */
#include "smmuv3/driver.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Kernel kinds ----------------------------------------------------------------- */

static bool has_stage1(const struct smmu_driver *driver)
{
	return field_get(SMMU_IDR0_S1P, driver->idr0);
}

static bool has_stage2(const struct smmu_driver *driver)
{
	return field_get(SMMU_IDR0_S2P, driver->idr0);
}

static int tag_alloc(struct ids *ids, uint16_t *tag)
{
	uint32_t id;
	int error = ids_alloc(ids, &id);

	if (!error)
		*tag = (uint16_t)id;
	return error;
}

static int kernel_create(struct smmu_driver *driver, struct smmu_domain *domain,
			 const struct domain_config *config)
{
	unsigned wanted = config->address_bits;
	bool stage1 = has_stage1(driver) && (driver->config.stage1 || !has_stage2(driver));
	struct page_table *table = &domain->space.table;
	int error;

	/* Nesting wants both stages; the parent is stage 2. */
	if (domain->kind == DOMAIN_NEST_PARENT) {
		if (!has_stage1(driver) || !has_stage2(driver))
			return -ENOTSUP;
		stage1 = false;
	}
	if (domain->kind == DOMAIN_SVA) {
		if (!has_stage1(driver))
			return -ENOTSUP;
		stage1 = domain->space.strict = true;
	}
	if (!stage1 && !has_stage2(driver))
		return -ENOTSUP;
	domain->space.dirty = config->dirty;
	table->bits = config->dirty ? FIELD_MASK(SMMU_PTE_DBM) : 0;
	error = stage1 ? smmu_table_stage1(driver, wanted, table)
		       : smmu_table_stage2(driver, wanted, table);
	if (error)
		return error;
	error = stage1 ? tag_alloc(&driver->asids, &domain->asid)
		       : tag_alloc(&driver->vmids, &domain->vmid);
	if (error)
		return error;
	domain->stages = stage1 ? SMMU_STAGES_S1 : SMMU_STAGES_S2;
	return space_init(&domain->space, &driver->spaces);
}

/* ---- Nested ------------------------------------------------------------------------ */

/* What a user may set of words 0 and 1. */
#define USER_WORD0                                                                                 \
	(FIELD_MASK(SMMU_STE_0_V) | FIELD_MASK(SMMU_STE_0_CONFIG) | FIELD_MASK(SMMU_STE_0_S1FMT) | \
	 FIELD_MASK(SMMU_STE_0_S1CONTEXTPTR) | FIELD_MASK(SMMU_STE_0_S1CDMAX))
#define USER_WORD1                                                     \
	(FIELD_MASK(SMMU_STE_1_S1DSS) | FIELD_MASK(SMMU_STE_1_S1CIR) | \
	 FIELD_MASK(SMMU_STE_1_S1COR) | FIELD_MASK(SMMU_STE_1_S1CSH) | \
	 FIELD_MASK(SMMU_STE_1_S1STALLD) | FIELD_MASK(SMMU_STE_1_EATS))

/* Bytes of the guest's CD table, or of its first level, as a logarithm (3.3.2). */
static unsigned user_table_lg2(const struct domain_config *config)
{
	unsigned cds = (unsigned)field_get(SMMU_STE_0_S1CDMAX, config->arch_data[0]);
	uint64_t format = field_get(SMMU_STE_0_S1FMT, config->arch_data[0]);
	unsigned leaf = format == SMMU_S1FMT_4K ? SMMU_L1CD_4K_LG2 : SMMU_L1CD_64K_LG2;
	unsigned bytes = cds + 6;

	if (format == SMMU_S1FMT_4K || format == SMMU_S1FMT_64K)
		bytes = cds > leaf ? cds - leaf + 3 : 3;
	return bytes > 6 ? bytes : 6; /* S1ContextPtr begins at bit 6 */
}

/* The words would be illegal in the unit, or lead to a table that cannot be there. */
static int user_stage1_check(const struct smmu_driver *driver, const struct domain_config *config)
{
	uint64_t cds = field_get(SMMU_STE_0_S1CDMAX, config->arch_data[0]);
	uint64_t format = field_get(SMMU_STE_0_S1FMT, config->arch_data[0]);
	uint64_t given = field_bits(SMMU_STE_0_S1CONTEXTPTR, config->arch_data[0]);

	if (cds > field_get(SMMU_IDR1_SSIDSIZE, driver->idr1) || format > SMMU_S1FMT_64K)
		return -EINVAL;
	if (cds && format != SMMU_S1FMT_LINEAR && !field_get(SMMU_IDR0_CD2L, driver->idr0))
		return -EINVAL;
	if (given && given != config->root)
		return -EINVAL;
	if (config->root >> driver->ipa_bits ||
	    config->root & field_mask(user_table_lg2(config) - 1, 0))
		return -EINVAL;
	return 0;
}

static int user_check(const struct smmu_driver *driver, const struct domain_config *config)
{
	uint64_t word0 = config->arch_data[0], word1 = config->arch_data[1];
	uint64_t eats = field_get(SMMU_STE_1_EATS, word1);

	if (word0 & ~USER_WORD0 || word1 & ~USER_WORD1 || config->arch_data[2] ||
	    config->arch_data[3])
		return -EINVAL;
	if (eats != SMMU_EATS_NONE && eats != SMMU_EATS_FULL)
		return -EINVAL;
	switch (field_get(SMMU_STE_0_CONFIG, word0)) {
	case SMMU_CONFIG_ABORT:
	case SMMU_CONFIG_BYPASS:
		return 0;
	case SMMU_CONFIG_S1:
		return user_stage1_check(driver, config);
	default:
		return -EINVAL;
	}
}

/* CDs of a table for which no number is asked, as a logarithm. */
#define USER_CDS_LG2 6

/* What arch_data of zeros stands for: a CD table, linear unless asked for otherwise, CD 0 for requests without
 * SubstreamID, ATS. */
static int user_default(const struct smmu_driver *driver, struct domain_config *config)
{
	unsigned most = (unsigned)field_get(SMMU_IDR1_SSIDSIZE, driver->idr1);
	unsigned cds = config->table_lg2;
	uint64_t *word = config->arch_data;

	if (word[0] || word[1] || word[2] || word[3])
		return cds || config->pasid_levels ? -EINVAL : 0;
	if (config->pasid_levels > 2)
		return -EINVAL;
	if (!cds)
		cds = most < USER_CDS_LG2 ? most : USER_CDS_LG2;
	if (cds > most)
		return -EINVAL;
	field_set(&word[0], SMMU_STE_0_V, 1);
	field_set(&word[0], SMMU_STE_0_CONFIG, SMMU_CONFIG_S1);
	field_set(&word[0], SMMU_STE_0_S1FMT,
		  config->pasid_levels == 2 ? SMMU_S1FMT_4K : SMMU_S1FMT_LINEAR);
	field_set(&word[0], SMMU_STE_0_S1CDMAX, cds);
	field_set(&word[1], SMMU_STE_1_S1DSS, SMMU_S1DSS_SSID0);
	field_set(&word[1], SMMU_STE_1_S1CIR, SMMU_DRIVER_WRITE_BACK);
	field_set(&word[1], SMMU_STE_1_S1COR, SMMU_DRIVER_WRITE_BACK);
	field_set(&word[1], SMMU_STE_1_S1CSH, SMMU_DRIVER_INNER_SHAREABLE);
	field_set(&word[1], SMMU_STE_1_EATS, SMMU_EATS_FULL);
	return 0;
}

static int nested_create(struct smmu_driver *driver, struct smmu_domain *domain,
			 const struct domain_config *asked)
{
	struct domain_config words = *asked, *config = &words;
	struct smmu_domain *parent = smmu_domain(config->parent);
	int error;

	if (!has_stage1(driver) || !has_stage2(driver))
		return -ENOTSUP;
	if (!parent || parent->kind != DOMAIN_NEST_PARENT)
		return -EINVAL;
	error = user_default(driver, config);
	if (!error)
		error = user_check(driver, config);
	if (error)
		return error;
	domain->stages = SMMU_STAGES_NESTED;
	domain->user[0] = config->arch_data[0] | field_bits(SMMU_STE_0_S1CONTEXTPTR, config->root);
	domain->user[1] = config->arch_data[1];
	/* H8: a guest's ASIDs count under the VMID of its stage 2. */
	domain->vmid = parent->vmid;
	domain->parent = parent;
	LIST_INSERT_HEAD(&parent->nested, domain, nested_link);
	return 0;
}

/* ---- Domains -------------------------------------------------------------------------- */

/* The driver's own tables, of which processes' are none. What the unit marks has to be seen
 * here (COHACC), as Linux wants it too. */
static bool can_mark(const struct smmu_driver *driver, enum domain_kind kind)
{
	return (kind == DOMAIN_KERNEL || kind == DOMAIN_NEST_PARENT) &&
	       field_get(SMMU_IDR0_HTTU, driver->idr0) >= SMMU_HTTU_DIRTY &&
	       field_get(SMMU_IDR0_COHACC, driver->idr0);
}

static int kind_create(struct smmu_driver *driver, struct smmu_domain *domain,
		       const struct domain_config *config)
{
	if (config->dirty && !can_mark(driver, config->kind))
		return -ENOTSUP;
	switch (config->kind) {
	case DOMAIN_KERNEL:
	case DOMAIN_NEST_PARENT:
	case DOMAIN_SVA:
		return kernel_create(driver, domain, config);
	case DOMAIN_IDENTITY:
		domain->stages = SMMU_STAGES_BYPASS;
		return 0;
	case DOMAIN_BLOCKED:
		domain->stages = SMMU_STAGES_BLOCKED;
		domain->silent = config->silent;
		return 0;
	case DOMAIN_NESTED_PASID:
		return nested_create(driver, domain, config);
	case DOMAIN_NESTED: /* CDs are the guest's (5.2, Config 111) */
		return -ENOTSUP;
	}
	return -EINVAL;
}

int smmu_domain_create(struct driver *opaque, const struct domain_config *config,
		       struct domain **out)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_domain *domain;
	int error;

	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return -ENOMEM;
	domain->kind = config->kind;
	LIST_INIT(&domain->routes);
	LIST_INIT(&domain->nested);
	LIST_INSERT_HEAD(&driver->domains, domain, link);
	error = kind_create(driver, domain, config);
	if (error) {
		(void)smmu_domain_destroy(opaque, (struct domain *)(void *)domain);
		return error;
	}
	*out = (struct domain *)(void *)domain;
	return 0;
}

/* Takes a half-built one too. Without routes nothing is cached under its tags, so that
 * the tables and the tags may be used again at once. */
int smmu_domain_destroy(struct driver *opaque, struct domain *gone)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_domain *domain = smmu_domain(gone);

	if (!LIST_EMPTY(&domain->routes) || !LIST_EMPTY(&domain->nested))
		return -EBUSY;
	space_fini(&domain->space);
	if (domain->asid)
		ids_free(&driver->asids, domain->asid);
	if (domain->vmid && !domain->parent)
		ids_free(&driver->vmids, domain->vmid);
	if (domain->parent)
		LIST_REMOVE(domain, nested_link);
	LIST_REMOVE(domain, link);
	free(domain);
	return 0;
}

bool smmu_domain_live(const struct smmu_domain *domain)
{
	const struct smmu_domain *nested;

	if (!LIST_EMPTY(&domain->routes))
		return true;
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (!LIST_EMPTY(&nested->routes))
			return true;
	return false;
}

/* ---- The contract ------------------------------------------------------------------------ */

/*
 * What the unit does is the same either way: a clean page of a unit that does not mark it
 * could not be written, so that HD is set as long as the domain lives (as Linux has it).
 */
int smmu_dirty_enable(struct driver *driver, struct domain *which, bool enable)
{
	struct smmu_domain *domain = smmu_domain(which);

	(void)driver;
	if (!domain->space.dirty)
		return -EINVAL;
	domain->space.tracking = enable;
	return 0;
}

/* 3.13.4: marks of transactions that have ended are visible behind a CMD_SYNC. */
int smmu_dirty_read(struct driver *driver, struct domain *which, ioasim_iova_t first,
		    ioasim_iova_t last, bool clear, driver_dirty_fn *dirty, void *to)
{
	struct smmu_domain *domain = smmu_domain(which);
	int error = 0;

	if (domain->space.tracking && smmu_domain_live(domain))
		error = smmu_queue_sync(smmu_driver(driver));
	return error ? error
		     : space_driver_dirty_read(driver, which, first, last, clear, dirty, to);
}

int smmu_driver_invalidate(struct driver *driver, struct domain *which,
			   const struct driver_invalidation *what)
{
	struct smmu_domain *domain = smmu_domain(which);

	if (domain->stages != SMMU_STAGES_NESTED || what->first > what->last ||
	    what->cache > DRIVER_INV_PASID)
		return -EINVAL;
	if (what->pasid != DRIVER_NO_PASID && what->pasid > IOASIM_PASID_MAX)
		return -EINVAL;
	return smmu_nested_invalidate(smmu_driver(driver), domain, what);
}

/* VMID and ASID as the unit answers them; a guest chooses its ASIDs. */
uint32_t smmu_domain_tag(const struct domain *opaque)
{
	const struct smmu_domain *domain = (const struct smmu_domain *)(const void *)opaque;

	if (domain->stages == SMMU_STAGES_BLOCKED || domain->stages == SMMU_STAGES_BYPASS)
		return UINT32_MAX;
	return (uint32_t)domain->vmid << 16 | domain->asid;
}
