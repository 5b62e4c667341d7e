/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AMD-Vi driver: what its files share. It knows of the unit what registers and
 * memory say, and what the capability block of its PCI function would (3.2).
 *
 *	driver.c		the instance: set-up from reset, tear-down, the contract's table
 *	driver_devices.c	endpoints and their routes; attach and detach
 *	driver_entries.c	device table entries: what they hold, how they are stored
 *	driver_gcr3.c		the GCR3 tables of endpoints
 *	driver_domain.c		domains and their DomainIDs; invalidate of a user
 *	driver_convert.c	a domain's host table becomes a guest table
 *	driver_dirty.c		marks of what was written are kept, or no more
 *	driver_tables.c		how the entries of host (v1) and guest (v2) tables are written
 *	driver_invalidate.c	which commands a change of a domain or a route needs
 *	driver_queue.c		the command buffer: commands, submission, waiting
 *	driver_pages.c		page requests, responses, draining
 *	driver_faults.c		the event log
 *
 * The tables themselves and the policies of invalidation are those of all drivers:
 * model/page_table.h, model/space.h.
 *
 * Host and guest tables. A host table hangs in the device table entry, so it serves
 * requests without PASID only, under one DomainID for all endpoints. A guest table
 * hangs in GCR3 entries: entry 0 for requests without PASID (GIoV), entry n for
 * PASID n. GCR3 tables are an endpoint's own, and what they lead to is cached under
 * a DomainID of the endpoint. A host table beside them would be walked on top of
 * them, so an endpoint has one or the other: a kernel domain with a host table gets
 * a guest table in its place as soon as one of its endpoints needs GCR3 entries.
 *
 * Marks of what was written are those of host tables (HAD): the marks of guest tables
 * cannot be switched on and off for a domain. A domain that is to have them keeps its
 * host table, and no endpoint of it has PASIDs.
 */
#ifndef AMDVI_DRIVER_H
#define AMDVI_DRIVER_H

#include "amdvi/registers.h"
#include "amdvi/structures.h"
#include "model/driver.h"
#include "model/space.h"

#include <sys/queue.h>

/* DomainIDs that no domain gets: entries that block have 0, those that pass addresses
 * unchanged, which walk no table, share 1. */
#define AMDVI_DRIVER_ID_BLOCKED  0
#define AMDVI_DRIVER_ID_IDENTITY 1
#define AMDVI_DRIVER_ID_FIRST    2
#define AMDVI_DRIVER_IDS         65536

/* The PASID of requests without one, where guest tables are walked for them. */
#define AMDVI_DRIVER_RID_PASID 0

#define AMDVI_DRIVER_LOG_LG2 9 /* entries of the rings, as Linux has them */

struct amdvi_driver;

/* What requests of a domain walk. */
enum amdvi_domain_walk {
	AMDVI_WALKS_NOTHING, /* identity, blocked */
	AMDVI_WALKS_HOST, /* the domain's host table */
	AMDVI_WALKS_GUEST, /* the domain's guest table */
	AMDVI_WALKS_NESTED, /* a user's GCR3 table over the parent's host table */
};

struct amdvi_domain {
	struct space space; /* kernel kinds; first, so that one leads to the other */
	LIST_ENTRY(amdvi_domain) link;
	enum domain_kind kind;
	enum amdvi_domain_walk walk;
	bool silent; /* blocked: SA */
	uint32_t id; /* DomainID; AMDVI_WALKS_GUEST has none of its own */
	unsigned wanted_bits; /* domain_config.address_bits */
	LIST_HEAD(, amdvi_route) routes;

	/* Nested: the fields of the user's device table entry that are taken over. */
	struct amdvi_domain *parent;
	LIST_ENTRY(amdvi_domain) nested_link;
	uint64_t user[AMDVI_DTE_WORDS];
	LIST_HEAD(, amdvi_domain) nested; /* of a parent */
};

/* A domain attached to an endpoint. */
struct amdvi_route {
	LIST_ENTRY(amdvi_route) link;
	struct amdvi_domain *domain;
	struct amdvi_endpoint *endpoint;
	uint32_t pasid; /* DRIVER_NO_PASID: requests without one */
};

