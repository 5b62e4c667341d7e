/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drivers that are broken on purpose (src/model/broken.h) are caught by the security
 * rules; the driver as it is breaks none in the same sequences. This source is built once
 * for each fault and once for none, each with the driver's files of that kind.
 *
 * Some faults only show when a device uses its route in the middle of a call: the
 * kernel's memory is a window behind callbacks, and a DMA is under way before each store
 * of the driver.
 */
#include "uapi_flow.h"

#include "model/broken.h"
#include "model/uapi/checker.h"
#include "model/uapi/dma_inside.h"

#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(0x1000)

/* Where the kernel's window lies, and that it is small here. */
#define KERNEL_AT   UINT64_C(0x100000000)
#define KERNEL_SIZE UINT64_C(0x800000)

/* Memory at 0 to which nothing of the kernel's points. As a table of SMMUv3's stage 1, a
 * GCR3 table or a guest's table of AMD-Vi it leads to the page at 0 at every level, which
 * users may write. Half a root may seem to lie in it: word 0 of a device table entry has
 * bits 14:12 of the GCR3 root. */
#define LOW_SIZE (8 * PAGE)
#define ITSELF   UINT64_C(0x467)

#define RULE(n) (1u << (n))

enum { PLAIN, TWIN, ATS, DEVICES };

/* Accesses of a DMA under way that reached something. */
#define REACHED 64

/* A DMA under way before each store of the driver. */
struct under_way {
	struct flow *flow;
	unsigned char *bytes;
	bool on, busy;
	unsigned device;
	uint32_t pasid;
	uint64_t address;
	unsigned stores; /* that come before its first access */
	ioasim_pa_t reached[REACHED];
	unsigned count;
};

struct broken_rig {
	struct flow flow; /* first: what flow_*() take */
	struct under_way under_way;
};

static void access_under_way(struct under_way *under_way)
{
	const struct flow *flow = under_way->flow;
	const struct device *device = flow->system->device[flow->device[under_way->device]];
	const struct ioasim_request request = {
		.requester_id = device->config.requester_id,
		.has_pasid = under_way->pasid != FLOW_NONE,
		.pasid = under_way->pasid != FLOW_NONE ? under_way->pasid : 0,
		.address = under_way->address,
		.length = 1,
		.access = IOASIM_READ,
		.kind = IOASIM_UNTRANSLATED,
	};
	struct ioasim_response response;

	ioasim_translate(flow->system->unit, &request, &response);
	if (response.outcome == IOASIM_OK && under_way->count < REACHED)
		under_way->reached[under_way->count++] = response.pa;
}

static void dma_under_way(struct under_way *under_way)
{
	if (!under_way->on || under_way->stores || under_way->busy)
		return;
	under_way->busy = true;
	access_under_way(under_way);
	under_way->busy = false;
}

/* The DMA under way completes, now that the call has returned: what it reached has to be
 * what its route leads to. Returns the rules that are broken. */
static uint32_t dma_completes(struct under_way *under_way)
{
	struct ioasim_system *system = under_way->flow->system;
	const struct device *device = system->device[under_way->flow->device[under_way->device]];
	const struct ioasim_dma dma = {
		.device = under_way->flow->device[under_way->device],
		.has_pasid = under_way->pasid != FLOW_NONE,
		.pasid = under_way->pasid != FLOW_NONE ? under_way->pasid : 0,
		.address = under_way->address,
		.length = 1,
		.access = IOASIM_READ,
	};
	struct dma_wire wire;
	uint32_t broken = 0;

	under_way->on = false;
	dma_wire_of_pasid(device, under_way->pasid, &wire);
	for (unsigned i = 0; i < under_way->count; i++) {
		struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES,
						   .pa = under_way->reached[i]};

		checker_judge(system, &dma, &wire, &result);
		broken |= result.broken;
	}
	return broken;
}

/* ---- The kernel's memory --------------------------------------------------------------- */

static int kernel_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	memcpy(data, ((struct under_way *)opaque)->bytes + offset, length);
	return 0;
}

