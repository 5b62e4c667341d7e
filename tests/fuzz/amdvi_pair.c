/* SPDX-License-Identifier: Apache-2.0 */
#include "amdvi_pair.h"

#include "amdvi/registers.h"
#include "amdvi/structures.h"
#include "amdvi/unit.h"

#define RING_LG2 AMDVI_RING_LEN_MIN /* one page */

/* Everything that is modelled; without what sets flags; without guest tables; 48-bit
 * addresses; four levels only; units that cache what is not present. */
#define EVERYTHING UINT64_C(0x201752f30000995f)
#define NO_FLAGS   (EVERYTHING & ~(FIELD_MASK(AMDVI_EFR_HA_SUP) | FIELD_MASK(AMDVI_EFR_HD_SUP)))
#define NO_GUEST   (EVERYTHING & ~FIELD_MASK(AMDVI_EFR_GT_SUP))
#define SMALL      (FIELD_MASK(AMDVI_EFR_GT_SUP) | FIELD_MASK(AMDVI_EFR_PPR_SUP))

static const struct pair_config configs[PAIR_CONFIGS] = {
	{{EVERYTHING, 8, 1, 0, 52}, 16, 4, IOASIM_POLICY_LRU},
	{{EVERYTHING, 8, 1, 1, 52}, 7, 0, IOASIM_POLICY_FIFO},
	{{NO_FLAGS, 8, 1, 0, 48}, 64, 8, IOASIM_POLICY_PLRU},
	{{NO_GUEST, 0, 1, 0, 40}, 8, 2, IOASIM_POLICY_RANDOM},
	{{SMALL, 0, 0, 0, 52}, 32, 0, IOASIM_POLICY_LRU},
	{{NO_FLAGS, 0, 0, 1, 52}, 4, 1, IOASIM_POLICY_LRU},
	{{EVERYTHING, 8, 1, 0, 52}, 256, 4, IOASIM_POLICY_LRU},
	{{SMALL | FIELD_MASK(AMDVI_EFR_IA_SUP), 8, 1, 1, 48}, 12, 3, IOASIM_POLICY_FIFO},
};

#define HOST_BITS \
	(FIELD_MASK(AMDVI_HOST_PR) | FIELD_MASK(AMDVI_HOST_IR) | FIELD_MASK(AMDVI_HOST_IW))
#define GUEST_BITS                                                                             \
	(FIELD_MASK(AMDVI_GUEST_P) | FIELD_MASK(AMDVI_GUEST_RW) | FIELD_MASK(AMDVI_GUEST_US) | \
	 FIELD_MASK(AMDVI_GUEST_A))

static void preset_tables(struct pair *pair)
{
	/* Pages that neither rings nor logs change: some PASIDs take them for tables. */
	static const uint8_t page[] = {PAGE_HOST + 5, PAGE_GUEST + 3, PAGE_GCR3, PAGE_GUEST + 2};

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned below = 5; below > 0; below--)
			pair_store(pair, PAGE_OF(PAGE_HOST + 5 - below) + 8 * i,
				   PAGE_OF(PAGE_HOST + 6 - below) | HOST_BITS |
					   FIELD_VALUE(AMDVI_HOST_NEXTLEVEL, below));
		for (unsigned level = 0; level < 3; level++)
			pair_store(pair, PAGE_OF(PAGE_GUEST + level) + 8 * i,
				   PAGE_OF(PAGE_GUEST + level + 1) | GUEST_BITS);
	}
	/* The host maps the sixteen pages to themselves, also for the guest. */
	for (unsigned i = 0; i < PAIR_PAGES; i++)
		pair_store(pair, PAGE_OF(PAGE_HOST + 5) + 8 * i, PAGE_OF(i) | HOST_BITS);
	for (unsigned i = 0; i < 4; i++)
		pair_store(pair, PAGE_OF(PAGE_GUEST + 3) + 8 * i,
			   PAGE_OF(page[i]) | GUEST_BITS | (i < 3 ? FIELD_MASK(AMDVI_GUEST_D) : 0));
	/* Tables of their own for some: one level lower, all means another. */
	for (unsigned pasid = 0; pasid < 4; pasid++)
		pair_store(pair, PAGE_OF(PAGE_GCR3) + 8 * pasid,
			   PAGE_OF(PAGE_GUEST + pasid / 2) | FIELD_MASK(AMDVI_GCR3_V));
}

#define PRESET_DEVICE 0x18u

