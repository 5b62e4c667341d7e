/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs of stores, register accesses, commands, requests and page
 * requests against a VT-d unit.
 *
 * What must hold: every answer is in its domain; the identities of the counters;
 * and, by the program's first byte, one of
 *
 *   flushed	each request comes after everything cached was dropped: both units
 *		answer alike, to the last register, record and byte of memory;
 *   frozen	after the setting up nothing changes any more: the unit with warm
 *		caches answers as the one without;
 *   tags	so it does for many devices and PASIDs, each with tables and domain of
 *		its own, and commands between the requests change nothing;
 *   free	the unit with caches alone; stale answers are allowed.
 */
#include "vtd_pair.h"

#include "vtd/reasons.h"
#include "vtd/registers.h"
#include "vtd/structures.h"
#include "vtd/unit.h"

#include <stdio.h>
#include <string.h>

enum mode { MODE_FLUSHED, MODE_FROZEN, MODE_TAGS, MODE_FREE, MODES };

struct program {
	struct pair *pair;
	struct fuzz_bytes bytes;
	enum mode mode;
	const char *broken;
};

static uint64_t small_page(struct fuzz_bytes *bytes)
{
	uint8_t b = fuzz_byte(bytes);

	if (b == 0xff)
		return PAIR_FAR;
	if (b == 0xfe)
		return PAIR_CALLBACK;
	return (uint64_t)(b % PAIR_PAGES) * PAIR_PAGE;
}

/* Addresses whose index is small, or the last, at each level. */
static uint64_t input_address(struct fuzz_bytes *bytes)
{
	static const uint16_t index[] = {0, 1, 0, 1, 2, 3, 15, 511};
	uint64_t choice = fuzz_word(bytes, 2), address = choice & 0xfff;

	if (choice == 0xffff)
		return fuzz_word(bytes, 8);
	if (choice == 0xfffe)
		return UINT64_C(0xfee00000) + fuzz_word(bytes, 3);
	for (unsigned level = 0; level < 5; level++) {
		unsigned selector = level == 0 ? fuzz_byte(bytes) : (unsigned)(choice >> 12) & 3;

		address |= (uint64_t)index[selector % 8] << (12 + 9 * level);
		if (level == 3 && !(choice & 0x8000))
			break;
	}
	return address;
}

static uint32_t requester(struct fuzz_bytes *bytes)
{
	static const uint16_t rids[] = {0x18, 0x18, 0x18, 0x98, 0x19, 0x99, 0x118, 0xffff};

	return rids[fuzz_byte(bytes) % 8];
}

/* ---- Requests ------------------------------------------------------------------ */

static const char *response_domain(const struct ioasim_request *request,
				   const struct ioasim_response *response)
{
	/* Without PASID there are no execute requests (4.2.1). */
	unsigned needed = request->access & (request->has_pasid ? ~0u : ~(unsigned)IOASIM_EXEC);

	switch (response->outcome) {
	case IOASIM_OK:
		if (response->size_lg2 != 64 &&
		    (response->size_lg2 < 12 || response->size_lg2 > 57))
			return "a page size that no table can give";
		if (response->size_lg2 != 64 &&
		    ((response->pa ^ request->address) & ((UINT64_C(1) << 12) - 1)))
			return "the offset in the page was not kept";
		if (request->kind != IOASIM_TRANSLATION_REQUEST &&
		    (response->access & needed) != needed)
			return "an access was granted without its rights";
		return response->fault.code ? "a fault on a good answer" : NULL;
	case IOASIM_FAULT:
	case IOASIM_ATS_UR:
	case IOASIM_ATS_CA:
	case IOASIM_ATS_EMPTY:
	case IOASIM_INTERRUPT:
		return response->fault.code >= IOASIM_FAULT_CODES
			       ? "a fault code of more than 8 bits"
			       : NULL;
	default:
		return "an outcome that VT-d does not have";
	}
}

static unsigned references(const struct ioasim_response *response)
{
	unsigned sum = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			sum += response->cost.refs[kind][level];
	return sum;
}

static void translate(struct side *side, const struct ioasim_request *request,
		      struct ioasim_response *response)
{
	ioasim_translate(side->unit, request, response);
	side->refs += references(response);
}

/* A flag that cannot be set. */
static bool flag_fault(const struct ioasim_response *response)
{
	switch (response->fault.code) {
	case VTD_FAULT_SFS_8:
	case VTD_FAULT_SFS_9:
	case VTD_FAULT_SFS_10:
	case VTD_FAULT_SSS_5:
	case VTD_FAULT_SSS_6:
		return true;
	default:
		return false;
	}
}

