/* SPDX-License-Identifier: Apache-2.0 */
#include "model/iommufd/host_memory.h"

#include "model/iommufd/cut.h"

#include <errno.h>
#include <string.h>

void iommufd_host_fini(struct iommufd_host *host)
{
	interval_fini(&host->pins);
}

uint64_t iommufd_host_pins(const struct iommufd_host *host, uint64_t address)
{
	struct interval_place place;
	const struct interval *found =
		interval_find(&host->pins, 0, address / IOMMUFD_PAGE, &place);

	return found && found->first <= address / IOMMUFD_PAGE ? found->value : 0;
}

/* ---- Counting ----------------------------------------------------------------------------- */

/* Pages [first, last] once more, or once less; borders have been cut. */
static int count(struct interval_map *pins, uint64_t first, uint64_t last)
{
	uint64_t at = first;

	while (at <= last) {
		struct interval_place place;
		struct interval *found = interval_find(pins, 0, at, &place);
		struct interval fresh = {.first = at, .last = last, .value = 1};

		if (found && found->first <= at) {
			found->value++;
			at = found->last + 1;
			continue;
		}
		if (found && found->first <= last)
			fresh.last = found->first - 1;
		if (interval_insert(pins, &fresh))
			return -ENOMEM;
		at = fresh.last + 1;
	}
	return 0;
}

static void discount(struct interval_map *pins, uint64_t first, uint64_t last)
{
	struct interval_place place;
	struct interval *found = interval_find(pins, 0, first, &place);

	while (found && found->first <= last) {
		uint64_t next = found->last;

		if (--found->value == 0)
			interval_remove(pins, &place);
		if (next >= last)
			return;
		found = interval_find(pins, 0, next + 1, &place);
	}
}

static int borders(struct interval_map *pins, uint64_t first, uint64_t last)
{
	int error = interval_cut(pins, first, 0);

	return error ? error : interval_cut(pins, last + 1, 0);
}

/* ---- The contract ---------------------------------------------------------------------------- */

static void unpin(void *opaque, uint64_t pa, uint64_t bytes)
{
	struct iommufd_host *host = opaque;
	uint64_t first = pa / IOMMUFD_PAGE, last = first + bytes / IOMMUFD_PAGE - 1;

	if (!borders(&host->pins, first, last))
		discount(&host->pins, first, last);
}

static int pin(void *opaque, const struct iommufd_source *source, uint64_t address, uint64_t bytes,
	       bool write, iommufd_run_fn *run, void *to)
{
	struct iommufd_host *host = opaque;
	uint64_t pa = address, first, last;
	int error = 0;

	if (source->file)
		pa += host->file_address(host, source->file);
	else
		error = host->judge(host, address, bytes, write);
	first = pa / IOMMUFD_PAGE;
	last = first + bytes / IOMMUFD_PAGE - 1;
	if (!error)
		error = borders(&host->pins, first, last);
	if (!error)
		error = count(&host->pins, first, last);
	if (error)
		return error;
	error = run(to, address, pa, bytes);
	if (error)
		unpin(opaque, pa, bytes);
	return error;
}

static int load(void *opaque, uint64_t pa, void *data, uint64_t bytes)
{
	(void)opaque;
	if (bytes)
		memcpy(data, (const void *)(uintptr_t)pa, bytes);
	return 0;
}

static int store(void *opaque, uint64_t pa, const void *data, uint64_t bytes)
{
	(void)opaque;
	if (bytes)
		memcpy((void *)(uintptr_t)pa, data, bytes);
	return 0;
}

static int argument_read(void *opaque, void *user, uint64_t address, void *data, uint64_t bytes)
{
	struct iommufd_host *host = opaque;
	int error = host->judge(host, address, bytes, false);

	(void)user;
	return error ? error : load(opaque, address, data, bytes);
}

static int argument_write(void *opaque, void *user, uint64_t address, const void *data,
			  uint64_t bytes)
{
	struct iommufd_host *host = opaque;
	int error = host->judge(host, address, bytes, true);

	(void)user;
	return error ? error : store(opaque, address, data, bytes);
}

const struct iommufd_memory_ops iommufd_host_memory = {
	.pin = pin,
	.unpin = unpin,
	.load = load,
	.store = store,
	.read = argument_read,
	.write = argument_write,
};
