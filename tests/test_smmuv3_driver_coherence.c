/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMMUv3 driver's invalidations are enough: after any sequence of its calls a unit
 * with caches gives the answers of one that has none. Random calls on devices, PASIDs and
 * domains of each kind; with ranges and without, strict and, where it has been flushed,
 * lazy.
 */
#include "driver_rig_smmu.h"

#define DEVICES 3
#define DOMAINS 7
#define PASIDS  4 /* 0: requests without PASID */
#define SLOTS   24 /* addresses, each of a few pages */
#define STEPS   3000

struct world {
	const char *name;
	bool stage1, nested, ril, lazy, small;
	unsigned granule_lg2;
};

static const struct world worlds[] = {
	{"stage 1, PASIDs", true, false, true, false, false, 12},
	{"stage 1, PASIDs, no ranges", true, false, false, false, false, 12},
	{"stage 1, 64 KiB", true, false, true, false, false, 16},
	{"stage 1, 16 KiB, lazy", true, false, true, true, false, 14},
	{"stage 2", false, false, true, false, false, 12},
	{"stage 2, 16 KiB, no ranges, pages only", false, false, false, false, true, 14},
	{"stage 2, lazy", false, false, true, true, false, 12},
	{"nested", true, true, true, false, false, 12},
	{"nested, 64 KiB, no ranges", true, true, false, false, false, 16},
	{"nested, lazy", true, true, true, true, false, 12},
};

struct state {
	struct rig rig;
	const struct world *world;
	struct ioasim_unit *bystander;
	struct domain *domain[DOMAINS];
	uint64_t random;
	unsigned done[8]; /* calls that had an effect, by kind */
};

static const uint32_t rids[DEVICES] = {RID, RID ^ 1, RID2};

static unsigned draw(struct state *state, unsigned below)
{
	return (unsigned)(rig_draw(&state->random) % below);
}

/* A few neighbours, a few far away, and guest addresses of the nested tables. */
static uint64_t slot_address(const struct state *state, unsigned slot)
{
	uint64_t page = UINT64_C(1) << state->world->granule_lg2;

	if (slot < 12)
		return IOVA + slot * 8 * page;
	return slot < 18 ? (slot - 11) * 64 * G : 4 * M + (slot - 18) * page;
}

/* With nested tables in play, mostly those and what is beneath. */
static unsigned draw_domain(struct state *state)
{
	return state->world->nested && draw(state, 2) ? 4 + draw(state, 3) : draw(state, DOMAINS);
}

static unsigned draw_pasid(struct state *state)
{
	return state->world->nested && draw(state, 4) ? 0 : draw(state, PASIDS);
}

static uint64_t draw_address(struct state *state)
{
	if (state->world->nested && draw(state, 2))
		return IOVA + draw(state, 3) * 4096;
	return slot_address(state, draw(state, SLOTS)) + draw(state, 20) * 4096;
}

static bool mappable(const struct state *state, unsigned i)
{
	return i < 4 || (state->world->nested && i == 4);
}

/* Kernel domains; then the parent, or identity; a guest's, or blocked ones. */
static void domains_make(struct state *state)
{
	bool nested = state->world->nested;
	struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};

	for (unsigned i = 0; i < 4; i++)
		state->domain[i] = rig_domain(&state->rig, DOMAIN_KERNEL, 0);
	if (!nested) {
		state->domain[4] = rig_domain(&state->rig, DOMAIN_IDENTITY, 0);
		state->domain[5] = rig_domain(&state->rig, DOMAIN_BLOCKED, 0);
		assert_int_equal(state->rig.ops->domain_create(state->rig.driver, &silent,
							       &state->domain[6]),
				 0);
		return;
	}
	assert_int_equal(ioasim_memory_add_ram(state->rig.memory, GUEST_RAM, 16 * M), 0);
	state->domain[4] = rig_domain(&state->rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&state->rig, state->domain[4], 0, GUEST_RAM, 16 * M, RW);
	state->domain[5] = rig_nested(&state->rig, state->domain[4], GUEST_CD, 0, 2);
	state->domain[6] = rig_nested(&state->rig, state->domain[4], GUEST_CD, 0, 0);
	guest_cd(&state->rig, 0, 5);
	guest_cd(&state->rig, 1, 5);
	guest_map(&state->rig, IOVA, 4 * M);
}

static void world_begin(struct state *state, const struct world *world, uint64_t seed)
{
	memset(state, 0, sizeof(*state));
	state->world = world;
	state->random = seed;
	print_message("%s\n", world->name);
	rig_prepare(&state->rig);
	if (!world->ril)
		rig_set(&state->rig, "idr3", RIG_IDR3 & ~RIG_RIL);
	state->rig.config.stage1 = world->stage1;
	state->rig.config.granule_lg2 = world->granule_lg2;
	state->rig.config.no_large_pages = world->small;
	state->rig.config.policy = world->lazy ? DRIVER_LAZY : DRIVER_STRICT;
	rig_start(&state->rig);
	for (unsigned i = 0; i < DEVICES; i++) {
		struct driver_device device = {rids[i], i ? 4 : 12, true, i == 0};

		assert_int_equal(state->rig.ops->device_add(state->rig.driver, &device), 0);
	}
	domains_make(state);
	state->bystander = rig_bystander(&state->rig);
}

