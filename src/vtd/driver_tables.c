/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables in simulated memory: second stage with 3 to 5 levels (9.8), first
 * stage with 4 or 5 (9.7).
 *
 * The tables are the truth; nothing of them is kept elsewhere. What is read back is
 * checked before it is followed, since devices may write where they should not: a
 * pointer must lead to a page that was made for this table.
 *
 * As Linux does, a table is freed when an unmap covers all that it can map, and an
 * empty table gives way to a large page that fills it. An empty table otherwise
 * stays, so that small maps and unmaps in turn do not rebuild it each time.
 */
#include "vtd/driver.h"

#include <errno.h>

#define ENTRIES   512u
#define INDEX_LG2 9

/* What all of this file's recursions carry; `depth` is bounded by the levels. */
struct tables {
	struct vtd_driver *driver;
	const struct vtd_page_table *table;
};

/* A part of one table: entries [index, index + count) of level `level`. */
struct part {
	ioasim_pa_t table;
	unsigned level, index, count;
	uint64_t base; /* address that the first entry maps */
	uint64_t entry[ENTRIES];
};

/* Not-present entries: the rest of the bits is ignored (9.7, 9.8). */
#define CLEARED_EPOCH FIELD(63, 12)

uint64_t vtd_table_cleared(uint64_t epoch)
{
	return field_prep(CLEARED_EPOCH, epoch);
}

static unsigned level_lg2(unsigned level)
{
	return POOL_PAGE_LG2 + INDEX_LG2 * level;
}

static uint64_t level_size(unsigned level)
{
	return UINT64_C(1) << level_lg2(level);
}

static uint64_t span_last(unsigned level, uint64_t address)
{
	return address | (level_size(level) - 1);
}

static uint64_t minimum(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- Entries ------------------------------------------------------------------ */

static bool entry_present(const struct vtd_page_table *table, uint64_t entry)
{
	return table->first ? field_get(VTD_FS_P, entry) : field_get(VTD_SS_RW, entry) != 0;
}

/* PS stands in the same bit in both formats; at level 0 it means something else. */
static bool entry_leaf(unsigned level, uint64_t entry)
{
	return level == 0 || field_get(VTD_SS_PS, entry);
}

static uint64_t entry_address(unsigned level, uint64_t entry)
{
	return field_bits(VTD_SS_ADDR, entry) & ~(level_size(level) - 1);
}

static uint64_t pointer_make(const struct vtd_page_table *table, ioasim_pa_t page)
{
	if (table->first)
		return page | FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
		       FIELD_MASK(VTD_FS_A);
	return page | FIELD_MASK(VTD_SS_RW);
}

/*
 * Rights and flags of a leaf. First stage: A and D are set beforehand, since a walk
 * that is not snooped cannot set them (3.10); a page that can be written can be read.
 */
static uint64_t leaf_bits(const struct vtd_page_table *table, unsigned level, unsigned access)
{
	bool write = access & IOASIM_WRITE;
	uint64_t bits = field_prep(VTD_SS_PS, level > 0);

	if (table->first)
		return bits | FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_US) | FIELD_MASK(VTD_FS_A) |
		       field_prep(VTD_FS_RW, write) | field_prep(VTD_FS_D, write);
	return bits | field_prep(VTD_SS_R, (access & IOASIM_READ) != 0) |
	       field_prep(VTD_SS_W, write);
}

/* ---- Parts of tables ------------------------------------------------------------ */

/* Loads the entries of a table that map [first, last], which lies inside its span. */
static int part_load(const struct tables *t, struct part *part, uint64_t first, uint64_t last)
{
	unsigned lg2 = level_lg2(part->level);

	part->index = (unsigned)(first >> lg2) % ENTRIES;
	part->count = (unsigned)(last >> lg2) % ENTRIES - part->index + 1;
	part->base = first & ~(level_size(part->level) - 1);
	if (ioasim_memory_read(t->driver->memory, part->table + part->index * sizeof(uint64_t),
			       part->entry, part->count * sizeof(uint64_t)))
		return -EIO;
	return 0;
}

