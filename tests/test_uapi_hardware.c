/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hardware is told, seen by a unit that looks while it is told (docs/uapi.md, H1,
 * H3, H7, H8, I5, I7, N7, S7).
 */
#include "uapi_flow.h"

#include <string.h>

#include "model/uapi/objects.h"

#define RID UINT32_C(0x28)

static int mapped_space(struct flow *flow, uint64_t offset)
{
	int space = flow_kernel(flow);

	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY + offset, 0x1000), 0);
	return space;
}

static ioasim_pa_t page_of(struct flow *flow, uint64_t offset)
{
	ioasim_pa_t pa;

	assert_int_equal(
		ioasim_process_page(flow->system, flow->process, FLOW_MEMORY + offset, &pa), 0);
	return pa;
}

/* ---- A unit that looks -------------------------------------------------------------------- */

/*
 * Around each command a request walks the route again, as a device does that does not stop: it
 * fills the caches from what the tables hold just then. A driver that invalidates before
 * the entry is gone is caught by what stays behind.
 */
struct eager {
	struct flow *flow;
	uint32_t pasid; /* FLOW_NONE: none */
	uint64_t address;
	ioasim_pa_t allowed[2]; /* what may be reached; 0: nothing else */
	unsigned commands, strange;
	uint8_t last; /* class */
	uint64_t words[64][2];
};

static ioasim_pa_t look(struct eager *eager)
{
	const struct ioasim_request request = {.requester_id = RID,
					       .has_pasid = eager->pasid != FLOW_NONE,
					       .pasid =
						       eager->pasid == FLOW_NONE ? 0 : eager->pasid,
					       .address = eager->address,
					       .length = 1,
					       .access = IOASIM_READ,
					       .kind = IOASIM_UNTRANSLATED};
	struct ioasim_response response;

	ioasim_translate(eager->flow->system->unit, &request, &response);
	return response.outcome == IOASIM_OK ? response.pa : 0;
}

static void command(void *opaque, enum ioasim_command_class class, const uint64_t *words,
		    unsigned count)
{
	struct eager *eager = opaque;
	ioasim_pa_t pa = look(eager);

	if (pa && pa != eager->allowed[0] && pa != eager->allowed[1])
		eager->strange++;
	if (eager->commands < 64)
		memcpy(eager->words[eager->commands], words,
		       (count < 2 ? count : 2) * sizeof(words[0]));
	eager->commands++;
	eager->last = (uint8_t) class;
}

static void watch(struct flow *flow, struct eager *eager, uint32_t pasid, uint64_t address)
{
	*eager = (struct eager){.flow = flow, .pasid = pasid, .address = address};
	ioasim_system_watch(flow->system, command, eager);
}

static void unwatch(struct flow *flow)
{
	ioasim_system_watch(flow->system, NULL, NULL);
}

static void h1_h7_a_unit_that_looks_while_a_route_ends_keeps_nothing(void **state)
{
	struct flow *flow = *state;
	struct eager eager;
	unsigned device = flow_pdev(flow, RID, 0, 16);
	int space = mapped_space(flow, 0x2000);
	static const uint32_t routes[] = {FLOW_NONE, 5};

	assert_int_equal(flow_bind(flow, device, 1), 0);
	for (unsigned i = 0; i < 4; i++) {
		uint32_t route = routes[i % 2];

		watch(flow, &eager, route, 0x1000);
		eager.allowed[0] = page_of(flow, 0x2000);
		assert_int_equal(flow_attach(flow, device, space, route), 0);
		assert_int_equal(look(&eager), eager.allowed[0]);
		eager.commands = 0;
		assert_int_equal(flow_detach(flow, device, space, route), 0);
		assert_true(eager.commands > 0);
		assert_int_equal(look(&eager), 0);
		assert_int_equal(eager.strange, 0);
	}
	unwatch(flow);
}

