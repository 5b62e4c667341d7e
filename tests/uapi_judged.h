/* SPDX-License-Identifier: Apache-2.0 */
/* What the checker's tests share: a flow, what the checker is told of a DMA that is not
 * sent, and what it says. */
#ifndef TESTS_UAPI_JUDGED_H
#define TESTS_UAPI_JUDGED_H

#include "uapi_flow.h"

#include <stdlib.h>

#define IOVA UINT64_C(0x10000)
#define PAGE UINT64_C(0x1000)
#define READ IOASIM_READ

int judged_teardown(void **state);

#define ON(test, arch)                                                                            \
	{                                                                                         \
#test " (" arch ")", test, flow_setup, judged_teardown, (void *)(uintptr_t)(arch) \
	}
#define TESTS(test)       ON(test, "vtd"), ON(test, "amdvi"), ON(test, "smmuv3")
#define TESTS_GUEST(test) ON(test, "amdvi"), ON(test, "smmuv3")

/* The last report, NULL if there is none; how often a rule has been broken; there is none. */
const struct ioasim_violation *judged_last(const struct flow *flow);
uint64_t judged_broken(const struct flow *flow, unsigned rule);
void judged_kept(const struct flow *flow);

/* A DMA of a device on the wire's (RID, PASID) went to `pa`: what it broke. */
uint32_t judged_went(struct flow *flow, unsigned device, uint32_t pasid, uint64_t address,
		     ioasim_pa_t pa, unsigned access);

/* Where a page of the process lies, by its offset in FLOW_MEMORY. */
ioasim_pa_t judged_page(struct flow *flow, uint64_t offset);
/* A device on a space with two pages at IOVA. */
int judged_attached(struct flow *flow, unsigned *device);
struct ioasid *judged_object(struct flow *flow, int ioasid);

#endif
