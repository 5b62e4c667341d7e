/* SPDX-License-Identifier: Apache-2.0 */
/* An SMMUv3 unit's life: made from its capabilities, reset, destroyed. */
#include "smmuv3/unit.h"

#include "smmuv3/arch.h"

#include <errno.h>
#include <stdlib.h>

int smmu_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		struct ioasim_unit **unit, const char **why)
{
	struct smmu_unit *u = calloc(1, sizeof(*u));
	const char *sentence = NULL;
	int error;

	if (!u)
		return -ENOMEM;
	if (!smmu_features_init(&u->features, config->capability, &sentence)) {
		if (why)
			*why = sentence;
		error = -EINVAL;
		goto free_unit;
	}
	unit_init(&u->unit, &smmuv3_arch, config, memory);
	error = smmu_stalls_init(u);
	if (error)
		goto free_unit;
	error = smmu_caches_init(u);
	if (error)
		goto free_stalls;
	smmu_registers_reset(u);
	*unit = &u->unit;
	return 0;

free_stalls:
	smmu_stalls_fini(u);
free_unit:
	free(u);
	return error;
}

void smmu_destroy(struct ioasim_unit *unit)
{
	struct smmu_unit *u = smmu_unit(unit);

	if (!unit)
		return;
	smmu_caches_fini(u);
	smmu_stalls_fini(u);
	free(u);
}

void smmu_reset(struct ioasim_unit *unit)
{
	struct smmu_unit *u = smmu_unit(unit);

	smmu_registers_reset(u);
	smmu_stalls_reset(u);
	smmu_caches_reset(u);
}
