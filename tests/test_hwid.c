/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware-ID core, rule by rule (docs/uapi.md, K1 to K18). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ioasim/hwid.h>

#define TOKEN_A 0xa
#define TOKEN_B 0xb

/* ---- What handlers hear ------------------------------------------------------------ */

struct heard {
	char who;
	enum ioasim_hwid_event event;
	uint32_t set, id;
};

static struct heard heard[64];
static unsigned heard_count;

struct listener {
	char who;
};

static void listen(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id)
{
	const struct listener *listener = opaque;

	assert_true(heard_count < 64);
	heard[heard_count++] = (struct heard){listener->who, event, set, id};
}

/* The letters of who heard since the last call, in order. */
static const char *heard_by(void)
{
	static char who[65];
	unsigned i;

	for (i = 0; i < heard_count; i++)
		who[i] = heard[i].who;
	who[i] = 0;
	heard_count = 0;
	return who;
}

/* ---- Set-up -------------------------------------------------------------------------- */

struct rig {
	struct ioasim_hwid_core *core;
	uint32_t a, b; /* sets without quota */
};

static int setup(void **state)
{
	static struct rig rig;

	heard_count = 0;
	rig.core = ioasim_hwid_create();
	assert_non_null(rig.core);
	assert_int_equal(ioasim_hwid_set_alloc(rig.core, TOKEN_A, 0, IOASIM_HWID_SET_MM, &rig.a),
			 0);
	assert_int_equal(ioasim_hwid_set_alloc(rig.core, TOKEN_B, 0, IOASIM_HWID_SET_FD, &rig.b),
			 0);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	ioasim_hwid_destroy(((struct rig *)*state)->core);
	return 0;
}

static uint32_t number(const struct rig *rig, uint32_t set)
{
	uint32_t id;

	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 1, 1000, NULL, &id), 0);
	return id;
}

/* ---- K1 to K3 -------------------------------------------------------------------------- */

static void k1_capacity_is_set_once_and_quotas_and_reservations_come_out_of_it(void **state)
{
	struct rig *rig = *state;
	uint32_t set;

	assert_int_equal(ioasim_hwid_left(rig->core), 1u << 20);
	assert_int_equal(ioasim_hwid_capacity(rig->core, 0), -EINVAL);
	assert_int_equal(ioasim_hwid_capacity(rig->core, 100), 0);
	assert_int_equal(ioasim_hwid_capacity(rig->core, 50), 0);
	assert_int_equal(ioasim_hwid_left(rig->core), 100);
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 1, 62, IOASIM_HWID_SET_FD, &set), 0);
	assert_int_equal(ioasim_hwid_reserve(rig->core, 39), -ENOSPC);
	assert_int_equal(ioasim_hwid_reserve(rig->core, 8), 8);
	assert_int_equal(ioasim_hwid_reserve(rig->core, 0), 30);
	assert_int_equal(ioasim_hwid_left(rig->core), 0);
	assert_int_equal(ioasim_hwid_cancel(rig->core, 39), -EINVAL);
	assert_int_equal(ioasim_hwid_cancel(rig->core, 38), 38);
	assert_int_equal(ioasim_hwid_cancel(rig->core, 63), -EINVAL);
	assert_int_equal(ioasim_hwid_left(rig->core), 38);
}

static void k1_live_numbers_never_exceed_the_capacity(void **state)
{
	struct rig *rig = *state;
	uint32_t id;

	assert_int_equal(ioasim_hwid_capacity(rig->core, 2), 0);
	(void)number(rig, rig->a);
	(void)number(rig, rig->b);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 1000, NULL, &id), -ENOSPC);
	assert_true(ioasim_hwid_put(rig->core, rig->b, 2));
	assert_int_equal(number(rig, rig->a), 2);
}

