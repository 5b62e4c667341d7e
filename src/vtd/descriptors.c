/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of the invalidation queue: one row a type, with its reserved bits,
 * the granularities it knows and what it does.
 */
#include "vtd/descriptors.h"

#include "model/counters.h"
#include "vtd/registers.h"
#include "vtd/unit.h"

/* Classes of commands as counted and named. */
enum command {
	COMMAND_NONE,
	COMMAND_CONTEXT_GLOBAL,
	COMMAND_CONTEXT_DOMAIN,
	COMMAND_CONTEXT_DEVICE,
	COMMAND_IOTLB_GLOBAL,
	COMMAND_IOTLB_DOMAIN,
	COMMAND_IOTLB_PAGE,
	COMMAND_DEVICE_TLB,
	COMMAND_IEC_GLOBAL,
	COMMAND_IEC_INDEX,
	COMMAND_WAIT,
	COMMAND_PIOTLB_PASID,
	COMMAND_PIOTLB_PAGE,
	COMMAND_PASID_GLOBAL,
	COMMAND_PASID_DOMAIN,
	COMMAND_PASID_ONE,
	COMMAND_PDEVICE_TLB,
	COMMAND_PAGE_RESPONSE,
	COMMANDS
};

static const char *const command_names[COMMANDS] = {
	[COMMAND_CONTEXT_GLOBAL] = "context-global",
	[COMMAND_CONTEXT_DOMAIN] = "context-domain",
	[COMMAND_CONTEXT_DEVICE] = "context-device",
	[COMMAND_IOTLB_GLOBAL] = "iotlb-global",
	[COMMAND_IOTLB_DOMAIN] = "iotlb-domain",
	[COMMAND_IOTLB_PAGE] = "iotlb-page",
	[COMMAND_DEVICE_TLB] = "device-tlb",
	[COMMAND_IEC_GLOBAL] = "iec-global",
	[COMMAND_IEC_INDEX] = "iec-index",
	[COMMAND_WAIT] = "wait",
	[COMMAND_PIOTLB_PASID] = "piotlb-pasid",
	[COMMAND_PIOTLB_PAGE] = "piotlb-page",
	[COMMAND_PASID_GLOBAL] = "pasid-cache-global",
	[COMMAND_PASID_DOMAIN] = "pasid-cache-domain",
	[COMMAND_PASID_ONE] = "pasid-cache-pasid",
	[COMMAND_PDEVICE_TLB] = "pdevice-tlb",
	[COMMAND_PAGE_RESPONSE] = "page-response",
};

const char *vtd_command_name(unsigned type)
{
	return type < COMMANDS ? command_names[type] : NULL;
}

/* ---- Effects ------------------------------------------------------------------- */

static uint16_t did_get(const struct vtd_unit *u, uint64_t word)
{
	return (uint16_t)(field_get(VTD_DESC_0_DID, word) &
			  field_mask(u->features.did_bits - 1, 0));
}

static uint32_t pasid_get(uint64_t word)
{
	return (uint32_t)field_get(VTD_DESC_0_PASID, word);
}

/* 6.5.2.1 */
static void context_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	uint16_t did = did_get(u, w[0]);

	switch (field_get(VTD_DESC_0_G, w[0])) {
	case VTD_GRANULARITY_GLOBAL:
		vtd_invalidate_context_global(u);
		break;
	case VTD_GRANULARITY_DOMAIN:
		vtd_invalidate_context_domain(u, did);
		break;
	default:
		vtd_invalidate_context_device(u, did, (uint16_t)field_get(VTD_CC_0_SID, w[0]),
					      (unsigned)field_get(VTD_CC_0_FM, w[0]));
		break;
	}
}

/* 6.5.2.3: pages need PSI, and the mask ends at MAMV. */
static bool iotlb_valid(const struct vtd_unit *u, const uint64_t *w)
{
	return field_get(VTD_DESC_0_G, w[0]) != VTD_GRANULARITY_ENTITY ||
	       (u->features.psi && field_get(VTD_DESC_1_AM, w[1]) <= u->features.mamv);
}