static void h7_nor_does_one_that_looks_while_a_page_goes(void **state)
{
	struct flow *flow = *state;
	struct eager eager;
	unsigned device = flow_pdev(flow, RID, 0, 16);
	int space = mapped_space(flow, 0x2000);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	watch(flow, &eager, FLOW_NONE, 0x1000);
	eager.allowed[0] = page_of(flow, 0x2000);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(look(&eager), eager.allowed[0]);
		assert_int_equal(flow_unmap(flow, space, 0x1000, 0x1000), 0x1000);
		assert_int_equal(look(&eager), 0);
		assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY + 0x2000, 0x1000), 0);
	}
	assert_int_equal(eager.strange, 0);
	unwatch(flow);
}

/* H2: from the parent's table to the child's and back, through neither a mixture nor the
 * host's domain, where addresses are bus addresses. */
static void h1_h7_one_that_looks_during_a_switch_sees_the_old_the_new_or_nothing(void **state)
{
	struct flow *flow = *state;
	struct eager eager;
	unsigned device = flow_pdev(flow, RID, 0, 16);
	int parent = flow_nest_parent(flow), child;

	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_pasid(flow, 0, true);
	flow_guest_page(flow, 0x7000, 0x3000, true);
	watch(flow, &eager, FLOW_NONE, 0x7000);
	eager.allowed[0] = page_of(flow, 0x7000);
	eager.allowed[1] = page_of(flow, 0x3000);
	assert_int_equal(flow_bind(flow, device, 1), 0);
	child = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(look(&eager), eager.allowed[0]);
		assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), 0);
		assert_int_equal(look(&eager), eager.allowed[1]);
		assert_int_equal(flow_detach(flow, device, child, FLOW_NONE), 0);
	}
	assert_int_equal(eager.strange, 0);
	assert_int_equal(flow_detach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(look(&eager), 0);
	unwatch(flow);
}

static void h1_the_default_route_is_blocked_while_pasids_live(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID, IOASIM_DEVICE_ATS, 16);
	int space = mapped_space(flow, 0x2000), other = mapped_space(flow, 0x3000);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, other, 5), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x2000);
	FLOW_REACHES(flow, device, 5, 0x1000, FLOW_MEMORY + 0x3000);
	flow_forget(flow);
	assert_int_equal(flow_detach(flow, device, space, FLOW_NONE), 0);
	if (flow_is(flow, "smmuv3"))
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_CFG, IOASIM_COMMAND_SYNC,
				     IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC));
	else
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC,
				     IOASIM_COMMAND_SYNC));
	FLOW_NO_ROUTE(flow, device, FLOW_NONE, 0x1000);
	FLOW_REACHES(flow, device, 5, 0x1000, FLOW_MEMORY + 0x3000);
	assert_int_equal(flow_detach(flow, device, other, 5), 0);
	FLOW_NO_ROUTE(flow, device, FLOW_NONE, 0x1000);
	FLOW_NO_ROUTE(flow, device, 5, 0x1000);
}

/* ---- New routes --------------------------------------------------------------------------- */

static void h3_a_new_pasid_needs_only_what_may_have_been_cached_as_absent(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID, 0, 16);
	int space = mapped_space(flow, 0x2000);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, space, 5), 0);
	FLOW_NO_ROUTE(flow, device, 6, 0x1000);
	flow_forget(flow);
	assert_int_equal(flow_attach(flow, device, space, 6), 0);
	if (flow_is(flow, "smmuv3"))
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_PASID, IOASIM_COMMAND_SYNC));
	/* More is allowed, and AMD-Vi has nothing smaller for a GCR3 entry. */
	if (!flow_is(flow, "amdvi"))
		assert_false(FLOW_SAW(flow, IOASIM_COMMAND_TLB));
	assert_false(FLOW_SAW(flow, IOASIM_COMMAND_CFG));
	FLOW_REACHES(flow, device, 6, 0x1000, FLOW_MEMORY + 0x2000);
}

/* ---- Tags --------------------------------------------------------------------------------- */

