/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the hardware-ID core: allocation, references, states, private numbers. */
#include "model/uapi/hwid.h"

#include <errno.h>
#include <stdlib.h>

/* Multiplier of a Fibonacci hash. */
#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

struct ioasim_hwid_core *ioasim_hwid_create(void)
{
	struct ioasim_hwid_core *core = calloc(1, sizeof(*core));

	if (!core)
		return NULL;
	core->total = IOASIM_HWID_CAPACITY;
	TAILQ_INIT(&core->notifiers);
	TAILQ_INIT(&core->waiting);
	TAILQ_INIT(&core->work);
	if (ids_init(&core->numbers, 0, IOASIM_HWID_CAPACITY) || hwid_sets_init(core)) {
		ioasim_hwid_destroy(core);
		return NULL;
	}
	return core;
}

void ioasim_hwid_destroy(struct ioasim_hwid_core *core)
{
	if (!core)
		return;
	hwid_sets_fini(core);
	hwid_notifiers_drop(&core->notifiers);
	hwid_notifiers_drop(&core->waiting);
	hwid_work_drop(core);
	ids_fini(&core->numbers);
	for (unsigned i = 0; i < HWID_PIECES; i++)
		free(core->piece[i]);
	free(core->spid_bucket);
	free(core);
}

static struct hwid *entry(const struct ioasim_hwid_core *core, uint32_t id)
{
	return &core->piece[id / HWID_PIECE][id % HWID_PIECE];
}

struct hwid *hwid_find(const struct ioasim_hwid_core *core, uint32_t id)
{
	if (id >= IOASIM_HWID_CAPACITY || !core->piece[id / HWID_PIECE])
		return NULL;
	return entry(core, id)->set ? entry(core, id) : NULL;
}

static struct hwid_set *set_of(const struct ioasim_hwid_core *core, const struct hwid *h)
{
	return core->set[h->set - 1];
}

/* ---- Allocation and release ------------------------------------------------------- */

static void set_link(struct ioasim_hwid_core *core, struct hwid_set *set, uint32_t id)
{
	struct hwid *h = entry(core, id);

	h->set = hwid_set_index(set);
	h->prev = 0;
	h->next = set->first;
	if (set->first)
		entry(core, set->first - 1)->prev = id + 1;
	set->first = id + 1;
	set->count++;
	core->live++;
}

static void set_unlink(struct ioasim_hwid_core *core, struct hwid_set *set, struct hwid *h)
{
	if (h->prev)
		entry(core, h->prev - 1)->next = h->next;
	else
		set->first = h->next;
	if (h->next)
		entry(core, h->next - 1)->prev = h->prev;
	set->count--;
	core->live--;
}

static int number_take(struct ioasim_hwid_core *core, uint32_t min, uint32_t max, uint32_t *id)
{
	struct hwid **piece;

	if (core->live == core->total || ids_alloc_range(&core->numbers, min, max, id))
		return -ENOSPC;
	piece = &core->piece[*id / HWID_PIECE];
	if (!*piece)
		*piece = calloc(HWID_PIECE, sizeof(**piece));
	if (*piece)
		return 0;
	ids_free(&core->numbers, *id);
	return -ENOMEM;
}

int ioasim_hwid_alloc(struct ioasim_hwid_core *core, uint32_t number, uint32_t min, uint32_t max,
		      struct ioasim_cgroup *charge, uint32_t *id)
{
	struct hwid_set *set = hwid_set_find(core, number);
	uint32_t taken;
	int error;

	if (min > max || !set)
		return -EINVAL;
	if (set->quota && set->count >= set->quota)
		return -ENOSPC;
	error = number_take(core, min, max, &taken);
	if (error)
		return error;
	error = cgroup_charge(charge);
	if (error) {
		ids_free(&core->numbers, taken);
		return error;
	}
	*entry(core, taken) = (struct hwid){
		.refs = 1,
		.spid = IOASIM_HWID_NO_SPID,
		.charge = charge,
	};
	set_link(core, set, taken);
	*id = taken;
	hwid_tell(core, IOASIM_HWID_ALLOCATED, set, taken);
	return 0;
}

