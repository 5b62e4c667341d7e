/* SPDX-License-Identifier: Apache-2.0 */
/* Capacity and sets of the hardware-ID core (K1 to K3). */
#include "model/uapi/hwid.h"

#include <errno.h>
#include <stdlib.h>

/* A set's number: its index, and above it which use of that index it is. */
#define SET_INDEX_BITS 20
#define SETS_MAX       (1u << SET_INDEX_BITS)
#define TURNS          (1u << (32 - SET_INDEX_BITS))

#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

int hwid_sets_init(struct ioasim_hwid_core *core)
{
	/* Index 0 is left out, so that no set has the number 0. */
	return ids_init(&core->set_index, 1, SETS_MAX);
}

void hwid_sets_fini(struct ioasim_hwid_core *core)
{
	for (uint32_t i = 0; i < core->sets; i++) {
		if (core->set[i])
			hwid_notifiers_drop(&core->set[i]->notifiers);
		free(core->set[i]);
	}
	free(core->set);
	ids_fini(&core->set_index);
}

uint32_t hwid_set_index(const struct hwid_set *set)
{
	return set->number % SETS_MAX + 1;
}

struct hwid_set *hwid_set_find(const struct ioasim_hwid_core *core, uint32_t number)
{
	uint32_t index = number % SETS_MAX;

	if (!number || index >= core->sets || !core->set[index])
		return NULL;
	return core->set[index]->number == number ? core->set[index] : NULL;
}

static uint32_t *token_bucket(struct ioasim_hwid_core *core, uint64_t token)
{
	return &core->token_bucket[(token * HASH_FACTOR >> 32) % HWID_TOKEN_BUCKETS];
}

struct hwid_set *hwid_set_by_token(const struct ioasim_hwid_core *core, uint64_t token,
				   enum ioasim_hwid_type type)
{
	uint32_t at = core->token_bucket[(token * HASH_FACTOR >> 32) % HWID_TOKEN_BUCKETS];

	while (at) {
		struct hwid_set *set = core->set[at - 1];

		if (set->token == token && set->type == type)
			return set;
		at = set->token_next;
	}
	return NULL;
}

/* ---- Capacity --------------------------------------------------------------------- */

int ioasim_hwid_capacity(struct ioasim_hwid_core *core, uint32_t total)
{
	if (!total || total > IOASIM_HWID_CAPACITY)
		return -EINVAL;
	if (core->total_set)
		return 0;
	/* What is out already stays out. */
	if (total < core->taken || total < core->live)
		return -EINVAL;
	core->total = total;
	core->total_set = true;
	return 0;
}

uint32_t ioasim_hwid_left(const struct ioasim_hwid_core *core)
{
	return core->total - core->taken;
}

int ioasim_hwid_reserve(struct ioasim_hwid_core *core, uint32_t n)
{
	uint32_t left = ioasim_hwid_left(core);

	if (n > left)
		return -ENOSPC;
	if (n == 0)
		n = left;
	core->taken += n;
	core->reserved += n;
	return (int)n;
}

int ioasim_hwid_cancel(struct ioasim_hwid_core *core, uint32_t n)
{
	if (n > core->reserved)
		return -EINVAL;
	core->taken -= n;
	core->reserved -= n;
	return (int)n;
}

/* ---- Sets --------------------------------------------------------------------------- */

/* An index in the array, which grows by halves. */
static int index_take(struct ioasim_hwid_core *core, uint32_t *index)
{
	int error = ids_alloc(&core->set_index, index);

	if (error || *index < core->sets)
		return error ? -ENOMEM : 0;

	uint32_t room = *index + *index / 2 + 8;
	struct hwid_set **grown = realloc(core->set, room * sizeof(*grown));

	if (!grown) {
		ids_free(&core->set_index, *index);
		return -ENOMEM;
	}
	for (uint32_t i = core->sets; i < room; i++)
		grown[i] = NULL;
	core->set = grown;
	core->sets = room;
	return 0;
}

static int set_check(const struct ioasim_hwid_core *core, uint64_t token, uint32_t quota,
		     enum ioasim_hwid_type type)
{
	if ((unsigned)type >= IOASIM_HWID_SET_TYPES)
		return -EINVAL;
	if (quota > ioasim_hwid_left(core))
		return -ENOSPC;
	if ((type == IOASIM_HWID_SET_NONE) != (token == 0))
		return -EINVAL;
	if (token && hwid_set_by_token(core, token, type))
		return -EEXIST;
	return 0;
}

static uint32_t next_turn(struct ioasim_hwid_core *core)
{
	return (uint32_t)(core->order++ % TURNS);
}

int ioasim_hwid_set_alloc(struct ioasim_hwid_core *core, uint64_t token, uint32_t quota,
			  enum ioasim_hwid_type type, uint32_t *number)
{
	int error = set_check(core, token, quota, type);
	struct hwid_set *set;
	uint32_t index;

	if (error)
		return error;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	error = index_take(core, &index);
	if (error) {
		free(set);
		return error;
	}
	set->number = index | next_turn(core) << SET_INDEX_BITS;
	set->type = type;
	set->token = token;
	set->quota = quota;
	TAILQ_INIT(&set->notifiers);
	core->taken += quota;
	core->set[index] = set;
	if (token) {
		set->token_next = *token_bucket(core, token);
		*token_bucket(core, token) = index + 1;
	}
	hwid_notifiers_adopt(core, set);
	*number = set->number;
	return 0;
}

int ioasim_hwid_set_free(struct ioasim_hwid_core *core, uint32_t number)
{
	struct hwid_set *set = hwid_set_find(core, number);
	uint32_t index = number % SETS_MAX;

	if (!set)
		return -EINVAL;
	/* An event of the set that is being told still needs it. */
	if (set->count || core->telling)
		return -EBUSY;
	if (set->token) {
		uint32_t *link = token_bucket(core, set->token);

		while (*link != index + 1)
			link = &core->set[*link - 1]->token_next;
		*link = set->token_next;
	}
	core->taken -= set->quota;
	core->set[index] = NULL;
	ids_free(&core->set_index, index);
	hwid_notifiers_drop(&set->notifiers);
	free(set);
	return 0;
}

uint32_t ioasim_hwid_set_count(const struct ioasim_hwid_core *core, uint32_t number)
{
	const struct hwid_set *set = hwid_set_find(core, number);

	return set ? set->count : 0;
}