#define AMDVI_GCR3_ENTRIES 512u
/* Tables of level 1 under a root of level 2: 20 bits of PASID. */
#define AMDVI_GCR3_MIDDLES 4u

/* The last table of a GCR3 tree. */
struct amdvi_gcr3_leaf {
	ioasim_pa_t table;
	struct amdvi_route *slot[AMDVI_GCR3_ENTRIES];
};

/* The GCR3 tables of an endpoint: made as they are needed, they stay with it, so that
 * no pointer between them is ever taken back. */
struct amdvi_gcr3 {
	unsigned levels; /* 1 to 3 */
	ioasim_pa_t root; /* 0: not made; with one level that of the only leaf */
	ioasim_pa_t middle[AMDVI_GCR3_MIDDLES];
	struct amdvi_gcr3_leaf **leaf; /* by PASID >> 9 */
	uint32_t leaves;
};

/* A device, as the driver knows it: struct amdvi_device is what the unit reads. */
struct amdvi_endpoint {
	LIST_ENTRY(amdvi_endpoint) link;
	uint16_t id; /* DeviceID */
	bool ats, pri; /* as far as the unit has them too */
	uint32_t pasid_limit; /* PASIDs are below; 0: none */
	uint64_t dte[AMDVI_DTE_WORDS]; /* as stored */
	struct amdvi_route *rid; /* of requests without PASID */
	unsigned pasids; /* routes with one */
	unsigned guests; /* routes to guest tables; GuestPagingMode is one for all: */
	unsigned guest_levels;
	uint32_t gcr3_id; /* DomainID of what the GCR3 table leads to; 0: no table */
	struct amdvi_gcr3 gcr3;
};

#define AMDVI_BUSES  256
#define AMDVI_DEVFNS 256

struct amdvi_driver {
	struct spaces spaces; /* first, so that one leads to the other */
	struct ioasim_unit *unit;
	struct ioasim_memory *memory;
	struct driver_config config;
	struct driver_stats stats;
	uint64_t efr, efr2;
	bool iotlb, np_cache; /* capability header */
	unsigned host_levels; /* 0: no host tables */
	unsigned guest_levels; /* 0: no guest tables behind requests without PASID */

	struct pool pool;
	struct ids ids;
	ioasim_pa_t devtab;

	ioasim_pa_t commands; /* the ring */
	uint32_t tail; /* byte offset */
	ioasim_pa_t done; /* where COMPLETION_WAITs store their number */
	uint64_t waits; /* number of the last */
	bool repairing; /* the buffer had stopped; it runs again, and caches are being emptied */

	ioasim_pa_t events, ppr; /* the logs; ppr 0: no page requests */

	LIST_HEAD(, amdvi_domain) domains;
	LIST_HEAD(, amdvi_endpoint) endpoints;
	struct amdvi_endpoint **bus[AMDVI_BUSES];
};

static inline struct amdvi_driver *amdvi_driver(struct driver *driver)
{
	return (struct amdvi_driver *)(void *)driver;
}

static inline struct amdvi_domain *amdvi_domain(struct domain *domain)
{
	return (struct amdvi_domain *)(void *)domain;
}

static inline bool amdvi_domain_live(const struct amdvi_domain *domain)
{
	return !LIST_EMPTY(&domain->routes);
}

static inline bool amdvi_route_walks(const struct amdvi_route *route, enum amdvi_domain_walk walk)
{
	return route && route->domain->walk == walk;
}

/* ---- driver.c --------------------------------------------------------------- */
uint64_t amdvi_driver_read(struct amdvi_driver *driver, uint32_t offset, unsigned size);
void amdvi_driver_write(struct amdvi_driver *driver, uint32_t offset, unsigned size,
			uint64_t value);
/* Sets a field of the Control register. */
void amdvi_driver_control(struct amdvi_driver *driver, unsigned high, unsigned low, uint64_t value);
/* A ring of 2^AMDVI_DRIVER_LOG_LG2 entries; its base register is written. */
int amdvi_driver_ring(struct amdvi_driver *driver, uint32_t base_register, ioasim_pa_t *ring);
/*
 * A log is empty: its interrupt bit of the Status register falls, so that the next entry
 * raises it again. An overflow has stopped the log, which takes entries again only when
 * its bit of the Control register is set anew (2.5, 2.6).
 */
