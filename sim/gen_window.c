/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_window.h"

#include "model/driver.h"

/* Aligned to the largest page; the rings lie below it. */
#define WINDOW_AT (UINT64_C(1) << 34)
#define RING_AT   (UINT64_C(1) << 32)

struct window {
	const struct gen_window_options *options;
	uint32_t domain;
	uint64_t pages, slots; /* slots: places of `size` bytes in the window */
	uint64_t *pa, *ring_pa;
	uint64_t next; /* slot, of the sequential pattern and of the warm-up */
	uint64_t accesses;
	struct gen_actor actor;
};

static void access_at(struct gen *gen, struct window *window, uint64_t offset, unsigned access)
{
	const struct gen_window_options *o = window->options;

	gen_dma(gen, &(struct gen_dma){
			     .rid = GEN_WINDOW_RID,
			     .pasid = GEN_NO_PASID,
			     .iova = WINDOW_AT + offset,
			     .pa = window->pa[offset / o->page] + offset % o->page,
			     .length = o->size,
			     .access = access,
		     });
}

static unsigned access_of(struct gen *gen, const struct window *window)
{
	if (window->options->access == GEN_WINDOW_BOTH)
		return gen_random_below(&gen->random, 2) ? IOASIM_WRITE : IOASIM_READ;
	return window->options->access == GEN_WINDOW_WRITE ? IOASIM_WRITE : IOASIM_READ;
}

/* A descriptor, from the pages of the ring in turn. */
static void access_ring(struct gen *gen, struct window *window)
{
	uint64_t page =
		window->accesses / window->options->ring_every % window->options->ring_pages;

	gen_dma(gen, &(struct gen_dma){
			     .rid = GEN_RING_RID,
			     .pasid = GEN_NO_PASID,
			     .iova = RING_AT + page * GEN_PAGE,
			     .pa = window->ring_pa[page],
			     .length = 64,
			     .access = IOASIM_READ,
		     });
}

static uint64_t step(struct gen *gen, void *opaque)
{
	struct window *window = opaque;
	const struct gen_window_options *o = window->options;
	uint64_t slot;

	if (o->ring_pages && window->accesses % o->ring_every == 0)
		access_ring(gen, window);
	if (o->pattern == GEN_WINDOW_RANDOM) {
		slot = gen_random_below(&gen->random, window->slots);
	} else {
		slot = window->next++;
		if (window->next == window->slots)
			window->next = 0;
	}
	access_at(gen, window, slot * o->size, access_of(gen, window));
	window->accesses++;
	gen_count_unit(gen);
	return o->rate ? gen->now_ps + gen_interval_ps(1, o->rate) : gen->now_ps;
}

/* Each page once, in order. */
static uint64_t warm_up(struct gen *gen, void *opaque)
{
	struct window *window = opaque;
	const struct gen_window_options *o = window->options;

	access_at(gen, window, window->next++ * o->page, access_of(gen, window));
	if (window->next == window->pages) {
		window->next = 0;
		window->actor.act = step;
	}
	return o->rate ? gen->now_ps + gen_interval_ps(1, o->rate) : gen->now_ps;
}

/* `pages` frames of one size, each a map of its own. */
static uint64_t *map_pages(struct gen *gen, const struct gen_map *first, uint64_t pages)
{
	uint64_t *pa = gen_room(gen, pages, sizeof(*pa));
	struct gen_map map = *first;

	for (uint64_t i = 0; i < pages && !gen->failed; i++) {
		pa[i] = map.pa = gen_frame(gen, gen_frame_order(map.length));
		gen_map(gen, &map);
		map.iova += map.length;
	}
	return pa;
}

void gen_window_start(struct gen *gen, const struct gen_window_options *options)
{
	struct window *window = gen_room(gen, 1, sizeof(*window));

	if (!window)
		return;
	window->options = options;
	window->pages = options->window / options->page;
	window->slots = options->window / options->size;
	gen_device(gen, &(struct gen_device){.rid = GEN_WINDOW_RID});
	window->domain = gen_domain(gen, DOMAIN_KERNEL, 0);
	gen_attach(gen, GEN_WINDOW_RID, GEN_NO_PASID, window->domain);
	window->pa = map_pages(gen,
			       &(struct gen_map){.domain = window->domain,
						 .access = IOASIM_READ | IOASIM_WRITE,
						 .iova = WINDOW_AT,
						 .length = options->page},
			       window->pages);
	if (options->ring_pages) {
		gen_device(gen, &(struct gen_device){.rid = GEN_RING_RID});
		gen_attach(gen, GEN_RING_RID, GEN_NO_PASID, window->domain);
		window->ring_pa = map_pages(gen,
					    &(struct gen_map){.domain = window->domain,
							      .access = IOASIM_READ | IOASIM_WRITE,
							      .iova = RING_AT,
							      .length = GEN_PAGE},
					    options->ring_pages);
	}
	window->actor = (struct gen_actor){.act = options->warm ? warm_up : step, .opaque = window};
	gen_add(gen, &window->actor);
	gen_wake(gen, &window->actor, gen->now_ps);
}
