/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces of processes as devices use them. The table for devices is filled by
 * faults, page by page, and emptied by what the process does to its memory; it shows no
 * page that the process does not have.
 */
#include "model/uapi/sva.h"

#include "model/uapi/aspace.h"
#include "model/uapi/attach.h"
#include "model/uapi/process.h"
#include "model/uapi/tables.h"

#include <errno.h>

/* Rights grow when the page faults again: what was shown with fewer goes first. */
static int page_show(struct process *process, uint64_t page, ioasim_pa_t pa, unsigned access)
{
	struct ioasim_system *system = process->system;
	int error =
		system->ops->map(system->driver, process->cpu->domain, page, pa, PAGE_SIZE, access);

	if (error != -EEXIST)
		return error;
	error = table_clear(process->cpu, page, page + PAGE_SIZE - 1);
	if (error)
		return error;
	return system->ops->map(system->driver, process->cpu->domain, page, pa, PAGE_SIZE, access);
}

int sva_fault(struct process *process, uint64_t address, unsigned access)
{
	const struct interval *area = process_area(process, address);
	uint64_t page = address & ~(PAGE_SIZE - 1);

	if (process->dead || !process->cpu || !area || (area->access & access) != access ||
	    !area->access)
		return -EFAULT;
	return page_show(process, page, area->value + (page - area->first), area->access);
}

int sva_invalidate(struct process *process, uint64_t first, uint64_t last)
{
	return process->cpu ? table_clear(process->cpu, first, last) : 0;
}

void sva_release(struct process *process)
{
	struct ioasid *ioasid;

	LIST_FOREACH (ioasid, &process->sva, sva_link)
		ioasid_block(ioasid);
	pgtable_put(process->cpu);
	process->cpu = NULL;
}
