/* SPDX-License-Identifier: Apache-2.0 */
/* Intel VT-d: all that is seen of it from outside its folder. */
#ifndef VTD_VTD_H
#define VTD_VTD_H

#include "model/arch.h"
#include "model/driver.h"

extern const struct ioasim_arch vtd_arch;

/* driver.c: what vtd_arch.driver points to */
extern const struct driver_ops vtd_driver_ops;

#endif
