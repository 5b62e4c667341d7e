/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_adversary.h"

#include "model/driver.h"

#define PAGES_AT (UINT64_C(1) << 32)

/* A device with pages of its own. */
struct party {
	const struct gen_adversary_options *options;
	uint32_t rid, domain;
	uint64_t pages, stride, next;
	uint64_t interval_ps;
	uint64_t *pa; /* of each page; 0: not mapped */
	struct gen_actor actor;
};

static uint64_t iova_of(const struct party *party, uint64_t page)
{
	return PAGES_AT + page * party->stride * GEN_PAGE;
}

static void page_map(struct gen *gen, struct party *party, uint64_t page)
{
	party->pa[page] = gen_frame(gen, 0);
	gen_map(gen, &(struct gen_map){
			     .domain = party->domain,
			     .access = IOASIM_READ | IOASIM_WRITE,
			     .iova = iova_of(party, page),
			     .pa = party->pa[page],
			     .length = GEN_PAGE,
		     });
}

static void page_unmap(struct gen *gen, struct party *party, uint64_t page)
{
	gen_unmap(gen, party->domain, iova_of(party, page), GEN_PAGE);
	gen_frame_put(gen, 0, party->pa[page]);
	party->pa[page] = 0;
}

static void page_read(struct gen *gen, const struct party *party, uint64_t page)
{
	gen_dma(gen, &(struct gen_dma){
			     .rid = party->rid,
			     .pasid = GEN_NO_PASID,
			     .iova = iova_of(party, page),
			     .pa = party->pa[page],
			     .length = party->options->bytes,
			     .access = IOASIM_READ,
		     });
}

static uint64_t turn(struct party *party)
{
	uint64_t page = party->next++;

	if (party->next == party->pages)
		party->next = 0;
	return page;
}

/* One page after the other: with more pages than entries each access misses under LRU. */
static uint64_t thrash(struct gen *gen, void *opaque)
{
	struct party *party = opaque;

	page_read(gen, party, turn(party));
	return gen->now_ps + party->interval_ps;
}

/* The page is used before it goes, so that there is something to invalidate. */
static uint64_t flood(struct gen *gen, void *opaque)
{
	struct party *party = opaque;
	uint64_t page = turn(party);

	if (party->pa[page]) {
		page_read(gen, party, page);
		page_unmap(gen, party, page);
	}
	page_map(gen, party, page);
	return gen->now_ps + party->interval_ps;
}

static uint64_t victim(struct gen *gen, void *opaque)
{
	struct party *party = opaque;

	page_read(gen, party, gen_random_below(&gen->random, party->pages));
	gen_count_unit(gen);
	return gen->now_ps + party->interval_ps;
}

static struct party *party_start(struct gen *gen, const struct gen_adversary_options *options,
				 uint32_t rid)
{
	struct party *party = gen_room(gen, 1, sizeof(*party));
	bool is_victim = rid == GEN_VICTIM_RID;

	if (!party)
		return NULL;
	party->options = options;
	party->rid = rid;
	party->pages = is_victim ? options->victim_pages : options->pages;
	party->stride = is_victim ? 1 : options->stride;
	party->interval_ps = gen_interval_ps(1, is_victim ? options->victim_rate : options->rate);
	party->pa = gen_room(gen, party->pages, sizeof(*party->pa));
	gen_device(gen, &(struct gen_device){.rid = rid});
	party->domain = gen_domain(gen, DOMAIN_KERNEL, 0);
	gen_attach(gen, rid, GEN_NO_PASID, party->domain);
	for (uint64_t i = 0; i < party->pages && !gen->failed; i++)
		page_map(gen, party, i);
	party->actor.opaque = party;
	return party;
}

void gen_adversary_start(struct gen *gen, const struct gen_adversary_options *options)
{
	struct party *party = party_start(gen, options, GEN_VICTIM_RID);

	if (!party)
		return;
	party->actor.act = victim;
	gen_add(gen, &party->actor);
	gen_wake(gen, &party->actor, gen->now_ps);
	if (options->kind == GEN_QUIET)
		return;
	party = party_start(gen, options, GEN_ADVERSARY_RID);
	if (!party)
		return;
	party->actor.act = options->kind == GEN_FLOOD ? flood : thrash;
	gen_add(gen, &party->actor);
	gen_wake(gen, &party->actor, gen->now_ps);
}