static void k2_each_check_of_a_new_set_in_its_order(void **state)
{
	static const struct {
		uint64_t token;
		uint32_t quota;
		unsigned type;
		int error;
	} row[] = {
		{0, UINT32_MAX, 3, -EINVAL}, /* the type is looked at before the quota */
		{0, (1u << 20) + 1, IOASIM_HWID_SET_MM, -ENOSPC}, /* then the quota */
		{0, 1, IOASIM_HWID_SET_MM, -EINVAL}, /* then the token */
		{0, 1, IOASIM_HWID_SET_FD, -EINVAL},
		{9, 1, IOASIM_HWID_SET_NONE, -EINVAL},
		{TOKEN_A, 1, IOASIM_HWID_SET_MM, -EEXIST},
		{TOKEN_A, 1, IOASIM_HWID_SET_FD, 0}, /* of another type */
		{0, 1, IOASIM_HWID_SET_NONE, 0},
		{0, 1, IOASIM_HWID_SET_NONE, 0}, /* any number without token */
	};
	struct rig *rig = *state;
	uint32_t set;

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(ioasim_hwid_set_alloc(rig->core, row[i].token, row[i].quota,
						       (enum ioasim_hwid_type)row[i].type, &set),
				 row[i].error);
	assert_int_equal(ioasim_hwid_left(rig->core), (1u << 20) - 3);
}

static void k2_quota_0_takes_nothing_and_has_no_limit_of_its_own(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(ioasim_hwid_left(rig->core), 1u << 20);
	for (uint32_t i = 1; i <= 1000; i++)
		assert_int_equal(number(rig, rig->a), i);
}

static void k3_a_set_goes_only_when_empty_and_gives_its_quota_back(void **state)
{
	struct rig *rig = *state;
	uint32_t set, id;

	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 7, 5, IOASIM_HWID_SET_FD, &set), 0);
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 1, 9, NULL, &id), 0);
	assert_int_equal(ioasim_hwid_set_free(rig->core, set), -EBUSY);
	assert_int_equal(ioasim_hwid_free(rig->core, set, id), 0);
	/* It does not vanish with its last number. */
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 1, 9, NULL, &id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, set, id), 0);
	assert_int_equal(ioasim_hwid_set_free(rig->core, set), 0);
	assert_int_equal(ioasim_hwid_left(rig->core), 1u << 20);
	assert_int_equal(ioasim_hwid_set_free(rig->core, set), -EINVAL);
	/* Its token may have a set again, which is another one. */
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 7, 5, IOASIM_HWID_SET_FD, &id), 0);
	assert_int_not_equal(id, set);
	assert_int_equal(ioasim_hwid_set_free(rig->core, set), -EINVAL);
}

/* ---- K4 to K8 ---------------------------------------------------------------------------- */

static void k4_the_lowest_number_of_the_range_with_every_refusal(void **state)
{
	struct rig *rig = *state;
	uint32_t set, id;

	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 7, 2, IOASIM_HWID_SET_FD, &set), 0);
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 9, 5, NULL, &id), -EINVAL);
	assert_int_equal(ioasim_hwid_alloc(rig->core, 0, 5, 9, NULL, &id), -EINVAL);
	assert_int_equal(ioasim_hwid_alloc(rig->core, 12345, 5, 9, NULL, &id), -EINVAL);
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 5, 9, NULL, &id), 0);
	assert_int_equal(id, 5);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 5, 5, NULL, &id), -ENOSPC);
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 1u << 20, UINT32_MAX, NULL, &id),
			 -ENOSPC);
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 5, 9, NULL, &id), 0);
	assert_int_equal(id, 6);
	/* The quota. */
	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 5, 9, NULL, &id), -ENOSPC);
	assert_int_equal(ioasim_hwid_state(rig->core, 5), IOASIM_HWID_IDLE);
	assert_int_equal(ioasim_hwid_refs(rig->core, 5), 1);
	assert_int_equal(ioasim_hwid_spid(rig->core, 5), IOASIM_HWID_NO_SPID);
	assert_int_equal(
		ioasim_hwid_alloc(rig->core, rig->a, (1u << 20) - 1, UINT32_MAX, NULL, &id), 0);
	assert_int_equal(id, (1u << 20) - 1);
}

static void k5_get_checks_unknown_then_free_pending_then_the_set(void **state)
{
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, 999), -EINVAL);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->b, id), -EACCES);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->b, id), -EBUSY);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), -EBUSY);
}

