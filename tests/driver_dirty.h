/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of drivers ask of domains that tell what was written (U13). */
#ifndef TESTS_DRIVER_DIRTY_H
#define TESTS_DRIVER_DIRTY_H

#include "driver_bench.h"

#define TOLD 64u

struct told {
	unsigned count;
	uint64_t first[TOLD], last[TOLD];
};

static inline void told_add(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	struct told *told = to;

	assert_true(first <= last);
	assert_true(told->count < TOLD);
	if (told->count)
		assert_true(first > told->last[told->count - 1]);
	told->first[told->count] = first;
	told->last[told->count++] = last;
}

static inline struct told tell(struct rig *rig, struct domain *domain, uint64_t first,
			       uint64_t last, bool clear)
{
	struct told told = {.count = 0};

	assert_int_equal(
		rig->ops->dirty_read(rig->driver, domain, first, last, clear, told_add, &told), 0);
	return told;
}

static inline int refused(struct rig *rig, struct domain *domain)
{
	struct told told = {.count = 0};
	int error =
		rig->ops->dirty_read(rig->driver, domain, 0, UINT64_MAX, false, told_add, &told);

	assert_int_equal(told.count, 0);
	return error;
}

/* One piece is told of the whole domain, and forgotten. */
static inline void told_once(struct rig *rig, struct domain *domain, uint64_t first, uint64_t size)
{
	struct told told = tell(rig, domain, 0, UINT64_MAX, true);

	assert_int_equal(told.count, 1);
	assert_int_equal(told.first[0], first);
	assert_int_equal(told.last[0], first + size - 1);
}

static inline void nothing_told(struct rig *rig, struct domain *domain)
{
	assert_int_equal(tell(rig, domain, 0, UINT64_MAX, true).count, 0);
}

static inline int dirty_create(struct rig *rig, enum domain_kind kind, struct domain **domain)
{
	struct domain_config config = {.kind = kind, .dirty = true};

	*domain = NULL;
	return rig->ops->domain_create(rig->driver, &config, domain);
}

static inline struct domain *dirty_domain(struct rig *rig, enum domain_kind kind)
{
	struct domain *domain;

	assert_int_equal(dirty_create(rig, kind, &domain), 0);
	return domain;
}

static inline void track(struct rig *rig, struct domain *domain, bool enable)
{
	assert_int_equal(rig->ops->dirty_enable(rig->driver, domain, enable), 0);
}

#endif
