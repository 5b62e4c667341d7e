/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many tenants, each a guest with a virtual function of one network card: a ring, a
 * mailbox, and buffers that are used one after the other (the shape that HyperTRIO, ISCA
 * 2020, found in guests). All tenants have the same addresses, as guests with the same
 * driver do.
 */
#ifndef SIM_GEN_TENANTS_H
#define SIM_GEN_TENANTS_H

#include "gen.h"

enum gen_tenants_order { GEN_TENANTS_TURNS, GEN_TENANTS_RANDOM };

/* What the options of `gen tenants` say. */
struct gen_tenants_options {
	const char *arch;
	uint64_t tenants, buffers, buffer_bytes, uses, packet, gbps, burst, zipf;
	uint8_t order;
	bool no_nested, remap;
};

/* Functions of tenants: one behind the other from here, as virtual functions are. */
#define GEN_TENANTS_RID 0x1000 /* 10:00.0 */
#define GEN_TENANTS_MAX (0x10000 - GEN_TENANTS_RID)

struct guest_ops;

/* ops NULL: without nesting. Failures stand in gen->failed. */
void gen_tenants_start(struct gen *gen, const struct gen_tenants_options *options,
		       const struct guest_ops *ops);

#endif