static void k6_put_says_when_the_number_is_free(void **state)
{
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	assert_false(ioasim_hwid_put(rig->core, rig->a, 999));
	assert_false(ioasim_hwid_put(rig->core, rig->b, id));
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_false(ioasim_hwid_put(rig->core, rig->a, id));
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_IDLE);
	assert_true(ioasim_hwid_put(rig->core, rig->a, id));
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE);
	assert_false(ioasim_hwid_put(rig->core, rig->a, id));
}

static void k7_k8_free_of_an_active_number_waits_for_its_last_holder(void **state)
{
	struct listener kvm = {'k'};
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, listen, &kvm), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, 999), -ENOENT);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->b, id), -EACCES);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_ACTIVE);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(heard[0].event, IOASIM_HWID_FREED);
	assert_string_equal(heard_by(), "k");
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE_PENDING);
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 1);
	/* Once more: no effect and no word. */
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(heard_by(), "");
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 1);
	/* The number is not given out meanwhile. */
	assert_int_equal(number(rig, rig->b), id + 1);
	assert_true(ioasim_hwid_put(rig->core, rig->a, id));
	assert_int_equal(number(rig, rig->b), id);
}

static void k7_free_of_an_idle_number_tells_nobody(void **state)
{
	struct listener all = {'a'};
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	assert_int_equal(ioasim_hwid_notify(rig->core, IOASIM_HWID_ALL_SETS, IOASIM_HWID_CPU,
					    listen, &all),
			 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(heard_by(), "");
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE);
}

/* ---- K9 to K12, K17 --------------------------------------------------------------------------- */

static void k9_private_numbers_are_the_sets_own(void **state)
{
	struct rig *rig = *state;
	uint32_t x = number(rig, rig->a), y = number(rig, rig->b), z = number(rig, rig->a);

	assert_int_equal(ioasim_hwid_attach_spid(rig->core, 999, IOASIM_HWID_NO_SPID), -EINVAL);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, 999, 7), -ENOENT);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, x, 101), 0);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, y, 101), 0);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, z, 101), -EINVAL);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, x, 102), -EBUSY);
	assert_int_equal(ioasim_hwid_spid(rig->core, x), 101);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, x), 0);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, x), -ENOENT);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, 999), -ENOENT);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, z, 101), 0);
}

static uint32_t spid_seen;

static void look_at_spid(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id)
{
	(void)set;
	if (event == IOASIM_HWID_UNBOUND)
		spid_seen = ioasim_hwid_spid(opaque, id);
}

static void k9_a_handler_of_unbind_still_sees_the_private_number(void **state)
{
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	spid_seen = 0;
	assert_int_equal(
		ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, look_at_spid, rig->core), 0);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 55), 0);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, id), 0);
	assert_int_equal(spid_seen, 55);
	assert_int_equal(ioasim_hwid_spid(rig->core, id), IOASIM_HWID_NO_SPID);
}

static void k10_find_takes_no_reference_on_what_is_being_freed(void **state)
{
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a), found;

	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 101), 0);
	assert_int_equal(ioasim_hwid_find(rig->core, rig->b, 101, false, &found), 0);
	assert_int_equal(found, IOASIM_HWID_INVALID);
	assert_int_equal(ioasim_hwid_find(rig->core, 4711, 101, false, &found), -EINVAL);
	assert_int_equal(ioasim_hwid_find(rig->core, rig->a, 101, true, &found), 0);
	assert_int_equal(found, id);
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 2);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_find(rig->core, rig->a, 101, true, &found), -EBUSY);
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 1);
	assert_int_equal(ioasim_hwid_find(rig->core, rig->a, 101, false, &found), 0);
	assert_int_equal(found, id);
	/* The private number goes with the number. */
	assert_true(ioasim_hwid_put(rig->core, rig->a, id));
	assert_int_equal(ioasim_hwid_find(rig->core, rig->a, 101, false, &found), 0);
	assert_int_equal(found, IOASIM_HWID_INVALID);
}

