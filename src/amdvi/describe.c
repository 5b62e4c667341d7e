/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that the unit reads (2.2.2, 2.2.3, 2.2.6) and event log entries (2.5), for
 * people. */
#include "amdvi/arch.h"
#include "amdvi/events.h"
#include "amdvi/registers.h"
#include "amdvi/structures.h"
#include "model/describe.h"

#define F   ARCH_FIELD
#define V   ARCH_CHOICE
#define END ARCH_FIELDS_END

const struct arch_words amdvi_words = {
	.device = "DeviceID",
	.pasid = "PASID",
	.between = "GPA",
	.stage1 = "the guest table",
	.stage2 = "the host table",
	.asked = {IOASIM_CACHE_DEVICE, IOASIM_CACHE_IOTLB, IOASIM_CACHE_PASID,
		  IOASIM_CACHE_STAGE1_WALK, IOASIM_CACHE_STAGE2_TLB, IOASIM_CACHE_STAGE2_WALK},
};

/* ---- Device table and GCR3 table ------------------------------------------------------- */

static const char *const had[] = {"none", "accessed", "reserved", "accessed and dirty", NULL};
static const char *const modes[] = {"no host table, GPA is SPA",
				    "1 level",
				    "2 levels",
				    "3 levels",
				    "4 levels",
				    "5 levels",
				    "6 levels",
				    "reserved",
				    NULL};
static const char *const glx[] = {"1 level", "2 levels", "3 levels", "reserved", NULL};
static const char *const guest_modes[] = {"4 levels", "5 levels", NULL};
static const char *const int_ctl[] = {"abort", "forward", "remap", "reserved", NULL};

static const struct arch_field device_table[] = {
	F("V", 0, AMDVI_DTE_0_V, "valid"),
	F("TV", 0, AMDVI_DTE_0_TV, "what tells of translation is valid"),
	V("HAD", 0, AMDVI_DTE_0_HAD, "flags that are kept in host tables", had),
	V("Mode", 0, AMDVI_DTE_0_MODE, "levels of the host table", modes),
	F("HostPageTableRoot", 0, AMDVI_DTE_0_HOST_ROOT, "root of the host table"),
	F("PPR", 0, AMDVI_DTE_0_PPR, "page requests are allowed"),
	F("GPRP", 0, AMDVI_DTE_0_GPRP, "answers to them carry the PASID"),
	F("GIoV", 0, AMDVI_DTE_0_GIOV, "requests without PASID use PASID 0"),
	F("GV", 0, AMDVI_DTE_0_GV, "guest translation is on"),
	V("GLX", 0, AMDVI_DTE_0_GLX, "levels of the GCR3 table", glx),
	F("GCR3TRP[14:12]", 0, AMDVI_DTE_0_GCR3_TRP_14_12, "GCR3 table root pointer, low part"),
	F("IR", 0, AMDVI_DTE_0_IR, "the device may read"),
	F("IW", 0, AMDVI_DTE_0_IW, "the device may write"),
	F("DomainID", 1, AMDVI_DTE_1_DOMAINID, "the tag of cached translations"),
	F("GCR3TRP[30:15]", 1, AMDVI_DTE_1_GCR3_TRP_30_15, "GCR3 table root pointer, middle part"),
	F("I", 1, AMDVI_DTE_1_I, "ATS is allowed"),
	F("SE", 1, AMDVI_DTE_1_SE, "page faults after the first are silent"),
	F("SA", 1, AMDVI_DTE_1_SA, "page faults are silent"),
	F("IoCtl", 1, AMDVI_DTE_1_IOCTL, "port I/O"),
	F("Cache", 1, AMDVI_DTE_1_CACHE, "hint for the IOTLB"),
	F("SD", 1, AMDVI_DTE_1_SD, "no snooping"),
	F("EX", 1, AMDVI_DTE_1_EX, "the exclusion range counts"),
	F("SysMgt", 1, AMDVI_DTE_1_SYSMGT, "system management messages"),
	F("GCR3TRP[51:31]", 1, AMDVI_DTE_1_GCR3_TRP_51_31, "GCR3 table root pointer, high part"),
	F("IV", 2, AMDVI_DTE_2_IV, "what tells of interrupts is valid"),
	F("IntTabLen", 2, AMDVI_DTE_2_INTTABLEN, "interrupt table of 2^IntTabLen entries"),
	F("IG", 2, AMDVI_DTE_2_IG, "faults of interrupts are silent"),
	F("IntTableRoot", 2, AMDVI_DTE_2_INT_ROOT, "root of the interrupt table"),
	V("GuestPagingMode", 2, AMDVI_DTE_2_GUESTPAGINGMODE, "levels of guest tables", guest_modes),
	V("IntCtl", 2, AMDVI_DTE_2_INTCTL, "interrupt messages", int_ctl),
	END,
};

