/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs against SMMUv3 units; see program.h for what must hold. */
#include "program.h"
#include "smmuv3_pair.h"

#include "smmuv3/registers.h"
#include "smmuv3/structures.h"

/* What reads become is the stream table's to say: INSTCFG (5.2). */
static unsigned needed(const struct ioasim_request *request)
{
	return request->access & IOASIM_WRITE;
}

static const char *answer(const struct ioasim_request *request,
			  const struct ioasim_response *response)
{
	switch (response->outcome) {
	case IOASIM_OK:
		return response->size_lg2 != 64 && response->size_lg2 > 52
			       ? "a page size that no table can give"
			       : NULL;
	case IOASIM_FAULT:
		return NULL;
	case IOASIM_RAZ_WI:
	case IOASIM_STALLED:
		return request->kind == IOASIM_UNTRANSLATED
			       ? NULL
			       : "an end that only ordinary requests can have";
	case IOASIM_ATS_UR:
	case IOASIM_ATS_CA:
	case IOASIM_ATS_EMPTY:
		return request->kind == IOASIM_TRANSLATION_REQUEST
			       ? NULL
			       : "an end that only translation requests can have";
	default:
		return "an outcome that SMMUv3 does not have";
	}
}

static bool late_fault(uint32_t code)
{
	(void)code;
	return false;
}

static bool recorded_once(uint32_t code)
{
	(void)code;
	return false;
}

/* ---- Steps ----------------------------------------------------------------------- */

static void step_register(struct program *p)
{
	static const struct {
		uint32_t offset;
		uint8_t size;
	} registers[] = {
		{SMMU_CR0, 4},         {SMMU_CR0, 4},
		{SMMU_CR2, 4},         {SMMU_GBPA, 4},
		{SMMU_IRQ_CTRL, 4},    {SMMU_GERRORN, 4},
		{SMMU_STRTAB_BASE, 8}, {SMMU_STRTAB_BASE_CFG, 4},
		{SMMU_CMDQ_BASE, 8},   {SMMU_CMDQ_PROD, 4},
		{SMMU_CMDQ_CONS, 4},   {SMMU_EVENTQ_BASE, 8},
		{SMMU_EVENTQ_PROD, 4}, {SMMU_EVENTQ_CONS, 4},
		{SMMU_PRIQ_BASE, 8},   {SMMU_PRIQ_PROD, 4},
		{SMMU_PRIQ_CONS, 4},   {SMMU_EVENTQ_IRQ_CFG0, 8},
	};
	uint8_t choice = fuzz_byte(&p->bytes);
	unsigned n = choice % (sizeof(registers) / sizeof(registers[0]));
	uint64_t value = fuzz_word(&p->bytes, 3);

	if (choice & 0x40)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 24;
	pair_write(p->pair, registers[n].offset, registers[n].size, value);
}

/* Switches that requests meet, and that guard registers. */
static void step_control(struct program *p)
{
	static const uint64_t bits[] = {
		FIELD_MASK(SMMU_CR0_SMMUEN),  FIELD_MASK(SMMU_CR0_EVENTQEN),
		FIELD_MASK(SMMU_CR0_ATSCHK),  FIELD_MASK(SMMU_CR0_CMDQEN),
		FIELD_VALUE(SMMU_CR0_VMW, 1),
	};
	uint64_t value = 0;

	if (ioasim_mmio_read(p->pair->side[SIDE_CACHED].unit, SMMU_CR0, 4, &value))
		p->broken = "CR0 cannot be read";
	value ^= bits[fuzz_byte(&p->bytes) % (sizeof(bits) / sizeof(bits[0]))];
	pair_write(p->pair, SMMU_CR0, 4, value);
}

static void tlbi_words(uint64_t words[2], uint64_t address, uint8_t scope, uint8_t range)
{
	words[0] |= field_prep(SMMU_TLBI_0_VMID, scope % 4) |
		    field_prep(SMMU_TLBI_0_ASID, scope >> 2 & 7) |
		    field_prep(SMMU_TLBI_0_NUM, range) | field_prep(SMMU_TLBI_0_SCALE, range >> 3);
	words[1] = field_bits(SMMU_TLBI_1_ADDR, address) | field_prep(SMMU_CMD_1_LEAF, scope >> 5) |
		   field_prep(SMMU_TLBI_1_TG, range & 0x80 ? scope >> 6 : 0) |
		   field_prep(SMMU_TLBI_1_TTL, range >> 5);
}

