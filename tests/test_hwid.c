/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware-ID core, rule by rule (docs/uapi.md, K1 to K18). */
#include "hwid_rig.h"

#include <errno.h>
#include <stdlib.h>

/* ---- K1 to K3 -------------------------------------------------------------------------- */

static void k1_capacity_is_set_once_and_quotas_and_reservations_come_out_of_it(void **state)
{
	struct hwid_rig *rig = *state;
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
	struct hwid_rig *rig = *state;
	uint32_t id;

	assert_int_equal(ioasim_hwid_capacity(rig->core, 2), 0);
	(void)hwid_number(rig, rig->a);
	(void)hwid_number(rig, rig->b);
	assert_int_equal(ioasim_hwid_alloc(rig->core, rig->a, 1, 1000, NULL, &id), -ENOSPC);
	assert_true(ioasim_hwid_put(rig->core, rig->b, 2));
	assert_int_equal(hwid_number(rig, rig->a), 2);
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
		{HWID_TOKEN_A, 1, IOASIM_HWID_SET_MM, -EEXIST},
		{HWID_TOKEN_A, 1, IOASIM_HWID_SET_FD, 0}, /* of another type */
		{0, 1, IOASIM_HWID_SET_NONE, 0},
		{0, 1, IOASIM_HWID_SET_NONE, 0}, /* any number without token */
	};
	struct hwid_rig *rig = *state;
	uint32_t set;

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(ioasim_hwid_set_alloc(rig->core, row[i].token, row[i].quota,
						       (enum ioasim_hwid_type)row[i].type, &set),
				 row[i].error);
	assert_int_equal(ioasim_hwid_left(rig->core), (1u << 20) - 3);
}

static void k2_quota_0_takes_nothing_and_has_no_limit_of_its_own(void **state)
{
	struct hwid_rig *rig = *state;

	assert_int_equal(ioasim_hwid_left(rig->core), 1u << 20);
	for (uint32_t i = 1; i <= 1000; i++)
		assert_int_equal(hwid_number(rig, rig->a), i);
}

static void k3_a_set_goes_only_when_empty_and_gives_its_quota_back(void **state)
{
	struct hwid_rig *rig = *state;
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
	struct hwid_rig *rig = *state;
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
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, 999), -EINVAL);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->b, id), -EACCES);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->b, id), -EBUSY);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), -EBUSY);
}

static void k6_put_says_when_the_number_is_free(void **state)
{
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

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
	struct hwid_listener kvm = {'k'};
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, hwid_listen, &kvm),
			 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, 999), -ENOENT);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->b, id), -EACCES);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id), 0);
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_ACTIVE);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_int_equal(hwid_heard[0].event, IOASIM_HWID_FREED);
	assert_string_equal(hwid_heard_by(), "k");
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE_PENDING);
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 1);
	/* Once more: no effect and no word. */
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(hwid_heard_by(), "");
	assert_int_equal(ioasim_hwid_refs(rig->core, id), 1);
	/* The number is not given out meanwhile. */
	assert_int_equal(hwid_number(rig, rig->b), id + 1);
	assert_true(ioasim_hwid_put(rig->core, rig->a, id));
	assert_int_equal(hwid_number(rig, rig->b), id);
}

static void k7_free_of_an_idle_number_tells_nobody(void **state)
{
	struct hwid_listener all = {'a'};
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

	assert_int_equal(ioasim_hwid_notify(rig->core, IOASIM_HWID_ALL_SETS, IOASIM_HWID_CPU,
					    hwid_listen, &all),
			 0);
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id), 0);
	assert_string_equal(hwid_heard_by(), "");
	assert_int_equal(ioasim_hwid_state(rig->core, id), IOASIM_HWID_FREE);
}

/* ---- K9 to K12, K17 --------------------------------------------------------------------------- */