void amdvi_driver_log_rearm(struct amdvi_driver *driver, uint64_t enable, uint64_t interrupt,
			    uint64_t overflow);
void amdvi_driver_ring_free(struct amdvi_driver *driver, ioasim_pa_t *ring);

/* ---- driver_queue.c ----------------------------------------------------------- */
/* Commands on their way; an error stays and makes the rest a no-op. */
struct amdvi_batch {
	struct amdvi_driver *driver;
	int error;
	unsigned count; /* commands behind the last wait */
};

int amdvi_driver_queue_init(struct amdvi_driver *driver);
void amdvi_driver_queue_fini(struct amdvi_driver *driver);

void amdvi_batch_init(struct amdvi_batch *batch, struct amdvi_driver *driver);
void amdvi_batch_add(struct amdvi_batch *batch, uint64_t word0, uint64_t word1);
/* Waits for what was added: commands may finish out of order without (2.4.1). Nothing
 * if nothing was. */
void amdvi_batch_wait(struct amdvi_batch *batch);
/* The same at the end. 0 or -EIO. */
int amdvi_batch_finish(struct amdvi_batch *batch);

void amdvi_add_all(struct amdvi_batch *batch);
void amdvi_add_device(struct amdvi_batch *batch, uint16_t device_id);
void amdvi_add_interrupts(struct amdvi_batch *batch, uint16_t device_id);
/* GN=0: translations of the host table. */
void amdvi_add_pages(struct amdvi_batch *batch, uint32_t domain_id, const struct page_range *range);
/* GN=1: translations of a guest table, and with the range of everything its GCR3 entry. */
void amdvi_add_guest_pages(struct amdvi_batch *batch, uint32_t domain_id, uint32_t pasid,
			   const struct page_range *range);
/* The device's own; DRIVER_NO_PASID: of all PASIDs and none. Nothing without ATS. */
void amdvi_add_iotlb(struct amdvi_batch *batch, const struct amdvi_endpoint *endpoint,
		     uint32_t pasid, const struct page_range *range);
void amdvi_add_page_response(struct amdvi_batch *batch,
			     const struct ioasim_page_response *response);

/* ---- driver_invalidate.c -------------------------------------------------------- */
/* What a change of a domain's own table needs: every tag under which it is walked,
 * nested ones too, then the device TLBs. */
extern const struct space_ops amdvi_space_ops;
/* Whatever the unit and the devices have kept. */
int amdvi_caches_empty(struct amdvi_driver *driver);
/* A user's invalidation of his GCR3 table and what it leads to. */
int amdvi_nested_invalidate(struct amdvi_driver *driver, struct amdvi_domain *domain,
			    const struct driver_invalidation *what);
/* Everything that translations through a device table entry may have left, other than
 * those of its PASIDs. */
void amdvi_add_entry_tags(struct amdvi_batch *batch, const uint64_t *dte);
/* Everything under the DomainID of a user's GCR3 table, entries of that included. */
void amdvi_add_user_tags(struct amdvi_batch *batch, const struct amdvi_domain *domain);

/* ---- driver_tables.c -------------------------------------------------------------- */
extern const struct page_table_format amdvi_driver_host, amdvi_driver_guest;
/* Geometry of a table for addresses of `wanted` bits; 0: the default of 48. -ENOTSUP,
 * -EINVAL. */
int amdvi_host_table(const struct amdvi_driver *driver, unsigned wanted, struct page_table *table);
int amdvi_guest_table(const struct amdvi_driver *driver, unsigned wanted, struct page_table *table);

/* ---- driver_domain.c --------------------------------------------------------------- */
int amdvi_domain_create(struct driver *driver, const struct domain_config *config,
			struct domain **domain);
int amdvi_domain_destroy(struct driver *driver, struct domain *domain);
int amdvi_domain_invalidate(struct driver *driver, struct domain *domain,
			    const struct driver_invalidation *what);
uint32_t amdvi_domain_tag(const struct domain *domain);

