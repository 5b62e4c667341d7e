/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables: the driver's domains that show an address space, a process, or a user's
 * tables over a space. */
#include "model/uapi/tables.h"

#include "model/uapi/aspace.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ---------------------------------------------------------------------------- */

/* Contract's errnos as a caller of the uAPI sees them. */
static int uapi_error(int error)
{
	switch (error) {
	case -ENOTSUP:
		return -EOPNOTSUPP;
	case -ERANGE:
		return -EINVAL;
	default:
		return error;
	}
}

/* Without references. */
static int table_create(struct ioasim_system *system, enum pgtable_flavour flavour,
			const struct domain_config *config, struct pgtable **out)
{
	struct pgtable *table = calloc(1, sizeof(*table));
	int error;

	if (!table)
		return -ENOMEM;
	table->system = system;
	table->flavour = flavour;
	error = system->ops->domain_create(system->driver, config, &table->domain);
	if (error) {
		free(table);
		return uapi_error(error);
	}
	*out = table;
	return 0;
}

static void table_destroy(struct pgtable *table)
{
	struct ioasim_system *system = table->system;

	/* No route leads here any more, so that the driver can let go. */
	(void)system->ops->domain_destroy(system->driver, table->domain);
	pgtable_put(table->parent);
	free(table);
}

void pgtable_put(struct pgtable *table)
{
	if (table && --table->refs == 0)
		table_destroy(table);
}

/* ---- In step with a space ---------------------------------------------------------------- */

static int piece_map(void *opaque, const struct aspace_piece *piece)
{
	const struct pgtable *table = opaque;
	struct ioasim_system *system = table->system;

	return uapi_error(system->ops->map(system->driver, table->domain, piece->first, piece->pa,
					   piece->last - piece->first + 1, piece->access));
}

int table_clear(struct pgtable *table, uint64_t first, uint64_t last)
{
	struct ioasim_system *system = table->system;
	uint64_t unmapped;

	return uapi_error(system->ops->unmap(system->driver, table->domain, first, last - first + 1,
					     &unmapped));
}

int table_fill(struct pgtable *table, uint64_t first, uint64_t last)
{
	int error = aspace_walk(table->aspace, first, last, piece_map, table);

	if (error)
		(void)table_clear(table, first, last);
	return error;
}

int aspace_table(struct aspace *aspace, enum pgtable_flavour flavour, struct pgtable **out)
{
	struct domain_config config = {.kind = flavour == PGTABLE_PARENT ? DOMAIN_NEST_PARENT
									 : DOMAIN_KERNEL};
	struct pgtable *table;
	int error;

	LIST_FOREACH (table, &aspace->tables, link) {
		if (table->flavour == flavour) {
			*out = pgtable_get(table);
			return 0;
		}
	}
	error = table_create(aspace->system, flavour, &config, &table);
	if (error)
		return error;
	table->aspace = aspace;
	error = aspace_walk(aspace, 0, UINT64_MAX, piece_map, table);
	if (error) {
		table_destroy(table);
		return error;
	}
	LIST_INSERT_HEAD(&aspace->tables, table, link);
	table->refs = 1; /* of the space */
	*out = pgtable_get(table);
	return 0;
}

/* ---- Of an iommufd --------------------------------------------------------------------- */

static uint64_t table_last(const struct pgtable *table)
{
	const struct offer *offer = &table->system->offer;
	unsigned bits = table->flavour == PGTABLE_PARENT ? offer->parent_bits : offer->kernel_bits;

	return (UINT64_C(1) << bits) - 1;
}

int lone_table(struct ioasim_system *system, enum pgtable_flavour flavour, bool dirty,
	       struct pgtable **out)
{
	struct domain_config config = {.kind = flavour == PGTABLE_PARENT ? DOMAIN_NEST_PARENT
									 : DOMAIN_KERNEL,
				       .dirty = dirty};
	int error = table_create(system, flavour, &config, out);

	if (!error)
		(*out)->refs = 1;
	return error;
}

int table_enter(struct pgtable *table, struct aspace *aspace)
{
	int error;

	table->aspace = aspace;
	error = table_fill(table, 0, table_last(table));
	if (error)
		table->aspace = NULL;
	else
		LIST_INSERT_HEAD(&aspace->tables, table, link);
	return error;
}

void table_leave(struct pgtable *table)
{
	LIST_REMOVE(table, link);
	/* What the hardware may still have under its tag is flushed with it (H5). */
	(void)table_clear(table, 0, table_last(table));
	table->aspace = NULL;
}

int table_dirty_enable(struct pgtable *table, bool enable)
{
	struct ioasim_system *system = table->system;

	return system->ops->dirty_enable(system->driver, table->domain, enable);
}

int table_dirty_read(struct pgtable *table, uint64_t first, uint64_t last, bool clear,
		     driver_dirty_fn *dirty, void *to)
{
	struct ioasim_system *system = table->system;

	return system->ops->dirty_read(system->driver, table->domain, first, last, clear, dirty,
				       to);
}

/* ---- Others ---------------------------------------------------------------------------- */

int process_table(struct process *process, struct pgtable **out)
{
	struct domain_config config = {.kind = DOMAIN_SVA};
	int error = 0;

	if (!process->cpu) {
		error = table_create(process->system, PGTABLE_SVA, &config, &process->cpu);
		if (error)
			return error;
		process->cpu->process = process;
		process->cpu->refs = 1; /* of the process */
	}
	*out = pgtable_get(process->cpu);
	return 0;
}

int user_table_of(struct pgtable *parent, const struct domain_config *description,
		  struct pgtable **out)
{
	struct domain_config config = *description;
	int error;

	config.parent = parent->domain;
	error = table_create(parent->system, PGTABLE_USER, &config, out);
	if (error)
		return error;
	(*out)->parent = pgtable_get(parent);
	(*out)->refs = 1;
	return 0;
}

int user_table(struct pgtable *parent, const struct ioasid *of, struct pgtable **out)
{
	const struct domain_config config = {
		.kind = of->kind == IOASIM_IOASID_USER ? DOMAIN_NESTED : DOMAIN_NESTED_PASID,
		.root = of->root,
		.address_bits = of->format == IOASIM_FORMAT_VTD_5 ? USER_BITS_5_LEVEL : 0,
		.table_lg2 = of->table_lg2,
	};

	return user_table_of(parent, &config, out);
}
