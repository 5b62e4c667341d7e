/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that the SMMUv3 driver leaves in memory, read back by a walker of the
 * test's own that knows VMSAv8-64 (Arm ARM D8.3) and nothing of the code under test; the
 * unit is asked too. Random maps against a shadow, every size in every granule, what
 * each descriptor holds, no page lost.
 */
#include "driver_rig_smmu.h"

/* ---- A walker from the specification ---------------------------------------------------- */

/* Where a walk begins: from the STE or CD in memory. */
struct tree {
	unsigned granule_lg2, start; /* the specification's level */
	unsigned bits; /* of input */
	uint64_t root;
};

struct found {
	bool mapped;
	uint64_t pa, leaf;
	unsigned level; /* the specification's */
};

static uint64_t peek(struct rig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

/* D8.2: a level n entry maps 2^(g + (3 - n) * (g - 3)) bytes. */
static unsigned shift(const struct tree *tree, unsigned level)
{
	return tree->granule_lg2 + (3 - level) * (tree->granule_lg2 - 3);
}

static uint64_t bits_of(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~UINT64_C(0) >> (63 - (high - low)));
}

static struct found walk(struct rig *rig, const struct tree *tree, uint64_t address)
{
	struct found found = {0};
	uint64_t table = tree->root;

	if (address >> tree->bits)
		return found;
	for (unsigned level = tree->start; level <= 3; level++) {
		unsigned lg2 = shift(tree, level);
		uint64_t index = address >> lg2, entry, inside;

		/* Tables below the first have one granule. */
		if (level > tree->start)
			index &= (UINT64_C(1) << (tree->granule_lg2 - 3)) - 1;
		entry = peek(rig, table + index * 8);
		if (!(entry & 1))
			return found;
		if (level < 3 && entry & 2) {
			table = entry & 0xfffffffff000 & ~((UINT64_C(1) << tree->granule_lg2) - 1);
			continue;
		}
		/* 01b is reserved at level 3; blocks: 4 KiB at 1 and 2, others at 2. */
		assert_int_equal(entry & 2, level == 3 ? 2 : 0);
		assert_true(level == 3 || level == 2 || (level == 1 && tree->granule_lg2 == 12));
		inside = (UINT64_C(1) << lg2) - 1;
		assert_int_equal(entry & 0xfffffffff000 & inside, 0);
		found.mapped = true;
		found.leaf = entry;
		found.level = level;
		found.pa = (entry & 0xfffffffff000) | (address & inside);
		return found;
	}
	return found;
}

/* 5.2, 5.4: the tree as the STE or CD tells it; Stage 1: CD 0 in one table. */
static struct tree tree_of(struct rig *rig, bool stage1)
{
	static const uint8_t granule[] = {12, 16, 14, 0};
	struct smmu_driver *driver = rig_inside(rig);
	uint64_t l1std = peek(rig, driver->streams.base + (RID >> 8) * 8);
	uint64_t ste = (l1std & 0xfffffffffffc0) + (RID & 0xff) * 64;
	uint64_t cd = peek(rig, ste) & 0xfffffffffffc0, word;
	struct tree tree = {0};
	unsigned steps;

	assert_int_equal(l1std & 0x1f, 9); /* Span */
	if (!stage1) {
		word = peek(rig, ste + 16);
		tree.granule_lg2 = granule[bits_of(word, 47, 46)];
		tree.bits = 64 - (unsigned)bits_of(word, 37, 32);
		tree.start = (tree.granule_lg2 == 12 ? 2 : 3) - (unsigned)bits_of(word, 39, 38);
		tree.root = peek(rig, ste + 24) & 0xffffffffffff0;
		return tree;
	}
	word = peek(rig, cd);
	tree.granule_lg2 = granule[bits_of(word, 7, 6)];
	tree.bits = 64 - (unsigned)bits_of(word, 5, 0);
	/* 3.4.1: 4 less the steps that the input needs. */
	steps = (tree.bits - tree.granule_lg2 + tree.granule_lg2 - 4) / (tree.granule_lg2 - 3);
	tree.start = 4 - steps;
	tree.root = peek(rig, cd + 8) & 0xffffffffffff0;
	return tree;
}

