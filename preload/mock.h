/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mock IOMMU that the kernel's own test of iommufd wants: no architecture's, but a
 * page table of the simplest kind, whose entries can be asked for. Pages of 2 KiB, half of
 * a CPU's; pages of 1 MiB only for devices that ask for them; nested tables that are four
 * words of a TLB. Formats and numbers are those of the kernel's test interface.
 */
#ifndef PRELOAD_MOCK_H
#define PRELOAD_MOCK_H

#include "model/iommufd/iommufd.h"

#define MOCK_PAGE_LG2       11
#define MOCK_PAGE           (UINT64_C(1) << MOCK_PAGE_LG2)
#define MOCK_HUGE_PAGE      (512 * MOCK_PAGE)
#define MOCK_APERTURE_FIRST (UINT64_C(1) << 24)
#define MOCK_APERTURE_LAST  ((UINT64_C(1) << 31) - 1)

#define MOCK_PASID_BITS 20

#define MOCK_HW_INFO_TYPE    0xfeedbeefu
#define MOCK_HW_INFO_VALUE   0xdeadbeefu
#define MOCK_HWPT_DATA       0xdeadu
#define MOCK_INVALIDATE_DATA 0xdeadbeefu /* of nested tables and of virtual IOMMUs */
#define MOCK_VIOMMU          0xdeadbeefu /* and of their queues of hardware */
#define MOCK_EVENTS          0xbeefbeefu

/* Words of the TLB of a nested table: set when it is made, 0 once invalidated. */
#define MOCK_TLB_WORDS 4
/* The same of a device's cache, that a virtual IOMMU's commands reach. */
#define MOCK_CACHE_WORDS 4
#define MOCK_CACHE_VALUE 0xbaddadu

/* Attaching with this PASID fails each second time. */
#define MOCK_PASID_FAILING 1024u

enum mock_device_flags {
	MOCK_NO_DIRTY = 1, /* no tracking of writes */
	MOCK_HUGE = 2, /* its tables have huge pages too */
	MOCK_PASID = 4,
	MOCK_DEVICE_FLAGS = 7,
};

struct mock_device {
	struct iommufd_device_config config; /* for iommufd_bind() */
	uint32_t flags;
	uint32_t cache[MOCK_CACHE_WORDS];
	LIST_HEAD(, mock_route) routes;
	/* That its requests without a PASID go through; NULL: none. */
	struct iommufd_viommu *viommu;
	bool failing;
};

/* All mock devices are behind one IOMMU, each in a group of its own. */
void mock_device_init(struct mock_device *device, uint32_t flags);

/* What the requests with a PASID walk; NULL: nothing. */
const struct iommufd_domain *mock_route(const struct mock_device *device, uint32_t pasid);

/* Is it a table of the kernel here, and not of a user or of another IOMMU? */
bool mock_is_paging(const struct iommufd_domain *domain);
bool mock_is_nested(const struct iommufd_domain *domain);

/* Where the 2 KiB page of an IOVA goes; false: nowhere. */
bool mock_lookup(const struct iommufd_domain *domain, uint64_t iova, uint64_t *pa);
/* A device wrote to the page: false if there is none. -EINVAL is the caller's where
 * tracking is off. */
bool mock_write(struct iommufd_domain *domain, uint64_t iova);
bool mock_tracks(const struct iommufd_domain *domain);
/* A word of a nested table's TLB; `word` is below MOCK_TLB_WORDS. */
uint32_t mock_tlb_word(const struct iommufd_domain *domain, unsigned word);

#endif