static void h8_equal_pasids_of_different_tables_do_not_meet(void **state)
{
	struct flow *flow = *state;
	unsigned one = flow_pdev(flow, RID, 0, 16), two = flow_pdev(flow, 0x30, 0, 16);
	int a = mapped_space(flow, 0x2000), b = mapped_space(flow, 0x3000);
	assert_int_equal(flow_bind(flow, one, 1), 0);
	assert_int_equal(flow_bind(flow, two, 2), 0);
	assert_int_equal(flow_attach(flow, one, a, 5), 0);
	assert_int_equal(flow_attach(flow, two, b, 5), 0);
	assert_int_equal(flow_attach(flow, one, b, 6), 0);
	assert_int_equal(flow_attach(flow, two, a, 6), 0);
	for (unsigned i = 0; i < 2; i++) {
		FLOW_REACHES(flow, one, 5, 0x1000, FLOW_MEMORY + 0x2000);
		FLOW_REACHES(flow, two, 5, 0x1000, FLOW_MEMORY + 0x3000);
		FLOW_REACHES(flow, one, 6, 0x1000, FLOW_MEMORY + 0x3000);
		FLOW_REACHES(flow, two, 6, 0x1000, FLOW_MEMORY + 0x2000);
	}
}

/* Equal PASIDs and addresses, over one stage 2: a guest's table each. */
static void h8_nested_tables_over_one_parent_do_not_meet(void **state)
{
	struct flow *flow = *state;
	unsigned one = flow_pdev(flow, RID, 0, 16), two = flow_pdev(flow, 0x30, 0, 16);
	int parent = flow_nest_parent(flow), child;

	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_pasid(flow, 0, true);
	flow_guest_page(flow, 0x7000, 0x3000, true);
	assert_int_equal(flow_bind(flow, one, 1), 0);
	assert_int_equal(flow_bind(flow, two, 2), 0);
	child = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, one, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, two, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, one, child, FLOW_NONE), 0);
	for (unsigned i = 0; i < 2; i++) {
		FLOW_REACHES(flow, one, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x3000);
		FLOW_REACHES(flow, two, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x7000);
	}
}

/* Many lives of few tags, each with another page at the same address, looked up in between:
 * as default route and with one PASID, on units with and without ATS. */
static void s7_h8_a_tag_that_comes_again_brings_nothing_along(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned device[2];

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	if (flow_is(flow, "vtd"))
		config.unit.capability[0] &= ~UINT64_C(7); /* CAP.ND 0: 16 domain ids */
	flow_restart(flow, &config);
	device[0] = flow_pdev(flow, RID, 0, 16);
	device[1] = flow_pdev(flow, 0x30, IOASIM_DEVICE_ATS, 16);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(flow_bind(flow, device[i], 1 + i), 0);
	for (unsigned life = 0; life < 100; life++) {
		uint32_t route = life / 2 % 2 ? 5 : FLOW_NONE;
		uint64_t offset = (2 + life % 50) * 0x1000;
		int space = mapped_space(flow, offset);

		assert_int_equal(space, 1); /* S7: the number too */
		assert_int_equal(flow_attach(flow, device[life % 2], space, route), 0);
		FLOW_REACHES(flow, device[life % 2], route, 0x1000, FLOW_MEMORY + offset);
		FLOW_NO_ROUTE(flow, device[1 - life % 2], route, 0x1000);
		assert_int_equal(flow_detach(flow, device[life % 2], space, route), 0);
		FLOW_NO_ROUTE(flow, device[life % 2], route, 0x1000);
		assert_int_equal(flow_free(flow, space), 0);
	}
}

/* ---- A user's invalidations ----------------------------------------------------------------- */

struct nested {
	unsigned device;
	int parent, child;
};

static struct nested nested(struct flow *flow)
{
	struct nested n = {.device = flow_pdev(flow, RID, IOASIM_DEVICE_ATS, 16),
			   .parent = flow_nest_parent(flow)};

