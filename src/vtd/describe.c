/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the entries that the unit reads, for people (chapter 9). */
#include "vtd/arch.h"
#include "vtd/structures.h"
#include "vtd/unit.h"

#define END                   \
	{                     \
		NULL, 0, 0, 0 \
	}

static const struct arch_field root[] = {
	{"P", 0, VTD_ROOT_P},
	{"CTP", 0, VTD_ROOT_CTP},
	END,
};

/* One half: the one that serves the requester's devfn. */
static const struct arch_field scalable_root[] = {
	{"LP/UP", 0, VTD_ROOT_P},
	{"LCTP/UCTP", 0, VTD_ROOT_CTP},
	END,
};

static const struct arch_field context[] = {
	{"P", 0, VTD_CONTEXT_0_P},
	{"FPD", 0, VTD_CONTEXT_0_FPD},
	{"TT", 0, VTD_CONTEXT_0_TT},
	{"SSPTPTR", 0, VTD_CONTEXT_0_SSPTPTR},
	{"AW", 1, VTD_CONTEXT_1_AW},
	{"DID", 1, VTD_CONTEXT_1_DID},
	END,
};

static const struct arch_field scalable_context[] = {
	{"P", 0, VTD_SCALABLE_CONTEXT_0_P},
	{"FPD", 0, VTD_SCALABLE_CONTEXT_0_FPD},
	{"DTE", 0, VTD_SCALABLE_CONTEXT_0_DTE},
	{"PASIDE", 0, VTD_SCALABLE_CONTEXT_0_PASIDE},
	{"PRE", 0, VTD_SCALABLE_CONTEXT_0_PRE},
	{"PDTS", 0, VTD_SCALABLE_CONTEXT_0_PDTS},
	{"PASIDDIRPTR", 0, VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR},
	{"RID_PASID", 1, VTD_SCALABLE_CONTEXT_1_RID_PASID},
	{"RID_PRIV", 1, VTD_SCALABLE_CONTEXT_1_RID_PRIV},
	END,
};

static const struct arch_field pasid_directory[] = {
	{"P", 0, VTD_PASID_DIRECTORY_P},
	{"FPD", 0, VTD_PASID_DIRECTORY_FPD},
	{"SMPTBLPTR", 0, VTD_PASID_DIRECTORY_SMPTBLPTR},
	END,
};

static const struct arch_field pasid[] = {
	{"P", 0, VTD_PASID_0_P},
	{"FPD", 0, VTD_PASID_0_FPD},
	{"AW", 0, VTD_PASID_0_AW},
	{"PGTT", 0, VTD_PASID_0_PGTT},
	{"SSADE", 0, VTD_PASID_0_SSADE},
	{"SSPTPTR", 0, VTD_PASID_0_SSPTPTR},
	{"DID", 1, VTD_PASID_1_DID},
	{"PWSNP", 1, VTD_PASID_1_PWSNP},
	{"PGSNP", 1, VTD_PASID_1_PGSNP},
	{"CD", 1, VTD_PASID_1_CD},
	{"EMTE", 1, VTD_PASID_1_EMTE},
	{"PAT", 1, VTD_PASID_1_PAT},
	{"SRE", 2, VTD_PASID_2_SRE},
	{"FSPM", 2, VTD_PASID_2_FSPM},
	{"WPE", 2, VTD_PASID_2_WPE},
	{"EAFE", 2, VTD_PASID_2_EAFE},
	{"FSPTPTR", 2, VTD_PASID_2_FSPTPTR},
	END,
};

static const struct arch_field first_pointer[] = {
	{"P", 0, VTD_FS_P},
	{"R/W", 0, VTD_FS_RW},
	{"U/S", 0, VTD_FS_US},
	{"PWT", 0, VTD_FS_PWT},
	{"PCD", 0, VTD_FS_PCD},
	{"A", 0, VTD_FS_A},
	{"PS", 0, VTD_FS_PS},
	{"EA", 0, VTD_FS_EA},
	{"ADDR", 0, VTD_FS_ADDR},
	{"XD", 0, VTD_FS_XD},
	END,
};

static const struct arch_field first_leaf[] = {
	{"P", 0, VTD_FS_P},
	{"R/W", 0, VTD_FS_RW},
	{"U/S", 0, VTD_FS_US},
	{"PWT", 0, VTD_FS_PWT},
	{"PCD", 0, VTD_FS_PCD},
	{"A", 0, VTD_FS_A},
	{"D", 0, VTD_FS_D},
	{"PS", 0, VTD_FS_PS},
	{"G", 0, VTD_FS_G},
	{"EA", 0, VTD_FS_EA},
	{"ADDR", 0, VTD_FS_ADDR},
	{"XD", 0, VTD_FS_XD},
	END,
};