static void k11_data_is_attached_once(void **state)
{
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);
	int x, y;

	assert_int_equal(ioasim_hwid_attach_data(rig->core, 999, &x), -ENOENT);
	assert_int_equal(ioasim_hwid_attach_data(rig->core, id, &x), 0);
	assert_int_equal(ioasim_hwid_attach_data(rig->core, id, &y), -EBUSY);
	assert_ptr_equal(ioasim_hwid_data(rig->core, id), &x);
	assert_ptr_equal(ioasim_hwid_detach_data(rig->core, id), &x);
	assert_int_equal(ioasim_hwid_attach_data(rig->core, id, &y), 0);
}

static void k12_free_all_goes_upwards_and_keeps_what_others_hold(void **state)
{
	struct listener kvm = {'k'};
	struct rig *rig = *state;
	uint32_t id[5];

	for (unsigned i = 0; i < 5; i++) {
		id[i] = number(rig, rig->a);
		assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id[i]), 0);
	}
	/* Out of the order in which they were made. */
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id[1]), 0);
	assert_true(ioasim_hwid_put(rig->core, rig->a, id[1]));
	assert_int_equal(number(rig, rig->a), id[1]);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id[1]), 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, listen, &kvm), 0);
	assert_int_equal(ioasim_hwid_free_all(rig->core, 4711), -EINVAL);
	assert_int_equal(ioasim_hwid_free_all(rig->core, rig->a), 0);
	assert_int_equal(heard_count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(heard[i].id, id[i]);
	assert_int_equal(ioasim_hwid_set_count(rig->core, rig->a), 5);
	assert_int_equal(ioasim_hwid_set_free(rig->core, rig->a), -EBUSY);
	for (unsigned i = 0; i < 5; i++)
		assert_true(ioasim_hwid_put(rig->core, rig->a, id[i]));
	assert_int_equal(ioasim_hwid_set_free(rig->core, rig->a), 0);
}

static void k17_only_the_owner_of_an_mm_set_gets_a_reference(void **state)
{
	struct rig *rig = *state;
	uint32_t a = number(rig, rig->a), b = number(rig, rig->b);

	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, 999, TOKEN_A), -ENOENT);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, b, TOKEN_B), -EINVAL);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, a, TOKEN_B), -EPERM);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, a, TOKEN_A), 0);
	assert_int_equal(ioasim_hwid_refs(rig->core, a), 2);
}

/* ---- K13 to K16 ------------------------------------------------------------------------------------ */

static void k13_both_scopes_are_merged_by_priority_then_by_registration(void **state)
{
	struct listener who[] = {{'1'}, {'2'}, {'3'}, {'4'}, {'5'}, {'6'}};
	static const struct {
		bool all;
		enum ioasim_hwid_priority priority;
	} row[] = {
		{false, IOASIM_HWID_DEVICE}, {true, IOASIM_HWID_IOMMU}, {false, IOASIM_HWID_CPU},
		{true, IOASIM_HWID_DEVICE},  {true, IOASIM_HWID_LAST},  {false, IOASIM_HWID_IOMMU},
	};
	struct rig *rig = *state;
	uint32_t id = number(rig, rig->a);

	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(ioasim_hwid_notify(rig->core,
						    row[i].all ? IOASIM_HWID_ALL_SETS : rig->a,
						    row[i].priority, listen, &who[i]),
				 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, listen, &who[0]),
			 -EBUSY);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(heard_by(), "326145");
	/* K4, K9: other events are the set's own; another set's are nobody's here. */
	id = number(rig, rig->a);
	assert_string_equal(heard_by(), "361");
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 1), 0);
	assert_string_equal(heard_by(), "361");
	(void)number(rig, rig->b);
	assert_string_equal(heard_by(), "");
	ioasim_hwid_forget(rig->core, listen, &who[5]);
	assert_int_equal(ioasim_hwid_detach_spid(rig->core, id), 0);
	assert_string_equal(heard_by(), "31");
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
	struct rig *rig = *state;
	struct kvm kvm = {.core = rig->core};
	struct listener late = {'l'};
	uint32_t id = number(rig, rig->a);

	assert_int_equal(number(rig, rig->a), id + 1);
	assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, 5), 0);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, kvm_handler, &kvm),
			 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_LAST, listen, &late), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_false(kvm.put_inside);
	assert_int_equal(kvm.free_inside, -EDEADLK);
	assert_true(kvm.put_later);
	/* BIND of the other number from inside, FREE, then UNBIND by the work. */
	assert_int_equal(heard_count, 3);
	assert_int_equal(heard[0].event, IOASIM_HWID_BOUND);
	assert_int_equal(heard[0].id, id + 1);
	assert_int_equal(heard[1].event, IOASIM_HWID_FREED);
	assert_int_equal(heard[2].event, IOASIM_HWID_UNBOUND);
	assert_int_equal(heard[2].id, id);
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE);
}

