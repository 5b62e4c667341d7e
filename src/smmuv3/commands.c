/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands (chapter 4): which a unit knows, what is wrong with one, what each does.
 *
 * Reserved fields are ignored, as 4.1.5 allows; so are parameters out of range, which
 * then name nothing (4.1.7). Prefetch commands do nothing (4.2).
 */
#include "smmuv3/commands.h"

#include "model/counters.h"
#include "smmuv3/registers.h"
#include "smmuv3/stall.h"
#include "smmuv3/unit.h"

/* Classes of commands: the index of counters.commands. */
enum command {
	COMMAND_NONE,
	COMMAND_PREFETCH_CONFIG,
	COMMAND_PREFETCH_ADDR,
	COMMAND_CFGI_STE,
	COMMAND_CFGI_STE_RANGE,
	COMMAND_CFGI_ALL, /* behind the range of the same opcode */
	COMMAND_CFGI_CD,
	COMMAND_CFGI_CD_ALL,
	COMMAND_TLBI_NH_ALL,
	COMMAND_TLBI_NH_ASID,
	COMMAND_TLBI_NH_VA,
	COMMAND_TLBI_NH_VAA,
	COMMAND_TLBI_EL2_ALL,
	COMMAND_TLBI_EL2_ASID,
	COMMAND_TLBI_EL2_VA,
	COMMAND_TLBI_EL2_VAA,
	COMMAND_TLBI_S12_VMALL,
	COMMAND_TLBI_S2_IPA,
	COMMAND_TLBI_NSNH_ALL,
	COMMAND_ATC_INV,
	COMMAND_PRI_RESP,
	COMMAND_RESUME,
	COMMAND_STALL_TERM,
	COMMAND_SYNC,
	COMMANDS
};

static const char *const names[COMMANDS] = {
	[COMMAND_PREFETCH_CONFIG] = "prefetch-config",
	[COMMAND_PREFETCH_ADDR] = "prefetch-addr",
	[COMMAND_CFGI_STE] = "cfgi-ste",
	[COMMAND_CFGI_STE_RANGE] = "cfgi-ste-range",
	[COMMAND_CFGI_ALL] = "cfgi-all",
	[COMMAND_CFGI_CD] = "cfgi-cd",
	[COMMAND_CFGI_CD_ALL] = "cfgi-cd-all",
	[COMMAND_TLBI_NH_ALL] = "tlbi-nh-all",
	[COMMAND_TLBI_NH_ASID] = "tlbi-nh-asid",
	[COMMAND_TLBI_NH_VA] = "tlbi-nh-va",
	[COMMAND_TLBI_NH_VAA] = "tlbi-nh-vaa",
	[COMMAND_TLBI_EL2_ALL] = "tlbi-el2-all",
	[COMMAND_TLBI_EL2_ASID] = "tlbi-el2-asid",
	[COMMAND_TLBI_EL2_VA] = "tlbi-el2-va",
	[COMMAND_TLBI_EL2_VAA] = "tlbi-el2-vaa",
	[COMMAND_TLBI_S12_VMALL] = "tlbi-s12-vmall",
	[COMMAND_TLBI_S2_IPA] = "tlbi-s2-ipa",
	[COMMAND_TLBI_NSNH_ALL] = "tlbi-nsnh-all",
	[COMMAND_ATC_INV] = "atc-inv",
	[COMMAND_PRI_RESP] = "pri-resp",
	[COMMAND_RESUME] = "resume",
	[COMMAND_STALL_TERM] = "stall-term",
	[COMMAND_SYNC] = "sync",
};

const char *smmu_command_name(unsigned type)
{
	return type < COMMANDS ? names[type] : NULL;
}

/* ---- Prefetch and configuration (4.2, 4.3) --------------------------------------------- */

static uint32_t sid_get(const uint64_t *words)
{
	return (uint32_t)field_get(SMMU_CMD_0_SID, words[0]);
}

static uint32_t ssid_get(const uint64_t *words)
{
	return (uint32_t)field_get(SMMU_CMD_0_SSID, words[0]);
}

static bool leaf_get(const uint64_t *words)
{
	return field_get(SMMU_CMD_1_LEAF, words[1]);
}

static void prefetch(struct smmu_unit *u, const uint64_t *words)
{
	(void)u;
	(void)words;
}

static void cfgi_ste(struct smmu_unit *u, const uint64_t *words)
{
	smmu_invalidate_streams(u, sid_get(words), sid_get(words), leaf_get(words));
	smmu_stall_invalidated(u);
}

