/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d as the rest of the library sees it: defaults, names, functions. */
#include "vtd/arch.h"
#include "vtd/unit.h"

/* ---- Defaults -------------------------------------------------------------------- */

/*
 * A unit with everything that is modelled: second stage of 3, 4 and 5 levels with
 * 2 MiB and 1 GiB pages and flags, first stage of 4 and 5 levels, nesting, PASIDs
 * of 20 bits, ATS and page requests, 8 fault records at 400h, IVA and IOTLB at 500h,
 * 16-bit domain-ids, MGAW 57, address masks up to 18 and ESRTPS.
 */
#define DEFAULT_CAP  UINT64_C(0x91d2078c40380e06)
#define DEFAULT_ECAP UINT64_C(0x33ef9ee4f050df)
#define DEFAULT_VER  0x10

/*
 * No vendor publishes geometries. 64 IOTLB entries is what latency measurements of
 * server parts showed (Neugebauer et al., Understanding PCIe performance for end
 * host networking, SIGCOMM 2018); ways, and all of the other caches, are guesses of
 * the same order. Every one can be configured or switched off.
 */
#define GEOMETRY(n, w)                                                   \
	{                                                                \
		.entries = (n), .ways = (w), .policy = IOASIM_POLICY_LRU \
	}

static const struct arch_ops ops = {
	.create = vtd_create,
	.destroy = vtd_destroy,
	.reset = vtd_reset,
	.mmio_read = vtd_mmio_read,
	.mmio_write = vtd_mmio_write,
	.translate = vtd_translate,
	.page_request = vtd_page_request,
	.cache_of = vtd_cache_of,
};

const struct ioasim_arch vtd_arch = {
	.name = "vtd",
	.title = "Intel VT-d",
	.capability =
		{
			[VTD_CAPABILITY_CAP] = {"cap", DEFAULT_CAP, "CAP_REG (11.4.2)"},
			[VTD_CAPABILITY_ECAP] = {"ecap", DEFAULT_ECAP, "ECAP_REG (11.4.3)"},
			[VTD_CAPABILITY_HAW] = {"haw", 0,
						"host address width in bits, 32 to 52; "
						"0: min(52, CAP.MGAW + 1)"},
			[VTD_CAPABILITY_VER] = {"ver", DEFAULT_VER,
						"VER_REG (11.4.1), major version 1 to 7; "
						"from 6 on registers do not invalidate"},
		},
	.cache =
		{
			[IOASIM_CACHE_DEVICE] = {true, GEOMETRY(64, 4),
						 "context cache, tagged by source-id"},
			[IOASIM_CACHE_PASID] = {true, GEOMETRY(64, 4),
						"PASID cache, tagged by source-id and PASID"},
			[IOASIM_CACHE_STAGE1_WALK] = {true, GEOMETRY(64, 4),
						      "first-stage paging-structure caches, tagged "
						      "by domain-id, PASID and address"},
			[IOASIM_CACHE_STAGE2_WALK] = {true, GEOMETRY(64, 4),
						      "second-stage paging-structure caches, "
						      "tagged by domain-id and address"},
			[IOASIM_CACHE_STAGE2_TLB] = {true, GEOMETRY(64, 4),
						     "second-stage translations of first-stage "
						     "tables, tagged by domain-id and address"},
			[IOASIM_CACHE_IOTLB] = {true, GEOMETRY(64, 8),
						"IOTLB, tagged by source-id, PASID and address"},
		},
	.reserved = {{0xfee00000, 0xfeefffff, "interrupt messages (3.15)"}},
	.ops = &ops,
	.driver = &vtd_driver_ops,
	.uapi = {0, 1u << IOASIM_FORMAT_VTD_4 | 1u << IOASIM_FORMAT_VTD_5, .enqcmd = true},
	.guest = &vtd_guest_ops,
	.fault_name = vtd_fault_name,
	.command_name = vtd_command_name,
	.command_type = vtd_command_type,
	.command_class = vtd_command_class,
	.words = &vtd_words,
	.describe = vtd_describe,
	.describe_fault = vtd_describe_fault,
	.perf_counter = vtd_perf_counter,
};
