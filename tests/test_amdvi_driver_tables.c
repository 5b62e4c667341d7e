/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that the AMD-Vi driver makes, read back by a walker of the test's own
 * (2.2.3, 2.2.6.5, in plain numbers), against a shadow of pages, through the driver's
 * look-up and through the unit's translation.
 */
#include "amdvi_driver_rig.h"

#define ADDRESS UINT64_C(0xffffffffff000) /* bits 51:12 */

/* ---- A walker --------------------------------------------------------------------- */

struct walked {
	bool mapped;
	uint64_t pa; /* of the page */
	unsigned lg2, rights, levels;
	uint64_t entry; /* the leaf */
};

/* All entries that a page of Next Level 7 spans hold the same value. */
static void replicas_check(struct rig *rig, uint64_t table, unsigned index, unsigned count)
{
	uint64_t first = table + (index & ~(count - 1)) * 8;

	for (unsigned i = 1; i < count; i++)
		assert_int_equal(rig_peek(rig, first + i * 8), rig_peek(rig, first));
}

/* A leaf: Next Level 0 or 7. */
static void host_leaf(struct rig *rig, uint64_t table, unsigned index, unsigned shift,
		      struct walked *walked)
{
	uint64_t entry = walked->entry;

	walked->mapped = true;
	walked->lg2 = shift;
	walked->rights = (unsigned)rig_bits(entry, 62, 61); /* IR, IW */
	walked->pa = entry & ADDRESS;
	if (rig_bits(entry, 11, 9) == 7) {
		unsigned zero = 12;

		while (entry >> zero & 1)
			zero++;
		walked->lg2 = zero + 1;
		assert_in_range(walked->lg2, shift + 1, shift + 8);
		walked->pa &= ~((UINT64_C(1) << walked->lg2) - 1);
		replicas_check(rig, table, index, 1u << (walked->lg2 - shift));
	}
	assert_int_equal(walked->pa & ((UINT64_C(1) << walked->lg2) - 1), 0);
	/* PR, FC, IR, IW, and nothing in 8:1, U or 58:52. */
	assert_int_equal(rig_bits(entry, 60, 60), 1);
	assert_int_equal(entry & UINT64_C(0x8ff00000000001fe), 0);
}

/* Mode and root of a device table entry. */
static struct walked host_walk(struct rig *rig, uint64_t dte, uint64_t iova)
{
	unsigned mode = (unsigned)rig_bits(dte, 11, 9);
	uint64_t table = dte & ADDRESS;
	struct walked walked = {.levels = mode};

	assert_in_range(mode, 1, 6);
	assert_true(mode == 6 || iova >> (12 + 9 * mode) == 0);
	for (unsigned level = mode;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		unsigned index = (unsigned)(iova >> shift) & (level == 6 ? 127 : 511);

		walked.entry = rig_peek(rig, table + index * 8);
		if (!(walked.entry & 1))
			return walked;
		if (rig_bits(walked.entry, 11, 9) == 0 || rig_bits(walked.entry, 11, 9) == 7) {
			host_leaf(rig, table, index, shift, &walked);
			return walked;
		}
		/* A pointer: no level skipped, both rights, no reserved bit. */
		assert_int_equal(rig_bits(walked.entry, 11, 9), level - 1);
		assert_int_equal(walked.entry & ~(ADDRESS | UINT64_C(0xe00)),
				 UINT64_C(0x6000000000000001));
		table = walked.entry & ADDRESS;
	}
}

static struct walked guest_walk(struct rig *rig, uint64_t cr3, unsigned levels, uint64_t iova)
{
	uint64_t table = cr3 & ADDRESS;
	struct walked walked = {.levels = levels};
	unsigned level = levels;

	for (;; level--) {
		walked.lg2 = 12 + 9 * (level - 1);
		walked.entry = rig_peek(rig, table + (iova >> walked.lg2 & 511) * 8);
		if (!(walked.entry & 1))
			return walked;
		if (level == 1 || walked.entry & 0x80) /* PS */
			break;
		/* P, R/W, U/S, A. */
		assert_int_equal(walked.entry & ~ADDRESS, 0x27);
		table = walked.entry & ADDRESS;
	}
	assert_in_range(level, 1, 3);
	walked.mapped = true;
	walked.pa = walked.entry & ADDRESS;
	walked.rights = IOASIM_READ | (walked.entry & 2 ? IOASIM_WRITE : 0u);
	assert_int_equal(walked.pa & ((UINT64_C(1) << walked.lg2) - 1), 0);
	/* U/S and A; D as R/W; PS above level 1; NX, which the unit has. */
	assert_int_equal(walked.entry & ~ADDRESS & ~UINT64_C(2), UINT64_C(0x8000000000000025) |
									 (walked.entry & 2) << 5 |
									 (level > 1 ? 0x80u : 0u));
	return walked;
}

