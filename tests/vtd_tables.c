/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS    UINT64_C(0xffffffffff000)
#define FIRST_PAGE UINT64_C(0x200000)

void tables_open_with(struct tables *t, struct ioasim_unit_config *config)
{
	memset(t, 0, sizeof(*t));
	rig_open_with(&t->rig, config);
	t->next = FIRST_PAGE;
	t->root = tables_page(t);
	t->context = tables_page(t);
	t->directory = tables_page(t);
	/* Both halves; legacy mode wants the second word 0. */
	rig_poke(&t->rig, t->root, t->context | 1);
}

void tables_open(struct tables *t, uint64_t cap, uint64_t ecap, bool caches)
{
	struct ioasim_unit_config config;

	rig_config(&config, cap, ecap);
	if (!caches)
		ioasim_unit_config_no_caches(&config);
	tables_open_with(t, &config);
}

void tables_close(struct tables *t)
{
	rig_close(&t->rig);
}

void tables_start(struct tables *t, uint64_t mode)
{
	rig_root(&t->rig, t->root | mode);
	rig_command(&t->rig, 31, true);
}

uint64_t tables_page(struct tables *t)
{
	uint64_t page = t->next;

	t->next += 4096;
	assert_true(t->next <= RIG_RAM);
	return page;
}

uint64_t tables_entry(struct tables *t, uint64_t table, unsigned levels, uint64_t address,
		      unsigned level, uint64_t pointer)
{
	for (unsigned at = levels - 1;; at--) {
		uint64_t entry = table + (address >> (12 + 9 * at) & 511) * 8;

		if (at == level)
			return entry;
		if (!rig_peek(&t->rig, entry))
			rig_poke(&t->rig, entry, (tables_page(t) + t->guest) | pointer);
		table = (rig_peek(&t->rig, entry) & ADDRESS) - t->guest;
	}
}

uint64_t tables_map(struct tables *t, uint64_t table, unsigned levels, uint64_t address,
		    unsigned level, uint64_t leaf)
{
	uint64_t pointer = leaf & 0x7f & ~FS_D;
	uint64_t entry = tables_entry(t, table, levels, address, level, pointer);

	rig_poke(&t->rig, entry, leaf | (level ? PS : 0));
	return entry;
}

void tables_legacy(struct tables *t, uint32_t sid, uint64_t qw0, uint64_t qw1)
{
	uint64_t entry = t->context + (sid & 0xff) * 16;

	rig_poke(&t->rig, entry, qw0);
	rig_poke(&t->rig, entry + 8, qw1);
}

void tables_scalable(struct tables *t, uint32_t sid, uint64_t qw0, uint64_t qw1)
{
	uint64_t entry = t->context + (sid & 0x7f) * 32;

	rig_poke(&t->rig, entry, qw0 | t->directory);
	rig_poke(&t->rig, entry + 8, qw1);
}

uint64_t tables_pasid_entry(struct tables *t, uint32_t pasid)
{
	uint64_t directory = t->directory + (pasid >> 6) * 8;

	if (!rig_peek(&t->rig, directory))
		rig_poke(&t->rig, directory, tables_page(t) | 1);
	return (rig_peek(&t->rig, directory) & ADDRESS) + (pasid & 63) * 64;
}

void tables_pasid(struct tables *t, uint32_t pasid, uint64_t qw0, uint64_t qw1, uint64_t qw2)
{
	uint64_t entry = tables_pasid_entry(t, pasid);

	rig_poke(&t->rig, entry, qw0);
	rig_poke(&t->rig, entry + 8, qw1);
	rig_poke(&t->rig, entry + 16, qw2);
}

struct ioasim_request tables_request(uint64_t address, unsigned access)
{
	return (struct ioasim_request){
		.requester_id = TABLES_SID,
		.address = address,
		.length = 4,
		.access = (uint8_t)access,
	};
}

struct ioasim_request tables_request_pasid(uint64_t address, unsigned access, uint32_t pasid)
{
	struct ioasim_request request = tables_request(address, access);

	request.has_pasid = true;
	request.pasid = pasid;
	return request;
}

struct ioasim_response tables_ask(struct tables *t, const struct ioasim_request *request)
{
	struct ioasim_response response;

	memset(&response, 0xa5, sizeof(response));
	ioasim_translate(t->rig.unit, request, &response);
	return response;
}

unsigned tables_refs(const struct ioasim_cost *cost, unsigned kind)
{
	unsigned sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += cost->refs[kind][level];
	return sum;
}

unsigned tables_refs_all(const struct ioasim_cost *cost)
{
	unsigned sum = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		sum += tables_refs(cost, kind);
	return sum;
}

uint64_t tables_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t tables_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
