/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver contract: what the uAPI, the replay of traces and the tests ask of
 * an architecture's driver. A driver writes real tables into simulated memory,
 * programs the unit through its registers, submits real commands to its queue
 * and waits for them through memory, as a kernel driver does. It never looks
 * into the unit.
 *
 * A domain is an address space with its tables and its tag. A device (requester)
 * is attached to domains: one for requests without PASID, one per PASID.
 */
#ifndef MODEL_DRIVER_H
#define MODEL_DRIVER_H

#include <ioasim/unit.h>

struct driver;
struct domain;

#define DRIVER_NO_PASID    UINT32_MAX
#define DRIVER_ALL_DEVICES UINT32_MAX

enum driver_policy {
	DRIVER_STRICT, /* unmap returns when nothing cached is left */
	DRIVER_LAZY, /* unmap queues; flushed by threshold, deadline or sync */
};

struct driver_config {
	enum driver_policy policy;
	uint64_t lazy_deadline_ns; /* 0: the default of 10 ms */
	unsigned lazy_threshold; /* queued unmaps; 0: the default of 256 */
	ioasim_pa_t pool_base; /* 4 KiB aligned RAM for tables and rings */
	uint64_t pool_size;
	bool no_large_pages;
	/* A strict unmap removes cached pointers to tables as well, although only leaves
	 * changed: drivers do that where they do not tell the unit what changed. */
	bool drop_pointers;
	bool stage1; /* kernel domains use stage 1 tables where both exist */
	bool legacy; /* vtd: legacy mode even if scalable mode exists */
	/* smmuv3: of all tables that the driver makes: 12, 14, 16; 0: the smallest that
	 * the unit has. -ENOTSUP if it has not the one that is wanted. */
	unsigned granule_lg2;
};

enum domain_kind {
	DOMAIN_KERNEL, /* map and unmap; tables of the driver */
	DOMAIN_NEST_PARENT, /* the same, stage 2, may be the parent of nested ones */
	DOMAIN_IDENTITY, /* addresses pass unchanged */
	DOMAIN_BLOCKED, /* every access faults */
	DOMAIN_NESTED, /* a user's stage 1 table over a parent (vtd) */
	DOMAIN_NESTED_PASID, /* a user's PASID table over a parent (amdvi, smmuv3) */
	/* A CPU page table of a process: as the kernel kind, but of stage 1 with a user's
	 * rights, for routes with PASID only, and strict whatever the policy. */
	DOMAIN_SVA,
};

struct domain_config {
	enum domain_kind kind;
	struct domain *parent; /* nested kinds */
	uint64_t root; /* nested kinds: guest address of table or PASID table */
	unsigned address_bits; /* input width wanted; 0: the driver's default */
	/*
	 * Nested kinds: further words of the user, 0 if none. vtd: word 0 holds flags
	 * SRE 1, EAFE 2, WPE 4; address_bits is 48 or 57 and selects 4 or 5 levels.
	 * smmuv3: words 0 and 1 are those of the guest's STE, `root` its S1ContextPtr,
	 * which word 0 may hold too. V, Config (abort, bypass, stage 1), S1Fmt, S1CDMax,
	 * S1DSS, S1CIR, S1COR, S1CSH, S1STALLD and EATS (0, 1) may be set, nothing else.
	 * All 0: see table_lg2; ATS is on.
	 * amdvi: the guest's device table entry, `root` its GCR3 table, which the words may
	 * hold too; Mode and host root are 0; PPR, GLX, GIoV and GuestPagingMode are taken
	 * over. All 0: GLX 0, GIoV, PPR, and by address_bits 48 or 57 4 or 5 levels.
	 */
	uint64_t arch_data[4];
	/* DOMAIN_NESTED_PASID with arch_data all 0: a linear table of 2^table_lg2 PASIDs,
	 * 4-level tables behind it, entry 0 for requests without PASID. 0: 64 (smmuv3) or
	 * a page of them (amdvi, where there are no more). */
	unsigned table_lg2;
	/* The same with tables above it: its levels, 0 as 1. amdvi 1 to 3 of 512 PASIDs each
	 * (table_lg2 as the bits of them all), smmuv3 1 or 2, with leaves of 64. */
	unsigned pasid_levels;
	bool silent; /* blocked kind: accesses end without a fault record */
	/* Kernel and nest parent kinds: what was written can be asked. -ENOTSUP: the unit
	 * keeps no such marks in tables of the kind. */
	bool dirty;
};

