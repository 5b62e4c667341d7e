/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second book of what an iommufd has, kept in plain arrays by the rules U1 to U15 and from
 * what calls have returned: it shares no code with the first. It foretells what a call
 * returns, and where a DMA goes.
 */
#ifndef FUZZ_IOFD_SHADOW_H
#define FUZZ_IOFD_SHADOW_H

#include <ioasim/iommufd.h>

#include <stdbool.h>
#include <stdint.h>

struct ioasim_system;
struct iofd_made;

#define SHADOW_SIDES   3
#define SHADOW_FILES   6
#define SHADOW_IDS     128
#define SHADOW_AREAS   256
#define SHADOW_PAGES   128
#define SHADOW_FDS     160
#define SHADOW_ROUTES  64
#define SHADOW_DEVICES 8
#define SHADOW_ALLOWED 8
#define SHADOW_GONE    8
#define SHADOW_WRITTEN 256
#define SHADOW_PINS    8
#define SHADOW_MDEV    7 /* the software mdev */
#define SHADOW_RUN     80 /* pages of one mapping that can be pinned, at most */

#define SHADOW_NO_PASID UINT32_MAX

enum shadow_kind {
	SHADOW_NOTHING,
	SHADOW_IOAS,
	SHADOW_HWPT, /* of the kernel */
	SHADOW_NESTED,
	SHADOW_DEVICE,
	SHADOW_FAULT,
	SHADOW_VIOMMU,
	SHADOW_VDEVICE,
	SHADOW_VEVENTQ,
	SHADOW_ACCESS, /* of a software mdev */
	SHADOW_TOMB,
};

#define SHADOW_ANY UINT32_MAX /* mask of 1 << kind */

struct shadow_range {
	uint64_t first, last;
};

/* Members that the kind has not are 0. Numbers are of the same file. */
struct shadow_object {
	enum shadow_kind kind;
	uint32_t ioas; /* of a page table, or behind a user's */
	uint32_t below; /* page table of a user's, a vIOMMU; vIOMMU of a vDEVICE, a queue */
	uint32_t viommu, faults; /* of a page table; 0: none */
	uint32_t flags; /* of a page table */
	uint32_t order; /* of making */
	bool automatic, enforces; /* a page table */
	bool tracking, vague; /* the same: on; a write went nobody knows where */
	bool plain; /* a user's: the one that the guest has at first */
	bool open; /* a queue: its descriptor */
	bool small_pages; /* an IOAS */
	int device; /* of a device, a vDEVICE */
	uint64_t number; /* vDEVICE: of the guest; queue of events: type */
	unsigned allowed; /* ranges of an IOAS */
	struct shadow_range range[SHADOW_ALLOWED];
};

struct shadow_file {
	bool used; /* since it was opened, until nothing of it is left */
	bool open;
	uint32_t compat; /* IOAS of a container's calls */
	struct shadow_object object[SHADOW_IDS];
};

/* Memory that was named by one call. */
struct shadow_pages {
	unsigned refs;
	uint64_t address, count; /* of whole pages */
	bool writable;
	bool of_file;
	struct {
		unsigned pins; /* by mappings that tables show */
		unsigned held; /* by the mdev */
		uint64_t pa[SHADOW_SIDES];
	} page[SHADOW_RUN];
};

struct shadow_area {
	struct shadow_pages *pages; /* NULL: the entry is free */
	int file;
	uint32_t ioas;
	uint64_t first, last, start; /* start: byte within the pages */
	unsigned access; /* of enum ioasim_access */
};

struct shadow_route {
	bool used;
	int device, file;
	uint32_t pasid, hwpt;
};

enum shadow_fd_kind {
	SHADOW_FD_NONE,
	SHADOW_FD_IOMMUFD,
	SHADOW_FD_DEVICE,
	SHADOW_FD_QUEUE,
	SHADOW_FD_FILE, /* of memory */
};

struct shadow_fd {
	enum shadow_fd_kind kind;
	int file, device;
	uint32_t queue;
};

struct shadow_device {
	unsigned group, pasid_bits, reserved; /* ranges */
	struct shadow_range range[4];
	bool no_enforce, not_coherent, mediated, software, pri_vf, pri;
	bool open;
	int file; /* bound to; -1: none */
	uint32_t id;
	uint32_t ioas; /* that a software mdev is attached to; 0: none */
};

/* Something that was unmapped or detached a while ago. */
struct shadow_gone {
	int device;
	uint32_t pasid;
	uint64_t iova;
};

/* A page that was written through a page table, and has not been told so far. */
struct shadow_written {
	bool used;
	int file;
	uint32_t hwpt;
	uint64_t iova;
};

/* Pages that the software mdev has pinned. */
struct shadow_pin {
	bool used;
	uint64_t first, last;
};

struct shadow {
	/* The machine. */
	struct ioasim_system *system[SHADOW_SIDES];
	unsigned sides, arch; /* of one side: 0 VT-d, 1 AMD-Vi, 2 SMMUv3 */
	int process;

