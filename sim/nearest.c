/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Longer words are typed by programs, and a hint would be of no use to those. */
#define WORD_MAX 40

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strnlen(a, WORD_MAX + 1), nb = strnlen(b, WORD_MAX + 1);
	unsigned row[3][WORD_MAX + 1];
	unsigned *before = row[0], *above = row[1], *now = row[2];

	if (na > WORD_MAX || nb > WORD_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= nb; j++)
		above[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		now[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned differs = a[i - 1] != b[j - 1];

			now[j] = min3(above[j] + 1, now[j - 1] + 1, above[j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		unsigned *spare = before;

		before = above;
		above = now;
		now = spare;
	}
	return above[nb];
}

struct nearest nearest_to(const char *typed)
{
	return (struct nearest){.typed = typed, .distance = UINT_MAX};
}

void nearest_offer(struct nearest *nearest, const char *word)
{
	unsigned d = distance(nearest->typed, word);

	if (d < nearest->distance) {
		nearest->best = word;
		nearest->distance = d;
	}
}

const char *nearest_word(const struct nearest *nearest)
{
	size_t slips = strlen(nearest->typed) / 2;

	if (slips > 3)
		slips = 3;
	return nearest->best && nearest->distance <= slips ? nearest->best : NULL;
}

const char *nearest_hint(const struct nearest *nearest, char buffer[NEAREST_HINT_SIZE])
{
	const char *word = nearest_word(nearest);

	buffer[0] = '\0';
	if (word)
		snprintf(buffer, NEAREST_HINT_SIZE, " (did you mean '%s'?)", word);
	return buffer;
}
