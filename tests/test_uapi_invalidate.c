/* SPDX-License-Identifier: Apache-2.0 */
/* INVALIDATE_CACHE, rule by rule (docs/uapi.md, I1 to I7, N2, N3, H6). */
#include "uapi_flow.h"

struct guest {
	unsigned device, other;
	int parent, user;
};

/* Two devices on one user's table, whose page 0x1000 is at 0x5000; the first has ATS. */
static struct guest guest_make(struct flow *flow)
{
	struct guest guest;

	guest.device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 8);
	guest.other = flow_pdev(flow, 0x30, 0, 8);
	assert_int_equal(flow_bind(flow, guest.device, 1), 0);
	assert_int_equal(flow_bind(flow, guest.other, 2), 0);
	guest.parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, guest.parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, 0x1000, 0x5000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	guest.user = flow_user(flow, guest.parent, 0);
	assert_int_equal(flow_attach(flow, guest.device, guest.parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, guest.other, guest.parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, guest.device, guest.user, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, guest.other, guest.user, FLOW_NONE), 0);
	return guest;
}

static int invalidate(struct flow *flow, const struct ioasim_invalidate *what)
{
	struct ioasim_invalidate arg = *what;

	arg.size = sizeof(arg);
	return ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_INVALIDATE_CACHE, &arg);
}

static void i1_checks_stand_in_their_order(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);
	unsigned third = flow_pdev(flow, 0x38, 0, 0);
	const uint32_t user = (uint32_t)guest.user, none = FLOW_NONE, unknown = 99;
	const struct {
		struct ioasim_invalidate what;
		int error;
	} row[] = {
		{{.ioasid = unknown, .scope = 3, .vpasid = none}, -EOPNOTSUPP},
		{{.ioasid = unknown, .cache = 3, .vpasid = none}, -EOPNOTSUPP},
		{{.ioasid = unknown, .flags = 2, .vpasid = none}, -EOPNOTSUPP},
		{{.ioasid = unknown, .scope = IOASIM_SCOPE_RANGE, .vpasid = none}, -EINVAL},
		{{.ioasid = unknown,
		  .scope = IOASIM_SCOPE_RANGE,
		  .vpasid = none,
		  .address = 0x1010,
		  .length = 0x1000},
		 -EINVAL},
		{{.ioasid = unknown,
		  .scope = IOASIM_SCOPE_RANGE,
		  .vpasid = none,
		  .address = 0xfffffffffffff000,
		  .length = 0x2000},
		 -EOVERFLOW},
		{{.ioasid = unknown, .vpasid = none}, -ENOENT},
		{{.ioasid = (uint32_t)guest.parent, .vpasid = none, .flags = 1, .cookie = 9},
		 -EINVAL},
		{{.ioasid = user, .vpasid = 5, .flags = 1, .cookie = 9}, -ENOENT},
		{{.ioasid = user, .vpasid = 5, .flags = 1, .cookie = 3}, -ENOENT},
		{{.ioasid = user, .vpasid = none, .flags = 1, .cookie = 1}, 0},
		{{.ioasid = user,
		  .scope = IOASIM_SCOPE_RANGE,
		  .vpasid = none,
		  .address = 0xfffffffffffff000,
		  .length = 0x1000},
		 0},
	};
	int pasid = flow_delegates(flow) ? 0 : -EINVAL;

	assert_int_equal(flow_bind(flow, third, 3), 0);
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int error = invalidate(flow, &row[i].what);

		if (error != row[i].error)
			print_error("row %u\n", i);
		assert_int_equal(error, row[i].error);
	}
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 5,
					 0, 0),
			 pasid);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB, 5, 0,
					 0),
			 pasid);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_ALL, IOASIM_INV_PASID,
					 FLOW_NONE, 0, 0),
			 pasid);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_PASID, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0, 0),
			 -EINVAL);
	assert_int_equal(flow_free(flow, guest.user), 0);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0, 0),
			 -EBUSY);
}

static void n2_i3_what_a_guest_removed_is_gone_when_the_call_returns(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	for (unsigned scope = IOASIM_SCOPE_ALL; scope <= IOASIM_SCOPE_RANGE; scope++) {
		FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x5000);
		FLOW_REACHES(flow, guest.other, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x5000);
		flow_guest_page(flow, 0x1000, UINT64_MAX, false);
		flow_forget(flow);
		assert_int_equal(flow_invalidate(flow, guest.user, scope, IOASIM_INV_IOTLB,
						 FLOW_NONE, 0x1000, 0x1000),
				 0);
		/* The unit's first, and on smmuv3 complete before the device's (H). */
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC,
				     IOASIM_COMMAND_SYNC));
		if (flow_is(flow, "smmuv3"))
			assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_SYNC,
					     IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC));
		FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x1000,
			    IOASIM_CLASS_STAGE1);
		FLOW_FAULTS(flow, guest.other, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_STAGE1);
		flow_guest_page(flow, 0x1000, 0x5000, true); /* N2: without a call */
	}
}

