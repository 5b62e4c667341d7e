/* SPDX-License-Identifier: Apache-2.0 */
/* The generations side by side: every call of both tables is there, and no other. */
#include "uapi_generations.h"
#include "uapi_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static bool in_table(enum uapi_interface interface, const char *name)
{
	struct uapi_view call;

	for (unsigned n = 0; uapi_view(interface, n, &call); n++)
		if (strcmp(call.name, name) == 0)
			return true;
	return false;
}

static bool in_steps(enum uapi_interface interface, const char *name)
{
	const struct uapi_generations *step;

	for (unsigned n = 0; (step = uapi_generations(n)); n++) {
		const char *const *calls = interface == UAPI_IOASID ? step->native : step->iommufd;

		for (unsigned i = 0; i < GENERATION_CALLS && calls[i]; i++)
			if (strcmp(calls[i], name) == 0)
				return true;
	}
	return false;
}

static void steps_name_calls_of_the_tables(void **state)
{
	const struct uapi_generations *step;

	(void)state;
	for (unsigned n = 0; (step = uapi_generations(n)); n++) {
		assert_true(step->allocator || step->native[0] || step->iommufd[0]);
		assert_true(strlen(step->what) && strlen(step->right));
		for (unsigned i = 0; i < GENERATION_CALLS && step->native[i]; i++)
			if (!in_table(UAPI_IOASID, step->native[i]))
				fail_msg("%s is no call of /dev/ioasid", step->native[i]);
		for (unsigned i = 0; i < GENERATION_CALLS && step->iommufd[i]; i++)
			if (!in_table(UAPI_IOMMUFD, step->iommufd[i]))
				fail_msg("%s is no call of iommufd", step->iommufd[i]);
	}
}

static void every_call_has_a_step(void **state)
{
	struct uapi_view call;

	(void)state;
	for (unsigned interface = UAPI_IOASID; interface <= UAPI_IOMMUFD; interface++)
		for (unsigned n = 0; uapi_view((enum uapi_interface)interface, n, &call); n++)
			if (!in_steps((enum uapi_interface)interface, call.name))
				fail_msg("%s stands in no step", call.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_name_calls_of_the_tables),
		cmocka_unit_test(every_call_has_a_step),
	};

	return cmocka_run_group_tests_name("uapi_generations", tests, NULL, NULL);
}
