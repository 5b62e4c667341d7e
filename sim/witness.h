/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A witness of the IOTLB: which translations were right when they were filled and
 * have not been in the reach of any command since. A unit may go on answering with
 * such a translation whatever memory says by now: its driver forgot to invalidate.
 *
 * The witness goes by the reach of commands, not by what the unit removed, so a unit
 * that fails to remove what a command covers finds no excuse here. It forgets when it
 * is full, and then excuses too little, never too much.
 */
#ifndef SIM_WITNESS_H
#define SIM_WITNESS_H

#include <ioasim/unit.h>

struct witness;

struct witness_access {
	uint32_t rid, pasid;
	uint64_t address;
};

/* For a unit with so many IOTLB entries. NULL: no host memory. */
struct witness *witness_create(uint32_t entries);
void witness_destroy(struct witness *witness);

/* The unit walked for this answer, and it was right. */
void witness_fill(struct witness *witness, const struct witness_access *access,
		  const struct ioasim_response *response);
void witness_invalidate(struct witness *witness, const struct ioasim_invalidation *what);

/* Is this answer such a translation? */
bool witness_holds(const struct witness *witness, const struct witness_access *access,
		   const struct ioasim_response *response);

#endif
