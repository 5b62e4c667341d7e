/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the entries that the unit reads, for people (2.2.2, 2.2.3, 2.2.6). */
#include "amdvi/arch.h"
#include "amdvi/structures.h"

#define END                   \
	{                     \
		NULL, 0, 0, 0 \
	}

static const struct arch_field device_table[] = {
	{"V", 0, AMDVI_DTE_0_V},
	{"TV", 0, AMDVI_DTE_0_TV},
	{"HAD", 0, AMDVI_DTE_0_HAD},
	{"Mode", 0, AMDVI_DTE_0_MODE},
	{"HostPageTableRoot", 0, AMDVI_DTE_0_HOST_ROOT},
	{"PPR", 0, AMDVI_DTE_0_PPR},
	{"GPRP", 0, AMDVI_DTE_0_GPRP},
	{"GIoV", 0, AMDVI_DTE_0_GIOV},
	{"GV", 0, AMDVI_DTE_0_GV},
	{"GLX", 0, AMDVI_DTE_0_GLX},
	{"GCR3TRP[14:12]", 0, AMDVI_DTE_0_GCR3_TRP_14_12},
	{"IR", 0, AMDVI_DTE_0_IR},
	{"IW", 0, AMDVI_DTE_0_IW},
	{"DomainID", 1, AMDVI_DTE_1_DOMAINID},
	{"GCR3TRP[30:15]", 1, AMDVI_DTE_1_GCR3_TRP_30_15},
	{"I", 1, AMDVI_DTE_1_I},
	{"SE", 1, AMDVI_DTE_1_SE},
	{"SA", 1, AMDVI_DTE_1_SA},
	{"IoCtl", 1, AMDVI_DTE_1_IOCTL},
	{"Cache", 1, AMDVI_DTE_1_CACHE},
	{"SD", 1, AMDVI_DTE_1_SD},
	{"EX", 1, AMDVI_DTE_1_EX},
	{"SysMgt", 1, AMDVI_DTE_1_SYSMGT},
	{"GCR3TRP[51:31]", 1, AMDVI_DTE_1_GCR3_TRP_51_31},
	{"IV", 2, AMDVI_DTE_2_IV},
	{"IntTabLen", 2, AMDVI_DTE_2_INTTABLEN},
	{"IG", 2, AMDVI_DTE_2_IG},
	{"IntTableRoot", 2, AMDVI_DTE_2_INT_ROOT},
	{"GuestPagingMode", 2, AMDVI_DTE_2_GUESTPAGINGMODE},
	{"IntCtl", 2, AMDVI_DTE_2_INTCTL},
	END,
};

static const struct arch_field gcr3_pointer[] = {
	{"V", 0, AMDVI_GCR3_V},
	{"Address", 0, AMDVI_GCR3_ADDR},
	END,
};

static const struct arch_field gcr3_last[] = {
	{"V", 0, AMDVI_GCR3_V},
	{"PWT", 0, AMDVI_GCR3_PWT},
	{"PCD", 0, AMDVI_GCR3_PCD},
	{"GCR3", 0, AMDVI_GCR3_ADDR},
	END,
};

static const struct arch_field host_pointer[] = {
	{"PR", 0, AMDVI_HOST_PR},
	{"A", 0, AMDVI_HOST_A},
	{"NextLevel", 0, AMDVI_HOST_NEXTLEVEL},
	{"NextTable", 0, AMDVI_HOST_ADDR},
	{"IR", 0, AMDVI_HOST_IR},
	{"IW", 0, AMDVI_HOST_IW},
	END,
};

static const struct arch_field host_leaf[] = {
	{"PR", 0, AMDVI_HOST_PR},
	{"A", 0, AMDVI_HOST_A},
	{"D", 0, AMDVI_HOST_D},
	{"NextLevel", 0, AMDVI_HOST_NEXTLEVEL},
	{"PageAddress", 0, AMDVI_HOST_ADDR},
	{"U", 0, AMDVI_HOST_U},
	{"FC", 0, AMDVI_HOST_FC},
	{"IR", 0, AMDVI_HOST_IR},
	{"IW", 0, AMDVI_HOST_IW},
	END,
};

