/* SPDX-License-Identifier: Apache-2.0 */
#include "smmuv3_pair.h"

#include "smmuv3/registers.h"
#include "smmuv3/structures.h"
#include "smmuv3/unit.h"

/* Queues of one page each. */
#define COMMANDS_LG2 8
#define EVENTS_LG2   7
#define REQUESTS_LG2 8

/* Everything that is modelled, and less: no flags set by the unit; one stage only; no
 * stalls, nothing but stalls; neither ATS nor ranges nor hints. */
#define EVERYTHING UINT64_C(0x08cf769b)
#define NO_FLAGS   (EVERYTHING & ~FIELD_MASK(SMMU_IDR0_HTTU))
#define NO_STAGE2     \
	(EVERYTHING & \
	 ~(FIELD_MASK(SMMU_IDR0_S2P) | FIELD_MASK(SMMU_IDR0_HYP) | FIELD_MASK(SMMU_IDR0_VMW)))
#define NO_STAGE1 (EVERYTHING & ~(FIELD_MASK(SMMU_IDR0_S1P) | FIELD_MASK(SMMU_IDR0_HYP)))
#define NO_STALLS (EVERYTHING | FIELD_VALUE(SMMU_IDR0_STALL_MODEL, SMMU_STALL_MODEL_TERMINATE))
#define ALL_STALLS                                                                 \
	(EVERYTHING | FIELD_VALUE(SMMU_IDR0_STALL_MODEL, SMMU_STALL_MODEL_STALL) | \
	 FIELD_VALUE(SMMU_IDR0_HTTU, SMMU_HTTU_TABLES))
#define NO_ATS                                                                  \
	(EVERYTHING & ~(FIELD_MASK(SMMU_IDR0_ATS) | FIELD_MASK(SMMU_IDR0_PRI) | \
			FIELD_MASK(SMMU_IDR0_ATSRECERR) | FIELD_MASK(SMMU_IDR0_ASID16)))

#define IDR1 UINT64_C(0x0e739d10)
#define IDR3 UINT64_C(0x7734)
#define IDR5 UINT64_C(0x00040475) /* four transactions wait at most */

static const struct pair_config configs[PAIR_CONFIGS] = {
	{{EVERYTHING, IDR1, IDR3, IDR5, 1}, 16, 4, IOASIM_POLICY_LRU},
	{{NO_FLAGS, IDR1, IDR3, IDR5, 1}, 7, 0, IOASIM_POLICY_FIFO},
	{{NO_STAGE2, IDR1, IDR3, IDR5, 1}, 64, 8, IOASIM_POLICY_PLRU},
	{{NO_STAGE1, IDR1, IDR3, IDR5, 1}, 8, 2, IOASIM_POLICY_RANDOM},
	{{NO_STALLS, IDR1, IDR3, IDR5, 2}, 32, 0, IOASIM_POLICY_LRU},
	{{ALL_STALLS, IDR1, IDR3, IDR5, 3}, 4, 1, IOASIM_POLICY_LRU},
	{{NO_ATS, IDR1, 0, IDR5, 0}, 256, 4, IOASIM_POLICY_LRU},
	{{NO_FLAGS | FIELD_MASK(SMMU_IDR0_TERM_MODEL), IDR1, IDR3, IDR5, 1},
	 12,
	 3,
	 IOASIM_POLICY_FIFO},
};

/* ---- Tables ------------------------------------------------------------------------ */

#define TABLE_BITS  FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE)
#define PAGE_BITS   (TABLE_BITS | FIELD_MASK(SMMU_PTE_AF))
#define STAGE1_BITS (PAGE_BITS | FIELD_MASK(SMMU_S1_AP1) | FIELD_MASK(SMMU_S1_NG))
#define STAGE2_BITS (PAGE_BITS | FIELD_MASK(SMMU_S2_S2AP) | FIELD_MASK(SMMU_S2_MEMATTR))

