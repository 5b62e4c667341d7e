/* SPDX-License-Identifier: Apache-2.0 */
#include "tags.h"

#include <stdlib.h>

#define TAGS_MAX (UINT32_C(1) << 30)

/* The place of a tag, or the free one where it would go. Open addressing, linear. */
static uint32_t *place_of(const struct tags *tags, const struct tags_tag *tag)
{
	uint64_t hash = cache_hash(tag->index ^ cache_hash(tag->key0 ^ cache_hash(tag->key1)));

	for (uint32_t i = (uint32_t)hash;; i++) {
		uint32_t *place = &tags->place[i & (tags->places - 1)];
		const struct tags_tag *there;

		if (!*place)
			return place;
		there = &tags->tag[*place - 1];
		if (there->index == tag->index && there->key0 == tag->key0 &&
		    there->key1 == tag->key1)
			return place;
	}
}

static bool grow(struct tags *tags)
{
	uint32_t room = tags->room ? tags->room * 2 : 64;
	struct tags_tag *bigger;
	uint32_t *place;

	if (room > TAGS_MAX)
		return false;
	bigger = reallocarray(tags->tag, room, sizeof(*bigger));
	if (!bigger)
		return false;
	tags->tag = bigger;
	place = calloc(room, 2 * sizeof(*place));
	if (!place)
		return false;
	free(tags->place);
	tags->place = place;
	tags->places = 2 * room;
	tags->room = room;
	for (uint32_t i = 0; i < tags->count; i++)
		*place_of(tags, &tags->tag[i]) = i + 1;
	return true;
}

void tags_fini(struct tags *tags)
{
	free(tags->tag);
	free(tags->place);
	*tags = (struct tags){0};
}

static struct tags_tag tag_of(const struct cache_slot *slot)
{
	return (struct tags_tag){slot->index, slot->key0, slot->key1};
}

uint32_t tags_find(const struct tags *tags, const struct cache_slot *slot)
{
	const struct tags_tag tag = tag_of(slot);

	/* TAGS_NONE is one below 0. */
	return tags->places ? *place_of(tags, &tag) - 1 : TAGS_NONE;
}

uint32_t tags_number(struct tags *tags, const struct cache_slot *slot)
{
	const struct tags_tag tag = tag_of(slot);
	uint32_t number = tags_find(tags, slot);

	if (number != TAGS_NONE)
		return number;
	if (tags->count == tags->room && !grow(tags))
		return TAGS_NONE;
	*place_of(tags, &tag) = tags->count + 1;
	tags->tag[tags->count] = tag;
	return tags->count++;
}
