/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VT-d unit: what the rooms of this folder share.
 *
 *	registers.c	MMIO: the table of registers and their side effects
 *	unit.c		creation from capabilities, reset, latching of RTADDR, TE
 *	context.c	root, context and PASID structures, their caches
 *	translate.c	a request's way through the checks, IOTLB
 *	walk_*.c	the walk engine instantiated for first and second stage
 *	invalidate.c	what each invalidation removes
 *	queue.c		queued invalidation
 *	faults.c	fault recording, fault event
 *	pages.c		page requests and responses
 */
#ifndef VTD_UNIT_H
#define VTD_UNIT_H

#include "model/arch.h"
#include "model/cache.h"
#include "model/walk.h"
#include "vtd/reasons.h"

/* Capabilities taken apart once, so that no hot path decodes registers. */
struct vtd_features {
	uint64_t cap, ecap;
	unsigned haw; /* host address width, bits */
	unsigned mgaw; /* maximum guest address width, bits */
	unsigned did_bits;
	unsigned pasid_bits;
	unsigned fault_registers;
	uint32_t fro, iro; /* byte offsets of FRCD and IVA/IOTLB */
	uint32_t version; /* VER */
	unsigned major; /* its major number */
	unsigned mamv; /* largest address mask of an IOTLB invalidation */
	unsigned fault_bits; /* address bits that a fault record keeps */
	bool snoop_control, ssads, eafs, srs, ers, smpwcs, rps, rprivs, fs1gp, fs5lp;
	bool nest, pt, dt, prs, pds, dit, psi, cm, smts, fsts, ssts, pasid, adms, esrtps;
	bool qi, ir, sms, nwfs;
	unsigned sagaw; /* bits 1..3: 3, 4, 5 levels */
	unsigned sslps;
};

/* RTADDR.TTM as latched by SRTP. */
enum vtd_ttm {
	VTD_TTM_LEGACY = 0,
	VTD_TTM_SCALABLE = 1,
	VTD_TTM_RESERVED = 2,
	VTD_TTM_ABORT = 3,
};

/*
 * How a request is to be translated: the decoded context (legacy) or PASID table
 * entry. This is what the context and PASID caches hold.
 */
enum vtd_pgtt {
	VTD_PGTT_NONE = 0,
	VTD_PGTT_FIRST = 1,
	VTD_PGTT_SECOND = 2,
	VTD_PGTT_NESTED = 3,
	VTD_PGTT_PASS = 4,
};

/* One interrupt source: fault, invalidation completion, page request event. */
enum vtd_event { VTD_EVENT_FAULT, VTD_EVENT_INVALIDATION, VTD_EVENT_PAGE_REQUEST, VTD_EVENTS };

struct vtd_tables; /* context.h: context and PASID caches and their contents */
struct vtd_tlb; /* tlb.h: IOTLB and paging-structure caches and their contents */

/* The largest offsets that CAP.FRO and ECAP.IRO can name, and what lies there. */
#define VTD_REGISTER_SPACE 0x5000

struct vtd_unit {
	struct ioasim_unit unit; /* first */
	struct vtd_features features;

	/* Latched state that translation looks at. */
	bool enabled; /* GSTS.TES */
	uint8_t ttm; /* enum vtd_ttm, of the latched RTADDR */
	uint64_t root; /* latched RTADDR[63:12] */

	struct vtd_tables *tables;
	struct vtd_tlb *tlb;

	/* Register file as software reads it, 32-bit words; FRCD registers included.
	 * registers.c and the rooms that own a register change it. */
	uint32_t reg[VTD_REGISTER_SPACE / 4];

	unsigned fault_index; /* next fault recording register */
	bool queue_running; /* inside vtd_queue_run */
};

static inline struct vtd_unit *vtd_unit(struct ioasim_unit *unit)
{
	return (struct vtd_unit *)unit;
}

static inline uint32_t vtd_reg32(const struct vtd_unit *u, uint32_t offset)
{
	return u->reg[offset / 4];
}

static inline uint64_t vtd_reg64(const struct vtd_unit *u, uint32_t offset)
{
	return u->reg[offset / 4] | (uint64_t)u->reg[offset / 4 + 1] << 32;
}

static inline void vtd_reg32_set(struct vtd_unit *u, uint32_t offset, uint32_t value)
{
	u->reg[offset / 4] = value;
}

static inline void vtd_reg64_set(struct vtd_unit *u, uint32_t offset, uint64_t value)
{
	u->reg[offset / 4] = (uint32_t)value;
	u->reg[offset / 4 + 1] = (uint32_t)(value >> 32);
}

/* ---- unit.c ------------------------------------------------------------- */
/* Takes the capabilities apart; false and a sentence if they contradict the
 * specification or each other, or announce what is not modelled. */
bool vtd_features_init(struct vtd_features *f, const uint64_t *capability, const char **why);

/* ---- registers.c -------------------------------------------------------- */
int vtd_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value);
int vtd_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value);
void vtd_registers_reset(struct vtd_unit *u);

/* ---- translate.c, context.c --------------------------------------------- */
void vtd_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		   struct ioasim_response *response);

/*
 * The entry that governs a request: root, context, PASID directory and table, in
 * the order of checks of section 7.1, through the context and PASID caches.
 * For page requests too, with the checks that hold for them.
 * Returns the fault reason; route->fpd is the OR of FPD met so far in any case.
 */