static void preset_tables(struct pair *pair)
{
	static const uint8_t page[] = {PAGE_DATA, PAGE_STAGE1, PAGE_DATA + 1, PAGE_CONTEXTS};

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned level = 0; level < 3; level++) {
			pair_store(pair, PAGE_OF(PAGE_STAGE2 + level) + 8 * i,
				   PAGE_OF(PAGE_STAGE2 + level + 1) | TABLE_BITS);
			pair_store(pair, PAGE_OF(PAGE_STAGE1 + level) + 8 * i,
				   PAGE_OF(PAGE_STAGE1 + level + 1) | TABLE_BITS);
		}
	}
	/* Stage 2 maps the sixteen pages to themselves, also for stage 1; where stage 1 maps
	 * its third, one that was not accessed, for which not every stream has a fault. */
	for (unsigned i = 0; i < PAIR_PAGES; i++)
		pair_store(pair, PAGE_OF(PAGE_STAGE2 + 3) + 8 * i,
			   (PAGE_OF(i) | STAGE2_BITS) &
				   ~(i == PAGE_DATA + 1 ? FIELD_MASK(SMMU_PTE_AF) : 0));
	/* One is read-only, one may be made dirty. None is global: there are several spaces. */
	for (unsigned i = 0; i < 4; i++)
		pair_store(pair, PAGE_OF(PAGE_STAGE1 + 3) + 8 * i,
			   PAGE_OF(page[i]) | STAGE1_BITS |
				   (i == 1 || i == 2 ? FIELD_MASK(SMMU_S1_AP2) : 0) |
				   (i == 2 ? FIELD_MASK(SMMU_PTE_DBM) : 0));
}

static uint64_t read32(const struct pair *pair, uint32_t offset)
{
	uint64_t value = 0;

	(void)!ioasim_mmio_read(pair->side[SIDE_CACHED].unit, offset, 4, &value);
	return value;
}

/* Flags that the unit sets, as far as it can: HA and HD of a CD or an STE. */
static bool sets_flags(const struct pair *pair, unsigned httu)
{
	return field_get(SMMU_IDR0_HTTU, read32(pair, SMMU_IDR0)) >= httu;
}

/* SubstreamIDs 2 and 3 have tables of their own: of three levels. */
static void preset_contexts(struct pair *pair)
{
	for (unsigned ssid = 0; ssid < 4; ssid++) {
		uint64_t at = PAGE_OF(PAGE_CONTEXTS) + SMMU_CD_SIZE * ssid;
		bool small = ssid >= 2;

		pair_store(pair, at,
			   FIELD_VALUE(SMMU_CD_0_T0SZ, small ? 25 : 16) |
				   FIELD_MASK(SMMU_CD_0_EPD1) | FIELD_MASK(SMMU_CD_0_V) |
				   FIELD_VALUE(SMMU_CD_0_IPS, SMMU_OAS_48) |
				   FIELD_MASK(SMMU_CD_0_AA64) | FIELD_MASK(SMMU_CD_0_R) |
				   FIELD_MASK(SMMU_CD_0_A) | FIELD_MASK(SMMU_CD_0_ASET) |
				   (ssid & 1 ? FIELD_MASK(SMMU_CD_0_S) : 0) |
				   FIELD_VALUE(SMMU_CD_0_HA, sets_flags(pair, SMMU_HTTU_ACCESS)) |
				   FIELD_VALUE(SMMU_CD_0_HD, sets_flags(pair, SMMU_HTTU_DIRTY)) |
				   FIELD_VALUE(SMMU_CD_0_ASID, 1 + ssid));
		pair_store(pair, at + 8, PAGE_OF(PAGE_STAGE1 + small));
	}
}

#define PRESET_STREAM 8u

