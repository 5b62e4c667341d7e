/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces that drivers manage, on a made-up unit that caches all it can: leaves
 * as wholes and pointers to tables. It forgets exactly what it is told to, so that a
 * stale translation, or a table that is used again too early, is seen.
 */
#include "model/space.h"
#include "page_book.h"

#include <errno.h>

#define POOL      UINT64_C(0x100003000)
#define POOL_SIZE (UINT64_C(64) << 20)
#define CACHED    256u

/* A leaf, or a pointer (table not 0), as it was when it was read. */
struct cached {
	bool valid;
	uint64_t first, last; /* addresses that it serves */
	uint64_t pa; /* of `first` */
	unsigned access;
	unsigned size_lg2;
	ioasim_pa_t table;
	unsigned level; /* of that table */
};

struct rig {
	struct space space; /* first, as an architecture's domain */
	struct spaces spaces;
	struct ioasim_memory *memory;
	struct pool pool;
	struct driver_stats stats;
	struct book book;
	struct cached cached[CACHED];
	uint64_t random;
	bool live, fails;
	/* What the callbacks were asked. */
	unsigned invalidations, mapped_calls;
	struct page_range last_range, last_mapped;
};

static bool overlaps(const struct cached *cached, const struct page_range *range)
{
	return cached->first <= range->last && cached->last >= range->first;
}

/* As narrow as the range allows: leaves of one size if it tells one, no pointer if only
 * leaves changed. */
static int unit_invalidate(struct space *space, const struct page_range *range)
{
	struct rig *rig = (struct rig *)(void *)space;

	rig->invalidations++;
	rig->last_range = *range;
	if (rig->fails)
		return -EIO;
	for (unsigned i = 0; i < CACHED; i++) {
		struct cached *cached = &rig->cached[i];

		if (!overlaps(cached, range) || (cached->table && range->leaves_only))
			continue;
		if (range->leaves_only && range->size_lg2 && cached->size_lg2 != range->size_lg2)
			continue;
		cached->valid = false;
	}
	return 0;
}

static int unit_mapped(struct space *space, const struct page_range *range)
{
	struct rig *rig = (struct rig *)(void *)space;

	rig->mapped_calls++;
	rig->last_mapped = *range;
	return 0;
}

static bool unit_live(const struct space *space)
{
	return ((const struct rig *)(const void *)space)->live;
}

static const struct space_ops unit_ops = {unit_invalidate, unit_mapped, unit_live};

static struct rig *rig_begin(const struct page_row *row, const struct driver_config *config,
			     uint64_t pool_size)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->random = 1;
	rig->live = true;
	rig->book.row = row;
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, POOL, POOL_SIZE), 0);
	assert_int_equal(pool_init(&rig->pool, rig->memory, POOL, pool_size), 0);
	spaces_init(&rig->spaces, config, &unit_ops, &rig->pool, &rig->stats);
	rig->spaces.pa_bits = 52;
	page_row_setup(row, &rig->space.table);
	assert_int_equal(space_init(&rig->space, &rig->spaces), 0);
	return rig;
}

static void rig_end(struct rig *rig)
{
	assert_int_equal(rig->spaces.parked.count + rig->space.queued_pages.count +
				 page_count_test(rig->memory, rig->book.row, rig->space.table.root),
			 rig->pool.used);
	space_fini(&rig->space);
	assert_int_equal(rig->pool.used, rig->spaces.parked.count);
	assert_int_equal(rig->stats.tables_made, rig->stats.tables_freed);
	spaces_fini(&rig->spaces);
	assert_int_equal(rig->pool.used, 0);
	pool_fini(&rig->pool);
	ioasim_memory_destroy(rig->memory);
	free(rig);
}

/* ---- The unit's caches ---------------------------------------------------------------- */

static struct cached *cached_add(struct rig *rig)
{
	return &rig->cached[page_draw(&rig->random) % CACHED];
}

/* The unit translates an address: through what it has cached, or by a walk that fills
 * all. Returns what the device gets. */
static struct cached unit_touch(struct rig *rig, uint64_t address)
{
	const struct page_row *row = rig->book.row;
	struct page_found found;
	struct cached leaf = {.valid = false};