/* ---- Rows: stage, granule, width ------------------------------------------------------------ */

struct shape {
	const char *name;
	bool stage1;
	unsigned granule_lg2, bits; /* 0: what the driver chooses */
	bool small; /* pages of the granule only */
	bool lazy;
	unsigned oas; /* code of IDR5.OAS */
	unsigned tsz, start; /* expected */
};

/* The least levels, with up to 16 concatenated first tables for stage 2. */
static const struct shape shapes[] = {
	{"stage 1, 4 KiB", true, 12, 0, false, false, 5, 16, 0},
	{"stage 1, 4 KiB, pages only", true, 12, 0, true, false, 5, 16, 0},
	{"stage 1, 4 KiB, 39 bits, lazy", true, 12, 39, false, true, 5, 25, 1},
	{"stage 1, 4 KiB, 32 bits", true, 12, 32, false, false, 5, 32, 1},
	{"stage 1, 4 KiB, 30 bits", true, 12, 30, false, false, 5, 34, 2},
	{"stage 1, 16 KiB", true, 14, 0, false, false, 5, 16, 0},
	{"stage 1, 16 KiB, 47 bits, lazy", true, 14, 47, false, true, 5, 17, 1},
	{"stage 1, 64 KiB", true, 16, 0, false, false, 5, 16, 1},
	{"stage 1, 64 KiB, 42 bits, pages only", true, 16, 42, true, false, 5, 22, 2},
	{"stage 2, 4 KiB", false, 12, 0, false, false, 5, 16, 0},
	{"stage 2, 4 KiB, 44 bits of output", false, 12, 0, false, false, 4, 20, 0},
	{"stage 2, 4 KiB, 42 bits: 8 tables", false, 12, 0, false, true, 3, 22, 1},
	{"stage 2, 4 KiB, 40 bits: 2 tables", false, 12, 40, true, false, 5, 24, 1},
	{"stage 2, 4 KiB, 34 bits: 16 tables", false, 12, 34, false, false, 5, 30, 2},
	{"stage 2, 16 KiB: 2 tables", false, 14, 0, false, false, 5, 16, 1},
	{"stage 2, 16 KiB, 40 bits: 16 tables", false, 14, 40, false, true, 5, 24, 2},
	{"stage 2, 64 KiB", false, 16, 0, false, false, 5, 16, 1},
	{"stage 2, 64 KiB, 36 bits of output", false, 16, 0, false, false, 1, 28, 2},
	{"stage 2, 64 KiB, 33 bits: 16 tables", false, 16, 33, true, false, 5, 31, 3},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static struct domain *shape_start(struct rig *rig, const struct shape *shape)
{
	struct driver_device device = {.requester_id = RID};
	struct domain *domain;

	rig_prepare(rig);
	rig_set(rig, "idr5", 0x70 | shape->oas);
	rig->config.stage1 = shape->stage1;
	rig->config.granule_lg2 = shape->granule_lg2;
	rig->config.no_large_pages = shape->small;
	rig->config.policy = shape->lazy ? DRIVER_LAZY : DRIVER_STRICT;
	rig->config.lazy_threshold = 7;
	rig_start(rig);
	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
	domain = rig_domain(rig, DOMAIN_KERNEL, shape->bits);
	rig_attach(rig, RID, RIG_NO_PASID, domain);
	return domain;
}

static void geometry_is_what_the_input_needs(void **state)
{
	static struct rig rig;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		struct tree tree;

		shape_start(&rig, &shapes[i]);
		tree = tree_of(&rig, shapes[i].stage1);
		if (tree.granule_lg2 != shapes[i].granule_lg2 || tree.start != shapes[i].start ||
		    tree.bits != 64 - shapes[i].tsz) {
			print_message("%s: granule %u, start level %u, %u bits\n", shapes[i].name,
				      tree.granule_lg2, tree.start, tree.bits);
			failed++;
		}
		/* The first table is aligned to its size, the unit's to at least 64. */
		assert_int_equal(
			tree.root & ((UINT64_C(8) << (tree.bits - shift(&tree, tree.start))) - 1),
			0);
		rig_end(&rig);
	}
	assert_int_equal(failed, 0);
}