static int entries_store(const struct tables *t, const struct part *part, unsigned from,
			 unsigned count)
{
	if (ioasim_memory_write(t->driver->memory,
				part->table + (part->index + from) * sizeof(uint64_t),
				&part->entry[from], count * sizeof(uint64_t)))
		return -EIO;
	return 0;
}

static void root_part(const struct vtd_page_table *table, struct part *part)
{
	part->table = table->root;
	part->level = table->levels - 1u;
}

/* The table below a pointer, or -EIO if memory no longer holds what was written. */
static int pointer_follow(const struct tables *t, uint64_t entry, ioasim_pa_t *page)
{
	*page = field_bits(VTD_SS_ADDR, entry);
	return pool_owned(&t->driver->pool, *page, t->table->owner) ? 0 : -EIO;
}

static int table_new(const struct tables *t, ioasim_pa_t *page)
{
	int error = pool_alloc(&t->driver->pool, page);

	if (error)
		return error;
	pool_own(&t->driver->pool, *page, t->table->owner);
	t->driver->stats.tables_made++;
	return 0;
}

/* Adds the table and all below it to the list, and the bytes that they mapped. */
static int subtree_take(const struct tables *t, struct part *part, struct pool_list *pages,
			uint64_t *bytes)
{
	struct part child;
	int error = part_load(t, part, 0, level_size(part->level + 1) - 1);

	child.level = part->level - 1;
	pool_list_add(&t->driver->pool, pages, part->table);
	for (unsigned i = 0; i < ENTRIES && !error; i++) {
		uint64_t entry = part->entry[i];

		if (!entry_present(t->table, entry))
			continue;
		if (entry_leaf(part->level, entry)) {
			*bytes += level_size(part->level);
			continue;
		}
		error = pointer_follow(t, entry, &child.table);
		if (!error)
			error = subtree_take(t, &child, pages, bytes);
	}
	return error;
}

int vtd_table_init(struct vtd_driver *driver, struct vtd_page_table *table)
{
	struct tables t = {driver, table};

	table->owner = driver->next_owner++;
	return table_new(&t, &table->root);
}

void vtd_table_take(struct vtd_driver *driver, struct vtd_page_table *table,
		    struct pool_list *pages)
{
	struct tables t = {driver, table};
	struct part root;
	uint64_t bytes = 0;

	root_part(table, &root);
	/* Damaged tables may have led an unmap to the root, which is parked then. */
	if (table->root && pool_owned(&driver->pool, table->root, table->owner))
		(void)subtree_take(&t, &root, pages, &bytes);
	table->root = 0;
}

/* ---- Map -------------------------------------------------------------------------- */

/* Whether [first, last] inside one entry of `level` becomes a leaf there. */
static bool leaf_fits(const struct vtd_page_table *table, const struct vtd_map *map, unsigned level,
		      uint64_t first, uint64_t last)
{
	uint64_t offsets = level_size(level) - 1;

	return table->leaf_levels >> level & 1 && last - first == offsets && !(first & offsets) &&
	       !((map->pa - map->first) & offsets);
}

/* Tables that [first, last] inside one absent entry of `level` needs; counts no
 * further than the pool reaches. */
static uint64_t tables_needed(const struct tables *t, const struct vtd_map *map, unsigned level,
			      uint64_t first, uint64_t last)
{
	uint64_t count = 1;

	if (leaf_fits(t->table, map, level, first, last))
		return 0;
	if (level == 1)
		return 1;
	for (uint64_t at = first;; at = span_last(level - 1, at) + 1) {
		uint64_t end = minimum(span_last(level - 1, at), last);

		count += tables_needed(t, map, level - 1, at, end);
		if (end == last || count > t->driver->pool.pages)
			return count;
	}
}

