/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of user memory: pages of the window that processes' memory comes from. Runs
 * are given out so that virtual and bus addresses agree in as many low bits as fit,
 * which lets page tables use large pages; the lowest free frames first, so that what was
 * released is soon somebody else's.
 */
#ifndef MODEL_UAPI_FRAMES_H
#define MODEL_UAPI_FRAMES_H

#include "model/uapi/objects.h"

/* -ENOMEM. The window [base, base + size) is memory of the system. */
int frames_init(struct frames *frames, ioasim_pa_t base, uint64_t size);
void frames_fini(struct frames *frames);

/* What is known of the frame of a bus address; NULL: no user memory. */
struct frame *frame_at(const struct frames *frames, ioasim_pa_t pa);

/*
 * Up to `count` zeroed frames in a row, at least one, for a process that maps them at
 * `address`; *got is how many, *first where. Each is mapped once. -ENOMEM.
 */
int frames_take(struct process *process, uint64_t address, uint64_t count, ioasim_pa_t *first,
		uint64_t *got);
/* They are mapped once more. */
void frames_map(struct ioasim_system *system, ioasim_pa_t first, uint64_t count);
/* A process maps them no more, or their file has gone; those that are not pinned are released. */
void frames_unmap(struct ioasim_system *system, ioasim_pa_t first, uint64_t count);

/* M7: pinned frames stay what they are, whatever their process does. */
void frames_pin(struct ioasim_system *system, ioasim_pa_t first, uint64_t count);
void frames_unpin(struct ioasim_system *system, ioasim_pa_t first, uint64_t count);

#endif
