/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_atc.h"

#include <errno.h>
#include <stdlib.h>

int gen_atc_init(struct gen_atc *atc, size_t entries)
{
	*atc = (struct gen_atc){.entries = calloc(entries, sizeof(*atc->entries))};
	if (!atc->entries)
		return -ENOMEM;
	for (size_t i = entries; i-- > 0;) {
		atc->entries[i].newer = atc->unused;
		atc->unused = &atc->entries[i];
	}
	return 0;
}

void gen_atc_fini(struct gen_atc *atc)
{
	free(atc->entries);
	idmap_fini(&atc->by_key);
	*atc = (struct gen_atc){0};
}

static void unlink_entry(struct gen_atc *atc, struct gen_atc_entry *entry)
{
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		atc->oldest = entry->newer;
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		atc->newest = entry->older;
}

static void link_newest(struct gen_atc *atc, struct gen_atc_entry *entry)
{
	entry->older = atc->newest;
	entry->newer = NULL;
	if (atc->newest)
		atc->newest->newer = entry;
	else
		atc->oldest = entry;
	atc->newest = entry;
}

bool gen_atc_hit(struct gen_atc *atc, uint64_t key)
{
	struct gen_atc_entry *entry = idmap_get(&atc->by_key, key);

	if (!entry)
		return false;
	unlink_entry(atc, entry);
	link_newest(atc, entry);
	return true;
}

int gen_atc_fill(struct gen_atc *atc, uint64_t key)
{
	struct gen_atc_entry *entry;

	if (!atc->unused)
		gen_atc_remove(atc, atc->oldest->key);
	entry = atc->unused;
	if (idmap_put(&atc->by_key, key, entry))
		return -ENOMEM;
	atc->unused = entry->newer;
	entry->key = key;
	link_newest(atc, entry);
	return 0;
}

void gen_atc_remove(struct gen_atc *atc, uint64_t key)
{
	struct gen_atc_entry *entry = idmap_get(&atc->by_key, key);

	if (!entry)
		return;
	unlink_entry(atc, entry);
	(void)idmap_put(&atc->by_key, key, NULL);
	entry->newer = atc->unused;
	atc->unused = entry;
}
