/* SPDX-License-Identifier: Apache-2.0 */
/* Units on several threads share one memory (<ioasim/memory.h>, src/model/mem.h). */
#include "model/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define TIB (UINT64_C(1) << 40)

static uint64_t word_at(struct ioasim_memory *m, uint64_t address)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_memory_read64(m, address, &value), 0);
	return value;
}

#define THREAD_TURNS 20000u

static void *count_up(void *opaque)
{
	struct ioasim_memory *m = opaque;

	for (unsigned i = 0; i < THREAD_TURNS; i++) {
		/* A word of the mapping, of the tree, of a buffer: the fast window moves. */
		static const uint64_t words[] = {0x1000, TIB + 0x1000, 4 * TIB};
		uint64_t address = words[i % 3], value;

		if (!mem_load64(m, address, &value))
			return m;
		while (mem_compare_swap64(m, address, &value, value + 1) == MEM_CHANGED)
			;
	}
	return NULL;
}

static void units_in_several_threads_share_a_memory(void **state)
{
	_Alignas(8) static unsigned char buffer[0x1000];
	struct ioasim_memory *m = ioasim_memory_create();
	pthread_t thread[3];

	(void)state;
	assert_non_null(m);
	assert_int_equal(ioasim_memory_add_ram(m, 0, 2 * TIB), 0);
	assert_int_equal(ioasim_memory_add_buffer(m, 4 * TIB, 0x1000, buffer), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count_up, m), 0);
	for (unsigned i = 0; i < 3; i++) {
		void *result;

		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_null(result);
	}
	assert_true(word_at(m, 0x1000) + word_at(m, TIB + 0x1000) + word_at(m, 4 * TIB) ==
		    3 * THREAD_TURNS);
	ioasim_memory_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_in_several_threads_share_a_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
