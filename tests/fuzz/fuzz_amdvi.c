/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs against AMD-Vi units; see program.h for what must hold. */
#include "amdvi_pair.h"
#include "program.h"

#include "amdvi/events.h"
#include "amdvi/registers.h"
#include "amdvi/structures.h"

/* Without PASID there are no execute requests (2.1). */
static unsigned needed(const struct ioasim_request *request)
{
	return request->access & (request->has_pasid ? ~0u : ~(unsigned)IOASIM_EXEC);
}

static const char *answer(const struct ioasim_request *request,
			  const struct ioasim_response *response)
{
	(void)request;
	switch (response->outcome) {
	case IOASIM_OK:
		return response->size_lg2 > 64 ? "a page size that no table can give" : NULL;
	case IOASIM_FAULT:
	case IOASIM_ATS_UR:
	case IOASIM_ATS_CA:
	case IOASIM_ATS_EMPTY:
	case IOASIM_INTERRUPT:
		return NULL;
	default:
		return "an outcome that AMD-Vi does not have";
	}
}

static bool late_fault(uint32_t code)
{
	(void)code;
	return false;
}

/* 2.5.3: SE of a device table entry. */
static bool recorded_once(uint32_t code)
{
	return code == AMDVI_IO_PAGE_FAULT;
}

/* ---- Steps ----------------------------------------------------------------------- */

static void step_register(struct program *p)
{
	static const struct {
		uint16_t offset;
		uint8_t size;
	} registers[] = {
		{AMDVI_CONTROL, 8},          {AMDVI_CMD_TAIL, 8},        {AMDVI_CMD_HEAD, 8},
		{AMDVI_EVENT_HEAD, 8},       {AMDVI_EVENT_TAIL, 4},      {AMDVI_PPR_HEAD, 8},
		{AMDVI_STATUS, 8},           {AMDVI_DEV_TAB_BASE, 8},    {AMDVI_CMD_BASE, 8},
		{AMDVI_EVENT_BASE, 8},       {AMDVI_PPR_BASE, 8},        {AMDVI_EXCL_BASE, 8},
		{AMDVI_EXCL_LIMIT, 8},       {AMDVI_PPR_AUTO_RSP, 8},    {AMDVI_CONTROL + 4, 4},
		{AMDVI_DEV_TAB_SEG_BASE, 8}, {AMDVI_HW_EVENT_STATUS, 8}, {AMDVI_XT_GEN_INTR, 8},
	};
	uint8_t choice = fuzz_byte(&p->bytes);
	unsigned n = choice % (sizeof(registers) / sizeof(registers[0]));
	uint64_t value = fuzz_word(&p->bytes, 3);

	if (choice & 0x40)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 32;
	if (choice & 0x80)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 56;
	pair_write(p->pair, registers[n].offset, registers[n].size, value);
}

/* Bits of the control register that change what requests meet. */
static void step_control(struct program *p)
{
	static const uint64_t bits[] = {
		FIELD_MASK(AMDVI_CONTROL_IOMMU_EN),
		FIELD_MASK(AMDVI_CONTROL_GT_EN),
		FIELD_MASK(AMDVI_CONTROL_GCR3_TRP_MODE),
		FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN),
		FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN),
		FIELD_MASK(AMDVI_CONTROL_GA_UPDATE_DIS),
		FIELD_MASK(AMDVI_CONTROL_GD_UPDATE_DIS),
		FIELD_MASK(AMDVI_CONTROL_EPH_EN),
		FIELD_VALUE(AMDVI_CONTROL_DEV_TBL_SEG_EN, 1),
	};
	uint64_t value = 0;

	if (ioasim_mmio_read(p->pair->side[SIDE_CACHED].unit, AMDVI_CONTROL, 8, &value))
		p->broken = "the control register cannot be read";
	value ^= bits[fuzz_byte(&p->bytes) % (sizeof(bits) / sizeof(bits[0]))];
	pair_write(p->pair, AMDVI_CONTROL, 8, value);
}

