/* SPDX-License-Identifier: Apache-2.0 */
/* An AMD-Vi unit's life: made from its capabilities, reset, destroyed. */
#include "amdvi/arch.h"
#include "amdvi/unit.h"

#include <errno.h>
#include <stdlib.h>

int amdvi_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		 struct ioasim_unit **unit, const char **why)
{
	struct amdvi_unit *u = calloc(1, sizeof(*u));
	const char *sentence = NULL;
	int error;

	if (!u)
		return -ENOMEM;
	if (!amdvi_features_init(&u->features, config->capability, &sentence)) {
		if (why)
			*why = sentence;
		free(u);
		return -EINVAL;
	}
	unit_init(&u->unit, &amdvi_arch, config, memory);
	error = amdvi_caches_init(u);
	if (error) {
		free(u);
		return error;
	}
	amdvi_registers_reset(u);
	*unit = &u->unit;
	return 0;
}

void amdvi_destroy(struct ioasim_unit *unit)
{
	struct amdvi_unit *u = amdvi_unit(unit);

	if (!unit)
		return;
	amdvi_caches_fini(u);
	free(u);
}

void amdvi_reset(struct ioasim_unit *unit)
{
	struct amdvi_unit *u = amdvi_unit(unit);

	amdvi_registers_reset(u);
	amdvi_caches_reset(u);
}