static const char *responses_same(const struct ioasim_response *a, const struct ioasim_response *b)
{
	if (a->outcome != b->outcome)
		return "another outcome with caches than without";
	/* A right that is known to be missing comes before the flags of a walk. */
	if (a->fault.code && b->fault.code && flag_fault(b) && references(a) < references(b))
		return NULL;
	if (a->fault.code != b->fault.code || a->fault.recorded != b->fault.recorded ||
	    a->fault.words != b->fault.words ||
	    memcmp(a->fault.record, b->fault.record, 8u * a->fault.words) != 0)
		return "another fault with caches than without";
	if (a->outcome == IOASIM_OK && a->pa != b->pa)
		return "another address with caches than without";
	if (a->outcome == IOASIM_OK && (a->access != b->access || a->size_lg2 != b->size_lg2 ||
					a->privileged != b->privileged))
		return "other rights or size with caches than without";
	return references(a) > references(b) ? "caches cost references" : NULL;
}

static void print_response(const char *who, const struct ioasim_response *r)
{
	printf("# %s: outcome %u pa 0x%llx access %u size_lg2 %u fault 0x%x recorded %d record",
	       who, r->outcome, (unsigned long long)r->pa, r->access, r->size_lg2, r->fault.code,
	       r->fault.recorded);
	for (unsigned i = 0; i < r->fault.words; i++)
		printf(" 0x%llx", (unsigned long long)r->fault.record[i]);
	printf(" references");
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			if (r->cost.refs[kind][level])
				printf(" %u@%u:%u", kind, level, r->cost.refs[kind][level]);
	printf("\n");
}

static void print_difference(const struct ioasim_request *request, const struct ioasim_response *a,
			     const struct ioasim_response *b)
{
	printf("# request: rid 0x%x pasid %d address 0x%llx access %u kind %u privileged %d\n",
	       request->requester_id, request->has_pasid ? (int)request->pasid : -1,
	       (unsigned long long)request->address, request->access, request->kind,
	       request->privileged);
	print_response("with caches", a);
	print_response("without", b);
}

static void request_run(struct program *p, const struct ioasim_request *request)
{
	struct side *cached = &p->pair->side[SIDE_CACHED], *bare = &p->pair->side[SIDE_BARE];
	struct ioasim_response a, b;

	translate(cached, request, &a);
	p->broken = response_domain(request, &a);
	if (p->broken)
		print_difference(request, &a, &a);
	if (p->broken || p->mode == MODE_FREE)
		return;
	translate(bare, request, &b);
	p->broken = responses_same(&a, &b);
	if (p->broken)
		print_difference(request, &a, &b);
}

static struct ioasim_request request_make(struct fuzz_bytes *bytes)
{
	uint8_t flags = fuzz_byte(bytes);
	struct ioasim_request request = {
		.requester_id = requester(bytes),
		.access = (uint8_t)(flags & 3),
		.has_pasid = flags & 0x10,
		.privileged = flags & 0x20,
		.length = 4,
	};

	if (request.access == 0)
		request.access = flags & 4 ? IOASIM_READ | IOASIM_EXEC : IOASIM_READ;
	if ((flags & 0xc0) == 0xc0)
		request.kind = flags & 8 ? IOASIM_TRANSLATED : IOASIM_TRANSLATION_REQUEST;
	request.address = input_address(bytes);
	if (request.has_pasid) {
		request.pasid = fuzz_byte(bytes);
		request.pasid = request.pasid == 0xff ? IOASIM_PASID_MAX : request.pasid % 5;
	}
	return request;
}

/* ---- Steps ----------------------------------------------------------------------- */

static void step_request(struct program *p)
{
	struct ioasim_request request = request_make(&p->bytes);

	if (p->mode != MODE_FREE)
		for (unsigned i = 0; i < SIDES; i++)
			vtd_invalidate_all(vtd_unit(p->pair->side[i].unit));
	request_run(p, &request);
}

static uint64_t entry_address(struct fuzz_bytes *bytes)
{
	static const uint16_t words[] = {0,    1,    2,    3,    4,    8,     9,   16,
					 0x30, 0x31, 0x60, 0x61, 0x62, 0x130, 511, 15};
	uint8_t b = fuzz_byte(bytes);

	return (uint64_t)(b % PAIR_PAGES) * PAIR_PAGE + 8u * words[b / PAIR_PAGES];
}

static void step_pointer(struct program *p)
{
	uint64_t address = entry_address(&p->bytes);
	uint64_t flags = fuzz_word(&p->bytes, 2) & 0xfff;

	pair_store(p->pair, address, small_page(&p->bytes) | flags);
}

static void step_flip(struct program *p)
{
	uint64_t address = entry_address(&p->bytes);

	pair_store(p->pair, address,
		   pair_load(p->pair, address) ^ UINT64_C(1) << fuzz_byte(&p->bytes) % 64);
}

