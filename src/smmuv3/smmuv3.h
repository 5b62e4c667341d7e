/* SPDX-License-Identifier: Apache-2.0 */
/* Arm SMMUv3: all that is seen of it from outside its folder. */
#ifndef SMMUV3_SMMUV3_H
#define SMMUV3_SMMUV3_H

#include "model/arch.h"
#include "model/driver.h"

extern const struct ioasim_arch smmuv3_arch;

/* driver.c: what smmuv3_arch.driver points to */
extern const struct driver_ops smmu_driver_ops;

#endif
