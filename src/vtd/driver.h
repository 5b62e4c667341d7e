/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VT-d driver: what its files share. It knows of the unit what registers and
 * memory say, nothing else.
 *
 *	driver.c		the instance: set-up from reset, tear-down, the contract's table
 *	driver_devices.c	root, context and PASID structures; attach and detach
 *	driver_domain.c		domains and their ids; map, unmap, invalidate of a user
 *	driver_dirty.c		which routes mark what they write (SSADE)
 *	driver_tables.c		how the items of first- and second-stage tables are written
 *	driver_invalidate.c	which commands a change of a domain needs
 *	driver_queue.c		the ring: descriptors, submission, waiting
 *	driver_pages.c		page requests, responses, draining
 *	driver_faults.c		fault records
 *
 * The tables themselves and the policies of invalidation are those of all drivers:
 * model/page_table.h, model/space.h.
 */
#ifndef VTD_DRIVER_H
#define VTD_DRIVER_H

#include "model/driver.h"
#include "model/space.h"
#include "vtd/registers.h"
#include "vtd/structures.h"

#include <sys/queue.h>

/* PASID of requests without one: RID_PASID is left 0. */
#define VTD_DRIVER_RID_PASID 0

/* Tags that no domain gets: 0 is the unit's own with caching mode (6.1), 1 is that
 * of all pass-through entries, which walk no table. */
#define VTD_DRIVER_DID_IDENTITY 1
#define VTD_DRIVER_DID_FIRST    2

/* Owners of pages in the pool, below those of page tables. */
enum vtd_owner {
	VTD_OWNER_CONTEXT,
};

/* Flags of a user's first stage: word 0 of domain_config.arch_data. */
enum vtd_user_flags {
	VTD_USER_SRE = 1,
	VTD_USER_EAFE = 2,
	VTD_USER_WPE = 4,
};

struct vtd_driver;

struct vtd_domain {
	struct space space; /* kernel kinds; first, so that one leads to the other */
	LIST_ENTRY(vtd_domain) link;
	enum domain_kind kind;
	bool silent; /* blocked: FPD */
	uint8_t pgtt; /* values of VTD_PASID_0_PGTT; 0: blocked */
	uint32_t did;
	LIST_HEAD(, vtd_attachment) attachments;

	/* Nested: the user's first stage over the parent's table. */
	struct vtd_domain *parent;
	LIST_ENTRY(vtd_domain) nested_link;
	uint64_t user_root;
	uint64_t user_flags;
	uint8_t user_levels;
	LIST_HEAD(, vtd_domain) nested; /* of a parent */
};

struct vtd_attachment {
	LIST_ENTRY(vtd_attachment) link;
	struct vtd_domain *domain;
	struct vtd_device *device;
	uint32_t pasid; /* VTD_DRIVER_RID_PASID: requests without PASID */
};

#define VTD_PASID_LEAF (1u << 6) /* entries of a PASID table */

struct vtd_pasid_leaf {
	ioasim_pa_t table;
	struct vtd_attachment *slot[VTD_PASID_LEAF];
};

struct vtd_device {
	LIST_ENTRY(vtd_device) link;
	uint16_t source_id;
	bool ats, pri; /* as far as the unit has them too */
	uint32_t pasid_limit; /* PASIDs are below; 0: none */
	unsigned attachments;
	ioasim_pa_t context; /* its context entry */
	struct vtd_attachment *legacy; /* legacy mode: what is attached */

	/* Scalable mode: the PASID directory, and by its index what it points to. */
	ioasim_pa_t directory;
	uint32_t directory_pages, directory_entries;
	unsigned pdts;
	struct vtd_pasid_leaf **leaf;
};

#define VTD_BUSES  256
#define VTD_DEVFNS 256

struct vtd_driver {
	struct spaces spaces; /* first, so that one leads to the other */
	struct ioasim_unit *unit;
	struct ioasim_memory *memory;
	struct driver_config config;
	struct driver_stats stats;
	uint64_t cap, ecap;
	unsigned mgaw, haw; /* bits */
	unsigned levels_largest; /* of second-stage tables; 2: none at all */
	bool scalable;

	struct pool pool;
	struct ids dids;
	ioasim_pa_t root;

