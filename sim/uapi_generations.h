/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three generations of the uAPI, step by step: the in-kernel allocator with its sets,
 * /dev/ioasid with the device's descriptor, and iommufd.
 */
#ifndef SIM_UAPI_GENERATIONS_H
#define SIM_UAPI_GENERATIONS_H

#define GENERATION_CALLS 4

struct uapi_generations {
	const char *what; /* what a user wants */
	const char *allocator; /* function of <ioasim/hwid.h>; NULL: none */
	const char *native[GENERATION_CALLS]; /* calls of /dev/ioasid; ends with NULL */
	const char *iommufd[GENERATION_CALLS];
	const char *right; /* what each got right, or what the later one changed and why */
};

/* The n-th step; NULL behind the last. */
const struct uapi_generations *uapi_generations(unsigned n);

#endif
