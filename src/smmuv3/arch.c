/* SPDX-License-Identifier: Apache-2.0 */
/* SMMUv3 as the rest of the library sees it: defaults, names, functions. */
#include "smmuv3/arch.h"
#include "smmuv3/unit.h"

/* ---- Defaults -------------------------------------------------------------------- */

/*
 * A unit with everything that is modelled: both stages, EL2, access and
 * dirty flags, ATS with page requests, 16-bit ASIDs and VMIDs with wildcards, two-level
 * stream and CD tables, messages and events, faults that stall or terminate; StreamIDs
 * of 16 and SubstreamIDs of 20 bits, queues of 2^19 entries, attribute overrides; small
 * tables, range invalidation, E0PD, FWB; 48-bit addresses, a VA of 52 bits, all granules,
 * 1,024 stalled transactions. AIDR is what recorded units and vectors have: software goes
 * by the feature bits.
 */
#define DEFAULT_IDR0 0x08cf769b
#define DEFAULT_IDR1 0x0e739d10
#define DEFAULT_IDR3 0x00007734
#define DEFAULT_IDR5 0x04000475
#define DEFAULT_AIDR 1

/*
 * No vendor publishes geometries: sizes and ways are guesses of the order that
 * measurements of server parts showed. Every one can be configured or switched off.
 */
#define GEOMETRY(n, w)                                                   \
	{                                                                \
		.entries = (n), .ways = (w), .policy = IOASIM_POLICY_LRU \
	}

static const struct arch_ops ops = {
	.create = smmu_create,
	.destroy = smmu_destroy,
	.reset = smmu_reset,
	.mmio_read = smmu_mmio_read,
	.mmio_write = smmu_mmio_write,
	.translate = smmu_translate,
	.page_request = smmu_page_request,
	.cache_of = smmu_cache_of,
};

const struct ioasim_arch smmuv3_arch = {
	.name = "smmuv3",
	.title = "Arm SMMUv3",
	.capability =
		{
			[SMMU_CAPABILITY_IDR0] = {"idr0", DEFAULT_IDR0, "SMMU_IDR0 (6.3.1)"},
			[SMMU_CAPABILITY_IDR1] = {"idr1", DEFAULT_IDR1, "SMMU_IDR1 (6.3.2)"},
			[SMMU_CAPABILITY_IDR3] = {"idr3", DEFAULT_IDR3, "SMMU_IDR3 (6.3.4)"},
			[SMMU_CAPABILITY_IDR5] = {"idr5", DEFAULT_IDR5,
						  "SMMU_IDR5 (6.3.6); STALL_MAX 0: as many as "
						  "there are tags"},
			[SMMU_CAPABILITY_AIDR] = {"aidr", DEFAULT_AIDR,
						  "SMMU_AIDR (6.3.8), 0 to 3: SMMUv3.0 to "
						  "SMMUv3.3"},
		},
	.cache =
		{
			[IOASIM_CACHE_DEVICE] =
				{true, GEOMETRY(64, 4),
				 "STEs, tagged by StreamID, and L1STDs, tagged by the bits of it "
				 "that they cover"},
			[IOASIM_CACHE_PASID] = {true, GEOMETRY(64, 4),
						"CDs and L1CDs, tagged by StreamID and "
						"SubstreamID"},
			[IOASIM_CACHE_STAGE1_WALK] = {true, GEOMETRY(64, 4),
						      "stage 1 table descriptors, tagged by "
						      "StreamWorld, VMID, ASID and VA"},
			[IOASIM_CACHE_STAGE2_WALK] = {true, GEOMETRY(64, 4),
						      "stage 2 table descriptors, tagged by VMID "
						      "and IPA"},
			[IOASIM_CACHE_STAGE2_TLB] = {true, GEOMETRY(64, 4),
						     "stage 2 translations of stage 1 tables and "
						     "CDs, tagged by VMID and IPA"},
			[IOASIM_CACHE_IOTLB] = {true, GEOMETRY(64, 8),
						"TLB, tagged by StreamWorld, VMID, ASID and VA, "
						"or by VMID and IPA"},
		},
	.ops = &ops,
	.driver = &smmu_driver_ops,
	.uapi = {2, 1u << IOASIM_FORMAT_SMMUV3_CD, .kernel_stage1 = true},
	.guest = &smmu_guest_ops,
	.fault_name = smmu_fault_name,
	.command_name = smmu_command_name,
	.command_type = smmu_command_type,
	.command_class = smmu_command_class,
	.words = &smmu_words,
	.describe = smmu_describe,
	.describe_fault = smmu_describe_fault,
	.perf_counter = smmu_perf_counter,
};
