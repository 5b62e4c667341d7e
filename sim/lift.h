/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of lifting: from what devices were answered and what was invalidated to
 * maps and unmaps, the driver level of a trace. It knows no architecture; an
 * importer or a replay tells it what it saw. docs/lifting.md has the rule:
 *
 * - an answer shows a mapping: TRACE_MAP where none is known, TRACE_UNMAP and
 *   TRACE_MAP where another is known or the rights have grown;
 * - an invalidation unmaps what it touches;
 * - a refusal of a page that is known, with the right that was asked for, unmaps it.
 *
 * What is known is held per domain; it grows with the mappings that live, not with
 * the trace. Records go to `put` in the order in which a replay needs them: a domain
 * and a device before they are attached, both before a map is used.
 */
#ifndef SIM_LIFT_H
#define SIM_LIFT_H

#include "trace.h"

struct lift;

/* Takes a finished record; a negative errno ends the lifting. */
typedef int lift_put_fn(void *opaque, const struct trace_record *record);

/* -ENOMEM */
int lift_new(lift_put_fn *put, void *opaque, struct lift **lift);
void lift_free(struct lift *lift); /* takes NULL */

/* The time of the records that follow. */
void lift_time(struct lift *lift, uint64_t time_ns);

/* All below: 0, -ENOMEM, or what `put` returned. */

/* A device was seen: TRACE_DEVICE the first time. */
int lift_device(struct lift *lift, uint32_t rid);

/* Where a request of a device went. `pasid` is TRACE_NO_PASID for requests without. */
struct lift_target {
	uint32_t rid, pasid;
	uint32_t domain;
	uint8_t kind; /* enum domain_kind of the domain, if it is new; 0: kernel */
};

/* The domain that the device uses: TRACE_DOMAIN, TRACE_DEVICE and TRACE_ATTACH where
 * they are new. */
int lift_attach(struct lift *lift, const struct lift_target *target);
/* The domain that was attached last; false: none yet. */
bool lift_attached(const struct lift *lift, uint32_t rid, uint32_t pasid, uint32_t *domain);

/* What a device was answered: the page of iova, 2^size_lg2 bytes (less than 12, and
 * 0 for not known, is taken for 12), goes to that of pa with rights `access`. */
struct lift_answer {
	uint32_t domain;
	uint64_t iova, pa;
	uint8_t size_lg2;
	uint8_t access;
};

int lift_answer(struct lift *lift, const struct lift_answer *answer);
int lift_refusal(struct lift *lift, uint32_t domain, uint64_t iova, uint8_t access);

/* Closed range of a domain; everything of a domain; of every domain. */
int lift_invalidate(struct lift *lift, uint32_t domain, uint64_t first, uint64_t last);
int lift_invalidate_domain(struct lift *lift, uint32_t domain);
int lift_invalidate_all(struct lift *lift);

/* log2 of the size of the known page at iova, if it is a power of two; else 0. */
unsigned lift_page_lg2(const struct lift *lift, uint32_t domain, uint64_t iova);
/* Mappings known at present. */
size_t lift_count(const struct lift *lift);

#endif
