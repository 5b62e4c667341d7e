/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: their memory as the kernel sees it. */
#ifndef MODEL_UAPI_PROCESS_H
#define MODEL_UAPI_PROCESS_H

#include "model/uapi/objects.h"

#define PAGE_LG2  12
#define PAGE_SIZE (UINT64_C(1) << PAGE_LG2)

/* A process by number, alive or dead; NULL: there is none. */
struct process *process_find(const struct ioasim_system *system, int number);
void process_destroy(struct process *process);

/* The area that holds `address`; NULL: nothing is mapped there. */
const struct interval *process_area(const struct process *process, uint64_t address);

/* Whether all of [first, last] is mapped with these rights. */
bool process_allows(const struct process *process, uint64_t first, uint64_t last, unsigned access);

#endif
