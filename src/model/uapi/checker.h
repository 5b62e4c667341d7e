/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security rules S1 to S17 of docs/uapi.md, judged on every DMA and call. The checker
 * keeps books of its own: of what it was told, when it was done. Beside these it reads
 * the books of the kernel; never the unit, the driver, or a table of the driver. A user's
 * tables are read by the walker of model/guest.h.
 *
 *	checker.c	reports, the judgement of a DMA
 *	checker_routes.c	which attachments a request may use (S1, S3, S7, S8, S13, S15, S16)
 *	checker_maps.c	what spaces and processes give, and gave (S2, S4, S5, S6, S7)
 *	checker_access.c	what an IOAS gives a software mdev of an iommufd (S2, S4, S6)
 *	checker_guest.c	what a user's tables may give, with the values that words had
 *	checker_calls.c	what calls and answers did, and did not do (S9 to S11, S14, S17)
 *	checker_told.c	what results and events tell (S9, S12)
 *
 * Nothing here fails: without host memory for the books the checker goes deaf, and
 * judges nothing any more.
 */
#ifndef MODEL_UAPI_CHECKER_H
#define MODEL_UAPI_CHECKER_H

#include "model/uapi/objects.h"

struct call;
struct dma_wire;

/* -ENOMEM. fini takes a system without one. The books of spaces, processes and
 * attachments that stand in objects.h are the checker's. */
int checker_init(struct ioasim_system *system);
void checker_fini(struct ioasim_system *system);

/* A DMA has ended, or waits: sets result->broken. wire NULL: nothing was sent. */
void checker_judge(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result);

/* ---- Routes ------------------------------------------------------------------------- */

/* The attachment has been made; it may be blocked (A7). */
void checker_attached(struct attachment *attachment);
/* Its route leads nowhere any more, H4 is complete; and somewhere again. */
void checker_blocked(const struct attachment *attachment);
void checker_unblocked(const struct attachment *attachment);
/* It is about to be forgotten, H4 is complete. */
void checker_detached(struct attachment *attachment);

/* ---- Maps ------------------------------------------------------------------------------ */

/* [first, last] of a space has been mapped; is unmapped, invalidations are complete, and
 * its areas are about to be forgotten and their pages released. */
void checker_mapped(struct aspace *aspace, uint64_t first, uint64_t last);
void checker_unmapped(struct aspace *aspace, uint64_t first, uint64_t last);
/* An area of a space has become two at `at`: the same is reached. */
void checker_split(struct aspace *aspace, const struct interval *whole, uint64_t at);
/* [iova, iova + bytes) of the IOAS that a software mdev has: it has been mapped, or it is
 * about to go and is not pinned for the mdev any more. */
void checker_access_changed(struct iommufd_mdev *mdev, uint64_t iova, uint64_t bytes, bool mapped);
/* The same of a process's memory, whose areas are about to go or to change their rights. */
void checker_memory_changes(struct process *process, uint64_t first, uint64_t last);
/* `length` bytes at `pa` are about to be stored by a process. */
void checker_store(struct ioasim_system *system, ioasim_pa_t pa, size_t length);

/* ---- Faults ------------------------------------------------------------------------------ */

/* A recoverable fault has become an event, and waits. */
void checker_raised(struct ioasim_system *system, const struct fault *fault);
/* A request for `address` has become an event. */
void checker_event_made(struct ioasim_system *system, const struct fault *fault, uint64_t address);
/* An answer to it arrives at the device; fault->answered tells of an earlier one. */
void checker_answer(struct ioasim_system *system, const struct fault *fault);
/* It does not wait any more. */
void checker_fault_gone(struct ioasim_system *system, const struct fault *fault);
/* An event is handed to whoever reads the descriptor. */
void checker_event(const struct container *container, const struct ioasim_event *event);

/* ---- Calls --------------------------------------------------------------------------------- */

void checker_call_begin(struct ioasim_system *system);
/* Its checks have passed and have found its objects. */
void checker_call_checked(const struct call *call);
/* It has returned `status`; `argument` is the caller's, as it was. */
void checker_call_end(const struct call *call, const void *argument, int status);
/* The same for a call of another table, which can change what `container` has; it returns
 * `status`. */
void checker_work_begin(struct ioasim_system *system, const struct container *container);
void checker_work_end(struct ioasim_system *system, const char *name, int status);
/* An invalidation of [first, last] of a user's table by another call is complete. */
void checker_cleaned(struct ioasid *ioasid, uint64_t first, uint64_t last);
/* An IOASID is about to end. */
void checker_ioasid_gone(const struct ioasid *ioasid);
/* A guest's ENQCMD is about to reach the device with this PASID. */
void checker_enqcmd(const struct kvm *kvm, const struct device *device, uint32_t vpasid,
		    uint32_t pasid);

#endif
