/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A limit is always that of one process. What is held against it is what pins have taken in
 * its user's name, by whichever of the user's processes, or in rlimit mode 1 in its own.
 */
#include "model/uapi/locked.h"

#include "model/uapi/process.h"

#include <errno.h>

#define CAPABILITIES (IOASIM_PROCESS_IPC_LOCK | IOASIM_PROCESS_SYS_RESOURCE)

void locked_init(struct process *process)
{
	process->limit.locked = UINT64_MAX;
}

static uint64_t locked_of_user(const struct ioasim_system *system, uint32_t user)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < system->processes; i++)
		if (system->process[i]->limit.user == user)
			pages += system->process[i]->locked[IOMMUFD_ACCOUNT_USER];
	return pages;
}

static uint64_t locked_now(const struct process *process, enum iommufd_account account)
{
	return account == IOMMUFD_ACCOUNT_USER
		       ? locked_of_user(process->system, process->limit.user)
		       : process->locked[IOMMUFD_ACCOUNT_PROCESS];
}

int locked_add(struct process *process, enum iommufd_account account, uint64_t pages)
{
	if (process->limit.locked != UINT64_MAX) {
		uint64_t limit = process->limit.locked >> PAGE_LG2;
		uint64_t now = locked_now(process, account);

		if (now > limit || pages > limit - now)
			return -ENOMEM;
	}
	process->locked[account] += pages;
	return 0;
}

void locked_remove(struct process *process, enum iommufd_account account, uint64_t pages)
{
	process->locked[account] -= pages;
}

int ioasim_process_limit(struct ioasim_system *system, int number,
			 const struct ioasim_process_limit *limit)
{
	struct process *process = process_find(system, number);

	if (!process || process->dead)
		return -ESRCH;
	if (limit->capabilities & ~(uint32_t)CAPABILITIES)
		return -EINVAL;
	process->limit = *limit;
	return 0;
}

int ioasim_process_locked(const struct ioasim_system *system, int number, uint64_t *own,
			  uint64_t *of_user)
{
	const struct process *process = process_find(system, number);

	if (!process)
		return -ESRCH;
	*own = locked_now(process, IOMMUFD_ACCOUNT_PROCESS) << PAGE_LG2;
	*of_user = locked_now(process, IOMMUFD_ACCOUNT_USER) << PAGE_LG2;
	return 0;
}
