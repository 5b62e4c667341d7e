/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the AMD-Vi driver in random order: whatever was attached, mapped, converted,
 * nested or destroyed in between, the unit's caches never answer otherwise than memory,
 * which a second unit without caches walks with the same registers.
 */
#include "amdvi_driver_rig.h"

#define DEVICES 3u
#define KERNELS 4u
#define NESTED  2u
#define PAGES_W 8u /* of the window that is mapped and asked */
#define STEPS   6000u

#define GUEST_RAM  (6 * G) /* where the parent puts guest addresses below 16 MiB */
#define GUEST_SIZE (16 * M)
#define WINDOW_GPA (8 * M) /* of the guest's pages */

static const uint32_t device_id[DEVICES] = {0x0008, RID, RID2};
static const unsigned device_bits[DEVICES] = {0, 3, 10};
static const uint32_t pasids[] = {NONE, 1, 2, 5};

#define PASIDS (sizeof(pasids) / sizeof(pasids[0]))

/* By index: kernel domains, then those of users, then the rest. */
enum { FIRST_NESTED = KERNELS, PARENT = KERNELS + NESTED, IDENTITY, BLOCKED_D, DOMAINS };

struct world {
	struct rig rig;
	struct ioasim_unit *plain; /* the unit without caches */
	struct domain *domain[DOMAINS];
	bool known[DEVICES];
	uint64_t random;
	unsigned done, refused, translated;
};

static unsigned draw(struct world *world, unsigned n)
{
	return (unsigned)(rig_draw(&world->random) >> 20) % n;
}

/* ---- The guest's memory: a GCR3 table for each user, a table for each PASID ------------- */

static uint64_t guest_gcr3(unsigned user)
{
	return 0x100000 + user * UINT64_C(0x1000);
}

static uint64_t guest_table(unsigned user, uint32_t pasid)
{
	return 0x200000 + (user * 8 + pasid) * UINT64_C(0x4000);
}

static void guest_leaf(struct world *world, unsigned user, uint32_t pasid, unsigned page)
{
	uint64_t table = guest_table(user, pasid), gpa = WINDOW_GPA + draw(world, 4) * 4096ull;

	for (unsigned level = 4; level-- > 0; table += 0x1000) {
		uint64_t slot = table + ((IOVA + page * 4096ull) >> (12 + 9 * level) & 511) * 8;
		uint64_t entry = (level ? table + 0x1000 : gpa) | 0x67;

		if (!level && draw(world, 3) == 0)
			entry = 0;
		rig_poke(&world->rig, GUEST_RAM + slot, entry);
	}
}

static void guest_entry(struct world *world, unsigned user, uint32_t pasid)
{
	uint64_t table = guest_table(user, draw(world, 2) ? pasid : 7 - pasid);

	rig_poke(&world->rig, GUEST_RAM + guest_gcr3(user) + pasid * 8,
		 draw(world, 4) ? table | 1 : 0);
}

/* What a guest does: a store, and the invalidation for it. */
static void guest_step(struct world *world)
{
	unsigned user = draw(world, NESTED), page = draw(world, PAGES_W);
	struct domain *domain = world->domain[FIRST_NESTED + user];
	uint32_t pasid = draw(world, 8);
	uint64_t first = IOVA + page * 4096ull, last = first + 4095;

	if (draw(world, 3)) {
		guest_leaf(world, user, pasid, page);
		/* The table may hang in two entries. */
		if (domain) {
			assert_int_equal(rig_invalidate(&world->rig, domain, 7 - pasid, first, last,
							true),
					 0);
		}
	} else {
		guest_entry(world, user, pasid);
		first = 0;
		last = UINT64_MAX;
	}
	if (!domain)
		return;
	assert_int_equal(rig_invalidate(&world->rig, domain, pasid, first, last, false), 0);
}

/* ---- The driver's calls ----------------------------------------------------------------- */

static void domain_make(struct world *world, unsigned i)
{
	struct domain_config config = {.kind = DOMAIN_KERNEL, .address_bits = 48};

	if (i >= FIRST_NESTED && i < PARENT) {
		if (!world->domain[PARENT])
			return;
		config.kind = DOMAIN_NESTED_PASID;
		config.root = guest_gcr3(i - FIRST_NESTED);
		config.parent = world->domain[PARENT];
	} else if (i == PARENT) {
		config.kind = DOMAIN_NEST_PARENT;
	} else if (i == IDENTITY) {
		config.kind = DOMAIN_IDENTITY;
	} else if (i == BLOCKED_D) {
		config.kind = DOMAIN_BLOCKED;
	}
	assert_int_equal(
		world->rig.ops->domain_create(world->rig.driver, &config, &world->domain[i]), 0);
	if (i == PARENT)
		rig_map(&world->rig, world->domain[i], 0, GUEST_RAM, WINDOW_GPA, RW);
}

static void destroy_step(struct world *world)
{
	unsigned i = draw(world, DOMAINS);
	int error;

	if (!world->domain[i]) {
		domain_make(world, i);
		return;
	}
	error = world->rig.ops->domain_destroy(world->rig.driver, world->domain[i]);
	if (error)
		assert_int_equal(error, -EBUSY);
	else
		world->domain[i] = NULL;
}

static void device_step(struct world *world)
{
	unsigned i = draw(world, DEVICES);
	struct driver_device device = {.requester_id = device_id[i], .pasid_bits = device_bits[i]};
	int error;

	if (!world->known[i]) {
		assert_int_equal(world->rig.ops->device_add(world->rig.driver, &device), 0);
		world->known[i] = true;
		return;
	}
	error = world->rig.ops->device_remove(world->rig.driver, device_id[i]);
	if (error)
		assert_int_equal(error, -EBUSY);
	else
		world->known[i] = false;
}