enum vtd_asks { VTD_ASKS_UNTRANSLATED, VTD_ASKS_TRANSLATION, VTD_ASKS_TRANSLATED, VTD_ASKS_PAGE };

struct vtd_route {
	uint8_t pgtt; /* enum vtd_pgtt; legacy: SECOND or PASS */
	uint8_t levels; /* of the second stage, 3..5 */
	uint8_t fs_levels; /* of the first stage, 4 or 5 */
	bool legacy;
	bool fpd;
	bool ats; /* translation and translated requests may pass */
	bool sre, ere, wpe, eafe, ssade, pwsnp, pgsnp;
	bool nxe; /* older units with ERS only */
	bool privileged; /* effective, RID_PRIV taken in */
	uint16_t did;
	uint32_t pasid; /* effective: RID_PASID for requests without */
	uint64_t ss_root, fs_root;
};

/* Whose request it is, as far as context and PASID structures look at it. */
struct vtd_asker {
	uint16_t source_id;
	bool has_pasid;
	bool privileged, execute; /* with PASID only */
	uint32_t pasid;
};

enum vtd_fault_reason vtd_route_find(struct vtd_unit *u, const struct vtd_asker *asker,
				     enum vtd_asks asks, struct ioasim_cost *cost,
				     struct vtd_route *route);

/* ---- unit.c: state shared by registers and translation -------------------- */
int vtd_caches_init(struct vtd_unit *u); /* translate side: tables and tlb */
void vtd_caches_fini(struct vtd_unit *u);
void vtd_caches_reset(struct vtd_unit *u);
struct cache *vtd_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache);

/* ---- invalidate.c: exact removal rules (section 6.5.2, Tables 23, 24, 28) -- */
void vtd_invalidate_all(struct vtd_unit *u); /* all DMA-remapping caches */
void vtd_invalidate_context_global(struct vtd_unit *u);
void vtd_invalidate_context_domain(struct vtd_unit *u, uint16_t did);
void vtd_invalidate_context_device(struct vtd_unit *u, uint16_t did, uint16_t sid, unsigned fm);
void vtd_invalidate_pasid_global(struct vtd_unit *u);
void vtd_invalidate_pasid_domain(struct vtd_unit *u, uint16_t did);
void vtd_invalidate_pasid(struct vtd_unit *u, uint16_t did, uint32_t pasid);
void vtd_invalidate_iotlb_global(struct vtd_unit *u);
void vtd_invalidate_iotlb_domain(struct vtd_unit *u, uint16_t did);
void vtd_invalidate_iotlb_page(struct vtd_unit *u, uint16_t did, uint64_t address, unsigned am,
			       bool ih);
void vtd_invalidate_piotlb_pasid(struct vtd_unit *u, uint16_t did, uint32_t pasid);
void vtd_invalidate_piotlb_page(struct vtd_unit *u, uint16_t did, uint32_t pasid, uint64_t address,
				unsigned am, bool ih);

/* ---- queue.c ---------------------------------------------------------------- */
/* Fetches and executes descriptors until head meets tail or an error stops it. */
void vtd_queue_run(struct vtd_unit *u);
/* The class of a descriptor: index into counters.commands, and its name. */
unsigned vtd_command_type(const uint64_t *words, unsigned count);
enum ioasim_command_class vtd_command_class(const uint64_t *words, unsigned count);
const char *vtd_command_name(unsigned type);

/* ---- faults.c --------------------------------------------------------------- */
struct vtd_fault_info {
	uint8_t reason;
	uint8_t asks; /* enum vtd_asks; VTD_ASKS_PAGE: type page request */
	uint8_t access;
	uint8_t cause; /* enum ioasim_fault_cause; OTHER: as the reason says */
	uint16_t source_id;
	bool has_pasid, privileged;
	uint32_t pasid;
	uint64_t address;
	bool silent; /* qualified and FPD met, or not to be recorded by rule */
};

/* True if FPD can silence this reason (Table 30, "qualified"). */
bool vtd_fault_qualified(unsigned reason);
/* Counts, tells the callback, records in FRCD unless silent; fills *fault. */
void vtd_fault(struct vtd_unit *u, const struct vtd_fault_info *info, struct ioasim_fault *fault);
const char *vtd_fault_name(uint32_t code);
/* An event has occurred: set IP, send the message unless masked (7.3). */
void vtd_event(struct vtd_unit *u, enum vtd_event event);
/* Status bits changed: IP falls when all sources are serviced. */
void vtd_event_update(struct vtd_unit *u, enum vtd_event event);
/* The control register was written: a message held pending goes out if unmasked. */
void vtd_event_unmask(struct vtd_unit *u, enum vtd_event event);
/* Sets a status bit of FSTS, ICS or PRS; an event unless a source of it stands already. */
void vtd_event_status_set(struct vtd_unit *u, enum vtd_event event, uint32_t bit);
/* An F bit was cleared by software. */
void vtd_fault_pending_update(struct vtd_unit *u);

/* ---- pages.c ----------------------------------------------------------------- */
void vtd_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
		      struct ioasim_page_request_result *result);
void vtd_page_response(struct vtd_unit *u, const uint64_t *descriptor);

#endif