static const struct arch_field gcr3_pointer[] = {
	F("V", 0, AMDVI_GCR3_V, "valid"),
	F("Address", 0, AMDVI_GCR3_ADDR, "next table"),
	END,
};

static const struct arch_field gcr3_last[] = {
	F("V", 0, AMDVI_GCR3_V, "valid"),
	F("PWT", 0, AMDVI_GCR3_PWT, "write-through"),
	F("PCD", 0, AMDVI_GCR3_PCD, "cache disabled"),
	F("GCR3", 0, AMDVI_GCR3_ADDR, "root of the guest table, a GPA"),
	END,
};

static void describe_device(const struct ioasim_fetch *fetch, struct arch_entry *entry)
{
	uint64_t word = fetch->entry[0];
	uint8_t rights = (uint8_t)field_get(AMDVI_DTE_0_IR_IW, word);

	entry->title = "device table entry";
	entry->fields = device_table;
	entry->content = field_get(AMDVI_DTE_0_V, word) ? ARCH_RECORD : ARCH_EMPTY;
	if (rights & IOASIM_READ)
		rights |= IOASIM_EXEC;
	entry->access[0] = entry->access[1] = rights;
}

static void describe_gcr3(const struct ioasim_fetch *fetch, struct arch_entry *entry)
{
	static const char *const titles[] = {"GCR3 table entry, level 1",
					     "GCR3 table entry, level 2",
					     "GCR3 table entry, level 3"};
	unsigned level = fetch->level < AMDVI_GCR3_LEVELS ? fetch->level : AMDVI_GCR3_LEVELS - 1;

	entry->title = titles[level];
	entry->fields = level ? gcr3_pointer : gcr3_last;
	entry->content = level ? ARCH_POINTER : ARCH_RECORD;
	entry->next = field_bits(AMDVI_GCR3_ADDR, fetch->entry[0]);
	if (!field_get(AMDVI_GCR3_V, fetch->entry[0]))
		entry->content = ARCH_EMPTY;
}

/* ---- Page tables ------------------------------------------------------------------------- */

static const char *const next_levels[] = {"a page of the level's size",
					  "a table of level 1",
					  "a table of level 2",
					  "a table of level 3",
					  "a table of level 4",
					  "a table of level 5",
					  "a table of level 6",
					  "a page whose size is coded in the address",
					  NULL};

static const struct arch_field host_pointer[] = {
	F("PR", 0, AMDVI_HOST_PR, "present"),
	F("A", 0, AMDVI_HOST_A, "accessed"),
	V("NextLevel", 0, AMDVI_HOST_NEXTLEVEL, "leads to", next_levels),
	F("NextTable", 0, AMDVI_HOST_ADDR, "next table"),
	F("IR", 0, AMDVI_HOST_IR, "readable"),
	F("IW", 0, AMDVI_HOST_IW, "writable"),
	END,
};

static const struct arch_field host_leaf[] = {
	F("PR", 0, AMDVI_HOST_PR, "present"),
	F("A", 0, AMDVI_HOST_A, "accessed"),
	F("D", 0, AMDVI_HOST_D, "dirty"),
	V("NextLevel", 0, AMDVI_HOST_NEXTLEVEL, "leads to", next_levels),
	F("PageAddress", 0, AMDVI_HOST_ADDR, "page"),
	F("U", 0, AMDVI_HOST_U, "attribute of ATS"),
	F("FC", 0, AMDVI_HOST_FC, "force coherent"),
	F("IR", 0, AMDVI_HOST_IR, "readable"),
	F("IW", 0, AMDVI_HOST_IW, "writable"),
	END,
};

