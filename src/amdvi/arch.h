/* SPDX-License-Identifier: Apache-2.0 */
/* What fills amdvi_arch, the table that the rest of the library sees. */
#ifndef AMDVI_ARCH_H
#define AMDVI_ARCH_H

#include "amdvi/amdvi.h"

/* The order of struct ioasim_unit_config.capability. */
enum amdvi_capability {
	AMDVI_CAPABILITY_EFR,
	AMDVI_CAPABILITY_EFR2,
	AMDVI_CAPABILITY_IOTLB, /* capability header, IotlbSup */
	AMDVI_CAPABILITY_NPCACHE, /* capability header, NpCache */
	AMDVI_CAPABILITY_PA_BITS, /* Miscellaneous Information 0, PAsize */
};

/* unit.c */
int amdvi_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		 struct ioasim_unit **unit, const char **why);
void amdvi_destroy(struct ioasim_unit *unit);
void amdvi_reset(struct ioasim_unit *unit);

/* describe.c */
extern const struct arch_words amdvi_words;
void amdvi_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		    struct arch_entry *entry);
const struct arch_field *amdvi_describe_fault(const struct ioasim_fault *fault, const char **title);

/* counters.c */
const char *amdvi_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			       const char **about);

/* guest_tables.c */
extern const struct guest_ops amdvi_guest_ops;

#endif
