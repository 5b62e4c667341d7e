/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit: one IOMMU, as a VMM or a testbench embeds it.
 *
 * Build it from capability registers and cache geometries, give it memory,
 * write its registers, ask it for translations. Everything else it takes from
 * the tables and rings in memory, in the layouts of its architecture.
 *
 * One thread at a time uses a unit; units share nothing but their memory.
 */
#ifndef IOASIM_UNIT_H
#define IOASIM_UNIT_H

#include <ioasim/memory.h>
#include <ioasim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ioasim_unit;

/* ---- What a device asks ------------------------------------------------- */

enum ioasim_request_kind {
	IOASIM_UNTRANSLATED, /* an ordinary access */
	IOASIM_TRANSLATION_REQUEST, /* ATS: the device asks for a translation */
	IOASIM_TRANSLATED, /* ATS: the address is the result of one */
};

/*
 * One access. `length` counts from `address` and is at least 1; a request does
 * not cross a 4 KiB boundary as far as a unit is concerned: only the page of
 * `address` is translated. `access` is a mask of enum ioasim_access; READ|WRITE
 * on an untranslated request is an atomic read-modify-write, on a translation
 * request a request without the no-write flag.
 */
struct ioasim_request {
	uint32_t requester_id; /* bus:device.function, on smmuv3 the StreamID */
	uint32_t pasid; /* 20 bits, meaningful with has_pasid */
	ioasim_iova_t address;
	uint32_t length;
	uint8_t access;
	uint8_t kind; /* enum ioasim_request_kind */
	bool has_pasid;
	bool privileged;
};

/* ---- What the unit answers ---------------------------------------------- */

enum ioasim_outcome {
	IOASIM_OK, /* goes on at `pa`; for a translation request: a completion */
	IOASIM_FAULT, /* ended with an abort (unsupported request) */
	IOASIM_RAZ_WI, /* ended, reads as zero, a write is dropped (smmuv3) */
	IOASIM_STALLED, /* waits with stall tag `tag` (smmuv3) */
	IOASIM_INTERRUPT, /* a write to the interrupt range: not a memory access */
	IOASIM_ATS_EMPTY, /* translation completion without read or write right */
	IOASIM_ATS_UR, /* translation refused: unsupported request */
	IOASIM_ATS_CA, /* translation refused: completer abort */
};

/*
 * What stopped a request, whatever the architecture's code. A table entry that is read
 * through the other stage and does not get through is that stage's.
 */
enum ioasim_fault_cause {
	IOASIM_CAUSE_OTHER, /* none of the below: bus errors, the interrupt range */
	IOASIM_CAUSE_BLOCKED, /* the device has no valid entry, or one that blocks */
	IOASIM_CAUSE_PASID, /* no valid entry of a PASID table, CD or GCR3 table; no such table */
	IOASIM_CAUSE_STAGE1, /* stage 1 has no translation */
	IOASIM_CAUSE_STAGE2, /* stage 2 has none; a lone host or second-stage table is one */
	IOASIM_CAUSE_PERMISSION, /* mapped, but the access is not allowed */
};

/*
 * A fault that the unit found. `code` is the architecture's: vtd fault reason,
 * amdvi event code, smmuv3 event number. 0 with outcome IOASIM_FAULT: ended
 * silently without any code (smmuv3 configurations that abort).
 */
struct ioasim_fault {
	uint32_t code;
	bool recorded; /* a record has been written to register or log */
	uint8_t cause; /* enum ioasim_fault_cause */
	uint8_t words; /* valid words of `record` */
	uint64_t record[4]; /* the architected record, also when it was not written */
};

/* Memory references of the unit, by what was read for what. */
enum ioasim_reference_kind {
	IOASIM_REF_DEVICE_TABLE, /* root, context, DTE, stream table */
	IOASIM_REF_PASID_TABLE, /* PASID directory and table, GCR3, CD */
	IOASIM_REF_STAGE1,
	IOASIM_REF_STAGE2, /* for the final address */
	IOASIM_REF_STAGE2_FOR_STAGE1, /* for the address of a stage 1 entry */
	IOASIM_REF_STAGE2_FOR_PASID_TABLE,
	IOASIM_REF_KINDS
};

/* Levels are counted from 0, the table whose entries map the smallest page. */
#define IOASIM_LEVELS 6

