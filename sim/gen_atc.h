/* SPDX-License-Identifier: Apache-2.0 */
/* Translations that a device keeps: fully associative, the least recently used goes. */
#ifndef SIM_GEN_ATC_H
#define SIM_GEN_ATC_H

#include "idmap.h"

#include <stdbool.h>
#include <stdint.h>

struct gen_atc_entry {
	uint64_t key;
	struct gen_atc_entry *older, *newer;
};

struct gen_atc {
	struct gen_atc_entry *entries;
	struct idmap by_key;
	struct gen_atc_entry *oldest, *newest, *unused;
};

/* -ENOMEM. */
int gen_atc_init(struct gen_atc *atc, size_t entries);
void gen_atc_fini(struct gen_atc *atc);
/* Is the key there? Then it is the newest. */
bool gen_atc_hit(struct gen_atc *atc, uint64_t key);
/* Takes a key that is not there. -ENOMEM. */
int gen_atc_fill(struct gen_atc *atc, uint64_t key);
void gen_atc_remove(struct gen_atc *atc, uint64_t key);

#endif
