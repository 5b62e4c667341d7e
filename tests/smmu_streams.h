/* SPDX-License-Identifier: Apache-2.0 */
/* Several streams of an SMMUv3 with tables of their own, and the commands of chapter 4. */
#ifndef TESTS_SMMU_STREAMS_H
#define TESTS_SMMU_STREAMS_H

#include "smmu_tables.h"

/* Commands: word 0 (chapter 4). */
#define CFGI_STE(sid)       (0x03 | (uint64_t)(sid) << 32)
#define CFGI_STE_RANGE(sid) (0x04 | (uint64_t)(sid) << 32)
#define CFGI_CD(sid, ssid)  (0x05 | (uint64_t)(ssid) << 12 | (uint64_t)(sid) << 32)
#define CFGI_CD_ALL(sid)    (0x06 | (uint64_t)(sid) << 32)
#define NH_ALL(vmid)        (0x10 | (uint64_t)(vmid) << 32)
#define NH_ASID(vmid, asid) (0x11 | (uint64_t)(vmid) << 32 | (uint64_t)(asid) << 48)
#define NH_VA(vmid, asid)   (0x12 | (uint64_t)(vmid) << 32 | (uint64_t)(asid) << 48)
#define NH_VAA(vmid)        (0x13 | (uint64_t)(vmid) << 32)
#define EL2_ALL             UINT64_C(0x20)
#define EL2_ASID(asid)      (0x21 | (uint64_t)(asid) << 48)
#define EL2_VA(asid)        (0x22 | (uint64_t)(asid) << 48)
#define EL2_VAA             UINT64_C(0x23)
#define S12_VMALL(vmid)     (0x28 | (uint64_t)(vmid) << 32)
#define S2_IPA(vmid)        (0x2a | (uint64_t)(vmid) << 32)
#define NSNH_ALL            UINT64_C(0x30)
#define NUM(n)              ((uint64_t)(n) << 12)
#define SCALE(n)            ((uint64_t)(n) << 20)
#define TG(n)               ((uint64_t)(n) << 10)
#define TTL(n)              ((uint64_t)(n) << 8)
#define LEAF                UINT64_C(1)

/* A stream of its own tables that map STAB_IOVA; nested ones share the IPA STAB_IPA. */
struct stream {
	uint32_t sid;
	unsigned config;
	uint16_t vmid, asid;
	uint64_t ste1; /* STRW */
	uint64_t cd0; /* ASET */
	uint64_t offset; /* of the page from STAB_IOVA */
	bool global;

	uint64_t cd, frame;
	struct stab_tree s1, s2;
	uint64_t leaf; /* where the leaf of the input stands */
};

void stream_add(struct stab *t, struct stream *s);
/* What its page is mapped to. */
uint64_t stream_frame(uint32_t sid);
struct ioasim_response stream_read(struct stab *t, uint32_t sid, uint64_t address);
bool stream_hit(const struct ioasim_response *r, enum ioasim_cache cache);

#endif