static void cfgi_ste_range(struct smmu_unit *u, const uint64_t *words)
{
	unsigned range = (unsigned)field_get(SMMU_CFGI_1_RANGE, words[1]);
	uint32_t inside = (uint32_t)field_mask(range, 0);
	uint32_t sid = sid_get(words);

	smmu_invalidate_streams(u, sid & ~inside, sid | inside, false);
	smmu_stall_invalidated(u);
}

static void cfgi_cd(struct smmu_unit *u, const uint64_t *words)
{
	smmu_invalidate_context(u, sid_get(words), ssid_get(words), leaf_get(words));
	smmu_stall_invalidated(u);
}

static void cfgi_cd_all(struct smmu_unit *u, const uint64_t *words)
{
	smmu_invalidate_contexts(u, sid_get(words));
	smmu_stall_invalidated(u);
}

/* ---- TLB (4.4) ------------------------------------------------------------------------------ */

/* A range of 4.4.1.1, taken from a command. */
struct range_fields {
	unsigned granule_lg2; /* 0: TG is 0 */
	unsigned ttl, num, scale;
};

static struct range_fields range_get(const struct smmu_unit *u, const uint64_t *words)
{
	static const uint8_t granules[] = {0, 12, 14, 16};
	unsigned tg = (unsigned)field_get(SMMU_TLBI_1_TG, words[1]);
	struct range_fields range = {0};

	/* Without RIL the fields are reserved. */
	if (tg == SMMU_TG_NONE || !u->features.ril)
		return range;
	range.granule_lg2 = granules[tg];
	range.ttl = (unsigned)field_get(SMMU_TLBI_1_TTL, words[1]);
	range.num = (unsigned)field_get(SMMU_TLBI_0_NUM, words[0]);
	range.scale = (unsigned)field_get(SMMU_TLBI_0_SCALE, words[0]);
	/* Level 1 of the 16KB granule has no leaves: as if there were no hint. */
	if (tg == SMMU_TG_16K && range.ttl == 1)
		range.ttl = 0;
	return range;
}

/* 4.4.1.1: a granule without a range or hint is reserved. */
static bool range_valid(const struct smmu_unit *u, const uint64_t *words)
{
	struct range_fields range = range_get(u, words);

	return !range.granule_lg2 || range.ttl || range.num || range.scale;
}

/* Fills in what an address command covers. Ranges end at the top of the addresses. */
static void address_range(const struct smmu_unit *u, const uint64_t *words, uint64_t address,
			  struct smmu_tlbi *what)
{
	const unsigned page_lg2 = 12;
	struct range_fields range = range_get(u, words);
	uint64_t bytes = UINT64_C(1) << page_lg2;

	if (range.granule_lg2)
		bytes = (uint64_t)(range.num + 1) << (range.scale + range.granule_lg2);
	what->by_address = true;
	what->leaf = leaf_get(words);
	what->granule_lg2 = (uint8_t)range.granule_lg2;
	what->ttl = (uint8_t)range.ttl;
	what->first = address;
	what->last = bytes - 1 > UINT64_MAX - address ? UINT64_MAX : address + (bytes - 1);
}

static void tlb_drop(struct smmu_unit *u, const struct smmu_tlbi *what)
{
	smmu_invalidate_tlb(u, what);
	smmu_stall_invalidated(u);
}

/* The tags that a command names, whichever of them it goes by. */
static struct smmu_tlbi tags_get(const uint64_t *words)
{
	return (struct smmu_tlbi){
		.vmid = (uint16_t)field_get(SMMU_TLBI_0_VMID, words[0]),
		.asid = (uint16_t)field_get(SMMU_TLBI_0_ASID, words[0]),
	};
}

static void tlbi_nh(struct smmu_unit *u, const uint64_t *words)
{
	struct smmu_tlbi what = tags_get(words);
	uint64_t opcode = field_get(SMMU_CMD_0_OPCODE, words[0]);

	what.stage1 = true;
	what.by_vmid = true;
	what.by_asid = opcode == SMMU_CMD_TLBI_NH_ASID || opcode == SMMU_CMD_TLBI_NH_VA;
	if (opcode == SMMU_CMD_TLBI_NH_VA || opcode == SMMU_CMD_TLBI_NH_VAA)
		address_range(u, words, field_bits(SMMU_TLBI_1_ADDR, words[1]), &what);
	tlb_drop(u, &what);
}

