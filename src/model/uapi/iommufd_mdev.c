/* SPDX-License-Identifier: Apache-2.0 */
#include "model/uapi/iommufd_mdev.h"

#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Pins ------------------------------------------------------------------------------- */

static bool overlaps(const struct mdev_pin *pin, uint64_t iova, uint64_t bytes)
{
	return pin->iova <= iova + (bytes - 1) && iova <= pin->iova + (pin->bytes - 1);
}

static void pin_end(struct iommufd_mdev *mdev, struct mdev_pin *pin)
{
	LIST_REMOVE(pin, link);
	iommufd_access_unpin(mdev->access, pin->iova, pin->bytes);
	free(pin->runs);
	free(pin);
}

static void pins_end(struct iommufd_mdev *mdev, uint64_t iova, uint64_t bytes)
{
	struct mdev_pin *pin, *next;

	for (pin = LIST_FIRST(&mdev->pins); pin; pin = next) {
		next = LIST_NEXT(pin, link);
		if (overlaps(pin, iova, bytes))
			pin_end(mdev, pin);
	}
}

/* Where an IOVA lies, if the driver has it pinned for this right. */
static bool pinned(const struct iommufd_mdev *mdev, uint64_t iova, unsigned access, ioasim_pa_t *pa)
{
	const struct mdev_pin *pin;

	LIST_FOREACH (pin, &mdev->pins, link) {
		uint64_t inside = iova - pin->iova;

		if (!overlaps(pin, iova, 1) ||
		    access != (pin->write ? IOASIM_WRITE : (unsigned)IOASIM_READ))
			continue;
		for (unsigned i = 0; i < pin->count; inside -= pin->runs[i++].bytes)
			if (inside < pin->runs[i].bytes) {
				*pa = pin->runs[i].pa + inside;
				return true;
			}
	}
	return false;
}

static int run_add(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	struct mdev_pin *pin = to;
	struct iommufd_run *grown = realloc(pin->runs, (pin->count + 1) * sizeof(*grown));

	(void)iova; /* they come in a row */
	if (!grown)
		return -ENOMEM;
	pin->runs = grown;
	grown[pin->count++] = (struct iommufd_run){pa, bytes};
	return 0;
}

static int pin_make(struct iommufd_mdev *mdev, const struct mdev_pin *config, struct mdev_pin **out)
{
	struct mdev_pin *pin = malloc(sizeof(*pin));
	int error;

	if (!pin)
		return -ENOMEM;
	*pin = *config;
	error = iommufd_access_pin(mdev->access, pin->iova, pin->bytes, pin->write, run_add, pin);
	if (error) {
		free(pin->runs);
		free(pin);
		return error;
	}
	LIST_INSERT_HEAD(&mdev->pins, pin, link);
	*out = pin;
	return 0;
}

static void pages_tell(const struct mdev_pin *pin, ioasim_pa_t *pages)
{
	for (unsigned i = 0; i < pin->count; i++)
		for (uint64_t at = 0; at < pin->runs[i].bytes; at += PAGE_SIZE)
			*pages++ = pin->runs[i].pa + at;
}

/* ---- What the iommufd asks ---------------------------------------------------------------- */

static void on_unmap(void *opaque, uint64_t iova, uint64_t bytes)
{
	struct iommufd_mdev *mdev = opaque;
	const struct device *device = mdev->device;
	bool go = !device->unmap || device->unmap(device->unmap_to, device->number, iova, bytes);

	if (go || mdev->leaving)
		pins_end(mdev, iova, bytes);
}

static void on_changed(void *opaque, uint64_t iova, uint64_t bytes, bool mapped)
{
	checker_access_changed(opaque, iova, bytes, mapped);
}

static const struct iommufd_access_ops access_ops = {
	.unmap = on_unmap,
	.changed = on_changed,
	.pins = true,
};

/* ---- Life --------------------------------------------------------------------------------- */

/* In the books of routes: no table, and nothing that could pass without snooping (C). */
static int books_enter(struct iommufd_mdev *mdev, struct iommufd_file *file)
{
	const struct ioasid entry = {
		.container = file->container,
		.kind = IOASIM_IOASID_KERNEL,
		.snoop = IOASIM_SNOOP_ENFORCE,
		.enforce = true,
		.mdev = mdev,
	};

	return ioasid_adopt(&entry, &mdev->ioasid);
}

