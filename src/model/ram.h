/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparse RAM of the library's own: reads as zero until written, costs host
 * memory only where it was written.
 *
 * The first TiB is one reserved mapping that the host fills page by page. What
 * lies above, or all of it where the host refuses the reservation (address
 * space limits, Valgrind), is a radix tree of 4 KiB chunks.
 *
 * Threads may read and write at the same time; making, clearing and ending is
 * for one thread alone.
 */
#ifndef MODEL_RAM_H
#define MODEL_RAM_H

#include <ioasim/types.h>

struct ram;

/* `size` is a multiple of 4 KiB, at most 2^52. NULL: no host memory. */
struct ram *ram_create(uint64_t size);
/* The same without a mapping: tree only. */
struct ram *ram_create_tree(uint64_t size);
void ram_destroy(struct ram *ram);

/* All zero again. Cheap where little was written. */
void ram_clear(struct ram *ram);

/* The flat part: its host address (NULL if there is none) and size. */
unsigned char *ram_flat(const struct ram *ram, uint64_t *size);

/*
 * Host address of `offset`, and in *length, which is not 0, how many bytes go on
 * from there (at most what it was). For reading NULL stands for zeroes; for
 * writing NULL means that there is no host memory.
 */
const unsigned char *ram_peek(const struct ram *ram, uint64_t offset, size_t *length);
unsigned char *ram_poke(struct ram *ram, uint64_t offset, size_t *length);

#endif
