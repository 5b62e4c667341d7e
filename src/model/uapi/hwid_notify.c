/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of the hardware-ID core, the order in which they are told, deferred work
 * (K13 to K16). */
#include "model/uapi/hwid.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Lists of handlers, the first to be called at the head ------------------------- */

static bool before(const struct hwid_notifier *a, const struct hwid_notifier *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->order < b->order;
}

static void insert(struct hwid_notifiers *list, struct hwid_notifier *notifier)
{
	struct hwid_notifier *at;

	TAILQ_FOREACH (at, list, link) {
		if (before(notifier, at)) {
			TAILQ_INSERT_BEFORE(at, notifier, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(list, notifier, link);
}

static bool registered(const struct hwid_notifiers *list, ioasim_hwid_handler handler,
		       const void *opaque, uint64_t token)
{
	const struct hwid_notifier *at;

	TAILQ_FOREACH (at, list, link)
		if (at->handler == handler && at->opaque == opaque && at->token == token)
			return true;
	return false;
}

static int add(struct ioasim_hwid_core *core, struct hwid_notifiers *list,
	       const struct hwid_notifier *what)
{
	struct hwid_notifier *notifier;

	if ((unsigned)what->priority >= IOASIM_HWID_PRIORITIES || !what->handler)
		return -EINVAL;
	if (registered(list, what->handler, what->opaque, what->token))
		return -EBUSY;
	notifier = malloc(sizeof(*notifier));
	if (!notifier)
		return -ENOMEM;
	*notifier = *what;
	notifier->order = core->order++;
	insert(list, notifier);
	return 0;
}

int ioasim_hwid_notify(struct ioasim_hwid_core *core, uint32_t number,
		       enum ioasim_hwid_priority priority, ioasim_hwid_handler handler,
		       void *opaque)
{
	const struct hwid_notifier what = {
		.priority = priority,
		.handler = handler,
		.opaque = opaque,
	};
	struct hwid_set *set = hwid_set_find(core, number);

	if (number == IOASIM_HWID_ALL_SETS)
		return add(core, &core->notifiers, &what);
	return set ? add(core, &set->notifiers, &what) : -EINVAL;
}

int ioasim_hwid_notify_mm(struct ioasim_hwid_core *core, uint64_t token,
			  enum ioasim_hwid_priority priority, ioasim_hwid_handler handler,
			  void *opaque)
{
	struct hwid_set *set = hwid_set_by_token(core, token, IOASIM_HWID_SET_MM);
	struct hwid_notifier what = {
		.priority = priority,
		.handler = handler,
		.opaque = opaque,
		.token = token,
	};

	if (!token)
		return -EINVAL;
	if (!set)
		return add(core, &core->waiting, &what);
	/* K16: what happened before would not be told. */
	if (set->count)
		return -EBUSY;
	what.token = 0;
	return add(core, &set->notifiers, &what);
}

void hwid_notifiers_adopt(struct ioasim_hwid_core *core, struct hwid_set *set)
{
	struct hwid_notifier *at = TAILQ_FIRST(&core->waiting), *next;

	if (set->type != IOASIM_HWID_SET_MM)
		return;
	for (; at; at = next) {
		next = TAILQ_NEXT(at, link);
		if (at->token != set->token)
			continue;
		TAILQ_REMOVE(&core->waiting, at, link);
		at->token = 0;
		insert(&set->notifiers, at);
	}
}

void hwid_notifiers_drop(struct hwid_notifiers *list)
{
	struct hwid_notifier *at;

	while ((at = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, at, link);
		free(at);
	}
}

/* Those without a handler go, now that nobody walks the list. */
static void sweep(struct hwid_notifiers *list)
{
	struct hwid_notifier *at = TAILQ_FIRST(list), *next;

	for (; at; at = next) {
		next = TAILQ_NEXT(at, link);
		if (at->handler)
			continue;
		TAILQ_REMOVE(list, at, link);
		free(at);
	}
}

static void sweep_all(struct ioasim_hwid_core *core)
{
	if (core->telling || !core->forgotten)
		return;
	core->forgotten = false;
	sweep(&core->notifiers);
	sweep(&core->waiting);
	for (uint32_t i = 0; i < core->sets; i++)
		if (core->set[i])
			sweep(&core->set[i]->notifiers);
}

static void forget_in(struct ioasim_hwid_core *core, struct hwid_notifiers *list,
		      ioasim_hwid_handler handler, const void *opaque)
{
	struct hwid_notifier *at;

	TAILQ_FOREACH (at, list, link) {
		if (at->handler != handler || at->opaque != opaque)
			continue;
		at->handler = NULL;
		core->forgotten = true;
	}
}

void ioasim_hwid_forget(struct ioasim_hwid_core *core, ioasim_hwid_handler handler, void *opaque)
{
	forget_in(core, &core->notifiers, handler, opaque);
	forget_in(core, &core->waiting, handler, opaque);
	for (uint32_t i = 0; i < core->sets; i++)
		if (core->set[i])
			forget_in(core, &core->set[i]->notifiers, handler, opaque);
	sweep_all(core);
}

/* ---- Deferred work ------------------------------------------------------------------- */

void hwid_work_drop(struct ioasim_hwid_core *core)
{
	struct hwid_work *work;

	while ((work = TAILQ_FIRST(&core->work))) {
		TAILQ_REMOVE(&core->work, work, link);
		free(work);
	}
}

/* Work may bring events, whose handlers may bring work: all of it in order. */
static void work_run(struct ioasim_hwid_core *core)
{
	struct hwid_work *work;

	if (core->telling || core->working)
		return;
	core->working = true;
	while ((work = TAILQ_FIRST(&core->work))) {
		TAILQ_REMOVE(&core->work, work, link);
		work->work(work->opaque);
		free(work);
	}
	core->working = false;
}

int ioasim_hwid_defer(struct ioasim_hwid_core *core, void (*function)(void *opaque), void *opaque)
{
	struct hwid_work *work = malloc(sizeof(*work));

	if (!work)
		return -ENOMEM;
	work->work = function;
	work->opaque = opaque;
	TAILQ_INSERT_TAIL(&core->work, work, link);
	work_run(core);
	return 0;
}

/* ---- Events ---------------------------------------------------------------------------- */

bool hwid_is_told(const struct ioasim_hwid_core *core, uint32_t id)
{
	for (const struct hwid_telling *at = core->telling; at; at = at->outer)
		if (at->id == id)
			return true;
	return false;
}

static void call(const struct hwid_notifier *notifier, enum ioasim_hwid_event event,
		 const struct hwid_set *set, uint32_t id)
{
	if (notifier->handler)
		notifier->handler(notifier->opaque, event, set->number, id);
}

/* K13: both scopes in one order of priority, equal ones in that of registration. */
void hwid_tell(struct ioasim_hwid_core *core, enum ioasim_hwid_event event, struct hwid_set *set,
	       uint32_t id)
{
	const struct hwid_telling telling = {.id = id, .outer = core->telling};
	const struct hwid_notifier *own = TAILQ_FIRST(&set->notifiers), *all = NULL;

	if (event == IOASIM_HWID_FREED)
		all = TAILQ_FIRST(&core->notifiers);
	core->telling = &telling;
	while (own || all) {
		if (!all || (own && before(own, all))) {
			call(own, event, set, id);
			own = TAILQ_NEXT(own, link);
		} else {
			call(all, event, set, id);
			all = TAILQ_NEXT(all, link);
		}
	}
	core->telling = telling.outer;
	sweep_all(core);
	work_run(core);
}