static void k16_a_handler_may_come_before_the_set_of_its_mm(void **state)
{
	struct listener kvm = {'k'}, late = {'l'};
	struct rig *rig = *state;
	uint32_t set;

	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, listen, &kvm), 0);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, listen, &kvm),
			 -EBUSY);
	(void)number(rig, rig->a);
	assert_string_equal(heard_by(), "");
	/* A set of another type with the token is not meant. */
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 77, 0, IOASIM_HWID_SET_FD, &set), 0);
	(void)number(rig, set);
	assert_string_equal(heard_by(), "");
	assert_int_equal(ioasim_hwid_set_alloc(rig->core, 77, 0, IOASIM_HWID_SET_MM, &set), 0);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, listen, &kvm),
			 -EBUSY);
	(void)number(rig, set);
	assert_string_equal(heard_by(), "k");
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 77, IOASIM_HWID_CPU, listen, &late),
			 -EBUSY);
	assert_int_equal(ioasim_hwid_notify_mm(rig->core, 0, IOASIM_HWID_CPU, listen, &late),
			 -EINVAL);
}

/* ---- K18 ----------------------------------------------------------------------------------------------- */

static void k18_limits_hold_up_the_hierarchy_and_moving_may_exceed_them(void **state)
{
	struct rig *rig = *state;
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

/* ---- Against a plain book --------------------------------------------------------------------------------- */

#define BOOK 300u

struct book {
	uint32_t set; /* 0: free */
	uint32_t refs, spid;
	bool freed;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static void book_drop(struct book *book)
{
	if (--book->refs == 0)
		*book = (struct book){.spid = IOASIM_HWID_NO_SPID};
}

static void book_alloc(struct rig *rig, struct book *book, uint32_t set)
{
	uint32_t min = random_below(BOOK), max = min + random_below(20), id, want = min;
	int error = ioasim_hwid_alloc(rig->core, set, min, max, NULL, &id);

	while (want <= max && want < BOOK + 20 && book[want].set)
		want++;
	assert_int_equal(error, want > max ? -ENOSPC : 0);
	if (error)
		return;
	assert_int_equal(id, want);
	book[id] = (struct book){.set = set, .refs = 1, .spid = IOASIM_HWID_NO_SPID};
}

static void book_step(struct rig *rig, struct book *book)
{
	uint32_t set = random_below(2) ? rig->a : rig->b, id = random_below(BOOK + 20);
	struct book *b = &book[id];
	uint32_t spid = random_below(30), found = IOASIM_HWID_INVALID, want;
	bool mine = b->set == set;

	switch (random_below(6)) {
	case 0:
	case 1:
		book_alloc(rig, book, set);
		break;
	case 2:
		assert_int_equal(ioasim_hwid_get(rig->core, set, id), !b->set    ? -EINVAL
								      : b->freed ? -EBUSY
								      : mine     ? 0
										 : -EACCES);
		b->refs += mine && !b->freed;
		break;
	case 3:
		assert_int_equal(ioasim_hwid_put(rig->core, set, id), mine && b->refs == 1);
		if (mine)
			book_drop(b);
		break;
	case 4:
		assert_int_equal(ioasim_hwid_free(rig->core, set, id), !b->set ? -ENOENT
								       : mine  ? 0
									       : -EACCES);
		if (mine && !b->freed) {
			b->freed = true;
			book_drop(b);
		}
		break;
	default:
		for (want = 0; want < BOOK + 20; want++)
			if (book[want].set == set && book[want].spid == spid)
				break;
		assert_int_equal(ioasim_hwid_find(rig->core, set, spid, false, &found), 0);
		assert_int_equal(found, want == BOOK + 20 ? IOASIM_HWID_INVALID : want);
		if (mine && b->spid == IOASIM_HWID_NO_SPID && want == BOOK + 20) {
			assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, spid), 0);
			b->spid = spid;
		} else if (mine && b->spid != IOASIM_HWID_NO_SPID) {
			assert_int_equal(ioasim_hwid_detach_spid(rig->core, id), 0);
			b->spid = IOASIM_HWID_NO_SPID;
		}
	}
}

