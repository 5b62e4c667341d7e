/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of all generations in one shape, for who prints them (cmd_uapi.c). */
#ifndef SIM_UAPI_VIEW_H
#define SIM_UAPI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define UAPI_MEMBERS 24
#define UAPI_CHECKS  40

enum uapi_interface { UAPI_IOASID, UAPI_IOMMUFD };

struct uapi_member {
	const char *name, *kind, *text;
	unsigned offset, bytes;
	uint64_t known;
};

struct uapi_check {
	const char *rule, *text; /* rule NULL: behind the last */
	int error;
};

struct uapi_view {
	const char *name, *on, *text, *returns;
	const char *structure; /* NULL: the argument is a number */
	uint32_t number;
	unsigned size, minimum;
	bool everywhere; /* on all architectures */
	struct uapi_member member[UAPI_MEMBERS + 1]; /* ends with name NULL */
	struct uapi_check check[UAPI_CHECKS + 1];
};

/* The n-th call of an interface; false: there are no more. */
bool uapi_view(enum uapi_interface interface, unsigned n, struct uapi_view *view);
/* What the dispatcher checks of any call, before the checks of its own. */
const struct uapi_check *uapi_common(enum uapi_interface interface);

#endif
