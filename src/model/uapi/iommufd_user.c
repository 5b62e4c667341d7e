/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What users see of the IOMMU itself: its registers, page tables of their own over the
 * kernel's, virtual IOMMUs and invalidations. The words of an architecture go to its
 * driver as they are, which judges them; what the books need is decoded by the
 * architecture's guest functions (model/guest.h).
 */
#include "model/guest.h"
#include "model/iommufd/viommu.h"
#include "model/uapi/checker.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <string.h>

/* enum of struct arch_uapi.number */
enum { VTD, AMDVI, SMMUV3 };

/* A user's structure of just `size` bytes: one that is longer is none that is known. */
static int take(void *to, size_t size, const void *data, uint32_t length)
{
	if (length != size)
		return -EINVAL;
	memcpy(to, data, size);
	return 0;
}

/* Commands of a virtual IOMMU: longer with zeroes, or cut, as if zeroes followed. */
static int take_zeroed(void *to, size_t size, const void *data, uint32_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = size; i < length; i++)
		if (bytes[i])
			return -E2BIG;
	memset(to, 0, size);
	memcpy(to, data, length < size ? length : size);
	return 0;
}

/* ---- Registers ---------------------------------------------------------------------------- */

/* A capability register by its name; 0: the architecture's units have none such. */
static uint64_t capability(const struct ioasim_system *system, const char *name)
{
	for (unsigned n = 0; n < IOASIM_CAPABILITIES && system->arch->capability[n].name; n++)
		if (strcmp(system->arch->capability[n].name, name) == 0)
			return system->config.unit.capability[n];
	return 0;
}

static uint32_t low_word(const struct ioasim_system *system, const char *name)
{
	return (uint32_t)capability(system, name);
}

/* The information of the architecture: its type, and how many bytes. */
static uint32_t info_fill(const struct ioasim_system *system, void *data, uint32_t *length)
{
	const struct ioasim_iommufd_vtd_info vtd = {.cap = capability(system, "cap"),
						    .ecap = capability(system, "ecap")};
	const struct ioasim_iommufd_smmuv3_info smmu = {
		.idr = {low_word(system, "idr0"), low_word(system, "idr1"), 0,
			low_word(system, "idr3"), 0, low_word(system, "idr5")},
		.aidr = low_word(system, "aidr"),
	};
	const struct ioasim_iommufd_amd_info amd = {.efr = capability(system, "efr"),
						    .efr2 = capability(system, "efr2")};

	switch (system->arch->uapi.number) {
	case VTD:
		memcpy(data, &vtd, *length = sizeof(vtd));
		return IOASIM_IOMMUFD_HW_INFO_VTD;
	case SMMUV3:
		memcpy(data, &smmu, *length = sizeof(smmu));
		return IOASIM_IOMMUFD_HW_INFO_SMMUV3;
	default:
		memcpy(data, &amd, *length = sizeof(amd));
		return IOASIM_IOMMUFD_HW_INFO_AMD;
	}
}

int iommufd_hw_info(const struct iommufd_device *device, void *data, uint32_t room, uint32_t *type,
		    uint32_t *length)
{
	unsigned char info[sizeof(struct ioasim_iommufd_smmuv3_info)];
	uint32_t own = info_fill(iommufd_device_of(device)->system, info, length);

	if (*type && *type != own)
		return -EOPNOTSUPP;
	*type = own;
	memcpy(data, info, *length < room ? *length : room);
	return 0;
}

/* ---- Descriptions ----------------------------------------------------------------------------- */

static int describe_vtd(const struct ioasim_system *system,
			const struct iommufd_nested_config *asked,
			struct domain_config *description, struct ioasid *config)
{
	struct ioasim_iommufd_vtd_s1 s1;
	int error;

	if (!system->offer.user)
		return -EOPNOTSUPP;
	if (asked->type != IOASIM_IOMMUFD_DATA_VTD_S1)
		return -EOPNOTSUPP;
	error = iommufd_nested_read(asked, &s1, sizeof(s1));
	if (error)
		return error;
	if (s1.reserved)
		return -EOPNOTSUPP;
	if (!s1.addr_width)
		return -EINVAL;
	config->kind = IOASIM_IOASID_USER;
	config->root = s1.pgtbl_addr;
	config->format = s1.addr_width == USER_BITS_5_LEVEL ? IOASIM_FORMAT_VTD_5 : 0;
	*description = (struct domain_config){.kind = DOMAIN_NESTED,
					      .root = s1.pgtbl_addr,
					      .address_bits = s1.addr_width,
					      .arch_data = {s1.flags}};
	return 0;
}