static void preset_streams(struct pair *pair, unsigned preset)
{
	static const uint8_t config[PRESETS] = {SMMU_CONFIG_S1, SMMU_CONFIG_S2, SMMU_CONFIG_NESTED,
						SMMU_CONFIG_S1, SMMU_CONFIG_BYPASS};

	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = PAGE_OF(PAGE_STREAMS) + SMMU_STE_SIZE * (PRESET_STREAM + i);
		/* The second stream has a stage 2 of its own: of three levels. */
		bool small = i == 1;

		pair_store(pair, at,
			   FIELD_MASK(SMMU_STE_0_V) |
				   FIELD_VALUE(SMMU_STE_0_CONFIG, config[preset]) |
				   PAGE_OF(PAGE_CONTEXTS) | FIELD_VALUE(SMMU_STE_0_S1CDMAX, 2));
		pair_store(pair, at + 8,
			   FIELD_VALUE(SMMU_STE_1_S1DSS, SMMU_S1DSS_SSID0) |
				   FIELD_VALUE(SMMU_STE_1_SHCFG, SMMU_SHCFG_INCOMING) |
				   (i != 2 ? FIELD_VALUE(SMMU_STE_1_EATS, SMMU_EATS_FULL) : 0) |
				   (preset == PRESET_EL2
					    ? FIELD_VALUE(SMMU_STE_1_STRW, SMMU_STRW_EL2)
					    : 0));
		pair_store(pair, at + 16,
			   FIELD_VALUE(SMMU_STE_2_S2VMID, 1 + i) |
				   FIELD_VALUE(SMMU_STE_2_S2T0SZ, small ? 25 : 16) |
				   FIELD_VALUE(SMMU_STE_2_S2SL0, small ? 1 : 2) |
				   FIELD_VALUE(SMMU_STE_2_S2PS, SMMU_OAS_48) |
				   FIELD_MASK(SMMU_STE_2_S2AA64) | FIELD_MASK(SMMU_STE_2_S2R) |
				   (i == 2 ? FIELD_MASK(SMMU_STE_2_S2S) : 0) |
				   FIELD_VALUE(SMMU_STE_2_S2HA,
					       i == 2 && sets_flags(pair, SMMU_HTTU_ACCESS)));
		pair_store(pair, at + 24, PAGE_OF(PAGE_STAGE2 + small));
	}
}

/* ---- Registers ------------------------------------------------------------------------ */

#define QUEUES_ON \
	(FIELD_MASK(SMMU_CR0_PRIQEN) | FIELD_MASK(SMMU_CR0_EVENTQEN) | FIELD_MASK(SMMU_CR0_CMDQEN))

static void queue_write(struct pair *pair, uint32_t base, unsigned page, unsigned lg2)
{
	pair_write(pair, base, 8, PAGE_OF(page) | FIELD_VALUE(SMMU_QUEUE_BASE_LOG2SIZE, lg2));
}

static void messages_write(struct pair *pair)
{
	static const uint32_t cfg0[] = {SMMU_GERROR_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG0,
					SMMU_PRIQ_IRQ_CFG0};

	for (unsigned i = 0; i < 3; i++) {
		pair_write(pair, cfg0[i], 8, PAGE_OF(PAGE_MESSAGES) + 64 * i);
		pair_write(pair, cfg0[i] + 8, 4, 0x30 + i);
	}
}

static void queues_begin(struct pair *pair)
{
	pair->tail = 0;
	queue_write(pair, SMMU_CMDQ_BASE, PAGE_COMMANDS, COMMANDS_LG2);
	queue_write(pair, SMMU_EVENTQ_BASE, PAGE_EVENTS, EVENTS_LG2);
	queue_write(pair, SMMU_PRIQ_BASE, PAGE_REQUESTS, REQUESTS_LG2);
	pair_write(pair, SMMU_CMDQ_PROD, 4, 0);
	pair_write(pair, SMMU_CMDQ_CONS, 4, 0);
	pair_write(pair, SMMU_EVENTQ_PROD, 4, 0);
	pair_write(pair, SMMU_EVENTQ_CONS, 4, 0);
	pair_write(pair, SMMU_PRIQ_PROD, 4, 0);
	pair_write(pair, SMMU_PRIQ_CONS, 4, 0);
}

