/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AMD-Vi unit (AMD I/O Virtualization Technology Specification, 48882): what the
 * rooms of this folder share.
 *
 *	features.c	EFR and EFR2 taken apart, what is refused
 *	registers.c	MMIO: the table of registers and their side effects
 *	unit.c		creation, reset
 *	device.c	device table, DTE; guest.c: GCR3 tables; tables.c: their caches
 *	translate.c	a request's way through the checks, IOTLB
 *	ats.c		translation requests and translated requests
 *	page_walk.c	a request's walk: which stages, and what stops them
 *	walk_*.c	the walk engine instantiated for host (v1), guest (v2) and both
 *	tlb.c		IOTLB and page walk caches
 *	invalidate.c	what each invalidation removes
 *	queue.c		the command buffer; commands.c: what each command does
 *	faults.c	events: entry, event log, hardware event registers
 *	pages.c		page requests, PPR log, responses
 *	interrupts.c	status bits and messages
 *	rings.c		what the three rings share: pointers, run bits, appending
 *
 * Stage 1 is the guest (v2) table and GCR3, stage 2 the host (v1, nested) table.
 */
#ifndef AMDVI_UNIT_H
#define AMDVI_UNIT_H

#include "amdvi/events.h"
#include "model/arch.h"
#include "model/cache.h"
#include "model/walk.h"

/* Extended features taken apart once, so that no hot path decodes registers. */
struct amdvi_features {
	uint64_t efr, efr2;
	unsigned host_levels; /* EFR.HATS: 4..6; 0: no host translation */
	unsigned guest_levels; /* EFR.GATS: 4, 5; 0 without GTSup */
	unsigned glx_max; /* EFR.GLXSup: GCR3 levels less 1 */
	unsigned pasid_bits; /* EFR.PASmax + 1 */
	unsigned segments_lg2; /* EFR.DevTblSegSup */
	unsigned pa_bits; /* physical addresses */
	bool np_cache; /* capability header: not-present entries may be cached */
	bool iotlb; /* capability header, IotlbSup: ATS */
	bool pref, ppr, xt, nx, gt, ia, ga, he, us, giov, ha, hd, eph;
	bool ppr_auto_response, block_stop_marks, msi_mmio, ga_update_disable, inv_iotlb_type;
	bool gcr3_trp_mode; /* EFR2 */
};

struct amdvi_tables; /* device.h: DTE and GCR3 caches and their contents */
struct amdvi_tlb; /* tlb.h: IOTLB, page walk caches and their contents */

#define AMDVI_REGISTER_SPACE 0x4000
#define AMDVI_SEGMENTS       8

/* The rings in memory (rings.h). */
enum amdvi_ring_kind { AMDVI_COMMAND_BUFFER, AMDVI_EVENT_LOG, AMDVI_PPR_LOG, AMDVI_RINGS };

struct amdvi_unit {
	struct ioasim_unit unit; /* first */
	struct amdvi_features features;

	/*
	 * Register state that translation looks at, decoded when written: owned by
	 * registers.c. Bits of absent features are 0.
	 */
	bool enabled; /* Control.IommuEn */
	bool guest_enabled; /* GTEn */
	bool gcr3_gpa; /* GCR3TRPMode: the GCR3 root and its pointers are GPAs */
	bool eph_enabled; /* EPHEn */
	bool ga_update_off, gd_update_off; /* GAUpdateDis, GDUpdateDis */
	bool exclusion; /* ExEn */
	bool exclusion_all; /* Allow: every device, else those with DTE.EX */
	uint64_t exclusion_first, exclusion_last; /* closed */
	unsigned segment_lg2; /* DevTblSegEn */
	struct {
		uint64_t base;
		uint32_t entries; /* DTEs that the table holds */
	} segment[AMDVI_SEGMENTS];

	struct amdvi_tables *tables;
	struct amdvi_tlb *tlb;

	/* Register file as software reads it, 32-bit words. */
	uint32_t reg[AMDVI_REGISTER_SPACE / 4];
	bool stopped[AMDVI_RINGS]; /* by an error; until its enable bit is written as 0 */
	bool queue_running; /* inside amdvi_queue_run */
};

static inline struct amdvi_unit *amdvi_unit(struct ioasim_unit *unit)
{
	return (struct amdvi_unit *)unit;
}

static inline uint32_t amdvi_reg32(const struct amdvi_unit *u, uint32_t offset)
{
	return u->reg[offset / 4];
}

static inline uint64_t amdvi_reg64(const struct amdvi_unit *u, uint32_t offset)
{
	return u->reg[offset / 4] | (uint64_t)u->reg[offset / 4 + 1] << 32;
}

static inline void amdvi_reg32_set(struct amdvi_unit *u, uint32_t offset, uint32_t value)
{
	u->reg[offset / 4] = value;
}