static void iotlb_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	uint16_t did = did_get(u, w[0]);

	switch (field_get(VTD_DESC_0_G, w[0])) {
	case VTD_GRANULARITY_GLOBAL:
		vtd_invalidate_iotlb_global(u);
		break;
	case VTD_GRANULARITY_DOMAIN:
		vtd_invalidate_iotlb_domain(u, did);
		break;
	default:
		vtd_invalidate_iotlb_page(
			u, did,
			field_bits(VTD_DESC_1_ADDR, w[1]) & field_mask(u->features.mgaw - 1, 0),
			(unsigned)field_get(VTD_DESC_1_AM, w[1]), field_get(VTD_DESC_1_IH, w[1]));
		break;
	}
}

/* 6.5.2.4 */
static void piotlb_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	uint16_t did = did_get(u, w[0]);
	uint32_t pasid = pasid_get(w[0]);

	if (field_get(VTD_DESC_0_G, w[0]) == VTD_GRANULARITY_ENTITY)
		vtd_invalidate_piotlb_page(u, did, pasid, field_bits(VTD_DESC_1_ADDR, w[1]),
					   (unsigned)field_get(VTD_DESC_1_AM, w[1]),
					   field_get(VTD_DESC_1_IH, w[1]));
	else
		vtd_invalidate_piotlb_pasid(u, did, pasid);
}

/* 6.5.2.2 */
static void pasid_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	uint16_t did = did_get(u, w[0]);

	switch (field_get(VTD_DESC_0_G, w[0])) {
	case VTD_PC_DOMAIN:
		vtd_invalidate_pasid_domain(u, did);
		break;
	case VTD_PC_PASID:
		vtd_invalidate_pasid(u, did, pasid_get(w[0]));
		break;
	default:
		vtd_invalidate_pasid_global(u);
		break;
	}
}

/*
 * The range of an ATS invalidation: with S the lowest clear bit of the address,
 * from bit 12 up, gives the size. No clear bit below 63 is everything.
 */
static void atc_range(struct ioasim_atc_invalidation *what, uint64_t address, bool s)
{
	uint64_t low = field_mask(11, 0);

	if (s) {
		uint64_t ones = address | low;

		low = ones ^ (ones + 1); /* the run of ones and the clear bit above it */
	}
	what->first = address & ~low;
	what->last = address | low;
}

static void atc_send(const struct vtd_unit *u, const struct ioasim_atc_invalidation *what)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	if (config->callbacks.atc_invalidate)
		config->callbacks.atc_invalidate(config->opaque, what);
}

/* 6.5.2.5 */
static void device_tlb_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	struct ioasim_atc_invalidation what = {
		.requester_id = (uint32_t)field_get(VTD_DTLB_0_SID, w[0]),
	};

	atc_range(&what, field_bits(VTD_DESC_1_ADDR, w[1]), field_get(VTD_DTLB_1_S, w[1]));
	atc_send(u, &what);
}

/* 6.5.2.6: G makes the device ignore the PASID. */
static void pdevice_tlb_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	struct ioasim_atc_invalidation what = {
		.requester_id = (uint32_t)field_get(VTD_PDTLB_0_SID, w[0]),
		.has_pasid = true,
		.pasid = pasid_get(w[0]),
		.global = field_get(VTD_PDTLB_1_G, w[1]),
	};

	atc_range(&what, field_bits(VTD_DESC_1_ADDR, w[1]), field_get(VTD_PDTLB_1_S, w[1]));
	atc_send(u, &what);
}

/* 6.5.2.8: no interrupt is remapped, so no entry is cached. */
static void iec_invalidate(struct vtd_unit *u, const uint64_t *w)
{
	(void)u;
	(void)w;
}

/* 6.5.2.9: status before interrupt. A status address that is not memory is lost. */
static void wait_complete(struct vtd_unit *u, const uint64_t *w)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	uint64_t address = field_bits(VTD_WAIT_1_STADDR, w[1]) & field_mask(u->features.haw - 1, 0);
	uint32_t data = (uint32_t)field_get(VTD_WAIT_0_STDATA, w[0]);

	u->unit.counters.waits++;
	if (field_get(VTD_WAIT_0_SW, w[0]) &&
	    mem_store(u->unit.memory, address, &data, sizeof(data)) && config->callbacks.stored)
		config->callbacks.stored(config->opaque, address, &data, sizeof(data));
	if (field_get(VTD_WAIT_0_IF, w[0]))
		vtd_event_status_set(u, VTD_EVENT_INVALIDATION, (uint32_t)FIELD_MASK(VTD_ICS_IWC));
}

static void page_respond(struct vtd_unit *u, const uint64_t *w)
{
	vtd_page_response(u, w);
}

