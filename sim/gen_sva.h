/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An accelerator that works in the address spaces of many processes: each has a PASID; a
 * job copies memory and stores a completion record. With a cache of translations (ATC) the
 * device asks the unit by ATS and, where a page is missing, the kernel by page requests.
 */
#ifndef SIM_GEN_SVA_H
#define SIM_GEN_SVA_H

#include "gen.h"

/* What the options of `gen sva` say. */
struct gen_sva_options {
	uint64_t pasids, space, bytes, zipf, engines, gbps, atc, mapped, reclaim, fault_ns;
};

#define GEN_SVA_RID 0x0300 /* 03:00.0 */

/* Failures stand in gen->failed. */
void gen_sva_start(struct gen *gen, const struct gen_sva_options *options);

#endif
