/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of the invalidation queue: checks and effects (6.5.2.1 to 6.5.2.9, 7.6.1). */
#ifndef VTD_DESCRIPTORS_H
#define VTD_DESCRIPTORS_H

#include <stdint.h>

#define VTD_DESC_WORDS 4

struct vtd_unit;

/* Checks a descriptor of `count` words (2 or 4) and does what it says. Returns 0
 * or the VTD_IQEI_... that refuses it, and then nothing has been done. */
unsigned vtd_descriptor_execute(struct vtd_unit *u, const uint64_t *words, unsigned count);

#endif
