/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMMUv3 unit (Arm IHI 0070, non-secure programming interface): what the rooms
 * of this folder share.
 *
 *	features.c	IDR registers taken apart, what is refused
 *	registers.c	MMIO: the table of registers and their side effects
 *	unit.c		creation, reset
 *	stream.c	stream table, STE; context.c: CD tables, CD; their caches
 *	translate.c	a request's way through the checks, TLB
 *	ats.c		translation requests and translated transactions
 *	walk_*.c	the walk engine instantiated for stage 1, stage 2 and both
 *	invalidate.c	what each invalidation removes
 *	queue.c		the command ring; commands.c: what each command does
 *	faults.c	events: record, event queue; stall.c: waiting transactions
 *	pages.c		page requests and responses
 *	interrupts.c	messages and GERROR
 */
#ifndef SMMUV3_UNIT_H
#define SMMUV3_UNIT_H

#include "model/arch.h"
#include "model/cache.h"
#include "model/walk.h"
#include "smmuv3/events.h"

/*
 * Capabilities taken apart once, so that no hot path decodes registers.
 *
 * What translation models, for features.c to refuse the rest: AArch64 tables only
 * (TTF 2), little-endian only (TTENDIAN 2), OAS up to 48 bits, HTTU 0 to 3 (HAFT with
 * 3), VAX 0 and 1 (a VA of 52 bits with the 64KB granule), FWB, XNX, HAD, E0PD, STT; not
 * DS, D128, permission indirections, PASIDTT, DPT.
 */
struct smmu_features {
	uint32_t idr0, idr1, idr3, idr5, aidr;
	unsigned oas, ias; /* bits */
	unsigned sid_bits, ssid_bits;
	unsigned cmdq_lg2, eventq_lg2, priq_lg2; /* entries of the largest queue */
	unsigned httu; /* IDR0.HTTU */
	unsigned stall_model; /* IDR0.STALL_MODEL */
	unsigned stall_max; /* IDR5.STALL_MAX */
	unsigned bbml;
	bool s1p, s2p, hyp, ats, ns1ats, pri, pps, msi, sev, ril, stt, xnx, had, e0pd, fwb;
	bool asid16, vmid16, vmw, cd2l, st2l, atsrecerr, term_model;
	bool perms_ovr, types_ovr;
	bool gran4k, gran16k, gran64k;
	bool aarch32, aarch64; /* IDR0.TTF */
	bool vax; /* IDR5.VAX: a VA may have 52 bits */
	unsigned ttendian;
};

/* Which translation regime a stream's stage 1 belongs to (STE.STRW, CR2.E2H). */
enum smmu_stream_world { SMMU_NS_EL1, SMMU_EL2, SMMU_EL2_E2H };

struct smmu_tables; /* stream.h: L1STD, STE, L1CD and CD caches and their contents */
struct smmu_tlb; /* tlb.h: TLB, walk caches and their contents */
struct smmu_stalls; /* stall.h: waiting transactions */

/* Both register pages; page 1 begins at 0x10000. */
#define SMMU_REGISTER_SPACE 0x20000

struct smmu_unit {
	struct ioasim_unit unit; /* first */
	struct smmu_features features;

	/*
	 * Register state that translation looks at, decoded when written: owned by
	 * registers.c. Bits of absent features are 0.
	 */
	bool enabled; /* CR0ACK.SMMUEN */
	bool atschk; /* CR0ACK.ATSCHK */
	bool recinvsid, rec_cfg_ats, e2h; /* CR2 */
	bool gbpa_abort; /* GBPA.ABORT */
	uint8_t vmw_bits; /* low VMID bits that commands, not look-ups, ignore: CR0.VMW */
	bool two_level; /* stream table: effective FMT 1 */
	uint8_t split; /* 6, 8 or 10 */
	uint8_t sid_lg2; /* effective LOG2SIZE */
	uint64_t strtab; /* STRTAB_BASE.ADDR, low bits cut as the format wants */

	struct smmu_tables *tables;
	struct smmu_tlb *tlb;
	struct smmu_stalls *stalls;