static void i1_a_range_covers_all_its_pages(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	for (uint64_t page = 0; page < 16; page++) {
		flow_guest_page(flow, 0x10000 + page * 0x1000, 0x20000 + page * 0x1000, true);
		FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x10000 + page * 0x1000,
			     FLOW_MEMORY + 0x20000 + page * 0x1000);
		FLOW_REACHES(flow, guest.other, FLOW_NONE, 0x10000 + page * 0x1000,
			     FLOW_MEMORY + 0x20000 + page * 0x1000);
	}
	for (uint64_t page = 3; page < 16; page++)
		flow_guest_page(flow, 0x10000 + page * 0x1000, UINT64_MAX, false);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0x13000, 0xd000),
			 0);
	for (uint64_t page = 3; page < 16; page++) {
		FLOW_FAULTS(flow, guest.device, FLOW_NONE, IOASIM_READ, 0x10000 + page * 0x1000,
			    IOASIM_CLASS_STAGE1);
		FLOW_FAULTS(flow, guest.other, FLOW_NONE, IOASIM_READ, 0x10000 + page * 0x1000,
			    IOASIM_CLASS_STAGE1);
	}
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x12000, FLOW_MEMORY + 0x22000);
}

static void i2_a_cookie_narrows_the_call_to_one_device(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);
	const struct ioasim_invalidate what = {.flags = IOASIM_INVALIDATE_COOKIE,
					       .ioasid = (uint32_t)guest.user,
					       .vpasid = FLOW_NONE,
					       .cookie = 1};
	const struct ioasim_invalidate second = {.flags = IOASIM_INVALIDATE_COOKIE,
						 .ioasid = (uint32_t)guest.user,
						 .vpasid = FLOW_NONE,
						 .cookie = 2};

	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x5000);
	flow_guest_page(flow, 0x1000, 0x6000, true);
	flow_forget(flow);
	assert_int_equal(invalidate(flow, &second), 0);
	assert_false(FLOW_SAW(flow, IOASIM_COMMAND_ATC)); /* it has no TLB */
	assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_SYNC));
	assert_int_equal(invalidate(flow, &what), 0);
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x6000);
}

static void i3_the_devices_tlb_alone(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	flow_forget(flow);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_ALL, IOASIM_INV_DEVTLB,
					 FLOW_NONE, 0, 0),
			 0);
	assert_true(FLOW_SAW(flow, IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC));
	assert_false(FLOW_SAW(flow, IOASIM_COMMAND_TLB));
}

static void n3_i3_a_pasid_entry_that_changed(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	FLOW_FAULTS(flow, guest.device, 5, IOASIM_READ, 0x1000, IOASIM_CLASS_PASID);
	flow_guest_pasid(flow, 5, true);
	flow_forget(flow);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 5,
					 0, 0),
			 0);
	if (flow_is(flow, "smmuv3"))
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_PASID, IOASIM_COMMAND_SYNC,
				     IOASIM_COMMAND_TLB, IOASIM_COMMAND_SYNC, IOASIM_COMMAND_ATC,
				     IOASIM_COMMAND_SYNC));
	else
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC,
				     IOASIM_COMMAND_SYNC));
	FLOW_REACHES(flow, guest.device, 5, 0x1000, FLOW_MEMORY + 0x5000);
	FLOW_REACHES(flow, guest.other, 5, 0x1000, FLOW_MEMORY + 0x5000);
	flow_guest_pasid(flow, 5, false);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_PASID, IOASIM_INV_PASID, 5,
					 0, 0),
			 0);
	FLOW_FAULTS(flow, guest.device, 5, IOASIM_READ, 0x1000, IOASIM_CLASS_PASID);
	FLOW_FAULTS(flow, guest.other, 5, IOASIM_READ, 0x1000, IOASIM_CLASS_PASID);
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x5000);
}

static void i6_without_routes_nothing_is_issued(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	assert_int_equal(flow_detach(flow, guest.device, guest.user, FLOW_NONE), 0);
	assert_int_equal(flow_detach(flow, guest.other, guest.user, FLOW_NONE), 0);
	flow_forget(flow);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_ALL, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0, 0),
			 0);
	assert_int_equal(flow->seen.count, 0);
}

/* A route with the guest's table by vPASID, where the host has the PASID table. */
static void i2_every_route_of_the_space_is_covered(void **state)
{
	struct flow *flow = *state;
	struct guest guest = guest_make(flow);

	assert_int_equal(flow_attach(flow, guest.device, guest.user, 5), 0);
	FLOW_REACHES(flow, guest.device, 5, 0x1000, FLOW_MEMORY + 0x5000);
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x5000);
	flow_guest_page(flow, 0x1000, 0x6000, true);
	assert_int_equal(flow_invalidate(flow, guest.user, IOASIM_SCOPE_RANGE, IOASIM_INV_IOTLB,
					 FLOW_NONE, 0x1000, 0x1000),
			 0);
	FLOW_REACHES(flow, guest.device, 5, 0x1000, FLOW_MEMORY + 0x6000);
	FLOW_REACHES(flow, guest.device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x6000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(i1_checks_stand_in_their_order),
		FLOW_TESTS(n2_i3_what_a_guest_removed_is_gone_when_the_call_returns),
		FLOW_TESTS(i1_a_range_covers_all_its_pages),
		FLOW_TESTS(i2_a_cookie_narrows_the_call_to_one_device),
		FLOW_TESTS(i3_the_devices_tlb_alone),
		FLOW_TESTS_GUEST(n3_i3_a_pasid_entry_that_changed),
		FLOW_TESTS(i6_without_routes_nothing_is_issued),
		FLOW_TEST_VTD(i2_every_route_of_the_space_is_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