static void route_step(struct world *world)
{
	uint32_t id = device_id[draw(world, DEVICES)], pasid = pasids[draw(world, PASIDS)];
	struct domain *domain = world->domain[draw(world, DOMAINS)];
	int error;

	if (draw(world, 4) == 0) {
		error = world->rig.ops->detach(world->rig.driver, id, pasid);
		assert_true(error == 0 || error == -ENOENT);
		return;
	}
	if (!domain)
		return;
	error = world->rig.ops->attach(world->rig.driver, id, pasid, domain);
	assert_true(error == 0 || error == -ENOENT || error == -EINVAL);
	world->done += !error;
	world->refused += error == -EINVAL;
}

static void map_step(struct world *world)
{
	unsigned i = draw(world, KERNELS + 1), first = draw(world, PAGES_W);
	struct domain *domain = world->domain[i == KERNELS ? PARENT : i];
	uint64_t size = (1 + draw(world, PAGES_W - first)) * 4096ull, unmapped;
	uint64_t iova = (i == KERNELS ? WINDOW_GPA : IOVA) + first * 4096ull;
	uint64_t pa = TARGET + (draw(world, 2) ? first : draw(world, 64)) * 4096ull;
	int error;

	if (!domain)
		return;
	if (draw(world, 2)) {
		error = world->rig.ops->map(world->rig.driver, domain, iova, pa, size,
					    draw(world, 3) ? RW : IOASIM_READ);
		assert_true(error == 0 || error == -EEXIST);
	} else {
		assert_int_equal(
			world->rig.ops->unmap(world->rig.driver, domain, iova, size, &unmapped), 0);
	}
}

/* ---- The comparison ------------------------------------------------------------------------ */

static void compare(struct world *world, const struct ioasim_request *request)
{
	struct ioasim_response cached, walked;

	ioasim_translate(world->rig.unit, request, &cached);
	ioasim_translate(world->plain, request, &walked);
	world->translated += cached.outcome == IOASIM_OK;
	if (cached.outcome != walked.outcome ||
	    (cached.outcome == IOASIM_OK && cached.pa != walked.pa))
		fail_msg("device %x pasid %x (%d) address %" PRIx64 ": %u %" PRIx64
			 ", without caches %u %" PRIx64,
			 request->requester_id, request->pasid, request->has_pasid,
			 request->address, cached.outcome, cached.pa, walked.outcome, walked.pa);
}

static void compare_all(struct world *world)
{
	for (unsigned d = 0; d < DEVICES; d++) {
		for (unsigned p = 0; p < PASIDS; p++) {
			struct ioasim_request request = {
				.requester_id = device_id[d],
				.pasid = pasids[p] == NONE ? 0 : pasids[p],
				.has_pasid = pasids[p] != NONE,
				.length = 4,
			};

			for (unsigned i = 0; i < 3; i++) {
				request.address = (draw(world, 4) ? IOVA : WINDOW_GPA) +
						  draw(world, PAGES_W) * 4096ull;
				request.access = draw(world, 2) ? IOASIM_READ : IOASIM_WRITE;
				compare(world, &request);
			}
		}
	}
}

static void world_make(struct world *world, bool stage1, uint64_t seed)
{
	struct ioasim_unit_config config;

	memset(world, 0, sizeof(*world));
	world->random = seed;
	rig_begin(&world->rig, stage1, DRIVER_STRICT);
	assert_int_equal(ioasim_memory_add_ram(world->rig.memory, GUEST_RAM, GUEST_SIZE), 0);
	config = world->rig.unit_config;
	memset(&config.callbacks, 0, sizeof(config.callbacks));
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, world->rig.memory, &world->plain, NULL), 0);
	/* The device table; IommuEn, GTEn, GCR3TRPMode. */
	assert_int_equal(ioasim_mmio_write(world->plain, 0, 8, rig_register(&world->rig, 0)), 0);
	assert_int_equal(ioasim_mmio_write(world->plain, 0x18, 8, UINT64_C(0x0400000000010001)), 0);
	for (unsigned i = DOMAINS; i-- > 0;)
		domain_make(world, i);
	for (unsigned user = 0; user < NESTED; user++)
		for (uint32_t pasid = 0; pasid < 8; pasid++) {
			for (unsigned page = 0; page < PAGES_W; page++)
				guest_leaf(world, user, pasid, page);
			guest_entry(world, user, pasid);
		}
}

static void caches_never_answer_otherwise_than_memory(void **state)
{
	static void (*const steps[])(struct world *) = {
		route_step, route_step, route_step, route_step,   map_step,    map_step,
		map_step,   guest_step, guest_step, destroy_step, device_step,
	};
	static struct world world;
	uint64_t seed = rig_seed();

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		world_make(&world, stage1, seed + 2 * stage1);
		for (unsigned step = 0; step < STEPS; step++) {
			steps[draw(&world, sizeof(steps) / sizeof(steps[0]))](&world);
			compare_all(&world);
		}
		print_message("%u routes made, %u refused, %u requests translated\n", world.done,
			      world.refused, world.translated);
		assert_true(world.done > STEPS / 20 && world.translated > STEPS);
		ioasim_unit_destroy(world.plain);
		rig_end(&world.rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_never_answer_otherwise_than_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
