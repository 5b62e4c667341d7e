/* SPDX-License-Identifier: Apache-2.0 */
#include "model/guest.h"

#include <errno.h>

#define ENTRIES (UINT64_C(1) << GUEST_LEVEL_BITS)
#define RW      (IOASIM_READ | IOASIM_WRITE)

static unsigned level_lg2(unsigned level)
{
	return GUEST_PAGE_LG2 + level * GUEST_LEVEL_BITS;
}

static uint64_t entry_at(uint64_t table, uint64_t address, unsigned level)
{
	return table + (address >> level_lg2(level)) % ENTRIES * sizeof(uint64_t);
}

static bool in_range(const struct guest_ops *ops, unsigned levels, uint64_t address)
{
	unsigned bits = level_lg2(levels);
	uint64_t above = address >> (bits - 1);

	if (ops->upper_half)
		return above == 0 || above == UINT64_MAX >> (bits - 1);
	return above >> 1 == 0;
}

/* ---- Building ------------------------------------------------------------------------ */

static int page_clear(const struct guest_memory *memory, uint64_t page)
{
	int error = 0;

	for (uint64_t i = 0; i < ENTRIES && !error; i++)
		error = memory->write(memory->opaque, page + i * sizeof(uint64_t), 0);
	return error;
}

int guest_table_init(struct guest_table *table, const struct guest_ops *ops,
		     const struct guest_memory *memory, uint64_t root)
{
	if (root % GUEST_PAGE || root + GUEST_TABLE_BYTES < root)
		return -EINVAL;
	*table = (struct guest_table){
		.ops = ops,
		.memory = *memory,
		.root = root,
		.next = root + GUEST_PAGE,
		.levels = GUEST_LEVELS,
	};
	return page_clear(memory, root);
}

/* A table is clear before anything points to it. */
static int table_take(struct guest_table *table, uint64_t entry, uint64_t *taken)
{
	const struct guest_memory *memory = &table->memory;
	uint64_t page = table->next;
	int error;

	if (page - table->root >= GUEST_TABLE_BYTES)
		return -ENOSPC;
	error = page_clear(memory, page);
	if (!error)
		error = memory->write(memory->opaque, entry, table->ops->pointer(page));
	if (error)
		return error;
	table->next += GUEST_PAGE;
	*taken = page;
	return 0;
}

/* Where a search for a page ended: at its entry, or (level not 0) where a table is missing. */
struct found {
	uint64_t entry;
	unsigned level;
};

/* The entry of level `last`; missing tables are made if `make`. */
static int entry_find(struct guest_table *table, uint64_t va, unsigned last, bool make,
		      struct found *found)
{
	uint64_t at = table->root, word;

	for (unsigned level = table->levels - 1; level > last; level--) {
		uint64_t entry = entry_at(at, va, level);
		struct guest_entry decoded;
		int error = table->memory.read(table->memory.opaque, entry, &word);

		if (error)
			return error;
		table->ops->decode(level, word, &decoded);
		if (decoded.kind == GUEST_POINTER) {
			at = decoded.address;
			continue;
		}
		*found = (struct found){.entry = entry, .level = level};
		if (!make)
			return 0;
		error = table_take(table, entry, &at);
		if (error)
			return error;
	}
	*found = (struct found){.entry = entry_at(at, va, last), .level = last};
	return 0;
}

/* Behind the addresses that one entry of a level covers. */
static uint64_t entry_end(uint64_t va, unsigned level)
{
	uint64_t size = GUEST_PAGE << (GUEST_LEVEL_BITS * level);

	return (va | (size - 1)) + 1;
}

static int check(const struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size)
{
	if ((va | gpa | size) % GUEST_PAGE || !size || va + (size - 1) < va ||
	    gpa + (size - 1) < gpa)
		return -EINVAL;
	if (!in_range(table->ops, table->levels, va) ||
	    !in_range(table->ops, table->levels, va + (size - 1)))
		return -EINVAL;
	return 0;
}

int guest_table_map(struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size,
		    unsigned access)
{
	int error = check(table, va, gpa, size);

	if (!(access & RW))
		error = -EINVAL;
	for (uint64_t at = 0; at < size && !error; at += GUEST_PAGE) {
		struct found found;

		error = entry_find(table, va + at, 0, true, &found);
		if (!error)
			error = table->memory.write(table->memory.opaque, found.entry,
						    table->ops->leaf(gpa + at, access));
	}
	return error;
}

int guest_table_map_page(struct guest_table *table, uint64_t va, uint64_t gpa, unsigned level,
			 unsigned access)
{
	uint64_t size = GUEST_PAGE << (GUEST_LEVEL_BITS * level), word;
	int error = check(table, va, gpa, size);
	struct guest_entry decoded;
	struct found found;

	if (!(access & RW) || (va | gpa) % size)
		error = -EINVAL;
	if (!error)
		error = entry_find(table, va, level, true, &found);
	if (!error)
		error = table->memory.read(table->memory.opaque, found.entry, &word);
	if (error)
		return error;
	table->ops->decode(level, word, &decoded);
	if (decoded.kind == GUEST_POINTER)
		return -EEXIST;
	return table->memory.write(table->memory.opaque, found.entry,
				   level ? table->ops->block(gpa, access)
					 : table->ops->leaf(gpa, access));
}

