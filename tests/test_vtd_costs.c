/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a translation reads and what an invalidation removes: memory references of
 * cold walks by structure and level (chapter 9, 3.5 to 3.8), and the reach of each
 * command on cached translations (6.5.2, Tables 23 and 24).
 */
#include "vtd_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RID       UINT32_C(0x8)
#define ROOT      UINT64_C(0x1000)
#define CONTEXT   UINT64_C(0x2000)
#define DIRECTORY UINT64_C(0x3000)
#define PASIDS    UINT64_C(0x4000)
#define TABLES    UINT64_C(0x400000)
#define FIRST     UINT64_C(0x23) /* P, R/W, A: first-stage pointer */
#define LEAF      UINT64_C(0x67) /* and U/S, D */
#define SECOND    UINT64_C(0x3) /* R, W */

static uint64_t word_at(struct ioasim_memory *memory, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(memory, address, &word), 0);
	return word;
}

static void put_word(struct ioasim_memory *memory, uint64_t address, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(memory, address, word), 0);
}

/* A tree of tables: where it begins, how deep it is, what its entries bear. */
struct tree {
	struct ioasim_memory *memory;
	uint64_t *next; /* next free page */
	uint64_t root;
	unsigned levels;
	uint64_t pointer, leaf;
};

/* Address of the entry for `input` at `level` (0 maps 4 KiB), tables made on the way. */
static uint64_t entry_at(const struct tree *tree, uint64_t input, unsigned level)
{
	uint64_t table = tree->root;

	for (unsigned n = tree->levels - 1;; n--) {
		uint64_t at = table + 8 * (input >> (12 + 9 * n) & 0x1ff);

		if (n == level)
			return at;
		if (!word_at(tree->memory, at)) {
			put_word(tree->memory, at, *tree->next | tree->pointer);
			*tree->next += 0x1000;
		}
		table = word_at(tree->memory, at) & UINT64_C(0xffffffffff000);
	}
}

static void map(const struct tree *tree, uint64_t input, uint64_t output, unsigned level)
{
	put_word(tree->memory, entry_at(tree, input, level),
		 output | tree->leaf | (level ? 0x80 : 0));
}

static struct tree tree_new(struct ioasim_memory *memory, uint64_t *next, unsigned levels,
			    bool first)
{
	struct tree tree = {.memory = memory, .next = next, .root = *next, .levels = levels};

	*next += 0x1000;
	tree.pointer = first ? FIRST | 4 : SECOND;
	tree.leaf = first ? LEAF : SECOND;
	return tree;
}

/* ---- References ------------------------------------------------------------------- */

enum shape { LEGACY, LEGACY_PASS, SECOND_STAGE, FIRST_STAGE, NESTED, PASS };

/* The figures are those of the specification's tables: one reference for each of
 * root and context entry, PASID directory and table entry, and paging entry. */
static const struct walk_row {
	const char *about;
	enum shape shape;
	unsigned first, second; /* levels */
	unsigned first_leaf, second_leaf; /* level of the leaf */
	unsigned device, pasid, stage1, stage2, for_stage1;
} walks[] = {
	{"legacy, 3 levels", LEGACY, 0, 3, 0, 0, 2, 0, 0, 3, 0},
	{"legacy, 4 levels", LEGACY, 0, 4, 0, 0, 2, 0, 0, 4, 0},
	{"legacy, 5 levels", LEGACY, 0, 5, 0, 0, 2, 0, 0, 5, 0},
	{"legacy, 4 levels, 2 MiB", LEGACY, 0, 4, 0, 1, 2, 0, 0, 3, 0},
	{"legacy, 4 levels, 1 GiB", LEGACY, 0, 4, 0, 2, 2, 0, 0, 2, 0},
	{"legacy, pass-through", LEGACY_PASS, 0, 0, 0, 0, 2, 0, 0, 0, 0},
	{"scalable, pass-through", PASS, 0, 0, 0, 0, 2, 2, 0, 0, 0},
	{"second stage, 3 levels", SECOND_STAGE, 0, 3, 0, 0, 2, 2, 0, 3, 0},
	{"second stage, 4 levels", SECOND_STAGE, 0, 4, 0, 0, 2, 2, 0, 4, 0},
	{"second stage, 5 levels", SECOND_STAGE, 0, 5, 0, 0, 2, 2, 0, 5, 0},
	{"first stage, 4 levels", FIRST_STAGE, 4, 0, 0, 0, 2, 2, 4, 0, 0},
	{"first stage, 5 levels", FIRST_STAGE, 5, 0, 0, 0, 2, 2, 5, 0, 0},
	{"first stage, 4 levels, 2 MiB", FIRST_STAGE, 4, 0, 1, 0, 2, 2, 3, 0, 0},
	{"nested, 4 over 3", NESTED, 4, 3, 0, 0, 2, 2, 4, 3, 12},
	{"nested, 4 over 4", NESTED, 4, 4, 0, 0, 2, 2, 4, 4, 16},
	{"nested, 5 over 4", NESTED, 5, 4, 0, 0, 2, 2, 5, 4, 20},
	{"nested, 5 over 5", NESTED, 5, 5, 0, 0, 2, 2, 5, 5, 25},
	{"nested, 4 over 4, 2 MiB in the first", NESTED, 4, 4, 1, 0, 2, 2, 3, 4, 12},
};