static inline void amdvi_reg64_set(struct amdvi_unit *u, uint32_t offset, uint64_t value)
{
	u->reg[offset / 4] = (uint32_t)value;
	u->reg[offset / 4 + 1] = (uint32_t)(value >> 32);
}

/* ---- features.c ----------------------------------------------------------- */
/* Takes the capabilities apart; false and a sentence if they contradict the
 * specification or each other, or announce what is not modelled. */
bool amdvi_features_init(struct amdvi_features *f, const uint64_t *capability, const char **why);

/* ---- registers.c ---------------------------------------------------------- */
int amdvi_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value);
int amdvi_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value);
void amdvi_registers_reset(struct amdvi_unit *u);

/* ---- translate.c, ats.c ---------------------------------------------------- */
void amdvi_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		     struct ioasim_response *response);

/*
 * What a page request needs of its device's table entry (9.3), looked up as for a
 * translation: AMDVI_EVENT_NONE, or the event that the look-up ends with, which is
 * recorded here.
 */
struct amdvi_page_rights {
	bool valid; /* V, TV */
	bool iotlb; /* DTE.I */
	bool ppr, gprp; /* DTE.PPR, DTE.GPRP */
};

enum amdvi_event amdvi_device_page_rights(struct amdvi_unit *u,
					  const struct ioasim_page_request *request,
					  struct amdvi_page_rights *rights,
					  struct ioasim_fault *fault);

/* ---- device.c, guest.c, tlb.c: what the unit caches -------------------------- */
int amdvi_caches_init(struct amdvi_unit *u);
void amdvi_caches_fini(struct amdvi_unit *u);
void amdvi_caches_reset(struct amdvi_unit *u);
struct cache *amdvi_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache);

/* ---- invalidate.c: exact removal (2.4, 8) -------------------------------------- */
void amdvi_invalidate_all(struct amdvi_unit *u);
/* INVALIDATE_DEVTAB_ENTRY: the DTE, with it the GCR3 root that it holds. */
void amdvi_invalidate_device(struct amdvi_unit *u, uint16_t device_id);

/*
 * INVALIDATE_IOMMU_PAGES. [first, last] is closed; 0 and ~0: everything. guest (GN): guest
 * and combined translations of (domain, pasid) by GVA, GCR3 entries with pde and the
 * range of everything; else host translations of the domain and every combined one whose
 * GPA lies in the range. pde: directory entries too.
 */
struct amdvi_pages {
	uint16_t domain;
	bool guest, pde;
	uint32_t pasid;
	uint64_t first, last;
};

void amdvi_invalidate_pages(struct amdvi_unit *u, const struct amdvi_pages *what);

/* ---- queue.c, commands.c ------------------------------------------------------- */
/* Fetches and executes commands until head meets tail or an error stops it. */
void amdvi_queue_run(struct amdvi_unit *u);
/* The class of a command: index into counters.commands, and its name. */
unsigned amdvi_command_type(const uint64_t *words, unsigned count);
enum ioasim_command_class amdvi_command_class(const uint64_t *words, unsigned count);
const char *amdvi_command_name(unsigned type);

/* ---- faults.c -------------------------------------------------------------------- */
/* Everything that an event log entry says (2.5), and what is to be done about it. */
struct amdvi_fault_info {
	uint8_t event; /* enum amdvi_event; AMDVI_EVENT_NONE: ended without one */
	bool silent; /* not logged: SA, SE, a translation request's page fault */
	/* Flags of the entry; which of them count is the event's. */
	bool guest; /* GN: pasid valid, address is a GVA */
	bool execute, user, interrupt, present, write, permission, reserved, translation;
	uint8_t type; /* INVALID_DEVICE_REQUEST: AMDVI_IDR_... */
	uint8_t cause; /* enum ioasim_fault_cause */
	uint16_t device_id, domain;
	uint32_t pasid;
	uint64_t address; /* of the request; hardware errors: SPA of the access */
};

/* Counts, tells the callback, logs unless silent, and fills *fault. */
void amdvi_fault(struct amdvi_unit *u, const struct amdvi_fault_info *info,
		 struct ioasim_fault *fault);
/* INVALID_PPR_REQUEST (2.5). */
void amdvi_fault_page_request(struct amdvi_unit *u, const struct ioasim_page_request *request,
			      struct ioasim_fault *fault);
const char *amdvi_fault_name(uint32_t code);

/* ---- interrupts.c ------------------------------------------------------------------ */
/* Sets bits of the Status register; a message where one goes from 0 to 1 and its enable
 * is on (6.5). */
void amdvi_status_set(struct amdvi_unit *u, uint32_t bits);

/* ---- pages.c ------------------------------------------------------------------------ */
void amdvi_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
			struct ioasim_page_request_result *result);
/* The log entry of a request (2.6): two words. */
void amdvi_page_entry(const struct ioasim_page_request *request, uint64_t *entry);
/* COMPLETE_PPR_REQUEST. */
void amdvi_page_response(struct amdvi_unit *u, const struct ioasim_page_response *response);

#endif