/* ---- Random maps --------------------------------------------------------------------------------- */

#define WINDOWS 3
#define PAGES   4096u

struct shadow {
	uint64_t base[WINDOWS];
	uint64_t pa[WINDOWS][PAGES];
	uint8_t access[WINDOWS][PAGES];
};

/* At the bottom, across the middle and at the top of the input. */
static void shadow_init(struct shadow *shadow, const struct tree *tree)
{
	uint64_t top = UINT64_C(1) << tree->bits, size = (uint64_t)PAGES << tree->granule_lg2;

	memset(shadow, 0, sizeof(*shadow));
	shadow->base[0] = 0;
	shadow->base[1] = top / 2 - size / 2;
	shadow->base[2] = top - size;
}

static void compare_page(struct rig *rig, struct domain *domain, const struct shadow *shadow,
			 const struct shape *shape, const struct tree *tree, unsigned w, unsigned i)
{
	uint64_t iova = shadow->base[w] + ((uint64_t)i << tree->granule_lg2) + 0x123, pa = 0;
	struct found found = walk(rig, tree, iova);
	unsigned access = shadow->access[w][i], told = 0;
	int error = rig->ops->lookup(rig->driver, domain, iova, &pa, &told);
	struct ioasim_response answer = rig_dma(rig, RID, RIG_NO_PASID, iova, IOASIM_READ);

	assert_int_equal(found.mapped, access != 0);
	assert_int_equal(error, access ? 0 : -ENOENT);
	if (!access) {
		/* Lazily the unit may still know what is gone. */
		if (!shape->lazy)
			assert_int_equal(answer.outcome, IOASIM_FAULT);
		return;
	}
	/* Stage 1 cannot say "write only". */
	if (shape->stage1)
		access |= IOASIM_READ;
	assert_int_equal(found.pa, shadow->pa[w][i] + 0x123);
	assert_int_equal(pa, found.pa);
	assert_int_equal(told, access);
	assert_int_equal(answer.outcome, access & IOASIM_READ ? IOASIM_OK : IOASIM_FAULT);
	if (answer.outcome == IOASIM_OK)
		assert_int_equal(answer.pa, found.pa);
	answer = rig_dma(rig, RID, RIG_NO_PASID, iova, IOASIM_WRITE);
	assert_int_equal(answer.outcome, access & IOASIM_WRITE ? IOASIM_OK : IOASIM_FAULT);
}

static void random_map(struct rig *rig, struct domain *domain, struct shadow *shadow,
		       const struct tree *tree, uint64_t *random, const unsigned range[3])
{
	static const unsigned rights[] = {IOASIM_READ, IOASIM_WRITE, RW, RW | IOASIM_EXEC};
	unsigned w = range[0], first = range[1], count = range[2], g = tree->granule_lg2;
	unsigned access = rights[rig_draw(random) % 4];
	/* Half of them aligned like the address, so that large leaves fit. */
	uint64_t page = rig_draw(random) % 2 ? first : rig_draw(random) % PAGES;
	uint64_t pa = (page + (1 + rig_draw(random) % 4) * PAGES) << g;
	bool taken = false;
	int error;

	for (unsigned i = first; i < first + count; i++)
		taken |= shadow->access[w][i] != 0;
	error = rig->ops->map(rig->driver, domain, shadow->base[w] + ((uint64_t)first << g), pa,
			      (uint64_t)count << g, access);
	assert_int_equal(error, taken ? -EEXIST : 0);
	for (unsigned i = first; !error && i < first + count; i++) {
		shadow->access[w][i] = (uint8_t)access;
		shadow->pa[w][i] = pa + ((uint64_t)(i - first) << g);
	}
}

