/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands (2.4): one row an opcode, with its reserved bits, the feature that it
 * needs and what it does.
 */
#include "amdvi/commands.h"
#include "amdvi/device.h"
#include "amdvi/registers.h"
#include "amdvi/unit.h"
#include "model/counters.h"
#include "model/range.h"

/* Classes of commands as counted and named. */
enum command {
	COMMAND_NONE,
	COMMAND_WAIT,
	COMMAND_DEVTAB,
	COMMAND_PAGES,
	COMMAND_PAGES_ALL,
	COMMAND_GUEST_PAGES,
	COMMAND_GUEST_PAGES_ALL,
	COMMAND_IOTLB,
	COMMAND_INTERRUPT_TABLE,
	COMMAND_PREFETCH,
	COMMAND_PAGE_RESPONSE,
	COMMAND_ALL,
	COMMANDS
};

static const char *const command_names[COMMANDS] = {
	[COMMAND_WAIT] = "wait",
	[COMMAND_DEVTAB] = "devtab",
	[COMMAND_PAGES] = "pages",
	[COMMAND_PAGES_ALL] = "pages-all",
	[COMMAND_GUEST_PAGES] = "guest-pages",
	[COMMAND_GUEST_PAGES_ALL] = "guest-pages-all",
	[COMMAND_IOTLB] = "iotlb",
	[COMMAND_INTERRUPT_TABLE] = "interrupt-table",
	[COMMAND_PREFETCH] = "prefetch",
	[COMMAND_PAGE_RESPONSE] = "page-response",
	[COMMAND_ALL] = "all",
};

const char *amdvi_command_name(unsigned type)
{
	return type < COMMANDS ? command_names[type] : NULL;
}

/* ---- Ranges ------------------------------------------------------------------------ */

#define PAGE_LG2  12
#define EVERY_LG2 64

/*
 * Size of an invalidation: with S the lowest clear bit of the address, from bit 12 up,
 * is the highest of the bits inside. 64: there is none.
 */
static unsigned size_lg2(const uint64_t *w)
{
	uint64_t ones = field_bits(AMDVI_CMD_1_ADDRESS, w[1]) | field_mask(PAGE_LG2 - 1, 0);

	if (!field_get(AMDVI_CMD_1_S, w[1]))
		return PAGE_LG2;
	return ones == UINT64_MAX ? EVERY_LG2 : (unsigned)__builtin_ctzll(~ones) + 1;
}

/* The IOMMU's own translations: beyond 2^51 the range is everything. */
static struct range pages_range(const uint64_t *w)
{
	unsigned lg2 = size_lg2(w);

	return range_block(field_bits(AMDVI_CMD_1_ADDRESS, w[1]), lg2 > 51 ? EVERY_LG2 : lg2);
}

/* ---- Effects ----------------------------------------------------------------------- */

static uint16_t device_get(const uint64_t *w)
{
	return (uint16_t)field_get(AMDVI_CMD_0_DEVICE_ID, w[0]);
}

static void devtab_invalidate(struct amdvi_unit *u, const uint64_t *w)
{
	amdvi_invalidate_device(u, device_get(w));
}

static void pages_invalidate(struct amdvi_unit *u, const uint64_t *w)
{
	struct range range = pages_range(w);
	const struct amdvi_pages what = {
		.domain = (uint16_t)field_get(AMDVI_PAGES_0_DOMAIN_ID, w[0]),
		.guest = field_get(AMDVI_CMD_1_GN, w[1]),
		.pde = field_get(AMDVI_PAGES_1_PDE, w[1]),
		.pasid = (uint32_t)field_get(AMDVI_PAGES_0_PASID, w[0]),
		.first = range.start,
		.last = range.last,
	};

	amdvi_invalidate_pages(u, &what);
}

/* Handed to the device as it is; MaxPend and QueueID pace what takes no time here. */
static void iotlb_invalidate(struct amdvi_unit *u, const uint64_t *w)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	struct range range = range_block(field_bits(AMDVI_CMD_1_ADDRESS, w[1]), size_lg2(w));
	bool guest = field_get(AMDVI_CMD_1_GN, w[1]);
	uint64_t pasid = field_get(AMDVI_IOTLB_0_PASID_19_16, w[0]) << 16 |
			 field_get(AMDVI_IOTLB_0_PASID_15_8, w[0]) << 8 |
			 field_get(AMDVI_IOTLB_0_PASID_7_0, w[0]);
	const struct ioasim_atc_invalidation what = {
		.requester_id = device_get(w),
		.has_pasid = guest,
		.pasid = guest ? (uint32_t)pasid : 0,
		.first = range.start,
		.last = range.last,
	};

	if (config->callbacks.atc_invalidate)
		config->callbacks.atc_invalidate(config->opaque, &what);
}

/* No interrupt is remapped, so no entry is cached. */
static void interrupt_table_invalidate(struct amdvi_unit *u, const uint64_t *w)
{
	(void)u;
	(void)w;
}

