/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that a guest gives to the unit that it sees (H6): invalidations of its own CDs
 * and stage 1 translations. Each is made anew of the fields that a guest has a say in;
 * what the unit would refuse is refused here, since an illegal command stops the queue.
 */
#include "smmuv3/driver.h"

#include <errno.h>

/* Whether a guest's commands may name the device: its stream walks the parent's stage 2. */
static const struct smmu_device *user_device(const struct smmu_driver *driver,
					     const struct smmu_domain *parent,
					     const uint64_t *words)
{
	const struct smmu_device *device =
		smmu_device_find(driver, (uint32_t)field_get(SMMU_CMD_0_SID, words[0]));
	const struct smmu_domain *domain = device && device->rid ? device->rid->domain : NULL;

	return domain && domain->parent == parent ? device : NULL;
}

/* 4.4.1.1. Without range invalidation its fields are reserved, and left out. */
static bool range_take(const struct smmu_driver *driver, const uint64_t *words,
		       struct smmu_tlbi_address *at)
{
	bool ril = field_get(SMMU_IDR3_RIL, driver->idr3);

	*at = (struct smmu_tlbi_address){
		.address = field_bits(SMMU_TLBI_1_ADDR, words[1]),
		.leaf = field_get(SMMU_CMD_1_LEAF, words[1]),
		.tg = ril ? (unsigned)field_get(SMMU_TLBI_1_TG, words[1]) : SMMU_TG_NONE,
	};
	if (at->tg == SMMU_TG_NONE)
		return true;
	at->ttl = (unsigned)field_get(SMMU_TLBI_1_TTL, words[1]);
	at->num = (unsigned)field_get(SMMU_TLBI_0_NUM, words[0]);
	at->scale = (unsigned)field_get(SMMU_TLBI_0_SCALE, words[0]);
	/* No level 1 leaves with this granule: as if nothing were said. */
	if (at->tg == SMMU_TG_16K && at->ttl == 1)
		at->ttl = 0;
	return at->ttl || at->num || at->scale;
}

static int user_tlbi(struct smmu_batch *batch, const struct smmu_domain *parent,
		     enum smmu_opcode opcode, const uint64_t *words)
{
	uint16_t asid = (uint16_t)field_get(SMMU_TLBI_0_ASID, words[0]);
	struct smmu_tlbi_address at;

	switch (opcode) {
	case SMMU_CMD_TLBI_NSNH_ALL:
	case SMMU_CMD_TLBI_NH_ALL:
		smmu_add_tlbi(batch, SMMU_CMD_TLBI_NH_ALL, parent->vmid, 0);
		return 0;
	case SMMU_CMD_TLBI_NH_ASID:
		smmu_add_tlbi(batch, opcode, parent->vmid, asid);
		return 0;
	default:
		if (!range_take(batch->driver, words, &at))
			return -EINVAL;
		smmu_add_tlbi_address(batch, opcode, parent->vmid,
				      opcode == SMMU_CMD_TLBI_NH_VA ? asid : 0, &at);
		return 0;
	}
}

static int user_config(struct smmu_batch *batch, const struct smmu_device *device,
		       enum smmu_opcode opcode, const uint64_t *words)
{
	if (!device)
		return -EINVAL;
	if (opcode == SMMU_CMD_CFGI_CD_ALL)
		smmu_add_config_cds(batch, device->sid);
	else
		smmu_add_config_cd(batch, device->sid,
				   (uint32_t)field_get(SMMU_CMD_0_SSID, words[0]),
				   field_get(SMMU_CMD_1_LEAF, words[1]));
	return 0;
}

/* All PASIDs (Global) is what no PASID says too. */
static int user_atc(struct smmu_batch *batch, const struct smmu_device *device,
		    const uint64_t *words)
{
	bool ssv = field_get(SMMU_CMD_0_SSV, words[0]) && !field_get(SMMU_ATC_0_GLOBAL, words[0]);
	uint64_t size = field_get(SMMU_ATC_1_SIZE, words[1]);
	uint64_t first = field_bits(SMMU_ATC_1_ADDR, words[1]), inside;

	if (!device || size > SMMU_ATC_SIZE_ALL)
		return -EINVAL;
	inside = field_mask(POOL_PAGE_LG2 + (unsigned)size - 1, 0);
	smmu_add_atc(batch, device,
		     ssv ? (uint32_t)field_get(SMMU_CMD_0_SSID, words[0]) : DRIVER_NO_PASID,
		     first & ~inside, first | inside);
	return 0;
}

static int user_command(struct smmu_batch *batch, const struct smmu_domain *parent,
			const uint64_t *words)
{
	enum smmu_opcode opcode = (enum smmu_opcode)field_get(SMMU_CMD_0_OPCODE, words[0]);

	switch (opcode) {
	case SMMU_CMD_TLBI_NSNH_ALL:
	case SMMU_CMD_TLBI_NH_ALL:
	case SMMU_CMD_TLBI_NH_ASID:
	case SMMU_CMD_TLBI_NH_VA:
	case SMMU_CMD_TLBI_NH_VAA:
		return user_tlbi(batch, parent, opcode, words);
	case SMMU_CMD_CFGI_CD:
	case SMMU_CMD_CFGI_CD_ALL:
		return user_config(batch, user_device(batch->driver, parent, words), opcode, words);
	case SMMU_CMD_ATC_INV:
		return user_atc(batch, user_device(batch->driver, parent, words), words);
	default:
		return -EINVAL;
	}
}

int smmu_user_commands(struct driver *driver, struct domain *over, const uint64_t *words,
		       unsigned count, unsigned *done)
{
	const struct smmu_domain *parent = smmu_domain(over);
	struct smmu_batch batch;
	int error = 0, result;

	*done = 0;
	if (parent->kind != DOMAIN_NEST_PARENT)
		return -EINVAL;
	smmu_batch_init(&batch, smmu_driver(driver));
	while (*done < count && !error) {
		error = user_command(&batch, parent, words + (size_t)*done * SMMU_CMD_WORDS);
		*done += !error;
	}
	result = smmu_batch_finish(&batch);
	if (result)
		*done = 0;
	return result ? result : error;
}
