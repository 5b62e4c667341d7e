/* SPDX-License-Identifier: Apache-2.0 */
#include "model/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int number_take(struct ids *ids, uint32_t *number)
{
	uint32_t count = ids->count;
	struct ids more;
	int error = ids_alloc(ids, number);

	if (error != -ENOSPC)
		return error;
	if (count == IDS_MAX)
		return -ENOSPC;
	/* All are taken: twice as many, of which the lower half is. */
	error = ids_init(&more, count, count > IDS_MAX / 2 ? IDS_MAX : 2 * count);
	if (error)
		return error;
	ids_fini(ids);
	*ids = more;
	return ids_alloc(ids, number);
}

void *numbers_reach(const struct ids *ids, uint32_t number, void *slots, uint32_t *room)
{
	char *grown;

	if (number < *room)
		return slots;
	grown = realloc(slots, ids->count * sizeof(void *));
	if (!grown)
		return NULL;
	memset(grown + *room * sizeof(void *), 0, (ids->count - *room) * sizeof(void *));
	*room = ids->count;
	return grown;
}
