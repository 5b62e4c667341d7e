/* SPDX-License-Identifier: Apache-2.0 */
/* What fills vtd_arch, the table that the rest of the library sees. */
#ifndef VTD_ARCH_H
#define VTD_ARCH_H

#include "vtd/vtd.h"

/* The order of struct ioasim_unit_config.capability. */
enum vtd_capability {
	VTD_CAPABILITY_CAP,
	VTD_CAPABILITY_ECAP,
	VTD_CAPABILITY_HAW, /* bits; 0: min(52, CAP.MGAW + 1) */
	VTD_CAPABILITY_VER,
};

/* unit.c */
int vtd_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
	       struct ioasim_unit **unit, const char **why);
void vtd_destroy(struct ioasim_unit *unit);
void vtd_reset(struct ioasim_unit *unit);

/* describe.c */
extern const struct arch_words vtd_words;
void vtd_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		  struct arch_entry *entry);
const struct arch_field *vtd_describe_fault(const struct ioasim_fault *fault, const char **title);

/* counters.c */
const char *vtd_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			     const char **about);

/* guest_tables.c */
extern const struct guest_ops vtd_guest_ops;

#endif
