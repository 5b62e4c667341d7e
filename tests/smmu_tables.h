/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream table, CDs and translation tables of SMMUv3, written as a driver would leave
 * them: words with the bits that chapter 5 and Arm ARM D8.3 give, nothing of the code
 * under test.
 */
#ifndef TESTS_SMMU_TABLES_H
#define TESTS_SMMU_TABLES_H

#include "smmu_rig.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define BIT(n)          (UINT64_C(1) << (n))
#define BITS(high, low) ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))

#define STAB_SID  0x18u
#define STAB_VMID 5u
#define STAB_ASID 0x1234u

/* STE (5.2): word 0 without the pointer, word 1, word 2, each OR-ed together. */
#define STE_CONFIG(n)  (UINT64_C(1) | (uint64_t)(n) << 1)
#define STE_ABORT      STE_CONFIG(0)
#define STE_BYPASS     STE_CONFIG(4)
#define STE_S1         STE_CONFIG(5)
#define STE_S2         STE_CONFIG(6)
#define STE_NESTED     STE_CONFIG(7)
#define STE_S1FMT(n)   ((uint64_t)(n) << 4)
#define STE_S1CDMAX(n) ((uint64_t)(n) << 59)
#define STE_S1DSS(n)   ((uint64_t)(n))
#define STE_PPAR       BIT(18)
#define STE_S1STALLD   BIT(27)
#define STE_EATS(n)    ((uint64_t)(n) << 28)
#define STE_STRW(n)    ((uint64_t)(n) << 30)
#define STE_PRIVCFG(n) ((uint64_t)(n) << 48)
#define STE_INSTCFG(n) ((uint64_t)(n) << 50)
#define STE_S2T0SZ(n)  ((uint64_t)(n) << 32)
#define STE_S2SL0(n)   ((uint64_t)(n) << 38)
#define STE_S2TG(n)    ((uint64_t)(n) << 46)
#define STE_S2PS(n)    ((uint64_t)(n) << 48)
#define STE_S2AA64     BIT(51)
#define STE_S2ENDI     BIT(52)
#define STE_S2AFFD     BIT(53)
#define STE_S2PTW      BIT(54)
#define STE_S2HD       BIT(55)
#define STE_S2HA       BIT(56)
#define STE_S2S        BIT(57)
#define STE_S2R        BIT(58)

/* CD (5.4), word 0; words 1 and 2. */
#define CD_T0SZ(n) ((uint64_t)(n))
#define CD_TG0(n)  ((uint64_t)(n) << 6)
#define CD_EPD0    BIT(14)
#define CD_ENDI    BIT(15)
#define CD_T1SZ(n) ((uint64_t)(n) << 16)
#define CD_TG1(n)  ((uint64_t)(n) << 22)
#define CD_EPD1    BIT(30)
#define CD_V       BIT(31)
#define CD_IPS(n)  ((uint64_t)(n) << 32)
#define CD_AFFD    BIT(35)
#define CD_WXN     BIT(36)
#define CD_TBI0    BIT(38)
#define CD_TBI1    BIT(39)
#define CD_PAN     BIT(40)
#define CD_AA64    BIT(41)
#define CD_HD      BIT(42)
#define CD_HA      BIT(43)
#define CD_S       BIT(44)
#define CD_R       BIT(45)
#define CD_A       BIT(46)
#define CD_ASET    BIT(47)
#define CD_ASID(n) ((uint64_t)(n) << 48)
#define CD_HAD     BIT(1)
#define CD_E0PD    BIT(2)
/* TTB0 with 48 bits, 4KB granule; no TTB1; faults are recorded and abort. */
#define CD_PLAIN (CD_T0SZ(16) | CD_EPD1 | CD_V | CD_IPS(5) | CD_AA64 | CD_R | CD_A)

/* Descriptors (D8.3). */
#define PTE_TABLE UINT64_C(3)
#define PTE_PAGE  UINT64_C(3)
#define PTE_BLOCK UINT64_C(1)
#define PTE_AF    BIT(10)
#define PTE_DBM   BIT(51)
#define PTE_CONT  BIT(52)
#define S1_AP1    BIT(6)
#define S1_AP2    BIT(7)
#define S1_NG     BIT(11)
#define S1_PXN    BIT(53)
#define S1_UXN    BIT(54)
#define S1_PXNT   BIT(59)
#define S1_UXNT   BIT(60)
#define S1_APT0   BIT(61)
#define S1_APT1   BIT(62)
#define S2_MEM    (UINT64_C(0xf) << 2) /* Normal */
#define S2_READ   BIT(6)
#define S2_WRITE  BIT(7)
#define S2_XN(n)  ((uint64_t)(n) << 53)
/* Leaves that grant the unprivileged all, but for bits 1:0. */
#define S1_ALL (PTE_AF | S1_AP1 | S1_NG)
#define S2_ALL (PTE_AF | S2_MEM | S2_READ | S2_WRITE)