/* EL2_VA goes by ASID only where EL2 has any (4.4.2.8). */
static void tlbi_el2(struct smmu_unit *u, const uint64_t *words)
{
	struct smmu_tlbi what = tags_get(words);
	uint64_t opcode = field_get(SMMU_CMD_0_OPCODE, words[0]);

	what.el2 = true;
	what.stage1 = true;
	what.by_asid =
		opcode == SMMU_CMD_TLBI_EL2_ASID || (opcode == SMMU_CMD_TLBI_EL2_VA && u->e2h);
	if (opcode == SMMU_CMD_TLBI_EL2_VA || opcode == SMMU_CMD_TLBI_EL2_VAA)
		address_range(u, words, field_bits(SMMU_TLBI_1_ADDR, words[1]), &what);
	tlb_drop(u, &what);
}

static void tlbi_s2_ipa(struct smmu_unit *u, const uint64_t *words)
{
	struct smmu_tlbi what = tags_get(words);

	what.stage2 = true;
	what.by_vmid = true;
	address_range(u, words, field_bits(SMMU_TLBI_1_IPA, words[1]), &what);
	tlb_drop(u, &what);
}

/* S12_VMALL and NSNH_ALL */
static void tlbi_both(struct smmu_unit *u, const uint64_t *words)
{
	struct smmu_tlbi what = tags_get(words);

	what.stage1 = what.stage2 = true;
	what.by_vmid = field_get(SMMU_CMD_0_OPCODE, words[0]) == SMMU_CMD_TLBI_S12_VMALL;
	tlb_drop(u, &what);
}

/* ---- ATS and PRI (4.5) ------------------------------------------------------------------------- */

/* A unit without PASIDs takes SSV as 0. */
static bool ssv_get(const struct smmu_unit *u, const uint64_t *words)
{
	return u->features.ssid_bits && field_get(SMMU_CMD_0_SSV, words[0]);
}

/* 4.5.1: larger spans than all addresses may be refused. */
static bool atc_inv_valid(const struct smmu_unit *u, const uint64_t *words)
{
	(void)u;
	return field_get(SMMU_ATC_1_SIZE, words[1]) <= SMMU_ATC_SIZE_ALL;
}

static void atc_inv(struct smmu_unit *u, const uint64_t *words)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	const unsigned page_lg2 = 12;
	unsigned size_lg2 = (unsigned)field_get(SMMU_ATC_1_SIZE, words[1]) + page_lg2;
	uint64_t address = field_bits(SMMU_ATC_1_ADDR, words[1]);
	uint64_t inside = field_mask(size_lg2 - 1, 0);
	bool ssv = ssv_get(u, words);
	const struct ioasim_atc_invalidation what = {
		.requester_id = sid_get(words),
		.has_pasid = ssv,
		.pasid = ssv ? ssid_get(words) : 0,
		.global = ssv && field_get(SMMU_ATC_0_GLOBAL, words[0]),
		.first = address & ~inside,
		.last = address | inside,
	};

	if (u->enabled && config->callbacks.atc_invalidate)
		config->callbacks.atc_invalidate(config->opaque, &what);
}

static bool pri_resp_valid(const struct smmu_unit *u, const uint64_t *words)
{
	(void)u;
	return field_get(SMMU_PRI_1_RESP, words[1]) <= SMMU_RESP_SUCCESS;
}

static void pri_resp(struct smmu_unit *u, const uint64_t *words)
{
	static const uint8_t codes[] = {
		[SMMU_RESP_FAILURE] = IOASIM_PAGE_FAILURE,
		[SMMU_RESP_INVALID] = IOASIM_PAGE_INVALID,
		[SMMU_RESP_SUCCESS] = IOASIM_PAGE_SUCCESS,
	};
	bool ssv = ssv_get(u, words);
	const struct ioasim_page_response response = {
		.requester_id = sid_get(words),
		.has_pasid = ssv,
		.pasid = ssv ? ssid_get(words) : 0,
		.group = (uint16_t)field_get(SMMU_PRI_1_PRGINDEX, words[1]),
		.code = codes[field_get(SMMU_PRI_1_RESP, words[1])],
	};

	if (u->enabled)
		smmu_page_response(u, &response);
}

/* ---- Stalls and synchronization (4.7) ------------------------------------------------------------ */

static void resume(struct smmu_unit *u, const uint64_t *words)
{
	smmu_stall_resume(u, sid_get(words), (uint16_t)field_get(SMMU_RESUME_1_STAG, words[1]),
			  field_get(SMMU_RESUME_0_AC, words[0]),
			  field_get(SMMU_RESUME_0_AB, words[0]));
}

static void stall_term(struct smmu_unit *u, const uint64_t *words)
{
	smmu_stall_terminate(u, sid_get(words));
}

static bool sync_valid(const struct smmu_unit *u, const uint64_t *words)
{
	(void)u;
	return field_get(SMMU_SYNC_0_CS, words[0]) <= SMMU_CS_SEV;
}

