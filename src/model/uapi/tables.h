/* SPDX-License-Identifier: Apache-2.0 */
/* What maps.c asks of the page tables of a space; the rest is in aspace.h. */
#ifndef MODEL_UAPI_TABLES_H
#define MODEL_UAPI_TABLES_H

#include "model/uapi/objects.h"

/* The table shows what the space leads to in [first, last], of which it shows nothing
 * yet; on failure still nothing. */
int table_fill(struct pgtable *table, uint64_t first, uint64_t last);
/* It shows nothing there; complete on return (M4). */
int table_clear(struct pgtable *table, uint64_t first, uint64_t last);

#endif
