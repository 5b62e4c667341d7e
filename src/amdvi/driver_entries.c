/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device table entries (2.2.2.1). Words 2 and 3 are those of interrupts, which are not
 * remapped (IV=0), but for GuestPagingMode, which stands apart from all else that guest
 * translation needs.
 */
#include "amdvi/driver.h"

#include "model/broken.h"

#include <errno.h>
#include <string.h>

#define HALF_WORDS 2u
#define HALF_SIZE  (HALF_WORDS * sizeof(uint64_t))

/* Nothing gets through: V=1, since V=0 forwards, and I=0, since translated requests are
 * not looked up. */
void amdvi_dte_blocked(uint64_t *dte)
{
	memset(dte, 0, AMDVI_DTE_SIZE);
	dte[0] = FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV);
	field_set(&dte[1], AMDVI_DTE_1_DOMAINID, AMDVI_DRIVER_ID_BLOCKED);
}

static void let_through(uint64_t *dte, uint32_t domain_id)
{
	dte[0] |= FIELD_MASK(AMDVI_DTE_0_IR) | FIELD_MASK(AMDVI_DTE_0_IW);
	field_set(&dte[1], AMDVI_DTE_1_DOMAINID, domain_id);
}

static void host_table(uint64_t *dte, const struct space *space)
{
	field_set(&dte[0], AMDVI_DTE_0_MODE, space->table.levels);
	dte[0] |= field_bits(AMDVI_DTE_0_HOST_ROOT, space->table.root);
	field_set(&dte[0], AMDVI_DTE_0_HAD, space->tracking ? AMDVI_HAD_BOTH : AMDVI_HAD_NONE);
}

/* The user's fields were checked when the domain was made. */
static void users_table(uint64_t *dte, const struct amdvi_domain *domain)
{
	host_table(dte, &domain->parent->space);
	for (unsigned i = 0; i < AMDVI_DTE_WORDS; i++)
		dte[i] |= domain->user[i];
	field_set(&dte[0], AMDVI_DTE_0_GV, 1);
}

/* Mode 0 under the endpoint's own GCR3 table: guest tables hold SPAs. Identity without
 * PASID beside it is what GIoV=0 means. */
static void own_table(uint64_t *dte, const struct amdvi_endpoint *endpoint)
{
	bool identity = endpoint->rid && endpoint->rid->domain->kind == DOMAIN_IDENTITY;

	field_set(&dte[0], AMDVI_DTE_0_GV, 1);
	field_set(&dte[0], AMDVI_DTE_0_GIOV, !identity);
	field_set(&dte[0], AMDVI_DTE_0_GLX, endpoint->gcr3.levels - 1);
	amdvi_dte_gcr3_root_set(dte, endpoint->gcr3.root);
	if (endpoint->guest_levels == AMDVI_GUEST_LEVELS)
		field_set(&dte[2], AMDVI_DTE_2_GUESTPAGINGMODE, AMDVI_GUESTPAGINGMODE_5);
}

void amdvi_dte_make(const struct amdvi_driver *driver, const struct amdvi_endpoint *endpoint,
		    uint64_t *dte)
{
	const struct amdvi_domain *domain = endpoint->rid ? endpoint->rid->domain : NULL;

	amdvi_dte_blocked(dte);
	if (endpoint->pasids || amdvi_route_walks(endpoint->rid, AMDVI_WALKS_GUEST)) {
		let_through(dte, endpoint->gcr3_id);
		own_table(dte, endpoint);
	} else if (!domain || domain->kind == DOMAIN_BLOCKED) {
		/* SA is of the whole device: PASIDs keep their records. */
		field_set(&dte[1], AMDVI_DTE_1_SA, domain && domain->silent);
		return;
	} else {
		let_through(dte, domain->id);
		if (domain->walk == AMDVI_WALKS_HOST)
			host_table(dte, &domain->space);
		else if (domain->walk == AMDVI_WALKS_NESTED)
			users_table(dte, domain);
	}
	field_set(&dte[1], AMDVI_DTE_1_I, endpoint->ats);
	if (endpoint->pri && field_get(AMDVI_EFR_EPH_SUP, driver->efr) &&
	    !amdvi_route_walks(endpoint->rid, AMDVI_WALKS_NESTED))
		field_set(&dte[0], AMDVI_DTE_0_PPR, 1);
}

static bool guest(const uint64_t *dte)
{
	return field_get(AMDVI_DTE_0_GV, dte[0]);
}

bool amdvi_dte_torn(const uint64_t *from, const uint64_t *to)
{
	return guest(from) && guest(to) &&
	       field_get(AMDVI_DTE_2_GUESTPAGINGMODE, from[2]) !=
		       field_get(AMDVI_DTE_2_GUESTPAGINGMODE, to[2]);
}

static int half_store(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
		      const uint64_t *dte, unsigned word)
{
	ioasim_pa_t entry = driver->devtab + (ioasim_pa_t)endpoint->id * AMDVI_DTE_SIZE;

	if (!memcmp(&endpoint->dte[word], &dte[word], HALF_SIZE))
		return 0;
	if (BROKEN(VALID_FIRST) &&
	    ioasim_memory_write64(driver->memory, entry + word * sizeof(*dte), dte[word]))
		return -EIO;
	if (ioasim_memory_write(driver->memory, entry + word * sizeof(*dte), &dte[word], HALF_SIZE))
		return -EIO;
	memcpy(&endpoint->dte[word], &dte[word], HALF_SIZE);
	return 0;
}

/* GuestPagingMode changes while GV=0: before GV is set, behind its fall. */
int amdvi_dte_store(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
		    const uint64_t *dte)
{
	unsigned first = guest(endpoint->dte) ? 0 : HALF_WORDS;
	int error = half_store(driver, endpoint, dte, first);

	if (!error)
		error = half_store(driver, endpoint, dte, HALF_WORDS - first);
	return error;
}
