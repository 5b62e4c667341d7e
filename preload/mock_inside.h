/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the mock IOMMU: tables of the kernel (mock.c), of users, and virtual
 * IOMMUs (mock_user.c). */
#ifndef PRELOAD_MOCK_INSIDE_H
#define PRELOAD_MOCK_INSIDE_H

#include "mock.h"

#include "model/iommufd/viommu.h"

struct mock_domain {
	struct iommufd_domain base; /* first */
	bool nested;
	union {
		struct {
			LIST_ENTRY(mock_domain) link;
			struct space *space; /* NULL: in none */
			uint64_t *entry; /* by IOVA; memory that the host gives as it is touched */
			bool tracks;
		};
		struct {
			uint32_t word[MOCK_TLB_WORDS];
			struct iommufd_viommu *viommu; /* that it was made from; NULL */
		};
	};
};

struct mock_route {
	LIST_ENTRY(mock_route) link;
	uint32_t pasid;
	struct iommufd_domain *domain;
};

static inline struct mock_domain *mock_domain(struct iommufd_domain *domain)
{
	return (struct mock_domain *)domain;
}

static inline const struct mock_domain *mock_domain_const(const struct iommufd_domain *domain)
{
	return (const struct mock_domain *)domain;
}

static inline struct mock_device *mock_device(const struct iommufd_device *device)
{
	return iommufd_device_config(device)->opaque;
}

int mock_nested_create(struct iommufd_device *device, struct iommufd_domain *parent,
		       const struct iommufd_nested_config *config, struct iommufd_domain **made);
int mock_nested_invalidate(struct iommufd_domain *base, const struct iommufd_entries *entries,
			   uint32_t *done);
extern const struct iommufd_viommu_ops mock_viommus;

#endif
