/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables of users: HWPT_ALLOC over a nest parent or on a vIOMMU (U7), and
 * HWPT_INVALIDATE (U8). */
#include "model/iommufd/nested.h"

#include "model/iommufd/calls.h"
#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdlib.h>

/* Entries of one call (U8). */
#define ENTRIES_MOST (1u << 19)

/* ---- HWPT_ALLOC --------------------------------------------------------------------------- */

/* The page table of the kernel below. */
static struct iommufd_hwpt *parent_of(const struct iofd_call *call)
{
	return call->viommu ? call->viommu->parent : call->hwpt;
}

bool iofd_nested_flags_bad(struct iofd_call *call)
{
	const struct ioasim_iommufd_hwpt_alloc *arg = &call->arg.hwpt_alloc;

	return !call->ioas && (arg->flags & ~(uint32_t)(IOASIM_IOMMUFD_HWPT_FAULT_ID |
							IOASIM_IOMMUFD_HWPT_PASID) ||
			       !arg->data_len);
}

bool iofd_nested_not_offered(struct iofd_call *call)
{
	const struct iommufd_backend *backend = call->device->config.backend;

	return !call->ioas &&
	       (!backend->ops->nested_create || (backend->viommu_only && !call->viommu));
}

bool iofd_nested_parent_bad(struct iofd_call *call)
{
	const struct iommufd_hwpt *parent = call->ioas ? NULL : parent_of(call);

	return parent && (parent->automatic || !parent->nest_parent ||
			  parent->domain->backend != call->device->config.backend);
}

int iommufd_nested_read(const struct iommufd_nested_config *config, void *to, uint32_t length)
{
	const struct iofd_call *call = config->call;

	if (config->length != length)
		return -EINVAL;
	return iofd_read(call->fd, call->user, call->arg.hwpt_alloc.data, to, length);
}

static int domain_create(const struct iofd_call *call, struct iommufd_hwpt *hwpt)
{
	const struct ioasim_iommufd_hwpt_alloc *arg = &call->arg.hwpt_alloc;
	const struct iommufd_nested_config config = {
		.type = arg->data_type,
		.flags = arg->flags,
		.length = arg->data_len,
		.viommu = call->viommu,
		.call = call,
	};

	return call->device->config.backend->ops->nested_create(call->device, hwpt->parent->domain,
								&config, &hwpt->domain);
}

int iofd_nested_create(const struct iofd_call *call, struct iommufd_hwpt **out)
{
	struct iommufd_hwpt *hwpt = calloc(1, sizeof(*hwpt));
	int error;

	if (!hwpt)
		return -ENOMEM;
	hwpt->parent = parent_of(call);
	hwpt->ioas = hwpt->parent->ioas;
	hwpt->viommu = call->viommu;
	hwpt->pasid = call->arg.hwpt_alloc.flags & IOASIM_IOMMUFD_HWPT_PASID;
	error = iofd_object_enter(call->fd, &hwpt->object, IOFD_HWPT_NESTED);
	if (!error) {
		error = domain_create(call, hwpt);
		if (error)
			iofd_object_leave(&hwpt->object);
	}
	if (error) {
		free(hwpt);
		return error;
	}
	hwpt->domain->hwpt = hwpt;
	hwpt->parent->object.users++;
	if (hwpt->viommu)
		hwpt->viommu->object.users++;
	*out = hwpt;
	return 0;
}

void iofd_nested_end(struct iommufd_hwpt *hwpt)
{
	hwpt->parent->object.users--;
	if (hwpt->viommu)
		hwpt->viommu->object.users--;
}

/* ---- HWPT_INVALIDATE ---------------------------------------------------------------------- */

void iofd_invalidate_prepare(struct iofd_call *call)
{
	call->count = call->arg.invalidate.entry_num;
	call->arg.invalidate.entry_num = 0;
}