static int kernel_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct under_way *under_way = opaque;

	/* A unit may see each word of a longer store by itself. */
	for (size_t done = 0; done < length;) {
		size_t part = 8 - (offset + done) % 8;

		if (part > length - done)
			part = length - done;
		dma_under_way(under_way);
		memcpy(under_way->bytes + offset + done, (const unsigned char *)data + done, part);
		done += part;
	}
	if (under_way->stores && !under_way->busy)
		under_way->stores--;
	return 0;
}

static int kernel_swap(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct under_way *under_way = opaque;
	uint64_t old;

	memcpy(&old, under_way->bytes + offset, sizeof(old));
	if (old == *expected)
		memcpy(under_way->bytes + offset, &desired, sizeof(desired));
	*expected = old;
	return 0;
}

static const struct ioasim_memory_ops kernel_ops = {kernel_read, kernel_write, kernel_swap};

/* Puts the callbacks in place of the kernel's RAM, with what that holds. */
static void kernel_watch(struct under_way *under_way)
{
	struct ioasim_memory *memory = under_way->flow->system->memory;

	under_way->bytes = malloc(KERNEL_SIZE);
	assert_non_null(under_way->bytes);
	assert_int_equal(ioasim_memory_read(memory, KERNEL_AT, under_way->bytes, KERNEL_SIZE), 0);
	assert_int_equal(ioasim_memory_remove(memory, KERNEL_AT), 0);
	assert_int_equal(ioasim_memory_add_callback(memory, KERNEL_AT, KERNEL_SIZE, &kernel_ops,
						    under_way),
			 0);
	assert_int_equal(ioasim_memory_add_ram(memory, 0, LOW_SIZE), 0);
	for (uint64_t entry = 0; entry < LOW_SIZE; entry += 8)
		assert_int_equal(ioasim_memory_write64(memory, entry, ITSELF), 0);
}

static int setup(void **state)
{
	struct broken_rig *rig = calloc(1, sizeof(*rig));
	struct ioasim_system_config config;
	void *flow = *state;

	assert_non_null(rig);
	assert_int_equal(flow_setup(&flow), 0);
	rig->flow = *(struct flow *)flow;
	assert_int_equal(ioasim_system_config_init(&config, rig->flow.arch), 0);
	config.kernel_memory = KERNEL_SIZE;
	flow_restart(&rig->flow, &config);
	free(flow);
	rig->under_way.flow = &rig->flow;
	kernel_watch(&rig->under_way);
	for (unsigned d = 0; d < DEVICES; d++) {
		flow_pdev(&rig->flow, 0x28 + 8 * d, d == ATS ? IOASIM_DEVICE_ATS : 0, 8);
		assert_int_equal(flow_bind(&rig->flow, d, d), 0);
	}
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct broken_rig *rig = *state;

	rig->under_way.on = false;
	ioasim_system_destroy(rig->flow.system);
	free(rig->under_way.bytes);
	free(rig);
	return 0;
}

/* ---- What is expected -------------------------------------------------------------------- */

static uint32_t broken_rules(const struct flow *flow)
{
	const struct ioasim_verdict *verdict = ioasim_system_verdict(flow->system);
	uint32_t rules = 0;

	for (unsigned n = 0; n < IOASIM_RULES; n++)
		rules |= verdict->broken[n] ? RULE(n) : 0;
	return rules;
}

/* With the fault, the DMA breaks one of these rules and is reported; without one, none. */
#define CAUGHT(rig, what, rules, seen)                                        \
	do {                                                                  \
		const struct ioasim_system *system_ = (rig)->flow.system;     \
		uint32_t seen_ = (seen);                                      \
		if (BROKEN(what)) {                                           \
			assert_int_equal(seen_ & ~(rules), 0);                \
			assert_int_not_equal(seen_, 0);                       \
			assert_non_null(ioasim_system_violation(system_, 0)); \
		} else if (BROKEN(NOTHING)) {                                 \
			assert_int_equal(seen_, 0);                           \
			assert_null(ioasim_system_violation(system_, 0));     \
		}                                                             \
	} while (0)

static uint32_t dma_breaks(struct broken_rig *rig, unsigned device, uint32_t pasid, uint64_t iova)
{
	return flow_dma(&rig->flow, device, pasid, IOASIM_READ, iova).broken;
}