static uint32_t *spid_bucket(const struct ioasim_hwid_core *core, uint32_t set, uint32_t spid)
{
	uint64_t hash = ((uint64_t)set << 32 | spid) * HASH_FACTOR;

	return &core->spid_bucket[(hash >> 32) % IOASIM_HWID_CAPACITY];
}

static void spid_remove(struct ioasim_hwid_core *core, struct hwid *h, uint32_t id)
{
	uint32_t *link = spid_bucket(core, h->set, h->spid);

	while (*link != id + 1)
		link = &entry(core, *link - 1)->spid_next;
	*link = h->spid_next;
	h->spid = IOASIM_HWID_NO_SPID;
	h->spid_next = 0;
}

/* The last reference is gone. */
static void reclaim(struct ioasim_hwid_core *core, struct hwid *h, uint32_t id)
{
	if (h->spid != IOASIM_HWID_NO_SPID)
		spid_remove(core, h, id);
	set_unlink(core, set_of(core, h), h);
	cgroup_uncharge(h->charge);
	*h = (struct hwid){0};
	ids_free(&core->numbers, id);
}

int ioasim_hwid_get(struct ioasim_hwid_core *core, uint32_t set, uint32_t id)
{
	struct hwid *h = hwid_find(core, id);

	if (!h)
		return -EINVAL;
	if (h->freed)
		return -EBUSY;
	if (set_of(core, h)->number != set)
		return -EACCES;
	h->refs++;
	return 0;
}

bool ioasim_hwid_put(struct ioasim_hwid_core *core, uint32_t set, uint32_t id)
{
	struct hwid *h = hwid_find(core, id);

	if (!h || set_of(core, h)->number != set || hwid_is_told(core, id))
		return false;
	if (--h->refs)
		return false;
	reclaim(core, h, id);
	return true;
}

/* K7: at zero reclaimed without a word, otherwise told once. */
static void release(struct ioasim_hwid_core *core, struct hwid *h, uint32_t id)
{
	h->freed = true;
	if (--h->refs == 0)
		reclaim(core, h, id);
	else
		hwid_tell(core, IOASIM_HWID_FREED, set_of(core, h), id);
}

