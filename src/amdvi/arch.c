/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-Vi as the rest of the library sees it: defaults, names, functions. */
#include "amdvi/arch.h"
#include "amdvi/unit.h"

/* ---- Defaults -------------------------------------------------------------------- */

/*
 * A unit with everything that is modelled: host tables of 4 to 6 levels with accessed
 * and dirty bits, guest tables of 4 and 5 levels, nesting with GCR3 tables in guest
 * memory, PASIDs of 20 bits, ATS and page requests with automatic responses, eight
 * device table segments, MSI and XT interrupts by MMIO.
 */
#define DEFAULT_EFR  UINT64_C(0x201752f30000995f)
#define DEFAULT_EFR2 0x8

/*
 * No vendor publishes geometries: sizes and ways are guesses of the order that
 * measurements of other server parts showed. Every one can be configured or switched
 * off.
 */
#define GEOMETRY(n, w)                                                   \
	{                                                                \
		.entries = (n), .ways = (w), .policy = IOASIM_POLICY_LRU \
	}

static const struct arch_ops ops = {
	.create = amdvi_create,
	.destroy = amdvi_destroy,
	.reset = amdvi_reset,
	.mmio_read = amdvi_mmio_read,
	.mmio_write = amdvi_mmio_write,
	.translate = amdvi_translate,
	.page_request = amdvi_page_request,
	.cache_of = amdvi_cache_of,
};

const struct ioasim_arch amdvi_arch = {
	.name = "amdvi",
	.title = "AMD-Vi",
	.capability =
		{
			[AMDVI_CAPABILITY_EFR] = {"efr", DEFAULT_EFR,
						  "Extended Feature Register (3.4)"},
			[AMDVI_CAPABILITY_EFR2] = {"efr2", DEFAULT_EFR2,
						   "Extended Feature 2 Register (3.4)"},
			[AMDVI_CAPABILITY_IOTLB] = {"iotlb", 1,
						    "capability header (3.2), IotlbSup: ATS"},
			[AMDVI_CAPABILITY_NPCACHE] = {"npcache", 0,
						      "capability header (3.2), NpCache: software "
						      "invalidates when it maps, too"},
			[AMDVI_CAPABILITY_PA_BITS] = {"pa_bits", 52,
						      "physical address bits, 32 to 52; PAsize of "
						      "Miscellaneous Information (3.2)"},
		},
	.cache =
		{
			[IOASIM_CACHE_DEVICE] = {true, GEOMETRY(64, 4),
						 "device table cache, tagged by DeviceID"},
			[IOASIM_CACHE_PASID] = {true, GEOMETRY(64, 4),
						"GCR3 entries, tagged by DomainID and PASID"},
			[IOASIM_CACHE_STAGE1_WALK] = {true, GEOMETRY(64, 4),
						      "guest page walk cache, tagged by DomainID, "
						      "PASID and GVA"},
			[IOASIM_CACHE_STAGE2_WALK] =
				{true, GEOMETRY(64, 4),
				 "host page walk cache, tagged by DomainID and "
				 "GPA"},
			[IOASIM_CACHE_STAGE2_TLB] = {true, GEOMETRY(64, 4),
						     "host translations of guest and GCR3 tables, "
						     "tagged by DomainID and GPA"},
			[IOASIM_CACHE_IOTLB] = {true, GEOMETRY(64, 8),
						"IOTLB, tagged by DomainID, PASID and address"},
		},
	.reserved =
		{
			{0xfee00000, 0xfeefffff, "interrupt messages (2.1.4)"},
			{0xfd00000000, 0xffffffffff, "HyperTransport's special range"},
		},
	.ops = &ops,
	.driver = &amdvi_driver_ops,
	.uapi = {1, 1u << IOASIM_FORMAT_AMD_GCR3, .pasid0_is_none = true},
	.guest = &amdvi_guest_ops,
	.fault_name = amdvi_fault_name,
	.command_name = amdvi_command_name,
	.command_type = amdvi_command_type,
	.command_class = amdvi_command_class,
	.words = &amdvi_words,
	.describe = amdvi_describe,
	.describe_fault = amdvi_describe_fault,
	.perf_counter = amdvi_perf_counter,
};