#define INPUT  UINT64_C(0x40203000)
#define OUTPUT UINT64_C(0x8000000)

static void write_structures(struct ioasim_memory *memory, const struct walk_row *row,
			     uint64_t first_root, uint64_t second_root)
{
	static const unsigned pgtt[] = {
		[SECOND_STAGE] = 2, [FIRST_STAGE] = 1, [NESTED] = 3, [PASS] = 4};
	unsigned width = row->second ? row->second - 2 : 0;

	put_word(memory, ROOT, CONTEXT | 1);
	if (row->shape == LEGACY || row->shape == LEGACY_PASS) {
		put_word(memory, CONTEXT + 16 * RID,
			 second_root | 1 | (row->shape == LEGACY_PASS ? 2 << 2 : 0));
		put_word(memory, CONTEXT + 16 * RID + 8, 5 << 8 | (width ? width : 3));
		return;
	}
	put_word(memory, CONTEXT + 32 * RID, DIRECTORY | 1);
	put_word(memory, DIRECTORY, PASIDS | 1);
	put_word(memory, PASIDS, second_root | (uint64_t)pgtt[row->shape] << 6 | width << 2 | 1);
	put_word(memory, PASIDS + 8, 5 | 1 << 23); /* PWSNP */
	put_word(memory, PASIDS + 16, first_root | (row->first == 5 ? 1 << 2 : 0));
}

static void write_tables(struct ioasim_memory *memory, const struct walk_row *row)
{
	uint64_t next = TABLES, first_root = 0, second_root = 0;
	struct tree first, second;

	if (row->second) {
		second = tree_new(memory, &next, row->second, false);
		second_root = second.root;
	}
	if (row->first) {
		first = tree_new(memory, &next, row->first, true);
		first_root = first.root;
		map(&first, INPUT, OUTPUT, row->first_leaf);
	}
	if (row->shape == NESTED) {
		uint64_t end = next;

		for (uint64_t page = first_root; page < end; page += 0x1000)
			map(&second, page, page, 0);
		map(&second, OUTPUT | (row->first_leaf ? INPUT & 0x1ff000 : 0), OUTPUT, 0);
	} else if (row->second) {
		map(&second, INPUT, row->second_leaf == 2 ? 0 : OUTPUT, row->second_leaf);
	}
	write_structures(memory, row, first_root, second_root);
}

static struct ioasim_unit *bare_unit(struct ioasim_memory *memory)
{
	struct ioasim_unit_config config;
	struct ioasim_unit *unit = NULL;
	const char *why = NULL;

	assert_int_equal(ioasim_unit_config_init(&config, "vtd"), 0);
	assert_int_equal(ioasim_unit_config_set(&config, "cap", RIG_FULL_CAP), 0);
	assert_int_equal(ioasim_unit_config_set(&config, "ecap", RIG_FULL_ECAP), 0);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, memory, &unit, &why), 0);
	return unit;
}

static unsigned sum(const struct ioasim_cost *cost, enum ioasim_reference_kind kind)
{
	unsigned total = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		total += cost->refs[kind][level];
	return total;
}