static void random_unmap(struct rig *rig, struct domain *domain, struct shadow *shadow,
			 const struct tree *tree, const unsigned range[3])
{
	unsigned w = range[0], first = range[1], count = range[2], g = tree->granule_lg2;
	uint64_t unmapped = ~UINT64_C(0), expected = 0;

	for (unsigned i = first; i < first + count; i++) {
		expected += shadow->access[w][i] ? UINT64_C(1) << g : 0;
		shadow->access[w][i] = 0;
	}
	assert_int_equal(rig->ops->unmap(rig->driver, domain,
					 shadow->base[w] + ((uint64_t)first << g),
					 (uint64_t)count << g, &unmapped),
			 0);
	assert_int_equal(unmapped, expected);
}

/* Pages, runs of contiguous ones and their neighbours, tables. */
static void range_draw(uint64_t *random, unsigned range[3])
{
	static const unsigned units[] = {1, 16, 32, 128, 512, 2048};
	unsigned unit = units[rig_draw(random) % 6];

	range[0] = (unsigned)(rig_draw(random) % WINDOWS);
	range[1] = (unsigned)(rig_draw(random) % PAGES) / unit * unit;
	range[2] = unit * (1 + (unsigned)(rig_draw(random) % 3));
	if (rig_draw(random) % 4 == 0)
		range[2] = 1 + (unsigned)(rig_draw(random) % 900);
	if (range[2] > PAGES - range[1])
		range[2] = PAGES - range[1];
}

static void shape_run(const struct shape *shape, uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	uint64_t random = seed;
	struct domain *domain;
	struct tree tree;
	uint32_t used;

	assert_non_null(rig);
	assert_non_null(shadow);
	print_message("%s\n", shape->name);
	domain = shape_start(rig, shape);
	tree = tree_of(rig, shape->stage1);
	shadow_init(shadow, &tree);
	used = rig_pages_used(rig);
	for (unsigned step = 0; step < 250; step++) {
		unsigned range[3];

		range_draw(&random, range);
		if (rig_draw(&random) % 2)
			random_map(rig, domain, shadow, &tree, &random, range);
		else
			random_unmap(rig, domain, shadow, &tree, range);
		for (unsigned i = 0; i < 40; i++)
			compare_page(rig, domain, shadow, shape, &tree, range[0],
				     (unsigned)(range[1] + rig_draw(&random) % (range[2] + 1)) %
					     PAGES);
	}
	assert_int_equal(rig->ops->sync(rig->driver), 0);
	for (unsigned w = 0; w < WINDOWS; w++)
		for (unsigned i = 0; i < PAGES; i++)
			compare_page(rig, domain, shadow, shape, &tree, w, i);
	rig_detach(rig, RID, RIG_NO_PASID);
	assert_int_equal(rig->ops->domain_destroy(rig->driver, domain), 0);
	assert_true(rig_pages_used(rig) <= used);
	assert_int_equal(rig->ops->stats(rig->driver)->tables_made,
			 rig->ops->stats(rig->driver)->tables_freed);
	assert_int_equal(rig->ops->device_remove(rig->driver, RID), 0);
	/* Queues, the stream table and one part of it. */
	assert_int_equal(rig_pages_used(rig), 3 + 1 + 4);
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

/* ---- Sizes ------------------------------------------------------------------------------------------- */

struct size_row {
	unsigned granule_lg2;
	uint64_t size;
	unsigned level; /* the specification's */
	bool contiguous;
};

/* D8.3.1.2 and D8.6.1: pages, blocks, and runs of 16, 128 or 32 of either. */
static const struct size_row size_rows[] = {
	{12, 4 * K, 3, false},   {12, 64 * K, 3, true},  {12, 2 * M, 2, false},
	{12, 32 * M, 2, true},   {12, G, 1, false},      {12, 16 * G, 1, true},
	{14, 16 * K, 3, false},  {14, 2 * M, 3, true},   {14, 32 * M, 2, false},
	{14, G, 2, true},        {16, 64 * K, 3, false}, {16, 2 * M, 3, true},
	{16, 512 * M, 2, false}, {16, 16 * G, 2, true},
};

static void the_largest_leaf_that_fits_is_used(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(size_rows) / sizeof(size_rows[0]); i++) {
		const struct size_row *row = &size_rows[i];
		struct shape shape = {"", false, row->granule_lg2, 0, false, false, 5, 0, 0};

		for (unsigned stage1 = 0; stage1 < 2; stage1++) {
			struct ioasim_response answer;
			struct domain *domain;
			struct found found;
			struct tree tree;
			uint64_t iova = 16 * G, pa = 64 * G;

			shape.stage1 = stage1;
			domain = shape_start(&rig, &shape);
			tree = tree_of(&rig, stage1);
			rig_map(&rig, domain, iova, pa, row->size, RW);
			for (unsigned last = 0; last < 2; last++) {
				uint64_t at = iova + (last ? row->size - 1 : 0);

				found = walk(&rig, &tree, at);
				assert_true(found.mapped);
				assert_int_equal(found.pa, at - iova + pa);
				assert_int_equal(found.level, row->level);
				assert_int_equal(found.leaf >> 52 & 1, row->contiguous);
				answer = rig_dma(&rig, RID, RIG_NO_PASID, at, IOASIM_WRITE);
				assert_int_equal(answer.outcome, IOASIM_OK);
				assert_int_equal(answer.pa, found.pa);
			}
			assert_false(walk(&rig, &tree, iova - 1).mapped);
			assert_false(walk(&rig, &tree, iova + row->size).mapped);
			/* A page less, and nothing of this size fits. */
			rig_unmap(&rig, domain, iova, row->size);
			assert_false(walk(&rig, &tree, iova).mapped);
			if (row->size > UINT64_C(1) << row->granule_lg2) {
				rig_map(&rig, domain, iova, pa,
					row->size - (UINT64_C(1) << row->granule_lg2), RW);
				found = walk(&rig, &tree, iova);
				assert_true(found.level > row->level ||
					    (row->contiguous && !(found.leaf >> 52 & 1)));
			}
			rig_end(&rig);
		}
	}
}

