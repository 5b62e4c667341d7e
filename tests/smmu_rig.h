/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SMMUv3 on a bench: its memory, its registers, and a log of all that it sends out.
 * Tables and rings are written by the tests in plain words, so that nothing expected
 * comes from the code under test.
 */
#ifndef TESTS_SMMU_RIG_H
#define TESTS_SMMU_RIG_H

#include <ioasim/ioasim.h>

/* Both stages, AArch64, EL2, ATS, 16-bit ids, MSI, PRI, two-level tables, stall and
 * terminate, HTTU 2; 16-bit StreamIDs, 16-bit SubstreamIDs, both overrides; HAD, XNX,
 * PPS, RIL, E0PD; 48 bits, all granules. */
#define SRIG_IDR0 UINT32_C(0x08cd369b)
#define SRIG_IDR1 UINT32_C(0x0e739410)
#define SRIG_IDR3 UINT32_C(0x00002434)
#define SRIG_IDR5 UINT32_C(0x00000075)

#define SRIG_RAM    UINT64_C(0x10000000) /* bytes from 0 */
#define SRIG_CMDQ   UINT64_C(0x100000) /* 2^8 entries */
#define SRIG_EVENTQ UINT64_C(0x110000) /* 2^7 entries */
#define SRIG_PRIQ   UINT64_C(0x120000) /* 2^8 entries */
#define SRIG_LOG    64

/* CR0 (6.3.9). */
#define CR0_SMMUEN   0x01u
#define CR0_PRIQEN   0x02u
#define CR0_EVENTQEN 0x04u
#define CR0_CMDQEN   0x08u
#define CR0_ATSCHK   0x10u
/* CR2 (6.3.12). */
#define CR2_E2H         0x1u
#define CR2_RECINVSID   0x2u
#define CR2_REC_CFG_ATS 0x8u

struct srig_message {
	uint64_t address;
	uint32_t data;
};

struct srig_end {
	uint16_t tag;
	struct ioasim_response response;
};

struct srig_store {
	uint64_t address;
	unsigned length;
	uint64_t word[4]; /* as far as there are so many */
};

struct srig {
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	uint32_t cr0;
	uint32_t produced, consumed; /* commands, events */

	/* Since the last srig_forget(). */
	unsigned faults, reaches, atcs, responses, messages, ends, commands, stores;
	struct ioasim_fault fault[SRIG_LOG];
	struct ioasim_invalidation reach[SRIG_LOG];
	struct ioasim_atc_invalidation atc[SRIG_LOG];
	struct ioasim_page_response response[SRIG_LOG];
	struct srig_message message[SRIG_LOG];
	struct srig_end end[SRIG_LOG]; /* of stalled transactions */
	uint64_t command[SRIG_LOG][2];
	struct srig_store store[SRIG_LOG];
};

/* Fails the test if no such unit can be made. */
void srig_config(struct ioasim_unit_config *config);
void srig_open(struct srig *rig, struct ioasim_unit_config *config);
void srig_close(struct srig *rig);
void srig_forget(struct srig *rig);

void srig_write32(struct srig *rig, uint32_t offset, uint32_t value);
void srig_write64(struct srig *rig, uint32_t offset, uint64_t value);
uint32_t srig_read32(struct srig *rig, uint32_t offset);
void srig_poke(struct srig *rig, uint64_t address, uint64_t word);
uint64_t srig_peek(struct srig *rig, uint64_t address);

/* CR0, and waits for CR0ACK. */
void srig_cr0(struct srig *rig, uint32_t set, uint32_t clear);
/* Empty command and event queues, switched on. */
void srig_queues(struct srig *rig);
/* The stream table; SMMUEN is set. */
void srig_start(struct srig *rig, uint64_t strtab, uint32_t strtab_cfg, uint32_t cr2);
/* A command; fails the test if it is not consumed without error. */
void srig_command(struct srig *rig, uint64_t w0, uint64_t w1);
/* The oldest event record that was not taken yet; false: there is none. */
bool srig_event(struct srig *rig, uint64_t record[4]);

#endif