/* An entry of the guest's device: on a virtual IOMMU only. */
static int describe_entry(const struct ioasim_system *system,
			  const struct iommufd_nested_config *asked,
			  struct domain_config *description, struct ioasid *config)
{
	bool smmu = system->arch->uapi.number == SMMUV3;
	size_t size = smmu ? sizeof(struct ioasim_iommufd_smmuv3_ste)
			   : sizeof(struct ioasim_iommufd_amd_guest);
	uint64_t words[GUEST_USER_WORDS] = {0};
	struct guest_user user;
	int error;

	if (!asked->viommu || !system->offer.pasid_table)
		return -EOPNOTSUPP;
	/* The drivers of Linux differ in what they say of another type. */
	if (smmu && asked->flags & IOASIM_IOMMUFD_HWPT_PASID)
		return -EOPNOTSUPP;
	if (smmu && asked->type != IOASIM_IOMMUFD_DATA_SMMUV3)
		return -EINVAL;
	if (!smmu && asked->type != IOASIM_IOMMUFD_DATA_AMD_GUEST)
		return -EOPNOTSUPP;
	error = iommufd_nested_read(asked, words, (uint32_t)size);
	if (error)
		return error;
	system->arch->guest->user_decode(words, &user);
	config->kind = IOASIM_IOASID_PASID_TABLE;
	config->root = user.root;
	config->table_lg2 = user.table_lg2;
	config->unfollowed = !user.plain;
	*description = (struct domain_config){.kind = DOMAIN_NESTED_PASID, .root = user.root};
	memcpy(description->arch_data, words, sizeof(words));
	return 0;
}

int iommufd_user_describe(const struct ioasim_system *system,
			  const struct iommufd_nested_config *asked,
			  struct domain_config *description, struct ioasid *config)
{
	config->flags = asked->flags & IOASIM_IOMMUFD_HWPT_FAULT_ID ? IOASIM_IOASID_FAULT : 0;
	return system->arch->uapi.number == VTD
		       ? describe_vtd(system, asked, description, config)
		       : describe_entry(system, asked, description, config);
}

int iommufd_user_refused(const struct ioasim_system *system, int error)
{
	return error == -EINVAL && system->arch->uapi.number == SMMUV3 ? -EIO : error;
}

/* ---- Invalidations of a table ------------------------------------------------------------------- */

static int vtd_entry(struct ioasim_system *system, struct ioasid *ioasid,
		     const struct ioasim_iommufd_vtd_inv *entry)
{
	struct driver_invalidation what = {
		.cache = DRIVER_INV_IOTLB,
		.requester_id = DRIVER_ALL_DEVICES,
		.pasid = DRIVER_NO_PASID,
		.first = entry->addr,
		.last = UINT64_MAX,
		.leaf = entry->flags & IOASIM_IOMMUFD_VTD_INV_LEAF,
	};
	int error;

	if (entry->flags & ~(uint32_t)IOASIM_IOMMUFD_VTD_INV_LEAF || entry->reserved)
		return -EOPNOTSUPP;
	if (entry->addr % PAGE_SIZE || (entry->npages == UINT64_MAX && entry->addr))
		return -EINVAL;
	if (!entry->npages)
		return 0;
	if (entry->npages <= (UINT64_MAX - entry->addr) / PAGE_SIZE)
		what.last = entry->addr + (entry->npages * PAGE_SIZE - 1);
	error = system->ops->invalidate(system->driver, ioasid->own->domain, &what);
	if (!error)
		checker_cleaned(ioasid, what.first, what.last);
	return error;
}

