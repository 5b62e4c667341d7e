/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs of calls, guest stores and DMA against systems of the uAPI.
 *
 * A program is a header, which says what the machine is, and steps of one size, each of
 * which means something wherever it stands: so steps can be left out. A step takes what
 * it works on from what there is at that moment, and sometimes takes a number of nothing.
 *
 * By the first byte of the header, a program runs
 *
 *   alike	on all three architectures. What a call returns and what a DMA meets is
 *		the same on all of them; the guest tells of each store. Where the
 *		architectures differ by rule (a user's table or PASID table, T6, T10) the
 *		step takes the architecture's form, or is left out.
 *   untold	the same, but the guest does not tell of what it stores until it likes to:
 *		until then a DMA may meet either, and each side another.
 *   alone	on one architecture, with all that it has.
 *
 * In all of them no rule S1 to S17 is broken, a call that fails leaves the books as they
 * were (G5), the identities of the counters hold, and when all processes have ended
 * nothing of theirs is left.
 */
#ifndef FUZZ_UAPI_PROGRAM_H
#define FUZZ_UAPI_PROGRAM_H

#include "fuzz.h"

#include "model/guest.h"
#include "model/uapi/objects.h"

#include <stdio.h>

#define UAPI_SIDES   3
#define UAPI_HEADER  40u
#define UAPI_STEP    12u
#define UAPI_STEPS   100u
#define UAPI_INPUT   (UAPI_HEADER + UAPI_STEP * UAPI_STEPS)
#define UAPI_DEVICES 6u

#define UAPI_PAGE UINT64_C(0x1000)

/* Memory of a process, and the guest's addresses of the same: data, then stage 1 tables,
 * then PASID tables. */
#define UAPI_MEMORY    UINT64_C(0x40000000)
#define UAPI_TABLES    2u
#define UAPI_DATA      UINT64_C(0x20000)
#define UAPI_TABLE(t)  (UAPI_DATA + (t)*GUEST_TABLE_BYTES)
#define UAPI_PASIDS(t) (UAPI_TABLE(UAPI_TABLES) + (t)*UAPI_PAGE)
#define UAPI_SIZE      UAPI_PASIDS(UAPI_TABLES)
#define UAPI_PASID_LG2 6u
/* A page that can only be read; what mmap takes from; a large page, of some programs. */
#define UAPI_READ_ONLY UINT64_C(0x50000000)
#define UAPI_MORE      UINT64_C(0x50010000)
#define UAPI_LARGE     UINT64_C(0x60000000)

enum uapi_mode { UAPI_ALIKE, UAPI_UNTOLD, UAPI_ALONE };

struct uapi_side {
	const char *arch;
	struct ioasim_system *system;
	struct guest_memory memory; /* of the first process */
	struct guest_table table[UAPI_TABLES];
	int result; /* of the last call */
};

struct uapi_program {
	struct uapi_side side[UAPI_SIDES];
	unsigned sides;
	enum uapi_mode mode;
	bool untold; /* the guest has stored what it has not told */
	bool late; /* lazy: an unmap may be waiting */
	bool apart; /* sides went apart as they may: they are not compared any more */
	bool lazy;
	bool vm; /* alone on VT-d: mdevs of one parent, and a VM that has their vPASIDs */
	bool asks; /* devices have user tables, and ask for pages */
	uint64_t now;
	struct fuzz_bytes bytes; /* of the step */
	uint8_t damage; /* its last byte: what is done to a call's argument */
	uint32_t event[8]; /* numbers that were read or waited for */
	unsigned events;
	FILE *out; /* steps are told to; NULL: to nobody */
	char broken[400]; /* empty: all holds */
};

/* Runs a program. NULL: all holds; else a string that lives until the next run. */
const char *uapi_program_run(struct uapi_program *program, const uint8_t *data, size_t size);

/* ---- For the steps ------------------------------------------------------------------------ */

void uapi_break(struct uapi_program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void uapi_tell(struct uapi_program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool uapi_compares(const struct uapi_program *p)
{
	return p->mode != UAPI_ALONE && !p->apart;
}

/* The results of all sides, told and compared; `what` names the call. */
void uapi_compare(struct uapi_program *p, const char *what);

/* What there is, on the first side. */
int uapi_process(struct uapi_program *p);
int uapi_fd(struct uapi_program *p, int process, enum ioasim_fd_kind kind);
struct container *uapi_container(struct uapi_program *p, int process, int fd);
uint32_t uapi_ioasid(struct uapi_program *p, const struct container *container);
/* Rather one that `likely` says yes to. */
uint32_t uapi_ioasid_likely(struct uapi_program *p, const struct container *container,
			    bool (*likely)(const struct ioasid *ioasid));
bool uapi_is_parent(const struct ioasid *ioasid);
bool uapi_is_user(const struct ioasid *ioasid);
/* An attachment of the device; NULL: none, or another choice was made. */
const struct attachment *uapi_attachment(struct uapi_program *p, const struct device *device);
int uapi_device(struct uapi_program *p);
uint32_t uapi_vpasid(struct uapi_program *p);
uint64_t uapi_iova(struct uapi_program *p);
uint64_t uapi_vaddr(struct uapi_program *p, uint64_t iova);

/* One call on all sides, each with an argument of its own, which is filled. */
union uapi_argument {
	uint32_t size;
	uint32_t word[24];
	struct ioasim_check_extension extension;
	struct ioasim_ioasid_alloc alloc;
	struct ioasim_ioasid_id id;
	struct ioasim_create_nesting create;
	struct ioasim_bind_pgtable bind_table;
	struct ioasim_ioasid_info info;
	struct ioasim_map_dma map;
	struct ioasim_unmap_dma unmap;
	struct ioasim_invalidate invalidate;
	struct ioasim_fault_response response;
	struct ioasim_device_info device;
	struct ioasim_device_bind bind;
	struct ioasim_device_unbind unbind;
	struct ioasim_device_attach attach;
	struct ioasim_pasid_info pasids;
	struct ioasim_kvm_enable enable;
	struct ioasim_kvm_pasid kvm;
};

struct uapi_call {
	const char *name;
	int process, fd;
	uint32_t number;
	union uapi_argument arg[UAPI_SIDES];
};

/* The same argument for all sides. */
static inline void uapi_copy(struct uapi_call *call)
{
	for (unsigned i = 1; i < UAPI_SIDES; i++)
		call->arg[i] = call->arg[0];
}

void uapi_make(struct uapi_program *p, struct uapi_call *call);

/* A number of what was done to the books, for comparing. */
uint64_t uapi_books(const struct ioasim_system *system);
/* What is left of processes that have ended; NULL: nothing. */
const char *uapi_left(const struct ioasim_system *system);

/* A nest_parent or a user's table is on the default route of the group; a route with a
 * PASID is on the RID. What then may be attached is not the same everywhere (T6, T10). */
bool uapi_nests(const struct device *device);
bool uapi_has_pasids(const struct device *device);
/* The process's descriptor of a container; `other` if it has none. */
int uapi_fd_of(struct uapi_program *p, int process, const struct container *container, int other);

/* The guest tells all that it has stored. */
void uapi_settle(struct uapi_program *p);

typedef void uapi_step(struct uapi_program *p);

/* The last is NULL. */
extern uapi_step *const uapi_steps_fds[];
extern uapi_step *const uapi_steps_spaces[];
extern uapi_step *const uapi_steps_devices[];

/* Steps of uapi_steps_devices that are not in its file. */
uapi_step uapi_step_attach, uapi_step_detach;

/* Makes descriptors, bindings, spaces with maps and attachments, by a byte of the header
 * for all and one for each device. */
void uapi_prologue(struct uapi_program *p, const uint8_t *choices);
/* DEVICE_ATTACH or DEVICE_DETACH, unless it is left out because architectures differ. */
void uapi_route_call(struct uapi_program *p, struct uapi_call *call, const struct device *device);

#endif
