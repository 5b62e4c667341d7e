/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 1 descriptors (Arm ARM D8.3) and CDs (5.4) as a guest stores and reads them. */
#include "model/field.h"
#include "model/guest.h"
#include "smmuv3/arch.h"
#include "smmuv3/registers.h"
#include "smmuv3/structures.h"

/* Our levels 1 and 2, 2 MiB and 1 GiB, may be blocks. */
#define BLOCK_LEVEL_MAX 2

/* Cacheability and shareability of walks; the attribute of pages, and its place. */
#define WRITE_BACK      1
#define INNER_SHAREABLE 3
#define MAIR_WRITE_BACK UINT64_C(0xff)

/* T0SZ of four levels of 4 KiB. */
#define T0SZ (64 - 48)

static uint64_t pointer(uint64_t table)
{
	return field_bits(SMMU_PTE_ADDRESS, table) | field_prep(SMMU_PTE_TYPE, SMMU_TYPE_TABLE);
}

/* Not global, the unprivileged included, not executable unless asked for. */
static uint64_t leaf(uint64_t gpa, unsigned access)
{
	uint64_t word = field_bits(SMMU_PTE_ADDRESS, gpa) |
			field_prep(SMMU_PTE_TYPE, SMMU_TYPE_TABLE) |
			field_prep(SMMU_PTE_SH, INNER_SHAREABLE) | FIELD_MASK(SMMU_PTE_AF) |
			FIELD_MASK(SMMU_S1_NG) | FIELD_MASK(SMMU_S1_AP1);

	field_set(&word, SMMU_S1_AP2, !(access & IOASIM_WRITE));
	if (!(access & IOASIM_EXEC))
		word |= FIELD_MASK(SMMU_S1_XN);
	return word;
}

static uint64_t block(uint64_t gpa, unsigned access)
{
	uint64_t word = leaf(gpa, access);

	field_set(&word, SMMU_PTE_TYPE, SMMU_TYPE_BLOCK);
	return word;
}

/* D8.4.1, direct permissions without PAN and WXN. */
static void leaf_rights(uint64_t word, uint8_t access[2])
{
	bool user = field_get(SMMU_S1_AP1, word), write = !field_get(SMMU_S1_AP2, word);
	unsigned rights = IOASIM_READ | (write ? IOASIM_WRITE : 0u);

	access[0] = (uint8_t)(user ? rights : 0);
	if (!field_get(SMMU_S1_UXN, word))
		access[0] |= IOASIM_EXEC;
	access[1] = (uint8_t)rights;
	if (!field_get(SMMU_S1_PXN, word) && !(user && write))
		access[1] |= IOASIM_EXEC;
}

/* D8.4.2, hierarchical permissions. */
static void table_rights(uint64_t word, uint8_t access[2])
{
	access[0] = access[1] = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
	if (field_get(SMMU_S1_APTABLE0, word))
		access[0] &= (uint8_t) ~(IOASIM_READ | IOASIM_WRITE);
	if (field_get(SMMU_S1_APTABLE1, word)) {
		access[0] &= (uint8_t)~IOASIM_WRITE;
		access[1] &= (uint8_t)~IOASIM_WRITE;
	}
	if (field_get(SMMU_S1_UXNTABLE, word))
		access[0] &= (uint8_t)~IOASIM_EXEC;
	if (field_get(SMMU_S1_PXNTABLE, word))
		access[1] &= (uint8_t)~IOASIM_EXEC;
}

/* A page whose Access flag is clear faults, as no hardware sets it. */
static void decode(unsigned level, uint64_t word, struct guest_entry *entry)
{
	uint64_t type = field_get(SMMU_PTE_TYPE, word);

	*entry = (struct guest_entry){.address = field_bits(SMMU_PTE_ADDRESS, word)};
	if (level && type == SMMU_TYPE_TABLE) {
		entry->kind = GUEST_POINTER;
		table_rights(word, entry->access);
		return;
	}
	if (type != (level ? SMMU_TYPE_BLOCK : SMMU_TYPE_TABLE) || level > BLOCK_LEVEL_MAX ||
	    !field_get(SMMU_PTE_AF, word))
		return;
	entry->kind = GUEST_LEAF;
	leaf_rights(word, entry->access);
}

static uint64_t pasid_pointer(uint64_t table)
{
	return field_bits(SMMU_L1CD_L2PTR, table) | FIELD_MASK(SMMU_L1CD_V);
}