/* A hint that fills nothing. With Inval what is cached of the range goes first; the
 * domain that it is tagged with stands in the device's table entry. */
static void prefetch(struct amdvi_unit *u, const uint64_t *w)
{
	struct range block = pages_range(w);
	uint64_t more = field_get(AMDVI_PREF_0_PF_COUNT, w[0]) * (block.last - block.start + 1);
	struct amdvi_pages what = {
		.guest = field_get(AMDVI_CMD_1_GN, w[1]),
		.pasid = (uint32_t)field_get(AMDVI_CMD_0_PASID_HIGH, w[0]),
		.first = block.start,
	};
	struct amdvi_fault_info why = {0};
	struct amdvi_device device;
	struct ioasim_cost cost = {0};
	bool found;

	if (!field_get(AMDVI_PREF_1_INVAL, w[1]))
		return;
	if (!range_add(block.last, more, &what.last))
		what.last = UINT64_MAX;
	found = amdvi_device_find(u, device_get(w), &cost, &device, &why);
	counters_add_cost(&u->unit.counters, &cost);
	if (!found || !device.translates)
		return;
	what.domain = device.domain;
	amdvi_invalidate_pages(u, &what);
}

static void page_respond(struct amdvi_unit *u, const uint64_t *w)
{
	bool guest = field_get(AMDVI_CMD_1_GN, w[1]);
	const struct ioasim_page_response response = {
		.requester_id = device_get(w),
		.has_pasid = guest,
		.pasid = guest ? (uint32_t)field_get(AMDVI_CMD_0_PASID_HIGH, w[0]) : 0,
		.group = (uint16_t)field_get(AMDVI_PPR_RSP_1_GROUP, w[1]),
		.code = (uint8_t)field_get(AMDVI_PPR_RSP_1_STATUS, w[1]),
	};

	amdvi_page_response(u, &response);
}

static void all_invalidate(struct amdvi_unit *u, const uint64_t *w)
{
	(void)w;
	amdvi_invalidate_all(u);
}

/* Store before interrupt. False: the store failed, and then there is no interrupt. */
static bool wait_complete(struct amdvi_unit *u, const uint64_t *w, uint64_t *store)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	uint64_t address = field_bits(AMDVI_WAIT_0_STORE_ADDRESS, w[0]);

	if (field_get(AMDVI_WAIT_0_S, w[0])) {
		if (!mem_store(u->unit.memory, address, &w[1], sizeof(w[1]))) {
			*store = address;
			return false;
		}
		if (config->callbacks.stored)
			config->callbacks.stored(config->opaque, address, &w[1], sizeof(w[1]));
	}
	u->unit.counters.waits++;
	if (field_get(AMDVI_WAIT_0_I, w[0]))
		amdvi_status_set(u, (uint32_t)FIELD_MASK(AMDVI_STATUS_COM_WAIT_INT));
	return true;
}

/* ---- The opcodes ------------------------------------------------------------------- */

/* INSERT_GUEST_EVENT and RESET_VMMIO need a vIOMMU, which no unit has: no rows. */
struct command_rule {
	void (*execute)(struct amdvi_unit *u, const uint64_t *words); /* NULL: wait */
	uint64_t reserved[2];
	uint8_t command; /* enum command; COMMAND_NONE: unknown */
};

static const struct command_rule rules[AMDVI_CMD_OPCODES] = {
	[AMDVI_CMD_COMPLETION_WAIT] =
		{
			.reserved = {FIELD_MASK(59, 52), 0},
			.command = COMMAND_WAIT,
		},
	[AMDVI_CMD_INVALIDATE_DEVTAB_ENTRY] =
		{
			.execute = devtab_invalidate,
			.reserved = {FIELD_MASK(59, 16), FIELD_MASK(63, 0)},
			.command = COMMAND_DEVTAB,
		},
	[AMDVI_CMD_INVALIDATE_IOMMU_PAGES] =
		{
			.execute = pages_invalidate,
			.reserved = {FIELD_MASK(31, 20) | FIELD_MASK(59, 48), FIELD_MASK(11, 3)},
			.command = COMMAND_PAGES,
		},
	[AMDVI_CMD_INVALIDATE_IOTLB_PAGES] =
		{
			.execute = iotlb_invalidate,
			.reserved = {0, FIELD_MASK(1, 1) | FIELD_MASK(3, 3) | FIELD_MASK(11, 6)},
			.command = COMMAND_IOTLB,
		},
	[AMDVI_CMD_INVALIDATE_INTERRUPT_TABLE] =
		{
			.execute = interrupt_table_invalidate,
			.reserved = {FIELD_MASK(59, 16), FIELD_MASK(63, 0)},
			.command = COMMAND_INTERRUPT_TABLE,
		},
	[AMDVI_CMD_PREFETCH_IOMMU_PAGES] =
		{
			.execute = prefetch,
			.reserved = {FIELD_MASK(23, 16) | FIELD_MASK(59, 52),
				     FIELD_MASK(1, 1) | FIELD_MASK(3, 3) | FIELD_MASK(11, 5)},
			.command = COMMAND_PREFETCH,
		},
	[AMDVI_CMD_COMPLETE_PPR_REQUEST] =
		{
			.execute = page_respond,
			.reserved = {FIELD_MASK(31, 16) | FIELD_MASK(59, 52),
				     FIELD_MASK(1, 0) | FIELD_MASK(31, 3) | FIELD_MASK(63, 48)},
			.command = COMMAND_PAGE_RESPONSE,
		},
	[AMDVI_CMD_INVALIDATE_IOMMU_ALL] =
		{
			.execute = all_invalidate,
			.reserved = {FIELD_MASK(59, 0), FIELD_MASK(63, 0)},
			.command = COMMAND_ALL,
		},
};

