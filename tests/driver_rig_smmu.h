/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SMMUv3 with its driver: what is SMMUv3's of the bench for drivers. Registers are
 * given in numbers: what commands and entries hold depends on them.
 */
#ifndef TESTS_DRIVER_RIG_SMMU_H
#define TESTS_DRIVER_RIG_SMMU_H

#include "driver_bench.h"
#include "smmuv3/driver.h"
#include "smmuv3/smmuv3.h"

/* Both stages, AArch64, coherent, ATS, PRI, 16-bit ids, CDs and STEs of two levels,
 * little-endian, faults terminate; no MSI, SEV, EL2, HTTU. */
#define RIG_IDR0 UINT64_C(0x094d141b)
#define RIG_MSI  (UINT64_C(1) << 13)
#define RIG_SEV  (UINT64_C(1) << 14)
#define RIG_HYP  (UINT64_C(1) << 9)
/* 16-bit StreamIDs, 20-bit SubstreamIDs, queues of 2^8 requests, 2^7 events, 2^8
 * commands. */
#define RIG_IDR1 UINT64_C(0x01074510)
/* HAD, XNX, range invalidation. */
#define RIG_IDR3 UINT64_C(0x00000414)
#define RIG_RIL  (UINT64_C(1) << 10)
/* 48 bits, all granules. */
#define RIG_IDR5 UINT64_C(0x00000075)

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define K      UINT64_C(1024)
#define M      (UINT64_C(1) << 20)
#define G      (UINT64_C(1) << 30)
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Numbers of events (7.3). */
#define BAD_STREAMID    0x02
#define BAD_STE         0x04
#define STREAM_DISABLED 0x06
#define BAD_SUBSTREAMID 0x08
#define BAD_CD          0x0a
#define TRANSLATION     0x10
#define PERMISSION      0x13
#define SILENT          0x00 /* ended without an event */

static inline unsigned rig_opcode(uint64_t word0)
{
	return (unsigned)(word0 & 0xff);
}

static inline void rig_set(struct rig *rig, const char *name, uint64_t value)
{
	assert_int_equal(ioasim_unit_config_set(&rig->unit_config, name, value), 0);
}

static inline void rig_prepare(struct rig *rig)
{
	rig_prepare_arch(rig, "smmuv3", rig_opcode);
	rig_set(rig, "idr0", RIG_IDR0);
	rig_set(rig, "idr1", RIG_IDR1);
	rig_set(rig, "idr3", RIG_IDR3);
	rig_set(rig, "idr5", RIG_IDR5);
}

static inline struct smmu_driver *rig_inside(struct rig *rig)
{
	return smmu_driver(rig->driver);
}

static inline uint32_t rig_pages_used(struct rig *rig)
{
	return rig_inside(rig)->pool.used;
}

static inline void rig_begin(struct rig *rig, bool stage1, enum driver_policy policy)
{
	rig_prepare(rig);
	rig->config.stage1 = stage1;
	rig->config.policy = policy;
	rig_start(rig);
}

/* A guest's STE for its CD table (5.2): V, Config 101; S1Fmt and S1CDMax; S1DSS 2,
 * EATS 1. */
static inline struct domain *rig_nested(struct rig *rig, struct domain *parent, uint64_t root,
					unsigned s1fmt, unsigned s1cdmax)
{
	struct domain_config config = {
		.kind = DOMAIN_NESTED_PASID,
		.parent = parent,
		.root = root,
		.arch_data = {0xb | (uint64_t)s1fmt << 4 | (uint64_t)s1cdmax << 59, 0x10000002},
	};
	struct domain *domain = NULL;

	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &domain), 0);
	return domain;
}

/* A second unit without caches that walks the same stream table; it has no queues, and
 * translates by what memory holds at the moment. */
static inline struct ioasim_unit *rig_bystander(struct rig *rig)
{
	/* STRTAB_BASE, STRTAB_BASE_CFG, CR2. */
	static const uint32_t offsets[] = {0x80, 0x84, 0x88, 0x2c};
	struct ioasim_unit_config config = rig->unit_config;
	struct ioasim_unit *unit = NULL;

	memset(&config.callbacks, 0, sizeof(config.callbacks));
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, rig->memory, &unit, NULL), 0);
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t value;

		assert_int_equal(ioasim_mmio_read(rig->unit, offsets[i], 4, &value), 0);
		assert_int_equal(ioasim_mmio_write(unit, offsets[i], 4, value), 0);
	}
	assert_int_equal(ioasim_mmio_write(unit, 0x20, 4, 1), 0); /* CR0.SMMUEN */
	return unit;
}

/* ---- A guest's memory ---------------------------------------------------------------- */

#define GUEST_CD   UINT64_C(0x10000)
#define GUEST_ROOT UINT64_C(0x20000)
#define GUEST_RAM  (6 * G) /* where the parent puts guest address 0 */

static inline void guest_poke(struct rig *rig, uint64_t gpa, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, GUEST_RAM + gpa, word), 0);
}

/* The guest's 4-level table of the 4 KiB granule for one page, in plain bits: valid,
 * table or page, AP[1], AF, nG. */
static inline void guest_map(struct rig *rig, uint64_t iova, uint64_t gpa)
{
	uint64_t table = GUEST_ROOT;

	for (unsigned level = 4; level-- > 0;) {
		uint64_t next = level ? table + 0x1000 : gpa;

		guest_poke(rig, table + (iova >> (12 + 9 * level) & 511) * 8,
			   next | (level ? 3 : 0xc43));
		table = next;
	}
}

static inline void guest_unmap(struct rig *rig, uint64_t iova)
{
	guest_poke(rig, GUEST_ROOT + 0x3000 + (iova >> 12 & 511) * 8, 0);
}

/* T0SZ 16, EPD1, V, IPS 48 bits, AA64, R, A, ASID. */
static inline void guest_cd(struct rig *rig, uint32_t pasid, uint16_t asid)
{
	guest_poke(rig, GUEST_CD + pasid * 64 + 8, GUEST_ROOT);
	guest_poke(rig, GUEST_CD + pasid * 64, UINT64_C(0x6205c0000010) | (uint64_t)asid << 48);
}

#endif
