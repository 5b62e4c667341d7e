/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMMUv3 driver: what its files share. It knows of the unit what registers and
 * memory say, nothing else.
 *
 *	driver.c		the instance: set-up from reset, tear-down, the contract's table
 *	driver_index.c		linear and two-level tables of STEs and CDs in memory
 *	driver_devices.c	devices, their STEs and CD tables; attach and detach
 *	driver_entries.c	what an STE and a CD hold, and how they are changed
 *	driver_domain.c		domains, their ASIDs and VMIDs, a user's STE
 *	driver_tables.c		stage 1 and stage 2 descriptors, geometry of the tables
 *	driver_invalidate.c	which commands a change of a domain or route needs
 *	driver_queue.c		the ring: commands, submission, waiting
 *	driver_user.c		commands of a guest
 *	driver_pages.c		page requests, responses, draining
 *	driver_faults.c		the event queue
 *
 * Page tables and the lazy policy are those of all drivers (model/space.h). Streams
 * use the NS-EL1 StreamWorld.
 */
#ifndef SMMUV3_DRIVER_H
#define SMMUV3_DRIVER_H

#include "model/driver.h"
#include "model/pool.h"
#include "model/space.h"
#include "smmuv3/registers.h"
#include "smmuv3/structures.h"

#include <sys/queue.h>

/* H8: streams with stage 1 alone have a VMID that no stage 2 has, and CDs that
 * translate nothing an ASID under which nothing is ever cached. */
#define SMMU_DRIVER_VMID_STAGE1 0
#define SMMU_DRIVER_ASID_NONE   0
#define SMMU_DRIVER_TAG_FIRST   1

/* What requests of a domain meet. */
enum smmu_stages {
	SMMU_STAGES_BLOCKED,
	SMMU_STAGES_BYPASS,
	SMMU_STAGES_S1,
	SMMU_STAGES_S2,
	SMMU_STAGES_NESTED, /* a user's STE says what stage 1 does */
};

/* Cacheability (S1CIR, IR0, S2IR0 ...): write-back, read and write allocate. */
#define SMMU_DRIVER_WRITE_BACK      1
#define SMMU_DRIVER_INNER_SHAREABLE 3

struct smmu_domain {
	struct space space; /* first; kernel kinds */
	LIST_ENTRY(smmu_domain) link;
	enum domain_kind kind;
	enum smmu_stages stages;
	bool silent; /* blocked: without an event */
	uint16_t asid, vmid; /* nested: the parent's VMID */
	LIST_HEAD(, smmu_route) routes;

	/* Nested: the user's STE over the parent's table. */
	struct smmu_domain *parent;
	LIST_ENTRY(smmu_domain) nested_link;
	uint64_t user[2];
	LIST_HEAD(, smmu_domain) nested; /* of a parent */
};

/* A domain attached to a device, for requests without PASID or for one PASID. */
struct smmu_route {
	LIST_ENTRY(smmu_route) link;
	struct smmu_domain *domain;
	struct smmu_device *device;
	uint32_t pasid; /* DRIVER_NO_PASID: requests without one */
};

/* A part of a table whose entries have 64 bytes, and what the books keep of each. */
struct smmu_part {
	ioasim_pa_t table;
	void *slot[];
};

/*
 * A table of STEs, indexed by StreamID, or of CDs, by SubstreamID. Linear: one part.
 * Two-level: parts are made as they are needed and stay as long as the table.
 */
struct smmu_index {
	ioasim_pa_t base; /* of the level 1 table, or of the only part; 0: not made */
	uint8_t bits; /* 2^bits entries */
	uint8_t part_lg2; /* entries of a part; `bits` if linear */
	struct smmu_part **part; /* by level 1 index */
};

struct smmu_device {
	LIST_ENTRY(smmu_device) link;
	uint32_t sid;
	bool ats, pri; /* as far as the unit has them too */
	uint8_t pasid_bits; /* 0: no PASID */
	struct smmu_route *rid; /* requests without PASID */
	unsigned pasids; /* routes with one */
	/* CDs: made with the first route of stage 1, stay with the device. Slot n is the
	 * route of PASID n, slot 0 is not used. */
	struct smmu_index cds;
};

struct smmu_driver {
	struct spaces spaces; /* first; `broken`: the queue has stopped for good */
	struct ioasim_unit *unit;
	struct ioasim_memory *memory;
	struct driver_config config;
	struct driver_stats stats;
	uint32_t idr0, idr1, idr3, idr5;
	uint8_t granule_lg2; /* of the tables */
	uint8_t pa_code; /* IPS and S2PS: what descriptors of 48 bits reach */
	uint8_t pa_bits, ipa_bits; /* outputs; inputs of stage 2 */
	bool ats;
	uint32_t cr0; /* what was written last */

	struct pool pool;
	struct ids asids, vmids;
	struct smmu_index streams; /* slots are devices */

