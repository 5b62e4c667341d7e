/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SMMUv3 that marks what is written, in each form of the driver's tables, and a walker of
 * its own to where the marks stand (Arm ARM D8.3, D8.7.1).
 */
#ifndef TESTS_DRIVER_DIRTY_SMMU_H
#define TESTS_DRIVER_DIRTY_SMMU_H

#include "driver_dirty.h"
#include "driver_words_smmu.h"

/* IDR0.HTTU. */
#define RIG_HTTU(n) ((uint64_t)(n) << 6)

#define DBM        (UINT64_C(1) << 51)
#define CONTIGUOUS (UINT64_C(1) << 52)
/* AP[2], which forbids to write, and S2AP[1], which allows it. */
#define AP2_S2AP1 (UINT64_C(1) << 7)

/* Of a domain's table. */
struct form {
	const char *name;
	bool stage1;
	unsigned granule_lg2;
};

#define FORMS 6u

static const struct form forms[FORMS] = {
	{"stage 1, 4 KiB", true, 12},   {"stage 1, 16 KiB", true, 14},
	{"stage 1, 64 KiB", true, 16},  {"stage 2, 4 KiB", false, 12},
	{"stage 2, 16 KiB", false, 14}, {"stage 2, 64 KiB", false, 16},
};

static inline void form_prepare(struct rig *rig, const struct form *form)
{
	rig_prepare(rig);
	rig_set(rig, "idr0", RIG_IDR0 | RIG_HTTU(2));
	rig->config.stage1 = form->stage1;
	rig->config.granule_lg2 = form->granule_lg2;
}

/* The descriptors of a leaf. */
struct place {
	uint64_t first, last; /* addresses that it maps; of nothing: first above last */
	uint64_t at; /* of the first descriptor */
	unsigned items;
};

static inline uint64_t place_word(struct rig *rig, const struct place *place, unsigned i)
{
	uint64_t word = 0;

	assert_true(i < place->items);
	assert_int_equal(ioasim_memory_read64(rig->memory, place->at + i * 8, &word), 0);
	return word;
}

static inline void place_poke(struct rig *rig, const struct place *place, unsigned i, uint64_t word)
{
	assert_true(i < place->items);
	assert_int_equal(ioasim_memory_write64(rig->memory, place->at + i * 8, word), 0);
}

/* D8.7.1: the descriptors that Contiguous takes together. */
static inline unsigned place_run(unsigned granule_lg2, unsigned level)
{
	if (granule_lg2 == 14)
		return level ? 32 : 128;
	return granule_lg2 == 12 ? 16 : 32;
}

static inline struct place place_of(struct rig *rig, struct domain *domain, uint64_t iova)
{
	const struct page_table *table = &smmu_domain(domain)->space.table;
	unsigned granule = table->page_lg2, level = table->levels, lg2;
	struct place place = {.first = 1, .items = 1};
	uint64_t base = table->root, index, word = 0, size;

	for (;;) {
		level--;
		lg2 = granule + level * (granule - 3);
		index = iova >> lg2;
		if (level + 1 < table->levels)
			index &= (UINT64_C(1) << (granule - 3)) - 1;
		assert_int_equal(ioasim_memory_read64(rig->memory, base + index * 8, &word), 0);
		if (!(word & 1))
			return place;
		if (!level || !(word & 2))
			break;
		base = word & 0xfffffffff000 & ~((UINT64_C(1) << granule) - 1);
	}
	if (word & CONTIGUOUS)
		place.items = place_run(granule, level);
	index &= ~(uint64_t)(place.items - 1);
	place.at = base + index * 8;
	size = (uint64_t)place.items << lg2;
	place.first = iova & ~(size - 1);
	place.last = place.first + size - 1;
	return place;
}

/* Whether a descriptor of a page that can be written says that it was. */
static inline bool marked(const struct form *form, uint64_t word)
{
	assert_true(word & DBM);
	return form->stage1 ? !(word & AP2_S2AP1) : word & AP2_S2AP1;
}

static inline unsigned marks_count(struct rig *rig, const struct form *form,
				   const struct place *place)
{
	unsigned count = 0;

	for (unsigned i = 0; i < place->items; i++)
		count += marked(form, place_word(rig, place, i));
	return count;
}

static inline uint8_t flag_updates(struct rig *rig, uint32_t pasid, uint64_t address,
				   unsigned access)
{
	struct ioasim_response answer = rig_dma(rig, RID, pasid, address, access);

	assert_int_equal(answer.outcome, IOASIM_OK);
	return answer.cost.flag_updates;
}

#endif
