/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IOTLB and the page walk caches.
 *
 *	cache			look-up by			removed by
 *	IOTLB, host		DomainID, address		the same
 *	IOTLB, with guest	DomainID, PASID, GVA		the same, or DomainID and GPA
 *	guest pointers		DomainID, PASID, GVA		the same, or DomainID and the
 *								GPA of the table
 *	host pointers		DomainID, GPA			the same
 *	pages of tables		DomainID, GPA			the same
 *
 * Everything is filed under page or table number and size, which look-up and removal
 * by address both know. What a device table entry says of rights and flags is in none
 * of them: it is applied at each use.
 */
#ifndef AMDVI_TLB_H
#define AMDVI_TLB_H

#include "amdvi/walks.h"
#include "model/counters.h"
#include "model/filed.h"

/*
 * A final translation. Rights are those of the tables; host_dirty and guest_dirty tell
 * whether the dirty flags of the leaves are set, since a write has to set them if they
 * are in use. With guest translation the page is the smaller one of both stages, and
 * `gpa` where it lies between them.
 *
 * With NpCache it may tell that there is none, in 4 KiB pieces: without rights, and if it
 * is the guest table that has none, with a `gpa` that no invalidation names.
 */
struct amdvi_translation {
	uint64_t pa, gpa; /* of the page */
	uint32_t pasid;
	uint16_t domain;
	uint8_t page_lg2; /* 64: no table limits it */
	uint8_t guest_rights[2]; /* by privilege; all without guest translation */
	uint8_t host_rights;
	bool guest;
	bool host_dirty, guest_dirty;
	bool absent; /* there is none; guest_rights: the host table's fault, or else the guest's */
};

/* A pointer entry that was used: where it leads, with the rights down to there. */
struct amdvi_pointer {
	uint64_t table, table_pa; /* a guest table: GPA and SPA */
	uint32_t pasid;
	uint32_t rights;
	uint8_t level; /* of the table */
};

/* Where the host table puts a page of a guest or GCR3 table. */
struct amdvi_table_page {
	uint64_t pa;
	uint8_t rights; /* IOASIM_READ, IOASIM_WRITE */
	bool dirty;
};

#define AMDVI_DOMAINS 65536

struct amdvi_tlb {
	struct ioasim_counters *counters;
	struct filed iotlb, guest, host, tables;
	struct amdvi_translation *translation;
	struct amdvi_pointer *guest_pointer, *host_pointer;
	struct amdvi_table_page *table_page;
	/* Domains in which guest translation has been seen: addresses of their GN=0
	 * invalidations are not what all of their devices send. */
	uint8_t nested[AMDVI_DOMAINS / 8];
};

#define AMDVI_PASS_LG2 64
#define AMDVI_NO_GPA   FIELD_MASK(AMDVI_TABLE_BASE)

/* What guest entries are told apart by, and from host ones. */
static inline uint64_t amdvi_guest_key(uint16_t domain, uint32_t pasid)
{
	return domain | (uint64_t)pasid << 16 | UINT64_C(1) << 36;
}

static inline uint64_t amdvi_iotlb_key(uint16_t domain, bool guest, uint32_t pasid)
{
	return guest ? amdvi_guest_key(domain, pasid) : domain;
}

/* Entries with and without guest translation are removed apart. */
static inline uint32_t amdvi_iotlb_group(uint16_t domain, bool guest)
{
	return domain * 2u + guest;
}

/* Counts nothing. NULL: no entry. */
static inline const struct amdvi_translation *amdvi_iotlb_find(struct amdvi_tlb *tlb, uint64_t key,
							       uint64_t address)
{
	for (uint64_t sizes = tlb->iotlb.sizes; sizes; sizes &= sizes - 1) {
		uint32_t slot = cache_find(&tlb->iotlb.cache,
					   filed_index(address, filed_size(sizes)), key, 0);

		if (slot != CACHE_NONE) {
			cache_touch(&tlb->iotlb.cache, slot);
			return &tlb->translation[slot];
		}
	}
	return NULL;
}

void amdvi_iotlb_fill(struct amdvi_tlb *tlb, uint64_t key, uint64_t address,
		      const struct amdvi_translation *translation);

/* Deepest pointer for w->ask.input: sets the walk's start and rights if there is one. */
void amdvi_guest_find(const struct amdvi_paging *p, struct ioasim_cost *cost, struct walk *w);
void amdvi_host_find(const struct amdvi_paging *p, struct ioasim_cost *cost, struct walk *w);

void amdvi_guest_add(const struct amdvi_paging *p, const struct walk *w,
		     const struct amdvi_pointer *pointer);
void amdvi_host_add(const struct amdvi_paging *p, const struct walk *w,
		    const struct amdvi_pointer *pointer);

/* WALK_FILL of the two stages, see model/walk_template.h. */
static inline void amdvi_guest_fill(const struct amdvi_paging *p, const struct walk *w, int level,
				    uint64_t address, uint64_t pa, uint32_t rights)
{
	if (p->guest_cached)
		amdvi_guest_add(p, w,
				&(struct amdvi_pointer){
					.table = field_bits(AMDVI_TABLE_BASE, address),
					.table_pa = field_bits(AMDVI_TABLE_BASE, pa),
					.pasid = p->pasid,
					.rights = rights,
					.level = (uint8_t)level,
				});
}

static inline void amdvi_host_fill(const struct amdvi_paging *p, const struct walk *w, int level,
				   uint64_t address, uint64_t pa, uint32_t rights)
{
	(void)address;
	if (p->host_cached)
		amdvi_host_add(p, w,
			       &(struct amdvi_pointer){
				       .table = field_bits(AMDVI_TABLE_BASE, pa),
				       .table_pa = field_bits(AMDVI_TABLE_BASE, pa),
				       .rights = rights,
				       .level = (uint8_t)level,
			       });
}

/* The page of a guest or GCR3 table; NULL: not known. */
const struct amdvi_table_page *amdvi_table_find(const struct amdvi_paging *p,
						struct ioasim_cost *cost, uint64_t address);
void amdvi_table_add(const struct amdvi_paging *p, uint64_t address,
		     const struct amdvi_table_page *page);

/* Removals: ranges are closed, [0, ~0] is everything. */
void amdvi_tlb_drop_all(struct amdvi_tlb *tlb);
/* GN=0: by host input. Pointers of the host table only with `pde`. */
void amdvi_tlb_drop_host(struct amdvi_tlb *tlb, const struct amdvi_pages *what);
/* GN=1: by PASID and GVA. Pointers of the guest table only with `pde`. */
void amdvi_tlb_drop_guest(struct amdvi_tlb *tlb, const struct amdvi_pages *what);

static inline bool amdvi_domain_nested(const struct amdvi_tlb *tlb, uint16_t domain)
{
	return tlb->nested[domain / 8] >> domain % 8 & 1;
}

int amdvi_tlb_init(struct amdvi_unit *u);
void amdvi_tlb_fini(struct amdvi_unit *u);
void amdvi_tlb_reset(struct amdvi_tlb *tlb);

#endif
