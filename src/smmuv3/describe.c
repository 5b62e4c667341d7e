/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that the unit reads (chapter 5, Arm ARM D8.3), for people. The granule, and so
 * the size of a page, stands in the CD or STE: a fetch brings what its entry maps along. */
#include "model/describe.h"
#include "smmuv3/events.h"
#include "smmuv3/registers.h"
#include "smmuv3/structures.h"
#include "smmuv3/unit.h"
#include "smmuv3/walks.h"

#define F   ARCH_FIELD
#define V   ARCH_CHOICE
#define END ARCH_FIELDS_END

const struct arch_words smmu_words = {
	.device = "StreamID",
	.pasid = "SubstreamID",
	.between = "IPA",
	.stage1 = "stage 1",
	.stage2 = "stage 2",
	.asked = {IOASIM_CACHE_DEVICE, IOASIM_CACHE_PASID, IOASIM_CACHE_IOTLB,
		  IOASIM_CACHE_STAGE1_WALK, IOASIM_CACHE_STAGE2_TLB, IOASIM_CACHE_STAGE2_WALK},
};

/* ---- Stream table and context descriptors -------------------------------------------- */

static const char *const configs[] = {"abort",   "abort",   "abort",          "abort", "bypass",
				      "stage 1", "stage 2", "stages 1 and 2", NULL};
static const char *const s1fmts[] = {"one linear table", "two levels, leaves of 4 KiB",
				     "two levels, leaves of 64 KiB", "reserved", NULL};
static const char *const s1dss[] = {"without SubstreamID: abort", "without SubstreamID: bypass",
				    "without SubstreamID: CD 0", "reserved", NULL};
static const char *const eats[] = {"no ATS", "full ATS", "split-stage ATS", "reserved", NULL};
static const char *const worlds[] = {"NS-EL1", "reserved", "EL2 or EL2-E2H", "reserved", NULL};
static const char *const granules[] = {"4 KiB", "64 KiB", "16 KiB", "reserved", NULL};
static const char *const granules_high[] = {"reserved", "16 KiB", "4 KiB", "64 KiB", NULL};
static const char *const sizes[] = {"32 bits", "36 bits", "40 bits", "42 bits",
				    "44 bits", "48 bits", "52 bits", NULL};

static const struct arch_field l1std[] = {
	F("Span", 0, SMMU_L1STD_SPAN, "2^(Span - 1) STEs lie behind it; 0: none"),
	F("L2Ptr", 0, SMMU_L1STD_L2PTR, "their table"),
	END,
};

static const struct arch_field ste[] = {
	F("V", 0, SMMU_STE_0_V, "valid"),
	V("Config", 0, SMMU_STE_0_CONFIG, "which stages translate", configs),
	V("S1Fmt", 0, SMMU_STE_0_S1FMT, "table of CDs", s1fmts),
	F("S1ContextPtr", 0, SMMU_STE_0_S1CONTEXTPTR, "table of CDs, an IPA under stage 2"),
	F("S1CDMax", 0, SMMU_STE_0_S1CDMAX, "it has 2^S1CDMax CDs"),
	V("S1DSS", 1, SMMU_STE_1_S1DSS, "default substream", s1dss),
	F("PPAR", 1, SMMU_STE_1_PPAR, "automatic answers of page requests carry the PASID"),
	F("MEV", 1, SMMU_STE_1_MEV, "events may be merged"),
	F("S2FWB", 1, SMMU_STE_1_S2FWB, "stage 2 decides about write-back"),
	F("S1STALLD", 1, SMMU_STE_1_S1STALLD, "stage 1 must not stall"),
	V("EATS", 1, SMMU_STE_1_EATS, "ATS", eats),
	V("STRW", 1, SMMU_STE_1_STRW, "StreamWorld", worlds),
	F("SHCFG", 1, SMMU_STE_1_SHCFG, "shareability override"),
	F("PRIVCFG", 1, SMMU_STE_1_PRIVCFG, "privilege override: 2 user, 3 privileged"),
	F("INSTCFG", 1, SMMU_STE_1_INSTCFG, "instruction override: 2 data, 3 instruction"),
	F("S2VMID", 2, SMMU_STE_2_S2VMID, "the tag of cached translations"),
	F("S2T0SZ", 2, SMMU_STE_2_S2T0SZ, "stage 2 takes 64 - S2T0SZ bits"),
	F("S2SL0", 2, SMMU_STE_2_S2SL0, "level that stage 2 starts at"),
	V("S2TG", 2, SMMU_STE_2_S2TG, "granule of stage 2", granules),
	V("S2PS", 2, SMMU_STE_2_S2PS, "size of its output", sizes),
	F("S2AA64", 2, SMMU_STE_2_S2AA64, "its tables have the 64-bit format"),
	F("S2ENDI", 2, SMMU_STE_2_S2ENDI, "they are big-endian"),
	F("S2AFFD", 2, SMMU_STE_2_S2AFFD, "clear Access flags do not fault"),
	F("S2PTW", 2, SMMU_STE_2_S2PTW, "tables of stage 1 in Device memory fault"),
	F("S2HD", 2, SMMU_STE_2_S2HD, "hardware keeps dirty state"),
	F("S2HA", 2, SMMU_STE_2_S2HA, "hardware keeps Access flags"),
	F("S2S", 2, SMMU_STE_2_S2S, "faults of stage 2 stall"),
	F("S2R", 2, SMMU_STE_2_S2R, "faults of stage 2 are recorded"),
	F("S2HAFT", 2, SMMU_STE_2_S2HAFT, "Access flags of tables too"),
	F("S2TTB", 3, SMMU_STE_3_S2TTB, "root of stage 2"),
	END,
};

