/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for a VT-d unit on a bench, written as plain words in the layouts of
 * chapter 9, and requests against them. Levels are counted from 0.
 */
#ifndef TESTS_VTD_TABLES_H
#define TESTS_VTD_TABLES_H

#include "vtd_rig.h"

#define TABLES_SID      0x18u
#define TABLES_DID      5u
#define TABLES_PASID    0x123u
#define TABLES_LEGACY   UINT64_C(0)
#define TABLES_SCALABLE UINT64_C(0x400)

/* First-stage entries: P, R/W, U/S; A and D set already. */
#define FS_P   UINT64_C(0x1)
#define FS_W   UINT64_C(0x2)
#define FS_U   UINT64_C(0x4)
#define FS_A   UINT64_C(0x20)
#define FS_D   UINT64_C(0x40)
#define FS_ALL (FS_P | FS_W | FS_U | FS_A)
#define FS_EA  UINT64_C(0x400)
#define SS_R   UINT64_C(0x1)
#define SS_W   UINT64_C(0x2)
#define SS_RW  (SS_R | SS_W)
#define SS_A   UINT64_C(0x100)
#define SS_D   UINT64_C(0x200)
#define PS     UINT64_C(0x80)

/* PASID table entries: QW0 without the pointer, QW1, QW2 likewise (9.6). */
#define PGTT_FIRST       UINT64_C(0x041)
#define PGTT_SECOND      UINT64_C(0x081)
#define PGTT_NESTED      UINT64_C(0x0c1)
#define PGTT_PASS        UINT64_C(0x101)
#define PASID_AW(levels) ((uint64_t)((levels)-2) << 2)
#define PASID_SSADE      UINT64_C(0x200)
#define PASID_PWSNP      UINT64_C(0x800000)
#define PASID_SRE        UINT64_C(0x1)
#define PASID_FSPM5      UINT64_C(0x4)
#define PASID_WPE        UINT64_C(0x10)
#define PASID_EAFE       UINT64_C(0x80)

/* Context entries: QW0 without the pointer (9.3, 9.4). */
#define CONTEXT_TT(tt)   (UINT64_C(1) | (uint64_t)(tt) << 2)
#define CONTEXT_SCALABLE UINT64_C(0xe1d) /* P, DTE, PASIDE, PRE, PDTS 7: 20 bits */
#define RID_PASID        UINT64_C(0)

struct tables {
	struct rig rig;
	uint64_t next; /* page that nobody uses */
	uint64_t root, context; /* of TABLES_SID's bus; scalable: its lower half */
	uint64_t directory, pasids; /* of TABLES_SID, first 64 PASIDs per table */
	uint64_t guest; /* added to a table's address where pointers are guest physical */
};

/* A unit with these caches off or on, root and context tables made; TES = 0. */
void tables_open(struct tables *t, uint64_t cap, uint64_t ecap, bool caches);
void tables_open_with(struct tables *t, struct ioasim_unit_config *config);
void tables_close(struct tables *t);
/* Latches the root table in this mode, switches translation on. */
void tables_start(struct tables *t, uint64_t mode);

uint64_t tables_page(struct tables *t);
/* Address of the entry for `address` at `level`; tables above are made of pointers
 * with these bits. */
uint64_t tables_entry(struct tables *t, uint64_t table, unsigned levels, uint64_t address,
		      unsigned level, uint64_t pointer);
/* Writes a leaf; PS is added above level 0. Returns where it was written. */
uint64_t tables_map(struct tables *t, uint64_t table, unsigned levels, uint64_t address,
		    unsigned level, uint64_t leaf);

/* Entries of device TABLES_SID, or of any other of the same bus. */
void tables_legacy(struct tables *t, uint32_t sid, uint64_t qw0, uint64_t qw1);
void tables_scalable(struct tables *t, uint32_t sid, uint64_t qw0, uint64_t qw1);
uint64_t tables_pasid_entry(struct tables *t, uint32_t pasid);
void tables_pasid(struct tables *t, uint32_t pasid, uint64_t qw0, uint64_t qw1, uint64_t qw2);

/* An untranslated request of TABLES_SID, without PASID or with one. */
struct ioasim_request tables_request(uint64_t address, unsigned access);
struct ioasim_request tables_request_pasid(uint64_t address, unsigned access, uint32_t pasid);
struct ioasim_response tables_ask(struct tables *t, const struct ioasim_request *request);

/* Sum of a row of the cost; of all rows. */
unsigned tables_refs(const struct ioasim_cost *cost, unsigned kind);
unsigned tables_refs_all(const struct ioasim_cost *cost);

/* splitmix64 from the seed in IOASIM_SEED, which is printed. */
uint64_t tables_seed(void);
uint64_t tables_random(uint64_t *seed);

#endif
