/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The right word nearest to a mistyped one. Offer all right words, then ask:
 *
 *	struct nearest near = nearest_to("iotbl");
 *	nearest_offer(&near, "iotlb");
 *	nearest_word(&near)	-> "iotlb", or NULL if nothing is near enough
 */
#ifndef SIM_NEAREST_H
#define SIM_NEAREST_H

struct nearest {
	const char *typed;
	const char *best;
	unsigned distance;
};

struct nearest nearest_to(const char *typed);
void nearest_offer(struct nearest *nearest, const char *word);

/* Near enough: at most one slip in two letters, and at most three. */
const char *nearest_word(const struct nearest *nearest);

/* nearest_word() as the end of a message: " (did you mean 'iotlb'?)", or "". The
 * text lies in the buffer. */
#define NEAREST_HINT_SIZE 96
const char *nearest_hint(const struct nearest *nearest, char buffer[NEAREST_HINT_SIZE]);

#endif
