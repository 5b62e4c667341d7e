/* SPDX-License-Identifier: Apache-2.0 */
#include "hwid_rig.h"

struct hwid_heard hwid_heard[64];
unsigned hwid_heard_count;

void hwid_listen(void *opaque, enum ioasim_hwid_event event, uint32_t set, uint32_t id)
{
	const struct hwid_listener *listener = opaque;

	assert_true(hwid_heard_count < 64);
	hwid_heard[hwid_heard_count++] = (struct hwid_heard){listener->who, event, set, id};
}

const char *hwid_heard_by(void)
{
	static char who[65];
	unsigned i;

	for (i = 0; i < hwid_heard_count; i++)
		who[i] = hwid_heard[i].who;
	who[i] = 0;
	hwid_heard_count = 0;
	return who;
}

int hwid_setup(void **state)
{
	static struct hwid_rig rig;

	hwid_heard_count = 0;
	rig.core = ioasim_hwid_create();
	assert_non_null(rig.core);
	assert_int_equal(
		ioasim_hwid_set_alloc(rig.core, HWID_TOKEN_A, 0, IOASIM_HWID_SET_MM, &rig.a), 0);
	assert_int_equal(
		ioasim_hwid_set_alloc(rig.core, HWID_TOKEN_B, 0, IOASIM_HWID_SET_FD, &rig.b), 0);
	*state = &rig;
	return 0;
}

int hwid_teardown(void **state)
{
	ioasim_hwid_destroy(((struct hwid_rig *)*state)->core);
	return 0;
}

uint32_t hwid_number(const struct hwid_rig *rig, uint32_t set)
{
	uint32_t id;

	assert_int_equal(ioasim_hwid_alloc(rig->core, set, 1, 1000, NULL, &id), 0);
	return id;
}