static void step_command(struct program *p)
{
	static const uint8_t opcodes[] = {
		SMMU_CMD_CFGI_STE,       SMMU_CMD_CFGI_STE_RANGE, SMMU_CMD_CFGI_CD,
		SMMU_CMD_CFGI_CD_ALL,    SMMU_CMD_TLBI_NH_ALL,    SMMU_CMD_TLBI_NH_ASID,
		SMMU_CMD_TLBI_NH_VA,     SMMU_CMD_TLBI_NH_VAA,    SMMU_CMD_TLBI_EL2_ALL,
		SMMU_CMD_TLBI_EL2_ASID,  SMMU_CMD_TLBI_EL2_VA,    SMMU_CMD_TLBI_EL2_VAA,
		SMMU_CMD_TLBI_S12_VMALL, SMMU_CMD_TLBI_S2_IPA,    SMMU_CMD_TLBI_NSNH_ALL,
		SMMU_CMD_ATC_INV,        SMMU_CMD_PRI_RESP,       SMMU_CMD_RESUME,
		SMMU_CMD_RESUME,         SMMU_CMD_STALL_TERM,     SMMU_CMD_SYNC,
		SMMU_CMD_SYNC,           SMMU_CMD_PREFETCH_ADDR,
	};
	uint8_t choice = fuzz_byte(&p->bytes), scope = fuzz_byte(&p->bytes);
	uint8_t opcode = opcodes[choice % sizeof(opcodes)];
	uint64_t sid = program_requester(p);
	uint64_t words[2] = {field_prep(SMMU_CMD_0_OPCODE, opcode), 0};

	switch (opcode) {
	case SMMU_CMD_RESUME:
		words[0] |= field_prep(SMMU_CMD_0_SID, sid) | field_prep(SMMU_RESUME_0_AC, scope) |
			    field_prep(SMMU_RESUME_0_AB, scope >> 1);
		words[1] = field_prep(SMMU_RESUME_1_STAG, scope >> 2 & 3);
		break;
	case SMMU_CMD_PRI_RESP:
		words[0] |= field_prep(SMMU_CMD_0_SID, sid) | field_prep(SMMU_CMD_0_SSV, scope) |
			    field_prep(SMMU_CMD_0_SSID, scope >> 6);
		words[1] = field_prep(SMMU_PRI_1_PRGINDEX, scope * 3u) |
			   field_prep(SMMU_PRI_1_RESP, scope >> 4);
		break;
	case SMMU_CMD_ATC_INV:
		words[0] |= field_prep(SMMU_CMD_0_SID, sid) | field_prep(SMMU_CMD_0_SSV, scope) |
			    field_prep(SMMU_CMD_0_SSID, scope >> 6) |
			    field_prep(SMMU_ATC_0_GLOBAL, scope >> 1);
		words[1] = field_bits(SMMU_ATC_1_ADDR, p->arch->address(&p->bytes)) |
			   field_prep(SMMU_ATC_1_SIZE, scope >> 2);
		break;
	case SMMU_CMD_SYNC:
		words[0] |=
			field_prep(SMMU_SYNC_0_CS, scope) | field_prep(SMMU_SYNC_0_MSIDATA, scope);
		words[1] = PAGE_OF(PAGE_MESSAGES) + 8u * (scope >> 4);
		break;
	case SMMU_CMD_CFGI_STE:
	case SMMU_CMD_CFGI_STE_RANGE:
	case SMMU_CMD_CFGI_CD:
	case SMMU_CMD_CFGI_CD_ALL:
	case SMMU_CMD_STALL_TERM:
	case SMMU_CMD_PREFETCH_ADDR:
		words[0] |=
			field_prep(SMMU_CMD_0_SID, sid) | field_prep(SMMU_CMD_0_SSID, scope & 3);
		words[1] = field_prep(SMMU_CFGI_1_RANGE, scope >> 3) | (scope >> 2 & 1);
		break;
	default:
		tlbi_words(words, p->arch->address(&p->bytes), scope, fuzz_byte(&p->bytes));
		break;
	}
	smmuv3_submit(p->pair, words);
}

static void step_raw_command(struct program *p)
{
	const uint64_t words[2] = {fuzz_word(&p->bytes, 8), fuzz_word(&p->bytes, 8)};

	smmuv3_submit(p->pair, words);
}

static void step_restart(struct program *p)
{
	smmuv3_restart(p->pair);
}

static void (*const steps[])(struct program *) = {
	program_request,       program_request,    program_request,      program_request,
	program_store_flip,    program_store_flip, program_store_flip,   program_store_flip,
	program_store_pointer, program_store_word, step_register,        step_control,
	program_mmio,          step_command,       step_command,         step_raw_command,
	step_restart,          program_abort,      program_page_request, program_preset,
};

static const struct program_arch arch = {
	.pair = &smmuv3_pair,
	.requesters = {8, 8, 8, 9, 9, 10, 63, 64},
	/* Table entries, the words of CDs 0 and 1, and those of two streams' entries. */
	.words = {0, 1, 2, 3, 8, 9, 15, 511, 64, 65, 66, 67, 72, 73, 74, 80},
	.address = program_address,
	.needed = needed,
	.answer = answer,
	.late_fault = late_fault,
	.recorded_once = recorded_once,
	.dirty_cached = true,
	.flush_each_step = true,
	.mmio_size = 0x100,
	.step = steps,
	.steps = sizeof(steps) / sizeof(steps[0]),
	.command = step_command,
	.repair = step_restart,
};

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return pair_create(&smmuv3_pair);
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	return program_run(&arch, state, data, size);
}

static void finish(void *state)
{
	pair_destroy(state);
}

const struct fuzz_target fuzz_target = {
	.name = "smmuv3",
	.max_size = 400,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = finish,
};