struct driver_device {
	uint32_t requester_id;
	unsigned pasid_bits; /* 0: no PASID */
	bool ats;
	bool pri;
};

/* Which caches a user's invalidation of a nested domain is for. */
enum driver_invalidation_cache {
	DRIVER_INV_IOTLB, /* the unit's translations, then those of devices */
	DRIVER_INV_DEVTLB, /* those of devices alone */
	/* The entry of a PASID, in a GCR3 or CD table the user's own, then as IOTLB. */
	DRIVER_INV_PASID,
};

/*
 * [first, last] of stage 1, everything with first 0, last ~0; `leaf`: only leaves have
 * changed. More may go than what is named. Each kind is complete before the next begins
 * where the architecture gives no order by itself.
 */
struct driver_invalidation {
	enum driver_invalidation_cache cache;
	uint32_t requester_id; /* whose caches; or DRIVER_ALL_DEVICES that are attached */
	/*
	 * DOMAIN_NESTED: the route's; DRIVER_NO_PASID: of all routes. DOMAIN_NESTED_PASID:
	 * one of the user's table, where 0 stands for requests without PASID; all.
	 */
	uint32_t pasid;
	ioasim_iova_t first, last;
	bool leaf;
};

#define DRIVER_FAULT_WORDS 4

/* A fault record of the unit, as software reads it. */
struct driver_fault {
	uint32_t requester_id;
	uint32_t pasid;
	/* Of the request, as far as the record has it: vtd of its page; of a table entry
	 * that could not be read on amdvi the entry's, elsewhere 0. */
	uint64_t address;
	uint32_t code; /* as in struct ioasim_fault */
	uint8_t access; /* mask of enum ioasim_access; 0: the record does not tell */
	uint8_t stage; /* whose tables: 1, 2; 0: of no stage, or the record does not tell */
	bool has_pasid;
	/* A guest whose tables it is about would have had this record of its own unit: words,
	 * with the host's requester (smmuv3). */
	bool of_guest;
	uint64_t record[DRIVER_FAULT_WORDS];
};

/* [first, last] was written: a leaf, or the part of it that was asked for. */
typedef void driver_dirty_fn(void *to, ioasim_iova_t first, ioasim_iova_t last);

/* What a driver has done; every field only grows. */
struct driver_stats {
	uint64_t maps, unmaps, tables_made, tables_freed;
	uint64_t commands; /* submitted to the queue, waits among them */
	uint64_t waits;
	uint64_t flushes; /* of a domain's queued unmaps */
	uint64_t repairs; /* of a queue that a command had stopped */
	uint64_t settled; /* queues of unmaps that were flushed, or had nothing to flush */
	uint64_t faults, other_records; /* taken by fault_next; not of a DMA, skipped */
};

/*
 * A command that stops the unit's queue ends the call with -EIO, and what the call was to
 * reach may not have been done. The driver sets the queue going again and has everything
 * dropped that is cached, in the unit and in devices, so that later calls work. Where that
 * fails, too, they all end with -EIO, and no memory or tag is used again.
 */
struct driver_ops {
	/*
	 * Sets the unit up from reset. The unit, its memory and the pool outlive the
	 * driver. -ENOTSUP: the unit lacks what the configuration wants, -ENOMEM,
	 * -EIO: the unit did not do as told.
	 */
	int (*create)(struct ioasim_unit *unit, struct ioasim_memory *memory,
		      const struct driver_config *config, struct driver **driver);
	/* Detaches and frees everything, leaves the unit off. Takes NULL. */
	void (*destroy)(struct driver *driver);

	/* Makes a device known, blocked at first. -EEXIST, -ENOMEM. */
	int (*device_add)(struct driver *driver, const struct driver_device *device);
	int (*device_remove)(struct driver *driver, uint32_t requester_id); /* -ENOENT, -EBUSY */

	int (*domain_create)(struct driver *driver, const struct domain_config *config,
			     struct domain **domain); /* -ENOTSUP, -EINVAL, -ENOSPC, -ENOMEM */
	int (*domain_destroy)(struct driver *driver, struct domain *domain); /* -EBUSY: attached */

