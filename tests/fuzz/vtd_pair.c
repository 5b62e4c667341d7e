/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_pair.h"

#include "vtd/registers.h"
#include "vtd/structures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_OF(page) ((uint64_t)(page)*PAIR_PAGE)

/* Units of real and full make: 39, 48, 57 bits; legacy, second stage, first stage
 * only; one and eight fault records; narrow domain-ids. Small caches, so that sets
 * overflow. */
static const struct {
	uint64_t cap, ecap;
	uint32_t entries, ways;
	uint8_t policy;
} configs[PAIR_CONFIGS] = {
	{UINT64_C(0x80d2008c222f0606), 0xf00f4a, 16, 4, IOASIM_POLICY_LRU},
	{UINT64_C(0x80d2008c22260206), 0xf00f4a, 7, 0, IOASIM_POLICY_FIFO},
	{UINT64_C(0x91d2078c40380e06), UINT64_C(0x33ef9ee4f050df), 64, 8, IOASIM_POLICY_PLRU},
	{UINT64_C(0x81d2078c402f0606), UINT64_C(0x33ef9ee4f050df), 8, 2, IOASIM_POLICY_RANDOM},
	{UINT64_C(0x81d2008c222f0606), UINT64_C(0x1893800f00f4a), 32, 0, IOASIM_POLICY_LRU},
	{UINT64_C(0x80d20080222f0406), UINT64_C(0x499800000f02), 4, 1, IOASIM_POLICY_LRU},
	{UINT64_C(0x81d2008c402f0606), UINT64_C(0x33ef9ee4f050df), 256, 4, IOASIM_POLICY_LRU},
	{UINT64_C(0x91d2078c40380e06), UINT64_C(0x33ef9ee4f050df), 12, 3, IOASIM_POLICY_FIFO},
};

/* ---- Callbacks: hashed, so that both sides can be compared ----------------- */

static void event(struct side *side, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t words[] = {a, b, c};

	for (unsigned i = 0; i < 3; i++)
		side->events = (side->events ^ words[i]) * UINT64_C(0x100000001b3) + 1;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	event(opaque, 1, address, data);
}

static void on_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	struct side *side = opaque;

	if (what->first > what->last)
		side->broken = "an ATC invalidation ends before it begins";
	event(side, 2, what->first, what->last);
	event(side, what->requester_id, what->has_pasid ? what->pasid : ~UINT64_C(0), what->global);
}

static void on_page_response(void *opaque, const struct ioasim_page_response *response)
{
	event(opaque, 3, response->requester_id, response->group);
	event(opaque, response->code, response->has_pasid,
	      response->has_pasid ? response->pasid : 0);
}

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct side *side = opaque;

	if (count != 2 && count != 4)
		side->broken = "a command has neither two nor four words";
	event(side, 4, words[0], words[1]);
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct side *side = opaque;
	uint32_t first;

	if (length != 4 && (length == 0 || length % 8 != 0))
		side->broken = "a store of the unit has a strange length";
	memcpy(&first, data, sizeof(first));
	event(side, 5, address, first);
}

static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct side *side = opaque;

	if (what->first > what->last)
		side->broken = "an invalidation ends before it begins";
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct side *side = opaque;

	if (fault->words > 4 || !fault->code)
		side->broken = "a fault without code, or with too many words";
	event(side, 6, requester_id, fault->code);
	event(side, fault->recorded, fault->record[0], fault->record[1]);
}

/* ---- A window that answers by callbacks, and refuses some ------------------- */

static int callback_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	(void)opaque;
	memset(data, (int)(offset / 8 % 8), length);
	return offset & 0x800 ? -EIO : 0;
}

static int callback_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	(void)opaque;
	(void)data;
	(void)length;
	return offset & 0x400 ? -EIO : 0;
}

static int callback_swap(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	uint64_t now;

	(void)desired;
	if (callback_read(opaque, offset, &now, sizeof(now)))
		return -EIO;
	*expected = now;
	return 0;
}

static const struct ioasim_memory_ops callback_ops = {callback_read, callback_write, callback_swap};

/* ---- Life -------------------------------------------------------------------- */

static bool unit_create(struct side *side, enum pair_side which, unsigned n)
{
	struct ioasim_unit_config config;

	if (ioasim_unit_config_init(&config, "vtd") ||
	    ioasim_unit_config_set(&config, "cap", configs[n].cap) ||
	    ioasim_unit_config_set(&config, "ecap", configs[n].ecap))
		return false;
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (config.cache[i].entries)
			config.cache[i] = (struct ioasim_cache_geometry){
				configs[n].entries, configs[n].ways, configs[n].policy, n};
	if (which == SIDE_BARE)
		ioasim_unit_config_no_caches(&config);
	config.opaque = side;
	config.callbacks = (struct ioasim_unit_callbacks){
		.interrupt = on_interrupt,
		.atc_invalidate = on_atc,
		.page_response = on_page_response,
		.command = on_command,
		.stored = on_stored,
		.invalidated = on_invalidated,
		.fault = on_fault,
	};
	return ioasim_unit_create(&config, side->memory, &side->units[n], NULL) == 0;
}

