/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of commands (enum ioasim_command_class): words as the specifications code them. */
#include "driver_bench.h"

struct coded {
	const char *arch;
	uint64_t word0;
	enum ioasim_command_class class;
};

/* VT-d 6.5.2: type in bits 3:0; AMD-Vi 2.4: opcode in 63:60; SMMUv3 4: opcode in 7:0. */
static const struct coded commands[] = {
	{"vtd", 0x0, IOASIM_COMMAND_OTHER},
	{"vtd", 0x1, IOASIM_COMMAND_CFG},
	{"vtd", 0x2, IOASIM_COMMAND_TLB},
	{"vtd", 0x3, IOASIM_COMMAND_ATC},
	{"vtd", 0x4, IOASIM_COMMAND_OTHER},
	{"vtd", 0x5, IOASIM_COMMAND_SYNC},
	{"vtd", 0x5 | 1 << 7, IOASIM_COMMAND_PRQ}, /* PD */
	{"vtd", 0x6, IOASIM_COMMAND_TLB},
	{"vtd", 0x7, IOASIM_COMMAND_PASID},
	{"vtd", 0x8, IOASIM_COMMAND_ATC},
	{"vtd", 0x9, IOASIM_COMMAND_PRQ},
	{"vtd", 0xf, IOASIM_COMMAND_OTHER},
	{"amdvi", UINT64_C(0) << 60, IOASIM_COMMAND_OTHER},
	{"amdvi", UINT64_C(1) << 60, IOASIM_COMMAND_SYNC},
	{"amdvi", UINT64_C(2) << 60, IOASIM_COMMAND_CFG},
	{"amdvi", UINT64_C(3) << 60, IOASIM_COMMAND_TLB},
	{"amdvi", UINT64_C(4) << 60, IOASIM_COMMAND_ATC},
	{"amdvi", UINT64_C(5) << 60, IOASIM_COMMAND_OTHER},
	{"amdvi", UINT64_C(6) << 60, IOASIM_COMMAND_OTHER},
	{"amdvi", UINT64_C(7) << 60, IOASIM_COMMAND_PRQ},
	{"amdvi", UINT64_C(8) << 60, IOASIM_COMMAND_TLB},
	{"amdvi", UINT64_C(15) << 60, IOASIM_COMMAND_OTHER},
	{"smmuv3", 0x01, IOASIM_COMMAND_OTHER},
	{"smmuv3", 0x03, IOASIM_COMMAND_CFG},
	{"smmuv3", 0x04, IOASIM_COMMAND_CFG},
	{"smmuv3", 0x05, IOASIM_COMMAND_PASID},
	{"smmuv3", 0x06, IOASIM_COMMAND_PASID},
	{"smmuv3", 0x10, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x11, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x12, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x13, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x20, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x21, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x22, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x23, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x28, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x2a, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x30, IOASIM_COMMAND_TLB},
	{"smmuv3", 0x40, IOASIM_COMMAND_ATC},
	{"smmuv3", 0x41, IOASIM_COMMAND_PRQ},
	{"smmuv3", 0x44, IOASIM_COMMAND_PRQ},
	{"smmuv3", 0x45, IOASIM_COMMAND_PRQ},
	{"smmuv3", 0x46, IOASIM_COMMAND_SYNC},
	{"smmuv3", 0xff, IOASIM_COMMAND_OTHER},
};

static void every_command_has_the_class_of_what_it_is_for(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct ioasim_arch *arch = arch_find(commands[i].arch);
		uint64_t words[4] = {commands[i].word0};

		if (arch->command_class(words, 4) != commands[i].class)
			fail_msg("%s %#" PRIx64, commands[i].arch, commands[i].word0);
	}
}

static void nothing_is_of_no_class(void **state)
{
	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++)
		assert_int_equal(ioasim_archs[i]->command_class(NULL, 0), IOASIM_COMMAND_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_the_class_of_what_it_is_for),
		cmocka_unit_test(nothing_is_of_no_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
