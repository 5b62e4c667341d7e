/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that the unit reads (chapter 9) and fault records (11.4.14), for people. */
#include "model/describe.h"
#include "vtd/arch.h"
#include "vtd/registers.h"
#include "vtd/structures.h"
#include "vtd/unit.h"

#define F   ARCH_FIELD
#define V   ARCH_CHOICE
#define END ARCH_FIELDS_END

const struct arch_words vtd_words = {
	.device = "source-id",
	.pasid = "PASID",
	.between = "GPA",
	.stage1 = "the first stage",
	.stage2 = "the second stage",
	.asked = {IOASIM_CACHE_IOTLB, IOASIM_CACHE_DEVICE, IOASIM_CACHE_PASID,
		  IOASIM_CACHE_STAGE1_WALK, IOASIM_CACHE_STAGE2_TLB, IOASIM_CACHE_STAGE2_WALK},
};

/* ---- Root to PASID table ------------------------------------------------------------- */

static const char *const widths[] = {"2 levels", "3 levels", "4 levels", "5 levels", NULL};
static const char *const translation_types[] = {"untranslated requests only",
						"translation requests too", "pass-through", NULL};
static const char *const granular_types[] = {"reserved", "first stage",  "second stage",
					     "nested",   "pass-through", NULL};
static const char *const paging_modes[] = {"4 levels", "5 levels", NULL};

static const struct arch_field root[] = {
	F("P", 0, VTD_ROOT_P, "present"),
	F("CTP", 0, VTD_ROOT_CTP, "context table pointer"),
	END,
};

/* One half: the one that serves the requester's devfn. */
static const struct arch_field scalable_root[] = {
	F("LP/UP", 0, VTD_ROOT_P, "present: lower or upper half of the bus"),
	F("LCTP/UCTP", 0, VTD_ROOT_CTP, "context table pointer of that half"),
	END,
};

static const struct arch_field context[] = {
	F("P", 0, VTD_CONTEXT_0_P, "present"),
	F("FPD", 0, VTD_CONTEXT_0_FPD, "fault processing disabled: qualified faults are silent"),
	V("TT", 0, VTD_CONTEXT_0_TT, "translation type", translation_types),
	F("SSPTPTR", 0, VTD_CONTEXT_0_SSPTPTR, "root of the second stage"),
	V("AW", 1, VTD_CONTEXT_1_AW, "address width of the second stage", widths),
	F("DID", 1, VTD_CONTEXT_1_DID, "domain-id, the tag of cached translations"),
	END,
};

static const struct arch_field scalable_context[] = {
	F("P", 0, VTD_SCALABLE_CONTEXT_0_P, "present"),
	F("FPD", 0, VTD_SCALABLE_CONTEXT_0_FPD,
	  "fault processing disabled: qualified faults are silent"),
	F("DTE", 0, VTD_SCALABLE_CONTEXT_0_DTE, "device TLB enable: ATS is allowed"),
	F("PASIDE", 0, VTD_SCALABLE_CONTEXT_0_PASIDE, "requests with PASID are allowed"),
	F("PRE", 0, VTD_SCALABLE_CONTEXT_0_PRE, "page requests are allowed"),
	F("PDTS", 0, VTD_SCALABLE_CONTEXT_0_PDTS, "size of the PASID directory: 2^(PDTS + 7)"),
	F("PASIDDIRPTR", 0, VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR, "PASID directory pointer"),
	F("RID_PASID", 1, VTD_SCALABLE_CONTEXT_1_RID_PASID, "PASID of requests without one"),
	F("RID_PRIV", 1, VTD_SCALABLE_CONTEXT_1_RID_PRIV, "which are privileged"),
	END,
};

static const struct arch_field pasid_directory[] = {
	F("P", 0, VTD_PASID_DIRECTORY_P, "present"),
	F("FPD", 0, VTD_PASID_DIRECTORY_FPD,
	  "fault processing disabled: qualified faults are silent"),
	F("SMPTBLPTR", 0, VTD_PASID_DIRECTORY_SMPTBLPTR, "PASID table pointer"),
	END,
};

