/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching software: its stores to memory and its accesses to a unit's registers, as they
 * come through <ioasim/memory.h> and <ioasim/unit.h>. With what it has stored and written,
 * in order, another unit can be driven as it drove this one.
 */
#ifndef MODEL_WATCH_H
#define MODEL_WATCH_H

#include <ioasim/unit.h>

struct software_watch {
	/* A store that was done. */
	void (*stored)(void *opaque, ioasim_pa_t address, const void *data, size_t length);
	/* A register was written, read; `status` is what the call returned. */
	void (*written)(void *opaque, uint32_t offset, unsigned size, uint64_t value, int status);
	void (*read)(void *opaque, uint32_t offset, unsigned size, uint64_t value, int status);
	void *opaque;
};

/* Tells who is to be told from now on; NULL: nobody. What it points to stays. */
void memory_watch(struct ioasim_memory *memory, const struct software_watch *watch);
void unit_watch(struct ioasim_unit *unit, const struct software_watch *watch);

#endif