int iommufd_user_invalidate(struct iommufd_domain *domain, const struct iommufd_entries *entries,
			    uint32_t *done)
{
	struct ioasid *ioasid = iommufd_table(domain)->ioasid;
	struct ioasim_system *system = domain->backend->opaque;
	int error = 0;

	/* Others invalidate through their virtual IOMMU, or not yet at all. */
	if (system->arch->uapi.number != VTD)
		return -EOPNOTSUPP;
	if (entries->type != IOASIM_IOMMUFD_INVALIDATE_VTD_S1)
		return -EINVAL;
	for (*done = 0; *done < entries->count; ++*done) {
		struct ioasim_iommufd_vtd_inv entry;

		error = take(&entry, sizeof(entry), entries->data + (size_t)*done * entries->length,
			     entries->length);
		if (!error)
			error = vtd_entry(system, ioasid, &entry);
		if (error)
			break;
	}
	return error;
}

/* ---- Virtual IOMMUs ------------------------------------------------------------------------------- */

static bool viommu_offers(const struct iommufd_device *device, uint32_t type)
{
	const struct ioasim_system *system = iommufd_device_of(device)->system;

	if (!system->offer.pasid_table)
		return false;
	switch (system->arch->uapi.number) {
	case SMMUV3:
		return type == IOASIM_IOMMUFD_VIOMMU_SMMUV3;
	case AMDVI: /* it has no type of its own, and asks for none */
		return true;
	default:
		return false;
	}
}

static int viommu_create(struct iommufd_viommu *viommu, struct iommufd_device *device, void *data,
			 uint32_t length)
{
	(void)viommu;
	(void)device;
	(void)data;
	return length ? -EOPNOTSUPP : 0;
}

static void viommu_destroy(struct iommufd_viommu *viommu)
{
	(void)viommu;
}

/* A guest's command with the host's number of the device. */
static int command_convert(const struct iommufd_viommu *viommu, const struct guest_ops *guest,
			   uint64_t *words)
{
	const struct iommufd_device *device;
	uint32_t requester;

	if (!guest->command_requester(words, &requester))
		return 0;
	device = iommufd_vdevice(viommu, requester);
	if (!device)
		return -EIO;
	guest->command_requester_set(words, iommufd_device_of(device)->config.requester_id);
	return 0;
}

static int viommu_invalidate(struct iommufd_viommu *viommu, const struct iommufd_entries *entries,
			     uint32_t *done)
{
	struct ioasim_system *system = viommu->backend->opaque;
	struct domain *parent = iommufd_table(viommu->parent->domain)->ioasid->own->domain;
	int error = 0;

	if (!system->ops->user_commands)
		return -EOPNOTSUPP;
	if (entries->type != IOASIM_IOMMUFD_INVALIDATE_SMMUV3)
		return -EINVAL;
	for (*done = 0; *done < entries->count; ++*done) {
		uint64_t words[2];
		unsigned one;

		error = take_zeroed(words, sizeof(words),
				    entries->data + (size_t)*done * entries->length,
				    entries->length);
		if (!error)
			error = command_convert(viommu, system->arch->guest, words);
		if (!error)
			error = system->ops->user_commands(system->driver, parent, words, 1, &one);
		if (error)
			break;
	}
	/* What a guest may not say, as Linux has it. */
	return error == -EINVAL ? -EIO : error;
}

void iommufd_event(const struct attachment *attachment, const struct driver_fault *fault)
{
	const struct guest_ops *guest = attachment->device->system->arch->guest;
	struct iommufd_viommu *viommu = attachment->ioasid->hwpt->hwpt->viommu;
	uint64_t record[DRIVER_FAULT_WORDS], number;

	if (!viommu || !fault->of_guest || !guest->event_requester_set ||
	    !iommufd_vdevice_number(viommu, attachment->device->iommufd, &number))
		return;
	memcpy(record, fault->record, sizeof(record));
	guest->event_requester_set(record, (uint32_t)number);
	/* Without a queue, or memory, it is lost. */
	(void)iommufd_vevent(viommu, IOASIM_IOMMUFD_VIOMMU_SMMUV3, record, sizeof(record));
}

const struct iommufd_viommu_ops iommufd_viommus = {
	.offers = viommu_offers,
	.create = viommu_create,
	.destroy = viommu_destroy,
	.invalidate = viommu_invalidate,
};
