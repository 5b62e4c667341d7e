/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	if (address < PAIR_SIZE && !(side->arch->logs >> address / PAIR_PAGE & 1))
		side->scattered = true;
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

static void on_resumed(void *opaque, uint16_t tag, const struct ioasim_response *response)
{
	struct side *side = opaque;

	if (response->outcome == IOASIM_STALLED)
		side->broken = "a stalled transaction ended with a stall";
	if (side->stalled == 0)
		side->broken = "more stalled transactions ended than waited";
	else
		side->stalled--;
	event(side, 7, tag, response->outcome);
	event(side, response->outcome == IOASIM_OK ? response->pa : 0, response->fault.code, 0);
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

static bool unit_create(const struct pair_arch *arch, struct side *side, enum pair_side which,
			unsigned n)
{
	const struct pair_config *from = &arch->config[n];
	struct ioasim_unit_config config;

	if (ioasim_unit_config_init(&config, arch->name))
		return false;
	for (unsigned i = 0; i < PAIR_CAPABILITIES && arch->capability[i]; i++)
		if (ioasim_unit_config_set(&config, arch->capability[i], from->capability[i]))
			return false;
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (config.cache[i].entries)
			config.cache[i] = (struct ioasim_cache_geometry){from->entries, from->ways,
									 from->policy, n};
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
		.resumed = on_resumed,
	};
	return ioasim_unit_create(&config, side->memory, &side->units[n], NULL) == 0;
}

static bool side_create(const struct pair_arch *arch, struct side *side, enum pair_side which)
{
	side->arch = arch;
	side->ram = aligned_alloc(PAIR_PAGE, PAIR_SIZE);
	side->memory = ioasim_memory_create();
	if (!side->ram || !side->memory ||
	    ioasim_memory_add_buffer(side->memory, 0, PAIR_SIZE, side->ram) ||
	    ioasim_memory_add_ram(side->memory, PAIR_FAR, PAIR_SIZE) ||
	    ioasim_memory_add_callback(side->memory, PAIR_CALLBACK, PAIR_PAGE, &callback_ops, NULL))
		return false;
	for (unsigned n = 0; n < PAIR_CONFIGS; n++)
		if (!unit_create(arch, side, which, n))
			return false;
	return true;
}

struct pair *pair_create(const struct pair_arch *arch)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return NULL;
	pair->arch = arch;
	if (side_create(arch, &pair->side[SIDE_CACHED], SIDE_CACHED) &&
	    side_create(arch, &pair->side[SIDE_BARE], SIDE_BARE))
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
		side->stalled = side->stalls = 0;
		side->scattered = false;
		side->broken = NULL;
	}
	pair->tail = 0;
	pair->wide = false;
	pair->page_requests = 0;
}

/* ---- What software does -------------------------------------------------------- */

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

void pair_flush(struct pair *pair)
{
	for (unsigned i = 0; i < SIDES; i++)
		pair->arch->flush(pair->side[i].unit);
}

/* ---- What must hold --------------------------------------------------------------- */

/* Whether entries were read for something else than the answers to requests: page
 * requests, commands, requests that waited and came again. */
static bool other_references(const struct pair *pair, const struct side *side)
{
	const struct ioasim_counters *c = ioasim_unit_counters(side->unit);
	const char *name, *reads = pair->arch->reading_command;

	if (pair->page_requests || side->stalls)
		return true;
	for (unsigned i = 0; reads && i < IOASIM_COMMAND_TYPES; i++) {
		name = ioasim_command_name(pair->arch->name, i);
		if (c->commands[i] && name && strcmp(name, reads) == 0)
			return true;
	}
	return false;
}

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
	if (!other_references(pair, side) && refs != side->refs)
		return "references counted are not the sum of those of the responses";
	return NULL;
}

const char *pair_same_tables(const struct pair *pair)
{
	const unsigned char *a = pair->side[SIDE_CACHED].ram, *b = pair->side[SIDE_BARE].ram;

	for (unsigned page = 0; page < PAIR_PAGES; page++)
		if (!(pair->arch->logs >> page & 1) &&
		    memcmp(a + page * PAIR_PAGE, b + page * PAIR_PAGE, PAIR_PAGE) != 0)
			return "flags in tables differ with and without caches";
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
	for (unsigned i = 0; i < PAIR_REGISTERS; i++) {
		uint32_t first = pair->arch->registers[i].first;

		for (uint32_t at = 0; at < pair->arch->registers[i].size; at += 8) {
			if (ioasim_mmio_read(a->unit, first + at, 8, &x) ||
			    ioasim_mmio_read(b->unit, first + at, 8, &y))
				return "an aligned register cannot be read";
			if (x != y)
				return "a register differs with and without caches";
		}
	}
	return NULL;
}