/* ---- What is done --------------------------------------------------------------------- */

static int random_route(struct state *state)
{
	uint32_t rid = rids[draw(state, DEVICES)];
	unsigned pasid = draw_pasid(state);
	uint32_t route = pasid ? pasid : NONE;

	if (draw(state, 3) == 0)
		return state->rig.ops->detach(state->rig.driver, rid, route);
	return state->rig.ops->attach(state->rig.driver, rid, route,
				      state->domain[draw_domain(state)]);
}

static int random_map(struct state *state)
{
	static const unsigned pages[] = {1, 1, 3, 16, 32, 512};
	uint64_t page = UINT64_C(1) << state->world->granule_lg2;
	unsigned i = draw_domain(state);
	/* The parent: where the guest's pages lie. */
	uint64_t iova = slot_address(state, i == 4 ? 18 + draw(state, 6) : draw(state, SLOTS));
	uint64_t size = page * pages[draw(state, 6)], unmapped;

	if (!mappable(state, i))
		return -EINVAL;
	if (draw(state, 2))
		return state->rig.ops->map(state->rig.driver, state->domain[i], iova,
					   TARGET + draw(state, 4) * G + iova % G, size,
					   1 + draw(state, 3));
	return state->rig.ops->unmap(state->rig.driver, state->domain[i], iova, size, &unmapped);
}

/* A guest takes a page or a CD away, or gives it, and tells. */
static int random_guest(struct state *state)
{
	unsigned what = draw(state, 3);
	struct domain *nested = state->domain[5 + draw(state, 2)];
	uint64_t page = IOVA + draw(state, 3) * 4096;

	if (!state->world->nested)
		return -EINVAL;
	if (what == 0)
		guest_map(&state->rig, page, 4 * M + draw(state, 4) * 64 * K);
	else if (what == 1)
		guest_unmap(&state->rig, page);
	else
		guest_cd(&state->rig, draw(state, 3), (uint16_t)(5 + draw(state, 2)));
	/* Both tables are the same guest memory. */
	for (unsigned i = 5; i < 7; i++) {
		nested = state->domain[i];
		if (what == 2)
			assert_int_equal(
				rig_invalidate(&state->rig, nested, NONE, 0, UINT64_MAX, false), 0);
		else
			assert_int_equal(rig_invalidate(&state->rig, nested, NONE, page,
							page + 4095, true),
					 0);
	}
	return 0;
}

/* A domain dies, and another takes its tags. */
static int random_rebirth(struct state *state)
{
	unsigned i = draw(state, 4);
	int error = state->rig.ops->domain_destroy(state->rig.driver, state->domain[i]);

	if (!error)
		state->domain[i] = rig_domain(&state->rig, DOMAIN_KERNEL, 0);
	return error;
}

static void random_step(struct state *state)
{
	static int (*const steps[])(struct state *) = {random_map,   random_map,   random_map,
						       random_route, random_guest, random_rebirth};
	unsigned kind = draw(state, 6);
	int error = steps[kind](state);

	assert_true(error == 0 || error == -EINVAL || error == -ENOENT || error == -EEXIST ||
		    error == -EBUSY);
	state->done[kind] += !error;
}

/* ---- What is compared ------------------------------------------------------------------- */

static void ask(struct state *state)
{
	unsigned pasid = draw_pasid(state);
	struct ioasim_request request = {
		.requester_id = rids[draw(state, DEVICES)],
		.pasid = pasid,
		.has_pasid = pasid != 0,
		.address = draw_address(state),
		.length = 1,
		.access = (uint8_t)(1 + draw(state, 3)),
		.kind = draw(state, 4) ? IOASIM_UNTRANSLATED : IOASIM_TRANSLATION_REQUEST,
	};
	struct ioasim_response cached, plain;

	ioasim_translate(state->rig.unit, &request, &cached);
	ioasim_translate(state->bystander, &request, &plain);
	assert_int_equal(cached.outcome, plain.outcome);
	if (cached.outcome == IOASIM_OK)
		assert_int_equal(cached.pa, plain.pa);
	else
		assert_int_equal(cached.fault.code, plain.fault.code);
}

static void world_run(const struct world *world, uint64_t seed)
{
	struct state *state = calloc(1, sizeof(*state));

	assert_non_null(state);
	world_begin(state, world, seed);
	for (unsigned step = 0; step < STEPS; step++) {
		random_step(state);
		if (world->lazy)
			assert_int_equal(state->rig.ops->sync(state->rig.driver), 0);
		for (unsigned i = 0; i < 12; i++)
			ask(state);
		state->rig.events = 0;
	}
	/* Each kind of call was made with an effect. */
	for (unsigned i = 0; i < 6; i++)
		assert_true(state->done[i] > 0 || (i == 4 && !world->nested));
	ioasim_unit_destroy(state->bystander);
	rig_end(&state->rig);
	free(state);
}

static void caches_make_no_difference(void **opaque)
{
	uint64_t seed = rig_seed();

	(void)opaque;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		world_run(&worlds[i], seed + 2 * i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_make_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
