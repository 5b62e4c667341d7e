/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that one architecture maps and another one reserves. An operating system
 * on the machine of the replay would not have given these out: where a trace of
 * another architecture uses them, they are moved out of the way, at driver level and
 * in kernel domains. docs/lifting.md.
 */
#ifndef SIM_RELOCATE_H
#define SIM_RELOCATE_H

#include "model/arch.h"

/* What is moved goes this far up: above all that the drivers of the recordings gave
 * out, below the narrowest tables that a driver here makes, and a multiple of every
 * page size below it. */
#define RELOCATE_DISTANCE (UINT64_C(1) << 46)

struct relocation {
	struct arch_reserved range[ARCH_RESERVED];
	unsigned ranges;
};

/* What `machine` reserves and the architecture of that name does not; nothing if the
 * trace names none (""). */
struct relocation relocation_between(const char *recorded, const struct ioasim_arch *machine);

/* Is it moved? */
bool relocate_moves(const struct relocation *relocation, uint64_t address);

/* A part of a range that stays together. */
struct relocated {
	uint64_t offset; /* in the range */
	uint64_t address, length; /* after the move */
	bool moved;
};

/* The part of [address, address + length) at `offset`, which is below the length; the
 * next one begins at part.offset + part.length. */
struct relocated relocate_part(const struct relocation *relocation, uint64_t address,
			       uint64_t length, uint64_t offset);

#endif