/* A hole in a contiguous run, in a block and in a run of blocks. */
static void a_large_leaf_is_split_and_cached_ones_go(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(size_rows) / sizeof(size_rows[0]); i++) {
		const struct size_row *row = &size_rows[i];
		struct shape shape = {"", true, row->granule_lg2, 0, false, false, 5, 0, 0};
		uint64_t page = UINT64_C(1) << row->granule_lg2, iova = 16 * G, pa = 64 * G;
		uint64_t hole = iova + row->size / 2 + page;
		struct domain *domain;
		struct tree tree;

		if (row->size == page)
			continue;
		domain = shape_start(&rig, &shape);
		tree = tree_of(&rig, true);
		rig_map(&rig, domain, iova, pa, row->size, RW);
		assert_reaches(&rig, RID, RIG_NO_PASID, hole, RW, hole - iova + pa);
		rig_unmap(&rig, domain, hole, page);
		assert_faults(&rig, RID, RIG_NO_PASID, hole, RW, TRANSLATION);
		assert_false(walk(&rig, &tree, hole).mapped);
		for (unsigned j = 0; j < 2; j++) {
			uint64_t at = j ? hole + page : hole - page;

			assert_reaches(&rig, RID, RIG_NO_PASID, at, RW, at - iova + pa);
			assert_int_equal(walk(&rig, &tree, at).pa, at - iova + pa);
			assert_int_equal(walk(&rig, &tree, at).level, 3);
		}
		assert_reaches(&rig, RID, RIG_NO_PASID, iova, RW, pa);
		assert_reaches(&rig, RID, RIG_NO_PASID, iova + row->size - page, RW,
			       pa + row->size - page);
		rig_end(&rig);
	}
}

/* ---- What a descriptor and an entry hold ---------------------------------------------------------------- */

struct leaf_row {
	bool stage1;
	unsigned access;
	uint64_t leaf; /* but for the address */
};

/*
 * Stage 1: AttrIndx 1, AP[1] 6, AP[2] 7, SH 9:8 inner, AF 10, nG 11, PXN 53, UXN 54.
 * Stage 2: MemAttr 5:2 write-back, S2AP 7:6, SH, AF, XN[1] 54.
 */