	ioasim_pa_t queue; /* 0: not made */
	uint8_t queue_lg2; /* entries */
	uint32_t queue_prod, queue_cons; /* index and wrap; CONS as last read */
	bool queue_msi; /* SYNCs report by a message to their own slot */
	bool repairing; /* the queue had stopped; it goes again, and caches are being emptied */
	ioasim_pa_t events; /* 0: not made */
	uint8_t events_lg2;
	ioasim_pa_t prq; /* 0: no page requests */
	uint8_t prq_lg2;
	ioasim_pa_t messages; /* where the unit's interrupt messages go; 0: none */

	LIST_HEAD(, smmu_domain) domains;
	LIST_HEAD(, smmu_device) devices;
};

static inline struct smmu_driver *smmu_driver(struct driver *driver)
{
	return (struct smmu_driver *)(void *)driver;
}

static inline struct smmu_domain *smmu_domain(struct domain *domain)
{
	return (struct smmu_domain *)(void *)domain;
}

/* Whether requests may have left something under the domain's tags: routes of its own
 * or of domains nested over it. */
bool smmu_domain_live(const struct smmu_domain *domain);

/* ---- driver.c --------------------------------------------------------------- */
uint64_t smmu_driver_read(struct smmu_driver *driver, uint32_t offset, unsigned size);
void smmu_driver_write(struct smmu_driver *driver, uint32_t offset, unsigned size, uint64_t value);

/* ---- driver_queue.c ----------------------------------------------------------- */
/* Commands that end in one CMD_SYNC, or several. An error stays and makes the rest a
 * no-op. */
struct smmu_batch {
	struct smmu_driver *driver;
	int error;
	unsigned count; /* since the last CMD_SYNC */
};

int smmu_driver_queue_init(struct smmu_driver *driver);
void smmu_driver_queue_fini(struct smmu_driver *driver);

void smmu_batch_init(struct smmu_batch *batch, struct smmu_driver *driver);
void smmu_batch_add(struct smmu_batch *batch, uint64_t word0, uint64_t word1);
/* Submits what is there behind a CMD_SYNC and waits for it: all that was added is
 * complete, before anything that is added next begins. Nothing if nothing is there. */
void smmu_batch_sync(struct smmu_batch *batch);
/* The same at the end. 0 or -EIO. */
int smmu_batch_finish(struct smmu_batch *batch);
/* A CMD_SYNC by itself: what it says of transactions that have ended. 0 or -EIO. */
int smmu_queue_sync(struct smmu_driver *driver);

void smmu_add_config_all(struct smmu_batch *batch);
void smmu_add_config_ste(struct smmu_batch *batch, uint32_t sid, bool leaf);
void smmu_add_config_cd(struct smmu_batch *batch, uint32_t sid, uint32_t ssid, bool leaf);
void smmu_add_config_cds(struct smmu_batch *batch, uint32_t sid);
/* A TLBI without an address. */
void smmu_add_tlbi(struct smmu_batch *batch, enum smmu_opcode opcode, uint16_t vmid, uint16_t asid);
/* By address. tg SMMU_TG_NONE: one page of any granule. */
struct smmu_tlbi_address {
	uint64_t address;
	bool leaf; /* only leaves changed */
	unsigned tg, ttl, num, scale;
};
void smmu_add_tlbi_address(struct smmu_batch *batch, enum smmu_opcode opcode, uint16_t vmid,
			   uint16_t asid, const struct smmu_tlbi_address *at);
/* Closed range of pages of a device; PASID or DRIVER_NO_PASID. Nothing without ATS. */
void smmu_add_atc(struct smmu_batch *batch, const struct smmu_device *device, uint32_t pasid,
		  uint64_t first, uint64_t last);
void smmu_add_page_response(struct smmu_batch *batch, const struct ioasim_page_response *response);

/* ---- driver_index.c ------------------------------------------------------------- */
/* The table, and its only part if it is linear: where part_lg2 is not below bits. */
int smmu_index_init(struct smmu_driver *driver, struct smmu_index *index, unsigned bits,
		    unsigned part_lg2);
/* All of its memory goes into the list; the host's is freed. Takes one never made. */
void smmu_index_take(struct smmu_driver *driver, struct smmu_index *index, struct pool_list *pages);
static inline bool smmu_index_linear(const struct smmu_index *index)
{
	return index->part_lg2 == index->bits;
}
/* Makes the part of an entry unless it is there. *made: its address and that of the
 * level 1 descriptor, which the caller writes; untouched otherwise. */
struct smmu_part_made {
	ioasim_pa_t table, descriptor; /* 0: nothing was made */
};
int smmu_index_make(struct smmu_driver *driver, struct smmu_index *index, uint32_t number,
		    struct smmu_part_made *made);
/* Address of an entry and the books' slot for it; NULL: its part was never made. */
void **smmu_index_slot(const struct smmu_index *index, uint32_t number, ioasim_pa_t *entry);

/* ---- driver_entries.c ------------------------------------------------------------ */
/* The STE that a device's routes ask for. */
void smmu_ste_make(const struct smmu_driver *driver, const struct smmu_device *device,
		   uint64_t ste[SMMU_STE_WORDS]);
