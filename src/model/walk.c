/* SPDX-License-Identifier: Apache-2.0 */
/* The cold side of the walk engine. */
#include "model/walk.h"

#include <string.h>

void walk_report(const struct walk_env *env, const struct walk_reference *what,
		 const uint64_t *entry)
{
	struct ioasim_fetch fetch = {
		.kind = what->kind,
		.level = what->level,
		.bus_error = !entry,
		.pa = what->pa,
		.input = what->input,
		.words = what->words,
		.address = what->address,
		.high = what->high,
		.low = what->low,
	};

	if (entry)
		memcpy(fetch.entry, entry, what->words * sizeof(*entry));
	env->callbacks->fetch(env->opaque, &fetch);
}
