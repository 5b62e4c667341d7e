/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security rules S1 to S17 of docs/uapi.md, judged on every DMA and after every call
 * from the books alone: attachments, maps, the guest's own stores, completed
 * invalidations, released pages. Nothing here looks at the unit, at the driver, or at a
 * table of the driver; a user's tables are read by the walker of model/guest.h.
 *
 *	checker.c	reports, routes, the judgement of a DMA
 *	checker_guest.c	what a user's tables may give, with the values that words had
 *	checker_calls.c	what calls did, and did not do
 *
 * Functions take a system without a checker, and do nothing then.
 */
#ifndef MODEL_UAPI_CHECKER_H
#define MODEL_UAPI_CHECKER_H

#include "model/uapi/objects.h"

struct call;
struct dma_wire;

/* -ENOMEM. fini takes a system without one. */
int checker_init(struct ioasim_system *system);
void checker_fini(struct ioasim_system *system);

/* A DMA has ended, or waits: sets result->broken. wire NULL: nothing was sent. */
void checker_judge(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result);

/* A call begins; it has returned `status`, with its objects as its checks found them. */
void checker_call_begin(struct ioasim_system *system);
void checker_call_end(const struct call *call, int status);

/* `length` bytes at `pa` are about to be stored by a process. */
void checker_store(struct ioasim_system *system, ioasim_pa_t pa, size_t length);
/* The route of an attachment does not lead anywhere any more (H4 is complete). */
void checker_route_ended(const struct attachment *attachment);
/* A recoverable fault is answered (S11). */
void checker_answer(struct ioasim_system *system, const struct fault *fault);
/* An event is handed to whoever reads the descriptor (S9, S12). */
void checker_event(const struct container *container, const struct ioasim_event *event);

#endif