/* A space that maps one page, and the route to it. */
static int attached(struct broken_rig *rig, unsigned device, uint32_t pasid, uint64_t iova,
		    uint64_t vaddr)
{
	int ioasid = flow_kernel(&rig->flow);

	assert_int_equal(flow_map(&rig->flow, ioasid, iova, vaddr, PAGE), 0);
	assert_int_equal(flow_attach(&rig->flow, device, ioasid, pasid), 0);
	return ioasid;
}

static void dma_goes_on(struct broken_rig *rig, unsigned device, uint32_t pasid, uint64_t iova)
{
	rig->under_way.device = device;
	rig->under_way.pasid = pasid;
	rig->under_way.address = iova;
	rig->under_way.stores = 0;
	rig->under_way.count = 0;
	rig->under_way.on = true;
}

/* ---- Sequences ----------------------------------------------------------------------------- */

/* S4: after UNMAP has returned, the unit's cached translation is used. */
static void a_skipped_invalidation_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int ioasid = attached(rig, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);

	FLOW_REACHES(&rig->flow, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);
	assert_int_equal(flow_unmap(&rig->flow, ioasid, PAGE, PAGE), PAGE);
	CAUGHT(rig, SKIP_INVALIDATION, RULE(4), dma_breaks(rig, PLAIN, FLOW_NONE, PAGE));
}

/* S4, S6: the same, and the process has given its page back. */
static void a_skipped_invalidation_of_a_released_page_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int ioasid = attached(rig, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);

	FLOW_REACHES(&rig->flow, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);
	assert_int_equal(flow_unmap(&rig->flow, ioasid, PAGE, PAGE), PAGE);
	assert_int_equal(
		ioasim_process_munmap(rig->flow.system, rig->flow.process, FLOW_MEMORY, PAGE), 0);
	CAUGHT(rig, SKIP_INVALIDATION, RULE(4) | RULE(6), dma_breaks(rig, PLAIN, FLOW_NONE, PAGE));
}

/* S8: what a DMA under way brought back behind the invalidation outlives DETACH. */
static void an_invalidation_before_the_entry_is_cleared_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int ioasid = attached(rig, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);

	dma_goes_on(rig, PLAIN, FLOW_NONE, PAGE);
	assert_int_equal(flow_detach(&rig->flow, PLAIN, ioasid, FLOW_NONE), 0);
	rig->under_way.on = false;
	CAUGHT(rig, INVALIDATE_FIRST, RULE(8), dma_breaks(rig, PLAIN, FLOW_NONE, PAGE));
}

/* S4: the device's own translation is used after UNMAP has returned. */
static void a_forgotten_device_tlb_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int ioasid = attached(rig, ATS, FLOW_NONE, PAGE, FLOW_MEMORY);

	FLOW_REACHES(&rig->flow, ATS, FLOW_NONE, PAGE, FLOW_MEMORY);
	assert_int_equal(flow_unmap(&rig->flow, ioasid, PAGE, PAGE), PAGE);
	CAUGHT(rig, FORGET_DEVICE_TLB, RULE(4), dma_breaks(rig, ATS, FLOW_NONE, PAGE));
}

/* S2, S7: the new owner of a tag meets a translation of the old one. */
static void a_tag_that_is_used_again_too_early_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int ioasid = attached(rig, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);

	FLOW_REACHES(&rig->flow, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY);
	assert_int_equal(flow_detach(&rig->flow, PLAIN, ioasid, FLOW_NONE), 0);
	assert_int_equal(flow_free(&rig->flow, ioasid), 0);
	(void)attached(rig, PLAIN, FLOW_NONE, PAGE, FLOW_MEMORY + PAGE);
	CAUGHT(rig, REUSE_TAG, RULE(2) | RULE(7), dma_breaks(rig, PLAIN, FLOW_NONE, PAGE));
}

/* Stores of the driver until the last one of a route's entry: a table of the space, the
 * page in it, the entry. */
#define STORES 16

/* What a DMA breaks that begins behind some stores of an attach, and one after it. No
 * DMA comes before it: what the entry was before may be cached. */
