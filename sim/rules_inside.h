/* SPDX-License-Identifier: Apache-2.0 */
/* The books of rules.c, as rules_judge.c reads them. */
#ifndef SIM_RULES_INSIDE_H
#define SIM_RULES_INSIDE_H

#include "idmap.h"
#include "model/interval.h"
#include "model/past.h"
#include "model/uapi/aspace.h"
#include "rules.h"

/* Of a requester: how many routes it has. No PASID of a trace. */
#define ANY_PASID (DRIVER_NO_PASID - 1)

/* Areas that are known without a search; a power of two. */
#define AREAS 256

#define RULES_PAGE_LG2 12

struct domain_book {
	uint64_t space; /* of the maps */
	enum domain_kind kind;
	struct domain_book *parent; /* nested kinds */
	uint64_t unmaps;
	/* NEST_PARENT: what it maps by bus address. */
	struct behind *backed;
};

struct route_book {
	struct domain_book *domain; /* NULL: the route has ended */
	uint64_t ended; /* the last time: record; 0: never */
	unsigned count; /* of ANY_PASID: routes */
};

struct rules {
	struct rules_result *result;
	bool lazy;
	uint64_t deadline_ns, threshold;
	uint64_t record, now_ns;
	uint64_t synced; /* record of the last flush of everything */

	struct idmap domains, routes;
	uint64_t spaces; /* given out */
	struct interval_map maps;
	struct past past;

	/* The last look-up of a route, which holds until a call; and of areas, by page:
	 * each is one of `maps`. */
	uint64_t key;
	const struct route_book *route;
	struct interval area[AREAS];
};

static inline uint64_t rules_route_key(uint32_t rid, uint32_t pasid)
{
	return (uint64_t)rid << 32 | pasid;
}

/* Where the area of an address is kept, if it is one of those that are known. */
static inline struct interval *rules_area_slot(struct rules *rules, uint64_t space,
					       uint64_t address)
{
	return &rules->area[((address >> RULES_PAGE_LG2) + space) % AREAS];
}

#endif
