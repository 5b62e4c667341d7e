/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated physical memory: a set of windows in a 52-bit address space.
 *
 * A window is RAM of the library's own (sparse: only touched pages cost host
 * memory; untouched memory reads as zero), memory that the embedder owns and
 * gives by pointer, or a pair of callbacks. Windows do not overlap. Everything
 * outside all windows, and everything inside an aborting range, is a bus error
 * for the unit, which the architecture turns into its own fault.
 *
 * All values are little-endian in memory, as on all three architectures.
 *
 * The functions here are the software's view (a driver's loads and stores):
 * they do not see aborting ranges. The unit's own accesses do.
 *
 * Several units, each in its own thread, may use one memory at the same time;
 * adding, removing, clearing and aborting want it alone.
 */
#ifndef IOASIM_MEMORY_H
#define IOASIM_MEMORY_H

#include <ioasim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOASIM_PA_BITS 52

struct ioasim_memory;

/*
 * Callbacks of a window that is not plain memory. `offset` is relative to the
 * window's base. Return 0, or a negative errno for a bus error. Accesses never
 * cross a window's end. `cmpxchg64` may be NULL: an atomic update there is then
 * a bus error. It stores `desired` if the word equals `*expected`, and always
 * leaves the word's old value in `*expected`.
 */
struct ioasim_memory_ops {
	int (*read)(void *opaque, uint64_t offset, void *data, size_t length);
	int (*write)(void *opaque, uint64_t offset, const void *data, size_t length);
	int (*cmpxchg64)(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired);
};

/* A memory without windows; NULL if there is no host memory. */
IOASIM_API struct ioasim_memory *ioasim_memory_create(void);

/* Frees the memory and its own windows; the embedder's buffers stay. Takes NULL. */
IOASIM_API void ioasim_memory_destroy(struct ioasim_memory *memory);

/*
 * Adds a window. `base` and `size` are multiples of 4 KiB, size is not 0 and
 * the window ends at or below 2^52.
 * add_ram:      own sparse RAM.
 * add_buffer:   `host` points to `size` bytes, 8-byte aligned, that outlive
 *               the memory object or its remove call.
 * add_callback: `ops` and `opaque` outlive it likewise.
 * Errors: -EINVAL (alignment, size, range, NULL), -EEXIST (overlap), -ENOMEM.
 */
IOASIM_API int ioasim_memory_add_ram(struct ioasim_memory *memory, ioasim_pa_t base, uint64_t size);
IOASIM_API int ioasim_memory_add_buffer(struct ioasim_memory *memory, ioasim_pa_t base,
					uint64_t size, void *host);
IOASIM_API int ioasim_memory_add_callback(struct ioasim_memory *memory, ioasim_pa_t base,
					  uint64_t size, const struct ioasim_memory_ops *ops,
					  void *opaque);

/* Removes the window that starts at `base`. -ENOENT if there is none. */
IOASIM_API int ioasim_memory_remove(struct ioasim_memory *memory, ioasim_pa_t base);

/* Zeroes all own RAM and gives its host memory back, but for at most 64 pages per
 * window; windows and aborts stay. Cheap where little was written. */
IOASIM_API void ioasim_memory_clear(struct ioasim_memory *memory);

/*
 * Makes every access of a unit to [first, last] (both included) a bus error.
 * -EINVAL if first > last, -ENOMEM. clear_aborts removes all such ranges.
 */
IOASIM_API int ioasim_memory_abort(struct ioasim_memory *memory, ioasim_pa_t first,
				   ioasim_pa_t last);
IOASIM_API void ioasim_memory_clear_aborts(struct ioasim_memory *memory);

/*
 * Loads and stores of software. Any address and length; an access may span
 * windows. -EFAULT if a byte lies outside every window (then nothing of a
 * write has been done), -ENOMEM, or what a callback returned (then a part may
 * have been done).
 */
IOASIM_API int ioasim_memory_read(struct ioasim_memory *memory, ioasim_pa_t address, void *data,
				  size_t length);
IOASIM_API int ioasim_memory_write(struct ioasim_memory *memory, ioasim_pa_t address,
				   const void *data, size_t length);

/* One 64-bit word at an 8-byte aligned address (-EINVAL otherwise). */
IOASIM_API int ioasim_memory_read64(struct ioasim_memory *memory, ioasim_pa_t address,
				    uint64_t *value);
IOASIM_API int ioasim_memory_write64(struct ioasim_memory *memory, ioasim_pa_t address,
				     uint64_t value);

#ifdef __cplusplus
}
#endif
#endif