/* Everything before is complete already. An event for sleeping CPUs is seen by nobody. */
static void sync(struct smmu_unit *u, const uint64_t *words)
{
	uint64_t address = field_bits(SMMU_SYNC_1_MSIADDRESS, words[1]);

	smmu_stall_sync(u);
	u->unit.counters.waits++;
	if (field_get(SMMU_SYNC_0_CS, words[0]) == SMMU_CS_IRQ && u->features.msi && address)
		smmu_message(u, address, (uint32_t)field_get(SMMU_SYNC_0_MSIDATA, words[0]),
			     (uint32_t)FIELD_MASK(SMMU_GERROR_MSI_CMDQ_ABT_ERR));
}

/* ---- The opcodes -------------------------------------------------------------------------------------- */

/* What a unit must have for a command not to be illegal. */
enum needs { NEEDS_NOTHING, NEEDS_S1, NEEDS_S2, NEEDS_HYP, NEEDS_ATS, NEEDS_PRI, NEEDS_STALL };

struct command_rule {
	void (*execute)(struct smmu_unit *u, const uint64_t *words); /* NULL: unknown */
	bool (*valid)(const struct smmu_unit *u, const uint64_t *words);
	uint8_t needs; /* enum needs */
	uint8_t command; /* enum command */
	bool has_ssec; /* SSec, which must be 0 on this queue (4.1.6) */
};

#define OPCODES (SMMU_CMD_SYNC + 1)

/* Unknown are CFGI_VMS_PIDM (no MPAM), EL3 commands, and those of secure state, DPT and
 * implementations: no rows. */
static const struct command_rule rules[OPCODES] = {
	[SMMU_CMD_PREFETCH_CONFIG] = {prefetch, NULL, NEEDS_NOTHING, COMMAND_PREFETCH_CONFIG, true},
	[SMMU_CMD_PREFETCH_ADDR] = {prefetch, NULL, NEEDS_NOTHING, COMMAND_PREFETCH_ADDR, true},
	[SMMU_CMD_CFGI_STE] = {cfgi_ste, NULL, NEEDS_NOTHING, COMMAND_CFGI_STE, true},
	[SMMU_CMD_CFGI_STE_RANGE] = {cfgi_ste_range, NULL, NEEDS_NOTHING, COMMAND_CFGI_STE_RANGE,
				     true},
	[SMMU_CMD_CFGI_CD] = {cfgi_cd, NULL, NEEDS_S1, COMMAND_CFGI_CD, true},
	[SMMU_CMD_CFGI_CD_ALL] = {cfgi_cd_all, NULL, NEEDS_S1, COMMAND_CFGI_CD_ALL, true},
	[SMMU_CMD_TLBI_NH_ALL] = {tlbi_nh, NULL, NEEDS_S1, COMMAND_TLBI_NH_ALL, false},
	[SMMU_CMD_TLBI_NH_ASID] = {tlbi_nh, NULL, NEEDS_S1, COMMAND_TLBI_NH_ASID, false},
	[SMMU_CMD_TLBI_NH_VA] = {tlbi_nh, range_valid, NEEDS_S1, COMMAND_TLBI_NH_VA, false},
	[SMMU_CMD_TLBI_NH_VAA] = {tlbi_nh, range_valid, NEEDS_S1, COMMAND_TLBI_NH_VAA, false},
	[SMMU_CMD_TLBI_EL2_ALL] = {tlbi_el2, NULL, NEEDS_HYP, COMMAND_TLBI_EL2_ALL, false},
	[SMMU_CMD_TLBI_EL2_ASID] = {tlbi_el2, NULL, NEEDS_HYP, COMMAND_TLBI_EL2_ASID, false},
	[SMMU_CMD_TLBI_EL2_VA] = {tlbi_el2, range_valid, NEEDS_HYP, COMMAND_TLBI_EL2_VA, false},
	[SMMU_CMD_TLBI_EL2_VAA] = {tlbi_el2, range_valid, NEEDS_HYP, COMMAND_TLBI_EL2_VAA, false},
	[SMMU_CMD_TLBI_S12_VMALL] = {tlbi_both, NULL, NEEDS_S2, COMMAND_TLBI_S12_VMALL, false},
	[SMMU_CMD_TLBI_S2_IPA] = {tlbi_s2_ipa, range_valid, NEEDS_S2, COMMAND_TLBI_S2_IPA, false},
	[SMMU_CMD_TLBI_NSNH_ALL] = {tlbi_both, NULL, NEEDS_NOTHING, COMMAND_TLBI_NSNH_ALL, false},
	[SMMU_CMD_ATC_INV] = {atc_inv, atc_inv_valid, NEEDS_ATS, COMMAND_ATC_INV, false},
	[SMMU_CMD_PRI_RESP] = {pri_resp, pri_resp_valid, NEEDS_PRI, COMMAND_PRI_RESP, false},
	[SMMU_CMD_RESUME] = {resume, NULL, NEEDS_STALL, COMMAND_RESUME, true},
	[SMMU_CMD_STALL_TERM] = {stall_term, NULL, NEEDS_STALL, COMMAND_STALL_TERM, true},
	[SMMU_CMD_SYNC] = {sync, sync_valid, NEEDS_NOTHING, COMMAND_SYNC, false},
};