/* One tree of tables. */
struct stab_tree {
	uint64_t root;
	unsigned granule; /* log2 */
	unsigned input; /* bits */
	unsigned first; /* level of the root: 0 maps pages */
	uint64_t guest; /* added to addresses of tables: they are IPAs then */
	uint64_t pointer; /* more bits of table descriptors */
};

struct stab {
	struct srig rig;
	uint64_t next; /* memory that nobody uses */
	uint64_t strtab; /* linear, 256 STEs */
	uint64_t cd; /* of STAB_SID where a test has one CD */
	struct stab_tree s1, s2;
};

/* A unit with queues, with the default caches or none; SMMUEN is 0. */
void stab_open(struct stab *t, bool caches);
void stab_open_with(struct stab *t, struct ioasim_unit_config *config);
void stab_close(struct stab *t);
/* SMMUEN with the linear table; CR2.RECINVSID. */
void stab_start(struct stab *t);
/* `size` is a power of two; aligned to it. */
uint64_t stab_take(struct stab *t, uint64_t size);

void stab_ste(struct stab *t, uint32_t sid, const uint64_t words[4]);
void stab_cd(struct stab *t, uint64_t at, const uint64_t words[4]);

/* An empty tree whose first table stands at the lowest level that resolves `input`, or,
 * for stage 2, at `first`; up to 16 tables side by side. */
void stab_tree(struct stab *t, struct stab_tree *tree, unsigned granule, unsigned input);
void stab_tree_at(struct stab *t, struct stab_tree *tree, unsigned granule, unsigned input,
		  unsigned first);
/* What an entry of this level maps, log2. */
unsigned stab_shift(const struct stab_tree *tree, unsigned level);
/* Address of the entry for `address` at `level`; tables above are made. */
uint64_t stab_entry(struct stab *t, const struct stab_tree *tree, uint64_t address, unsigned level);
/* Writes a page or block with these bits besides the type. Returns where. */
uint64_t stab_map(struct stab *t, const struct stab_tree *tree, uint64_t address, unsigned level,
		  uint64_t leaf);

/* One mapped page for each Config, and everything that leads to it:
 *	STAB_IOVA -> STAB_FRAME in stage 1 or stage 2 alone, or -> STAB_IPA -> STAB_FRAME.
 * Stage 1 tables and the CD of a nested stream lie at their address + STAB_GUEST. */
#define STAB_IOVA  UINT64_C(0x123456789000)
#define STAB_FRAME UINT64_C(0x765432100000)
#define STAB_IPA   UINT64_C(0x2345678000)
#define STAB_GUEST UINT64_C(0x5000000000)

enum stab_config { STAB_S1 = 5, STAB_S2 = 6, STAB_NESTED = 7 };

void stab_build(struct stab *t, enum stab_config config);
/* STE word 2 of a stage 2 with the 4KB granule, from level 0. */
uint64_t stab_s2_word(void);

/* Every word that leads to that page, under a name. */
enum stab_where {
	NOTHING,
	STE_0,
	STE_1,
	STE_2,
	STE_3,
	CD_0,
	CD_1,
	CD_2,
	CD_3,
	S1_LEVEL_0,
	S1_LEVEL_1,
	S1_LEVEL_2,
	S1_LEVEL_3,
	S2_LEVEL_0, /* of the final page */
	S2_LEVEL_1,
	S2_LEVEL_2,
	S2_LEVEL_3,
	S2_PAGE_OF_CD, /* the leaf that maps the CD; of the stage 1 table of a level */
	S2_PAGE_OF_S1_0,
	S2_PAGE_OF_S1_1,
	S2_PAGE_OF_S1_2,
	S2_PAGE_OF_S1_3,
};

uint64_t stab_place(struct stab *t, enum stab_where where);
void stab_change(struct stab *t, enum stab_where where, uint64_t clear, uint64_t set);

/* An untranslated request of STAB_SID, without PASID or with one. */
struct ioasim_request stab_request(uint64_t address, unsigned access);
struct ioasim_request stab_request_pasid(uint64_t address, unsigned access, uint32_t pasid);
struct ioasim_response stab_ask(struct stab *t, const struct ioasim_request *request);
struct ioasim_response stab_read(struct stab *t, uint64_t address);

unsigned stab_refs(const struct ioasim_cost *cost, unsigned kind);
unsigned stab_refs_all(const struct ioasim_cost *cost);

/* splitmix64 from the seed in IOASIM_SEED, which is printed. */
uint64_t stab_seed(void);
uint64_t stab_random(uint64_t *seed);

#endif