static uint32_t attach_under_way(struct broken_rig *rig, unsigned device, uint32_t pasid,
				 int ioasid, unsigned stores)
{
	dma_goes_on(rig, device, pasid, 0);
	rig->under_way.stores = stores;
	assert_int_equal(flow_attach(&rig->flow, device, ioasid, pasid), 0);
	return dma_completes(&rig->under_way) | dma_breaks(rig, device, pasid, 0);
}

/*
 * An entry is looked at while only the word is there that makes it valid. amdvi: what two
 * devices reach meanwhile stands under one DomainID, and the second meets the page of the
 * first (S2). vtd: the same, and the PASID cache keeps such an entry, which DETACH, that
 * names the domain, does not reach (S8).
 */
static void a_valid_word_that_is_stored_first_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int first = flow_kernel(&rig->flow), second = flow_kernel(&rig->flow);
	uint32_t seen = 0;

	assert_int_equal(flow_map(&rig->flow, first, 0, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_map(&rig->flow, second, 0, FLOW_MEMORY + PAGE, PAGE), 0);
	for (unsigned i = 0; i < STORES; i++) {
		seen |= attach_under_way(rig, PLAIN, FLOW_NONE, first, i);
		seen |= attach_under_way(rig, TWIN, FLOW_NONE, second, i);
		assert_int_equal(flow_detach(&rig->flow, PLAIN, first, FLOW_NONE), 0);
		assert_int_equal(flow_detach(&rig->flow, TWIN, second, FLOW_NONE), 0);
	}
	seen |= dma_breaks(rig, PLAIN, FLOW_NONE, 0);
	CAUGHT(rig, VALID_FIRST, RULE(2) | RULE(8), seen);
}

/*
 * smmuv3: a CD is looked at whose table seems to be at 0; what that gives stands under
 * the new ASID, and stays (S2). The STE leads to a CD while another PASID is in use. The
 * page at 0 is no user's.
 */
static void a_valid_word_of_a_pasid_that_is_stored_first_is_caught(void **state)
{
	struct broken_rig *rig = *state;
	int first = flow_kernel(&rig->flow), second = flow_kernel(&rig->flow);
	uint32_t seen = 0;

	assert_int_equal(flow_map(&rig->flow, second, 0, FLOW_MEMORY, PAGE), 0);
	assert_int_equal(flow_attach(&rig->flow, PLAIN, first, 2), 0);
	for (unsigned i = 0; i < STORES; i++) {
		seen |= attach_under_way(rig, PLAIN, 3, second, i);
		assert_int_equal(flow_detach(&rig->flow, PLAIN, second, 3), 0);
	}
	CAUGHT(rig, VALID_FIRST, RULE(2), seen);
}

/* S1: the PASID beside, which nothing was attached to, reaches the page. */
static void an_attach_to_the_wrong_pasid_is_caught(void **state)
{
	struct broken_rig *rig = *state;

	(void)attached(rig, PLAIN, 2, PAGE, FLOW_MEMORY);
	CAUGHT(rig, WRONG_PASID, RULE(1), dma_breaks(rig, PLAIN, 3, PAGE));
	if (BROKEN(NOTHING))
		FLOW_REACHES(&rig->flow, PLAIN, 2, PAGE, FLOW_MEMORY);
}

/* ---- Random runs ----------------------------------------------------------------------------- */

/* At most: a run ends where a rule is broken. */
#define STEPS  (BROKEN(NOTHING) ? 4000 : 40000)
#define SPACES 4
#define PAGES  4
#define ROUTES 4 /* 0: without PASID, then PASIDs 1 to 3 */

struct world {
	struct broken_rig *rig;
	uint64_t random;
	int space[SPACES]; /* 0: none */
	int on[DEVICES][ROUTES];
	unsigned device, route; /* that may come or go next */
};

static unsigned draw(struct world *world, unsigned below)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (unsigned)((world->random >> 11) % below);
}

static uint32_t pasid_of(unsigned route)
{
	return route ? route : FLOW_NONE;
}

/* A DMA under way: as often as not on the route that comes or goes, and soon. */
static void dma_begin(struct world *world)
{
	bool same = draw(world, 2);

	dma_goes_on(world->rig, same ? world->device : draw(world, DEVICES),
		    pasid_of(same ? world->route : draw(world, ROUTES)), draw(world, PAGES) * PAGE);
	world->rig->under_way.stores = draw(world, 3);
	if (world->rig->under_way.stores == 2)
		world->rig->under_way.stores = draw(world, STORES);
}