static void check_walk(const struct walk_row *row)
{
	struct ioasim_memory *memory = ioasim_memory_create();
	const struct ioasim_request request = {
		.requester_id = RID, .address = INPUT, .length = 8, .access = IOASIM_READ};
	struct ioasim_response response;
	struct ioasim_unit *unit;
	bool legacy = row->shape == LEGACY || row->shape == LEGACY_PASS;

	assert_non_null(memory);
	assert_int_equal(ioasim_memory_add_ram(memory, 0, UINT64_C(1) << 40), 0);
	write_tables(memory, row);
	unit = bare_unit(memory);
	assert_int_equal(ioasim_mmio_write(unit, 0x20, 8, ROOT | (legacy ? 0 : 0x400)), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x18, 4, UINT64_C(1) << 30), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x18, 4, UINT64_C(1) << 31), 0);
	/* Twice: without caches the second costs the same. */
	for (unsigned i = 0; i < 2; i++) {
		ioasim_translate(unit, &request, &response);
		if (response.outcome != IOASIM_OK ||
		    sum(&response.cost, IOASIM_REF_DEVICE_TABLE) != row->device ||
		    sum(&response.cost, IOASIM_REF_PASID_TABLE) != row->pasid ||
		    sum(&response.cost, IOASIM_REF_STAGE1) != row->stage1 ||
		    sum(&response.cost, IOASIM_REF_STAGE2) != row->stage2 ||
		    sum(&response.cost, IOASIM_REF_STAGE2_FOR_STAGE1) != row->for_stage1)
			fail_msg("%s: outcome %u fault 0x%x, references %u %u %u %u %u", row->about,
				 response.outcome, response.fault.code,
				 sum(&response.cost, IOASIM_REF_DEVICE_TABLE),
				 sum(&response.cost, IOASIM_REF_PASID_TABLE),
				 sum(&response.cost, IOASIM_REF_STAGE1),
				 sum(&response.cost, IOASIM_REF_STAGE2),
				 sum(&response.cost, IOASIM_REF_STAGE2_FOR_STAGE1));
	}
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
}

static void a_cold_walk_reads_each_entry_on_its_way_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		check_walk(&walks[i]);
}

/* ---- Removal ---------------------------------------------------------------------- */

/* Five address spaces of one device, by PASID; each maps two pages. */
enum { SECOND_A, SECOND_B, FIRST_A, FIRST_B, NESTED_A, SPACES };

static const struct space_row {
	uint32_t pasid;
	uint16_t did;
	unsigned pgtt;
} spaces[SPACES] = {
	[SECOND_A] = {1, 5, 2}, [SECOND_B] = {2, 6, 2}, [FIRST_A] = {3, 7, 1},
	[FIRST_B] = {4, 7, 1},  [NESTED_A] = {5, 8, 3},
};

#define PAGE0 UINT64_C(0x10000)
#define PAGE1 UINT64_C(0x11000)
/* Bits 2n and 2n + 1: the first and second page of space n. */
#define BOTH(space)   (3u << 2 * (space))
#define PAGE_0(space) (1u << 2 * (space))
#define ALL           ((1u << 2 * SPACES) - 1)

/* Descriptors as 6.5.2.1 to 6.5.2.9 lay them out. */
#define CONTEXT_GLOBAL           0x11
#define IOTLB_GLOBAL             0x12
#define IOTLB_DOMAIN(did)        (0x22 | (uint64_t)(did) << 16)
#define IOTLB_PAGE(did)          (0x32 | (uint64_t)(did) << 16)
#define PIOTLB_PASID(did, pasid) (0x26 | (uint64_t)(did) << 16 | (uint64_t)(pasid) << 32)
#define PIOTLB_PAGE(did, pasid)  (0x36 | (uint64_t)(did) << 16 | (uint64_t)(pasid) << 32)
#define PASID_GLOBAL             0x37
#define PASID_ONE(did, pasid)    (0x17 | (uint64_t)(did) << 16 | (uint64_t)(pasid) << 32)

static const struct removal_row {
	const char *about;
	uint64_t w0, w1;
	unsigned removed;
} removals[] = {
	{"6.5.2.1 context cache, global: no translation", CONTEXT_GLOBAL, 0, 0},
	{"6.5.2.2 PASID cache, global: no translation", PASID_GLOBAL, 0, 0},
	{"6.5.2.2 PASID cache, one: no translation", PASID_ONE(5, 1), 0, 0},
	{"6.5.2.3 IOTLB, global", IOTLB_GLOBAL, 0, ALL},
	{"6.5.2.3 IOTLB, domain, second stage", IOTLB_DOMAIN(5), 0, BOTH(SECOND_A)},
	{"6.5.2.3 IOTLB, domain, first stage", IOTLB_DOMAIN(7), 0, BOTH(FIRST_A) | BOTH(FIRST_B)},
	{"6.5.2.3 IOTLB, domain, nested", IOTLB_DOMAIN(8), 0, BOTH(NESTED_A)},
	{"6.5.2.3 IOTLB, domain without entries", IOTLB_DOMAIN(99), 0, 0},
	{"6.5.2.3 IOTLB, page, second stage", IOTLB_PAGE(5), PAGE0, PAGE_0(SECOND_A)},
	{"6.5.2.3 IOTLB, two pages, second stage", IOTLB_PAGE(6), PAGE0 | 1, BOTH(SECOND_B)},
	{"6.5.2.3 IOTLB, other page", IOTLB_PAGE(5), 0x20000, 0},
	{"Table 23 IOTLB, page: first stage by domain", IOTLB_PAGE(7), PAGE0,
	 BOTH(FIRST_A) | BOTH(FIRST_B)},
	{"Table 23 IOTLB, page: nested by domain", IOTLB_PAGE(8), PAGE0, BOTH(NESTED_A)},
	{"6.5.2.4 by PASID, first stage", PIOTLB_PASID(7, 3), 0, BOTH(FIRST_A)},
	{"6.5.2.4 by PASID, nested", PIOTLB_PASID(8, 5), 0, BOTH(NESTED_A)},
	{"Table 24 by PASID, second stage too", PIOTLB_PASID(5, 1), 0, BOTH(SECOND_A)},
	{"6.5.2.4 by PASID, other domain", PIOTLB_PASID(6, 3), 0, 0},
	{"6.5.2.4 by PASID and page, first stage", PIOTLB_PAGE(7, 4), PAGE0, PAGE_0(FIRST_B)},
	{"6.5.2.4 by PASID and page, nested", PIOTLB_PAGE(8, 5), PAGE0, PAGE_0(NESTED_A)},
	{"Table 24 by PASID and page: not second stage", PIOTLB_PAGE(5, 1), PAGE0, 0},
};

