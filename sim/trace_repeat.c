/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_repeat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "idmap.h"
#include "model/interval.h"
#include "model/driver.h"

struct trace_repeat {
	char arch[sizeof(((struct trace_meta *)0)->arch)];
	bool unit; /* has the unit level */
	struct interval_map maps; /* by domain */
	struct idmap domains; /* kind plus 1 */
	struct idmap attachments; /* by requester and PASID */
	struct idmap lasting; /* devices, and aborting ranges by page */
	struct idmap words; /* of memory, by address */
};

/* Writing 0 there switches a unit off: GCMD, Control, CR0. */
struct off_switch {
	const char *arch;
	uint32_t offset;
	uint8_t size;
};

static const struct off_switch off_switches[] = {
	{"vtd", 0x18, 4},
	{"amdvi", 0x18, 8},
	{"smmuv3", 0x20, 4},
};

int trace_repeat_new(const struct trace_meta *meta, struct trace_repeat **out)
{
	struct trace_repeat *repeat = calloc(1, sizeof(*repeat));

	if (!repeat)
		return -ENOMEM;
	memcpy(repeat->arch, meta->arch, sizeof(repeat->arch));
	*out = repeat;
	return 0;
}

void trace_repeat_free(struct trace_repeat *repeat)
{
	if (!repeat)
		return;
	interval_fini(&repeat->maps);
	idmap_fini(&repeat->domains);
	idmap_fini(&repeat->attachments);
	idmap_fini(&repeat->lasting);
	idmap_fini(&repeat->words);
	free(repeat);
}

/* ---- What a round leaves behind -------------------------------------------------- */

static int note_unmap(struct trace_repeat *repeat, const struct trace_record *record)
{
	uint64_t first = record->address, last = first + (record->length - 1);
	struct interval_place place;
	const struct interval *found;
	int status = 0;

	while (status == 0 && record->length && last >= first &&
	       (found = interval_find(&repeat->maps, record->domain, first, &place)) &&
	       found->first <= last) {
		struct interval low = *found, high = *found;

		interval_remove(&repeat->maps, &place);
		if (low.first < first) {
			low.last = first - 1;
			status = interval_insert(&repeat->maps, &low);
		}
		if (status == 0 && high.last > last) {
			high.first = last + 1;
			status = interval_insert(&repeat->maps, &high);
		}
	}
	return status;
}

/* A map that meets another is an error of the trace, which stays as it is. */
static int note_map(struct trace_repeat *repeat, const struct trace_record *record)
{
	const struct interval map = {.space = record->domain,
				     .first = record->address,
				     .last = record->address + (record->length - 1)};

	if (record->length == 0 || map.last < map.first ||
	    !interval_is_free(&repeat->maps, map.space, map.first, map.last))
		return 0;
	return interval_insert(&repeat->maps, &map);
}

static uint64_t attachment_key(const struct trace_record *record)
{
	return (uint64_t)record->rid << 32 |
	       (record->flags & TRACE_PASID ? record->pasid : TRACE_NO_PASID);
}

static int note_words(struct trace_repeat *repeat, uint64_t address, uint64_t size)
{
	int status = idmap_put(&repeat->words, address & ~UINT64_C(7), repeat);

	if (status == 0 && (address & 7) + size > 8)
		status = idmap_put(&repeat->words, (address | 7) + 1, repeat);
	return status;
}

/* Keys of aborting ranges, which begin at a page, have a bit that requesters lack. */
static int note_lasting(struct trace_repeat *repeat, uint64_t key)
{
	if (idmap_get(&repeat->lasting, key))
		return 1;
	return idmap_put(&repeat->lasting, key, repeat);
}

