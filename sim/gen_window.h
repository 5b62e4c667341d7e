/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses of one size over a window of memory that stays mapped, as pcie-bench makes them
 * (Neugebauer et al., SIGCOMM 2018): what a device sees of the IOMMU by working set.
 */
#ifndef SIM_GEN_WINDOW_H
#define SIM_GEN_WINDOW_H

#include "gen.h"

enum gen_window_pattern { GEN_WINDOW_RANDOM, GEN_WINDOW_SEQUENTIAL };
enum gen_window_access { GEN_WINDOW_READ, GEN_WINDOW_WRITE, GEN_WINDOW_BOTH };

struct gen_window_options {
	uint64_t window, page, size, rate, ring_pages, ring_every;
	uint8_t pattern, access;
	bool warm;
};

#define GEN_WINDOW_RID 0x0100 /* 01:00.0 */
#define GEN_RING_RID   0x0101 /* 01:00.1: the rings, so that they are counted apart */

/* Failures stand in gen->failed. */
void gen_window_start(struct gen *gen, const struct gen_window_options *options);

#endif
