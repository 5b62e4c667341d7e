/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of SMMUv3 word for word, from the layouts of chapter 4, and what a unit was
 * given compared with them.
 */
#ifndef TESTS_DRIVER_WORDS_SMMU_H
#define TESTS_DRIVER_WORDS_SMMU_H

#include "driver_rig_smmu.h"

/* Word 0: opcode, SSV, SSID, SID; VMID, ASID. */
#define SID      ((uint64_t)RID << 32)
#define SID2     ((uint64_t)RID2 << 32)
#define SSV      (UINT64_C(1) << 11)
#define SSID(n)  ((uint64_t)(n) << 12)
#define VMID(n)  ((uint64_t)(n) << 32)
#define ASID(n)  ((uint64_t)(n) << 48)
#define NUM(n)   ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
/* Opcodes by address under the first tag of either stage. */
#define VA(n)  (0x12 | ASID(1) | (n))
#define IPA(n) (0x2a | VMID(1) | (n))
/* Word 1. */
#define LEAF      UINT64_C(1)
#define TTL(n)    ((uint64_t)(n) << 8)
#define TG(n)     ((uint64_t)(n) << 10)
#define RANGE_ALL UINT64_C(31)
#define SIZE_ALL  UINT64_C(52)

#define SYNC            \
	{               \
		0x46, 0 \
	}
#define CFGI_ALL                \
	{                       \
		0x04, RANGE_ALL \
	}
#define CFGI_STE(sid)              \
	{                          \
		0x03 | (sid), LEAF \
	}
#define CFGI_L1STD(sid)         \
	{                       \
		0x03 | (sid), 0 \
	}
#define CFGI_CD(ssid)                         \
	{                                     \
		0x05 | SID | SSID(ssid), LEAF \
	}
#define CFGI_L1CD(ssid)                    \
	{                                  \
		0x05 | SID | SSID(ssid), 0 \
	}
#define ATC_ALL(sid)                   \
	{                              \
		0x40 | (sid), SIZE_ALL \
	}

struct command {
	uint64_t word0, word1;
};

#define ASSERT_COMMANDS(rig, from, ...)                                                       \
	do {                                                                                  \
		static const struct command list_[] = {__VA_ARGS__};                          \
		commands_check(rig, from, list_, sizeof(list_) / sizeof(list_[0]), __LINE__); \
	} while (0)

static inline void commands_print(const struct rig *rig, unsigned from,
				  const struct command *expected, unsigned count)
{
	for (unsigned i = from, at = 0; i < rig->events || at < count; i++) {
		const struct rig_event *event = &rig->event[i];

		if (i < rig->events && event->kind != RIG_COMMAND)
			continue;
		if (i < rig->events)
			print_message("%016" PRIx64 " %016" PRIx64, event->words[0],
				      event->words[1]);
		if (at < count)
			print_message("   expected %016" PRIx64 " %016" PRIx64, expected[at].word0,
				      expected[at].word1);
		print_message("\n");
		at++;
	}
}

/* The commands from event `from` on are these and no others. */
static inline void commands_check(const struct rig *rig, unsigned from,
				  const struct command *expected, unsigned count, int line)
{
	unsigned at = 0;
	bool good = true;

	for (unsigned i = from; i < rig->events; i++) {
		const struct rig_event *event = &rig->event[i];

		if (event->kind != RIG_COMMAND)
			continue;
		good &= at < count && event->words[0] == expected[at].word0 &&
			event->words[1] == expected[at].word1;
		at++;
	}
	if (good && at == count)
		return;
	commands_print(rig, from, expected, count);
	fail_msg("line %d: %u commands, %u expected", line, at, count);
}

/* A device for which nothing needs a device TLB. */
static inline void plain_device(struct rig *rig, uint32_t rid, unsigned pasid_bits)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = pasid_bits};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

static inline void ats_device(struct rig *rig, uint32_t rid, unsigned pasid_bits)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = pasid_bits, .ats = true};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

#endif