	/* pasid DRIVER_NO_PASID: the requests without PASID. Replaces what was attached
	 * there. -ENOENT device, -EINVAL pasid or kind, -ENOSPC: no tag is left, -ENOMEM,
	 * -EIO. */
	int (*attach)(struct driver *driver, uint32_t requester_id, uint32_t pasid,
		      struct domain *domain);
	/* Back to blocked, complete on return. -ENOENT. */
	int (*detach)(struct driver *driver, uint32_t requester_id, uint32_t pasid);

	/*
	 * Maps [iova, iova + size) to pa, all multiples of 4 KiB (smmuv3: of the
	 * granule), with the largest pages that fit; access is a mask of
	 * IOASIM_READ, WRITE, EXEC. All or nothing. -EEXIST: a part is mapped,
	 * -ERANGE: outside the domain's address width, -EINVAL, -ENOMEM.
	 */
	int (*map)(struct driver *driver, struct domain *domain, ioasim_iova_t iova, ioasim_pa_t pa,
		   uint64_t size, unsigned access);
	/*
	 * Unmaps what is mapped in [iova, iova + size); a large page partly inside is
	 * split. *unmapped is the number of bytes that were mapped. Strict: the
	 * invalidation is complete on return. Lazy: it is queued.
	 */
	int (*unmap)(struct driver *driver, struct domain *domain, ioasim_iova_t iova,
		     uint64_t size, uint64_t *unmapped);
	/* -ENOENT: not mapped. From the tables in memory. */
	int (*lookup)(struct driver *driver, struct domain *domain, ioasim_iova_t iova,
		      ioasim_pa_t *pa, unsigned *access);

	/*
	 * Of a domain made with `dirty`: from the return on, what is written through its
	 * routes and those of tables over it is remembered, or need not be any more. -EINVAL:
	 * another domain; -EIO. NULL, as dirty_read: the architecture has no marks.
	 */
	int (*dirty_enable)(struct driver *driver, struct domain *domain, bool enable);
	/*
	 * Tells the leaves of [first, last] that were written, in ascending order. `clear`:
	 * and forgets what lies inside as a whole; a write after the return is told again. A
	 * leaf that reaches beyond the range is told and not forgotten, since what is
	 * outside may not have been asked for yet. -EINVAL: nothing is remembered; -EIO.
	 */
	int (*dirty_read)(struct driver *driver, struct domain *domain, ioasim_iova_t first,
			  ioasim_iova_t last, bool clear, driver_dirty_fn *dirty, void *to);

	/* A user's invalidation of a nested domain. Nothing is issued for one that is not
	 * attached. -EINVAL: kind of domain, PASID, range; -ENOENT: the device has no
	 * route of the domain; -EIO. */
	int (*invalidate)(struct driver *driver, struct domain *domain,
			  const struct driver_invalidation *what);

	/*
	 * A guest's own commands for what it has put over `parent`, in the words of the
	 * architecture (smmuv3: two each), the host's StreamIDs put in by the caller. What
	 * names the guest's tag gets the parent's. Complete on return. *done: how many were
	 * done; -EINVAL: the next one is not a guest's to give, or names a device that is
	 * not attached over this parent. NULL: users of the architecture have none.
	 */
	int (*user_commands)(struct driver *driver, struct domain *parent, const uint64_t *words,
			     unsigned count, unsigned *done);

	/* Answers a page request group. */
	int (*page_response)(struct driver *driver, const struct ioasim_page_response *response);
	/* Takes the next page request that the unit queued; -EAGAIN if there is none. */
	int (*page_request_next)(struct driver *driver, struct ioasim_page_request *request);

	/* Takes the next fault record that the unit has written; -EAGAIN if there is none,
	 * and an overflow has been acknowledged, so that the unit records again. Records
	 * that are not about a DMA are skipped. */
	int (*fault_next)(struct driver *driver, struct driver_fault *fault);

	/* Simulated time goes on: a lazy flush whose deadline has passed is done. */
	int (*tick)(struct driver *driver, uint64_t now_ns);
	/* Does all queued invalidations and waits for them. */
	int (*sync)(struct driver *driver);

	uint32_t (*domain_tag)(const struct domain *domain);
	/* Unmaps whose invalidation is queued and not done. */
	unsigned (*unmaps_waiting)(const struct domain *domain);
	const struct driver_stats *(*stats)(const struct driver *driver);
};

#endif
