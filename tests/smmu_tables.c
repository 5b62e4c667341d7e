/* SPDX-License-Identifier: Apache-2.0 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST_BYTE UINT64_C(0x200000)
#define STRTAB_LG2 8u

void stab_open_with(struct stab *t, struct ioasim_unit_config *config)
{
	memset(t, 0, sizeof(*t));
	srig_open(&t->rig, config);
	t->next = FIRST_BYTE;
	t->strtab = stab_take(t, 64 << STRTAB_LG2);
	srig_queues(&t->rig);
}

void stab_open(struct stab *t, bool caches)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	if (!caches)
		ioasim_unit_config_no_caches(&config);
	stab_open_with(t, &config);
}

void stab_close(struct stab *t)
{
	srig_close(&t->rig);
}

void stab_start(struct stab *t)
{
	srig_start(&t->rig, t->strtab, STRTAB_LG2, CR2_RECINVSID);
}

uint64_t stab_take(struct stab *t, uint64_t size)
{
	uint64_t at = (t->next + size - 1) & ~(size - 1);

	t->next = at + size;
	assert_true(t->next <= SRIG_RAM);
	return at;
}

void stab_ste(struct stab *t, uint32_t sid, const uint64_t words[4])
{
	for (unsigned i = 0; i < 4; i++)
		srig_poke(&t->rig, t->strtab + sid * 64u + i * 8u, words[i]);
}

void stab_cd(struct stab *t, uint64_t at, const uint64_t words[4])
{
	for (unsigned i = 0; i < 4; i++)
		srig_poke(&t->rig, at + i * 8u, words[i]);
}

/* ---- Translation tables ---------------------------------------------------------------- */

unsigned stab_shift(const struct stab_tree *tree, unsigned level)
{
	return tree->granule + level * (tree->granule - 3);
}

void stab_tree_at(struct stab *t, struct stab_tree *tree, unsigned granule, unsigned input,
		  unsigned first)
{
	unsigned lg2;

	*tree = (struct stab_tree){.granule = granule, .input = input, .first = first};
	lg2 = input - stab_shift(tree, first) + 3;
	tree->root = stab_take(t, UINT64_C(1) << (lg2 > 6 ? lg2 : 6));
}

void stab_tree(struct stab *t, struct stab_tree *tree, unsigned granule, unsigned input)
{
	unsigned first = 0;

	while (granule + (first + 1) * (granule - 3) < input)
		first++;
	stab_tree_at(t, tree, granule, input, first);
}

uint64_t stab_entry(struct stab *t, const struct stab_tree *tree, uint64_t address, unsigned level)
{
	uint64_t table = tree->root, index = address & (BIT(tree->input) - 1);

	for (unsigned at = tree->first;; at--) {
		uint64_t entry = table + (index >> stab_shift(tree, at)) * 8;

		if (at == level)
			return entry;
		if (!srig_peek(&t->rig, entry))
			srig_poke(&t->rig, entry,
				  (stab_take(t, BIT(tree->granule)) + tree->guest) | PTE_TABLE |
					  tree->pointer);
		table = (srig_peek(&t->rig, entry) & BITS(47, 12)) - tree->guest;
		index &= BIT(stab_shift(tree, at)) - 1;
	}
}

uint64_t stab_map(struct stab *t, const struct stab_tree *tree, uint64_t address, unsigned level,
		  uint64_t leaf)
{
	uint64_t entry = stab_entry(t, tree, address, level);

	srig_poke(&t->rig, entry, leaf | (level ? PTE_BLOCK : PTE_PAGE));
	return entry;
}

/* ---- One page --------------------------------------------------------------------------- */

uint64_t stab_s2_word(void)
{
	return STAB_VMID | STE_S2T0SZ(16) | STE_S2SL0(2) | STE_S2PS(5) | STE_S2AA64 | STE_S2R;
}

/* Stage 2 lets all that the test has made be reached at STAB_GUEST. */
static void map_guest(struct stab *t)
{
	for (uint64_t page = FIRST_BYTE; page < FIRST_BYTE + 0x40000; page += 4096)
		stab_map(t, &t->s2, page + STAB_GUEST, 0, page | S2_ALL);
}