static const struct arch_field pasid[] = {
	F("P", 0, VTD_PASID_0_P, "present"),
	F("FPD", 0, VTD_PASID_0_FPD, "fault processing disabled: qualified faults are silent"),
	V("AW", 0, VTD_PASID_0_AW, "address width of the second stage", widths),
	V("PGTT", 0, VTD_PASID_0_PGTT, "which stages translate", granular_types),
	F("SSADE", 0, VTD_PASID_0_SSADE, "second stage keeps accessed and dirty flags"),
	F("SSPTPTR", 0, VTD_PASID_0_SSPTPTR, "root of the second stage"),
	F("DID", 1, VTD_PASID_1_DID, "domain-id, the tag of cached translations"),
	F("PWSNP", 1, VTD_PASID_1_PWSNP, "page walks are snooped"),
	F("PGSNP", 1, VTD_PASID_1_PGSNP, "accesses to pages are snooped"),
	F("CD", 1, VTD_PASID_1_CD, "first-stage memory types are off"),
	F("EMTE", 1, VTD_PASID_1_EMTE, "second-stage memory types are in use"),
	F("PAT", 1, VTD_PASID_1_PAT, "page attribute table"),
	F("SRE", 2, VTD_PASID_2_SRE, "privileged requests are allowed"),
	V("FSPM", 2, VTD_PASID_2_FSPM, "first-stage paging mode", paging_modes),
	F("WPE", 2, VTD_PASID_2_WPE, "write protection holds for privileged requests"),
	F("EAFE", 2, VTD_PASID_2_EAFE, "extended accessed flags are kept"),
	F("FSPTPTR", 2, VTD_PASID_2_FSPTPTR, "root of the first stage"),
	END,
};

static void describe_root(const struct ioasim_fetch *fetch, bool legacy, struct arch_entry *entry)
{
	entry->title = legacy ? "root entry" : "scalable-mode root entry, one half";
	entry->fields = legacy ? root : scalable_root;
	entry->content = field_get(VTD_ROOT_P, fetch->entry[0]) ? ARCH_POINTER : ARCH_EMPTY;
	entry->next = field_bits(VTD_ROOT_CTP, fetch->entry[0]);
}

static void describe_context(const struct ioasim_fetch *fetch, bool legacy,
			     struct arch_entry *entry)
{
	entry->title = legacy ? "context entry" : "scalable-mode context entry";
	entry->fields = legacy ? context : scalable_context;
	entry->content = legacy ? ARCH_RECORD : ARCH_POINTER;
	entry->next = field_bits(VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR, fetch->entry[0]);
	if (!field_get(VTD_CONTEXT_0_P, fetch->entry[0]))
		entry->content = ARCH_EMPTY;
}

static void describe_pasid(const struct ioasim_fetch *fetch, struct arch_entry *entry)
{
	uint64_t word = fetch->entry[0];

	entry->title = fetch->level ? "PASID directory entry" : "PASID table entry";
	entry->fields = fetch->level ? pasid_directory : pasid;
	entry->content = fetch->level ? ARCH_POINTER : ARCH_RECORD;
	entry->next = field_bits(VTD_PASID_DIRECTORY_SMPTBLPTR, word);
	if (!field_get(VTD_PASID_0_P, word))
		entry->content = ARCH_EMPTY;
}

/* ---- Paging entries -------------------------------------------------------------------- */

static const char *const page_sizes[] = {"pointer to a table", "page", NULL};

static const struct arch_field first_pointer[] = {
	F("P", 0, VTD_FS_P, "present"),
	F("R/W", 0, VTD_FS_RW, "writable"),
	F("U/S", 0, VTD_FS_US, "users may access"),
	F("PWT", 0, VTD_FS_PWT, "write-through"),
	F("PCD", 0, VTD_FS_PCD, "cache disabled"),
	F("A", 0, VTD_FS_A, "accessed"),
	V("PS", 0, VTD_FS_PS, "page size", page_sizes),
	F("EA", 0, VTD_FS_EA, "extended accessed"),
	F("ADDR", 0, VTD_FS_ADDR, "next table"),
	F("XD", 0, VTD_FS_XD, "not executable"),
	END,
};

static const struct arch_field first_leaf[] = {
	F("P", 0, VTD_FS_P, "present"),
	F("R/W", 0, VTD_FS_RW, "writable"),
	F("U/S", 0, VTD_FS_US, "users may access"),
	F("PWT", 0, VTD_FS_PWT, "write-through"),
	F("PCD", 0, VTD_FS_PCD, "cache disabled"),
	F("A", 0, VTD_FS_A, "accessed"),
	F("D", 0, VTD_FS_D, "dirty"),
	F("PS", 0, VTD_FS_PS, "page size; PAT in a PTE"),
	F("G", 0, VTD_FS_G, "global"),
	F("EA", 0, VTD_FS_EA, "extended accessed"),
	F("ADDR", 0, VTD_FS_ADDR, "page"),
	F("XD", 0, VTD_FS_XD, "not executable"),
	END,
};

static const struct arch_field second_pointer[] = {
	F("R", 0, VTD_SS_R, "readable"),
	F("W", 0, VTD_SS_W, "writable"),
	V("PS", 0, VTD_SS_PS, "page size", page_sizes),
	F("A", 0, VTD_SS_A, "accessed"),
	F("ADDR", 0, VTD_SS_ADDR, "next table"),
	END,
};