	/* Register file as software reads it, 32-bit words. */
	uint32_t reg[SMMU_REGISTER_SPACE / 4];
	bool queue_running; /* inside smmu_queue_run */
};

static inline struct smmu_unit *smmu_unit(struct ioasim_unit *unit)
{
	return (struct smmu_unit *)unit;
}

static inline uint32_t smmu_reg32(const struct smmu_unit *u, uint32_t offset)
{
	return u->reg[offset / 4];
}

static inline uint64_t smmu_reg64(const struct smmu_unit *u, uint32_t offset)
{
	return u->reg[offset / 4] | (uint64_t)u->reg[offset / 4 + 1] << 32;
}

static inline void smmu_reg32_set(struct smmu_unit *u, uint32_t offset, uint32_t value)
{
	u->reg[offset / 4] = value;
}

/* ---- features.c ----------------------------------------------------------- */
/* Takes the capabilities apart; false and a sentence if they contradict the
 * specification or each other, or announce what is not modelled. */
bool smmu_features_init(struct smmu_features *f, const uint64_t *capability, const char **why);

/* ---- registers.c ---------------------------------------------------------- */
int smmu_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value);
int smmu_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value);
void smmu_registers_reset(struct smmu_unit *u);

/* ---- translate.c, ats.c ------------------------------------------------------ */
void smmu_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		    struct ioasim_response *response);
/* The same for a stalled transaction that is retried: references, look-ups and events
 * count, the request itself was counted when it came (CMD_RESUME, 4.6.1). */
void smmu_translate_again(struct smmu_unit *u, const struct ioasim_request *request,
			  struct ioasim_response *response);

/*
 * Whether an automatic response to a page request carries its PASID: STE.PPAR of the
 * stream table entry, looked up as for a transaction of the same ids (8.1). False: the
 * look-up ends with a configuration event, which `fault` tells and which is recorded
 * here if it is to be (CR2.REC_CFG_ATS).
 */
bool smmu_stream_ppar(struct smmu_unit *u, const struct ioasim_request *request, bool *ppar,
		      struct ioasim_fault *fault);

/* ---- stream.c, context.c, tlb.c: what the unit caches --------------------------- */
int smmu_caches_init(struct smmu_unit *u);
void smmu_caches_fini(struct smmu_unit *u);
void smmu_caches_reset(struct smmu_unit *u);
struct cache *smmu_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache);

/* ---- invalidate.c: exact removal (3.17, 4.3, 4.4, 16.2) --------------------------- */
/* CFGI_STE, CFGI_STE_RANGE and CFGI_ALL: the STEs of [first, last] and every L1CD and CD
 * reached through them; their L1STDs too unless `leaf`. */
void smmu_invalidate_streams(struct smmu_unit *u, uint32_t first, uint32_t last, bool leaf);
/* CFGI_CD: one CD, its L1CD too unless `leaf`; CFGI_CD_ALL: all of the stream. */
void smmu_invalidate_context(struct smmu_unit *u, uint32_t sid, uint32_t ssid, bool leaf);
void smmu_invalidate_contexts(struct smmu_unit *u, uint32_t sid);

/*
 * A TLBI command. Ranges are closed; an address command covers [first, last] of VA or
 * IPA. granule_lg2 0: entries of any granule; else only those of this granule need go.
 * ttl 0: any level; 1..3: leaves of the specification's level ttl and, unless `leaf`,
 * tables above. vmid is compared only if the unit has stage 2, less the bits of CR0.VMW.
 */
struct smmu_tlbi {
	bool el2; /* EL2 and EL2-E2H entries, else NS-EL1 */
	bool stage1, stage2; /* which entries: stage 1 and combined; stage 2 */
	bool by_vmid, by_asid, by_address;
	bool leaf; /* only last-level entries */
	uint8_t granule_lg2;
	uint8_t ttl;
	uint16_t vmid, asid;
	uint64_t first, last;
};

void smmu_invalidate_tlb(struct smmu_unit *u, const struct smmu_tlbi *what);

/* ---- describe.c: arch_ops.describe ---------------------------------------------------- */
struct arch_field;
extern const struct arch_words smmu_words;
void smmu_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		   struct arch_entry *entry);
const struct arch_field *smmu_describe_fault(const struct ioasim_fault *fault, const char **title);

