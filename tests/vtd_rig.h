/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VT-d unit on a bench: its memory, its registers, and a log of all that it
 * sends out. Tables and rings are written by the tests in plain words, so that
 * nothing expected comes from the code under test.
 */
#ifndef TESTS_VTD_RIG_H
#define TESTS_VTD_RIG_H

#include <ioasim/ioasim.h>

/* Everything; 57-bit, 8 fault records at 400h, IVA at 500h. */
#define RIG_FULL_CAP  UINT64_C(0x91d2078c40380e06)
#define RIG_FULL_ECAP UINT64_C(0x33ef9ee4f050df)
/* As QEMU's: legacy mode only, one fault record at 220h, IVA at F0h. */
#define RIG_PLAIN_CAP  UINT64_C(0x80d2008c222f0606)
#define RIG_PLAIN_ECAP UINT64_C(0xf00f4a)

#define RIG_RAM   UINT64_C(0x10000000) /* bytes from 0 */
#define RIG_QUEUE UINT64_C(0x100000)
#define RIG_LOG   64

struct rig_stored {
	uint64_t address;
	unsigned length;
	uint64_t data[4];
};

struct rig {
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	bool wide; /* the queue has 256-bit descriptors */
	uint32_t tail;

	/* Since the last rig_forget(). */
	unsigned messages, commands, atcs, responses, stores, faults;
	struct {
		uint64_t address;
		uint32_t data;
	} message[RIG_LOG];
	uint64_t command[RIG_LOG][4];
	struct ioasim_atc_invalidation atc[RIG_LOG];
	struct ioasim_page_response response[RIG_LOG];
	struct rig_stored stored[RIG_LOG];
	struct ioasim_fault fault[RIG_LOG];
};

/* Fails the test if no such unit can be made. */
void rig_open(struct rig *rig, uint64_t cap, uint64_t ecap);
/* The same in two steps, for a test that changes the configuration in between. */
void rig_config(struct ioasim_unit_config *config, uint64_t cap, uint64_t ecap);
void rig_open_with(struct rig *rig, struct ioasim_unit_config *config);
void rig_close(struct rig *rig);
void rig_forget(struct rig *rig);

void rig_write32(struct rig *rig, uint32_t offset, uint32_t value);
void rig_write64(struct rig *rig, uint32_t offset, uint64_t value);
uint32_t rig_read32(struct rig *rig, uint32_t offset);
uint64_t rig_read64(struct rig *rig, uint32_t offset);
void rig_poke(struct rig *rig, uint64_t address, uint64_t word);
uint64_t rig_peek(struct rig *rig, uint64_t address);

/* GCMD: sets or clears one bit as software does it (11.4.4.1). */
void rig_command(struct rig *rig, unsigned bit, bool on);
/* RTADDR and SRTP. */
void rig_root(struct rig *rig, uint64_t rtaddr);
/* Empty queue of one page at RIG_QUEUE, switched on. */
void rig_queue(struct rig *rig, bool wide);
/* Writes a descriptor at the tail and moves the tail. */
void rig_submit(struct rig *rig, uint64_t w0, uint64_t w1);
void rig_submit4(struct rig *rig, const uint64_t words[4]);
/* Writes it without moving the tail register. */
void rig_put(struct rig *rig, const uint64_t words[4]);

#endif