static bool entries_bad(struct iofd_call *call)
{
	const struct ioasim_iommufd_invalidate *arg = &call->arg.invalidate;

	return call->count && (!arg->data || !arg->entry_len || arg->entry_len > IOMMUFD_PAGE ||
			       call->count > ENTRIES_MOST);
}

static bool id_unknown(struct iofd_call *call)
{
	return !iofd_find(call->fd, call->arg.invalidate.hwpt_id, IOFD_ANY);
}

static bool id_useless_once(struct iofd_call *call)
{
	return call->fd->env->before_viommu &&
	       !iofd_find(call->fd, call->arg.invalidate.hwpt_id, IOFD_HWPT_NESTED);
}

static bool id_useless(struct iofd_call *call)
{
	uint32_t number = call->arg.invalidate.hwpt_id;

	call->hwpt = (struct iommufd_hwpt *)iofd_find(call->fd, number, IOFD_HWPT_NESTED);
	call->viommu = (struct iommufd_viommu *)iofd_find(call->fd, number, IOFD_VIOMMU);
	return !call->hwpt && !call->viommu;
}

static bool no_operation(struct iofd_call *call)
{
	if (call->hwpt)
		return !call->hwpt->domain->backend->ops->nested_invalidate;
	return !call->viommu->backend->ops->viommu->invalidate;
}

const struct iofd_check iofd_invalidate_checks[] = {
	{"U8", EINVAL,
	 "entries without data or entry_len; entry_len above a page; more than 2^19 entries",
	 entries_bad},
	{"U8", ENOENT, "hwpt_id is unknown", id_unknown},
	{"U8", ENOENT, "before there were vIOMMUs: hwpt_id is no user's page table",
	 id_useless_once},
	{"U8", EINVAL, "hwpt_id is neither a user's page table nor a vIOMMU", id_useless},
	{"U8", EOPNOTSUPP, "there is nothing to be invalidated so", no_operation},
	{"U8", EINVAL, "data_type is not the one of the object", NULL},
	{"U8", EFAULT, "an entry cannot be read", NULL},
	{"U8", EINVAL, "an entry of a table is too short or too long, or wrong", NULL},
	{"U8", EIO, "smmuv3: a command that is not a guest's, or names no vDEVICE", NULL},
	{"U8", E2BIG, "a vIOMMU's entry is longer than known, and the rest is not zero", NULL},
	{"U8", EIO, "a vIOMMU's command is not a guest's to give, or of a device without vDEVICE",
	 NULL},
	IOFD_CHECKS_END,
};

static int entries_do(const struct iofd_call *call, const unsigned char *data, uint32_t count,
		      uint32_t *done)
{
	const struct ioasim_iommufd_invalidate *arg = &call->arg.invalidate;
	const struct iommufd_entries entries = {
		.type = arg->data_type, .length = arg->entry_len, .count = count, .data = data};

	*done = 0;
	if (call->hwpt)
		return call->hwpt->domain->backend->ops->nested_invalidate(call->hwpt->domain,
									   &entries, done);
	return call->viommu->backend->ops->viommu->invalidate(call->viommu, &entries, done);
}

/* As many entries at once as a page has, once their type is a known one. */
int iofd_invalidate_work(struct iofd_call *call)
{
	struct ioasim_iommufd_invalidate *arg = &call->arg.invalidate;
	unsigned char data[IOMMUFD_PAGE] = {0};
	uint32_t done;
	int error = entries_do(call, data, 0, &done);

	while (!error && arg->entry_num < call->count) {
		uint32_t part = call->count - arg->entry_num;
		uint32_t most = (uint32_t)sizeof(data) / arg->entry_len;

		part = part < most ? part : most;
		error = iofd_read(call->fd, call->user,
				  arg->data + (uint64_t)arg->entry_num * arg->entry_len, data,
				  (uint64_t)part * arg->entry_len);
		if (error)
			break;
		error = entries_do(call, data, part, &done);
		arg->entry_num += done;
	}
	return error;
}