static void step_word(struct program *p)
{
	uint64_t address = fuzz_word(&p->bytes, 2);

	pair_store(p->pair, address, fuzz_word(&p->bytes, 8));
}

static void step_register(struct program *p)
{
	static const struct {
		uint16_t offset;
		uint8_t size;
	} registers[] = {
		{VTD_GCMD, 4},  {VTD_RTADDR, 8}, {VTD_CCMD, 8}, {VTD_FSTS, 4},
		{VTD_FECTL, 4}, {VTD_IQT, 8},    {VTD_IQA, 8},  {VTD_ICS, 4},
		{VTD_IECTL, 4}, {VTD_PQH, 8},    {VTD_PQT, 8},  {VTD_PQA, 8},
		{VTD_PRS, 4},   {VTD_PECTL, 4},  {VTD_IQT, 4},  {VTD_PMEN, 4},
	};
	uint8_t choice = fuzz_byte(&p->bytes), n = choice % 16;
	uint64_t value = fuzz_word(&p->bytes, 2);

	if (choice & 0x40)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 24;
	if (choice & 0x80)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 56;
	pair_write(p->pair, registers[n].offset, registers[n].size, value);
}

/* Any offset and size; reads must not differ. */
static void step_mmio(struct program *p)
{
	uint32_t offset = (uint32_t)fuzz_word(&p->bytes, 2);
	uint8_t flags = fuzz_byte(&p->bytes);
	unsigned size = flags & 1 ? 4 : flags & 2 ? 8 : flags >> 4;
	uint64_t value[SIDES] = {0};
	int rc[SIDES];

	if (!(flags & 8))
		offset = offset % 0x400 / 4 * 4;
	if (flags & 4) {
		pair_write(p->pair, offset, size, fuzz_word(&p->bytes, 8));
		return;
	}
	for (unsigned i = 0; i < SIDES; i++)
		rc[i] = ioasim_mmio_read(p->pair->side[i].unit, offset, size, &value[i]);
	if (p->mode != MODE_FREE && (rc[0] != rc[1] || value[0] != value[1]))
		p->broken = "a register reads differently with and without caches";
}

static void step_command(struct program *p)
{
	uint64_t words[4] = {0};
	uint8_t type = fuzz_byte(&p->bytes), scope = fuzz_byte(&p->bytes);
	uint64_t address = input_address(&p->bytes);

	words[0] = field_prep(VTD_DESC_0_TYPE_LOW, type % 11) | field_prep(VTD_DESC_0_G, scope) |
		   field_prep(VTD_DESC_0_DID, scope >> 2 & 0x1f) |
		   field_prep(VTD_DESC_0_PASID, scope >> 5);
	words[1] = field_bits(VTD_DESC_1_ADDR, address) | field_prep(VTD_DESC_1_AM, type >> 4) |
		   field_prep(VTD_DESC_1_IH, type >> 7);
	switch (type % 11) {
	case VTD_DESC_CONTEXT:
		words[0] = field_bits(VTD_DESC_0_TYPE_LOW, words[0]) |
			   field_prep(VTD_DESC_0_G, scope) |
			   field_prep(VTD_DESC_0_DID, scope >> 2 & 0x1f) |
			   field_prep(VTD_CC_0_SID, requester(&p->bytes)) |
			   field_prep(VTD_CC_0_FM, type >> 6);
		words[1] = 0;
		break;
	case VTD_DESC_IOTLB:
		field_set(&words[0], VTD_DESC_0_PASID, 0);
		break;
	case VTD_DESC_WAIT:
		words[0] =
			field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_WAIT) |
			field_prep(VTD_WAIT_0_IF, scope) | field_prep(VTD_WAIT_0_SW, scope >> 1) |
			field_prep(VTD_WAIT_0_FN, scope >> 2) | field_prep(VTD_WAIT_0_STDATA, type);
		words[1] = (uint64_t)PAGE_STATUS * PAIR_PAGE + 4u * (scope >> 4);
		break;
	case VTD_DESC_PASID_CACHE:
		words[1] = 0;
		break;
	default:
		break;
	}
	pair_submit(p->pair, words);
}

static void step_raw_command(struct program *p)
{
	uint64_t words[4];

	for (unsigned i = 0; i < 2; i++)
		words[i] = fuzz_word(&p->bytes, 8);
	words[2] = fuzz_byte(&p->bytes);
	words[3] = fuzz_byte(&p->bytes);
	pair_submit(p->pair, words);
}

/* Repairs a stopped ring as a driver does, so that a program goes on. */
static void step_repair(struct program *p)
{
	pair_write(p->pair, VTD_FSTS, 4, FIELD_MASK(VTD_FSTS_IQE) | FIELD_MASK(VTD_FSTS_PFO));
	pair_write(p->pair, VTD_ICS, 4, 1);
}