static void step_attach(struct world *world)
{
	struct broken_rig *rig = world->rig;
	unsigned d = world->device, r = world->route, s = draw(world, SPACES);
	int *on = &world->on[d][r];

	if (*on) {
		rig->under_way.on &= draw(world, 2);
		(void)flow_detach(&rig->flow, d, *on, pasid_of(r));
		*on = 0;
		if (draw(world, 2))
			return;
		/* At once to another space, before the device has tried the old one. */
		dma_begin(world);
	}
	if (world->space[s] && !flow_attach(&rig->flow, d, world->space[s], pasid_of(r)))
		*on = world->space[s];
	(void)dma_completes(&rig->under_way);
}

static void step_space(struct world *world)
{
	struct flow *flow = &world->rig->flow;
	unsigned s = draw(world, SPACES);

	if (!world->space[s])
		world->space[s] = flow_kernel(flow);
	else if (draw(world, 4) == 0 && !flow_free(flow, world->space[s]))
		world->space[s] = 0;
}

static void step_map(struct world *world)
{
	struct flow *flow = &world->rig->flow;
	int space = world->space[draw(world, SPACES)];
	uint64_t iova = draw(world, PAGES) * PAGE;

	if (space && flow_map(flow, space, iova, FLOW_MEMORY + draw(world, 64) * PAGE, PAGE))
		(void)flow_unmap(flow, space, iova, PAGE);
}

static void step_dma(struct world *world)
{
	for (unsigned i = 0; i < 4; i++)
		(void)dma_breaks(world->rig, draw(world, DEVICES), pasid_of(draw(world, ROUTES)),
				 draw(world, PAGES) * PAGE);
}

static void step_begin(struct world *world)
{
	world->device = draw(world, DEVICES);
	world->route = draw(world, ROUTES);
	dma_begin(world);
	/* Quiet steps: devices that try all the time keep in caches that they may not. */
	world->rig->under_way.on = draw(world, 2);
}

static void a_random_run_catches_the_fault(void **state)
{
	static void (*const step[])(struct world *) = {step_attach, step_space, step_map, step_map,
						       step_dma};
	const char *seed = getenv("IOASIM_SEED");
	struct world world = {.rig = *state};
	uint32_t rules;

	world.random = seed ? strtoull(seed, NULL, 0) : 0xb40c3;
	print_message("IOASIM_SEED=%#llx\n", (unsigned long long)world.random);
	world.random |= UINT64_C(1) << 63; /* never 0 */
	for (unsigned i = 0; i < STEPS && !broken_rules(&world.rig->flow); i++) {
		step_begin(&world);
		step[draw(&world, sizeof(step) / sizeof(step[0]))](&world);
		world.rig->under_way.on = false;
	}
	rules = broken_rules(&world.rig->flow);
	if (BROKEN(NOTHING))
		assert_int_equal(rules, 0);
	else
		assert_int_not_equal(rules, 0);
}

/* ---- Tests -------------------------------------------------------------------------------------- */

#define ON(test, arch)                                                                \
	{                                                                             \
#test " (" arch ")", test, setup, teardown, (void *)(uintptr_t)(arch) \
	}
#define EACH(test) ON(test, "vtd"), ON(test, "amdvi"), ON(test, "smmuv3")

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_skipped_invalidation_is_caught),
		EACH(a_skipped_invalidation_of_a_released_page_is_caught),
		EACH(an_invalidation_before_the_entry_is_cleared_is_caught),
		EACH(a_forgotten_device_tlb_is_caught),
		EACH(a_tag_that_is_used_again_too_early_is_caught),
		ON(a_valid_word_that_is_stored_first_is_caught, "vtd"),
		ON(a_valid_word_that_is_stored_first_is_caught, "amdvi"),
		ON(a_valid_word_of_a_pasid_that_is_stored_first_is_caught, "smmuv3"),
		EACH(an_attach_to_the_wrong_pasid_is_caught),
		EACH(a_random_run_catches_the_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
