/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AMD-Vi unit on a bench: its memory, its registers, and a log of all that it
 * sends out. Tables, rings and registers are written by the tests in plain numbers,
 * so that nothing expected comes from the code under test.
 */
#ifndef TESTS_AMDVI_RIG_H
#define TESTS_AMDVI_RIG_H

#include <ioasim/ioasim.h>

/* Everything: as the vectors' full unit, with automatic responses, MSI and XT by MMIO. */
#define AMD_FULL_EFR  UINT64_C(0x201742f30000995f)
#define AMD_FULL_EFR2 UINT64_C(0x8)
/* As QEMU's. */
#define AMD_PLAIN_EFR UINT64_C(0x29d3)

/* RAM from 0, and what amd_start() puts where: rings of 256 entries, and a device
 * table for every id. */
#define AMD_RAM    UINT64_C(0x10000000)
#define AMD_CMD    UINT64_C(0x100000)
#define AMD_EVENTS UINT64_C(0x101000)
#define AMD_PPR    UINT64_C(0x102000)
#define AMD_DEVTAB UINT64_C(0x200000)
#define AMD_STORE  UINT64_C(0x110000) /* for completion stores */

#define AMD_RIG_LOG 64

/* Control: IommuEn, EventLogEn, CmdBufEn; what else tests switch on. */
#define AMD_ON      UINT64_C(0x1005)
#define AMD_GT_EN   (UINT64_C(1) << 16)
#define AMD_PPR_ON  UINT64_C(0xa000) /* PPRLogEn, PPREn */
#define AMD_EPH_EN  (UINT64_C(1) << 45)
#define AMD_GCR3_EN (UINT64_C(1) << 58)

struct amd_stored {
	uint64_t address;
	unsigned length;
	uint64_t data[2];
};

struct amd_rig {
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	uint32_t tail; /* of the command ring, 256 entries */

	/* Since the last amd_forget(). */
	unsigned messages, commands, atcs, responses, stores, faults;
	struct {
		uint64_t address;
		uint32_t data;
	} message[AMD_RIG_LOG];
	uint64_t command[AMD_RIG_LOG][2];
	struct ioasim_atc_invalidation atc[AMD_RIG_LOG];
	struct ioasim_page_response response[AMD_RIG_LOG];
	struct amd_stored stored[AMD_RIG_LOG];
	struct ioasim_fault fault[AMD_RIG_LOG];
};

/* Fails the test if no such unit can be made. */
void amd_open(struct amd_rig *rig, uint64_t efr, uint64_t efr2);
/* The same in two steps, for a test that changes the configuration in between. */
void amd_config(struct ioasim_unit_config *config, uint64_t efr, uint64_t efr2);
void amd_open_with(struct amd_rig *rig, struct ioasim_unit_config *config);
void amd_close(struct amd_rig *rig);
void amd_forget(struct amd_rig *rig);

void amd_write32(struct amd_rig *rig, uint32_t offset, uint32_t value);
void amd_write64(struct amd_rig *rig, uint32_t offset, uint64_t value);
uint32_t amd_read32(struct amd_rig *rig, uint32_t offset);
uint64_t amd_read64(struct amd_rig *rig, uint32_t offset);
void amd_poke(struct amd_rig *rig, uint64_t address, uint64_t word);
uint64_t amd_peek(struct amd_rig *rig, uint64_t address);

/* Bases at their places, empty rings, Control as given. */
void amd_start(struct amd_rig *rig, uint64_t control);
/* Words 0 and 1 of a device's table entry. */
void amd_device(struct amd_rig *rig, uint16_t id, uint64_t w0, uint64_t w1);
/* Writes a command at the tail, without or with moving the tail register. */
void amd_put(struct amd_rig *rig, uint64_t w0, uint64_t w1);
void amd_submit(struct amd_rig *rig, uint64_t w0, uint64_t w1);
/* One request of four bytes; access as enum ioasim_access. */
struct ioasim_response amd_dma(struct amd_rig *rig, uint16_t id, uint64_t address, uint8_t access);

#endif
