/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that make, free and tell of IOASIDs (A). */
#include "model/uapi/aspace.h"
#include "model/uapi/attach.h"
#include "model/uapi/calls.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/ioasid_make.h"

#include <errno.h>

static bool user_kind(uint32_t kind)
{
	return kind == IOASIM_IOASID_USER || kind == IOASIM_IOASID_PASID_TABLE;
}

/* ---- Formats --------------------------------------------------------------------------- */

/* GCR3 tables and tables of VT-d begin at pages (hardware requirements); CD tables at
 * their size, with 64 bytes an entry. */
#define PAGE_LG2 12
#define CD_LG2   6

/* PASIDs have 20 bits. */
#define TABLE_LG2_MAX 20

static bool format_of_kind(uint32_t format, uint32_t kind)
{
	switch (format) {
	case IOASIM_FORMAT_VTD_4:
	case IOASIM_FORMAT_VTD_5:
		return kind == IOASIM_IOASID_USER;
	case IOASIM_FORMAT_AMD_GCR3:
	case IOASIM_FORMAT_SMMUV3_CD:
		return kind == IOASIM_IOASID_PASID_TABLE;
	default:
		return false;
	}
}

/* The architecture's first format of a kind. */
static uint32_t format_default(const struct ioasim_system *system, uint32_t kind)
{
	for (uint32_t format = 1; format <= IOASIM_FORMAT_SMMUV3_CD; format++)
		if (system->offer.formats & 1u << format && format_of_kind(format, kind))
			return format;
	return IOASIM_FORMAT_DEFAULT;
}

/* A root that no format of the kind could have, or that is not of the one named. */
static bool root_misaligned(uint32_t format, uint32_t table_lg2, uint64_t root)
{
	unsigned lg2 = PAGE_LG2;

	if (format == IOASIM_FORMAT_SMMUV3_CD)
		lg2 = CD_LG2 + table_lg2;
	return root & ((UINT64_C(1) << lg2) - 1);
}

/* The format with what is left to the architecture filled in. */
static uint32_t format_meant(const struct call *call, uint32_t kind, uint32_t format)
{
	return format == IOASIM_FORMAT_DEFAULT ? format_default(call->system, kind) : format;
}

static bool format_missing(const struct call *call, uint32_t kind, uint32_t format)
{
	format = format_meant(call, kind, format);
	return !(call->system->offer.formats & 1u << format) || !format_of_kind(format, kind);
}

/* ---- IOASID_ALLOC ------------------------------------------------------------------------ */

static bool parent_missing(struct call *call)
{
	return user_kind(call->arg.alloc.kind) && !call->arg.alloc.parent;
}

static bool parent_of_sva(struct call *call)
{
	return call->arg.alloc.kind == IOASIM_IOASID_SVA && call->arg.alloc.parent;
}

static bool flag_of_other_kind(struct call *call)
{
	const struct ioasim_ioasid_alloc *alloc = &call->arg.alloc;

	return (alloc->flags & IOASIM_IOASID_NEST_PARENT && alloc->kind != IOASIM_IOASID_KERNEL) ||
	       (alloc->flags & IOASIM_IOASID_FAULT && !user_kind(alloc->kind));
}

static bool alloc_root_misaligned(struct call *call)
{
	const struct ioasim_ioasid_alloc *alloc = &call->arg.alloc;

	if (!user_kind(alloc->kind))
		return alloc->root || alloc->table_lg2 || alloc->format;
	if (alloc->table_lg2 > (alloc->kind == IOASIM_IOASID_USER ? 0 : TABLE_LG2_MAX))
		return true;
	return root_misaligned(format_meant(call, alloc->kind, alloc->format), alloc->table_lg2,
			       alloc->root);
}

static bool alloc_parent_unknown(struct call *call)
{
	if (!call->arg.alloc.parent)
		return false;
	call->parent = ioasid_find(call->on.container, call->arg.alloc.parent);
	return !call->parent;
}

static bool parent_freed(struct call *call)
{
	return call->parent && call->parent->freed;
}

static bool parent_not_kernel(struct call *call)
{
	return call->parent && call->parent->kind != IOASIM_IOASID_KERNEL;
}

static bool parent_not_for_nesting(struct call *call)
{
	return call->parent && user_kind(call->arg.alloc.kind) &&
	       !(call->parent->flags & IOASIM_IOASID_NEST_PARENT);
}

static bool too_deep(struct call *call)
{
	return call->parent && call->arg.alloc.kind == IOASIM_IOASID_KERNEL &&
	       call->parent->aspace->depth == ASPACE_DEPTH_MAX;
}

