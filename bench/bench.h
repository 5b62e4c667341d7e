/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates of the library and the command, per core.
 *
 * A case does some operations and tells how many and how long they took; it is
 * repeated, and the median counts. Calibration cases tell what the machine gives
 * at that moment: machines are noisy, so numbers are to be read beside them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <ioasim/ioasim.h>

#include <stddef.h>
#include <stdint.h>

/* One repetition: operations done and the nanoseconds that they took. */
struct bench_sample {
	uint64_t operations;
	uint64_t ns;
};

struct bench_case {
	const char *name;
	double floor_mops; /* millions a second on a quiet core of about 3 GHz; 0: none */
	/* Makes what `run` needs; NULL: the case cannot run here, *why says why. */
	void *(*setup)(const char **why);
	/* False: what was to be measured went wrong, *why says how. */
	bool (*run)(void *state, struct bench_sample *sample, const char **why);
	void (*finish)(void *state);
};

extern const struct bench_case bench_calibration[]; /* calibrate.c; each ends with no name */
extern const struct bench_case bench_unit[]; /* unit.c: VT-d */
extern const struct bench_case bench_amdvi[]; /* amdvi.c */
extern const struct bench_case bench_smmuv3[]; /* smmuv3.c */
extern const struct bench_case bench_trace[]; /* trace.c */
extern const struct bench_case bench_uapi[]; /* uapi.c */
extern const struct bench_case bench_iommufd[]; /* iommufd.c */
extern const struct bench_case bench_timing[]; /* timing.c */

uint64_t bench_now_ns(void);

/* Keeps a value alive that nothing else uses. */
static inline void bench_use(uint64_t value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
}

/* xorshift64*: the same sequence everywhere. The state is not 0. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* ---- translate.c: translations of any unit ------------------------------------- */

#define BENCH_IOVA     UINT64_C(0x7f0012340000)
#define BENCH_DATA     (UINT64_C(32) << 20) /* where page 0 of BENCH_IOVA is mapped to */
#define BENCH_REQUESTS 1024u /* in an order of their own, walked round and round */

struct bench_translate {
	struct ioasim_unit *unit;
	unsigned references; /* of one translation, 0: a hit */
	uint64_t rounds;
	struct ioasim_request request[BENCH_REQUESTS];
};

/* Reads and writes anywhere in `pages` pages from BENCH_IOVA. */
void bench_translate_init(struct bench_translate *bench, uint32_t requester_id, unsigned pages);
/* Checks every answer and its cost, then measures. False with *why. */
bool bench_translate_run(const struct bench_translate *bench, struct bench_sample *sample,
			 const char **why);

/* ---- invalidate.c: page invalidations of any unit -------------------------------- */

#define BENCH_LIVE 4096u /* pages from BENCH_IOVA, each with an entry of its own */

/* A cache of this geometry holds them all; 8 ways of twice as many entries. */
#define BENCH_LIVE_CACHE                             \
	(struct ioasim_cache_geometry)               \
	{                                            \
		.entries = 2 * BENCH_LIVE, .ways = 8 \
	}

struct bench_invalidate {
	const struct bench_translate *translate; /* of BENCH_LIVE pages */
	uint64_t rounds;
	/* One command for one page, one write of the ring's tail. */
	void (*invalidate)(void *state, uint64_t address);
	void *state;
};

/* Checks that each removes one entry of the IOTLB. False with *why. */
bool bench_invalidate_run(const struct bench_invalidate *bench, struct bench_sample *sample,
			  const char **why);

/* ---- tables.c: units whose tables the benchmark of the architecture writes -------- */

#define BENCH_PAGE     0x1000u
#define BENCH_RAM_SIZE (UINT64_C(64) << 20)
#define BENCH_RID      0x18u
#define BENCH_COMMANDS 0x1000u /* the ring, one page */

struct bench_kind;

struct bench_tables {
	const struct bench_kind *kind;
	unsigned char *ram; /* [0, BENCH_RAM_SIZE) */
	uint64_t used; /* bytes given out from the bottom */
	uint64_t devices; /* the device or stream table, one page */
	uint32_t tail; /* of the ring, as its register has it */
	struct ioasim_memory *memory;
	struct bench_translate translate;
};

/* What an architecture has of its own. References: of a walk of one stage with the
 * structures before it, and of those alone in a nested one. */
struct bench_kind {
	const char *arch;
	unsigned one_stage, structures;
	/* BENCH_IOVA mapped in four levels, or in four over four. */
	void (*build)(struct bench_tables *bench, bool nested, unsigned pages);
	bool (*start)(struct bench_tables *bench); /* the unit's registers */
	void (*invalidate)(void *bench, uint64_t address); /* of struct bench_invalidate */
};

static inline uint64_t *bench_word(const struct bench_tables *bench, uint64_t address)
{
	return (uint64_t *)(void *)(bench->ram + address);
}
uint64_t bench_page_new(struct bench_tables *bench);

/* Functions of cases. */
void *bench_hit_setup(const struct bench_kind *kind, const char **why);
void *bench_one_stage_setup(const struct bench_kind *kind, const char **why);
void *bench_nested_setup(const struct bench_kind *kind, bool structures_cached, const char **why);
void *bench_invalidate_setup(const struct bench_kind *kind, const char **why);
bool bench_tables_translate(void *state, struct bench_sample *sample, const char **why);
bool bench_tables_invalidate(void *state, struct bench_sample *sample, const char **why);
void bench_tables_finish(void *state);

/* ---- machine.c: a unit with tables, as a driver would leave them ------------ */

enum bench_mode { BENCH_LEGACY, BENCH_NESTED };

#define BENCH_DID   7u
#define BENCH_QUEUE 0x1000u /* one page of 128-bit descriptors */

struct bench_machine {
	unsigned char *ram; /* [0, BENCH_RAM_SIZE) */
	uint64_t used; /* bytes given out from the bottom */
	uint64_t root; /* root table */
	uint64_t rtaddr; /* value of RTADDR */
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
};

/* The unit that the benchmarks measure: everything a VT-d unit can do, 48 bits. */
bool bench_config(struct ioasim_unit_config *config);

/* Tables that map `pages` 4 KiB pages at BENCH_IOVA; no unit yet. */
struct bench_machine *bench_machine_create(enum bench_mode mode, unsigned pages);
/* Makes the unit, with its queue and translation enabled. False with *why. */
bool bench_machine_start(struct bench_machine *machine, const struct ioasim_unit_config *config,
			 const char **why);
void bench_machine_destroy(struct bench_machine *machine);
/* Where page n was mapped to. */
uint64_t bench_machine_pa(const struct bench_machine *machine, unsigned page);

/* `bench memory`: peak memory of a replay by length of the trace. Exit status. */
int bench_memory(uint64_t records);

#endif
