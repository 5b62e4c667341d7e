/* SPDX-License-Identifier: Apache-2.0 */
/* Life of IOASIDs: numbers, parents, tables, references, free-pending (A). */
#include "model/uapi/ioasid.h"

#include "model/uapi/aspace.h"
#include "model/uapi/attach.h"
#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/ioasid_make.h"

#include <errno.h>
#include <stdlib.h>

struct ioasid *ioasid_find(const struct container *container, uint32_t number)
{
	return number < container->room ? container->ioasid[number] : NULL;
}

/* ---- Making --------------------------------------------------------------------------- */

static int number_give(struct ioasid *ioasid)
{
	struct container *container = ioasid->container;
	struct ioasid **slots;
	int error = number_take(&container->numbers, &ioasid->number);

	if (error)
		return error;
	slots = numbers_reach(&container->numbers, ioasid->number, container->ioasid,
			      &container->room);
	if (!slots) {
		ids_free(&container->numbers, ioasid->number);
		return -ENOMEM;
	}
	container->ioasid = slots;
	return 0;
}

int ioasid_bind_table(struct ioasid *ioasid)
{
	struct pgtable *parent;
	int error = aspace_table(ioasid->parent->aspace, PGTABLE_PARENT, &parent);

	if (error)
		return error;
	error = user_table(parent, ioasid, &ioasid->user);
	pgtable_put(parent);
	return error;
}

static int map_make(struct ioasid *ioasid, bool bind)
{
	struct aspace *below = ioasid->parent ? ioasid->parent->aspace : NULL;

	switch (ioasid->kind) {
	case IOASIM_IOASID_KERNEL:
		return aspace_create(ioasid->container->system, below, &ioasid->aspace);
	case IOASIM_IOASID_USER:
	case IOASIM_IOASID_PASID_TABLE:
		return bind ? ioasid_bind_table(ioasid) : 0;
	case IOASIM_IOASID_SVA:
		return 0;
	}
	return -EOPNOTSUPP;
}

int ioasid_make(const struct ioasid *config, bool bind, struct process *process)
{
	struct container *container = config->container;
	struct ioasid *ioasid = malloc(sizeof(*ioasid));
	int error;

	if (!ioasid)
		return -ENOMEM;
	*ioasid = *config;
	ioasid->global_pasid = IOASIM_HWID_INVALID;
	LIST_INIT(&ioasid->children);
	LIST_INIT(&ioasid->attachments);
	error = map_make(ioasid, bind);
	if (!error) {
		error = number_give(ioasid);
		if (error) {
			aspace_destroy(ioasid->aspace);
			pgtable_put(ioasid->user);
		}
	}
	if (error) {
		free(ioasid);
		return error;
	}
	if (ioasid->kind == IOASIM_IOASID_SVA) {
		ioasid->process = process;
		LIST_INSERT_HEAD(&process->sva, ioasid, sva_link);
	}
	if (ioasid->parent) {
		LIST_INSERT_HEAD(&ioasid->parent->children, ioasid, sibling);
		ioasid->parent->child_count++;
	}
	container->ioasid[ioasid->number] = ioasid;
	container->ioasids++;
	return (int)ioasid->number;
}

int ioasid_adopt(const struct ioasid *config, struct ioasid **out)
{
	struct ioasid *ioasid = malloc(sizeof(*ioasid));
	int error;

	if (!ioasid)
		return -ENOMEM;
	*ioasid = *config;
	ioasid->global_pasid = IOASIM_HWID_INVALID;
	LIST_INIT(&ioasid->children);
	LIST_INIT(&ioasid->attachments);
	error = number_give(ioasid);
	if (error) {
		free(ioasid);
		return error;
	}
	if (ioasid->parent) {
		LIST_INSERT_HEAD(&ioasid->parent->children, ioasid, sibling);
		ioasid->parent->child_count++;
	}
	ioasid->container->ioasid[ioasid->number] = ioasid;
	ioasid->container->ioasids++;
	*out = ioasid;
	return 0;
}

int ioasid_table(struct ioasid *ioasid, struct pgtable **table)
{
	*table = ioasid->own ? pgtable_get(ioasid->own) : NULL;
	if (*table)
		return 0;
	switch (ioasid->kind) {
	case IOASIM_IOASID_KERNEL:
		return aspace_table(ioasid->aspace,
				    ioasid->flags & IOASIM_IOASID_NEST_PARENT ? PGTABLE_PARENT
									      : PGTABLE_KERNEL,
				    table);
	case IOASIM_IOASID_USER:
	case IOASIM_IOASID_PASID_TABLE:
		*table = ioasid->user ? pgtable_get(ioasid->user) : NULL;
		return 0;
	case IOASIM_IOASID_SVA:
		return ioasid->process->dead ? 0 : process_table(ioasid->process, table);
	}
	return -EOPNOTSUPP;
}

/* ---- Ending --------------------------------------------------------------------------- */

void ioasid_unbind_table(struct ioasid *ioasid)
{
	pgtable_put(ioasid->user);
	ioasid->user = NULL;
}

static void ioasid_end(struct ioasid *ioasid)
{
	struct container *container = ioasid->container;
	struct ioasid *parent = ioasid->parent;

	checker_ioasid_gone(ioasid);
	if (ioasid->kind == IOASIM_IOASID_SVA)
		LIST_REMOVE(ioasid, sva_link);
	if (parent)
		LIST_REMOVE(ioasid, sibling);
	ioasid_unbind_table(ioasid);
	if (ioasid->own)
		pgtable_put(ioasid->own);
	else
		aspace_destroy(ioasid->aspace);
	container->ioasid[ioasid->number] = NULL;
	ids_free(&container->numbers, ioasid->number);
	container->ioasids--;
	free(ioasid);
	/* A parent that goes settles the container, and one that stays keeps it. */
	if (parent) {
		parent->child_count--;
		ioasid_settle(parent);
	} else {
		container_settle(container);
	}
}

void ioasid_disown(struct ioasid *ioasid)
{
	ioasid_end(ioasid);
}

void ioasid_settle(struct ioasid *ioasid)
{
	if (ioasid->freed && !ioasid_active(ioasid))
		ioasid_end(ioasid);
}

void ioasid_kill(struct ioasid *ioasid)
{
	struct ioasid *child, *next;
	uint64_t unmapped;

	if (ioasid->freed)
		return;
	/* A child that goes takes its place in the list along. */
	for (child = LIST_FIRST(&ioasid->children); child; child = next) {
		next = LIST_NEXT(child, sibling);
		ioasid_kill(child);
	}
	ioasid_block(ioasid);
	ioasid_unbind_table(ioasid);
	/* Without routes nothing can be left behind but a broken unit's caches: then the
	 * pages stay pinned. */
	if (ioasid->aspace)
		(void)aspace_unmap(ioasid->aspace, 0, UINT64_MAX, &unmapped);
	ioasid->freed = true;
	ioasid_settle(ioasid);
}