	struct shadow_device device[SHADOW_DEVICES];
	struct shadow_file file[SHADOW_FILES];
	struct shadow_fd fd[SHADOW_FDS];
	struct shadow_area area[SHADOW_AREAS];
	struct shadow_pages pages[SHADOW_PAGES];
	struct shadow_route route[SHADOW_ROUTES];
	struct shadow_gone gone[SHADOW_GONE];
	unsigned gones;
	struct shadow_pin pin[SHADOW_PINS];
	bool stubborn; /* the mdev does not let go */
	struct shadow_written written[SHADOW_WRITTEN];
	uint32_t made; /* page tables so far */
	const char *lost; /* it has no room for something, or does not add up; NULL */
};

/* ---- Looking up (iofd_shadow.c) --------------------------------------------------------- */

struct shadow_object *shadow_find(struct shadow_file *file, uint32_t id, unsigned kinds);
bool shadow_busy(const struct shadow *s, const struct shadow_file *file, uint32_t id);
struct shadow_area *shadow_area_at(struct shadow *s, int file, uint32_t ioas, uint64_t iova);
/* The lowest that ends at or behind `from`. */
struct shadow_area *shadow_area_next(struct shadow *s, int file, uint32_t ioas, uint64_t from);
bool shadow_overlaps(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last);
bool shadow_has_tables(const struct shadow *s, int file, uint32_t ioas);
uint64_t shadow_alignment(const struct shadow *s, int file, uint32_t ioas);
/* Ranges that the IOAS's tables and devices reserve: how many of them. */
unsigned shadow_reserved(const struct shadow *s, int file, uint32_t ioas,
			 struct shadow_range *ranges, unsigned room);
bool shadow_is_reserved(const struct shadow *s, int file, uint32_t ioas, uint64_t first,
			uint64_t last);
/* Of device and PASID; of a group's routes without PASID any, with `group`. */
struct shadow_route *shadow_route(struct shadow *s, int device, uint32_t pasid, bool group);
/* Software mdevs have the IOAS. */
bool shadow_has_accesses(const struct shadow *s, int file, uint32_t ioas);
/* The process has pages with these rights. */
bool shadow_memory(const struct shadow *s, uint64_t address, uint64_t bytes, unsigned access);
bool shadow_can_pin(const struct shadow *s, const struct shadow_pages *pages, uint64_t start,
		    uint64_t bytes);
static inline int shadow_file_number(const struct shadow *s, const struct shadow_file *file)
{
	return (int)(file - s->file);
}

static inline bool shadow_enforced(const struct shadow_object *hwpt,
				   const struct shadow_device *device)
{
	return hwpt->enforces && device->no_enforce;
}

/* ---- Changes (iofd_follow.c) -------------------------------------------------------------- */

/* The address of the first page is whole, `start` is within it. NULL: no room. */
struct shadow_pages *shadow_pages_make(struct shadow *s, uint64_t address, uint64_t length,
				       bool writable);
void shadow_map(struct shadow *s, const struct shadow_area *area);
void shadow_unmap(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last);
void shadow_close(struct shadow *s, int fd);
/* What the call did that has succeeded: `before` is its argument, `after` what it became. */

void shadow_follow(struct shadow *s, const struct iofd_made *made);

/* ---- Pins (iofd_pins.c) ---------------------------------------------------------------------- */

/* The mdev has pinned something there. */
bool shadow_is_held(const struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last);
/* It lets go of what meets the range. */
void shadow_pins_end(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last);
/* Pages of a mapping are held once more, or less. */
void shadow_hold(struct shadow *s, const struct shadow_area *area, uint64_t first, uint64_t last,
		 bool more);

/* ---- Written pages (iofd_written.c) --------------------------------------------------------- */

/* A DMA wrote through a kernel's table, or through what stands on it. */
void shadow_write(struct shadow *s, int file, uint32_t hwpt, uint64_t iova);
/* Nothing of the range is told any more. hwpt 0: of all tables of the IOAS. */
void shadow_forget(struct shadow *s, int file, uint32_t ioas, uint32_t hwpt, uint64_t first,
		   uint64_t last);
/* Whether some table of the kernel's was written there. */
bool shadow_is_written(const struct shadow *s, int file, uint32_t hwpt, uint64_t first,
		       uint64_t last);

/* ---- What a call returns (iofd_expect.c) ---------------------------------------------------- */

/* Errors are not negative; `other` may be as good (-1: anything that checks name). */
struct shadow_answer {
	int error, other;
	bool outside; /* it is the descriptor or the structure: no check of the call's */
};

struct shadow_answer shadow_expect(struct shadow *s, const struct iofd_made *made);
/* The table that a device attaches to by an IOAS or a page table: *hwpt 0: a new one. */
struct shadow_answer shadow_expect_attach(struct shadow *s, int device, uint32_t pasid, uint32_t id,
					  uint32_t *hwpt);

#endif