void stab_build(struct stab *t, enum stab_config config)
{
	uint64_t guest = config == STAB_NESTED ? STAB_GUEST : 0;
	uint64_t ste[4] = {STE_CONFIG(config), 0, STAB_VMID, 0}, cd[4] = {0};

	if (config != STAB_S1) {
		stab_tree(t, &t->s2, 12, 48);
		ste[2] = stab_s2_word();
		ste[3] = t->s2.root;
	}
	if (config == STAB_S2) {
		stab_map(t, &t->s2, STAB_IOVA, 0, STAB_FRAME | S2_ALL);
	} else {
		t->cd = stab_take(t, 64);
		stab_tree(t, &t->s1, 12, 48);
		t->s1.guest = guest;
		cd[0] = CD_PLAIN | CD_ASID(STAB_ASID);
		cd[1] = t->s1.root + guest;
		stab_cd(t, t->cd, cd);
		ste[0] |= t->cd + guest;
		stab_map(t, &t->s1, STAB_IOVA, 0, (guest ? STAB_IPA : STAB_FRAME) | S1_ALL);
	}
	if (config == STAB_NESTED) {
		map_guest(t);
		stab_map(t, &t->s2, STAB_IPA, 0, STAB_FRAME | S2_ALL);
	}
	stab_ste(t, STAB_SID, ste);
}

/* The leaf of stage 2 that maps an address as the unit's stage 1 names it. */
static uint64_t page_of(struct stab *t, uint64_t address)
{
	return stab_entry(t, &t->s2, address + STAB_GUEST, 0);
}

uint64_t stab_place(struct stab *t, enum stab_where where)
{
	uint64_t final = t->s1.root ? STAB_IPA : STAB_IOVA;
	uint64_t level;

	if (where >= STE_0 && where <= STE_3)
		return t->strtab + STAB_SID * 64 + (where - STE_0) * 8;
	if (where >= CD_0 && where <= CD_3)
		return t->cd + (where - CD_0) * 8;
	if (where >= S1_LEVEL_0 && where <= S1_LEVEL_3)
		return stab_entry(t, &t->s1, STAB_IOVA, where - S1_LEVEL_0);
	if (where >= S2_LEVEL_0 && where <= S2_LEVEL_3)
		return stab_entry(t, &t->s2, final, where - S2_LEVEL_0);
	if (where == S2_PAGE_OF_CD)
		return page_of(t, t->cd);
	assert_true(where >= S2_PAGE_OF_S1_0 && where <= S2_PAGE_OF_S1_3);
	level = where - S2_PAGE_OF_S1_0;
	return page_of(t, stab_entry(t, &t->s1, STAB_IOVA, (unsigned)level));
}

void stab_change(struct stab *t, enum stab_where where, uint64_t clear, uint64_t set)
{
	uint64_t at;

	if (where == NOTHING)
		return;
	at = stab_place(t, where);
	srig_poke(&t->rig, at, (srig_peek(&t->rig, at) & ~clear) | set);
}

/* ---- Requests --------------------------------------------------------------------------- */

struct ioasim_request stab_request(uint64_t address, unsigned access)
{
	return (struct ioasim_request){
		.requester_id = STAB_SID,
		.address = address,
		.length = 4,
		.access = (uint8_t)access,
	};
}

struct ioasim_request stab_request_pasid(uint64_t address, unsigned access, uint32_t pasid)
{
	struct ioasim_request request = stab_request(address, access);

	request.has_pasid = true;
	request.pasid = pasid;
	return request;
}

struct ioasim_response stab_ask(struct stab *t, const struct ioasim_request *request)
{
	struct ioasim_response response;

	memset(&response, 0xa5, sizeof(response));
	ioasim_translate(t->rig.unit, request, &response);
	return response;
}

struct ioasim_response stab_read(struct stab *t, uint64_t address)
{
	struct ioasim_request request = stab_request(address, IOASIM_READ);

	return stab_ask(t, &request);
}

unsigned stab_refs(const struct ioasim_cost *cost, unsigned kind)
{
	unsigned sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += cost->refs[kind][level];
	return sum;
}

unsigned stab_refs_all(const struct ioasim_cost *cost)
{
	unsigned sum = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		sum += stab_refs(cost, kind);
	return sum;
}

uint64_t stab_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t stab_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
