/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the hardware-ID core share: a core with two sets, and a listener. */
#ifndef TESTS_HWID_RIG_H
#define TESTS_HWID_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ioasim/hwid.h>

#define HWID_TOKEN_A 0xa
#define HWID_TOKEN_B 0xb

/* Set a is of type mm, b of type fd, both without quota. */
struct hwid_rig {
	struct ioasim_hwid_core *core;
	uint32_t a, b;
};

struct hwid_listener {
	char who;
};

struct hwid_heard {
	char who;
	enum ioasim_hwid_event event;
	uint32_t set, id;
};

/* What listeners heard since hwid_heard_by() was last called. */
extern struct hwid_heard hwid_heard[64];
extern unsigned hwid_heard_count;

/* A handler; its opaque is a struct hwid_listener. */
void hwid_listen(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id);
/* The letters of who heard, in order. */
const char *hwid_heard_by(void);

int hwid_setup(void **state);
int hwid_teardown(void **state);
/* A number of the set, the lowest from 1 up. */
uint32_t hwid_number(const struct hwid_rig *rig, uint32_t set);

#define HWID_TEST(name) cmocka_unit_test_setup_teardown(name, hwid_setup, hwid_teardown)

#endif
