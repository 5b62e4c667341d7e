/* SPDX-License-Identifier: Apache-2.0 */
#include "amdvi_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS    UINT64_C(0xffffffffff000)
#define FIRST_PAGE UINT64_C(0x500000) /* behind the device table */

void amd_tables_open_with(struct amd_tables *t, struct ioasim_unit_config *config)
{
	memset(t, 0, sizeof(*t));
	amd_open_with(&t->rig, config);
	t->next = FIRST_PAGE;
}

void amd_tables_open(struct amd_tables *t, bool caches)
{
	struct ioasim_unit_config config;

	amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
	if (!caches)
		ioasim_unit_config_no_caches(&config);
	amd_tables_open_with(t, &config);
}

void amd_tables_close(struct amd_tables *t)
{
	amd_close(&t->rig);
}

uint64_t amd_page(struct amd_tables *t)
{
	uint64_t page = t->next;

	t->next += 4096;
	assert_true(t->next <= AMD_RAM);
	return page;
}

/* ---- Paging entries -------------------------------------------------------------------- */

static uint64_t entry_at(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
			 unsigned level, bool guest)
{
	for (unsigned at = levels - 1;; at--) {
		uint64_t entry = table + (address >> (12 + 9 * at) & 511) * 8;
		uint64_t pointer = guest ? GUEST_ALL : HOST_PAGE | HOST_NEXT(at);
		uint64_t added = guest ? t->guest : 0;

		if (at == level)
			return entry;
		if (!amd_peek(&t->rig, entry))
			amd_poke(&t->rig, entry, (amd_page(t) + added) | pointer);
		table = (amd_peek(&t->rig, entry) & ADDRESS) - added;
	}
}

uint64_t amd_host_entry(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
			unsigned level)
{
	return entry_at(t, table, levels, address, level, false);
}

uint64_t amd_guest_entry(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
			 unsigned level)
{
	return entry_at(t, table, levels, address, level, true);
}

uint64_t amd_host_map(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
		      unsigned level, uint64_t leaf)
{
	uint64_t entry = amd_host_entry(t, table, levels, address, level);

	amd_poke(&t->rig, entry, leaf);
	return entry;
}

uint64_t amd_guest_map(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
		       unsigned level, uint64_t leaf)
{
	uint64_t entry = amd_guest_entry(t, table, levels, address, level);

	amd_poke(&t->rig, entry, leaf | (level ? GUEST_PS : 0));
	return entry;
}

/* Ones from bit 12 up to lg2 - 2, a zero at lg2 - 1. */
uint64_t amd_host_coded(uint64_t pa, unsigned lg2)
{
	uint64_t size = UINT64_C(1) << lg2;

	return (pa & ADDRESS & ~(size - 1)) | ((size / 2 - 1) & ADDRESS) | HOST_NEXT(7) | HOST_PAGE;
}

/* ---- Device table and GCR3 tables --------------------------------------------------------- */

void amd_dte(struct amd_tables *t, uint16_t id, uint64_t w0, uint64_t w1, uint64_t w2)
{
	amd_device(&t->rig, id, w0, w1);
	amd_poke(&t->rig, AMD_DEVTAB + 32 * (uint64_t)id + 16, w2);
}

void amd_dte_guest(struct amd_tables *t, uint16_t id, const uint64_t w[3], uint64_t gcr3)
{
	amd_dte(t, id, w[0] | (gcr3 >> 12 & 7) << 58,
		w[1] | (gcr3 >> 15 & 0xffff) << 16 | (gcr3 >> 31 & 0x1fffff) << 43, w[2]);
}

uint64_t amd_gcr3_set(struct amd_tables *t, uint64_t root, unsigned levels, uint32_t pasid,
		      uint64_t entry)
{
	uint64_t table = root;

	for (unsigned level = levels - 1; level > 0; level--) {
		uint64_t at = table + (pasid >> 9 * level & 511) * 8;

		if (!amd_peek(&t->rig, at))
			amd_poke(&t->rig, at, (amd_page(t) + t->guest) | 1);
		table = (amd_peek(&t->rig, at) & ADDRESS) - t->guest;
	}
	amd_poke(&t->rig, table + (pasid & 511) * 8, entry);
	return table + (pasid & 511) * 8;
}

/* ---- Commands ---------------------------------------------------------------------------------- */

void amd_invalidate_device(struct amd_tables *t, uint16_t id)
{
	amd_submit(&t->rig, UINT64_C(2) << 60 | id, 0);
}

void amd_invalidate_pages(struct amd_tables *t, uint16_t domain, uint32_t pasid, uint64_t pages)
{
	amd_submit(&t->rig, UINT64_C(3) << 60 | (uint64_t)domain << 32 | pasid, pages);
}

void amd_invalidate_all(struct amd_tables *t)
{
	amd_submit(&t->rig, UINT64_C(8) << 60, 0);
}

/* ---- Requests ------------------------------------------------------------------------------------ */

struct ioasim_request amd_request(uint64_t address, unsigned access)
{
	return (struct ioasim_request){
		.requester_id = AMD_ID,
		.address = address,
		.length = 4,
		.access = (uint8_t)access,
	};
}

struct ioasim_request amd_request_pasid(uint64_t address, unsigned access, uint32_t pasid)
{
	struct ioasim_request request = amd_request(address, access);

	request.has_pasid = true;
	request.pasid = pasid;
	return request;
}

struct ioasim_response amd_ask(struct amd_tables *t, const struct ioasim_request *request)
{
	struct ioasim_response response;

	memset(&response, 0xa5, sizeof(response));
	ioasim_translate(t->rig.unit, request, &response);
	return response;
}

void amd_expect_pa(const struct ioasim_response *r, uint64_t pa, unsigned size_lg2, unsigned access)
{
	if (r->outcome != IOASIM_OK || r->pa != pa || r->size_lg2 != size_lg2 ||
	    r->access != access)
		fail_msg("outcome %u, event %#x, pa %#" PRIx64
			 ", size %u, access %u instead of %#" PRIx64 ", %u, %u",
			 r->outcome, r->fault.code, r->pa, r->size_lg2, r->access, pa, size_lg2,
			 access);
}

void amd_expect_event(const struct ioasim_response *r, unsigned event, uint64_t flags,
		      uint64_t address)
{
	const uint64_t *record = r->fault.record;

	if (r->outcome == IOASIM_OK || r->fault.code != event || r->fault.words != 2 ||
	    EVENT_CODE(record) != event || (record[0] & EVENT_FLAGS) != flags ||
	    record[1] != address)
		fail_msg("outcome %u, event %#x, record %#" PRIx64 " %#" PRIx64
			 " instead of event %#x, flags %#" PRIx64 ", address %#" PRIx64,
			 r->outcome, r->fault.code, record[0], record[1], event, flags, address);
}

unsigned amd_refs(const struct ioasim_cost *cost, unsigned kind)
{
	unsigned sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += cost->refs[kind][level];
	return sum;
}

unsigned amd_refs_all(const struct ioasim_cost *cost)
{
	unsigned sum = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		sum += amd_refs(cost, kind);
	return sum;
}

uint64_t amd_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t amd_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