static const struct leaf_row leaf_rows[] = {
	{true, IOASIM_READ, UINT64_C(0x60000000000fc7)},
	{true, RW, UINT64_C(0x60000000000f47)},
	{true, IOASIM_WRITE, UINT64_C(0x60000000000f47)},
	{true, RW | IOASIM_EXEC, UINT64_C(0xf47)},
	{true, IOASIM_READ | IOASIM_EXEC, UINT64_C(0xfc7)},
	{false, IOASIM_READ, UINT64_C(0x4000000000077f)},
	{false, IOASIM_WRITE, UINT64_C(0x400000000007bf)},
	{false, RW, UINT64_C(0x400000000007ff)},
	{false, RW | IOASIM_EXEC, UINT64_C(0x7ff)},
};

static void a_leaf_holds_what_its_rights_are(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(leaf_rows) / sizeof(leaf_rows[0]); i++) {
		const struct leaf_row *row = &leaf_rows[i];
		struct shape shape = {"", row->stage1, 12, 0, false, false, 5, 0, 0};
		struct domain *domain = shape_start(&rig, &shape);
		struct tree tree = tree_of(&rig, row->stage1);

		rig_map(&rig, domain, 5 * G, 9 * G + 4 * K, 4 * K, row->access);
		rig_map(&rig, domain, 6 * G, 9 * G, 2 * M, row->access);
		assert_int_equal(walk(&rig, &tree, 5 * G).leaf, (9 * G + 4 * K) | row->leaf);
		/* A block: bit 1 clear. */
		assert_int_equal(walk(&rig, &tree, 6 * G).leaf, 9 * G | (row->leaf & ~UINT64_C(2)));
		rig_end(&rig);
	}
}

/* 5.2, 5.4: the entries word by word, but for addresses. */
static void an_entry_holds_what_the_domain_is(void **state)
{
	struct shape shape = {"", true, 16, 0, false, false, 4, 0, 0};
	static struct rig rig;
	struct driver_device device = {.requester_id = RID, .pasid_bits = 20, .ats = true};
	struct domain *domain;
	uint64_t ste, cd, l1cd;

	(void)state;
	domain = shape_start(&rig, &shape);
	ste = (peek(&rig, rig_inside(&rig)->streams.base + 8) & ~UINT64_C(0x1f)) + 0x10 * 64;
	cd = peek(&rig, ste) & 0xfffffffffffc0;
	/* V, Config 101, S1Fmt 0, S1CDMax 0; S1DSS 2, S1CIR and S1COR 1, S1CSH 3. */
	assert_int_equal(peek(&rig, ste) & ~UINT64_C(0xfffffffffffc0), 0xb);
	assert_int_equal(peek(&rig, ste + 8), 0xd6);
	for (unsigned i = 2; i < 8; i++)
		assert_int_equal(peek(&rig, ste + i * 8), 0);
	/* T0SZ 16, TG0 64 KiB, IR0, OR0 1, SH0 3, EPD1, V; IPS 44 bits; AA64, R, A, ASET,
	 * ASID 1. */
	assert_int_equal(peek(&rig, cd), UINT64_C(0x1e204c0003550));
	assert_int_equal(peek(&rig, cd + 8) & 0xfff, 0);
	assert_int_equal(peek(&rig, cd + 16), 0);
	assert_int_equal(peek(&rig, cd + 24), 0xf404ff44);
	for (unsigned i = 4; i < 8; i++)
		assert_int_equal(peek(&rig, cd + i * 8), 0);
	rig_detach(&rig, RID, RIG_NO_PASID);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);

	/* S1Fmt 2, S1CDMax 20; EATS 1. */
	assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
	rig_attach(&rig, RID, RIG_NO_PASID, domain);
	assert_int_equal(peek(&rig, ste) & ~UINT64_C(0xfffffffffffc0), UINT64_C(20) << 59 | 0x2b);
	assert_int_equal(peek(&rig, ste + 8), 0x100000d6);
	l1cd = peek(&rig, peek(&rig, ste) & 0xfffffffffffc0);
	assert_int_equal(l1cd & 0xffff, 1); /* V; 64 KiB */
	assert_int_equal(peek(&rig, l1cd & ~UINT64_C(1)), UINT64_C(0x1e204c0003550));
	rig_end(&rig);

	/* Stage 2: V, Config 110; VMID 1, S2T0SZ 20, S2SL0 1, S2IR0, S2OR0 1, S2SH0 3,
	 * S2TG 64 KiB, S2PS 44 bits, S2AA64, S2PTW, S2R. 46 bits fit 16 tables of level 2. */
	shape.stage1 = false;
	domain = shape_start(&rig, &shape);
	ste = (peek(&rig, rig_inside(&rig)->streams.base + 8) & ~UINT64_C(0x1f)) + 0x10 * 64;
	assert_int_equal(peek(&rig, ste), 0xd);
	assert_int_equal(peek(&rig, ste + 8), 0);
	assert_int_equal(peek(&rig, ste + 16), UINT64_C(0x44c755400000001));
	assert_int_equal(peek(&rig, ste + 24) & 0x3ffff, 0); /* 4 tables of 64 KiB */
	rig_end(&rig);
}