/* ---- queue.c, commands.c -------------------------------------------------------- */
/* Fetches and executes commands until CONS meets PROD or an error stops it. */
void smmu_queue_run(struct smmu_unit *u);
/* The class of a command: index into counters.commands, and its name. */
unsigned smmu_command_type(const uint64_t *words, unsigned count);
enum ioasim_command_class smmu_command_class(const uint64_t *words, unsigned count);
const char *smmu_command_name(unsigned type);

/* ---- faults.c, stall.c ------------------------------------------------------------ */
/* How a faulting transaction ends. */
enum smmu_end { SMMU_END_ABORT, SMMU_END_RAZ_WI, SMMU_END_STALL };

/* Values of the CLASS field of an event record (7.3). */
enum smmu_class { SMMU_CLASS_CD = 0, SMMU_CLASS_TT = 1, SMMU_CLASS_IN = 2 };

/* Everything that an event record says (7.3), and what is to be done about it. */
struct smmu_fault_info {
	uint8_t event; /* enum smmu_event; SMMU_EVENT_NONE: ended silently, no event */
	uint8_t end; /* enum smmu_end; STALL only for 0x10..0x13 */
	uint8_t class; /* enum smmu_class */
	uint8_t cause; /* enum ioasim_fault_cause */
	bool record; /* to be written to the event queue; a stalled one always is */
	bool ssv, read, instruction, privileged; /* RnW, InD, PnU: after STE overrides */
	bool s2;
	bool ttrnw; /* F_PERMISSION of class TT only */
	uint16_t reason;
	uint32_t sid, ssid;
	uint64_t input; /* as received */
	uint64_t ipa; /* bits 51:12 are recorded, with s2 */
	uint64_t fetch_address; /* F_STE_FETCH, F_CD_FETCH, F_WALK_EABT */
};

/*
 * Counts, tells the callback, writes the record if it is to be and the queue takes it,
 * makes the transaction wait if it stalls, and fills outcome, tag and fault of the
 * response. `request` is kept for the retry of a stalled transaction. For translation
 * requests the caller sets the outcome itself afterwards.
 */
void smmu_fault(struct smmu_unit *u, const struct smmu_fault_info *info,
		const struct ioasim_request *request, struct ioasim_response *response);
const char *smmu_fault_name(uint32_t code);

int smmu_stalls_init(struct smmu_unit *u);
void smmu_stalls_fini(struct smmu_unit *u);
void smmu_stalls_reset(struct smmu_unit *u);
/* CMD_RESUME: no effect unless both match. CMD_STALL_TERM; SMMUEN 1 -> 0 ends all. */
void smmu_stall_resume(struct smmu_unit *u, uint32_t sid, uint16_t tag, bool retry, bool abort);
void smmu_stall_terminate(struct smmu_unit *u, uint32_t sid);
void smmu_stall_terminate_all(struct smmu_unit *u);
/* The event queue can be written again: records of stalls that could not be stored go
 * out, in the order in which they came (3.12.2). */
void smmu_stall_records(struct smmu_unit *u);

/* ---- interrupts.c ------------------------------------------------------------------ */
enum smmu_interrupt { SMMU_IRQ_EVENTQ, SMMU_IRQ_PRIQ, SMMU_IRQ_GERROR };

/* An edge of this source: the message, if it is enabled (3.18). */
void smmu_interrupt(struct smmu_unit *u, enum smmu_interrupt source);
/* Sends a message, for CMD_SYNC too; a refused write raises `abort_error`. */
void smmu_message(struct smmu_unit *u, uint64_t address, uint32_t data, uint32_t abort_error);
/* An error of GERROR becomes active, unless it is (7.5); `bit` is a mask of it. */
void smmu_gerror(struct smmu_unit *u, uint32_t bit);
bool smmu_gerror_active(const struct smmu_unit *u, uint32_t bit);

/* ---- pages.c ------------------------------------------------------------------------ */
void smmu_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
		       struct ioasim_page_request_result *result);
/* CMD_PRI_RESP. */
void smmu_page_response(struct smmu_unit *u, const struct ioasim_page_response *response);

#endif
