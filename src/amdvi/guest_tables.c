/* SPDX-License-Identifier: Apache-2.0 */
/* Guest page tables and GCR3 entries (2.2.6) as a guest stores and reads them. */
#include "amdvi/arch.h"
#include "amdvi/structures.h"
#include "model/field.h"
#include "model/guest.h"

/* Entries of the second and third table may map 2 MiB and 1 GiB. */
#define LARGE_LEVEL_MAX 2

static uint64_t pointer(uint64_t table)
{
	return field_bits(AMDVI_GUEST_ADDR, table) | FIELD_MASK(AMDVI_GUEST_P) |
	       FIELD_MASK(AMDVI_GUEST_RW) | FIELD_MASK(AMDVI_GUEST_US) | FIELD_MASK(AMDVI_GUEST_A);
}

static uint64_t leaf(uint64_t gpa, unsigned access)
{
	uint64_t word = field_bits(AMDVI_GUEST_ADDR, gpa) | FIELD_MASK(AMDVI_GUEST_P) |
			FIELD_MASK(AMDVI_GUEST_US) | FIELD_MASK(AMDVI_GUEST_A) |
			FIELD_MASK(AMDVI_GUEST_D);

	field_set(&word, AMDVI_GUEST_RW, (access & IOASIM_WRITE) != 0);
	return word;
}

static uint64_t block(uint64_t gpa, unsigned access)
{
	return leaf(gpa, access) | FIELD_MASK(AMDVI_GUEST_PS);
}

/* Write protection holds for all. */
static uint8_t rights(uint64_t word, bool privileged)
{
	unsigned access = IOASIM_READ;

	if (!privileged && !field_get(AMDVI_GUEST_US, word))
		return 0;
	if (field_get(AMDVI_GUEST_RW, word))
		access |= IOASIM_WRITE;
	if (!field_get(AMDVI_GUEST_NX, word))
		access |= IOASIM_EXEC;
	return (uint8_t)access;
}

static void decode(unsigned level, uint64_t word, struct guest_entry *entry)
{
	bool large = level && field_get(AMDVI_GUEST_PS, word);

	*entry = (struct guest_entry){.kind = GUEST_EMPTY};
	if (!field_get(AMDVI_GUEST_P, word) || (large && level > LARGE_LEVEL_MAX))
		return;
	entry->kind = level && !large ? GUEST_POINTER : GUEST_LEAF;
	entry->address = field_bits(AMDVI_GUEST_ADDR, word);
	for (unsigned privileged = 0; privileged < 2; privileged++)
		entry->access[privileged] = rights(word, privileged);
}

static uint64_t pasid_pointer(uint64_t table)
{
	return field_bits(AMDVI_GCR3_ADDR, table) | FIELD_MASK(AMDVI_GCR3_V);
}

/* The tag is the host's: a DomainID. */
static void pasid_encode(uint64_t root, uint16_t tag, uint64_t *words)
{
	(void)tag;
	words[0] = field_bits(AMDVI_GCR3_ADDR, root) | FIELD_MASK(AMDVI_GCR3_V);
}

static bool pasid_decode(const uint64_t *words, uint64_t *root)
{
	*root = field_bits(AMDVI_GCR3_ADDR, words[0]);
	return field_get(AMDVI_GCR3_V, words[0]);
}

/* 2.2.2.1: GCR3 tables of one level are what is followed. */
static void user_decode(const uint64_t *words, struct guest_user *user)
{
	user->root = amdvi_dte_gcr3_root(words);
	user->table_lg2 = AMDVI_LEVEL_BITS;
	user->plain = field_get(AMDVI_DTE_0_V, words[0]) && field_get(AMDVI_DTE_0_GV, words[0]) &&
		      !field_get(AMDVI_DTE_0_GLX, words[0]) &&
		      field_get(AMDVI_DTE_0_GIOV, words[0]) &&
		      field_get(AMDVI_DTE_2_GUESTPAGINGMODE, words[2]) == AMDVI_GUESTPAGINGMODE_4;
}

static void user_encode(const struct guest_user *user, uint64_t *words)
{
	words[0] = FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV) |
		   FIELD_MASK(AMDVI_DTE_0_GV) | FIELD_MASK(AMDVI_DTE_0_GIOV) |
		   FIELD_MASK(AMDVI_DTE_0_PPR);
	words[1] = 0;
	words[2] = field_prep(AMDVI_DTE_2_GUESTPAGINGMODE, AMDVI_GUESTPAGINGMODE_4);
	words[3] = 0;
	amdvi_dte_gcr3_root_set(words, user->root);
}

const struct guest_ops amdvi_guest_ops = {
	.pointer = pointer,
	.leaf = leaf,
	.block = block,
	.decode = decode,
	.upper_half = true,
	.pasid_words = 1,
	.pasid_leaf_lg2 = AMDVI_LEVEL_BITS,
	.pasid_pointer = pasid_pointer,
	.pasid_encode = pasid_encode,
	.pasid_decode = pasid_decode,
	.user_decode = user_decode,
	.user_encode = user_encode,
};
