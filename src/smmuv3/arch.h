/* SPDX-License-Identifier: Apache-2.0 */
/* What fills smmuv3_arch, the table that the rest of the library sees. */
#ifndef SMMUV3_ARCH_H
#define SMMUV3_ARCH_H

#include "smmuv3/smmuv3.h"

/* The order of struct ioasim_unit_config.capability. */
enum smmu_capability {
	SMMU_CAPABILITY_IDR0,
	SMMU_CAPABILITY_IDR1,
	SMMU_CAPABILITY_IDR3,
	SMMU_CAPABILITY_IDR5,
	SMMU_CAPABILITY_AIDR,
};

/* unit.c */
int smmu_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		struct ioasim_unit **unit, const char **why);
void smmu_destroy(struct ioasim_unit *unit);
void smmu_reset(struct ioasim_unit *unit);

/* counters.c */
const char *smmu_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			      const char **about);

/* guest_tables.c */
extern const struct guest_ops smmu_guest_ops;

#endif