/* Faults end with an abort and an event; TTB0 alone is used. */
static void pasid_encode(uint64_t root, uint16_t tag, uint64_t *words)
{
	words[0] = field_prep(SMMU_CD_0_T0SZ, T0SZ) | field_prep(SMMU_CD_0_TG0, SMMU_TG0_4K) |
		   field_prep(SMMU_CD_0_IR0, WRITE_BACK) | field_prep(SMMU_CD_0_OR0, WRITE_BACK) |
		   field_prep(SMMU_CD_0_SH0, INNER_SHAREABLE) | FIELD_MASK(SMMU_CD_0_EPD1) |
		   FIELD_MASK(SMMU_CD_0_V) | field_prep(SMMU_CD_0_IPS, SMMU_OAS_48) |
		   FIELD_MASK(SMMU_CD_0_AA64) | FIELD_MASK(SMMU_CD_0_R) | FIELD_MASK(SMMU_CD_0_A) |
		   FIELD_MASK(SMMU_CD_0_ASET) | field_prep(SMMU_CD_0_ASID, tag);
	words[1] = field_bits(SMMU_CD_TTB_TTB, root);
	words[3] = MAIR_WRITE_BACK;
}

static bool pasid_decode(const uint64_t *words, uint64_t *root)
{
	*root = field_bits(SMMU_CD_TTB_TTB, words[1]);
	return field_get(SMMU_CD_0_V, words[0]) && !field_get(SMMU_CD_0_EPD0, words[0]);
}

/* 5.2, the words that stage 1 is told by. */
static void user_decode(const uint64_t *words, struct guest_user *user)
{
	user->root = field_bits(SMMU_STE_0_S1CONTEXTPTR, words[0]);
	user->table_lg2 = (unsigned)field_get(SMMU_STE_0_S1CDMAX, words[0]);
	user->plain =
		field_get(SMMU_STE_0_V, words[0]) &&
		field_get(SMMU_STE_0_CONFIG, words[0]) == SMMU_CONFIG_S1 &&
		(!user->table_lg2 || (field_get(SMMU_STE_0_S1FMT, words[0]) == SMMU_S1FMT_LINEAR &&
				      field_get(SMMU_STE_1_S1DSS, words[1]) == SMMU_S1DSS_SSID0));
}

static void user_encode(const struct guest_user *user, uint64_t *words)
{
	words[0] = FIELD_MASK(SMMU_STE_0_V) | field_prep(SMMU_STE_0_CONFIG, SMMU_CONFIG_S1) |
		   field_prep(SMMU_STE_0_S1FMT, SMMU_S1FMT_LINEAR) |
		   field_bits(SMMU_STE_0_S1CONTEXTPTR, user->root) |
		   field_prep(SMMU_STE_0_S1CDMAX, user->table_lg2);
	words[1] = field_prep(SMMU_STE_1_S1DSS, SMMU_S1DSS_SSID0) |
		   field_prep(SMMU_STE_1_S1CIR, WRITE_BACK) |
		   field_prep(SMMU_STE_1_S1COR, WRITE_BACK) |
		   field_prep(SMMU_STE_1_S1CSH, INNER_SHAREABLE) |
		   field_prep(SMMU_STE_1_EATS, SMMU_EATS_FULL);
}

/* 4.3, 4.5: of those that guests give, these name a stream. */
static bool command_requester(const uint64_t *words, uint32_t *requester)
{
	*requester = (uint32_t)field_get(SMMU_CMD_0_SID, words[0]);
	switch (field_get(SMMU_CMD_0_OPCODE, words[0])) {
	case SMMU_CMD_CFGI_CD:
	case SMMU_CMD_CFGI_CD_ALL:
	case SMMU_CMD_ATC_INV:
		return true;
	default:
		return false;
	}
}

static void command_requester_set(uint64_t *words, uint32_t requester)
{
	field_set(&words[0], SMMU_CMD_0_SID, requester);
}

static void event_requester_set(uint64_t *record, uint32_t requester)
{
	field_set(&record[0], SMMU_EVENT_0_SID, requester);
}

const struct guest_ops smmu_guest_ops = {
	.pointer = pointer,
	.leaf = leaf,
	.block = block,
	.decode = decode,
	.shared_tags = true,
	.pasid_words = SMMU_CD_WORDS,
	.pasid_leaf_lg2 = SMMU_L1CD_4K_LG2,
	.pasid_pointer = pasid_pointer,
	.pasid_encode = pasid_encode,
	.pasid_decode = pasid_decode,
	.user_decode = user_decode,
	.user_encode = user_encode,
	.command_requester = command_requester,
	.command_requester_set = command_requester_set,
	.event_requester_set = event_requester_set,
};
