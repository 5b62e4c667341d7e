/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdio.h>
#include <string.h>

uint64_t program_page(struct fuzz_bytes *bytes)
{
	uint8_t b = fuzz_byte(bytes);

	if (b == 0xff)
		return PAIR_FAR;
	if (b == 0xfe)
		return PAIR_CALLBACK;
	return (uint64_t)(b % PAIR_PAGES) * PAIR_PAGE;
}

uint64_t program_address(struct fuzz_bytes *bytes)
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

/* ---- Requests ------------------------------------------------------------------ */

uint32_t program_requester(struct program *p)
{
	return p->arch->requesters[fuzz_byte(&p->bytes) % 8];
}

static const char *good_answer(const struct program *p, const struct ioasim_request *request,
			       const struct ioasim_response *response)
{
	unsigned needed = p->arch->needed(request);

	if (response->size_lg2 != 64 && response->size_lg2 < 12)
		return "a page size that no table can give";
	if (response->size_lg2 != 64 && ((response->pa ^ request->address) & (PAIR_PAGE - 1)))
		return "the offset in the page was not kept";
	if (request->kind != IOASIM_TRANSLATION_REQUEST && (response->access & needed) != needed)
		return "an access was granted without its rights";
	return response->fault.code ? "a fault on a good answer" : NULL;
}

static const char *response_domain(const struct program *p, const struct ioasim_request *request,
				   const struct ioasim_response *response)
{
	const char *broken = NULL;

	if (response->outcome == IOASIM_OK)
		broken = good_answer(p, request, response);
	else if (response->fault.code >= IOASIM_FAULT_CODES)
		broken = "a fault code of more than 8 bits";
	return broken ? broken : p->arch->answer(request, response);
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
	side->stalled += response->outcome == IOASIM_STALLED;
	side->stalls += response->outcome == IOASIM_STALLED;
}

static const char *responses_same(const struct program *p, const struct ioasim_response *a,
				  const struct ioasim_response *b)
{
	if (a->outcome != b->outcome)
		return "another outcome with caches than without";
	/* A right that is known to be missing comes before what a walk would find. */
	if (a->fault.code && b->fault.code && p->arch->late_fault(b->fault.code) &&
	    references(a) < references(b))
		return NULL;
	if (a->fault.recorded != b->fault.recorded &&
	    (a->fault.recorded || !p->arch->recorded_once(b->fault.code)))
		return "a fault is recorded with caches or without, but not both";
	if (a->fault.code != b->fault.code || a->fault.words != b->fault.words ||
	    memcmp(a->fault.record, b->fault.record, 8u * a->fault.words) != 0)
		return "another fault with caches than without";
	if (a->outcome == IOASIM_STALLED && a->tag != b->tag)
		return "another stall tag with caches than without";
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
	p->broken = response_domain(p, request, &a);
	if (p->broken)
		print_difference(request, &a, &a);
	if (p->broken || p->mode == MODE_FREE)
		return;
	translate(bare, request, &b);
	p->broken = responses_same(p, &a, &b);
	if (b.fault.code && references(&a) < references(&b))
		p->flags_left = true;
	if (p->broken)
		print_difference(request, &a, &b);
}

static struct ioasim_request request_make(struct program *p)
{
	struct fuzz_bytes *bytes = &p->bytes;
	uint8_t flags = fuzz_byte(bytes);
	struct ioasim_request request = {
		.requester_id = program_requester(p),
		.access = (uint8_t)(flags & 3),
		.has_pasid = flags & 0x10,
		.privileged = flags & 0x20,
		.length = 4,
	};

	if (request.access == 0)
		request.access = flags & 4 ? IOASIM_READ | IOASIM_EXEC : IOASIM_READ;
	if ((flags & 0xc0) == 0xc0)
		request.kind = flags & 8 ? IOASIM_TRANSLATED : IOASIM_TRANSLATION_REQUEST;
	request.address = p->arch->address(bytes);
	if (request.has_pasid) {
		request.pasid = fuzz_byte(bytes);
		request.pasid = request.pasid == 0xff ? IOASIM_PASID_MAX : request.pasid % 5;
	}
	return request;
}

/* ---- Steps ----------------------------------------------------------------------- */

void program_request(struct program *p)
{
	struct ioasim_request request = request_make(p);

	if (p->mode != MODE_FREE)
		pair_flush(p->pair);
	request_run(p, &request);
}

uint64_t program_word(struct program *p)
{
	uint8_t b = fuzz_byte(&p->bytes);

	return (uint64_t)(b % PAIR_PAGES) * PAIR_PAGE + 8u * p->arch->words[b / PAIR_PAGES];
}

void program_store_pointer(struct program *p)
{
	uint64_t address = program_word(p);
	uint64_t flags = fuzz_word(&p->bytes, 2) & 0xfff;

	pair_store(p->pair, address, program_page(&p->bytes) | flags);
}

void program_store_flip(struct program *p)
{
	uint64_t address = program_word(p);

	pair_store(p->pair, address,
		   pair_load(p->pair, address) ^ UINT64_C(1) << fuzz_byte(&p->bytes) % 64);
}

void program_store_word(struct program *p)
{
	uint64_t address = fuzz_word(&p->bytes, 2);

	pair_store(p->pair, address, fuzz_word(&p->bytes, 8));
}

