/* SPDX-License-Identifier: Apache-2.0 */
/* Machine files with devices: what is read, and what is refused where. */
#include "topology.h"

#include "cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/ioasim-topology-XXXXXX";

struct tried {
	struct topology topology;
	char said[512];
	int status;
};

static void try(struct tried *tried, const char *text, bool as_machine)
{
	FILE *stream = tmpfile();
	struct message message;
	FILE *file = fopen(path, "w");

	*tried = (struct tried){.status = 0};
	assert_non_null(stream);
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	message_init(&message, stream);
	if (as_machine)
		tried->status = machine_load(&tried->topology.machine,
					     &(struct machine_source){.path = path}, &message);
	else
		tried->status = topology_load(&tried->topology, path, &message);
	rewind(stream);
	tried->said[fread(tried->said, 1, sizeof(tried->said) - 1, stream)] = '\0';
	fclose(stream);
}

static const char machine[] = "arch: amdvi\n"
			      "caches:\n"
			      "  iotlb: {entries: 12, ways: 3}\n"
			      "devices:\n"
			      "  pf: {bdf: \"01:00.0\", driver: kernel}\n"
			      "  vf: {bdf: \"01:00.1\", pf: pf, pasid: 8, caps: [ats, pri]}\n";

static void devices_are_read_as_in_scenarios(void **state)
{
	const struct scn_device *vf;
	struct tried tried;

	(void)state;
	try(&tried, machine, false);
	assert_int_equal(tried.status, 0);
	assert_string_equal(tried.topology.machine.arch->name, "amdvi");
	assert_int_equal(tried.topology.machine.unit.cache[IOASIM_CACHE_IOTLB].entries, 12);
	assert_int_equal(tried.topology.devices, 2);
	vf = &tried.topology.device[1];
	assert_string_equal(vf->name, "vf");
	assert_int_equal(vf->config.requester_id, 0x101);
	assert_int_equal(vf->config.pf, 0);
	assert_int_equal(vf->config.pasid_bits, 8);
	assert_int_equal(vf->config.capabilities, IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI);
	topology_free(&tried.topology);
}

static void a_machine_needs_no_devices(void **state)
{
	struct tried tried;

	(void)state;
	try(&tried, "arch: vtd\n", false);
	assert_int_equal(tried.status, 0);
	assert_int_equal(tried.topology.devices, 0);
	topology_free(&tried.topology);
}

static void errors_have_a_place(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"arch: vtd\ndevices: 3\n", ":2:10: "},
		{"arch: vtd\ndevices:\n  d: {bdf: \"0:5.0\", cap: [ats]}\n",
		 ":3:21: unknown key 'cap' (did you mean 'caps'?)"},
		{"arch: vtd\ndevices:\n  d: {bdf: 5}\n", ":3:12: "},
		{"arch: vtd\ndevices:\n  m: {parent: d}\n", ":3:15: "},
		{"arch: vtd\ndevice: {}\n", ":2:1: unknown key 'device'"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tried tried;

		try(&tried, cases[i].text, false);
		assert_int_equal(tried.status, CMD_INPUT);
		if (!strstr(tried.said, cases[i].said))
			fail_msg("'%s' is not in: %s", cases[i].said, tried.said);
		topology_free(&tried.topology);
	}
}

static void a_replay_has_the_devices_of_its_trace(void **state)
{
	struct tried tried;

	(void)state;
	try(&tried, machine, true);
	assert_int_equal(tried.status, CMD_INPUT);
	assert_non_null(strstr(tried.said, ":4:1: unknown key 'devices'"));
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_read_as_in_scenarios),
		cmocka_unit_test(a_machine_needs_no_devices),
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(a_replay_has_the_devices_of_its_trace),
	};

	return cmocka_run_group_tests_name("topology", tests, setup, teardown);
}