/* ---- The types ------------------------------------------------------------------- */

/* Bits of the first word that only some units give a meaning. */
enum option { OPTION_NONE, OPTION_DIT, OPTION_PDS };

struct descriptor_rule {
	void (*execute)(struct vtd_unit *u, const uint64_t *words);
	bool (*valid)(const struct vtd_unit *u, const uint64_t *words);
	uint64_t reserved[2];
	uint64_t optional; /* reserved too on units without `option` */
	enum option option;
	bool wide; /* 256-bit queues outside legacy mode only */
	/* By bits 5:4, which are the granularity of most; COMMAND_NONE: reserved. */
	uint8_t command[4];
};

#define EVERY(command)                             \
	{                                          \
		command, command, command, command \
	}

static const struct descriptor_rule rules[VTD_DESC_TYPES] = {
	[VTD_DESC_CONTEXT] =
		{
			.execute = context_invalidate,
			.reserved = {FIELD_MASK(8, 6) | FIELD_MASK(15, 12) | FIELD_MASK(63, 50),
				     FIELD_MASK(63, 0)},
			.command = {COMMAND_NONE, COMMAND_CONTEXT_GLOBAL, COMMAND_CONTEXT_DOMAIN,
				    COMMAND_CONTEXT_DEVICE},
		},
	[VTD_DESC_IOTLB] =
		{
			.execute = iotlb_invalidate,
			.valid = iotlb_valid,
			.reserved = {FIELD_MASK(8, 8) | FIELD_MASK(15, 12) | FIELD_MASK(63, 32),
				     FIELD_MASK(11, 7)},
			.command = {COMMAND_NONE, COMMAND_IOTLB_GLOBAL, COMMAND_IOTLB_DOMAIN,
				    COMMAND_IOTLB_PAGE},
		},
	[VTD_DESC_DEVICE_TLB] =
		{
			.execute = device_tlb_invalidate,
			.reserved = {FIELD_MASK(8, 4) | FIELD_MASK(31, 21) | FIELD_MASK(51, 48),
				     FIELD_MASK(11, 1)},
			.optional = FIELD_MASK(VTD_DESC_0_PFSID_LOW) |
				    FIELD_MASK(VTD_DESC_0_PFSID_HIGH),
			.option = OPTION_DIT,
			.command = EVERY(COMMAND_DEVICE_TLB),
		},
	[VTD_DESC_IEC] =
		{
			.execute = iec_invalidate,
			.reserved = {FIELD_MASK(8, 5) | FIELD_MASK(26, 12) | FIELD_MASK(63, 48),
				     FIELD_MASK(63, 0)},
			.command = {COMMAND_IEC_GLOBAL, COMMAND_IEC_INDEX, COMMAND_IEC_GLOBAL,
				    COMMAND_IEC_INDEX},
		},
	[VTD_DESC_WAIT] =
		{
			.execute = wait_complete,
			.reserved = {FIELD_MASK(8, 8) | FIELD_MASK(31, 12), FIELD_MASK(1, 0)},
			.optional = FIELD_MASK(VTD_WAIT_0_PD),
			.option = OPTION_PDS,
			.command = EVERY(COMMAND_WAIT),
		},
	[VTD_DESC_PIOTLB] =
		{
			.execute = piotlb_invalidate,
			.reserved = {FIELD_MASK(8, 6) | FIELD_MASK(15, 12) | FIELD_MASK(63, 52),
				     FIELD_MASK(11, 7)},
			.wide = true,
			.command = {COMMAND_NONE, COMMAND_NONE, COMMAND_PIOTLB_PASID,
				    COMMAND_PIOTLB_PAGE},
		},
	[VTD_DESC_PASID_CACHE] =
		{
			.execute = pasid_invalidate,
			.reserved = {FIELD_MASK(8, 6) | FIELD_MASK(15, 12) | FIELD_MASK(63, 52),
				     FIELD_MASK(63, 0)},
			.wide = true,
			.command = {COMMAND_PASID_DOMAIN, COMMAND_PASID_ONE, COMMAND_NONE,
				    COMMAND_PASID_GLOBAL},
		},
	[VTD_DESC_PDEVICE_TLB] =
		{
			.execute = pdevice_tlb_invalidate,
			.reserved = {0, FIELD_MASK(10, 1)},
			.optional = FIELD_MASK(VTD_DESC_0_PFSID_LOW) |
				    FIELD_MASK(VTD_DESC_0_PFSID_HIGH),
			.option = OPTION_DIT,
			.wide = true,
			.command = EVERY(COMMAND_PDEVICE_TLB),
		},
	[VTD_DESC_PAGE_RESPONSE] =
		{
			.execute = page_respond,
			.reserved = {FIELD_MASK(8, 5) | FIELD_MASK(63, 52),
				     FIELD_MASK(1, 0) | FIELD_MASK(63, 12)},
			.wide = true,
			.command = EVERY(COMMAND_PAGE_RESPONSE),
		},
};