int trace_repeat_take(struct trace_repeat *repeat, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_REGISTER:
		repeat->unit = true;
		return 0;
	case TRACE_MEMORY:
		return note_words(repeat, record->address, 8);
	case TRACE_STORE:
		return note_words(repeat, record->address, record->size);
	case TRACE_DEVICE:
		return note_lasting(repeat, record->rid);
	case TRACE_ABORT:
		return note_lasting(repeat, record->address >> 12 | UINT64_C(1) << 63);
	case TRACE_DOMAIN:
		return idmap_put(&repeat->domains, record->domain,
				 (void *)((uintptr_t)record->size + 1));
	case TRACE_DOMAIN_FREE:
		return idmap_put(&repeat->domains, record->domain, NULL);
	case TRACE_ATTACH:
		return idmap_put(&repeat->attachments, attachment_key(record), repeat);
	case TRACE_DETACH:
		return idmap_put(&repeat->attachments, attachment_key(record), NULL);
	case TRACE_MAP:
		return note_map(repeat, record);
	case TRACE_UNMAP:
		return note_unmap(repeat, record);
	default:
		return 0;
	}
}

/* ---- The seam ---------------------------------------------------------------------- */

struct seam {
	struct trace_writer *writer;
	uint64_t time_ns;
	int status;
};

static void put(struct seam *seam, struct trace_record record)
{
	record.time_ns = seam->time_ns;
	if (!(record.flags & TRACE_PASID))
		record.pasid = TRACE_NO_PASID;
	if (seam->status == 0)
		seam->status = trace_put(seam->writer, &record);
}

static void put_unmaps(const struct trace_repeat *repeat, struct seam *seam)
{
	struct interval_place place;

	for (size_t i = 0; i < repeat->domains.slots; i++) {
		uint64_t domain = repeat->domains.slot[i].key;
		const struct interval *map = NULL;

		if (repeat->domains.slot[i].value)
			map = interval_find(&repeat->maps, domain, 0, &place);
		for (; map; map = interval_next(&repeat->maps, &place))
			put(seam, (struct trace_record){.kind = TRACE_UNMAP,
							.domain = (uint32_t)domain,
							.address = map->first,
							.length = map->last - map->first + 1});
	}
}

static void put_detaches(const struct trace_repeat *repeat, struct seam *seam)
{
	for (size_t i = 0; i < repeat->attachments.slots; i++) {
		const struct idmap_slot *slot = &repeat->attachments.slot[i];
		uint32_t pasid = (uint32_t)slot->key;

		if (slot->value)
			put(seam, (struct trace_record){
					  .kind = TRACE_DETACH,
					  .flags = pasid == TRACE_NO_PASID ? 0 : TRACE_PASID,
					  .rid = (uint32_t)(slot->key >> 32),
					  .pasid = pasid});
	}
}

/* Nested domains go before those that they stand on. */
static void put_frees(const struct trace_repeat *repeat, struct seam *seam, bool nested)
{
	for (size_t i = 0; i < repeat->domains.slots; i++) {
		const struct idmap_slot *slot = &repeat->domains.slot[i];
		uintptr_t kind = (uintptr_t)slot->value - 1;

		if (slot->value && nested == (kind >= DOMAIN_NESTED))
			put(seam, (struct trace_record){.kind = TRACE_DOMAIN_FREE,
							.domain = (uint32_t)slot->key});
	}
}

static void put_unit_off(const struct trace_repeat *repeat, struct seam *seam)
{
	for (size_t i = 0; i < sizeof(off_switches) / sizeof(off_switches[0]); i++)
		if (strcmp(off_switches[i].arch, repeat->arch) == 0)
			put(seam, (struct trace_record){.kind = TRACE_REGISTER,
							.address = off_switches[i].offset,
							.size = off_switches[i].size});
	for (size_t i = 0; i < repeat->words.slots; i++)
		if (repeat->words.slot[i].value)
			put(seam, (struct trace_record){.kind = TRACE_MEMORY,
							.address = repeat->words.slot[i].key});
}

int trace_repeat_seam(struct trace_repeat *repeat, struct trace_writer *writer, uint64_t time_ns)
{
	struct seam seam = {writer, time_ns, 0};

	put_unmaps(repeat, &seam);
	put_detaches(repeat, &seam);
	put_frees(repeat, &seam, true);
	put_frees(repeat, &seam, false);
	if (repeat->unit)
		put_unit_off(repeat, &seam);
	interval_fini(&repeat->maps);
	idmap_fini(&repeat->domains);
	idmap_fini(&repeat->attachments);
	return seam.status;
}
