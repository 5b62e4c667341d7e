/* SPDX-License-Identifier: Apache-2.0 */
/* First-stage entries (9.7) as a guest stores and reads them. PASID tables are the host's. */
#include "vtd/arch.h"
#include "vtd/structures.h"
#include "model/field.h"
#include "model/guest.h"

/* Entries of the second and third table may map 2 MiB and 1 GiB. */
#define LARGE_LEVEL_MAX 2

static uint64_t pointer(uint64_t table)
{
	return field_bits(VTD_FS_ADDR, table) | FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) |
	       FIELD_MASK(VTD_FS_US) | FIELD_MASK(VTD_FS_A);
}

static uint64_t leaf(uint64_t gpa, unsigned access)
{
	uint64_t word = field_bits(VTD_FS_ADDR, gpa) | FIELD_MASK(VTD_FS_P) |
			FIELD_MASK(VTD_FS_US) | FIELD_MASK(VTD_FS_A) | FIELD_MASK(VTD_FS_D);

	field_set(&word, VTD_FS_RW, (access & IOASIM_WRITE) != 0);
	return word;
}

static uint64_t block(uint64_t gpa, unsigned access)
{
	return leaf(gpa, access) | FIELD_MASK(VTD_FS_PS);
}

/* Without WPE the privileged write where users may not (3.6.1). */
static uint8_t rights(uint64_t word, bool privileged)
{
	unsigned access = IOASIM_READ;

	if (!privileged && !field_get(VTD_FS_US, word))
		return 0;
	if (privileged || field_get(VTD_FS_RW, word))
		access |= IOASIM_WRITE;
	if (!field_get(VTD_FS_XD, word))
		access |= IOASIM_EXEC;
	return (uint8_t)access;
}

static void decode(unsigned level, uint64_t word, struct guest_entry *entry)
{
	bool large = level && field_get(VTD_FS_PS, word);

	*entry = (struct guest_entry){.kind = GUEST_EMPTY};
	if (!field_get(VTD_FS_P, word) || (large && level > LARGE_LEVEL_MAX))
		return;
	entry->kind = level && !large ? GUEST_POINTER : GUEST_LEAF;
	entry->address = field_bits(VTD_FS_ADDR, word);
	for (unsigned privileged = 0; privileged < 2; privileged++)
		entry->access[privileged] = rights(word, privileged);
}

const struct guest_ops vtd_guest_ops = {
	.pointer = pointer,
	.leaf = leaf,
	.block = block,
	.decode = decode,
	.upper_half = true,
};