static void step_command(struct program *p)
{
	uint8_t opcode = fuzz_byte(&p->bytes), scope = fuzz_byte(&p->bytes);
	uint64_t words[2] = {0}, address = p->arch->address(&p->bytes);
	uint64_t range = field_bits(AMDVI_CMD_1_ADDRESS, address) |
			 field_prep(AMDVI_CMD_1_S, scope >> 6) |
			 field_prep(AMDVI_CMD_1_GN, scope >> 7);

	words[0] = field_prep(AMDVI_CMD_0_OPCODE, opcode % 10);
	switch (opcode % 10) {
	case AMDVI_CMD_COMPLETION_WAIT:
		words[0] |= field_prep(AMDVI_WAIT_0_S, scope) |
			    field_prep(AMDVI_WAIT_0_I, scope >> 1) |
			    field_prep(AMDVI_WAIT_0_F, scope >> 2) |
			    (PAGE_OF(PAGE_STATUS) + 8u * (scope >> 4));
		words[1] = address;
		break;
	case AMDVI_CMD_INVALIDATE_IOMMU_PAGES:
		words[0] |= field_prep(AMDVI_PAGES_0_DOMAIN_ID, scope % 4) |
			    field_prep(AMDVI_PAGES_0_PASID, opcode >> 5);
		words[1] = range | field_prep(AMDVI_PAGES_1_PDE, scope >> 2);
		/* Blocks: all below some bit. */
		if (scope & 8)
			words[1] |= field_mask(11 + scope % 45, 12);
		break;
	case AMDVI_CMD_INVALIDATE_IOTLB_PAGES:
	case AMDVI_CMD_PREFETCH_IOMMU_PAGES:
		words[0] |= field_prep(AMDVI_CMD_0_DEVICE_ID, program_requester(p));
		words[1] = range | field_prep(AMDVI_PREF_1_INVAL, scope >> 5);
		break;
	case AMDVI_CMD_COMPLETE_PPR_REQUEST:
		words[0] |= field_prep(AMDVI_CMD_0_DEVICE_ID, program_requester(p)) |
			    field_prep(AMDVI_CMD_0_PASID_HIGH, scope >> 6);
		words[1] = field_prep(AMDVI_CMD_1_GN, scope >> 4) |
			   field_prep(AMDVI_PPR_RSP_1_GROUP, scope * 3u) |
			   field_prep(AMDVI_PPR_RSP_1_STATUS, scope >> 5);
		break;
	case AMDVI_CMD_INVALIDATE_DEVTAB_ENTRY:
	case AMDVI_CMD_INVALIDATE_INTERRUPT_TABLE:
		words[0] |= field_prep(AMDVI_CMD_0_DEVICE_ID, program_requester(p));
		break;
	default:
		break;
	}
	amdvi_submit(p->pair, words);
}

static void step_raw_command(struct program *p)
{
	const uint64_t words[2] = {fuzz_word(&p->bytes, 8), fuzz_word(&p->bytes, 8)};

	amdvi_submit(p->pair, words);
}

static void step_restart(struct program *p)
{
	amdvi_restart(p->pair);
}

static void (*const steps[])(struct program *) = {
	program_request,    program_request,      program_request,    program_request,
	program_store_flip, program_store_flip,   program_store_flip, program_store_pointer,
	program_store_word, step_register,        step_control,       program_mmio,
	step_command,       step_command,         step_raw_command,   step_restart,
	program_abort,      program_page_request, program_preset,
};

static const struct program_arch arch = {
	.pair = &amdvi_pair,
	.requesters = {0x18, 0x18, 0x18, 0x19, 0x19, 0x1a, 0x7f, 0x80},
	/* Device table entries, and the entries of tables that programs use. */
	.words = {0, 1, 2, 3, 4, 8, 15, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x68, 0x69, 511},
	.address = program_address,
	.needed = needed,
	.answer = answer,
	.late_fault = late_fault,
	.dirty_cached = true,
	.recorded_once = recorded_once,
	.mmio_size = 0x200,
	.step = steps,
	.steps = sizeof(steps) / sizeof(steps[0]),
	.command = step_command,
	.repair = step_restart,
};

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return pair_create(&amdvi_pair);
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
	.name = "amdvi",
	.max_size = 400,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = finish,
};