static bool opcode_supported(const struct amdvi_features *f, unsigned opcode)
{
	switch (opcode) {
	case AMDVI_CMD_INVALIDATE_IOTLB_PAGES:
		return f->iotlb;
	case AMDVI_CMD_PREFETCH_IOMMU_PAGES:
		return f->pref;
	case AMDVI_CMD_COMPLETE_PPR_REQUEST:
		return f->ppr;
	case AMDVI_CMD_INVALIDATE_IOMMU_ALL:
		return f->ia;
	default:
		return true;
	}
}

/* Bits that only some units give a meaning: GN needs GTSup, Type InvIotlbTypeSup. */
static bool options_clear(const struct amdvi_features *f, unsigned opcode, const uint64_t *w)
{
	if (opcode == AMDVI_CMD_INVALIDATE_IOTLB_PAGES && !f->inv_iotlb_type &&
	    field_get(AMDVI_IOTLB_1_TYPE, w[1]))
		return false;
	if (opcode == AMDVI_CMD_INVALIDATE_IOMMU_PAGES ||
	    opcode == AMDVI_CMD_INVALIDATE_IOTLB_PAGES || opcode == AMDVI_CMD_PREFETCH_IOMMU_PAGES)
		return f->gt || !field_get(AMDVI_CMD_1_GN, w[1]);
	return true;
}

/* The class of a command whose opcode is known. */
static unsigned command_class(unsigned opcode, const uint64_t *w)
{
	unsigned command = rules[opcode].command;

	if (command != COMMAND_PAGES)
		return command;
	if (field_get(AMDVI_CMD_1_GN, w[1]))
		command = COMMAND_GUEST_PAGES;
	/* The class for everything stands behind that for a range. */
	return command + (size_lg2(w) > 51);
}

unsigned amdvi_command_type(const uint64_t *words, unsigned count)
{
	unsigned opcode = count ? (unsigned)field_get(AMDVI_CMD_0_OPCODE, words[0]) : 0;

	if (count < 2 || opcode >= AMDVI_CMD_OPCODES)
		return COMMAND_NONE;
	return command_class(opcode, words);
}

enum amdvi_command_end amdvi_command_execute(struct amdvi_unit *u, const uint64_t *words,
					     uint64_t *store)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	unsigned opcode = (unsigned)field_get(AMDVI_CMD_0_OPCODE, words[0]), command;
	enum amdvi_command_end end = AMDVI_COMMAND_DONE;
	const struct command_rule *rule;

	if (opcode >= AMDVI_CMD_OPCODES || rules[opcode].command == COMMAND_NONE ||
	    !opcode_supported(&u->features, opcode))
		return AMDVI_COMMAND_ILLEGAL;
	rule = &rules[opcode];
	if ((words[0] & rule->reserved[0]) || (words[1] & rule->reserved[1]) ||
	    !options_clear(&u->features, opcode, words))
		return AMDVI_COMMAND_ILLEGAL;
	command = command_class(opcode, words);
	u->unit.counters.commands[command]++;
	if (config->callbacks.command)
		config->callbacks.command(config->opaque, words, 2);
	if (rule->execute)
		rule->execute(u, words);
	else if (!wait_complete(u, words, store))
		end = AMDVI_COMMAND_STORE_FAILED;
	counters_command_done(&u->unit, command);
	return end;
}

/* GCR3 entries go with translations (2.4.3). */
enum ioasim_command_class amdvi_command_class(const uint64_t *words, unsigned count)
{
	switch (count ? field_get(AMDVI_CMD_0_OPCODE, words[0]) : 0) {
	case AMDVI_CMD_INVALIDATE_DEVTAB_ENTRY:
		return IOASIM_COMMAND_CFG;
	case AMDVI_CMD_INVALIDATE_IOMMU_PAGES:
	case AMDVI_CMD_INVALIDATE_IOMMU_ALL:
		return IOASIM_COMMAND_TLB;
	case AMDVI_CMD_INVALIDATE_IOTLB_PAGES:
		return IOASIM_COMMAND_ATC;
	case AMDVI_CMD_COMPLETE_PPR_REQUEST:
		return IOASIM_COMMAND_PRQ;
	case AMDVI_CMD_COMPLETION_WAIT:
		return IOASIM_COMMAND_SYNC;
	default:
		return IOASIM_COMMAND_OTHER;
	}
}
