/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the walk engine: what a walk is given, what can stop it, what it
 * leaves behind. The engine itself is walk_template.h, instantiated once per
 * format and per combination of stages.
 */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "model/mem.h"

#include <ioasim/unit.h>

/* Everything that can end a walk. The architecture names its fault for each. */
enum walk_stop {
	WALK_DONE,
	WALK_INPUT_RANGE,	/* the input address does not fit the table */
	WALK_BUS_ERROR,		/* an entry could not be read */
	WALK_EMPTY,		/* not present */
	WALK_RESERVED,		/* a reserved bit or encoding */
	WALK_PERMISSION,	/* present, but the access is not granted */
	WALK_ACCESS_FLAG,	/* accessed flag clear and not set by hardware */
	WALK_OUTPUT_RANGE,	/* an address in an entry is too wide */
	WALK_FLAG_UPDATE,	/* a flag must be set and may not be */
	WALK_FLAG_BUS_ERROR,	/* a flag could not be written */
	WALK_OTHER_STAGE,	/* the other stage stopped on a table address; see `other` */
};

struct walk_other {
	enum walk_stop stop;
	uint8_t level;
	uint8_t rights;		/* IOASIM_READ..EXEC left when it stopped */
	bool for_flags;		/* the flag update was refused, not the read */
	uint64_t input;		/* the table entry's address */
};

/* One stage's walk: the caller sets the first group, the engine the second. */
struct walk {
	uint64_t input;
	uint64_t table;		/* of the first level to read */
	int level;		/* first level to read; 0 maps the smallest page */
	uint32_t rights;	/* format's own bits, accumulated from the top */
	uint8_t access;		/* wanted: IOASIM_READ.. */
	bool privileged;
	bool set_dirty;		/* a write: dirty is to be set */

	uint64_t entry;		/* the last one read */
	uint64_t entry_pa;
	uint64_t output;
	uint8_t size_lg2;
	bool first_table;	/* stopped in the first table of the walk from the root */
	struct walk_other other;
};

/* What a walk needs of the unit. */
struct walk_env {
	struct ioasim_memory *memory;
	struct ioasim_cost *cost;
	const struct ioasim_unit_callbacks *callbacks;
	void *opaque;
};

#endif