static int part_check(const struct tables *t, struct part *part, struct vtd_map *map,
		      uint64_t first, uint64_t last)
{
	struct part child;
	int error = part_load(t, part, first, last);

	child.level = part->level - 1;
	for (unsigned i = 0; i < part->count && !error; i++) {
		uint64_t at = i ? part->base + i * level_size(part->level) : first;
		uint64_t end = minimum(span_last(part->level, at), last);
		uint64_t entry = part->entry[i];
		bool fits = leaf_fits(t->table, map, part->level, at, end);
		uint64_t tables = map->tables;

		if (!entry_present(t->table, entry)) {
			if (map->epoch && field_get(CLEARED_EPOCH, entry) == map->epoch)
				map->queued = true;
			if (!fits)
				map->tables += tables_needed(t, map, part->level, at, end);
			continue;
		}
		if (entry_leaf(part->level, entry))
			return -EEXIST;
		error = pointer_follow(t, entry, &child.table);
		if (!error)
			error = part_check(t, &child, map, at, end);
		if (fits)
			map->tables = tables; /* what is below goes away */
	}
	return error;
}

int vtd_table_check(struct vtd_driver *driver, const struct vtd_page_table *table,
		    struct vtd_map *map)
{
	struct tables t = {driver, table};
	struct part root;

	root_part(table, &root);
	map->tables = 0;
	map->queued = false;
	return part_check(&t, &root, map, map->first, map->last);
}

static int part_map(const struct tables *t, struct part *part, struct vtd_map *map, uint64_t first,
		    uint64_t last);

/* Entry i of the part: a leaf, or a pointer to a table that maps [at, end]. */
static int entry_map(const struct tables *t, struct part *part, unsigned i, struct vtd_map *map,
		     const uint64_t range[2])
{
	struct part child;
	uint64_t old = part->entry[i], bytes = 0;
	bool present = entry_present(t->table, old);
	int error;

	child.level = part->level - 1;
	if (present) {
		error = pointer_follow(t, old, &child.table);
		if (error)
			return error;
	}
	if (leaf_fits(t->table, map, part->level, range[0], range[1])) {
		part->entry[i] = (map->pa + (range[0] - map->first)) |
				 leaf_bits(t->table, part->level, map->access);
		error = entries_store(t, part, i, 1);
		if (present && !error)
			error = subtree_take(t, &child, &map->replaced, &bytes);
		return error;
	}
	if (present)
		return part_map(t, &child, map, range[0], range[1]);

	/* H7: the new table is complete before the pointer to it is stored. */
	error = table_new(t, &child.table);
	if (!error)
		error = part_map(t, &child, map, range[0], range[1]);
	if (error)
		return error;
	part->entry[i] = pointer_make(t->table, child.table);
	return entries_store(t, part, i, 1);
}

static int part_map(const struct tables *t, struct part *part, struct vtd_map *map, uint64_t first,
		    uint64_t last)
{
	int error = part_load(t, part, first, last);

	if (error)
		return error;
	if (part->level == 0) {
		uint64_t leaf =
			(map->pa + (first - map->first)) | leaf_bits(t->table, 0, map->access);

		for (unsigned i = 0; i < part->count; i++)
			part->entry[i] = leaf + i * POOL_PAGE_SIZE;
		return entries_store(t, part, 0, part->count);
	}
	for (unsigned i = 0; i < part->count && !error; i++) {
		uint64_t at = i ? part->base + i * level_size(part->level) : first;
		uint64_t range[2] = {at, minimum(span_last(part->level, at), last)};

		error = entry_map(t, part, i, map, range);
	}
	return error;
}

int vtd_table_map(struct vtd_driver *driver, const struct vtd_page_table *table,
		  struct vtd_map *map)
{
	struct tables t = {driver, table};
	struct part root;

	root_part(table, &root);
	pool_list_init(&map->replaced);
	return part_map(&t, &root, map, map->first, map->last);
}

/* ---- Unmap -------------------------------------------------------------------------- */

static void range_extend(struct vtd_unmap *unmap, uint64_t first, uint64_t last)
{
	if (!unmap->changed || first < unmap->range.first)
		unmap->range.first = first;
	if (!unmap->changed || last > unmap->range.last)
		unmap->range.last = last;
	unmap->changed = true;
}