/* By what the device table entry says. */
static struct walked table_walk(struct rig *rig, uint32_t pasid, uint64_t iova)
{
	uint64_t dte[4], entry;

	rig_dte(rig, RID, dte);
	if (!rig_bits(dte[0], 55, 55)) /* GV */
		return host_walk(rig, dte[0], iova);
	assert_int_equal(rig_bits(dte[0], 11, 9), 0);
	entry = rig_gcr3_entry(rig, RID, pasid == NONE ? 0 : pasid);
	assert_int_equal(entry & 1, 1);
	return guest_walk(rig, entry, 4 + (unsigned)rig_bits(dte[2], 55, 54), iova);
}

/* ---- Shapes ----------------------------------------------------------------------- */

/* Where the random ranges lie: two windows of `WINDOW` pages in one space, one of them at
 * the top of what the domain can map. */
#define WINDOW  (1u << 11)
#define WINDOWS 2u

struct shape {
	const char *name;
	bool stage1, no_large_pages, lazy;
	unsigned bits; /* address_bits asked of the domain */
	unsigned levels;
	unsigned top; /* addresses below 2^top can be mapped */
};

/* 4: Mode n reaches 12 + 9n bits, Mode 6 all 64. 5.2: the lower half of the canonical
 * addresses. */
static const struct shape shapes[] = {
	{"host, mode 2", false, false, false, 30, 2, 30},
	{"host, mode 3", false, false, false, 39, 3, 39},
	{"host, mode 4", false, false, false, 48, 4, 48},
	{"host, mode 4 by default", false, false, false, 0, 4, 48},
	{"host, mode 5", false, false, false, 57, 5, 57},
	{"host, mode 6", false, false, false, 64, 6, 64},
	{"host, mode 6, cut", false, false, false, 60, 6, 60},
	{"host, small pages", false, true, false, 48, 4, 48},
	{"host, lazy", false, false, true, 48, 4, 48},
	{"guest, 4 levels", true, false, false, 48, 4, 47},
	{"guest, 4 levels by default", true, false, false, 0, 4, 47},
	{"guest, 5 levels", true, false, false, 57, 5, 56},
	{"guest, small pages", true, true, false, 48, 4, 47},
	{"guest, lazy", true, false, true, 48, 4, 47},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void shape_start(struct rig *rig, const struct shape *shape)
{
	rig_prepare(rig);
	rig->config.stage1 = shape->stage1;
	rig->config.no_large_pages = shape->no_large_pages;
	rig->config.policy = shape->lazy ? DRIVER_LAZY : DRIVER_STRICT;
	rig->config.lazy_threshold = 7;
	rig_start(rig);
	rig_device(rig, RID);
}

/* One page of the shadow: access 0 is not mapped. */
struct shadow {
	uint64_t pa[WINDOWS][WINDOW];
	uint8_t access[WINDOWS][WINDOW];
	uint64_t base[WINDOWS];
};

static void shadow_init(struct shadow *shadow, const struct shape *shape)
{
	memset(shadow, 0, sizeof(*shadow));
	shadow->base[0] = (shape->top == 30 ? G / 2 : 5 * G) - 4 * M;
	shadow->base[1] = (UINT64_C(1) << (shape->top - 1)) * 2 - WINDOW * POOL_PAGE_SIZE;
}

/* What the tables in memory say of a page. */
static void compare_tables(struct rig *rig, const struct shadow *shadow, const struct shape *shape,
			   unsigned w, unsigned i)
{
	uint64_t iova = shadow->base[w] + i * POOL_PAGE_SIZE, offset;
	struct walked walked = table_walk(rig, NONE, iova);

	assert_int_equal(walked.levels, shape->levels);
	assert_int_equal(walked.mapped, shadow->access[w][i] != 0);
	if (!walked.mapped)
		return;
	offset = iova & ((UINT64_C(1) << walked.lg2) - 1);
	assert_int_equal(walked.pa + offset, shadow->pa[w][i]);
	assert_int_equal(walked.rights, shadow->access[w][i] | (shape->stage1 ? IOASIM_READ : 0u));
	if (shape->no_large_pages)
		assert_int_equal(walked.lg2, 12);
}

static void compare_page(struct rig *rig, struct domain *domain, const struct shadow *shadow,
			 const struct shape *shape, unsigned w, unsigned i)
{
	uint64_t iova = shadow->base[w] + i * POOL_PAGE_SIZE + 0x123, pa = 0;
	unsigned access = 0;
	int error = rig->ops->lookup(rig->driver, domain, iova, &pa, &access);
	struct ioasim_response answer = rig_dma(rig, RID, NONE, iova, IOASIM_READ);
	bool write_only = shadow->access[w][i] == IOASIM_WRITE && !shape->stage1;

	compare_tables(rig, shadow, shape, w, i);
	if (!shadow->access[w][i]) {
		assert_int_equal(error, -ENOENT);
		if (!shape->lazy) /* may still be in use until the flush */
			assert_int_equal(answer.outcome, IOASIM_FAULT);
		return;
	}
	assert_int_equal(error, 0);
	assert_int_equal(pa, shadow->pa[w][i] + 0x123);
	/* A guest table cannot say "write only" (5.2). */
	assert_int_equal(access, shadow->access[w][i] | (shape->stage1 ? IOASIM_READ : 0u));
	assert_int_equal(answer.outcome, write_only ? IOASIM_FAULT : IOASIM_OK);
	if (!write_only)
		assert_int_equal(answer.pa, pa);
	answer = rig_dma(rig, RID, NONE, iova, IOASIM_WRITE);
	assert_int_equal(answer.outcome,
			 shadow->access[w][i] & IOASIM_WRITE ? IOASIM_OK : IOASIM_FAULT);
}

static void random_map(struct rig *rig, struct domain *domain, struct shadow *shadow,
		       uint64_t *random, unsigned range[3])
{
	static const unsigned rights[] = {IOASIM_READ, IOASIM_WRITE, RW};
	unsigned w = range[0], first = range[1], count = range[2];
	unsigned access = rights[rig_draw(random) % 3];
	/* Half of them aligned like the address, so that large pages fit. */
	uint64_t pa = rig_draw(random) % 2 ? (first % 512) * POOL_PAGE_SIZE
					   : rig_draw(random) % 512 * POOL_PAGE_SIZE;
	bool taken = false;
	int error;

	pa += (1 + rig_draw(random) % 64) << 21;
	for (unsigned i = first; i < first + count; i++)
		taken |= shadow->access[w][i] != 0;
	error = rig->ops->map(rig->driver, domain, shadow->base[w] + first * POOL_PAGE_SIZE, pa,
			      count * POOL_PAGE_SIZE, access);
	assert_int_equal(error, taken ? -EEXIST : 0);
	for (unsigned i = first; !error && i < first + count; i++) {
		shadow->access[w][i] = (uint8_t)access;
		shadow->pa[w][i] = pa + (i - first) * POOL_PAGE_SIZE;
	}
}

static void random_unmap(struct rig *rig, struct domain *domain, struct shadow *shadow,
			 const unsigned range[3])
{
	unsigned w = range[0], first = range[1], count = range[2];
	uint64_t unmapped = ~UINT64_C(0), expected = 0;

	for (unsigned i = first; i < first + count; i++) {
		expected += shadow->access[w][i] ? POOL_PAGE_SIZE : 0;
		shadow->access[w][i] = 0;
	}
	assert_int_equal(rig->ops->unmap(rig->driver, domain,
					 shadow->base[w] + first * POOL_PAGE_SIZE,
					 count * POOL_PAGE_SIZE, &unmapped),
			 0);
	assert_int_equal(unmapped, expected);
}

static void range_draw(uint64_t *random, unsigned range[3])
{
	unsigned kind = (unsigned)(rig_draw(random) % 4);

	range[0] = (unsigned)(rig_draw(random) % WINDOWS);
	range[1] = (unsigned)(rig_draw(random) % WINDOW);
	if (kind < 2) /* large pages and multiples of them */
		range[1] &= ~511u;
	range[2] = kind == 0   ? 512u * (1 + (unsigned)(rig_draw(random) % 3))
		   : kind == 1 ? 1u << rig_draw(random) % 11
		   : kind == 2 ? 1u
			       : 1 + (unsigned)(rig_draw(random) % 900);
	if (range[2] > WINDOW - range[1])
		range[2] = WINDOW - range[1];
}

static void random_steps(struct rig *rig, struct domain *domain, struct shadow *shadow,
			 const struct shape *shape, uint64_t *random)
{
	for (unsigned step = 0; step < 200; step++) {
		unsigned range[3];

		range_draw(random, range);
		if (rig_draw(random) % 2)
			random_map(rig, domain, shadow, random, range);
		else
			random_unmap(rig, domain, shadow, range);
		for (unsigned i = 0; i < 40; i++)
			compare_page(rig, domain, shadow, shape, range[0],
				     (unsigned)(range[1] + rig_draw(random) % (range[2] + 1)) %
					     WINDOW);
		if (step % 40 == 0)
			for (unsigned w = 0; w < WINDOWS; w++)
				for (unsigned i = 0; i < WINDOW; i++)
					compare_page(rig, domain, shadow, shape, w, i);
	}
}

static void shape_run(const struct shape *shape, uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	const struct driver_stats *stats;
	uint64_t random = seed;
	struct domain *domain;
	uint32_t used;

	assert_non_null(rig);
	assert_non_null(shadow);
	print_message("%s\n", shape->name);
	shape_start(rig, shape);
	shadow_init(shadow, shape);
	stats = rig->ops->stats(rig->driver);
	used = rig_pages_used(rig);
	domain = rig_domain(rig, DOMAIN_KERNEL, shape->bits);
	rig_attach(rig, RID, NONE, domain);
	random_steps(rig, domain, shadow, shape, &random);
	rig_detach(rig, RID, NONE);
	assert_int_equal(rig->ops->domain_destroy(rig->driver, domain), 0);
	assert_int_equal(rig->ops->device_remove(rig->driver, RID), 0);
	assert_int_equal(rig_pages_used(rig), used);
	assert_int_equal(stats->tables_made, stats->tables_freed);
	rig_end(rig);
	free(shadow);
	free(rig);
}

static void random_maps_agree_with_a_shadow(void **state)
{
	uint64_t seed = rig_seed();

	(void)state;
	for (size_t i = 0; i < SHAPES; i++)
		shape_run(&shapes[i], seed + 2 * i);
}

/* A host table with random contents becomes a guest table, under the device's feet: the
 * same pages, before and after more changes. */
static void a_converted_table_has_the_same_contents(void **state)
{
	static const struct shape before = {"", false, false, false, 48, 4, 48};
	static const struct shape after = {"", true, false, false, 48, 4, 47};
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	struct rig *rig = calloc(1, sizeof(*rig));
	uint64_t random = rig_seed(), dte[4];
	struct domain *domain, *other;

	(void)state;
	assert_non_null(rig);
	assert_non_null(shadow);
	shape_start(rig, &before);
	shadow_init(shadow, &after);
	domain = rig_domain(rig, DOMAIN_KERNEL, 48);
	other = rig_domain(rig, DOMAIN_KERNEL, 48);
	rig_attach(rig, RID, NONE, domain);
	random_steps(rig, domain, shadow, &before, &random);
	rig_dte(rig, RID, dte);
	assert_int_equal(rig_bits(dte[0], 55, 55), 0);
	rig_attach(rig, RID, 1, other);
	rig_dte(rig, RID, dte);
	assert_int_equal(rig_bits(dte[0], 55, 55), 1);
	/* What could only be written can be read now. */
	for (unsigned w = 0; w < WINDOWS; w++)
		for (unsigned i = 0; i < WINDOW; i++)
			compare_page(rig, domain, shadow, &after, w, i);
	random_steps(rig, domain, shadow, &after, &random);
	rig_end(rig);
	free(shadow);
	free(rig);
}

/* ---- Page sizes ------------------------------------------------------------------- */

/* 4, rules 5 and 6: the default size of a level with Next Level 0, every other power of
 * two with 7 and the size in the address; Linux makes no page of 512 GiB. */
static void every_size_of_a_host_page_is_made_and_walked(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned lg2 = 12; lg2 <= 51; lg2++) {
		uint64_t size = UINT64_C(1) << lg2, iova = 2 * size, pa = lg2 == 51 ? size : 0;
		unsigned made = lg2 == 39 ? 38 : lg2, level = (made - 12) / 9 + 1;
		struct ioasim_response answer;
		struct walked walked;
		struct domain *domain;
		uint64_t expected;

		if (lg2 < 51)
			pa = size * (lg2 > 45 ? 1 : 5);
		rig_begin(&rig, false, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, lg2 < 46 ? 48 : 57);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, iova, pa, size, RW);
		walked = table_walk(&rig, NONE, iova + size - 1);
		assert_true(walked.mapped);
		assert_int_equal(walked.lg2, made);
		walked = table_walk(&rig, NONE, iova);
		assert_int_equal(walked.pa, pa);
		/* PR, FC, IR, IW. */
		expected = UINT64_C(0x7000000000000001) | pa;
		if (made != 12 + 9 * (level - 1))
			expected |= UINT64_C(0xe00) | ((UINT64_C(1) << (made - 1)) - 0x1000);
		assert_int_equal(walked.entry, expected);
		answer = rig_dma(&rig, RID, NONE, iova + size - 5, IOASIM_WRITE);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, pa + size - 5);
		assert_int_equal(answer.size_lg2, made);
		assert_int_equal(rig_dma(&rig, RID, NONE, iova + size, IOASIM_READ).outcome,
				 IOASIM_FAULT);
		assert_int_equal(rig_dma(&rig, RID, NONE, iova - 1, IOASIM_READ).outcome,
				 IOASIM_FAULT);
		rig_unmap(&rig, domain, iova, size);
		assert_int_equal(rig_dma(&rig, RID, NONE, iova + size - 5, IOASIM_READ).outcome,
				 IOASIM_FAULT);
		rig_end(&rig);
	}
}

