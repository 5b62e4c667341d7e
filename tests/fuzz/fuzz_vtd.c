/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs against VT-d units; see program.h for what must hold. */
#include "program.h"
#include "vtd_pair.h"

#include "vtd/reasons.h"
#include "vtd/registers.h"
#include "vtd/structures.h"

/* Without PASID there are no execute requests (4.2.1). */
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
		return response->size_lg2 != 64 && response->size_lg2 > 57
			       ? "a page size that no table can give"
			       : NULL;
	case IOASIM_FAULT:
	case IOASIM_ATS_UR:
	case IOASIM_ATS_CA:
	case IOASIM_ATS_EMPTY:
	case IOASIM_INTERRUPT:
		return NULL;
	default:
		return "an outcome that VT-d does not have";
	}
}

/* A flag that cannot be set. */
static bool flag_fault(uint32_t code)
{
	switch (code) {
	case VTD_FAULT_SFS_8:
	case VTD_FAULT_SFS_9:
	case VTD_FAULT_SFS_10:
	case VTD_FAULT_SSS_5:
	case VTD_FAULT_SSS_6:
		return true;
	default:
		return false;
	}
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
		uint16_t offset;
		uint8_t size;
	} registers[] = {
		{VTD_GCMD, 4},  {VTD_RTADDR, 8}, {VTD_CCMD, 8}, {VTD_FSTS, 4},
		{VTD_FECTL, 4}, {VTD_IQT, 8},    {VTD_IQA, 8},  {VTD_ICS, 4},
		{VTD_IECTL, 4}, {VTD_PQH, 8},    {VTD_PQT, 8},  {VTD_PQA, 8},
		{VTD_PRS, 4},   {VTD_PECTL, 4},  {VTD_IQT, 4},  {VTD_PMEN, 4},
	};
	uint8_t choice = fuzz_byte(&p->bytes), n = choice % 16;
	uint64_t value = fuzz_word(&p->bytes, 2);

	if (choice & 0x40)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 24;
	if (choice & 0x80)
		value |= (uint64_t)fuzz_byte(&p->bytes) << 56;
	pair_write(p->pair, registers[n].offset, registers[n].size, value);
}

static void step_command(struct program *p)
{
	uint64_t words[4] = {0};
	uint8_t type = fuzz_byte(&p->bytes), scope = fuzz_byte(&p->bytes);
	uint64_t address = program_address(&p->bytes);

	words[0] = field_prep(VTD_DESC_0_TYPE_LOW, type % 11) | field_prep(VTD_DESC_0_G, scope) |
		   field_prep(VTD_DESC_0_DID, scope >> 2 & 0x1f) |
		   field_prep(VTD_DESC_0_PASID, scope >> 5);
	words[1] = field_bits(VTD_DESC_1_ADDR, address) | field_prep(VTD_DESC_1_AM, type >> 4) |
		   field_prep(VTD_DESC_1_IH, type >> 7);
	switch (type % 11) {
	case VTD_DESC_CONTEXT:
		words[0] = field_bits(VTD_DESC_0_TYPE_LOW, words[0]) |
			   field_prep(VTD_DESC_0_G, scope) |
			   field_prep(VTD_DESC_0_DID, scope >> 2 & 0x1f) |
			   field_prep(VTD_CC_0_SID, program_requester(p)) |
			   field_prep(VTD_CC_0_FM, type >> 6);
		words[1] = 0;
		break;
	case VTD_DESC_IOTLB:
		field_set(&words[0], VTD_DESC_0_PASID, 0);
		break;
	case VTD_DESC_WAIT:
		words[0] =
			field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_WAIT) |
			field_prep(VTD_WAIT_0_IF, scope) | field_prep(VTD_WAIT_0_SW, scope >> 1) |
			field_prep(VTD_WAIT_0_FN, scope >> 2) | field_prep(VTD_WAIT_0_STDATA, type);
		words[1] = (uint64_t)PAGE_STATUS * PAIR_PAGE + 4u * (scope >> 4);
		break;
	case VTD_DESC_PASID_CACHE:
		words[1] = 0;
		break;
	default:
		break;
	}
	vtd_submit(p->pair, words);
}

static void step_raw_command(struct program *p)
{
	uint64_t words[4];

	for (unsigned i = 0; i < 2; i++)
		words[i] = fuzz_word(&p->bytes, 8);
	words[2] = fuzz_byte(&p->bytes);
	words[3] = fuzz_byte(&p->bytes);
	vtd_submit(p->pair, words);
}

/* Repairs a stopped ring as a driver does, so that a program goes on. */
static void step_repair(struct program *p)
{
	pair_write(p->pair, VTD_FSTS, 4, FIELD_MASK(VTD_FSTS_IQE) | FIELD_MASK(VTD_FSTS_PFO));
	pair_write(p->pair, VTD_ICS, 4, 1);
}

static void (*const steps[])(struct program *) = {
	program_request,       program_request,    program_request,    program_request,
	program_store_pointer, program_store_flip, program_store_flip, program_store_flip,
	program_store_word,    step_register,      program_mmio,       step_command,
	step_command,          step_raw_command,   step_repair,        program_abort,
	program_page_request,  program_preset,
};

static const struct program_arch arch = {
	.pair = &vtd_pair,
	.requesters = {0x18, 0x18, 0x18, 0x98, 0x19, 0x99, 0x118, 0xffff},
	.words = {0, 1, 2, 3, 4, 8, 9, 16, 0x30, 0x31, 0x60, 0x61, 0x62, 0x130, 511, 15},
	.address = program_address,
	.needed = needed,
	.answer = answer,
	.late_fault = flag_fault,
	.recorded_once = recorded_once,
	.mmio_size = 0x400,
	.step = steps,
	.steps = sizeof(steps) / sizeof(steps[0]),
	.command = step_command,
	.repair = step_repair,
};

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return pair_create(&vtd_pair);
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
	.name = "vtd",
	.max_size = 400,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = finish,
};