static bool no_device(struct call *call)
{
	return call->arg.alloc.kind != IOASIM_IOASID_KERNEL &&
	       LIST_EMPTY(&call->on.container->bound);
}

static bool kind_missing(struct call *call)
{
	const struct ioasim_ioasid_alloc *alloc = &call->arg.alloc;
	const struct offer *offer = &call->system->offer;

	if (alloc->kind == IOASIM_IOASID_SVA)
		return !offer->sva;
	if (user_kind(alloc->kind))
		return format_missing(call, alloc->kind, alloc->format);
	return alloc->flags & IOASIM_IOASID_NEST_PARENT && !offer->nest_parent;
}

const struct call_check ioasid_alloc_checks[] = {
	{"A1", EINVAL, "kind user or pasid_table without a parent", parent_missing},
	{"A1", EINVAL, "kind sva with a parent", parent_of_sva},
	{"A1", EINVAL,
	 "nest_parent on another kind than kernel, or fault on one without a user's "
	 "table",
	 flag_of_other_kind},
	{"A1", EINVAL,
	 "root is not aligned to the format's table, the table has more than 2^20 PASIDs, or the "
	 "kind has no root, format or size",
	 alloc_root_misaligned},
	{"A1 A4 G8", ENOENT, "the parent is unknown in this FD", alloc_parent_unknown},
	{"A1", EBUSY, "the parent is free-pending", parent_freed},
	{"A1 A5 V2", EINVAL, "the parent is not of kind kernel", parent_not_kernel},
	{"A1", EINVAL, "the parent of a user's table was not created with nest_parent",
	 parent_not_for_nesting},
	{"A5", EINVAL, "spaces are nested 16 deep", too_deep},
	{"A1", ENODEV, "no device is bound to the FD, for another kind than kernel", no_device},
	{"A1", EOPNOTSUPP, "the IOMMU does not offer the kind, the format or nest_parent",
	 kind_missing},
	{"A1", EINVAL, "root lies outside the addresses that stage 2 translates", NULL},
	{"A1 G9", ENOSPC, "no number or no domain tag is left", NULL},
	{"A1", ENOMEM, "there is no memory", NULL},
	CALL_CHECKS_END,
};

int ioasid_alloc_work(struct call *call)
{
	const struct ioasim_ioasid_alloc *alloc = &call->arg.alloc;
	struct ioasid config = {
		.container = call->on.container,
		.kind = (enum ioasim_ioasid_kind)alloc->kind,
		.flags = alloc->flags,
		.snoop = alloc->snoop,
		.parent = call->parent,
		.root = alloc->root,
		.table_lg2 = alloc->table_lg2,
	};

	config.enforce = alloc->snoop == IOASIM_SNOOP_ENFORCE;
	if (user_kind(alloc->kind))
		config.format = format_meant(call, alloc->kind, alloc->format);
	return ioasid_make(&config, true, call->process);
}

/* ---- CREATE_NESTING, BIND_PGTABLE, UNBIND_PGTABLE (A7) -------------------------------------- */

static bool nesting_parent_unknown(struct call *call)
{
	call->parent = ioasid_find(call->on.container, call->arg.create_nesting.parent);
	return !call->parent;
}

static bool nesting_parent_bad(struct call *call)
{
	return call->parent->kind != IOASIM_IOASID_KERNEL ||
	       !(call->parent->flags & IOASIM_IOASID_NEST_PARENT);
}

static bool nesting_no_device(struct call *call)
{
	return LIST_EMPTY(&call->on.container->bound);
}

static bool nesting_missing(struct call *call)
{
	return !call->system->offer.user && !call->system->offer.pasid_table;
}

const struct call_check create_nesting_checks[] = {
	{"A7", ENOENT, "the parent is unknown in this FD", nesting_parent_unknown},
	{"A7", EBUSY, "the parent is free-pending", parent_freed},
	{"A7", EINVAL, "the parent is not of kind kernel with nest_parent", nesting_parent_bad},
	{"A7", ENODEV, "no device is bound to the FD", nesting_no_device},
	{"A7", EOPNOTSUPP, "the IOMMU does not nest", nesting_missing},
	{"A7 G9", ENOSPC, "no number is left", NULL},
	{"A7", ENOMEM, "there is no memory", NULL},
	CALL_CHECKS_END,
};

/* The kind of table is the architecture's. */
int create_nesting_work(struct call *call)
{
	bool user = call->system->offer.user;
	struct ioasid config = {
		.container = call->on.container,
		.kind = user ? IOASIM_IOASID_USER : IOASIM_IOASID_PASID_TABLE,
		.flags = call->arg.create_nesting.flags,
		.parent = call->parent,
	};

	return ioasid_make(&config, false, NULL);
}

