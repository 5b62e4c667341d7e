/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An NVMe drive and its driver: queue pairs that are kept full, commands of a mix of
 * sizes, data mapped and unmapped command by command, PRP lists.
 */
#ifndef SIM_GEN_NVME_H
#define SIM_GEN_NVME_H

#include "gen.h"

#define GEN_NVME_BLOCKS 8 /* different sizes */

/* What the options of `gen nvme` and `gen mixed` say. */
struct gen_nvme_options {
	const char *blocks; /* SIZE[:WEIGHT],... */
	uint64_t queues, depth, iops, gbps, reads, segment, cpu_ns, address_bits;
	bool no_caches, lazy;
};

/* What `blocks` says. */
struct gen_nvme_mix {
	unsigned count;
	uint64_t bytes[GEN_NVME_BLOCKS];
	uint64_t below[GEN_NVME_BLOCKS]; /* sums of weights */
};

#define GEN_NVME_RID       0x0200 /* 02:00.0 */
#define GEN_NVME_BLOCK_MAX (UINT64_C(2) << 20)

/* -EINVAL: no mix of sizes, which are multiples of 512 up to 2 MiB. */
int gen_nvme_mix_parse(const char *text, struct gen_nvme_mix *mix);

/* Failures stand in gen->failed. */
void gen_nvme_start(struct gen *gen, const struct gen_nvme_options *options,
		    const struct gen_nvme_mix *mix);

#endif
