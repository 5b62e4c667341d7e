/* SPDX-License-Identifier: Apache-2.0 */
/* The test operations of later kernels: caches of devices and events of virtual IOMMUs,
 * routes of PASIDs. */
#include "test_cmd.h"

#include "mock.h"

#include "model/iommufd/viommu.h"

#include <errno.h>

static struct mock_device *mock_of(const struct iommufd_device *device)
{
	return iommufd_device_config(device)->opaque;
}

/* ---- Virtual IOMMUs --------------------------------------------------------------------- */

int test_check_cache(struct iommufd *fd, const struct test_cmd *cmd)
{
	const struct iommufd_device *device = iommufd_device(fd, cmd->id);

	if (!device)
		return -ENOENT;
	return cmd->check_tlb.word < MOCK_CACHE_WORDS &&
			       mock_of(device)->cache[cmd->check_tlb.word] == cmd->check_tlb.value
		       ? 0
		       : -EINVAL;
}

/* The guest is told its own number of the device. */
int test_trigger_event(struct iommufd *fd, const struct test_cmd *cmd)
{
	const struct iommufd_device *device = iommufd_device(fd, cmd->event.device);
	struct iommufd_viommu *viommu;
	uint64_t number;
	uint32_t word;

	if (!device)
		return -ENOENT;
	viommu = mock_of(device)->viommu;
	if (!viommu || !iommufd_vdevice_number(viommu, device, &number))
		return -ENOENT;
	word = (uint32_t)number;
	return iommufd_vevent(viommu, MOCK_EVENTS, &word, sizeof(word));
}

/* ---- PASIDs ------------------------------------------------------------------------------- */

/* The bound device of a mock device's ID. */
static int bound_of(struct iommufd *fd, const struct test_cmd *cmd, struct iommufd_device **device)
{
	*device = test_mock(fd, cmd->id);
	return *device ? 0 : -ENOENT;
}

static bool is_attached(const struct iommufd_device *device, uint32_t pasid)
{
	return mock_route(mock_of(device), pasid) != NULL;
}

/* Here an attach is none that replaces, and the reverse. */
int test_pasid_attach(struct iommufd *fd, struct test_cmd *cmd)
{
	struct iommufd_device *device;
	int status = bound_of(fd, cmd, &device);

	if (status == 0 && is_attached(device, cmd->pasid.pasid))
		status = iommufd_kind(fd, cmd->pasid.pt_id) ? -EBUSY : -ENOENT;
	return status ? status : iommufd_attach(device, cmd->pasid.pasid, &cmd->pasid.pt_id);
}

int test_pasid_replace(struct iommufd *fd, struct test_cmd *cmd)
{
	struct iommufd_device *device;
	int status = bound_of(fd, cmd, &device);

	if (status == 0 && !is_attached(device, cmd->pasid.pasid))
		status = iommufd_kind(fd, cmd->pasid.pt_id) ? -EINVAL : -ENOENT;
	return status ? status : iommufd_attach(device, cmd->pasid.pasid, &cmd->pasid.pt_id);
}

int test_pasid_detach(struct iommufd *fd, const struct test_cmd *cmd)
{
	struct iommufd_device *device;
	int status = bound_of(fd, cmd, &device);

	if (status == 0)
		iommufd_detach(device, cmd->pasid.pasid);
	return status;
}

/* Does the PASID walk this page table? 0: does it walk none? */
int test_pasid_check(struct iommufd *fd, const struct test_cmd *cmd)
{
	const struct iommufd_domain *domain, *walked;
	struct iommufd_device *device;
	int status = bound_of(fd, cmd, &device);

	if (status)
		return status;
	walked = mock_route(mock_of(device), cmd->pasid.pasid);
	if (!cmd->pasid.pt_id)
		return walked ? -EINVAL : 0;
	domain = iommufd_domain(fd, cmd->pasid.pt_id);
	if (!domain)
		return -ENOENT;
	return walked == domain ? 0 : -EINVAL;
}