static bool side_create(struct side *side, enum pair_side which)
{
	side->ram = aligned_alloc(PAIR_PAGE, PAIR_SIZE);
	side->memory = ioasim_memory_create();
	if (!side->ram || !side->memory ||
	    ioasim_memory_add_buffer(side->memory, 0, PAIR_SIZE, side->ram) ||
	    ioasim_memory_add_ram(side->memory, PAIR_FAR, PAIR_SIZE) ||
	    ioasim_memory_add_callback(side->memory, PAIR_CALLBACK, PAIR_PAGE, &callback_ops, NULL))
		return false;
	for (unsigned n = 0; n < PAIR_CONFIGS; n++)
		if (!unit_create(side, which, n))
			return false;
	return true;
}

struct pair *pair_create(void)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (pair && side_create(&pair->side[SIDE_CACHED], SIDE_CACHED) &&
	    side_create(&pair->side[SIDE_BARE], SIDE_BARE))
		return pair;
	pair_destroy(pair);
	return NULL;
}

void pair_destroy(struct pair *pair)
{
	if (!pair)
		return;
	for (unsigned i = 0; i < SIDES; i++) {
		for (unsigned n = 0; n < PAIR_CONFIGS; n++)
			ioasim_unit_destroy(pair->side[i].units[n]);
		ioasim_memory_destroy(pair->side[i].memory);
		free(pair->side[i].ram);
	}
	free(pair);
}

void pair_begin(struct pair *pair, unsigned config)
{
	for (unsigned i = 0; i < SIDES; i++) {
		struct side *side = &pair->side[i];

		memset(side->ram, 0, PAIR_SIZE);
		ioasim_memory_clear(side->memory);
		ioasim_memory_clear_aborts(side->memory);
		side->unit = side->units[config % PAIR_CONFIGS];
		ioasim_unit_reset(side->unit);
		side->events = 0;
		side->refs = 0;
		side->broken = NULL;
	}
	pair->tail = 0;
	pair->wide = false;
	pair->page_requests = 0;
}

/* ---- What a driver does -------------------------------------------------------- */

void pair_store(struct pair *pair, uint64_t address, uint64_t value)
{
	for (unsigned i = 0; i < SIDES; i++)
		memcpy(pair->side[i].ram + address % PAIR_SIZE / 8 * 8, &value, sizeof(value));
}

uint64_t pair_load(const struct pair *pair, uint64_t address)
{
	uint64_t value;

	memcpy(&value, pair->side[SIDE_CACHED].ram + address % PAIR_SIZE / 8 * 8, sizeof(value));
	return value;
}

void pair_write(struct pair *pair, uint32_t offset, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < SIDES; i++) {
		int rc = ioasim_mmio_write(pair->side[i].unit, offset, size, value);

		if (rc && rc != -EINVAL)
			pair->side[i].broken =
				"a register write returns another error than -EINVAL";
	}
}

static void preset_tables(struct pair *pair)
{
	const uint64_t fs = FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
			    FIELD_MASK(VTD_FS_A);

	for (unsigned level = 0; level < 3; level++) {
		for (unsigned i = 0; i < 2; i++) {
			pair_store(pair, PAGE_OF(PAGE_SECOND + level) + 8 * i,
				   PAGE_OF(PAGE_SECOND + level + 1) | FIELD_MASK(VTD_SS_RW));
			pair_store(pair, PAGE_OF(PAGE_FIRST + level) + 8 * i,
				   PAGE_OF(PAGE_FIRST + level + 1) | fs);
		}
	}
	/* The second stage maps the sixteen pages to themselves, also for the first. */
	for (unsigned i = 0; i < PAIR_PAGES; i++)
		pair_store(pair, PAGE_OF(PAGE_SECOND + 3) + 8 * i,
			   PAGE_OF(i) | FIELD_MASK(VTD_SS_RW));
	for (unsigned i = 0; i < 4; i++)
		pair_store(pair, PAGE_OF(PAGE_FIRST + 3) + 8 * i,
			   PAGE_OF(PAGE_QUEUE + i) | fs | (i & 1 ? FIELD_MASK(VTD_FS_D) : 0));
}

#define PRESET_RID 0x18u

static void preset_legacy(struct pair *pair)
{
	for (unsigned rid = PRESET_RID; rid < PRESET_RID + 2; rid++) {
		uint64_t entry = PAGE_OF(PAGE_CONTEXT) + VTD_CONTEXT_SIZE * rid;

		/* Tables of their own: from the next level's table on, all means another. */
		pair_store(pair, entry,
			   PAGE_OF(PAGE_SECOND + rid - PRESET_RID) | FIELD_MASK(VTD_CONTEXT_0_P));
		pair_store(pair, entry + 8,
			   FIELD_VALUE(VTD_CONTEXT_1_AW, 2) | FIELD_VALUE(VTD_CONTEXT_1_DID, rid));
	}
	pair_store(pair, 0, PAGE_OF(PAGE_CONTEXT) | FIELD_MASK(VTD_ROOT_P));
}

