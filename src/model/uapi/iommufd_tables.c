/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables of an iommufd: what an IOAS has is an address space of the machine, a page
 * table is a domain of the driver that shows one. So the checker judges them by the same
 * books as all others.
 */
#include "model/uapi/aspace.h"
#include "model/uapi/device.h"
#include "model/uapi/faults.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/iommufd_file.h"

#include <errno.h>
#include <stdlib.h>

struct table_space {
	struct iommufd_space space; /* first */
	struct aspace *aspace;
};

static struct table_space *space_of(struct iommufd_space *space)
{
	return (struct table_space *)(void *)space;
}

/* ---- Spaces ----------------------------------------------------------------------------- */

static int space_create(struct iommufd_backend *backend, struct iommufd_space **out)
{
	struct table_space *space = calloc(1, sizeof(*space));
	int error;

	if (!space)
		return -ENOMEM;
	space->space.backend = backend;
	error = aspace_create(backend->opaque, NULL, &space->aspace);
	if (error) {
		free(space);
		return error;
	}
	*out = &space->space;
	return 0;
}

static void space_destroy(struct iommufd_space *space)
{
	aspace_destroy(space_of(space)->aspace);
	free(space);
}

/* Drivers can split large pages, so that `large` makes no difference. */
static int space_map(struct iommufd_space *space, uint64_t iova, const struct iommufd_run *runs,
		     unsigned count, unsigned access, bool large)
{
	(void)large;
	return aspace_map_runs(space_of(space)->aspace, iova, runs, count, access);
}

static int space_unmap(struct iommufd_space *space, uint64_t first, uint64_t last)
{
	struct aspace *aspace = space_of(space)->aspace;
	uint64_t unmapped;
	int error = aspace_split(aspace, first);

	if (!error && last != UINT64_MAX)
		error = aspace_split(aspace, last + 1);
	return error ? error : aspace_unmap(aspace, first, last, &unmapped);
}

/* ---- Domains ---------------------------------------------------------------------------- */

/* What the driver's tables of this machine can be. */
static int flags_check(const struct ioasim_system *system, uint32_t flags)
{
	const struct offer *offer = &system->offer;
	bool parent = flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
	bool pasid = flags & IOASIM_IOMMUFD_HWPT_PASID;
	bool dirty = flags & IOASIM_IOMMUFD_HWPT_DIRTY;

	if (flags & ~(uint32_t)(IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_PASID |
				IOASIM_IOMMUFD_HWPT_DIRTY))
		return -EOPNOTSUPP;
	if (dirty && !(parent ? offer->dirty_parent : offer->dirty))
		return -EOPNOTSUPP;
	if (dirty && pasid && !offer->dirty_pasid)
		return -EOPNOTSUPP;
	if ((parent && !offer->nest_parent) || (pasid && !offer->pasid_bits))
		return -EOPNOTSUPP;
	/* T10. */
	return parent && pasid && !offer->parent_beside_pasid ? -EOPNOTSUPP : 0;
}

/* In the books it is an IOASID, which takes over the reference on the table. */
static int table_adopt(struct iommufd_table *table, const struct ioasid *config,
		       const struct device *device)
{
	struct ioasid entry = *config;

	table->domain.enforces = !device_has(device_pdev(device), IOASIM_DEVICE_NO_ENFORCE);
	entry.container = device->bound;
	entry.snoop = table->domain.enforces ? IOASIM_SNOOP_ENFORCE : IOASIM_SNOOP_NONE;
	entry.enforce = table->domain.enforces;
	entry.hwpt = &table->domain;
	return ioasid_adopt(&entry, &table->ioasid);
}

