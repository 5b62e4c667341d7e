/* SPDX-License-Identifier: Apache-2.0 */
/* Caches of units under test: what holds must hold with all of these. */
#ifndef SIM_CACHES_H
#define SIM_CACHES_H

#include <ioasim/unit.h>

enum caches { CACHES_DEFAULT, CACHES_OFF, CACHES_TINY, CACHES_LARGE };
extern const char *const caches_names[]; /* NULL-ended */

void caches_set(struct ioasim_unit_config *config, enum caches caches);

#endif