	for (unsigned i = 0; i < CACHED; i++)
		if (rig->cached[i].valid && !rig->cached[i].table &&
		    address >= rig->cached[i].first && address <= rig->cached[i].last)
			return rig->cached[i];
	page_walk_test(rig->memory, row, rig->space.table.root, address, &found);
	for (unsigned level = found.low + 1; level < row->levels; level++) {
		uint64_t offsets =
			(UINT64_C(1) << (row->page_lg2 + (row->page_lg2 - 3u) * level)) - 1;

		*cached_add(rig) = (struct cached){
			.valid = true,
			.first = address & ~offsets,
			.last = address | offsets,
			.table = found.at[level - 1] & ~((UINT64_C(1) << row->page_lg2) - 1),
			.level = level - 1,
		};
	}
	if (!found.size_lg2)
		return leaf;
	leaf.valid = true;
	leaf.size_lg2 = found.size_lg2;
	leaf.first = address & ~((UINT64_C(1) << found.size_lg2) - 1);
	leaf.last = address | ((UINT64_C(1) << found.size_lg2) - 1);
	leaf.pa = found.pa - (address - leaf.first);
	leaf.access = found.access;
	*cached_add(rig) = leaf;
	return leaf;
}

/* A cached leaf says what the book says, or the unmap that ended it is queued. */
static void cached_leaf_check(const struct rig *rig, const struct cached *cached)
{
	for (unsigned w = 0; w < PAGE_WINDOWS; w++)
		for (unsigned i = 0; i < BOOK_UNITS; i++) {
			const struct book_unit *unit = &rig->book.unit[w][i];
			uint64_t at = book_address(&rig->book, w, i);

			if (at < cached->first || at > cached->last)
				continue;
			if (!unit->access) {
				assert_int_not_equal(rig->space.queued, 0);
				continue;
			}
			assert_int_equal(cached->pa + (at - cached->first), unit->pa);
			assert_int_equal(cached->access, unit->access);
		}
}

/* A cached pointer leads to a table that still stands there, or that nobody else can
 * have got yet. */
static void cached_pointer_check(const struct rig *rig, const struct cached *cached)
{
	const struct page_row *row = rig->book.row;
	struct page_found found;

	if (!pool_owned(&rig->pool, cached->table, rig->space.table.owner + cached->level)) {
		assert_int_not_equal(rig->space.queued_pages.blocks, 0);
		return;
	}
	page_walk_test(rig->memory, row, rig->space.table.root, cached->first, &found);
	assert_true(found.low <= cached->level);
	assert_int_equal(found.at[cached->level] & ~((UINT64_C(1) << row->page_lg2) - 1),
			 cached->table);
}

static void caches_check(const struct rig *rig)
{
	for (unsigned i = 0; i < CACHED; i++) {
		if (!rig->cached[i].valid)
			continue;
		if (rig->cached[i].table)
			cached_pointer_check(rig, &rig->cached[i]);
		else
			cached_leaf_check(rig, &rig->cached[i]);
	}
}

/* ---- Random use ----------------------------------------------------------------------- */

static void random_map(struct rig *rig)
{
	static const unsigned rights[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE};
	unsigned access = rights[page_draw(&rig->random) % 3], calls = rig->mapped_calls;
	uint64_t made = rig->stats.tables_made, maps = rig->stats.maps;
	struct book_range range;
	uint64_t first, pa, size;
	int error;

	book_draw(&rig->random, &range);
	first = book_address(&rig->book, range.window, range.first);
	size = book_size(&rig->book, &range);
	pa = book_draw_pa(&rig->book, &range, &rig->random);
	error = space_map(&rig->space, first, pa, size, access);
	assert_int_equal(error, book_taken(&rig->book, &range) ? -EEXIST : 0);
	assert_int_equal(rig->stats.maps - maps, !error);
	assert_int_equal(rig->mapped_calls - calls, !error);
	if (error)
		return;
	assert_int_equal(rig->last_mapped.first, first);
	assert_int_equal(rig->last_mapped.last, first + size - 1);
	assert_int_equal(rig->last_mapped.leaves_only, rig->stats.tables_made == made);
	book_map(&rig->book, &range, pa, access);
}

static void random_unmap(struct rig *rig)
{
	struct book_unmapped what = {.first = 1};
	struct book_range range;
	uint64_t unmapped = 1, queued = rig->space.queued, flushes = rig->stats.flushes;

	book_draw(&rig->random, &range);
	assert_int_equal(space_unmap(&rig->space,
				     book_address(&rig->book, range.window, range.first),
				     book_size(&rig->book, &range), &unmapped),
			 0);
	book_unmap(&rig->book, &range, &what);
	assert_int_equal(unmapped, what.bytes);
	if (rig->spaces.policy == DRIVER_STRICT || !rig->live)
		assert_int_equal(rig->space.queued, queued);
	else if (unmapped)
		assert_true(rig->space.queued == queued + 1 || rig->stats.flushes == flushes + 1);
}

