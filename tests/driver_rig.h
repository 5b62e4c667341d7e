/* SPDX-License-Identifier: Apache-2.0 */
/* A VT-d unit with its driver: what is VT-d's of the bench for drivers. */
#ifndef TESTS_DRIVER_RIG_H
#define TESTS_DRIVER_RIG_H

#include "driver_bench.h"
#include "vtd/driver.h"
#include "vtd/registers.h"
#include "vtd/vtd.h"

/* enum vtd_descriptor */
static inline unsigned rig_descriptor_type(uint64_t word0)
{
	return (unsigned)field_get(VTD_DESC_0_TYPE_LOW, word0);
}

static inline void rig_prepare(struct rig *rig)
{
	rig_prepare_arch(rig, "vtd", rig_descriptor_type);
}

static inline uint64_t *rig_cap(struct rig *rig)
{
	return &rig->unit_config.capability[0];
}

static inline uint64_t *rig_ecap(struct rig *rig)
{
	return &rig->unit_config.capability[1];
}

/* Takes scalable mode and all that needs it out of the capabilities. */
static inline void rig_without_scalable(struct rig *rig)
{
	uint64_t *ecap = rig_ecap(rig);

	field_set(ecap, VTD_ECAP_SMTS, 0);
	field_set(ecap, VTD_ECAP_MTS, 0);
	field_set(ecap, VTD_ECAP_NEST, 0);
	field_set(ecap, VTD_ECAP_PRS, 0);
	field_set(ecap, VTD_ECAP_SRS, 0);
	field_set(ecap, VTD_ECAP_EAFS, 0);
	field_set(ecap, VTD_ECAP_PSS, 0);
	field_set(ecap, VTD_ECAP_PASID, 0);
	field_set(ecap, VTD_ECAP_ERS, 0);
	field_set(ecap, VTD_ECAP_PDS, 0);
	field_set(ecap, VTD_ECAP_SSADS, 0);
	field_set(ecap, VTD_ECAP_SSTS, 0);
	field_set(ecap, VTD_ECAP_FSTS, 0);
	field_set(ecap, VTD_ECAP_SMPWCS, 0);
	field_set(ecap, VTD_ECAP_RPS, 0);
	field_set(ecap, VTD_ECAP_RPRIVS, 0);
	field_set(ecap, VTD_ECAP_ADMS, 0);
	field_set(ecap, VTD_ECAP_SMS, 0);
	field_set(rig_cap(rig), VTD_CAP_FS5LP, 0);
	field_set(rig_cap(rig), VTD_CAP_FS1GP, 0);
}

static inline struct vtd_driver *rig_inside(struct rig *rig)
{
	return vtd_driver(rig->driver);
}

static inline uint32_t rig_pages_used(struct rig *rig)
{
	return rig_inside(rig)->pool.used;
}

static inline void rig_begin(struct rig *rig, bool legacy, bool stage1, enum driver_policy policy)
{
	rig_prepare(rig);
	rig->config.legacy = legacy;
	rig->config.stage1 = stage1;
	rig->config.policy = policy;
	rig_start(rig);
}

#endif