static const struct arch_field guest_pointer[] = {
	{"P", 0, AMDVI_GUEST_P},     {"R/W", 0, AMDVI_GUEST_RW},
	{"U/S", 0, AMDVI_GUEST_US},  {"PWT", 0, AMDVI_GUEST_PWT},
	{"PCD", 0, AMDVI_GUEST_PCD}, {"A", 0, AMDVI_GUEST_A},
	{"PS", 0, AMDVI_GUEST_PS},   {"Address", 0, AMDVI_GUEST_ADDR},
	{"NX", 0, AMDVI_GUEST_NX},   END,
};

static const struct arch_field guest_leaf[] = {
	{"P", 0, AMDVI_GUEST_P},          {"R/W", 0, AMDVI_GUEST_RW},    {"U/S", 0, AMDVI_GUEST_US},
	{"PWT", 0, AMDVI_GUEST_PWT},      {"PCD", 0, AMDVI_GUEST_PCD},   {"A", 0, AMDVI_GUEST_A},
	{"D", 0, AMDVI_GUEST_D},          {"PS/PAT", 0, AMDVI_GUEST_PS}, {"G", 0, AMDVI_GUEST_G},
	{"Address", 0, AMDVI_GUEST_ADDR}, {"NX", 0, AMDVI_GUEST_NX},     END,
};

/* The numbers of the specification count levels from 1. */
#define LEVEL_TITLES(what)                                                                      \
	{                                                                                       \
		what " at level 1", what " at level 2", what " at level 3", what " at level 4", \
			what " at level 5", what " at level 6"                                  \
	}

static const char *const gcr3_titles[IOASIM_LEVELS] = LEVEL_TITLES("GCR3 table entry");
static const char *const host_titles[3][IOASIM_LEVELS] = {
	LEVEL_TITLES("host entry, empty,"),
	LEVEL_TITLES("host PDE"),
	LEVEL_TITLES("host PTE"),
};
static const char *const guest_titles[3][IOASIM_LEVELS] = {
	LEVEL_TITLES("guest entry, empty,"),
	LEVEL_TITLES("guest PDE"),
	LEVEL_TITLES("guest PTE"),
};

enum content { EMPTY, POINTER, LEAF };

static const struct arch_field *describe_host(uint64_t entry, unsigned level, const char **title)
{
	uint64_t next = field_get(AMDVI_HOST_NEXTLEVEL, entry);
	enum content is = POINTER;

	if (!field_get(AMDVI_HOST_PR, entry))
		is = EMPTY;
	else if (next == AMDVI_NEXTLEVEL_PAGE || next == AMDVI_NEXTLEVEL_SIZE)
		is = LEAF;
	*title = host_titles[is][level];
	return is == LEAF ? host_leaf : host_pointer;
}

static const struct arch_field *describe_guest(uint64_t entry, unsigned level, const char **title)
{
	enum content is = POINTER;

	if (!field_get(AMDVI_GUEST_P, entry))
		is = EMPTY;
	else if (level == 0 || (level <= AMDVI_GUEST_LARGE_MAX && field_get(AMDVI_GUEST_PS, entry)))
		is = LEAF;
	*title = guest_titles[is][level];
	return is == LEAF ? guest_leaf : guest_pointer;
}

const struct arch_field *amdvi_describe(const struct ioasim_unit *unit,
					const struct ioasim_fetch *fetch, const char **title)
{
	unsigned level = fetch->level < IOASIM_LEVELS ? fetch->level : IOASIM_LEVELS - 1;

	(void)unit;
	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		*title = "device table entry";
		return device_table;
	case IOASIM_REF_PASID_TABLE:
		*title = gcr3_titles[level];
		return level ? gcr3_pointer : gcr3_last;
	case IOASIM_REF_STAGE1:
		return describe_guest(fetch->entry[0], level, title);
	case IOASIM_REF_STAGE2:
	case IOASIM_REF_STAGE2_FOR_STAGE1:
	case IOASIM_REF_STAGE2_FOR_PASID_TABLE:
		return describe_host(fetch->entry[0], level, title);
	case IOASIM_REF_KINDS:
		break;
	}
	*title = "unknown entry";
	return &gcr3_pointer[sizeof(gcr3_pointer) / sizeof(gcr3_pointer[0]) - 1];
}