static void random_step(struct rig *rig)
{
	switch (page_draw(&rig->random) % 8) {
	case 0:
	case 1:
	case 2:
		random_map(rig);
		break;
	case 3:
	case 4:
	case 5:
		random_unmap(rig);
		break;
	case 6:
		assert_int_equal(spaces_tick(&rig->spaces,
					     rig->spaces.now_ns + page_draw(&rig->random) % 400),
				 0);
		if (rig->space.queued)
			assert_true(rig->space.deadline_ns > rig->spaces.now_ns);
		break;
	default:
		if (page_draw(&rig->random) % 16 == 0) {
			assert_int_equal(spaces_sync(&rig->spaces), 0);
			assert_int_equal(rig->space.queued, 0);
		}
		break;
	}
	for (unsigned i = 0; i < 20; i++)
		(void)unit_touch(rig,
				 book_address(&rig->book, i % PAGE_WINDOWS,
					      (unsigned)(page_draw(&rig->random) % BOOK_UNITS)));
}

static void random_lookups(struct rig *rig)
{
	for (unsigned i = 0; i < 40; i++) {
		unsigned w = i % PAGE_WINDOWS,
			 at = (unsigned)(page_draw(&rig->random) % BOOK_UNITS);
		const struct book_unit *unit = &rig->book.unit[w][at];
		uint64_t pa = 0;
		unsigned access = 0;
		int error = space_lookup(&rig->space, book_address(&rig->book, w, at) + 0x45, &pa,
					 &access);

		assert_int_equal(error, unit->access ? 0 : -ENOENT);
		if (error)
			continue;
		assert_int_equal(pa, unit->pa + 0x45);
		assert_int_equal(access, unit->access);
	}
}

static void nothing_stale_is_left_and_no_page_is_lost(void **state)
{
	uint64_t seed = page_seed();

	(void)state;
	for (unsigned i = 0; i < 2 * PAGE_ROWS; i++) {
		struct driver_config config = {
			.policy = i % 2 ? DRIVER_LAZY : DRIVER_STRICT,
			.lazy_threshold = 12,
			.lazy_deadline_ns = 1000,
		};
		struct rig *rig = rig_begin(&page_rows[i / 2], &config, POOL_SIZE);

		print_message("%s, %s\n", page_rows[i / 2].name, i % 2 ? "lazy" : "strict");
		rig->random = seed + 2 * i;
		for (unsigned step = 0; step < 400; step++) {
			random_step(rig);
			if (step % 4 == 0)
				caches_check(rig);
			random_lookups(rig);
		}
		book_compare_all(&rig->book, rig->memory, rig->space.table.root);
		assert_int_equal(rig->stats.flushes > 0, i % 2);
		rig_end(rig);
	}
}

/* ---- Single cases ---------------------------------------------------------------------- */

#define PAGE UINT64_C(0x1000)
#define M    (UINT64_C(1) << 20)
#define G    (UINT64_C(1) << 30)

static const struct page_row *const plain = &page_rows[0]; /* 4 levels, 48 bits */

static void map_ok(struct rig *rig, uint64_t iova, uint64_t pa, uint64_t size)
{
	assert_int_equal(space_map(&rig->space, iova, pa, size, IOASIM_READ), 0);
}

static void unmap_ok(struct rig *rig, uint64_t iova, uint64_t size)
{
	uint64_t unmapped;

	assert_int_equal(space_unmap(&rig->space, iova, size, &unmapped), 0);
	assert_int_equal(unmapped, size);
}

static struct rig *lazy_begin(unsigned threshold, uint64_t deadline_ns, uint64_t pool_size)
{
	struct driver_config config = {
		.policy = DRIVER_LAZY,
		.lazy_threshold = threshold,
		.lazy_deadline_ns = deadline_ns,
	};

	return rig_begin(plain, &config, pool_size);
}