static void preset_scalable(struct pair *pair, unsigned pgtt)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t page = PAGE_OF(half ? PAGE_CONTEXT_UPPER : PAGE_CONTEXT);

		pair_store(pair, 8 * half, page | FIELD_MASK(VTD_ROOT_P));
		pair_store(pair, page + VTD_SCALABLE_CONTEXT_SIZE * PRESET_RID,
			   PAGE_OF(PAGE_DIRECTORY) | FIELD_MASK(VTD_SCALABLE_CONTEXT_0_P) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_PASIDE) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_DTE) |
				   FIELD_MASK(VTD_SCALABLE_CONTEXT_0_PRE));
	}
	pair_store(pair, PAGE_OF(PAGE_DIRECTORY),
		   PAGE_OF(PAGE_PASID) | FIELD_MASK(VTD_PASID_DIRECTORY_P));
	for (unsigned pasid = 0; pasid < 4; pasid++) {
		uint64_t entry = PAGE_OF(PAGE_PASID) + VTD_PASID_SIZE * pasid;

		pair_store(pair, entry,
			   PAGE_OF(PAGE_SECOND + (pasid & 1)) | FIELD_MASK(VTD_PASID_0_P) |
				   FIELD_VALUE(VTD_PASID_0_AW, 2) |
				   FIELD_VALUE(VTD_PASID_0_PGTT, pgtt));
		pair_store(pair, entry + 8,
			   FIELD_VALUE(VTD_PASID_1_DID, 1 + pasid) |
				   (pasid != 1 ? FIELD_MASK(VTD_PASID_1_PWSNP) : 0));
		pair_store(pair, entry + 16, PAGE_OF(PAGE_FIRST + pasid / 2));
	}
}

void pair_preset(struct pair *pair, enum pair_preset preset)
{
	static const uint8_t pgtt[PRESETS] = {0, 2, 1, 3, 4};
	bool scalable = preset != PRESET_LEGACY;
	uint32_t command = FIELD_MASK(VTD_GCMD_QIE);

	preset_tables(pair);
	if (scalable)
		preset_scalable(pair, pgtt[preset]);
	else
		preset_legacy(pair);
	pair->tail = 0;
	pair->wide = scalable;
	pair_write(pair, VTD_GCMD, 4, 0);
	pair_write(pair, VTD_IQT, 8, 0);
	pair_write(pair, VTD_IQA, 8, PAGE_OF(PAGE_QUEUE) | (scalable ? FIELD_MASK(VTD_IQA_DW) : 0));
	pair_write(pair, VTD_PQA, 8, PAGE_OF(PAGE_REQUESTS));
	pair_write(pair, VTD_RTADDR, 8, FIELD_VALUE(VTD_RTADDR_TTM, scalable));
	pair_write(pair, VTD_GCMD, 4, FIELD_MASK(VTD_GCMD_SRTP));
	pair_write(pair, VTD_GCMD, 4, command);
	pair_write(pair, VTD_FECTL, 4, 0);
	pair_write(pair, VTD_IECTL, 4, 0);
	pair_write(pair, VTD_GCMD, 4, command | FIELD_MASK(VTD_GCMD_TE));
}

void pair_submit(struct pair *pair, const uint64_t words[4])
{
	unsigned count = pair->wide ? 4 : 2;

	for (unsigned i = 0; i < count; i++)
		pair_store(pair, PAGE_OF(PAGE_QUEUE) + pair->tail + 8 * i, words[i]);
	pair->tail = (pair->tail + 8 * count) % PAIR_PAGE;
	pair_write(pair, VTD_IQT, 8, pair->tail);
}

/* ---- What must hold --------------------------------------------------------------- */

const char *pair_identities(const struct pair *pair, const struct side *side)
{
	const struct ioasim_counters *c = ioasim_unit_counters(side->unit);
	uint64_t refs = 0;

	if (side->broken)
		return side->broken;
	if (c->ok + c->faulted != c->requests[0] + c->requests[1] + c->requests[2])
		return "ok + faulted is not the number of requests";
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *cache = &c->cache[i];

		if (cache->lookups != cache->hits + cache->misses)
			return "look-ups are not hits + misses";
		if (cache->fills - cache->evictions - cache->invalidated !=
		    ioasim_unit_cache_live(side->unit, i))
			return "fills - evictions - invalidated are not the live entries";
	}
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			refs += c->refs[kind][level];
	if (pair->page_requests == 0 && refs != side->refs)
		return "references counted are not the sum of those of the responses";
	return NULL;
}

const char *pair_same(struct pair *pair)
{
	const struct side *a = &pair->side[SIDE_CACHED], *b = &pair->side[SIDE_BARE];
	uint64_t x, y;

	if (a->events != b->events)
		return "the callbacks differ with and without caches";
	if (memcmp(a->ram, b->ram, PAIR_SIZE) != 0)
		return "memory differs with and without caches";
	for (uint32_t offset = 0; offset < 0x400; offset += 8) {
		if (ioasim_mmio_read(a->unit, offset, 8, &x) ||
		    ioasim_mmio_read(b->unit, offset, 8, &y))
			return "an aligned register cannot be read";
		if (x != y)
			return "a register differs with and without caches";
	}
	return NULL;
}
