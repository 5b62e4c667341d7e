/* SPDX-License-Identifier: Apache-2.0 */
#include "relocate.h"

#include <string.h>

static bool reserves(const struct ioasim_arch *arch, const struct arch_reserved *range)
{
	for (unsigned i = 0; arch && i < ARCH_RESERVED && arch->reserved[i].about; i++)
		if (arch->reserved[i].first <= range->first &&
		    arch->reserved[i].last >= range->last)
			return true;
	return false;
}

struct relocation relocation_between(const char *recorded, const struct ioasim_arch *machine)
{
	const struct ioasim_arch *source = arch_find(recorded);
	struct relocation relocation = {.ranges = 0};

	for (unsigned i = 0; *recorded && i < ARCH_RESERVED && machine->reserved[i].about; i++)
		if (!reserves(source, &machine->reserved[i]))
			relocation.range[relocation.ranges++] = machine->reserved[i];
	return relocation;
}

bool relocate_moves(const struct relocation *relocation, uint64_t address)
{
	for (unsigned i = 0; i < relocation->ranges; i++)
		if (address >= relocation->range[i].first && address <= relocation->range[i].last)
			return true;
	return false;
}

struct relocated relocate_part(const struct relocation *relocation, uint64_t address,
			       uint64_t length, uint64_t offset)
{
	uint64_t at = address + offset, last = address + (length - 1);
	bool moved = relocate_moves(relocation, at);

	/* The next border of a range, if there is one before the end. */
	for (unsigned i = 0; i < relocation->ranges; i++) {
		const struct arch_reserved *range = &relocation->range[i];

		if (range->first > at && range->first <= last)
			last = range->first - 1;
		if (range->last >= at && range->last < last)
			last = range->last;
	}
	return (struct relocated){
		.offset = offset,
		.address = moved ? at + RELOCATE_DISTANCE : at,
		.length = last - at + 1,
		.moved = moved,
	};
}