/* ---- driver_convert.c ---------------------------------------------------------------- */
/*
 * Replaces the host table of a kernel domain by a guest table with the same contents,
 * on all of its endpoints. -EINVAL: what is mapped does not fit, or the domain keeps
 * marks, which guest tables do not; -ENOMEM, -ENOSPC: nothing changes; -EIO.
 */
int amdvi_domain_convert(struct amdvi_driver *driver, struct amdvi_domain *domain);

/* ---- driver_dirty.c ------------------------------------------------------------------ */
/* Whether host tables have marks. */
bool amdvi_dirty_supported(const struct amdvi_driver *driver);
int amdvi_dirty_enable(struct driver *driver, struct domain *domain, bool enable);

/* ---- driver_devices.c -------------------------------------------------------------------- */
struct amdvi_endpoint *amdvi_endpoint_find(const struct amdvi_driver *driver,
					   uint32_t requester_id);
int amdvi_endpoint_add(struct driver *driver, const struct driver_device *device);
int amdvi_endpoint_remove(struct driver *driver, uint32_t requester_id);
int amdvi_attach(struct driver *driver, uint32_t requester_id, uint32_t pasid,
		 struct domain *domain);
int amdvi_detach(struct driver *driver, uint32_t requester_id, uint32_t pasid);
/* Detaches all routes of an endpoint and forgets it. */
void amdvi_endpoint_destroy(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint);
/* What endpoint->rid says goes to GCR3 entry 0 and the device table entry, and what was
 * cached before goes. */
int amdvi_endpoint_rid_apply(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint);
/* Whether a guest table can stand beside the endpoint's others, and all that it needs
 * for one at a PASID. -EINVAL, -ENOMEM, -ENOSPC. */
int amdvi_endpoint_guest_prepare(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
				 uint32_t pasid, const struct page_table *table);

/* ---- driver_entries.c ------------------------------------------------------------------------ */
/* The entry of an endpoint, by its routes; of an unknown device: blocked. */
void amdvi_dte_make(const struct amdvi_driver *driver, const struct amdvi_endpoint *endpoint,
		    uint64_t *dte);
void amdvi_dte_blocked(uint64_t *dte);
/* Whether no order of the two halves leads from one entry to the other (H1, H7). */
bool amdvi_dte_torn(const uint64_t *from, const uint64_t *to);
/* Stores a half at a time: 128 bits, which the unit reads as one (2.2.2). */
int amdvi_dte_store(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
		    const uint64_t *dte);

/* ---- driver_gcr3.c ------------------------------------------------------------------------- */
int amdvi_gcr3_init(struct amdvi_gcr3 *gcr3, uint32_t pasid_limit);
/* The tables that lead to a PASID's entry. -ENOMEM. */
int amdvi_gcr3_make(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, uint32_t pasid);
/* The book of a PASID's route; NULL: no table leads there. */
struct amdvi_route **amdvi_gcr3_slot(const struct amdvi_gcr3 *gcr3, uint32_t pasid);
/* Points the entry to a guest table, or makes it invalid with root 0; *changed tells
 * whether it was anything else. -EIO. */
int amdvi_gcr3_store(struct amdvi_driver *driver, const struct amdvi_gcr3 *gcr3, uint32_t pasid,
		     ioasim_pa_t root, bool *changed);
/* Frees the tables, or parks them if `error`. */
void amdvi_gcr3_fini(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, int error);

/* ---- driver_pages.c ------------------------------------------------------------------------ */
int amdvi_driver_pages_init(struct amdvi_driver *driver);
int amdvi_driver_page_response(struct driver *driver, const struct ioasim_page_response *response);
int amdvi_driver_page_request_next(struct driver *driver, struct ioasim_page_request *request);
/* The route has ended and nothing of it is cached: what was stored of it is answered
 * Invalid and dropped. */
int amdvi_pages_drain(struct amdvi_driver *driver, const struct amdvi_route *route);

/* ---- driver_faults.c ----------------------------------------------------------------------- */
int amdvi_driver_events_init(struct amdvi_driver *driver);
int amdvi_driver_fault_next(struct driver *driver, struct driver_fault *fault);

#endif