static const struct arch_field guest_pointer[] = {
	F("P", 0, AMDVI_GUEST_P, "present"),
	F("R/W", 0, AMDVI_GUEST_RW, "writable"),
	F("U/S", 0, AMDVI_GUEST_US, "users may access"),
	F("PWT", 0, AMDVI_GUEST_PWT, "write-through"),
	F("PCD", 0, AMDVI_GUEST_PCD, "cache disabled"),
	F("A", 0, AMDVI_GUEST_A, "accessed"),
	F("PS", 0, AMDVI_GUEST_PS, "page size: 0, a table"),
	F("Address", 0, AMDVI_GUEST_ADDR, "next table"),
	F("NX", 0, AMDVI_GUEST_NX, "not executable"),
	END,
};

static const struct arch_field guest_leaf[] = {
	F("P", 0, AMDVI_GUEST_P, "present"),
	F("R/W", 0, AMDVI_GUEST_RW, "writable"),
	F("U/S", 0, AMDVI_GUEST_US, "users may access"),
	F("PWT", 0, AMDVI_GUEST_PWT, "write-through"),
	F("PCD", 0, AMDVI_GUEST_PCD, "cache disabled"),
	F("A", 0, AMDVI_GUEST_A, "accessed"),
	F("D", 0, AMDVI_GUEST_D, "dirty"),
	F("PS/PAT", 0, AMDVI_GUEST_PS, "page size; PAT in a PTE"),
	F("G", 0, AMDVI_GUEST_G, "global"),
	F("Address", 0, AMDVI_GUEST_ADDR, "page"),
	F("NX", 0, AMDVI_GUEST_NX, "not executable"),
	END,
};

static const char *const host_titles[IOASIM_LEVELS] = {"host PTE, level 1", "host PDE, level 2",
						       "host PDE, level 3", "host PDE, level 4",
						       "host PDE, level 5", "host PDE, level 6"};
static const char *const guest_titles[IOASIM_LEVELS] = {
	"guest PTE, level 1",   "guest PDE, level 2",   "guest PDPE, level 3",
	"guest PML4E, level 4", "guest PML5E, level 5", "guest entry"};

/* Next Level says what follows, at any level. */
static void describe_host(uint64_t word, unsigned level, struct arch_entry *entry)
{
	uint64_t next = field_get(AMDVI_HOST_NEXTLEVEL, word);
	uint8_t rights = (uint8_t)field_get(AMDVI_HOST_IR_IW, word);

	entry->title = host_titles[level];
	entry->content = ARCH_POINTER;
	entry->next = field_bits(AMDVI_HOST_ADDR, word);
	if (!field_get(AMDVI_HOST_PR, word))
		entry->content = ARCH_EMPTY;
	else if (next == AMDVI_NEXTLEVEL_PAGE || next == AMDVI_NEXTLEVEL_SIZE)
		entry->content = ARCH_LEAF;
	entry->fields = entry->content == ARCH_LEAF ? host_leaf : host_pointer;
	if (entry->content == ARCH_LEAF) {
		unsigned lg2 = next == AMDVI_NEXTLEVEL_SIZE ? amdvi_host_coded_lg2(word)
							    : amdvi_page_lg2(level);

		entry->page_lg2 = (uint8_t)lg2;
		entry->next &= lg2 < 64 ? ~field_mask(lg2 - 1, 0) : 0;
	}
	entry->access[0] = entry->access[1] = rights | IOASIM_EXEC;
}

static void describe_guest(uint64_t word, unsigned level, struct arch_entry *entry)
{
	bool large = level && level <= AMDVI_GUEST_LARGE_MAX && field_get(AMDVI_GUEST_PS, word);
	uint8_t rights = IOASIM_READ;

	entry->title = guest_titles[level];
	entry->content = level && !large ? ARCH_POINTER : ARCH_LEAF;
	if (!field_get(AMDVI_GUEST_P, word))
		entry->content = ARCH_EMPTY;
	entry->fields = entry->content == ARCH_LEAF ? guest_leaf : guest_pointer;
	entry->next = field_bits(AMDVI_GUEST_ADDR, word);
	if (entry->content == ARCH_LEAF) {
		entry->page_lg2 = amdvi_page_lg2(level);
		entry->next &= ~field_mask(entry->page_lg2 - 1u, 0);
	}
	if (field_get(AMDVI_GUEST_RW, word))
		rights |= IOASIM_WRITE;
	if (!field_get(AMDVI_GUEST_NX, word))
		rights |= IOASIM_EXEC;
	entry->access[0] = field_get(AMDVI_GUEST_US, word) ? rights : 0;
	entry->access[1] = rights;
}