/* Puts a table of smaller leaves in place of a leaf: the same translations. */
static int leaf_split(const struct tables *t, const struct part *part, uint64_t *entry)
{
	struct part child;
	uint64_t leaf = *entry;
	int error = table_new(t, &child.table);

	if (error)
		return error;
	child.level = part->level - 1;
	child.index = 0;
	if (child.level == 0)
		field_set(&leaf, VTD_SS_PS, 0);
	for (unsigned i = 0; i < ENTRIES; i++)
		child.entry[i] = leaf + i * level_size(child.level);
	error = entries_store(t, &child, 0, ENTRIES);
	if (!error) {
		*entry = pointer_make(t->table, child.table);
		error = entries_store(t, part, 0, 1);
	}
	return error;
}

/* Splits the leaf that holds `address` until a leaf begins there. */
static int boundary_make(const struct tables *t, uint64_t address, struct vtd_unmap *unmap)
{
	struct part part;

	part.table = t->table->root;
	for (unsigned level = t->table->levels; level-- > 0;) {
		int error;

		part.level = level;
		if (!(address & (level_size(level) - 1)))
			return 0;
		error = part_load(t, &part, address, address);
		if (error)
			return error;
		if (!entry_present(t->table, part.entry[0]))
			return 0;
		if (entry_leaf(level, part.entry[0])) {
			error = leaf_split(t, &part, &part.entry[0]);
			if (error)
				return error;
			/* The large page may be cached as a whole (6.5.2.3). */
			range_extend(unmap, part.base, span_last(level, part.base));
		}
		error = pointer_follow(t, part.entry[0], &part.table);
		if (error)
			return error;
	}
	return 0;
}

static int part_unmap(const struct tables *t, struct part *part, struct vtd_unmap *unmap,
		      uint64_t first, uint64_t last)
{
	struct part child;
	int error = part_load(t, part, first, last);
	bool stored = true;

	child.level = part->level - 1;
	for (unsigned i = 0; i < part->count && !error; i++) {
		uint64_t at = i ? part->base + i * level_size(part->level) : first;
		uint64_t end = minimum(span_last(part->level, at), last);
		uint64_t entry = part->entry[i];

		if (!entry_present(t->table, entry))
			continue;
		if (entry_leaf(part->level, entry)) {
			unmap->bytes += level_size(part->level);
		} else {
			error = pointer_follow(t, entry, &child.table);
			if (error)
				break;
			if (end - at != level_size(part->level) - 1) {
				error = part_unmap(t, &child, unmap, at, end);
				continue;
			}
			unmap->range.leaves_only = false;
			error = subtree_take(t, &child, &unmap->pages, &unmap->bytes);
		}
		range_extend(unmap, at, end);
		part->entry[i] = unmap->cleared;
		stored = false;
	}
	/* Tables below a cleared pointer are whole until the invalidation is done. */
	if (!stored && entries_store(t, part, 0, part->count))
		error = -EIO;
	return error;
}

int vtd_table_unmap(struct vtd_driver *driver, const struct vtd_page_table *table,
		    struct vtd_unmap *unmap)
{
	struct tables t = {driver, table};
	struct part root;
	int error;

	root_part(table, &root);
	error = boundary_make(&t, unmap->first, unmap);
	if (!error && !((unmap->last + 1) >> t.table->input_bits))
		error = boundary_make(&t, unmap->last + 1, unmap);
	if (!error)
		error = part_unmap(&t, &root, unmap, unmap->first, unmap->last);
	return error;
}

int vtd_table_lookup(struct vtd_driver *driver, const struct vtd_page_table *table,
		     uint64_t address, ioasim_pa_t *pa, unsigned *access)
{
	struct tables t = {driver, table};
	struct part part;

	part.table = table->root;
	for (unsigned level = table->levels; level-- > 0;) {
		uint64_t entry;
		int error;

		part.level = level;
		error = part_load(&t, &part, address, address);
		if (error)
			return error;
		entry = part.entry[0];
		if (!entry_present(table, entry))
			return -ENOENT;
		if (entry_leaf(level, entry)) {
			bool read = table->first || field_get(VTD_SS_R, entry);

			*pa = entry_address(level, entry) | (address & (level_size(level) - 1));
			*access = (read ? IOASIM_READ : 0u) |
				  (field_get(VTD_SS_W, entry) ? IOASIM_WRITE : 0u);
			return 0;
		}
		error = pointer_follow(&t, entry, &part.table);
		if (error)
			return error;
	}
	return -EIO;
}
