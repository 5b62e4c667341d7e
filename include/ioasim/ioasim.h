/* SPDX-License-Identifier: Apache-2.0 */
/* All of libioasim. */
#ifndef IOASIM_IOASIM_H
#define IOASIM_IOASIM_H

#include <ioasim/hwid.h>
#include <ioasim/memory.h>
#include <ioasim/types.h>
#include <ioasim/unit.h>
#include <ioasim/version.h>

#endif
