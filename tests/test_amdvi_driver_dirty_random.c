/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps, unmaps, accesses and questions in random order (rule U13): what the AMD-Vi driver
 * tells of a tracked domain is what a book of pages and leaves says, and no device holds
 * a right to write for which nothing is going to be told.
 *
 * The book has the leaves that 2.2.3 and model/page_table.h let one expect: a map is
 * covered with the largest powers of two that fit, IOVA and PA aligned alike, and so is
 * what is left of one on either side of a cut.
 */
#include "amdvi_dirty_rig.h"

#define WINDOW  1536u /* three times 2 MiB */
#define DEVICES 3u
#define STEPS   12000u

static const uint32_t device_id[DEVICES] = {0x0008, RID, RID2};
static const bool device_ats[DEVICES] = {false, true, true};

/* At no domain, at the tracked one, behind a user's table over it, at another one. */
enum place { NOWHERE, TRACKED, GUEST, ELSEWHERE };

#define PLACES 4u

/* The user's tables, which leave addresses as they are: where the tracked domain puts his
 * memory, and where he has them in it. */
#define GUEST_RAM   (6 * G)
#define GUEST_GCR3  UINT64_C(0x1000)
#define GUEST_TABLE UINT64_C(0x2000)

struct page {
	bool mapped, marked;
	unsigned access;
	uint64_t pa;
	unsigned leaf, count; /* the leaf's first page and size */
};

struct world {
	struct rig rig;
	struct domain *domain, *nested, *other;
	bool tracking, lazy;
	enum place place[DEVICES];
	struct page page[WINDOW];
	uint8_t held[DEVICES][WINDOW]; /* rights in the device's own cache */
	bool told[WINDOW];
	uint64_t random;
	unsigned writes, clears, forgotten, splits;
};

static unsigned draw(struct world *world, unsigned n)
{
	return (unsigned)(rig_draw(&world->random) >> 20) % n;
}

static uint64_t iova_of(unsigned page)
{
	return IOVA + page * PAGE;
}

/* A page, rather one that is mapped. */
static unsigned page_draw(struct world *world)
{
	unsigned page = draw(world, WINDOW);

	for (unsigned i = 0; i < 8 && !world->page[page].mapped; i++)
		page = draw(world, WINDOW);
	return page;
}

/* A range of pages, often one that a large leaf could fill: of seven sizes, the first
 * ones. */
static void range_draw(struct world *world, unsigned kinds, unsigned *first, unsigned *count)
{
	static const unsigned sizes[] = {1, 2, 16, 32, 64, 512, 1024};
	unsigned size = sizes[draw(world, kinds)];

	*first = draw(world, WINDOW);
	*count = 1 + draw(world, 40);
	if (draw(world, 2)) {
		*first -= *first % size;
		*count = size;
	}
	if (*count > WINDOW - *first)
		*count = WINDOW - *first;
}

static bool tracked(const struct world *world, unsigned device)
{
	return world->place[device] == TRACKED || world->place[device] == GUEST;
}

/* ---- The book ------------------------------------------------------------------------------ */

/* Leaves below `limit` pages for [first, end), whose pages know all else. */
static void cover(struct world *world, unsigned first, unsigned end, unsigned limit)
{
	while (first < end) {
		unsigned count = 1;
		uint64_t at = iova_of(first), pa = world->page[first].pa;

		while (2 * count < limit && first + 2 * count <= end &&
		       !((at | pa) & (2 * count * PAGE - 1)))
			count *= 2;
		for (unsigned i = first; i < first + count; i++) {
			world->page[i].leaf = first;
			world->page[i].count = count;
		}
		first += count;
	}
}

/* A leaf ends and one begins at `cut`. */
static void split(struct world *world, unsigned cut)
{
	const struct page *page = &world->page[cut];
	unsigned leaf = page->leaf, count = page->count;

	if (cut >= WINDOW || !page->mapped || leaf == cut)
		return;
	cover(world, leaf, cut, count);
	cover(world, cut, leaf + count, count);
	world->splits++;
}