/* The CD of a domain of stage 1 or of a silent blocked one; otherwise an invalid one.
 * NULL: invalid too. */
void smmu_cd_make(const struct smmu_driver *driver, const struct smmu_domain *domain,
		  uint64_t cd[SMMU_CD_WORDS]);
/* Bits that the unit looks at. */
void smmu_ste_used(const uint64_t ste[SMMU_STE_WORDS], uint64_t used[SMMU_STE_WORDS]);
void smmu_cd_used(const uint64_t cd[SMMU_CD_WORDS], uint64_t used[SMMU_CD_WORDS]);
/*
 * Changes an entry so that the unit sees the old one, the new one, or an invalid one
 * in between where they differ in more than one word; complete on return. An entry
 * that is as wanted already costs nothing. 0 or -EIO.
 */
int smmu_ste_store(struct smmu_driver *driver, uint32_t sid, ioasim_pa_t address,
		   const uint64_t ste[SMMU_STE_WORDS]);
int smmu_cd_store(struct smmu_driver *driver, uint32_t sid, uint32_t ssid, ioasim_pa_t address,
		  const uint64_t cd[SMMU_CD_WORDS]);

/* ---- driver_tables.c -------------------------------------------------------------- */
/*
 * Format and geometry of a domain's table by its stage, all but `bits`, which is the caller's:
 * SMMU_PTE_DBM where the unit marks what was written. `wanted` is the input width, 0 the
 * default. -EINVAL: narrower than a page; -ENOTSUP: wider than the unit has.
 */
int smmu_table_stage1(const struct smmu_driver *driver, unsigned wanted, struct page_table *table);
int smmu_table_stage2(const struct smmu_driver *driver, unsigned wanted, struct page_table *table);
/* T0SZ; S2T0SZ and S2SL0 of a table. */
unsigned smmu_table_tsz(const struct page_table *table);
unsigned smmu_table_sl0(const struct page_table *table);

/* ---- driver_domain.c --------------------------------------------------------------- */
int smmu_domain_create(struct driver *driver, const struct domain_config *config,
		       struct domain **domain);
int smmu_domain_destroy(struct driver *driver, struct domain *domain);
int smmu_dirty_enable(struct driver *driver, struct domain *domain, bool enable);
int smmu_dirty_read(struct driver *driver, struct domain *domain, ioasim_iova_t first,
		    ioasim_iova_t last, bool clear, driver_dirty_fn *dirty, void *to);
int smmu_driver_invalidate(struct driver *driver, struct domain *domain,
			   const struct driver_invalidation *what);
uint32_t smmu_domain_tag(const struct domain *domain);

/* ---- driver_invalidate.c -------------------------------------------------------- */
extern const struct space_ops smmu_space_ops;
/* Whatever the unit and the devices have kept. */
int smmu_caches_empty(struct smmu_driver *driver);
/* A user's invalidation of his CD table and what lies behind it. */
int smmu_nested_invalidate(struct smmu_driver *driver, struct smmu_domain *domain,
			   const struct driver_invalidation *what);
/*
 * H4: no entry leads to the domain by this route any more, and the unit knows it. The
 * route is no longer among the domain's. TLBs if it was the last one, then the device's,
 * then page requests.
 */
int smmu_route_ended(struct smmu_driver *driver, const struct smmu_route *route);

/* ---- driver_user.c ----------------------------------------------------------------- */
int smmu_user_commands(struct driver *driver, struct domain *parent, const uint64_t *words,
		       unsigned count, unsigned *done);

/* ---- driver_devices.c -------------------------------------------------------------------- */
struct smmu_device *smmu_device_find(const struct smmu_driver *driver, uint32_t requester_id);
int smmu_device_add(struct driver *driver, const struct driver_device *device);
int smmu_device_remove(struct driver *driver, uint32_t requester_id);
int smmu_attach(struct driver *driver, uint32_t requester_id, uint32_t pasid,
		struct domain *domain);
int smmu_detach(struct driver *driver, uint32_t requester_id, uint32_t pasid);
/* Detaches all routes of a device and forgets it. */
void smmu_device_destroy(struct smmu_driver *driver, struct smmu_device *device);

/* ---- driver_pages.c ------------------------------------------------------------------------ */
int smmu_pages_init(struct smmu_driver *driver);
void smmu_pages_fini(struct smmu_driver *driver);
int smmu_driver_page_response(struct driver *driver, const struct ioasim_page_response *response);
int smmu_driver_page_request(struct driver *driver, struct ioasim_page_request *request);
/* The route has ended: what was stored of it is answered Invalid and dropped. */
int smmu_pages_drain(struct smmu_driver *driver, const struct smmu_route *route);

/* ---- driver_faults.c --------------------------------------------------------------- */
int smmu_driver_events_init(struct smmu_driver *driver);
void smmu_driver_events_fini(struct smmu_driver *driver);
int smmu_driver_fault_next(struct driver *driver, struct driver_fault *fault);

#endif