	assert_int_equal(flow_map(flow, n.parent, 0, FLOW_MEMORY, 0x2000), 0);
	assert_int_equal(flow_map(flow, n.parent, 0x2000, FLOW_MEMORY + 0x2000, 0x1000), 0);
	assert_int_equal(flow_map(flow, n.parent, 0x3000, FLOW_MEMORY + 0x3000,
				  FLOW_MEMORY_SIZE - 0x3000),
			 0);
	flow_guest_table(flow);
	flow_guest_pasid(flow, 0, true);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	assert_int_equal(flow_bind(flow, n.device, 1), 0);
	n.child = flow_user(flow, n.parent, 0);
	assert_int_equal(flow_attach(flow, n.device, n.parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, n.device, n.child, FLOW_NONE), 0);
	return n;
}

static void i5_the_last_command_has_been_waited_for(void **state)
{
	struct flow *flow = *state;
	struct nested n = nested(flow);
	struct eager eager;

	for (uint32_t cache = IOASIM_INV_IOTLB; cache <= IOASIM_INV_DEVTLB; cache++)
		for (uint32_t scope = IOASIM_SCOPE_ALL; scope <= IOASIM_SCOPE_RANGE; scope++) {
			watch(flow, &eager, FLOW_NONE, 0x7000);
			assert_int_equal(flow_invalidate(flow, n.child, scope, cache, FLOW_NONE,
							 0x7000,
							 scope == IOASIM_SCOPE_RANGE ? 0x1000 : 0),
					 0);
			assert_true(eager.commands >= 2);
			assert_int_equal(eager.last, IOASIM_COMMAND_SYNC);
		}
	unwatch(flow);
}

static void n7_i7_a_parent_changes_under_a_child_and_the_host_sees_to_it(void **state)
{
	struct flow *flow = *state;
	struct nested n = nested(flow);

	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x2000);
	assert_int_equal(flow_unmap(flow, n.parent, 0x2000, 0x1000), 0x1000);
	FLOW_FAULTS(flow, n.device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_STAGE2);
	assert_int_equal(flow_map(flow, n.parent, 0x2000, FLOW_MEMORY + 0x5000, 0x1000), 0);
	FLOW_REACHES(flow, n.device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x5000);
}

/* Stage 2 alone is not what a guest's call is about: SMMUv3 4.4: TLBI_S12_VMALL, S2_IPA;
 * VT-d 6.5.2.3: the IOTLB descriptor. Nor can he call for the parent. */
static void i7_a_users_invalidation_leaves_stage_2_alone(void **state)
{
	struct flow *flow = *state;
	struct nested n = nested(flow);
	struct eager eager;

	watch(flow, &eager, FLOW_NONE, 0x7000);
	assert_int_equal(flow_invalidate(flow, n.child, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0, 0),
			 0);
	assert_true(eager.commands > 0 && eager.commands <= 64);
	for (unsigned i = 0; i < eager.commands; i++) {
		if (flow_is(flow, "smmuv3"))
			assert_false((eager.words[i][0] & 0xff) == 0x28 ||
				     (eager.words[i][0] & 0xff) == 0x2a);
		if (flow_is(flow, "vtd"))
			assert_int_not_equal(eager.words[i][0] & 0xf, 0x2);
	}
	assert_int_equal(flow_invalidate(flow, n.parent, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0, 0),
			 -EINVAL);
	unwatch(flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(h1_h7_a_unit_that_looks_while_a_route_ends_keeps_nothing),
		FLOW_TESTS(h7_nor_does_one_that_looks_while_a_page_goes),
		FLOW_TESTS(h1_h7_one_that_looks_during_a_switch_sees_the_old_the_new_or_nothing),
		FLOW_TESTS(h1_the_default_route_is_blocked_while_pasids_live),
		FLOW_TESTS(h3_a_new_pasid_needs_only_what_may_have_been_cached_as_absent),
		FLOW_TESTS(h8_equal_pasids_of_different_tables_do_not_meet),
		FLOW_TESTS(h8_nested_tables_over_one_parent_do_not_meet),
		FLOW_TESTS(s7_h8_a_tag_that_comes_again_brings_nothing_along),
		FLOW_TESTS(i5_the_last_command_has_been_waited_for),
		FLOW_TESTS(n7_i7_a_parent_changes_under_a_child_and_the_host_sees_to_it),
		FLOW_TESTS(i7_a_users_invalidation_leaves_stage_2_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