static const struct arch_field l1cd[] = {
	F("V", 0, SMMU_L1CD_V, "valid"),
	F("L2Ptr", 0, SMMU_L1CD_L2PTR, "table of CDs, an IPA under stage 2"),
	END,
};

static const struct arch_field cd[] = {
	F("T0SZ", 0, SMMU_CD_0_T0SZ, "the lower half takes 64 - T0SZ bits"),
	V("TG0", 0, SMMU_CD_0_TG0, "granule of TTB0", granules),
	F("EPD0", 0, SMMU_CD_0_EPD0, "TTB0 is not walked"),
	F("ENDI", 0, SMMU_CD_0_ENDI, "tables are big-endian"),
	F("T1SZ", 0, SMMU_CD_0_T1SZ, "the upper half takes 64 - T1SZ bits"),
	V("TG1", 0, SMMU_CD_0_TG1, "granule of TTB1", granules_high),
	F("EPD1", 0, SMMU_CD_0_EPD1, "TTB1 is not walked"),
	F("V", 0, SMMU_CD_0_V, "valid"),
	V("IPS", 0, SMMU_CD_0_IPS, "size of stage 1's output", sizes),
	F("AFFD", 0, SMMU_CD_0_AFFD, "clear Access flags do not fault"),
	F("WXN", 0, SMMU_CD_0_WXN, "what is writable is not executable"),
	F("TBI0", 0, SMMU_CD_0_TBI0, "the top byte is ignored, lower half"),
	F("TBI1", 0, SMMU_CD_0_TBI1, "the top byte is ignored, upper half"),
	F("PAN", 0, SMMU_CD_0_PAN, "privileged requests do not reach pages of users"),
	F("AA64", 0, SMMU_CD_0_AA64, "tables have the 64-bit format"),
	F("HD", 0, SMMU_CD_0_HD, "hardware keeps dirty state"),
	F("HA", 0, SMMU_CD_0_HA, "hardware keeps Access flags"),
	F("S", 0, SMMU_CD_0_S, "faults stall"),
	F("R", 0, SMMU_CD_0_R, "faults are recorded"),
	F("A", 0, SMMU_CD_0_A, "faults abort; else reads give 0"),
	F("ASET", 0, SMMU_CD_0_ASET, "ASID set: not shared with processors"),
	F("ASID", 0, SMMU_CD_0_ASID, "the tag of cached translations"),
	F("HAD0", 1, SMMU_CD_TTB_HAD, "tables of TTB0 carry no rights"),
	F("E0PD0", 1, SMMU_CD_TTB_E0PD, "users do not reach TTB0"),
	F("HAFT", 1, SMMU_CD_1_HAFT, "Access flags of tables too"),
	F("TTB0", 1, SMMU_CD_TTB_TTB, "root for the lower half"),
	F("HAD1", 2, SMMU_CD_TTB_HAD, "tables of TTB1 carry no rights"),
	F("E0PD1", 2, SMMU_CD_TTB_E0PD, "users do not reach TTB1"),
	F("TTB1", 2, SMMU_CD_TTB_TTB, "root for the upper half"),
	F("MAIR", 3, SMMU_CD_3_MAIR, "memory attributes"),
	END,
};

