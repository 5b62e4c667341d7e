/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_flush.h"

#include <stdlib.h>

#define ENTRIES    256 /* one less can wait */
#define TIMEOUT_NS UINT64_C(10000000)

struct entry {
	uint64_t address, pages, flush; /* number of flushes begun when it came */
};

struct queue {
	unsigned head, tail;
	struct entry entry[ENTRIES];
};

struct gen_flush {
	struct gen_iova *iova;
	uint64_t flushes, now_ns;
	uint64_t timer_ns; /* 0: not set */
	unsigned cpus;
	struct queue queues[];
};

struct gen_flush *gen_flush_create(struct gen_iova *iova, unsigned cpus)
{
	struct gen_flush *flush = calloc(1, sizeof(*flush) + cpus * sizeof(flush->queues[0]));

	if (!flush)
		return NULL;
	flush->iova = iova;
	flush->cpus = cpus;
	return flush;
}

void gen_flush_destroy(struct gen_flush *flush)
{
	free(flush);
}

/* What came before the last flush is free. */
static void release(struct gen_flush *flush, unsigned cpu)
{
	struct queue *queue = &flush->queues[cpu];

	for (; queue->head != queue->tail; queue->head = (queue->head + 1) % ENTRIES) {
		const struct entry *entry = &queue->entry[queue->head];

		if (entry->flush >= flush->flushes)
			break;
		gen_iova_put(flush->iova, cpu, entry->address, entry->pages);
	}
}

void gen_flush_put(struct gen_flush *flush, unsigned cpu, uint64_t address, uint64_t pages)
{
	struct queue *queue = &flush->queues[cpu];

	release(flush, cpu);
	if ((queue->tail + 1) % ENTRIES == queue->head) {
		flush->flushes++;
		release(flush, cpu);
	}
	queue->entry[queue->tail] = (struct entry){address, pages, flush->flushes};
	queue->tail = (queue->tail + 1) % ENTRIES;
	if (!flush->timer_ns)
		flush->timer_ns = flush->now_ns + TIMEOUT_NS;
}

void gen_flush_tick(struct gen_flush *flush, uint64_t now_ns)
{
	flush->now_ns = now_ns;
	if (!flush->timer_ns || now_ns < flush->timer_ns)
		return;
	flush->timer_ns = 0;
	flush->flushes++;
	for (unsigned cpu = 0; cpu < flush->cpus; cpu++)
		release(flush, cpu);
}