static const struct arch_field second_pointer[] = {
	{"R", 0, VTD_SS_R}, {"W", 0, VTD_SS_W},       {"PS", 0, VTD_SS_PS},
	{"A", 0, VTD_SS_A}, {"ADDR", 0, VTD_SS_ADDR}, END,
};

static const struct arch_field second_leaf[] = {
	{"R", 0, VTD_SS_R}, {"W", 0, VTD_SS_W},     {"PS", 0, VTD_SS_PS},     {"A", 0, VTD_SS_A},
	{"D", 0, VTD_SS_D}, {"SNP", 0, VTD_SS_SNP}, {"ADDR", 0, VTD_SS_ADDR}, END,
};

enum content { EMPTY, POINTER, LEAF, CONTENTS };

static const char *const first_titles[CONTENTS][VTD_LEVELS] = {
	{"stage 1 PTE, empty", "stage 1 PDE, empty", "stage 1 PDPE, empty", "stage 1 PML4E, empty",
	 "stage 1 PML5E, empty"},
	{"stage 1 PTE", "stage 1 PDE, pointer", "stage 1 PDPE, pointer", "stage 1 PML4E, pointer",
	 "stage 1 PML5E, pointer"},
	{"stage 1 PTE, leaf, 4 KiB", "stage 1 PDE, leaf, 2 MiB", "stage 1 PDPE, leaf, 1 GiB",
	 "stage 1 PML4E", "stage 1 PML5E"},
};

static const char *const second_titles[CONTENTS][VTD_LEVELS] = {
	{"stage 2 PTE, empty", "stage 2 PDE, empty", "stage 2 PDPE, empty", "stage 2 PML4E, empty",
	 "stage 2 PML5E, empty"},
	{"stage 2 PTE", "stage 2 PDE, pointer", "stage 2 PDPE, pointer", "stage 2 PML4E, pointer",
	 "stage 2 PML5E, pointer"},
	{"stage 2 PTE, leaf, 4 KiB", "stage 2 PDE, leaf, 2 MiB", "stage 2 PDPE, leaf, 1 GiB",
	 "stage 2 PML4E", "stage 2 PML5E"},
};

static enum content content(bool present, bool ps, unsigned level)
{
	if (!present)
		return EMPTY;
	return level == 0 || (ps && level <= 2) ? LEAF : POINTER;
}

static const struct arch_field *describe_first(uint64_t entry, unsigned level, const char **title)
{
	enum content is = content(field_get(VTD_FS_P, entry), field_get(VTD_FS_PS, entry), level);

	*title = first_titles[is][level];
	return is == LEAF ? first_leaf : first_pointer;
}

static const struct arch_field *describe_second(uint64_t entry, unsigned level, const char **title)
{
	enum content is = content(field_get(VTD_SS_RW, entry), field_get(VTD_SS_PS, entry), level);

	*title = second_titles[is][level];
	return is == LEAF ? second_leaf : second_pointer;
}

static const struct arch_field *describe_device(bool legacy, unsigned level, const char **title)
{
	if (level) {
		*title = legacy ? "root entry" : "scalable-mode root entry, one half";
		return legacy ? root : scalable_root;
	}
	*title = legacy ? "context entry" : "scalable-mode context entry";
	return legacy ? context : scalable_context;
}

const struct arch_field *vtd_describe(const struct ioasim_unit *unit,
				      const struct ioasim_fetch *fetch, const char **title)
{
	const struct vtd_unit *u = (const struct vtd_unit *)unit;
	unsigned level = fetch->level < VTD_LEVELS ? fetch->level : VTD_LEVELS - 1;

	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		return describe_device(u->ttm == VTD_TTM_LEGACY, level, title);
	case IOASIM_REF_PASID_TABLE:
		*title = level ? "PASID directory entry" : "PASID table entry";
		return level ? pasid_directory : pasid;
	case IOASIM_REF_STAGE1:
		return describe_first(fetch->entry[0], level, title);
	case IOASIM_REF_STAGE2:
	case IOASIM_REF_STAGE2_FOR_STAGE1:
		return describe_second(fetch->entry[0], level, title);
	case IOASIM_REF_STAGE2_FOR_PASID_TABLE:
	case IOASIM_REF_KINDS:
		break;
	}
	*title = "unknown entry";
	return &root[sizeof(root) / sizeof(root[0]) - 1];
}