static int domain_create(struct iommufd_device *opaque, uint32_t flags, struct iommufd_domain **out)
{
	const struct device *device = iommufd_device_of(opaque);
	struct ioasim_system *system = device->system;
	bool parent = flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
	bool dirty = flags & IOASIM_IOMMUFD_HWPT_DIRTY;
	unsigned bits = parent ? system->offer.parent_bits : system->offer.kernel_bits;
	struct ioasid config = {.kind = IOASIM_IOASID_KERNEL,
				.flags = parent ? IOASIM_IOASID_NEST_PARENT : 0};
	struct iommufd_table *table;
	int error = flags_check(system, flags);

	if (error)
		return error;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->domain = (struct iommufd_domain){
		.backend = &system->iommus,
		.aperture_last = (UINT64_C(1) << bits) - 1,
		.page_sizes = system->offer.page_sizes,
		.dirty = dirty,
	};
	error = lone_table(system, parent ? PGTABLE_PARENT : PGTABLE_KERNEL, dirty, &config.own);
	if (!error) {
		error = table_adopt(table, &config, device);
		if (error)
			pgtable_put(config.own);
	}
	if (error) {
		free(table);
		return error;
	}
	*out = &table->domain;
	return 0;
}

static void domain_destroy(struct iommufd_domain *domain)
{
	struct iommufd_table *table = iommufd_table(domain);

	ioasid_disown(table->ioasid);
	free(table);
}

static int domain_enter(struct iommufd_domain *domain, struct iommufd_space *space)
{
	struct ioasid *ioasid = iommufd_table(domain)->ioasid;
	struct aspace *aspace = space_of(space)->aspace;
	int error = table_enter(ioasid->own, aspace);

	if (!error)
		ioasid->aspace = aspace;
	return error;
}

static void domain_leave(struct iommufd_domain *domain)
{
	struct ioasid *ioasid = iommufd_table(domain)->ioasid;

	table_leave(ioasid->own);
	ioasid->aspace = NULL;
}

/* ---- What was written ------------------------------------------------------------------- */

static int dirty_enable(struct iommufd_domain *domain, bool enable)
{
	return table_dirty_enable(iommufd_table(domain)->ioasid->own, enable);
}

static int dirty_read(struct iommufd_domain *domain, uint64_t first, uint64_t last, bool clear,
		      void (*dirty)(void *to, uint64_t first, uint64_t last), void *to)
{
	return table_dirty_read(iommufd_table(domain)->ioasid->own, first, last, clear, dirty, to);
}

/* ---- Of users --------------------------------------------------------------------------- */

/* The IOASID takes the table over. */
static int nested_adopt(struct iommufd_table *table, const struct device *device,
			const struct domain_config *description, struct ioasid *config)
{
	struct pgtable *below = config->parent->own;
	int error = user_table_of(below, description, &config->own);

	if (error)
		return iommufd_user_refused(device->system, error);
	error = table_adopt(table, config, device);
	if (error)
		pgtable_put(config->own);
	return error;
}

static int nested_create(struct iommufd_device *opaque, struct iommufd_domain *parent,
			 const struct iommufd_nested_config *asked, struct iommufd_domain **out)
{
	const struct device *device = iommufd_device_of(opaque);
	struct ioasid config = {.parent = iommufd_table(parent)->ioasid};
	struct domain_config description = {0};
	struct iommufd_table *table;
	int error = iommufd_user_describe(device->system, asked, &description, &config);

	if (error)
		return error;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->domain = (struct iommufd_domain){.backend = parent->backend};
	error = nested_adopt(table, device, &description, &config);
	if (error) {
		free(table);
		return error;
	}
	*out = &table->domain;
	return 0;
}

static void page_respond(struct iommufd_backend *backend, void *mark, uint32_t code)
{
	fault_respond(backend->opaque, mark, code == IOASIM_IOMMUFD_RESPONSE_SUCCESS);
}

const struct iommufd_backend_ops iommufd_tables = {
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_map = space_map,
	.space_unmap = space_unmap,
	.domain_create = domain_create,
	.domain_destroy = domain_destroy,
	.domain_enter = domain_enter,
	.domain_leave = domain_leave,
	.dirty_enable = dirty_enable,
	.dirty_read = dirty_read,
	.attach = iommufd_route_attach,
	.detach = iommufd_route_detach,
	.fits = iommufd_route_fits,
	.nested_create = nested_create,
	.nested_invalidate = iommufd_user_invalidate,
	.reserved = iommufd_route_reserved,
	.hw_info = iommufd_hw_info,
	.viommu = &iommufd_viommus,
	.respond = page_respond,
};