static void random_calls_agree_with_a_plain_book(void **state)
{
	struct book book[BOOK + 20];
	const char *given = getenv("IOASIM_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 0x10a51d;

	print_message("seed 0x%llx (IOASIM_SEED)\n", (unsigned long long)seed);
	random_state = seed | 1;
	for (unsigned i = 0; i < BOOK + 20; i++)
		book[i] = (struct book){.spid = IOASIM_HWID_NO_SPID};
	for (unsigned i = 0; i < 100000; i++)
		book_step(*state, book);
}

static void a_million_numbers_live_at_once(void **state)
{
	struct rig *rig = *state;
	uint32_t id, found;

	for (uint32_t i = 0; i < 1u << 20; i++) {
		assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 0, UINT32_MAX, NULL, &id), 0);
		assert_int_equal(id, i);
		assert_int_equal(ioasim_hwid_attach_spid(rig->core, id, ~id - 1), 0);
	}
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 0, UINT32_MAX, NULL, &id), -ENOSPC);
	for (uint32_t i = 0; i < 1u << 20; i += 4099) {
		assert_int_equal(ioasim_hwid_find(rig->core, rig->a, ~i - 1, false, &found), 0);
		assert_int_equal(found, i);
		assert_int_equal(ioasim_hwid_free(rig->core, rig->a, i), 0);
	}
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 5000, UINT32_MAX, NULL, &id), 0);
	assert_int_equal(id, 2 * 4099);
	assert_int_equal(ioasim_hwid_free_all(rig->core, rig->a), 0);
	assert_int_equal(ioasim_hwid_set_count(rig->core, rig->a), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(k1_capacity_is_set_once_and_quotas_and_reservations_come_out_of_it),
		T(k1_live_numbers_never_exceed_the_capacity),
		T(k2_each_check_of_a_new_set_in_its_order),
		T(k2_quota_0_takes_nothing_and_has_no_limit_of_its_own),
		T(k3_a_set_goes_only_when_empty_and_gives_its_quota_back),
		T(k4_the_lowest_number_of_the_range_with_every_refusal),
		T(k5_get_checks_unknown_then_free_pending_then_the_set),
		T(k6_put_says_when_the_number_is_free),
		T(k7_k8_free_of_an_active_number_waits_for_its_last_holder),
		T(k7_free_of_an_idle_number_tells_nobody),
		T(k9_private_numbers_are_the_sets_own),
		T(k9_a_handler_of_unbind_still_sees_the_private_number),
		T(k10_find_takes_no_reference_on_what_is_being_freed),
		T(k11_data_is_attached_once),
		T(k12_free_all_goes_upwards_and_keeps_what_others_hold),
		T(k17_only_the_owner_of_an_mm_set_gets_a_reference),
		T(k13_both_scopes_are_merged_by_priority_then_by_registration),
		T(k14_k15_a_handler_defers_what_changes_the_same_number),
		T(k16_a_handler_may_come_before_the_set_of_its_mm),
		T(k18_limits_hold_up_the_hierarchy_and_moving_may_exceed_them),
		T(random_calls_agree_with_a_plain_book),
		T(a_million_numbers_live_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