static bool not_user_kind(struct call *call)
{
	return !user_kind(call->ioasid->kind);
}

static bool bound(struct call *call)
{
	return call->ioasid->user != NULL;
}

static bool not_bound(struct call *call)
{
	return !call->ioasid->user;
}

static bool bind_root_misaligned(struct call *call)
{
	const struct ioasim_bind_pgtable *bind = &call->arg.bind_pgtable;
	const uint32_t kind = call->ioasid->kind;

	return bind->table_lg2 > (kind == IOASIM_IOASID_USER ? 0 : TABLE_LG2_MAX) ||
	       root_misaligned(format_meant(call, kind, bind->format), bind->table_lg2, bind->root);
}

static bool bind_format_missing(struct call *call)
{
	return format_missing(call, call->ioasid->kind, call->arg.bind_pgtable.format);
}

const struct call_check bind_pgtable_checks[] = {
	{"A7", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	{"A7 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"A7", EINVAL, "the kind is not user or pasid_table", not_user_kind},
	{"A7 A1", EINVAL, "root is not aligned to the format's table", bind_root_misaligned},
	{"A7", EBUSY, "a table is bound", bound},
	{"A7", EOPNOTSUPP, "the IOMMU does not offer the format", bind_format_missing},
	{"A7", EINVAL, "root lies outside the addresses that stage 2 translates", NULL},
	{"A7", ENOSPC, "no domain tag is left", NULL},
	{"A7", ENOMEM, "there is no memory", NULL},
	CALL_CHECKS_END,
};

int bind_pgtable_work(struct call *call)
{
	const struct ioasim_bind_pgtable *bind = &call->arg.bind_pgtable;
	struct ioasid *ioasid = call->ioasid;
	int error;

	ioasid->format = format_meant(call, ioasid->kind, bind->format);
	ioasid->root = bind->root;
	ioasid->table_lg2 = bind->table_lg2;
	error = ioasid_bind_table(ioasid);
	if (error)
		return error;
	error = ioasid_unblock(ioasid);
	if (error)
		ioasid_unbind_table(ioasid);
	return error;
}

const struct call_check unbind_pgtable_checks[] = {
	{"A7", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	{"A7 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"A7", EINVAL, "no table is bound", not_bound},
	CALL_CHECKS_END,
};

int unbind_pgtable_work(struct call *call)
{
	ioasid_block(call->ioasid);
	ioasid_unbind_table(call->ioasid);
	return 0;
}

/* ---- IOASID_FREE, IOASID_GET_INFO, CHECK_EXTENSION ------------------------------------------- */

static bool has_children(struct call *call)
{
	return !call->ioasid->freed && call->ioasid->child_count;
}

const struct call_check ioasid_free_checks[] = {
	{"A8", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	{"A8", EBUSY, "the IOASID has children", has_children},
	CALL_CHECKS_END,
};

int ioasid_free_work(struct call *call)
{
	ioasid_kill(call->ioasid);
	return 0;
}

const struct call_check ioasid_info_checks[] = {
	{"A10", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	CALL_CHECKS_END,
};

int ioasid_info_work(struct call *call)
{
	const struct ioasid *ioasid = call->ioasid;
	struct ioasim_ioasid_info *info = &call->arg.info;

	info->kind = ioasid->kind;
	info->parent = ioasid->parent ? ioasid->parent->number : 0;
	info->attachments = ioasid->attachment_count;
	if (ioasid->freed)
		info->state = IOASIM_STATE_FREE_PENDING;
	else
		info->state = ioasid_active(ioasid) ? IOASIM_STATE_ACTIVE : IOASIM_STATE_IDLE;
	return 0;
}

const struct call_check check_extension_checks[] = {
	CALL_CHECKS_END,
};

/* A11. */
int check_extension_work(struct call *call)
{
	const struct offer *offer = &call->system->offer;

	switch (call->arg.check_extension.extension) {
	case IOASIM_EXT_MAP_TYPE1V2:
	case IOASIM_EXT_NESTING:
	case IOASIM_EXT_MULTIDEV_GROUP:
	case IOASIM_EXT_NO_SNOOP:
	case IOASIM_EXT_DIRTY_TRACKING:
		return 1;
	case IOASIM_EXT_USER_PGTABLE:
		return offer->user;
	case IOASIM_EXT_USER_PASID_TABLE:
		return offer->pasid_table;
	default:
		return 0;
	}
}
