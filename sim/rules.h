/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security rules of docs/uapi.md on a replay at driver level, as far as a trace can
 * tell: S1, S2, S4, S5 and S8 on every access that the unit let through, and on every
 * translation that it gave a device. The books are made of the trace's own calls, as the
 * driver took them; neither the unit nor the driver's tables are asked.
 *
 * Under the lazy policy an address stays reachable between its unmap and the flush. That
 * is measured, and is a broken rule only from the latest moment on at which the flush
 * must have been done.
 */
#ifndef SIM_RULES_H
#define SIM_RULES_H

#include "model/driver.h"

#define RULES_LISTED 64 /* broken rules listed one by one */

/* Rules are counted by their number. */
enum { RULES = 18 };

struct rules_violation {
	uint8_t rule;
	uint64_t record; /* number of the record, from 1 */
	uint32_t rid, pasid; /* DRIVER_NO_PASID: without */
	uint64_t address, page;
	uint64_t since; /* record that ended what the access still found; 0: not known */
};

/* Windows: what was unmapped lazily and used afterwards. A window's length goes from the
 * unmap to the last use. */
struct rules_windows {
	uint64_t count, accesses, longest_ns, total_ns;
};

struct rules_result {
	uint64_t checked; /* accesses and translations */
	uint64_t unjudged; /* of these, what the books could not tell any more */
	uint64_t broken[RULES];
	struct rules_violation violation[RULES_LISTED];
	size_t violations;
	struct rules_windows windows;
};

/* Whether the trace's level has the rule. */
bool rules_has(unsigned rule);
uint64_t rules_broken(const struct rules_result *result);

struct rules;

struct rules_map {
	uint64_t first, last;
	ioasim_pa_t pa;
	unsigned access;
};

/* Books without anything. NULL: no host memory. The result outlives them. */
struct rules *rules_create(const struct driver_config *config, struct rules_result *result);
/* Takes NULL. */
void rules_destroy(struct rules *rules);

/* The record that the next calls are of. */
void rules_at(struct rules *rules, uint64_t record, uint64_t time_ns);

/* What the driver has done. `parent` counts for nested kinds. An unmap may cover parts of
 * maps, and nothing. 0 or -ENOMEM. */
int rules_domain(struct rules *rules, uint32_t domain, enum domain_kind kind, uint32_t parent);
void rules_domain_gone(struct rules *rules, uint32_t domain);
int rules_attached(struct rules *rules, uint32_t rid, uint32_t pasid, uint32_t domain);
void rules_detached(struct rules *rules, uint32_t rid, uint32_t pasid);
int rules_mapped(struct rules *rules, uint32_t domain, const struct rules_map *map);
int rules_unmapped(struct rules *rules, uint32_t domain, uint64_t first, uint64_t last);
/* Nothing waits for a flush. */
void rules_synced(struct rules *rules);

/* What the unit answered. */
void rules_judge(struct rules *rules, const struct ioasim_request *request,
		 const struct ioasim_response *response);

#endif
