/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that every other header of libioasim uses: addresses, access
 * rights, and what marks a function as part of the library's interface.
 *
 * Functions of the library return 0 or a negative errno value, never print and
 * never exit. What a simulated machine does wrong is not an error of a
 * function: it is a fault, a record or a status bit of the model.
 */
#ifndef IOASIM_TYPES_H
#define IOASIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOASIM_API        __attribute__((visibility("default")))
#define IOASIM_MUST_CHECK __attribute__((warn_unused_result))

/* An address as a device sends it (input of stage 1, or of stage 2 alone). */
typedef uint64_t ioasim_iova_t;

/* An address on the memory bus (output of the last stage). */
typedef uint64_t ioasim_pa_t;

/* Rights, or what an access wants: a mask. */
enum ioasim_access {
	IOASIM_READ = 1,
	IOASIM_WRITE = 2,
	IOASIM_EXEC = 4,
};

/* A PASID (substream id) has at most 20 bits on all three architectures. */
#define IOASIM_PASID_MAX 0xfffffu

#ifdef __cplusplus
}
#endif
#endif