int ioasim_hwid_free(struct ioasim_hwid_core *core, uint32_t set, uint32_t id)
{
	struct hwid *h = hwid_find(core, id);

	if (!h)
		return -ENOENT;
	if (set_of(core, h)->number != set)
		return -EACCES;
	if (hwid_is_told(core, id))
		return -EDEADLK;
	if (!h->freed)
		release(core, h, id);
	return 0;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int ioasim_hwid_free_all(struct ioasim_hwid_core *core, uint32_t number)
{
	struct hwid_set *set = hwid_set_find(core, number);
	uint32_t count = 0, *list;

	if (!set)
		return -EINVAL;
	list = malloc((set->count + (size_t)1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (uint32_t at = set->first; at; at = entry(core, at - 1)->next)
		list[count++] = at - 1;
	qsort(list, count, sizeof(*list), ascending);
	/* Handlers may have taken one of them meanwhile, or the set: each is looked up. */
	for (uint32_t i = 0; i < count; i++)
		(void)ioasim_hwid_free(core, number, list[i]);
	free(list);
	return 0;
}

/* ---- Private numbers and data ------------------------------------------------------- */

/* Number + 1. */
static uint32_t spid_find(const struct ioasim_hwid_core *core, uint32_t set, uint32_t spid)
{
	uint32_t at = core->spid_bucket ? *spid_bucket(core, set, spid) : 0;

	while (at && (entry(core, at - 1)->set != set || entry(core, at - 1)->spid != spid))
		at = entry(core, at - 1)->spid_next;
	return at;
}

int ioasim_hwid_attach_spid(struct ioasim_hwid_core *core, uint32_t id, uint32_t spid)
{
	struct hwid *h = hwid_find(core, id);
	uint32_t *bucket;

	if (spid == IOASIM_HWID_NO_SPID)
		return -EINVAL;
	if (!h)
		return -ENOENT;
	if (h->spid != IOASIM_HWID_NO_SPID)
		return -EBUSY;
	if (spid_find(core, h->set, spid))
		return -EINVAL;
	if (hwid_is_told(core, id))
		return -EDEADLK;
	if (!core->spid_bucket)
		core->spid_bucket = calloc(IOASIM_HWID_CAPACITY, sizeof(*core->spid_bucket));
	if (!core->spid_bucket)
		return -ENOMEM;
	bucket = spid_bucket(core, h->set, spid);
	h->spid = spid;
	h->spid_next = *bucket;
	*bucket = id + 1;
	hwid_tell(core, IOASIM_HWID_BOUND, set_of(core, h), id);
	return 0;
}

int ioasim_hwid_detach_spid(struct ioasim_hwid_core *core, uint32_t id)
{
	struct hwid *h = hwid_find(core, id);

	if (!h || h->spid == IOASIM_HWID_NO_SPID)
		return -ENOENT;
	if (hwid_is_told(core, id))
		return -EDEADLK;
	/* K9: handlers still see it. */
	hwid_tell(core, IOASIM_HWID_UNBOUND, set_of(core, h), id);
	spid_remove(core, h, id);
	return 0;
}

int ioasim_hwid_find(struct ioasim_hwid_core *core, uint32_t number, uint32_t spid, bool get,
		     uint32_t *id)
{
	struct hwid_set *set = hwid_set_find(core, number);
	uint32_t at;

	*id = IOASIM_HWID_INVALID;
	if (!set)
		return -EINVAL;
	at = spid_find(core, hwid_set_index(set), spid);
	if (!at)
		return 0;
	if (get) {
		int error = ioasim_hwid_get(core, number, at - 1);

		if (error)
			return error;
	}
	*id = at - 1;
	return 0;
}

int ioasim_hwid_get_if_owned(struct ioasim_hwid_core *core, uint32_t id, uint64_t caller)
{
	const struct hwid *h = hwid_find(core, id);
	const struct hwid_set *set = h ? set_of(core, h) : NULL;

	if (!h)
		return -ENOENT;
	if (set->type != IOASIM_HWID_SET_MM)
		return -EINVAL;
	if (set->token != caller)
		return -EPERM;
	return ioasim_hwid_get(core, set->number, id);
}

int ioasim_hwid_attach_data(struct ioasim_hwid_core *core, uint32_t id, void *data)
{
	struct hwid *h = hwid_find(core, id);

	if (!h)
		return -ENOENT;
	if (h->data)
		return -EBUSY;
	h->data = data;
	return 0;
}

void *ioasim_hwid_detach_data(struct ioasim_hwid_core *core, uint32_t id)
{
	struct hwid *h = hwid_find(core, id);
	void *data = h ? h->data : NULL;

	if (h)
		h->data = NULL;
	return data;
}

void *ioasim_hwid_data(const struct ioasim_hwid_core *core, uint32_t id)
{
	const struct hwid *h = hwid_find(core, id);

	return h ? h->data : NULL;
}

/* ---- What a number is ----------------------------------------------------------------- */

enum ioasim_hwid_state ioasim_hwid_state(const struct ioasim_hwid_core *core, uint32_t id)
{
	const struct hwid *h = hwid_find(core, id);

	if (!h)
		return IOASIM_HWID_FREE;
	if (h->freed)
		return IOASIM_HWID_FREE_PENDING;
	return h->refs == 1 ? IOASIM_HWID_IDLE : IOASIM_HWID_ACTIVE;
}

uint32_t ioasim_hwid_refs(const struct ioasim_hwid_core *core, uint32_t id)
{
	const struct hwid *h = hwid_find(core, id);

	return h ? h->refs : 0;
}

uint32_t ioasim_hwid_spid(const struct ioasim_hwid_core *core, uint32_t id)
{
	const struct hwid *h = hwid_find(core, id);

	return h ? h->spid : IOASIM_HWID_NO_SPID;
}

int ioasim_hwid_move(struct ioasim_hwid_core *core, uint32_t id, struct ioasim_cgroup *to)
{
	struct hwid *h = hwid_find(core, id);

	if (!h)
		return -ENOENT;
	cgroup_uncharge(h->charge);
	cgroup_charge_anyway(to);
	h->charge = to;
	return 0;
}