void amdvi_describe(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
		    struct arch_entry *entry)
{
	unsigned level = fetch->level < IOASIM_LEVELS ? fetch->level : IOASIM_LEVELS - 1;

	(void)unit;
	*entry = (struct arch_entry){.access = {ARCH_ALL_RIGHTS, ARCH_ALL_RIGHTS}};
	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		describe_device(fetch, entry);
		return;
	case IOASIM_REF_PASID_TABLE:
		describe_gcr3(fetch, entry);
		return;
	case IOASIM_REF_STAGE1:
		describe_guest(fetch->entry[0], level, entry);
		return;
	default:
		describe_host(fetch->entry[0], level, entry);
	}
}

/* ---- Event log entries ----------------------------------------------------------------------- */

static const struct arch_field page_fault[] = {
	F("EventCode", 0, AMDVI_EVENT_0_CODE, "event code"),
	F("DeviceID", 0, AMDVI_EVENT_0_DEVICE_ID, "requester"),
	F("PASID[19:16]", 0, AMDVI_EVENT_0_PASID_19_16, "GN=1: PASID, high part"),
	F("DomainID/PASID[15:0]", 0, AMDVI_EVENT_0_DOMAIN_ID, "GN=0: DomainID; GN=1: PASID"),
	F("GN", 0, AMDVI_EVENT_0_GN, "the guest part, with a guest address"),
	F("NX", 0, AMDVI_EVENT_0_NX, "execute request"),
	F("US", 0, AMDVI_EVENT_0_US, "user request"),
	F("I", 0, AMDVI_EVENT_0_I, "interrupt request"),
	F("PR", 0, AMDVI_EVENT_0_PR, "the entry is present"),
	F("RW", 0, AMDVI_EVENT_0_RW, "write"),
	F("PE", 0, AMDVI_EVENT_0_PE, "the right is missing"),
	F("RZ", 0, AMDVI_EVENT_0_RZ, "reserved bits of the entry are not zero"),
	F("TR", 0, AMDVI_EVENT_0_TR, "translation request"),
	F("Address", 1, AMDVI_EVENT_1_ADDRESS, "address that has no translation"),
	END,
};

static const struct arch_field hardware_error[] = {
	F("EventCode", 0, AMDVI_EVENT_0_CODE, "event code"),
	F("DeviceID", 0, AMDVI_EVENT_0_DEVICE_ID, "requester"),
	F("Type", 0, AMDVI_EVENT_0_HW_TYPE, "1 master abort, 2 target abort, 3 data error"),
	F("TR", 0, AMDVI_EVENT_0_TR, "translation request"),
	F("Address", 1, AMDVI_EVENT_1_SPA, "of the entry that could not be read"),
	END,
};

static const struct arch_field device_request[] = {
	F("EventCode", 0, AMDVI_EVENT_0_CODE, "event code"),
	F("DeviceID", 0, AMDVI_EVENT_0_DEVICE_ID, "requester"),
	F("Type", 0, AMDVI_EVENT_0_TYPE, "what of the request is not allowed"),
	F("TR", 0, AMDVI_EVENT_0_TR, "translation request"),
	F("Address", 1, AMDVI_EVENT_1_ADDRESS, "address of the request"),
	END,
};

const struct arch_field *amdvi_describe_fault(const struct ioasim_fault *fault, const char **title)
{
	*title = "event log entry";
	switch (fault->code) {
	case AMDVI_DEV_TAB_HARDWARE_ERROR:
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
		return hardware_error;
	case AMDVI_INVALID_DEVICE_REQUEST:
		return device_request;
	default:
		return page_fault;
	}
}
