/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network card and its driver: a receive and a send ring for each CPU, buffers mapped
 * and unmapped packet by packet or kept mapped in a pool.
 */
#ifndef SIM_GEN_NIC_H
#define SIM_GEN_NIC_H

#include "gen.h"

enum gen_nic_direction { GEN_NIC_BOTH, GEN_NIC_RECEIVE, GEN_NIC_SEND };
enum gen_nic_buffers { GEN_NIC_PACKET, GEN_NIC_POOL };
enum gen_nic_arrival { GEN_NIC_PACED, GEN_NIC_POISSON };

/* What the options of `gen nic` and `gen mixed` say. */
struct gen_nic_options {
	uint64_t queues, ring, gbps, mtu, send_size;
	uint64_t descriptor, completion, fetch; /* bytes, bytes, entries */
	uint64_t coalesce_ns, cpu_ns; /* interrupt moderation; work on a packet */
	uint64_t send_depth; /* packets that wait in a send ring */
	uint64_t acks; /* packets received for one acknowledgement sent; 0: none */
	uint64_t address_bits;
	uint8_t direction, buffers, arrival;
	bool any_cpu, no_caches, lazy;
};

#define GEN_NIC_RID 0x0100 /* 01:00.0 */

/* Failures stand in gen->failed. */
void gen_nic_start(struct gen *gen, const struct gen_nic_options *options);

#endif
