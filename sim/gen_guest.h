/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest with a device of its own: its memory in one piece of the machine's, mapped by
 * the hypervisor, and its own tables in it, whose words go into the trace. Or, without
 * nesting, the same addresses mapped by the hypervisor alone.
 *
 * Guest addresses: PASID table (where the architecture's guests have one) at 1 MiB, tables
 * behind it, data from 2 MiB on.
 */
#ifndef SIM_GEN_GUEST_H
#define SIM_GEN_GUEST_H

#include "gen.h"
#include "model/guest.h"

#define GEN_GUEST_PASIDS UINT64_C(0x100000)
#define GEN_GUEST_TABLES UINT64_C(0x110000)
#define GEN_GUEST_DATA   UINT64_C(0x200000)

/* Pages of PASID table and tables, whose words are known. */
#define GEN_GUEST_KNOWN (1 + GUEST_TABLE_BYTES / GUEST_PAGE)

struct gen_guest {
	struct gen *gen;
	const struct guest_ops *ops; /* NULL: not nested */
	uint32_t rid, domain;
	uint64_t pa; /* of guest address 0 */
	struct guest_table table;
	uint64_t *known[GEN_GUEST_KNOWN]; /* words of a page; NULL: all 0 */
};

struct gen_guest_config {
	const struct guest_ops *ops; /* NULL: not nested */
	uint32_t rid;
	uint64_t data_bytes;
};

/* Makes device, domains and tables, and attaches. Failures stand in gen->failed. */
void gen_guest_start(struct gen_guest *guest, struct gen *gen,
		     const struct gen_guest_config *config);
/* Behind gen_guest_start(): its tables are complete; the device's accesses may begin. */
void gen_guest_bind(struct gen_guest *guest);

/* In the guest's own table, from guest address to guest memory; large: pages of 2 MiB. */
struct gen_guest_map {
	uint64_t va, gpa, bytes;
	bool large;
};
void gen_guest_map(struct gen_guest *guest, const struct gen_guest_map *map);
/* Unmaps pages of 4 KiB and invalidates. */
void gen_guest_unmap(struct gen_guest *guest, uint64_t va, uint64_t bytes);

#endif