	ioasim_pa_t queue;
	unsigned queue_pages, descriptor_lg2, queue_tail; /* tail in descriptors */
	ioasim_pa_t status; /* where waits report */
	bool repairing; /* the queue had stopped; it goes again, and caches are being emptied */

	ioasim_pa_t prq; /* 0: no page requests */
	uint32_t fault_index; /* of the fault record that is filled next */

	LIST_HEAD(, vtd_domain) domains;
	LIST_HEAD(, vtd_device) devices;
	struct vtd_device **bus[VTD_BUSES];
};

static inline struct vtd_driver *vtd_driver(struct driver *driver)
{
	return (struct vtd_driver *)(void *)driver;
}

static inline struct vtd_domain *vtd_domain(struct domain *domain)
{
	return (struct vtd_domain *)(void *)domain;
}

/* Second-stage tables of 3, 4 or 5 levels: bits 1, 2, 3 of SAGAW. */
static inline bool vtd_driver_levels(const struct vtd_driver *driver, unsigned levels)
{
	return field_get(VTD_CAP_SAGAW, driver->cap) >> (levels - 2) & 1;
}

static inline bool vtd_domain_live(const struct vtd_domain *domain)
{
	return !LIST_EMPTY(&domain->attachments);
}

/* ---- driver.c --------------------------------------------------------------- */
uint64_t vtd_driver_read(struct vtd_driver *driver, uint32_t offset, unsigned size);
void vtd_driver_write(struct vtd_driver *driver, uint32_t offset, unsigned size, uint64_t value);
/* Tables in memory have changed: empties the write buffer if there is one (RWBF). */
int vtd_driver_write_buffer(struct vtd_driver *driver);

/* ---- driver_queue.c ----------------------------------------------------------- */
#define VTD_BATCH 16

/*
 * Descriptors that share a wait. Adding to a full one submits what is there; an
 * error stays and makes the rest a no-op.
 */
struct vtd_batch {
	struct vtd_driver *driver;
	int error;
	unsigned count;
	uint64_t descriptor[VTD_BATCH][4];
};

int vtd_queue_init(struct vtd_driver *driver);
void vtd_queue_fini(struct vtd_driver *driver);

void vtd_batch_init(struct vtd_batch *batch, struct vtd_driver *driver);
void vtd_batch_add(struct vtd_batch *batch, uint64_t word0, uint64_t word1);
/* Submits and waits. 0 or -EIO. */
int vtd_batch_finish(struct vtd_batch *batch);
/* The same with a wait that drains page requests where the unit can (PD). */
int vtd_batch_finish_drained(struct vtd_batch *batch);

/* The least block aligned to its size that holds [first, last]: log2 of its pages. */
unsigned vtd_block_am(uint64_t first, uint64_t last);

void vtd_add_context_global(struct vtd_batch *batch);
void vtd_add_context_device(struct vtd_batch *batch, uint32_t did, uint16_t source_id);
void vtd_add_pasid_global(struct vtd_batch *batch);
void vtd_add_pasid(struct vtd_batch *batch, uint32_t did, uint32_t pasid);
void vtd_add_iotlb_global(struct vtd_batch *batch);
void vtd_add_iotlb_domain(struct vtd_batch *batch, uint32_t did);
void vtd_add_piotlb_pasid(struct vtd_batch *batch, uint32_t did, uint32_t pasid);
void vtd_add_fence(struct vtd_batch *batch);

void vtd_add_iotlb_range(struct vtd_batch *batch, uint32_t did, const struct page_range *range);
void vtd_add_piotlb_range(struct vtd_batch *batch, uint32_t did, uint32_t pasid,
			  const struct page_range *range);
/* Nothing if the device has no ATS. */
void vtd_add_device_tlb(struct vtd_batch *batch, const struct vtd_device *device, uint32_t pasid,
			const struct page_range *range);
void vtd_add_device_tlb_all(struct vtd_batch *batch, const struct vtd_device *device);

/* ---- driver_invalidate.c -------------------------------------------------------- */
/* What a change of a domain's own table needs: every tag under which it is walked,
 * nested ones too, then the device TLBs. */