/* Entries by hand from section 4. */
static void host_entries_are_these(void **state)
{
	static const struct {
		uint64_t iova, pa, size, entry;
		unsigned access;
	} rows[] = {
		{0x1000, 0x12345000, 0x1000, UINT64_C(0x7000000012345001), RW},
		{0x1000, 0x12345000, 0x1000, UINT64_C(0x3000000012345001), IOASIM_READ},
		{0x1000, 0x12345000, 0x1000, UINT64_C(0x5000000012345001), IOASIM_WRITE},
		{0x2000, 0x12346000, 0x2000, UINT64_C(0x7000000012346e01), RW},
		{0x10000, 0x12340000, 0x10000, UINT64_C(0x7000000012347e01), RW},
		{0x100000, 0x12300000, 0x100000, UINT64_C(0x700000001237fe01), RW},
		{0x200000, 0x12200000, 0x200000, UINT64_C(0x7000000012200001), RW},
		{0x400000, 0x12400000, 0x400000, UINT64_C(0x70000000125ffe01), RW},
		{G, 4 * G, G, UINT64_C(0x7000000100000001), RW},
		{16 * G, 32 * G, 16 * G, UINT64_C(0x70000009fffffe01), RW},
	};
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct domain *domain;

		rig_begin(&rig, false, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, rows[i].iova, rows[i].pa, rows[i].size, rows[i].access);
		assert_int_equal(table_walk(&rig, NONE, rows[i].iova).entry, rows[i].entry);
		rig_end(&rig);
	}
}

