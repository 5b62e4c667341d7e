/* SPDX-License-Identifier: Apache-2.0 */
/* An AMD-Vi unit with its driver: what is AMD-Vi's of the bench for drivers. */
#ifndef TESTS_AMDVI_DRIVER_RIG_H
#define TESTS_AMDVI_DRIVER_RIG_H

#include "amdvi/arch.h"
#include "amdvi/driver.h"
#include "driver_bench.h"

/* Opcodes of commands (2.4). */
enum {
	CMD_WAIT = 1,
	CMD_DEVTAB = 2,
	CMD_PAGES = 3,
	CMD_IOTLB = 4,
	CMD_INTERRUPTS = 5,
	CMD_RESPONSE = 7,
	CMD_ALL = 8,
};

/* Events (2.5). */
#define IO_PAGE_FAULT          2
#define INVALID_DEVICE_REQUEST 8

/* What most tests use. */
#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Words 0 and 1 of a device table entry (2.2.2.1). */
#define BLOCKED UINT64_C(0x3)
#define V_TV_RW UINT64_C(0x6000000000000003)

#define GV   (UINT64_C(1) << 55)
#define GIOV (UINT64_C(1) << 54)
#define PPR  (UINT64_C(1) << 52)
#define I    (UINT64_C(1) << 32) /* word 1 */

static inline unsigned rig_opcode(uint64_t word0)
{
	return (unsigned)(word0 >> 60);
}

static inline void rig_prepare(struct rig *rig)
{
	rig_prepare_arch(rig, "amdvi", rig_opcode);
}

static inline uint64_t *rig_capability(struct rig *rig, enum amdvi_capability which)
{
	return &rig->unit_config.capability[which];
}

static inline uint64_t *rig_efr(struct rig *rig)
{
	return rig_capability(rig, AMDVI_CAPABILITY_EFR);
}

static inline struct amdvi_driver *rig_inside(struct rig *rig)
{
	return amdvi_driver(rig->driver);
}

static inline uint32_t rig_pages_used(struct rig *rig)
{
	return rig_inside(rig)->pool.used;
}

static inline void rig_begin(struct rig *rig, bool stage1, enum driver_policy policy)
{
	rig_prepare(rig);
	rig->config.stage1 = stage1;
	rig->config.policy = policy;
	rig_start(rig);
}

static inline uint64_t rig_register(struct rig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 8, &value), 0);
	return value;
}

static inline uint64_t rig_peek(struct rig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

static inline void rig_poke(struct rig *rig, uint64_t address, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, address, word), 0);
}

/* Where the entry of a device stands: base register 0x0000, bits 51:12. */
static inline uint64_t rig_dte_address(struct rig *rig, uint32_t requester_id)
{
	return (rig_register(rig, 0) & UINT64_C(0xffffffffff000)) + requester_id * 32;
}

static inline void rig_dte(struct rig *rig, uint32_t requester_id, uint64_t dte[4])
{
	for (unsigned i = 0; i < 4; i++)
		dte[i] = rig_peek(rig, rig_dte_address(rig, requester_id) + 8 * i);
}

/* Bits high..low of a word, in the test's own arithmetic. */
static inline uint64_t rig_bits(uint64_t word, unsigned high, unsigned low)
{
	return word << (63 - high) >> (63 - high + low);
}

/* The GCR3 table root: DTE bits 60:58, 95:80 and 127:107 are its bits 14:12, 30:15 and
 * 51:31 (2.2.2.1). */
static inline uint64_t rig_gcr3_root(const uint64_t dte[4])
{
	return rig_bits(dte[0], 60, 58) << 12 | rig_bits(dte[1], 31, 16) << 15 |
	       rig_bits(dte[1], 63, 43) << 31;
}

/* The last entry for a PASID: GLX + 1 levels of nine bits (2.2.6.3). */
static inline uint64_t rig_gcr3_entry(struct rig *rig, uint32_t requester_id, uint32_t pasid)
{
	uint64_t dte[4], entry;

	rig_dte(rig, requester_id, dte);
	entry = rig_gcr3_root(dte) | 1;
	for (unsigned level = (unsigned)rig_bits(dte[0], 57, 56) + 1; level-- > 0 && entry & 1;)
		entry = rig_peek(rig, (entry & UINT64_C(0xffffffffff000)) +
					      (pasid >> (9 * level) & 511) * 8);
	return entry;
}

/* ---- Commands, by hand from 2.4 ---------------------------------------------- */

/* Word 0 */
#define DEVTAB(id)           (UINT64_C(2) << 60 | (id))
#define PAGES(domain)        (UINT64_C(3) << 60 | (uint64_t)(domain) << 32)
#define GUEST(domain, pasid) (PAGES(domain) | (pasid))
#define IOTLB(id)            (UINT64_C(4) << 60 | (uint64_t)(id) << 32 | (id))
#define EVERYTHING           (UINT64_C(8) << 60)
/* Word 1: bit 0 S, bit 1 PDE, bit 2 GN */
#define ALL UINT64_C(0x7ffffffffffff000)
#define S   1u
#define PDE 2u
#define GN  4u

struct command {
	uint64_t word[2];
};

/* In lists of expected commands: a wait, whose words are checked apart, and the end. */
#define WAIT                        \
	{                           \
		{                   \
			CMD_WAIT, 0 \
		}                   \
	}
#define LIST_END             \
	{                    \
		{            \
			0, 0 \
		}            \
	}

/* The commands executed since rig->events was 0: these and no others. A wait stores
 * (S, no interrupt, no flush) a number that grows by one. */
static inline void expect_commands(struct rig *rig, const struct command *expected)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < rig->events; i++) {
		const struct rig_event *event = &rig->event[i];

		if (event->kind != RIG_COMMAND)
			continue;
		if (!expected->word[0])
			fail_msg("one more: %" PRIx64 " %" PRIx64, event->words[0],
				 event->words[1]);
		if (expected->word[0] == CMD_WAIT) {
			assert_int_equal(event->words[0],
					 UINT64_C(0x1000000000000001) | rig_inside(rig)->done);
			assert_true(!number || event->words[1] == number + 1);
			number = event->words[1];
		} else {
			assert_int_equal(event->words[0], expected->word[0]);
			assert_int_equal(event->words[1], expected->word[1]);
		}
		expected++;
	}
	assert_int_equal(expected->word[0], 0);
	rig->events = 0;
}

#define EXPECT(rig, ...) expect_commands(rig, (const struct command[]){__VA_ARGS__, LIST_END})
#define EXPECT_NONE(rig) expect_commands(rig, (const struct command[]){LIST_END})

static inline uint32_t rig_entry_id(struct rig *rig, uint32_t rid)
{
	uint64_t dte[4];

	rig_dte(rig, rid, dte);
	return dte[1] & 0xffff;
}

static inline void rig_plain_device(struct rig *rig, uint32_t rid)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = 20};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

/* With ATS, without page requests. */
static inline void rig_ats_device(struct rig *rig, uint32_t rid)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = 20, .ats = true};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

static inline void assert_refused(struct rig *rig, uint32_t rid, uint32_t pasid, uint64_t iova)
{
	assert_int_equal(rig_dma(rig, rid, pasid, iova, IOASIM_READ).outcome, IOASIM_FAULT);
}

#endif
