/* SPDX-License-Identifier: Apache-2.0 */
/* The architectures that this build models: one line each. */
#include "amdvi/amdvi.h"
#include "model/arch.h"
#include "smmuv3/smmuv3.h"
#include "vtd/vtd.h"

#include <string.h>

const struct ioasim_arch *const ioasim_archs[] = {
	&vtd_arch,
	&amdvi_arch,
	&smmuv3_arch,
	NULL,
};

const struct ioasim_arch *arch_find(const char *name)
{
	for (unsigned i = 0; ioasim_archs[i]; i++)
		if (strcmp(ioasim_archs[i]->name, name) == 0)
			return ioasim_archs[i];
	return NULL;
}
