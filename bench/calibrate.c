/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine itself gives: the limits that the other numbers stand beside. */
#include "bench.h"

#include <stdlib.h>

#define LINE        64u
#define CHASE_BYTES (256u << 10) /* beyond L1, within L2 */
#define CHASE_LINES (CHASE_BYTES / LINE)
#define CHASE_LOADS (UINT64_C(4) << 20)

struct line {
	uint32_t next;
	unsigned char rest[LINE - sizeof(uint32_t)];
};

/* One cycle through all lines in random order (Sattolo). */
static void *chase_setup(const char **why)
{
	struct line *lines = aligned_alloc(LINE, CHASE_BYTES);
	uint64_t seed = 1;

	*why = "no memory";
	if (!lines)
		return NULL;
	for (uint32_t i = 0; i < CHASE_LINES; i++)
		lines[i].next = i;
	for (uint32_t i = CHASE_LINES - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(bench_random(&seed) % i), next = lines[i].next;

		lines[i].next = lines[j].next;
		lines[j].next = next;
	}
	return lines;
}

static bool chase_run(void *state, struct bench_sample *sample, const char **why)
{
	const struct line *lines = state;
	uint64_t start = bench_now_ns();
	uint32_t at = 0;

	(void)why;
	for (uint64_t i = 0; i < CHASE_LOADS; i++)
		at = lines[at].next;
	bench_use(at);
	*sample = (struct bench_sample){CHASE_LOADS, bench_now_ns() - start};
	return true;
}

/* A set of tags, as flat as a cache can be: what a hit cannot do without. */
#define TAGS    4096u
#define LOOKUPS (UINT64_C(16) << 20)

struct tags {
	uint64_t tag[TAGS], value[TAGS];
};

static void *tags_setup(const char **why)
{
	struct tags *tags = malloc(sizeof(*tags));

	*why = "no memory";
	if (!tags)
		return NULL;
	for (uint32_t i = 0; i < TAGS; i++) {
		tags->tag[i] = i;
		tags->value[i] = i * UINT64_C(0x1000);
	}
	return tags;
}

static bool tags_run(void *state, struct bench_sample *sample, const char **why)
{
	const struct tags *tags = state;
	uint64_t start = bench_now_ns(), sum = 0;

	(void)why;
	for (uint64_t i = 0; i < LOOKUPS; i++) {
		uint64_t page = i * 7 % TAGS;

		bench_use(page);
		if (tags->tag[page % TAGS] == page)
			sum += tags->value[page % TAGS];
	}
	bench_use(sum);
	*sample = (struct bench_sample){LOOKUPS, bench_now_ns() - start};
	return true;
}

const struct bench_case bench_calibration[] = {
	{"dependent load in L2", 0, chase_setup, chase_run, free},
	{"bare look-up loop", 0, tags_setup, tags_run, free},
	{0},
};
