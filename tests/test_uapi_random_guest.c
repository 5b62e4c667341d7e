/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that changes its stage 1 table at random, with and without telling, over a
 * parent that is changed too. What a DMA meets is what the table says, or what it said
 * since the last invalidation that covers it returned (N2, S2, S4); what the parent does
 * not map is never reached (M4, S5). IOASIM_SEED=n repeats a run.
 */
#include "uapi_flow.h"

#include <stdlib.h>
#include <string.h>

#define STEPS   4000
#define PAGES   8 /* of the guest's address space, from 0x10000 */
#define TARGETS 8 /* pages of the parent that they lead to, from 0x800000 */
#define NOTHING TARGETS /* a page that leads nowhere */

struct guest {
	struct flow *flow;
	uint64_t random;
	unsigned device[2]; /* with a TLB, and without */
	int parent, user;
	bool attached[2];
	unsigned page[PAGES]; /* target, or NOTHING */
	bool may[2][PAGES][TARGETS + 1]; /* what each device may meet */
	bool mapped[TARGETS];
};

static uint64_t draw(struct guest *guest, uint64_t below)
{
	guest->random ^= guest->random << 13;
	guest->random ^= guest->random >> 7;
	guest->random ^= guest->random << 17;
	return (guest->random >> 11) % below;
}

static uint64_t va_of(uint64_t page)
{
	return 0x10000 + page * 0x1000;
}

static uint64_t gpa_of(uint64_t target)
{
	return 0x800000 + target * 0x1000;
}

/* From now on a device meets what the table says. */
static void settle(struct guest *guest, unsigned device, uint64_t page)
{
	memset(guest->may[device][page], 0, sizeof(guest->may[device][page]));
	guest->may[device][page][guest->page[page]] = true;
}

/* ---- Steps --------------------------------------------------------------------------------- */

static void step_store(struct guest *guest)
{
	uint64_t page = draw(guest, PAGES);
	unsigned target = (unsigned)draw(guest, TARGETS + 1);

	guest->page[page] = target;
	guest->may[0][page][target] = guest->may[1][page][target] = true;
	flow_guest_page(guest->flow, va_of(page), target == NOTHING ? UINT64_MAX : gpa_of(target),
			true);
}

static void step_invalidate(struct guest *guest)
{
	uint64_t first = draw(guest, PAGES), count = 1 + draw(guest, PAGES - first);
	bool range = draw(guest, 3), narrow = draw(guest, 2);
	unsigned device = (unsigned)draw(guest, 2);
	struct ioasim_invalidate arg = {
		.size = sizeof(arg),
		.flags = narrow && guest->attached[device] ? IOASIM_INVALIDATE_COOKIE : 0,
		.ioasid = (uint32_t)guest->user,
		.scope = range ? IOASIM_SCOPE_RANGE : IOASIM_SCOPE_ALL,
		.vpasid = FLOW_NONE,
		.cookie = device + 1,
		.address = range ? va_of(first) : 0,
		.length = range ? count * 0x1000 : 0,
	};

	assert_int_equal(ioasim_ioctl(guest->flow->system, guest->flow->process, guest->flow->fd,
				      IOASIM_INVALIDATE_CACHE, &arg),
			 0);
	for (uint64_t page = 0; page < PAGES; page++) {
		if (range && (page < first || page >= first + count))
			continue;
		for (unsigned d = 0; d < 2; d++) {
			if (!arg.flags || d == device)
				settle(guest, d, page);
		}
	}
}

static void step_parent(struct guest *guest)
{
	uint64_t target = draw(guest, TARGETS);

	if (guest->mapped[target])
		assert_int_equal(flow_unmap(guest->flow, guest->parent, gpa_of(target), 0x1000),
				 0x1000);
	else
		assert_int_equal(flow_map(guest->flow, guest->parent, gpa_of(target),
					  FLOW_MEMORY + gpa_of(target), 0x1000),
				 0);
	guest->mapped[target] = !guest->mapped[target];
}