int iommufd_mdev_bind(struct device *device, struct iommufd_file *file, uint32_t *number)
{
	struct iommufd_mdev *mdev = calloc(1, sizeof(*mdev));
	int error;

	if (!mdev)
		return -ENOMEM;
	mdev->device = device;
	LIST_INIT(&mdev->pins);
	error = books_enter(mdev, file);
	if (error) {
		free(mdev);
		return error;
	}
	error = iommufd_access_create(file->core, &access_ops, mdev, &mdev->access, number);
	if (error) {
		ioasid_disown(mdev->ioasid);
		free(mdev);
		return error;
	}
	device->mdev = mdev;
	device->bound = file->container;
	LIST_INSERT_HEAD(&file->container->bound, device, bound_link);
	return 0;
}

void iommufd_mdev_end(struct iommufd_mdev *mdev)
{
	iommufd_mdev_detach(mdev);
	iommufd_access_destroy(mdev->access);
	ioasid_disown(mdev->ioasid);
	free(mdev);
}

/* ---- Attaching ------------------------------------------------------------------------------ */

static struct attachment *attachment_of_mdev(const struct iommufd_mdev *mdev)
{
	return attachment_default(mdev->device);
}

static int books_attach(struct iommufd_mdev *mdev)
{
	struct attachment *attachment = calloc(1, sizeof(*attachment));
	int error;

	if (!attachment)
		return -ENOMEM;
	attachment->device = mdev->device;
	attachment->ioasid = mdev->ioasid;
	attachment->rid = device_pdev(mdev->device)->config.requester_id;
	attachment->pasid = DRIVER_NO_PASID;
	attachment->vpasid = IOASIM_NO_VPASID;
	error = attachment_begin(attachment);
	if (error)
		free(attachment);
	return error;
}

/* The old IOAS's pins go, and what it gave is no more. */
static int ioas_replace(struct iommufd_mdev *mdev, uint32_t ioas)
{
	int error;

	if (ioas == mdev->ioas)
		return 0;
	mdev->leaving = true;
	error = iommufd_access_replace(mdev->access, ioas);
	mdev->leaving = false;
	if (error)
		return error;
	mdev->ioas = ioas;
	checker_detached(attachment_of_mdev(mdev));
	mdev->judged = (struct checker_space){0};
	checker_attached(attachment_of_mdev(mdev));
	return 0;
}

static void ioas_detach(struct iommufd_mdev *mdev)
{
	mdev->leaving = true;
	iommufd_access_detach(mdev->access);
	mdev->leaving = false;
	mdev->ioas = 0;
	mdev->judged = (struct checker_space){0};
}

int iommufd_mdev_attach(struct iommufd_mdev *mdev, uint32_t ioas)
{
	int error;

	if (mdev->ioas)
		return ioas_replace(mdev, ioas);
	error = iommufd_access_attach(mdev->access, ioas);
	if (error)
		return error;
	mdev->ioas = ioas;
	error = books_attach(mdev);
	if (error)
		ioas_detach(mdev);
	return error;
}

void iommufd_mdev_detach(struct iommufd_mdev *mdev)
{
	if (!mdev->ioas)
		return;
	ioas_detach(mdev);
	attachment_end(attachment_of_mdev(mdev));
}

/* ---- DMA --------------------------------------------------------------------------------------- */

static int run_where(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	(void)iova;
	(void)bytes;
	*(ioasim_pa_t *)to = pa;
	return 0;
}

/* What hardware would say of it. A page that is mapped, and that the process has not, is
 * one that the map does not give (-EFAULT). */
static uint8_t class_of(int error)
{
	return error == -EPERM ? IOASIM_CLASS_PERMISSION : IOASIM_CLASS_STAGE1;
}

int iommufd_mdev_dma(struct iommufd_mdev *mdev, const struct ioasim_dma *dma,
		     struct ioasim_dma_result *result)
{
	int error = pinned(mdev, dma->address, dma->access, &result->pa)
			    ? 0
			    : iommufd_access_walk(mdev->access, dma->address, 1, dma->access,
						  run_where, &result->pa);