static void arguments_are_checked(void **state)
{
	struct driver_config config = {.policy = DRIVER_STRICT};
	struct rig *rig = rig_begin(plain, &config, POOL_SIZE);
	struct space *space = &rig->space;
	uint64_t top = UINT64_C(1) << 48, unmapped = 1, pa;
	unsigned access;

	(void)state;
	rig->spaces.pa_bits = 40;
	assert_int_equal(space_map(space, 0, 0, 0, 1), -EINVAL);
	assert_int_equal(space_map(space, 1, 0, PAGE, 1), -EINVAL);
	assert_int_equal(space_map(space, 0, 1, PAGE, 1), -EINVAL);
	assert_int_equal(space_map(space, 0, 0, PAGE + 1, 1), -EINVAL);
	assert_int_equal(space_map(space, 0, 0, PAGE, 0), -EINVAL);
	assert_int_equal(space_map(space, 0, 0, PAGE, IOASIM_EXEC), -EINVAL);
	assert_int_equal(space_map(space, top, 0, PAGE, 1), -ERANGE);
	assert_int_equal(space_map(space, top - PAGE, 0, 2 * PAGE, 1), -ERANGE);
	assert_int_equal(space_map(space, 0 - PAGE, 0, 2 * PAGE, 1), -ERANGE);
	assert_int_equal(space_map(space, 0, UINT64_C(1) << 40, PAGE, 1), -EINVAL);
	assert_int_equal(space_map(space, 0, (UINT64_C(1) << 40) - PAGE, 2 * PAGE, 1), -EINVAL);
	assert_int_equal(space_map(space, 0, 0 - PAGE, 2 * PAGE, 1), -EINVAL);
	assert_int_equal(space_unmap(space, 0, 0, &unmapped), -EINVAL);
	assert_int_equal(unmapped, 0);
	assert_int_equal(space_unmap(space, 1, PAGE, &unmapped), -EINVAL);
	assert_int_equal(space_unmap(space, 0, 1, &unmapped), -EINVAL);
	assert_int_equal(space_unmap(space, 0 - PAGE, 2 * PAGE, &unmapped), -EINVAL);
	assert_int_equal(space_unmap(space, top, PAGE, &unmapped), 0);
	assert_int_equal(space_lookup(space, top, &pa, &access), -ENOENT);
	/* To the top of 64 bits: what is beyond the table's reach is not mapped. */
	map_ok(rig, top - PAGE, 0, PAGE);
	assert_int_equal(space_unmap(space, 0, 0 - PAGE, &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
	assert_int_equal(rig->stats.maps, 1);
	assert_int_equal(rig->stats.unmaps, 1);
	rig_end(rig);
}

static void pointers_go_with_leaves_where_that_is_wanted(void **state)
{
	uint64_t size = PAGE, unmapped;

	(void)state;
	for (unsigned drop = 0; drop < 2; drop++) {
		struct driver_config config = {.policy = DRIVER_STRICT, .drop_pointers = drop};
		struct rig *rig = rig_begin(plain, &config, POOL_SIZE);

		assert_int_equal(space_map(&rig->space, 0, 0x100000, 2 * size, IOASIM_READ), 0);
		assert_int_equal(space_unmap(&rig->space, size, size, &unmapped), 0);
		assert_int_equal(rig->last_range.leaves_only, !drop);
		assert_int_equal(space_unmap(&rig->space, 0, size, &unmapped), 0);
		rig_end(rig);
	}
}

static void a_space_without_a_tree_maps_nothing(void **state)
{
	struct space space = {.queued = 0};
	uint64_t pa, unmapped;
	unsigned access;

	(void)state;
	assert_int_equal(space_map(&space, 0, 0, PAGE, 1), -EINVAL);
	assert_int_equal(space_unmap(&space, 0, PAGE, &unmapped), -EINVAL);
	assert_int_equal(space_lookup(&space, 0, &pa, &access), -ENOENT);
	assert_int_equal(space_flush(&space), 0);
	space_forget(&space);
	space_fini(&space);
}

static void unmaps_are_flushed_together(void **state)
{
	struct rig *rig = lazy_begin(3, 1000, POOL_SIZE);
	uint64_t pa;
	unsigned access;

	(void)state;
	map_ok(rig, G, 4 * G, 16 * PAGE);
	unmap_ok(rig, G, PAGE);
	unmap_ok(rig, G + PAGE, PAGE);
	assert_int_equal(rig->invalidations, 0);
	assert_int_equal(space_lookup(&rig->space, G, &pa, &access), -ENOENT);
	unmap_ok(rig, G + 2 * PAGE, PAGE); /* the threshold */
	assert_int_equal(rig->invalidations, 1);
	assert_true(page_range_all(&rig->last_range));
	assert_int_equal(rig->stats.flushes, 1);
	/* The deadline counts from the first. */
	assert_int_equal(spaces_tick(&rig->spaces, 500), 0);
	unmap_ok(rig, G + 3 * PAGE, PAGE);
	assert_int_equal(spaces_tick(&rig->spaces, 1000), 0);
	unmap_ok(rig, G + 4 * PAGE, PAGE);
	assert_int_equal(spaces_tick(&rig->spaces, 1499), 0);
	assert_int_equal(rig->invalidations, 1);
	assert_int_equal(spaces_tick(&rig->spaces, 400), 0); /* time does not go back */
	assert_int_equal(spaces_tick(&rig->spaces, 1500), 0);
	assert_int_equal(rig->invalidations, 2);
	/* Where something waits a map flushes, elsewhere it does not. */
	unmap_ok(rig, G + 5 * PAGE, PAGE);
	map_ok(rig, G, 4 * G, PAGE);
	assert_int_equal(rig->invalidations, 2);
	map_ok(rig, G + 5 * PAGE, 4 * G, PAGE);
	assert_int_equal(rig->invalidations, 3);
	/* Nothing is cached: nothing waits. */
	rig->live = false;
	unmap_ok(rig, G, PAGE);
	assert_int_equal(rig->space.queued, 0);
	rig_end(rig);
}

static void take_all_pages(struct rig *rig, struct pool_list *held)
{
	ioasim_pa_t page;

	pool_list_init(held);
	while (pool_available(&rig->pool)) {
		assert_int_equal(pool_alloc(&rig->pool, &page), 0);
		pool_list_add(&rig->pool, held, page);
	}
}

static void count_told(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	unsigned *told = to;

	*told += first <= last;
}

/* A queued unmap has split a leaf that is cached as written: when the mark of a piece goes, so
 * does the whole, or it would serve the next write to the piece unmarked. */
static void a_split_leaf_hides_no_write_to_a_piece(void **state)
{
	const struct driver_config config = {.policy = DRIVER_LAZY};
	struct rig *rig = rig_begin(&page_rows[0], &config, POOL_SIZE);
	const uint64_t large = UINT64_C(1) << 21;
	struct page_found found;
	unsigned told = 0;
	uint64_t unmapped;

	(void)state;
	rig->space.dirty = rig->space.tracking = true;
	assert_int_equal(space_map(&rig->space, large, 2 * large, large, IOASIM_WRITE), 0);
	page_walk_test(rig->memory, rig->book.row, rig->space.table.root, large, &found);
	assert_int_equal(found.size_lg2, 21);
	assert_int_equal(ioasim_memory_write64(rig->memory, found.at[found.low],
					       found.item[found.low] | PAGE_MARK),
			 0);
	(void)unit_touch(rig, large);
	assert_int_equal(space_unmap(&rig->space, large + 0x5000, 0x1000, &unmapped), 0);
	assert_int_equal(rig->space.queued, 1);
	assert_int_equal(unit_touch(rig, large).size_lg2, 21);
	assert_int_equal(
		space_dirty_read(&rig->space, large, large + 0xfff, false, count_told, &told), 0);
	assert_int_equal(rig->space.queued, 1); /* nothing was forgotten */
	assert_int_equal(
		space_dirty_read(&rig->space, large, large + 0xfff, true, count_told, &told), 0);
	assert_int_equal(told, 2);
	assert_int_equal(unit_touch(rig, large).size_lg2, 12);
	rig_end(rig);
}

/* A table that waits is the one that a split needs. The flush that gives it ends the
 * epoch, so that the unmap is queued under the next: a map there flushes again. */
static void an_unmap_that_flushed_first_is_queued_under_the_new_epoch(void **state)
{
	struct rig *rig = lazy_begin(100, 1000, POOL_SIZE);
	struct pool_list held;
	unsigned before;

	(void)state;
	map_ok(rig, G, 4 * G, 2 * M);
	map_ok(rig, 2 * G, 4 * G, 2 * M - PAGE);
	unmap_ok(rig, 2 * G, 2 * M - PAGE);
	map_ok(rig, 3 * G, 4 * G, 2 * M - PAGE);
	{
		uint64_t unmapped;

		assert_int_equal(space_unmap(&rig->space, 3 * G, 2 * M, &unmapped), 0);
	}
	assert_int_equal(rig->space.queued_pages.blocks, 1);
	take_all_pages(rig, &held);
	unmap_ok(rig, G + PAGE, PAGE);
	assert_int_equal(rig->stats.flushes, 1);
	assert_int_equal(rig->space.queued, 1);
	before = rig->invalidations;
	map_ok(rig, G + PAGE, 8 * G, PAGE);
	assert_int_equal(rig->invalidations, before + 1);
	pool_list_free(&rig->pool, &held);
	rig_end(rig);
}

static void a_map_gets_tables_from_a_flush(void **state)
{
	struct rig *rig = lazy_begin(100, 1000, POOL_SIZE);
	struct pool_list held;
	uint64_t unmapped;

	(void)state;
	map_ok(rig, G, 4 * G, 2 * M - PAGE);
	assert_int_equal(space_unmap(&rig->space, G, 2 * M, &unmapped), 0);
	take_all_pages(rig, &held);
	map_ok(rig, G + 2 * M, 4 * G, PAGE);
	assert_int_equal(rig->stats.flushes, 1);
	assert_int_equal(space_map(&rig->space, G + 8 * M, 4 * G, PAGE, 1), -ENOMEM);
	pool_list_free(&rig->pool, &held);
	rig_end(rig);
}

/* What the unit may still walk is never used again. */
static void pages_are_parked_where_an_invalidation_failed(void **state)
{
	struct driver_config config = {.policy = DRIVER_STRICT};
	struct rig *rig = rig_begin(plain, &config, POOL_SIZE);
	uint64_t unmapped;
	uint32_t used;

	(void)state;
	map_ok(rig, G, 4 * G, 2 * M - PAGE);
	used = rig->pool.used;
	rig->fails = true;
	assert_int_equal(space_unmap(&rig->space, G, 2 * M, &unmapped), -EIO);
	assert_int_equal(unmapped, 2 * M - PAGE);
	assert_int_equal(rig->spaces.parked.blocks, 1);
	assert_int_equal(rig->pool.used, used);
	/* An empty table that a leaf replaces. */
	rig->fails = false;
	map_ok(rig, G, 4 * G, PAGE);
	unmap_ok(rig, G, PAGE);
	rig->fails = true;
	assert_int_equal(space_map(&rig->space, G, 4 * G, 2 * M, 1), -EIO);
	assert_int_equal(rig->spaces.parked.blocks, 2);
	/* The unit is known to be dead: nothing is free any more. */
	rig->fails = false;
	rig->spaces.broken = true;
	unmap_ok(rig, G, 2 * M);
	map_ok(rig, 3 * G, 4 * G, 2 * M - PAGE);
	assert_int_equal(space_unmap(&rig->space, 3 * G, 2 * M, &unmapped), 0);
	assert_int_equal(rig->spaces.parked.blocks, 3);
	rig_end(rig);
}

/* Tables found damaged are not trusted with a later flush. */
static void damage_is_invalidated_at_once_and_parked(void **state)
{
	struct rig *rig = lazy_begin(100, 1000, POOL_SIZE);
	struct page_found found;
	uint64_t unmapped;

	(void)state;
	map_ok(rig, G, 4 * G, 2 * M - PAGE);
	map_ok(rig, G + 4 * M, 4 * G, 2 * M - PAGE);
	page_walk_test(rig->memory, plain, rig->space.table.root, G + 4 * M, &found);
	assert_int_equal(ioasim_memory_write64(rig->memory, found.at[1], POOL | 3), 0);
	assert_int_equal(space_unmap(&rig->space, G, 8 * M, &unmapped), -EIO);
	assert_int_equal(unmapped, 2 * M - PAGE);
	assert_int_equal(rig->invalidations, 1);
	assert_int_equal(rig->space.queued, 0);
	assert_int_equal(rig->spaces.parked.blocks, 1);
	assert_int_equal(rig->stats.unmaps, 0);
	assert_int_equal(space_map(&rig->space, G + 4 * M, 0, PAGE, 1), -EIO);
	/* The page that hangs nowhere comes back with the tree. */
	space_fini(&rig->space);
	assert_int_equal(rig->pool.used, rig->spaces.parked.count);
	page_row_setup(plain, &rig->space.table);
	assert_int_equal(space_init(&rig->space, &rig->spaces), 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_stale_is_left_and_no_page_is_lost),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(pointers_go_with_leaves_where_that_is_wanted),
		cmocka_unit_test(a_space_without_a_tree_maps_nothing),
		cmocka_unit_test(unmaps_are_flushed_together),
		cmocka_unit_test(a_split_leaf_hides_no_write_to_a_piece),
		cmocka_unit_test(an_unmap_that_flushed_first_is_queued_under_the_new_epoch),
		cmocka_unit_test(a_map_gets_tables_from_a_flush),
		cmocka_unit_test(pages_are_parked_where_an_invalidation_failed),
		cmocka_unit_test(damage_is_invalidated_at_once_and_parked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
