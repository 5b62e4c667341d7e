/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware-ID core: who is told what, in which order, and limits of control groups
 * (docs/uapi.md, K13 to K18). */
#include "hwid_rig.h"

#include <errno.h>

/* ---- K13 to K16 ------------------------------------------------------------------------------------ */

static void k13_both_scopes_are_merged_by_priority_then_by_registration(void **state)
{
	struct hwid_listener who[] = {{'1'}, {'2'}, {'3'}, {'4'}, {'5'}, {'6'}};
	static const struct {
		bool all;
		enum ioasim_hwid_priority priority;
	} row[] = {
		{false, IOASIM_HWID_DEVICE}, {true, IOASIM_HWID_IOMMU}, {false, IOASIM_HWID_CPU},
		{true, IOASIM_HWID_DEVICE},  {true, IOASIM_HWID_LAST},  {false, IOASIM_HWID_IOMMU},
	};
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(ioasim_hwid_notify(rig->core,
						    row[i].all ? IOASIM_HWID_ALL_SETS : rig->a,
						    row[i].priority, hwid_listen, &who[i]),
				 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, hwid_listen,
					    &who[0]),
			 -EBUSY);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(hwid_heard_by(), "326145");
	/* K4, K9: other events are the set's own; another set's are nobody's here. */
	id = hwid_number(rig, rig->a);
	assert_string_equal(hwid_heard_by(), "361");
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 1), 0);
	assert_string_equal(hwid_heard_by(), "361");
	(void)hwid_number(rig, rig->b);
	assert_string_equal(hwid_heard_by(), "");
	ioasim_hwid_forget(rig->core, hwid_listen, &who[5]);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, id), 0);
	assert_string_equal(hwid_heard_by(), "31");
}

/* A handler as KVM's would be: work that takes its own reference away comes after. */
struct kvm {
	struct ioasim_hwid_core *core;
	uint32_t set, id;
	bool inside, put_inside, put_later;
	int free_inside;
};

static void kvm_work(void *opaque)
{
	struct kvm *kvm = opaque;

	assert_false(kvm->inside);
	assert_int_equal(ioasim_hwid_detach_spid(kvm->core, kvm->id), 0);
	kvm->put_later = ioasim_hwid_put(kvm->core, kvm->set, kvm->id);
}

static void kvm_handler(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id)
{
	struct kvm *kvm = opaque;

	if (event != IOASIM_HWID_FREED)
		return;
	kvm->inside = true;
	kvm->set = set;
	kvm->id = id;
	kvm->put_inside = ioasim_hwid_put(kvm->core, set, id);
	kvm->free_inside = ioasim_hwid_free(kvm->core, set, id);
	assert_int_equal(ioasim_hwid_detach_spid(kvm->core, id), -EDEADLK);
	assert_int_equal(ioasim_hwid_attach_spid(kvm->core, id + 1, 9), 0);
	assert_int_equal(ioasim_hwid_defer(kvm->core, kvm_work, kvm), 0);
	kvm->inside = false;
}

static void k14_k15_a_handler_defers_what_changes_the_same_number(void **state)
{
	struct hwid_rig *rig = *state;
	struct kvm kvm = {.core = rig->core};
	struct hwid_listener late = {'l'};
	uint32_t id = hwid_number(rig, rig->a);

	assert_int_equal(hwid_number(rig, rig->a), id + 1);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 5), 0);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, kvm_handler, &kvm),
			 0);
	assert_int_equal(
		ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_LAST, hwid_listen, &late), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_false(kvm.put_inside);
	assert_int_equal(kvm.free_inside, -EDEADLK);
	assert_true(kvm.put_later);
	/* BIND of the other number from inside, FREE, then UNBIND by the work. */
	assert_int_equal(hwid_heard_count, 3);
	assert_int_equal(hwid_heard[0].event, IOASIM_HWID_BOUND);
	assert_int_equal(hwid_heard[0].id, id + 1);
	assert_int_equal(hwid_heard[1].event, IOASIM_HWID_FREED);
	assert_int_equal(hwid_heard[2].event, IOASIM_HWID_UNBOUND);
	assert_int_equal(hwid_heard[2].id, id);
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE);
}

static void k16_a_handler_may_come_before_the_set_of_its_mm(void **state)
{
	struct hwid_listener kvm = {'k'}, late = {'l'};
	struct hwid_rig *rig = *state;
	uint32_t set;

	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, hwid_listen, &kvm),
			 0);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, hwid_listen, &kvm),
			 -EBUSY);
	(void)hwid_number(rig, rig->a);
	assert_string_equal(hwid_heard_by(), "");
	/* A set of another type with the token is not meant. */
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 77, 0, IOASIM_HWID_SET_FD, &set), 0);
	(void)hwid_number(rig, set);
	assert_string_equal(hwid_heard_by(), "");
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 77, 0, IOASIM_HWID_SET_MM, &set), 0);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, hwid_listen, &kvm),
			 -EBUSY);
	(void)hwid_number(rig, set);
	assert_string_equal(hwid_heard_by(), "k");
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, hwid_listen, &late),
			 -EBUSY);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 0, IOASIM_HWID_CPU, hwid_listen, &late),
			 -EINVAL);
}

/* ---- K18 ----------------------------------------------------------------------------------------------- */

static void k18_limits_hold_up_the_hierarchy_and_moving_may_exceed_them(void **state)
{
	struct hwid_rig *rig = *state;
	struct ioasim_cgroup *top = ioasim_cgroup_create(NULL);
	struct ioasim_cgroup *left = ioasim_cgroup_create(top), *right = ioasim_cgroup_create(top);
	uint32_t id, other;

	/* A new group has limit 0; the host is not charged. */
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, left, &id), -EAGAIN);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, NULL, &id), 0);
	assert_int_equal(id, 1);
	ioasim_cgroup_limit(left, 2);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, left, &id), -EAGAIN);
	ioasim_cgroup_limit(top, 2);
	ioasim_cgroup_limit(right, 1);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, left, &id), 0);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, left, &other), 0);
	assert_int_equal(ioasim_cgroup_charged(top), 2);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 9, right, &id), -EAGAIN);
	/* Nothing was taken by the failures. */
	assert_int_equal(ioasim_hwid_set_count(rig->core, rig->a), 3);
	assert_int_equal(ioasim_hwid_move(rig->core, id, right), 0);
	assert_int_equal(ioasim_hwid_move(rig->core, other, right), 0);
	assert_int_equal(ioasim_cgroup_charged(left), 0);
	assert_int_equal(ioasim_cgroup_charged(right), 2);
	assert_int_equal(ioasim_cgroup_charged(top), 2);
	assert_int_equal(ioasim_cgroup_destroy(right), -EBUSY);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, other), 0);
	assert_int_equal(ioasim_cgroup_charged(top), 0);
	assert_int_equal(ioasim_cgroup_destroy(top), -EBUSY);
	assert_int_equal(ioasim_cgroup_destroy(left), 0);
	assert_int_equal(ioasim_cgroup_destroy(right), 0);
	assert_int_equal(ioasim_cgroup_destroy(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HWID_TEST(k13_both_scopes_are_merged_by_priority_then_by_registration),
		HWID_TEST(k14_k15_a_handler_defers_what_changes_the_same_number),
		HWID_TEST(k16_a_handler_may_come_before_the_set_of_its_mm),
		HWID_TEST(k18_limits_hold_up_the_hierarchy_and_moving_may_exceed_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