enum ioasim_cache {
	IOASIM_CACHE_DEVICE, /* context cache, DTE cache, STE cache */
	IOASIM_CACHE_PASID, /* PASID entries, GCR3 entries, CDs */
	IOASIM_CACHE_STAGE1_WALK, /* pointers of stage 1 */
	IOASIM_CACHE_STAGE2_WALK, /* pointers of stage 2 */
	IOASIM_CACHE_STAGE2_TLB, /* results of stage 2 for stage 1 tables */
	IOASIM_CACHE_IOTLB, /* final translations */
	IOASIM_CACHES
};

/*
 * What one translation cost. refs[kind][level]: entries read (an entry counts
 * once, whatever its size; tables that are not page tables use level 0, 1.. for
 * their own levels, root and context being level 1 and 0). The bits of hits and
 * misses are enum ioasim_cache.
 */
struct ioasim_cost {
	uint8_t refs[IOASIM_REF_KINDS][IOASIM_LEVELS];
	uint8_t hits;
	uint8_t misses;
	uint8_t flag_updates; /* atomic writes of accessed and dirty flags */
};

/*
 * The answer. On IOASIM_OK `pa` is the full address, [pa, pa + 2^size_lg2) after
 * rounding down the page that the whole walk yields (the smaller of two stages)
 * and `access` what it grants. size_lg2 is 64 where no table limits it.
 * `domain` is the tag that cached translations carry: vtd and amdvi domain id,
 * smmuv3 VMID << 16 | ASID; ~0 where there is none.
 */
struct ioasim_response {
	ioasim_pa_t pa;
	uint8_t outcome; /* enum ioasim_outcome */
	uint8_t access;
	uint8_t size_lg2;
	bool privileged; /* ATS completion: rights are those of the supervisor */
	uint16_t tag; /* of a stall */
	uint32_t domain;
	struct ioasim_cost cost;
	struct ioasim_fault fault; /* valid where outcome is not OK; code 0 otherwise */
};

/* A page request (PRI) of a device. Group numbers have 9 bits. */
struct ioasim_page_request {
	uint32_t requester_id;
	uint32_t pasid;
	ioasim_iova_t address;
	uint16_t group;
	uint8_t access;
	bool has_pasid;
	bool privileged;
	bool last;
};

/* Codes of a page-request-group response, as PCIe numbers them. */
enum ioasim_page_response_code {
	IOASIM_PAGE_SUCCESS = 0x0,
	IOASIM_PAGE_INVALID = 0x1,
	IOASIM_PAGE_FAILURE = 0xf,
};

struct ioasim_page_response {
	uint32_t requester_id;
	uint32_t pasid;
	uint16_t group;
	uint8_t code;
	bool has_pasid;
};

/* What became of a page request: stored for software, or ended by the unit. */
struct ioasim_page_request_result {
	bool queued; /* stored in the queue or log */
	bool answered; /* the unit answered by itself, with `code` */
	uint8_t code;
	struct ioasim_fault fault;
};

/* ---- What the unit wants from outside ------------------------------------ */

/* An invalidation of a device's translation cache (ATS). */
struct ioasim_atc_invalidation {
	uint32_t requester_id;
	uint32_t pasid;
	bool has_pasid;
	bool global; /* all PASIDs */
	ioasim_iova_t first, last;
};

/* Translations that a command has removed from the unit's caches, by the
 * command's reach, not by what was found. Ranges are closed. */
struct ioasim_invalidation {
	bool all_domains;
	uint32_t domain; /* as in struct ioasim_response */
	uint32_t domain_ignored; /* its bits that do not count: smmuv3 0xffff for all
				  * ASIDs of a VMID */
	bool has_pasid;
	uint32_t pasid;
	bool final_input; /* first/last are addresses that devices send */
	uint64_t first, last;
};

/* Does an invalidation reach translations with this domain tag? */
static inline bool ioasim_invalidation_has(const struct ioasim_invalidation *what, uint32_t domain)
{
	return what->all_domains || ((domain ^ what->domain) & ~what->domain_ignored) == 0;
}

/* What a command is for, on every architecture. */
enum ioasim_command_class {
	IOASIM_COMMAND_CFG, /* entries of devices */
	IOASIM_COMMAND_PASID, /* entries of PASIDs; amdvi has none of these: TLB */
	IOASIM_COMMAND_TLB, /* translations in the unit, or everything in it */
	IOASIM_COMMAND_ATC, /* translations in devices */
	IOASIM_COMMAND_PRQ, /* draining and answers of page requests and stalls */
	IOASIM_COMMAND_SYNC, /* waits for all before it */
	IOASIM_COMMAND_OTHER,
};