	if (error == -ENOMEM)
		return error;
	result->outcome = error ? IOASIM_DMA_FAULTS : IOASIM_DMA_REACHES;
	result->class = error ? class_of(error) : 0;
	return 0;
}

/* ---- What the driver does ---------------------------------------------------------------------- */

/* NULL with *error. */
static struct iommufd_mdev *mdev_find(const struct ioasim_system *system, int number, int *error)
{
	const struct device *device = device_find(system, number);

	*error = !device ? -ENODEV : !device->mdev ? -EINVAL : 0;
	return *error ? NULL : device->mdev;
}

int ioasim_iommufd_pin(struct ioasim_system *system, int number, uint64_t iova, uint64_t bytes,
		       bool write, ioasim_pa_t *pages)
{
	const struct mdev_pin config = {.iova = iova, .bytes = bytes, .write = write};
	int error;
	struct iommufd_mdev *mdev = mdev_find(system, number, &error);
	struct mdev_pin *pin = NULL;

	if (mdev)
		error = pin_make(mdev, &config, &pin);
	if (pin && pages)
		pages_tell(pin, pages);
	return error;
}

int ioasim_iommufd_unpin(struct ioasim_system *system, int number, uint64_t iova, uint64_t bytes)
{
	int error;
	struct iommufd_mdev *mdev = mdev_find(system, number, &error);
	struct mdev_pin *pin;

	if (error)
		return error;
	LIST_FOREACH (pin, &mdev->pins, link)
		if (pin->iova == iova && pin->bytes == bytes) {
			pin_end(mdev, pin);
			return 0;
		}
	return -ENOENT;
}

struct copy {
	struct iommufd_mdev *mdev;
	unsigned char *data;
	uint64_t iova; /* of the first byte */
	bool write;
};

/* A page of it: a DMA like others. */
static void copy_judge(const struct copy *copy, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	const struct device *device = copy->mdev->device;
	struct ioasim_system *system = device->system;
	const struct ioasim_dma dma = {
		.device = device->number,
		.address = iova,
		.length = (uint32_t)bytes,
		.access = copy->write ? IOASIM_WRITE : IOASIM_READ,
	};
	struct ioasim_dma_result result = {.outcome = IOASIM_DMA_REACHES, .pa = pa};
	struct dma_wire wire;

	dma_wire_of_pasid(device, DRIVER_NO_PASID, &wire);
	wire.attachment = attachment_of_mdev(copy->mdev);
	system->dmas++;
	checker_judge(system, &dma, &wire, &result);
}

static int run_copy(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	const struct copy *copy = to;
	const struct iommufd_memory_ops *memory = &iommufd_process_memory;
	unsigned char *data = copy->data + (iova - copy->iova);

	for (uint64_t at = 0; at < bytes;) {
		uint64_t part = PAGE_SIZE - (iova + at) % PAGE_SIZE;

		part = part < bytes - at ? part : bytes - at;
		copy_judge(copy, iova + at, pa + at, part);
		at += part;
	}
	return copy->write ? memory->store(copy->mdev->device->file, pa, data, bytes)
			   : memory->load(copy->mdev->device->file, pa, data, bytes);
}

int ioasim_iommufd_rw(struct ioasim_system *system, int number, uint64_t iova, void *data,
		      size_t bytes, bool write)
{
	int error;
	struct iommufd_mdev *mdev = mdev_find(system, number, &error);
	struct copy copy = {mdev, data, iova, write};

	if (error)
		return error;
	return iommufd_access_walk(mdev->access, iova, bytes, write ? IOASIM_WRITE : IOASIM_READ,
				   run_copy, &copy);
}

int ioasim_iommufd_on_unmap(struct ioasim_system *system, int number,
			    bool (*unmap)(void *opaque, int device, uint64_t iova, uint64_t bytes),
			    void *opaque)
{
	struct device *device = device_find(system, number);

	if (!device)
		return -ENODEV;
	if (!device->config.software)
		return -EINVAL;
	device->unmap = unmap;
	device->unmap_to = opaque;
	return 0;
}