static void mark(struct world *world, unsigned page)
{
	const struct page *leaf = &world->page[page];

	world->writes++;
	for (unsigned i = leaf->leaf, end = i + leaf->count; i < end; i++)
		world->page[i].marked = true;
}

/* What devices were told to drop since the last step. */
static void devices_follow(struct world *world)
{
	for (unsigned i = 0; i < world->rig.events; i++) {
		const struct ioasim_atc_invalidation *atc = &world->rig.event[i].atc;

		if (world->rig.event[i].kind != RIG_ATC)
			continue;
		for (unsigned d = 0; d < DEVICES; d++)
			for (unsigned p = 0; p < WINDOW && atc->requester_id == device_id[d]; p++)
				if (iova_of(p) <= atc->last && iova_of(p) + PAGE > atc->first)
					world->held[d][p] = 0;
	}
	world->rig.events = 0;
}

/* Where a device may write from its cache, that is going to be told. */
static void held_check(const struct world *world)
{
	for (unsigned d = 0; d < DEVICES; d++)
		for (unsigned p = 0; p < WINDOW; p++)
			if (world->held[d][p] & IOASIM_WRITE && tracked(world, d) &&
			    world->page[p].mapped && world->tracking && !world->page[p].marked)
				fail_msg("device %x may write %" PRIx64 " untold", device_id[d],
					 iova_of(p));
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void map_step(struct world *world)
{
	static const uint64_t shifts[] = {0, PAGE, 16 * PAGE, 48 * PAGE, 2 * M};
	uint64_t shift = shifts[draw(world, 5)];
	unsigned first, count, access = draw(world, 8) ? RW : IOASIM_READ;
	bool occupied = false;
	int error;

	range_draw(world, 7, &first, &count);
	for (unsigned i = first; i < first + count; i++)
		occupied |= world->page[i].mapped;
	error = world->rig.ops->map(world->rig.driver, world->domain, iova_of(first),
				    TARGET + first * PAGE + shift, count * PAGE, access);
	assert_int_equal(error, occupied ? -EEXIST : 0);
	if (occupied)
		return;
	for (unsigned i = first; i < first + count; i++)
		world->page[i] = (struct page){
			.mapped = true, .access = access, .pa = TARGET + i * PAGE + shift};
	cover(world, first, first + count, 2 * WINDOW);
}

static void unmap_step(struct world *world)
{
	unsigned first, count, mapped = 0;
	uint64_t unmapped;

	range_draw(world, draw(world, 8) ? 3 : 7, &first, &count);
	for (unsigned i = first; i < first + count; i++)
		mapped += world->page[i].mapped;
	split(world, first);
	split(world, first + count);
	for (unsigned i = first; i < first + count; i++)
		world->page[i] = (struct page){.mapped = false};
	assert_int_equal(world->rig.ops->unmap(world->rig.driver, world->domain, iova_of(first),
					       count * PAGE, &unmapped),
			 0);
	assert_int_equal(unmapped, mapped * PAGE);
}

/* A queued unmap may still let accesses through. */
static void access_step(struct world *world)
{
	static const unsigned accesses[] = {IOASIM_READ, IOASIM_WRITE, RW};
	unsigned d = draw(world, DEVICES), p = page_draw(world), access = accesses[draw(world, 3)];
	const struct page *page = &world->page[p];
	struct ioasim_response answer;
	bool good;

	if (!tracked(world, d)) {
		(void)rig_dma(&world->rig, device_id[d], NONE, iova_of(p), access);
		return;
	}
	answer = rig_dma(&world->rig, device_id[d], NONE, iova_of(p) + draw(world, 4096), access);
	good = page->mapped && !(access & ~page->access);
	if (page->mapped || !world->lazy)
		assert_int_equal(answer.outcome, good ? IOASIM_OK : IOASIM_FAULT);
	if (good && access & IOASIM_WRITE && world->tracking)
		mark(world, p);
}

/* A device asks, and keeps what it is told of the whole page, large as it may be. */
static void ask_step(struct world *world)
{
	unsigned d = 1 + draw(world, DEVICES - 1), p = page_draw(world);
	unsigned access = draw(world, 2) ? RW : IOASIM_READ, first, count;
	const struct page *page = &world->page[p];
	struct ioasim_response answer;

	answer = rig_ask(&world->rig, device_id[d], NONE, iova_of(p), access,
			 IOASIM_TRANSLATION_REQUEST);
	if (!tracked(world, d) || answer.outcome != IOASIM_OK)
		return;
	if (world->tracking && page->mapped && access & page->access & IOASIM_WRITE)
		mark(world, p);
	count = answer.size_lg2 > 12 ? 1u << (answer.size_lg2 - 12) : 1;
	first = p - p % count;
	for (unsigned i = first; i < first + count && i < WINDOW; i++)
		world->held[d][i] = answer.access;
}

static void mark_told(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	struct world *world = to;

	assert_true(!(first & (PAGE - 1)) && !((last + 1) & (PAGE - 1)) && first < last);
	for (unsigned i = (unsigned)((first - IOVA) / PAGE); iova_of(i) <= last; i++) {
		assert_true(i < WINDOW && !world->told[i]);
		world->told[i] = true;
	}
}

static void read_step(struct world *world)
{
	unsigned first, count;
	bool clear = draw(world, 2);
	int error;

	range_draw(world, 7, &first, &count);
	if (draw(world, 3) == 0) {
		first = 0;
		count = WINDOW;
	}
	memset(world->told, 0, sizeof(world->told));
	error = world->rig.ops->dirty_read(world->rig.driver, world->domain, iova_of(first),
					   iova_of(first + count) - 1, clear, mark_told, world);
	assert_int_equal(error, world->tracking ? 0 : -EINVAL);
	for (unsigned i = 0; i < WINDOW && !error; i++) {
		struct page *page = &world->page[i];
		bool inside = i >= first && i < first + count;

		if (world->told[i] != (inside && page->marked))
			fail_msg("%" PRIx64 " is %stold", iova_of(i), page->marked ? "not " : "");
		if (clear && page->marked && page->leaf >= first &&
		    page->leaf + page->count <= first + count) {
			page->marked = false;
			world->forgotten++;
		}
	}
	world->clears += clear && !error;
}

static void route_step(struct world *world)
{
	unsigned d = draw(world, DEVICES);
	enum place to = draw(world, 2) ? TRACKED : (enum place)draw(world, PLACES);
	struct domain *domains[PLACES] = {
		[TRACKED] = world->domain, [GUEST] = world->nested, [ELSEWHERE] = world->other};

	if (!domains[to])
		to = NOWHERE;
	if (to != NOWHERE)
		rig_attach(&world->rig, device_id[d], NONE, domains[to]);
	else if (world->place[d] != NOWHERE)
		rig_detach(&world->rig, device_id[d], NONE);
	world->place[d] = to;
}

static void toggle_step(struct world *world)
{
	world->tracking = !world->tracking;
	track(&world->rig, world->domain, world->tracking);
}

static void step(struct world *world)
{
	unsigned what = draw(world, 100);

	if (what < 12)
		map_step(world);
	else if (what < 20)
		unmap_step(world);
	else if (what < 65)
		access_step(world);
	else if (what < 80)
		ask_step(world);
	else if (what < 94)
		read_step(world);
	else if (what < 97)
		route_step(world);
	else if (what < 98 || (what < 99 && !world->tracking))
		toggle_step(world);
	else
		assert_int_equal(world->rig.ops->sync(world->rig.driver), 0);
	devices_follow(world);
	held_check(world);
}

/* A GCR3 table, three levels of one table each, and a last one for each 2 MiB: P, R/W, U/S,
 * A and D (5.2). */
static void guest_make(struct world *world)
{
	struct domain_config config = {
		.kind = DOMAIN_NESTED_PASID, .parent = world->domain, .root = GUEST_GCR3};
	struct rig *rig = &world->rig;
	uint64_t table = GUEST_RAM + GUEST_TABLE;

	assert_int_equal(ioasim_memory_add_ram(rig->memory, GUEST_RAM, 2 * M), 0);
	rig_map(rig, world->domain, 0, GUEST_RAM, 2 * M, RW);
	rig_poke(rig, GUEST_RAM + GUEST_GCR3, GUEST_TABLE | 1);
	rig_poke(rig, table + (IOVA >> 39 & 511) * 8, (GUEST_TABLE + PAGE) | 0x67);
	rig_poke(rig, table + PAGE + (IOVA >> 30 & 511) * 8, (GUEST_TABLE + 2 * PAGE) | 0x67);
	for (unsigned i = 0; i < WINDOW / 512; i++)
		rig_poke(rig, table + 2 * PAGE + ((IOVA >> 21 & 511) + i) * 8,
			 (GUEST_TABLE + (3 + i) * PAGE) | 0x67);
	for (unsigned i = 0; i < WINDOW; i++)
		rig_poke(rig, table + 3 * PAGE + i * 8, iova_of(i) | 0x67);
	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &world->nested), 0);
}