/* ---- Refusals ------------------------------------------------------------------------------------------- */

static void ranges_that_cannot_be_are_refused(void **state)
{
	static const unsigned granules[] = {12, 14, 16};
	static struct rig rig;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct shape shape = {"", i & 1, granules[i / 2], 40, false, false, 5, 0, 0};
		uint64_t page = UINT64_C(1) << granules[i / 2], top = UINT64_C(1) << 40, unmapped;
		struct domain *domain = shape_start(&rig, &shape), *identity;
		struct driver *driver = rig.driver;
		const struct driver_ops *ops = rig.ops;

		identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
		assert_int_equal(ops->map(driver, domain, 0, 0, 0, 1), -EINVAL);
		assert_int_equal(ops->map(driver, domain, page / 2, 0, page, 1), -EINVAL);
		assert_int_equal(ops->map(driver, domain, 0, page / 2, page, 1), -EINVAL);
		assert_int_equal(ops->map(driver, domain, 0, 0, page / 2, 1), -EINVAL);
		assert_int_equal(ops->map(driver, domain, 0, 0, page, 0), -EINVAL);
		assert_int_equal(ops->map(driver, domain, 0, 0, page, IOASIM_EXEC), -EINVAL);
		assert_int_equal(ops->map(driver, domain, top, 0, page, 1), -ERANGE);
		assert_int_equal(ops->map(driver, domain, top - page, 0, 2 * page, 1), -ERANGE);
		/* Descriptors of 48 bits. */
		assert_int_equal(ops->map(driver, domain, 0, UINT64_C(1) << 48, page, 1), -EINVAL);
		assert_int_equal(ops->map(driver, identity, 0, 0, page, 1), -EINVAL);
		assert_int_equal(ops->unmap(driver, domain, 0, 0, &unmapped), -EINVAL);
		assert_int_equal(ops->unmap(driver, domain, page / 2, page, &unmapped), -EINVAL);
		assert_int_equal(ops->unmap(driver, identity, 0, page, &unmapped), -EINVAL);
		assert_int_equal(ops->unmap(driver, domain, top, page, &unmapped), 0);
		assert_int_equal(ops->map(driver, domain, top - page, 0, page, 1), 0);
		assert_reaches(&rig, RID, RIG_NO_PASID, top - page, IOASIM_READ, 0);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry_is_what_the_input_needs),
		cmocka_unit_test(random_maps_agree_with_a_shadow),
		cmocka_unit_test(the_largest_leaf_that_fits_is_used),
		cmocka_unit_test(a_large_leaf_is_split_and_cached_ones_go),
		cmocka_unit_test(a_leaf_holds_what_its_rights_are),
		cmocka_unit_test(an_entry_holds_what_the_domain_is),
		cmocka_unit_test(ranges_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
