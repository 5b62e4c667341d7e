/* SPDX-License-Identifier: Apache-2.0 */
/* Between the life of IOASIDs (ioasid.c) and the calls that make it (ioasid_calls.c). */
#ifndef MODEL_UAPI_IOASID_MAKE_H
#define MODEL_UAPI_IOASID_MAKE_H

#include "model/uapi/objects.h"

/*
 * An IOASID like `config`, of which container, kind, flags, format, snoop, parent, root
 * and table_lg2 are taken: its number, or -ENOMEM, -ENOSPC, -EINVAL, -EIO. `bind`: a
 * user kind has its table (A7). `process`: whose address space an sva one is.
 */
int ioasid_make(const struct ioasid *config, bool bind, struct process *process);

/* A7. */
int ioasid_bind_table(struct ioasid *ioasid);
void ioasid_unbind_table(struct ioasid *ioasid);

#endif
