/* SPDX-License-Identifier: Apache-2.0 */
#include "caches.h"

const char *const caches_names[] = {
	[CACHES_DEFAULT] = "default",
	[CACHES_OFF] = "off",
	[CACHES_TINY] = "tiny",
	[CACHES_LARGE] = "large",
	NULL,
};

void caches_set(struct ioasim_unit_config *config, enum caches caches)
{
	/* Tiny: two entries, so that nearly everything is evicted. Large: more
	 * than any vector or scenario fills. */
	static const struct ioasim_cache_geometry tiny = {.entries = 2};
	static const struct ioasim_cache_geometry large = {.entries = 4096, .ways = 16};

	if (caches == CACHES_DEFAULT)
		return;
	if (caches == CACHES_OFF) {
		ioasim_unit_config_no_caches(config);
		return;
	}
	/* What the architecture does not have has no entries. */
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (config->cache[i].entries)
			config->cache[i] = caches == CACHES_TINY ? tiny : large;
}