extern const struct space_ops vtd_space_ops;
/* SSADE has changed in all entries that lead to the domain's table, nested ones too:
 * whoever holds an old entry, or a translation by one, forgets it (Table 28). */
int vtd_tracking_changed(struct vtd_driver *driver, const struct vtd_domain *domain);
/* Whatever the unit and the devices have kept. */
int vtd_caches_empty(struct vtd_driver *driver);
/* A user's invalidation of his first stage. */
int vtd_nested_invalidate(struct vtd_driver *driver, struct vtd_domain *domain,
			  const struct driver_invalidation *what);
/* The command that empties the IOTLB of a route. */
void vtd_add_route_tlb(struct vtd_batch *batch, const struct vtd_attachment *attachment);
/* A route was made (H2, H3), or its entry is not present any more (H4). */
int vtd_route_made(struct vtd_driver *driver, const struct vtd_attachment *attachment);
int vtd_route_ended(struct vtd_driver *driver, const struct vtd_attachment *attachment);

/* ---- driver_tables.c -------------------------------------------------------------- */
extern const struct page_table_format vtd_driver_first, vtd_driver_second;

/* ---- driver_domain.c --------------------------------------------------------------- */
int vtd_domain_create(struct driver *driver, const struct domain_config *config,
		      struct domain **domain);
int vtd_domain_destroy(struct driver *driver, struct domain *domain);
int vtd_invalidate(struct driver *driver, struct domain *domain,
		   const struct driver_invalidation *what);
uint32_t vtd_domain_tag(const struct domain *domain);

/* ---- driver_dirty.c ------------------------------------------------------------------- */
/* The unit can mark what is written through second-stage tables. */
bool vtd_driver_marks(const struct vtd_driver *driver);
int vtd_dirty_enable(struct driver *driver, struct domain *domain, bool enable);

/* ---- driver_devices.c -------------------------------------------------------------------- */
struct vtd_device *vtd_device_find(const struct vtd_driver *driver, uint32_t requester_id);
int vtd_device_add(struct driver *driver, const struct driver_device *device);
int vtd_device_remove(struct driver *driver, uint32_t requester_id);
int vtd_attach(struct driver *driver, uint32_t requester_id, uint32_t pasid, struct domain *domain);
int vtd_detach(struct driver *driver, uint32_t requester_id, uint32_t pasid);
/* Scalable mode: SSADE of the domain's table may have changed, nothing else. It stands in
 * the first word, so that the entry is a whole one before and after (6.2.3.1). */
int vtd_route_update(struct vtd_driver *driver, const struct vtd_attachment *attachment);
/* Detaches all routes of a device and forgets it. */
void vtd_device_destroy(struct vtd_driver *driver, struct vtd_device *device);

/* ---- driver_entries.c ------------------------------------------------------------------------ */
/* The context or PASID entry of a route; all zero but FPD for a blocked domain. */
void vtd_entry_legacy(const struct vtd_driver *driver, const struct vtd_device *device,
		      const struct vtd_domain *domain, uint64_t entry[2]);
void vtd_entry_pasid(const struct vtd_driver *driver, const struct vtd_domain *domain,
		     uint64_t entry[VTD_PASID_WORDS]);
/* H7: all words but the first, then the first; or the first alone cleared. */
int vtd_entry_store(struct vtd_driver *driver, ioasim_pa_t address, const uint64_t *entry,
		    unsigned words);
int vtd_entry_clear(struct vtd_driver *driver, ioasim_pa_t address);

/* ---- driver_pages.c ------------------------------------------------------------------------ */
int vtd_pages_init(struct vtd_driver *driver);
void vtd_pages_fini(struct vtd_driver *driver);
int vtd_driver_page_response(struct driver *driver, const struct ioasim_page_response *response);
int vtd_page_request_next(struct driver *driver, struct ioasim_page_request *request);
/* The route's entry is not present any more and invalidated: what is on its way is
 * drained, what was stored is answered Invalid and dropped. */
int vtd_pages_drain(struct vtd_driver *driver, const struct vtd_attachment *attachment);

/* ---- driver_faults.c ----------------------------------------------------------------------- */
int vtd_fault_next(struct driver *driver, struct driver_fault *fault);

#endif