/*
 * One read of an entry, as the walk command shows it. Bits high..low of `input` are the
 * entry's number in its table, whose entries have `words` words each, so that the table
 * begins at address - number * words * 8.
 */
struct ioasim_fetch {
	uint8_t kind; /* enum ioasim_reference_kind */
	uint8_t level;
	bool bus_error;
	ioasim_pa_t pa; /* where it was read */
	uint64_t input; /* what the table is asked for: requester id, PASID or address */
	uint8_t words; /* 64-bit words, at most 8 */
	uint64_t entry[8];
	uint64_t address; /* of the entry as its pointer has it: `pa` before stage 2 */
	uint8_t high, low;
};

/*
 * Callbacks of a unit. Each may be NULL: the default is to do nothing, and for
 * `interrupt` to drop the message. They are called from within the functions
 * below, on the caller's thread; they must not call into the same unit, except
 * that `atc_invalidate` and `page_response` may use memory.
 */
struct ioasim_unit_callbacks {
	/* A message-signalled interrupt: a 32-bit write of `data` to `address`. */
	void (*interrupt)(void *opaque, uint64_t address, uint32_t data);
	void (*atc_invalidate)(void *opaque, const struct ioasim_atc_invalidation *what);
	void (*page_response)(void *opaque, const struct ioasim_page_response *response);
	/* A command was executed: its words as read from the ring. */
	void (*command)(void *opaque, const uint64_t *words, unsigned count);
	/* The unit stored to memory: completion data, log and queue entries (not
	 * accessed and dirty flags). `length` is 4 or a multiple of 8. */
	void (*stored)(void *opaque, ioasim_pa_t address, const void *data, unsigned length);
	void (*invalidated)(void *opaque, const struct ioasim_invalidation *what);
	/* A fault was found for `requester_id`, recorded or not. */
	void (*fault)(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault);
	/* A stalled transaction has ended (smmuv3). */
	void (*resumed)(void *opaque, uint16_t tag, const struct ioasim_response *response);
	/* Every entry read; slows translation down. */
	void (*fetch)(void *opaque, const struct ioasim_fetch *fetch);
};

/* ---- Building a unit ------------------------------------------------------ */

enum ioasim_cache_policy {
	IOASIM_POLICY_LRU,
	IOASIM_POLICY_PLRU, /* tree pseudo-LRU */
	IOASIM_POLICY_FIFO,
	IOASIM_POLICY_RANDOM,
};

/*
 * Geometry of a cache. entries 0: the cache is off. ways 0: fully associative.
 * entries is a multiple of ways; neither needs to be a power of two. `seed` is
 * used by the random policy.
 */
struct ioasim_cache_geometry {
	uint32_t entries;
	uint32_t ways;
	uint8_t policy;
	uint64_t seed;
};

#define IOASIM_CAPABILITIES 8

/*
 * What a unit is built of. Filled by ioasim_unit_config_init() with the
 * defaults of an architecture; then changed by the functions below or directly.
 * capability[] holds the values in the order of ioasim_capability_name().
 */
struct ioasim_unit_config {
	const char *arch; /* "vtd", "amdvi" or "smmuv3" */
	uint64_t capability[IOASIM_CAPABILITIES];
	struct ioasim_cache_geometry cache[IOASIM_CACHES];
	struct ioasim_unit_callbacks callbacks;
	void *opaque; /* first argument of every callback */
};

/* -ENOENT: no such architecture. */
IOASIM_API int ioasim_unit_config_init(struct ioasim_unit_config *config, const char *arch);

/*
 * The n-th configurable value of an architecture ("cap", "ecap", "haw"; "efr",
 * "efr2"; "idr0", "idr1", "idr3", "idr5"), NULL behind the last; the same for
 * architectures and caches ("device", "pasid", "stage1_walk", "stage2_walk",
 * "stage2_tlb", "iotlb").
 */
IOASIM_API const char *ioasim_arch_name(unsigned n);
IOASIM_API const char *ioasim_capability_name(const char *arch, unsigned n);
IOASIM_API const char *ioasim_cache_name(unsigned n);

/* Sets a value by name. -ENOENT: the architecture has no such value. */
IOASIM_API int ioasim_unit_config_set(struct ioasim_unit_config *config, const char *name,
				      uint64_t value);

/* Turns all caches off: every translation then walks memory as it is. */
IOASIM_API void ioasim_unit_config_no_caches(struct ioasim_unit_config *config);