/* 5.2; NX is reserved without NXSup. */
static void guest_entries_are_these(void **state)
{
	static const struct {
		bool nx;
		uint64_t size, pa, entry;
		unsigned access;
	} rows[] = {
		{true, 0x1000, 0x12345000, UINT64_C(0x8000000012345067), RW},
		{true, 0x1000, 0x12345000, UINT64_C(0x8000000012345025), IOASIM_READ},
		{true, 0x1000, 0x12345000, UINT64_C(0x8000000012345067), IOASIM_WRITE},
		{true, 0x1000, 0x12345000, 0x12345025, IOASIM_READ | IOASIM_EXEC},
		{false, 0x1000, 0x12345000, 0x12345025, IOASIM_READ},
		{true, 0x200000, 0x12200000, UINT64_C(0x80000000122000e7), RW},
		{true, G, 4 * G, UINT64_C(0x80000001000000e7), RW},
	};
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t table;
		struct domain *domain;

		rig_prepare(&rig);
		field_set(rig_efr(&rig), AMDVI_EFR_NX_SUP, rows[i].nx);
		rig.config.stage1 = true;
		rig_start(&rig);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, rows[i].size, rows[i].pa, rows[i].size, rows[i].access);
		table = rig_gcr3_entry(&rig, RID, 0);
		for (unsigned shift = 39; shift > 12; shift -= 9) {
			table = rig_peek(&rig,
					 (table & ADDRESS) + (rows[i].size >> shift & 511) * 8);
			if (table & 0x80)
				break;
		}
		if (!(table & 0x80))
			table = rig_peek(&rig, (table & ADDRESS) + 8);
		assert_int_equal(table, rows[i].entry);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps_agree_with_a_shadow),
		cmocka_unit_test(a_converted_table_has_the_same_contents),
		cmocka_unit_test(every_size_of_a_host_page_is_made_and_walked),
		cmocka_unit_test(host_entries_are_these),
		cmocka_unit_test(guest_entries_are_these),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
