/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device that makes it hard for another: it walks over more pages than caches hold, or
 * over pages that fall into the same sets (thrash), or maps and unmaps as fast as it can,
 * so that the command queue is never empty (flood). The other, the victim, does the same
 * all the time; what it pays is the measure.
 */
#ifndef SIM_GEN_ADVERSARY_H
#define SIM_GEN_ADVERSARY_H

#include "gen.h"

enum gen_adversary_kind { GEN_THRASH, GEN_FLOOD, GEN_QUIET };

struct gen_adversary_options {
	uint64_t victim_pages, victim_rate, pages, stride, rate, bytes;
	uint8_t kind;
};

#define GEN_VICTIM_RID    0x0100 /* 01:00.0 */
#define GEN_ADVERSARY_RID 0x0200 /* 02:00.0 */

/* Failures stand in gen->failed. */
void gen_adversary_start(struct gen *gen, const struct gen_adversary_options *options);

#endif