static unsigned type_get(uint64_t word)
{
	return (unsigned)(field_get(VTD_DESC_0_TYPE_HIGH, word) << 4 |
			  field_get(VTD_DESC_0_TYPE_LOW, word));
}

/* Table 26, and the capabilities without which a type is unknown (6.5.2.5, 6.5.2.6, 7.6.1). */
static bool type_known(const struct vtd_unit *u, unsigned type, unsigned count)
{
	if (type >= VTD_DESC_TYPES || !rules[type].execute)
		return false;
	if (rules[type].wide && (count != VTD_DESC_WORDS || u->ttm == VTD_TTM_LEGACY))
		return false;
	if (type == VTD_DESC_DEVICE_TLB || type == VTD_DESC_PDEVICE_TLB)
		return u->features.dt;
	return type != VTD_DESC_PAGE_RESPONSE || u->features.prs;
}

static bool option_present(const struct vtd_unit *u, enum option option)
{
	switch (option) {
	case OPTION_DIT:
		return u->features.dit;
	case OPTION_PDS:
		return u->features.pds;
	case OPTION_NONE:
		break;
	}
	return true;
}

static bool reserved_clear(const struct vtd_unit *u, const struct descriptor_rule *rule,
			   const uint64_t *words, unsigned count)
{
	if ((words[0] & rule->reserved[0]) || (words[1] & rule->reserved[1]))
		return false;
	if ((words[0] & rule->optional) && !option_present(u, rule->option))
		return false;
	return count < VTD_DESC_WORDS || !(words[2] | words[3]);
}

unsigned vtd_command_type(const uint64_t *words, unsigned count)
{
	unsigned type = count ? type_get(words[0]) : 0;

	return type < VTD_DESC_TYPES ? rules[type].command[field_get(VTD_DESC_0_G, words[0])]
				     : COMMAND_NONE;
}

unsigned vtd_descriptor_execute(struct vtd_unit *u, const uint64_t *words, unsigned count)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	unsigned type = type_get(words[0]);
	const struct descriptor_rule *rule;
	unsigned command;

	if (!type_known(u, type, count))
		return VTD_IQEI_TYPE;
	rule = &rules[type];
	command = rule->command[field_get(VTD_DESC_0_G, words[0])];
	if (command == COMMAND_NONE || !reserved_clear(u, rule, words, count) ||
	    (rule->valid && !rule->valid(u, words)))
		return VTD_IQEI_RESERVED;
	u->unit.counters.commands[command]++;
	if (config->callbacks.command)
		config->callbacks.command(config->opaque, words, count);
	rule->execute(u, words);
	counters_command_done(&u->unit, command);
	return VTD_IQEI_NONE;
}

/* A wait that drains page requests (PD) is one for their sake. */
enum ioasim_command_class vtd_command_class(const uint64_t *words, unsigned count)
{
	switch (count ? type_get(words[0]) : 0) {
	case VTD_DESC_CONTEXT:
		return IOASIM_COMMAND_CFG;
	case VTD_DESC_PASID_CACHE:
		return IOASIM_COMMAND_PASID;
	case VTD_DESC_IOTLB:
	case VTD_DESC_PIOTLB:
		return IOASIM_COMMAND_TLB;
	case VTD_DESC_DEVICE_TLB:
	case VTD_DESC_PDEVICE_TLB:
		return IOASIM_COMMAND_ATC;
	case VTD_DESC_PAGE_RESPONSE:
		return IOASIM_COMMAND_PRQ;
	case VTD_DESC_WAIT:
		return field_get(VTD_WAIT_0_PD, words[0]) ? IOASIM_COMMAND_PRQ
							  : IOASIM_COMMAND_SYNC;
	default:
		return IOASIM_COMMAND_OTHER;
	}
}