static void preset_make(struct pair *pair, unsigned preset)
{
	const uint64_t all = FIELD_MASK(SMMU_IRQ_CTRL_GERROR_IRQEN) |
			     FIELD_MASK(SMMU_IRQ_CTRL_PRIQ_IRQEN) |
			     FIELD_MASK(SMMU_IRQ_CTRL_EVENTQ_IRQEN);

	preset_tables(pair);
	preset_contexts(pair);
	preset_streams(pair, preset);
	pair_write(pair, SMMU_CR0, 4, 0);
	pair_write(pair, SMMU_IRQ_CTRL, 4, 0);
	/* Without E2H all of EL2 would be one space. */
	pair_write(pair, SMMU_CR2, 4, FIELD_MASK(SMMU_CR2_RECINVSID) | FIELD_MASK(SMMU_CR2_E2H));
	pair_write(pair, SMMU_STRTAB_BASE, 8, PAGE_OF(PAGE_STREAMS));
	pair_write(pair, SMMU_STRTAB_BASE_CFG, 4, FIELD_VALUE(SMMU_STRTAB_BASE_CFG_LOG2SIZE, 6));
	messages_write(pair);
	queues_begin(pair);
	pair_write(pair, SMMU_IRQ_CTRL, 4, all);
	pair_write(pair, SMMU_CR0, 4, QUEUES_ON);
	pair_write(pair, SMMU_CR0, 4, QUEUES_ON | FIELD_MASK(SMMU_CR0_SMMUEN));
}

void smmuv3_restart(struct pair *pair)
{
	uint64_t cr0 = read32(pair, SMMU_CR0);

	field_set(&cr0, SMMU_CR0_CMDQEN, 0);
	pair_write(pair, SMMU_CR0, 4, cr0);
	pair->tail = 0;
	queue_write(pair, SMMU_CMDQ_BASE, PAGE_COMMANDS, COMMANDS_LG2);
	pair_write(pair, SMMU_CMDQ_PROD, 4, 0);
	pair_write(pair, SMMU_CMDQ_CONS, 4, 0);
	pair_write(pair, SMMU_GERRORN, 4, read32(pair, SMMU_GERROR));
	pair_write(pair, SMMU_EVENTQ_CONS, 4, read32(pair, SMMU_EVENTQ_PROD));
	pair_write(pair, SMMU_PRIQ_CONS, 4, read32(pair, SMMU_PRIQ_PROD));
	pair_write(pair, SMMU_CR0, 4, cr0 | QUEUES_ON | FIELD_MASK(SMMU_CR0_SMMUEN));
}

void smmuv3_submit(struct pair *pair, const uint64_t words[2])
{
	uint32_t index = pair->tail % (1u << COMMANDS_LG2);

	for (unsigned i = 0; i < 2; i++)
		pair_store(pair, PAGE_OF(PAGE_COMMANDS) + SMMU_CMD_SIZE * index + 8 * i, words[i]);
	pair->tail = (pair->tail + 1) % (2u << COMMANDS_LG2);
	pair_write(pair, SMMU_CMDQ_PROD, 4, pair->tail);
}

static void flush(struct ioasim_unit *unit)
{
	const struct smmu_tlbi both = {.stage1 = true, .stage2 = true};
	const struct smmu_tlbi el2 = {.el2 = true, .stage1 = true};

	smmu_invalidate_streams(smmu_unit(unit), 0, UINT32_MAX, false);
	smmu_invalidate_tlb(smmu_unit(unit), &both);
	smmu_invalidate_tlb(smmu_unit(unit), &el2);
}

const struct pair_arch smmuv3_pair = {
	.name = "smmuv3",
	.capability = {"idr0", "idr1", "idr3", "idr5", "aidr"},
	.config = configs,
	.registers = {{0, SMMU_PAGE0_END}, {0x100a8, 8}, {0x100c8, 8}},
	.logs = 1u << PAGE_EVENTS | 1u << PAGE_REQUESTS | 1u << PAGE_MESSAGES,
	.flush = flush,
	.preset = preset_make,
	.presets = PRESETS,
};
