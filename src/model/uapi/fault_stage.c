/* SPDX-License-Identifier: Apache-2.0 */
#include "model/uapi/fault_stage.h"

#include "model/guest.h"
#include "model/uapi/aspace.h"

#include <errno.h>

/* A guest's memory is what the parent maps. */
static int read_word(void *opaque, uint64_t gpa, uint64_t *word)
{
	const struct aspace *parent = opaque;
	unsigned access;
	ioasim_pa_t pa;

	if (aspace_find(parent, gpa, &pa, &access, NULL) || !(access & IOASIM_READ))
		return -EFAULT;
	return ioasim_memory_read64(parent->system->memory, pa, word);
}

/* Nothing is stored by who only looks. */
static int write_word(void *opaque, uint64_t gpa, uint64_t word)
{
	(void)opaque;
	(void)gpa;
	(void)word;
	return -EROFS;
}

static bool parent_allows(const struct aspace *parent, uint64_t gpa, unsigned wanted)
{
	unsigned access;
	ioasim_pa_t pa;

	return !aspace_find(parent, gpa, &pa, &access, NULL) &&
	       !(wanted & ~access & (IOASIM_READ | IOASIM_WRITE));
}

/* No architecture reads less than a page of entries (model/driver.h, table_lg2). */
static uint64_t table_entries(const struct guest_ops *ops, unsigned lg2)
{
	uint64_t page = GUEST_PAGE / guest_pasid_bytes(ops, 0), named = UINT64_C(1) << lg2;

	return named > page ? named : page;
}

enum fault_stop fault_stop(const struct attachment *attachment,
			   const struct ioasim_page_request *what)
{
	const struct ioasid *ioasid = attachment->ioasid;
	const struct guest_ops *ops = attachment->device->system->arch->guest;
	struct aspace *parent = ioasid->parent->aspace;
	const struct guest_memory memory = {parent, read_word, write_word};
	uint32_t pasid = what->has_pasid ? what->pasid : 0;
	uint64_t root = ioasid->root;
	struct guest_walk walk;
	int error;

	if (ioasid->kind == IOASIM_IOASID_PASID_TABLE) {
		if (pasid >= table_entries(ops, ioasid->table_lg2))
			return FAULT_STOP_PASID;
		error = guest_pasid_get(ops, &memory, ioasid->root, pasid, &root);
		if (error)
			return error == -ENOENT ? FAULT_STOP_PASID : FAULT_STOP_STAGE2;
	}
	guest_walk(ops, &memory, root, what->address, &walk);
	if (walk.outcome == GUEST_UNREADABLE)
		return FAULT_STOP_STAGE2;
	if (walk.outcome == GUEST_UNMAPPED || what->access & ~walk.access[what->privileged])
		return FAULT_STOP_STAGE1;
	return parent_allows(parent, walk.gpa, what->access) ? FAULT_STOP_NONE : FAULT_STOP_STAGE2;
}