static void world_make(struct world *world, enum domain_kind kind, enum driver_policy policy,
		       bool np_cache)
{
	memset(world, 0, sizeof(*world));
	world->random = rig_seed();
	rig_prepare(&world->rig);
	world->rig.config.policy = policy;
	*rig_capability(&world->rig, AMDVI_CAPABILITY_NPCACHE) = np_cache;
	rig_start(&world->rig);
	world->lazy = policy == DRIVER_LAZY;
	world->domain = dirty_domain(&world->rig, kind);
	world->other = rig_domain(&world->rig, DOMAIN_KERNEL, 0);
	rig_map(&world->rig, world->other, IOVA, TARGET, WINDOW * PAGE, RW);
	if (kind == DOMAIN_NEST_PARENT)
		guest_make(world);
	for (unsigned d = 0; d < DEVICES; d++) {
		if (device_ats[d])
			rig_ats_device(&world->rig, device_id[d]);
		else
			rig_plain_device(&world->rig, device_id[d]);
		world->place[d] = world->nested && d ? GUEST : TRACKED;
		rig_attach(&world->rig, device_id[d], NONE,
			   world->place[d] == GUEST ? world->nested : world->domain);
	}
	toggle_step(world);
}

static void world_run(enum domain_kind kind, enum driver_policy policy, bool np_cache)
{
	static struct world world;

	world_make(&world, kind, policy, np_cache);
	for (unsigned i = 0; i < STEPS; i++)
		step(&world);
	print_message("%u writes, %u clears, %u pages forgotten, %u splits\n", world.writes,
		      world.clears, world.forgotten, world.splits);
	assert_true(world.writes > STEPS / 20 && world.clears > STEPS / 50);
	assert_true(world.forgotten > STEPS / 10 && world.splits > STEPS / 100);
	rig_end(&world.rig);
}

static void u13_what_is_told_is_what_was_written(void **state)
{
	(void)state;
	world_run(DOMAIN_KERNEL, DRIVER_STRICT, false);
}

static void u13_what_is_told_is_what_was_written_where_unmaps_wait(void **state)
{
	(void)state;
	world_run(DOMAIN_KERNEL, DRIVER_LAZY, false);
}

/* An emulated unit, which caches what is not there. */
static void u13_what_is_told_is_what_was_written_through_an_emulated_unit(void **state)
{
	(void)state;
	world_run(DOMAIN_KERNEL, DRIVER_STRICT, true);
}

static void u13_what_is_told_of_a_parent_is_what_was_written(void **state)
{
	(void)state;
	world_run(DOMAIN_NEST_PARENT, DRIVER_STRICT, false);
	world_run(DOMAIN_NEST_PARENT, DRIVER_LAZY, false);
	world_run(DOMAIN_NEST_PARENT, DRIVER_STRICT, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_what_is_told_is_what_was_written),
		cmocka_unit_test(u13_what_is_told_is_what_was_written_where_unmaps_wait),
		cmocka_unit_test(u13_what_is_told_is_what_was_written_through_an_emulated_unit),
		cmocka_unit_test(u13_what_is_told_of_a_parent_is_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