void program_mmio(struct program *p)
{
	uint32_t offset = (uint32_t)fuzz_word(&p->bytes, 2);
	uint8_t flags = fuzz_byte(&p->bytes);
	unsigned size = flags & 1 ? 4 : flags & 2 ? 8 : flags >> 4;
	uint64_t value[SIDES] = {0};
	int rc[SIDES];

	if (!(flags & 8))
		offset = offset % p->arch->mmio_size / 4 * 4;
	if (flags & 4) {
		pair_write(p->pair, offset, size, fuzz_word(&p->bytes, 8));
		return;
	}
	for (unsigned i = 0; i < SIDES; i++)
		rc[i] = ioasim_mmio_read(p->pair->side[i].unit, offset, size, &value[i]);
	if (p->mode != MODE_FREE && (rc[0] != rc[1] || value[0] != value[1]))
		p->broken = "a register reads differently with and without caches";
}

void program_page_request(struct program *p)
{
	uint8_t flags = fuzz_byte(&p->bytes);
	const struct ioasim_page_request request = {
		.requester_id = program_requester(p),
		.pasid = flags >> 6,
		.address = p->arch->address(&p->bytes),
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
			p->pair->arch->flush(p->pair->side[i].unit);
		ioasim_page_request(p->pair->side[i].unit, &request, &r[i]);
		if (r[i].queued && r[i].answered)
			p->broken = "a page request both queued and answered";
	}
	if (p->mode != MODE_FREE && (r[0].queued != r[1].queued || r[0].answered != r[1].answered ||
				     r[0].code != r[1].code))
		p->broken = "another end of a page request with caches than without";
}

void program_abort(struct program *p)
{
	uint64_t first = program_page(&p->bytes);
	uint8_t b = fuzz_byte(&p->bytes);

	for (unsigned i = 0; i < SIDES; i++) {
		struct ioasim_memory *memory = p->pair->side[i].memory;

		if (b & 0x80)
			ioasim_memory_clear_aborts(memory);
		else if (ioasim_memory_abort(memory, first + 8 * (b & 0x3fu), first + 0xfff))
			p->broken = "an aborting range was refused";
	}
}

void program_preset(struct program *p)
{
	p->pair->arch->preset(p->pair, fuzz_byte(&p->bytes) % p->pair->arch->presets);
}

/* ---- Programs --------------------------------------------------------------------- */

/* Whether tables are as they were: a unit sets flags, and stores where software put its
 * logs, which may be each other's contents. */
static bool tables_stand(const struct program *p, uint64_t flags)
{
	const struct side *bare = &p->pair->side[SIDE_BARE];

	return ioasim_unit_counters(bare->unit)->flag_updates == flags && !bare->scattered;
}

/* Requests of one device and one PASID, since equal tags for unequal tables are
 * software's fault. */
static void run_frozen(struct program *p)
{
	struct side *bare = &p->pair->side[SIDE_BARE];
	uint64_t flags = ioasim_unit_counters(bare->unit)->flag_updates;
	struct ioasim_request first = request_make(p);

	pair_flush(p->pair);
	bare->scattered = false;
	while (p->bytes.left && !p->broken) {
		struct ioasim_request request = request_make(p);

		request.requester_id = first.requester_id;
		request.has_pasid = first.has_pasid;
		request.pasid = first.pasid;
		request_run(p, &request);
		if (!tables_stand(p, flags))
			return;
	}
}

/* Each domain has tables of its own, as software must see to. */
static void run_tags(struct program *p)
{
	while (p->bytes.left && !p->broken && (!p->arch->dirty_cached || tables_stand(p, 0))) {
		uint8_t b = fuzz_byte(&p->bytes);
		struct ioasim_request request;

		if (b % 8 == 0) {
			p->arch->command(p);
		} else if (b % 64 == 1) {
			p->arch->repair(p);
		} else {
			request = request_make(p);
			request_run(p, &request);
		}
	}
}

#define FROZEN_BYTES 96u /* at the end of a program */

const char *program_run(const struct program_arch *arch, struct pair *pair, const uint8_t *data,
			size_t size)
{
	struct program p = {.arch = arch, .pair = pair, .bytes = {data, size}};
	uint8_t choice = fuzz_byte(&p.bytes);
	size_t keep;

	p.mode = (enum mode)(choice % MODES);
	pair_begin(p.pair, choice / MODES);
	program_preset(&p);
	keep = p.mode == MODE_FROZEN ? FROZEN_BYTES : 0;
	if (p.mode == MODE_TAGS)
		run_tags(&p);
	while (p.mode != MODE_TAGS && p.bytes.left > keep && !p.broken) {
		if (p.mode != MODE_FREE && arch->flush_each_step)
			pair_flush(pair);
		arch->step[fuzz_byte(&p.bytes) % arch->steps](&p);
	}
	if (p.mode == MODE_FROZEN && !p.broken)
		run_frozen(&p);
	for (unsigned i = 0; i < (p.mode == MODE_FREE ? 1u : SIDES) && !p.broken; i++)
		p.broken = pair_identities(p.pair, &p.pair->side[i]);
	if (!p.broken && p.mode == MODE_FLUSHED)
		p.broken = pair_same(p.pair);
	if (!p.broken && !p.flags_left && (p.mode == MODE_FROZEN || p.mode == MODE_TAGS))
		p.broken = pair_same_tables(p.pair);
	return p.broken;
}