/*
 * Makes a unit in its state after a cold reset. `config` is copied; `memory`
 * must outlive the unit.
 * Errors: -ENOENT (architecture), -EINVAL (values that contradict each other,
 * or ask for what is not modelled; `why`, if not NULL, is set to a sentence
 * that lives for ever), -ENOMEM.
 */
IOASIM_API int ioasim_unit_create(const struct ioasim_unit_config *config,
				  struct ioasim_memory *memory, struct ioasim_unit **unit,
				  const char **why);

/* Takes NULL. */
IOASIM_API void ioasim_unit_destroy(struct ioasim_unit *unit);

/* Back to the state after a cold reset; counters are zeroed too. */
IOASIM_API void ioasim_unit_reset(struct ioasim_unit *unit);

/*
 * Register access of `size` 4 or 8 bytes at an aligned offset into the unit's
 * register page(s). Reserved offsets read as zero and ignore writes.
 * -EINVAL: size or alignment. When a write of a ring's tail returns, all
 * commands up to it have been executed, as far as no error stopped the ring.
 */
IOASIM_API int ioasim_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size,
				uint64_t *value);
IOASIM_API int ioasim_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size,
				 uint64_t value);

/* Translates one request. Always fills `response`. */
IOASIM_API void ioasim_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
				 struct ioasim_response *response);

/* Hands a page request of a device to the unit. Always fills `result`. */
IOASIM_API void ioasim_page_request(struct ioasim_unit *unit,
				    const struct ioasim_page_request *request,
				    struct ioasim_page_request_result *result);

/* ---- Counting -------------------------------------------------------------- */

/* lookups = hits + misses; fills - evictions - invalidated = live entries, less
 * those that lived when the counters were last zeroed. */
struct ioasim_cache_counters {
	uint64_t lookups, hits, misses, fills, evictions, invalidated;
};

#define IOASIM_COMMAND_TYPES 64
#define IOASIM_FAULT_CODES   256
#define IOASIM_PAGE_SIZES    65 /* by log2; the last: no table limits the page */

/* What commands of one type removed from all caches of the unit together. */
struct ioasim_command_removal {
	uint64_t entries;
	uint64_t none; /* commands that removed nothing */
	uint64_t max; /* by one command */
};

struct ioasim_counters {
	uint64_t requests[3]; /* by enum ioasim_request_kind */
	uint64_t ok, faulted; /* ok + faulted = all requests; an empty completion is ok */
	uint64_t faults[IOASIM_FAULT_CODES]; /* found, by code; recorded or not */
	uint64_t faults_recorded;
	uint64_t refs[IOASIM_REF_KINDS][IOASIM_LEVELS];
	uint64_t flag_updates;
	struct ioasim_cache_counters cache[IOASIM_CACHES];
	uint64_t commands[IOASIM_COMMAND_TYPES]; /* executed, by type */
	uint64_t waits; /* commands that completed a wait */
	uint64_t command_fetches;
	uint64_t page_requests, page_responses;
	uint64_t interrupts; /* messages sent */

	/* The entries of all types and removed_otherwise together are those that the
	 * caches count as invalidated. */
	struct ioasim_command_removal removed[IOASIM_COMMAND_TYPES];
	uint64_t removed_otherwise; /* by register writes and page requests */
	uint64_t iotlb_hits[IOASIM_PAGE_SIZES]; /* hits of the IOTLB, by page */
	/* Hits of the caches of pointers, [0] of stage 1 and [1] of stage 2, by the level
	 * of the table that the walk goes on with. */
	uint64_t walk_hits[2][IOASIM_LEVELS];
	uint64_t page_requests_queued; /* stored for software */
	/* amdvi: requests that a device table entry lets through without a walk, and those
	 * in the exclusion range. */
	uint64_t passed, excluded;
};

/* The unit's counters; valid as long as the unit. */
IOASIM_API const struct ioasim_counters *ioasim_unit_counters(const struct ioasim_unit *unit);
IOASIM_API void ioasim_unit_counters_reset(struct ioasim_unit *unit);

/* Live entries of a cache. */
IOASIM_API uint32_t ioasim_unit_cache_live(const struct ioasim_unit *unit, enum ioasim_cache cache);

/* Names for people: a fault code ("SPT.2"), a command type of counters.commands
 * ("iotlb-page"), a reference kind ("stage2_for_stage1"). NULL if unused. */
IOASIM_API const char *ioasim_fault_name(const char *arch, uint32_t code);
IOASIM_API const char *ioasim_command_name(const char *arch, unsigned type);
IOASIM_API const char *ioasim_reference_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
