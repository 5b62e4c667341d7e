/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest stores: stage 1 tables and PASID tables in its own memory, built and read
 * by addresses of that memory. Granules of 4 KiB, four levels; PASID tables are linear.
 *
 * An architecture's entries are coded here a second time, apart from the unit's walks
 * and from the driver: who checks those must not share their mistakes.
 */
#ifndef MODEL_GUEST_H
#define MODEL_GUEST_H

#include <ioasim/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_LEVELS     4
#define GUEST_PAGE_LG2   12
#define GUEST_PAGE       (UINT64_C(1) << GUEST_PAGE_LG2)
#define GUEST_LEVEL_BITS 9
#define GUEST_BLOCK      (GUEST_PAGE << GUEST_LEVEL_BITS)

/* Room of a table: root and the tables below it, one behind the other. */
#define GUEST_TABLE_BYTES UINT64_C(0x20000)

#define GUEST_PASID_WORDS 8

/* A guest's memory. 0, or a negative errno that the callers return. */
struct guest_memory {
	void *opaque;
	int (*read)(void *opaque, uint64_t gpa, uint64_t *word);
	int (*write)(void *opaque, uint64_t gpa, uint64_t word);
};

enum guest_kind {
	GUEST_EMPTY, /* nothing gets through, whatever else the entry says */
	GUEST_POINTER,
	GUEST_LEAF,
};

/* An entry: where it leads, and what it leaves of rights: [0] to users, [1] to
 * privileged requests; masks of enum ioasim_access. */
struct guest_entry {
	enum guest_kind kind;
	uint64_t address;
	uint8_t access[2];
};

#define GUEST_USER_WORDS 4

/* What a guest's entry of a device leads to. */
struct guest_user {
	uint64_t root; /* of the PASID table */
	unsigned table_lg2; /* PASIDs that it holds */
	/* A PASID table of one level, four levels of tables behind it, entry 0 for requests
	 * without PASID; else something that this file's walks do not follow. */
	bool plain;
};

/* Levels are counted from 0, the table whose entries map pages. */
struct guest_ops {
	uint64_t (*pointer)(uint64_t table);
	/* A page that users may access so, with default attributes, flags set. What can
	 * be written can be read. */
	uint64_t (*leaf)(uint64_t gpa, unsigned access);
	/* The same for a large page of level 1 (2 MiB) or 2. */
	uint64_t (*block)(uint64_t gpa, unsigned access);
	void (*decode)(unsigned level, uint64_t word, struct guest_entry *entry);
	/* Addresses of the upper half repeat bit 47, and have tables. */
	bool upper_half;
	/* Tags of tables are the guest's own, shared by all its tables over one stage 2. */
	bool shared_tags;

	/* Entries of PASID tables; 0 words: a guest has none. The first word makes an
	 * entry valid. `tag` is the guest's own number for the table. */
	unsigned pasid_words;
	/* Tables above a PASID table of 2^pasid_leaf_lg2 entries: each of them has entries for
	 * GUEST_LEVEL_BITS bits of the PASID, but the topmost for all that are left. 0: there
	 * are none. */
	unsigned pasid_leaf_lg2;
	uint64_t (*pasid_pointer)(uint64_t table);
	void (*pasid_encode)(uint64_t root, uint16_t tag, uint64_t *words);
	bool (*pasid_decode)(const uint64_t *words, uint64_t *root);

	/* A guest's own entry of a device, GUEST_USER_WORDS words of it. NULL: the words that
	 * a driver's nested domains take are none (model/driver.h, arch_data). */
	void (*user_decode)(const uint64_t *words, struct guest_user *user);
	/* Such an entry of a plain table, with requests of pages and ATS where it says so. */
	void (*user_encode)(const struct guest_user *user, uint64_t *words);
	/* The requester that a guest's command names, to be replaced by the host's; NULL: the
	 * command names none, or guests have no commands. */
	bool (*command_requester)(const uint64_t *words, uint32_t *requester);
	void (*command_requester_set)(uint64_t *words, uint32_t requester);
	/* The same of a fault record (struct driver_fault). NULL: guests get none. */
	void (*event_requester_set)(uint64_t *record, uint32_t requester);
};

/* ---- Building ------------------------------------------------------------------------ */

struct guest_table {
	const struct guest_ops *ops;
	struct guest_memory memory;
	uint64_t root; /* aligned to GUEST_PAGE */
	uint64_t next; /* table page to be taken next */
	unsigned levels; /* GUEST_LEVELS; while the table is empty it may be set to one more */
};

/* An empty table at `root`, whose page is cleared. -EINVAL: alignment. */
int guest_table_init(struct guest_table *table, const struct guest_ops *ops,
		     const struct guest_memory *memory, uint64_t root);
/* Whole pages; what is mapped there changes. -EINVAL: alignment, range; -ENOSPC: more
 * tables than the room holds. */
int guest_table_map(struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size,
		    unsigned access);
/* The same with pages of 2 MiB. -EEXIST: a table of smaller ones is there. */
int guest_table_map_blocks(struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size,
			   unsigned access);
/* One page of level 0 to 2. Errors as of both. */
int guest_table_map_page(struct guest_table *table, uint64_t va, uint64_t gpa, unsigned level,
			 unsigned access);
/* Pages that are not mapped are left alone, and so are large ones. */
int guest_table_unmap(struct guest_table *table, uint64_t va, uint64_t size);

/* Bytes of a PASID table of 2^lg2 entries. */
static inline uint64_t guest_pasid_bytes(const struct guest_ops *ops, unsigned lg2)
{
	return (uint64_t)ops->pasid_words * sizeof(uint64_t) << lg2;
}

struct guest_pasid_tables {
	uint64_t root, base;
	unsigned levels;
};

/* An entry of the PASID table at `base`. -ENOTSUP: the architecture's guests have none. */
int guest_pasid_set(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		    uint32_t pasid, uint64_t root, uint16_t tag);
/*
 * The pointers that lead from a root table of `levels` levels to the PASID's table, whose
 * address is the result; tables between them lie at `base`, one behind the other, a page
 * each. -ENOTSUP: there is one level only.
 */
int guest_pasid_path(const struct guest_ops *ops, const struct guest_memory *memory,
		     const struct guest_pasid_tables *tables, uint32_t pasid, uint64_t *leaf);
int guest_pasid_clear(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		      uint32_t pasid);
/* -ENOENT: the entry is not valid. */
int guest_pasid_get(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		    uint32_t pasid, uint64_t *root);

/* ---- Reading ---------------------------------------------------------------------------- */

enum guest_outcome {
	GUEST_MAPPED,
	GUEST_UNMAPPED,
	GUEST_UNREADABLE, /* an entry: the last of those listed */
};

struct guest_walk {
	enum guest_outcome outcome;
	uint64_t gpa; /* of the byte */
	uint8_t page_lg2;
	uint8_t access[2]; /* of users, of privileged requests */
	unsigned entries; /* that were read, from the root down: */
	uint64_t entry[GUEST_LEVELS];
};

void guest_walk(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t root,
		uint64_t address, struct guest_walk *walk);

#endif
