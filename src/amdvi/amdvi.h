/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-Vi: all that is seen of it from outside its folder. */
#ifndef AMDVI_AMDVI_H
#define AMDVI_AMDVI_H

#include "model/arch.h"
#include "model/driver.h"

extern const struct ioasim_arch amdvi_arch;

/* driver.c: what amdvi_arch.driver points to */
extern const struct driver_ops amdvi_driver_ops;

#endif