static void describe_stream(const struct ioasim_fetch *fetch, struct arch_entry *entry)
{
	uint64_t word = fetch->entry[0];
	bool pointer = fetch->level;

	entry->title = pointer ? "level 1 stream table descriptor" : "stream table entry";
	entry->fields = pointer ? l1std : ste;
	entry->content = pointer ? ARCH_POINTER : ARCH_RECORD;
	entry->next = field_bits(SMMU_L1STD_L2PTR, word);
	if (!field_get(SMMU_STE_0_V, word) && !(pointer && field_get(SMMU_L1STD_SPAN, word)))
		entry->content = ARCH_EMPTY;
}

static void describe_context(const struct ioasim_fetch *fetch, struct arch_entry *entry)
{
	uint64_t word = fetch->entry[0];
	bool pointer = fetch->level;
	bool valid = pointer ? field_get(SMMU_L1CD_V, word) : field_get(SMMU_CD_0_V, word);

	entry->title = pointer ? "level 1 context descriptor" : "context descriptor";
	entry->fields = pointer ? l1cd : cd;
	entry->content = pointer ? ARCH_POINTER : ARCH_RECORD;
	entry->next = field_bits(SMMU_L1CD_L2PTR, word);
	if (!valid)
		entry->content = ARCH_EMPTY;
}

/* ---- Translation tables ------------------------------------------------------------------ */

static const char *const types[] = {"invalid", "block", "invalid", "table, or page", NULL};
static const char *const s2aps[] = {"none", "read", "write", "read and write", NULL};

static const struct arch_field first_pointer[] = {
	V("Type", 0, SMMU_PTE_TYPE, "what it is", types),
	F("Address", 0, SMMU_PTE_ADDRESS, "next table"),
	F("PXNTable", 0, SMMU_S1_PXNTABLE, "not executable when privileged"),
	F("UXNTable", 0, SMMU_S1_UXNTABLE, "not executable by users"),
	F("APTable[0]", 0, SMMU_S1_APTABLE0, "users may not access"),
	F("APTable[1]", 0, SMMU_S1_APTABLE1, "read-only"),
	F("NSTable", 0, SMMU_S1_NSTABLE, "non-secure"),
	END,
};

static const struct arch_field first_leaf[] = {
	V("Type", 0, SMMU_PTE_TYPE, "what it is", types),
	F("AttrIndx", 0, SMMU_S1_ATTRINDX, "which attribute of MAIR"),
	F("NS", 0, SMMU_S1_NS, "non-secure"),
	F("AP[1]", 0, SMMU_S1_AP1, "users may access"),
	F("AP[2]", 0, SMMU_S1_AP2, "read-only"),
	F("SH", 0, SMMU_PTE_SH, "shareability"),
	F("AF", 0, SMMU_PTE_AF, "Access flag"),
	F("nG", 0, SMMU_S1_NG, "not global: tagged with the ASID"),
	F("Address", 0, SMMU_PTE_ADDRESS, "page or block"),
	F("DBM", 0, SMMU_PTE_DBM, "dirty bit modifier: may be made writable"),
	F("Contiguous", 0, SMMU_PTE_CONTIGUOUS, "one of a run"),
	F("PXN", 0, SMMU_S1_PXN, "not executable when privileged"),
	F("UXN", 0, SMMU_S1_UXN, "not executable by users"),
	END,
};

static const struct arch_field second_pointer[] = {
	V("Type", 0, SMMU_PTE_TYPE, "what it is", types),
	F("Address", 0, SMMU_PTE_ADDRESS, "next table"),
	END,
};

