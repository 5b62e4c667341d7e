/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of byte offsets and of index and wrap bit, against a queue that counts. */
#include "model/ring.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* VT-d 6.5.2: descriptors of 16 or 32 bytes in 4 KiB and more; AMD-Vi: 16 bytes. */
static void offsets_count_as_a_queue_does(void **state)
{
	static const struct {
		uint64_t entry, size;
	} rows[] = {{16, 4096}, {32, 4096}, {16, 32}, {32, 1 << 20}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t entry = rows[i].entry, size = rows[i].size, room = size / entry - 1;
		uint64_t head = 0, tail = 0, held = 0, random = 88172645463325252u;

		for (unsigned step = 0; step < 200000; step++) {
			random ^= random << 13, random ^= random >> 7, random ^= random << 17;
			/* Long runs of one kind reach both ends. */
			bool put = (step / 3000 + (random % 8 == 0)) % 2;

			assert_int_equal(ring_empty(head, tail), held == 0);
			assert_int_equal(ring_full(head, tail, entry, size), held == room);
			assert_int_equal(ring_count(head, tail, entry, size), held);
			assert_int_equal(ring_room(head, tail, entry, size), room - held);
			assert_true(ring_valid(head, entry, size) && ring_valid(tail, entry, size));
			if (put && held < room) {
				tail = ring_next(tail, entry, size);
				held++;
			} else if (!put && held) {
				head = ring_next(head, entry, size);
				held--;
			}
		}
	}
}

static void the_last_entry_is_followed_by_the_first(void **state)
{
	(void)state;
	assert_int_equal(ring_next(4096 - 16, 16, 4096), 0);
	assert_int_equal(ring_next(4096 - 32, 32, 4096), 0);
	assert_int_equal(ring_next(4096 - 32, 16, 4096), 4096 - 16);
	assert_int_equal(ring_count(4096 - 16, 16, 16, 4096), 2);
}

static void offsets_outside_or_between_entries_are_not_valid(void **state)
{
	(void)state;
	assert_true(ring_valid(0, 16, 4096));
	assert_true(ring_valid(4080, 16, 4096));
	assert_false(ring_valid(4096, 16, 4096));
	assert_false(ring_valid(8, 16, 4096));
	assert_false(ring_valid(16, 32, 4096));
	assert_false(ring_valid(UINT64_MAX, 16, 4096));
}

static void no_offset_leads_outside_the_ring(void **state)
{
	static const uint64_t bad[] = {4096, 4095, 8, UINT64_MAX, 1ull << 40};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(ring_valid(ring_next(bad[i], 16, 4096), 16, 4096));
		assert_true(ring_count(bad[i], 0, 16, 4096) < 256);
		assert_true(ring_count(0, bad[i], 16, 4096) < 256);
	}
}

/* Arm IHI 0070, 3.5.1: empty when index and wrap are equal, full when the index is
 * equal and the wrap is not; all 2^lg2 entries are used. */
static void wrap_bits_count_as_a_queue_does(void **state)
{
	static const unsigned rows[] = {0, 1, 3, 8, 19};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned lg2 = rows[i];
		uint32_t consumer = 0, producer = 0, held = 0, room = UINT32_C(1) << lg2;
		uint32_t puts = 0;

		for (unsigned step = 0; step < 3u << (lg2 < 16 ? 16 : lg2); step++) {
			bool put = step % (4 * room) < 2 * room ? step % 4 != 3 : step % 4 == 0;

			assert_int_equal(ring_wrap_empty(consumer, producer, lg2), held == 0);
			assert_int_equal(ring_wrap_full(consumer, producer, lg2), held == room);
			assert_int_equal(ring_wrap_count(consumer, producer, lg2), held);
			assert_true(ring_wrap_valid(consumer, producer, lg2));
			assert_int_equal(ring_wrap_index(producer, lg2), puts % room);
			assert_int_equal(producer >> lg2, puts / room % 2);
			if (put && held < room) {
				producer = ring_wrap_next(producer, lg2);
				held++, puts++;
			} else if (!put && held) {
				consumer = ring_wrap_next(consumer, lg2);
				held--;
			}
		}
	}
}

static void a_producer_more_than_one_turn_ahead_is_not_valid(void **state)
{
	(void)state;
	assert_true(ring_wrap_valid(0, 8, 3)); /* full */
	assert_false(ring_wrap_valid(0, 9, 3));
	assert_false(ring_wrap_valid(1, 0, 3));
	assert_true(ring_wrap_valid(15, 7, 3)); /* full across the turn */
	assert_int_equal(ring_wrap_bits(0xfffffff5, 3), 5);
	assert_true(ring_wrap_empty(0x80000005, 0x5, 3)); /* flags above are no part of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_count_as_a_queue_does),
		cmocka_unit_test(the_last_entry_is_followed_by_the_first),
		cmocka_unit_test(offsets_outside_or_between_entries_are_not_valid),
		cmocka_unit_test(no_offset_leads_outside_the_ring),
		cmocka_unit_test(wrap_bits_count_as_a_queue_does),
		cmocka_unit_test(a_producer_more_than_one_turn_ahead_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
