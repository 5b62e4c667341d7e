/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs of an iommufd's calls, and what is demanded of them.
 *
 * A program is a header and steps of one size, each of which means something wherever it
 * stands: so steps can be left out. By its header it runs
 *
 *   alike	on all three architectures: what a call returns and fills in, and what a DMA
 *		meets, is the same on all of them. What is the architecture's own is left out:
 *		data of users' tables and their virtual IOMMUs, the type of GET_HW_INFO, IOVAs
 *		that not all have, flags of page tables that not all offer.
 *   alone	on one of them, with all that it has.
 *
 * In both, a book of its own (iofd_shadow.h) foretells what calls return and where DMA
 * goes; a call that fails leaves the kernel's books as they were (S17); no security rule is
 * broken; and when all is closed nothing is left.
 */
#ifndef FUZZ_IOFD_CALLER_H
#define FUZZ_IOFD_CALLER_H

#include "fuzz.h"
#include "iofd_shadow.h"

#include "model/guest.h"
#include "model/iommufd/calls.h"
#include "model/uapi/objects.h"

#include <stdio.h>

#define IOFD_HEADER 4u
#define IOFD_STEP   40u /* bytes */
#define IOFD_STEPS  64u
#define IOFD_INPUT  (IOFD_HEADER + IOFD_STEP * IOFD_STEPS)

#define IOFD_ARGUMENT 256u /* bytes, of any call's structure */

#define IOFD_PAGE UINT64_C(4096)

/* Memory of the process. */
#define IOFD_MEMORY    UINT64_C(0x40000000) /* read and write */
#define IOFD_PAGES     64u
#define IOFD_SIZE      (IOFD_PAGES * IOFD_PAGE)
#define IOFD_READ_ONLY UINT64_C(0x48000000) /* a page */
#define IOFD_DATA      UINT64_C(0x49000000) /* a page of structures: below */
#define IOFD_SCRATCH   UINT64_C(0x4a000000) /* a page that calls write to */

/* Pages of a file, as the process has them mapped. */
#define IOFD_FILE       UINT64_C(0x80000000)
#define IOFD_FILE_SIZE  (6 * IOFD_PAGE + 0x800)
#define IOFD_FILE_PAGES 7u

/* In it: of pages that were written. */
#define IOFD_BITMAP       (IOFD_SCRATCH + 0x800)
#define IOFD_BITMAP_BYTES 64u

/* The guest's tables: PASID table, stage 1; programs begin with them at this IOVA. Page n of
 * the guest's shows another one of the IOAS. */
#define IOFD_TABLES      UINT64_C(0x4b000000)
#define IOFD_TABLES_IOVA UINT64_C(0x100000)
#define IOFD_TABLES_SIZE (IOFD_PAGE + GUEST_TABLE_BYTES)
#define IOFD_GUEST_PAGES 8u

static inline uint64_t iofd_guest_page(uint64_t page)
{
	return (page + 3) % IOFD_GUEST_PAGES;
}

static inline unsigned iofd_guest_access(uint64_t page)
{
	return page % 4 ? IOASIM_READ | IOASIM_WRITE : IOASIM_READ;
}

/* In the page of data. */
#define IOFD_USER    UINT64_C(0) /* a user's table, as the architecture has it */
#define IOFD_ENTRIES UINT64_C(0x100) /* of invalidations: good, wrong */
#define IOFD_RANGES  UINT64_C(0x200) /* allowed: two; two that overlap; one back to front; one */
#define IOFD_OVERLAP UINT64_C(0x240) /* that is reserved for device 1; all but that */
#define IOFD_BACK    UINT64_C(0x280)
#define IOFD_TAKEN   UINT64_C(0x2c0)

struct iofd_side {
	const char *arch;
	struct ioasim_system *system;
};

struct iofd_program {
	struct iofd_side side[SHADOW_SIDES];
	unsigned sides;
	int process;
	struct shadow shadow;
	struct fuzz_bytes bytes; /* of the step */
	struct iofd_stats *stats; /* of all programs; NULL: nothing is counted */
	FILE *out; /* steps are told to; NULL: to nobody */
	char broken[500]; /* empty: all holds */
};

/* A call that is about to be made. */
struct iofd_made {
	const struct iofd_call_entry *entry;
	int fd;
	bool null; /* the argument */
	uint32_t size; /* that the argument says */
	_Alignas(8) unsigned char argument[IOFD_ARGUMENT]; /* or a number in its beginning */
	/* What it was, when the call has been made. */
	_Alignas(8) unsigned char before[IOFD_ARGUMENT];
};

static inline bool iofd_alike(const struct iofd_program *p)
{
	return p->sides > 1;
}

void iofd_break(struct iofd_program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void iofd_tell(struct iofd_program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* iofd_values.c: numbers and descriptors out of the step's bytes, of what there is. */
uint8_t iofd_byte(struct iofd_program *p);
bool iofd_chance(struct iofd_program *p, uint8_t of_256);
uint32_t iofd_id(struct iofd_program *p, const struct shadow_file *file, unsigned kinds);
int iofd_fd(struct iofd_program *p, enum shadow_fd_kind kind);
int iofd_device_fd(struct iofd_program *p, bool bound);
uint64_t iofd_iova(struct iofd_program *p);
uint64_t iofd_length(struct iofd_program *p);
uint64_t iofd_address(struct iofd_program *p);
/* Members of all kinds are what they should not be, or something else. */
void iofd_mutate(struct iofd_program *p, struct iofd_made *made);
/* Leaves out what is not the same on all architectures; false: the call. */
bool iofd_make_alike(struct iofd_program *p, struct iofd_made *made);

/* iofd_recipes.c: fills an argument so that the call may well succeed. */
void iofd_recipe(struct iofd_program *p, struct iofd_made *made, struct shadow_file *file);

/* iofd_calls.c: chooses a call, makes it on all sides and judges it. */
void iofd_step_call(struct iofd_program *p);
int iofd_make(struct iofd_program *p, struct iofd_made *made);

/* iofd_dma.c: a DMA, and whether it is foretold; and everything that can be reached. */
void iofd_step_dma(struct iofd_program *p);
void iofd_probe(struct iofd_program *p);

/* iofd_pins.c: the software mdev pins, unpins, or does not let go. */
void iofd_step_pin(struct iofd_program *p);

/* iofd_written.c: before and after HWPT_GET_DIRTY_BITMAP. */
void iofd_bitmap_clear(struct iofd_program *p);
void iofd_bitmap_judge(struct iofd_program *p, const struct iofd_made *made, int file);
void shadow_follow_dirty(struct shadow *s, int file, const struct iofd_made *made);

/* iofd_books.c: what the kernel knows as a number. */
uint64_t iofd_books(const struct ioasim_system *system);

/* iofd_stats.c */
struct iofd_stats *iofd_stats_create(void);
/* `outside`: the call's own checks were not come to. */
void iofd_stats_count(struct iofd_stats *stats, const struct iofd_call_entry *entry, int result,
		      bool outside);
/* Tables of results; false: an errno that a check names was never met, and none of the
 * reasons for that holds. */
bool iofd_stats_print(const struct iofd_stats *stats, FILE *out);

/* iofd_program.c: NULL: all holds; else a string that lives until the next run. */
const char *iofd_program_run(struct iofd_program *program, const uint8_t *data, size_t size);

#endif