static const struct arch_field second_leaf[] = {
	V("Type", 0, SMMU_PTE_TYPE, "what it is", types),
	F("MemAttr", 0, SMMU_S2_MEMATTR, "memory type"),
	V("S2AP", 0, SMMU_S2_S2AP, "rights", s2aps),
	F("SH", 0, SMMU_PTE_SH, "shareability"),
	F("AF", 0, SMMU_PTE_AF, "Access flag"),
	F("Address", 0, SMMU_PTE_ADDRESS, "page or block"),
	F("DBM", 0, SMMU_PTE_DBM, "dirty bit modifier: may be made writable"),
	F("Contiguous", 0, SMMU_PTE_CONTIGUOUS, "one of a run"),
	F("XN", 0, SMMU_S2_XN, "not executable"),
	END,
};

static const char *const titles[2][SMMU_LEVELS] = {
	{"stage 1 descriptor, level 3", "stage 1 descriptor, level 2",
	 "stage 1 descriptor, level 1", "stage 1 descriptor, level 0"},
	{"stage 2 descriptor, level 3", "stage 2 descriptor, level 2",
	 "stage 2 descriptor, level 1", "stage 2 descriptor, level 0"},
};

/* The last level has pages of the type that elsewhere are tables. */
static uint8_t content(uint64_t word, unsigned level)
{
	uint64_t type = field_get(SMMU_PTE_TYPE, word);

	if (type == SMMU_TYPE_TABLE)
		return level ? ARCH_POINTER : ARCH_LEAF;
	return type == SMMU_TYPE_BLOCK && level ? ARCH_LEAF : ARCH_EMPTY;
}

/* D8.4.1, D8.4.2: what DBM lets hardware make writable counts as writable. */
static void first_rights(uint64_t word, struct arch_entry *entry)
{
	bool leaf = entry->content == ARCH_LEAF;
	bool no_user = leaf ? !field_get(SMMU_S1_AP1, word) : field_get(SMMU_S1_APTABLE0, word);
	bool no_write = leaf ? field_get(SMMU_S1_AP2, word) && !field_get(SMMU_PTE_DBM, word)
			     : field_get(SMMU_S1_APTABLE1, word);
	bool pxn = leaf ? field_get(SMMU_S1_PXN, word) : field_get(SMMU_S1_PXNTABLE, word);
	bool uxn = leaf ? field_get(SMMU_S1_UXN, word) : field_get(SMMU_S1_UXNTABLE, word);

	entry->access[1] = (uint8_t)(IOASIM_READ | (no_write ? 0u : IOASIM_WRITE));
	entry->access[0] = no_user ? 0 : entry->access[1];
	if (!uxn)
		entry->access[0] |= IOASIM_EXEC;
	if (!pxn)
		entry->access[1] |= IOASIM_EXEC;
}

static void second_rights(uint64_t word, struct arch_entry *entry)
{
	uint8_t rights = (uint8_t)field_get(SMMU_S2_S2AP, word);

	if (entry->content != ARCH_LEAF)
		return;
	if (field_get(SMMU_PTE_DBM, word))
		rights |= IOASIM_WRITE;
	if (!field_get(SMMU_S2_XN1, word))
		rights |= IOASIM_EXEC;
	entry->access[0] = entry->access[1] = rights;
}

static void describe_descriptor(const struct ioasim_fetch *fetch, bool second,
				struct arch_entry *entry)
{
	unsigned level = fetch->level < SMMU_LEVELS ? fetch->level : SMMU_LEVELS - 1;
	uint64_t word = fetch->entry[0];

	entry->title = titles[second][level];
	entry->content = content(word, level);
	entry->next = field_bits(SMMU_PTE_ADDRESS, word);
	if (entry->content == ARCH_LEAF) {
		entry->page_lg2 = fetch->low;
		entry->next &= ~field_mask(fetch->low - 1u, 0);
	}
	if (entry->content == ARCH_POINTER)
		entry->fields = second ? second_pointer : first_pointer;
	else
		entry->fields = second ? second_leaf : first_leaf;
	if (second)
		second_rights(word, entry);
	else
		first_rights(word, entry);
}

