/* SPDX-License-Identifier: Apache-2.0 */
/* A VT-d unit's life: made from its capabilities, reset, destroyed. */
#include "vtd/arch.h"
#include "vtd/unit.h"

#include <errno.h>
#include <stdlib.h>

int vtd_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
	       struct ioasim_unit **unit, const char **why)
{
	struct vtd_unit *u = calloc(1, sizeof(*u));
	const char *sentence = NULL;
	int error;

	if (!u)
		return -ENOMEM;
	if (!vtd_features_init(&u->features, config->capability, &sentence)) {
		if (why)
			*why = sentence;
		free(u);
		return -EINVAL;
	}
	unit_init(&u->unit, &vtd_arch, config, memory);
	error = vtd_caches_init(u);
	if (error) {
		free(u);
		return error;
	}
	vtd_registers_reset(u);
	*unit = &u->unit;
	return 0;
}

void vtd_destroy(struct ioasim_unit *unit)
{
	struct vtd_unit *u = vtd_unit(unit);

	if (!unit)
		return;
	vtd_caches_fini(u);
	free(u);
}

void vtd_reset(struct ioasim_unit *unit)
{
	struct vtd_unit *u = vtd_unit(unit);

	vtd_registers_reset(u);
	vtd_caches_reset(u);
}