static void k9_private_numbers_are_the_sets_own(void **state)
{
	struct hwid_rig *rig = *state;
	uint32_t x = hwid_number(rig, rig->a), y = hwid_number(rig, rig->b),
		 z = hwid_number(rig, rig->a);

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
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);

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
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a), found;

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
	struct hwid_rig *rig = *state;
	uint32_t id = hwid_number(rig, rig->a);
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
	struct hwid_listener kvm = {'k'};
	struct hwid_rig *rig = *state;
	uint32_t id[5];

	for (unsigned i = 0; i < 5; i++) {
		id[i] = hwid_number(rig, rig->a);
		assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id[i]), 0);
	}
	/* Out of the order in which they were made. */
	assert_int_equal(ioasim_hwid_free(rig->core, rig->a, id[1]), 0);
	assert_true(ioasim_hwid_put(rig->core, rig->a, id[1]));
	assert_int_equal(hwid_number(rig, rig->a), id[1]);
	assert_int_equal(ioasim_hwid_get(rig->core, rig->a, id[1]), 0);
	assert_int_equal(ioasim_hwid_notify(rig->core, rig->a, IOASIM_HWID_CPU, hwid_listen, &kvm),
			 0);
	assert_int_equal(ioasim_hwid_free_all(rig->core, 4711), -EINVAL);
	assert_int_equal(ioasim_hwid_free_all(rig->core, rig->a), 0);
	assert_int_equal(hwid_heard_count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(hwid_heard[i].id, id[i]);
	assert_int_equal(ioasim_hwid_set_count(rig->core, rig->a), 5);
	assert_int_equal(ioasim_hwid_set_free(rig->core, rig->a), -EBUSY);
	for (unsigned i = 0; i < 5; i++)
		assert_true(ioasim_hwid_put(rig->core, rig->a, id[i]));
	assert_int_equal(ioasim_hwid_set_free(rig->core, rig->a), 0);
}

static void k17_only_the_owner_of_an_mm_set_gets_a_reference(void **state)
{
	struct hwid_rig *rig = *state;
	uint32_t a = hwid_number(rig, rig->a), b = hwid_number(rig, rig->b);

	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, 999, HWID_TOKEN_A), -ENOENT);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, b, HWID_TOKEN_B), -EINVAL);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, a, HWID_TOKEN_B), -EPERM);
	assert_int_equal(ioasim_hwid_get_if_owned(rig->core, a, HWID_TOKEN_A), 0);
	assert_int_equal(ioasim_hwid_refs(rig->core, a), 2);
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

static void book_alloc(struct hwid_rig *rig, struct book *book, uint32_t set)
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

static void book_step(struct hwid_rig *rig, struct book *book)
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
	struct hwid_rig *rig = *state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		HWID_TEST(k1_capacity_is_set_once_and_quotas_and_reservations_come_out_of_it),
		HWID_TEST(k1_live_numbers_never_exceed_the_capacity),
		HWID_TEST(k2_each_check_of_a_new_set_in_its_order),
		HWID_TEST(k2_quota_0_takes_nothing_and_has_no_limit_of_its_own),
		HWID_TEST(k3_a_set_goes_only_when_empty_and_gives_its_quota_back),
		HWID_TEST(k4_the_lowest_number_of_the_range_with_every_refusal),
		HWID_TEST(k5_get_checks_unknown_then_free_pending_then_the_set),
		HWID_TEST(k6_put_says_when_the_number_is_free),
		HWID_TEST(k7_k8_free_of_an_active_number_waits_for_its_last_holder),
		HWID_TEST(k7_free_of_an_idle_number_tells_nobody),
		HWID_TEST(k9_private_numbers_are_the_sets_own),
		HWID_TEST(k9_a_handler_of_unbind_still_sees_the_private_number),
		HWID_TEST(k10_find_takes_no_reference_on_what_is_being_freed),
		HWID_TEST(k11_data_is_attached_once),
		HWID_TEST(k12_free_all_goes_upwards_and_keeps_what_others_hold),
		HWID_TEST(k17_only_the_owner_of_an_mm_set_gets_a_reference),
		HWID_TEST(random_calls_agree_with_a_plain_book),
		HWID_TEST(a_million_numbers_live_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