static bool unit_has(const struct smmu_features *f, enum needs needs)
{
	switch (needs) {
	case NEEDS_S1:
		return f->s1p;
	case NEEDS_S2:
		return f->s2p;
	case NEEDS_HYP:
		return f->hyp;
	case NEEDS_ATS:
		return f->ats;
	case NEEDS_PRI:
		return f->pri;
	case NEEDS_STALL:
		return f->stall_model != SMMU_STALL_MODEL_TERMINATE;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

/* The class of a command whose opcode is known. */
static unsigned command_class(const struct command_rule *rule, const uint64_t *words)
{
	if (rule->command == COMMAND_CFGI_STE_RANGE &&
	    field_get(SMMU_CFGI_1_RANGE, words[1]) == SMMU_RANGE_ALL)
		return COMMAND_CFGI_ALL;
	return rule->command;
}

unsigned smmu_command_type(const uint64_t *words, unsigned count)
{
	uint64_t opcode = count ? field_get(SMMU_CMD_0_OPCODE, words[0]) : 0;

	if (count < SMMU_CMD_WORDS || opcode >= OPCODES)
		return COMMAND_NONE;
	return command_class(&rules[opcode], words);
}

unsigned smmu_command_execute(struct smmu_unit *u, const uint64_t *words)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	uint64_t opcode = field_get(SMMU_CMD_0_OPCODE, words[0]);
	const struct command_rule *rule;
	unsigned command;

	if (opcode >= OPCODES)
		return SMMU_CERROR_ILL;
	rule = &rules[opcode];
	if (!rule->execute || !unit_has(&u->features, (enum needs)rule->needs) ||
	    (rule->has_ssec && field_get(SMMU_CMD_0_SSEC, words[0])) ||
	    (rule->valid && !rule->valid(u, words)))
		return SMMU_CERROR_ILL;
	command = command_class(rule, words);
	u->unit.counters.commands[command]++;
	if (config->callbacks.command)
		config->callbacks.command(config->opaque, words, SMMU_CMD_WORDS);
	rule->execute(u, words);
	counters_command_done(&u->unit, command);
	return SMMU_CERROR_NONE;
}

enum ioasim_command_class smmu_command_class(const uint64_t *words, unsigned count)
{
	switch (count ? field_get(SMMU_CMD_0_OPCODE, words[0]) : 0) {
	case SMMU_CMD_CFGI_STE:
	case SMMU_CMD_CFGI_STE_RANGE:
		return IOASIM_COMMAND_CFG;
	case SMMU_CMD_CFGI_CD:
	case SMMU_CMD_CFGI_CD_ALL:
		return IOASIM_COMMAND_PASID;
	case SMMU_CMD_TLBI_NH_ALL:
	case SMMU_CMD_TLBI_NH_ASID:
	case SMMU_CMD_TLBI_NH_VA:
	case SMMU_CMD_TLBI_NH_VAA:
	case SMMU_CMD_TLBI_EL2_ALL:
	case SMMU_CMD_TLBI_EL2_ASID:
	case SMMU_CMD_TLBI_EL2_VA:
	case SMMU_CMD_TLBI_EL2_VAA:
	case SMMU_CMD_TLBI_S12_VMALL:
	case SMMU_CMD_TLBI_S2_IPA:
	case SMMU_CMD_TLBI_NSNH_ALL:
		return IOASIM_COMMAND_TLB;
	case SMMU_CMD_ATC_INV:
		return IOASIM_COMMAND_ATC;
	case SMMU_CMD_PRI_RESP:
	case SMMU_CMD_RESUME:
	case SMMU_CMD_STALL_TERM:
		return IOASIM_COMMAND_PRQ;
	case SMMU_CMD_SYNC:
		return IOASIM_COMMAND_SYNC;
	default:
		return IOASIM_COMMAND_OTHER;
	}
}