static void step_page_request(struct program *p)
{
	uint8_t flags = fuzz_byte(&p->bytes);
	const struct ioasim_page_request request = {
		.requester_id = requester(&p->bytes),
		.pasid = flags >> 6,
		.address = input_address(&p->bytes),
		.group = (uint16_t)(fuzz_byte(&p->bytes) * 3u % 512),
		.access = (uint8_t)(flags & 3),
		.has_pasid = flags & 4,
		.privileged = flags & 8,
		.last = flags & 16,
	};
	struct ioasim_page_request_result r[SIDES];

	p->pair->page_requests++;
	for (unsigned i = 0; i < SIDES; i++) {
		if (p->mode != MODE_FREE)
			vtd_invalidate_all(vtd_unit(p->pair->side[i].unit));
		ioasim_page_request(p->pair->side[i].unit, &request, &r[i]);
		if (r[i].queued && r[i].answered)
			p->broken = "a page request both queued and answered";
	}
	if (p->mode != MODE_FREE && (r[0].queued != r[1].queued || r[0].answered != r[1].answered ||
				     r[0].code != r[1].code))
		p->broken = "another end of a page request with caches than without";
}

static void step_abort(struct program *p)
{
	uint64_t first = small_page(&p->bytes);
	uint8_t b = fuzz_byte(&p->bytes);

	for (unsigned i = 0; i < SIDES; i++) {
		struct ioasim_memory *memory = p->pair->side[i].memory;

		if (b & 0x80)
			ioasim_memory_clear_aborts(memory);
		else if (ioasim_memory_abort(memory, first + 8 * (b & 0x3fu), first + 0xfff))
			p->broken = "an aborting range was refused";
	}
}

static void step_preset(struct program *p)
{
	pair_preset(p->pair, fuzz_byte(&p->bytes) % PRESETS);
}

static void (*const steps[])(struct program *) = {
	step_request, step_request,      step_request, step_request,     step_pointer,
	step_flip,    step_flip,         step_flip,    step_word,        step_register,
	step_mmio,    step_command,      step_command, step_raw_command, step_repair,
	step_abort,   step_page_request, step_preset,
};

/* ---- Programs --------------------------------------------------------------------- */

/*
 * Requests of one device and one PASID, since equal tags for unequal tables are
 * software's fault. Ends when a flag is set: tables may be each other's contents.
 */
static void run_frozen(struct program *p)
{
	const struct ioasim_counters *bare = ioasim_unit_counters(p->pair->side[SIDE_BARE].unit);
	struct ioasim_request first = request_make(&p->bytes);
	uint64_t flags = bare->flag_updates;

	for (unsigned i = 0; i < SIDES; i++)
		vtd_invalidate_all(vtd_unit(p->pair->side[i].unit));
	while (p->bytes.left && !p->broken) {
		struct ioasim_request request = request_make(&p->bytes);

		request.requester_id = first.requester_id;
		request.has_pasid = first.has_pasid;
		request.pasid = first.pasid;
		request_run(p, &request);
		if (bare->flag_updates != flags)
			return;
	}
}

/* Each domain has tables of its own, as software must see to. */
static void run_tags(struct program *p)
{
	while (p->bytes.left && !p->broken) {
		uint8_t b = fuzz_byte(&p->bytes);
		struct ioasim_request request;

		if (b % 8 == 0) {
			step_command(p);
		} else if (b % 64 == 1) {
			step_repair(p);
		} else {
			request = request_make(&p->bytes);
			request_run(p, &request);
		}
	}
}

#define FROZEN_BYTES 96u /* at the end of a program */

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct program p = {.pair = state, .bytes = {data, size}};
	uint8_t choice = fuzz_byte(&p.bytes);
	size_t keep;

	p.mode = (enum mode)(choice % MODES);
	pair_begin(p.pair, choice / MODES);
	step_preset(&p);
	keep = p.mode == MODE_FROZEN ? FROZEN_BYTES : 0;
	if (p.mode == MODE_TAGS)
		run_tags(&p);
	while (p.bytes.left > keep && !p.broken)
		steps[fuzz_byte(&p.bytes) % (sizeof(steps) / sizeof(steps[0]))](&p);
	if (p.mode == MODE_FROZEN && !p.broken)
		run_frozen(&p);
	for (unsigned i = 0; i < (p.mode == MODE_FREE ? 1u : SIDES) && !p.broken; i++)
		p.broken = pair_identities(p.pair, &p.pair->side[i]);
	if (!p.broken && p.mode == MODE_FLUSHED)
		p.broken = pair_same(p.pair);
	return p.broken;
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return pair_create();
}

static void finish(void *state)
{
	pair_destroy(state);
}

const struct fuzz_target fuzz_target = {
	.name = "vtd",
	.max_size = 400,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = finish,
};