struct spread {
	struct rig rig;
	uint64_t next;
	struct tree tree[SPACES]; /* whose leaves are changed */
};

static void spread_open(struct spread *s)
{
	struct tree nest;

	memset(s, 0, sizeof(*s));
	s->next = TABLES;
	rig_open(&s->rig, RIG_FULL_CAP, RIG_FULL_ECAP);
	rig_poke(&s->rig, ROOT, CONTEXT | 1);
	rig_poke(&s->rig, CONTEXT + 32 * RID, DIRECTORY | 9); /* P, PASIDE */
	rig_poke(&s->rig, DIRECTORY, PASIDS | 1);
	nest = tree_new(s->rig.memory, &s->next, 4, false);
	for (unsigned i = 0; i < SPACES; i++) {
		uint64_t entry = PASIDS + 64 * spaces[i].pasid;
		bool first = spaces[i].pgtt != 2;

		s->tree[i] = tree_new(s->rig.memory, &s->next, 4, first);
		map(&s->tree[i], PAGE0, OUTPUT + (uint64_t)i * 0x10000, 0);
		map(&s->tree[i], PAGE1, OUTPUT + (uint64_t)i * 0x10000 + 0x1000, 0);
		rig_poke(&s->rig, entry,
			 (first ? nest.root : s->tree[i].root) | spaces[i].pgtt << 6 | 2 << 2 | 1);
		rig_poke(&s->rig, entry + 8, spaces[i].did | 1 << 23);
		rig_poke(&s->rig, entry + 16, first ? s->tree[i].root : 0);
	}
	for (uint64_t page = TABLES; page < TABLES + 0x40000; page += 0x1000)
		map(&nest, page, page, 0);
	for (uint64_t page = OUTPUT; page < OUTPUT + 0x200000; page += 0x1000)
		map(&nest, page, page, 0);
	rig_root(&s->rig, ROOT | 0x400);
	rig_queue(&s->rig, true);
	rig_command(&s->rig, 31, true);
}

static uint64_t probe(struct spread *s, unsigned space, uint64_t address)
{
	const struct ioasim_request request = {.requester_id = RID,
					       .pasid = spaces[space].pasid,
					       .has_pasid = true,
					       .address = address,
					       .length = 4,
					       .access = IOASIM_READ};
	struct ioasim_response response;

	ioasim_translate(s->rig.unit, &request, &response);
	assert_int_equal(response.outcome, IOASIM_OK);
	return response.pa;
}

/* All pages are cached, then all leaves change, then the command: what is found new
 * has been removed. */
static void check_removal(const struct removal_row *row)
{
	struct spread s;
	unsigned removed = 0;

	spread_open(&s);
	for (unsigned i = 0; i < 2 * SPACES; i++)
		probe(&s, i / 2, i % 2 ? PAGE1 : PAGE0);
	for (unsigned i = 0; i < 2 * SPACES; i++)
		map(&s.tree[i / 2], i % 2 ? PAGE1 : PAGE0, OUTPUT + 0x100000 + i * 0x1000, 0);
	rig_submit(&s.rig, row->w0, row->w1);
	for (unsigned i = 0; i < 2 * SPACES; i++)
		if (probe(&s, i / 2, i % 2 ? PAGE1 : PAGE0) >= OUTPUT + 0x100000)
			removed |= 1u << i;
	if (removed != row->removed)
		fail_msg("%s: removed 0x%x, expected 0x%x", row->about, removed, row->removed);
	rig_close(&s.rig);
}

static void a_command_removes_what_its_table_says_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(removals) / sizeof(removals[0]); i++)
		check_removal(&removals[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cold_walk_reads_each_entry_on_its_way_once),
		cmocka_unit_test(a_command_removes_what_its_table_says_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
