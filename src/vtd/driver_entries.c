/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a route: legacy context (9.3) and PASID table (9.6) entries. */
#include "vtd/driver.h"
#include "vtd/unit.h"

#include "model/broken.h"

/* Coding of AW: 1 is 3 levels. */
static unsigned address_width(unsigned levels)
{
	return levels - 2;
}

void vtd_entry_legacy(const struct vtd_driver *driver, const struct vtd_device *device,
		      const struct vtd_domain *domain, uint64_t entry[2])
{
	entry[0] = entry[1] = 0;
	if (domain->pgtt == VTD_PGTT_NONE) {
		field_set(&entry[0], VTD_CONTEXT_0_FPD, domain->silent);
		return;
	}
	field_set(&entry[0], VTD_CONTEXT_0_P, 1);
	field_set(&entry[1], VTD_CONTEXT_1_DID, domain->did);
	if (domain->pgtt == VTD_PGTT_PASS) {
		field_set(&entry[0], VTD_CONTEXT_0_TT, VTD_TT_PASS);
		/* 9.3: the largest width that the unit has. */
		field_set(&entry[1], VTD_CONTEXT_1_AW, address_width(driver->levels_largest));
		return;
	}
	field_set(&entry[0], VTD_CONTEXT_0_TT, device->ats ? VTD_TT_ATS : VTD_TT_UNTRANSLATED);
	entry[0] |= field_bits(VTD_CONTEXT_0_SSPTPTR, domain->space.table.root);
	field_set(&entry[1], VTD_CONTEXT_1_AW, address_width(domain->space.table.levels));
}

/* 6.2.3.1: entries of one second-stage table agree in SSADE, so it is the table's. */
static void second_stage(const struct space *space, uint64_t *entry)
{
	entry[0] |= field_bits(VTD_PASID_0_SSPTPTR, space->table.root);
	field_set(&entry[0], VTD_PASID_0_AW, address_width(space->table.levels));
	field_set(&entry[0], VTD_PASID_0_SSADE, space->tracking);
}

static void first_stage(uint64_t root, unsigned levels, uint64_t *entry)
{
	entry[2] |= field_bits(VTD_PASID_2_FSPTPTR, root);
	field_set(&entry[2], VTD_PASID_2_FSPM, levels == 5 ? VTD_FSPM_5_LEVEL : VTD_FSPM_4_LEVEL);
}

void vtd_entry_pasid(const struct vtd_driver *driver, const struct vtd_domain *domain,
		     uint64_t entry[VTD_PASID_WORDS])
{
	for (unsigned i = 0; i < VTD_PASID_WORDS; i++)
		entry[i] = 0;
	if (domain->pgtt == VTD_PGTT_NONE) {
		field_set(&entry[0], VTD_PASID_0_FPD, domain->silent);
		return;
	}
	field_set(&entry[0], VTD_PASID_0_P, 1);
	field_set(&entry[0], VTD_PASID_0_PGTT, domain->pgtt);
	field_set(&entry[1], VTD_PASID_1_DID, domain->did);
	/* 3.10: flags can be set by walks that are snooped only. */
	field_set(&entry[1], VTD_PASID_1_PWSNP, field_get(VTD_ECAP_SMPWCS, driver->ecap));
	switch (domain->pgtt) {
	case VTD_PGTT_FIRST:
		first_stage(domain->space.table.root, domain->space.table.levels, entry);
		break;
	case VTD_PGTT_SECOND:
		second_stage(&domain->space, entry);
		break;
	case VTD_PGTT_NESTED:
		second_stage(&domain->parent->space, entry);
		first_stage(domain->user_root, domain->user_levels, entry);
		field_set(&entry[2], VTD_PASID_2_SRE, domain->user_flags & VTD_USER_SRE);
		field_set(&entry[2], VTD_PASID_2_EAFE, (domain->user_flags & VTD_USER_EAFE) != 0);
		field_set(&entry[2], VTD_PASID_2_WPE, (domain->user_flags & VTD_USER_WPE) != 0);
		break;
	default:
		break;
	}
}

/* A word is the unit's atomic access: the word with the present bit goes last. */
int vtd_entry_store(struct vtd_driver *driver, ioasim_pa_t address, const uint64_t *entry,
		    unsigned words)
{
	int error = 0;

	if (BROKEN(VALID_FIRST))
		error = ioasim_memory_write64(driver->memory, address, entry[0]);
	if (!error)
		error = ioasim_memory_write(driver->memory, address + sizeof(*entry), entry + 1,
					    (words - 1) * sizeof(*entry));
	if (!error)
		error = ioasim_memory_write64(driver->memory, address, entry[0]);
	return error;
}

int vtd_entry_clear(struct vtd_driver *driver, ioasim_pa_t address)
{
	return ioasim_memory_write64(driver->memory, address, 0);
}