static const struct arch_field second_leaf[] = {
	F("R", 0, VTD_SS_R, "readable"),    F("W", 0, VTD_SS_W, "writable"),
	F("PS", 0, VTD_SS_PS, "page size"), F("A", 0, VTD_SS_A, "accessed"),
	F("D", 0, VTD_SS_D, "dirty"),       F("SNP", 0, VTD_SS_SNP, "accesses are snooped"),
	F("ADDR", 0, VTD_SS_ADDR, "page"),  END,
};

static const char *const first_titles[VTD_LEVELS] = {"FS-PTE", "FS-PDE", "FS-PDPE", "FS-PML4E",
						     "FS-PML5E"};
static const char *const second_titles[VTD_LEVELS] = {"SS-PTE", "SS-PDE", "SS-PDPE", "SS-PML4E",
						      "SS-PML5E"};

static uint8_t content(bool present, bool ps, unsigned level)
{
	if (!present)
		return ARCH_EMPTY;
	return level == 0 || (ps && level <= VTD_LARGE_LEVEL_MAX) ? ARCH_LEAF : ARCH_POINTER;
}

static void describe_page(unsigned level, uint64_t address, struct arch_entry *entry)
{
	entry->next = address;
	if (entry->content != ARCH_LEAF)
		return;
	entry->page_lg2 = vtd_page_lg2(level);
	entry->next &= ~field_mask(entry->page_lg2 - 1u, 0);
}

/* 3.6.1; that privileged requests may write all without WPE stands in the PASID entry. */
static void describe_first(uint64_t word, unsigned level, struct arch_entry *entry)
{
	uint8_t rights = IOASIM_READ | IOASIM_EXEC;

	entry->title = first_titles[level];
	entry->content = content(field_get(VTD_FS_P, word), field_get(VTD_FS_PS, word), level);
	entry->fields = entry->content == ARCH_LEAF ? first_leaf : first_pointer;
	describe_page(level, field_bits(VTD_FS_ADDR, word), entry);
	if (field_get(VTD_FS_RW, word))
		rights |= IOASIM_WRITE;
	entry->access[0] = field_get(VTD_FS_US, word) ? rights : 0;
	entry->access[1] = rights;
}

static void describe_second(uint64_t word, unsigned level, struct arch_entry *entry)
{
	entry->title = second_titles[level];
	entry->content = content(field_get(VTD_SS_RW, word), field_get(VTD_SS_PS, word), level);
	entry->fields = entry->content == ARCH_LEAF ? second_leaf : second_pointer;
	describe_page(level, field_bits(VTD_SS_ADDR, word), entry);
	entry->access[0] = (uint8_t)(field_get(VTD_SS_RW, word) | IOASIM_EXEC);
	entry->access[1] = entry->access[0];
}

void vtd_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		  struct arch_entry *entry)
{
	const struct vtd_unit *u = (const struct vtd_unit *)unit;
	bool legacy = u->ttm == VTD_TTM_LEGACY;
	unsigned level = fetch->level < VTD_LEVELS ? fetch->level : VTD_LEVELS - 1;

	*entry = (struct arch_entry){.access = {ARCH_ALL_RIGHTS, ARCH_ALL_RIGHTS}};
	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		if (level)
			describe_root(fetch, legacy, entry);
		else
			describe_context(fetch, legacy, entry);
		return;
	case IOASIM_REF_PASID_TABLE:
		describe_pasid(fetch, entry);
		return;
	case IOASIM_REF_STAGE1:
		describe_first(fetch->entry[0], level, entry);
		return;
	default:
		describe_second(fetch->entry[0], level, entry);
	}
}

/* ---- Fault records ---------------------------------------------------------------------- */

static const struct arch_field record[] = {
	F("FI", 0, VTD_FRCD_0_FI, "fault information: the page"),
	F("SID", 1, VTD_FRCD_1_SID, "source-id"),
	F("T2", 1, VTD_FRCD_1_T2, "type of the request, low bit"),
	F("PRIV", 1, VTD_FRCD_1_PRIV, "privileged request"),
	F("EXE", 1, VTD_FRCD_1_EXE, "execute request"),
	F("PP", 1, VTD_FRCD_1_PP, "PASID present"),
	F("FR", 1, VTD_FRCD_1_FR, "fault reason"),
	F("PV", 1, VTD_FRCD_1_PV, "PASID"),
	F("AT", 1, VTD_FRCD_1_AT, "address type of the request"),
	F("T1", 1, VTD_FRCD_1_T1, "type of the request, high bit"),
	F("F", 1, VTD_FRCD_1_F, "a fault is recorded here"),
	END,
};

const struct arch_field *vtd_describe_fault(const struct ioasim_fault *fault, const char **title)
{
	(void)fault;
	*title = "fault recording register";
	return record;
}
