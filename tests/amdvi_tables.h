/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for an AMD-Vi unit on a bench, written as plain words in the layouts of 48882,
 * 2.2.2 to 2.2.6, and requests against them. Levels are counted from 0.
 */
#ifndef TESTS_AMDVI_TABLES_H
#define TESTS_AMDVI_TABLES_H

#include "amdvi_rig.h"

#define AMD_ID     0x1234u
#define AMD_DOMAIN 0x5au
#define AMD_PASID  0x123u

/* Device table entry, words 0 and 1. */
#define DTE_V        UINT64_C(0x1)
#define DTE_TV       UINT64_C(0x2)
#define DTE_HAD(n)   ((uint64_t)(n) << 7)
#define DTE_MODE(n)  ((uint64_t)(n) << 9)
#define DTE_GIOV     (UINT64_C(1) << 54)
#define DTE_GV       (UINT64_C(1) << 55)
#define DTE_GLX(n)   ((uint64_t)(n) << 56)
#define DTE_IR       (UINT64_C(1) << 61)
#define DTE_IW       (UINT64_C(1) << 62)
#define DTE_RW       (DTE_IR | DTE_IW)
#define DTE_OK       (DTE_V | DTE_TV | DTE_RW)
#define DTE_1_I      (UINT64_C(1) << 32)
#define DTE_1_SE     (UINT64_C(1) << 33)
#define DTE_1_SA     (UINT64_C(1) << 34)
#define DTE_1_EX     (UINT64_C(1) << 39)
#define DTE_2_LEVEL5 (UINT64_C(1) << 54)

/* Host entries. HOST_PAGE is a leaf of the level's own size. */
#define HOST_PR      UINT64_C(0x1)
#define HOST_A       UINT64_C(0x20)
#define HOST_D       UINT64_C(0x40)
#define HOST_NEXT(n) ((uint64_t)(n) << 9)
#define HOST_IR      (UINT64_C(1) << 61)
#define HOST_IW      (UINT64_C(1) << 62)
#define HOST_RW      (HOST_IR | HOST_IW)
#define HOST_PAGE    (HOST_PR | HOST_RW)

/* Guest entries; A and D are set where no test is about them. */
#define GUEST_P    UINT64_C(0x1)
#define GUEST_W    UINT64_C(0x2)
#define GUEST_U    UINT64_C(0x4)
#define GUEST_A    UINT64_C(0x20)
#define GUEST_D    UINT64_C(0x40)
#define GUEST_PS   UINT64_C(0x80)
#define GUEST_NX   (UINT64_C(1) << 63)
#define GUEST_ALL  (GUEST_P | GUEST_W | GUEST_U | GUEST_A)
#define GUEST_PAGE (GUEST_ALL | GUEST_D)

/* Event log entry, word 0. */
#define EVENT_CODE(record) ((record)[0] >> 60)
#define EVENT_GN           (UINT64_C(1) << 48)
#define EVENT_NX           (UINT64_C(1) << 49)
#define EVENT_US           (UINT64_C(1) << 50)
#define EVENT_I            (UINT64_C(1) << 51)
#define EVENT_PR           (UINT64_C(1) << 52)
#define EVENT_RW           (UINT64_C(1) << 53)
#define EVENT_PE           (UINT64_C(1) << 54)
#define EVENT_RZ           (UINT64_C(1) << 55)
#define EVENT_TR           (UINT64_C(1) << 56)
#define EVENT_FLAGS        (UINT64_C(0xfff) << 48)
#define EVENT_TYPE(n)      ((uint64_t)(n) << 57)

struct amd_tables {
	struct amd_rig rig;
	uint64_t next; /* page that nobody uses */
	uint64_t guest; /* added to a table's address where pointers are GPAs */
};

/* A unit with everything, with caches or without; not enabled. */
void amd_tables_open(struct amd_tables *t, bool caches);
void amd_tables_open_with(struct amd_tables *t, struct ioasim_unit_config *config);
void amd_tables_close(struct amd_tables *t);

uint64_t amd_page(struct amd_tables *t);
/*
 * Address of the host or guest entry for `address` at `level` of a table of so many
 * levels; tables above are made of pointers that grant everything.
 */
uint64_t amd_host_entry(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
			unsigned level);
uint64_t amd_guest_entry(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
			 unsigned level);
/* Writes a leaf (guest: with PS above level 0). Returns where. */
uint64_t amd_host_map(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
		      unsigned level, uint64_t leaf);
uint64_t amd_guest_map(struct amd_tables *t, uint64_t table, unsigned levels, uint64_t address,
		       unsigned level, uint64_t leaf);
/* The leaf of a page of 2^lg2 bytes at any address, with the size coded in it. */
uint64_t amd_host_coded(uint64_t pa, unsigned lg2);

/* Words 0 to 2 of a device's entry. */
void amd_dte(struct amd_tables *t, uint16_t id, uint64_t w0, uint64_t w1, uint64_t w2);
/* The same with the parts of a GCR3 Table Root Pointer added. */
void amd_dte_guest(struct amd_tables *t, uint16_t id, const uint64_t w[3], uint64_t gcr3);
/* Writes a PASID's entry of a GCR3 table of `levels`, tables in between made. */
uint64_t amd_gcr3_set(struct amd_tables *t, uint64_t root, unsigned levels, uint32_t pasid,
		      uint64_t entry);

/* Commands 2, 3, 8. pages: word 1 with address and flags; pasid counts with GN. */
#define PAGES_S   UINT64_C(1)
#define PAGES_PDE UINT64_C(2)
#define PAGES_GN  UINT64_C(4)
#define PAGES_ALL UINT64_C(0x7ffffffffffff001) /* with S */
void amd_invalidate_device(struct amd_tables *t, uint16_t id);
void amd_invalidate_pages(struct amd_tables *t, uint16_t domain, uint32_t pasid, uint64_t pages);
void amd_invalidate_all(struct amd_tables *t);

/* An untranslated request of AMD_ID, without PASID or with one. */
struct ioasim_request amd_request(uint64_t address, unsigned access);
struct ioasim_request amd_request_pasid(uint64_t address, unsigned access, uint32_t pasid);
struct ioasim_response amd_ask(struct amd_tables *t, const struct ioasim_request *request);

/* Fails unless the answer is this page, or this event with these flags (EVENT_FLAGS of
 * word 0) and address. */
void amd_expect_pa(const struct ioasim_response *r, uint64_t pa, unsigned size_lg2,
		   unsigned access);
void amd_expect_event(const struct ioasim_response *r, unsigned event, uint64_t flags,
		      uint64_t address);

/* Sum of a row of the cost; of all rows. */
unsigned amd_refs(const struct ioasim_cost *cost, unsigned kind);
unsigned amd_refs_all(const struct ioasim_cost *cost);

/* splitmix64 from the seed in IOASIM_SEED, which is printed. */
uint64_t amd_seed(void);
uint64_t amd_random(uint64_t *seed);

#endif