static void preset_devices(struct pair *pair, unsigned preset)
{
	static const uint8_t mode[PRESETS] = {4, 6, 0, 4, 4, 0};
	bool guest =
		preset == PRESET_GUEST || preset == PRESET_NESTED || preset == PRESET_NESTED_GPA;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = PAGE_OF(PAGE_DEVICES) + AMDVI_DTE_SIZE * (PRESET_DEVICE + i);
		uint64_t dte[AMDVI_DTE_WORDS] = {0};

		/* The second one has tables of its own: a level is skipped. */
		dte[0] = PAGE_OF(PAGE_HOST + 6 - mode[preset] + (i == 1)) |
			 FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV) |
			 FIELD_MASK(AMDVI_DTE_0_IR_IW) | FIELD_MASK(AMDVI_DTE_0_PPR) |
			 FIELD_VALUE(AMDVI_DTE_0_MODE, mode[preset]);
		dte[1] = FIELD_VALUE(AMDVI_DTE_1_DOMAINID, 1 + i) | FIELD_MASK(AMDVI_DTE_1_I);
		if (i == 2) /* accessed and dirty flags, or an illegal entry */
			dte[0] |= FIELD_VALUE(AMDVI_DTE_0_HAD, AMDVI_HAD_BOTH);
		if (guest) {
			dte[0] |= FIELD_MASK(AMDVI_DTE_0_GV);
			if (i != 1)
				dte[0] |= FIELD_MASK(AMDVI_DTE_0_GIOV);
			amdvi_dte_gcr3_root_set(dte, PAGE_OF(PAGE_GCR3));
		}
		for (unsigned word = 0; word < AMDVI_DTE_WORDS; word++)
			pair_store(pair, at + 8 * word, dte[word]);
	}
}

static uint64_t control_of(unsigned preset)
{
	return FIELD_MASK(AMDVI_CONTROL_IOMMU_EN) | FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN) |
	       FIELD_MASK(AMDVI_CONTROL_EVENT_INT_EN) | FIELD_MASK(AMDVI_CONTROL_COM_WAIT_INT_EN) |
	       FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN) | FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN) |
	       FIELD_MASK(AMDVI_CONTROL_PPR_INT_EN) | FIELD_MASK(AMDVI_CONTROL_PPR_EN) |
	       FIELD_MASK(AMDVI_CONTROL_GT_EN) |
	       (preset == PRESET_NESTED_GPA ? FIELD_MASK(AMDVI_CONTROL_GCR3_TRP_MODE) : 0);
}

static void ring_write(struct pair *pair, uint32_t reg, unsigned page)
{
	pair_write(pair, reg, 8, PAGE_OF(page) | FIELD_VALUE(AMDVI_RING_LEN, RING_LG2));
}

static void rings_begin(struct pair *pair)
{
	pair->tail = 0;
	ring_write(pair, AMDVI_CMD_BASE, PAGE_COMMANDS);
	ring_write(pair, AMDVI_EVENT_BASE, PAGE_EVENTS);
	ring_write(pair, AMDVI_PPR_BASE, PAGE_REQUESTS);
	pair_write(pair, AMDVI_STATUS, 8, UINT64_MAX);
}

static void preset_make(struct pair *pair, unsigned preset)
{
	preset_tables(pair);
	preset_devices(pair, preset);
	pair_write(pair, AMDVI_CONTROL, 8, 0);
	pair_write(pair, AMDVI_DEV_TAB_BASE, 8, PAGE_OF(PAGE_DEVICES));
	pair_write(pair, AMDVI_MSI_ADDR_LO, 4, 0xfee00000);
	pair_write(pair, AMDVI_MSI_DATA, 4, 0x30);
	pair_write(pair, AMDVI_MSI_CAP, 4, FIELD_MASK(AMDVI_MSI_CAP_MSI_EN));
	rings_begin(pair);
	pair_write(pair, AMDVI_CONTROL, 8, control_of(preset));
}

/* How requests are translated stays as it is. */
void amdvi_restart(struct pair *pair)
{
	const uint64_t rings = FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN) |
			       FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN) |
			       FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN);
	uint64_t control = 0;

	(void)!ioasim_mmio_read(pair->side[SIDE_CACHED].unit, AMDVI_CONTROL, 8, &control);
	pair_write(pair, AMDVI_CONTROL, 8, control & ~rings);
	rings_begin(pair);
	pair_write(pair, AMDVI_CONTROL, 8, control | rings | FIELD_MASK(AMDVI_CONTROL_IOMMU_EN));
}

void amdvi_submit(struct pair *pair, const uint64_t words[2])
{
	for (unsigned i = 0; i < 2; i++)
		pair_store(pair, PAGE_OF(PAGE_COMMANDS) + pair->tail + 8 * i, words[i]);
	pair->tail = (pair->tail + AMDVI_ENTRY_SIZE) % PAIR_PAGE;
	pair_write(pair, AMDVI_CMD_TAIL, 8, pair->tail);
}

static void flush(struct ioasim_unit *unit)
{
	amdvi_invalidate_all(amdvi_unit(unit));
}

const struct pair_arch amdvi_pair = {
	.name = "amdvi",
	.capability = {"efr", "efr2", "iotlb", "npcache", "pa_bits"},
	.config = configs,
	.registers = {{0, 0x1b0}, {AMDVI_CMD_HEAD, 0xa0}},
	.reading_command = "prefetch",
	.logs = 1u << PAGE_EVENTS | 1u << PAGE_REQUESTS | 1u << PAGE_STATUS,
	.flush = flush,
	.preset = preset_make,
	.presets = PRESETS,
};