int guest_table_map_blocks(struct guest_table *table, uint64_t va, uint64_t gpa, uint64_t size,
			   unsigned access)
{
	int error = check(table, va, gpa, size);

	if (size % GUEST_BLOCK)
		error = -EINVAL;
	for (uint64_t at = 0; at < size && !error; at += GUEST_BLOCK)
		error = guest_table_map_page(table, va + at, gpa + at, 1, access);
	return error;
}

int guest_table_unmap(struct guest_table *table, uint64_t va, uint64_t size)
{
	int error = check(table, va, 0, size);

	/* A missing table is passed over as a whole: the range may be all that there is. */
	for (uint64_t at = 0; at < size && !error;) {
		struct found found;

		error = entry_find(table, va + at, 0, false, &found);
		if (!error && !found.level)
			error = table->memory.write(table->memory.opaque, found.entry, 0);
		if (!error)
			at = entry_end(va + at, found.level) - va;
	}
	return error;
}

/* ---- PASID tables ----------------------------------------------------------------------- */

static uint64_t pasid_entry(const struct guest_ops *ops, uint64_t base, uint32_t pasid)
{
	return base + (uint64_t)pasid * ops->pasid_words * sizeof(uint64_t);
}

/* Invalid, then complete, then valid. */
int guest_pasid_set(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		    uint32_t pasid, uint64_t root, uint16_t tag)
{
	uint64_t words[GUEST_PASID_WORDS] = {0}, entry = pasid_entry(ops, base, pasid);
	int error;

	if (!ops->pasid_words)
		return -ENOTSUP;
	ops->pasid_encode(root, tag, words);
	error = memory->write(memory->opaque, entry, 0);
	for (unsigned i = 1; i < ops->pasid_words && !error; i++)
		error = memory->write(memory->opaque, entry + i * sizeof(uint64_t), words[i]);
	return error ? error : memory->write(memory->opaque, entry, words[0]);
}

int guest_pasid_path(const struct guest_ops *ops, const struct guest_memory *memory,
		     const struct guest_pasid_tables *tables, uint32_t pasid, uint64_t *leaf)
{
	uint64_t table = tables->root, next = tables->base;
	int error = tables->levels > 1 && !ops->pasid_leaf_lg2 ? -ENOTSUP : 0;

	for (unsigned level = tables->levels - 1; level > 0 && !error; level--) {
		uint64_t index = pasid >> (ops->pasid_leaf_lg2 + GUEST_LEVEL_BITS * (level - 1));

		if (level < tables->levels - 1)
			index %= ENTRIES;
		error = memory->write(memory->opaque, table + index * sizeof(uint64_t),
				      ops->pasid_pointer(next));
		table = next;
		next += GUEST_PAGE;
	}
	*leaf = table;
	return error;
}

int guest_pasid_clear(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		      uint32_t pasid)
{
	if (!ops->pasid_words)
		return -ENOTSUP;
	return memory->write(memory->opaque, pasid_entry(ops, base, pasid), 0);
}

int guest_pasid_get(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t base,
		    uint32_t pasid, uint64_t *root)
{
	uint64_t words[GUEST_PASID_WORDS];
	int error = 0;

	if (!ops->pasid_words)
		return -ENOTSUP;
	for (unsigned i = 0; i < ops->pasid_words && !error; i++)
		error = memory->read(memory->opaque,
				     pasid_entry(ops, base, pasid) + i * sizeof(uint64_t),
				     &words[i]);
	if (error)
		return error;
	return ops->pasid_decode(words, root) ? 0 : -ENOENT;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void leaf_reached(const struct guest_entry *entry, unsigned level, uint64_t address,
			 struct guest_walk *walk)
{
	uint64_t offset = (UINT64_C(1) << level_lg2(level)) - 1;

	walk->outcome = GUEST_MAPPED;
	walk->page_lg2 = (uint8_t)level_lg2(level);
	walk->gpa = (entry->address & ~offset) | (address & offset);
}

void guest_walk(const struct guest_ops *ops, const struct guest_memory *memory, uint64_t root,
		uint64_t address, struct guest_walk *walk)
{
	uint64_t table = root, word;

	*walk = (struct guest_walk){
		.outcome = GUEST_UNMAPPED,
		.access = {RW | IOASIM_EXEC, RW | IOASIM_EXEC},
	};
	if (!in_range(ops, GUEST_LEVELS, address))
		return;
	for (unsigned level = GUEST_LEVELS; level-- > 0;) {
		uint64_t at = entry_at(table, address, level);
		struct guest_entry entry;

		walk->entry[walk->entries++] = at;
		if (memory->read(memory->opaque, at, &word)) {
			walk->outcome = GUEST_UNREADABLE;
			return;
		}
		ops->decode(level, word, &entry);
		if (entry.kind == GUEST_EMPTY)
			return;
		walk->access[0] &= entry.access[0];
		walk->access[1] &= entry.access[1];
		if (entry.kind == GUEST_LEAF) {
			leaf_reached(&entry, level, address, walk);
			return;
		}
		table = entry.address;
	}
}
