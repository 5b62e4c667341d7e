/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOASIM_VERSION_H
#define IOASIM_VERSION_H

#include <ioasim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOASIM_VERSION "0.1.0"

/* The version of the library that is running, as IOASIM_VERSION. */
IOASIM_API const char *ioasim_version(void);

#ifdef __cplusplus
}
#endif
#endif
