/* SPDX-License-Identifier: Apache-2.0 */
/* `core` steps of a scenario: the hardware-ID core as a library. It is one of the
 * scenario's own, apart from the machine's. */
#include "scenario_run.h"

#include <errno.h>

static void on_note(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id)
{
	struct scn_notifier *notifier = opaque;
	struct scn_heard *h = &notifier->run->heard;
	void *items = h->notes;
	struct scn_heard_note *place =
		scn_grow(h, &items, h->n_notes, &h->room_notes, sizeof(*place));

	(void)set;
	h->notes = items;
	if (!place)
		return;
	*place = (struct scn_heard_note){
		.notifier = notifier->name, .event = (uint8_t)event, .id = id};
	h->n_notes++;
}

/* Words are numbers of their own; 0 is no token. */
static uint64_t token_of(const struct scn_ref *ref)
{
	return ref->given ? (uint64_t)ref->name + 1 : 0;
}

/* An operation with its numbers. */
struct doing {
	struct scn_run *run;
	struct ioasim_hwid_core *core;
	const struct scn_args *args;
	struct scn_done *done;
	uint32_t set, id;
};

static void set_alloc(const struct doing *d)
{
	uint32_t set;
	int err = d->args->quota > UINT32_MAX
			  ? -ENOSPC
			  : ioasim_hwid_set_alloc(d->core, token_of(&d->args->token),
						  (uint32_t)d->args->quota,
						  (enum ioasim_hwid_type)d->args->type, &set);

	scn_result(d->done, err);
	if (!err)
		scn_bind(d->run, d->args->as, set);
}

static void alloc(const struct doing *d)
{
	uint32_t id;
	int err = ioasim_hwid_alloc(d->core, d->set, (uint32_t)d->args->min, (uint32_t)d->args->max,
				    NULL, &id);

	scn_result(d->done, err);
	if (err)
		return;
	scn_bind(d->run, d->args->as, id);
	d->done->value = id;
	d->done->has_id = true;
	d->done->id = id;
}

static void find(const struct doing *d)
{
	uint32_t id;
	int err = ioasim_hwid_find(d->core, d->set, (uint32_t)d->args->spid, d->args->get, &id);

	scn_result(d->done, err);
	d->done->has_value = !err && id != IOASIM_HWID_INVALID;
	d->done->value = id;
}

static void notifier(const struct doing *d)
{
	enum ioasim_hwid_priority priority = (enum ioasim_hwid_priority)d->args->prio;
	struct scn_notifier *opaque = &d->run->notifier[d->args->notifier];

	if (d->args->token.given)
		scn_result(d->done, ioasim_hwid_notify_mm(d->core, token_of(&d->args->token),
							  priority, on_note, opaque));
	else
		scn_result(d->done,
			   ioasim_hwid_notify(d->core, d->args->all ? IOASIM_HWID_ALL_SETS : d->set,
					      priority, on_note, opaque));
}

static void detach_data(const struct doing *d)
{
	/* The core returns what was attached: nothing of an ID that it does not know. */
	if (!ioasim_hwid_detach_data(d->core, d->id))
		d->done->error = ENOENT;
}

static void operate(const struct doing *d)
{
	const struct scn_args *args = d->args;

	switch ((enum scn_core_op)args->core) {
	case SCN_CORE_SET_ALLOC:
		set_alloc(d);
		break;
	case SCN_CORE_SET_FREE:
		scn_result(d->done, ioasim_hwid_set_free(d->core, d->set));
		break;
	case SCN_CORE_ALLOC:
		alloc(d);
		break;
	case SCN_CORE_GET:
		scn_result(d->done, ioasim_hwid_get(d->core, d->set, d->id));
		break;
	case SCN_CORE_PUT:
		scn_result(d->done, ioasim_hwid_put(d->core, d->set, d->id));
		break;
	case SCN_CORE_FREE:
		scn_result(d->done, ioasim_hwid_free(d->core, d->set, d->id));
		break;
	case SCN_CORE_ATTACH_SPID:
		scn_result(d->done, ioasim_hwid_attach_spid(d->core, d->id, (uint32_t)args->spid));
		break;
	case SCN_CORE_DETACH_SPID:
		scn_result(d->done, ioasim_hwid_detach_spid(d->core, d->id));
		break;
	case SCN_CORE_FIND:
		find(d);
		break;
	case SCN_CORE_FREE_ALL:
		scn_result(d->done, ioasim_hwid_free_all(d->core, d->set));
		break;
	case SCN_CORE_NOTIFIER:
		notifier(d);
		break;
	case SCN_CORE_GET_IF_OWNED:
		scn_result(d->done,
			   ioasim_hwid_get_if_owned(d->core, d->id, token_of(&args->caller)));
		break;
	case SCN_CORE_RESERVE:
		scn_result(d->done, ioasim_hwid_reserve(d->core, (uint32_t)args->n));
		break;
	case SCN_CORE_CANCEL:
		scn_result(d->done, ioasim_hwid_cancel(d->core, (uint32_t)args->n));
		break;
	case SCN_CORE_CAPACITY:
		scn_result(d->done, ioasim_hwid_capacity(d->core, (uint32_t)args->total));
		break;
	case SCN_CORE_ATTACH_DATA:
		scn_result(d->done, ioasim_hwid_attach_data(d->core, d->id, d->run));
		break;
	case SCN_CORE_DETACH_DATA:
		detach_data(d);
		break;
	case SCN_CORE_OPS:
		break;
	}
}

void scn_run_core(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct doing d = {.run = run, .core = run->core, .args = args, .done = done};

	if (args->min > UINT32_MAX || args->max > UINT32_MAX || args->n > UINT32_MAX ||
	    args->spid > UINT32_MAX || args->total > UINT32_MAX) {
		scn_trouble(done, "a number of the core beyond 32 bits");
		return;
	}
	if (!scn_number32(run, &args->set, done, &d.set) ||
	    !scn_number32(run, &args->id, done, &d.id))
		return;
	done->has_id = args->id.given;
	done->id = d.id;
	operate(&d);
}
