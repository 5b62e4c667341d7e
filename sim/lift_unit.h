/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting: the driver level of a trace that has the unit level only
 * (docs/lifting.md). The unit of the recorded architecture replays the trace without
 * caches; what its answers show becomes mappings, what its commands remove becomes
 * unmaps. The records of the unit level stay, so that the result replays on both.
 */
#ifndef SIM_LIFT_UNIT_H
#define SIM_LIFT_UNIT_H

#include "trace.h"

/*
 * A reader that lifts what `source` reads. It owns the source from a successful call
 * on; after an error the source is the caller's as before.
 * -EINVAL (no unit level, an architecture that is not modelled, capabilities that no
 * unit can have), -ENOMEM; error filled.
 */
int lift_open(struct trace_reader *source, struct trace_reader **reader, struct trace_error *error);

#endif
