/* SPDX-License-Identifier: Apache-2.0 */
/* How often calls succeed, and which of the errnos that their checks name were met. */
#include "iofd_caller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CALLS  40
#define ERRNOS 134

struct iofd_stats {
	/* By the call's place in the table; 0: success. */
	uint64_t count[CALLS][ERRNOS], outside[CALLS];
};

/* What no program here can meet. */
static const struct {
	const char *call; /* NULL: any */
	int error;
	const char *why;
} unmet[] = {
	{NULL, ENOMEM, "machines of programs have memory enough"},
	{NULL, EMFILE, "a process has 2^20 descriptors"},
	{"OPTION", EBUSY, "nobody has the privilege that is asked for first"},
	{"VDEVICE_ALLOC", EINVAL, "a machine has one IOMMU"},
	{"VFIO_IOMMU_UNMAP_DMA", EBUSY, "no unit here has queues for VIOMMU_ALLOC"},
	{"IOAS_UNMAP", EBUSY, "no unit here has queues for VIOMMU_ALLOC"},
	{"HW_QUEUE_ALLOC", ERANGE, "no unit here has such queues"},
	{"HW_QUEUE_ALLOC", EADDRINUSE, "no unit here has such queues"},
	{"HW_QUEUE_ALLOC", EPERM, "no unit here has such queues"},
	{"HW_QUEUE_ALLOC", EFAULT, "no unit here has such queues"},
};

/* Calls that cannot succeed: no unit has such queues. */
static const char *const fails[] = {"HW_QUEUE_ALLOC"};

struct iofd_stats *iofd_stats_create(void)
{
	return calloc(1, sizeof(struct iofd_stats));
}

void iofd_stats_count(struct iofd_stats *stats, const struct iofd_call_entry *entry, int result,
		      bool outside)
{
	int error = result < 0 ? -result : 0;

	for (unsigned n = 0; stats && n < CALLS && iofd_call_table(n); n++)
		if (iofd_call_table(n) == entry && error < ERRNOS)
			++*(outside ? &stats->outside[n] : &stats->count[n][error]);
}

static const char *reason(const struct iofd_call_entry *entry, int error)
{
	for (unsigned n = 0; n < sizeof(unmet) / sizeof(unmet[0]); n++)
		if ((!unmet[n].call || strcmp(unmet[n].call, entry->name) == 0) &&
		    unmet[n].error == error)
			return unmet[n].why;
	return NULL;
}

static bool can_succeed(const struct iofd_call_entry *entry)
{
	for (unsigned n = 0; n < sizeof(fails) / sizeof(fails[0]); n++)
		if (strcmp(fails[n], entry->name) == 0)
			return false;
	return true;
}

static bool unmet_print(const struct iofd_call_entry *entry, const uint64_t *count, FILE *out)
{
	bool all = count[0] || !can_succeed(entry);
	const struct iofd_check *check;

	if (!all)
		fprintf(out, "  never succeeds\n");
	for (check = entry->checks; check && check->rule; check++) {
		const char *why;

		if (count[check->error])
			continue;
		why = reason(entry, check->error);
		fprintf(out, "  never: %s (%s)%s%s\n", strerrorname_np(check->error), check->text,
			why ? ": " : "", why ? why : "");
		all = all && why;
	}
	return all;
}

bool iofd_stats_print(const struct iofd_stats *stats, FILE *out)
{
	bool all = true;

	for (unsigned n = 0; n < CALLS && iofd_call_table(n); n++) {
		const struct iofd_call_entry *entry = iofd_call_table(n);
		const uint64_t *count = stats->count[n];
		uint64_t total = stats->outside[n];

		for (unsigned error = 0; error < ERRNOS; error++)
			total += count[error];
		fprintf(out, "%-26s %8llu calls, %5.1f %% succeed:", entry->name,
			(unsigned long long)total,
			total ? 100.0 * (double)count[0] / (double)total : 0.0);
		for (int error = 1; error < ERRNOS; error++)
			if (count[error])
				fprintf(out, " %s %llu", strerrorname_np(error),
					(unsigned long long)count[error]);
		fprintf(out, "; %llu no call\n", (unsigned long long)stats->outside[n]);
		all = unmet_print(entry, count, out) && all;
	}
	return all;
}