/* Devices of one space may share what is cached of it, so that neither end nor beginning
 * of a route need forget what the guest has not told. */
static void step_attach(struct guest *guest)
{
	unsigned device = (unsigned)draw(guest, 2);

	if (draw(guest, 4))
		return;
	if (guest->attached[device])
		assert_int_equal(
			flow_detach(guest->flow, guest->device[device], guest->user, FLOW_NONE), 0);
	else
		assert_int_equal(
			flow_attach(guest->flow, guest->device[device], guest->user, FLOW_NONE), 0);
	guest->attached[device] = !guest->attached[device];
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* The target that a result stands for; a fault of stage 2, for any that is not mapped. */
static bool allowed(const struct guest *guest, const bool *may,
		    const struct ioasim_dma_result *result)
{
	for (unsigned target = 0; target < TARGETS; target++) {
		ioasim_pa_t pa;

		if (!may[target])
			continue;
		if (result->outcome == IOASIM_DMA_FAULTS) {
			if (!guest->mapped[target] && result->class == IOASIM_CLASS_STAGE2)
				return true;
			continue;
		}
		assert_int_equal(ioasim_process_page(guest->flow->system, guest->flow->process,
						     FLOW_MEMORY + gpa_of(target), &pa),
				 0);
		if (guest->mapped[target] && result->pa == pa)
			return true;
	}
	return may[NOTHING] && result->outcome == IOASIM_DMA_FAULTS &&
	       result->class == IOASIM_CLASS_STAGE1;
}

static void judge(struct guest *guest)
{
	unsigned device = (unsigned)draw(guest, 2);
	uint64_t page = draw(guest, PAGES);
	struct ioasim_dma_result result =
		flow_dma(guest->flow, guest->device[device], FLOW_NONE, IOASIM_WRITE, va_of(page));

	if (guest->attached[device])
		assert_true(allowed(guest, guest->may[device][page], &result));
	else /* the parent alone, which maps nothing there */
		assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
}

static void a_guest_meets_its_table_as_it_is_or_was_since_it_told(void **state)
{
	static void (*const step[])(struct guest *) = {step_store,      step_store,  step_store,
						       step_invalidate, step_parent, step_attach};
	const char *seed = getenv("IOASIM_SEED");
	struct guest guest = {.flow = *state};
	struct flow *flow = guest.flow;

	guest.random = seed ? strtoull(seed, NULL, 0) : 0x5eed1;
	print_message("IOASIM_SEED=%#llx\n", (unsigned long long)guest.random);
	guest.random |= UINT64_C(1) << 63; /* never 0 */
	guest.device[0] = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 0);
	guest.device[1] = flow_pdev(flow, 0x30, 0, 0);
	guest.parent = flow_nest_parent(flow);
	/* The tables of the guest. */
	assert_int_equal(flow_map(flow, guest.parent, 0x100000, FLOW_MEMORY + 0x100000, 0x200000),
			 0);
	flow_guest_table(flow);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	for (unsigned d = 0; d < 2; d++) {
		assert_int_equal(flow_bind(flow, guest.device[d], d + 1), 0);
		assert_int_equal(flow_attach(flow, guest.device[d], guest.parent, FLOW_NONE), 0);
	}
	guest.user = flow_user(flow, guest.parent, 0);
	for (uint64_t page = 0; page < PAGES; page++) {
		guest.page[page] = NOTHING;
		settle(&guest, 0, page);
		settle(&guest, 1, page);
	}
	for (unsigned i = 0; i < STEPS; i++) {
		struct ioasim_event event;

		step[draw(&guest, sizeof(step) / sizeof(step[0]))](&guest);
		for (unsigned n = 0; n < 4; n++)
			judge(&guest);
		while (flow_event(flow, &event))
			assert_int_equal(event.ioasid, guest.user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(a_guest_meets_its_table_as_it_is_or_was_since_it_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