void smmu_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		   struct arch_entry *entry)
{
	(void)unit;
	*entry = (struct arch_entry){.access = {ARCH_ALL_RIGHTS, ARCH_ALL_RIGHTS}};
	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		describe_stream(fetch, entry);
		return;
	case IOASIM_REF_PASID_TABLE:
		describe_context(fetch, entry);
		return;
	default:
		describe_descriptor(fetch, fetch->kind != IOASIM_REF_STAGE1, entry);
	}
}

/* ---- Event records (7.3) --------------------------------------------------------------------- */

static const char *const classes[] = {"CD: a context descriptor was read",
				      "TT: a table of stage 1 was read",
				      "IN: the address of the transaction", "reserved", NULL};

static const struct arch_field configuration_record[] = {
	F("Event", 0, SMMU_EVENT_0_NUMBER, "event number"),
	F("SSV", 0, SMMU_EVENT_0_SSV, "SubstreamID valid"),
	F("SubstreamID", 0, SMMU_EVENT_0_SSID, "of the transaction"),
	F("StreamID", 0, SMMU_EVENT_0_SID, "of the transaction"),
	F("Reason", 1, SMMU_EVENT_1_REASON, "implementation defined"),
	F("RnW", 1, SMMU_EVENT_1_RNW, "read"),
	F("InputAddr", 2, SMMU_EVENT_2_INPUTADDR, "address of the transaction"),
	F("FetchAddr", 3, SMMU_EVENT_3_FETCHADDR, "of what could not be read"),
	END,
};

static const struct arch_field walk_record[] = {
	F("Event", 0, SMMU_EVENT_0_NUMBER, "event number"),
	F("SSV", 0, SMMU_EVENT_0_SSV, "SubstreamID valid"),
	F("SubstreamID", 0, SMMU_EVENT_0_SSID, "of the transaction"),
	F("StreamID", 0, SMMU_EVENT_0_SID, "of the transaction"),
	F("Reason", 1, SMMU_EVENT_1_REASON, "implementation defined"),
	F("PnU", 1, SMMU_EVENT_1_PNU, "privileged"),
	F("InD", 1, SMMU_EVENT_1_IND, "instruction"),
	F("RnW", 1, SMMU_EVENT_1_RNW, "read"),
	F("S2", 1, SMMU_EVENT_1_S2, "a descriptor of stage 2"),
	V("CLASS", 1, SMMU_EVENT_1_CLASS, "on whose behalf", classes),
	F("InputAddr", 2, SMMU_EVENT_2_INPUTADDR, "address of the transaction"),
	F("FetchAddr", 3, SMMU_EVENT_3_FETCHADDR, "of the descriptor that could not be read"),
	END,
};

static const struct arch_field translation_record[] = {
	F("Event", 0, SMMU_EVENT_0_NUMBER, "event number"),
	F("SSV", 0, SMMU_EVENT_0_SSV, "SubstreamID valid"),
	F("SubstreamID", 0, SMMU_EVENT_0_SSID, "of the transaction"),
	F("StreamID", 0, SMMU_EVENT_0_SID, "of the transaction"),
	F("STAG", 1, SMMU_EVENT_1_STAG, "stall tag"),
	F("Stall", 1, SMMU_EVENT_1_STALL, "the transaction waits"),
	F("PnU", 1, SMMU_EVENT_1_PNU, "privileged"),
	F("InD", 1, SMMU_EVENT_1_IND, "instruction"),
	F("RnW", 1, SMMU_EVENT_1_RNW, "read"),
	F("S2", 1, SMMU_EVENT_1_S2, "stage 2 has found it"),
	V("CLASS", 1, SMMU_EVENT_1_CLASS, "on whose behalf", classes),
	F("TTRnW", 1, SMMU_EVENT_1_TTRNW, "CLASS TT: the table was read"),
	F("InputAddr", 2, SMMU_EVENT_2_INPUTADDR, "address of the transaction"),
	F("IPA", 3, SMMU_EVENT_3_IPA, "S2: what stage 2 was to translate"),
	END,
};

const struct arch_field *smmu_describe_fault(const struct ioasim_fault *fault, const char **title)
{
	*title = "event record";
	if (fault->code == SMMU_F_WALK_EABT)
		return walk_record;
	if (fault->code >= SMMU_F_TRANSLATION && fault->code <= SMMU_F_PERMISSION)
		return translation_record;
	return configuration_record;
}
